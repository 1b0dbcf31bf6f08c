/* job_events.c - see job_events.h; job_controller.go, addPod to syncOrphanPod */
#include "controllers/job_events.h"

#include "controllers/job_sync.h"

#define BATCH_NS NS_PER_S
#define ORPHAN_PREFIX "orphan:"

gboolean
job_is_managed_elsewhere(const ApiObject *job)
{
    const char *manager = job_spec(job)->managed_by;

    return manager != NULL && !str_is(manager, "kubernetes.io/job-controller");
}

const char *
job_object_text(const char *key)
{
    if (g_str_has_prefix(key, ORPHAN_PREFIX))
        return str_internf("pod/%s", key + strlen(ORPHAN_PREFIX));
    return str_internf("job/%s", key);
}

/* --- pods without a Job ------------------------------------------------------------------------------------- */

static void
enqueue_orphan(Controller *controller, const ApiObject *pod)
{
    controller_enqueue(controller, str_internf(ORPHAN_PREFIX "%s", api_key(pod)));
}

gboolean
job_sync_orphan(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *pod;
    const ApiObject *job;
    const OwnerReference *owner;

    if (!g_str_has_prefix(r->key, ORPHAN_PREFIX))
        return FALSE;
    api_split_key(str_intern(r->key + strlen(ORPHAN_PREFIX)), &namespace_, &name);
    pod = view_get(r->view, &pod_kind, namespace_, name);
    if (pod == NULL || !job_pod_has_finalizer(pod))
        return TRUE;
    owner = api_controller_of(pod);
    job = owner_in_view(r->view, &job_kind, pod);
    if (owner != NULL && !str_is(owner->kind, "Job"))
        return TRUE;
    if (job != NULL && (job_is_managed_elsewhere(job) || job_finished_condition(job) == NULL))
        return TRUE;
    plan_patch(plan, pod, NULL, job_drop_finalizer, NULL, NULL, "because no job counts it any more")->ignore_codes[0] =
        404;
    return TRUE;
}

static void
enqueue_finalizers(Controller *controller, const ApiObject *job)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();

    view_list_owned(controller_view(controller), &pod_kind, api_uid(job), pods);
    for (guint i = 0; i < pods->len; i++)
        if (job_pod_has_finalizer(pods->pdata[i]))
            enqueue_orphan(controller, pods->pdata[i]);
}

/* --- Jobs ------------------------------------------------------------------------------------------------------- */

static void
on_job_updated(Controller *controller, const ApiObject *old, const ApiObject *job)
{
    OptInt64 deadline = job_spec(job)->active_deadline_s;
    OptInt64 before = job_spec(old)->active_deadline_s;

    /* A status that changed comes from pods: they are waited for together. */
    controller_enqueue_after(controller, api_key(job), old->meta->generation == job->meta->generation ? BATCH_NS : 0);
    if (job_finished_condition(job) != NULL)
        enqueue_finalizers(controller, job);
    if (job_status(job)->start_time != 0 && deadline.is_set && deadline.value <= G_MAXINT32 &&
        (!before.is_set || before.value != deadline.value)) {
        gint64 left_ns =
            job_status(job)->start_time + deadline.value * NS_PER_S - controller_wall_ns(controller);

        controller_enqueue_after(controller, api_key(job), MAX(left_ns, 0));
    }
}

void
job_on_job(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (object == NULL) {
        controller_forget_expectations(controller, api_key(old));
        controller_enqueue_object(controller, old);
        enqueue_finalizers(controller, old);
    } else if (old == NULL) {
        controller_enqueue_object(controller, object);
    } else {
        on_job_updated(controller, old, object);
    }
}

/* --- pods ------------------------------------------------------------------------------------------------------------ */

static void
enqueue_batched(Controller *controller, const ApiObject *job)
{
    controller_enqueue_after(controller, api_key(job), BATCH_NS);
}

static void
enqueue_matching(Controller *controller, const ApiObject *pod)
{
    g_autoptr(GPtrArray) jobs = NULL;

    if (pod->meta->labels.count == 0)
        return;
    jobs = g_ptr_array_new();
    view_list(controller_view(controller), &job_kind, api_namespace(pod), jobs);
    for (guint i = 0; i < jobs->len; i++)
        if (label_selector_matches(job_spec(jobs->pdata[i])->selector, &pod->meta->labels))
            enqueue_batched(controller, jobs->pdata[i]);
}

/* deletePod: it goes, or is gone for good. */
static void
on_pod_gone(Controller *controller, const ApiObject *pod, gboolean is_final)
{
    gboolean has_finalizer = job_pod_has_finalizer(pod);
    const ApiObject *job;

    if (api_controller_of(pod) == NULL) {
        if (has_finalizer)
            enqueue_orphan(controller, pod);
        return;
    }
    if (!str_is(api_controller_of(pod)->kind, "Job"))
        return;
    job = owner_in_view(controller_view(controller), &job_kind, pod);
    if (job == NULL || job_finished_condition(job) != NULL) {
        if (has_finalizer)
            enqueue_orphan(controller, pod);
        return;
    }
    controller_observe_deletion(controller, api_key(job), api_key(pod));
    if (is_final || !has_finalizer)
        job_memory_observe_removal(controller_state(controller), api_key(job), api_uid(pod));
    enqueue_batched(controller, job);
}

static void
on_pod_added(Controller *controller, const ApiObject *pod)
{
    const ApiObject *job;

    if (api_is_deleting(pod)) {
        on_pod_gone(controller, pod, FALSE);
        return;
    }
    if (api_controller_of(pod) == NULL) {
        if (job_pod_has_finalizer(pod))
            enqueue_orphan(controller, pod);
        enqueue_matching(controller, pod);
        return;
    }
    job = owner_in_view(controller_view(controller), &job_kind, pod);
    if (job == NULL)
        return;
    controller_observe_creation(controller, api_key(job));
    enqueue_batched(controller, job);
}

/* TRUE: the Job that controls the pod is woken. */
static gboolean
wake_owner(Controller *controller, const ApiObject *of, const ApiObject *pod)
{
    const ApiObject *job = owner_in_view(controller_view(controller), &job_kind, of);

    if (job == NULL)
        return FALSE;
    if (!job_pod_has_finalizer(pod))
        job_memory_observe_removal(controller_state(controller), api_key(job), api_uid(pod));
    enqueue_batched(controller, job);
    return TRUE;
}

static void
on_pod_updated(Controller *controller, const ApiObject *old, const ApiObject *pod)
{
    gboolean has_new_owner = !has_same_controller(old, pod);

    if (api_is_deleting(pod)) {
        on_pod_gone(controller, pod, FALSE);
        return;
    }
    if (has_new_owner)
        wake_owner(controller, old, pod);
    if (api_controller_of(pod) != NULL) {
        wake_owner(controller, pod, pod);
        return;
    }
    if (job_pod_has_finalizer(pod))
        enqueue_orphan(controller, pod);
    if (has_new_owner || !str_map_equal(&old->meta->labels, &pod->meta->labels))
        enqueue_matching(controller, pod);
}

void
job_on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (object == NULL)
        on_pod_gone(controller, old, TRUE);
    else if (old == NULL)
        on_pod_added(controller, object);
    else if (old->resource_version != object->resource_version)
        on_pod_updated(controller, old, object);
}
