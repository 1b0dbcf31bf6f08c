/* InterPodAffinity: pods that want to be, or not to be, near others (v1.34 plugins/interpodaffinity). */
#include "scheduler/plugins/plugins.h"

/* v1.34 apis/config/v1/defaults.go: weight of an existing pod's required affinity */
#define HARD_WEIGHT 1

/* --- numbers per topology pair ----------------------------------------------------------------------- */

typedef struct {
    const char *key, *value; /* interned */
    gint64 number;
} TopologyPair;

static guint
pair_hash(gconstpointer data)
{
    const TopologyPair *pair = data;

    return g_direct_hash(pair->key) * 31 + g_direct_hash(pair->value);
}

static gboolean
pair_equal(gconstpointer a, gconstpointer b)
{
    const TopologyPair *x = a;
    const TopologyPair *y = b;

    return x->key == y->key && x->value == y->value;
}

static GHashTable *
pairs_new(void)
{
    return g_hash_table_new_full(pair_hash, pair_equal, g_free, NULL);
}

static gint64
pairs_get(GHashTable *pairs, const char *key, const char *value)
{
    TopologyPair wanted = {key, value, 0};
    const TopologyPair *pair = g_hash_table_lookup(pairs, &wanted);

    return pair == NULL ? 0 : pair->number;
}

/* The pair of @node under @key, if it has the label. */
static TopologyPair *
pairs_edit(GHashTable *pairs, const char *key, const NodeInfo *node)
{
    TopologyPair wanted = {key, node_info_label(node, key), 0};
    TopologyPair *pair;

    if (wanted.value == NULL)
        return NULL;
    pair = g_hash_table_lookup(pairs, &wanted);
    if (pair == NULL) {
        pair = g_memdup2(&wanted, sizeof wanted);
        g_hash_table_add(pairs, pair);
    }
    return pair;
}

/* A pair that comes down to 0 goes: the first-pod rule asks whether there are any. */
static void
pairs_count(GHashTable *pairs, const char *key, const NodeInfo *node, gint64 step)
{
    TopologyPair *pair = pairs_edit(pairs, key, node);

    if (pair == NULL)
        return;
    pair->number += step;
    if (pair->number == 0)
        g_hash_table_remove(pairs, pair);
}

static void
pairs_weigh(GHashTable *pairs, const char *key, const NodeInfo *node, gint64 weight)
{
    TopologyPair *pair = pairs_edit(pairs, key, node);

    if (pair != NULL)
        pair->number += weight;
}

/* --- filter -------------------------------------------------------------------------------------------- */

typedef struct {
    GHashTable *affinity, *anti, *existing_anti; /* of TopologyPair */
} FilterState;

static void
count_own_terms(const Cycle *cycle,
                FilterState *state,
                const PodInfo *pod,
                const NodeInfo *node,
                gint64 step)
{
    const PodShape *shape = cycle->pod->shape;
    const char *namespace_ = api_namespace(cycle->pod->pod);

    if (sched_affinity_all_match(cycle->cache, &shape->required_affinity, namespace_, pod->pod)) {
        for (guint i = 0; i < shape->required_affinity.count; i++)
            pairs_count(state->affinity, shape->required_affinity.items[i].term->topology_key, node,
                        step);
    }
    for (guint i = 0; i < shape->required_anti.count; i++) {
        const PodAffinityTerm *term = shape->required_anti.items[i].term;

        if (sched_affinity_term_matches(cycle->cache, term, namespace_, pod->pod))
            pairs_count(state->anti, term->topology_key, node, step);
    }
}

static void
count_existing_terms(const Cycle *cycle,
                     FilterState *state,
                     const PodInfo *pod,
                     const NodeInfo *node,
                     gint64 step)
{
    for (guint i = 0; i < pod->shape->required_anti.count; i++) {
        const PodAffinityTerm *term = pod->shape->required_anti.items[i].term;

        if (sched_affinity_term_matches(cycle->cache, term, api_namespace(pod->pod),
                                        cycle->pod->pod))
            pairs_count(state->existing_anti, term->topology_key, node, step);
    }
}

