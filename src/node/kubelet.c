/* kubelet.c - the process: its life and what it watches; see kubelet.h */

#include "node/internal.h"

#include "api/profile.h"

Worker *
kubelet_find_worker(const Kubelet *k, const char *uid)
{
    return k->workers != NULL ? g_hash_table_lookup(k->workers, uid) : NULL;
}

static int
compare_workers(const void *a, const void *b)
{
    const Worker *x = *(Worker *const *)a;
    const Worker *y = *(Worker *const *)b;

    return x->order < y->order ? -1 : x->order > y->order;
}

GPtrArray *
kubelet_workers(const Kubelet *k)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer worker;

    if (k->workers == NULL)
        return list;
    g_hash_table_iter_init(&iter, k->workers);
    while (g_hash_table_iter_next(&iter, NULL, &worker))
        g_ptr_array_add(list, worker);
    if (list->len > 1)
        qsort(list->pdata, list->len, sizeof(gpointer), compare_workers);
    return list;
}

const ApiObject *
kubelet_node(const Kubelet *k)
{
    return k->nodes != NULL ? informer_get(k->nodes, NULL, k->node_name) : NULL;
}

gint64
kubelet_wall_ns(const Kubelet *k)
{
    return sim_wall_ns(k->sim);
}

gint64
kubelet_tick_at(const Kubelet *k, gint64 time_ns)
{
    gint64 past_ns = time_ns - k->tick_ns;

    if (past_ns <= 0)
        return k->tick_ns;
    return k->tick_ns + (past_ns + NS_PER_S - 1) / NS_PER_S * NS_PER_S;
}

/* --- the process --------------------------------------------------------------------- */

static void
kubelet_on_started(gpointer self)
{
    Kubelet *k = self;

    k->handle = sim_handle_new(k->sim, k);
    k->started_ns = sim_now_ns(k->sim);
    k->heard_ns = k->started_ns;
    k->tick_ns = k->started_ns + rng_between_ns(k->rng, 0, NS_PER_S - 1);
    sim_trace(k->sim, k->component, "start", NULL, "Starting", "Starting kubelet.");
    if (k->ideal == NULL) {
        pleg_start(k);
        eviction_start(k);
        shutdown_start(k);
        image_gc_start(k);
    }
    node_status_start(k);
    stats_start(k);
    lease_start(k);
    informer_factory_start(k->factory);
    if (k->ideal == NULL)
        kubelet_tidy(k);
}

/* In order: the timers that they give back are used again, and which one gets which is part of the run. */
static void
forget_workers(Kubelet *k)
{
    g_autoptr(GPtrArray) workers = kubelet_workers(k);

    for (guint i = 0; i < workers->len; i++)
        g_hash_table_remove(k->workers, ((const Worker *)workers->pdata[i])->uid);
}

static void
kubelet_on_stopped(gpointer self)
{
    Kubelet *k = self;

    if (k->handle.generation == 0)
        return;
    sim_handle_drop(k->sim, k->handle);
    k->handle = (SimHandle){0};
    g_ptr_array_set_size(k->held, 0);
    if (k->ideal != NULL)
        ideal_stop(k->ideal);
    stats_stop(k);
    node_status_stop(k);
    lease_stop(k);
    eviction_stop(k);
    shutdown_stop(k);
    image_gc_stop(k);
    sim_timer_disarm(&k->housekeeping);
    pulls_clear(k);
    status_manager_clear(k);
    forget_workers(k);
    pleg_stop(k);
    client_reset(k->client);
    if (k->ideal == NULL) {
        g_hash_table_remove_all(k->fetched);
        client_reset(k->event_client);
        recorder_reset(k->recorder);
    }
    informer_factory_reset(k->factory);
}

gboolean
kubelet_holds(Kubelet *k, SimTimer *timer)
{
    if (process_state(k->process) != PROCESS_PAUSED)
        return FALSE;
    g_ptr_array_add(k->held, timer);
    return TRUE;
}

void
kubelet_timer_disarm(Kubelet *k, SimTimer *timer)
{
    if (k->held->len > 0)
        g_ptr_array_remove(k->held, timer);
    sim_timer_disarm(timer);
}

void
kubelet_timer_clear(Kubelet *k, SimTimer *timer)
{
    if (k->held->len > 0)
        g_ptr_array_remove(k->held, timer);
    sim_timer_clear(timer);
}

static void
kubelet_on_resumed(gpointer self)
{
    Kubelet *k = self;

    for (guint i = 0; i < k->held->len; i++)
        sim_timer_arm_after(k->held->pdata[i], 0);
    g_ptr_array_set_size(k->held, 0);
}

static void
kubelet_add_informers(Kubelet *k)
{
    static const InformerHandlers pod_handlers = {kubelet_on_pod_added, kubelet_on_pod_updated,
                                                  kubelet_on_pod_deleted};
    static const InformerHandlers node_handlers = {kubelet_on_node, kubelet_on_node_updated, NULL};

    k->factory = informer_factory_new(k->client);
    k->nodes =
        informer_factory_get(k->factory, &node_kind, str_internf("metadata.name=%s", k->node_name));
    informer_add_handlers(k->nodes, &node_handlers, k);
    if (k->options.ideal) {
        k->ideal = ideal_new(k);
        return;
    }
    k->services = informer_factory_get(k->factory, &service_kind, NULL);
    k->pods =
        informer_factory_get(k->factory, &pod_kind, str_internf("spec.nodeName=%s", k->node_name));
    informer_add_handlers(k->pods, &pod_handlers, k);
}

