/*
 * test_filter.c - rules, choice of backends, conntrack entries, neighbours
 *
 * Sources: iptables' statistic and recent modules as kube-proxy uses them; Linux
 * nf_conntrack (SYN_SENT, 120 s) as measured on 6.18; Linux neighbour discovery
 * and its ICMP limits as recorded from two nodes of which one was cut off.
 */

#include "tests/net/ground.h"

Suite *filter_suite(void);

static FilterRule
make_rule(const char *ip, gint32 port, guint n_backends)
{
    FilterRule rule = {.ip = str_intern(ip),
                       .port = port,
                       .n_backends = n_backends,
                       .backends = g_new0(FilterBackend, n_backends)};

    for (guint i = 0; i < n_backends; i++) {
        rule.backends[i].ip = str_internf("10.244.0.%u", i + 1);
        rule.backends[i].port = 8080;
    }
    return rule;
}

/* --- rules --------------------------------------------------------------------------------- */

START_TEST(test_rules_by_address_and_port)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule rules[] = {make_rule("10.96.0.1", 443, 1), make_rule("10.96.0.1", 80, 2),
                          make_rule(NULL, 30080, 3)};

    filter_replace(filter, rules, G_N_ELEMENTS(rules));
    ck_assert_uint_eq(filter_rule_count(filter), 3);
    ck_assert_uint_eq(filter_find(filter, str_intern("10.96.0.1"), 443, FALSE)->n_backends, 1);
    ck_assert_uint_eq(filter_find(filter, str_intern("10.96.0.1"), 80, TRUE)->n_backends, 2);
    ck_assert_uint_eq(filter_find(filter, NULL, 30080, FALSE)->n_backends, 3);
    ck_assert(filter_find(filter, NULL, 443, FALSE) == NULL);
    ck_assert(filter_find(filter, str_intern("10.96.0.2"), 80, FALSE) == NULL);
    ck_assert_uint_eq(filter_rule_count(machine_filter(ground->b)), 0);
    ground_free(ground);
}
END_TEST

START_TEST(test_rules_by_origin)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule rules[] = {make_rule(NULL, 30080, 1), make_rule(NULL, 30080, 4)};

    rules[0].origin = FILTER_FROM_OUTSIDE;
    rules[1].origin = FILTER_FROM_INSIDE;
    filter_replace(filter, rules, G_N_ELEMENTS(rules));
    ck_assert_uint_eq(filter_find(filter, NULL, 30080, FALSE)->n_backends, 1);
    ck_assert_uint_eq(filter_find(filter, NULL, 30080, TRUE)->n_backends, 4);
    ground_free(ground);
}
END_TEST

START_TEST(test_groups_change_apart)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule one = make_rule("10.96.0.1", 80, 1);
    FilterRule two = make_rule("10.96.0.2", 80, 2);
    FilterRule two_again = make_rule("10.96.0.2", 80, 5);
    guint64 generation;

    filter_set_group(filter, str_intern("default/one"), &one, 1);
    filter_set_group(filter, str_intern("default/two"), &two, 1);
    generation = filter_generation(filter);
    filter_set_group(filter, str_intern("default/two"), &two_again, 1);
    ck_assert(filter_generation(filter) != generation);
    ck_assert_uint_eq(filter_rule_count(filter), 2);
    ck_assert_uint_eq(filter_find(filter, str_intern("10.96.0.2"), 80, FALSE)->n_backends, 5);
    filter_set_group(filter, str_intern("default/one"), NULL, 0);
    ck_assert_uint_eq(filter_rule_count(filter), 1);
    ck_assert(filter_find(filter, str_intern("10.96.0.1"), 80, FALSE) == NULL);
    filter_replace(filter, NULL, 0);
    ck_assert_uint_eq(filter_rule_count(filter), 0);
    ground_free(ground);
}
END_TEST

/* An address that moves from one Service to another while both are written. */
START_TEST(test_an_address_that_changes_its_group)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule old_rule = make_rule("10.96.0.1", 80, 1);
    FilterRule new_rule = make_rule("10.96.0.1", 80, 2);

    filter_set_group(filter, str_intern("default/old"), &old_rule, 1);
    filter_set_group(filter, str_intern("default/new"), &new_rule, 1);
    filter_set_group(filter, str_intern("default/old"), NULL, 0);
    ck_assert_uint_eq(filter_find(filter, str_intern("10.96.0.1"), 80, FALSE)->n_backends, 2);
    ground_free(ground);
}
END_TEST

START_TEST(test_power_off_empties_it)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule rule = make_rule("10.96.0.1", 80, 1);
    const FilterBackend backend = {.ip = str_intern("10.244.0.1"), .port = 80};

    filter_replace(filter, &rule, 1);
    conntrack_keep(filter, 1, 1000, &backend);
    machine_power_off(ground->a);
    ck_assert_uint_eq(filter_rule_count(filter), 0);
    ck_assert(conntrack_find(filter, 1, 1000) == NULL);
    ground_free(ground);
}
END_TEST

