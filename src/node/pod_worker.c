/*
 * pod_worker.c - one worker per pod: what it does next, and when
 *
 * v1.34 pkg/kubelet/pod_workers.go: at most one sync at a time; a request that
 * comes while one waits or runs is kept and taken after it. A sync waits for a
 * relist that began after the end of the last one. Syncing, terminating and
 * terminated follow each other; there is no way back.
 */

#include "node/dns.h"
#include "node/internal.h"
#include "api/profile.h"

#define RESYNC_MIN_NS  (60 * NS_PER_S)
#define RESYNC_MAX_NS  (90 * NS_PER_S)
#define BACKOFF_MIN_NS (10 * NS_PER_S)
#define BACKOFF_MAX_NS (15 * NS_PER_S)
#define NETWORK_MIN_NS (1 * NS_PER_S)
#define NETWORK_MAX_NS (1500 * NS_PER_MS)
#define STEP_CPU_NS    (5 * NS_PER_MS) /* assumed: what a step's statuses, patches and events cost the node */

/* --- grace --------------------------------------------------------------------------- */

/* v1.34 calculateEffectiveGracePeriod: it only shrinks, and is at least one second. */
gint64
worker_effective_grace_s(gint64 current_s, const ApiObject *pod, gint64 override_s)
{
    gint64 grace_s = current_s;

    if (pod->meta->deletion_grace_s.is_set) {
        gint64 asked_s = MAX(1, pod->meta->deletion_grace_s.value);

        if (grace_s == 0 || asked_s < grace_s)
            grace_s = asked_s;
    }
    if (override_s >= 0 && (grace_s == 0 || override_s < grace_s))
        grace_s = MAX(1, override_s);
    if (grace_s == 0 && pod_spec(pod)->termination_grace_s.is_set)
        grace_s = pod_spec(pod)->termination_grace_s.value;
    return MAX(1, grace_s);
}

/* --- events -------------------------------------------------------------------------- */

ObjectReference
worker_reference(const Worker *w, const Container *container, gboolean is_init)
{
    ObjectReference reference = object_reference_of(w->pod);

    if (container != NULL)
        reference.field_path =
            str_internf("spec.%s{%s}", is_init ? "initContainers" : "containers", container->name);
    return reference;
}

void
worker_container_event(Worker *w,
                       const Container *container,
                       gboolean is_init,
                       const char *type,
                       const char *reason,
                       const char *message)
{
    ObjectReference reference = worker_reference(w, container, is_init);

    sim_trace(w->k->sim, w->k->component, "event", w->ref, reason, "%s", message);
    recorder_event_ref(w->k->recorder, &reference, type, reason, NULL, NULL, message);
}

void
worker_event(Worker *w, const char *type, const char *reason, const char *message)
{
    worker_container_event(w, NULL, FALSE, type, reason, message);
}

/* --- the resync queue ---------------------------------------------------------------- */

static gint64
worker_next_due_ns(Worker *w, gint64 from_ns, gint64 min_ns, gint64 max_ns)
{
    return kubelet_tick_at(w->k, from_ns + rng_between_ns(&w->resync_rng, min_ns, max_ns));
}

/*
 * The resyncs of a quiet pod are instantaneous and change nothing but the
 * instant of the last sync. They are made up for when somebody wants to know.
 */
static void
worker_catch_up(Worker *w)
{
    gint64 now_ns = sim_now_ns(w->k->sim);

    while (w->is_quiet && w->queue_due_ns < now_ns) {
        w->sync_ended_ns = w->queue_due_ns;
        w->queue_due_ns = worker_next_due_ns(w, w->sync_ended_ns, RESYNC_MIN_NS, RESYNC_MAX_NS);
    }
}

static void
worker_on_queue(Sim *sim, gpointer self)
{
    Worker *w = self;

    (void)sim;
    if (!kubelet_holds(w->k, &w->queue_timer))
        worker_request(w);
}

