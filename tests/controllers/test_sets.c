/* DaemonSet and StatefulSet: whole syncs, counted. */
#include "api/profile.h"
#include "controllers/daemonset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- objects --------------------------------------------------------------------------------------- */

static ApiObject *
make_daemon_set(const char *strategy, const char *pod)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: d}, spec: {selector: {matchLabels: {a: d}}, updateStrategy: %s, "
        "template: {metadata: {labels: {a: d}}, spec: {%s containers: [{name: c, image: 'i:1'}]}}}}",
        strategy, pod);

    return object_from_yaml(&daemon_set_kind, text);
}

static ApiObject *
make_stateful_set(int replicas, const char *rest)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: s}, spec: {replicas: %d, %s serviceName: s, selector: {matchLabels: {a: "
        "s}}, "
        "template: {metadata: {labels: {a: s}}, spec: {containers: [{name: c, image: 'i:1'}]}}}}",
        replicas, rest);

    return object_from_yaml(&stateful_set_kind, text);
}

/* What was deleted is gone; every other pod runs and is ready, a DaemonSet's on the node it is pinned to. */
static void
make_ready(Mini *mini)
{
    for (guint i = mini_count(mini, &pod_kind); i-- > 0;)
        if (api_is_deleting(mini_nth(mini, &pod_kind, i)))
            mini_remove(mini, mini_nth(mini, &pod_kind, i));
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++) {
        const ApiObject *pod = mini_nth(mini, &pod_kind, i);
        ApiObject *changed;
        PodStatus *status;
        const Affinity *affinity = pod_spec(pod)->affinity;

        if (pod_is_ready(pod))
            continue;
        changed = mini_edit(mini, &pod_kind, api_name(pod));
        status = api_edit_status(changed);
        status->phase = str_intern("Running");
        set_condition(&status->conditions, "Ready", "True", NULL, MINI_EPOCH);
        if (affinity != NULL)
            ((PodSpec *)api_edit_spec(changed))->node_name =
                affinity->node_affinity->required->terms.items[0].match_fields.items[0].values.items[0];
        mini_put(mini, changed);
    }
}

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
change_image(Mini *mini, const ApiKind *kind, const char *name)
{
    ApiObject *changed = mini_edit(mini, kind, name);
    PodTemplateSpec *template_ = kind == &daemon_set_kind
                                     ? &((DaemonSetSpec *)api_edit_spec(changed))->template_
                                     : &((StatefulSetSpec *)api_edit_spec(changed))->template_;

    template_->spec.containers.items[0].image = str_intern("i:2");
    mini_put_template(mini, changed);
}

/* --- DaemonSet ----------------------------------------------------------------------------------------- */

typedef struct {
    const char *name, *strategy;
    guint nodes;
    guint passes[8][2]; /* created, deleted; ended by 0, 0 */
} RollCase;
/* v1.34 pkg/controller/daemon/update_test.go */
static const RollCase roll_cases[] = {
    {"TestDaemonSetUpdatesPods: five nodes, two may be missing",
     "{rollingUpdate: {maxUnavailable: 2}}",
     5,
     {{0, 2}, {2, 0}, {0, 2}, {2, 0}, {0, 1}, {1, 0}, {0, 0}}},
    {"TestDaemonSetUpdatesPodsWithMaxSurge: five nodes, two new beside the old",
     "{rollingUpdate: {maxUnavailable: 0, maxSurge: 2}}",
     5,
     {{2, 0}, {0, 2}, {2, 0}, {0, 2}, {1, 0}, {0, 1}, {0, 0}}},
    {"TestGetUnavailableNumbers: two nodes, one of two may be missing", "{rollingUpdate: {maxUnavailable: 1}}", 2,
     {{0, 1}, {1, 0}, {0, 1}, {1, 0}, {0, 0}}},
    {"TestGetUnavailableNumbers: surge 50 % of two is one, none may be missing",
     "{rollingUpdate: {maxUnavailable: 0, maxSurge: 50%}}", 2, {{1, 0}, {0, 1}, {1, 0}, {0, 1}, {0, 0}}},
    {"half of three rounds up to two", "{rollingUpdate: {maxUnavailable: 50%}}", 3,
     {{0, 2}, {2, 0}, {0, 1}, {1, 0}, {0, 0}}},
    {"OnDelete leaves the old ones", "{type: OnDelete}", 3, {{0, 0}}},
};

