/* test_endpointzones.c - hints by each zone's share of cpu (v1.34 endpointslice/topologycache) */

#include "tests/controllers/slices.h"
#include "tests/controllers/suites.h"

typedef struct {
    const char *zone;
    gint32 cpu_milli; /* 0: none given */
    guint endpoints;  /* ready ones there */
} ZonePart;

/* v1.34 endpointslice/topologycache/topologycache_test.go: TestAddHints; what is without hints says why. */
static const struct {
    const char *name;
    ZonePart parts[4];
    guint want[4]; /* hints for the zone of that place */
    const char *want_event;
} zone_cases[] = {
    {"shares .45 and .55, an endpoint in each",
     {{"zone-a", 4500, 1}, {"zone-b", 5500, 1}},
     {1, 1},
     "event Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4\n"},
    {"equal shares, three endpoints in one zone and one in the other: one is handed over",
     {{"zone-a", 1000, 3}, {"zone-b", 1000, 1}},
     {2, 2},
     "event Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4\n"},
    {"shares .9 and .1 of two endpoints: each needs a whole one more than there is",
     {{"zone-a", 9000, 2}, {"zone-b", 1000, 0}},
     {0, 0},
     "event Warning TopologyAwareHintsDisabled Unable to allocate minimum required endpoints to each zone "
     "without exceeding overload threshold (2 endpoints, 2 zones), addressType: IPv4\n"},
    {"shares .5, .25, .25 of three endpoints: minimum 2 + 1 + 1",
     {{"zone-a", 2000, 1}, {"zone-b", 1000, 1}, {"zone-c", 1000, 1}},
     {0, 0, 0},
     "event Warning TopologyAwareHintsDisabled Unable to allocate minimum required endpoints to each zone "
     "without exceeding overload threshold (3 endpoints, 3 zones), addressType: IPv4\n"},
    {"shares .5, .3, .2 of six endpoints: minimum 3 + 2 + 1",
     {{"zone-a", 5000, 3}, {"zone-b", 3000, 2}, {"zone-c", 2000, 1}},
     {3, 2, 1},
     "event Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4\n"},
    {"slice to create with 2 endpoints, zone ratios require 3",
     {{"zone-a", 3000, 1}, {"zone-b", 4000, 1}, {"zone-c", 3000, 0}},
     {0, 0, 0},
     "event Warning TopologyAwareHintsDisabled Insufficient number of endpoints (2 endpoints, 3 zones), addressType: IPv4\n"},
    {"slices to create and update within 3 zone threshold",
     {{"zone-a", 3500, 5}, {"zone-b", 3500, 2}, {"zone-c", 3000, 3}},
     {4, 3, 3},
     "event Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4\n"},
    {"Test_redistributeHints: endpoints from 1 zone redistributed to 2 other zones",
     {{"zone-a", 1000, 3}, {"zone-b", 1000, 0}, {"zone-c", 1000, 0}},
     {1, 1, 1},
     "event Normal TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4\n"},
    {"fewer endpoints than zones",
     {{"zone-a", 1000, 1}, {"zone-b", 1000, 0}},
     {0, 0},
     "event Warning TopologyAwareHintsDisabled Insufficient number of endpoints (1 endpoints, 2 zones), "
     "addressType: IPv4\n"},
    {"one zone alone",
     {{"zone-a", 1000, 2}},
     {0},
     "event Warning TopologyAwareHintsDisabled Insufficient Node information: allocatable CPU or zone not "
     "specified on one or more nodes, addressType: IPv4\n"},
    {"a node without cpu",
     {{"zone-a", 1000, 1}, {"zone-b", 1000, 1}, {"zone-c", 0, 0}},
     {0, 0},
     "event Warning TopologyAwareHintsDisabled Insufficient Node information: allocatable CPU or zone not "
     "specified on one or more nodes, addressType: IPv4\n"},
};

static ApiObject *
make_sized_node(const ZonePart *part)
{
    ApiObject *node = make_node(part->zone, part->zone);
    Quantity cpu = {.nano = (__int128)part->cpu_milli * 1000000};

    if (part->cpu_milli > 0)
        quantity_map_set(&((NodeStatus *)api_edit_status(node))->allocatable, str_intern("cpu"), cpu);
    return node;
}

