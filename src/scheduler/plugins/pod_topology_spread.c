/* PodTopologySpread: pods of a sort evenly over domains (v1.34 plugins/podtopologyspread). */
#include "scheduler/plugins/spread.h"

/* --- filter: DoNotSchedule -------------------------------------------------------------------------- */

/* Matching pods per domain of one constraint. */
typedef struct {
    const Topology *topology; /* (borrowed) */
    gint64 *counts;           /* (owned) per value */
    gboolean *is_domain;      /* (owned) some eligible node has the value */
    guint n_domains;
    gint64 least; /* of the domains, if not stale */
    gboolean is_stale;
    gint64 self; /* the pod itself counts */
} Domains;

typedef struct {
    SpreadConstraints constraints;
    Domains *domains; /* (owned) one per constraint */
} FilterState;

static gboolean
has_all_domains(const FilterState *state, const NodeInfo *node)
{
    for (guint i = 0; i < state->constraints.items.count; i++) {
        if (topology_value_of(state->domains[i].topology, node) < 0)
            return FALSE;
    }
    return TRUE;
}

static void
count_domains(const Cycle *cycle, FilterState *state, guint index)
{
    const SpreadConstraint *constraint = &state->constraints.items.items[index];
    const PodCounts *counts = sched_cache_count(cycle->cache, &constraint->selector);
    Domains *domains = &state->domains[index];
    guint n;
    NodeInfo *const *nodes = sched_cache_nodes(cycle->cache, &n);

    domains->counts = g_new0(gint64, domains->topology->n_values);
    domains->is_domain = g_new0(gboolean, domains->topology->n_values);
    domains->is_stale = TRUE;
    domains->self =
        pod_selector_matches(&constraint->selector, &cycle->pod->pod->meta->labels) ? 1 : 0;
    for (guint i = 0; i < n; i++) {
        gint32 value = topology_value_of(domains->topology, nodes[i]);

        if (!has_all_domains(state, nodes[i]) ||
            !spread_includes(constraint, cycle->pod->pod, nodes[i]->node))
            continue;
        if (!domains->is_domain[value])
            domains->n_domains++;
        domains->is_domain[value] = TRUE;
        domains->counts[value] += pod_counts_on(counts, nodes[i]);
    }
}

static Verdict
spread_pre_filter(Cycle *cycle, gpointer *out_state, Reasons *reasons)
{
    FilterState *state;

    (void)reasons;
    if (pod_spec(cycle->pod->pod)->topology_spread_constraints.count == 0)
        return VERDICT_SKIP;
    state = g_new0(FilterState, 1);
    *out_state = state;
    spread_read(&state->constraints, cycle->pod->pod, "DoNotSchedule");
    if (state->constraints.items.count == 0)
        return VERDICT_SKIP;
    state->domains = g_new0(Domains, state->constraints.items.count);
    for (guint i = 0; i < state->constraints.items.count; i++)
        state->domains[i].topology =
            sched_cache_topology(cycle->cache, state->constraints.items.items[i].key);
    for (guint i = 0; i < state->constraints.items.count; i++)
        count_domains(cycle, state, i);
    return VERDICT_SUCCESS;
}

static void
filter_state_free(gpointer data)
{
    FilterState *state = data;

    if (state == NULL)
        return;
    for (guint i = 0; state->domains != NULL && i < state->constraints.items.count; i++) {
        g_free(state->domains[i].counts);
        g_free(state->domains[i].is_domain);
    }
    g_free(state->domains);
    spread_clear(&state->constraints);
    g_free(state);
}

/* v1.34 podtopologyspread/filtering.go: updateWithPod */
static void
shift_pod(const Cycle *cycle,
          FilterState *state,
          const PodInfo *pod,
          const NodeInfo *node,
          gint64 step)
{
    if (api_namespace(pod->pod) != api_namespace(cycle->pod->pod) || !has_all_domains(state, node))
        return;
    for (guint i = 0; i < state->constraints.items.count; i++) {
        const SpreadConstraint *constraint = &state->constraints.items.items[i];
        Domains *domains = &state->domains[i];
        gint32 value = topology_value_of(domains->topology, node);

        if (!pod_selector_matches(&constraint->selector, &pod->pod->meta->labels) ||
            !spread_includes(constraint, cycle->pod->pod, node->node))
            continue;
        domains->counts[value] += step;
        domains->is_stale = TRUE;
    }
}

static void
spread_add(const Cycle *cycle, gpointer state, const PodInfo *pod, const NodeInfo *node)
{
    shift_pod(cycle, state, pod, node, 1);
}