/* Is there anything that the next resync could do or report? */
static gboolean
worker_can_be_quiet(const Worker *w)
{
    const PodStatus *status = w->status;
    const PodSpec *spec = pod_spec(w->pod);

    if (!w->k->options.cluster_dns || w->is_pending || status == NULL ||
        !str_is(status->phase, "Running") || !volumes_are_constant(w->pod) ||
        api_is_deleting(w->pod) || w->errors->len > 0 || spec->dns_config != NULL || spec->image_pull_secrets.count > 0)
        return FALSE;
    for (guint i = 0; i < status->container_statuses.count; i++) {
        const ContainerStatus *item = &status->container_statuses.items[i];

        if (item->state.running == NULL || !item->ready || item->started != OPT_TRUE)
            return FALSE;
    }
    for (guint i = 0; i < status->init_container_statuses.count; i++) {
        const ContainerStatus *item = &status->init_container_statuses.items[i];

        if (item->state.terminated == NULL && (item->state.running == NULL || !item->ready))
            return FALSE;
    }
    return !spec->active_deadline_s.is_set;
}

static void
worker_requeue(Worker *w, SyncOutcome outcome)
{
    gint64 now_ns = sim_now_ns(w->k->sim);

    switch (outcome) {
    case SYNC_OK:
        w->queue_due_ns = worker_next_due_ns(w, now_ns, RESYNC_MIN_NS, RESYNC_MAX_NS);
        break;
    case SYNC_ERROR:
        w->queue_due_ns = worker_next_due_ns(w, now_ns, BACKOFF_MIN_NS, BACKOFF_MAX_NS);
        break;
    case SYNC_NETWORK_ERROR:
        w->queue_due_ns = worker_next_due_ns(w, now_ns, NETWORK_MIN_NS, NETWORK_MAX_NS);
        break;
    }
    w->is_quiet = outcome == SYNC_OK && worker_can_be_quiet(w);
    if (w->is_quiet)
        kubelet_timer_disarm(w->k, &w->queue_timer);
    else
        sim_timer_arm_at(&w->queue_timer, w->queue_due_ns);
}

/* --- taking turns -------------------------------------------------------------------- */

static void
worker_take(Worker *w)
{
    w->is_pending = FALSE;
    w->state = WORKER_WAITING;
    w->work = w->has_terminated   ? WORK_TERMINATED
              : w->is_terminating ? WORK_TERMINATING
                                  : WORK_SYNC;
    pleg_await(w);
}

void
worker_request(Worker *w)
{
    if (w->is_finished || w->is_rejected)
        return;
    worker_catch_up(w);
    w->is_quiet = FALSE;
    w->is_pending = TRUE;
    if (w->state == WORKER_IDLE)
        worker_take(w);
}

void
worker_go(Worker *w)
{
    g_assert(w->state == WORKER_WAITING);
    w->state = WORKER_BUSY;
    runtime_load(w->k->options.runtime, STEP_CPU_NS);
    switch (w->work) {
    case WORK_SYNC:
        sync_begin(w);
        break;
    case WORK_TERMINATING:
        terminating_begin(w);
        break;
    case WORK_TERMINATED:
        terminated_begin(w);
        break;
    }
}

static void
worker_finish(Worker *w)
{
    w->is_finished = TRUE;
    kubelet_timer_disarm(w->k, &w->queue_timer);
    kubelet_timer_disarm(w->k, &w->deadline_timer);
    sim_trace(w->k->sim, w->k->component, "finish", w->ref, NULL, "pod is gone from the node");
    worker_finished(w);
}

void
worker_sync_done(Worker *w, SyncOutcome outcome, gboolean is_terminal)
{
    g_assert(w->state == WORKER_BUSY);
    w->state = WORKER_IDLE;
    w->sync_ended_ns = sim_now_ns(w->k->sim);
    sync_clear(w);
    switch (w->work) {
    case WORK_SYNC:
        if (is_terminal && !w->is_terminating)
            worker_terminate(w, -1);
        break;
    case WORK_TERMINATING:
        if (outcome == SYNC_OK) {
            w->has_terminated = TRUE;
            w->is_pending = TRUE;
            preempt_ended(w->k);
            shutdown_pod_ended(w->k);
        }
        break;
    case WORK_TERMINATED:
        if (outcome == SYNC_OK) {
            worker_finish(w);
            return;
        }
        break;
    }
    worker_requeue(w, outcome);
    if (w->is_pending && w->state == WORKER_IDLE)
        worker_take(w);
}

