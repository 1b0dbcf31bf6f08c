/* Job: podFailurePolicy and successPolicy. */
#include "tests/controllers/jobs.h"
#include "tests/controllers/suites.h"

/* --- podFailurePolicy -------------------------------------------------------------------------------------------------- */

#define IN(action, codes) "{action: " action ", onExitCodes: {operator: In, values: [" codes "]}}"
#define NOT_IN(action, codes) "{action: " action ", onExitCodes: {operator: NotIn, values: [" codes "]}}"
#define DISRUPTED(action, status) "{action: " action ", onPodConditions: [{type: DisruptionTarget, status: " status "}]}"
#define MAIN(code) "containerStatuses: [{name: main, state: {terminated: {exitCode: " code "}}}]"
#define TARGET(status) "conditions: [{type: DisruptionTarget, status: " status "}]"
#define ENDED(name, code, index) \
    "Container " name " for pod default/mypod failed with exit code " code " matching FailJob rule at index " index

/* v1.34 pod_failure_policy_test.go, TestMatchPodFailurePolicy: rules, what pod default/mypod is, what follows. */
static const struct {
    const char *name, *rules, *status;
    PolicyAction action;
    const char *message;
} policy_cases[] = {
    {"unknown action, exit codes: skipped", IN("Unknown", "1, 2") "," IN("FailJob", "2, 3"), MAIN("2"), POLICY_FAIL_JOB,
     ENDED("main", "2", "1")},
    {"unknown action, conditions: skipped", DISRUPTED("Unknown", "'True'") "," DISRUPTED("Ignore", "'True'"), TARGET("'True'"),
     POLICY_IGNORE, ""},
    {"unknown operator: skipped",
     "{action: Ignore, onExitCodes: {operator: Unknown, values: [1, 2]}}," IN("FailJob", "2, 3"), MAIN("2"), POLICY_FAIL_JOB,
     ENDED("main", "2", "1")},
    {"no policy rules", "", MAIN("2"), POLICY_COUNT, ""},
    {"no rule matches", IN("Ignore", "1, 2, 3"), MAIN("5"), POLICY_COUNT, ""},
    {"ignore rule matched for exit codes", IN("Ignore", "1, 2, 3"), MAIN("2"), POLICY_IGNORE, ""},
    {"FailJob rule matched for exit codes", IN("FailJob", "1, 2, 3"), MAIN("2"), POLICY_FAIL_JOB, ENDED("main", "2", "0")},
    {"successful containers are skipped", NOT_IN("FailJob", "111"),
     "initContainerStatuses: [{name: init, state: {terminated: {exitCode: 0}}}], containerStatuses: [{name: main, state: {terminated: "
     "{exitCode: 111}}}, {name: support, state: {terminated: {exitCode: 0}}}]", POLICY_COUNT, ""},
    {"FailIndex rule matched for exit codes", IN("FailIndex", "1, 2, 3"), MAIN("2"), POLICY_FAIL_INDEX, ""},
    {"NotIn and value 0", NOT_IN("FailJob", "0"),
     "containerStatuses: [{name: main, state: {terminated: {exitCode: 1}}}, {name: support, state: {terminated: {exitCode: 0}}}]",
     POLICY_FAIL_JOB, ENDED("main", "1", "0")},
    {"NotIn, not listed", NOT_IN("FailJob", "1, 2, 3"), MAIN("5"), POLICY_FAIL_JOB, ENDED("main", "5", "0")},
    {"NotIn, listed", NOT_IN("FailJob", "1, 2, 3"), MAIN("2"), POLICY_COUNT, ""},
    {"second jobfail rule matched", IN("Count", "1, 2, 3") "," IN("FailJob", "4, 5, 6"), MAIN("6"), POLICY_FAIL_JOB,
     ENDED("main", "6", "1")},
    {"count rule; one container has not ended", IN("Count", "1, 2, 3"),
     "containerStatuses: [{name: foo}, {name: bar, state: {terminated: {exitCode: 2}}}]", POLICY_COUNT, ""},
    {"first of two that match", IN("Count", "1, 2") "," IN("FailJob", "2, 3"), MAIN("2"), POLICY_COUNT, ""},
    {"another container", "{action: FailJob, onExitCodes: {containerName: d, operator: In, values: [2]}}", MAIN("2"), POLICY_COUNT, ""},
    {"that container of two", "{action: FailJob, onExitCodes: {containerName: main, operator: In, values: [5]}}",
     "containerStatuses: [{name: monitor, state: {terminated: {exitCode: 5}}}, {name: main, state: {terminated: {exitCode: 42}}}]",
     POLICY_COUNT, ""},
    {"containers before init containers", IN("FailJob", "5, 6"),
     "initContainerStatuses: [{name: init, state: {terminated: {exitCode: 5}}}], " MAIN("6"), POLICY_FAIL_JOB, ENDED("main", "6", "0")},
    {"an init container", IN("FailJob", "5, 6"),
     "initContainerStatuses: [{name: init, state: {terminated: {exitCode: 5}}}], " MAIN("143"), POLICY_FAIL_JOB,
     ENDED("init", "5", "0")},
    {"FailIndex rule matched for pod conditions", DISRUPTED("FailIndex", "'True'"), TARGET("'True'"), POLICY_FAIL_INDEX, ""},
    {"ignore rule matched for pod conditions", DISRUPTED("Ignore", "'True'"), TARGET("'True'"), POLICY_IGNORE, ""},
    {"ignore rule matches by the status=False", DISRUPTED("Ignore", "'False'"), TARGET("'False'"), POLICY_IGNORE, ""},
    {"ignore rule matches by the status=Unknown", DISRUPTED("Ignore", "Unknown"), TARGET("Unknown"), POLICY_IGNORE, ""},
    {"True for the rule, False for the pod", DISRUPTED("Ignore", "'True'"), TARGET("'False'"), POLICY_COUNT, ""},
    {"False for the rule, True for the pod", DISRUPTED("Ignore", "'False'"), TARGET("'True'"), POLICY_COUNT, ""},
    {"one of two conditions", "{action: Ignore, onPodConditions: [{type: Other, status: 'True'}, {type: DisruptionTarget, status: 'True'}]}",
     TARGET("'True'"), POLICY_IGNORE, ""},
    {"default - do not match anything", DISRUPTED("FailJob", "'True'"), "conditions: [{type: Other, status: 'True'}]", POLICY_COUNT, ""},
    {"FailJob rule matched for pod conditions", DISRUPTED("FailJob", "'True'"), TARGET("'True'"), POLICY_FAIL_JOB,
     "Pod default/mypod has condition DisruptionTarget matching FailJob rule at index 0"},
    {"count rule matched for pod conditions", DISRUPTED("Count", "'True'"), TARGET("'True'"), POLICY_COUNT, ""},
    {"no rule matched, exit codes", IN("FailJob", "1, 2, 3"), MAIN("32"), POLICY_COUNT, ""},
};

