/* Job: syncs by table, time, suspension, whose pods. */
#include "client/expectations.h"
#include "tests/controllers/jobs.h"
#include "tests/controllers/suites.h"

/* --- one sync ----------------------------------------------------------------------------------------------- */

/*
 * v1.34 pkg/controller/job/job_controller_test.go, TestControllerSyncJob; also TestJobBackoffOnRestartPolicyNever. The gates
 * are those of v1.34: terminating pods are counted, and the end is announced before it comes.
 */
static const struct {
    const char *name, *spec, *pods;
    guint created, deleted, patched;
    gint32 active, ready, terminating, succeeded, failed;
    const char *completed, *indexes; /* succeeded; of the pods that were made */
    const char *conditions;
} sync_cases[] = {
    {"job start", "parallelism: 2, completions: 5,", "", 2, 0, 0, 2, 0, 0, 0, 0, "", "", ""},
    {"WQ job start", "parallelism: 2,", "", 2, 0, 0, 2, 0, 0, 0, 0, "", "", ""},
    {"pending pods", "parallelism: 2, completions: 5,", "p p", 0, 0, 0, 2, 0, 0, 0, 0, "", "", ""},
    {"correct # of pods", "parallelism: 3, completions: 5,", "r R R", 0, 0, 0, 3, 2, 0, 0, 0, "", "", ""},
    {"WQ job: correct # of pods", "parallelism: 2,", "r r", 0, 0, 0, 2, 0, 0, 0, 0, "", "", ""},
    {"too few active pods", "parallelism: 2, completions: 5,", "r s", 1, 0, 1, 2, 0, 0, 1, 0, "", "", ""},
    {"WQ job: recreate pods when failed", "podReplacementPolicy: Failed, parallelism: 1,", "r F t", 0, 0, 1, 1, 0, 1, 0, 1, "",
     "", ""},
    {"WQ job: PodReplacementPolicy not set", "parallelism: 1, completions: 1,", "r F t", 0, 0, 2, 1, 0, 1, 0, 2, "", "", ""},
    {"WQ job: recreate pods when terminating or failed", "podReplacementPolicy: TerminatingOrFailed, parallelism: 1,", "r F t", 0,
     0, 2, 1, 0, 1, 0, 2, "", "", ""},
    {"more terminating pods than parallelism", "podReplacementPolicy: Failed, parallelism: 1, completions: 1,", "r r t t t t", 0, 1,
     1, 1, 0, 5, 0, 0, "", "", ""},
    {"more terminating pods than parallelism; PodFailurePolicy used",
     "podFailurePolicy: {rules: []}, parallelism: 1, completions: 1,", "r r t t t t", 0, 1, 1, 1, 0, 5, 0, 0, "", "", ""},
    {"too few active pods and no back-offs", "parallelism: 1, completions: 1,", "", 1, 0, 0, 1, 0, 0, 0, 0, "", "", ""},
    {"too few active pods with a dynamic job", "parallelism: 2,", "r", 1, 0, 0, 2, 0, 0, 0, 0, "", "", ""},
    {"too many active pods", "parallelism: 2, completions: 5,", "r r r", 0, 1, 1, 2, 0, 1, 0, 0, "", "", ""},
    {"count ready pods when too many active pods", "parallelism: 2, completions: 5,", "R R R", 0, 1, 1, 2, 2, 1, 0, 0, "", "", ""},
    {"failed + succeed pods: reset backoff delay", "parallelism: 2, completions: 5,", "r s f", 1, 0, 2, 2, 0, 0, 1, 1, "", "", ""},
    {"new failed pod", "parallelism: 2, completions: 5,", "r F", 1, 0, 1, 2, 0, 0, 0, 1, "", "", ""},
    {"one that failed just now: the back-off holds, and the status says 0", "parallelism: 2, completions: 5,", "r f", 0, 0, 1, 0, 0,
     0, 0, 1, "", "", ""},
    {"job finish", "parallelism: 2, completions: 5,", "s s s s s", 0, 0, 5, 0, 0, 0, 5, 0, "", "",
     "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"},
    {"WQ job finishing", "parallelism: 2,", "r s", 0, 0, 1, 1, 0, 0, 1, 0, "", "", ""},
    {"WQ job all finished", "parallelism: 2,", "s s", 0, 0, 2, 0, 0, 0, 2, 0, "", "",
     "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"},
    {"WQ job all finished despite one failure", "parallelism: 2,", "s f", 0, 0, 2, 0, 0, 0, 1, 1, "", "",
     "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"},
    {"more active pods than parallelism", "parallelism: 2, completions: 5,", "r r r r r r r r r r", 0, 8, 8, 2, 0, 8, 0, 0, "", "",
     ""},
    {"more active pods than remaining completions", "parallelism: 3, completions: 4,", "r r r s s", 0, 1, 3, 2, 0, 1, 2, 0, "", "",
     ""},
    {"status change", "parallelism: 2, completions: 5,", "r r s s", 0, 0, 2, 2, 0, 0, 2, 0, "", "", ""},
    {"too many job failures", "parallelism: 2, completions: 5, backoffLimit: 0,", "F", 0, 0, 1, 0, 0, 0, 0, 1, "", "",
     "FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded"},
    {"count ready pods when job fails", "parallelism: 2, completions: 3, backoffLimit: 0,", "R R F", 0, 2, 3, 0, 0, 2, 0, 3, "", "",
     "FailureTarget=BackoffLimitExceeded"},
    {"nothing to do", "parallelism: 2, completions: 0,", "", 0, 0, 0, 0, 0, 0, 0, 0, "", "",
     "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"},
    {"parallelism zero", "parallelism: 0, completions: 5,", "r r", 0, 2, 2, 0, 0, 2, 0, 0, "", "", ""},
    {"a terminating pod counts as failed, and is replaced after the back-off", "parallelism: 1, completions: 2,", "t", 0, 0, 1, 0,
     0, 1, 0, 1, "", "", ""},
    {"one that terminates is waited for", "podReplacementPolicy: Failed, parallelism: 1, completions: 2,", "t", 0, 0, 0, 0, 0, 1, 0,
     0, "", "", ""},
    {"suspending a job", "suspend: true, parallelism: 2, completions: 4,", "r r", 0, 2, 2, 0, 0, 2, 0, 0, "", "",
     "Suspended=JobSuspended"},
    {"count ready pods when suspending a job", "suspend: true, parallelism: 2, completions: 4,", "R R", 0, 2, 2, 0, 0, 2, 0, 0, "",
     "", "Suspended=JobSuspended"},

    {"indexed job start", "completionMode: Indexed, parallelism: 2, completions: 5,", "", 2, 0, 0, 2, 0, 0, 0, 0, "", "0,1", ""},
    {"indexed job with some pods deleted, podReplacementPolicy Failed",
     "completionMode: Indexed, podReplacementPolicy: Failed, parallelism: 2, completions: 5,", "t", 1, 0, 0, 1, 0, 1, 0, 0, "", "0",
     ""},
    {"indexed job with some pods deleted, podReplacementPolicy TerminatingOrFailed",
     "completionMode: Indexed, parallelism: 2, completions: 5,", "t", 2, 0, 1, 2, 0, 1, 0, 0, "", "0,1", ""},
    {"indexed job completed", "completionMode: Indexed, parallelism: 2, completions: 3,", "s0 f1 s1 s2", 0, 0, 4, 0, 0, 0, 3, 1,
     "0-2", "", "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"},
    {"indexed job failed", "completionMode: Indexed, parallelism: 2, completions: 3, backoffLimit: 0,", "s0 f1 r2", 0, 1, 3, 0, 0, 1,
     1, 2, "0", "", "FailureTarget=BackoffLimitExceeded"},
    {"indexed job repeated completed index", "completionMode: Indexed, parallelism: 2, completions: 3,", "s0 s1 s1", 1, 0, 3, 1, 0,
     0, 2, 0, "0,1", "2", ""},
    {"indexed job some running and completed pods", "completionMode: Indexed, parallelism: 8, completions: 20,",
     "r0 s2 p3 s4 s5 s7 s8 s9", 6, 0, 6, 8, 0, 0, 6, 0, "2,4,5,7-9", "1,6,10,11,12,13", ""},
    {"indexed job some failed pods", "completionMode: Indexed, parallelism: 3, completions: 4,", "F0 p1 F2", 2, 0, 2, 3, 0, 0, 0, 2,
     "", "0,2", ""},
    {"indexed job some pods without index", "completionMode: Indexed, parallelism: 2, completions: 5,",
     "r s F rinvali sinvali Finvali pinvali s0 r1 r2", 0, 3, 8, 2, 0, 3, 1, 0, "0", "", ""},
    {"indexed job repeated indexes", "completionMode: Indexed, parallelism: 5, completions: 5,", "s F rinvali s0 r1 r2 p2", 0, 2, 5,
     2, 0, 2, 1, 0, "0", "", ""},
    {"indexed job with indexes outside of range", "completionMode: Indexed, parallelism: 2, completions: 5,", "s0 r5 s6 p7 F8", 0, 2,
     5, 0, 0, 2, 1, 0, "0", "", ""},

    {"not enough failures with backoffLimit 0", "parallelism: 1, completions: 1, backoffLimit: 0,", "r", 0, 0, 0, 1, 0, 0, 0, 0, "",
     "", ""},
    {"not enough failures with backoffLimit 1", "parallelism: 1, completions: 1, backoffLimit: 1,", "F", 1, 0, 1, 1, 0, 0, 0, 1, "",
     "", ""},
    {"too many failures with backoffLimit 1", "parallelism: 1, completions: 1, backoffLimit: 1,", "F F", 0, 0, 2, 0, 0, 0, 0, 2, "",
     "", "FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded"},
    {"not enough failures with backoffLimit 6", "parallelism: 2, completions: 2, backoffLimit: 6,", "r F F F F F F", 1, 0, 6, 2, 0,
     0, 0, 6, "", "", ""},
    {"too many failures with backoffLimit 6", "parallelism: 2, completions: 2, backoffLimit: 6,", "F F F F F F F", 0, 0, 7, 0, 0, 0,
     0, 7, "", "", "FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded"},
};

