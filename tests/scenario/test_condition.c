#include <check.h>
Suite *condition_suite(void);
Suite *
condition_suite(void)
{
    return suite_create("condition");
}
