/* Job: waits after failures. */
#include "tests/controllers/jobs.h"
#include "tests/controllers/suites.h"

/* --- back-off ----------------------------------------------------------------------------------------------------- */

/* v1.34 backoff_utils_test.go, TestGetRemainingBackoffTime, with the delays of the controller: 10 s, at most 10 minutes. */
static const struct {
    gint32 failures;
    gint64 seconds;
} backoff_cases[] = {{0, 0}, {1, 10}, {2, 20}, {3, 40}, {4, 80}, {6, 320}, {7, 600}, {9, 600}, {1000, 600}};

START_TEST(backoff)
{
    ck_assert_int_eq(job_backoff_ns(backoff_cases[_i].failures), backoff_cases[_i].seconds * NS_PER_S);
}
END_TEST

/* v1.34 backoff_utils_test.go, TestNewBackoffRecord: numbers are seconds at which pods ended. */
static const struct {
    const char *name;
    gint32 failures, last_s;
    int succeeded[3], failed[5]; /* ended by 0 */
    gint32 wanted, wanted_last_s;
} record_cases[] = {
    {"no record, one new failure", 0, 0, {0}, {10}, 1, 10},
    {"no record, two new failures", 0, 0, {0}, {20, 10}, 2, 20},
    {"no record, two failures followed by success", 0, 0, {30}, {10, 20}, 0, 0},
    {"no record, two failures, one success and two more failures", 0, 0, {30}, {50, 10, 20, 40}, 2, 50},
    {"failure count 2 and one new failure", 2, 0, {0}, {10}, 3, 10},
    {"success and failure at the same time", 0, 0, {20}, {20}, 0, 0},
    {"nothing at all", 0, 0, {0}, {0}, 0, 0},
    {"one success", 0, 0, {20}, {0}, 0, 0},
    {"a record, two more", 1, 5, {0}, {10, 20}, 3, 20},
    {"a record, a success", 3, 5, {10}, {0}, 0, 0},
    {"a record, a success between two failures", 4, 5, {20}, {10, 30}, 1, 30},
    {"a record, nothing new", 2, 7, {0}, {0}, 2, 7},
};

static void
add_ended(GPtrArray *pods, const int *seconds, guint most)
{
    for (guint i = 0; i < most && seconds[i] != 0; i++) {
        ApiObject *pod = make_pod(NULL, "p", "n1", "Failed", FALSE);

        set_exit(pod, 1, seconds[i] * NS_PER_S);
        g_ptr_array_add(pods, pod);
    }
}

START_TEST(record)
{
    g_autoptr(GPtrArray) succeeded = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) failed = g_ptr_array_new_with_free_func(api_object_unref);
    BackoffRecord next;

    add_ended(succeeded, record_cases[_i].succeeded, 3);
    add_ended(failed, record_cases[_i].failed, 5);
    next = job_backoff_next((BackoffRecord){record_cases[_i].failures, record_cases[_i].last_s * NS_PER_S}, succeeded,
                            failed);
    ck_assert_msg(next.failures == record_cases[_i].wanted &&
                      next.last_failure_ns == record_cases[_i].wanted_last_s * NS_PER_S,
                  "%s: %d failures, last at %d", record_cases[_i].name, next.failures,
                  (int)(next.last_failure_ns / NS_PER_S));
}
END_TEST

/* --- when a pod ended -------------------------------------------------------------------------------------------- */

