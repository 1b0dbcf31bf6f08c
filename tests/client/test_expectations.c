/*
 * test_expectations.c - v1.34 pkg/controller/controller_utils_test.go
 * TestControllerExpectations, TestUIDExpectations
 */

#include "base/duration.h"
#include "client/expectations.h"

#include <check.h>

Suite *expectations_suite(void);

static GPtrArray *
keys_new(const char *text)
{
    GPtrArray *keys = g_ptr_array_new();
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        if (parts[i][0] != '\0')
            g_ptr_array_add(keys, (gpointer)str_intern(parts[i]));
    }
    return keys;
}

/* '+' a creation is seen, '-x' the deletion of x, 'f' the record goes; then satisfied? */
static const struct {
    const char *name;
    guint creations;
    const char *deletions;
    const char *steps;
    gint64 age_s;
    gboolean want;
} cases[] = {
    {"nothing expected", 0, "", "", 0, TRUE},
    {"creations to come", 2, "", "+", 0, FALSE},
    {"all creations came", 2, "", "++", 0, TRUE},
    {"more came than expected", 1, "", "+++", 0, TRUE},
    {"deletion to come", 0, "a", "", 0, FALSE},
    {"deletion came", 0, "a", "-a", 0, TRUE},
    {"one pod counts once", 0, "a b", "-a-a", 0, FALSE},
    {"a stranger's deletion does not count", 0, "a", "-x", 0, FALSE},
    {"creations and deletions", 1, "a", "+", 0, FALSE},
    {"both came", 1, "a", "+-a", 0, TRUE},
    {"five minutes are not yet too old", 1, "", "", 300, FALSE},
    {"older than five minutes", 1, "", "", 301, TRUE},
    {"forgotten", 5, "a", "f", 0, TRUE},
};

START_TEST(test_satisfied)
{
    Expectations *expectations = expectations_new();
    GPtrArray *keys = keys_new(cases[_i].deletions);

    expectations_set(expectations, "ns/rs", cases[_i].creations, keys, 10 * NS_PER_S);
    for (const char *step = cases[_i].steps; *step != '\0'; step++) {
        if (*step == '+') {
            expectations_observe_creation(expectations, "ns/rs");
        } else if (*step == 'f') {
            expectations_forget(expectations, "ns/rs");
        } else {
            const char pod[] = {*++step, '\0'};

            expectations_observe_deletion(expectations, "ns/rs", pod);
        }
    }
    ck_assert_msg(expectations_satisfied(expectations, "ns/rs",
                                         (10 + cases[_i].age_s) * NS_PER_S) == cases[_i].want,
                  "%s", cases[_i].name);
    ck_assert(expectations_satisfied(expectations, "ns/other", 10 * NS_PER_S));
    g_ptr_array_free(keys, TRUE);
    expectations_free(expectations);
}
END_TEST

START_TEST(test_set_replaces)
{
    Expectations *expectations = expectations_new();
    gint creations;
    gint deletions;

    expectations_set(expectations, "k", 3, NULL, 0);
    expectations_observe_creation(expectations, "k");
    expectations_set(expectations, "k", 1, NULL, NS_PER_S);
    expectations_pending(expectations, "k", &creations, &deletions);
    ck_assert_int_eq(creations, 1);
    ck_assert_int_eq(deletions, 0);
    expectations_clear(expectations);
    ck_assert(expectations_satisfied(expectations, "k", NS_PER_S));
    ck_assert(expectations_satisfied(NULL, "k", NS_PER_S));
    expectations_free(expectations);
}
END_TEST

Suite *
expectations_suite(void)
{
    Suite *suite = suite_create("expectations");
    TCase *tcase = tcase_create("rules");

    tcase_add_loop_test(tcase, test_satisfied, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_set_replaces);
    suite_add_tcase(suite, tcase);
    return suite;
}
