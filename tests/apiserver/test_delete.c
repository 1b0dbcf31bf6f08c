/*
 * test_delete.c - graceful deletion, finalizers, propagation, namespaces (v1.34
 * registry/rest/delete.go, registry/generic/registry/store.go)
 */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *delete_suite(void);

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

static void
create(const char *text)
{
    ApiResponse *response = fixture_create_text(&fixture, text, FIELD_VALIDATION_STRICT);

    ck_assert_msg(response->code == 201, "%s",
                  response->status == NULL ? "" : response->status->message);
    api_response_free(response);
    fixture_settle(&fixture);
}

static void
bind(const char *name)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", name);

    request->subresource = str_intern("binding");
    request->object = api_object_new(&pod_kind, "default", name);
    ((PodSpec *)api_edit_spec(request->object))->node_name = str_intern("n1");
    api_response_free(fixture_call(&fixture, request));
    fixture_settle(&fixture);
}

/* @grace_s G_MININT64: not given */
static ApiResponse *
delete_pod(gint64 grace_s)
{
    ApiRequest *request = api_request_new(VERB_DELETE, &pod_kind, "default", "p");

    request->has_grace = grace_s != G_MININT64;
    request->grace_s = grace_s;
    return fixture_call(&fixture, request);
}

static const char pod_text[] =
    "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {"
    "terminationGracePeriodSeconds: 7, containers: [{name: c, image: i}]}}";

#define NONE G_MININT64
#define GONE -100

/* Period left after each delete, for a pod of 7 s on a node. */
static const struct {
    const char *name;
    gboolean is_bound;
    gint64 first, second;             /* requested */
    gint64 grace_first, grace_second; /* stored */
} grace_cases[] = {
    {"the pod's own period", TRUE, NONE, NONE, 7, 7},
    {"the option's", TRUE, 3, NONE, 3, 3},
    {"negative is one", TRUE, -5, NONE, 1, 1},
    {"nobody runs it", FALSE, NONE, NONE, GONE, GONE},
    {"at once", TRUE, 0, NONE, GONE, GONE},
    {"already deleting with 2, then 1", TRUE, 2, 1, 2, 1},
    {"already deleting with 1, then 2", TRUE, 1, 2, 1, 1},
    {"the kubelet is done", TRUE, NONE, 0, 7, GONE},
};

static void
check_grace(const char *name, gint64 want)
{
    const ApiObject *pod = fixture_get(&fixture, &pod_kind, "p");

    if (want == GONE) {
        ck_assert_msg(pod == NULL, "%s", name);
        return;
    }
    ck_assert_msg(pod != NULL, "%s", name);
    ck_assert_msg(pod->meta->deletion_grace_s.value == want, "%s: %d", name,
                  (int)pod->meta->deletion_grace_s.value);
    ck_assert_int_eq(pod->meta->generation, 2);
}

START_TEST(test_grace)
{
    create(pod_text);
    if (grace_cases[_i].is_bound)
        bind("p");
    api_response_free(delete_pod(grace_cases[_i].first));
    check_grace(grace_cases[_i].name, grace_cases[_i].grace_first);
    fixture_settle(&fixture);
    api_response_free(delete_pod(grace_cases[_i].second));
    check_grace(grace_cases[_i].name, grace_cases[_i].grace_second);
}
END_TEST

/* A hurried deletion does not end in the past. */
START_TEST(test_not_in_the_past)
{
    create(pod_text);
    bind("p");
    api_response_free(delete_pod(NONE));
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + 5 * NS_PER_S);
    api_response_free(delete_pod(3));

    const ApiObject *pod = fixture_get(&fixture, &pod_kind, "p");

    ck_assert_int_eq(pod->meta->deletion_grace_s.value, 1);
    ck_assert_int_eq(pod->meta->deletion_time, api_time_seconds(sim_wall_ns(fixture.sim)));
}
END_TEST

static void
on_event(gpointer user, WatchType type, const ApiObject *object, const ApiStatus *status)
{
    (void)status;
    g_string_append_printf(user, "%s %d;", watch_type_name(type),
                           object->meta->deletion_grace_s.is_set
                               ? (int)object->meta->deletion_grace_s.value
                               : -1);
}