/* v1.34 backoff_utils_test.go, TestGetFinishedTime; all times are seconds, 0: none. */
static const struct {
    const char *name, *pod; /* YAML of spec and status */
    int deleted_s, grace_s, wanted_s;
} finish_cases[] = {
    {"all containers terminated", "status: {containerStatuses: [{state: {terminated: {finishedAt: '1970-01-01T00:01:39Z'}}}, {state: "
     "{terminated: {finishedAt: '1970-01-01T00:01:40Z'}}}, {state: {terminated: {finishedAt: '1970-01-01T00:01:38Z'}}}]}", 0, 0, 100},
    {"one still runs: fallback to deletionTimestamp", "status: {containerStatuses: [{state: {terminated: {finishedAt: "
     "'1970-01-01T00:01:39Z'}}}, {state: {running: {}}}, {state: {terminated: {finishedAt: '1970-01-01T00:01:38Z'}}}]}", 100, 0, 100},
    {"fallback to deletionTimestamp", "status: {containerStatuses: [{state: {running: {}}}]}", 100, 0, 100},
    {"deletionTimestamp less the grace", "status: {containerStatuses: [{state: {running: {}}}]}", 100, 30, 70},
    {"Ready is False since", "status: {containerStatuses: [{state: {terminated: {}}}], conditions: [{type: Ready, status: 'False', "
     "lastTransitionTime: '1970-01-01T00:01:40Z'}]}", 0, 0, 100},
    {"Ready is True: passed over", "status: {containerStatuses: [{state: {terminated: {}}}], conditions: [{type: Ready, status: 'True', "
     "lastTransitionTime: '1970-01-01T00:01:10Z'}]}", 100, 0, 100},
    {"fallback to creationTimestamp", "status: {containerStatuses: [{state: {terminated: {}}}]}", 0, 0, 5},
    {"sidecar ends later", "spec: {initContainers: [{name: sidecar, restartPolicy: Always}]}, status: {containerStatuses: [{state: "
     "{terminated: {finishedAt: '1970-01-01T00:01:39Z'}}}], initContainerStatuses: [{name: sidecar, state: {terminated: {finishedAt: "
     "'1970-01-01T00:01:40Z'}}}]}", 0, 0, 100},
    {"sidecar still runs", "spec: {initContainers: [{name: sidecar, restartPolicy: Always}]}, status: {containerStatuses: [{state: "
     "{terminated: {finishedAt: '1970-01-01T00:01:39Z'}}}], initContainerStatuses: [{name: sidecar, state: {running: {}}}]}", 0, 0, 5},
    {"another init container does not count", "spec: {initContainers: [{name: init}]}, status: {containerStatuses: [{state: {terminated: "
     "{finishedAt: '1970-01-01T00:01:39Z'}}}], initContainerStatuses: [{name: init, state: {terminated: {finishedAt: "
     "'1970-01-01T00:01:40Z'}}}]}", 0, 0, 99},
};

START_TEST(finish)
{
    g_autofree char *text = g_strdup_printf("{metadata: {name: p}, %s}", finish_cases[_i].pod);
    g_autoptr(ApiObject) pod = object_from_yaml_with_status(&pod_kind, text);
    ObjectMeta *meta = api_edit_meta(pod);

    meta->creation_time = 5 * NS_PER_S;
    meta->deletion_time = finish_cases[_i].deleted_s * NS_PER_S;
    meta->deletion_grace_s = OPT_INT64(finish_cases[_i].grace_s);
    ck_assert_msg(job_pod_finish_ns(pod) == finish_cases[_i].wanted_s * NS_PER_S, "%s: %d", finish_cases[_i].name,
                  (int)(job_pod_finish_ns(pod) / NS_PER_S));
}
END_TEST

/* --- what waits ---------------------------------------------------------------------------------------------------- */

/*
 * v1.34 backoff_utils_test.go, TestGetRemainingBackoffTime, with the controller's own 10 s and 600 s: failures, and how long
 * after the last the Job is synced.
 */
static const struct {
    gint32 failures;
    int since_s, wait_s;
} remaining_cases[] = {
    {0, 0, 0}, {1, 0, 10}, {1, 1, 9}, {1, 10, 0}, {1, 11, 0}, {3, 0, 40}, {6, 0, 320}, {7, 0, 600}, {9, 0, 600}, {9, 600, 0},
};

START_TEST(remaining)
{
    Mini *mini = mini_with("completions: 1, parallelism: 1, backoffLimit: 20,");

    job_memory_set_backoff(mini->state, str_intern("default/j"),
                           (BackoffRecord){remaining_cases[_i].failures, mini_wall_ns(mini) - remaining_cases[_i].since_s * NS_PER_S});
    sync_job(mini);
    ck_assert_int_eq(mini->enqueued_ns, remaining_cases[_i].wait_s > 0 ? remaining_cases[_i].wait_s * NS_PER_S : -1);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), remaining_cases[_i].wait_s > 0 ? 0 : 1);
    mini_end(mini);
}
END_TEST

#define NOW "f"
#define LONG_AGO "F"

