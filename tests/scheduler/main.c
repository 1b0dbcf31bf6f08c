/* main.c - runs the suites of scheduler/ */

#include <check.h>

Suite *attempt_suite(void);
Suite *autoscaler_suite(void);
Suite *autoscaler_drain_suite(void);
Suite *autoscaler_loops_suite(void);
Suite *cache_suite(void);
Suite *filter_rows_suite(void);
Suite *hint_rows_suite(void);
Suite *plugins_suite(void);
Suite *preemption_rows_suite(void);
Suite *prebind_suite(void);
Suite *process_suite(void);
Suite *queue_suite(void);
Suite *recorded_suite(void);
Suite *said_suite(void);
Suite *score_rows_suite(void);
Suite *volumes_suite(void);
Suite *volume_limits_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(process_suite());

    srunner_add_suite(runner, recorded_suite());
    srunner_add_suite(runner, said_suite());
    srunner_add_suite(runner, plugins_suite());
    srunner_add_suite(runner, filter_rows_suite());
    srunner_add_suite(runner, hint_rows_suite());
    srunner_add_suite(runner, preemption_rows_suite());
    srunner_add_suite(runner, prebind_suite());
    srunner_add_suite(runner, score_rows_suite());
    srunner_add_suite(runner, queue_suite());
    srunner_add_suite(runner, attempt_suite());
    srunner_add_suite(runner, autoscaler_suite());
    srunner_add_suite(runner, autoscaler_drain_suite());
    srunner_add_suite(runner, autoscaler_loops_suite());
    srunner_add_suite(runner, cache_suite());
    srunner_add_suite(runner, volumes_suite());
    srunner_add_suite(runner, volume_limits_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
