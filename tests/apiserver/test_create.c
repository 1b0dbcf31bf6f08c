/*
 * test_create.c - decoding, names, admission, allocation (v1.34 endpoints/handlers,
 * plugin/pkg/admission, registry/core/service)
 */

#include "tests/apiserver/fixture.h"

#include <check.h>
#include <stdio.h>

Suite *create_suite(void);

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

#define POD(metadata, spec)                                                                        \
    "{apiVersion: v1, kind: Pod, metadata: {" metadata "}, spec: {" spec                           \
    "containers: [{name: c, image: 'i:1'}]}}"
#define DEPLOYMENT(spec)                                                                           \
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {" spec                    \
    "selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, "                     \
    "spec: {containers: [{name: c, image: i}]}}}}"

static const struct {
    const char *name, *text;
    FieldValidation validation;
    int code;
    const char *message; /* NULL: accepted */
    const char *warning;
} decode_cases[] = {
    {"a wrong type ends it", DEPLOYMENT("replicas: three, "), FIELD_VALIDATION_STRICT, 400,
     "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal "
     "string "
     "into Go struct field DeploymentSpec.spec.replicas of type int32",
     NULL},
    {"an unknown field, strict", DEPLOYMENT("replica: 3, "), FIELD_VALIDATION_STRICT, 400,
     "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: "
     "unknown "
     "field \"spec.replica\"",
     NULL},
    {"an unknown field, warn", DEPLOYMENT("replica: 3, "), FIELD_VALIDATION_WARN, 201, NULL,
     "unknown field \"spec.replica\""},
    {"an unknown field, ignore", DEPLOYMENT("replica: 3, "), FIELD_VALIDATION_IGNORE, 201, NULL,
     NULL},
    {"another namespace", POD("name: p, namespace: other", ""), FIELD_VALIDATION_STRICT, 400,
     "the namespace of the provided object does not match the namespace sent on the request", NULL},
    /* etcd3/store.go, ErrResourceVersionSetOnCreate: an error without a reason */
    {"a revision", POD("name: p, resourceVersion: '7'", ""), FIELD_VALIDATION_STRICT, 500,
     "resourceVersion should not be set on objects to be created", NULL},
    {"account missing wins over validation",
     "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {serviceAccountName: sa}}",
     FIELD_VALIDATION_STRICT, 403,
     "pods \"p\" is forbidden: error looking up service account default/sa: serviceaccount \"sa\" "
     "not "
     "found",
     NULL},
    {"no such class", POD("name: p", "priorityClassName: x, "), FIELD_VALIDATION_STRICT, 403,
     "pods \"p\" is forbidden: no PriorityClass with name x was found", NULL},
};

START_TEST(test_decode)
{
    ApiResponse *response =
        fixture_create_text(&fixture, decode_cases[_i].text, decode_cases[_i].validation);
    const char *message = response->status == NULL ? "" : response->status->message;

    ck_assert_msg(response->code == decode_cases[_i].code, "%s: %d %s", decode_cases[_i].name,
                  response->code, message);
    if (decode_cases[_i].message != NULL)
        ck_assert_str_eq(message, decode_cases[_i].message);
    if (decode_cases[_i].warning == NULL)
        ck_assert_ptr_null(response->warnings);
    else
        ck_assert_str_eq(g_ptr_array_index(response->warnings, 0), decode_cases[_i].warning);
    api_response_free(response);
}
END_TEST

START_TEST(test_other_version)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &deployment_kind, "default", NULL);
    ApiResponse *response;

    request->body = fixture_parse("{apiVersion: apps/v1beta1, kind: Deployment}");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 400);
    ck_assert_str_eq(response->status->message,
                     "the API version in the data (apps/v1beta1) does not match the expected API "
                     "version (apps/v1)");
    api_response_free(response);
}
END_TEST

START_TEST(test_missing_namespace)
{
    gint64 start_ns = sim_now_ns(fixture.sim);
    ApiResponse *response = fixture_create(&fixture, api_object_new(&config_map_kind, "nope", "m"));

    ck_assert_int_eq(response->code, 404);
    ck_assert_str_eq(response->status->message, "namespaces \"nope\" not found");
    /* it looked, slept 50 ms, looked again */
    ck_assert_int_ge(sim_now_ns(fixture.sim) - start_ns, 50 * NS_PER_MS);
    api_response_free(response);
}
END_TEST

