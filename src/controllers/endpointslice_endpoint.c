#include "controllers/endpointslice_sync.h"

#include <arpa/inet.h>

/* --- addresses ------------------------------------------------------------------------------------ */

static gboolean
is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL;
}

/* As net.IP prints it. */
static const char *
canonical(const char *address)
{
    struct in6_addr raw;
    char text[INET6_ADDRSTRLEN];

    if (!is_ipv6(address) || inet_pton(AF_INET6, address, &raw) != 1 ||
        inet_ntop(AF_INET6, &raw, text, sizeof text) == NULL)
        return address;
    return str_intern(text);
}

guint
service_address_types(const ApiObject *service, const char *out_types[2])
{
    const ServiceSpec *spec = service_spec(service);
    gboolean has_ipv4 = str_list_contains(&spec->ip_families, str_intern("IPv4"));
    gboolean has_ipv6 = str_list_contains(&spec->ip_families, str_intern("IPv6"));
    guint count = 0;

    if (!has_ipv4 && !has_ipv6) {
        gboolean has_address = !str_is_empty(spec->cluster_ip) && !str_is(spec->cluster_ip, "None");

        has_ipv6 = !has_address || is_ipv6(spec->cluster_ip);
        has_ipv4 = !has_address || !is_ipv6(spec->cluster_ip);
    }
    if (has_ipv4)
        out_types[count++] = str_intern("IPv4");
    if (has_ipv6)
        out_types[count++] = str_intern("IPv6");
    return count;
}

/* --- pods ------------------------------------------------------------------------------------------- */

/* v1.34 endpointslice/util/controller_utils.go, ShouldPodBeInEndpoints; those on their way out are in. */
gboolean
pod_should_be_endpoint(const ApiObject *pod)
{
    const PodStatus *status = pod_status(pod);

    return !pod_is_terminal(pod) && (status->pod_ips.count > 0 || !str_is_empty(status->pod_ip));
}

static void
add_addresses(const PodStatus *status, gboolean wants_ipv6, StrList *out)
{
    if (status->pod_ips.count == 0 && is_ipv6(status->pod_ip) == wants_ipv6)
        str_list_add(out, canonical(status->pod_ip));
    for (guint i = 0; i < status->pod_ips.count; i++)
        if (is_ipv6(status->pod_ips.items[i].ip) == wants_ipv6)
            str_list_add(out, canonical(status->pod_ips.items[i].ip));
}

static OptBool
opt_bool(gboolean value)
{
    return value ? OPT_TRUE : OPT_FALSE;
}

/* v1.34 endpointslice/utils.go, podToEndpoint. */
void
endpoint_from_pod(const ApiObject *pod,
                  const ApiObject *node,
                  const ApiObject *service,
                  const char *address_type,
                  Endpoint *out)
{
    const PodSpec *spec = pod_spec(pod);
    gboolean is_serving = pod_is_ready(pod);
    gboolean is_terminating = api_is_deleting(pod);
    const char *zone =
        node == NULL ? NULL : str_map_get(&node->meta->labels, str_intern(LABEL_ZONE));

    *out = (Endpoint){0};
    add_addresses(pod_status(pod), str_is(address_type, "IPv6"), &out->addresses);
    out->conditions.ready = opt_bool(service_spec(service)->publish_not_ready_addresses ||
                                     (is_serving && !is_terminating));
    out->conditions.serving = opt_bool(is_serving);
    out->conditions.terminating = opt_bool(is_terminating);
    out->target_ref = g_new0(ObjectReference, 1);
    out->target_ref->kind = str_intern("Pod");
    out->target_ref->namespace_ = api_namespace(pod);
    out->target_ref->name = api_name(pod);
    out->target_ref->uid = api_uid(pod);
    if (!str_is_empty(spec->node_name))
        out->node_name = spec->node_name;
    if (!str_is_empty(zone))
        out->zone = zone;
    if (!str_is_empty(spec->hostname) && str_is(spec->subdomain, api_name(service)) &&
        str_is(api_namespace(pod), api_namespace(service)))
        out->hostname = spec->hostname;
}