static void
check_status(Mini *mini,
             const char *name,
             gint32 active,
             gint32 ready,
             gint32 terminating,
             gint32 succeeded,
             gint32 failed)
{
    const JobStatus *status = job_status(the_job(mini));

    ck_assert_msg(status->active == active && status->ready.value == ready && status->terminating.value == terminating &&
                      status->succeeded == succeeded && status->failed == failed,
                  "%s: %d active, %d ready, %d terminating, %d succeeded, %d failed:\n%s", name, status->active,
                  status->ready.value, status->terminating.value, status->succeeded, status->failed, mini->log->str);
}

static void
check_steps(Mini *mini, const char *name, guint created, guint deleted, guint patched)
{
    ck_assert_msg(count_lines(mini, "create Pod ") == created && count_lines(mini, "delete Pod ") == deleted &&
                      count_lines(mini, "patch Pod ") == patched,
                  "%s: created %u, deleted %u, patched %u:\n%s", name, count_lines(mini, "create Pod "),
                  count_lines(mini, "delete Pod "), count_lines(mini, "patch Pod "), mini->log->str);
}

START_TEST(one_sync)
{
    const char *name = sync_cases[_i].name;
    Mini *mini = mini_with(sync_cases[_i].spec);
    const JobStatus *status;

    add_pods(mini, sync_cases[_i].pods);
    sync_job(mini);
    check_steps(mini, name, sync_cases[_i].created, sync_cases[_i].deleted, sync_cases[_i].patched);
    check_status(mini, name, sync_cases[_i].active, sync_cases[_i].ready, sync_cases[_i].terminating, sync_cases[_i].succeeded,
                 sync_cases[_i].failed);
    ck_assert_msg(str_is(print_conditions(mini), sync_cases[_i].conditions), "%s: %s", name, print_conditions(mini));
    ck_assert_msg(*sync_cases[_i].indexes == '\0' || str_is(created_indexes(mini), sync_cases[_i].indexes), "%s: %s", name,
                  created_indexes(mini));
    status = job_status(the_job(mini));
    ck_assert_msg(str_is(status->completed_indexes == NULL ? "" : status->completed_indexes, sync_cases[_i].completed), "%s: %s",
                  name, status->completed_indexes);
    ck_assert_int_eq(status->uncounted->succeeded.count + status->uncounted->failed.count, 0);
    ck_assert_msg((status->start_time == 0) == (job_spec(the_job(mini))->suspend == OPT_TRUE), "%s: startTime", name);
    mini_end(mini);
}
END_TEST

