#include "controllers/controllers.h"

#include "api/profile.h"
#include "base/caches.h"
#include "controllers/replicaset_sync.h"
#include "controllers/set_book.h"

#define BURST_REPLICAS 500

/* --- status: the last part of a sync ------------------------------------------------------------------ */

typedef struct {
    ApiObject *set;  /* (owned ref) as cached */
    PodCounts counts; /* of the active and claimed pods, as listed by this sync */
    GPtrArray *pods;  /* (owned) of owned refs: they, if time alone may make more of them available; else NULL */
    OptInt32 terminating;      /* its pods on their way out; unset: not told in this version */
    ApiObject *status_written; /* (owned ref) what is tried again after a refusal */
    gint64 judged_ns;          /* when they were counted */
} SetSync;

static void
set_sync_free(gpointer data)
{
    SetSync *sync = data;

    api_object_unref(sync->set);
    api_object_unref(sync->status_written);
    if (sync->pods != NULL)
        g_ptr_array_unref(sync->pods);
    g_free(sync);
}

/* Of a ReplicaSet only: v1.35 pkg/controller/replicaset/replica_set.go, syncReplicaSet, FilterClaimedPods. */
static gboolean
counts_terminating(const Reconcile *r, const ApiObject *set)
{
    return set->kind == &replica_set_kind && profile_has(FEATURE_TERMINATING_REPLICAS, r->version_minor);
}

static OptInt32
count_terminating(const Reconcile *r, const ApiObject *set)
{
    LabelSelector selector = replica_set_selector(set);
    g_autoptr(GPtrArray) pods = NULL;
    gint32 count = 0;

    if (!counts_terminating(r, set))
        return (OptInt32){0};
    pods = g_ptr_array_new();
    view_list_owned(r->view, &pod_kind, api_uid(set), pods);
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        count += pod_is_terminating(pod) && label_selector_matches(&selector, &pod->meta->labels);
    }
    return OPT_INT32(count);
}

static SetSync *
set_sync_new(const Reconcile *r, const ApiObject *set, const GPtrArray *pods)
{
    SetSync *sync = g_new0(SetSync, 1);

    sync->set = api_object_ref(set);
    sync->terminating = count_terminating(r, set);
    sync->counts = replica_set_count_pods(set, pods, r->wall_ns);
    sync->judged_ns = r->wall_ns;
    if (replica_set_spec(set)->min_ready_s == 0)
        return sync;
    sync->pods = g_ptr_array_new_full(pods->len, api_object_unref);
    for (guint i = 0; i < pods->len; i++)
        g_ptr_array_add(sync->pods, api_object_ref(pods->pdata[i]));
    return sync;
}

/* With nothing but numbers: time alone makes none of them available. */
static SetSync *
set_sync_tallied(const Reconcile *r, const ApiObject *set, const SetTally *tally)
{
    SetSync *sync = g_new0(SetSync, 1);

    sync->set = api_object_ref(set);
    sync->counts = (PodCounts){
        .pods = tally->active,
        .fully_labelled = tally->active,
        .ready = tally->ready,
        .available = tally->ready,
    };
    if (counts_terminating(r, set))
        sync->terminating = OPT_INT32(tally->terminating);
    sync->judged_ns = r->wall_ns;
    return sync;
}

/* The same pods, for the next part of the sync. */
static SetSync *
set_sync_next(const SetSync *sync)
{
    SetSync *next = g_new0(SetSync, 1);

    next->set = api_object_ref(sync->set);
    next->counts = sync->counts;
    next->pods = sync->pods == NULL ? NULL : g_ptr_array_ref(sync->pods);
    next->terminating = sync->terminating;
    next->judged_ns = sync->judged_ns;
    return next;
}

/* When the pod becomes available; 0: it is not ready. */
static gint64
available_from(const ApiObject *pod, gint32 min_ready_s)
{
    const Condition *ready = condition_find(&pod_status(pod)->conditions, "Ready");

    if (ready == NULL || !str_is(ready->status, "True") || ready->last_transition_time == 0)
        return 0;
    return ready->last_transition_time + min_ready_s * NS_PER_S;
}

/*
 * Some ready pod is not available yet: look again when the first of those that the status does not count will be. It may
 * be by now. Before v1.34: when all are ready, as long after this as a pod has to be.
 */
