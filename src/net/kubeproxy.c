/* kubeproxy.c - see kubeproxy.h: the process, what it watches, when a sync runs */

#include "net/kubeproxy.h"
#include "api/profile.h"

#include "base/duration.h"
#include "client/component.h"
#include "net/endpoints.h"
#include "world/runtime.h"

#define DEFAULT_MIN_SYNC_NS NS_PER_S
#define DEFAULT_MINOR       34
#define ZONE_LABEL          "topology.kubernetes.io/zone"
#define SERVICE_LABEL       "kubernetes.io/service-name"
#define DELETE_TAINT        "ToBeDeletedByClusterAutoscaler"

/* A sync takes 30..50 ms with few services (recorded), then some time per rule. */
#define SYNC_BASE_NS     (30 * NS_PER_MS)
#define SYNC_SPREAD_NS   (20 * NS_PER_MS)
#define SYNC_PER_LINE_NS (5 * NS_PER_US)
/* The other modes, assumed. */
#define SYNC_OTHER_NS        (20 * NS_PER_MS)
#define SYNC_PER_ENDPOINT_NS (20 * NS_PER_US)

/* healthTimeout: a change that waits longer makes the proxy unhealthy. */
#define HEALTH_PERIODS 2
#define SYNC_PERIOD_NS (30 * NS_PER_S)

typedef enum { PROXY_IDLE, PROXY_WAITING, PROXY_SYNCING } ProxyState;

/* What is known of one Service ("namespace/name"), present or past. */
typedef struct {
    const char *key; /* interned; also the name of its group in the filter */
    const char *namespace_, *name;
    GPtrArray *slices; /* interned names of its EndpointSlices, in order of coming */
    gboolean is_dirty;
    guint n_ports; /* of the rules that stand */
    gint32 health_port;   /* healthCheckNodePort as of the last sync that has ended; 0: none */
    guint n_local_ready;  /* as of then */
} Service;

/* Rules taken at the start of the sync that runs. */
typedef struct {
    Service *service;
    FilterRule *rules; /* (owned) */
    guint n_rules;
    gint32 health_port;
    guint n_local_ready;
} Pending;

struct KubeProxy {
    KubeProxyOptions options;
    Component *component;
    Informer *services, *slices, *nodes;
    ProxyState state;
    gboolean is_synced;   /* all lists are there */
    gboolean is_full;     /* the next sync writes everything */
    gboolean has_changes; /* came during a sync */
    gint64 waiting_ns;    /* since when a change waits for the end of a sync; -1: none does */
    gint64 burst_ns;      /* credit of syncs that need not wait, in times of minSyncPeriod */
    gint64 burst_from_ns; /* since when it grows */
    SimTimer next;        /* the sync that waits, or the end of the one that runs */
    GHashTable *by_key;   /* interned key -> Service* (owned) */
    GPtrArray *dirty;     /* Service*, in order of change */
    GArray *pending;      /* of Pending */
    guint n_ports;        /* of all services: top-level rules */
    guint lines;          /* of the sync that runs */
    gint64 paused_due_ns, paused_left_ns; /* of `next` when the process was paused; -1: nothing */
    KubeProxyCounters counters;
    Rng *rng;
};

/* --- when ----------------------------------------------------------------------------------- */

static gint64
now_of(const KubeProxy *proxy)
{
    return sim_now_ns(proxy->options.sim);
}

/*
 * v1.34 pkg/proxy/runner: at once, but not sooner than minSyncPeriod after the
 * end of the last. Before v1.33 a token bucket that holds two stood before it.
 */
static gint64
earliest_start_ns(KubeProxy *proxy)
{
    gint64 period_ns = proxy->options.min_sync_ns;
    gint64 now = now_of(proxy);

    if (!profile_has(FEATURE_PROXY_FIXED_PERIOD, proxy->options.version_minor)) {
        proxy->burst_ns = MIN(proxy->burst_ns + now - proxy->burst_from_ns, 2 * period_ns);
        proxy->burst_from_ns = now;
        if (proxy->burst_ns >= period_ns)
            return now;
    }
    return MAX(now, proxy->counters.last_end_ns + period_ns);
}

