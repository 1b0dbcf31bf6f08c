/* Defaults: what a real v1.34 API server stored for minimal objects. */
#include "support.h"
#include "test_support.h"

#include "api/type_index.h"

/* --- recordings ---------------------------------------------------------------------------- */

static void
remove_admission_mounts(Value *containers)
{
    for (guint i = 0; containers != NULL && i < containers->count; i++) {
        Value *mounts = value_get(containers->items[i], "volumeMounts");

        for (guint j = mounts == NULL ? 0 : mounts->count; j > 0; j--) {
            const char *name = value_get_string(mounts->items[j - 1], "name", "");

            if (g_str_has_prefix(name, "kube-api-access-"))
                value_remove_at(mounts, j - 1);
        }
        if (mounts != NULL && mounts->count == 0)
            value_remove(containers->items[i], "volumeMounts");
    }
}

/* What admission and allocation add is not the matter of these tests. */
static void
remove_admission(Value *body)
{
    static const char *const meta_keys[] = {"uid", "resourceVersion", "creationTimestamp"};
    static const char *const pod_keys[] = {"serviceAccount", "serviceAccountName", "tolerations",
                                           "priority", "preemptionPolicy"};
    static const char *const service_keys[] = {"clusterIP", "clusterIPs", "ipFamilies",
                                               "ipFamilyPolicy"};
    Value *spec = value_get(body, "spec");
    Value *volumes = value_get(spec, "volumes");
    gboolean is_pod = str_is(value_get_string(body, "kind", ""), "Pod");

    for (guint i = 0; i < G_N_ELEMENTS(meta_keys); i++)
        value_remove(value_get(body, "metadata"), meta_keys[i]);
    for (guint i = 0; is_pod && i < G_N_ELEMENTS(pod_keys); i++)
        value_remove(spec, pod_keys[i]);
    for (guint i = 0; !is_pod && spec != NULL && i < G_N_ELEMENTS(service_keys); i++)
        value_remove(spec, service_keys[i]);
    if (!is_pod)
        return;
    remove_admission_mounts(value_get(spec, "containers"));
    remove_admission_mounts(value_get(spec, "initContainers"));
    for (guint i = volumes == NULL ? 0 : volumes->count; i > 0; i--) {
        if (g_str_has_prefix(value_get_string(volumes->items[i - 1], "name", ""),
                             "kube-api-access-"))
            value_remove_at(volumes, i - 1);
    }
    if (volumes != NULL && volumes->count == 0)
        value_remove(spec, "volumes");
}

START_TEST(test_recorded_defaults)
{
    g_autoptr(GPtrArray) records = read_records("defaults.jsonl");

    ck_assert_uint_gt(records->len, 10);
    for (guint i = 0; i < records->len; i++) {
        const Value *record = g_ptr_array_index(records, i);
        Value *want = value_get_path(record, "response", "body", NULL);
        g_autoptr(ApiObject) object = NULL;
        g_autoptr(Value) got = NULL;
        g_autofree char *want_text = NULL;
        g_autofree char *got_text = NULL;

        if (!is_known_kind(value_get(record, "object")))
            continue;
        object = object_from_tree(value_get(record, "object"));
        prepare_create(object);
        got = api_object_encode(object);
        remove_admission(want);
        remove_admission(got);
        want_text = value_to_json(want, VALUE_SORTED);
        got_text = value_to_json(got, VALUE_SORTED);
        ck_assert_msg(strcmp(want_text, got_text) == 0, "%s:\nwant %s\ngot  %s",
                      value_get_string(record, "case", ""), want_text, got_text);
    }
}
END_TEST

/* --- rules that no recording shows --------------------------------------------------------- */

/* v1.34 SetDefaults_Container, pkg/util/parsers */
static const struct {
    const char *image, *want;
} pull_cases[] = {
    {"nginx", "Always"},
    {"nginx:latest", "Always"},
    {"nginx:1", "IfNotPresent"},
    {"registry:5000/nginx", "Always"},
    {"registry:5000/nginx:1", "IfNotPresent"},
    {"localhost/a/b:latest", "Always"},
    {"nginx@sha256:0123456789012345678901234567890123456789012345678901234567890123",
     "IfNotPresent"},
    {"nginx:1@sha256:0123456789012345678901234567890123456789012345678901234567890123",
     "IfNotPresent"},
    {"NGINX", "IfNotPresent"}, /* no image name, so no tag either */
    {" nginx", "IfNotPresent"},
};

START_TEST(test_pull_policy)
{
    g_autofree char *yaml =
        g_strdup_printf("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: "
                        "[{name: c, image: '%s'}]}}",
                        pull_cases[_i].image);
    g_autoptr(ApiObject) pod = object_from_yaml(yaml);

    ck_assert_str_eq(pod_spec(pod)->containers.items[0].image_pull_policy, pull_cases[_i].want);
}
END_TEST

