/* spec.c - the keys of a Scenario: tables only, see scenario.h */

#include "scenario/scenario.h"

#include "base/duration.h"
#include "base/intern.h"

/* No machine is smaller or larger. */
#define MIB (G_GINT64_CONSTANT(1) << 20)
#define PIB (G_GINT64_CONSTANT(1) << 50)

typedef struct {
    const char *key, *value, *effect;
} ScTaint;
static const ScField taint_fields[] = {
    {"key", SC_STRING, offsetof(ScTaint, key), .doc = "Key of the taint.", .def = ""},
    {"value", SC_STRING, offsetof(ScTaint, value), .doc = "Its value.", .def = ""},
    {"effect", SC_STRING, offsetof(ScTaint, effect), .doc = "NoSchedule, PreferNoSchedule or NoExecute.", .def = ""},
    {0},
};

/* As a Node has it, for the form that kubectl taint takes. */
static const char *
string_of_taint(const ScReader *reader, const Value *map, const char *path)
{
    ScTaint taint = {0};

    sc_defaults(taint_fields, &taint);
    sc_read(reader, taint_fields, &taint, map, path);
    return str_internf("%s%s%s:%s", taint.key, taint.value[0] != '\0' ? "=" : "", taint.value, taint.effect);
}

#define N(member) offsetof(ScNodeGroup, member)
static const ScField autoscale_fields[] = {
    {"min", SC_INT, N(autoscale_min), .doc = "Fewest nodes; 0: the group may vanish, and comes back by what the cloud says of its machines.", .def = "1", .min = 0, .max = 1000},
    {"max", SC_INT, N(autoscale_max), .doc = "Most nodes.", .min = 1, .max = 1000},
    {0},
};
#define G(member) offsetof(ScShutdownGroup, member)
static const ScField shutdown_fields[] = {
    {"priority", SC_INT, G(priority), .doc = "Pods of at least this priority, and of less than the next group's.", .def = "0", .min = G_MININT32, .max = G_MAXINT32},
    {"grace", SC_DURATION, G(grace_ns), .doc = "How long they have, in whole seconds."},
    {0},
};
#undef G
static const ScField node_fields[] = {
    {"name", SC_STRING, N(name), .doc = "Name of the node, or of the group when count is given.", .def = "worker"},
    {"count", SC_INT, N(count), .doc = "How many nodes NAME-1, NAME-2, ...; a group called node is lettered (node-a, node-b).", .given_offset = N(has_count), .min = 0, .max = 100000},
    {"first", SC_INT, N(first), .doc = "Number of the first node of the group.", .def = "1", .min = 0, .max = 1000000},
    {"cpu", SC_CPU, N(cpu_milli), .doc = "Cores.", .def = "4", .min = 1, .max = 1000000},
    {"memory", SC_BYTES, N(memory_bytes), .doc = "Memory.", .def = "8Gi", .min = MIB, .max = PIB},
    {"disk", SC_BYTES, N(disk_bytes), .doc = "Disk of the node.", .def = "100Gi", .min = MIB, .max = PIB},
    {"pods", SC_INT, N(max_pods), .doc = "Most pods the kubelet takes.", .def = "110", .min = 0, .max = 100000},
    {"zone", SC_STRING, N(zone), .doc = "Zone: label topology.kubernetes.io/zone, and the distance to other machines."},
    {"region", SC_STRING, N(region), .doc = "Region: label topology.kubernetes.io/region."},
    {"instanceType", SC_STRING, N(instance_type), .doc = "What the cloud calls such machines: label node.kubernetes.io/instance-type; custom-4-8192 (cores, MiB) when absent."},
    {"labels", SC_LABELS, N(labels), .doc = "Further labels."},
    {"taints", SC_STRINGS, N(taints), .doc = "Taints, KEY=VALUE:EFFECT or {key, value, effect}.", .string_of = string_of_taint},
    {"autoscale", SC_MAP, 0, .doc = "The cluster autoscaler sets the number of nodes: {min: 1, max: 5}; count is how many there are at first.", .fields = autoscale_fields},
    {"shutdownGracePeriod", SC_DURATION, N(shutdown_ns), .doc = "So long the kubelet may hold a shutdown back to end the pods; 0s: not at all.", .def = "0s"},
    {"shutdownGracePeriodCriticalPods", SC_DURATION, N(shutdown_critical_ns), .doc = "The last part of shutdownGracePeriod, for critical pods.", .def = "0s"},
    {"shutdownGracePeriodByPodPriority", SC_LIST, N(shutdown_groups), .doc = "Groups of pods by priority instead of those two: [{priority, grace}].", .fields = shutdown_fields, .item_size = sizeof(ScShutdownGroup)},
    {"evictionHard", SC_LABELS, N(eviction_hard), .doc = "Hard thresholds {memory.available: 100Mi, nodefs.available: 10%, imagefs.available: 15%}; once given, those not named are off."},
    {"evictionSoft", SC_LABELS, N(eviction_soft), .doc = "Thresholds of the same signals that count once they were met for their grace period."},
    {"evictionSoftGracePeriod", SC_LABELS, N(eviction_soft_grace), .doc = "Those periods: {memory.available: 1m30s}."},
    {"evictionMinimumReclaim", SC_LABELS, N(eviction_reclaim), .doc = "So much more must be available before evictions end: {memory.available: 500Mi}."},
    {"evictionMaxPodGracePeriod", SC_INT, N(eviction_max_grace_s), .doc = "Most seconds that a pod may take which a soft threshold evicts; 0: as long as it says itself.", .def = "0", .min = 0, .max = 1000000},
    {"evictionPressureTransitionPeriod", SC_DURATION, N(eviction_transition_ns), .doc = "So long a node stays under pressure after a threshold was last met.", .def = "5m"},
    {"kubeReserved", SC_LABELS, N(kube_reserved), .doc = "What pods do not get, for kubelet and runtime: {cpu: 100m, memory: 100Mi}."},
    {"systemReserved", SC_LABELS, N(system_reserved), .doc = "The same for the system."},
    {"imageGCHighThresholdPercent", SC_INT, N(image_gc_high), .doc = "From so much of the disk in use on, unused images are removed.", .def = "85", .min = 1, .max = 100},
    {"imageGCLowThresholdPercent", SC_INT, N(image_gc_low), .doc = "... until so much is.", .def = "80", .min = 0, .max = 99},
    {"bootMin", SC_DURATION, N(boot_min_ns), .doc = "Shortest time from power on to a running kubelet.", .def = "30s"},
    {"bootMax", SC_DURATION, N(boot_max_ns), .doc = "Longest time from power on to a running kubelet.", .def = "90s"},
    {0},
};
#undef N

