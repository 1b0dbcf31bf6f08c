/* Whole attempts: order of nodes, how many are looked at, messages, preemption, ties. */

#include "scheduler/budgets.h"
#include "scheduler/preemption.h"
#include "scheduler/scheduler.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *attempt_suite(void);

static GPtrArray *nodes;
static GPtrArray *pods;

static void
set_up(void)
{
    nodes = g_ptr_array_new_with_free_func(api_object_unref);
    pods = g_ptr_array_new_with_free_func(api_object_unref);
}

static void
tear_down(void)
{
    g_ptr_array_unref(nodes);
    g_ptr_array_unref(pods);
}

static void
add_node(const char *name, const char *cpu, const char *spec)
{
    g_autofree char *json = g_strdup_printf(
        "{'kind':'Node','metadata':{'name':'%s','labels':{'kubernetes.io/hostname':'%s'}},"
        "'spec':{%s},'status':{'allocatable':{'cpu':'%s','memory':'8Gi','pods':'110'}}}",
        name, name, spec == NULL ? "" : spec, cpu);

    g_ptr_array_add(nodes, make_object(json));
}

static ApiObject *
make_pod(const char *name, const char *cpu, int priority, const char *spec, const char *status)
{
    g_autofree char *json = g_strdup_printf(
        "{'kind':'Pod','metadata':{'name':'%s','namespace':'default','uid':'%s'},'spec':{"
        "'priority':%d,'containers':[{'name':'c','resources':{'requests':{'cpu':'%s'}}}]%s},"
        "'status':{%s}}",
        name, name, priority, cpu, spec == NULL ? "" : spec, status == NULL ? "" : status);

    return make_object(json);
}

static void
add_pod(const char *name, const char *node, const char *cpu, int priority)
{
    g_autofree char *spec = g_strdup_printf(",'nodeName':'%s'", node);

    g_ptr_array_add(pods, make_pod(name, cpu, priority, spec, NULL));
}

static Value *
try_pod(ApiObject *pod, guint64 seed, guint minor)
{
    Value *tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                                (const ApiObject *const *)pods->pdata, pods->len, seed, minor);

    api_object_unref(pod);
    return tree;
}

static void
expect_message(ApiObject *pod, guint minor, const char *want)
{
    g_autoptr(Value) tree = try_pod(pod, 1, minor);

    ck_assert_str_eq(value_get_string(tree, "message", "none"), want);
    ck_assert_ptr_null(value_get_string(tree, "node", NULL));
}

/* --- how many nodes (schedule_one.go: numFeasibleNodesToFind) ---------------------------------------- */

