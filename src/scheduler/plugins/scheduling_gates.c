/* SchedulingGates: a gated pod does not enter the queue (v1.34 plugins/schedulinggates). */
#include "scheduler/plugins/plugins.h"

static const char *
scheduling_gates_pre_enqueue(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    g_autoptr(GString) text = NULL;

    if (spec->scheduling_gates.count == 0)
        return NULL;
    text = g_string_new("waiting for scheduling gates: [");
    for (guint i = 0; i < spec->scheduling_gates.count; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : " ",
                               spec->scheduling_gates.items[i].name);
    g_string_append_c(text, ']');
    return str_intern(text->str);
}

static gboolean
gates_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    return sched_event_is_own(waiting, event);
}

static const PluginEvents scheduling_gates_events[] = {
    {EVENT_POD_GATES, gates_hint},
    {0},
};

const SchedPlugin scheduling_gates_plugin = {
    .name = "SchedulingGates",
    .events = scheduling_gates_events,
    .pre_enqueue = scheduling_gates_pre_enqueue,
};
