/* NodeResourcesBalancedAllocation: cpu and memory used evenly (v1.34 noderesources/balanced_allocation.go). */
#include "scheduler/plugins/plugins.h"

static Verdict
balanced_pre_score(Cycle *cycle, gpointer *state, const Candidates *of)
{
    const Amounts *wanted = &cycle->pod->shape->requests;

    (void)state;
    (void)of;
    return wanted->cpu_milli == 0 && wanted->memory_bytes == 0 ? VERDICT_SKIP : VERDICT_SUCCESS;
}

gint64
sched_balanced_score(const PodShape *shape, const NodeInfo *node)
{
    const Amounts *wanted = &shape->requests;
    ResourceShare shares[2] = {
        {wanted->cpu_milli + node->requested.cpu_milli, node->allocatable.cpu_milli, 1},
        {wanted->memory_bytes + node->requested.memory_bytes, node->allocatable.memory_bytes, 1},
    };

    return sched_score_balanced(shares, 2);
}

static ScoreRow
balanced_score(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out)
{
    (void)state;
    if (of->balanced != NULL)
        return (ScoreRow){.each = of->balanced};
    for (guint i = 0; i < of->n; i++)
        out[i] = (guint8)sched_balanced_score(cycle->pod->shape, of->nodes[i]);
    return (ScoreRow){.each = out};
}

const SchedPlugin balanced_allocation_plugin = {
    .name = "NodeResourcesBalancedAllocation",
    .weight = 1,
    .pre_score = balanced_pre_score,
    .score = balanced_score,
};
