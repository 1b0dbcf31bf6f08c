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

/* --- modes of disruption: v1.34 node_lifecycle_controller_test.go, TestMonitorNodeHealthEvictPodsWithDisruption --------- */

static Zone *
zone_named(Mini *mini, const char *name)
{
    LifecycleState *state = mini->state;

    for (guint i = 0; i < state->zones->len; i++)
        if (str_is(((Zone *)state->zones->pdata[i])->name, name))
            return state->zones->pdata[i];
    ck_abort_msg("no zone %s", name);
    return NULL;
}

/* Nodes n0 ... of zone a, then those of zone b. */
static Mini *
two_zones(guint a, guint b)
{
    Mini *mini = mini_new();

    mini->state = lifecycle_state_new();
    for (guint i = 0; i < a + b; i++)
        mini_add(mini, make_node(str_internf("n%u", i), i < a ? "a" : "b"));
    TICK(mini);
    return mini;
}

static const struct {
    const char *name;
    guint a, b, silent; /* nodes of each zone; so many of the first fail */
    ZoneState want_a, want_b;
    guint rate_a, rate_b; /* nodes per 1000 s */
} mode_cases[] = {
    {"one of three: normal", 3, 3, 1, ZONE_NORMAL, ZONE_NORMAL, 100, 100},
    {"two of three are too few to be partial", 3, 3, 2, ZONE_NORMAL, ZONE_NORMAL, 100, 100},
    {"a whole zone: its nodes go at the normal rate", 3, 3, 3, ZONE_FULL, ZONE_NORMAL, 100, 100},
    {"three of five: partial, and small: none", 5, 3, 3, ZONE_PARTIAL, ZONE_NORMAL, 0, 100},
    {"28 of 50: fifty is not large", 50, 1, 28, ZONE_PARTIAL, ZONE_NORMAL, 0, 100},
    {"29 of 51: large, at the secondary rate", 51, 1, 29, ZONE_PARTIAL, ZONE_NORMAL, 10, 100},
    {"27 of 50 are 54 %: normal", 50, 1, 27, ZONE_NORMAL, ZONE_NORMAL, 100, 100},
    {"all zones: nothing is tainted", 3, 3, 6, ZONE_FULL, ZONE_FULL, 0, 0},
};

START_TEST(test_modes)
{
    Mini *mini = two_zones(mode_cases[_i].a, mode_cases[_i].b);

    pass_time(mini, 50, mode_cases[_i].silent);
    ck_assert_msg(zone_named(mini, "a")->state == mode_cases[_i].want_a &&
                      zone_named(mini, "b")->state == mode_cases[_i].want_b &&
                      zone_named(mini, "a")->rate_milli == mode_cases[_i].rate_a &&
                      zone_named(mini, "b")->rate_milli == mode_cases[_i].rate_b,
                  "%s: %d at %u, %d at %u", mode_cases[_i].name, zone_named(mini, "a")->state,
                  zone_named(mini, "a")->rate_milli, zone_named(mini, "b")->state,
                  zone_named(mini, "b")->rate_milli);
    drop(mini);
}
END_TEST

/* component-helpers/node/topology, TestGetZoneKey */
static const struct {
    const char *labels[4][2];
    const char *key;
} key_cases[] = {
    {{{NULL}}, ":"},
    {{{"topology.kubernetes.io/zone", "z"}}, ":z"},
    {{{"topology.kubernetes.io/region", "r"}, {"topology.kubernetes.io/zone", "z"}}, "r:z"},
    {{{"failure-domain.beta.kubernetes.io/zone", "old"}, {"topology.kubernetes.io/zone", "new"}},
     ":old"},
    {{{"failure-domain.beta.kubernetes.io/region", "old"}, {"topology.kubernetes.io/zone", "z"}},
     "old:z"},
};

