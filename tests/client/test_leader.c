/* test_leader.c - the Lease protocol; v0.34 client-go tools/leaderelection */

#include "tests/client/fixture.h"

#include "base/duration.h"
#include "client/component.h"
#include "client/leader.h"

#include <check.h>

Suite *leader_suite(void);

typedef struct {
    Component *component;
    Leader *leader;
    gint64 elected_ns, lost_ns;
    guint elections;
    Sim *sim;
} Candidate;

static Fixture *f;
static Candidate one, two;

static void
on_elected(gpointer user)
{
    Candidate *candidate = user;

    candidate->elections++;
    candidate->elected_ns = sim_now_ns(candidate->sim);
}

static void
on_lost(gpointer user)
{
    Candidate *candidate = user;

    candidate->lost_ns = sim_now_ns(candidate->sim);
    process_stop(component_process(candidate->component));
}

static void
on_started(gpointer user)
{
    leader_start(((Candidate *)user)->leader);
}

static void
on_stopped(gpointer user)
{
    leader_reset(((Candidate *)user)->leader);
}

static void
on_released(gpointer user)
{
    process_exit(component_process(((Candidate *)user)->component));
}

static void
on_terminated(gpointer user)
{
    leader_release(((Candidate *)user)->leader, on_released);
}

static void
candidate_init(Candidate *candidate, const char *name, Machine *machine)
{
    ComponentOptions options = {
        .sim = f->sim,
        .world = f->world,
        .machine = machine,
        .server = f->server,
        .process_name = name,
        .hooks = {.started = on_started, .stopped = on_stopped, .terminated = on_terminated},
    };
    LeaderOptions leader_options = {"kube-test", name, on_elected, on_lost};

    *candidate = (Candidate){.sim = f->sim};
    candidate->component = component_new(&options, candidate);
    candidate->leader =
        leader_new(component_client(candidate->component), &leader_options, candidate);
}

static void
set_up(void)
{
    f = fixture_new();
    candidate_init(&one, "one", f->worker);
    candidate_init(&two, "two", f->control);
    process_start(component_process(one.component));
    fixture_run(f, 100 * NS_PER_MS);
    process_start(component_process(two.component));
    fixture_run(f, 30 * NS_PER_S);
}

static void
tear_down(void)
{
    leader_free(one.leader);
    leader_free(two.leader);
    component_free(one.component);
    component_free(two.component);
    fixture_free(f);
}

static const LeaseSpec *
lease(void)
{
    return lease_spec(apiserver_peek(f->server, &lease_kind, "kube-system", "kube-test"));
}

START_TEST(test_first_come)
{
    ck_assert(leader_is_leading(one.leader));
    ck_assert(!leader_is_leading(two.leader));
    ck_assert_int_lt(one.elected_ns, 100 * NS_PER_MS);
    ck_assert_str_eq(lease()->holder_identity, "one");
    ck_assert_int_eq(lease()->lease_duration_s.value, 15);
    ck_assert_int_eq(lease()->lease_transitions.value, 0);
    /* renewed every 2 s */
    ck_assert_int_ge(lease()->renew_time, sim_wall_ns(f->sim) - 2100 * NS_PER_MS);
}
END_TEST

/*
 * takeover 15 s after the record was seen to change last, plus a retry: 13 to 24 s
 * after the crash
 */
START_TEST(test_crash_of_the_leader)
{
    gint64 crash_ns = sim_now_ns(f->sim);

    process_crash(component_process(one.component), -1);
    fixture_run(f, 30 * NS_PER_S);
    ck_assert(leader_is_leading(two.leader));
    ck_assert_int_ge(two.elected_ns - crash_ns, 13 * NS_PER_S);
    ck_assert_int_le(two.elected_ns - crash_ns, 24 * NS_PER_S);
    ck_assert_str_eq(lease()->holder_identity, "two");
    ck_assert_int_eq(lease()->lease_transitions.value, 1);
}
END_TEST

