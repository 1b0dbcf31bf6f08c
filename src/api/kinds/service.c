/* Service: tables, defaults and kind. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/names.h"

static const ApiField service_port_fields[] = {
    {"name", API_STRING, AT(ServicePort, name),
     .doc = "Name of the port; required if there are several."},
    {"protocol", API_STRING, AT(ServicePort, protocol), .def = "TCP", .go_type = "v1.Protocol",
     .doc = "TCP, UDP or SCTP."},
    {"appProtocol", API_STRING, AT(ServicePort, app_protocol), API_POINTER,
     .doc = "The protocol spoken on top, as a hint."},
    {"port", API_INT32, AT(ServicePort, port), API_REQUIRED | API_ALWAYS,
     .doc = "Port of the Service, 1 to 65535."},
    {"targetPort", API_INT_OR_STRING, AT(ServicePort, target_port), API_ALWAYS,
     .go_type = "intstr.IntOrString",
     .doc = "Port of the pods, by number or name; the same as port if absent."},
    {"nodePort", API_INT32, AT(ServicePort, node_port),
     .doc = "Port of every node for types NodePort and LoadBalancer; chosen if absent."},
    {0},
};
static const ApiType service_port_type =
    TYPE("ServicePort", ServicePort, service_port_fields, "A port of a Service.");

static const ApiField client_ip_fields[] = {
    {"timeoutSeconds", API_OPT_INT32, AT(ClientIpConfig, timeout_s),
     .doc = "Seconds for which a client stays with its pod, 1 to 86400."},
    {0},
};
static const ApiType client_ip_type =
    TYPE("ClientIPConfig", ClientIpConfig, client_ip_fields, "Settings of affinity ClientIP.");

static const ApiField affinity_config_fields[] = {
    {"clientIP", API_MESSAGE, AT(SessionAffinityConfig, client_ip), .message = &client_ip_type,
     .doc = "Settings of affinity ClientIP."},
    {0},
};
static const ApiType affinity_config_type = TYPE("SessionAffinityConfig",
                                                 SessionAffinityConfig,
                                                 affinity_config_fields,
                                                 "Settings of session affinity.");

static const ApiField service_spec_fields[] = {
    {"ports", API_MESSAGE_LIST, AT(ServiceSpec, ports), .message = &service_port_type,
     .merge = API_MERGE_MERGE, .merge_key = "port", .doc = "Ports of the Service."},
    {"selector", API_STR_MAP, AT(ServiceSpec, selector),
     .doc = "Labels of the pods that get the traffic; without it endpoints are made by hand."},
    {"clusterIP", API_STRING, AT(ServiceSpec, cluster_ip), API_IMMUTABLE,
     .doc = "Address of the Service; chosen if absent, None for a headless Service."},
    {"clusterIPs", API_STR_LIST, AT(ServiceSpec, cluster_ips), API_IMMUTABLE,
     .doc = "Addresses of the Service, the first being clusterIP."},
    {"type", API_STRING, AT(ServiceSpec, type), .def = "ClusterIP", .go_type = "v1.ServiceType",
     .doc = "ClusterIP, NodePort, LoadBalancer or ExternalName."},
    {"externalIPs", API_STR_LIST, AT(ServiceSpec, external_ips),
     .doc = "Further addresses at which nodes accept traffic for the Service."},
    {"sessionAffinity", API_STRING, AT(ServiceSpec, session_affinity), .def = "None",
     .go_type = "v1.ServiceAffinity", .doc = "ClientIP sends a client always to the same pod."},
    {"loadBalancerIP", API_STRING, AT(ServiceSpec, load_balancer_ip),
     .doc = "Wished address of the load balancer; deprecated."},
    {"loadBalancerSourceRanges", API_STR_LIST, AT(ServiceSpec, load_balancer_source_ranges),
     .doc = "Clients that the load balancer lets through."},
    {"externalName", API_STRING, AT(ServiceSpec, external_name),
     .doc = "DNS name that a Service of type ExternalName stands for."},
    {"externalTrafficPolicy", API_STRING, AT(ServiceSpec, external_traffic_policy),
     .go_type = "v1.ServiceExternalTrafficPolicy",
     .doc = "Cluster, or Local to use only pods of the node that traffic comes in at."},
    {"healthCheckNodePort", API_INT32, AT(ServiceSpec, health_check_node_port),
     .doc = "Port of each node that tells whether it has pods, for policy Local."},
    {"publishNotReadyAddresses", API_BOOL, AT(ServiceSpec, publish_not_ready_addresses),
     .doc = "Whether pods count as endpoints before they are ready."},
    {"sessionAffinityConfig", API_MESSAGE, AT(ServiceSpec, session_affinity_config),
     .message = &affinity_config_type, .doc = "Settings of session affinity."},
    {"ipFamilies", API_STR_LIST, AT(ServiceSpec, ip_families), .go_type = "[]v1.IPFamily",
     .doc = "Families of the addresses: IPv4, IPv6."},
    {"ipFamilyPolicy", API_STRING, AT(ServiceSpec, ip_family_policy), API_POINTER,
     .go_type = "v1.IPFamilyPolicy", .doc = "SingleStack, PreferDualStack or RequireDualStack."},
    {"allocateLoadBalancerNodePorts", API_OPT_BOOL,
     AT(ServiceSpec, allocate_load_balancer_node_ports),
     .doc = "Whether a Service of type LoadBalancer gets node ports."},
    {"loadBalancerClass", API_STRING, AT(ServiceSpec, load_balancer_class), API_POINTER,
     .doc = "Which load balancer implementation is meant."},
    {"internalTrafficPolicy", API_STRING, AT(ServiceSpec, internal_traffic_policy), API_POINTER,
     .go_type = "v1.ServiceInternalTrafficPolicy",
     .doc = "Cluster, or Local to use only pods of the client's node."},
    {"trafficDistribution", API_STRING, AT(ServiceSpec, traffic_distribution), API_POINTER,
     .doc = "PreferClose (PreferSameZone) or PreferSameNode keeps traffic near the client."},
    {0},
};
static const ApiType service_spec_type =
    TYPE("ServiceSpec", ServiceSpec, service_spec_fields, "What is wanted.");

static const ApiField ingress_fields[] = {
    {"ip", API_STRING, AT(LoadBalancerIngress, ip), .doc = "Address of the load balancer."},
    {"hostname", API_STRING, AT(LoadBalancerIngress, hostname),
     .doc = "DNS name of the load balancer."},
    {"ipMode", API_STRING, AT(LoadBalancerIngress, ip_mode), API_POINTER,
     .go_type = "v1.LoadBalancerIPMode", .doc = "VIP or Proxy."},
    {"ports", API_RAW, AT(LoadBalancerIngress, ports), .go_type = "[]v1.PortStatus",
     .doc = "State of each port."},
    {0},
};
static const ApiType ingress_type = TYPE("LoadBalancerIngress",
                                         LoadBalancerIngress,
                                         ingress_fields,
                                         "Where a load balancer takes traffic.");

static const ApiField load_balancer_fields[] = {
    {"ingress", API_MESSAGE_LIST, AT(LoadBalancerStatus, ingress), .message = &ingress_type,
     .doc = "Where the load balancer takes traffic."},
    {0},
};
const ApiType load_balancer_status_type =
    TYPE("LoadBalancerStatus", LoadBalancerStatus, load_balancer_fields, "State of the load balancer.");

static const ApiField service_status_fields[] = {
    {"loadBalancer", API_STRUCT, AT(ServiceStatus, load_balancer), API_ALWAYS,
     .message = &load_balancer_status_type, .doc = "State of the load balancer, if there is one."},
    {"conditions", API_MESSAGE_LIST, AT(ServiceStatus, conditions),
     .message = &metav1_condition_type, .merge = API_MERGE_MERGE, .merge_key = "type",
     .doc = "Aspects of the Service's state."},
    {0},
};
static const ApiType service_status_type =
    TYPE("ServiceStatus", ServiceStatus, service_status_fields, "What is there.");

static void
default_affinity_config(ServiceSpec *spec)
{
    SessionAffinityConfig *config = spec->session_affinity_config;

    if (config == NULL) {
        config = api_struct_new(&affinity_config_type);
        spec->session_affinity_config = config;
    }
    if (config->client_ip == NULL)
        config->client_ip = api_struct_new(&client_ip_type);
    if (!config->client_ip->timeout_s.is_set)
        config->client_ip->timeout_s = OPT_INT32(10800);
}

/* v1.34 pkg/apis/core/v1/defaults.go: SetDefaults_Service, its last part */
static void
default_ip_modes(ApiObject *service)
{
    const ServiceStatus *status = service->status;

    for (guint i = 0; i < status->load_balancer.ingress.count; i++)
        if (!str_is_empty(status->load_balancer.ingress.items[i].ip) && status->load_balancer.ingress.items[i].ip_mode == NULL)
            ((ServiceStatus *)api_edit_status(service))->load_balancer.ingress.items[i].ip_mode = str_intern("VIP");
}

