#include <check.h>
Suite *cluster_suite(void);
Suite *
cluster_suite(void)
{
    return suite_create("cluster");
}
