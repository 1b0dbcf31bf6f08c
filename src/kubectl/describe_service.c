/* describe_service.c - services, endpoint slices, endpoints */

#include "kubectl/describe.h"

#define SHOWN_MAX 3

static const char *
join(const StrList *list, const char *separator)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < list->count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? separator : "", list->items[i]);
    return str_intern(text->str);
}

static const char *
host_port(const char *address, gint32 port)
{
    return strchr(address, ':') != NULL ? str_internf("[%s]:%d", address, port)
                                        : str_internf("%s:%d", address, port);
}

/* What is seen of the endpoints; each beyond the third is only counted. */
typedef struct {
    GString *text;
    guint shown, ready;
    gboolean has_more;
} EndpointsText;

static void
add_endpoints(EndpointsText *text, const EndpointSliceBody *body, const EndpointPort *port)
{
    for (guint i = 0; i < body->endpoints.count; i++) {
        const Endpoint *endpoint = &body->endpoints.items[i];

        if (text->shown == SHOWN_MAX)
            text->has_more = TRUE;
        if (endpoint->conditions.ready == OPT_FALSE || endpoint->addresses.count == 0)
            continue;
        if (!text->has_more) {
            g_string_append_printf(text->text, "%s%s", text->shown > 0 ? "," : "",
                                   port != NULL
                                       ? host_port(endpoint->addresses.items[0], port->port.value)
                                       : endpoint->addresses.items[0]);
            text->shown++;
        }
        text->ready++;
    }
}

/*
 * The addresses of the slices' port called @name, in their order. kubectl decides
 * that there is more as soon as a fourth endpoint is looked at, ready or not.
 */
char *
endpoints_text(const GPtrArray *slices, const char *name)
{
    EndpointsText text = {.text = g_string_new(NULL)};

    if (slices == NULL || slices->len == 0)
        g_string_append(text.text, "<none>");
    for (guint i = 0; slices != NULL && i < slices->len; i++) {
        const EndpointSliceBody *body = endpoint_slice_body(g_ptr_array_index(slices, i));

        if (body->ports.count == 0)
            add_endpoints(&text, body, NULL);
        for (guint p = 0; p < body->ports.count; p++)
            if (str_is(text_or(body->ports.items[p].name, ""), text_or(name, "")))
                add_endpoints(&text, body, &body->ports.items[p]);
    }
    if (text.has_more)
        g_string_append_printf(text.text, " + %d more...", (int)text.ready - SHOWN_MAX);
    return g_string_free(text.text, FALSE);
}

static void
describe_endpoints_of(GString *out, const GPtrArray *slices, const char *name)
{
    g_autofree char *text = endpoints_text(slices, name);

    describe_line(out, 0, "Endpoints:\t%s\n", text);
}

static void
describe_service_ports(GString *out, const Description *description)
{
    const ServiceSpec *spec = service_spec(description->object);

    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];
        const char *name = text_or(port->name, "<unset>");
        const char *protocol = text_or(port->protocol, "");

        describe_line(out, 0, "Port:\t%s\t%d/%s\n", name, port->port, protocol);
        if (port->target_port.type == INT_OR_STRING_STRING)
            describe_line(out, 0, "TargetPort:\t%s/%s\n", text_or(port->target_port.string, ""),
                          protocol);
        else
            describe_line(out, 0, "TargetPort:\t%d/%s\n", port->target_port.integer, protocol);
        if (port->node_port != 0)
            describe_line(out, 0, "NodePort:\t%s\t%d/%s\n", name, port->node_port, protocol);
        describe_endpoints_of(out, description->related, port->name);
    }
}

static void
describe_ingress(GString *out, const ApiObject *service)
{
    const ServiceStatus *status = service->status;

    if (status == NULL || status->load_balancer.ingress.count == 0)
        return;
    describe_line(out, 0, "LoadBalancer Ingress:\t");
    for (guint i = 0; i < status->load_balancer.ingress.count; i++) {
        const LoadBalancerIngress *ingress = &status->load_balancer.ingress.items[i];

        g_string_append(out, i > 0 ? ", " : "");
        g_string_append(out, text_or(ingress->ip, text_or(ingress->hostname, "")));
        if (!str_is_empty(ingress->ip) && !str_is_empty(ingress->ip_mode))
            g_string_append_printf(out, " (%s)", ingress->ip_mode);
    }
    g_string_append_c(out, '\n');
}

static void
write_service(GString *out, const Description *description)
{
    const ApiObject *service = description->object;
    const ServiceSpec *spec = service_spec(service);

    describe_head(out, service);
    describe_labels(out, "Labels", &service->meta->labels);
    describe_annotations(out, "Annotations", &service->meta->annotations);
    describe_line(out, 0, "Selector:\t%s\n", str_map_format(&spec->selector, "<none>"));
    describe_line(out, 0, "Type:\t%s\n", text_or(spec->type, ""));
    if (!str_is_empty(spec->ip_family_policy))
        describe_line(out, 0, "IP Family Policy:\t%s\n", spec->ip_family_policy);
    describe_line(out, 0, "IP Families:\t%s\n", text_or(join(&spec->ip_families, ","), "<none>"));
    describe_line(out, 0, "IP:\t%s\n", text_or(spec->cluster_ip, ""));
    describe_line(out, 0, "IPs:\t%s\n", text_or(join(&spec->cluster_ips, ","), "<none>"));
    if (spec->external_ips.count > 0)
        describe_line(out, 0, "External IPs:\t%s\n", join(&spec->external_ips, ","));
    if (!str_is_empty(spec->load_balancer_ip))
        describe_line(out, 0, "Desired LoadBalancer IP:\t%s\n", spec->load_balancer_ip);
    if (!str_is_empty(spec->external_name))
        describe_line(out, 0, "External Name:\t%s\n", spec->external_name);
    describe_ingress(out, service);
    describe_service_ports(out, description);
    describe_line(out, 0, "Session Affinity:\t%s\n", text_or(spec->session_affinity, ""));
    if (!str_is_empty(spec->external_traffic_policy))
        describe_line(out, 0, "External Traffic Policy:\t%s\n", spec->external_traffic_policy);
    if (!str_is_empty(spec->internal_traffic_policy))
        describe_line(out, 0, "Internal Traffic Policy:\t%s\n", spec->internal_traffic_policy);
    if (spec->health_check_node_port != 0)
        describe_line(out, 0, "HealthCheck NodePort:\t%d\n", spec->health_check_node_port);
    if (spec->load_balancer_source_ranges.count > 0)
        describe_line(out, 0, "LoadBalancer Source Ranges:\t%s\n",
                      join(&spec->load_balancer_source_ranges, ","));
    if (!str_is_empty(spec->traffic_distribution))
        describe_line(out, 0, "Traffic Distribution:\t%s\n", spec->traffic_distribution);
    describe_events(out, description->events, description->wall_ns);
}

