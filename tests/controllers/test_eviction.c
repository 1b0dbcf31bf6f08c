#include "controllers/tainteviction.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define SYNC(mini, key) mini_sync(mini, &taint_eviction_controller, key)

static ApiObject *
tainted_node(void)
{
    ApiObject *node = make_node("n1", NULL);
    Taint *taint = API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints);

    taint->key = str_intern("k");
    taint->effect = str_intern("NoExecute");
    return node;
}

static void
tolerate(ApiObject *pod, gboolean has_seconds, gint64 seconds)
{
    Toleration *toleration = API_LIST_ADD(&((PodSpec *)api_edit_spec(pod))->tolerations);

    toleration->operator_ = str_intern("Exists");
    toleration->effect = str_intern("NoExecute");
    toleration->key = str_intern("k");
    toleration->toleration_s = (OptInt64){has_seconds, seconds};
}

static Mini *
mini_with_pod(gboolean is_tolerant, gboolean has_seconds, gint64 seconds)
{
    Mini *mini = mini_new();
    ApiObject *pod = make_pod(NULL, "p", "n1", "Running", TRUE);

    if (is_tolerant)
        tolerate(pod, has_seconds, seconds);
    mini->state = eviction_state_new();
    mini_add(mini, tainted_node());
    mini_add(mini, pod);
    return mini;
}

static void
drop(Mini *mini)
{
    eviction_state_free(mini->state);
    mini_free(mini);
}

/* --- how long -------------------------------------------------------------------------------------------- */

/* v1.34 pkg/controller/tainteviction/taint_eviction_test.go, TestGetMinTolerationTime */
static const struct {
    const char *name;
    gint64 seconds[2]; /* of two taints; G_MAXINT64: for ever */
    gint64 want_ns;
} time_cases[] = {
    {"the smaller of 1 and 2", {1, 2}, NS_PER_S},
    {"one is for ever", {G_MAXINT64, 20}, 20 * NS_PER_S},
    {"both for ever", {G_MAXINT64, G_MAXINT64}, -1},
    {"below 0 is now", {-5, 20}, 0},
};

START_TEST(test_times)
{
    g_autoptr(ApiObject) node = make_node("n1", NULL);
    g_autoptr(ApiObject) pod = make_pod(NULL, "p", "n1", "Running", TRUE);
    gboolean is_tolerated;

    for (guint i = 0; i < 2; i++) {
        Taint *taint = API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints);
        gint64 seconds = time_cases[_i].seconds[i];

        taint->key = str_internf("k%u", i);
        taint->effect = str_intern("NoExecute");
        tolerate(pod, seconds != G_MAXINT64, seconds);
        ((PodSpec *)api_edit_spec(pod))->tolerations.items[i].key = taint->key;
    }
    ck_assert_msg(tolerated_for_ns(&pod_spec(pod)->tolerations, node, &is_tolerated) ==
                      time_cases[_i].want_ns,
                  "%s", time_cases[_i].name);
    ck_assert(is_tolerated);
}
END_TEST

/* --- evictions ---------------------------------------------------------------------------------------------- */

static const char *const eviction_log =
    "event Normal TaintManagerEviction Marking for deletion Pod default/p\n"
    "get Pod p\n"
    "patch Pod p\n"
    "delete Pod p";

/* TestUpdateNode: the node is tainted and the pod does not tolerate it; recorded order of calls. */
START_TEST(test_untolerated)
{
    Mini *mini = mini_with_pod(FALSE, FALSE, 0);
    const Condition *target;

    SYNC(mini, "n1");
    mini_check_log(mini, "the node only sets the timer", "");
    SYNC(mini, "default/p");
    mini_check_log(mini, "now", eviction_log);
    target =
        condition_find(&pod_status(mini_nth(mini, &pod_kind, 0))->conditions, "DisruptionTarget");
    ck_assert_str_eq(target->reason, "DeletionByTaintManager");
    ck_assert_int_eq(target->observed_generation, 1);
    SYNC(mini, "default/p");
    mini_check_log(mini, "once", "");
    drop(mini);
}
END_TEST

/* TestCreatePod: bound to a node that is tainted already. */
START_TEST(test_pod_comes_later)
{
    Mini *mini = mini_with_pod(FALSE, FALSE, 0);

    eviction_state_look(mini->state, str_intern("default/p"));
    SYNC(mini, "default/p");
    mini_check_log(mini, "at once", eviction_log);
    drop(mini);
}
END_TEST

