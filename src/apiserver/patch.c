/*
 * patch.c - PATCH: applied to what is stored, again if that has changed
 *
 * Models: v1.34 apiserver endpoints/handlers/patch.go. Our own components patch
 * with a function on a private copy instead of a document.
 */

#include "apiserver/managers.h"

#include "api/field_set.h"

static ApiStatus *
check_revision(const ApiRequest *request, guint64 wanted, const ApiObject *old)
{
    if (wanted == 0 || wanted == old->resource_version)
        return NULL;
    return api_status_conflict_modified(request->kind, request->name);
}

static ApiStatus *
patch_typed(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    ApiRequest *request = call->request;

    *out_new = api_object_copy(old);
    if (!request->mutate(*out_new, request->mutate_data)) {
        *out_change = CHANGE_NONE;
        return NULL;
    }
    return update_settle(call, old, out_new, out_change);
}

/*
 * checkName. That another uid is there is for the validation to say: a patch has no precondition but its
 * resource version.
 */
static ApiStatus *
check_name(const ApiRequest *request, const ApiObject *object)
{
    if (str_is_empty(api_name(object)))
        return api_status_bad_request(str_internf("the name of the object (%s based on URL) was undeterminable: name "
                                                  "must be provided",
                                                  request->name));
    if (!str_is(api_name(object), request->name))
        return api_status_bad_request(str_internf("the name of the object (%s) does not match the name on the URL (%s)",
                                                  api_name(object), request->name));
    if (request->kind->is_namespaced && !str_is_empty(api_namespace(object)) &&
        !str_is(api_namespace(object), request->namespace_))
        return api_status_bad_request(str_internf("the namespace of the object (%s) does not match the namespace on the "
                                                  "request (%s)",
                                                  api_namespace(object), request->namespace_));
    return NULL;
}

static ApiStatus *
patch_document(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    ApiRequest *request = call->request;
    ApiStatus *status = NULL;
    const ApiKind *form = request->form != NULL ? request->form : request->kind;
    g_autoptr(ApiObject) shown = request->form != NULL ? form->from_stored(old) : api_object_ref(old);
    g_autoptr(Value) before = api_object_encode(shown);
    g_autoptr(Value) after = patch_apply(request->patch_type, form, before, request->body, &status);

    if (after == NULL)
        return status;
    if (request->patch_type != PATCH_STRATEGIC) /* the text that is read is of sorted maps */
        value_sort(after);
    *out_new = decode_patched(call, before, after, &status);
    if (status == NULL)
        status = check_name(request, *out_new);
    if (status == NULL)
        status = update_check_revision_text(*out_new, after);
    if (status == NULL)
        status = check_revision(request, (*out_new)->resource_version, old);
    if (status != NULL)
        return status;
    api_default(*out_new);
    return update_settle(call, old, out_new, out_change);
}

/* --- server-side apply ------------------------------------------------------------------------ */

/* structuredMergeManager.Apply, what it asks of the document before it is merged. */
static ApiStatus *
check_config(const ApiRequest *request, const Value *config)
{
    const ApiKind *kind = request->form != NULL ? request->form : request->kind;
    const Value *managed = value_get_path(config, "metadata", "managedFields", NULL);
    const char *fault;

    if (managed != NULL && managed->type != VALUE_NULL)
        return api_status_bad_request("metadata.managedFields must be nil");
    fault = field_type_fault(kind, config);
    if (fault == NULL)
        return NULL;
    return api_status_new(500, "", str_internf("failed to create typed patch object (%s/%s; %s, Kind=%s): %s",
                                               request->namespace_ == NULL ? "" : request->namespace_, request->name,
                                               kind->group[0] == '\0' ? str_internf("/%s", kind->version) : api_kind_api_version(kind),
                                               kind->kind, fault));
}

static ApiStatus *
patch_applied(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    g_autoptr(Value) tree = NULL;
    g_autoptr(Value) managers = NULL;
    ApiStatus *status = managers_apply(call, old, call->request->body, &tree, &managers);

    if (status != NULL)
        return status;
    *out_new = decode_body(call, tree, &status);
    if (status == NULL)
        status = update_check_name(call->request, *out_new);
    if (status == NULL)
        status = check_revision(call->request, (*out_new)->resource_version, old);
    if (status != NULL)
        return status;
    api_default(*out_new);
    api_edit_meta(*out_new)->managed_fields =
        managers_equal(managers, old->meta->managed_fields) ? value_copy(old->meta->managed_fields) : g_steal_pointer(&managers);
    return update_settle(call, old, out_new, out_change);
}

/* What is not there yet is created. */
static void
apply_begin(Call *call)
{
    if (etcd_get(call->key) == NULL && call->request->subresource == NULL)
        create_begin(call);
    else
        storage_update(call);
}

static ApiStatus *
patch_compute(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    ApiRequest *request = call->request;
    ApiStatus *status = check_revision(request, request->resource_version, old);

    if (status != NULL)
        return status;
    if (request->precondition_uid != NULL && !str_is(request->precondition_uid, api_uid(old)))
        return api_status_conflict(request->kind, request->name,
                                   str_internf("Precondition failed: UID in precondition: %s, UID "
                                               "in object meta: %s",
                                               request->precondition_uid, api_uid(old)));
    if (request->mutate != NULL)
        return patch_typed(call, old, out_new, out_change);
    if (request->patch_type == PATCH_APPLY)
        return patch_applied(call, old, out_new, out_change);
    return patch_document(call, old, out_new, out_change);
}

void
patch_begin(Call *call)
{
    call->compute = patch_compute;
    call->finish = update_answer;
    if (call->request->mutate == NULL && call->request->patch_type == PATCH_APPLY) {
        ApiStatus *status = check_config(call->request, call->request->body);

        if (status != NULL)
            call_fail(call, status);
        else
            storage_read(call, apply_begin);
        return;
    }
    storage_update(call);
}