/* --- a Job that was there before ---------------------------------------------------------------------------------- */

#define LIMIT "BackoffLimitExceeded"
#define TIME "DeadlineExceeded"
#define ENDED(reason) "FailureTarget=" reason " Failed=" reason
#define STARTED "startTime: '2027-01-15T08:00:00Z'"

/*
 * v1.34 job_controller_test.go: the rows of TestControllerSyncJob with a status, unmet expectations or a deletion; then
 * TestSyncJobPastDeadline, TestSingleJobFailedCondition, TestSyncJobComplete, TestSyncJobWhenManagedBy. The Job started 1000 s
 * ago, or at the time that the row says.
 */
static const struct {
    const char *name, *spec, *status, *pods;
    int started_s; /* so long ago; 0: as in the status */
    guint created, deleted, patched;
    gint32 active, ready, terminating, succeeded, failed;
    const char *conditions;
    gboolean is_deleting, is_expecting;
} state_cases[] = {
    {"no new pod; possible finalizer update of failed pod", "parallelism: 1, completions: 1,", "{active: 1, failed: 1}", "r", 0, 0, 0,
     0, 1, 0, 0, 0, 1, "", FALSE, FALSE},
    {"FailureTarget=False is passed over", "parallelism: 1, completions: 1,",
     "{active: 1, conditions: [{type: FailureTarget, status: 'False', reason: ByHand}]}", "R", 0, 0, 0, 0, 1, 1, 0, 0, 0,
     "FailureTarget!ByHand", FALSE, FALSE},
    {"SuccessCriteriaMet=False is passed over", "parallelism: 1, completions: 1,",
     "{active: 1, conditions: [{type: SuccessCriteriaMet, status: 'False', reason: ByHand}]}", "R", 0, 0, 0, 0, 1, 1, 0, 0, 0,
     "SuccessCriteriaMet!ByHand", FALSE, FALSE},
    {"Failed=False becomes True, and stands there once", "parallelism: 1, completions: 1, activeDeadlineSeconds: 10,",
     "{conditions: [{type: Failed, status: 'False', reason: " TIME "}]}", "", 15, 0, 0, 0, 0, 0, 0, 0, 0,
     "Failed=" TIME " FailureTarget=" TIME, FALSE, FALSE},
    {"a Job that is complete", "parallelism: 1, completions: 1,", "{conditions: [{type: Complete, status: 'True', reason: Done}]}", "", 0, 0, 0, 0, 0,
     0, 0, 0, 0, "Complete=Done", FALSE, FALSE},
    {"deleting job", "parallelism: 2, completions: 5,", "{" STARTED "}", "p r s", 0, 0, 0, 3, 2, 0, 0, 1, 0, "", TRUE, FALSE},
    {"too many job failures of a deleted Job", "parallelism: 2, completions: 5, backoffLimit: 0,", "{" STARTED "}", "F", 0, 0, 0, 1, 0, 0,
     0, 0, 1, ENDED(LIMIT), TRUE, FALSE},
    {"job failures, unsatisfied expectations", "parallelism: 2, completions: 5, backoffLimit: 0,", "{" STARTED "}", "F", 0, 0, 0, 1, 0,
     0, 0, 0, 1, "", TRUE, TRUE},
    {"suspending a deleted job", "suspend: true, parallelism: 2, completions: 4,", "{}", "r r", 0, 0, 0, 2, 2, 0, 0, 0, 0, "", TRUE,
     FALSE},
    {"suspending a job with unsatisfied expectations", "suspend: true, parallelism: 2, completions: 4,", "{}", "r r r", 0, 0, 0, 0, 3,
     0, 0, 0, 0, "", FALSE, TRUE},
    {"count ready pods when suspending with unsatisfied expectations", "suspend: true, parallelism: 2, completions: 4,", "{}", "R R R", 0,
     0, 0, 0, 3, 3, 0, 0, 0, "", FALSE, TRUE},
    {"resuming a suspended job", "parallelism: 2, completions: 4,", "{conditions: [{type: Suspended, status: 'True', reason: JobSuspended,"
     " message: Job suspended}]}", "", 0, 2, 0, 0, 2, 0, 0, 0, 0, "Suspended!JobResumed", FALSE, FALSE},
    {"managed by somebody else", "managedBy: example.com/custom, parallelism: 2, completions: 2,", "{active: 1, ready: 1}", "", 0, 0, 0,
     0, 1, 1, 0, 0, 0, "", FALSE, FALSE},
    {"managed by name", "managedBy: kubernetes.io/job-controller, parallelism: 2, completions: 2,", "{active: 1, ready: 1}", "", 0, 2, 0,
     0, 2, 0, 0, 0, 0, "", FALSE, FALSE},

    {"deadline less than single pod execution", "parallelism: 1, completions: 1, activeDeadlineSeconds: 10,", "{}", "r", 15, 0, 1, 1, 0,
     0, 1, 0, 1, "FailureTarget=" TIME, FALSE, FALSE},
    {"deadline bigger than single pod execution", "parallelism: 1, completions: 2, activeDeadlineSeconds: 10,", "{}", "r s", 15, 0, 1,
     2, 0, 0, 1, 1, 1, "FailureTarget=" TIME, FALSE, FALSE},
    {"deadline before any pod starts", "parallelism: 1, completions: 1, activeDeadlineSeconds: 10,", "{}", "", 10, 0, 0, 0, 0, 0, 0, 0, 0,
     ENDED(TIME), FALSE, FALSE},
    {"deadline with backofflimit reach", "parallelism: 1, completions: 1, backoffLimit: 0, activeDeadlineSeconds: 1,", "{}", "F", 10, 0, 0,
     1, 0, 0, 0, 0, 1, ENDED(LIMIT), FALSE, FALSE},
    {"deadline is not triggered when Job is suspended", "suspend: true, parallelism: 1, completions: 2, activeDeadlineSeconds: 10,", "{}",
     "", 15, 0, 0, 0, 0, 0, 0, 0, 0, "Suspended=JobSuspended", FALSE, FALSE},
};

