/* main.c - runs the suites of node/ */

#include <check.h>

Suite *actions_suite(void);
Suite *disk_suite(void);
Suite *dns_suite(void);
Suite *env_suite(void);
Suite *ideal_suite(void);
Suite *life_suite(void);
Suite *metrics_suite(void);
Suite *phase_suite(void);
Suite *recorded_suite(void);
Suite *rows_suite(void);
Suite *rules_suite(void);
Suite *shutdown_suite(void);
Suite *start_suite(void);
Suite *thresholds_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(rules_suite());
    int n_failed;

    srunner_add_suite(runner, rows_suite());
    srunner_add_suite(runner, phase_suite());
    srunner_add_suite(runner, metrics_suite());
    srunner_add_suite(runner, actions_suite());
    srunner_add_suite(runner, env_suite());
    srunner_add_suite(runner, ideal_suite());
    srunner_add_suite(runner, recorded_suite());
    srunner_add_suite(runner, life_suite());
    srunner_add_suite(runner, shutdown_suite());
    srunner_add_suite(runner, disk_suite());
    srunner_add_suite(runner, dns_suite());
    srunner_add_suite(runner, start_suite());
    srunner_add_suite(runner, thresholds_suite());
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
