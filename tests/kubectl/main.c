/* main.c - runs the suites of kubectl/ */

#include <check.h>

Suite *jsonpath_suite(void);
Suite *go_sort_suite(void);
Suite *go_template_suite(void);
Suite *printers_suite(void);
Suite *describe_suite(void);
Suite *rollout_suite(void);
Suite *commands_suite(void);
Suite *manifest_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(jsonpath_suite());

    srunner_add_suite(runner, go_sort_suite());
    srunner_add_suite(runner, go_template_suite());
    srunner_add_suite(runner, printers_suite());
    srunner_add_suite(runner, describe_suite());
    srunner_add_suite(runner, rollout_suite());
    srunner_add_suite(runner, commands_suite());
    srunner_add_suite(runner, manifest_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
