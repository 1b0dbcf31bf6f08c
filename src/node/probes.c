/*
 * probes.c - one worker per container and probe: when it checks, what follows
 *
 * v1.34 pkg/kubelet/prober: a worker checks when it is made and then at each
 * tick; its ticker keeps its phase over container restarts, unless a check of
 * readiness is asked for, which starts it anew.
 */

#include "node/internal.h"
#include "node/probe_run.h"
#include "node/probe_state.h"
#include "api/profile.h"

#define ATTEMPTS_MAX     3
#define RESTART_GRACE_NS (10 * NS_PER_S)

struct ProbeWorker {
    Worker *w;
    const char *container_name;
    ApiObject *pod;             /* (owned ref) the one whose spec is used */
    const Container *container; /* borrowed from pod */
    const Probe *spec;
    ProbeState state;
    SimHandle handle;
    SimTimer ticker;
    gint64 tick_ns; /* the next tick */
    gboolean is_busy, is_stopped;
    gboolean is_asleep;             /* until its first tick, soon after a start of the kubelet */
    gboolean has_tick, has_trigger; /* came while it was busy */
    guint attempt;
};

static void probe_check(ProbeWorker *probe);

void
probe_worker_free(gpointer self)
{
    ProbeWorker *probe = self;

    sim_handle_drop(probe->w->k->sim, probe->handle);
    kubelet_timer_clear(probe->w->k, &probe->ticker);
    api_object_unref(probe->pod);
    g_free(probe);
}

static gint64
probe_period_ns(const ProbeWorker *probe)
{
    return MAX(1, probe->spec->period_s) * NS_PER_S;
}

static void
probe_stop(ProbeWorker *probe)
{
    probe->is_stopped = TRUE;
    kubelet_timer_disarm(probe->w->k, &probe->ticker);
}

/* --- results ------------------------------------------------------------------------- */

/*
 * v1.34 kubelet.go syncLoopIteration: what a changed result does to the status, and to the
 * worker.
 */
static void
probe_tell(ProbeWorker *probe)
{
    Worker *w = probe->w;
    ProbeResult result = probe->state.result;
    const char *id = probe->state.container_id;

    switch (probe->state.type) {
    case PROBE_LIVENESS:
        if (result == PROBE_FAILURE)
            worker_request(w);
        break;
    case PROBE_READINESS:
        status_set_ready(w, id, result == PROBE_SUCCESS);
        worker_request(w);
        break;
    default:
        status_set_started(w, id, result == PROBE_SUCCESS);
        worker_request(w);
        break;
    }
}

static const char *
probe_word(ProbeType type)
{
    static const char *const words[PROBE_N_TYPES] = {"Liveness", "Readiness", "Startup"};

    return words[type];
}

/* --- one check ----------------------------------------------------------------------- */

static void
probe_idle(ProbeWorker *probe)
{
    probe->is_busy = FALSE;
    if (probe->is_stopped)
        return;
    if (probe->has_trigger) {
        probe->has_trigger = FALSE;
        probe->has_tick = FALSE;
        probe->tick_ns = sim_now_ns(probe->w->k->sim) + probe_period_ns(probe);
        sim_timer_arm_at(&probe->ticker, probe->tick_ns);
        probe_check(probe);
    } else if (probe->has_tick) {
        probe->has_tick = FALSE;
        probe_check(probe);
    }
}

static void
probe_on_outcome(gpointer user, ProbeResult outcome, const char *output)
{
    ProbeWorker *probe = user;
    Worker *w = probe->w;
    gboolean is_init;

    pod_find_container(pod_spec(probe->pod), probe->container_name, &is_init);
    if (outcome == PROBE_UNKNOWN) {
        if (++probe->attempt < ATTEMPTS_MAX) {
            probe_run(w, probe->container, probe->spec, probe->state.container_id, probe->handle,
                      probe_on_outcome, probe);
            return;
        }
        worker_container_event(w, probe->container, is_init, "Warning", "Unhealthy",
                               str_internf("%s probe errored and resulted in unknown state: %s",
                                           probe_word(probe->state.type), output));
        probe_idle(probe);
        return;
    }
    if (outcome == PROBE_FAILURE)
        worker_container_event(w, probe->container, is_init, "Warning", "Unhealthy",
                               str_internf("%s probe failed: %s", probe_word(probe->state.type),
                                           output));
    if (!probe->is_stopped &&
        probe_state_count(&probe->state, outcome, probe->spec->success_threshold,
                          probe->spec->failure_threshold))
        probe_tell(probe);
    probe_idle(probe);
}

static const ContainerStatus *
probe_find_status(const ProbeWorker *probe)
{
    const PodStatus *status = probe->w->status;
    const ContainerStatus *item;

    if (status == NULL)
        return NULL;
    item = container_status_find(&status->container_statuses, probe->container_name);
    if (item == NULL || str_is_empty(item->container_id))
        item = container_status_find(&status->init_container_statuses, probe->container_name);
    return item != NULL && !str_is_empty(item->container_id) ? item : NULL;
}

