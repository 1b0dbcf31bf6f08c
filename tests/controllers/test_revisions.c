/* DaemonSet and StatefulSet: revisions and their names, history, adoption, failed pods, ordinals. */
#include "controllers/daemonset_sync.h"
#include "controllers/statefulset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

static void
add_set(Mini *mini, const ApiKind *kind, const char *rest)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: s}, spec: {%s selector: {matchLabels: {a: s}}, template: {metadata: {labels: {a: s}}, spec: "
        "{containers: [{name: c, image: 'i:1'}]}}}}",
        rest);

    if (mini->state == NULL && kind == &daemon_set_kind)
        mini->state = daemon_set_controller.new_state();
    mini_add(mini, object_from_yaml(kind, text));
}

static const ControllerDef *
controller_of(const ApiKind *kind)
{
    return kind == &daemon_set_kind ? &daemon_set_controller : &stateful_set_controller;
}

static void
sync_set(Mini *mini, const ApiKind *kind)
{
    mini_sync(mini, controller_of(kind), "default/s");
}

static void
set_image(Mini *mini, const ApiKind *kind, const char *image)
{
    ApiObject *changed = mini_edit(mini, kind, "s");
    PodTemplateSpec *template_ = kind == &daemon_set_kind ? &((DaemonSetSpec *)api_edit_spec(changed))->template_
                                                          : &((StatefulSetSpec *)api_edit_spec(changed))->template_;

    template_->spec.containers.items[0].image = str_intern(image);
    mini_put_template(mini, changed);
}

static void
mini_end(Mini *mini)
{
    if (mini->state != NULL)
        daemon_set_controller.free_state(mini->state);
    mini_free(mini);
}

static guint
count_lines(const Mini *mini, const char *start)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    guint count = 0;

    for (guint i = 0; lines[i] != NULL; i++)
        count += g_str_has_prefix(lines[i], start) ? 1 : 0;
    return count;
}

static void
set_pod(Mini *mini, const char *name, const char *phase, const char *node, gboolean is_ready)
{
    ApiObject *changed = mini_edit(mini, &pod_kind, name);
    PodStatus *status = api_edit_status(changed);

    status->phase = str_intern(phase);
    ((PodSpec *)api_edit_spec(changed))->node_name = str_intern(node);
    set_condition(&status->conditions, "Ready", is_ready ? "True" : "False", NULL, MINI_EPOCH);
    mini_put(mini, changed);
}

/* --- names that are taken --------------------------------------------------------------------------------------- */

/* A revision of the same name with other content, of somebody else. */
static void
take_name(Mini *mini, const char *name)
{
    ApiObject *revision = api_object_new(&controller_revision_kind, str_intern("default"), name);

    ((ControllerRevisionBody *)api_edit_body(revision))->data = value_new_map();
    mini_add(mini, revision);
}

static const char *
first_revision_name(const ApiKind *kind)
{
    Mini *mini = mini_new();
    const char *name;

    mini_add(mini, make_node("n1", NULL));
    add_set(mini, kind, kind == &stateful_set_kind ? "serviceName: s," : "");
    sync_set(mini, kind);
    name = api_name(mini_nth(mini, &controller_revision_kind, 0));
    mini_end(mini);
    return name;
}

/* v1.34 pkg/controller/daemon/update.go, snapshot: the collision is counted, and the next sync has another name. */
START_TEST(daemon_collision)
{
    const char *taken = first_revision_name(&daemon_set_kind);
    Mini *mini = mini_new();

    mini_add(mini, make_node("n1", NULL));
    add_set(mini, &daemon_set_kind, "");
    take_name(mini, taken);
    sync_set(mini, &daemon_set_kind);
    ck_assert_str_eq(mini->error, str_internf("controllerrevisions.apps \"%s\" already exists", taken));
    ck_assert_int_eq(daemon_set_status(mini_get(mini, &daemon_set_kind, "default", "s"))->collision_count.value, 1);
    ck_assert_uint_eq(mini_count(mini, &pod_kind), 0);
    sync_set(mini, &daemon_set_kind);
    ck_assert_uint_eq(count_lines(mini, "create ControllerRevision "), 1);
    ck_assert_uint_eq(mini_count(mini, &pod_kind), 1);
    ck_assert(strstr(mini->log->str, taken) == NULL);
    mini_end(mini);
}
END_TEST

