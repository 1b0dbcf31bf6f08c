/* autoscaler_internal.h - what the files of the cluster autoscaler share */
#pragma once

#include "scheduler/attempt.h"
#include "scheduler/autoscaler.h"

/* --- autoscaler_sim.c: the cluster as the next loop may find it ----------------------------------- */

typedef struct {
    SchedCache *cache;
    GPtrArray *owned; /* (owned) of ApiObject: copies that the cache does not keep */
    Rng tiebreak, preemption;
    guint next_start, version_minor;
    const Reconcile *r;
    guint n_copies;
} Simulation;

/* simulation_new: nodes and pods as they are, but for nodes that are being deleted or only starting. */
Simulation *simulation_new(const Reconcile *r, guint version_minor);
void simulation_free(Simulation *sim);
/* simulation_add_copy: one more node like @node, with what its DaemonSets run there. Returns: its name. (interned) */
const char *simulation_add_copy(Simulation *sim, const ApiObject *node);
void simulation_remove_copy(Simulation *sim, const char *copy);
/*
 * simulation_place: puts @pod on a node where the filters let it be; among several the
 * one that comes first in @prefer (NULL: any). NULL: it fits nowhere.
 */
const char *simulation_place(Simulation *sim, const ApiObject *pod, const GPtrArray *prefer);
/* simulation_place_on: on @node; NULL: it does not fit, and why is added to @why (texts that live for ever). */
const char *simulation_place_on(Simulation *sim, const ApiObject *pod, const char *node, GPtrArray *why);
/* simulation_take: @pod, which was placed, goes away again. */
void simulation_take(Simulation *sim, const ApiObject *pod);
/*
 * simulation_empty_node: @node goes and @pods find other places; TRUE: they do,
 * and have. FALSE: nothing is changed.
 */
gboolean simulation_empty_node(Simulation *sim, const ApiObject *node, const GPtrArray *pods);

/* --- autoscaler_down.c ------------------------------------------------------------------------------- */

typedef struct {
    gint64 since_ns;
    gboolean is_empty;
    gboolean has_begun, is_drained; /* the first: evictions, at begun_ns */
    gint64 begun_ns, gone_since_ns; /* the second: all evictions were taken then; 0: not yet */
} Deletion;

typedef struct {
    gint64 until_ns, duration_ns;
    const char *message; /* interned */
} Backoff;

/* A growth whose machines are on their way. */
typedef struct {
    gint64 asked_ns; /* the last time */
    guint increase;
} Growth;

/* Of how many nodes which is true; one that goes counts as deleted and as nothing else. */
typedef struct {
    guint registered, ready, not_started, deleted, unready, unregistered;
} Readiness;

typedef struct {
    Readiness nodes;
    guint target; /* machines that the cloud is to have, after what this loop did */
    guint candidates; /* of its nodes nobody needs: when that was last looked at */
} GroupState;

typedef struct {
    GHashTable *unneeded; /* node name (interned) -> gint64* (owned): since when */
    GHashTable *deleting; /* node name (interned) -> Deletion (owned) */
    GHashTable *unremovable; /* node name (interned) -> gint64* (owned): not looked at until */
    GHashTable *growing;  /* group -> Growth (owned) */
    GHashTable *backoff;  /* group -> Backoff (owned): those whose machines did not come */
    gint64 last_up_ns, last_down_ns, last_failure_ns; /* the last: of a node that could not be emptied */
    gboolean has_grown, has_failed;
    /* --- for the status --- */
    Readiness total;
    GroupState *groups; /* (owned) as many as the config has */
    gboolean is_healthy, has_looked_down; /* the second: candidates are known, since: */
    gint64 looked_down_wall_ns;
    GHashTable *transitions; /* "GROUP/condition" (interned) -> Transition (owned) */
    ApiObject *map; /* (owned ref) the ConfigMap as last written; NULL: not even once */
} AutoscalerState;