static void
requeue_for_availability(const Reconcile *r,
                         const SetSync *sync,
                         const ReplicaSetStatus *status,
                         Plan *plan)
{
    gint32 min_ready_s = replica_set_spec(sync->set)->min_ready_s;
    gint32 wanted = replicas_of(replica_set_spec(sync->set)->replicas);
    gint64 soonest_ns = 0;

    if (min_ready_s == 0)
        return;
    if (!profile_has(FEATURE_AVAILABLE_ON_TIME, r->version_minor)) {
        if (status->ready_replicas == wanted && status->available_replicas != wanted)
            plan_requeue_after(plan, min_ready_s * NS_PER_S);
        return;
    }
    if (status->ready_replicas == status->available_replicas)
        return;
    for (guint i = 0; i < sync->pods->len; i++) {
        gint64 from_ns = available_from(sync->pods->pdata[i], min_ready_s);

        if (from_ns > sync->judged_ns && (soonest_ns == 0 || from_ns < soonest_ns))
            soonest_ns = from_ns;
    }
    plan_requeue_after(plan, soonest_ns == 0 ? min_ready_s * NS_PER_S : MAX(soonest_ns - r->wall_ns, 0));
}

static void
after_second_status(const Reconcile *r,
                    gpointer carry,
                    const StepResult *results,
                    guint n_results,
                    Plan *plan)
{
    SetSync *sync = carry;

    g_assert(n_results > 0);
    if (step_succeeded(&results[0]))
        requeue_for_availability(r, sync, replica_set_status(sync->status_written), plan);
}

/* The live one has been read: the same status goes onto it. */
static void
after_reread(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    SetSync *sync = carry;
    SetSync *next;
    ApiObject *again;

    (void)r;
    g_assert(n_results > 0);
    if (!step_succeeded(&results[0]))
        return;
    again = api_object_copy(results[0].object);
    api_object_set_status(again, sync->status_written->status);
    next = set_sync_next(sync);
    next->status_written = api_object_ref(sync->status_written);
    plan_update_status(plan, again, "because the first write met a newer version");
    plan_continue(plan, after_second_status, next, set_sync_free);
}

static void
after_status(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    SetSync *sync = carry;
    const StepResult *last = &results[n_results - 1];
    SetSync *next;

    if (step_succeeded(last)) {
        requeue_for_availability(r, sync, replica_set_status(sync->status_written), plan);
        return;
    }
    /* An earlier step failed. */
    if (!last->was_run)
        return;
    next = set_sync_next(sync);
    next->status_written = api_object_ref(sync->status_written);
    plan_read(plan, sync->set->kind, api_namespace(sync->set), api_name(sync->set),
              "because the status was refused");
    plan_continue(plan, after_reread, next, set_sync_free);
}

/* v1.34 pkg/controller/replicaset/replica_set_utils.go, updateReplicaSetStatus: at most one more try. Takes @sync. */
static void
plan_status(const Reconcile *r, SetSync *sync, const char *error, Plan *plan)
{
    ApiObject *changed = api_object_copy(sync->set);
    ReplicaSetStatus *status = api_edit_status(changed);
    PlanStep *step;

    if (sync->judged_ns != r->wall_ns && sync->pods != NULL)
        sync->counts = replica_set_count_pods(sync->set, sync->pods, r->wall_ns);
    sync->judged_ns = r->wall_ns;
    replica_set_calculate_status(sync->set, &sync->counts, error, r->wall_ns, status);
    status->terminating_replicas = sync->terminating;
    if (api_struct_equal(sync->set->kind->status, replica_set_status(sync->set), status)) {
        if (error == NULL)
            requeue_for_availability(r, sync, status, plan);
        api_object_unref(changed);
        set_sync_free(sync);
        return;
    }
    sync->status_written = api_object_ref(changed);
    step = plan_update_status(plan, changed, "because %d of %d pods exist, %d are ready",
                              status->replicas, replicas_of(replica_set_spec(sync->set)->replicas),
                              status->ready_replicas);
    for (guint i = 0; i < G_N_ELEMENTS(step->ignore_codes); i++)
        step->ignore_codes[i] = 0;
    step->ignore_codes[0] = 409;
    step->ignore_codes[1] = 500;
    plan_continue(plan, after_status, sync, set_sync_free);
}

/* --- too few, too many ---------------------------------------------------------------------------------- */

