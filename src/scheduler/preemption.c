/* preemption.c - see preemption.h */

#include "scheduler/preemption.h"

#include "scheduler/budgets.h"

/* v1.34 apis/config/v1/defaults.go: DefaultPreemptionArgs */
#define CANDIDATES_PERCENT 10
#define CANDIDATES_MIN     100

typedef struct {
    const AttemptOptions *options;
    Cycle *cycle;
    Attempt *attempt;
    GPtrArray *candidates;   /* of Candidate (owned) */
    guint n_harmless;        /* of them: violate no budget */
    ReasonCounts *histogram; /* why not, of the nodes examined */
    guint n_examined;
    GPtrArray *budgets; /* (owned) of ApiObject (borrowed) */
} Search;

void
candidate_free(Candidate *candidate)
{
    if (candidate == NULL)
        return;
    g_ptr_array_free(candidate->victims, TRUE);
    g_free(candidate);
}

static void
candidate_free_item(gpointer data)
{
    candidate_free(data);
}

guint
preemption_candidate_count(guint n_potential)
{
    guint wanted = MAX(n_potential * CANDIDATES_PERCENT / 100, CANDIDATES_MIN);

    return MIN(wanted, n_potential);
}

/* --- may it preempt? --------------------------------------------------------------------------------- */

static gboolean
is_being_preempted(const ApiObject *pod)
{
    const Condition *condition;

    if (!api_is_deleting(pod))
        return FALSE;
    condition = condition_find(&pod_status(pod)->conditions, "DisruptionTarget");
    return condition != NULL && str_is(condition->status, "True") &&
           str_is(condition->reason, "PreemptionByScheduler");
}

const char *
preemption_not_eligible(const SchedCache *cache,
                        const ApiObject *pod,
                        gboolean nominated_is_hopeless)
{
    const char *nominated = pod_status(pod) == NULL ? NULL : pod_status(pod)->nominated_node_name;
    const NodeInfo *node;

    if (str_is(pod_spec(pod)->preemption_policy, "Never"))
        return "not eligible due to preemptionPolicy=Never.";
    if (str_is_empty(nominated) || nominated_is_hopeless)
        return NULL;
    node = sched_cache_find_node(cache, nominated);
    for (guint i = 0; node != NULL && i < node->pods->len; i++) {
        const PodInfo *other = node->pods->pdata[i];

        if (other->priority < pod_priority(pod) && is_being_preempted(other->pod))
            return "not eligible due to a terminating pod on the nominated node.";
    }
    return NULL;
}

/* --- victims on one node ------------------------------------------------------------------------------ */

typedef struct {
    gint64 wall_ns;
} Now;

static gint64
start_time(const ApiObject *pod, gint64 wall_ns)
{
    ApiTime start = pod_status(pod) == NULL ? 0 : pod_status(pod)->start_time;

    return start != 0 ? start : wall_ns;
}

/* v1.34 pkg/scheduler/util: MoreImportantPod */
static gint
compare_importance(gconstpointer a, gconstpointer b, gpointer data)
{
    const PodInfo *x = *(const PodInfo *const *)a;
    const PodInfo *y = *(const PodInfo *const *)b;
    const Now *now = data;
    gint64 x_ns;
    gint64 y_ns;

    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    x_ns = start_time(x->pod, now->wall_ns);
    y_ns = start_time(y->pod, now->wall_ns);
    return x_ns < y_ns ? -1 : x_ns > y_ns ? 1 : 0;
}

static gboolean
still_fits(Search *search, NodeInfo *trial)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    Reasons reasons = {texts};
    gint plugin;

    return attempt_filter_node(search->cycle, trial, &reasons, &plugin) == VERDICT_SUCCESS;
}

/* Pods go back one by one where the preemptor still fits; the rest are victims. */
static void
reprieve(Search *search,
         NodeInfo *trial,
         const GPtrArray *removed,
         const gboolean *violates,
         gboolean violating,
         Candidate *candidate)
{
    for (guint i = 0; i < removed->len; i++) {
        PodInfo *pod = removed->pdata[i];

        if (violates[i] != violating)
            continue;
        attempt_add_pod(search->cycle, trial, pod);
        if (still_fits(search, trial))
            continue;
        attempt_remove_pod(search->cycle, trial, pod);
        g_ptr_array_add(candidate->victims, pod);
        candidate->n_violations += violating;
    }
}

static void
examine_fails(Search *search, const char *reason)
{
    reason_counts_add(search->histogram, reason, 1);
}

