/*
 * DefaultPreemption (v1.34 plugins/defaultpreemption): preemption.c finds the
 * victims, the scheduler acts. While its API calls run the preemptor is held out
 * of the queue; the deletion of a pod is heard then, but whether it helps is for
 * the plugins to say that rejected the pod.
 */
#include "scheduler/plugins/plugins.h"

static gboolean
deleted_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    (void)waiting;
    (void)event;
    return FALSE;
}

static const PluginEvents default_preemption_events[] = {
    {EVENT_POD_DELETED, deleted_hint},
    {0},
};

const SchedPlugin default_preemption_plugin = {
    .name = "DefaultPreemption",
    .events = default_preemption_events,
};
