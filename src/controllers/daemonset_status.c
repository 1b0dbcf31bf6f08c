#include "controllers/daemonset_sync.h"

/* v1.34 pkg/controller/daemon/daemon_controller.go, updateDaemonSetStatus. */
void
daemon_calculate_status(const Reconcile *r,
                        const DaemonView *view,
                        gboolean has_observed,
                        DaemonSetStatus *status)
{
    gint32 min_ready_s = daemon_set_spec(view->set)->min_ready_s;

    status->current_scheduled = status->misscheduled = status->desired_scheduled = 0;
    status->ready = status->updated_scheduled = status->available = 0;
    for (guint i = 0; i < view->nodes->len; i++) {
        const DaemonNode *node = view->nodes->pdata[i];
        gboolean should_continue;
        g_autoptr(GPtrArray) pods = NULL;

        if (node->node == NULL)
            continue;
        if (!daemon_node_should_run(view->set, node->node, &should_continue)) {
            status->misscheduled += node->pods->len > 0 ? 1 : 0;
            continue;
        }
        status->desired_scheduled++;
        if (node->pods->len == 0)
            continue;
        status->current_scheduled++;
        pods = g_ptr_array_copy(node->pods, NULL, NULL);
        daemon_sort_oldest(pods);
        if (pod_is_ready(pods->pdata[0]))
            status->ready++;
        if (pod_is_available(pods->pdata[0], min_ready_s, r->wall_ns))
            status->available++;
        if (daemon_pod_is_current(view->set, pods->pdata[0], view->hash))
            status->updated_scheduled++;
    }
    status->unavailable = status->desired_scheduled - status->available;
    if (has_observed)
        status->observed_generation = view->set->meta->generation;
}
