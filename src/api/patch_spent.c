/*
 * patch_spent.c - what is left of a strategic merge patch that was carried out
 *
 * Models: apimachinery pkg/util/strategicpatch/patch.go (v1.34) mergeMap, mergePatchIntoOriginal: directives that were
 * obeyed leave the document they stood in, and so do lists that came with an order. Errors that follow print the rest.
 */

#include "api/patch_rules.h"

static void
spend_map(PatchSchema schema, const Value *original, Value *patch);

static void
drop_prefixed(Value *map, const char *prefix)
{
    for (guint i = map->count; i > 0; i--)
        if (g_str_has_prefix(map->keys[i - 1], prefix))
            value_remove(map, map->keys[i - 1]);
}

/* Something new was stored as it is: without nulls and directives. */
static void
spend_new(Value *value)
{
    if (value->type == VALUE_MAP) {
        value_remove(value, PATCH_DIRECTIVE);
        value_remove(value, PATCH_RETAIN_KEYS);
        drop_prefixed(value, PATCH_SET_ORDER "/");
        drop_prefixed(value, PATCH_DELETE_ELEMENTS "/");
        for (guint i = value->count; i > 0; i--)
            if (value->items[i - 1]->type == VALUE_NULL)
                value_remove(value, value->keys[i - 1]);
    }
    if (value->type == VALUE_MAP || value->type == VALUE_LIST)
        for (guint i = 0; i < value->count; i++)
            spend_new(value->items[i]);
}

static void
spend_list(const PatchRule *rule, const Value *original, Value *patch)
{
    for (guint i = 0; i < patch->count; i++) {
        Value *element = patch->items[i];
        int at;

        if (element->type != VALUE_MAP || value_get(element, PATCH_DIRECTIVE) != NULL)
            continue;
        at = patch_find_element(original, element, rule->merge_key);
        if (at >= 0 && original->items[at]->type == VALUE_MAP)
            spend_map(rule->inner, original->items[at], element);
        else
            spend_new(element);
    }
}

static void
spend_orders(const Value *original, Value *patch)
{
    for (guint i = patch->count; i > 0; i = MIN(i - 1, patch->count)) {
        const char *directive = patch->keys[i - 1];
        const char *key = directive + strlen(PATCH_SET_ORDER "/");

        if (!g_str_has_prefix(directive, PATCH_SET_ORDER "/"))
            continue;
        value_remove(patch, directive);
        if (value_get(original, key) != NULL || value_get(patch, key) != NULL)
            value_remove(patch, key);
    }
}

static void
spend_map(PatchSchema schema, const Value *original, Value *patch)
{
    if (value_get(patch, PATCH_DIRECTIVE) != NULL) {
        if (str_is(value_get_string(patch, PATCH_DIRECTIVE, NULL), "replace"))
            value_remove(patch, PATCH_DIRECTIVE);
        return;
    }
    value_remove(patch, PATCH_RETAIN_KEYS);
    spend_orders(original, patch);
    for (guint i = 0; i < patch->count; i++) {
        Value *value = patch->items[i];
        const Value *existing = value_get(original, patch->keys[i]);
        PatchRule rule = patch_rule(schema, patch->keys[i]);

        if (value->type == VALUE_NULL || g_str_has_prefix(patch->keys[i], PATCH_DELETE_ELEMENTS "/"))
            continue;
        if (existing == NULL || existing->type != value->type)
            spend_new(value);
        else if (value->type == VALUE_MAP && rule.merge != API_MERGE_WHOLE)
            spend_map(rule.inner, existing, value);
        else if (value->type == VALUE_LIST && patch_rule_merges(&rule))
            spend_list(&rule, existing, value);
    }
}

Value *
patch_spent(const ApiKind *kind, const Value *object, const Value *patch)
{
    Value *left = value_copy(patch);

    if (left->type == VALUE_MAP)
        spend_map((PatchSchema){.kind = kind}, object, left);
    return left;
}
