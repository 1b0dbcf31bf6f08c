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

#define MAX_INDEXED 100000 /* pods at a time, failed indexes */
#define COMPLETIONS_SOFT_LIMIT 100000
#define LIMIT_WHEN_HIGH 10000
#define MAX_MANAGED_BY 63
#define PATH_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~%!$&'()*+,;=:"

static const char when_high[] = "must be less than or equal to 10000 when completions are above 100000 and used with "
                                "backoff limit per index";

static void
check_count(ApiErrors *errors, const char *child, OptInt32 value)
{
    if (value.is_set)
        check_not_negative(errors, child, value.value);
}

static void
check_indexed(ApiErrors *errors, const JobSpec *spec)
{
    OptInt32 max = spec->max_failed_indexes;
    gboolean is_high = spec->completions.value > COMPLETIONS_SOFT_LIMIT && spec->backoff_limit_per_index.is_set;

    if (!spec->completions.is_set)
        field_required(errors, "completions", "when completion mode is Indexed");
    if (spec->parallelism.value > MAX_INDEXED)
        field_invalid_int(errors, "parallelism", spec->parallelism.value,
                          "must be less than or equal to 100000 when completion mode is Indexed");
    if (spec->completions.is_set && max.is_set && max.value > spec->completions.value)
        field_invalid_int(errors, "maxFailedIndexes", max.value, "must be less than or equal to completions");
    if (max.value > MAX_INDEXED)
        field_invalid_int(errors, "maxFailedIndexes", max.value, "must be less than or equal to 100000");
    if (is_high && !max.is_set)
        field_required(errors, "maxFailedIndexes", "must be specified when completions is above 100000");
    if (is_high && spec->parallelism.value > LIMIT_WHEN_HIGH)
        field_invalid_int(errors, "parallelism", spec->parallelism.value, when_high);
    if (is_high && max.value > LIMIT_WHEN_HIGH)
        field_invalid_int(errors, "maxFailedIndexes", max.value, when_high);
}