static void
request_sync(KubeProxy *proxy)
{
    if (!proxy->is_synced)
        return;
    if (proxy->waiting_ns < 0)
        proxy->waiting_ns = now_of(proxy);
    if (proxy->state == PROXY_SYNCING)
        proxy->has_changes = TRUE;
    if (proxy->state != PROXY_IDLE)
        return;
    proxy->state = PROXY_WAITING;
    sim_waited(proxy->options.sim, profile_timers[TIMER_PROXY_MIN_SYNC].name, earliest_start_ns(proxy) - now_of(proxy));
    sim_timer_arm_at(&proxy->next, earliest_start_ns(proxy));
}

/* --- one sync ---------------------------------------------------------------------------------- */

static void
drop_pending(KubeProxy *proxy)
{
    for (guint i = 0; i < proxy->pending->len; i++) {
        Pending *pending = &g_array_index(proxy->pending, Pending, i);

        for (guint k = 0; k < pending->n_rules; k++)
            g_free(pending->rules[k].backends);
        g_free(pending->rules);
    }
    g_array_set_size(proxy->pending, 0);
}

static void
take_service(KubeProxy *proxy, Service *service, const ProxyNode *node, RuleLines *lines)
{
    const ApiObject *object = informer_get(proxy->services, service->namespace_, service->name);
    g_autoptr(GPtrArray) slices = g_ptr_array_new();
    Pending pending = {.service = service};

    for (guint i = 0; i < service->slices->len; i++) {
        const char *name = g_ptr_array_index(service->slices, i);
        const ApiObject *slice = informer_get(proxy->slices, service->namespace_, name);

        if (slice != NULL)
            g_ptr_array_add(slices, (gpointer)slice);
    }
    if (object != NULL) {
        pending.rules = endpoints_service_rules(object, slices, node, &pending.n_rules, lines);
        pending.health_port = pending.n_rules > 0 ? service_spec(object)->health_check_node_port : 0;
    }
    if (pending.health_port != 0)
        pending.n_local_ready = endpoints_count_local_ready(slices, node->node_name);
    proxy->n_ports -= service->n_ports;
    service->n_ports = pending.n_rules > 0 ? service_spec(object)->ports.count : 0;
    proxy->n_ports += service->n_ports;
    service->is_dirty = FALSE;
    g_array_append_val(proxy->pending, pending);
}

/* Backends of what has changed. */
static guint
count_endpoints(const KubeProxy *proxy)
{
    guint count = 0;

    for (guint i = 0; i < proxy->pending->len; i++) {
        const Pending *pending = &g_array_index(proxy->pending, Pending, i);

        for (guint k = 0; k < pending->n_rules; k++)
            count += pending->rules[k].n_backends;
    }
    return count;
}

static gint64
sync_time_ns(KubeProxy *proxy)
{
    gint64 spread_ns = rng_between_ns(proxy->rng, 0, SYNC_SPREAD_NS);

    if (proxy->options.mode == KUBE_PROXY_IPTABLES)
        return SYNC_BASE_NS + spread_ns + (gint64)proxy->lines * SYNC_PER_LINE_NS;
    return SYNC_OTHER_NS + spread_ns + (gint64)count_endpoints(proxy) * SYNC_PER_ENDPOINT_NS;
}

