/*
 * test_race.c - the termination race: a pod ends before the rules forget it
 *
 * Closed form, from what happens to a connection at each time: with lambda new
 * connections a second over n endpoints, lambda / n * (rules - close) fail; of
 * these the ones before the address goes are refused, the others time out.
 */

#include "tests/net/ground.h"

Suite *race_suite(void);

#define N_SEEDS 40

typedef struct {
    guint refused, timed_out, reset, all;
} Race;

/*
 * One deletion among @n pods: the socket closes @close_ms after it, the address goes
 * at @gone_ms (< 0: not before the rules), the rules forget the pod at @rules_ms.
 */
static Race
play(guint64 seed, gint64 rate, guint n, gint64 close_ms, gint64 gone_ms, gint64 rules_ms)
{
    Ground *ground = ground_new(seed, 64000);
    RtContainer *servers[16];
    Traffic *traffic;
    const TrafficCounts *counts;
    gint64 deleted_ns;
    Race race;

    ground->rule.profile.stop = DIST_CONST(20 * NS_PER_S);
    ground->rule.profile.close_delay_ns = close_ms * NS_PER_MS;
    ground->rule.profile.cpu_ns = 100 * NS_PER_US;
    for (guint i = 0; i < n; i++)
        servers[i] = ground_pod(ground, i % 2 == 0 ? ground->a : ground->b, 0);
    ground_rules(ground, servers, n);
    traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s = rate * 1000000});
    ground_run(ground, NS_PER_S);
    deleted_ns = sim_now_ns(ground->sim);
    ground_stop(ground, servers[0], 30 * NS_PER_S);
    if (gone_ms >= 0) {
        sim_run_until(ground->sim, deleted_ns + gone_ms * NS_PER_MS);
        world_address_drop(ground->world, ground_ip(servers[0]));
    }
    sim_run_until(ground->sim, deleted_ns + rules_ms * NS_PER_MS);
    ground_rules(ground, servers + 1, n - 1);
    ground_run(ground, 100 * NS_PER_MS);
    traffic_set_rate(traffic, 0);
    ground_run(ground, 5 * NS_PER_S);
    counts = traffic_counts(traffic);
    race.refused = (guint)counts->outcomes[FLOW_REFUSED];
    race.timed_out = (guint)counts->outcomes[FLOW_TIMEOUT_CONNECT];
    race.reset = (guint)counts->outcomes[FLOW_RESET];
    race.all = (guint)(counts->arrivals - counts->outcomes[FLOW_OK]);
    traffic_free(traffic);
    ground_free(ground);
    return race;
}

/* Wanted are expectations; the mean of 40 seeds is allowed 4 standard errors, each seed 5 deviations. */
static const struct {
    const char *name;
    gint64 rate;
    guint n;
    gint64 close_ms, gone_ms, rules_ms;
    gint64 want_refused, want_timed_out;
} race_cases[] = {
    {"500/s, 5 backends, window 0.5 s", 500, 5, 20, -1, 520, 50, 0},
    {"the address goes 0.1 s after the socket", 500, 5, 20, 120, 520, 10, 40},
    {"1000/s, 10 backends, an idle proxy", 1000, 10, 60, -1, 130, 7, 0},
    {"a busy proxy", 1000, 10, 60, 160, 630, 10, 47},
    {"the socket closes after the rules are right", 1000, 10, 700, -1, 130, 0, 0},
};

static gint64
square_root(gint64 value)
{
    gint64 root = 0;

    while ((root + 1) * (root + 1) <= value)
        root++;
    return root;
}

/* Counts are Poisson: sums over the seeds have the wanted sum as mean and variance. */
static void
check_sum(const char *name, const char *what, gint64 sum, gint64 want)
{
    gint64 want_sum = want * N_SEEDS;
    gint64 allowed = 4 * (square_root(want_sum) + 1);

    if (want == 0)
        allowed = 0;
    ck_assert_msg(ABS(sum - want_sum) <= allowed,
                  "%s: %s %" G_GINT64_FORMAT " in all, want %" G_GINT64_FORMAT
                  " +- %" G_GINT64_FORMAT,
                  name, what, sum, want_sum, allowed);
}

START_TEST(test_race)
{
    const char *name = race_cases[_i].name;
    gint64 refused = 0, timed_out = 0, reset = 0;

    for (guint64 seed = 1; seed <= N_SEEDS; seed++) {
        Race race = play(seed, race_cases[_i].rate, race_cases[_i].n, race_cases[_i].close_ms,
                         race_cases[_i].gone_ms, race_cases[_i].rules_ms);
        gint64 want = race_cases[_i].want_refused + race_cases[_i].want_timed_out;

        ck_assert_msg(ABS((gint64)race.all - want) <= 5 * (square_root(want) + 1),
                      "%s: %u failures with seed %" G_GUINT64_FORMAT, name, race.all, seed);
        ck_assert_uint_eq(race.all, race.refused + race.timed_out + race.reset);
        refused += race.refused;
        timed_out += race.timed_out;
        reset += race.reset;
    }
    check_sum(name, "refused", refused, race_cases[_i].want_refused);
    check_sum(name, "timed out", timed_out, race_cases[_i].want_timed_out);
    /* a handshake that the closing socket cut short: some 2 ms of connections */
    ck_assert_msg(reset <= N_SEEDS, "%s: %" G_GINT64_FORMAT " resets", name, reset);
}
END_TEST

Suite *
race_suite(void)
{
    Suite *suite = suite_create("race");
    TCase *tcase = tcase_create("race");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_race, 0, G_N_ELEMENTS(race_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