static void
check_mode(ApiErrors *errors, const JobSpec *spec)
{
    static const char *const modes[] = {"NonIndexed", "Indexed", NULL};

    if (str_is(spec->completion_mode, "Indexed")) {
        check_indexed(errors, spec);
        return;
    }
    if (spec->completion_mode != NULL && !str_is(spec->completion_mode, "NonIndexed")) {
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

/* IsDomainPrefixedPath */
static void
check_managed_by(ApiErrors *errors, const char *manager)
{
    g_auto(GStrv) parts = NULL;

    if (manager == NULL)
        return;
    parts = g_strsplit(manager, "/", 2);
    if (manager[0] == '\0') {
        field_required(errors, "managedBy", NULL);
    } else if (parts[1] == NULL || parts[0][0] == '\0' || parts[1][0] == '\0') {
        field_invalid_string(errors, "managedBy", manager, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    } else {
        check_name(errors, "managedBy", NAME_DNS_SUBDOMAIN, parts[0]);
        if (strspn(parts[1], PATH_CHARACTERS) != strlen(parts[1]))
            field_invalid_string(errors, "managedBy", parts[1],
                                 "Invalid path (regex used for validation is "
                                 "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
    }
    if (strlen(manager) > MAX_MANAGED_BY)
        field_too_long(errors, "managedBy", MAX_MANAGED_BY);
}

static void
check_replacement_policy(ApiErrors *errors, const JobSpec *spec)
{
    static const char *const all[] = {"Failed", "TerminatingOrFailed", NULL};
    static const char *const failed[] = {"Failed", NULL};
    const char *policy = spec->pod_replacement_policy;
    const char *const *words = spec->pod_failure_policy != NULL ? failed : all;

    if (policy == NULL || str_is(policy, "Failed") || (words == all && str_is(policy, "TerminatingOrFailed")))
        return;
    field_not_supported(errors, "podReplacementPolicy", policy, words);
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
    check_count(errors, "parallelism", spec->parallelism);
    check_count(errors, "completions", spec->completions);
    if (spec->active_deadline_s.is_set)
        check_not_negative(errors, "activeDeadlineSeconds", spec->active_deadline_s.value);
    check_count(errors, "backoffLimit", spec->backoff_limit);
    check_count(errors, "ttlSecondsAfterFinished", spec->ttl_s);
    check_count(errors, "backoffLimitPerIndex", spec->backoff_limit_per_index);
    check_count(errors, "maxFailedIndexes", spec->max_failed_indexes);
    if (spec->max_failed_indexes.is_set && !spec->backoff_limit_per_index.is_set)
        field_required(errors, "backoffLimitPerIndex", "when maxFailedIndexes is specified");
    check_managed_by(errors, spec->managed_by);
    check_mode(errors, spec);
    check_failure_policy(errors, spec);
    check_success_policy(errors, spec);
    check_replacement_policy(errors, spec);
    api_errors_push(errors, "template");
    check_pod_template(errors, &spec->template_, NULL);
    api_errors_pop(errors);
    check_restart_policy(errors, spec);
}

/* LabelSelectorAsSelector gives no error: a selector that is not there selects nothing. */
static gboolean
is_usable(const LabelSelector *selector)
{
    return selector == NULL || label_selector_is_convertible(selector);
}

/* ValidateJobSpec: the cursor stands on "spec" */
static void
check_whole_spec(ApiErrors *errors, const JobSpec *spec)
{
    check_job_spec(errors, spec);
    if (spec->selector == NULL)
        field_required(errors, "selector", NULL);
    else
        check_label_selector(errors, "selector", spec->selector);
    if (is_usable(spec->selector) && !label_selector_matches(spec->selector, &spec->template_.metadata.labels))
        field_invalid_raw(errors, "template.metadata.labels",
                          print_str_map(&spec->template_.metadata.labels),
                          "`selector` does not match template `labels`");
}

/* ValidateHasLabel, of the template */
static void
check_template_label(ApiErrors *errors, const JobSpec *spec, const char *key, const char *wanted)
{
    const StrMap *labels = &spec->template_.metadata.labels;
    const char *value = str_map_get(labels, str_intern(key));
    const char *child = str_internf("template.metadata.labels[%s]", key);
    const char *detail = str_internf("must be '%s'", str_or_empty(wanted));

    if (value == NULL)
        field_required(errors, child, detail);
    else if (!str_is(value, wanted))
        field_invalid_raw(errors, child, print_str_map(labels), detail);
}

/* validateGeneratedSelector */
static void
check_generated_selector(ApiErrors *errors, const ApiObject *object)
{
    const JobSpec *spec = job_spec(object);
    StrMap expected = {0};

    /* Without a uid it is no object yet: a manifest looked at before the run. */
    if (spec->manual_selector == OPT_TRUE || spec->selector == NULL || api_uid(object) == NULL)
        return;
    check_template_label(errors, spec, "controller-uid", api_uid(object));
    check_template_label(errors, spec, "job-name", api_name(object));
    check_template_label(errors, spec, "batch.kubernetes.io/controller-uid", api_uid(object));
    check_template_label(errors, spec, "batch.kubernetes.io/job-name", api_name(object));
    str_map_set(&expected, str_intern("controller-uid"), api_uid(object));
    str_map_set(&expected, str_intern("job-name"), api_name(object));
    str_map_set(&expected, str_intern("batch.kubernetes.io/controller-uid"), api_uid(object));
    str_map_set(&expected, str_intern("batch.kubernetes.io/job-name"), api_name(object));
    if (is_usable(spec->selector) && !label_selector_matches(spec->selector, &expected))
        field_invalid_raw(errors, "selector", print_struct(&label_selector_type, spec->selector),
                          "`selector` not auto-generated");
    str_map_clear(&expected);
}

/* The host names of an Indexed Job's pods end in the index. */
static void
check_host_names(ApiErrors *errors, const ApiObject *object)
{
    const JobSpec *spec = job_spec(object);
    const char *longest = str_internf("%s-%d", str_or_empty(api_name(object)), spec->completions.value - 1);
    StrList messages = {0};

    if (job_is_indexed(object) && spec->completions.value > 0 && !name_check(NAME_DNS_LABEL, longest, FALSE, &messages)) {
        api_errors_push(errors, "metadata");
        field_invalid_string(errors, "name", str_or_empty(api_name(object)),
                             str_internf("will not able to create pod with invalid DNS label: %s", longest));
        api_errors_pop(errors);
    }
    g_free(messages.items);
}

void
job_validate(const ApiObject *object, ApiErrors *errors)
{
    api_errors_push(errors, "spec");
    check_generated_selector(errors, object);
    check_whole_spec(errors, job_spec(object));
    api_errors_pop(errors);
    check_host_names(errors, object);
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
    else if (spec->completions.is_set && !counts_are_equal(spec->completions, spec->parallelism))
        field_invalid_raw(errors, "completions", print_count(spec->completions),
                          "can only be modified in tandem with spec.parallelism");
}

/* The pod template of a suspended Job that never ran may get other scheduling directives. */
static gboolean
may_change_scheduling(const ApiObject *old)
{
    return job_spec(old)->suspend == OPT_TRUE && job_status(old)->start_time == 0;
}

/* The template without what such a Job may change. (owned) */
static Value *
without_scheduling(const PodTemplateSpec *template_)
{
    Value *tree = api_struct_encode(&pod_template_spec_type, template_);
    Value *meta = value_get(tree, "metadata");
    Value *spec = value_get(tree, "spec");
    Value *affinity = value_get(spec, "affinity");

    if (meta != NULL) {
        value_remove(meta, "labels");
        value_remove(meta, "annotations");
    }
    value_remove(spec, "nodeSelector");
    value_remove(spec, "tolerations");
    value_remove(spec, "schedulingGates");
    if (affinity != NULL) {
        value_remove(affinity, "nodeAffinity");
        if (affinity->count == 0)
            value_remove(spec, "affinity");
    }
    return tree;
}

/* validatePodTemplateUpdate */
static void
check_template_unchanged(ApiErrors *errors, const ApiObject *object, const ApiObject *old)
{
    const PodTemplateSpec *now = &job_spec(object)->template_;
    const PodTemplateSpec *was = &job_spec(old)->template_;
    gboolean is_same = parts_are_equal(&pod_template_spec_type, now, was);

    if (!is_same && may_change_scheduling(old)) {
        g_autoptr(Value) left = without_scheduling(now);
        g_autoptr(Value) right = without_scheduling(was);

        is_same = value_equal(left, right);
    }
    if (!is_same) {
        g_autofree char *printed = pod_template_internal_json(now);

        field_invalid_raw(errors, "template", str_intern(printed), "field is immutable");
    }
}

void
job_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const JobSpec *spec = job_spec(object);
    const JobSpec *was = job_spec(old);

    if (object->spec == old->spec)
        return;
    api_errors_push(errors, "spec");
    check_whole_spec(errors, spec); /* ValidateJobUpdate looks at all of it once more: causes come twice */
    check_completions_unchanged(errors, spec, was);
    check_part_unchanged(errors, "selector", &label_selector_type, spec->selector, was->selector);
    check_template_unchanged(errors, object, old);
    check_immutable(errors, "completionMode", spec->completion_mode, was->completion_mode);
    if (!parts_are_equal(&pod_failure_policy_type, spec->pod_failure_policy, was->pod_failure_policy))
        field_invalid_raw(errors, "podFailurePolicy", print_failure_policy(spec->pod_failure_policy),
                          "field is immutable");
    if (!counts_are_equal(spec->backoff_limit_per_index, was->backoff_limit_per_index))
        field_invalid_raw(errors, "backoffLimitPerIndex", print_count(spec->backoff_limit_per_index),
                          "field is immutable");
    if (g_strcmp0(spec->managed_by, was->managed_by) != 0)
        field_invalid_raw(errors, "managedBy", spec->managed_by == NULL ? "null" : api_quote(spec->managed_by),
                          "field is immutable");
    if (!parts_are_equal(&success_policy_type, spec->success_policy, was->success_policy))
        field_invalid_raw(errors, "successPolicy", print_success_policy(spec->success_policy), "field is immutable");
    api_errors_pop(errors);
}

/* --- CronJob ------------------------------------------------------------------------------- */

/* validateScheduleFormat; @old: NULL when it is created. */
static void
check_schedule(ApiErrors *errors, const CronJobSpec *spec, const CronJobSpec *old)
{
    gboolean has_zone = strstr(str_or_empty(spec->schedule), "TZ") != NULL;
    gboolean may_have_zone = old != NULL && strstr(str_or_empty(old->schedule), "TZ") != NULL;
    g_autofree char *problem = NULL;
    CronSchedule schedule;

    if (str_is_empty(spec->schedule)) {
        field_required(errors, "schedule", NULL);
        return;
    }
    if (!cron_parse(spec->schedule, &schedule, &problem))
        field_invalid_string(errors, "schedule", spec->schedule, problem);
    if (has_zone && !may_have_zone)
        field_invalid_string(errors, "schedule", spec->schedule,
                             "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
    else if (has_zone && spec->time_zone != NULL)
        field_invalid_string(errors, "schedule", spec->schedule,
                             "cannot use both timeZone field and TZ or CRON_TZ in schedule");
}

/* Each part between slashes: 1 to 14 of [A-Za-z.-_0-9+], not ".", not "..", not with '-' first. */
static gboolean
is_zone_name(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        gsize length = strlen(parts[i]);

        if (length == 0 || length > 14 || parts[i][0] == '-' || str_is(str_intern(parts[i]), ".") ||
            str_is(str_intern(parts[i]), ".."))
            return FALSE;
        for (const char *c = parts[i]; *c != '\0'; c++)
            if (!g_ascii_isalnum(*c) && strchr(".-_+", *c) == NULL)
                return FALSE;
    }
    return TRUE;
}

/* Go's LoadLocation takes the very word "Local" for the machine's own zone. */
static void
check_zone_is_known(ApiErrors *errors, const char *zone, const char *unknown)
{
    if (g_ascii_strcasecmp(zone, "Local") == 0)
        field_invalid_string(errors, "timeZone", zone,
                             "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    if (strcmp(zone, "Local") != 0 && !cron_zone_is_known(zone))
        field_invalid_string(errors, "timeZone", zone, unknown);
}

/* validateTimeZone */
static void
check_time_zone(ApiErrors *errors, const char *zone)
{
    const char *unknown = str_internf("unknown time zone %s", str_or_empty(zone));

    if (zone == NULL)
        return;
    if (zone[0] == '\0')
        field_invalid_string(errors, "timeZone", zone, "timeZone must be nil or non-empty string");
    else if (!is_zone_name(zone))
        field_invalid_string(errors, "timeZone", zone, unknown);
    else
        check_zone_is_known(errors, zone, unknown);
}

/* ValidateJobTemplateSpec */
static void
check_job_template(ApiErrors *errors, const JobSpec *spec)
{
    static const char *const no[] = {"nil", "false", NULL};

    api_errors_push(errors, "jobTemplate");
    api_errors_push(errors, "spec");
    check_job_spec(errors, spec);
    if (spec->selector != NULL)
        field_invalid_raw(errors, "selector", print_struct(&label_selector_type, spec->selector),
                          "`selector` will be auto-generated");
    if (spec->manual_selector == OPT_TRUE)
        field_not_supported_raw(errors, "manualSelector", "true", no);
    api_errors_pop(errors);
    api_errors_pop(errors);
}

static void
check_cron_spec(ApiErrors *errors, const CronJobSpec *spec, const CronJobSpec *old)
{
    static const char *const policies[] = {"Allow", "Forbid", "Replace", NULL};

    api_errors_push(errors, "spec");
    check_schedule(errors, spec, old);
    if (spec->starting_deadline_s.is_set)
        check_not_negative(errors, "startingDeadlineSeconds", spec->starting_deadline_s.value);
    if (old == NULL || spec->time_zone != old->time_zone)
        check_time_zone(errors, spec->time_zone);
    check_one_of(errors, "concurrencyPolicy", spec->concurrency_policy, policies);
    check_job_template(errors, &spec->job_template.spec);
    check_count(errors, "successfulJobsHistoryLimit", spec->successful_limit);
    check_count(errors, "failedJobsHistoryLimit", spec->failed_limit);
    api_errors_pop(errors);
}

void
cron_job_validate(const ApiObject *object, ApiErrors *errors)
{
    check_cron_spec(errors, cron_job_spec(object), NULL);
    if (strlen(str_or_empty(api_name(object))) > 52) {
        api_errors_push(errors, "metadata");
        field_invalid_string(errors, "name", api_name(object), "must be no more than 52 characters");
        api_errors_pop(errors);
    }
}

/* Names that are too long stay. */
void
cron_job_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    if (object->spec != old->spec)
        check_cron_spec(errors, cron_job_spec(object), cron_job_spec(old));
}
