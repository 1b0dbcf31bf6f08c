/* test_cloudservice.c - source: v1.34 staging/src/k8s.io/cloud-provider/controllers/service/controller_test.go */

#include "controllers/cloudservice.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* A cloud with one balancer. */
static const char *balancer_uid, *balancer_hosts;
static gint64 balancer_port;
static gboolean is_full;

static const char *
balancer(gpointer user, const char *uid, const char **out_hosts)
{
    (void)user;
    if (balancer_uid == NULL || !str_is(balancer_uid, uid))
        return NULL;
    if (out_hosts != NULL)
        *out_hosts = balancer_hosts;
    return str_intern("203.0.113.7");
}

static void
set_balancer(gpointer user, const char *what, gint64 health_port)
{
    g_auto(GStrv) words = g_strsplit(what, " ", 2);

    (void)user;
    if (is_full)
        return;
    if (health_port >= 0)
        balancer_port = health_port;
    balancer_uid = str_intern(words[0]);
    balancer_hosts = str_intern(words[1]);
}

static void
drop_balancer(gpointer user, const char *uid, gint64 unused)
{
    (void)user;
    (void)unused;
    if (balancer_uid != NULL && str_is(balancer_uid, uid))
        balancer_uid = NULL;
}

#define LB       "metadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 80}]}"
#define CLASS    "metadata: {name: web}\nspec: {type: LoadBalancer, loadBalancerClass: x.io/y, ports: [{port: 80}]}"
#define CLEANUP  "metadata: {name: web, finalizers: [service.kubernetes.io/load-balancer-cleanup]}\n"
#define AWAY     CLEANUP "spec: {type: ClusterIP, ports: [{port: 80}]}"
#define KEPT     CLEANUP "spec: {type: LoadBalancer, ports: [{port: 80}]}"
#define ENSURING "event Normal EnsuringLoadBalancer Ensuring load balancer\n"
#define ENSURED  "event Normal EnsuredLoadBalancer Ensured load balancer\n"
#define NO_NODES "event Warning UnAvailableLoadBalancer There are no available nodes for LoadBalancer\n"
#define DELETING "event Normal DeletingLoadBalancer Deleting load balancer\n"
#define DELETED  "event Normal DeletedLoadBalancer Deleted load balancer"

static const struct {
    const char *name, *service, *node; /* node: label or taint; NULL: there is none */
    gboolean has_balancer, is_full;
    const char *wanted, *hosts; /* behind the balancer afterwards; NULL: there is none */
} rows[] = {
    {"wanted: made", LB, "", FALSE, FALSE, ENSURING "patch Service web\n" ENSURED "patch Service web", "n1=x://1"},
    {"no nodes: told, made all the same", LB, NULL, FALSE, FALSE, ENSURING "patch Service web\n" NO_NODES ENSURED "patch Service web", ""},
    {"excluded node", LB, "label", FALSE, FALSE, ENSURING "patch Service web\n" NO_NODES ENSURED "patch Service web", ""},
    {"node on its way out", LB, "taint", FALSE, FALSE, ENSURING "patch Service web\n" NO_NODES ENSURED "patch Service web", ""},
    {"finalizer is there: not set again", KEPT, "", FALSE, FALSE, ENSURING ENSURED "patch Service web", "n1=x://1"},
    {"type changed: removed", AWAY, "", TRUE, FALSE, DELETING "patch Service web\n" DELETED, NULL},
    {"type changed, none there", AWAY, "", FALSE, FALSE, "patch Service web\n" DELETED, NULL},
    {"of another class", CLASS, "", FALSE, FALSE, DELETED, NULL},
    {"the cloud is full", KEPT, "", FALSE, TRUE, ENSURING "event Warning SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: no address is left", NULL},
};