START_TEST(daemon_rolls)
{
    const RollCase *c = &roll_cases[_i];
    Mini *mini = mini_new();

    for (guint i = 0; i < c->nodes; i++)
        mini_add(mini, make_node(str_internf("n%u", i), NULL));
    mini_add(mini, make_daemon_set(c->strategy, ""));
    mini_sync(mini, &daemon_set_controller, "default/d");
    ck_assert_msg(count_lines(mini, "create Pod ") == c->nodes, "%s: %s", c->name, mini->log->str);
    make_ready(mini);
    mini_sync(mini, &daemon_set_controller, "default/d");
    change_image(mini, &daemon_set_kind, "d");
    for (guint pass = 0;; pass++) {
        guint created;
        guint deleted;

        mini_sync(mini, &daemon_set_controller, "default/d");
        created = count_lines(mini, "create Pod ");
        deleted = count_lines(mini, "delete Pod ");
        ck_assert_msg(created == c->passes[pass][0] && deleted == c->passes[pass][1],
                      "%s: pass %u created %u, deleted %u:\n%s", c->name, pass, created, deleted,
                      mini->log->str);
        if (created == 0 && deleted == 0)
            break;
        make_ready(mini);
    }
    mini_free(mini);
}
END_TEST

/*
 * v1.34 pkg/controller/daemon/update.go, rollingUpdate, maxSurge above 0: on a node that the set does not want any more
 * an old pod that is not available goes at once, an available one once there are more available than wanted.
 */
