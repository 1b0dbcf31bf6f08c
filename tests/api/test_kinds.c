/* Kinds: names, tables, predicates of pods, selectors, generation, explain. */
#include "api/kinds/explain.h"
#include "api/kinds/pod_internal.h"
#include "test_support.h"

/* --- names --------------------------------------------------------------------------------- */

/* kubectl api-resources of v1.34 */
static const struct {
    const char *word, *kind, *api_version;
    gboolean is_namespaced;
} name_cases[] = {
    {"po", "Pod", "v1", TRUE},
    {"services", "Service", "v1", TRUE},
    {"svc", "Service", "v1", TRUE},
    {"ns", "Namespace", "v1", FALSE},
    {"no", "Node", "v1", FALSE},
    {"ev", "Event", "v1", TRUE},
    {"cm", "ConfigMap", "v1", TRUE},
    {"secret", "Secret", "v1", TRUE},
    {"sa", "ServiceAccount", "v1", TRUE},
    {"deploy", "Deployment", "apps/v1", TRUE},
    {"deployments.apps", "Deployment", "apps/v1", TRUE},
    {"rs", "ReplicaSet", "apps/v1", TRUE},
    {"pc", "PriorityClass", "scheduling.k8s.io/v1", FALSE},
    {"leases", "Lease", "coordination.k8s.io/v1", TRUE},
    {"endpointslices", "EndpointSlice", "discovery.k8s.io/v1", TRUE},
};

START_TEST(test_name)
{
    const ApiKind *kind = api_kind_find_resource(name_cases[_i].word);

    ck_assert_ptr_nonnull(kind);
    ck_assert_str_eq(kind->kind, name_cases[_i].kind);
    ck_assert_str_eq(api_kind_api_version(kind), name_cases[_i].api_version);
    ck_assert_int_eq(kind->is_namespaced, name_cases[_i].is_namespaced);
}
END_TEST

/* --- tables -------------------------------------------------------------------------------- */

static void
check_table(const ApiType *type, GHashTable *seen, GPtrArray *open)
{
    for (const ApiField *field = type->fields; field->name != NULL; field++) {
        gboolean has_message = field->type == API_STRUCT || field->type == API_MESSAGE ||
                               field->type == API_MESSAGE_LIST || field->type == API_MESSAGE_MAP;

        ck_assert_msg(field->doc != NULL && g_str_has_suffix(field->doc, "."), "%s.%s: doc",
                      type->name, field->name);
        ck_assert_msg(field->offset < type->size, "%s.%s: offset", type->name, field->name);
        /* A tree may have a shape, or none. */
        ck_assert_msg(field->type == API_RAW || has_message == (field->message != NULL),
                      "%s.%s: message", type->name, field->name);
        if (field->message != NULL && g_hash_table_add(seen, (gpointer)field->message))
            g_ptr_array_add(open, (gpointer)field->message);
    }
}

/* Every row of every table can be explained and points into its struct. */
START_TEST(test_tables)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) open = g_ptr_array_new();

    for (guint i = 0; api_kinds[i] != NULL; i++) {
        const ApiType *parts[] = {api_kinds[i]->spec, api_kinds[i]->status, api_kinds[i]->body};

        for (guint j = 0; j < G_N_ELEMENTS(parts); j++) {
            if (parts[j] != NULL)
                check_table(parts[j], seen, open);
        }
    }
    while (open->len > 0)
        check_table(g_ptr_array_remove_index(open, open->len - 1), seen, open);
    ck_assert_uint_gt(g_hash_table_size(seen), 60);
}
END_TEST

