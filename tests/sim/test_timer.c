/* Timers: arming, moving, disarming, reuse of what a timer held. */

#include "sim/kernel.h"

#include <check.h>

Suite *timer_suite(void);

typedef struct {
    SimTimer timer;
    GString *log; /* borrowed */
    char letter;
    gint64 again_ns; /* arms itself again, if above 0 */
} Bell;

static void
bell_on_ring(Sim *sim, gpointer self)
{
    Bell *bell = self;

    g_string_append_printf(bell->log, "%c%" G_GINT64_FORMAT " ", bell->letter, sim_now_ns(sim));
    if (bell->again_ns > 0)
        sim_timer_arm_after(&bell->timer, bell->again_ns);
}

static void
bell_init(Bell *bell, Sim *sim, SimPhase phase, char letter, GString *log)
{
    *bell = (Bell){.log = log, .letter = letter};
    sim_timer_init(&bell->timer, sim, phase, bell_on_ring, bell);
}

static Sim *sim;
static GString *rings;
static Bell a, b, c;

static void
setup(void)
{
    sim = sim_new(&(SimOptions){.seed = 1});
    rings = g_string_new(NULL);
    bell_init(&a, sim, SIM_CONTROL, 'a', rings);
    bell_init(&b, sim, SIM_CONTROL, 'b', rings);
    bell_init(&c, sim, SIM_WORLD, 'c', rings);
}

static void
teardown(void)
{
    sim_timer_clear(&a.timer);
    sim_timer_clear(&b.timer);
    sim_timer_clear(&c.timer);
    sim_free(sim);
    g_string_free(rings, TRUE);
}

START_TEST(test_rings_at_its_time)
{
    sim_timer_arm_after(&a.timer, 10);
    sim_timer_arm_at(&b.timer, 5);
    ck_assert(a.timer.is_armed);
    ck_assert_int_eq(a.timer.due_ns, 10);
    sim_run_until(sim, 9);
    ck_assert_str_eq(rings->str, "b5 ");
    sim_run_until(sim, 10);
    ck_assert_str_eq(rings->str, "b5 a10 ");
    ck_assert(!a.timer.is_armed);
}
END_TEST

START_TEST(test_phase_before_order_of_arming)
{
    sim_timer_arm_at(&b.timer, 5);
    sim_timer_arm_at(&a.timer, 5);
    sim_timer_arm_at(&c.timer, 5);
    sim_run_until(sim, 5);
    ck_assert_str_eq(rings->str, "c5 b5 a5 ");
}
END_TEST

START_TEST(test_arming_again_moves)
{
    sim_timer_arm_at(&a.timer, 5);
    sim_timer_arm_at(&a.timer, 20);
    sim_timer_arm_at(&b.timer, 20);
    sim_timer_arm_at(&a.timer, 20); /* behind b now */
    sim_run_until(sim, 100);
    ck_assert_str_eq(rings->str, "b20 a20 ");
    ck_assert_uint_eq(sim_counters(sim).timers_moved, 2);
    ck_assert_uint_eq(sim_counters(sim).events, 2);
    ck_assert_uint_eq(sim_counters(sim).pending, 0);
}
END_TEST

START_TEST(test_moving_earlier)
{
    sim_timer_arm_at(&a.timer, 500);
    sim_timer_arm_at(&a.timer, 5);
    sim_run_until(sim, 1000);
    ck_assert_str_eq(rings->str, "a5 ");
}
END_TEST

START_TEST(test_disarmed_never_rings)
{
    sim_timer_arm_at(&a.timer, 5);
    sim_timer_disarm(&a.timer);
    sim_timer_disarm(&a.timer);
    ck_assert(!a.timer.is_armed);
    sim_run_until(sim, 100);
    ck_assert_str_eq(rings->str, "");
    ck_assert_uint_eq(sim_counters(sim).events, 0);
}
END_TEST

START_TEST(test_past_counts_as_now)
{
    sim_run_until(sim, 50);
    sim_timer_arm_at(&a.timer, 10);
    sim_timer_arm_after(&b.timer, -7);
    sim_run_until(sim, 50);
    ck_assert_str_eq(rings->str, "a50 b50 ");
}
END_TEST

