/* test_path.c - the plain life of objects: create, read, change, delete, watch */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *path_suite(void);

static Fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, TRUE);
}

static void
tear_down(void)
{
    fixture_clear(&fixture);
}

START_TEST(test_bootstrap)
{
    static const char *const namespaces[] = {"default", "kube-system", "kube-public",
                                             "kube-node-lease"};

    for (guint i = 0; i < G_N_ELEMENTS(namespaces); i++)
        ck_assert_ptr_nonnull(apiserver_peek(fixture.server, &namespace_kind, NULL, namespaces[i]));

    const ApiObject *service = fixture_get(&fixture, &service_kind, "kubernetes");

    ck_assert_ptr_nonnull(service);
    ck_assert_str_eq(service_spec(service)->cluster_ip, "10.96.0.1");
    ck_assert_ptr_nonnull(fixture_get(&fixture, &endpoint_slice_kind, "kubernetes"));
    ck_assert_ptr_nonnull(
        apiserver_peek(fixture.server, &priority_class_kind, NULL, "system-node-critical"));
}
END_TEST

static const char pod_text[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: p}}\n"
                               "spec: {containers: [{name: c, image: 'nginx:1'}]}\n";

static ApiRequest *
bind_request(const char *name, const char *node)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", name);

    request->subresource = str_intern("binding");
    request->object = api_object_new(&pod_kind, "default", name);
    ((PodSpec *)api_edit_spec(request->object))->node_name = str_intern(node);
    return request;
}

static void
call_ok(ApiRequest *request, int code)
{
    ApiResponse *response = fixture_call(&fixture, request);

    ck_assert_msg(response->code == code, "%d: %s", response->code,
                  response->status == NULL ? "" : response->status->message);
    api_response_free(response);
}

START_TEST(test_pod_life)
{
    ApiResponse *response = fixture_create_text(&fixture, pod_text, FIELD_VALIDATION_STRICT);
    const ApiObject *pod;

    ck_assert_int_eq(response->code, 201);
    ck_assert_uint_eq(strlen(api_uid(response->object)), 36);
    ck_assert_int_eq(response->object->meta->generation, 1);
    api_response_free(response);

    call_ok(bind_request("p", "n1"), 201);
    pod = fixture_get(&fixture, &pod_kind, "p");
    ck_assert_str_eq(pod_spec(pod)->node_name, "n1");
    ck_assert(condition_is(&pod_status(pod)->conditions, "PodScheduled", "True"));

    /* v1.34 registry/core/pod/storage: a pod is bound once */
    response = fixture_call(&fixture, bind_request("p", "n2"));
    ck_assert_int_eq(response->code, 409);
    ck_assert_str_eq(response->status->message, "Operation cannot be fulfilled on pods/binding "
                                                "\"p\": pod p is already assigned to node \"n1\"");
    api_response_free(response);

    /* graceful: it stays, with a deadline */
    call_ok(api_request_new(VERB_DELETE, &pod_kind, "default", "p"), 200);
    pod = fixture_get(&fixture, &pod_kind, "p");
    ck_assert_int_eq(pod->meta->generation, 2);
    ck_assert_int_eq(pod->meta->deletion_grace_s.value, 30);

    /* the kubelet is done with it */
    ApiRequest *request = api_request_new(VERB_DELETE, &pod_kind, "default", "p");

    request->has_grace = TRUE;
    call_ok(request, 200);
    ck_assert_ptr_null(fixture_get(&fixture, &pod_kind, "p"));
    call_ok(api_request_new(VERB_GET, &pod_kind, "default", "p"), 404);
}
END_TEST

static void
on_event(gpointer user, WatchType type, const ApiObject *object, const ApiStatus *status)
{
    GString *log = user;

    g_string_append_printf(log, "%s %s;", watch_type_name(type),
                           object == NULL ? status->message : api_name(object));
}

