/*
 * eviction.c - the node runs out of memory: who has to go
 *
 * v1.34 pkg/kubelet/eviction/eviction_manager.go, memory.available and what pods
 * were given of local storage: every
 * 10 s compare with the hard threshold; while it is met, one pod a round; the
 * condition MemoryPressure stays until the threshold was not met for 5 min.
 * Rounds that cannot find anything are left out: memory does not grow faster
 * than GROWTH_BYTES_PER_S.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "node/pressure.h"
#include "node/resources.h"

#define ROUND_NS           (10 * NS_PER_S)
#define TRANSITION_NS      PROFILE_NS(EVICTION_TRANSITION)
#define CLEANUP_NS         (30 * NS_PER_S)
#define MEASURE_NS         (60 * NS_PER_S)
#define GROWTH_BYTES_PER_S G_GINT64_CONSTANT(1000000000)

typedef struct {
    Kubelet *k;
    const char *uid;
} UsageOf;

static const char *
eviction_threshold(const Kubelet *k)
{
    return k->options.eviction_memory != NULL ? k->options.eviction_memory : "100Mi";
}

/* Working set of the containers of a pod (@uid NULL: of all; @name NULL: all of its containers). */
static gint64
eviction_usage(Kubelet *k, const char *uid, const char *name)
{
    g_autoptr(GPtrArray) containers = runtime_list_containers(k->options.runtime);
    gint64 sum = 0;

    for (guint i = 0; i < containers->len; i++) {
        const RtContainer *container = containers->pdata[i];

        if (rt_container_state(container) != RT_RUNNING)
            continue;
        if (uid != NULL && sandbox_pod_uid(rt_container_sandbox(container)) != uid)
            continue;
        if (name == NULL || rt_container_name(container) == name)
            sum += rt_container_memory_bytes(container);
    }
    return sum;
}

static gint64
eviction_container_usage(gpointer user, const char *container)
{
    const UsageOf *usage = user;

    return eviction_usage(usage->k, usage->uid, container);
}

/* --- one round --------------------------------------------------------------------------------- */

static void
eviction_evict(Kubelet *k, Worker *w, gint64 available)
{
    UsageOf usage = {k, w->uid};
    const char *message =
        eviction_message(w->pod, eviction_threshold(k), machine_memory_bytes(k->options.machine),
                         available, eviction_container_usage, &usage);

    w->evict_reason = str_intern("Evicted");
    w->evict_message = message;
    w->disruption = message;
    worker_event(w, "Warning", "Evicted", message);
    k->eviction.victim = w->uid;
    k->eviction.victim_until_ns = sim_now_ns(k->sim) + CLEANUP_NS;
    worker_terminate(w, 1);
}

static void
eviction_choose(Kubelet *k, gint64 available)
{
    g_autoptr(GPtrArray) workers = kubelet_workers(k);
    g_autoptr(GArray) pods = g_array_new(FALSE, FALSE, sizeof(PodUsage));

    for (guint i = 0; i < workers->len; i++) {
        const Worker *w = workers->pdata[i];
        PodUsage item = {w->pod, 0};

        if (w->is_terminating || w->is_rejected || w->is_finished)
            continue;
        item.usage_bytes = eviction_usage(k, w->uid, NULL);
        g_array_append_val(pods, item);
    }
    eviction_rank_memory((PodUsage *)pods->data, pods->len);
    node_event(k, "Warning", "EvictionThresholdMet", "Attempting to reclaim memory");
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = g_array_index(pods, PodUsage, i).pod;

        if (eviction_is_exempt(pod))
            continue;
        eviction_evict(k, kubelet_find_worker(k, api_uid(pod)), available);
        return;
    }
}

/* --- local storage ------------------------------------------------------------------------------ */

static gboolean
eviction_counts(const Worker *w)
{
    return !w->is_terminating && !w->is_rejected && !w->is_finished && w->awaited == NULL;
}

/*
 * v1.34 server/stats: new pods are looked for every minute; from then on the files of their volumes are
 * counted every 1 to 2 min.
 */
static void
eviction_measure(Worker *w)
{
    const PodSpec *spec = pod_spec(w->pod);
    gint64 now_ns = sim_now_ns(w->k->sim);

    if (w->measure_ns == 0)
        w->measure_ns =
            w->k->started_ns + ((now_ns - w->k->started_ns) / MEASURE_NS + 1) * MEASURE_NS;
    if (now_ns < w->measure_ns)
        return;
    if (w->used == NULL)
        w->used = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    w->measure_ns = now_ns + rng_between_ns(w->k->rng, MEASURE_NS, 2 * MEASURE_NS);
    for (guint i = 0; i < spec->volumes.count; i++) {
        const char *name = spec->volumes.items[i].name;
        gint64 bytes = volumes_bytes(w, name);

        g_hash_table_insert(w->used, (gpointer)name, g_memdup2(&bytes, sizeof bytes));
    }
}

static gint64
eviction_volume_bytes(gpointer user, const char *name)
{
    const Worker *w = user;
    const gint64 *bytes = w->used == NULL ? NULL : g_hash_table_lookup(w->used, name);

    return bytes == NULL ? 0 : *bytes;
}