/* Watchers see the last write and the removal, each with its own revision. */
START_TEST(test_events)
{
    g_autoptr(GString) log = g_string_new(NULL);
    ApiWatch *watch;

    create(pod_text);
    bind("p");
    watch = apiserver_watch(fixture.server, &pod_kind, NULL, NULL, NULL,
                            etcd_revision(fixture.etcd), on_event, log);
    fixture_settle(&fixture);
    api_response_free(delete_pod(NONE));
    fixture_settle(&fixture);
    api_response_free(delete_pod(0));
    fixture_settle(&fixture);
    ck_assert_str_eq(log->str, "MODIFIED 7;MODIFIED 0;DELETED 0;");
    apiserver_watch_stop(watch);
}
END_TEST

START_TEST(test_preconditions)
{
    ApiRequest *request = api_request_new(VERB_DELETE, &pod_kind, "default", "p");
    ApiResponse *response;

    create(pod_text);
    request->precondition_uid = str_intern("other");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 409);

    g_autofree char *want = g_strdup_printf(
        "Operation cannot be fulfilled on pods \"p\": the UID in the precondition (other) does not "
        "match the UID in record (%s). The object might have been deleted and then recreated",
        api_uid(fixture_get(&fixture, &pod_kind, "p")));

    ck_assert_str_eq(response->status->message, want);
    api_response_free(response);
}
END_TEST

/* --- finalizers ---------------------------------------------------------------------- */

static const char map_text[] =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, finalizers: [a/b]}}";

static gboolean
drop_finalizers(ApiObject *object, gpointer data)
{
    ObjectMeta *meta = api_edit_meta(object);

    (void)data;
    while (meta->finalizers.count > 0)
        str_list_remove(&meta->finalizers, meta->finalizers.items[0]);
    return TRUE;
}

static ApiRequest *
patch_request(const ApiKind *kind, const char *name, const char *text)
{
    ApiRequest *request =
        api_request_new(VERB_PATCH, kind, kind->is_namespaced ? "default" : NULL, name);

    request->patch_type = PATCH_MERGE;
    request->body = fixture_parse(text);
    return request;
}

START_TEST(test_finalizers)
{
    ApiResponse *response;
    ApiRequest *request;

    create(map_text);
    response =
        fixture_call(&fixture, api_request_new(VERB_DELETE, &config_map_kind, "default", "m"));
    ck_assert_int_eq(response->code, 200);
    ck_assert(api_is_deleting(response->object));
    api_response_free(response);
    ck_assert_ptr_nonnull(fixture_get(&fixture, &config_map_kind, "m"));
    fixture_settle(&fixture);

    response = fixture_call(&fixture, patch_request(&config_map_kind, "m",
                                                    "{metadata: {finalizers: [a/b, y/b]}}"));
    ck_assert_int_eq(response->code, 422);
    ck_assert_str_eq(response->status->message,
                     "ConfigMap \"m\" is invalid: metadata.finalizers: Forbidden: no new "
                     "finalizers "
                     "can be added if the object is being deleted, found new finalizers "
                     "[]string{\"y/b\"}");
    api_response_free(response);

    request = api_request_new(VERB_PATCH, &config_map_kind, "default", "m");
    request->mutate = drop_finalizers;
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 200);
    api_response_free(response);
    ck_assert_ptr_null(fixture_get(&fixture, &config_map_kind, "m"));
}
END_TEST

static const char deployment_text[] =
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: "
    "{a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}";

static const char controller_text[] =
    "{apiVersion: v1, kind: ReplicationController, metadata: {name: d}, spec: {selector: {a: b}, template: {metadata: "
    "{labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}";

/* The last two: registry/core/replicationcontroller/strategy.go, DefaultGarbageCollectionPolicy. */
static const struct {
    const char *propagation, *finalizer;
    const ApiKind *kind;
    const char *text;
} propagation_cases[] = {
    {NULL, NULL, &deployment_kind, deployment_text},
    {"Background", NULL, &deployment_kind, deployment_text},
    {"Foreground", "foregroundDeletion", &deployment_kind, deployment_text},
    {"Orphan", "orphan", &deployment_kind, deployment_text},
    {NULL, "orphan", &replication_controller_kind, controller_text},
    {"Background", NULL, &replication_controller_kind, controller_text},
};

