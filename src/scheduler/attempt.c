/* attempt.c - see attempt.h */

#include "scheduler/attempt.h"
#include "api/profile.h"

#include "base/caches.h"
#include "scheduler/plugins/plugins.h"
#include "scheduler/preemption.h"

/* v1.34 pkg/scheduler/schedule_one.go: below this all nodes are looked at. */
#define FEASIBLE_MIN   100
#define PERCENTAGE_MIN 5
/* A spec that was tried as often as this is worth remembering results for. */
#define RECURRING 3

typedef struct {
    const AttemptOptions *options;
    Cycle cycle;
    Attempt *attempt;
    const NodeColumns *all; /* (borrowed) in order */
    guint n_feasible;
    NodeInfo **feasible; /* (owned) of NodeInfo (borrowed) */
    const char **names;  /* (owned) of the feasible */
    guint32 *slots;      /* (owned) of the feasible */
    LocalResult *local;  /* (borrowed) of the pod's shape; NULL: none kept */
    gboolean has_nominated;
    gboolean is_checked; /* what is remembered */
    gboolean is_all_local; /* no plugin looks beyond the node */
} Run;

void
reasons_add(Reasons *reasons, const char *text)
{
    g_ptr_array_add(reasons->texts, (gpointer)text);
}

guint
attempt_nodes_to_find(guint n_all, guint percentage)
{
    guint64 wanted;

    if (n_all < FEASIBLE_MIN)
        return n_all;
    if (percentage == 0) {
        gint64 adaptive = 50 - (gint64)n_all / 125;

        percentage = (guint)MAX(adaptive, PERCENTAGE_MIN);
    }
    wanted = (guint64)n_all * percentage / 100;
    return (guint)MIN(MAX(wanted, FEASIBLE_MIN), n_all);
}

/* --- filters on one node --------------------------------------------------------------------------- */

typedef enum { FILTERS_ALL, FILTERS_LOCAL, FILTERS_OTHER } FilterPart;

static Verdict
run_filters(const Cycle *cycle,
            FilterPart part,
            const NodeInfo *node,
            Reasons *reasons,
            gint *out_plugin)
{
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        const SchedPlugin *plugin = sched_plugins[i];
        Verdict verdict;

        if (plugin->filter == NULL || (cycle->skip_filter >> i & 1) != 0)
            continue;
        if (part != FILTERS_ALL && plugin->is_local != (part == FILTERS_LOCAL))
            continue;
        verdict = plugin->filter(cycle, cycle->filter_states[i], node, reasons);
        if (verdict != VERDICT_SUCCESS) {
            *out_plugin = (gint)i;
            return verdict;
        }
    }
    return VERDICT_SUCCESS;
}

void
attempt_add_pod(const Cycle *cycle, NodeInfo *node, const PodInfo *pod)
{
    node_info_try_add(node, pod);
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if (sched_plugins[i]->add_pod != NULL && (cycle->skip_filter >> i & 1) == 0)
            sched_plugins[i]->add_pod(cycle, cycle->filter_states[i], pod, node);
    }
}

void
attempt_remove_pod(const Cycle *cycle, NodeInfo *node, const PodInfo *pod)
{
    node_info_try_remove(node, pod);
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if (sched_plugins[i]->remove_pod != NULL && (cycle->skip_filter >> i & 1) == 0)
            sched_plugins[i]->remove_pod(cycle, cycle->filter_states[i], pod, node);
    }
}

static gboolean
counts_nominated(const Cycle *cycle, const PodInfo *nominated)
{
    return nominated->priority >= cycle->pod->priority && nominated->key != cycle->pod->key;
}

/* The node with the nominated pods on it; NULL if none count. (owned) */
static NodeInfo *
with_nominated(const Cycle *cycle, const NodeInfo *node, const GPtrArray *nominated)
{
    NodeInfo *trial = NULL;

    for (guint i = 0; i < nominated->len; i++) {
        const PodInfo *pod = nominated->pdata[i];

        if (!counts_nominated(cycle, pod))
            continue;
        if (trial == NULL)
            trial = node_info_copy(node);
        attempt_add_pod(cycle, trial, pod);
    }
    return trial;
}