static Verdict
inter_pod_pre_filter(Cycle *cycle, gpointer *out_state, Reasons *reasons)
{
    const PodShape *shape = cycle->pod->shape;
    const GPtrArray *anti_nodes = sched_cache_anti_nodes(cycle->cache);
    gboolean has_terms = shape->required_affinity.count > 0 || shape->required_anti.count > 0;
    FilterState *state;
    guint n;
    NodeInfo *const *nodes;

    (void)reasons;
    if (!has_terms && anti_nodes->len == 0)
        return VERDICT_SKIP;
    state = g_new(FilterState, 1);
    state->affinity = pairs_new();
    state->anti = pairs_new();
    state->existing_anti = pairs_new();
    *out_state = state;
    for (guint i = 0; i < anti_nodes->len; i++) {
        const NodeInfo *node = anti_nodes->pdata[i];

        for (guint k = 0; k < node->required_anti_pods->len; k++)
            count_existing_terms(cycle, state, node->required_anti_pods->pdata[k], node, 1);
    }
    nodes = sched_cache_nodes(cycle->cache, &n);
    for (guint i = 0; has_terms && i < n; i++) {
        for (guint k = 0; k < nodes[i]->pods->len; k++)
            count_own_terms(cycle, state, nodes[i]->pods->pdata[k], nodes[i], 1);
    }
    if (!has_terms && g_hash_table_size(state->existing_anti) == 0)
        return VERDICT_SKIP;
    return VERDICT_SUCCESS;
}

static void
filter_state_free(gpointer data)
{
    FilterState *state = data;

    if (state == NULL)
        return;
    g_hash_table_destroy(state->affinity);
    g_hash_table_destroy(state->anti);
    g_hash_table_destroy(state->existing_anti);
    g_free(state);
}

static void
inter_pod_add(const Cycle *cycle, gpointer state, const PodInfo *pod, const NodeInfo *node)
{
    count_existing_terms(cycle, state, pod, node, 1);
    count_own_terms(cycle, state, pod, node, 1);
}

static void
inter_pod_remove(const Cycle *cycle, gpointer state, const PodInfo *pod, const NodeInfo *node)
{
    count_existing_terms(cycle, state, pod, node, -1);
    count_own_terms(cycle, state, pod, node, -1);
}

static gboolean
satisfies_affinity(const Cycle *cycle, const FilterState *state, const NodeInfo *node)
{
    const PodTermList *terms = &cycle->pod->shape->required_affinity;
    gboolean is_with_others = TRUE;

    for (guint i = 0; i < terms->count; i++) {
        const char *key = terms->items[i].term->topology_key;
        const char *value = node_info_label(node, key);

        if (value == NULL)
            return FALSE;
        if (pairs_get(state->affinity, key, value) <= 0)
            is_with_others = FALSE;
    }
    /* The first of a group that wants to be together may go anywhere. */
    return is_with_others ||
           (g_hash_table_size(state->affinity) == 0 &&
            sched_affinity_all_match(cycle->cache, terms, api_namespace(cycle->pod->pod),
                                     cycle->pod->pod));
}

