/*
 * node_status.c - registering the Node and keeping its status
 *
 * v1.34 pkg/kubelet/kubelet_node_status.go and nodestatus/setters.go: register,
 * look every 100 ms until Ready can be posted, then compute every 10 s and post
 * what changed, or after 5 min. What cannot have changed is not computed.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "node/resources.h"

#define UPDATE_NS       PROFILE_NS(NODE_STATUS_UPDATE)
#define REPORT_NS       PROFILE_NS(NODE_STATUS_REPORT)
#define FAST_NS         (100 * NS_PER_MS)
#define RUNTIME_UP_NS   (30 * NS_PER_MS) /* until the first look at the runtime has ended */
#define REGISTER_MIN_NS (100 * NS_PER_MS)
#define REGISTER_MAX_NS (7 * NS_PER_S)
#define IMAGES_MAX      50

/* --- what a node has ----------------------------------------------------------------- */

static gint64
reserved_of(const char *text, gboolean is_milli)
{
    Quantity quantity;

    if (text == NULL || !quantity_parse(text, &quantity))
        return 0;
    return is_milli ? quantity_value_milli(&quantity) : quantity_value(&quantity);
}

static void
set_amount(QuantityMap *map, const char *key, gint64 value, QuantityFormat format)
{
    quantity_map_set(map, key, quantity_from_int(value, format));
}

/* A declared node has what its manifest says: extended resources, and less to allocate than there is. */
static void
declare_amounts(const NodeStatus *declared, NodeStatus *status)
{
    for (guint i = 0; i < declared->capacity.count; i++) {
        quantity_map_set(&status->capacity, declared->capacity.items[i].key, declared->capacity.items[i].value);
        quantity_map_set(&status->allocatable, declared->capacity.items[i].key, declared->capacity.items[i].value);
    }
    for (guint i = 0; i < declared->allocatable.count; i++)
        quantity_map_set(&status->allocatable, declared->allocatable.items[i].key, declared->allocatable.items[i].value);
}

static void
status_set_resources(const KubeletOptions *options, NodeStatus *status)
{
    const Machine *machine = options->machine;
    gint64 cpu_milli = machine_cpu_milli(machine);
    gint64 memory = machine_memory_bytes(machine);
    gint64 disk = machine_disk_bytes(machine);
    gint64 cpu_reserved = reserved_of(options->kube_reserved_cpu, TRUE) +
                          reserved_of(options->system_reserved_cpu, TRUE);
    gint64 memory_reserved = reserved_of(options->kube_reserved_memory, FALSE) +
                             reserved_of(options->system_reserved_memory, FALSE);
    const char *memory_limit =
        options->eviction.hard[EVICTION_MEMORY] != NULL ? options->eviction.hard[EVICTION_MEMORY] : "100Mi";
    const char *disk_limit = options->eviction.hard[EVICTION_NODEFS] != NULL ? options->eviction.hard[EVICTION_NODEFS] : "10%";
    gboolean ideal = options->ideal;

    quantity_map_set(&status->capacity, str_intern("cpu"), quantity_from_milli(cpu_milli));
    set_amount(&status->capacity, str_intern("memory"), memory, QUANTITY_BINARY_SI);
    set_amount(&status->capacity, str_intern("pods"), options->max_pods, QUANTITY_DECIMAL_SI);
    quantity_map_set(&status->allocatable, str_intern("cpu"),
                     quantity_from_milli(allocatable_of(cpu_milli, cpu_reserved, 0)));
    set_amount(&status->allocatable, str_intern("memory"),
               allocatable_of(memory, memory_reserved,
                              ideal ? 0 : threshold_bytes(memory_limit, memory)),
               QUANTITY_BINARY_SI);
    set_amount(&status->allocatable, str_intern("pods"), options->max_pods, QUANTITY_DECIMAL_SI);
    if (disk > 0) {
        set_amount(&status->capacity, str_intern("ephemeral-storage"), disk, QUANTITY_BINARY_SI);
        set_amount(&status->allocatable, str_intern("ephemeral-storage"),
                   allocatable_of(disk, 0, ideal ? 0 : threshold_bytes(disk_limit, disk)),
                   QUANTITY_BINARY_SI);
    }
    if (ideal && options->declared != NULL)
        declare_amounts(node_status(options->declared), status);
    if (ideal)
        return;
    set_amount(&status->capacity, str_intern("hugepages-1Gi"), 0, QUANTITY_DECIMAL_SI);
    set_amount(&status->capacity, str_intern("hugepages-2Mi"), 0, QUANTITY_DECIMAL_SI);
    set_amount(&status->allocatable, str_intern("hugepages-1Gi"), 0, QUANTITY_DECIMAL_SI);
    set_amount(&status->allocatable, str_intern("hugepages-2Mi"), 0, QUANTITY_DECIMAL_SI);
}