START_TEST(test_nodes_to_find)
{
    static const struct {
        guint all, percentage, want;
    } rows[] = {{50, 0, 50},     {99, 30, 99},     {100, 0, 100},    {1000, 0, 420},
                {1000, 40, 400}, {6000, 0, 300},   {6000, 40, 2400}, {5000, 0, 500},
                {200, 5, 100},   {1000, 100, 1000}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_uint_eq(attempt_nodes_to_find(rows[i].all, rows[i].percentage), rows[i].want);
}
END_TEST

/* --- order of nodes (backend/cache/node_tree_test.go) ------------------------------------------------- */

static void
set_labels(SchedCache *cache, const char *name, const char *labels)
{
    g_autofree char *json =
        g_strdup_printf("{'kind':'Node','metadata':{'name':'%s','labels':{%s}}}", name, labels);
    g_autoptr(ApiObject) node = make_object(json);

    sched_cache_set_node(cache, node);
}

static char *
order_of(SchedCache *cache)
{
    GString *text = g_string_new(NULL);
    guint n;
    NodeInfo *const *list = sched_cache_nodes(cache, &n);

    for (guint i = 0; i < n; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : " ", list[i]->name);
    return g_string_free(text, FALSE);
}

#define REGION(r) "'topology.kubernetes.io/region':'" r "'"
#define ZONE(z)   "'topology.kubernetes.io/zone':'" z "'"

START_TEST(test_node_tree)
{
    static const SchedListers none = {0};
    SchedCache *cache = sched_cache_new(&none, NULL);
    g_autofree char *mixed = NULL;
    g_autofree char *robin = NULL;
    g_autofree char *moved = NULL;

    set_labels(cache, "n0", "");
    set_labels(cache, "n1", REGION("region-1"));
    set_labels(cache, "n2", ZONE("zone-2"));
    set_labels(cache, "n3", REGION("region-1") "," ZONE("zone-2"));
    mixed = order_of(cache);
    ck_assert_str_eq(mixed, "n0 n1 n2 n3");
    sched_cache_clear(cache);
    set_labels(cache, "a1", ZONE("a"));
    set_labels(cache, "a2", ZONE("a"));
    set_labels(cache, "a3", ZONE("a"));
    set_labels(cache, "b1", ZONE("b"));
    set_labels(cache, "c1", ZONE("c"));
    set_labels(cache, "c2", ZONE("c"));
    robin = order_of(cache);
    ck_assert_str_eq(robin, "a1 b1 c1 a2 c2 a3");
    sched_cache_remove_node(cache, str_intern("b1"));
    set_labels(cache, "a1", ZONE("c"));
    moved = order_of(cache);
    ck_assert_str_eq(moved, "a2 c1 a3 c2 a1");
    sched_cache_free(cache);
}
END_TEST

/* The next pod's search begins where this one's ended. */
START_TEST(test_rotation)
{
    static const SchedListers none = {0};
    SchedCache *cache = sched_cache_new(&none, NULL);
    g_autoptr(ApiObject) pod = make_pod("a", "1", 0, NULL, NULL);
    PodInfo *info = pod_info_new(sched_cache_shapes(cache), pod);
    Rng rng;
    guint next_start = 0;
    AttemptOptions options = {.cache = cache,
                              .version_minor = 34,
                              .tiebreak = &rng,
                              .preemption = &rng,
                              .next_start = &next_start};

    rng_seed(&rng, 1, "test");
    for (guint i = 0; i < 300; i++) {
        g_autofree char *name = g_strdup_printf("n%u", i);

        add_node(name, i % 3 == 0 ? "100m" : "4", NULL);
        sched_cache_set_node(cache, nodes->pdata[i]);
    }
    for (guint round = 0; round < 3; round++) {
        Attempt *attempt = attempt_run(&options, info);

        /* 300 nodes: 48 % = 144 to find, every third node is too small. */
        ck_assert_uint_eq(attempt->n_feasible, 144);
        attempt_free(attempt);
    }
    /* 216 visited from 0 on (the last is feasible: 215), and so on, modulo 300 */
    ck_assert_uint_lt(next_start, 300);
    ck_assert_uint_ne(next_start, 0);
    pod_info_free(info);
    sched_cache_free(cache);
}
END_TEST

/* Reservoir sampling: of equal totals each is taken about as often. */
START_TEST(test_ties)
{
    guint first = 0;

    add_node("n1", "4", NULL);
    add_node("n2", "4", NULL);
    for (guint seed = 0; seed < 400; seed++) {
        g_autoptr(Value) tree = try_pod(make_pod("a", "1", 0, NULL, NULL), seed, 34);

        first += str_is(value_get_string(tree, "node", ""), "n1");
    }
    ck_assert_uint_gt(first, 150);
    ck_assert_uint_lt(first, 250);
}
END_TEST

/* --- messages ---------------------------------------------------------------------------------------------- */

/* framework/types_test.go: FitError: sorted as strings */
START_TEST(test_histogram)
{
    ReasonCounts *few = reason_counts_new();
    ReasonCounts *many = reason_counts_new();

    reason_counts_add(few, str_intern("F1"), 2);
    reason_counts_add(few, str_intern("F2"), 1);
    ck_assert_str_eq(reason_counts_finish(few, 3), "0/3 nodes are available: 1 F2, 2 F1.");
    reason_counts_add(many, str_intern("y"), 2);
    reason_counts_add(many, str_intern("x"), 10);
    ck_assert_str_eq(reason_counts_finish(many, 12), "0/12 nodes are available: 10 x, 2 y.");
}
END_TEST

#define TAINT "'taints':[{'key':'k','value':'v','effect':'NoSchedule'}]"

START_TEST(test_message_of_a_mixed_cluster)
{
    for (guint i = 0; i < 5; i++) {
        g_autofree char *name = g_strdup_printf("n%u", i);

        add_node(name, "2", i < 3 ? TAINT : NULL);
    }
    add_pod("p0", "n3", "1500m", 0);
    add_pod("p1", "n4", "1500m", 0);
    expect_message(make_pod("a", "1", 0, NULL, NULL), 34,
                   "0/5 nodes are available: 2 Insufficient cpu, 3 node(s) had untolerated "
                   "taint(s). no new claims to deallocate, preemption: 0/5 nodes are available: 2 "
                   "No preemption victims found for incoming pod, 3 Preemption is not helpful for "
                   "scheduling.");
    expect_message(make_pod("a", "1", 0, NULL, NULL), 33,
                   "0/5 nodes are available: 2 Insufficient cpu, 3 node(s) had untolerated taint "
                   "{k: v}. preemption: 0/5 nodes are available: 2 No preemption victims found for "
                   "incoming pod, 3 Preemption is not helpful for scheduling.");
}
END_TEST

START_TEST(test_message_named_node)
{
    static const char *const affinity =
        ",'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{"
        "'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.name','operator':'In','values':["
        "'n0']}]}]}}}";

    add_node("n0", "1", NULL);
    add_node("n1", "4", NULL);
    add_node("n2", "4", NULL);
    expect_message(make_pod("a", "2", 0, affinity, NULL), 34,
                   "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy "
                   "plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes "
                   "are available: 3 Preemption is not helpful for scheduling.");
}
END_TEST

/* PreFilter ended before DynamicResources had its turn. */
START_TEST(test_message_of_a_contradiction)
{
    static const char *const affinity =
        ",'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{"
        "'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.name','operator':'In','values':["
        "'n0']},{'key':'metadata.name','operator':'In','values':['n1']}]}]}}}";

    add_node("n0", "1", NULL);
    add_node("n1", "4", NULL);
    expect_message(make_pod("a", "2", 0, affinity, NULL), 34,
                   "0/2 nodes are available: pod affinity terms conflict. not found");
}
END_TEST

START_TEST(test_message_no_nodes)
{
    expect_message(make_pod("a", "1", 0, NULL, NULL), 34, "no nodes available to schedule pods");
}
END_TEST

/* --- preemption ------------------------------------------------------------------------------------------------ */

static const char *
victims_of(const Value *tree)
{
    const Value *victims = value_get(tree, "victims");
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; victims != NULL && i < victims->count; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : " ",
                               victims->items[i]->text + strlen("default/"));
    return str_intern(text->str);
}

