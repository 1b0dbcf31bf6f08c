#include "client/controller_internal.h"
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
    {"so many seconds that they wrap around", {G_MAXINT64 - 1, G_MAXINT64}, -2 * NS_PER_S},
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
    /* emitPodDeletionEvent: as recorded, the reference has a name and nothing else. */
    ck_assert(mini->subject->kind == &pod_kind && str_is(api_namespace(mini->subject), "default"));
    ck_assert(api_uid(mini->subject) == NULL && mini->subject->resource_version == 0);
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

/* @text: "1 2": taints k1 and k2. */
static void
set_taints(Mini *mini, const char *text)
{
    ApiObject *node = mini_edit(mini, &node_kind, "n1");
    TaintList *taints = &((NodeSpec *)api_edit_spec(node))->taints;

    taints->count = 0;
    for (; *text != '\0'; text += text[1] == ' ' ? 2 : 1) {
        Taint *taint = API_LIST_ADD(taints);

        taint->key = str_internf("k%c", *text);
        taint->effect = str_intern("NoExecute");
    }
    mini_put(mini, node);
}

/* @text: "1:100 2:-": tolerates k1 for 100 s, k2 for ever. */
static void
set_tolerations(ApiObject *pod, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    TolerationList *list = &((PodSpec *)api_edit_spec(pod))->tolerations;

    list->count = 0;
    for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        gboolean is_forever = words[i][2] == '-';

        tolerate(pod, !is_forever, is_forever ? 0 : g_ascii_strtoll(words[i] + 2, NULL, 10));
        list->items[i].key = str_internf("k%c", words[i][0]);
    }
}

/*
 * v1.34 taint_eviction_test.go, TestCreatePod, TestUpdatePod, TestCreateNode, TestUpdateNode, TestUpdateNodeWithMultipleTaints: the
 * node's taints and what the pod tolerates, both before and 1 s later; when the pod is evicted, counted from then.
 */
static const struct {
    const char *name, *taints, *tolerations;
    const char *taints_then, *tolerations_then; /* NULL: the same */
    int evicted_s;                              /* -1: never */
    gboolean is_cancelled;                      /* with an event */
} update_cases[] = {
    {"untainted node", "", "", NULL, NULL, -1, FALSE},
    {"tainted node", "", "", "1", NULL, 0, FALSE},
    {"finite toleration", "", "1:100", "1", NULL, 100, FALSE},
    {"infinite toleration", "", "1:-", "1", NULL, -1, FALSE},
    {"infinite toleration of another taint", "", "2:-", "1", NULL, 0, FALSE},
    {"removing toleration", "1", "1:100", NULL, "", 0, TRUE},
    {"lengthening toleration doesn't work", "1", "1:10", NULL, "1:100", 9, FALSE},
    {"shortening it neither", "1", "1:100", NULL, "1:10", 99, FALSE},
    {"only one added taint tolerated", "", "1:100", "1 2", NULL, 0, FALSE},
    {"taint removed", "1", "1:10", "", NULL, -1, TRUE},
    {"several tolerations: the first that runs out", "", "1:1 2:100", "1 2", NULL, 1, FALSE},
    {"for ever, and for a minute", "1", "1:- 2:60", "1 2", NULL, 60, FALSE},
    {"for a minute no more", "1 2", "1:- 2:60", "1", NULL, -1, TRUE},
    {"zero seconds", "", "1:0", "1", NULL, 0, FALSE},
};

static gboolean
is_evicted(Mini *mini)
{
    SYNC(mini, "default/p");
    return strstr(mini->log->str, "delete Pod p") != NULL;
}

