/* test_client.c - requests over the wire: tokens, time-outs, lost connections, watches */

#include "tests/client/fixture.h"

#include "base/duration.h"
#include "client/informer.h"

#include <check.h>

Suite *client_suite(void);

static Fixture *f;
static Client *client;

static void
begin(guint qps, guint burst)
{
    f = fixture_new();
    client = fixture_client(f, qps, burst);
}

static void
end(void)
{
    client_free(client);
    fixture_free(f);
}

START_TEST(test_create_then_get)
{
    Answer created = {.sim = f->sim};
    Answer got = {.sim = f->sim};

    client_send(client, create_request(config_map_new("a", "1")), answer_done, &created,
                answer_freed);
    fixture_run(f, 100 * NS_PER_MS);
    ck_assert_uint_eq(created.calls, 1);
    ck_assert_uint_eq(created.freed, 1);
    ck_assert_int_eq(created.code, 201);
    client_send(client, get_request(&config_map_kind, "default", "a"), answer_done, &got, NULL);
    client_send(client, get_request(&config_map_kind, "default", "b"), answer_done, &created, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    ck_assert_int_eq(got.code, 200);
    ck_assert_int_eq(created.code, 404);
}
END_TEST

typedef struct {
    const ApiObject *object;
    const ObjectMeta *meta;
    guint created;
} Kept;

static void
keep_object(gpointer user, const ApiResponse *response)
{
    Kept *kept = user;

    kept->object = response->object;
    kept->meta = response->object == NULL ? NULL : response->object->meta;
    kept->created += response->code == 201;
}

/* what nobody else holds is stored as it was sent; what somebody holds stays as it is */
START_TEST(test_created_object_is_not_copied)
{
    ApiObject *given = config_map_new("a", "1");
    const ObjectMeta *given_meta = given->meta;
    g_autoptr(ApiObject) held = config_map_new("b", "1");
    Kept kept = {0};

    client_send(client, create_request(given), keep_object, &kept, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    ck_assert_ptr_eq(kept.object, given);
    ck_assert_ptr_eq(kept.meta, given_meta);
    client_send(client, create_request(api_object_ref(held)), keep_object, &kept, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    ck_assert_uint_eq(kept.created, 2);
    ck_assert_ptr_ne(kept.object, held);
    ck_assert_ptr_null(api_uid(held));
    ck_assert_uint_eq(held->ref_count, 1);
}
END_TEST

/* refused at the door, it is sent again with its object: more at once than the server takes */
START_TEST(test_throttled_creates_keep_their_objects)
{
    Kept kept = {0};

    end();
    begin(0, 0);
    for (guint i = 0; i < 300; i++)
        client_send(client, create_request(config_map_new(str_internf("c%u", i), "1")), keep_object, &kept, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    ck_assert_uint_lt(kept.created, 300);
    fixture_run(f, 3 * NS_PER_S);
    ck_assert_uint_eq(kept.created, 300);
}
END_TEST

/* v0.34 util/flowcontrol: burst at once, then one each 1/qps, in order of request */
START_TEST(test_tokens)
{
    Answer answers[34] = {0};
    gint64 start_ns;

    end();
    begin(20, 30);
    start_ns = sim_now_ns(f->sim);
    for (guint i = 0; i < 34; i++) {
        answers[i].sim = f->sim;
        client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &answers[i],
                    NULL);
    }
    ck_assert_int_eq(client_token_wait_ns(client), 250 * NS_PER_MS);
    fixture_run(f, NS_PER_S);
    ck_assert_int_lt(answers[29].at_ns, start_ns + 40 * NS_PER_MS);
    for (guint i = 30; i < 34; i++) {
        gint64 token_ns = start_ns + (i - 29) * 50 * NS_PER_MS;

        ck_assert_int_ge(answers[i].at_ns, token_ns);
        ck_assert_int_lt(answers[i].at_ns, token_ns + 20 * NS_PER_MS);
    }
    fixture_run(f, 2 * NS_PER_S);
    ck_assert_int_eq(client_token_wait_ns(client), 0);
}
END_TEST

START_TEST(test_refused_when_the_server_is_down)
{
    Answer answer = {.sim = f->sim};

    process_stop(apiserver_process(f->server));
    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &answer, NULL);
    fixture_run(f, 10 * NS_PER_MS);
    ck_assert_uint_eq(answer.calls, 1);
    ck_assert_int_eq(answer.code, 0);
    ck_assert_str_eq(answer.message, "connection refused");
    process_start(apiserver_process(f->server));
    fixture_run(f, 10 * NS_PER_S);
    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    ck_assert_int_eq(answer.code, 200);
}
END_TEST

/* rest/with_retry.go: a GET whose connection was reset is repeated after 1 s; a write is not */
START_TEST(test_server_crash_while_requests_are_under_way)
{
    Answer got = {.sim = f->sim};
    Answer created = {.sim = f->sim};

    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &got, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &got, NULL);
    client_send(client, create_request(config_map_new("a", "1")), answer_done, &created, NULL);
    fixture_run(f, 250 * NS_PER_US);
    process_crash(apiserver_process(f->server), 100 * NS_PER_MS);
    fixture_run(f, 10 * NS_PER_MS);
    ck_assert_uint_eq(created.calls, 1);
    ck_assert_int_eq(created.code, 0);
    ck_assert_str_eq(created.message, "connection reset by peer");
    ck_assert_uint_eq(got.calls, 1);
    fixture_run(f, 5 * NS_PER_S);
    ck_assert_uint_eq(got.calls, 2);
    ck_assert_int_eq(got.code, 200);
}
END_TEST

/*
 * a silent loss: noticed by the ping within 45 s; a request by its own time-out,
 * whichever is first
 */
static const struct {
    gint64 timeout_s;
    gint64 after_s, before_s;
    const char *message;
} silent_cases[] = {
    {10, 10, 11, "context deadline exceeded"},
    {0, 34, 35, "context deadline exceeded"},
    {120, 44, 46, "http2: client connection lost"},
};

START_TEST(test_silent_loss)
{
    Answer answer = {.sim = f->sim};
    ApiRequest *request = create_request(config_map_new("a", "1"));
    gint64 start_ns;

    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &answer, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    fixture_cut(f);
    start_ns = sim_now_ns(f->sim);
    request->timeout_ns = silent_cases[_i].timeout_s * NS_PER_S;
    client_send(client, request, answer_done, &answer, NULL);
    fixture_run(f, silent_cases[_i].after_s * NS_PER_S);
    ck_assert_msg(answer.calls == 1 ||
                      answer.at_ns - start_ns == silent_cases[_i].after_s * NS_PER_S,
                  "too early");
    fixture_run(f, (silent_cases[_i].before_s - silent_cases[_i].after_s) * NS_PER_S);
    ck_assert_uint_eq(answer.calls, 2);
    ck_assert_int_eq(answer.code, 0);
    ck_assert_str_eq(answer.message, silent_cases[_i].message);
}
END_TEST

START_TEST(test_partition_shorter_than_the_time_out_heals)
{
    Answer answer = {.sim = f->sim};

    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &answer, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    fixture_cut(f);
    client_send(client, create_request(config_map_new("a", "1")), answer_done, &answer, NULL);
    fixture_run(f, 10 * NS_PER_S);
    ck_assert_uint_eq(answer.calls, 1);
    fixture_heal(f);
    fixture_run(f, 15 * NS_PER_S);
    ck_assert_uint_eq(answer.calls, 2);
    ck_assert_int_eq(answer.code, 201);
}
END_TEST

START_TEST(test_reset_forgets_calls)
{
    Answer waiting = {.sim = f->sim};
    Answer sent = {.sim = f->sim};

    end();
    begin(1, 1);
    sent.sim = waiting.sim = f->sim;
    client_send(client, create_request(config_map_new("a", "1")), answer_done, &sent, answer_freed);
    client_send(client, create_request(config_map_new("b", "1")), answer_done, &waiting,
                answer_freed);
    fixture_run(f, 700 * NS_PER_US);
    process_crash(f->process, -1);
    client_reset(client);
    ck_assert_uint_eq(sent.freed, 1);
    ck_assert_uint_eq(waiting.freed, 1);
    fixture_run(f, 5 * NS_PER_S);
    ck_assert_uint_eq(sent.calls, 0);
    ck_assert_uint_eq(waiting.calls, 0);
    /* What had reached the server was done. */
    ck_assert_ptr_nonnull(apiserver_peek(f->server, &config_map_kind, "default", "a"));
    ck_assert_ptr_null(apiserver_peek(f->server, &config_map_kind, "default", "b"));
}
END_TEST

START_TEST(test_cancel)
{
    Answer a = {.sim = f->sim};
    Answer b = {.sim = f->sim};

    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &a,
                answer_freed);
    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &b,
                answer_freed);
    client_cancel(client, &a);
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(a.calls, 0);
    ck_assert_uint_eq(a.freed, 1);
    ck_assert_uint_eq(b.calls, 1);
}
END_TEST

