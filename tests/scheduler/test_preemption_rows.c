/*
 * Who has to go, and where: rows of v1.34 pkg/scheduler/framework/plugins/defaultpreemption/default_preemption_test.go
 * and framework/preemption/preemption_test.go, over whole attempts. Pods are p0, p1 ... in their order.
 */

#include "scheduler/preemption.h"
#include "scheduler/scheduler.h"
#include "tests/scheduler/rows.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *preemption_rows_suite(void);

typedef struct {
    const char *rule;
    const char *pod, *nodes, *pods;
    const char *budgets; /* "name selector allowed [disrupted]", ";" between them */
    const char *want;    /* "node: victims", "node" for a node that fits, or why nobody helps */
} PreemptionRow;

#define NODE(n) n " cpu:500m memory:500 pods:32"
#define TWO     NODE("n1") ";" NODE("n2")
#define THREE   TWO ";" NODE("n3")
#define SMALL   "app cpu=100m memory=100"
#define MEDIUM  "app cpu=200m memory=200"
#define LARGE   "app cpu=300m memory=300"
#define HUGE    "app cpu=500m memory=500"
#define HIGH    "| prio 1000 |"
#define LOW     "| prio -100 |"
#define MID     "| prio 100 |"
#define NONE(n) "0/" n " nodes are available: "
#define VAIN    "no new claims to deallocate, preemption: "

