#include "controllers/nodelifecycle.h"
#include "api/profile.h"
#include "base/caches.h"

#define MONITOR_WORKERS 8
#define LEASE_NAMESPACE "kube-node-lease"
#define NO_LEASE        G_MININT64
#define EXCLUDE_LABEL   "node.kubernetes.io/exclude-disruption"

static const char *const judged_conditions[] = {
    "Ready",
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
};

/* --- a pass --------------------------------------------------------------------------------------------- */

/* One node of the pass that costs API calls. */
typedef struct {
    ApiObject *node;      /* (owned ref) as listed */
    Zone *zone;           /* its own */
    gboolean is_excluded; /* from the counts of the zone */
    ApiObject *changed;   /* (owned ref) its status is to be written; NULL: not */
    const char *observed; /* Ready as posted; NULL: never */
    const char *current;  /* Ready after our own verdict; NULL: none */
    guint step;           /* that writes changed */
    gboolean has_failed;
    const char *timer; /* that ran out: why it is changed */
    gint64 waited_ns;
} NodeWork;

typedef struct {
    guint ref_count;
    GPtrArray *nodes; /* of ApiObject (owned refs): as listed */
    GPtrArray *works; /* of NodeWork (owned) */
    guint first, end; /* the batch at work */
    GArray
        *pod_steps; /* of NodeWork *: whose pod each step of the plan marks; NULL: another step */
} MonitorPass;

static void
work_free(gpointer data)
{
    NodeWork *work = data;

    api_object_unref(work->node);
    api_object_unref(work->changed);
    g_free(work);
}

static MonitorPass *
pass_ref(MonitorPass *pass)
{
    pass->ref_count++;
    return pass;
}

static void
pass_unref(gpointer data)
{
    MonitorPass *pass = data;

    if (--pass->ref_count > 0)
        return;
    g_ptr_array_unref(pass->nodes);
    g_ptr_array_unref(pass->works);
    g_array_unref(pass->pod_steps);
    g_free(pass);
}

static MonitorPass *
pass_new(void)
{
    MonitorPass *pass = g_new0(MonitorPass, 1);

    pass->ref_count = 1;
    pass->nodes = g_ptr_array_new_with_free_func(api_object_unref);
    pass->works = g_ptr_array_new_with_free_func(work_free);
    pass->pod_steps = g_array_new(FALSE, TRUE, sizeof(NodeWork *));
    return pass;
}

/* --- one node: what has been seen of it ---------------------------------------------------------------- */

static NodeFacts
read_facts(const Reconcile *r, const ApiObject *node)
{
    const Condition *ready = condition_find(&node_status(node)->conditions, "Ready");

    return (NodeFacts){
        .node = (ApiObject *)node,
        .zone = zone_of(r->state, node, controllers_config_of(r->config)),
        .is_excluded = str_map_get(&node->meta->labels, str_intern(EXCLUDE_LABEL)) != NULL,
        .has_no_execute = node_has_taint(node, TAINT_UNREACHABLE, "NoExecute") ||
                          node_has_taint(node, TAINT_NOT_READY, "NoExecute"),
        .has_ready = ready != NULL,
        .ready = ready == NULL ? NULL : ready->status,
        .heartbeat_time = ready == NULL ? 0 : ready->last_heartbeat_time,
    };
}

/* Objects do not change once they are told of, so the same object has the same facts. */
static void
note_facts(const Reconcile *r, NodeHealth *health, const ApiObject *node)
{
    if (health->facts.node != node) {
        ApiObject *before = health->facts.node;

        health->facts = read_facts(r, node);
        api_object_ref(node);
        api_object_unref(before);
    } else if (caches_are_checked()) {
        NodeFacts again = read_facts(r, node);

        g_assert(again.zone == health->facts.zone && again.is_excluded == health->facts.is_excluded);
        g_assert(again.has_no_execute == health->facts.has_no_execute);
        g_assert(again.has_ready == health->facts.has_ready && again.ready == health->facts.ready);
        g_assert(again.heartbeat_time == health->facts.heartbeat_time);
    }
}

static void
save_status(NodeHealth *health, const ApiObject *node)
{
    const Condition *ready = condition_find(&node_status(node)->conditions, "Ready");

    health->has_ready = ready != NULL;
    health->ready = ready == NULL ? NULL : ready->status;
    health->heartbeat_time = ready == NULL ? 0 : ready->last_heartbeat_time;
}

