/* The disruption controller: what a budget's status says of which pods. */
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define SYNC(mini) mini_sync(mini, &disruption_controller, "default/b")

static void
add_budget(Mini *mini, const char *rule)
{
    g_autofree char *text = g_strdup_printf("{metadata: {name: b}, spec: {%s}}", rule);

    mini_add(mini, object_from_yaml(&pdb_kind, text));
}

static const PdbStatus *
status_of(Mini *mini)
{
    return pdb_status(mini_get(mini, &pdb_kind, "default", "b"));
}

static ApiObject *
labelled_pod(const char *name, gboolean is_ready)
{
    ApiObject *pod = make_pod(NULL, name, "n1", "Running", is_ready);

    str_map_set(&api_edit_meta(pod)->labels, str_intern("app"), str_intern("a"));
    return pod;
}

/* An owner reference by hand: any kind, any uid. */
static void
own(ApiObject *pod, const char *version, const char *kind, const char *name, const char *uid)
{
    OwnerReference *reference = API_LIST_ADD(&api_edit_meta(pod)->owner_references);

    *reference = (OwnerReference){str_intern(version), str_intern(kind), str_intern(name),
                                  str_intern(uid), OPT_TRUE, OPT_TRUE};
}

#define SELECTOR "selector: {matchLabels: {app: a}}"

/* --- numbers ------------------------------------------------------------------------------------ */

typedef struct {
    const char *name, *rule;
    int replicas; /* of a ReplicaSet that owns the pods; -1: pods without controller */
    guint ready, unready;
    gint32 desired, expected, allowed;
} NumberCase;
/* v1.34 pkg/controller/disruption/disruption_test.go */
static const NumberCase number_cases[] = {
    {"TestNoSelector: no selector, no pods", "minAvailable: 3", -1, 1, 0, 3, 0, 0},
    {"TestUnavailable: three of three", "minAvailable: 3, " SELECTOR, -1, 0, 0, 3, 0, 0},
    {"TestUnavailable: one", "minAvailable: 3, " SELECTOR, -1, 1, 0, 3, 1, 0},
    {"TestUnavailable: two", "minAvailable: 3, " SELECTOR, -1, 2, 0, 3, 2, 0},
    {"TestUnavailable: three", "minAvailable: 3, " SELECTOR, -1, 3, 0, 3, 3, 0},
    {"TestUnavailable: four", "minAvailable: 3, " SELECTOR, -1, 4, 0, 3, 4, 1},
    {"TestUnavailable: four, and one unready", "minAvailable: 3, " SELECTOR, -1, 4, 1, 3, 5, 1},
    {"TestIntegerMaxUnavailable: not without a controller", "maxUnavailable: 1, " SELECTOR, -1, 1,
     0, 0, 0, 0},
    {"TestIntegerMaxUnavailableWithScaling: two of seven", "maxUnavailable: 2, " SELECTOR, 7, 1, 0,
     5, 7, 0},
    {"TestIntegerMaxUnavailableWithScaling: two of five", "maxUnavailable: 2, " SELECTOR, 5, 1, 0,
     3, 5, 0},
    {"TestPercentageMaxUnavailableWithScaling: 30% of 7 rounds up", "maxUnavailable: 30%, " SELECTOR,
     7, 1, 0, 4, 7, 0},
    {"TestPercentageMaxUnavailableWithScaling: 30% of 3", "maxUnavailable: 30%, " SELECTOR, 3, 3, 0,
     2, 3, 1},
    {"TestReplicaSet: 20% of 10 rounds up", "minAvailable: 20%, " SELECTOR, 10, 1, 0, 2, 10, 0},
    {"TestReplicaSet: two ready", "minAvailable: 20%, " SELECTOR, 10, 2, 0, 2, 10, 0},
    {"TestReplicaSet: three ready", "minAvailable: 20%, " SELECTOR, 10, 3, 0, 2, 10, 1},
    {"TestReplicaSet: all ten", "minAvailable: 20%, " SELECTOR, 10, 10, 0, 2, 10, 8},
    {"TestMultipleControllers: nobody owns them", "minAvailable: 28%, " SELECTOR, -1, 11, 0, 0, 0, 0},
    {"TestMultipleControllers: 28% of 11 rounds up", "minAvailable: 28%, " SELECTOR, 11, 11, 0, 4, 11, 7},
    {"TestTotalUnmanagedPods", "maxUnavailable: 28%, " SELECTOR, -1, 1, 0, 0, 0, 0},
    {"TestPercentageMaxUnavailableWithScaling: 30% of 10", "maxUnavailable: 30%, " SELECTOR, 10, 1, 0, 7, 10, 0},
    {"TestPercentageMaxUnavailableWithScaling: then all are ready", "maxUnavailable: 30%, " SELECTOR, 10, 10, 0, 7, 10, 3},
    {"TestUnmanagedPods...: more than are wanted", "maxUnavailable: 3, " SELECTOR, 2, 2, 0, 0, 2, 2},
    {"scaled to nothing: none may go, whoever is left", "maxUnavailable: 1, " SELECTOR, 0, 2, 0, 0, 0, 0},
    {"all must stay", "minAvailable: 100%, " SELECTOR, 4, 4, 0, 4, 4, 0},
    {"none need", "minAvailable: 0%, " SELECTOR, 4, 3, 1, 0, 4, 3},
    {"TestReplicationController: 67% of 3", "minAvailable: 67%, " SELECTOR, 3, 3, 0, 3, 3, 0},
    {"more may go than there are", "maxUnavailable: 100%, " SELECTOR, 3, 2, 1, 0, 3, 2},
    {"an empty selector takes all of the namespace", "minAvailable: 1, selector: {}", -1, 3, 0, 1,
     3, 2},
};

