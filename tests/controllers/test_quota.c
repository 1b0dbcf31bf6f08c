/* The quota controller: what a namespace uses (v1.34 pkg/controller/resourcequota, resource_quota_controller_test.go). */
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

static void
add_pod(Mini *mini, const char *name, const char *phase, const char *request, gint64 deleted_s)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: %s}, spec: {containers: [{name: c, image: i, resources: {requests: {cpu: "
        "%s}}}]}, status: {phase: %s}}", name, request, phase);
    ApiObject *pod = object_from_yaml_with_status(&pod_kind, text);

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

    mini_add(mini, object_from_yaml_with_status(&resource_quota_kind, text));
    add_pod(mini, "a", "Running", "100m", 0);
    add_pod(mini, "b", "Pending", "100m", 0);
    add_pod(mini, "done", "Succeeded", "100m", 0);
    add_pod(mini, "going", "Running", "50m", 20);
    add_pod(mini, "stuck", "Running", "100m", 31);
    mini_add(mini, object_from_yaml_with_status(&service_kind, "{metadata: {name: s}, spec: {type: NodePort, ports: "
                                            "[{port: 80}, {port: 81}]}}"));
    mini_add(mini, object_from_yaml_with_status(&service_kind,
                             "{metadata: {name: l}, spec: {type: LoadBalancer, ports: [{port: 80}]}}"));
    mini_add(mini, object_from_yaml_with_status(&config_map_kind, "{metadata: {name: m}}"));
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

/* TestSyncResourceQuota: ...-scoped-quota..., two pods with requests and two without. */
static const struct {
    const char *name, *scope, *plain, *other; /* priority classes of the first two and of the others; NULL: none */
    const char *used;
} scoped[] = {
    {"non-matching-best-effort-scoped-quota", "scopes: [BestEffort]", NULL, "-", "cpu=0,memory=0,pods=0"},
    {"matching-best-effort-scoped-quota", "scopes: [BestEffort]", NULL, NULL, "cpu=0,memory=0,pods=2"},
    {"matching-not-best-effort", "scopes: [NotBestEffort]", NULL, NULL, "cpu=200m,memory=2Gi,pods=2"},
    {"non-matching-priorityclass-scoped-quota-OpExists", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}",
     NULL, NULL, "cpu=0,memory=0,pods=0"},
    {"matching-priorityclass-scoped-quota-OpExists", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}",
     "high", "low", "cpu=200m,memory=2Gi,pods=4"},
    {"matching-priorityclass-scoped-quota-OpIn", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high, low]}]}",
     "high", "low", "cpu=200m,memory=2Gi,pods=4"},
    {"matching-priorityclass-scoped-quota-OpIn, one of them", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}",
     "high", "low", "cpu=200m,memory=2Gi,pods=2"},
    {"non-matching-priorityclass-scoped-quota-OpNotIn", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [high]}]}",
     "high", "high", "cpu=0,memory=0,pods=0"},
    {"matching-priorityclass-scoped-quota-OpNotIn", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: NotIn, values: [random]}]}",
     "high", "low", "cpu=200m,memory=2Gi,pods=4"},
    {"matching-priorityclass-scoped-quota-OpDoesNotExist", "scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: DoesNotExist}]}",
     "high", NULL, "cpu=0,memory=0,pods=2"},
};

START_TEST(scopes)
{
    Mini *mini = mini_new();
    g_autofree char *text =
        g_strdup_printf("{metadata: {name: q}, spec: {hard: {cpu: 3, memory: 100Gi, pods: 5}, %s}}", scoped[_i].scope);

    mini_add(mini, object_from_yaml_with_status(&resource_quota_kind, text));
    for (guint i = 0; i < 4; i++) {
        const char *priority = i < 2 ? scoped[_i].plain : scoped[_i].other;
        g_autofree char *pod = g_strdup_printf(
            "{metadata: {name: p%u}, spec: {%s%s%s containers: [{name: c, image: i%s}]}, status: {phase: Running}}", i,
            priority != NULL ? "priorityClassName: " : "", priority != NULL ? priority : "", priority != NULL ? "," : "",
            i < 2 || str_is(scoped[_i].other, "-") ? ", resources: {requests: {cpu: 100m, memory: 1Gi}}" : "");

        if (i < 2 || !str_is(scoped[_i].other, "-"))
            mini_add(mini, object_from_yaml_with_status(&pod_kind, pod));
    }
    mini_sync(mini, &resource_quota_controller, "default/q");
    ck_assert_msg(str_is(quota_print(&quota_status(mini_get(mini, &resource_quota_kind, "default", "q"))->used), scoped[_i].used), "%s: %s",
                  scoped[_i].name, quota_print(&quota_status(mini_get(mini, &resource_quota_kind, "default", "q"))->used));
    mini_free(mini);
}
END_TEST

/* Every five minutes all of them. */
START_TEST(resync)
{
    Mini *mini = mini_new();

    mini_add(mini, object_from_yaml_with_status(&resource_quota_kind, "{metadata: {name: q}, spec: {hard: {pods: 1}}}"));
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
    tcase_add_loop_test(tcase, scopes, 0, G_N_ELEMENTS(scoped));
    tcase_add_test(tcase, resync);
    suite_add_tcase(suite, tcase);
    return suite;
}
