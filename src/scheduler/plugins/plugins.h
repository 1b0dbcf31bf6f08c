/*
 * plugins.h - the plugins, and what several of them use
 */
#pragma once

#include "scheduler/plugin.h"

extern const SchedPlugin scheduling_gates_plugin, priority_sort_plugin, node_unschedulable_plugin,
    node_name_plugin, taint_toleration_plugin, node_affinity_plugin, node_ports_plugin,
    node_resources_fit_plugin, pod_topology_spread_plugin, inter_pod_affinity_plugin,
    default_preemption_plugin, balanced_allocation_plugin, image_locality_plugin,
    volume_restrictions_plugin, node_volume_limits_plugin, volume_binding_plugin, volume_zone_plugin;

/* --- match.c ------------------------------------------------------------------------------------- */

gboolean sched_taint_is_tolerated(const TolerationList *tolerations, const Taint *taint);
/* sched_untolerated_taint: the first NoSchedule or NoExecute taint of @node that is not tolerated, or NULL. */
const Taint *sched_untolerated_taint(const ApiObject *node, const TolerationList *tolerations);
/*
 * sched_affinity_term_matches: an inter-pod term of a pod in @owner_namespace
 * selects @pod. @cache NULL: no namespace has labels.
 */
gboolean sched_affinity_term_matches(const SchedCache *cache,
                                     const PodAffinityTerm *term,
                                     const char *owner_namespace,
                                     const ApiObject *pod);
/* sched_affinity_all_match: every term selects @pod; FALSE for no terms. */
gboolean sched_affinity_all_match(const SchedCache *cache,
                                  const PodTermList *terms,
                                  const char *owner_namespace,
                                  const ApiObject *pod);
/* sched_event_is_own: the event is a change of the waiting pod itself. */
gboolean sched_event_is_own(const PodInfo *waiting, const ClusterEvent *event);

/* --- volume_binding.c --------------------------------------------------------------------------- */

/* sched_claim_of: the claim that the pod's @volume'th volume names, or NULL; not one made for the pod. */
const char *sched_claim_of(const ApiObject *pod, guint volume);
const ApiObject *sched_claim_get(const SchedCache *cache, const ApiObject *pod, const char *name);
gboolean sched_uses_claim(const ApiObject *pod, const char *name);
/* sched_claim_hint: the event is about a claim of the waiting pod. */
gboolean sched_claim_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event);

gboolean sched_claim_is_bound(const ApiObject *claim);

/* A claim that is bound with its pod: to @volume, or to one that is made for the node (NULL). All borrowed. */
typedef struct {
    const ApiObject *claim, *volume;
} ClaimChoice;
typedef API_LIST_OF(ClaimChoice) ClaimChoices;
/* sched_choose_volumes: for every claim of @pod that waits for its node; why @node cannot have them all, NULL if it can. */
const char *
sched_choose_volumes(const SchedCache *cache, const ApiObject *pod, const ApiObject *node, ClaimChoices *out);

/* --- resource_scores.c ------------------------------------------------------------------------------ */

/* One resource on one node; requested includes the pod to be placed. */
typedef struct {
    gint64 requested, capacity, weight;
} ResourceShare;
typedef struct {
    gint64 utilisation, score; /* percent; 0 to 10 as configured */
} ShapePoint;

gint64 sched_score_least_allocated(const ResourceShare *shares, guint n);
gint64 sched_score_most_allocated(const ResourceShare *shares, guint n);
gint64 sched_score_capacity_ratio(const ResourceShare *shares,
                                  guint n,
                                  const ShapePoint *points,
                                  guint n_points);
/* sched_broken_linear: straight lines between the points, flat outside. */
gint64 sched_broken_linear(const ShapePoint *points, guint n_points, gint64 utilisation);
gint64 sched_score_balanced(const ResourceShare *shares, guint n);

/* sched_fit_score, sched_balanced_score: of one node, with the default strategies. */
gint64 sched_fit_score(const PodShape *shape, const NodeInfo *node);
gint64 sched_balanced_score(const PodShape *shape, const NodeInfo *node);

/* --- logarithm.c ----------------------------------------------------------------------------------- */

/* sched_ln: natural logarithm of @value > 0, the same bits everywhere. */
double sched_ln(double value);
