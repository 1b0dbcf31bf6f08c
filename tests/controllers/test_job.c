/* Job: syncs by table, back-off, indexes, policies, suspension, tracking. */
#include "controllers/job_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- a Job and its pods -------------------------------------------------------------------------------- */

static const ApiObject *
add_job(Mini *mini, const char *spec)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: j}, spec: {%s manualSelector: true, selector: {matchLabels: {a: j}}, template: {metadata: "
        "{labels: {a: j}}, spec: {restartPolicy: Never, containers: [{name: c, image: 'i:1'}]}}}}",
        spec);

    if (mini->state == NULL)
        mini->state = job_controller.new_state();
    return mini_add(mini, object_from_yaml(&job_kind, text));
}

static const ApiObject *
the_job(Mini *mini)
{
    return mini_get(mini, &job_kind, "default", "j");
}

/* A container that ended with @code at wall @at_ns. */
static void
set_exit(ApiObject *pod, int code, gint64 at_ns)
{
    PodStatus *status = api_edit_status(pod);
    ContainerStatus *container =
        status->container_statuses.count > 0 ? &status->container_statuses.items[0] : API_LIST_ADD(&status->container_statuses);

    container->name = str_intern("c");
    if (container->state.terminated == NULL)
        container->state.terminated = g_new0(ContainerStateTerminated, 1);
    container->state.terminated->exit_code = code;
    container->state.terminated->finished_at = api_time_seconds(at_ns);
    status->phase = str_intern(code == 0 ? "Succeeded" : "Failed");
}

/* @what: p pending, r running, R ready, s succeeded, f failed, t terminating; then its index, if it has one. */
static const ApiObject *
add_pod(Mini *mini, const char *what)
{
    static const char *const phases[] = {['p'] = "Pending", ['r'] = "Running",   ['R'] = "Running",
                                         ['t'] = "Running", ['s'] = "Succeeded", ['f'] = "Failed"};
    guint number = mini_count(mini, &pod_kind);
    ApiObject *pod = make_pod(NULL, str_internf("j-%u", number), what[0] == 'p' ? NULL : "n1", phases[(guint)what[0]],
                              what[0] == 'R');
    ObjectMeta *meta = api_edit_meta(pod);

    str_map_set(&meta->labels, str_intern("a"), str_intern("j"));
    api_set_controller(meta, the_job(mini));
    str_list_add(&meta->finalizers, str_intern(JOB_FINALIZER));
    if (what[0] == 't') {
        meta->deletion_time = mini_wall_ns(mini);
        set_condition(&((PodStatus *)api_edit_status(pod))->conditions, "Ready", "False", NULL, mini_wall_ns(mini));
    }
    if (what[0] == 's' || what[0] == 'f')
        set_exit(pod, what[0] == 's' ? 0 : 1, mini_wall_ns(mini));
    if (what[1] != '\0')
        str_map_set(&meta->annotations, str_intern(JOB_INDEX), str_intern(what + 1));
    return mini_add(mini, pod);
}

static void
add_pods(Mini *mini, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0')
            add_pod(mini, words[i]);
}

static guint
count_lines(const Mini *mini, const char *start)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    guint count = 0;

    for (guint i = 0; lines[i] != NULL; i++)
        count += g_str_has_prefix(lines[i], start) ? 1 : 0;
    return count;
}

static void
sync_job(Mini *mini)
{
    mini_sync(mini, &job_controller, "default/j");
}

static Mini *
mini_with(const char *spec)
{
    Mini *mini = mini_new();

    add_job(mini, spec);
    return mini;
}

static void
mini_end(Mini *mini)
{
    job_controller.free_state(mini->state);
    mini_free(mini);
}

/* What was deleted and has no finalizer is gone. */
static void
let_go(Mini *mini)
{
    for (guint i = mini_count(mini, &pod_kind); i-- > 0;)
        if (api_is_deleting(mini_nth(mini, &pod_kind, i)) && !job_pod_has_finalizer(mini_nth(mini, &pod_kind, i)))
            mini_remove(mini, mini_nth(mini, &pod_kind, i));
}

