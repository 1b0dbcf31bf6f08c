/* cloud.c - see cloud.h */

#include "scenario/cloud.h"

#include "controllers/controllers.h"
#include "node/resources.h"
#include "scenario/balancer.h"
#include "scheduler/autoscaler.h"

/* A machine that was given back is not given out again as long as there is one that never was. */
typedef struct {
    ClusterNode *node;
    gboolean is_there, was_there;
    gboolean is_terminated; /* by a fault: it never comes back by itself */
    const char *provider_id, *external_ip; /* interned; each new machine in this place has its own */
    guint n_lives;
} CloudMachine;

struct Cloud {
    Balancers *balancers; /* NULL: it has none */
    ControllersConfig controllers;
    Cluster *cluster;
    GArray *machines;        /* of CloudMachine */
    guint n_instances;       /* ever made */
    AutoscalerGroup *groups; /* (owned) */
    GPtrArray *templates;    /* of ApiObject (owned): a node as each group would have it */
    AutoscalerConfig config;
    ControllerManager *autoscaler, *manager;
};

/* Without `cloud:` there are only groups that grow, whose nodes know themselves who they are. */
static gboolean
tells_nodes(const Cloud *cloud)
{
    return cloud->cluster->scenario->spec.cluster.cloud.is_there;
}

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

static CloudMachine *
find_machine(const Cloud *cloud, const char *node)
{
    for (guint i = 0; i < cloud->machines->len; i++)
        if (str_is(machine_at(cloud, i)->node->name, node))
            return machine_at(cloud, i);
    return NULL;
}

/* A machine of @group, if that is one that grows. */
static gboolean
is_of_group(const CloudMachine *machine, const char *group)
{
    return is_autoscaled(machine->node->group) && str_is(machine->node->group->name, group);
}

/* A new machine: nobody had its name in the cloud or its address before. */
static void
make_instance(Cloud *cloud, CloudMachine *machine)
{
    guint number = ++cloud->n_instances;
    const char *life = str_internf("instance/%s/%u", machine->node->name, ++machine->n_lives);

    machine->is_there = machine->was_there = TRUE;
    machine->is_terminated = FALSE;
    machine->provider_id =
        str_internf("desk8s://i-%08x%08x", (guint)str_hash(life), (guint)str_hash(str_internf("%s/b", life)));
    machine->external_ip = str_internf("198.%u.%u.%u", 18 + number / 62500 % 2, number / 250 % 250, 1 + number % 250);
}

static guint
target_size(gpointer user, const char *group)
{
    const Cloud *cloud = user;
    guint count = 0;

    for (guint i = 0; i < cloud->machines->len; i++)
        count += machine_at(cloud, i)->is_there && is_of_group(machine_at(cloud, i), group);
    return count;
}

static const char *
group_of(gpointer user, const char *node)
{
    const CloudMachine *machine = find_machine(user, node);

    return machine != NULL && is_autoscaled(machine->node->group) ? machine->node->group->name : NULL;
}

/* An amount of @list; 0: it has none. */
static gint64
amount_of(const LabelList *list, const char *key, gboolean is_milli)
{
    Quantity quantity;

    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].key, key) && quantity_parse(list->items[i].value, &quantity))
            return is_milli ? quantity_value_milli(&quantity) : quantity_value(&quantity);
    return 0;
}

/* The memory that a kubelet gives to nobody: what is reserved, and evictionHard memory.available. */
static gint64
kept_memory(const ScNodeGroup *group, gboolean is_ideal)
{
    const char *threshold = group->eviction_hard.count > 0 ? "0" : "100Mi";

    for (guint i = 0; i < group->eviction_hard.count; i++)
        if (str_is(group->eviction_hard.items[i].key, "memory.available"))
            threshold = group->eviction_hard.items[i].value;
    return (is_ideal ? 0 : threshold_bytes(threshold, group->memory_bytes)) + amount_of(&group->kube_reserved, "memory", FALSE) +
           amount_of(&group->system_reserved, "memory", FALSE);
}

static void
set_amount(QuantityMap *map, const char *name, Quantity amount)
{
    quantity_map_set(map, str_intern(name), amount);
}

