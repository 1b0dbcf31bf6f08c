/* cronjob.c - starts Jobs by a schedule; v1.34 pkg/controller/cronjob/cronjob_controllerv2.go */
#include "controllers/controllers.h"
#include "controllers/cronjob_sync.h"
#include "controllers/util.h"

/* What one sync knows. */
typedef struct {
    ApiObject *cached;  /* (owned ref) events are about it */
    ApiObject *written; /* (owned) copy of it; its status is written at the end */
    ApiObject *live;    /* (owned) the server's CronJob, if the cache turned out to be behind; NULL: it is not */
    GPtrArray *jobs;    /* (owned) of owned refs: those that name it as their controller */
    GPtrArray *victims; /* (owned) of borrowed jobs: history that is deleted by the first steps */
    gboolean is_changed;
    gint64 now_ns;     /* when the sync began */
    gint64 requeue_ns; /* -1: rests until something happens */
    gint64 scheduled_ns;
    guint create_step;
    gboolean asks_live;
    guint first_lookup; /* step of the first look for a missing Job */
} CronSync;

static void
sync_free(gpointer data)
{
    CronSync *sync = data;

    api_object_unref(sync->cached);
    api_object_unref(sync->written);
    api_object_unref(sync->live);
    g_ptr_array_unref(sync->jobs);
    g_ptr_array_unref(sync->victims);
    g_free(sync);
}

/* The carry of the next continuation; the old one is freed with its plan. */
static CronSync *
sync_copy(const CronSync *sync)
{
    CronSync *copy = g_memdup2(sync, sizeof *sync);

    copy->cached = api_object_ref(sync->cached);
    copy->written = api_object_copy(sync->written);
    copy->live = sync->live == NULL ? NULL : api_object_copy(sync->live);
    copy->jobs = g_ptr_array_ref(sync->jobs);
    copy->victims = g_ptr_array_ref(sync->victims);
    return copy;
}

static ApiObject *
current(const CronSync *sync)
{
    return sync->live != NULL ? sync->live : sync->written;
}

/* The status is written if it changed, and the queue holds the key until the next time. */
static void
plan_finish(const CronSync *sync, Plan *plan)
{
    if (sync->is_changed)
        plan_update_status(plan, api_object_copy(sync->written), "because %u of its jobs are active",
                           cron_job_status(sync->written)->active.count);
    if (sync->requeue_ns >= 0)
        plan_requeue_after(plan, sync->requeue_ns);
}

static void
set_deletion(PlanStep *step, const CronSync *sync)
{
    step->propagation = str_intern("Background");
    step->event_about = api_object_ref(sync->cached);
    step->on_success = (StepEvent){"Normal", "SuccessfulDelete", "Deleted job %s"};
    step->on_failure = (StepEvent){"Warning", "FailedDelete", "Deleted job: %s"};
}

/* --- the start of a Job ------------------------------------------------------------------------------ */

static void
note_started(CronSync *sync, const ApiObject *job)
{
    CronJobStatus *status = api_edit_status(current(sync));
    ObjectReference *reference = API_LIST_ADD(&status->active);

    reference->kind = str_intern("Job");
    reference->api_version = str_intern("batch/v1");
    reference->namespace_ = api_namespace(job);
    reference->name = api_name(job);
    reference->uid = api_uid(job);
    reference->resource_version = str_internf("%" G_GUINT64_FORMAT, job->resource_version);
    status->last_schedule_time = sync->scheduled_ns;
    sync->is_changed = TRUE;
}

/* The name is taken: by a Job of ours that the status does not have yet, or by somebody else's. */
static void
after_existing(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    CronSync *sync = carry;
    gint64 requeue_ns = sync->requeue_ns;

    (void)r;
    sync->requeue_ns = -1;
    if (n_results > 0 && step_succeeded(&results[0]) && api_is_controlled_by(results[0].object, current(sync)) &&
        cron_find_active(current(sync), api_uid(results[0].object)) < 0) {
        note_started(sync, results[0].object);
        sync->requeue_ns = requeue_ns;
    }
    plan_finish(sync, plan);
}

