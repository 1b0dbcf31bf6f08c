/*
 * eviction.c - POST pods/NAME/eviction: a deletion that asks the disruption budgets
 *
 * Models: v1.34 registry/core/pod/storage/eviction.go. Pods that are not running
 * yet, or are done, may always go. Else the one budget of the pod is taken down;
 * who was slower than another eviction waits half a second and looks again.
 */

#include "apiserver/admission/admission.h"

#define TRIES_MAX     20
#define RETRY_MIN_NS  (500 * NS_PER_MS)
#define RETRY_MAX_NS  (550 * NS_PER_MS)
#define BUDGET_WAIT_S 10

typedef struct {
    const char *budget;    /* interned: name; NULL: none has a say */
    guint tries;
    guint64 revision;      /* of the pod, that it must still have when it is deleted; 0: any */
    gboolean is_unhealthy; /* a conflict about @revision is the budget's refusal */
    gboolean ignores_budgets;
} Eviction;

static void eviction_read(Call *call);

static Eviction *
eviction_of(Call *call)
{
    return call->work;
}

static void
again_later(Call *call, CallStep step)
{
    call_continue(call, rng_between_ns(call->server->admission_rng, RETRY_MIN_NS, RETRY_MAX_NS),
                  step);
}

static ApiRequest *
about_pod(Call *call, ApiVerb verb)
{
    const ApiRequest *request = call->request;
    ApiRequest *single = api_request_new(verb, &pod_kind, request->namespace_, request->name);

    single->user = request->user;
    single->reason =
        request->reason == NULL ? str_intern("EvictionByEvictionAPI") : request->reason;
    single->precondition_uid = request->precondition_uid;
    single->resource_version = eviction_of(call)->revision;
    return single;
}

/* --- the end: the pod says why it goes, then it goes (addConditionAndDeletePod) ------------------ */

static void
pod_refused(Call *call, ApiStatus *status)
{
    const Eviction *eviction = eviction_of(call);
    gboolean is_ours = status->code == 409 && call->request->resource_version == 0;

    if (is_ours && eviction->ignores_budgets && eviction_of(call)->tries < TRIES_MAX) {
        api_status_unref(status);
        again_later(call, eviction_read);
    } else if (is_ours && eviction->is_unhealthy) {
        api_status_unref(status);
        call_fail(call, budget_busy(eviction->budget));
    } else {
        call_fail(call, status);
    }
}

static void
eviction_deleted(gpointer user, ApiResponse *response)
{
    Call *call = user;

    if (api_response_ok(response)) {
        ApiResponse *answer = api_response_new();

        answer->code = 201;
        answer->status = api_status_new(201, "", "");
        call_answer(call, answer);
    } else {
        pod_refused(call, api_status_ref(response->status));
    }
    api_response_free(response);
}

