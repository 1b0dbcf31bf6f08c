#include <check.h>
Suite *checks_suite(void);
Suite *
checks_suite(void)
{
    return suite_create("checks");
}
