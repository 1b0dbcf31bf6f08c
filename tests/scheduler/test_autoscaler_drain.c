/*
 * test_autoscaler_drain.c - nodes that the cluster autoscaler gives back
 *
 * Sources: kubernetes/autoscaler cluster-autoscaler 1.34: core/scaledown/actuation/drain_test.go, actuator_test.go,
 * softtaint_test.go, core/scaledown/planner, unremovable/nodes_test.go.
 */

#include "tests/scheduler/autoscaler_bench.h"

#include <check.h>

#define HARD       "because nobody has needed the node for long enough\n"
#define GOES(node) node ": " HARD node " ScaleDown: marked the node as toBeDeleted/unschedulable\n"
#define GIVES_UP                                                                                   \
    "p2 ScaleDownFailed: failed to delete pod for ScaleDown\n"                                     \
    "a-2 ScaleDownFailed: failed to drain and delete node: Failed to drain node /a-2, due to "     \
    "following errors: [failed to evict pod default/p2 within allowed timeout (last error: "       \
    "Cannot evict pod as it would violate the pod's disruption budget.)]\n"                        \
    "a-2: because its pods could not be evicted\n"

/* A drain: evictions until the node is empty, then the machine; a budget that says no for 2 min ends it. */
START_TEST(test_drain)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft",
                             "p1 3 1Gi a-1; p2 1 1Gi a-2; d 100m 1Gi a-2 daemon");

    bench_run(bench, NULL);
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "begun", GOES("a-2"));
    bench_later(bench, 5 * NS_PER_S, "a-2", "evicts, DaemonSets too",
                "p2 ScaleDown: deleting pod for node scale down\neviction p2\neviction d\n");
    ck_assert_int_eq(bench->requeue_ns, 10 * NS_PER_S);
    bench_later(bench, 2 * NS_PER_MIN - 1, "a-2", "tries again", "eviction p2\n");
    bench_later(bench, 1, "a-2", "gives up", GIVES_UP);
    bench_free(bench);
}
END_TEST

static void
set_going(Bench *bench, const char *name, gint64 at_ns)
{
    for (guint i = 0; i < bench->objects->len; i++) {
        ApiObject *object = bench->objects->pdata[i];

        if (!str_is(api_name(object), name))
            continue;
        bench->objects->pdata[i] = api_object_copy(object);
        api_object_unref(object);
        api_edit_meta(bench->objects->pdata[i])->deletion_time = NS_PER_HOUR + at_ns;
    }
}

/* drain.go waitPodsToDisappear: once all are taken it looks every 5 s, up to the longest grace of 10 min and 30 s. */
START_TEST(test_drain_waits)
{
    Bench *bench =
        bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2");
    gint64 begun_ns;

    bench_run(bench, NULL);
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "begun", GOES("a-2"));
    bench->eviction_code = 201;
    bench_later(bench, 5 * NS_PER_S, "a-2", "evicts",
                "p2 ScaleDown: deleting pod for node scale down\neviction p2\n");
    ck_assert_int_eq(bench->requeue_ns, 5 * NS_PER_S);
    begun_ns = bench->now_ns;
    set_going(bench, "p2", begun_ns + 20 * NS_PER_MIN);
    bench_later(bench, 5 * NS_PER_S, "a-2", "looks", "");
    ck_assert_int_eq(bench->requeue_ns, 5 * NS_PER_S);
    bench_later(bench, 625 * NS_PER_S - 1, "a-2", "looks", "");
    bench_later(bench, 1, "a-2", "gives up",
                "a-2 ScaleDownFailed: failed to drain and delete node: Failed to drain node /a-2: "
                "pods remaining after timeout\n"
                "a-2: because its pods could not be evicted\n");
    bench_free(bench);
}
END_TEST

/* deleteAsyncDrain: what it says of a node whose pods must move; simulator/utilization/info_test.go. */
static const struct {
    const char *pods, *wanted;
} told_rows[] = {
    {"p1 3 1Gi a-1; p2 1 1Gi a-2", "{0.25 0.125 0 0 cpu 0.25}, pods to reschedule: default/p2"},
    {"p1 3 1Gi a-1; p2 100m 3Gi a-2; p3 0 0 a-2",
     "{0.025 0.375 0 0 memory 0.375}, pods to reschedule: default/p2,default/p3"},
    {"p1 3 1Gi a-1; p2 0 0 a-2", "{0 0 0 0 memory 0}, pods to reschedule: default/p2"},
    {"p1 3 1Gi a-1; p2 300m 1Mi a-2; d 1 0 a-2 daemon",
     "{0.325 0.0001220703125 0 0 cpu 0.325}, pods to reschedule: default/p2"},
    {"p1 3 1Gi a-1; p2 1m 64Ki a-2", "{0.00025 7.62939453125e-06 0 0 cpu 0.00025}, pods to reschedule: default/p2"},
};

