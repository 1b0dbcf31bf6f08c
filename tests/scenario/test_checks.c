/* Expectations: within, after, always, at, until. */

#include "tests/scenario/support.h"

#include "base/duration.h"

#include <check.h>

Suite *checks_suite(void);

/* Namespaces come at 10 s ("ten") and go at 30 s. */
#define STORY(expect)                                                                              \
    SCENARIO(ONE_NODE "  timeline:\n  - {at: 10s, id: make, kubectl: create namespace ten}\n"      \
                      "  - {at: 30s, id: drop, kubectl: delete namespace ten}\n"                  \
                      "  - {at: 40s, id: fault, fault: {componentPause: {component: scheduler, duration: 5s}}}\n" \
                      "  expect:\n  - " expect "\n")

static const struct {
    const char *text, *want;
} cases[] = {
    /* at the end, at a time */
    {STORY("{that: namespace/ten absent}"), "ok at the end: namespace/ten absent\n"},
    {STORY("{at: end, that: namespace/ten exists}"), "FAIL at the end: namespace/ten exists found no such object\n"},
    {STORY("{at: 20s, that: namespace/ten exists}"), "ok at 20s: namespace/ten exists\n"},
    {STORY("{at: 5s, that: namespace/ten exists}"), "FAIL at 5s: namespace/ten exists found no such object\n"},
    {STORY("{at: 20s, that: 'namespace/ten {.status.phase} == Gone'}"), "FAIL at 20s: namespace/ten {.status.phase} == Gone found Active\n"},
    {STORY("{at: 90s, that: namespace/ten absent}"), "ok at 90s: namespace/ten absent\n"}, /* after the end: what is then */
    /* within: it held once */
    {STORY("{within: 15s, that: namespace/ten exists}"), "ok within 15s: namespace/ten exists\n"},
    {STORY("{within: 9s, that: namespace/ten exists}"), "FAIL within 9s: namespace/ten exists found no such object\n"},
    {STORY("{within: 5m, that: namespace/ten exists}"), "ok within 5m0s: namespace/ten exists\n"},
    {STORY("{within: 5m, that: namespace/other exists}"), "FAIL within 5m0s: namespace/other exists found no such object\n"},
    {STORY("{within: 0s, that: count nodes == 1}"), "ok within 0s: count nodes == 1\n"},
    /* after: from the end of a command, the beginning of a fault */
    {STORY("{within: 1s, after: make, that: namespace/ten exists}"), "ok within 1s after make: namespace/ten exists\n"},
    {STORY("{within: 10s, after: drop, that: namespace/ten absent}"), "ok within 10s after drop: namespace/ten absent\n"},
    {STORY("{within: 5s, after: fault, that: namespace/ten exists}"), "FAIL within 5s after fault: namespace/ten exists found no such object\n"},
    {STORY("{after: make, that: kubectl/make exit == 0}"), "ok after make: kubectl/make exit == 0\n"},
    {STORY("{after: make, that: namespace/ten absent}"), "FAIL after make: namespace/ten absent found exists\n"},
    /* always: from when it first holds */
    {STORY("{always: count nodes == 1}"), "ok always: count nodes == 1\n"},
    {STORY("{always: namespace/ten exists}"), "FAIL always: namespace/ten exists found no such object\n"},
    {STORY("{always: namespace/other exists}"), "FAIL always: namespace/other exists found it never held\n"},
    {STORY("{always: namespace/ten absent, after: drop}"), "ok always after drop: namespace/ten absent\n"},
    {STORY("{always: namespace/ten absent}"), "FAIL always: namespace/ten absent found exists\n"},
    /* commands */
    {STORY("{that: kubectl/make stdout contains ten created}"), "ok at the end: kubectl/make stdout contains ten created\n"},
    {STORY("{that: kubectl/make stderr == ''}"), "ok at the end: kubectl/make stderr == ''\n"},
    {STORY("{at: 5s, that: kubectl/make exit == 0}"), "FAIL at 5s: kubectl/make exit == 0 found nothing yet\n"},
    {STORY("{within: 11s, that: kubectl/make exit == 0}"), "ok within 11s: kubectl/make exit == 0\n"},
};

START_TEST(test_checks)
{
    g_auto(Play) played = play(cases[_i].text);
    g_autofree char *got = checks_of(played.run);

    ck_assert_str_eq(got, cases[_i].want);
    ck_assert_uint_eq(run_failures(played.run), g_str_has_prefix(cases[_i].want, "FAIL"));
}
END_TEST

/* When it was decided: at the change, not at the next look; a failure at its deadline. */
START_TEST(test_times)
{
    g_auto(Play) played = play(STORY("{within: 20s, that: namespace/ten exists}\n  - {within: 5s, that: namespace/ten exists}\n  - {always: namespace/ten absent}"));
    gint64 made = run_check(played.run, 0)->decided_ns;

    ck_assert(made > 10 * NS_PER_S && made < run_command(played.run, 0)->end_ns);
    ck_assert_int_eq(run_check(played.run, 1)->decided_ns, 5 * NS_PER_S);
    ck_assert_int_eq(run_check(played.run, 2)->decided_ns, made);
}
END_TEST

/* An entry that never ends within the run: the expectation says so. */
START_TEST(test_never_ended)
{
    g_auto(Play) played = play(SCENARIO(ONE_NODE "  timeline:\n  - {at: 2m, id: late, mark: x}\n  expect:\n  - {after: late, within: 1s, that: count nodes == 1}\n"));
    g_autofree char *got = checks_of(played.run);

    ck_assert_str_eq(got, "FAIL within 1s after late: count nodes == 1 found the entry never ended\n");
}
END_TEST

#define UNTIL(lines) "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n" ONE_NODE "  timeline: [{at: 10s, kubectl: create namespace ten}]\n" lines

/* until: the run ends at the change; with a duration it must come before that. */
START_TEST(test_until)
{
    g_auto(Play) met = play(UNTIL("  until: namespace/ten exists\n"));
    g_auto(Play) missed = play(UNTIL("  until: namespace/nine exists\n  duration: 20s\n"));
    g_auto(Play) none = play(UNTIL("  duration: 20s\n"));
    gint64 end = sim_now_ns(run_cluster(met.run)->sim);

    ck_assert(run_until_met(met.run));
    ck_assert(end > 10 * NS_PER_S && end < 11 * NS_PER_S);
    ck_assert_uint_eq(run_failures(met.run), 0);
    ck_assert(!run_until_met(missed.run));
    ck_assert_int_eq(sim_now_ns(run_cluster(missed.run)->sim), 20 * NS_PER_S);
    ck_assert_uint_eq(run_failures(missed.run), 1);
    ck_assert(run_until_met(none.run));
    ck_assert_uint_eq(run_failures(none.run), 0);
}
END_TEST

Suite *
checks_suite(void)
{
    Suite *suite = suite_create("checks");
    TCase *tcase = tcase_create("checks");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_checks, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_times);
    tcase_add_test(tcase, test_never_ended);
    tcase_add_test(tcase, test_until);
    suite_add_tcase(suite, tcase);
    return suite;
}
