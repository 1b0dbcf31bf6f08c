/*
 * patch_json.c - JSON patch (RFC 6902)
 *
 * Models: gopkg.in/evanphx/json-patch.v4 as v1.34 endpoints/handlers/patch.go
 * uses it. Whatever goes wrong with an operation, the answer is the same.
 */

#include "api/patch_rules.h"

#define MAX_OPERATIONS 10000

static ApiStatus *
refused(void)
{
    ApiStatus *status =
        api_status_new(422, "Invalid",
                       "the server rejected our request due to an error in our request");

    status->has_details = TRUE;
    return status;
}

/* --- pointers ----------------------------------------------------------------------------- */

/* "~1" is a slash, "~0" a tilde. (owned) */
static char *
pointer_unescape(const char *part)
{
    GString *text = g_string_new(NULL);

    for (; *part != '\0'; part++) {
        if (part[0] == '~' && (part[1] == '1' || part[1] == '0')) {
            g_string_append_c(text, part[1] == '1' ? '/' : '~');
            part++;
        } else {
            g_string_append_c(text, *part);
        }
    }
    return g_string_free(text, FALSE);
}

/* Go's Atoi: an optional sign and digits. */
static gboolean
pointer_index(const char *part, gint64 *out_index)
{
    return g_ascii_string_to_signed(part[0] == '+' && g_ascii_isdigit(part[1]) ? part + 1 : part,
                                    10, G_MININT32, G_MAXINT32, out_index, NULL);
}

/* The element, NULL if there is none. Below zero counts from the end. */
static Value *
pointer_child(const Value *container, const char *part)
{
    gint64 index;

    if (container->type == VALUE_MAP)
        return value_get(container, part);
    if (container->type != VALUE_LIST || !pointer_index(part, &index))
        return NULL;
    if (index < 0)
        index += container->count;
    return index >= 0 && index < container->count ? container->items[index] : NULL;
}

/* The container of what @pointer names, and the last part. (@out_last owned) */
static Value *
pointer_walk(Value *root, const char *pointer, char **out_last)
{
    g_auto(GStrv) parts = NULL;
    Value *at = root;
    guint n_parts;

    /* What stands before the first slash is not looked at. */
    pointer = pointer == NULL ? NULL : strchr(pointer, '/');
    if (pointer == NULL)
        return NULL;
    parts = g_strsplit(pointer + 1, "/", -1);
    n_parts = g_strv_length(parts);
    if (n_parts == 0) { /* "/": the member called "" */
        *out_last = g_strdup("");
        return at->type == VALUE_MAP ? at : NULL;
    }
    for (guint i = 0; i + 1 < n_parts; i++) {
        g_autofree char *part = pointer_unescape(parts[i]);

        at = pointer_child(at, part);
        if (at == NULL)
            return NULL;
    }
    if (at->type != VALUE_MAP && at->type != VALUE_LIST)
        return NULL;
    *out_last = pointer_unescape(parts[n_parts - 1]);
    return at;
}

/* --- operations: FALSE if they cannot be done; @value is taken in any case --------------------- */

static gboolean
operation_add(Value *root, const char *pointer, Value *value)
{
    g_autofree char *last = NULL;
    g_autoptr(Value) owned = value;
    Value *container = pointer_walk(root, pointer, &last);
    gint64 index;

    if (container == NULL)
        return FALSE;
    if (container->type == VALUE_MAP) {
        value_set(container, last, g_steal_pointer(&owned));
        return TRUE;
    }
    if (strcmp(last, "-") == 0)
        index = container->count;
    else if (!pointer_index(last, &index))
        return FALSE;
    if (index < 0)
        index += container->count + 1;
    if (index < 0 || index > container->count)
        return FALSE;
    value_insert(container, (guint)index, g_steal_pointer(&owned));
    return TRUE;
}

/* What stood there. (owned) NULL if nothing. */
static Value *
operation_take(Value *root, const char *pointer)
{
    g_autofree char *last = NULL;
    Value *container = pointer_walk(root, pointer, &last);
    Value *child = container == NULL ? NULL : pointer_child(container, last);
    gint64 index;

    if (child == NULL)
        return NULL;
    if (container->type == VALUE_MAP)
        return value_take(container, last);
    pointer_index(last, &index);
    if (index < 0)
        index += container->count;
    container->items[index] = value_new_null();
    value_remove_at(container, (guint)index);
    return child;
}

/* The whole document. */
static gboolean
replace_root(Value **root, Value *value)
{
    if (value->type != VALUE_MAP && value->type != VALUE_LIST) {
        value_free(value);
        return FALSE;
    }
    value_free(*root);
    *root = value;
    return TRUE;
}

/* A member of a map need not be there: partialDoc.get knows no error. */
static gboolean
operation_replace(Value **root, const char *pointer, Value *value)
{
    g_autofree char *last = NULL;
    g_autoptr(Value) owned = value;
    Value *container;
    gint64 index;

    if (pointer != NULL && pointer[0] == '\0')
        return replace_root(root, g_steal_pointer(&owned));
    container = pointer_walk(*root, pointer, &last);
    if (container == NULL)
        return FALSE;
    if (container->type == VALUE_MAP) {
        value_set(container, last, g_steal_pointer(&owned));
        return TRUE;
    }
    if (pointer_child(container, last) == NULL)
        return FALSE;
    pointer_index(last, &index);
    if (index < 0)
        index += container->count;
    value_free(container->items[index]);
    container->items[index] = g_steal_pointer(&owned);
    return TRUE;
}

