/*
 * cloudnode.c - nodes that are not ready, and whether the cloud still has their machines
 *
 * v1.34 staging/src/k8s.io/cloud-provider/controllers/nodelifecycle: every
 * --node-monitor-period a node that is not ready and has no machine is deleted, one
 * whose machine is switched off gets a taint, which goes when the node is ready again.
 */
#include "base/duration.h"
#include "controllers/controllers.h"
#include "controllers/util.h"

#define SHUTDOWN_TAINT      "node.cloudprovider.kubernetes.io/shutdown"
#define UNINITIALIZED_TAINT "node.cloudprovider.kubernetes.io/uninitialized"
#define UNINITIALIZED_NS    NS_PER_MIN

static int
taint_index(const ApiObject *node, const char *key)
{
    const TaintList *taints = &node_spec(node)->taints;

    for (guint i = 0; i < taints->count; i++)
        if (str_is(taints->items[i].key, key) && str_is(taints->items[i].effect, "NoSchedule"))
            return (int)i;
    return -1;
}

static gboolean
add_shutdown_taint(ApiObject *node, gpointer unused)
{
    (void)unused;
    if (taint_index(node, SHUTDOWN_TAINT) >= 0)
        return FALSE;
    *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
        (Taint){.key = str_intern(SHUTDOWN_TAINT), .effect = str_intern("NoSchedule")};
    return TRUE;
}

static gboolean
remove_shutdown_taint(ApiObject *node, gpointer unused)
{
    int index = taint_index(node, SHUTDOWN_TAINT);

    (void)unused;
    if (index < 0)
        return FALSE;
    api_list_remove((ApiList *)&((NodeSpec *)api_edit_spec(node))->taints, sizeof(Taint), (guint)index);
    return TRUE;
}

/* A node that has just registered: its machine may be too young for the cloud to tell of it. */
static gboolean
is_unborn(const Reconcile *r, const ApiObject *node)
{
    return str_is_empty(node_spec(node)->provider_id) && taint_index(node, UNINITIALIZED_TAINT) >= 0 &&
           r->wall_ns - node->meta->creation_time < UNINITIALIZED_NS;
}

static void
plan_deletion(const ApiObject *node, Plan *plan)
{
    g_autoptr(ApiObject) subject = event_subject(node, TRUE);
    PlanStep *step;

    plan_event(plan, subject, "Normal", "DeletingNode",
               "Deleting node %s because it does not exist in the cloud provider", api_name(node));
    step = plan_delete(plan, node, "because the cloud has no such machine");
    step->continue_on_error = TRUE;
    step->ignore_codes[0] = 404;
    step->event_about = api_object_ref(subject);
    step->on_failure = (StepEvent){"Warning", "DeletingNodeFailed",
                                   str_internf("Failed deleting node %s: %%s", api_name(node))};
}

static void
plan_taint(const ApiObject *node, ApiMutate mutate, const char *why, Plan *plan)
{
    PlanStep *step = plan_patch(plan, node, NULL, mutate, NULL, NULL, "%s", why);

    step->continue_on_error = TRUE;
    step->ignore_codes[0] = 404;
}

/* MonitorNodes, of one node. */
static void
monitor(const Reconcile *r, const ControllersConfig *config, const ApiObject *node, Plan *plan)
{
    CloudInstance instance = {0};
    const char *provider_id = node_spec(node)->provider_id;
    gint64 latency_ns;

    if (condition_is(&node_status(node)->conditions, "Ready", "True")) {
        if (taint_index(node, SHUTDOWN_TAINT) >= 0)
            plan_taint(node, remove_shutdown_taint, "because it is ready again", plan);
        return;
    }
    if (is_unborn(r, node))
        return;
    latency_ns = dist_sample_ns(&config->cloud_latency, r->rng);
    if (latency_ns > 0)
        plan_pause(plan, latency_ns);
    if (!config->cloud_instance(config->cloud_user, api_name(node), str_is_empty(provider_id) ? NULL : provider_id,
                                &instance))
        plan_deletion(node, plan);
    else if (instance.is_off && taint_index(node, SHUTDOWN_TAINT) < 0)
        plan_taint(node, add_shutdown_taint, "because its machine is switched off", plan);
}

static void
tick(const Reconcile *r, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    if (config->cloud_instance == NULL)
        return;
    view_list(r->view, &node_kind, NULL, nodes);
    for (guint i = 0; i < nodes->len; i++)
        monitor(r, config, nodes->pdata[i], plan);
}

static const ControllerSource sources[] = {
    {&node_kind, NULL},
    {0},
};

/* Keys are never queued; the loop does it all, every --node-monitor-period. */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    (void)r;
    (void)plan;
}

const ControllerDef cloud_node_lifecycle_controller = {
    .name = "cloud-node-lifecycle",
    .component = "cloud-node-lifecycle-controller",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
    .period_ns = 5 * NS_PER_S,
    .tick = tick,
};
