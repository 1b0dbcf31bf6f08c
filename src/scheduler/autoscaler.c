/* autoscaler.c - see autoscaler.h: core/static_autoscaler.go, RunOnce */

#include "base/duration.h"
#include "scheduler/autoscaler_internal.h"

#define SCAN_NS         (10 * NS_PER_S) /* --scan-interval */
#define PRIORITY_CUTOFF (-10)           /* --expendable-pods-priority-cutoff */
#define NEW_POD_NS      (2 * NS_PER_S)  /* unschedulablePodTimeBuffer */

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

/* One copy for each node that is on its way. */
static void
add_upcoming(const Reconcile *r, Simulation *sim, const GPtrArray *nodes)
{
    const AutoscalerConfig *config = r->config;

    for (guint i = 0; i < config->n_groups; i++) {
        const char *group = config->groups[i].name;
        const ApiObject *example = NULL;

        for (guint k = 0; k < nodes->len; k++)
            if (str_is(config->group_of(config->user, api_name(nodes->pdata[k])), group) &&
                autoscaler_is_ready(nodes->pdata[k]) &&
                !autoscaler_has_taint(nodes->pdata[k], AUTOSCALER_DELETE_TAINT))
                example = nodes->pdata[k];
        if (example == NULL && config->template_of != NULL)
            example = config->template_of(config->user, group);
        for (guint k = 0; example != NULL && k < autoscaler_upcoming(r, i); k++)
            simulation_add_copy(sim, example);
    }
}

/* More may be coming: the loop after this one will see them all. */
static gboolean
are_all_new(const Reconcile *r, const GPtrArray *pods)
{
    for (guint i = 0; i < pods->len; i++)
        if (((const ApiObject *)pods->pdata[i])->meta->creation_time + NEW_POD_NS <= r->wall_ns)
            return FALSE;
    return TRUE;
}

static void
scale(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    const AutoscalerConfig *config = r->config;
    Simulation *sim = simulation_new(r, config->version_minor);
    g_autoptr(GPtrArray) helpless = NULL;
    gboolean waits;

    add_upcoming(r, sim, nodes);
    helpless = list_helpless(r, sim);
    waits = helpless->len > 0 && are_all_new(r, helpless);
    if (helpless->len == 0 || waits || !autoscaler_scale_up(r, plan, helpless))
        autoscaler_scale_down(r, plan, sim, !waits);
    simulation_free(sim);
}

/* The first loop comes one interval after the start; until then the status says that it is to come. */
static void
tick(const Reconcile *r, Plan *plan)
{
    AutoscalerState *state = r->state;
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    if (state->map == NULL) {
        autoscaler_write_status(r, plan, FALSE);
        return;
    }
    view_list(r->view, &node_kind, NULL, nodes);
    autoscaler_observe(r, plan, nodes);
    if (state->is_healthy) {
        scale(r, plan, nodes);
    } else {
        g_hash_table_remove_all(state->unneeded);
        autoscaler_log(r, plan, "Warning", "ClusterUnhealthy", "Cluster is unhealthy");
    }
    autoscaler_write_status(r, plan, TRUE);
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

static gpointer
new_state(void)
{
    AutoscalerState *state = g_new0(AutoscalerState, 1);

    state->unneeded = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->deleting = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->unremovable = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->growing = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->backoff = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->transitions = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return state;
}

static void
free_state(gpointer data)
{
    AutoscalerState *state = data;

    g_hash_table_unref(state->unneeded);
    g_hash_table_unref(state->deleting);
    g_hash_table_unref(state->unremovable);
    g_hash_table_unref(state->growing);
    g_hash_table_unref(state->backoff);
    g_hash_table_unref(state->transitions);
    if (state->map != NULL)
        api_object_unref(state->map);
    g_free(state->groups);
    g_free(state);
}

static const char *
object_text(const char *key)
{
    return str_internf("node/%s", key);
}

static const ControllerSource sources[] = {
    {&node_kind, on_node},     {&pod_kind, NULL},
    {&pdb_kind, NULL},         {&service_kind, NULL},
    {&replica_set_kind, NULL}, {&stateful_set_kind, NULL},
    {&namespace_kind, NULL},   {0},
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