static const ScField etcd_fields[] = {
    {"members", SC_INT, offsetof(ScControlPlane, etcd_members), .doc = "Members of the etcd cluster.", .def = "1", .given_offset = offsetof(ScControlPlane, has_members), .min = 1, .max = 9},
    {"fsync", SC_DIST, offsetof(ScControlPlane, fsync), .doc = "Time of one write to the log on disk.", .given_offset = offsetof(ScControlPlane, has_fsync)},
    {0},
};
static const ScField control_plane_fields[] = {
    {"etcd", SC_MAP, 0, .doc = "The store.", .fields = etcd_fields},
    {"apiservers", SC_INT, offsetof(ScControlPlane, apiservers), .doc = "kube-apiserver processes, each on a machine of its own; a scheduler or controller manager speaks to the one beside it, everybody else to a balancer.", .def = "1", .given_offset = offsetof(ScControlPlane, has_apiservers), .min = 1, .max = 9},
    {"controllerManagers", SC_INT, offsetof(ScControlPlane, controller_managers), .doc = "kube-controller-manager processes, each on a machine of its own; of several one leads.", .def = "1", .given_offset = offsetof(ScControlPlane, has_controller_managers), .min = 1, .max = 9},
    {"schedulers", SC_INT, offsetof(ScControlPlane, schedulers), .doc = "kube-scheduler processes, each on a machine of its own; of several one leads.", .def = "1", .given_offset = offsetof(ScControlPlane, has_schedulers), .min = 1, .max = 9},
    {"replicas", SC_INT, offsetof(ScControlPlane, replicas), .doc = "Control-plane machines, each with an API server, a scheduler, a controller manager and an etcd member.", .min = 1, .max = 9},
    {0},
};