/* SetDefaults_Pod: a limit is the request too, in pods only */
START_TEST(test_request_from_limit)
{
    g_autoptr(ApiObject) pod = object_from_yaml(
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: "
        "a:1, resources: {limits: {cpu: 100u, memory: 1Gi}, requests: {memory: 1Mi}}}]}}");
    g_autoptr(ApiObject) deployment = object_from_yaml(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {template: {spec: "
        "{containers: [{name: c, image: a:1, resources: {limits: {cpu: 1}}}]}}}}");
    const QuantityMap *requests = &pod_spec(pod)->containers.items[0].resources.requests;

    /* finer than 1m is rounded up */
    ck_assert_str_eq(quantity_format(quantity_map_get(requests, str_intern("cpu"))), "1m");
    ck_assert_str_eq(quantity_format(quantity_map_get(requests, str_intern("memory"))), "1Mi");
    ck_assert_uint_eq(deployment_spec(deployment)
                          ->template_.spec.containers.items[0]
                          .resources.requests.count,
                      0);
}
END_TEST

/* v1.34 pkg/apis/core/v1/defaults_test.go: TestPodResourcesDefaults: with a limit of the pod alone */
#define PODLEVEL(whole, containers)                                                                                    \
    "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {resources: {" whole "}, containers: [" containers "]}}"
#define ASKS(resources) "{name: a, image: a:1, resources: {" resources "}}, {name: b, image: a:1}"

static const struct {
    const char *yaml, *requests, *limits;
} pod_level_cases[] = {
    {PODLEVEL("requests: {cpu: 2}", ASKS("requests: {cpu: 1, memory: 1Gi}")), "cpu=2", ""},
    {PODLEVEL("limits: {cpu: 2}", ASKS("requests: {cpu: 1, memory: 1Gi}")), "cpu=1 memory=1Gi", "cpu=2"},
    {PODLEVEL("limits: {cpu: 2, memory: 2Gi}", ASKS("")), "cpu=2 memory=2Gi", "cpu=2 memory=2Gi"},
    {PODLEVEL("requests: {cpu: 1}, limits: {memory: 2Gi}", ASKS("requests: {memory: 1Gi}")), "cpu=1 memory=1Gi",
     "memory=2Gi"},
    {PODLEVEL("requests: {cpu: 1}", ASKS("limits: {hugepages-2Mi: 4Mi, memory: 1Gi}")),
     "cpu=1 hugepages-2Mi=4Mi memory=1Gi", "hugepages-2Mi=4Mi"},
    {PODLEVEL("", ASKS("limits: {hugepages-2Mi: 4Mi, memory: 1Gi}")), "", ""},
};

static gint
compare_words(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* (owned) */
static char *
amounts_text(const QuantityMap *map)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < map->count; i++)
        g_ptr_array_add(words, g_strdup_printf("%s=%s", map->items[i].key, quantity_format(&map->items[i].value)));
    g_ptr_array_sort(words, compare_words);
    g_ptr_array_add(words, NULL);
    return g_strjoinv(" ", (char **)words->pdata);
}

START_TEST(test_pod_level)
{
    g_autoptr(ApiObject) pod = object_from_yaml(pod_level_cases[_i].yaml);
    const ResourceRequirements *whole = pod_spec(pod)->resources;
    g_autofree char *requests = whole == NULL ? g_strdup("") : amounts_text(&whole->requests);
    g_autofree char *limits = whole == NULL ? g_strdup("") : amounts_text(&whole->limits);

    ck_assert_str_eq(requests, pod_level_cases[_i].requests);
    ck_assert_str_eq(limits, pod_level_cases[_i].limits);
}
END_TEST

START_TEST(test_host_network_ports)
{
    g_autoptr(ApiObject) pod = object_from_yaml(
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostNetwork: true, containers: "
        "[{name: c, image: a:1, ports: [{containerPort: 80}]}]}}");

    ck_assert_int_eq(pod_spec(pod)->containers.items[0].ports.items[0].host_port, 80);
}
END_TEST

/* Whether @type, or what it holds at any depth up to @depth, has a field with a default. */
static gboolean
finds_default(const ApiType *type, guint depth)
{
    for (const ApiField *field = type->fields; field->name != NULL; field++)
        if (field->def != NULL || (field->message != NULL && depth > 0 && finds_default(field->message, depth - 1)))
            return TRUE;
    return FALSE;
}

/* What is passed over because it has no defaults has none. */
START_TEST(test_has_defaults)
{
    guint n_without = 0;

    for (guint i = 0; api_kinds[i] != NULL; i++) {
        const ApiType *types[] = {api_kinds[i]->spec, api_kinds[i]->body};

        for (guint k = 0; k < G_N_ELEMENTS(types); k++) {
            if (types[k] == NULL || type_index_of(types[k])->has_defaults)
                continue;
            ck_assert(!finds_default(types[k], 6));
            n_without++;
        }
    }
    ck_assert(!type_index_of(event_kind.body)->has_defaults);
    ck_assert(type_index_of(pod_kind.spec)->has_defaults);
    ck_assert_uint_gt(n_without, 5);
}
END_TEST

/* Each of the two is defaulted alone; a Recreate strategy gets none. */
START_TEST(test_rolling_update)
{
    g_autoptr(ApiObject) given = object_from_yaml(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {strategy: "
        "{rollingUpdate: {maxSurge: 1}}}}");
    g_autoptr(ApiObject) recreate = object_from_yaml(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {strategy: {type: "
        "Recreate}}}");
    const RollingUpdateDeployment *update = deployment_spec(given)->strategy.rolling_update;

    ck_assert_str_eq(deployment_spec(given)->strategy.type, "RollingUpdate");
    ck_assert_str_eq(update->max_unavailable.string, "25%");
    ck_assert_int_eq(update->max_surge.integer, 1);
    ck_assert_ptr_null(deployment_spec(recreate)->strategy.rolling_update);
}
END_TEST

START_TEST(test_service_types)
{
    g_autoptr(ApiObject) balancer = object_from_yaml(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: LoadBalancer, ports: "
        "[{port: 80, targetPort: web}]}}");
    const ServiceSpec *spec = service_spec(balancer);

    ck_assert_str_eq(spec->external_traffic_policy, "Cluster");
    ck_assert_str_eq(spec->internal_traffic_policy, "Cluster");
    ck_assert_int_eq(spec->allocate_load_balancer_node_ports, OPT_TRUE);
    ck_assert_str_eq(spec->ports.items[0].target_port.string, "web");
}
END_TEST

/*
 * v1.34 pkg/registry/core/service/strategy_test.go: TestDropTypeDependentFields;
 * storage/rest_test.go: TestPatchAllocatedValues. What a Service is after an update, as JSON of its spec.
 */
static const struct {
    const char *rule, *old, *update, *want;
} service_updates[] = {
    {"a node port follows the name of its port, whatever else changes",
     "type: NodePort, ports: [{port: 80, nodePort: 30080}]", "type: NodePort, ports: [{port: 81}]",
     "type: NodePort, ports: [{port: 81, nodePort: 30080}]"},
    {"not to a port of another name", "type: NodePort, ports: [{name: a, port: 80, nodePort: 30080}]",
     "type: NodePort, ports: [{name: b, port: 80}]", "type: NodePort, ports: [{name: b, port: 80}]"},
    {"not if another port took it",
     "type: NodePort, ports: [{name: a, port: 80, nodePort: 30080}, {name: b, port: 81, nodePort: 30081}]",
     "type: NodePort, ports: [{name: a, port: 80}, {name: b, port: 81, nodePort: 30080}]",
     "type: NodePort, ports: [{name: a, port: 80}, {name: b, port: 81, nodePort: 30080}]"},
    {"NodePort becomes ClusterIP", "type: NodePort, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30080}]",
     "type: ClusterIP, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30080}]",
     "type: ClusterIP, ports: [{port: 80}]"},
    {"but a node port that is new stays, and is refused",
     "type: NodePort, ports: [{port: 80, nodePort: 30080}]",
     "type: ClusterIP, ports: [{port: 80, nodePort: 30081}]",
     "type: ClusterIP, ports: [{port: 80, nodePort: 30081}]"},
    {"with externalIPs it is still called from outside",
     "type: NodePort, externalTrafficPolicy: Local, externalIPs: [1.2.3.4], ports: [{port: 80, nodePort: 30080}]",
     "type: ClusterIP, externalTrafficPolicy: Local, externalIPs: [1.2.3.4], ports: [{port: 80, nodePort: 30080}]",
     "type: ClusterIP, externalTrafficPolicy: Local, externalIPs: [1.2.3.4], ports: [{port: 80}]"},
    {"without them no more", "type: ClusterIP, externalTrafficPolicy: Cluster, externalIPs: [1.2.3.4], ports: [{port: 80}]",
     "type: ClusterIP, externalTrafficPolicy: Cluster, ports: [{port: 80}]",
     "type: ClusterIP, ports: [{port: 80}]"},
    {"the health check port goes with the policy",
     "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000, ports: [{port: 80}]",
     "type: LoadBalancer, externalTrafficPolicy: Cluster, healthCheckNodePort: 31000, ports: [{port: 80}]",
     "type: LoadBalancer, externalTrafficPolicy: Cluster, ports: [{port: 80}]"},
    {"and stays with it", "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000, ports: [{port: 80}]",
     "type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]",
     "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000, ports: [{port: 80}]"},
    {"LoadBalancer becomes ClusterIP",
     "type: LoadBalancer, allocateLoadBalancerNodePorts: false, loadBalancerClass: a/b, ports: [{port: 80}]",
     "type: ClusterIP, allocateLoadBalancerNodePorts: false, loadBalancerClass: a/b, ports: [{port: 80}]",
     "type: ClusterIP, ports: [{port: 80}]"},
    {"ClusterIP becomes ExternalName",
     "type: ClusterIP, clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ipFamilies: [IPv4], ipFamilyPolicy: "
     "SingleStack, ports: [{port: 80}]",
     "type: ExternalName, clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ipFamilies: [IPv4], ipFamilyPolicy: "
     "SingleStack, ports: [{port: 80}]",
     "type: ExternalName, ports: [{port: 80}]"},
    {"a changed address stays, and is refused",
     "type: ClusterIP, clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ports: [{port: 80}]",
     "type: ExternalName, clusterIP: 10.96.0.8, clusterIPs: [10.96.0.8], ports: [{port: 80}]",
     "type: ExternalName, clusterIP: 10.96.0.8, clusterIPs: [10.96.0.8], ports: [{port: 80}]"},
};

static ApiObject *
service_with(const char *spec)
{
    g_autofree char *yaml = g_strdup_printf(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {%s}, status: {loadBalancer: "
        "{ingress: [{ip: 5.6.7.8}]}}}",
        spec);

    return support_object(yaml);
}

START_TEST(test_service_updates)
{
    g_autoptr(ApiObject) old = service_with(service_updates[_i].old);
    g_autoptr(ApiObject) service = service_with(service_updates[_i].update);
    g_autoptr(ApiObject) want = service_with(service_updates[_i].want);
    const ServiceStatus *status;

    service->kind->begin(service, old);
    service->kind->prepare_update(service, old);
    ck_assert_msg(api_struct_equal(service->kind->spec, service->spec, want->spec), "%s",
                  service_updates[_i].rule);
    /* What the cloud gave is not seen any more where there is no balancer. */
    status = service->status;
    ck_assert_uint_eq(status->load_balancer.ingress.count,
                      str_is(service_spec(old)->type, "LoadBalancer") &&
                              !str_is(service_spec(service)->type, "LoadBalancer")
                          ? 0
                          : 1);
}
END_TEST

START_TEST(test_namespace)
{
    g_autoptr(ApiObject) object =
        object_from_yaml("{apiVersion: v1, kind: Namespace, metadata: {name: team}}");
    const NamespaceSpec *spec;

    prepare_create(object);
    spec = object->spec;
    ck_assert_str_eq(str_map_get(&object->meta->labels, str_intern("kubernetes.io/metadata.name")),
                     "team");
    ck_assert_uint_eq(spec->finalizers.count, 1);
    ck_assert_str_eq(namespace_status(object)->phase, "Active");
}
END_TEST

/* v1.34 pkg/registry/core/pod: applySchedulingGatedCondition, mutatePodAffinity */
START_TEST(test_pod_create)
{
    g_autoptr(ApiObject) pod = object_from_yaml(
        "{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {a: x}}, spec: {containers: "
        "[{name: c, image: a:1}], schedulingGates: [{name: g}], affinity: {podAffinity: "
        "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {}, "
        "matchLabelKeys: [a, b]}]}}}}");
    const Condition *condition;
    const LabelSelector *selector;

    prepare_create(pod);
    condition = condition_find(&pod_status(pod)->conditions, "PodScheduled");
    ck_assert_str_eq(condition->reason, "SchedulingGated");
    selector = pod_spec(pod)->affinity->pod_affinity->required.items[0].label_selector;
    ck_assert_uint_eq(selector->match_expressions.count, 1);
    ck_assert_str_eq(selector->match_expressions.items[0].values.items[0], "x");
}
END_TEST

Suite *
defaults_suite(void)
{
    Suite *suite = suite_create("defaults");
    TCase *tcase = tcase_create("defaults");

    tcase_add_test(tcase, test_recorded_defaults);
    tcase_add_loop_test(tcase, test_pull_policy, 0, G_N_ELEMENTS(pull_cases));
    tcase_add_test(tcase, test_request_from_limit);
    tcase_add_loop_test(tcase, test_pod_level, 0, G_N_ELEMENTS(pod_level_cases));
    tcase_add_test(tcase, test_host_network_ports);
    tcase_add_test(tcase, test_has_defaults);
    tcase_add_test(tcase, test_rolling_update);
    tcase_add_test(tcase, test_service_types);
    tcase_add_loop_test(tcase, test_service_updates, 0, G_N_ELEMENTS(service_updates));
    tcase_add_test(tcase, test_namespace);
    tcase_add_test(tcase, test_pod_create);
    suite_add_tcase(suite, tcase);
    return suite;
}
