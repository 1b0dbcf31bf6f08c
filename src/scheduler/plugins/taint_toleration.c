/* TaintToleration: hard taints filter, PreferNoSchedule ones score (v1.34 plugins/tainttoleration). */
#include "scheduler/plugins/plugins.h"
#include "api/profile.h"

static Verdict
taint_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    const Taint *taint;

    (void)state;
    if (node->n_hard_taints == 0)
        return VERDICT_SUCCESS;
    taint = sched_untolerated_taint(node->node, &pod_spec(cycle->pod->pod)->tolerations);
    if (taint == NULL)
        return VERDICT_SUCCESS;
    if (!profile_has(FEATURE_TAINTS_NOT_NAMED, cycle->version_minor))
        reasons_add(reasons, str_internf("node(s) had untolerated taint {%s: %s}", taint->key,
                                         taint->value == NULL ? "" : taint->value));
    else
        reasons_add(reasons, "node(s) had untolerated taint(s)");
    return VERDICT_UNRESOLVABLE;
}

static gint64
count_intolerable(const PodSpec *spec, const NodeInfo *node)
{
    const NodeSpec *node_spec_ = node_spec(node->node);
    gint64 count = 0;

    if (node->n_prefer_taints == 0)
        return 0;
    for (guint i = 0; i < node_spec_->taints.count; i++) {
        const Taint *taint = &node_spec_->taints.items[i];

        if (str_is(taint->effect, "PreferNoSchedule") &&
            !sched_taint_is_tolerated(&spec->tolerations, taint))
            count++;
    }
    return count;
}

static ScoreRow
taint_score(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out)
{
    gint64 *counts = of->room->wide;
    gint64 most = 0;

    (void)state;
    if (sched_cache_prefer_taints(cycle->cache) == 0)
        return (ScoreRow){.all = SCHED_SCORE_MAX};
    for (guint i = 0; i < of->n; i++) {
        counts[i] = count_intolerable(pod_spec(cycle->pod->pod), of->nodes[i]);
        most = MAX(most, counts[i]);
    }
    if (most == 0)
        return (ScoreRow){.all = SCHED_SCORE_MAX};
    for (guint i = 0; i < of->n; i++)
        out[i] = (guint8)(SCHED_SCORE_MAX - counts[i] * SCHED_SCORE_MAX / most);
    return (ScoreRow){.each = out};
}

static gboolean
node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const TolerationList *tolerations = &pod_spec(waiting->pod)->tolerations;

    (void)cache;
    if (sched_untolerated_taint(event->object, tolerations) != NULL)
        return FALSE;
    return event->old == NULL || sched_untolerated_taint(event->old, tolerations) != NULL;
}

static gboolean
toleration_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    return sched_event_is_own(waiting, event);
}

static const PluginEvents taint_events[] = {
    {EVENT_NODE_ADDED | EVENT_NODE_TAINT, node_hint},
    {EVENT_POD_TOLERATION, toleration_hint},
    {0},
};

const SchedPlugin taint_toleration_plugin = {
    .name = "TaintToleration",
    .weight = 3,
    .events = taint_events,
    .is_local = TRUE,
    .filter = taint_filter,
    .score = taint_score,
};