static void
spread_remove(const Cycle *cycle, gpointer state, const PodInfo *pod, const NodeInfo *node)
{
    shift_pod(cycle, state, pod, node, -1);
}

static gint64
least_of(Domains *domains, gint32 min_domains)
{
    if (domains->n_domains == 0 || (gint64)domains->n_domains < min_domains)
        return 0;
    if (domains->is_stale) {
        domains->least = G_MAXINT64;
        for (guint i = 0; i < domains->topology->n_values; i++) {
            if (domains->is_domain[i])
                domains->least = MIN(domains->least, domains->counts[i]);
        }
        domains->is_stale = FALSE;
    }
    return domains->least;
}

static Verdict
spread_filter(const Cycle *cycle, gpointer data, const NodeInfo *node, Reasons *reasons)
{
    FilterState *state = data;

    (void)cycle;
    for (guint i = 0; i < state->constraints.items.count; i++) {
        const SpreadConstraint *constraint = &state->constraints.items.items[i];
        Domains *domains = &state->domains[i];
        gint32 value = topology_value_of(domains->topology, node);
        gint64 skew;

        if (value < 0) {
            reasons_add(reasons, "node(s) didn't match pod topology spread constraints (missing "
                                 "required label)");
            return VERDICT_UNRESOLVABLE;
        }
        skew = domains->counts[value] + domains->self - least_of(domains, constraint->min_domains);
        if (skew > constraint->max_skew) {
            reasons_add(reasons, "node(s) didn't match pod topology spread constraints");
            return VERDICT_UNSCHEDULABLE;
        }
    }
    return VERDICT_SUCCESS;
}

/* --- score: ScheduleAnyway ------------------------------------------------------------------------------ */

/* One constraint among the candidates. */
typedef struct {
    const Topology *topology; /* (borrowed) */
    gint32 *per_node;         /* (owned) by candidate, its own pods: for the hostname; else NULL */
    const gint64 *counts;     /* (borrowed) per value; NULL for the hostname */
    gint64 *own_counts;       /* (owned) the same where only some nodes count; else NULL */
    double weight;
} ScoreDomains;

typedef struct {
    SpreadConstraints constraints;
    ScoreDomains *domains; /* (owned) */
    gboolean *is_ignored;  /* (owned) per candidate */
} ScoreState;

static guint
mark_ignored(ScoreState *state, NodeInfo *const *nodes, guint n)
{
    guint n_ignored = 0;

    state->is_ignored = g_new0(gboolean, n);
    for (guint i = 0; !state->constraints.is_default && i < n; i++) {
        state->is_ignored[i] = !spread_has_keys(&state->constraints, nodes[i]->node);
        n_ignored += (guint)state->is_ignored[i];
    }
    return n_ignored;
}

/* Does every node count, whatever the pod's policies say? */
static gboolean
counts_all_nodes(const Cycle *cycle, const ScoreState *state, const SpreadConstraint *constraint)
{
    const PodSpec *spec = pod_spec(cycle->pod->pod);

    if (constraint->honors_taints ||
        (constraint->honors_affinity && (spec->node_selector.count > 0 || spec->affinity != NULL)))
        return FALSE;
    for (guint i = 0; !state->constraints.is_default && i < state->constraints.items.count; i++) {
        const char *key = state->constraints.items.items[i].key;

        if (sched_cache_topology(cycle->cache, key)->n_missing > 0)
            return FALSE;
    }
    return TRUE;
}

/* Over all nodes of the cluster, feasible or not, that the constraint lets count. */
static gint64 *
count_everywhere(const Cycle *cycle,
                 const ScoreState *state,
                 const SpreadConstraint *constraint,
                 const Topology *topology,
                 const PodCounts *counts)
{
    gint64 *sums = g_new0(gint64, MAX(topology->n_values, 1));
    guint n;
    NodeInfo *const *nodes = sched_cache_nodes(cycle->cache, &n);

    for (guint i = 0; i < n; i++) {
        gint32 value = topology_value_of(topology, nodes[i]);
        gint32 count = pod_counts_on(counts, nodes[i]);

        if (value < 0 || count == 0)
            continue;
        if (!state->constraints.is_default && !spread_has_keys(&state->constraints, nodes[i]->node))
            continue;
        if (spread_includes(constraint, cycle->pod->pod, nodes[i]->node))
            sums[value] += count;
    }
    return sums;
}

/*
 * How many values there are among the candidates that are not ignored. Having
 * none counts as a value more: it is there only with the system's constraints,
 * as with others such nodes are ignored.
 */
