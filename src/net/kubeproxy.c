/* kubeproxy.c - the process: watches, when a sync runs; see kubeproxy.h */

#include "base/duration.h"
#include "client/component.h"
#include "net/endpoints.h"

#define DEFAULT_MIN_SYNC_NS NS_PER_S

/* A sync writes each rule anew; 30..50 ms with few services (recorded), then per rule. */
#define SYNC_BASE_NS (30 * NS_PER_MS)
#define SYNC_SPREAD_NS (20 * NS_PER_MS)
#define SYNC_PER_RULE_NS (5 * NS_PER_US)

typedef enum { PROXY_IDLE, PROXY_WAITING, PROXY_SYNCING } ProxyState;

struct KubeProxy {
    KubeProxyOptions options;
    Component *component;
    Informer *services, *slices, *nodes;
    ProxyState state;
    gboolean is_synced;  /* all lists are there */
    gboolean has_changes; /* came during a sync */
    gint64 last_end_ns;  /* of the last sync; before the first: far back */
    SimTimer next;       /* the sync that waits, or the end of the one that runs */
    FilterRule *rules;   /* (owned) taken at the start of the sync that runs */
    guint n_rules;
    gint64 paused_left_ns; /* what was left of `next` when the process was paused; -1: nothing */
    Rng *rng;
};

static void
drop_rules(KubeProxy *proxy)
{
    for (guint i = 0; i < proxy->n_rules; i++)
        g_free(proxy->rules[i].backends);
    g_clear_pointer(&proxy->rules, g_free);
    proxy->n_rules = 0;
}


static void
request_sync(KubeProxy *proxy)
{
    gint64 now = sim_now_ns(proxy->options.sim);
    gint64 start;

    if (!proxy->is_synced)
        return;
    if (proxy->state == PROXY_SYNCING)
        proxy->has_changes = TRUE;
    if (proxy->state != PROXY_IDLE)
        return;
    /* v1.34 pkg/proxy/runner: at once, but not sooner than minSyncPeriod after the end of the last. */
    start = MAX(now, proxy->last_end_ns + proxy->options.min_sync_ns);
    proxy->state = PROXY_WAITING;
    sim_timer_arm_at(&proxy->next, start);
}

static void
begin_sync(KubeProxy *proxy)
{
    guint written = 0;
    const ApiObject *node = informer_get(proxy->nodes, NULL, proxy->options.node_name);
    const char *zone = node != NULL ? str_map_get(&node->meta->labels, "topology.kubernetes.io/zone") : NULL;

    drop_rules(proxy);
    proxy->rules = endpoints_build_rules(proxy->services, proxy->slices, proxy->options.node_name, zone, &proxy->n_rules, &written);
    proxy->state = PROXY_SYNCING;
    proxy->has_changes = FALSE;
    sim_timer_arm_after(&proxy->next, SYNC_BASE_NS + rng_between_ns(proxy->rng, 0, SYNC_SPREAD_NS) + (gint64)written * SYNC_PER_RULE_NS);
}

static void
end_sync(KubeProxy *proxy)
{
    filter_replace(machine_filter(proxy->options.machine), proxy->rules, proxy->n_rules);
    sim_trace(proxy->options.sim, "kube-proxy", "sync", str_internf("node/%s", proxy->options.node_name), "RulesWritten", "%u addresses in the packet filter of %s", proxy->n_rules, proxy->options.node_name);
    g_clear_pointer(&proxy->rules, g_free); /* the backends belong to the filter now */
    proxy->n_rules = 0;
    proxy->state = PROXY_IDLE;
    proxy->last_end_ns = sim_now_ns(proxy->options.sim);
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
on_added(gpointer user, const ApiObject *object)
{
    (void)object;
    request_sync(user);
}

static void
on_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    (void)object;
    request_sync(user);
}

static void
on_node_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    static const char zone[] = "topology.kubernetes.io/zone";

    if (!str_is(str_map_get(&old->meta->labels, zone), str_map_get(&object->meta->labels, zone)))
        request_sync(user);
}

static const InformerHandlers change_handlers = {on_added, on_updated, on_added};
static const InformerHandlers node_handlers = {.updated = on_node_updated};

/* --- life ------------------------------------------------------------------------------------------ */

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
    KubeProxy *proxy = user;

    sim_timer_disarm(&proxy->next);
    drop_rules(proxy);
    proxy->state = PROXY_IDLE;
    proxy->is_synced = FALSE;
    proxy->has_changes = FALSE;
    proxy->paused_left_ns = -1;
    proxy->last_end_ns = sim_now_ns(proxy->options.sim) - proxy->options.min_sync_ns;
}

static void
proxy_paused(gpointer user)
{
    KubeProxy *proxy = user;

    proxy->paused_left_ns = proxy->next.is_armed ? proxy->next.due_ns - sim_now_ns(proxy->options.sim) : -1;
    sim_timer_disarm(&proxy->next);
}

static void
proxy_resumed(gpointer user)
{
    KubeProxy *proxy = user;

    if (proxy->paused_left_ns >= 0)
        sim_timer_arm_after(&proxy->next, proxy->paused_left_ns);
    proxy->paused_left_ns = -1;
}

KubeProxy *
kube_proxy_new(const KubeProxyOptions *options)
{
    KubeProxy *proxy = g_new0(KubeProxy, 1);
    InformerFactory *informers;
    g_autofree char *stream = g_strdup_printf("kube-proxy/%s", options->node_name);

    proxy->options = *options;
    if (proxy->options.min_sync_ns == 0)
        proxy->options.min_sync_ns = DEFAULT_MIN_SYNC_NS;
    proxy->last_end_ns = sim_now_ns(options->sim) - proxy->options.min_sync_ns;
    proxy->paused_left_ns = -1;
    proxy->rng = rng_stream(options->sim, stream);
    sim_timer_init(&proxy->next, options->sim, SIM_CONTROL, proxy_on_next, proxy);
    proxy->component = component_new(&(ComponentOptions){
        .sim = options->sim, .world = options->world, .machine = options->machine, .server = options->server, .process_name = "kube-proxy",
        .user = "system:kube-proxy", .qps = 5, .burst = 10,
        .hooks = {.synced = proxy_synced, .stopped = proxy_stopped, .paused = proxy_paused, .resumed = proxy_resumed}}, proxy);
    informers = component_informers(proxy->component);
    proxy->services = informer_factory_get(informers, &service_kind, NULL);
    proxy->slices = informer_factory_get(informers, &endpoint_slice_kind, NULL);
    proxy->nodes = informer_factory_get(informers, &node_kind, str_internf("metadata.name=%s", options->node_name));
    informer_add_handlers(proxy->services, &change_handlers, proxy);
    informer_add_handlers(proxy->slices, &change_handlers, proxy);
    informer_add_handlers(proxy->nodes, &node_handlers, proxy);
    return proxy;
}

void
kube_proxy_free(KubeProxy *proxy)
{
    if (proxy == NULL)
        return;
    sim_timer_clear(&proxy->next);
    drop_rules(proxy);
    component_free(proxy->component);
    g_free(proxy);
}

Process *
kube_proxy_process(KubeProxy *proxy)
{
    return component_process(proxy->component);
}
