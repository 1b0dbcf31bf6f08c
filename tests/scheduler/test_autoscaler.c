/*
 * test_autoscaler.c - what the cluster autoscaler decides, as tables
 *
 * Sources: kubernetes/autoscaler cluster-autoscaler 1.34: core/static_autoscaler_test.go,
 * estimator/binpacking_estimator_test.go, expander/waste and /mostpods,
 * simulator/drainability/rules, core/scaledown/eligibility, FAQ ("What types of pods can
 * prevent CA from removing a node?"), processors/status/eventing_scale_up_processor_test.go.
 */

#include "tests/scheduler/autoscaler_bench.h"

#include <check.h>

/* --- up ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *groups, *nodes, *pods;
    AutoscalerExpander expander;
    const char *wanted;
} up_rows[] = {
    {"what fits needs nothing", "a 1..5 at 1", "a-1 2 4Gi", "p1 1 1Gi a-1; p2 1 1Gi -", 0, ""},
    {"one pod too many", "a 1..5 at 1", "a-1 2 4Gi", "p1 1500m 1Gi a-1; p2 1 1Gi -", 0,
     "size of a 2\np2 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n"},
    {"first fit, large ones first: 3 x 1500m and 3 x 500m go on three nodes", "a 1..9 at 1", "a-1 2 4Gi",
     "p0 2 1Gi a-1; s1 500m 1Gi -; s2 500m 1Gi -; s3 500m 1Gi -; l1 1500m 1Gi -; l2 1500m 1Gi -; l3 1500m 1Gi -", 0,
     "size of a 4\n"
     "l1 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\nl2 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\n"
     "l3 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\ns1 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\n"
     "s2 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\ns3 TriggeredScaleUp: pod triggered scale-up: [{a 1->4 (max: 9)}]\n"},
    {"no more than max; who is left out waits without a word", "a 1..2 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -; p2 2 1Gi -", 0,
     "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 2)}]\n"},
    {"at max", "a 1..1 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 1 1Gi -", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 max node group size reached\n"},
    {"too large for any", "a 1..5 at 1", "a-1 2 4Gi", "p1 3 1Gi -", 0, "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu\n"},
    {"reasons of two groups are counted together and sorted", "a 1..5 at 1, b 1..5 at 1, c 1..1 at 1", "a-1 2 4Gi; b-1 2 4Gi; c-1 2 4Gi",
     "p1 3 5Gi -", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 max node group size reached, 2 Insufficient cpu, 2 Insufficient memory\n"},
    {"a selector that no group's nodes match", "a 1..5 at 1", "a-1 2 4Gi", "p1 1 1Gi - elsewhere", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 node(s) didn't match Pod's node affinity/selector\n"},
    {"a node that was cordoned is a model of one that is not", "a 1..5 at 1", "a-1 2 4Gi cordoned", "p1 1 1Gi -", 0,
     "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n"},
    {"machines on their way are counted on", "a 1..5 at 2", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -", 0, ""},
    {"... but for no more than they hold", "a 1..5 at 2", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 2 1Gi -; p2 2 1Gi -", 0,
     "size of a 3\np2 TriggeredScaleUp: pod triggered scale-up: [{a 2->3 (max: 5)}]\n"},
    {"pods below the cutoff of -10 are nobody's concern", "a 1..5 at 1", "a-1 2 4Gi", "p0 2 1Gi a-1; p1 1 1Gi - expendable", 0, ""},
    {"DaemonSets take their part of each new node", "a 1..5 at 1", "a-1 2 4Gi", "d 500m 1Gi a-1 daemon; p0 1500m 1Gi a-1; p1 1 1Gi -; p2 1 1Gi -", 0,
     "size of a 3\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->3 (max: 5)}]\n"
     "p2 TriggeredScaleUp: pod triggered scale-up: [{a 1->3 (max: 5)}]\n"},
    {"least-waste: 2 of 2 cores beat 2 of 8", "b 1..5 at 1, a 1..5 at 1", "b-1 8 16Gi; a-1 2 4Gi", "p0 8 1Gi b-1; p9 2 1Gi a-1; p1 2 4Gi -",
     EXPANDER_LEAST_WASTE, "size of a 2\np1 TriggeredScaleUp: pod triggered scale-up: [{a 1->2 (max: 5)}]\n"},
    {"most-pods: the group that helps two", "a 1..2 at 1, b 1..2 at 1", "a-1 2 4Gi; b-1 8 16Gi", "p0 8 1Gi b-1; p9 2 1Gi a-1; p1 2 4Gi -; p2 2 4Gi -",
     EXPANDER_MOST_PODS,
     "size of b 2\np1 TriggeredScaleUp: pod triggered scale-up: [{b 1->2 (max: 2)}]\n"
     "p2 TriggeredScaleUp: pod triggered scale-up: [{b 1->2 (max: 2)}]\n"},
    {"a group without nodes, by what the cloud says of it", "a 1..5 at 1, z 0..3 at 0", "a-1 2 4Gi", "p1 1 1Gi - elsewhere; p2 1500m 1Gi - elsewhere", 0,
     "size of z 2\np2 TriggeredScaleUp: pod triggered scale-up: [{z 0->2 (max: 3)}]\n"
     "p1 TriggeredScaleUp: pod triggered scale-up: [{z 0->2 (max: 3)}]\n"},
    {"... in a cluster without any", "z 0..3 at 0", "", "p1 1 1Gi -", 0, "size of z 1\np1 TriggeredScaleUp: pod triggered scale-up: [{z 0->1 (max: 3)}]\n"},
    {"... whose first machine is on its way", "z 0..3 at 1", "", "p1 1 1Gi -", 0, ""},
    {"... of which the cloud says nothing", "a 0..3 at 0", "", "p1 1 1Gi -", 0, "p1 NotTriggerScaleUp: pod didn't trigger scale-up: \n"},
    {"half of the nodes not ready, more than three: hands off", "a 1..9 at 8",
     "a-1 2 4Gi; a-2 2 4Gi; a-3 2 4Gi; a-4 2 4Gi; a-5 2 4Gi unready; a-6 2 4Gi unready; a-7 2 4Gi unready; a-8 2 4Gi unready", "p1 3 1Gi -", 0, ""},
    {"three of them are never too many", "a 4..5 at 4", "a-1 2 4Gi; a-2 2 4Gi unready; a-3 2 4Gi unready; a-4 2 4Gi unready", "p1 3 1Gi -", 0,
     "p1 NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu\n"},
};

START_TEST(test_up)
{
    Bench *bench = bench_new(up_rows[_i].groups, up_rows[_i].nodes, up_rows[_i].pods);

    bench->config.expander = up_rows[_i].expander;
    bench->config.utilization_permille = 0; /* only what grows is looked at */
    bench_run(bench, NULL);
    bench_check(bench, up_rows[_i].name, up_rows[_i].wanted);
    bench_free(bench);
}
END_TEST

