/* Node lifecycle: who is alive, what follows for the node and its pods. */
#include "tests/controllers/nodes.h"
#include "tests/controllers/suites.h"

START_TEST(test_registration)
{
    Mini *mini = cluster_of(1, NULL);

    mini_check_log(mini, "new node",
                   "event Normal RegisteredNode Node n0 event: Registered Node n0 in Controller");
    /* As recorded: with uid, without revision. */
    ck_assert_str_eq(api_uid(mini->subject), api_uid(mini_nth(mini, &node_kind, 0)));
    ck_assert(mini->subject->resource_version == 0);
    mini_remove(mini, mini_nth(mini, &node_kind, 0));
    NODES_TICK(mini);
    mini_check_log(mini, "gone node",
                   "event Normal RemovingNode Node n0 event: Removing Node n0 from Controller");
    nodes_drop(mini);
}
END_TEST

/* TestMonitorNodeHealthUpdateStatus: never posted, created recently. */
START_TEST(test_never_posted)
{
    Mini *mini = mini_new();
    ApiObject *node = make_node("n0", NULL);

    ((NodeStatus *)api_edit_status(node))->conditions.count = 0;
    mini->state = lifecycle_state_new();
    mini_add(mini, node);
    NODES_TICK(mini);
    mini->now_ns += 60 * NS_PER_S;
    NODES_TICK(mini);
    mini_check_log(mini, "within the grace", "");
    mini->now_ns += NS_PER_S;
    NODES_TICK(mini);
    mini_check_log(mini, "after it", "status Node n0");
    ck_assert_str_eq(node_status(mini_nth(mini, &node_kind, 0))->conditions.items[0].reason,
                     "NodeStatusNeverUpdated");
    nodes_drop(mini);
}
END_TEST

/* Recorded (node-failure): status, node event, pod statuses and events; NoSchedule at once, NoExecute at the next pass. */
START_TEST(test_power_off)
{
    Mini *mini = cluster_of(3, NULL);
    const ApiObject *node;
    const Condition *ready;

    mini_add(mini, make_pod(NULL, "p", "n0", "Running", TRUE));
    mini_add(mini, make_pod(NULL, "q", "n0", "Running", FALSE));
    pass_time(mini, 45, 1);
    mini_check_log(mini, "still in the grace", "");
    pass_time(mini, 5, 1);
    mini_check_log(mini, "at the tenth tick, by its drift",
                   "status Node n0\n"
                   "event Normal NodeNotReady Node n0 status is now: NodeNotReady\n"
                   "status Pod p\n"
                   "event Warning NodeNotReady Node is not ready");
    node = mini_nth(mini, &node_kind, 0);
    ready = condition_find(&node_status(node)->conditions, "Ready");
    ck_assert_str_eq(ready->status, "Unknown");
    ck_assert_str_eq(ready->message, "Kubelet stopped posting node status.");
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoSchedule");
    ck_assert(!pod_is_ready(mini_nth(mini, &pod_kind, 0)));
    NODES_SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoSchedule unreachable:NoExecute");
    nodes_drop(mini);
}
END_TEST

/* A node that is back loses NoSchedule at once, NoExecute at the next tick. */
START_TEST(test_return)
{
    Mini *mini = cluster_of(3, NULL);
    ApiObject *node;

    pass_time(mini, 50, 1);
    NODES_SYNC(mini, "@:");
    node = mini_edit(mini, &node_kind, "n0");
    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "True",
                  "KubeletReady", 0);
    mini_put(mini, node);
    heartbeat(mini, 0);
    NODES_SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoExecute");
    NODES_TICK(mini);
    mini_check_log(mini, "at the tick", "get Node n0\npatch Node n0");
    ck_assert_str_eq(taints_of(mini, 0), "");
    nodes_drop(mini);
}
END_TEST

/* Not ready first, unreachable later: the taints are swapped without waiting. */
START_TEST(test_swap)
{
    Mini *mini = cluster_of(3, NULL);
    ApiObject *node = mini_edit(mini, &node_kind, "n0");

    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "False",
                  "KubeletNotReady", 0);
    mini_put(mini, node);
    heartbeat(mini, 0);
    NODES_TICK(mini);
    NODES_SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 0), "not-ready:NoExecute");
    pass_time(mini, 55, 1);
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoExecute unreachable:NoSchedule");
    nodes_drop(mini);
}
END_TEST