START_TEST(test_exists)
{
    ApiResponse *response;

    api_response_free(fixture_create_text(&fixture, POD("name: p", ""), FIELD_VALIDATION_STRICT));
    response = fixture_create_text(&fixture, POD("name: p", ""), FIELD_VALIDATION_STRICT);
    ck_assert_int_eq(response->code, 409);
    ck_assert_str_eq(response->status->message, "pods \"p\" already exists");
    api_response_free(response);
}
END_TEST

/* apimachinery util/rand: five characters without vowels or look-alikes */
START_TEST(test_generated_name)
{
    ApiResponse *response =
        fixture_create_text(&fixture, POD("generateName: web-", ""), FIELD_VALIDATION_STRICT);
    const char *name = api_name(response->object);

    ck_assert_int_eq(response->code, 201);
    ck_assert_uint_eq(strlen(name), 9);
    ck_assert_uint_eq(strspn(name + 4, "bcdfghjklmnpqrstvwxz2456789"), 5);
    api_response_free(response);
}
END_TEST

/* RFC 4122 version 4 */
START_TEST(test_uid)
{
    for (guint i = 0; i < 20; i++) {
        ApiResponse *response =
            fixture_create_text(&fixture, POD("generateName: p-", ""), FIELD_VALIDATION_STRICT);

        ck_assert(g_uuid_string_is_valid(api_uid(response->object)));
        ck_assert_int_eq(api_uid(response->object)[14], '4');
        ck_assert_ptr_nonnull(strchr("89ab", api_uid(response->object)[19]));
        api_response_free(response);
    }
}
END_TEST

static const ApiObject *
create(const char *text, const ApiKind *kind, const char *name)
{
    ApiResponse *response = fixture_create_text(&fixture, text, FIELD_VALIDATION_STRICT);

    ck_assert_msg(response->code == 201, "%s",
                  response->status == NULL ? "" : response->status->message);
    api_response_free(response);
    fixture_settle(&fixture);
    return fixture_get(&fixture, kind, name);
}

START_TEST(test_priority)
{
    const PodSpec *spec;

    spec = pod_spec(
        create(POD("name: a", "priorityClassName: system-node-critical, "), &pod_kind, "a"));
    ck_assert_int_eq(spec->priority.value, 2000001000);
    create("{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: low}, value: "
           "-5, "
           "preemptionPolicy: Never, globalDefault: true}",
           &priority_class_kind, "low");
    spec = pod_spec(create(POD("name: b", ""), &pod_kind, "b"));
    ck_assert_int_eq(spec->priority.value, -5);
    ck_assert_str_eq(spec->priority_class_name, "low");
    ck_assert_str_eq(spec->preemption_policy, "Never");
}
END_TEST

static const struct {
    const char *name, *spec;
    guint count; /* of tolerations in the end */
} toleration_cases[] = {
    {"two are added", "", 2},
    {"one is there",
     "tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: "
     "NoExecute, tolerationSeconds: 10}], ",
     2},
    {"everything is tolerated", "tolerations: [{operator: Exists}], ", 1},
    {"another effect does not count",
     "tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoSchedule}], ",
     3},
};

START_TEST(test_tolerations)
{
    g_autofree char *text =
        g_strdup_printf("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {%s containers: "
                        "[{name: c, image: 'i:1'}]}}",
                        toleration_cases[_i].spec);
    const PodSpec *spec = pod_spec(create(text, &pod_kind, "p"));

    ck_assert_msg(spec->tolerations.count == toleration_cases[_i].count, "%s: %u",
                  toleration_cases[_i].name, spec->tolerations.count);
}
END_TEST