/* What watchers of one node, of all, and of labels see of a pod's life. */
START_TEST(test_watch)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GString) node = g_string_new(NULL);
    g_autoptr(GString) labels = g_string_new(NULL);
    g_autoptr(GString) past = g_string_new(NULL);
    ApiWatch *watches[4];
    guint64 start;

    watches[0] = apiserver_watch(fixture.server, &pod_kind, NULL, NULL, NULL, 0, on_event, all);
    watches[1] = apiserver_watch(fixture.server, &pod_kind, NULL, NULL, "spec.nodeName=n1", 0,
                                 on_event, node);
    watches[2] =
        apiserver_watch(fixture.server, &pod_kind, NULL, "app=q", NULL, 0, on_event, labels);
    fixture_settle(&fixture);
    start = etcd_revision(fixture.etcd);
    api_response_free(fixture_create_text(&fixture, pod_text, FIELD_VALIDATION_STRICT));
    call_ok(bind_request("p", "n1"), 201);

    ApiRequest *request = api_request_new(VERB_PATCH, &pod_kind, "default", "p");

    request->patch_type = PATCH_MERGE;
    request->body = fixture_parse("{metadata: {labels: {app: q}}}");
    call_ok(request, 200);
    request = api_request_new(VERB_PATCH, &pod_kind, "default", "p");
    request->patch_type = PATCH_MERGE;
    request->body = fixture_parse("{metadata: {labels: {app: r}}}");
    call_ok(request, 200);
    request = api_request_new(VERB_DELETE, &pod_kind, "default", "p");
    request->has_grace = TRUE;
    call_ok(request, 200);
    fixture_settle(&fixture);
    ck_assert_str_eq(all->str, "ADDED p;MODIFIED p;MODIFIED p;MODIFIED p;MODIFIED p;DELETED p;");
    ck_assert_str_eq(node->str, "ADDED p;MODIFIED p;MODIFIED p;MODIFIED p;DELETED p;");
    ck_assert_str_eq(labels->str, "ADDED p;DELETED p;");

    /* who comes back with a revision gets what it missed */
    watches[3] =
        apiserver_watch(fixture.server, &pod_kind, NULL, NULL, NULL, start + 3, on_event, past);
    fixture_settle(&fixture);
    ck_assert_str_eq(past->str, "MODIFIED p;MODIFIED p;DELETED p;");
    for (guint i = 0; i < G_N_ELEMENTS(watches); i++)
        apiserver_watch_stop(watches[i]);
}
END_TEST

/* storage/cacher: history that is gone is 410 */
START_TEST(test_watch_expired)
{
    g_autoptr(GString) log = g_string_new(NULL);
    ApiWatch *watch =
        apiserver_watch(fixture.server, &pod_kind, NULL, NULL, NULL, 1, on_event, log);

    process_crash(apiserver_process(fixture.server), 0);
    apiserver_watch_stop(watch);
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + 2 * NS_PER_S);

    guint64 revision = etcd_revision(fixture.etcd);

    watch = apiserver_watch(fixture.server, &pod_kind, NULL, NULL, NULL, 1, on_event, log);
    fixture_settle(&fixture);
    g_autofree char *want =
        g_strdup_printf("ERROR too old resource version: 1 (%" G_GUINT64_FORMAT ");", revision);
    ck_assert_str_eq(log->str, want);
    apiserver_watch_stop(watch);
}
END_TEST

static gboolean
set_label(ApiObject *object, gpointer data)
{
    const char *value = data;
    ObjectMeta *meta = api_edit_meta(object);

    if (str_is(str_map_get(&meta->labels, str_intern("v")), value))
        return FALSE;
    str_map_set(&meta->labels, str_intern("v"), str_intern(value));
    return TRUE;
}

static ApiRequest *
label_request(const char *value)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &pod_kind, "default", "p");

    request->mutate = set_label;
    request->mutate_data = (gpointer)value;
    return request;
}

/*
 * GuaranteedUpdate: a PATCH is applied anew, a PUT with an old revision is refused, what
 * changes nothing is not written
 */
START_TEST(test_conflicts)
{
    api_response_free(fixture_create_text(&fixture, pod_text, FIELD_VALIDATION_STRICT));

    g_autoptr(ApiObject) stale = api_object_copy(fixture_get(&fixture, &pod_kind, "p"));
    Reply replies[2];

    fixture_send(&fixture, label_request("1"), &replies[0]);
    fixture_send(&fixture, label_request("2"), &replies[1]);
    fixture_settle(&fixture);
    ck_assert_int_eq(replies[0].response->code, 200);
    ck_assert_int_eq(replies[1].response->code, 200);
    ck_assert_uint_gt(apiserver_counters(fixture.server)->conflicts, 0);
    reply_clear(&replies[0]);
    reply_clear(&replies[1]);

    guint64 revision = etcd_revision(fixture.etcd);

    call_ok(label_request("2"), 200);
    ck_assert_uint_eq(etcd_revision(fixture.etcd), revision);

    ApiRequest *request = api_request_new(VERB_UPDATE, &pod_kind, "default", "p");

    request->object = api_object_copy(stale);
    set_label(request->object, (gpointer) "3");

    ApiResponse *response = fixture_call(&fixture, request);

    ck_assert_int_eq(response->code, 409);
    ck_assert_str_eq(response->status->message,
                     "Operation cannot be fulfilled on pods \"p\": the object has been modified; "
                     "please apply your changes to the latest version and try again");
    api_response_free(response);
}
END_TEST

