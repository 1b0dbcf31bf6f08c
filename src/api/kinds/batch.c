/* Job and CronJob: tables and kinds. */
#include "api/kinds/batch.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const ApiField exit_codes_fields[] = {
    {"containerName", API_STRING, AT(ExitCodesRequirement, container_name), API_POINTER,
     .doc = "Only exit codes of this container count; all containers if absent."},
    {"operator", API_STRING, AT(ExitCodesRequirement, operator_), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.PodFailurePolicyOnExitCodesOperator", .doc = "In or NotIn."},
    {"values", API_INT32_LIST, AT(ExitCodesRequirement, values), API_REQUIRED | API_ALWAYS,
     .doc = "Exit codes, in ascending order."},
    {0},
};
static const ApiType exit_codes_type = TYPE("PodFailurePolicyOnExitCodesRequirement",
                                            ExitCodesRequirement,
                                            exit_codes_fields,
                                            "Which exit codes a rule is about.");
static const ApiField condition_pattern_fields[] = {
    {"type", API_STRING, AT(PodConditionPattern, type), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.PodConditionType", .doc = "The condition's type."},
    {"status", API_STRING, AT(PodConditionPattern, status), API_ALWAYS, .def = "True",
     .go_type = "v1.ConditionStatus", .doc = "The condition's status."},
    {0},
};
static const ApiType condition_pattern_type = TYPE("PodFailurePolicyOnPodConditionsPattern",
                                                   PodConditionPattern,
                                                   condition_pattern_fields,
                                                   "A condition that a failed pod has.");
static const ApiField failure_rule_fields[] = {
    {"action", API_STRING, AT(PodFailurePolicyRule, action), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.PodFailurePolicyAction", .doc = "FailJob, FailIndex, Ignore or Count."},
    {"onExitCodes", API_MESSAGE, AT(PodFailurePolicyRule, on_exit_codes),
     .message = &exit_codes_type, .doc = "The rule is about exit codes."},
    {"onPodConditions", API_MESSAGE_LIST, AT(PodFailurePolicyRule, on_pod_conditions),
     .message = &condition_pattern_type, .doc = "The rule is about conditions of the pod."},
    {0},
};
static const ApiType failure_rule_type = TYPE("PodFailurePolicyRule",
                                              PodFailurePolicyRule,
                                              failure_rule_fields,
                                              "What to do about one sort of failure.");
static const ApiField failure_policy_fields[] = {
    {"rules", API_MESSAGE_LIST, AT(PodFailurePolicy, rules), API_REQUIRED | API_ALWAYS,
     .message = &failure_rule_type, .doc = "Rules; the first that matches decides."},
    {0},
};
const ApiType pod_failure_policy_type = TYPE("PodFailurePolicy",
                                                PodFailurePolicy,
                                                failure_policy_fields,
                                                "What failed pods mean for the Job.");
static const ApiField success_rule_fields[] = {
    {"succeededIndexes", API_STRING, AT(SuccessPolicyRule, succeeded_indexes), API_POINTER,
     .doc = "Indexes that must succeed, as a list of numbers and ranges."},
    {"succeededCount", API_OPT_INT32, AT(SuccessPolicyRule, succeeded_count),
     .doc = "How many indexes must succeed."},
    {0},
};
static const ApiType success_rule_type = TYPE("SuccessPolicyRule",
                                              SuccessPolicyRule,
                                              success_rule_fields,
                                              "One way for the Job to succeed early.");
static const ApiField success_policy_fields[] = {
    {"rules", API_MESSAGE_LIST, AT(SuccessPolicy, rules), API_REQUIRED | API_ALWAYS,
     .message = &success_rule_type, .doc = "Rules; one that is met is enough."},
    {0},
};
const ApiType success_policy_type = TYPE("SuccessPolicy",
                                                SuccessPolicy,
                                                success_policy_fields,
                                                "When the Job counts as succeeded.");

static const ApiField job_spec_fields[] = {
    {"parallelism", API_OPT_INT32, AT(JobSpec, parallelism),
     .doc = "How many pods may run at a time."},
    {"completions", API_OPT_INT32, AT(JobSpec, completions),
     .doc = "How many pods must succeed; absent: any success ends the work."},
    {"activeDeadlineSeconds", API_OPT_INT64, AT(JobSpec, active_deadline_s),
     .doc = "The Job fails when it has been active this long."},
    {"podFailurePolicy", API_MESSAGE, AT(JobSpec, pod_failure_policy), API_IMMUTABLE,
     .message = &pod_failure_policy_type, .doc = "What failed pods mean for the Job."},
    {"successPolicy", API_MESSAGE, AT(JobSpec, success_policy), API_IMMUTABLE,
     .message = &success_policy_type, .doc = "When an Indexed Job counts as succeeded."},
    {"backoffLimit", API_OPT_INT32, AT(JobSpec, backoff_limit),
     .doc = "More failed pods than this fail the Job."},
    {"backoffLimitPerIndex", API_OPT_INT32, AT(JobSpec, backoff_limit_per_index), API_IMMUTABLE,
     .doc = "More failed pods of one index than this fail the index."},
    {"maxFailedIndexes", API_OPT_INT32, AT(JobSpec, max_failed_indexes),
     .doc = "More failed indexes than this fail the Job at once."},
    {"selector", API_MESSAGE, AT(JobSpec, selector), API_IMMUTABLE, .message = &label_selector_type,
     .doc = "The pods that belong to the Job; normally generated."},
    {"manualSelector", API_OPT_BOOL, AT(JobSpec, manual_selector),
     .doc = "Whether the selector is the user's own."},
    {"template", API_STRUCT, AT(JobSpec, template_), API_REQUIRED | API_IMMUTABLE | API_ALWAYS,
     .message = &pod_template_spec_type, .doc = "The form that pods are made after."},
    {"ttlSecondsAfterFinished", API_OPT_INT32, AT(JobSpec, ttl_s),
     .doc = "The Job is deleted this long after it finished."},
    {"completionMode", API_STRING, AT(JobSpec, completion_mode), API_IMMUTABLE,
     .go_type = "v1.CompletionMode", .doc = "NonIndexed, or Indexed: each pod gets a number."},
    {"suspend", API_OPT_BOOL, AT(JobSpec, suspend), .doc = "Whether no pods may run."},
    {"podReplacementPolicy", API_STRING, AT(JobSpec, pod_replacement_policy),
     .go_type = "v1.PodReplacementPolicy",
     .doc = "Failed: a pod is replaced when it has ended; TerminatingOrFailed: already when it terminates."},
    {"managedBy", API_STRING, AT(JobSpec, managed_by), API_IMMUTABLE | API_POINTER,
     .doc = "The controller in charge, if not the built-in one."},
    {0},
};
const ApiType job_spec_type = TYPE("JobSpec", JobSpec, job_spec_fields, "What is wanted.");

static const ApiField job_condition_fields[] = {
    CONDITION_HEAD("v1.JobConditionType", "Complete, Failed, Suspended, FailureTarget or SuccessCriteriaMet."),
    {"lastProbeTime", API_TIME, AT(Condition, last_probe_time), API_ALWAYS,
     .doc = "When the condition was last checked."},
    CONDITION_TAIL,
    {0},
};
static const ApiType job_condition_type =
    TYPE("JobCondition", Condition, job_condition_fields, "One aspect of the Job's state.");
static const ApiField uncounted_fields[] = {
    {"succeeded", API_STR_LIST, AT(UncountedTerminatedPods, succeeded),
     .doc = "UIDs of succeeded pods not in the counter yet."},
    {"failed", API_STR_LIST, AT(UncountedTerminatedPods, failed),
     .doc = "UIDs of failed pods not in the counter yet."},
    {0},
};
const ApiType uncounted_pods_type = TYPE("UncountedTerminatedPods",
                                         UncountedTerminatedPods,
                                         uncounted_fields,
                                         "Pods that have ended and are not counted yet.");
static const ApiField job_status_fields[] = {
    {"conditions", API_MESSAGE_LIST, AT(JobStatus, conditions), .message = &job_condition_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Aspects of the Job's state."},
    {"startTime", API_TIME, AT(JobStatus, start_time), .doc = "When the controller began."},
    {"completionTime", API_TIME, AT(JobStatus, completion_time), .doc = "When the Job succeeded."},
    {"active", API_INT32, AT(JobStatus, active), .doc = "Number of pods that wait or run."},
    {"succeeded", API_INT32, AT(JobStatus, succeeded), .doc = "Number of pods that succeeded."},
    {"failed", API_INT32, AT(JobStatus, failed), .doc = "Number of pods that failed."},
    {"terminating", API_OPT_INT32, AT(JobStatus, terminating),
     .doc = "Number of pods that are being deleted."},
    {"completedIndexes", API_STRING, AT(JobStatus, completed_indexes),
     .doc = "Indexes that succeeded, as a list of numbers and ranges."},
    {"failedIndexes", API_STRING, AT(JobStatus, failed_indexes), API_POINTER,
     .doc = "Indexes that failed, as a list of numbers and ranges."},
    {"uncountedTerminatedPods", API_MESSAGE, AT(JobStatus, uncounted),
     .message = &uncounted_pods_type, .doc = "Pods that have ended and are not counted yet."},
    {"ready", API_OPT_INT32, AT(JobStatus, ready), .doc = "Number of pods that are ready."},
    {0},
};
const ApiType job_status_type = TYPE("JobStatus", JobStatus, job_status_fields, "What is there.");

static const ApiField job_template_fields[] = {
    {"metadata", API_STRUCT, AT(JobTemplateSpec, metadata), API_ALWAYS,
     .message = &object_meta_type, .doc = "Labels and annotations of the Jobs."},
    {"spec", API_STRUCT, AT(JobTemplateSpec, spec), API_ALWAYS, .message = &job_spec_type,
     .doc = "What the Jobs are to do."},
    {0},
};
static const ApiType job_template_type = TYPE("JobTemplateSpec",
                                              JobTemplateSpec,
                                              job_template_fields,
                                              "The form that Jobs are made after.");
static const ApiField cron_job_spec_fields[] = {
    {"schedule", API_STRING, AT(CronJobSpec, schedule), API_REQUIRED | API_ALWAYS,
     .doc = "When to start Jobs, as five cron fields or a macro like @hourly."},
    {"timeZone", API_STRING, AT(CronJobSpec, time_zone), API_POINTER,
     .doc = "The time zone of the schedule; UTC if absent."},
    {"startingDeadlineSeconds", API_OPT_INT64, AT(CronJobSpec, starting_deadline_s),
     .doc = "A start that is later than this is left out."},
    {"concurrencyPolicy", API_STRING, AT(CronJobSpec, concurrency_policy), .def = "Allow",
     .go_type = "v1.ConcurrencyPolicy", .doc = "Allow, Forbid or Replace Jobs that still run."},
    {"suspend", API_OPT_BOOL, AT(CronJobSpec, suspend), .def = "false",
     .doc = "Whether no further Jobs are started."},
    {"jobTemplate", API_STRUCT, AT(CronJobSpec, job_template), API_REQUIRED | API_ALWAYS,
     .message = &job_template_type, .doc = "The form that Jobs are made after."},
    {"successfulJobsHistoryLimit", API_OPT_INT32, AT(CronJobSpec, successful_limit), .def = "3",
     .doc = "How many succeeded Jobs are kept."},
    {"failedJobsHistoryLimit", API_OPT_INT32, AT(CronJobSpec, failed_limit), .def = "1",
     .doc = "How many failed Jobs are kept."},
    {0},
};
const ApiType cron_job_spec_type =
    TYPE("CronJobSpec", CronJobSpec, cron_job_spec_fields, "What is wanted.");
static const ApiField cron_job_status_fields[] = {
    {"active", API_MESSAGE_LIST, AT(CronJobStatus, active), .message = &object_reference_type,
     .doc = "Jobs that run."},
    {"lastScheduleTime", API_TIME, AT(CronJobStatus, last_schedule_time),
     .doc = "The time of the schedule that a Job was last started for."},
    {"lastSuccessfulTime", API_TIME, AT(CronJobStatus, last_successful_time),
     .doc = "When a Job last succeeded."},
    {0},
};
const ApiType cron_job_status_type =
    TYPE("CronJobStatus", CronJobStatus, cron_job_status_fields, "What is there.");

const Condition *
job_finished_condition(const ApiObject *job)
{
    const ConditionList *list = &job_status(job)->conditions;

    for (guint i = 0; i < list->count; i++)
        if ((str_is(list->items[i].type, "Complete") || str_is(list->items[i].type, "Failed")) &&
            str_is(list->items[i].status, "True"))
            return &list->items[i];
    return NULL;
}

/* v1.34 pkg/apis/batch/v1/defaults.go, SetDefaults_Job */
static void
job_set_defaults(ApiObject *object)
{
    JobSpec *spec = api_edit_spec(object);

    if (!spec->completions.is_set && !spec->parallelism.is_set)
        spec->completions = OPT_INT32(1);
    if (!spec->parallelism.is_set)
        spec->parallelism = OPT_INT32(1);
    if (!spec->backoff_limit.is_set)
        spec->backoff_limit = OPT_INT32(spec->backoff_limit_per_index.is_set ? G_MAXINT32 : 6);
    if (spec->completion_mode == NULL)
        spec->completion_mode = str_intern("NonIndexed");
    if (spec->suspend == OPT_UNSET)
        spec->suspend = OPT_FALSE;
    if (spec->manual_selector == OPT_UNSET)
        spec->manual_selector = OPT_FALSE;
    if (spec->pod_replacement_policy == NULL)
        spec->pod_replacement_policy =
            str_intern(spec->pod_failure_policy != NULL ? "Failed" : "TerminatingOrFailed");
    pod_spec_set_defaults(&spec->template_.spec);
}

static void
set_if_absent(StrMap *map, const char *key, const char *value)
{
    if (str_map_get(map, str_intern(key)) == NULL)
        str_map_set(map, str_intern(key), value);
}

/* v1.34 pkg/registry/batch/job/strategy.go, generateSelector: what the user wrote stays, and is refused if it differs. */
static void
generate_selector(ApiObject *object)
{
    JobSpec *spec = api_edit_spec(object);
    StrMap *labels = &spec->template_.metadata.labels;

    set_if_absent(labels, "job-name", api_name(object));
    set_if_absent(labels, "batch.kubernetes.io/job-name", api_name(object));
    set_if_absent(labels, "controller-uid", api_uid(object));
    set_if_absent(labels, "batch.kubernetes.io/controller-uid", api_uid(object));
    if (spec->selector == NULL)
        spec->selector = api_struct_new(&label_selector_type);
    set_if_absent(&spec->selector->match_labels, "batch.kubernetes.io/controller-uid", api_uid(object));
}

static void
job_prepare_create(ApiObject *object)
{
    /*
     * Labels of the template are the Job's own too, in one map. Without any, the Job gets the generated ones when it is
     * read back: too late to be looked at, which shows when the name is no label.
     */
    gboolean is_shared = job_spec(object)->template_.metadata.labels.count > 0;
    gsize length = strlen(str_or_empty(api_name(object)));

    api_struct_clear(&job_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
    if (job_spec(object)->manual_selector != OPT_TRUE)
        generate_selector(object);
    if (object->meta->labels.count == 0 && (is_shared || length <= 63))
        str_map_copy(&api_edit_meta(object)->labels, &job_spec(object)->template_.metadata.labels);
}

static void
job_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&job_spec_type, object->spec, old->spec));
}

static void
cron_job_set_defaults(ApiObject *object)
{
    CronJobSpec *spec = api_edit_spec(object);

    pod_spec_set_defaults(&spec->job_template.spec.template_.spec);
}

static void
cron_job_prepare_create(ApiObject *object)
{
    api_struct_clear(&cron_job_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
cron_job_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&cron_job_spec_type, object->spec, old->spec));
}