static guint
count_values(const Topology *topology, const ScoreState *state, const guint32 *slots, guint n)
{
    /* The last place is for those that have none. */
    g_autofree gboolean *is_seen = g_new0(gboolean, topology->n_values + 1);
    guint n_most = topology->n_values + (topology->n_missing > 0 ? 1 : 0);
    guint size = 0;

    for (guint i = 0; i < n && size < n_most; i++) {
        gint32 value = topology->value_of[slots[i]];
        guint place = value < 0 ? topology->n_values : (guint)value;

        if (state->is_ignored[i] || is_seen[place])
            continue;
        is_seen[place] = TRUE;
        size++;
    }
    return size;
}

static void
score_domains(const Cycle *cycle,
              ScoreState *state,
              guint index,
              guint n,
              guint n_ignored)
{
    const SpreadConstraint *constraint = &state->constraints.items.items[index];
    PodCounts *counts = sched_cache_count(cycle->cache, &constraint->selector);
    ScoreDomains *domains = &state->domains[index];

    domains->topology = sched_cache_topology(cycle->cache, constraint->key);
    if (str_is(constraint->key, SPREAD_HOSTNAME)) {
        domains->per_node = g_new(gint32, n);
        for (guint i = 0; i < n; i++)
            domains->per_node[i] = pod_counts_at(counts, cycle->slots[i]);
        domains->weight = sched_ln((double)(n - n_ignored + 2));
        return;
    }
    domains->weight = sched_ln((double)(count_values(domains->topology, state, cycle->slots, n) + 2));
    if (counts_all_nodes(cycle, state, constraint)) {
        domains->counts = sched_cache_totals(cycle->cache, counts, domains->topology);
        return;
    }
    domains->own_counts = count_everywhere(cycle, state, constraint, domains->topology, counts);
    domains->counts = domains->own_counts;
}

static Verdict
spread_pre_score(Cycle *cycle, gpointer *out_state, NodeInfo *const *nodes, guint n)
{
    const ApiObject *pod = cycle->pod->pod;
    ScoreState *state = g_new0(ScoreState, 1);
    guint n_ignored;

    *out_state = state;
    if (pod_spec(pod)->topology_spread_constraints.count > 0)
        spread_read(&state->constraints, pod, "ScheduleAnyway");
    else
        spread_read_default(&state->constraints, cycle->cache, pod);
    if (state->constraints.items.count == 0)
        return VERDICT_SKIP;
    state->domains = g_new0(ScoreDomains, state->constraints.items.count);
    n_ignored = mark_ignored(state, nodes, n);
    for (guint i = 0; i < state->constraints.items.count; i++)
        score_domains(cycle, state, i, n, n_ignored);
    return VERDICT_SUCCESS;
}

static void
score_state_free(gpointer data)
{
    ScoreState *state = data;

    if (state == NULL)
        return;
    for (guint i = 0; state->domains != NULL && i < state->constraints.items.count; i++) {
        g_free(state->domains[i].per_node);
        g_free(state->domains[i].own_counts);
    }
    g_free(state->domains);
    g_free(state->is_ignored);
    spread_clear(&state->constraints);
    g_free(state);
}

/* Adds one constraint's part of the sums; each node's parts come in the order of the constraints. */
static void
add_scores(const ScoreDomains *domains,
           gint32 max_skew,
           const guint32 *slots,
           guint n,
           double *sums)
{
    const gint32 *value_of = domains->topology->value_of;
    double extra = (double)(max_skew - 1);

    if (domains->topology->n_values == 0)
        return;
    for (guint i = 0; i < n; i++) {
        gint32 value = value_of[slots[i]];
        gint64 count;

        if (value < 0)
            continue;
        count = domains->per_node != NULL ? domains->per_node[i] : domains->counts[value];
        sums[i] += (double)count * domains->weight + extra;
    }
}

/* Rounded once, half away from zero; the sum is never negative. */
static gint64
rounded(double sum)
{
    gint64 whole = (gint64)sum;

    return sum - (double)whole >= 0.5 ? whole + 1 : whole;
}

