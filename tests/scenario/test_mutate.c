#include <check.h>
Suite *mutate_suite(void);
Suite *
mutate_suite(void)
{
    return suite_create("mutate");
}