/* v1.34 pkg/controller/history/controller_history.go, CreateControllerRevision: on to the next name within the sync. */
START_TEST(stateful_collision)
{
    const char *taken = first_revision_name(&stateful_set_kind);
    Mini *mini = mini_new();
    const StatefulSetStatus *status;

    add_set(mini, &stateful_set_kind, "serviceName: s, replicas: 1,");
    take_name(mini, taken);
    sync_set(mini, &stateful_set_kind);
    ck_assert_ptr_null(mini->error);
    ck_assert_uint_eq(count_lines(mini, "create ControllerRevision "), 2);
    status = stateful_set_status(mini_get(mini, &stateful_set_kind, "default", "s"));
    ck_assert_int_eq(status->collision_count.value, 1);
    ck_assert_str_ne(status->update_revision, taken);
    ck_assert_str_eq(status->current_revision, status->update_revision);
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &pod_kind, 0)->meta->labels, str_intern(STATEFUL_REVISION_LABEL)),
                     status->update_revision);
    sync_set(mini, &stateful_set_kind);
    ck_assert_uint_eq(count_lines(mini, "create ControllerRevision "), 0);
    mini_end(mini);
}
END_TEST

/* The same content under that name is ours, though the cache did not show it: the sync goes on with it. */
START_TEST(own_namesake)
{
    const ApiKind *kind = _i == 0 ? &daemon_set_kind : &stateful_set_kind;
    const ApiKind *pods = &pod_kind;
    Mini *mini = mini_new();
    ApiObject *hidden;

    mini_add(mini, make_node("n1", NULL));
    add_set(mini, kind, kind == &stateful_set_kind ? "serviceName: s, replicas: 1," : "");
    sync_set(mini, kind);
    mini_remove(mini, mini_nth(mini, pods, 0));
    hidden = api_object_copy(mini_nth(mini, &controller_revision_kind, 0));
    api_list_remove((ApiList *)&api_edit_meta(hidden)->owner_references, sizeof(OwnerReference), 0);
    str_map_clear(&api_edit_meta(hidden)->labels);
    mini_put(mini, hidden);
    sync_set(mini, kind);
    ck_assert_msg(strstr(mini->log->str, "-> 409\nget ControllerRevision ") != NULL, "%s", mini->log->str);
    ck_assert_ptr_null(mini->error);
    ck_assert_uint_eq(mini_count(mini, pods), 1);
    mini_end(mini);
}
END_TEST

/* --- history ------------------------------------------------------------------------------------------------------ */

/*
 * v1.34 pkg/controller/daemon/update_test.go, TestCleanupHistory; pkg/controller/statefulset, TestStatefulSetControl_
 * getSetRevisions: going back to an old template gives its revision the next number; those beyond the limit go.
 */
START_TEST(history)
{
    static const char *const images[] = {"i:2", "i:3", "i:4", "i:2"};
    const ApiKind *kind = _i == 0 ? &daemon_set_kind : &stateful_set_kind;
    Mini *mini = mini_new();
    gint64 highest = 0;

    add_set(mini, kind, kind == &stateful_set_kind ? "replicas: 0, revisionHistoryLimit: 2, serviceName: s," : "revisionHistoryLimit: 2,");
    sync_set(mini, kind);
    for (guint i = 0; i < G_N_ELEMENTS(images); i++) {
        mini->now_ns += NS_PER_S;
        set_image(mini, kind, images[i]);
        sync_set(mini, kind);
        sync_set(mini, kind);
    }
    ck_assert_uint_eq(mini_count(mini, &controller_revision_kind), 3);
    for (guint i = 0; i < 3; i++) {
        const ApiObject *revision = mini_nth(mini, &controller_revision_kind, i);
        PodTemplateSpec template_ = {0};

        ck_assert(revision_template(revision, &template_));
        if (revision_number(revision) > highest) {
            highest = revision_number(revision);
            ck_assert_msg(str_is(template_.spec.containers.items[0].image, "i:2") == (highest == 5), "number %d", (int)highest);
        }
        api_struct_clear(&pod_template_spec_type, &template_);
    }
    ck_assert_int_eq(highest, 5);
    mini_end(mini);
}
END_TEST

/*
 * v1.34 stateful_set_control_test.go, TestStatefulSetControlLimitsHistory, TestStatefulSetHonorRevisionHistoryLimit;
 * pkg/controller/daemon/update.go, cleanupHistory: six templates, the pods are of the first. A StatefulSet keeps so many
 * beside those that are in use, a DaemonSet so many old ones, and those in use.
 */
static const struct {
    const ApiKind *kind;
    int limit;
    const char *want; /* numbers of those that are left */
} limit_cases[] = {
    {&stateful_set_kind, 2, "1456"}, {&stateful_set_kind, 0, "16"}, {&stateful_set_kind, 10, "123456"},
    {&stateful_set_kind, 1, "156"},  {&daemon_set_kind, 2, "156"},  {&daemon_set_kind, 0, "16"},
    {&daemon_set_kind, 10, "123456"}, {&daemon_set_kind, 3, "1456"},
};

