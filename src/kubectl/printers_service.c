/*
 * printers_service.c - rows of services, endpoint slices, endpoints
 *
 * Models: v1.33 pkg/printers/internalversion printService, printEndpointSlice,
 * printEndpoints.
 */

#include "kubectl/printers.h"

#define SHOWN_MAX 3
/* A load balancer's addresses beyond this are cut, unless -o wide. */
#define LOAD_BALANCER_WIDTH 16

static const PrintColumn service_columns[] = {
    {"NAME"},    {"TYPE"}, {"CLUSTER-IP"},     {"EXTERNAL-IP"},
    {"PORT(S)"}, {"AGE"},  {"SELECTOR", TRUE}, {0},
};
static const PrintColumn slice_columns[] = {
    {"NAME"}, {"ADDRESSTYPE"}, {"PORTS"}, {"ENDPOINTS"}, {"AGE"}, {0},
};
static const PrintColumn endpoints_columns[] = {{"NAME"}, {"ENDPOINTS"}, {"AGE"}, {0}};

static void
append_joined(GString *text, const StrList *list)
{
    for (guint i = 0; i < list->count; i++)
        g_string_append_printf(text, "%s%s", text->len > 0 ? "," : "", list->items[i]);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Addresses that a load balancer gave: sorted, each once. (owned) */
static char *
load_balancer_text(const ApiObject *service, gboolean wide)
{
    const ServiceStatus *status = service->status;
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();
    GString *text = g_string_new(NULL);

    for (guint i = 0; status != NULL && i < status->load_balancer.ingress.count; i++) {
        const LoadBalancerIngress *ingress = &status->load_balancer.ingress.items[i];
        const char *address = !str_is_empty(ingress->ip) ? ingress->ip : ingress->hostname;

        if (!str_is_empty(address) && !g_ptr_array_find(addresses, address, NULL))
            g_ptr_array_add(addresses, (gpointer)address);
    }
    g_ptr_array_sort(addresses, by_text);
    for (guint i = 0; i < addresses->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(addresses, i));
    if (!wide && text->len > LOAD_BALANCER_WIDTH) {
        g_string_truncate(text, LOAD_BALANCER_WIDTH - 3);
        g_string_append(text, "...");
    }
    return g_string_free(text, FALSE);
}

/* (owned) */
static char *
external_ip_text(const ApiObject *service, gboolean wide)
{
    const ServiceSpec *spec = service_spec(service);
    GString *text = g_string_new(NULL);

    if (str_is(spec->type, "ExternalName")) {
        g_string_append(text, spec->external_name != NULL ? spec->external_name : "");
        return g_string_free(text, FALSE);
    }
    if (str_is(spec->type, "LoadBalancer")) {
        g_autofree char *given = load_balancer_text(service, wide);

        g_string_append(text, given);
        append_joined(text, &spec->external_ips);
        if (text->len == 0)
            g_string_append(text, "<pending>");
    } else if (str_is(spec->type, "ClusterIP") || str_is(spec->type, "NodePort")) {
        append_joined(text, &spec->external_ips);
        if (text->len == 0)
            g_string_append(text, "<none>");
    } else {
        g_string_append(text, "<unknown>");
    }
    return g_string_free(text, FALSE);
}

static void
add_service_ports(const ServiceSpec *spec, GPtrArray *out)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];

        g_string_append_printf(text, "%s%d", i > 0 ? "," : "", port->port);
        if (port->node_port > 0)
            g_string_append_printf(text, ":%d", port->node_port);
        g_string_append_printf(text, "/%s", port->protocol != NULL ? port->protocol : "");
    }
    if (spec->ports.count == 0)
        g_string_append(text, "<none>");
    g_ptr_array_add(out, g_string_free(text, FALSE));
}