/* v1.34 pkg/apis/core/v1/defaults.go: SetDefaults_Service */
static void
service_set_defaults(ApiObject *service)
{
    ServiceSpec *spec = api_edit_spec(service);

    if (str_is(spec->session_affinity, "None"))
        api_struct_free(&affinity_config_type, g_steal_pointer(&spec->session_affinity_config));
    else if (str_is(spec->session_affinity, "ClientIP"))
        default_affinity_config(spec);
    for (guint i = 0; i < spec->ports.count; i++) {
        ServicePort *port = &spec->ports.items[i];
        IntOrString *target = &port->target_port;

        if (target->type == INT_OR_STRING_UNSET ||
            (target->type == INT_OR_STRING_INT && target->integer == 0) ||
            (target->type == INT_OR_STRING_STRING && str_is_empty(target->string)))
            *target = (IntOrString){.type = INT_OR_STRING_INT, .integer = port->port};
    }
    if ((str_is(spec->type, "NodePort") || str_is(spec->type, "LoadBalancer") ||
         (str_is(spec->type, "ClusterIP") && spec->external_ips.count > 0)) &&
        str_is_empty(spec->external_traffic_policy))
        spec->external_traffic_policy = str_intern("Cluster");
    if (spec->internal_traffic_policy == NULL &&
        (str_is(spec->type, "NodePort") || str_is(spec->type, "LoadBalancer") ||
         str_is(spec->type, "ClusterIP")))
        spec->internal_traffic_policy = str_intern("Cluster");
    if (str_is(spec->type, "LoadBalancer") && spec->allocate_load_balancer_node_ports == OPT_UNSET)
        spec->allocate_load_balancer_node_ports = OPT_TRUE;
    if (str_is(spec->type, "LoadBalancer"))
        default_ip_modes(service);
}