/* default_preemption_test.go: a lesser pod that need not go stays */
START_TEST(test_victims_on_one_node)
{
    g_autoptr(Value) tree = NULL;

    add_node("n1", "500m", NULL);
    add_pod("lesser", "n1", "100m", 0);
    add_pod("greater", "n1", "300m", 100);
    tree = try_pod(make_pod("a", "300m", 1000, NULL, NULL), 1, 34);
    ck_assert_str_eq(victims_of(tree), "greater");
    ck_assert_str_eq(value_get_string(tree, "nominatedNode", ""), "n1");
    ck_assert_str_eq(value_get_string(tree, "message", ""),
                     "0/1 nodes are available: 1 Insufficient cpu.");
}
END_TEST

/* Recorded, 12 of 12: of two equals the pod updated last goes. */
START_TEST(test_victim_is_the_last_updated)
{
    g_autoptr(Value) tree = NULL;

    add_node("n1", "4", NULL);
    add_pod("x", "n1", "1900m", 10);
    add_pod("y", "n1", "1900m", 10);
    tree = try_pod(make_pod("a", "1900m", 1000, NULL, NULL), 1, 34);
    ck_assert_str_eq(victims_of(tree), "y");
    /* x is updated: it goes to the end of the node's list */
    add_pod("x", "n1", "1900m", 10);
    value_free(tree);
    tree = try_pod(make_pod("a", "1900m", 1000, NULL, NULL), 1, 34);
    ck_assert_str_eq(victims_of(tree), "x");
}
END_TEST