START_TEST(history_limits)
{
    const ApiKind *kind = limit_cases[_i].kind;
    Mini *mini = mini_new();
    g_autofree char *rest = g_strdup_printf("%s updateStrategy: {type: OnDelete}, revisionHistoryLimit: %d,",
                                            kind == &stateful_set_kind ? "serviceName: s, replicas: 1," : "", limit_cases[_i].limit);
    g_autoptr(GString) left = g_string_new(NULL);

    mini_add(mini, make_node("n1", NULL));
    add_set(mini, kind, rest);
    sync_set(mini, kind);
    set_pod(mini, api_name(mini_nth(mini, &pod_kind, 0)), "Running", "n1", TRUE);
    for (guint i = 2; i <= 6; i++) {
        set_image(mini, kind, str_internf("i:%u", i));
        sync_set(mini, kind);
        sync_set(mini, kind);
    }
    for (gint64 number = 1; number <= 6; number++)
        for (guint i = 0; i < mini_count(mini, &controller_revision_kind); i++)
            if (revision_number(mini_nth(mini, &controller_revision_kind, i)) == number)
                g_string_append_printf(left, "%d", (int)number);
    ck_assert_msg(strcmp(left->str, limit_cases[_i].want) == 0, "%s, %d: %s are left", kind->kind, limit_cases[_i].limit, left->str);
    mini_end(mini);
}
END_TEST

/*
 * stateful_set_control_test.go, TestStatefulSetControl_getSetRevisions: which revision is the current, which the updated
 * one, by their numbers, after the template was each of these, one after the other.
 */
static const struct {
    const char *name, *images, *numbers, *current_and_update; /* of those there are, by the image they have */
} revision_cases[] = {
    {"the first one", "1", "1=1", "11"},
    {"a new one with an update", "12", "1=1 2=2", "12"},
    {"nothing new without one", "1222", "1=1 2=2", "12"},
    {"back to the one before", "121", "1=3 2=2", "33"},
    {"back and forth", "1212", "1=3 2=4", "34"},
    {"a third one", "123", "1=1 2=2 3=3", "13"},
    {"back to the second of three", "1232", "1=1 2=4 3=3", "14"},
};

START_TEST(stateful_revisions)
{
    Mini *mini = mini_new();
    const char *images = revision_cases[_i].images;
    const char *numbers = "";
    const char *ends = "";
    const StatefulSetStatus *status;

    add_set(mini, &stateful_set_kind, "serviceName: s, replicas: 1, updateStrategy: {type: OnDelete},");
    for (guint i = 0; images[i] != '\0'; i++) {
        set_image(mini, &stateful_set_kind, str_internf("i:%c", images[i]));
        sync_set(mini, &stateful_set_kind);
    }
    status = stateful_set_status(mini_get(mini, &stateful_set_kind, "default", "s"));
    for (guint i = 0; i < mini_count(mini, &controller_revision_kind); i++) {
        const ApiObject *revision = mini_nth(mini, &controller_revision_kind, i);
        PodTemplateSpec template_ = {0};

        ck_assert(revision_template(revision, &template_));
        numbers = str_internf("%s%s%c=%d", numbers, i > 0 ? " " : "", template_.spec.containers.items[0].image[2],
                              (int)revision_number(revision));
        api_struct_clear(&pod_template_spec_type, &template_);
    }
    for (guint end = 0; end < 2; end++)
        for (guint i = 0; i < mini_count(mini, &controller_revision_kind); i++)
            if (str_is(api_name(mini_nth(mini, &controller_revision_kind, i)),
                       end == 0 ? status->current_revision : status->update_revision))
                ends = str_internf("%s%d", ends, (int)revision_number(mini_nth(mini, &controller_revision_kind, i)));
    ck_assert_msg(strcmp(numbers, revision_cases[_i].numbers) == 0 && strcmp(ends, revision_cases[_i].current_and_update) == 0,
                  "%s: %s, %s", revision_cases[_i].name, numbers, ends);
    mini_end(mini);
}
END_TEST

/* --- adoption ------------------------------------------------------------------------------------------------------ */

