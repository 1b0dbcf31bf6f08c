/*
 * pod_info.h - a pod as the scheduler keeps it: what it asks for, worked out once
 *
 * Models: v1.34 pkg/scheduler/framework/types.go: PodInfo. What depends on the
 * spec alone is a PodShape, shared by all pods of one spec.
 */
#pragma once

#include "scheduler/amounts.h"

typedef struct NodeInfo NodeInfo;
typedef struct PodInfo PodInfo;

typedef struct {
    const PodAffinityTerm *term; /* (borrowed) from the spec */
    gint32 weight;               /* of a preferred term */
} PodTerm;
typedef API_LIST_OF(PodTerm) PodTermList;

typedef struct {
    const char *ip, *protocol; /* interned, defaults filled in */
    gint32 port;
} HostPort;
typedef API_LIST_OF(HostPort) HostPortList;

typedef struct PodShapes PodShapes; /* all shapes in use */

/*
 * What the filters that look at nothing but the spec and the node said of a
 * node, and the two scores that do the same. Good while the node's generation
 * is the one noted: then pods of one spec need not ask again.
 */
typedef struct {
    guint64 generation; /* 0: never worked out */
    const char *reason; /* the one it was refused for; NULL: it passes, or there are several */
    guint8 fit, balanced;
    gint8 plugin;   /* that refused it */
    guint8 verdict; /* its Verdict */
    guint8 passes;
} LocalResult;

/* One way in which nodes refuse pods of a spec. */
typedef struct {
    const char *reason;
    gint8 plugin;
    guint8 verdict;
} LocalRefusal;

#define REFUSAL_NONE 0
#define REFUSAL_ASK  255 /* several reasons: ask the plugins again */

/*
 * The same in the order of the nodes (columns.h): what a cycle reads of the
 * nodes it looks at. Good for the order and up to the change of nodes that are
 * noted.
 */
typedef struct {
    guint64 version;    /* NodeColumns.version; 0: never worked out */
    guint64 generation; /* NodeColumns.generation */
    guint n;
    guint n_refused;
    guint8 *refusal;                     /* (owned) REFUSAL_NONE, _ASK, or place in refusals + 1 */
    guint8 *fit, *balanced;              /* (owned) twice over */
    API_LIST_OF(LocalRefusal) refusals;
} LocalColumns;

typedef struct PodShape {
    guint ref_count;
    PodShapes *owner; /* (borrowed) NULL: not shared */
    gpointer spec;    /* (owned part) */
    Amounts requests;
    gint64 scored_cpu_milli, scored_memory_bytes;     /* REQUEST_SCORED */
    gint64 non_zero_cpu_milli, non_zero_memory_bytes; /* REQUEST_ON_NODE */
    PodTermList required_affinity, required_anti, preferred_affinity, preferred_anti;
    HostPortList ports;
    gboolean is_kept;
    guint n_attempts;   /* how often a pod of this spec was tried */
    guint n_local;      /* slots in local */
    LocalResult *local; /* (owned) per slot of a node; NULL until the spec recurs */
    LocalColumns columns;
} PodShape;

PodShapes *pod_shapes_new(void);
/* pod_shapes_keep: @shape was tried; it outlives its pods for a while, as the next pod of its spec may come soon. */
void pod_shapes_keep(PodShapes *shapes, PodShape *shape);
/* pod_shapes_clear: keep none any more. */
void pod_shapes_clear(PodShapes *shapes);
void pod_shapes_free(PodShapes *shapes); /* all shapes must be gone */
void pod_shape_unref(PodShape *shape);

struct PodInfo {
    ApiObject *pod; /* (owned ref) */
    PodShape *shape;
    const char *key; /* interned "namespace/name" */
    gint32 priority;
    /* Place on a node; see node_info.h. */
    NodeInfo *node; /* (borrowed) NULL: on none */
    guint index, affinity_index, anti_index;
    gboolean is_assumed;
};

/* pod_info_new: (owned) */
PodInfo *pod_info_new(PodShapes *shapes, const ApiObject *pod);
void pod_info_free(gpointer info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PodInfo, pod_info_free)
/* pod_info_set: the pod changed; must not be on a node. */
void pod_info_set(PodInfo *info, PodShapes *shapes, const ApiObject *pod);
/* pod_shape_get: the shape of @pod. (owned ref) */
PodShape *pod_shape_get(PodShapes *shapes, const ApiObject *pod);
/* pod_shape_again: the same; @before: the one the pod had, which nearly always is it. (owned ref) */
PodShape *pod_shape_again(PodShapes *shapes, const ApiObject *pod, PodShape *before);
/* pod_info_take: as pod_info_set with @shape (reference taken over); on a node only if it weighs the same there. */
void pod_info_take(PodInfo *info, const ApiObject *pod, PodShape *shape);

static inline gboolean
pod_shape_has_affinity(const PodShape *shape)
{
    return shape->required_affinity.count + shape->required_anti.count +
               shape->preferred_affinity.count + shape->preferred_anti.count >
           0;
}

static inline gboolean
pod_info_has_affinity(const PodInfo *info)
{
    return pod_shape_has_affinity(info->shape);
}
gint32 pod_priority(const ApiObject *pod);