static void
begin_sync(KubeProxy *proxy)
{
    Runtime *runtime = machine_runtime(proxy->options.machine);
    const ApiObject *object = informer_get(proxy->nodes, NULL, proxy->options.node_name);
    ProxyNode node = {.node_name = proxy->options.node_name, .in_turn = proxy->options.mode == KUBE_PROXY_IPVS};
    RuleLines lines = {0};
    gint64 took_ns;

    if (object != NULL)
        node.zone = str_map_get(&object->meta->labels, ZONE_LABEL);
    node.has_node_hints = profile_has(FEATURE_HINTS_FOR_NODES, proxy->options.version_minor);
    for (guint i = 0; i < proxy->dirty->len; i++)
        take_service(proxy, g_ptr_array_index(proxy->dirty, i), &node, &lines);
    g_ptr_array_set_size(proxy->dirty, 0);
    /* v1.28: a partial sync writes the rules that lead to each service, and the chains that changed. */
    proxy->lines = lines.nat + lines.filter;
    if (proxy->is_full)
        proxy->lines += RULE_LINES_ALWAYS.nat + RULE_LINES_ALWAYS.filter;
    else
        proxy->lines += proxy->n_ports;
    proxy->burst_ns = MAX(proxy->burst_ns - proxy->options.min_sync_ns, 0);
    proxy->state = PROXY_SYNCING;
    proxy->has_changes = FALSE;
    proxy->counters.last_start_ns = now_of(proxy);
    took_ns = sync_time_ns(proxy);
    sim_timer_arm_after(&proxy->next, took_ns);
    if (runtime != NULL) /* iptables-save and iptables-restore compute all the time */
        runtime_load(runtime, took_ns);
}

static void
end_sync(KubeProxy *proxy)
{
    NetFilter *filter = machine_filter(proxy->options.machine);

    if (proxy->is_full)
        filter_replace(filter, NULL, 0);
    for (guint i = 0; i < proxy->pending->len; i++) {
        Pending *pending = &g_array_index(proxy->pending, Pending, i);

        filter_set_group(filter, pending->service->key, pending->rules, pending->n_rules);
        pending->service->health_port = pending->health_port;
        pending->service->n_local_ready = pending->n_local_ready;
        g_free(pending->rules); /* the backends belong to the filter now */
    }
    g_array_set_size(proxy->pending, 0);
    proxy->is_full = FALSE;
    proxy->waiting_ns = -1;
    sim_trace(proxy->options.sim, "kube-proxy", "sync",
              str_internf("node/%s", proxy->options.node_name), "RulesWritten",
              "%u addresses in the packet filter of %s", filter_rule_count(filter),
              proxy->options.node_name);
    proxy->state = PROXY_IDLE;
    proxy->counters.syncs++;
    proxy->counters.lines = proxy->lines;
    proxy->counters.last_end_ns = now_of(proxy);
    if (proxy->has_changes)
        request_sync(proxy);
}

static void
proxy_on_next(Sim *sim, gpointer self)
{
    KubeProxy *proxy = self;

    (void)sim;
    if (proxy->state == PROXY_SYNCING)
        end_sync(proxy);
    else
        begin_sync(proxy);
}

/* --- what it watches -------------------------------------------------------------------------- */

static void
service_free(gpointer self)
{
    Service *service = self;

    g_ptr_array_unref(service->slices);
    g_free(service);
}

static Service *
service_at(KubeProxy *proxy, const char *namespace_, const char *name)
{
    const char *key = str_internf("%s/%s", namespace_, name);
    Service *service = g_hash_table_lookup(proxy->by_key, key);

    if (service != NULL)
        return service;
    service = g_new0(Service, 1);
    service->key = key;
    service->namespace_ = namespace_;
    service->name = name;
    service->slices = g_ptr_array_new();
    g_hash_table_insert(proxy->by_key, (gpointer)key, service);
    return service;
}

static void
service_changed(KubeProxy *proxy, Service *service)
{
    if (!service->is_dirty)
        g_ptr_array_add(proxy->dirty, service);
    service->is_dirty = TRUE;
    request_sync(proxy);
}

static void
on_service(gpointer user, const ApiObject *object)
{
    service_changed(user, service_at(user, api_namespace(object), api_name(object)));
}

static void
on_service_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    on_service(user, object);
}

static Service *
service_of_slice(KubeProxy *proxy, const ApiObject *slice)
{
    const char *name = str_map_get(&slice->meta->labels, SERVICE_LABEL);

    return name != NULL ? service_at(proxy, api_namespace(slice), name) : NULL;
}

static void
on_slice_added(gpointer user, const ApiObject *object)
{
    Service *service = service_of_slice(user, object);

    if (service == NULL)
        return;
    if (!g_ptr_array_find(service->slices, api_name(object), NULL))
        g_ptr_array_add(service->slices, (gpointer)api_name(object));
    service_changed(user, service);
}

