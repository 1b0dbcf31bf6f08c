/* check.c - see check.h; the timeline and the expectations are in check_timeline.c */

#include "scenario/check.h"

#include "api/names.h"
#include "api/profile.h"
#include "api/kinds.h"
#include "base/duration.h"
#include "scenario/check_timeline.h"

/* Addresses of nodes and the time to draw a picture end somewhere. */
#define MAX_NODES 50000

const Value *
check_place(const Value *map, const char *key)
{
    const Value *value = value_get(map, key);

    return value != NULL ? value : map;
}

const Value *
check_item(const Value *list, guint index)
{
    return list != NULL && list->type == VALUE_LIST && index < list->count ? list->items[index] : NULL;
}

/* What is no map was reported as such; its defaults are not looked at. */
static gboolean
is_map(const Value *value)
{
    return value != NULL && value->type == VALUE_MAP;
}

static gboolean
follows(NameRule rule, const char *text)
{
    StrList messages = {0};
    gboolean fine = name_check(rule, text, FALSE, &messages);

    g_free(messages.items);
    return fine;
}

static void
check_version(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const char *text = scenario->spec.kubernetes_version;
    gint64 minor = 0;

    if (text != NULL && g_str_has_prefix(text, "1.") && g_ascii_string_to_signed(text + 2, 10, 30, 36, &minor, NULL)) {
        scenario->version_minor = scenario->profile = (guint)minor;
        return;
    }
    scenario->version_minor = scenario->profile = 34;
    sc_error(reader, check_place(spec, "kubernetesVersion"), "spec.kubernetesVersion", "'%s' is no version that desk8s knows; write \"1.30\" to \"1.36\"", text != NULL ? text : "");
}

/* --- gates ------------------------------------------------------------------------------ */

/* What stands in the way of setting @id in v1.@minor; NULL: nothing. (owned) */
static char *
gate_trouble(FeatureId id, guint minor)
{
    const ProfileFeature *gate = &profile_features[id];

    if (minor < gate->gate)
        return g_strdup_printf("1.%u has no gate '%s'; write kubernetesVersion: \"1.%u\" or later", minor, gate->name, gate->gate);
    if (gate->locked != 0 && minor >= gate->locked)
        return g_strdup_printf("cannot set feature gate %s, it is locked to %s in 1.%u; leave it out", gate->name,
                               profile_has(id, minor) ? "true" : "false", minor);
    return NULL;
}

static const char *
nearest_gate(const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < FEATURE_N; i++)
        if (profile_features[i].gate != 0)
            g_ptr_array_add(names, (gpointer)profile_features[i].name);
    g_ptr_array_add(names, NULL);
    return diag_nearest(name, (const char *const *)names->pdata);
}

guint
scenario_profile(const Value *spec, guint minor)
{
    const Value *gates = value_get_path(spec, "cluster", "featureGates", NULL);
    guint profile = minor;

    for (guint i = 0; gates != NULL && gates->type == VALUE_MAP && i < gates->count; i++) {
        FeatureId id = profile_gate_find(gates->keys[i]);
        g_autofree char *trouble = id < FEATURE_N ? gate_trouble(id, minor) : NULL;

        if (id < FEATURE_N && trouble == NULL && gates->items[i]->type == VALUE_BOOL)
            profile = profile_set_gate(profile, id, gates->items[i]->boolean);
    }
    return profile;
}