/* --- autoscaler_cluster.c: clusterstate/clusterstate.go ------------------------------------------------ */

/* autoscaler_is_ready: by its conditions and by the taints that stand for them; utils/kubernetes/ready.go. */
gboolean autoscaler_is_ready(const ApiObject *node);
/* autoscaler_is_starting: of a group, young and not ready yet: one of those on their way, not one that is there. */
gboolean autoscaler_is_starting(const Reconcile *r, const ApiObject *node);
/* autoscaler_observe: counts the nodes; ends growths that came or that took too long. */
void autoscaler_observe(const Reconcile *r, Plan *plan, const GPtrArray *nodes);
/* autoscaler_upcoming: how many nodes of the group are still to come. */
guint autoscaler_upcoming(const Reconcile *r, guint group);
gboolean autoscaler_group_is_healthy(const Reconcile *r, guint group);
gboolean autoscaler_group_is_growing(const Reconcile *r, guint group);
/* autoscaler_is_backed_off: @group failed not long ago; utils/backoff/exponential_backoff.go. */
gboolean autoscaler_is_backed_off(const Reconcile *r, const char *group);
void autoscaler_note_growth(const Reconcile *r, const char *group, guint increase);

/* --- autoscaler_status.c: the ConfigMap kube-system/cluster-autoscaler-status --------------------------- */

/* autoscaler_status_text: its text after this loop, and what has changed is remembered. @is_running FALSE: before the first. (owned) */
char *autoscaler_status_text(const Reconcile *r, gboolean is_running);
void autoscaler_write_status(const Reconcile *r, Plan *plan, gboolean is_running);
/* autoscaler_log: an event about that ConfigMap. */
void autoscaler_log(const Reconcile *r, Plan *plan, const char *type, const char *reason, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* autoscaler_is_daemon: runs on its node because of the node. */
gboolean autoscaler_is_daemon(const ApiObject *pod);
gboolean autoscaler_has_taint(const ApiObject *node, const char *key);
/* What is asked for, of 1. */
typedef struct {
    double cpu, memory;
} Utilization;

Utilization autoscaler_utilization(const ApiObject *node, const GPtrArray *pods);
/* autoscaler_utilization_text: as Go prints the structure utilization.Info. (interned) */
const char *autoscaler_utilization_text(Utilization used);
/*
 * autoscaler_blocks: why @pod may not be moved, in the words of the errors of simulator/drainability; NULL: it may.
 * @taken: budget (key, interned) -> how many pods of other nodes will use it; NULL: none. (interned)
 */
const char *autoscaler_blocks(View *view, const ApiObject *pod, GHashTable *taken);
/* autoscaler_why_blocked: the same of the first of @pods. */
const char *autoscaler_why_blocked(const Reconcile *r, const GPtrArray *pods, GHashTable *taken);
/* autoscaler_movable: pods of @node that must find another place. (owned) of (borrowed) */
GPtrArray *autoscaler_movable(const Reconcile *r, const char *node);
/* autoscaler_mark: sets a taint, or with @effect NULL takes it away. */
PlanStep *autoscaler_mark(const Reconcile *r, Plan *plan, const ApiObject *node, const char *key, const char *effect, const char *why);
/* autoscaler_scale_down: what nobody needs; @may_delete: and what nobody has needed for long goes. */
void autoscaler_scale_down(const Reconcile *r, Plan *plan, Simulation *sim, gboolean may_delete);

/* --- autoscaler_drain.c ------------------------------------------------------------------------------ */

/* autoscaler_drain: goes on with the node @name that is being deleted. */
void autoscaler_drain(const Reconcile *r, Plan *plan, const char *name);

/* --- autoscaler_up.c --------------------------------------------------------------------------------- */

/* autoscaler_scale_up: TRUE if a group grows. @pods: those that fit nowhere. */
gboolean autoscaler_scale_up(const Reconcile *r, Plan *plan, const GPtrArray *pods);
