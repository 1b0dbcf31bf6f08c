/*
 * test_heartbeat.c - renewals that are computed are those that are played
 *
 * The way of a request to a quick server, by its parts: 200 us there, 300 us before the write, 1 ms for the write, 400 us
 * after it, 200 us back; and the bytes over cards of 125 MB/s.
 */

#include "tests/client/fixture.h"

#include "base/duration.h"
#include "client/heartbeat.h"
#include "client/informer.h"

#include <check.h>

Suite *heartbeat_suite(void);

static Fixture *f;
static Client *client;
static Heartbeat beat;
static gint64 written_ns, answer_ns;
static guint plays;

static void
on_renewed(gpointer user, gint64 at_ns)
{
    (void)user;
    answer_ns = at_ns;
}

static void
on_play(gpointer user)
{
    (void)user;
    plays++;
}

static const HeartbeatHooks hooks = {.renewed = on_renewed, .play = on_play};

static void
on_stored(gpointer user, EtcdKey *key, const ApiObject *value, const ApiObject *previous, guint64 revision)
{
    (void)user, (void)key, (void)previous, (void)revision;
    if (value != NULL && value->kind == &lease_kind)
        written_ns = sim_now_ns(f->sim);
}

static gboolean
on_takes(gpointer user)
{
    (void)user;
    return TRUE;
}

static void
on_renewed_there(gpointer user, EtcdKey *key, ApiTime renew_time, guint64 revision)
{
    (void)user, (void)key, (void)renew_time, (void)revision;
    written_ns = sim_now_ns(f->sim);
}

static gboolean
mutate(ApiObject *object, gpointer data)
{
    ((LeaseSpec *)api_edit_spec(object))->renew_time = *(const gint64 *)data;
    return TRUE;
}

static const ApiObject *
lease(void)
{
    return apiserver_peek(f->server, &lease_kind, str_intern("kube-node-lease"), str_intern("worker"));
}

static const EtcdRenewalHooks stored_hooks = {.takes = on_takes, .renewed = on_renewed_there};

static void
setup(void)
{
    ApiObject *object = api_object_new(&lease_kind, "kube-node-lease", "worker");
    LeaseSpec *spec = api_edit_spec(object);
    Answer answer = {0};

    f = fixture_new();
    client = fixture_client(f, 50, 100);
    spec->holder_identity = str_intern("worker");
    spec->lease_duration_s = OPT_INT32(40);
    spec->renew_time = NS_PER_S;
    answer.sim = f->sim;
    client_send(client, create_request(object), answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    ck_assert_int_eq(answer.code, 201);
    etcd_watch_renewals(f->etcd, etcd_watch(f->etcd, on_stored, NULL), &stored_hooks);
    heartbeat_init(&beat, client, str_intern("kube-node-lease"), str_intern("worker"), &hooks, NULL);
    world_set_calm(f->world, G_MAXINT64);
    written_ns = answer_ns = 0;
    plays = 0;
}

static void
teardown(void)
{
    heartbeat_clear(&beat);
    client_free(client);
    fixture_free(f);
}

/* Played: a PATCH through every part. Returns: events it took. */
static guint64
play_renewal(gint64 *renew_time, Answer *answer)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &lease_kind, "kube-node-lease", "worker");
    guint64 before = sim_counters(f->sim).events;

    request->mutate = mutate;
    request->mutate_data = renew_time;
    request->is_heartbeat = TRUE;
    *answer = (Answer){.sim = f->sim};
    client_send(client, request, answer_done, answer, NULL);
    fixture_run(f, NS_PER_S);
    return sim_counters(f->sim).events - before;
}

