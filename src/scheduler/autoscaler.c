/* autoscaler.c - see autoscaler.h: core/static_autoscaler.go, RunOnce */

#include "base/duration.h"
#include "scheduler/autoscaler_internal.h"

#define SCAN_NS         (10 * NS_PER_S) /* --scan-interval */
#define UNREADY_PERCENT 45              /* --max-total-unready-percentage */
#define UNREADY_COUNT   3               /* --ok-total-unready-count */
#define PRIORITY_CUTOFF (-10)           /* --expendable-pods-priority-cutoff */

void
autoscaler_config_init(AutoscalerConfig *config)
{
    *config = (AutoscalerConfig){
        .expander = EXPANDER_LEAST_WASTE,
        .unneeded_ns = 10 * NS_PER_MIN,
        .unready_ns = 20 * NS_PER_MIN,
        .delay_after_add_ns = 10 * NS_PER_MIN,
        .delay_after_failure_ns = 3 * NS_PER_MIN,
        .provision_limit_ns = 15 * NS_PER_MIN,
        .backoff_ns = 5 * NS_PER_MIN,
        .backoff_max_ns = 30 * NS_PER_MIN,
        .backoff_reset_ns = 3 * NS_PER_HOUR,
        .utilization_permille = 500,
        .empty_bulk_max = 10,
        .version_minor = 34,
    };
}

/* clusterstate: too many nodes are not ready; whatever is wrong, other sizes do not help. */
static gboolean
is_healthy(const GPtrArray *nodes)
{
    guint n_unready = 0;

    for (guint i = 0; i < nodes->len; i++)
        n_unready += !condition_is(&node_status(nodes->pdata[i])->conditions, "Ready", "True");
    return n_unready <= UNREADY_COUNT || n_unready * 100 <= nodes->len * UNREADY_PERCENT;
}

/* --- groups that failed --------------------------------------------------------------------------- */

gboolean
autoscaler_is_backed_off(const Reconcile *r, const char *group)
{
    const AutoscalerState *state = r->state;
    const Backoff *backoff = g_hash_table_lookup(state->backoff, group);

    return backoff != NULL && backoff->until_ns > r->now_ns;
}

/* Twice as long as the last time, unless that is long ago. */
static void
back_off(const Reconcile *r, const char *group)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;
    Backoff *backoff = g_hash_table_lookup(state->backoff, group);

    if (autoscaler_is_backed_off(r, group))
        return;
    if (backoff == NULL) {
        backoff = g_new0(Backoff, 1);
        g_hash_table_insert(state->backoff, (gpointer)group, backoff);
    }
    if (backoff->duration_ns == 0 || r->now_ns - backoff->until_ns > config->backoff_reset_ns)
        backoff->duration_ns = config->backoff_ns;
    else
        backoff->duration_ns = MIN(backoff->duration_ns * 2, config->backoff_max_ns);
    backoff->until_ns = r->now_ns + backoff->duration_ns;
}

/* --- machines that are on their way --------------------------------------------------------------- */

static guint
count_registered(const AutoscalerConfig *config, const GPtrArray *nodes, const char *group, const ApiObject **out_example)
{
    guint count = 0;

    for (guint i = 0; i < nodes->len; i++) {
        if (!str_is(config->group_of(config->user, api_name(nodes->pdata[i])), group) ||
            autoscaler_has_taint(nodes->pdata[i], AUTOSCALER_DELETE_TAINT))
            continue;
        count++;
        if (condition_is(&node_status(nodes->pdata[i])->conditions, "Ready", "True"))
            *out_example = nodes->pdata[i];
    }
    return count;
}

