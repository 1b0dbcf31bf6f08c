/*
 * scale.c - the scale subresource: replicas, and nothing else
 *
 * Models: v1.34 registry/apps/{deployment,replicaset,statefulset}/storage: ScaleREST. The
 * answer is the whole object.
 */

#include "apiserver/server.h"

static OptInt32 *
deployment_replicas(ApiObject *object)
{
    return &((DeploymentSpec *)api_edit_spec(object))->replicas;
}

static OptInt32 *
replica_set_replicas(ApiObject *object)
{
    return &((ReplicaSetSpec *)api_edit_spec(object))->replicas;
}

static OptInt32 *
stateful_set_replicas(ApiObject *object)
{
    return &((StatefulSetSpec *)api_edit_spec(object))->replicas;
}

static const struct {
    const ApiKind *kind;
    OptInt32 *(*edit_replicas)(ApiObject *object);
} scalable[] = {
    {&deployment_kind, deployment_replicas},
    {&replica_set_kind, replica_set_replicas},
    {&replication_controller_kind, replica_set_replicas},
    {&stateful_set_kind, stateful_set_replicas},
};

gboolean
scale_is_there(const ApiKind *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(scalable); i++)
        if (scalable[i].kind == kind)
            return TRUE;
    return FALSE;
}

static ApiStatus *
check_replicas(const ApiRequest *request)
{
    if (request->scale_replicas >= 0)
        return NULL;

    g_autoptr(ApiErrors) errors = api_errors_new();

    api_errors_push(errors, "spec");
    field_invalid_int(errors, "replicas", request->scale_replicas,
                      "must be greater than or equal to 0");

    ApiStatus *status = api_status_invalid(request->kind, request->name, errors);

    status->kind = str_intern("Scale");
    status->group = str_intern("autoscaling");
    status->message = str_internf("Scale.autoscaling \"%s\" is invalid: spec.replicas: Invalid "
                                  "value: %d: must be "
                                  "greater than or equal to 0",
                                  request->name, request->scale_replicas);
    return status;
}

static ApiStatus *
scale_compute(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    const ApiRequest *request = call->request;

    if (request->resource_version != 0 && request->resource_version != old->resource_version)
        return api_status_conflict_modified(request->kind, request->name);
    *out_new = api_object_copy(old);
    for (guint i = 0; i < G_N_ELEMENTS(scalable); i++)
        if (scalable[i].kind == request->kind)
            *scalable[i].edit_replicas(*out_new) = OPT_INT32(request->scale_replicas);
    return update_settle(call, old, out_new, out_change);
}

void
scale_begin(Call *call)
{
    const ApiRequest *request = call->request;
    ApiStatus *status = scale_is_there(request->kind)
                            ? check_replicas(request)
                            : api_status_new(404, "NotFound",
                                             "the server could not find the requested resource");

    if (status != NULL) {
        call_fail(call, status);
        return;
    }
    call->compute = scale_compute;
    call->finish = update_answer;
    storage_update(call);
}