static gboolean
needs_address(const ServiceSpec *spec)
{
    return !str_is(spec->type, "ExternalName");
}

static gboolean
needs_node_ports(const ServiceSpec *spec)
{
    return str_is(spec->type, "NodePort") || str_is(spec->type, "LoadBalancer");
}

static gboolean
needs_health_check_port(const ServiceSpec *spec)
{
    return str_is(spec->type, "LoadBalancer") && str_is(spec->external_traffic_policy, "Local");
}

static gboolean
is_called_from_outside(const ServiceSpec *spec)
{
    return needs_node_ports(spec) || (str_is(spec->type, "ClusterIP") && spec->external_ips.count > 0);
}

static gboolean
has_node_port(const ServiceSpec *spec, gint32 node_port)
{
    for (guint i = 0; i < spec->ports.count; i++)
        if (spec->ports.items[i].node_port == node_port)
            return TRUE;
    return FALSE;
}

/* A port that asks for no node port has the one of the same name, if no other port took it. */
static void
keep_node_ports(ServiceSpec *spec, const ServiceSpec *old)
{
    for (guint i = 0; i < spec->ports.count; i++) {
        ServicePort *port = &spec->ports.items[i];
        gint32 before = 0;

        if (port->node_port != 0)
            continue;
        /* Of several old ports of a name the last counts. */
        for (guint k = 0; k < old->ports.count; k++)
            if (str_is(old->ports.items[k].name == NULL ? "" : old->ports.items[k].name,
                       port->name == NULL ? "" : port->name))
                before = old->ports.items[k].node_port;
        if (before != 0 && !has_node_port(spec, before))
            port->node_port = before;
    }
}