START_TEST(test_updates)
{
    const char *name = update_cases[_i].name;
    Mini *mini = mini_with_pod(FALSE, FALSE, 0);
    ApiObject *pod = mini_edit(mini, &pod_kind, "p");
    gboolean is_cancelled;

    set_tolerations(pod, update_cases[_i].tolerations);
    mini_put(mini, pod);
    set_taints(mini, update_cases[_i].taints);
    SYNC(mini, "n1");
    mini->now_ns += NS_PER_S;
    if (update_cases[_i].taints_then != NULL) {
        set_taints(mini, update_cases[_i].taints_then);
        SYNC(mini, "n1");
    }
    if (update_cases[_i].tolerations_then != NULL) {
        pod = mini_edit(mini, &pod_kind, "p");
        set_tolerations(pod, update_cases[_i].tolerations_then);
        mini_put(mini, pod);
        eviction_state_look(mini->state, str_intern("default/p"));
        SYNC(mini, "default/p");
    }
    is_cancelled = strstr(mini->log->str, "Cancelling deletion of Pod default/p") != NULL;
    ck_assert_msg(is_cancelled == update_cases[_i].is_cancelled, "%s:\n%s", name, mini->log->str);
    if (strstr(mini->log->str, "delete Pod p") != NULL) { /* the look itself found its time over */
        ck_assert_msg(update_cases[_i].evicted_s == 0, "%s", name);
    } else if (update_cases[_i].evicted_s < 0) {
        mini->now_ns += 100000 * NS_PER_S;
        ck_assert_msg(!is_evicted(mini), "%s", name);
    } else {
        mini->now_ns += update_cases[_i].evicted_s * NS_PER_S - 1;
        ck_assert_msg(update_cases[_i].evicted_s == 0 || !is_evicted(mini), "%s: too early", name);
        mini->now_ns += 1;
        ck_assert_msg(is_evicted(mini), "%s: too late", name);
    }
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

/* --- who is looked at when it is bound ------------------------------------------------------------------ */

static void
tell(Controller *controller, const ApiKind *kind, const ApiObject *old, const ApiObject *object)
{
    for (const ControllerSource *source = taint_eviction_controller.sources; source->kind != NULL; source++)
        if (source->kind == kind)
            source->on_event(controller, old, object);
}

/* Is a pod that is bound to @node asked about? */
static gboolean
is_asked_about(Controller *controller, const char *node)
{
    g_autoptr(ApiObject) pod = make_pod(NULL, "new", node, "Pending", FALSE);
    const char *key;
    gboolean is_asked = FALSE;

    tell(controller, &pod_kind, NULL, pod);
    while ((key = controller_take(controller)) != NULL)
        is_asked |= str_is(key, "default/new");
    return is_asked;
}

/* It knows the nodes with such a taint from the first pod on, and hears of each that gets one, loses it or goes. */
START_TEST(test_known_taints)
{
    Sim *sim = sim_new(&(SimOptions){.seed = 1});
    g_autoptr(ApiObject) tainted = tainted_node();
    g_autoptr(ApiObject) bare = api_object_copy(tainted);
    g_autoptr(ApiObject) other = make_node("n2", NULL);
    g_autoptr(ApiObject) other_tainted = api_object_copy(tainted);
    const ApiObject *nodes[] = {tainted, other};
    Controller *controller =
        controller_new_deaf(sim, &taint_eviction_controller, view_new_array(nodes, G_N_ELEMENTS(nodes)), 34);

    ((NodeSpec *)api_edit_spec(bare))->taints.count = 0;
    api_edit_meta(other_tainted)->name = str_intern("n2");
    ck_assert(is_asked_about(controller, "n1"));
    ck_assert(!is_asked_about(controller, "n2"));
    ck_assert(!is_asked_about(controller, "n3"));
    tell(controller, &node_kind, tainted, bare);
    tell(controller, &node_kind, other, other_tainted);
    ck_assert(!is_asked_about(controller, "n1"));
    ck_assert(is_asked_about(controller, "n2"));
    tell(controller, &node_kind, other_tainted, NULL);
    tell(controller, &node_kind, NULL, tainted);
    ck_assert(is_asked_about(controller, "n1"));
    ck_assert(!is_asked_about(controller, "n2"));
    controller_free_deaf(controller);
    sim_free(sim);
}
END_TEST

Suite *
eviction_suite(void)
{
    Suite *suite = suite_create("taint eviction");
    TCase *tcase = tcase_create("eviction");

    tcase_add_loop_test(tcase, test_times, 0, G_N_ELEMENTS(time_cases));
    tcase_add_test(tcase, test_untolerated);
    tcase_add_test(tcase, test_pod_comes_later);
    tcase_add_loop_test(tcase, test_updates, 0, G_N_ELEMENTS(update_cases));
    tcase_add_test(tcase, test_cancel);
    tcase_add_test(tcase, test_retries);
    tcase_add_test(tcase, test_stricter_toleration);
    tcase_add_test(tcase, test_out_of_service);
    tcase_add_test(tcase, test_tolerates_all);
    tcase_add_test(tcase, test_known_taints);
    suite_add_tcase(suite, tcase);
    return suite;
}
