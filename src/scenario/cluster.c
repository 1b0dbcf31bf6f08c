/* cluster.c - see cluster.h */

#include "scenario/cluster.h"

#include "api/kinds.h"
#include "base/duration.h"
#include "controllers/controllers.h"
#include "node/pressure.h"
#include "scenario/cloud.h"
#include "scenario/entrance.h"
#include "scenario/metrics.h"
#include "scenario/names.h"

/* The cluster has a minute to come up before the scenario begins; a real one takes less. */
#define BOOT_NS            (60 * NS_PER_S)
#define DECIDERS_SPREAD_NS (5 * NS_PER_S)
#define NODES_NS           (-BOOT_NS + 9 * NS_PER_S)
/*
 * Played nodes, and the controllers that watch them, start as in the recordings of such clusters: the health monitor
 * then looks at 16.4 s, and one lease in six is renewed before that, the others soon after.
 */
#define IDEAL_START_NS (-14100 * NS_PER_MS)
#define IDEAL_SPREAD_NS (300 * NS_PER_MS)
#define IDEAL_DECIDERS_NS (-13700 * NS_PER_MS)
/* 2026-01-05 09:00 UTC, a Monday: where a scenario says nothing. */
#define DEFAULT_EPOCH_NS (G_GINT64_CONSTANT(1767603600) * NS_PER_S)

static gboolean
is_ideal(const Cluster *cluster)
{
    return str_is(cluster->scenario->spec.cluster.kubelet, "ideal");
}

/* --- machines ------------------------------------------------------------------------- */

static World *
make_world(Cluster *cluster)
{
    const ScNetwork *network = &cluster->scenario->spec.cluster.network;
    WorldOptions options = {
        .loopback = DIST_CONST(20 * NS_PER_US),
        .same_zone = DIST_LOGN(250 * NS_PER_US, NS_PER_MS),
        .cross_zone = DIST_LOGN(500 * NS_PER_US, 1500 * NS_PER_US),
        .external = DIST_LOGN(500 * NS_PER_US, 2 * NS_PER_MS),
    };

    if (is_ideal(cluster)) { /* everything on one machine */
        options.loopback = DIST_CONST(200 * NS_PER_US);
        options.same_zone = options.cross_zone = options.external = options.loopback;
    }
    if (network->has_same_zone)
        options.same_zone = network->same_zone;
    if (network->has_cross_zone)
        options.cross_zone = network->cross_zone;
    if (network->has_external)
        options.external = network->external;
    return world_new(cluster->sim, &options);
}

/* Control-plane machine number @index; made when it is first asked for. */
static Machine *
plane_machine(Cluster *cluster, guint index)
{
    while (cluster->plane_machines->len <= index) {
        guint number = cluster->plane_machines->len + 1;
        g_autofree char *name = number == 1 ? g_strdup("control-plane") : g_strdup_printf("control-plane-%u", number);
        g_autofree char *ip = number == 1 ? g_strdup("172.18.0.2") : g_strdup_printf("172.18.1.%u", number);

        g_ptr_array_add(cluster->plane_machines, machine_new(cluster->world, &(MachineOptions){.name = name, .ip = ip, .cpu_milli = 4000, .memory_bytes = G_GINT64_CONSTANT(8) << 30, .disk_bytes = G_GINT64_CONSTANT(100) << 30}));
    }
    return g_ptr_array_index(cluster->plane_machines, index);
}

/* Costs some time of the host, so only if somebody looks; nothing else depends on it. */
static gboolean
tracks_managers(const Scenario *scenario)
{
    for (guint i = 0; i < scenario->spec.timeline.count; i++) {
        const ScEntry *entry = &((const ScEntry *)scenario->spec.timeline.items)[i];

        if (entry->verb == ENTRY_KUBECTL && entry->kubectl != NULL && kubectl_shows_managers(entry->kubectl))
            return TRUE;
    }
    return scenario->tracks_managers;
}

