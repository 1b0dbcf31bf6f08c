/*
 * amounts.h - quantities of resources as the scheduler counts them
 *
 * Models: v1.34 pkg/scheduler/framework/types.go: Resource. cpu in milli-units,
 * all others in whole units, both rounded up from the exact sum.
 */
#pragma once

#include "api/kinds.h"

typedef struct {
    const char *name; /* interned: "nvidia.com/gpu", "hugepages-2Mi" */
    gint64 amount;
} ScalarAmount;

typedef struct {
    gint64 cpu_milli, memory_bytes, ephemeral_bytes, pods;
    guint n_scalars;
    ScalarAmount *scalars; /* (owned) in order of first appearance */
} Amounts;

void amounts_clear(Amounts *amounts);
void amounts_copy(Amounts *to, const Amounts *from); /* @to is zeroed or was cleared */
void amounts_add(Amounts *sum, const Amounts *other);
void amounts_subtract(Amounts *difference, const Amounts *other);
gint64 amounts_scalar(const Amounts *amounts,
                      const char *name); /* @name interned; 0 if there is none */
/* amounts_set_map: what a ResourceList says; names that are no schedulable resource are left out. */
void amounts_set_map(Amounts *amounts, const QuantityMap *map);
/* amounts_is_scalar: extended resources, huge pages, attachable volumes. */
gboolean amounts_is_scalar(const char *name);

/*
 * Request of a pod (component-helpers/resource: PodRequests). A container that omits cpu or memory counts as
 * asking for 100m of cpu and 200 MiB of memory where pods are scored; a request of the pod as a whole replaces
 * what its containers come to.
 */
typedef enum {
    REQUEST_REAL,    /* nothing made up */
    REQUEST_SCORED,  /* of the pod that is being placed: every container counts as asking for something */
    REQUEST_ON_NODE, /* of a pod that is there: with requests of the whole pod, only for what nobody in it asks for */
} RequestSort;
void amounts_of_pod(Amounts *out, const ApiObject *pod, RequestSort sort);
/* amounts_pod_is_resizing: what the kubelet reports of the containers differs from what the spec requests. */
gboolean amounts_pod_is_resizing(const ApiObject *pod);