/* kube-apiserver filters/maxinflight.go: at most 200 requests that write at a time, and a renewal is one of them. */
START_TEST(test_crowd)
{
    gint64 before_ns, after_ns;
    Answer answer = {.sim = f->sim};
    Client *other = fixture_client(f, 1000, 1000);
    g_autofree char *name = NULL;

    client_send(other, create_request(config_map_new("first", "")), answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S); /* connected */
    ck_assert(apiserver_renewal_ns(f->server, &before_ns, &after_ns));
    for (guint i = 0; i < 99; i++) {
        name = (g_free(name), g_strdup_printf("crowd-%u", i));
        client_send(other, create_request(config_map_new(name, "")), answer_done, &answer, NULL);
    }
    fixture_run(f, 300 * NS_PER_US); /* all are there, none is written */
    ck_assert(apiserver_renewal_ns(f->server, &before_ns, &after_ns));
    client_send(other, create_request(config_map_new("crowd-99", "")), answer_done, &answer, NULL);
    fixture_run(f, 300 * NS_PER_US);
    ck_assert(!apiserver_renewal_ns(f->server, &before_ns, &after_ns));
    ck_assert(!heartbeat_renew(&beat, 2 * NS_PER_S));
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(answer.calls, 101);
    ck_assert(heartbeat_renew(&beat, 3 * NS_PER_S));
    fixture_run(f, NS_PER_S);
    client_free(other);
}
END_TEST

START_TEST(test_same_instants)
{
    gint64 first = 2 * NS_PER_S, second = 3 * NS_PER_S;
    gint64 begun_ns = sim_now_ns(f->sim);
    gint64 write_takes_ns, answer_takes_ns;
    guint64 revision, played, before;
    Answer answer;

    played = play_renewal(&first, &answer);
    ck_assert_int_eq(answer.code, 200);
    ck_assert_int_eq(lease_spec(lease())->renew_time, first);
    write_takes_ns = written_ns - begun_ns;
    answer_takes_ns = answer.at_ns - begun_ns;
    /* 200 + 300 + 1000 us, and 200 bytes at 125 MB/s. */
    ck_assert_int_eq(write_takes_ns, 1501600);

    begun_ns = sim_now_ns(f->sim);
    before = sim_counters(f->sim).events;
    revision = etcd_revision(f->etcd);
    ck_assert(heartbeat_renew(&beat, second));
    ck_assert_int_eq(etcd_revision(f->etcd), revision);
    fixture_run(f, NS_PER_S);
    ck_assert_int_eq(lease_spec(lease())->renew_time, second);
    ck_assert_uint_eq(lease()->resource_version, revision + 1);
    ck_assert_int_eq(written_ns - begun_ns, write_takes_ns);
    ck_assert_int_eq(answer_ns - begun_ns, answer_takes_ns);
    ck_assert_uint_eq(plays, 0);
    /* The write: nobody watches. */
    ck_assert_uint_eq(sim_counters(f->sim).events - before, 1);
    ck_assert_uint_gt(played, 4);
}
END_TEST

static void
slow_server(void)
{
    apiserver_set_extra_latency(f->server, &DIST_CONST(NS_PER_MS));
}

static void
pause_server(void)
{
    process_pause(apiserver_process(f->server));
}

static void
stop_etcd(void)
{
    process_stop(etcd_member_process(f->etcd, 0));
}

static void
slow_wire(void)
{
    machine_set_delay(f->worker, &DIST_CONST(NS_PER_MS), 0);
}

static void
lossy_wire(void)
{
    machine_set_delay(f->worker, NULL, 10);
}

static void
cut_wire(void)
{
    fixture_cut(f);
}

static void
fault_soon(void)
{
    world_set_calm(f->world, sim_now_ns(f->sim) + NS_PER_S / 2);
}

static void
lose_connection(void)
{
    client_reset(client);
}

static void
use_up_tokens(void)
{
    static Answer answers[101];

    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        answers[i] = (Answer){.sim = f->sim};
        client_send(client, get_request(&lease_kind, "kube-node-lease", "worker"), answer_done, &answers[i], NULL);
    }
}

/* Where an instant is not certain, the renewal is a request like others. */
START_TEST(test_played_instead)
{
    static void (*const disturbances[])(void) = {
        slow_server, pause_server, stop_etcd, slow_wire, lossy_wire, cut_wire, fault_soon, lose_connection, use_up_tokens,
    };
    guint64 revision = etcd_revision(f->etcd);

    disturbances[_i]();
    ck_assert(!heartbeat_renew(&beat, 2 * NS_PER_S));
    ck_assert(!beat.write.is_armed);
    ck_assert_uint_eq(etcd_revision(f->etcd), revision);
}
END_TEST