static void
after_manage(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    SetSync *sync = carry;
    const char *error = NULL;

    for (guint i = 0; i < n_results && error == NULL; i++) {
        const StepResult *result = &results[i];

        if (result->was_run && !step_succeeded(result) && result->code != 404 &&
            !step_refused_terminating(result))
            error = step_error_text(result);
    }
    if (error != NULL)
        plan_fail(plan, "%s", error);
    plan_status(r, set_sync_next(sync), error, plan);
}

static void
plan_creations(const ApiObject *set, guint active, guint count, Plan *plan)
{
    gint32 wanted = replicas_of(replica_set_spec(set)->replicas);
    PodMaker maker;

    plan_expect_creations(plan, count);
    pod_maker_init(&maker, &replica_set_spec(set)->template_, set);
    plan_group_begin(plan, GROUP_SLOW_START);
    for (guint i = 0; i < count; i++) {
        PlanStep *step = plan_create(plan, pod_maker_make(&maker), "because %u of %d pods exist",
                                     active, wanted);

        step->event_about = api_object_ref(set);
        step->on_success = (StepEvent){"Normal", "SuccessfulCreate", "Created pod: %s"};
        step->on_failure = (StepEvent){"Warning", "FailedCreate", "Error creating: %s"};
        step->ignore_terminating = TRUE;
        step->keeps_expectation = TRUE;
    }
    plan_group_end(plan);
    pod_maker_clear(&maker);
}

static void
plan_deletions(const Reconcile *r, const ApiObject *set, GPtrArray *pods, guint count, Plan *plan)
{
    gint32 wanted = replicas_of(replica_set_spec(set)->replicas);

    replica_set_rank_victims(r->view, set, pods, count, r->wall_ns);
    for (guint i = 0; i < count; i++)
        plan_expect_deletion(plan, api_key(pods->pdata[i]));
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < count; i++) {
        PlanStep *step = plan_delete(plan, pods->pdata[i],
                                     "because %u pods exist and %d are wanted", pods->len, wanted);

        step->event_about = api_object_ref(set);
        step->on_success = (StepEvent){"Normal", "SuccessfulDelete", "Deleted pod: %s"};
        step->on_failure = (StepEvent){"Warning", "FailedDelete", "Error deleting: %s"};
        step->ignore_codes[0] = 404;
        step->keeps_expectation = TRUE;
        step->expected_pod_key = api_key(pods->pdata[i]);
    }
    plan_group_end(plan);
}

/* v1.34 pkg/controller/replicaset/replica_set.go, manageReplicas. FALSE: nothing to do. */
static gboolean
manage(const Reconcile *r, const ApiObject *set, GPtrArray *pods, Plan *plan)
{
    gint64 excess = (gint64)pods->len - replicas_of(replica_set_spec(set)->replicas);
    g_autoptr(GPtrArray) ranked = NULL;

    if (excess == 0)
        return FALSE;
    if (excess < 0) {
        plan_creations(set, pods->len, (guint)MIN(-excess, BURST_REPLICAS), plan);
        return TRUE;
    }
    ranked = g_ptr_array_copy(pods, NULL, NULL);
    plan_deletions(r, set, ranked, (guint)MIN(excess, BURST_REPLICAS), plan);
    return TRUE;
}

/* --- the sync ---------------------------------------------------------------------------------------------- */

/* @begin: the book may count them. */
static void
list_claims(const Reconcile *r, const ApiObject *set, Claims *claims, gboolean begin)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    LabelSelector selector = replica_set_selector(set);
    guint kept = 0;

    view_list_owned(r->view, &pod_kind, api_uid(set), candidates);
    if (begin && r->state != NULL)
        set_book_begin(r->state, set, candidates);
    view_list_orphans(r->view, &pod_kind, api_namespace(set), candidates);
    for (guint i = 0; i < candidates->len; i++) {
        pods_prefetch(candidates, i);
        if (pod_is_active(candidates->pdata[i]))
            candidates->pdata[kept++] = candidates->pdata[i];
    }
    g_ptr_array_set_size(candidates, (gint)kept);
    claims_init(claims);
    claims->token = replica_set_token(set, candidates->len);
    claims_sort(claims, set, &selector, candidates);
}

static gboolean
may_manage(const Reconcile *r, const ApiObject *set)
{
    return !api_is_deleting(set) &&
           (r->expectations == NULL || expectations_satisfied(r->expectations, r->key, r->now_ns));
}

