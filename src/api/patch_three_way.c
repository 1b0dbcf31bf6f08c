/*
 * patch_three_way.c - the patches that clients compute
 *
 * Models: apimachinery strategicpatch CreateThreeWayMergePatch and
 * CreateTwoWayMergePatch (v1.34): what to delete comes from the last applied
 * configuration, what to change from the live object.
 */

#include "api/patch_rules.h"

typedef struct {
    gboolean ignores_deletions;
    gboolean ignores_changes; /* and additions */
    gboolean sets_order;      /* write $setElementOrder */
    gboolean retains_keys;    /* write $retainKeys for this map */
} DiffOptions;

static Value *
diff_maps(PatchSchema schema, const Value *original, const Value *modified, DiffOptions options);

/* --- lists ------------------------------------------------------------------------------------- */

static gboolean
has_maps(const Value *list)
{
    return list->count > 0 && list->items[0]->type == VALUE_MAP;
}

/* Every element has the merge key, or is a scalar if there is none. */
static gboolean
can_merge(const Value *list, const char *merge_key)
{
    for (guint i = 0; i < list->count; i++) {
        const Value *element = list->items[i];

        if (element->type == VALUE_LIST || (element->type == VALUE_MAP) != (merge_key != NULL))
            return FALSE;
        if (merge_key != NULL && value_get(element, merge_key) == NULL)
            return FALSE;
    }
    return TRUE;
}

static Value *
key_only(const Value *element, const char *merge_key)
{
    Value *map = value_new_map();

    value_add_member(map, merge_key, value_copy(value_get(element, merge_key)));
    return map;
}

static gboolean
is_order_same(const Value *original, const Value *modified, const char *merge_key)
{
    if (original->count != modified->count)
        return FALSE;
    for (guint i = 0; i < modified->count; i++)
        if (!value_equal(value_get(original->items[i], merge_key),
                         value_get(modified->items[i], merge_key)))
            return FALSE;
    return TRUE;
}

/* diffListsOfMaps: changed and new elements in the order of @modified, deletions behind them. */
static Value *
diff_elements(const PatchRule *rule,
              const Value *original,
              const Value *modified,
              DiffOptions options)
{
    const char *merge_key = rule->merge_key;
    Value *patch = value_new_list();

    for (guint i = 0; i < modified->count; i++) {
        const Value *element = modified->items[i];
        int at = patch_find_element(original, element, merge_key);
        Value *change;

        if (at < 0) {
            if (!options.ignores_changes)
                value_append(patch, value_copy(element));
            continue;
        }
        change = diff_maps(rule->inner, original->items[at], element, options);
        if (change->count > 0) {
            value_set(change, merge_key, value_copy(value_get(element, merge_key)));
            value_append(patch, change);
        } else {
            value_free(change);
        }
    }
    for (guint i = 0; i < original->count && !options.ignores_deletions; i++) {
        Value *deletion;

        if (patch_find_element(modified, original->items[i], merge_key) >= 0)
            continue;
        deletion = key_only(original->items[i], merge_key);
        value_set(deletion, PATCH_DIRECTIVE, value_new_string("delete"));
        value_append(patch, deletion);
    }
    return patch;
}

static void
diff_list_of_maps(const PatchRule *rule,
                  const char *key,
                  const Value *original,
                  const Value *modified,
                  Value *patch,
                  DiffOptions options)
{
    g_autoptr(Value) list = diff_elements(rule, original, modified, options);
    gboolean is_same = is_order_same(original, modified, rule->merge_key);
    gboolean has_changes = list->count > 0;

    if (has_changes)
        value_set(patch, key, g_steal_pointer(&list));
    if (!options.sets_order || modified->count == 0)
        return;
    if ((!options.ignores_changes && (has_changes || !is_same)) ||
        (!options.ignores_deletions && has_changes)) {
        Value *order = value_new_list();

        for (guint i = 0; i < modified->count; i++)
            value_append(order, key_only(modified->items[i], rule->merge_key));
        value_set(patch, str_internf(PATCH_SET_ORDER "/%s", key), order);
    }
}

static void
append_once(Value *list, const Value *item)
{
    if (patch_find_element(list, item, NULL) < 0)
        value_append(list, value_copy(item));
}

static void
diff_list_of_scalars(const char *key,
                     const Value *original,
                     const Value *modified,
                     Value *patch,
                     DiffOptions options)
{
    g_autoptr(Value) added = value_new_list();
    g_autoptr(Value) removed = value_new_list();
    gboolean has_removed;

    for (guint i = 0; i < modified->count && !options.ignores_changes; i++)
        if (patch_find_element(original, modified->items[i], NULL) < 0)
            append_once(added, modified->items[i]);
    for (guint i = 0; i < original->count && !options.ignores_deletions; i++)
        if (patch_find_element(modified, original->items[i], NULL) < 0)
            append_once(removed, original->items[i]);
    has_removed = removed->count > 0;
    if (added->count > 0)
        value_set(patch, key, g_steal_pointer(&added));
    if (has_removed)
        value_set(patch, str_internf(PATCH_DELETE_ELEMENTS "/%s", key), g_steal_pointer(&removed));
    if (options.sets_order && modified->count > 0 &&
        ((!options.ignores_deletions && has_removed) ||
         (!options.ignores_changes && !value_equal(original, modified))))
        value_set(patch, str_internf(PATCH_SET_ORDER "/%s", key), value_copy(modified));
}

