/*
 * Filters and weighted scores over whole attempts, default spreading, scoring functions that no default profile
 * reaches. Rows of single plugins: test_filter_rows.c, test_score_rows.c.
 */

#include "scheduler/plugins/plugins.h"
#include "scheduler/scheduler.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *plugins_suite(void);

#define CASE_MAX 8

/* Short forms: the objects are built around them. */
typedef struct {
    const char *name, *labels, *spec, *allocatable, *status; /* JSON members, NULL: none */
} NodeCase;
typedef struct {
    const char *labels, *node, *spec, *namespace_;
} PodCase;

typedef struct {
    const char *rule;
    const char *plugin; /* scores of this one; NULL: only the filters */
    PodCase pod;
    NodeCase nodes[CASE_MAX];
    PodCase pods[CASE_MAX];
    gint64 scores[CASE_MAX];       /* before the weight */
    const char *reasons[CASE_MAX]; /* why a node is out; NULL: it is feasible */
} PluginCase;

#define CONTAINER(requests)                                                                        \
    "'containers':[{'name':'c','image':'i','resources':{'requests':{" requests "}}}]"
#define PLAIN          CONTAINER("")
#define HOST(n)        "'kubernetes.io/hostname':'" n "'"
#define ZONE(z)        "'topology.kubernetes.io/zone':'" z "'"

