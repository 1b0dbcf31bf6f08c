/*
 * attempt.h - one scheduling attempt for one pod, worked out in one instant
 *
 * Models: v1.34 pkg/scheduler/schedule_one.go: schedulePod and what follows a
 * failure: PreFilter, Filter from nextStartNodeIndex on, PreScore, Score,
 * selectHost; PostFilter (preemption.h). Reads the cache, changes nothing but
 * the streams and the start index. Left out: extenders, Permit, volumes.
 */
#pragma once

#include "scheduler/plugin.h"
#include "sim/rng.h"

/* A way in which nodes did not pass. */
typedef struct {
    Verdict verdict;
    gint plugin;
    guint first_reason, n_reasons; /* in Attempt.reasons */
} RejectionKind;

/* Pods to be deleted so that the pod fits. */
typedef struct {
    const char *node;   /* interned */
    GPtrArray *victims; /* (owned) of ApiObject with refs, most important first */
    guint n_violations; /* of disruption budgets */
} Candidate;

/* What one plugin said of the feasible nodes. */
typedef struct {
    gint8 plugin;
    guint8 has_each; /* else all got the same */
    guint8 all;
} AttemptRow;

typedef struct {
    const char *key;     /* of the pod, interned */
    const char *chosen;  /* node, interned; NULL: none */
    const char *message; /* interned; NULL if chosen */
    guint rejectors;     /* bit per plugin that rejected some node */
    guint n_all;         /* nodes of the cluster */
    guint n_feasible;
    guint first;       /* place of the first of them, if they are side by side */
    guint32 *places;   /* (owned) of each; NULL: side by side */
    NodeNames *names;  /* (owned ref) by place; NULL: there are no nodes */
    guint n_rows;      /* plugins that scored; 0: nobody was asked */
    AttemptRow rows[SCHED_ROWS_MAX];
    guint8 *scores; /* (owned) n_feasible for each row that has_each, before the weight */
    guint n_rejected;
    Rejection *rejected; /* (owned) in the order visited */
    API_LIST_OF(RejectionKind) kinds;
    GPtrArray *reasons; /* of texts that live for ever; NULL: none */
    const char *pre_filter_message; /* interned; a PreFilter plugin said no */
    Verdict absent;                 /* of the nodes in neither list */
    const char *absent_reason;      /* interned, may be NULL */
    gboolean sets_nomination;       /* status.nominatedNodeName becomes `nominated` */
    const char *nominated;          /* interned, "" clears */
    Candidate *preemption;          /* (owned) NULL: none */
    GList link; /* for who keeps it, as the next */
    gsize size_bytes;
} Attempt;

typedef struct {
    SchedCache *cache;
    guint version_minor;
    guint percentage;  /* of nodes to find; 0: adaptive */
    gint64 wall_ns;    /* a pod that has not started counts as started now */
    Rng *tiebreak;     /* choice among equal totals */
    Rng *preemption;   /* where to begin, choice among equal candidates */
    guint *next_start; /* nextStartNodeIndex, moved on */
} AttemptOptions;

Attempt *attempt_run(const AttemptOptions *options, const PodInfo *pod);
void attempt_free(gpointer attempt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attempt, attempt_free)
gsize attempt_size_bytes(const Attempt *attempt);
/* attempt_feasible: name of one of the feasible nodes. */
const char *attempt_feasible(const Attempt *attempt, guint index);

/* attempt_nodes_to_find: how many feasible nodes are looked for among @n_all. */
guint attempt_nodes_to_find(guint n_all, guint percentage);
/* attempt_rejected: name of the node of a rejection. */
static inline const char *
attempt_rejected(const Attempt *attempt, guint index)
{
    return attempt->names->items[attempt->rejected[index].place];
}

/* attempt_outline: the tree of scheduler_explain without the nodes. (owned) */
Value *attempt_outline(const char *chosen, const char *message);
/* attempt_explain: the tree of scheduler_explain. (owned) */
Value *attempt_explain(const Attempt *attempt);

/* --- score.c -------------------------------------------------------------------------------------- */

/* attempt_score: asks the plugins about @of; fills the attempt's rows and the room's totals. */
void attempt_score(Attempt *attempt, Cycle *cycle, const Candidates *of);
/* attempt_select: the best of @n, one of the best ones drawn. */
guint attempt_select(const gint16 *totals, guint n, Rng *tiebreak);

/* --- for preemption and local.c ------------------------------------------------------------------------------ */

/* attempt_filter_node: the filters on @node with nominated pods of at least the pod's priority added, and without. */
Verdict attempt_filter_node(Cycle *cycle, NodeInfo *node, Reasons *reasons, gint *out_plugin);
/* attempt_add_pod, _remove_pod: @pod comes to or leaves trial node @node. */
void attempt_add_pod(const Cycle *cycle, NodeInfo *node, const PodInfo *pod);
void attempt_remove_pod(const Cycle *cycle, NodeInfo *node, const PodInfo *pod);

/* attempt_filter_local: the filters that look at the pod's spec and the node alone. */
Verdict attempt_filter_local(const Cycle *cycle, const NodeInfo *node, Reasons *reasons, gint *out_plugin);

/* --- message.c --------------------------------------------------------------------------------------- */

/* Reasons, counted. */
typedef struct ReasonCounts ReasonCounts;
ReasonCounts *reason_counts_new(void);
void reason_counts_add(ReasonCounts *histogram, const char *reason, guint count);
/* reason_counts_finish: "0/N nodes are available: 1 a, 2 b."; frees. (interned) */
const char *reason_counts_finish(ReasonCounts *histogram, guint n_all);
/* attempt_message: without the words of PostFilter. (interned) */
const char *attempt_fit_message(const Attempt *attempt);