/* --- choice ------------------------------------------------------------------------------------ */

static FilterRule
turn_rule(const char *octets)
{
    FilterRule rule = make_rule("10.96.0.1", 80, (guint)strlen(octets));

    rule.in_turn = TRUE;
    for (guint i = 0; i < rule.n_backends; i++)
        rule.backends[i].ip = str_internf("10.244.0.%c", octets[i]);
    return rule;
}

/* Linux ip_vs_rr.c: one after the other; who comes or goes does not begin the round anew. */
START_TEST(test_choice_in_turn)
{
    static const struct {
        const char *backends, *picked;
    } steps[] = {
        {"123", "1231"}, {"123", "231"}, {"1234", "23"}, {"124", "412"}, {"5", "55"}, {"1234", "1"}, {"", ""}, {"12", "12"},
    };
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        FilterRule rule = turn_rule(steps[i].backends);
        g_autoptr(GString) picked = g_string_new(NULL);

        filter_set_group(filter, str_intern("default/web"), &rule, 1);
        for (gsize k = 0; k < strlen(steps[i].picked); k++) {
            const FilterRule *found = filter_find(filter, str_intern("10.96.0.1"), 80, FALSE);

            g_string_append_c(picked, filter_pick(filter, found, 1)->ip[strlen("10.244.0.")]);
        }
        ck_assert_msg(strcmp(picked->str, steps[i].picked) == 0, "step %u: %s", i, picked->str);
    }
    ground_free(ground);
}
END_TEST

/* Rule i of n matches with probability 1 / (n - i): uniform. 5 sigma of 10,000 draws. */
START_TEST(test_choice_is_uniform)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule rule = make_rule("10.96.0.1", 80, 5);
    const FilterRule *found;
    guint counts[5] = {0};

    filter_replace(filter, &rule, 1);
    found = filter_find(filter, str_intern("10.96.0.1"), 80, FALSE);
    for (guint i = 0; i < 10000; i++)
        counts[filter_pick(filter, found, 1) - found->backends]++;
    for (guint i = 0; i < 5; i++)
        ck_assert(counts[i] > 1800 && counts[i] < 2200);
    ground_free(ground);
}
END_TEST

START_TEST(test_affinity_holds_and_is_renewed)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule rule = make_rule("10.96.0.1", 80, 50);
    const FilterRule *found;
    const FilterBackend *first;
    guint others = 0;

    rule.affinity_ns = 10 * NS_PER_S;
    filter_replace(filter, &rule, 1);
    found = filter_find(filter, str_intern("10.96.0.1"), 80, FALSE);
    first = filter_pick(filter, found, 1);
    for (guint i = 0; i < 5; i++) { /* each time 9 s later: the time begins again */
        ground_run(ground, 9 * NS_PER_S);
        ck_assert(filter_pick(filter, found, 1) == first);
    }
    for (guint32 client = 2; client < 22; client++)
        others += filter_pick(filter, found, client) != first;
    ck_assert_uint_ge(others, 15);
    ground_free(ground);
}
END_TEST

START_TEST(test_affinity_ends_with_its_endpoint)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    FilterRule rule = make_rule("10.96.0.1", 80, 3);
    FilterRule less = {0};
    const char *first;

    rule.affinity_ns = 100 * NS_PER_S;
    filter_replace(filter, &rule, 1);
    first = filter_pick(filter, filter_find(filter, str_intern("10.96.0.1"), 80, FALSE), 1)->ip;
    less = make_rule("10.96.0.1", 80, 3);
    less.affinity_ns = 100 * NS_PER_S;
    less.n_backends = 0;
    for (guint i = 0; i < 3; i++)
        if (!str_is(less.backends[i].ip, first))
            less.backends[less.n_backends++] = less.backends[i];
    filter_replace(filter, &less, 1);
    ck_assert_str_ne(filter_pick(filter, filter_find(filter, str_intern("10.96.0.1"), 80, FALSE), 1)
                         ->ip,
                     first);
    ground_free(ground);
}
END_TEST

/* --- conntrack ------------------------------------------------------------------------------------ */

START_TEST(test_an_entry_lives_120_s_from_its_first_syn)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    const FilterBackend one = {.ip = str_intern("10.244.0.1"), .port = 80};
    const FilterBackend two = {.ip = str_intern("10.244.0.2"), .port = 80};

    conntrack_keep(filter, 7, 40000, &one);
    ground_run(ground, 60 * NS_PER_S);
    conntrack_keep(filter, 7, 40000, &two); /* sent again, or a new connection: changes nothing */
    ck_assert_str_eq(conntrack_find(filter, 7, 40000)->ip, "10.244.0.1");
    ck_assert(conntrack_find(filter, 7, 40002) == NULL);
    ck_assert(conntrack_find(filter, 8, 40000) == NULL);
    ground_run(ground, 60 * NS_PER_S - 1);
    ck_assert(conntrack_find(filter, 7, 40000) != NULL);
    ground_run(ground, 1);
    ck_assert(conntrack_find(filter, 7, 40000) == NULL);
    conntrack_keep(filter, 7, 40000, &two);
    ck_assert_str_eq(conntrack_find(filter, 7, 40000)->ip, "10.244.0.2");
    ground_free(ground);
}
END_TEST