static void
make_control_plane(Cluster *cluster)
{
    const ScControlPlane *wanted = &cluster->scenario->spec.cluster.control_plane;
    EtcdOptions etcd = {.sim = cluster->sim, .world = cluster->world, .quick = is_ideal(cluster)};
    ApiServerOptions server = {
        .sim = cluster->sim, .world = cluster->world, .quick = is_ideal(cluster), .shares_machine = TRUE,
    };

    cluster->control_plane = plane_machine(cluster, 0);
    for (gint64 i = 0; i < wanted->etcd_members; i++)
        g_ptr_array_add(cluster->etcd_machines, plane_machine(cluster, (guint)i));
    etcd.machines = (Machine *const *)cluster->etcd_machines->pdata;
    etcd.n_members = cluster->etcd_machines->len;
    if (wanted->has_fsync)
        etcd.fsync = wanted->fsync;
    cluster->etcd = etcd_new(&etcd);

    server.etcd = cluster->etcd;
    server.version_minor = cluster->scenario->profile;
    server.tracks_managers = tracks_managers(cluster->scenario);
    server.custom_group = cluster->scenario->spec.cluster.vpa.is_there ? VPA_GROUP : NULL;
    server.service_cidr = cluster->scenario->spec.cluster.network.service_cidr;
    for (gint64 i = 0; i < wanted->apiservers; i++) {
        server.machine = plane_machine(cluster, (guint)i);
        server.first = cluster->server;
        g_ptr_array_add(cluster->servers, apiserver_new(&server));
        cluster->server = g_ptr_array_index(cluster->servers, 0);
    }
}

static void
make_deciders(Cluster *cluster)
{
    const ScControlPlane *wanted = &cluster->scenario->spec.cluster.control_plane;
    ControllersConfig *config = g_new0(ControllersConfig, 1);

    controllers_config_init(config, cluster->scenario->profile);
    config->cluster_cidr = cluster->scenario->spec.cluster.network.pod_cidr;
    cluster->controllers_config = config;
    for (gint64 i = 0; i < wanted->controller_managers; i++)
        g_ptr_array_add(cluster->managers, controller_manager_new(&(ControllerManagerOptions){
            .sim = cluster->sim,
            .world = cluster->world,
            .machine = plane_machine(cluster, (guint)i),
            .server = cluster->server,
            .process_name = "kube-controller-manager",
            .controllers = kcm_controllers,
            .version_minor = cluster->scenario->profile,
            .leader_elect = wanted->controller_managers > 1,
            .config = config,
        }));
    for (gint64 i = 0; i < wanted->schedulers; i++)
        g_ptr_array_add(cluster->schedulers, scheduler_new(&(SchedulerOptions){
            .sim = cluster->sim,
            .world = cluster->world,
            .machine = plane_machine(cluster, (guint)i),
            .server = cluster->server,
            .version_minor = cluster->scenario->profile,
            .leader_elect = wanted->schedulers > 1,
            .quick = is_ideal(cluster),
        }));
}

/* --- nodes ------------------------------------------------------------------------------- */

static const AppRule *
app_rule_of(const Cluster *cluster, const ApiObject *pod)
{
    const AppRule *found = NULL;

    for (guint i = 0; i < cluster->scenario->n_app_rules; i++) {
        const AppRule *rule = &cluster->app_rules[i];
        const char *image = pod_spec(pod)->containers.count > 0 ? pod_spec(pod)->containers.items[0].image : "";

        if (rule->match_image != NULL && !g_pattern_match_simple(rule->match_image, image != NULL ? image : ""))
            continue;
        if (rule->match_labels_key != NULL && !str_is(str_map_get(&pod->meta->labels, rule->match_labels_key), rule->match_labels_value))
            continue;
        found = rule;
    }
    return found;
}