START_TEST(test_told)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", told_rows[_i].pods);
    g_autofree char *wanted =
        g_strdup_printf("ScaleDown: Scale-down: removing node a-2, utilization: %s\n", told_rows[_i].wanted);

    bench_run(bench, NULL);
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "begun", GOES("a-2"));
    ck_assert_str_eq(bench->notes->str, wanted);
    bench_free(bench);
}
END_TEST

START_TEST(test_drain_ends)
{
    Bench *bench =
        bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2");

    bench_run(bench, NULL);
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "begun", GOES("a-2"));
    bench->eviction_code = 201;
    bench_run(bench, "a-2");
    g_ptr_array_remove_index(bench->objects, 3);
    bench_later(bench, 5 * NS_PER_S, "a-2", "gone",
                "give back a-2\na-2 ScaleDown: nodes removed by cluster autoscaler\n");
    bench_free(bench);
}
END_TEST

/* actuator.go deleteNodesAsync: after the wait of 5 s it looks at the pods once more. */
static const struct {
    const char *name, *pods; /* of the loops */
    const char *later;       /* one that comes then */
    const char *wanted;
} last_look_rows[] = {
    {"an empty node that is not empty any more", "p1 3 1Gi a-1", "p2 100m 1Gi a-2",
     "a-2 ScaleDownFailed: failed to delete empty node: failed to delete empty node \"a-2\", new "
     "pods scheduled\n"
     "a-2: because its pods could not be evicted\n"},
    {"a pod that may not be moved", "p1 3 1Gi a-1; p2 100m 1Gi a-2", "p3 100m 1Gi a-2 naked",
     "a-2 ScaleDownFailed: failed to drain and delete node: GetPodsToMove for \"a-2\" returned "
     "error: default/p3 is not replicated\n"
     "a-2: because its pods could not be evicted\n"},
    {"... of the system", "p1 3 1Gi a-1; p2 100m 1Gi a-2", "p3 100m 1Gi a-2 system",
     "a-2 ScaleDownFailed: failed to drain and delete node: GetPodsToMove for \"a-2\" returned "
     "error: non-daemonset, non-mirrored, "
     "non-pdb-assigned kube-system pod present: p3\na-2: because its pods could not be evicted\n"},
    {"... that says so", "p1 3 1Gi a-1; p2 100m 1Gi a-2", "p3 100m 1Gi a-2 unsafe",
     "a-2 ScaleDownFailed: failed to drain and delete node: GetPodsToMove for \"a-2\" returned "
     "error: pod annotated as not safe to "
     "evict present: p3\na-2: because its pods could not be evicted\n"},
    {"... with a disk", "p1 3 1Gi a-1; p2 100m 1Gi a-2", "p3 100m 1Gi a-2 hostPath",
     "a-2 ScaleDownFailed: failed to drain and delete node: GetPodsToMove for \"a-2\" returned "
     "error: pod with local storage present: p3\n"
     "a-2: because its pods could not be evicted\n"},
};

START_TEST(test_last_look)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", last_look_rows[_i].pods);

    bench_run(bench, NULL);
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "begun", GOES("a-2"));
    bench_add_pods(bench, last_look_rows[_i].later);
    bench_later(bench, 5 * NS_PER_S, "a-2", last_look_rows[_i].name, last_look_rows[_i].wanted);
    bench_free(bench);
}
END_TEST

/* --unremovable-node-recheck-timeout: what could not go is looked at again after 5 min, whatever has changed. */
START_TEST(test_recheck)
{
    Bench *bench =
        bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi", "p1 3500m 1Gi a-1; p2 1 1Gi a-2");
    const AutoscalerState *state = bench->state;

    bench_run(bench, NULL);
    ck_assert_uint_eq(g_hash_table_size(state->unneeded), 0);
    g_ptr_array_remove_index(bench->objects, 2);
    bench_add_pods(bench, "p1 2 1Gi a-1");
    bench_later(bench, 5 * NS_PER_MIN - 1, NULL, "not looked at", "");
    bench_later(bench, 1, NULL, "looked at", "a-2: because nobody needs the node\n");
    bench_free(bench);
}
END_TEST