/* The earlier started is the more important. */
START_TEST(test_victim_is_the_last_started)
{
    g_autoptr(Value) tree = NULL;

    add_node("n1", "4", NULL);
    g_ptr_array_add(pods, make_pod("young", "1900m", 10, ",'nodeName':'n1'",
                                   "'startTime':'2026-01-01T00:00:02Z'"));
    g_ptr_array_add(pods, make_pod("old", "1900m", 10, ",'nodeName':'n1'",
                                   "'startTime':'2026-01-01T00:00:01Z'"));
    tree = try_pod(make_pod("a", "1900m", 1000, NULL, NULL), 1, 34);
    ck_assert_str_eq(victims_of(tree), "young");
}
END_TEST

static Candidate *
candidate_of(const char *node, const int *priorities)
{
    Candidate *candidate = g_new0(Candidate, 1);

    candidate->node = node;
    candidate->victims = g_ptr_array_new_with_free_func(api_object_unref);
    for (guint i = 0; priorities[i] >= 0; i++)
        g_ptr_array_add(candidate->victims, make_pod("v", "1", priorities[i], NULL, NULL));
    return candidate;
}

/* framework/preemption_test.go: pickOneNodeForPreemption */
START_TEST(test_choice_of_the_node)
{
    static const struct {
        int victims[3][4];
        guint want;
    } rows[] = {
        {{{100, 100, -1}, {100, 0, -1}, {0, 0, -1}}, 2},         /* lowest highest priority */
        {{{100, 100, -1}, {100, 50, -1}, {100, 60, -1}}, 1},     /* smallest sum */
        {{{100, 10, -1}, {100, 5, 5, -1}, {100, 10, 1, -1}}, 0}, /* a further pod weighs 2^31 */
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Candidate *candidates[3];

        for (guint k = 0; k < 3; k++)
            candidates[k] = candidate_of("n", rows[i].victims[k]);
        ck_assert_uint_eq(preemption_choose((const Candidate *const *)candidates, 3, 0, NULL),
                          rows[i].want);
        for (guint k = 0; k < 3; k++)
            candidate_free(candidates[k]);
    }
}
END_TEST

/* --- disruption budgets: default_preemption_test.go: filterPodsWithPDBViolation ------------------------ */

typedef struct {
    LabelSelector *selector;
} BudgetSpec;
typedef struct {
    gint32 allowed;
    StrMap disrupted;
} BudgetStatus;
static const ApiField budget_spec_fields[] = {
    {"selector", API_MESSAGE, offsetof(BudgetSpec, selector), .message = &label_selector_type},
    {0},
};
static const ApiField budget_status_fields[] = {
    {"disruptionsAllowed", API_INT32, offsetof(BudgetStatus, allowed), API_ALWAYS},
    {"disruptedPods", API_STR_MAP, offsetof(BudgetStatus, disrupted)},
    {0},
};
static const ApiType budget_spec_type = {"Spec", "v1", sizeof(BudgetSpec), budget_spec_fields, ""};
static const ApiType budget_status_type = {"Status", "v1", sizeof(BudgetStatus),
                                           budget_status_fields, ""};