static gint64
ideal_startup_of(gpointer user, const ApiObject *pod)
{
    const Cluster *cluster = user;
    const AppRule *rule = app_rule_of(cluster, pod);

    return rule != NULL ? dist_sample_ns(&rule->profile.startup, rng_stream(cluster->sim, "ideal/startup")) : NS_PER_S;
}

static gint64
ideal_stop_of(gpointer user, const ApiObject *pod)
{
    const Cluster *cluster = user;
    const AppRule *rule = app_rule_of(cluster, pod);

    return rule != NULL ? dist_sample_ns(&rule->profile.stop, rng_stream(cluster->sim, "ideal/stop")) : NS_PER_S;
}

static void
ideal_usage_of(gpointer user, const ApiObject *pod, gint64 *out_cpu_milli, gint64 *out_memory_bytes)
{
    const AppRule *rule = app_rule_of(user, pod);

    *out_cpu_milli = rule != NULL ? rule->profile.idle_cpu_milli : 0;
    *out_memory_bytes = rule != NULL ? rule->profile.memory_bytes : 0;
}

static gboolean
ideal_image_is_missing(gpointer user, const char *image)
{
    const Cluster *cluster = user;
    const Scenario *scenario = cluster->scenario;
    gboolean is_missing = FALSE;

    for (guint i = 0; i < scenario->n_image_rules; i++)
        if (g_pattern_match_simple(scenario->image_rules[i].match, image))
            is_missing = scenario->image_rules[i].is_missing;
    return is_missing;
}

typedef struct {
    const char *name;
    const char *zone, *region;
    gint64 cpu_milli, memory_bytes, disk_bytes, max_pods, boot_min_ns, boot_max_ns;
    StrMap labels;    /* (owned) */
    TaintList taints; /* (owned) */
    const ScNodeGroup *group;
    const ApiObject *declared; /* borrowed; NULL: no manifest */
} NodePlan;

static int
compare_groups(gconstpointer a, gconstpointer b)
{
    const ShutdownGroup *x = a;
    const ShutdownGroup *y = b;

    return x->priority < y->priority ? -1 : x->priority > y->priority;
}

/* By priority. (owned) */
static GArray *
groups_of(const ScNodeGroup *group)
{
    GArray *groups = g_array_new(FALSE, TRUE, sizeof(ShutdownGroup));

    if (group == NULL)
        return groups;
    for (guint i = 0; i < group->shutdown_groups.count; i++) {
        const ScShutdownGroup *wanted = (const ScShutdownGroup *)(gconstpointer)group->shutdown_groups.items + i;
        ShutdownGroup own = {.priority = (gint32)wanted->priority, .grace_s = wanted->grace_ns / NS_PER_S};

        g_array_append_val(groups, own);
    }
    if (groups->len == 0 && group->shutdown_ns > 0) {
        g_array_set_size(groups, 2);
        shutdown_groups(group->shutdown_ns / NS_PER_S, group->shutdown_critical_ns / NS_PER_S, (ShutdownGroup *)(gpointer)groups->data);
    }
    g_array_sort(groups, compare_groups);
    return groups;
}

static const char *
label_of(const LabelList *list, const char *key)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].key, key))
            return list->items[i].value;
    return NULL;
}

/* A hard threshold NULL is the default; who names one switches the others off. */
static EvictionLimits
eviction_of(const ScNodeGroup *group)
{
    static const char *const signals[EVICTION_N_SIGNALS] = {"memory.available", "nodefs.available", "imagefs.available"};
    EvictionLimits limits = {0};

    if (group == NULL)
        return limits;
    for (guint i = 0; i < EVICTION_N_SIGNALS; i++) {
        const char *grace = label_of(&group->eviction_soft_grace, signals[i]);

        limits.hard[i] = label_of(&group->eviction_hard, signals[i]);
        if (limits.hard[i] == NULL && group->eviction_hard.count > 0)
            limits.hard[i] = "0";
        limits.soft[i] = label_of(&group->eviction_soft, signals[i]);
        limits.reclaim[i] = label_of(&group->eviction_reclaim, signals[i]);
        if (grace != NULL)
            duration_parse(grace, &limits.grace_ns[i]);
    }
    limits.max_grace_s = group->eviction_max_grace_s;
    limits.transition_ns = group->eviction_transition_ns;
    return limits;
}

