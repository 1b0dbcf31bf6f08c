/* test_env.c - environment and admission; v1.34 envvars_test.go, expand_test.go, predicate.go */

#include "node/env.h"
#include "tests/node/support.h"

#include <check.h>

Suite *env_suite(void);

static const struct {
    const char *text, *want;
} expand_cases[] = {
    {"$(A)", "1"},
    {"x$(A)y$(B)", "x1y2"},
    {"$$(A)", "$(A)"},
    {"$(NONE)", "$(NONE)"},
    {"$A", "$A"},
    {"$(A", "$(A"},
    {"$", "$"},
    {"$$$(A)", "$1"},
    {"$(A)$(NONE)", "1$(NONE)"},
};

START_TEST(test_expand)
{
    g_autoptr(GPtrArray) env = g_ptr_array_new();

    env_set(env, "A", "0");
    env_set(env, "B", "2");
    env_set(env, "A", "1");
    ck_assert_uint_eq(env->len, 2);
    ck_assert_str_eq(env_expand(expand_cases[_i].text, env), expand_cases[_i].want);
}
END_TEST

START_TEST(test_service)
{
    static const char *const want[] = {
        "FOO_BAR_SERVICE_HOST=1.2.3.4",
        "FOO_BAR_SERVICE_PORT=8080",
        "FOO_BAR_SERVICE_PORT_HTTP_X=8081",
        "FOO_BAR_PORT=tcp://1.2.3.4:8080",
        "FOO_BAR_PORT_8080_TCP=tcp://1.2.3.4:8080",
        "FOO_BAR_PORT_8080_TCP_PROTO=tcp",
        "FOO_BAR_PORT_8080_TCP_PORT=8080",
        "FOO_BAR_PORT_8080_TCP_ADDR=1.2.3.4",
        "FOO_BAR_PORT_8081_UDP=udp://1.2.3.4:8081",
        "FOO_BAR_PORT_8081_UDP_PROTO=udp",
        "FOO_BAR_PORT_8081_UDP_PORT=8081",
        "FOO_BAR_PORT_8081_UDP_ADDR=1.2.3.4",
    };
    g_autoptr(ApiObject) service = api_object_new(&service_kind, "default", "foo-bar");
    g_autoptr(GPtrArray) env = g_ptr_array_new();
    ServiceSpec *spec = api_edit_spec(service);
    ServicePort *port = API_LIST_ADD(&spec->ports);

    spec->cluster_ip = str_intern("1.2.3.4");
    port->port = 8080;
    port->protocol = str_intern("TCP");
    port = API_LIST_ADD(&spec->ports);
    port->name = str_intern("http-x");
    port->port = 8081;
    port->protocol = str_intern("UDP");
    env_add_service(env, service);
    ck_assert_uint_eq(env->len, G_N_ELEMENTS(want));
    for (guint i = 0; i < env->len; i++)
        ck_assert_str_eq(env->pdata[i], want[i]);

    g_ptr_array_set_size(env, 0);
    spec->cluster_ip = str_intern("None");
    env_add_service(env, service);
    ck_assert_uint_eq(env->len, 0);
}
END_TEST

START_TEST(test_fields)
{
    g_autoptr(ApiObject) pod =
        pod_from_yaml("apiVersion: v1\nkind: Pod\n"
                      "metadata: {name: p, namespace: ns, labels: {app: web, b: c}}\nspec:\n"
                      "  containers: [{name: a, image: \"i:1\"}]\n");

    ck_assert_str_eq(env_field(pod, "metadata.name", "node", "1.1.1.1", "2.2.2.2"), "p");
    ck_assert_str_eq(env_field(pod, "metadata.namespace", "node", "1.1.1.1", "2.2.2.2"), "ns");
    ck_assert_str_eq(env_field(pod, "metadata.labels['app']", "node", "1.1.1.1", NULL), "web");
    ck_assert_str_eq(env_field(pod, "metadata.labels['none']", "node", "1.1.1.1", NULL), "");
    ck_assert_str_eq(env_field(pod, "metadata.labels", "node", "1.1.1.1", NULL),
                     "app=\"web\"\nb=\"c\"");
    ck_assert_str_eq(env_field(pod, "spec.nodeName", "node", "1.1.1.1", NULL), "node");
    ck_assert_str_eq(env_field(pod, "status.hostIP", "node", "1.1.1.1", NULL), "1.1.1.1");
    ck_assert_str_eq(env_field(pod, "status.podIP", "node", "1.1.1.1", "2.2.2.2"), "2.2.2.2");
}
END_TEST