void
worker_terminate(Worker *w, gint64 grace_override_s)
{
    gint64 grace_s = worker_effective_grace_s(w->grace_s, w->pod, grace_override_s);
    gboolean is_shorter = w->grace_s != 0 && grace_s < w->grace_s;

    if (w->has_terminated || w->is_finished)
        return;
    w->grace_s = grace_s;
    if (w->pod->meta->deletion_grace_s.is_set && w->pod->meta->deletion_grace_s.value == 0)
        w->skips_hooks = TRUE;
    if (!w->is_terminating) {
        w->is_terminating = TRUE;
        volumes_cancel(w);
        worker_request(w);
    } else if (is_shorter) {
        kill_shorten(w, grace_s);
        worker_request(w);
    }
}

/* --- steps of a sync that take time -------------------------------------------------- */

static void
worker_on_step(Sim *sim, gpointer self)
{
    Worker *w = self;
    void (*step)(Worker *) = w->step;

    (void)sim;
    if (kubelet_holds(w->k, &w->step_timer))
        return;
    w->step = NULL;
    step(w);
}

void
worker_after(Worker *w, gint64 delay_ns, void (*step)(Worker *w))
{
    w->step = step;
    sim_timer_arm_after(&w->step_timer, delay_ns);
}

/* --- deadline ------------------------------------------------------------------------ */

/* v1.34 active_deadline.go: whole seconds since the start time, looked at at each tick. */
static void
worker_on_deadline(Sim *sim, gpointer self)
{
    Worker *w = self;

    (void)sim;
    if (!kubelet_holds(w->k, &w->deadline_timer))
        worker_request(w);
}

static void
worker_arm_deadline(Worker *w)
{
    const PodSpec *spec = pod_spec(w->pod);
    gint64 now_ns = sim_now_ns(w->k->sim);
    gint64 due_ns;

    if (!spec->active_deadline_s.is_set || w->is_terminating || w->status == NULL ||
        w->status->start_time == 0 || w->evict_reason != NULL)
        return;
    due_ns = w->status->start_time + spec->active_deadline_s.value * NS_PER_S - kubelet_wall_ns(w->k) + now_ns;
    due_ns = kubelet_tick_at(w->k, MAX(now_ns + 1, due_ns));
    /* The deadline of a pod that runs can only be brought forward. */
    if (!w->deadline_timer.is_armed || w->deadline_timer.due_ns > due_ns)
        sim_timer_arm_at(&w->deadline_timer, due_ns);
}

/* TRUE: it is past it; told at each look. */
static gboolean
worker_check_deadline(Worker *w, const PodStatus *old)
{
    static const char message[] = "Pod was active on the node longer than the specified deadline";
    const PodSpec *spec = pod_spec(w->pod);

    if (!spec->active_deadline_s.is_set || old == NULL || old->start_time == 0)
        return FALSE;
    if (kubelet_wall_ns(w->k) - old->start_time < spec->active_deadline_s.value * NS_PER_S)
        return FALSE;
    w->evict_reason = str_intern("DeadlineExceeded");
    w->evict_message = str_intern(message);
    worker_event(w, "Normal", "DeadlineExceeded", message);
    return TRUE;
}

/*
 * v1.34 kubelet.go, SyncTerminatingPod: who has a pod killed (eviction, shutdown, preemption) has his say in the
 * status from before the kill only. What comes after it follows from how the containers ended: with nothing but
 * exits of 0 the pod has succeeded, and the reason, which belongs to the other phase, is lost.
 */
