/*
 * kill.c - ending containers: event, preStop hook, turn, SIGTERM, SIGKILL
 *
 * v1.34 pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer and
 * kuberuntime_termination_order.go. All containers asked for go side by side;
 * the time of the hook and of the wait for the turn is taken off the grace.
 */

#include "node/internal.h"
#include "api/profile.h"

#define GRACE_MIN_S 2

typedef enum { KILL_HOOK, KILL_TURN, KILL_STOPPING, KILL_OVER } KillStage;

struct KillJob {
    Worker *w;
    ApiObject *pod; /* (owned ref) */
    KillRequest request;
    KillStage stage;
    gboolean in_order, hook_runs;
    gint64 grace_s;  /* left */
    gint64 stage_ns; /* when the stage began */
    SimHandle handle;
    SimTimer timer; /* the grace is over while it waits */
    gint64 term_ns; /* when SIGTERM was asked for; 0: not yet */
};

static void kill_stop(KillJob *job);

void
kill_job_free(gpointer self)
{
    KillJob *job = self;

    sim_handle_drop(job->w->k->sim, job->handle);
    kubelet_timer_clear(job->w->k, &job->timer);
    api_object_unref(job->pod);
    g_free(job);
}

/* v1.34 setTerminationGracePeriod */
static gint64
kill_grace_s(const ApiObject *pod, const KillRequest *request)
{
    const PodSpec *spec = pod_spec(pod);
    const Probe *probe = NULL;

    if (request->grace_override_s >= 0)
        return request->grace_override_s;
    if (pod->meta->deletion_grace_s.is_set)
        return pod->meta->deletion_grace_s.value;
    if (!spec->termination_grace_s.is_set)
        return GRACE_MIN_S;
    if (request->reason == KILL_STARTUP)
        probe = request->container->startup_probe;
    else if (request->reason == KILL_LIVENESS)
        probe = request->container->liveness_probe;
    if (probe != NULL && probe->termination_grace_s.is_set)
        return probe->termination_grace_s.value;
    return spec->termination_grace_s.value;
}

/* --- the turn of sidecars ------------------------------------------------------------ */

/*
 * Position in which the containers end: app containers 0, then sidecars from the last to
 * the first. Plain init containers wait for nobody, and nobody waits for them.
 */
static guint
kill_rank(const KillJob *job)
{
    const PodSpec *spec = pod_spec(job->pod);

    if (!job->request.is_init || !container_is_sidecar(job->request.container))
        return 0;
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (spec->init_containers.items[i].name == job->request.container->name)
            return spec->init_containers.count - i;
    return 0;
}

static gboolean
kill_is_awaited(const KillJob *job)
{
    return !job->request.is_init || container_is_sidecar(job->request.container);
}

static gboolean
kill_is_its_turn(const KillJob *job)
{
    const GPtrArray *all = job->w->kills;
    guint rank = kill_rank(job);

    if (!job->in_order || rank == 0)
        return TRUE;
    for (guint i = 0; i < all->len; i++) {
        const KillJob *other = all->pdata[i];

        if (other != job && other->stage != KILL_OVER && kill_is_awaited(other) && kill_rank(other) < rank)
            return FALSE;
    }
    return TRUE;
}

static void
kill_take_time(KillJob *job)
{
    job->grace_s -= (sim_now_ns(job->w->k->sim) - job->stage_ns) / NS_PER_S;
}

static void
kill_await_turn(KillJob *job)
{
    job->stage = KILL_TURN;
    job->stage_ns = sim_now_ns(job->w->k->sim);
    if (kill_is_its_turn(job) || job->grace_s <= 0) {
        kill_stop(job);
        return;
    }
    sim_timer_arm_after(&job->timer, MAX(duration_of_seconds(job->grace_s), 0));
}

/* --- the end ------------------------------------------------------------------------- */

static void
kill_on_stopped(gpointer user)
{
    KillJob *job = user;
    Worker *w = job->w;
    gboolean all_over = TRUE;

    job->stage = KILL_OVER;
    /* The whole grace: SIGKILL ended it. */
    if (job->term_ns > 0 && sim_now_ns(w->k->sim) - job->term_ns >= duration_of_seconds(job->grace_s))
        sim_waited(w->k->sim, profile_timers[TIMER_TERMINATION_GRACE].name, sim_now_ns(w->k->sim) - job->term_ns);
    kubelet_timer_disarm(job->w->k, &job->timer);
    for (guint i = 0; i < w->kills->len; i++) {
        KillJob *other = w->kills->pdata[i];

        if (other->stage == KILL_TURN && kill_is_its_turn(other)) {
            kill_take_time(other);
            kill_stop(other);
        }
        all_over = all_over && other->stage == KILL_OVER;
    }
    if (all_over && w->kills_done != NULL) {
        void (*done)(Worker *) = w->kills_done;

        w->kills_done = NULL;
        done(w);
    }
}

