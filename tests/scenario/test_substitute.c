/* $(kubectl ...) in a line, as a shell would take it (POSIX 2.6.3). */

#include "scenario/substitute.h"

#include "kubectl/kubectl.h"

#include <check.h>

Suite *substitute_suite(void);

static const struct {
    const char *line, *printed, *want; /* words joined by '|' */
} cases[] = {
    {"delete $(get pods -o name)", "pod/a\npod/b\n", "delete|pod/a|pod/b"},
    {"delete pod $(get pods)", "", "delete|pod"},
    {"label pod x 'a=$(b)'", NULL, "label|pod|x|a=$(b)"},
    {"label pod x \"a=$(get x)\"", "it's \"so\"", "label|pod|x|a=it's \"so\""},
    {"get $(get x)", "a 'b c' \\d", "get|a|'b|c'|\\d"},
    {"get $(get x)", "$(get y) $HOME `x`", "get|$(get|y)|$HOME|`x`"},
    {"get $(get pods -o jsonpath='{.items[?(@.a==\")\")].b}') -w", "p", "get|p|-w"},
    {"get \\$(x", NULL, "get|$(x"},
    {"get x$(get a)y", "1", "get|x1y"},
    {"get $(get a)", "a\n\n\n", "get|a"},
};

START_TEST(test_words)
{
    gsize begin = 0;
    gsize end = 0;
    gsize next = 0;
    g_autofree char *inner = substitute_find(cases[_i].line, 0, &begin, &end);
    g_autofree char *line = inner != NULL ? substitute_put(cases[_i].line, begin, end, cases[_i].printed, &next) : g_strdup(cases[_i].line);
    g_auto(GStrv) words = kubectl_split(line, NULL);
    g_autofree char *got = NULL;
    g_autofree char *again = substitute_find(line, next, &begin, &end);

    ck_assert_int_eq(inner != NULL, cases[_i].printed != NULL);
    ck_assert_int_eq(substitute_is_needed(cases[_i].line), cases[_i].printed != NULL);
    ck_assert_ptr_nonnull(words);
    got = g_strjoinv("|", words);
    ck_assert_str_eq(got, cases[_i].want);
    ck_assert_ptr_null(again); /* what was printed is not looked at again */
}
END_TEST

static const struct {
    const char *line;
    gboolean fine;
} check_cases[] = {
    {"get pods", TRUE},
    {"get $(get x)", TRUE},
    {"get $(get x) $(get y)", TRUE},
    {"get $(get x", FALSE},
    {"get $(get x) $(", FALSE},
    {"get $( )", FALSE},
    {"get $(get $(get y))", FALSE},
    {"get '$('", TRUE},
    {"get $(get ')')", TRUE},
};

START_TEST(test_check)
{
    g_autofree char *message = NULL;

    ck_assert_int_eq(substitute_check(check_cases[_i].line, &message), check_cases[_i].fine);
    ck_assert_int_eq(message == NULL, check_cases[_i].fine);
}
END_TEST

START_TEST(test_several)
{
    gsize begin, end, next;
    g_autofree char *first = substitute_find("a $(b c) $(d)", 0, &begin, &end);
    g_autofree char *line = substitute_put("a $(b c) $(d)", begin, end, "x y", &next);
    g_autofree char *second = substitute_find(line, next, &begin, &end);

    ck_assert_str_eq(first, "b c");
    ck_assert_str_eq(line, "a x y $(d)");
    ck_assert_str_eq(second, "d");
}
END_TEST

Suite *
substitute_suite(void)
{
    Suite *suite = suite_create("substitute");
    TCase *tcase = tcase_create("substitute");

    tcase_add_loop_test(tcase, test_words, 0, G_N_ELEMENTS(cases));
    tcase_add_loop_test(tcase, test_check, 0, G_N_ELEMENTS(check_cases));
    tcase_add_test(tcase, test_several);
    suite_add_tcase(suite, tcase);
    return suite;
}