static const ApiObject *
pod_of_index(Mini *mini, const char *index)
{
    for (guint i = mini_count(mini, &pod_kind); i-- > 0;) {
        const ApiObject *pod = mini_nth(mini, &pod_kind, i);

        if (str_is(str_map_get(&pod->meta->annotations, str_intern(JOB_INDEX)), index) && pod_is_active(pod))
            return pod;
    }
    ck_abort_msg("no active pod of index %s", index);
    return NULL;
}

static void
end_pod(Mini *mini, const ApiObject *pod, int code)
{
    ApiObject *changed = mini_edit(mini, &pod_kind, api_name(pod));

    set_exit(changed, code, mini_wall_ns(mini));
    mini_put(mini, changed);
}

static const char *
condition_reason(Mini *mini, const char *type)
{
    const Condition *condition = condition_find(&job_status(the_job(mini))->conditions, type);

    return condition == NULL ? "-" : condition->reason;
}

/* --- one sync ----------------------------------------------------------------------------------------------- */

/* v1.34 pkg/controller/job/job_controller_test.go, TestControllerSyncJob. */
static const struct {
    const char *name, *spec, *pods;
    guint created, deleted;
    gint32 active, succeeded, failed;
    const char *completed; /* indexes; "" none */
    const char *end;       /* reason of Complete or Failed; "-" none */
} sync_cases[] = {
    {"job start", "parallelism: 2, completions: 5,", "", 2, 0, 2, 0, 0, "", "-"},
    {"WQ job start", "parallelism: 2,", "", 2, 0, 2, 0, 0, "", "-"},
    {"pending pods", "parallelism: 2, completions: 5,", "p p", 0, 0, 2, 0, 0, "", "-"},
    {"correct # of pods", "parallelism: 2, completions: 5,", "r R", 0, 0, 2, 0, 0, "", "-"},
    {"too few active pods", "parallelism: 2, completions: 5,", "r s", 1, 0, 2, 1, 0, "", "-"},
    {"too many active pods", "parallelism: 2, completions: 5,", "r r r", 0, 1, 2, 0, 0, "", "-"},
    {"job finish", "parallelism: 2, completions: 5,", "s s s s s", 0, 0, 0, 5, 0, "", "CompletionsReached"},
    {"WQ job finishing", "parallelism: 2,", "r s", 0, 0, 1, 1, 0, "", "-"},
    {"WQ job all finished", "parallelism: 2,", "s s", 0, 0, 0, 2, 0, "", "CompletionsReached"},
    {"WQ job all finished despite one failure", "parallelism: 2,", "s f", 0, 0, 0, 1, 1, "", "CompletionsReached"},
    {"more active pods than parallelism", "parallelism: 2, completions: 5,", "r r r r r r r r r r", 0, 8, 2, 0, 0, "",
     "-"},
    {"more active pods than remaining completions", "parallelism: 3, completions: 4,", "r r r s s", 0, 1, 2, 2, 0, "",
     "-"},
    {"one failure: the back-off holds, and the status says 0", "parallelism: 2, completions: 5,", "r f", 0, 0, 0, 0, 1,
     "", "-"},
    {"backoff limit", "parallelism: 2, completions: 5, backoffLimit: 0,", "r f", 0, 1, 0, 0, 2, "", "-"},
    {"nothing to do", "parallelism: 2, completions: 0,", "", 0, 0, 0, 0, 0, "", "CompletionsReached"},
    {"parallelism zero", "parallelism: 0, completions: 5,", "r r", 0, 2, 0, 0, 0, "", "-"},
    {"suspended", "suspend: true, parallelism: 2, completions: 4,", "r r", 0, 2, 0, 0, 0, "", "-"},
    {"a terminating pod counts as failed, and is replaced after the back-off", "parallelism: 1, completions: 2,", "t", 0,
     0, 0, 0, 1, "", "-"},
    {"only failed ones are replaced: one that terminates is waited for",
     "podReplacementPolicy: Failed, parallelism: 1, completions: 2,", "t", 0, 0, 0, 0, 0, "", "-"},
    {"indexed job start", "completionMode: Indexed, parallelism: 2, completions: 5,", "", 2, 0, 2, 0, 0, "", "-"},
    {"indexed job with some pods deleted, replaced", "completionMode: Indexed, parallelism: 2, completions: 5,",
     "r0 t1", 0, 0, 0, 0, 1, "", "-"},
    {"indexed job completed", "completionMode: Indexed, parallelism: 2, completions: 3,", "s0 s1 s1 s2", 0, 0, 0, 3, 0,
     "0-2", "CompletionsReached"},
    {"indexed job repeated completed index", "completionMode: Indexed, parallelism: 2, completions: 3,", "s0 s1 s1", 1,
     0, 1, 2, 0, "0,1", "-"},
    {"indexed job some running and completed pods", "completionMode: Indexed, parallelism: 8, completions: 20,",
     "r0 s2 r3 s4 s5 r6 s7 s8 s9", 5, 0, 8, 6, 0, "2,4,5,7-9", "-"},
    {"indexed job some pods without index", "completionMode: Indexed, parallelism: 2, completions: 5,", "r0 r p s s0", 0,
     2, 1, 1, 0, "0", "-"},
    {"indexed job repeated indexes", "completionMode: Indexed, parallelism: 5, completions: 5,", "s0 r1 p2 r2 p2", 0, 2,
     2, 1, 0, "0", "-"},
    {"indexed job with indexes outside of range", "completionMode: Indexed, parallelism: 2, completions: 5,",
     "s0 r5 p6 r7 f8", 0, 3, 0, 1, 0, "0", "-"},
};