static Mini *
mini_with_status(const char *spec, const char *status, int started_s)
{
    Mini *mini = mini_new();

    add_job(mini, spec, status);
    if (started_s > 0) {
        ApiObject *changed = mini_edit(mini, &job_kind, "j");

        ((JobStatus *)api_edit_status(changed))->start_time = api_time_seconds(mini_wall_ns(mini) - started_s * NS_PER_S);
        mini_put(mini, changed);
    }
    return mini;
}

START_TEST(sync_of_old)
{
    const char *name = state_cases[_i].name;
    Mini *mini = mini_with_status(state_cases[_i].spec, state_cases[_i].status, state_cases[_i].started_s);
    Expectations *expectations = expectations_new();

    if (state_cases[_i].is_deleting) {
        ApiObject *changed = mini_edit(mini, &job_kind, "j");

        api_edit_meta(changed)->deletion_time = mini_wall_ns(mini);
        mini_put(mini, changed);
    }
    expectations_set(expectations, str_intern("default/j"), state_cases[_i].is_expecting ? 1 : 0, NULL, mini->now_ns);
    mini->expectations = expectations;
    add_pods(mini, state_cases[_i].pods);
    sync_job(mini);
    check_steps(mini, name, state_cases[_i].created, state_cases[_i].deleted, state_cases[_i].patched);
    check_status(mini, name, state_cases[_i].active, state_cases[_i].ready, state_cases[_i].terminating, state_cases[_i].succeeded,
                 state_cases[_i].failed);
    ck_assert_msg(str_is(print_conditions(mini), state_cases[_i].conditions), "%s: %s", name, print_conditions(mini));
    expectations_free(expectations);
    mini_end(mini);
}
END_TEST

