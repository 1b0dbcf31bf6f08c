/*
 * patch_strategic.c - strategic merge patch
 *
 * Models: apimachinery pkg/util/strategicpatch/patch.go (v1.34). The same code
 * merges a patch into an object and, for the three-way patch, into a patch:
 * then directives stay where they are instead of being carried out.
 */

#include "api/patch_rules.h"

/* --- what tables say ------------------------------------------------------------------------- */

PatchRule
patch_rule(PatchSchema schema, const char *key)
{
    const ApiField *field = NULL;

    if (schema.kind != NULL) {
        if (strcmp(key, "metadata") == 0)
            return (PatchRule){.inner.type = &object_meta_type};
        if (strcmp(key, "spec") == 0 && schema.kind->spec != NULL)
            return (PatchRule){.inner.type = schema.kind->spec};
        if (strcmp(key, "status") == 0 && schema.kind->status != NULL)
            return (PatchRule){.inner.type = schema.kind->status};
        schema.type = schema.kind->body;
    }
    if (schema.type != NULL)
        field = api_type_field(schema.type, key);
    if (field == NULL)
        return (PatchRule){0};
    return (PatchRule){
        .inner.type = field->message,
        .merge = field->merge,
        .merge_key = field->merge_key,
    };
}

gboolean
patch_rule_merges(const PatchRule *rule)
{
    /* A list that keeps only the named keys of its elements merges as well. */
    return rule->merge == API_MERGE_MERGE ||
           (rule->merge == API_MERGE_RETAIN_KEYS && rule->merge_key != NULL);
}

/* --- elements of lists ---------------------------------------------------------------------------- */

int
patch_find_element(const Value *list, const Value *item, const char *merge_key)
{
    const Value *wanted = merge_key == NULL ? item : value_get(item, merge_key);

    for (guint i = 0; i < list->count; i++) {
        const Value *found =
            merge_key == NULL ? list->items[i] : value_get(list->items[i], merge_key);

        if (found != NULL && wanted != NULL && value_equal(found, wanted))
            return (int)i;
    }
    return -1;
}

static const char *
directive_of(const Value *element)
{
    return value_get_string(element, PATCH_DIRECTIVE, NULL);
}

static gboolean
is_deletion(const Value *element)
{
    return str_is(directive_of(element), "delete");
}

void
patch_sort_elements(Value *list, const Value *order, const char *merge_key)
{
    g_autofree Value **sorted = g_new(Value *, list->count + 1);
    g_autofree int *places = g_new(int, list->count + 1);
    guint count = 0;

    if (list->count == 0)
        return;
    /* Insertion keeps equals in order; lists are short. Deletions go to the end. */
    for (guint pass = 0; pass < 2; pass++) {
        guint first = count;

        for (guint i = 0; i < list->count; i++) {
            guint at = count;
            int place;

            if (is_deletion(list->items[i]) != (pass == 1))
                continue;
            place = pass == 1 ? 0 : patch_find_element(order, list->items[i], merge_key);
            for (; at > first && places[at - 1] > place; at--) {
                sorted[at] = sorted[at - 1];
                places[at] = places[at - 1];
            }
            sorted[at] = list->items[i];
            places[at] = place;
            count++;
        }
    }
    memcpy(list->items, sorted, count * sizeof *sorted);
}

/*
 * normalizeElementOrder: elements that the patch names in its order, the others
 * in the server's, then both together: one of the server's goes first if it
 * stood before the patch's next in the server's list.
 */
