/* main.c - runs the suites of sim/ */

#include <check.h>

Suite *dist_suite(void);
Suite *fixed_suite(void);
Suite *message_suite(void);
Suite *queue_suite(void);
Suite *rng_suite(void);
Suite *run_suite(void);
Suite *timer_suite(void);
Suite *trace_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(fixed_suite());

    srunner_add_suite(runner, rng_suite());
    srunner_add_suite(runner, dist_suite());
    srunner_add_suite(runner, queue_suite());
    srunner_add_suite(runner, timer_suite());
    srunner_add_suite(runner, message_suite());
    srunner_add_suite(runner, trace_suite());
    srunner_add_suite(runner, run_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
