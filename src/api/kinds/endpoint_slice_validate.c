/*
 * Validation of EndpointSlices.
 *
 * Models: v1.34 pkg/apis/discovery/validation.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const char *const address_types[] = {"FQDN", "IPv4", "IPv6", NULL};
static const char *const protocols[] = {"SCTP", "TCP", "UDP", NULL};

/* IsFullyQualifiedDomainName */
static void
check_domain(ApiErrors *errors, const char *child, const char *address)
{
    g_autofree char *name = g_strdup(address);

    if (name[0] == '\0') {
        field_required(errors, child, NULL);
        return;
    }
    if (g_str_has_suffix(name, "."))
        name[strlen(name) - 1] = '\0';
    if (check_name(errors, child, NAME_DNS_SUBDOMAIN, str_intern(name)) && strchr(name, '.') == NULL)
        field_invalid_string(errors, child, name, "should be a domain with at least two segments separated by dots");
}

/* What is no address at all is complained of twice. */
static void
check_address(ApiErrors *errors, const char *child, const char *address, const char *type)
{
    gboolean is_v6 = strchr(address, ':') != NULL;

    if (str_is(type, "FQDN"))
        check_domain(errors, child, address);
    if (!str_is(type, "IPv4") && !str_is(type, "IPv6"))
        return;
    if (!name_is_ip(address) || is_v6 != str_is(type, "IPv6"))
        field_invalid_string(errors, child, address,
                             str_is(type, "IPv6") ? "must be a valid IPv6 address"
                                                  : "must be a valid IPv4 address");
    check_plain_ip(errors, child, address);
}

static void
check_hint_list(ApiErrors *errors, const char *list, const ForZone *hints, guint count, NameRule rule)
{
    if (count > 8) {
        field_too_many(errors, list, count, 8);
        return;
    }
    for (guint i = 0; i < count; i++) {
        const char *name = str_or_empty(hints[i].name);
        const char *child = str_internf("%s[%u].name", list, i);

        for (guint j = 0; j < i; j++) {
            if (str_is(str_or_empty(hints[j].name), name)) {
                field_duplicate(errors, child, api_quote(name));
                break;
            }
        }
        check_name(errors, child, rule, name);
    }
}

/* validateHints */
static void
check_hints(ApiErrors *errors, const EndpointHints *hints)
{
    api_errors_push(errors, "hints");
    check_hint_list(errors, "forZones", hints->for_zones.items, hints->for_zones.count, NAME_LABEL_VALUE);
    if (hints->for_zones.count <= 8)
        check_hint_list(errors, "forNodes", hints->for_nodes.items, hints->for_nodes.count, NAME_DNS_SUBDOMAIN);
    api_errors_pop(errors);
}

static void
check_endpoint(ApiErrors *errors, const Endpoint *endpoint, const char *type)
{
    if (endpoint->addresses.count == 0)
        field_required(errors, "addresses", "must contain at least 1 address");
    else if (endpoint->addresses.count > 100)
        field_too_many(errors, "addresses", endpoint->addresses.count, 100);
    api_errors_push(errors, "addresses");
    for (guint i = 0; i < endpoint->addresses.count; i++) {
        api_errors_push_index(errors, i);
        check_address(errors, NULL, endpoint->addresses.items[i], type);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    if (endpoint->node_name != NULL)
        check_name(errors, "nodeName", NAME_DNS_SUBDOMAIN, endpoint->node_name);
    if (endpoint->hostname != NULL)
        check_name(errors, "hostname", NAME_DNS_LABEL, endpoint->hostname);
    if (endpoint->hints != NULL)
        check_hints(errors, endpoint->hints);
}

static void
check_port(ApiErrors *errors, const EndpointPort *port, StrList *names)
{
    if (!str_is_empty(port->name))
        check_name(errors, "name", NAME_DNS_LABEL, port->name);
    if (str_list_contains(names, str_or_empty(port->name)))
        field_duplicate(errors, "name", api_quote(str_or_empty(port->name)));
    else
        str_list_add(names, str_or_empty(port->name));
    if (port->protocol == NULL)
        field_required(errors, "protocol", NULL);
    else if (!g_strv_contains(protocols, port->protocol))
        field_not_supported(errors, "protocol", port->protocol, protocols);
    if (port->app_protocol != NULL)
        check_name(errors, "appProtocol", NAME_QUALIFIED, port->app_protocol);
}

static void
check_endpoints(ApiErrors *errors, const EndpointSliceBody *body)
{
    api_errors_push(errors, "endpoints");
    if (body->endpoints.count > 1000)
        field_too_many(errors, NULL, body->endpoints.count, 1000);
    for (guint i = 0; body->endpoints.count <= 1000 && i < body->endpoints.count; i++) {
        api_errors_push_index(errors, i);
        check_endpoint(errors, &body->endpoints.items[i], body->address_type);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

static void
check_ports(ApiErrors *errors, const EndpointSliceBody *body)
{
    StrList names = {0};

    api_errors_push(errors, "ports");
    if (body->ports.count > 20000)
        field_too_many(errors, NULL, body->ports.count, 20000);
    for (guint i = 0; body->ports.count <= 20000 && i < body->ports.count; i++) {
        api_errors_push_index(errors, i);
        check_port(errors, &body->ports.items[i], &names);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    g_free(names.items);
}

/* ValidateEndpointSlice */
void
endpoint_slice_validate(const ApiObject *slice, ApiErrors *errors)
{
    const EndpointSliceBody *body = slice->body;

    check_one_of(errors, "addressType", body->address_type, address_types);
    check_ports(errors, body);
    check_endpoints(errors, body);
}

static gboolean
has_same_endpoints(const EndpointSliceBody *a, const EndpointSliceBody *b)
{
    const ApiField *field = api_type_field(endpoint_slice_kind.body, "endpoints");

    if (a->endpoints.count != b->endpoints.count)
        return FALSE;
    for (guint i = 0; i < a->endpoints.count; i++)
        if (!api_struct_equal(field->message, &a->endpoints.items[i], &b->endpoints.items[i]))
            return FALSE;
    return TRUE;
}

/* Endpoints that stay are not looked at again: they may be from a time with other rules. */
void
endpoint_slice_validate_update(const ApiObject *slice, const ApiObject *old, ApiErrors *errors)
{
    const EndpointSliceBody *body = slice->body;
    const EndpointSliceBody *before = old->body;

    if (body == before)
        return;
    check_one_of(errors, "addressType", body->address_type, address_types);
    check_ports(errors, body);
    if (!has_same_endpoints(body, before))
        check_endpoints(errors, body);
    check_immutable(errors, "addressType", body->address_type, before->address_type);
}