static void
delete_it(Call *call)
{
    const ApiRequest *request = call->request;
    ApiRequest *single = about_pod(call, VERB_DELETE);

    single->has_grace = request->has_grace;
    single->grace_s = request->grace_s;
    single->propagation = request->propagation;
    single->dry_run = request->dry_run;
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

/* A precondition is told in the words of a deletion. */
static ApiStatus *
mark_refusal(Call *call, ApiStatus *status)
{
    const ApiObject *pod = etcd_get(call->key);
    const char *uid = call->request->precondition_uid;
    const char *why;
    ApiStatus *told;

    if (status->code != 409 || pod == NULL)
        return api_status_ref(status);
    if (uid != NULL && !str_is(uid, api_uid(pod)))
        why = str_internf("the UID in the precondition (%s) does not match the UID in record (%s). "
                          "The object might have been deleted and then recreated",
                          uid, api_uid(pod));
    else
        why = str_internf("the ResourceVersion in the precondition (%" G_GUINT64_FORMAT
                          ") does not match the ResourceVersion in record (%" G_GUINT64_FORMAT
                          "). The object might have been modified",
                          eviction_of(call)->revision, pod->resource_version);
    told = api_status_conflict(&pod_kind, api_name(pod), why);
    told->message = str_internf("Operation cannot be fulfilled on Pod %s: %s",
                                api_quote(api_name(pod)), why);
    told->kind = str_intern("Pod");
    return told;
}

static void
eviction_marked(gpointer user, ApiResponse *response)
{
    Call *call = user;
    Eviction *eviction = eviction_of(call);

    if (api_response_ok(response)) {
        /* It was this very call that moved it. */
        if (eviction->revision != 0)
            eviction->revision = response->object->resource_version;
        delete_it(call);
    } else {
        pod_refused(call, mark_refusal(call, response->status));
    }
    api_response_free(response);
}

static void
mark_it(Call *call)
{
    ApiRequest *single;

    if (call->request->dry_run) {
        delete_it(call);
        return;
    }
    single = about_pod(call, VERB_PATCH);
    single->subresource = str_intern("status");
    single->mutate = set_disrupted;
    single->mutate_data = call->server;
    server_call(call->server, single, eviction_marked, call);
}

/* --- the budget ---------------------------------------------------------------------------------- */

static void on_budget_written(gpointer user, ApiResponse *response);

static void
take_budget(Call *call, const ApiObject *budget)
{
    ApiObject *taken;
    ApiStatus *refusal = budget_take(call->server, budget, call->request->name, &taken);
    ApiRequest *request;

    if (refusal != NULL) {
        call_fail(call, refusal);
        return;
    }
    if (call->request->dry_run) {
        api_object_unref(taken);
        mark_it(call);
        return;
    }
    request = api_request_new(VERB_UPDATE, &pdb_kind, api_namespace(taken), api_name(taken));
    request->subresource = str_intern("status");
    request->object = taken;
    request->user = str_intern("system:apiserver");
    request->reason = str_internf("pod %s may be evicted", call->request->name);
    server_ask(call->server, request, on_budget_written, call);
}

static void
on_budget_read(gpointer user, ApiResponse *response)
{
    Call *call = user;

    if (api_response_ok(response))
        take_budget(call, response->object);
    else
        call_fail(call, api_status_ref(response->status));
    api_response_free(response);
}

static void
read_budget(Call *call)
{
    ApiRequest *request = api_request_new(VERB_GET, &pdb_kind, call->request->namespace_,
                                          eviction_of(call)->budget);

    request->user = str_intern("system:apiserver");
    server_ask(call->server, request, on_budget_read, call);
}

static void
on_budget_written(gpointer user, ApiResponse *response)
{
    Call *call = user;
    Eviction *eviction = eviction_of(call);

    if (api_response_ok(response)) {
        mark_it(call);
    } else if (response->code != 409) {
        call_fail(call, api_status_ref(response->status));
    } else if (++eviction->tries < TRIES_MAX) {
        again_later(call, read_budget);
    } else {
        ApiStatus *status = api_status_timeout(
            str_internf("couldn't update PodDisruptionBudget %s due to conflicts",
                        api_quote(eviction->budget)));

        status->retry_after_s = BUDGET_WAIT_S;
        call_fail(call, status);
    }
    api_response_free(response);
}

static void
on_budgets(gpointer user, ApiResponse *response)
{
    Call *call = user;
    Eviction *eviction = eviction_of(call);
    const ApiObject *pod = call->stored;
    const ApiObject *budget;
    guint count;

    if (!api_response_ok(response)) {
        call_fail(call, api_status_ref(response->status));
        api_response_free(response);
        return;
    }
    budget = budget_find(response->items, pod, &count);
    if (count > 1) {
        call_fail(call, api_status_new(500, "",
                                       "This pod has more than one PodDisruptionBudget, which the "
                                       "eviction subresource does not support."));
    } else if (budget == NULL) {
        mark_it(call);
    } else {
        eviction->budget = api_name(budget);
        if (budget_spares(budget, pod)) {
            /* Not if it has become ready in the meantime. */
            eviction->is_unhealthy = TRUE;
            eviction->revision = pod->resource_version;
            mark_it(call);
        } else {
            take_budget(call, budget);
        }
    }
    api_response_free(response);
}

static void
ask_budgets(Call *call)
{
    ApiRequest *request =
        api_request_new(VERB_LIST, &pdb_kind, call->request->namespace_, NULL);

    request->user = str_intern("system:apiserver");
    server_ask(call->server, request, on_budgets, call);
}

/* --- the pod ------------------------------------------------------------------------------------- */

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
    const ApiObject *pod = etcd_get(call->key);
    Eviction *eviction = eviction_of(call);

    if (pod == NULL) {
        call_fail(call, status_gone(call->request->kind, call->request->name));
        return;
    }
    hold_object(&call->stored, pod);
    eviction->revision = call->request->resource_version;
    eviction->ignores_budgets = can_ignore_budgets(pod);
    if (!eviction->ignores_budgets) {
        eviction->tries = 0;
        ask_budgets(call);
        return;
    }
    /* A pending pod must not become ready on the way. */
    if (eviction->revision == 0 && !pod_is_terminal(pod) && !api_is_deleting(pod))
        eviction->revision = pod->resource_version;
    eviction->tries++;
    mark_it(call);
}

/* An eviction is created: not in a namespace that is being deleted. */
static void
eviction_admit(Call *call)
{
    ApiStatus *status = NULL;

    if (!admission_mutate(call, NULL, NULL, ADMISSION_CREATE, eviction_admit, &status))
        return;
    if (status != NULL)
        call_fail(call, status);
    else
        storage_read(call, eviction_read);
}

void
eviction_begin(Call *call)
{
    call->work = g_new0(Eviction, 1);
    call->work_free = g_free;
    eviction_admit(call);
}
