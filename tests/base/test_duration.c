/* Durations: Go time_test.go, apimachinery v0.34 pkg/util/duration/duration_test.go. */

#include "base/duration.h"

#include <check.h>

Suite *duration_suite(void);

/* Go time_test.go parseDurationTests; days are a scenario's own. */
static const struct {
    const char *text;
    gint64 want_ns;
} parse_cases[] = {
    {"0", 0},
    {"5s", 5 * NS_PER_S},
    {"1478s", 1478 * NS_PER_S},
    {"-5s", -5 * NS_PER_S},
    {"+5s", 5 * NS_PER_S},
    {"-0", 0},
    {"+0", 0},
    {"5.0s", 5 * NS_PER_S},
    {"5.6s", 5600 * NS_PER_MS},
    {"5.s", 5 * NS_PER_S},
    {".5s", 500 * NS_PER_MS},
    {"1.004s", 1004 * NS_PER_MS},
    {"1.0040s", 1004 * NS_PER_MS},
    {"100.00100s", 100001 * NS_PER_MS},
    {"10ns", 10},
    {"11us", 11 * NS_PER_US},
    {"12\xc2\xb5s", 12 * NS_PER_US},
    {"12\xce\xbcs", 12 * NS_PER_US},
    {"13ms", 13 * NS_PER_MS},
    {"15m", 15 * NS_PER_MIN},
    {"16h", 16 * NS_PER_HOUR},
    {"3h30m", 3 * NS_PER_HOUR + 30 * NS_PER_MIN},
    {"10.5s4m", 4 * NS_PER_MIN + 10500 * NS_PER_MS},
    {"-2m3.4s", -(2 * NS_PER_MIN + 3400 * NS_PER_MS)},
    {"1h2m3s4ms5us6ns", G_GINT64_CONSTANT(3723004005006)},
    {"39h9m14.425s", 39 * NS_PER_HOUR + 9 * NS_PER_MIN + 14425 * NS_PER_MS},
    {"52763797000ns", G_GINT64_CONSTANT(52763797000)},
    {"0.3333333333333333333h", 20 * NS_PER_MIN},
    {"9007199254740993ns", G_GINT64_CONSTANT(9007199254740993)},
    {"9223372036854775807ns", G_MAXINT64},
    {"9223372036854775.807us", G_MAXINT64},
    {"9223372036s854ms775us807ns", G_MAXINT64},
    {"-9223372036854775808ns", G_MININT64},
    {"-9223372036854775.808us", G_MININT64},
    {"-2562047h47m16.854775808s", G_MININT64},
    {"0.100000000000000000000h", 6 * NS_PER_MIN},
    {"0.830103483285477580700h", 49 * NS_PER_MIN + 48 * NS_PER_S + 372539827},
    {"2d", 48 * NS_PER_HOUR},
    {"1d12h", 36 * NS_PER_HOUR},
};

START_TEST(test_parse)
{
    gint64 got_ns = -1;

    ck_assert_msg(duration_parse(parse_cases[_i].text, &got_ns), "%s", parse_cases[_i].text);
    ck_assert_msg(got_ns == parse_cases[_i].want_ns, "%s: %" G_GINT64_FORMAT, parse_cases[_i].text,
                  got_ns);
}
END_TEST

/* Go time_test.go parseDurationErrorTests. */
static const char *const bad_cases[] = {
    "",
    "3",
    "-",
    "s",
    ".",
    "-.",
    ".s",
    "+.s",
    "\x85\x85",
    "\xff\xff",
    "hello \xff\xff world",
    "9223372036854775810ns",
    "9223372036854775808ns",
    "-9223372036854775809ns",
    "9223372036854776us",
    "3000000h",
    "9223372036854775.808us",
    "9223372036854ms775us808ns",
    "1 s",
    "1s ",
    "1w",
    "1S",
    "--1s",
    "106752d",
};

START_TEST(test_parse_refuses)
{
    gint64 got_ns = 77;

    ck_assert_msg(!duration_parse(bad_cases[_i], &got_ns), "%s", bad_cases[_i]);
    ck_assert_int_eq(got_ns, 77);
    ck_assert(!duration_parse(NULL, &got_ns));
}
END_TEST

/* Go time_test.go durationTests. */
static const struct {
    gint64 ns;
    const char *want;
} go_cases[] = {
    {0, "0s"},
    {1, "1ns"},
    {1100, "1.1\xc2\xb5s"},
    {2200 * NS_PER_US, "2.2ms"},
    {3300 * NS_PER_MS, "3.3s"},
    {4 * NS_PER_MIN + 5 * NS_PER_S, "4m5s"},
    {4 * NS_PER_MIN + 5001 * NS_PER_MS, "4m5.001s"},
    {5 * NS_PER_HOUR + 6 * NS_PER_MIN + 7001 * NS_PER_MS, "5h6m7.001s"},
    {8 * NS_PER_MIN + 1, "8m0.000000001s"},
    {G_MAXINT64, "2562047h47m16.854775807s"},
    {G_MININT64, "-2562047h47m16.854775808s"},
    {90 * NS_PER_S, "1m30s"},
    {NS_PER_HOUR, "1h0m0s"},
    {-1500 * NS_PER_MS, "-1.5s"},
    {NS_PER_S, "1s"},
};

