/* Node lifecycle: zones, their states, and how fast nodes are tainted. */
#include "tests/controllers/nodes.h"
#include "tests/controllers/suites.h"

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

/*
 * v1.34 node_lifecycle_controller_test.go, TestMonitorNodeHealthUpdateNodeAndPodStatus... by zone states: nodes as Ready says (T, F,
 * U; -: no status at all), their zone (1, 2), x: excluded; at once, then an hour later, when only those are heard of that are T then.
 */
static const struct {
    const char *name, *before, *after;
    ZoneState first[2], then[2]; /* of zones 1 and 2; ZONE_INITIAL: no such zone */
} state_cases[] = {
    {"nodes created recently without status: full, then one zone is back", "U1 U2", "U1 T2", {ZONE_FULL, ZONE_FULL}, {ZONE_FULL, ZONE_NORMAL}},
    {"partial: created recently without conditions", "-1 -1 -1 -1", "U1 U1 U1 T1", {ZONE_FULL}, {ZONE_PARTIAL}},
    {"partial: one more has failed", "U1 U1 T1 T1 T1", "U1 U1 U1 T1 T1", {ZONE_NORMAL}, {ZONE_PARTIAL}},
    {"full: two are down, then the last", "U1 U1 T1", "U1 U1 U1", {ZONE_NORMAL}, {ZONE_FULL}},
    {"full: all of one zone", "U1 T2", "U1 T2", {ZONE_FULL, ZONE_NORMAL}, {ZONE_FULL, ZONE_NORMAL}},
    {"full: all of both zones", "U1 U2", "U1 U2", {ZONE_FULL, ZONE_FULL}, {ZONE_FULL, ZONE_FULL}},
    {"full: Ready is taken away", "T1", "-1", {ZONE_NORMAL}, {ZONE_FULL}},
    {"full: the only one that is well does not count", "U1 T1x", "U1 T1x", {ZONE_FULL}, {ZONE_FULL}},
};

static const char *
ready_word(char letter)
{
    return letter == 'T' ? "True" : letter == 'F' ? "False" : letter == 'U' ? "Unknown" : NULL;
}

static void
check_states(Mini *mini, const char *name, const char *when, const ZoneState *wanted)
{
    static const char *const zones[] = {"1", "2"};

    for (guint i = 0; i < G_N_ELEMENTS(zones); i++)
        if (wanted[i] != ZONE_INITIAL)
            ck_assert_msg(zone_named(mini, zones[i])->state == wanted[i], "%s: zone %s %s: %d", name, zones[i], when,
                          zone_named(mini, zones[i])->state);
}

START_TEST(test_following_states)
{
    g_auto(GStrv) before = g_strsplit(state_cases[_i].before, " ", -1);
    g_auto(GStrv) after = g_strsplit(state_cases[_i].after, " ", -1);
    Mini *mini = mini_new();

    mini->state = lifecycle_state_new();
    for (guint i = 0; before[i] != NULL; i++) {
        ApiObject *node = make_node(str_internf("n%u", i), str_internf("%c", before[i][1]));

        if (before[i][2] == 'x')
            str_map_set(&api_edit_meta(node)->labels, str_intern("node.kubernetes.io/exclude-disruption"), str_intern(""));
        mini_add(mini, node);
        set_ready(mini, i, ready_word(before[i][0]));
    }
    NODES_TICK(mini);
    check_states(mini, state_cases[_i].name, "at once", state_cases[_i].first);
    mini->now_ns += 3600 * NS_PER_S;
    for (guint i = 0; after[i] != NULL; i++) {
        ApiObject *node;

        set_ready(mini, i, ready_word(after[i][0]));
        node = mini_edit(mini, &node_kind, str_internf("n%u", i));
        if (after[i][0] == 'T')
            ((NodeStatus *)api_edit_status(node))->conditions.items[0].last_heartbeat_time = mini_wall_ns(mini);
        mini_put(mini, node);
    }
    NODES_TICK(mini);
    check_states(mini, state_cases[_i].name, "an hour later", state_cases[_i].then);
    nodes_drop(mini);
}
END_TEST

/* No other node is tainted within @seconds, and @wanted of them are when these are over. */
static void
check_next_taint(Mini *mini, guint seconds, guint wanted)
{
    mini->now_ns += (seconds - 1) * NS_PER_S;
    NODES_SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), wanted - 1);
    mini->now_ns += NS_PER_S;
    NODES_SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), wanted);
}