/* Somebody else's hand on the lease meanwhile: the owner has to see for itself. */
START_TEST(test_not_as_it_was)
{
    ApiRequest *request = api_request_new(VERB_DELETE, &lease_kind, "kube-node-lease", "worker");
    Answer answer = {.sim = f->sim};

    client_send(client, request, answer_done, &answer, NULL);
    fixture_run(f, 100 * NS_PER_US);
    ck_assert(heartbeat_renew(&beat, 2 * NS_PER_S));
    fixture_run(f, NS_PER_S);
    ck_assert_int_eq(answer.code, 200);
    ck_assert_ptr_null(lease());
    ck_assert_uint_eq(plays, 1);
    ck_assert_int_eq(answer_ns, 0);
}
END_TEST

/* Its owner's process ends: what is under way is forgotten. */
START_TEST(test_cleared)
{
    ck_assert(heartbeat_renew(&beat, 2 * NS_PER_S));
    heartbeat_clear(&beat);
    fixture_run(f, NS_PER_S);
    ck_assert_int_eq(lease_spec(lease())->renew_time, NS_PER_S);
    ck_assert_uint_eq(plays, 0);
}
END_TEST

/* --- those who only look --------------------------------------------------------------------- */

static InformerFactory *factory; /* the reader's */

static void
nothing(void)
{
}

static void
heal_wire(void)
{
    fixture_heal(f);
}

static void
pause_reader(void)
{
    process_pause(f->process);
}

static void
resume_reader(void)
{
    process_resume(f->process);
    informer_factory_resumed(factory);
}

static void
resume_server(void)
{
    process_resume(apiserver_process(f->server));
}

static void
crash_server(void)
{
    process_crash(apiserver_process(f->server), 100 * NS_PER_MS);
}

static void
on_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    (void)user, (void)old, (void)object;
}

#define N_LOOKS 60

static const struct {
    void (*begins)(void), (*ends)(void);
} troubles[] = {
    {nothing, nothing},
    {cut_wire, heal_wire},
    {pause_reader, resume_reader},
    {pause_server, resume_server},
    {crash_server, nothing},
};
/* After the write: in the server, on the wire (0.1 to 0.3 ms), in the reader's queue, there. */
static const gint64 trouble_after_us[] = {0, 50, 150, 299, 310, 400, 3000};

/* What an informer holds at many instants around a trouble that comes in the middle of a renewal, and after it. */
static void
look_at_renewal(guint trouble, gint64 after_us, gboolean is_told, gint64 seen[N_LOOKS])
{
    Client *reader;
    Informer *informer;

    setup();
    reader = fixture_client(f, 50, 100);
    factory = informer_factory_new(reader);
    informer = informer_factory_get(factory, &lease_kind, NULL);
    if (is_told)
        informer_add_handlers(informer, &(InformerHandlers){.updated = on_updated}, NULL);
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    ck_assert(heartbeat_renew(&beat, 2 * NS_PER_S));
    while (written_ns == 0)
        ck_assert(sim_step(f->sim));
    fixture_run(f, after_us * NS_PER_US);
    troubles[trouble].begins();
    for (guint i = 0; i < N_LOOKS; i++) {
        const ApiObject *object = informer_get(informer, str_intern("kube-node-lease"), str_intern("worker"));

        seen[i] = object == NULL ? 0 : lease_spec(object)->renew_time;
        fixture_run(f, i < N_LOOKS / 2 ? 50 * NS_PER_US : 200 * NS_PER_MS);
        if (i == N_LOOKS / 2)
            troubles[trouble].ends();
    }
    informer_factory_free(factory);
    client_free(reader);
    teardown();
}

/* A renewal that nobody is told of is seen when, and only when, it would be seen by one who is told. */
START_TEST(test_looked_up)
{
    gint64 told[N_LOOKS], looked[N_LOOKS];

    for (guint i = 0; i < G_N_ELEMENTS(trouble_after_us); i++) {
        look_at_renewal((guint)_i, trouble_after_us[i], TRUE, told);
        look_at_renewal((guint)_i, trouble_after_us[i], FALSE, looked);
        for (guint j = 0; j < N_LOOKS; j++)
            ck_assert_msg(told[j] == looked[j], "trouble %d, %" G_GINT64_FORMAT " us after the write, look %u: %" G_GINT64_FORMAT " and not %" G_GINT64_FORMAT,
                          _i, trouble_after_us[i], j, looked[j], told[j]);
        ck_assert_int_eq(told[N_LOOKS - 1], 2 * NS_PER_S);
    }
}
END_TEST