static void
without_nominated(const Cycle *cycle, NodeInfo *trial, const GPtrArray *nominated)
{
    for (guint i = nominated->len; i > 0; i--) {
        const PodInfo *pod = nominated->pdata[i - 1];

        if (counts_nominated(cycle, pod))
            attempt_remove_pod(cycle, trial, pod);
    }
    node_info_free(trial);
}

/* v1.34 pkg/scheduler/framework/runtime: RunFilterPluginsWithNominatedPods */
Verdict
attempt_filter_node(Cycle *cycle, NodeInfo *node, Reasons *reasons, gint *out_plugin)
{
    const Nominator *nominator = sched_cache_nominator(cycle->cache);
    const GPtrArray *nominated;
    NodeInfo *trial;

    if (nominator_count(nominator) == 0)
        return run_filters(cycle, FILTERS_ALL, node, reasons, out_plugin);
    nominated = nominator_list(nominator, node->name);
    trial = nominated == NULL ? NULL : with_nominated(cycle, node, nominated);
    if (trial != NULL) {
        Verdict verdict = run_filters(cycle, FILTERS_ALL, trial, reasons, out_plugin);

        without_nominated(cycle, trial, nominated);
        if (verdict != VERDICT_SUCCESS)
            return verdict;
    }
    return run_filters(cycle, FILTERS_ALL, node, reasons, out_plugin);
}

/* --- PreFilter, Filter ------------------------------------------------------------------------------ */

static void
cycle_clear(Cycle *cycle)
{
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        const SchedPlugin *plugin = sched_plugins[i];

        if (plugin->free_filter_state != NULL)
            plugin->free_filter_state(cycle->filter_states[i]);
        if (plugin->free_score_state != NULL)
            plugin->free_score_state(cycle->score_states[i]);
    }
}

/* FALSE: no node is possible, and the attempt says why. */
static gboolean
run_pre_filters(Run *run)
{
    Cycle *cycle = &run->cycle;
    Attempt *attempt = run->attempt;
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    Reasons reasons = {texts};

    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        const SchedPlugin *plugin = sched_plugins[i];
        const StrList *narrowed = cycle->narrowed;
        Verdict verdict;

        if (plugin->pre_filter == NULL)
            continue;
        verdict = plugin->pre_filter(cycle, &cycle->filter_states[i], &reasons);
        if (verdict == VERDICT_SKIP)
            cycle->skip_filter |= 1u << i;
        if (cycle->narrowed != narrowed) {
            cycle->narrowed_by = (gint)i;
            attempt->rejectors |= 1u << i;
        }
        if (verdict != VERDICT_UNRESOLVABLE && verdict != VERDICT_UNSCHEDULABLE)
            continue;
        attempt->rejectors |= 1u << i;
        attempt->absent = verdict;
        attempt->pre_filter_message = texts->len > 0 ? texts->pdata[texts->len - 1] : "";
        if (verdict == VERDICT_UNRESOLVABLE)
            break;
    }
    return attempt->pre_filter_message == NULL;
}

/* What the plain path says of the node. */
static void
work_out_local(Run *run, const NodeInfo *node, LocalResult *result)
{
    guint n_before = run->attempt->reasons->len;
    Reasons reasons = {run->attempt->reasons};
    gint plugin = -1;

    *result = (LocalResult){.generation = node->generation};
    result->verdict = (guint8)run_filters(&run->cycle, FILTERS_LOCAL, node, &reasons, &plugin);
    result->plugin = (gint8)plugin;
    result->passes = result->verdict == VERDICT_SUCCESS;
    if (!result->passes && reasons.texts->len == n_before + 1)
        result->reason = reasons.texts->pdata[n_before];
    g_ptr_array_set_size(run->attempt->reasons, (gint)n_before);
    if (result->passes) {
        result->fit = (gint16)sched_fit_score(run->cycle.pod->shape, node);
        result->balanced = (gint16)sched_balanced_score(run->cycle.pod->shape, node);
    }
}

