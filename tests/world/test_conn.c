/* test_conn.c - machines, processes and the connections between them */

#include "base/duration.h"
#include "world/world.h"

#include <check.h>

Suite *conn_suite(void);

#define MS  NS_PER_MS
#define SEC NS_PER_S

/* Two machines 10 ms apart; a client on the one, a server on the other; what each hears. */
typedef struct {
    Sim *sim;
    World *world;
    Machine *a, *b;
    Process *client, *server;
    NetConn *conn;
    SimHandle handle;
    GString *log; /* "12ms word;" */
} Fixture;

static void
note(Fixture *f, const char *word)
{
    g_string_append_printf(f->log, "%" G_GINT64_FORMAT "ms %s;", sim_now_ns(f->sim) / MS, word);
}

static void
on_established(NetConn *conn, gpointer self)
{
    (void)conn;
    note(self, "established");
}

static void
on_failed(NetConn *conn, gpointer self, const char *why)
{
    (void)conn;
    note(self, why);
}

static void
on_client_closed(NetConn *conn, gpointer self, const char *why)
{
    (void)conn;
    note(self, str_internf("client:%s", why));
}

static void
on_server_closed(NetConn *conn, gpointer self, const char *why)
{
    (void)conn;
    note(self, str_internf("server:%s", why));
}

static const NetConnHooks client_hooks = {on_established, on_failed, on_client_closed};
static const NetConnHooks server_hooks = {NULL, NULL, on_server_closed};

static void
on_message(Sim *sim, gpointer receiver, gpointer payload)
{
    (void)sim;
    note(receiver, payload);
    g_free(payload);
}

static Fixture *
fixture_new(void)
{
    Fixture *f = g_new0(Fixture, 1);
    WorldOptions options = {.loopback = DIST_CONST(MS),
                            .same_zone = DIST_CONST(10 * MS),
                            .cross_zone = DIST_CONST(20 * MS)};

    f->sim = sim_new(&(SimOptions){.seed = 1});
    f->world = world_new(f->sim, &options);
    f->a = machine_new(f->world, &(MachineOptions){.name = "a", .ip = "10.0.0.1"});
    f->b = machine_new(f->world, &(MachineOptions){.name = "b",
                                                   .ip = "10.0.0.2",
                                                   .boot_min_ns = 5 * SEC,
                                                   .boot_max_ns = 5 * SEC});
    f->client = process_new(f->a, "client", NULL, NULL);
    f->server = process_new(f->b, "server", NULL, NULL);
    process_start(f->client);
    process_start(f->server);
    f->handle = sim_handle_new(f->sim, f);
    f->log = g_string_new(NULL);
    return f;
}

static void
fixture_free(Fixture *f)
{
    sim_handle_drop(f->sim, f->handle);
    net_conn_free(f->conn);
    world_free(f->world);
    sim_free(f->sim);
    g_string_free(f->log, TRUE);
    g_free(f);
}

static void
open_conn(Fixture *f)
{
    f->conn = net_connect(f->world, f->client, f->server, 30 * SEC, &client_hooks, f);
    net_conn_accept(f->conn, &server_hooks, f);
}

static void
send_word(Fixture *f, NetDirection direction, const char *word)
{
    net_conn_send(f->conn, direction, 0, f->handle, on_message, g_strdup(word), g_free);
}

static void
expect_log(Fixture *f, gint64 until_ns, const char *want)
{
    sim_run_until(f->sim, until_ns);
    ck_assert_str_eq(f->log->str, want);
}

START_TEST(test_one_round_trip_to_connect_then_ordered)
{
    Fixture *f = fixture_new();

    open_conn(f);
    sim_run_until(f->sim, 30 * MS);
    send_word(f, NET_TO_SERVER, "one");
    send_word(f, NET_TO_SERVER, "two");
    sim_run_until(f->sim, 50 * MS);
    send_word(f, NET_TO_CLIENT, "three");
    expect_log(f, SEC, "20ms established;40ms one;40ms two;60ms three;");
    fixture_free(f);
}
END_TEST

