/*
 * tainteviction.h - evicts pods that do not tolerate a NoExecute taint
 *
 * Models v1.34 pkg/controller/tainteviction/taint_eviction.go, timed_workers.go.
 * Keys: "worker-1" (its NoExecute taints changed), "namespace/name" (a pod was
 * bound or got other tolerations, or its time is over). A pod's entry stays
 * after it fired, so that it fires once.
 */
#pragma once

#include "base/ptr_map.h"
#include "controllers/controllers.h"
#include "controllers/util.h"

typedef struct {
    gboolean is_pending;
    gint64 created_ns, due_ns;
} EvictionTimer;

typedef struct {
    GHashTable *timers; /* pod key -> EvictionTimer * (owned) */
    GHashTable *looks;  /* set of pod keys: look at its tolerations anew */
    PtrMap tainted;     /* set of names: the nodes of the view with a NoExecute taint */
    gboolean knows_tainted; /* they were looked for; from then on each change of a node is noted */
} EvictionState;

gpointer eviction_state_new(void);
void eviction_state_free(gpointer state);
/* eviction_state_look: the pod was added, bound or given other tolerations. */
void eviction_state_look(EvictionState *state, const char *pod_key);

/* tolerated_for_ns: 0: not at all (or not any more), -1: for ever. */
gint64 tolerated_for_ns(const TolerationList *tolerations,
                        const ApiObject *node,
                        gboolean *out_is_tolerated);