START_TEST(test_tolerated_for_a_time)
{
    Mini *mini = mini_with_pod(TRUE, TRUE, 300);

    SYNC(mini, "n1");
    mini->now_ns += 299 * NS_PER_S;
    SYNC(mini, "n1");
    SYNC(mini, "default/p");
    mini_check_log(mini, "the timer is kept, not set anew", "");
    mini->now_ns += NS_PER_S;
    SYNC(mini, "default/p");
    mini_check_log(mini, "after 300 s", eviction_log);
    drop(mini);
}
END_TEST

START_TEST(test_tolerated_for_ever)
{
    Mini *mini = mini_with_pod(TRUE, FALSE, 0);

    SYNC(mini, "n1");
    mini->now_ns += 1000 * NS_PER_S;
    SYNC(mini, "default/p");
    mini_check_log(mini, "never", "");
    drop(mini);
}
END_TEST

/* Recorded (node-blip): the event only if a timer was set. */
START_TEST(test_cancel)
{
    Mini *mini = mini_with_pod(TRUE, TRUE, 300);
    ApiObject *node;

    SYNC(mini, "n1");
    node = mini_edit(mini, &node_kind, "n1");
    ((NodeSpec *)api_edit_spec(node))->taints.count = 0;
    mini_put(mini, node);
    SYNC(mini, "n1");
    mini_check_log(mini, "taint gone",
                   "event Normal TaintManagerEviction Cancelling deletion of Pod default/p");
    SYNC(mini, "n1");
    mini_check_log(mini, "once", "");
    drop(mini);
}
END_TEST

static void
add_taint(Mini *mini, const char *key)
{
    ApiObject *node = mini_edit(mini, &node_kind, "n1");
    Taint *taint = API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints);

    taint->key = str_intern(key);
    taint->effect = str_intern("NoExecute");
    mini_put(mini, node);
    SYNC(mini, "n1");
}

/* processPodOnNode: a timer that runs is not shortened by a second, stricter toleration. */
START_TEST(test_stricter_toleration)
{
    Mini *mini = mini_with_pod(TRUE, TRUE, 300);
    ApiObject *pod = mini_edit(mini, &pod_kind, "p");

    tolerate(pod, TRUE, 10);
    ((PodSpec *)api_edit_spec(pod))->tolerations.items[1].key = str_intern("k2");
    mini_put(mini, pod);
    SYNC(mini, "n1");
    mini->now_ns += NS_PER_S;
    add_taint(mini, "k2");
    mini_check_log(mini, "the timer stays", "");
    mini->now_ns += 100 * NS_PER_S;
    SYNC(mini, "default/p");
    mini_check_log(mini, "as it was", "");
    mini->now_ns += 199 * NS_PER_S;
    SYNC(mini, "default/p");
    mini_check_log(mini, "300 s after the first", eviction_log);
    drop(mini);
}
END_TEST

/* A taint that is not tolerated cuts the time short: node.kubernetes.io/out-of-service is such a one. */
START_TEST(test_out_of_service)
{
    Mini *mini = mini_with_pod(TRUE, TRUE, 300);

    SYNC(mini, "n1");
    mini->now_ns += NS_PER_S;
    add_taint(mini, "node.kubernetes.io/out-of-service");
    mini_check_log(mini, "the old timer ends",
                   "event Normal TaintManagerEviction Cancelling deletion of Pod default/p");
    SYNC(mini, "default/p");
    mini_check_log(mini, "at once", eviction_log);
    drop(mini);
}
END_TEST

/* Taints of other effects are nobody's here; a pod that tolerates everything stays for ever. */
START_TEST(test_tolerates_all)
{
    Mini *mini = mini_with_pod(TRUE, FALSE, 0);
    ApiObject *pod = mini_edit(mini, &pod_kind, "p");

    ((PodSpec *)api_edit_spec(pod))->tolerations.items[0].key = NULL;
    mini_put(mini, pod);
    add_taint(mini, "node.kubernetes.io/out-of-service");
    mini->now_ns += 1000 * NS_PER_S;
    SYNC(mini, "default/p");
    mini_check_log(mini, "stays", "");
    drop(mini);
}
END_TEST

/* deletePodHandler: up to five tries, each from the start. */
START_TEST(test_retries)
{
    Mini *mini = mini_with_pod(FALSE, FALSE, 0);

    mini_refuse(mini, (MiniRefusal){.type = STEP_DELETE,
                                    .kind = &pod_kind,
                                    .code = 500,
                                    .reason = "InternalError",
                                    .message = "no",
                                    .count = 1});
    SYNC(mini, "n1");
    SYNC(mini, "default/p");
    mini_check_log(mini, "second try",
                   "event Normal TaintManagerEviction Marking for deletion Pod default/p\n"
                   "get Pod p\n"
                   "patch Pod p\n"
                   "delete Pod p -> 500\n"
                   "get Pod p\n"
                   "delete Pod p");
    drop(mini);
}
END_TEST