static Mini *
new_mini(ControllersConfig *config, const char *service, const char *node)
{
    Mini *mini = mini_new();

    controllers_config_init(config, 34);
    config->cloud_balancer = balancer;
    config->cloud_set_balancer = set_balancer;
    config->cloud_drop_balancer = drop_balancer;
    mini->config = config;
    balancer_uid = balancer_hosts = NULL;
    is_full = FALSE;
    mini_add(mini, object_from_yaml(&service_kind, service));
    if (node != NULL) {
        ApiObject *object = make_node("n1", "z");

        ((NodeSpec *)api_edit_spec(object))->provider_id = str_intern("x://1");

        if (str_is(node, "label"))
            str_map_set(&api_edit_meta(object)->labels, str_intern("node.kubernetes.io/exclude-from-external-load-balancers"), str_intern("x"));
        if (str_is(node, "taint"))
            *API_LIST_ADD(&((NodeSpec *)api_edit_spec(object))->taints) =
                (Taint){.key = str_intern("ToBeDeletedByClusterAutoscaler"), .effect = str_intern("NoSchedule")};
        mini_add(mini, object);
    }
    return mini;
}

START_TEST(test_row)
{
    ControllersConfig config;
    Mini *mini = new_mini(&config, rows[_i].service, rows[_i].node);

    if (rows[_i].has_balancer)
        balancer_uid = api_uid(mini_nth(mini, &service_kind, 0));
    is_full = rows[_i].is_full;
    mini_sync(mini, &cloud_service_controller, "default/web");
    mini_check_log(mini, rows[_i].name, rows[_i].wanted);
    ck_assert_int_eq(balancer_uid != NULL, rows[_i].hosts != NULL);
    if (rows[_i].hosts != NULL)
        ck_assert_str_eq(balancer_hosts, rows[_i].hosts);
    mini_free(mini);
}
END_TEST

/* controller_test.go TestSyncLoadBalancerIfNeeded, "Put finalizer failed": nothing is said of a balancer after it. */
START_TEST(test_refused)
{
    ControllersConfig config;
    Mini *mini = new_mini(&config, LB, "");

    balancer_uid = api_uid(mini_nth(mini, &service_kind, 0));
    mini_refuse(mini, (MiniRefusal){.type = STEP_PATCH, .kind = &service_kind, .code = 409, .reason = "Conflict", .message = "no", .count = 1});
    mini_sync(mini, &cloud_service_controller, "default/web");
    ck_assert_msg(strstr(mini->log->str, "EnsuredLoadBalancer") == NULL, "%s", mini->log->str);
    ck_assert_ptr_nonnull(mini->error);
    mini_sync(mini, &cloud_service_controller, "default/web");
    mini_check_log(mini, "tried again", ENSURING "patch Service web\n" ENSURED "patch Service web");
    mini_free(mini);
}
END_TEST

/* Nodes without a name at the cloud are behind the balancer too. */
START_TEST(test_hosts)
{
    ControllersConfig config;
    Mini *mini = new_mini(&config, LB, "");

    mini_add(mini, make_node("n0", "z"));
    mini_sync(mini, &cloud_service_controller, "default/web");
    ck_assert_str_eq(balancer_hosts, "n0=,n1=x://1");
    mini_free(mini);
}
END_TEST

static const struct {
    const char *name, *service, *node, *hosts; /* hosts: as the cloud has them; NULL: no balancer */
    const char *wanted;
} node_rows[] = {
    {"the same nodes: nothing", KEPT, "", "n1=x://1", ""},
    {"another node", KEPT, "", "n0=x://0,n1=x://1", "event Normal UpdatedLoadBalancer Updated load balancer with new hosts"},
    {"none left", KEPT, "label", "n1=x://1", "event Warning UnAvailableLoadBalancer There are no available nodes for LoadBalancer"},
    {"the same name, another machine", KEPT, "", "n1=x://0", "event Normal UpdatedLoadBalancer Updated load balancer with new hosts"},
    {"not made yet", KEPT, "", NULL, ""},
    {"wants none", AWAY, "", "n0=x://0", ""},
};

START_TEST(test_nodes)
{
    ControllersConfig config;
    Mini *mini = new_mini(&config, node_rows[_i].service, node_rows[_i].node);

    balancer_hosts = node_rows[_i].hosts;
    balancer_uid = balancer_hosts != NULL ? api_uid(mini_nth(mini, &service_kind, 0)) : NULL;
    mini_sync(mini, &cloud_service_nodes_controller, "nodes");
    mini_check_log(mini, node_rows[_i].name, node_rows[_i].wanted);
    mini_free(mini);
}
END_TEST

