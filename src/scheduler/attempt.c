/* attempt.c - see attempt.h */

#include "scheduler/attempt.h"
#include "api/profile.h"

#include "base/pool.h"
#include "scheduler/local.h"
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
    AttemptRoom *room;      /* (borrowed) */
    guint n_feasible;
    guint n_rejected;
    gboolean is_row; /* the feasible lie side by side from attempt->first on; else they stand in the room */
    PodShape *shape; /* (borrowed) what is known of its pods; NULL: nothing is kept */
    gboolean has_nominated;
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
    const SchedPoints *points = sched_points();
    guint asked = part == FILTERS_ALL     ? points->filter
                  : part == FILTERS_OTHER ? points->filter_beyond
                                          : points->filter & ~points->filter_beyond;

    for (guint bits = asked & ~cycle->skip_filter; bits != 0; bits &= bits - 1) {
        guint i = (guint)__builtin_ctz(bits);
        Verdict verdict = sched_plugins[i]->filter(cycle, cycle->filter_states[i], node, reasons);

        if (verdict != VERDICT_SUCCESS) {
            *out_plugin = (gint)i;
            return verdict;
        }
    }
    return VERDICT_SUCCESS;
}

Verdict
attempt_filter_local(const Cycle *cycle, const NodeInfo *node, Reasons *reasons, gint *out_plugin)
{
    return run_filters(cycle, FILTERS_LOCAL, node, reasons, out_plugin);
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
    for (guint bits = sched_points()->filter_state; bits != 0; bits &= bits - 1) {
        guint i = (guint)__builtin_ctz(bits);

        if (cycle->filter_states[i] != NULL)
            sched_plugins[i]->free_filter_state(cycle->filter_states[i]);
    }
    for (guint bits = sched_points()->score_state; bits != 0; bits &= bits - 1) {
        guint i = (guint)__builtin_ctz(bits);

        if (cycle->score_states[i] != NULL)
            sched_plugins[i]->free_score_state(cycle->score_states[i]);
    }
}