/* Merge keys of the built-in lists: v1.34 struct tags of k8s.io/api. */
static const struct {
    const ApiType *type;
    const char *field;
    ApiMergeStrategy merge;
    const char *key;
} merge_cases[] = {
    {&pod_spec_type, "containers", API_MERGE_MERGE, "name"},
    {&pod_spec_type, "initContainers", API_MERGE_MERGE, "name"},
    {&pod_spec_type, "ephemeralContainers", API_MERGE_MERGE, "name"},
    {&pod_spec_type, "volumes", API_MERGE_RETAIN_KEYS, "name"},
    {&pod_spec_type, "resourceClaims", API_MERGE_RETAIN_KEYS, "name"},
    {&pod_spec_type, "imagePullSecrets", API_MERGE_MERGE, "name"},
    {&pod_spec_type, "schedulingGates", API_MERGE_MERGE, "name"},
    {&pod_spec_type, "hostAliases", API_MERGE_MERGE, "ip"},
    {&pod_spec_type, "topologySpreadConstraints", API_MERGE_MERGE, "topologyKey"},
    {&pod_spec_type, "tolerations", API_MERGE_REPLACE, NULL},
    {&container_type, "env", API_MERGE_MERGE, "name"},
    {&container_type, "ports", API_MERGE_MERGE, "containerPort"},
    {&container_type, "volumeMounts", API_MERGE_MERGE, "mountPath"},
    {&container_type, "volumeDevices", API_MERGE_MERGE, "devicePath"},
    {&container_type, "command", API_MERGE_REPLACE, NULL},
    {&container_type, "envFrom", API_MERGE_REPLACE, NULL},
    {&deployment_spec_type, "strategy", API_MERGE_RETAIN_KEYS, NULL},
    {&deployment_status_type, "conditions", API_MERGE_MERGE, "type"},
    {&replica_set_status_type, "conditions", API_MERGE_MERGE, "type"},
    {&pod_status_type, "conditions", API_MERGE_MERGE, "type"},
    {&pod_status_type, "podIPs", API_MERGE_MERGE, "ip"},
    {&pod_status_type, "hostIPs", API_MERGE_MERGE, "ip"},
};

START_TEST(test_merge_key)
{
    for (const ApiField *field = merge_cases[_i].type->fields; field->name != NULL; field++) {
        if (strcmp(field->name, merge_cases[_i].field) != 0)
            continue;
        ck_assert_int_eq(field->merge, merge_cases[_i].merge);
        ck_assert(str_is(field->merge_key, merge_cases[_i].key));
        return;
    }
    ck_abort_msg("no field %s", merge_cases[_i].field);
}
END_TEST

/* --- pods ---------------------------------------------------------------------------------- */

#define POD(spec) "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" spec "}}"
#define ASKS_100M "resources: {requests: {cpu: 100m, memory: 1Mi}}"
#define ASKS_500M "resources: {requests: {cpu: 500m}}"
#define ASKS_1    "resources: {requests: {cpu: 1}}"
#define ASKS_2    "resources: {requests: {cpu: 2}}"
#define LIMITED   "resources: {limits: {cpu: 1, memory: 1Gi}}"

/* v1.34 component-helpers resource: PodRequests */
static const struct {
    const char *name, *yaml;
    gint64 cpu_milli, memory_bytes;
} request_cases[] = {
    {"sum of containers",
     POD("containers: [{name: a, image: a, " ASKS_100M "}, {name: b, image: a, " ASKS_1 "}]"), 1100,
     1048576},
    {"largest init container wins over the sum",
     POD("initContainers: [{name: i, image: a, " ASKS_2 "}, {name: j, image: a, " ASKS_1 "}], "
         "containers: [{name: a, image: a, " ASKS_500M "}]"),
     2000, 0},
    {"a sidecar counts with the containers and with later init containers",
     POD("initContainers: [{name: s, image: a, restartPolicy: Always, " ASKS_1 "}, "
         "{name: i, image: a, " ASKS_2 "}], containers: [{name: a, image: a, " ASKS_500M "}]"),
     3000, 0},
    {"an init container before the sidecar runs alone",
     POD("initContainers: [{name: i, image: a, " ASKS_2 "}, "
         "{name: s, image: a, restartPolicy: Always, " ASKS_1 "}], "
         "containers: [{name: a, image: a, " ASKS_500M "}]"),
     2000, 0},
    {"overhead is added",
     POD("overhead: {cpu: 10m}, containers: [{name: a, image: a, " ASKS_1 "}]"), 1010, 0},
    {"pod level replaces, before the overhead",
     POD("overhead: {cpu: 10m}, resources: {requests: {cpu: 3}}, "
         "containers: [{name: a, image: a, " ASKS_100M "}]"),
     3010, 1048576},
};