static void
after_create(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    CronSync *sync = carry;
    const StepResult *created = &results[sync->create_step];

    (void)r;
    for (guint i = 0; i < n_results; i++)
        if (i != sync->create_step && step_succeeded(&results[i]) && results[i].object != NULL &&
            cron_drop_active(current(sync), api_uid(results[i].object)))
            sync->is_changed = TRUE;
    if (created->was_run && step_succeeded(created)) {
        note_started(sync, created->object);
    } else if (created->was_run && created->code == 409) {
        plan_read(plan, &job_kind, api_namespace(sync->written), cron_job_name(sync->written, sync->scheduled_ns),
                  "to see whose job has the name");
        plan_continue(plan, after_existing, sync_copy(sync), sync_free);
        return;
    } else {
        sync->requeue_ns = -1;
        if (created->was_run)
            plan_fail(plan, "%s", step_error_text(created));
    }
    plan_finish(sync, plan);
}

static void
plan_replace(const CronSync *sync, Plan *plan)
{
    const CronJobStatus *status = cron_job_status(current(sync));

    for (guint i = 0; i < status->active.count; i++) {
        const ObjectReference *reference = &status->active.items[i];
        g_autoptr(ApiObject) job = api_object_new(&job_kind, reference->namespace_, reference->name);
        PlanStep *step = plan_read(plan, &job_kind, reference->namespace_, reference->name, "to replace it");

        step->event_about = api_object_ref(sync->cached);
        step->on_failure = (StepEvent){"Warning", "FailedGet", "Get job: %s"};
        set_deletion(plan_delete(plan, job, "because the next one is due and replaces it"), sync);
    }
}

static void
plan_start(CronSync *sync, Plan *plan)
{
    PlanStep *step;

    if (str_is(cron_job_spec(sync->written)->concurrency_policy, "Replace"))
        plan_replace(sync, plan);
    sync->create_step = plan_count(plan);
    step = plan_create(plan, cron_make_job(sync->written, sync->scheduled_ns), "because its time has come");
    step->event_about = api_object_ref(sync->cached);
    step->on_success = (StepEvent){"Normal", "SuccessfulCreate", "Created job %s"};
    step->on_failure = (StepEvent){"Warning", "FailedCreate", "Error creating job: %s"};
    step->ignore_terminating = TRUE;
    step->ignore_codes[0] = 409;
    plan_continue(plan, after_create, sync_copy(sync), sync_free);
}

/* --- is one due? -------------------------------------------------------------------------------------- */

/* FALSE: it never will be, or not now; why is told. */
static gboolean
is_startable(const CronSync *sync, CronSchedule *schedule, Plan *plan)
{
    const CronJobSpec *spec = cron_job_spec(current(sync));
    g_autofree char *problem = NULL;

    if (api_is_deleting(current(sync)))
        return FALSE;
    if (spec->time_zone != NULL && !cron_zone_is_known(spec->time_zone)) {
        plan_event(plan, sync->cached, "Warning", "UnknownTimeZone",
                   "invalid timeZone: \"%s\": unknown time zone %s", spec->time_zone, spec->time_zone);
        return FALSE;
    }
    if (spec->suspend == OPT_TRUE)
        return FALSE;
    if (strstr(spec->schedule, "TZ") != NULL)
        plan_event(plan, sync->cached, "Warning", "UnsupportedSchedule",
                   "CRON_TZ or TZ used in schedule \"%s\" is not officially supported, see "
                   "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
                   spec->schedule);
    if (cron_parse(spec->schedule, schedule, &problem))
        return TRUE;
    plan_event(plan, sync->cached, "Warning", "UnparseableSchedule", "unparseable schedule: \"%s\" : %s",
               spec->schedule, problem);
    return FALSE;
}