static const char *
reserved_of(const ScNodeGroup *group, gboolean is_system, const char *resource)
{
    return group == NULL ? NULL : label_of(is_system ? &group->system_reserved : &group->kube_reserved, resource);
}

static KubeProxyMode
proxy_mode(const char *word)
{
    return str_is(word, "ipvs") ? KUBE_PROXY_IPVS : str_is(word, "nftables") ? KUBE_PROXY_NFTABLES : KUBE_PROXY_IPTABLES;
}

static void
make_node(Cluster *cluster, NodePlan *plan)
{
    const ScNetwork *network = &cluster->scenario->spec.cluster.network;
    g_autoptr(GArray) groups = groups_of(plan->group);
    ClusterNode *node = g_new0(ClusterNode, 1);
    guint index = cluster->nodes->len;
    gboolean in_cloud = cluster->scenario->spec.cluster.cloud.is_there;
    const char *ip = str_internf("172.18.%u.%u", 2 + (index + 3) / 250, 1 + (index + 3) % 250);
    RuntimeOptions runtime = {0};
    KubeletOptions kubelet = {0};

    node->name = str_intern(plan->name);
    node->group = plan->group;
    if (is_ideal(cluster) && (plan->group == NULL || plan->group->autoscale_max == 0))
        plan->boot_min_ns = plan->boot_max_ns = 1; /* a played node is there at once */
    node->machine = machine_new(cluster->world, &(MachineOptions){
        .name = plan->name, .zone = plan->zone, .ip = ip, .cpu_milli = plan->cpu_milli, .memory_bytes = plan->memory_bytes,
        .disk_bytes = plan->disk_bytes, .boot_min_ns = plan->boot_min_ns, .boot_max_ns = plan->boot_max_ns});
    if (!is_ideal(cluster)) {
        kubelet_runtime_defaults(&runtime);
        node->runtime = runtime_new(node->machine, &runtime, cluster->scenario->image_rules, cluster->scenario->n_image_rules, cluster->app_rules, cluster->scenario->n_app_rules);
        names_serve(cluster, node->runtime);
    }
    if (plan->zone != NULL && !in_cloud)
        str_map_set(&plan->labels, str_intern("topology.kubernetes.io/zone"), str_intern(plan->zone));
    if (plan->region != NULL && !in_cloud)
        str_map_set(&plan->labels, str_intern("topology.kubernetes.io/region"), str_intern(plan->region));
    kubelet = (KubeletOptions){
        .sim = cluster->sim, .world = cluster->world, .machine = node->machine, .server = cluster->server, .runtime = node->runtime,
        .node_name = node->name, .labels = plan->labels, .taints = plan->taints, .max_pods = (gint32)plan->max_pods,
        .cluster_dns = !str_is(cluster->scenario->spec.cluster.dns, "none"), .version_minor = cluster->scenario->profile,
        .declared = plan->declared, .ideal = is_ideal(cluster), .ideal_startup = DIST_CONST(NS_PER_S), .ideal_stop = DIST_CONST(NS_PER_S),
        .ideal_startup_of = ideal_startup_of, .ideal_stop_of = ideal_stop_of, .ideal_image_is_missing = ideal_image_is_missing,
        .eviction = eviction_of(plan->group),
        .kube_reserved_cpu = reserved_of(plan->group, FALSE, "cpu"), .kube_reserved_memory = reserved_of(plan->group, FALSE, "memory"),
        .system_reserved_cpu = reserved_of(plan->group, TRUE, "cpu"), .system_reserved_memory = reserved_of(plan->group, TRUE, "memory"),
        .image_gc_high_percent = plan->group != NULL ? (gint32)plan->group->image_gc_high : 0, .image_gc_low_percent = plan->group != NULL ? (gint32)plan->group->image_gc_low : 0,
        .shutdown_groups = (const ShutdownGroup *)(gconstpointer)groups->data, .n_shutdown_groups = groups->len,
        .ideal_usage_of = ideal_usage_of, .ideal_user = cluster, .stats = cluster->metrics_server != NULL, .external_cloud = in_cloud,
    };
    node->kubelet = kubelet_new(&kubelet);
    if (!is_ideal(cluster))
        node->proxy = kube_proxy_new(&(KubeProxyOptions){
            .sim = cluster->sim, .world = cluster->world, .machine = node->machine, .server = cluster->server, .node_name = node->name,
            .mode = proxy_mode(network->proxy), .min_sync_ns = str_is(network->proxy, "ipvs") && !network->has_min_sync ? 0 : network->min_sync_ns,
            .version_minor = cluster->scenario->profile});
    g_ptr_array_add(cluster->nodes, node);
    str_map_clear(&plan->labels);
    g_free(plan->taints.items);
}