static const PreemptionRow rows[] = {
    /* TestDryRunPreemption */
    {"it fits as it is", "app=a" HIGH SMALL, NODE("n1"), "n1" LOW SMALL, NULL, "n1"},
    {"one node fits as it is", HIGH LARGE, TWO, "n1" LOW LARGE, NULL, "n2"},
    {"the one lesser pod", HIGH LARGE, NODE("n1"), "n1" LOW LARGE, NULL, "n1: p0"},
    {"the others are of higher priority", "| prio 0 |" LARGE, TWO, "n1" MID LARGE "; n2" MID LARGE, NULL,
     NONE("2") "2 Insufficient cpu, 2 Insufficient memory. " VAIN NONE("2")
     "2 No preemption victims found for incoming pod."},
    {"of equal priority is not less", MID LARGE, NODE("n1"), "n1" MID LARGE, NULL,
     NONE("1") "1 Insufficient cpu, 1 Insufficient memory. " VAIN NONE("1")
     "1 No preemption victims found for incoming pod."},
    {"the middling one goes, the small one stays", HIGH LARGE, TWO, "n1 | prio 0 |" SMALL "; n1" MID LARGE "; n2" MID LARGE "| prio 900",
     NULL, "n1: p1"},
    {"several go", HIGH HUGE, NODE("n1"), "n1 | prio -1 |" SMALL "; n1 | prio 0 |" LARGE "; n1" MID SMALL, NULL, "n1: p2 p1 p0"},
    {"several go, the greater stay", HIGH LARGE, NODE("n1"),
     "n1 | prio 10 |" SMALL "; n1 | prio 5 |" SMALL "; n1 | prio 1 |" SMALL "; n1 | prio 3 |" MEDIUM, NULL, "n1: p3 p2"},
    {"equals: the one that started later goes", HIGH LARGE, NODE("n1"),
     "n1 start:01 | prio 0 |" SMALL "; n1 start:03 | prio 0 |" MEDIUM "; n1 start:02 | prio 0 |" SMALL, NULL, "n1: p1"},
    {"equals: the earlier started come back first, whatever their size", HIGH LARGE, NODE("n1"),
     "n1 start:01 | prio 0 |" MEDIUM "; n1 start:03 | prio 0 |" MEDIUM "; n1 start:02 | prio 0 |" SMALL, NULL, "n1: p2 p1"},
    {"whoever it must not be near", "app=x" HIGH "| far zone service", "n1 zone=a cpu:500m; n2 zone=a cpu:500m",
     "n1 service=s" LOW "app cpu=100m; n1 | prio -50 | app cpu=100m; n2" LOW "app cpu=100m", NULL, "n1: p0"},
    {"whoever is too many in its zone", "foo" HIGH "| spread 1 zone hard foo | spread 1 host hard foo",
     "a zone=1 host=a; b zone=1 host=b; x zone=2 host=x",
     "a foo start:01" LOW "app; a foo start:02" LOW "app; b foo" MID "app; x foo" HIGH "app; x foo" HIGH "app", NULL, "a: p1"},
    {"taints cannot be preempted", HIGH LARGE, "n1 cpu:500m memory:500 !x:NoSchedule", "n1" LOW LARGE, NULL,
     NONE("1") "1 node(s) had untolerated taint(s). " VAIN NONE("1") "1 Preemption is not helpful for scheduling."},
    {"a node too small cannot help", HIGH "app cpu=600m", TWO, "n1" LOW LARGE "; n2" LOW LARGE, NULL,
     NONE("2") "2 Insufficient cpu. " VAIN NONE("2") "2 Preemption is not helpful for scheduling."},
    {"all the lesser ones are not enough", HIGH HUGE, NODE("n1"), "n1" LOW SMALL "; n1 | prio 2000 |" LARGE, NULL,
     NONE("1") "1 Insufficient cpu, 1 Insufficient memory. " VAIN NONE("1") "1 Insufficient cpu, 1 Insufficient memory."},
    {"each node for its own reason", HIGH LARGE, "n1 cpu:500m memory:500; n2 cpu:200m memory:500; n3 cpu:500m memory:500 !x:NoExecute; n4 cpu:500m memory:500",
     "n1 | prio 2000 |" LARGE "; n4" LOW SMALL "; n4 | prio 3000 |" LARGE, NULL,
     NONE("4") "1 node(s) had untolerated taint(s), 2 Insufficient memory, 3 Insufficient cpu. " VAIN NONE("4")
     "1 Insufficient cpu, 1 Insufficient memory, 1 No preemption victims found for incoming pod, 2 Preemption is not "
     "helpful for scheduling."},
    {"host ports can be preempted", HIGH "app port:80", "n1; n2 !cordon", "n1" LOW "app port:80; n1" LOW "app", NULL, "n1: p0"},
    {"a pod that is going already may be the victim", HIGH LARGE, NODE("n1"), "n1 ~" LOW LARGE, NULL, "n1: p0"},
    {"never", HIGH LARGE "| never", NODE("n1"), "n1" LOW LARGE, NULL,
     NONE("1") "1 Insufficient cpu, 1 Insufficient memory. " VAIN "not eligible due to preemptionPolicy=Never."},
    /* with budgets */
    {"a budget that would be broken is spared", HIGH LARGE, NODE("n1"), "n1 app=foo | prio 0 |" LARGE "; n1 | prio 50 |" SMALL, "b app=foo 1",
     "n1: p0"},
    {"of two lesser pods the one without budget", HIGH MEDIUM, NODE("n1"), "n1 app=foo | prio 0 |" MEDIUM "; n1 | prio 0 |" MEDIUM,
     "b app=foo 0", "n1: p1"},
    {"even if it is the more important", HIGH MEDIUM, NODE("n1"), "n1 app=foo | prio 0 |" MEDIUM "; n1 | prio 90 |" MEDIUM, "b app=foo 0",
     "n1: p1"},
    {"the node without a broken budget", HIGH LARGE, TWO, "n1 app=foo" LOW LARGE "; n2 | prio 50 |" LARGE, "b app=foo 0", "n2: p1"},
    {"one was already on its way", HIGH LARGE, TWO, "n1 app=foo | prio 0 |" LARGE "; n2 | prio 50 |" LARGE, "b app=foo 0 p0", "n1: p0"},
    {"a budget of another namespace", HIGH LARGE, TWO, "n1 ns:other app=foo" LOW LARGE "; n2 | prio 50 |" LARGE, "b app=foo 0", "n1: p0"},
    {"fewer broken budgets", HIGH HUGE, TWO, "n1 app=foo" LOW MEDIUM "; n1 app=foo" LOW MEDIUM "; n2 app=foo" MID MEDIUM "; n2" MID MEDIUM,
     "b app=foo 0", "n2: p2 p3"},
    {"a budget with room for one", HIGH HUGE, TWO, "n1 app=foo" LOW MEDIUM "; n1 app=foo" LOW MEDIUM "; n2 app=bar" MID LARGE, "b app=foo 1",
     "n2: p2"},
    /* TestSelectBestCandidate: pickOneNodeForPreemption */
    {"the lowest of the highest victims", HIGH HUGE, THREE, "n1" MID LARGE "; n2 | prio 0 |" LARGE "; n3" MID LARGE, NULL, "n2: p1"},
    {"the same, of several", HIGH HUGE, THREE, "n1" MID MEDIUM "; n1" LOW MEDIUM "; n2 | prio 99 |" MEDIUM "; n2 | prio 98 |" MEDIUM "; n3" MID LARGE,
     NULL, "n2: p2 p3"},
    {"then the smallest sum", HIGH HUGE, THREE,
     "n1" MID MEDIUM "; n1 | prio 90 |" MEDIUM "; n2" MID MEDIUM "; n2 | prio 0 |" MEDIUM "; n3" MID MEDIUM "; n3 | prio 50 |" MEDIUM, NULL,
     "n2: p2 p3"},
    {"every further victim weighs, however low", HIGH HUGE, TWO,
     "n1" MID MEDIUM "; n1 | prio 0 |" MEDIUM "; n2" MID MEDIUM "; n2" LOW SMALL "; n2" LOW SMALL, NULL, "n1: p0 p1"},
    {"then the later start of the most important", HIGH HUGE, THREE,
     "n1 start:03" MID MEDIUM "; n1 start:03" MID MEDIUM "; n2 start:02" MID MEDIUM "; n2 start:02" MID MEDIUM "; n3 start:04" MID MEDIUM
     "; n3 start:04" MID MEDIUM,
     NULL, "n3: p4 p5"},
    {"the earliest of each node decides", HIGH HUGE, THREE,
     "n1 start:05" MID MEDIUM "; n1 start:03" MID MEDIUM "; n2 start:06" MID MEDIUM "; n2 start:02" MID MEDIUM "; n3 start:04" MID MEDIUM
     "; n3 start:07" MID MEDIUM,
     NULL, "n3: p4 p5"},
    {"the start of lesser victims does not count", HIGH HUGE, TWO,
     "n1 start:05" MID MEDIUM "; n1 start:01 | prio 0 |" MEDIUM "; n2 start:04" MID MEDIUM "; n2 start:07 | prio 0 |" MEDIUM, NULL,
     "n1: p0 p1"},
    /* TestPodEligibleToPreemptOthers */
    {"a nominated node where nobody is going", "nominated:n1" HIGH LARGE, TWO, "n1" LOW LARGE "; n2" MID LARGE, NULL, "n1: p0"},
    {"a nominated node that is out of the question", "nominated:n1" HIGH LARGE, "n1 cpu:500m memory:500 !x:NoSchedule; " NODE("n2"),
     "n1" LOW LARGE "; n2" MID LARGE, NULL, "n2: p1"},
};

