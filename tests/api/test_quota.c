/*
 * What counts against a quota, and which quotas an object falls under.
 *
 * Source: v1.34 pkg/quota/v1/evaluator/core/pods_test.go, services_test.go, persistent_volume_claims_test.go,
 * apiserver/pkg/quota/v1/resources_test.go.
 */
#include "test_support.h"

#include "base/duration.h"

#define NOW_NS (G_GINT64_CONSTANT(1800000000) * NS_PER_S)

#define POD(spec)      "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" spec "}}"
#define ONE(resources) "containers: [{name: c, image: i, resources: {" resources "}}]"
#define INIT(resources)                                                                                                \
    "initContainers: [{name: i, image: i, resources: {" resources "}}], containers: [{name: c, image: i}]"
#define SERVICE(spec) "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {" spec "}}"
#define CLAIM(size, more)                                                                                              \
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], "         \
    "resources: {requests: {storage: " size "}}" more "}}"

static const struct {
    const char *name, *object, *wanted;
} usage_rows[] = {
    {"init container CPU", POD(INIT("requests: {cpu: 1m}, limits: {cpu: 2m}")),
     "count/pods=1,cpu=1m,limits.cpu=2m,pods=1,requests.cpu=1m"},
    {"init container memory", POD(INIT("requests: {memory: 1Ki}, limits: {memory: 2Ki}")),
     "count/pods=1,limits.memory=2Ki,memory=1Ki,pods=1,requests.memory=1Ki"},
    {"init container local ephemeral storage",
     POD(INIT("requests: {ephemeral-storage: 32Mi}, limits: {ephemeral-storage: 64Mi}")),
     "count/pods=1,ephemeral-storage=32Mi,limits.ephemeral-storage=64Mi,pods=1,requests.ephemeral-storage=32Mi"},
    {"init container hugepages", POD(INIT("requests: {hugepages-2Mi: 100Mi}, limits: {hugepages-2Mi: 100Mi}")),
     "count/pods=1,hugepages-2Mi=100Mi,pods=1,requests.hugepages-2Mi=100Mi"},
    {"init container extended resources", POD(INIT("requests: {example.com/dongle: 3}, limits: {example.com/dongle: 3}")),
     "count/pods=1,pods=1,requests.example.com/dongle=3"},
    {"container CPU", POD(ONE("requests: {cpu: 1m}, limits: {cpu: 2m}")),
     "count/pods=1,cpu=1m,limits.cpu=2m,pods=1,requests.cpu=1m"},
    {"container memory", POD(ONE("requests: {memory: 1Ki}, limits: {memory: 2Ki}")),
     "count/pods=1,limits.memory=2Ki,memory=1Ki,pods=1,requests.memory=1Ki"},
    {"container local ephemeral storage",
     POD(ONE("requests: {ephemeral-storage: 32Mi}, limits: {ephemeral-storage: 64Mi}")),
     "count/pods=1,ephemeral-storage=32Mi,limits.ephemeral-storage=64Mi,pods=1,requests.ephemeral-storage=32Mi"},
    {"container hugepages", POD(ONE("requests: {hugepages-2Mi: 100Mi}, limits: {hugepages-2Mi: 100Mi}")),
     "count/pods=1,hugepages-2Mi=100Mi,pods=1,requests.hugepages-2Mi=100Mi"},
    {"container extended resources", POD(ONE("requests: {example.com/dongle: 3}, limits: {example.com/dongle: 3}")),
     "count/pods=1,pods=1,requests.example.com/dongle=3"},
    {"init container maximums override sum of containers",
     POD("initContainers: [{name: a, image: i, resources: {requests: {cpu: 4, memory: 100M, example.com/dongle: 4}, "
         "limits: {cpu: 8, memory: 200M, example.com/dongle: 4}}}, {name: b, image: i, resources: {requests: {cpu: 1, "
         "memory: 50M, example.com/dongle: 2}, limits: {cpu: 2, memory: 100M, example.com/dongle: 2}}}], "
         "containers: [{name: c, image: i, resources: {requests: {cpu: 1, memory: 50M, example.com/dongle: 1}, "
         "limits: {cpu: 2, memory: 100M, example.com/dongle: 1}}}, {name: d, image: i, resources: {requests: {cpu: 2, "
         "memory: 25M, example.com/dongle: 2}, limits: {cpu: 5, memory: 50M, example.com/dongle: 2}}}]"),
     "count/pods=1,cpu=4,limits.cpu=8,limits.memory=200M,memory=100M,pods=1,requests.cpu=4,"
     "requests.example.com/dongle=4,requests.memory=100M"},
    {"sidecars and overhead count with the containers",
     POD("overhead: {cpu: 100m}, initContainers: [{name: a, image: i, restartPolicy: Always, resources: {requests: {cpu: 1}, "
         "limits: {cpu: 1}}}], containers: [{name: c, image: i, resources: {requests: {cpu: 1}, limits: {cpu: 2}}}]"),
     "count/pods=1,cpu=2100m,limits.cpu=3100m,pods=1,requests.cpu=2100m"},
    {"what the whole pod asks for overrides",
     POD("resources: {requests: {cpu: 3, memory: 1Gi}, limits: {cpu: 4}}, " ONE("requests: {cpu: 1, memory: 100Mi}")),
     "count/pods=1,cpu=3,limits.cpu=4,memory=1Gi,pods=1,requests.cpu=3,requests.memory=1Gi"},
    {"loadbalancer without ports", SERVICE("type: LoadBalancer"),
     "count/services=1,services=1,services.loadbalancers=1,services.nodeports=0"},
    {"loadbalancer_ports", SERVICE("type: LoadBalancer, ports: [{port: 27443}]"),
     "count/services=1,services=1,services.loadbalancers=1,services.nodeports=1"},
    {"loadbalancer that asks for no node ports",
     SERVICE("type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 27443}, {port: 27444}]"),
     "count/services=1,services=1,services.loadbalancers=1,services.nodeports=0"},
    {"... but for one",
     SERVICE("type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{name: a, port: 27443, nodePort: 32001}, "
             "{name: b, port: 27444}]"),
     "count/services=1,services=1,services.loadbalancers=1,services.nodeports=1"},
    {"clusterip", SERVICE("type: ClusterIP, ports: [{port: 80}]"),
     "count/services=1,services=1,services.loadbalancers=0,services.nodeports=0"},
    {"nodeports", SERVICE("type: NodePort, ports: [{port: 27443}]"),
     "count/services=1,services=1,services.loadbalancers=0,services.nodeports=1"},
    {"multi-nodeports", SERVICE("type: NodePort, ports: [{name: a, port: 27443}, {name: b, port: 27444}]"),
     "count/services=1,services=1,services.loadbalancers=0,services.nodeports=2"},
    {"pvc-usage", CLAIM("10Gi", ""), "count/persistentvolumeclaims=1,persistentvolumeclaims=1,requests.storage=10Gi"},
    {"pvc-usage-by-class", CLAIM("10Gi", ", storageClassName: gold"),
     "count/persistentvolumeclaims=1,gold.storageclass.storage.k8s.io/persistentvolumeclaims=1,"
     "gold.storageclass.storage.k8s.io/requests.storage=10Gi,persistentvolumeclaims=1,requests.storage=10Gi"},
    {"pvc-usage-rounded: to whole bytes, upwards", CLAIM("1001m", ""),
     "count/persistentvolumeclaims=1,persistentvolumeclaims=1,requests.storage=2"},
    {"pvc-usage-by-class-rounded", CLAIM("1001m", ", storageClassName: gold"),
     "count/persistentvolumeclaims=1,gold.storageclass.storage.k8s.io/persistentvolumeclaims=1,"
     "gold.storageclass.storage.k8s.io/requests.storage=2,persistentvolumeclaims=1,requests.storage=2"},
    {"the class that is none", CLAIM("1Gi", ", storageClassName: ''"),
     "count/persistentvolumeclaims=1,persistentvolumeclaims=1,requests.storage=1Gi"},
    {"kinds with a name of their own", "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}",
     "configmaps=1,count/configmaps=1"},
    {"... and others", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}", "count/serviceaccounts=1"},
};