/* A pod bound to a node that is held for not ready. */
START_TEST(test_late_pod)
{
    Mini *mini = cluster_of(3, NULL);

    pass_time(mini, 50, 1);
    mini_add(mini, make_pod(NULL, "late", "n0", "Running", TRUE));
    NODES_SYNC(mini, "default/late");
    mini_check_log(mini, "late", "status Pod late\nevent Warning NodeNotReady Node is not ready");
    nodes_drop(mini);
}
END_TEST

/* --- signs of life ---------------------------------------------------------------------------------------------- */

static void
renew(Mini *mini, const char *name, gboolean is_new)
{
    ApiObject *lease = is_new ? api_object_new(&lease_kind, "kube-node-lease", name)
                              : api_object_copy(mini_get(mini, &lease_kind, "kube-node-lease", name));

    ((LeaseSpec *)api_edit_spec(lease))->renew_time = mini_wall_ns(mini);
    if (is_new)
        mini_add(mini, lease);
    else
        mini_put(mini, lease);
}

static const char *
ready_of(Mini *mini)
{
    return condition_find(&node_status(mini_nth(mini, &node_kind, 0))->conditions, "Ready")->status;
}

static void
tick_after(Mini *mini, gint64 ns)
{
    mini->now_ns += ns;
    NODES_TICK(mini);
}

/* Renewals alone keep a node alive; 50 s after the last one was seen it is Unknown, and not at 50 s sharp. */
START_TEST(test_lease)
{
    Mini *mini = cluster_of(1, NULL);

    renew(mini, "n0", TRUE);
    for (guint i = 0; i < 20; i++) {
        tick_after(mini, 10 * NS_PER_S);
        renew(mini, "n0", FALSE);
    }
    NODES_TICK(mini);
    ck_assert_str_eq(ready_of(mini), "True");
    tick_after(mini, 50 * NS_PER_S);
    ck_assert_str_eq(ready_of(mini), "True");
    tick_after(mini, 1);
    ck_assert_str_eq(ready_of(mini), "Unknown");
    nodes_drop(mini);
}
END_TEST

/* A heartbeat of the status makes the controller forget the lease: the next pass takes the old one for new. */
START_TEST(test_lease_is_forgotten)
{
    Mini *mini = cluster_of(1, NULL);

    renew(mini, "n0", TRUE);
    tick_after(mini, 5 * NS_PER_S);
    mini->now_ns += 5 * NS_PER_S;
    heartbeat(mini, 0);
    NODES_TICK(mini);
    tick_after(mini, 5 * NS_PER_S); /* seen once more */
    tick_after(mini, 50 * NS_PER_S);
    ck_assert_str_eq(ready_of(mini), "True");
    tick_after(mini, 1);
    ck_assert_str_eq(ready_of(mini), "Unknown");
    nodes_drop(mini);
}
END_TEST

/* "If kubelet never posted the node status, but continues renewing the heartbeat leases": healthy. */
START_TEST(test_lease_of_a_silent_node)
{
    Mini *mini = mini_new();
    ApiObject *node = make_node("n0", NULL);

    ((NodeStatus *)api_edit_status(node))->conditions.count = 0;
    mini->state = lifecycle_state_new();
    mini_add(mini, node);
    renew(mini, "n0", TRUE);
    for (guint i = 0; i < 20; i++) {
        tick_after(mini, 10 * NS_PER_S);
        renew(mini, "n0", FALSE);
    }
    ck_assert_uint_eq(node_status(mini_nth(mini, &node_kind, 0))->conditions.count, 0);
    tick_after(mini, 61 * NS_PER_S);
    tick_after(mini, 61 * NS_PER_S);
    ck_assert_str_eq(ready_of(mini), "Unknown");
    nodes_drop(mini);
}
END_TEST

/*
 * v1.34 node_lifecycle_controller_test.go, TestMonitorNodeHealthUpdateStatus, TestMonitorNodeHealthUpdateNodeAndPodStatusWithLease,
 * TestMonitorNodeHealthMarkPodsNotReady, TestTryUpdateNodeHealth: what the node is, what is heard of it after so long, what the pass
 * makes of it.
 */