static void
merge_order(Value *list, const Value *patch_order, const Value *server_order, const char *merge_key)
{
    g_autoptr(Value) named = value_new_list();
    g_autoptr(Value) others = value_new_list();
    guint count = list->count;
    guint at_named = 0;
    guint at_other = 0;

    for (guint i = 0; i < count; i++) {
        gboolean is_named = patch_find_element(patch_order, list->items[i], merge_key) >= 0;

        value_append(is_named ? named : others, list->items[i]);
    }
    patch_sort_elements(named, patch_order, merge_key);
    patch_sort_elements(others, server_order, merge_key);
    for (guint i = 0; i < count; i++) {
        gboolean takes_other = at_named == named->count;

        if (!takes_other && at_other < others->count) {
            int left = patch_find_element(server_order, others->items[at_other], merge_key);
            int right = patch_find_element(server_order, named->items[at_named], merge_key);

            takes_other = left >= 0 && right >= 0 && left < right;
        }
        list->items[i] = takes_other ? others->items[at_other++] : named->items[at_named++];
    }
    /* The elements belong to @list. */
    named->count = 0;
    others->count = 0;
}

static void
drop_directives(Value *value)
{
    for (guint i = value->count; i > 0; i = MIN(i - 1, value->count)) {
        Value *item = value->items[i - 1];

        if (value->type == VALUE_MAP &&
            (item->type == VALUE_NULL || value->keys[i - 1][0] == '$')) {
            const char *key = value->keys[i - 1];

            if (item->type == VALUE_NULL || strcmp(key, PATCH_DIRECTIVE) == 0 ||
                strcmp(key, PATCH_RETAIN_KEYS) == 0 || g_str_has_prefix(key, PATCH_SET_ORDER "/") ||
                g_str_has_prefix(key, PATCH_DELETE_ELEMENTS "/")) {
                value_remove(value, key);
                continue;
            }
        }
        drop_directives(item);
    }
}

/* A value that the original does not have, as it is to be stored. */
static Value *
merge_new_value(const PatchMerge *merge, Value *value)
{
    if (merge->is_final)
        drop_directives(value);
    return value;
}

/* --- lists -------------------------------------------------------------------------------------------- */

/* sliceElementType: all elements of both are of one sort, which is no list. Is it maps? */
static gboolean
element_kind(PatchMerge *merge, const Value *a, const Value *b, gboolean *out_maps)
{
    const Value *lists[] = {a, b};
    const Value *first = NULL;
    g_autoptr(GString) text = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint j = 0; j < lists[i]->count; j++) {
            const Value *item = lists[i]->items[j];

            if (first == NULL) {
                first = item;
                if (item->type == VALUE_LIST)
                    return patch_fail_content(merge);
            } else if (item->type != first->type) {
                text = g_string_new("list element types are not identical: [");
                value_append_go(text, a);
                g_string_append_c(text, ' ');
                value_append_go(text, b);
                g_string_append_c(text, ']');
                return patch_fail_text(merge, text->str);
            }
        }
    }
    *out_maps = first != NULL && first->type == VALUE_MAP;
    return TRUE;
}

static void
delete_elements(Value *list, const Value *item, const char *merge_key)
{
    for (int at = patch_find_element(list, item, merge_key); at >= 0;
         at = patch_find_element(list, item, merge_key))
        value_remove_at(list, (guint)at);
}

/* mergeSliceWithSpecialElements: carry out `$patch` elements and take them out of @patch. */
static gboolean
merge_special_elements(PatchMerge *merge, Value *original, Value *patch, const char *merge_key)
{
    gboolean replaces = FALSE;

    for (guint i = 0; i < patch->count;) {
        Value *element = patch->items[i];
        const Value *directive = value_get(element, PATCH_DIRECTIVE);

        if (directive == NULL) {
            i++;
            continue;
        }
        if (is_deletion(element)) {
            if (value_get(element, merge_key) == NULL)
                return patch_fail_no_key(merge, element, merge_key);
            delete_elements(original, element, merge_key);
        } else if (str_is(directive_of(element), "replace")) {
            replaces = TRUE;
        } else if (str_is(directive_of(element), "merge")) {
            return patch_fail_text(merge, "merging lists cannot yet be specified in the patch");
        } else {
            return patch_fail_directive(merge, directive, element);
        }
        value_remove_at(patch, i);
    }
    if (replaces) {
        while (original->count > 0)
            value_remove_at(original, original->count - 1);
        for (guint i = 0; i < patch->count; i++)
            value_append(original, merge_new_value(merge, patch->items[i]));
        patch->count = 0;
    }
    return TRUE;
}