static const PluginCase cases[] = {
    {
        .rule = "noderesources/least_allocated_test.go: nothing scheduled, resources requested",
        .plugin = "NodeResourcesFit",
        .pod = {.spec = "'containers':[{'name':'a','resources':{'requests':{'cpu':'1000m','memory':"
                        "'2000'}}},"
                        "{'name':'b','resources':{'requests':{'cpu':'2000m','memory':'3000'}}}]"},
        .nodes = {{"n1", .allocatable = "'cpu':'4000m','memory':'10000'"},
                  {"n2", .allocatable = "'cpu':'6000m','memory':'10000'"}},
        .scores = {37, 50},
    },
    {
        .rule = "noderesources/balanced_allocation_test.go: no resources requested, pods scheduled "
                "with resources",
        .plugin = "NodeResourcesBalancedAllocation",
        .pod = {.spec = CONTAINER("'cpu':'3000m','memory':'5000'")},
        .nodes = {{"n1", .allocatable = "'cpu':'4000m','memory':'10000'"},
                  {"n2", .allocatable = "'cpu':'6000m','memory':'10000'"}},
        .scores = {87, 100},
    },
    {
        .rule = "imagelocality/image_locality_test.go: one node has both images",
        .plugin = "ImageLocality",
        .pod = {.spec = "'containers':[{'name':'a','image':'gcr.io/"
                        "40'},{'name':'b','image':'gcr.io/300'}]"},
        .nodes = {{"n1", .status = "'images':[{'names':['gcr.io/40:latest'],'sizeBytes':41943040},"
                                   "{'names':['gcr.io/300:latest'],'sizeBytes':314572800}]"},
                  {"n2"}},
        .scores = {7, 0},
    },
    {
        .rule = "imagelocality/image_locality_test.go: large image counts up to the maximum",
        .plugin = "ImageLocality",
        .pod = {.spec = "'containers':[{'name':'a','image':'gcr.io/"
                        "10'},{'name':'b','image':'gcr.io/4000'}]"},
        .nodes = {{"n1",
                   .status = "'images':[{'names':['gcr.io/4000:latest'],'sizeBytes':4194304000}]"},
                  {"n2",
                   .status = "'images':[{'names':['gcr.io/10:latest'],'sizeBytes':10485760}]"},
                  {"n3"}},
        .scores = {66, 0, 0},
    },
    {
        .rule = "tainttoleration: node with tolerated taint scores higher",
        .plugin = "TaintToleration",
        .pod = {.spec = PLAIN ",'tolerations':[{'key':'foo','operator':'Equal','value':'bar','"
                              "effect':'PreferNoSchedule'}]"},
        .nodes = {{"a",
                   .spec = "'taints':[{'key':'foo','value':'bar','effect':'PreferNoSchedule'}]"},
                  {"b",
                   .spec = "'taints':[{'key':'foo','value':'blah','effect':'PreferNoSchedule'}]"}},
        .scores = {100, 0},
    },
    {
        .rule = "nodename: another node is asked for",
        .pod = {.spec = PLAIN ",'nodeName':'b'"},
        .nodes = {{"a"}, {"b"}},
        .reasons = {"node(s) didn't match the requested node name"},
    },
    {
        .rule = "nodeaffinity/node_affinity_test.go: only one node matches the preferred term",
        .plugin = "NodeAffinity",
        .pod = {.spec = PLAIN ",'affinity':{'nodeAffinity':{'"
                              "preferredDuringSchedulingIgnoredDuringExecution':[{'weight':2,"
                              "'preference':{'matchExpressions':[{'key':'foo','operator':'In','"
                              "values':['bar']}]}}]}}"},
        .nodes = {{"n1", .labels = "'foo':'bar'"},
                  {"n2", .labels = "'key':'value'"},
                  {"n3", .labels = "'az':'az1'"}},
        .scores = {100, 0, 0},
    },
    {
        .rule = "interpodaffinity/scoring_test.go: two weighted terms",
        .plugin = "InterPodAffinity",
        .pod = {.spec = PLAIN
                ",'affinity':{'podAffinity':{'preferredDuringSchedulingIgnoredDuringExecution':["
                "{'weight':8,'podAffinityTerm':{'topologyKey':'region','labelSelector':{'"
                "matchExpressions':["
                "{'key':'security','operator':'NotIn','values':['S1']},{'key':'security','operator'"
                ":'In','values':['S2']}]}}},"
                "{'weight':2,'podAffinityTerm':{'topologyKey':'region','labelSelector':{'"
                "matchExpressions':["
                "{'key':'security','operator':'Exists'},{'key':'wrongkey','operator':'DoesNotExist'"
                "}]}}}]}}"},
        .nodes = {{"n1", .labels = "'region':'China'"},
                  {"n2", .labels = "'region':'India'"},
                  {"n3", .labels = "'az':'az1'"}},
        .pods = {{"'security':'S1'", "n1", PLAIN}, {"'security':'S2'", "n2", PLAIN}},
        .scores = {20, 100, 0},
    },
    {
        .rule = "podtopologyspread/scoring_test.go: hostname, pods 2/1/0/3",
        .plugin = "PodTopologySpread",
        .pod = {.labels = "'foo':''",
                .spec = PLAIN
                ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'kubernetes.io/"
                "hostname','whenUnsatisfiable':'ScheduleAnyway',"
                "'labelSelector':{'matchExpressions':[{'key':'foo','operator':'Exists'}]}}]"},
        .nodes = {{"a", .labels = HOST("a")},
                  {"b", .labels = HOST("b")},
                  {"c", .labels = HOST("c")},
                  {"d", .labels = HOST("d")}},
        .pods = {{"'foo':''", "a", PLAIN},
                 {"'foo':''", "a", PLAIN},
                 {"'foo':''", "b", PLAIN},
                 {"'foo':''", "d", PLAIN},
                 {"'foo':''", "d", PLAIN},
                 {"'foo':''", "d", PLAIN}},
        .scores = {20, 60, 100, 0},
    },
    {
        .rule = "noderesources/fit_test.go: too many pods; scalars by name",
        .pod = {.spec = CONTAINER(
                    "'example.com/gpu':'2','hugepages-2Mi':'4Mi','ephemeral-storage':'1'")},
        .nodes =
            {{"n1",
              .allocatable =
                  "'example.com/gpu':'4','hugepages-2Mi':'8Mi','pods':'1','ephemeral-storage':'1'"},
             {"n2", .allocatable =
                        "'example.com/gpu':'1','hugepages-2Mi':'2Mi','ephemeral-storage':'0'"}},
        .pods = {{NULL, "n1", PLAIN}},
        .reasons = {"Too many pods", "Insufficient ephemeral-storage, Insufficient "
                                     "example.com/gpu, Insufficient hugepages-2Mi"},
    },
};

static ApiObject *
case_node(const NodeCase *node)
{
    g_autofree char *json =
        g_strdup_printf("{'kind':'Node','metadata':{'name':'%s','labels':{%s}},'spec':{%s},'status'"
                        ":{'allocatable':{'pods':'110'%s%s}%s%s}}",
                        node->name, node->labels == NULL ? "" : node->labels,
                        node->spec == NULL ? "" : node->spec, node->allocatable == NULL ? "" : ",",
                        node->allocatable == NULL ? "" : node->allocatable,
                        node->status == NULL ? "" : ",", node->status == NULL ? "" : node->status);

    return make_object(json);
}