START_TEST(test_token_volume)
{
    const PodSpec *spec =
        pod_spec(create("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {initContainers: "
                        "[{name: i, image: x}], "
                        "containers: [{name: c, image: x, volumeMounts: [{name: v, mountPath: "
                        "/var/run/secrets/kubernetes.io/serviceaccount}]}], volumes: [{name: v, "
                        "emptyDir: {}}]}}",
                        &pod_kind, "p"));

    ck_assert_uint_eq(spec->volumes.count, 2);
    ck_assert_uint_eq(spec->containers.items[0].volume_mounts.count, 1);
    ck_assert_str_eq(spec->init_containers.items[0].volume_mounts.items[0].name,
                     spec->volumes.items[1].name);
    spec =
        pod_spec(create(POD("name: q", "automountServiceAccountToken: false, "), &pod_kind, "q"));
    ck_assert_uint_eq(spec->volumes.count, 0);
}
END_TEST

START_TEST(test_node_taint)
{
    const NodeSpec *spec =
        node_spec(create("{apiVersion: v1, kind: Node, metadata: {name: n1}}", &node_kind, "n1"));

    ck_assert_uint_eq(spec->taints.count, 1);
    ck_assert_str_eq(spec->taints.items[0].key, "node.kubernetes.io/not-ready");
    ck_assert_str_eq(spec->taints.items[0].effect, "NoSchedule");
}
END_TEST

/* --- Services ------------------------------------------------------------------------ */

static const ServiceSpec *
service(const char *name, const char *spec)
{
    g_autofree char *text =
        g_strdup_printf("{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {%s}}", name,
                        spec);

    return service_spec(create(text, &service_kind, name));
}

/* ipallocator: 10.96.0.0/12 keeps 256 addresses; portallocator: 30000-32767 keeps 86 */
START_TEST(test_bands)
{
    for (guint i = 0; i < 50; i++) {
        const ServiceSpec *spec =
            service(str_internf("s%u", i), "type: NodePort, ports: [{port: 80}], selector: {a: b}");
        guint parts[4] = {0};

        ck_assert_int_eq(sscanf(spec->cluster_ip, "%u.%u.%u.%u", &parts[0], &parts[1], &parts[2],
                                &parts[3]),
                         4);
        ck_assert_uint_eq(parts[0], 10);
        ck_assert(parts[1] >= 96 && parts[1] <= 111);
        ck_assert(parts[1] > 96 || parts[2] > 1 || (parts[2] == 1 && parts[3] >= 1));
        ck_assert_int_ge(spec->ports.items[0].node_port, 30086);
        ck_assert_int_le(spec->ports.items[0].node_port, 32767);
    }
}
END_TEST

/*
 * ipallocator.go calculateRangeOffset, portallocator.go (allocator_test.go): so many at the
 * low end are kept; when the rest is used up, they are taken too.
 */
static const struct {
    const char *cidr;
    gint32 port_first, port_last;
    guint n_dynamic;       /* of what is scarce */
    const char *first_ip;  /* the lowest dynamic address; NULL: ports are scarce */
    gint32 first_port;
} band_cases[] = {
    {"10.96.0.0/24", 30000, 32767, 238, "10.96.0.17", 0},
    {"10.96.0.0/26", 30000, 32767, 46, "10.96.0.17", 0},
    {"10.96.0.0/12", 30000, 30016, 1, NULL, 30016},   /* 17 ports: 16 */
    {"10.96.0.0/12", 30000, 30511, 496, NULL, 30016}, /* 512: 16 */
};

static guint
last_part(const char *ip)
{
    return (guint)g_ascii_strtoull(strrchr(ip, '.') + 1, NULL, 10);
}

START_TEST(test_band_sizes)
{
    const char *spec = "type: NodePort, ports: [{port: 80}], selector: {a: b}";
    guint lowest_ip = G_MAXUINT;
    gint32 lowest_port = G_MAXINT32;
    const ServiceSpec *next;

    fixture_clear(&fixture);
    fixture_init_ranges(&fixture, band_cases[_i].cidr, band_cases[_i].port_first, band_cases[_i].port_last);
    for (guint i = 0; i < band_cases[_i].n_dynamic; i++) {
        const ServiceSpec *got = service(str_internf("s%u", i), spec);

        lowest_ip = MIN(lowest_ip, last_part(got->cluster_ip));
        lowest_port = MIN(lowest_port, got->ports.items[0].node_port);
    }
    next = service("next", spec);
    if (band_cases[_i].first_ip != NULL) {
        ck_assert_uint_eq(lowest_ip, last_part(band_cases[_i].first_ip));
        ck_assert_uint_lt(last_part(next->cluster_ip), lowest_ip);
    } else {
        ck_assert_int_eq(lowest_port, band_cases[_i].first_port);
        ck_assert_int_lt(next->ports.items[0].node_port, lowest_port);
    }
}
END_TEST

