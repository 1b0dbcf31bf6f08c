/* test_server.c - limits, faults, subresources, traces */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *server_suite(void);

static Fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, FALSE);
}

static void
tear_down(void)
{
    fixture_clear(&fixture);
}

static ApiRequest *
map_request(const char *name)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &config_map_kind, "default", NULL);

    request->object = api_object_new(&config_map_kind, "default", name);
    return request;
}

/*
 * filters/maxinflight.go: 200 writes at once, the next is told to come again; reads have their
 * own limit
 */
START_TEST(test_in_flight)
{
    Reply replies[202];
    Reply exempt;
    ApiRequest *request;

    for (guint i = 0; i < 201; i++)
        fixture_send(&fixture, map_request(str_internf("m%u", i)), &replies[i]);
    fixture_send(&fixture, api_request_new(VERB_GET, &config_map_kind, "default", "m0"),
                 &replies[201]);
    request = map_request("admin");
    request->user = str_intern("kubernetes-admin");
    fixture_send(&fixture, request, &exempt);
    ck_assert_ptr_nonnull(replies[200].response);
    ck_assert_int_eq(replies[200].response->code, 429);
    ck_assert_int_eq(replies[200].response->status->retry_after_s, 1);
    ck_assert_str_eq(replies[200].response->status->message,
                     "Too many requests, please try again later.");
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + NS_PER_S);
    for (guint i = 0; i < 200; i++)
        ck_assert_int_eq(replies[i].response->code, 201);
    ck_assert_int_eq(exempt.response->code, 201);
    ck_assert_int_eq(replies[201].response->code, 404);
    ck_assert_uint_eq(apiserver_counters(fixture.server)->throttled, 1);
    for (guint i = 0; i < 202; i++)
        reply_clear(&replies[i]);
    reply_clear(&exempt);
    api_response_free(fixture_call(&fixture, map_request("again")));
}
END_TEST

/* A crash answers nobody; the server comes back with what etcd holds, some hundred ms later. */
START_TEST(test_crash)
{
    Reply lost;
    gint64 start_ns;
    ApiResponse *response;

    api_response_free(fixture_call(&fixture, map_request("a")));
    fixture_send(&fixture, map_request("b"), &lost);
    process_crash(apiserver_process(fixture.server), NS_PER_S);
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + 3 * NS_PER_S);
    ck_assert_ptr_null(lost.response);
    response = fixture_call(&fixture, api_request_new(VERB_LIST, &config_map_kind, NULL, NULL));
    ck_assert_uint_eq(response->items->len, 1);
    api_response_free(response);

    process_crash(apiserver_process(fixture.server), 0);
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + NS_PER_MS);
    start_ns = sim_now_ns(fixture.sim);
    response = fixture_call(&fixture, api_request_new(VERB_GET, &config_map_kind, "default", "a"));
    ck_assert_int_eq(response->code, 200);
    ck_assert_int_ge(sim_now_ns(fixture.sim) - start_ns, 100 * NS_PER_MS);
    ck_assert_int_le(sim_now_ns(fixture.sim) - start_ns, 500 * NS_PER_MS);
    api_response_free(response);
}
END_TEST

START_TEST(test_pause)
{
    Reply reply;
    Process *process = apiserver_process(fixture.server);

    fixture_send(&fixture, map_request("a"), &reply);
    process_pause(process);
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + NS_PER_S);
    ck_assert_ptr_null(reply.response);
    process_resume(process);
    fixture_settle(&fixture);
    ck_assert_int_eq(reply.response->code, 201);
    reply_clear(&reply);
}
END_TEST

/* etcd gone: writes and consistent reads fail after its 7 s */
START_TEST(test_no_etcd)
{
    gint64 start_ns;
    ApiResponse *response;

    process_crash(etcd_member_process(fixture.etcd, 0), -1);
    start_ns = sim_now_ns(fixture.sim);
    response = fixture_call(&fixture, map_request("a"));
    ck_assert_int_eq(response->code, 500);
    ck_assert_str_eq(response->status->message, "etcdserver: request timed out");
    ck_assert_int_ge(sim_now_ns(fixture.sim) - start_ns, 7 * NS_PER_S);
    ck_assert_int_le(sim_now_ns(fixture.sim) - start_ns, 7 * NS_PER_S + 100 * NS_PER_MS);
    api_response_free(response);
    response = fixture_call(&fixture, api_request_new(VERB_GET, &config_map_kind, "default", "a"));
    ck_assert_int_eq(response->code, 500);
    api_response_free(response);
}
END_TEST

