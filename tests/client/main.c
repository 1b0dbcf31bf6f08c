/* main.c - runs the suites of client/ */

#include <check.h>

Suite *workqueue_suite(void);
Suite *client_suite(void);
Suite *informer_suite(void);
Suite *expectations_suite(void);
Suite *correlator_suite(void);
Suite *recorder_suite(void);
Suite *plan_suite(void);
Suite *controller_suite(void);
Suite *leader_suite(void);
Suite *heartbeat_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(workqueue_suite());

    srunner_add_suite(runner, client_suite());
    srunner_add_suite(runner, informer_suite());
    srunner_add_suite(runner, expectations_suite());
    srunner_add_suite(runner, correlator_suite());
    srunner_add_suite(runner, recorder_suite());
    srunner_add_suite(runner, plan_suite());
    srunner_add_suite(runner, controller_suite());
    srunner_add_suite(runner, leader_suite());
    srunner_add_suite(runner, heartbeat_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