START_TEST(test_shared_node_port)
{
    const ServiceSpec *spec =
        service("s", "type: NodePort, selector: {a: b}, ports: [{name: a, port: 53, "
                     "protocol: UDP}, {name: b, port: 53, protocol: TCP}, "
                     "{name: c, port: 54}]");

    ck_assert_int_eq(spec->ports.items[0].node_port, spec->ports.items[1].node_port);
    ck_assert_int_ne(spec->ports.items[0].node_port, spec->ports.items[2].node_port);
}
END_TEST

static const struct {
    const char *spec, *message;
} refused_services[] = {
    {"ports: [{port: 80}], clusterIP: 10.96.0.1",
     "Service \"s\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.1\"]: failed to "
     "allocate IP "
     "10.96.0.1: provided IP is already allocated"},
    {"ports: [{port: 80}], clusterIP: 10.0.0.1",
     "Service \"s\" is invalid: spec.clusterIPs: Invalid value: [\"10.0.0.1\"]: failed to allocate "
     "IP "
     "10.0.0.1: the provided network does not match the current range"},
    {"type: NodePort, ports: [{port: 80, nodePort: 80}]",
     "Service \"s\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in "
     "the "
     "valid range. The range of valid ports is 30000-32767"},
    {"type: NodePort, ports: [{port: 80, nodePort: 30100}]",
     "Service \"s\" is invalid: spec.ports[0].nodePort: Invalid value: 30100: provided port is "
     "already "
     "allocated"},
};

START_TEST(test_refused_service)
{
    g_autofree char *text =
        g_strdup_printf("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {%s}}",
                        refused_services[_i].spec);
    ApiResponse *response;

    service("taken", "type: NodePort, ports: [{port: 80, nodePort: 30100}]");
    response = fixture_create_text(&fixture, text, FIELD_VALIDATION_STRICT);
    ck_assert_int_eq(response->code, 422);
    ck_assert_str_eq(response->status->message, refused_services[_i].message);
    api_response_free(response);
}
END_TEST

/* Released with the Service; what a refused request had taken is given back. */
START_TEST(test_release)
{
    ApiResponse *response;

    service("a", "type: NodePort, ports: [{port: 80, nodePort: 30100}], clusterIP: 10.96.0.77");
    response =
        fixture_create_text(&fixture,
                            "{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: "
                            "NodePort, clusterIP: 10.96.0.78, ports: [{port: 80, nodePort: "
                            "30100}]}}",
                            FIELD_VALIDATION_STRICT);
    ck_assert_int_eq(response->code, 422);
    api_response_free(response);
    service("c", "ports: [{port: 80}], clusterIP: 10.96.0.78");
    api_response_free(
        fixture_call(&fixture, api_request_new(VERB_DELETE, &service_kind, "default", "a")));
    fixture_settle(&fixture);
    service("d", "type: NodePort, ports: [{port: 80, nodePort: 30100}], clusterIP: 10.96.0.77");
}
END_TEST

static ApiRequest *
service_patch(const char *text)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &service_kind, "default", "s");

    request->patch_type = PATCH_MERGE;
    request->body = fixture_parse(text);
    return request;
}

START_TEST(test_type_changes)
{
    const ServiceSpec *spec = service("s", "ports: [{port: 80}], selector: {a: b}");
    const char *address = spec->cluster_ip;
    ApiResponse *response;

    response = fixture_call(&fixture, service_patch("{spec: {type: NodePort}}"));
    ck_assert_int_eq(response->code, 200);
    spec = service_spec(response->object);
    ck_assert_int_ge(spec->ports.items[0].node_port, 30086);
    ck_assert_str_eq(spec->cluster_ip, address);
    api_response_free(response);
    fixture_settle(&fixture);
    response = fixture_call(&fixture, service_patch("{spec: {type: ClusterIP}}"));
    ck_assert_int_eq(response->code, 200);
    ck_assert_int_eq(service_spec(response->object)->ports.items[0].node_port, 0);
    api_response_free(response);
}
END_TEST