START_TEST(failure_policy)
{
    g_autofree char *spec = g_strdup_printf("completions: 1, podFailurePolicy: {rules: [%s]},", policy_cases[_i].rules);
    g_autofree char *text = g_strdup_printf("{metadata: {name: mypod}, status: {phase: Failed, %s}}", policy_cases[_i].status);
    Mini *mini = mini_with(spec);
    g_autoptr(ApiObject) pod = object_from_yaml_with_status(&pod_kind, text);
    const char *message = "";

    ck_assert_msg(job_match_policy(job_spec(the_job(mini))->pod_failure_policy, pod, &message) == policy_cases[_i].action,
                  "%s", policy_cases[_i].name);
    ck_assert_msg(str_is(message, policy_cases[_i].message), "%s: %s", policy_cases[_i].name, message);
    mini_end(mini);
}
END_TEST

/* --- what a policy does to the Job ------------------------------------------------------------------------------------ */

#define RULES(text) "podFailurePolicy: {rules: [" text "]},"
#define EXIT_RULES RULES(IN("Ignore", "1, 2, 3") "," IN("FailJob", "5, 6, 7"))
#define BY_POLICY "FailureTarget=PodFailurePolicy Failed=PodFailurePolicy"
#define BY_LIMIT "FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded"
#define TARGETED "{conditions: [{type: FailureTarget, status: 'True', reason: PodFailurePolicy, message: of one that is gone}]}"