START_TEST(test_zone_key)
{
    LifecycleState *state = lifecycle_state_new();
    g_autoptr(ApiObject) node = make_node("n", NULL);
    ControllersConfig config;

    controllers_config_init(&config, 34);
    for (guint i = 0; i < 4 && key_cases[_i].labels[i][0] != NULL; i++)
        str_map_set(&api_edit_meta(node)->labels, str_intern(key_cases[_i].labels[i][0]),
                    str_intern(key_cases[_i].labels[i][1]));
    ck_assert_str_eq(zone_of(state, node, &config)->key, key_cases[_i].key);
    lifecycle_state_free(state);
}
END_TEST

static guint
count_tainted(Mini *mini)
{
    guint count = 0;

    for (guint i = 0; i < mini_count(mini, &node_kind); i++)
        count += node_has_taint(mini_nth(mini, &node_kind, i), TAINT_UNREACHABLE, "NoExecute");
    return count;
}

/* A large zone, partly disrupted: the first at once, the next after 100 s. */
START_TEST(test_secondary_rate)
{
    Mini *mini = cluster_of(60, NULL);

    pass_time(mini, 50, 40);
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 1);
    mini->now_ns += 99 * NS_PER_S;
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 1);
    mini->now_ns += NS_PER_S;
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 2);
    drop(mini);
}
END_TEST

/* Out of the partial state, whose bucket never had a token: the first goes after 10 s. */
START_TEST(test_end_of_partial)
{
    Mini *mini = cluster_of(5, NULL);

    pass_time(mini, 50, 3);
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    pass_time(mini, 5, 0);
    for (guint i = 0; i < 3; i++) { /* two of them come back */
        ApiObject *node = mini_edit(mini, &node_kind, str_internf("n%u", i + 1));

        set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "True", NULL, 0);
        mini_put(mini, node);
    }
    pass_time(mini, 5, 0);
    ck_assert_int_eq(((Zone *)((LifecycleState *)mini->state)->zones->pdata[0])->state, ZONE_NORMAL);
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    mini->now_ns += 9 * NS_PER_S;
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    mini->now_ns += NS_PER_S;
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 1);
    drop(mini);
}
END_TEST

/* Recorded both ways: a taint that the last pass's list shows goes when everything is down; its pods stay. */
START_TEST(test_master_disruption_in_two_passes)
{
    Mini *mini = cluster_of(4, NULL);

    pass_time(mini, 50, 1);
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 1);
    pass_time(mini, 55, 4);
    ck_assert_uint_eq(count_tainted(mini), 0);
    drop(mini);
}
END_TEST

/* Its end: every node starts anew, and those still silent are tainted 10 s later at the earliest. */
START_TEST(test_end_of_master_disruption)
{
    Mini *mini = cluster_of(4, NULL);
    LifecycleState *state = mini->state;
    ApiObject *node;

    pass_time(mini, 50, 4);
    node = mini_edit(mini, &node_kind, "n3");
    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "True", NULL, 0);
    mini_put(mini, node);
    pass_time(mini, 5, 3);
    ck_assert_int_eq(((Zone *)state->zones->pdata[0])->state, ZONE_PARTIAL);
    for (guint i = 0; i < 4; i++) {
        const NodeHealth *health = g_hash_table_lookup(state->nodes, str_internf("n%u", i));

        ck_assert_int_eq(health->probe_ns, mini->now_ns);
    }
    drop(mini);
}
END_TEST

/* node.kubernetes.io/exclude-disruption: such nodes do not count, but are tainted. */
START_TEST(test_excluded)
{
    Mini *mini = two_zones(5, 1);

    for (guint i = 0; i < 3; i++) {
        ApiObject *node = mini_edit(mini, &node_kind, str_internf("n%u", i));

        str_map_set(&api_edit_meta(node)->labels,
                    str_intern("node.kubernetes.io/exclude-disruption"), str_intern(""));
        mini_put(mini, node);
    }
    pass_time(mini, 50, 3);
    ck_assert_int_eq(zone_named(mini, "a")->state, ZONE_NORMAL);
    ck_assert_uint_eq(zone_named(mini, "a")->queue->len, 3);
    drop(mini);
}
END_TEST