/* v0.34 leaderelection.go, resourcelock/leaselock.go: RecordEvent: about the Lease, in its namespace */
START_TEST(test_who_leads_is_told)
{
    Candidate alone = {.sim = f->sim};
    Recorder *recorder =
        recorder_new(component_client(one.component), &(RecorderOptions){.component = "told"});
    LeaderOptions options = {"kube-told", "me", on_elected, on_lost, recorder};
    g_autoptr(GPtrArray) events = NULL;
    const EventBody *event = NULL;

    alone.component = one.component;
    alone.leader = leader_new(component_client(one.component), &options, &alone);
    leader_start(alone.leader);
    fixture_run(f, 5 * NS_PER_S);
    events = apiserver_peek_list(f->server, &event_kind, "kube-system");
    for (guint i = 0; i < events->len; i++)
        if (str_is(event_body(events->pdata[i])->reason, "LeaderElection"))
            event = event_body(events->pdata[i]);
    ck_assert_ptr_nonnull(event);
    ck_assert_str_eq(event->message, "me became leader");
    ck_assert_str_eq(event->involved_object.kind, "Lease");
    ck_assert_str_eq(event->involved_object.name, "kube-told");
    ck_assert_str_eq(event->source.component, "told");
    leader_free(alone.leader);
    recorder_free(recorder);
}
END_TEST

/* a leader that cannot renew for 10 s stops before anybody else begins */
START_TEST(test_leader_is_cut_off)
{
    gint64 cut_ns = sim_now_ns(f->sim);

    fixture_cut(f);
    fixture_run(f, 40 * NS_PER_S);
    ck_assert_int_gt(one.lost_ns, cut_ns + 9 * NS_PER_S);
    ck_assert_int_le(one.lost_ns, cut_ns + 13 * NS_PER_S);
    ck_assert(leader_is_leading(two.leader));
    ck_assert_int_gt(two.elected_ns, one.lost_ns);
}
END_TEST

/* a new life has a new identity: it waits like everybody else, unless it was given one */
START_TEST(test_restarted_leader_waits)
{
    Candidate alone = {.sim = f->sim};
    LeaderOptions options = {"kube-alone", NULL, on_elected, on_lost};
    gint64 crash_ns;

    process_stop(component_process(one.component));
    alone.component = two.component;
    alone.leader = leader_new(component_client(two.component), &options, &alone);
    leader_start(alone.leader);
    fixture_run(f, 10 * NS_PER_S);
    ck_assert_uint_eq(alone.elections, 1);
    ck_assert(g_str_has_prefix(lease_spec(apiserver_peek(f->server, &lease_kind, "kube-system",
                                                         "kube-alone"))
                                   ->holder_identity,
                               "control_"));
    leader_reset(alone.leader);
    client_cancel(component_client(two.component), alone.leader);
    crash_ns = sim_now_ns(f->sim);
    leader_start(alone.leader);
    fixture_run(f, 30 * NS_PER_S);
    ck_assert_uint_eq(alone.elections, 2);
    ck_assert_int_ge(alone.elected_ns - crash_ns, 15 * NS_PER_S);
    leader_free(alone.leader);
}
END_TEST

START_TEST(test_restarted_leader_takes_its_own_lease_again)
{
    process_crash(component_process(one.component), NS_PER_S);
    fixture_run(f, 10 * NS_PER_S);
    ck_assert(leader_is_leading(one.leader));
    ck_assert_uint_eq(one.elections, 2);
    ck_assert_int_eq(lease()->lease_transitions.value, 0);
}
END_TEST

/*
 * v0.34 leaderelection.go release: no holder, a lease of one second, the transitions kept; the
 * next one who looks (2 to 4.4 s) takes it and counts a transition.
 */
START_TEST(test_orderly_end_gives_the_lease_back)
{
    gint64 end_ns = sim_now_ns(f->sim);

    process_terminate(component_process(one.component), -1);
    fixture_run(f, 100 * NS_PER_MS);
    ck_assert_int_eq(process_state(component_process(one.component)), PROCESS_STOPPED);
    ck_assert_str_eq(lease()->holder_identity, "");
    ck_assert_int_eq(lease()->lease_duration_s.value, 1);
    ck_assert_int_eq(lease()->lease_transitions.value, 0);
    ck_assert_int_eq(lease()->renew_time, lease()->acquire_time);
    fixture_run(f, 5 * NS_PER_S);
    ck_assert(leader_is_leading(two.leader));
    ck_assert_int_le(two.elected_ns - end_ns, 4500 * NS_PER_MS);
    ck_assert_str_eq(lease()->holder_identity, "two");
    ck_assert_int_eq(lease()->lease_duration_s.value, 15);
    ck_assert_int_eq(lease()->lease_transitions.value, 1);
}
END_TEST

/* who does not lead has nothing to give back; who cannot reach the server ends without (release: two requests of 5 s) */
START_TEST(test_end_without_release)
{
    process_terminate(component_process(two.component), -1);
    ck_assert_int_eq(process_state(component_process(two.component)), PROCESS_STOPPED);
    ck_assert_str_eq(lease()->holder_identity, "one");
    fixture_cut(f);
    process_terminate(component_process(one.component), -1);
    ck_assert(process_is_running(component_process(one.component)));
    fixture_run(f, 11 * NS_PER_S);
    ck_assert_int_eq(process_state(component_process(one.component)), PROCESS_STOPPED);
    ck_assert_str_eq(lease()->holder_identity, "one");
}
END_TEST