/* v1.34 job_controller_test.go, TestSyncJobWithJobPodFailurePolicy. */
static const struct {
    const char *name, *spec, *status, *pods;
    gint32 active, failed, terminating;
    const char *conditions, *message; /* of FailureTarget */
} action_cases[] = {
    {"not the container of the rule",
     "completions: 1, podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {containerName: main, operator: In, values: [1]}}]},", NULL,
     "F!42", 1, 1, 0, "", NULL},
    {"fail job based on OnExitCodes", "completions: 1, " EXIT_RULES, NULL, "F!5", 0, 1, 0, BY_POLICY,
     "Container c for pod default/j-0 failed with exit code 5 matching FailJob rule at index 1"},
    {"job marked already as failure target, message of an already deleted pod", "completions: 1, " EXIT_RULES, TARGETED, "F!5", 0, 1, 0,
     BY_POLICY, "of one that is gone"},
    {"fail job with multiple pods", "completions: 2, parallelism: 2, " EXIT_RULES, NULL, "r F!5", 0, 2, 1, "FailureTarget=PodFailurePolicy",
     "Container c for pod default/j-1 failed with exit code 5 matching FailJob rule at index 1"},
    {"fail indexed job", "completionMode: Indexed, completions: 1, " EXIT_RULES, NULL, "F0!5", 0, 1, 0, BY_POLICY,
     "Container c for pod default/j-0 failed with exit code 5 matching FailJob rule at index 1"},
    {"fail job, NotIn", "completions: 1, " RULES(NOT_IN("FailJob", "5, 6, 7")), NULL, "F!42", 0, 1, 0, BY_POLICY,
     "Container c for pod default/j-0 failed with exit code 42 matching FailJob rule at index 0"},
    {"default handling, NotIn", "completions: 1, " RULES(NOT_IN("FailJob", "5, 6, 7")), NULL, "F!5", 1, 1, 0, "", NULL},
    {"ignore pod failure", "completions: 1, backoffLimit: 0, " EXIT_RULES, NULL, "F!1", 1, 0, 0, "", NULL},
    {"default job", "completions: 1, backoffLimit: 0, " EXIT_RULES, NULL, "F!10", 0, 1, 0, BY_LIMIT,
     "Job has reached the specified backoff limit"},
    {"count; both rules match, the first counts", "completions: 1, " RULES(IN("Count", "1, 2") "," IN("Ignore", "2, 3")), NULL, "F!2", 1, 1,
     0, "", NULL},
    {"count by condition; both match, the first counts",
     "completions: 1, " RULES(DISRUPTED("Count", "'True'") "," DISRUPTED("Ignore", "'True'")), NULL, "Fd", 1, 1, 0, "", NULL},
    {"ignore by condition", "completions: 1, backoffLimit: 0, " RULES(DISRUPTED("Ignore", "'True'")), NULL, "Fd", 1, 0, 0, "", NULL},
    {"ignored failures delay the next pod too", "completions: 1, backoffLimit: 0, " RULES(DISRUPTED("Ignore", "'True'")), NULL, "wd", 0, 0, 0,
     "", NULL},
    {"fail job by condition", "completions: 1, " RULES(DISRUPTED("FailJob", "'True'")), NULL, "Fd", 0, 1, 0, BY_POLICY,
     "Pod default/j-0 has condition DisruptionTarget matching FailJob rule at index 0"},
    {"a terminating pod has not failed yet", "completions: 1, backoffLimit: 0, " RULES(DISRUPTED("Count", "'True'")), NULL, "t", 0, 0, 1, "",
     NULL},
};