static const char *
usage_of(const ApiObject *object)
{
    QuantityMap usage = {0};
    const char *text;

    quota_usage(object, NOW_NS, &usage);
    text = quota_print(&usage);
    g_free(usage.items);
    return text;
}

START_TEST(test_usage)
{
    ApiObject *object = object_from_yaml(usage_rows[_i].object);

    ck_assert_msg(str_is(usage_of(object), usage_rows[_i].wanted), "%s: %s", usage_rows[_i].name, usage_of(object));
    api_object_unref(object);
}
END_TEST

/* Pods that are over, or should be: "terminated generic count still appears", "pod deletion timestamp ...". */
static const struct {
    const char *name, *phase;
    gint64 deleted_s, grace_s; /* ago, 0: not; grace -1: none */
    gboolean counts;
} over_rows[] = {
    {"pending", "Pending", 0, -1, TRUE},
    {"running", "Running", 0, -1, TRUE},
    {"not heard of", "Unknown", 0, -1, TRUE},
    {"succeeded", "Succeeded", 0, -1, FALSE},
    {"failed", "Failed", 0, -1, FALSE},
    {"pod deletion timestamp exceeded", "Running", 60, 30, FALSE},
    {"pod deletion timestamp not exceeded", "Running", 1, 30, TRUE},
    {"exactly at the end of its grace", "Running", 30, 30, TRUE},
    {"a second later", "Running", 31, 30, FALSE},
    {"no grace", "Running", 1, 0, FALSE},
    {"deleted without a word of grace", "Running", 600, -1, TRUE},
};