/* 32 hex digits that depend on the name alone: hashes of "SALT/NAME/a" to "SALT/NAME/d". */
#define HEX_ID_LENGTH 32

static void
hex_id(char hex[HEX_ID_LENGTH + 1], const char *name, const char *salt)
{
    g_autofree char *text = g_strconcat(salt, "/", name, "/ ", NULL);
    gsize last = strlen(text) - 1;

    for (guint i = 0; i < 4; i++) {
        guint32 hash;

        text[last] = (char)('a' + i);
        hash = str_hash(text);
        for (guint digit = 0; digit < 8; digit++)
            hex[8 * i + digit] = "0123456789abcdef"[hash >> (28 - 4 * digit) & 15];
    }
    hex[HEX_ID_LENGTH] = '\0';
}

/* As dmidecode says it: in groups of 8, 4, 4, 4 and 12 digits. */
static const char *
uuid_of(const char *hex)
{
    static const guint8 groups[] = {8, 4, 4, 4, 12};
    char text[HEX_ID_LENGTH + G_N_ELEMENTS(groups)];
    char *at = text;

    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        memcpy(at, hex, groups[i]);
        at += groups[i];
        hex += groups[i];
        *at++ = '-';
    }
    return str_intern_len(text, sizeof text - 1);
}

static void
node_identify(Kubelet *k)
{
    char hex[HEX_ID_LENGTH + 1];

    hex_id(hex, k->node_name, "machine");
    k->node.machine_id = str_intern_len(hex, HEX_ID_LENGTH);
    hex_id(hex, k->node_name, "system");
    k->node.system_uuid = uuid_of(hex);
}

static void
status_set_info(Kubelet *k, NodeStatus *status)
{
    const KubeletOptions *options = &k->options;

    if (k->node.machine_id == NULL)
        node_identify(k);
    status->node_info = (NodeSystemInfo){
        .machine_id = k->node.machine_id,
        .system_uuid = k->node.system_uuid,
        .boot_id = machine_boot_id(options->machine),
        .kernel_version = str_intern("6.1.0-41-amd64"),
        .os_image = str_intern("Debian GNU/Linux 12 (bookworm)"),
        .container_runtime_version = str_intern("containerd://1.6.20"),
        .kubelet_version = options->version,
        .kube_proxy_version = profile_has(FEATURE_NO_KUBE_PROXY_VERSION, options->version_minor) ? str_intern("") : options->version,
        .operating_system = str_intern("linux"),
        .architecture = str_intern("amd64"),
    };
    status->daemon_endpoints.kubelet_endpoint.port = 10250;
}

/* NodeAddress: without --node-ip an external cloud has to say them. */
static void
status_set_addresses(const KubeletOptions *options, NodeStatus *status)
{
    NodeAddress *address;

    if (options->external_cloud)
        return;
    address = API_LIST_ADD(&status->addresses);
    address->type = str_intern("InternalIP");
    address->address = str_intern(machine_ip(options->machine));
    address = API_LIST_ADD(&status->addresses);
    address->type = str_intern("Hostname");
    address->address = options->node_name;
}

static void
status_set_images(const KubeletOptions *options, NodeStatus *status)
{
    g_autoptr(GArray) images = NULL;

    if (options->ideal && options->declared != NULL) {
        const NodeStatus *declared = node_status(options->declared);

        for (guint i = 0; i < declared->images.count; i++) {
            ContainerImage *item = API_LIST_ADD(&status->images);

            for (guint k = 0; k < declared->images.items[i].names.count; k++)
                str_list_add(&item->names, declared->images.items[i].names.items[k]);
            item->size_bytes = declared->images.items[i].size_bytes;
        }
    }
    if (options->runtime == NULL)
        return;
    images = runtime_list_images(options->runtime);
    for (guint i = 0; i < images->len && i < IMAGES_MAX; i++) {
        const RtImage *image = &g_array_index(images, RtImage, i);
        ContainerImage *item = API_LIST_ADD(&status->images);

        str_list_add(&item->names, image->name);
        item->size_bytes = image->size_bytes;
    }
}