static const ApiKind budget_kind = {
    .kind = "Budget",
    .group = "",
    .version = "v1",
    .is_namespaced = TRUE,
    .spec = &budget_spec_type,
    .status = &budget_status_type,
};

static ApiObject *
make_budget(const char *label, gint32 allowed, const char *disrupted)
{
    ApiObject *budget = api_object_new(&budget_kind, "default", "b");
    BudgetSpec *spec = api_edit_spec(budget);
    BudgetStatus *status = api_edit_status(budget);

    spec->selector = g_new0(LabelSelector, 1);
    if (label != NULL)
        str_map_set(&spec->selector->match_labels, str_intern("app"), str_intern(label));
    status->allowed = allowed;
    if (disrupted != NULL)
        str_map_set(&status->disrupted, str_intern(disrupted), str_intern("x"));
    return budget;
}

START_TEST(test_budgets)
{
    static const struct {
        const char *label;
        gint32 allowed;
        const char *disrupted;
        gboolean want[3];
    } rows[] = {
        {"a", 1, NULL, {FALSE, TRUE, FALSE}}, /* the less important of two is one too many */
        {"a", 2, NULL, {FALSE, FALSE, FALSE}},  {"a", 0, NULL, {TRUE, TRUE, FALSE}},
        {"a", 0, "p0", {FALSE, TRUE, FALSE}},   /* p0 is on its way already */
        {NULL, 0, NULL, {FALSE, FALSE, FALSE}}, /* an empty selector matches nothing */
    };
    static const SchedListers none = {0};
    SchedCache *cache = sched_cache_new(&none, NULL);
    GPtrArray *infos = g_ptr_array_new_with_free_func(pod_info_free);

    for (guint i = 0; i < 3; i++) {
        g_autofree char *json = g_strdup_printf("{'kind':'Pod','metadata':{'name':'p%u','namespace'"
                                                ":'default','labels':{'app':'%s'}}}",
                                                i, i < 2 ? "a" : "b");
        g_autoptr(ApiObject) pod = make_object(json);

        g_ptr_array_add(infos, pod_info_new(sched_cache_shapes(cache), pod));
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) budgets = g_ptr_array_new_with_free_func(api_object_unref);
        g_autofree gboolean *violates = NULL;

        g_ptr_array_add(budgets, make_budget(rows[i].label, rows[i].allowed, rows[i].disrupted));
        violates = sched_budgets_mark(infos, budgets);
        for (guint k = 0; k < 3; k++)
            ck_assert_msg(violates[k] == rows[i].want[k], "row %u, pod %u", i, k);
    }
    g_ptr_array_unref(infos);
    sched_cache_free(cache);
}
END_TEST

START_TEST(test_candidate_count)
{
    ck_assert_uint_eq(preemption_candidate_count(20), 20);
    ck_assert_uint_eq(preemption_candidate_count(500), 100);
    ck_assert_uint_eq(preemption_candidate_count(5000), 500);
}
END_TEST

START_TEST(test_never)
{
    add_node("n1", "2", NULL);
    add_pod("p", "n1", "2", 0);
    expect_message(make_pod("a", "1", 100, ",'preemptionPolicy':'Never'", NULL), 34,
                   "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, "
                   "preemption: not eligible due to preemptionPolicy=Never.");
}
END_TEST

/* Removing all lesser pods is not enough: the reasons of that trial. */
START_TEST(test_not_enough)
{
    add_node("n1", "2", NULL);
    add_node("n2", "2", NULL);
    add_pod("p", "n1", "500m", 0);
    add_pod("q", "n1", "1500m", 200);
    add_pod("r", "n2", "2", 200);
    expect_message(make_pod("a", "1", 100, NULL, NULL), 34,
                   "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, "
                   "preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 No preemption "
                   "victims found for incoming pod.");
}
END_TEST