static gboolean
satisfies_anti(const Cycle *cycle, const FilterState *state, const NodeInfo *node)
{
    const PodTermList *terms = &cycle->pod->shape->required_anti;

    for (guint i = 0; i < terms->count; i++) {
        const char *key = terms->items[i].term->topology_key;
        const char *value = node_info_label(node, key);

        if (value != NULL && pairs_get(state->anti, key, value) > 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean
satisfies_existing(const FilterState *state, const NodeInfo *node)
{
    const StrMap *labels = &node->node->meta->labels;

    if (g_hash_table_size(state->existing_anti) == 0)
        return TRUE;
    for (guint i = 0; i < labels->count; i++) {
        if (pairs_get(state->existing_anti, labels->items[i].key, labels->items[i].value) > 0)
            return FALSE;
    }
    return TRUE;
}

static Verdict
inter_pod_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    if (!satisfies_affinity(cycle, state, node)) {
        reasons_add(reasons, "node(s) didn't match pod affinity rules");
        return VERDICT_UNRESOLVABLE;
    }
    if (!satisfies_anti(cycle, state, node)) {
        reasons_add(reasons, "node(s) didn't match pod anti-affinity rules");
        return VERDICT_UNSCHEDULABLE;
    }
    if (!satisfies_existing(state, node)) {
        reasons_add(reasons, "node(s) didn't satisfy existing pods anti-affinity rules");
        return VERDICT_UNSCHEDULABLE;
    }
    return VERDICT_SUCCESS;
}

/* --- score ----------------------------------------------------------------------------------------------- */

/* Every term of @terms of a pod in @namespace_ that selects @other is worth its weight where @node is. */
static void
weigh_terms(const Cycle *cycle,
            GHashTable *pairs,
            const PodTermList *terms,
            const char *namespace_,
            const ApiObject *other,
            const NodeInfo *node,
            gint64 sign,
            gint64 fixed)
{
    for (guint i = 0; i < terms->count; i++) {
        const PodTerm *term = &terms->items[i];

        if (sched_affinity_term_matches(cycle->cache, term->term, namespace_, other))
            pairs_weigh(pairs, term->term->topology_key, node,
                        sign * (fixed != 0 ? fixed : term->weight));
    }
}

static void
weigh_pod(const Cycle *cycle, GHashTable *pairs, const PodInfo *pod, const NodeInfo *node)
{
    const PodShape *own = cycle->pod->shape;
    const PodShape *other = pod->shape;
    const char *own_namespace = api_namespace(cycle->pod->pod);
    const char *other_namespace = api_namespace(pod->pod);
    const ApiObject *incoming = cycle->pod->pod;

    weigh_terms(cycle, pairs, &own->preferred_affinity, own_namespace, pod->pod, node, 1, 0);
    weigh_terms(cycle, pairs, &own->preferred_anti, own_namespace, pod->pod, node, -1, 0);
    weigh_terms(cycle, pairs, &other->required_affinity, other_namespace, incoming, node, 1,
                HARD_WEIGHT);
    weigh_terms(cycle, pairs, &other->preferred_affinity, other_namespace, incoming, node, 1, 0);
    weigh_terms(cycle, pairs, &other->preferred_anti, other_namespace, incoming, node, -1, 0);
}

static Verdict
inter_pod_pre_score(Cycle *cycle, gpointer *state, const Candidates *of)
{
    const PodShape *shape = cycle->pod->shape;
    const GPtrArray *affinity_nodes = sched_cache_affinity_nodes(cycle->cache);
    gboolean has_wishes = shape->preferred_affinity.count > 0 || shape->preferred_anti.count > 0;
    NodeInfo *const *visited = (NodeInfo *const *)affinity_nodes->pdata;
    guint n_visited = affinity_nodes->len;
    GHashTable *pairs;

    (void)of;
    if (has_wishes)
        visited = sched_cache_nodes(cycle->cache, &n_visited);
    if (n_visited == 0)
        return VERDICT_SKIP;
    pairs = pairs_new();
    *state = pairs;
    for (guint i = 0; i < n_visited; i++) {
        const GPtrArray *pods = has_wishes ? visited[i]->pods : visited[i]->affinity_pods;

        for (guint k = 0; k < pods->len; k++)
            weigh_pod(cycle, pairs, pods->pdata[k], visited[i]);
    }
    return g_hash_table_size(pairs) == 0 ? VERDICT_SKIP : VERDICT_SUCCESS;
}

static void
pairs_free(gpointer pairs)
{
    if (pairs != NULL)
        g_hash_table_destroy(pairs);
}

static ScoreRow
inter_pod_score(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out)
{
    gint64 *sums = of->room->wide;
    gint64 least = G_MAXINT64;
    gint64 most = G_MININT64;

    (void)cycle;
    for (guint i = 0; i < of->n; i++) {
        const StrMap *labels = &of->nodes[i]->node->meta->labels;

        sums[i] = 0;
        for (guint k = 0; k < labels->count; k++)
            sums[i] += pairs_get(state, labels->items[k].key, labels->items[k].value);
        least = MIN(least, sums[i]);
        most = MAX(most, sums[i]);
    }
    if (most == least)
        return (ScoreRow){.all = 0};
    /* In floating point, the quotient first: 29 of 100 gives 28. */
    for (guint i = 0; i < of->n; i++)
        out[i] = (guint8)((double)SCHED_SCORE_MAX * ((double)(sums[i] - least) / (double)(most - least)));
    return (ScoreRow){.each = out};
}

/* --- hints --------------------------------------------------------------------------------------------------- */

/*
 * v1.34 filtering.go, podMatchesAllAffinityTerms: hints are asked without the labels of namespaces, so a term with a
 * namespace selector wakes nobody (kubernetes issue 141953), unless the selector is empty.
 */
static gboolean
matches_anti(const PodInfo *waiting, const ApiObject *pod)
{
    return sched_affinity_all_match(NULL, &waiting->shape->required_anti, api_namespace(waiting->pod), pod);
}

static gboolean
matches_affinity(const PodInfo *waiting, const ApiObject *pod)
{
    return sched_affinity_all_match(NULL, &waiting->shape->required_affinity, api_namespace(waiting->pod), pod);
}

static gboolean
pod_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const ApiObject *old = event->old;
    const ApiObject *pod = event->object;

    (void)cache;
    if ((old != NULL && str_is_empty(pod_spec(old)->node_name)) ||
        (pod != NULL && str_is_empty(pod_spec(pod)->node_name)))
        return FALSE;
    if (pod == NULL)
        return matches_anti(waiting, old);
    if (old == NULL)
        return matches_affinity(waiting, pod);
    if (matches_affinity(waiting, pod) && !matches_affinity(waiting, old))
        return TRUE;
    return matches_anti(waiting, old) && !matches_anti(waiting, pod);
}

static gboolean
node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const PodShape *shape = waiting->shape;
    const StrMap *now = &event->object->meta->labels;
    const StrMap *before = event->old == NULL ? NULL : &event->old->meta->labels;

    (void)cache;
    for (guint i = 0; i < shape->required_affinity.count; i++) {
        const char *key = shape->required_affinity.items[i].term->topology_key;
        const char *value = str_map_get(now, key);

        if (value != NULL && (before == NULL || str_map_get(before, key) != value))
            return TRUE;
    }
    for (guint i = 0; i < shape->required_anti.count; i++) {
        const char *key = shape->required_anti.items[i].term->topology_key;
        const char *value = str_map_get(now, key);

        if (before == NULL ||
            (str_map_get(before, key) != NULL && str_map_get(before, key) != value))
            return TRUE;
    }
    return FALSE;
}

static const PluginEvents inter_pod_events[] = {
    {EVENT_POD_ADDED | EVENT_POD_LABEL | EVENT_POD_DELETED, pod_hint},
    {EVENT_NODE_ADDED | EVENT_NODE_LABEL, node_hint},
    {0},
};

const SchedPlugin inter_pod_affinity_plugin = {
    .name = "InterPodAffinity",
    .weight = 2,
    .events = inter_pod_events,
    .pre_filter = inter_pod_pre_filter,
    .filter = inter_pod_filter,
    .add_pod = inter_pod_add,
    .remove_pod = inter_pod_remove,
    .pre_score = inter_pod_pre_score,
    .score = inter_pod_score,
    .free_filter_state = filter_state_free,
    .free_score_state = pairs_free,
};