#define W(member) offsetof(ScNetwork, member)
static const char *const proxy_words[] = {"iptables", "nftables", "ipvs", NULL};
static const ScField network_fields[] = {
    {"sameZone", SC_DIST, W(same_zone), .doc = "One-way trip between machines of one zone.", .given_offset = W(has_same_zone)},
    {"crossZone", SC_DIST, W(cross_zone), .doc = "One-way trip between zones.", .given_offset = W(has_cross_zone)},
    {"external", SC_DIST, W(external), .doc = "One-way trip from outside to a node.", .given_offset = W(has_external)},
    {"podCIDR", SC_STRING, W(pod_cidr), .doc = "Addresses of pods, a /24 for each node; 10.244.0.0/16 if not said, wider for more than 256 nodes."},
    {"serviceCIDR", SC_STRING, W(service_cidr), .doc = "Addresses of Services.", .def = "10.96.0.0/12"},
    {"proxy", SC_ENUM, W(proxy), .doc = "Mode of kube-proxy; ipvs gives connections to backends in turn, the others by chance.", .def = "iptables", .words = proxy_words},
    {"minSyncPeriod", SC_DURATION, W(min_sync_ns), .doc = "Least time between two syncs of kube-proxy; in mode ipvs none unless said.", .def = "1s", .given_offset = W(has_min_sync)},
    {0},
};
#undef W

#define C(member) offsetof(ScAutoscaler, member)
static const char *const expander_words[] = {"least-waste", "most-pods", "random", NULL};
static const ScField autoscaler_fields[] = {
    {"expander", SC_ENUM, C(expander), .doc = "How one of several groups is chosen.", .def = "least-waste", .words = expander_words},
    {"unneededTime", SC_DURATION, C(unneeded_ns), .doc = "So long nobody must have needed a node before it goes.", .def = "10m"},
    {"unreadyTime", SC_DURATION, C(unready_ns), .doc = "The same for a node that is not ready.", .def = "20m"},
    {"delayAfterAdd", SC_DURATION, C(delay_after_add_ns), .doc = "No node goes so soon after one was asked for.", .def = "10m"},
    {"provisionTime", SC_DURATION, C(provision_limit_ns), .doc = "A machine that has not come after this time is given up.", .def = "15m"},
    {"utilization", SC_INT, C(utilization_percent), .doc = "A node of whose CPU and memory less than this percentage is asked for may go.", .def = "50", .min = 1, .max = 100},
    {0},
};
#undef C

static const ScField metrics_server_fields[] = {
    {"resolution", SC_DURATION, offsetof(ScMetricsServer, resolution_ns), .doc = "Time from one scrape of the kubelets to the next.", .def = "15s", .min = NS_PER_S, .max = NS_PER_HOUR},
    {0},
};

#define V(member) offsetof(ScVpa, member)
static const ScField vpa_fields[] = {
    {"minCpu", SC_CPU, V(min_cpu_milli), .doc = "The least CPU that is recommended for a pod.", .def = "25m", .max = 1000000},
    {"minMemory", SC_BYTES, V(min_memory_bytes), .doc = "The least memory that is recommended for a pod.", .def = "250Mi", .max = PIB},
    {"margin", SC_INT, V(margin_percent), .doc = "Percent on top of what is used.", .def = "15", .min = 0, .max = 1000},
    {0},
};
#undef V

