/* cloud.c - see cloud.h */

#include "scenario/cloud.h"

#include "controllers/controllers.h"
#include "scheduler/autoscaler.h"

/* A machine that was given back is not given out again as long as there is one that never was. */
typedef struct {
    ClusterNode *node;
    gboolean is_there, was_there;
} CloudMachine;

/* A Service's. Its place in the array is its address. */
typedef struct {
    const char *uid, *hosts; /* interned; uid NULL: free */
} CloudBalancer;

/* Addresses of balancers: 203.0.113.1 and on (RFC 5737). */
#define N_BALANCERS 254

struct Cloud {
    CloudBalancer balancers[N_BALANCERS];
    guint last_balancer; /* addresses go round */
    ControllersConfig controllers;
    Cluster *cluster;
    GArray *machines;        /* of CloudMachine */
    AutoscalerGroup *groups; /* (owned) */
    AutoscalerConfig config;
    ControllerManager *autoscaler, *manager;
};

static gboolean
is_autoscaled(const ScNodeGroup *group)
{
    return group != NULL && group->autoscale_max > 0;
}

/* --- what the autoscaler asks ----------------------------------------------------------------------- */

static CloudMachine *
machine_at(const Cloud *cloud, guint index)
{
    return &g_array_index(cloud->machines, CloudMachine, index);
}

static guint
target_size(gpointer user, const char *group)
{
    const Cloud *cloud = user;
    guint count = 0;

    for (guint i = 0; i < cloud->machines->len; i++)
        count += machine_at(cloud, i)->is_there && str_is(machine_at(cloud, i)->node->group->name, group);
    return count;
}

static const char *
group_of(gpointer user, const char *node)
{
    const Cloud *cloud = user;

    for (guint i = 0; i < cloud->machines->len; i++)
        if (str_is(machine_at(cloud, i)->node->name, node))
            return machine_at(cloud, i)->node->group->name;
    return NULL;
}

static void
give(Cloud *cloud, CloudMachine *machine)
{
    machine->is_there = machine->was_there = TRUE;
    sim_trace(cloud->cluster->sim, "cloud", "create", str_internf("machine/%s", machine->node->name), "Created",
              "machine %s of group %s is made", machine->node->name, machine->node->group->name);
    machine_power_on(machine->node->machine);
}

static void
take_back(Cloud *cloud, CloudMachine *machine)
{
    machine->is_there = FALSE;
    sim_trace(cloud->cluster->sim, "cloud", "delete", str_internf("machine/%s", machine->node->name), "Deleted",
              "machine %s of group %s is given back", machine->node->name, machine->node->group->name);
    machine_power_off(machine->node->machine);
}

static CloudMachine *
spare_machine(const Cloud *cloud, const char *group)
{
    CloudMachine *used = NULL;

    for (guint i = 0; i < cloud->machines->len; i++) {
        CloudMachine *machine = machine_at(cloud, i);

        if (machine->is_there || !str_is(machine->node->group->name, group))
            continue;
        if (!machine->was_there)
            return machine;
        used = used != NULL ? used : machine;
    }
    return used;
}

/* Fewer: those that never came up are given up, the youngest first. */
static void
set_size(gpointer user, const char *group, gint64 size)
{
    Cloud *cloud = user;
    gint64 count = target_size(cloud, group);

    for (; count < size && spare_machine(cloud, group) != NULL; count++)
        give(cloud, spare_machine(cloud, group));
    for (guint i = cloud->machines->len; count > size && i > 0; i--) {
        CloudMachine *machine = machine_at(cloud, i - 1);

        if (!machine->is_there || !str_is(machine->node->group->name, group) ||
            apiserver_peek(cloud->cluster->server, &node_kind, NULL, machine->node->name) != NULL)
            continue;
        take_back(cloud, machine);
        count--;
    }
}

static void
delete_node(gpointer user, const char *node, gint64 unused)
{
    Cloud *cloud = user;

    (void)unused;
    for (guint i = 0; i < cloud->machines->len; i++)
        if (str_is(machine_at(cloud, i)->node->name, node) && machine_at(cloud, i)->is_there)
            take_back(cloud, machine_at(cloud, i));
}