/* --- those who come back --------------------------------------------------------------------- */

#define N_RENEWALS 6

typedef struct {
    guint count;
    gint64 renew_time[N_RENEWALS + 1];
    guint64 revision[N_RENEWALS + 1];
    const char *label[N_RENEWALS + 1];
} Told;

static void
on_event(gpointer user, WatchType type, const ApiObject *object, const ApiStatus *status)
{
    Told *told = user;

    ck_assert_int_eq(type, WATCH_MODIFIED);
    ck_assert_ptr_null(status);
    ck_assert_uint_lt(told->count, G_N_ELEMENTS(told->revision));
    told->renew_time[told->count] = lease_spec(object)->renew_time;
    told->revision[told->count] = object->resource_version;
    told->label[told->count++] = str_map_get(&object->meta->labels, str_intern("by"));
}

static gboolean
mark(ApiObject *object, gpointer data)
{
    (void)data;
    str_map_set(&api_edit_meta(object)->labels, str_intern("by"), str_intern("hand"));
    return TRUE;
}

/* The past of a lease that was renewed with numbers, before and after somebody's hand on it, is told as it was. */
START_TEST(test_told_of_the_past)
{
    guint64 revision = etcd_revision(f->etcd);
    Informer *informer;
    Client *reader = fixture_client(f, 50, 100);
    Told told = {0};
    ApiWatch *watch;
    Answer answer = {.sim = f->sim};

    factory = informer_factory_new(reader);
    informer = informer_factory_get(factory, &lease_kind, NULL);
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    for (guint i = 0; i < N_RENEWALS; i++) {
        const ApiObject *seen;

        if (i == N_RENEWALS / 2) {
            ApiRequest *request = api_request_new(VERB_PATCH, &lease_kind, "kube-node-lease", "worker");

            request->mutate = mark;
            client_send(client, request, answer_done, &answer, NULL);
            fixture_run(f, NS_PER_S);
            ck_assert_int_eq(answer.code, 200);
        }
        ck_assert(heartbeat_renew(&beat, (i + 2) * NS_PER_S));
        fixture_run(f, NS_PER_S);
        if (i % 2 == 1)
            continue;
        seen = informer_get(informer, str_intern("kube-node-lease"), str_intern("worker"));
        ck_assert_int_eq(lease_spec(seen)->renew_time, (i + 2) * NS_PER_S);
        ck_assert(seen->meta->labels.count == (i < N_RENEWALS / 2 ? 0 : 1));
    }
    watch = apiserver_watch(f->server, &lease_kind, NULL, NULL, NULL, revision, on_event, &told);
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(told.count, N_RENEWALS + 1);
    for (guint i = 0; i < told.count; i++) {
        gboolean is_marked = i >= N_RENEWALS / 2;

        ck_assert_uint_eq(told.revision[i], revision + 1 + i);
        ck_assert_int_eq(told.renew_time[i], (is_marked ? i + 1 : i + 2) * NS_PER_S);
        ck_assert_ptr_eq(told.label[i], is_marked ? str_intern("hand") : NULL);
    }
    apiserver_watch_stop(watch);
    informer_factory_free(factory);
    client_free(reader);
}
END_TEST

Suite *
heartbeat_suite(void)
{
    Suite *suite = suite_create("heartbeat");
    TCase *tcase = tcase_create("renewals");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_crowd);
    tcase_add_test(tcase, test_same_instants);
    tcase_add_loop_test(tcase, test_played_instead, 0, 9);
    tcase_add_test(tcase, test_not_as_it_was);
    tcase_add_test(tcase, test_cleared);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, test_told_of_the_past);
    tcase = tcase_create("looked up");
    tcase_add_loop_test(tcase, test_looked_up, 0, G_N_ELEMENTS(troubles));
    suite_add_tcase(suite, tcase);
    return suite;
}