/* ... but who was too much in use is looked at in each loop. */
START_TEST(test_no_recheck)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 2 1Gi a-2");

    bench_run(bench, NULL);
    g_ptr_array_remove_index(bench->objects, 3);
    bench_later(bench, 10 * NS_PER_S, NULL, "looked at", "a-2: because nobody needs the node\n");
    bench_free(bench);
}
END_TEST

/* IsPodLongTerminating: of a pod that should have been gone for 30 s and its grace nobody waits. */
START_TEST(test_long_going)
{
    Bench *bench =
        bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2 naked");

    set_going(bench, "p2", 0);
    bench_later(bench, NS_PER_MIN, NULL, "needed", "a-2: because the node is needed again\n");
    bench_later(bench, 5 * NS_PER_MIN, NULL, "not any more", "");
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "goes", GOES("a-2"));
    bench_later(bench, 5 * NS_PER_S, "a-2", "empty",
                "give back a-2\na-2 ScaleDown: nodes removed by cluster autoscaler\n");
    bench_free(bench);
}
END_TEST

/* --max-bulk-soft-taint-count: ten marks in one loop, those to take away first. */
START_TEST(test_marks)
{
    g_autoptr(GString) nodes = g_string_new("a-00 4 8Gi soft");
    Bench *bench;
    guint n_lines = 0;

    for (guint i = 1; i < 15; i++)
        g_string_append_printf(nodes, "; a-%02u 4 8Gi", i);
    bench = bench_new("a 1..20 at 15", nodes->str, "p1 3 1Gi a-00");
    bench_run(bench, NULL);
    for (const char *p = bench->log->str; *p != '\0'; p++)
        n_lines += *p == '\n';
    ck_assert_uint_eq(n_lines, 10);
    ck_assert(g_str_has_prefix(bench->log->str, "a-00: because the node is needed again\na-01: "
                                                "because nobody needs the node\n"));
    bench_free(bench);
}
END_TEST

START_TEST(test_drained)
{
    Bench *bench = bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft",
                             "p1 3 1Gi a-1; d 100m 1Gi a-2 daemon");

    bench_run(bench, NULL);
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "begun", GOES("a-2"));
    bench_later(bench, 5 * NS_PER_S, "a-2", "empty but for the DaemonSet",
                "give back a-2\na-2 ScaleDown: nodes removed by cluster autoscaler\n");
    bench_later(bench, 0, "a-2", "once", "");
    bench_free(bench);
}
END_TEST

/* --scale-down-delay-after-failure: 3 min. */
START_TEST(test_delay_after_failure)
{
    Bench *bench =
        bench_new("a 1..5 at 2", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2");

    bench->config.unneeded_ns = NS_PER_S;
    bench_run(bench, NULL);
    bench_later(bench, NS_PER_S + 1, NULL, "begun", GOES("a-2"));
    bench_run(bench, "a-2");
    bench_later(bench, 2 * NS_PER_MIN, "a-2", "gives up", GIVES_UP);
    bench_run(bench, NULL);
    bench_later(bench, 3 * NS_PER_MIN - 1, NULL, "not yet", "");
    bench_later(bench, 1, NULL, "again", GOES("a-2"));
    bench_free(bench);
}
END_TEST

Suite *autoscaler_drain_suite(void);

Suite *
autoscaler_drain_suite(void)
{
    Suite *suite = suite_create("scheduler/autoscaler drain");
    TCase *tcase = tcase_create("drain");

    tcase_add_test(tcase, test_drain);
    tcase_add_test(tcase, test_drain_waits);
    tcase_add_loop_test(tcase, test_told, 0, G_N_ELEMENTS(told_rows));
    tcase_add_test(tcase, test_drain_ends);
    tcase_add_loop_test(tcase, test_last_look, 0, G_N_ELEMENTS(last_look_rows));
    tcase_add_test(tcase, test_recheck);
    tcase_add_test(tcase, test_no_recheck);
    tcase_add_test(tcase, test_long_going);
    tcase_add_test(tcase, test_marks);
    tcase_add_test(tcase, test_drained);
    tcase_add_test(tcase, test_delay_after_failure);
    suite_add_tcase(suite, tcase);
    return suite;
}
