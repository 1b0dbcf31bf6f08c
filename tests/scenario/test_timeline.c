#include <check.h>
Suite *timeline_suite(void);
Suite *
timeline_suite(void)
{
    return suite_create("timeline");
}