/* All words are interned. */
static void
status_set_condition(NodeStatus *status,
                     const char *type,
                     const char *value,
                     const char *reason,
                     const char *message)
{
    Condition *condition = condition_edit(&status->conditions, type);

    condition->status = value;
    condition->reason = reason;
    condition->message = message;
}

/* The same with literals, each interned once. */
#define SET_CONDITION(status, type, value, reason, message) \
    status_set_condition(status, str_intern(type), str_intern(value), str_intern(reason), str_intern(message))

static void
status_set_conditions(NodeStatus *status,
                      const char *not_ready,
                      gboolean has_memory_pressure,
                      gboolean has_disk_pressure)
{
    if (has_memory_pressure)
        SET_CONDITION(status, "MemoryPressure", "True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available");
    else
        SET_CONDITION(status, "MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available");
    if (has_disk_pressure)
        SET_CONDITION(status, "DiskPressure", "True", "KubeletHasDiskPressure", "kubelet has disk pressure");
    else
        SET_CONDITION(status, "DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure");
    SET_CONDITION(status, "PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available");
    if (not_ready == NULL)
        SET_CONDITION(status, "Ready", "True", "KubeletReady", "kubelet is posting ready status");
    else
        status_set_condition(status, str_intern("Ready"), str_intern("False"), str_intern("KubeletNotReady"), not_ready);
}

ApiObject *
node_object(const KubeletOptions *options)
{
    ApiObject *node = api_object_new(&node_kind, NULL, options->node_name);
    ObjectMeta *meta = api_edit_meta(node);
    NodeSpec *spec = api_edit_spec(node);
    const char *zone = machine_zone(options->machine);

    str_map_set(&meta->labels, str_intern("beta.kubernetes.io/arch"), str_intern("amd64"));
    str_map_set(&meta->labels, str_intern("beta.kubernetes.io/os"), str_intern("linux"));
    str_map_set(&meta->labels, str_intern("kubernetes.io/arch"), str_intern("amd64"));
    str_map_set(&meta->labels, str_intern("kubernetes.io/hostname"), options->node_name);
    str_map_set(&meta->labels, str_intern("kubernetes.io/os"), str_intern("linux"));
    if (!str_is_empty(zone) && !options->external_cloud)
        str_map_set(&meta->labels, str_intern("topology.kubernetes.io/zone"), str_intern(zone));
    for (guint i = 0; i < options->labels.count; i++)
        str_map_set(&meta->labels, options->labels.items[i].key, options->labels.items[i].value);
    if (!options->ideal)
        str_map_set(&meta->annotations,
                    str_intern("volumes.kubernetes.io/controller-managed-attach-detach"),
                    str_intern("true"));
    for (guint i = 0; i < options->taints.count; i++)
        *API_LIST_ADD(&spec->taints) = options->taints.items[i];
    if (options->external_cloud)
        *API_LIST_ADD(&spec->taints) = (Taint){.key = str_intern("node.cloudprovider.kubernetes.io/uninitialized"),
                                               .value = str_intern("true"),
                                               .effect = str_intern("NoSchedule")};
    spec->provider_id = options->provider_id;
    if (options->declared != NULL)
        spec->unschedulable = node_spec(options->declared)->unschedulable;
    if (options->pod_cidr != NULL) {
        spec->pod_cidr = options->pod_cidr;
        str_list_add(&spec->pod_cidrs, options->pod_cidr);
    }
    return node;
}

NodeStatus *
node_status_compute(Kubelet *k,
                    const char *not_ready,
                    gboolean has_memory_pressure,
                    gboolean has_disk_pressure)
{
    const KubeletOptions *options = &k->options;
    NodeStatus *status = api_part_new(node_kind.status);

    status_set_resources(options, status);
    status_set_conditions(status, not_ready, has_memory_pressure, has_disk_pressure);
    status_set_addresses(options, status);
    status_set_info(k, status);
    status_set_images(options, status);
    if (options->ideal)
        SET_CONDITION(status, "NetworkUnavailable", "False", "RouteCreated", "RouteController created a route");
    return status;
}

/* --- what is wrong ------------------------------------------------------------------- */

const char *
node_pod_cidr(Kubelet *k)
{
    const ApiObject *node;

    if (k->options.pod_cidr != NULL)
        return k->options.pod_cidr;
    node = kubelet_node(k);
    return node != NULL && !str_is_empty(node_spec(node)->pod_cidr) ? node_spec(node)->pod_cidr
                                                                    : NULL;
}

gboolean
node_network_is_ready(Kubelet *k)
{
    return node_pod_cidr(k) != NULL;
}