static const ScField health_fields[] = {
    {"interval", SC_DURATION, offsetof(ScCloud, check_interval_ns), .doc = "Time from one check of a node to the next.", .def = "10s", .min = NS_PER_S, .max = NS_PER_HOUR},
    {"timeout", SC_DURATION, offsetof(ScCloud, check_timeout_ns), .doc = "A node that has not answered by then has failed the check.", .def = "5s", .min = NS_PER_MS, .max = NS_PER_HOUR},
    {"unhealthy", SC_INT, offsetof(ScCloud, unhealthy), .doc = "So many failures in a row take a node out.", .def = "3", .min = 1, .max = 100},
    {"healthy", SC_INT, offsetof(ScCloud, healthy), .doc = "So many successes in a row bring a node in.", .def = "2", .min = 1, .max = 100},
    {0},
};
static const ScField balancer_fields[] = {
    {"provision", SC_DIST, offsetof(ScCloud, provision), .doc = "Time the cloud takes to make a balancer.", .def = "60s"},
    {"healthCheck", SC_MAP, 0, .doc = "How balancers check the nodes behind them.", .fields = health_fields},
    {0},
};
static const ScField cloud_fields[] = {
    {"latency", SC_DIST, offsetof(ScCloud, latency), .doc = "Time the cloud takes to answer a question.", .def = "100ms"},
    {"loadBalancer", SC_MAP, 0, .doc = "Services of type LoadBalancer get a balancer with an address. {} takes its defaults.", .fields = balancer_fields, .given_offset = offsetof(ScCloud, has_balancers)},
    {0},
};

static const char *const kubelet_words[] = {"real", "ideal", NULL};
static const char *const dns_words[] = {"cluster", "none", NULL};
static const ScField cluster_fields[] = {
    {"controlPlane", SC_MAP, offsetof(ScCluster, control_plane), .doc = "Machines and processes that decide.", .fields = control_plane_fields},
    {"nodes", SC_LIST, offsetof(ScCluster, nodes), .doc = "Machines that run pods.", .fields = node_fields, .item_size = sizeof(ScNodeGroup)},
    {"network", SC_MAP, offsetof(ScCluster, network), .doc = "Distances and address ranges.", .fields = network_fields},
    {"featureGates", SC_VALUE, offsetof(ScCluster, feature_gates), .doc = "Feature gates of all components, {MaxUnavailableStatefulSet: true}; see `desk8s explain gate`."},
    {"kubelet", SC_ENUM, offsetof(ScCluster, kubelet), .doc = "real, or ideal: a pod is ready `startup` after it is bound and gone `stop` after it is deleted.", .def = "real", .words = kubelet_words},
    {"dns", SC_ENUM, offsetof(ScCluster, dns), .doc = "Do kubelets know a cluster DNS? Then programs in pods find Services by name.", .def = "cluster", .words = dns_words},
    {"autoscaler", SC_MAP, offsetof(ScCluster, autoscaler), .doc = "The cluster autoscaler, which is there as soon as a group of nodes has autoscale.", .fields = autoscaler_fields},
    {"cloud", SC_MAP, offsetof(ScCluster, cloud), .doc = "The nodes are machines of a cloud, and cloud-controller-manager tells the cluster of them. {} takes its defaults.", .fields = cloud_fields, .given_offset = offsetof(ScCluster, cloud.is_there)},
    {"metricsServer", SC_MAP, offsetof(ScCluster, metrics_server), .doc = "metrics-server is installed: autoscalers and kubectl top know what pods use. {} takes its defaults.", .fields = metrics_server_fields, .given_offset = offsetof(ScCluster, metrics_server.is_there)},
    {"verticalPodAutoscaler", SC_MAP, offsetof(ScCluster, vpa), .doc = "VerticalPodAutoscalers are installed, and their recommender; it needs metricsServer. {} takes its defaults.", .fields = vpa_fields, .given_offset = offsetof(ScCluster, vpa.is_there)},
    {0},
};

#define I(member) offsetof(ScImage, member)
static const ScField image_fields[] = {
    {"match", SC_STRING, I(match), .doc = "Pattern of image names: nginx:*; the last match wins.", .def = "*"},
    {"size", SC_BYTES, I(size_bytes), .doc = "Compressed size.", .def = "90M", .max = PIB},
    {"present", SC_BOOL, I(present), .doc = "On every node already."},
    {"missing", SC_BOOL, I(missing), .doc = "Not in the registry: the pull fails."},
    {"delay", SC_DURATION, I(delay_ns), .doc = "Time until a missing image's pull fails.", .def = "1s"},
    {"error", SC_STRING, I(error), .doc = "Words of the failing pull."},
    {0},
};
#undef I

