/*
 * test_autoscaler_loops.c - what the cluster autoscaler does from one loop to the next, and what it says of itself
 *
 * Sources: kubernetes/autoscaler cluster-autoscaler 1.34: core/static_autoscaler_test.go,
 * clusterstate/clusterstate_test.go, clusterstate/utils/status_test.go, utils/backoff/exponential_backoff_test.go.
 */

#include "tests/scheduler/autoscaler_bench.h"

#include <check.h>

#define HARD       "because nobody has needed the node for long enough\n"
#define GOES(node) node ": " HARD node " ScaleDown: marked the node as toBeDeleted/unschedulable\n"


/* --scale-down-delay-after-add: what nobody needs is marked meanwhile, but no node goes. */
START_TEST(test_delay_after_add)
{
    Bench *bench = bench_new("a 1..5 at 2, b 1..5 at 1", "a-1 4 8Gi; a-2 4 8Gi soft; b-1 8 16Gi",
                             "p1 3 1Gi a-1; p2 8 1Gi b-1; p3 6 8Gi -");

    bench_later(bench, 0, NULL, "grows",
                "size of b 2\np3 TriggeredScaleUp: pod triggered scale-up: [{b 1->2 (max: 5)}]\n");
    bench->sizes[1] = 2;
    bench_add_nodes(bench, "b-2 8 16Gi");
    g_ptr_array_remove_index(bench->objects, 5);
    bench_add_pods(bench, "p3 6 8Gi b-2");
    bench->config.unneeded_ns = NS_PER_MIN;
    bench_run(bench, NULL);
    bench->now_ns = 10 * NS_PER_MIN - 1;
    bench_later(bench, 0, NULL, "not yet", "");
    bench->now_ns = 10 * NS_PER_MIN;
    bench_later(bench, 0, NULL, "now", GOES("a-2"));
    bench_free(bench);
}
END_TEST

/* --max-node-provision-time: machines that never came are asked for no longer. */
START_TEST(test_never_came)
{
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");

    bench_later(bench, 0, NULL, "asked for",
                "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n");
    bench->sizes[0] = 2;
    bench->now_ns = 15 * NS_PER_MIN;
    bench_later(bench, 0, NULL, "still hoped for", "");
    bench->now_ns += 1;
    bench->config.groups = bench->groups;
    bench_run(bench, NULL);
    ck_assert_msg(g_str_has_prefix(bench->log->str, "size of a 1\n"), "%s", bench->log->str);
    bench_free(bench);
}
END_TEST

/*
 * utils/backoff/exponential_backoff_test.go with the flags' defaults: 5 min for a group that failed,
 * twice as long the next time, at most 30 min; clusterstate_test.go TestExpiredScaleUp.
 */
START_TEST(test_backoff)
{
    static const guint minutes[] = {5, 10, 20, 30, 30};
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");

    for (guint i = 0; i < G_N_ELEMENTS(minutes); i++) {
        bench->sizes[0] = 1;
        bench_run(bench, NULL);
        bench_check(bench, "asked for",
                    "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: "
                    "5)}]\n");
        bench->sizes[0] = 2;
        bench_later(bench, 15 * NS_PER_MIN + 1, NULL, "failed",
                    "size of a 1\np1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 in backoff "
                    "after failed scale-up\n");
        bench->sizes[0] = 1;
        bench_later(bench, minutes[i] * NS_PER_MIN - 1, NULL, "still backed off",
                    "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 in backoff after failed "
                    "scale-up\n");
        bench->now_ns += 1;
    }
    bench_free(bench);
}
END_TEST

/* RemoveStaleBackoffData: a failure of three hours ago is forgotten; machines that came since do not make it so. */
START_TEST(test_backoff_ends)
{
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");
    AutoscalerState *state = bench->state;
    const Backoff *backoff;

    for (guint i = 0; i < 2; i++) {
        bench->sizes[0] = 1;
        bench_run(bench, NULL);
        bench->sizes[0] = 2;
        bench->now_ns += 15 * NS_PER_MIN + 1;
        bench_run(bench, NULL);
        backoff = g_hash_table_lookup(state->backoff, str_intern("a"));
        ck_assert_int_eq(backoff->duration_ns, 5 * NS_PER_MIN);
        bench->now_ns += 5 * NS_PER_MIN + 3 * NS_PER_HOUR + 1;
    }
    bench->sizes[0] = 1;
    bench_run(bench, NULL);
    bench->sizes[0] = 2;
    bench_add_nodes(bench, "a-2 2 4Gi");
    bench_run(bench, NULL);
    ck_assert_uint_eq(g_hash_table_size(state->backoff), 0);
    bench_free(bench);
}
END_TEST