PodStatus *
worker_generate_status(Worker *w, const ApiObject *pod, const SeenPod *seen, gboolean is_terminal)
{
    ProbeView probes = {probes_is_started, probes_is_ready, w};
    StatusInput input = {
        .pod = pod,
        .old = w->status != NULL ? w->status : pod_status(pod),
        .seen = seen,
        .errors = w->errors,
        .probes = &probes,
        .host_ip = str_intern(machine_ip(w->k->options.machine)),
        .is_terminal = is_terminal,
    };

    if (worker_check_deadline(w, input.old) || !is_terminal) {
        input.evict_reason = w->evict_reason;
        input.evict_message = w->evict_message;
    }
    if (!is_terminal)
        input.disruption = w->disruption;
    worker_arm_deadline(w);
    return status_generate(&input);
}

/* v1.34 GetPodDNS: asked for with each sandbox, and by each sync that reaches the containers. */
void
worker_warn_dns(Worker *w)
{
    const char *server = runtime_name_server(w->k->options.runtime);
    g_auto(PodDns) dns = {0};

    if (w->k->options.cluster_dns && pod_spec(w->pod)->dns_config == NULL)
        return;
    pod_dns_make(w->pod, w->k->options.cluster_dns ? (server != NULL ? server : "10.96.0.10") : NULL, &dns);
    if (dns.lacks_cluster)
        worker_event(w, "Warning", "MissingClusterDNS",
                     str_internf("pod: \"%s\". kubelet does not have ClusterDNS IP configured and "
                                 "cannot create Pod using \"ClusterFirst\" policy. Falling back to "
                                 "\"Default\" policy.",
                                 w->label));
    if (dns.warning != NULL)
        worker_event(w, "Warning", "DNSConfigForming", dns.warning);
}

/* --- life ---------------------------------------------------------------------------- */

Worker *
worker_new(Kubelet *k, const ApiObject *pod)
{
    Worker *w = g_new0(Worker, 1);

    w->k = k;
    w->uid = api_uid(pod);
    w->namespace_ = api_namespace(pod);
    w->name = api_name(pod);
    w->label = str_internf("%s_%s(%s)", w->name, w->namespace_, w->uid);
    w->ref = api_ref_text(pod);
    w->pod = api_object_ref(pod);
    w->handle = sim_handle_new(k->sim, w);
    w->order = ++k->order;
    w->sync_ended_ns = G_MININT64;
    w->errors = g_array_new(FALSE, FALSE, sizeof(StartError));
    w->pull_errors = g_array_new(FALSE, FALSE, sizeof(PullError));
    w->probes = g_ptr_array_new_with_free_func(probe_worker_free);
    w->kills = g_ptr_array_new_with_free_func(kill_job_free);
    w->hooks = g_ptr_array_new_with_free_func(g_free);
    backoff_init(&w->crash, PROFILE_NS(CRASH_BACKOFF), PROFILE_NS(CRASH_BACKOFF_MAX));
    backoff_init(&w->pulls, PROFILE_NS(IMAGE_BACKOFF), PROFILE_NS(IMAGE_BACKOFF_MAX));
    rng_seed(&w->resync_rng, rng_next(k->rng), "resync");
    sim_timer_init(&w->queue_timer, k->sim, SIM_CONTROL, worker_on_queue, w);
    sim_timer_init(&w->deadline_timer, k->sim, SIM_CONTROL, worker_on_deadline, w);
    sim_timer_init(&w->step_timer, k->sim, SIM_CONTROL, worker_on_step, w);
    return w;
}

void
worker_free(gpointer self)
{
    Worker *w = self;

    pleg_forget(w);
    sim_handle_drop(w->k->sim, w->handle);
    sync_clear(w);
    kubelet_timer_clear(w->k, &w->queue_timer);
    kubelet_timer_clear(w->k, &w->deadline_timer);
    kubelet_timer_clear(w->k, &w->step_timer);
    g_ptr_array_unref(w->probes);
    g_ptr_array_unref(w->kills);
    g_ptr_array_unref(w->hooks);
    g_clear_pointer(&w->volumes, g_ptr_array_unref);
    g_clear_pointer(&w->awaited, g_ptr_array_unref);
    g_clear_pointer(&w->used, g_hash_table_unref);
    g_array_unref(w->errors);
    g_array_unref(w->pull_errors);
    backoff_clear(&w->crash);
    backoff_clear(&w->pulls);
    api_part_unref(w->status);
    api_object_unref(w->pod);
    g_free(w);
}
