#include "controllers/daemonset_sync.h"

#include "controllers/controllers.h"

#define BACKOFF_FIRST_NS NS_PER_S
#define BACKOFF_MAX_NS   (15 * 60 * NS_PER_S)

/* --- back-off of failed pods, per (set, generation, node); client-go util/flowcontrol/backoff.go ---- */

typedef struct {
    gint64 delay_ns, last_ns;
} Backoff;

static gpointer
new_state(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

static void
free_state(gpointer state)
{
    g_hash_table_unref(state);
}

/* The time still to wait before another failed pod of @key may go; 0: now, and the next one waits longer. */
static gint64
backoff_take(GHashTable *backoffs, const char *key, gint64 now_ns)
{
    Backoff *entry = g_hash_table_lookup(backoffs, key);

    if (entry != NULL && now_ns - entry->last_ns <= 2 * BACKOFF_MAX_NS) {
        if (now_ns - entry->last_ns < entry->delay_ns)
            return entry->delay_ns;
        entry->delay_ns = MIN(2 * entry->delay_ns, BACKOFF_MAX_NS);
    } else {
        if (entry == NULL) {
            entry = g_new(Backoff, 1);
            g_hash_table_insert(backoffs, (gpointer)key, entry);
        }
        entry->delay_ns = BACKOFF_FIRST_NS;
    }
    entry->last_ns = now_ns;
    return 0;
}

/* --- what a sync hands on ------------------------------------------------------------------------------ */

typedef struct {
    ApiObject *set; /* (owned ref) as cached */
    const char *hash;
    GPtrArray *old;   /* (owned) of owned refs: old revisions, oldest first */
    guint n_prelude;  /* steps before those for pods */
    const char *error;
    gboolean has_observed;
    gboolean may_retry;
} Sync;

static Sync *
sync_new(const ApiObject *set, const char *hash)
{
    Sync *sync = g_new0(Sync, 1);

    sync->set = api_object_ref(set);
    sync->hash = hash;
    sync->old = g_ptr_array_new_with_free_func(api_object_unref);
    sync->has_observed = TRUE;
    sync->may_retry = TRUE;
    return sync;
}

static Sync *
sync_copy(const Sync *sync)
{
    Sync *copy = sync_new(sync->set, sync->hash);

    for (guint i = 0; i < sync->old->len; i++)
        g_ptr_array_add(copy->old, api_object_ref(sync->old->pdata[i]));
    copy->error = sync->error;
    copy->has_observed = sync->has_observed;
    copy->may_retry = sync->may_retry;
    return copy;
}

static void
sync_free(gpointer data)
{
    Sync *sync = data;

    api_object_unref(sync->set);
    g_ptr_array_unref(sync->old);
    g_free(sync);
}

/* --- status ------------------------------------------------------------------------------------------------ */

static void plan_status(const Reconcile *r, const Sync *sync, const ApiObject *onto, Plan *plan);

/* The live one has been read: the status goes onto it. */
static void
after_reread(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    g_assert(n_results > 0);
    if (step_succeeded(&results[0]))
        plan_status(r, carry, results[0].object, plan);
}

static void
requeue_for_availability(const Sync *sync, const DaemonSetStatus *status, Plan *plan)
{
    gint32 min_ready_s = daemon_set_spec(sync->set)->min_ready_s;

    if (min_ready_s > 0 && status->ready != status->available)
        plan_requeue_after(plan, min_ready_s * NS_PER_S);
}

static void
after_status(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    Sync *sync = carry;
    Sync *next;

    (void)r;
    g_assert(n_results > 0);
    if (step_succeeded(&results[0])) {
        requeue_for_availability(sync, daemon_set_status(results[0].object), plan);
        return;
    }
    if (!sync->may_retry)
        return;
    next = sync_copy(sync);
    next->may_retry = FALSE;
    plan_read(plan, &daemon_set_kind, api_namespace(sync->set), api_name(sync->set),
              "because the status was refused");
    plan_continue(plan, after_reread, next, sync_free);
}

/* v1.34 daemon_controller.go, storeDaemonSetStatus: one more try onto the live one. */
static void
plan_status(const Reconcile *r, const Sync *sync, const ApiObject *onto, Plan *plan)
{
    g_autoptr(DaemonView) view = daemon_view_new(r, sync->set, sync->hash);
    g_autoptr(ApiObject) changed = api_object_copy(onto);
    DaemonSetStatus *status = api_edit_status(changed);
    PlanStep *step;

    daemon_calculate_status(r, view, sync->has_observed, status);
    if (api_struct_equal(&daemon_set_status_type, daemon_set_status(onto), status)) {
        requeue_for_availability(sync, status, plan);
        return;
    }
    step = plan_update_status(plan, g_steal_pointer(&changed),
                              "because %d of %d nodes have a pod, %d are ready",
                              status->current_scheduled, status->desired_scheduled, status->ready);
    if (sync->may_retry) {
        step->ignore_codes[0] = 409;
        step->ignore_codes[1] = 500;
    }
    plan_continue(plan, after_status, sync_copy(sync), sync_free);
}

/* --- the stages ------------------------------------------------------------------------------------------------ */

static const char *
first_error(const StepResult *results, guint n_results)
{
    for (guint i = 0; i < n_results; i++)
        if (results[i].was_run && results[i].code != 0 && !step_succeeded(&results[i]) &&
            results[i].code != 404 && !step_refused_terminating(&results[i]))
            return step_error_text(&results[i]);
    return NULL;
}

static void
after_rolling(const Reconcile *r,
              gpointer carry,
              const StepResult *results,
              guint n_results,
              Plan *plan)
{
    const Sync *sync = carry;
    const char *error = first_error(results, n_results);

    if (error != NULL)
        plan_fail(plan, "%s", error);
    plan_status(r, sync, sync->set, plan);
}

static void
after_manage(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    const Sync *sync = carry;
    g_autoptr(DaemonView) view = NULL;
    const char *error = NULL;

    if (n_results > sync->n_prelude)
        error = first_error(results + sync->n_prelude, n_results - sync->n_prelude);
    for (guint i = 0; i < sync->n_prelude; i++)
        if (!results[i].was_run || (results[i].code >= 300 && results[i].code != 409 && results[i].code != 404))
            return; /* without its history the set does nothing; the sync has failed already */
    if (error != NULL) {
        plan_fail(plan, "%s", error);
        plan_status(r, sync, sync->set, plan);
        return;
    }
    view = daemon_view_new(r, sync->set, sync->hash);
    /* Without a record of what was seen, pods asked for in this sync have not been. */
    if (str_is(daemon_set_spec(sync->set)->update_strategy.type, "RollingUpdate") &&
        (r->expectations == NULL ? n_results == sync->n_prelude
                                 : expectations_satisfied(r->expectations, r->key, r->now_ns)))
        daemon_plan_rolling(r, view, plan);
    daemon_clean_history(view, sync->old, plan);
    if (plan_count(plan) == 0)
        plan_status(r, sync, sync->set, plan);
    else
        plan_continue(plan, after_rolling, sync_copy(sync), sync_free);
}

/* --- too few, too many: podsShouldBeOnNode ------------------------------------------------------------------------ */

typedef struct {
    const Reconcile *r;
    const DaemonView *view;
    GPtrArray *names, *victims;
    Plan *plan;
} Manage;

/* A pod that has ended. TRUE: it has not, it counts as running. */
static gboolean
judge_ended(Manage *m, const DaemonNode *node, const ApiObject *pod)
{
    const ApiObject *set = m->view->set;
    const char *phase = pod_status(pod)->phase;
    const char *key;
    gint64 wait_ns;

    if (str_is(phase, "Succeeded")) {
        plan_event(m->plan, set, "Normal", "SucceededDaemonPod",
                   "Found succeeded daemon pod %s/%s on node %s, will try to delete it",
                   api_namespace(pod), api_name(pod), node->name);
        g_ptr_array_add(m->victims, (gpointer)pod);
        return FALSE;
    }
    if (!str_is(phase, "Failed"))
        return TRUE;
    key = str_internf("%s/%" G_GINT64_FORMAT "/%s", api_uid(set),
                      daemon_set_status(set)->observed_generation, node->name);
    wait_ns = m->r->state == NULL ? 0 : backoff_take(m->r->state, key, m->r->now_ns);
    if (wait_ns > 0) {
        plan_requeue_after(m->plan, wait_ns);
        return FALSE;
    }
    plan_event(m->plan, set, "Warning", "FailedDaemonPod",
               "Found failed daemon pod %s/%s on node %s, will try to kill it", api_namespace(pod),
               api_name(pod), node->name);
    g_ptr_array_add(m->victims, (gpointer)pod);
    return FALSE;
}

/* With surge a node keeps its oldest new and its oldest old pod, the old one until it is of no use. */
static void
prune_surge(Manage *m, const GPtrArray *running)
{
    const ApiObject *new_pod = NULL;
    const ApiObject *old_pod = NULL;

    for (guint i = 0; i < running->len; i++) {
        const ApiObject **place =
            daemon_pod_is_updated(running->pdata[i], m->view->hash) ? &new_pod : &old_pod;

        if (*place == NULL)
            *place = running->pdata[i];
        else
            g_ptr_array_add(m->victims, running->pdata[i]);
    }
    if (new_pod == NULL || old_pod == NULL)
        return;
    if (!pod_is_ready(old_pod) ||
        pod_is_available(new_pod, daemon_set_spec(m->view->set)->min_ready_s, m->r->wall_ns))
        g_ptr_array_add(m->victims, (gpointer)old_pod);
}

static void
judge_pods(Manage *m, const DaemonNode *node, gboolean should_run)
{
    g_autoptr(GPtrArray) running = g_ptr_array_new();
    gboolean has_surge = daemon_allows_surge(m->view->set);

    for (guint i = 0; i < node->pods->len; i++)
        if (!api_is_deleting(node->pods->pdata[i]) && judge_ended(m, node, node->pods->pdata[i]))
            g_ptr_array_add(running, node->pods->pdata[i]);
    if (has_surge && running->len == 0 && should_run) {
        g_ptr_array_add(m->names, (gpointer)node->name);
        return;
    }
    if (running->len <= 1)
        return;
    daemon_sort_oldest(running);
    if (has_surge) {
        prune_surge(m, running);
        return;
    }
    for (guint i = 1; i < running->len; i++)
        g_ptr_array_add(m->victims, running->pdata[i]);
}

static void
judge_node(Manage *m, const DaemonNode *node)
{
    gboolean should_continue = FALSE;
    gboolean should_run;

    if (node->node == NULL) {
        for (guint i = 0; i < node->pods->len; i++)
            if (str_is_empty(pod_spec(node->pods->pdata[i])->node_name))
                g_ptr_array_add(m->victims, node->pods->pdata[i]);
        return;
    }
    should_run = daemon_node_should_run(m->view->set, node->node, &should_continue);
    if (should_run && node->pods->len == 0) {
        g_ptr_array_add(m->names, (gpointer)node->name);
    } else if (should_continue) {
        judge_pods(m, node, should_run);
    } else {
        for (guint i = 0; i < node->pods->len; i++)
            if (!api_is_deleting(node->pods->pdata[i]))
                g_ptr_array_add(m->victims, node->pods->pdata[i]);
    }
}

/* v1.34 daemon_controller.go, manage. */
static void
plan_manage(const Reconcile *r, const DaemonView *view, Plan *plan)
{
    Manage m = {r, view, g_ptr_array_new(), g_ptr_array_new(), plan};

    for (guint i = 0; i < view->nodes->len; i++)
        judge_node(&m, view->nodes->pdata[i]);
    daemon_plan_pods(view->set, view->hash, m.names, m.victims, plan);
    g_ptr_array_unref(m.names);
    g_ptr_array_unref(m.victims);
}

/* --- the sync --------------------------------------------------------------------------------------------------- */

/* --- the revision is new: its name may be taken ------------------------------------------------------------------ */

typedef struct {
    Sync *sync;          /* (owned) NULL once it has gone on */
    ApiObject *revision; /* (owned ref) as it was to be created */
} RevisionTry;

static void sync_pods(const Reconcile *r, Sync *sync, Plan *plan);

static RevisionTry *
revision_try_new(Sync *sync /* owned */, const ApiObject *revision)
{
    RevisionTry *try = g_new(RevisionTry, 1);

    *try = (RevisionTry){sync, api_object_ref(revision)};
    return try;
}

static void
revision_try_free(gpointer data)
{
    RevisionTry *try = data;

    if (try->sync != NULL)
        sync_free(try->sync);
    api_object_unref(try->revision);
    g_free(try);
}

static const char *
count_text(OptInt32 count)
{
    return count.is_set ? str_internf("%d", count.value) : "<nil>";
}

/* Another count, so that the next try has another name. */
static void
after_live(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const RevisionTry *try = carry;
    OptInt32 known = daemon_set_status(try->sync->set)->collision_count;
    OptInt32 live;
    ApiObject *changed;

    (void)r;
    if (n_results == 0 || !step_succeeded(&results[0]))
        return;
    live = daemon_set_status(results[0].object)->collision_count;
    if (live.is_set != known.is_set || live.value != known.value) {
        plan_fail(plan,
                  "found a stale collision count (%s, expected %s) of DaemonSet \"%s\" while processing; will retry until "
                  "it is updated",
                  count_text(known), count_text(live), api_name(try->sync->set));
        return;
    }
    changed = api_object_copy(results[0].object);
    ((DaemonSetStatus *)api_edit_status(changed))->collision_count = OPT_INT32(live.value + 1);
    plan_update_status(plan, changed, "because another revision has the name %s", api_name(try->revision));
    plan_fail(plan, "controllerrevisions.apps \"%s\" already exists", api_name(try->revision));
}

static void
after_namesake(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    RevisionTry *try = carry;
    const Value *its;

    if (n_results == 0 || !step_succeeded(&results[0]))
        return;
    its = controller_revision_body(results[0].object)->data;
    if (its != NULL && value_equal(its, controller_revision_body(try->revision)->data)) {
        sync_pods(r, g_steal_pointer(&try->sync), plan);
        return;
    }
    plan_read(plan, &daemon_set_kind, api_namespace(try->sync->set), api_name(try->sync->set),
              "to see whether the collision is counted already");
    plan_continue(plan, after_live, revision_try_new(g_steal_pointer(&try->sync), try->revision), revision_try_free);
}

/* v1.34 pkg/controller/daemon/update.go, snapshot. */
static void
after_revision(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    RevisionTry *try = carry;
    const StepResult *created = &results[n_results - 1];

    if (created->was_run && created->code == 409) {
        plan_read(plan, &controller_revision_kind, api_namespace(try->revision), api_name(try->revision),
                  "to see which revision has the name");
        plan_continue(plan, after_namesake, revision_try_new(g_steal_pointer(&try->sync), try->revision),
                      revision_try_free);
    } else if (created->was_run && step_succeeded(created)) {
        sync_pods(r, g_steal_pointer(&try->sync), plan);
    }
}

static void
sort_claims(const Reconcile *r, const ApiObject *set, Claims *pods, Claims *revisions)
{
    const LabelSelector *selector = daemon_set_spec(set)->selector;
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();

    view_list_owned(r->view, &pod_kind, api_uid(set), candidates);
    view_list_orphans(r->view, &pod_kind, api_namespace(set), candidates);
    claims_init(pods);
    claims_sort(pods, set, selector, candidates);
    g_ptr_array_set_size(candidates, 0);
    revisions_list(r->view, set, candidates);
    claims_init(revisions);
    claims_sort(revisions, set, selector, candidates);
}

/* What follows when the current revision is known. Takes @sync. */
static void
sync_pods(const Reconcile *r, Sync *sync, Plan *plan)
{
    const ApiObject *set = sync->set;
    g_autoptr(DaemonView) view = NULL;

    sync->n_prelude = plan_count(plan);
    if (r->expectations != NULL && !expectations_satisfied(r->expectations, r->key, r->now_ns)) {
        sync->has_observed = FALSE;
        if (plan_count(plan) == 0) {
            plan_status(r, sync, set, plan);
            sync_free(sync);
        } else {
            plan_continue(plan, after_rolling, sync, sync_free);
        }
        return;
    }
    view = daemon_view_new(r, set, sync->hash);
    plan_manage(r, view, plan);
    if (plan_count(plan) == 0) {
        after_manage(r, sync, NULL, 0, plan);
        sync_free(sync);
    } else {
        plan_continue(plan, after_manage, sync, sync_free);
    }
}

static void
sync_claimed(const Reconcile *r,
             Plan *plan,
             const ApiObject *set,
             const Claims *pods,
             const Claims *revisions)
{
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_autoptr(GPtrArray) labelled = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) current = NULL;
    gboolean is_new;
    Sync *sync;

    claims_plan(revisions, set, plan);
    claims_plan(pods, set, plan);
    daemon_label_revisions(revisions->claimed, labelled, plan);
    revisions_sort(revisions->claimed);
    current = daemon_find_revision(set, revisions->claimed, pods->claimed, old, &is_new, plan);
    sync = sync_new(set, str_map_get(&current->meta->labels, DAEMON_HASH_LABEL));
    for (guint i = 0; i < old->len; i++)
        g_ptr_array_add(sync->old, api_object_ref(old->pdata[i]));
    if (is_new)
        plan_continue(plan, after_revision, revision_try_new(sync, current), revision_try_free);
    else
        sync_pods(r, sync, plan);
}

