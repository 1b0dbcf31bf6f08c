/*
 * finalize.c - PUT namespaces/NAME/finalize: the namespace controller is done
 *
 * Models: v1.34 registry/core/namespace/storage: FinalizeREST. Only the spec's
 * finalizers are taken from the request; an empty list removes the namespace.
 */

#include "apiserver/server.h"

static ApiStatus *
finalize_compute(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    const ApiObject *sent = call->object;

    if (sent->resource_version != 0 && sent->resource_version != old->resource_version)
        return api_status_conflict_modified(call->request->kind, call->request->name);
    *out_new = api_object_copy(old);
    api_object_set_spec(*out_new, sent->spec);
    if (api_is_deleting(*out_new) &&
        ((const NamespaceSpec *)(*out_new)->spec)->finalizers.count == 0 &&
        (*out_new)->meta->finalizers.count == 0)
        *out_change = CHANGE_REMOVE;
    else if (api_object_equal(*out_new, old))
        *out_change = CHANGE_NONE;
    return NULL;
}

void
finalize_begin(Call *call)
{
    ApiRequest *request = call->request;
    ApiStatus *status = NULL;

    if (request->body != NULL)
        call->object = decode_body(call, request->body, &status);
    else
        call->object = g_steal_pointer(&request->object);
    if (status != NULL) {
        call_fail(call, status);
        return;
    }
    call->compute = finalize_compute;
    call->finish = update_answer;
    storage_update(call);
}