static void
check_local(Run *run, const NodeInfo *node, const LocalResult *result)
{
    LocalResult plain;

    g_assert(run->all->generations[node->slot] == node->generation);
    work_out_local(run, node, &plain);
    g_assert(plain.passes == result->passes && plain.fit == result->fit &&
             plain.balanced == result->balanced && plain.reason == result->reason &&
             plain.plugin == result->plugin && plain.verdict == result->verdict);
}

/* What pods of this spec were told before, if nothing on the node changed since. */
static const LocalResult *
local_result(Run *run, const NodeInfo *node)
{
    LocalResult *result = &run->local[node->slot];

    if (result->generation != node->generation)
        work_out_local(run, node, result);
    else if (run->is_checked)
        check_local(run, node, result);
    return result;
}

static Verdict
filter_node(Run *run, NodeInfo *node, Reasons *reasons, gint *out_plugin)
{
    const LocalResult *known = run->local == NULL ? NULL : local_result(run, node);

    if (known == NULL || !known->passes || run->has_nominated)
        return attempt_filter_node(&run->cycle, node, reasons, out_plugin);
    if (run->is_all_local)
        return VERDICT_SUCCESS;
    return run_filters(&run->cycle, FILTERS_OTHER, node, reasons, out_plugin);
}

static void
add_feasible(Run *run, NodeInfo *node, const char *name, guint32 slot)
{
    run->feasible[run->n_feasible] = node;
    run->names[run->n_feasible] = name;
    run->slots[run->n_feasible] = slot;
    run->n_feasible++;
}

static void
add_rejection(Run *run, const Rejection *rejection)
{
    run->attempt->rejectors |= 1u << rejection->plugin;
    g_array_append_vals(run->attempt->rejected, rejection, 1);
}

static gboolean
try_node(Run *run, NodeInfo *node)
{
    Attempt *attempt = run->attempt;
    Reasons reasons = {attempt->reasons};
    Rejection rejection = {.node = node->name, .first_reason = attempt->reasons->len};

    rejection.verdict = filter_node(run, node, &reasons, &rejection.plugin);
    if (rejection.verdict == VERDICT_SUCCESS) {
        add_feasible(run, node, node->name, node->slot);
        return TRUE;
    }
    rejection.n_reasons = attempt->reasons->len - rejection.first_reason;
    add_rejection(run, &rejection);
    return FALSE;
}

/*
 * The node at @index by what is remembered of it alone; FALSE: that does not settle it. Only where
 * no plugin looks beyond the node and none is nominated.
 */
static gboolean
recall_node(Run *run, guint index)
{
    const NodeColumns *all = run->all;
    guint32 slot = all->slots[index];
    const LocalResult *result = &run->local[slot];
    Attempt *attempt = run->attempt;

    if (result->generation != all->generations[slot])
        result = local_result(run, all->nodes[index]);
    else if (run->is_checked)
        check_local(run, all->nodes[index], result);
    if (result->passes) {
        add_feasible(run, all->nodes[index], all->names[index], slot);
        return TRUE;
    }
    if (result->reason == NULL)
        return FALSE;
    g_ptr_array_add(attempt->reasons, (gpointer)result->reason);
    add_rejection(run, &(Rejection){.node = all->names[index],
                                    .verdict = result->verdict,
                                    .plugin = result->plugin,
                                    .first_reason = attempt->reasons->len - 1,
                                    .n_reasons = 1});
    return TRUE;
}

/* The nodes that a PreFilter plugin left over, in the order named. */
static void
filter_narrowed(Run *run)
{
    const StrList *names = run->cycle.narrowed;

    run->attempt->absent = VERDICT_UNRESOLVABLE;
    run->attempt->absent_reason = str_internf("node(s) didn't satisfy plugin(s) [%s]",
                                              sched_plugins[run->cycle.narrowed_by]->name);
    for (guint i = 0; i < names->count; i++) {
        NodeInfo *node = sched_cache_find_node(run->options->cache, names->items[i]);

        if (node != NULL)
            try_node(run, node);
    }
}

static void
filter_all(Run *run)
{
    guint n = run->all->n;
    guint wanted = attempt_nodes_to_find(n, run->options->percentage);
    guint index = *run->options->next_start % n;
    gboolean can_recall = run->local != NULL && run->is_all_local && !run->has_nominated;

    for (guint i = 0; i < n && run->n_feasible < wanted; i++) {
        if (!can_recall || !recall_node(run, index))
            try_node(run, run->all->nodes[index]);
        index = index + 1 == n ? 0 : index + 1;
    }
}

