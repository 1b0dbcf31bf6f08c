/* test_phase.c - phase and conditions; v1.34 kubelet_pods_test.go, status/generate_test.go */

#include "node/phase.h"
#include "tests/node/support.h"

#include <check.h>

Suite *phase_suite(void);

static const struct {
    const char *name, *policy, *init, *app, *init_states, *app_states;
    gboolean is_terminal;
    const char *want;
} phase_cases[] = {
    {"nothing known", "Always", "", "a b", "", "", FALSE, "Pending"},
    {"all running", "Always", "", "a b", "", "a=running b=running", FALSE, "Running"},
    {"one waits, never ran", "Always", "", "a b", "", "a=running b=waiting", FALSE, "Pending"},
    {"one waits, ran before", "Always", "", "a b", "", "a=running b=restarting1", FALSE, "Running"},
    {"one unknown", "Always", "", "a b", "", "a=running", FALSE, "Pending"},
    {"all ended, Always", "Always", "", "a b", "", "a=exit0 b=exit1", FALSE, "Running"},
    {"all well, Never", "Never", "", "a b", "", "a=exit0 b=exit0", FALSE, "Succeeded"},
    {"all failed, Never", "Never", "", "a b", "", "a=exit1 b=exit1", FALSE, "Failed"},
    {"mixed, Never", "Never", "", "a b", "", "a=exit0 b=exit1", FALSE, "Failed"},
    {"one runs, Never", "Never", "", "a b", "", "a=running b=exit1", FALSE, "Running"},
    {"all well, OnFailure", "OnFailure", "", "a b", "", "a=exit0 b=exit0", FALSE, "Succeeded"},
    {"failed, OnFailure", "OnFailure", "", "a", "", "a=exit1", FALSE, "Running"},
    {"waits after failure, OnFailure", "OnFailure", "", "a", "", "a=restarting1", FALSE, "Running"},
    {"torn down well, Always", "Always", "", "a", "", "a=exit0", TRUE, "Succeeded"},
    {"torn down, killed, Always", "Always", "", "a", "", "a=exit9", TRUE, "Failed"},
    {"init runs", "Always", "i", "a", "i=running", "a=waiting", FALSE, "Pending"},
    {"init done, app not yet", "Always", "i", "a", "i=exit0", "a=waiting", FALSE, "Pending"},
    {"init done, app runs", "Always", "i", "a", "i=exit0", "a=running", FALSE, "Running"},
    {"init failed, Never", "Never", "i", "a", "i=exit1", "a=waiting", FALSE, "Failed"},
    {"init failed, OnFailure", "OnFailure", "i", "a", "i=exit1", "a=waiting", FALSE, "Pending"},
    {"init failed before, Never", "Never", "i", "a", "i=restarting1", "a=waiting", FALSE, "Failed"},
    {"init unknown", "Always", "i", "a", "", "a=waiting", FALSE, "Pending"},
    {"sidecar not started, app never ran", "Always", "s+", "a", "s=running", "a=waiting", FALSE,
     "Pending"},
    {"sidecar not started, app ran", "Always", "s+", "a", "s=running", "a=running", FALSE,
     "Running"},
    {"sidecar runs, app ended", "Never", "s+", "a", "s=started", "a=exit0", FALSE, "Running"},
    {"sidecar ended, app ended well", "Never", "s+", "a", "s=exit1", "a=exit0", FALSE, "Succeeded"},
    {"sidecar ended, app failed", "Never", "s+", "a", "s=exit0", "a=exit1", FALSE, "Failed"},
    {"sidecar restarts, app runs", "Always", "s+", "a", "s=restarting1", "a=running", FALSE,
     "Running"},
};

START_TEST(test_phase)
{
    __typeof__(&phase_cases[0]) c = &phase_cases[_i];
    g_autoptr(ApiObject) pod = pod_with_containers(c->policy, c->init, c->app);
    ContainerStatusList init = {0}, app = {0};
    const char *got;

    statuses_from_text(c->init_states, &init);
    statuses_from_text(c->app_states, &app);
    got = pod_phase(pod_spec(pod), &init, &app, c->is_terminal);
    ck_assert_msg(str_is(got, c->want), "%s: got %s, want %s", c->name, got, c->want);
    statuses_clear(&init);
    statuses_clear(&app);
}
END_TEST