/* TestControllerSyncJob, "too few active pods and active back-off": what is remembered of failures, not what is there. */
START_TEST(remembered_failure)
{
    static const struct {
        gint32 failures;
        guint created;
    } cases[] = {{1, 0}, {0, 1}};
    Mini *mini = mini_with("parallelism: 1, completions: 1,");

    job_memory_set_backoff(mini->state, str_intern("default/j"), (BackoffRecord){cases[_i].failures, mini_wall_ns(mini)});
    sync_job(mini);
    check_steps(mini, "back-off", cases[_i].created, 0, 0);
    ck_assert_int_eq(mini->enqueued_ns, cases[_i].failures > 0 ? 10 * NS_PER_S : -1);
    mini_end(mini);
}
END_TEST

/* TestControllerSyncJob, the rows "with controller error" and "limited pods": every write of a pod is refused, or all but ten. */
static const struct {
    const char *name, *spec, *pods;
    StepType refused;
    guint skip;
    gint32 active, succeeded, failed;
    guint uncounted;
} error_cases[] = {
    {"too few active pods", "parallelism: 2, completions: 5,", "r s", STEP_CREATE, 0, 1, 1, 0, 0},
    {"too few active pods, finalizers stay", "parallelism: 1, completions: 5,", "r s", STEP_PATCH, 0, 1, 0, 0, 1},
    {"too many active pods", "parallelism: 2, completions: 5,", "r r r", STEP_DELETE, 0, 3, 0, 0, 0},
    {"only new failed pod", "parallelism: 1, completions: 5,", "r F", STEP_PATCH, 0, 1, 0, 0, 1},
    {"limited pods", "parallelism: 100, completions: 200,", "", STEP_CREATE, 10, 10, 0, 0, 0},
};

START_TEST(sync_with_errors)
{
    Mini *mini = mini_with(error_cases[_i].spec);
    const JobStatus *status;

    add_pods(mini, error_cases[_i].pods);
    mini_refuse(mini, (MiniRefusal){error_cases[_i].refused, &pod_kind, 500, "InternalError", "fake error", NULL, error_cases[_i].skip,
                                    1000});
    sync_job(mini);
    status = job_status(the_job(mini));
    ck_assert_msg(mini->error != NULL, "%s: no error", error_cases[_i].name);
    check_status(mini, error_cases[_i].name, error_cases[_i].active, 0, 0, error_cases[_i].succeeded, error_cases[_i].failed);
    ck_assert_uint_eq(status->uncounted->succeeded.count + status->uncounted->failed.count, error_cases[_i].uncounted);
    mini_end(mini);
}
END_TEST

/* --- containers that start again ----------------------------------------------------------------------------------- */

/* v1.34 job_controller_test.go, TestJobBackoffForOnFailure: restarts of each pod; then what the Job is. */
static const struct {
    const char *name, *spec, *restarts;
    char phase;
    gint32 active, succeeded, failed, terminating;
    const char *conditions;
} restart_cases[] = {
    {"limit 0, no restart", "completions: 1, parallelism: 1, backoffLimit: 0,", "0", 'r', 1, 0, 0, 0, ""},
    {"limit 1, no restart", "completions: 1, parallelism: 1, backoffLimit: 1,", "0", 'r', 1, 0, 0, 0, ""},
    {"limit 1, one restart, running", "completions: 1, parallelism: 1, backoffLimit: 1,", "1", 'r', 0, 0, 1, 1, "FailureTarget=" LIMIT},
    {"limit 1, one restart, pending", "completions: 1, parallelism: 1, backoffLimit: 1,", "1", 'p', 0, 0, 1, 1, "FailureTarget=" LIMIT},
    {"limit 0, one restart", "completions: 1, parallelism: 1, backoffLimit: 0,", "1", 'r', 0, 0, 1, 1, "FailureTarget=" LIMIT},
    {"single pod, running", "completions: 5, parallelism: 1, backoffLimit: 2,", "2", 'r', 0, 0, 1, 1, "FailureTarget=" LIMIT},
    {"single pod, pending", "completions: 5, parallelism: 1, backoffLimit: 2,", "2", 'p', 0, 0, 1, 1, "FailureTarget=" LIMIT},
    {"multiple pods, running", "completions: 5, parallelism: 2, backoffLimit: 2,", "11", 'r', 0, 0, 2, 2, "FailureTarget=" LIMIT},
    {"multiple pods, pending", "completions: 5, parallelism: 2, backoffLimit: 2,", "11", 'p', 0, 0, 2, 2, "FailureTarget=" LIMIT},
    {"not enough failures", "completions: 5, parallelism: 2, backoffLimit: 3,", "11", 'r', 2, 0, 0, 0, ""},
    {"suspending a job", "completions: 4, parallelism: 2, suspend: true,", "11", 'r', 0, 0, 0, 2, "Suspended=JobSuspended"},
    {"finished job", "completions: 4, parallelism: 2, suspend: true,", "1120", 's', 0, 4, 0, 0,
     "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"},
};