START_TEST(test_extra_latency)
{
    Dist extra = DIST_CONST(NS_PER_S);
    gint64 start_ns = sim_now_ns(fixture.sim);

    apiserver_set_extra_latency(fixture.server, &extra);
    api_response_free(fixture_call(&fixture, map_request("a")));
    ck_assert_int_ge(sim_now_ns(fixture.sim) - start_ns, NS_PER_S);
    start_ns = sim_now_ns(fixture.sim);
    apiserver_set_extra_latency(fixture.server, NULL);
    api_response_free(fixture_call(&fixture, map_request("b")));
    ck_assert_int_le(sim_now_ns(fixture.sim) - start_ns, 100 * NS_PER_MS);
}
END_TEST

/* A single create on an idle cluster takes 4 to 8 ms for the client in the middle of many. */
static int
compare_times(const void *a, const void *b)
{
    gint64 left = *(const gint64 *)a;
    gint64 right = *(const gint64 *)b;

    return (left > right) - (left < right);
}

START_TEST(test_create_latency)
{
    gint64 times[101];

    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        gint64 start_ns = sim_now_ns(fixture.sim);

        api_response_free(fixture_call(&fixture, map_request(str_internf("m%u", i))));
        times[i] = sim_now_ns(fixture.sim) - start_ns;
    }
    qsort(times, G_N_ELEMENTS(times), sizeof *times, compare_times);
    ck_assert_int_ge(times[50], 3 * NS_PER_MS);
    ck_assert_int_le(times[50], 6 * NS_PER_MS);
}
END_TEST

/* --- subresources -------------------------------------------------------------------- */

static const char deployment_text[] =
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: "
    "{a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}";

static ApiResponse *
scale(const ApiKind *kind, const char *name, gint32 replicas)
{
    ApiRequest *request = api_request_new(VERB_UPDATE, kind, "default", name);

    request->subresource = str_intern("scale");
    request->scale_replicas = replicas;
    return fixture_call(&fixture, request);
}

START_TEST(test_scale)
{
    ApiResponse *response;

    api_response_free(fixture_create_text(&fixture, deployment_text, FIELD_VALIDATION_STRICT));
    response = scale(&deployment_kind, "d", 5);
    ck_assert_int_eq(response->code, 200);
    ck_assert_int_eq(deployment_spec(response->object)->replicas.value, 5);
    ck_assert_int_eq(response->object->meta->generation, 2);
    api_response_free(response);
    response = scale(&deployment_kind, "d", -1);
    ck_assert_int_eq(response->code, 422);
    api_response_free(response);
    response = scale(&deployment_kind, "nope", 1);
    ck_assert_int_eq(response->code, 404);
    ck_assert_str_eq(response->status->message, "deployments.apps \"nope\" not found");
    api_response_free(response);
    response = scale(&config_map_kind, "d", 1);
    ck_assert_str_eq(response->status->message, "the server could not find the requested resource");
    api_response_free(response);
}
END_TEST

START_TEST(test_eviction)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", "p");
    ApiResponse *response;

    api_response_free(fixture_create_text(&fixture,
                                          "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: "
                                          "{containers: [{name: c, image: i}]}}",
                                          FIELD_VALIDATION_STRICT));
    request->subresource = str_intern("eviction");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 201);
    ck_assert_ptr_null(fixture_get(&fixture, &pod_kind, "p"));
    api_response_free(response);
    request = api_request_new(VERB_CREATE, &pod_kind, "default", "p");
    request->subresource = str_intern("eviction");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 404);
    ck_assert_str_eq(response->status->message, "pods \"p\" not found");
    api_response_free(response);
}
END_TEST

static gboolean
set_running(ApiObject *pod, gpointer data)
{
    (void)data;
    ((PodStatus *)api_edit_status(pod))->phase = str_intern("Running");
    return TRUE;
}

/*
 * registry/core/pod/storage/eviction.go: a running pod says why it goes, then goes with its
 * grace
 */
START_TEST(test_eviction_of_running)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", "p");
    const Condition *condition;
    const ApiObject *pod;

    api_response_free(fixture_create_text(&fixture,
                                          "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: "
                                          "{nodeName: n1, containers: [{name: c, image: i}]}}",
                                          FIELD_VALIDATION_STRICT));
    request->subresource = str_intern("status");
    request->verb = VERB_PATCH;
    request->mutate = set_running;
    api_response_free(fixture_call(&fixture, request));
    request = api_request_new(VERB_CREATE, &pod_kind, "default", "p");
    request->subresource = str_intern("eviction");
    api_response_free(fixture_call(&fixture, request));
    pod = fixture_get(&fixture, &pod_kind, "p");
    ck_assert_int_eq(pod->meta->deletion_grace_s.value, 30);
    condition = condition_find(&pod_status(pod)->conditions, "DisruptionTarget");
    ck_assert_ptr_nonnull(condition);
    ck_assert_str_eq(condition->reason, "EvictionByEvictionAPI");
    ck_assert_str_eq(condition->message, "Eviction API: evicting");
}
END_TEST

