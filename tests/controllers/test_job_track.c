/* Job: order of the writes, and pods counted exactly once. */
#include "tests/controllers/jobs.h"
#include "tests/controllers/suites.h"

/* --- order of the writes -------------------------------------------------------------------------------------- */

/* Recorded with a Job whose pods fail: interim condition with the UID, finalizer, final condition with the number. */
START_TEST(failure_in_two_writes)
{
    Mini *mini = mini_with("completions: 1, parallelism: 1, backoffLimit: 0,");

    add_pods(mini, "f");
    sync_job(mini);
    mini_check_log(mini, "failure",
                   "status Job j\npatch Pod j-0\nstatus Job j\n"
                   "event Warning BackoffLimitExceeded Job has reached the specified backoff limit");
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), "BackoffLimitExceeded");
    ck_assert_str_eq(condition_reason(mini, "Failed"), "BackoffLimitExceeded");
    sync_job(mini);
    mini_check_log(mini, "it is over", "");
    mini_end(mini);
}
END_TEST

/* Active pods that are ended by a failure count as failed; Failed comes when the last is gone. */
START_TEST(failure_waits_for_pods)
{
    Mini *mini = mini_with("completions: 3, parallelism: 2, backoffLimit: 0,");

    add_pods(mini, "r f");
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), "BackoffLimitExceeded");
    ck_assert_str_eq(condition_reason(mini, "Failed"), "-");
    ck_assert_int_eq(job_status(the_job(mini))->failed, 2);
    ck_assert_int_eq(job_status(the_job(mini))->terminating.value, 1);
    let_go(mini);
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "Failed"), "BackoffLimitExceeded");
    mini_end(mini);
}
END_TEST

/* A finalizer that could not be taken off: the UID stays uncounted, the sync is tried again and counts once. */
START_TEST(counted_once)
{
    Mini *mini = mini_with("completions: 2, parallelism: 2,");

    add_pods(mini, "s s");
    mini_refuse(mini, (MiniRefusal){STEP_PATCH, &pod_kind, 500, "InternalError", "no", NULL, 0, 1});
    sync_job(mini);
    ck_assert_ptr_nonnull(mini->error);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 1);
    ck_assert_uint_eq(job_status(the_job(mini))->uncounted->succeeded.count, 1);
    ck_assert_ptr_null(job_finished_condition(the_job(mini)));
    sync_job(mini);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 2);
    ck_assert_str_eq(condition_reason(mini, "Complete"), "CompletionsReached");
    mini_end(mini);
}
END_TEST

/*
 * v1.34 job_controller_test.go, TestTrackJobStatusAndRemoveFinalizers and TestGetNewFinishedPods: pods a, b, c ... of a Job with the
 * status given; "released" are UIDs whose finalizers are being removed already. Numbers are those of the last write.
 */
