/* test_shutdown.c - v1.34 pkg/kubelet/nodeshutdown: a machine that is to go down */

#include "tests/node/lab.h"

#include <check.h>

Suite *shutdown_suite(void);

#define CRITICAL 2000000000

static const ShutdownGroup groups[] = {{0, 15}, {CRITICAL, 5}};

#define POD(name, class, grace, command)                                                                               \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec:\n  terminationGracePeriodSeconds: " grace "\n"      \
    "  priorityClassName: " class "\n  containers:\n  - {name: app, image: \"registry.local/app:1\", command: [sh, -c, '" command "']}\n"
#define DEAF   "trap \"\" TERM; while true; do sleep 1; done"
#define POLITE "trap \"exit 0\" TERM; while true; do sleep 0.2; done"

static Lab *lab;

static void
begin(guint n_groups)
{
    lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE, .shutdown_groups = groups, .n_shutdown_groups = n_groups});
}

static void
ck_between(const char *what, gint64 got, gint64 low, gint64 high)
{
    ck_assert_msg(got >= low && got <= high, "%s: %d ms, want %d..%d", what, (int)got, (int)low, (int)high);
}

static gint64
failed_ms(const char *pod)
{
    return lab_when(lab, pod, pod_phase_is, "Failed", 10000);
}

static const Condition *
ready(void)
{
    const ApiObject *node = apiserver_peek(lab->server, &node_kind, NULL, str_intern("node-a"));

    return condition_find(&node_status(node)->conditions, "Ready");
}

static void
ck_disruption(const PodStatus *status)
{
    const Condition *condition = condition_find(&status->conditions, "DisruptionTarget");

    ck_assert_str_eq(condition->reason, "TerminationByKubelet");
    ck_assert_str_eq(condition->message, "Pod was terminated in response to imminent node shutdown.");
}

/* processShutdownEvent: the smaller of the pod's own grace and the group's; critical pods when the others are gone, or their time is over */
START_TEST(test_groups)
{
    const PodStatus *status;

    begin(2);
    lab_apply(lab, POD("deaf", "\"\"", "30", DEAF) "---\n" POD("brief", "\"\"", "3", DEAF) "---\n" POD("polite", "\"\"", "30", POLITE));
    lab_apply(lab, POD("critical", "system-node-critical", "30", DEAF));
    lab_run(lab, 10000);
    machine_shut_down(lab->machines[0], FALSE);
    lab_run(lab, 11000);
    ck_assert_str_eq(ready()->status, "False");
    ck_assert_str_eq(ready()->reason, "KubeletNotReady");
    ck_assert_str_eq(ready()->message, "node is shutting down");
    ck_assert_int_eq(lab_count_event(lab, "node-a", "Shutdown"), 1);
    lab_run(lab, 24500);
    ck_assert(machine_is_on(lab->machines[0]));
    ck_between("polite", lab_when(lab, "polite", pod_phase_is, "Succeeded", 10000), 10000, 11500);
    ck_between("brief", failed_ms("brief"), 13000, 14500);
    lab_run(lab, 40000);
    ck_between("deaf", failed_ms("deaf"), 25000, 26500);
    ck_between("critical", lab_when_event(lab, "critical", "Killing", 1), 25000, 26000);
    ck_assert(!machine_is_on(lab->machines[0]));
    status = pod_status(lab_pod(lab, "deaf"));
    ck_assert_str_eq(status->reason, "Terminated");
    ck_assert_str_eq(status->message, "Pod was terminated in response to imminent node shutdown.");
    ck_assert_int_eq(status->container_statuses.items[0].state.terminated->exit_code, 137);
    ck_disruption(status);
    /* kubelet.go SyncTerminatingPod, kubernetes/kubernetes#118310: with nothing but exits of 0 the reason is lost. */
    status = pod_status(lab_pod(lab, "polite"));
    ck_assert_ptr_null(status->reason);
    ck_assert_ptr_null(status->message);
    ck_assert_int_eq(status->container_statuses.items[0].state.terminated->exit_code, 0);
    ck_disruption(status);
    lab_free(lab);
}
END_TEST

/* A group without pods, or whose pods are gone, is not waited for: the machine goes down as soon as it may. */
START_TEST(test_early_end)
{
    begin(2);
    lab_apply(lab, POD("polite", "\"\"", "30", POLITE));
    lab_run(lab, 10000);
    machine_shut_down(lab->machines[0], TRUE);
    lab_run(lab, 10300);
    ck_assert(machine_is_on(lab->machines[0]));
    lab_run(lab, 14500);
    ck_assert(!machine_is_on(lab->machines[0]));
    lab_run(lab, 40000); /* it boots again */
    ck_assert_str_eq(ready()->status, "True");
    ck_assert(pod_phase_is(lab_pod(lab, "polite"), "Succeeded"));
    lab_free(lab);
}
END_TEST

/* Admit: "NodeShutdown" */
START_TEST(test_no_pods_meanwhile)
{
    begin(2);
    lab_apply(lab, POD("deaf", "\"\"", "30", DEAF));
    lab_run(lab, 10000);
    machine_shut_down(lab->machines[0], FALSE);
    lab_run(lab, 11000);
    lab_apply(lab, POD("new", "\"\"", "30", DEAF));
    lab_run(lab, 13000);
    ck_assert_str_eq(pod_status(lab_pod(lab, "new"))->reason, "NodeShutdown");
    ck_assert_str_eq(pod_status(lab_pod(lab, "new"))->message, "Pod was rejected: Pod was rejected as the node is shutting down.");
    ck_assert(pod_phase_is(lab_pod(lab, "new"), "Failed"));
    lab_free(lab);
}
END_TEST

/* Without shutdownGracePeriod (the default) the machine goes down without a word: the API believes in its pods. */
START_TEST(test_not_configured)
{
    begin(0);
    lab_apply(lab, POD("polite", "\"\"", "30", POLITE));
    lab_run(lab, 10000);
    machine_shut_down(lab->machines[0], FALSE);
    ck_assert(!machine_is_on(lab->machines[0]));
    lab_run(lab, 13000);
    ck_assert(pod_phase_is(lab_pod(lab, "polite"), "Running"));
    ck_assert_str_eq(ready()->status, "True");
    lab_free(lab);
}
END_TEST

/* logind waits no longer than the groups' times together, nor for a kubelet that died. */
START_TEST(test_kubelet_is_no_help)
{
    begin(2);
    lab_apply(lab, POD("deaf", "\"\"", "30", DEAF));
    lab_run(lab, 10000);
    process_pause(kubelet_process(lab->kubelets[0]));
    machine_shut_down(lab->machines[0], FALSE);
    process_crash(kubelet_process(lab->kubelets[1]), -1);
    machine_shut_down(lab->machines[1], FALSE);
    ck_assert(!machine_is_on(lab->machines[1]));
    lab_run(lab, 29900);
    ck_assert(machine_is_on(lab->machines[0]));
    lab_run(lab, 30100);
    ck_assert(!machine_is_on(lab->machines[0]));
    lab_free(lab);
}
END_TEST

Suite *
shutdown_suite(void)
{
    Suite *suite = suite_create("shutdown");
    TCase *tcase = tcase_create("nodes");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_groups);
    tcase_add_test(tcase, test_early_end);
    tcase_add_test(tcase, test_no_pods_meanwhile);
    tcase_add_test(tcase, test_not_configured);
    tcase_add_test(tcase, test_kubelet_is_no_help);
    suite_add_tcase(suite, tcase);
    return suite;
}
