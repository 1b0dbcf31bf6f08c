/* NodeName: spec.nodeName, where it is given (v1.34 plugins/nodename). */
#include "scheduler/plugins/plugins.h"

static Verdict
node_name_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    (void)state;
    (void)reasons;
    return str_is_empty(pod_spec(cycle->pod->pod)->node_name) ? VERDICT_SKIP : VERDICT_SUCCESS;
}

static Verdict
node_name_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    (void)state;
    if (str_is(pod_spec(cycle->pod->pod)->node_name, node->name))
        return VERDICT_SUCCESS;
    reasons_add(reasons, "node(s) didn't match the requested node name");
    return VERDICT_UNRESOLVABLE;
}

static const PluginEvents node_name_events[] = {
    {EVENT_NODE_ADDED, NULL},
    {0},
};

const SchedPlugin node_name_plugin = {
    .name = "NodeName",
    .events = node_name_events,
    .pre_filter = node_name_pre_filter,
    .is_local = TRUE,
    .filter = node_name_filter,
};