START_TEST(test_over)
{
    ApiObject *pod = object_from_yaml(POD(ONE("requests: {cpu: 1}")));

    ((PodStatus *)api_edit_status(pod))->phase = str_intern(over_rows[_i].phase);
    if (over_rows[_i].deleted_s > 0)
        api_edit_meta(pod)->deletion_time = NOW_NS - over_rows[_i].deleted_s * NS_PER_S;
    if (over_rows[_i].grace_s >= 0)
        api_edit_meta(pod)->deletion_grace_s = OPT_INT64(over_rows[_i].grace_s);
    ck_assert_msg(str_is(usage_of(pod), over_rows[_i].counts ? "count/pods=1,cpu=1,pods=1,requests.cpu=1" : "count/pods=1"),
                  "%s: %s", over_rows[_i].name, usage_of(pod));
    api_object_unref(pod);
}
END_TEST

/* --- scopes: TestPodEvaluatorMatchingScopes ----------------------------------------------------------- */

#define TERM(more)     "{topologyKey: k, labelSelector: {}" more "}"
#define ELSEWHERE      TERM(", namespaces: [ns2]")
#define BY_LABEL       TERM(", namespaceSelector: {}")
#define AFFINITY(kind) "affinity: {" kind "}"

static const struct {
    const char *name, *spec;
    const char *wanted; /* of the scopes below */
} scope_rows[] = {
    {"EmptyPod", ONE(""), "NotTerminating BestEffort"},
    {"PriorityClass", "priorityClassName: class1, " ONE(""), "NotTerminating BestEffort PriorityClass class1 not-class2"},
    {"... another", "priorityClassName: class2, " ONE(""), "NotTerminating BestEffort PriorityClass"},
    {"NotBestEffort", ONE("requests: {cpu: 1, memory: 50M, example.com/dongle: 1}, limits: {cpu: 2, memory: 100M, example.com/dongle: 1}"),
     "NotTerminating NotBestEffort"},
    {"only an extended resource is best effort", ONE("requests: {example.com/dongle: 1}, limits: {example.com/dongle: 1}"),
     "NotTerminating BestEffort"},
    {"Terminating", "activeDeadlineSeconds: 30, " ONE(""), "Terminating BestEffort"},
    {"OnlyTerminating", "activeDeadlineSeconds: 1, priorityClassName: class1, " ONE("requests: {cpu: 1}"),
     "Terminating NotBestEffort PriorityClass class1 not-class2"},
    {"CrossNamespaceRequiredAffinity",
     AFFINITY("podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [" ELSEWHERE "]}") ", " ONE(""),
     "NotTerminating BestEffort CrossNamespacePodAffinity"},
    {"CrossNamespaceRequiredAffinityWithSlice",
     AFFINITY("podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [" BY_LABEL "]}") ", " ONE(""),
     "NotTerminating BestEffort CrossNamespacePodAffinity"},
    {"CrossNamespacePreferredAffinity",
     AFFINITY("podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: " BY_LABEL "}]}") ", " ONE(""),
     "NotTerminating BestEffort CrossNamespacePodAffinity"},
    {"CrossNamespacePreferredAffinityWithSelector",
     AFFINITY("podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: " ELSEWHERE "}]}") ", " ONE(""),
     "NotTerminating BestEffort CrossNamespacePodAffinity"},
    {"CrossNamespacePreferredAntiAffinity",
     AFFINITY("podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: " BY_LABEL "}]}") ", " ONE(""),
     "NotTerminating BestEffort CrossNamespacePodAffinity"},
    {"CrossNamespaceRequiredAntiAffinity",
     AFFINITY("podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [" ELSEWHERE "]}") ", " ONE(""),
     "NotTerminating BestEffort CrossNamespacePodAffinity"},
    {"affinity to its own namespace", AFFINITY("podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [" TERM("") "]}") ", " ONE(""),
     "NotTerminating BestEffort"},
};