static void
check_gates(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const Value *gates = scenario->spec.cluster.feature_gates;

    if (gates != NULL && gates->type != VALUE_MAP) {
        sc_error(reader, gates, "spec.cluster.featureGates", "gates are a map; write {MaxUnavailableStatefulSet: true}");
        return;
    }
    for (guint i = 0; gates != NULL && i < gates->count; i++) {
        g_autofree char *path = g_strdup_printf("spec.cluster.featureGates.%s", gates->keys[i]);
        FeatureId id = profile_gate_find(gates->keys[i]);
        g_autofree char *trouble = id < FEATURE_N ? gate_trouble(id, scenario->version_minor) : NULL;
        Value key = *gates->items[i];
        const char *near;

        if (gates->key_places != NULL) {
            key.line = gates->key_places[i].line;
            key.column = gates->key_places[i].column;
        }
        if (id == FEATURE_N) {
            near = nearest_gate(gates->keys[i]);
            sc_error(reader, &key, path, "there is no feature gate '%s'%s%s", gates->keys[i],
                     near != NULL ? "; write " : "; `desk8s explain gate` lists those there are", near != NULL ? near : "");
        } else if (trouble != NULL) {
            sc_error(reader, &key, path, "%s", trouble);
        } else if (gates->items[i]->type != VALUE_BOOL) {
            sc_error(reader, gates->items[i], path, "a gate is open or closed; write true or false");
        }
    }
    scenario->profile = scenario_profile(spec, scenario->version_minor);
}

/* --- nodes ------------------------------------------------------------------------------ */

static gboolean
is_taint(const char *text)
{
    static const char *const effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute"};
    const char *colon = strrchr(text, ':');
    g_autofree char *pair = colon != NULL ? g_strndup(text, (gsize)(colon - text)) : NULL;
    char *equals = pair != NULL ? strchr(pair, '=') : NULL;
    gboolean is_effect = FALSE;

    if (pair == NULL)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(effects); i++)
        is_effect = is_effect || str_is(effects[i], colon + 1);
    if (equals != NULL)
        *equals = '\0';
    return is_effect && follows(NAME_QUALIFIED, pair) && (equals == NULL || follows(NAME_LABEL_VALUE, equals + 1));
}

static void
check_label(const ScReader *reader, const Value *at, const char *path, const char *value)
{
    if (value != NULL && !follows(NAME_LABEL_VALUE, value))
        sc_error(reader, at, path, "'%s' cannot be the value of a label; write up to 63 letters, digits, '-', '_' or '.'", value);
}

