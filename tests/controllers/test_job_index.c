/* Indexed Jobs: sets of indexes, and limits that each index has. */
#include "tests/controllers/jobs.h"
#include "tests/controllers/suites.h"

/* --- index sets ----------------------------------------------------------------------------------------------------- */

/* v1.34 indexed_job_utils_test.go, TestCalculateSucceededIndexes: what the status holds, and what succeeded since. */
static const struct {
    const char *stored;
    int size;
    int add[6]; /* ended by -1 */
    const char *wanted;
    int count;
} set_cases[] = {
    {"", 2, {1, -1}, "1", 1},
    {"", 11, {5, 5, 10, -1}, "5,10", 2},
    {"", 8, {2, 3, 5, 6, 7, -1}, "2,3,5-7", 5},
    {"", 6, {0, 2, 3, 4, 5, -1}, "0,2-5", 5},
    {"", 5, {0, 1, 2, 4, 5, -1}, "0-2,4", 4},
    {"0-5,8-10", 8, {-1}, "0-5", 6},
    {"0-5,8-10", 10, {-1}, "0-5,8,9", 8},
    {"0,4,5,10-12", 13, {2, 7, 8, -1}, "0,2,4,5,7,8,10-12", 9},
    {"3,4,6", 9, {2, 7, 8, -1}, "2-4,6-8", 6},
    {"2,7,8", 9, {3, 4, 6, -1}, "2-4,6-8", 6},
    {"2-7", 10, {0, 3, 5, 9, -1}, "0,2-7,9", 8},
    {"0,1-foo,bar", 4, {3, -1}, "0,3", 2},
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
    const char *spec, *pods, *completed, *failed;
    gint64 count;
    const char *wanted;
} pending_cases[] = {
    {"completionMode: Indexed, completions: 3,", "", "", NULL, 5, "0,1,2"},
    {"completionMode: Indexed, completions: 5,", "", "", NULL, 2, "0,1"},
    {"completionMode: Indexed, completions: 10,", "r0 p1", "", NULL, 3, "2,3,4"},
    {"completionMode: Indexed, completions: 6,", "p6", "4,5", NULL, 6, "0,1,2,3"},
    {"completionMode: Indexed, completions: 20,", "p3 r5 p8 r r-3", "2-4,9", NULL, 5, "0,1,6,7,10"},
    {"completionMode: Indexed, backoffLimitPerIndex: 1, completions: 20,", "p3 p9", "1,5,9", "2,6,7", 5, "0,4,8,10,11"},
    {"completionMode: Indexed, completions: 5,", "t1", "", NULL, 2, "0,1"},
    {"completionMode: Indexed, completions: 5, podReplacementPolicy: Failed,", "t1", "", NULL, 2, "0,2"},
    {"completionMode: Indexed, completions: 5,", "", "0-4", NULL, 2, ""},
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
    ((JobStatus *)api_edit_status(changed))->failed_indexes = str_intern(pending_cases[_i].failed);
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

/* v1.34 indexed_job_utils_test.go, TestAppendDuplicatedIndexPodsForRemoval: of 6 completions; victims as "PODS", in any order. */
static const struct {
    const char *name, *pods, *victims;
} duplicate_cases[] = {
    {"all unique", "p p2 r5 r6", "j-0 j-3"},
    {"all with index", "p5 r0 p3 r0 r3 p0 r6 p6", "0 0 3 6 6"},
    {"mixed", "p rinvali r-2 p0 p1 p1 r1", "j-0 j-1 j-2 j-4 j-5"},
};

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(api_name(*(ApiObject *const *)a), api_name(*(ApiObject *const *)b));
}

START_TEST(duplicates)
{
    Mini *mini = mini_with("completionMode: Indexed, completions: 6, parallelism: 6,");
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    g_autoptr(GPtrArray) victims = NULL;
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) indexes = g_string_new(NULL);
    Reconcile r = {.key = str_intern("default/j"), .version_minor = 34};
    JobSync *sync;

    add_pods(mini, duplicate_cases[_i].pods);
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++)
        g_ptr_array_add(pods, (gpointer)mini_nth(mini, &pod_kind, i));
    sync = job_sync_new(&r, the_job(mini), pods);
    victims = job_victims(sync, 0);
    g_ptr_array_sort(victims, compare_names);
    for (guint i = 0; i < victims->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? " " : "", api_name(victims->pdata[i]));
    for (gint64 index = 0; index < 9; index++)
        for (guint i = 0; i < victims->len; i++)
            if (job_pod_index(victims->pdata[i]) == index)
                g_string_append_printf(indexes, "%s%d", indexes->len > 0 ? " " : "", (int)index);
    ck_assert_msg(str_is(duplicate_cases[_i].victims, names->str) || str_is(duplicate_cases[_i].victims, indexes->str), "%s: %s; %s",
                  duplicate_cases[_i].name, names->str, indexes->str);
    job_sync_unref(sync);
    mini_end(mini);
}
END_TEST