/* "gpu=yes:NoSchedule" */
void
cluster_add_taint(TaintList *taints, const char *text)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *pair = g_strndup(text, (gsize)(colon - text));
    char *equals = strchr(pair, '=');
    Taint *taint = API_LIST_ADD(taints);

    taint->effect = str_intern(colon + 1);
    if (equals != NULL) {
        *equals = '\0';
        taint->value = str_intern(equals + 1);
    }
    taint->key = str_intern(pair);
}

static void
make_group(Cluster *cluster, const ScNodeGroup *group)
{
    guint count = scenario_group_size(group);

    for (guint i = 0; i < count; i++) {
        NodePlan plan = {
            .name = scenario_group_node_name(group, i), .zone = group->zone, .region = group->region, .cpu_milli = group->cpu_milli,
            .memory_bytes = group->memory_bytes, .disk_bytes = group->disk_bytes, .max_pods = group->max_pods,
            .boot_min_ns = group->boot_min_ns, .boot_max_ns = group->boot_max_ns, .group = group};

        for (guint k = 0; k < group->labels.count; k++)
            str_map_set(&plan.labels, group->labels.items[k].key, group->labels.items[k].value);
        for (guint k = 0; k < group->taints.count; k++)
            cluster_add_taint(&plan.taints, group->taints.items[k]);
        make_node(cluster, &plan);
        cloud_adopt(cluster->cloud, g_ptr_array_index(cluster->nodes, cluster->nodes->len - 1), i);
    }
}

static gint64
capacity_of(const ApiObject *object, const char *name, gint64 fallback, gboolean milli)
{
    const Quantity *quantity = quantity_map_get(&node_status(object)->capacity, str_intern(name));

    if (quantity == NULL)
        quantity = quantity_map_get(&node_status(object)->allocatable, str_intern(name));
    if (quantity == NULL)
        return fallback;
    return milli ? quantity_value_milli(quantity) : quantity_value(quantity);
}