static const ScField app_match_fields[] = {
    {"image", SC_STRING, offsetof(ScAppMatch, image), .doc = "Pattern of image names."},
    {"labels", SC_LABELS, offsetof(ScAppMatch, labels), .doc = "Labels that the pod has."},
    {0},
};
#define R(member) offsetof(ScAppRequest, member)
static const ScField app_request_fields[] = {
    {"cpu", SC_CPU_TIME, R(cpu_ns), .doc = "CPU time of one request.", .given_offset = R(has_cpu)},
    {"wait", SC_DIST, R(wait), .doc = "Time of one request besides CPU.", .given_offset = R(has_wait)},
    {"concurrency", SC_INT, R(concurrency), .doc = "Requests served at once.", .given_offset = R(has_concurrency), .min = 0, .max = 1000000},
    {"backlog", SC_INT, R(backlog), .doc = "Requests that may wait beyond that.", .given_offset = R(has_backlog), .min = 0, .max = 1000000},
    {"memory", SC_BYTES, R(memory_bytes), .doc = "Memory of one request.", .given_offset = R(has_memory), .max = PIB},
    {0},
};
#undef R
#define A(member) offsetof(ScApplication, member)
const ScField scenario_application_fields[] = {
    {"match", SC_MAP, A(match), .doc = "Which containers.", .fields = app_match_fields},
    {"startup", SC_DIST, A(startup), .doc = "Start of the process until it listens.", .given_offset = A(has_startup)},
    {"stop", SC_DIST, A(stop), .doc = "SIGTERM until the process has ended.", .given_offset = A(has_stop)},
    {"ignoresTerm", SC_BOOL, A(ignores_term), .doc = "SIGTERM has no effect; SIGKILL ends it.", .given_offset = A(has_ignores_term)},
    {"abrupt", SC_BOOL, A(abrupt), .doc = "SIGTERM ends it at once; requests in flight are reset.", .given_offset = A(has_abrupt)},
    {"closeDelay", SC_DURATION, A(close_delay_ns), .doc = "SIGTERM until the listening socket is closed.", .given_offset = A(has_close_delay)},
    {"serves", SC_BOOL, A(serves), .doc = "Does it listen on its ports?", .given_offset = A(has_serves)},
    {"memory", SC_BYTES, A(memory_bytes), .doc = "Memory once started.", .given_offset = A(has_memory), .max = PIB},
    {"memoryGrowth", SC_SIZE_RATE, A(memory_growth), .doc = "Memory it gains per second: a leak.", .given_offset = A(has_memory_growth), .max = PIB},
    {"idleCpu", SC_CPU, A(idle_cpu_milli), .doc = "CPU it uses without requests.", .given_offset = A(has_idle_cpu), .max = 1000000},
    {"request", SC_MAP, A(request), .doc = "What one request takes.", .fields = app_request_fields},
    {"exitAfter", SC_DURATION, A(exit_after_ns), .doc = "It ends by itself after this time.", .given_offset = A(has_exit_after)},
    {"exitCode", SC_INT, A(exit_code), .doc = "Exit status of that.", .min = 0, .max = 255},
    {"crashAfter", SC_DURATION, A(crash_after_ns), .doc = "It crashes this long after each start.", .given_offset = A(has_crash_after)},
    {"crashExitCode", SC_INT, A(crash_exit_code), .doc = "Exit status of the crash.", .def = "1", .min = 0, .max = 255},
    {"readyDelay", SC_DURATION, A(ready_delay_ns), .doc = "Further time until readiness probes succeed.", .given_offset = A(has_ready_delay)},
    {"unreadyFrom", SC_DURATION, A(unready_from_ns), .doc = "From then after the start it answers 503 to readiness.", .given_offset = A(has_unready_from)},
    {"unreadyUntil", SC_DURATION, A(unready_until_ns), .doc = "Until then.", .given_offset = A(has_unready_until)},
    {"unhealthyAfter", SC_DURATION, A(unhealthy_after_ns), .doc = "From then liveness probes fail.", .given_offset = A(has_unhealthy_after)},
    {0},
};
#undef A

