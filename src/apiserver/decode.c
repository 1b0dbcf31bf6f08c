/*
 * decode.c - what users send: trees to objects, in the words of the API server
 *
 * Models: v1.34 apimachinery runtime/serializer/json, apiserver endpoints/handlers
 * (create, update, patch): type errors, unknown fields by field validation.
 */

#include "apiserver/server.h"

static ApiStatus *
refuse_kind(const ApiKind *kind, const char *why)
{
    return api_status_bad_request(str_internf("%s in version \"%s\" cannot be handled as a %s: %s",
                                              kind->kind, kind->version, kind->kind, why));
}

static const ApiKind *
form_of(const ApiRequest *request)
{
    return request->form != NULL ? request->form : request->kind;
}

/* In the form that is stored; takes @object. */
static ApiObject *
stored_form(const ApiRequest *request, ApiObject *object)
{
    ApiObject *stored;

    if (object == NULL || request->form == NULL)
        return object;
    stored = request->form->to_stored(object);
    api_object_unref(object);
    return stored;
}

/* The document's own apiVersion and kind against those of the URL. */
static ApiStatus *
check_type(const ApiKind *kind, const Value *body)
{
    const char *wanted = api_kind_api_version(kind);
    const char *version = value_get_string(body, "apiVersion", NULL);
    const char *word = value_get_string(body, "kind", NULL);

    if (str_is_empty(word)) {
        g_autofree char *json = value_to_json(body, VALUE_COMPACT);

        return api_status_bad_request(str_internf("the object provided is unrecognized (must be of "
                                                  "type %s): Object 'Kind' is "
                                                  "missing in '%s'",
                                                  kind->kind, json));
    }
    if (!str_is(version, wanted))
        return api_status_bad_request(
            str_internf("the API version in the data (%s) does not match the expected API "
                        "version (%s)",
                        version == NULL ? "" : version, wanted));
    if (!str_is(word, kind->kind))
        return api_status_bad_request(
            str_internf("%s in version \"%s\" cannot be handled as a %s: converting (v1.%s) to "
                        "(%s.%s): unknown conversion",
                        word, kind->version, kind->kind, word,
                        kind->group[0] == '\0' ? "core" : kind->group, kind->kind));
    return NULL;
}

/* Unknown and duplicate fields: refused, told, or passed over. */
static ApiStatus *
judge_fields(Call *call, const ApiDecodeResult *result)
{
    const ApiRequest *request = call->request;

    if (result->strict == NULL || request->field_validation == FIELD_VALIDATION_IGNORE)
        return NULL;
    if (request->field_validation == FIELD_VALIDATION_STRICT) {
        g_autofree char *text = api_decode_result_strict_text(result);

        return refuse_kind(form_of(request), text);
    }
    for (guint i = 0; i < result->strict->len; i++)
        call_warn(call, g_ptr_array_index(result->strict, i));
    return NULL;
}

/* --- owners that are named twice --------------------------------------------------------- */

static gboolean
is_repeated_owner(const ObjectMeta *meta, guint index)
{
    for (guint i = 0; i < index; i++)
        if (api_struct_equal(&owner_reference_type, &meta->owner_references.items[i], &meta->owner_references.items[index]))
            return TRUE;
    return FALSE;
}

/* v1.34 endpoints/handlers/create.go, dedupOwnerReferencesAndAddWarning; @when: a patch is looked at later. */
static void
drop_repeated_owners(Call *call, ApiObject *object, const char *when)
{
    g_autoptr(GString) uids = g_string_new(NULL);

    for (guint i = object->meta->owner_references.count; i-- > 1;) {
        ObjectMeta *meta;

        if (!is_repeated_owner(object->meta, i))
            continue;
        meta = api_edit_meta(object);
        g_string_prepend(uids, uids->len > 0 ? ", " : "");
        g_string_prepend(uids, meta->owner_references.items[i].uid == NULL ? "" : meta->owner_references.items[i].uid);
        api_list_remove((ApiList *)&meta->owner_references, sizeof(OwnerReference), i);
    }
    if (uids->len > 0)
        call_warn(call, str_internf(".metadata.ownerReferences contains duplicate entries%s; API server dedups owner "
                                    "references in 1.20+, and may reject such requests as early as 1.24; please fix your "
                                    "requests; duplicate UID(s) observed: %s",
                                    when, uids->str));
}

