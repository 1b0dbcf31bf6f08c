#include "controllers/nodelifecycle.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define TICK(mini)      mini_tick(mini, &node_lifecycle_controller)
#define SYNC(mini, key) mini_sync(mini, &node_lifecycle_controller, key)

/* --- helpers ------------------------------------------------------------------------------------------- */

static Mini *
cluster_of(guint nodes, const char *zone)
{
    Mini *mini = mini_new();

    mini->state = lifecycle_state_new();
    for (guint i = 0; i < nodes; i++)
        mini_add(mini, make_node(str_internf("n%u", i), zone));
    TICK(mini);
    return mini;
}

static void
drop(Mini *mini)
{
    lifecycle_state_free(mini->state);
    mini_free(mini);
}

/* A heartbeat of every node but the first @silent. */
static void
heartbeat(Mini *mini, guint silent)
{
    for (guint i = silent; i < mini_count(mini, &node_kind); i++) {
        ApiObject *node = mini_edit(mini, &node_kind, str_internf("n%u", i));
        NodeStatus *status = api_edit_status(node);

        status->conditions.items[0].last_heartbeat_time = mini_wall_ns(mini);
        mini_put(mini, node);
    }
}

/* Ticks every 5 s, with the drift of a real loop, for @seconds. */
static void
pass_time(Mini *mini, guint seconds, guint silent)
{
    for (guint i = 0; i < seconds / 5; i++) {
        mini->now_ns += 5 * NS_PER_S + NS_PER_MS;
        heartbeat(mini, silent);
        TICK(mini);
        for (guint k = 0; k < mini_count(mini, &node_kind); k++) {
            g_autofree char *log = g_strdup(mini->log->str);

            SYNC(mini, api_name(mini_nth(mini, &node_kind, k)));
            g_string_assign(mini->log, log);
        }
    }
}

static const char *
taints_of(Mini *mini, guint index)
{
    const TaintList *taints = &node_spec(mini_nth(mini, &node_kind, index))->taints;
    const char *text = "";

    for (guint i = 0; i < taints->count; i++)
        text = str_internf("%s%s%s:%s", text, i == 0 ? "" : " ",
                           strrchr(taints->items[i].key, '/') + 1, taints->items[i].effect);
    return text;
}

/* --- zones ------------------------------------------------------------------------------------------------ */

/* v1.34 pkg/controller/nodelifecycle/node_lifecycle_controller_test.go, TestComputeZoneState */
static const struct {
    const char *name;
    guint ready, not_ready;
    ZoneState want;
} zone_cases[] = {
    {"2 unknown, 3 ready", 3, 2, ZONE_NORMAL}, {"3 unknown, 2 ready", 2, 3, ZONE_PARTIAL},
    {"all ready", 5, 0, ZONE_NORMAL},          {"none ready", 0, 5, ZONE_FULL},
    {"one node, not ready", 0, 1, ZONE_FULL},  {"exactly 55 %", 9, 11, ZONE_PARTIAL},
    {"just below", 46, 54, ZONE_NORMAL},
};

START_TEST(test_zone_states)
{
    ControllersConfig config;

    controllers_config_init(&config, 34);
    ck_assert_msg(zone_compute_state(zone_cases[_i].ready, zone_cases[_i].not_ready, &config) ==
                      zone_cases[_i].want,
                  "%s", zone_cases[_i].name);
}
END_TEST

/* --- health ------------------------------------------------------------------------------------------------- */

START_TEST(test_registration)
{
    Mini *mini = cluster_of(1, NULL);

    mini_check_log(mini, "new node",
                   "event Normal RegisteredNode Node n0 event: Registered Node n0 in Controller");
    mini_remove(mini, mini_nth(mini, &node_kind, 0));
    TICK(mini);
    mini_check_log(mini, "gone node",
                   "event Normal RemovingNode Node n0 event: Removing Node n0 from Controller");
    drop(mini);
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
    TICK(mini);
    mini->now_ns += 60 * NS_PER_S;
    TICK(mini);
    mini_check_log(mini, "within the grace", "");
    mini->now_ns += NS_PER_S;
    TICK(mini);
    mini_check_log(mini, "after it", "status Node n0");
    ck_assert_str_eq(node_status(mini_nth(mini, &node_kind, 0))->conditions.items[0].reason,
                     "NodeStatusNeverUpdated");
    drop(mini);
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
    SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoSchedule unreachable:NoExecute");
    drop(mini);
}
END_TEST