static gint64
eviction_container_bytes(gpointer user, const char *name)
{
    const Worker *w = user;
    g_autoptr(GPtrArray) containers = runtime_list_containers(w->k->options.runtime);
    gint64 sum = 0;

    for (guint i = 0; i < containers->len; i++) {
        const RtContainer *container = containers->pdata[i];

        if (rt_container_state(container) == RT_RUNNING && rt_container_name(container) == name &&
            sandbox_pod_uid(rt_container_sandbox(container)) == w->uid)
            sum += rt_container_disk_bytes(container);
    }
    return sum;
}

/* v1.34 localStorageEviction: every pod that has outgrown what it was given. */
static gboolean
eviction_of_storage(Kubelet *k, gboolean *out_is_limited)
{
    g_autoptr(GPtrArray) workers = kubelet_workers(k);
    gboolean has_evicted = FALSE;

    for (guint i = 0; i < workers->len; i++) {
        Worker *w = workers->pdata[i];
        const char *message;

        if (!eviction_counts(w) || !storage_is_limited(pod_spec(w->pod)))
            continue;
        *out_is_limited = TRUE;
        eviction_measure(w);
        message = storage_excess(pod_spec(w->pod), eviction_volume_bytes, eviction_container_bytes, w);
        if (message == NULL || eviction_is_exempt(w->pod))
            continue;
        has_evicted = TRUE;
        w->evict_reason = str_intern("Evicted");
        w->evict_message = message;
        worker_event(w, "Warning", "Evicted", message);
        worker_terminate(w, 1);
    }
    return has_evicted;
}

/* The last victim is given time to be cleaned up. */
static gboolean
eviction_waits(const Kubelet *k)
{
    const Worker *w;

    if (k->eviction.victim == NULL || sim_now_ns(k->sim) >= k->eviction.victim_until_ns)
        return FALSE;
    w = kubelet_find_worker(k, k->eviction.victim);
    return w != NULL && !w->has_terminated;
}

static void
eviction_set_pressure(Kubelet *k, gboolean has_pressure)
{
    if (k->eviction.has_pressure == has_pressure)
        return;
    k->eviction.has_pressure = has_pressure;
    node_status_touch(k);
}

static void
eviction_arm(Kubelet *k, gint64 wait_ns)
{
    gint64 now_ns = sim_now_ns(k->sim);
    gint64 rounds = (now_ns + wait_ns - k->started_ns) / ROUND_NS + (wait_ns == 0 ? 1 : 0);

    sim_timer_arm_at(&k->eviction.timer, MAX(now_ns + 1, k->started_ns + rounds * ROUND_NS));
}

static void
eviction_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;
    EvictionManager *manager = &k->eviction;
    gint64 capacity = machine_memory_bytes(k->options.machine);
    gint64 used = eviction_usage(k, NULL, NULL);
    gint64 available = capacity - used;
    gint64 headroom = available - threshold_bytes(eviction_threshold(k), capacity);
    gint64 now_ns = sim_now_ns(sim);
    gboolean is_limited = FALSE;
    gboolean has_evicted;

    if (kubelet_holds(k, &manager->timer))
        return;
    has_evicted = eviction_of_storage(k, &is_limited);
    if (threshold_is_met(eviction_threshold(k), capacity, available)) {
        manager->met_ns = now_ns;
        eviction_set_pressure(k, TRUE);
        if (!has_evicted && !eviction_waits(k))
            eviction_choose(k, available);
    } else if (manager->has_pressure && now_ns - manager->met_ns >= TRANSITION_NS) {
        eviction_set_pressure(k, FALSE);
    }
    if (manager->has_pressure || is_limited)
        eviction_arm(k, ROUND_NS);
    else if (used > 0)
        eviction_arm(k, MAX(ROUND_NS, headroom / GROWTH_BYTES_PER_S * NS_PER_S));
}

/* --- for the others ----------------------------------------------------------------------------- */

void
eviction_start(Kubelet *k)
{
    k->eviction = (EvictionManager){0};
    sim_timer_init(&k->eviction.timer, k->sim, SIM_CONTROL, eviction_on_timer, k);
}

void
eviction_stop(Kubelet *k)
{
    if (k->eviction.timer.sim != NULL)
        kubelet_timer_clear(k, &k->eviction.timer);
    k->eviction = (EvictionManager){0};
}

void
eviction_touch(Kubelet *k)
{
    if (!k->eviction.timer.is_armed)
        eviction_arm(k, 0);
}

/* v1.34 Admit: with memory pressure alone, who asked for something may still come. */
gboolean
eviction_admits(const Kubelet *k, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);

    if (!k->eviction.has_pressure || eviction_is_exempt(pod) ||
        !str_is(pod_qos(spec), "BestEffort"))
        return TRUE;
    for (guint i = 0; i < spec->tolerations.count; i++)
        if (toleration_matches(&spec->tolerations.items[i], "node.kubernetes.io/memory-pressure",
                               "", "NoSchedule"))
            return TRUE;
    return FALSE;
}
