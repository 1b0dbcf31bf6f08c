/* describe_batch.c - jobs; v0.34 describe.go: describeJob */

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