/* --- pod GC --------------------------------------------------------------------------------------------------- */

#define TICK(mini) mini_tick(mini, &pod_gc_controller)

static Mini *
gc_mini(void)
{
    Mini *mini = mini_new();

    mini->state = pod_gc_controller.new_state();
    mini_add(mini, make_node("n1", NULL));
    return mini;
}

static void
gc_drop(Mini *mini)
{
    pod_gc_controller.free_state(mini->state);
    mini_free(mini);
}

/* v1.34 pkg/controller/podgc/gc_controller_test.go, TestGCTerminated: threshold 1, the two oldest of three go. */
START_TEST(test_gc_terminated)
{
    Mini *mini = gc_mini();
    ControllersConfig config;
    static const char *const names[] = {"c", "a", "b"};

    controllers_config_init(&config, 34);
    config.terminated_pod_threshold = 1;
    mini->config = &config;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        ApiObject *pod = make_pod(NULL, names[i], "n1", "Failed", FALSE);

        api_edit_meta(pod)->creation_time = MINI_EPOCH + (names[i][0] - 'a') * NS_PER_S;
        mini_add(mini, pod);
    }
    TICK(mini);
    mini_check_log(mini, "two go", "delete Pod a grace=0\ndelete Pod b grace=0");
    gc_drop(mini);
}
END_TEST

/* TestGCOrphaned: nothing while the quarantine is half over. */
START_TEST(test_gc_orphaned)
{
    Mini *mini = gc_mini();
    const PodStatus *status;

    mini_add(mini, make_pod(NULL, "p", "ghost", "Running", TRUE));
    TICK(mini);
    mini_check_log(mini, "quarantine", "");
    mini->now_ns += 20 * NS_PER_S;
    TICK(mini);
    mini_check_log(mini, "half over", "");
    mini->now_ns += 20 * NS_PER_S;
    mini_refuse(mini, (MiniRefusal){.type = STEP_DELETE,
                                    .kind = &pod_kind,
                                    .code = 500,
                                    .reason = "InternalError",
                                    .message = "no",
                                    .count = 1});
    TICK(mini);
    mini_check_log(mini, "over", "get Node ghost -> 404\npatch Pod p\ndelete Pod p grace=0 -> 500");
    status = pod_status(mini_nth(mini, &pod_kind, 0));
    ck_assert_str_eq(status->phase, "Failed");
    ck_assert_int_eq(status->observed_generation, 1);
    ck_assert_str_eq(condition_find(&status->conditions, "DisruptionTarget")->reason,
                     "DeletionByPodGC");
    gc_drop(mini);
}
END_TEST

/* TestGCUnscheduledTerminating, TestGCTerminating. */
START_TEST(test_gc_terminating)
{
    Mini *mini = gc_mini();
    ApiObject *node = make_node("dead", NULL);
    ApiObject *pod = make_pod(NULL, "unbound", NULL, "Pending", FALSE);

    set_condition(&((NodeStatus *)api_edit_status(node))->conditions, "Ready", "Unknown", NULL, 0);
    API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints)->key =
        str_intern("node.kubernetes.io/out-of-service");
    mini_add(mini, node);
    api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    mini_add(mini, pod);
    pod = make_pod(NULL, "stuck", "dead", "Running", FALSE);
    api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    mini_add(mini, pod);
    TICK(mini);
    mini_check_log(mini, "out of service first, then the unscheduled",
                   "patch Pod stuck\n"
                   "delete Pod stuck grace=0\n"
                   "patch Pod unbound\n"
                   "delete Pod unbound grace=0");
    gc_drop(mini);
}
END_TEST

Suite *
eviction_suite(void)
{
    Suite *suite = suite_create("taint eviction and pod GC");
    TCase *tcase = tcase_create("eviction");

    tcase_add_loop_test(tcase, test_times, 0, G_N_ELEMENTS(time_cases));
    tcase_add_test(tcase, test_untolerated);
    tcase_add_test(tcase, test_pod_comes_later);
    tcase_add_test(tcase, test_tolerated_for_a_time);
    tcase_add_test(tcase, test_tolerated_for_ever);
    tcase_add_test(tcase, test_cancel);
    tcase_add_test(tcase, test_retries);
    tcase_add_test(tcase, test_stricter_toleration);
    tcase_add_test(tcase, test_out_of_service);
    tcase_add_test(tcase, test_tolerates_all);
    tcase_add_test(tcase, test_gc_terminated);
    tcase_add_test(tcase, test_gc_orphaned);
    tcase_add_test(tcase, test_gc_terminating);
    suite_add_tcase(suite, tcase);
    return suite;
}
