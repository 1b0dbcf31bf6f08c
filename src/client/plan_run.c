/* plan_run.c - see plan_run.h */

#include "client/plan_run.h"

#include "base/duration.h"
#include "base/links.h"
#include "base/pool.h"
#include "client/expectations.h"
#include "client/plan_internal.h"

#define CONFLICT_PAUSE_NS (10 * NS_PER_MS)
#define BATCH_MAX         500 /* v1.34 stateful_set_control.go, MaxBatchSize; others start no more than that at all */

/* A step under way. */
typedef struct {
    PlanRun *run;
    GList link; /* in run->under_way */
    guint index;
    guint conflicts;
    gboolean is_refreshing; /* reads the object after a conflict of an update */
    guint64 revision;       /* to submit with, if a conflict made us read; else 0 */
    SimTimer timer;
    gboolean is_due; /* the timer fired while the process was paused */
} Step;

struct PlanRun {
    PlanRunOptions options;
    const char *key; /* interned */
    Plan *plan;      /* (owned) */
    StepResult *results;
    guint next;           /* first step that was not begun */
    guint batch;          /* of a slow-start group: size of the last one, in items */
    guint last_item;      /* of that group: the last that was begun */
    GQueue under_way;     /* of Step (owned) */
    gboolean is_stopping; /* a step failed: nothing more is begun */
    const char *error;    /* the first that counts */
    gint64 requeue_ns;
    TraceId cause;
};

/* A mutation's data, shared by plan and requests. */
typedef struct {
    guint ref_count;
    ApiMutate mutate;
    gpointer data;
    GDestroyNotify data_free;
} MutateBox;

static void plan_run_advance(PlanRun *run);
static void plan_run_begin_item(PlanRun *run, guint index);

static guint
count_under_way(const PlanRun *run)
{
    return run->under_way.length;
}

static gboolean
box_mutate(ApiObject *object, gpointer data)
{
    MutateBox *box = data;

    return box->mutate(object, box->data);
}

static void
box_unref(gpointer data)
{
    MutateBox *box = data;

    if (--box->ref_count > 0)
        return;
    if (box->data_free != NULL)
        box->data_free(box->data);
    g_free(box);
}

/* The server may still work on a request when the plan is gone: both hold the data. */
static MutateBox *
step_box(PlanStep *step)
{
    MutateBox *box;

    if (step->mutate == box_mutate)
        return step->mutate_data;
    box = g_new(MutateBox, 1);
    *box = (MutateBox){1, step->mutate, step->mutate_data, step->mutate_data_free};
    step->mutate = box_mutate;
    step->mutate_data = box;
    step->mutate_data_free = box_unref;
    return box;
}

/* --- sending a step --------------------------------------------------------------------------- */

static const ApiVerb step_verbs[] = {
    [STEP_CREATE] = VERB_CREATE,  [STEP_UPDATE] = VERB_UPDATE, [STEP_UPDATE_STATUS] = VERB_UPDATE,
    [STEP_PATCH] = VERB_PATCH,    [STEP_DELETE] = VERB_DELETE, [STEP_GET] = VERB_GET,
    [STEP_BINDING] = VERB_CREATE,
    [STEP_DELETE_COLLECTION] = VERB_DELETE_COLLECTION,
    [STEP_LIST] = VERB_LIST,      [STEP_SCALE] = VERB_UPDATE,
};

/* The revision of an earlier step's answer, which this write is based on. */
static guint64
step_taken_revision(const PlanRun *run, const PlanStep *step)
{
    const StepResult *result;

    if (step->takes_revision_of < 0)
        return 0;
    result = &run->results[step->takes_revision_of];
    return result->object == NULL ? 0 : result->object->resource_version;
}

static ApiRequest *
step_request(const PlanRun *run, PlanStep *step, guint64 revision)
{
    ApiRequest *request =
        api_request_new(step_verbs[step->type], step->kind, step->namespace_, step->name);

    request->subresource = step->subresource;
    if (step->type == STEP_BINDING)
        request->subresource = str_intern("binding");
    request->reason = step->why;
    request->has_grace = step->has_grace;
    request->grace_s = step->grace_s;
    request->propagation = step->propagation;
    request->precondition_uid = step->precondition_uid;
    request->resource_version = step->precondition_revision;
    request->label_selector = step->label_selector;
    request->field_selector = step->field_selector;
    request->scale_replicas = step->replicas;
    if (revision == 0)
        revision = step_taken_revision(run, step);
    if (step->object != NULL && revision != 0) {
        request->object = api_object_copy(step->object);
        request->object->resource_version = revision;
    } else if (step->type == STEP_CREATE) {
        request->object = g_steal_pointer(&step->object); /* never sent again */
    } else if (step->object != NULL) {
        request->object = api_object_ref(step->object);
    } else if (revision != 0) {
        request->resource_version = revision;
    }
    if (step->mutate != NULL) {
        MutateBox *box = step_box(step);

        box->ref_count++;
        request->mutate = box_mutate;
        request->mutate_data = box;
        request->mutate_data_free = box_unref;
    }
    return request;
}