/* The trial has lost its lesser pods: who of them can stay? NULL: not enough even so. */
static Candidate *
choose_victims(Search *search, NodeInfo *trial, GPtrArray *removed)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    Reasons reasons = {texts};
    Now now = {search->options->wall_ns};
    g_autofree gboolean *violates = NULL;
    Candidate *candidate;
    gint plugin;

    if (attempt_filter_node(search->cycle, trial, &reasons, &plugin) != VERDICT_SUCCESS) {
        for (guint i = 0; i < texts->len; i++)
            examine_fails(search, texts->pdata[i]);
        return NULL;
    }
    candidate = g_new0(Candidate, 1);
    candidate->node = trial->name;
    candidate->victims = g_ptr_array_new();
    g_ptr_array_sort_with_data(removed, compare_importance, &now);
    violates = sched_budgets_mark(removed, search->budgets);
    reprieve(search, trial, removed, violates, TRUE, candidate);
    reprieve(search, trial, removed, violates, FALSE, candidate);
    g_ptr_array_sort_with_data(candidate->victims, compare_importance, &now);
    return candidate;
}

/* From the trial's pods to references that outlive the cycle. */
static void
hold_victims(Candidate *candidate)
{
    GPtrArray *pods = g_ptr_array_new_with_free_func(api_object_unref);

    for (guint i = 0; i < candidate->victims->len; i++)
        g_ptr_array_add(pods, api_object_ref(((const PodInfo *)candidate->victims->pdata[i])->pod));
    g_ptr_array_free(candidate->victims, TRUE);
    candidate->victims = pods;
}

static gboolean
trial_has(const NodeInfo *trial, const PodInfo *pod)
{
    return g_ptr_array_find(trial->pods, pod, NULL);
}

/* v1.34 plugins/defaultpreemption: SelectVictimsOnNode */
static void
examine(Search *search, const NodeInfo *node)
{
    g_autoptr(NodeInfo) trial = node_info_copy(node);
    g_autoptr(GPtrArray) removed = g_ptr_array_new();
    Candidate *candidate;

    search->n_examined++;
    for (guint i = 0; i < node->pods->len; i++) {
        PodInfo *pod = node->pods->pdata[i];

        if (pod->priority < search->cycle->pod->priority)
            g_ptr_array_add(removed, pod);
    }
    if (removed->len == 0) {
        examine_fails(search, str_intern("No preemption victims found for incoming pod"));
        return;
    }
    for (guint i = 0; i < removed->len; i++)
        attempt_remove_pod(search->cycle, trial, removed->pdata[i]);
    candidate = choose_victims(search, trial, removed);
    /* The cycle's state must be as before for the next node. */
    for (guint i = 0; i < removed->len; i++) {
        if (!trial_has(trial, removed->pdata[i]))
            attempt_add_pod(search->cycle, trial, removed->pdata[i]);
    }
    if (candidate == NULL)
        return;
    if (candidate->victims->len == 0) {
        candidate_free(candidate);
        examine_fails(search,
                      str_internf("expected at least one victim pod on node \"%s\"", node->name));
        return;
    }
    hold_victims(candidate);
    search->n_harmless += candidate->n_violations == 0;
    g_ptr_array_add(search->candidates, candidate);
}

/* --- which node ------------------------------------------------------------------------------------------ */

typedef gint64 (*CandidateScore)(const Candidate *candidate, gint64 wall_ns);

static gint64
score_violations(const Candidate *candidate, gint64 wall_ns)
{
    (void)wall_ns;
    return -(gint64)candidate->n_violations;
}

static gint64
score_highest(const Candidate *candidate, gint64 wall_ns)
{
    (void)wall_ns;
    return -(gint64)pod_priority(candidate->victims->pdata[0]);
}

static gint64
score_sum(const Candidate *candidate, gint64 wall_ns)
{
    gint64 sum = 0;

    (void)wall_ns;
    for (guint i = 0; i < candidate->victims->len; i++)
        sum += (gint64)pod_priority(candidate->victims->pdata[i]) + G_GINT64_CONSTANT(2147483648);
    return -sum;
}

static gint64
score_count(const Candidate *candidate, gint64 wall_ns)
{
    (void)wall_ns;
    return -(gint64)candidate->victims->len;
}

static gint64
score_start(const Candidate *candidate, gint64 wall_ns)
{
    gint32 highest = pod_priority(candidate->victims->pdata[0]);
    gint64 earliest = start_time(candidate->victims->pdata[0], wall_ns);

    for (guint i = 1; i < candidate->victims->len; i++) {
        const ApiObject *pod = candidate->victims->pdata[i];
        gint64 start = start_time(pod, wall_ns);

        if (pod_priority(pod) > highest || (pod_priority(pod) == highest && start < earliest)) {
            highest = pod_priority(pod);
            earliest = start;
        }
    }
    return earliest;
}