static void
service_cells(const ApiObject *service, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const ServiceSpec *spec = service_spec(service);

    cell_add(out, "%s", api_name(service));
    cell_add(out, "%s", spec->type != NULL ? spec->type : "");
    cell_add(out, "%s", spec->cluster_ips.count > 0 ? spec->cluster_ips.items[0] : "<none>");
    g_ptr_array_add(out, external_ip_text(service, wide));
    add_service_ports(spec, out);
    cell_add_age(out, service, wall_ns);
    cell_add(out, "%s", str_map_format(&spec->selector, "<none>"));
}

/* --- slices ------------------------------------------------------------------------------ */

/* "a,b,c + 2 more..."; nothing: "<unset>". */
static void
add_shortened(GPtrArray *texts, GPtrArray *out)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < texts->len && i < SHOWN_MAX; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(texts, i));
    if (texts->len > SHOWN_MAX)
        g_string_append_printf(text, " + %u more...", texts->len - SHOWN_MAX);
    if (texts->len == 0)
        g_string_append(text, "<unset>");
    g_ptr_array_add(out, g_string_free(text, FALSE));
}

static void
slice_cells(const ApiObject *slice, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const EndpointSliceBody *body = endpoint_slice_body(slice);
    g_autoptr(GPtrArray) ports = g_ptr_array_new();
    g_autoptr(GPtrArray) addresses = g_ptr_array_new();

    (void)wide;
    for (guint i = 0; i < body->ports.count; i++) {
        const EndpointPort *port = &body->ports.items[i];
        const char *text = port->port.is_set          ? str_internf("%d", port->port.value)
                           : str_is_empty(port->name) ? "*"
                                                      : port->name;

        g_ptr_array_add(ports, (gpointer)text);
    }
    for (guint i = 0; i < body->endpoints.count; i++)
        for (guint k = 0; k < body->endpoints.items[i].addresses.count; k++)
            g_ptr_array_add(addresses, (gpointer)body->endpoints.items[i].addresses.items[k]);
    cell_add(out, "%s", api_name(slice));
    cell_add(out, "%s", body->address_type != NULL ? body->address_type : "");
    add_shortened(ports, out);
    add_shortened(addresses, out);
    cell_add_age(out, slice, wall_ns);
}

/* --- endpoints --------------------------------------------------------------------------- */

static const char *
host_port(const char *address, gint32 port)
{
    return strchr(address, ':') != NULL ? str_internf("[%s]:%d", address, port)
                                        : str_internf("%s:%d", address, port);
}

/* formatEndpoints: those that are ready; nothing at all where none is. */
static void
add_endpoints(const EndpointsBody *body, GPtrArray *out)
{
    GString *text = g_string_new(body->subsets.count == 0 ? "<none>" : NULL);
    guint count = 0;

    for (guint s = 0; s < body->subsets.count; s++) {
        const EndpointSubset *subset = &body->subsets.items[s];

        for (guint p = 0; p < MAX(subset->ports.count, 1); p++)
            for (guint i = 0; i < subset->addresses.count; i++) {
                const char *ip = subset->addresses.items[i].ip;

                if (count++ >= SHOWN_MAX)
                    continue;
                g_string_append_printf(text, "%s%s", count > 1 ? "," : "",
                                       subset->ports.count > 0 ? host_port(ip, subset->ports.items[p].port) : ip);
            }
    }
    if (count > SHOWN_MAX)
        g_string_append_printf(text, " + %u more...", count - SHOWN_MAX);
    g_ptr_array_add(out, g_string_free(text, FALSE));
}

static void
endpoints_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    (void)wide;
    cell_add(out, "%s", api_name(object));
    add_endpoints(endpoints_body(object), out);
    cell_add_age(out, object, wall_ns);
}

const Printer service_printer = {&service_kind, service_columns, service_cells};
const Printer endpoint_slice_printer = {&endpoint_slice_kind, slice_columns, slice_cells};
const Printer endpoints_printer = {&endpoints_kind, endpoints_columns, endpoints_cells};