/* min 0: the last node goes too. */
START_TEST(test_to_zero)
{
    Bench *bench =
        bench_new("a 0..5 at 2, b 1..1 at 1", "a-1 4 8Gi soft; a-2 4 8Gi soft; b-1 4 8Gi", "");

    bench_run(bench, NULL);
    bench_later(bench, 10 * NS_PER_MIN + 1, NULL, "all of them", GOES("a-1") GOES("a-2"));
    bench_free(bench);
}
END_TEST

/* --- nodes and pods that are young ---------------------------------------------------------------------- */

#define GROWS "size of a 3\np1 TriggeredScaleUp: pod triggered scale-up: [{a 2->3 (max: 5)}]\n"
#define FULL  "p0 2 1Gi a-1; p1 2 1Gi -"

/*
 * static_autoscaler_test.go TestStaticAutoscalerUpcomingScaleDownCandidates, clusterstate_test.go
 * TestUpcomingNodes: a node that has registered and is not ready is on its way for 15 min: it stands for the room
 * that it will have, and is no candidate. Then it is one that broke.
 */
static const struct {
    const char *name, *nodes, *pods;
    gint64 now_ns;
    const char *wanted;
} young_rows[] = {
    {"it counts as the node that it will be", "a-1 2 4Gi; a-2 2 4Gi unready young", FULL,
     NS_PER_MIN, ""},
    {"... whatever it is that it waits for", "a-1 2 4Gi; a-2 2 4Gi young no-network", FULL,
     NS_PER_MIN, ""},
    {"... up to 15 min", "a-1 2 4Gi; a-2 2 4Gi unready young", FULL, 15 * NS_PER_MIN - 1, ""},
    {"... and no longer", "a-1 2 4Gi; a-2 2 4Gi unready young no-network", FULL, 15 * NS_PER_MIN,
     GROWS},
    {"it is no candidate", "a-1 2 4Gi; a-2 2 4Gi unready young", "p0 2 1Gi a-1", NS_PER_MIN, ""},
    {"... later it is", "a-1 2 4Gi; a-2 2 4Gi unready young", "p0 2 1Gi a-1", 15 * NS_PER_MIN,
     "a-2: because nobody needs the node\n"},
    {"pods that are all younger than 2 s wait for more to come", "a-1 2 4Gi; a-2 2 4Gi",
     "p0 2 1Gi a-1; p9 2 1Gi a-2; p1 2 1Gi - new", 2 * NS_PER_S - 1, ""},
    {"... of 2 s do not", "a-1 2 4Gi; a-2 2 4Gi", "p0 2 1Gi a-1; p9 2 1Gi a-2; p1 2 1Gi - new",
     2 * NS_PER_S, GROWS},
    {"one that is older brings the others with it", "a-1 2 4Gi; a-2 2 4Gi",
     "p0 2 1Gi a-1; p9 2 1Gi a-2; p1 1 1Gi -; p2 1 1Gi - new", NS_PER_S,
     GROWS "p2 TriggeredScaleUp: pod triggered scale-up: [{a 2->3 (max: 5)}]\n"},
};

START_TEST(test_young)
{
    Bench *bench = bench_new("a 1..5 at 2", young_rows[_i].nodes, young_rows[_i].pods);

    bench->now_ns = young_rows[_i].now_ns;
    bench_later(bench, 0, NULL, young_rows[_i].name, young_rows[_i].wanted);
    bench_free(bench);
}
END_TEST

/* Pods that wait for more to come keep every node for this loop; what nobody needs is looked at all the same. */
START_TEST(test_new_pods_keep_nodes)
{
    Bench *bench = bench_new("a 1..5 at 2, b 1..1 at 1", "a-1 4 8Gi; a-2 4 8Gi soft; b-1 4 8Gi",
                             "p0 3 1Gi a-1; p1 3 1Gi b-1");

    bench->config.unneeded_ns = NS_PER_S;
    bench_run(bench, NULL);
    bench_add_pods(bench, "p2 9 1Gi - new");
    bench->now_ns = NS_PER_S;
    bench_later(bench, 0, NULL, "waits", "");
    bench->now_ns = 2 * NS_PER_S;
    bench_later(bench, 0, NULL, "goes",
                "p2 NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu, 1 max node "
                "group size reached\n" GOES("a-2"));
    bench_free(bench);
}
END_TEST