/* --- down ----------------------------------------------------------------------------------------------- */

#define SOFT  "because nobody needs the node\n"
#define HARD  "because nobody has needed the node for long enough\n"
#define GOES(node) node ": " HARD node " ScaleDown: marked the node as toBeDeleted/unschedulable\n"

/* The first loop marks; the second is 10 min later, and more. Nodes of 4 cores, group a 1..5. */
static const struct {
    const char *name, *nodes, *pods;
    gint budget;     /* disruptions allowed, +10: in kube-system; -1: no budget */
    gint64 later_ns; /* 0: more than 10 min */
    const char *first, *second;
} down_rows[] = {
    {"an empty node", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1", -1, 0, "a-2: " SOFT, GOES("a-2")},
    {"its mark is set once", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1", -1, 0, "", GOES("a-2")},
    {"after just 10 min: too early", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1", -1, 10 * NS_PER_MIN, "", ""},
    {"half of it asked for is not less than half", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 2 1Gi a-2", -1, 0,
     "a-2: because the node is needed again\n", "a-2: because the node is needed again\n"},
    {"memory counts as CPU does", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 4Gi a-2", -1, 0, "", ""},
    {"its pods find another place", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2", -1, 0, "", GOES("a-2")},
    {"its pods find none", "a-1 4 8Gi; a-2 4 8Gi", "p1 3500m 1Gi a-1; p2 1 1Gi a-2", -1, 0, "", ""},
    {"two could go, but not both: the first takes the room", "a-1 4 8Gi; a-2 4 8Gi; a-3 4 8Gi",
     "p1 2500m 1Gi a-1; p2 1 1Gi a-2; p3 1900m 1Gi a-3", -1, 0, "a-2: " SOFT, GOES("a-2")},
    {"empty ones go together, down to min", "a-1 4 8Gi soft; a-2 4 8Gi soft; a-3 4 8Gi soft", "", -1, 0, "",
     GOES("a-1") GOES("a-2")},
    {"empty ones before others, of which one goes with them", "a-1 4 8Gi; a-2 4 8Gi soft; a-3 4 8Gi soft", "p1 3 1Gi a-1; p2 1 1Gi a-2", -1, 0, "",
     GOES("a-3") GOES("a-2")},
    {"of those with pods one at a time", "a-1 4 8Gi; a-2 4 8Gi soft; a-3 4 8Gi soft", "p1 1 1Gi a-1; p2 1 1Gi a-2; p3 1 1Gi a-3; p4 2 1Gi a-1", -1, 0, "a-3: because the node is needed again\n",
     GOES("a-2")},
    {"DaemonSets do not hold a node", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; d 100m 1Gi a-2 daemon", -1, 0, "", GOES("a-2")},
    {"... but what they ask for is counted", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; d 2 1Gi a-2 daemon", -1, 0, "", ""},
    {"a pod without a controller", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 naked", -1, 0, "", ""},
    {"... that is safe to evict", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 naked safe", -1, 0, "", GOES("a-2")},
    {"a pod that is not safe to evict", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 unsafe", -1, 0, "", ""},
    {"emptyDir", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 emptyDir", -1, 0, "", ""},
    {"emptyDir in memory", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 inMemory", -1, 0, "", GOES("a-2")},
    {"emptyDir, safe to evict", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 emptyDir safe", -1, 0, "", GOES("a-2")},
    {"hostPath", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 hostPath", -1, 0, "", ""},
    {"a budget that allows one", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2", 1, 0, "", GOES("a-2")},
    {"a budget that allows none", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2", 0, 0, "", ""},
    {"... but is not asked about one that is safe to evict", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 safe", 0, 0, "", GOES("a-2")},
    {"two nodes need the one that a budget allows", "a-1 4 8Gi; a-2 4 8Gi soft; a-3 4 8Gi", "p1 3 1Gi a-1 naked; p2 100m 1Gi a-2; p3 100m 1Gi a-3", 1, 0, "", GOES("a-2")},
    {"... two of the same", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2; p3 100m 1Gi a-2", 1, 0, "a-2: " SOFT, GOES("a-2")},
    {"emptyDir that may be lost", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 emptyDir lossy", -1, 0, "", GOES("a-2")},
    {"a pod of kube-system without a budget", "a-1 4 8Gi; a-2 4 8Gi", "p1 3 1Gi a-1; p2 100m 1Gi a-2 system", -1, 0, "", ""},
    {"... with one", "a-1 4 8Gi; a-2 4 8Gi soft", "p1 3 1Gi a-1; p2 100m 1Gi a-2 system", 11, 0, "", GOES("a-2")},
    {"a node that says no", "a-1 4 8Gi; a-2 4 8Gi disabled", "p1 3 1Gi a-1", -1, 0, "", ""},
    {"a group at its smallest", "a-1 4 8Gi", "", -1, 0, "", ""},
    {"a node of no group", "a-1 4 8Gi; a-2 4 8Gi; lonely 4 8Gi", "p1 3 1Gi a-1; p2 3 1Gi a-2", -1, 0, "", ""},
    {"a node that is not ready has 20 min", "a-1 4 8Gi; a-2 4 8Gi unready soft", "p1 3 1Gi a-1; p2 1 1Gi a-2 daemon", -1, 20 * NS_PER_MIN, "", ""},
    {"... and then goes", "a-1 4 8Gi; a-2 4 8Gi unready soft", "p1 3 1Gi a-1; p2 1 1Gi a-2 daemon", -1, 20 * NS_PER_MIN + 1, "", GOES("a-2")},
    {"... but not if much of it is asked for", "a-1 4 8Gi; a-2 4 8Gi unready", "p1 3 1Gi a-1; p2 2 1Gi a-2 daemon", -1, 20 * NS_PER_MIN + 1, "", ""},
};

START_TEST(test_down)
{
    guint n_nodes = 1;
    Bench *bench;

    for (const char *p = down_rows[_i].nodes; *p != '\0'; p++)
        n_nodes += *p == ';';
    bench = bench_new("a 1..5 at 1", down_rows[_i].nodes, down_rows[_i].pods);
    bench->sizes[0] = n_nodes;
    if (down_rows[_i].budget >= 0)
        bench_add_budget(bench, down_rows[_i].budget);
    bench_run(bench, NULL);
    bench_check(bench, down_rows[_i].name, down_rows[_i].first);
    bench->now_ns += down_rows[_i].later_ns > 0 ? down_rows[_i].later_ns : 10 * NS_PER_MIN + 1;
    bench_run(bench, NULL);
    bench_check(bench, down_rows[_i].name, down_rows[_i].second);
    bench_free(bench);
}
END_TEST

Suite *autoscaler_suite(void);

Suite *
autoscaler_suite(void)
{
    Suite *suite = suite_create("scheduler/autoscaler");
    TCase *tcase = tcase_create("autoscaler");

    tcase_add_loop_test(tcase, test_up, 0, G_N_ELEMENTS(up_rows));
    tcase_add_loop_test(tcase, test_down, 0, G_N_ELEMENTS(down_rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