START_TEST(restarts)
{
    Mini *mini = mini_with(restart_cases[_i].spec);
    ApiObject *job = mini_edit(mini, &job_kind, "j");

    ((JobSpec *)api_edit_spec(job))->template_.spec.restart_policy = str_intern("OnFailure");
    mini_put(mini, job);
    for (guint i = 0; restart_cases[_i].restarts[i] != '\0'; i++) {
        ApiObject *pod = mini_edit(mini, &pod_kind, api_name(add_pod(mini, str_internf("%c", restart_cases[_i].phase))));
        PodStatus *status = api_edit_status(pod);
        ContainerStatus *container =
            status->container_statuses.count > 0 ? &status->container_statuses.items[0] : API_LIST_ADD(&status->container_statuses);

        container->restart_count = restart_cases[_i].restarts[i] - '0';
        mini_put(mini, pod);
    }
    sync_job(mini);
    check_status(mini, restart_cases[_i].name, restart_cases[_i].active, 0, restart_cases[_i].terminating, restart_cases[_i].succeeded,
                 restart_cases[_i].failed);
    ck_assert_msg(str_is(print_conditions(mini), restart_cases[_i].conditions), "%s: %s", restart_cases[_i].name, print_conditions(mini));
    mini_end(mini);
}
END_TEST

/* v1.30 job_controller.go, enactJobFinished: at once; from v1.31 (delayTerminalCondition) when nothing of it runs any more. */
START_TEST(end_with_terminating_pods)
{
    Mini *mini = mini_with("completions: 2, parallelism: 2, backoffLimit: 0,");

    mini->version_minor = (guint)_i;
    add_pods(mini, "f r");
    sync_job(mini);
    ck_assert_str_eq(print_conditions(mini), _i == 30 ? "Failed=" LIMIT : "FailureTarget=" LIMIT);
    mini_end(mini);
}
END_TEST

/* v1.30 job_controller.go, syncJob: Complete without a reason; from v1.31 newSuccessCondition gives one, in both conditions. */
START_TEST(reason_of_success)
{
    Mini *mini = mini_with("completions: 1, parallelism: 1,");
    const Condition *complete;

    mini->version_minor = (guint)_i;
    add_pod(mini, "s");
    sync_job(mini);
    complete = condition_find(&job_status(the_job(mini))->conditions, "Complete");
    ck_assert_ptr_nonnull(complete);
    ck_assert(_i == 30 ? complete->reason == NULL && complete->message == NULL : str_is(complete->reason, "CompletionsReached"));
    ck_assert((condition_find(&job_status(the_job(mini))->conditions, "SuccessCriteriaMet") == NULL) == (_i == 30));
    mini_end(mini);
}
END_TEST

/* manageJob: no more than 500 pods go in a sync, unless the Job is suspended. */
START_TEST(many_victims)
{
    Mini *mini = mini_with(_i == 0 ? "completions: 600, parallelism: 1," : "completions: 600, parallelism: 600, suspend: true,");

    for (guint i = 0; i < 600; i++)
        add_pod(mini, "r");
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "delete Pod"), _i == 0 ? 500 : 600);
    mini_end(mini);
}
END_TEST

/* v1.34 job_controller_test.go, TestEnsureJobConditions, by way of the condition Suspended. */
static const struct {
    const char *name, *had;
    gboolean is_suspended, is_told;
    const char *has;
} ensure_cases[] = {
    {"append true condition", "[]", TRUE, TRUE, "Suspended=JobSuspended"},
    {"append false condition", "[]", FALSE, FALSE, ""},
    {"update true condition reason", "[{type: Suspended, status: 'True', reason: foo, message: Job suspended}]", TRUE, TRUE,
     "Suspended=JobSuspended"},
    {"update true condition status", "[{type: Suspended, status: 'True', reason: JobSuspended, message: Job suspended}]", FALSE, TRUE,
     "Suspended!JobResumed"},
    {"update false condition status", "[{type: Suspended, status: 'False', reason: JobResumed, message: Job resumed}]", TRUE, TRUE,
     "Suspended=JobSuspended"},
    {"condition already exists", "[{type: Suspended, status: 'True', reason: JobSuspended, message: Job suspended}]", TRUE, FALSE,
     "Suspended=JobSuspended"},
};

START_TEST(ensured_condition)
{
    g_autofree char *status = g_strdup_printf("{" STARTED ", active: 1, conditions: %s}", ensure_cases[_i].had);
    Mini *mini = mini_new();

    add_job(mini, ensure_cases[_i].is_suspended ? "suspend: true," : "", status);
    sync_job(mini);
    ck_assert_msg(str_is(print_conditions(mini), ensure_cases[_i].has), "%s: %s", ensure_cases[_i].name, print_conditions(mini));
    ck_assert_msg((count_lines(mini, "event Normal Suspended") + count_lines(mini, "event Normal Resumed") > 0) == ensure_cases[_i].is_told,
                  "%s:\n%s", ensure_cases[_i].name, mini->log->str);
    mini_end(mini);
}
END_TEST

