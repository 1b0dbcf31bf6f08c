/*
 * node_info.h - a node and the pods on it, with sums
 *
 * Models: v1.34 pkg/scheduler/framework/types.go: NodeInfo. The list of pods
 * keeps the order of the real one: a pod that goes is replaced by the last one,
 * a pod that comes (or changes) goes to the end; preemption depends on it.
 * A NodeInfo without node holds pods whose node is unknown.
 */
#pragma once

#include "scheduler/pod_info.h"

struct NodeInfo {
    const char *name; /* interned */
    ApiObject *node;  /* (owned ref) NULL: only pods are known */
    guint64
        generation; /* changes with everything that a filter on the node alone sees; unique among all nodes */
    guint slot;              /* small number, unique among the nodes of a cache */
    guint16 n_prefer_taints; /* PreferNoSchedule */
    guint16 n_hard_taints;   /* NoSchedule, NoExecute */
    gboolean is_unschedulable;
    GPtrArray *pods; /* of PodInfo (borrowed) */
    Amounts allocatable, requested;
    gint64 non_zero_cpu_milli, non_zero_memory_bytes;
    GPtrArray *affinity_pods;      /* with any inter-pod term */
    GPtrArray *required_anti_pods; /* with required anti-affinity terms */
    HostPortList ports;            /* in use, one entry per use */
    const char *zone_key;          /* interned; for the node tree */
    /* Places in the lists of the cache; G_MAXUINT: in none. */
    guint order_index, affinity_place, anti_place;
};

NodeInfo *node_info_new(const char *name);
void node_info_free(gpointer node); /* its pods are not freed */
/* node_info_copy: a trial node: same sums and lists, pods borrowed; theirs do not point to it. (owned) */
NodeInfo *node_info_copy(const NodeInfo *from);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeInfo, node_info_free)

/* node_info_set_node: @node NULL: it is gone. */
void node_info_set_node(NodeInfo *info, const ApiObject *node);
/* node_info_add_pod, _remove_pod: of the cache itself; they set the pod's place. */
void node_info_add_pod(NodeInfo *info, PodInfo *pod);
void node_info_remove_pod(NodeInfo *info, PodInfo *pod);
/* node_info_renew_pod: as removed and added again, where its shape has not changed in what counts here. */
void node_info_renew_pod(NodeInfo *info, PodInfo *pod);
/* node_info_try_add, _try_remove: on a copy; the pod's own place is left alone. */
void node_info_try_add(NodeInfo *info, const PodInfo *pod);
void node_info_try_remove(NodeInfo *info, const PodInfo *pod);

/* node_info_label: value of a label of the node, NULL if absent. */
static inline const char *
node_info_label(const NodeInfo *info, const char *key)
{
    return str_map_get(&info->node->meta->labels, key);
}
/* host_port_conflicts: does @wanted meet a port in use? */
gboolean host_port_conflicts(const HostPortList *used, const HostPort *wanted);