static void
spread_score(const Cycle *cycle, gpointer data, NodeInfo *const *nodes, guint n, gint64 *out)
{
    const ScoreState *state = data;
    g_autofree double *sums = g_new0(double, n);
    gint64 least = G_MAXINT64;
    gint64 most = 0;
    gint64 raw = -1;
    gint64 normalised = 0;

    (void)nodes;
    for (guint i = 0; i < state->constraints.items.count; i++)
        add_scores(&state->domains[i], state->constraints.items.items[i].max_skew, cycle->slots, n,
                   sums);
    for (guint i = 0; i < n; i++) {
        if (state->is_ignored[i])
            continue;
        out[i] = rounded(sums[i]);
        least = MIN(least, out[i]);
        most = MAX(most, out[i]);
    }
    for (guint i = 0; i < n; i++) {
        if (state->is_ignored[i]) {
            out[i] = 0;
            continue;
        }
        /* Most nodes have as many pods as the one before: a division saved. */
        if (out[i] != raw) {
            raw = out[i];
            normalised = most == 0 ? SCHED_SCORE_MAX : SCHED_SCORE_MAX * (most + least - raw) / most;
        }
        out[i] = normalised;
    }
}

/* --- hints ------------------------------------------------------------------------------------------------- */

static gboolean
any_selects(const SpreadConstraints *constraints, const ApiObject *pod)
{
    for (guint i = 0; i < constraints->items.count; i++) {
        if (pod_selector_matches(&constraints->items.items[i].selector, &pod->meta->labels))
            return TRUE;
    }
    return FALSE;
}

static gboolean
selection_changed(const SpreadConstraints *constraints, const ApiObject *old, const ApiObject *pod)
{
    for (guint i = 0; i < constraints->items.count; i++) {
        const PodSelector *selector = &constraints->items.items[i].selector;

        if (pod_selector_matches(selector, &old->meta->labels) !=
            pod_selector_matches(selector, &pod->meta->labels))
            return TRUE;
    }
    return FALSE;
}

static gboolean
pod_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const ApiObject *pod = event->object != NULL ? event->object : event->old;
    SpreadConstraints constraints = {0};
    gboolean helps;

    (void)cache;
    if (api_namespace(pod) != api_namespace(waiting->pod) ||
        (!sched_event_is_own(waiting, event) && str_is_empty(pod_spec(pod)->node_name)))
        return FALSE;
    spread_read(&constraints, waiting->pod, "DoNotSchedule");
    if (event->old != NULL && event->object != NULL)
        helps = selection_changed(&constraints, event->old, event->object);
    else
        helps = any_selects(&constraints, pod);
    spread_clear(&constraints);
    return helps;
}

static gboolean
toleration_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    SpreadConstraints constraints = {0};
    gboolean helps = FALSE;

    (void)cache;
    if (!sched_event_is_own(waiting, event))
        return FALSE;
    spread_read(&constraints, waiting->pod, "DoNotSchedule");
    for (guint i = 0; i < constraints.items.count; i++)
        helps |= constraints.items.items[i].honors_taints;
    spread_clear(&constraints);
    return helps;
}

static gboolean
values_changed(const SpreadConstraints *constraints, const ApiObject *old, const ApiObject *node)
{
    for (guint i = 0; i < constraints->items.count; i++) {
        const char *key = constraints->items.items[i].key;

        if (str_map_get(&old->meta->labels, key) != str_map_get(&node->meta->labels, key))
            return TRUE;
    }
    return FALSE;
}

static gboolean
node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    SpreadConstraints constraints = {0};
    gboolean had_keys;
    gboolean has_keys;
    gboolean helps;

    (void)cache;
    spread_read(&constraints, waiting->pod, "DoNotSchedule");
    had_keys = event->old != NULL && spread_has_keys(&constraints, event->old);
    has_keys = event->object != NULL && spread_has_keys(&constraints, event->object);
    if (event->old == NULL || event->object == NULL)
        helps = had_keys || has_keys;
    else
        helps = had_keys != has_keys ||
                (has_keys && (values_changed(&constraints, event->old, event->object) ||
                              (event->type & EVENT_NODE_TAINT) != 0));
    spread_clear(&constraints);
    return helps;
}

static const PluginEvents spread_events[] = {
    {EVENT_POD_ADDED | EVENT_POD_LABEL | EVENT_POD_DELETED, pod_hint},
    {EVENT_POD_TOLERATION, toleration_hint},
    {EVENT_NODE_ADDED | EVENT_NODE_DELETED | EVENT_NODE_LABEL | EVENT_NODE_TAINT, node_hint},
    {0},
};

const SchedPlugin pod_topology_spread_plugin = {
    .name = "PodTopologySpread",
    .weight = 2,
    .events = spread_events,
    .pre_filter = spread_pre_filter,
    .filter = spread_filter,
    .add_pod = spread_add,
    .remove_pod = spread_remove,
    .pre_score = spread_pre_score,
    .score = spread_score,
    .free_filter_state = filter_state_free,
    .free_score_state = score_state_free,
};
