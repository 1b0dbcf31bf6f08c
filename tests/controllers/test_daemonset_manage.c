/* DaemonSet: which nodes get a pod and which pods go; what a pod is made of; the status. */
#include "api/kinds/tables.h"
#include "controllers/daemonset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

static guint
count_lines(const Mini *mini, const char *start)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    guint count = 0;

    for (guint i = 0; lines[i] != NULL; i++)
        count += g_str_has_prefix(lines[i], start) ? 1 : 0;
    return count;
}

static void
add_set(Mini *mini, const char *spec, const char *pod)
{
    g_autofree char *text =
        g_strdup_printf("{metadata: {name: d}, spec: {selector: {matchLabels: {a: d}}, %s template: {metadata: "
                        "{labels: {a: d}}, spec: {%s containers: [{name: c, image: 'i:1'}]}}}}",
                        spec, pod);

    mini_add(mini, object_from_yaml(&daemon_set_kind, text));
}

static const ApiObject *
the_set(Mini *mini)
{
    return mini_get(mini, &daemon_set_kind, "default", "d");
}

static void
add_node(Mini *mini, const char *name, const char *colour)
{
    ApiObject *node = make_node(name, NULL);

    if (colour != NULL)
        str_map_set(&api_edit_meta(node)->labels, str_intern("color"), str_intern(colour));
    mini_add(mini, node);
}

/* Of the set, running on @node. */
static ApiObject *
make_daemon_pod(Mini *mini, const char *name, const char *node, const char *phase, gboolean is_ready)
{
    ApiObject *pod = make_pod(NULL, name, node, phase, is_ready);

    str_map_set(&api_edit_meta(pod)->labels, str_intern("a"), str_intern("d"));
    api_set_controller(api_edit_meta(pod), the_set(mini));
    return pod;
}

/* --- counts ------------------------------------------------------------------------------------------ */

/*
 * v1.34 pkg/controller/daemon/daemon_controller_test.go: nodes "n0" ... ("b" blue, "." without a label), pods of the
 * set by the number of their node: letter r running, f Failed, s Succeeded, d on its way out. Created and deleted by
 * one sync.
 */
static const struct {
    const char *name, *nodes, *pods, *pod_spec;
    gboolean has_surge;
    guint want_created, want_deleted;
} count_cases[] = {
    {"TestSimpleDaemonSetScheduleDaemonSetLaunchesPods", ".....", "", "", FALSE, 5, 0},
    {"TestNoNodesDoesNothing", "", "", "", FALSE, 0, 0},
    {"TestOneNodeDaemonLaunchesPod", ".", "", "", FALSE, 1, 0},
    {"TestDealsWithExistingPods", ".....", "1r 3r 3r 3r 3r 3r 4r 4r", "", FALSE, 2, 5},
    {"TestSurgeDealsWithExistingPods", ".....", "1r 3r 3r 3r 3r 3r 4r 4r", "", TRUE, 2, 5},
    {"TestSelectorDaemonLaunchesPods", "....bbb", "", "nodeSelector: {color: blue},", FALSE, 3, 0},
    {"TestSelectorDaemonDeletesUnselectedPods", ".....bbbbb", "0r 0r 1r 1r 1r 4r", "nodeSelector: {color: blue},",
     FALSE, 5, 6},
    {"TestSelectorDaemonDealsWithExistingPods", ".....bbbbb", "0r 1r 1r 1r 5r 6r 6r 6r 9r 9r",
     "nodeSelector: {color: blue},", FALSE, 2, 7},
    {"TestBadSelectorDaemonDoesNothing", "....bbb", "", "nodeSelector: {color: green},", FALSE, 0, 0},
    {"TestNameDaemonSetLaunchesPods", ".....", "", "nodeName: n0,", FALSE, 1, 0},
    {"TestBadNameDaemonSetDoesNothing", ".....", "", "nodeName: n9,", FALSE, 0, 0},
    {"TestNameAndSelectorDaemonSetLaunchesPods", "....bbb", "", "nodeSelector: {color: blue}, nodeName: n6,", FALSE, 1,
     0},
    {"TestInconsistentNameSelectorDaemonSetDoesNothing", "....bbb", "", "nodeSelector: {color: blue}, nodeName: n0,",
     FALSE, 0, 0},
    {"TestNodeAffinityDaemonLaunchesPods", "....bbb", "",
     "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
     "[{matchExpressions: "
     "[{key: color, operator: In, values: [blue]}]}]}}},",
     FALSE, 3, 0},
    {"TestDaemonKillFailedPods: none", ".", "0r", "", FALSE, 0, 0},
    {"TestDaemonKillFailedPods: one", ".", "0f", "", FALSE, 0, 1},
    {"TestDaemonKillFailedPods: one and three that run", ".", "0f 0r 0r 0r", "", FALSE, 0, 3},
    {"TestDaemonKillFailedPods: two and one that runs", ".", "0f 0f 0r", "", FALSE, 0, 2},
    {"Succeeded ones go too", ".", "0s", "", FALSE, 0, 1},
    {"TestDaemonSetRespectsTermination", ".", "0d", "", FALSE, 0, 0},
    {"TestSurgeCreatesNewPodWhenAtMaxSurgeAndOldPodDeleted: none is left that stays", ".", "0d", "", TRUE, 1, 0},
    {"one that stays beside one that goes", ".", "0d 0r", "", FALSE, 0, 0},
};

