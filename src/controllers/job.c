/* job.c - the Job controller: its sync; v1.34 pkg/controller/job/job_controller.go */
#include "controllers/controllers.h"
#include "api/profile.h"
#include "controllers/job_events.h"
#include "controllers/job_sync.h"

static gboolean
is_suspended(const ApiObject *job)
{
    return job_spec(job)->suspend == OPT_TRUE;
}

/* --- the end ------------------------------------------------------------------------------------------------ */

/* pastBackoffLimitOnFailure: restarts of the containers in place count. */
static gboolean
has_restarted_too_often(const JobSync *sync)
{
    gint32 limit = job_spec(sync->job)->backoff_limit.value;
    gint64 restarts = 0;

    if (!str_is(job_spec(sync->job)->template_.spec.restart_policy, "OnFailure"))
        return FALSE;
    for (guint i = 0; i < sync->pods->len; i++) {
        const PodStatus *status = pod_status(sync->pods->pdata[i]);

        if (!str_is(status->phase, "Running") && !str_is(status->phase, "Pending"))
            continue;
        for (guint k = 0; k < status->init_container_statuses.count; k++)
            restarts += status->init_container_statuses.items[k].restart_count;
        for (guint k = 0; k < status->container_statuses.count; k++)
            restarts += status->container_statuses.items[k].restart_count;
    }
    return limit == 0 ? restarts > 0 : restarts >= limit;
}

/* What a former sync announced, or a pod's end that the policy does not suffer. */
static void
decide_by_pods(JobSync *sync)
{
    const ConditionList *conditions = &job_status(sync->job)->conditions;
    const Condition *met = condition_find(conditions, "SuccessCriteriaMet");
    const Condition *target = condition_find(conditions, "FailureTarget");
    const char *message;

    if (met != NULL && str_is(met->status, "True"))
        job_set_final(sync, "Complete", met->reason, met->message);
    if (target != NULL && str_is(target->status, "True"))
        job_set_final(sync, "Failed", target->reason, target->message);
    for (guint i = 0; i < sync->pods->len && sync->final.type == NULL; i++)
        if (job_pod_is_failed(sync->job, sync->pods->pdata[i]) &&
            job_match_policy(job_spec(sync->job)->pod_failure_policy, sync->pods->pdata[i], &message) == POLICY_FAIL_JOB)
            job_set_final(sync, "Failed", "PodFailurePolicy", message);
}