/* Two nodes of one zone fail: the first is tainted at once, the second 10 s later. */
START_TEST(test_rate)
{
    Mini *mini = cluster_of(10, NULL);

    pass_time(mini, 50, 2);
    mini->now_ns += 100 * NS_PER_MS;
    NODES_SYNC(mini, "@:");
    NODES_SYNC(mini, "n0");
    ck_assert_str_eq(taints_of(mini, 0), "unreachable:NoSchedule unreachable:NoExecute");
    NODES_SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 1), "unreachable:NoSchedule");
    mini->now_ns += 10 * NS_PER_S;
    NODES_SYNC(mini, "@:");
    ck_assert_str_eq(taints_of(mini, 1), "unreachable:NoSchedule unreachable:NoExecute");
    nodes_drop(mini);
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
    NODES_SYNC(mini, "@:");
    mini_check_log(mini, "nothing is tainted", "");
    nodes_drop(mini);
}
END_TEST

START_TEST(test_partial_disruption_stops_small_zones)
{
    Mini *mini = cluster_of(5, "a");
    LifecycleState *state = mini->state;

    pass_time(mini, 50, 3);
    ck_assert_int_eq(((Zone *)state->zones->pdata[0])->state, ZONE_PARTIAL);
    ck_assert_uint_eq(((Zone *)state->zones->pdata[0])->rate_milli, 0);
    nodes_drop(mini);
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

/* v1.34 node_lifecycle_controller_test.go, TestMonitorNodeHealthEvictPodsWithDisruption */
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
    nodes_drop(mini);
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

/* A large zone, partly disrupted: the first at once, the next after 100 s. */
START_TEST(test_secondary_rate)
{
    Mini *mini = cluster_of(60, NULL);

    pass_time(mini, 50, 40);
    NODES_SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 1);
    check_next_taint(mini, 100, 2);
    nodes_drop(mini);
}
END_TEST

/* Out of the partial state, whose bucket never had a token: the first goes after 10 s. */
START_TEST(test_end_of_partial)
{
    Mini *mini = cluster_of(5, NULL);

    pass_time(mini, 50, 3);
    NODES_SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    pass_time(mini, 5, 0);
    for (guint i = 1; i < 4; i++) /* two of them come back */
        set_ready(mini, i, "True");
    pass_time(mini, 5, 0);
    ck_assert_int_eq(((Zone *)((LifecycleState *)mini->state)->zones->pdata[0])->state, ZONE_NORMAL);
    NODES_SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    check_next_taint(mini, 10, 1);
    nodes_drop(mini);
}
END_TEST

/* Recorded both ways: a taint that the last pass's list shows goes when everything is down; its pods stay. */
START_TEST(test_master_disruption_in_two_passes)
{
    Mini *mini = cluster_of(4, NULL);

    pass_time(mini, 50, 1);
    NODES_SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 1);
    pass_time(mini, 55, 4);
    ck_assert_uint_eq(count_tainted(mini), 0);
    nodes_drop(mini);
}
END_TEST

/* Its end: every node starts anew, and those still silent are tainted 10 s later at the earliest. */
START_TEST(test_end_of_master_disruption)
{
    Mini *mini = cluster_of(4, NULL);
    LifecycleState *state = mini->state;

    pass_time(mini, 50, 4);
    set_ready(mini, 3, "True");
    pass_time(mini, 5, 3);
    ck_assert_int_eq(((Zone *)state->zones->pdata[0])->state, ZONE_PARTIAL);
    for (guint i = 0; i < 4; i++) {
        const NodeHealth *health = g_hash_table_lookup(state->nodes, str_internf("n%u", i));

        ck_assert_int_eq(health->probe_ns, mini->now_ns);
    }
    nodes_drop(mini);
}
END_TEST

/* node.kubernetes.io/exclude-disruption: such nodes do not count, but are tainted. */
START_TEST(test_excluded)
{
    Mini *mini = two_zones(5, 1);

    exclude(mini, 3);
    pass_time(mini, 50, 3);
    ck_assert_int_eq(zone_named(mini, "a")->state, ZONE_NORMAL);
    ck_assert_uint_eq(zone_named(mini, "a")->queue->len, 3);
    nodes_drop(mini);
}
END_TEST

/* addPodEvictorForNewZone: a zone whose nodes are all left out of the count is new at every pass. */
START_TEST(test_zone_without_state)
{
    Mini *mini = two_zones(2, 1);

    exclude(mini, 2);
    pass_time(mini, 50, 2);
    NODES_SYNC(mini, "@:a");
    ck_assert_uint_eq(count_tainted(mini), 1);
    pass_time(mini, 5, 2);
    NODES_SYNC(mini, "@:a");
    ck_assert_uint_eq(count_tainted(mini), 2);
    nodes_drop(mini);
}
END_TEST