static void
add_pods(Mini *mini, const char *pods)
{
    g_auto(GStrv) words = g_strsplit(pods, " ", -1);

    for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        char what = words[i][1];
        ApiObject *pod = make_daemon_pod(mini, str_internf("p%u", i), str_internf("n%c", words[i][0]),
                                         what == 'f'   ? "Failed"
                                         : what == 's' ? "Succeeded"
                                                       : "Running",
                                         what == 'r');

        if (what == 'd')
            api_edit_meta(pod)->deletion_time = MINI_EPOCH;
        mini_add(mini, pod);
    }
}

START_TEST(test_counts)
{
    Mini *mini = mini_new();

    for (guint i = 0; count_cases[_i].nodes[i] != '\0'; i++)
        add_node(mini, str_internf("n%u", i), count_cases[_i].nodes[i] == 'b' ? "blue" : NULL);
    /* OnDelete: nothing but what manage does; the surge is of an update that replaces nothing. */
    add_set(mini,
            count_cases[_i].has_surge
                ? "updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}},"
                : "updateStrategy: {type: OnDelete},",
            count_cases[_i].pod_spec);
    add_pods(mini, count_cases[_i].pods);
    mini_sync(mini, &daemon_set_controller, "default/d");
    ck_assert_msg(count_lines(mini, "create Pod ") == count_cases[_i].want_created &&
                      count_lines(mini, "delete Pod ") == count_cases[_i].want_deleted,
                  "%s:\n%s", count_cases[_i].name, mini->log->str);
    mini_free(mini);
}
END_TEST

/*
 * The same file, TestSimpleDaemonSetPodCreateErrors: ten succeed, the batch after is the last; no more than 250 at
 * once.
 */
START_TEST(test_creation_limits)
{
    static const struct {
        guint nodes, succeed, want_created, want_tried;
    } rows[] = {{100, 10, 10, 15}, {260, 1000, 250, 250}};
    Mini *mini = mini_new();

    for (guint i = 0; i < rows[_i].nodes; i++)
        add_node(mini, str_internf("n%u", i), NULL);
    add_set(mini, "", "");
    mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                    .kind = &pod_kind,
                                    .code = 500,
                                    .reason = "InternalError",
                                    .message = "no",
                                    .skip = rows[_i].succeed,
                                    .count = 1000});
    mini_sync(mini, &daemon_set_controller, "default/d");
    ck_assert_uint_eq(mini_count(mini, &pod_kind), rows[_i].want_created);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), rows[_i].want_tried);
    ck_assert_int_eq(mini->error != NULL, rows[_i].want_tried > rows[_i].want_created);
    /* TestSimpleDaemonSetUpdatesStatusError: the status is written all the same. */
    ck_assert_uint_eq(count_lines(mini, "status DaemonSet d"), 1);
    mini_free(mini);
}
END_TEST

/* --- one node ------------------------------------------------------------------------------------------ */

/*
 * The same file, TestSurgePreservesReadyOldPods and its siblings, TestDealsWithExistingPods: pods of one node, N of
 * the new revision, O old; made so many seconds ago; r ready for so many seconds, u not; "-" not scheduled. Those
 * that go.
 */
