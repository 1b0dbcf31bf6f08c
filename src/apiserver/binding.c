/*
 * binding.c - POST pods/NAME/binding: the scheduler's word
 *
 * Models: v1.34 registry/core/pod/storage: BindingREST. The request's object is
 * a Pod that carries the node in spec.nodeName.
 */

#include "apiserver/server.h"

static ApiStatus *
conflict(const ApiRequest *request, const char *why)
{
    ApiStatus *status = api_status_conflict(request->kind, request->name, why);

    status->message =
        str_internf("Operation cannot be fulfilled on pods/binding \"%s\": %s", request->name, why);
    status->kind = str_intern("pods/binding");
    return status;
}

static void
set_scheduled(ApiServer *server, ApiObject *pod)
{
    PodStatus *status = api_edit_status(pod);
    const Condition *known = condition_find(&status->conditions, "PodScheduled");
    gboolean was_true = known != NULL && str_is(known->status, "True");
    ApiTime since =
        was_true ? known->last_transition_time : api_time_seconds(sim_wall_ns(server->sim));
    Condition *condition = condition_edit(&status->conditions, "PodScheduled");

    *condition = (Condition){
        .type = str_intern("PodScheduled"),
        .status = str_intern("True"),
        .last_transition_time = since,
    };
}

static ApiStatus *
binding_compute(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    const ApiRequest *request = call->request;
    const PodSpec *spec = pod_spec(old);
    const char *uid = api_uid(call->object);

    (void)out_change;
    if (!str_is_empty(uid) && !str_is(uid, api_uid(old)))
        return conflict(request, str_internf("Precondition failed: UID in precondition: %s, UID in "
                                             "object meta: %s",
                                             uid, api_uid(old)));
    if (api_is_deleting(old))
        return conflict(request,
                        str_internf("pod %s is being deleted, cannot be assigned to a host",
                                    request->name));
    if (!str_is_empty(spec->node_name))
        return conflict(request, str_internf("pod %s is already assigned to node \"%s\"",
                                             request->name, spec->node_name));
    if (spec->scheduling_gates.count > 0)
        return conflict(request,
                        str_internf("pod %s has non-empty .spec.schedulingGates", request->name));
    *out_new = api_object_copy(old);
    spec_memo_bind(call->server->memo, *out_new, pod_spec(call->object)->node_name);
    set_scheduled(call->server, *out_new);
    return NULL;
}

static void
binding_answer(Call *call, const ApiObject *object)
{
    (void)object;
    call_succeed(call, 201, NULL);
}

void
binding_begin(Call *call)
{
    ApiRequest *request = call->request;

    call->object = g_steal_pointer(&request->object);
    if (call->object == NULL || str_is_empty(pod_spec(call->object)->node_name)) {
        g_autoptr(ApiErrors) errors = api_errors_new();

        api_errors_push(errors, "target");
        field_required(errors, "name", "");
        call_fail(call, api_status_invalid(request->kind, request->name, errors));
        return;
    }
    call->compute = binding_compute;
    call->finish = binding_answer;
    storage_update(call);
}