START_TEST(one_sync)
{
    Mini *mini = mini_with(sync_cases[_i].spec);
    const JobStatus *status;
    const Condition *end;
    guint created;
    guint deleted;

    add_pods(mini, sync_cases[_i].pods);
    sync_job(mini);
    created = count_lines(mini, "create Pod ");
    deleted = count_lines(mini, "delete Pod ");
    ck_assert_msg(created == sync_cases[_i].created && deleted == sync_cases[_i].deleted,
                  "%s: created %u, deleted %u:\n%s", sync_cases[_i].name, created, deleted, mini->log->str);
    status = job_status(the_job(mini));
    ck_assert_msg(status->active == sync_cases[_i].active && status->succeeded == sync_cases[_i].succeeded &&
                      status->failed == sync_cases[_i].failed,
                  "%s: %d active, %d succeeded, %d failed:\n%s", sync_cases[_i].name, status->active, status->succeeded,
                  status->failed, mini->log->str);
    ck_assert_msg(str_is(status->completed_indexes == NULL ? "" : status->completed_indexes, sync_cases[_i].completed),
                  "%s: %s", sync_cases[_i].name, status->completed_indexes);
    end = job_finished_condition(the_job(mini));
    ck_assert_msg(str_is(end == NULL ? "-" : end->reason, sync_cases[_i].end), "%s: %s\n%s", sync_cases[_i].name,
                  end == NULL ? "-" : end->reason, mini->log->str);
    ck_assert_int_eq(status->uncounted->succeeded.count + status->uncounted->failed.count, 0);
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
 * job_controller_test.go, TestTrackJobStatusAndRemoveFinalizers. Uncounted before and after the first write (UIDs with
 * commas), then the counters; the pods are a to z in the order of the table, "-" before one that has no finalizer.
 */
static const struct {
    const char *name, *spec;
    const char *pods, *succeeded_before, *failed_before;
    gint32 succeeded, failed; /* in the status before */
    guint released;
    gint32 want_succeeded, want_failed;
    const char *completed;
    gboolean is_deleting;
} track_cases[] = {
    {"track finished pods", "parallelism: 9, completions: 9,", "s f p r", "", "", 0, 0, 2, 1, 1, "", FALSE},
    {"past and new finished pods", "parallelism: 9, completions: 9,", "s f s f -s", "a,e", "b,z", 2, 3, 4, 5, 6, "",
     FALSE},
    {"deleted job: a running pod is let go, and does not count", "parallelism: 9, completions: 9,", "s f r", "", "", 0,
     0, 3, 1, 1, "", TRUE},
    {"pod flips from failed to succeeded", "parallelism: 2, completions: 9,", "f s", "", "a,b", 0, 0, 2, 0, 2, "", FALSE},
    {"indexed job new successful pods", "completionMode: Indexed, parallelism: 6, completions: 6,", "s1 s3 s3 r5 s", "",
     "", 0, 0, 4, 2, 0, "1,3", FALSE},
    {"indexed job new failed pods", "completionMode: Indexed, parallelism: 6, completions: 6,", "f1 f3 f3 r5 f", "", "",
     0, 0, 4, 0, 3, "", FALSE},
    {"indexed job past and new pods", "completionMode: Indexed, parallelism: 7, completions: 7,",
     "-s0 -f1 s1 s3 f2 f5", "", "", 5, 2, 4, 6, 4, "0-4,6", FALSE},
    {"with back-off per index: a failed pod is kept until it is replaced",
     "completionMode: Indexed, parallelism: 6, completions: 6, backoffLimitPerIndex: 1,", "f1 r0 r2 r3 r4 r5", "", "", 0, 0,
     0, 0, 0, "", FALSE},
};

static void
add_uids(StrList *list, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0')
            str_list_add(list, str_intern(words[i]));
}

static void
add_lettered_pods(Mini *mini, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        gboolean is_settled = words[i][0] == '-';
        ApiObject *changed = mini_edit(mini, &pod_kind, api_name(add_pod(mini, words[i] + is_settled)));

        api_edit_meta(changed)->uid = str_internf("%c", 'a' + (int)i);
        if (is_settled)
            api_edit_meta(changed)->finalizers.count = 0;
        mini_put(mini, changed);
    }
}

