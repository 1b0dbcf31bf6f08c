/* test_peers.c - several API servers of one store */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *peers_suite(void);

static Fixture fixture;
static ApiServer *second;
static Machine *other, *elsewhere;
static GString *log_;

static void
set_up(void)
{
    fixture_init(&fixture, FALSE);
    other = machine_new(fixture.world, &(MachineOptions){.name = "other", .ip = "10.0.0.9", .cpu_milli = 4000, .memory_bytes = 1 << 30});
    elsewhere = machine_new(fixture.world, &(MachineOptions){.name = "elsewhere", .ip = "10.0.0.10", .cpu_milli = 4000, .memory_bytes = 1 << 30});
    machine_power_on(other);
    machine_power_on(elsewhere);
    second = apiserver_new(&(ApiServerOptions){.sim = fixture.sim, .world = fixture.world, .machine = other, .etcd = fixture.etcd, .version_minor = 34, .first = fixture.server});
    process_start(apiserver_process(second));
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + NS_PER_S);
    log_ = g_string_new(NULL);
}

static void
tear_down(void)
{
    g_string_free(log_, TRUE);
    apiserver_free(second);
    fixture_clear(&fixture);
}

static void
run(gint64 ns)
{
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + ns);
}

static ApiRequest *
map_request(const char *name)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &config_map_kind, "default", NULL);

    request->object = api_object_new(&config_map_kind, "default", name);
    return request;
}

/* Through the second server. (owned) */
static ApiResponse *
second_call(ApiRequest *request)
{
    Fixture at_second = fixture;

    at_second.server = second;
    return fixture_call(&at_second, request);
}

static void
on_watch(gpointer user, WatchType type, const ApiObject *object, const ApiStatus *status)
{
    (void)status;
    g_string_append_printf(log_, "%s%s %s;", (const char *)user, watch_type_name(type), object != NULL ? api_name(object) : "");
}

static void
on_tap(gpointer user, WatchType type, const ApiObject *object)
{
    (void)user;
    if (object->kind == &config_map_kind)
        g_string_append_printf(log_, "%s %s;", watch_type_name(type), api_name(object));
}

/* What is written through one is seen through the other: at once in a read, and by who watches there. */
START_TEST(test_one_store)
{
    ApiWatch *watch = apiserver_watch(second, &config_map_kind, NULL, NULL, NULL, 0, on_watch, (gpointer) "");
    ApiResponse *response;

    run(100 * NS_PER_MS);
    g_string_truncate(log_, 0);
    api_response_free(fixture_call(&fixture, map_request("a")));
    response = second_call(api_request_new(VERB_LIST, &config_map_kind, "default", NULL));
    ck_assert_uint_eq(response->items->len, 1);
    api_response_free(response);
    run(100 * NS_PER_MS);
    ck_assert_str_eq(log_->str, "ADDED a;");
    response = second_call(map_request("a"));
    ck_assert_int_eq(response->code, 409);
    api_response_free(response);
    apiserver_watch_stop(watch);
}
END_TEST

/* A watch of a server that died goes on at the other from the last revision seen: nothing is lost, nothing comes twice. */
START_TEST(test_watch_goes_on)
{
    ApiWatch *watch = apiserver_watch(fixture.server, &config_map_kind, NULL, NULL, NULL, 0, on_watch, (gpointer) "");
    guint64 revision;

    run(100 * NS_PER_MS);
    api_response_free(fixture_call(&fixture, map_request("a")));
    run(100 * NS_PER_MS);
    revision = fixture_get(&fixture, &config_map_kind, "a")->resource_version;
    process_crash(apiserver_process(fixture.server), -1);
    apiserver_watch_stop(watch);
    api_response_free(second_call(map_request("b")));
    g_string_truncate(log_, 0);
    watch = apiserver_watch(second, &config_map_kind, NULL, NULL, NULL, revision, on_watch, (gpointer) "");
    run(NS_PER_S);
    api_response_free(second_call(map_request("c")));
    run(NS_PER_S);
    ck_assert_str_eq(log_->str, "ADDED b;ADDED c;");
    apiserver_watch_stop(watch);
}
END_TEST

/* Who looks on is told of each change once, whichever server lives. */
START_TEST(test_taps)
{
    apiserver_add_tap(fixture.server, on_tap, NULL);
    api_response_free(fixture_call(&fixture, map_request("a")));
    api_response_free(second_call(map_request("b")));
    run(100 * NS_PER_MS);
    process_crash(apiserver_process(fixture.server), -1);
    api_response_free(second_call(map_request("c")));
    run(100 * NS_PER_MS);
    ck_assert_str_eq(log_->str, "ADDED a;ADDED b;ADDED c;");
}
END_TEST

static ApiResponse *
make_service(Fixture *f, const char *name, const char *ip)
{
    g_autofree char *text = g_strdup_printf("{apiVersion: v1, kind: Service, metadata: {name: %s, namespace: default}, spec: {clusterIP: %s, ports: [{port: 80}]}}", name, ip);

    return fixture_create_text(f, text, 0);
}

