/* Pod garbage collection: each of its four rules (v1.34 pkg/controller/podgc/gc_controller_test.go). */
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define TICK(mini) mini_tick(mini, &pod_gc_controller)

static Mini *
gc_mini(void)
{
    Mini *mini = mini_new();

    mini->state = pod_gc_controller.new_state();
    mini_add(mini, make_node("node", NULL));
    return mini;
}

static void
gc_drop(Mini *mini)
{
    pod_gc_controller.free_state(mini->state);
    mini_free(mini);
}

typedef struct {
    const char *name, *phase, *reason;
    int created_s;
} TerminatedPod;
/* TestGCTerminated */
static const struct {
    const char *name;
    TerminatedPod pods[4];
    guint threshold;
    const char *want;
} terminated_cases[] = {
    {"threshold = 0, disables terminated pod deletion",
     {{"a", "Failed", NULL, 1}, {"b", "Succeeded", NULL, 2}}, 0, ""},
    {"threshold = 1, delete pod a which is PodFailed and pod b which is PodSucceeded",
     {{"a", "Failed", NULL, 1}, {"b", "Succeeded", NULL, 2}, {"c", "Failed", NULL, 3}}, 1,
     "delete Pod a grace=0\ndelete Pod b grace=0"},
    {"threshold = 1, eligible pods only, running pods don't count",
     {{"a", "Running", NULL, 1}, {"b", "Succeeded", NULL, 2}, {"c", "Failed", NULL, 3},
      {"d", "Pending", NULL, 0}}, 1, "delete Pod b grace=0"},
    {"threshold = 5, no pods to delete",
     {{"a", "Failed", NULL, 1}, {"b", "Succeeded", NULL, 2}}, 5, ""},
    {"threshold = 1, evicted pods first, then by age",
     {{"a", "Failed", NULL, 1}, {"b", "Failed", "Evicted", 4}, {"c", "Failed", "Evicted", 3}}, 1,
     "delete Pod c grace=0\ndelete Pod b grace=0"},
    {"same age: by name", {{"b", "Failed", NULL, 1}, {"a", "Failed", NULL, 1}}, 1,
     "delete Pod a grace=0"},
};

START_TEST(terminated)
{
    Mini *mini = gc_mini();
    ControllersConfig config;

    controllers_config_init(&config, 34);
    ck_assert_uint_eq(config.terminated_pod_threshold, 12500);
    config.terminated_pod_threshold = terminated_cases[_i].threshold;
    mini->config = &config;
    for (guint i = 0; i < 4 && terminated_cases[_i].pods[i].name != NULL; i++) {
        const TerminatedPod *row = &terminated_cases[_i].pods[i];
        ApiObject *pod = make_pod(NULL, row->name, "node", row->phase, FALSE);

        ((PodStatus *)api_edit_status(pod))->reason = str_intern(row->reason);
        api_edit_meta(pod)->creation_time = MINI_EPOCH + row->created_s * NS_PER_S;
        mini_add(mini, pod);
    }
    TICK(mini);
    mini_check_log(mini, terminated_cases[_i].name, terminated_cases[_i].want);
    gc_drop(mini);
}
END_TEST

/* TestGCTerminating: only where the node is not ready and out of service. */
static const struct {
    const char *name, *ready;
    gboolean is_out;
    const char *want;
} service_cases[] = {
    {"pods have deletion timestamp set and the corresponding nodes are not ready", "Unknown", FALSE,
     ""},
    {"... are ready and out of service", "True", TRUE, ""},
    {"... are not ready and out of service", "False", TRUE, "patch Pod going\ndelete Pod going grace=0"},
    {"... are unknown and out of service", "Unknown", TRUE,
     "patch Pod going\ndelete Pod going grace=0"},
};

