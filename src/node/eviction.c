/*
 * eviction.c - the node runs out of memory or disk: who has to go
 *
 * v1.34 pkg/kubelet/eviction/eviction_manager.go, memory.available, nodefs.available and
 * imagefs.available (one file system), and what pods were given of local storage: every
 * 10 s compare with the thresholds; while one drives evictions, one pod a round (of the disk
 * unused images first); the node's condition stays until none was met for 5 min.
 * Rounds that cannot find anything are left out: memory does not grow faster than
 * GROWTH_BYTES_PER_S, and the runtime tells when something was written.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "node/pressure.h"
#include "node/resources.h"

#define ROUND_NS           (10 * NS_PER_S)
#define CLEANUP_NS         (30 * NS_PER_S)
#define MEASURE_NS         (60 * NS_PER_S)
#define GROWTH_BYTES_PER_S G_GINT64_CONSTANT(1000000000)
#define WRITTEN_BYTES      (G_GINT64_CONSTANT(16) << 20) /* less than that is not worth a look */

typedef struct {
    Kubelet *k;
    const char *uid;
} UsageOf;

/* What there is too little of, and which threshold says so. */
typedef struct {
    const char *resource, *threshold;
    gint64 capacity, available;
    gboolean is_soft;
} Shortage;

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

static gint64 eviction_container_bytes(gpointer user, const char *name);

static gint64
eviction_container_disk(gpointer user, const char *container)
{
    const UsageOf *usage = user;

    return eviction_container_bytes(kubelet_find_worker(usage->k, usage->uid), container);
}

static const char *
eviction_text(Kubelet *k, const Worker *w, const Shortage *shortage)
{
    UsageOf usage = {k, w->uid};
    gboolean is_disk = str_is(shortage->resource, "ephemeral-storage");

    return eviction_message_for(w->pod, shortage->resource, shortage->threshold, shortage->capacity, shortage->available,
                                is_disk ? eviction_container_disk : eviction_container_usage, &usage);
}

/* Whom a soft threshold evicts may take the smaller of his own time and the most that is allowed. */
static gint64
eviction_grace_s(const Kubelet *k, const Worker *w, const Shortage *shortage)
{
    const OptInt64 *own = &pod_spec(w->pod)->termination_grace_s;
    gint64 most_s = k->eviction.limits.max_grace_s;

    if (!shortage->is_soft)
        return 1;
    if (most_s == 0)
        return -1;
    return own->is_set ? MIN(own->value, most_s) : most_s;
}

static void
eviction_evict(Kubelet *k, Worker *w, const Shortage *shortage)
{
    const char *message = eviction_text(k, w, shortage);

    w->evict_reason = str_intern("Evicted");
    w->evict_message = message;
    w->disruption = message;
    worker_event(w, "Warning", "Evicted", message);
    k->eviction.victim = w->uid;
    k->eviction.victim_until_ns = sim_now_ns(k->sim) + CLEANUP_NS;
    worker_terminate(w, eviction_grace_s(k, w, shortage));
}

static void
eviction_choose(Kubelet *k, const Shortage *shortage)
{
    g_autoptr(GPtrArray) workers = kubelet_workers(k);
    g_autoptr(GArray) pods = g_array_new(FALSE, FALSE, sizeof(PodUsage));
    gboolean is_disk = str_is(shortage->resource, "ephemeral-storage");

    for (guint i = 0; i < workers->len; i++) {
        Worker *w = workers->pdata[i];
        PodUsage item = {w->pod, 0};

        if (w->is_terminating || w->is_rejected || w->is_finished)
            continue;
        item.usage_bytes = is_disk ? disk_used_by(w) : eviction_usage(k, w->uid, NULL);
        g_array_append_val(pods, item);
    }
    if (is_disk)
        eviction_rank_disk((PodUsage *)pods->data, pods->len);
    else
        eviction_rank_memory((PodUsage *)pods->data, pods->len);
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = g_array_index(pods, PodUsage, i).pod;

        if (eviction_is_exempt(pod))
            continue;
        eviction_evict(k, kubelet_find_worker(k, api_uid(pod)), shortage);
        return;
    }
}

