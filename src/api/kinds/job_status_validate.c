/*
 * Validation of what is written to a Job's status.
 *
 * Models: v1.34 pkg/apis/batch/validation: ValidateJobUpdateStatus; pkg/registry/batch/job/strategy.go:
 * getStatusValidationOptions: a rule is looked at only if what it is about changes.
 */
#include "api/kinds/batch.h"
#include "api/kinds/hooks.h"
#include "api/profile.h"
#include "base/duration.h"

/* The gate JobManagedBy is open from here on; before it only the first and the last rules hold. */
#define MANAGED_BY_MINOR 32

/* One write: what it says of itself and what was. */
typedef struct {
    const JobSpec *spec;
    const JobStatus *now, *was;
    ApiErrors *errors;
} Write;

static gboolean
has(const JobStatus *status, const char *condition)
{
    return condition_is(&status->conditions, condition, "True");
}

static gboolean
is_finished(const JobStatus *status)
{
    return has(status, "Complete") || has(status, "Failed");
}

static gboolean
has_changed(const Write *write, const char *condition)
{
    return has(write->now, condition) != has(write->was, condition);
}

static gboolean
is_indexed(const Write *write)
{
    return str_is(write->spec->completion_mode, "Indexed");
}

static gboolean
texts_differ(const char *a, const char *b)
{
    return g_strcmp0(a, b) != 0;
}

static gboolean
counts_differ(OptInt32 a, OptInt32 b)
{
    return a.is_set != b.is_set || (a.is_set && a.value != b.value);
}

static void
refuse_conditions(const Write *write, const char *why)
{
    field_invalid_omitted(write->errors, "conditions", why);
}

static void
refuse_time(const Write *write, const char *child, ApiTime time, const char *why)
{
    g_autofree char *text = time_format_rfc3339(time);

    field_invalid_raw(write->errors, child, api_quote(text), why);
}

/* --- counters ------------------------------------------------------------------------------------------------ */

static void
check_uids(const Write *write, const char *child, const StrList *uids, StrList *seen)
{
    for (guint i = 0; i < uids->count; i++) {
        const char *path = str_internf("uncountedTerminatedPods.%s[%u]", child, i);

        if (str_is_empty(uids->items[i]))
            field_invalid_string(write->errors, path, "", "must not be empty");
        else if (str_list_contains(seen, uids->items[i]))
            field_duplicate(write->errors, path, api_quote(uids->items[i]));
        else
            str_list_add(seen, uids->items[i]);
    }
}

static void
check_counts(const Write *write)
{
    const JobStatus *now = write->now;
    StrList seen = {0};

    check_not_negative(write->errors, "active", now->active);
    check_not_negative(write->errors, "succeeded", now->succeeded);
    check_not_negative(write->errors, "failed", now->failed);
    if (now->ready.is_set)
        check_not_negative(write->errors, "ready", now->ready.value);
    if (now->terminating.is_set)
        check_not_negative(write->errors, "terminating", now->terminating.value);
    if (now->uncounted == NULL)
        return;
    check_uids(write, "succeeded", &now->uncounted->succeeded, &seen);
    check_uids(write, "failed", &now->uncounted->failed, &seen);
    g_free(seen.items);
}

/* --- conditions and times --------------------------------------------------------------------------------------- */

