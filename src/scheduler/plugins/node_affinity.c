/* NodeAffinity: nodeSelector, required and preferred node affinity (v1.34 plugins/nodeaffinity). */
#include "scheduler/plugins/plugins.h"

static const NodeAffinity *
affinity_of(const Cycle *cycle)
{
    const Affinity *affinity = pod_spec(cycle->pod->pod)->affinity;

    return affinity == NULL ? NULL : affinity->node_affinity;
}

/* The node names of one term; FALSE if it does not name any (all nodes are possible). */
static gboolean
names_of_term(const NodeSelectorTerm *term, StrList *names)
{
    gboolean is_named = FALSE;

    for (guint i = 0; i < term->match_fields.count; i++) {
        const NodeSelectorRequirement *rule = &term->match_fields.items[i];
        StrList both = {0};

        if (!str_is(rule->key, "metadata.name") || !str_is(rule->operator_, "In"))
            continue;
        for (guint k = 0; k < rule->values.count; k++) {
            const char *name = rule->values.items[k];

            if ((!is_named || str_list_contains(names, name)) && !str_list_contains(&both, name))
                str_list_add(&both, name);
        }
        g_free(names->items);
        *names = both;
        is_named = TRUE;
    }
    return is_named;
}

/* Names of all terms together; NULL if some term leaves the name open. (owned) */
static StrList *
names_of_terms(const NodeSelector *required)
{
    StrList *all = g_new0(StrList, 1);

    for (guint i = 0; i < required->terms.count; i++) {
        StrList names = {0};
        gboolean is_named = names_of_term(&required->terms.items[i], &names);

        for (guint k = 0; is_named && k < names.count; k++) {
            if (!str_list_contains(all, names.items[k]))
                str_list_add(all, names.items[k]);
        }
        g_free(names.items);
        if (!is_named) {
            g_free(all->items);
            g_free(all);
            return NULL;
        }
    }
    return all;
}

static void
names_free(gpointer state)
{
    StrList *names = state;

    if (names != NULL)
        g_free(names->items);
    g_free(names);
}

static Verdict
node_affinity_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    const NodeAffinity *affinity = affinity_of(cycle);
    const NodeSelector *required = affinity == NULL ? NULL : affinity->required;
    StrList *names;

    if (required == NULL && pod_spec(cycle->pod->pod)->node_selector.count == 0)
        return VERDICT_SKIP;
    if (required == NULL || required->terms.count == 0)
        return VERDICT_SUCCESS;
    names = names_of_terms(required);
    if (names == NULL)
        return VERDICT_SUCCESS;
    *state = names;
    if (names->count == 0) {
        reasons_add(reasons, "pod affinity terms conflict");
        return VERDICT_UNRESOLVABLE;
    }
    cycle->narrowed = names;
    return VERDICT_SUCCESS;
}

static Verdict
node_affinity_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    (void)state;
    if (node_matches_required(pod_spec(cycle->pod->pod), node->node))
        return VERDICT_SUCCESS;
    reasons_add(reasons, "node(s) didn't match Pod's node affinity/selector");
    return VERDICT_UNRESOLVABLE;
}

static Verdict
node_affinity_pre_score(Cycle *cycle, gpointer *state, const Candidates *of)
{
    const NodeAffinity *affinity = affinity_of(cycle);

    (void)state;
    (void)of;
    return affinity == NULL || affinity->preferred.count == 0 ? VERDICT_SKIP : VERDICT_SUCCESS;
}

static ScoreRow
node_affinity_score(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out)
{
    const NodeAffinity *affinity = affinity_of(cycle);
    gint64 *sums = of->room->wide;
    gint64 most = 0;

    (void)state;
    for (guint i = 0; i < of->n; i++) {
        sums[i] = 0;
        for (guint k = 0; k < affinity->preferred.count; k++) {
            const PreferredSchedulingTerm *term = &affinity->preferred.items[k];

            if (term->weight != 0 && node_term_matches(&term->preference, of->nodes[i]->node))
                sums[i] += term->weight;
        }
        most = MAX(most, sums[i]);
    }
    if (most == 0)
        return (ScoreRow){.all = 0};
    for (guint i = 0; i < of->n; i++)
        out[i] = (guint8)(sums[i] * SCHED_SCORE_MAX / most);
    return (ScoreRow){.each = out};
}

static gboolean
node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const PodSpec *spec = pod_spec(waiting->pod);

    (void)cache;
    return node_matches_required(spec, event->object) &&
           (event->old == NULL || !node_matches_required(spec, event->old));
}

static const PluginEvents node_affinity_events[] = {
    {EVENT_NODE_ADDED | EVENT_NODE_LABEL, node_hint},
    {0},
};

const SchedPlugin node_affinity_plugin = {
    .name = "NodeAffinity",
    .weight = 2,
    .events = node_affinity_events,
    .pre_filter = node_affinity_pre_filter,
    .is_local = TRUE,
    .filter = node_affinity_filter,
    .free_filter_state = names_free,
    .pre_score = node_affinity_pre_score,
    .score = node_affinity_score,
};