/* v1.34 daemon_controller_test.go and stateful_set_test.go: an orphan that matches is taken, also by its name. */
START_TEST(adoption)
{
    const ApiKind *kind = _i == 0 ? &daemon_set_kind : &stateful_set_kind;
    Mini *mini = mini_new();
    ApiObject *orphan = make_pod(NULL, "s-0", "n1", "Running", TRUE);
    ApiObject *foreign = make_pod(NULL, "other", "n1", "Running", TRUE);

    str_map_set(&api_edit_meta(orphan)->labels, str_intern("a"), str_intern("s"));
    str_map_set(&api_edit_meta(foreign)->labels, str_intern("a"), str_intern("s"));
    mini_add(mini, make_node("n1", NULL));
    add_set(mini, kind, kind == &stateful_set_kind ? "serviceName: s, replicas: 1," : "");
    mini_add(mini, orphan);
    if (kind == &stateful_set_kind)
        mini_add(mini, foreign);
    else
        api_object_unref(foreign);
    sync_set(mini, kind);
    ck_assert_msg(g_str_has_prefix(mini->log->str, kind == &daemon_set_kind ? "get DaemonSet s\n" : "get StatefulSet s\n"), "%s",
                  mini->log->str);
    ck_assert_uint_eq(count_lines(mini, "patch Pod s-0"), 1);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), 0);
    ck_assert(api_is_controlled_by(mini_get(mini, &pod_kind, "default", "s-0"), mini_get(mini, kind, "default", "s")));
    if (kind == &stateful_set_kind)
        ck_assert_ptr_null(api_controller_of(mini_get(mini, &pod_kind, "default", "other")));
    mini_end(mini);
}
END_TEST

/* v1.34 pkg/controller/daemon/update.go, constructHistory: a revision without a hash has its name for it, and so have new pods. */
START_TEST(daemon_lost_hash)
{
    Mini *mini = mini_new();
    ApiObject *revision;
    const char *name;

    mini_add(mini, make_node("n1", NULL));
    add_set(mini, &daemon_set_kind, "");
    sync_set(mini, &daemon_set_kind);
    name = api_name(mini_nth(mini, &controller_revision_kind, 0));
    revision = mini_edit(mini, &controller_revision_kind, name);
    str_map_remove(&api_edit_meta(revision)->labels, str_intern(DAEMON_HASH_LABEL));
    mini_put(mini, revision);
    mini_remove(mini, mini_nth(mini, &pod_kind, 0));
    sync_set(mini, &daemon_set_kind);
    ck_assert_uint_eq(mini_count(mini, &controller_revision_kind), 1);
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &controller_revision_kind, 0)->meta->labels, str_intern(DAEMON_HASH_LABEL)), name);
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &pod_kind, 0)->meta->labels, str_intern(DAEMON_HASH_LABEL)), name);
    sync_set(mini, &daemon_set_kind);
    ck_assert_uint_eq(count_lines(mini, "update ControllerRevision "), 0);
    mini_end(mini);
}
END_TEST

/* --- DaemonSet --------------------------------------------------------------------------------------------------------- */

/*
 * v1.34 daemon_controller_test.go, TestDaemonKillFailedPods and TestDaemonSetRespectsFailedPodsBackoff: the first failed
 * pod of a node goes at once, the next after a second, then two, four ...; another node has its own count.
 */
START_TEST(daemon_failed_pods)
{
    static const gint64 wait_s[] = {0, 1, 2, 4, 8};
    Mini *mini = mini_new();

    mini_add(mini, make_node("n1", NULL));
    add_set(mini, &daemon_set_kind, "");
    for (guint i = 0; i < G_N_ELEMENTS(wait_s); i++) {
        const char *name;

        sync_set(mini, &daemon_set_kind);
        name = api_name(mini_nth(mini, &pod_kind, 0));
        set_pod(mini, name, "Failed", "n1", FALSE);
        if (wait_s[i] > 0) {
            sync_set(mini, &daemon_set_kind);
            ck_assert_msg(count_lines(mini, "delete Pod ") == 0, "failure %u: too early", i);
            ck_assert_int_eq(mini->requeue_ns, wait_s[i] * NS_PER_S);
            mini->now_ns += wait_s[i] * NS_PER_S;
        }
        sync_set(mini, &daemon_set_kind);
        ck_assert_msg(count_lines(mini, "delete Pod ") == 1, "failure %u: too late", i);
        ck_assert_uint_eq(count_lines(mini, str_internf("event Warning FailedDaemonPod Found failed daemon pod default/%s on "
                                                        "node n1, will try to kill it",
                                                        name)),
                          1);
        mini_remove(mini, mini_nth(mini, &pod_kind, 0));
    }
    mini_end(mini);
}
END_TEST