/* A member of a map that is not there is copied as null. */
static gboolean
operation_copy(Value *root, const char *from, const char *pointer)
{
    g_autofree char *last = NULL;
    Value *container = pointer_walk(root, from, &last);
    const Value *source = container == NULL ? NULL : pointer_child(container, last);

    if (container == NULL || (source == NULL && container->type != VALUE_MAP))
        return FALSE;
    return operation_add(root, pointer, source == NULL ? value_new_null() : value_copy(source));
}

/* A member that is missing equals null; a missing container equals nothing. */
static gboolean
operation_test(Value *root, const char *pointer, const Value *value)
{
    g_autofree char *last = NULL;
    Value *container;
    const Value *found;

    if (pointer != NULL && pointer[0] == '\0')
        return value != NULL && value_equal(root, value);
    container = pointer_walk(root, pointer, &last);
    if (container == NULL)
        return FALSE;
    found = pointer_child(container, last);
    if (found == NULL && container->type == VALUE_LIST)
        return FALSE;
    if (found == NULL || found->type == VALUE_NULL)
        return value == NULL || value->type == VALUE_NULL;
    return value != NULL && value_equal(found, value);
}

static gboolean
operation_run(Value **document, const Value *operation)
{
    Value *root = *document;
    const char *name = value_get_string(operation, "op", "");
    const char *pointer = value_get_string(operation, "path", NULL);
    const char *from = value_get_string(operation, "from", NULL);
    const Value *value = value_get(operation, "value");

    if (strcmp(name, "add") == 0)
        return operation_add(root, pointer, value == NULL ? value_new_null() : value_copy(value));
    if (strcmp(name, "replace") == 0)
        return operation_replace(document, pointer,
                                 value == NULL ? value_new_null() : value_copy(value));
    if (strcmp(name, "test") == 0)
        return operation_test(root, pointer, value);
    if (strcmp(name, "remove") == 0) {
        g_autoptr(Value) removed = operation_take(root, pointer);

        return removed != NULL;
    }
    if (strcmp(name, "move") == 0) {
        Value *moved = operation_take(root, from);

        return moved != NULL && operation_add(root, pointer, moved);
    }
    return strcmp(name, "copy") == 0 && operation_copy(root, from, pointer);
}

const char *
patch_go_word(const Value *value)
{
    switch (value->type) {
    case VALUE_MAP:
        return "object";
    case VALUE_LIST:
        return "array";
    case VALUE_STRING:
        return "string";
    case VALUE_BOOL:
        return "bool";
    default:
        return "number";
    }
}

/* As Go decodes it into jsonPatchOp: three texts and anything. */
static ApiStatus *
check_operation(const Value *operation)
{
    static const char *const texts[] = {"op", "path", "from"};

    if (operation->type == VALUE_NULL)
        return NULL;
    if (operation->type != VALUE_MAP)
        return api_status_bad_request(
            str_internf("error decoding patch: json: cannot unmarshal %s into Go value of type "
                        "handlers.jsonPatchOp",
                        patch_go_word(operation)));
    for (guint i = 0; i < operation->count; i++) {
        const Value *item = operation->items[i];

        for (guint k = 0; k < G_N_ELEMENTS(texts); k++)
            if (strcmp(operation->keys[i], texts[k]) == 0 && item->type != VALUE_STRING && item->type != VALUE_NULL)
                return api_status_bad_request(
                    str_internf("error decoding patch: json: cannot unmarshal %s into Go struct field "
                                "jsonPatchOp.%s of type string",
                                patch_go_word(item), texts[k]));
    }
    return NULL;
}

static ApiStatus *
check_shape(const Value *patch)
{
    if (patch->type == VALUE_NULL)
        return NULL;
    if (patch->type != VALUE_LIST)
        return api_status_bad_request(
            str_internf("error decoding patch: json: cannot unmarshal %s into Go value of type "
                        "[]handlers.jsonPatchOp",
                        patch_go_word(patch)));
    for (guint i = 0; i < patch->count; i++) {
        ApiStatus *status = check_operation(patch->items[i]);

        if (status != NULL)
            return status;
    }
    if (patch->count > MAX_OPERATIONS)
        return api_status_new(413, "RequestEntityTooLarge",
                              str_internf("The allowed maximum operations in a JSON patch is %d, "
                                          "got %u",
                                          MAX_OPERATIONS, patch->count));
    return NULL;
}

Value *
patch_apply_json(const Value *object, const Value *patch, ApiStatus **out_status)
{
    ApiStatus *failure = check_shape(patch);
    Value *result;

    if (failure != NULL) {
        *out_status = failure;
        return NULL;
    }
    result = value_copy(object);
    for (guint i = 0; i < patch->count; i++) {
        if (operation_run(&result, patch->items[i]))
            continue;
        value_free(result);
        *out_status = refused();
        return NULL;
    }
    return result;
}