/* NULL: ready; else the joined errors, as the Ready condition says them. */
static const char *
node_not_ready(Kubelet *k)
{
    GString *errors = g_string_new(NULL);
    const char *interned = NULL;
    guint count = 0;

    if (k->ideal != NULL) {
        g_string_free(errors, TRUE);
        return NULL;
    }
    if (sim_now_ns(k->sim) < k->node.up_ns) {
        g_string_append(errors, "container runtime status check may not have completed yet");
        count++;
    } else if (!node_network_is_ready(k)) {
        g_string_append(errors,
                        "container runtime network not ready: NetworkReady=false "
                        "reason:NetworkPluginNotReady message:Network plugin returns error: cni "
                        "plugin not initialized");
        count++;
    }
    if (k->pleg.cache_ns == G_MININT64) {
        g_string_append_printf(errors, "%sPLEG is not healthy: pleg has yet to be successful",
                               count > 0 ? ", " : "");
        count++;
    }
    if (k->shutdown.is_now) {
        g_string_append_printf(errors, "%snode is shutting down", count > 0 ? ", " : "");
        count++;
    }
    if (count > 1)
        interned = str_internf("[%s]", errors->str);
    else if (count == 1)
        interned = str_intern(errors->str);
    g_string_free(errors, TRUE);
    return interned;
}

/* --- events -------------------------------------------------------------------------- */

void
node_event(Kubelet *k, const char *type, const char *reason, const char *message)
{
    ObjectReference about = {.kind = str_intern("Node"), .name = k->node_name, .uid = k->node_name};

    if (k->ideal != NULL)
        return;
    sim_trace(k->sim, k->component, "event", str_internf("node/%s", k->node_name), reason, "%s",
              message);
    recorder_event_ref(k->recorder, &about, type, reason, NULL, NULL, str_intern(message));
}

static void
node_status_event(Kubelet *k, const char *what)
{
    if (k->ideal == NULL)
        node_event(k, "Normal", what, str_internf("Node %s status is now: %s", k->node_name, what));
}

