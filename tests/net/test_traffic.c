/*
 * test_traffic.c - arrivals, tries, counts
 *
 * Expectations: theory of the Poisson process (bounds of 4 standard deviations,
 * seeds fixed), open loop, full jitter; arrivals = outcomes + in flight.
 */

#include "tests/net/ground.h"

Suite *traffic_suite(void);

#define PER_S(rate) ((rate)*G_GINT64_CONSTANT(1000000))

static guint64
sum_outcomes(const Traffic *traffic)
{
    guint64 sum = 0;

    for (guint i = 0; i < FLOW_N_OUTCOMES; i++)
        sum += traffic_counts(traffic)->outcomes[i];
    return sum;
}

static Ground *
ground_with_server(guint64 seed)
{
    Ground *ground = ground_new(seed, 64000);
    RtContainer *server = ground_pod(ground, ground->b, 0);

    ground_rules(ground, &server, 1);
    return ground;
}

/* --- arrivals -------------------------------------------------------------------------------- */

static const struct {
    gint64 rate_milli;
    gint64 seconds;
    guint64 want;
} constant_cases[] = {{300000, 10, 3000}, {7000, 100, 700}, {500, 100, 50}, {1500, 10, 15}};

START_TEST(test_constant)
{
    Ground *ground = ground_with_server(1);
    Traffic *traffic =
        ground_traffic(ground,
                       (TrafficOptions){.rate_micro_per_s = constant_cases[_i].rate_milli * 1000,
                                        .arrivals = ARRIVALS_CONSTANT});

    ground_run(ground, constant_cases[_i].seconds * NS_PER_S);
    ck_assert_uint_eq(traffic_counts(traffic)->arrivals, constant_cases[_i].want);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

/* Mean and variance of the counts of a second are both the rate. */
START_TEST(test_poisson)
{
    Ground *ground = ground_with_server(2);
    Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(400)});
    gint64 sum = 0, squares = 0;
    guint64 before = 0;

    for (guint i = 0; i < 250; i++) {
        gint64 count;

        ground_run(ground, NS_PER_S);
        count = (gint64)(traffic_counts(traffic)->arrivals - before);
        before += (guint64)count;
        sum += count;
        squares += (count - 400) * (count - 400);
    }
    ck_assert_int_ge(sum, 100000 - 4 * 316);
    ck_assert_int_le(sum, 100000 + 4 * 316);
    /* the variance estimated from 250 has a standard error of 400 sqrt(2 / 250) */
    ck_assert_int_ge(squares / 250, 400 - 4 * 36);
    ck_assert_int_le(squares / 250, 400 + 4 * 36);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

START_TEST(test_start_and_stop)
{
    Ground *ground = ground_with_server(1);
    gint64 now = sim_now_ns(ground->sim);
    Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(10),
                                                               .arrivals = ARRIVALS_CONSTANT,
                                                               .start_ns = now + 5 * NS_PER_S,
                                                               .stop_ns = now + 7 * NS_PER_S});

    ground_run(ground, 5 * NS_PER_S);
    ck_assert_uint_eq(traffic_counts(traffic)->arrivals, 0);
    ground_run(ground, 10 * NS_PER_S);
    ck_assert_uint_eq(traffic_counts(traffic)->arrivals, 19); /* the 20th would come at the stop */
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

START_TEST(test_set_rate)
{
    Ground *ground = ground_with_server(1);
    Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(10),
                                                               .arrivals = ARRIVALS_CONSTANT});

    ground_run(ground, 10 * NS_PER_S);
    traffic_set_rate(traffic, PER_S(50));
    ground_run(ground, 10 * NS_PER_S);
    ck_assert_uint_eq(traffic_counts(traffic)->arrivals, 100 + 500);
    traffic_set_rate(traffic, 0);
    ground_run(ground, 10 * NS_PER_S);
    ck_assert_uint_eq(traffic_counts(traffic)->arrivals, 600);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

START_TEST(test_rate_set_before_the_start)
{
    Ground *ground = ground_with_server(1);
    gint64 now = sim_now_ns(ground->sim);
    Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(10),
                                                               .arrivals = ARRIVALS_CONSTANT,
                                                               .start_ns = now + 5 * NS_PER_S});

    traffic_set_rate(traffic, PER_S(20));
    ground_run(ground, 6 * NS_PER_S);
    ck_assert_uint_eq(traffic_counts(traffic)->arrivals, 20);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

/* --- destinations -------------------------------------------------------------------------------- */

