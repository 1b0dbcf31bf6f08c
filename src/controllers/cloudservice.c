/*
 * cloudservice.c - load balancers of the cloud for Services of type LoadBalancer
 *
 * v1.34 staging/src/k8s.io/cloud-provider/controllers/service/controller.go. One worker
 * (--concurrent-service-syncs), which waits while the cloud makes a balancer, so that
 * several Services get theirs one after the other. Balancers live in the cloud and are
 * asked after there: a controller that starts anew finds them.
 */
#include "controllers/cloudservice.h"
#include "controllers/controllers.h"
#include "controllers/util.h"

#define FINALIZER     "service.kubernetes.io/load-balancer-cleanup"
#define EXCLUDE_LABEL "node.kubernetes.io/exclude-from-external-load-balancers"
#define DELETE_TAINT  "ToBeDeletedByClusterAutoscaler"
#define NODES_KEY     "nodes"

static gboolean
needs_cleanup(const ApiObject *service)
{
    return str_list_contains(&service->meta->finalizers, FINALIZER) &&
           (api_is_deleting(service) || !str_is(service_spec(service)->type, "LoadBalancer"));
}

/*
 * stableNodeSetPredicates (on by default since v1.27): readiness does not count, the balancer's own health check does.
 * The autoscaler's taint alone wakes nobody, but keeps a node out of the next update.
 */
static gboolean
is_host(const ApiObject *node)
{
    const NodeSpec *spec = node_spec(node);

    if (api_is_deleting(node) || str_map_get(&node->meta->labels, EXCLUDE_LABEL) != NULL)
        return FALSE;
    for (guint i = 0; i < spec->taints.count; i++)
        if (str_is(spec->taints.items[i].key, DELETE_TAINT))
            return FALSE;
    return TRUE;
}

static int
compare_hosts(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

/* The nodes behind balancers, NAME=PROVIDERID with commas between them: what nodesSufficientlyEqual compares. (interned) */
static const char *
hosts_of(View *view)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    g_autoptr(GPtrArray) hosts = g_ptr_array_new();
    g_autofree char *text = NULL;

    view_list(view, &node_kind, NULL, nodes);
    for (guint i = 0; i < nodes->len; i++) {
        const ApiObject *node = nodes->pdata[i];
        const char *provider_id = node_spec(node)->provider_id;

        if (is_host(node))
            g_ptr_array_add(hosts, (gpointer)str_internf("%s=%s", api_name(node), provider_id != NULL ? provider_id : ""));
    }
    g_ptr_array_sort(hosts, compare_hosts);
    g_ptr_array_add(hosts, NULL);
    text = g_strjoinv(",", (char **)hosts->pdata);
    return str_intern(text);
}

static gboolean
drop_finalizer(ApiObject *service, gpointer unused)
{
    (void)unused;
    return str_list_remove(&api_edit_meta(service)->finalizers, FINALIZER);
}

static gboolean
add_finalizer(ApiObject *service, gpointer unused)
{
    (void)unused;
    if (str_list_contains(&service->meta->finalizers, FINALIZER))
        return FALSE;
    str_list_add(&api_edit_meta(service)->finalizers, FINALIZER);
    return TRUE;
}

/* @address NULL: none any more. */
static gboolean
set_address(ApiObject *service, gpointer address)
{
    const LoadBalancerStatus *old = &((const ServiceStatus *)service->status)->load_balancer;
    LoadBalancerStatus *status;

    if (address == NULL ? old->ingress.count == 0 : old->ingress.count == 1 && str_is(old->ingress.items[0].ip, address))
        return FALSE;
    status = &((ServiceStatus *)api_edit_status(service))->load_balancer;
    status->ingress.count = 0;
    if (address != NULL)
        *API_LIST_ADD(&status->ingress) = (LoadBalancerIngress){.ip = address, .ip_mode = str_intern("VIP")};
    return TRUE;
}

static void
plan_removal(const Reconcile *r, const ControllersConfig *config, const ApiObject *service, Plan *plan)
{
    if (config->cloud_balancer(config->cloud_user, api_uid(service), NULL) != NULL) {
        plan_event(plan, service, "Normal", "DeletingLoadBalancer", "Deleting load balancer");
        plan_pause(plan, dist_sample_ns(&config->cloud_latency, r->rng));
        plan_call(plan, config->cloud_drop_balancer, config->cloud_user, api_uid(service), 0,
                  "because %s wants none any more", api_name(service));
    }
    if (str_list_contains(&service->meta->finalizers, FINALIZER))
        plan_patch(plan, service, NULL, drop_finalizer, NULL, NULL, "because its balancer is gone")->ignore_codes[0] = 404;
    plan_event(plan, service, "Normal", "DeletedLoadBalancer", "Deleted load balancer");
    if (((const ServiceStatus *)service->status)->load_balancer.ingress.count > 0)
        plan_patch(plan, service, "status", set_address, NULL, NULL, "because its balancer is gone")->ignore_codes[0] = 404;
}