#define T(member) offsetof(ScTraffic, member)
static const char *const arrival_words[] = {"poisson", "constant", NULL};
static const ScField traffic_fields[] = {
    {"name", SC_STRING, T(name), .doc = "Name in tables and pictures.", .def = "users"},
    {"from", SC_STRING, T(from), .doc = "external, pod/NAME or node/NAME.", .def = "external"},
    {"to", SC_STRING, T(to), .doc = "service/NAME:PORT, loadBalancer/NAME:PORT (the same at the address that the cloud gave it), or nodePort/NODE:PORT."},
    {"rate", SC_RATE, T(rate_micro), .doc = "Requests per second (/s), minute (/m) or hour (/h).", .def = "10/s", .max = SC_MAX_RATE_MICRO},
    {"arrivals", SC_ENUM, T(arrivals), .doc = "How requests arrive.", .def = "poisson", .words = arrival_words},
    {"timeout", SC_DURATION, T(timeout_ns), .doc = "A client gives up after this time.", .def = "10s"},
    {"retries", SC_INT, T(retries), .doc = "Further tries after a failure.", .def = "0", .min = 0, .max = 100},
    {"reuse", SC_BOOL, T(reuse), .doc = "Keep connections open for further requests."},
    {"start", SC_DURATION, T(start_ns), .doc = "When it begins.", .def = "0s"},
    {"stop", SC_DURATION, T(stop_ns), .doc = "When it ends.", .given_offset = T(has_stop)},
    {"clientPorts", SC_INT, T(client_ports), .doc = "Ports that a client has for connections.", .min = 0, .max = 64512},
    {0},
};
#undef T

#define M(member) offsetof(ScMetric, member)
static const ScField metric_change_fields[] = {
    {"at", SC_DURATION, offsetof(ScMetricChange, at_ns), .doc = "When."},
    {"value", SC_CPU, offsetof(ScMetricChange, value_milli), .doc = "The value from then on.", .max = SC_MAX_METRIC_MILLI},
    {0},
};
static const ScField metric_fields[] = {
    {"name", SC_STRING, M(name), .doc = "Name of the metric."},
    {"pods", SC_LABELS, M(pods), .doc = "It is a metric of each pod with these labels.", .given_offset = M(has_pods)},
    {"object", SC_STRING, M(object), .doc = "It is a metric of one object: service/web."},
    {"external", SC_LABELS, M(external), .doc = "It is a metric from outside the cluster, with these labels.", .given_offset = M(has_external)},
    {"shared", SC_BOOL, M(shared), .doc = "Of pods: the value is that of all ready ones together, each has its share."},
    {"value", SC_CPU, M(value_milli), .doc = "The value at the beginning: 30, 8600m, 2k.", .def = "0", .max = SC_MAX_METRIC_MILLI},
    {"changes", SC_LIST, M(changes), .doc = "When it takes which value.", .fields = metric_change_fields, .item_size = sizeof(ScMetricChange)},
    {0},
};
#undef M

#define E(member) offsetof(ScEntry, member)
const ScField scenario_entry_fields[] = {
    {"id", SC_STRING, E(id), .doc = "Name of the entry, for `after`."},
    {"at", SC_DURATION, E(at_ns), .doc = "When.", .given_offset = E(has_at)},
    {"after", SC_STRING, E(after), .doc = "Once the entry of that id has ended."},
    {"delay", SC_DURATION, E(delay_ns), .doc = "So long after that.", .given_offset = E(has_delay)},
    {"every", SC_DURATION, E(every_ns), .doc = "Again and again, each time after this time.", .given_offset = E(has_every)},
    {"times", SC_INT, E(times), .doc = "How often with every.", .given_offset = E(has_times), .min = 1, .max = 1000000},
    {"until", SC_DURATION, E(until_ns), .doc = "Until when with every.", .given_offset = E(has_until)},
    {"kubectl", SC_STRING, E(kubectl), .doc = "A kubectl command line, without the word kubectl."},
    {"input", SC_STRING, E(input), .doc = "Standard input of the kubectl command (-f -)."},
    {"fault", SC_VALUE, E(fault), .doc = "A fault: {nodePowerOff: {node: worker-2}}; see `desk8s explain fault`."},
    {"mark", SC_STRING, E(mark), .doc = "A mark in the pictures."},
    {"traffic", SC_VALUE, E(traffic), .doc = "Change a traffic: {name: users, rate: 400/s}."},
    {"set", SC_VALUE, E(set), .doc = "Containers started from now on behave so: {match: {image: 'nginx:*'}, crashAfter: 5s}."},
    {0},
};
#undef E