/* v1.34 indexed_job_utils_test.go, TestPodGenerateNameWithIndex. */
static const struct {
    const char *job, *wanted;
} name_cases[] = {
    {"indexed-job", "indexed-job-1-"},
    {"hhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhhooooohhh", "hhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhh-1-"},
    {"hhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhhoo", "hhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhhooooohhhhh-1-"},
};

START_TEST(pod_names)
{
    Mini *mini = mini_with("completionMode: Indexed, completions: 2, parallelism: 2,");
    ApiObject *job = mini_edit(mini, &job_kind, "j");

    mini_remove(mini, the_job(mini));
    api_edit_meta(job)->name = str_intern(name_cases[_i].job);
    mini_add(mini, job);
    mini_sync(mini, &job_controller, str_internf("default/%s", name_cases[_i].job));
    ck_assert_str_eq(pod_of_index(mini, "1")->meta->generate_name, name_cases[_i].wanted);
    mini_end(mini);
}
END_TEST

/*
 * v1.34 indexed_job_utils_test.go, TestIsIndexFailed, TestCalculateFailedIndexes, TestGetPodsWithDelayedDeletionPerIndex:
 * failed indexes of the status, before and after one sync; pods (a, b ...) whose finalizers stay, for their indexes will have
 * another pod.
 */
static const struct {
    const char *name, *spec, *before, *pods, *failed, *kept;
} failed_cases[] = {
    {"failed pod, no failure allowed", "completions: 2, backoffLimitPerIndex: 0,", NULL, "F0/0", "0", ""},
    {"failed pod, one failure allowed and there was one", "completions: 2, backoffLimitPerIndex: 1,", NULL, "F1/1", "1", ""},
    {"FailIndex", "completions: 2, backoffLimitPerIndex: 1, podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, "
                  "values: [3]}}]},", NULL, "F0/0!3", "0", ""},
    {"one new index failed", "completions: 2, backoffLimitPerIndex: 1,", NULL, "F0/0 F1/1", "1", "a"},
    {"pod without finalizer is ignored", "completions: 2, backoffLimitPerIndex: 0,", NULL, "-F0/0", "", ""},
    {"pod outside completions is ignored", "completions: 2, backoffLimitPerIndex: 0,", NULL, "F3/0", "", ""},
    {"extend the failed indexes", "completions: 3, backoffLimitPerIndex: 0,", "0", "F1/0", "0,1", ""},
    {"no failed indexes before", "completions: 3, backoffLimitPerIndex: 0,", "", "F1/0", "1", ""},
    {"failed indexes outside the completions", "completions: 3, backoffLimitPerIndex: 0,", "9", "F1/0", "1", ""},
    {"those of indexes that go on are kept", "completions: 3, backoffLimitPerIndex: 1,", NULL, "F0/0 F1/1 F2/0", "1", "ac"},
    {"the index is active again", "completions: 2, backoffLimitPerIndex: 1,", NULL, "F0/0 r0/1", "", ""},
    {"the index has succeeded", "completions: 2, backoffLimitPerIndex: 1,", NULL, "F0/0 s0/1", "", ""},
    {"several of one index: the highest count is kept", "completions: 2, backoffLimitPerIndex: 4,", NULL, "F0/0 F0/2 F0/1", "", "b"},
    {"several of one index: the last to end is kept", "completions: 2, backoffLimitPerIndex: 4,", NULL, "F0/1 f0/1 F0/1", "", "b"},
};

