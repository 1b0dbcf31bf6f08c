/*
 * test_cost.c - what a sync looks at
 *
 * A reconciler may cost what its own objects are worth, not what the cluster is: upstream's listers go by
 * owner (controller_ref_manager.go: by the pods' owner index since 1.32). The same object is synced in a
 * namespace where it is alone and in one with many neighbours; the view must hand out as many objects.
 */

#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define NEIGHBOURS 30
#define SYNCS      6

static const struct {
    const ApiKind *kind;
    const ControllerDef *def;
    const char *text; /* %s: its name, thrice */
} cost_cases[] = {
    {&deployment_kind, &deployment_controller,
     "{metadata: {name: %s}, spec: {replicas: 3, selector: {matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s}}, "
     "spec: {containers: [{name: c, image: i}]}}}}"},
    {&replica_set_kind, &replica_set_controller,
     "{metadata: {name: %s}, spec: {replicas: 3, selector: {matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s}}, "
     "spec: {containers: [{name: c, image: i}]}}}}"},
    {&stateful_set_kind, &stateful_set_controller,
     "{metadata: {name: %s}, spec: {podManagementPolicy: Parallel, serviceName: s, replicas: 3, selector: {matchLabels: {app: %s}}, "
     "template: {metadata: {labels: {app: %s}}, spec: {containers: [{name: c, image: i}]}}}}"},
    {&daemon_set_kind, &daemon_set_controller,
     "{metadata: {name: %s}, spec: {selector: {matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s}}, "
     "spec: {containers: [{name: c, image: i}]}}}}"},
    {&job_kind, &job_controller,
     "{metadata: {name: %s, labels: {a: %s, b: %s}}, spec: {parallelism: 3, completions: 9, template: {spec: {restartPolicy: Never, "
     "containers: [{name: c, image: i}]}}}}"},
};

static void
add_workload(Mini *mini, guint i, const char *name)
{
    g_autofree char *text = g_strdup_printf(cost_cases[i].text, name, name, name);
    g_autofree char *key = g_strdup_printf("default/%s", name);

    mini_add(mini, object_from_yaml(cost_cases[i].kind, text));
    for (guint k = 0; k < SYNCS; k++)
        mini_sync(mini, cost_cases[i].def, key);
}

/* Objects that one more sync of "mine" looks at, among @neighbours of its kind. */
static guint64
visited_among(guint i, guint neighbours)
{
    Mini *mini = mini_new();
    guint64 visited;

    for (guint k = 0; k < 3; k++) {
        g_autofree char *name = g_strdup_printf("n%u", k);

        mini_add(mini, make_node(name, "a"));
    }
    for (guint k = 0; k < neighbours; k++) {
        g_autofree char *name = g_strdup_printf("other-%u", k);

        add_workload(mini, i, name);
    }
    add_workload(mini, i, "mine");
    mini_sync(mini, cost_cases[i].def, "default/mine");
    visited = mini->visited;
    mini_free(mini);
    return visited;
}

START_TEST(test_neighbours_cost_nothing)
{
    guint64 alone = visited_among((guint)_i, 0);
    guint64 crowded = visited_among((guint)_i, NEIGHBOURS);

    ck_assert_uint_gt(alone, 0);
    ck_assert_msg(crowded == alone, "%s: %" G_GUINT64_FORMAT " alone, %" G_GUINT64_FORMAT " among %d others",
                  cost_cases[_i].kind->kind, alone, crowded, NEIGHBOURS);
}
END_TEST

Suite *
cost_suite(void)
{
    Suite *suite = suite_create("cost of a sync");
    TCase *tcase = tcase_create("cost");

    tcase_add_loop_test(tcase, test_neighbours_cost_nothing, 0, G_N_ELEMENTS(cost_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