/* A request above the node's size: nothing on it needs to be tried. */
START_TEST(test_hopeless_node)
{
    add_node("n1", "2", NULL);
    add_pod("p", "n1", "1", 0);
    expect_message(make_pod("a", "3", 100, NULL, NULL), 34,
                   "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, "
                   "preemption: 0/1 nodes are available: 1 Preemption is not helpful for "
                   "scheduling.");
}
END_TEST

/* Topology: anti-affinity is resolved by preempting the pod that is in the way. */
START_TEST(test_preempts_against_anti_affinity)
{
    g_autoptr(Value) tree = NULL;

    add_node("n1", "4", NULL);
    g_ptr_array_add(pods, make_object("{'kind':'Pod','metadata':{'name':'in-the-way','namespace':'"
                                      "default','labels':{'app':'a'}},"
                                      "'spec':{'nodeName':'n1','containers':[{'name':'c'}]}}"));
    add_pod("bystander", "n1", "1", 0);
    tree = try_pod(make_pod("a", "1", 100,
                            ",'affinity':{'podAntiAffinity':{'"
                            "requiredDuringSchedulingIgnoredDuringExecution':[{"
                            "'topologyKey':'kubernetes.io/"
                            "hostname','labelSelector':{'matchLabels':{'app':'a'}}}]}}",
                            NULL),
                   1, 34);
    ck_assert_str_eq(victims_of(tree), "in-the-way");
}
END_TEST

/* A pod promised to the node counts for pods of its priority and below. */
START_TEST(test_nominated_pods_count)
{
    g_autoptr(Value) same = NULL;
    g_autoptr(Value) above = NULL;

    add_node("n1", "2", NULL);
    g_ptr_array_add(pods, make_pod("promised", "1500m", 50, NULL, "'nominatedNodeName':'n1'"));
    same = try_pod(make_pod("a", "1", 50, NULL, NULL), 1, 34);
    ck_assert_ptr_null(value_get_string(same, "node", NULL));
    above = try_pod(make_pod("a", "1", 51, NULL, NULL), 1, 34);
    ck_assert_str_eq(value_get_string(above, "node", ""), "n1");
}
END_TEST

/* The nominated node is tried alone first. */
START_TEST(test_nominated_node_first)
{
    g_autoptr(Value) tree = NULL;

    add_node("n1", "2", NULL);
    add_node("n2", "16", NULL);
    tree = try_pod(make_pod("a", "1", 0, NULL, "'nominatedNodeName':'n1'"), 1, 34);
    ck_assert_str_eq(value_get_string(tree, "node", ""), "n1");
    ck_assert_uint_eq(value_get(tree, "nodes")->count, 1);
}
END_TEST

Suite *
attempt_suite(void)
{
    Suite *suite = suite_create("attempt");
    TCase *tcase = tcase_create("attempts");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_nodes_to_find);
    tcase_add_test(tcase, test_node_tree);
    tcase_add_test(tcase, test_rotation);
    tcase_add_test(tcase, test_ties);
    tcase_add_test(tcase, test_histogram);
    tcase_add_test(tcase, test_message_of_a_mixed_cluster);
    tcase_add_test(tcase, test_message_named_node);
    tcase_add_test(tcase, test_message_of_a_contradiction);
    tcase_add_test(tcase, test_message_no_nodes);
    tcase_add_test(tcase, test_victims_on_one_node);
    tcase_add_test(tcase, test_victim_is_the_last_updated);
    tcase_add_test(tcase, test_victim_is_the_last_started);
    tcase_add_test(tcase, test_choice_of_the_node);
    tcase_add_test(tcase, test_budgets);
    tcase_add_test(tcase, test_candidate_count);
    tcase_add_test(tcase, test_never);
    tcase_add_test(tcase, test_not_enough);
    tcase_add_test(tcase, test_hopeless_node);
    tcase_add_test(tcase, test_preempts_against_anti_affinity);
    tcase_add_test(tcase, test_nominated_pods_count);
    tcase_add_test(tcase, test_nominated_node_first);
    suite_add_tcase(suite, tcase);
    return suite;
}
