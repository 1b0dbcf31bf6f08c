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
    single->reason = request->reason == NULL ? str_intern("Eviction") : request->reason;
    server_call(call->server, single, eviction_deleted, call);
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
    if (!can_ignore_budgets(pod))
        refusal = budget_ask(call->server, pod);
    if (refusal != NULL)
        call_fail(call, refusal);
    else
        delete_it(call);
}

void
eviction_begin(Call *call)
{
    storage_read(call, eviction_read);
}