/* --- admission: scheduler_test.go and lifecycle/predicate_test.go of v1.34 ------------ */

static ApiObject *
node_of(const char *cpu, int pods, const char *taint_effect)
{
    ApiObject *node = api_object_new(&node_kind, NULL, "n1");
    NodeStatus *status = api_edit_status(node);
    NodeSpec *spec = api_edit_spec(node);
    Quantity quantity;

    quantity_parse(cpu, &quantity);
    quantity_map_set(&status->allocatable, str_intern("cpu"), quantity);
    quantity_map_set(&status->allocatable, str_intern("pods"),
                     quantity_from_int(pods, QUANTITY_DECIMAL_SI));
    str_map_set(&api_edit_meta(node)->labels, str_intern("disk"), str_intern("ssd"));
    if (taint_effect != NULL)
        *API_LIST_ADD(&spec->taints) = (Taint){.key = str_intern("k"),
                                               .value = str_intern("v"),
                                               .effect = str_intern(taint_effect)};
    return node;
}

static const struct {
    const char *name, *spec, *cpu, *taint;
    int pods;
    const char *reason, *message;
} admit_cases[] = {
    {"fits", "", "2", NULL, 10, NULL, NULL},
    {"no cpu", "", "700m", NULL, 10, "OutOfcpu",
     "Node didn't have enough resource: cpu, requested: 500, used: 500, capacity: 700"},
    {"no room", "", "2", NULL, 1, "OutOfpods",
     "Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1"},
    {"selector", "  nodeSelector: {disk: hdd}\n", "2", NULL, 10, "NodeAffinity",
     "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"},
    {"selector matches", "  nodeSelector: {disk: ssd}\n", "2", NULL, 10, NULL, NULL},
    {"NoExecute taint", "", "2", "NoExecute", 10, "TaintToleration",
     "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"},
    {"NoSchedule taint is the scheduler's", "", "2", "NoSchedule", 10, NULL, NULL},
    {"tolerated", "  tolerations: [{operator: Exists}]\n", "2", "NoExecute", 10, NULL, NULL},
};

START_TEST(test_admit)
{
    __typeof__(&admit_cases[0]) c = &admit_cases[_i];
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n%s"
                        "  containers: [{name: a, image: \"i:1\", resources: {requests: {cpu: "
                        "500m}}}]\n",
                        c->spec);
    g_autoptr(ApiObject) pod = pod_from_yaml(yaml);
    g_autoptr(ApiObject) node = node_of(c->cpu, c->pods, c->taint);
    const ApiObject *others[] = {pod};
    g_autoptr(GArray) failures = admit_failures(node, others, 1, pod);
    Admission got = {0};

    if (failures->len > 0)
        got = admit_verdict(&g_array_index(failures, AdmitFailure, 0));
    ck_assert_msg(str_is(got.reason, c->reason), "%s: %s", c->name, got.reason);
    ck_assert_msg(str_is(got.message, c->message), "%s: %s", c->name, got.message);
}
END_TEST

