/* job_track.c - counting ended pods exactly once, and the Job's end; job_controller.go, trackJobStatusAndRemoveFinalizers */
#include "controllers/job_sync.h"
#include "api/profile.h"

#define UNCOUNTED_MAX 500

gboolean
job_drop_finalizer(ApiObject *pod, gpointer unused)
{
    (void)unused;
    return str_list_remove(&api_edit_meta(pod)->finalizers, str_intern(JOB_FINALIZER));
}

static void
put_condition(JobStatus *status, const char *type, const Condition *from, gint64 wall_ns)
{
    Condition *condition = condition_edit(&status->conditions, str_intern(type));

    condition->status = str_intern("True");
    condition->reason = from->reason;
    condition->message = from->message;
    condition->last_probe_time = condition->last_transition_time = api_time_seconds(wall_ns);
}

static gboolean
fails(const JobSync *sync)
{
    return str_is(sync->final.type, "Failed");
}

/* The condition that announces the end, before it is reached. */
static const char *
interim_type(const JobSync *sync)
{
    return fails(sync) ? "FailureTarget" : "SuccessCriteriaMet";
}

static gboolean
must_announce(const JobSync *sync)
{
    return sync->final.type != NULL &&
           (profile_has(FEATURE_JOB_INTERIM_CONDITIONS, sync->version_minor) || str_is(sync->final.reason, "PodFailurePolicy") ||
            str_is(sync->final.reason, "SuccessPolicy")) &&
           !condition_is(&job_status(sync->job)->conditions, interim_type(sync), "True");
}

/* --- counting ------------------------------------------------------------------------------------------- */

/* cleanUncountedPodsWithoutFinalizers, for one of the two lists: UIDs become numbers once no pod waits for it. */
static void
count_settled(StrList *uids, gint32 *counter, const GHashTable *with_finalizer)
{
    guint kept = 0;

    for (guint i = 0; i < uids->count; i++) {
        if (g_hash_table_contains((GHashTable *)with_finalizer, uids->items[i]))
            uids->items[kept++] = uids->items[i];
        else
            (*counter)++;
    }
    uids->count = kept;
}

static void
count_all_settled(JobStatus *status, const GHashTable *with_finalizer)
{
    if (status->uncounted == NULL)
        return;
    count_settled(&status->uncounted->succeeded, &status->succeeded, with_finalizer);
    count_settled(&status->uncounted->failed, &status->failed, with_finalizer);
}

static void
find_with_finalizer(JobSync *sync)
{
    for (guint i = 0; i < sync->pods->len; i++)
        if (!job_pod_is_settled(sync, sync->pods->pdata[i]))
            g_hash_table_add(sync->with_finalizer, (gpointer)api_uid(sync->pods->pdata[i]));
}

/* canRemoveFinalizer */
static gboolean
may_release(const JobSync *sync, const ApiObject *pod)
{
    if (api_is_deleting(sync->job) || sync->final.type != NULL || str_is(pod_status(pod)->phase, "Succeeded"))
        return TRUE;
    return job_pod_is_failed(sync->job, pod) &&
           (job_pod_index(pod) < 0 || g_hash_table_lookup(sync->delayed, GINT_TO_POINTER(job_pod_index(pod))) != pod);
}

/* One pod that has ended: its UID is written down. TRUE: it brings a new index instead. */
static gboolean
take_pod(JobSync *sync, JobStatus *status, const ApiObject *pod)
{
    UncountedTerminatedPods *uncounted = status->uncounted;
    gboolean indexed = job_is_indexed(sync->job);
    gint64 index = job_pod_index(pod);
    const char *uid = api_uid(pod);
    const char *message;

    if (str_is(pod_status(pod)->phase, "Succeeded") && !str_list_contains(&uncounted->failed, uid)) {
        if (indexed)
            return index >= 0 && index < sync->done.size && !index_set_has(&sync->done_before, index);
        if (!str_list_contains(&uncounted->succeeded, uid))
            str_list_add(&uncounted->succeeded, uid);
        return FALSE;
    }
    if (!job_pod_is_failed(sync->job, pod) && !(sync->final.type != NULL && fails(sync)))
        return FALSE;
    if (str_list_contains(&uncounted->failed, uid) || (indexed && (index < 0 || index >= sync->done.size)) ||
        job_match_policy(job_spec(sync->job)->pod_failure_policy, pod, &message) == POLICY_IGNORE)
        return FALSE;
    str_list_add(&uncounted->failed, uid);
    return FALSE;
}

/* At most so many UIDs in the status, those of earlier syncs among them: the next sync goes on. */
static void
collect(JobSync *sync, JobStatus *status)
{
    guint n_indexes = 0;

    for (guint i = 0; i < sync->pods->len && !sync->is_cut; i++) {
        const ApiObject *pod = sync->pods->pdata[i];

        if (job_pod_is_settled(sync, pod) || !may_release(sync, pod))
            continue;
        g_ptr_array_add(sync->to_release, api_object_ref(pod));
        n_indexes += take_pod(sync, status, pod);
        sync->is_cut =
            n_indexes + status->uncounted->succeeded.count + status->uncounted->failed.count >= UNCOUNTED_MAX;
    }
}