/* Kinds without unconditional update want a revision. */
START_TEST(test_unconditional_update)
{
    ApiRequest *request = api_request_new(VERB_UPDATE, &lease_kind, "default", "l");
    ApiResponse *response;

    api_response_free(fixture_create(&fixture, api_object_new(&lease_kind, "default", "l")));
    fixture_settle(&fixture);
    request->object = api_object_new(&lease_kind, "default", "l");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 422);
    ck_assert_str_eq(response->status->message, "Lease.coordination.k8s.io \"l\" is invalid: "
                                                "metadata.resourceVersion: Invalid "
                                                "value: 0: must be specified for an update");
    api_response_free(response);
    request = api_request_new(VERB_UPDATE, &config_map_kind, "default", "m");
    request->object = api_object_new(&config_map_kind, "default", "m");
    api_response_free(fixture_call(&fixture, map_request("m")));
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 200);
    api_response_free(response);
}
END_TEST

/* --- lists --------------------------------------------------------------------------- */

/* A list sees every write that was answered before it, in the order of keys. */
START_TEST(test_list)
{
    ApiRequest *request = api_request_new(VERB_LIST, &config_map_kind, "default", NULL);
    ApiResponse *response;

    api_response_free(fixture_call(&fixture, map_request("b")));
    api_response_free(fixture_call(&fixture, map_request("a")));
    response = fixture_call(&fixture, request);
    ck_assert_uint_eq(response->items->len, 2);
    ck_assert_str_eq(api_name(response->items->pdata[0]), "a");
    ck_assert_uint_eq(response->revision, etcd_revision(fixture.etcd));
    api_response_free(response);
    request = api_request_new(VERB_LIST, &config_map_kind, "default", NULL);
    request->label_selector = "a in";
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 400);
    ck_assert_str_eq(response->status->message,
                     "unable to parse requirement: found '' expected: '('");
    api_response_free(response);
}
END_TEST

/* --- traces -------------------------------------------------------------------------- */

static TraceId watch_cause;

static void
on_event(gpointer user, WatchType type, const ApiObject *object, const ApiStatus *status)
{
    (void)user;
    (void)type;
    (void)object;
    (void)status;
    watch_cause = sim_cause(fixture.sim);
}

/* One record for a write, made at the commit: what watchers do is caused by it. */
START_TEST(test_trace)
{
    ApiRequest *request = map_request("m");
    ApiWatch *watch =
        apiserver_watch(fixture.server, &config_map_kind, NULL, NULL, NULL, 0, on_event, NULL);
    const TraceRecord *record;
    guint before;

    fixture_settle(&fixture);
    before = trace_count(sim_get_trace(fixture.sim));
    request->user = str_intern("system:test");
    request->reason = str_intern("because");
    api_response_free(fixture_call(&fixture, request));
    fixture_settle(&fixture);
    ck_assert_uint_eq(trace_count(sim_get_trace(fixture.sim)), before + 1);
    record = trace_get(sim_get_trace(fixture.sim), before + 1);
    ck_assert_str_eq(record->component, "system:test");
    ck_assert_str_eq(record->verb, "create");
    ck_assert_str_eq(record->object, "configmap/default/m");
    ck_assert_str_eq(record->reason, "because");
    ck_assert_uint_eq(watch_cause, before + 1);
    apiserver_watch_stop(watch);

    /* a refusal */
    request = map_request("Not_A_Name");
    api_response_free(fixture_call(&fixture, request));
    record = trace_get(sim_get_trace(fixture.sim), before + 2);
    ck_assert_str_eq(record->verb, "refused");
    ck_assert_str_eq(record->reason, "Invalid");
}
END_TEST

Suite *
server_suite(void)
{
    Suite *suite = suite_create("apiserver/server");
    TCase *tcase = tcase_create("server");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_in_flight);
    tcase_add_test(tcase, test_crash);
    tcase_add_test(tcase, test_pause);
    tcase_add_test(tcase, test_no_etcd);
    tcase_add_test(tcase, test_extra_latency);
    tcase_add_test(tcase, test_create_latency);
    tcase_add_test(tcase, test_scale);
    tcase_add_test(tcase, test_eviction);
    tcase_add_test(tcase, test_eviction_of_running);
    tcase_add_test(tcase, test_unconditional_update);
    tcase_add_test(tcase, test_list);
    tcase_add_test(tcase, test_trace);
    suite_add_tcase(suite, tcase);
    return suite;
}
