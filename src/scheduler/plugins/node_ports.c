/* NodePorts: host ports must be free (v1.34 plugins/nodeports). */
#include "scheduler/plugins/plugins.h"

static Verdict
node_ports_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    (void)state;
    (void)reasons;
    return cycle->pod->shape->ports.count == 0 ? VERDICT_SKIP : VERDICT_SUCCESS;
}

static Verdict
node_ports_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    const HostPortList *wanted = &cycle->pod->shape->ports;

    (void)state;
    for (guint i = 0; i < wanted->count; i++) {
        if (host_port_conflicts(&node->ports, &wanted->items[i])) {
            reasons_add(reasons, "node(s) didn't have free ports for the requested pod ports");
            return VERDICT_UNSCHEDULABLE;
        }
    }
    return VERDICT_SUCCESS;
}

static gboolean
deleted_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    g_autoptr(PodInfo) gone = NULL;

    if (str_is_empty(pod_spec(event->old)->node_name))
        return FALSE;
    gone = pod_info_new(sched_cache_shapes(cache), event->old);
    for (guint i = 0; i < waiting->shape->ports.count; i++) {
        if (host_port_conflicts(&gone->shape->ports, &waiting->shape->ports.items[i]))
            return TRUE;
    }
    return FALSE;
}

static const PluginEvents node_ports_events[] = {
    {EVENT_POD_DELETED, deleted_hint},
    {EVENT_NODE_ADDED, NULL},
    {0},
};

const SchedPlugin node_ports_plugin = {
    .name = "NodePorts",
    .events = node_ports_events,
    .pre_filter = node_ports_pre_filter,
    .is_local = TRUE,
    .filter = node_ports_filter,
};