START_TEST(numbers)
{
    const NumberCase *row = &number_cases[_i];
    Mini *mini = mini_new();
    const ApiObject *set = NULL;

    add_budget(mini, row->rule);
    if (row->replicas >= 0) {
        g_autofree char *text = g_strdup_printf(
            "{metadata: {name: r}, spec: {replicas: %d, selector: {matchLabels: {app: a}}, template: "
            "{metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i}]}}}}",
            row->replicas);

        set = mini_add(mini, object_from_yaml(&replica_set_kind, text));
    }
    for (guint i = 0; i < row->ready + row->unready; i++) {
        ApiObject *pod = labelled_pod(str_internf("p%u", i), i < row->ready);

        if (set != NULL)
            own(pod, "apps/v1", "ReplicaSet", "r", api_uid(set));
        mini_add(mini, pod);
    }
    SYNC(mini);
    ck_assert_msg(status_of(mini)->desired_healthy == row->desired &&
                      status_of(mini)->expected_pods == row->expected &&
                      status_of(mini)->disruptions_allowed == row->allowed &&
                      (row->rule[0] == 'm' && strstr(row->rule, "selector") == NULL
                           ? status_of(mini)->current_healthy == 0
                           : status_of(mini)->current_healthy == (gint32)row->ready),
                  "%s: desired %d expected %d allowed %d healthy %d", row->name,
                  status_of(mini)->desired_healthy, status_of(mini)->expected_pods,
                  status_of(mini)->disruptions_allowed, status_of(mini)->current_healthy);
    ck_assert_int_eq(status_of(mini)->observed_generation, 1);
    ck_assert_str_eq(status_of(mini)->conditions.items[0].type, "DisruptionAllowed");
    ck_assert_str_eq(status_of(mini)->conditions.items[0].reason,
                     row->allowed > 0 ? "SufficientPods" : "InsufficientPods");
    ck_assert_str_eq(status_of(mini)->conditions.items[0].message, "");
    /* nothing has changed: nothing is written */
    SYNC(mini);
    ck_assert_msg(strstr(mini->log->str, "update-status") == NULL &&
                      strstr(mini->log->str, "status Pod") == NULL,
                  "%s: %s", row->name, mini->log->str);
    mini_free(mini);
}
END_TEST

/* --- controllers ------------------------------------------------------------------------------------ */