static ApiObject *
case_pod(const PodCase *pod, const char *name)
{
    g_autofree char *json = g_strdup_printf(
        "{'kind':'Pod','metadata':{'name':'%s','namespace':'%s','labels':{%s}},'spec':{%s%s%s%s}}",
        name, pod->namespace_ == NULL ? "default" : pod->namespace_,
        pod->labels == NULL ? "" : pod->labels, pod->spec == NULL ? PLAIN : pod->spec,
        pod->node == NULL ? "" : ",'nodeName':'", pod->node == NULL ? "" : pod->node,
        pod->node == NULL ? "" : "'");

    return make_object(json);
}

static gint64
weight_of(const char *plugin)
{
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if (str_is(sched_plugins[i]->name, plugin))
            return sched_plugins[i]->weight;
    }
    return 0;
}

START_TEST(test_case)
{
    const PluginCase *c = &cases[_i];
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) pod = case_pod(&c->pod, "incoming");
    g_autoptr(Value) tree = NULL;

    for (guint i = 0; c->nodes[i].name != NULL; i++)
        g_ptr_array_add(nodes, case_node(&c->nodes[i]));
    for (guint i = 0; c->pods[i].spec != NULL; i++) {
        g_autofree char *name = g_strdup_printf("p%u", i);

        g_ptr_array_add(pods, case_pod(&c->pods[i], name));
    }
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)pods->pdata, pods->len, 1, 34);
    for (guint i = 0; i < nodes->len; i++) {
        const Value *node = value_get_path(tree, "nodes", c->nodes[i].name, NULL);
        const char *reason = value_get_string(node, "filter", NULL);
        gint64 score;

        ck_assert_msg(node != NULL, "%s: %s was not looked at", c->rule, c->nodes[i].name);
        ck_assert_msg(str_is(reason, c->reasons[i]), "%s: %s: %s", c->rule, c->nodes[i].name,
                      reason == NULL ? "feasible" : reason);
        if (c->plugin == NULL || reason != NULL)
            continue;
        score = value_get_int(value_get(node, "scores"), c->plugin, -1);
        ck_assert_msg(score == c->scores[i] * weight_of(c->plugin), "%s: %s has %d", c->rule,
                      c->nodes[i].name, (int)score);
    }
}
END_TEST

/* podtopologyspread/scoring_test.go: zone and hostname, two of four nodes are candidates */
START_TEST(test_spread_counts_nodes_that_are_no_candidates)
{
    static const char *const labels[] = {"'zone':'zone1'," HOST("a"), "'zone':'zone1'," HOST("b"),
                                         "'zone':'zone2'," HOST("x"), "'zone':'zone2'," HOST("y")};
    static const char *const names[] = {"a", "b", "x", "y"};
    static const guint counts[] = {2, 1, 2, 4};
    static const PodCase incoming =
        {"'foo':''", NULL,
         PLAIN ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable'"
               ":'ScheduleAnyway',"
               "'labelSelector':{'matchLabels':{'foo':''}}},{'maxSkew':1,'topologyKey':'kubernetes."
               "io/hostname',"
               "'whenUnsatisfiable':'ScheduleAnyway','labelSelector':{'matchLabels':{'foo':''}}}]",
         NULL};
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) pod = case_pod(&incoming, "incoming");
    g_autoptr(Value) tree = NULL;

    for (guint i = 0; i < 4; i++) {
        NodeCase node = {names[i], labels[i], i % 2 == 1 ? "'unschedulable':true" : NULL, NULL,
                         NULL};

        g_ptr_array_add(nodes, case_node(&node));
        for (guint k = 0; k < counts[i]; k++) {
            PodCase other = {"'foo':''", names[i], PLAIN, NULL};
            g_autofree char *name = g_strdup_printf("%s-%u", names[i], k);

            g_ptr_array_add(pods, case_pod(&other, name));
        }
    }
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)pods->pdata, pods->len, 1, 34);
    ck_assert_int_eq(value_get_int(value_get_path(tree, "nodes", "a", "scores", NULL),
                                   "PodTopologySpread", -1),
                     200);
    ck_assert_int_eq(value_get_int(value_get_path(tree, "nodes", "x", "scores", NULL),
                                   "PodTopologySpread", -1),
                     126);
}
END_TEST