static void
check_autoscale(const ScReader *reader, const ScNodeGroup *group, const Value *at, const char *path)
{
    const Value *autoscale = value_get(at, "autoscale");

    if (!is_map(autoscale))
        return;
    if (value_get(autoscale, "max") == NULL)
        sc_error(reader, autoscale, path, "autoscale without an upper end; write autoscale: {min: 1, max: 5}");
    else if (group->autoscale_min > group->autoscale_max)
        sc_error(reader, check_place(autoscale, "min"), path, "min is above max; write the smaller one as min");
    else if (!group->has_count)
        sc_error(reader, autoscale, path, "autoscale without count; write count, how many nodes there are at first");
    else if (group->count < group->autoscale_min || group->count > group->autoscale_max)
        sc_error(reader, check_place(at, "count"), path, "count is not within min and max of autoscale; write a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, group->autoscale_min, group->autoscale_max);
}

static void
check_instance_type(const ScReader *reader, const Scenario *scenario, const ScNodeGroup *group, const Value *at, guint index)
{
    g_autofree char *path = g_strdup_printf("spec.cluster.nodes[%u].instanceType", index);

    if (group->instance_type == NULL)
        return;
    check_label(reader, check_place(at, "instanceType"), path, group->instance_type);
    if (!scenario->spec.cluster.cloud.is_there)
        sc_error(reader, check_place(at, "instanceType"), path, "nobody tells the node so; write cloud: {} below spec.cluster, or labels: {node.kubernetes.io/instance-type: %s}", group->instance_type);
}

/* v1.34 kubelet/apis/config/validation: nothing, or a second and more; the critical part is a part. */
static void
check_shutdown(const ScReader *reader, const ScNodeGroup *group, const Value *at, const char *path)
{
    const Value *by_priority = value_get(at, "shutdownGracePeriodByPodPriority");

    if (group->shutdown_ns > 0 && group->shutdown_ns < NS_PER_S)
        sc_error(reader, check_place(at, "shutdownGracePeriod"), path, "shutdownGracePeriod is below a second; write 0s or 1s and more");
    if (group->shutdown_critical_ns > 0 && group->shutdown_critical_ns < NS_PER_S)
        sc_error(reader, check_place(at, "shutdownGracePeriodCriticalPods"), path, "shutdownGracePeriodCriticalPods is below a second; write 0s or 1s and more");
    if (group->shutdown_critical_ns > group->shutdown_ns)
        sc_error(reader, check_place(at, "shutdownGracePeriodCriticalPods"), path, "shutdownGracePeriodCriticalPods is a part of shutdownGracePeriod; write at most that");
    if (by_priority != NULL && group->shutdown_ns > 0)
        sc_error(reader, by_priority, path, "groups by priority stand instead of shutdownGracePeriod; leave one of them out");
    for (guint i = 0; i < group->shutdown_groups.count; i++) {
        const ScShutdownGroup *own = (const ScShutdownGroup *)(gconstpointer)group->shutdown_groups.items + i;

        for (guint k = 0; k < i; k++)
            if (((const ScShutdownGroup *)(gconstpointer)group->shutdown_groups.items + k)->priority == own->priority)
                sc_error(reader, check_item(by_priority, i), path, "two groups of priority %" G_GINT64_FORMAT "; write each once", own->priority);
    }
}

static gboolean
is_threshold(const char *text)
{
    g_autofree char *number = g_strndup(text, strlen(text) - g_str_has_suffix(text, "%"));
    Quantity quantity;

    return quantity_parse(number, &quantity) && quantity_sign(&quantity) >= 0;
}

static gboolean
is_signal(const char *word)
{
    return str_is(word, "memory.available") || str_is(word, "nodefs.available") || str_is(word, "imagefs.available");
}

static gboolean
has_key(const LabelList *list, const char *key)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].key, key))
            return TRUE;
    return FALSE;
}

/* Signals, and thresholds or durations. */
static void
check_signals(const ScReader *reader, const LabelList *list, const Value *given, const char *path, gboolean are_durations)
{
    gint64 duration;

    for (guint i = 0; i < list->count; i++) {
        const char *text = list->items[i].value;
        const Value *place = check_place(given, list->items[i].key);

        if (!is_signal(list->items[i].key))
            sc_error(reader, place, path, "unknown eviction signal '%s'; write memory.available, nodefs.available or imagefs.available", list->items[i].key);
        else if (are_durations && (!duration_parse(text, &duration) || duration < 0))
            sc_error(reader, place, path, "'%s' is no duration; write one such as 90s or 2m", text);
        else if (!are_durations && !is_threshold(text))
            sc_error(reader, place, path, "'%s' is no threshold; write a quantity such as 100Mi, or 10%%", text);
    }
}

static void
check_reserved(const ScReader *reader, const LabelList *list, const Value *given, const char *path)
{
    for (guint i = 0; i < list->count; i++) {
        Quantity quantity;
        const Value *place = check_place(given, list->items[i].key);

        if (!str_is(list->items[i].key, "cpu") && !str_is(list->items[i].key, "memory"))
            sc_error(reader, place, path, "unknown resource '%s'; write cpu or memory", list->items[i].key);
        else if (!quantity_parse(list->items[i].value, &quantity) || quantity_sign(&quantity) < 0)
            sc_error(reader, place, path, "'%s' is no quantity; write one such as 100m or 100Mi", list->items[i].value);
    }
}