/* A Node manifest is a node that is there from the start, as large as its status says. */
static void
make_node_from_manifest(Cluster *cluster, const ScManifest *manifest)
{
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) object = api_object_decode(&node_kind, manifest->value, &result);
    NodePlan plan = {0};

    api_decode_result_clear(&result);
    if (object == NULL)
        return;
    plan.name = api_name(object);
    plan.zone = str_map_get(&object->meta->labels, "topology.kubernetes.io/zone");
    plan.region = str_map_get(&object->meta->labels, "topology.kubernetes.io/region");
    plan.cpu_milli = capacity_of(object, "cpu", 4000, TRUE);
    plan.memory_bytes = capacity_of(object, "memory", G_GINT64_CONSTANT(8) << 30, FALSE);
    plan.disk_bytes = capacity_of(object, "ephemeral-storage", G_GINT64_CONSTANT(100) << 30, FALSE);
    plan.max_pods = capacity_of(object, "pods", 110, FALSE);
    plan.boot_min_ns = 30 * NS_PER_S;
    plan.boot_max_ns = 90 * NS_PER_S;
    str_map_copy(&plan.labels, &object->meta->labels);
    for (guint i = 0; i < node_spec(object)->taints.count; i++)
        *API_LIST_ADD(&plan.taints) = node_spec(object)->taints.items[i];
    plan.declared = object;
    make_node(cluster, &plan);
    cloud_adopt(cluster->cloud, g_ptr_array_index(cluster->nodes, cluster->nodes->len - 1), 0);
}

/* --- users ---------------------------------------------------------------------------------- */

static void
chaos_started(gpointer self)
{
    (void)self;
}

static const ProcessHooks chaos_hooks = {.started = chaos_started, .stopped = chaos_started};

static char **
list_files(gpointer self, const char *path)
{
    const Cluster *cluster = self;

    return scenario_list_files(cluster->scenario, path);
}

static char *
read_file(gpointer self, const char *path, gsize *out_length)
{
    const Cluster *cluster = self;

    return scenario_read_file(cluster->scenario, path, out_length);
}

/* The node whose kubelet answers for @pod. NULL: *out_dial says why it does not. */
static const ClusterNode *
reach_kubelet(const Cluster *cluster, const ApiObject *pod, const char **out_dial)
{
    const ClusterNode *node = cluster_find_node(cluster, pod_spec(pod)->node_name);

    *out_dial = NULL;
    if (node == NULL || node->runtime == NULL || !machine_is_on(node->machine))
        *out_dial = "connect: no route to host";
    else if (node->kubelet != NULL && !process_is_running(kubelet_process(node->kubelet)))
        *out_dial = "connect: connection refused";
    return *out_dial == NULL ? node : NULL;
}

static char *
pod_log(gpointer self, const ApiObject *pod, const char *container_id, const char **out_dial)
{
    const ClusterNode *node = reach_kubelet(self, pod, out_dial);
    g_autoptr(GPtrArray) all = node != NULL ? runtime_list_containers(node->runtime) : NULL;

    for (guint i = 0; all != NULL && i < all->len; i++)
        if (str_is(rt_container_id(g_ptr_array_index(all, i)), container_id))
            return rt_container_log_with_times(g_ptr_array_index(all, i));
    return NULL;
}

static gboolean
pod_exec(gpointer self, const ApiObject *pod, const char *container, const char *const *argv, const char **out_dial, SimHandle owner, KubectlExecDone done, gpointer user)
{
    RtContainer *found = reach_kubelet(self, pod, out_dial) != NULL ? cluster_find_container(self, api_namespace(pod), api_name(pod), container) : NULL;

    if (found == NULL || rt_container_state(found) != RT_RUNNING)
        return FALSE;
    runtime_exec(found, argv, 0, owner, done, user);
    return TRUE;
}

static void
make_users(Cluster *cluster)
{
    Process *chaos;

    cluster->user = machine_new(cluster->world, &(MachineOptions){.name = "user", .ip = "192.0.2.10", .cpu_milli = 4000, .memory_bytes = G_GINT64_CONSTANT(8) << 30, .is_external = TRUE});
    cluster->external = machine_new(cluster->world, &(MachineOptions){.name = "external", .ip = "192.0.2.20", .cpu_milli = 64000, .memory_bytes = G_GINT64_CONSTANT(64) << 30, .is_external = TRUE});
    cluster->kubectl = kubectl_new(&(KubectlOptions){.sim = cluster->sim, .world = cluster->world, .machine = cluster->user, .server = cluster->server, .version_minor = cluster->scenario->version_minor, .read_file = read_file, .list_files = list_files, .pod_log = pod_log, .pod_exec = pod_exec, .self = cluster});
    chaos = process_new(cluster->user, "chaos", &chaos_hooks, cluster);
    process_start(chaos);
    cluster->chaos = client_new(&(ClientOptions){.sim = cluster->sim, .world = cluster->world, .process = chaos, .server = cluster->server, .user = "chaos"});
}