START_TEST(test_requests)
{
    g_autoptr(ApiObject) pod = object_from_yaml(request_cases[_i].yaml);

    ck_assert_msg(pod_request_cpu_milli(pod->spec) == request_cases[_i].cpu_milli, "%s: %ld",
                  request_cases[_i].name, (long)pod_request_cpu_milli(pod->spec));
    ck_assert_int_eq(pod_request_memory_bytes(pod->spec), request_cases[_i].memory_bytes);
}
END_TEST

/* v1.34 pkg/apis/core/v1/helper/qos */
static const struct {
    const char *yaml, *want;
} qos_cases[] = {
    {POD("containers: [{name: a, image: a}]"), "BestEffort"},
    {POD("containers: [{name: a, image: a, resources: {requests: {cpu: 0}}}]"), "BestEffort"},
    {POD("containers: [{name: a, image: a, " LIMITED "}]"), "Guaranteed"},
    {POD("containers: [{name: a, image: a, resources: {limits: {cpu: 1}}}]"), "Burstable"},
    {POD("containers: [{name: a, image: a, " LIMITED "}, {name: b, image: a}]"), "Burstable"},
    {POD("containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Gi}, requests: "
         "{cpu: 500m}}}]"),
     "Burstable"},
    {POD("initContainers: [{name: i, image: a}], containers: [{name: a, image: a, " LIMITED "}]"),
     "Burstable"},
    {POD("containers: [{name: a, image: a, resources: {requests: {example.com/gpu: 1}, limits: "
         "{example.com/gpu: 1}}}]"),
     "BestEffort"},
};

START_TEST(test_qos)
{
    g_autoptr(ApiObject) pod = object_from_yaml(qos_cases[_i].yaml);

    ck_assert_str_eq(pod_qos(pod->spec), qos_cases[_i].want);
}
END_TEST

/* v1.34 k8s.io/api/core/v1: ToleratesTaint */
static const struct {
    Toleration toleration;
    const char *key, *value, *effect;
    gboolean want;
} toleration_cases[] = {
    {{.key = "a", .operator_ = "Exists"}, "a", "v", "NoSchedule", TRUE},
    {{.key = "a", .operator_ = "Exists"}, "b", "v", "NoSchedule", FALSE},
    {{.operator_ = "Exists"}, "b", "v", "NoExecute", TRUE},
    {{.key = "a", .value = "v"}, "a", "v", "NoExecute", TRUE},
    {{.key = "a", .value = "v"}, "a", "w", "NoExecute", FALSE},
    {{.key = "a", .operator_ = "Equal"}, "a", "", "NoExecute", TRUE},
    {{.key = "a", .operator_ = "Exists", .effect = "NoExecute"}, "a", "", "NoSchedule", FALSE},
};

START_TEST(test_toleration)
{
    ck_assert_int_eq(toleration_matches(&toleration_cases[_i].toleration, toleration_cases[_i].key,
                                        toleration_cases[_i].value, toleration_cases[_i].effect),
                     toleration_cases[_i].want);
}
END_TEST

/* v1.34 pkg/api/v1/pod, pkg/controller */
START_TEST(test_pod_states)
{
    const gint64 second = G_GINT64_CONSTANT(1000000000);
    g_autoptr(ApiObject) pod = object_from_yaml(POD("containers: [{name: a, image: a}]"));
    PodStatus *status = api_edit_status(pod);
    Condition *ready = condition_edit(&status->conditions, str_intern("Ready"));

    ck_assert(pod_is_active(pod));
    ck_assert(!pod_is_ready(pod));
    ready->status = str_intern("True");
    ready->last_transition_time = 100 * second;
    ck_assert(pod_is_ready(pod));
    ck_assert(pod_is_available(pod, 0, 100 * second));
    ck_assert(!pod_is_available(pod, 10, 110 * second - 1));
    ck_assert(pod_is_available(pod, 10, 110 * second));
    api_edit_meta(pod)->deletion_time = second;
    ck_assert(pod_is_terminating(pod));
    ck_assert(!pod_is_active(pod));
    status->phase = str_intern("Failed");
    ck_assert(pod_is_terminal(pod));
    ck_assert(!pod_is_terminating(pod));
}
END_TEST