/* The row of its lease, at the place where it was before; NULL: not there. */
static inline const LeaseRow *
row_of(const LeasesSeen *leases, const NodeHealth *health)
{
    const LeaseRow *row = &leases->table->rows[health->lease_row];

    if (health->lease_row >= leases->table->count || row->name != health->name || row->namespace_ != leases->namespace_)
        return NULL;
    return row->revision == 0 ? NULL : row;
}

/* One that is in no row is an object, or there is none. */
static COLD ApiTime
renewal_of_object(const Reconcile *r, const LeasesSeen *leases, NodeHealth *health)
{
    const ApiObject *lease = view_get(r->view, &lease_kind, leases->namespace_, health->name);
    const LeaseRow *row = lease_table_find(leases->table, leases->namespace_, health->name);

    if (row != NULL)
        health->lease_row = (guint)(row - leases->table->rows);
    return lease == NULL ? NO_LEASE : lease_spec(lease)->renew_time;
}

/* When the lease was last renewed. */
static ApiTime
renewal_of(const Reconcile *r, const LeasesSeen *leases, NodeHealth *health)
{
    const LeaseRow *row = row_of(leases, health);

    if (G_UNLIKELY(row == NULL))
        return renewal_of_object(r, leases, health);
    if (caches_are_checked()) {
        const ApiObject *lease = view_get(r->view, &lease_kind, leases->namespace_, health->name);

        g_assert(lease != NULL && lease_spec(lease)->renew_time == row->renew_time);
    }
    return row->renew_time;
}

/*
 * v1.34 tryUpdateNodeHealth, first half: a sign of life is a Ready condition
 * with another heartbeat time, or a lease renewed since. What is remembered of a
 * node is made anew with each such heartbeat, and its lease forgotten: if it was
 * not renewed in between, the next pass takes it for a new one.
 */
static void
observe(const Reconcile *r, const LeasesSeen *leases, NodeHealth *health)
{
    const NodeFacts *facts = &health->facts;
    ApiTime renewal = renewal_of(r, leases, health);
    ApiTime saved_renewal = health->renew_time;
    gboolean is_new;

    if (!facts->has_ready && !health->has_ready) {
        if (health->probe_ns == G_MININT64)
            health->probe_ns = r->now_ns - (r->wall_ns - facts->node->meta->creation_time);
        is_new = FALSE;
    } else {
        is_new = health->has_ready != facts->has_ready || health->heartbeat_time != facts->heartbeat_time;
    }
    if (is_new) {
        health->probe_ns = r->now_ns;
        health->renew_time = 0;
        health->has_ready = facts->has_ready;
        health->ready = facts->ready;
        health->heartbeat_time = facts->heartbeat_time;
    }
    if (renewal != NO_LEASE && (saved_renewal == 0 || renewal > saved_renewal)) {
        health->renew_time = renewal;
        health->probe_ns = r->now_ns;
    }
}

/* Second half: all conditions Unknown. Returns: (owned) the changed node, or NULL. */
static ApiObject *
judge_unknown(const Reconcile *r, const ApiObject *node)
{
    ApiObject *changed = api_object_copy(node);
    NodeStatus *status = api_edit_status(changed);
    ApiTime now = api_time_seconds(r->wall_ns);
    gboolean has_changed = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(judged_conditions); i++) {
        gboolean is_new = condition_find(&status->conditions, judged_conditions[i]) == NULL;
        Condition *condition =
            condition_edit(&status->conditions, str_intern(judged_conditions[i]));

        if (is_new)
            condition->last_heartbeat_time = node->meta->creation_time;
        if (str_is(condition->status, "Unknown"))
            continue;
        condition->status = str_intern("Unknown");
        condition->reason = str_intern(is_new ? "NodeStatusNeverUpdated" : "NodeStatusUnknown");
        condition->message = str_intern(is_new ? "Kubelet never posted node status."
                                               : "Kubelet stopped posting node status.");
        condition->last_transition_time = now;
        has_changed |= i == 0;
    }
    if (has_changed)
        return changed;
    api_object_unref(changed);
    return NULL;
}

static void
judge(const Reconcile *r, const NodeHealth *health, NodeWork *work)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    gboolean has_ready = health->facts.has_ready;
    gint64 grace_ns = has_ready ? config->node_monitor_grace_ns : config->node_startup_grace_ns;

    work->observed = health->facts.ready;
    work->current = work->observed;
    if (r->now_ns <= health->probe_ns + grace_ns)
        return;
    work->changed = judge_unknown(r, work->node);
    work->timer = profile_timers[has_ready ? TIMER_NODE_MONITOR_GRACE : TIMER_NODE_STARTUP_GRACE].name;
    work->waited_ns = r->now_ns - health->probe_ns;
    work->current = str_intern("Unknown");
}

