/*
 * nodelifecycle.h - node lifecycle: who is alive, taints, zones
 *
 * Models v1.34 pkg/controller/nodelifecycle/node_lifecycle_controller.go and
 * scheduler/rate_limited_queue.go. The monitor is the controller's tick. Keys:
 * "worker-1" (NoSchedule taints of a node), "namespace/name" (a pod that was
 * bound to a node that is not ready), "@zone" (a pass over the zone's NoExecute
 * queue; made only when something waits in it).
 */
#pragma once

#include "controllers/controllers.h"
#include "controllers/util.h"

#define TAINT_NOT_READY      "node.kubernetes.io/not-ready"
#define TAINT_UNREACHABLE    "node.kubernetes.io/unreachable"
#define TAINT_OUT_OF_SERVICE "node.kubernetes.io/out-of-service"

typedef enum { ZONE_INITIAL, ZONE_NORMAL, ZONE_PARTIAL, ZONE_FULL } ZoneState;

typedef struct {
    const char *region, *name; /* interned; "" if the nodes have no such label */
    const char *key;           /* interned: region and zone */
    gboolean has_state; /* some node was counted in the last pass */
    ZoneState state;
    guint rate_milli;       /* nodes per 1000 s; 0: never */
    gint64 token_ns;        /* when the bucket (of one) has its token */
    GPtrArray *queue;       /* names (interned) of nodes to taint, first come first */
    guint ready, not_ready; /* counted by the pass */
    gboolean is_seen;       /* by the pass */
} Zone;

/* What a pass asks of a node's object, which is the same at nearly every pass. */
typedef struct {
    ApiObject *node; /* (owned ref) whose facts these are; NULL: none yet */
    Zone *zone;
    gboolean is_excluded;    /* from the counts of its zone */
    gboolean has_no_execute; /* a taint of this controller */
    gboolean has_ready;      /* a Ready condition, with: */
    const char *ready;       /* its status (interned) */
    ApiTime heartbeat_time;
} NodeFacts;

/* All that a pass looks at where nothing has happened comes first. */
typedef struct {
    NodeFacts facts;        /* of the node as last listed */
    const char *name;       /* interned */
    gint64 probe_ns;        /* when the controller last saw a sign of life */
    ApiTime heartbeat_time;
    ApiTime renew_time;     /* of the lease; 0: none seen */
    guint lease_row;        /* where its lease was last seen: view_leases */
    guint pass;             /* last pass that listed it */
    gboolean has_ready;     /* there was a Ready condition */
    gboolean needs_retry;   /* some pod could not be marked */
    const char *ready, *uid; /* its status (interned); of the node (interned) */
} NodeHealth;

/* What a pass finds of the leases. */
typedef struct {
    const char *namespace_; /* interned */
    const LeaseTable *table;
} LeasesSeen;

typedef struct {
    GHashTable *nodes; /* name -> NodeHealth * (owned) */
    GPtrArray *zones;  /* of Zone * (owned), in order of appearance */
    GPtrArray *listed; /* of NodeHealth *, as the last pass found them: the next one's are nearly always the same */
    guint pass;
} LifecycleState;

gpointer lifecycle_state_new(void);
void lifecycle_state_free(gpointer state);

/* --- nodelifecycle_zones.c ------------------------------------------------------------------------- */

/* zone_of: that of @node, made when it is the first there. */
Zone *zone_of(LifecycleState *state, const ApiObject *node, const ControllersConfig *config);
/* zone_revive: one without state gets a fresh queue and a full bucket. */
void zone_revive(Zone *zone, const ControllersConfig *config);
ZoneState zone_compute_state(guint ready, guint not_ready, const ControllersConfig *config);
/* zone_set_rate: the new bucket is full unless the old one was empty. */
void zone_set_rate(Zone *zone, guint rate_milli, gint64 now_ns);
void zone_queue_add(Zone *zone, const char *node_name);
void zone_queue_remove(Zone *zone, const char *node_name);
/* zone_plan_pass: makes sure that the queue is looked at when it may be served. */
void zone_plan_pass(const Zone *zone, gint64 now_ns, Plan *plan);
/* zone_reconcile: the key "@zone". */
void zone_reconcile(const Reconcile *r, Plan *plan);
/* lifecycle_handle_disruption: the end of a monitor pass. @nodes: as listed at its start. */
void lifecycle_handle_disruption(const Reconcile *r, Plan *plan, const GPtrArray *nodes);

/* --- nodelifecycle_taints.c --------------------------------------------------------------------------- */

gboolean node_has_taint(const ApiObject *node, const char *key, const char *effect);
/* plan_swap_taints: adds, then removes those that the cached @node has; each with a live look first. */
typedef struct {
    const char *key, *effect;
} TaintName;
void plan_swap_taints(Plan *plan,
                      const ApiObject *node,
                      const TaintName *add,
                      guint n_add,
                      const TaintName *remove,
                      guint n_remove,
                      gint64 wall_ns);
/* plan_mark_reachable: both NoExecute taints go; out of the queue. */
void plan_mark_reachable(const Reconcile *r, Plan *plan, const ApiObject *node);
/* node_reconcile_no_schedule: NoSchedule taints mirror conditions and spec.unschedulable. */
void node_reconcile_no_schedule(const Reconcile *r, Plan *plan, const ApiObject *node);
/* node_reconcile_labels: the beta labels of operating system and architecture follow the others. */
void node_reconcile_labels(Plan *plan, const ApiObject *node);

/* --- nodelifecycle_health.c ----------------------------------------------------------------------------- */

void lifecycle_tick(const Reconcile *r, Plan *plan);
/* plan_mark_pod: Ready False and an event; FALSE if there is nothing to do. */
gboolean plan_mark_pod(const Reconcile *r, Plan *plan, const ApiObject *pod);