static const struct {
    const char *name;
    gboolean has_surge;
    gint32 min_ready_s;
    const char *pods, *want;
} node_cases[] = {
    {"TestSurgePreservesReadyOldPods", TRUE, 0, "a:N:100:u b:O:150:r60 c:O:140:r60", "c"},
    {"TestSurgeDeletesUnreadyOldPods", TRUE, 0, "a:N:100:u b:O:150:u c:O:140:r60", "bc"},
    {"TestSurgePreservesOldReadyWithUnsatisfiedMinReady", TRUE, 15, "a:N:100:r10 b:O:150:r60 c:O:140:r60", "c"},
    {"TestSurgeDeletesOldReadyWithUnsatisfiedMinReady", TRUE, 15, "a:N:100:r20 b:O:150:r60 c:O:140:r60", "bc"},
    {"two new ones: the older stays", TRUE, 0, "a:N:100:u b:N:90:r10 c:O:150:r60", "b"},
    {"only old ones: the oldest stays", TRUE, 0, "a:O:100:r60 b:O:150:u", "a"},
    {"without surge the oldest stays, whatever it is", FALSE, 0, "a:N:100:r50 b:O:150:u c:O:140:r60", "ac"},
    {"one that is scheduled before one that is not", FALSE, 0, "a:N:100:r50 b:O:150:-", "b"},
    {"of one age: by name", FALSE, 0, "b:N:100:r50 a:N:100:r50", "b"},
};

static void
add_aged_pod(Mini *mini, const char *text, const char *hash)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 4);
    gint64 made_ago_s = g_ascii_strtoll(parts[2], NULL, 10);
    gboolean is_ready = parts[3][0] == 'r';
    ApiObject *pod = make_daemon_pod(mini, parts[0], parts[3][0] == '-' ? NULL : "n", "Running", is_ready);

    api_edit_meta(pod)->creation_time = mini_wall_ns(mini) - made_ago_s * NS_PER_S;
    str_map_set(&api_edit_meta(pod)->labels, str_intern(DAEMON_HASH_LABEL),
                parts[1][0] == 'N' ? hash : str_intern("old"));
    if (is_ready)
        ((PodStatus *)api_edit_status(pod))->conditions.items[0].last_transition_time =
            mini_wall_ns(mini) - g_ascii_strtoll(parts[3] + 1, NULL, 10) * NS_PER_S;
    if (parts[3][0] == '-') {
        const ApiObject *made = mini_nth(mini, &pod_kind, 0);

        ((PodSpec *)api_edit_spec(pod))->affinity = api_struct_new(&affinity_type);
        api_struct_copy(&affinity_type, ((PodSpec *)api_edit_spec(pod))->affinity, pod_spec(made)->affinity);
    }
    mini_add(mini, pod);
}

START_TEST(test_one_node)
{
    g_auto(GStrv) words = g_strsplit(node_cases[_i].pods, " ", -1);
    Mini *mini = mini_new();
    g_autoptr(GString) deleted = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    const char *hash;

    add_node(mini, "n", NULL);
    add_set(mini,
            str_internf("minReadySeconds: %d, updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: "
                        "%d, maxSurge: %d}},",
                        node_cases[_i].min_ready_s, node_cases[_i].has_surge ? 0 : 1, node_cases[_i].has_surge ? 1 : 0),
            "");
    mini_sync(mini, &daemon_set_controller, "default/d");
    hash = str_map_get(&mini_nth(mini, &controller_revision_kind, 0)->meta->labels, str_intern(DAEMON_HASH_LABEL));
    for (guint i = 0; words[i] != NULL; i++)
        add_aged_pod(mini, words[i], hash);
    mini_remove(mini, mini_nth(mini, &pod_kind, 0));
    mini_sync(mini, &daemon_set_controller, "default/d");
    lines = g_strsplit(mini->log->str, "\n", -1);
    for (char name = 'a'; name <= 'c'; name++)
        for (guint i = 0; lines[i] != NULL; i++)
            if (strcmp(lines[i], str_internf("delete Pod %c", name)) == 0)
                g_string_append_c(deleted, name);
    ck_assert_msg(strcmp(deleted->str, node_cases[_i].want) == 0, "%s: %s go", node_cases[_i].name, deleted->str);
    mini_free(mini);
}
END_TEST

/*
 * TestDeleteUnscheduledPodForNotExistingNode; daemonset_util_test.go, TestGetTargetNodeName: pods pinned to nodes
 * that are gone; one that is scheduled stays, one pinned to two nodes is nobody's.
 */