/* The health check's port comes with the Service, and stays when only the nodes change. */
START_TEST(test_health_port)
{
    ControllersConfig config;
    Mini *mini = new_mini(&config,
                          "metadata: {name: web}\nspec: {type: LoadBalancer, externalTrafficPolicy: Local, "
                          "healthCheckNodePort: 31000, ports: [{port: 80}]}",
                          "");
    balancer_port = 7;
    mini_sync(mini, &cloud_service_controller, "default/web");
    ck_assert_int_eq(balancer_port, 31000);
    balancer_hosts = str_intern("n0=");
    mini_sync(mini, &cloud_service_nodes_controller, "nodes");
    ck_assert_str_eq(balancer_hosts, "n1=x://1");
    ck_assert_int_eq(balancer_port, 31000);
    mini_free(mini);
}
END_TEST

/* --- needsUpdate ------------------------------------------------------------------------------------ */

#define BASE   "type: LoadBalancer, ports: [{name: a, port: 80, targetPort: 8080, nodePort: 30080}]"
#define OF(x)  "metadata: {name: web}\nspec: {" x "}"
#define SILENT "silent"

/* before and after; event: "REASON MESSAGE", "silent": queued without one, NULL: nobody is told */
static const struct {
    const char *name, *before, *after, *event;
} changes[] = {
    {"nothing", OF(BASE), OF(BASE), NULL},
    {"selector", OF(BASE), OF(BASE ", selector: {a: b}"), NULL},
    {"type", OF("type: NodePort, ports: [{port: 80}]"), OF("type: LoadBalancer, ports: [{port: 80}]"), "Type NodePort -> LoadBalancer"},
    {"type, away", OF(BASE), OF("type: ClusterIP, ports: [{port: 80}]"), "Type LoadBalancer -> ClusterIP"},
    {"neither wants one", OF("type: NodePort, ports: [{port: 80}]"), OF("type: ClusterIP, ports: [{port: 81}]"), NULL},
    {"of another class", OF(BASE ", loadBalancerClass: x.io/y"), OF(BASE ", loadBalancerClass: x.io/y, externalIPs: [10.0.0.1]"), NULL},
    {"source ranges", OF(BASE ", loadBalancerSourceRanges: [10.0.0.0/8]"),
     OF(BASE ", loadBalancerSourceRanges: [10.0.0.0/8, 192.0.2.0/24]"), "LoadBalancerSourceRanges [10.0.0.0/8] -> [10.0.0.0/8 192.0.2.0/24]"},
    {"source ranges, first", OF(BASE), OF(BASE ", loadBalancerSourceRanges: [10.0.0.0/8]"), "LoadBalancerSourceRanges [] -> [10.0.0.0/8]"},
    {"one port more", OF(BASE), OF("type: LoadBalancer, ports: [{name: a, port: 80, targetPort: 8080, nodePort: 30080}, {name: b, port: 81}]"), SILENT},
    {"port", OF(BASE), OF("type: LoadBalancer, ports: [{name: a, port: 81, targetPort: 8080, nodePort: 30080}]"), SILENT},
    {"port's name", OF(BASE), OF("type: LoadBalancer, ports: [{name: b, port: 80, targetPort: 8080, nodePort: 30080}]"), SILENT},
    {"node port", OF(BASE), OF("type: LoadBalancer, ports: [{name: a, port: 80, targetPort: 8080, nodePort: 30081}]"), SILENT},
    {"target port", OF(BASE), OF("type: LoadBalancer, ports: [{name: a, port: 80, targetPort: 8081, nodePort: 30080}]"), SILENT},
    {"target port, by name", OF(BASE), OF("type: LoadBalancer, ports: [{name: a, port: 80, targetPort: web, nodePort: 30080}]"), SILENT},
    {"protocol", OF(BASE), OF("type: LoadBalancer, ports: [{name: a, port: 80, targetPort: 8080, nodePort: 30080, protocol: UDP}]"), SILENT},
    {"application protocol", OF(BASE), OF("type: LoadBalancer, ports: [{name: a, port: 80, targetPort: 8080, nodePort: 30080, appProtocol: http}]"), SILENT},
    {"affinity", OF(BASE ", sessionAffinity: None"), OF(BASE ", sessionAffinity: ClientIP"), SILENT},
    {"affinity's time", OF(BASE ", sessionAffinity: ClientIP"),
     OF(BASE ", sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 10}}"), SILENT},
    {"wanted address", OF(BASE), OF(BASE ", loadBalancerIP: 203.0.113.9"), "LoadbalancerIP  -> 203.0.113.9"},
    {"external addresses", OF(BASE), OF(BASE ", externalIPs: [10.0.0.1]"), "ExternalIP Count: 0 -> 1"},
    {"another external address", OF(BASE ", externalIPs: [10.0.0.1]"), OF(BASE ", externalIPs: [10.0.0.2]"), "ExternalIP Added: 10.0.0.2"},
    {"annotations", OF(BASE), "metadata: {name: web, annotations: {a: b}}\nspec: {" BASE "}", SILENT},
    {"labels", OF(BASE), "metadata: {name: web, labels: {a: b}}\nspec: {" BASE "}", NULL},
    {"policy", OF(BASE ", externalTrafficPolicy: Cluster"), OF(BASE ", externalTrafficPolicy: Local"), "ExternalTrafficPolicy Cluster -> Local"},
    {"health check", OF(BASE ", healthCheckNodePort: 31000"), OF(BASE ", healthCheckNodePort: 31001"), "HealthCheckNodePort 31000 -> 31001"},
    {"families", OF(BASE ", ipFamilies: [IPv4]"), OF(BASE ", ipFamilies: [IPv4, IPv6]"), "IPFamilies Count: 1 -> 2"},
    {"the first that differs says it", OF(BASE ", externalTrafficPolicy: Cluster"),
     OF(BASE ", externalTrafficPolicy: Local, externalIPs: [10.0.0.1]"), "ExternalIP Count: 0 -> 1"},
};