static const struct {
    const char *name, *spec, *status, *pods, *released;
    guint patched;
    gint32 succeeded, failed;
    const char *completed, *conditions;
    gboolean is_deleting;
} track_cases[] = {
    {"track finished pods", "parallelism: 9, completions: 9,", NULL, "s f p r t", "", 3, 1, 2, "", "", FALSE},
    {"past and new finished pods", "parallelism: 9, completions: 9,",
     "{active: 1, succeeded: 2, failed: 3, uncountedTerminatedPods: {succeeded: [a, e], failed: [b, z]}}", "s f s f -s -f p", "", 4, 5, 6, "",
     "", FALSE},
    {"expecting removed finalizers", "parallelism: 9, completions: 20,",
     "{succeeded: 2, failed: 3, uncountedTerminatedPods: {succeeded: [a, g], failed: [b, h]}}", "s f s f s f s f", "cdgh", 4, 5, 6, "", "",
     FALSE},
    {"some counted", "parallelism: 1, completions: 9,", "{succeeded: 2, failed: 1}", "-s s s -f f r", "", 3, 4, 2, "", "", FALSE},
    {"some uncounted", "parallelism: 1, completions: 9,",
     "{succeeded: 1, failed: 1, uncountedTerminatedPods: {succeeded: [a, c], failed: [e, f]}}", "-s -s s s -f f f", "", 4, 4, 4, "", "", FALSE},
    {"with expected removed finalizers", "parallelism: 1, completions: 9,",
     "{succeeded: 2, failed: 2, uncountedTerminatedPods: {succeeded: [a], failed: [d]}}", "-s s s -f f f f", "bf", 3, 4, 5, "", "", FALSE},
    {"deleted pods", "parallelism: 1, completions: 9,", "{succeeded: 1, failed: 1}", "s f t t -t -t", "", 4, 2, 4, "", "", FALSE},
    {"deleted job: a running pod is let go, and does not count", "parallelism: 9, completions: 9,", "{active: 1}", "s f r", "", 3, 1, 1, "",
     "", TRUE},
    {"failing job: the running pod counts as failed", "parallelism: 9, completions: 9, backoffLimit: 0,", NULL, "s f r", "", 3, 1, 2, "",
     "FailureTarget=BackoffLimitExceeded", FALSE},
    {"pod flips from failed to succeeded", "parallelism: 2, completions: 9,", "{uncountedTerminatedPods: {failed: [a, b]}}", "f s", "", 2, 0,
     2, "", "", FALSE},
    {"one that terminates is counted, the end waits", "parallelism: 1, completions: 1,",
     "{uncountedTerminatedPods: {failed: [a]}, conditions: [{type: FailureTarget, status: 'True', reason: Why}]}", "-t", "", 0, 0, 1, "",
     "FailureTarget=Why", FALSE},
    {"one that terminates while the Job has met its criteria", "parallelism: 1, completions: 1,",
     "{uncountedTerminatedPods: {failed: [a], succeeded: [b]}, conditions: [{type: SuccessCriteriaMet, status: 'True', reason: Why}]}", "-t", "",
     0, 1, 1, "", "SuccessCriteriaMet=Why", FALSE},
    {"indexed job new successful pods", "completionMode: Indexed, parallelism: 6, completions: 6,", "{active: 1}", "s1 s3 s3 r5 s", "", 4, 2, 0,
     "1,3", "", FALSE},
    {"indexed job, a success beyond the completions", "completionMode: Indexed, parallelism: 2, completions: 2,",
     "{active: 2, succeeded: 1, completedIndexes: '3'}", "r0 r1", "", 0, 0, 0, "", "", FALSE},
    {"indexed job, the same with a new success", "completionMode: Indexed, parallelism: 2, completions: 2,",
     "{active: 2, succeeded: 1, completedIndexes: '3'}", "r0 s1", "", 1, 1, 0, "1", "", FALSE},
    {"indexed job new failed pods", "completionMode: Indexed, parallelism: 6, completions: 6,", "{active: 1}", "f1 f3 f3 r5 f", "", 4, 0, 3, "",
     "", FALSE},
    {"indexed job past and new pods", "completionMode: Indexed, parallelism: 7, completions: 7,",
     "{succeeded: 5, failed: 2, completedIndexes: '0-2,4,6,7'}", "-s0 -f1 s1 s3 f2 f5", "", 4, 6, 4, "0-4,6", "", FALSE},
    {"limit per index: a failed pod is kept until it is replaced",
     "completionMode: Indexed, parallelism: 6, completions: 6, backoffLimitPerIndex: 1,", NULL, "f1 r0 r2 r3 r4 r5", "", 0, 0, 0, "", "", FALSE},
    {"limit per index: replaced by a running pod", "completionMode: Indexed, parallelism: 6, completions: 6, backoffLimitPerIndex: 1,",
     "{active: 1}", "f1/0 r1/1", "", 1, 0, 1, "", "", FALSE},
    {"limit per index: of a failed index", "completionMode: Indexed, parallelism: 6, completions: 6, backoffLimitPerIndex: 1,", NULL, "f1/1", "",
     1, 0, 1, "", "", FALSE},
};

START_TEST(tracking)
{
    Mini *mini = mini_new();
    const JobStatus *status;

    add_job(mini, track_cases[_i].spec, track_cases[_i].status);
    add_lettered_pods(mini, track_cases[_i].pods);
    for (guint i = 0; track_cases[_i].released[i] != '\0'; i++)
        job_memory_expect_removal(mini->state, str_intern("default/j"), str_internf("%c", track_cases[_i].released[i]));
    if (track_cases[_i].is_deleting) {
        ApiObject *changed = mini_edit(mini, &job_kind, "j");

        api_edit_meta(changed)->deletion_time = MINI_EPOCH;
        mini_put(mini, changed);
    }
    sync_job(mini);
    status = job_status(the_job(mini));
    ck_assert_msg(count_lines(mini, "patch Pod ") == track_cases[_i].patched, "%s:\n%s", track_cases[_i].name, mini->log->str);
    ck_assert_msg(status->succeeded == track_cases[_i].succeeded && status->failed == track_cases[_i].failed, "%s: %d succeeded, %d failed",
                  track_cases[_i].name, status->succeeded, status->failed);
    ck_assert_str_eq(str_is_empty(status->completed_indexes) ? "" : status->completed_indexes, track_cases[_i].completed);
    ck_assert_uint_eq(status->uncounted->succeeded.count + status->uncounted->failed.count, 0);
    ck_assert_msg(str_is(print_conditions(mini), track_cases[_i].conditions), "%s: %s", track_cases[_i].name, print_conditions(mini));
    mini_end(mini);
}
END_TEST

/*
 * The same, "status update error", "pod patch errors" and "pod patch errors with partial success": how many finalizers were tried,
 * and what the status says then.
 */