/*
 * v1.34 pkg/registry/core/service/storage: patchAllocatedValues. What was
 * allocated stays when the update does not mention it.
 */
static void
keep_allocated(ServiceSpec *spec, const ServiceSpec *old)
{
    if (needs_address(spec) && needs_address(old)) {
        if (str_is_empty(spec->cluster_ip))
            spec->cluster_ip = old->cluster_ip;
        if (spec->cluster_ips.count == 0) {
            for (guint i = 0; i < old->cluster_ips.count; i++)
                str_list_add(&spec->cluster_ips, old->cluster_ips.items[i]);
        }
    }
    if (needs_node_ports(spec) && needs_node_ports(old) && spec->allocate_load_balancer_node_ports != OPT_FALSE &&
        old->allocate_load_balancer_node_ports != OPT_FALSE)
        keep_node_ports(spec, old);
    if (needs_health_check_port(spec) && needs_health_check_port(old) &&
        spec->health_check_node_port == 0)
        spec->health_check_node_port = old->health_check_node_port;
}

static void
drop_list(StrList *list)
{
    g_clear_pointer(&list->items, g_free);
    list->count = 0;
}

static void
drop_address(ServiceSpec *spec, const ServiceSpec *old)
{
    if (str_is(spec->cluster_ip, old->cluster_ip) && str_list_equal(&spec->cluster_ips, &old->cluster_ips)) {
        spec->cluster_ip = NULL;
        drop_list(&spec->cluster_ips);
    }
    if (str_list_equal(&spec->ip_families, &old->ip_families))
        drop_list(&spec->ip_families);
    if (str_is(spec->ip_family_policy, old->ip_family_policy))
        spec->ip_family_policy = NULL;
}

/* Ports may come, go and change, but for a node port that was not there before. */
static void
drop_node_ports(ServiceSpec *spec, const ServiceSpec *old)
{
    for (guint i = 0; i < spec->ports.count; i++) {
        gint32 node_port = spec->ports.items[i].node_port;

        if (node_port != 0 && !has_node_port(old, node_port))
            return;
    }
    for (guint i = 0; i < spec->ports.count; i++)
        spec->ports.items[i].node_port = 0;
}

/*
 * v1.34 pkg/registry/core/service/strategy.go: dropTypeDependentFields. A type
 * without a use for a field loses it, but only if the update left it as it was.
 */
static void
drop_what_type_lacks(ServiceSpec *spec, const ServiceSpec *old)
{
    if (needs_address(old) && !needs_address(spec))
        drop_address(spec, old);
    if (needs_node_ports(old) && !needs_node_ports(spec))
        drop_node_ports(spec, old);
    if (needs_health_check_port(old) && !needs_health_check_port(spec) &&
        spec->health_check_node_port == old->health_check_node_port)
        spec->health_check_node_port = 0;
    if (!str_is(spec->type, "LoadBalancer") && str_is(old->type, "LoadBalancer")) {
        if (spec->allocate_load_balancer_node_ports == old->allocate_load_balancer_node_ports)
            spec->allocate_load_balancer_node_ports = OPT_UNSET;
        if (str_is(spec->load_balancer_class, old->load_balancer_class))
            spec->load_balancer_class = NULL;
    }
    if (is_called_from_outside(old) && !is_called_from_outside(spec) &&
        str_is(spec->external_traffic_policy, old->external_traffic_policy))
        spec->external_traffic_policy = NULL;
}

