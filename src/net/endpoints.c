/* endpoints.c - see endpoints.h */

#include "net/endpoints.h"

#include "base/duration.h"

#define AFFINITY_DEFAULT_S 10800

/* --- choosing ------------------------------------------------------------------------------ */

typedef enum { TOPOLOGY_NONE, TOPOLOGY_ZONE, TOPOLOGY_NODE } Topology;

static guint
hint_count(const EndpointHints *hints, Topology topology)
{
    if (hints == NULL)
        return 0;
    return topology == TOPOLOGY_NODE ? hints->for_nodes.count : hints->for_zones.count;
}

static gboolean
hints_name(const EndpointHints *hints, Topology topology, const char *word)
{
    const ForZone *items = hints == NULL               ? NULL
                           : topology == TOPOLOGY_NODE ? hints->for_nodes.items
                                                       : hints->for_zones.items;

    for (guint i = 0; i < hint_count(hints, topology); i++)
        if (str_is(items[i].name, word))
            return TRUE;
    return FALSE;
}

/* A mode counts only if every ready endpoint has such hints and one of them names this place. */
static gboolean
topology_applies(const ProxyEndpoint *endpoints, guint count, Topology topology, const char *word)
{
    gboolean names_us = FALSE;

    if (word == NULL)
        return FALSE;
    for (guint i = 0; i < count; i++) {
        if (!endpoints[i].is_ready)
            continue;
        if (hint_count(endpoints[i].hints, topology) == 0)
            return FALSE;
        names_us = names_us || hints_name(endpoints[i].hints, topology, word);
    }
    return names_us;
}

/* Ready ones that the hints allow; if there are none, those that end but still serve. */
static GArray *
pick(const ProxyEndpoint *endpoints,
     guint count,
     gboolean only_local,
     Topology topology,
     const char *word)
{
    GArray *picked = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < count; i++) {
        const ProxyEndpoint *endpoint = &endpoints[i];

        if (endpoint->is_ready && (!only_local || endpoint->is_local) &&
            (topology == TOPOLOGY_NONE || hints_name(endpoint->hints, topology, word)))
            g_array_append_val(picked, i);
    }
    if (picked->len > 0)
        return picked;
    for (guint i = 0; i < count; i++) {
        const ProxyEndpoint *endpoint = &endpoints[i];

        if (endpoint->is_serving && endpoint->is_terminating && (!only_local || endpoint->is_local))
            g_array_append_val(picked, i);
    }
    return picked;
}

EndpointChoice
endpoints_choose(const ProxyEndpoint *endpoints,
                 guint count,
                 const char *node_name,
                 const char *zone,
                 gboolean uses_cluster,
                 gboolean uses_local)
{
    EndpointChoice choice = {0};

    if (uses_cluster) {
        Topology topology = TOPOLOGY_NONE;

        if (topology_applies(endpoints, count, TOPOLOGY_NODE, node_name))
            topology = TOPOLOGY_NODE;
        else if (topology_applies(endpoints, count, TOPOLOGY_ZONE, zone))
            topology = TOPOLOGY_ZONE;
        choice.cluster =
            pick(endpoints, count, FALSE, topology, topology == TOPOLOGY_NODE ? node_name : zone);
        choice.has_any = choice.cluster->len > 0;
    }
    if (uses_local) {
        choice.local = pick(endpoints, count, TRUE, TOPOLOGY_NONE, NULL);
        for (guint i = 0; i < count && !choice.has_any; i++)
            choice.has_any =
                endpoints[i].is_ready || (endpoints[i].is_serving && endpoints[i].is_terminating);
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

/* --- the endpoints of a service port --------------------------------------------------------- */

static guint
endpoint_hash(gconstpointer key)
{
    const ProxyEndpoint *endpoint = key;

    return g_direct_hash(endpoint->ip) / 8 * 31 + (guint)endpoint->port;
}

static gboolean
endpoint_equal(gconstpointer a, gconstpointer b)
{
    const ProxyEndpoint *x = a;
    const ProxyEndpoint *y = b;

    return x->ip == y->ip && x->port == y->port;
}

static ProxyEndpoint
endpoint_of(const Endpoint *from, gint32 port, const char *node_name)
{
    ProxyEndpoint endpoint = {.port = port, .node_name = from->node_name, .hints = from->hints};
    const EndpointConditions *conditions = &from->conditions;

    endpoint.ip = from->addresses.items[0];
    endpoint.is_ready = conditions->ready != OPT_FALSE; /* absent means ready */
    endpoint.is_serving =
        conditions->serving == OPT_UNSET ? endpoint.is_ready : conditions->serving == OPT_TRUE;
    endpoint.is_terminating = conditions->terminating == OPT_TRUE;
    endpoint.is_local = str_is(from->node_name, node_name);
    return endpoint;
}

static gboolean
is_same_name(const char *a, const char *b)
{
    return str_is_empty(a) ? str_is_empty(b) : str_is(a, b);
}

/* Slice ports belong to the service port of the same name and protocol. */
static gboolean
port_matches(const EndpointPort *at, const ServicePort *port)
{
    const char *protocol = at->protocol != NULL ? at->protocol : "TCP";

    return at->port.is_set && is_same_name(at->name, port->name) &&
           str_is(protocol, port->protocol != NULL ? port->protocol : "TCP");
}

/* An address that stands in two slices counts once. */
static GArray *
endpoints_of(const ServicePort *port, GPtrArray *slices, const char *node_name)
{
    GArray *endpoints = g_array_new(FALSE, FALSE, sizeof(ProxyEndpoint));
    g_autoptr(GHashTable) seen = g_hash_table_new_full(endpoint_hash, endpoint_equal, g_free, NULL);

    for (guint i = 0; i < slices->len; i++) {
        const EndpointSliceBody *body = endpoint_slice_body(g_ptr_array_index(slices, i));

        if (str_is(body->address_type, "IPv6") || str_is(body->address_type, "FQDN"))
            continue;
        for (guint p = 0; p < body->ports.count; p++) {
            if (!port_matches(&body->ports.items[p], port))
                continue;
            for (guint e = 0; e < body->endpoints.count; e++) {
                const Endpoint *from = &body->endpoints.items[e];
                ProxyEndpoint endpoint;

                if (from->addresses.count == 0)
                    continue;
                endpoint = endpoint_of(from, body->ports.items[p].port.value, node_name);
                if (g_hash_table_add(seen, g_memdup2(&endpoint, sizeof endpoint)))
                    g_array_append_val(endpoints, endpoint);
            }
        }
    }
    return endpoints;
}

/* --- rules ------------------------------------------------------------------------------------ */

guint
endpoints_count_local_ready(GPtrArray *slices, const char *node_name)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < slices->len; i++) {
        const EndpointSliceBody *body = endpoint_slice_body(g_ptr_array_index(slices, i));

        for (guint e = 0; e < body->endpoints.count; e++) {
            const Endpoint *endpoint = &body->endpoints.items[e];

            if (endpoint->addresses.count > 0 && endpoint->conditions.ready != OPT_FALSE &&
                str_is(endpoint->node_name, node_name))
                g_hash_table_add(seen, (gpointer)endpoint->addresses.items[0]);
        }
    }
    return g_hash_table_size(seen);
}

