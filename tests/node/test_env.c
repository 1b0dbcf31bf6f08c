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

/* --- admission ----------------------------------------------------------------------- */

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
    {"NoExecute taint", "", "2", "NoExecute", 10, "TaintToleration", NULL},
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
    Admission got = admit_pod(node, others, 1, pod);

    ck_assert_msg(str_is(got.reason, c->reason), "%s: %s", c->name, got.reason);
    if (c->message != NULL)
        ck_assert_str_eq(got.message, c->message);
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
    suite_add_tcase(suite, tcase);
    return suite;
}