/* A node that is back loses NoSchedule at once, NoExecute at the next tick. */
START_TEST(test_return)
{
    Mini *mini = cluster_of(3, NULL);
    ApiObject *node;

    pass_time(mini, 50, 1);
    SYNC(mini, "@:");
    node = mini_edit(mini, &node_kind, "n0");
    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "True",
                  "KubeletReady", 0);
    mini_put(mini, node);
    heartbeat(mini, 0);
    SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoExecute");
    TICK(mini);
    mini_check_log(mini, "at the tick", "get Node n0\npatch Node n0");
    ck_assert_str_eq(taints_of(mini, 0), "");
    drop(mini);
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
    TICK(mini);
    SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 0), "not-ready:NoExecute");
    pass_time(mini, 55, 1);
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoExecute unreachable:NoSchedule");
    drop(mini);
}
END_TEST

/* Two nodes of one zone fail: the first is tainted at once, the second 10 s later. */
START_TEST(test_rate)
{
    Mini *mini = cluster_of(10, NULL);

    pass_time(mini, 50, 2);
    mini->now_ns += 100 * NS_PER_MS;
    SYNC(mini, "@:");
    SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoSchedule unreachable:NoExecute");
    SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 1), "unreachable:NoSchedule");
    mini->now_ns += 10 * NS_PER_S;
    SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 1), "unreachable:NoSchedule unreachable:NoExecute");
    drop(mini);
}
END_TEST

/* All zones at once: no more taints, and those that the pass saw go. */
START_TEST(test_master_disruption)
{
    Mini *mini = cluster_of(4, NULL);
    LifecycleState *state = mini->state;

    pass_time(mini, 50, 4);
    ck_assert_int_eq(((Zone *)state->zones->pdata[0])->state, ZONE_FULL);
    ck_assert_uint_eq(((Zone *)state->zones->pdata[0])->queue->len, 0);
    mini->now_ns += 20 * NS_PER_S;
    SYNC(mini, "@:");
    mini_check_log(mini, "nothing is tainted", "");
    drop(mini);
}
END_TEST

START_TEST(test_partial_disruption_stops_small_zones)
{
    Mini *mini = cluster_of(5, "a");
    LifecycleState *state = mini->state;

    pass_time(mini, 50, 3);
    ck_assert_int_eq(((Zone *)state->zones->pdata[0])->state, ZONE_PARTIAL);
    ck_assert_uint_eq(((Zone *)state->zones->pdata[0])->rate_milli, 0);
    drop(mini);
}
END_TEST

/* rate_limited_queue.go, SwapLimiter. */
START_TEST(test_swap_limiter)
{
    Zone zone = {.rate_milli = 100, .token_ns = 5 * NS_PER_S};

    zone_set_rate(&zone, 10, 6 * NS_PER_S);
    ck_assert_int_eq(zone.token_ns, 6 * NS_PER_S);
    zone.token_ns = 20 * NS_PER_S;
    zone_set_rate(&zone, 100, 7 * NS_PER_S);
    ck_assert_int_eq(zone.token_ns, 17 * NS_PER_S);
    zone_set_rate(&zone, 0, 30 * NS_PER_S);
    zone_set_rate(&zone, 100, 31 * NS_PER_S);
    ck_assert_int_eq(zone.token_ns, 41 * NS_PER_S);
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
    SYNC(mini, "n0");
    mini_check_log(mini, "one patch", "get Node n0\npatch Node n0");
    ck_assert_str_eq(taints_of(mini, 0), "memory-pressure:NoSchedule unschedulable:NoSchedule");
    node = mini_edit(mini, &node_kind, "n0");
    ((NodeSpec *)api_edit_spec(node))->unschedulable = FALSE;
    mini_put(mini, node);
    SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0), "memory-pressure:NoSchedule");
    drop(mini);
}
END_TEST

/* A pod bound to a node that is held for not ready. */
START_TEST(test_late_pod)
{
    Mini *mini = cluster_of(3, NULL);

    pass_time(mini, 50, 1);
    mini_add(mini, make_pod(NULL, "late", "n0", "Running", TRUE));
    SYNC(mini, "default/late");
    mini_check_log(mini, "late", "status Pod late\nevent Warning NodeNotReady Node is not ready");
    drop(mini);
}
END_TEST

Suite *
nodelifecycle_suite(void)
{
    Suite *suite = suite_create("nodelifecycle");
    TCase *tcase = tcase_create("nodelifecycle");

    tcase_add_loop_test(tcase, test_zone_states, 0, G_N_ELEMENTS(zone_cases));
    tcase_add_test(tcase, test_registration);
    tcase_add_test(tcase, test_never_posted);
    tcase_add_test(tcase, test_power_off);
    tcase_add_test(tcase, test_return);
    tcase_add_test(tcase, test_swap);
    tcase_add_test(tcase, test_rate);
    tcase_add_test(tcase, test_master_disruption);
    tcase_add_test(tcase, test_partial_disruption_stops_small_zones);
    tcase_add_test(tcase, test_swap_limiter);
    tcase_add_test(tcase, test_no_schedule);
    tcase_add_test(tcase, test_late_pod);
    suite_add_tcase(suite, tcase);
    return suite;
}
