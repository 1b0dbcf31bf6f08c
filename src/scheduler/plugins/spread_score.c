/* spread_score.c - PodTopologySpread's score: ScheduleAnyway; see spread.h */

#include "scheduler/plugins/spread.h"

#include "base/caches.h"
#include "base/pool.h"

/* Scores are worked out once for all candidates alike if there are no more sorts than this. */
#define SORTS_MAX 1024
#define DIMENSIONS_MAX 4
/* The system's own constraints are two. */
#define DOMAINS_FEW 2

/* One constraint among the candidates. */
typedef struct {
    const Topology *topology; /* (borrowed) */
    const PodCounts *pods;    /* (borrowed) by node: for the hostname; else NULL */
    const guint8 *per_node;   /* (borrowed) the same by candidate, capped, with room for a step */
    guint8 *own_per_node;     /* (owned) the same where the candidates lie here and there; else NULL */
    const gint64 *counts;     /* (borrowed) per value; NULL for the hostname */
    gint64 *own_counts;       /* (owned) the same where only some nodes count; else NULL */
    double weight, extra;
} ScoreDomains;

typedef struct {
    SpreadConstraints constraints;
    ScoreDomains *domains; /* (owned) of each constraint; the few if that is enough */
    ScoreDomains few[DOMAINS_FEW];
    gboolean *is_ignored;  /* (owned) per candidate; NULL: none is */
} ScoreState;