/* --- what a node's state asks for ------------------------------------------------------------------------ */

static gboolean
is_true(const char *status)
{
    return str_is(status, "True");
}

/* v1.34 processTaintBaseEviction: swap at once if the opposite taint is there, else wait in the zone's queue. */
static void
plan_taints(const Reconcile *r, Plan *plan, const NodeWork *work)
{
    const TaintName not_ready = {TAINT_NOT_READY, "NoExecute"};
    const TaintName unreachable = {TAINT_UNREACHABLE, "NoExecute"};
    gboolean is_unknown = str_is(work->current, "Unknown");
    const TaintName *wanted = is_unknown ? &unreachable : &not_ready;
    const TaintName *other = is_unknown ? &not_ready : &unreachable;
    Zone *zone = zone_of(r->state, work->node, controllers_config_of(r->config));

    if (is_true(work->current)) {
        plan_mark_reachable(r, plan, work->node);
    } else if (node_has_taint(work->node, other->key, other->effect)) {
        plan_swap_taints(plan, work->node, wanted, 1, other, 1, r->wall_ns);
    } else if (!node_has_taint(work->node, wanted->key, wanted->effect)) {
        /* markNodeForTainting: who waits still goes behind those that this pass has come to before. */
        zone_queue_remove(zone, api_name(work->node));
        zone_queue_add(zone, api_name(work->node));
        zone_plan_pass(zone, r->now_ns, plan);
    }
}

static void
count_in_zone(const NodeWork *work)
{
    if (work->is_excluded)
        return;
    if (is_true(work->current))
        work->zone->ready++;
    else
        work->zone->not_ready++;
}

static gboolean
costs_calls(const NodeWork *work, const NodeHealth *health)
{
    return work->changed != NULL || (is_true(work->current) && health->facts.has_no_execute) ||
           (!is_true(work->current) && work->current != NULL) || health->needs_retry;
}

/* --- pods of a node that went not ready -------------------------------------------------------------------- */

/* v1.34 pkg/controller/util/node, MarkPodsNotReady: reason and message stay. */
gboolean
plan_mark_pod(const Reconcile *r, Plan *plan, const ApiObject *pod)
{
    const Condition *ready = condition_find(&pod_status(pod)->conditions, "Ready");
    ApiObject *changed;
    Condition *condition;
    PlanStep *step;

    if (ready == NULL || str_is(ready->status, "False"))
        return FALSE;
    changed = api_object_copy(pod);
    condition = condition_edit(&((PodStatus *)api_edit_status(changed))->conditions, ready->type);
    condition->status = str_intern("False");
    condition->last_transition_time = api_time_seconds(r->wall_ns);
    step = plan_update_status(plan, changed, "because its node %s is not ready",
                              pod_spec(pod)->node_name);
    step->event_about = api_object_ref(pod);
    step->on_success = (StepEvent){"Warning", "NodeNotReady", "Node is not ready"};
    step->on_failure = step->on_success;
    step->ignore_codes[0] = 404;
    step->continue_on_error = TRUE;
    return TRUE;
}

static gboolean
must_mark_pods(const Reconcile *r, const NodeWork *work)
{
    LifecycleState *state = r->state;
    const NodeHealth *health = g_hash_table_lookup(state->nodes, api_name(work->node));

    if (work->has_failed || work->current == NULL)
        return FALSE;
    return (!is_true(work->current) && is_true(work->observed)) ||
           (health != NULL && health->needs_retry && !is_true(work->observed));
}

/* A node's pods come one after the other, the nodes of a batch side by side. */
static void
plan_pods(const Reconcile *r, MonitorPass *pass, Plan *plan)
{
    GPtrArray *pods[MONITOR_WORKERS];
    guint longest = 0;

    for (guint i = pass->first; i < pass->end; i++) {
        const NodeWork *work = pass->works->pdata[i];
        GPtrArray *list = g_ptr_array_new();

        if (must_mark_pods(r, work))
            view_list_on_node(r->view, api_name(work->node), list);
        longest = MAX(longest, list->len);
        pods[i - pass->first] = list;
    }
    for (guint k = 0; k < longest; k++) {
        plan_group_begin(plan, GROUP_PARALLEL);
        for (guint i = pass->first; i < pass->end; i++) {
            const GPtrArray *list = pods[i - pass->first];

            if (k >= list->len || !plan_mark_pod(r, plan, list->pdata[k]))
                continue;
            g_array_set_size(pass->pod_steps, plan_count(plan));
            g_array_index(pass->pod_steps, gpointer, plan_count(plan) - 1) = pass->works->pdata[i];
        }
        plan_group_end(plan);
    }
    for (guint i = pass->first; i < pass->end; i++)
        g_ptr_array_unref(pods[i - pass->first]);
}

