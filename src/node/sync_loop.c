/*
 * sync_loop.c - what the kubelet hears of pods, whom it admits, what it tidies up
 *
 * v1.34 pkg/kubelet/kubelet.go syncLoopIteration, HandlePodAdditions and their
 * like, HandlePodCleanups.
 */

#include "node/internal.h"
#include "node/pressure.h"

#define HOUSEKEEPING_NS (2 * NS_PER_S)
#define ORPHAN_GRACE_NS (2 * NS_PER_S)

/* Time from a watch event's arrival to the sync loop's handling of it (node latencies: 5 ms). */
static const Dist hear_dist = {.type = DIST_LOGNORMAL,
                               .a_ns = 5 * NS_PER_MS,
                               .b_ns = 16 * NS_PER_MS};

/* --- admission ----------------------------------------------------------------------- */

static void
worker_reject(Worker *w, const Admission *verdict)
{
    PodStatus *status = api_part_new(&pod_status_type);

    w->is_rejected = TRUE;
    worker_event(w, "Warning", verdict->reason, verdict->message);
    status->phase = str_intern("Failed");
    status->reason = verdict->reason;
    status->message = str_internf("Pod was rejected: %s", verdict->message);
    status->qos_class = pod_qos(pod_spec(w->pod));
    status->observed_generation = w->pod->meta->generation;
    status_set(w, status);
}

static const AdmitFailure *
first_predicate(const GArray *failures)
{
    for (guint i = 0; i < failures->len; i++) {
        const AdmitFailure *failure = &g_array_index(failures, AdmitFailure, i);

        if (failure->resource == NULL)
            return failure;
    }
    return NULL;
}

/* v1.34 pkg/kubelet/preemption: want of resources does not keep a critical pod away: others make room. */
static Admission
make_room(Worker *w, const GPtrArray *others, const GArray *failures)
{
    const char *error = NULL;
    g_autoptr(GPtrArray) victims =
        preempt_choose(w->pod, (const ApiObject *const *)others->pdata, others->len, failures, &error);

    if (victims == NULL)
        return (Admission){
            str_intern("UnexpectedAdmissionError"),
            str_internf("Unexpected error while attempting to recover from admission failure: "
                        "preemption: error finding a set of pods to preempt: %s",
                        error)};
    preempt_begin(w, victims);
    return (Admission){0};
}

/* Resources and predicates. */
static Admission
admit_pod(Worker *w, const ApiObject *node, const GPtrArray *others)
{
    g_autoptr(GArray) failures =
        admit_failures(node, (const ApiObject *const *)others->pdata, others->len, w->pod);
    const AdmitFailure *failure;

    if (failures->len == 0)
        return (Admission){0};
    failure = &g_array_index(failures, AdmitFailure, 0);
    if (eviction_is_exempt(w->pod)) {
        failure = first_predicate(failures);
        if (failure == NULL)
            return make_room(w, others, failures);
    }
    return admit_verdict(failure);
}

/* v1.34 HandlePodAdditions: the others are those that run or may still run. FALSE: rejected, or not yet. */
static gboolean
worker_admit(Worker *w)
{
    g_autoptr(GPtrArray) workers = kubelet_workers(w->k);
    g_autoptr(GPtrArray) others = g_ptr_array_new();
    const ApiObject *node = kubelet_node(w->k);
    Admission verdict = {0};

    if (node == NULL)
        return TRUE;
    for (guint i = 0; i < workers->len; i++) {
        const Worker *other = workers->pdata[i];

        if (other != w && !other->has_terminated && !other->is_rejected &&
            !pod_is_terminal(other->pod))
            g_ptr_array_add(others, other->pod);
    }
    if (eviction_refuses(w->k, w->pod) != NULL)
        verdict = (Admission){str_intern("Evicted"), eviction_refuses(w->k, w->pod)};
    if (verdict.reason == NULL)
        verdict = admit_system(w->pod);
    if (verdict.reason == NULL)
        verdict = admit_pod(w, node, others);
    if (verdict.reason == NULL && w->k->shutdown.is_now)
        verdict = (Admission){str_intern("NodeShutdown"),
                              str_intern("Pod was rejected as the node is shutting down.")};
    if (verdict.reason == NULL)
        return w->awaited == NULL;
    worker_reject(w, &verdict);
    return FALSE;
}

/* --- what the sync loop hears -------------------------------------------------------- */

static gboolean
pod_differs(const ApiObject *a, const ApiObject *b)
{
    return a->spec != b->spec || a->meta->generation != b->meta->generation ||
           a->meta->deletion_time != b->meta->deletion_time ||
           a->meta->deletion_grace_s.value != b->meta->deletion_grace_s.value ||
           !str_map_equal(&a->meta->labels, &b->meta->labels) ||
           !str_map_equal(&a->meta->annotations, &b->meta->annotations);
}