START_TEST(test_dry_run)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", NULL);
    guint64 revision = etcd_revision(fixture.etcd);
    ApiResponse *response;

    request->body = fixture_parse(POD("name: p", ""));
    request->dry_run = TRUE;
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 201);
    ck_assert_int_eq(pod_spec(response->object)->priority.value, 0);
    ck_assert_uint_eq(etcd_revision(fixture.etcd), revision);
    ck_assert_ptr_null(fixture_get(&fixture, &pod_kind, "p"));
    api_response_free(response);

    /* what is there is told */
    request = api_request_new(VERB_CREATE, &config_map_kind, "default", NULL);
    request->object = api_object_new(&config_map_kind, "default", "m");
    api_response_free(fixture_call(&fixture, request));
    request = api_request_new(VERB_CREATE, &config_map_kind, "default", NULL);
    request->object = api_object_new(&config_map_kind, "default", "m");
    request->dry_run = TRUE;
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 409);
    api_response_free(response);
}
END_TEST

/* --- pods of one template ------------------------------------------------------------ */

static ApiObject *
owned_pod(const char *image, const char *node_selector)
{
    ApiObject *pod = api_object_new(&pod_kind, "default", NULL);
    g_autoptr(ApiObject) owner = api_object_new(&replica_set_kind, "default", "web-1");
    ObjectMeta *meta = api_edit_meta(pod);
    PodSpec *spec = api_edit_spec(pod);
    Container *container = API_LIST_ADD(&spec->containers);

    api_edit_meta(owner)->uid = str_intern("owner");
    meta->generate_name = str_intern("web-1-");
    api_set_controller(meta, owner);
    container->name = str_intern("c");
    container->image = str_intern(image);
    if (node_selector != NULL)
        str_map_set(&spec->node_selector, str_intern(node_selector), str_intern("x"));
    return pod;
}

/* They share one spec, also once bound to one node; one that differs has its own. */
START_TEST(test_shared_spec)
{
    ApiResponse *first = fixture_create(&fixture, owned_pod("i:1", NULL));
    ApiResponse *second = fixture_create(&fixture, owned_pod("i:1", NULL));
    ApiResponse *other = fixture_create(&fixture, owned_pod("i:1", "disk"));

    ck_assert_int_eq(second->code, 201);
    ck_assert_ptr_eq(first->object->spec, second->object->spec);
    ck_assert_ptr_ne(first->object->spec, other->object->spec);
    ck_assert_int_eq(second->object->meta->generation, 1);
    ck_assert_str_ne(api_uid(first->object), api_uid(second->object));
    ck_assert_uint_eq(pod_spec(second->object)->tolerations.count, 2);
    ck_assert_str_eq(pod_status(second->object)->phase, "Pending");
    ck_assert_uint_eq(pod_spec(other->object)->node_selector.count, 1);

    /* an equal spec with a fault is refused each time */
    for (guint i = 0; i < 2; i++) {
        ApiResponse *bad = fixture_create(&fixture, owned_pod("", NULL));

        ck_assert_int_eq(bad->code, 422);
        api_response_free(bad);
    }
    api_response_free(first);
    api_response_free(second);
    api_response_free(other);
}
END_TEST

/* Created and not bound yet: its name. */
static const char *
create_owned(const char *image)
{
    ApiResponse *response = fixture_create(&fixture, owned_pod(image, NULL));
    const char *name = api_name(response->object);

    api_response_free(response);
    fixture_settle(&fixture);
    return name;
}

static const PodSpec *
bind(const char *name, const char *node)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", name);
    ApiResponse *response;

    request->subresource = str_intern("binding");
    request->object = api_object_new(&pod_kind, "default", name);
    ((PodSpec *)api_edit_spec(request->object))->node_name = str_intern(node);
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
    fixture_settle(&fixture);
    return pod_spec(fixture_get(&fixture, &pod_kind, name));
}