gboolean
cloud_has_node(gpointer user, const char *node)
{
    const Cloud *cloud = user;

    for (guint i = 0; i < cloud->machines->len; i++)
        if (str_is(machine_at(cloud, i)->node->name, node))
            return machine_at(cloud, i)->is_there;
    return TRUE;
}

/* --- balancers -------------------------------------------------------------------------------------- */

static CloudBalancer *
find_balancer(Cloud *cloud, const char *uid)
{
    for (guint i = 0; i < N_BALANCERS; i++)
        if (cloud->balancers[i].uid != NULL && str_is(cloud->balancers[i].uid, uid))
            return &cloud->balancers[i];
    return NULL;
}

static const char *
address_of(const Cloud *cloud, const CloudBalancer *balancer)
{
    return str_internf("203.0.113.%u", (guint)(balancer - cloud->balancers) + 1);
}

static const char *
balancer_address(gpointer user, const char *uid, const char **out_hosts)
{
    const CloudBalancer *balancer = find_balancer(user, uid);

    if (balancer != NULL && out_hosts != NULL)
        *out_hosts = balancer->hosts;
    return balancer != NULL ? address_of(user, balancer) : NULL;
}

static CloudBalancer *
make_balancer(Cloud *cloud, const char *uid)
{
    for (guint i = 0; i < N_BALANCERS; i++) {
        CloudBalancer *balancer = &cloud->balancers[(cloud->last_balancer + i) % N_BALANCERS];

        if (balancer->uid != NULL)
            continue;
        cloud->last_balancer = (guint)(balancer - cloud->balancers) + 1;
        balancer->uid = uid;
        sim_trace(cloud->cluster->sim, "cloud", "create", str_internf("balancer/%s", address_of(cloud, balancer)),
                  "Created", "balancer %s is made", address_of(cloud, balancer));
        return balancer;
    }
    return NULL;
}

static void
set_balancer(gpointer user, const char *what, gint64 unused)
{
    g_auto(GStrv) words = g_strsplit(what, " ", 2);
    CloudBalancer *balancer = find_balancer(user, words[0]);

    (void)unused;
    if (balancer == NULL)
        balancer = make_balancer(user, str_intern(words[0]));
    if (balancer != NULL)
        balancer->hosts = str_intern(words[1]);
}

static void
drop_balancer(gpointer user, const char *uid, gint64 unused)
{
    Cloud *cloud = user;
    CloudBalancer *balancer = find_balancer(cloud, uid);

    (void)unused;
    if (balancer == NULL)
        return;
    balancer->uid = NULL;
    sim_trace(cloud->cluster->sim, "cloud", "delete", str_internf("balancer/%s", address_of(cloud, balancer)), "Deleted",
              "balancer %s is given back", address_of(cloud, balancer));
}

/* --- life ------------------------------------------------------------------------------------------- */

static void
set_config(Cloud *cloud)
{
    const ScAutoscaler *wanted = &cloud->cluster->scenario->spec.cluster.autoscaler;
    AutoscalerConfig *config = &cloud->config;

    autoscaler_config_init(config);
    config->expander = str_is(wanted->expander, "most-pods") ? EXPANDER_MOST_PODS
                       : str_is(wanted->expander, "random")  ? EXPANDER_RANDOM
                                                             : EXPANDER_LEAST_WASTE;
    config->unneeded_ns = wanted->unneeded_ns;
    config->unready_ns = wanted->unready_ns;
    config->delay_after_add_ns = wanted->delay_after_add_ns;
    config->provision_limit_ns = wanted->provision_limit_ns;
    config->utilization_permille = (guint)wanted->utilization_percent * 10;
    config->version_minor = cloud->cluster->scenario->version_minor;
    config->target_size = target_size;
    config->group_of = group_of;
    config->set_size = set_size;
    config->delete_node = delete_node;
    config->user = cloud;
}

