/*
 * plugin.h - what a scheduler plugin is
 *
 * Models: v1.34 pkg/scheduler/framework/interface.go, default profile. A plugin
 * is one file in plugins/ with one const struct and one line in plugins/list.c;
 * its place in the list is its place at every extension point. Functions that
 * are NULL are points the plugin has no part in.
 *
 * Every cycle has one slot of state per plugin, filled by pre_filter or
 * pre_score and freed with free_state.
 */
#pragma once

#include "scheduler/cache.h"

typedef struct Cycle Cycle;
typedef struct SchedPlugin SchedPlugin;

#define SCHED_PLUGINS_MAX SCHED_ROWS_MAX
#define SCHED_SCORE_MAX   100

typedef enum {
    VERDICT_SUCCESS,
    VERDICT_SKIP,          /* the plugin has nothing to say about this pod */
    VERDICT_UNSCHEDULABLE, /* preemption may help */
    VERDICT_UNRESOLVABLE,  /* it will not */
    VERDICT_ERROR,
} Verdict;

/* Why not: texts as users see them. */
typedef struct {
    GPtrArray *texts; /* of texts that live for ever, one pointer for each */
} Reasons;
/* reasons_add: @text is a literal that stands in one place only, or interned. */
void reasons_add(Reasons *reasons, const char *text);

/* What happened in the cluster; one bit each. */
typedef enum {
    EVENT_POD_ADDED = 1 << 0, /* pods that are on a node */
    EVENT_POD_DELETED = 1 << 1,
    EVENT_POD_LABEL = 1 << 2, /* also of the waiting pod itself, as the next four */
    EVENT_POD_SCALE_DOWN = 1 << 3,
    EVENT_POD_GATES = 1 << 4,
    EVENT_POD_TOLERATION = 1 << 5,
    EVENT_POD_OTHER = 1 << 6,
    EVENT_NODE_ADDED = 1 << 7,
    EVENT_NODE_DELETED = 1 << 8,
    EVENT_NODE_TAINT = 1 << 9,
    EVENT_NODE_ALLOCATABLE = 1 << 10,
    EVENT_NODE_LABEL = 1 << 11,
    EVENT_NODE_CONDITION = 1 << 12,
    EVENT_NODE_ANNOTATION = 1 << 13,
    EVENT_CLAIM = 1 << 15,    /* a PersistentVolumeClaim came or changed */
    EVENT_VOLUME = 1 << 16,   /* a PersistentVolume did */
    EVENT_CLASS = 1 << 17,    /* a StorageClass did */
    EVENT_CSI_NODE = 1 << 18, /* a CSINode did */
    EVENT_CSI_DRIVER = 1 << 19,   /* a CSIDriver did */
    EVENT_CSI_CAPACITY = 1 << 20, /* a CSIStorageCapacity did */
    EVENT_WILDCARD = 1 << 14, /* leftover flush, forced activation: always queues */
} ClusterEventType;

typedef struct {
    ClusterEventType type;
    const ApiObject *old, *object; /* (borrowed) before and after; NULL where there is none */
} ClusterEvent;

/* Would the event make @waiting schedulable? NULL in a row: always. */
typedef gboolean (*PluginHint)(SchedCache *cache,
                               const PodInfo *waiting,
                               const ClusterEvent *event);
typedef struct {
    guint events; /* ClusterEventType bits; 0 ends a table */
    PluginHint hint;
} PluginEvents;

/* The nodes that passed. */
typedef struct {
    guint n;
    NodeInfo *const *nodes;
    const guint32 *slots;  /* NodeInfo.slot of each */
    const guint32 *places; /* of each in NodeColumns; NULL: side by side from @first on, twice over */
    guint first;
    const guint8 *fit, *balanced; /* scores that are known; NULL: not */
    AttemptRoom *room;            /* for plugins: wide, sorts */
} Candidates;

/* Scores from 0 to 100, one for each candidate; @each NULL: @all for every one. */
typedef struct {
    const guint8 *each;
    guint8 all;
} ScoreRow;

struct SchedPlugin {
    const char *name;
    gint64 weight; /* of its score; 0: none */
    const PluginEvents *events;
    gboolean is_local; /* filter sees nothing but the pod's spec and the node with what is on it */
    /* pre_enqueue: NULL if the pod may be tried, else why not (interned). */
    const char *(*pre_enqueue)(const ApiObject *pod);
    /* pre_filter: may narrow the nodes with cycle_narrow. */
    Verdict (*pre_filter)(Cycle *cycle, gpointer *state, Reasons *reasons);
    Verdict (*filter)(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons);
    /* As if @pod were added to or removed from @node (a trial node that has it already). */
    void (*add_pod)(const Cycle *cycle, gpointer state, const PodInfo *pod, const NodeInfo *node);
    void (*remove_pod)(const Cycle *cycle,
                       gpointer state,
                       const PodInfo *pod,
                       const NodeInfo *node);
    /* pre_score: SUCCESS or SKIP. */
    Verdict (*pre_score)(Cycle *cycle, gpointer *state, const Candidates *of);
    /* score: the normalised scores; may use @out, which has room for them. (borrowed, of @out or what lives as long) */
    ScoreRow (*score)(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out);
    void (*free_filter_state)(gpointer state);
    void (*free_score_state)(gpointer state);
};

/* The plugins in order, NULL-terminated (plugins/list.c). */
extern const SchedPlugin *const sched_plugins[];

/* Who has a part in what: a bit per plugin. */
typedef struct {
    guint pre_enqueue, pre_filter, filter, filter_beyond; /* beyond: more than the node */
    guint score, pre_score, filter_state, score_state;    /* state: to be freed */
} SchedPoints;
const SchedPoints *sched_points(void);

/* --- what a plugin sees of the cycle --------------------------------------------------------- */

struct Cycle {
    SchedCache *cache;
    const PodInfo *pod;
    guint version_minor;
    gpointer filter_states[SCHED_PLUGINS_MAX];
    gpointer score_states[SCHED_PLUGINS_MAX];
    guint skip_filter; /* bit per plugin */
    const StrList *narrowed; /* (borrowed from the plugin's state) names of the only nodes; NULL: all */
    gint narrowed_by;        /* plugin; -1 */
};
