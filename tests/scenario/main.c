/* main.c - runs the suites of scenario/ */

#include "tests/scenario/support.h"

#include <check.h>

Suite *fields_suite(void);
Suite *load_suite(void);
Suite *set_suite(void);
Suite *manifests_suite(void);
Suite *commands_suite(void);
Suite *names_suite(void);
Suite *references_suite(void);
Suite *faults_suite(void);
Suite *condition_suite(void);
Suite *substitute_suite(void);
Suite *cloud_suite(void);
Suite *cluster_suite(void);
Suite *timeline_suite(void);
Suite *checks_suite(void);
Suite *watchlog_suite(void);
Suite *mutate_suite(void);
Suite *run_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(fields_suite());
    int n_failed;

    srunner_add_suite(runner, load_suite());
    srunner_add_suite(runner, set_suite());
    srunner_add_suite(runner, manifests_suite());
    srunner_add_suite(runner, commands_suite());
    srunner_add_suite(runner, names_suite());
    srunner_add_suite(runner, references_suite());
    srunner_add_suite(runner, faults_suite());
    srunner_add_suite(runner, condition_suite());
    srunner_add_suite(runner, substitute_suite());
    srunner_add_suite(runner, cloud_suite());
    srunner_add_suite(runner, cluster_suite());
    srunner_add_suite(runner, timeline_suite());
    srunner_add_suite(runner, checks_suite());
    srunner_add_suite(runner, watchlog_suite());
    srunner_add_suite(runner, mutate_suite());
    srunner_add_suite(runner, run_suite());
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    scratch_remove();
    return n_failed == 0 ? 0 : 1;
}
