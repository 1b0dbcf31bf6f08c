/* Running: until a time, by steps, stopping; and the same run twice. */

#include "base/intern.h"
#include "sim/sim.h"

#include <check.h>

Suite *run_suite(void);

#define N_WALKERS 50

/* A crowd of timers and messages that move each other at random. */
typedef struct {
    Sim *sim;
    SimTimer timers[N_WALKERS];
    SimHandle handles[N_WALKERS];
    Rng *rng;
    gint64 last_ns;
} Crowd;

typedef struct {
    Crowd *crowd;
    guint index;
} Walker;

static void
crowd_on_letter(Sim *sim, gpointer receiver, gpointer payload)
{
    Crowd *crowd = receiver;
    guint index = GPOINTER_TO_UINT(payload);

    ck_assert_int_ge(sim_now_ns(sim), crowd->last_ns);
    crowd->last_ns = sim_now_ns(sim);
    sim_timer_arm_after(&crowd->timers[index], rng_between_ns(crowd->rng, 0, 5000));
}

static void
walker_on_step(Sim *sim, gpointer self)
{
    Walker *walker = self;
    Crowd *crowd = walker->crowd;
    guint other = (guint)rng_below(crowd->rng, N_WALKERS);

    ck_assert_int_ge(sim_now_ns(sim), crowd->last_ns);
    crowd->last_ns = sim_now_ns(sim);
    if (rng_chance(crowd->rng, 1, 20))
        sim_trace(sim, "crowd", "step", NULL, NULL, "%u", walker->index);
    if (rng_chance(crowd->rng, 1, 10) && crowd->timers[other].is_armed) {
        sim_timer_disarm(&crowd->timers[other]);
        sim_post(sim, crowd->handles[other], SIM_CONTROL, 100, crowd_on_letter,
                 GUINT_TO_POINTER(other), NULL);
    }
    sim_post(sim, crowd->handles[other], (SimPhase)rng_below(crowd->rng, SIM_N_PHASES),
             rng_between_ns(crowd->rng, 0, 3000), crowd_on_letter, GUINT_TO_POINTER(walker->index),
             NULL);
}

/* Returns: the fingerprint. @by_steps: one event at a time, looking ahead before each. */
static guint64
play_crowd(guint64 seed, gboolean by_steps, gint64 end_ns)
{
    g_autoptr(Sim) sim = sim_new(&(SimOptions){.seed = seed});
    Crowd crowd = {.sim = sim, .rng = rng_stream(sim, "crowd")};
    Walker walkers[N_WALKERS];

    for (guint i = 0; i < N_WALKERS; i++) {
        walkers[i] = (Walker){&crowd, i};
        crowd.handles[i] = sim_handle_new(sim, &crowd);
        sim_timer_init(&crowd.timers[i], sim, (SimPhase)(i % SIM_N_PHASES), walker_on_step,
                       &walkers[i]);
        sim_timer_arm_after(&crowd.timers[i], i * 10);
    }
    if (by_steps) {
        while (sim_next_ns(sim) <= end_ns) {
            gint64 next_ns = sim_next_ns(sim);
            ck_assert(sim_step(sim));
            ck_assert_int_eq(sim_now_ns(sim), next_ns);
        }
    } else {
        sim_run_until(sim, end_ns);
    }
    ck_assert_uint_gt(sim_counters(sim).pending, 10);
    guint64 fingerprint = sim_fingerprint(sim);
    for (guint i = 0; i < N_WALKERS; i++)
        sim_timer_clear(&crowd.timers[i]);
    return fingerprint;
}

START_TEST(test_same_seed_same_fingerprint)
{
    guint64 first = play_crowd(9, FALSE, 2000000);

    ck_assert_uint_eq(play_crowd(9, FALSE, 2000000), first);
    ck_assert_uint_ne(play_crowd(10, FALSE, 2000000), first);
    ck_assert_uint_ne(play_crowd(9, FALSE, 2001000), first);
}
END_TEST

START_TEST(test_steps_and_peeks_change_nothing)
{
    ck_assert_uint_eq(play_crowd(9, TRUE, 2000000), play_crowd(9, FALSE, 2000000));
}
END_TEST

static void
on_stop(Sim *sim, gpointer self)
{
    (void)self;
    sim_stop(sim);
}

static void
on_nothing(Sim *sim, gpointer self)
{
    (void)sim;
    (void)self;
}

START_TEST(test_clock)
{
    g_autoptr(Sim) sim = sim_new(&(SimOptions){.seed = 42, .epoch_unix_ns = 1000});
    SimTimer timer;

    sim_timer_init(&timer, sim, SIM_WORLD, on_nothing, NULL);
    ck_assert_uint_eq(sim_seed(sim), 42);
    ck_assert_int_eq(sim_now_ns(sim), 0);
    ck_assert_int_eq(sim_next_ns(sim), G_MAXINT64);
    ck_assert(!sim_step(sim));
    sim_run_until(sim, 70);
    ck_assert_int_eq(sim_now_ns(sim), 70);
    ck_assert_int_eq(sim_wall_ns(sim), 1070);
    sim_run_until(sim, 60); /* never back */
    ck_assert_int_eq(sim_now_ns(sim), 70);
    sim_timer_arm_after(&timer, 5);
    ck_assert_int_eq(sim_next_ns(sim), 75);
    ck_assert_int_eq(sim_now_ns(sim), 70);
    ck_assert(sim_step(sim));
    ck_assert_int_eq(sim_now_ns(sim), 75);
    sim_timer_clear(&timer);
}
END_TEST

