/*
 * Validation of Jobs and CronJobs.
 *
 * Models: v1.34 pkg/apis/batch/validation, pkg/registry/batch strategies.
 */
#include "api/cron.h"
#include "api/kinds/pod_internal.h"
#include "api/kinds/batch.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/selector.h"

#define MAX_INDEXED_PARALLELISM 100000

static void
check_count(ApiErrors *errors, const char *child, OptInt32 value)
{
    if (value.is_set)
        check_not_negative(errors, child, value.value);
}

static void
check_exit_codes(ApiErrors *errors, const ExitCodesRequirement *codes)
{
    static const char *const operators[] = {"In", "NotIn", NULL};

    api_errors_push(errors, "onExitCodes");
    if (!str_is(codes->operator_, "In") && !str_is(codes->operator_, "NotIn"))
        field_not_supported(errors, "operator", text_or_empty(codes->operator_), operators);
    if (codes->values.count == 0)
        field_invalid_raw(errors, "values", "[]", "at least one value is required");
    for (guint i = 0; i < codes->values.count; i++) {
        gint32 value = codes->values.items[i];
        const char *child = str_internf("values[%u]", i);

        if (str_is(codes->operator_, "In") && value == 0)
            field_invalid_int(errors, child, 0, "must not be 0 for the In operator");
        if (i > 0 && value == codes->values.items[i - 1])
            field_duplicate(errors, child, str_internf("%d", value));
        if (i > 0 && value < codes->values.items[i - 1]) {
            field_invalid_raw(errors, "values", "[]", "must be ordered");
            break;
        }
    }
    api_errors_pop(errors);
}

static void
check_failure_policy(ApiErrors *errors, const JobSpec *spec)
{
    static const char *const actions[] = {"Count", "FailIndex", "FailJob", "Ignore", NULL};
    const PodFailurePolicy *policy = spec->pod_failure_policy;

    for (guint i = 0; policy != NULL && i < policy->rules.count; i++) {
        const PodFailurePolicyRule *rule = &policy->rules.items[i];
        gboolean has_conditions = rule->on_pod_conditions.count > 0;

        api_errors_push(errors, str_internf("podFailurePolicy.rules[%u]", i));
        if (check_one_of(errors, "action", rule->action, actions) && str_is(rule->action, "FailIndex") &&
            !spec->backoff_limit_per_index.is_set)
            field_invalid_string(errors, "action", rule->action,
                                 "requires the backoffLimitPerIndex to be set");
        if (rule->on_exit_codes != NULL)
            check_exit_codes(errors, rule->on_exit_codes);
        if (rule->on_exit_codes != NULL && has_conditions)
            field_invalid_raw(errors, NULL, "",
                              "specifying both OnExitCodes and OnPodConditions is not supported");
        if (rule->on_exit_codes == NULL && !has_conditions)
            field_invalid_raw(errors, NULL, "",
                              "specifying one of OnExitCodes and OnPodConditions is required");
        api_errors_pop(errors);
    }
}

static void
check_mode(ApiErrors *errors, const JobSpec *spec)
{
    static const char *const modes[] = {"NonIndexed", "Indexed", NULL};

    if (spec->completion_mode == NULL)
        return;
    if (str_is(spec->completion_mode, "Indexed")) {
        if (!spec->completions.is_set)
            field_required(errors, "completions", "when completion mode is Indexed");
        if (spec->parallelism.value > MAX_INDEXED_PARALLELISM)
            field_invalid_int(errors, "parallelism", spec->parallelism.value,
                              "must be less than or equal to 100000 when completion mode is Indexed");
        return;
    }
    if (!str_is(spec->completion_mode, "NonIndexed")) {
        field_not_supported(errors, "completionMode", spec->completion_mode, modes);
        return;
    }
    if (spec->backoff_limit_per_index.is_set)
        field_invalid_int(errors, "backoffLimitPerIndex", spec->backoff_limit_per_index.value,
                          "requires indexed completion mode");
    if (spec->max_failed_indexes.is_set)
        field_invalid_int(errors, "maxFailedIndexes", spec->max_failed_indexes.value,
                          "requires indexed completion mode");
}