/* A status write keeps spec and owners (v1.34 podStatusStrategy.PrepareForUpdate), a main write keeps status. */
START_TEST(test_status)
{
    api_response_free(fixture_create_text(&fixture, pod_text, FIELD_VALIDATION_STRICT));
    fixture_settle(&fixture);

    ApiRequest *request = api_request_new(VERB_UPDATE, &pod_kind, "default", "p");

    request->subresource = str_intern("status");
    request->object = api_object_copy(fixture_get(&fixture, &pod_kind, "p"));
    ((PodStatus *)api_edit_status(request->object))->phase = str_intern("Running");
    ((PodSpec *)api_edit_spec(request->object))->node_name = str_intern("other");
    str_map_set(&api_edit_meta(request->object)->labels, str_intern("v"), str_intern("1"));
    *API_LIST_ADD(&api_edit_meta(request->object)->owner_references) =
        (OwnerReference){.api_version = str_intern("v1"), .kind = str_intern("Node"), .name = str_intern("n"), .uid = str_intern("u")};
    call_ok(request, 200);

    const ApiObject *pod = fixture_get(&fixture, &pod_kind, "p");

    ck_assert_str_eq(pod_status(pod)->phase, "Running");
    ck_assert_ptr_null(pod_spec(pod)->node_name);
    ck_assert_uint_eq(pod->meta->owner_references.count, 0);
    ck_assert_str_eq(str_map_get(&pod->meta->labels, str_intern("v")), "1");
    request = api_request_new(VERB_UPDATE, &pod_kind, "default", "p");
    request->object = api_object_copy(pod);
    ((PodStatus *)api_edit_status(request->object))->phase = str_intern("Failed");
    str_map_set(&api_edit_meta(request->object)->labels, str_intern("v"), str_intern("2"));
    call_ok(request, 200);
    pod = fixture_get(&fixture, &pod_kind, "p");
    ck_assert_str_eq(pod_status(pod)->phase, "Running");
    ck_assert_str_eq(str_map_get(&pod->meta->labels, str_intern("v")), "2");
}
END_TEST

/* quick: 0.3 ms of the server, one commit of 1 ms, and 0.4 ms in which the watchers are told first */
START_TEST(test_quick_latency)
{
    gint64 start_ns = sim_now_ns(fixture.sim);
    ApiResponse *response = fixture_create_text(&fixture, pod_text, FIELD_VALIDATION_STRICT);

    ck_assert_int_eq(sim_now_ns(fixture.sim) - start_ns, 1700 * NS_PER_US);
    api_response_free(response);
}
END_TEST

static guint
traced_of(const char *object)
{
    const Trace *trace = sim_get_trace(fixture.sim);
    guint count = 0;

    for (guint id = 1; id <= trace_count(trace); id++)
        count += str_is(trace_get(trace, id)->object, object);
    return count;
}

static void
write_lease(const char *holder, gint64 renewed_ns)
{
    ApiRequest *request = api_request_new(VERB_UPDATE, &lease_kind, "default", "l");
    LeaseSpec *spec;

    request->object = api_object_copy(fixture_get(&fixture, &lease_kind, "l"));
    spec = api_edit_spec(request->object);
    spec->holder_identity = str_intern(holder);
    spec->renew_time = renewed_ns;
    call_ok(request, 200);
    fixture_settle(&fixture);
}

/* Who holds a lease is told with its cause; that it is still held, every ten seconds of every node, is not. */
START_TEST(test_renewals_are_not_traced)
{
    static const char text[] = "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: l}\n"
                               "spec: {holderIdentity: a, leaseDurationSeconds: 40}\n";

    api_response_free(fixture_create_text(&fixture, text, FIELD_VALIDATION_STRICT));
    fixture_settle(&fixture);
    ck_assert_uint_eq(traced_of("lease/default/l"), 1);
    write_lease("a", 1000);
    write_lease("a", 2000);
    ck_assert_uint_eq(traced_of("lease/default/l"), 1);
    ck_assert_int_eq(lease_spec(fixture_get(&fixture, &lease_kind, "l"))->renew_time, 2000);
    write_lease("b", 3000);
    ck_assert_uint_eq(traced_of("lease/default/l"), 2);
}
END_TEST