/* v1.34 kubelet/eviction ParseThresholdConfig, as far as there are such signals here. */
static void
check_eviction(const ScReader *reader, const ScNodeGroup *group, const Value *at, const char *path)
{
    const Value *soft = value_get(at, "evictionSoft");

    check_signals(reader, &group->eviction_hard, value_get(at, "evictionHard"), path, FALSE);
    check_signals(reader, &group->eviction_soft, soft, path, FALSE);
    check_signals(reader, &group->eviction_soft_grace, value_get(at, "evictionSoftGracePeriod"), path, TRUE);
    check_signals(reader, &group->eviction_reclaim, value_get(at, "evictionMinimumReclaim"), path, FALSE);
    check_reserved(reader, &group->kube_reserved, value_get(at, "kubeReserved"), path);
    check_reserved(reader, &group->system_reserved, value_get(at, "systemReserved"), path);
    for (guint i = 0; i < group->eviction_soft.count; i++)
        if (!has_key(&group->eviction_soft_grace, group->eviction_soft.items[i].key))
            sc_error(reader, check_place(soft, group->eviction_soft.items[i].key), path,
                     "'%s' has no grace period; write one below evictionSoftGracePeriod", group->eviction_soft.items[i].key);
    if (group->image_gc_low >= group->image_gc_high)
        sc_error(reader, check_place(at, value_get(at, "imageGCLowThresholdPercent") != NULL ? "imageGCLowThresholdPercent" : "imageGCHighThresholdPercent"), path, "imageGCLowThresholdPercent must be below imageGCHighThresholdPercent; write the smaller one as imageGCLowThresholdPercent");
}

static void
check_group(const ScReader *reader, const ScNodeGroup *group, const Value *at, guint index)
{
    g_autofree char *path = g_strdup_printf("spec.cluster.nodes[%u]", index);
    g_autofree char *name_path = g_strdup_printf("%s.name", path);
    g_autofree char *zone_path = g_strdup_printf("%s.zone", path);
    g_autofree char *region_path = g_strdup_printf("%s.region", path);
    g_autofree char *taints_path = g_strdup_printf("%s.taints", path);
    g_autofree char *labels_path = g_strdup_printf("%s.labels", path);

    if (!follows(NAME_DNS_SUBDOMAIN, group->name) || strlen(group->name) > 63)
        sc_error(reader, check_place(at, "name"), name_path, "'%s' cannot be the name of a node; write up to 63 lower-case letters, digits and '-'", group->name);
    check_label(reader, check_place(at, "zone"), zone_path, group->zone);
    check_label(reader, check_place(at, "region"), region_path, group->region);
    for (guint k = 0; k < group->labels.count; k++) {
        const Value *place = check_place(value_get(at, "labels"), group->labels.items[k].key);

        if (!follows(NAME_QUALIFIED, group->labels.items[k].key))
            sc_error(reader, place, labels_path, "'%s' cannot be the key of a label; write up to 63 letters, digits, '-', '_' or '.'", group->labels.items[k].key);
        check_label(reader, place, labels_path, group->labels.items[k].value);
    }
    for (guint k = 0; k < group->taints.count; k++)
        if (!is_taint(group->taints.items[k])) {
            const Value *place = check_item(value_get(at, "taints"), k);

            sc_error(reader, place != NULL ? place : check_place(at, "taints"), taints_path, "'%s' is no taint; write KEY=VALUE:EFFECT with NoSchedule, PreferNoSchedule or NoExecute", group->taints.items[k]);
        }
    if (group->boot_min_ns > group->boot_max_ns)
        sc_error(reader, check_place(at, "bootMin"), path, "bootMin is above bootMax; write the smaller one as bootMin");
    check_autoscale(reader, group, at, path);
    check_shutdown(reader, group, at, path);
    check_eviction(reader, group, at, path);
}