/* noderesources/fit.go, fitsRequest: cpu, memory, ephemeral-storage, then others; all of them are found. */
START_TEST(test_admit_order)
{
    static const char *const want[] = {"cpu", "memory", "ephemeral-storage", "example.com/gpu"};
    g_autoptr(ApiObject) pod = pod_from_yaml(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
        "  - {name: a, image: \"i:1\", resources: {requests: {example.com/gpu: 2, ephemeral-storage: 2Gi, "
        "memory: 2Gi, cpu: 3}, limits: {example.com/gpu: 2}}}\n");
    g_autoptr(ApiObject) node = node_of("2", 10, NULL);
    NodeStatus *status = api_edit_status(node);
    g_autoptr(GArray) failures = NULL;

    for (guint i = 1; i < G_N_ELEMENTS(want); i++)
        quantity_map_set(&status->allocatable, str_intern(want[i]),
                         quantity_from_int(1, QUANTITY_DECIMAL_SI));
    failures = admit_failures(node, NULL, 0, pod);
    ck_assert_uint_eq(failures->len, G_N_ELEMENTS(want));
    for (guint i = 0; i < failures->len; i++)
        ck_assert_str_eq(g_array_index(failures, AdmitFailure, i).resource, want[i]);
}
END_TEST

/* nodeports/node_ports.go, GetHostPorts: sidecars hold theirs too, plain init containers do not. */
START_TEST(test_admit_ports)
{
    static const struct {
        const char *policy;
        guint want;
    } port_cases[] = {{", restartPolicy: Always", 1}, {"", 0}};
    g_autoptr(ApiObject) node = node_of("2", 10, NULL);
    g_autoptr(ApiObject) pod = pod_from_yaml(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
        "  - {name: a, image: \"i:1\", ports: [{containerPort: 80, hostPort: 80}]}\n");

    for (guint i = 0; i < G_N_ELEMENTS(port_cases); i++) {
        g_autofree char *yaml = g_strdup_printf(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n  initContainers:\n"
            "  - {name: i, image: \"i:1\", ports: [{containerPort: 80, hostPort: 80}]%s}\n"
            "  containers: [{name: a, image: \"i:1\"}]\n",
            port_cases[i].policy);
        g_autoptr(ApiObject) other = pod_from_yaml(yaml);
        const ApiObject *others[] = {other};
        g_autoptr(GArray) failures = admit_failures(node, others, 1, pod);

        ck_assert_uint_eq(failures->len, port_cases[i].want);
    }
}
END_TEST

/* lifecycle/predicate_test.go, TestRejectPodAdmissionBasedOnOSSelector and ...OnOSField */
START_TEST(test_admit_system)
{
    static const struct {
        const char *labels, *spec, *reason;
    } system_cases[] = {
        {"", "", NULL},
        {", labels: {kubernetes.io/os: linux}", "  os: {name: linux}\n", NULL},
        {", labels: {kubernetes.io/os: windows}", "", "PodOSSelectorNodeLabelDoesNotMatch"},
        {"", "  os: {name: windows}\n", "PodOSNotSupported"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(system_cases); i++) {
        g_autofree char *yaml =
            g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p%s}\nspec:\n%s"
                            "  containers: [{name: a, image: \"i:1\"}]\n",
                            system_cases[i].labels, system_cases[i].spec);
        g_autoptr(ApiObject) pod = pod_from_yaml(yaml);

        ck_assert_msg(str_is(admit_system(pod).reason, system_cases[i].reason), "case %u: %s", i,
                      admit_system(pod).reason);
    }
}
END_TEST

/* --- preemption/preemption_test.go: TestGetPodsToPreempt -------------------------------- */

typedef struct {
    const char *name, *resources;
} OtherCase;

#define ASKS(cpu, memory) "{requests: {cpu: " cpu ", memory: " memory "}}"
#define OWNS(cpu, memory)                                                                          \
    "{requests: {cpu: " cpu ", memory: " memory "}, limits: {cpu: " cpu ", memory: " memory "}}"

static const OtherCase classes[] = {
    {"bestEffort", "{}"},
    {"burstable", ASKS("100m", "100Mi")},
    {"highRequestBurstable", ASKS("300m", "300Mi")},
    {"guaranteed", OWNS("100m", "100Mi")},
    {"highRequestGuaranteed", OWNS("300m", "300Mi")},
};