/* What the rules of one service port have in common. */
typedef struct {
    GArray *rules; /* of FilterRule */
    const GArray *endpoints;
    gboolean has_any;
    gint64 affinity_ns;
    const char *sources; /* of the rules that are made now; NULL: all */
    gboolean in_turn;
} RuleMaker;

static void
add_rule(RuleMaker *maker, const char *ip, gint32 port, FilterOrigin origin, const GArray *picked)
{
    FilterRule rule = {.ip = ip, .port = port, .origin = origin};

    rule.affinity_ns = maker->affinity_ns;
    rule.in_turn = maker->in_turn;
    if (picked->len == 0) {
        /* Endpoints elsewhere that a Local policy forbids: drop. None at all: reject. */
        rule.verdict = maker->has_any ? FILTER_DROP : FILTER_REJECT;
    } else {
        rule.verdict = FILTER_DNAT;
        rule.sources = maker->sources;
        rule.n_backends = picked->len;
        rule.backends = g_new0(FilterBackend, picked->len);
        for (guint i = 0; i < picked->len; i++) {
            guint index = g_array_index(picked, guint, i);
            const ProxyEndpoint *endpoint = &g_array_index(maker->endpoints, ProxyEndpoint, index);

            rule.backends[i].ip = endpoint->ip;
            rule.backends[i].port = endpoint->port;
        }
    }
    g_array_append_val(maker->rules, rule);
}

/*
 * An address that is called from outside. With policy Local the machine itself
 * and its pods still take the short cut to all endpoints.
 */
static void
add_external(RuleMaker *maker,
             const char *ip,
             gint32 port,
             gboolean is_local,
             const EndpointChoice *choice)
{
    if (!is_local) {
        add_rule(maker, ip, port, FILTER_FROM_ANYWHERE, choice->cluster);
        return;
    }
    add_rule(maker, ip, port, FILTER_FROM_OUTSIDE, choice->local);
    add_rule(maker, ip, port, FILTER_FROM_INSIDE, choice->cluster);
}

static gint64
affinity_of(const ServiceSpec *spec)
{
    const SessionAffinityConfig *config = spec->session_affinity_config;
    gboolean is_set =
        config != NULL && config->client_ip != NULL && config->client_ip->timeout_s.is_set;

    if (!str_is(spec->session_affinity, "ClientIP"))
        return 0;
    return (is_set ? config->client_ip->timeout_s.value : AFFINITY_DEFAULT_S) * NS_PER_S;
}

/* Addresses of load balancers for which the node itself stands in. */
static gboolean
is_vip(const LoadBalancerIngress *ingress)
{
    return !str_is_empty(ingress->ip) && !str_is(ingress->ip_mode, "Proxy");
}