/*
 * v1.34 job_controller_test.go, TestGetPodCreationInfoForIndependentIndexes, and backoff_utils_test.go,
 * TestGetRemainingBackoffTimePerIndex: each index waits for itself; if none may start, the shortest wait counts.
 */
static const struct {
    const char *name, *pods, *indexes;
    int since_s, wait_s;
} index_wait_cases[] = {
    {"simple index creation", "r0 r2", "1,3", 0, 0},
    {"some can be recreated now", "r0 r2 " NOW "1/0", "3", 0, 0},
    {"some failed long ago", "r0 r2 " NOW "1/0 " LONG_AGO "3/0", "3", 0, 0},
    {"none can be recreated: the shortest of 20, 10 and 40 s", "r0 " NOW "1/1 " NOW "2/0 " NOW "3/2", "", 0, 10},
    {"the same, 1 s later", "r0 " NOW "1/1 " NOW "2/0 " NOW "3/2", "", 1, 9},
    {"two earlier failures", "r0 r1 r2 " NOW "3/2", "", 0, 40},
    {"at least 1 s", "r0 r1 r2 " NOW "3/0", "", 9, 1},
};

START_TEST(index_waits)
{
    Mini *mini = mini_with("completionMode: Indexed, completions: 4, parallelism: 4, backoffLimitPerIndex: 5,");

    add_pods(mini, index_wait_cases[_i].pods);
    mini->now_ns += index_wait_cases[_i].since_s * NS_PER_S;
    sync_job(mini);
    ck_assert_msg(str_is(created_indexes(mini), index_wait_cases[_i].indexes), "%s: %s", index_wait_cases[_i].name,
                  created_indexes(mini));
    ck_assert_msg(mini->enqueued_ns == (index_wait_cases[_i].wait_s > 0 ? index_wait_cases[_i].wait_s * NS_PER_S : -1), "%s: %d",
                  index_wait_cases[_i].name, (int)(mini->enqueued_ns / NS_PER_S));
    mini_end(mini);
}
END_TEST

/* The record outlives the pods: a failed pod that somebody deleted still counts for the next delay. */
START_TEST(backoff_remembers)
{
    Mini *mini = mini_with("completions: 1, parallelism: 1,");
    gint64 wait_s[] = {10, 20, 40};

    for (guint i = 0; i < G_N_ELEMENTS(wait_s); i++) {
        add_pods(mini, "f");
        sync_job(mini);
        ck_assert_uint_eq(count_lines(mini, "create Pod "), 0);
        ck_assert_uint_eq(mini->enqueued->len, 1);
        mini_remove(mini, mini_nth(mini, &pod_kind, 0));
        mini->now_ns += wait_s[i] * NS_PER_S - 1;
        sync_job(mini);
        ck_assert_msg(count_lines(mini, "create Pod ") == 0, "too early after %u failures", i + 1);
        mini->now_ns += 1;
        sync_job(mini);
        ck_assert_msg(count_lines(mini, "create Pod ") == 1, "too late after %u failures", i + 1);
        mini_remove(mini, mini_nth(mini, &pod_kind, 0));
    }
    mini_end(mini);
}
END_TEST

/* --- in words ---------------------------------------------------------------------------------------------------------- */

#define ENDS(type, reason, message) type " " reason ": " message "\n"
#define MET(reason, message)    ENDS("SuccessCriteriaMet", reason, message) ENDS("Complete", reason, message) "event Normal Completed Job completed\n"
#define TARGET(reason, message) ENDS("FailureTarget", reason, message)
#define FAILED(reason, message) TARGET(reason, message) ENDS("Failed", reason, message) "event Warning " reason " " message "\n"
#define DEADLINE                "Job was active longer than specified deadline"

