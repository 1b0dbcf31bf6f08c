/* Messages: delivered to the living, dropped for the dead. */

#include "sim/sim.h"

#include <check.h>

Suite *message_suite(void);

static Sim *sim;
static GString *letters;
static guint n_dropped;

static void
setup(void)
{
    sim = sim_new(&(SimOptions){.seed = 1});
    letters = g_string_new(NULL);
    n_dropped = 0;
}

static void
teardown(void)
{
    sim_free(sim);
    g_string_free(letters, TRUE);
}

static void
deliver(Sim *running, gpointer receiver, gpointer payload)
{
    g_string_append_printf(letters, "%s<%s@%" G_GINT64_FORMAT " ", (const char *)receiver,
                           (const char *)payload, sim_now_ns(running));
    g_free(payload);
}

static void
drop(gpointer payload)
{
    n_dropped++;
    g_free(payload);
}

static void
post(SimHandle to, SimPhase phase, gint64 delay_ns, const char *text)
{
    sim_post(sim, to, phase, delay_ns, deliver, g_strdup(text), drop);
}

START_TEST(test_delivery_in_order)
{
    SimHandle ann = sim_handle_new(sim, (gpointer) "ann");
    SimHandle ben = sim_handle_new(sim, (gpointer) "ben");

    post(ann, SIM_DELIVER, 10, "late");
    post(ben, SIM_DELIVER, 5, "first");
    post(ann, SIM_DELIVER, 5, "second");
    post(ann, SIM_WORLD, 5, "world");
    post(ann, SIM_DELIVER, -5, "now");
    ck_assert_str_eq(sim_handle_peek(sim, ann), "ann");
    sim_run_until(sim, 10);
    ck_assert_str_eq(letters->str, "ann<now@0 ann<world@5 ben<first@5 ann<second@5 ann<late@10 ");
    ck_assert_uint_eq(n_dropped, 0);
}
END_TEST

START_TEST(test_the_dead_get_nothing)
{
    SimHandle ann = sim_handle_new(sim, (gpointer) "ann");

    post(ann, SIM_DELIVER, 5, "before");
    post(ann, SIM_DELIVER, 15, "after");
    sim_run_until(sim, 10);
    sim_handle_drop(sim, ann);
    sim_handle_drop(sim, ann);
    ck_assert_ptr_null(sim_handle_peek(sim, ann));
    ck_assert_uint_eq(n_dropped, 0);
    sim_run_until(sim, 20);
    ck_assert_str_eq(letters->str, "ann<before@5 ");
    ck_assert_uint_eq(n_dropped, 1);
    ck_assert_uint_eq(sim_counters(sim).messages_dropped, 1);
}
END_TEST

/* Whoever moves into the slot does not get the letters of who lived there before. */
START_TEST(test_next_tenant_gets_no_old_letters)
{
    SimHandle ann = sim_handle_new(sim, (gpointer) "ann");

    post(ann, SIM_DELIVER, 5, "old");
    sim_handle_drop(sim, ann);
    SimHandle ben = sim_handle_new(sim, (gpointer) "ben");
    ck_assert_uint_eq(ben.slot, ann.slot);
    ck_assert_uint_ne(ben.generation, ann.generation);
    post(ben, SIM_DELIVER, 6, "new");
    sim_run_until(sim, 20);
    ck_assert_str_eq(letters->str, "ben<new@6 ");
    ck_assert_uint_eq(n_dropped, 1);
}
END_TEST

START_TEST(test_nobody)
{
    SimHandle nobody = {0};

    ck_assert_ptr_null(sim_handle_peek(sim, nobody));
    sim_handle_drop(sim, nobody);
    post(nobody, SIM_DELIVER, 1, "lost");
    sim_post(sim, nobody, SIM_DELIVER, 1, deliver, NULL, NULL);
    sim_run_until(sim, 1);
    ck_assert_uint_eq(n_dropped, 1);
    ck_assert_uint_eq(sim_counters(sim).messages_dropped, 2);
}
END_TEST

START_TEST(test_end_of_run_drops_what_is_on_its_way)
{
    SimHandle ann = sim_handle_new(sim, (gpointer) "ann");

    post(ann, SIM_DELIVER, 100, "never");
    post(ann, SIM_DELIVER, 1, "once");
    sim_run_until(sim, 50);
    sim_free(sim);
    ck_assert_uint_eq(n_dropped, 1);
    sim = sim_new(&(SimOptions){.seed = 1});
}
END_TEST

Suite *
message_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *tcase = tcase_create("message");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_delivery_in_order);
    tcase_add_test(tcase, test_the_dead_get_nothing);
    tcase_add_test(tcase, test_next_tenant_gets_no_old_letters);
    tcase_add_test(tcase, test_nobody);
    tcase_add_test(tcase, test_end_of_run_drops_what_is_on_its_way);
    suite_add_tcase(suite, tcase);
    return suite;
}
