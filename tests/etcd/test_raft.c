/*
 * test_raft.c - commit times, elections and lost quorums (etcd v3.6 etcdserver/raft.go, raft
 * v3.6)
 */

#include "etcd/internal.h"
#include "tests/etcd/fixture.h"

#include <check.h>

Suite *raft_suite(void);

static int
compare_times(const void *a, const void *b)
{
    gint64 left = *(const gint64 *)a;
    gint64 right = *(const gint64 *)b;

    return (left > right) - (left < right);
}

/* Time until a pre-candidate has a majority: percentiles of 200,000 runs, in ms. */
static const struct {
    guint members;
    gint64 p1, p10, p50, p90, p99, max;
} election_cases[] = {
    {3, 867, 949, 1193, 1583, 1799, 1898},
    {5, 860, 919, 1060, 1341, 1589, 1883},
    {7, 858, 907, 1011, 1221, 1440, 1760},
};

START_TEST(test_election_times)
{
    enum { RUNS = 20000 };
    gint64 *times = g_new(gint64, RUNS);
    Rng rng;
    guint members = election_cases[_i].members;
    const gint64 want[] = {election_cases[_i].p1, election_cases[_i].p10, election_cases[_i].p50,
                           election_cases[_i].p90, election_cases[_i].p99};
    const guint at[] = {RUNS / 100, RUNS / 10, RUNS / 2, RUNS / 10 * 9, RUNS / 100 * 99};

    rng_seed(&rng, 1, "test");
    for (guint i = 0; i < RUNS; i++) {
        guint winner;

        times[i] = raft_election_ns(&rng, members, members - 1, &winner);
        ck_assert_uint_lt(winner, members - 1);
    }
    qsort(times, RUNS, sizeof *times, compare_times);
    for (guint i = 0; i < G_N_ELEMENTS(want); i++)
        ck_assert_msg(ABS(times[at[i]] / NS_PER_MS - want[i]) <= 25,
                      "%u members, point %u: %d, not %d", members, i,
                      (int)(times[at[i]] / NS_PER_MS), (int)want[i]);
    ck_assert_int_le(times[RUNS - 1], 2000 * NS_PER_MS);
    g_free(times);
}
END_TEST

/*
 * Leader alone: hop 0, fsync 1 ms, apply 0.05 ms. What comes during an fsync goes into the next
 * batch, together.
 */
START_TEST(test_batching)
{
    Fixture f;
    Answer answers[4];

    fixture_init(&f, 1, FALSE, DIST_CONST(1 * NS_PER_MS));
    fixture_put(&f, "a", 0, &answers[0]);
    sim_run_until(f.sim, NS_PER_MS / 2);
    for (guint i = 1; i < 4; i++)
        fixture_put(&f, str_internf("b%u", i), 0, &answers[i]);
    sim_run_until(f.sim, NS_PER_S);
    ck_assert_int_eq(answers[0].at_ns, 1050 * NS_PER_US);
    for (guint i = 1; i < 4; i++)
        ck_assert_int_eq(answers[i].at_ns, 2050 * NS_PER_US);
    fixture_clear(&f);
}
END_TEST

/*
 * Three members, hop 0.25 ms: the leader's fsync of 1 ms, the follower's 0.5 ms round trip and
 * its fsync.
 */
START_TEST(test_quorum_time)
{
    Fixture f;

    fixture_init(&f, 3, FALSE, DIST_CONST(1 * NS_PER_MS));

    Answer answer = fixture_put_wait(&f, "a", 0);

    ck_assert_int_eq(answer.at_ns, 1550 * NS_PER_US);
    ck_assert_int_eq(etcd_read_delay_ns(f.etcd, f.client), 500 * NS_PER_US);

    /* one slow follower costs nothing, a slow leader does */
    etcd_set_disk_factor(f.etcd, 2, 100000);
    answer = fixture_put_wait(&f, "b", 0);
    ck_assert_int_eq(answer.at_ns, 2 * 1550 * NS_PER_US);
    etcd_set_disk_factor(f.etcd, 0, 20000);
    answer = fixture_put_wait(&f, "c", 0);
    ck_assert_int_eq(answer.at_ns, 2 * 1550 * NS_PER_US + 20050 * NS_PER_US);
    fixture_clear(&f);
}
END_TEST

START_TEST(test_leader_crash)
{
    Fixture f;
    Answer in_flight;
    Answer early;
    Answer late;

    fixture_init(&f, 3, FALSE, DIST_CONST(1 * NS_PER_MS));
    ck_assert_int_eq(etcd_leader(f.etcd), 0);
    sim_run_until(f.sim, 10 * NS_PER_S);
    fixture_put(&f, "a", 0, &in_flight);
    process_crash(etcd_member_process(f.etcd, 0), -1);
    ck_assert_int_eq(etcd_leader(f.etcd), -1);
    fixture_put(&f, "b", 0, &early);
    sim_run_until(f.sim, 10 * NS_PER_S + 100 * NS_PER_MS);

    /* its connection was reset */
    ck_assert(in_flight.is_done);
    ck_assert_ptr_nonnull(in_flight.error);
    ck_assert_int_eq(etcd_leader(f.etcd), -1);
    sim_run_until(f.sim, 12 * NS_PER_S);
    ck_assert_int_ge(etcd_leader(f.etcd), 1);
    ck_assert_uint_eq(etcd_term(f.etcd), 2);
    late = fixture_put_wait(&f, "c", 0);
    ck_assert_ptr_null(late.error);
    ck_assert(late.succeeded);
    ck_assert(!early.is_done);
    sim_run_until(f.sim, 18 * NS_PER_S);
    ck_assert_str_eq(early.error,
                     "etcdserver: request timed out, possibly due to previous leader failure");
    ck_assert_int_eq(early.at_ns, 17 * NS_PER_S);
    fixture_clear(&f);
}
END_TEST