static const struct {
    const char *label, *spec; /* of a quota */
} scopes[] = {
    {"Terminating", "scopes: [Terminating]"},
    {"NotTerminating", "scopes: [NotTerminating]"},
    {"BestEffort", "scopes: [BestEffort]"},
    {"NotBestEffort", "scopes: [NotBestEffort]"},
    {"PriorityClass", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}"},
    {"class1", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [class1]}]}"},
    {"not-class2", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [class2]}, "
                   "{scopeName: PriorityClass, operator: Exists}]}"},
    {"CrossNamespacePodAffinity", "scopes: [CrossNamespacePodAffinity]"},
};

static gboolean
takes(const char *spec, const ApiObject *object)
{
    g_autofree char *text = g_strdup_printf("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {%s}}", spec);
    ApiObject *quota = object_from_yaml(text);
    gboolean does = quota_has_scope(quota_spec(quota), object);

    api_object_unref(quota);
    return does;
}

START_TEST(test_scopes)
{
    g_autofree char *text = g_strdup_printf("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {%s}}", scope_rows[_i].spec);
    ApiObject *pod = object_from_yaml(text);
    g_autoptr(GString) got = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(scopes); i++)
        if (takes(scopes[i].spec, pod))
            g_string_append_printf(got, "%s%s", got->len > 0 ? " " : "", scopes[i].label);
    ck_assert_msg(str_is(got->str, scope_rows[_i].wanted), "%s: %s", scope_rows[_i].name, got->str);
    api_object_unref(pod);
}
END_TEST

/* Who has no class is in none: NotIn takes it, and DoesNotExist does. */
START_TEST(test_no_class)
{
    ApiObject *pod = object_from_yaml(POD(ONE("")));
    ApiObject *service = object_from_yaml(SERVICE("ports: [{port: 80}]"));

    ck_assert(takes("scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [class2]}]}", pod));
    ck_assert(takes("scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]}", pod));
    ck_assert(!takes("scopes: [BestEffort], scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}", pod));
    ck_assert(takes("", service));
    ck_assert(!takes("scopes: [NotTerminating]", service));
    api_object_unref(pod);
    api_object_unref(service);
}
END_TEST

