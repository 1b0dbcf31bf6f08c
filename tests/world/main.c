/* main.c - runs the tests of the room world */

#include <check.h>
#include <stdlib.h>

Suite *conn_suite(void);
Suite *cpu_suite(void);
Suite *ipam_suite(void);
Suite *memory_suite(void);
Suite *programs_suite(void);
Suite *runtime_suite(void);
Suite *shell_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(conn_suite());
    int n_failed;

    srunner_add_suite(runner, cpu_suite());
    srunner_add_suite(runner, ipam_suite());
    srunner_add_suite(runner, memory_suite());
    srunner_add_suite(runner, programs_suite());
    srunner_add_suite(runner, runtime_suite());
    srunner_add_suite(runner, shell_suite());
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
