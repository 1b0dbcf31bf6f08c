#include <check.h>
Suite *watchlog_suite(void);
Suite *
watchlog_suite(void)
{
    return suite_create("watchlog");
}