/* What the node has of each signal: nodefs and imagefs are one file system. */
static void
eviction_see(Kubelet *k, gint64 used, SignalSeen *seen)
{
    SignalSeen disk = {machine_disk_bytes(k->options.machine), disk_available(k)};

    seen[EVICTION_MEMORY].capacity = machine_memory_bytes(k->options.machine);
    seen[EVICTION_MEMORY].available = seen[EVICTION_MEMORY].capacity - used;
    seen[EVICTION_NODEFS] = seen[EVICTION_IMAGEFS] = disk;
}

/* What drives evictions now. FALSE: nothing. */
static gboolean
eviction_shortage(const Kubelet *k, const SignalSeen *seen, Shortage *out)
{
    EvictionSignal signal;
    gboolean is_hard;
    const char *threshold = thresholds_driving(&k->eviction.thresholds, &k->eviction.limits, &signal, &is_hard);

    if (threshold == NULL)
        return FALSE;
    *out = (Shortage){signal == EVICTION_MEMORY ? "memory" : "ephemeral-storage", threshold, seen[signal].capacity,
                      seen[signal].available, !is_hard};
    return TRUE;
}

/* Still so with what is available of the disk now? */
static gboolean
eviction_still_lacks_disk(Kubelet *k)
{
    Thresholds later = k->eviction.thresholds;
    SignalSeen seen[EVICTION_N_SIGNALS];

    for (guint i = 0; i < EVICTION_N_SIGNALS; i++) /* what is to be reclaimed counts for all of them */
        later.of[i][0].drives = later.of[i][1].drives = TRUE;
    eviction_see(k, 0, seen);
    thresholds_look(&later, &k->eviction.limits, seen, sim_now_ns(k->sim));
    return thresholds_is_met(&later, EVICTION_NODEFS) || thresholds_is_met(&later, EVICTION_IMAGEFS);
}

/* v1.34 synchronize: of the disk unused images go first; if that helps, no pod has to. */
static void
eviction_reclaim(Kubelet *k, const Shortage *shortage)
{
    node_event(k, "Warning", "EvictionThresholdMet", str_internf("Attempting to reclaim %s", shortage->resource));
    if (str_is(shortage->resource, "memory")) {
        eviction_choose(k, shortage);
        return;
    }
    image_gc_free_space(k, G_MAXINT64);
    if (eviction_still_lacks_disk(k))
        eviction_choose(k, shortage);
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

/* A condition lasts until nothing was short for the transition period. */
static void
eviction_note(Kubelet *k, gboolean is_met, gboolean *has_pressure, gint64 *met_ns)
{
    gint64 now_ns = sim_now_ns(k->sim);
    gboolean before = *has_pressure;

    if (is_met) {
        *met_ns = now_ns;
        *has_pressure = TRUE;
    } else if (*has_pressure && now_ns - *met_ns >= k->eviction.limits.transition_ns) {
        *has_pressure = FALSE;
    }
    if (*has_pressure != before)
        node_status_touch(k);
}

static void
eviction_arm(Kubelet *k, gint64 wait_ns)
{
    gint64 now_ns = sim_now_ns(k->sim);
    gint64 rounds = (now_ns + wait_ns - k->started_ns) / ROUND_NS + (wait_ns == 0 ? 1 : 0);

    sim_timer_arm_at(&k->eviction.timer, MAX(now_ns + 1, k->started_ns + rounds * ROUND_NS));
}

/* When memory could be short at the soonest. */
static gint64
eviction_next_ns(const Kubelet *k, const SignalSeen *memory)
{
    gint64 room = memory->available - thresholds_bytes(&k->eviction.limits, EVICTION_MEMORY, memory->capacity);

    return MAX(ROUND_NS, room / GROWTH_BYTES_PER_S * NS_PER_S);
}

static void
eviction_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;
    EvictionManager *manager = &k->eviction;
    gint64 used = eviction_usage(k, NULL, NULL);
    SignalSeen seen[EVICTION_N_SIGNALS];
    Shortage shortage;
    gboolean is_limited = FALSE;
    gboolean has_evicted, lacks_disk;

    if (kubelet_holds(k, &manager->timer))
        return;
    eviction_see(k, used, seen);
    thresholds_look(&manager->thresholds, &manager->limits, seen, sim_now_ns(sim));
    lacks_disk = thresholds_is_met(&manager->thresholds, EVICTION_NODEFS) || thresholds_is_met(&manager->thresholds, EVICTION_IMAGEFS);
    has_evicted = eviction_of_storage(k, &is_limited);
    eviction_note(k, thresholds_is_met(&manager->thresholds, EVICTION_MEMORY), &manager->has_pressure, &manager->met_ns);
    eviction_note(k, lacks_disk, &manager->has_disk_pressure, &manager->disk_met_ns);
    if (eviction_shortage(k, seen, &shortage) && !has_evicted && !eviction_waits(k))
        eviction_reclaim(k, &shortage);
    image_gc_look(k, seen[EVICTION_IMAGEFS].available);
    if (manager->has_pressure || manager->has_disk_pressure || is_limited)
        eviction_arm(k, ROUND_NS);
    else if (used > 0)
        eviction_arm(k, eviction_next_ns(k, &seen[EVICTION_MEMORY]));
}