START_TEST(tracking)
{
    Mini *mini = mini_with(track_cases[_i].spec);
    ApiObject *changed;
    JobStatus *status;

    add_lettered_pods(mini, track_cases[_i].pods);
    changed = mini_edit(mini, &job_kind, "j");
    status = api_edit_status(changed);
    status->start_time = MINI_EPOCH;
    status->succeeded = track_cases[_i].succeeded;
    status->failed = track_cases[_i].failed;
    if (strstr(track_cases[_i].pods, "-s0") != NULL)
        status->completed_indexes = str_intern("0-2,4,6,7");
    status->uncounted = api_struct_new(&uncounted_pods_type);
    add_uids(&status->uncounted->succeeded, track_cases[_i].succeeded_before);
    add_uids(&status->uncounted->failed, track_cases[_i].failed_before);
    if (track_cases[_i].is_deleting)
        api_edit_meta(changed)->deletion_time = MINI_EPOCH;
    mini_put(mini, changed);
    sync_job(mini);
    ck_assert_msg(count_lines(mini, "patch Pod ") == track_cases[_i].released, "%s:\n%s", track_cases[_i].name,
                  mini->log->str);
    ck_assert_msg(job_status(the_job(mini))->succeeded == track_cases[_i].want_succeeded, "%s: %d succeeded",
                  track_cases[_i].name, job_status(the_job(mini))->succeeded);
    ck_assert_msg(job_status(the_job(mini))->failed == track_cases[_i].want_failed, "%s: %d failed", track_cases[_i].name,
                  job_status(the_job(mini))->failed);
    ck_assert_str_eq(str_is_empty(job_status(the_job(mini))->completed_indexes)
                         ? ""
                         : job_status(the_job(mini))->completed_indexes,
                     track_cases[_i].completed);
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
    add_uids(&status->uncounted->failed, "a,b");
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
    int succeeded[3], failed[3]; /* ended by 0 */
    gint32 wanted, wanted_last_s;
} record_cases[] = {
    {"no record, one failure", 0, 0, {0}, {10}, 1, 10},
    {"no record, two failures", 0, 0, {0}, {20, 10}, 2, 20},
    {"a record, two more", 1, 5, {0}, {10, 20}, 3, 20},
    {"a record, a success", 3, 5, {10}, {0}, 0, 0},
    {"two failures, then a success", 0, 0, {30}, {10, 20}, 0, 0},
    {"a success between two failures", 4, 5, {20}, {10, 30}, 1, 30},
    {"at the same second: not after the success", 0, 0, {20}, {20, 0}, 0, 0},
    {"nothing new", 2, 7, {0}, {0}, 2, 7},
};