static const ApiObject *
add_workload(Mini *mini, const ApiKind *kind, const char *name, int replicas)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: %s}, spec: {replicas: %d, serviceName: s, selector: {matchLabels: {app: "
        "a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i}]}}}}",
        name, replicas);
    g_autofree char *plain = g_strdup_printf(
        "{metadata: {name: %s}, spec: {replicas: %d, selector: {matchLabels: {app: a}}, template: "
        "{metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i}]}}}}",
        name, replicas);

    return mini_add(mini, object_from_yaml(kind, kind == &stateful_set_kind ? text : plain));
}

/* Two ReplicaSets of one Deployment count it once; a StatefulSet comes on top; a lone pod does not count. */
START_TEST(scale_is_summed)
{
    Mini *mini = mini_new();
    const ApiObject *deployment, *sets[2], *stateful;
    ApiObject *pod;

    add_budget(mini, "maxUnavailable: 1, " SELECTOR);
    deployment = add_workload(mini, &deployment_kind, "d", 6);
    for (guint i = 0; i < 2; i++) {
        ApiObject *set = api_object_copy(
            add_workload(mini, &replica_set_kind, str_internf("d-%u", i), 3));

        api_set_controller(api_edit_meta(set), deployment);
        mini_put(mini, set);
        sets[i] = mini_get(mini, &replica_set_kind, "default", str_internf("d-%u", i));
        pod = labelled_pod(str_internf("d-%u-x", i), TRUE);
        own(pod, "apps/v1", "ReplicaSet", api_name(sets[i]), api_uid(sets[i]));
        mini_add(mini, pod);
    }
    stateful = add_workload(mini, &stateful_set_kind, "s", 4);
    pod = labelled_pod("s-0", TRUE);
    own(pod, "apps/v1", "StatefulSet", "s", api_uid(stateful));
    mini_add(mini, pod);
    mini_add(mini, labelled_pod("lone", TRUE));
    SYNC(mini);
    ck_assert_int_eq(status_of(mini)->expected_pods, 10);
    ck_assert_int_eq(status_of(mini)->current_healthy, 4);
    ck_assert_ptr_nonnull(
        strstr(mini->log->str,
               "event Warning UnmanagedPods Pods selected by this PodDisruptionBudget (selector: "
               "&LabelSelector{MatchLabels:map[string]string{app: a,},MatchExpressions:"
               "[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status "
               "of the PDB cannot be calculated correctly, which may result in undefined behavior. "
               "To account for these pods please set \".spec.minAvailable\" field of the PDB to "
               "an integer value."));
    /* the Deployment is gone: its ReplicaSets count by themselves */
    mini_remove(mini, mini_get(mini, &deployment_kind, "default", "d"));
    SYNC(mini);
    ck_assert_int_eq(status_of(mini)->expected_pods, 10);
    mini_free(mini);
}
END_TEST

/* Controllers that cannot be asked: fail safe, and no more tries until something changes. */
static const struct {
    const char *version, *kind, *why;
} failures[] = {
    {"apps/v1", "ReplicaSet", "found no controllers for pod \"p\""},
    {"apps/v1", "DaemonSet", "daemonsets.apps does not implement the scale subresource"},
    {"batch/v1", "Job", "jobs.batch does not implement the scale subresource"},
    {"x.io/v1", "Thing", "no matches for kind \"Thing\" in version \"x.io/v1\""},
};

START_TEST(failures_are_safe)
{
    Mini *mini = mini_new();
    ApiObject *pod = labelled_pod("p", TRUE);
    const Condition *condition;
    g_autofree char *event =
        g_strdup_printf("event Warning CalculateExpectedPodCountFailed Failed to calculate the "
                        "number of expected pods: %s\n",
                        failures[_i].why);

    add_budget(mini, "maxUnavailable: 1, " SELECTOR);
    own(pod, failures[_i].version, failures[_i].kind, "x", "u-x");
    mini_add(mini, pod);
    SYNC(mini);
    condition = &status_of(mini)->conditions.items[0];
    ck_assert_str_eq(condition->status, "False");
    ck_assert_str_eq(condition->reason, "SyncFailed");
    ck_assert_str_eq(condition->message, failures[_i].why);
    ck_assert_int_eq(status_of(mini)->disruptions_allowed, 0);
    ck_assert_ptr_nonnull(strstr(mini->log->str, event));
    ck_assert_ptr_null(mini->error);
    mini_free(mini);
}
END_TEST

START_TEST(no_pods)
{
    Mini *mini = mini_new();

    add_budget(mini, "minAvailable: 1, " SELECTOR);
    SYNC(mini);
    ck_assert_ptr_nonnull(strstr(mini->log->str, "event Normal NoPods No matching pods found\n"));
    mini_free(mini);
}
END_TEST

/* --- pods that were granted --------------------------------------------------------------------- */

/* TestUpdateDisruptedPods: deleting, and late ones leave; the others stay, are not healthy, and are looked at again. */
START_TEST(disrupted_pods)
{
    Mini *mini = mini_new();
    static const int ages_s[] = {1, 100, 121, 1};
    gint64 now;
    ApiObject *budget;
    PdbStatus *status;

    add_budget(mini, "minAvailable: 1, " SELECTOR);
    now = api_time_seconds(mini_wall_ns(mini));
    budget = mini_edit(mini, &pdb_kind, "b");
    status = api_edit_status(budget);
    for (guint i = 0; i < G_N_ELEMENTS(ages_s); i++) {
        g_autofree char *since = time_format_rfc3339(now - ages_s[i] * NS_PER_S);
        ApiObject *pod = labelled_pod(str_internf("p%u", i), TRUE);

        str_map_set(&status->disrupted_pods, str_internf("p%u", i), str_intern(since));
        if (i == 3)
            api_edit_meta(pod)->deletion_time = now;
        mini_add(mini, pod);
    }
    str_map_set(&status->disrupted_pods, str_intern("gone"), str_intern("2026-11-21T00:27:31Z"));
    mini_put(mini, budget);
    SYNC(mini);
    ck_assert_int_eq(status_of(mini)->current_healthy, 1); /* p2, whose eviction never came */
    ck_assert_uint_eq(status_of(mini)->disrupted_pods.count, 2);
    ck_assert_str_eq(status_of(mini)->disrupted_pods.items[0].key, "p0");
    ck_assert_str_eq(status_of(mini)->disrupted_pods.items[1].key, "p1");
    ck_assert_ptr_nonnull(strstr(mini->log->str, "event Warning NotDeleted Pod was expected by PDB "
                                                 "default/default to be deleted but it wasn't\n"));
    ck_assert_int_ge(mini->requeue_ns, 19 * NS_PER_S);
    ck_assert_int_le(mini->requeue_ns, 21 * NS_PER_S);
    mini_free(mini);
}
END_TEST

/* TestStalePodDisruption */
static const struct {
    const char *name, *reason, *status, *phase;
    int age_s;
    gboolean is_deleting, is_reset;
} stale_cases[] = {
    {"stale pod disruption", "EvictionByEvictionAPI", "True", "Running", 121, FALSE, TRUE},
    {"pod disruption, not stale", "EvictionByEvictionAPI", "True", "Running", 60, FALSE, FALSE},
    {"status set to false", "EvictionByEvictionAPI", "False", "Running", 121, FALSE, FALSE},
    {"terminating pod", "EvictionByEvictionAPI", "True", "Running", 121, TRUE, FALSE},
    {"by the kubelet", "TerminationByKubelet", "True", "Running", 121, FALSE, FALSE},
    {"failed pod", "EvictionByEvictionAPI", "True", "Failed", 121, FALSE, FALSE},
};

START_TEST(stale_conditions)
{
    Mini *mini = mini_new();
    ApiObject *pod = make_pod(NULL, "p", "n1", stale_cases[_i].phase, TRUE);
    const Condition *condition;

    set_condition(&((PodStatus *)api_edit_status(pod))->conditions, "DisruptionTarget",
                  stale_cases[_i].status, stale_cases[_i].reason,
                  api_time_seconds(mini_wall_ns(mini)) - stale_cases[_i].age_s * NS_PER_S);
    if (stale_cases[_i].is_deleting)
        api_edit_meta(pod)->deletion_time = mini_wall_ns(mini);
    mini_add(mini, pod);
    mini_sync(mini, &disruption_controller, "stale:default/p");
    condition = condition_find(
        &pod_status(mini_get(mini, &pod_kind, "default", "p"))->conditions, "DisruptionTarget");
    ck_assert_msg(str_is(condition->status, stale_cases[_i].is_reset ? "False"
                                                                     : stale_cases[_i].status),
                  "%s", stale_cases[_i].name);
    ck_assert_msg(!stale_cases[_i].is_reset || str_is_empty(condition->reason), "%s",
                  stale_cases[_i].name);
    if (stale_cases[_i].age_s == 60)
        ck_assert_int_gt(mini->requeue_ns, 59 * NS_PER_S);
    mini_free(mini);
}
END_TEST

Suite *
disruption_suite(void)
{
    Suite *suite = suite_create("disruption");
    TCase *tcase = tcase_create("budgets");

    tcase_add_loop_test(tcase, numbers, 0, G_N_ELEMENTS(number_cases));
    tcase_add_test(tcase, scale_is_summed);
    tcase_add_loop_test(tcase, failures_are_safe, 0, G_N_ELEMENTS(failures));
    tcase_add_test(tcase, no_pods);
    tcase_add_test(tcase, disrupted_pods);
    tcase_add_loop_test(tcase, stale_conditions, 0, G_N_ELEMENTS(stale_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
