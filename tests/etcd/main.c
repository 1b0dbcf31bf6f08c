/* main.c - runs the suites of etcd/ */

#include <check.h>

Suite *key_suite(void);
Suite *renewal_suite(void);
Suite *store_suite(void);
Suite *raft_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(key_suite());

    srunner_add_suite(runner, renewal_suite());
    srunner_add_suite(runner, store_suite());
    srunner_add_suite(runner, raft_suite());
    srunner_run_all(runner, CK_NORMAL);

    int n_failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