START_TEST(test_stop_leaves_the_rest)
{
    g_autoptr(Sim) sim = sim_new(&(SimOptions){.seed = 1});
    SimTimer stop;
    SimTimer later;

    sim_timer_init(&stop, sim, SIM_WORLD, on_stop, NULL);
    sim_timer_init(&later, sim, SIM_WORLD, on_nothing, NULL);
    sim_timer_arm_at(&stop, 10);
    sim_timer_arm_at(&later, 10);
    sim_run_until(sim, 50);
    ck_assert_int_eq(sim_now_ns(sim), 10);
    ck_assert(later.is_armed);
    sim_run_until(sim, 50);
    ck_assert_int_eq(sim_now_ns(sim), 50);
    ck_assert(!later.is_armed);
    sim_timer_clear(&stop);
    sim_timer_clear(&later);
}
END_TEST

static void
on_tick(Sim *sim, gpointer self)
{
    (void)sim;
    sim_timer_arm_after(self, 1);
}

static void
on_watch(Sim *sim, gpointer user)
{
    guint *seen = user;

    if (++*seen == 3)
        sim_stop(sim);
}

/* Who watches is called after every so many events, may end the run, and is gone when told so. */
START_TEST(test_watch)
{
    g_autoptr(Sim) sim = sim_new(&(SimOptions){.seed = 1});
    g_autoptr(Sim) other = sim_new(&(SimOptions){.seed = 1});
    SimTimer tick;
    SimTimer other_tick;
    guint seen = 0;

    sim_timer_init(&tick, sim, SIM_WORLD, on_tick, &tick);
    sim_timer_init(&other_tick, other, SIM_WORLD, on_tick, &other_tick);
    sim_timer_arm_at(&tick, 1);
    sim_timer_arm_at(&other_tick, 1);
    sim_run_until(sim, 10);
    sim_set_watch(sim, on_watch, &seen);
    sim_run_until(sim, 10 + 10 * SIM_WATCH_EVENTS);
    ck_assert_uint_eq(seen, 3);
    ck_assert_int_eq(sim_now_ns(sim), 10 + 3 * SIM_WATCH_EVENTS);
    sim_set_watch(sim, NULL, NULL);
    sim_run_until(sim, 10 + 10 * SIM_WATCH_EVENTS);
    sim_run_until(other, 10 + 10 * SIM_WATCH_EVENTS);
    ck_assert_uint_eq(seen, 3);
    ck_assert_uint_eq(sim_fingerprint(sim), sim_fingerprint(other));
    sim_timer_clear(&tick);
    sim_timer_clear(&other_tick);
}
END_TEST

/* After a look at the far future, something nearer may still be put in. */
START_TEST(test_insert_before_what_was_seen)
{
    g_autoptr(Sim) sim = sim_new(&(SimOptions){.seed = 1});
    SimTimer far;
    SimTimer near;

    sim_timer_init(&far, sim, SIM_WORLD, on_nothing, NULL);
    sim_timer_init(&near, sim, SIM_WORLD, on_nothing, NULL);
    sim_timer_arm_at(&far, 1000000);
    sim_run_until(sim, 10);
    ck_assert_int_eq(sim_next_ns(sim), 1000000);
    sim_timer_disarm(&far);
    ck_assert(!sim_step(sim)); /* the cancelled entry is gone now, its time is not come */
    ck_assert_int_eq(sim_now_ns(sim), 10);
    sim_timer_arm_at(&near, 20);
    ck_assert_int_eq(sim_next_ns(sim), 20);
    ck_assert(sim_step(sim));
    ck_assert_int_eq(sim_now_ns(sim), 20);
    sim_timer_clear(&near);
}
END_TEST

/* Only what is waited for from 0 s on counts: one row for each name, in order of first use. */
START_TEST(test_waits)
{
    Sim *sim = sim_new(&(SimOptions){.seed = 1, .start_ns = -10});
    const SimWait *waits;
    guint n;

    sim_waited(sim, "grace", 5);
    sim_run_until(sim, 0);
    sim_waited(sim, "back-off", 3);
    sim_waited(sim, "grace", 40);
    sim_waited(sim, "back-off", 7);
    sim_waited(sim, "nothing", 0);
    waits = sim_waits(sim, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(waits[0].timer, "back-off");
    ck_assert_uint_eq(waits[0].count, 2);
    ck_assert_int_eq(waits[0].total_ns, 10);
    ck_assert_int_eq(waits[0].longest_ns, 7);
    ck_assert_int_eq(waits[1].total_ns, 40);
    sim_free(sim);
}
END_TEST

Suite *
run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *tcase = tcase_create("run");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_waits);
    tcase_add_test(tcase, test_same_seed_same_fingerprint);
    tcase_add_test(tcase, test_steps_and_peeks_change_nothing);
    tcase_add_test(tcase, test_clock);
    tcase_add_test(tcase, test_stop_leaves_the_rest);
    tcase_add_test(tcase, test_watch);
    tcase_add_test(tcase, test_insert_before_what_was_seen);
    suite_add_tcase(suite, tcase);
    return suite;
}