/* --- for the others ----------------------------------------------------------------------------- */

/* The next round will see it. */
static void
eviction_on_written(gpointer self)
{
    Kubelet *k = self;

    if (!k->eviction.timer.is_armed || k->eviction.timer.due_ns > sim_now_ns(k->sim) + ROUND_NS)
        eviction_arm(k, 0);
}

void
eviction_start(Kubelet *k)
{
    static const char *const hard[EVICTION_N_SIGNALS] = {"100Mi", "10%", "15%"};

    k->eviction = (EvictionManager){.limits = k->options.eviction};
    for (guint i = 0; i < EVICTION_N_SIGNALS; i++)
        if (k->eviction.limits.hard[i] == NULL)
            k->eviction.limits.hard[i] = hard[i];
    if (k->eviction.limits.transition_ns == 0)
        k->eviction.limits.transition_ns = PROFILE_NS(EVICTION_TRANSITION);
    sim_timer_init(&k->eviction.timer, k->sim, SIM_CONTROL, eviction_on_timer, k);
    runtime_set_disk_listener(k->options.runtime, WRITTEN_BYTES, eviction_on_written, k);
}

void
eviction_stop(Kubelet *k)
{
    if (k->eviction.timer.sim != NULL) {
        kubelet_timer_clear(k, &k->eviction.timer);
        runtime_set_disk_listener(k->options.runtime, 0, NULL, NULL);
    }
    k->eviction = (EvictionManager){0};
}

void
eviction_touch(Kubelet *k)
{
    if (!k->eviction.timer.is_armed)
        eviction_arm(k, 0);
}

/* v1.34 Admit: with memory pressure alone, who asked for something may still come. */
static gboolean
tolerates_memory_pressure(const PodSpec *spec)
{
    if (!str_is(pod_qos(spec), "BestEffort"))
        return TRUE;
    for (guint i = 0; i < spec->tolerations.count; i++)
        if (toleration_matches(&spec->tolerations.items[i], "node.kubernetes.io/memory-pressure",
                               "", "NoSchedule"))
            return TRUE;
    return FALSE;
}

const char *
eviction_refuses(const Kubelet *k, const ApiObject *pod)
{
    const EvictionManager *manager = &k->eviction;

    if ((!manager->has_pressure && !manager->has_disk_pressure) || eviction_is_exempt(pod))
        return NULL;
    if (!manager->has_disk_pressure && tolerates_memory_pressure(pod_spec(pod)))
        return NULL;
    return str_internf("The node had condition: [%s%s%s]. ", manager->has_pressure ? "MemoryPressure" : "",
                       manager->has_pressure && manager->has_disk_pressure ? " " : "",
                       manager->has_disk_pressure ? "DiskPressure" : "");
}