/* --- the pass goes on ---------------------------------------------------------------------------------------- */

static void begin_batch(const Reconcile *r, MonitorPass *pass, Plan *plan);

static void
after_pods(const Reconcile *r,
           gpointer carry,
           const StepResult *results,
           guint n_results,
           Plan *plan)
{
    MonitorPass *pass = carry;
    LifecycleState *state = r->state;

    for (guint i = pass->first; i < pass->end; i++) {
        const NodeWork *work = pass->works->pdata[i];
        NodeHealth *health = g_hash_table_lookup(state->nodes, api_name(work->node));

        if (health != NULL && !work->has_failed)
            health->needs_retry = FALSE;
    }
    for (guint i = 0; i < pass->pod_steps->len && i < n_results; i++) {
        const NodeWork *work = g_array_index(pass->pod_steps, gpointer, i);
        NodeHealth *health =
            work == NULL ? NULL : g_hash_table_lookup(state->nodes, api_name(work->node));

        if (health != NULL && !step_succeeded(&results[i]) && results[i].code != 404)
            health->needs_retry = TRUE;
    }
    pass->first = pass->end;
    begin_batch(r, pass, plan);
}

/* pkg/controller/util/node, RecordNodeStatusChange */
static void
plan_not_ready_event(Plan *plan, const ApiObject *node)
{
    g_autoptr(ApiObject) subject = event_subject(node, TRUE);

    plan_event(plan, subject, "Normal", "NodeNotReady", "Node %s status is now: NodeNotReady", api_name(node));
}

/* The verdicts are stored: taints, the node's event, then its pods. */
static void
after_statuses(const Reconcile *r,
               gpointer carry,
               const StepResult *results,
               guint n_results,
               Plan *plan)
{
    MonitorPass *pass = carry;
    LifecycleState *state = r->state;

    for (guint i = pass->first; i < pass->end; i++) {
        NodeWork *work = pass->works->pdata[i];
        NodeHealth *health = g_hash_table_lookup(state->nodes, api_name(work->node));

        if (work->changed != NULL) {
            g_assert(work->step < n_results);
            work->has_failed = !step_succeeded(&results[work->step]);
            if (!work->has_failed && health != NULL)
                save_status(health, work->changed);
        }
        if (work->has_failed)
            continue;
        count_in_zone(work);
        if (work->current == NULL)
            continue;
        plan_taints(r, plan, work);
        if (!is_true(work->current) && is_true(work->observed))
            plan_not_ready_event(plan, work->node);
    }
    g_array_set_size(pass->pod_steps, 0);
    plan_pods(r, pass, plan);
    plan_continue(plan, after_pods, pass_ref(pass), pass_unref);
}

static void
begin_batch(const Reconcile *r, MonitorPass *pass, Plan *plan)
{
    if (pass->first >= pass->works->len) {
        lifecycle_handle_disruption(r, plan, pass->nodes);
        return;
    }
    pass->end = MIN(pass->first + MONITOR_WORKERS, pass->works->len);
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = pass->first; i < pass->end; i++) {
        NodeWork *work = pass->works->pdata[i];
        PlanStep *step;

        if (work->changed == NULL)
            continue;
        step = plan_update_status(plan, api_object_ref(work->changed),
                                  "because its kubelet has not been heard of for too long");
        step->retries_on_conflict = 5;
        step->continue_on_error = TRUE;
        work->step = plan_count(plan) - 1;
        plan_waited(plan, work->timer, work->waited_ns);
    }
    plan_group_end(plan);
    plan_continue(plan, after_statuses, pass_ref(pass), pass_unref);
}

/* --- nodes coming and going -------------------------------------------------------------------------------------- */

static void
plan_node_event(Plan *plan, const ApiObject *node, const char *reason, const char *verb)
{
    g_autoptr(ApiObject) subject = event_subject(node, TRUE);

    plan_event(plan, subject, "Normal", reason, "Node %s event: %s Node %s %s Controller",
               api_name(node), verb, api_name(node), str_is(verb, "Removing") ? "from" : "in");
}