static void
copy_list(StrList *to, const StrList *from)
{
    drop_list(to);
    for (guint i = 0; i < from->count; i++)
        str_list_add(to, from->items[i]);
}

/* normalizeClusterIPs of an update: who changes or clears the one means the list, too. */
static void
match_cluster_ips(ServiceSpec *spec, const ServiceSpec *old)
{
    gboolean is_same = str_is(str_or_empty(spec->cluster_ip), str_or_empty(old->cluster_ip));

    if (spec->cluster_ips.count == 0 && is_same)
        copy_list(&spec->cluster_ips, &old->cluster_ips);
    if (is_same || !str_list_equal(&spec->cluster_ips, &old->cluster_ips))
        return;
    drop_list(&spec->cluster_ips);
    if (!str_is_empty(spec->cluster_ip))
        str_list_add(&spec->cluster_ips, spec->cluster_ip);
}

/* v1.34 pkg/registry/core/service/storage: beginCreate, beginUpdate: patchAllocatedValues and normalizeClusterIPs */
static void
service_begin(ApiObject *service, const ApiObject *old)
{
    ServiceSpec *spec = api_edit_spec(service);

    if (old != NULL) {
        keep_allocated(spec, old->spec);
        match_cluster_ips(spec, old->spec);
    } else if (!str_is_empty(spec->cluster_ip) && spec->cluster_ips.count == 0) {
        str_list_add(&spec->cluster_ips, spec->cluster_ip);
    }
}

/*
 * v1.34 pkg/registry/core/service/storage: defaultOnReadInternalTrafficPolicy. An ExternalName is shown without one; what
 * is none at all is left for validation to refuse.
 */
static void
hide_internal_policy(ServiceSpec *spec)
{
    if (!needs_address(spec) &&
        (str_is(spec->internal_traffic_policy, "Cluster") || str_is(spec->internal_traffic_policy, "Local")))
        spec->internal_traffic_policy = NULL;
}

/* v1.34 pkg/registry/core/service/strategy.go: PrepareForCreate, PrepareForUpdate */
static void
service_prepare_create(ApiObject *service)
{
    api_struct_clear(&service_status_type, api_edit_status(service));
    hide_internal_policy(api_edit_spec(service));
}

static void
service_prepare_update(ApiObject *service, const ApiObject *old)
{
    ServiceSpec *spec = api_edit_spec(service);
    const ServiceSpec *before = old->spec;

    drop_what_type_lacks(spec, before);
    hide_internal_policy(spec);
    /* Its end comes later, but nobody is to see that. */
    if (!str_is(spec->type, "LoadBalancer") && str_is(before->type, "LoadBalancer"))
        api_struct_clear(&load_balancer_status_type,
                         &((ServiceStatus *)api_edit_status(service))->load_balancer);
}

static const char *
service_select_field(const ApiObject *service, const char *label)
{
    if (strcmp(label, "spec.clusterIP") == 0)
        return str_or_empty(service_spec(service)->cluster_ip);
    if (strcmp(label, "spec.type") == 0)
        return str_or_empty(service_spec(service)->type);
    return NULL;
}

static const char *const service_short_names[] = {"svc", NULL};

const ApiKind service_kind = {
    .kind = "Service",
    .group = "",
    .version = "v1",
    .plural = "services",
    .singular = "service",
    .is_created_by_update = TRUE,
    .short_names = service_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &service_spec_type,
    .status = &service_status_type,
    .doc = "One address for the pods that a selector finds.",
    .set_defaults = service_set_defaults,
    .begin = service_begin,
    .prepare_create = service_prepare_create,
    .prepare_update = service_prepare_update,
    .validate = service_validate,
    .validate_status = service_validate_status,
    .validate_update = service_validate_update,
    .warn = service_warn,
    .update_steps = "UDMV",
    .name_rule = NAME_DNS1035_LABEL,
    .select_field = service_select_field,
};