/* FALSE: no node is possible, and the attempt says why. */
static gboolean
run_pre_filters(Run *run)
{
    Cycle *cycle = &run->cycle;
    Attempt *attempt = run->attempt;
    GPtrArray *texts = attempt->reasons;
    Reasons reasons = {texts};

    for (guint bits = sched_points()->pre_filter; bits != 0; bits &= bits - 1) {
        guint i = (guint)__builtin_ctz(bits);
        const StrList *narrowed = cycle->narrowed;
        Verdict verdict = sched_plugins[i]->pre_filter(cycle, &cycle->filter_states[i], &reasons);

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
    g_ptr_array_set_size(texts, 0);
    return attempt->pre_filter_message == NULL;
}

static Verdict
filter_node(Run *run, NodeInfo *node, Reasons *reasons, gint *out_plugin)
{
    const LocalResult *known =
        run->shape == NULL ? NULL : local_result(&run->cycle, node, run->attempt->reasons);

    if (known == NULL || !known->passes || run->has_nominated)
        return attempt_filter_node(&run->cycle, node, reasons, out_plugin);
    if (run->is_all_local)
        return VERDICT_SUCCESS;
    return run_filters(&run->cycle, FILTERS_OTHER, node, reasons, out_plugin);
}

static void
add_feasible(Run *run, guint32 place)
{
    AttemptRoom *room = run->room;

    room->nodes[run->n_feasible] = run->all->nodes[place];
    room->slots[run->n_feasible] = run->all->slots[place];
    room->places[run->n_feasible] = place;
    run->n_feasible++;
}

static void
add_rejection(Run *run, guint32 place, guint kind)
{
    run->room->rejected[run->n_rejected++] = (Rejection){place, kind};
}

static guint
add_kind(Run *run, const RejectionKind *kind)
{
    run->attempt->rejectors |= 1u << kind->plugin;
    *API_LIST_ADD(&run->attempt->kinds) = *kind;
    return run->attempt->kinds.count - 1;
}

/* What the plugins say of the node; the kind of rejection in @out_kind unless it passes. */
static Verdict
ask_node(Run *run, NodeInfo *node, guint *out_kind)
{
    Attempt *attempt = run->attempt;
    Reasons reasons = {attempt->reasons};
    RejectionKind kind = {.first_reason = attempt->reasons->len};

    kind.verdict = filter_node(run, node, &reasons, &kind.plugin);
    if (kind.verdict == VERDICT_SUCCESS)
        return VERDICT_SUCCESS;
    kind.n_reasons = attempt->reasons->len - kind.first_reason;
    *out_kind = add_kind(run, &kind);
    return kind.verdict;
}

static gboolean
try_node(Run *run, NodeInfo *node)
{
    guint kind;

    if (ask_node(run, node, &kind) == VERDICT_SUCCESS) {
        add_feasible(run, node->order_index);
        return TRUE;
    }
    add_rejection(run, node->order_index, kind);
    return FALSE;
}

/* Why a node that is known to refuse does so: for several reasons. */
static guint32
ask_again(Run *run, NodeInfo *node)
{
    guint kind = 0;
    Verdict verdict = ask_node(run, node, &kind);

    g_assert(verdict != VERDICT_SUCCESS);
    return kind;
}

static guint
add_refusal(Run *run, const LocalRefusal *refusal)
{
    GPtrArray *texts = run->attempt->reasons;

    g_ptr_array_add(texts, (gpointer)refusal->reason);
    return add_kind(run, &(RejectionKind){.verdict = refusal->verdict,
                                          .plugin = refusal->plugin,
                                          .first_reason = texts->len - 1,
                                          .n_reasons = 1});
}

/* The rejection by the way of refusing @refusal; @kinds has those that came up, and one more. */
static guint32
kind_of(Run *run, guint refusal, guint *kinds)
{
    if (kinds[refusal] == 0)
        kinds[refusal] = 1 + add_refusal(run, &run->shape->columns.refusals.items[refusal - 1]);
    return kinds[refusal] - 1;
}

/*
 * By what is remembered of the nodes alone, @wanted of them from @place on. Only where no plugin looks beyond the node
 * and none is nominated. While nodes are not ready yet this goes by thousands of them: places first, the rest after.
 */
static void
recall_nodes(Run *run, guint place, guint wanted)
{
    const guint8 *refusals = run->shape->columns.refusal;
    const NodeColumns *all = run->all;
    AttemptRoom *room = run->room;
    guint32 *places = room->places;
    Rejection *rejected = room->rejected;
    guint n = all->n;
    guint n_feasible = run->n_feasible;
    guint n_rejected = run->n_rejected;
    guint kinds[REFUSAL_ASK] = {0};

    for (guint i = 0; i < n && n_feasible < wanted; i++) {
        guint refusal = refusals[place];

        if (refusal == REFUSAL_NONE)
            places[n_feasible++] = place;
        else if (refusal != REFUSAL_ASK)
            rejected[n_rejected++] = (Rejection){place, kinds[refusal] != 0 ? kinds[refusal] - 1
                                                                            : kind_of(run, refusal, kinds)};
        else
            rejected[n_rejected++] = (Rejection){place, ask_again(run, all->nodes[place])};
        place = place + 1 == n ? 0 : place + 1;
    }
    for (guint i = run->n_feasible; i < n_feasible; i++) {
        room->nodes[i] = all->nodes[places[i]];
        room->slots[i] = all->slots[places[i]];
    }
    run->n_feasible = n_feasible;
    run->n_rejected = n_rejected;
}

/* The nodes that a PreFilter plugin left over, in the order named. */
static void
filter_narrowed(Run *run)
{
    const StrList *names = run->cycle.narrowed;

    /* A name may come twice. */
    sched_cache_room(run->options->cache, names->count);
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
    guint place = *run->options->next_start % n;
    gboolean can_recall = run->shape != NULL && run->is_all_local && !run->has_nominated;

    if (can_recall && run->shape->columns.n_refused == 0) {
        run->is_row = TRUE;
        run->attempt->first = place;
        run->n_feasible = wanted;
        return;
    }
    if (can_recall) {
        recall_nodes(run, place, wanted);
        return;
    }
    for (guint i = 0; i < n && run->n_feasible < wanted; i++) {
        try_node(run, run->all->nodes[place]);
        place = place + 1 == n ? 0 : place + 1;
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
    run->n_rejected = 0;
    run->attempt->kinds.count = 0;
    g_ptr_array_set_size(run->attempt->reasons, 0);
    return FALSE;
}

/* Results are kept per spec; a spec that comes once or twice is not worth the memory. */
static void
find_local(Run *run)
{
    PodShape *shape = run->cycle.pod->shape;

    run->has_nominated = nominator_count(sched_cache_nominator(run->options->cache)) > 0;
    run->is_all_local = (sched_points()->filter_beyond & ~run->cycle.skip_filter) == 0;
    pod_shapes_keep(sched_cache_shapes(run->options->cache), shape);
    if (++shape->n_attempts < RECURRING || shape->owner == NULL)
        return;
    run->shape = shape;
    local_settle(&run->cycle, run->all, run->attempt->reasons);
}

static void
find_feasible(Run *run)
{
    guint visited;

    if (!run_pre_filters(run))
        return;
    find_local(run);
    if (filter_nominated(run))
        return;
    if (run->cycle.narrowed != NULL)
        filter_narrowed(run);
    else
        filter_all(run);
    visited = run->n_feasible + run->n_rejected;
    *run->options->next_start = (*run->options->next_start + visited) % run->all->n;
}

/* --- Score -------------------------------------------------------------------------------------------- */

/* The feasible as plugins and rows of scores want them. */
static Candidates
candidates_of(Run *run)
{
    AttemptRoom *room = run->room;
    const LocalColumns *known = run->shape == NULL ? NULL : &run->shape->columns;
    guint first = run->attempt->first;
    guint n = run->n_feasible;

    if (run->is_row)
        return (Candidates){.n = n,
                            .nodes = run->all->nodes + first,
                            .slots = run->all->slots + first,
                            .first = first,
                            .fit = known->fit + first,
                            .balanced = known->balanced + first,
                            .room = room};
    for (guint i = 0; known != NULL && i < n; i++) {
        room->fit[i] = known->fit[room->places[i]];
        room->balanced[i] = known->balanced[room->places[i]];
    }
    return (Candidates){.n = n,
                        .nodes = room->nodes,
                        .slots = room->slots,
                        .places = room->places,
                        .fit = known == NULL ? NULL : room->fit,
                        .balanced = known == NULL ? NULL : room->balanced,
                        .room = room};
}

static void
choose(Run *run)
{
    Attempt *attempt = run->attempt;
    guint chosen = 0;

    attempt->n_feasible = run->n_feasible;
    if (!run->is_row)
        attempt->places = g_memdup2(run->room->places, run->n_feasible * sizeof *attempt->places);
    if (run->n_feasible > 1) {
        Candidates of = candidates_of(run);

        attempt_score(attempt, &run->cycle, &of);
        chosen = attempt_select(run->room->totals, of.n, run->options->tiebreak);
    }
    attempt->chosen = attempt_feasible(attempt, chosen);
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

/* The scratch list goes with the attempt if anything stands in it. */
static void
give_reasons(Run *run)
{
    if (run->attempt->reasons->len > 0)
        run->room->reasons = NULL;
    else
        run->attempt->reasons = NULL;
}

/* --- public ------------------------------------------------------------------------------------------------ */

Attempt *
attempt_run(const AttemptOptions *options, const PodInfo *pod)
{
    Attempt *attempt = POOL_NEW0(Attempt);
    Run run = {
        .options = options,
        .attempt = attempt,
        .cycle = {.cache = options->cache,
                  .pod = pod,
                  .version_minor = options->version_minor,
                  .narrowed_by = -1},
    };

    attempt->key = pod->key;
    attempt->absent = VERDICT_UNRESOLVABLE;
    run.all = sched_cache_columns(options->cache);
    attempt->n_all = run.all->n;
    if (run.all->n == 0) {
        attempt->message = str_intern("no nodes available to schedule pods");
        attempt->sets_nomination = TRUE;
        attempt->nominated = "";
        return attempt;
    }
    attempt->names = node_names_ref(run.all->names);
    run.room = sched_cache_room(options->cache, run.all->n);
    attempt->reasons = run.room->reasons;
    find_feasible(&run);
    attempt->n_rejected = run.n_rejected;
    attempt->rejected =
        run.n_rejected == 0 ? NULL : g_memdup2(run.room->rejected, run.n_rejected * sizeof(Rejection));
    if (run.n_feasible == 0)
        fail(&run);
    else
        choose(&run);
    give_reasons(&run);
    cycle_clear(&run.cycle);
    return attempt;
}

const char *
attempt_feasible(const Attempt *attempt, guint index)
{
    guint place = attempt->places != NULL ? attempt->places[index] : (attempt->first + index) % attempt->n_all;

    return attempt->names->items[place];
}

void
attempt_free(gpointer data)
{
    Attempt *attempt = data;

    if (attempt == NULL)
        return;
    node_names_unref(attempt->names);
    g_free(attempt->places);
    g_free(attempt->scores);
    g_free(attempt->rejected);
    g_free(attempt->kinds.items);
    if (attempt->reasons != NULL)
        g_ptr_array_free(attempt->reasons, TRUE);
    candidate_free(attempt->preemption);
    POOL_FREE(Attempt, attempt);
}
