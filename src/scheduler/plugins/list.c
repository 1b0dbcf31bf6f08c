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