static void
make_traffic(Cluster *cluster)
{
    const ScList *list = &cluster->scenario->spec.traffic;
    TrafficResolver resolver = entrance_resolver(cluster);

    for (guint i = 0; i < list->count; i++) {
        const ScTraffic *wanted = (const ScTraffic *)(gconstpointer)list->items + i;
        TrafficOptions options = {
            .name = wanted->name, .from = wanted->from, .to_node = wanted->to_node, .by_balancer = wanted->by_balancer, .port = wanted->port,
            .rate_micro_per_s = wanted->rate_micro, .arrivals = str_is(wanted->arrivals, "constant") ? ARRIVALS_CONSTANT : ARRIVALS_POISSON,
            .start_ns = wanted->start_ns, .stop_ns = wanted->has_stop ? wanted->stop_ns : -1, .timeout_ns = wanted->timeout_ns,
            .retries = (guint)wanted->retries, .reuse = wanted->reuse, .client_ports = (guint32)wanted->client_ports};

        if (wanted->to_service != NULL)
            options.to_service = str_internf("%s/%s", wanted->to_namespace, wanted->to_service);
        g_ptr_array_add(cluster->traffic, traffic_new(cluster->sim, cluster->world, &options, &resolver));
    }
}

/* --- life -------------------------------------------------------------------------------------- */

Cluster *
cluster_new(const Scenario *scenario, guint64 seed)
{
    Cluster *cluster = g_new0(Cluster, 1);
    const ScSpec *spec = &scenario->spec;

    cluster->scenario = scenario;
    cluster->app_rules = g_memdup2(scenario->app_rules, (scenario->n_app_rules + 1) * sizeof(AppRule));
    cluster->nodes = g_ptr_array_new();
    cluster->traffic = g_ptr_array_new();
    cluster->etcd_machines = g_ptr_array_new();
    cluster->servers = g_ptr_array_new();
    cluster->plane_machines = g_ptr_array_new();
    cluster->managers = g_ptr_array_new_with_free_func((GDestroyNotify)controller_manager_free);
    cluster->schedulers = g_ptr_array_new_with_free_func((GDestroyNotify)scheduler_free);
    cluster->sim = sim_new(&(SimOptions){.seed = seed != 0 ? seed : (guint64)spec->seed, .epoch_unix_ns = spec->has_epoch ? spec->epoch_ns : DEFAULT_EPOCH_NS, .start_ns = -BOOT_NS});
    cluster->world = make_world(cluster);
    make_control_plane(cluster);
    make_deciders(cluster);
    metrics_new(cluster);
    cluster->cloud = cloud_new(cluster);
    for (guint i = 0; i < spec->cluster.nodes.count; i++)
        make_group(cluster, (const ScNodeGroup *)(gconstpointer)spec->cluster.nodes.items + i);
    for (guint i = 0; i < scenario->nodes->len; i++)
        make_node_from_manifest(cluster, &g_array_index(scenario->nodes, ScManifest, i));
    make_users(cluster);
    return cluster;
}

static void
start_deciders(Cluster *cluster)
{
    for (guint i = 0; i < cluster->managers->len; i++)
        process_start(controller_manager_process(g_ptr_array_index(cluster->managers, i)));
    for (guint i = 0; i < cluster->schedulers->len; i++)
        process_start(scheduler_process(g_ptr_array_index(cluster->schedulers, i)));
}