/* One copy for each; a group whose machines do not come in time is taken at its word no longer. */
static void
add_upcoming(const Reconcile *r, Plan *plan, Simulation *sim, const GPtrArray *nodes)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;

    for (guint i = 0; i < config->n_groups; i++) {
        const char *group = config->groups[i].name;
        const ApiObject *example = NULL;
        guint registered = count_registered(config, nodes, group, &example);
        guint target = config->target_size(config->user, group);
        const gint64 *asked = g_hash_table_lookup(state->asked_ns, group);

        if (target <= registered && asked != NULL) { /* they came */
            g_hash_table_remove(state->asked_ns, group);
            g_hash_table_remove(state->backoff, group);
        }
        if (example == NULL && config->template_of != NULL)
            example = config->template_of(config->user, group);
        if (target <= registered || example == NULL)
            continue;
        if (asked != NULL && r->now_ns - *asked > config->provision_limit_ns) {
            plan_call(plan, config->set_size, config->user, group, registered, "machines of node group %s did not come", group);
            g_hash_table_remove(state->asked_ns, group);
            back_off(r, group);
            continue;
        }
        for (guint k = registered; k < target; k++)
            simulation_add_copy(sim, example);
    }
}

/* --- pods that fit nowhere ---------------------------------------------------------------------------- */

static gboolean
is_unschedulable(const ApiObject *pod)
{
    const Condition *condition = condition_find(&pod_status(pod)->conditions, "PodScheduled");

    return str_is_empty(pod_spec(pod)->node_name) && !api_is_deleting(pod) && condition != NULL &&
           str_is(condition->status, "False") && str_is(condition->reason, "Unschedulable") &&
           pod_priority(pod) >= PRIORITY_CUTOFF;
}

/* filter-out-schedulable: what there is, and what comes, may be enough by now. */
static GPtrArray *
list_helpless(const Reconcile *r, Simulation *sim)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    GPtrArray *out = g_ptr_array_new();

    view_list(r->view, &pod_kind, NULL, pods);
    for (guint i = 0; i < pods->len; i++)
        if (is_unschedulable(pods->pdata[i]) && simulation_place(sim, pods->pdata[i], NULL) == NULL)
            g_ptr_array_add(out, pods->pdata[i]);
    return out;
}

/* --- the loop ------------------------------------------------------------------------------------------- */

static void
tick(const Reconcile *r, Plan *plan)
{
    const AutoscalerConfig *config = r->config;
    g_autoptr(GPtrArray) nodes = g_ptr_array_new(), helpless = NULL;
    Simulation *sim;

    view_list(r->view, &node_kind, NULL, nodes);
    if (!is_healthy(nodes))
        return;
    sim = simulation_new(r, config->version_minor);
    add_upcoming(r, plan, sim, nodes);
    helpless = list_helpless(r, sim);
    if (helpless->len == 0 || !autoscaler_scale_up(r, plan, helpless))
        autoscaler_scale_down(r, plan, sim);
    simulation_free(sim);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    autoscaler_drain(r, plan, r->key);
}

static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    AutoscalerState *state = controller_state(controller);

    if (object == NULL)
        g_hash_table_remove(state->deleting, api_name(old));
}

/* A pod that went may have been the last of its node. */
static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const AutoscalerState *state = controller_state(controller);

    if (object == NULL && g_hash_table_contains(state->deleting, pod_spec(old)->node_name))
        controller_enqueue(controller, pod_spec(old)->node_name);
}

static gpointer
new_state(void)
{
    AutoscalerState *state = g_new0(AutoscalerState, 1);

    state->unneeded = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->deleting = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->asked_ns = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->backoff = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return state;
}

static void
free_state(gpointer data)
{
    AutoscalerState *state = data;

    g_hash_table_unref(state->unneeded);
    g_hash_table_unref(state->deleting);
    g_hash_table_unref(state->asked_ns);
    g_hash_table_unref(state->backoff);
    g_free(state);
}

static const char *
object_text(const char *key)
{
    return str_internf("node/%s", key);
}

static const ControllerSource sources[] = {
    {&node_kind, on_node},     {&pod_kind, on_pod},          {&pdb_kind, NULL},       {&service_kind, NULL},
    {&replica_set_kind, NULL}, {&stateful_set_kind, NULL}, {&namespace_kind, NULL}, {0},
};

const ControllerDef cluster_autoscaler = {
    .name = "cluster-autoscaler",
    .component = "cluster-autoscaler",
    .workers = 10,
    .is_sparing = TRUE,
    .sources = sources,
    .reconcile = reconcile,
    .period_ns = SCAN_NS,
    .tick = tick,
    .new_state = new_state,
    .free_state = free_state,
    .object_text = object_text,
};