START_TEST(failure_action)
{
    Mini *mini = mini_new();
    const JobStatus *status;
    const Condition *target;

    add_job(mini, action_cases[_i].spec, action_cases[_i].status);
    add_pods(mini, action_cases[_i].pods);
    sync_job(mini);
    status = job_status(the_job(mini));
    ck_assert_msg(status->active == action_cases[_i].active && status->failed == action_cases[_i].failed &&
                      status->terminating.value == action_cases[_i].terminating,
                  "%s: %d active, %d failed, %d terminating:\n%s", action_cases[_i].name, status->active, status->failed,
                  status->terminating.value, mini->log->str);
    ck_assert_msg(str_is(print_conditions(mini), action_cases[_i].conditions), "%s: %s", action_cases[_i].name, print_conditions(mini));
    target = condition_find(&status->conditions, "FailureTarget");
    ck_assert_msg(target == NULL || str_is(target->message, action_cases[_i].message), "%s: %s", action_cases[_i].name,
                  target == NULL ? "" : target->message);
    mini_end(mini);
}
END_TEST

/* --- successPolicy ------------------------------------------------------------------------------------------------------- */

/* v1.34 success_policy_test.go, TestMatchSuccessPolicy: of 10 indexes. */
static const struct {
    const char *rules, *done;
    int wanted;
} success_cases[] = {
    {"", "0", -1},
    {"{succeededIndexes: invalid-form}", "0", -1},
    {"{succeededIndexes: 0-2}", "0-2,4-7", 0},
    {"{succeededIndexes: '3'}", "0-2", -1},
    {"{succeededCount: 2}", "0-2", 0},
    {"{succeededCount: 3}", "0-2", 0},
    {"{succeededCount: 4}", "0-2", -1},
    {"{succeededIndexes: '9'}, {succeededIndexes: '4,6'}", "0-2,4-7", 1},
    {"{succeededIndexes: '0,1'}, {succeededIndexes: '5'}", "0-2,4-7", 0},
    {"{succeededIndexes: 3-6, succeededCount: 2}", "0-2,4-7", 0},
    {"{succeededIndexes: 3-6, succeededCount: 2}", "0-2,6,7", -1},
    {"{succeededCount: 4}", "", -1},
    {"{succeededIndexes: '2-4,6-8'}", "1-9", 0},
    {"{succeededIndexes: '2-4,6-9'}", "2-4,6-9", 0},
    {"{succeededIndexes: '2-4,8-12'}", "2-5,7-15", 0},
    {"{succeededIndexes: ''}", "1-3", -1},
    {"{succeededIndexes: ''}", "", -1},
    {"{succeededIndexes: '10-12,14-16'}", "1-3,5-7", -1},
    {"{succeededIndexes: '1-3,5-7'}", "2-4,6-8", -1},
    {"{succeededIndexes: '1-3,5-7', succeededCount: 4}", "2-4,6-8", 0},
    {"{succeededIndexes: '2-4,6-9'}", "1-3,5-7", -1},
    {"{succeededIndexes: '2-4,6-9', succeededCount: 4}", "1-3,5-7", 0},
    {"{succeededIndexes: '0-4,6-9'}", "1-3,7,8", -1},
    {"{succeededIndexes: '0-4,6-9', succeededCount: 5}", "1-3,7,8", 0},
    {"{succeededIndexes: '0-6,8-9'}", "1-3,5-9", -1},
    {"{succeededIndexes: '0-6,8-9', succeededCount: 7}", "1-3,5-9", 0},
    {"{succeededIndexes: '0-5,7-9'}", "1-5,7-10", -1},
    {"{succeededIndexes: '0-5,7-9', succeededCount: 8}", "1-5,7-10", 0},
    {"{succeededIndexes: '0-3,6-9'}", "1-10", -1},
    {"{succeededIndexes: '0-3,6-9', succeededCount: 7}", "1-10", 0},
    {"{succeededIndexes: 0-6, succeededCount: 4}", "1,3,5,8", -1},
    {"{succeededIndexes: '0'}", "", -1},
};