static void step_done(gpointer user, const ApiResponse *response);

static void
step_send(Step *step)
{
    PlanRun *run = step->run;
    PlanStep *what = plan_get(run->plan, step->index);
    ApiRequest *request;

    sim_set_cause(run->options.sim, run->cause);
    if (step->is_refreshing)
        request = api_request_new(VERB_GET, what->kind, what->namespace_, what->name);
    else
        request = step_request(run, what, step->revision);
    client_send(run->options.client, request, step_done, step, NULL);
}

static void
step_end(Step *step)
{
    links_take(&step->run->under_way, &step->link);
    sim_timer_clear(&step->timer);
    POOL_FREE(Step, step);
}

static void
step_on_timer(Sim *sim, gpointer self)
{
    Step *step = self;
    PlanRun *run = step->run;

    (void)sim;
    if (client_is_paused(run->options.client)) {
        step->is_due = TRUE;
        return;
    }
    step->is_due = FALSE;
    if (plan_get(run->plan, step->index)->type != STEP_PAUSE) {
        step_send(step);
        return;
    }
    run->results[step->index].was_run = TRUE;
    step_end(step);
    plan_run_advance(run);
}

static Step *
step_new(PlanRun *run, guint index)
{
    Step *step = POOL_NEW0(Step);

    step->run = run;
    step->index = index;
    sim_timer_init(&step->timer, run->options.sim, SIM_CONTROL, step_on_timer, step);
    step->link.data = step;
    links_push(&run->under_way, &step->link);
    return step;
}

/* --- outcomes --------------------------------------------------------------------------------- */

static gboolean
status_is_terminating(const ApiStatus *status)
{
    if (status == NULL || status->code != 403)
        return FALSE;
    for (guint i = 0; i < status->causes.count; i++) {
        if (str_is(status->causes.items[i].reason, "NamespaceTerminating"))
            return TRUE;
    }
    return FALSE;
}

typedef enum { OUTCOME_GOOD, OUTCOME_IGNORED, OUTCOME_NAMESPACE_ENDS, OUTCOME_BAD } Outcome;

static Outcome
step_outcome(const PlanStep *step, const StepResult *result)
{
    if (result->code >= 200 && result->code < 300)
        return OUTCOME_GOOD;
    if (step->ignores_errors)
        return OUTCOME_IGNORED;
    if (step->ignore_terminating && status_is_terminating(result->status))
        return OUTCOME_NAMESPACE_ENDS;
    for (guint i = 0; i < G_N_ELEMENTS(step->ignore_codes) && step->ignore_codes[i] != 0; i++) {
        if ((guint)result->code == step->ignore_codes[i])
            return OUTCOME_IGNORED;
    }
    return OUTCOME_BAD;
}

/* No event of the informer will come for it. */
static void
step_lower_expectation(PlanRun *run, const PlanStep *step)
{
    if (!step->keeps_expectation || run->options.expectations == NULL)
        return;
    if (step->type == STEP_CREATE)
        expectations_observe_creation(run->options.expectations, run->key);
    else if (step->type == STEP_DELETE)
        expectations_observe_deletion(run->options.expectations, run->key, step->expected_pod_key);
}

static void
step_tell(PlanRun *run, const PlanStep *step, const StepResult *result, gboolean is_success)
{
    const StepEvent *event = is_success ? &step->on_success : &step->on_failure;
    g_autofree char *message = NULL;

    if (run->options.recorder == NULL || event->reason == NULL || step->event_about == NULL)
        return;
    message = plan_step_message(event, is_success, result, step->name);
    recorder_event(run->options.recorder, step->event_about, event->type, event->reason, message);
}

static void
plan_run_keep_error(PlanRun *run, const char *error)
{
    if (run->error == NULL)
        run->error = error;
}

