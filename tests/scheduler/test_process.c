/* The scheduler in a real control plane: binding, failures, what wakes a pod. */

#include "base/duration.h"
#include "tests/scheduler/fixture.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *process_suite(void);

static void
print_log(const Plane *plane)
{
    for (guint i = 0; i < plane->log->len; i++)
        g_printerr("  %s\n", (const char *)plane->log->pdata[i]);
}

START_TEST(test_binds)
{
    Plane *plane = plane_new(1, FALSE);

    plane_node(plane, "n1", "4", "8Gi");
    plane_node(plane, "n2", "8", "16Gi");
    plane_create(plane, plane_pod("a", "1", NULL));
    plane_run(plane, NS_PER_S);
    if (!str_is(plane_where(plane, "a"), "n2"))
        print_log(plane);
    ck_assert_str_eq(plane_where(plane, "a"), "n2");
    ck_assert_uint_eq(plane_events(plane, "Scheduled", "a"), 1);
    plane_free(plane);
}
END_TEST

START_TEST(test_fails_and_wakes)
{
    Plane *plane = plane_new(1, FALSE);

    plane_node(plane, "n1", "1", "8Gi");
    plane_create(plane, plane_pod("a", "2", NULL));
    plane_run(plane, NS_PER_S);
    ck_assert_str_eq(plane_where(plane, "a"), "");
    ck_assert_str_eq(plane_message(plane, "a"),
                     "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, "
                     "preemption: 0/1 nodes are available: 1 Preemption is not helpful for "
                     "scheduling.");
    ck_assert_uint_eq(plane_events(plane, "FailedScheduling", "a"), 1);
    plane_node(plane, "n2", "4", "8Gi");
    plane_run(plane, 100 * NS_PER_MS);
    ck_assert_str_eq(plane_where(plane, "a"), "n2");
    plane_free(plane);
}
END_TEST

Suite *
process_suite(void)
{
    Suite *suite = suite_create("process");
    TCase *tcase = tcase_create("plain");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_binds);
    tcase_add_test(tcase, test_fails_and_wakes);
    suite_add_tcase(suite, tcase);
    return suite;
}
