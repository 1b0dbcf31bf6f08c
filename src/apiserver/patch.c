/*
 * patch.c - PATCH: applied to what is stored, again if that has changed
 *
 * Models: v1.34 apiserver endpoints/handlers/patch.go. Our own components patch
 * with a function on a private copy instead of a document.
 */

#include "apiserver/server.h"

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
 * What a merge or JSON patch makes is read as what it says it is. A strategic patch works on the object in memory, whose
 * kind does not matter.
 */
static ApiStatus *
check_type(const ApiRequest *request, const Value *patched)
{
    const char *kind = value_get_string(patched, "kind", "");
    const char *version = value_get_string(patched, "apiVersion", "");

    if (request->patch_type == PATCH_STRATEGIC || strcmp(kind, request->kind->kind) == 0)
        return NULL;
    return patch_status_bad_result(request->patch_type, patched, request->body,
                                   str_internf("no kind \"%s\" is registered for version \"%s\" in scheme "
                                               "\"pkg/api/legacyscheme/scheme.go:30\"",
                                               kind, version));
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
    status = check_type(request, after);
    if (status != NULL)
        return status;
    *out_new = decode_patched(call, after, &status);
    if (status == NULL && str_is_empty(api_name(*out_new)))
        status = api_status_bad_request(str_internf("the name of the object (%s based on URL) was undeterminable: name "
                                                    "must be provided",
                                                    request->name));
    if (status == NULL)
        status = update_check_name(request, *out_new);
    if (status == NULL && !str_is_empty(api_uid(*out_new)) &&
        !str_is(api_uid(*out_new), api_uid(old)))
        status = api_status_conflict(request->kind, request->name,
                                     str_internf("Precondition failed: UID in precondition: %s, "
                                                 "UID in object meta: %s",
                                                 api_uid(*out_new), api_uid(old)));
    if (status == NULL)
        status = check_revision(request, (*out_new)->resource_version, old);
    if (status != NULL)
        return status;
    api_default(*out_new);
    return update_settle(call, old, out_new, out_change);
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
    return patch_document(call, old, out_new, out_change);
}

void
patch_begin(Call *call)
{
    call->compute = patch_compute;
    call->finish = update_answer;
    storage_update(call);
}