static NodeHealth *
register_node(const Reconcile *r, Plan *plan, const ApiObject *node)
{
    LifecycleState *state = r->state;
    NodeHealth *health = g_hash_table_lookup(state->nodes, api_name(node));

    if (health != NULL)
        return health;
    health = g_new0(NodeHealth, 1);
    health->name = api_name(node);
    health->uid = api_uid(node);
    health->probe_ns = G_MININT64;
    g_hash_table_insert(state->nodes, (gpointer)health->name, health);
    plan_mark_reachable(r, plan, node);
    plan_node_event(plan, node, "RegisteredNode", "Registered");
    return health;
}

static gint
compare_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(NodeHealth *const *)a)->name, (*(NodeHealth *const *)b)->name);
}

static void
forget_gone(const Reconcile *r, Plan *plan)
{
    LifecycleState *state = r->state;
    g_autoptr(GPtrArray) gone = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, state->nodes);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((NodeHealth *)value)->pass != state->pass)
            g_ptr_array_add(gone, value);
    g_ptr_array_sort(gone, compare_name);
    for (guint i = 0; i < gone->len; i++) {
        NodeHealth *health = gone->pdata[i];
        g_autoptr(ApiObject) node = api_object_new(&node_kind, NULL, health->name);

        api_edit_meta(node)->uid = health->uid;
        plan_node_event(plan, node, "RemovingNode", "Removing");
        g_hash_table_remove(state->nodes, health->name);
    }
}

/* Finds what is remembered of each of @nodes: at the place it had in the last pass, if it has not moved. */
static void
recognize_nodes(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    LifecycleState *state = r->state;
    guint n_before = state->listed->len;

    g_ptr_array_set_size(state->listed, (gint)nodes->len);
    for (guint i = 0; i < nodes->len; i++) {
        const ApiObject *node = nodes->pdata[i];
        NodeHealth *health = i < n_before ? state->listed->pdata[i] : NULL;

        if (health == NULL || health->facts.node != node)
            health = register_node(r, plan, node);
        note_facts(r, health, node);
        zone_revive(health->facts.zone, config);
        health->pass = state->pass;
        state->listed->pdata[i] = health;
    }
    if (g_hash_table_size(state->nodes) != nodes->len)
        forget_gone(r, plan);
}

/*
 * Nodes are listed out of a map, so in any order, and eight workers take them from there. Who comes first is the
 * first in the zone's queue: recorded with four nodes of a zone that fail together, the third is tainted at once,
 * the first 10, 20 or 15 s later, and another order each time.
 */
static void
mix_works(const Reconcile *r, GPtrArray *works)
{
    for (guint i = works->len; i > 1; i--) {
        guint other = (guint)rng_below(r->rng, i);
        gpointer last = works->pdata[i - 1];

        works->pdata[i - 1] = works->pdata[other];
        works->pdata[other] = last;
    }
}

/* v1.34 node_lifecycle_controller.go, monitorNodeHealth. */
void
lifecycle_tick(const Reconcile *r, Plan *plan)
{
    LifecycleState *state = r->state;
    MonitorPass *pass = pass_new();
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    LeasesSeen leases = {.namespace_ = str_intern(LEASE_NAMESPACE)};

    state->pass++;
    view_list(r->view, &node_kind, NULL, nodes);
    recognize_nodes(r, plan, nodes);
    for (guint i = 0; i < state->zones->len; i++) {
        Zone *zone = state->zones->pdata[i];

        zone->ready = zone->not_ready = 0;
    }
    leases.table = view_leases(r->view);
    for (guint i = 0; i < nodes->len; i++) {
        NodeHealth *health = state->listed->pdata[i];
        NodeWork work = {.node = nodes->pdata[i], .zone = health->facts.zone, .is_excluded = health->facts.is_excluded};

        observe(r, &leases, health);
        judge(r, health, &work);
        if (costs_calls(&work, health)) {
            api_object_ref(work.node);
            g_ptr_array_add(pass->works, g_memdup2(&work, sizeof work));
        } else {
            /* markNodeAsReachable has no taint to take away, but the node may wait for one. */
            if (is_true(work.current))
                zone_queue_remove(work.zone, health->name);
            count_in_zone(&work);
        }
    }
    mix_works(r, pass->works);
    if (pass->works->len == 0) {
        lifecycle_handle_disruption(r, plan, nodes);
    } else {
        for (guint i = 0; i < nodes->len; i++)
            g_ptr_array_add(pass->nodes, api_object_ref(nodes->pdata[i]));
        begin_batch(r, pass, plan);
    }
    pass_unref(pass);
}
