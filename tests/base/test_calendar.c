/* Calendar times: RFC 3339 section 5.8, known instants, the calendar's seams. */

#include "base/duration.h"

#include <check.h>

Suite *calendar_suite(void);

#define DAY (24 * NS_PER_HOUR)

/* Instants as whole seconds, checked with `date -u -d @SECONDS`. */
static const struct {
    gint64 unix_s;
    const char *rfc3339;
    const char *rfc1123;
} time_cases[] = {
    {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
    {-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000"},
    {951782399, "2000-02-28T23:59:59Z", "Mon, 28 Feb 2000 23:59:59 +0000"},
    {951782400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 +0000"},
    {951868800, "2000-03-01T00:00:00Z", "Wed, 01 Mar 2000 00:00:00 +0000"},
    {1709164800, "2024-02-29T00:00:00Z", "Thu, 29 Feb 2024 00:00:00 +0000"},
    {1735689599, "2024-12-31T23:59:59Z", "Tue, 31 Dec 2024 23:59:59 +0000"},
    {1795162576, "2026-11-20T08:16:16Z", "Fri, 20 Nov 2026 08:16:16 +0000"},
    {4107542400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 +0000"},
    {-2203891201, "1900-02-28T23:59:59Z", "Wed, 28 Feb 1900 23:59:59 +0000"},
    {9223372036, "2262-04-11T23:47:16Z", "Fri, 11 Apr 2262 23:47:16 +0000"},
};

START_TEST(test_known_instants)
{
    gint64 unix_ns = time_cases[_i].unix_s * NS_PER_S;
    g_autofree char *rfc3339 = time_format_rfc3339(unix_ns);
    g_autofree char *rfc1123 = time_format_rfc1123(unix_ns);
    gint64 back_ns;

    ck_assert_str_eq(rfc3339, time_cases[_i].rfc3339);
    ck_assert_str_eq(rfc1123, time_cases[_i].rfc1123);
    ck_assert(time_parse_rfc3339(rfc3339, &back_ns));
    ck_assert_int_eq(back_ns, unix_ns);
}
END_TEST

START_TEST(test_every_day_of_500_years)
{
    for (gint64 day = -100000; day < 106000; day++) {
        g_autofree char *text = time_format_rfc3339(day * DAY);
        gint64 back_ns;
        ck_assert(time_parse_rfc3339(text, &back_ns));
        ck_assert_int_eq(back_ns, day * DAY);
    }
}
END_TEST

START_TEST(test_fractions)
{
    g_autofree char *micro = time_format_micro(1795162576 * NS_PER_S + 123456789);
    g_autofree char *whole = time_format_micro(1795162576 * NS_PER_S);
    g_autofree char *before = time_format_micro(-1);
    g_autofree char *cut = time_format_rfc3339(1795162576 * NS_PER_S + 999999999);

    ck_assert_str_eq(micro, "2026-11-20T08:16:16.123456Z");
    ck_assert_str_eq(whole, "2026-11-20T08:16:16.000000Z");
    ck_assert_str_eq(before, "1969-12-31T23:59:59.999999Z");
    ck_assert_str_eq(cut, "2026-11-20T08:16:16Z");
}
END_TEST

/* RFC 3339 section 5.8 and its grammar. */
static const struct {
    const char *text;
    gint64 want_ns;
} parse_cases[] = {
    {"1985-04-12T23:20:50.52Z", 482196050 * NS_PER_S + 520 * NS_PER_MS},
    {"1996-12-19T16:39:57-08:00", 851042397 * NS_PER_S},
    {"1937-01-01T12:00:27.87+00:20", -1041337173 * NS_PER_S + 870 * NS_PER_MS},
    {"2026-11-20T08:16:16.123456Z", 1795162576 * NS_PER_S + 123456 * NS_PER_US},
    {"2026-11-20T08:16:16.1234567891234Z", 1795162576 * NS_PER_S + 123456789},
    {"2026-11-20T08:16:16+00:00", 1795162576 * NS_PER_S},
    {"2262-04-11T23:47:16.854775807Z", G_MAXINT64},
    {"1677-09-21T00:12:43.145224192Z", G_MININT64},
};

START_TEST(test_parse)
{
    gint64 got_ns;

    ck_assert_msg(time_parse_rfc3339(parse_cases[_i].text, &got_ns), "%s", parse_cases[_i].text);
    ck_assert_int_eq(got_ns, parse_cases[_i].want_ns);
}
END_TEST

static const char *const bad_cases[] = {
    "",
    "2026-11-20",
    "2026-11-20T08:16:16",
    "2026-11-20 08:16:16Z",
    "2026-11-20T08:16Z",
    "2026-13-20T08:16:16Z",
    "2026-00-20T08:16:16Z",
    "2026-11-31T08:16:16Z",
    "2026-02-29T08:16:16Z",
    "2100-02-29T08:16:16Z",
    "2026-11-00T08:16:16Z",
    "2026-11-20T24:16:16Z",
    "2026-11-20T08:60:16Z",
    "2026-11-20T08:16:60Z",
    "2026-11-20T08:16:16.Z",
    "2026-11-20T08:16:16Zx",
    "2026-11-20T08:16:16+0200",
    "2026-11-20T08:16:16+24:00",
    "2026-11-20t08:16:16z",
    "26-11-20T08:16:16Z",
    "2262-04-11T23:47:16.854775808Z",
    "9999-01-01T00:00:00Z",
};

START_TEST(test_parse_refuses)
{
    gint64 got_ns = 77;

    ck_assert_msg(!time_parse_rfc3339(bad_cases[_i], &got_ns), "%s", bad_cases[_i]);
    ck_assert_int_eq(got_ns, 77);
    ck_assert(!time_parse_rfc3339(NULL, &got_ns));
}
END_TEST

Suite *
calendar_suite(void)
{
    Suite *suite = suite_create("calendar");
    TCase *tcase = tcase_create("calendar");

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, test_known_instants, 0, G_N_ELEMENTS(time_cases));
    tcase_add_test(tcase, test_every_day_of_500_years);
    tcase_add_test(tcase, test_fractions);
    tcase_add_loop_test(tcase, test_parse, 0, G_N_ELEMENTS(parse_cases));
    tcase_add_loop_test(tcase, test_parse_refuses, 0, G_N_ELEMENTS(bad_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