/* Two machines of one name cannot be told apart. */
static void
check_names(const ScReader *reader, const Scenario *scenario, const Value *list)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < scenario->spec.cluster.nodes.count; i++) {
        const ScNodeGroup *group = (const ScNodeGroup *)(gconstpointer)scenario->spec.cluster.nodes.items + i;
        guint count = scenario_group_size(group);
        const char *twice = NULL;

        for (guint k = 0; k < count; k++) {
            const char *name = scenario_group_node_name(group, k);

            if (!g_hash_table_add(seen, (gpointer)name) && twice == NULL)
                twice = name;
        }
        if (twice != NULL && is_map(check_item(list, i))) {
            g_autofree char *path = g_strdup_printf("spec.cluster.nodes[%u].name", i);

            sc_error(reader, check_place(check_item(list, i), "name"), path, "there is a node '%s' already; write another name, or first: %u", twice, count + 1);
        }
    }
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->nodes, ScManifest, i);
        const Value *metadata = value_get(manifest->value, "metadata");
        const char *name = value_get_string(metadata, "name", NULL);
        ScReader at_file = {manifest->file, reader->diag};

        if (name != NULL && !g_hash_table_add(seen, (gpointer)name))
            sc_error(&at_file, check_place(metadata, "name"), "metadata.name", "there is a node '%s' already; write another name", name);
    }
}

/* A count that could not be read is a mistake of its own, not a group without nodes. */
static gboolean
is_zero(const Value *count)
{
    return count != NULL && count->type == VALUE_INT && count->integer == 0;
}

static void
check_nodes(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const ScList *groups = &scenario->spec.cluster.nodes;
    const Value *cluster = value_get(spec, "cluster");
    const Value *list = value_get(cluster, "nodes");
    const Value *place = check_place(cluster != NULL ? cluster : spec, "nodes");
    gint64 total = scenario->nodes->len;

    for (guint i = 0; i < groups->count; i++) {
        const ScNodeGroup *group = (const ScNodeGroup *)(gconstpointer)groups->items + i;

        total += group->has_count && is_zero(value_get(check_item(list, i), "count")) ? 0 : MAX(group->has_count ? group->count : 1, MAX(group->autoscale_max * 2, 1));
        if (!is_map(check_item(list, i)))
            continue;
        check_group(reader, group, check_item(list, i), i);
        check_instance_type(reader, scenario, group, check_item(list, i), i);
    }
    if (total == 0 && (cluster == NULL || is_map(cluster)) && (list == NULL || list->type == VALUE_LIST))
        sc_error(reader, place, "spec.cluster.nodes", "there are no nodes; write nodes: [{name: worker, count: 3, cpu: 4, memory: 8Gi}]");
    else if (total > MAX_NODES)
        sc_error(reader, place, "spec.cluster.nodes", "%" G_GINT64_FORMAT " nodes are more than %d; write fewer", total, MAX_NODES);
    else
        check_names(reader, scenario, list);
}

/* --- network -------------------------------------------------------------------------------- */

/* "10.244.0.0/16" with a length from @min to @max; -1 if it is none. */
static gint
parse_prefix(const char *text, gint64 min, gint64 max)
{
    g_auto(GStrv) halves = g_strsplit(text, "/", 2);
    g_auto(GStrv) bytes = g_strsplit(halves[0] != NULL ? halves[0] : "", ".", -1);
    gint64 number;

    if (g_strv_length(halves) != 2 || g_strv_length(bytes) != 4)
        return -1;
    for (guint i = 0; i < 4; i++)
        if (!g_ascii_string_to_signed(bytes[i], 10, 0, 255, &number, NULL))
            return -1;
    return g_ascii_string_to_signed(halves[1], 10, min, max, &number, NULL) ? (gint)number : -1;
}