static void
add_ended(GPtrArray *pods, const int *seconds)
{
    for (guint i = 0; i < 3 && seconds[i] != 0; i++) {
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

    add_ended(succeeded, record_cases[_i].succeeded);
    add_ended(failed, record_cases[_i].failed);
    next = job_backoff_next((BackoffRecord){record_cases[_i].failures, record_cases[_i].last_s * NS_PER_S}, succeeded,
                            failed);
    ck_assert_msg(next.failures == record_cases[_i].wanted &&
                      next.last_failure_ns == record_cases[_i].wanted_last_s * NS_PER_S,
                  "%s: %d failures, last at %d", record_cases[_i].name, next.failures,
                  (int)(next.last_failure_ns / NS_PER_S));
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

/* --- index sets ----------------------------------------------------------------------------------------------------- */

/* v1.34 indexed_job_utils_test.go, TestCalculateSucceededIndexes. */
static const struct {
    const char *stored;
    int size;
    int add[6]; /* ended by -1 */
    const char *wanted;
    int count;
} set_cases[] = {
    {"", 2, {1, -1}, "1", 1},
    {"", 8, {2, 3, 5, 6, 7, -1}, "2,3,5-7", 5},
    {"0,4,5,10-12", 13, {2, 7, 8, -1}, "0,2,4,5,7,8,10-12", 9},
    {"0-4,6-9", 10, {5, -1}, "0-9", 10},
    {"3-6", 5, {9, -1}, "3,4", 2},
    {"foo,2-bar,1,3", 5, {-1}, "1,3", 2},
    {"", 3, {-1}, "", 0},
    {"0-1999999999", 2000000000, {5, -1}, "0-1999999999", 2000000000},
};

START_TEST(index_sets)
{
    IndexSet set;

    index_set_init(&set, set_cases[_i].size);
    index_set_parse(&set, set_cases[_i].stored);
    for (guint i = 0; set_cases[_i].add[i] >= 0; i++)
        index_set_add(&set, set_cases[_i].add[i]);
    ck_assert_str_eq(index_set_format(&set), set_cases[_i].wanted);
    ck_assert_int_eq(set.count, set_cases[_i].count);
    for (guint i = 0; set_cases[_i].add[i] >= 0; i++)
        ck_assert(index_set_has(&set, set_cases[_i].add[i]) == (set_cases[_i].add[i] < set_cases[_i].size));
    index_set_clear(&set);
}
END_TEST

/* v1.34 indexed_job_utils_test.go, TestFirstPendingIndexes. */
static const struct {
    const char *spec, *pods, *completed;
    gint64 count;
    const char *wanted;
} pending_cases[] = {
    {"completionMode: Indexed, completions: 3,", "", "", 5, "0,1,2"},
    {"completionMode: Indexed, completions: 20,", "r3 r5 r8", "2-4,9", 5, "0,1,6,7,10"},
    {"completionMode: Indexed, completions: 5,", "", "", 2, "0,1"},
    {"completionMode: Indexed, completions: 5,", "t1", "", 2, "0,1"},
    {"completionMode: Indexed, completions: 5, podReplacementPolicy: Failed,", "t1", "", 2, "0,2"},
    {"completionMode: Indexed, completions: 5,", "", "0-4", 2, ""},
};

START_TEST(pending)
{
    Mini *mini = mini_with(pending_cases[_i].spec);
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    g_autoptr(GArray) indexes = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    Reconcile r = {.key = str_intern("default/j"), .version_minor = 34};
    ApiObject *changed = mini_edit(mini, &job_kind, "j");
    JobSync *sync;

    ((JobStatus *)api_edit_status(changed))->completed_indexes = str_intern(pending_cases[_i].completed);
    mini_put(mini, changed);
    add_pods(mini, pending_cases[_i].pods);
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++)
        g_ptr_array_add(pods, (gpointer)mini_nth(mini, &pod_kind, i));
    sync = job_sync_new(&r, the_job(mini), pods);
    indexes = job_pending_indexes(sync, pending_cases[_i].count);
    for (guint i = 0; i < indexes->len; i++)
        g_string_append_printf(text, "%s%d", i > 0 ? "," : "", (int)g_array_index(indexes, gint64, i));
    ck_assert_str_eq(text->str, pending_cases[_i].wanted);
    job_sync_unref(sync);
    mini_end(mini);
}
END_TEST

/* --- podFailurePolicy -------------------------------------------------------------------------------------------------- */

/* v1.34 pod_failure_policy_test.go, TestMatchPodFailurePolicy; pod default/mypod, container c. */
static const struct {
    const char *name, *rules;
    int code;
    const char *condition; /* NULL: none */
    PolicyAction action;
    const char *message;
} policy_cases[] = {
    {"no rule matches", "{action: Ignore, onExitCodes: {operator: In, values: [1, 2, 3]}}", 5, NULL, POLICY_COUNT, ""},
    {"ignore rule matched for exit codes", "{action: Ignore, onExitCodes: {operator: In, values: [1, 2, 3]}}", 2, NULL,
     POLICY_IGNORE, ""},
    {"FailJob rule matched for exit codes", "{action: FailJob, onExitCodes: {operator: In, values: [1, 2, 3]}}", 2, NULL,
     POLICY_FAIL_JOB, "Container c for pod default/mypod failed with exit code 2 matching FailJob rule at index 0"},
    {"NotIn", "{action: FailJob, onExitCodes: {operator: NotIn, values: [1, 2, 3]}}", 5, NULL, POLICY_FAIL_JOB,
     "Container c for pod default/mypod failed with exit code 5 matching FailJob rule at index 0"},
    {"NotIn, listed", "{action: FailJob, onExitCodes: {operator: NotIn, values: [1, 2, 3]}}", 2, NULL, POLICY_COUNT, ""},
    {"another container", "{action: FailJob, onExitCodes: {containerName: d, operator: In, values: [2]}}", 2, NULL,
     POLICY_COUNT, ""},
    {"second rule", "{action: Ignore, onExitCodes: {operator: In, values: [1]}}, {action: FailJob, onExitCodes: "
                    "{operator: In, values: [2]}}",
     2, NULL, POLICY_FAIL_JOB,
     "Container c for pod default/mypod failed with exit code 2 matching FailJob rule at index 1"},
    {"first of two that match", "{action: Count, onExitCodes: {operator: In, values: [2]}}, {action: FailJob, "
                                "onExitCodes: {operator: In, values: [2]}}",
     2, NULL, POLICY_COUNT, ""},
    {"FailIndex", "{action: FailIndex, onExitCodes: {operator: In, values: [2]}}", 2, NULL, POLICY_FAIL_INDEX, ""},
    {"FailJob rule matched for pod conditions",
     "{action: FailJob, onPodConditions: [{type: DisruptionTarget, status: 'True'}]}", 2, "DisruptionTarget",
     POLICY_FAIL_JOB, "Pod default/mypod has condition DisruptionTarget matching FailJob rule at index 0"},
    {"ignore rule matched for pod conditions",
     "{action: Ignore, onPodConditions: [{type: Other, status: 'True'}, {type: DisruptionTarget, status: 'True'}]}", 2,
     "DisruptionTarget", POLICY_IGNORE, ""},
    {"another status", "{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: 'False'}]}", 2,
     "DisruptionTarget", POLICY_COUNT, ""},
};

START_TEST(failure_policy)
{
    g_autofree char *spec = g_strdup_printf("completions: 1, podFailurePolicy: {rules: [%s]},", policy_cases[_i].rules);
    Mini *mini = mini_with(spec);
    g_autoptr(ApiObject) pod = make_pod(NULL, "mypod", "n1", "Failed", FALSE);
    const char *message = "";

    set_exit(pod, policy_cases[_i].code, MINI_EPOCH);
    if (policy_cases[_i].condition != NULL)
        set_condition(&((PodStatus *)api_edit_status(pod))->conditions, policy_cases[_i].condition, "True", NULL, MINI_EPOCH);
    ck_assert_msg(job_match_policy(job_spec(the_job(mini))->pod_failure_policy, pod, &message) == policy_cases[_i].action,
                  "%s", policy_cases[_i].name);
    ck_assert_str_eq(message, policy_cases[_i].message);
    mini_end(mini);
}
END_TEST

/* v1.34 job_controller_test.go, TestSyncJobWithJobPodFailurePolicy: what a failed pod does to the Job. */
static const struct {
    const char *action;
    gint32 failed;
    const char *target; /* reason of FailureTarget; "-" none */
} action_cases[] = {
    {"Ignore", 0, "-"},
    {"Count", 1, "-"},
    {"FailJob", 1, "PodFailurePolicy"},
};

START_TEST(failure_action)
{
    g_autofree char *spec = g_strdup_printf(
        "completions: 1, podFailurePolicy: {rules: [{action: %s, onExitCodes: {operator: In, values: [1]}}]},",
        action_cases[_i].action);
    Mini *mini = mini_with(spec);

    add_pods(mini, "f");
    sync_job(mini);
    ck_assert_int_eq(job_status(the_job(mini))->failed, action_cases[_i].failed);
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), action_cases[_i].target);
    ck_assert_str_eq(condition_reason(mini, "Failed"), action_cases[_i].target);
    ck_assert(!job_pod_has_finalizer(mini_nth(mini, &pod_kind, 0)));
    mini_end(mini);
}
END_TEST