/* v1.34 NeedToReconcilePodReadiness: a readiness gate changed what Ready should be. */
static gboolean
pod_needs_ready(const ApiObject *pod)
{
    const PodStatus *status = pod_status(pod);
    const Condition *have = condition_find(&status->conditions, "Ready");
    Condition want;

    if (pod_spec(pod)->readiness_gates.count == 0)
        return FALSE;
    condition_ready(pod_spec(pod), status, &status->conditions, status->phase, &want);
    return have == NULL || have->status != want.status || !str_is(have->message, want.message);
}

static gboolean
seen_is_over(const SeenPod *seen)
{
    for (guint i = 0; i < seen->sandboxes->len; i++)
        if (g_array_index(seen->sandboxes, SeenSandbox, i).is_ready)
            return FALSE;
    return seen_pod_count_running(seen) == 0;
}

void
worker_start(Worker *w)
{
    sim_trace(w->k->sim, w->k->component, "sync", w->ref, NULL, "bound to this node");
    if (api_is_deleting(w->pod) && !w->has_terminated)
        worker_terminate(w, -1);
    else
        worker_request(w);
}

static void
kubelet_hear_added(Kubelet *k, const ApiObject *pod)
{
    Worker *w = worker_new(k, pod);

    g_hash_table_insert(k->workers, (gpointer)w->uid, w);
    if (pod_is_terminal(pod)) {
        /* Ended before this process started: only what is left of it is to be cleaned up. */
        SeenPod *seen = pleg_look(k, w->uid);

        w->is_terminating = TRUE;
        w->has_terminated = seen_is_over(seen);
        seen_pod_unref(seen);
    } else if (!api_is_deleting(pod)) {
        if (!worker_admit(w))
            return;
    }
    worker_start(w);
}

static void
worker_dispose(Worker *w)
{
    Kubelet *k = w->k;
    g_autoptr(GPtrArray) sandboxes = runtime_list_sandboxes(k->options.runtime);

    for (guint i = 0; i < sandboxes->len; i++)
        if (sandbox_pod_uid(sandboxes->pdata[i]) == w->uid) {
            image_gc_sandbox_goes(k, sandboxes->pdata[i]);
            runtime_remove_sandbox(sandboxes->pdata[i]);
        }
    g_hash_table_remove(k->pleg.cache, w->uid);
    g_hash_table_remove(k->workers, w->uid);
}

static void
kubelet_hear_removed(Worker *w, const ApiObject *pod)
{
    w->is_gone = TRUE;
    if (w->is_finished || w->is_rejected || w->awaited != NULL) {
        worker_dispose(w);
        return;
    }
    if (pod != NULL && pod != w->pod) {
        api_object_unref(w->pod);
        w->pod = api_object_ref(pod);
    }
    if (!w->is_terminating)
        worker_terminate(w, -1);
}

static void
kubelet_hear_changed(Worker *w, const ApiObject *pod)
{
    ApiObject *old = w->pod;
    gboolean differs = pod_differs(old, pod);

    w->pod = api_object_ref(pod);
    api_object_unref(old);
    if (w->awaited != NULL)
        return;
    if (w->is_rejected && api_is_deleting(pod)) {
        w->is_rejected = FALSE;
        w->is_terminating = w->has_terminated = TRUE;
        worker_request(w);
    } else if (w->is_finished && api_is_deleting(pod)) {
        status_terminate(w);
    } else if (api_is_deleting(pod) && differs) {
        if (w->has_terminated)
            worker_request(w);
        else
            worker_terminate(w, -1);
    } else if (differs || pod_needs_ready(pod)) {
        worker_request(w);
    } else {
        status_reconcile(w);
    }
}

/* A change of a pod on its way through the kubelet's channels; object NULL: the pod is gone. */
typedef struct {
    const char *uid;
    ApiObject *object, *last;
} Heard;

static void
heard_free(gpointer self)
{
    Heard *heard = self;

    api_object_unref(heard->object);
    api_object_unref(heard->last);
    g_free(heard);
}

static void
kubelet_on_heard(Sim *sim, gpointer self, gpointer payload)
{
    Kubelet *k = self;
    Heard *heard = payload;
    Worker *w = kubelet_find_worker(k, heard->uid);

    (void)sim;
    if (heard->object == NULL) {
        if (w != NULL)
            kubelet_hear_removed(w, heard->last);
    } else if (w == NULL) {
        kubelet_hear_added(k, heard->object);
    } else {
        kubelet_hear_changed(w, heard->object);
    }
    heard_free(heard);
}

