/* main.c - runs the suites of report/ */

#include "tests/report/story.h"

#include <check.h>

Suite *csv_suite(void);
Suite *files_suite(void);
Suite *series_suite(void);
Suite *narrate_suite(void);
Suite *summary_suite(void);
Suite *write_suite(void);
Suite *plots_suite(void);
Suite *put_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(csv_suite());
    int n_failed;

    srunner_add_suite(runner, series_suite());
    srunner_add_suite(runner, narrate_suite());
    srunner_add_suite(runner, summary_suite());
    srunner_add_suite(runner, write_suite());
    srunner_add_suite(runner, plots_suite());
    srunner_add_suite(runner, put_suite());
    srunner_add_suite(runner, files_suite());
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    scratch_remove();
    return n_failed == 0 ? 0 : 1;
}