/* clusterstate_test.go TestTooManyUnready: what nobody needed is forgotten, and said so. */
START_TEST(test_unhealthy)
{
    Bench *bench = bench_new("a 1..9 at 7",
                             "a-1 2 4Gi soft; a-2 2 4Gi; a-3 2 4Gi; a-4 2 4Gi unready; a-5 2 4Gi "
                             "unready; a-6 2 4Gi unready",
                             "");
    const AutoscalerState *state = bench->state;

    bench_run(bench, NULL);
    ck_assert_uint_eq(g_hash_table_size(state->unneeded), 6);
    bench_add_nodes(bench, "a-7 2 4Gi unready");
    bench_later(bench, 0, NULL, "hands off", "");
    ck_assert_str_eq(bench->notes->str, "ClusterUnhealthy: Cluster is unhealthy\n");
    ck_assert_uint_eq(g_hash_table_size(state->unneeded), 0);
    ck_assert_ptr_nonnull(
        strstr(bench->status, "clusterWide:\n  health:\n    status: Unhealthy\n"));
    bench_free(bench);
}
END_TEST

/* --- what it says of itself ------------------------------------------------------------------------------ */

/* executor.go, delete_in_batch.go: events about the ConfigMap. */
START_TEST(test_notes)
{
    Bench *bench = bench_new("a 1..5 at 1, b 1..5 at 3",
                             "a-1 2 4Gi; b-1 4 8Gi; b-2 4 8Gi soft; b-3 4 8Gi soft",
                             "p0 2 1Gi a-1; p1 2 1Gi - elsewhere; p2 3 1Gi b-1; p3 1 1Gi b-2");

    g_ptr_array_remove_index(bench->objects, 5);
    bench_run(bench, NULL);
    ck_assert_str_eq(bench->notes->str, "");
    bench->now_ns = 10 * NS_PER_MIN + 1;
    bench_run(bench, NULL);
    ck_assert_str_eq(bench->notes->str,
                     "ScaleDownEmpty: Scale-down: removing empty node \"b-3\"\n"
                     "ScaleDown: Scale-down: removing node b-2, utilization: {0.25 0.125 0 0 cpu "
                     "0.25}, pods to reschedule: default/p3\n");
    bench_run(bench, "b-3");
    ck_assert_str_eq(bench->notes->str, "ScaleDownEmpty: Scale-down: empty node b-3 removed\n");
    bench_add_pods(bench, "p9 2 4Gi -; p8 2 4Gi -; p7 3 8Gi -; p6 4 8Gi -");
    bench_run(bench, NULL);
    ck_assert_str_eq(bench->notes->str,
                     "ScaledUpGroup: Scale-up: setting group b size to 5 instead of 3 (max: 5)\n"
                     "ScaledUpGroup: Scale-up: group b size set to 5 instead of 3 (max: 5)\n");
    bench->now_ns += 15 * NS_PER_MIN + NS_PER_S;
    bench->sizes[1] = 5;
    bench_run(bench, NULL);
    ck_assert_msg(g_str_has_prefix(bench->notes->str, "ScaleUpTimedOut: Nodes added to group b "
                                                      "failed to register within 15m1s\n"),
                  "%s", bench->notes->str);
    bench_free(bench);
}
END_TEST

static void
check_status(const Bench *bench, const char *wanted)
{
    ck_assert_msg(str_is(bench->status, wanted), "--- got\n%s--- wanted\n%s", bench->status,
                  wanted);
}

