/* job_track.c - counting ended pods exactly once, and the Job's end; job_controller.go, trackJobStatusAndRemoveFinalizers */
#include "controllers/job_sync.h"

#define UNCOUNTED_MAX 500

gboolean
job_drop_finalizer(ApiObject *pod, gpointer unused)
{
    (void)unused;
    return str_list_remove(&api_edit_meta(pod)->finalizers, str_intern(JOB_FINALIZER));
}

static void
put_condition(JobStatus *status, const Condition *from, gint64 wall_ns)
{
    Condition *condition = condition_edit(&status->conditions, from->type);
    const char *type = condition->type;

    *condition = *from;
    condition->type = type;
    condition->last_probe_time = condition->last_transition_time = api_time_seconds(wall_ns);
}

/* The condition that announces the end, before it is reached. */
static const char *
interim_type(const JobSync *sync)
{
    if (str_is(sync->final.type, "Failed") || str_is(sync->final.type, "FailureTarget"))
        return str_intern("FailureTarget");
    return str_intern("SuccessCriteriaMet");
}

static gboolean
must_announce(const JobSync *sync)
{
    return sync->version_minor >= 31 || str_is(sync->final.reason, "PodFailurePolicy") ||
           str_is(sync->final.reason, "SuccessPolicy");
}

/* UIDs of pods that ended go to the uncounted ones; indexed successes count at once. */
static void
collect(JobSync *sync, JobStatus *status, GPtrArray *to_release)
{
    gboolean fails = sync->final.type != NULL && str_is(interim_type(sync), "FailureTarget");
    gboolean indexed = job_is_indexed(sync->job);
    guint taken = 0;

    for (guint i = 0; i < sync->pods->len && taken < UNCOUNTED_MAX; i++) {
        const ApiObject *pod = sync->pods->pdata[i];
        const char *phase = pod_status(pod)->phase;
        const char *message;
        gint64 index = job_pod_index(pod);

        if (!job_pod_has_finalizer(pod) || job_is_delayed(sync, pod))
            continue;
        if (pod_is_terminal(pod) || job_pod_is_failed(sync, pod) || sync->final.type != NULL ||
            api_is_deleting(sync->job))
            g_ptr_array_add(to_release, (gpointer)pod);
        else
            continue;
        if (str_is(phase, "Succeeded")) {
            if (!indexed && !str_list_contains(&status->uncounted->succeeded, api_uid(pod))) {
                str_list_add(&status->uncounted->succeeded, api_uid(pod));
                taken++;
            }
        } else if ((job_pod_is_failed(sync, pod) || fails) &&
                   !str_list_contains(&status->uncounted->failed, api_uid(pod)) &&
                   (!indexed || (index >= 0 && index < sync->done.size)) &&
                   job_match_policy(job_spec(sync->job)->pod_failure_policy, pod, &message) != POLICY_IGNORE) {
            str_list_add(&status->uncounted->failed, api_uid(pod));
            taken++;
        }
    }
}

static void
tell_end(const JobSync *sync, Plan *plan)
{
    if (str_is(sync->event.type, "Complete")) {
        const JobStatus *status = job_status(sync->written);
        OptInt32 completions = job_spec(sync->job)->completions;

        if (completions.is_set && status->succeeded > completions.value)
            plan_event(plan, sync->job, "Warning", "TooManySucceededPods", "too many succeeded pods running after completion count reached");
        plan_event(plan, sync->job, "Normal", "Completed", "Job completed");
    } else if (str_is(sync->event.type, "Failed")) {
        plan_event(plan, sync->job, "Warning", sync->event.reason, "%s", sync->event.message);
    }
}

static void
after_counted(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    (void)r;
    if (n_results > 0 && step_succeeded(&results[n_results - 1]))
        tell_end(carry, plan);
}

static JobSync *
sync_next(const JobSync *sync, ApiObject *written /* owned */)
{
    JobSync *next = g_new0(JobSync, 1);

    next->job = api_object_ref(sync->job);
    next->pods = g_ptr_array_new();
    next->written = written;
    next->final = sync->final;
    next->version_minor = sync->version_minor;
    return next;
}