START_TEST(out_of_service)
{
    Mini *mini = gc_mini();
    ApiObject *node = make_node("dead", NULL);
    ApiObject *pod = make_pod(NULL, "going", "dead", "Running", FALSE);
    NodeStatus *status = api_edit_status(node);

    condition_remove(&status->conditions, "Ready");
    set_condition(&status->conditions, "Ready", service_cases[_i].ready, NULL, 0);
    if (service_cases[_i].is_out) {
        Taint *taint = API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints);

        taint->key = str_intern("node.kubernetes.io/out-of-service");
        taint->value = str_intern("nodeshutdown");
        taint->effect = str_intern("NoExecute");
    }
    mini_add(mini, node);
    api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    mini_add(mini, pod);
    mini_add(mini, make_pod(NULL, "staying", "dead", "Running", FALSE));
    TICK(mini);
    mini_check_log(mini, service_cases[_i].name, service_cases[_i].want);
    gc_drop(mini);
}
END_TEST

/* TestGCUnscheduledTerminating */
static const struct {
    const char *name, *node, *phase;
    gboolean is_deleting;
    const char *want;
} unscheduled_cases[] = {
    {"unscheduled pod in any phase must be deleted", NULL, "Pending", TRUE,
     "patch Pod p\ndelete Pod p grace=0"},
    {"one that is over is not patched", NULL, "Succeeded", TRUE, "delete Pod p grace=0"},
    {"not terminating", NULL, "Pending", FALSE, ""},
    {"scheduled", "node", "Pending", TRUE, ""},
};

START_TEST(unscheduled)
{
    Mini *mini = gc_mini();
    ApiObject *pod =
        make_pod(NULL, "p", unscheduled_cases[_i].node, unscheduled_cases[_i].phase, FALSE);

    if (unscheduled_cases[_i].is_deleting)
        api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    mini_add(mini, pod);
    TICK(mini);
    mini_check_log(mini, unscheduled_cases[_i].name, unscheduled_cases[_i].want);
    gc_drop(mini);
}
END_TEST

/* TestGCOrphaned: what is there when the quarantine of 40 s has passed. */
static const struct {
    const char *name, *phase;
    int after_s;        /* second look */
    gboolean is_back;   /* in the cache by then */
    gboolean is_live;   /* only in the API */
    const char *want;
} orphan_cases[] = {
    {"nodes present", "Running", 40, TRUE, FALSE, ""},
    {"quarantine not finished", "Running", 20, FALSE, FALSE, ""},
    {"just before", "Running", 39, FALSE, FALSE, ""},
    {"quarantine finished", "Running", 40, FALSE, FALSE,
     "get Node ghost -> 404\npatch Pod p\ndelete Pod p grace=0"},
    {"pods that are over are not patched", "Failed", 40, FALSE, FALSE,
     "get Node ghost -> 404\ndelete Pod p grace=0"},
    {"wrong nodes: the API knows better than the cache", "Running", 40, FALSE, TRUE,
     "get Node ghost"},
};

START_TEST(orphaned)
{
    Mini *mini = gc_mini();

    mini_add(mini, make_pod(NULL, "p", "ghost", orphan_cases[_i].phase, TRUE));
    mini_add(mini, make_pod(NULL, "q", "node", "Running", TRUE));
    TICK(mini);
    mini_check_log(mini, "first look", "");
    mini->now_ns += orphan_cases[_i].after_s * NS_PER_S;
    if (orphan_cases[_i].is_back)
        mini_add(mini, make_node("ghost", NULL));
    if (orphan_cases[_i].is_live)
        mini_refuse(mini, (MiniRefusal){.type = STEP_GET, .kind = &node_kind, .code = 200, .count = 1});
    TICK(mini);
    if (orphan_cases[_i].is_live) /* the miniature says so after its own fashion */
        ck_assert_ptr_null(strstr(mini->log->str, "Pod"));
    else
        mini_check_log(mini, orphan_cases[_i].name, orphan_cases[_i].want);
    gc_drop(mini);
}
END_TEST

/* gcOrphaned says why in a condition (v1.34 gc_controller.go, DeletionByPodGC), gcTerminating and gcUnscheduledTerminating do not. */
static const struct {
    const char *name, *node;
    gboolean is_deleting;
    const char *reason;
} patch_cases[] = {
    {"orphaned", "ghost", FALSE, "DeletionByPodGC"},
    {"never scheduled, and deleted", NULL, TRUE, NULL},
};

