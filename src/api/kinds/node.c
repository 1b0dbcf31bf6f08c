/* Node: tables and kind. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/names.h"

static const ApiField taint_fields[] = {
    {"key", API_STRING, AT(Taint, key), API_REQUIRED | API_ALWAYS, .doc = "Key of the taint."},
    {"value", API_STRING, AT(Taint, value), .doc = "Value of the taint."},
    {"effect", API_STRING, AT(Taint, effect), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.TaintEffect",
     .doc = "What happens to pods that do not tolerate it: NoSchedule, PreferNoSchedule, "
            "NoExecute."},
    {"timeAdded", API_TIME, AT(Taint, time_added), .doc = "When the taint was put on the node."},
    {0},
};
static const ApiType taint_type = TYPE("Taint", Taint, taint_fields, "Keeps pods off the node.");

static const ApiField node_spec_fields[] = {
    {"podCIDR", API_STRING, AT(NodeSpec, pod_cidr),
     .doc = "Range of addresses for pods of the node."},
    {"podCIDRs", API_STR_LIST, AT(NodeSpec, pod_cidrs), .merge = API_MERGE_MERGE,
     .doc = "Ranges of addresses, at most one of each family; the first is podCIDR."},
    {"providerID", API_STRING, AT(NodeSpec, provider_id),
     .doc = "Name of the machine at its provider."},
    {"unschedulable", API_BOOL, AT(NodeSpec, unschedulable),
     .doc = "Whether the node takes no new pods (cordon)."},
    {"taints", API_MESSAGE_LIST, AT(NodeSpec, taints), .message = &taint_type,
     .doc = "Marks that keep pods off the node unless they tolerate them."},
    {"configSource", API_RAW, AT(NodeSpec, config_source), .go_type = "v1.NodeConfigSource",
     .doc = "No longer used."},
    {"externalID", API_STRING, AT(NodeSpec, external_id), .doc = "No longer used."},
    {0},
};
static const ApiType node_spec_type =
    TYPE("NodeSpec", NodeSpec, node_spec_fields, "What the node should be like.");

static const ApiField node_condition_fields[] = {
    CONDITION_HEAD("v1.NodeConditionType", "Ready, MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable."),
    {"lastHeartbeatTime", API_TIME, AT(Condition, last_heartbeat_time), API_ALWAYS,
     .doc = "When the condition was last written by the kubelet."},
    CONDITION_TAIL,
    {0},
};
static const ApiType node_condition_type =
    TYPE("NodeCondition", Condition, node_condition_fields, "One aspect of the node's state.");

static const ApiField node_address_fields[] = {
    {"type", API_STRING, AT(NodeAddress, type), API_ALWAYS, .go_type = "v1.NodeAddressType",
     .doc = "InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS."},
    {"address", API_STRING, AT(NodeAddress, address), API_ALWAYS, .doc = "The address."},
    {0},
};
static const ApiType node_address_type =
    TYPE("NodeAddress", NodeAddress, node_address_fields, "An address of the node.");

static const ApiField daemon_endpoint_fields[] = {
    {"Port", API_INT32, AT(DaemonEndpoint, port), API_ALWAYS, .doc = "Port of the daemon."},
    {0},
};
static const ApiType daemon_endpoint_type =
    TYPE("DaemonEndpoint", DaemonEndpoint, daemon_endpoint_fields, "Where a daemon listens.");

static const ApiField node_daemons_fields[] = {
    {"kubeletEndpoint", API_STRUCT, AT(NodeDaemonEndpoints, kubelet_endpoint), API_ALWAYS,
     .message = &daemon_endpoint_type, .doc = "Where the kubelet listens."},
    {0},
};
static const ApiType node_daemons_type = TYPE("NodeDaemonEndpoints",
                                              NodeDaemonEndpoints,
                                              node_daemons_fields,
                                              "Where the node's daemons listen.");

static const ApiField node_system_info_fields[] = {
    {"machineID", API_STRING, AT(NodeSystemInfo, machine_id), API_ALWAYS,
     .doc = "The machine's id."},
    {"systemUUID", API_STRING, AT(NodeSystemInfo, system_uuid), API_ALWAYS,
     .doc = "The hardware's id."},
    {"bootID", API_STRING, AT(NodeSystemInfo, boot_id), API_ALWAYS,
     .doc = "Changes each time the node starts."},
    {"kernelVersion", API_STRING, AT(NodeSystemInfo, kernel_version), API_ALWAYS,
     .doc = "Version of the kernel."},
    {"osImage", API_STRING, AT(NodeSystemInfo, os_image), API_ALWAYS,
     .doc = "Name of the operating system's release."},
    {"containerRuntimeVersion", API_STRING, AT(NodeSystemInfo, container_runtime_version),
     API_ALWAYS, .doc = "Name and version of the container runtime."},
    {"kubeletVersion", API_STRING, AT(NodeSystemInfo, kubelet_version), API_ALWAYS,
     .doc = "Version of the kubelet."},
    {"kubeProxyVersion", API_STRING, AT(NodeSystemInfo, kube_proxy_version), API_ALWAYS,
     .doc = "Deprecated; empty."},
    {"operatingSystem", API_STRING, AT(NodeSystemInfo, operating_system), API_ALWAYS,
     .doc = "linux or windows."},
    {"architecture", API_STRING, AT(NodeSystemInfo, architecture), API_ALWAYS,
     .doc = "Architecture of the processor, such as amd64."},
    {"swap", API_RAW, AT(NodeSystemInfo, swap), .go_type = "v1.NodeSwapStatus",
     .doc = "Swap space of the node."},
    {0},
};
static const ApiType node_system_info_type =
    TYPE("NodeSystemInfo", NodeSystemInfo, node_system_info_fields, "Facts about the machine.");

static const ApiField container_image_fields[] = {
    {"names", API_STR_LIST, AT(ContainerImage, names), API_ALWAYS, .doc = "Names of the image."},
    {"sizeBytes", API_INT64, AT(ContainerImage, size_bytes), .doc = "Size of the image."},
    {0},
};
static const ApiType container_image_type =
    TYPE("ContainerImage", ContainerImage, container_image_fields, "An image on the node.");

static const ApiField node_status_fields[] = {
    {"capacity", API_QUANTITY_MAP, AT(NodeStatus, capacity), .go_type = "v1.ResourceList",
     .doc = "All that the machine has."},
    {"allocatable", API_QUANTITY_MAP, AT(NodeStatus, allocatable), .go_type = "v1.ResourceList",
     .doc = "What pods may request: capacity less what the system keeps."},
    {"phase", API_STRING, AT(NodeStatus, phase), .go_type = "v1.NodePhase",
     .doc = "No longer used."},
    {"conditions", API_MESSAGE_LIST, AT(NodeStatus, conditions), .message = &node_condition_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Aspects of the node's state."},
    {"addresses", API_MESSAGE_LIST, AT(NodeStatus, addresses), .message = &node_address_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Addresses of the node."},
    {"daemonEndpoints", API_STRUCT, AT(NodeStatus, daemon_endpoints), API_ALWAYS,
     .message = &node_daemons_type, .doc = "Where the node's daemons listen."},
    {"nodeInfo", API_STRUCT, AT(NodeStatus, node_info), API_ALWAYS,
     .message = &node_system_info_type, .doc = "Facts about the machine."},
    {"images", API_MESSAGE_LIST, AT(NodeStatus, images), .message = &container_image_type,
     .doc = "Images on the node."},
    {"volumesInUse", API_STR_LIST, AT(NodeStatus, volumes_in_use),
     .go_type = "[]v1.UniqueVolumeName", .doc = "Attachable volumes that the node uses."},
    {"volumesAttached", API_RAW, AT(NodeStatus, volumes_attached), .go_type = "[]v1.AttachedVolume",
     .doc = "Volumes attached to the node."},
    {"config", API_RAW, AT(NodeStatus, config), .go_type = "v1.NodeConfigStatus",
     .doc = "No longer used."},
    {"runtimeHandlers", API_RAW, AT(NodeStatus, runtime_handlers),
     .go_type = "[]v1.NodeRuntimeHandler", .doc = "What the container runtime offers."},
    {"features", API_RAW, AT(NodeStatus, features), .go_type = "v1.NodeFeatures",
     .doc = "What the runtime implements."},
    {0},
};
static const ApiType node_status_type =
    TYPE("NodeStatus", NodeStatus, node_status_fields, "What the node is like.");

/* v1.34 pkg/registry/core/node: a node is created with the status that it says it has. */
static void
node_prepare_create(ApiObject *node)
{
    NodeStatus *status;

    if (node_status(node)->runtime_handlers == NULL && node_status(node)->features == NULL)
        return;
    status = api_edit_status(node);
    g_clear_pointer(&status->runtime_handlers, value_free);
    g_clear_pointer(&status->features, value_free);
}