/* What a pod of an Indexed Job is given; job_controller.go, manageJob. */
START_TEST(indexed_pod)
{
    Mini *mini = mini_with("completionMode: Indexed, parallelism: 2, completions: 5,");
    const ApiObject *pod;
    const EnvVar *variable;

    sync_job(mini);
    pod = pod_of_index(mini, "1");
    ck_assert_str_eq(pod_spec(pod)->hostname, "j-1");
    ck_assert(g_str_has_prefix(api_name(pod), "j-1-"));
    ck_assert_str_eq(str_map_get(&pod->meta->labels, str_intern(JOB_INDEX)), "1");
    ck_assert_uint_eq(pod_spec(pod)->containers.items[0].env.count, 1);
    variable = &pod_spec(pod)->containers.items[0].env.items[0];
    ck_assert_str_eq(variable->name, "JOB_COMPLETION_INDEX");
    ck_assert_str_eq(variable->value_from->field_ref->field_path,
                     "metadata.labels['batch.kubernetes.io/job-completion-index']");
    ck_assert(job_pod_has_finalizer(pod));
    mini_end(mini);
}
END_TEST

/* --- time ------------------------------------------------------------------------------------------------------------------ */

/* v1.34 job_controller_test.go, TestSyncPastDeadlineJobFinished: from the stored second of the start. */
START_TEST(deadline)
{
    Mini *mini = mini_with("activeDeadlineSeconds: 30, completions: 2, parallelism: 2,");

    sync_job(mini);
    ck_assert_uint_eq(mini->enqueued->len, 1);
    mini->now_ns += 29 * NS_PER_S;
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), "-");
    mini->now_ns += NS_PER_S;
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), "DeadlineExceeded");
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 2);
    mini_end(mini);
}
END_TEST

static void
set_suspend(Mini *mini, OptBool suspend)
{
    ApiObject *changed = mini_edit(mini, &job_kind, "j");

    ((JobSpec *)api_edit_spec(changed))->suspend = suspend;
    mini_put(mini, changed);
}

/* v1.34 job_controller_test.go, "suspending a job" and "resuming a suspended job". */
START_TEST(suspension)
{
    Mini *mini = mini_with("completions: 2, parallelism: 2, activeDeadlineSeconds: 30,");

    sync_job(mini);
    set_suspend(mini, OPT_TRUE);
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 2);
    ck_assert_uint_eq(count_lines(mini, "event Normal Suspended Job suspended"), 1);
    ck_assert_str_eq(condition_reason(mini, "Suspended"), "JobSuspended");
    ck_assert_int_eq(job_status(the_job(mini))->active, 0);
    let_go(mini);
    mini->now_ns += 60 * NS_PER_S;
    sync_job(mini);
    ck_assert_int_eq(job_status(the_job(mini))->failed, 0);
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), "-");
    set_suspend(mini, OPT_FALSE);
    ((JobStatus *)the_job(mini)->status)->start_time = 0; /* as it was before it ever ran */
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), 2);
    ck_assert_uint_eq(count_lines(mini, "event Normal Resumed Job resumed"), 1);
    ck_assert_str_eq(condition_reason(mini, "Suspended"), "JobResumed");
    ck_assert_int_eq(job_status(the_job(mini))->start_time, api_time_seconds(mini_wall_ns(mini)));
    mini_end(mini);
}
END_TEST

/* --- whose pods --------------------------------------------------------------------------------------------------------------- */

/* v1.34 job_controller_test.go, TestGetPodsForJob, TestAddPodOrphan: with the owner the finalizer comes and goes. */
START_TEST(adoption)
{
    Mini *mini = mini_with("completions: 3, parallelism: 2,");
    ApiObject *orphan = make_pod(NULL, "stray", "n1", "Running", TRUE);
    ApiObject *changed;

    str_map_set(&api_edit_meta(orphan)->labels, str_intern("a"), str_intern("j"));
    mini_add(mini, orphan);
    sync_job(mini);
    ck_assert_msg(g_str_has_prefix(mini->log->str, "get Job j\npatch Pod stray\ncreate Pod "), "%s", mini->log->str);
    ck_assert(api_is_controlled_by(mini_nth(mini, &pod_kind, 0), the_job(mini)));
    ck_assert(job_pod_has_finalizer(mini_nth(mini, &pod_kind, 0)));
    ck_assert_int_eq(job_status(the_job(mini))->active, 2);
    changed = mini_edit(mini, &pod_kind, "stray");
    str_map_set(&api_edit_meta(changed)->labels, str_intern("a"), str_intern("other"));
    mini_put(mini, changed);
    sync_job(mini);
    ck_assert_ptr_null(api_controller_of(mini_get(mini, &pod_kind, "default", "stray")));
    ck_assert(!job_pod_has_finalizer(mini_get(mini, &pod_kind, "default", "stray")));
    ck_assert_uint_eq(count_lines(mini, "create Pod "), 1);
    mini_end(mini);
}
END_TEST

/* v1.34 job_controller_test.go, TestSyncOrphanPod. */
static const struct {
    const char *name;
    gboolean has_job, is_finished, is_orphan, is_released;
} orphan_cases[] = {
    {"its Job runs", TRUE, FALSE, FALSE, FALSE},
    {"its Job is finished", TRUE, TRUE, FALSE, TRUE},
    {"its Job is gone", FALSE, FALSE, FALSE, TRUE},
    {"it has no owner", TRUE, FALSE, TRUE, TRUE},
};

