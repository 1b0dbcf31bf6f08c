/* traffic_way.c - see traffic_way.h */

#include "net/traffic_way.h"

#include "base/intern.h"

#define FIRST_FREE_PORT 1024

typedef struct {
    Machine *from, *entry;
    Sandbox *sandbox;
    const char *sandbox_id; /* interned: a sandbox's address may be used again, its id is not */
    const char *ip;         /* interned */
    gint32 port;
} Way;

typedef enum { FROM_OUTSIDE, FROM_NODE, FROM_POD } Origin;

struct TrafficWays {
    World *world;
    TrafficOptions options;
    TrafficResolver resolver;
    Origin origin;
    const char *from_namespace, *from_name;
    const char *to_namespace, *to_name;
    GHashTable *client_of; /* Way (owned) -> FlowClient* */
    GPtrArray *clients;    /* (owned) FlowClient*, in order of making */
    Way last_way;
    FlowClient *last_client;
};

/* Ways are only looked up, so an order by address is no harm. */
static guint
way_hash(gconstpointer key)
{
    const Way *way = key;

    return g_direct_hash(way->entry) / 16 + g_direct_hash(way->sandbox_id) * 3 +
           g_direct_hash(way->ip) * 5 + (guint)way->port;
}

static gboolean
way_equal(gconstpointer a, gconstpointer b)
{
    const Way *x = a;
    const Way *y = b;

    return x->from == y->from && x->entry == y->entry && x->sandbox_id == y->sandbox_id &&
           x->ip == y->ip && x->port == y->port;
}

static FlowClient *
add_client(TrafficWays *ways, const Way *way)
{
    const TrafficOptions *options = &ways->options;
    g_autofree char *name = g_strdup_printf("%s/%u", options->name, ways->clients->len);
    FlowClient *client =
        flow_client_new(ways->world,
                        &(FlowClientOptions){
                            .name = name,
                            .from_machine = way->from,
                            .from_sandbox = way->sandbox,
                            .entry = way->entry,
                            .ip = way->ip,
                            .port = way->port,
                            .timeout_ns = options->timeout_ns,
                            .first_port = options->client_ports > 0 ? FIRST_FREE_PORT : 0,
                            .n_ports = options->client_ports,
                            .reuse = options->reuse,
                        });

    g_hash_table_insert(ways->client_of, g_memdup2(way, sizeof *way), client);
    g_ptr_array_add(ways->clients, client);
    return client;
}

static FlowClient *
client_for(TrafficWays *ways, const Way *way)
{
    if (ways->last_client != NULL && way_equal(way, &ways->last_way))
        return ways->last_client;
    ways->last_way = *way;
    ways->last_client = g_hash_table_lookup(ways->client_of, way);
    if (ways->last_client == NULL)
        ways->last_client = add_client(ways, way);
    return ways->last_client;
}

/* Who sends: a machine, and a pod's network if it is a pod. FALSE: it does not exist now. */
static gboolean
find_origin(const TrafficWays *ways, Way *way)
{
    const TrafficResolver *resolver = &ways->resolver;

    switch (ways->origin) {
    case FROM_POD:
        way->sandbox =
            resolver->find_pod(resolver->self, ways->from_namespace, ways->from_name, &way->from);
        if (way->sandbox == NULL)
            return FALSE;
        way->sandbox_id = sandbox_id(way->sandbox);
        return TRUE;
    case FROM_NODE:
        way->from = resolver->find_node(resolver->self, ways->from_name);
        return way->from != NULL;
    case FROM_OUTSIDE:
    default:
        way->from = resolver->external;
        return TRUE;
    }
}

/* From outside a Service is entered through a node: by its node port, or by its address. */
static gboolean
find_service(const TrafficWays *ways, Way *way)
{
    const TrafficResolver *resolver = &ways->resolver;
    gint32 node_port;

    way->port = ways->options.port;
    if (ways->origin == FROM_OUTSIDE) {
        if (!resolver->resolve_external(resolver->self, ways->to_namespace, ways->to_name,
                                        way->port, &way->entry, &node_port))
            return FALSE;
        if (node_port != 0) {
            way->port = node_port;
            return TRUE;
        }
    }
    if (!resolver->resolve_service(resolver->self, ways->to_namespace, ways->to_name, &way->ip))
        return FALSE;
    way->ip = str_intern(way->ip);
    return TRUE;
}

/* From inside a node's own rules stand in for the balancer; from outside it chooses a node. */
static gboolean
find_balancer(const TrafficWays *ways, Way *way)
{
    const TrafficResolver *resolver = &ways->resolver;
    Machine *entry = NULL;

    way->port = ways->options.port;
    if (!resolver->resolve_balancer(resolver->self, ways->to_namespace, ways->to_name, &way->ip, &entry))
        return FALSE;
    if (ways->origin == FROM_OUTSIDE)
        way->entry = entry;
    return TRUE;
}

FlowClient *
traffic_ways_find(TrafficWays *ways)
{
    const TrafficOptions *options = &ways->options;
    Way way = {0};

    if (!find_origin(ways, &way))
        return NULL;
    if (options->to_node != NULL) {
        way.entry = ways->resolver.find_node(ways->resolver.self, options->to_node);
        way.port = options->port;
        return way.entry != NULL ? client_for(ways, &way) : NULL;
    }
    if (ways->to_name == NULL || !(options->by_balancer ? find_balancer(ways, &way) : find_service(ways, &way)))
        return NULL;
    return client_for(ways, &way);
}

/* --- life ------------------------------------------------------------------------------- */

/* "NAMESPACE/NAME"; without a slash the namespace is default. */
static void
split(const char *text, const char **out_namespace, const char **out_name)
{
    const char *slash = strchr(text, '/');

    *out_namespace =
        slash != NULL ? str_intern_len(text, (gsize)(slash - text)) : str_intern("default");
    *out_name = str_intern(slash != NULL ? slash + 1 : text);
}

TrafficWays *
traffic_ways_new(World *world, const TrafficOptions *options, const TrafficResolver *resolver)
{
    TrafficWays *ways = g_new0(TrafficWays, 1);
    const char *from = options->from != NULL ? options->from : "external";

    ways->world = world;
    ways->options = *options;
    ways->resolver = *resolver;
    ways->client_of = g_hash_table_new_full(way_hash, way_equal, g_free, NULL);
    ways->clients = g_ptr_array_new_with_free_func((GDestroyNotify)flow_client_free);
    if (g_str_has_prefix(from, "pod/")) {
        ways->origin = FROM_POD;
        split(from + strlen("pod/"), &ways->from_namespace, &ways->from_name);
    } else if (g_str_has_prefix(from, "node/")) {
        ways->origin = FROM_NODE;
        ways->from_name = str_intern(from + strlen("node/"));
    }
    if (options->to_service != NULL)
        split(options->to_service, &ways->to_namespace, &ways->to_name);
    return ways;
}

void
traffic_ways_free(TrafficWays *ways)
{
    g_ptr_array_unref(ways->clients);
    g_hash_table_unref(ways->client_of);
    g_free(ways);
}
