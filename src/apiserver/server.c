/* server.c - see apiserver.h: the process, its start, crash and pause */

#include "apiserver/quota.h"

/* Filling the watch cache at the start: listing every kind, by size. */
#define FILL_BASE_NS       (150 * NS_PER_MS)
#define FILL_QUICK_NS      (1 * NS_PER_MS)
#define FILL_PER_OBJECT_NS (12 * NS_PER_US)
#define DRAIN_LOOK_NS      (1 * NS_PER_MS)

static void
server_on_ready(Sim *sim, gpointer self)
{
    ApiServer *server = self;

    (void)sim;
    if (server->is_paused) {
        sim_timer_arm_after(&server->ready, FILL_QUICK_NS);
        return;
    }
    if (etcd_read_delay_ns(server->etcd, server->process) == G_MAXINT64) {
        sim_timer_arm_after(&server->ready, NS_PER_S);
        return;
    }
    server->is_ready = TRUE;
    peers_ready(server);
    cache_fill(server);
    server->etcd_watch_id = etcd_watch(server->etcd, cache_on_etcd, server);
    etcd_watch_renewals(server->etcd, server->etcd_watch_id, &quiet_hooks);
    watch_start_all(server);
    bootstrap_begin(server);
    server_unpark(server);
}

static void
server_started(gpointer self)
{
    ApiServer *server = self;
    gint64 wait_ns = FILL_QUICK_NS;

    server->is_paused = FALSE;
    server->is_ready = FALSE;
    server->handle = sim_handle_new(server->sim, server);
    if (!server->is_quick) {
        g_autoptr(GPtrArray) all = etcd_range(server->etcd, &pod_kind, NULL);

        wait_ns = FILL_BASE_NS + FILL_PER_OBJECT_NS * all->len +
                  dist_sample_ns(&DIST_UNI(0, FILL_BASE_NS), server->latency_rng);
    }
    sim_timer_arm_after(&server->ready, wait_ns);
}

static void
server_stopped(gpointer self)
{
    ApiServer *server = self;

    sim_timer_disarm(&server->ready);
    sim_timer_disarm(&server->drain);
    sim_timer_disarm(&server->keep);
    peers_stopped(server);
    sim_handle_drop(server->sim, server->handle);
    server->handle = (SimHandle){0};
    if (server->etcd_watch_id != 0)
        etcd_unwatch(server->etcd, server->etcd_watch_id);
    server->etcd_watch_id = 0;
    server->is_ready = FALSE;
    server->is_paused = FALSE;
    server->is_ending = FALSE;
    server_drop_calls(server);
    watch_all_dead(server);
    cache_clear(server);
    if (!peers_any_ready(server)) /* else one of them goes on counting */
        allocator_clear(server->allocator);
    quota_charger_clear(server->charger);
}

static void
server_paused(gpointer self)
{
    ((ApiServer *)self)->is_paused = TRUE;
}

static void
server_resumed(gpointer self)
{
    ApiServer *server = self;

    server->is_paused = FALSE;
    cache_resume(server);
    if (server->is_ready)
        server_unpark(server);
}

/*
 * v1.34 apiserver server/genericapiserver.go: it is ready no more, and ends when the requests
 * that have come are answered; watches are not waited for.
 */
static void
server_on_drain(Sim *sim, gpointer self)
{
    ApiServer *server = self;

    (void)sim;
    if (server->n_calls == 0)
        process_exit(server->process);
    else
        sim_timer_arm_after(&server->drain, DRAIN_LOOK_NS);
}

static void
server_terminated(gpointer self)
{
    ApiServer *server = self;

    server->is_ending = TRUE;
    if (server->is_ready)
        peers_ending(server);
    server_on_drain(server->sim, server);
}

static const ProcessHooks server_hooks = {
    .started = server_started,
    .stopped = server_stopped,
    .paused = server_paused,
    .resumed = server_resumed,
    .terminated = server_terminated,
};

/* Of several servers each draws from streams of its own. */
static Rng *
server_stream(const ApiServer *server, const char *what)
{
    if (server->number == 0)
        return rng_stream(server->sim, str_internf("apiserver/%s", what));
    return rng_stream(server->sim, str_internf("apiserver-%u/%s", server->number + 1, what));
}

