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

static ApiStatus *
refuse_result(const ApiRequest *request, const Value *before, const Value *tree, const char *why)
{
    g_autoptr(Value) left = NULL;

    if (request->patch_type == PATCH_STRATEGIC)
        left = patch_spent(form_of(request), before, request->body);
    return patch_status_bad_result(request->patch_type, tree, left, why);
}

/* UnmarshalStrict of a document without a struct: names that stand twice in a map. */
static void
add_duplicates(GPtrArray *texts, const Value *value, const char *path)
{
    for (guint i = 0; (value->type == VALUE_MAP || value->type == VALUE_LIST) && i < value->count; i++) {
        gboolean is_repeated = FALSE;
        const char *inner;

        if (value->type == VALUE_LIST) {
            add_duplicates(texts, value->items[i], str_internf("%s[%u]", path, i));
            continue;
        }
        inner = str_internf("%s%s%s", path, path[0] == '\0' ? "" : ".", value->keys[i]);
        for (guint j = 0; j < i; j++)
            is_repeated = is_repeated || strcmp(value->keys[j], value->keys[i]) == 0;
        if (is_repeated)
            g_ptr_array_add(texts, g_strdup_printf("duplicate field \"%s\"", inner));
        add_duplicates(texts, value->items[i], inner);
    }
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* applyJSPatch, strategicPatchObject: what a strict reader says of the patch itself, before what it makes. */
static void
add_patch_errors(const ApiRequest *request, ApiDecodeResult *result)
{
    static const char *const known[] = {"op", "path", "from", "value", NULL};
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    const Value *body = request->body;

    if (request->patch_type != PATCH_JSON)
        add_duplicates(texts, body, "");
    for (guint i = 0; request->patch_type == PATCH_JSON && i < body->count; i++)
        for (guint k = 0; k < body->items[i]->count; k++)
            if (!g_strv_contains(known, body->items[i]->keys[k]))
                g_ptr_array_add(texts, g_strdup_printf("json patch unknown field \"[%u].%s\"", i, body->items[i]->keys[k]));
    /* FromUnstructuredWithValidation, which reads the outcome of a strategic patch, sorts. */
    if (result->strict != NULL && request->patch_type == PATCH_STRATEGIC)
        g_ptr_array_sort(result->strict, compare_texts);
    for (guint i = 0; result->strict != NULL && i < result->strict->len; i++)
        g_ptr_array_add(texts, g_strdup(g_ptr_array_index(result->strict, i)));
    g_clear_pointer(&result->strict, g_ptr_array_unref);
    if (texts->len > 0)
        result->strict = texts;
    else
        g_ptr_array_unref(texts);
}

/*
 * What a merge or JSON patch makes is read as what it says it is, without a kind as what it was; a kind of another
 * sort cannot be made into that. A strategic patch works on the object in memory, whose kind does not matter.
 */
static ApiStatus *
check_patched_type(const ApiRequest *request, const Value *before, const Value *tree)
{
    const ApiKind *form = form_of(request);
    const char *kind = value_get_string(tree, "kind", "");
    const char *version = value_get_string(tree, "apiVersion", "");
    const ApiKind *found;

    if (request->patch_type == PATCH_STRATEGIC || tree->type != VALUE_MAP)
        return NULL;
    kind = str_is_empty(kind) ? form->kind : kind;
    if (str_is_empty(version) || (str_is(kind, form->kind) && str_is(version, api_kind_api_version(form))))
        return NULL;
    found = api_kind_find(version, kind);
    if (found == NULL)
        return refuse_result(request, before, tree,
                             str_internf("no kind \"%s\" is registered for version \"%s\" in scheme "
                                         "\"pkg/api/legacyscheme/scheme.go:30\"",
                                         kind, version));
    return refuse_result(request, before, tree,
                         str_internf("converting (%s.%s) to (%s.%s): unknown conversion", found->version, found->kind,
                                     form->group[0] == '\0' ? "core" : form->group, form->kind));
}

/* Without a version it is read as the internal type, whose parts have no names in JSON: an object with nothing in it. */
static ApiObject *
decode_unversioned(const ApiKind *kind, const Value *tree, ApiDecodeResult *result)
{
    result->strict = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < tree->count; i++)
        if (strcmp(tree->keys[i], "kind") != 0 && strcmp(tree->keys[i], "apiVersion") != 0)
            g_ptr_array_add(result->strict, g_strdup_printf("unknown field \"%s\"", tree->keys[i]));
    return api_object_new(kind, NULL, NULL);
}

ApiObject *
decode_patched(Call *call, const Value *before, const Value *tree, ApiStatus **out_status)
{
    const ApiRequest *request = call->request;
    ApiDecodeResult result = {.converts = request->patch_type == PATCH_STRATEGIC};
    g_autoptr(ApiObject) object = NULL;
    g_autofree char *fault = result.converts ? patch_unstructured_fault(form_of(request), tree) : NULL;

    *out_status = fault != NULL ? refuse_result(request, before, tree, fault) : check_patched_type(request, before, tree);
    if (*out_status != NULL)
        return NULL;
    if (request->patch_type != PATCH_STRATEGIC && str_is_empty(value_get_string(tree, "apiVersion", NULL)))
        object = decode_unversioned(form_of(request), tree, &result);
    else
        object = api_object_decode(form_of(request), tree, &result);
    add_patch_errors(request, &result);
    if (result.type_error != NULL) {
        *out_status = refuse_result(request, before, tree, result.type_error);
    } else if (result.strict != NULL && request->field_validation == FIELD_VALIDATION_STRICT) {
        g_autofree char *text = api_decode_result_strict_text(&result);

        *out_status = refuse_result(request, before, tree, text);
    } else {
        *out_status = judge_fields(call, &result);
    }
    api_decode_result_clear(&result);
    if (*out_status == NULL)
        drop_repeated_owners(call, object, " after mutating admission happens");
    return *out_status == NULL ? stored_form(call->request, g_steal_pointer(&object)) : NULL;
}
