/* job.c - the Job controller; v1.34 pkg/controller/job/job_controller.go */
#include "controllers/controllers.h"
#include "controllers/job_sync.h"

#define MAX_PER_SYNC 500
#define BATCH_NS NS_PER_S

/* --- what is there ------------------------------------------------------------------------------------------ */

static gboolean
is_suspended(const ApiObject *job)
{
    return job_spec(job)->suspend == OPT_TRUE;
}

static void
set_final(JobSync *sync, const char *type, const char *reason, const char *message)
{
    if (sync->final.type != NULL)
        return;
    sync->final = (Condition){.type = str_intern(type),
                              .status = str_intern("True"),
                              .reason = str_intern(reason),
                              .message = str_intern(message)};
}

static void
keep_announced(JobSync *sync)
{
    static const char *const types[] = {"SuccessCriteriaMet", "FailureTarget"};

    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        const Condition *known = condition_find(&job_status(sync->job)->conditions, types[i]);

        if (known != NULL && str_is(known->status, "True"))
            set_final(sync, types[i], known->reason, known->message);
    }
}

static gboolean
is_uncounted(const JobStatus *status, const ApiObject *pod)
{
    return status->uncounted != NULL && (str_list_contains(&status->uncounted->failed, api_uid(pod)) ||
                                         str_list_contains(&status->uncounted->succeeded, api_uid(pod)));
}

static gboolean
is_index_failed(const JobSpec *spec, const ApiObject *pod)
{
    const char *message;
    PolicyAction action = job_match_policy(spec->pod_failure_policy, pod, &message);

    if (action == POLICY_FAIL_INDEX)
        return TRUE;
    return action != POLICY_IGNORE && job_pod_index_failures(pod) >= spec->backoff_limit_per_index.value;
}

/* One pod's part in the numbers. */
static void
count_pod(JobSync *sync, const ApiObject *pod)
{
    const JobSpec *spec = job_spec(sync->job);
    const JobStatus *status = job_status(sync->job);
    const char *message = NULL;

    sync->active += pod_is_active(pod);
    sync->ready += pod_is_active(pod) && pod_is_ready(pod);
    sync->terminating += pod_is_terminating(pod);
    if (!job_pod_has_finalizer(pod))
        return;
    if (str_is(pod_status(pod)->phase, "Succeeded")) {
        if (job_is_indexed(sync->job))
            index_set_add(&sync->done, job_pod_index(pod));
        else if (!is_uncounted(status, pod))
            sync->succeeded++;
    } else if (job_pod_is_failed(sync, pod)) {
        PolicyAction action = job_match_policy(spec->pod_failure_policy, pod, &message);

        if (action == POLICY_FAIL_JOB)
            set_final(sync, "FailureTarget", "PodFailurePolicy", message);
        if (action != POLICY_IGNORE && !is_uncounted(status, pod))
            sync->failed++;
        if (spec->backoff_limit_per_index.is_set && is_index_failed(spec, pod))
            index_set_add(&sync->failed_indexes, job_pod_index(pod));
    }
}