static void
step_settle(PlanRun *run, const PlanStep *step, const StepResult *result)
{
    switch (step_outcome(step, result)) {
    case OUTCOME_GOOD:
        step_tell(run, step, result, TRUE);
        break;
    case OUTCOME_IGNORED:
        step_lower_expectation(run, step);
        if (step->tells_ignored)
            step_tell(run, step, result, FALSE);
        break;
    case OUTCOME_NAMESPACE_ENDS:
        break;
    case OUTCOME_BAD:
        step_lower_expectation(run, step);
        step_tell(run, step, result, FALSE);
        plan_run_keep_error(run, result->status == NULL || result->status->message == NULL
                                     ? str_intern("request failed")
                                     : result->status->message);
        if (!step->continue_on_error)
            run->is_stopping = TRUE;
        break;
    }
}

/* The step after @index, if it is of the same item of a slow start that was begun; else NULL. */
static const PlanStep *
plan_run_same_item(const PlanRun *run, guint index)
{
    const PlanStep *step = plan_get(run->plan, index);
    const PlanStep *next = index + 1 < run->next ? plan_get(run->plan, index + 1) : NULL;
    gboolean is_same = next != NULL && step->group == GROUP_SLOW_START && next->group_id == step->group_id &&
                       next->item == step->item;

    return is_same ? next : NULL;
}

/* What comes after a step in its item. */
static void
plan_run_go_on_with_item(PlanRun *run, guint index)
{
    const PlanStep *step = plan_get(run->plan, index);
    const PlanStep *next = plan_run_same_item(run, index);

    if (next == NULL)
        return;
    if (step->continue_on_error || step_outcome(step, &run->results[index]) != OUTCOME_BAD) {
        plan_run_begin_item(run, index + 1);
        return;
    }
    for (; next != NULL; next = plan_run_same_item(run, ++index))
        step_lower_expectation(run, next);
}

/* A conflict: the patch is applied anew; an update first reads what is there now. */
static gboolean
step_repeats(Step *step, const PlanStep *what, const ApiResponse *response)
{
    gboolean is_conflict =
        response->code == 409 &&
        !(response->status != NULL && str_is(response->status->reason, "AlreadyExists"));

    if (!is_conflict || step->conflicts >= what->retries_on_conflict)
        return FALSE;
    if (what->type != STEP_PATCH && what->type != STEP_UPDATE && what->type != STEP_UPDATE_STATUS)
        return FALSE;
    step->conflicts++;
    step->is_refreshing = what->type != STEP_PATCH;
    sim_timer_arm_after(&step->timer, CONFLICT_PAUSE_NS);
    return TRUE;
}

static void
step_done(gpointer user, const ApiResponse *response)
{
    Step *step = user;
    PlanRun *run = step->run;
    PlanStep *what = plan_get(run->plan, step->index);
    StepResult *result = &run->results[step->index];
    guint index;

    if (step->is_refreshing && api_response_ok(response)) {
        step->is_refreshing = FALSE;
        step->revision = response->object->resource_version;
        step_send(step);
        return;
    }
    if (step_repeats(step, what, response))
        return;
    result->was_run = TRUE;
    result->code = response->code;
    result->object = response->object == NULL ? NULL : api_object_ref(response->object);
    result->items = response->items == NULL ? NULL : g_ptr_array_ref(response->items);
    result->status = response->status == NULL ? NULL : api_status_ref(response->status);
    step_settle(run, what, result);
    /* Not kept until the plan's end, when hundreds of its like would be fetched again only to be freed. */
    g_clear_pointer(&what->object, api_object_unref);
    index = step->index;
    step_end(step);
    plan_run_go_on_with_item(run, index);
    plan_run_advance(run);
}

/* --- the run ---------------------------------------------------------------------------------- */

static void
step_begin(PlanRun *run, guint index)
{
    const PlanStep *what = plan_get(run->plan, index);

    switch (what->type) {
    case STEP_EVENT:
        run->results[index].was_run = TRUE;
        sim_set_cause(run->options.sim, run->cause);
        if (run->options.recorder != NULL)
            recorder_event(run->options.recorder, what->event_about, what->on_success.type,
                           what->on_success.reason, what->event_message);
        break;
    case STEP_CALL:
        run->results[index].was_run = TRUE;
        sim_set_cause(run->options.sim, run->cause);
        what->call(what->call_user, what->call_what, what->call_number);
        break;
    case STEP_PAUSE:
        sim_timer_arm_after(&step_new(run, index)->timer, what->pause_ns);
        break;
    default:
        step_send(step_new(run, index));
        break;
    }
}