static void
node_warn(const ApiObject *node, const ApiObject *old, GPtrArray *warnings)
{
    const NodeSpec *spec = node_spec(node);

    (void)old;
    if (spec->config_source != NULL)
        g_ptr_array_add(warnings, g_strdup("spec.configSource: the feature is removed"));
    if (!str_is_empty(spec->external_id))
        g_ptr_array_add(warnings, g_strdup("spec.externalID: this field is deprecated, and is unused by Kubernetes"));
    for (guint i = 0; i < spec->pod_cidrs.count; i++)
        if (!cidr_is_usual(spec->pod_cidrs.items[i]))
            warn_cidr(warnings, str_internf("spec.podCIDRs[%u]", i), spec->pod_cidrs.items[i]);
}

static const char *
node_select_field(const ApiObject *node, const char *label)
{
    if (strcmp(label, "spec.unschedulable") == 0)
        return str_intern(node_spec(node)->unschedulable ? "true" : "false");
    return NULL;
}

static const char *const node_short_names[] = {"no", NULL};

const ApiKind node_kind = {
    .kind = "Node",
    .group = "",
    .version = "v1",
    .plural = "nodes",
    .singular = "node",
    .short_names = node_short_names,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &node_spec_type,
    .status = &node_status_type,
    .doc = "A machine that runs pods.",
    .set_defaults = node_set_defaults,
    .prepare_create = node_prepare_create,
    .warn = node_warn,
    .validate = node_validate,
    .validate_update = node_validate_update,
    .validate_status = node_validate_update,
    .update_steps = "MVUD",
    .name_rule = NAME_DNS_SUBDOMAIN,
    .select_field = node_select_field,
};
