/*
 * scale.c - the scale subresource: replicas, and nothing else
 *
 * Models: v1.34 registry/apps/{deployment,replicaset,statefulset}/storage: ScaleREST. A patch is
 * one of the Scale that GET answers; the answer here is the whole object.
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

typedef struct {
    gint32 replicas;
} ScaleSpec;

static const ApiField scale_spec_fields[] = {
    {"replicas", API_INT32, offsetof(ScaleSpec, replicas), .doc = "How many are wanted."},
    {.name = NULL},
};

static const ApiType scale_spec_type = {.name = "ScaleSpec", .package = "v1", .size = sizeof(ScaleSpec), .fields = scale_spec_fields};

/* scaleFromDeployment and its like, without the selector of its status. (owned) */
static Value *
scale_tree(const ApiObject *object)
{
    static const char *const kept[] = {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"};
    g_autoptr(Value) whole = api_object_encode(object);
    const Value *replicas = value_get_path(whole, "spec", "replicas", NULL);
    const Value *actual = value_get_path(whole, "status", "replicas", NULL);
    Value *tree = value_new_map();
    Value *meta = value_new_map();
    Value *spec = value_new_map();
    Value *status = value_new_map();

    value_set(tree, "apiVersion", value_new_string("autoscaling/v1"));
    value_set(tree, "kind", value_new_string("Scale"));
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
        const Value *item = value_get_path(whole, "metadata", kept[i], NULL);

        if (item != NULL)
            value_set(meta, kept[i], value_copy(item));
    }
    value_set(tree, "metadata", meta);
    if (replicas != NULL && replicas->integer != 0)
        value_set(spec, "replicas", value_copy(replicas));
    value_set(tree, "spec", spec);
    value_set(status, "replicas", actual == NULL ? value_new_int(0) : value_copy(actual));
    value_set(tree, "status", status);
    return tree;
}

/* What a converter says of replicas that are no integer. */
static const char *
conversion_fault(const Value *replicas)
{
    return replicas != NULL && replicas->type == VALUE_FLOAT ? "cannot convert float64 to int32" : "unrecognized type: int32";
}

/* The patched Scale's replicas, in the request. */
static ApiStatus *
read_patched(ApiRequest *request, const ApiObject *old)
{
    g_autoptr(Value) before = scale_tree(old);
    ApiStatus *status = NULL;
    g_autoptr(Value) after = patch_apply(request->patch_type, NULL, before, request->body, &status);
    const Value *part = after == NULL ? NULL : value_get(after, "spec");
    gboolean converts = request->patch_type == PATCH_STRATEGIC;
    ApiDecodeResult result = {.converts = converts};
    ScaleSpec spec = {0};

    if (after == NULL)
        return status;
    if (part != NULL && !api_struct_decode(&scale_spec_type, &spec, part, "spec", &result))
        status = patch_status_bad_result(request->patch_type, after, request->body,
                                         converts ? conversion_fault(value_get(part, "replicas")) : result.type_error);
    api_decode_result_clear(&result);
    request->scale_replicas = spec.replicas;
    return status == NULL ? check_replicas(request) : status;
}

static ApiStatus *
scale_compute(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    ApiRequest *request = call->request;
    ApiStatus *status = request->body != NULL ? read_patched(request, old) : NULL;

    if (status != NULL)
        return status;

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
                            ? (request->body != NULL ? NULL : check_replicas(request))
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
