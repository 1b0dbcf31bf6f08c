/* main.c - runs the suites of api/ */

#include <check.h>

Suite *codec_suite(void);
Suite *cron_suite(void);
Suite *names_suite(void);
Suite *field_set_suite(void);
Suite *forms_suite(void);
Suite *job_status_suite(void);
Suite *quota_suite(void);
Suite *object_suite(void);
Suite *patch_suite(void);
Suite *profile_suite(void);
Suite *recorded_suite(void);
Suite *selector_suite(void);
Suite *status_suite(void);

/* The suites of kinds/ are there once their files are. */
Suite *kinds_suite(void) __attribute__((weak));
Suite *defaults_suite(void) __attribute__((weak));
Suite *validation_suite(void) __attribute__((weak));

int
main(void)
{
    Suite *(*const more[])(void) = {kinds_suite, defaults_suite, validation_suite};
    SRunner *runner = srunner_create(object_suite());

    srunner_add_suite(runner, codec_suite());
    srunner_add_suite(runner, cron_suite());
    srunner_add_suite(runner, names_suite());
    srunner_add_suite(runner, field_set_suite());
    srunner_add_suite(runner, forms_suite());
    srunner_add_suite(runner, job_status_suite());
    srunner_add_suite(runner, quota_suite());
    srunner_add_suite(runner, status_suite());
    srunner_add_suite(runner, selector_suite());
    srunner_add_suite(runner, patch_suite());
    srunner_add_suite(runner, profile_suite());
    srunner_add_suite(runner, recorded_suite());
    for (int i = 0; i < 3; i++)
        if (more[i] != 0)
            srunner_add_suite(runner, more[i]());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
