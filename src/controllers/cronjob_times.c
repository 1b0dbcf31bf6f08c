/* cronjob_times.c - due times, and the Job that is started; see cronjob_sync.h */
#include "controllers/cronjob_sync.h"

#include "base/duration.h"

#define MANY 100
/* The queue wakes a little after the time, so that the time has come by every clock. */
#define NEXT_DELTA_NS (100 * NS_PER_MS)

#define SCHEDULED_AT "batch.kubernetes.io/cronjob-scheduled-timestamp"

/*
 * The last time not after @now_ns: a jump by equal intervals, two short of now, then step by step,
 * since the intervals need not be equal.
 */
static gint64
walk_to_recent(const CronSchedule *schedule, const char *zone, gint64 from_ns, gint64 now_ns)
{
    gint64 recent_ns = 0;

    for (gint64 at_ns = cron_next(schedule, zone, from_ns); at_ns != 0 && at_ns <= now_ns;
         at_ns = cron_next(schedule, zone, at_ns))
        recent_ns = at_ns;
    return recent_ns;
}

CronDue
cron_due(const ApiObject *cron, const CronSchedule *schedule, gint64 now_ns, gboolean with_deadline)
{
    const CronJobSpec *spec = cron_job_spec(cron);
    const CronJobStatus *status = cron_job_status(cron);
    CronDue due = {.earliest_ns = status->last_schedule_time != 0 ? status->last_schedule_time
                                                                  : cron->meta->creation_time};
    gint64 first_ns;
    gint64 second_ns;
    gint64 interval_s;
    gint64 missed;

    if (with_deadline && spec->starting_deadline_s.is_set &&
        spec->starting_deadline_s.value < (now_ns - due.earliest_ns) / NS_PER_S + 1)
        due.earliest_ns = MAX(due.earliest_ns, now_ns - spec->starting_deadline_s.value * NS_PER_S);
    first_ns = cron_next(schedule, spec->time_zone, due.earliest_ns);
    second_ns = first_ns == 0 ? 0 : cron_next(schedule, spec->time_zone, first_ns);
    if (first_ns != 0 && now_ns < first_ns)
        return due;
    if (second_ns != 0 && now_ns < second_ns) {
        due.most_recent_ns = first_ns;
        return due;
    }
    interval_s = second_ns == 0 ? 0 : (second_ns - first_ns + NS_PER_S / 2) / NS_PER_S;
    if (interval_s < 1) {
        due.is_invalid = TRUE;
        return due;
    }
    missed = (now_ns - first_ns) / NS_PER_S / interval_s + 1;
    due.missed = missed > MANY ? MANY_MISSED : FEW_MISSED;
    due.most_recent_ns =
        walk_to_recent(schedule, spec->time_zone, first_ns + (missed - 2) * interval_s * NS_PER_S, now_ns);
    return due;
}

gint64
cron_delay_ns(const ApiObject *cron, const CronSchedule *schedule, gint64 now_ns)
{
    CronDue due = cron_due(cron, schedule, now_ns, FALSE);
    gint64 from_ns = due.most_recent_ns;

    if (due.is_invalid)
        from_ns = now_ns;
    else if (from_ns == 0)
        from_ns = due.missed == NONE_MISSED ? due.earliest_ns : now_ns;
    from_ns = cron_next(schedule, cron_job_spec(cron)->time_zone, from_ns);
    return from_ns == 0 ? -1 : from_ns + NEXT_DELTA_NS - now_ns;
}

const char *
cron_job_name(const ApiObject *cron, gint64 scheduled_ns)
{
    return str_internf("%s-%" G_GINT64_FORMAT, api_name(cron), scheduled_ns / NS_PER_MIN);
}

ApiObject *
cron_make_job(const ApiObject *cron, gint64 scheduled_ns)
{
    const CronJobSpec *spec = cron_job_spec(cron);
    const JobTemplateSpec *template_ = &spec->job_template;
    ApiObject *job = api_object_new(&job_kind, api_namespace(cron), cron_job_name(cron, scheduled_ns));
    ObjectMeta *meta = api_edit_meta(job);
    g_autofree char *at = cron_format_time(spec->time_zone, scheduled_ns);

    str_map_copy(&meta->labels, &template_->metadata.labels);
    str_map_copy(&meta->annotations, &template_->metadata.annotations);
    str_map_set(&meta->annotations, str_intern(SCHEDULED_AT), str_intern(at));
    api_set_controller(meta, cron);
    api_struct_copy(&job_spec_type, api_edit_spec(job), &template_->spec);
    return job;
}

int
cron_find_active(const ApiObject *cron, const char *uid)
{
    const CronJobStatus *status = cron_job_status(cron);

    for (guint i = 0; i < status->active.count; i++)
        if (str_is(status->active.items[i].uid, uid))
            return (int)i;
    return -1;
}

gboolean
cron_drop_active(ApiObject *cron, const char *uid)
{
    int index = cron_find_active(cron, uid);

    if (index < 0)
        return FALSE;
    api_list_remove((ApiList *)&((CronJobStatus *)api_edit_status(cron))->active, sizeof(ObjectReference),
                    (guint)index);
    return TRUE;
}
