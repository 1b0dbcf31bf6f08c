/*
 * vpa_cluster.h - the recommender's memory: pods, their containers, what is known of them by labels
 *
 * Models: kubernetes/autoscaler vertical-pod-autoscaler 1.4 pkg/recommender:
 * model/cluster.go, input/cluster_feeder.go, input/oom/observer.go. Samples are kept
 * by namespace, container name and the set of labels of the pod, whether or not an
 * autoscaler is about them; an autoscaler adds up what its selector matches.
 */
#pragma once

#include "api/selector.h"
#include "controllers/vpa_model.h"

typedef struct VpaCluster VpaCluster;

VpaCluster *vpa_cluster_new(void);
void vpa_cluster_free(VpaCluster *cluster);

/* vpa_cluster_note_oom: a pod changed; a container that was just killed for its memory is remembered until the next pass. */
void vpa_cluster_note_oom(VpaCluster *cluster, const ApiObject *old, const ApiObject *pod);
/* vpa_cluster_load: the pods that there are; others are known until vpa_cluster_forget. */
void vpa_cluster_load(VpaCluster *cluster, View *view, gint64 wall_ns);
/* vpa_cluster_sample: what metrics-server says of a pod (PodMetrics). */
void vpa_cluster_sample(VpaCluster *cluster, const ApiObject *metrics);
/* vpa_cluster_settle: containers that were killed count, pods that are gone are forgotten. */
void vpa_cluster_settle(VpaCluster *cluster);
/* vpa_cluster_expire: at most once an hour, what is too old or was never used. */
void vpa_cluster_expire(VpaCluster *cluster, gint64 wall_ns);

/*
 * vpa_cluster_collect: VpaNamed by container, for the pods of @namespace_ that
 * @selector (NULL: none) matches and what checkpoints of the autoscaler @uid held.
 * @settled: without the peaks of intervals that go on at @wall_ns. (owned)
 */
GArray *
vpa_cluster_collect(const VpaCluster *cluster, const char *namespace_, const Selector *selector, const char *uid, gboolean settled, gint64 wall_ns);
/* vpa_cluster_recall: @checkpoint belongs to the autoscaler @uid. */
void vpa_cluster_recall(VpaCluster *cluster, const char *uid, const ApiObject *checkpoint, gint64 wall_ns);