/* --- successPolicy ------------------------------------------------------------------------------------------------------- */

/* v1.34 success_policy_test.go, TestMatchSuccessPolicy. */
static const struct {
    const char *rules, *done;
    int wanted;
} success_cases[] = {
    {"{succeededIndexes: 0-2}", "0-2,4-7", 0},
    {"{succeededIndexes: '3'}", "0-2", -1},
    {"{succeededCount: 4}", "0-2", -1},
    {"{succeededCount: 3}", "0-2", 0},
    {"{succeededIndexes: 0-6, succeededCount: 3}", "1,3,5", 0},
    {"{succeededIndexes: 0-6, succeededCount: 4}", "1,3,5,8", -1},
    {"{succeededIndexes: '9'}, {succeededCount: 2}", "1,3", 1},
    {"{succeededIndexes: '0'}", "", -1},
    {"{succeededIndexes: oops}, {succeededIndexes: '1'}", "1", 1},
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

/* --- one index fails ------------------------------------------------------------------------------------------------------ */

#define PER_INDEX "completionMode: Indexed, completions: 3, backoffLimitPerIndex: 1, "

/*
 * v1.34 job_controller_test.go, TestSyncJobWithJobBackoffLimitPerIndex: the failed pod keeps its finalizer until its index
 * has a new pod, which knows of the failure; the second failure ends the index.
 */
START_TEST(index_fails)
{
    Mini *mini = mini_with(PER_INDEX "parallelism: 3,");
    const ApiObject *pod;

    sync_job(mini);
    pod = pod_of_index(mini, "1");
    ck_assert_str_eq(str_map_get(&pod->meta->annotations, str_intern(JOB_INDEX_FAILURES)), "0");
    end_pod(mini, pod, 1);
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), 0);
    ck_assert_uint_eq(count_lines(mini, "patch Pod "), 0);
    mini->now_ns += 10 * NS_PER_S;
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), 1);
    pod = pod_of_index(mini, "1");
    ck_assert_str_eq(str_map_get(&pod->meta->annotations, str_intern(JOB_INDEX_FAILURES)), "1");
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "patch Pod "), 1);
    ck_assert_int_eq(job_status(the_job(mini))->failed, 1);
    end_pod(mini, pod, 1);
    sync_job(mini);
    ck_assert_str_eq(job_status(the_job(mini))->failed_indexes, "1");
    ck_assert_ptr_null(job_finished_condition(the_job(mini)));
    end_pod(mini, pod_of_index(mini, "0"), 0);
    end_pod(mini, pod_of_index(mini, "2"), 0);
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "Failed"), "FailedIndexes");
    ck_assert_str_eq(job_status(the_job(mini))->completed_indexes, "0,2");
    mini_end(mini);
}
END_TEST

