/* CronJob: due times, and whole syncs. */
#include "controllers/cronjob_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* The upstream tests' top of the hour: 2016-05-19T10:00:00Z, a Thursday. */
#define TOP (G_GINT64_CONSTANT(1463652000) * NS_PER_S)
#define MINUTES(n) ((n) * NS_PER_MIN)

/* --- due times ------------------------------------------------------------------------------------ */

/* v1.34 pkg/controller/cronjob/utils_test.go, TestNextScheduleTime and TestMostRecentScheduleTime. */
static const struct {
    const char *name, *schedule;
    gint64 created_ns, last_ns; /* from TOP; last 0: never ran */
    gint64 now_ns;
    int deadline_s;      /* -1: none */
    gint64 recent_ns;    /* from TOP; -1: none */
    MissedSchedules missed;
    gboolean is_invalid;
} due_cases[] = {
    {"created before, not due yet", "0 * * * *", -MINUTES(10), 0, -MINUTES(7), -1, -1, NONE_MISSED, FALSE},
    {"created before, due now", "0 * * * *", -MINUTES(10), 0, 2 * NS_PER_S, -1, 0, NONE_MISSED, FALSE},
    {"started at the top already", "0 * * * *", -MINUTES(70), 1, MINUTES(2), -1, -1, NONE_MISSED, FALSE},
    {"created at the top, next in an hour", "0 * * * *", 0, 0, 30 * NS_PER_S, -1, -1, NONE_MISSED, FALSE},
    {"a few missed", "0 * * * *", 10 * NS_PER_S, 0, MINUTES(301), -1, MINUTES(300), FEW_MISSED, FALSE},
    {"many missed", "0 * * * *", 10 * NS_PER_S, 0, MINUTES(60 * 24 * 10), -1, MINUTES(60 * 24 * 10), MANY_MISSED, FALSE},
    {"exactly a hundred", "0 * * * *", 0, 0, MINUTES(60 * 100), -1, MINUTES(60 * 100), FEW_MISSED, FALSE},
    {"a hundred and one", "0 * * * *", 0, 0, MINUTES(60 * 101), -1, MINUTES(60 * 101), MANY_MISSED, FALSE},
    {"many, but the deadline forgives", "0 * * * *", 10 * NS_PER_S, 0, MINUTES(60 * 24 * 10), 7200, MINUTES(60 * 24 * 10),
     FEW_MISSED, FALSE},
    {"later than the deadline: not seen", "0 * * * *", -MINUTES(70), -MINUTES(60), MINUTES(2), 60, -1, NONE_MISSED, FALSE},
    {"a deadline beyond all time", "0 * * * *", -MINUTES(10), 0, 2 * NS_PER_S, G_MAXINT32, 0, NONE_MISSED, FALSE},
    {"known last time, one needed", "0 * * * *", -MINUTES(10), 1, MINUTES(65), -1, MINUTES(60), NONE_MISSED, FALSE},
    {"known last time, two needed", "0 * * * *", -MINUTES(120), -MINUTES(60), MINUTES(65), -1, MINUTES(60), FEW_MISSED, FALSE},
    {"far ahead, no deadline", "0 * * * *", -MINUTES(120), -MINUTES(60), MINUTES(60 * 241), -1, MINUTES(60 * 241), MANY_MISSED, FALSE},
    {"far ahead, short deadline", "0 * * * *", -MINUTES(120), -MINUTES(60), MINUTES(60 * 241), 7200, MINUTES(60 * 241), FEW_MISSED,
     FALSE},
    {"now just after the next one", "0 * * * *", 0, 0, MINUTES(61), -1, MINUTES(60), NONE_MISSED, FALSE},
    {"complex schedule", "30 6-16/4 * * 1-5", 0, MINUTES(30), MINUTES(24 * 60 + 31), -1, MINUTES(24 * 60 + 30), FEW_MISSED, FALSE},
    {"another complex schedule", "30 10,11,12 * * 1-5", 0, MINUTES(30), MINUTES(30 * 60 + 30), -1, -1, FEW_MISSED, FALSE},
    {"complex schedule with longer diff", "30 6-16/4 * * 1-5", 0, MINUTES(30), MINUTES(96 * 60 + 31), -1, MINUTES(96 * 60 + 30),
     FEW_MISSED, FALSE},
    {"complex schedule with shorter diff", "30 6-16/4 * * 1-5", 0, 0, MINUTES(24 * 60 + 31), -1, MINUTES(24 * 60 + 30), FEW_MISSED,
     FALSE},
    {"@every, a week later", "@every 1h", -MINUTES(59), MINUTES(1), MINUTES(7 * 24 * 60), -1, MINUTES(6 * 24 * 60 + 23 * 60 + 1),
     MANY_MISSED, FALSE},
    {"created and last run at the same time", "0 * * * *", 0, 1, 30 * NS_PER_S, -1, -1, NONE_MISSED, FALSE},
    {"from the last run", "*/5 * * * *", 0, MINUTES(30), MINUTES(31), -1, -1, NONE_MISSED, FALSE},
    {"from the deadline, which is later", "*/5 * * * *", 0, MINUTES(30), MINUTES(32), 60, -1, NONE_MISSED, FALSE},
    {"@every counts from the creation", "@every 1h", 10 * NS_PER_S, 0, MINUTES(61), -1, MINUTES(60) + 10 * NS_PER_S,
     NONE_MISSED, FALSE},
    {"@every, several missed", "@every 1h", 10 * NS_PER_S, 0, MINUTES(301), -1, MINUTES(300) + 10 * NS_PER_S, FEW_MISSED,
     FALSE},
    {"unequal intervals", "30 6-16/4 * * 1-5", 10 * NS_PER_S, 0, MINUTES(60 * 23), -1, MINUTES(1230), FEW_MISSED, FALSE},
    {"unequal intervals: the jump lands in the night", "30 6-16/4 * * 1-5", 10 * NS_PER_S, 0, MINUTES(60 * 13), -1, -1,
     FEW_MISSED, FALSE},
    {"a day that no month has", "59 23 31 2 *", -MINUTES(10), 0, MINUTES(2), -1, -1, NONE_MISSED, TRUE},
};