static void
kubelet_tell(Kubelet *k, const char *uid, const ApiObject *object, const ApiObject *last)
{
    Heard *heard = g_new0(Heard, 1);
    gint64 now_ns = sim_now_ns(k->sim);

    heard->uid = uid;
    heard->object = object != NULL ? api_object_ref(object) : NULL;
    heard->last = last != NULL ? api_object_ref(last) : NULL;
    k->heard_ns = MAX(k->heard_ns, now_ns + dist_sample_ns(&hear_dist, k->rng));
    sim_post(k->sim, k->handle, SIM_CONTROL, k->heard_ns - now_ns, kubelet_on_heard, heard,
             heard_free);
}

void
kubelet_on_pod_added(gpointer user, const ApiObject *object)
{
    kubelet_tell(user, api_uid(object), object, NULL);
}

void
kubelet_on_pod_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    if (api_uid(old) != api_uid(object))
        kubelet_tell(user, api_uid(old), NULL, old);
    kubelet_tell(user, api_uid(object), object, NULL);
}

void
kubelet_on_pod_deleted(gpointer user, const ApiObject *object)
{
    kubelet_tell(user, api_uid(object), NULL, object);
}

void
kubelet_on_node(gpointer user, const ApiObject *object)
{
    (void)object;
    node_status_node_changed(user);
}

void
kubelet_on_node_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    Kubelet *k = user;
    const Condition *stored = condition_find(&node_status(object)->conditions, "Ready");
    const Condition *own =
        k->node.posted != NULL ? condition_find(&k->node.posted->conditions, "Ready") : NULL;

    if (!str_is(node_spec(old)->pod_cidr, node_spec(object)->pod_cidr) ||
        node_spec(old)->unschedulable != node_spec(object)->unschedulable)
        node_status_node_changed(k);
    if (own != NULL && stored != NULL && stored->status != own->status)
        node_status_forget(k);
}

/* --- housekeeping -------------------------------------------------------------------- */

static void
kubelet_on_orphan_stopped(gpointer user)
{
    kubelet_tidy(user);
}

/* TRUE: one of its containers ran; it is asked to end. */
static gboolean
kubelet_stop_orphan_containers(Kubelet *k, const Sandbox *sandbox)
{
    g_autoptr(GPtrArray) containers = runtime_list_containers(k->options.runtime);
    gboolean has_running = FALSE;

    for (guint i = 0; i < containers->len; i++) {
        RtContainer *container = containers->pdata[i];

        if (rt_container_sandbox(container) != sandbox ||
            rt_container_state(container) != RT_RUNNING)
            continue;
        runtime_stop_container(container, ORPHAN_GRACE_NS, k->handle, kubelet_on_orphan_stopped, k);
        has_running = TRUE;
    }
    return has_running;
}

/* A pod that runs here though the API knows no such pod: it has 1 s, which is 2 s at least. */
static void
kubelet_kill_orphans(Kubelet *k)
{
    g_autoptr(GPtrArray) sandboxes = runtime_list_sandboxes(k->options.runtime);

    for (guint i = 0; i < sandboxes->len; i++) {
        Sandbox *sandbox = sandboxes->pdata[i];

        if (kubelet_find_worker(k, sandbox_pod_uid(sandbox)) != NULL)
            continue;
        if (!sandbox_is_ready(sandbox)) {
            image_gc_sandbox_goes(k, sandbox);
            runtime_remove_sandbox(sandbox);
        } else if (!kubelet_stop_orphan_containers(k, sandbox))
            runtime_stop_sandbox(sandbox, k->handle, kubelet_on_orphan_stopped, k);
    }
}

void
kubelet_on_housekeeping(Sim *sim, gpointer self)
{
    Kubelet *k = self;
    g_autoptr(GPtrArray) workers = kubelet_workers(k);

    (void)sim;
    if (kubelet_holds(k, &k->housekeeping))
        return;
    if (!informer_factory_synced(k->factory) || k->pleg.cache_ns == G_MININT64) {
        sim_timer_arm_after(&k->housekeeping, HOUSEKEEPING_NS);
        return;
    }
    kubelet_kill_orphans(k);
    for (guint i = 0; i < workers->len; i++) {
        Worker *w = workers->pdata[i];

        if (w->is_gone && w->is_finished)
            worker_dispose(w);
    }
}

gint64
kubelet_tidied_wall_ns(const Kubelet *k)
{
    return kubelet_wall_ns(k) - (sim_now_ns(k->sim) - k->started_ns) % HOUSEKEEPING_NS;
}

void
kubelet_tidy(Kubelet *k)
{
    gint64 now_ns = sim_now_ns(k->sim);
    gint64 turns = (now_ns - k->started_ns) / HOUSEKEEPING_NS + 1;

    if (!k->housekeeping.is_armed)
        sim_timer_arm_at(&k->housekeeping, k->started_ns + turns * HOUSEKEEPING_NS);
}

void
worker_finished(Worker *w)
{
    if (w->is_gone)
        kubelet_tidy(w->k);
    shutdown_pod_ended(w->k);
}