static const struct {
    const char *name;
    gboolean is_old; /* else just created */
    const char *ready; /* NULL: no status */
    guint passed_s;
    gboolean has_lease, is_beating, is_renewed; /* in between */
    const char *now; /* what its kubelet says then; NULL: the same */
    const char *want, *reason; /* Ready; NULL: no status */
    gboolean is_written, is_marked; /* node; pods */
} heard_cases[] = {
    {"old, without status", TRUE, NULL, 0, FALSE, FALSE, FALSE, NULL, "Unknown", "NodeStatusNeverUpdated", TRUE, FALSE},
    {"new, without status", FALSE, NULL, 0, FALSE, FALSE, FALSE, NULL, NULL, NULL, FALSE, FALSE},
    {"new, without status, 60 s later", FALSE, NULL, 60, FALSE, FALSE, FALSE, NULL, NULL, NULL, FALSE, FALSE},
    {"new, without status, 61 s later", FALSE, NULL, 61, FALSE, FALSE, FALSE, NULL, "Unknown", "NodeStatusNeverUpdated", TRUE, FALSE},
    {"not heard of for an hour", TRUE, "True", 3600, FALSE, FALSE, FALSE, NULL, "Unknown", "NodeStatusUnknown", TRUE, TRUE},
    {"its status is fresh", TRUE, "True", 3600, FALSE, TRUE, FALSE, NULL, "True", NULL, FALSE, FALSE},
    {"within the grace", TRUE, "True", 50, FALSE, FALSE, FALSE, NULL, "True", NULL, FALSE, FALSE},
    {"status old, lease renewed", TRUE, "True", 3600, TRUE, FALSE, TRUE, NULL, "True", NULL, FALSE, FALSE},
    {"status old, lease not renewed", TRUE, "True", 3600, TRUE, FALSE, FALSE, NULL, "Unknown", "NodeStatusUnknown", TRUE, TRUE},
    {"status fresh, lease not renewed", TRUE, "True", 3600, TRUE, TRUE, FALSE, NULL, "True", NULL, FALSE, FALSE},
    {"was not ready, then silent", TRUE, "False", 3600, FALSE, FALSE, FALSE, NULL, "Unknown", "NodeStatusUnknown", TRUE, FALSE},
    {"unknown already", TRUE, "Unknown", 3600, FALSE, FALSE, FALSE, NULL, "Unknown", NULL, FALSE, FALSE},
    {"says itself that it is not ready: its kubelet marks the pods", TRUE, "True", 3600, FALSE, TRUE, FALSE, "False", "False", NULL, FALSE,
     FALSE},
};

START_TEST(test_heard)
{
    const char *name = heard_cases[_i].name;
    Mini *mini = mini_new();
    ApiObject *node = make_node("n0", NULL);
    const Condition *ready;

    mini->state = lifecycle_state_new();
    api_edit_meta(node)->creation_time = mini_wall_ns(mini) - (heard_cases[_i].is_old ? 100000 * NS_PER_S : 0);
    mini_add(mini, node);
    mini_add(mini, make_node("n1", NULL));
    mini_add(mini, make_pod(NULL, "p", "n0", "Running", TRUE));
    set_ready(mini, 0, heard_cases[_i].ready);
    if (heard_cases[_i].has_lease)
        renew(mini, "n0", TRUE);
    if (heard_cases[_i].passed_s > 0) {
        NODES_TICK(mini);
        mini->now_ns += heard_cases[_i].passed_s * NS_PER_S;
        if (heard_cases[_i].now != NULL)
            set_ready(mini, 0, heard_cases[_i].now);
        heartbeat(mini, heard_cases[_i].is_beating ? 0 : 1);
        if (heard_cases[_i].is_renewed)
            renew(mini, "n0", FALSE);
    }
    NODES_TICK(mini);
    ready = condition_find(&node_status(mini_get(mini, &node_kind, NULL, "n0"))->conditions, "Ready");
    ck_assert_msg(str_is(ready == NULL ? NULL : ready->status, heard_cases[_i].want), "%s: %s", name, ready == NULL ? "-" : ready->status);
    ck_assert_msg(ready == NULL || heard_cases[_i].reason == NULL || str_is(ready->reason, heard_cases[_i].reason), "%s: %s", name,
                  ready == NULL ? "-" : ready->reason);
    ck_assert_msg((strstr(mini->log->str, "status Node n0") != NULL) == heard_cases[_i].is_written, "%s:\n%s", name, mini->log->str);
    ck_assert_msg((strstr(mini->log->str, "status Pod p") != NULL) == heard_cases[_i].is_marked, "%s:\n%s", name, mini->log->str);
    nodes_drop(mini);
}
END_TEST

/* v1.34 node_lifecycle_controller_test.go, TestTaintsNodeByCondition: after the taints that the node has, one of each condition. */
static const struct {
    const char *condition, *status;
    gboolean is_cordoned;
    const char *taints;
} condition_cases[] = {
    {"NetworkUnavailable", "True", FALSE, "network-unavailable:NoSchedule"},
    {"NetworkUnavailable", "False", FALSE, ""},
    {"NetworkUnavailable", "Unknown", FALSE, ""},
    {"MemoryPressure", "True", FALSE, "memory-pressure:NoSchedule"},
    {"DiskPressure", "True", FALSE, "disk-pressure:NoSchedule"},
    {"PIDPressure", "True", FALSE, "pid-pressure:NoSchedule"},
    {"Ready", "False", FALSE, "not-ready:NoSchedule"},
    {"Ready", "Unknown", FALSE, "unreachable:NoSchedule"},
    {"Ready", "True", TRUE, "unschedulable:NoSchedule"},
    {"NetworkUnavailable", "True", TRUE, "network-unavailable:NoSchedule unschedulable:NoSchedule"},
};