START_TEST(test_ways)
{
    Ground *ground = ground_with_server(1);
    TrafficOptions base = {.rate_micro_per_s = PER_S(10),
                           .arrivals = ARRIVALS_CONSTANT,
                           .port = 80};
    TrafficOptions balanced = base, from_pod = base, no_pod = base, no_service = base;
    Traffic *traffics[5];
    guint64 want_ok[5] = {10, 10, 10, 0, 0};

    balanced.name = "balanced";
    balanced.to_service = "default/web";
    from_pod.name = "from-pod";
    from_pod.from = "pod/default/caller";
    from_pod.to_service = "default/web";
    no_pod.name = "no-pod";
    no_pod.from = "pod/nobody";
    no_pod.to_service = "default/web";
    no_service.name = "no-service";
    no_service.to_service = "other/web";
    traffics[0] = ground_traffic_inside(ground, base);
    traffics[1] = ground_traffic(ground, balanced);
    traffics[2] = ground_traffic(ground, from_pod);
    traffics[3] = ground_traffic(ground, no_pod);
    traffics[4] = ground_traffic(ground, no_service);
    ground_run(ground, NS_PER_S + 50 * NS_PER_MS);
    for (guint i = 0; i < G_N_ELEMENTS(traffics); i++) {
        const TrafficCounts *counts = traffic_counts(traffics[i]);

        ck_assert_uint_eq(counts->outcomes[FLOW_OK], want_ok[i]);
        ck_assert_uint_eq(counts->outcomes[FLOW_REFUSED], 10 - want_ok[i]);
        traffic_free(traffics[i]);
    }
    ground_free(ground);
}
END_TEST

/* --- tries ---------------------------------------------------------------------------------------- */

/* Refused three times; the pauses are below 100 and 200 ms. */
START_TEST(test_retries_fail)
{
    Ground *ground = ground_new(1, 1000);
    Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(1),
                                                               .arrivals = ARRIVALS_CONSTANT,
                                                               .retries = 2});
    const TrafficFailure *failures;
    gint64 longest_ns = 0;
    guint n_failures;

    ground_verdict(ground, FILTER_REJECT);
    ground_run(ground, 100 * NS_PER_S + 500 * NS_PER_MS);
    failures = traffic_failures(traffic, &n_failures);
    ck_assert_uint_eq(n_failures, 100);
    for (guint i = 0; i < n_failures; i++) {
        ck_assert_int_eq(failures[i].outcome, FLOW_REFUSED);
        ck_assert_int_ge(failures[i].duration_ns, 6 * NEAR_NS);
        ck_assert_int_le(failures[i].duration_ns, 6 * NEAR_NS + 300 * NS_PER_MS);
        longest_ns = MAX(longest_ns, failures[i].duration_ns);
    }
    ck_assert_int_ge(longest_ns, 200 * NS_PER_MS);
    ck_assert_uint_eq(traffic_counts(traffic)->outcomes[FLOW_REFUSED], 100);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

/* Per-try failure p = 1/2 (one of two backends has nobody): (1 - p^3) succeed in the end. */
START_TEST(test_retries_help)
{
    Ground *ground = ground_new(1, 8000);
    RtContainer *servers[2] = {ground_pod(ground, ground->a, 0), ground_pod(ground, ground->b, 0)};
    Traffic *traffic;
    guint64 ok;

    rt_container_kill(servers[0], 9);
    ground_rules(ground, servers, 2);
    traffic =
        ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(100), .retries = 2});
    ground_run(ground, 100 * NS_PER_S);
    ok = traffic_counts(traffic)->outcomes[FLOW_OK];
    ck_assert_uint_ge(ok * 1000 / sum_outcomes(traffic), 860); /* 0.875 */
    ck_assert_uint_le(ok * 1000 / sum_outcomes(traffic), 890);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

/* --- counts --------------------------------------------------------------------------------------------- */

