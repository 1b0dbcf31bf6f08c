/* EndpointSlice: tables and kind. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/names.h"

static const ApiField endpoint_conditions_fields[] = {
    {"ready", API_OPT_BOOL, AT(EndpointConditions, ready),
     .doc = "Whether the endpoint takes traffic: serving and not terminating."},
    {"serving", API_OPT_BOOL, AT(EndpointConditions, serving),
     .doc = "Whether the endpoint could answer, even while it is terminating."},
    {"terminating", API_OPT_BOOL, AT(EndpointConditions, terminating),
     .doc = "Whether the endpoint is being stopped."},
    {0},
};
static const ApiType endpoint_conditions_type = TYPE("EndpointConditions",
                                                     EndpointConditions,
                                                     endpoint_conditions_fields,
                                                     "State of an endpoint.");

static const ApiField for_zone_fields[] = {
    {"name", API_STRING, AT(ForZone, name), API_REQUIRED | API_ALWAYS, .doc = "Name of the zone."},
    {0},
};
static const ApiType for_zone_type =
    TYPE("ForZone", ForZone, for_zone_fields, "A zone whose clients should use the endpoint.");
static const ApiField for_node_fields[] = {
    {"name", API_STRING, AT(ForZone, name), API_REQUIRED | API_ALWAYS, .doc = "Name of the node."},
    {0},
};
static const ApiType for_node_type =
    TYPE("ForNode", ForZone, for_node_fields, "A node whose clients should use the endpoint.");

static const ApiField endpoint_hints_fields[] = {
    {"forZones", API_MESSAGE_LIST, AT(EndpointHints, for_zones), .message = &for_zone_type,
     .doc = "Zones whose clients should use the endpoint."},
    {"forNodes", API_MESSAGE_LIST, AT(EndpointHints, for_nodes), .message = &for_node_type,
     .doc = "Nodes whose clients should use the endpoint."},
    {0},
};
static const ApiType endpoint_hints_type =
    TYPE("EndpointHints", EndpointHints, endpoint_hints_fields, "Who should use it.");

static const ApiField endpoint_fields[] = {
    {"addresses", API_STR_LIST, AT(Endpoint, addresses), API_REQUIRED | API_ALWAYS,
     .doc = "Addresses of the endpoint; the first is used."},
    {"conditions", API_STRUCT, AT(Endpoint, conditions), API_ALWAYS,
     .message = &endpoint_conditions_type, .doc = "State of the endpoint."},
    {"hostname", API_STRING, AT(Endpoint, hostname), API_POINTER,
     .doc = "Host name of the endpoint for DNS."},
    {"targetRef", API_MESSAGE, AT(Endpoint, target_ref), .message = &object_reference_type,
     .doc = "The object behind the endpoint, mostly a pod."},
    {"deprecatedTopology", API_STR_MAP, AT(Endpoint, deprecated_topology),
     .doc = "Topology of earlier API versions."},
    {"nodeName", API_STRING, AT(Endpoint, node_name), API_POINTER,
     .doc = "Node that the endpoint is on."},
    {"zone", API_STRING, AT(Endpoint, zone), API_POINTER, .doc = "Zone that the endpoint is in."},
    {"hints", API_MESSAGE, AT(Endpoint, hints), .message = &endpoint_hints_type,
     .doc = "Who should use the endpoint."},
    {0},
};
static const ApiType endpoint_type =
    TYPE("Endpoint", Endpoint, endpoint_fields, "One backend of a Service.");

static const ApiField endpoint_port_fields[] = {
    {"name", API_STRING, AT(EndpointPort, name), API_POINTER, .def = "",
     .doc = "Name of the Service's port."},
    {"protocol", API_STRING, AT(EndpointPort, protocol), API_POINTER, .def = "TCP",
     .go_type = "v1.Protocol", .doc = "TCP, UDP or SCTP."},
    {"port", API_OPT_INT32, AT(EndpointPort, port),
     .doc = "Port of the endpoints; all ports if absent."},
    {"appProtocol", API_STRING, AT(EndpointPort, app_protocol), API_POINTER,
     .doc = "The protocol spoken on top, as a hint."},
    {0},
};
static const ApiType endpoint_port_type =
    TYPE("EndpointPort", EndpointPort, endpoint_port_fields, "A port of all endpoints.");

static const ApiField slice_fields[] = {
    {"addressType", API_STRING, AT(EndpointSliceBody, address_type),
     API_REQUIRED | API_IMMUTABLE | API_ALWAYS, .go_type = "v1.AddressType",
     .doc = "IPv4, IPv6 or FQDN; all addresses are of this type."},
    {"endpoints", API_MESSAGE_LIST, AT(EndpointSliceBody, endpoints), API_REQUIRED | API_ALWAYS,
     .message = &endpoint_type, .doc = "The endpoints, at most 1000."},
    {"ports", API_MESSAGE_LIST, AT(EndpointSliceBody, ports), API_ALWAYS,
     .message = &endpoint_port_type, .doc = "Ports that every endpoint has, at most 100."},
    {0},
};
static const ApiType slice_type =
    TYPE("EndpointSlice", EndpointSliceBody, slice_fields, "A part of a Service's endpoints.");

/* v1.34 pkg/registry/discovery/endpointslice: dropTopologyOnV1 */
static void
drop_topology(ApiObject *slice)
{
    EndpointSliceBody *body;
    gboolean has_any = FALSE;

    for (guint i = 0; i < endpoint_slice_body(slice)->endpoints.count; i++)
        has_any = has_any || endpoint_slice_body(slice)->endpoints.items[i].deprecated_topology.count > 0;
    if (!has_any)
        return;
    body = api_edit_body(slice);
    for (guint i = 0; i < body->endpoints.count; i++)
        str_map_clear(&body->endpoints.items[i].deprecated_topology);
}