START_TEST(failed_indexes)
{
    g_autofree char *spec = g_strdup_printf("completionMode: Indexed, parallelism: 0, %s", failed_cases[_i].spec);
    g_autofree char *status =
        failed_cases[_i].before == NULL ? NULL : g_strdup_printf("{failedIndexes: '%s'}", failed_cases[_i].before);
    Mini *mini = mini_new();
    g_autoptr(GString) kept = g_string_new(NULL);

    add_job(mini, spec, status);
    add_lettered_pods(mini, failed_cases[_i].pods);
    sync_job(mini);
    ck_assert_msg(str_is(job_status(the_job(mini))->failed_indexes, failed_cases[_i].failed), "%s: %s", failed_cases[_i].name,
                  job_status(the_job(mini))->failed_indexes);
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++) {
        const ApiObject *pod = mini_nth(mini, &pod_kind, i);

        if (job_pod_has_finalizer(pod) && str_is(pod_status(pod)->phase, "Failed"))
            g_string_append(kept, api_uid(pod));
    }
    ck_assert_msg(str_is(kept->str, failed_cases[_i].kept), "%s: kept %s", failed_cases[_i].name, kept->str);
    mini_end(mini);
}
END_TEST

/* v1.34 indexed_job_utils_test.go, TestGetNewIndexFailureCountValue: what the new pod of the index says. */
static const struct {
    const char *name, *pods, *failures, *ignored;
} count_cases[] = {
    {"first pod created", "", "0", NULL},
    {"replaced, no failure before", "F0/0", "1", NULL},
    {"replaced, some failures before", "F0/3", "4", NULL},
    {"replaced, ignored", "F0/3d", "3", "1"},
};

START_TEST(failure_counts)
{
    Mini *mini = mini_with("completionMode: Indexed, completions: 1, parallelism: 1, backoffLimitPerIndex: 9, podFailurePolicy: {rules: "
                           "[{action: Ignore, onPodConditions: [{type: DisruptionTarget, status: 'True'}]}]},");
    const StrMap *annotations;

    add_pods(mini, count_cases[_i].pods);
    sync_job(mini);
    annotations = &pod_of_index(mini, "0")->meta->annotations;
    ck_assert_str_eq(str_map_get(annotations, str_intern(JOB_INDEX_FAILURES)), count_cases[_i].failures);
    ck_assert_msg(str_is(str_map_get(annotations, str_intern(JOB_INDEX_IGNORED)), count_cases[_i].ignored), "%s", count_cases[_i].name);
    mini_end(mini);
}
END_TEST

/* v1.34 indexed_job_utils_test.go, TestGetIndexFailureCount. */
static const struct {
    const char *text;
    gint32 wanted;
} annotation_cases[] = {{NULL, 0}, {"2", 2}, {"2147483647", G_MAXINT32}, {"2147483648", 0}, {"-1", 0}, {"xyz", 0}};

START_TEST(failure_annotation)
{
    g_autoptr(ApiObject) pod = make_pod(NULL, "p", "n1", "Failed", FALSE);

    if (annotation_cases[_i].text != NULL)
        str_map_set(&api_edit_meta(pod)->annotations, str_intern(JOB_INDEX_FAILURES), str_intern(annotation_cases[_i].text));
    ck_assert_int_eq(job_pod_index_failures(pod), annotation_cases[_i].wanted);
}
END_TEST

/* --- the Job with limits per index --------------------------------------------------------------------------------- */

#define FAIL_INDEX_3 "podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [3]}}]},"
#define FAIL_JOB_3 "podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [3]}}]},"
#define IGNORE_3 "podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: [3]}}]},"