static const struct {
    const char *rule;
    gint64 cpu_milli, memory_mi, pods; /* wanting; 0: enough */
    const char *present, *want;        /* want NULL: not enough */
} preempt_cases[] = {
    {"no requirements", 0, 0, 0, "bestEffort burstable", ""},
    {"a place: best effort first", 0, 0, 1, "bestEffort burstable guaranteed", "bestEffort"},
    {"burstable before guaranteed", 100, 100, 0, "bestEffort burstable guaranteed", "burstable"},
    {"guaranteed if there is nothing else", 100, 100, 0, "bestEffort guaranteed", "guaranteed"},
    {"the smaller of two that do", 100, 100, 0, "burstable highRequestBurstable", "burstable"},
    {"one large rather than several", 300, 300, 0, "burstable highRequestBurstable guaranteed",
     "highRequestBurstable"},
    {"burstable and guaranteed together", 400, 400, 0, "burstable highRequestGuaranteed",
     "burstable highRequestGuaranteed"},
    {"not enough", 500, 500, 0, "burstable highRequestBurstable", NULL},
};

static void
need(GArray *failures, const char *resource, gint64 amount)
{
    AdmitFailure failure = {str_intern(resource), amount, 0, 0, NULL, NULL};

    if (amount > 0)
        g_array_append_val(failures, failure);
}

static ApiObject *
other_named(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(classes); i++) {
        g_autofree char *yaml = g_strdup_printf(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  priority: 0\n"
            "  containers: [{name: a, image: \"i:1\", resources: %s}]\n",
            classes[i].name, classes[i].resources);

        if (strcmp(classes[i].name, name) == 0)
            return pod_from_yaml(yaml);
    }
    g_error("no case %s", name);
}

START_TEST(test_preempt)
{
    __typeof__(&preempt_cases[0]) c = &preempt_cases[_i];
    g_auto(GStrv) names = g_strsplit(c->present, " ", -1);
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GArray) failures = g_array_new(FALSE, FALSE, sizeof(AdmitFailure));
    g_autoptr(GPtrArray) got = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(ApiObject) critical = pod_from_yaml(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: critical}\nspec:\n  priority: 2000000000\n"
        "  containers: [{name: a, image: \"i:1\"}]\n");
    const char *error = NULL;

    for (guint i = 0; names[i] != NULL; i++)
        g_ptr_array_add(others, other_named(names[i]));
    need(failures, "pods", c->pods);
    need(failures, "cpu", c->cpu_milli);
    need(failures, "memory", c->memory_mi << 20);
    got = preempt_choose(critical, (const ApiObject *const *)others->pdata, others->len, failures, &error);
    ck_assert_msg((got == NULL) == (c->want == NULL), "%s: %s", c->rule, error);
    if (got == NULL) {
        ck_assert_str_eq(error, "no set of running pods found to reclaim resources: [(res: cpu, q: 100), "
                                "(res: memory, q: 104857600), ]");
        return;
    }
    for (guint i = 0; i < got->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", api_name(got->pdata[i]));
    ck_assert_msg(strcmp(text->str, c->want) == 0, "%s: %s", c->rule, text->str);
}
END_TEST

Suite *
env_suite(void)
{
    Suite *suite = suite_create("env");
    TCase *tcase = tcase_create("rules");

    tcase_add_loop_test(tcase, test_expand, 0, G_N_ELEMENTS(expand_cases));
    tcase_add_test(tcase, test_service);
    tcase_add_test(tcase, test_fields);
    tcase_add_loop_test(tcase, test_admit, 0, G_N_ELEMENTS(admit_cases));
    tcase_add_test(tcase, test_admit_order);
    tcase_add_test(tcase, test_admit_ports);
    tcase_add_test(tcase, test_admit_system);
    tcase_add_loop_test(tcase, test_preempt, 0, G_N_ELEMENTS(preempt_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
