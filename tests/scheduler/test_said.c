/* What a scheduler says of a node: the same text as if put together each time. */

#include "scheduler/said.h"

#include "base/intern.h"

#include <check.h>

Suite *said_suite(void);

START_TEST(test_texts)
{
    const char *a = str_intern("said-a");
    const char *b = str_intern("said-b");
    Said said = {0};

    for (guint round = 0; round < 2; round++) {
        ck_assert_ptr_eq(said_bind(&said, a), str_internf("bind to said-a"));
        ck_assert_ptr_eq(said_best(&said, a, 3, 5), str_internf("said-a: best of 3 feasible nodes of 5"));
        ck_assert_ptr_eq(said_best(&said, a, 3, 6), str_internf("said-a: best of 3 feasible nodes of 6"));
        ck_assert_ptr_eq(said_best(&said, a, 2, 6), str_internf("said-a: best of 2 feasible nodes of 6"));
        ck_assert_ptr_eq(said_best(&said, b, 2, 6), str_internf("said-b: best of 2 feasible nodes of 6"));
        ck_assert_ptr_eq(said_bind(&said, b), str_internf("bind to said-b"));
        if (round == 0)
            said_clear(&said);
    }
    said_clear(&said);
}
END_TEST

Suite *
said_suite(void)
{
    Suite *suite = suite_create("said");
    TCase *tcase = tcase_create("said");

    tcase_add_test(tcase, test_texts);
    suite_add_tcase(suite, tcase);
    return suite;
}
