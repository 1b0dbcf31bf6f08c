/* patch_merge.c - JSON merge patch (RFC 7386), reading patches, and the choice among the sorts */

#include "api/patch_rules.h"

#include "api/validate.h"

/* --- JSON merge patch ----------------------------------------------------------------------- */

static void
drop_nulls(Value *value)
{
    if (value->type != VALUE_MAP)
        return;
    for (guint i = value->count; i > 0; i = MIN(i - 1, value->count)) {
        if (value->items[i - 1]->type == VALUE_NULL)
            value_remove(value, value->keys[i - 1]);
        else
            drop_nulls(value->items[i - 1]);
    }
}

static void
merge_into(Value *target, const Value *patch)
{
    for (guint i = 0; i < patch->count; i++) {
        const char *key = patch->keys[i];
        const Value *item = patch->items[i];
        Value *existing = value_get(target, key);

        if (item->type == VALUE_NULL) {
            value_remove(target, key);
        } else if (item->type == VALUE_MAP && existing != NULL && existing->type == VALUE_MAP) {
            merge_into(existing, item);
        } else {
            Value *copy = value_copy(item);

            /* Nulls inside of something new delete nothing and are left out. */
            drop_nulls(copy);
            value_set(target, key, copy);
        }
    }
}

Value *
patch_apply_merge(const Value *object, const Value *patch)
{
    Value *result;

    if (patch->type != VALUE_MAP || object->type != VALUE_MAP)
        return value_copy(patch);
    result = value_copy(object);
    merge_into(result, patch);
    return result;
}

/* --- all sorts -------------------------------------------------------------------------------- */

Value *
patch_apply(PatchType type,
            const ApiKind *kind,
            const Value *object,
            const Value *patch,
            ApiStatus **out_status)
{
    PatchMerge merge = {.is_final = TRUE};
    PatchSchema schema = {.kind = kind};
    Value *result;

    if (type == PATCH_JSON)
        return patch_apply_json(object, patch, out_status);
    if (patch->type == VALUE_NULL) {
        if (type == PATCH_STRATEGIC)
            return value_copy(object);
        *out_status = api_status_bad_request("Invalid JSON Patch");
        return NULL;
    }
    if (patch->type != VALUE_MAP) {
        *out_status = api_status_bad_request(
            str_internf("%sjson: cannot unmarshal %s into Go value of type map[string]interface {}",
                        type == PATCH_MERGE ? "error decoding patch: " : "", patch_go_word(patch)));
        return NULL;
    }
    if (type == PATCH_MERGE)
        return patch_apply_merge(object, patch);
    result = value_copy(object);
    if (!patch_merge_map(&merge, schema, &result, value_copy(patch))) {
        *out_status = merge.failure;
        value_free(result);
        return NULL;
    }
    return result;
}

Value *
patch_read(PatchType type, const char *text, gsize length, ApiStatus **out_status)
{
    g_autofree char *message = NULL;
    Value *patch = value_read_json(text, length, &message);

    if (patch != NULL)
        return patch;
    *out_status = api_status_bad_request(
        type == PATCH_STRATEGIC ? message : str_internf("error decoding patch: %s", message));
    return NULL;
}

ApiStatus *
patch_status_bad_result(PatchType type, const Value *patched, const Value *patch, const char *why)
{
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autoptr(GString) shown = g_string_new(NULL);

    if (type == PATCH_STRATEGIC || type == PATCH_APPLY)
        value_append_go(shown, patch);
    else
        value_append_json(shown, patched, VALUE_SORTED);
    field_invalid_string(errors, "patch", shown->str, why);
    return api_status_invalid(NULL, NULL, errors);
}
