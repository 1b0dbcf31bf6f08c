/*
 * kinds/batch.h - Job and CronJob (batch/v1, v1.34)
 */
#pragma once

#include "api/kinds/pod.h"

typedef struct {
    const char *container_name, *operator_;
    API_LIST_OF(gint32) values;
} ExitCodesRequirement;
typedef struct {
    const char *type, *status;
} PodConditionPattern;
typedef struct {
    const char *action;
    ExitCodesRequirement *on_exit_codes;
    API_LIST_OF(PodConditionPattern) on_pod_conditions;
} PodFailurePolicyRule;
typedef struct {
    API_LIST_OF(PodFailurePolicyRule) rules;
} PodFailurePolicy;
typedef struct {
    const char *succeeded_indexes;
    OptInt32 succeeded_count;
} SuccessPolicyRule;
typedef struct {
    API_LIST_OF(SuccessPolicyRule) rules;
} SuccessPolicy;
typedef struct {
    OptInt32 parallelism, completions;
    OptInt64 active_deadline_s;
    PodFailurePolicy *pod_failure_policy;
    SuccessPolicy *success_policy;
    OptInt32 backoff_limit, backoff_limit_per_index, max_failed_indexes;
    LabelSelector *selector;
    OptBool manual_selector;
    PodTemplateSpec template_;
    OptInt32 ttl_s;
    const char *completion_mode;
    OptBool suspend;
    const char *pod_replacement_policy, *managed_by;
} JobSpec;
typedef struct {
    StrList succeeded, failed;
} UncountedTerminatedPods;
typedef struct {
    ConditionList conditions;
    ApiTime start_time, completion_time;
    gint32 active, succeeded, failed;
    OptInt32 terminating;
    const char *completed_indexes, *failed_indexes;
    UncountedTerminatedPods *uncounted;
    OptInt32 ready;
} JobStatus;

typedef struct {
    ObjectMeta metadata;
    JobSpec spec;
} JobTemplateSpec;
typedef struct {
    const char *schedule, *time_zone;
    OptInt64 starting_deadline_s;
    const char *concurrency_policy;
    OptBool suspend;
    JobTemplateSpec job_template;
    OptInt32 successful_limit, failed_limit;
} CronJobSpec;
typedef struct {
    API_LIST_OF(ObjectReference) active;
    ApiTime last_schedule_time, last_successful_time;
} CronJobStatus;

extern const ApiKind job_kind, cron_job_kind;
extern const ApiType job_spec_type, job_status_type, cron_job_spec_type, cron_job_status_type,
    uncounted_pods_type, pod_failure_policy_type, success_policy_type;

static inline const JobSpec *
job_spec(const ApiObject *job)
{
    return job->spec;
}
static inline const JobStatus *
job_status(const ApiObject *job)
{
    return job->status;
}
static inline const CronJobSpec *
cron_job_spec(const ApiObject *cron)
{
    return cron->spec;
}
static inline const CronJobStatus *
cron_job_status(const ApiObject *cron)
{
    return cron->status;
}
static inline gboolean
job_is_indexed(const ApiObject *job)
{
    return str_is(job_spec(job)->completion_mode, "Indexed");
}
/* job_finished_condition: Complete or Failed that is True; NULL if it still runs. (borrowed) */
const Condition *job_finished_condition(const ApiObject *job);

/* batch_policy_validate.c; the cursor stands on the Job's spec */
void check_failure_policy(ApiErrors *errors, const JobSpec *spec);
void check_success_policy(ApiErrors *errors, const JobSpec *spec);
/* print_*_policy: as the server's own types print. (interned) */
const char *print_failure_policy(const PodFailurePolicy *policy);
const char *print_success_policy(const SuccessPolicy *policy);