static void
on_slice_deleted(gpointer user, const ApiObject *object)
{
    Service *service = service_of_slice(user, object);

    if (service == NULL)
        return;
    g_ptr_array_remove(service->slices, (gpointer)api_name(object));
    service_changed(user, service);
}

static void
on_slice_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    if (service_of_slice(user, old) != service_of_slice(user, object))
        on_slice_deleted(user, old);
    on_slice_added(user, object);
}

static gint
compare_services(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Service *const *)a)->key, (*(Service *const *)b)->key);
}

static void
collect(gpointer key, gpointer service, gpointer all)
{
    (void)key;
    g_ptr_array_add(all, service);
}

/* Hints for another zone apply now: everything anew. */
static void
on_node_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    KubeProxy *proxy = user;
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    if (str_is(str_map_get(&old->meta->labels, ZONE_LABEL),
               str_map_get(&object->meta->labels, ZONE_LABEL)))
        return;
    g_hash_table_foreach(proxy->by_key, collect, all);
    g_ptr_array_sort(all, compare_services);
    for (guint i = 0; i < all->len; i++)
        service_changed(proxy, g_ptr_array_index(all, i));
}

static const InformerHandlers service_handlers = {on_service, on_service_updated, on_service};
static const InformerHandlers slice_handlers = {on_slice_added, on_slice_updated, on_slice_deleted};
static const InformerHandlers node_handlers = {.updated = on_node_updated};

/* --- life ------------------------------------------------------------------------------------------ */

static void
forget(KubeProxy *proxy)
{
    gint64 long_ago_ns = now_of(proxy) - proxy->options.min_sync_ns;

    sim_timer_disarm(&proxy->next);
    drop_pending(proxy);
    g_ptr_array_set_size(proxy->dirty, 0);
    g_hash_table_remove_all(proxy->by_key);
    proxy->state = PROXY_IDLE;
    proxy->is_synced = FALSE;
    proxy->is_full = TRUE;
    proxy->has_changes = FALSE;
    proxy->waiting_ns = -1;
    proxy->n_ports = 0;
    proxy->paused_due_ns = -1;
    proxy->counters.last_end_ns = long_ago_ns;
    proxy->burst_ns = 2 * proxy->options.min_sync_ns;
    proxy->burst_from_ns = now_of(proxy);
}

static void
proxy_synced(gpointer user)
{
    KubeProxy *proxy = user;

    proxy->is_synced = TRUE;
    request_sync(proxy);
}

/* Its memory is gone; the rules stay in the kernel. */
static void
proxy_stopped(gpointer user)
{
    forget(user);
}

static void
proxy_paused(gpointer user)
{
    KubeProxy *proxy = user;

    proxy->paused_due_ns = proxy->next.is_armed ? proxy->next.due_ns : -1;
    proxy->paused_left_ns = proxy->paused_due_ns - now_of(proxy);
    sim_timer_disarm(&proxy->next);
}

/* A wait that is over by now ends at once; work goes on where it stopped. */
static void
proxy_resumed(gpointer user)
{
    KubeProxy *proxy = user;

    if (proxy->paused_due_ns >= 0 && proxy->state == PROXY_SYNCING)
        sim_timer_arm_after(&proxy->next, proxy->paused_left_ns);
    else if (proxy->paused_due_ns >= 0)
        sim_timer_arm_at(&proxy->next, MAX(proxy->paused_due_ns, now_of(proxy)));
    proxy->paused_due_ns = -1;
}

static void
watch(KubeProxy *proxy)
{
    InformerFactory *informers = component_informers(proxy->component);
    const char *own_node = str_internf("metadata.name=%s", proxy->options.node_name);

    proxy->services = informer_factory_get(informers, &service_kind, NULL);
    proxy->slices = informer_factory_get(informers, &endpoint_slice_kind, NULL);
    proxy->nodes = informer_factory_get(informers, &node_kind, own_node);
    informer_add_handlers(proxy->services, &service_handlers, proxy);
    informer_add_handlers(proxy->slices, &slice_handlers, proxy);
    informer_add_handlers(proxy->nodes, &node_handlers, proxy);
}

