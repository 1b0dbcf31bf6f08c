/*
 * replicaset_sync.h - parts of a ReplicaSet's sync: status, victims, new pods
 *
 * Models v1.34 pkg/controller/replicaset and controller_utils.go (ranking,
 * pods from a template).
 */
#pragma once

#include "controllers/util.h"

/*
 * replica_set_token: ApiObject.fits of the set's own pods that carry all labels of its template. NULL:
 * @n_pods are too few to note it. (interned)
 */
const char *replica_set_token(const ApiObject *set, guint n_pods);
/* What the pods of a set amount to. Only those available may become more while the pods stay as they are. */
typedef struct {
    gint32 pods, fully_labelled, ready, available;
} PodCounts;
PodCounts replica_set_count_pods(const ApiObject *set, const GPtrArray *pods, gint64 wall_ns);

/* replica_set_calculate_status: into @status, which holds the old one. @error: what manage failed with, or NULL. */
void replica_set_calculate_status(const ApiObject *set,
                                  const PodCounts *counts,
                                  const char *error,
                                  gint64 wall_ns,
                                  ReplicaSetStatus *status);

/* replica_set_rank_victims: brings those to delete to the front of @pods, if not all of them go. */
void replica_set_rank_victims(View *view,
                              const ApiObject *set,
                              GPtrArray *pods,
                              guint count,
                              gint64 wall_ns);

/* A pod among others of its ReplicaSet, and its rank: how many relatives are on its node. */
typedef struct {
    const ApiObject *pod;
    guint rank;
} RankedPod;

/* ranked_pod_compare: negative if @a is deleted before @b. */
int ranked_pod_compare(const RankedPod *a, const RankedPod *b, gint64 wall_ns);

/* active_pod_compare: negative if @a is deleted before @b, by the plain order that Jobs use. */
int active_pod_compare(const ApiObject *a, const ApiObject *b);

/* Pods of one template share one spec and, as long as they have none, one status. */
typedef struct {
    const PodTemplateSpec *template_;
    const ApiObject *owner;
    gpointer spec, status; /* (owned parts) */
    const char *prefix;
} PodMaker;
void pod_maker_init(PodMaker *maker, const PodTemplateSpec *template_, const ApiObject *owner);
void pod_maker_clear(PodMaker *maker);
ApiObject *pod_maker_make(PodMaker *maker); /* (owned) */