static void
node_tell_pressure(Kubelet *k, const NodeStatus *old, const NodeStatus *status)
{
    static const struct {
        const char *type, *is, *is_not;
    } words[] = {
        {"MemoryPressure", "NodeHasInsufficientMemory", "NodeHasSufficientMemory"},
        {"DiskPressure", "NodeHasDiskPressure", "NodeHasNoDiskPressure"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        const Condition *before = old != NULL ? condition_find(&old->conditions, words[i].type) : NULL;
        const Condition *now = condition_find(&status->conditions, words[i].type);

        if (before != NULL && before->status != now->status)
            node_status_event(k, str_is(now->status, "True") ? words[i].is : words[i].is_not);
    }
}

static void
node_tell_ready(Kubelet *k, const NodeStatus *old, const NodeStatus *status)
{
    const Condition *before = old != NULL ? condition_find(&old->conditions, "Ready") : NULL;
    const Condition *ready = condition_find(&status->conditions, "Ready");
    gboolean is_ready = str_is(ready->status, "True");

    node_tell_pressure(k, old, status);
    if (before != NULL && before->status == ready->status)
        return;
    if (is_ready || before != NULL)
        node_status_event(k, is_ready ? "NodeReady" : "NodeNotReady");
}

/* recordNodeSchedulableEvent: each time the status is computed; a kubelet begins with a node that takes pods. */
static void
node_tell_schedulable(Kubelet *k)
{
    const ApiObject *node = kubelet_node(k);
    gboolean is_unschedulable = node != NULL && node_spec(node)->unschedulable;

    if (node == NULL || is_unschedulable == k->node.was_unschedulable)
        return;
    k->node.was_unschedulable = is_unschedulable;
    node_status_event(k, is_unschedulable ? "NodeNotSchedulable" : "NodeSchedulable");
}

/* v1.34 pkg/kubelet/oom/oom_watcher_linux.go: kills for a container's own limit are not told. */
static void
node_on_oom(gpointer self, const char *process, guint pid)
{
    node_event(self, "Warning", "SystemOOM",
               str_internf("System OOM encountered, victim process: %s, pid: %u", process, pid));
}

static void
node_tell_start(Kubelet *k)
{
    const ApiObject *node = kubelet_node(k);
    const char *boot_id = machine_boot_id(k->options.machine);

    node_event(k, "Normal", "Starting", "Starting kubelet.");
    node_status_event(k, "NodeHasSufficientMemory");
    node_status_event(k, "NodeHasNoDiskPressure");
    node_status_event(k, "NodeHasSufficientPID");
    node_event(k, "Normal", "NodeAllocatableEnforced",
               "Updated Node Allocatable limit across pods");
    if (node != NULL && !str_is_empty(node_status(node)->node_info.boot_id) &&
        !str_is(node_status(node)->node_info.boot_id, boot_id))
        node_event(k, "Warning", "Rebooted",
                   str_internf("Node %s has been rebooted, boot id: %s", k->node_name, boot_id));
}

/* --- posting ------------------------------------------------------------------------- */

static void node_look(Kubelet *k);

static gint64
node_next_grid_ns(const Kubelet *k)
{
    gint64 now_ns = sim_now_ns(k->sim);
    gint64 turns = (now_ns - k->node.phase_ns) / UPDATE_NS + 1;

    return k->node.phase_ns + turns * UPDATE_NS;
}

static void
node_arm(Kubelet *k)
{
    NodeReporter *node = &k->node;
    gint64 due_ns;

    if (node->is_writing || !node->is_registered)
        return;
    if (!node->has_posted_ready) {
        sim_timer_arm_after(&node->timer, FAST_NS);
        return;
    }
    due_ns = node_next_grid_ns(k);
    if (!node->is_dirty && node->next_report_ns > due_ns)
        due_ns = node->phase_ns +
                 (node->next_report_ns - node->phase_ns + UPDATE_NS - 1) / UPDATE_NS * UPDATE_NS;
    sim_timer_arm_at(&node->timer, due_ns);
}

void
node_status_touch(Kubelet *k)
{
    k->node.is_dirty = TRUE;
    if (k->node.timer.sim != NULL)
        node_arm(k);
}

void
node_status_forget(Kubelet *k)
{
    if (k->node.is_writing || k->node.posted == NULL)
        return;
    api_part_unref(k->node.posted);
    k->node.posted = NULL;
    node_status_touch(k);
}

static gboolean
node_status_mutate(ApiObject *object, gpointer data)
{
    const NodeStatus *own = data;
    NodeStatus *status = api_edit_status(object);
    ConditionList conditions = {0};
    NodeStatus kept = {0};

    /* The conditions of others (NetworkUnavailable) stay, and addresses that only the cloud knows. */
    for (guint i = 0; i < status->conditions.count; i++)
        *condition_edit(&conditions, status->conditions.items[i].type) =
            status->conditions.items[i];
    for (guint i = 0; i < own->conditions.count; i++) {
        const Condition *condition = &own->conditions.items[i];
        Condition *stored = condition_edit(&conditions, condition->type);
        ApiTime since = stored->last_transition_time;
        gboolean is_same = stored->status == condition->status && since != 0;

        *stored = *condition;
        stored->last_transition_time = is_same ? since : condition->last_heartbeat_time;
    }
    if (own->addresses.count == 0) {
        kept.addresses = status->addresses;
        status->addresses.items = NULL;
        status->addresses.count = 0;
    }
    api_struct_clear(node_kind.status, status);
    api_struct_copy(node_kind.status, status, own);
    g_free(status->conditions.items);
    status->conditions = conditions;
    if (own->addresses.count == 0)
        status->addresses = kept.addresses;
    return TRUE;
}

static void
node_on_posted(gpointer user, const ApiResponse *response)
{
    Kubelet *k = user;
    NodeReporter *node = &k->node;

    node->is_writing = FALSE;
    if (response->code == 200) {
        const Condition *ready = condition_find(&node->posted->conditions, "Ready");

        if (str_is(ready->status, "True"))
            node->has_posted_ready = TRUE;
    } else {
        node->is_dirty = TRUE;
        api_part_unref(node->posted);
        node->posted = NULL;
    }
    node_arm(k);
}

static void
node_post(Kubelet *k, NodeStatus *status, gboolean is_changed)
{
    NodeReporter *node = &k->node;
    ApiRequest *request = api_request_new(VERB_PATCH, &node_kind, NULL, k->node_name);
    ApiTime now = api_time_seconds(kubelet_wall_ns(k));

    for (guint i = 0; i < status->conditions.count; i++)
        status->conditions.items[i].last_heartbeat_time = now;
    node_tell_ready(k, node->posted, status);
    api_part_unref(node->posted);
    node->posted = status;
    node->is_dirty = FALSE;
    node->is_writing = TRUE;
    node->next_report_ns = sim_now_ns(k->sim) + REPORT_NS;
    if (is_changed)
        node->next_report_ns += rng_between_ns(k->rng, -REPORT_NS / 2, REPORT_NS / 2);
    request->subresource = str_intern("status");
    request->mutate = node_status_mutate;
    request->mutate_data = api_part_ref(status);
    request->mutate_data_free = api_part_unref;
    request->reason = str_intern(is_changed ? "node status changed" : "node status report is due");
    client_send(k->client, request, node_on_posted, k, NULL);
}

static gboolean
node_status_same(const NodeStatus *a, const NodeStatus *b)
{
    NodeStatus *copy = api_part_new(node_kind.status);
    gboolean is_same;

    api_struct_copy(node_kind.status, copy, a);
    for (guint i = 0; i < copy->conditions.count; i++)
        copy->conditions.items[i].last_heartbeat_time = 0;
    for (guint i = 0; i < b->conditions.count; i++)
        g_assert(b->conditions.items[i].last_heartbeat_time == 0);
    is_same = api_struct_equal(node_kind.status, copy, b);
    api_part_unref(copy);
    return is_same;
}

static void
node_look(Kubelet *k)
{
    NodeReporter *node = &k->node;
    const char *not_ready = node_not_ready(k);
    NodeStatus *status;
    gboolean is_changed;

    if (!node->has_posted_ready && node->posted != NULL && not_ready != NULL) {
        node_arm(k);
        return;
    }
    status = node_status_compute(k, not_ready, k->eviction.has_pressure, k->eviction.has_disk_pressure);
    node_tell_schedulable(k);
    is_changed = node->posted == NULL || !node_status_same(node->posted, status);
    if (!is_changed && sim_now_ns(k->sim) < node->next_report_ns) {
        node->is_dirty = FALSE;
        api_part_unref(status);
        node_arm(k);
        return;
    }
    node_post(k, status, is_changed);
}

/* --- registering --------------------------------------------------------------------- */

static void
node_on_registered(gpointer user, const ApiResponse *response)
{
    Kubelet *k = user;
    NodeReporter *node = &k->node;

    node->is_writing = FALSE;
    if (response->code != 201 && response->code != 409) {
        sim_timer_arm_after(&node->timer, MIN(node->register_ns, REGISTER_MAX_NS));
        node->register_ns = MIN(2 * node->register_ns, REGISTER_MAX_NS);
        return;
    }
    sim_trace(k->sim, k->component, "register", str_internf("node/%s", k->node_name), NULL,
              response->code == 201 ? "the node is registered" : "the node was registered before");
    node->is_registered = TRUE;
    node_tell_start(k);
    node_look(k);
}

static void
node_register(Kubelet *k)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &node_kind, NULL, k->node_name);

    request->object = node_object(&k->options);
    k->node.is_writing = TRUE;
    client_send(k->client, request, node_on_registered, k, NULL);
}