/* firstPendingIndexes comes before the back-off is looked at: with parallelism 1 no later index overtakes one that waits. */
START_TEST(index_waits_in_line)
{
    Mini *mini = mini_with(PER_INDEX "parallelism: 1,");

    sync_job(mini);
    end_pod(mini, pod_of_index(mini, "0"), 1);
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), 0);
    ck_assert_uint_eq(mini->enqueued->len, 1);
    mini->now_ns += 10 * NS_PER_S;
    sync_job(mini);
    end_pod(mini, pod_of_index(mini, "0"), 1);
    sync_job(mini);
    pod_of_index(mini, "1");
    mini_end(mini);
}
END_TEST

START_TEST(index_fails_at_once)
{
    Mini *mini = mini_with(PER_INDEX "parallelism: 3, podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: "
                                     "{operator: In, values: [7]}}, {action: Ignore, onExitCodes: {operator: In, values: "
                                     "[8]}}]},");

    sync_job(mini);
    end_pod(mini, pod_of_index(mini, "0"), 7);
    end_pod(mini, pod_of_index(mini, "1"), 8);
    sync_job(mini);
    ck_assert_str_eq(job_status(the_job(mini))->failed_indexes, "0");
    mini->now_ns += 10 * NS_PER_S;
    sync_job(mini);
    ck_assert_str_eq(
        str_map_get(&pod_of_index(mini, "1")->meta->annotations, str_intern(JOB_INDEX_IGNORED)), "1");
    ck_assert_str_eq(
        str_map_get(&pod_of_index(mini, "1")->meta->annotations, str_intern(JOB_INDEX_FAILURES)), "0");
    mini_end(mini);
}
END_TEST