/* --- which names a kind answers for: Test...MatchingResources, TestPodConstraintsFunc -------------------- */

static const struct {
    const char *kind, *name;
    gboolean want;
} tracked[] = {
    {"Pod", "count/pods", TRUE}, {"Pod", "pods", TRUE}, {"Pod", "cpu", TRUE}, {"Pod", "requests.cpu", TRUE},
    {"Pod", "limits.memory", TRUE}, {"Pod", "requests.ephemeral-storage", TRUE}, {"Pod", "hugepages-2Mi", TRUE},
    {"Pod", "requests.hugepages-2Mi", TRUE}, {"Pod", "limits.hugepages-2Mi", FALSE}, {"Pod", "requests.example.com/gpu", TRUE},
    {"Pod", "example.com/gpu", FALSE}, {"Pod", "limits.example.com/gpu", FALSE}, {"Pod", "requests.storage", FALSE},
    {"Pod", "services", FALSE}, {"Pod", "requests.kubernetes.io/x", FALSE},
    {"Service", "services", TRUE}, {"Service", "services.nodeports", TRUE}, {"Service", "services.loadbalancers", TRUE},
    {"Service", "configmaps", FALSE}, {"Service", "cpu", FALSE}, {"Service", "count/services", TRUE},
    {"PersistentVolumeClaim", "count/persistentvolumeclaims", TRUE}, {"PersistentVolumeClaim", "requests.storage", TRUE},
    {"PersistentVolumeClaim", "persistentvolumeclaims", TRUE},
    {"PersistentVolumeClaim", "gold.storageclass.storage.k8s.io/requests.storage", TRUE},
    {"PersistentVolumeClaim", "gold.storageclass.storage.k8s.io/persistentvolumeclaims", TRUE},
    {"PersistentVolumeClaim", "storage", FALSE}, {"PersistentVolumeClaim", "ephemeral-storage", FALSE},
    {"PersistentVolumeClaim", "bronze.storageclass.storage.k8s.io/storage", FALSE},
    {"PersistentVolumeClaim", "gold.storage.k8s.io/requests.storage", FALSE},
};

START_TEST(test_tracked)
{
    for (guint i = 0; i < G_N_ELEMENTS(tracked); i++) {
        const ApiKind *kind = NULL;

        for (guint k = 0; api_kinds[k] != NULL; k++)
            if (str_is(api_kinds[k]->kind, tracked[i].kind))
                kind = api_kinds[k];
        ck_assert_msg(quota_tracks(kind, tracked[i].name) == tracked[i].want, "%s %s", tracked[i].kind, tracked[i].name);
    }
}
END_TEST

static const struct {
    const char *name, *object, *hard, *wanted; /* NULL: fine */
} missing_rows[] = {
    {"init container resource missing", POD(INIT("requests: {cpu: 1m}, limits: {cpu: 2m}")), "memory: 1Gi", "must specify memory for: c,i"},
    {"container resource missing", POD(ONE("requests: {cpu: 1m}, limits: {cpu: 2m}")), "memory: 1Gi", "must specify memory for: c"},
    {"two are missing", POD(ONE("")), "requests.cpu: 1, limits.cpu: 1, pods: 1", "must specify limits.cpu for: c; requests.cpu for: c"},
    {"said for the whole pod", POD("resources: {requests: {memory: 1Gi}}, " ONE("")), "memory: 1Gi", NULL},
    {"the whole pod is given a say, and says nothing", POD("resources: {}, " ONE("")), "memory: 1Gi", "must specify memory for: c"},
    {"storage is not asked for", POD(ONE("")), "requests.ephemeral-storage: 1Gi, limits.ephemeral-storage: 1Gi", NULL},
    {"extended resources neither", POD(ONE("")), "requests.example.com/gpu: 1", NULL},
    {"a limit is a request", POD(ONE("limits: {memory: 1Gi}")), "memory: 1Gi, limits.memory: 1Gi", NULL},
    {"services: nothing is asked", SERVICE("type: ClusterIP, ports: [{port: 80}]"), "services.loadbalancers: 1, services: 1", NULL},
};