START_TEST(test_format_go)
{
    g_autofree char *got = duration_format_go(go_cases[_i].ns);
    gint64 back_ns;

    ck_assert_str_eq(got, go_cases[_i].want);
    ck_assert(duration_parse(got, &back_ns));
    ck_assert_int_eq(back_ns, go_cases[_i].ns);
}
END_TEST

/* duration_test.go TestHumanDuration and TestHumanDurationBoundaries, and arithmetic. */
static const struct {
    gint64 ns;
    const char *want;
} human_cases[] = {
    {0, "0s"},
    {999 * NS_PER_MS, "0s"},
    {-1, "0s"},
    {-2 * NS_PER_S + 1, "0s"},
    {-2 * NS_PER_S, "<invalid>"},
    {NS_PER_S, "1s"},
    {118 * NS_PER_S, "118s"},
    {120 * NS_PER_S - 1, "119s"},
    {2 * NS_PER_MIN, "2m"},
    {125 * NS_PER_S, "2m5s"},
    {10 * NS_PER_MIN - 1, "9m59s"},
    {10 * NS_PER_MIN, "10m"},
    {70 * NS_PER_MIN, "70m"},
    {3 * NS_PER_HOUR - 1, "179m"},
    {3 * NS_PER_HOUR, "3h"},
    {5 * NS_PER_HOUR, "5h"},
    {390 * NS_PER_MIN, "6h30m"},
    {8 * NS_PER_HOUR - 1, "7h59m"},
    {8 * NS_PER_HOUR, "8h"},
    {30 * NS_PER_HOUR, "30h"},
    {48 * NS_PER_HOUR - 1, "47h"},
    {48 * NS_PER_HOUR, "2d"},
    {76 * NS_PER_HOUR, "3d4h"},
    {192 * NS_PER_HOUR - 1, "7d23h"},
    {192 * NS_PER_HOUR, "8d"},
    {400 * 24 * NS_PER_HOUR, "400d"},
    {730 * 24 * NS_PER_HOUR, "2y"},
    {(730 * 24 + 23) * NS_PER_HOUR, "2y"},
    {(3 * 365 + 40) * 24 * NS_PER_HOUR, "3y40d"},
    {2920 * 24 * NS_PER_HOUR - 1, "7y364d"},
    {(2920 * 24 + 2) * NS_PER_HOUR, "8y"},
    {12 * 365 * 24 * NS_PER_HOUR, "12y"},
};

START_TEST(test_format_human)
{
    g_autofree char *got = duration_format_human(human_cases[_i].ns);

    ck_assert_str_eq(got, human_cases[_i].want);
}
END_TEST

static const struct {
    gint64 ns;
    guint decimals;
    const char *want;
} clock_cases[] = {
    {0, 0, "0:00"},
    {231 * NS_PER_S, 0, "3:51"},
    {3723 * NS_PER_S, 0, "1:02:03"},
    {3600 * NS_PER_S - 1, 0, "59:59"},
    {3600 * NS_PER_S - 1, 3, "59:59.999"},
    {1250 * NS_PER_MS, 1, "0:01.2"},
    {1000001, 9, "0:00.001000001"},
    {-90 * NS_PER_S, 0, "-1:30"},
    {100 * NS_PER_HOUR, 0, "100:00:00"},
};

START_TEST(test_format_clock)
{
    g_autofree char *got = duration_format_clock(clock_cases[_i].ns, clock_cases[_i].decimals);

    ck_assert_str_eq(got, clock_cases[_i].want);
}
END_TEST

/* Go 1.24, time.Duration(n) * time.Second on int64: 2^63 - 1 seconds are -1 s. */
static const struct {
    gint64 seconds, wanted_ns;
} second_cases[] = {
    {0, 0},
    {30, 30 * NS_PER_S},
    {-3, -3 * NS_PER_S},
    {G_GINT64_CONSTANT(9223372036), G_GINT64_CONSTANT(9223372036000000000)},
    {G_GINT64_CONSTANT(9223372037), -G_GINT64_CONSTANT(9223372036709551616)},
    {G_MAXINT64, -NS_PER_S},
    {G_MAXINT64 - 1, -2 * NS_PER_S},
};

START_TEST(test_seconds)
{
    ck_assert_int_eq(duration_of_seconds(second_cases[_i].seconds), second_cases[_i].wanted_ns);
}
END_TEST

START_TEST(test_time_add)
{
    ck_assert_int_eq(time_add(5, -7), -2);
    ck_assert_int_eq(time_add(G_MAXINT64 - 1, 2), G_MAXINT64);
    ck_assert_int_eq(time_add(G_MININT64 + 1, -2), G_MININT64);
}
END_TEST

Suite *
duration_suite(void)
{
    Suite *suite = suite_create("duration");
    TCase *tcase = tcase_create("duration");

    tcase_add_loop_test(tcase, test_parse, 0, G_N_ELEMENTS(parse_cases));
    tcase_add_loop_test(tcase, test_parse_refuses, 0, G_N_ELEMENTS(bad_cases));
    tcase_add_loop_test(tcase, test_format_go, 0, G_N_ELEMENTS(go_cases));
    tcase_add_loop_test(tcase, test_format_human, 0, G_N_ELEMENTS(human_cases));
    tcase_add_loop_test(tcase, test_seconds, 0, G_N_ELEMENTS(second_cases));
    tcase_add_test(tcase, test_time_add);
    tcase_add_loop_test(tcase, test_format_clock, 0, G_N_ELEMENTS(clock_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