static guint
mark_ignored(ScoreState *state, const Candidates *of)
{
    guint n_ignored = 0;

    if (state->constraints.is_default)
        return 0;
    state->is_ignored = g_new0(gboolean, of->n);
    for (guint i = 0; i < of->n; i++) {
        state->is_ignored[i] = !spread_has_keys(&state->constraints, of->nodes[i]->node);
        n_ignored += (guint)state->is_ignored[i];
    }
    if (n_ignored == 0)
        g_clear_pointer(&state->is_ignored, g_free);
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
count_values(const Topology *topology, const ScoreState *state, const Candidates *of)
{
    guint n_most = topology->n_values + (topology->n_missing > 0 ? 1 : 0);
    g_autofree gboolean *is_seen = NULL;
    guint size = 0;

    if (n_most <= 1 && state->is_ignored == NULL)
        return n_most;
    /* The last place is for those that have none. */
    is_seen = g_new0(gboolean, topology->n_values + 1);
    for (guint i = 0; i < of->n && size < n_most; i++) {
        gint32 value = topology->value_of[of->slots[i]];
        guint place = value < 0 ? topology->n_values : (guint)value;

        if ((state->is_ignored != NULL && state->is_ignored[i]) || is_seen[place])
            continue;
        is_seen[place] = TRUE;
        size++;
    }
    return size;
}

static void
count_per_node(const Cycle *cycle, ScoreDomains *domains, PodCounts *counts, const Candidates *of)
{
    domains->pods = counts;
    if (of->places == NULL) {
        domains->per_node = sched_cache_count_column(cycle->cache, counts) + of->first;
        return;
    }
    domains->own_per_node = g_new(guint8, of->n + COLUMN_STEP);
    for (guint i = 0; i < of->n; i++)
        domains->own_per_node[i] = count_capped(pod_counts_at(counts, of->slots[i]));
    domains->per_node = domains->own_per_node;
}

static void
score_domains(const Cycle *cycle,
              ScoreState *state,
              guint index,
              PodCounts *counts,
              const Candidates *of,
              guint n_ignored)
{
    const SpreadConstraint *constraint = &state->constraints.items.items[index];
    ScoreDomains *domains = &state->domains[index];

    domains->topology = sched_cache_topology(cycle->cache, constraint->key);
    domains->extra = (double)(constraint->max_skew - 1);
    if (str_is(constraint->key, SPREAD_HOSTNAME)) {
        count_per_node(cycle, domains, counts, of);
        domains->weight = sched_ln((double)(of->n - n_ignored + 2));
        return;
    }
    domains->weight = sched_ln((double)(count_values(domains->topology, state, of) + 2));
    if (counts_all_nodes(cycle, state, constraint)) {
        domains->counts = sched_cache_totals(cycle->cache, counts, domains->topology);
        return;
    }
    domains->own_counts = count_everywhere(cycle, state, constraint, domains->topology, counts);
    domains->counts = domains->own_counts;
}

Verdict
spread_pre_score(Cycle *cycle, gpointer *out_state, const Candidates *of)
{
    const ApiObject *pod = cycle->pod->pod;
    ScoreState *state = POOL_NEW0(ScoreState);
    PodCounts *counts = NULL;
    guint n_ignored;

    *out_state = state;
    if (pod_spec(pod)->topology_spread_constraints.count > 0)
        spread_read(&state->constraints, pod, "ScheduleAnyway");
    else
        spread_read_default(&state->constraints, cycle->cache, pod);
    if (state->constraints.items.count == 0)
        return VERDICT_SKIP;
    state->domains = state->constraints.items.count <= DOMAINS_FEW
                         ? state->few
                         : g_new0(ScoreDomains, state->constraints.items.count);
    n_ignored = mark_ignored(state, of);
    for (guint i = 0; i < state->constraints.items.count; i++) {
        /* The system's constraints select the same pods. */
        if (i == 0 || !state->constraints.is_default)
            counts = sched_cache_count(cycle->cache, &state->constraints.items.items[i].selector);
        score_domains(cycle, state, i, counts, of, n_ignored);
    }
    return VERDICT_SUCCESS;
}

void
spread_free_score(gpointer data)
{
    ScoreState *state = data;

    if (state == NULL)
        return;
    for (guint i = 0; state->domains != NULL && i < state->constraints.items.count; i++) {
        g_free(state->domains[i].own_per_node);
        g_free(state->domains[i].own_counts);
    }
    if (state->domains != state->few)
        g_free(state->domains);
    g_free(state->is_ignored);
    spread_clear(&state->constraints);
    POOL_FREE(ScoreState, state);
}

/* --- from counts to scores -------------------------------------------------------------------------------- */

/* One constraint's part of a candidate's sum; the parts are added in the order of the constraints. */
static double
part_of(const ScoreDomains *domains, gint64 count)
{
    return (double)count * domains->weight + domains->extra;
}

/* Rounded once, half away from zero; the sum is never negative. */
static gint64
rounded(double sum)
{
    gint64 whole = (gint64)sum;

    return sum - (double)whole >= 0.5 ? whole + 1 : whole;
}

static guint8
normalised(gint64 raw, gint64 least, gint64 most)
{
    return (guint8)(most == 0 ? SCHED_SCORE_MAX : SCHED_SCORE_MAX * (most + least - raw) / most);
}

/* Candidate by candidate. */
static ScoreRow
score_plainly(const ScoreState *state, const Candidates *of, guint8 *out)
{
    gint64 *raw = of->room->wide;
    gint64 least = G_MAXINT64;
    gint64 most = 0;

    for (guint i = 0; i < of->n; i++) {
        double sum = 0;

        if (state->is_ignored != NULL && state->is_ignored[i])
            continue;
        for (guint k = 0; k < state->constraints.items.count; k++) {
            const ScoreDomains *domains = &state->domains[k];
            gint32 value = domains->topology->value_of[of->slots[i]];

            if (value >= 0)
                sum += part_of(domains, domains->pods != NULL ? pod_counts_at(domains->pods, of->slots[i])
                                                              : domains->counts[value]);
        }
        raw[i] = rounded(sum);
        least = MIN(least, raw[i]);
        most = MAX(most, raw[i]);
    }
    for (guint i = 0; i < of->n; i++)
        out[i] = state->is_ignored != NULL && state->is_ignored[i] ? 0 : normalised(raw[i], least, most);
    return (ScoreRow){.each = out};
}

/*
 * The score depends on nothing but a number for each constraint: how many pods
 * the node has, or which value. So candidates that have the same numbers are of
 * one sort, and most are of a few: a constraint is a dimension of the sorts.
 */
typedef struct {
    const ScoreDomains *domains;
    guint low;   /* least count, for the hostname; else 0 */
    guint size;  /* numbers from low on, and the last one for nodes without value, if has_missing */
    gboolean has_missing;
} Dimension;

static void
count_range(const guint8 *counts, guint n, guint *out_low, guint *out_high)
{
    StepOfBytes lows = (StepOfBytes){0} + counts[0];
    StepOfBytes highs = lows;
    guint8 low = counts[0];
    guint8 high = counts[0];
    guint i = 0;

    for (; i + COLUMN_STEP <= n; i += COLUMN_STEP) {
        StepOfBytes some = *(const StepOfBytes *)(counts + i);

        lows = ((StepOfBytes)(some < lows) & some) | ((StepOfBytes)(some >= lows) & lows);
        highs = ((StepOfBytes)(some > highs) & some) | ((StepOfBytes)(some <= highs) & highs);
    }
    for (; i < n; i++) {
        low = MIN(low, counts[i]);
        high = MAX(high, counts[i]);
    }
    for (guint k = 0; k < COLUMN_STEP; k++) {
        low = MIN(low, lows[k]);
        high = MAX(high, highs[k]);
    }
    *out_low = low;
    *out_high = high;
}

/* The sorts there can be; 0: too many to be worth it. */
static guint
measure(const ScoreState *state, const Candidates *of, Dimension *out, guint *out_n)
{
    guint n_sorts = 1;
    guint n = 0;

    if (state->is_ignored != NULL)
        return 0;
    for (guint i = 0; i < state->constraints.items.count; i++) {
        const ScoreDomains *domains = &state->domains[i];
        Dimension *dimension = &out[n];
        guint high;

        if (domains->topology->n_values == 0)
            continue;
        if (n == DIMENSIONS_MAX)
            return 0;
        *dimension = (Dimension){.domains = domains, .has_missing = domains->topology->n_missing > 0};
        dimension->size = domains->topology->n_values;
        if (domains->per_node != NULL) {
            count_range(domains->per_node, of->n, &dimension->low, &high);
            if (high == COUNT_MANY)
                return 0;
            dimension->size = high - dimension->low + 1;
        }
        dimension->size += dimension->has_missing;
        if (dimension->size > SORTS_MAX / n_sorts)
            return 0;
        n_sorts *= dimension->size;
        n++;
    }
    *out_n = n;
    return n_sorts;
}

static void
add_number(const Dimension *dimension, const Candidates *of, guint32 *sorts)
{
    const gint32 *value_of = dimension->domains->topology->value_of;
    const guint8 *per_node = dimension->domains->per_node;
    guint size = dimension->size;

    for (guint i = 0; i < of->n; i++) {
        gint32 value = per_node != NULL && !dimension->has_missing ? 0 : value_of[of->slots[i]];
        guint number = value < 0 ? size - 1 : (guint)value;

        if (value >= 0 && per_node != NULL)
            number = per_node[i] - dimension->low;
        sorts[i] = sorts[i] * size + number;
    }
}

static gint64
raw_of(const Dimension *dimensions, guint n, guint sort)
{
    guint numbers[DIMENSIONS_MAX];
    double sum = 0;

    for (guint k = n; k > 0; k--) {
        numbers[k - 1] = sort % dimensions[k - 1].size;
        sort /= dimensions[k - 1].size;
    }
    for (guint k = 0; k < n; k++) {
        const Dimension *dimension = &dimensions[k];
        const ScoreDomains *domains = dimension->domains;

        if (dimension->has_missing && numbers[k] == dimension->size - 1)
            continue;
        sum += part_of(domains, domains->per_node != NULL ? (gint64)dimension->low + numbers[k]
                                                          : domains->counts[numbers[k]]);
    }
    return rounded(sum);
}

static ScoreRow
score_sorts(const Dimension *dimensions, guint n, guint n_sorts, const Candidates *of, guint8 *out)
{
    guint32 *sorts = of->room->sorts;
    guint8 is_there[SORTS_MAX] = {0};
    gint64 raw[SORTS_MAX];
    guint8 scores[SORTS_MAX];
    gint64 least = G_MAXINT64;
    gint64 most = 0;

    memset(sorts, 0, of->n * sizeof *sorts);
    for (guint k = 0; k < n; k++)
        add_number(&dimensions[k], of, sorts);
    for (guint i = 0; i < of->n; i++)
        is_there[sorts[i]] = 1;
    for (guint sort = 0; sort < n_sorts; sort++) {
        if (!is_there[sort])
            continue;
        raw[sort] = raw_of(dimensions, n, sort);
        least = MIN(least, raw[sort]);
        most = MAX(most, raw[sort]);
    }
    for (guint sort = 0; sort < n_sorts; sort++)
        scores[sort] = is_there[sort] ? normalised(raw[sort], least, most) : 0;
    for (guint i = 0; i < of->n; i++)
        out[i] = scores[sorts[i]];
    return (ScoreRow){.each = out};
}

/* Few counts are compared with sixteen at a time; more are looked up. */
#define COUNTS_COMPARED 6

static void
compare_counts(const Dimension *dimension, const guint8 *scores, guint n, guint8 *out)
{
    const guint8 *per_node = dimension->domains->per_node;

    for (guint i = 0; i < n; i += COLUMN_STEP) {
        StepOfBytes counts = *(const StepOfBytes *)(per_node + i) - (guint8)dimension->low;
        StepOfBytes row = {0};

        for (guint k = 0; k < dimension->size; k++)
            row |= (StepOfBytes)(counts == (guint8)k) & scores[k];
        *(StepOfBytes *)(out + i) = row;
    }
}

/* The more pods the more the raw score: the least and the greatest count say what the others are measured by. */
static ScoreRow
score_hosts(const Dimension *dimension, const Candidates *of, guint8 *out)
{
    const guint8 *per_node = dimension->domains->per_node;
    gint64 least = raw_of(dimension, 1, 0);
    gint64 most = raw_of(dimension, 1, dimension->size - 1);
    guint8 scores[COUNT_MANY + 1];

    for (guint i = 0; i < dimension->size; i++)
        scores[i] = normalised(raw_of(dimension, 1, i), least, most);
    if (dimension->size == 1)
        return (ScoreRow){.all = scores[0]};
    if (dimension->size <= COUNTS_COMPARED) {
        compare_counts(dimension, scores, of->n, out);
        return (ScoreRow){.each = out};
    }
    for (guint i = 0; i < of->n; i++)
        out[i] = scores[per_node[i] - dimension->low];
    return (ScoreRow){.each = out};
}

static void
check_scores(const ScoreState *state, const Candidates *of, const ScoreRow *row)
{
    g_autofree guint8 *plain = g_new(guint8, of->n);

    score_plainly(state, of, plain);
    for (guint i = 0; i < of->n; i++)
        g_assert(plain[i] == (row->each == NULL ? row->all : row->each[i]));
}

ScoreRow
spread_score(const Cycle *cycle, gpointer data, const Candidates *of, guint8 *out)
{
    const ScoreState *state = data;
    Dimension dimensions[DIMENSIONS_MAX];
    guint n = 0;
    guint n_sorts = measure(state, of, dimensions, &n);
    ScoreRow row;

    (void)cycle;
    if (n_sorts == 0)
        return score_plainly(state, of, out);
    if (n == 1 && dimensions[0].domains->per_node != NULL && !dimensions[0].has_missing)
        row = score_hosts(&dimensions[0], of, out);
    else
        row = score_sorts(dimensions, n, n_sorts, of, out);
    if (caches_are_checked())
        check_scores(state, of, &row);
    return row;
}