static const ScField expect_fields[] = {
    {"that", SC_STRING, offsetof(ScExpect, that), .doc = "A condition: OBJECT {JSONPATH} OP VALUE, or traffic/NAME MEASURE OP VALUE."},
    {"always", SC_STRING, offsetof(ScExpect, always), .doc = "A condition that holds from the moment it first holds until the end."},
    {"within", SC_DURATION, offsetof(ScExpect, within_ns), .doc = "It holds within this time.", .given_offset = offsetof(ScExpect, has_within)},
    {"after", SC_STRING, offsetof(ScExpect, after), .doc = "Counted from the timeline entry of that id."},
    {"at", SC_STRING, offsetof(ScExpect, at), .doc = "end, or a time."},
    {0},
};

/* See report/: one word for each picture. */
static const char *const plot_words[] = {"timeline", "rollout", "traffic", NULL};

/* What a change of traffic says. */
const ScField scenario_change_fields[] = {
    {"name", SC_STRING, offsetof(ScChange, name), .doc = "Name of the traffic."},
    {"rate", SC_RATE, offsetof(ScChange, rate_micro), .doc = "Its rate from now on.", .given_offset = offsetof(ScChange, has_rate), .max = SC_MAX_RATE_MICRO},
    {0},
};

#define S(member) offsetof(ScSpec, member)
const ScField scenario_spec_fields[] = {
    {"kubernetesVersion", SC_STRING, S(kubernetes_version), .doc = "Profile of defaults and timers: 1.30 to 1.36.", .def = "1.34"},
    {"seed", SC_INT, S(seed), .doc = "Seed of every random draw.", .def = "1", .min = 0, .max = G_MAXINT64},
    {"duration", SC_DURATION, S(duration_ns), .doc = "How long it plays.", .given_offset = S(has_duration)},
    {"until", SC_STRING, S(until), .doc = "Ends as soon as this condition holds."},
    {"epoch", SC_TIME, S(epoch_ns), .doc = "Calendar time of 0 s.", .given_offset = S(has_epoch)},
    {"cluster", SC_MAP, S(cluster), .doc = "Machines and how they are wired.", .fields = cluster_fields},
    {"images", SC_LIST, S(images), .doc = "Container images.", .fields = image_fields, .item_size = sizeof(ScImage)},
    {"applications", SC_LIST, S(applications), .doc = "What the programs in containers do.", .fields = scenario_application_fields, .item_size = sizeof(ScApplication)},
    {"manifests", SC_STRINGS, S(manifests), .doc = "Files with Kubernetes manifests, applied at 0 s."},
    {"traffic", SC_LIST, S(traffic), .doc = "Clients that send requests.", .fields = traffic_fields, .item_size = sizeof(ScTraffic)},
    {"metrics", SC_LIST, S(metrics), .doc = "Metrics other than CPU and memory that autoscalers ask for.", .fields = metric_fields, .item_size = sizeof(ScMetric)},
    {"timeline", SC_LIST, S(timeline), .doc = "What happens when.", .fields = scenario_entry_fields, .item_size = sizeof(ScEntry)},
    {"expect", SC_LIST, S(expect), .doc = "What must come out.", .fields = expect_fields, .item_size = sizeof(ScExpect)},
    {"plots", SC_STRINGS, S(plots), .doc = "Pictures; all of them when absent.", .words = plot_words},
    {"parameters", SC_VALUE, S(parameters), .doc = "Values to vary in a sweep."},
    {0},
};
#undef S