/* When a node's kubelet starts; of one instant in the order the nodes were made. */
typedef struct {
    gint64 time_ns;
    guint order;
    const ClusterNode *node;
} NodeStart;

static int
compare_starts(const void *a, const void *b)
{
    const NodeStart *x = a;
    const NodeStart *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void
cluster_boot(Cluster *cluster)
{
    Rng *rng = rng_stream(cluster->sim, "cluster/boot");
    guint n = cluster->nodes->len;
    g_autofree NodeStart *starts = g_new(NodeStart, MAX(n, 1));

    etcd_start(cluster->etcd);
    for (guint i = 0; i < cluster->servers->len; i++)
        process_start(apiserver_process(g_ptr_array_index(cluster->servers, i)));
    sim_run_until(cluster->sim, -BOOT_NS + 3 * NS_PER_S);
    /*
     * Real controllers start within five seconds (the period of the node monitor) and nodes within ten,
     * so that their loops have different phases. Played nodes are all made at once, shortly before the controllers.
     */
    if (!is_ideal(cluster)) {
        sim_run_until(cluster->sim, -BOOT_NS + 3 * NS_PER_S + rng_between_ns(rng, 0, DECIDERS_SPREAD_NS));
        start_deciders(cluster);
        sim_run_until(cluster->sim, NODES_NS);
    }
    for (guint i = 0; i < n; i++) {
        starts[i].node = g_ptr_array_index(cluster->nodes, i);
        starts[i].order = i;
        starts[i].time_ns = is_ideal(cluster) ? IDEAL_START_NS + rng_between_ns(rng, 0, IDEAL_SPREAD_NS) : NODES_NS + rng_between_ns(rng, 0, 10 * NS_PER_S);
    }
    qsort(starts, n, sizeof *starts, compare_starts);
    for (guint i = 0; i < n; i++) {
        const ClusterNode *node = starts[i].node;

        sim_run_until(cluster->sim, starts[i].time_ns);
        process_start(kubelet_process(node->kubelet));
        if (node->proxy != NULL)
            process_start(kube_proxy_process(node->proxy));
    }
    if (is_ideal(cluster)) {
        sim_run_until(cluster->sim, IDEAL_DECIDERS_NS);
        start_deciders(cluster);
    }
    metrics_start(cluster);
    cloud_start(cluster->cloud);
    sim_run_until(cluster->sim, 0);
    sim_set_cause(cluster->sim, 0);
    make_traffic(cluster);
}

void
cluster_free(Cluster *cluster)
{
    if (cluster == NULL)
        return;
    for (guint i = 0; i < cluster->traffic->len; i++)
        traffic_free(g_ptr_array_index(cluster->traffic, i));
    entrance_free(cluster);
    kubectl_free(cluster->kubectl);
    client_free(cluster->chaos);
    metrics_free(cluster);
    cloud_free(cluster->cloud);
    for (guint i = 0; i < cluster->nodes->len; i++) {
        ClusterNode *node = g_ptr_array_index(cluster->nodes, i);
        kube_proxy_free(node->proxy);
        kubelet_free(node->kubelet);
        if (node->runtime != NULL)
            runtime_free(node->runtime);
        g_free(node);
    }
    g_ptr_array_unref(cluster->schedulers);
    g_ptr_array_unref(cluster->managers);
    for (guint i = cluster->servers->len; i > 0; i--)
        apiserver_free(g_ptr_array_index(cluster->servers, i - 1));
    g_ptr_array_unref(cluster->servers);
    etcd_free(cluster->etcd);
    world_free(cluster->world);
    sim_free(cluster->sim);
    g_free(cluster->controllers_config);
    g_free(cluster->app_rules);
    g_ptr_array_unref(cluster->nodes);
    g_ptr_array_unref(cluster->traffic);
    g_ptr_array_unref(cluster->etcd_machines);
    g_ptr_array_unref(cluster->plane_machines);
    g_free(cluster);
}