static Mini *
mini_in_zones(const ZonePart *parts)
{
    Mini *mini = mini_new();
    ApiObject *service = make_service();
    guint n_pods = 0;

    mini->state = slice_state_new();
    str_map_set(&api_edit_meta(service)->annotations, str_intern("service.kubernetes.io/topology-mode"),
                str_intern("Auto"));
    mini_add(mini, service);
    for (guint i = 0; i < 4 && parts[i].zone != NULL; i++) {
        mini_add(mini, make_sized_node(&parts[i]));
        for (guint k = 0; k < parts[i].endpoints; k++) {
            ApiObject *pod = make_backend(n_pods++, TRUE);

            ((PodSpec *)api_edit_spec(pod))->node_name = str_intern(parts[i].zone);
            mini_add(mini, pod);
        }
    }
    return mini;
}

static guint
count_hints(Mini *mini, const char *zone)
{
    const EndpointSliceBody *body = body_of(mini, 0);
    guint count = 0;

    for (guint i = 0; i < body->endpoints.count; i++) {
        const EndpointHints *hints = body->endpoints.items[i].hints;

        count += hints != NULL && str_is(hints->for_zones.items[0].name, zone);
    }
    return count;
}

START_TEST(test_zones)
{
    Mini *mini = mini_in_zones(zone_cases[_i].parts);

    SYNC(mini);
    for (guint i = 0; i < 4 && zone_cases[_i].parts[i].zone != NULL; i++)
        ck_assert_msg(count_hints(mini, zone_cases[_i].parts[i].zone) == zone_cases[_i].want[i],
                      "%s: %u hints for %s", zone_cases[_i].name,
                      count_hints(mini, zone_cases[_i].parts[i].zone), zone_cases[_i].parts[i].zone);
    ck_assert_msg(strstr(mini->log->str, zone_cases[_i].want_event) != NULL, "%s: %s",
                  zone_cases[_i].name, mini->log->str);
    drop(mini);
}
END_TEST

/* "slice to create with 2 ready, 1 unready, 1 unknown endpoints, zone ratios only require 2": who is not ready has no hint. */
START_TEST(test_unready)
{
    static const ZonePart parts[4] = {{"zone-a", 4500, 1}, {"zone-b", 5500, 1}};
    Mini *mini = mini_in_zones(parts);

    for (guint i = 7; i < 9; i++) {
        ApiObject *pod = make_backend(i, FALSE);

        ((PodSpec *)api_edit_spec(pod))->node_name = str_intern("zone-b");
        mini_add(mini, pod);
    }
    SYNC(mini);
    ck_assert_uint_eq(body_of(mini, 0)->endpoints.count, 4);
    ck_assert_uint_eq(count_hints(mini, "zone-a"), 1);
    ck_assert_uint_eq(count_hints(mini, "zone-b"), 1);
    drop(mini);
}
END_TEST

/* Which annotation, and which of its values; service.go hintsEnabled. */
static const struct {
    const char *key, *value;
    gboolean wanted;
} asked_cases[] = {
    {"service.kubernetes.io/topology-mode", "Auto", TRUE},
    {"service.kubernetes.io/topology-mode", "auto", TRUE},
    {"service.kubernetes.io/topology-mode", "AUTO", FALSE},
    {"service.kubernetes.io/topology-mode", "Disabled", FALSE},
    {"service.kubernetes.io/topology-mode", "", FALSE},
    {"service.kubernetes.io/topology-aware-hints", "Auto", TRUE},
    {"service.kubernetes.io/topology-aware-hints", "auto", TRUE},
    {"service.kubernetes.io/topology-aware-hints", "disabled", FALSE},
    {"other", "Auto", FALSE},
};

START_TEST(test_asked)
{
    g_autoptr(ApiObject) service = make_service();

    str_map_set(&api_edit_meta(service)->annotations, str_intern(asked_cases[_i].key), str_intern(asked_cases[_i].value));
    ck_assert_msg(service_wants_zones(service) == asked_cases[_i].wanted, "%s: %s", asked_cases[_i].key, asked_cases[_i].value);
}
END_TEST