/* --- field selectors ----------------------------------------------------------------------- */

static const struct {
    const char *yaml, *label, *want;
} field_cases[] = {
    {POD("nodeName: n1, containers: []"), "spec.nodeName", "n1"},
    {POD("containers: []"), "spec.hostNetwork", "false"},
    {POD("containers: []"), "spec.restartPolicy", "Always"},
    {POD("containers: []"), "status.phase", ""},
    {POD("containers: []"), "spec.x", NULL},
    {"{apiVersion: v1, kind: Node, metadata: {name: a}, spec: {unschedulable: true}}",
     "spec.unschedulable", "true"},
    {"{apiVersion: v1, kind: Event, metadata: {name: a}, involvedObject: {kind: Pod, name: p}, "
     "source: {component: kubelet}}",
     "involvedObject.kind", "Pod"},
    {"{apiVersion: v1, kind: Event, metadata: {name: a}, reportingComponent: sched}", "source",
     "sched"},
    {"{apiVersion: v1, kind: Secret, metadata: {name: a}}", "type", "Opaque"},
    {"{apiVersion: v1, kind: Service, metadata: {name: a}}", "spec.type", "ClusterIP"},
    {"{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: a}}", "status.replicas", "0"},
};

START_TEST(test_field)
{
    g_autoptr(ApiObject) object = object_from_yaml(field_cases[_i].yaml);

    ck_assert(
        str_is(object->kind->select_field(object, str_intern(field_cases[_i].label)), field_cases[_i].want));
}
END_TEST

/* --- generation ---------------------------------------------------------------------------- */

#define DEPLOYMENT(meta, replicas)                                                                 \
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d, " meta                            \
    "}, spec: {replicas: " replicas "}}"

/* v1.34 pkg/registry strategies: spec raises it; for Deployments annotations too, labels not */
static const struct {
    const char *old, *new_;
    gint64 want;
} generation_cases[] = {
    {DEPLOYMENT("labels: {}", "1"), DEPLOYMENT("labels: {}", "1"), 1},
    {DEPLOYMENT("labels: {}", "1"), DEPLOYMENT("labels: {}", "2"), 2},
    {DEPLOYMENT("labels: {}", "1"), DEPLOYMENT("labels: {a: b}", "1"), 1},
    {DEPLOYMENT("labels: {}", "1"), DEPLOYMENT("annotations: {a: b}", "1"), 2},
    {POD("containers: []"), POD("containers: [], nodeName: x"), 2},
    {"{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: NodePort}}",
     "{apiVersion: v1, kind: Service, metadata: {name: s}}", 0},
    {"{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s}}",
     "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s}, addressType: "
     "IPv4}",
     2},
};

START_TEST(test_generation)
{
    g_autoptr(ApiObject) old = object_from_yaml(generation_cases[_i].old);
    g_autoptr(ApiObject) new_ = object_from_yaml(generation_cases[_i].new_);

    prepare_create(old);
    if (new_->kind->prepare_update != NULL)
        new_->kind->prepare_update(new_, old);
    ck_assert_int_eq(new_->meta->generation, generation_cases[_i].want);
}
END_TEST