START_TEST(daemon_surge_leaves_node)
{
    Mini *mini = mini_new();
    ApiObject *changed;
    gboolean is_ready = _i == 1;

    for (guint i = 0; i < 2; i++)
        mini_add(mini, make_node(str_internf("n%u", i), NULL));
    mini_add(mini, make_daemon_set("{rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}", ""));
    mini_sync(mini, &daemon_set_controller, "default/d");
    make_ready(mini);
    mini_sync(mini, &daemon_set_controller, "default/d");
    for (guint i = 0; i < 2; i++) {
        changed = mini_edit(mini, &pod_kind, api_name(mini_nth(mini, &pod_kind, i)));
        set_condition(&((PodStatus *)api_edit_status(changed))->conditions, "Ready", is_ready ? "True" : "False", NULL,
                      MINI_EPOCH);
        mini_put(mini, changed);
    }
    /* NoSchedule: a pod that is there may stay. */
    changed = mini_edit(mini, &node_kind, "n1");
    *API_LIST_ADD(&((NodeSpec *)api_edit_spec(changed))->taints) =
        (Taint){.key = str_intern("gpu"), .effect = str_intern("NoSchedule")};
    mini_put(mini, changed);
    change_image(mini, &daemon_set_kind, "d");
    mini_sync(mini, &daemon_set_controller, "default/d");
    ck_assert_msg(count_lines(mini, "delete Pod ") == 1 && count_lines(mini, "create Pod ") == 1, "ready %d:\n%s",
                  is_ready, mini->log->str);
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/daemon/update.go, dedupCurHistories: the highest of equal revisions stays, pods get its hash. */
START_TEST(daemon_equal_revisions)
{
    Mini *mini = mini_new();
    const ApiObject *first;
    ApiObject *twin;

    mini_add(mini, make_node("n1", NULL));
    mini_add(mini, make_daemon_set("{type: OnDelete}", ""));
    mini_sync(mini, &daemon_set_controller, "default/d");
    make_ready(mini);
    first = mini_nth(mini, &controller_revision_kind, 0);
    twin = api_object_copy(first);
    api_edit_meta(twin)->name = str_intern("d-twin");
    api_edit_meta(twin)->uid = str_intern("twin");
    str_map_set(&api_edit_meta(twin)->labels, str_intern(DAEMON_HASH_LABEL), str_intern("twin"));
    ((ControllerRevisionBody *)api_edit_body(twin))->revision = 2;
    mini_add(mini, twin);
    mini_sync(mini, &daemon_set_controller, "default/d");
    ck_assert_uint_eq(mini_count(mini, &controller_revision_kind), 1);
    ck_assert_str_eq(api_name(mini_nth(mini, &controller_revision_kind, 0)), "d-twin");
    ck_assert_uint_eq(mini_count(mini, &pod_kind), 1);
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &pod_kind, 0)->meta->labels, str_intern(DAEMON_HASH_LABEL)), "twin");
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/daemon/daemon_controller.go, syncDaemonSet: one that is being deleted is left alone. */
START_TEST(daemon_deleting)
{
    Mini *mini = mini_new();
    ApiObject *changed;

    mini_add(mini, make_node("n1", NULL));
    mini_add(mini, make_daemon_set("{}", ""));
    mini_sync(mini, &daemon_set_controller, "default/d");
    mini_remove(mini, mini_nth(mini, &controller_revision_kind, 0));
    changed = mini_edit(mini, &daemon_set_kind, "d");
    api_edit_meta(changed)->deletion_time = MINI_EPOCH;
    str_list_add(&api_edit_meta(changed)->finalizers, str_intern("foregroundDeletion"));
    mini_put(mini, changed);
    mini_sync(mini, &daemon_set_controller, "default/d");
    mini_check_log(mini, "no history is made anew", "");
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/daemon/daemon_controller_test.go, TestNodeShouldRunDaemonPod; and the taints. */
static const struct {
    const char *name, *pod, *taint, *effect;
    gboolean is_cordoned, should_run, should_continue;
} place_cases[] = {
    {"an empty node", "", NULL, NULL, FALSE, TRUE, TRUE},
    {"the template names another node", "nodeName: other,", NULL, NULL, FALSE, FALSE, FALSE},
    {"the template names this node", "nodeName: n1,", NULL, NULL, FALSE, TRUE, TRUE},
    {"a template bigger than the node's memory: the scheduler's affair",
     "initContainers: [{name: i, image: i, resources: {requests: {memory: 100Ti}}}],", NULL, NULL, FALSE, TRUE, TRUE},
    {"a cordoned node", "", "node.kubernetes.io/unschedulable", "NoSchedule", TRUE, TRUE, TRUE},
    {"the node selector does not match", "nodeSelector: {disk: ssd},", NULL, NULL, FALSE, FALSE,
     FALSE},
    {"an untolerated NoSchedule taint", "", "gpu", "NoSchedule", FALSE, FALSE, TRUE},
    {"an untolerated NoExecute taint", "", "gpu", "NoExecute", FALSE, FALSE, FALSE},
    {"a tolerated taint", "tolerations: [{key: gpu, operator: Exists}],", "gpu", "NoExecute", FALSE,
     TRUE, TRUE},
    {"a port that another pod may have: the scheduler's affair",
     "initContainers: [{name: i, image: i, ports: [{containerPort: 80, hostPort: 666}]}],", NULL, NULL, FALSE, TRUE, TRUE},
    {"the required affinity does not match",
     "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: "
     "[{key: type, operator: In, values: [test]}]}]}}},",
     NULL, NULL, FALSE, FALSE, FALSE},
    {"the required affinity names the node",
     "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: "
     "[{key: metadata.name, operator: In, values: [n1]}]}]}}},",
     NULL, NULL, FALSE, TRUE, TRUE},
    {"only preferred affinity does not match",
     "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: "
     "[{key: type, operator: In, values: [test]}]}}]}},",
     NULL, NULL, FALSE, TRUE, TRUE},
    {"only a preference against it", "", "gpu", "PreferNoSchedule", FALSE, TRUE, TRUE},
    {"not ready", "", "node.kubernetes.io/not-ready", "NoExecute", FALSE, TRUE, TRUE},
    {"unreachable: its NoSchedule taint is not tolerated", "", "node.kubernetes.io/unreachable",
     "NoSchedule", FALSE, FALSE, TRUE},
    {"no network, without the host's", "", "node.kubernetes.io/network-unavailable", "NoSchedule",
     FALSE, FALSE, TRUE},
    {"no network, with the host's", "hostNetwork: true,", "node.kubernetes.io/network-unavailable",
     "NoSchedule", FALSE, TRUE, TRUE},
};

START_TEST(daemon_place)
{
    g_autoptr(ApiObject) set = make_daemon_set("{}", place_cases[_i].pod);
    g_autoptr(ApiObject) node = make_node("n1", NULL);
    gboolean should_continue;
    gboolean should_run;

    if (place_cases[_i].taint != NULL)
        *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
            (Taint){.key = str_intern(place_cases[_i].taint),
                    .effect = str_intern(place_cases[_i].effect)};
    ((NodeSpec *)api_edit_spec(node))->unschedulable = place_cases[_i].is_cordoned;
    should_run = daemon_node_should_run(set, node, &should_continue);
    ck_assert_msg(should_run == place_cases[_i].should_run &&
                      should_continue == place_cases[_i].should_continue,
                  "%s: run %d, continue %d", place_cases[_i].name, should_run, should_continue);
}
END_TEST

/* --- StatefulSet --------------------------------------------------------------------------------------- */

/* Syncs until nothing changes; pods become ready between. */
static void
settle(Mini *mini)
{
    for (guint i = 0; i < 200; i++) {
        mini_sync(mini, &stateful_set_controller, "default/s");
        make_ready(mini);
        if (mini->log->len == 0)
            return;
    }
    ck_abort_msg("the set does not settle:\n%s", mini->log->str);
}

/* v1.34 pkg/controller/statefulset/stateful_set_control_test.go: three pods, partition 2. */
START_TEST(stateful_partition)
{
    Mini *mini = mini_new();

    mini_add(mini, make_stateful_set(3, "updateStrategy: {rollingUpdate: {partition: 2}},"));
    settle(mini);
    ck_assert_uint_eq(mini_count(mini, &pod_kind), 3);
    change_image(mini, &stateful_set_kind, "s");
    settle(mini);
    for (guint i = 0; i < 3; i++) {
        const ApiObject *pod =
            mini_get(mini, &pod_kind, "default", str_internf("s-%u", i));

        ck_assert_str_eq(pod_spec(pod)->containers.items[0].image, i == 2 ? "i:2" : "i:1");
    }
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/statefulset/stateful_set_utils_test.go, TestGetStatefulSetMaxUnavailable; the gate is off by default in every version. */
static const struct {
    const char *max_unavailable;
    int replicas;
    guint version_minor, deleted;
} budget_cases[] = {
    {"", 10, PROFILE_NEVER, 1},   {"3", 10, PROFILE_NEVER, 3}, {"10%", 25, PROFILE_NEVER, 2},
    {"50%", 5, PROFILE_NEVER, 2}, {"1%", 5, PROFILE_NEVER, 1}, {"50%", 5, 36, 1},
    {"100%", 5, PROFILE_NEVER, 5}, {"10%", 5, PROFILE_NEVER, 1}, {"0%", 5, PROFILE_NEVER, 1}, {"0", 5, PROFILE_NEVER, 1},
};

/* "": the field is absent. It is set past the API, which drops it where the gate is off. */
static IntOrString
number_or_percent(const char *text)
{
    gint64 number;

    if (text[0] == '\0')
        return (IntOrString){0};
    if (text_to_int(text, &number))
        return (IntOrString){INT_OR_STRING_INT, (gint32)number, NULL};
    return (IntOrString){INT_OR_STRING_STRING, 0, str_intern(text)};
}

START_TEST(stateful_budget)
{
    Mini *mini = mini_new();
    ApiObject *set = make_stateful_set(budget_cases[_i].replicas,
                                       "podManagementPolicy: Parallel, updateStrategy: {type: RollingUpdate, "
                                       "rollingUpdate: {partition: 0}},");

    mini->version_minor = budget_cases[_i].version_minor;
    ((StatefulSetSpec *)api_edit_spec(set))->update_strategy.rolling_update->max_unavailable =
        number_or_percent(budget_cases[_i].max_unavailable);
    mini_add(mini, set);
    settle(mini);
    change_image(mini, &stateful_set_kind, "s");
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_msg(count_lines(mini, "delete Pod ") == budget_cases[_i].deleted, "%s of %d:\n%s",
                  budget_cases[_i].max_unavailable, budget_cases[_i].replicas, mini->log->str);
    mini_free(mini);
}
END_TEST

/* A pod that is not ready, of the old revision, holds the update up: it waits (pkg/controller/statefulset, known issue). */
START_TEST(stateful_stuck)
{
    Mini *mini = mini_new();
    ApiObject *changed;

    mini_add(mini, make_stateful_set(3, ""));
    settle(mini);
    changed = mini_edit(mini, &pod_kind, "s-1");
    set_condition(&((PodStatus *)api_edit_status(changed))->conditions, "Ready", "False", NULL,
                  MINI_EPOCH);
    mini_put(mini, changed);
    change_image(mini, &stateful_set_kind, "s");
    mini_sync(mini, &stateful_set_controller, "default/s");
    mini_sync(mini, &stateful_set_controller, "default/s");
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 0);
    mini_free(mini);
}
END_TEST

/*
 * v1.34 pkg/controller/statefulset/stateful_set_control.go, runForAll: with Parallel only an error ends the sync, so a
 * scale-down, a pod that has ended and the update are all seen to at once; OrderedReady takes the first and stops.
 */
static const struct {
    const char *name, *policy;
    gboolean has_failed;
    int replicas;
    const char *deleted[4];
} at_once_cases[] = {
    {"scaled down and updated", "podManagementPolicy: Parallel,", FALSE, 2, {"s-2", "s-1"}},
    {"the same in order", "", FALSE, 2, {"s-2"}},
    {"one has failed, one is too many", "podManagementPolicy: Parallel,", TRUE, 2, {"s-0", "s-2", "s-1"}},
    {"the same in order", "", TRUE, 2, {"s-0"}},
};

START_TEST(stateful_at_once)
{
    Mini *mini = mini_new();
    ApiObject *changed;
    guint count = 0;

    mini_add(mini, make_stateful_set(3, at_once_cases[_i].policy));
    settle(mini);
    if (at_once_cases[_i].has_failed) {
        changed = mini_edit(mini, &pod_kind, "s-0");
        ((PodStatus *)api_edit_status(changed))->phase = str_intern("Failed");
        mini_put(mini, changed);
    }
    change_image(mini, &stateful_set_kind, "s");
    changed = mini_edit(mini, &stateful_set_kind, "s");
    ((StatefulSetSpec *)api_edit_spec(changed))->replicas = OPT_INT32(at_once_cases[_i].replicas);
    mini_put(mini, changed);
    mini_sync(mini, &stateful_set_controller, "default/s");
    for (; count < 4 && at_once_cases[_i].deleted[count] != NULL; count++)
        ck_assert_msg(count_lines(mini, str_internf("delete Pod %s", at_once_cases[_i].deleted[count])) == 1,
                      "%s: %s is not deleted:\n%s", at_once_cases[_i].name, at_once_cases[_i].deleted[count],
                      mini->log->str);
    ck_assert_msg(count_lines(mini, "delete Pod ") == count, "%s:\n%s", at_once_cases[_i].name, mini->log->str);
    mini_free(mini);
}
END_TEST

/* --- ReplicationController: v1.34 pkg/controller/replication is the ReplicaSet's code ----------------------- */

START_TEST(replication_controller_sync)
{
    Mini *mini = mini_new();
    ApiObject *stray = make_pod(NULL, "stray", "n1", "Running", TRUE);
    ApiObject *other = make_pod(NULL, "other", "n1", "Running", TRUE);
    const ReplicaSetStatus *status;

    str_map_set(&api_edit_meta(stray)->labels, str_intern("a"), str_intern("r"));
    str_map_set(&api_edit_meta(other)->labels, str_intern("a"), str_intern("q"));
    mini_add(mini, object_from_yaml(&replication_controller_kind,
                                    "{metadata: {name: r}, spec: {replicas: 2, template: {metadata: {labels: {a: r}}, "
                                    "spec: {containers: [{name: c, image: 'i:1'}]}}}}"));
    mini_add(mini, stray);
    mini_add(mini, other);
    mini_sync(mini, &replication_controller, "default/r");
    mini_check_log(mini, "one is adopted, one is made",
                   "get ReplicationController r\npatch Pod stray\ncreate Pod r-x4\n"
                   "event Normal SuccessfulCreate Created pod: r-x4\nstatus ReplicationController r");
    mini_sync(mini, &replication_controller, "default/r");
    status = replica_set_status(mini_get(mini, &replication_controller_kind, "default", "r"));
    ck_assert_int_eq(status->replicas, 2);
    ck_assert_int_eq(status->fully_labeled_replicas, 2);
    ck_assert_int_eq(status->ready_replicas, 1);
    ck_assert_ptr_null(api_controller_of(mini_get(mini, &pod_kind, "default", "other")));
    mini_free(mini);
}
END_TEST

Suite *
sets_suite(void)
{
    Suite *suite = suite_create("sets");
    TCase *tests = tcase_create("sets");

    tcase_add_loop_test(tests, daemon_rolls, 0, G_N_ELEMENTS(roll_cases));
    tcase_add_loop_test(tests, daemon_surge_leaves_node, 0, 2);
    tcase_add_test(tests, daemon_equal_revisions);
    tcase_add_test(tests, daemon_deleting);
    tcase_add_loop_test(tests, daemon_place, 0, G_N_ELEMENTS(place_cases));
    tcase_add_test(tests, stateful_partition);
    tcase_add_loop_test(tests, stateful_budget, 0, G_N_ELEMENTS(budget_cases));
    tcase_add_test(tests, stateful_stuck);
    tcase_add_loop_test(tests, stateful_at_once, 0, G_N_ELEMENTS(at_once_cases));
    tcase_add_test(tests, replication_controller_sync);
    suite_add_tcase(suite, tests);
    return suite;
}
