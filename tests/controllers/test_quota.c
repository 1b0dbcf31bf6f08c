/* The quota controller: what a namespace uses (v1.34 pkg/controller/resourcequota, resource_quota_controller_test.go). */
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

static ApiObject *
from_yaml(const ApiKind *kind, const char *text)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) trees = value_read_yaml(text, strlen(text), "test", diag);
    ApiDecodeResult result = {0};
    ApiObject *object = api_object_decode(kind, trees->pdata[0], &result);

    ck_assert_ptr_nonnull(object);
    api_decode_result_clear(&result);
    api_edit_meta(object)->namespace_ = str_intern("default");
    return object;
}

static void
add_pod(Mini *mini, const char *name, const char *phase, const char *request, gint64 deleted_s)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: %s}, spec: {containers: [{name: c, image: i, resources: {requests: {cpu: "
        "%s}}}]}, status: {phase: %s}}", name, request, phase);
    ApiObject *pod = from_yaml(&pod_kind, text);

    if (deleted_s > 0) {
        api_edit_meta(pod)->deletion_time = mini_wall_ns(mini) - deleted_s * NS_PER_S;
        api_edit_meta(pod)->deletion_grace_s = OPT_INT64(30);
    }
    mini_add(mini, pod);
}

static const struct {
    const char *name, *spec, *status; /* of the quota */
    const char *hard, *used;          /* written; NULL: nothing is */
} cases[] = {
    {"pods", "hard: {cpu: '3', memory: 100Gi, pods: '5'}", "", "cpu=3,memory=100Gi,pods=5",
     "cpu=250m,memory=0,pods=3"},
    {"quota-spec-hard-updated", "hard: {cpu: '4'}", "hard: {cpu: '3'}, used: {cpu: '0'}", "cpu=4",
     "cpu=250m"},
    {"quota-unchanged", "hard: {cpu: '4'}", "hard: {cpu: '4'}, used: {cpu: 250m}", NULL, NULL},
    {"count/pods counts those that are over, too", "hard: {count/pods: '9', pods: '9'}", "",
     "count/pods=9,pods=9", "count/pods=5,pods=3"},
    {"a scope that takes none", "hard: {pods: '5'}, scopes: [BestEffort]", "", "pods=5", "pods=0"},
    {"what nobody counts has no number", "hard: {count/foos.x.io: '5'}", "", "count/foos.x.io=5", ""},
    {"services and their ports",
     "hard: {services: '4', services.nodeports: '4', services.loadbalancers: '4'}", "",
     "services=4,services.loadbalancers=4,services.nodeports=4",
     "services=2,services.loadbalancers=1,services.nodeports=3"},
    {"other kinds by number", "hard: {configmaps: '4', secrets: '4', count/configmaps: '4'}", "",
     "configmaps=4,count/configmaps=4,secrets=4", "configmaps=1,count/configmaps=1,secrets=0"},
};

START_TEST(usage)
{
    Mini *mini = mini_new();
    g_autofree char *text = g_strdup_printf("{metadata: {name: q}, spec: {%s}, status: {%s}}",
                                            cases[_i].spec, cases[_i].status);
    const QuotaStatus *status;

    mini_add(mini, from_yaml(&resource_quota_kind, text));
    add_pod(mini, "a", "Running", "100m", 0);
    add_pod(mini, "b", "Pending", "100m", 0);
    add_pod(mini, "done", "Succeeded", "100m", 0);
    add_pod(mini, "going", "Running", "50m", 20);
    add_pod(mini, "stuck", "Running", "100m", 31);
    mini_add(mini, from_yaml(&service_kind, "{metadata: {name: s}, spec: {type: NodePort, ports: "
                                            "[{port: 80}, {port: 81}]}}"));
    mini_add(mini, from_yaml(&service_kind,
                             "{metadata: {name: l}, spec: {type: LoadBalancer, ports: [{port: 80}]}}"));
    mini_add(mini, from_yaml(&config_map_kind, "{metadata: {name: m}}"));
    mini_sync(mini, &resource_quota_controller, "default/q");
    ck_assert_msg((mini->log->len == 0) == (cases[_i].hard == NULL), "%s: %s", cases[_i].name,
                  mini->log->str);
    status = quota_status(mini_get(mini, &resource_quota_kind, "default", "q"));
    if (cases[_i].hard != NULL) {
        ck_assert_str_eq(quota_print(&status->hard), cases[_i].hard);
        ck_assert_str_eq(quota_print(&status->used), cases[_i].used);
    }
    /* a second look finds nothing to do */
    mini_sync(mini, &resource_quota_controller, "default/q");
    ck_assert_msg(mini->log->len == 0, "%s: %s", cases[_i].name, mini->log->str);
    mini_free(mini);
}
END_TEST

/* Every five minutes all of them. */
START_TEST(resync)
{
    Mini *mini = mini_new();

    mini_add(mini, from_yaml(&resource_quota_kind, "{metadata: {name: q}, spec: {hard: {pods: 1}}}"));
    mini_tick(mini, &resource_quota_controller);
    ck_assert_uint_eq(mini->enqueued->len, 1);
    ck_assert_str_eq(mini->enqueued->pdata[0], "default/q");
    ck_assert_int_eq(resource_quota_controller.period_ns, 5 * NS_PER_MIN);
    mini_free(mini);
}
END_TEST

Suite *
quota_suite(void)
{
    Suite *suite = suite_create("quota");
    TCase *tcase = tcase_create("usage");

    tcase_add_loop_test(tcase, usage, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, resync);
    suite_add_tcase(suite, tcase);
    return suite;
}