static void
check_network(const ScReader *reader, const Scenario *scenario, const Value *spec)
{
    const ScNetwork *network = &scenario->spec.cluster.network;
    const Value *at = value_get_path(spec, "cluster", "network", NULL);
    gint prefix = parse_prefix(network->pod_cidr, 8, 24);
    g_autoptr(GPtrArray) names = NULL;

    if (parse_prefix(network->service_cidr, 8, 28) < 0)
        sc_error(reader, check_place(at, "serviceCIDR"), "spec.cluster.network.serviceCIDR", "'%s' is no range of addresses from /8 to /28; write 10.96.0.0/12", network->service_cidr);
    if (prefix < 0) {
        sc_error(reader, check_place(at, "podCIDR"), "spec.cluster.network.podCIDR", "'%s' is no range of addresses from /8 to /24; write 10.244.0.0/16", network->pod_cidr);
        return;
    }
    names = scenario_node_names(scenario);
    if (names->len > 1u << (24 - prefix) && names->len <= MAX_NODES)
        sc_warning(reader, at != NULL ? check_place(at, "podCIDR") : value_get(spec, "cluster"), "spec.cluster.network.podCIDR", "%u nodes, but %s has a /24 for %u of them; write %s", names->len, network->pod_cidr, 1u << (24 - prefix), scenario_pod_cidr_for(names->len));
}

/* --- applications ---------------------------------------------------------------------------- */

void
check_application(const ScReader *reader, const ScApplication *app, const Value *at, const char *path)
{
    g_autofree char *labels_path = g_strdup_printf("%s.match.labels", path);

    if (app->match.labels.count > 1)
        sc_error(reader, check_place(value_get(at, "match"), "labels"), labels_path, "%u labels to match; write one", app->match.labels.count);
    if (app->has_unready_until && !app->has_unready_from)
        sc_error(reader, check_place(at, "unreadyUntil"), path, "unreadyUntil without a beginning; write unreadyFrom beside it");
    if (app->has_unready_until && app->unready_until_ns < app->unready_from_ns)
        sc_error(reader, check_place(at, "unreadyUntil"), path, "unreadyUntil is before unreadyFrom; write the later one as unreadyUntil");
}

static void
check_applications(const ScReader *reader, const Scenario *scenario, const Value *spec)
{
    const ScList *list = &scenario->spec.applications;

    for (guint i = 0; i < list->count; i++) {
        g_autofree char *path = g_strdup_printf("spec.applications[%u]", i);

        check_application(reader, (const ScApplication *)(gconstpointer)list->items + i, check_item(value_get(spec, "applications"), i), path);
    }
}

/* --- traffic ------------------------------------------------------------------------------------ */

static void
check_from(const ScReader *reader, const Scenario *scenario, const ScTraffic *traffic, const Value *at, const char *path)
{
    if (g_str_has_prefix(traffic->from, "node/"))
        scenario_check_node_name(reader, scenario, at, path, traffic->from + strlen("node/"));
    else if (!str_is(traffic->from, "external") && (!g_str_has_prefix(traffic->from, "pod/") || traffic->from[4] == '\0'))
        sc_error(reader, at, path, "'%s' is no origin; write external, pod/NAME or node/NAME", traffic->from);
}

static void
check_to(const ScReader *reader, const Scenario *scenario, ScTraffic *traffic, const Value *at, const char *path)
{
    const char *colon = traffic->to != NULL ? strrchr(traffic->to, ':') : NULL;
    g_autofree char *place = NULL;
    g_auto(GStrv) parts = NULL;
    gint64 port = 0;
    guint n;

    if (colon == NULL || !g_ascii_string_to_signed(colon + 1, 10, 1, 65535, &port, NULL)) {
        sc_error(reader, at, path, "'%s' is no destination with a port from 1 to 65535; write service/web:80 or nodePort/worker-1:30080", traffic->to != NULL ? traffic->to : "");
        return;
    }
    traffic->port = (gint32)port;
    place = g_strndup(traffic->to, (gsize)(colon - traffic->to));
    parts = g_strsplit(place, "/", -1);
    n = g_strv_length(parts);
    if ((str_is(parts[0], "service") || str_is(parts[0], "svc")) && (n == 2 || n == 3) && parts[1][0] != '\0' && parts[n - 1][0] != '\0') {
        traffic->to_namespace = str_intern(n == 3 ? parts[1] : "default");
        traffic->to_service = str_intern(parts[n - 1]);
    } else if (str_is(parts[0], "loadBalancer") && (n == 2 || n == 3) && parts[1][0] != '\0' && parts[n - 1][0] != '\0') {
        traffic->to_namespace = str_intern(n == 3 ? parts[1] : "default");
        traffic->to_service = str_intern(parts[n - 1]);
        traffic->by_balancer = TRUE;
        if (!scenario->spec.cluster.cloud.has_balancers)
            sc_error(reader, at, path, "nobody makes load balancers here; write cloud: {loadBalancer: {}} below spec.cluster, or service/%s:%d", parts[n - 1], traffic->port);
    } else if (str_is(parts[0], "nodePort") && n == 2) {
        traffic->to_node = str_intern(parts[1]);
        scenario_check_node_name(reader, scenario, at, path, parts[1]);
    } else {
        sc_error(reader, at, path, "'%s' is no destination; write service/web:80, loadBalancer/web:80 or nodePort/worker-1:30080", traffic->to);
    }
}