static ControllerManager *
make_manager(Cluster *cluster, const char *name, const ControllerDef *const *controllers, gconstpointer config)
{
    return controller_manager_new(&(ControllerManagerOptions){
        .sim = cluster->sim,
        .world = cluster->world,
        .machine = cluster->control_plane,
        .server = cluster->server,
        .process_name = name,
        .controllers = controllers,
        .version_minor = cluster->scenario->version_minor,
        .config = config,
    });
}

static void
set_controllers(Cloud *cloud, const ScCloud *wanted)
{
    cloud->controllers = *controllers_config_of(cloud->cluster->controllers_config);
    cloud->controllers.cloud_has_node = cloud_has_node;
    cloud->controllers.cloud_user = cloud;
    if (!wanted->has_balancers)
        return;
    cloud->controllers.cloud_balancer = balancer_address;
    cloud->controllers.cloud_set_balancer = set_balancer;
    cloud->controllers.cloud_drop_balancer = drop_balancer;
    cloud->controllers.cloud_provision = wanted->provision;
}

Cloud *
cloud_new(Cluster *cluster)
{
    static const ControllerDef *const autoscaler[] = {&cluster_autoscaler, NULL};
    const ScList *groups = &cluster->scenario->spec.cluster.nodes;
    const ScCloud *wanted = &cluster->scenario->spec.cluster.cloud;
    Cloud *cloud;
    guint n = 0;

    for (guint i = 0; i < groups->count; i++)
        n += is_autoscaled((const ScNodeGroup *)(gconstpointer)groups->items + i);
    if (n == 0 && !wanted->has_balancers)
        return NULL;
    cloud = g_new0(Cloud, 1);
    cloud->cluster = cluster;
    cloud->machines = g_array_new(FALSE, TRUE, sizeof(CloudMachine));
    cloud->groups = g_new0(AutoscalerGroup, n);
    set_config(cloud);
    cloud->config.groups = cloud->groups;
    for (guint i = 0; i < groups->count; i++) {
        const ScNodeGroup *group = (const ScNodeGroup *)(gconstpointer)groups->items + i;

        if (is_autoscaled(group))
            cloud->groups[cloud->config.n_groups++] =
                (AutoscalerGroup){group->name, (guint)group->autoscale_min, (guint)group->autoscale_max};
    }
    if (n > 0)
        cloud->autoscaler = make_manager(cluster, "cluster-autoscaler", autoscaler, &cloud->config);
    set_controllers(cloud, wanted);
    cloud->manager = make_manager(cluster, "cloud-controller-manager",
                                  wanted->has_balancers ? ccm_balancing_controllers : ccm_controllers, &cloud->controllers);
    return cloud;
}

void
cloud_free(Cloud *cloud)
{
    if (cloud == NULL)
        return;
    if (cloud->autoscaler != NULL)
        controller_manager_free(cloud->autoscaler);
    controller_manager_free(cloud->manager);
    g_array_unref(cloud->machines);
    g_free(cloud->groups);
    g_free(cloud);
}

void
cloud_adopt(Cloud *cloud, ClusterNode *node, guint index)
{
    guint count = node->group != NULL && node->group->has_count ? (guint)node->group->count : 1;
    CloudMachine machine = {.node = node, .is_there = index < count, .was_there = index < count};

    if (cloud == NULL || !is_autoscaled(node->group))
        return;
    if (!machine.is_there)
        machine_power_off(node->machine);
    g_array_append_val(cloud->machines, machine);
}

void
cloud_start(Cloud *cloud)
{
    if (cloud == NULL)
        return;
    process_start(controller_manager_process(cloud->manager));
    if (cloud->autoscaler != NULL)
        process_start(controller_manager_process(cloud->autoscaler));
}

Process *
cloud_process(const Cloud *cloud, const char *component)
{
    if (cloud != NULL && cloud->autoscaler != NULL && str_is(component, "cluster-autoscaler"))
        return controller_manager_process(cloud->autoscaler);
    if (cloud != NULL && str_is(component, "cloud-controller-manager"))
        return controller_manager_process(cloud->manager);
    return NULL;
}