/* Begins step @index, and what follows it in its item while nothing is to be waited for. */
static void
plan_run_begin_item(PlanRun *run, guint index)
{
    guint waited_for = count_under_way(run);
    const PlanStep *step = plan_get(run->plan, index);

    for (; step != NULL && count_under_way(run) == waited_for; step = plan_run_same_item(run, index++))
        step_begin(run, index);
}

/* The size of the next batch of a slow start; items that need nothing are counted, not waited for. */
static void
plan_run_grow_batch(PlanRun *run, const PlanStep *first)
{
    if (run->next == 0 || plan_get(run->plan, run->next - 1)->group_id != first->group_id)
        run->batch = run->last_item = 0;
    do {
        run->batch = run->batch == 0 ? 1 : MIN(2 * run->batch, BATCH_MAX);
        run->last_item += run->batch;
    } while (first->item > run->last_item);
}

/* How many steps are of what is begun together now. */
static guint
plan_run_batch(PlanRun *run)
{
    const PlanStep *first = plan_get(run->plan, run->next);
    guint count = 0;

    if (first->group == GROUP_NONE || first->group == GROUP_IN_TURN)
        return 1;
    if (first->group == GROUP_SLOW_START)
        plan_run_grow_batch(run, first);
    for (guint i = run->next; i < plan_count(run->plan); i++, count++) {
        const PlanStep *step = plan_get(run->plan, i);

        if (step->group_id != first->group_id || (step->group == GROUP_SLOW_START && step->item > run->last_item))
            break;
    }
    return count;
}

static void
plan_run_begin_batch(PlanRun *run)
{
    guint first = run->next;

    run->next += plan_run_batch(run);
    for (guint i = first; i < run->next; i++)
        if (i == first || plan_run_same_item(run, i - 1) == NULL)
            plan_run_begin_item(run, i);
}

/*
 * v1.34 pkg/controller/replicaset: a failing batch ends its group. If the plan
 * goes on all the same, it does so after the group.
 */
static void
plan_run_skip_group(PlanRun *run)
{
    guint group_id = plan_get(run->plan, run->next - 1)->group_id;

    while (run->next < plan_count(run->plan) &&
           plan_get(run->plan, run->next)->group_id == group_id)
        step_lower_expectation(run, plan_get(run->plan, run->next++));
}

static gboolean
plan_run_group_failed(const PlanRun *run)
{
    const PlanStep *last;

    if (run->next == 0)
        return FALSE;
    last = plan_get(run->plan, run->next - 1);
    if (last->group != GROUP_SLOW_START)
        return FALSE;
    for (guint i = run->next; i-- > 0;) {
        const PlanStep *step = plan_get(run->plan, i);

        if (step->group_id != last->group_id)
            break;
        if (step->type == STEP_EVENT || step->type == STEP_PAUSE || step->type == STEP_CALL)
            continue;
        if (step_outcome(step, &run->results[i]) == OUTCOME_BAD)
            return TRUE;
    }
    return FALSE;
}

/* In the midst of a group whose steps are all tried. */
static gboolean
plan_run_is_in_turn(const PlanRun *run)
{
    const PlanStep *next;

    if (run->next == 0 || run->next == plan_count(run->plan))
        return FALSE;
    next = plan_get(run->plan, run->next);
    return next->group == GROUP_IN_TURN && plan_get(run->plan, run->next - 1)->group_id == next->group_id;
}

static void
results_free(StepResult *results, guint count)
{
    for (guint i = 0; i < count; i++) {
        api_object_unref(results[i].object);
        if (results[i].items != NULL)
            g_ptr_array_unref(results[i].items);
        if (results[i].status != NULL)
            api_status_unref(results[i].status);
    }
    g_free(results);
}

static void
plan_run_free(PlanRun *run)
{
    while (run->under_way.head != NULL)
        step_end(run->under_way.head->data);
    results_free(run->results, plan_count(run->plan));
    plan_free(run->plan);
    POOL_FREE(PlanRun, run);
}

/* "create ReplicaSet ... because ...", and how many more. */
static void
plan_run_trace(PlanRun *run)
{
    const char *why = NULL;
    guint count = plan_count(run->plan);

    for (guint i = 0; i < count && why == NULL; i++)
        why = plan_get(run->plan, i)->why;
    if (count > 1)
        sim_trace(run->options.sim, run->options.component, "reconcile", run->options.object_text,
                  NULL, "%s (and %u more)", why == NULL ? "events" : why, count - 1);
    else if (count == 1)
        sim_trace(run->options.sim, run->options.component, "reconcile", run->options.object_text,
                  NULL, "%s", why == NULL ? "event" : why);
}

