/*
 * Endpoints: tables, validation and kind.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidateEndpointsCreate, ValidateEndpointsUpdate;
 * pkg/registry/core/endpoint/strategy.go.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define LABEL_MANAGED_BY "endpoints.kubernetes.io/managed-by"

static const ApiField address_fields[] = {
    {"ip", API_STRING, AT(EndpointAddress, ip), API_REQUIRED | API_ALWAYS, .doc = "The IP address of the endpoint."},
    {"hostname", API_STRING, AT(EndpointAddress, hostname), .doc = "Host name of the endpoint for DNS."},
    {"nodeName", API_STRING, AT(EndpointAddress, node_name), API_POINTER, .doc = "Node that the endpoint is on."},
    {"targetRef", API_MESSAGE, AT(EndpointAddress, target_ref), .message = &object_reference_type,
     .doc = "The object behind the endpoint, mostly a pod."},
    {0},
};
static const ApiType address_type = TYPE("EndpointAddress", EndpointAddress, address_fields, "One address.");

static const ApiField port_fields[] = {
    {"name", API_STRING, AT(EndpointsPort, name), .doc = "Name of the Service's port; must be given if there are several."},
    {"port", API_INT32, AT(EndpointsPort, port), API_REQUIRED | API_ALWAYS, .doc = "The number of the port."},
    {"protocol", API_STRING, AT(EndpointsPort, protocol), .def = "TCP", .go_type = "v1.Protocol",
     .doc = "TCP, UDP or SCTP."},
    {"appProtocol", API_STRING, AT(EndpointsPort, app_protocol), API_POINTER,
     .doc = "The protocol spoken on top, as a hint."},
    {0},
};
static const ApiType port_type = TYPE("EndpointPort", EndpointsPort, port_fields, "A port of all addresses of a subset.");

static const ApiField subset_fields[] = {
    {"addresses", API_MESSAGE_LIST, AT(EndpointSubset, addresses), .message = &address_type,
     .doc = "Addresses that take traffic."},
    {"notReadyAddresses", API_MESSAGE_LIST, AT(EndpointSubset, not_ready), .message = &address_type,
     .doc = "Addresses that take none yet, or none any more."},
    {"ports", API_MESSAGE_LIST, AT(EndpointSubset, ports), .message = &port_type,
     .doc = "Ports that every address has."},
    {0},
};
static const ApiType subset_type =
    TYPE("EndpointSubset", EndpointSubset, subset_fields, "Addresses with the same ports.");

static const ApiField endpoints_fields[] = {
    {"subsets", API_MESSAGE_LIST, AT(EndpointsBody, subsets), .message = &subset_type,
     .doc = "All endpoints, those with the same ports together."},
    {0},
};
static const ApiType endpoints_type = TYPE("Endpoints",
                                           EndpointsBody,
                                           endpoints_fields,
                                           "Addresses that implement a Service; replaced by EndpointSlice.");

/* --- validation ------------------------------------------------------------------------------------------------ */

static const char *const protocols[] = {"SCTP", "TCP", "UDP", NULL};

/* An address as pods have it: usual, and far from those that mean something else (0, 127, 169.254, 224 and up). */
static gboolean
is_plain_ip(const char *ip)
{
    guint first = 0;

    if (ip == NULL || !ip_is_usual(ip))
        return FALSE;
    for (; *ip != '.'; ip++)
        first = first * 10 + (guint)(*ip - '0');
    return first != 0 && first != 127 && first != 169 && first < 224;
}