START_TEST(test_propagation)
{
    ApiRequest *request = api_request_new(VERB_DELETE, propagation_cases[_i].kind, "default", "d");
    const ApiObject *object;

    create(propagation_cases[_i].text);
    request->propagation = propagation_cases[_i].propagation;
    api_response_free(fixture_call(&fixture, request));
    object = fixture_get(&fixture, propagation_cases[_i].kind, "d");
    if (propagation_cases[_i].finalizer == NULL) {
        ck_assert_ptr_null(object);
        return;
    }
    ck_assert_uint_eq(object->meta->finalizers.count, 1);
    ck_assert_str_eq(object->meta->finalizers.items[0], propagation_cases[_i].finalizer);
    ck_assert_int_eq(object->meta->generation, 2);
    ck_assert(object->meta->deletion_time != 0);
    ck_assert_int_eq(object->meta->deletion_grace_s.value, 0);
}
END_TEST

/* What is gone at once is answered with Success and details. */
START_TEST(test_success_details)
{
    ApiResponse *response;

    create(deployment_text);
    response =
        fixture_call(&fixture, api_request_new(VERB_DELETE, &deployment_kind, "default", "d"));
    ck_assert_int_eq(response->code, 200);
    ck_assert_ptr_nonnull(response->status);
    ck_assert_str_eq(response->status->name, "d");
    ck_assert_str_eq(response->status->group, "apps");
    ck_assert_str_eq(response->status->kind, "deployments");
    api_response_free(response);
}
END_TEST

START_TEST(test_collection)
{
    ApiRequest *request =
        api_request_new(VERB_DELETE_COLLECTION, &config_map_kind, "default", NULL);

    create("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {x: one}}}");
    create("{apiVersion: v1, kind: ConfigMap, metadata: {name: b, labels: {x: two}}}");
    create("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, labels: {x: one}}}");
    request->label_selector = "x=one";
    api_response_free(fixture_call(&fixture, request));
    ck_assert_ptr_null(fixture_get(&fixture, &config_map_kind, "a"));
    ck_assert_ptr_nonnull(fixture_get(&fixture, &config_map_kind, "b"));
    ck_assert_ptr_null(fixture_get(&fixture, &config_map_kind, "c"));
}
END_TEST

/* --- namespaces ---------------------------------------------------------------------- */

START_TEST(test_namespace)
{
    ApiResponse *response;
    ApiRequest *request;
    const ApiObject *object;

    create("{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
    response = fixture_call(&fixture, api_request_new(VERB_DELETE, &namespace_kind, NULL, "x"));
    ck_assert_int_eq(response->code, 200);
    api_response_free(response);
    object = fixture_get(&fixture, &namespace_kind, "x");
    ck_assert_str_eq(namespace_status(object)->phase, "Terminating");
    ck_assert(api_is_deleting(object));
    fixture_settle(&fixture);

    response = fixture_create(&fixture, api_object_new(&config_map_kind, "x", "m"));
    ck_assert_int_eq(response->code, 403);
    ck_assert_str_eq(response->status->message,
                     "configmaps \"m\" is forbidden: unable to create new content in namespace x "
                     "because it is being terminated");
    ck_assert_str_eq(response->status->causes.items[0].reason, "NamespaceTerminating");
    api_response_free(response);

    request = api_request_new(VERB_UPDATE, &namespace_kind, NULL, "x");
    request->subresource = str_intern("finalize");
    request->object = api_object_copy(object);
    str_list_remove(&((NamespaceSpec *)api_edit_spec(request->object))->finalizers,
                    str_intern("kubernetes"));
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 200);
    api_response_free(response);
    ck_assert_ptr_null(fixture_get(&fixture, &namespace_kind, "x"));
}
END_TEST

/* plugin/pkg/admission/namespace/lifecycle; v1.34 registry/scheduling/priorityclass/storage, Delete */
static const struct {
    const ApiKind *kind;
    const char *name, *message;
} immortal_cases[] = {
    {&namespace_kind, "default", "namespaces \"default\" is forbidden: this namespace may not be deleted"},
    {&namespace_kind, "kube-public", "namespaces \"kube-public\" is forbidden: this namespace may not be deleted"},
    {&priority_class_kind, "system-node-critical",
     "priorityclasses.scheduling.k8s.io \"system-node-critical\" is forbidden: this is a system priority class and "
     "cannot be deleted"},
    {&priority_class_kind, "system-cluster-critical",
     "priorityclasses.scheduling.k8s.io \"system-cluster-critical\" is forbidden: this is a system priority class and "
     "cannot be deleted"},
};