/* mergeSliceWithoutSpecialElements: elements with the same merge key become one. */
static gboolean
merge_elements(PatchMerge *merge, const PatchRule *rule, Value *original, Value *patch)
{
    for (guint i = 0; i < patch->count; i++) {
        Value *element = patch->items[i];
        int at;

        if (value_get(element, rule->merge_key) == NULL)
            return patch_fail_no_key(merge, element, rule->merge_key);
        at = patch_find_element(original, element, rule->merge_key);
        if (at < 0)
            value_append(original, merge_new_value(merge, value_copy(element)));
        else if (!patch_merge_map(merge, rule->inner, &original->items[at], value_copy(element)))
            return FALSE;
    }
    return TRUE;
}

static void
merge_scalars(Value *original, const Value *patch)
{
    for (guint i = 0; i < patch->count; i++)
        value_append(original, value_copy(patch->items[i]));
    for (guint i = 0; i < original->count; i++)
        for (guint j = original->count - 1; j > i; j--)
            if (value_equal(original->items[i], original->items[j]))
                value_remove_at(original, j);
}

/* mergeSlice: @patch into @original, both changed. */
static gboolean
merge_list(PatchMerge *merge,
           const PatchRule *rule,
           Value *original,
           Value *patch,
           gboolean is_delete_list)
{
    g_autoptr(Value) server_order = value_copy(original);
    gboolean has_maps;

    if (original->count == 0 && patch->count == 0)
        return TRUE;
    if (!element_kind(merge, original, patch, &has_maps))
        return FALSE;
    if (!has_maps) {
        if (is_delete_list && merge->is_final) {
            for (guint i = 0; i < patch->count; i++)
                delete_elements(original, patch->items[i], NULL);
            return TRUE;
        }
        merge_scalars(original, patch);
        merge_order(original, patch, server_order, NULL);
        return TRUE;
    }
    if (rule->merge_key == NULL)
        return patch_fail_text(merge, "cannot merge lists without merge key");
    if (!merge_special_elements(merge, original, patch, rule->merge_key))
        return FALSE;
    value_free(server_order);
    server_order = value_copy(original);
    if (!merge_elements(merge, rule, original, patch))
        return FALSE;
    merge_order(original, patch, server_order, rule->merge_key);
    return TRUE;
}

/* --- $setElementOrder ------------------------------------------------------------------------------------ */

/* validatePatchWithSetOrderList: the patch's elements stand in the order list, in that order. */
static gboolean
check_order(PatchMerge *merge, const Value *patch, const Value *order, const char *merge_key)
{
    guint at_order = 0;

    for (guint i = 0; patch != NULL && i < patch->count; i++) {
        const Value *element = patch->items[i];
        const Value *wanted = merge_key == NULL ? element : value_get(element, merge_key);
        gboolean is_found = FALSE;

        if (merge_key != NULL && is_deletion(element))
            continue;
        if (wanted == NULL)
            return patch_fail_no_key(merge, element, merge_key);
        for (; at_order < order->count && !is_found; at_order++) {
            const Value *item = order->items[at_order];
            const Value *other = merge_key == NULL ? item : value_get(item, merge_key);

            if (merge_key != NULL && item->type != VALUE_MAP)
                return patch_fail_type(merge, "map[string]interface {}", item);
            if (other == NULL)
                return patch_fail_no_key(merge, item, merge_key);
            is_found = other != NULL && value_equal(wanted, other);
        }
        if (is_found)
            continue;

        g_autoptr(GString) text = g_string_new("The order in patch list:\n");

        value_append_go(text, patch);
        g_string_append(text, "\n doesn't match " PATCH_SET_ORDER " list:\n");
        value_append_go(text, order);
        g_string_append_c(text, '\n');
        return patch_fail_text(merge, text->str);
    }
    return TRUE;
}