static void
kubelet_copy_options(Kubelet *k, const KubeletOptions *options)
{
    KubeletOptions *own = &k->options;

    *own = *options;
    own->node_name = str_intern(options->node_name);
    own->labels = (StrMap){0};
    str_map_copy(&own->labels, &options->labels);
    own->taints.items = g_memdup2(options->taints.items, options->taints.count * sizeof(Taint));
    own->taints.capacity = options->taints.count;
    if (options->declared != NULL)
        own->declared = api_object_ref(options->declared);
    if (own->max_pods == 0)
        own->max_pods = 110;
    if (own->version_minor == 0)
        own->version_minor = 34;
    /* of 1.34 the patch release that the recorded nodes ran; kubectl and the API server say the same */
    own->version = options->version != NULL ? str_intern(options->version)
                   : profile_minor(own->version_minor) == 34
                       ? str_intern("v1.34.4")
                       : str_internf("v1.%u.0", profile_minor(own->version_minor));
    own->kube_reserved_cpu = str_intern(options->kube_reserved_cpu);
    own->kube_reserved_memory = str_intern(options->kube_reserved_memory);
    own->system_reserved_cpu = str_intern(options->system_reserved_cpu);
    own->system_reserved_memory = str_intern(options->system_reserved_memory);
    for (guint i = 0; i < EVICTION_N_SIGNALS; i++) {
        own->eviction.hard[i] = str_intern(options->eviction.hard[i]);
        own->eviction.soft[i] = str_intern(options->eviction.soft[i]);
        own->eviction.reclaim[i] = str_intern(options->eviction.reclaim[i]);
    }
    if (own->image_gc_high_percent == 0) {
        own->image_gc_high_percent = 85;
        own->image_gc_low_percent = 80;
    }
    own->shutdown_groups = g_memdup2(options->shutdown_groups, options->n_shutdown_groups * sizeof(ShutdownGroup));
    own->pod_cidr = str_intern(options->pod_cidr);
    own->provider_id = str_intern(options->provider_id);
}

Kubelet *
kubelet_new(const KubeletOptions *options)
{
    static const ProcessHooks hooks = {kubelet_on_started, kubelet_on_stopped, NULL,
                                       kubelet_on_resumed};
    Kubelet *k = g_new0(Kubelet, 1);
    ClientOptions client;

    kubelet_copy_options(k, options);
    k->sim = options->sim;
    k->node_name = k->options.node_name;
    k->component = str_internf("kubelet/%s", k->node_name);
    k->rng = rng_stream(k->sim, k->component);
    k->process = process_new(options->machine, "kubelet", &hooks, k);
    client = (ClientOptions){
        .sim = k->sim,
        .world = options->world,
        .process = k->process,
        .server = options->server,
        .user = str_internf("system:node:%s", k->node_name),
        .qps = options->ideal ? 0 : 50,
        .burst = options->ideal ? 0 : 100,
    };
    k->client = client_new(&client);
    k->held = g_ptr_array_new();
    if (!options->ideal) { /* a played node has no workers, fetches nothing and tells nothing */
        k->event_client = client_new(&client);
        k->recorder = recorder_new(k->event_client, &(RecorderOptions){.component = str_intern("kubelet"), .host = k->node_name});
        k->workers = g_hash_table_new_full(NULL, NULL, NULL, worker_free);
        k->fetched = g_hash_table_new_full(NULL, NULL, NULL, api_object_unref);
    }
    sim_timer_init(&k->housekeeping, k->sim, SIM_CONTROL, kubelet_on_housekeeping, k);
    kubelet_add_informers(k);
    return k;
}

void
kubelet_free(Kubelet *k)
{
    if (k == NULL)
        return;
    kubelet_on_stopped(k);
    sim_timer_clear(&k->housekeeping);
    if (k->factory != NULL)
        informer_factory_free(k->factory);
    if (k->ideal != NULL)
        ideal_free(k->ideal);
    recorder_free(k->recorder);
    client_free(k->event_client);
    client_free(k->client);
    process_free(k->process);
    g_clear_pointer(&k->workers, g_hash_table_unref);
    g_clear_pointer(&k->fetched, g_hash_table_unref);
    g_ptr_array_unref(k->held);
    str_map_clear(&k->options.labels);
    g_free(k->options.taints.items);
    g_free((gpointer)k->options.shutdown_groups);
    if (k->options.declared != NULL)
        api_object_unref((ApiObject *)k->options.declared);
    g_free(k);
}

Process *
kubelet_process(Kubelet *k)
{
    return k->process;
}

void
kubelet_runtime_defaults(RuntimeOptions *out)
{
    runtime_options_init(out);
}
