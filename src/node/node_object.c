/*
 * node_object.c - what a node has, as its Node says it
 *
 * v1.34 pkg/kubelet/kubelet_node_status.go, initialNode, and nodestatus/setters.go: labels, taints, capacity, addresses,
 * versions, images, conditions. node_status.c says when it is written.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "node/resources.h"

#define IMAGES_MAX 50

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
