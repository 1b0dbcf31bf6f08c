#include <check.h>
Suite *faults_suite(void);
Suite *
faults_suite(void)
{
    return suite_create("faults");
}