START_TEST(test_end_of_time_does_not_wrap)
{
    sim_run_until(sim, 50);
    sim_timer_arm_after(&a.timer, G_MAXINT64);
    ck_assert_int_eq(a.timer.due_ns, G_MAXINT64);
    sim_run_until(sim, G_MAXINT64 - 1);
    ck_assert_str_eq(rings->str, "");
}
END_TEST

START_TEST(test_arms_itself)
{
    a.again_ns = 10;
    sim_timer_arm_at(&a.timer, 1);
    sim_run_until(sim, 25);
    ck_assert_str_eq(rings->str, "a1 a11 a21 ");
}
END_TEST

/* A slot given back and taken by another timer must not wake the new one at the old one's time. */
START_TEST(test_stale_wake_up_does_not_reach_the_next_owner)
{
    sim_timer_arm_at(&a.timer, 5);
    guint32 slot = a.timer.slot;
    sim_timer_clear(&a.timer);
    sim_timer_arm_at(&b.timer, 9);
    ck_assert_uint_eq(b.timer.slot, slot);
    sim_run_until(sim, 100);
    ck_assert_str_eq(rings->str, "b9 ");
}
END_TEST

static void
disarm_on_ring(Sim *running, gpointer self)
{
    (void)running;
    sim_timer_disarm(self);
}

START_TEST(test_disarm_in_the_same_instant)
{
    SimTimer killer;

    sim_timer_init(&killer, sim, SIM_WORLD, disarm_on_ring, &a.timer);
    sim_timer_arm_at(&a.timer, 5);
    sim_timer_arm_at(&killer, 5);
    sim_run_until(sim, 5);
    ck_assert_str_eq(rings->str, "");
    sim_timer_clear(&killer);
}
END_TEST

/* A deadline pushed out by every heartbeat must not fill the queue. */
START_TEST(test_moved_timers_leave_no_heap_behind)
{
    for (guint i = 0; i < 100000; i++) {
        sim_timer_arm_after(&a.timer, 1000000);
        sim_run_until(sim, i);
    }
    ck_assert_uint_le(sim->queue.count, 2000);
    ck_assert_uint_eq(sim_counters(sim).pending, 1);
    sim_run_until(sim, 99999 + 1000000);
    ck_assert_str_eq(rings->str, "a1099998 ");
}
END_TEST

START_TEST(test_steady_state_takes_no_new_slots)
{
    Bell bells[100];

    for (guint i = 0; i < G_N_ELEMENTS(bells); i++) {
        bell_init(&bells[i], sim, SIM_WORLD, 'x', rings);
        bells[i].again_ns = 7 + i;
        sim_timer_arm_after(&bells[i].timer, i);
    }
    sim_run_until(sim, 1000);
    guint32 n_used = sim->alarm_slab.used;
    sim_run_until(sim, 10000);
    ck_assert_uint_eq(sim->alarm_slab.used, n_used);
    ck_assert_uint_eq(sim_counters(sim).pending_max, 100);
    for (guint i = 0; i < G_N_ELEMENTS(bells); i++)
        sim_timer_clear(&bells[i].timer);
    ck_assert_uint_eq(sim_counters(sim).pending, 0);
}
END_TEST

Suite *
timer_suite(void)
{
    Suite *suite = suite_create("timer");
    TCase *tcase = tcase_create("timer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_rings_at_its_time);
    tcase_add_test(tcase, test_phase_before_order_of_arming);
    tcase_add_test(tcase, test_arming_again_moves);
    tcase_add_test(tcase, test_moving_earlier);
    tcase_add_test(tcase, test_disarmed_never_rings);
    tcase_add_test(tcase, test_past_counts_as_now);
    tcase_add_test(tcase, test_end_of_time_does_not_wrap);
    tcase_add_test(tcase, test_arms_itself);
    tcase_add_test(tcase, test_stale_wake_up_does_not_reach_the_next_owner);
    tcase_add_test(tcase, test_disarm_in_the_same_instant);
    tcase_add_test(tcase, test_moved_timers_leave_no_heap_behind);
    tcase_add_test(tcase, test_steady_state_takes_no_new_slots);
    suite_add_tcase(suite, tcase);
    return suite;
}