/* job_controller.go: what conditions and events say; those of creations and deletions of pods apart. */
static const struct {
    const char *name, *spec, *status, *pods;
    const char *wanted;
} word_cases[] = {
    {"completions", "completions: 2, parallelism: 2,", NULL, "s s", MET("CompletionsReached", "Reached expected number of succeeded pods")},
    {"no completions", "parallelism: 2,", NULL, "s s", MET("CompletionsReached", "Reached expected number of succeeded pods")},
    {"the deadline, with a pod still there", "completions: 1, activeDeadlineSeconds: 10,", "{startTime: '2020-01-01T00:00:00Z'}", "r",
     TARGET("DeadlineExceeded", DEADLINE)},
    {"the deadline", "completions: 1, activeDeadlineSeconds: 10,", "{startTime: '2020-01-01T00:00:00Z'}", "",
     FAILED("DeadlineExceeded", DEADLINE)},
    {"the limit", "completions: 1, backoffLimit: 0,", NULL, "f", FAILED("BackoffLimitExceeded", "Job has reached the specified backoff limit")},
    {"an index that failed for good", "completions: 2, parallelism: 2, completionMode: Indexed, backoffLimitPerIndex: 0,", NULL, "s0 f1",
     FAILED("FailedIndexes", "Job has failed indexes")},
    {"too many of them", "completions: 3, parallelism: 3, completionMode: Indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 1,", NULL,
     "f0 f1 r2", TARGET("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")},
    {"a rule of the success policy", "completions: 3, parallelism: 3, completionMode: Indexed, successPolicy: {rules: [{succeededIndexes: '2'}, {succeededCount: 1}]},",
     NULL, "s0 r1 r2", ENDS("SuccessCriteriaMet", "SuccessPolicy", "Matched rules at index 1")},
    {"a rule of the failure policy",
     "completions: 1, podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [5]}}]},", NULL, "f!5",
     FAILED("PodFailurePolicy", "Container c for pod default/j-0 failed with exit code 5 matching FailJob rule at index 0")},
    {"suspended", "completions: 1, suspend: true,", NULL, "", ENDS("Suspended", "JobSuspended", "Job suspended") "event Normal Suspended Job suspended\n"},
    {"resumed", "completions: 1,", "{conditions: [{type: Suspended, status: 'True', reason: JobSuspended, message: Job suspended}]}", "r",
     ENDS("Suspended", "JobResumed", "Job resumed") "event Normal Resumed Job resumed\n"},
    {"more than were wanted", "completions: 1, parallelism: 1,", NULL, "s s",
     ENDS("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods")
     ENDS("Complete", "CompletionsReached", "Reached expected number of succeeded pods")
     "event Warning TooManySucceededPods Too many succeeded pods running after completion count reached\nevent Normal Completed Job completed\n"},
};

static void
append_events(GString *out, const Mini *mini)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i], "event ") && strstr(lines[i], "Successful") == NULL)
            g_string_append_printf(out, "%s\n", lines[i]);
}

START_TEST(words)
{
    Mini *mini = mini_new();
    g_autoptr(GString) events = g_string_new(NULL), got = g_string_new(NULL);
    const ConditionList *conditions;

    mini->state = job_controller.new_state();
    add_job(mini, word_cases[_i].spec, word_cases[_i].status);
    add_pods(mini, word_cases[_i].pods);
    for (guint i = 0; i < 2; i++) {
        sync_job(mini);
        append_events(events, mini);
    }
    conditions = &job_status(the_job(mini))->conditions;
    for (guint i = 0; i < conditions->count; i++)
        g_string_append_printf(got, "%s %s: %s\n", conditions->items[i].type, conditions->items[i].reason, conditions->items[i].message);
    g_string_append(got, events->str);
    ck_assert_msg(str_is(got->str, word_cases[_i].wanted), "%s:\n--- got\n%s--- wanted\n%s", word_cases[_i].name, got->str, word_cases[_i].wanted);
    mini_end(mini);
}
END_TEST

Suite *
job_backoff_suite(void)
{
    Suite *suite = suite_create("job-backoff");
    TCase *tests = tcase_create("job-backoff");

    tcase_add_loop_test(tests, backoff, 0, G_N_ELEMENTS(backoff_cases));
    tcase_add_loop_test(tests, record, 0, G_N_ELEMENTS(record_cases));
    tcase_add_loop_test(tests, finish, 0, G_N_ELEMENTS(finish_cases));
    tcase_add_loop_test(tests, remaining, 0, G_N_ELEMENTS(remaining_cases));
    tcase_add_loop_test(tests, index_waits, 0, G_N_ELEMENTS(index_wait_cases));
    tcase_add_test(tests, backoff_remembers);
    tcase_add_loop_test(tests, words, 0, G_N_ELEMENTS(word_cases));
    suite_add_tcase(suite, tests);
    return suite;
}
