/* main.c - runs the tests of the room report */

#include <check.h>
#include <stdlib.h>

Suite *csv_suite(void);
Suite *files_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(csv_suite());
    int n_failed;

    srunner_add_suite(runner, files_suite());
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