static void
check_complete(const Write *write)
{
    const JobStatus *now = write->now;
    gboolean is_complete = has(now, "Complete");
    gboolean may_matter = has_changed(write, "Complete") || now->completion_time != write->was->completion_time;

    if (is_complete && has(now, "Failed") && (has_changed(write, "Complete") || has_changed(write, "Failed")))
        refuse_conditions(write, "cannot set Complete=True and Failed=true conditions");
    if (is_complete && has(now, "FailureTarget") && (has_changed(write, "Complete") || has_changed(write, "FailureTarget")))
        refuse_conditions(write, "cannot set Complete=True and FailureTarget=true conditions");
    if (may_matter && now->completion_time != 0 && !is_complete)
        refuse_time(write, "completionTime", now->completion_time, "cannot set completionTime when there is no Complete=True condition");
    if (may_matter && now->completion_time == 0 && is_complete)
        field_required(write->errors, "completionTime", "completionTime is required for Complete jobs");
    if ((now->start_time != write->was->start_time || now->completion_time != write->was->completion_time) && now->start_time != 0 &&
        now->completion_time != 0 && now->completion_time < now->start_time)
        refuse_time(write, "completionTime", now->completion_time, "completionTime cannot be set before startTime");
    if (has(now, "Failed") && !has(now, "FailureTarget") && (has_changed(write, "Failed") || has_changed(write, "FailureTarget")))
        refuse_conditions(write, "cannot set Failed=True condition without the FailureTarget=true condition");
    if (is_complete && !has(now, "SuccessCriteriaMet") && (has_changed(write, "Complete") || has_changed(write, "SuccessCriteriaMet")))
        refuse_conditions(write, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
}

/* Go's names: the internal struct has none for JSON. */
static const char *
print_uids(const StrList *uids)
{
    return uids->count == 0 ? "null" : print_str_list(uids);
}

static void
check_finished(const Write *write)
{
    const JobStatus *now = write->now, *was = write->was;
    gboolean has_ended = is_finished(now) != is_finished(was);
    const UncountedTerminatedPods *uncounted = now->uncounted;

    if (!is_finished(now))
        return;
    if ((has_ended || now->active != was->active) && now->active > 0)
        field_invalid_int(write->errors, "active", now->active, "active>0 is invalid for finished job");
    if ((has_ended || now->start_time != was->start_time) && now->start_time == 0 &&
        !(write->spec->suspend == OPT_TRUE && write->spec->completions.is_set && write->spec->completions.value == 0))
        field_required(write->errors, "startTime", "startTime is required for finished job");
    if (uncounted != NULL && uncounted->succeeded.count + uncounted->failed.count > 0 &&
        (has_ended || was->uncounted == NULL || !api_struct_equal(&uncounted_pods_type, uncounted, was->uncounted)))
        field_invalid_raw(write->errors, "uncountedTerminatedPods",
                          str_internf("{\"Succeeded\":%s,\"Failed\":%s}", print_uids(&uncounted->succeeded), print_uids(&uncounted->failed)),
                          "uncountedTerminatedPods needs to be empty for finished job");
}

/* --- indexes ------------------------------------------------------------------------------------------------------ */

static void
check_format(const Write *write, const char *child, const char *text)
{
    g_autofree char *problem = NULL;

    if (!write->spec->completions.is_set || text == NULL)
        return;
    index_list_count(text, write->spec->completions.value, &problem);
    if (problem != NULL)
        field_invalid_string(write->errors, child, text, str_internf("error parsing %s: %s", child, problem));
}

/* validateFailedIndexesNotOverlapCompleted: the first index of both; intervals that cannot be read are passed over. */
static gint64
find_overlap(const char *completed, const char *failed, gint64 completions)
{
    g_auto(GStrv) a = g_strsplit(completed, ",", -1), b = g_strsplit(failed, ",", -1);

    for (guint i = 0; a[i] != NULL; i++)
        for (guint k = 0; b[k] != NULL; k++) {
            g_autofree char *problem = NULL, *other = NULL;
            gint64 first, last, from, to;

            if (!index_interval_parse(a[i], completions, &first, &last, &problem) ||
                !index_interval_parse(b[k], completions, &from, &to, &other))
                continue;
            if (MAX(first, from) <= MIN(last, to))
                return MAX(first, from);
        }
    return -1;
}

static void
check_indexes(const Write *write)
{
    const JobStatus *now = write->now;
    gboolean completed_changed = texts_differ(str_or_empty(now->completed_indexes), str_or_empty(write->was->completed_indexes));
    gboolean failed_changed = texts_differ(now->failed_indexes, write->was->failed_indexes);
    gint64 overlap;

    if (completed_changed)
        check_format(write, "completedIndexes", str_or_empty(now->completed_indexes));
    if (failed_changed && write->spec->backoff_limit_per_index.is_set)
        check_format(write, "failedIndexes", now->failed_indexes);
    if (completed_changed && !str_is_empty(now->completed_indexes) && !is_indexed(write))
        field_invalid_string(write->errors, "completedIndexes", now->completed_indexes,
                             "cannot set non-empty completedIndexes when non-indexed completion mode");
    if (failed_changed && now->failed_indexes != NULL && !write->spec->backoff_limit_per_index.is_set)
        field_invalid_string(write->errors, "failedIndexes", now->failed_indexes,
                             "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
    if ((!completed_changed && !failed_changed) || !write->spec->completions.is_set || str_is_empty(now->failed_indexes) ||
        str_is_empty(now->completed_indexes))
        return;
    overlap = find_overlap(now->completed_indexes, now->failed_indexes, write->spec->completions.value);
    if (overlap >= 0)
        field_invalid_string(write->errors, "failedIndexes", now->failed_indexes,
                             str_internf("failedIndexes and completedIndexes overlap at index: %" G_GINT64_FORMAT, overlap));
}

/* --- the rest ------------------------------------------------------------------------------------------------------ */

static void
check_pods(const Write *write)
{
    const JobStatus *now = write->now, *was = write->was;

    if (now->terminating.is_set && now->terminating.value > 0 && is_finished(now) &&
        (is_finished(was) != is_finished(now) || counts_differ(now->terminating, was->terminating)))
        field_invalid_int(write->errors, "terminating", now->terminating.value, "terminating>0 is invalid for finished job");
    if (now->ready.is_set && now->ready.value > now->active &&
        (counts_differ(now->ready, was->ready) || now->active != was->active))
        field_invalid_int(write->errors, "ready", now->ready.value, "cannot set more ready pods than active");
}

static void
check_success_criteria(const Write *write)
{
    const JobStatus *now = write->now;
    gboolean is_met = has(now, "SuccessCriteriaMet");

    if (is_met && has(now, "Failed"))
        refuse_conditions(write, "cannot set SuccessCriteriaMet=True and Failed=true conditions");
    if (is_met && has(now, "FailureTarget"))
        refuse_conditions(write, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
    if (write->spec->success_policy != NULL && !is_met && has(now, "Complete"))
        refuse_conditions(write, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
}

/* ValidateJobStatusUpdate: what must not go back. */
static void
check_progress(const Write *write)
{
    static const char *const terminal[] = {"Failed", "Complete", "FailureTarget"};
    const JobStatus *now = write->now, *was = write->was;
    gboolean may_shrink = is_indexed(write) && !counts_differ(write->spec->completions, write->spec->parallelism);

    for (guint i = 0; i < G_N_ELEMENTS(terminal); i++)
        if (has(was, terminal[i]) && !has(now, terminal[i]))
            refuse_conditions(write, str_internf("cannot disable the terminal %s=True condition", terminal[i]));
    if (now->failed < was->failed)
        field_invalid_int(write->errors, "failed", now->failed, "cannot decrease the failed counter");
    if (!may_shrink && now->succeeded < was->succeeded)
        field_invalid_int(write->errors, "succeeded", now->succeeded, "cannot decrease the succeeded counter");
    if (now->completion_time != 0 && was->completion_time != 0 && now->completion_time != was->completion_time)
        refuse_time(write, "completionTime", now->completion_time, "completionTime cannot be mutated");
    /* A Job that goes on begins anew: kubernetes/kubernetes#134769, which went into v1.32 to v1.34 too. */
    if (was->start_time != 0 && was->start_time != now->start_time && write->spec->suspend != OPT_TRUE && !has(was, "Suspended"))
        field_required(write->errors, "startTime", "startTime cannot be removed for unsuspended job");
}

void
job_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const Write write = {job_spec(object), job_status(object), job_status(old), errors};
    gboolean is_strict = profile_minor(errors->profile) >= MANAGED_BY_MINOR;

    api_errors_push(errors, "status");
    check_counts(&write);
    if (is_strict) {
        check_complete(&write);
        check_finished(&write);
        check_indexes(&write);
        check_pods(&write);
    }
    check_success_criteria(&write);
    if (is_strict)
        check_progress(&write);
    if (has(write.was, "SuccessCriteriaMet") && !has(write.now, "SuccessCriteriaMet"))
        refuse_conditions(&write, "cannot disable the SuccessCriteriaMet=True condition");
    if (has(write.was, "Complete") && !has(write.was, "SuccessCriteriaMet") && has(write.now, "SuccessCriteriaMet"))
        refuse_conditions(&write, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
    api_errors_pop(errors);
}