/* Is a check due, for the instance as last reported? */
/*
 * v1.34 worker.go doProbe: one look at the status serves the whole check. To tell a
 * result may bring about a sync, and with it a new status.
 */
typedef struct {
    const char *container_id;
    gboolean runs, has_ended, has_started;
    gint64 started_at;
} Look;

static Look
look_at(const ContainerStatus *item)
{
    const ContainerStateRunning *running = item->state.running;

    return (Look){
        .container_id = item->container_id,
        .runs = running != NULL,
        .has_ended = item->state.terminated != NULL,
        .has_started = item->started == OPT_TRUE,
        .started_at = running != NULL ? running->started_at : 0,
    };
}

/* v1.35 prober_manager.go, kubeletRestartGracePeriod: it ran 10 s before this kubelet began. */
static gboolean
is_kept(const Worker *w, gint64 started_wall_ns)
{
    gint64 began_wall_ns = kubelet_wall_ns(w->k) - (sim_now_ns(w->k->sim) - w->k->started_ns);

    return profile_has(FEATURE_READINESS_KEPT, w->k->options.version_minor) &&
           started_wall_ns < began_wall_ns - RESTART_GRACE_NS;
}

/* v1.35 worker.go doProbe: the container status of another instance than the last. */
static void
probe_see(ProbeWorker *probe, const Look *look)
{
    gboolean is_new = probe->state.container_id != look->container_id;

    if (!look->runs || !is_kept(probe->w, look->started_at)) {
        if (probe_state_see(&probe->state, look->container_id))
            probe_tell(probe);
        return;
    }
    probe_state_adopt(&probe->state, look->container_id);
    if (is_new && probe->state.type == PROBE_STARTUP && look->has_started && container_is_sidecar(probe->container) &&
        probe_state_store(&probe->state, PROBE_SUCCESS))
        probe_tell(probe);
}

static gboolean
probe_should_run(ProbeWorker *probe, const Look *look)
{
    Worker *w = probe->w;
    gint64 age_s;

    probe_see(probe, look);
    if (probe->state.is_on_hold)
        return FALSE;
    if (!look->runs) {
        if (probe_state_store(&probe->state, PROBE_FAILURE))
            probe_tell(probe);
        if (look->has_ended &&
            str_is(pod_spec(probe->pod)->restart_policy, "Never") &&
            !container_is_sidecar(probe->container))
            probe_stop(probe);
        return FALSE;
    }
    if (api_is_deleting(w->pod) && probe->state.type != PROBE_READINESS) {
        if (probe_state_store(&probe->state, PROBE_SUCCESS))
            probe_tell(probe);
        probe_stop(probe);
        return FALSE;
    }
    age_s = (kubelet_wall_ns(w->k) - look->started_at) / NS_PER_S;
    if (age_s < probe->spec->initial_delay_s)
        return FALSE;
    return look->has_started != (probe->state.type == PROBE_STARTUP);
}

static void
probe_check(ProbeWorker *probe)
{
    Worker *w = probe->w;
    const ContainerStatus *item = probe_find_status(probe);
    Look look;

    if (w->status != NULL &&
        (str_is(w->status->phase, "Failed") || str_is(w->status->phase, "Succeeded"))) {
        probe_stop(probe);
        return;
    }
    if (item == NULL)
        return;
    look = look_at(item);
    if (!probe_should_run(probe, &look))
        return;
    probe->is_busy = TRUE;
    probe->attempt = 0;
    probe_run(w, probe->container, probe->spec, look.container_id, probe->handle, probe_on_outcome,
              probe);
}

static void
probe_on_tick(Sim *sim, gpointer self)
{
    ProbeWorker *probe = self;

    if (kubelet_holds(probe->w->k, &probe->ticker))
        return;
    probe->tick_ns += probe_period_ns(probe);
    /* After a pause: one check, then the ticks that are still to come. */
    if (probe->tick_ns < sim_now_ns(sim))
        probe->tick_ns +=
            (sim_now_ns(sim) - probe->tick_ns) / probe_period_ns(probe) * probe_period_ns(probe) +
            probe_period_ns(probe);
    sim_timer_arm_at(&probe->ticker, probe->tick_ns);
    probe->is_asleep = FALSE;
    if (probe->is_busy) {
        probe->has_tick = TRUE;
        return;
    }
    probe_check(probe);
    if (!probe->is_busy && probe->has_trigger)
        probe_idle(probe);
}

static void
probe_on_trigger(Sim *sim, gpointer receiver, gpointer payload)
{
    ProbeWorker *probe = receiver;

    (void)sim;
    (void)payload;
    if (!probe->is_stopped && !probe->is_busy)
        probe_idle(probe);
}