/* v1.34 framework/preemption: pickOneNodeForPreemption: each rule narrows what the one before left. */
static const CandidateScore candidate_scores[] = {
    score_violations, score_highest, score_sum, score_count, score_start,
};

guint
preemption_choose(const Candidate *const *candidates, guint n, gint64 wall_ns, Rng *rng)
{
    g_autofree guint *left = g_new(guint, n);
    guint n_left = n;

    for (guint i = 0; i < n; i++)
        left[i] = i;
    for (guint s = 0; s < G_N_ELEMENTS(candidate_scores) && n_left > 1; s++) {
        gint64 best = G_MININT64;
        guint n_best = 0;

        for (guint i = 0; i < n_left; i++) {
            gint64 score = candidate_scores[s](candidates[left[i]], wall_ns);

            if (score > best) {
                best = score;
                n_best = 0;
            }
            if (score == best)
                left[n_best++] = left[i];
        }
        n_left = n_best;
    }
    return left[rng == NULL || n_left == 1 ? 0 : rng_below(rng, n_left)];
}

/* --- the search --------------------------------------------------------------------------------------------- */

static GHashTable *
rejections_by_node(const Attempt *attempt)
{
    GHashTable *table = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < attempt->n_rejected; i++)
        g_hash_table_insert(table, (gpointer)attempt_rejected(attempt, i),
                            &attempt->kinds.items[attempt->rejected[i].kind]);
    return table;
}

static Verdict
verdict_of(const Attempt *attempt, GHashTable *rejections, const char *node)
{
    const RejectionKind *rejection = g_hash_table_lookup(rejections, node);

    return rejection == NULL ? attempt->absent : rejection->verdict;
}

static GPtrArray *
potential_nodes(const Search *search, GHashTable *rejections)
{
    GPtrArray *potential = g_ptr_array_new();
    guint n;
    NodeInfo *const *nodes = sched_cache_nodes(search->options->cache, &n);

    for (guint i = 0; i < n; i++) {
        if (verdict_of(search->attempt, rejections, nodes[i]->name) == VERDICT_UNSCHEDULABLE)
            g_ptr_array_add(potential, nodes[i]);
    }
    return potential;
}

static void
search_nodes(Search *search, const GPtrArray *potential)
{
    guint wanted = preemption_candidate_count(potential->len);
    guint offset;

    if (potential->len == 0)
        return;
    offset = (guint)rng_below(search->options->preemption, potential->len);
    for (guint i = 0; i < potential->len; i++) {
        examine(search, potential->pdata[(offset + i) % potential->len]);
        if (search->n_harmless > 0 && search->candidates->len >= wanted)
            break;
    }
}

static const char *
search_finish(Search *search)
{
    Attempt *attempt = search->attempt;
    guint chosen;

    attempt->sets_nomination = TRUE;
    if (search->candidates->len == 0) {
        attempt->nominated = "";
        if (search->n_examined < attempt->n_all)
            reason_counts_add(search->histogram,
                              str_intern("Preemption is not helpful for scheduling"),
                              attempt->n_all - search->n_examined);
        return reason_counts_finish(search->histogram, attempt->n_all);
    }
    reason_counts_finish(search->histogram, attempt->n_all);
    chosen = preemption_choose((const Candidate *const *)search->candidates->pdata,
                               search->candidates->len, search->options->wall_ns,
                               search->options->preemption);
    attempt->preemption = search->candidates->pdata[chosen];
    search->candidates->pdata[chosen] = NULL;
    attempt->nominated = attempt->preemption->node;
    return NULL;
}

const char *
preemption_run(const AttemptOptions *options, Cycle *cycle, Attempt *attempt)
{
    const ApiObject *pod = cycle->pod->pod;
    const char *nominated = pod_status(pod) == NULL ? NULL : pod_status(pod)->nominated_node_name;
    g_autoptr(GHashTable) rejections = rejections_by_node(attempt);
    g_autoptr(GPtrArray) potential = NULL;
    const char *why_not;
    Search search = {.options = options, .cycle = cycle, .attempt = attempt};

    why_not = preemption_not_eligible(options->cache, pod,
                                      !str_is_empty(nominated) &&
                                          verdict_of(attempt, rejections, nominated) ==
                                              VERDICT_UNRESOLVABLE);
    if (why_not != NULL)
        return why_not;
    search.budgets = sched_budgets_list(options->cache);
    search.candidates = g_ptr_array_new_with_free_func(candidate_free_item);
    search.histogram = reason_counts_new();
    potential = potential_nodes(&search, rejections);
    search_nodes(&search, potential);
    why_not = search_finish(&search);
    g_ptr_array_free(search.candidates, TRUE);
    g_ptr_array_free(search.budgets, TRUE);
    return why_not;
}