void
endpoint_drop_hints(Endpoint *endpoint)
{
    if (endpoint->hints == NULL)
        return;
    g_free(endpoint->hints->for_zones.items);
    g_free(endpoint->hints->for_nodes.items);
    g_clear_pointer(&endpoint->hints, g_free);
}

void
endpoint_clear(Endpoint *endpoint)
{
    g_free(endpoint->addresses.items);
    g_free(endpoint->target_ref);
    g_free(endpoint->deprecated_topology.items);
    endpoint_drop_hints(endpoint);
    *endpoint = (Endpoint){0};
}

static gsize
length_of(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

/* Where the next one goes. */
static char *
put_part(char *at, char before, const char *text)
{
    gsize length = length_of(text);

    *at++ = before;
    if (length > 0)
        memcpy(at, text, length);
    return at + length;
}

const char *
endpoint_identity(const Endpoint *endpoint)
{
    static const ObjectReference none;
    const ObjectReference *target = endpoint->target_ref == NULL ? &none : endpoint->target_ref;
    gsize length = length_of(endpoint->hostname) + length_of(target->namespace_) + length_of(target->name) + 3;
    g_autofree char *large = NULL;
    char small[512];
    char *text = small, *at;

    for (guint i = 0; i < endpoint->addresses.count; i++)
        length += length_of(endpoint->addresses.items[i]) + 1;
    if (length > sizeof small)
        text = large = g_malloc(length);
    at = put_part(text, ' ', endpoint->hostname);
    for (guint i = 0; i < endpoint->addresses.count; i++)
        at = put_part(at, '|', endpoint->addresses.items[i]);
    if (endpoint->target_ref != NULL)
        at = put_part(put_part(at, '|', target->namespace_), '/', target->name);
    return str_intern_len(text, (gsize)(at - text));
}

gboolean
endpoint_is_same(const Endpoint *a, const Endpoint *b)
{
    const ObjectReference *target = a->target_ref, *other = b->target_ref;

    if (!str_is(a->hostname, b->hostname) || a->addresses.count != b->addresses.count ||
        (target == NULL) != (other == NULL))
        return FALSE;
    for (guint i = 0; i < a->addresses.count; i++)
        if (a->addresses.items[i] != b->addresses.items[i])
            return FALSE;
    return target == NULL || (str_is(target->namespace_, other->namespace_) && str_is(target->name, other->name));
}

static gboolean
target_equal(const ObjectReference *a, const ObjectReference *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return str_is(a->kind, b->kind) && str_is(a->namespace_, b->namespace_) &&
           str_is(a->name, b->name) && str_is(a->uid, b->uid) &&
           str_is(a->field_path, b->field_path);
}

gboolean
endpoint_equal_beyond_identity(const Endpoint *a, const Endpoint *b)
{
    return str_is(a->node_name, b->node_name) && str_is(a->zone, b->zone) &&
           a->conditions.ready == b->conditions.ready &&
           a->conditions.serving == b->conditions.serving &&
           a->conditions.terminating == b->conditions.terminating &&
           target_equal(a->target_ref, b->target_ref);
}

/* --- ports ------------------------------------------------------------------------------------------- */

static const ContainerPort *
find_named_port(const Container *container, const char *name, const char *protocol)
{
    for (guint i = 0; i < container->ports.count; i++) {
        const ContainerPort *port = &container->ports.items[i];

        if (str_is(port->name, name) &&
            str_is(port->protocol == NULL ? "TCP" : port->protocol, protocol))
            return port;
    }
    return NULL;
}

/* v1.34 endpointslice/util, FindPort: the containers, then the sidecars. */
gint32
endpoint_find_port(const ApiObject *pod, const ServicePort *port)
{
    const PodSpec *spec = pod_spec(pod);
    const char *protocol = port->protocol == NULL ? "TCP" : port->protocol;

    if (port->target_port.type == INT_OR_STRING_INT)
        return port->target_port.integer;
    if (port->target_port.type == INT_OR_STRING_UNSET)
        return port->port;
    for (guint i = 0; i < spec->containers.count; i++) {
        const ContainerPort *found =
            find_named_port(&spec->containers.items[i], port->target_port.string, protocol);

        if (found != NULL)
            return found->container_port;
    }
    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];
        const ContainerPort *found = find_named_port(container, port->target_port.string, protocol);

        if (found != NULL && container_is_sidecar(container))
            return found->container_port;
    }
    return 0;
}