/* A node that is deleted while it waits uses up the token that comes to it. */
START_TEST(test_deleted_in_queue)
{
    Mini *mini = cluster_of(10, NULL);

    pass_time(mini, 50, 2);
    mini_remove(mini, mini_get(mini, &node_kind, NULL, "n0"));
    NODES_SYNC(mini, "@:");
    ck_assert_uint_eq(count_tainted(mini), 0);
    check_next_taint(mini, 10, 1);
    nodes_drop(mini);
}
END_TEST

/*
 * v1.34 node_lifecycle_controller.go. markNodeAsReachable: who is ready again waits no longer, and costs no token.
 * markNodeForTainting takes who waits out and puts it back: the order is that of the last pass.
 */
static const struct {
    const char *name, *then; /* Ready of n6 in the second pass */
    guint next;              /* that is tainted with the second token; n5 had the first */
} queue_cases[] = {
    {"n6 is ready again", "True", 7},
    {"n6 is not", "False", 6},
};

START_TEST(test_order_of_queue)
{
    Mini *mini = cluster_of(12, NULL);

    set_ready(mini, 5, "False");
    NODES_TICK(mini);
    NODES_SYNC(mini, "@:");
    set_ready(mini, 7, "False");
    if (str_is(queue_cases[_i].then, "True"))
        set_ready(mini, 6, "False");
    NODES_TICK(mini);
    set_ready(mini, 6, queue_cases[_i].then);
    NODES_TICK(mini);
    mini->now_ns += 10 * NS_PER_S;
    NODES_SYNC(mini, "@:");
    for (guint i = 5; i < 8; i++)
        ck_assert_msg(str_is(taints_of(mini, i), i == 5 || i == queue_cases[_i].next ? "not-ready:NoExecute" : ""), "%s: n%u: %s",
                      queue_cases[_i].name, i, taints_of(mini, i));
    nodes_drop(mini);
}
END_TEST

/*
 * Recorded (zone-outage, three times): of four nodes that fail together the third, the third and the second is tainted
 * first, the fourth, second and third last: a list of nodes has no order.
 */
START_TEST(test_any_order)
{
    guint first[4] = {0};

    for (guint seed = 0; seed < 40; seed++) {
        Mini *mini = cluster_of(12, NULL);

        mini->seed = seed;
        pass_time(mini, 50, 4);
        mini->now_ns += 100 * NS_PER_MS;
        NODES_SYNC(mini, "@:");
        ck_assert_uint_eq(count_tainted(mini), 1);
        for (guint i = 0; i < G_N_ELEMENTS(first); i++)
            if (strstr(taints_of(mini, i), "unreachable:NoExecute") != NULL)
                first[i]++;
        nodes_drop(mini);
    }
    for (guint i = 0; i < G_N_ELEMENTS(first); i++)
        ck_assert_msg(first[i] >= 4 && first[i] <= 20, "n%u first %u times of 40", i, first[i]);
}
END_TEST

Suite *
nodezones_suite(void)
{
    Suite *suite = suite_create("zones of nodes");
    TCase *tcase = tcase_create("zones of nodes");

    tcase_add_loop_test(tcase, test_zone_states, 0, G_N_ELEMENTS(zone_cases));
    tcase_add_loop_test(tcase, test_following_states, 0, G_N_ELEMENTS(state_cases));
    tcase_add_test(tcase, test_rate);
    tcase_add_test(tcase, test_master_disruption);
    tcase_add_test(tcase, test_partial_disruption_stops_small_zones);
    tcase_add_test(tcase, test_swap_limiter);
    tcase_add_loop_test(tcase, test_modes, 0, G_N_ELEMENTS(mode_cases));
    tcase_add_loop_test(tcase, test_zone_key, 0, G_N_ELEMENTS(key_cases));
    tcase_add_test(tcase, test_secondary_rate);
    tcase_add_test(tcase, test_end_of_partial);
    tcase_add_test(tcase, test_master_disruption_in_two_passes);
    tcase_add_test(tcase, test_end_of_master_disruption);
    tcase_add_test(tcase, test_excluded);
    tcase_add_test(tcase, test_zone_without_state);
    tcase_add_test(tcase, test_deleted_in_queue);
    tcase_add_loop_test(tcase, test_order_of_queue, 0, G_N_ELEMENTS(queue_cases));
    tcase_add_test(tcase, test_any_order);
    suite_add_tcase(suite, tcase);
    return suite;
}