START_TEST(test_an_answer_ends_an_entry)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    const FilterBackend one = {.ip = str_intern("10.244.0.1"), .port = 80};

    conntrack_keep(filter, 7, 40000, &one);
    conntrack_answered(filter, 7, 40000);
    ck_assert(conntrack_find(filter, 7, 40000) == NULL);
    ground_free(ground);
}
END_TEST

/* --- neighbours --------------------------------------------------------------------------------------- */

START_TEST(test_neighbour_rounds)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    const char *hop = str_intern("192.168.0.2");

    ck_assert_int_eq(neighbour_try(filter, hop), G_MAXINT64);
    ground_run(ground, 51 * NS_PER_S - 1);
    ck_assert_int_eq(neighbour_try(filter, hop), G_MAXINT64);
    ground_run(ground, 1);
    ck_assert_int_eq(neighbour_try(filter, hop), 54 * NS_PER_S);
    ground_run(ground, 2 * NS_PER_S);
    ck_assert_int_eq(neighbour_try(filter, hop), 54 * NS_PER_S);
    ground_run(ground, 1500 * NS_PER_MS);
    ck_assert_int_eq(neighbour_try(filter, hop), 57500 * NS_PER_MS);
    neighbour_answered(filter, hop);
    ck_assert_int_eq(neighbour_try(filter, hop), G_MAXINT64);
    ground_free(ground);
}
END_TEST

/* Linux icmp_msgs_burst 50: those that came first get the notice. */
START_TEST(test_fifty_notices_a_round)
{
    Ground *ground = ground_new(1, 1000);
    NetFilter *filter = machine_filter(ground->a);
    const char *hop = str_intern("192.168.0.2");
    guint noticed = 0;

    neighbour_try(filter, hop);
    ground_run(ground, 60 * NS_PER_S);
    for (guint i = 0; i < 80; i++) {
        gboolean is_told = neighbour_try(filter, hop) != G_MAXINT64;

        ck_assert(is_told == (i < 50));
        noticed += is_told;
    }
    ck_assert_uint_eq(noticed, 50);
    ground_run(ground, 3 * NS_PER_S);
    ck_assert_int_eq(neighbour_try(filter, hop), 66 * NS_PER_S);
    ground_free(ground);
}
END_TEST

/* v1.34 pkg/proxy/iptables: -s RANGE of a balancer's firewall chain; nobody else gets past its end. */
static const struct {
    const char *sources, *source;
    gboolean wanted;
} sources[] = {
    {NULL, "192.0.2.20", TRUE},
    {NULL, NULL, TRUE},
    {"192.0.2.0/24", "192.0.2.20", TRUE},
    {"192.0.2.0/24", "192.0.3.1", FALSE},
    {"10.0.0.0/8 192.0.2.0/24", "192.0.2.255", TRUE},
    {"10.0.0.0/8 192.0.2.0/24", "10.255.0.1", TRUE},
    {"10.0.0.0/8 192.0.2.0/24", "11.0.0.1", FALSE},
    {"192.0.2.20/32", "192.0.2.20", TRUE},
    {"192.0.2.20/32", "192.0.2.21", FALSE},
    {"192.0.2.20/31", "192.0.2.21", TRUE},
    {"0.0.0.0/0", "203.0.113.5", TRUE},
    {"fd00::/8", "192.0.2.20", FALSE},
    {"192.0.2.0/24", NULL, FALSE},
};

START_TEST(test_sources)
{
    FilterRule rule = {.sources = sources[_i].sources};

    ck_assert_msg(filter_admits(&rule, sources[_i].source) == sources[_i].wanted, "row %d", _i);
}
END_TEST

Suite *
filter_suite(void)
{
    Suite *suite = suite_create("filter");
    TCase *tcase = tcase_create("filter");

    tcase_add_test(tcase, test_rules_by_address_and_port);
    tcase_add_test(tcase, test_rules_by_origin);
    tcase_add_loop_test(tcase, test_sources, 0, G_N_ELEMENTS(sources));
    tcase_add_test(tcase, test_groups_change_apart);
    tcase_add_test(tcase, test_an_address_that_changes_its_group);
    tcase_add_test(tcase, test_power_off_empties_it);
    tcase_add_test(tcase, test_choice_is_uniform);
    tcase_add_test(tcase, test_choice_in_turn);
    tcase_add_test(tcase, test_affinity_holds_and_is_renewed);
    tcase_add_test(tcase, test_affinity_ends_with_its_endpoint);
    tcase_add_test(tcase, test_an_entry_lives_120_s_from_its_first_syn);
    tcase_add_test(tcase, test_an_answer_ends_an_entry);
    tcase_add_test(tcase, test_neighbour_rounds);
    tcase_add_test(tcase, test_fifty_notices_a_round);
    suite_add_tcase(suite, tcase);
    return suite;
}