/* Each request is played: so many take hours. */
#define MAX_REQUESTS 10000000000

static void
check_requests(const ScReader *reader, const Scenario *scenario, const ScTraffic *traffic, const Value *at, const char *path)
{
    gint64 end_ns = traffic->has_stop ? MIN(traffic->stop_ns, scenario->spec.duration_ns) : scenario->spec.duration_ns;
    gint64 seconds = (end_ns - traffic->start_ns) / NS_PER_S;
    g_autofree char *rate_path = g_strdup_printf("%s.rate", path);

    if (seconds > 0 && traffic->rate_micro / G_USEC_PER_SEC > MAX_REQUESTS / seconds)
        sc_error(reader, at, rate_path, "%" G_GINT64_FORMAT " requests would take hours of computing; write at most %" G_GINT64_FORMAT "/s, or stop: 10m beside it", traffic->rate_micro / G_USEC_PER_SEC * seconds, MAX_REQUESTS / seconds);
}

static void
check_traffic(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const ScList *list = &scenario->spec.traffic;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < list->count; i++) {
        ScTraffic *traffic = (ScTraffic *)(gpointer)list->items + i;
        const Value *at = check_item(value_get(spec, "traffic"), i);
        g_autofree char *path = g_strdup_printf("spec.traffic[%u]", i);
        g_autofree char *name_path = g_strdup_printf("%s.name", path);
        g_autofree char *to_path = g_strdup_printf("%s.to", path);
        g_autofree char *from_path = g_strdup_printf("%s.from", path);

        if (!is_map(at))
            continue;
        if (!g_hash_table_add(seen, (gpointer)traffic->name))
            sc_error(reader, check_place(at, "name"), name_path, "there is a traffic '%s' already; write another name", traffic->name);
        check_from(reader, scenario, traffic, check_place(at, "from"), from_path);
        check_to(reader, scenario, traffic, check_place(at, "to"), to_path);
        if (traffic->has_stop && traffic->stop_ns <= traffic->start_ns)
            sc_error(reader, check_place(at, "stop"), path, "it stops before it starts; write a stop after start");
        check_requests(reader, scenario, traffic, check_place(at, "rate"), path);
    }
    if (list->count > 0 && str_is(scenario->spec.cluster.kubelet, "ideal"))
        sc_warning(reader, check_place(spec, "traffic"), "spec.traffic", "with kubelet: ideal nothing answers requests; leave kubelet out");
}

/* --- metrics ------------------------------------------------------------------------------------ */