static void
plan_run_begin_plan(PlanRun *run)
{
    const Plan *plan = run->plan;
    gint64 now_ns = sim_now_ns(run->options.sim);

    run->next = 0;
    run->is_stopping = FALSE;
    run->results = g_new0(StepResult, plan_count(plan));
    plan_run_trace(run);
    run->cause = sim_cause(run->options.sim);
    if (run->options.expectations != NULL) {
        if (plan->forgets_expectations)
            expectations_forget(run->options.expectations, run->key);
        if (plan->has_creations || plan->expected_deletions != NULL)
            expectations_set(run->options.expectations, run->key, plan->expected_creations,
                             plan->expected_deletions, now_ns);
    }
    for (guint i = 0; plan->waits != NULL && i < plan->waits->len; i++) {
        const PlanWait *wait = &g_array_index(plan->waits, PlanWait, i);

        sim_waited(run->options.sim, wait->timer, wait->ns);
    }
    for (guint i = 0; run->options.enqueue != NULL && plan->enqueues != NULL && i < plan->enqueues->len; i++) {
        const PlanEnqueue *enqueue = &g_array_index(plan->enqueues, PlanEnqueue, i);

        run->options.enqueue(run->options.user, enqueue->key, enqueue->delay_ns);
    }
}

/* The plan is through. TRUE: its continuation goes on. */
static gboolean
plan_run_end_plan(PlanRun *run)
{
    Plan *ended = run->plan;
    StepResult *results = run->results;
    Reconcile reconcile = {0};

    while (run->next < plan_count(ended))
        step_lower_expectation(run, plan_get(ended, run->next++));
    if (!run->is_stopping && ended->requeue_ns >= 0 &&
        (run->requeue_ns < 0 || ended->requeue_ns < run->requeue_ns))
        run->requeue_ns = ended->requeue_ns;
    if (ended->error != NULL)
        plan_run_keep_error(run, ended->error);
    if (ended->next == NULL)
        return FALSE;
    run->plan = plan_new();
    run->options.fill(run->options.user, &reconcile);
    reconcile.key = run->key;
    sim_set_cause(run->options.sim, run->cause);
    ended->next(&reconcile, ended->carry, results, plan_count(ended), run->plan);
    results_free(results, plan_count(ended));
    plan_free(ended);
    plan_run_begin_plan(run);
    return TRUE;
}

/* Begins what can begin. TRUE: the run is over. */
static gboolean
plan_run_go_on(PlanRun *run)
{
    while (count_under_way(run) == 0) {
        if (plan_run_group_failed(run))
            plan_run_skip_group(run);
        if ((run->is_stopping && !plan_run_is_in_turn(run)) || run->next == plan_count(run->plan)) {
            if (!plan_run_end_plan(run))
                return TRUE;
            continue;
        }
        plan_run_begin_batch(run);
    }
    return FALSE;
}

static void
plan_run_finish(PlanRun *run)
{
    PlanRunOptions options = run->options;
    const char *error = run->error;
    gint64 requeue_ns = run->requeue_ns;

    plan_run_free(run);
    options.done(options.user, error, requeue_ns);
}

static void
plan_run_advance(PlanRun *run)
{
    if (plan_run_go_on(run))
        plan_run_finish(run);
}

PlanRun *
plan_run_start(const PlanRunOptions *options, const char *key, Plan *plan)
{
    PlanRun *run = POOL_NEW0(PlanRun);

    run->options = *options;
    run->key = str_intern(key);
    run->plan = plan;
    run->requeue_ns = -1;
    plan_run_begin_plan(run);
    if (!plan_run_go_on(run))
        return run;
    plan_run_finish(run);
    return NULL;
}

void
plan_run_cancel(PlanRun *run)
{
    if (run == NULL)
        return;
    for (const GList *link = run->under_way.head; link != NULL; link = link->next)
        client_cancel(run->options.client, link->data);
    plan_run_free(run);
}

void
plan_run_resumed(PlanRun *run)
{
    for (const GList *link = run->under_way.head; link != NULL; link = link->next) {
        Step *step = link->data;

        if (step->is_due)
            sim_timer_arm_after(&step->timer, 0);
    }
}