START_TEST(test_by_condition)
{
    Mini *mini = cluster_of(1, NULL);
    ApiObject *node = mini_edit(mini, &node_kind, "n0");

    ((NodeSpec *)api_edit_spec(node))->unschedulable = condition_cases[_i].is_cordoned;
    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, condition_cases[_i].condition, condition_cases[_i].status, NULL, 0);
    mini_put(mini, node);
    NODES_SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0), condition_cases[_i].taints);
    nodes_drop(mini);
}
END_TEST

/* The grace of each version, and of a node that never said anything. */
static const struct {
    guint version;
    gint64 grace_s, startup_s;
} grace_cases[] = {{31, 40, 60}, {32, 50, 60}, {34, 50, 60}};

START_TEST(test_grace)
{
    ControllersConfig config;

    controllers_config_init(&config, grace_cases[_i].version);
    ck_assert_int_eq(config.node_monitor_grace_ns, grace_cases[_i].grace_s * NS_PER_S);
    ck_assert_int_eq(config.node_startup_grace_ns, grace_cases[_i].startup_s * NS_PER_S);
    ck_assert_uint_eq(config.eviction_rate_milli, 100);
    ck_assert_uint_eq(config.secondary_rate_milli, 10);
    ck_assert_uint_eq(config.unhealthy_zone_percent, 55);
    ck_assert_uint_eq(config.large_cluster_size, 50);
}
END_TEST

/* All four conditions, in one write; network-unavailable is none of the kubelet's. */
START_TEST(test_unknown_conditions)
{
    static const char *const types[] = {"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"};
    Mini *mini = cluster_of(2, NULL);
    ApiObject *node = mini_edit(mini, &node_kind, "n0");
    ConditionList *conditions = &((NodeStatus *)api_edit_status(node))->conditions;

    set_condition(conditions, "MemoryPressure", "False", "KubeletHasSufficientMemory", 0);
    set_condition(conditions, "NetworkUnavailable", "False", "RouteCreated", 0);
    mini_put(mini, node);
    pass_time(mini, 55, 1);
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        const Condition *condition =
            condition_find(&node_status(mini_nth(mini, &node_kind, 0))->conditions, types[i]);

        ck_assert_str_eq(condition->status, "Unknown");
        ck_assert_str_eq(condition->reason,
                         i < 2 ? "NodeStatusUnknown" : "NodeStatusNeverUpdated");
        ck_assert_str_eq(condition->message, i < 2 ? "Kubelet stopped posting node status."
                                                   : "Kubelet never posted node status.");
    }
    ck_assert_str_eq(condition_find(&node_status(mini_nth(mini, &node_kind, 0))->conditions,
                                    "NetworkUnavailable")
                         ->status,
                     "False");
    nodes_drop(mini);
}
END_TEST

/* TestMonitorNodeHealthMarkPodsNotReadyRetry: who could not be marked is marked at the next pass; 404 is no failure. */
START_TEST(test_pods_are_retried)
{
    static const struct {
        int code;
        const char *second;
    } rows[] = {{500, "status Pod p\nevent Warning NodeNotReady Node is not ready"}, {404, ""}};
    Mini *mini = cluster_of(3, NULL);

    mini_add(mini, make_pod(NULL, "p", "n0", "Running", TRUE));
    pass_time(mini, 45, 1);
    mini_refuse(mini, (MiniRefusal){.type = STEP_UPDATE_STATUS,
                                    .kind = &pod_kind,
                                    .code = rows[_i].code,
                                    .reason = "No",
                                    .message = "no",
                                    .count = 1});
    pass_time(mini, 5, 1);
    NODES_SYNC(mini, "@:");
    NODES_SYNC(mini, "n0");
    mini->now_ns += 5 * NS_PER_S;
    heartbeat(mini, 1);
    NODES_TICK(mini);
    mini_check_log(mini, "second pass", rows[_i].second);
    nodes_drop(mini);
}
END_TEST