static void
kill_on_stopped_later(Sim *sim, gpointer self, gpointer payload)
{
    (void)sim;
    (void)payload;
    kill_on_stopped(self);
}

static void
kill_stop(KillJob *job)
{
    Worker *w = job->w;
    RtContainer *rt = kubelet_find_container(w->k, job->request.id);

    kubelet_timer_disarm(job->w->k, &job->timer);
    job->stage = KILL_STOPPING;
    job->grace_s = MAX(job->grace_s, GRACE_MIN_S);
    if (rt == NULL || rt_container_state(rt) != RT_RUNNING)
        sim_post(w->k->sim, job->handle, SIM_CONTROL, 0, kill_on_stopped_later, NULL, NULL);
    else
        runtime_stop_container(rt, MAX(duration_of_seconds(job->grace_s), 0), job->handle, kill_on_stopped, job);
    job->term_ns = sim_now_ns(w->k->sim);
}

static void
kill_on_timer(Sim *sim, gpointer self)
{
    KillJob *job = self;

    (void)sim;
    if (kubelet_holds(job->w->k, &job->timer))
        return;
    kill_take_time(job);
    /* The hook goes on; nobody waits for it any more. */
    if (job->stage == KILL_HOOK)
        kill_await_turn(job);
    else
        kill_stop(job);
}

static void
kill_on_hook(gpointer user, const char *error)
{
    KillJob *job = user;

    job->hook_runs = FALSE;
    if (error != NULL)
        worker_container_event(job->w, job->request.container, job->request.is_init, "Warning",
                               "FailedPreStopHook", "PreStopHook failed");
    if (job->stage != KILL_HOOK)
        return;
    kubelet_timer_disarm(job->w->k, &job->timer);
    kill_take_time(job);
    kill_await_turn(job);
}

static void
kill_begin(KillJob *job)
{
    Worker *w = job->w;
    const KillRequest *request = &job->request;
    const Lifecycle *lifecycle = request->container->lifecycle;
    RtContainer *rt = kubelet_find_container(w->k, request->id);

    worker_container_event(w, request->container, request->is_init, "Normal", "Killing",
                           request->message != NULL
                               ? request->message
                               : str_internf("Stopping container %s", request->container->name));
    if (lifecycle == NULL || lifecycle->pre_stop == NULL || job->grace_s <= 0 || w->skips_hooks ||
        rt == NULL) {
        kill_await_turn(job);
        return;
    }
    job->stage = KILL_HOOK;
    job->hook_runs = TRUE;
    sim_timer_arm_after(&job->timer, MAX(duration_of_seconds(job->grace_s), 0));
    hook_run(w, job->pod, request->container, rt, lifecycle->pre_stop, job->handle, kill_on_hook,
             job);
}

static void
kill_drop_old(Worker *w)
{
    for (guint i = w->kills->len; i > 0; i--) {
        const KillJob *job = w->kills->pdata[i - 1];

        if (job->stage == KILL_OVER && !job->hook_runs)
            g_ptr_array_remove_index(w->kills, i - 1);
    }
}

void
kill_containers(Worker *w,
                const ApiObject *pod,
                const KillRequest *requests,
                guint count,
                gboolean in_order,
                void (*done)(Worker *w))
{
    guint first;

    kill_drop_old(w);
    first = w->kills->len;
    if (count == 0) {
        done(w);
        return;
    }
    w->kills_done = done;
    for (guint i = 0; i < count; i++) {
        KillJob *job = g_new0(KillJob, 1);

        job->w = w;
        job->pod = api_object_ref(pod);
        job->request = requests[i];
        job->in_order = in_order;
        job->grace_s = kill_grace_s(pod, &requests[i]);
        job->stage_ns = sim_now_ns(w->k->sim);
        job->handle = sim_handle_new(w->k->sim, job);
        sim_timer_init(&job->timer, w->k->sim, SIM_CONTROL, kill_on_timer, job);
        g_ptr_array_add(w->kills, job);
    }
    for (guint i = first; i < first + count; i++)
        kill_begin(w->kills->pdata[i]);
}

static void
kill_on_shortened(gpointer user)
{
    (void)user;
}

void
kill_shorten(Worker *w, gint64 grace_s)
{
    for (guint i = 0; i < w->kills->len; i++) {
        KillJob *job = w->kills->pdata[i];
        RtContainer *rt;

        if (job->stage == KILL_OVER)
            continue;
        job->grace_s = MAX(MIN(job->grace_s, grace_s), GRACE_MIN_S);
        if (job->stage != KILL_STOPPING) {
            kill_stop(job);
            continue;
        }
        rt = kubelet_find_container(w->k, job->request.id);
        if (rt != NULL && rt_container_state(rt) == RT_RUNNING)
            runtime_stop_container(rt, MAX(duration_of_seconds(job->grace_s), 0), job->handle, kill_on_shortened,
                                   job);
    }
}
