/* test_cloudservice.c - source: v1.34 staging/src/k8s.io/cloud-provider/controllers/service/controller_test.go */

#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* A cloud with one balancer. */
static const char *balancer_uid, *balancer_hosts;
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
set_balancer(gpointer user, const char *what, gint64 unused)
{
    g_auto(GStrv) words = g_strsplit(what, " ", 2);

    (void)user;
    (void)unused;
    if (is_full)
        return;
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
    {"wanted: made", LB, "", FALSE, FALSE, ENSURING "patch Service web\n" ENSURED "patch Service web", "n1"},
    {"no nodes: told, made all the same", LB, NULL, FALSE, FALSE, ENSURING "patch Service web\n" NO_NODES ENSURED "patch Service web", ""},
    {"excluded node", LB, "label", FALSE, FALSE, ENSURING "patch Service web\n" NO_NODES ENSURED "patch Service web", ""},
    {"node on its way out", LB, "taint", FALSE, FALSE, ENSURING "patch Service web\n" NO_NODES ENSURED "patch Service web", ""},
    {"finalizer is there: not set again", KEPT, "", FALSE, FALSE, ENSURING ENSURED "patch Service web", "n1"},
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

static const struct {
    const char *name, *service, *node, *hosts; /* hosts: as the cloud has them; NULL: no balancer */
    const char *wanted;
} node_rows[] = {
    {"the same nodes: nothing", KEPT, "", "n1", ""},
    {"another node", KEPT, "", "n0,n1", "event Normal UpdatedLoadBalancer Updated load balancer with new hosts"},
    {"none left", KEPT, "label", "n1", "event Warning UnAvailableLoadBalancer There are no available nodes for LoadBalancer"},
    {"not made yet", KEPT, "", NULL, ""},
    {"wants none", AWAY, "", "n0", ""},
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

Suite *
cloudservice_suite(void)
{
    Suite *suite = suite_create("controllers/cloudservice");
    TCase *tcase = tcase_create("cloudservice");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    tcase_add_loop_test(tcase, test_nodes, 0, G_N_ELEMENTS(node_rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