ApiObject *
decode_body(Call *call, const Value *body, ApiStatus **out_status)
{
    const ApiKind *kind = form_of(call->request);
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) object = NULL;

    *out_status = check_type(kind, body);
    if (*out_status != NULL)
        return NULL;
    object = api_object_decode(kind, body, &result);
    if (result.type_error != NULL)
        *out_status = refuse_kind(kind, result.type_error);
    else
        *out_status = judge_fields(call, &result);
    api_decode_result_clear(&result);
    if (*out_status == NULL)
        drop_repeated_owners(call, object, "");
    return *out_status == NULL ? stored_form(call->request, g_steal_pointer(&object)) : NULL;
}

/* --- patches ------------------------------------------------------------------------- */

static gint
compare_keys(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Go's %v of a decoded document: map[a:1 b:[x y]], keys sorted. */
static void
append_go(GString *out, const Value *value)
{
    g_autoptr(GPtrArray) keys = NULL;

    switch (value->type) {
    case VALUE_NULL:
        g_string_append(out, "<nil>");
        return;
    case VALUE_BOOL:
        g_string_append(out, value->boolean ? "true" : "false");
        return;
    case VALUE_LIST:
        g_string_append_c(out, '[');
        for (guint i = 0; i < value->count; i++) {
            g_string_append(out, i > 0 ? " " : "");
            append_go(out, value->items[i]);
        }
        g_string_append_c(out, ']');
        return;
    case VALUE_MAP:
        break;
    default:
        g_string_append(out, value->text);
        return;
    }
    keys = g_ptr_array_new();
    for (guint i = 0; i < value->count; i++)
        g_ptr_array_add(keys, (gpointer)value->keys[i]);
    g_ptr_array_sort(keys, compare_keys);
    g_string_append(out, "map[");
    for (guint i = 0; i < keys->len; i++) {
        const char *key = g_ptr_array_index(keys, i);

        g_string_append_printf(out, "%s%s:", i > 0 ? " " : "", key);
        append_go(out, value_get(value, key));
    }
    g_string_append_c(out, ']');
}

/* errors.NewInvalid with an empty kind and name, on the field "patch". */
static ApiStatus *
refuse_patch(const char *shown, const char *why)
{
    g_autoptr(Value) text = value_new_string(shown);
    g_autofree char *quoted = value_to_json(text, VALUE_NO_HTML_ESCAPE);
    ApiStatus *status = api_status_new(422, "Invalid", "");
    ApiCause *cause = API_LIST_ADD(&status->causes);

    cause->reason = str_intern("FieldValueInvalid");
    cause->field = str_intern("patch");
    cause->message = str_internf("Invalid value: %s: %s", quoted, why);
    status->message = str_internf(" \"\" is invalid: patch: %s", cause->message);
    status->has_details = TRUE;
    return status;
}

static ApiStatus *
refuse_result(const ApiRequest *request, const Value *tree, const char *why)
{
    if (request->patch_type == PATCH_STRATEGIC) {
        GString *shown = g_string_new(NULL);
        ApiStatus *status;

        append_go(shown, request->body);
        status = refuse_patch(shown->str, why);
        g_string_free(shown, TRUE);
        return status;
    }

    g_autofree char *json = value_to_json(tree, VALUE_SORTED);

    return refuse_patch(json, why);
}

ApiObject *
decode_patched(Call *call, const Value *tree, ApiStatus **out_status)
{
    const ApiRequest *request = call->request;
    ApiDecodeResult result = {0};
    g_autofree char *fault =
        request->patch_type == PATCH_STRATEGIC ? patch_unstructured_fault(form_of(request), tree) : NULL;
    g_autoptr(ApiObject) object = NULL;

    *out_status = NULL;
    if (fault != NULL) {
        *out_status = refuse_result(request, tree, fault);
        return NULL;
    }
    object = api_object_decode(form_of(request), tree, &result);
    if (result.type_error != NULL) {
        *out_status = refuse_result(request, tree, result.type_error);
    } else if (result.strict != NULL && request->field_validation == FIELD_VALIDATION_STRICT) {
        g_autofree char *text = api_decode_result_strict_text(&result);

        *out_status = refuse_result(request, tree, text);
    } else {
        *out_status = judge_fields(call, &result);
    }
    api_decode_result_clear(&result);
    if (*out_status == NULL)
        drop_repeated_owners(call, object, " after mutating admission happens");
    return *out_status == NULL ? stored_form(call->request, g_steal_pointer(&object)) : NULL;
}