static void
after_recheck(const Reconcile *r,
              gpointer carry,
              const StepResult *results,
              guint n_results,
              Plan *plan)
{
    const ApiObject *set = carry;
    Claims pods;
    Claims revisions;

    g_assert(n_results > 0);
    if (!claims_recheck(set, &results[0], plan))
        return;
    sort_claims(r, set, &pods, &revisions);
    sync_claimed(r, plan, set, &pods, &revisions);
    claims_clear(&pods);
    claims_clear(&revisions);
}

/* v1.34 daemon_controller.go, syncDaemonSet. */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *set;
    Claims pods;
    Claims revisions;

    api_split_key(r->key, &namespace_, &name);
    set = view_get(r->view, &daemon_set_kind, namespace_, name);
    if (set == NULL) {
        plan_forget_expectations(plan);
        return;
    }
    /* Its history may be gone before its pods are: nothing could be told from that, and none is made anew. */
    if (api_is_deleting(set))
        return;
    sort_claims(r, set, &pods, &revisions);
    if (pods.adopt->len > 0 || revisions.adopt->len > 0) {
        plan_read(plan, &daemon_set_kind, namespace_, name,
                  "because it must be alive to adopt something");
        plan_continue(plan, after_recheck, api_object_ref(set), api_object_unref);
    } else {
        sync_claimed(r, plan, set, &pods, &revisions);
    }
    claims_clear(&pods);
    claims_clear(&revisions);
}

static const ControllerSource sources[] = {
    {&daemon_set_kind, daemon_on_set},
    {&controller_revision_kind, daemon_on_revision},
    {&pod_kind, daemon_on_pod, .owner_kind = &daemon_set_kind},
    {&node_kind, daemon_on_node, .wants = WANTS_ADDED | WANTS_META | WANTS_SPEC},
    {0},
};

const ControllerDef daemon_set_controller = {
    .name = "daemonset",
    .component = "daemonset-controller",
    .workers = 2,
    .sources = sources,
    .reconcile = reconcile,
    .new_state = new_state,
    .free_state = free_state,
};