START_TEST(test_refused_when_nobody_listens)
{
    Fixture *f = fixture_new();

    process_stop(f->server);
    open_conn(f);
    expect_log(f, SEC, "20ms refused;");
    fixture_free(f);
}
END_TEST

START_TEST(test_silence_ends_in_timeout)
{
    Fixture *f = fixture_new();

    machine_power_off(f->b);
    open_conn(f);
    expect_log(f, 60 * SEC, "30000ms timeout;");
    fixture_free(f);
}
END_TEST

/* Linux 6.5: SYN again after 1, 2, 3, ... s */
START_TEST(test_syn_is_sent_again_after_heal)
{
    Fixture *f = fixture_new();

    world_cut(f->world, &f->a, 1, &f->b, 1);
    open_conn(f);
    sim_run_until(f->sim, 2500 * MS);
    world_heal(f->world, &f->a, 1, &f->b, 1);
    expect_log(f, 60 * SEC, "3020ms established;");
    fixture_free(f);
}
END_TEST

START_TEST(test_cut_holds_back_and_heal_sends_again)
{
    Fixture *f = fixture_new();

    open_conn(f);
    sim_run_until(f->sim, SEC);
    world_cut(f->world, &f->a, 1, &f->b, 1);
    send_word(f, NET_TO_SERVER, "one");
    sim_run_until(f->sim, 2 * SEC);
    send_word(f, NET_TO_SERVER, "two");
    world_heal(f->world, &f->a, 1, &f->b, 1);
    /* blocked at 1 s; tries at 1.2, 1.6, 2.4 s */
    expect_log(f, 60 * SEC, "20ms established;2410ms one;2410ms two;");
    fixture_free(f);
}
END_TEST

START_TEST(test_two_cuts_need_two_heals)
{
    Fixture *f = fixture_new();

    world_cut(f->world, &f->a, 1, &f->b, 1);
    world_cut(f->world, &f->b, 1, &f->a, 1);
    world_heal(f->world, &f->a, 1, &f->b, 1);
    ck_assert(world_is_cut(f->world, f->a, f->b));
    world_heal(f->world, &f->a, 1, &f->b, 1);
    ck_assert(!world_is_cut(f->world, f->a, f->b));
    fixture_free(f);
}
END_TEST

START_TEST(test_crash_resets_peer_and_supervisor_restarts)
{
    Fixture *f = fixture_new();

    open_conn(f);
    sim_run_until(f->sim, SEC);
    process_crash(f->server, 3 * SEC);
    sim_run_until(f->sim, 2 * SEC);
    ck_assert(!process_is_running(f->server));
    expect_log(f, 5 * SEC, "20ms established;1010ms client:reset;");
    ck_assert(process_is_running(f->server));
    fixture_free(f);
}
END_TEST

/* Without a handler the signal ends it; who stands still hears nothing and is killed 30 s later. */
START_TEST(test_terminate)
{
    Fixture *f = fixture_new();

    process_terminate(f->server, 3 * SEC);
    ck_assert(!process_is_running(f->server));
    sim_run_until(f->sim, 4 * SEC);
    ck_assert(process_is_running(f->server));
    process_pause(f->server);
    process_terminate(f->server, -1);
    sim_run_until(f->sim, 33 * SEC);
    ck_assert_int_eq(process_state(f->server), PROCESS_PAUSED);
    sim_run_until(f->sim, 35 * SEC);
    ck_assert_int_eq(process_state(f->server), PROCESS_STOPPED);
    machine_reboot(f->b);
    sim_run_until(f->sim, 200 * SEC);
    ck_assert(!process_is_running(f->server));
    process_start(f->server);
    process_pause(f->server);
    process_terminate(f->server, -1);
    process_resume(f->server);
    ck_assert_int_eq(process_state(f->server), PROCESS_STOPPED);
    fixture_free(f);
}
END_TEST