static void
check_restart_policy(ApiErrors *errors, const JobSpec *spec)
{
    static const char *const policies[] = {"OnFailure", "Never", NULL};
    const char *policy = spec->template_.spec.restart_policy;

    if (str_is(policy, "Always") || str_is_empty(policy))
        field_required(errors, "template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
    else if (!str_is(policy, "OnFailure") && !str_is(policy, "Never"))
        field_not_supported(errors, "template.spec.restartPolicy", policy, policies);
    else if (spec->pod_failure_policy != NULL && !str_is(policy, "Never"))
        field_invalid_string(errors, "template.spec.restartPolicy", policy,
                             "only \"Never\" is supported when podFailurePolicy is specified");
}

/* validateJobSpec */
static void
check_job_spec(ApiErrors *errors, const JobSpec *spec)
{
    static const char *const replacements[] = {"Failed", "TerminatingOrFailed", NULL};

    check_count(errors, "parallelism", spec->parallelism);
    check_count(errors, "completions", spec->completions);
    if (spec->active_deadline_s.is_set)
        check_not_negative(errors, "activeDeadlineSeconds", spec->active_deadline_s.value);
    check_count(errors, "backoffLimit", spec->backoff_limit);
    check_count(errors, "ttlSecondsAfterFinished", spec->ttl_s);
    check_count(errors, "backoffLimitPerIndex", spec->backoff_limit_per_index);
    check_count(errors, "maxFailedIndexes", spec->max_failed_indexes);
    check_mode(errors, spec);
    check_failure_policy(errors, spec);
    if (spec->pod_replacement_policy != NULL)
        check_one_of(errors, "podReplacementPolicy", spec->pod_replacement_policy, replacements);
    api_errors_push(errors, "template");
    check_pod_template(errors, &spec->template_);
    api_errors_pop(errors);
    check_restart_policy(errors, spec);
}

/* ValidateJobSpec: the cursor stands on "spec" */
static void
check_whole_spec(ApiErrors *errors, const JobSpec *spec)
{
    if (spec->selector == NULL)
        field_required(errors, "selector", NULL);
    else
        check_label_selector(errors, "selector", spec->selector);
    check_job_spec(errors, spec);
    if (!label_selector_matches(spec->selector, &spec->template_.metadata.labels))
        field_invalid_raw(errors, "template.metadata.labels",
                          print_str_map(&spec->template_.metadata.labels),
                          "`selector` does not match template `labels`");
}

/* ValidateGeneratedSelector, then ValidateJobSpec */
static void
check_job(ApiErrors *errors, const ApiObject *object)
{
    const JobSpec *spec = job_spec(object);

    if (spec->manual_selector != OPT_TRUE && spec->selector != NULL &&
        str_map_get(&spec->selector->match_labels, str_intern("batch.kubernetes.io/controller-uid")) !=
            api_uid(object))
        field_invalid_raw(errors, "selector", print_struct(&label_selector_type, spec->selector),
                          "`selector` not auto-generated");
    check_whole_spec(errors, spec);
}

void
job_validate(const ApiObject *object, ApiErrors *errors)
{
    api_errors_push(errors, "spec");
    check_job(errors, object);
    api_errors_pop(errors);
}

static gboolean
parts_are_equal(const ApiType *type, gconstpointer a, gconstpointer b)
{
    return a == NULL || b == NULL ? a == b : api_struct_equal(type, a, b);
}

static void
check_part_unchanged(ApiErrors *errors, const char *child, const ApiType *type, gconstpointer part, gconstpointer old)
{
    if (!parts_are_equal(type, part, old))
        field_invalid_raw(errors, child, part == NULL ? "null" : print_struct(type, part), "field is immutable");
}

static gboolean
counts_are_equal(OptInt32 a, OptInt32 b)
{
    return a.is_set == b.is_set && (!a.is_set || a.value == b.value);
}

static const char *
print_count(OptInt32 count)
{
    return count.is_set ? str_internf("%d", count.value) : "null";
}

/* validateCompletions */
static void
check_completions_unchanged(ApiErrors *errors, const JobSpec *spec, const JobSpec *old)
{
    if (counts_are_equal(spec->completions, old->completions))
        return;
    if (!str_is(spec->completion_mode, "Indexed"))
        field_invalid_raw(errors, "completions", print_count(spec->completions), "field is immutable");
    else if (!counts_are_equal(spec->completions, spec->parallelism))
        field_invalid_raw(errors, "completions", print_count(spec->completions),
                          "can only be modified in tandem with spec.parallelism");
}

/* The pod template of a suspended Job that never ran may get other scheduling directives. */
static gboolean
may_change_scheduling(const ApiObject *old)
{
    return job_spec(old)->suspend == OPT_TRUE && job_status(old)->start_time == 0;
}

void
job_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const JobSpec *spec = job_spec(object);
    const JobSpec *was = job_spec(old);

    if (object->spec == old->spec)
        return;
    api_errors_push(errors, "spec");
    check_job(errors, object);
    check_whole_spec(errors, spec); /* ValidateJobUpdate looks at all of it once more: causes come twice */
    check_completions_unchanged(errors, spec, was);
    check_part_unchanged(errors, "selector", &label_selector_type, spec->selector, was->selector);
    if (!may_change_scheduling(old) && !parts_are_equal(&pod_template_spec_type, &spec->template_, &was->template_)) {
        g_autofree char *template_ = pod_template_internal_json(&spec->template_);

        field_invalid_raw(errors, "template", str_intern(template_), "field is immutable");
    }
    check_immutable(errors, "completionMode", spec->completion_mode, was->completion_mode);
    check_part_unchanged(errors, "podFailurePolicy", &pod_failure_policy_type, spec->pod_failure_policy,
                         was->pod_failure_policy);
    if (!counts_are_equal(spec->backoff_limit_per_index, was->backoff_limit_per_index))
        field_invalid_raw(errors, "backoffLimitPerIndex", print_count(spec->backoff_limit_per_index),
                          "field is immutable");
    check_immutable(errors, "managedBy", spec->managed_by, was->managed_by);
    check_part_unchanged(errors, "successPolicy", &success_policy_type, spec->success_policy, was->success_policy);
    api_errors_pop(errors);
}

