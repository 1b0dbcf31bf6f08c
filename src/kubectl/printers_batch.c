/* printers_batch.c - rows of jobs and cron jobs; v1.34 printJob, printCronJob */

#include "kubectl/printers.h"

#include "api/kinds/batch.h"
#include "base/duration.h"

static const PrintColumn job_columns[] = {
    {"NAME"}, {"STATUS"}, {"COMPLETIONS"}, {"DURATION"}, {"AGE"}, {"CONTAINERS", TRUE}, {"IMAGES", TRUE}, {"SELECTOR", TRUE}, {0},
};
static gboolean
has_condition(const ApiObject *job, const char *type)
{
    const Condition *condition = condition_find(&job_status(job)->conditions, type);

    return condition != NULL && str_is(condition->status, "True");
}

static const char *
status_word(const ApiObject *job)
{
    if (has_condition(job, "Complete") || has_condition(job, "Failed"))
        return has_condition(job, "Complete") ? "Complete" : "Failed";
    if (job->meta->deletion_time != 0)
        return "Terminating";
    if (has_condition(job, "Suspended"))
        return "Suspended";
    if (has_condition(job, "FailureTarget"))
        return "FailureTarget";
    return has_condition(job, "SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

static void
job_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const JobSpec *spec = job_spec(object);
    const JobStatus *status = job_status(object);
    gint32 parallelism = spec->parallelism.is_set ? spec->parallelism.value : 0;

    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", status_word(object));
    if (spec->completions.is_set)
        cell_add(out, "%d/%d", status->succeeded, spec->completions.value);
    else if (parallelism > 1)
        cell_add(out, "%d/1 of %d", status->succeeded, parallelism);
    else
        cell_add(out, "%d/1", status->succeeded);
    if (status->start_time == 0) {
        cell_add(out, "%s", "");
    } else {
        gint64 end_ns = status->completion_time != 0 ? status->completion_time : wall_ns;
        g_autofree char *took = duration_format_human(end_ns - status->start_time);

        cell_add(out, "%s", took);
    }
    cell_add_age(out, object, wall_ns);
    if (!wide)
        return;
    cell_add_containers(&spec->template_.spec, out);
    cell_add(out, "%s", label_selector_text(spec->selector));
}

const Printer job_printer = {&job_kind, job_columns, job_cells};

static const PrintColumn cron_job_columns[] = {
    {"NAME"}, {"SCHEDULE"}, {"TIMEZONE"}, {"SUSPEND"}, {"ACTIVE"}, {"LAST SCHEDULE"}, {"AGE"}, {"CONTAINERS", TRUE}, {"IMAGES", TRUE}, {"SELECTOR", TRUE}, {0},
};

static void
cron_job_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const CronJobSpec *spec = cron_job_spec(object);
    const CronJobStatus *status = cron_job_status(object);

    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", spec->schedule != NULL ? spec->schedule : "");
    cell_add(out, "%s", spec->time_zone != NULL ? spec->time_zone : "<none>");
    cell_add(out, "%s", spec->suspend == OPT_UNSET ? "<unset>" : spec->suspend == OPT_TRUE ? "True" : "False");
    cell_add(out, "%u", status->active.count);
    g_ptr_array_add(out, status->last_schedule_time == 0 ? g_strdup("<none>")
                                                         : printer_age(status->last_schedule_time, wall_ns));
    cell_add_age(out, object, wall_ns);
    if (!wide)
        return;
    cell_add_containers(&spec->job_template.spec.template_.spec, out);
    cell_add(out, "%s", label_selector_text(spec->job_template.spec.selector));
}

const Printer cron_job_printer = {&cron_job_kind, cron_job_columns, cron_job_cells};