/* doNoScheduleTaintingPass: conditions and spec.unschedulable. */
START_TEST(test_no_schedule)
{
    Mini *mini = cluster_of(1, NULL);
    ApiObject *node = mini_edit(mini, &node_kind, "n0");

    ((NodeSpec *)api_edit_spec(node))->unschedulable = TRUE;
    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "MemoryPressure", "True",
                  NULL, 0);
    mini_put(mini, node);
    NODES_SYNC(mini, "n0");
    mini_check_log(mini, "one patch", "get Node n0\npatch Node n0");
    ck_assert_str_eq(taints_of(mini, 0), "memory-pressure:NoSchedule unschedulable:NoSchedule");
    node = mini_edit(mini, &node_kind, "n0");
    ((NodeSpec *)api_edit_spec(node))->unschedulable = FALSE;
    mini_put(mini, node);
    NODES_SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0), "memory-pressure:NoSchedule");
    nodes_drop(mini);
}
END_TEST

/* doNoScheduleTaintingPass adds in the order of the conditions; others' taints and effects stay. */
START_TEST(test_no_schedule_order)
{
    Mini *mini = cluster_of(1, NULL);
    ApiObject *node = mini_edit(mini, &node_kind, "n0");
    NodeStatus *status = api_edit_status(node);
    Taint *taint = API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints);

    taint->key = str_intern("x/mine");
    taint->effect = str_intern("NoSchedule");
    status->conditions.count = 0;
    set_condition(&status->conditions, "PIDPressure", "True", NULL, 0);
    set_condition(&status->conditions, "DiskPressure", "True", NULL, 0);
    set_condition(&status->conditions, "NetworkUnavailable", "True", NULL, 0);
    set_condition(&status->conditions, "Ready", "False", NULL, 0);
    mini_put(mini, node);
    NODES_SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0),
                     "mine:NoSchedule pid-pressure:NoSchedule disk-pressure:NoSchedule "
                     "network-unavailable:NoSchedule not-ready:NoSchedule");
    nodes_drop(mini);
}
END_TEST

/* TestReconcileNodeLabels */
static const struct {
    const char *os, *beta_os, *want;
} label_cases[] = {
    {"linux", NULL, "linux"}, /* created */
    {"linux", "wrong", "linux"},
    {"linux", "linux", "linux"}, /* nothing to do */
    {NULL, "linux", "linux"},
};

START_TEST(test_labels)
{
    Mini *mini = cluster_of(1, NULL);
    ApiObject *node = mini_edit(mini, &node_kind, "n0");
    StrMap *labels = &api_edit_meta(node)->labels;
    gboolean is_right = label_cases[_i].os == NULL || str_is(label_cases[_i].beta_os, "linux");

    if (label_cases[_i].os != NULL)
        str_map_set(labels, str_intern("kubernetes.io/os"), str_intern(label_cases[_i].os));
    if (label_cases[_i].beta_os != NULL)
        str_map_set(labels, str_intern("beta.kubernetes.io/os"), str_intern(label_cases[_i].beta_os));
    mini_put(mini, node);
    NODES_SYNC(mini, "n0");
    mini_check_log(mini, "labels", is_right ? "" : "get Node n0\npatch Node n0");
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &node_kind, 0)->meta->labels,
                                 str_intern("beta.kubernetes.io/os")),
                     label_cases[_i].want);
    nodes_drop(mini);
}
END_TEST

Suite *
nodelifecycle_suite(void)
{
    Suite *suite = suite_create("nodelifecycle");
    TCase *tcase = tcase_create("nodelifecycle");

    tcase_add_test(tcase, test_registration);
    tcase_add_test(tcase, test_never_posted);
    tcase_add_test(tcase, test_power_off);
    tcase_add_test(tcase, test_return);
    tcase_add_test(tcase, test_swap);
    tcase_add_test(tcase, test_late_pod);
    tcase_add_test(tcase, test_lease);
    tcase_add_test(tcase, test_lease_is_forgotten);
    tcase_add_test(tcase, test_lease_of_a_silent_node);
    tcase_add_loop_test(tcase, test_heard, 0, G_N_ELEMENTS(heard_cases));
    tcase_add_loop_test(tcase, test_by_condition, 0, G_N_ELEMENTS(condition_cases));
    tcase_add_loop_test(tcase, test_grace, 0, G_N_ELEMENTS(grace_cases));
    tcase_add_test(tcase, test_unknown_conditions);
    tcase_add_loop_test(tcase, test_pods_are_retried, 0, 2);
    tcase_add_test(tcase, test_no_schedule);
    tcase_add_test(tcase, test_no_schedule_order);
    tcase_add_loop_test(tcase, test_labels, 0, G_N_ELEMENTS(label_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
