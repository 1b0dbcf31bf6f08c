/* Every plugin, in the order of the default profile (v1.34 apis/config/v1/default_plugins.go). */
#include "scheduler/plugins/plugins.h"

/* clang-format off: one a line */
const SchedPlugin *const sched_plugins[] = {
    &scheduling_gates_plugin,    &priority_sort_plugin,
    &node_unschedulable_plugin,  &node_name_plugin,
    &taint_toleration_plugin,    &node_affinity_plugin,
    &node_ports_plugin,          &node_resources_fit_plugin,
    &volume_restrictions_plugin, &node_volume_limits_plugin,
    &volume_binding_plugin,      &volume_zone_plugin,
    &pod_topology_spread_plugin, &inter_pod_affinity_plugin,
    &default_preemption_plugin,  &balanced_allocation_plugin,
    &image_locality_plugin,      NULL,
};
/* clang-format on */

static SchedPoints
find_points(void)
{
    SchedPoints points = {0};

    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        const SchedPlugin *plugin = sched_plugins[i];
        guint bit = 1u << i;

        points.pre_enqueue |= plugin->pre_enqueue != NULL ? bit : 0;
        points.pre_filter |= plugin->pre_filter != NULL ? bit : 0;
        points.filter |= plugin->filter != NULL ? bit : 0;
        points.filter_beyond |= plugin->filter != NULL && !plugin->is_local ? bit : 0;
        points.score |= plugin->score != NULL ? bit : 0;
        points.pre_score |= plugin->pre_score != NULL ? bit : 0;
        points.filter_state |= plugin->free_filter_state != NULL ? bit : 0;
        points.score_state |= plugin->free_score_state != NULL ? bit : 0;
    }
    return points;
}

/* Found once: most plugins have a part in little, and every attempt would ask them all. */
const SchedPoints *
sched_points(void)
{
    static SchedPoints points;

    if (G_UNLIKELY(points.filter == 0))
        points = find_points();
    return &points;
}
