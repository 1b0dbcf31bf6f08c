/*
 * budgets.h - which evictions would break a disruption budget
 *
 * Models: v1.34 plugins/defaultpreemption: filterPodsWithPDBViolation. Reads
 * policy/v1 PodDisruptionBudgets through their table, so that it works with any
 * kind that has spec.selector, status.disruptionsAllowed and
 * status.disruptedPods; there are none where the API does not know the kind.
 */
#pragma once

#include "scheduler/cache.h"

/* sched_budgets_list: all budgets of the cluster. (owned array, borrowed items) */
GPtrArray *sched_budgets_list(const SchedCache *cache);
/*
 * sched_budgets_mark: @pods (PodInfo) in order of importance, each using up the
 * budgets it falls under. Returns: (owned) per pod, whether one went below zero.
 */
gboolean *sched_budgets_mark(const GPtrArray *pods, const GPtrArray *budgets);
