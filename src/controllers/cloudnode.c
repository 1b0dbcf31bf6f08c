#include "base/duration.h"
#include "controllers/controllers.h"

/*
 * v1.34 staging/src/k8s.io/cloud-provider/controllers/nodelifecycle: a node that is not ready
 * and of which the cloud knows no machine any more is deleted. Left out: the shutdown taint.
 */

static void
tick(const Reconcile *r, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    view_list(r->view, &node_kind, NULL, nodes);
    for (guint i = 0; i < nodes->len; i++) {
        const ApiObject *node = nodes->pdata[i];
        PlanStep *step;

        if (condition_is(&node_status(node)->conditions, "Ready", "True") || config->cloud_has_node == NULL ||
            config->cloud_has_node(config->cloud_user, api_name(node)))
            continue;
        plan_event(plan, node, "Normal", "DeletingNode",
                   "Deleting node %s because it does not exist in the cloud provider", api_name(node));
        step = plan_delete(plan, node, "because the cloud has no such machine");
        step->continue_on_error = TRUE;
        step->ignore_codes[0] = 404;
    }
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

const ControllerDef *const ccm_controllers[] = {&cloud_node_lifecycle_controller, NULL};
const ControllerDef *const ccm_balancing_controllers[] = {
    &cloud_node_lifecycle_controller,
    &cloud_service_controller,
    &cloud_service_nodes_controller,
    NULL,
};
