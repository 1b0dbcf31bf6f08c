/* main.c - runs the suites of apiserver/ */

#include <check.h>

Suite *create_suite(void);
Suite *delete_suite(void);
Suite *eviction_suite(void);
Suite *identity_suite(void);
Suite *path_suite(void);
Suite *peers_suite(void);
Suite *quota_suite(void);
Suite *recorded_suite(void);
Suite *server_suite(void);
Suite *update_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(path_suite());

    srunner_add_suite(runner, create_suite());
    srunner_add_suite(runner, identity_suite());
    srunner_add_suite(runner, delete_suite());
    srunner_add_suite(runner, server_suite());
    srunner_add_suite(runner, update_suite());
    srunner_add_suite(runner, eviction_suite());
    srunner_add_suite(runner, quota_suite());
    srunner_add_suite(runner, peers_suite());
    srunner_add_suite(runner, recorded_suite());
    srunner_run_all(runner, CK_NORMAL);

    int n_failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
