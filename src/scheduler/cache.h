/*
 * cache.h - the scheduler's picture of the cluster
 *
 * Models: v1.34 pkg/scheduler/backend/cache: nodes, the pods on them (bound or
 * assumed), image states, and what plugins look up besides. A cycle is worked
 * out in one instant, so it reads the cache itself and no snapshot is taken.
 */
#pragma once

#include "scheduler/columns.h"
#include "scheduler/image_states.h"
#include "scheduler/nominator.h"
#include "scheduler/room.h"
#include "scheduler/topology.h"

typedef struct SchedCache SchedCache;

/* Other kinds that plugins read (Services, ReplicaSets, Namespaces ...). */
typedef struct {
    void (*list)(gpointer user, const ApiKind *kind, const char *namespace_, GPtrArray *out);
    const ApiObject *(*get)(gpointer user,
                            const ApiKind *kind,
                            const char *namespace_,
                            const char *name);
} SchedListers;

SchedCache *sched_cache_new(const SchedListers *listers, gpointer user);
void sched_cache_free(SchedCache *cache);
/* sched_cache_clear: empty, as after a start of the process. */
void sched_cache_clear(SchedCache *cache);
PodShapes *sched_cache_shapes(SchedCache *cache);
Nominator *sched_cache_nominator(SchedCache *cache);

void sched_cache_set_node(SchedCache *cache, const ApiObject *node);
void sched_cache_remove_node(SchedCache *cache, const char *name);
/* sched_cache_set_pod: a bound pod came or changed; an assumed one is confirmed. */
void sched_cache_set_pod(SchedCache *cache, const ApiObject *pod);
void sched_cache_remove_pod(SchedCache *cache, const char *key);
/* sched_cache_assume: count @pod on @node_name before the API knows. */
void sched_cache_assume(SchedCache *cache, const ApiObject *pod, const char *node_name);
/* sched_cache_fetch: the pod of that key will soon be looked up, or assumed on @node. NULL: not known yet which. */
void sched_cache_fetch(const SchedCache *cache, const char *key, const NodeInfo *node);
/* sched_cache_forget: take an assumption back; no effect on a pod that is confirmed. */
void sched_cache_forget(SchedCache *cache, const char *key);
gboolean sched_cache_is_assumed(const SchedCache *cache, const char *key);

/* sched_cache_find_node: a known node, NULL if there is none. */
NodeInfo *sched_cache_find_node(const SchedCache *cache, const char *name);
/* sched_cache_nodes: in the order of the node tree. (borrowed until the next change of nodes) */
NodeInfo *const *sched_cache_nodes(SchedCache *cache, guint *out_n);
/* sched_cache_columns: the same as columns. (borrowed until the next change of nodes) */
const NodeColumns *sched_cache_columns(SchedCache *cache);

/* sched_cache_room: for at least @n nodes; what stood in a smaller one is lost, but for the reasons. (borrowed) */
AttemptRoom *sched_cache_room(SchedCache *cache, guint n);

/* Nodes with pods that have inter-pod terms, that have required anti-affinity: no certain order. */
const GPtrArray *sched_cache_affinity_nodes(const SchedCache *cache);
const GPtrArray *sched_cache_anti_nodes(const SchedCache *cache);
/* sched_cache_image: NULL if no node has it. */
const ImageState *sched_cache_image(const SchedCache *cache, const char *name);
/* sched_cache_slots: slots of nodes are below this. */
guint sched_cache_slots(const SchedCache *cache);
guint sched_cache_prefer_taints(const SchedCache *cache); /* nodes with a PreferNoSchedule taint */

/*
 * sched_cache_take_volume: a PersistentVolume is meant for the claim @key before the API knows; NULL: no longer.
 * sched_cache_volume_taker: whose it is (interned), NULL: nobody's.
 */
void sched_cache_take_volume(SchedCache *cache, const char *volume, const char *key);
const char *sched_cache_volume_taker(const SchedCache *cache, const char *volume);

void sched_cache_list(const SchedCache *cache,
                      const ApiKind *kind,
                      const char *namespace_,
                      GPtrArray *out);
const ApiObject *sched_cache_get(const SchedCache *cache,
                                 const ApiKind *kind,
                                 const char *namespace_,
                                 const char *name);
/* sched_cache_namespace_labels: empty for an unknown namespace. */
const StrMap *sched_cache_namespace_labels(const SchedCache *cache, const char *namespace_);
/* sched_cache_topology: domains by a label of the nodes. (borrowed until nodes change) */
const Topology *sched_cache_topology(SchedCache *cache, const char *key);
/* sched_cache_count: how many pods @selector selects, per node. (borrowed until the next one is asked for) */
PodCounts *sched_cache_count(SchedCache *cache, const PodSelector *selector);
/* sched_cache_count_column: the same as a column (pod_counts_column). (borrowed as @counts, until nodes change) */
const guint8 *sched_cache_count_column(SchedCache *cache, PodCounts *counts);
/* sched_cache_totals: the same per value of @topology, over all nodes that have one. (borrowed until the cache changes) */
const gint64 *sched_cache_totals(SchedCache *cache, PodCounts *counts, const Topology *topology);
