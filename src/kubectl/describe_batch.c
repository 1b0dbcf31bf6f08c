/* describe_batch.c - jobs and cron jobs; v0.34 describe.go: describeJob, describeCronJob */

#include "kubectl/describe.h"

#include "api/kinds/batch.h"
#include "api/selector.h"
#include "kubectl/printers.h"

static void
write_counts(GString *out, const JobSpec *spec)
{
    if (spec->parallelism.is_set)
        describe_line(out, 0, "Parallelism:\t%d\n", spec->parallelism.value);
    if (spec->completions.is_set)
        describe_line(out, 0, "Completions:\t%d\n", spec->completions.value);
    else
        describe_line(out, 0, "Completions:\t<unset>\n");
    if (spec->completion_mode != NULL)
        describe_line(out, 0, "Completion Mode:\t%s\n", spec->completion_mode);
    if (spec->suspend != OPT_UNSET)
        describe_line(out, 0, "Suspend:\t%s\n", spec->suspend == OPT_TRUE ? "true" : "false");
    if (spec->backoff_limit.is_set)
        describe_line(out, 0, "Backoff Limit:\t%d\n", spec->backoff_limit.value);
    if (spec->ttl_s.is_set)
        describe_line(out, 0, "TTL Seconds After Finished:\t%d\n", spec->ttl_s.value);
}

static void
write_times(GString *out, const JobStatus *status)
{
    if (status->start_time != 0) {
        g_autofree char *start = time_text(status->start_time);

        describe_line(out, 0, "Start Time:\t%s\n", start);
    }
    if (status->completion_time != 0) {
        g_autofree char *end = time_text(status->completion_time);

        describe_line(out, 0, "Completed At:\t%s\n", end);
    }
    if (status->start_time != 0 && status->completion_time != 0) {
        g_autofree char *took = printer_age(status->start_time, status->completion_time);

        describe_line(out, 0, "Duration:\t%s\n", took);
    }
}

static void
write_job(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const JobSpec *spec = job_spec(object);
    const JobStatus *status = job_status(object);

    describe_head(out, object);
    describe_line(out, 0, "Selector:\t%s\n", label_selector_text(spec->selector));
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    describe_controller(out, object);
    write_counts(out, spec);
    write_times(out, status);
    if (spec->active_deadline_s.is_set)
        describe_line(out, 0, "Active Deadline Seconds:\t%" G_GINT64_FORMAT "s\n", spec->active_deadline_s.value);
    if (status->ready.is_set)
        describe_line(out, 0, "Pods Statuses:\t%d Active (%d Ready) / %d Succeeded / %d Failed\n", status->active,
                      status->ready.value, status->succeeded, status->failed);
    else
        describe_line(out, 0, "Pods Statuses:\t%d Active / %d Succeeded / %d Failed\n", status->active,
                      status->succeeded, status->failed);
    if (job_is_indexed(object))
        describe_line(out, 0, "Completed Indexes:\t%s\n", text_or(status->completed_indexes, "<none>"));
    describe_template(out, &spec->template_);
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_job = {&job_kind, write_job};

static void
write_optional(GString *out, const char *title, gboolean is_set, gint64 value, const char *unit)
{
    if (is_set)
        describe_line(out, 0, "%s:\t%" G_GINT64_FORMAT "%s\n", title, value, unit);
    else
        describe_line(out, 0, "%s:\t<unset>\n", title);
}

/* describeJobTemplate */
static void
write_job_template(GString *out, const JobSpec *job)
{
    describe_line(out, 0, "Selector:\t%s\n", job->selector == NULL ? "<unset>" : label_selector_text(job->selector));
    write_optional(out, "Parallelism", job->parallelism.is_set, job->parallelism.value, "");
    write_optional(out, "Completions", job->completions.is_set, job->completions.value, "");
    if (job->active_deadline_s.is_set)
        write_optional(out, "Active Deadline Seconds", TRUE, job->active_deadline_s.value, "s");
    describe_template(out, &job->template_);
}

static void
write_cron_job(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const CronJobSpec *spec = cron_job_spec(object);
    const CronJobStatus *status = cron_job_status(object);
    g_autofree char *last = status->last_schedule_time == 0 ? g_strdup("<unset>")
                                                            : time_text(status->last_schedule_time);

    describe_head(out, object);
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    describe_line(out, 0, "Schedule:\t%s\n", spec->schedule);
    describe_line(out, 0, "Concurrency Policy:\t%s\n", spec->concurrency_policy);
    describe_line(out, 0, "Suspend:\t%s\n",
                  spec->suspend == OPT_UNSET ? "<unset>" : spec->suspend == OPT_TRUE ? "True" : "False");
    write_optional(out, "Successful Job History Limit", spec->successful_limit.is_set, spec->successful_limit.value, "");
    write_optional(out, "Failed Job History Limit", spec->failed_limit.is_set, spec->failed_limit.value, "");
    write_optional(out, "Starting Deadline Seconds", spec->starting_deadline_s.is_set, spec->starting_deadline_s.value,
                   "s");
    write_job_template(out, &spec->job_template.spec);
    describe_line(out, 0, "Last Schedule Time:\t%s\n", last);
    describe_line(out, 0, "Active Jobs:\t");
    for (guint i = 0; i < status->active.count; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", status->active.items[i].name);
    g_string_append(out, status->active.count == 0 ? "<none>\n" : "\n");
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_cron_job = {&cron_job_kind, write_cron_job};
