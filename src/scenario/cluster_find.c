/* cluster_find.c - see cluster.h: nodes, processes and containers by name */

#include "scenario/cluster.h"

#include "api/kinds.h"
#include "scenario/cloud.h"

ClusterNode *
cluster_find_node(const Cluster *cluster, const char *name)
{
    for (guint i = 0; i < cluster->nodes->len; i++) {
        ClusterNode *node = g_ptr_array_index(cluster->nodes, i);
        if (str_is(node->name, name))
            return node;
    }
    return NULL;
}

Traffic *
cluster_find_traffic(const Cluster *cluster, const char *name)
{
    for (guint i = 0; i < cluster->traffic->len; i++)
        if (str_is(traffic_name(g_ptr_array_index(cluster->traffic, i)), name))
            return g_ptr_array_index(cluster->traffic, i);
    return NULL;
}

static gboolean
is_scheduler(const char *component)
{
    return str_is(component, "kube-scheduler") || str_is(component, "scheduler");
}

static gboolean
is_manager(const char *component)
{
    return str_is(component, "kube-controller-manager") || str_is(component, "controller-manager");
}

Scheduler *
cluster_scheduler(const Cluster *cluster)
{
    for (guint i = 0; i < cluster->schedulers->len; i++)
        if (scheduler_is_leading(g_ptr_array_index(cluster->schedulers, i)))
            return g_ptr_array_index(cluster->schedulers, i);
    return g_ptr_array_index(cluster->schedulers, 0);
}

static ControllerManager *
leading_manager(const Cluster *cluster)
{
    for (guint i = 0; i < cluster->managers->len; i++)
        if (controller_manager_is_leading(g_ptr_array_index(cluster->managers, i)))
            return g_ptr_array_index(cluster->managers, i);
    return g_ptr_array_index(cluster->managers, 0);
}

/* On the machine called @machine; NULL: the leader. */
static Process *
scheduler_of(const Cluster *cluster, const char *machine)
{
    for (guint i = 0; machine != NULL && i < cluster->schedulers->len; i++) {
        Process *process = scheduler_process(g_ptr_array_index(cluster->schedulers, i));

        if (str_is(machine_name(process_machine(process)), machine))
            return process;
    }
    return machine == NULL ? scheduler_process(cluster_scheduler(cluster)) : NULL;
}

static Process *
manager_of(const Cluster *cluster, const char *machine)
{
    for (guint i = 0; machine != NULL && i < cluster->managers->len; i++) {
        Process *process = controller_manager_process(g_ptr_array_index(cluster->managers, i));

        if (str_is(machine_name(process_machine(process)), machine))
            return process;
    }
    return machine == NULL ? controller_manager_process(leading_manager(cluster)) : NULL;
}

static gboolean
is_apiserver(const char *component)
{
    return str_is(component, "kube-apiserver") || str_is(component, "apiserver");
}

/* On the machine called @machine; NULL: the first. */
static Process *
apiserver_of(const Cluster *cluster, const char *machine)
{
    for (guint i = 0; machine != NULL && i < cluster->servers->len; i++) {
        Process *process = apiserver_process(g_ptr_array_index(cluster->servers, i));

        if (str_is(machine_name(process_machine(process)), machine))
            return process;
    }
    return machine == NULL ? apiserver_process(cluster->server) : NULL;
}

static Process *
etcd_of(const Cluster *cluster, const char *machine)
{
    for (guint i = 0; machine != NULL && i < cluster->etcd_machines->len; i++)
        if (str_is(machine_name(g_ptr_array_index(cluster->etcd_machines, i)), machine))
            return etcd_member_process(cluster->etcd, i);
    return machine == NULL ? etcd_member_process(cluster->etcd, 0) : NULL;
}

Machine *
cluster_member_machine(const Cluster *cluster, const char *component, guint number)
{
    if (is_scheduler(component))
        return process_machine(scheduler_process(g_ptr_array_index(cluster->schedulers, number)));
    if (is_manager(component))
        return process_machine(controller_manager_process(g_ptr_array_index(cluster->managers, number)));
    if (is_apiserver(component))
        return process_machine(apiserver_process(g_ptr_array_index(cluster->servers, number)));
    return g_ptr_array_index(cluster->etcd_machines, number);
}

Machine *
cluster_leader_machine(const Cluster *cluster, const char *component)
{
    if (is_scheduler(component) && cluster->schedulers->len > 1)
        return process_machine(scheduler_of(cluster, NULL));
    if (is_manager(component) && cluster->managers->len > 1)
        return process_machine(manager_of(cluster, NULL));
    if (is_apiserver(component) && cluster->servers->len > 1)
        return process_machine(apiserver_of(cluster, NULL));
    return NULL;
}

Process *
cluster_process(const Cluster *cluster, const char *component, const char *node)
{
    const ClusterNode *found = node != NULL ? cluster_find_node(cluster, node) : NULL;

    if (is_scheduler(component))
        return scheduler_of(cluster, node);
    if (is_manager(component))
        return manager_of(cluster, node);
    if (is_apiserver(component))
        return apiserver_of(cluster, node);
    if (str_is(component, "etcd"))
        return etcd_of(cluster, node);
    if (cloud_process(cluster->cloud, component) != NULL)
        return cloud_process(cluster->cloud, component);
    if (str_is(component, "vpa-recommender"))
        return cluster->vpa_recommender != NULL ? controller_manager_process(cluster->vpa_recommender) : NULL;
    if (str_is(component, "metrics-server"))
        return cluster->metrics_server != NULL ? metrics_server_process(cluster->metrics_server) : NULL;
    if (found != NULL && str_is(component, "kubelet"))
        return kubelet_process(found->kubelet);
    if (found != NULL && found->proxy != NULL && str_is(component, "kube-proxy"))
        return kube_proxy_process(found->proxy);
    return NULL;
}

RtContainer *
cluster_find_container(const Cluster *cluster, const char *namespace_, const char *pod, const char *container)
{
    const ApiObject *object = apiserver_peek(cluster->server, &pod_kind, namespace_, pod);
    const ClusterNode *node = object != NULL ? cluster_find_node(cluster, pod_spec(object)->node_name) : NULL;
    g_autoptr(GPtrArray) all = NULL;
    RtContainer *found = NULL;

    if (node == NULL || node->runtime == NULL)
        return NULL;
    if (container == NULL)
        container = pod_spec(object)->containers.items[0].name;
    all = runtime_list_containers(node->runtime);
    for (guint i = 0; i < all->len; i++) { /* oldest first: the last one that fits is the present one */
        RtContainer *at = g_ptr_array_index(all, i);
        if (str_is(sandbox_pod_uid(rt_container_sandbox(at)), api_uid(object)) && str_is(rt_container_name(at), container))
            found = at;
    }
    return found;
}
