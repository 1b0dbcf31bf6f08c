/* endpoints.c - see endpoints.h */

#include "net/endpoints.h"

#include "base/duration.h"

/* --- choosing ------------------------------------------------------------------------------ */

typedef enum { TOPOLOGY_NONE, TOPOLOGY_ZONE, TOPOLOGY_NODE } Topology;

static gboolean
hints_name(const EndpointHints *hints, Topology topology, const char *word)
{
    guint count = hints == NULL ? 0 : topology == TOPOLOGY_NODE ? hints->for_nodes.count : hints->for_zones.count;

    for (guint i = 0; i < count; i++)
        if (str_is(topology == TOPOLOGY_NODE ? hints->for_nodes.items[i].name : hints->for_zones.items[i].name, word))
            return TRUE;
    return FALSE;
}

/* A mode counts only if every ready endpoint has such hints and one of them names this place. */
static gboolean
topology_applies(const ProxyEndpoint *endpoints, guint count, Topology topology, const char *word)
{
    gboolean names_us = FALSE;

    for (guint i = 0; i < count; i++) {
        const EndpointHints *hints = endpoints[i].hints;

        if (!endpoints[i].is_ready)
            continue;
        if (hints == NULL || (topology == TOPOLOGY_NODE ? hints->for_nodes.count : hints->for_zones.count) == 0)
            return FALSE;
        names_us = names_us || hints_name(hints, topology, word);
    }
    return names_us;
}

static GArray *
pick(const ProxyEndpoint *endpoints, guint count, gboolean only_local, Topology topology, const char *word)
{
    GArray *picked = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < count; i++)
        if (endpoints[i].is_ready && (!only_local || endpoints[i].is_local) && (topology == TOPOLOGY_NONE || hints_name(endpoints[i].hints, topology, word)))
            g_array_append_val(picked, i);
    if (picked->len > 0)
        return picked;
    for (guint i = 0; i < count; i++) /* no ready one: those that end but still serve */
        if (endpoints[i].is_serving && endpoints[i].is_terminating && (!only_local || endpoints[i].is_local))
            g_array_append_val(picked, i);
    return picked;
}

EndpointChoice
endpoints_choose(const ProxyEndpoint *endpoints, guint count, const char *node_name, const char *zone, gboolean uses_cluster, gboolean uses_local)
{
    EndpointChoice choice = {0};

    if (uses_cluster) {
        Topology topology = TOPOLOGY_NONE;

        if (topology_applies(endpoints, count, TOPOLOGY_NODE, node_name))
            topology = TOPOLOGY_NODE;
        else if (zone != NULL && topology_applies(endpoints, count, TOPOLOGY_ZONE, zone))
            topology = TOPOLOGY_ZONE;
        choice.cluster = pick(endpoints, count, FALSE, topology, topology == TOPOLOGY_NODE ? node_name : zone);
        choice.has_any = choice.cluster->len > 0;
    }
    if (uses_local) {
        choice.local = pick(endpoints, count, TRUE, TOPOLOGY_NONE, NULL);
        for (guint i = 0; i < count; i++)
            choice.has_any = choice.has_any || endpoints[i].is_ready || (endpoints[i].is_serving && endpoints[i].is_terminating);
    }
    return choice;
}

void
endpoint_choice_clear(EndpointChoice *choice)
{
    if (choice->cluster != NULL)
        g_array_unref(choice->cluster);
    if (choice->local != NULL)
        g_array_unref(choice->local);
}

/* --- rules ------------------------------------------------------------------------------------ */

static gboolean
is_of_service(const ApiObject *slice, const ApiObject *service)
{
    return api_namespace(slice) == api_namespace(service) && str_is(str_map_get(&slice->meta->labels, "kubernetes.io/service-name"), api_name(service));
}

static void
add_endpoint(GArray *endpoints, const Endpoint *from, gint32 port, const char *node_name)
{
    ProxyEndpoint endpoint = {.port = port, .node_name = from->node_name, .hints = from->hints};

    if (from->addresses.count == 0)
        return;
    endpoint.ip = from->addresses.items[0];
    endpoint.is_ready = from->conditions.ready != OPT_FALSE; /* absent means ready */
    endpoint.is_serving = from->conditions.serving == OPT_UNSET ? endpoint.is_ready : from->conditions.serving == OPT_TRUE;
    endpoint.is_terminating = from->conditions.terminating == OPT_TRUE;
    endpoint.is_local = str_is(from->node_name, node_name);
    for (guint i = 0; i < endpoints->len; i++) { /* the same address in two slices counts once */
        const ProxyEndpoint *other = &g_array_index(endpoints, ProxyEndpoint, i);
        if (other->ip == endpoint.ip && other->port == endpoint.port)
            return;
    }
    g_array_append_val(endpoints, endpoint);
}

