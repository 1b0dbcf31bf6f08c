/* NodeUnschedulable: cordoned nodes take no pods (v1.34 plugins/nodeunschedulable). */
#include "scheduler/plugins/plugins.h"

static gboolean
tolerates_cordon(const PodSpec *spec)
{
    Taint taint = {
        .key = "node.kubernetes.io/unschedulable",
        .effect = "NoSchedule",
    };

    return sched_taint_is_tolerated(&spec->tolerations, &taint);
}

static Verdict
node_unschedulable_filter(const Cycle *cycle,
                          gpointer state,
                          const NodeInfo *node,
                          Reasons *reasons)
{
    (void)state;
    if (!node->is_unschedulable || tolerates_cordon(pod_spec(cycle->pod->pod)))
        return VERDICT_SUCCESS;
    reasons_add(reasons, "node(s) were unschedulable");
    return VERDICT_UNRESOLVABLE;
}

static gboolean
node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    gboolean tolerates = tolerates_cordon(pod_spec(waiting->pod));

    (void)cache;
    if (!tolerates && node_spec(event->object)->unschedulable)
        return FALSE;
    return event->old == NULL || (!tolerates && node_spec(event->old)->unschedulable);
}

static gboolean
toleration_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    return sched_event_is_own(waiting, event) && tolerates_cordon(pod_spec(event->object));
}

static const PluginEvents node_unschedulable_events[] = {
    {EVENT_NODE_ADDED | EVENT_NODE_TAINT, node_hint},
    {EVENT_POD_TOLERATION, toleration_hint},
    {0},
};

const SchedPlugin node_unschedulable_plugin = {
    .name = "NodeUnschedulable",
    .events = node_unschedulable_events,
    .is_local = TRUE,
    .filter = node_unschedulable_filter,
};