/* findMapInSliceBasedOnKeyValue, of each element: an order of texts orders no maps. */
static gboolean
check_order_items(PatchMerge *merge, const Value *list, const Value *order, const char *merge_key)
{
    for (guint i = 0; merge_key != NULL && i < list->count; i++) {
        int found = patch_find_element(order, list->items[i], merge_key);

        for (guint k = 0; k < (found < 0 ? order->count : (guint)found); k++)
            if (order->items[k]->type != VALUE_MAP)
                return patch_fail_text(merge, str_internf("value for key %u is not a map", k));
    }
    return TRUE;
}

/* One order list: merge the list that it is about now, in its order. Both leave @patch. */
static gboolean
merge_set_order(PatchMerge *merge,
                PatchSchema schema,
                Value *original,
                Value *patch,
                const char *directive)
{
    const char *key = directive + strlen(PATCH_SET_ORDER "/");
    PatchRule rule = patch_rule(schema, key);
    g_autoptr(Value) order = value_take(patch, directive);
    g_autoptr(Value) changes = NULL;
    g_autoptr(Value) server_order = NULL;
    Value *list = value_get(original, key);

    if (order->type != VALUE_LIST)
        return patch_fail_not_list(merge, order);
    if (directive[strlen(PATCH_SET_ORDER)] != '/')
        return patch_fail_format(merge, "invalid patch format of setElementOrder list");
    if (!merge->is_final) {
        const Value *known = value_get(original, directive);

        if (known != NULL && !value_equal(known, order))
            return patch_fail_format(merge, "invalid patch format of setElementOrder list");
        if (known == NULL)
            value_set(original, directive, value_copy(order));
        list = value_get(original, key);
    }
    changes = value_take(patch, key);
    if (changes != NULL && changes->type == VALUE_NULL) {
        value_remove(original, key);
        return TRUE;
    }
    if (list != NULL && list->type != VALUE_LIST)
        return patch_fail_not_list(merge, list);
    if (changes != NULL && changes->type != VALUE_LIST)
        return patch_fail_not_list(merge, changes);
    if (!check_order(merge, changes, order, rule.merge_key))
        return FALSE;
    if (list == NULL) {
        if (changes == NULL)
            return TRUE;
        list = merge_new_value(merge, g_steal_pointer(&changes));
        value_set(original, key, list);
        server_order = value_new_list();
    } else {
        server_order = value_copy(list);
        if (changes != NULL && !patch_rule_merges(&rule)) {
            list = g_steal_pointer(&changes);
            value_set(original, key, list);
        } else if (changes != NULL && !merge_list(merge, &rule, list, changes, FALSE)) {
            return FALSE;
        }
    }
    if (!check_order_items(merge, list, order, rule.merge_key))
        return FALSE;
    merge_order(list, order, server_order, rule.merge_key);
    return TRUE;
}

static gboolean
merge_set_orders(PatchMerge *merge, PatchSchema schema, Value *original, Value *patch)
{
    for (guint i = 0; i < patch->count;) {
        if (!g_str_has_prefix(patch->keys[i], PATCH_SET_ORDER)) {
            i++;
            continue;
        }
        if (!merge_set_order(merge, schema, original, patch, patch->keys[i]))
            return FALSE;
        i = 0; /* members left the map: begin again */
    }
    return TRUE;
}

/* --- maps ---------------------------------------------------------------------------------------------------- */

static gboolean
list_has_text(const Value *list, const char *text)
{
    for (guint i = 0; i < list->count; i++)
        if (list->items[i]->type == VALUE_STRING && str_is(list->items[i]->text, text))
            return TRUE;
    return FALSE;
}