ApiServer *
apiserver_new(const ApiServerOptions *options)
{
    ApiServer *server = g_new0(ApiServer, 1);

    server->options = *options;
    if (server->options.max_inflight_read == 0)
        server->options.max_inflight_read = 400;
    if (server->options.max_inflight_write == 0)
        server->options.max_inflight_write = 200;
    if (server->options.node_port_first == 0) {
        server->options.node_port_first = 30000;
        server->options.node_port_last = 32767;
    }
    if (server->options.service_cidr == NULL)
        server->options.service_cidr = "10.96.0.0/12";
    server->options.service_cidr = str_intern(server->options.service_cidr);
    server->sim = options->sim;
    server->world = options->world;
    server->machine = options->machine;
    server->etcd = options->etcd;
    server->is_quick = options->quick;
    server->shares_machine = options->shares_machine;
    peers_join(server);
    server->latency_rng = server_stream(server, "latency");
    server->stream_rng = server_stream(server, "watch");
    server->name_rng = server_stream(server, "names");
    server->uid_rng = server_stream(server, "uid");
    server->admission_rng = server_stream(server, "admission");
    server->taps = g_array_new(FALSE, FALSE, sizeof(Tap));
    server->backends = g_array_new(FALSE, FALSE, sizeof(ApiBackend));
    sim_timer_init(&server->ready, server->sim, SIM_CONTROL, server_on_ready, server);
    sim_timer_init(&server->drain, server->sim, SIM_CONTROL, server_on_drain, server);
    sim_timer_init(&server->keep, server->sim, SIM_CONTROL, bootstrap_on_keep, server);
    cache_init(server);
    server->allocator = server->first == server ? allocator_new(&server->options, server->sim) : server->first->allocator;
    server->charger = quota_charger_new(server);
    server->memo = spec_memo_new();
    world_add_stir(server->world, quiet_end, server);
    server->process = process_new(server->machine, "kube-apiserver", &server_hooks, server);
    return server;
}

void
apiserver_free(ApiServer *server)
{
    if (server == NULL)
        return;
    world_remove_stir(server->world, server);
    sim_timer_clear(&server->ready);
    sim_timer_clear(&server->drain);
    sim_timer_clear(&server->keep);
    if (server->handle.generation != 0)
        sim_handle_drop(server->sim, server->handle);
    if (server->etcd_watch_id != 0)
        etcd_unwatch(server->etcd, server->etcd_watch_id);
    server_drop_calls(server);
    watch_free_all(server);
    cache_free(server);
    if (server->first == server)
        allocator_free(server->allocator);
    peers_leave(server);
    quota_charger_free(server->charger);
    spec_memo_free(server->memo);
    g_array_unref(server->taps);
    g_array_unref(server->backends);
    g_free(server);
}

Process *
apiserver_process(ApiServer *server)
{
    return server->process;
}

void
apiserver_set_extra_latency(ApiServer *server, const Dist *extra)
{
    server->has_extra = extra != NULL;
    if (extra != NULL)
        server->extra = *extra;
}

void
apiserver_add_tap(ApiServer *server, ApiTapFunc func, gpointer user)
{
    Tap tap = {.func = func, .user = user};

    for (guint i = 0; i < apiserver_count(server); i++)
        quiet_end(apiserver_peer(server, i));
    g_array_append_val(server->first->taps, tap);
}

void
apiserver_add_sparing_tap(ApiServer *server, ApiTapFunc func, gpointer user)
{
    Tap tap = {.func = func, .user = user, .is_sparing = TRUE};

    for (guint i = 0; i < apiserver_count(server); i++)
        apiserver_catch_up(apiserver_peer(server, i));
    g_array_append_val(server->first->taps, tap);
}

guint64
apiserver_renewals(ApiServer *server, gpointer user)
{
    const GArray *taps = server->first->taps;

    for (guint i = 0; i < apiserver_count(server); i++)
        apiserver_catch_up(apiserver_peer(server, i));
    for (guint i = 0; i < taps->len; i++)
        if (g_array_index(taps, Tap, i).user == user)
            return g_array_index(taps, Tap, i).renewals;
    return 0;
}

const ApiObject *
apiserver_peek(ApiServer *server, const ApiKind *kind, const char *namespace_, const char *name)
{
    return etcd_get(storage_key(server, kind, str_intern(namespace_), str_intern(name)));
}

GPtrArray *
apiserver_peek_list(ApiServer *server, const ApiKind *kind, const char *namespace_)
{
    return etcd_range(server->etcd, kind, namespace_);
}

const ApiServerCounters *
apiserver_counters(ApiServer *server)
{
    apiserver_catch_up(server);
    return &server->counters;
}