/* --- CronJob ------------------------------------------------------------------------------- */

void
cron_job_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const policies[] = {"Allow", "Forbid", "Replace", NULL};
    const CronJobSpec *spec = cron_job_spec(object);
    g_autofree char *problem = NULL;
    CronSchedule schedule;

    if (strlen(text_or_empty(api_name(object))) > 52) {
        api_errors_push(errors, "metadata");
        field_invalid_string(errors, "name", api_name(object), "must be no more than 52 characters");
        api_errors_pop(errors);
    }
    api_errors_push(errors, "spec");
    if (str_is_empty(spec->schedule)) {
        field_required(errors, "schedule", NULL);
    } else {
        if (!cron_parse(spec->schedule, &schedule, &problem))
            field_invalid_string(errors, "schedule", spec->schedule, problem);
        if (strstr(spec->schedule, "TZ") != NULL)
            field_invalid_string(errors, "schedule", spec->schedule,
                                 "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    }
    if (spec->starting_deadline_s.is_set)
        check_not_negative(errors, "startingDeadlineSeconds", spec->starting_deadline_s.value);
    if (spec->time_zone != NULL && !cron_zone_is_known(spec->time_zone))
        field_invalid_string(errors, "timeZone", spec->time_zone,
                             str_internf("unknown time zone %s", spec->time_zone));
    check_one_of(errors, "concurrencyPolicy", spec->concurrency_policy, policies);
    api_errors_push(errors, "jobTemplate");
    api_errors_push(errors, "spec");
    check_job_spec(errors, &spec->job_template.spec);
    api_errors_pop(errors);
    api_errors_pop(errors);
    check_count(errors, "successfulJobsHistoryLimit", spec->successful_limit);
    check_count(errors, "failedJobsHistoryLimit", spec->failed_limit);
    api_errors_pop(errors);
}

void
cron_job_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    if (object->spec != old->spec)
        cron_job_validate(object, errors);
}