/* The finalizers are gone: the UIDs become numbers, and the end is told if nothing is left to wait for. */
static void
plan_second_write(const Reconcile *r, const JobSync *sync, const ApiObject *live, Plan *plan)
{
    ApiObject *changed = api_object_copy(live);
    JobStatus *status = api_edit_status(changed);
    JobSync *next = sync_next(sync, api_object_ref(changed));

    if (status->uncounted != NULL) {
        status->succeeded += (gint32)status->uncounted->succeeded.count;
        status->failed += (gint32)status->uncounted->failed.count;
        api_struct_clear(&uncounted_pods_type, status->uncounted);
    }
    if (sync->final.type != NULL && status->terminating.value == 0) {
        gboolean fails = str_is(interim_type(sync), "FailureTarget");
        Condition end = sync->final;

        end.type = str_intern(fails ? "Failed" : "Complete");
        put_condition(status, &end, r->wall_ns);
        if (!fails)
            status->completion_time = api_time_seconds(r->wall_ns);
        next->event = end;
    }
    if (api_struct_equal(&job_status_type, status, live->status)) {
        job_sync_free(next);
        api_object_unref(changed);
        return;
    }
    api_object_unref(next->written);
    next->written = api_object_ref(changed);
    plan_update_status(plan, changed, "because %d pods succeeded and %d failed", status->succeeded, status->failed);
    plan_continue(plan, after_counted, next, job_sync_free);
}

static void
after_released(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const JobSync *sync = carry;

    for (guint i = 0; i < n_results; i++)
        if (!step_succeeded(&results[i]) && results[i].code != 404)
            return;
    plan_second_write(r, sync, sync->written, plan);
}

static void
plan_release(const Reconcile *r, const JobSync *sync, const ApiObject *live, Plan *plan)
{
    g_autoptr(GPtrArray) ended = g_ptr_array_new();
    ApiObject *scratch = api_object_copy(sync->job);

    if (job_status(scratch)->uncounted == NULL)
        ((JobStatus *)api_edit_status(scratch))->uncounted = api_struct_new(&uncounted_pods_type);
    collect((JobSync *)sync, api_edit_status(scratch), ended);
    api_object_unref(scratch);
    if (ended->len == 0) {
        plan_second_write(r, sync, live, plan);
        return;
    }
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < ended->len; i++) {
        PlanStep *step =
            plan_patch(plan, ended->pdata[i], NULL, job_drop_finalizer, NULL, NULL, "because it is counted");

        step->ignore_codes[0] = 404;
    }
    plan_group_end(plan);
    plan_continue(plan, after_released, sync_next(sync, api_object_ref(live)), job_sync_free);
}

static void
after_first(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    if (n_results > 0 && step_succeeded(&results[n_results - 1]))
        plan_release(r, carry, results[n_results - 1].object, plan);
}

void
job_track(const Reconcile *r, JobSync *sync, Plan *plan)
{
    ApiObject *changed = api_object_copy(sync->written);
    JobStatus *status = api_edit_status(changed);
    g_autoptr(GPtrArray) ended = g_ptr_array_new();

    if (status->uncounted == NULL)
        status->uncounted = api_struct_new(&uncounted_pods_type);
    status->active = sync->active;
    status->ready = OPT_INT32(sync->ready);
    status->terminating = OPT_INT32(sync->terminating);
    collect(sync, status, ended);
    if (job_is_indexed(sync->job)) {
        status->succeeded = (gint32)sync->done.count;
        status->completed_indexes = sync->done.count > 0 ? index_set_format(&sync->done) : NULL;
        if (job_spec(sync->job)->backoff_limit_per_index.is_set)
            status->failed_indexes = index_set_format(&sync->failed_indexes);
    }
    if (sync->final.type != NULL && must_announce(sync) &&
        !condition_is(&status->conditions, interim_type(sync), "True")) {
        Condition interim = sync->final;

        interim.type = interim_type(sync);
        put_condition(status, &interim, r->wall_ns);
    }
    if (api_struct_equal(&job_status_type, status, sync->job->status)) {
        plan_release(r, sync, sync->job, plan);
        api_object_unref(changed);
        job_sync_free(sync);
        return;
    }
    plan_update_status(plan, changed, "because %d pods are active, %u have ended", sync->active, ended->len);
    plan_continue(plan, after_first, sync, job_sync_free);
}