/* TestSetNodes: "ZONE CPU [unready|control-plane|master]"; what is wanted: cpu in thousandths of each zone. */
static const struct {
    const char *name, *nodes, *wanted;
} node_cases[] = {
    {"empty", "", ""},
    {"single node", "zone-a 1000", ""},
    {"single zone", "zone-a 1000, zone-a 1000", ""},
    {"2 zones", "zone-a 1000, zone-b 1000", "zone-a 1000/2000, zone-b 1000/2000"},
    {"2 zones, unready node in 1, ready node in 1", "zone-a 1000 unready, zone-b 1000", ""},
    {"2 zones, control plane node in 1, ready node in 1", "zone-a 1000, zone-b 1000 control-plane", ""},
    {"2 zones, unready node in 1, ready node in 2", "zone-a 1000, zone-b 1000, zone-b 1000 unready", "zone-a 1000/2000, zone-b 1000/2000"},
    {"2 zones, control plane node in 1, ready node in 2", "zone-a 1000, zone-b 1000, zone-b 1000 control-plane",
     "zone-a 1000/2000, zone-b 1000/2000"},
    {"... by its old name", "zone-a 1000, zone-b 1000, zone-b 1000 master", "zone-a 1000/2000, zone-b 1000/2000"},
    {"3 zones, 4 nodes in 1, 2 nodes in 1, 1 node in 1",
     "zone-a 1000, zone-a 1000, zone-a 1000, zone-a 2000, zone-b 3000, zone-b 1500, zone-c 500",
     "zone-a 5000/10000, zone-b 4500/10000, zone-c 500/10000"},
    {"a node without cpu", "zone-a 1000, zone-b 1000, zone-c 0", ""},
    {"a node without a zone", "zone-a 1000, zone-b 1000, - 1000", ""},
    {"... that is not ready", "zone-a 1000, zone-b 1000, - 1000 unready", "zone-a 1000/2000, zone-b 1000/2000"},
};

START_TEST(test_nodes)
{
    g_auto(GStrv) list = g_strsplit(node_cases[_i].nodes, ", ", -1);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GString) got = g_string_new(NULL);
    ZoneShareList shares = {0};

    for (guint i = 0; *node_cases[_i].nodes != '\0' && list[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(list[i], " ", 3);
        ZonePart part = {words[0], atoi(words[1]), 0};
        ApiObject *node = make_sized_node(&part);

        if (str_is(words[0], "-"))
            str_map_remove(&api_edit_meta(node)->labels, LABEL_ZONE);
        if (str_is(words[2], "unready"))
            set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "False", NULL, 0);
        else if (words[2] != NULL)
            str_map_set(&api_edit_meta(node)->labels, str_internf("node-role.kubernetes.io/%s", words[2]), str_intern(""));
        g_ptr_array_add(nodes, node);
    }
    zone_shares_read(nodes, &shares);
    for (guint i = 0; i < shares.count; i++)
        g_string_append_printf(got, "%s%s %d/%d", i > 0 ? ", " : "", shares.items[i].zone, (int)shares.items[i].cpu_milli,
                               (int)shares.items[i].all_milli);
    ck_assert_msg(str_is(got->str, node_cases[_i].wanted), "%s: %s", node_cases[_i].name, got->str);
    g_free(shares.items);
}
END_TEST

/* The annotation goes: so do the hints, and an event says so; before that nothing is written twice. */
START_TEST(test_zones_given_up)
{
    Mini *mini = mini_in_zones(zone_cases[0].parts);
    ApiObject *service;

    SYNC(mini);
    SYNC(mini);
    mini_check_log(mini, "hints are right", "");
    service = mini_edit(mini, &service_kind, "web");
    str_map_remove(&api_edit_meta(service)->annotations, "service.kubernetes.io/topology-mode");
    mini_put(mini, service);
    SYNC(mini);
    ck_assert_uint_eq(count_hints(mini, "zone-a"), 0);
    ck_assert_msg(strstr(mini->log->str, "event Warning TopologyAwareHintsDisabled Topology Aware Hints has been "
                                         "disabled, addressType: IPv4\n") != NULL,
                  "%s", mini->log->str);
    drop(mini);
}
END_TEST

