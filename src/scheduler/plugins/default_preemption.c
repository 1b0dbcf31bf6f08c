/*
 * DefaultPreemption (v1.34 plugins/defaultpreemption): preemption.c finds the
 * victims, the scheduler acts. While its API calls run the preemptor is held out
 * of the queue; the deletion of a pod may wake it then.
 */
#include "scheduler/plugins/plugins.h"

static const PluginEvents default_preemption_events[] = {
    {EVENT_POD_DELETED, NULL},
    {0},
};

const SchedPlugin default_preemption_plugin = {
    .name = "DefaultPreemption",
    .events = default_preemption_events,
};
