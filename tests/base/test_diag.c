/* The user's mistakes: order, text, nearest names. */

#include "base/diag.h"
#include "base/intern.h"

#include <check.h>

Suite *diag_suite(void);

START_TEST(test_sorted_once_and_counted)
{
    g_autoptr(Diag) diag = diag_new();
    const char *web = str_intern("web.yaml");
    const char *app = str_intern("app.yaml");

    diag_add(diag, DIAG_ERROR, (SourcePos){web, 12, 3}, "spec.replicas",
             "'x' is no integer; write %d", 3);
    diag_add(diag, DIAG_ERROR, (SourcePos){web, 2, 9}, NULL, "second column");
    diag_add(diag, DIAG_WARNING, (SourcePos){web, 2, 1}, "", "first column");
    diag_add(diag, DIAG_ERROR, (SourcePos){web, 2, 9}, NULL, "second column");
    diag_add(diag, DIAG_ERROR, (SourcePos){app, 99, 1}, "kind", "last line");
    diag_add(diag, DIAG_ERROR, (SourcePos){app, 0, 0}, NULL, "no line");
    diag_add(diag, DIAG_ERROR, (SourcePos){NULL, 0, 0}, NULL, "no file");
    ck_assert_uint_eq(diag_count_errors(diag), 5); /* as many as are printed */
    ck_assert_uint_eq(diag_count_warnings(diag), 1);

    g_autofree char *text = diag_format(diag);
    ck_assert_str_eq(text, "no file\n"
                           "app.yaml: no line\n"
                           "app.yaml:99:1: kind: last line\n"
                           "web.yaml:2:1: warning: first column\n"
                           "web.yaml:2:9: second column\n"
                           "web.yaml:12:3: spec.replicas: 'x' is no integer; write 3\n");
}
END_TEST

/* What the user wrote may hold line ends and escape sequences: one line all the same. */
START_TEST(test_one_line_each)
{
    g_autoptr(Diag) diag = diag_new();

    diag_add(diag, DIAG_ERROR, (SourcePos){"f", 1, 1}, "a\nb", "'%s' is no name", "x\r\n\033[31my");
    g_autofree char *text = diag_format(diag);
    ck_assert_str_eq(text, "f:1:1: a b: 'x   [31my' is no name\n");
}
END_TEST

START_TEST(test_same_place_keeps_order)
{
    g_autoptr(Diag) diag = diag_new();

    diag_add(diag, DIAG_ERROR, (SourcePos){"f", 1, 1}, NULL, "z");
    diag_add(diag, DIAG_ERROR, (SourcePos){"f", 1, 1}, NULL, "a");
    g_autofree char *text = diag_format(diag);
    ck_assert_str_eq(text, "f:1:1: z\nf:1:1: a\n");
}
END_TEST

START_TEST(test_empty)
{
    g_autoptr(Diag) diag = diag_new();
    g_autofree char *text = diag_format(diag);

    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(diag_count_errors(diag), 0);
}
END_TEST

/* distance <= 1 + length / 4 */
static const struct {
    const char *name;
    const char *want;
} nearest_cases[] = {
    {"replicas", "replicas"},
    {"replica", "replicas"},
    {"repilcas", "replicas"}, /* two edits of 8 letters */
    {"selektor", "selector"},
    {"cpo", "cpu"},
    {"xyz", NULL},
    {"r", NULL},
    {"", NULL},
    {"tempalte", "template"},
    {"completelydifferent", NULL},
};

START_TEST(test_nearest)
{
    static const char *const candidates[] = {"replicas", "selector", "template", "cpu", NULL};
    const char *got = diag_nearest(nearest_cases[_i].name, candidates);

    ck_assert_msg(str_is(got, nearest_cases[_i].want), "'%s': %s", nearest_cases[_i].name,
                  got == NULL ? "nothing" : got);
}
END_TEST

Suite *
diag_suite(void)
{
    Suite *suite = suite_create("diag");
    TCase *tcase = tcase_create("diag");

    tcase_add_test(tcase, test_sorted_once_and_counted);
    tcase_add_test(tcase, test_same_place_keeps_order);
    tcase_add_test(tcase, test_one_line_each);
    tcase_add_test(tcase, test_empty);
    tcase_add_loop_test(tcase, test_nearest, 0, G_N_ELEMENTS(nearest_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