/* addPodEvictorForNewZone: a zone whose nodes are all left out of the count is new at every pass. */
START_TEST(test_zone_without_state)
{
    Mini *mini = two_zones(2, 1);

    for (guint i = 0; i < 2; i++) {
        ApiObject *node = mini_edit(mini, &node_kind, str_internf("n%u", i));

        str_map_set(&api_edit_meta(node)->labels,
                    str_intern("node.kubernetes.io/exclude-disruption"), str_intern(""));
        mini_put(mini, node);
    }
    pass_time(mini, 50, 2);
    SYNC(mini, "@:a");
    ck_assert_uint_eq(count_tainted(mini), 1);
    pass_time(mini, 5, 2);
    SYNC(mini, "@:a");
    ck_assert_uint_eq(count_tainted(mini), 2);
    drop(mini);
}
END_TEST

/* A node that is deleted while it waits uses up the token that comes to it. */
START_TEST(test_deleted_in_queue)
{
    Mini *mini = cluster_of(10, NULL);

    pass_time(mini, 50, 2);
    mini_remove(mini, mini_get(mini, &node_kind, NULL, "n0"));
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    mini->now_ns += 9 * NS_PER_S;
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    mini->now_ns += NS_PER_S;
    SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 1);
    drop(mini);
}
END_TEST

/* --- signs of life -------------------------------------------------------------------------------------- */

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
    TICK(mini);
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
    TICK(mini);
    ck_assert_str_eq(ready_of(mini), "True");
    tick_after(mini, 50 * NS_PER_S);
    ck_assert_str_eq(ready_of(mini), "True");
    tick_after(mini, 1);
    ck_assert_str_eq(ready_of(mini), "Unknown");
    drop(mini);
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
    TICK(mini);
    tick_after(mini, 5 * NS_PER_S); /* seen once more */
    tick_after(mini, 50 * NS_PER_S);
    ck_assert_str_eq(ready_of(mini), "True");
    tick_after(mini, 1);
    ck_assert_str_eq(ready_of(mini), "Unknown");
    drop(mini);
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
    drop(mini);
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
    drop(mini);
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
    SYNC(mini, "@:");
    SYNC(mini, "n0");
    mini->now_ns += 5 * NS_PER_S;
    heartbeat(mini, 1);
    TICK(mini);
    mini_check_log(mini, "second pass", rows[_i].second);
    drop(mini);
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
    SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0),
                     "mine:NoSchedule pid-pressure:NoSchedule disk-pressure:NoSchedule "
                     "network-unavailable:NoSchedule not-ready:NoSchedule");
    drop(mini);
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
    SYNC(mini, "n0");
    mini_check_log(mini, "labels", is_right ? "" : "get Node n0\npatch Node n0");
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &node_kind, 0)->meta->labels,
                                 str_intern("beta.kubernetes.io/os")),
                     label_cases[_i].want);
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
    tcase_add_loop_test(tcase, test_modes, 0, G_N_ELEMENTS(mode_cases));
    tcase_add_loop_test(tcase, test_zone_key, 0, G_N_ELEMENTS(key_cases));
    tcase_add_test(tcase, test_secondary_rate);
    tcase_add_test(tcase, test_end_of_partial);
    tcase_add_test(tcase, test_master_disruption_in_two_passes);
    tcase_add_test(tcase, test_end_of_master_disruption);
    tcase_add_test(tcase, test_excluded);
    tcase_add_test(tcase, test_zone_without_state);
    tcase_add_test(tcase, test_deleted_in_queue);
    tcase_add_test(tcase, test_lease);
    tcase_add_test(tcase, test_lease_is_forgotten);
    tcase_add_test(tcase, test_lease_of_a_silent_node);
    tcase_add_loop_test(tcase, test_grace, 0, G_N_ELEMENTS(grace_cases));
    tcase_add_test(tcase, test_unknown_conditions);
    tcase_add_loop_test(tcase, test_pods_are_retried, 0, 2);
    tcase_add_test(tcase, test_no_schedule_order);
    tcase_add_loop_test(tcase, test_labels, 0, G_N_ELEMENTS(label_cases));
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