/* v1.34 pkg/registry/core/service: what was allocated stays, unless the type has no use for it */
START_TEST(test_service_update)
{
    g_autoptr(ApiObject) old = object_from_yaml(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: NodePort, clusterIP: "
        "10.96.0.5, clusterIPs: [10.96.0.5], ports: [{port: 80, nodePort: 30080}]}}");
    g_autoptr(ApiObject) same = object_from_yaml(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: NodePort, ports: "
        "[{port: 80}]}}");
    g_autoptr(ApiObject) other = object_from_yaml(
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {type: ClusterIP, ports: "
        "[{port: 80, nodePort: 30080}], externalTrafficPolicy: Cluster}}");

    service_kind.begin(same, old);
    service_kind.prepare_update(same, old);
    ck_assert_str_eq(service_spec(same)->cluster_ip, "10.96.0.5");
    ck_assert_int_eq(service_spec(same)->ports.items[0].node_port, 30080);
    service_kind.begin(other, old);
    service_kind.prepare_update(other, old);
    ck_assert_str_eq(service_spec(other)->cluster_ips.items[0], "10.96.0.5");
    ck_assert_int_eq(service_spec(other)->ports.items[0].node_port, 0);
    ck_assert_ptr_null(service_spec(other)->external_traffic_policy);
}
END_TEST

/* --- unified diff -------------------------------------------------------------------------- */

static const struct {
    const char *old, *new_, *want;
} diff_cases[] = {
    {"a", "a", ""},
    {"a\nb\nc\nd\ne\nf", "a\nb\nX\nd\ne\nf", "@@ -1,6 +1,6 @@\n a\n b\n-c\n+X\n d\n e\n f\n"},
    {"1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10",
     "@@ -7,3 +7,4 @@\n 7\n 8\n 9\n+10\n"},
    {"x\n1\n2\n3\n4\n5\n6\n7\nz", "y\n1\n2\n3\n4\n5\n6\n7\nw",
     "@@ -1,4 +1,4 @@\n-x\n+y\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-z\n+w\n"},
    {"a", "b", "@@ -1 +1 @@\n-a\n+b\n"},
};

START_TEST(test_diff)
{
    g_autofree char *got = text_unified_diff(diff_cases[_i].old, diff_cases[_i].new_, 3);

    ck_assert_str_eq(got, diff_cases[_i].want);
}
END_TEST

/* --- explain ------------------------------------------------------------------------------- */

START_TEST(test_explain)
{
    g_autofree char *field = api_explain("deploy.spec.replicas", FALSE);
    g_autofree char *object = api_explain("pods.spec.affinity", FALSE);
    g_autofree char *tree = api_explain("deployments.apps", TRUE);
    g_autofree char *problem = api_explain_problem("pod.spec.contaners");

    ck_assert_str_eq(field, "GROUP:      apps\n"
                            "KIND:       Deployment\n"
                            "VERSION:    v1\n"
                            "\n"
                            "FIELD: replicas <integer>\n"
                            "\n"
                            "DESCRIPTION:\n"
                            "    Number of pods wanted.\n"
                            "    Default: 1\n");
    ck_assert(g_str_has_prefix(object, "KIND:       Pod\nVERSION:    v1\n\nFIELD: affinity "
                                       "<Affinity>\n\nDESCRIPTION:\n"));
    ck_assert_ptr_nonnull(strstr(object, "\nFIELDS:\n  nodeAffinity\t<NodeAffinity>\n    "));
    ck_assert_ptr_nonnull(strstr(tree, "\n        containers\t<[]Container> -required-\n"));
    ck_assert_ptr_null(api_explain("pod.spec.contaners", FALSE));
    ck_assert_str_eq(problem, "field \"contaners\" does not exist; did you mean \"containers\"?");
    ck_assert_ptr_null(api_explain_problem("pod.spec.containers"));
}
END_TEST

Suite *
kinds_suite(void)
{
    Suite *suite = suite_create("kinds");
    TCase *tcase = tcase_create("kinds");

    tcase_add_loop_test(tcase, test_name, 0, G_N_ELEMENTS(name_cases));
    tcase_add_test(tcase, test_tables);
    tcase_add_loop_test(tcase, test_merge_key, 0, G_N_ELEMENTS(merge_cases));
    tcase_add_loop_test(tcase, test_requests, 0, G_N_ELEMENTS(request_cases));
    tcase_add_loop_test(tcase, test_qos, 0, G_N_ELEMENTS(qos_cases));
    tcase_add_loop_test(tcase, test_toleration, 0, G_N_ELEMENTS(toleration_cases));
    tcase_add_test(tcase, test_pod_states);
    tcase_add_loop_test(tcase, test_field, 0, G_N_ELEMENTS(field_cases));
    tcase_add_loop_test(tcase, test_generation, 0, G_N_ELEMENTS(generation_cases));
    tcase_add_test(tcase, test_service_update);
    tcase_add_loop_test(tcase, test_diff, 0, G_N_ELEMENTS(diff_cases));
    tcase_add_test(tcase, test_explain);
    suite_add_tcase(suite, tcase);
    return suite;
}
