/* list.c - every fault, by name */

#include "scenario/faults/common.h"

const FaultDef *const fault_defs[] = {
    &api_latency_fault,       &component_crash_fault, &component_pause_fault, &component_stop_fault,
    &container_crash_fault,   &disk_slow_fault,       &kubelet_stop_fault,    &network_delay_fault,
    &network_partition_fault, &node_power_off_fault,  &node_power_on_fault,   &node_reboot_fault,
    &node_shutdown_fault,     &pod_kill_fault,        NULL,
};