static void
decide_by_limits(const Reconcile *r, JobSync *sync, Plan *plan)
{
    const JobSpec *spec = job_spec(sync->job);
    const JobStatus *status = job_status(sync->written);
    gint64 left_ns;

    if (sync->final.type != NULL)
        return;
    if (sync->failed > spec->backoff_limit.value || has_restarted_too_often(sync)) {
        job_set_final(sync, "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        return;
    }
    if (!spec->active_deadline_s.is_set || status->start_time == 0 || is_suspended(sync->job))
        return;
    left_ns = spec->active_deadline_s.value > G_MAXINT32
                  ? G_MAXINT64
                  : status->start_time + spec->active_deadline_s.value * NS_PER_S - r->wall_ns;
    if (left_ns <= 0)
        job_set_final(sync, "Failed", "DeadlineExceeded", "Job was active longer than specified deadline");
    else if (left_ns != G_MAXINT64)
        plan_enqueue_after(plan, sync->key, left_ns);
}

static void
decide_by_indexes(JobSync *sync)
{
    const JobSpec *spec = job_spec(sync->job);
    gint64 failed = sync->failed_indexes.count;
    int rule;

    if (spec->backoff_limit_per_index.is_set) {
        if (spec->max_failed_indexes.is_set && failed > spec->max_failed_indexes.value)
            job_set_final(sync, "Failed", "MaxFailedIndexesExceeded",
                          "Job has exceeded the specified maximal number of failed indexes");
        if (failed > 0 && failed + sync->done.count >= sync->done.size)
            job_set_final(sync, "Failed", "FailedIndexes", "Job has failed indexes");
    }
    rule = job_success_rule(spec->success_policy, &sync->done);
    if (rule >= 0)
        job_set_final(sync, "Complete", "SuccessPolicy", str_internf("Matched rules at index %d", rule));
}

/* newSuccessCondition: before v1.31 it gave no reason. */
static void
decide_complete(JobSync *sync)
{
    OptInt32 completions = job_spec(sync->job)->completions;
    gboolean has_reason = profile_has(FEATURE_JOB_INTERIM_CONDITIONS, sync->version_minor);

    if (sync->active == 0 && sync->succeeded >= (completions.is_set ? completions.value : 1))
        job_set_final(sync, "Complete", has_reason ? "CompletionsReached" : NULL,
                      has_reason ? "Reached expected number of succeeded pods" : NULL);
}

/* The condition Suspended follows the spec, with an event. ensureJobConditionStatus: False is not written where none was. */
static void
note_suspension(const Reconcile *r, JobSync *sync, Plan *plan)
{
    JobStatus *status = api_edit_status(sync->written);
    gboolean is_on = is_suspended(sync->job);
    const char *word = is_on ? "True" : "False";
    const char *reason = is_on ? "JobSuspended" : "JobResumed";
    const char *message = is_on ? "Job suspended" : "Job resumed";
    const Condition *known = condition_find(&status->conditions, "Suspended");
    Condition *condition;

    if (known == NULL ? !is_on
                      : str_is(known->status, word) && str_is(known->reason, reason) && str_is(known->message, message))
        return;
    condition = condition_edit(&status->conditions, str_intern("Suspended"));
    condition->status = str_intern(word);
    condition->reason = str_intern(reason);
    condition->message = str_intern(message);
    condition->last_probe_time = condition->last_transition_time = api_time_seconds(r->wall_ns);
    plan_event(plan, sync->job, "Normal", is_on ? "Suspended" : "Resumed", "%s", condition->message);
    if (!is_on)
        status->start_time = api_time_seconds(r->wall_ns);
    else if (profile_has(FEATURE_JOB_SUSPEND_CLEARS_START, r->version_minor))
        status->start_time = 0;
}

/* --- the sync --------------------------------------------------------------------------------------------------- */

/* TRUE: nothing failed. The numbers follow what was made or ended. */
static gboolean
count_steps(JobSync *sync, const StepResult *results, guint n_results)
{
    gboolean is_good = TRUE;

    for (guint i = sync->first_step; i < MIN(sync->first_step + sync->n_steps, n_results); i++) {
        gboolean is_done = results[i].was_run && (step_succeeded(&results[i]) || results[i].code == 404 ||
                                                  (sync->creates && step_refused_terminating(&results[i])));

        is_good &= is_done;
        if (!is_done)
            continue;
        sync->active += sync->creates ? 1 : -1;
        sync->terminating += sync->creates ? 0 : 1;
    }
    return is_good;
}

/* A pod could not be adopted or released: the sync ends there, as an error, and nothing is written. */
static gboolean
claims_failed(const JobSync *sync, const StepResult *results, guint n_results)
{
    for (guint i = 0; i < MIN(sync->n_claims, n_results); i++)
        if (results[i].code >= 400 && results[i].code != 404 && results[i].code != 422)
            return TRUE;
    return FALSE;
}

static void
after_manage(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    JobSync *sync = carry;

    if (claims_failed(sync, results, n_results))
        return;
    if (sync->final.type != NULL) {
        /* Some may be left, or not in the cache yet: it is not over. */
        if (!count_steps(sync, results, n_results) || !sync->may_manage)
            sync->final = (Condition){0};
    } else {
        count_steps(sync, results, n_results);
        decide_complete(sync);
        if (sync->final.type == NULL && sync->was_managed)
            note_suspension(r, sync, plan);
    }
    job_track(r, sync, plan);
}

static void
sync_pods(const Reconcile *r, const ApiObject *job, const GPtrArray *pods, Plan *plan)
{
    JobSync *sync = job_sync_new(r, job, pods);
    JobStatus *status = api_edit_status(sync->written);

    if (status->start_time == 0 && !is_suspended(job))
        status->start_time = api_time_seconds(r->wall_ns);
    sync->n_claims = sync->first_step = plan_count(plan);
    decide_by_pods(sync);
    decide_by_limits(r, sync, plan);
    if (job_is_indexed(job))
        decide_by_indexes(sync);
    if (sync->final.type != NULL)
        job_plan_end_all(sync, plan);
    else if (sync->may_manage && !api_is_deleting(job))
        job_manage(r, sync, plan);
    plan_continue(plan, after_manage, sync, job_sync_unref);
}

/* --- whose pods --------------------------------------------------------------------------------------------------- */

static void
list_claims(const Reconcile *r, const ApiObject *job, Claims *claims)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();

    view_list_owned(r->view, &pod_kind, api_uid(job), candidates);
    view_list_orphans(r->view, &pod_kind, api_namespace(job), candidates);
    claims_init(claims);
    claims->finalizer = str_intern(JOB_FINALIZER);
    claims_sort(claims, job, job_spec(job)->selector, candidates);
}