static const struct {
    const char *name, *status, *pods;
    StepType refused;
    guint patched;
    gint32 succeeded, failed;
    guint uncounted;
} track_error_cases[] = {
    {"status update error", NULL, "s f", STEP_UPDATE_STATUS, 0, 0, 0, 0},
    {"pod patch errors", NULL, "s f", STEP_PATCH, 2, 0, 0, 2},
    {"pod patch errors with partial success", "{uncountedTerminatedPods: {succeeded: [a], failed: [z]}}", "-s s f", STEP_PATCH, 2, 1, 1, 2},
};

START_TEST(tracking_errors)
{
    Mini *mini = mini_new();
    const JobStatus *status;

    add_job(mini, "parallelism: 0, completions: 9,", track_error_cases[_i].status);
    add_lettered_pods(mini, track_error_cases[_i].pods);
    mini_refuse(mini, (MiniRefusal){track_error_cases[_i].refused,
                                    track_error_cases[_i].refused == STEP_PATCH ? &pod_kind : &job_kind, 500, "InternalError", "mock error",
                                    NULL, 0, 100});
    sync_job(mini);
    status = job_status(the_job(mini));
    ck_assert_ptr_nonnull(mini->error);
    ck_assert_msg(count_lines(mini, "patch Pod ") == track_error_cases[_i].patched, "%s:\n%s", track_error_cases[_i].name, mini->log->str);
    ck_assert_msg(status->succeeded == track_error_cases[_i].succeeded && status->failed == track_error_cases[_i].failed, "%s: %d, %d",
                  track_error_cases[_i].name, status->succeeded, status->failed);
    ck_assert_uint_eq(status->uncounted == NULL ? 0 : status->uncounted->succeeded.count + status->uncounted->failed.count,
                      track_error_cases[_i].uncounted);
    mini_end(mini);
}
END_TEST

/* The same, "too many finished": 500 UIDs at once, and one of an earlier sync is among them. */
START_TEST(too_many_finished)
{
    Mini *mini = mini_with("completions: 600, parallelism: 1,");
    ApiObject *changed;
    JobStatus *status;

    for (guint i = 0; i < 500; i++)
        add_pod(mini, "s");
    changed = mini_edit(mini, &job_kind, "j");
    status = api_edit_status(changed);
    status->uncounted = api_struct_new(&uncounted_pods_type);
    str_list_add(&status->uncounted->failed, str_intern("a"));
    str_list_add(&status->uncounted->failed, str_intern("b"));
    mini_put(mini, changed);
    changed = mini_edit(mini, &pod_kind, api_name(add_pod(mini, "f")));
    api_edit_meta(changed)->uid = str_intern("b");
    mini_put(mini, changed);
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "patch Pod "), 499);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 499);
    ck_assert_int_eq(job_status(the_job(mini))->failed, 1);
    ck_assert_uint_eq(job_status(the_job(mini))->uncounted->failed.count, 1);
    mini_end(mini);
}
END_TEST

/* The cache may show a finalizer's end before the sync goes on: it counts as gone all the same, in this sync. */
static void
observe_at_once(Mini *mini, const PlanStep *step)
{
    const ApiObject *pod = step->type != STEP_PATCH ? NULL : mini_get(mini, &pod_kind, step->namespace_, step->name);

    if (pod != NULL)
        job_memory_observe_removal(mini->state, str_intern("default/j"), api_uid(pod));
}

START_TEST(quick_cache)
{
    Mini *mini = mini_with("completions: 2, parallelism: 2,");

    add_pods(mini, "s s");
    mini->after_step = observe_at_once;
    sync_job(mini);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 2);
    ck_assert_str_eq(condition_reason(mini, "Complete"), "CompletionsReached");
    mini_end(mini);
}
END_TEST

/* The other way round: until the cache shows it, a pod that was counted is not counted again. */
START_TEST(slow_cache)
{
    Mini *mini = mini_with("completions: 5, parallelism: 2,");
    ApiObject *stale;

    add_pods(mini, "s r");
    stale = mini_edit(mini, &pod_kind, "j-0");
    sync_job(mini);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 1);
    mini_put(mini, stale);
    sync_job(mini);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 1);
    ck_assert_uint_eq(count_lines(mini, "patch Pod "), 0);
    mini_end(mini);
}
END_TEST

Suite *
job_track_suite(void)
{
    Suite *suite = suite_create("job-track");
    TCase *tests = tcase_create("job-track");

    tcase_add_test(tests, failure_in_two_writes);
    tcase_add_test(tests, failure_waits_for_pods);
    tcase_add_test(tests, counted_once);
    tcase_add_loop_test(tests, tracking, 0, G_N_ELEMENTS(track_cases));
    tcase_add_loop_test(tests, tracking_errors, 0, G_N_ELEMENTS(track_error_cases));
    tcase_add_test(tests, too_many_finished);
    tcase_add_test(tests, quick_cache);
    tcase_add_test(tests, slow_cache);
    suite_add_tcase(suite, tests);
    return suite;
}