START_TEST(test_conservation)
{
    Ground *ground = ground_new(4, 2000);
    RtContainer *servers[4];
    Traffic *traffics[3];

    ground->rule.profile.stop = DIST_CONST(300 * NS_PER_MS);
    ground->rule.profile.cpu_ns = 8 * NS_PER_MS;
    for (guint i = 0; i < 4; i++)
        servers[i] = ground_pod(ground, i < 2 ? ground->a : ground->b, 0);
    ground_rules(ground, servers, 4);
    traffics[0] =
        ground_traffic(ground, (TrafficOptions){.name = "plain", .rate_micro_per_s = PER_S(120)});
    traffics[1] = ground_traffic(ground, (TrafficOptions){.name = "keep",
                                                          .rate_micro_per_s = PER_S(80),
                                                          .reuse = TRUE});
    traffics[2] = ground_traffic_inside(ground, (TrafficOptions){.name = "inner",
                                                                 .rate_micro_per_s = PER_S(60),
                                                                 .retries = 3});
    for (guint step = 0; step < 60; step++) {
        if (step == 8)
            ground_stop(ground, servers[0], 30 * NS_PER_S);
        if (step == 12)
            runtime_stop_sandbox(rt_container_sandbox(servers[2]), (SimHandle){0}, NULL, NULL);
        if (step == 20)
            ground_cut(ground, ground->a, ground->b);
        if (step == 30)
            ground_heal(ground, ground->a, ground->b);
        if (step == 36)
            ground_verdict(ground, FILTER_REJECT);
        if (step == 40)
            ground_rules(ground, servers, 4);
        if (step == 48)
            machine_power_off(ground->b);
        ground_run(ground, 500 * NS_PER_MS);
        for (guint i = 0; i < G_N_ELEMENTS(traffics); i++)
            ck_assert_uint_eq(traffic_counts(traffics[i])->arrivals,
                              sum_outcomes(traffics[i]) + traffic_counts(traffics[i])->in_flight);
    }
    for (guint i = 0; i < G_N_ELEMENTS(traffics); i++) {
        guint64 rows = 0;
        guint n_failures;

        traffic_set_rate(traffics[i], 0);
        ground_run(ground, 60 * NS_PER_S);
        ck_assert_uint_eq(traffic_counts(traffics[i])->in_flight, 0);
        for (guint s = 0; s < traffic_second_count(traffics[i]); s++) {
            const TrafficSecond *row = traffic_second(traffics[i], s);

            rows += row->ok + row->refused + row->reset + row->timeout + row->other;
        }
        ck_assert_uint_eq(rows, traffic_counts(traffics[i])->arrivals);
        traffic_failures(traffics[i], &n_failures);
        ck_assert_uint_eq(n_failures, rows - traffic_counts(traffics[i])->outcomes[FLOW_OK]);
        traffic_free(traffics[i]);
    }
    ground_free(ground);
}
END_TEST

START_TEST(test_quantiles)
{
    Ground *ground = ground_with_server(1);
    Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(10),
                                                               .arrivals = ARRIVALS_CONSTANT});
    const gint64 want_us = (4 * (NEAR_NS + FAR_NS) + NS_PER_MS) / NS_PER_US;
    const TrafficSecond *row;

    ck_assert_int_eq(traffic_quantile_ns(traffic, 500), -1);
    ground_run(ground, 5 * NS_PER_S);
    row = traffic_second(traffic, 3);
    ck_assert_uint_eq(row->ok, 10);
    ck_assert_int_eq(row->p50_us, want_us);
    ck_assert_int_eq(row->p99_us, want_us);
    ck_assert_int_ge(traffic_quantile_ns(traffic, 999), want_us * NS_PER_US);
    ck_assert_int_le(traffic_quantile_ns(traffic, 999), want_us * NS_PER_US * 1025 / 1024);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

START_TEST(test_names_of_outcomes)
{
    Ground *ground = ground_with_server(1);
    Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(10),
                                                               .arrivals = ARRIVALS_CONSTANT});
    static const char *const names[] = {"ok",      "refused",     "reset",
                                        "timeout", "unreachable", "http_503"};
    g_autoptr(Value) outcomes = NULL;

    ground_run(ground, NS_PER_S);
    outcomes = traffic_outcomes(traffic);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        ck_assert_int_ge(value_get_int(outcomes, names[i], -1), 0);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

/* Same seed, same failures; another traffic beside it changes nothing in the arrivals. */
START_TEST(test_streams_are_apart)
{
    guint64 arrivals[2];

    for (guint i = 0; i < 2; i++) {
        Ground *ground = ground_with_server(11);
        Traffic *traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = PER_S(100)});
        Traffic *other =
            i == 1 ? ground_traffic(ground, (TrafficOptions){.name = "other",
                                                             .rate_micro_per_s = PER_S(90)})
                   : NULL;

        ground_run(ground, 20 * NS_PER_S);
        arrivals[i] = traffic_counts(traffic)->arrivals;
        traffic_free(traffic);
        traffic_free(other);
        ground_free(ground);
    }
    ck_assert_uint_eq(arrivals[0], arrivals[1]);
}
END_TEST

Suite *
traffic_suite(void)
{
    Suite *suite = suite_create("traffic");
    TCase *tcase = tcase_create("traffic");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_constant, 0, G_N_ELEMENTS(constant_cases));
    tcase_add_test(tcase, test_poisson);
    tcase_add_test(tcase, test_start_and_stop);
    tcase_add_test(tcase, test_set_rate);
    tcase_add_test(tcase, test_rate_set_before_the_start);
    tcase_add_test(tcase, test_ways);
    tcase_add_test(tcase, test_retries_fail);
    tcase_add_test(tcase, test_retries_help);
    tcase_add_test(tcase, test_conservation);
    tcase_add_test(tcase, test_quantiles);
    tcase_add_test(tcase, test_names_of_outcomes);
    tcase_add_test(tcase, test_streams_are_apart);
    suite_add_tcase(suite, tcase);
    return suite;
}
