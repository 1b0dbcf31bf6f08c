/*
 * faults/common.h - table rows and helpers that several faults share
 */
#pragma once

#include "scenario/cluster.h"
#include "scenario/faults.h"

#define FAULT_AT(member) offsetof(FaultArgs, member)

extern const char *const fault_mode_words[];

#define FAULT_NODE_ROWS                                                                            \
    {"node", SC_STRING, FAULT_AT(node), .doc = "Name of a node."},                                 \
        {"nodes", SC_STRINGS, FAULT_AT(nodes), .doc = "Names of nodes."},                          \
        {"selector", SC_LABELS, FAULT_AT(selector), .doc = "Labels of the targets."},              \
        {"mode", SC_ENUM, FAULT_AT(mode), .doc = "How many of those that match.", .words = fault_mode_words}, \
        {"value", SC_INT, FAULT_AT(value), .doc = "The number, or the percentage, of mode.", .min = 0, .max = 1000000}

#define FAULT_DURATION_ROW                                                                         \
    {"duration", SC_DURATION, FAULT_AT(duration_ns), .doc = "It undoes itself after this time.", .given_offset = FAULT_AT(has_duration)}
#define FAULT_MTTF_ROW                                                                             \
    {"mttf", SC_DURATION, FAULT_AT(mttf_ns), .doc = "Mean time to failure: from the entry's time on it happens at random, again and again.", .given_offset = FAULT_AT(has_mttf)}
#define FAULT_MTTR_ROW                                                                             \
    {"mttr", SC_DURATION, FAULT_AT(mttr_ns), .doc = "Mean time to repair: how long each failure of mttf lasts, at random.", .given_offset = FAULT_AT(has_mttr)}
/* For faults that can be undone. */
#define FAULT_TIME_ROWS FAULT_DURATION_ROW, FAULT_MTTF_ROW, FAULT_MTTR_ROW

/* fault_place: where key @key of the fault stands, or the fault itself. */
const Value *fault_place(const FaultArgs *args, const char *key);
/* scenario_has_cloud: its machines are a cloud's (`cloud:`, or a group of nodes that grows). */
gboolean scenario_has_cloud(const Scenario *scenario);
/* fault_node_words: "worker-2", "worker-1 and worker-2", "5 nodes". (owned) */
char *fault_node_words(Machine *const *nodes, guint n_nodes);

extern const FaultDef node_power_off_fault, node_power_on_fault, node_reboot_fault, node_shutdown_fault, kubelet_stop_fault, container_crash_fault,
    pod_kill_fault, network_partition_fault, network_delay_fault, component_crash_fault, component_pause_fault, component_stop_fault, api_latency_fault,
    disk_slow_fault;