/* topologycache_test.go, TestSetNodes; utils_test.go, TestServiceOverloaded */
START_TEST(test_zone_shares)
{
    static const ZonePart parts[] = {{"zone-a", 1000, 0}, {"zone-b", 1000, 0}};
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(api_object_unref);
    ZoneShareList shares = {0};
    ZoneShareList none = {0};
    ZoneCount counts[] = {{str_intern("zone-a"), 3}, {str_intern("zone-b"), 1}};
    ApiObject *master = make_node("master", NULL);

    str_map_set(&api_edit_meta(master)->labels, str_intern("node-role.kubernetes.io/control-plane"),
                str_intern(""));
    g_ptr_array_add(nodes, master);
    for (guint i = 0; i < 2; i++)
        g_ptr_array_add(nodes, make_sized_node(&parts[i]));
    zone_shares_read(nodes, &shares);
    ck_assert_uint_eq(shares.count, 2);
    ck_assert_int_eq(shares.items[0].cpu_milli, 1000);
    ck_assert_int_eq(shares.items[0].all_milli, 2000);
    /* 4 * .5 / 1.2 is 1.67: one is too few */
    ck_assert(zone_counts_are_overloaded(&(ZoneCountList){counts, 2}, &shares));
    counts[0].count = counts[1].count = 2;
    ck_assert(!zone_counts_are_overloaded(&(ZoneCountList){counts, 2}, &shares));
    ck_assert(zone_counts_are_overloaded(&(ZoneCountList){counts, 2}, &none));
    ck_assert(!zone_counts_are_overloaded(&(ZoneCountList){counts, 0}, &none));
    g_free(shares.items);
}
END_TEST

/* utils_test.go, Test_getGivingAndReceivingZones; negative: receives */
static const struct {
    double desired[3];
    gint64 hints[3];
    gint64 want[3];
} settle_cases[] = {
    {{1.2, 1.1, 1.0}, {1, 1, 1}, {0, 0, 0}},
    {{5.1, 5.1, 5.8}, {16, 0, 0}, {10, -5, -5}},
    {{5.0, 5.6, 5.4}, {16, 0, 0}, {11, -6, -5}},
    {{5.0, 5.6, 5.4}, {0, 8, 8}, {-5, 2, 3}},
    {{5, 5, 5}, {6, 6, 6}, {0, 0, 0}},
    {{-5, -5, -5}, {6, 6, 6}, {0, 0, 0}},
    {{5, 5, 5}, {-4, -3, -2}, {0, 0, 0}},
    {{5, 5, 5}, {-40, 20, 20}, {-30, 15, 15}},
};

START_TEST(test_zones_settle)
{
    static const char *const names[] = {"a", "b", "c"};
    ZoneTarget targets[3] = {0};
    ZoneCount counts[3] = {0};

    for (guint i = 0; i < 3; i++) {
        targets[i].zone = counts[i].zone = str_intern(names[i]);
        targets[i].desired = settle_cases[_i].desired[i];
        counts[i].count = settle_cases[_i].hints[i];
    }
    zone_targets_settle(&(ZoneTargetList){targets, 3}, &(ZoneCountList){counts, 3});
    for (guint i = 0; i < 3; i++)
        ck_assert_msg(targets[i].gives == settle_cases[_i].want[i], "case %d: %s gives %d", _i, names[i],
                      (int)targets[i].gives);
}
END_TEST

Suite *
endpointzones_suite(void)
{
    Suite *suite = suite_create("endpointslice zones");
    TCase *tcase = tcase_create("zones");

    tcase_add_loop_test(tcase, test_zones, 0, G_N_ELEMENTS(zone_cases));
    tcase_add_test(tcase, test_unready);
    tcase_add_loop_test(tcase, test_asked, 0, G_N_ELEMENTS(asked_cases));
    tcase_add_loop_test(tcase, test_nodes, 0, G_N_ELEMENTS(node_cases));
    tcase_add_test(tcase, test_zones_given_up);
    tcase_add_test(tcase, test_zone_shares);
    tcase_add_loop_test(tcase, test_zones_settle, 0, G_N_ELEMENTS(settle_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