/* v1.34 job_controller_test.go, TestSyncJobWithJobBackoffLimitPerIndex. */
static const struct {
    const char *name, *spec, *pods;
    gint32 active, succeeded, failed, terminating;
    const char *completed, *failed_indexes, *conditions;
} per_index_cases[] = {
    {"successful job after a single failure within index", "parallelism: 2, completions: 2, backoffLimitPerIndex: 1,", "F0/0 s0/1 s1/0", 0,
     2, 1, 0, "0,1", "", "SuccessCriteriaMet=CompletionsReached Complete=CompletionsReached"},
    {"single failed pod, not counted as its replacement is not there", "parallelism: 2, completions: 2, backoffLimitPerIndex: 1,", "F0/0",
     2, 0, 0, 0, "", "", ""},
    {"single failed pod replaced already", "parallelism: 2, completions: 2, backoffLimitPerIndex: 1,", "F0/0 p0/1", 2, 0, 1, 0, "", "", ""},
    {"single failed index, the job continues", "parallelism: 2, completions: 2, backoffLimitPerIndex: 1,", "F0/1", 1, 0, 1, 0, "", "0", ""},
    {"single failed index due to FailIndex", "parallelism: 2, completions: 2, backoffLimitPerIndex: 1, " FAIL_INDEX_3, "F0/0!3", 1, 0, 1,
     0, "", "0", ""},
    {"job failed due to FailJob", "parallelism: 2, completions: 2, backoffLimit: 6, backoffLimitPerIndex: 1, " FAIL_JOB_3, "F0/0!3", 0, 0,
     1, 0, "", "", "FailureTarget=PodFailurePolicy Failed=PodFailurePolicy"},
    {"job pod failure ignored", "parallelism: 2, completions: 2, backoffLimit: 6, backoffLimitPerIndex: 1, " IGNORE_3, "F0/0!3", 2, 0, 0, 0,
     "", "", ""},
    {"backoffLimit before backoffLimitPerIndex", "parallelism: 2, completions: 2, backoffLimit: 1, backoffLimitPerIndex: 1,", "F0/0 F1/0",
     0, 0, 2, 0, "", "", "FailureTarget=BackoffLimitExceeded Failed=BackoffLimitExceeded"},
    {"job failed due to failed indexes", "parallelism: 2, completions: 2, backoffLimitPerIndex: 1,", "F0/1 s1/0", 0, 1, 1, 0, "1", "0",
     "FailureTarget=FailedIndexes Failed=FailedIndexes"},
    {"more failed indexes than allowed", "parallelism: 4, completions: 4, backoffLimitPerIndex: 1, maxFailedIndexes: 1,",
     "F0/1 s1/0 F2/1 r3/0", 0, 1, 3, 1, "1", "0,2", "FailureTarget=MaxFailedIndexesExceeded"},
};

START_TEST(per_index)
{
    g_autofree char *spec = g_strdup_printf("completionMode: Indexed, %s", per_index_cases[_i].spec);
    Mini *mini = mini_with(spec);
    const JobStatus *status;

    add_pods(mini, per_index_cases[_i].pods);
    sync_job(mini);
    status = job_status(the_job(mini));
    ck_assert_msg(status->active == per_index_cases[_i].active && status->succeeded == per_index_cases[_i].succeeded &&
                      status->failed == per_index_cases[_i].failed && status->terminating.value == per_index_cases[_i].terminating,
                  "%s: %d active, %d succeeded, %d failed, %d terminating:\n%s", per_index_cases[_i].name, status->active,
                  status->succeeded, status->failed, status->terminating.value, mini->log->str);
    ck_assert_msg(str_is(status->completed_indexes == NULL ? "" : status->completed_indexes, per_index_cases[_i].completed) &&
                      str_is(status->failed_indexes, per_index_cases[_i].failed_indexes),
                  "%s: %s, %s", per_index_cases[_i].name, status->completed_indexes, status->failed_indexes);
    ck_assert_msg(str_is(print_conditions(mini), per_index_cases[_i].conditions), "%s: %s", per_index_cases[_i].name,
                  print_conditions(mini));
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

Suite *
job_index_suite(void)
{
    Suite *suite = suite_create("job-index");
    TCase *tests = tcase_create("job-index");

    tcase_add_loop_test(tests, index_sets, 0, G_N_ELEMENTS(set_cases));
    tcase_add_loop_test(tests, pending, 0, G_N_ELEMENTS(pending_cases));
    tcase_add_loop_test(tests, duplicates, 0, G_N_ELEMENTS(duplicate_cases));
    tcase_add_loop_test(tests, pod_names, 0, G_N_ELEMENTS(name_cases));
    tcase_add_loop_test(tests, failed_indexes, 0, G_N_ELEMENTS(failed_cases));
    tcase_add_loop_test(tests, failure_counts, 0, G_N_ELEMENTS(count_cases));
    tcase_add_loop_test(tests, failure_annotation, 0, G_N_ELEMENTS(annotation_cases));
    tcase_add_loop_test(tests, per_index, 0, G_N_ELEMENTS(per_index_cases));
    tcase_add_test(tests, index_fails);
    tcase_add_test(tests, index_waits_in_line);
    tcase_add_test(tests, index_fails_at_once);
    tcase_add_test(tests, too_many_indexes_fail);
    tcase_add_test(tests, elastic);
    suite_add_tcase(suite, tests);
    return suite;
}