/*
 * podtopologyspread/plugin.go: system defaults: by host (maxSkew 3) and zone (5),
 * among the pods of the Services that select the pod and of its ReplicaSet.
 */
START_TEST(test_default_spreading)
{
    static const NodeCase node_cases[] = {{"a", HOST("a") "," ZONE("z1"), NULL, NULL, NULL},
                                          {"b", HOST("b") "," ZONE("z1"), NULL, NULL, NULL},
                                          {"c", HOST("c"), NULL, NULL, NULL}};
    static const PodCase on_a = {"'app':'web'", "a", PLAIN, NULL};
    static const PodCase lone = {"'app':'web'", NULL, PLAIN, NULL};
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) pod = case_pod(&lone, "incoming");
    g_autoptr(Value) without = NULL;
    g_autoptr(Value) with = NULL;

    for (guint i = 0; i < 3; i++)
        g_ptr_array_add(nodes, case_node(&node_cases[i]));
    g_ptr_array_add(others, case_pod(&on_a, "p0"));
    without = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                            (const ApiObject *const *)others->pdata, others->len, 1, 34);
    ck_assert_ptr_null(
        value_get(value_get_path(without, "nodes", "a", "scores", NULL), "PodTopologySpread"));
    g_ptr_array_add(others,
                    make_object("{'kind':'Service','metadata':{'name':'web','namespace':'default'},"
                                "'spec':{'selector':{'app':'web'}}}"));
    with = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    /*
     * raw: a: 1 * ln(3 + 2) + 2 + 1 * ln(1 + 2) + 4 = 8.7; b: 2 + ln 3 + 4 = 7.1; c has no zone: 2.
     * 100 * (9 + 2 - raw) / 9
     */
    ck_assert_int_eq(value_get_int(value_get_path(with, "nodes", "a", "scores", NULL),
                                   "PodTopologySpread", -1),
                     44);
    ck_assert_int_eq(value_get_int(value_get_path(with, "nodes", "b", "scores", NULL),
                                   "PodTopologySpread", -1),
                     88);
    ck_assert_int_eq(value_get_int(value_get_path(with, "nodes", "c", "scores", NULL),
                                   "PodTopologySpread", -1),
                     200);
}
END_TEST

/*
 * podtopologyspread/scoring.go, initPreScoreState: with the system's constraints a
 * candidate without zone counts as a zone of its own when domains are counted.
 */
START_TEST(test_default_spreading_counts_no_zone)
{
    static const NodeCase node_cases[] = {{"a", HOST("a") "," ZONE("z1"), NULL, NULL, NULL},
                                          {"b", HOST("b") "," ZONE("z1"), NULL, NULL, NULL},
                                          {"c", HOST("c"), NULL, NULL, NULL}};
    static const PodCase on_a = {"'app':'web'", "a", PLAIN, NULL};
    static const PodCase lone = {"'app':'web'", NULL, PLAIN, NULL};
    /* raw: a: 4 ln 5 + 2 + 4 ln 4 + 4 = 17.98; b: 2 + 4 ln 4 + 4 = 11.55; c: 2. 100 * (18 + 2 - raw) / 18 */
    static const gint64 want[] = {22, 88, 200};
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) pod = case_pod(&lone, "incoming");
    g_autoptr(Value) tree = NULL;

    for (guint i = 0; i < 3; i++)
        g_ptr_array_add(nodes, case_node(&node_cases[i]));
    for (guint i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("p%u", i);

        g_ptr_array_add(others, case_pod(&on_a, name));
    }
    g_ptr_array_add(others,
                    make_object("{'kind':'Service','metadata':{'name':'web','namespace':'default'},"
                                "'spec':{'selector':{'app':'web'}}}"));
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    for (guint i = 0; i < 3; i++)
        ck_assert_int_eq(
            value_get_int(value_get_path(tree, "nodes", node_cases[i].name, "scores", NULL),
                          "PodTopologySpread", -1),
            want[i]);
}
END_TEST

/* --- functions that no default profile reaches ------------------------------------------------------- */