static gint64
timed_label(Fixture *f, const char *value)
{
    gint64 start_ns = sim_now_ns(f->sim);

    api_response_free(fixture_call(f, label_request(value)));
    return sim_now_ns(f->sim) - start_ns;
}

/*
 * One machine for all: each write costs the others 2 ms, half of that 20 ms later; fitted to the gaps between the writes of
 * recorded rollouts. The first of two at once takes 2 ms longer than on a quick server, the second 4 ms; one alone, long
 * after, 2 ms again.
 */
START_TEST(test_shared_machine)
{
    Fixture shared;
    Reply replies[2];
    gint64 start_ns;

    fixture_init_shared(&shared, TRUE);
    api_response_free(fixture_create_text(&shared, pod_text, FIELD_VALIDATION_STRICT));
    sim_run_until(shared.sim, sim_now_ns(shared.sim) + 5 * NS_PER_S);
    start_ns = sim_now_ns(shared.sim);
    fixture_send(&shared, label_request("1"), &replies[0]);
    fixture_send(&shared, label_request("2"), &replies[1]);
    fixture_settle(&shared);
    ck_assert_int_eq(replies[0].at_ns - start_ns, 3700 * NS_PER_US);
    ck_assert_int_eq(replies[1].at_ns - start_ns, 5700 * NS_PER_US);
    reply_clear(&replies[0]);
    reply_clear(&replies[1]);
    sim_run_until(shared.sim, start_ns + 5 * NS_PER_S);
    ck_assert_int_eq(timed_label(&shared, "3"), 3700 * NS_PER_US);
    sim_run_until(shared.sim, start_ns + 5 * NS_PER_S + 20 * NS_PER_MS);
    ck_assert_int_eq(timed_label(&shared, "4"), 4700 * NS_PER_US);
    fixture_clear(&shared);
}
END_TEST

/*
 * Recorded on machines that also hold the nodes: a pod is bound 6 ms (median) after it was created
 * alone, 22 ms where a Deployment makes several; on another one all is done in half of that. Ten writes of one object
 * at once take 9/2 times 0.8 ms longer on average than ten by themselves, and then have each other's conflicts to get over.
 */
START_TEST(test_writes_at_once)
{
    Fixture shared;
    Reply replies[10];
    gint64 alone_ns = 0;
    gint64 together_ns = 0;
    gint64 start_ns;

    fixture_init_shared(&shared, FALSE);
    api_response_free(fixture_create_text(&shared, pod_text, FIELD_VALIDATION_STRICT));
    for (guint round = 0; round < 40; round++) {
        for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
            sim_run_until(shared.sim, sim_now_ns(shared.sim) + 5 * NS_PER_S);
            alone_ns += timed_label(&shared, str_internf("a%u-%u", round, i));
        }
        sim_run_until(shared.sim, sim_now_ns(shared.sim) + 5 * NS_PER_S);
        start_ns = sim_now_ns(shared.sim);
        for (guint i = 0; i < G_N_ELEMENTS(replies); i++)
            fixture_send(&shared, label_request(str_internf("t%u-%u", round, i)), &replies[i]);
        fixture_settle(&shared);
        for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
            together_ns += replies[i].at_ns - start_ns;
            reply_clear(&replies[i]);
        }
    }
    ck_assert_int_gt((together_ns - alone_ns) / 400, 7 * NS_PER_MS);
    ck_assert_int_lt((together_ns - alone_ns) / 400, 12 * NS_PER_MS);
    fixture_clear(&shared);
}
END_TEST

Suite *
path_suite(void)
{
    Suite *suite = suite_create("apiserver/path");
    TCase *tcase = tcase_create("path");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_bootstrap);
    tcase_add_test(tcase, test_pod_life);
    tcase_add_test(tcase, test_watch);
    tcase_add_test(tcase, test_watch_expired);
    tcase_add_test(tcase, test_conflicts);
    tcase_add_test(tcase, test_status);
    tcase_add_test(tcase, test_quick_latency);
    tcase_add_test(tcase, test_renewals_are_not_traced);
    tcase_add_test(tcase, test_shared_machine);
    tcase_add_test(tcase, test_writes_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