START_TEST(test_change)
{
    ApiObject *before = object_from_yaml(&service_kind, changes[_i].before);
    ApiObject *after = object_from_yaml(&service_kind, changes[_i].after);
    g_autofree char *event = NULL;
    BalancerChange change;

    api_edit_meta(before)->uid = api_edit_meta(after)->uid = str_intern("u1");
    change = balancer_change(before, after);
    if (change.reason != NULL)
        event = g_strdup_printf("%s %s", change.reason, change.message);
    else if (change.is_needed)
        event = g_strdup(SILENT);
    ck_assert_msg(g_strcmp0(event, changes[_i].event) == 0, "%s: got %s", changes[_i].name, event);
    api_object_unref(before);
    api_object_unref(after);
}
END_TEST

START_TEST(test_other_uid)
{
    ApiObject *before = object_from_yaml(&service_kind, OF(BASE));
    ApiObject *after = object_from_yaml(&service_kind, OF(BASE));
    BalancerChange change;

    api_edit_meta(before)->uid = str_intern("u1");
    api_edit_meta(after)->uid = str_intern("u2");
    change = balancer_change(before, after);
    ck_assert_str_eq(change.reason, "UID");
    ck_assert_str_eq(change.message, "u1 -> u2");
    api_object_unref(before);
    api_object_unref(after);
}
END_TEST

Suite *
cloudservice_suite(void)
{
    Suite *suite = suite_create("controllers/cloudservice");
    TCase *tcase = tcase_create("cloudservice");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tcase, test_refused);
    tcase_add_test(tcase, test_hosts);
    tcase_add_loop_test(tcase, test_nodes, 0, G_N_ELEMENTS(node_rows));
    tcase_add_test(tcase, test_health_port);
    tcase_add_loop_test(tcase, test_change, 0, G_N_ELEMENTS(changes));
    tcase_add_test(tcase, test_other_uid);
    suite_add_tcase(suite, tcase);
    return suite;
}
