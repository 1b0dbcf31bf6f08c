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
    .free_score_state = spread_free_score,
};
