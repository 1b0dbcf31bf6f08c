/*
 * daemonset_sync.h - parts of a DaemonSet's sync
 *
 * Models v1.34 pkg/controller/daemon. A sync goes in stages, each a plan whose
 * continuation looks at the pods anew: history and too few or too many pods,
 * the rolling update, clean-up and status.
 */
#pragma once

#include "controllers/revisions.h"

#define DAEMON_HASH_LABEL "controller-revision-hash"

/* A node's claimed pods. The node may be gone. */
typedef struct {
    const char *name;      /* interned */
    const ApiObject *node; /* NULL: no such node */
    GPtrArray *pods;       /* of ApiObject (borrowed), in the order listed */
} DaemonNode;

typedef struct {
    const ApiObject *set;
    const char *hash; /* of the current revision */
    GPtrArray *nodes; /* of DaemonNode (owned), by name: every node, and the names that pods ask for */
} DaemonView;

/* daemonset_nodes.c */
/* daemon_node_should_run: (TRUE, TRUE) run it here; (FALSE, TRUE) may stay; (FALSE, FALSE) must go. */
gboolean daemon_node_should_run(const ApiObject *set,
                                const ApiObject *node,
                                gboolean *out_should_continue);
DaemonView *daemon_view_new(const Reconcile *r, const ApiObject *set, const char *hash);
void daemon_view_free(DaemonView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DaemonView, daemon_view_free)
/* daemon_sort_oldest: scheduled before unscheduled, then by creation. */
void daemon_sort_oldest(GPtrArray *pods);
gboolean daemon_pod_is_updated(const ApiObject *pod, const char *hash);
/* daemon_pod_is_current: IsPodUpdated: by its hash, or by the generation of the template it was made of. */
gboolean daemon_pod_is_current(const ApiObject *set, const ApiObject *pod, const char *hash);
gboolean daemon_allows_surge(const ApiObject *set);
/* daemon_plan_pods: expectations, pods for the nodes named, deletions; at most 250 of each. */
void daemon_plan_pods(const ApiObject *set,
                      const char *hash,
                      const GPtrArray *node_names,
                      const GPtrArray *victims,
                      Plan *plan);

/* daemonset_rolling.c */
void daemon_plan_rolling(const Reconcile *r, const DaemonView *view, Plan *plan);

/* daemonset_history.c */
/* daemon_label_revisions: those of @revisions without a hash get one; they go to @labelled (owned refs) and take their places. */
void daemon_label_revisions(GPtrArray *revisions, GPtrArray *labelled, Plan *plan);
/*
 * daemon_find_revision: the current one of @revisions (sorted). (owned) What makes it so - a new
 * one (the last step then), a new number, the end of doubles, whose @pods take its hash - is planned; old ones
 * go to @old.
 */
ApiObject *daemon_find_revision(const ApiObject *set,
                                const GPtrArray *revisions,
                                const GPtrArray *pods,
                                GPtrArray *old,
                                gboolean *out_is_new,
                                Plan *plan);
void daemon_clean_history(const DaemonView *view, const GPtrArray *old, Plan *plan);

/* daemonset_status.c */
/* daemon_calculate_status: into @status, which holds the old one. */
void daemon_calculate_status(const Reconcile *r,
                             const DaemonView *view,
                             gboolean has_observed,
                             DaemonSetStatus *status);

/* daemonset_events.c */
void daemon_on_set(Controller *controller, const ApiObject *old, const ApiObject *object);
void daemon_on_revision(Controller *controller, const ApiObject *old, const ApiObject *object);
void daemon_on_pod(Controller *controller, const ApiObject *old, const ApiObject *object);
void daemon_on_node(Controller *controller, const ApiObject *old, const ApiObject *object);
