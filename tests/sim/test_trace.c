/* Causes: who led to what, without anybody writing it down. */

#include "base/intern.h"
#include "sim/sim.h"

#include <check.h>

Suite *trace_suite(void);

static Sim *sim;
static SimTimer second;
static SimHandle mailbox;

static void
on_letter(Sim *running, gpointer receiver, gpointer payload)
{
    (void)receiver;
    (void)payload;
    sim_trace(running, "c", "read", NULL, NULL, NULL);
}

static void
on_first(Sim *running, gpointer self)
{
    (void)self;
    sim_timer_arm_after(&second, 5); /* before anything is told: caused by what led here */
    sim_trace(running, "a", "start", "pod/default/web-1", "Started", "try %d of %s", 1, "web");
    sim_post(running, mailbox, SIM_DELIVER, 2, on_letter, NULL, NULL);
}

static void
on_second(Sim *running, gpointer self)
{
    (void)self;
    sim_trace(running, "b", "stop", NULL, NULL, "%s", "");
}

static void
setup(void)
{
    sim = sim_new(&(SimOptions){.seed = 1});
    sim_timer_init(&second, sim, SIM_CONTROL, on_second, NULL);
    mailbox = sim_handle_new(sim, &mailbox);
}

static void
teardown(void)
{
    sim_timer_clear(&second);
    sim_free(sim);
}

START_TEST(test_causes_follow_timers_and_messages)
{
    const Trace *trace = sim_get_trace(sim);
    SimTimer first;

    sim_timer_init(&first, sim, SIM_CONTROL, on_first, NULL);
    ck_assert_uint_eq(sim_trace(sim, "scenario", "fault", NULL, NULL, "go"), 1);
    ck_assert_uint_eq(sim_cause(sim), 1);
    sim_timer_arm_at(&first, 10);
    sim_set_cause(sim, 0);
    sim_run_until(sim, 100);
    ck_assert_uint_eq(sim_cause(sim), 0);

    ck_assert_uint_eq(trace_count(trace), 4);
    const TraceRecord *start = trace_get(trace, 2);
    ck_assert_int_eq(start->time_ns, 10);
    ck_assert_uint_eq(start->cause, 1);
    ck_assert_str_eq(start->component, "a");
    ck_assert_str_eq(start->verb, "start");
    ck_assert_str_eq(start->object, "pod/default/web-1");
    ck_assert_str_eq(start->reason, "Started");
    ck_assert_str_eq(start->message, "try 1 of web");
    ck_assert_ptr_eq(start->object, str_intern("pod/default/web-1"));

    const TraceRecord *letter = trace_get(trace, 3);
    ck_assert_int_eq(letter->time_ns, 12);
    ck_assert_uint_eq(letter->cause, 2);
    ck_assert_ptr_null(letter->message);

    const TraceRecord *stop = trace_get(trace, 4);
    ck_assert_int_eq(stop->time_ns, 15);
    ck_assert_uint_eq(stop->cause, 1);
    ck_assert_ptr_null(stop->message);
    sim_timer_clear(&first);
}
END_TEST

START_TEST(test_long_messages_are_whole)
{
    g_autofree char *text = g_strnfill(3000, 'x');

    sim_trace(sim, "a", "b", NULL, NULL, "%s!", text);
    const char *message = trace_get(sim_get_trace(sim), 1)->message;
    ck_assert_uint_eq(strlen(message), 3001);
    ck_assert(message[3000] == '!');
}
END_TEST

START_TEST(test_records_never_move)
{
    const Trace *trace = sim_get_trace(sim);

    sim_trace(sim, "a", "b", NULL, NULL, NULL);
    const TraceRecord *first = trace_get(trace, 1);
    for (guint i = 2; i <= 10000; i++)
        ck_assert_uint_eq(sim_trace(sim, "a", "b", NULL, NULL, "%u", i), i);
    ck_assert_ptr_eq(trace_get(trace, 1), first);
    for (guint i = 2; i <= 10000; i++)
        ck_assert_uint_eq(trace_get(trace, i)->cause, i - 1);
}
END_TEST

START_TEST(test_without_trace_the_fingerprint_is_the_same)
{
    g_autoptr(Sim) quiet = sim_new(&(SimOptions){.seed = 1, .no_trace = TRUE});

    sim_trace(sim, "a", "b", "c/d", NULL, "%d", 7);
    sim_trace(quiet, "a", "b", "c/d", NULL, "%d", 7);
    ck_assert_uint_eq(sim_fingerprint(sim), sim_fingerprint(quiet));
    ck_assert_uint_eq(sim_cause(quiet), 1);
    ck_assert_uint_eq(trace_count(sim_get_trace(quiet)), 0);
}
END_TEST

START_TEST(test_fingerprint_reads_every_field)
{
    static const char *const fields[][5] = {
        {"a", "b", "c", "d", "e"},
        {"x", "b", "c", "d", "e"},
        {"a", "x", "c", "d", "e"},
        {"a", "b", "x", "d", "e"},
        {"a", "b", "c", "x", "e"},
        {"a", "b", "c", "d", "x"},
        {"a", "b", NULL, "d", "e"},
        {"a", "b", "c", NULL, "e"},
        {"a", "b", "c", "d", "a longer text than one word"},
        {"a", "b", "c", "d", "a longer text than one worm"},
    };
    guint64 seen[G_N_ELEMENTS(fields)];

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autoptr(Sim) one = sim_new(&(SimOptions){.seed = 1});
        sim_trace(one, fields[i][0], fields[i][1], fields[i][2], fields[i][3], "%s", fields[i][4]);
        seen[i] = sim_fingerprint(one);
        for (guint j = 0; j < i; j++)
            ck_assert_uint_ne(seen[i], seen[j]);
    }
}
END_TEST

Suite *
trace_suite(void)
{
    Suite *suite = suite_create("trace");
    TCase *tcase = tcase_create("trace");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_causes_follow_timers_and_messages);
    tcase_add_test(tcase, test_long_messages_are_whole);
    tcase_add_test(tcase, test_records_never_move);
    tcase_add_test(tcase, test_without_trace_the_fingerprint_is_the_same);
    tcase_add_test(tcase, test_fingerprint_reads_every_field);
    suite_add_tcase(suite, tcase);
    return suite;
}