static const struct {
    const char *name, *pinned; /* to these; NULL: to none */
    gboolean is_scheduled;
    guint want_deleted;
} gone_cases[] = {
    {"not scheduled yet", "gone", FALSE, 1},
    {"scheduled there", "gone", TRUE, 0},
    {"pinned to two", "gone, gone-too", FALSE, 0},
    {"pinned to none", NULL, FALSE, 0},
};

START_TEST(test_gone_node)
{
    Mini *mini = mini_new();
    g_autofree char *text = NULL;
    ApiObject *pod;

    add_set(mini, "updateStrategy: {type: OnDelete},", "");
    text = g_strdup_printf(
        "{metadata: {name: p, labels: {a: d}}, spec: {%s containers: [{name: c, image: i}], affinity: {nodeAffinity: "
        "{requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{%s}]}}}}}",
        gone_cases[_i].is_scheduled ? "nodeName: gone," : "",
        gone_cases[_i].pinned == NULL
            ? "matchExpressions: [{key: x, operator: Exists}]"
            : str_internf("matchFields: [{key: metadata.name, operator: In, values: [%s]}]", gone_cases[_i].pinned));
    pod = object_from_yaml(&pod_kind, text);
    api_set_controller(api_edit_meta(pod), the_set(mini));
    mini_add(mini, pod);
    mini_sync(mini, &daemon_set_controller, "default/d");
    ck_assert_msg(count_lines(mini, "delete Pod ") == gone_cases[_i].want_deleted, "%s:\n%s", gone_cases[_i].name,
                  mini->log->str);
    mini_free(mini);
}
END_TEST

/* --- what a pod is made of -------------------------------------------------------------------------------- */

/*
 * daemonset_util_test.go, TestReplaceDaemonSetPodNodeNameNodeAffinity: one term is left, what is only preferred
 * stays.
 */
static const char *const affinity_cases[] = {
    "",
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: "
    "[{key: "
    "color, operator: In, values: [blue]}]}]}}},",
    "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: "
    "{matchExpressions: "
    "[{key: color, operator: In, values: [blue]}]}}]}},",
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: "
    "[{key: "
    "metadata.name, operator: In, values: ['n', m]}]}]}}},",
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: "
    "[{key: "
    "color, operator: In, values: [blue]}]}, {matchFields: [{key: metadata.name, operator: In, values: [m]}]}]}}},",
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: "
    "[{key: "
    "metadata.name, operator: NotIn, values: [m]}]}]}}},",
};

START_TEST(test_pinning)
{
    Mini *mini = mini_new();
    const NodeAffinity *affinity;

    add_node(mini, "n", "blue");
    add_set(mini, "", affinity_cases[_i]);
    mini_sync(mini, &daemon_set_controller, "default/d");
    ck_assert_uint_eq(mini_count(mini, &pod_kind), 1);
    affinity = pod_spec(mini_nth(mini, &pod_kind, 0))->affinity->node_affinity;
    ck_assert_uint_eq(affinity->required->terms.count, 1);
    ck_assert_uint_eq(affinity->required->terms.items[0].match_expressions.count, 0);
    ck_assert_uint_eq(affinity->required->terms.items[0].match_fields.count, 1);
    ck_assert_str_eq(affinity->required->terms.items[0].match_fields.items[0].key, "metadata.name");
    ck_assert_str_eq(affinity->required->terms.items[0].match_fields.items[0].values.items[0], "n");
    ck_assert_uint_eq(affinity->preferred.count, strstr(affinity_cases[_i], "preferred") != NULL ? 1 : 0);
    mini_free(mini);
}
END_TEST

/*
 * daemonset_util_test.go, TestCreatePodTemplate; AddOrUpdateDaemonPodTolerations: in this order, behind the
 * template's own.
 */
