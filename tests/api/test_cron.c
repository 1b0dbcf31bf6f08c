/* Cron schedules: what they say and when they are due. */
#include "api/cron.h"
#include "base/duration.h"

#include <check.h>

Suite *cron_suite(void);

/* github.com/robfig/cron v3 spec_test.go, TestNext, without the field of seconds. */
static const struct {
    const char *after, *schedule, *zone, *next; /* next "": never */
} next_cases[] = {
    {"2012-07-09T14:45:00Z", "0/15 * * * *", NULL, "2012-07-09T15:00:00Z"},
    {"2012-07-09T14:59:59Z", "0/15 * * * *", NULL, "2012-07-09T15:00:00Z"},
    {"2012-07-09T15:45:00Z", "20-35/15 * * * *", NULL, "2012-07-09T16:20:00Z"},
    {"2012-07-09T23:46:00Z", "*/15 * * * *", NULL, "2012-07-10T00:00:00Z"},
    {"2012-07-09T23:45:00Z", "20-35/15 * * * *", NULL, "2012-07-10T00:20:00Z"},
    {"2012-07-09T23:35:00Z", "0 0 9 Apr-Oct ?", NULL, "2012-08-09T00:00:00Z"},
    {"2012-07-09T23:35:00Z", "0 0 */5 Oct Mon", NULL, "2012-10-01T00:00:00Z"},
    {"2012-07-09T23:35:00Z", "0 0 * Feb Mon", NULL, "2013-02-04T00:00:00Z"},
    {"2012-07-09T23:35:00Z", "0 0 * Feb Mon/2", NULL, "2013-02-01T00:00:00Z"},
    {"2012-07-09T23:35:00Z", "0 0 29 Feb ?", NULL, "2016-02-29T00:00:00Z"},
    {"2012-07-09T23:35:00Z", "@hourly", NULL, "2012-07-10T00:00:00Z"},
    {"2012-07-09T23:35:51Z", "@every 5s", NULL, "2012-07-09T23:35:56Z"},
    {"2012-07-09T23:35:00Z", "0 0 30 Feb ?", NULL, ""},
    {"2012-07-09T23:35:00Z", "0 0 31 Apr ?", NULL, ""},
    /* Summer time begins: two o'clock is not there. */
    {"2012-03-11T00:00:00-05:00", "30 2 11 Mar ?", "America/New_York", "2013-03-11T02:30:00-04:00"},
    {"2012-03-11T01:00:00-05:00", "0 * * * ?", "America/New_York", "2012-03-11T03:00:00-04:00"},
    {"2012-03-11T00:00:00-05:00", "0 1 * * ?", "America/New_York", "2012-03-11T01:00:00-05:00"},
    {"2012-03-11T00:00:00-05:00", "0 2 * * ?", "America/New_York", "2012-03-12T02:00:00-04:00"},
    {"2012-03-11T00:00:00-05:00", "0 3 * * ?", "America/New_York", "2012-03-11T03:00:00-04:00"},
    /* It ends: one o'clock is there twice. */
    {"2012-11-04T00:00:00-04:00", "30 1 04 Nov ?", "America/New_York", "2012-11-04T01:30:00-04:00"},
    {"2012-11-04T01:45:00-04:00", "30 1 04 Nov ?", "America/New_York", "2012-11-04T01:30:00-05:00"},
    {"2012-11-04T00:00:00-04:00", "0 2 * * ?", "America/New_York", "2012-11-04T02:00:00-05:00"},
};

START_TEST(next_time)
{
    const char *zone = next_cases[_i].zone;
    g_autofree char *problem = NULL;
    g_autofree char *text = NULL;
    CronSchedule schedule;
    gint64 after_ns;
    gint64 wanted_ns = 0;
    gint64 next_ns;

    if (zone != NULL && !cron_zone_is_known(zone))
        return; /* a machine without zones */
    ck_assert(time_parse_rfc3339(next_cases[_i].after, &after_ns));
    if (next_cases[_i].next[0] != '\0')
        ck_assert(time_parse_rfc3339(next_cases[_i].next, &wanted_ns));
    ck_assert_msg(cron_parse(next_cases[_i].schedule, &schedule, &problem), "%s", problem);
    next_ns = cron_next(&schedule, zone, after_ns);
    text = time_format_rfc3339(next_ns);
    ck_assert_msg(next_ns == wanted_ns, "%s after %s: %s", next_cases[_i].schedule, next_cases[_i].after, text);
    if (wanted_ns != 0 && zone != NULL) {
        g_autofree char *local = cron_format_time(zone, next_ns);

        ck_assert_str_eq(local, next_cases[_i].next);
    }
}
END_TEST

/* github.com/robfig/cron v3 parser_test.go, TestParseSchedule, TestRange, TestStandardSpecSchedule. */
static const struct {
    const char *schedule, *problem; /* problem NULL: fine */
} parse_cases[] = {
    {"* * * * *", NULL},
    {"5 * * * *", NULL},
    {"0-59/5 ? JAN-dec sun-SAT", "expected exactly 5 fields, found 4: [0-59/5 ? JAN-dec sun-SAT]"},
    {"0-59/5 0 ? JAN-dec sun-SAT", NULL},
    {"@midnight", NULL},
    {"@unrecognized", "unrecognized descriptor: @unrecognized"},
    {"5 j * * *", "failed to parse int from j: strconv.Atoi: parsing \"j\": invalid syntax"},
    {"* * * * 7", "end of range (7) above maximum (6): 7"},
    {"60 * * * *", "end of range (60) above maximum (59): 60"},
    {"5 4-2 * * *", "beginning of range (4) beyond end of range (2): 4-2"},
    {"* * 0 * *", "beginning of range (0) below minimum (1): 0"},
    {"*/0 * * * *", "step of range should be a positive number: */0"},
    {"1//2 * * * *", "too many slashes: 1//2"},
    {"1-2-3 * * * *", "too many hyphens: 1-2-3"},
    {"", "expected exactly 5 fields, found 0: []"},
};

START_TEST(parse)
{
    const char *wanted = parse_cases[_i].problem;
    g_autofree char *problem = NULL;
    CronSchedule schedule;
    gboolean is_fine = cron_parse(parse_cases[_i].schedule, &schedule, &problem);

    ck_assert_msg(is_fine == (wanted == NULL), "%s: %s", parse_cases[_i].schedule, problem);
    if (wanted != NULL)
        ck_assert_str_eq(problem, wanted);
}
END_TEST

Suite *
cron_suite(void)
{
    Suite *suite = suite_create("cron");
    TCase *tests = tcase_create("cron");

    tcase_add_loop_test(tests, next_time, 0, G_N_ELEMENTS(next_cases));
    tcase_add_loop_test(tests, parse, 0, G_N_ELEMENTS(parse_cases));
    suite_add_tcase(suite, tests);
    return suite;
}