/* probe_trigger: check at once; the worker takes it when it is free. */
static void
probe_trigger(ProbeWorker *probe)
{
    if (probe->is_stopped || probe->has_trigger)
        return;
    probe->has_trigger = TRUE;
    if (!probe->is_busy && !probe->is_asleep)
        sim_post(probe->w->k->sim, probe->handle, SIM_CONTROL, 0, probe_on_trigger, NULL, NULL);
}

/* --- for the others ------------------------------------------------------------------ */

static ProbeWorker *
probes_find(const Worker *w, ProbeType type, const char *container)
{
    for (guint i = 0; i < w->probes->len; i++) {
        ProbeWorker *probe = w->probes->pdata[i];

        if (probe->state.type == type && probe->container_name == container)
            return probe;
    }
    return NULL;
}

static void
probes_add(Worker *w,
           const ApiObject *pod,
           const Container *container,
           ProbeType type,
           const Probe *spec)
{
    ProbeWorker *probe;
    gint64 first_ns = 0;
    gint64 now_ns = sim_now_ns(w->k->sim);

    if (spec == NULL)
        return;
    probe = g_new0(ProbeWorker, 1);
    probe->w = w;
    probe->container_name = container->name;
    probe->pod = api_object_ref(pod);
    probe->container = container;
    probe->spec = spec;
    probe->state.type = type;
    probe->handle = sim_handle_new(w->k->sim, probe);
    sim_timer_init(&probe->ticker, w->k->sim, SIM_CONTROL, probe_on_tick, probe);
    g_ptr_array_add(w->probes, probe);
    /* After a restart of the kubelet the probes of all its pods would come at once. */
    if (now_ns - w->k->started_ns < probe_period_ns(probe))
        first_ns = rng_between_ns(w->k->rng, 0, probe_period_ns(probe) - 1);
    if (first_ns > 0) {
        probe->tick_ns = now_ns + first_ns;
        probe->is_asleep = TRUE;
        sim_timer_arm_at(&probe->ticker, probe->tick_ns);
        return;
    }
    probe->tick_ns = now_ns + probe_period_ns(probe);
    sim_timer_arm_at(&probe->ticker, probe->tick_ns);
    probe_check(probe);
}

void
probes_add_pod(Worker *w, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    guint n_init = spec->init_containers.count;

    if (w->has_probes)
        return;
    w->has_probes = TRUE;
    for (guint i = 0; i < n_init + spec->containers.count; i++) {
        const Container *container =
            i < n_init ? &spec->init_containers.items[i] : &spec->containers.items[i - n_init];

        if (i < n_init && !container_is_sidecar(container))
            continue;
        probes_add(w, pod, container, PROBE_STARTUP, container->startup_probe);
        probes_add(w, pod, container, PROBE_READINESS, container->readiness_probe);
        probes_add(w, pod, container, PROBE_LIVENESS, container->liveness_probe);
    }
}

void
probes_stop_liveness(Worker *w)
{
    for (guint i = 0; i < w->probes->len; i++) {
        ProbeWorker *probe = w->probes->pdata[i];

        if (probe->state.type != PROBE_READINESS)
            probe_stop(probe);
    }
}

void
probes_remove(Worker *w)
{
    g_ptr_array_set_size(w->probes, 0);
}

ProbeResult
probes_result(Worker *w, ProbeType type, const char *container, const char *id)
{
    const ProbeWorker *probe = probes_find(w, type, container);

    return probe != NULL && probe->state.container_id == id ? probe->state.result : PROBE_NONE;
}

gboolean
probes_is_started(gpointer user, const char *container, const char *id)
{
    Worker *w = user;
    ProbeResult result = probes_result(w, PROBE_STARTUP, container, id);

    if (result != PROBE_NONE)
        return result == PROBE_SUCCESS;
    return probes_find(w, PROBE_STARTUP, container) == NULL;
}

static gboolean
has_readiness(const ApiObject *pod, const char *name)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->containers.count; i++)
        if (spec->containers.items[i].name == name)
            return spec->containers.items[i].readiness_probe != NULL;
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (spec->init_containers.items[i].name == name)
            return spec->init_containers.items[i].readiness_probe != NULL;
    return FALSE;
}

gboolean
probes_is_ready(gpointer user, const char *container, const char *id)
{
    Worker *w = user;
    ProbeWorker *probe = probes_find(w, PROBE_READINESS, container);

    ProbeResult result = probes_result(w, PROBE_READINESS, container, id);
    const RtContainer *rt = kubelet_find_container(w->k, id);

    if (result == PROBE_SUCCESS)
        return TRUE;
    if (probe != NULL)
        probe_trigger(probe);
    if (rt == NULL || !is_kept(w, rt_container_started_wall_ns(rt)))
        return probe == NULL;
    /* v1.35 setReadyStateOnKubeletRestart: not looked at yet, so as ready as the pod has been. */
    return (probe == NULL || result == PROBE_NONE) && (!has_readiness(w->pod, container) || pod_is_ready(w->pod));
}
