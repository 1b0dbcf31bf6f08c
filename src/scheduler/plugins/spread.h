/*
 * spread.h - topology spread constraints, as the filter and the score read them
 *
 * spread_constraints.c reads them off the pod (or makes the system's default
 * ones); pod_topology_spread.c filters by them, spread_score.c scores.
 */
#pragma once

#include "scheduler/plugins/plugins.h"

#define SPREAD_HOSTNAME "kubernetes.io/hostname"

typedef struct {
    const char *key; /* interned */
    gint32 max_skew, min_domains;
    gboolean honors_affinity, honors_taints;
    PodSelector selector;
} SpreadConstraint;

typedef struct {
    API_LIST_OF(SpreadConstraint) items;
    gboolean is_default; /* nobody asked for them: nodes may lack the keys */
} SpreadConstraints;

/* spread_read: the pod's constraints with that whenUnsatisfiable. */
void spread_read(SpreadConstraints *out, const ApiObject *pod, const char *action);
/* spread_read_default: for a pod without any: by host and zone, among the pods of its Services and its owner. */
void spread_read_default(SpreadConstraints *out, SchedCache *cache, const ApiObject *pod);
void spread_clear(SpreadConstraints *constraints);

/* spread_has_keys: the node has a value for every constraint. */
gboolean spread_has_keys(const SpreadConstraints *constraints, const ApiObject *node);
/* spread_includes: the node's pods count, by the constraint's policies. */
gboolean
spread_includes(const SpreadConstraint *constraint, const ApiObject *pod, const ApiObject *node);

/* --- spread_score.c ---------------------------------------------------------------------------- */

Verdict spread_pre_score(Cycle *cycle, gpointer *state, const Candidates *of);
ScoreRow spread_score(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out);
void spread_free_score(gpointer state);
