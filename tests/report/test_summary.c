/* The text that a run ends with. */

#include "tests/report/story.h"

#include "base/duration.h"

#include <check.h>

Suite *summary_suite(void);

#define DEPLOYMENT(namespace_)                                                                     \
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: " namespace_ "}\nspec:\n  replicas: 2\n" \
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"    \
    "    spec: {containers: [{name: c, image: 'nginx:1'}]}\n"

static char *
summary_of(const Story *story, const ReportInput *input)
{
    g_autofree char *text = report_summary(input, story->series);
    char *line_end = strchr(text, '\n');

    /* the second line holds numbers of this build; tests below look at the rest */
    ck_assert_ptr_nonnull(line_end);
    ck_assert(g_str_has_prefix(line_end + 1, "Kubernetes 1.34, seed 7, 1:00 of virtual time"));
    return g_strdup(text);
}

static const ReportCheck checks[] = {
    {"count nodes == 1", "at the end", "1", TRUE, 60 * NS_PER_S},
    {"kubectl/x stdout contains y", "within 10s", "line one\nline two\n", FALSE, 10 * NS_PER_S},
    {"pod/p {.a} == b", "always", "", FALSE, 75 * NS_PER_S},
    {"pod/p {.a} == c", "always", "one line\n", FALSE, 75 * NS_PER_S},
};
static const ReportCommand commands[] = {
    {0, NS_PER_S, "get pods", 0, "", ""},
    {0, NS_PER_S, "get pod nope", 1, "", "Error"},
};

START_TEST(test_text)
{
    g_auto(Story) story = story_tell(STORY("1m", "") "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n" DEPLOYMENT("default") DEPLOYMENT("shop"));
    ReportInput input = {.name = "t", .description = "A test.", .kubernetes_version = "1.34", .seed = 7, .end_ns = NS_PER_MIN, .until_met = TRUE, .checks = checks, .n_checks = 4, .commands = commands, .n_commands = 2};
    g_autofree char *text = summary_of(&story, &input);

    ck_assert(g_str_has_prefix(text, "t: A test.\n"));
    ck_assert_msg(strstr(text, "\nDEPLOYMENT   WANTED   UP-TO-DATE   AVAILABLE\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "\nweb          2        2            2\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "\nshop/web     2        2            2\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "\nexpectations: 1 of 4 hold\n"
                               "  ok    at the end: count nodes == 1\n"
                               "  FAIL  within 10s: kubectl/x stdout contains y\n        at 0:10 found: line one ...\n"
                               "  FAIL  always: pod/p {.a} == b\n        at 1:15 found: nothing\n"
                               "  FAIL  always: pod/p {.a} == c\n        at 1:15 found: one line\n") != NULL,
                  "%s", text);
    ck_assert_msg(strstr(text, "\ncommands that failed:\n  exit 1  kubectl get pod nope\n") != NULL, "%s", text);
    ck_assert_ptr_null(strstr(text, "kubectl get pods"));
    ck_assert_ptr_null(strstr(text, "TRAFFIC"));
    ck_assert_ptr_null(strstr(text, "until"));
}
END_TEST

START_TEST(test_until)
{
    g_auto(Story) story = story_tell(STORY("1s", ""));
    ReportInput input = {.name = "t", .description = "A test.", .kubernetes_version = "1.34", .seed = 7, .end_ns = NS_PER_MIN, .until_met = FALSE};
    g_autofree char *text = summary_of(&story, &input);

    ck_assert_msg(strstr(text, "\nFAIL: the condition of `until` was never met\n") != NULL, "%s", text);
    ck_assert_ptr_null(strstr(text, "expectations"));
    ck_assert_ptr_null(strstr(text, "DEPLOYMENT"));
}
END_TEST

/* Requests by outcome add up to those that came, less those in flight. */
START_TEST(test_traffic)
{
    g_auto(Story) story = story_tell(STORY("1m", "  traffic: [{name: u, to: 'service/none:80', rate: 10/s, arrivals: constant, timeout: 1s}]\n"));
    ReportInput input = {.name = "t", .description = "A test.", .kubernetes_version = "1.34", .seed = 7, .end_ns = NS_PER_MIN, .until_met = TRUE};
    g_autofree char *text = summary_of(&story, &input);

    ck_assert_msg(strstr(text, "\nTRAFFIC  REQUESTS  OK   REFUSED  RESET  TIMEOUT  P50 MS  P90  P99  P99.9\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "\nu        ") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "-       -    -    -\n") != NULL, "%s", text); /* no quantiles of nothing */
}
END_TEST

Suite *
summary_suite(void)
{
    Suite *suite = suite_create("summary");
    TCase *tcase = tcase_create("summary");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_text);
    tcase_add_test(tcase, test_until);
    tcase_add_test(tcase, test_traffic);
    suite_add_tcase(suite, tcase);
    return suite;
}