/* TemplateNodeInfo of a cloud provider: a node that a machine of @group would become. (owned) */
static ApiObject *
make_template(const ScNodeGroup *group, gboolean is_ideal)
{
    const char *name = str_internf("template-node-for-%s", group->name);
    ApiObject *node = api_object_new(&node_kind, NULL, name);
    StrMap *labels = &api_edit_meta(node)->labels;
    NodeStatus *status = api_edit_status(node);
    Condition *ready = condition_edit(&status->conditions, str_intern("Ready"));
    gint64 memory = group->memory_bytes - kept_memory(group, is_ideal);
    gint64 cpu_milli = group->cpu_milli - amount_of(&group->kube_reserved, "cpu", TRUE) - amount_of(&group->system_reserved, "cpu", TRUE);

    str_map_set(labels, str_intern("kubernetes.io/hostname"), name);
    str_map_set(labels, str_intern("kubernetes.io/os"), str_intern("linux"));
    str_map_set(labels, str_intern("kubernetes.io/arch"), str_intern("amd64"));
    if (group->zone != NULL)
        str_map_set(labels, str_intern("topology.kubernetes.io/zone"), group->zone);
    if (group->region != NULL)
        str_map_set(labels, str_intern("topology.kubernetes.io/region"), group->region);
    for (guint i = 0; i < group->labels.count; i++)
        str_map_set(labels, group->labels.items[i].key, group->labels.items[i].value);
    for (guint i = 0; i < group->taints.count; i++)
        cluster_add_taint((TaintList *)&((NodeSpec *)api_edit_spec(node))->taints, group->taints.items[i]);
    ready->status = str_intern("True");
    set_amount(&status->allocatable, "cpu", quantity_from_milli(MAX(cpu_milli, 0)));
    set_amount(&status->allocatable, "memory", quantity_from_int(MAX(memory, 0), QUANTITY_BINARY_SI));
    set_amount(&status->allocatable, "ephemeral-storage", quantity_from_int(group->disk_bytes, QUANTITY_BINARY_SI));
    set_amount(&status->allocatable, "pods", quantity_from_int(group->max_pods, QUANTITY_DECIMAL_SI));
    return node;
}

static const ApiObject *
template_of(gpointer user, const char *group)
{
    const Cloud *cloud = user;

    for (guint i = 0; i < cloud->config.n_groups; i++)
        if (str_is(cloud->groups[i].name, group))
            return g_ptr_array_index(cloud->templates, i);
    return NULL;
}