static void
check_metrics(const ScReader *reader, const Scenario *scenario, const Value *spec)
{
    const ScList *list = &scenario->spec.metrics;

    for (guint i = 0; i < list->count; i++) {
        const ScMetric *metric = (const ScMetric *)(gconstpointer)list->items + i;
        const Value *at = check_item(value_get(spec, "metrics"), i);
        g_autofree char *path = g_strdup_printf("spec.metrics[%u]", i);
        guint n_about = (guint)(metric->has_pods + metric->has_external + (metric->object != NULL));
        const char *slash = metric->object != NULL ? strchr(metric->object, '/') : NULL;

        if (!is_map(at))
            continue;
        if (str_is_empty(metric->name))
            sc_error(reader, at, path, "a metric without a name; write name: requests_per_second");
        if (n_about != 1)
            sc_error(reader, at, path, "a metric of nothing, or of several things; write one of pods: {app: web}, object: service/web and external: {}");
        if (metric->object != NULL && (slash == NULL || slash == metric->object || slash[1] == '\0'))
            sc_error(reader, check_place(at, "object"), path, "'%s' is no object; write KIND/NAME such as service/web", metric->object);
        if (metric->shared && !metric->has_pods)
            sc_error(reader, check_place(at, "shared"), path, "only a metric of pods can be shared; leave shared out");
    }
}

/* --- custom resources ----------------------------------------------------------------------------- */

/* Nobody acts on what only an updater or an admission controller would do. */
static void
check_vpa(const ScReader *reader, const ScManifest *manifest)
{
    const Value *policy = value_get_path(manifest->value, "spec", "updatePolicy", NULL);
    const Value *at = value_get(policy, "updateMode");
    SourcePos pos = {manifest->file, 0, 0};

    if (value_get_string(policy, "updateMode", NULL) == NULL)
        at = policy != NULL ? policy : check_place(manifest->value, "spec");
    else if (str_is(value_get_string(policy, "updateMode", NULL), "Off"))
        return;
    pos.line = at->line;
    pos.column = at->column;
    diag_add(reader->diag, DIAG_WARNING, pos, "spec.updatePolicy.updateMode",
             "only the recommender is there, so no pod is changed; write \"Off\"");
}

static void
check_custom(const ScReader *reader, const Scenario *scenario)
{
    for (guint i = 0; i < scenario->manifests->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->manifests, ScManifest, i);
        const Value *at = check_place(manifest->value, "kind");
        SourcePos pos = {manifest->file, at->line, at->column};

        if (manifest->kind == NULL || !manifest->kind->is_custom)
            continue;
        if (!scenario->spec.cluster.vpa.is_there)
            diag_add(reader->diag, DIAG_ERROR, pos, "kind",
                     "%s is not installed in this cluster; write spec.cluster.verticalPodAutoscaler: {}", manifest->kind->kind);
        else if (manifest->kind == &vpa_kind)
            check_vpa(reader, manifest);
    }
}

/* controlPlane.replicas stands for what is not counted itself. */
static void
settle_control_plane(ScControlPlane *plane)
{
    if (plane->replicas == 0)
        return;
    if (!plane->has_members)
        plane->etcd_members = plane->replicas;
    if (!plane->has_apiservers)
        plane->apiservers = plane->replicas;
    if (!plane->has_controller_managers)
        plane->controller_managers = plane->replicas;
    if (!plane->has_schedulers)
        plane->schedulers = plane->replicas;
}

void
scenario_check(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const Value *duration = value_get(spec, "duration");
    gint64 ns;

    if (!scenario->spec.has_duration && scenario->spec.until == NULL)
        sc_error(reader, spec, "spec.duration", "no end; write duration: 5m, or until: a condition");
    else if (duration != NULL && duration->text != NULL && duration_parse(duration->text, &ns) && ns == 0)
        sc_error(reader, duration, "spec.duration", "nothing is played in no time; write duration: 5m");
    settle_control_plane(&scenario->spec.cluster.control_plane);
    check_version(reader, scenario, spec);
    check_gates(reader, scenario, spec);
    check_nodes(reader, scenario, spec);
    check_network(reader, scenario, spec);
    check_applications(reader, scenario, spec);
    check_traffic(reader, scenario, spec);
    check_metrics(reader, scenario, spec);
    check_custom(reader, scenario);
    check_timeline(reader, scenario, spec);
}