START_TEST(daemon_succeeded_pod)
{
    Mini *mini = mini_new();

    mini_add(mini, make_node("n1", NULL));
    add_set(mini, &daemon_set_kind, "");
    sync_set(mini, &daemon_set_kind);
    set_pod(mini, api_name(mini_nth(mini, &pod_kind, 0)), "Succeeded", "n1", FALSE);
    sync_set(mini, &daemon_set_kind);
    ck_assert_uint_eq(count_lines(mini, "event Normal SucceededDaemonPod Found succeeded daemon pod default/"), 1);
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 1);
    mini_end(mini);
}
END_TEST

/* --- StatefulSet ----------------------------------------------------------------------------------------------------------- */

/* v1.34 stateful_set_control_test.go, with ordinals.start; recorded names are set-ORDINAL. */
START_TEST(stateful_start_ordinal)
{
    Mini *mini = mini_new();
    ApiObject *changed;

    add_set(mini, &stateful_set_kind,
            "serviceName: s, replicas: 3, ordinals: {start: 5}, updateStrategy: {rollingUpdate: {partition: 1}},");
    for (guint i = 5; i < 8; i++) {
        sync_set(mini, &stateful_set_kind);
        ck_assert_uint_eq(count_lines(mini, str_internf("create Pod s-%u", i)), 1);
        ck_assert_str_eq(str_map_get(&mini_get(mini, &pod_kind, "default", str_internf("s-%u", i))->meta->labels,
                                     str_intern("apps.kubernetes.io/pod-index")),
                         str_internf("%u", i));
        set_pod(mini, str_internf("s-%u", i), "Running", "n1", TRUE);
    }
    sync_set(mini, &stateful_set_kind);
    /* The partition counts from the start: s-5 keeps its revision. */
    set_image(mini, &stateful_set_kind, "i:2");
    for (guint i = 7; i > 5; i--) {
        sync_set(mini, &stateful_set_kind);
        ck_assert_uint_eq(count_lines(mini, str_internf("delete Pod s-%u", i)), 1);
        mini_remove(mini, mini_get(mini, &pod_kind, "default", str_internf("s-%u", i)));
        sync_set(mini, &stateful_set_kind);
        set_pod(mini, str_internf("s-%u", i), "Running", "n1", TRUE);
    }
    sync_set(mini, &stateful_set_kind);
    ck_assert_uint_eq(count_lines(mini, "delete Pod "), 0);
    /* One below the partition that vanishes comes back as it was. */
    mini_remove(mini, mini_get(mini, &pod_kind, "default", "s-5"));
    sync_set(mini, &stateful_set_kind);
    ck_assert_str_eq(pod_spec(mini_get(mini, &pod_kind, "default", "s-5"))->containers.items[0].image, "i:1");
    set_pod(mini, "s-5", "Running", "n1", TRUE);
    /* Another start: the pods below it go, from the highest on. */
    changed = mini_edit(mini, &stateful_set_kind, "s");
    ((StatefulSetSpec *)api_edit_spec(changed))->ordinals->start = 7;
    mini_put(mini, changed);
    sync_set(mini, &stateful_set_kind);
    ck_assert_uint_eq(count_lines(mini, "create Pod s-8"), 1);
    set_pod(mini, "s-8", "Running", "n1", TRUE);
    sync_set(mini, &stateful_set_kind);
    ck_assert_uint_eq(count_lines(mini, "create Pod s-9"), 1);
    set_pod(mini, "s-9", "Running", "n1", TRUE);
    sync_set(mini, &stateful_set_kind);
    ck_assert_msg(count_lines(mini, "delete Pod s-6") == 1 && count_lines(mini, "delete Pod ") == 1, "%s", mini->log->str);
    mini_end(mini);
}
END_TEST

Suite *
revisions_suite(void)
{
    Suite *suite = suite_create("revisions of sets");
    TCase *tests = tcase_create("revisions");

    tcase_add_test(tests, daemon_collision);
    tcase_add_test(tests, stateful_collision);
    tcase_add_loop_test(tests, own_namesake, 0, 2);
    tcase_add_loop_test(tests, history, 0, 2);
    tcase_add_loop_test(tests, history_limits, 0, G_N_ELEMENTS(limit_cases));
    tcase_add_loop_test(tests, stateful_revisions, 0, G_N_ELEMENTS(revision_cases));
    tcase_add_loop_test(tests, adoption, 0, 2);
    tcase_add_test(tests, daemon_lost_hash);
    tcase_add_test(tests, daemon_failed_pods);
    tcase_add_test(tests, daemon_succeeded_pod);
    tcase_add_test(tests, stateful_start_ordinal);
    suite_add_tcase(suite, tests);
    return suite;
}