START_TEST(test_quorum_lost)
{
    Fixture f;
    Answer answer;

    fixture_init(&f, 3, FALSE, DIST_CONST(1 * NS_PER_MS));
    process_crash(etcd_member_process(f.etcd, 1), -1);
    ck_assert(fixture_put_wait(&f, "a", 0).succeeded);
    process_crash(etcd_member_process(f.etcd, 2), -1);

    gint64 start_ns = sim_now_ns(f.sim);

    ck_assert_int_eq(etcd_read_delay_ns(f.etcd, f.client), G_MAXINT64);
    answer = fixture_put_wait(&f, "b", 0);
    ck_assert_str_eq(answer.error, "etcdserver: request timed out");
    ck_assert_int_eq(answer.at_ns - start_ns, 7 * NS_PER_S);

    /* back: an election, then writes again */
    process_start(etcd_member_process(f.etcd, 1));
    answer = fixture_put_wait(&f, "c", 0);
    sim_run_until(f.sim, start_ns + 10 * NS_PER_S);
    ck_assert_int_ge(etcd_leader(f.etcd), 0);
    ck_assert(fixture_put_wait(&f, "d", 0).succeeded);
    fixture_clear(&f);
}
END_TEST

/* A single member elects itself within a tick of its start; what waited is then written. */
START_TEST(test_single_restart)
{
    Fixture f;
    Answer answer;

    fixture_init(&f, 1, FALSE, DIST_CONST(1 * NS_PER_MS));
    process_crash(etcd_member_process(f.etcd, 0), NS_PER_S);
    fixture_put(&f, "a", 0, &answer);
    sim_run_until(f.sim, 2 * NS_PER_S);
    ck_assert(answer.succeeded);
    ck_assert_int_ge(answer.at_ns, NS_PER_S);
    ck_assert_int_le(answer.at_ns, NS_PER_S + 110 * NS_PER_MS);
    fixture_clear(&f);
}
END_TEST

/*
 * The leader is cut off with a client on its side: the others elect, and it is led again after
 * the cut heals.
 */
START_TEST(test_partition)
{
    Fixture f;
    Answer answer;

    fixture_init(&f, 3, FALSE, DIST_CONST(1 * NS_PER_MS));
    world_cut(f.world, &f.machines[0], 1, &f.machines[1], 2);
    fixture_put(&f, "a", 0, &answer);
    sim_run_until(f.sim, 3 * NS_PER_S);
    ck_assert_int_ge(etcd_leader(f.etcd), 1);
    sim_run_until(f.sim, 8 * NS_PER_S);
    ck_assert(answer.is_done);
    ck_assert_ptr_nonnull(answer.error);
    world_heal(f.world, &f.machines[0], 1, &f.machines[1], 2);
    ck_assert(fixture_put_wait(&f, "b", 0).succeeded);
    fixture_clear(&f);
}
END_TEST

/*
 * v3.6 etcdserver/raft.go: a write that takes the leader longer than a follower's timeout
 * costs it its office, a shorter one only time.
 */
START_TEST(test_slow_leader)
{
    Fixture f;
    Answer answer;

    fixture_init(&f, 3, FALSE, DIST_CONST(1 * NS_PER_MS));
    etcd_set_disk_factor(f.etcd, 0, 900000);
    answer = fixture_put_wait(&f, "a", 0);
    ck_assert(answer.succeeded);
    ck_assert_int_eq(etcd_leader(f.etcd), 0);
    etcd_set_disk_factor(f.etcd, 0, 5000000);
    fixture_put(&f, "b", 0, &answer);
    sim_run_until(f.sim, sim_now_ns(f.sim) + 3 * NS_PER_S);
    ck_assert_int_ge(etcd_leader(f.etcd), 1);
    ck_assert(fixture_put_wait(&f, "c", 0).succeeded);
    sim_run_until(f.sim, sim_now_ns(f.sim) + 10 * NS_PER_S);
    ck_assert(answer.is_done);
    ck_assert_ptr_nonnull(answer.error);
    fixture_clear(&f);
}
END_TEST

Suite *
raft_suite(void)
{
    Suite *suite = suite_create("etcd/raft");
    TCase *tcase = tcase_create("raft");

    tcase_add_loop_test(tcase, test_election_times, 0, G_N_ELEMENTS(election_cases));
    tcase_add_test(tcase, test_batching);
    tcase_add_test(tcase, test_quorum_time);
    tcase_add_test(tcase, test_leader_crash);
    tcase_add_test(tcase, test_quorum_lost);
    tcase_add_test(tcase, test_single_restart);
    tcase_add_test(tcase, test_partition);
    tcase_add_test(tcase, test_slow_leader);
    suite_add_tcase(suite, tcase);
    return suite;
}
