/*
 * preemption.h - which pods would have to go
 *
 * Models: v1.34 pkg/scheduler/framework/preemption and plugins/defaultpreemption:
 * eligibility, potential nodes, victims per node, choice of the node. Works on
 * trial nodes; acting is the scheduler's.
 */
#pragma once

#include "scheduler/attempt.h"

/*
 * preemption_run: sets preemption, sets_nomination and nominated of @attempt.
 *
 * Returns: (interned) why not; NULL if a candidate was found.
 */
const char *preemption_run(const AttemptOptions *options, Cycle *cycle, Attempt *attempt);
void candidate_free(Candidate *candidate);

/* preemption_candidate_count: how many nodes to try of @n_potential. */
guint preemption_candidate_count(guint n_potential);
/* preemption_choose: index of the best; draws among equals. @rng NULL: the first of them. */
guint preemption_choose(const Candidate *const *candidates, guint n, gint64 wall_ns, Rng *rng);
/* preemption_is_eligible: NULL if @pod may preempt, else why not. */
const char *preemption_not_eligible(const SchedCache *cache,
                                    const ApiObject *pod,
                                    gboolean nominated_is_hopeless);