static gboolean
merge_retain_keys(PatchMerge *merge, Value *original, Value *patch)
{
    g_autoptr(Value) keys = value_take(patch, PATCH_RETAIN_KEYS);

    if (keys == NULL)
        return TRUE;
    if (!merge->is_final) {
        if (value_get(original, PATCH_RETAIN_KEYS) == NULL)
            value_set(original, PATCH_RETAIN_KEYS, g_steal_pointer(&keys));
        return TRUE;
    }
    if (keys->type != VALUE_LIST)
        return patch_fail_format(merge, "invalid patch format of retainKeys");
    for (guint i = 0; i < patch->count; i++) {
        const char *key = patch->keys[i];

        if (patch->items[i]->type == VALUE_NULL ||
            g_str_has_prefix(key, PATCH_DELETE_ELEMENTS "/") ||
            g_str_has_prefix(key, PATCH_SET_ORDER "/"))
            continue;
        if (!list_has_text(keys, key))
            return patch_fail_format(merge, "invalid patch format of retainKeys");
    }
    for (guint i = original->count; i > 0; i = MIN(i - 1, original->count))
        if (!list_has_text(keys, original->keys[i - 1]))
            value_remove(original, original->keys[i - 1]);
    return TRUE;
}

/* One member of the patch; @value is taken. */
static gboolean
merge_member(PatchMerge *merge, PatchSchema schema, Value *original, const char *key, Value *value)
{
    g_autoptr(Value) owned = value;
    gboolean is_delete_list = g_str_has_prefix(key, PATCH_DELETE_ELEMENTS);
    Value *existing;
    PatchRule rule;

    if (is_delete_list && !merge->is_final) {
        value_set(original, key, g_steal_pointer(&owned));
        return TRUE;
    }
    if (is_delete_list && key[strlen(PATCH_DELETE_ELEMENTS)] != '/')
        return patch_fail_format(merge, "invalid patch format of primitive list");
    if (is_delete_list)
        key += strlen(PATCH_DELETE_ELEMENTS "/");
    if (value->type == VALUE_NULL) {
        value_remove(original, key);
        if (merge->is_final)
            return TRUE;
    }
    existing = value_get(original, key);
    if (existing == NULL || existing->type != value->type) {
        if (!is_delete_list)
            value_set(original, key, merge_new_value(merge, g_steal_pointer(&owned)));
        return TRUE;
    }
    rule = patch_rule(schema, key);
    if (value->type == VALUE_MAP && rule.merge != API_MERGE_WHOLE) {
        int index = 0;

        while (original->items[index] != existing)
            index++;
        return patch_merge_map(merge, rule.inner, &original->items[index], g_steal_pointer(&owned));
    }
    if (value->type == VALUE_LIST && (patch_rule_merges(&rule) || is_delete_list))
        return merge_list(merge, &rule, existing, owned, is_delete_list);
    value_set(original, key, merge_new_value(merge, g_steal_pointer(&owned)));
    return TRUE;
}

/* handleDirectiveInMergeMap: the map is replaced or emptied. @patch is taken. */
static gboolean
merge_map_directive(PatchMerge *merge, Value **original, Value *patch)
{
    g_autoptr(Value) owned = patch;
    const char *directive = directive_of(patch);

    if (str_is(directive, "replace")) {
        value_remove(owned, PATCH_DIRECTIVE);
        value_free(*original);
        *original = g_steal_pointer(&owned);
        return TRUE;
    }
    if (str_is(directive, "delete")) {
        value_free(*original);
        *original = value_new_map();
        return TRUE;
    }
    return patch_fail_directive(merge, value_get(owned, PATCH_DIRECTIVE), owned);
}

gboolean
patch_merge_map(PatchMerge *merge, PatchSchema schema, Value **original, Value *patch)
{
    g_autoptr(Value) owned = patch;

    if (value_get(patch, PATCH_DIRECTIVE) != NULL)
        return merge_map_directive(merge, original, g_steal_pointer(&owned));
    if (!merge_retain_keys(merge, *original, patch) ||
        !merge_set_orders(merge, schema, *original, patch))
        return FALSE;
    for (guint i = 0; i < patch->count; i++) {
        Value *value = patch->items[i];

        patch->items[i] = NULL;
        if (!merge_member(merge, schema, *original, patch->keys[i], value))
            return FALSE;
    }
    return TRUE;
}
