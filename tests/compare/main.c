/* main.c - runs the suites of compare/ */

#include "tests/compare/log.h"

#include <check.h>

Suite *facts_suite(void);
Suite *records_suite(void);
Suite *envelope_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(facts_suite());
    int n_failed;

    srunner_add_suite(runner, records_suite());
    srunner_add_suite(runner, envelope_suite());
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