static const char status_wanted[] =
    "time: 1970-01-01 01:00:01.5 +0000 UTC\n"
    "autoscalerStatus: Running\n"
    "clusterWide:\n"
    "  health:\n"
    "    status: Healthy\n"
    "    nodeCounts:\n"
    "      registered:\n"
    "        total: 2\n"
    "        ready: 1\n"
    "        notStarted: 0\n"
    "        unready:\n"
    "          total: 1\n"
    "          resourceUnready: 0\n"
    "      longUnregistered: 0\n"
    "      unregistered: 0\n"
    "    lastProbeTime: \"1970-01-01T01:00:01.5Z\"\n"
    "    lastTransitionTime: \"1970-01-01T01:00:01.5Z\"\n"
    "  scaleUp:\n"
    "    status: InProgress\n"
    "    lastProbeTime: \"1970-01-01T01:00:01.5Z\"\n"
    "    lastTransitionTime: \"1970-01-01T01:00:01.5Z\"\n"
    "  scaleDown:\n" /* not looked at yet: no times */
    "    status: NoCandidates\n"
    "nodeGroups:\n"
    "- name: a\n"
    "  health:\n"
    "    status: Healthy\n"
    "    nodeCounts:\n"
    "      registered:\n"
    "        total: 2\n"
    "        ready: 1\n"
    "        notStarted: 0\n"
    "        unready:\n"
    "          total: 1\n"
    "          resourceUnready: 0\n"
    "      longUnregistered: 0\n"
    "      unregistered: 0\n"
    "    cloudProviderTarget: 3\n"
    "    minSize: 1\n"
    "    maxSize: 5\n"
    "    lastProbeTime: \"1970-01-01T01:00:01.5Z\"\n"
    "    lastTransitionTime: \"1970-01-01T01:00:01.5Z\"\n"
    "  scaleUp:\n"
    "    status: InProgress\n"
    "    lastProbeTime: \"1970-01-01T01:00:01.5Z\"\n"
    "    lastTransitionTime: \"1970-01-01T01:00:01.5Z\"\n"
    "  scaleDown:\n"
    "    status: NoCandidates\n"
    "- name: b\n" /* without a node there is nothing that was looked at */
    "  health:\n"
    "    status: Healthy\n"
    "    nodeCounts:\n"
    "      registered:\n"
    "        total: 0\n"
    "        ready: 0\n"
    "        notStarted: 0\n"
    "      longUnregistered: 0\n"
    "      unregistered: 0\n"
    "    cloudProviderTarget: 0\n"
    "    minSize: 0\n"
    "    maxSize: 3\n"
    "  scaleUp:\n"
    "    status: NoActivity\n"
    "  scaleDown:\n"
    "    status: NoCandidates\n";

/*
 * clusterstate/utils/status_test.go and status_test.yaml, the form; clusterstate_test.go TestOKWithScaleUp,
 * TestOKOneUnreadyNode, TestEmptyOK, TestExpiredScaleUp, the content.
 */
START_TEST(test_status)
{
    Bench *bench = bench_new("a 1..5 at 2, b 0..3 at 0", "a-1 2 4Gi; a-2 2 4Gi unready",
                             "p0 2 1Gi a-1; p9 2 1Gi a-2; p1 2 1Gi -");

    bench->config.utilization_permille = 0;
    bench->now_ns = 1500 * NS_PER_MS;
    bench_run(bench, NULL);
    check_status(bench, status_wanted);
    bench_free(bench);
}
END_TEST

/* What of @status is from @from to @until. */
static const char *
excerpt(const char *status, const char *from, const char *until)
{
    const char *begin = strstr(status, from), *end;

    ck_assert_msg(begin != NULL, "no %s in:\n%s", from, status);
    end = strstr(begin, until);
    ck_assert_msg(end != NULL, "no %s in:\n%s", until, begin);
    return str_internf("%.*s", (int)(end - begin), begin);
}

#define COUNTS(bench)                                                                              \
    excerpt(strstr((bench)->status, "nodeGroups:"), "    nodeCounts:", "    cloudProviderTarget:")
#define UP(bench)   excerpt(strstr((bench)->status, "nodeGroups:"), "  scaleUp:\n", "  scaleDown:\n")
#define DOWN(bench) excerpt((bench)->status, "  scaleDown:\n", "nodeGroups:")

/* One growth, from asking to giving up: what the group's scaleUp says, and since when. */
START_TEST(test_status_of_growth)
{
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1");

    bench->config.utilization_permille = 0;
    bench_run(bench, NULL);
    ck_assert_str_eq(UP(bench), "  scaleUp:\n    status: NoActivity\n    lastProbeTime: "
                                "\"1970-01-01T01:00:00Z\"\n    lastTransitionTime: "
                                "\"1970-01-01T01:00:00Z\"\n");
    bench->now_ns = 10 * NS_PER_S;
    bench_add_pods(bench, "p1 2 1Gi -");
    bench_run(bench, NULL);
    ck_assert_str_eq(UP(bench), "  scaleUp:\n    status: InProgress\n    lastProbeTime: "
                                "\"1970-01-01T01:00:10Z\"\n    lastTransitionTime: "
                                "\"1970-01-01T01:00:10Z\"\n");
    bench->now_ns = 20 * NS_PER_S;
    bench->sizes[0] = 2;
    bench_run(bench, NULL);
    ck_assert_str_eq(UP(bench), "  scaleUp:\n    status: InProgress\n    lastProbeTime: "
                                "\"1970-01-01T01:00:20Z\"\n    lastTransitionTime: "
                                "\"1970-01-01T01:00:10Z\"\n");
    ck_assert_ptr_nonnull(
        strstr(COUNTS(bench), "total: 1\n        ready: 1\n        notStarted: 0\n      "
                              "longUnregistered: 0\n      unregistered: 1\n"));
    bench->now_ns = 10 * NS_PER_S + 15 * NS_PER_MIN + 1;
    bench_run(bench, NULL);
    ck_assert_str_eq(UP(bench),
                     "  scaleUp:\n    status: Backoff\n    backoffInfo:\n      errorCode: timeout\n"
                     "      errorMessage: Scale-up timed out for node group a after "
                     "15m0.000000001s\n"
                     "    lastProbeTime: \"1970-01-01T01:15:10.000000001Z\"\n    "
                     "lastTransitionTime: \"1970-01-01T01:15:10.000000001Z\"\n");
    bench_free(bench);
}
END_TEST