/*
 * leaderelection_test.go testTryAcquireOrRenew: who may take a Lease that is there, and how often it has changed
 * hands then; "baz" looks every 2 to 4.4 s.
 */
static const struct {
    const char *name, *holder; /* NULL: there is no Lease; "-": it says nothing */
    gint32 duration_s, transitions;
    gint64 min_ns, max_ns; /* until baz leads */
    gint32 transitions_then;
} take_rows[] = {
    {"acquire from no object", NULL, 0, 0, 0, 100 * NS_PER_MS, 0},
    {"acquire from object without annotations", "-", 0, 0, 0, 100 * NS_PER_MS, 1},
    {"acquire from unled object", "", 0, 0, 0, 100 * NS_PER_MS, 1},
    {"acquire from empty led, acked object", "", 15, 7, 0, 100 * NS_PER_MS, 8},
    {"acquire from led object with the lease duration seconds", "bing", 3, 0, 3 * NS_PER_S, 9 * NS_PER_S, 1},
    {"acquire from led, unacked object", "bing", 0, 0, 0, 100 * NS_PER_MS, 1},
    {"don't acquire from led, acked object", "bing", 15, 2, 15 * NS_PER_S, 20 * NS_PER_S, 3},
    {"renew already acquired object", "baz", 15, 2, 0, 100 * NS_PER_MS, 2},
};

START_TEST(test_take)
{
    Candidate alone = {.sim = f->sim};
    LeaderOptions options = {"kube-take", "baz", on_elected, on_lost};
    gint64 start_ns;
    const LeaseSpec *after;

    if (take_rows[_i].holder != NULL) {
        ApiObject *object = api_object_new(&lease_kind, str_intern("kube-system"), str_intern("kube-take"));
        LeaseSpec *spec = api_edit_spec(object);
        static Answer answer;

        if (!str_is(take_rows[_i].holder, "-")) {
            spec->holder_identity = str_intern(take_rows[_i].holder);
            if (take_rows[_i].duration_s > 0)
                spec->lease_duration_s = OPT_INT32(take_rows[_i].duration_s);
            spec->lease_transitions = OPT_INT32(take_rows[_i].transitions);
            spec->acquire_time = spec->renew_time = sim_wall_ns(f->sim) / NS_PER_S * NS_PER_S;
        }
        answer = (Answer){.sim = f->sim};
        client_send(component_client(two.component), create_request(object), answer_done, &answer, NULL);
        fixture_run(f, NS_PER_S);
        ck_assert_msg(answer.code == 201, "%s: %d %s", take_rows[_i].name, answer.code, answer.message);
    }
    alone.component = two.component;
    alone.leader = leader_new(component_client(two.component), &options, &alone);
    start_ns = sim_now_ns(f->sim);
    leader_start(alone.leader);
    fixture_run(f, 30 * NS_PER_S);
    ck_assert_msg(alone.elections == 1 && alone.elected_ns - start_ns >= take_rows[_i].min_ns &&
                      alone.elected_ns - start_ns <= take_rows[_i].max_ns,
                  "%s: %u, after %d ms", take_rows[_i].name, alone.elections, (int)((alone.elected_ns - start_ns) / NS_PER_MS));
    after = lease_spec(apiserver_peek(f->server, &lease_kind, "kube-system", "kube-take"));
    ck_assert_str_eq(after->holder_identity, "baz");
    ck_assert_msg(after->lease_transitions.value == take_rows[_i].transitions_then, "%s: %d", take_rows[_i].name,
                  after->lease_transitions.value);
    leader_free(alone.leader);
}
END_TEST

Suite *
leader_suite(void)
{
    Suite *suite = suite_create("leader");
    TCase *tcase = tcase_create("lease");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_first_come);
    tcase_add_test(tcase, test_crash_of_the_leader);
    tcase_add_test(tcase, test_who_leads_is_told);
    tcase_add_test(tcase, test_leader_is_cut_off);
    tcase_add_test(tcase, test_restarted_leader_waits);
    tcase_add_test(tcase, test_restarted_leader_takes_its_own_lease_again);
    tcase_add_test(tcase, test_orderly_end_gives_the_lease_back);
    tcase_add_test(tcase, test_end_without_release);
    tcase_add_loop_test(tcase, test_take, 0, G_N_ELEMENTS(take_rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