/* validateEndpointAddress: what is no address at all is complained of twice. */
static void
check_addresses(ApiErrors *errors, const char *list, const EndpointAddress *addresses, guint count)
{
    const char *known_node = NULL; /* many share one */

    api_errors_push(errors, list);
    for (guint i = 0; i < count; i++) {
        const EndpointAddress *address = &addresses[i];

        if (is_plain_ip(address->ip) && str_is_empty(address->hostname) &&
            (address->node_name == NULL || address->node_name == known_node))
            continue;
        api_errors_push_index(errors, i);
        check_ip(errors, "ip", address->ip);
        if (!str_is_empty(address->hostname))
            check_name(errors, "hostname", NAME_DNS_LABEL, address->hostname);
        if (address->node_name != NULL && address->node_name != known_node &&
            check_name(errors, "nodeName", NAME_DNS_SUBDOMAIN, address->node_name))
            known_node = address->node_name;
        check_plain_ip(errors, "ip", str_or_empty(address->ip));
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* validateEndpointPort */
static void
check_port(ApiErrors *errors, const EndpointsPort *port, gboolean needs_name)
{
    if (!str_is_empty(port->name))
        check_name(errors, "name", NAME_DNS_LABEL, port->name);
    else if (needs_name)
        field_required(errors, "name", NULL);
    check_port_number(errors, "port", port->port);
    if (str_is_empty(port->protocol))
        field_required(errors, "protocol", NULL);
    else if (!g_strv_contains(protocols, port->protocol))
        field_not_supported(errors, "protocol", port->protocol, protocols);
    if (port->app_protocol != NULL)
        check_name(errors, "appProtocol", NAME_QUALIFIED, port->app_protocol);
}

/* validateEndpointSubsets */
static void
endpoints_validate(const ApiObject *object, ApiErrors *errors)
{
    const EndpointsBody *body = endpoints_body(object);

    api_errors_push(errors, "subsets");
    for (guint i = 0; i < body->subsets.count; i++) {
        const EndpointSubset *subset = &body->subsets.items[i];

        api_errors_push_index(errors, i);
        if (subset->addresses.count == 0 && subset->not_ready.count == 0)
            field_required(errors, NULL, "must specify `addresses` or `notReadyAddresses`");
        check_addresses(errors, "addresses", subset->addresses.items, subset->addresses.count);
        check_addresses(errors, "notReadyAddresses", subset->not_ready.items, subset->not_ready.count);
        api_errors_push(errors, "ports");
        for (guint k = 0; k < subset->ports.count; k++) {
            api_errors_push_index(errors, k);
            check_port(errors, &subset->ports.items[k], subset->ports.count > 1);
            api_errors_pop(errors);
        }
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* Subsets that stay are not looked at again: they may be from a time with other rules. */
static void
endpoints_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    if (part_differs(&endpoints_type, object->body, old->body))
        endpoints_validate(object, errors);
}

static void
warn_addresses(GPtrArray *warnings, guint subset, const char *list, const EndpointAddress *addresses, guint count)
{
    for (guint i = 0; i < count; i++)
        if (!ip_is_usual(str_or_empty(addresses[i].ip)))
            warn_ip(warnings, str_internf("subsets[%u].%s[%u].ip", subset, list, i), str_or_empty(addresses[i].ip));
}

/* endpointsWarnings: those of the controller are known to be well written. */
static void
endpoints_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    const EndpointsBody *body = endpoints_body(object);

    (void)old;
    if (str_is(str_map_get(&object->meta->labels, LABEL_MANAGED_BY), "endpoint-controller"))
        return;
    for (guint i = 0; i < body->subsets.count; i++) {
        const EndpointSubset *subset = &body->subsets.items[i];

        warn_addresses(warnings, i, "addresses", subset->addresses.items, subset->addresses.count);
        warn_addresses(warnings, i, "notReadyAddresses", subset->not_ready.items, subset->not_ready.count);
    }
}

static const char *const short_names[] = {"ep", NULL};

const ApiKind endpoints_kind = {
    .kind = "Endpoints",
    .group = "",
    .version = "v1",
    .plural = "endpoints",
    .singular = "endpoints",
    .is_created_by_update = TRUE,
    .short_names = short_names,
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .deprecated_since = 33,
    .instead = "discovery.k8s.io/v1 EndpointSlice",
    .body = &endpoints_type,
    .doc = "Addresses that implement a Service; replaced by EndpointSlice.",
    .warn = endpoints_warn,
    .validate = endpoints_validate,
    .validate_update = endpoints_validate_update,
    .update_steps = "UMD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};