/* two clients of a process share its connection but not their tokens */
START_TEST(test_shared_connection)
{
    Answer a = {.sim = f->sim};
    Answer b = {.sim = f->sim};
    ClientOptions options = {
        .sim = f->sim,
        .world = f->world,
        .process = f->process,
        .server = f->server,
        .user = "other",
        .share = client,
    };
    Client *other = client_new(&options);

    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &a, NULL);
    client_send(other, get_request(&namespace_kind, NULL, "default"), answer_done, &b, NULL);
    client_free(client);
    client = other;
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(a.calls, 0);
    ck_assert_uint_eq(b.calls, 1);
}
END_TEST

/* --- watches ---------------------------------------------------------------------------------- */

typedef struct {
    GString *log;
    guint closed;
    int code;
} Watched;

static void
on_event(gpointer user, WatchType type, const ApiObject *object)
{
    g_string_append_printf(((Watched *)user)->log, "%s %s;", watch_type_name(type),
                           api_name(object));
}

static void
on_closed(gpointer user, const ApiStatus *status)
{
    ((Watched *)user)->closed++;
    ((Watched *)user)->code = status->code;
}

static const ClientWatchHooks watch_hooks = {on_event, on_closed};

START_TEST(test_watch)
{
    Watched watched = {.log = g_string_new(NULL)};
    Answer answer = {.sim = f->sim};
    g_autoptr(ApiRequest) options =
        api_request_new(VERB_WATCH, &config_map_kind, str_intern("default"), NULL);
    ClientWatch *watch = client_watch(client, options, &watch_hooks, &watched);

    fixture_run(f, NS_PER_S);
    client_send(client, create_request(config_map_new("a", "1")), answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    client_send(client,
                api_request_new(VERB_DELETE, &config_map_kind, str_intern("default"),
                                str_intern("a")),
                answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    ck_assert_int_eq(answer.code, 200);
    ck_assert_str_eq(watched.log->str, "ADDED a;DELETED a;");
    client_watch_stop(watch);
    client_send(client, create_request(config_map_new("b", "1")), answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(watched.log->str, "ADDED a;DELETED a;");
    ck_assert_uint_eq(watched.closed, 0);
    g_string_free(watched.log, TRUE);
}
END_TEST

START_TEST(test_watch_ends_with_the_server)
{
    Watched watched = {.log = g_string_new(NULL)};
    g_autoptr(ApiRequest) options = api_request_new(VERB_WATCH, &namespace_kind, NULL, NULL);
    ClientWatch *watch = client_watch(client, options, &watch_hooks, &watched);

    fixture_run(f, NS_PER_S);
    process_crash(apiserver_process(f->server), -1);
    fixture_run(f, 10 * NS_PER_MS);
    ck_assert_uint_eq(watched.closed, 1);
    ck_assert_int_eq(watched.code, 0);
    client_watch_stop(watch);
    g_string_free(watched.log, TRUE);
}
END_TEST

START_TEST(test_watch_of_an_unknown_revision_range_expires)
{
    Watched watched = {.log = g_string_new(NULL)};
    g_autoptr(ApiRequest) options = api_request_new(VERB_WATCH, &config_map_kind, NULL, NULL);
    Answer answer = {.sim = f->sim};
    ClientWatch *watch;

    for (guint i = 0; i < 150; i++) {
        g_autofree char *name = g_strdup_printf("m%u", i);

        client_send(client, create_request(config_map_new(name, "1")), answer_done, &answer, NULL);
        fixture_run(f, NS_PER_S);
    }
    options->resource_version = 1;
    watch = client_watch(client, options, &watch_hooks, &watched);
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(watched.closed, 1);
    ck_assert_int_eq(watched.code, 410);
    client_watch_stop(watch);
    g_string_free(watched.log, TRUE);
}
END_TEST

/* A second server of the same store, on a machine of its own; the client is on a machine without one. */
static ApiServer *
second_server(void)
{
    Machine *machine = machine_new(f->world, &(MachineOptions){.name = "other", .ip = "10.0.0.3", .cpu_milli = 4000, .memory_bytes = 1 << 30});
    ApiServer *second = apiserver_new(&(ApiServerOptions){.sim = f->sim, .world = f->world, .machine = machine, .etcd = f->etcd, .version_minor = 34, .quick = TRUE, .first = f->server});

    machine_power_on(machine);
    process_start(apiserver_process(second));
    fixture_run(f, NS_PER_S);
    return second;
}

static guint64
requests_of(ApiServer *server, ApiVerb verb)
{
    return apiserver_counters(server)->requests[verb];
}

/*
 * kubeadm ha-considerations: round robin; "retries 1, option redispatch": who is sent to a server that
 * refuses is sent on to the next one
 */
START_TEST(test_balanced_servers)
{
    ApiServer *second = second_server();
    guint64 before = requests_of(f->server, VERB_GET) + requests_of(second, VERB_GET);

    process_crash(apiserver_process(second), -1);
    for (guint i = 0; i < 4; i++) { /* connections of their own: two of them are sent to the dead one first */
        Client *other = fixture_client(f, 0, 0);
        Answer answer = {.sim = f->sim};

        client_send(other, get_request(&namespace_kind, NULL, "default"), answer_done, &answer, NULL);
        fixture_run(f, 100 * NS_PER_MS);
        ck_assert_int_eq(answer.code, 200);
        client_free(other);
    }
    ck_assert_uint_eq(requests_of(f->server, VERB_GET) - before, 4);
    process_crash(apiserver_process(f->server), -1);
    {
        Answer answer = {.sim = f->sim};

        client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &answer, NULL);
        fixture_run(f, 100 * NS_PER_MS);
        ck_assert_str_eq(answer.message, "EOF");
    }
    apiserver_free(second);
}
END_TEST

/* v0.34 tools/cache/reflector.go: a watch that lasted goes on elsewhere from its last revision, without a list */
START_TEST(test_informer_goes_on_elsewhere)
{
    ApiServer *second = second_server();
    InformerFactory *factory = informer_factory_new(client);
    Informer *informer = informer_factory_get(factory, &config_map_kind, NULL);
    Answer answer = {.sim = f->sim};
    Client *writer;
    guint64 lists;
    gboolean at_first;

    informer_factory_start(factory);
    fixture_run(f, 10 * NS_PER_S);
    writer = fixture_client(f, 0, 0);
    client_send(writer, create_request(config_map_new("a", "1")), answer_done, &answer, NULL);
    fixture_run(f, 5 * NS_PER_S);
    ck_assert_ptr_nonnull(informer_get(informer, "default", "a"));
    lists = requests_of(f->server, VERB_LIST) + requests_of(second, VERB_LIST);
    at_first = requests_of(f->server, VERB_WATCH) > 0;
    process_crash(apiserver_process(at_first ? f->server : second), -1);
    client_send(writer, create_request(config_map_new("b", "1")), answer_done, &answer, NULL);
    fixture_run(f, 5 * NS_PER_S);
    client_send(writer, create_request(config_map_new("c", "1")), answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    ck_assert_int_eq(answer.code, 201);
    ck_assert_ptr_nonnull(informer_get(informer, "default", "c"));
    ck_assert_uint_eq(requests_of(f->server, VERB_LIST) + requests_of(second, VERB_LIST), lists);
    ck_assert_uint_eq(requests_of(at_first ? second : f->server, VERB_WATCH), 1);
    client_free(writer);
    informer_factory_free(factory);
    apiserver_free(second);
}
END_TEST

static void
set_up(void)
{
    begin(0, 0);
}

Suite *
client_suite(void)
{
    Suite *suite = suite_create("client");
    TCase *tcase = tcase_create("requests");

    tcase_add_checked_fixture(tcase, set_up, end);
    tcase_add_test(tcase, test_create_then_get);
    tcase_add_test(tcase, test_created_object_is_not_copied);
    tcase_add_test(tcase, test_throttled_creates_keep_their_objects);
    tcase_add_test(tcase, test_tokens);
    tcase_add_test(tcase, test_refused_when_the_server_is_down);
    tcase_add_test(tcase, test_server_crash_while_requests_are_under_way);
    tcase_add_loop_test(tcase, test_silent_loss, 0, G_N_ELEMENTS(silent_cases));
    tcase_add_test(tcase, test_partition_shorter_than_the_time_out_heals);
    tcase_add_test(tcase, test_reset_forgets_calls);
    tcase_add_test(tcase, test_cancel);
    tcase_add_test(tcase, test_shared_connection);
    tcase_add_test(tcase, test_watch);
    tcase_add_test(tcase, test_watch_ends_with_the_server);
    tcase_add_test(tcase, test_watch_of_an_unknown_revision_range_expires);
    tcase_add_test(tcase, test_balanced_servers);
    tcase_add_test(tcase, test_informer_goes_on_elsewhere);
    suite_add_tcase(suite, tcase);
    return suite;
}