static void
add_budgets(GPtrArray *others, const char *text)
{
    g_auto(GStrv) items = g_strsplit(text == NULL ? "" : text, ";", -1);

    for (guint i = 0; items[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(g_strstrip(items[i]), " ", 4);
        g_auto(GStrv) label = g_strsplit(words[1], "=", 2);
        g_autofree char *disrupted =
            words[3] == NULL ? g_strdup("") : g_strdup_printf("'%s':'2026-01-01T00:00:00Z'", words[3]);
        g_autofree char *json = g_strdup_printf(
            "{'kind':'PodDisruptionBudget','apiVersion':'policy/v1','metadata':{'name':'%s','namespace':'default'},"
            "'spec':{'selector':{'matchLabels':{'%s':'%s'}}},'status':{'disruptionsAllowed':%s,'disruptedPods':{%s}}}",
            words[0], label[0], label[1], words[2], disrupted);

        g_ptr_array_add(others, make_object(json));
    }
}

/* "node: victims", "node", or the message. (owned) */
static char *
outcome_of(const Value *tree)
{
    const Value *victims = value_get(tree, "victims");
    const char *node = value_get_string(tree, "node", NULL);
    GString *text;

    if (node != NULL)
        return g_strdup(node);
    if (victims == NULL)
        return g_strdup(value_get_string(tree, "message", "no message"));
    text = g_string_new(value_get_string(tree, "nominatedNode", "no node"));
    g_string_append_c(text, ':');
    for (guint i = 0; i < victims->count; i++)
        g_string_append_printf(text, " %s", strchr(victims->items[i]->text, '/') + 1);
    return g_string_free(text, FALSE);
}

START_TEST(test_row)
{
    const PreemptionRow *row = &rows[_i];
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes(row->nodes, &unused);
    g_autoptr(GPtrArray) others = rows_pods(row->pods);
    g_autoptr(ApiObject) pod = rows_pod(row->pod, "incoming");

    add_budgets(others, row->budgets);
    /* whatever node the search begins at */
    for (guint64 seed = 1; seed <= 5; seed++) {
        g_autoptr(Value) tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                                              (const ApiObject *const *)others->pdata, others->len, seed, 34);
        g_autofree char *got = outcome_of(tree);

        ck_assert_msg(str_is(got, row->want), "%s: %s instead of %s", row->rule, got, row->want);
    }
}
END_TEST

Suite *
preemption_rows_suite(void)
{
    Suite *suite = suite_create("preemption rows");
    TCase *tcase = tcase_create("preemption");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