START_TEST(success_policy)
{
    g_autofree char *spec =
        g_strdup_printf("completionMode: Indexed, completions: 10, successPolicy: {rules: [%s]},", success_cases[_i].rules);
    Mini *mini = mini_with(spec);
    IndexSet done;

    index_set_init(&done, 10);
    index_set_parse(&done, success_cases[_i].done);
    ck_assert_msg(job_success_rule(job_spec(the_job(mini))->success_policy, &done) == success_cases[_i].wanted, "%s of %s",
                  success_cases[_i].rules, success_cases[_i].done);
    index_set_clear(&done);
    mini_end(mini);
}
END_TEST

#define MET "{succeededIndexes: '0,1', succeededCount: 1}"
#define FAIL_DISRUPTED RULES(DISRUPTED("FailJob", "'True'"))
#define IS_MET "conditions: [{type: SuccessCriteriaMet, status: 'True', reason: SuccessPolicy}]"
#define COMPLETE "SuccessCriteriaMet=SuccessPolicy Complete=SuccessPolicy"

/* v1.34 job_controller_test.go, TestSyncJobWithJobSuccessPolicy: parallelism is completions. */
static const struct {
    const char *name;
    int completions;
    const char *rule, *spec, *status, *pods;
    gint32 active, succeeded, failed, terminating;
    const char *completed, *conditions;
} succeed_cases[] = {
    {"met, some indexes fail", 3, MET, "", NULL, "F0 r0 s1 r2", 0, 1, 1, 2, "1", "SuccessCriteriaMet=SuccessPolicy"},
    {"met, and podFailurePolicy is not", 2, MET, FAIL_DISRUPTED, NULL, "F0 r0 s1", 0, 1, 1, 1, "1", "SuccessCriteriaMet=SuccessPolicy"},
    {"met, and backoffLimitPerIndex is not reached", 2, MET, "backoffLimitPerIndex: 2,", NULL, "F0 r0 s1", 0, 1, 1, 1, "1",
     "SuccessCriteriaMet=SuccessPolicy"},
    {"met before, all pods are gone", 2, MET, "backoffLimitPerIndex: 2,", "{" IS_MET "}", "F0 s1", 0, 1, 1, 0, "1", COMPLETE},
    {"met before, some pods still run", 3, MET, "backoffLimitPerIndex: 3,", "{" IS_MET "}", "F0 r1 s1 r2", 0, 1, 1, 2, "1",
     "SuccessCriteriaMet=SuccessPolicy"},
    {"met, and so is podFailurePolicy", 2, MET, FAIL_DISRUPTED, NULL, "F0d r0 s1", 0, 1, 2, 1, "1", "FailureTarget=PodFailurePolicy"},
    {"met, and backoffLimitPerIndex too", 2, MET, "backoffLimitPerIndex: 1,", NULL, "F0/1 s1", 0, 1, 1, 0, "1",
     "FailureTarget=FailedIndexes Failed=FailedIndexes"},
    {"met, and backoffLimit too", 2, MET, "backoffLimit: 1,", NULL, "F0 F0 s1", 0, 1, 2, 0, "1", BY_LIMIT},
    {"met before: podFailurePolicy comes too late", 2, "{succeededCount: 1}", FAIL_DISRUPTED,
     "{succeeded: 1, completedIndexes: '1', " IS_MET "}", "F0d s1", 0, 1, 1, 0, "1", COMPLETE},
    {"met before: backoffLimitPerIndex comes too late", 2, "{succeededIndexes: '1'}", "backoffLimitPerIndex: 1,",
     "{succeeded: 1, completedIndexes: '1', " IS_MET "}", "F0/1 s1", 0, 1, 1, 0, "1", COMPLETE},
    {"met before: backoffLimit comes too late", 2, MET, "backoffLimit: 1,", "{succeeded: 1, completedIndexes: '1', " IS_MET "}", "F0 s1", 0, 1,
     1, 0, "1", COMPLETE},
    {"failing before: success comes too late", 2, MET, FAIL_DISRUPTED, "{failed: 1, completedIndexes: '1', conditions: [{type: FailureTarget, "
     "status: 'True', reason: PodFailurePolicy}]}", "-F0d s1", 0, 1, 1, 0, "1", BY_POLICY},
};