START_TEST(what_is_patched)
{
    Mini *mini = gc_mini();
    ApiObject *made = make_pod(NULL, "p", patch_cases[_i].node, patch_cases[_i].node != NULL ? "Running" : "Pending", FALSE);
    const PodStatus *status;
    const Condition *condition;

    if (patch_cases[_i].is_deleting)
        api_edit_meta(made)->deletion_time = mini_wall_ns(mini);
    mini_add(mini, made);
    mini_refuse(mini, (MiniRefusal){.type = STEP_DELETE, .kind = &pod_kind, .code = 500, .count = 9}); /* so that it can be looked at */
    TICK(mini);
    mini->now_ns += 40 * NS_PER_S;
    TICK(mini);
    status = pod_status(mini_get(mini, &pod_kind, "default", "p"));
    condition = condition_find(&status->conditions, "DisruptionTarget");
    ck_assert_str_eq(status->phase, "Failed");
    ck_assert_msg((condition != NULL) == (patch_cases[_i].reason != NULL), "%s", patch_cases[_i].name);
    if (condition != NULL) {
        ck_assert_str_eq(condition->status, "True");
        ck_assert_str_eq(condition->reason, patch_cases[_i].reason);
        ck_assert_str_eq(condition->message, "PodGC: node no longer exists");
    }
    gc_drop(mini);
}
END_TEST

/* nodeQueue: who was missed, came back and is missed again has waited since the first time. */
START_TEST(quarantine_goes_on)
{
    Mini *mini = gc_mini();

    mini_add(mini, make_pod(NULL, "p", "ghost", "Running", TRUE));
    TICK(mini);
    mini->now_ns += 20 * NS_PER_S;
    mini_remove(mini, mini_add(mini, make_node("ghost", NULL)));
    mini->now_ns += 20 * NS_PER_S;
    TICK(mini);
    mini_check_log(mini, "40 s after it was first missed",
                   "get Node ghost -> 404\npatch Pod p\ndelete Pod p grace=0");
    gc_drop(mini);
}
END_TEST

/* gc: out of service first, then the orphans, then what was never bound. */
START_TEST(order)
{
    Mini *mini = gc_mini();
    ApiObject *node = make_node("dead", NULL);

    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "Unknown", NULL, 0);
    API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints)->key = str_intern("node.kubernetes.io/out-of-service");
    mini_add(mini, node);
    for (guint i = 0; i < 2; i++) {
        ApiObject *pod = make_pod(NULL, i == 0 ? "unbound" : "stuck", i == 0 ? NULL : "dead", i == 0 ? "Pending" : "Running", FALSE);

        api_edit_meta(pod)->deletion_time = MINI_EPOCH;
        mini_add(mini, pod);
    }
    TICK(mini);
    mini_check_log(mini, "order", "patch Pod stuck\ndelete Pod stuck grace=0\npatch Pod unbound\ndelete Pod unbound grace=0");
    gc_drop(mini);
}
END_TEST

Suite *
podgc_suite(void)
{
    Suite *suite = suite_create("pod GC");
    TCase *tcase = tcase_create("rules");

    tcase_add_loop_test(tcase, terminated, 0, G_N_ELEMENTS(terminated_cases));
    tcase_add_loop_test(tcase, out_of_service, 0, G_N_ELEMENTS(service_cases));
    tcase_add_loop_test(tcase, unscheduled, 0, G_N_ELEMENTS(unscheduled_cases));
    tcase_add_loop_test(tcase, orphaned, 0, G_N_ELEMENTS(orphan_cases));
    tcase_add_loop_test(tcase, what_is_patched, 0, G_N_ELEMENTS(patch_cases));
    tcase_add_test(tcase, quarantine_goes_on);
    tcase_add_test(tcase, order);
    suite_add_tcase(suite, tcase);
    return suite;
}