START_TEST(test_missing)
{
    g_autofree char *text =
        g_strdup_printf("{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {%s}}}", missing_rows[_i].hard);
    ApiObject *quota = object_from_yaml(text), *object = object_from_yaml(missing_rows[_i].object);
    const char *got = quota_missing(&quota_spec(quota)->hard, object);

    ck_assert_msg(g_strcmp0(got, missing_rows[_i].wanted) == 0, "%s: %s", missing_rows[_i].name, got);
    api_object_unref(quota);
    api_object_unref(object);
}
END_TEST

/* --- sums: TestEquals, TestAdd, TestMask ------------------------------------------------------------------ */

static const struct {
    const char *a, *b, *sum, *mask; /* mask: of a by b */
    gboolean equal;
} sums[] = {
    {"", "", "", "", TRUE},
    {"cpu: 100m", "cpu: 100m", "cpu=200m", "cpu=100m", TRUE},
    {"cpu: 1", "cpu: 1000m", "cpu=2", "cpu=1", TRUE},
    {"cpu: 100m, memory: 1Gi", "cpu: 1", "cpu=1100m,memory=1Gi", "cpu=100m", FALSE},
    {"cpu: 1", "", "cpu=1", "", FALSE},
    {"", "memory: 1Gi", "memory=1Gi", "", FALSE},
    {"cpu: 100m", "memory: 1Gi", "cpu=100m,memory=1Gi", "", FALSE},
    {"cpu: 100m", "cpu: 101m", "cpu=201m", "cpu=100m", FALSE},
    {"memory: 1Gi", "memory: 1024Mi", "memory=2Gi", "memory=1Gi", TRUE},
};

START_TEST(test_sums)
{
    g_autofree char *a_text = g_strdup_printf("{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: {%s}}}", sums[_i].a);
    g_autofree char *b_text = g_strdup_printf("{apiVersion: v1, kind: ResourceQuota, metadata: {name: b}, spec: {hard: {%s}}}", sums[_i].b);
    ApiObject *a = object_from_yaml(a_text), *b = object_from_yaml(b_text);
    QuantityMap map = {0};

    ck_assert_int_eq(quota_equal(&quota_spec(a)->hard, &quota_spec(b)->hard), sums[_i].equal);
    quantity_map_copy(&map, &quota_spec(a)->hard);
    quota_add(&map, &quota_spec(b)->hard);
    ck_assert_str_eq(quota_print(&map), sums[_i].sum);
    quantity_map_copy(&map, &quota_spec(a)->hard);
    quota_mask(&map, &quota_spec(b)->hard);
    ck_assert_str_eq(quota_print(&map), sums[_i].mask);
    g_free(map.items);
    api_object_unref(a);
    api_object_unref(b);
}
END_TEST

Suite *
quota_suite(void)
{
    Suite *suite = suite_create("api/quota");
    TCase *tcase = tcase_create("quota");

    tcase_add_loop_test(tcase, test_usage, 0, G_N_ELEMENTS(usage_rows));
    tcase_add_loop_test(tcase, test_over, 0, G_N_ELEMENTS(over_rows));
    tcase_add_loop_test(tcase, test_scopes, 0, G_N_ELEMENTS(scope_rows));
    tcase_add_test(tcase, test_no_class);
    tcase_add_test(tcase, test_tracked);
    tcase_add_loop_test(tcase, test_missing, 0, G_N_ELEMENTS(missing_rows));
    tcase_add_loop_test(tcase, test_sums, 0, G_N_ELEMENTS(sums));
    suite_add_tcase(suite, tcase);
    return suite;
}