/* An address that one server gave away is not given away by the other; it is free when its Service is gone. */
START_TEST(test_addresses)
{
    Fixture at_second = fixture;
    ApiResponse *response = make_service(&fixture, "a", "10.96.7.7");

    at_second.server = second;
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
    response = make_service(&at_second, "b", "10.96.7.7");
    ck_assert_int_eq(response->code, 422);
    api_response_free(response);
    process_crash(apiserver_process(fixture.server), -1);
    response = make_service(&at_second, "b", "10.96.7.7");
    ck_assert_int_eq(response->code, 422);
    api_response_free(response);
    api_response_free(second_call(api_request_new(VERB_DELETE, &service_kind, "default", "a")));
    run(NS_PER_S);
    response = make_service(&at_second, "b", "10.96.7.7");
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
}
END_TEST

/* Limits are each server's own. */
START_TEST(test_limits)
{
    Fixture at_second = fixture;
    Reply replies[202];

    at_second.server = second;
    for (guint i = 0; i < 201; i++)
        fixture_send(&fixture, map_request(str_internf("m%u", i)), &replies[i]);
    fixture_send(&at_second, map_request("other"), &replies[201]);
    run(NS_PER_S);
    ck_assert_int_eq(replies[200].response->code, 429);
    ck_assert_int_eq(replies[201].response->code, 201);
    for (guint i = 0; i < 202; i++)
        reply_clear(&replies[i]);
}
END_TEST

static char *
endpoints(void)
{
    const EndpointSliceBody *body = endpoint_slice_body(fixture_get(&fixture, &endpoint_slice_kind, "kubernetes"));
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < body->endpoints.count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", body->endpoints.items[i].addresses.items[0]);
    return g_string_free(text, FALSE);
}

static void
expect_endpoints(const char *want)
{
    g_autofree char *got = endpoints();

    ck_assert_str_eq(got, want);
}

/* v1.34 reconcilers/lease.go: 15 s after the last sign of life, at a look every 10 s; at once in an orderly end */
START_TEST(test_kubernetes_endpoints)
{
    const char *ip = machine_ip(fixture.machine);
    g_autofree char *both = g_strdup_printf("%s,10.0.0.9", ip);

    run(NS_PER_S);
    expect_endpoints(both);
    process_crash(apiserver_process(second), -1);
    run(4 * NS_PER_S);
    expect_endpoints(both);
    run(22 * NS_PER_S);
    expect_endpoints(ip);
    process_start(apiserver_process(second));
    run(NS_PER_S);
    expect_endpoints(both);
    process_terminate(apiserver_process(second), -1);
    run(100 * NS_PER_MS);
    expect_endpoints(ip);
}
END_TEST

/*
 * kubeadm ha-considerations: "inter 10s downinter 5s rise 2 fall 2", round robin; who has a server on
 * its own machine speaks to that one
 */
START_TEST(test_balancer)
{
    gboolean is_balanced;
    guint n_second = 0;

    for (guint i = 0; i < 10; i++)
        n_second += apiserver_pick(fixture.server, elsewhere, &is_balanced) == second;
    ck_assert(is_balanced);
    ck_assert_uint_eq(n_second, 5);
    ck_assert_ptr_eq(apiserver_pick(fixture.server, other, &is_balanced), second);
    ck_assert(!is_balanced);
    process_crash(apiserver_process(second), -1);
    run(4 * NS_PER_S); /* at most one look: it stays */
    n_second = 0;
    for (guint i = 0; i < 10; i++)
        n_second += apiserver_pick(fixture.server, elsewhere, &is_balanced) == second;
    ck_assert_uint_eq(n_second, 5);
    run(12 * NS_PER_S); /* two looks, 10 and then 5 s apart */
    for (guint i = 0; i < 10; i++)
        ck_assert_ptr_eq(apiserver_pick(fixture.server, elsewhere, &is_balanced), fixture.server);
    ck_assert_ptr_eq(apiserver_pick(fixture.server, other, &is_balanced), second);
    process_start(apiserver_process(second));
    run(4 * NS_PER_S); /* the first good look at most */
    ck_assert_ptr_eq(apiserver_pick(fixture.server, elsewhere, &is_balanced), fixture.server);
    run(12 * NS_PER_S);
    n_second = 0;
    for (guint i = 0; i < 10; i++)
        n_second += apiserver_pick(fixture.server, elsewhere, &is_balanced) == second;
    ck_assert_uint_eq(n_second, 5);
}
END_TEST

/* An orderly end answers what has come. */
START_TEST(test_orderly_end)
{
    Reply reply;

    fixture_send(&fixture, map_request("a"), &reply);
    process_terminate(apiserver_process(fixture.server), -1);
    ck_assert(process_is_running(apiserver_process(fixture.server)));
    ck_assert(!apiserver_is_ready(fixture.server));
    run(NS_PER_S);
    ck_assert_int_eq(process_state(apiserver_process(fixture.server)), PROCESS_STOPPED);
    ck_assert_int_eq(reply.response->code, 201);
    reply_clear(&reply);
}
END_TEST

Suite *
peers_suite(void)
{
    Suite *suite = suite_create("peers");
    TCase *tcase = tcase_create("two");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_one_store);
    tcase_add_test(tcase, test_watch_goes_on);
    tcase_add_test(tcase, test_taps);
    tcase_add_test(tcase, test_addresses);
    tcase_add_test(tcase, test_limits);
    tcase_add_test(tcase, test_kubernetes_endpoints);
    tcase_add_test(tcase, test_balancer);
    tcase_add_test(tcase, test_orderly_end);
    suite_add_tcase(suite, tcase);
    return suite;
}