static void
sync_claimed(const Reconcile *r, Plan *plan, const ApiObject *set, const Claims *claims)
{
    gboolean is_managed = may_manage(r, set);

    claims_plan(claims, set, plan);
    if (is_managed && manage(r, set, claims->claimed, plan))
        plan_continue(plan, after_manage, set_sync_new(r, set, claims->claimed), set_sync_free);
    else
        plan_status(r, set_sync_new(r, set, claims->claimed), NULL, plan);
}

static void
check_tally(const Reconcile *r, const ApiObject *set, const SetTally *tally)
{
    OptInt32 terminating = count_terminating(r, set);
    PodCounts counts;
    Claims claims;

    list_claims(r, set, &claims, FALSE);
    counts = replica_set_count_pods(set, claims.claimed, r->wall_ns);
    g_assert(claims.adopt->len == 0 && claims.release->len == 0);
    g_assert(counts.pods == tally->active && counts.fully_labelled == tally->active);
    g_assert(counts.ready == tally->ready && counts.available == tally->ready);
    g_assert(!terminating.is_set || terminating.value == tally->terminating);
    claims_clear(&claims);
}

/* The book has the numbers, and no pod is to go: the same sync without the pods. FALSE: not so. */
static gboolean
sync_tallied(const Reconcile *r, Plan *plan, const ApiObject *set)
{
    gint32 wanted = replicas_of(replica_set_spec(set)->replicas);
    SetTally tally;

    if (!set_book_tally(r->state, r->view, set, &tally) || tally.active > wanted)
        return FALSE;
    if (caches_are_checked())
        check_tally(r, set, &tally);
    if (tally.active < wanted && may_manage(r, set)) {
        plan_creations(set, (guint)tally.active, (guint)MIN(wanted - tally.active, BURST_REPLICAS), plan);
        plan_continue(plan, after_manage, set_sync_tallied(r, set, &tally), set_sync_free);
    } else {
        plan_status(r, set_sync_tallied(r, set, &tally), NULL, plan);
    }
    return TRUE;
}

static void
after_recheck(const Reconcile *r,
              gpointer carry,
              const StepResult *results,
              guint n_results,
              Plan *plan)
{
    const ApiObject *set = carry;
    Claims claims;

    g_assert(n_results > 0);
    if (!claims_recheck(set, &results[0], plan))
        return;
    list_claims(r, set, &claims, FALSE);
    sync_claimed(r, plan, set, &claims);
    claims_clear(&claims);
}

/* v1.34 pkg/controller/replicaset/replica_set.go, syncReplicaSet. */
static void
sync_of_kind(const Reconcile *r, const ApiKind *kind, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *set;
    Claims claims;

    api_split_key(r->key, &namespace_, &name);
    set = view_get(r->view, kind, namespace_, name);
    if (set == NULL) {
        plan_forget_expectations(plan);
        return;
    }
    if (sync_tallied(r, plan, set))
        return;
    list_claims(r, set, &claims, TRUE);
    if (claims.adopt->len > 0) {
        plan_read(plan, kind, namespace_, name,
                  "because it must be alive to adopt a pod");
        plan_continue(plan, after_recheck, api_object_ref(set), api_object_unref);
    } else {
        sync_claimed(r, plan, set, &claims);
    }
    claims_clear(&claims);
}

/* --- what wakes it ------------------------------------------------------------------------------------------- */

static void
on_set(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *set = object != NULL ? object : old;

    set_book_on_set(controller_state(controller), old, object);
    if (object == NULL || (old != NULL && !str_is(api_uid(old), api_uid(object))))
        controller_forget_expectations(controller, api_key(set));
    controller_enqueue_object(controller, set);
}

static void
enqueue_matching(Controller *controller, const ApiKind *kind, const ApiObject *pod)
{
    g_autoptr(GPtrArray) sets = NULL;

    if (pod->meta->labels.count == 0)
        return;
    sets = g_ptr_array_new();
    view_list(controller_view(controller), kind, api_namespace(pod), sets);
    for (guint i = 0; i < sets->len; i++) {
        LabelSelector selector = replica_set_selector(sets->pdata[i]);

        if (label_selector_matches(&selector, &pod->meta->labels))
            controller_enqueue_object(controller, sets->pdata[i]);
    }
}

static PodOwner
owner_of(Controller *controller, const ApiObject *pod)
{
    return set_book_owner(controller_state(controller), controller_view(controller), pod);
}