static void
ask_slices(const ApiObject *service, ApiRequest *request)
{
    request->label_selector = str_internf("kubernetes.io/service-name=%s", api_name(service));
}

/* --- slices ------------------------------------------------------------------------------ */

static void
describe_endpoint(GString *out, const Endpoint *endpoint)
{
    OptBool ready = endpoint->conditions.ready;

    describe_line(out, 1, "- Addresses:\t%s\n",
                  text_or(join(&endpoint->addresses, ", "), "<none>"));
    describe_line(out, 2, "Conditions:\n");
    describe_line(out, 3, "Ready:\t%s\n",
                  ready == OPT_UNSET  ? "<unset>"
                  : ready == OPT_TRUE ? "true"
                                      : "false");
    describe_line(out, 2, "Hostname:\t%s\n",
                  endpoint->hostname != NULL ? endpoint->hostname : "<unset>");
    if (endpoint->target_ref != NULL)
        describe_line(out, 2, "TargetRef:\t%s/%s\n", text_or(endpoint->target_ref->kind, ""),
                      text_or(endpoint->target_ref->name, ""));
    describe_line(out, 2, "NodeName:\t%s\n",
                  endpoint->node_name != NULL ? endpoint->node_name : "<unset>");
    describe_line(out, 2, "Zone:\t%s\n", endpoint->zone != NULL ? endpoint->zone : "<unset>");
}

static void
write_slice(GString *out, const Description *description)
{
    const ApiObject *slice = description->object;
    const EndpointSliceBody *body = endpoint_slice_body(slice);

    describe_head(out, slice);
    describe_labels(out, "Labels", &slice->meta->labels);
    describe_annotations(out, "Annotations", &slice->meta->annotations);
    describe_line(out, 0, "AddressType:\t%s\n", text_or(body->address_type, ""));
    if (body->ports.count == 0) {
        describe_line(out, 0, "Ports: <unset>\n");
    } else {
        describe_line(out, 0, "Ports:\n");
        describe_line(out, 1, "Name\tPort\tProtocol\n");
        describe_line(out, 1, "----\t----\t--------\n");
    }
    for (guint i = 0; i < body->ports.count; i++) {
        const EndpointPort *port = &body->ports.items[i];

        describe_line(out, 1, "%s\t%s\t%s\n", text_or(port->name, "<unset>"),
                      port->port.is_set ? str_internf("%d", port->port.value) : "<unset>",
                      text_or(port->protocol, ""));
    }
    describe_line(out, 0, body->endpoints.count == 0 ? "Endpoints: <none>\n" : "Endpoints:\n");
    for (guint i = 0; i < body->endpoints.count; i++)
        describe_endpoint(out, &body->endpoints.items[i]);
    describe_events(out, description->events, description->wall_ns);
}

/* --- endpoints --------------------------------------------------------------------------- */

static void
describe_addresses(GString *out, const char *title, const EndpointAddress *addresses, guint count)
{
    g_autoptr(GString) text = g_string_new(count == 0 ? "<none>" : NULL);

    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", text_or(addresses[i].ip, ""));
    describe_line(out, 1, "%s:\t%s\n", title, text->str);
}

/* describeEndpoints */
static void
write_endpoints(GString *out, const Description *description)
{
    const EndpointsBody *body = endpoints_body(description->object);

    describe_head(out, description->object);
    describe_labels(out, "Labels", &description->object->meta->labels);
    describe_annotations(out, "Annotations", &description->object->meta->annotations);
    describe_line(out, 0, "Subsets:\n");
    for (guint i = 0; i < body->subsets.count; i++) {
        const EndpointSubset *subset = &body->subsets.items[i];

        describe_addresses(out, "Addresses", subset->addresses.items, subset->addresses.count);
        describe_addresses(out, "NotReadyAddresses", subset->not_ready.items, subset->not_ready.count);
        if (subset->ports.count > 0) {
            describe_line(out, 1, "Ports:\n");
            describe_line(out, 2, "Name\tPort\tProtocol\n");
            describe_line(out, 2, "----\t----\t--------\n");
        }
        for (guint k = 0; k < subset->ports.count; k++)
            describe_line(out, 2, "%s\t%d\t%s\n", text_or(subset->ports.items[k].name, "<unset>"),
                          subset->ports.items[k].port, text_or(subset->ports.items[k].protocol, ""));
        describe_line(out, 0, "\n");
    }
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_endpoints = {&endpoints_kind, write_endpoints};
const Describer describe_service = {&service_kind, write_service, &endpoint_slice_kind, ask_slices};
const Describer describe_endpoint_slice = {&endpoint_slice_kind, write_slice};