static const LoadBalancerStatus *
balancer_of(const ApiObject *service)
{
    return &((const ServiceStatus *)service->status)->load_balancer;
}

/* The firewall chain of a balancer's address (usesFWChain); NULL: there is none. (interned) */
static const char *
sources_of(const ServiceSpec *spec)
{
    GString *text;
    const char *sources;

    if (spec->load_balancer_source_ranges.count == 0)
        return NULL;
    text = g_string_new(NULL);
    for (guint i = 0; i < spec->load_balancer_source_ranges.count; i++) {
        g_autofree char *range = g_strstrip(g_strdup(spec->load_balancer_source_ranges.items[i]));

        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", range);
    }
    sources = str_intern(text->str);
    g_string_free(text, TRUE);
    return sources;
}

static guint
count_vips(const ApiObject *service)
{
    const LoadBalancerStatus *status = balancer_of(service);
    guint count = 0;

    for (guint i = 0; i < status->ingress.count; i++)
        count += is_vip(&status->ingress.items[i]);
    return count;
}

/*
 * v1.26 pkg/proxy/iptables/number_generated_rules_test.go: a port with n endpoints
 * has 2 + 3 n lines of nat; with outside addresses 2 more for their chain and one
 * for each address, one for source ranges (and one of filter). Without endpoints
 * one line of filter for each address.
 */
static void
count_lines(RuleLines *lines, guint n_endpoints, guint n_external, gboolean has_ranges)
{
    if (n_endpoints == 0) {
        lines->filter += 1 + n_external;
        return;
    }
    lines->nat += 2 + 3 * n_endpoints;
    if (n_external > 0)
        lines->nat += 2 + n_external + (has_ranges ? 1 : 0);
    lines->filter += n_external > 0 && has_ranges ? 1 : 0;
}

static void
add_service_port(GArray *rules,
                 const ApiObject *service,
                 const ServicePort *port,
                 GPtrArray *slices,
                 const ProxyNode *node,
                 RuleLines *lines)
{
    const ServiceSpec *spec = service_spec(service);
    const LoadBalancerStatus *balancer = balancer_of(service);
    g_autoptr(GArray) endpoints = endpoints_of(port, slices, node->node_name);
    gboolean internal_is_local = str_is(spec->internal_traffic_policy, "Local");
    gboolean external_is_local = str_is(spec->external_traffic_policy, "Local");
    guint n_external =
        (port->node_port != 0 ? 1 : 0) + spec->external_ips.count + count_vips(service);
    gboolean is_external = n_external > 0;
    EndpointChoice choice =
        endpoints_choose((const ProxyEndpoint *)(gconstpointer)endpoints->data, endpoints->len,
                         node->has_node_hints ? node->node_name : NULL, node->zone,
                         !internal_is_local || is_external,
                         internal_is_local || (is_external && external_is_local));
    RuleMaker maker = {rules, endpoints, choice.has_any, affinity_of(spec), NULL, node->in_turn};

    add_rule(&maker, spec->cluster_ip, port->port, FILTER_FROM_ANYWHERE,
             internal_is_local ? choice.local : choice.cluster);
    if (port->node_port != 0)
        add_external(&maker, NULL, port->node_port, external_is_local, &choice);
    for (guint i = 0; i < spec->external_ips.count; i++)
        add_external(&maker, spec->external_ips.items[i], port->port, external_is_local, &choice);
    maker.sources = sources_of(spec);
    for (guint i = 0; i < balancer->ingress.count; i++)
        if (is_vip(&balancer->ingress.items[i]))
            add_external(&maker, balancer->ingress.items[i].ip, port->port, external_is_local,
                         &choice);
    count_lines(lines, endpoints->len, n_external, spec->load_balancer_source_ranges.count > 0);
    endpoint_choice_clear(&choice);
}

static gboolean
is_proxied(const ApiObject *service)
{
    const ServiceSpec *spec = service_spec(service);
    static const char other_proxy[] = "service.kubernetes.io/service-proxy-name";

    return !str_is_empty(spec->cluster_ip) && !str_is(spec->cluster_ip, "None") &&
           !str_is(spec->type, "ExternalName") &&
           str_map_get(&service->meta->labels, other_proxy) == NULL;
}

FilterRule *
endpoints_service_rules(const ApiObject *service,
                        GPtrArray *slices,
                        const ProxyNode *node,
                        guint *out_count,
                        RuleLines *lines)
{
    const ServiceSpec *spec = service_spec(service);
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(FilterRule));

    for (guint i = 0; is_proxied(service) && i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];

        if (!str_is(port->protocol, "UDP") && !str_is(port->protocol, "SCTP"))
            add_service_port(rules, service, port, slices, node, lines);
    }
    *out_count = rules->len;
    return (FilterRule *)(gpointer)g_array_free(rules, rules->len == 0);
}