static void
diff_replaced(const char *key,
              const Value *original,
              const Value *modified,
              Value *patch,
              DiffOptions options)
{
    if (!options.ignores_changes && !value_equal(original, modified))
        value_set(patch, key, value_copy(modified));
}

static void
diff_list(PatchSchema schema,
          const char *key,
          const Value *original,
          const Value *modified,
          Value *patch,
          DiffOptions options)
{
    PatchRule rule = patch_rule(schema, key);
    gboolean are_maps = has_maps(original) || has_maps(modified);

    if (!patch_rule_merges(&rule) || !can_merge(original, rule.merge_key) ||
        !can_merge(modified, rule.merge_key)) {
        diff_replaced(key, original, modified, patch, options);
        return;
    }
    if (original->count == 0) {
        if (modified->count > 0 && !options.ignores_changes)
            value_set(patch, key, value_copy(modified));
        return;
    }
    options.retains_keys = rule.merge == API_MERGE_RETAIN_KEYS;
    if (are_maps)
        diff_list_of_maps(&rule, key, original, modified, patch, options);
    else
        diff_list_of_scalars(key, original, modified, patch, options);
}

/* --- maps ---------------------------------------------------------------------------------------- */

static void
diff_member(PatchSchema schema,
            const char *key,
            const Value *original,
            const Value *modified,
            Value *patch,
            DiffOptions options)
{
    if (original == NULL || original->type != modified->type) {
        if (!options.ignores_changes)
            value_set(patch, key, value_copy(modified));
    } else if (modified->type == VALUE_MAP) {
        PatchRule rule = patch_rule(schema, key);
        Value *inner;

        /* Sent whole even if nothing changed: handleMapDiff does not compare. */
        if (rule.merge == API_MERGE_WHOLE) {
            if (!options.ignores_changes)
                value_set(patch, key, value_copy(modified));
            return;
        }
        options.retains_keys = rule.merge == API_MERGE_RETAIN_KEYS;
        inner = diff_maps(rule.inner, original, modified, options);
        if (inner->count > 0)
            value_set(patch, key, inner);
        else
            value_free(inner);
    } else if (modified->type == VALUE_LIST) {
        diff_list(schema, key, original, modified, patch, options);
    } else {
        diff_replaced(key, original, modified, patch, options);
    }
}

static int
compare_values(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Value *const *)a)->text, (*(Value *const *)b)->text);
}

static void
add_retain_keys(const Value *original, const Value *modified, Value *patch)
{
    g_autoptr(Value) keys = value_new_list();
    gboolean has_additional = FALSE;

    for (guint i = 0; i < modified->count; i++)
        if (modified->items[i]->type != VALUE_NULL)
            value_append(keys, value_new_string(modified->keys[i]));
    for (guint i = 0; i < original->count; i++)
        has_additional = has_additional || value_get(modified, original->keys[i]) == NULL;
    if (keys->count == 0 || (patch->count == 0 && !has_additional))
        return;
    qsort(keys->items, keys->count, sizeof *keys->items, compare_values);
    value_set(patch, PATCH_RETAIN_KEYS, g_steal_pointer(&keys));
}

static Value *
diff_maps(PatchSchema schema, const Value *original, const Value *modified, DiffOptions options)
{
    Value *patch = value_new_map();
    DiffOptions inner = options;

    inner.retains_keys = FALSE;
    for (guint i = 0; i < modified->count; i++)
        diff_member(schema, modified->keys[i], value_get(original, modified->keys[i]),
                    modified->items[i], patch, inner);
    for (guint i = 0; i < original->count && !options.ignores_deletions; i++)
        if (value_get(modified, original->keys[i]) == NULL)
            value_set(patch, original->keys[i], value_new_null());
    if (options.retains_keys)
        add_retain_keys(original, modified, patch);
    return patch;
}

/* --- both patches ----------------------------------------------------------------------------------- */

Value *
patch_two_way(const ApiKind *kind, const Value *from, const Value *to)
{
    return diff_maps((PatchSchema){.kind = kind}, from, to, (DiffOptions){.sets_order = TRUE});
}

Value *
patch_three_way(const ApiKind *kind,
                const Value *original,
                const Value *modified,
                const Value *current)
{
    PatchSchema schema = {.kind = kind};
    g_autoptr(Value) nothing = value_new_map();
    PatchMerge merge = {0};
    Value *changes;
    Value *patch;

    changes = diff_maps(schema, current, modified,
                        (DiffOptions){.ignores_deletions = TRUE, .sets_order = TRUE});
    patch = diff_maps(schema, original == NULL ? nothing : original, modified,
                      (DiffOptions){.ignores_changes = TRUE, .sets_order = TRUE});
    /* Both come from @modified, so they cannot contradict each other. */
    if (!patch_merge_map(&merge, schema, &patch, changes))
        api_status_unref(merge.failure);
    return patch;
}