/* The cloud has answered. */
static void
after_ensure(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    const ApiObject *service = carry;
    const char *address = config->cloud_balancer(config->cloud_user, api_uid(service), NULL);

    for (guint i = 0; i < n_results; i++)
        if (results[i].status != NULL && results[i].code >= 400)
            return;
    if (address == NULL) {
        plan_event(plan, service, "Warning", "SyncLoadBalancerFailed",
                   "Error syncing load balancer: failed to ensure load balancer: no address is left");
        plan_fail(plan, "failed to ensure load balancer: no address is left");
        return;
    }
    plan_event(plan, service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer");
    if (((const ServiceStatus *)service->status)->load_balancer.ingress.count == 0)
        plan_patch(plan, service, "status", set_address, (gpointer)address, NULL, "because its balancer has an address")->ignore_codes[0] = 404;
}

static void
plan_ensure(const Reconcile *r, const ControllersConfig *config, const ApiObject *service, Plan *plan)
{
    const char *hosts = hosts_of(r->view);
    gboolean is_there = config->cloud_balancer(config->cloud_user, api_uid(service), NULL) != NULL;

    plan_event(plan, service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer");
    if (!str_list_contains(&service->meta->finalizers, FINALIZER))
        plan_patch(plan, service, NULL, add_finalizer, NULL, NULL, "because it will have a balancer");
    if (*hosts == '\0')
        plan_event(plan, service, "Warning", "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer");
    plan_pause(plan, dist_sample_ns(is_there ? &config->cloud_latency : &config->cloud_provision, r->rng));
    plan_call(plan, config->cloud_set_balancer, config->cloud_user, str_internf("%s %s", api_uid(service), hosts),
              str_is(service_spec(service)->external_traffic_policy, "Local") ? service_spec(service)->health_check_node_port : 0,
              "because %s wants a balancer", api_name(service));
    plan_continue(plan, after_ensure, api_object_ref(service), (GDestroyNotify)api_object_unref);
}

/* syncLoadBalancerIfNeeded */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    const char *namespace_, *name;
    const ApiObject *service;

    api_split_key(r->key, &namespace_, &name);
    service = view_get(r->view, &service_kind, namespace_, name);
    if (service == NULL || config->cloud_balancer == NULL)
        return;
    if (!wants_balancer(service) || needs_cleanup(service))
        plan_removal(r, config, service, plan);
    else
        plan_ensure(r, config, service, plan);
}

static void
on_service(Controller *controller, const ApiObject *old, const ApiObject *service)
{
    BalancerChange change = {0};

    if (service == NULL)
        return;
    if (old == NULL)
        change.is_needed = wants_balancer(service);
    else
        change = balancer_change(old, service);
    if (change.reason != NULL)
        controller_event(controller, service, "Normal", change.reason, "%s", change.message);
    if (change.is_needed || needs_cleanup(service))
        controller_enqueue_object(controller, service);
}

static const ControllerSource sources[] = {
    {&service_kind, on_service},
    {&node_kind, NULL},
    {0},
};

const ControllerDef cloud_service_controller = {
    .name = "service-lb",
    .component = "service-controller",
    .workers = 1,
    .queue = {.base_ns = 5 * NS_PER_S, .cap_ns = 300 * NS_PER_S},
    .sources = sources,
    .reconcile = reconcile,
};

/* --- nodes: syncNodes and nodeSyncService, a queue of their own ------------------------------------- */

static void
reconcile_nodes(const Reconcile *r, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    g_autoptr(GPtrArray) services = g_ptr_array_new();
    const char *hosts = hosts_of(r->view);

    if (config->cloud_balancer == NULL)
        return;
    view_list(r->view, &service_kind, NULL, services);
    for (guint i = 0; i < services->len; i++) {
        const ApiObject *service = services->pdata[i];
        const char *old = NULL;

        if (!wants_balancer(service) || config->cloud_balancer(config->cloud_user, api_uid(service), &old) == NULL ||
            str_is(old, hosts))
            continue;
        plan_pause(plan, dist_sample_ns(&config->cloud_latency, r->rng));
        plan_call(plan, config->cloud_set_balancer, config->cloud_user, str_internf("%s %s", api_uid(service), hosts), -1,
                  "because there are other nodes now");
        if (*hosts == '\0')
            plan_event(plan, service, "Warning", "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer");
        else
            plan_event(plan, service, "Normal", "UpdatedLoadBalancer", "Updated load balancer with new hosts");
    }
}

/* shouldSyncUpdatedNode: of a node that stays, only the label and the provider's name for it count. */
static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *node)
{
    if (old != NULL && node != NULL &&
        (str_map_get(&old->meta->labels, EXCLUDE_LABEL) != NULL) == (str_map_get(&node->meta->labels, EXCLUDE_LABEL) != NULL) &&
        node_spec(old)->provider_id == node_spec(node)->provider_id)
        return;
    controller_enqueue(controller, str_intern(NODES_KEY));
}

static const char *
nodes_text(const char *key)
{
    return key;
}

static const ControllerSource node_sources[] = {
    {&node_kind, on_node},
    {&service_kind, NULL},
    {0},
};

const ControllerDef cloud_service_nodes_controller = {
    .name = "service-lb-nodes",
    .component = "service-controller",
    .workers = 1,
    .sources = node_sources,
    .reconcile = reconcile_nodes,
    .object_text = nodes_text,
};