static void
on_pod_gone(Controller *controller, const ApiObject *pod)
{
    PodOwner owner = owner_of(controller, pod);

    if (owner.key == NULL)
        return;
    controller_observe_deletion(controller, owner.key, api_key(pod));
    controller_enqueue(controller, owner.key);
}

static void
on_pod_added(Controller *controller, const ApiKind *kind, const ApiObject *pod)
{
    PodOwner owner;

    if (api_is_deleting(pod)) {
        on_pod_gone(controller, pod);
        return;
    }
    if (api_controller_of(pod) == NULL) {
        enqueue_matching(controller, kind, pod);
        return;
    }
    owner = owner_of(controller, pod);
    if (owner.key == NULL)
        return;
    controller_observe_creation(controller, owner.key);
    controller_enqueue(controller, owner.key);
}

static void
on_pod_updated(Controller *controller, const ApiKind *kind, const ApiObject *old, const ApiObject *pod)
{
    gboolean has_new_meta = old->meta != pod->meta;
    gboolean has_new_labels = has_new_meta && !str_map_equal(&old->meta->labels, &pod->meta->labels);
    gboolean has_new_owner = has_new_meta && !has_same_controller(old, pod);
    PodOwner owner;

    if (api_is_deleting(pod)) {
        on_pod_gone(controller, pod);
        return;
    }
    if (has_new_owner) {
        owner = owner_of(controller, old);
        if (owner.key != NULL)
            controller_enqueue(controller, owner.key);
    }
    if (api_controller_of(pod) == NULL) {
        if (has_new_labels || has_new_owner)
            enqueue_matching(controller, kind, pod);
        return;
    }
    owner = owner_of(controller, pod);
    if (owner.key == NULL)
        return;
    controller_enqueue(controller, owner.key);
    if (owner.min_ready_s > 0 && !pod_is_ready(old) && pod_is_ready(pod))
        controller_enqueue_after(
            controller, owner.key,
            (owner.min_ready_s + !profile_has(FEATURE_AVAILABLE_ON_TIME, controller_version_minor(controller))) *
                NS_PER_S);
}

static void
pod_changed(Controller *controller, const ApiKind *kind, const ApiObject *old, const ApiObject *object)
{
    set_book_on_pod(controller_state(controller), old, object);
    if (object == NULL)
        on_pod_gone(controller, old);
    else if (old == NULL)
        on_pod_added(controller, kind, object);
    else if (old->resource_version != object->resource_version)
        on_pod_updated(controller, kind, old, object);
}

/* --- two controllers of one make: v1.34 pkg/controller/replicaset, pkg/controller/replication --------------- */

static void
reconcile_replica_set(const Reconcile *r, Plan *plan)
{
    sync_of_kind(r, &replica_set_kind, plan);
}

static void
on_pod_of_replica_set(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    pod_changed(controller, &replica_set_kind, old, object);
}

static void
reconcile_replication_controller(const Reconcile *r, Plan *plan)
{
    sync_of_kind(r, &replication_controller_kind, plan);
}

static void
on_pod_of_replication_controller(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    pod_changed(controller, &replication_controller_kind, old, object);
}

static gpointer
new_book_of_replica_sets(void)
{
    return set_book_new(&replica_set_kind);
}

static gpointer
new_book_of_replication_controllers(void)
{
    return set_book_new(&replication_controller_kind);
}

static const ControllerSource replica_set_sources[] = {
    {&replica_set_kind, on_set},
    {&pod_kind, on_pod_of_replica_set, .owner_kind = &replica_set_kind},
    {0},
};
static const ControllerSource replication_controller_sources[] = {
    {&replication_controller_kind, on_set},
    {&pod_kind, on_pod_of_replication_controller, .owner_kind = &replication_controller_kind},
    {0},
};

const ControllerDef replica_set_controller = {
    .name = "replicaset",
    .component = "replicaset-controller",
    .workers = 5,
    .sources = replica_set_sources,
    .reconcile = reconcile_replica_set,
    .new_state = new_book_of_replica_sets,
    .free_state = set_book_free,
};

const ControllerDef replication_controller = {
    .name = "replicationcontroller",
    .component = "replication-controller",
    .workers = 5,
    .sources = replication_controller_sources,
    .reconcile = reconcile_replication_controller,
    .new_state = new_book_of_replication_controllers,
    .free_state = set_book_free,
};