static const char *
job_select_field(const ApiObject *object, const char *label)
{
    if (strcmp(label, "status.successful") == 0)
        return str_internf("%d", job_status(object)->succeeded);
    return NULL;
}

static const char *const cron_job_short_names[] = {"cj", NULL};

const ApiKind job_kind = {
    .kind = "Job",
    .group = "batch",
    .version = "v1",
    .plural = "jobs",
    .singular = "job",
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &job_spec_type,
    .status = &job_status_type,
    .doc = "Runs pods until a number of them has succeeded.",
    .set_defaults = job_set_defaults,
    .prepare_create = job_prepare_create,
    .prepare_update = job_prepare_update,
    .validate = job_validate,
    .validate_update = job_validate_update,
    .validate_status = job_validate_status,
    .warn = job_warn,
    .update_steps = "MVUD",
    .name_rule = NAME_DNS_SUBDOMAIN,
    .select_field = job_select_field,
};

const ApiKind cron_job_kind = {
    .kind = "CronJob",
    .group = "batch",
    .version = "v1",
    .plural = "cronjobs",
    .singular = "cronjob",
    .short_names = cron_job_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &cron_job_spec_type,
    .status = &cron_job_status_type,
    .doc = "Starts Jobs by a schedule.",
    .set_defaults = cron_job_set_defaults,
    .prepare_create = cron_job_prepare_create,
    .prepare_update = cron_job_prepare_update,
    .validate = cron_job_validate,
    .validate_update = cron_job_validate_update,
    .warn = cron_job_warn,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