KubeProxy *
kube_proxy_new(const KubeProxyOptions *options)
{
    static const ComponentHooks hooks = {
        .synced = proxy_synced,
        .stopped = proxy_stopped,
        .paused = proxy_paused,
        .resumed = proxy_resumed,
    };
    KubeProxy *proxy = g_new0(KubeProxy, 1);

    proxy->options = *options;
    if (proxy->options.min_sync_ns == 0 && options->mode != KUBE_PROXY_IPVS)
        proxy->options.min_sync_ns = DEFAULT_MIN_SYNC_NS;
    if (proxy->options.version_minor == 0)
        proxy->options.version_minor = DEFAULT_MINOR;
    proxy->by_key = g_hash_table_new_full(NULL, NULL, NULL, service_free);
    proxy->dirty = g_ptr_array_new();
    proxy->pending = g_array_new(FALSE, FALSE, sizeof(Pending));
    proxy->rng = rng_stream(options->sim, str_internf("kube-proxy/%s", options->node_name));
    sim_timer_init(&proxy->next, options->sim, SIM_CONTROL, proxy_on_next, proxy);
    forget(proxy);
    proxy->component = component_new(
        &(ComponentOptions){
            .sim = options->sim,
            .world = options->world,
            .machine = options->machine,
            .server = options->server,
            .process_name = "kube-proxy",
            .user = "system:kube-proxy",
            .qps = 5,
            .burst = 10,
            .hooks = hooks,
        },
        proxy);
    watch(proxy);
    return proxy;
}

void
kube_proxy_free(KubeProxy *proxy)
{
    if (proxy == NULL)
        return;
    component_free(proxy->component);
    sim_timer_clear(&proxy->next);
    drop_pending(proxy);
    g_array_unref(proxy->pending);
    g_ptr_array_unref(proxy->dirty);
    g_hash_table_unref(proxy->by_key);
    g_free(proxy);
}

Process *
kube_proxy_process(KubeProxy *proxy)
{
    return component_process(proxy->component);
}

/* --- what it answers to those who ask for its health ---------------------------------------------- */

/* v1.34 pkg/proxy/healthcheck/proxy_health.go: Health */
static gboolean
is_healthy(const KubeProxy *proxy)
{
    gint64 period_ns = proxy->options.sync_ns > 0 ? proxy->options.sync_ns : SYNC_PERIOD_NS;

    return proxy->waiting_ns < 0 || now_of(proxy) - proxy->waiting_ns < HEALTH_PERIODS * period_ns;
}

/* The same, NodeEligible: a node that is to go gets no new connections. */
static gboolean
is_node_eligible(const KubeProxy *proxy)
{
    const ApiObject *node = informer_get(proxy->nodes, NULL, proxy->options.node_name);

    if (node == NULL)
        return TRUE;
    for (guint i = 0; i < node_spec(node)->taints.count; i++)
        if (str_is(node_spec(node)->taints.items[i].key, DELETE_TAINT))
            return FALSE;
    return !api_is_deleting(node);
}

static gboolean
has_health_port(gpointer key, gpointer service, gpointer port)
{
    (void)key;
    return ((const Service *)service)->health_port == *(const gint32 *)port;
}

int
kube_proxy_answer(const KubeProxy *proxy, gint32 port)
{
    ProcessState state = process_state(component_process(proxy->component));
    const Service *service;

    if (state == PROCESS_PAUSED)
        return -1;
    if (state != PROCESS_RUNNING)
        return 0;
    if (port == KUBE_PROXY_HEALTHZ_PORT)
        return is_healthy(proxy) && is_node_eligible(proxy) ? 200 : 503;
    service = port != 0 ? g_hash_table_find(proxy->by_key, has_health_port, &port) : NULL;
    if (service == NULL)
        return 0;
    return service->n_local_ready > 0 && is_healthy(proxy) ? 200 : 503;
}

KubeProxyCounters
kube_proxy_counters(const KubeProxy *proxy)
{
    return proxy->counters;
}
