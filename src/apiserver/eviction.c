/*
 * eviction.c - POST pods/NAME/eviction: a deletion that asks the disruption budgets
 *
 * Models: v1.34 registry/core/pod/storage/eviction.go. Pods that are not running
 * yet, or are done, may always go.
 */

#include "apiserver/server.h"

static void
eviction_deleted(gpointer user, ApiResponse *response)
{
    Call *call = user;

    if (api_response_ok(response)) {
        ApiResponse *answer = g_new0(ApiResponse, 1);

        answer->code = 201;
        answer->status = api_status_new(201, "", "");
        call_answer(call, answer);
    } else {
        call_fail(call, api_status_ref(response->status));
    }
    api_response_free(response);
}

static void
delete_it(Call *call)
{
    const ApiRequest *request = call->request;
    ApiRequest *single =
        api_request_new(VERB_DELETE, request->kind, request->namespace_, request->name);

    single->has_grace = request->has_grace;
    single->grace_s = request->grace_s;
    single->propagation = request->propagation;
    single->precondition_uid = request->precondition_uid;
    single->dry_run = request->dry_run;
    single->user = request->user;
    single->reason =
        request->reason == NULL ? str_intern("EvictionByEvictionAPI") : request->reason;
    server_call(call->server, single, eviction_deleted, call);
}

static gboolean
set_disrupted(ApiObject *pod, gpointer data)
{
    ApiServer *server = data;
    PodStatus *status = api_edit_status(pod);
    const Condition *known = condition_find(&status->conditions, "DisruptionTarget");
    gboolean was_true = known != NULL && str_is(known->status, "True");
    ApiTime since =
        was_true ? known->last_transition_time : api_time_seconds(sim_wall_ns(server->sim));
    Condition *condition = condition_edit(&status->conditions, "DisruptionTarget");

    *condition = (Condition){
        .type = str_intern("DisruptionTarget"),
        .status = str_intern("True"),
        .reason = str_intern("EvictionByEvictionAPI"),
        .message = str_intern("Eviction API: evicting"),
        .last_transition_time = since,
    };
    return TRUE;
}

static void
eviction_marked(gpointer user, ApiResponse *response)
{
    Call *call = user;

    if (api_response_ok(response))
        delete_it(call);
    else
        call_fail(call, api_status_ref(response->status));
    api_response_free(response);
}

/* The pod says why it goes before it goes: addConditionAndDeletePod. */
static void
mark_it(Call *call)
{
    const ApiRequest *request = call->request;
    ApiRequest *single =
        api_request_new(VERB_PATCH, request->kind, request->namespace_, request->name);

    if (request->dry_run) {
        api_request_free(single);
        delete_it(call);
        return;
    }
    single->subresource = str_intern("status");
    single->mutate = set_disrupted;
    single->mutate_data = call->server;
    single->precondition_uid = request->precondition_uid;
    single->user = request->user;
    single->reason = str_intern("EvictionByEvictionAPI");
    server_call(call->server, single, eviction_marked, call);
}

/* Whether a disruption budget has a say: only about pods that run. */
static gboolean
can_ignore_budgets(const ApiObject *pod)
{
    return pod_is_terminal(pod) || str_is(pod_status(pod)->phase, "Pending") ||
           api_is_deleting(pod);
}

static void
eviction_read(Call *call)
{
    const ApiObject *pod = etcd_get(call->server->etcd, call->key);
    ApiStatus *refusal = NULL;

    if (pod == NULL) {
        call_fail(call, status_gone(call->request->kind, call->request->name));
        return;
    }
    if (can_ignore_budgets(pod)) {
        delete_it(call);
        return;
    }
    refusal = budget_ask(call->server, pod);
    if (refusal != NULL)
        call_fail(call, refusal);
    else
        mark_it(call);
}

void
eviction_begin(Call *call)
{
    storage_read(call, eviction_read);
}
