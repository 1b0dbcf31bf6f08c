/* entrance.c - see entrance.h */

#include "scenario/entrance.h"

#include "api/kinds.h"
#include "base/duration.h"
#include "scenario/cloud.h"
#include "scheduler/autoscaler.h"

#define PROBE_NS (10 * NS_PER_S)
#define PROBES_TO_EJECT 3
#define PROBES_TO_ADMIT 2

typedef struct {
    gboolean is_in;
    guint failures, successes;
} Backend;

struct Entrance {
    Cluster *cluster;
    SimTimer probe;
    Backend *backends; /* (owned) one per node */
    Rng *rng;
};

static gboolean
answers(const Cluster *cluster, const ClusterNode *node)
{
    return machine_is_on(node->machine) && !world_is_cut(cluster->world, cluster->external, node->machine);
}

/* service controller: a node that the autoscaler is about to give back is no target any more */
static gboolean
is_leaving(const Cluster *cluster, const ClusterNode *node)
{
    const ApiObject *object = cluster->cloud == NULL ? NULL : apiserver_peek(cluster->server, &node_kind, NULL, node->name);

    for (guint i = 0; object != NULL && i < node_spec(object)->taints.count; i++)
        if (str_is(node_spec(object)->taints.items[i].key, AUTOSCALER_DELETE_TAINT))
            return TRUE;
    return FALSE;
}

static gboolean
is_target(const Entrance *entrance, guint index)
{
    return entrance->backends[index].is_in && !is_leaving(entrance->cluster, g_ptr_array_index(entrance->cluster->nodes, index));
}

static void
entrance_on_probe(Sim *sim, gpointer self)
{
    Entrance *entrance = self;

    (void)sim;
    for (guint i = 0; i < entrance->cluster->nodes->len; i++) {
        Backend *backend = &entrance->backends[i];

        if (answers(entrance->cluster, g_ptr_array_index(entrance->cluster->nodes, i))) {
            backend->failures = 0;
            if (++backend->successes >= PROBES_TO_ADMIT)
                backend->is_in = TRUE;
        } else {
            backend->successes = 0;
            if (++backend->failures >= PROBES_TO_EJECT)
                backend->is_in = FALSE;
        }
    }
    sim_timer_arm_after(&entrance->probe, PROBE_NS);
}

static const ServicePort *
find_port(const ApiObject *service, gint32 port)
{
    const ServiceSpec *spec = service_spec(service);

    for (guint i = 0; i < spec->ports.count; i++)
        if (spec->ports.items[i].port == port)
            return &spec->ports.items[i];
    return NULL;
}

static gboolean
resolve_service(gpointer self, const char *namespace_, const char *name, const char **out_ip)
{
    Entrance *entrance = self;
    const ApiObject *service = apiserver_peek(entrance->cluster->server, &service_kind, str_intern(namespace_), str_intern(name));

    if (service == NULL || str_is_empty(service_spec(service)->cluster_ip) || str_is(service_spec(service)->cluster_ip, "None"))
        return FALSE;
    *out_ip = service_spec(service)->cluster_ip;
    return TRUE;
}

static gboolean
resolve_external(gpointer self, const char *namespace_, const char *name, gint32 port, Machine **out_entry, gint32 *out_port)
{
    Entrance *entrance = self;
    Cluster *cluster = entrance->cluster;
    const ApiObject *service = apiserver_peek(cluster->server, &service_kind, str_intern(namespace_), str_intern(name));
    const ServicePort *found = service != NULL ? find_port(service, port) : NULL;
    guint n_in = 0;
    guint pick;

    for (guint i = 0; i < cluster->nodes->len; i++)
        n_in += is_target(entrance, i);
    if (found == NULL || n_in == 0)
        return FALSE;
    pick = (guint)rng_below(entrance->rng, n_in);
    for (guint i = 0; i < cluster->nodes->len; i++) {
        if (!is_target(entrance, i) || pick-- > 0)
            continue;
        *out_entry = ((ClusterNode *)g_ptr_array_index(cluster->nodes, i))->machine;
        break;
    }
    *out_port = found->node_port; /* 0: the balancer speaks to the service's own address through that node */
    return TRUE;
}

/* Names lead to the address that the Service says; the balancer there is the cloud's. */
static gboolean
resolve_balancer(gpointer self, const char *namespace_, const char *name, const char **out_ip, Machine **out_entry)
{
    Cluster *cluster = ((Entrance *)self)->cluster;
    const ApiObject *service = apiserver_peek(cluster->server, &service_kind, str_intern(namespace_), str_intern(name));
    const LoadBalancerStatus *status;
    const ClusterNode *node;

    if (service == NULL)
        return FALSE;
    status = &((const ServiceStatus *)service->status)->load_balancer;
    if (status->ingress.count == 0 || str_is_empty(status->ingress.items[0].ip))
        return FALSE;
    *out_ip = status->ingress.items[0].ip;
    node = cloud_pick(cluster->cloud, *out_ip);
    *out_entry = node != NULL ? node->machine : NULL;
    return TRUE;
}

static Machine *
find_node(gpointer self, const char *name)
{
    Entrance *entrance = self;
    const ClusterNode *node = cluster_find_node(entrance->cluster, name);

    return node != NULL ? node->machine : NULL;
}

static Sandbox *
find_pod(gpointer self, const char *namespace_, const char *name, Machine **out_machine)
{
    Entrance *entrance = self;
    RtContainer *container = cluster_find_container(entrance->cluster, namespace_, name, NULL);

    if (container == NULL)
        return NULL;
    *out_machine = sandbox_machine(rt_container_sandbox(container));
    return rt_container_sandbox(container);
}

TrafficResolver
entrance_resolver(Cluster *cluster)
{
    Entrance *entrance = g_new0(Entrance, 1);

    entrance->cluster = cluster;
    entrance->backends = g_new0(Backend, MAX(cluster->nodes->len, 1));
    for (guint i = 0; i < cluster->nodes->len; i++)
        entrance->backends[i].is_in = machine_is_on(((ClusterNode *)g_ptr_array_index(cluster->nodes, i))->machine);
    entrance->rng = rng_stream(cluster->sim, "entrance");
    cluster->entrance = entrance;
    /* Without traffic to balance nobody looks: no probes then. */
    sim_timer_init(&entrance->probe, cluster->sim, SIM_WORLD, entrance_on_probe, entrance);
    if (cluster->scenario->spec.traffic.count > 0)
        sim_timer_arm_after(&entrance->probe, rng_between_ns(entrance->rng, 0, PROBE_NS));
    return (TrafficResolver){
        .resolve_service = resolve_service, .resolve_external = resolve_external, .resolve_balancer = resolve_balancer, .find_node = find_node, .find_pod = find_pod,
        .external = cluster->external, .self = entrance};
}

void
entrance_free(Cluster *cluster)
{
    if (cluster->entrance == NULL)
        return;
    sim_timer_clear(&cluster->entrance->probe);
    g_free(cluster->entrance->backends);
    g_clear_pointer(&cluster->entrance, g_free);
}