static void
sync_claimed(const Reconcile *r, const ApiObject *job, const Claims *claims, Plan *plan)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);

    claims_plan(claims, job, plan);
    for (guint i = 0; i < claims->claimed->len; i++) {
        const ApiObject *pod = claims->claimed->pdata[i];
        gboolean is_adopted = g_ptr_array_find(claims->adopt, pod, NULL) && !job_pod_has_finalizer(pod);

        g_ptr_array_add(pods, is_adopted ? api_object_copy(pod) : api_object_ref(pod));
        if (is_adopted)
            str_list_add(&api_edit_meta(pods->pdata[i])->finalizers, str_intern(JOB_FINALIZER));
    }
    sync_pods(r, job, pods, plan);
}

static void
after_recheck(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const ApiObject *job = carry;
    Claims claims;

    g_assert(n_results > 0);
    if (!claims_recheck(job, &results[0], plan))
        return;
    list_claims(r, job, &claims);
    sync_claimed(r, job, &claims, plan);
    claims_clear(&claims);
}

static void
sync_job(const Reconcile *r, const ApiObject *job, Plan *plan)
{
    Claims claims;

    list_claims(r, job, &claims);
    if (claims.adopt->len > 0) {
        plan_read(plan, &job_kind, api_namespace(job), api_name(job), "because it must be alive to adopt a pod");
        plan_continue(plan, after_recheck, api_object_ref(job), api_object_unref);
    } else {
        sync_claimed(r, job, &claims, plan);
    }
    claims_clear(&claims);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *job;

    if (job_sync_orphan(r, plan))
        return;
    api_split_key(r->key, &namespace_, &name);
    job = view_get(r->view, &job_kind, namespace_, name);
    if (job == NULL) {
        plan_forget_expectations(plan);
        job_memory_forget(r->state, r->key);
    } else if (job_is_managed_elsewhere(job)) {
        return;
    } else if (job_finished_condition(job) != NULL) {
        job_memory_forget_backoff(r->state, r->key);
    } else {
        sync_job(r, job, plan);
    }
}

static const ControllerSource sources[] = {
    {&job_kind, job_on_job},
    {&pod_kind, job_on_pod, .owner_kind = &job_kind},
    {0},
};

const ControllerDef job_controller = {
    .name = "job",
    .component = "job-controller",
    .workers = 5,
    .queue = {.base_ns = NS_PER_S, .cap_ns = 60 * NS_PER_S},
    .sources = sources,
    .reconcile = reconcile,
    .new_state = job_memory_new,
    .free_state = job_memory_free,
    .object_text = job_object_text,
};