START_TEST(test_power_off_is_silent_and_boot_resets)
{
    Fixture *f = fixture_new();
    const char *boot_id = machine_boot_id(f->b);

    open_conn(f);
    sim_run_until(f->sim, SEC);
    machine_power_off(f->b);
    sim_run_until(f->sim, 2 * SEC);
    send_word(f, NET_TO_SERVER, "lost");
    machine_power_on(f->b);
    sim_run_until(f->sim, 6 * SEC);
    ck_assert_str_eq(f->log->str, "20ms established;");
    ck_assert(!machine_is_on(f->b));
    /* up at 7 s; tries at 2.2, 2.6, 3.4, 5.0, 8.2 s; its kernel knows no such socket */
    expect_log(f, 60 * SEC, "20ms established;8220ms client:reset;");
    ck_assert(process_is_running(f->server));
    ck_assert(machine_boot_id(f->b) != boot_id);
    fixture_free(f);
}
END_TEST

START_TEST(test_stopped_process_stays_stopped_over_boot)
{
    Fixture *f = fixture_new();

    process_stop(f->server);
    machine_reboot(f->b);
    sim_run_until(f->sim, 10 * SEC);
    ck_assert(machine_is_on(f->b));
    ck_assert(!process_is_running(f->server));
    fixture_free(f);
}
END_TEST

START_TEST(test_pause_keeps_messages)
{
    Fixture *f = fixture_new();

    process_pause(f->server);
    open_conn(f);
    sim_run_until(f->sim, SEC);
    send_word(f, NET_TO_SERVER, "one");
    sim_run_until(f->sim, 2 * SEC);
    process_resume(f->server);
    send_word(f, NET_TO_SERVER, "two");
    expect_log(f, 3 * SEC, "20ms established;2000ms one;2010ms two;");
    fixture_free(f);
}
END_TEST

START_TEST(test_free_closes_after_what_was_sent)
{
    Fixture *f = fixture_new();

    open_conn(f);
    sim_run_until(f->sim, SEC);
    send_word(f, NET_TO_SERVER, "bye");
    net_conn_free(f->conn);
    f->conn = NULL;
    expect_log(f, 3 * SEC, "20ms established;1010ms bye;1010ms server:closed;");
    fixture_free(f);
}
END_TEST

START_TEST(test_unanswered_data_gives_up)
{
    Fixture *f = fixture_new();

    open_conn(f);
    sim_run_until(f->sim, SEC);
    world_cut(f->world, &f->a, 1, &f->b, 1);
    send_word(f, NET_TO_SERVER, "never");
    /* Linux: 15 retransmissions, 924.6 s */
    expect_log(f, 2000 * SEC, "20ms established;925600ms client:timeout;");
    fixture_free(f);
}
END_TEST

START_TEST(test_extra_delay)
{
    Fixture *f = fixture_new();
    Dist extra = DIST_CONST(90 * MS);

    machine_set_delay(f->b, &extra, 0);
    open_conn(f);
    expect_log(f, 3 * SEC, "200ms established;");
    machine_set_delay(f->b, NULL, 0);
    ck_assert_int_eq(world_latency_ns(f->world, f->a, f->b), 10 * MS);
    fixture_free(f);
}
END_TEST

Suite *
conn_suite(void)
{
    Suite *suite = suite_create("conn");
    TCase *tcase = tcase_create("conn");

    tcase_add_test(tcase, test_one_round_trip_to_connect_then_ordered);
    tcase_add_test(tcase, test_refused_when_nobody_listens);
    tcase_add_test(tcase, test_silence_ends_in_timeout);
    tcase_add_test(tcase, test_syn_is_sent_again_after_heal);
    tcase_add_test(tcase, test_cut_holds_back_and_heal_sends_again);
    tcase_add_test(tcase, test_two_cuts_need_two_heals);
    tcase_add_test(tcase, test_crash_resets_peer_and_supervisor_restarts);
    tcase_add_test(tcase, test_terminate);
    tcase_add_test(tcase, test_power_off_is_silent_and_boot_resets);
    tcase_add_test(tcase, test_stopped_process_stays_stopped_over_boot);
    tcase_add_test(tcase, test_pause_keeps_messages);
    tcase_add_test(tcase, test_free_closes_after_what_was_sent);
    tcase_add_test(tcase, test_unanswered_data_gives_up);
    tcase_add_test(tcase, test_extra_delay);
    suite_add_tcase(suite, tcase);
    return suite;
}