START_TEST(test_pod_template)
{
    static const char *const keys[] = {"own",           "not-ready",          "unreachable",
                                       "disk-pressure", "memory-pressure",    "pid-pressure",
                                       "unschedulable", "network-unavailable"};
    Mini *mini = mini_new();
    const ApiObject *pod;
    const TolerationList *list;

    add_node(mini, "n", NULL);
    add_set(mini, "", "hostNetwork: true, tolerations: [{key: own, operator: Exists}],");
    mini_sync(mini, &daemon_set_controller, "default/d");
    pod = mini_nth(mini, &pod_kind, 0);
    list = &pod_spec(pod)->tolerations;
    ck_assert_str_eq(str_map_get(&pod->meta->labels, str_intern("pod-template-generation")), "1");
    ck_assert_str_eq(str_map_get(&pod->meta->labels, str_intern(DAEMON_HASH_LABEL)),
                     str_map_get(&mini_nth(mini, &controller_revision_kind, 0)->meta->labels,
                                 str_intern(DAEMON_HASH_LABEL)));
    ck_assert_str_eq(pod->meta->generate_name, "d-");
    ck_assert_uint_eq(list->count, G_N_ELEMENTS(keys));
    for (guint i = 0; i < list->count; i++) {
        ck_assert_str_eq(list->items[i].key, i == 0 ? "own" : str_internf("node.kubernetes.io/%s", keys[i]));
        ck_assert(!list->items[i].toleration_s.is_set);
        if (i > 0)
            ck_assert_str_eq(list->items[i].effect, i < 3 ? "NoExecute" : "NoSchedule");
    }
    mini_free(mini);
}
END_TEST

/* --- status ---------------------------------------------------------------------------------------------- */

/*
 * daemon_controller_test.go, TestSimpleDaemonSetUpdatesStatusAfterLaunchingPods, TestNumberReadyStatus,
 * TestObservedGeneration: nodes as above ("x" with a taint that is not tolerated), pods r ready, u not.
 */
static const struct {
    const char *name, *nodes, *pods;
    gint32 desired, current, misscheduled, ready, available;
} status_cases[] = {
    {"nothing", "", "", 0, 0, 0, 0, 0},
    {"two nodes, one pod that is not ready", "..", "0f", 2, 1, 0, 0, 0},
    {"two ready", "..", "0r 1r", 2, 2, 0, 2, 2},
    {"a pod where none should be", ".x", "0r 1r", 1, 1, 1, 1, 1},
    {"two on one node count once", ".", "0r 0r", 1, 1, 0, 1, 1},
};

START_TEST(test_status)
{
    Mini *mini = mini_new();
    g_autoptr(DaemonView) view = NULL;
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    DaemonSetStatus status = {0};
    Reconcile r = {.wall_ns = mini_wall_ns(mini)};

    for (guint i = 0; status_cases[_i].nodes[i] != '\0'; i++) {
        ApiObject *node = make_node(str_internf("n%u", i), NULL);

        if (status_cases[_i].nodes[i] == 'x')
            *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
                (Taint){.key = str_intern("gpu"), .effect = str_intern("NoSchedule")};
        mini_add(mini, node);
    }
    add_set(mini, "", "");
    add_pods(mini, status_cases[_i].pods);
    for (guint i = 0; i < mini->objects->len; i++)
        g_ptr_array_add(objects, mini->objects->pdata[i]);
    r.view = view_new_array((const ApiObject *const *)objects->pdata, objects->len);
    view = daemon_view_new(&r, the_set(mini), NULL);
    daemon_calculate_status(&r, view, TRUE, &status);
    ck_assert_msg(status.desired_scheduled == status_cases[_i].desired &&
                      status.current_scheduled == status_cases[_i].current &&
                      status.misscheduled == status_cases[_i].misscheduled && status.ready == status_cases[_i].ready &&
                      status.available == status_cases[_i].available &&
                      status.unavailable == status_cases[_i].desired - status_cases[_i].available,
                  "%s: %d %d %d %d %d", status_cases[_i].name, status.desired_scheduled, status.current_scheduled,
                  status.misscheduled, status.ready, status.available);
    ck_assert_int_eq(status.observed_generation, the_set(mini)->meta->generation);
    view_free(r.view);
    mini_free(mini);
}
END_TEST

Suite *
daemonset_manage_suite(void)
{
    Suite *suite = suite_create("pods of daemon sets");
    TCase *tests = tcase_create("pods");

    tcase_add_loop_test(tests, test_counts, 0, G_N_ELEMENTS(count_cases));
    tcase_add_loop_test(tests, test_creation_limits, 0, 2);
    tcase_add_loop_test(tests, test_one_node, 0, G_N_ELEMENTS(node_cases));
    tcase_add_loop_test(tests, test_gone_node, 0, G_N_ELEMENTS(gone_cases));
    tcase_add_loop_test(tests, test_pinning, 0, G_N_ELEMENTS(affinity_cases));
    tcase_add_test(tests, test_pod_template);
    tcase_add_loop_test(tests, test_status, 0, G_N_ELEMENTS(status_cases));
    suite_add_tcase(suite, tests);
    return suite;
}