static const struct {
    const char *name, *policy, *init, *app, *init_states, *app_states, *phase;
    const char *initialized, *initialized_reason, *initialized_message;
    const char *ready, *ready_reason, *ready_message;
} condition_cases[] = {
    {"no init containers, app runs and is ready", "Always", "", "a", "", "a=started", "Running",
     "True", NULL, NULL, "True", NULL, NULL},
    {"not ready", "Always", "", "a b", "", "a=started b=running", "Running", "True", NULL, NULL,
     "False", "ContainersNotReady", "containers with unready status: [b]"},
    {"unknown", "Always", "", "a b", "", "a=started", "Pending", "True", NULL, NULL, "False",
     "ContainersNotReady", "containers with unknown status: [b]"},
    {"unknown and unready", "Always", "", "a b", "", "a=waiting", "Pending", "True", NULL, NULL,
     "False", "ContainersNotReady",
     "containers with unknown status: [b], containers with unready status: [a]"},
    {"init not done", "Always", "i j", "a", "i=exit0 j=running", "a=waiting", "Pending", "False",
     "ContainersNotInitialized", "containers with incomplete status: [j]", "False",
     "ContainersNotReady", "containers with unready status: [a]"},
    {"init unknown", "Always", "i j", "a", "i=exit0", "a=waiting", "Pending", "False",
     "ContainersNotInitialized", "containers with unknown status: [j]", "False",
     "ContainersNotReady", "containers with unready status: [a]"},
    {"init gone, app has started", "Always", "i", "a", "", "a=started", "Running", "True", NULL,
     NULL, "True", NULL, NULL},
    {"sidecar named before the app", "Always", "s+", "a", "s=waiting", "a=waiting", "Pending",
     "False", "ContainersNotInitialized", "containers with incomplete status: [s]", "False",
     "ContainersNotReady", "containers with unready status: [s a]"},
    {"sidecar started", "Always", "s+", "a", "s=started", "a=waiting", "Pending", "True", NULL,
     NULL, "False", "ContainersNotReady", "containers with unready status: [a]"},
    {"succeeded", "Never", "", "a", "", "a=exit0", "Succeeded", "True", "PodCompleted", NULL,
     "False", "PodCompleted", NULL},
    {"failed", "Never", "", "a", "", "a=exit1", "Failed", "True", NULL, NULL, "False", "PodFailed",
     NULL},
};

START_TEST(test_conditions)
{
    __typeof__(&condition_cases[0]) c = &condition_cases[_i];
    g_autoptr(ApiObject) pod = pod_with_containers(c->policy, c->init, c->app);
    PodStatus *status = api_part_new(&pod_status_type);
    Condition got = {0};

    statuses_from_text(c->init_states, &status->init_container_statuses);
    statuses_from_text(c->app_states, &status->container_statuses);
    for (guint i = 0; i < status->container_statuses.count; i++)
        if (status->container_statuses.items[i].state.terminated != NULL)
            status->container_statuses.items[i].ready = FALSE;
    condition_initialized(pod_spec(pod), status, c->phase, &got);
    ck_assert_msg(str_is(got.status, c->initialized), "%s: Initialized %s", c->name, got.status);
    ck_assert_msg(str_is(got.reason, c->initialized_reason), "%s: %s", c->name, got.reason);
    ck_assert_msg(str_is(got.message, c->initialized_message), "%s: %s", c->name, got.message);
    condition_ready(pod_spec(pod), status, &status->conditions, c->phase, &got);
    ck_assert_msg(str_is(got.status, c->ready), "%s: Ready %s", c->name, got.status);
    ck_assert_msg(str_is(got.reason, c->ready_reason), "%s: %s", c->name, got.reason);
    ck_assert_msg(str_is(got.message, c->ready_message), "%s: %s", c->name, got.message);
    api_part_unref(status);
}
END_TEST

START_TEST(test_readiness_gates)
{
    g_autoptr(ApiObject) pod =
        pod_from_yaml("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                      "  readinessGates: [{conditionType: x/y}]\n"
                      "  containers: [{name: a, image: \"i:1\"}]\n");
    PodStatus *status = api_part_new(&pod_status_type);
    Condition got = {0};

    statuses_from_text("a=started", &status->container_statuses);
    condition_ready(pod_spec(pod), status, &status->conditions, "Running", &got);
    ck_assert_str_eq(got.reason, "ReadinessGatesNotReady");
    ck_assert_str_eq(got.message,
                     "corresponding condition of pod readiness gate \"x/y\" does not exist.");
    condition_edit(&status->conditions, str_intern("x/y"))->status = str_intern("False");
    condition_ready(pod_spec(pod), status, &status->conditions, "Running", &got);
    ck_assert_str_eq(got.message,
                     "the status of pod readiness gate \"x/y\" is not \"True\", but False");
    condition_edit(&status->conditions, str_intern("x/y"))->status = str_intern("True");
    condition_ready(pod_spec(pod), status, &status->conditions, "Running", &got);
    ck_assert_str_eq(got.status, "True");
    api_part_unref(status);
}
END_TEST

Suite *
phase_suite(void)
{
    Suite *suite = suite_create("phase");
    TCase *tcase = tcase_create("rules");

    tcase_add_loop_test(tcase, test_phase, 0, G_N_ELEMENTS(phase_cases));
    tcase_add_loop_test(tcase, test_conditions, 0, G_N_ELEMENTS(condition_cases));
    tcase_add_test(tcase, test_readiness_gates);
    suite_add_tcase(suite, tcase);
    return suite;
}