START_TEST(too_many_indexes_fail)
{
    Mini *mini = mini_with("completionMode: Indexed, completions: 4, parallelism: 4, backoffLimitPerIndex: 0, "
                           "maxFailedIndexes: 1,");

    sync_job(mini);
    end_pod(mini, pod_of_index(mini, "0"), 1);
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), "-");
    end_pod(mini, pod_of_index(mini, "3"), 1);
    sync_job(mini);
    ck_assert_str_eq(condition_reason(mini, "FailureTarget"), "MaxFailedIndexesExceeded");
    ck_assert_str_eq(job_status(the_job(mini))->failed_indexes, "0,3");
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 2);
    mini_end(mini);
}
END_TEST

/* Elastic: completions and parallelism go down together; what has an index beyond them goes, also from the status. */
START_TEST(elastic)
{
    Mini *mini = mini_with("completionMode: Indexed, completions: 4, parallelism: 4,");
    ApiObject *changed;
    JobSpec *spec;

    sync_job(mini);
    end_pod(mini, pod_of_index(mini, "3"), 0);
    sync_job(mini);
    ck_assert_str_eq(job_status(the_job(mini))->completed_indexes, "3");
    changed = mini_edit(mini, &job_kind, "j");
    spec = api_edit_spec(changed);
    spec->completions = spec->parallelism = OPT_INT32(2);
    mini_put(mini, changed);
    sync_job(mini);
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 1);
    ck_assert_ptr_null(job_status(the_job(mini))->completed_indexes);
    ck_assert_int_eq(job_status(the_job(mini))->succeeded, 0);
    ck_assert_int_eq(job_status(the_job(mini))->active, 2);
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
    tcase_add_test(tests, indexed_pod);
    tcase_add_test(tests, failure_in_two_writes);
    tcase_add_test(tests, failure_waits_for_pods);
    tcase_add_test(tests, counted_once);
    tcase_add_loop_test(tests, tracking, 0, G_N_ELEMENTS(track_cases));
    tcase_add_test(tests, too_many_finished);
    tcase_add_test(tests, quick_cache);
    tcase_add_test(tests, slow_cache);
    tcase_add_loop_test(tests, backoff, 0, G_N_ELEMENTS(backoff_cases));
    tcase_add_loop_test(tests, record, 0, G_N_ELEMENTS(record_cases));
    tcase_add_test(tests, backoff_remembers);
    tcase_add_loop_test(tests, index_sets, 0, G_N_ELEMENTS(set_cases));
    tcase_add_loop_test(tests, pending, 0, G_N_ELEMENTS(pending_cases));
    tcase_add_loop_test(tests, failure_policy, 0, G_N_ELEMENTS(policy_cases));
    tcase_add_loop_test(tests, failure_action, 0, G_N_ELEMENTS(action_cases));
    tcase_add_loop_test(tests, success_policy, 0, G_N_ELEMENTS(success_cases));
    tcase_add_test(tests, success_early);
    tcase_add_test(tests, index_fails);
    tcase_add_test(tests, index_waits_in_line);
    tcase_add_test(tests, index_fails_at_once);
    tcase_add_test(tests, too_many_indexes_fail);
    tcase_add_test(tests, elastic);
    tcase_add_test(tests, deadline);
    tcase_add_test(tests, suspension);
    tcase_add_test(tests, adoption);
    tcase_add_loop_test(tests, orphan, 0, G_N_ELEMENTS(orphan_cases));
    tcase_add_loop_test(tests, time_to_live, 0, G_N_ELEMENTS(ttl_cases));
    tcase_add_test(tests, ranking);
    suite_add_tcase(suite, tests);
    return suite;
}