static void
node_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;

    (void)sim;
    if (k->node.is_writing || kubelet_holds(k, &k->node.timer))
        return;
    if (k->node.is_registered)
        node_look(k);
    else
        node_register(k);
}

void
node_status_sync(Kubelet *k)
{
    node_status_touch(k);
    if (k->node.is_registered && !k->node.is_writing)
        node_look(k);
}

/* A new life, of the same machine. */
static void
node_status_blank(Kubelet *k)
{
    k->node = (NodeReporter){.machine_id = k->node.machine_id, .system_uuid = k->node.system_uuid};
}

void
node_status_start(Kubelet *k)
{
    NodeReporter *node = &k->node;

    node_status_blank(k);
    node->is_dirty = TRUE;
    node->register_ns = REGISTER_MIN_NS;
    node->phase_ns = sim_now_ns(k->sim);
    node->up_ns = sim_now_ns(k->sim) + RUNTIME_UP_NS;
    sim_timer_init(&node->timer, k->sim, SIM_CONTROL, node_on_timer, k);
    sim_timer_arm_after(&node->timer, rng_between_ns(k->rng, 0, 20 * NS_PER_MS));
    if (k->options.runtime != NULL)
        runtime_set_oom_listener(k->options.runtime, node_on_oom, k);
}

void
node_status_stop(Kubelet *k)
{
    if (k->node.timer.sim != NULL)
        sim_timer_clear(&k->node.timer);
    if (k->options.runtime != NULL)
        runtime_set_oom_listener(k->options.runtime, NULL, NULL);
    api_part_unref(k->node.posted);
    node_status_blank(k);
}