START_TEST(success_action)
{
    g_autofree char *spec = g_strdup_printf(
        "completionMode: Indexed, completions: %d, parallelism: %d, successPolicy: {rules: [%s]}, %s", succeed_cases[_i].completions,
        succeed_cases[_i].completions, succeed_cases[_i].rule, succeed_cases[_i].spec);
    Mini *mini = mini_new();
    const JobStatus *status;

    add_job(mini, spec, succeed_cases[_i].status);
    if (strstr(spec, "backoffLimit:") == NULL) {
        ApiObject *job = mini_edit(mini, &job_kind, "j");

        ((JobSpec *)api_edit_spec(job))->backoff_limit = OPT_INT32(G_MAXINT32);
        mini_put(mini, job);
    }
    add_pods(mini, succeed_cases[_i].pods);
    sync_job(mini);
    status = job_status(the_job(mini));
    ck_assert_msg(status->active == succeed_cases[_i].active && status->succeeded == succeed_cases[_i].succeeded &&
                      status->failed == succeed_cases[_i].failed && status->terminating.value == succeed_cases[_i].terminating,
                  "%s: %d active, %d succeeded, %d failed, %d terminating:\n%s", succeed_cases[_i].name, status->active,
                  status->succeeded, status->failed, status->terminating.value, mini->log->str);
    ck_assert_str_eq(status->completed_indexes, succeed_cases[_i].completed);
    ck_assert_msg(str_is(print_conditions(mini), succeed_cases[_i].conditions), "%s: %s", succeed_cases[_i].name, print_conditions(mini));
    mini_end(mini);
}
END_TEST

/* The pods that are left are ended and count neither way; Complete when they are gone. */
START_TEST(success_early)
{
    Mini *mini = mini_with("completionMode: Indexed, completions: 3, parallelism: 3, successPolicy: {rules: "
                           "[{succeededIndexes: '0'}]},");

    add_pods(mini, "s0 r1 r2");
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "SuccessCriteriaMet"), "SuccessPolicy");
    ck_assert_str_eq(condition_find(&job_status(the_job(mini))->conditions, "SuccessCriteriaMet")->message,
                     "Matched rules at index 0");
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 2);
    ck_assert_str_eq(condition_reason(mini, "Complete"), "-");
    let_go(mini);
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "Complete"), "SuccessPolicy");
    ck_assert_int_eq(job_status(the_job(mini))->failed, 0);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 1);
    mini_end(mini);
}
END_TEST

Suite *
job_policy_suite(void)
{
    Suite *suite = suite_create("job-policy");
    TCase *tests = tcase_create("job-policy");

    tcase_add_loop_test(tests, failure_policy, 0, G_N_ELEMENTS(policy_cases));
    tcase_add_loop_test(tests, failure_action, 0, G_N_ELEMENTS(action_cases));
    tcase_add_loop_test(tests, success_policy, 0, G_N_ELEMENTS(success_cases));
    tcase_add_loop_test(tests, success_action, 0, G_N_ELEMENTS(succeed_cases));
    tcase_add_test(tests, success_early);
    suite_add_tcase(suite, tests);
    return suite;
}