static GArray *
endpoints_of(const ApiObject *service, const ServicePort *port, GPtrArray *slices, const char *node_name)
{
    GArray *endpoints = g_array_new(FALSE, FALSE, sizeof(ProxyEndpoint));

    for (guint i = 0; i < slices->len; i++) {
        const ApiObject *slice = g_ptr_array_index(slices, i);
        const EndpointSliceBody *body = endpoint_slice_body(slice);

        if (!is_of_service(slice, service))
            continue;
        for (guint p = 0; p < body->ports.count; p++) {
            const EndpointPort *at = &body->ports.items[p];

            if (!str_is(at->name != NULL ? at->name : "", port->name != NULL ? port->name : "") || !at->port.is_set)
                continue;
            for (guint e = 0; e < body->endpoints.count; e++)
                add_endpoint(endpoints, &body->endpoints.items[e], at->port.value, node_name);
        }
    }
    return endpoints;
}

static void
add_rule(GArray *rules, const char *ip, gint32 port, const GArray *endpoints, const GArray *picked, gboolean has_any, gint64 affinity_ns)
{
    FilterRule rule = {.ip = ip, .port = port, .affinity_ns = affinity_ns};

    if (picked->len == 0) {
        /* Endpoints elsewhere that a Local policy forbids: drop. None at all: reject. */
        rule.verdict = has_any ? FILTER_DROP : FILTER_REJECT;
    } else {
        rule.verdict = FILTER_DNAT;
        rule.n_backends = picked->len;
        rule.backends = g_new(FilterBackend, picked->len);
        for (guint i = 0; i < picked->len; i++) {
            const ProxyEndpoint *endpoint = &g_array_index(endpoints, ProxyEndpoint, g_array_index(picked, guint, i));
            rule.backends[i] = (FilterBackend){endpoint->ip, endpoint->port};
        }
    }
    g_array_append_val(rules, rule);
}

static void
add_service_port(GArray *rules, const ApiObject *service, const ServicePort *port, GPtrArray *slices, const char *node_name, const char *zone, guint *written)
{
    const ServiceSpec *spec = service_spec(service);
    g_autoptr(GArray) endpoints = endpoints_of(service, port, slices, node_name);
    gboolean is_internal_local = str_is(spec->internal_traffic_policy, "Local");
    gboolean is_external_local = str_is(spec->external_traffic_policy, "Local");
    gboolean is_external = port->node_port != 0 || spec->external_ips.count > 0;
    gint64 affinity_ns = 0;
    EndpointChoice choice = endpoints_choose((const ProxyEndpoint *)(gconstpointer)endpoints->data, endpoints->len, node_name, zone, !is_internal_local || is_external, is_internal_local || (is_external && is_external_local));

    if (str_is(spec->session_affinity, "ClientIP")) {
        const SessionAffinityConfig *config = spec->session_affinity_config;
        affinity_ns = (config != NULL && config->client_ip != NULL && config->client_ip->timeout_s.is_set ? config->client_ip->timeout_s.value : 10800) * NS_PER_S;
    }
    add_rule(rules, spec->cluster_ip, port->port, endpoints, is_internal_local ? choice.local : choice.cluster, choice.has_any, affinity_ns);
    if (port->node_port != 0)
        add_rule(rules, NULL, port->node_port, endpoints, is_external_local ? choice.local : choice.cluster, choice.has_any, affinity_ns);
    for (guint i = 0; i < spec->external_ips.count; i++)
        add_rule(rules, spec->external_ips.items[i], port->port, endpoints, is_external_local ? choice.local : choice.cluster, choice.has_any, affinity_ns);
    *written += endpoints->len > 0 ? 2 + 3 * endpoints->len + (is_external ? 6 : 0) : 1;
    endpoint_choice_clear(&choice);
}

FilterRule *
endpoints_rules_of(GPtrArray *services, GPtrArray *slices, const char *node_name, const char *zone, guint *out_count, guint *out_written)
{
    g_autoptr(GArray) rules = g_array_new(FALSE, TRUE, sizeof(FilterRule));
    guint written = 8; /* the chains that are always there: nat 5, filter 3 */

    for (guint i = 0; i < services->len; i++) {
        const ApiObject *service = g_ptr_array_index(services, i);
        const ServiceSpec *spec = service_spec(service);

        if (str_is_empty(spec->cluster_ip) || str_is(spec->cluster_ip, "None") || str_is(spec->type, "ExternalName"))
            continue; /* headless and ExternalName: nothing to do here */
        if (str_map_get(&service->meta->labels, "service.kubernetes.io/service-proxy-name") != NULL)
            continue; /* another proxy's */
        for (guint p = 0; p < spec->ports.count; p++)
            if (!str_is(spec->ports.items[p].protocol, "UDP") && !str_is(spec->ports.items[p].protocol, "SCTP"))
                add_service_port(rules, service, &spec->ports.items[p], slices, node_name, zone, &written);
    }
    *out_count = rules->len;
    *out_written = written;
    return g_memdup2(rules->data, MAX(rules->len, 1) * sizeof(FilterRule));
}

FilterRule *
endpoints_build_rules(const Informer *services, const Informer *slices, const char *node_name, const char *zone, guint *out_count, guint *out_written)
{
    g_autoptr(GPtrArray) all_services = g_ptr_array_new();
    g_autoptr(GPtrArray) all_slices = g_ptr_array_new();

    informer_list(services, NULL, all_services);
    informer_list(slices, NULL, all_slices);
    return endpoints_rules_of(all_services, all_slices, node_name, zone, out_count, out_written);
}