static JobSync *
sync_new(const Reconcile *r, const ApiObject *job, const GPtrArray *pods)
{
    const JobSpec *spec = job_spec(job);
    const JobStatus *status = job_status(job);
    JobSync *sync = g_new0(JobSync, 1);
    guint size = job_is_indexed(job) ? (guint)spec->completions.value : 0;

    sync->job = api_object_ref(job);
    sync->written = api_object_copy(job);
    sync->version_minor = r->version_minor;
    sync->only_replaces_failed = str_is(spec->pod_replacement_policy, "Failed") || spec->pod_failure_policy != NULL;
    sync->pods = g_ptr_array_new_full(pods->len, api_object_unref);
    index_set_init(&sync->done, size);
    index_set_init(&sync->failed_indexes, size);
    index_set_parse(&sync->done, status->completed_indexes);
    index_set_parse(&sync->failed_indexes, status->failed_indexes);
    sync->succeeded = status->succeeded;
    sync->failed = status->failed;
    if (status->uncounted != NULL) {
        sync->succeeded += (gint32)status->uncounted->succeeded.count;
        sync->failed += (gint32)status->uncounted->failed.count;
    }
    keep_announced(sync);
    for (guint i = 0; i < pods->len; i++) {
        g_ptr_array_add(sync->pods, api_object_ref(pods->pdata[i]));
        count_pod(sync, pods->pdata[i]);
    }
    if (job_is_indexed(job))
        sync->succeeded = (gint32)sync->done.count;
    return sync;
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

static void
decide_indexed(JobSync *sync)
{
    const JobSpec *spec = job_spec(sync->job);
    int rule;

    if (spec->backoff_limit_per_index.is_set) {
        guint failed = sync->failed_indexes.count;

        if (spec->max_failed_indexes.is_set && failed > (guint)spec->max_failed_indexes.value)
            set_final(sync, "FailureTarget", "MaxFailedIndexesExceeded",
                      "Job has exceeded the specified maximal number of failed indexes");
        if (failed > 0 && failed + sync->done.count >= sync->done.size)
            set_final(sync, "FailureTarget", "FailedIndexes", "Job has failed indexes");
    }
    rule = job_success_rule(spec->success_policy, &sync->done);
    if (rule >= 0)
        set_final(sync, "SuccessCriteriaMet", "SuccessPolicy", str_internf("Matched rules at index %d", rule));
}

static void
decide(const Reconcile *r, JobSync *sync, Plan *plan)
{
    const JobSpec *spec = job_spec(sync->job);
    const JobStatus *status = job_status(sync->written);

    if (sync->failed > spec->backoff_limit.value || has_restarted_too_often(sync))
        set_final(sync, "FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
    if (spec->active_deadline_s.is_set && status->start_time != 0 && !is_suspended(sync->job)) {
        gint64 left_ns = status->start_time + spec->active_deadline_s.value * NS_PER_S - r->wall_ns;

        if (left_ns <= 0)
            set_final(sync, "FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline");
        else
            plan_requeue_after(plan, left_ns);
    }
    if (job_is_indexed(sync->job))
        decide_indexed(sync);
}

/* --- pods are made and ended -------------------------------------------------------------------------------- */

static void
add_index(ApiObject *pod, const ApiObject *job, const JobSync *sync, gint64 index)
{
    const char *number = str_internf("%" G_GINT64_FORMAT, index);
    const char *base = str_internf("%s-%" G_GINT64_FORMAT "-", api_name(job), index);
    ObjectMeta *meta = api_edit_meta(pod);
    PodSpec *spec = api_edit_spec(pod);

    meta->generate_name = base;
    str_map_set(&meta->annotations, str_intern(JOB_INDEX), number);
    str_map_set(&meta->labels, str_intern(JOB_INDEX), number);
    spec->hostname = str_internf("%s-%" G_GINT64_FORMAT, api_name(job), index);
    for (guint i = 0; i < spec->init_containers.count + spec->containers.count; i++) {
        Container *container = i < spec->containers.count
                                   ? &spec->containers.items[i]
                                   : &spec->init_containers.items[i - spec->containers.count];
        EnvVar *variable = API_LIST_ADD(&container->env);

        variable->name = str_intern("JOB_COMPLETION_INDEX");
        variable->value = number;
    }
    if (job_spec(job)->backoff_limit_per_index.is_set) {
        const ApiObject *last = job_last_failed(sync, index);
        gint32 failures = last == NULL ? 0 : job_pod_index_failures(last);
        gint32 ignored = last == NULL ? 0 : job_pod_index_ignored(last);
        const char *message;

        if (last != NULL) {
            if (job_match_policy(job_spec(job)->pod_failure_policy, last, &message) == POLICY_IGNORE)
                ignored++;
            else
                failures++;
        }
        str_map_set(&meta->annotations, str_intern(JOB_INDEX_FAILURES), str_internf("%d", failures));
        if (ignored > 0)
            str_map_set(&meta->annotations, str_intern(JOB_INDEX_IGNORED), str_internf("%d", ignored));
    }
}

static void
plan_create_pod(const JobSync *sync, PodMaker *maker, gint64 index, Plan *plan)
{
    ApiObject *pod = pod_maker_make(maker);
    PlanStep *step;

    str_list_add(&api_edit_meta(pod)->finalizers, str_intern(JOB_FINALIZER));
    if (index >= 0)
        add_index(pod, sync->job, sync, index);
    step = plan_create(plan, pod, "because %d pods are active and %d have succeeded", sync->active, sync->succeeded);
    step->event_about = api_object_ref(sync->job);
    step->on_success = (StepEvent){"Normal", "SuccessfulCreate", "Created pod: %s"};
    step->on_failure = (StepEvent){"Warning", "FailedCreate", "Error creating: %s"};
    step->ignore_terminating = TRUE;
    step->keeps_expectation = TRUE;
}

/* Time until @index may get its next pod; 0: now. */
static gint64
index_wait_ns(const Reconcile *r, const JobSync *sync, gint64 index)
{
    const ApiObject *last = job_last_failed(sync, index);

    if (last == NULL)
        return 0;
    return job_pod_finish_ns(last) +
           job_backoff_ns(job_pod_index_failures(last) + job_pod_index_ignored(last) + 1) - r->wall_ns;
}

static gboolean
index_is_free(const JobSync *sync, gint64 index)
{
    if (index_set_has(&sync->done, index) || index_set_has(&sync->failed_indexes, index))
        return FALSE;
    for (guint i = 0; i < sync->pods->len; i++) {
        const ApiObject *pod = sync->pods->pdata[i];

        if (job_pod_index(pod) == index &&
            (pod_is_active(pod) || (sync->only_replaces_failed && pod_is_terminating(pod))))
            return FALSE;
    }
    return TRUE;
}

/* The back-off: failures since the last success, and when the last was. */
static gint64
backoff_left_ns(const Reconcile *r, const JobSync *sync)
{
    gint64 last_success_ns = 0;
    gint64 last_failure_ns = 0;
    gint32 failures = 0;

    for (guint i = 0; i < sync->pods->len; i++)
        if (str_is(pod_status(sync->pods->pdata[i])->phase, "Succeeded"))
            last_success_ns = MAX(last_success_ns, job_pod_finish_ns(sync->pods->pdata[i]));
    for (guint i = 0; i < sync->pods->len; i++) {
        const ApiObject *pod = sync->pods->pdata[i];

        if (!job_pod_is_failed(sync, pod) || job_pod_finish_ns(pod) <= last_success_ns)
            continue;
        failures++;
        last_failure_ns = MAX(last_failure_ns, job_pod_finish_ns(pod));
    }
    return failures == 0 ? 0 : last_failure_ns + job_backoff_ns(failures) - r->wall_ns;
}

static void
plan_creations(const Reconcile *r, JobSync *sync, gint32 need, Plan *plan)
{
    gboolean per_index = job_spec(sync->job)->backoff_limit_per_index.is_set;
    gint64 wait_ns = per_index ? 0 : backoff_left_ns(r, sync);
    g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(gint64));
    gint64 soonest_ns = -1;
    PodMaker maker;

    if (wait_ns > 0) {
        plan_requeue_after(plan, MAX(wait_ns, NS_PER_S));
        sync->active = 0;
        return;
    }
    need = MIN(need, MAX_PER_SYNC);
    for (gint64 i = 0; i < sync->done.size && (gint32)indexes->len < need; i++) {
        if (!index_is_free(sync, i))
            continue;
        wait_ns = per_index ? index_wait_ns(r, sync, i) : 0;
        if (wait_ns <= 0)
            g_array_append_val(indexes, i);
        else
            soonest_ns = soonest_ns < 0 ? wait_ns : MIN(soonest_ns, wait_ns);
    }
    if (job_is_indexed(sync->job))
        need = (gint32)indexes->len;
    if (soonest_ns >= 0)
        plan_requeue_after(plan, MAX(soonest_ns, NS_PER_S));
    if (need == 0)
        return;
    plan_expect_creations(plan, (guint)need);
    pod_maker_init(&maker, &job_spec(sync->job)->template_, sync->job);
    plan_group_begin(plan, GROUP_SLOW_START);
    for (gint32 i = 0; i < need; i++)
        plan_create_pod(sync, &maker, job_is_indexed(sync->job) ? g_array_index(indexes, gint64, i) : -1, plan);
    plan_group_end(plan);
    pod_maker_clear(&maker);
}

static gint
compare_victims(gconstpointer a, gconstpointer b)
{
    RankedPod first = {*(ApiObject *const *)a, 0};
    RankedPod second = {*(ApiObject *const *)b, 0};

    return ranked_pod_compare(&first, &second, G_MAXINT64);
}

/* @count active pods go; without their finalizer first if they are to count neither way. */
static void
plan_deletions(JobSync *sync, guint count, gboolean uncounted, Plan *plan)
{
    g_autoptr(GPtrArray) active = g_ptr_array_new();

    for (guint i = 0; i < sync->pods->len; i++)
        if (pod_is_active(sync->pods->pdata[i]))
            g_ptr_array_add(active, sync->pods->pdata[i]);
    if (count < active->len)
        g_ptr_array_sort(active, compare_victims);
    for (guint i = 0; i < MIN(count, active->len) && i < MAX_PER_SYNC; i++) {
        PlanStep *step;

        if (uncounted && job_pod_has_finalizer(active->pdata[i])) {
            step = plan_patch(plan, active->pdata[i], NULL, job_drop_finalizer, NULL, NULL, "because it is not to count");
            step->ignore_codes[0] = 404;
        }
        step = plan_delete(plan, active->pdata[i], "because %u pods are active", active->len);
        step->event_about = api_object_ref(sync->job);
        step->on_success = (StepEvent){"Normal", "SuccessfulDelete", "Deleted pod: %s"};
        step->on_failure = (StepEvent){"Warning", "FailedDelete", "Error deleting: %s"};
        step->ignore_codes[0] = 404;
        sync->active--;
        sync->terminating++;
        sync->ready -= pod_is_ready(active->pdata[i]);
    }
}

/* manageJob */
static void
manage(const Reconcile *r, JobSync *sync, Plan *plan)
{
    const JobSpec *spec = job_spec(sync->job);
    gint32 parallelism = spec->parallelism.value;
    gint32 wanted;
    gint32 need;

    if (is_suspended(sync->job)) {
        plan_deletions(sync, (guint)sync->active, TRUE, plan);
        return;
    }
    if (!spec->completions.is_set)
        wanted = sync->succeeded > 0 ? sync->active : parallelism;
    else
        wanted = CLAMP(spec->completions.value - sync->succeeded, 0, parallelism);
    if (sync->active > wanted) {
        plan_deletions(sync, (guint)(sync->active - wanted), TRUE, plan);
        return;
    }
    need = wanted - sync->active - (sync->only_replaces_failed ? sync->terminating : 0);
    if (need > 0)
        plan_creations(r, sync, need, plan);
}

/* --- the sync --------------------------------------------------------------------------------------------------- */

static void
decide_complete(JobSync *sync)
{
    const JobSpec *spec = job_spec(sync->job);
    gboolean complete = spec->completions.is_set ? sync->succeeded >= spec->completions.value && sync->active == 0
                                                 : sync->succeeded > 0 && sync->active == 0;

    if (complete && !(spec->parallelism.value == 0 && spec->completions.is_set && sync->succeeded < spec->completions.value))
        set_final(sync, "SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods");
}

/* The condition Suspended follows the spec, with an event. */
static void
note_suspension(const Reconcile *r, JobSync *sync, Plan *plan)
{
    JobStatus *status = api_edit_status(sync->written);
    gboolean is_on = is_suspended(sync->job);
    const Condition *known = condition_find(&status->conditions, "Suspended");
    Condition *condition;

    if (known == NULL ? !is_on : str_is(known->status, is_on ? "True" : "False"))
        return;
    condition = condition_edit(&status->conditions, str_intern("Suspended"));
    condition->status = str_intern(is_on ? "True" : "False");
    condition->reason = str_intern(is_on ? "JobSuspended" : "JobResumed");
    condition->message = str_intern(is_on ? "Job suspended" : "Job resumed");
    condition->last_probe_time = condition->last_transition_time = api_time_seconds(r->wall_ns);
    plan_event(plan, sync->job, "Normal", is_on ? "Suspended" : "Resumed", "%s", condition->message);
    if (!is_on)
        status->start_time = api_time_seconds(r->wall_ns);
    else if (r->version_minor >= 36)
        status->start_time = 0;
}

static void
after_manage(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const JobSync *sync = carry;
    JobSync *next = sync_new(r, sync->job, sync->pods);

    api_object_unref(next->written);
    next->written = api_object_ref(sync->written);
    next->final = sync->final;
    next->active = sync->active;
    next->ready = sync->ready;
    next->terminating = sync->terminating;
    for (guint i = 0; i < n_results; i++) {
        const StepResult *result = &results[i];

        if (step_succeeded(result) && result->object != NULL && result->code == 201 && result->object->kind == &pod_kind)
            next->active++;
        else if (result->was_run && !step_succeeded(result) && result->code != 404 &&
                 !step_refused_terminating(result))
            plan_fail(plan, "%s", step_error_text(result));
    }
    job_track(r, next, plan);
}

static void
sync_job(const Reconcile *r, const ApiObject *job, const GPtrArray *pods, Plan *plan)
{
    JobSync *sync = sync_new(r, job, pods);
    JobStatus *status = api_edit_status(sync->written);
    gboolean may_manage = r->expectations == NULL || expectations_satisfied(r->expectations, r->key, r->now_ns);

    if (status->start_time == 0 && !is_suspended(job))
        status->start_time = api_time_seconds(r->wall_ns);
    decide(r, sync, plan);
    if (sync->final.type != NULL) {
        plan_deletions(sync, (guint)sync->active, FALSE, plan);
    } else if (may_manage && !api_is_deleting(job)) {
        manage(r, sync, plan);
        if (plan_count(plan) == 0)
            decide_complete(sync);
        note_suspension(r, sync, plan);
    }
    if (plan_count(plan) == 0) {
        job_track(r, sync, plan);
        return;
    }
    plan_continue(plan, after_manage, sync, job_sync_free);
}

/* The Job is gone: its pods may go too. */
static void
release_orphans(const Reconcile *r, const char *namespace_, const char *name, Plan *plan)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();

    view_list(r->view, &pod_kind, namespace_, pods);
    for (guint i = 0; i < pods->len; i++) {
        const OwnerReference *owner = api_controller_of(pods->pdata[i]);
        PlanStep *step;

        if (owner == NULL || !str_is(owner->kind, "Job") || !str_is(owner->name, name) ||
            !job_pod_has_finalizer(pods->pdata[i]))
            continue;
        step = plan_patch(plan, pods->pdata[i], NULL, job_drop_finalizer, NULL, NULL, "because its Job is gone");
        step->ignore_codes[0] = 404;
    }
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    g_autoptr(GPtrArray) candidates = NULL;
    const char *namespace_;
    const char *name;
    const ApiObject *job;
    Claims claims;

    api_split_key(r->key, &namespace_, &name);
    job = view_get(r->view, &job_kind, namespace_, name);
    if (job == NULL) {
        plan_forget_expectations(plan);
        release_orphans(r, namespace_, name, plan);
        return;
    }
    if (job_finished_condition(job) != NULL)
        return;
    if (job_spec(job)->managed_by != NULL && !str_is(job_spec(job)->managed_by, "kubernetes.io/job-controller"))
        return;
    candidates = g_ptr_array_new();
    view_list_owned(r->view, &pod_kind, api_uid(job), candidates);
    claims_init(&claims);
    claims_sort(&claims, job, job_spec(job)->selector, candidates);
    sync_job(r, job, claims.claimed, plan);
    claims_clear(&claims);
}