/* v1.34 endpointslice/utils.go, getEndpointPorts. */
void
endpoint_ports_of(const ApiObject *service, const ApiObject *pod, EndpointSliceBody *body)
{
    const ServiceSpec *spec = service_spec(service);

    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];
        gint32 number = endpoint_find_port(pod, port);
        EndpointPort *added;

        if (number == 0)
            continue;
        added = API_LIST_ADD(&body->ports);
        added->name = port->name == NULL ? str_intern("") : port->name;
        added->protocol = port->protocol == NULL ? str_intern("TCP") : port->protocol;
        added->app_protocol = port->app_protocol;
        added->port = OPT_INT32(number);
    }
}

static gint
compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

#define PORT_DIGITS 12

/* Of the number, or "-": printf would cost more than all the rest of a key. */
static const char *
port_digits(const OptInt32 *port, char digits[static PORT_DIGITS])
{
    char *at = digits + PORT_DIGITS - 1;
    guint number = (guint)port->value;

    *at = '\0';
    if (!port->is_set)
        return "-";
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return at;
}

/* "name/protocol/port/application protocol;" */
static const char *
port_key(const EndpointPort *port)
{
    gsize length = length_of(port->name) + length_of(port->protocol) + length_of(port->app_protocol) + PORT_DIGITS + 5;
    g_autofree char *large = NULL;
    char small[256], digits[PORT_DIGITS];
    char *text = small, *at;

    if (length > sizeof small)
        text = large = g_malloc(length);
    at = put_part(text, '/', port->name);
    at = put_part(put_part(put_part(at, '/', port->protocol), '/', port_digits(&port->port, digits)), '/', port->app_protocol);
    *at++ = ';';
    return str_intern_len(text + 1, (gsize)(at - text - 1)); /* not what put_part() set before the name */
}

const char *
ports_key(const EndpointSliceBody *body)
{
    g_autoptr(GPtrArray) words = NULL;
    GString *text;
    const char *key;

    if (body->ports.count == 0)
        return str_intern("");
    if (body->ports.count == 1)
        return port_key(&body->ports.items[0]);
    words = g_ptr_array_new();
    text = g_string_new(NULL);
    for (guint i = 0; i < body->ports.count; i++) {
        g_ptr_array_add(words, (gpointer)port_key(&body->ports.items[i]));
    }
    g_ptr_array_sort(words, compare_text);
    for (guint i = 0; i < words->len; i++)
        g_string_append(text, words->pdata[i]);
    key = str_intern(text->str);
    g_string_free(text, TRUE);
    return key;
}

static gboolean
port_is_same(const EndpointPort *a, const EndpointPort *b)
{
    return a->name == b->name && a->protocol == b->protocol && a->app_protocol == b->app_protocol &&
           a->port.is_set == b->port.is_set && a->port.value == b->port.value;
}

/* Most stand in the same order: then nothing need be printed to see it. */
gboolean
ports_are_equal(const EndpointSliceBody *a, const EndpointSliceBody *b)
{
    if (a->ports.count != b->ports.count)
        return FALSE;
    for (guint i = 0; i < a->ports.count; i++)
        if (!port_is_same(&a->ports.items[i], &b->ports.items[i]))
            return ports_key(a) == ports_key(b);
    return TRUE;
}