static gboolean
is_narrowed_away(const Run *run, const char *node)
{
    return run->cycle.narrowed != NULL && !str_list_contains(run->cycle.narrowed, node);
}

/* v1.34 schedule_one.go: evaluateNominatedNode */
static gboolean
filter_nominated(Run *run)
{
    const ApiObject *pod = run->cycle.pod->pod;
    const char *name = pod_status(pod) == NULL ? NULL : pod_status(pod)->nominated_node_name;
    NodeInfo *node;

    if (str_is_empty(name) || is_narrowed_away(run, name))
        return FALSE;
    node = sched_cache_find_node(run->options->cache, name);
    if (node == NULL)
        return FALSE;
    if (try_node(run, node))
        return TRUE;
    g_array_set_size(run->attempt->rejected, 0);
    g_ptr_array_set_size(run->attempt->reasons, 0);
    return FALSE;
}

/* Results are kept per spec; a spec that comes once or twice is not worth the memory. */
static void
find_local(Run *run)
{
    PodShape *shape = run->cycle.pod->shape;
    guint n_slots = sched_cache_slots(run->options->cache);

    run->has_nominated = nominator_count(sched_cache_nominator(run->options->cache)) > 0;
    run->is_all_local = TRUE;
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if (sched_plugins[i]->filter != NULL && !sched_plugins[i]->is_local &&
            (run->cycle.skip_filter >> i & 1) == 0)
            run->is_all_local = FALSE;
    }
    pod_shapes_keep(sched_cache_shapes(run->options->cache), shape);
    if (++shape->n_attempts < RECURRING || shape->owner == NULL)
        return;
    if (shape->n_local < n_slots) {
        shape->local = g_renew(LocalResult, shape->local, n_slots);
        memset(shape->local + shape->n_local, 0, (n_slots - shape->n_local) * sizeof *shape->local);
        shape->n_local = n_slots;
    }
    run->local = shape->local;
    run->cycle.local = shape->local;
}

/* Names that a plugin gives may come twice. */
static void
make_room(Run *run)
{
    const StrList *narrowed = run->cycle.narrowed;
    guint n = narrowed != NULL ? MAX(narrowed->count, 1)
                               : attempt_nodes_to_find(run->all->n, run->options->percentage);

    run->feasible = g_new(NodeInfo *, n);
    run->names = g_new(const char *, n);
    run->slots = g_new(guint32, n);
}

static void
find_feasible(Run *run)
{
    guint visited;

    if (!run_pre_filters(run))
        return;
    make_room(run);
    find_local(run);
    if (filter_nominated(run))
        return;
    if (run->cycle.narrowed != NULL)
        filter_narrowed(run);
    else
        filter_all(run);
    visited = run->n_feasible + run->attempt->rejected->len;
    *run->options->next_start = (*run->options->next_start + visited) % run->all->n;
}

/* --- Score -------------------------------------------------------------------------------------------- */

/* One plugin's scores of all feasible nodes, weighted and added to the totals. */
static void
score_row(Run *run, guint index, gint64 *scratch, gint16 *row)
{
    const SchedPlugin *plugin = sched_plugins[index];
    gint32 *totals = run->attempt->totals;
    guint n = run->n_feasible;

    plugin->score(&run->cycle, run->cycle.score_states[index], run->feasible, n, scratch);
    for (guint i = 0; i < n; i++) {
        row[i] = (gint16)(scratch[i] * plugin->weight);
        totals[i] += row[i];
    }
}

static void
score_nodes(Run *run)
{
    Attempt *attempt = run->attempt;
    Cycle *cycle = &run->cycle;
    guint n = run->n_feasible;
    g_autofree gint64 *one = g_new(gint64, n);
    guint rows = 0;

    cycle->slots = run->slots;
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        const SchedPlugin *plugin = sched_plugins[i];

        if (plugin->score == NULL)
            continue;
        if (plugin->pre_score != NULL &&
            plugin->pre_score(cycle, &cycle->score_states[i], run->feasible, n) == VERDICT_SKIP)
            continue;
        attempt->scored |= 1u << i;
        rows++;
    }
    attempt->scores = g_new(gint16, (gsize)rows * n);
    attempt->totals = g_new0(gint32, n);
    rows = 0;
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if ((attempt->scored >> i & 1) == 0)
            continue;
        score_row(run, i, one, &attempt->scores[(gsize)rows * n]);
        rows++;
    }
}