START_TEST(test_resource_scores)
{
    static const ResourceShare n1[] = {{3000, 4000, 1}, {5000, 10000, 2}};
    static const ResourceShare n2[] = {{3000, 6000, 1}, {5000, 10000, 2}};
    static const ResourceShare even1[] = {{3000, 4000, 1}, {5000, 10000, 1}};
    static const ResourceShare even2[] = {{3000, 6000, 1}, {5000, 10000, 1}};
    static const ResourceShare none[] = {{3000, 0, 1}, {5000, 0, 1}};
    static const ResourceShare big1[] = {{5000, 5000, 1}, {9000, 10000, 1}};
    static const ResourceShare big2[] = {{5000, 10000, 1}, {9000, 9000, 1}};
    static const ShapePoint falling[] = {{0, 10}, {100, 0}};

    /* least_allocated_test.go: weights cpu 1, memory 2; nodes without capacity */
    ck_assert_int_eq(sched_score_least_allocated(n1, 2), 41);
    ck_assert_int_eq(sched_score_least_allocated(n2, 2), 50);
    ck_assert_int_eq(sched_score_least_allocated(none, 2), 0);
    /* most_allocated_test.go */
    ck_assert_int_eq(sched_score_most_allocated(even1, 2), 62);
    ck_assert_int_eq(sched_score_most_allocated(even2, 2), 50);
    ck_assert_int_eq(sched_score_most_allocated(big1, 2), 95);
    ck_assert_int_eq(sched_score_most_allocated(big2, 2), 75);
    /* requested_to_capacity_ratio_test.go */
    ck_assert_int_eq(sched_score_capacity_ratio(even1, 2, falling, 2), 38);
    ck_assert_int_eq(sched_score_capacity_ratio(even2, 2, falling, 2), 50);
}
END_TEST

/* noderesources/requested_to_capacity_ratio_test.go: TestBrokenLinearFunction */
START_TEST(test_broken_linear)
{
    static const ShapePoint points[] = {{10, 1}, {90, 9}};
    static const struct {
        gint64 utilisation, score;
    } want[] = {{-10, 1}, {0, 1},  {9, 1},  {10, 1}, {15, 1},  {19, 1},
                {20, 2},  {89, 8}, {90, 9}, {99, 9}, {100, 9}, {110, 9}};

    for (guint i = 0; i < G_N_ELEMENTS(want); i++)
        ck_assert_int_eq(sched_broken_linear(points, 2, want[i].utilisation), want[i].score);
}
END_TEST

/* balanced_allocation_test.go: with a third resource */
START_TEST(test_balanced_of_three)
{
    static const ResourceShare n1[] = {{3000, 3500, 1}, {5000, 40000, 1}, {4, 8, 1}};
    static const ResourceShare n2[] = {{3000, 3500, 1}, {5000, 40000, 1}, {1, 8, 1}};

    ck_assert_int_eq(sched_score_balanced(n1, 3), 70);
    ck_assert_int_eq(sched_score_balanced(n2, 3), 65);
}
END_TEST

/* Within the last bit of the exact values. */
START_TEST(test_logarithm)
{
    static const struct {
        double of, want;
    } logs[] = {
        {1, 0},
        {2, 0x1.62e42fefa39efp-1},
        {3, 0x1.193ea7aad030bp+0},
        {10, 0x1.26bb1bbb55516p+1},
        {5002, 0x1.10901f6dc84b9p+3},
    };

    for (guint i = 0; i < G_N_ELEMENTS(logs); i++) {
        double off = sched_ln(logs[i].of) - logs[i].want;

        ck_assert_msg(off <= 0x1p-50 && off >= -0x1p-50, "ln(%g)", logs[i].of);
    }
}
END_TEST

Suite *
plugins_suite(void)
{
    Suite *suite = suite_create("plugins");
    TCase *tcase = tcase_create("worked cases");

    tcase_add_loop_test(tcase, test_case, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_spread_counts_nodes_that_are_no_candidates);
    tcase_add_test(tcase, test_default_spreading);
    tcase_add_test(tcase, test_default_spreading_counts_no_zone);
    tcase_add_test(tcase, test_resource_scores);
    tcase_add_test(tcase, test_broken_linear);
    tcase_add_test(tcase, test_balanced_of_three);
    tcase_add_test(tcase, test_logarithm);
    suite_add_tcase(suite, tcase);
    return suite;
}