static void
slice_prepare_create(ApiObject *slice)
{
    api_edit_meta(slice)->generation = 1;
    drop_topology(slice);
}

static void
slice_prepare_update(ApiObject *slice, const ApiObject *old)
{
    gboolean is_other = part_differs(&slice_type, slice->body, old->body);

    set_generation(slice, old, is_other || !str_map_equal(&slice->meta->labels, &old->meta->labels));
    if (is_other)
        drop_topology(slice);
}

/* v1.34 pkg/registry/discovery/endpointslice: warnOnBadIPs */
static void
warn_addresses(const EndpointSliceBody *body, GPtrArray *warnings)
{
    for (guint i = 0; i < body->endpoints.count; i++) {
        const StrList *addresses = &body->endpoints.items[i].addresses;

        for (guint k = 0; k < addresses->count; k++)
            if (!ip_is_usual(addresses->items[k]))
                warn_ip(warnings, str_internf("endpoints[%u].addresses[%u]", i, k), addresses->items[k]);
    }
}

/* v1.34 pkg/registry/discovery/endpointslice: warnOnDeprecatedAddressType, with its path */
static void
slice_warn(const ApiObject *slice, const ApiObject *old, GPtrArray *warnings)
{
    (void)old;
    if (str_is(endpoint_slice_body(slice)->address_type, "FQDN"))
        g_ptr_array_add(warnings, g_strdup("spec.addressType: FQDN endpoints are deprecated"));
    else
        warn_addresses(endpoint_slice_body(slice), warnings);
}

const ApiKind endpoint_slice_kind = {
    .kind = "EndpointSlice",
    .group = "discovery.k8s.io",
    .version = "v1",
    .plural = "endpointslices",
    .singular = "endpointslice",
    .is_namespaced = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &slice_type,
    .doc = "A part of a Service's endpoints: addresses, ports and their state.",
    .prepare_create = slice_prepare_create,
    .prepare_update = slice_prepare_update,
    .warn = slice_warn,
    .validate = endpoint_slice_validate,
    .validate_update = endpoint_slice_validate_update,
    .update_steps = "MD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};