/* --- what wakes it ------------------------------------------------------------------------------------------------ */

static void
on_job(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *job = object != NULL ? object : old;

    if (object == NULL)
        controller_forget_expectations(controller, api_key(job));
    if (old != NULL && object != NULL && old->meta->generation == object->meta->generation)
        controller_enqueue_after(controller, api_key(job), BATCH_NS);
    else
        controller_enqueue_object(controller, job);
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *pod = object != NULL ? object : old;
    const OwnerReference *owner = api_controller_of(pod);
    const char *key;

    if (owner == NULL || !str_is(owner->kind, "Job"))
        return;
    if (old != NULL && object != NULL && old->resource_version == object->resource_version)
        return;
    key = api_key_of(api_namespace(pod), owner->name);
    if (old == NULL && owner_in_view(controller_view(controller), &job_kind, pod) != NULL)
        controller_observe_creation(controller, key);
    controller_enqueue_after(controller, key, BATCH_NS);
}

static const ControllerSource sources[] = {
    {&job_kind, on_job},
    {&pod_kind, on_pod},
    {0},
};

const ControllerDef job_controller = {
    .name = "job",
    .component = "job-controller",
    .workers = 5,
    .queue = {.base_ns = NS_PER_S, .cap_ns = 60 * NS_PER_S},
    .sources = sources,
    .reconcile = reconcile,
};
