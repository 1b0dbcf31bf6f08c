/* test_actions.c - what a sync decides; v1.34 kuberuntime_manager_test.go */

#include "node/actions.h"
#include "tests/node/support.h"

#include <check.h>

Suite *actions_suite(void);

/* "a=running b=exit1": instances as the runtime shows them; "sandbox", "dead": the sandbox. */
static SeenPod *
seen_from_text(const char *sandbox, const char *text)
{
    SeenPod *seen = seen_pod_new();
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    if (!str_is(sandbox, "none")) {
        SeenSandbox item = {.id = str_intern("s1"), .is_ready = str_is(sandbox, "ready")};

        g_array_append_val(seen->sandboxes, item);
    }
    for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        g_auto(GStrv) parts = g_strsplit(words[i], "=", 2);
        SeenContainer item = {.name = str_intern(parts[0]),
                              .id = str_internf("id-%s", parts[0]),
                              .image = str_intern("i:1"),
                              .state = RT_EXITED};

        if (str_is(parts[1], "running"))
            item.state = RT_RUNNING;
        else if (str_is(parts[1], "created"))
            item.state = RT_CREATED;
        else
            item.exit_code = parts[1][4] - '0';
        g_array_append_val(seen->containers, item);
    }
    return seen;
}

static char *
actions_text(const ApiObject *pod, const PodActions *actions)
{
    const PodSpec *spec = pod_spec(pod);
    GString *text = g_string_new(NULL);

    if (actions->kill_pod)
        g_string_append(text, "kill-pod ");
    if (actions->create_sandbox)
        g_string_append(text, "sandbox ");
    for (guint i = 0; i < actions->to_kill->len; i++)
        g_string_append_printf(text, "kill:%s ",
                               g_array_index(actions->to_kill, KillAction, i).container->name);
    for (guint i = 0; i < actions->init_to_start->len; i++)
        g_string_append_printf(text, "init:%s ",
                               spec->init_containers
                                   .items[g_array_index(actions->init_to_start, guint, i)]
                                   .name);
    for (guint i = 0; i < actions->app_to_start->len; i++)
        g_string_append_printf(text, "%s ",
                               spec->containers
                                   .items[g_array_index(actions->app_to_start, guint, i)]
                                   .name);
    if (text->len > 0)
        g_string_truncate(text, text->len - 1);
    return g_string_free(text, FALSE);
}

static const struct {
    const char *name, *policy, *init, *app, *sandbox, *seen, *want;
} cases[] = {
    {"new pod", "Always", "", "a b", "none", "", "kill-pod sandbox a b"},
    {"new pod with init containers", "Always", "i j", "a", "none", "", "kill-pod sandbox init:i"},
    {"everything runs", "Always", "", "a b", "ready", "a=running b=running", ""},
    {"one has failed, Always", "Always", "", "a b", "ready", "a=running b=exit1", "b"},
    {"one has failed, Never", "Never", "", "a b", "ready", "a=running b=exit1", ""},
    {"all ended, Never", "Never", "", "a b", "ready", "a=exit0 b=exit1", "kill-pod"},
    {"all ended well, OnFailure", "OnFailure", "", "a", "ready", "a=exit0", "kill-pod"},
    {"created but never started", "Always", "", "a", "ready", "a=created", "a"},
    {"sandbox died", "Always", "", "a b", "dead", "a=exit1 b=exit1", "kill-pod sandbox a b"},
    {"sandbox died, Never", "Never", "", "a", "dead", "a=exit1", "kill-pod"},
    {"sandbox died, one ended well, OnFailure", "OnFailure", "", "a b", "dead", "a=exit0 b=exit1",
     "kill-pod sandbox b"},
    {"sandbox died, all ended well, OnFailure", "OnFailure", "", "a", "dead", "a=exit0",
     "kill-pod"},
    {"sandbox died with init containers", "Always", "i", "a", "dead", "i=exit0 a=exit1",
     "kill-pod sandbox init:i"},
    {"init runs", "Always", "i j", "a", "ready", "i=running", ""},
    {"first init ended", "Always", "i j", "a", "ready", "i=exit0", "init:j"},
    {"last init ended", "Always", "i j", "a", "ready", "j=exit0 i=exit0", "a"},
    {"init failed", "Always", "i j", "a", "ready", "i=exit1", "init:i"},
    {"init failed, Never", "Never", "i j", "a", "ready", "i=exit1", "kill-pod"},
    {"init created only", "Always", "i j", "a", "ready", "i=created", "init:i"},
    {"init forgotten while the app runs", "Always", "i", "a", "ready", "a=running", ""},
    {"sidecar runs: the next", "Always", "s+ i", "a", "ready", "s=running", "init:i"},
    {"last sidecar runs: the app", "Always", "i s+", "a", "ready", "s=running i=exit0", "a"},
    {"sidecar ended while the app runs", "Always", "s+", "a", "ready", "s=exit0 a=running",
     "init:s"},
    {"sidecar ended, Never", "Never", "s+", "a", "ready", "s=exit1 a=running", "init:s"},
    {"app ended, sidecar runs, Never", "Never", "s+", "a", "ready", "s=running a=exit0",
     "kill-pod"},
    {"sidecar ended before the second init", "Always", "s+ i", "a", "ready", "i=running s=exit1",
     "init:s"},
};