/* TestUpcomingNodes: a node that registered counts as not started, and the growth goes on until it is ready. */
START_TEST(test_status_of_start)
{
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");

    bench_run(bench, NULL);
    bench->sizes[0] = 2;
    bench_add_nodes(bench, "a-2 2 4Gi unready young");
    bench->now_ns = NS_PER_MIN;
    bench_run(bench, NULL);
    ck_assert_ptr_nonnull(
        strstr(COUNTS(bench), "total: 2\n        ready: 1\n        notStarted: 1\n      "
                              "longUnregistered: 0\n      unregistered: 0\n"));
    ck_assert_ptr_nonnull(strstr(UP(bench), "InProgress"));
    g_ptr_array_remove_index(bench->objects, bench->objects->len - 1);
    bench_add_nodes(bench, "a-2 2 4Gi young");
    bench_run(bench, NULL);
    ck_assert_ptr_nonnull(strstr(COUNTS(bench), "ready: 2\n        notStarted: 0\n"));
    ck_assert_ptr_nonnull(strstr(UP(bench), "NoActivity"));
    bench_free(bench);
}
END_TEST

/* scaleDown: how many nobody needs, the whole cluster's; a node that goes counts as being deleted. */
START_TEST(test_status_of_shrink)
{
    Bench *bench =
        bench_new("a 1..5 at 3", "a-1 4 8Gi; a-2 4 8Gi soft; a-3 4 8Gi leaving", "p1 3 1Gi a-1");

    bench_run(bench, NULL);
    ck_assert_str_eq(DOWN(bench), "  scaleDown:\n    status: CandidatesPresent\n    candidates: "
                                  "1\n    lastProbeTime: \"1970-01-01T01:00:00Z\"\n"
                                  "    lastTransitionTime: \"1970-01-01T01:00:00Z\"\n");
    ck_assert_ptr_nonnull(
        strstr(COUNTS(bench),
               "total: 3\n        ready: 2\n        notStarted: 0\n        beingDeleted: 1\n"));
    bench->now_ns = NS_PER_MIN;
    bench_add_pods(bench, "p2 3 1Gi a-2");
    bench_run(bench, NULL);
    ck_assert_str_eq(DOWN(bench), "  scaleDown:\n    status: NoCandidates\n    lastProbeTime: "
                                  "\"1970-01-01T01:01:00Z\"\n    lastTransitionTime: "
                                  "\"1970-01-01T01:01:00Z\"\n");
    bench_free(bench);
}
END_TEST

/* NewStatusMapRecorder: the first thing that it does; the first loop is one interval later. */
START_TEST(test_status_at_start)
{
    Bench *bench = bench_new("a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -");
    AutoscalerState *state = bench->state;

    api_object_unref(g_steal_pointer(&state->map));
    bench_later(bench, 0, NULL, "only the status", "");
    check_status(bench, "time: 1970-01-01 01:00:00 +0000 UTC\nautoscalerStatus: Initializing\n");
    bench_free(bench);
}
END_TEST

Suite *autoscaler_loops_suite(void);

Suite *
autoscaler_loops_suite(void)
{
    Suite *suite = suite_create("scheduler/autoscaler loops");
    TCase *tcase = tcase_create("loops");

    tcase_add_test(tcase, test_delay_after_add);
    tcase_add_test(tcase, test_never_came);
    tcase_add_test(tcase, test_backoff);
    tcase_add_test(tcase, test_backoff_ends);
    tcase_add_test(tcase, test_to_zero);
    tcase_add_loop_test(tcase, test_young, 0, G_N_ELEMENTS(young_rows));
    tcase_add_test(tcase, test_new_pods_keep_nodes);
    tcase_add_test(tcase, test_unhealthy);
    tcase_add_test(tcase, test_notes);
    tcase_add_test(tcase, test_status);
    tcase_add_test(tcase, test_status_of_growth);
    tcase_add_test(tcase, test_status_of_start);
    tcase_add_test(tcase, test_status_of_shrink);
    tcase_add_test(tcase, test_status_at_start);
    suite_add_tcase(suite, tcase);
    return suite;
}