START_TEST(orphan)
{
    Mini *mini = mini_with("completions: 3, parallelism: 2,");
    ApiObject *changed;

    add_pods(mini, "R");
    if (orphan_cases[_i].is_orphan) {
        changed = mini_edit(mini, &pod_kind, "j-0");
        api_list_remove((ApiList *)&api_edit_meta(changed)->owner_references, sizeof(OwnerReference), 0);
        mini_put(mini, changed);
    }
    if (orphan_cases[_i].is_finished) {
        changed = mini_edit(mini, &job_kind, "j");
        set_condition(&((JobStatus *)api_edit_status(changed))->conditions, "Complete", "True", NULL, MINI_EPOCH);
        mini_put(mini, changed);
    }
    if (!orphan_cases[_i].has_job)
        mini_remove(mini, the_job(mini));
    mini_sync(mini, &job_controller, "orphan:default/j-0");
    mini_check_log(mini, orphan_cases[_i].name, orphan_cases[_i].is_released ? "patch Pod j-0" : "");
    mini_end(mini);
}
END_TEST

/* v1.34 pkg/controller/ttlafterfinished/ttlafterfinished_controller_test.go, TestTimeLeft. */
static const struct {
    const char *name, *spec;
    const char *end; /* NULL: it runs */
    int since_s;
    const char *log;
    gint64 requeue_s; /* -1: none */
} ttl_cases[] = {
    {"it runs", "ttlSecondsAfterFinished: 10,", NULL, 0, "", -1},
    {"it stays for ever", "", "Complete", 100, "", -1},
    {"it may stay", "ttlSecondsAfterFinished: 10,", "Complete", 4, "", 6},
    {"its time is over", "ttlSecondsAfterFinished: 10,", "Failed", 10, "get Job j\ndelete Job j Foreground", -1},
    {"no time at all", "ttlSecondsAfterFinished: 0,", "Complete", 0, "get Job j\ndelete Job j Foreground", -1},
};

START_TEST(time_to_live)
{
    Mini *mini = mini_with(ttl_cases[_i].spec);
    ApiObject *changed = mini_edit(mini, &job_kind, "j");

    if (ttl_cases[_i].end != NULL)
        set_condition(&((JobStatus *)api_edit_status(changed))->conditions, ttl_cases[_i].end, "True", NULL,
                      mini_wall_ns(mini) - ttl_cases[_i].since_s * NS_PER_S);
    mini_put(mini, changed);
    mini_sync(mini, &ttl_after_finished_controller, "default/j");
    mini_check_log(mini, ttl_cases[_i].name, ttl_cases[_i].log);
    ck_assert_int_eq(mini->requeue_ns, ttl_cases[_i].requeue_s < 0 ? -1 : ttl_cases[_i].requeue_s * NS_PER_S);
    mini_end(mini);
}
END_TEST

/* v1.34 controller_utils_test.go, TestSortingActivePods: who goes first. */
START_TEST(ranking)
{
    static const char *const order[] = {"p", "r", "R"};

    for (guint i = 0; i + 1 < G_N_ELEMENTS(order); i++) {
        Mini *mini = mini_with("completions: 5, parallelism: 1,");

        add_pod(mini, order[i + 1]);
        add_pod(mini, order[i]);
        sync_job(mini);
        ck_assert_msg(strstr(mini->log->str, "delete Pod j-1\n") != NULL, "%s before %s:\n%s", order[i], order[i + 1],
                      mini->log->str);
        mini_end(mini);
    }
}
END_TEST

Suite *
job_suite(void)
{
    Suite *suite = suite_create("job");
    TCase *tests = tcase_create("job");

    tcase_add_loop_test(tests, one_sync, 0, G_N_ELEMENTS(sync_cases));
    tcase_add_loop_test(tests, sync_of_old, 0, G_N_ELEMENTS(state_cases));
    tcase_add_loop_test(tests, remembered_failure, 0, 2);
    tcase_add_loop_test(tests, sync_with_errors, 0, G_N_ELEMENTS(error_cases));
    tcase_add_loop_test(tests, restarts, 0, G_N_ELEMENTS(restart_cases));
    tcase_add_loop_test(tests, ensured_condition, 0, G_N_ELEMENTS(ensure_cases));
    tcase_add_loop_test(tests, end_with_terminating_pods, 30, 32);
    tcase_add_loop_test(tests, reason_of_success, 30, 32);
    tcase_add_loop_test(tests, many_victims, 0, 2);
    tcase_add_test(tests, indexed_pod);
    tcase_add_test(tests, deadline);
    tcase_add_test(tests, suspension);
    tcase_add_test(tests, adoption);
    tcase_add_loop_test(tests, orphan, 0, G_N_ELEMENTS(orphan_cases));
    tcase_add_loop_test(tests, time_to_live, 0, G_N_ELEMENTS(ttl_cases));
    tcase_add_test(tests, ranking);
    suite_add_tcase(suite, tests);
    return suite;
}