START_TEST(test_actions)
{
    __typeof__(&cases[0]) c = &cases[_i];
    g_autoptr(ApiObject) pod = pod_with_containers(c->policy, c->init, c->app);
    SeenPod *seen = seen_from_text(c->sandbox, c->seen);
    PodActions actions;
    g_autofree char *got = NULL;

    pod_actions_compute(pod, seen, NULL, &actions);
    got = actions_text(pod, &actions);
    ck_assert_msg(str_is(got, c->want), "%s: got '%s', want '%s'", c->name, got, c->want);
    pod_actions_clear(&actions);
    seen_pod_unref(seen);
}
END_TEST

typedef struct {
    ProbeType type;
    const char *container;
    ProbeResult result;
} FakeProbe;

static ProbeResult
fake_result(gpointer user, ProbeType type, const char *container, const char *id)
{
    const FakeProbe *fake = user;

    (void)id;
    return fake->type == type && str_is(fake->container, container) ? fake->result : PROBE_NONE;
}

static const struct {
    const char *name, *policy;
    FakeProbe probe;
    const char *want, *message;
} probe_cases[] = {
    {"liveness fails",
     "Always",
     {PROBE_LIVENESS, "a", PROBE_FAILURE},
     "kill:a a",
     "Container a failed liveness probe, will be restarted"},
    {"liveness fails, Never",
     "Never",
     {PROBE_LIVENESS, "a", PROBE_FAILURE},
     "kill-pod kill:a",
     "Container a failed liveness probe"},
    {"startup fails",
     "Always",
     {PROBE_STARTUP, "a", PROBE_FAILURE},
     "kill:a a",
     "Container a failed startup probe, will be restarted"},
    {"liveness is fine", "Always", {PROBE_LIVENESS, "a", PROBE_SUCCESS}, "", NULL},
    {"startup unknown", "Always", {PROBE_STARTUP, "a", PROBE_UNKNOWN}, "", NULL},
};

START_TEST(test_probe_actions)
{
    __typeof__(&probe_cases[0]) c = &probe_cases[_i];
    g_autoptr(ApiObject) pod = pod_with_containers(c->policy, "", "a");
    SeenPod *seen = seen_from_text("ready", "a=running");
    FakeProbe fake = c->probe;
    ProbeResults results = {fake_result, &fake};
    PodActions actions;
    g_autofree char *got = NULL;

    pod_actions_compute(pod, seen, &results, &actions);
    got = actions_text(pod, &actions);
    ck_assert_msg(str_is(got, c->want), "%s: got '%s', want '%s'", c->name, got, c->want);
    if (c->message != NULL)
        ck_assert_str_eq(g_array_index(actions.to_kill, KillAction, 0).message, c->message);
    pod_actions_clear(&actions);
    seen_pod_unref(seen);
}
END_TEST

Suite *
actions_suite(void)
{
    Suite *suite = suite_create("actions");
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, test_actions, 0, G_N_ELEMENTS(cases));
    tcase_add_loop_test(tcase, test_probe_actions, 0, G_N_ELEMENTS(probe_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
