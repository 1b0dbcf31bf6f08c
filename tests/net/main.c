/* main.c - runs the tests of the room net */

#include <check.h>
#include <stdlib.h>

Suite *endpoints_suite(void);
Suite *filter_suite(void);
Suite *flow_suite(void);
Suite *histogram_suite(void);
Suite *kubeproxy_suite(void);
Suite *pool_suite(void);
Suite *queueing_suite(void);
Suite *race_suite(void);
Suite *traffic_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(histogram_suite());
    int n_failed;

    srunner_add_suite(runner, endpoints_suite());
    srunner_add_suite(runner, filter_suite());
    srunner_add_suite(runner, flow_suite());
    srunner_add_suite(runner, pool_suite());
    srunner_add_suite(runner, traffic_suite());
    srunner_add_suite(runner, kubeproxy_suite());
    srunner_add_suite(runner, race_suite());
    srunner_add_suite(runner, queueing_suite());
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