static void
write_indexes(const JobSync *sync, JobStatus *status)
{
    if (!job_is_indexed(sync->job))
        return;
    status->succeeded = (gint32)sync->done.count;
    status->completed_indexes = sync->done.count > 0 ? index_set_format(&sync->done) : NULL;
    status->failed_indexes =
        job_spec(sync->job)->backoff_limit_per_index.is_set ? index_set_format(&sync->failed_indexes) : NULL;
}

/* --- the end --------------------------------------------------------------------------------------------- */

/* enactJobFinished. TRUE: it is over. Before v1.31 nobody waited for pods on their way out. */
static gboolean
enact(JobSync *sync, JobStatus *status, gint64 wall_ns)
{
    if (sync->final.type == NULL || sync->is_cut ||
        (sync->terminating > 0 && profile_has(FEATURE_JOB_INTERIM_CONDITIONS, sync->version_minor)) ||
        (status->uncounted != NULL && status->uncounted->succeeded.count + status->uncounted->failed.count > 0))
        return FALSE;
    put_condition(status, sync->final.type, &sync->final, wall_ns);
    if (!fails(sync))
        status->completion_time = api_time_seconds(sync->final_ns);
    return TRUE;
}

static void
after_counted(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const JobSync *sync = carry;
    OptInt32 completions = job_spec(sync->job)->completions;

    (void)r;
    if (n_results == 0 || !step_succeeded(&results[n_results - 1]) || job_finished_condition(sync->written) == NULL)
        return;
    if (fails(sync)) {
        plan_event(plan, sync->job, "Warning", sync->final.reason, "%s", sync->final.message);
        return;
    }
    if (completions.is_set && job_status(sync->written)->succeeded > completions.value)
        plan_event(plan, sync->job, "Warning", "TooManySucceededPods",
                   "Too many succeeded pods running after completion count reached");
    plan_event(plan, sync->job, "Normal", "Completed", "Job completed");
}

/* The finalizers are gone: the UIDs become numbers, and the end is told if nothing is left to wait for. */
static void
plan_second_write(const Reconcile *r, JobSync *sync, gboolean is_all_released, Plan *plan)
{
    g_autoptr(ApiObject) before = api_object_copy(sync->written);
    JobStatus *status = api_edit_status(sync->written);

    count_all_settled(status, sync->with_finalizer);
    if (is_all_released)
        enact(sync, status, r->wall_ns);
    if (api_struct_equal(&job_status_type, status, job_status(before)))
        return;
    plan_update_status(plan, api_object_copy(sync->written), "because %d pods succeeded and %d failed",
                       status->succeeded, status->failed);
    plan_continue(plan, after_counted, job_sync_ref(sync), job_sync_unref);
}

static void
after_released(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    JobSync *sync = carry;
    gboolean is_all_released = TRUE;

    for (guint i = 0; i < MIN(n_results, sync->to_release->len); i++) {
        const char *uid = api_uid(sync->to_release->pdata[i]);

        if (step_succeeded(&results[i]) || results[i].code == 404)
            g_hash_table_remove(sync->with_finalizer, uid);
        else
            is_all_released = FALSE;
        if (!step_succeeded(&results[i])) /* no event will come for it */
            job_memory_observe_removal(sync->memory, sync->key, uid);
    }
    plan_second_write(r, sync, is_all_released, plan);
}

static void
plan_release(const Reconcile *r, JobSync *sync, Plan *plan)
{
    if (sync->to_release->len == 0) {
        plan_second_write(r, sync, TRUE, plan);
        return;
    }
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < sync->to_release->len; i++) {
        const ApiObject *pod = sync->to_release->pdata[i];
        PlanStep *step = plan_patch(plan, pod, NULL, job_drop_finalizer, NULL, NULL, "because it is counted");

        step->ignore_codes[0] = 404;
        step->continue_on_error = TRUE;
        job_memory_expect_removal(sync->memory, sync->key, api_uid(pod));
    }
    plan_group_end(plan);
    plan_continue(plan, after_released, job_sync_ref(sync), job_sync_unref);
}

static void
after_first(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    JobSync *sync = carry;

    if (n_results == 0 || !step_succeeded(&results[n_results - 1]))
        return;
    job_memory_set_backoff(sync->memory, sync->key, sync->backoff);
    api_object_unref(sync->written);
    sync->written = api_object_copy(results[n_results - 1].object);
    plan_release(r, sync, plan);
}

void
job_track(const Reconcile *r, JobSync *sync, Plan *plan)
{
    JobStatus *status = api_edit_status(sync->written);

    sync->final_ns = r->wall_ns;
    find_with_finalizer(sync);
    if (status->uncounted == NULL)
        status->uncounted = api_struct_new(&uncounted_pods_type);
    status->active = sync->active;
    status->ready = OPT_INT32(sync->ready);
    status->terminating = OPT_INT32(sync->terminating);
    count_all_settled(status, sync->with_finalizer);
    collect(sync, status);
    write_indexes(sync, status);
    if (must_announce(sync))
        put_condition(status, interim_type(sync), &sync->final, r->wall_ns);
    if (api_struct_equal(&job_status_type, status, sync->job->status)) {
        plan_release(r, sync, plan);
        return;
    }
    plan_update_status(plan, api_object_copy(sync->written), "because %d pods are active, %u have ended", sync->active,
                       sync->to_release->len);
    plan_continue(plan, after_first, job_sync_ref(sync), job_sync_unref);
}
