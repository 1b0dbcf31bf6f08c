/*
 * What may be written to a Job's status.
 *
 * Source: v1.34 pkg/apis/batch/validation/validation_test.go TestValidateJobUpdateStatus,
 * pkg/registry/batch/job/strategy_test.go TestStatusStrategy_ValidateUpdate; messages of validation.go.
 */
#include "test_support.h"

#define T1 "2026-01-05T09:00:00Z"
#define T2 "2026-01-05T10:00:00Z"
#define C(type) "{type: " type ", status: 'True'}"
#define DONE "startTime: " T1 ", completionTime: " T2 ", conditions: [" C("SuccessCriteriaMet") ", " C("Complete") "]"
#define PLAIN "completions: 5, parallelism: 5"
#define INDEXED PLAIN ", completionMode: Indexed"
#define PER_INDEX INDEXED ", backoffLimitPerIndex: 1"

static const struct {
    const char *name, *spec, *old, *now;
    const char *wanted; /* errors, one a line */
    guint minor;        /* 0: 34 */
} rows[] = {
    {"completes", PLAIN, "startTime: " T1, DONE, "", 0},
    {"negative counters", PLAIN, "", "active: -1, succeeded: -2, failed: -3, ready: -4, terminating: -5",
     "status.active: Invalid value: -1: must be greater than or equal to 0\nstatus.succeeded: Invalid value: -2: must be greater than or equal to 0\n"
     "status.failed: Invalid value: -3: must be greater than or equal to 0\nstatus.ready: Invalid value: -4: must be greater than or equal to 0\n"
     "status.terminating: Invalid value: -5: must be greater than or equal to 0\n"
     "status.failed: Invalid value: -3: cannot decrease the failed counter\nstatus.succeeded: Invalid value: -2: cannot decrease the succeeded counter\n", 0},
    {"a pod counted twice", PLAIN, "", "uncountedTerminatedPods: {succeeded: [a, b], failed: [c, a, '']}",
     "status.uncountedTerminatedPods.failed[1]: Duplicate value: \"a\"\nstatus.uncountedTerminatedPods.failed[2]: Invalid value: \"\": must not be empty\n", 0},
    {"Complete and Failed", PLAIN, "startTime: " T1,
     "startTime: " T1 ", completionTime: " T2 ", conditions: [" C("SuccessCriteriaMet") ", " C("Complete") ", " C("FailureTarget") ", " C("Failed") "]",
     "status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions\n"
     "status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions\n"
     "status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions\n"
     "status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions\n", 0},
    {"an end without its interim condition", PLAIN, "startTime: " T1, "startTime: " T1 ", conditions: [" C("Failed") "]",
     "status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition\n", 0},
    {"a time without an end", PLAIN, "startTime: " T1, "startTime: " T1 ", completionTime: " T2,
     "status.completionTime: Invalid value: \"" T2 "\": cannot set completionTime when there is no Complete=True condition\n", 0},
    {"an end without a time", PLAIN, "startTime: " T1, "startTime: " T1 ", conditions: [" C("SuccessCriteriaMet") ", " C("Complete") "]",
     "status.completionTime: Required value: completionTime is required for Complete jobs\n", 0},
    {"an end before the beginning", PLAIN, "", "startTime: " T2 ", completionTime: " T1 ", conditions: [" C("SuccessCriteriaMet") ", " C("Complete") "]",
     "status.completionTime: Invalid value: \"" T1 "\": completionTime cannot be set before startTime\n", 0},
    {"finished with pods at work", PLAIN, "startTime: " T1, DONE ", active: 1, terminating: 1, uncountedTerminatedPods: {failed: [a]}",
     "status.active: Invalid value: 1: active>0 is invalid for finished job\n"
     "status.uncountedTerminatedPods: Invalid value: {\"Succeeded\":null,\"Failed\":[\"a\"]}: uncountedTerminatedPods needs to be empty for finished job\n"
     "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job\n", 0},
    {"... which was so before", PLAIN, DONE ", active: 1", DONE ", active: 1, succeeded: 1", "", 0},
    {"indexes of a Job without", PLAIN, "", "completedIndexes: '1', failedIndexes: '2'",
     "status.completedIndexes: Invalid value: \"1\": cannot set non-empty completedIndexes when non-indexed completion mode\n"
     "status.failedIndexes: Invalid value: \"2\": cannot set non-null failedIndexes when backoffLimitPerIndex is null\n", 0},
    {"indexes out of order", INDEXED, "", "completedIndexes: '3,1'",
     "status.completedIndexes: Invalid value: \"3,1\": error parsing completedIndexes: non-increasing order, previous: 3, current: 1\n", 0},
    {"an index in both", PER_INDEX, "", "completedIndexes: '0,2-4', failedIndexes: '1,3'",
     "status.failedIndexes: Invalid value: \"1,3\": failedIndexes and completedIndexes overlap at index: 3\n", 0},
    {"counters go up", PLAIN, "failed: 3, succeeded: 3", "failed: 2, succeeded: 2",
     "status.failed: Invalid value: 2: cannot decrease the failed counter\nstatus.succeeded: Invalid value: 2: cannot decrease the succeeded counter\n", 0},
    {"... but an elastic Job may shrink", INDEXED, "succeeded: 3", "succeeded: 2", "", 0},
    {"an end is an end", PLAIN, DONE, "startTime: " T1,
     "status.conditions: Invalid value: cannot disable the terminal Complete=True condition\n"
     "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition\n", 0},
    {"a beginning is a beginning", PLAIN, "startTime: " T1, "startTime: " T2, "status.startTime: Required value: startTime cannot be removed for unsuspended job\n", 0},
    {"... unless suspended", PLAIN ", suspend: true", "startTime: " T1, "", "", 0},
    {"... or suspended until now", PLAIN, "startTime: " T1 ", conditions: [" C("Suspended") "]", "startTime: " T2, "", 0},
    {"more ready than active", PLAIN, "active: 2, ready: 2", "active: 1, ready: 2",
     "status.ready: Invalid value: 2: cannot set more ready pods than active\n", 0},
    {"... and none active", PLAIN, "active: 1, ready: 0", "ready: 1", "status.ready: Invalid value: 1: cannot set more ready pods than active\n", 0},
    {"... as many", PLAIN, "active: 1", "active: 2, ready: 2", "", 0},
    {"... which was so before", PLAIN, "active: 1, ready: 2", "active: 1, ready: 2, failed: 1", "", 0},
    {"nothing to complete, suspended: never began", "completions: 0, suspend: true", "",
     "completionTime: " T2 ", conditions: [" C("SuccessCriteriaMet") ", " C("Complete") "]", "", 0},
    {"nothing to complete: began", "completions: 0", "", "completionTime: " T2 ", conditions: [" C("SuccessCriteriaMet") ", " C("Complete") "]",
     "status.startTime: Required value: startTime is required for finished job\n", 0},
    {"1.31: nobody looks that closely", PLAIN, "startTime: " T1, "startTime: " T1 ", completionTime: " T2 ", active: 1, ready: 2", "", 31},
};

static ApiObject *
job_of(const char *spec, const char *status)
{
    g_autofree char *text = g_strdup_printf("apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n"
                                            "spec: {%s, template: {spec: {restartPolicy: Never, containers: [{name: a, image: i}]}}}\nstatus: {%s}\n",
                                            spec, status);

    return object_from_yaml(text);
}

START_TEST(test_row)
{
    g_autoptr(ApiObject) old = job_of(rows[_i].spec, rows[_i].old), now = job_of(rows[_i].spec, rows[_i].now);
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autoptr(GString) got = g_string_new(NULL);

    if (rows[_i].minor != 0)
        errors->profile = rows[_i].minor;
    job_kind.validate_status(now, old, errors);
    for (guint i = 0; i < errors->list.count; i++)
        g_string_append_printf(got, "%s\n", field_error_text(&errors->list.items[i]));
    ck_assert_msg(strcmp(got->str, rows[_i].wanted) == 0, "%s:\n--- got\n%s--- wanted\n%s", rows[_i].name, got->str, rows[_i].wanted);
}
END_TEST

Suite *
job_status_suite(void)
{
    Suite *suite = suite_create("job status");
    TCase *tcase = tcase_create("job status");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