static ApiObject *
make_cron_job(const char *schedule, const char *rest)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: c}, spec: {schedule: '%s', %s jobTemplate: {metadata: {labels: {a: b}}, spec: {template: "
        "{spec: {restartPolicy: Never, containers: [{name: c, image: 'i:1'}]}}}}}}",
        schedule, rest);

    return object_from_yaml(&cron_job_kind, text);
}

START_TEST(due_time)
{
    g_autofree char *rest = due_cases[_i].deadline_s < 0
                                ? g_strdup("")
                                : g_strdup_printf("startingDeadlineSeconds: %d,", due_cases[_i].deadline_s);
    g_autoptr(ApiObject) cron = make_cron_job(due_cases[_i].schedule, rest);
    g_autofree char *problem = NULL;
    gint64 recent_ns = due_cases[_i].recent_ns;
    gint64 last_ns = due_cases[_i].last_ns;
    CronSchedule schedule;
    CronDue due;

    api_edit_meta(cron)->creation_time = TOP + due_cases[_i].created_ns;
    if (last_ns != 0)
        ((CronJobStatus *)api_edit_status(cron))->last_schedule_time = TOP + (last_ns == 1 ? 0 : last_ns);
    ck_assert(cron_parse(due_cases[_i].schedule, &schedule, &problem));
    due = cron_due(cron, &schedule, TOP + due_cases[_i].now_ns, TRUE);
    ck_assert_msg(due.most_recent_ns == (recent_ns < 0 ? 0 : TOP + recent_ns), "%s: %" G_GINT64_FORMAT " s after the top",
                  due_cases[_i].name, (due.most_recent_ns - TOP) / NS_PER_S);
    ck_assert_msg(due.missed == due_cases[_i].missed, "%s: missed %d", due_cases[_i].name, due.missed);
    ck_assert_msg(due.is_invalid == due_cases[_i].is_invalid, "%s", due_cases[_i].name);
}
END_TEST

/* v1.34 pkg/controller/cronjob/utils_test.go, TestNextScheduleTimeDuration; the last three: TestControllerV2UpdateCronJob. */
static const struct {
    const char *schedule;
    gint64 created_ns, last_ns, now_ns, delay_ns; /* last 0: never ran */
} delay_cases[] = {
    {"0 12 * * 5", 0, 0, MINUTES(360), MINUTES(20 * 60) + 100 * NS_PER_MS},
    {"30 6-16/4 * * 1-5", 0, MINUTES(30), MINUTES(24 * 60 + 31), MINUTES(239) + 100 * NS_PER_MS},
    {"30 10,11,12 * * 1-5", 0, MINUTES(30), MINUTES(30 * 60 + 30), MINUTES(66 * 60) + 100 * NS_PER_MS},
    {"0 12 * * 4", 0, MINUTES(120), MINUTES(19 * 24 * 60 + 90), MINUTES(48 * 60 + 30) + 100 * NS_PER_MS},
    {"0 * * * *", -MINUTES(10), 0, -MINUTES(7), MINUTES(7) + 100 * NS_PER_MS},
    {"0 * * * *", -MINUTES(10), 0, MINUTES(1), MINUTES(59) + 100 * NS_PER_MS},
    {"59 23 31 2 *", -MINUTES(10), 0, MINUTES(1), -1},
    {"*/1 * * * *", -MINUTES(90), -MINUTES(1), -NS_PER_S, NS_PER_S + 100 * NS_PER_MS},
    {"@every 3m", -MINUTES(90), -MINUTES(1), -NS_PER_S, MINUTES(2) + NS_PER_S + 100 * NS_PER_MS},
    {"@every 1m", -MINUTES(90), -MINUTES(1), -NS_PER_S, NS_PER_S + 100 * NS_PER_MS},
};

START_TEST(rest_until_next)
{
    g_autoptr(ApiObject) cron = make_cron_job(delay_cases[_i].schedule, "");
    g_autofree char *problem = NULL;
    CronSchedule schedule;

    api_edit_meta(cron)->creation_time = TOP + delay_cases[_i].created_ns;
    if (delay_cases[_i].last_ns != 0)
        ((CronJobStatus *)api_edit_status(cron))->last_schedule_time = TOP + delay_cases[_i].last_ns;
    ck_assert(cron_parse(delay_cases[_i].schedule, &schedule, &problem));
    ck_assert_int_eq(cron_delay_ns(cron, &schedule, TOP + delay_cases[_i].now_ns), delay_cases[_i].delay_ns);
}
END_TEST

/* --- syncs ------------------------------------------------------------------------------------------ */

typedef enum { NO_JOB, ACTIVE_JOB, COMPLETE_JOB, FAILED_JOB, UNKNOWN_JOB, GONE_JOB } ThereIs;

static void
add_job(Mini *mini, ThereIs what)
{
    const ApiObject *cron = mini_get(mini, &cron_job_kind, "default", "c");
    ApiObject *job = cron_make_job(cron, TOP - MINUTES(59));
    ApiObject *changed;
    const ApiObject *stored = job;
    ObjectReference *reference;

    if (what == COMPLETE_JOB || what == FAILED_JOB)
        set_condition(&((JobStatus *)api_edit_status(job))->conditions, what == COMPLETE_JOB ? "Complete" : "Failed",
                      "True", NULL, TOP);
    if (what == COMPLETE_JOB)
        ((JobStatus *)api_edit_status(job))->completion_time = TOP - MINUTES(58);
    stored = mini_add(mini, job);
    if (what == UNKNOWN_JOB)
        return;
    changed = mini_edit(mini, &cron_job_kind, "c");
    reference = API_LIST_ADD(&((CronJobStatus *)api_edit_status(changed))->active);
    reference->namespace_ = str_intern("default");
    reference->name = api_name(stored);
    reference->uid = api_uid(stored);
    mini_put(mini, changed);
    if (what == GONE_JOB)
        mini_remove(mini, stored);
}

#define NAME_OLD "c-24394141"
#define NAME_NEW "c-24394200"
#define CREATED "create Job " NAME_NEW "\nevent Normal SuccessfulCreate Created job " NAME_NEW "\nstatus CronJob c"
#define NEXT_HOUR (MINUTES(59) + 100 * NS_PER_MS)

/*
 * v1.34 pkg/controller/cronjob/cronjob_controllerv2_test.go, TestControllerV2SyncCronJob; hourly, created at 8:59 and
 * last run at 9:01 if there is a Job or a last run, created at 9:59 else.
 */
static const struct {
    const char *name, *schedule, *rest;
    gboolean ran;
    ThereIs there;
    gint64 now_ns; /* from TOP */
    const char *log;
    guint active;
    gint64 requeue_ns; /* -1: none */
} sync_cases[] = {
    {"never ran, not valid schedule", "obvious error schedule", "", FALSE, NO_JOB, -MINUTES(1),
     "event Warning UnparseableSchedule unparseable schedule: \"obvious error schedule\" : expected exactly 5 fields, "
     "found 3: [obvious error schedule]",
     0, -1},
    {"never ran, not time, A", "0 * * * *", "", FALSE, NO_JOB, -MINUTES(1), "", 0, MINUTES(1) + 100 * NS_PER_MS},
    {"never ran, is time, A", "0 * * * *", "", FALSE, NO_JOB, MINUTES(1), CREATED, 1, NEXT_HOUR},
    {"never ran, is time, F", "0 * * * *", "concurrencyPolicy: Forbid,", FALSE, NO_JOB, MINUTES(1), CREATED, 1, NEXT_HOUR},
    {"never ran, is time, suspended", "0 * * * *", "suspend: true,", FALSE, NO_JOB, MINUTES(1), "", 0, -1},
    {"never ran, is time, past deadline", "0 * * * *", "startingDeadlineSeconds: 10,", FALSE, NO_JOB, MINUTES(1), "", 0,
     NEXT_HOUR},
    {"never ran, is time, not past deadline", "0 * * * *", "startingDeadlineSeconds: 100,", FALSE, NO_JOB, MINUTES(1),
     CREATED, 1, NEXT_HOUR},
    {"prev ran but done, not time", "0 * * * *", "", TRUE, COMPLETE_JOB, -MINUTES(1),
     "event Normal SawCompletedJob Saw completed job: " NAME_OLD ", condition: Complete\nstatus CronJob c", 0,
     MINUTES(1) + 100 * NS_PER_MS},
    {"prev ran and failed, is time", "0 * * * *", "", TRUE, FAILED_JOB, MINUTES(1),
     "event Normal SawCompletedJob Saw completed job: " NAME_OLD ", condition: Failed\n" CREATED, 1, NEXT_HOUR},
    {"still active, not time", "0 * * * *", "", TRUE, ACTIVE_JOB, -MINUTES(1), "", 1, MINUTES(1) + 100 * NS_PER_MS},
    {"still active, is time, A", "0 * * * *", "", TRUE, ACTIVE_JOB, MINUTES(1), CREATED, 2, NEXT_HOUR},
    {"still active, is time, F", "0 * * * *", "concurrencyPolicy: Forbid,", TRUE, ACTIVE_JOB, MINUTES(1),
     "event Normal JobAlreadyActive Not starting job because prior execution is running and concurrency policy is Forbid",
     1, NEXT_HOUR},
    {"still active, is time, R", "0 * * * *", "concurrencyPolicy: Replace,", TRUE, ACTIVE_JOB, MINUTES(1),
     "get Job " NAME_OLD "\ndelete Job " NAME_OLD " Background\nevent Normal SuccessfulDelete Deleted job " NAME_OLD
     "\n" CREATED,
     1, NEXT_HOUR},
    {"active, not in the list: told, and not counted", "0 * * * *", "concurrencyPolicy: Forbid,", TRUE, UNKNOWN_JOB,
     -MINUTES(1),
     "get CronJob c\nevent Warning UnexpectedJob Saw a job that the controller did not create or forgot: " NAME_OLD, 0,
     MINUTES(1) + 100 * NS_PER_MS},
    {"in the list, but gone", "0 * * * *", "", TRUE, GONE_JOB, -MINUTES(1),
     "get Job " NAME_OLD " -> 404\nevent Normal MissingJob Active job went missing: " NAME_OLD "\nstatus CronJob c", 0,
     MINUTES(1) + 100 * NS_PER_MS},
    {"never fires", "59 23 31 2 *", "", FALSE, NO_JOB, MINUTES(1),
     "event Warning InvalidSchedule invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 "
     "second",
     0, -1},
    {"a zone nobody knows", "0 * * * *", "timeZone: Mars/Base,", FALSE, NO_JOB, MINUTES(1),
     "event Warning UnknownTimeZone invalid timeZone: \"Mars/Base\": unknown time zone Mars/Base", 0, -1},
    {"many missed: told, and started all the same", "* * * * *", "", FALSE, NO_JOB, MINUTES(101),
     "event Warning TooManyMissedTimes too many missed start times. Set or decrease .spec.startingDeadlineSeconds or "
     "check clock skew\ncreate Job c-24394301\nevent Normal SuccessfulCreate Created job c-24394301\nstatus CronJob c",
     1, MINUTES(1) + 100 * NS_PER_MS},
};

START_TEST(whole_sync)
{
    Mini *mini = mini_new();
    ApiObject *cron = make_cron_job(sync_cases[_i].schedule, sync_cases[_i].rest);
    const CronJobStatus *status;

    mini->now_ns = TOP + sync_cases[_i].now_ns - MINI_EPOCH;
    api_edit_meta(cron)->creation_time = TOP - (sync_cases[_i].ran ? MINUTES(61) : MINUTES(1));
    if (sync_cases[_i].ran)
        ((CronJobStatus *)api_edit_status(cron))->last_schedule_time = TOP - MINUTES(59);
    mini_add(mini, cron);
    if (sync_cases[_i].there != NO_JOB)
        add_job(mini, sync_cases[_i].there);
    mini_sync(mini, &cron_job_controller, "default/c");
    mini_check_log(mini, sync_cases[_i].name, sync_cases[_i].log);
    status = cron_job_status(mini_get(mini, &cron_job_kind, "default", "c"));
    ck_assert_msg(status->active.count == sync_cases[_i].active, "%s: %u active", sync_cases[_i].name, status->active.count);
    ck_assert_msg(mini->requeue_ns == sync_cases[_i].requeue_ns, "%s: %" G_GINT64_FORMAT " ms", sync_cases[_i].name,
                  mini->requeue_ns / NS_PER_MS);
    if (sync_cases[_i].there == COMPLETE_JOB)
        ck_assert_int_eq(status->last_successful_time, TOP - MINUTES(58));
    mini_free(mini);
}
END_TEST

#define DELTA (100 * NS_PER_MS)
#define WEEK  MINUTES(7 * 24 * 60)
#define SHORT_DEAD 10
#define MEDIUM_DEAD 7200
#define LONG_DEAD 1000000
#define PRIOR_BEFORE (-MINUTES(61))
#define PRIOR_AFTER  (-MINUTES(59))

/*
 * v1.34 cronjob_controllerv2_test.go, TestControllerV2SyncCronJob, by numbers: A, F or R; a Job that is done (d) or active (a), of the
 * time given; times from TOP. A Job that is done is in no list, and tells only when it succeeded.
 */
static const struct {
    const char *name, *schedule;
    char policy;
    int deadline_s; /* -1: none */
    gint64 created_ns, last_ns; /* last 0: never ran */
    char there;
    gint64 job_ns, now_ns;
    guint created, deleted, active, warnings;
    gint64 requeue_ns;
    gboolean is_updated;
} table_cases[] = {
    {"never ran, not time, F", "0 * * * *", 'F', -1, -MINUTES(1), 0, 0, 0, -MINUTES(1), 0, 0, 0, 0, MINUTES(1) + DELTA, FALSE},
    {"never ran, not time, R", "0 * * * *", 'R', -1, -MINUTES(1), 0, 0, 0, -MINUTES(1), 0, 0, 0, 0, MINUTES(1) + DELTA, FALSE},
    {"never ran, is time, R", "0 * * * *", 'R', -1, -MINUTES(1), 0, 0, 0, MINUTES(1), 1, 0, 1, 0, NEXT_HOUR, TRUE},
    {"never ran, is time, TZ is set in schedule", "TZ=UTC 0 * * * *", 'A', -1, -MINUTES(1), 0, 0, 0, MINUTES(1), 1, 0, 1, 1, NEXT_HOUR,
     TRUE},
    {"never ran, is time, past deadline", "0 * * * *", 'A', SHORT_DEAD, -MINUTES(1), 0, 0, 0, MINUTES(12), 0, 0, 0, 0,
     MINUTES(48) + DELTA, FALSE},
    {"never ran, is time, not past deadline", "0 * * * *", 'A', LONG_DEAD, -MINUTES(1), 0, 0, 0, MINUTES(1), 1, 0, 1, 0, NEXT_HOUR, TRUE},
    {"done, not time, A", "0 * * * *", 'A', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, -MINUTES(1), 0, 0, 0, 0, MINUTES(1) + DELTA,
     TRUE},
    {"done, not time, F", "0 * * * *", 'F', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, -MINUTES(1), 0, 0, 0, 0, MINUTES(1) + DELTA,
     TRUE},
    {"done, not time, R", "0 * * * *", 'R', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, -MINUTES(1), 0, 0, 0, 0, MINUTES(1) + DELTA,
     TRUE},
    {"done, is time, A", "0 * * * *", 'A', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, MINUTES(1), 1, 0, 1, 0, NEXT_HOUR, TRUE},
    {"done, is time, F", "0 * * * *", 'F', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, MINUTES(1), 1, 0, 1, 0, NEXT_HOUR, TRUE},
    {"done, is time, R", "0 * * * *", 'R', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, MINUTES(1), 1, 0, 1, 0, NEXT_HOUR, TRUE},
    {"done, is time, past deadline", "0 * * * *", 'A', SHORT_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, MINUTES(1), 0, 0, 0, 0,
     NEXT_HOUR, TRUE},
    {"done, is time, not past deadline", "0 * * * *", 'A', LONG_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, MINUTES(1), 1, 0, 1, 0,
     NEXT_HOUR, TRUE},
    {"still active, not time, F", "0 * * * *", 'F', -1, PRIOR_BEFORE, PRIOR_AFTER, 'a', PRIOR_AFTER, -MINUTES(1), 0, 0, 1, 0,
     MINUTES(1) + DELTA, FALSE},
    {"still active, not time, R", "0 * * * *", 'R', -1, PRIOR_BEFORE, PRIOR_AFTER, 'a', PRIOR_AFTER, -MINUTES(1), 0, 0, 1, 0,
     MINUTES(1) + DELTA, FALSE},
    {"still active, is time, R", "0 * * * *", 'R', -1, PRIOR_BEFORE, PRIOR_AFTER, 'a', PRIOR_AFTER, MINUTES(1), 1, 1, 1, 0, NEXT_HOUR,
     TRUE},
    {"still active, is time, past deadline", "0 * * * *", 'A', SHORT_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'a', PRIOR_AFTER, MINUTES(1), 0, 0,
     1, 0, NEXT_HOUR, FALSE},
    {"still active, is time, not past deadline", "0 * * * *", 'A', LONG_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'a', PRIOR_AFTER, MINUTES(1), 1,
     0, 2, 0, NEXT_HOUR, TRUE},
    {"done, long overdue, not past deadline, A", "0 * * * *", 'A', LONG_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, WEEK, 1, 0, 1,
     1, MINUTES(60) + DELTA, TRUE},
    {"done, long overdue, not past deadline, R", "0 * * * *", 'R', LONG_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, WEEK, 1, 0, 1,
     1, MINUTES(60) + DELTA, TRUE},
    {"done, long overdue, not past deadline, F", "0 * * * *", 'F', LONG_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, WEEK, 1, 0, 1,
     1, MINUTES(60) + DELTA, TRUE},
    {"done, long overdue, no deadline, A", "0 * * * *", 'A', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, WEEK, 1, 0, 1, 1,
     MINUTES(60) + DELTA, TRUE},
    {"done, long overdue, past medium deadline, A", "0 * * * *", 'A', MEDIUM_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, WEEK, 1, 0,
     1, 0, MINUTES(60) + DELTA, TRUE},
    {"done, long overdue, past short deadline, A", "0 * * * *", 'A', SHORT_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, WEEK, 1, 0,
     1, 0, MINUTES(60) + DELTA, TRUE},
    {"done, long overdue, past short deadline, F", "0 * * * *", 'F', SHORT_DEAD, PRIOR_BEFORE, PRIOR_AFTER, 'd', PRIOR_AFTER, WEEK, 1, 0,
     1, 0, MINUTES(60) + DELTA, TRUE},
    {"done, time drifted back, F", "0 * * * *", 'F', -1, PRIOR_BEFORE, PRIOR_AFTER, 'd', MINUTES(1), -MINUTES(1), 0, 0, 0, 0,
     MINUTES(1) + DELTA, TRUE},
    {"@every, never ran, not time", "@every 1h", 'A', -1, -MINUTES(1), 0, 0, 0, 0, 0, 0, 0, 0, MINUTES(59) + DELTA, FALSE},
    {"@every, never ran, is time", "@every 1h", 'A', -1, PRIOR_BEFORE, 0, 0, 0, -MINUTES(1), 1, 0, 1, 0, MINUTES(60) + DELTA, TRUE},
    {"@every, never ran, past deadline", "@every 1h", 'A', SHORT_DEAD, PRIOR_BEFORE, 0, 0, 0, -MINUTES(1) + 11 * NS_PER_S, 0, 0, 0, 0,
     MINUTES(60) - 11 * NS_PER_S + DELTA, FALSE},
    {"@every, never ran, not past deadline", "@every 1h", 'A', LONG_DEAD, PRIOR_BEFORE, 0, 0, 0, -MINUTES(1) + 9 * NS_PER_S, 1, 0, 1, 0,
     MINUTES(60) - 9 * NS_PER_S + DELTA, TRUE},
    {"@every, done, not time", "@every 1h", 'A', -1, PRIOR_BEFORE, -MINUTES(1), 'd', PRIOR_BEFORE, 0, 0, 0, 0, 0, MINUTES(59) + DELTA, TRUE},
    {"@every, done, is time", "@every 1h", 'A', -1, PRIOR_BEFORE, -MINUTES(1), 'd', PRIOR_BEFORE, MINUTES(60), 1, 0, 1, 0,
     MINUTES(59) + DELTA, TRUE},
    {"@every, done, past deadline", "@every 1h", 'A', SHORT_DEAD, PRIOR_BEFORE, -MINUTES(1), 'd', PRIOR_BEFORE,
     MINUTES(59) + 11 * NS_PER_S, 0, 0, 0, 0, MINUTES(60) - 11 * NS_PER_S + DELTA, TRUE},
    {"@every, still active, not time", "@every 1h", 'A', -1, PRIOR_BEFORE, -MINUTES(1), 'a', -MINUTES(1), 0, 0, 0, 1, 0,
     MINUTES(59) + DELTA, FALSE},
    {"@every, still active, is time", "@every 1h", 'A', -1, PRIOR_BEFORE, PRIOR_BEFORE, 'a', PRIOR_BEFORE, MINUTES(1), 1, 0, 2, 0,
     MINUTES(58) + DELTA, TRUE},
    {"@every, still active, past deadline", "@every 1h", 'A', SHORT_DEAD, PRIOR_BEFORE, -MINUTES(1), 'a', -MINUTES(1),
     MINUTES(59) + 11 * NS_PER_S, 0, 0, 1, 0, MINUTES(60) - 11 * NS_PER_S + DELTA, FALSE},
    {"@every, still active, not past deadline", "@every 1h", 'A', LONG_DEAD, PRIOR_BEFORE, -MINUTES(1), 'a', -MINUTES(1),
     MINUTES(59) + 9 * NS_PER_S, 1, 0, 2, 0, MINUTES(60) - 9 * NS_PER_S + DELTA, TRUE},
    {"@every, done, long overdue, no deadline", "@every 1h", 'A', -1, PRIOR_AFTER, MINUTES(1), 'd', PRIOR_AFTER, WEEK, 1, 0, 1, 1,
     MINUTES(1) + DELTA, TRUE},
    {"@every, done, long overdue, past deadline", "@every 1h", 'A', SHORT_DEAD, PRIOR_AFTER, MINUTES(1), 'd', PRIOR_AFTER,
     WEEK + MINUTES(1) + 11 * NS_PER_S, 0, 0, 0, 0, MINUTES(60) - 11 * NS_PER_S + DELTA, TRUE},
};

/* One that is done ended 10 s after it was made. */
static void
add_prior_job(Mini *mini, char what, gint64 job_ns)
{
    ApiObject *job = cron_make_job(mini_get(mini, &cron_job_kind, "default", "c"), TOP + job_ns);
    JobStatus *status = api_edit_status(job);
    ApiObject *cron;
    ObjectReference *reference;

    api_edit_meta(job)->uid = str_intern("1234");
    if (what == 'd') {
        status->completion_time = TOP + job_ns + 10 * NS_PER_S;
        set_condition(&status->conditions, "Complete", "True", NULL, TOP);
        mini_add(mini, job);
        return;
    }
    cron = mini_edit(mini, &cron_job_kind, "c");
    reference = API_LIST_ADD(&((CronJobStatus *)api_edit_status(cron))->active);
    reference->namespace_ = str_intern("default");
    reference->name = api_name(job);
    reference->uid = api_uid(job);
    mini_put(mini, cron);
    mini_add(mini, job);
}

static guint
count_text(const Mini *mini, const char *text)
{
    guint count = 0;

    for (const char *at = strstr(mini->log->str, text); at != NULL; at = strstr(at + 1, text))
        count++;
    return count;
}

START_TEST(table)
{
    const char *name = table_cases[_i].name;
    g_autofree char *deadline =
        table_cases[_i].deadline_s < 0 ? g_strdup("") : g_strdup_printf("startingDeadlineSeconds: %d,", table_cases[_i].deadline_s);
    g_autofree char *rest = g_strdup_printf(
        "concurrencyPolicy: %s, %s", table_cases[_i].policy == 'A' ? "Allow" : table_cases[_i].policy == 'F' ? "Forbid" : "Replace", deadline);
    Mini *mini = mini_new();
    ApiObject *cron = make_cron_job(table_cases[_i].schedule, rest);
    const CronJobStatus *status;

    mini->now_ns = TOP + table_cases[_i].now_ns - MINI_EPOCH;
    api_edit_meta(cron)->creation_time = TOP + table_cases[_i].created_ns;
    if (table_cases[_i].last_ns != 0)
        ((CronJobStatus *)api_edit_status(cron))->last_schedule_time = TOP + table_cases[_i].last_ns;
    mini_add(mini, cron);
    if (table_cases[_i].there != 0)
        add_prior_job(mini, table_cases[_i].there, table_cases[_i].job_ns);
    mini_sync(mini, &cron_job_controller, "default/c");
    status = cron_job_status(mini_get(mini, &cron_job_kind, "default", "c"));
    ck_assert_msg(count_text(mini, "create Job ") == table_cases[_i].created && count_text(mini, "delete Job ") == table_cases[_i].deleted &&
                      count_text(mini, "event Warning ") == table_cases[_i].warnings,
                  "%s:\n%s", name, mini->log->str);
    ck_assert_msg(status->active.count == table_cases[_i].active, "%s: %u active", name, status->active.count);
    ck_assert_msg((count_text(mini, "status CronJob c") > 0) == table_cases[_i].is_updated, "%s:\n%s", name, mini->log->str);
    ck_assert_msg(mini->requeue_ns == table_cases[_i].requeue_ns, "%s: %" G_GINT64_FORMAT " ms", name, mini->requeue_ns / NS_PER_MS);
    if (table_cases[_i].there == 'd')
        ck_assert_int_eq(status->last_successful_time, TOP + table_cases[_i].job_ns + 10 * NS_PER_S);
    mini_free(mini);
}
END_TEST

/* The server's list has the new Job only by the time the CronJob is read. */
static void
replace_active(Mini *mini, const PlanStep *step)
{
    ApiObject *changed;
    ObjectReference *reference;

    if (step->type != STEP_DELETE)
        return;
    changed = mini_edit(mini, &cron_job_kind, "c");
    reference = ((CronJobStatus *)api_edit_status(changed))->active.items;
    reference->name = str_intern("new");
    reference->uid = str_intern("new");
    mini_put(mini, changed);
}

/*
 * v1.34 cronjob_controllerv2.go, syncCronJob: once the server's CronJob is taken for the cached one, which lacks a Job
 * that runs, what is missing is asked of its list: the Job that was replaced is in that no more.
 */
START_TEST(behind_a_replacement)
{
    Mini *mini = mini_new();
    ApiObject *cron = make_cron_job("0 * * * *", "concurrencyPolicy: Replace, successfulJobsHistoryLimit: 0,");
    ApiObject *fresh;
    ApiObject *ended;

    mini->now_ns = TOP - MINUTES(1) - MINI_EPOCH;
    api_edit_meta(cron)->creation_time = TOP - MINUTES(61);
    ((CronJobStatus *)api_edit_status(cron))->last_schedule_time = TOP - MINUTES(59);
    mini_add(mini, cron);
    add_job(mini, GONE_JOB);
    cron = mini_edit(mini, &cron_job_kind, "c");
    fresh = cron_make_job(cron, TOP - MINUTES(59));
    api_edit_meta(fresh)->name = api_edit_meta(fresh)->uid = str_intern("new");
    mini_add(mini, fresh);
    ended = cron_make_job(cron, TOP - MINUTES(59));
    api_edit_meta(ended)->name = str_intern("ended");
    set_condition(&((JobStatus *)api_edit_status(ended))->conditions, "Complete", "True", NULL, TOP);
    mini_add(mini, ended);
    mini_put(mini, cron);
    mini->after_step = replace_active;
    mini_sync(mini, &cron_job_controller, "default/c");
    ck_assert_msg(strstr(mini->log->str, "MissingJob") == NULL && strstr(mini->log->str, "UnexpectedJob") == NULL, "%s",
                  mini->log->str);
    mini_free(mini);
}
END_TEST

/* What is started: name, owner, annotation in the zone's own time; getJobFromTemplate2. */
START_TEST(started_job)
{
    Mini *mini = mini_new();
    const ApiObject *job;
    const CronJobStatus *status;
    ApiObject *cron = make_cron_job("0 * * * *", "timeZone: Asia/Kolkata,");

    if (!cron_zone_is_known("Asia/Kolkata"))
        return;
    mini->now_ns = TOP + MINUTES(31) - MINI_EPOCH;
    api_edit_meta(cron)->creation_time = TOP;
    mini_add(mini, cron);
    mini_sync(mini, &cron_job_controller, "default/c");
    job = mini_get(mini, &job_kind, "default", "c-24394230");
    ck_assert_ptr_nonnull(job);
    ck_assert(api_is_controlled_by(job, mini_get(mini, &cron_job_kind, "default", "c")));
    ck_assert_str_eq(str_map_get(&job->meta->annotations, str_intern("batch.kubernetes.io/cronjob-scheduled-timestamp")),
                     "2016-05-19T16:00:00+05:30");
    ck_assert_str_eq(str_map_get(&job->meta->labels, str_intern("a")), "b");
    status = cron_job_status(mini_get(mini, &cron_job_kind, "default", "c"));
    ck_assert_int_eq(status->last_schedule_time, TOP + MINUTES(30));
    ck_assert_str_eq(status->active.items[0].uid, api_uid(job));
    mini_sync(mini, &cron_job_controller, "default/c");
    mini_check_log(mini, "started already", "");
    mini_free(mini);
}
END_TEST

/* v1.34 cronjob_controllerv2_test.go, TestControllerV2CleanupFinishedJobs: the oldest go, each sort by its own limit. */
START_TEST(history)
{
    Mini *mini = mini_new();

    mini->now_ns = TOP + MINUTES(10) - MINI_EPOCH;
    mini_add(mini, make_cron_job("0 * * * *", "successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1,"));
    for (int i = 0; i < 6; i++) {
        ApiObject *job = cron_make_job(mini_get(mini, &cron_job_kind, "default", "c"), TOP - MINUTES(60 * (i + 1)));
        JobStatus *status = api_edit_status(job);

        status->start_time = TOP - MINUTES(60 * (i + 1));
        set_condition(&status->conditions, i % 2 == 0 ? "Complete" : "Failed", "True", NULL, TOP);
        mini_add(mini, job);
    }
    mini_sync(mini, &cron_job_controller, "default/c");
    mini_check_log(mini, "history",
                   "delete Job c-24393900 Background\nevent Normal SuccessfulDelete Deleted job c-24393900\n"
                   "delete Job c-24393840 Background\nevent Normal SuccessfulDelete Deleted job c-24393840\n"
                   "delete Job c-24393960 Background\nevent Normal SuccessfulDelete Deleted job c-24393960\n"
                   "status CronJob c");
    mini_free(mini);
}
END_TEST

/* The name is taken: by a Job of ours it counts as started, by another's it does not. */
static const struct {
    gboolean is_ours;
    const char *log;
    guint active;
} taken_cases[] = {
    {TRUE, "create Job " NAME_NEW " -> 409\nget Job " NAME_NEW "\nstatus CronJob c", 1},
    {FALSE, "create Job " NAME_NEW " -> 409\nget Job " NAME_NEW, 0},
};

START_TEST(taken)
{
    Mini *mini = mini_new();
    ApiObject *cron = make_cron_job("0 * * * *", "");
    ApiObject *job;

    mini->now_ns = TOP + MINUTES(1) - MINI_EPOCH;
    api_edit_meta(cron)->creation_time = TOP - MINUTES(1);
    mini_add(mini, cron);
    job = cron_make_job(cron, TOP);
    if (!taken_cases[_i].is_ours)
        api_list_remove((ApiList *)&api_edit_meta(job)->owner_references, sizeof(OwnerReference), 0);
    else
        set_condition(&((JobStatus *)api_edit_status(job))->conditions, "Complete", "True", NULL, TOP);
    mini_add(mini, job);
    mini_sync(mini, &cron_job_controller, "default/c");
    mini_check_log(mini, "taken", taken_cases[_i].log);
    ck_assert_uint_eq(cron_job_status(mini_get(mini, &cron_job_kind, "default", "c"))->active.count,
                      taken_cases[_i].active);
    mini_free(mini);
}
END_TEST

Suite *
cron_job_suite(void)
{
    Suite *suite = suite_create("cronjob");
    TCase *tests = tcase_create("cronjob");

    tcase_add_loop_test(tests, due_time, 0, G_N_ELEMENTS(due_cases));
    tcase_add_loop_test(tests, rest_until_next, 0, G_N_ELEMENTS(delay_cases));
    tcase_add_loop_test(tests, whole_sync, 0, G_N_ELEMENTS(sync_cases));
    tcase_add_loop_test(tests, table, 0, G_N_ELEMENTS(table_cases));
    tcase_add_test(tests, behind_a_replacement);
    tcase_add_test(tests, started_job);
    tcase_add_test(tests, history);
    tcase_add_loop_test(tests, taken, 0, G_N_ELEMENTS(taken_cases));
    suite_add_tcase(suite, tests);
    return suite;
}