/* v1.34 schedule_one.go: selectHost: the k-th of equal ones replaces with probability 1/k. */
static guint
select_host(const Run *run)
{
    const gint32 *totals = run->attempt->totals;
    guint chosen = 0;
    guint equals = 1;

    for (guint i = 1; i < run->n_feasible; i++) {
        if (totals[i] > totals[chosen]) {
            chosen = i;
            equals = 1;
        } else if (totals[i] == totals[chosen]) {
            equals++;
            if (rng_below(run->options->tiebreak, equals) == 0)
                chosen = i;
        }
    }
    return chosen;
}

/* --- PostFilter ------------------------------------------------------------------------------------------ */

/*
 * v1.34 framework/runtime: RunPostFilterPlugins. DynamicResources comes first
 * and has words of its own, also for pods that claim nothing; if PreFilter never
 * reached it, it fails and DefaultPreemption is not asked.
 */
static const char *
post_filter(Run *run)
{
    Attempt *attempt = run->attempt;
    gboolean has_claims_plugin = profile_has(FEATURE_RESOURCE_CLAIMS, run->options->version_minor);
    const char *text;

    if (has_claims_plugin && attempt->pre_filter_message != NULL &&
        attempt->absent == VERDICT_UNRESOLVABLE)
        return "not found";
    text = preemption_run(run->options, &run->cycle, attempt);
    if (text == NULL)
        return NULL;
    return str_internf("%spreemption: %s", has_claims_plugin ? "no new claims to deallocate, " : "",
                       text);
}

static void
fail(Run *run)
{
    Attempt *attempt = run->attempt;
    const char *fit = attempt_fit_message(attempt);
    const char *more = post_filter(run);

    attempt->message = more == NULL ? fit : str_internf("%s %s", fit, more);
}

/* --- public ------------------------------------------------------------------------------------------------ */

Attempt *
attempt_run(const AttemptOptions *options, const PodInfo *pod)
{
    Attempt *attempt = g_new0(Attempt, 1);
    Run run = {
        .options = options,
        .attempt = attempt,
        .is_checked = caches_are_checked(),
        .cycle = {.cache = options->cache,
                  .pod = pod,
                  .version_minor = options->version_minor,
                  .narrowed_by = -1},
    };

    attempt->key = pod->key;
    attempt->rejected = g_array_new(FALSE, FALSE, sizeof(Rejection));
    attempt->reasons = g_ptr_array_new();
    attempt->absent = VERDICT_UNRESOLVABLE;
    run.all = sched_cache_columns(options->cache);
    attempt->n_all = run.all->n;
    if (run.all->n == 0) {
        attempt->message = str_intern("no nodes available to schedule pods");
        attempt->sets_nomination = TRUE;
        attempt->nominated = "";
        return attempt;
    }
    find_feasible(&run);
    attempt->n_feasible = run.n_feasible;
    attempt->feasible = g_renew(const char *, run.names, run.n_feasible);
    if (run.n_feasible == 0) {
        fail(&run);
    } else if (run.n_feasible == 1) {
        attempt->chosen = attempt->feasible[0];
    } else {
        score_nodes(&run);
        attempt->chosen = attempt->feasible[select_host(&run)];
    }
    g_free(run.feasible);
    g_free(run.slots);
    cycle_clear(&run.cycle);
    return attempt;
}

void
attempt_free(gpointer data)
{
    Attempt *attempt = data;

    if (attempt == NULL)
        return;
    g_free(attempt->feasible);
    g_free(attempt->scores);
    g_free(attempt->totals);
    g_array_free(attempt->rejected, TRUE);
    g_ptr_array_free(attempt->reasons, TRUE);
    candidate_free(attempt->preemption);
    g_free(attempt);
}
