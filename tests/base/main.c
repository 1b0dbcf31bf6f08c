/* main.c - runs the suites of base/ */

#include <check.h>

Suite *calendar_suite(void);
Suite *diag_suite(void);
Suite *duration_suite(void);
Suite *intern_suite(void);
Suite *links_suite(void);
Suite *pool_suite(void);
Suite *ptr_map_suite(void);
Suite *quantity_suite(void);
Suite *table_suite(void);
Suite *value_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(intern_suite());

    srunner_add_suite(runner, diag_suite());
    srunner_add_suite(runner, duration_suite());
    srunner_add_suite(runner, calendar_suite());
    srunner_add_suite(runner, table_suite());
    srunner_add_suite(runner, links_suite());
    srunner_add_suite(runner, pool_suite());
    srunner_add_suite(runner, ptr_map_suite());
    srunner_add_suite(runner, quantity_suite());
    srunner_add_suite(runner, value_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