static void
give(Cloud *cloud, CloudMachine *machine)
{
    make_instance(cloud, machine);
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

        if (machine->is_there || !is_of_group(machine, group))
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

        if (!machine->is_there || !is_of_group(machine, group) ||
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

/* --- what the cloud controllers ask ------------------------------------------------------------------ */

static const char *
type_of(const CloudMachine *machine)
{
    const Machine *real = machine->node->machine;
    gint64 cpu_milli = machine_cpu_milli(real);
    gint64 memory_mib = machine_memory_bytes(real) >> 20;

    if (machine->node->group != NULL && machine->node->group->instance_type != NULL)
        return str_intern(machine->node->group->instance_type);
    if (cpu_milli % 1000 != 0)
        return str_internf("custom-%" G_GINT64_FORMAT "m-%" G_GINT64_FORMAT, cpu_milli, memory_mib);
    return str_internf("custom-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, cpu_milli / 1000, memory_mib);
}

static const char *
intern_or_null(const char *text)
{
    return str_is_empty(text) ? NULL : str_intern(text);
}

static gboolean
find_instance(gpointer user, const char *node, const char *provider_id, CloudInstance *out_instance)
{
    const Cloud *cloud = user;
    const CloudMachine *machine = NULL;

    if (!tells_nodes(cloud)) {
        machine = find_machine(cloud, node);
        return machine == NULL || machine->is_there;
    }
    for (guint i = 0; provider_id != NULL && i < cloud->machines->len; i++)
        if (machine_at(cloud, i)->is_there && str_is(machine_at(cloud, i)->provider_id, provider_id))
            machine = machine_at(cloud, i);
    if (provider_id == NULL)
        machine = find_machine(cloud, node);
    if (machine == NULL || !machine->is_there)
        return FALSE;
    *out_instance = (CloudInstance){
        .provider_id = machine->provider_id,
        .type = type_of(machine),
        .zone = intern_or_null(machine_zone(machine->node->machine)),
        .region = intern_or_null(machine->node->group != NULL ? machine->node->group->region : NULL),
        .internal_ip = intern_or_null(machine_ip(machine->node->machine)),
        .external_ip = machine->external_ip,
        .hostname = machine->node->name,
        .is_off = machine_is_off(machine->node->machine),
    };
    return TRUE;
}

static gboolean
has_machine(gpointer user, const char *name, const char *provider_id)
{
    const CloudMachine *machine = find_machine(user, name);

    return machine != NULL && machine->is_there && (*provider_id == '\0' || str_is(machine->provider_id, provider_id));
}

static const char *
balancer_address(gpointer user, const char *uid, const char **out_hosts)
{
    return balancers_find(((Cloud *)user)->balancers, uid, out_hosts);
}

static void
set_balancer(gpointer user, const char *what, gint64 health_port)
{
    g_auto(GStrv) words = g_strsplit(what, " ", 2);

    balancers_set(((Cloud *)user)->balancers, words[0], words[1], health_port);
}

static void
drop_balancer(gpointer user, const char *uid, gint64 unused)
{
    (void)unused;
    balancers_drop(((Cloud *)user)->balancers, uid);
}

ClusterNode *
cloud_pick(Cloud *cloud, const char *address)
{
    return cloud != NULL && cloud->balancers != NULL ? balancers_pick(cloud->balancers, address) : NULL;
}

/* --- what happens to machines ------------------------------------------------------------------------ */

void
cloud_terminate(Cloud *cloud, const Machine *real)
{
    CloudMachine *machine = cloud != NULL ? find_machine(cloud, machine_name(real)) : NULL;

    if (machine == NULL)
        return;
    machine->is_there = FALSE;
    machine->is_terminated = TRUE;
    sim_trace(cloud->cluster->sim, "cloud", "delete", str_internf("machine/%s", machine->node->name), "Terminated",
              "machine %s is terminated", machine->node->name);
    machine_power_off(machine->node->machine);
}

gboolean
cloud_is_terminated(const Cloud *cloud, const char *node)
{
    const CloudMachine *machine = cloud != NULL ? find_machine(cloud, node) : NULL;

    return machine != NULL && machine->is_terminated;
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
    config->version_minor = cloud->cluster->scenario->profile;
    config->target_size = target_size;
    config->group_of = group_of;
    config->template_of = template_of;
    config->set_size = set_size;
    config->delete_node = delete_node;
    config->user = cloud;
}

static ControllerManager *
make_manager(Cluster *cluster, const char *name, const ControllerDef *const *controllers, gboolean elects, gconstpointer config)
{
    return controller_manager_new(&(ControllerManagerOptions){
        .sim = cluster->sim,
        .world = cluster->world,
        .machine = cluster->control_plane,
        .server = cluster->server,
        .process_name = name,
        .controllers = controllers,
        .version_minor = cluster->scenario->profile,
        .leader_elect = elects,
        .config = config,
    });
}

static void
set_controllers(Cloud *cloud, const ScCloud *wanted)
{
    cloud->controllers = *controllers_config_of(cloud->cluster->controllers_config);
    cloud->controllers.cloud_instance = find_instance;
    cloud->controllers.cloud_user = cloud;
    if (wanted->is_there)
        cloud->controllers.cloud_latency = wanted->latency;
    if (!wanted->has_balancers)
        return;
    cloud->balancers = balancers_new(cloud->cluster, has_machine, cloud);
    cloud->controllers.cloud_balancer = balancer_address;
    cloud->controllers.cloud_set_balancer = set_balancer;
    cloud->controllers.cloud_drop_balancer = drop_balancer;
    cloud->controllers.cloud_provision = wanted->provision;
}

/* What runs in cloud-controller-manager: of a cloud that only gives machines, that has balancers too or not. */
static const ControllerDef *const *
controllers_of(const ScCloud *wanted)
{
    static const ControllerDef *const machines_only[] = {&cloud_node_lifecycle_controller, NULL};
    static const ControllerDef *const nodes[] = {&cloud_node_controller, &cloud_node_lifecycle_controller, NULL};
    static const ControllerDef *const all[] = {
        &cloud_node_controller,    &cloud_node_lifecycle_controller, &cloud_service_controller,
        &cloud_service_nodes_controller, NULL,
    };

    return wanted->has_balancers ? all : wanted->is_there ? nodes : machines_only;
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
    if (n == 0 && !wanted->is_there)
        return NULL;
    cloud = g_new0(Cloud, 1);
    cloud->cluster = cluster;
    cloud->machines = g_array_new(FALSE, TRUE, sizeof(CloudMachine));
    cloud->groups = g_new0(AutoscalerGroup, n);
    cloud->templates = g_ptr_array_new_with_free_func(api_object_unref);
    set_config(cloud);
    cloud->config.groups = cloud->groups;
    for (guint i = 0; i < groups->count; i++) {
        const ScNodeGroup *group = (const ScNodeGroup *)(gconstpointer)groups->items + i;

        if (!is_autoscaled(group))
            continue;
        cloud->groups[cloud->config.n_groups++] =
            (AutoscalerGroup){group->name, (guint)group->autoscale_min, (guint)group->autoscale_max};
        g_ptr_array_add(cloud->templates, make_template(group, str_is(cluster->scenario->spec.cluster.kubelet, "ideal")));
    }
    if (n > 0)
        cloud->autoscaler = make_manager(cluster, "cluster-autoscaler", autoscaler, FALSE, &cloud->config);
    set_controllers(cloud, wanted);
    cloud->manager = make_manager(cluster, "cloud-controller-manager", controllers_of(wanted), wanted->is_there, &cloud->controllers);
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
    balancers_free(cloud->balancers);
    g_array_unref(cloud->machines);
    g_free(cloud->groups);
    g_ptr_array_unref(cloud->templates);
    g_free(cloud);
}

void
cloud_adopt(Cloud *cloud, ClusterNode *node, guint index)
{
    guint count = node->group != NULL && node->group->has_count ? (guint)node->group->count : 1;
    CloudMachine machine = {.node = node};

    if (cloud == NULL)
        return;
    if (!is_autoscaled(node->group) || index < count)
        make_instance(cloud, &machine);
    else
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