/* Pods of two templates that are bound to one node in turn each share what their own became there. */
START_TEST(test_shared_bound_spec)
{
    const char *names[] = {create_owned("i:1"), create_owned("i:1"), create_owned("i:1")};
    const PodSpec *first = bind(names[0], "n1");
    const char *others[] = {create_owned("i:2"), create_owned("i:2")};
    const PodSpec *other = bind(others[0], "n1");

    ck_assert_str_eq(first->node_name, "n1");
    ck_assert_str_eq(other->containers.items[0].image, "i:2");
    ck_assert_ptr_eq(bind(names[1], "n1"), first);
    ck_assert_ptr_eq(bind(others[1], "n1"), other);
    ck_assert_str_eq(bind(names[2], "n2")->node_name, "n2");
}
END_TEST

static gboolean
set_level(ApiObject *object, gpointer level)
{
    str_map_set(&api_edit_meta(object)->labels, str_intern("pod-security.kubernetes.io/enforce"), str_intern(level));
    return TRUE;
}

static int
code_of(ApiRequest *request)
{
    ApiResponse *response = fixture_call(&fixture, request);
    int code = response->code;

    api_response_free(response);
    fixture_settle(&fixture);
    return code;
}

static int
create_there(const char *namespace_)
{
    ApiObject *pod = owned_pod("i:1", NULL);
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, namespace_, NULL);

    api_edit_meta(pod)->namespace_ = str_intern(namespace_);
    request->object = pod;
    return code_of(request);
}

static int
enforce(const char *level)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &namespace_kind, NULL, "a");

    request->mutate = set_level;
    request->mutate_data = (gpointer)level;
    return code_of(request);
}

/* What was found out for the pod before does not hold once account, policy or namespace have changed, nor for another namespace. */
START_TEST(test_namespace_changes)
{
    fixture_make_account(&fixture, "a");
    fixture_settle(&fixture);
    for (guint i = 0; i < 3; i++)
        ck_assert_int_eq(create_there("a"), 201);
    ck_assert_int_eq(create_there("b"), 404);
    ck_assert_int_eq(create_there("a"), 201);
    ck_assert_int_eq(enforce("restricted"), 200);
    ck_assert_int_eq(create_there("a"), 403);
    ck_assert_int_eq(enforce("privileged"), 200);
    ck_assert_int_eq(create_there("a"), 201);
    ck_assert_int_eq(code_of(api_request_new(VERB_DELETE, &service_account_kind, "a", "default")), 200);
    ck_assert_int_eq(create_there("a"), 403);
    fixture_make_account(&fixture, "a");
    fixture_settle(&fixture);
    ck_assert_int_eq(create_there("a"), 201);
    ck_assert_int_eq(code_of(api_request_new(VERB_DELETE, &namespace_kind, NULL, "a")), 200);
    ck_assert_int_eq(create_there("a"), 403);
}
END_TEST

Suite *
create_suite(void)
{
    Suite *suite = suite_create("apiserver/create");
    TCase *tcase = tcase_create("create");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_decode, 0, G_N_ELEMENTS(decode_cases));
    tcase_add_test(tcase, test_other_version);
    tcase_add_test(tcase, test_missing_namespace);
    tcase_add_test(tcase, test_exists);
    tcase_add_test(tcase, test_generated_name);
    tcase_add_test(tcase, test_uid);
    tcase_add_test(tcase, test_priority);
    tcase_add_loop_test(tcase, test_tolerations, 0, G_N_ELEMENTS(toleration_cases));
    tcase_add_test(tcase, test_token_volume);
    tcase_add_test(tcase, test_node_taint);
    tcase_add_test(tcase, test_bands);
    tcase_add_loop_test(tcase, test_band_sizes, 0, G_N_ELEMENTS(band_cases));
    tcase_add_test(tcase, test_shared_node_port);
    tcase_add_loop_test(tcase, test_refused_service, 0, G_N_ELEMENTS(refused_services));
    tcase_add_test(tcase, test_release);
    tcase_add_test(tcase, test_type_changes);
    tcase_add_test(tcase, test_dry_run);
    tcase_add_test(tcase, test_shared_spec);
    tcase_add_test(tcase, test_shared_bound_spec);
    tcase_add_test(tcase, test_namespace_changes);
    suite_add_tcase(suite, tcase);
    return suite;
}