static gboolean
is_started_already(const ApiObject *cron, gint64 scheduled_ns)
{
    const CronJobStatus *status = cron_job_status(cron);
    const char *name = cron_job_name(cron, scheduled_ns);

    for (guint i = 0; i < status->active.count; i++)
        if (str_is(status->active.items[i].name, name))
            return TRUE;
    return status->last_schedule_time == scheduled_ns;
}

/* TRUE: a Job is to be started for sync->scheduled_ns. */
static gboolean
is_due(CronSync *sync, const CronSchedule *schedule, Plan *plan)
{
    const ApiObject *cron = current(sync);
    const CronJobSpec *spec = cron_job_spec(cron);
    CronDue due = cron_due(cron, schedule, sync->now_ns, TRUE);

    if (due.is_invalid) {
        plan_event(plan, sync->cached, "Warning", "InvalidSchedule",
                   "invalid schedule: %s : time difference between two schedules is less than 1 second",
                   spec->schedule);
        return FALSE;
    }
    sync->requeue_ns = cron_delay_ns(cron, schedule, sync->now_ns);
    if (due.most_recent_ns == 0)
        return FALSE;
    sync->scheduled_ns = due.most_recent_ns;
    if (due.missed == MANY_MISSED)
        plan_event(plan, sync->cached, "Warning", "TooManyMissedTimes",
                   "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
    if (spec->starting_deadline_s.is_set &&
        spec->starting_deadline_s.value < (sync->now_ns - sync->scheduled_ns + NS_PER_S - 1) / NS_PER_S) {
        g_autofree char *missed = time_format_rfc1123(sync->scheduled_ns);

        plan_event(plan, sync->cached, "Warning", "MissSchedule", "Missed scheduled time to start a job: %s", missed);
        return FALSE;
    }
    if (is_started_already(cron, sync->scheduled_ns))
        return FALSE;
    if (str_is(spec->concurrency_policy, "Forbid") && cron_job_status(cron)->active.count > 0) {
        plan_event(plan, sync->cached, "Normal", "JobAlreadyActive",
                   "Not starting job because prior execution is running and concurrency policy is Forbid");
        return FALSE;
    }
    return TRUE;
}

/* --- what has become of the Jobs ----------------------------------------------------------------------- */

static void
note_finished(CronSync *sync, const ApiObject *job, const Condition *end, Plan *plan)
{
    ApiTime completion_ns = job_status(job)->completion_time;

    if (cron_drop_active(current(sync), api_uid(job))) {
        plan_event(plan, sync->cached, "Normal", "SawCompletedJob", "Saw completed job: %s, condition: %s",
                   api_name(job), end->type);
        sync->is_changed = TRUE;
    }
    if (str_is(end->type, "Complete") && completion_ns > cron_job_status(current(sync))->last_successful_time) {
        ((CronJobStatus *)api_edit_status(current(sync)))->last_successful_time = completion_ns;
        sync->is_changed = TRUE;
    }
}

/* syncCronJob, from its start to the look for missing Jobs. */
static void
note_jobs(CronSync *sync, Plan *plan)
{
    for (guint i = 0; i < sync->jobs->len; i++) {
        const ApiObject *job = sync->jobs->pdata[i];
        const Condition *end = job_finished_condition(job);

        if (end != NULL)
            note_finished(sync, job, end, plan);
        else if (cron_find_active(current(sync), api_uid(job)) < 0)
            plan_event(plan, sync->cached, "Warning", "UnexpectedJob",
                       "Saw a job that the controller did not create or forgot: %s", api_name(job));
    }
}

static gboolean
is_child(const CronSync *sync, const char *uid)
{
    for (guint i = 0; i < sync->jobs->len; i++)
        if (str_is(api_uid(sync->jobs->pdata[i]), uid))
            return TRUE;
    return FALSE;
}

/*
 * Those that the server does not have either go from the list, if the live CronJob, where that is what counts, still
 * has them in it. FALSE: a look failed.
 */
static gboolean
note_missing(CronSync *sync, const CronJobStatus *before, const StepResult *results, Plan *plan)
{
    guint step = sync->first_lookup;

    for (guint i = 0; i < before->active.count; i++) {
        const ObjectReference *reference = &before->active.items[i];
        const StepResult *result;

        if (is_child(sync, reference->uid))
            continue;
        result = &results[step++];
        if (cron_find_active(current(sync), reference->uid) < 0)
            continue;
        if (result->code == 404) {
            plan_event(plan, sync->cached, "Normal", "MissingJob", "Active job went missing: %s", reference->name);
            cron_drop_active(current(sync), reference->uid);
            sync->is_changed = TRUE;
        } else if (!step_succeeded(result)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The live CronJob counts if it has a Job in its list that the cache's has not. FALSE: it could not be read. */
static gboolean
take_live(CronSync *sync, const StepResult *result)
{
    if (!step_succeeded(result))
        return FALSE;
    for (guint i = 0; i < sync->jobs->len; i++) {
        const char *uid = api_uid(sync->jobs->pdata[i]);

        if (cron_find_active(sync->written, uid) >= 0 || cron_find_active(result->object, uid) < 0)
            continue;
        sync->live = api_object_copy(result->object);
        return TRUE;
    }
    return TRUE;
}

static void
after_look(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    CronSync *sync = carry;
    g_autoptr(ApiObject) before = api_object_copy(sync->written);
    CronSchedule schedule;

    (void)r;
    (void)n_results;
    for (guint i = 0; i < sync->victims->len; i++) {
        const ApiObject *job = sync->victims->pdata[i];

        if (step_succeeded(&results[i])) {
            cron_drop_active(sync->written, api_uid(job));
            sync->is_changed = TRUE;
        } else if (results[i].code == 404) {
            plan_event(plan, sync->cached, "Warning", "FailedDelete", "Deleted job: %s", step_error_text(&results[i]));
        }
    }
    if (sync->asks_live && !take_live(sync, &results[sync->victims->len])) {
        plan_finish(sync, plan);
        return;
    }
    note_jobs(sync, plan);
    if (note_missing(sync, cron_job_status(before), results, plan) && is_startable(sync, &schedule, plan) &&
        is_due(sync, &schedule, plan))
        plan_start(sync, plan);
    else
        plan_finish(sync, plan);
}

/* --- history ------------------------------------------------------------------------------------------------ */

/* byJobStartTime: those that never started come last. */
static gint
compare_start(gconstpointer a, gconstpointer b)
{
    const ApiObject *first = *(ApiObject *const *)a;
    const ApiObject *second = *(ApiObject *const *)b;
    ApiTime first_ns = job_status(first)->start_time;
    ApiTime second_ns = job_status(second)->start_time;

    if (first_ns == second_ns)
        return strcmp(api_name(first), api_name(second));
    if (first_ns == 0 || second_ns == 0)
        return first_ns == 0 ? 1 : -1;
    return first_ns < second_ns ? -1 : 1;
}

static void
collect_victims(CronSync *sync, const char *end_type, OptInt32 limit)
{
    g_autoptr(GPtrArray) ended = g_ptr_array_new();

    for (guint i = 0; limit.is_set && i < sync->jobs->len; i++) {
        const Condition *end = job_finished_condition(sync->jobs->pdata[i]);

        if (end != NULL && str_is(end->type, end_type))
            g_ptr_array_add(ended, sync->jobs->pdata[i]);
    }
    g_ptr_array_sort(ended, compare_start);
    for (guint i = 0; limit.is_set && i + (guint)limit.value < ended->len; i++)
        g_ptr_array_add(sync->victims, ended->pdata[i]);
}

/* --- the sync ------------------------------------------------------------------------------------------------ */

static CronSync *
sync_new(const Reconcile *r, const ApiObject *cron)
{
    g_autoptr(GPtrArray) listed = g_ptr_array_new();
    CronSync *sync = g_new0(CronSync, 1);

    sync->cached = api_object_ref(cron);
    sync->written = api_object_copy(cron);
    sync->now_ns = r->wall_ns;
    sync->requeue_ns = -1;
    sync->jobs = g_ptr_array_new_with_free_func(api_object_unref);
    sync->victims = g_ptr_array_new();
    view_list(r->view, &job_kind, api_namespace(cron), listed);
    for (guint i = 0; i < listed->len; i++) {
        const OwnerReference *owner = api_controller_of(listed->pdata[i]);

        if (owner != NULL && str_is(owner->name, api_name(cron)))
            g_ptr_array_add(sync->jobs, api_object_ref(listed->pdata[i]));
    }
    collect_victims(sync, "Complete", cron_job_spec(cron)->successful_limit);
    collect_victims(sync, "Failed", cron_job_spec(cron)->failed_limit);
    return sync;
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *cron;
    const CronJobStatus *status;
    CronSync *sync;

    api_split_key(r->key, &namespace_, &name);
    cron = view_get(r->view, &cron_job_kind, namespace_, name);
    if (cron == NULL)
        return;
    sync = sync_new(r, cron);
    status = cron_job_status(cron);
    for (guint i = 0; i < sync->victims->len; i++) {
        PlanStep *step = plan_delete(plan, sync->victims->pdata[i], "because it is beyond the limit of the history");

        set_deletion(step, sync);
        step->continue_on_error = TRUE;
        step->ignore_codes[0] = 404;
    }
    for (guint i = 0; i < sync->jobs->len && !sync->asks_live; i++)
        sync->asks_live = job_finished_condition(sync->jobs->pdata[i]) == NULL &&
                          cron_find_active(cron, api_uid(sync->jobs->pdata[i])) < 0;
    if (sync->asks_live)
        plan_read(plan, &cron_job_kind, namespace_, name, "because a job is not in its list of active ones")
            ->continue_on_error = TRUE;
    sync->first_lookup = plan_count(plan);
    for (guint i = 0; i < status->active.count; i++)
        if (!is_child(sync, status->active.items[i].uid)) {
            PlanStep *step = plan_read(plan, &job_kind, status->active.items[i].namespace_,
                                       status->active.items[i].name, "because it is nowhere to be seen");

            step->ignore_codes[0] = 404;
            step->continue_on_error = TRUE;
        }
    plan_continue(plan, after_look, sync, sync_free);
}

/* --- what wakes it ----------------------------------------------------------------------------------------------- */

static gboolean
has_other_times(const CronJobSpec *spec, const CronJobSpec *old)
{
    return spec->schedule != old->schedule || spec->time_zone != old->time_zone;
}

/* A new schedule counts from its next time on; a sync at the old one finds nothing due. */
static void
on_cron_job(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    g_autofree char *problem = NULL;
    CronSchedule schedule;
    gint64 delay_ns;

    if (old == NULL || object == NULL || !has_other_times(cron_job_spec(object), cron_job_spec(old))) {
        controller_enqueue_object(controller, object != NULL ? object : old);
        return;
    }
    if (!cron_parse(cron_job_spec(object)->schedule, &schedule, &problem))
        return;
    delay_ns = cron_delay_ns(object, &schedule, controller_wall_ns(controller));
    controller_enqueue_after(controller, api_key(object), MAX(delay_ns, 0));
}

static void
on_job(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    View *view = controller_view(controller);
    const ApiObject *now = object != NULL ? owner_in_view(view, &cron_job_kind, object) : NULL;
    const ApiObject *before = old != NULL ? owner_in_view(view, &cron_job_kind, old) : NULL;

    if (old != NULL && object != NULL && old->resource_version == object->resource_version)
        return;
    if (before != NULL && before != now)
        controller_enqueue_object(controller, before);
    if (now != NULL)
        controller_enqueue_object(controller, now);
}

static const ControllerSource sources[] = {
    {&cron_job_kind, on_cron_job},
    {&job_kind, on_job},
    {0},
};

const ControllerDef cron_job_controller = {
    .name = "cronjob",
    .component = "cronjob-controller",
    .workers = 5,
    .sources = sources,
    .reconcile = reconcile,
};