START_TEST(test_immortal)
{
    ApiResponse *response = fixture_call(
        &fixture, api_request_new(VERB_DELETE, immortal_cases[_i].kind, NULL, immortal_cases[_i].name));

    ck_assert_int_eq(response->code, 403);
    ck_assert_str_eq(response->status->message, immortal_cases[_i].message);
    api_response_free(response);
}
END_TEST

/*
 * v1.34 pkg/controlplane/controller: kubernetesservice looks each 10 s, systemnamespaces each minute, whether what the
 * server made at its start is still there, and makes it again; the priority classes are made at the start alone
 */
static const struct {
    const ApiKind *kind;
    const char *namespace_, *name;
    gint64 within_s; /* 0: it stays away */
} kept_cases[] = {
    {&service_kind, "default", "kubernetes", 10},
    {&endpoint_slice_kind, "default", "kubernetes", 10},
    {&service_kind, "default", "other", 0},
    {&config_map_kind, "default", "kubernetes", 0},
};

START_TEST(test_kept)
{
    const ApiKind *kind = kept_cases[_i].kind;
    const char *name = str_intern(kept_cases[_i].name);
    gint64 within_ns = kept_cases[_i].within_s * NS_PER_S;
    gint64 gone_ns;

    if (fixture_get(&fixture, kind, name) == NULL) {
        ApiObject *object = api_object_new(kind, kept_cases[_i].namespace_, name);

        if (kind == &service_kind) {
            ServicePort *port = API_LIST_ADD(&((ServiceSpec *)api_edit_spec(object))->ports);

            port->port = 80;
        }
        api_response_free(fixture_create(&fixture, object));
    }
    api_response_free(fixture_call(&fixture, api_request_new(VERB_DELETE, kind, kept_cases[_i].namespace_, name)));
    fixture_settle(&fixture);
    ck_assert_ptr_null(fixture_get(&fixture, kind, name));
    gone_ns = sim_now_ns(fixture.sim);
    if (within_ns == 0) {
        sim_run_until(fixture.sim, gone_ns + 70 * NS_PER_S);
        ck_assert_ptr_null(fixture_get(&fixture, kind, name));
        return;
    }
    for (gint64 at_ns = gone_ns; fixture_get(&fixture, kind, name) == NULL && at_ns <= gone_ns + 2 * within_ns;
         at_ns += NS_PER_MS)
        sim_run_until(fixture.sim, at_ns);
    ck_assert_ptr_nonnull(fixture_get(&fixture, kind, name));
    ck_assert_int_le(sim_now_ns(fixture.sim), gone_ns + within_ns + 100 * NS_PER_MS);
    if (kind == &service_kind)
        ck_assert_str_eq(service_spec(fixture_get(&fixture, kind, name))->cluster_ip, "10.96.0.1");
}
END_TEST

/* The Service that was deleted while no server ran comes back as soon as one is ready: both loops begin with a look. */
START_TEST(test_kept_after_restart)
{
    api_response_free(
        fixture_call(&fixture, api_request_new(VERB_DELETE, &service_kind, "default", "kubernetes")));
    process_crash(apiserver_process(fixture.server), NS_PER_MS);
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + 2 * NS_PER_S);
    ck_assert_ptr_nonnull(fixture_get(&fixture, &service_kind, "kubernetes"));
}
END_TEST

Suite *
delete_suite(void)
{
    Suite *suite = suite_create("apiserver/delete");
    TCase *tcase = tcase_create("delete");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_grace, 0, G_N_ELEMENTS(grace_cases));
    tcase_add_test(tcase, test_not_in_the_past);
    tcase_add_test(tcase, test_events);
    tcase_add_test(tcase, test_preconditions);
    tcase_add_test(tcase, test_finalizers);
    tcase_add_loop_test(tcase, test_propagation, 0, G_N_ELEMENTS(propagation_cases));
    tcase_add_test(tcase, test_success_details);
    tcase_add_test(tcase, test_collection);
    tcase_add_test(tcase, test_namespace);
    tcase_add_loop_test(tcase, test_immortal, 0, G_N_ELEMENTS(immortal_cases));
    tcase_add_loop_test(tcase, test_kept, 0, G_N_ELEMENTS(kept_cases));
    tcase_add_test(tcase, test_kept_after_restart);
    suite_add_tcase(suite, tcase);
    return suite;
}
