/* DaemonSet: the update, told as a script; what makes a pod one of the current template. */
#include "controllers/daemonset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#include <stdlib.h>

typedef struct {
    Mini *mini;
    const char *name; /* of the row */
} Script;

static guint
count_lines(const Mini *mini, const char *start)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    guint count = 0;

    for (guint i = 0; lines[i] != NULL; i++)
        count += g_str_has_prefix(lines[i], start) ? 1 : 0;
    return count;
}

static const ApiObject *
the_set(Mini *mini)
{
    return mini_get(mini, &daemon_set_kind, "default", "d");
}

static gboolean
is_new(Mini *mini, const ApiObject *pod)
{
    const char *hash = NULL;
    gint64 highest = 0;

    for (guint i = 0; i < mini_count(mini, &controller_revision_kind); i++) {
        const ApiObject *revision = mini_nth(mini, &controller_revision_kind, i);

        if (revision_number(revision) <= highest)
            continue;
        highest = revision_number(revision);
        hash = str_map_get(&revision->meta->labels, str_intern(DAEMON_HASH_LABEL));
    }
    return daemon_pod_is_updated(pod, hash);
}

static const char *
node_of(const ApiObject *pod)
{
    if (pod_spec(pod)->node_name != NULL)
        return pod_spec(pod)->node_name;
    return pod_spec(pod)->affinity->node_affinity->required->terms.items[0].match_fields.items[0].values.items[0];
}

static void
set_pod(Mini *mini, const ApiObject *pod, gboolean is_ready)
{
    ApiObject *changed = mini_edit(mini, &pod_kind, api_name(pod));
    PodStatus *status = api_edit_status(changed);

    status->phase = str_intern("Running");
    ((PodSpec *)api_edit_spec(changed))->node_name = node_of(pod);
    set_condition(&status->conditions, "Ready", is_ready ? "True" : "False", NULL, mini_wall_ns(mini));
    mini_put(mini, changed);
}

/* What was deleted is gone, what was made runs. */
static void
settle_pods(Mini *mini)
{
    for (guint i = mini_count(mini, &pod_kind); i-- > 0;)
        if (api_is_deleting(mini_nth(mini, &pod_kind, i)))
            mini_remove(mini, mini_nth(mini, &pod_kind, i));
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++)
        if (pod_spec(mini_nth(mini, &pod_kind, i))->node_name == NULL)
            set_pod(mini, mini_nth(mini, &pod_kind, i), FALSE);
}

static void
mark_ready(Mini *mini, guint count, gboolean only_new)
{
    for (guint i = 0; i < mini_count(mini, &pod_kind) && count > 0; i++) {
        const ApiObject *pod = mini_nth(mini, &pod_kind, i);

        if (pod_is_ready(pod) || (only_new && !is_new(mini, pod)))
            continue;
        set_pod(mini, pod, TRUE);
        count--;
    }
    ck_assert_msg(!only_new || count == 0, "%u too few", count);
}

/* An old pod on a node that has no new one. */
static void
mark_lone_old_unready(Mini *mini)
{
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++) {
        const ApiObject *pod = mini_nth(mini, &pod_kind, i);
        gboolean is_alone = !is_new(mini, pod) && pod_is_ready(pod);

        for (guint k = 0; is_alone && k < mini_count(mini, &pod_kind); k++) {
            const ApiObject *other = mini_nth(mini, &pod_kind, k);

            is_alone = other == pod || strcmp(node_of(other), node_of(pod)) != 0;
        }
        if (!is_alone)
            continue;
        set_pod(mini, pod, FALSE);
        return;
    }
    ck_abort_msg("no old pod is alone on its node");
}

static guint
count_ready(Mini *mini)
{
    guint count = 0;

    for (guint i = 0; i < mini_count(mini, &pod_kind); i++)
        count += pod_is_ready(mini_nth(mini, &pod_kind, i)) ? 1 : 0;
    return count;
}

static IntOrString
amount(const char *text)
{
    gint64 number;

    if (text_to_int(text, &number))
        return (IntOrString){INT_OR_STRING_INT, (gint32)number, NULL};
    return (IntOrString){INT_OR_STRING_STRING, 0, str_intern(text)};
}

static void
change_set(Mini *mini, char what, const char *value)
{
    ApiObject *changed = mini_edit(mini, &daemon_set_kind, "d");
    DaemonSetSpec *spec = api_edit_spec(changed);
    RollingUpdateDaemonSet *rolling = spec->update_strategy.rolling_update;

    if (what == 'i')
        spec->template_.spec.containers.items[0].image = str_internf("i:%s", value);
    else if (what == 'T')
        spec->template_.spec.tolerations.count = 0;
    else if (what == 'm')
        spec->min_ready_s = atoi(value);
    else
        *rolling = (RollingUpdateDaemonSet){.max_unavailable = amount(what == 'u' ? value : "0"),
                                            .max_surge = amount(what == 's' ? value : "0")};
    if (what == 'i' || what == 'T')
        mini_put_template(mini, changed);
    else
        mini_put(mini, changed);
}

static void
sync_and_check(Script *script, guint place, const char *wanted)
{
    g_auto(GStrv) numbers = g_strsplit(wanted, ",", 2);
    guint created;
    guint deleted;

    mini_sync(script->mini, &daemon_set_controller, "default/d");
    created = count_lines(script->mini, "create Pod ");
    deleted = count_lines(script->mini, "delete Pod ");
    ck_assert_msg(created == (guint)atoi(numbers[0]) && deleted == (guint)atoi(numbers[1]),
                  "%s: at %u: created %u, deleted %u:\n%s", script->name, place, created, deleted,
                  script->mini->log->str);
}

/*
 * iN image, T no tolerations any more; uN maxUnavailable, sN maxSurge, mN minReadySeconds; g deleted pods are gone
 * and new ones run, R all are ready too, nN so many new ones become ready, o an old one with no new one beside it
 * does not stay so, d one is on its way out; tN so many seconds go by; =C,D a sync creates and deletes so many; #N
 * are ready.
 */
static void
play(Script *script, const char *steps)
{
    g_auto(GStrv) words = g_strsplit(steps, " ", -1);
    Mini *mini = script->mini;

    for (guint i = 0; words[i] != NULL; i++) {
        const char *value = words[i] + 1;
        ApiObject *changed;

        switch (words[i][0]) {
        case '=':
            sync_and_check(script, i, value);
            break;
        case 'g':
            settle_pods(mini);
            break;
        case 'R':
            settle_pods(mini);
            mark_ready(mini, G_MAXUINT, FALSE);
            break;
        case 'n':
            mark_ready(mini, (guint)atoi(value), TRUE);
            break;
        case 'o':
            mark_lone_old_unready(mini);
            break;
        case 'd':
            changed = mini_edit(mini, &pod_kind, api_name(mini_nth(mini, &pod_kind, 0)));
            api_edit_meta(changed)->deletion_time = MINI_EPOCH;
            mini_put(mini, changed);
            break;
        case 't':
            mini->now_ns += atoi(value) * NS_PER_S;
            break;
        case '#':
            ck_assert_msg(count_ready(mini) == (guint)atoi(value), "%s: %u are ready", script->name, count_ready(mini));
            break;
        default:
            change_set(mini, words[i][0], value);
            break;
        }
    }
}

/*
 * v1.34 pkg/controller/daemon/update_test.go. There a pass may clean up and roll at once; here the roll comes with
 * the next.
 */
static const struct {
    const char *name;
    guint nodes;
    gboolean has_taint; /* on the first node; the template tolerates it */
    const char *steps;
} scripts[] = {
    {"TestDaemonSetUpdatesWhenNewPodIsNotReady", 5, FALSE, "=5,0 R i2 u3 =0,3 g =3,0 g =0,0"},
    {"TestDaemonSetUpdatesSomeOldPodsNotReady", 5, FALSE, "=5,0 R i2 u2 =0,2 g =2,0 g =0,0 i3 =0,2 g =2,0 g =0,0 #3"},
    {"TestDaemonSetUpdatesSaveOldHealthyPods", 20, FALSE,
     "=20,0 R i2 u10 =0,10 g =10,0 g =0,0 #10 i3 u4 =0,10 g =10,0 g =0,0 #10 i4 u0 =0,10 g =10,0 g =0,0 #10 "
     "i5 u9 =0,10 g =10,0 g =0,0 #10 i6 u11 =0,11 g =11,0 g =0,0 #9"},
    {"TestDaemonSetUpdatesAllOldPodsNotReady", 5, FALSE, "=5,0 g i2 u3 =0,5 g =5,0 g =0,0"},
    {"TestDaemonSetUpdatesAllOldPodsNotReadyMaxSurge", 5, FALSE,
     "=5,0 g i2 s3 t100 =5,0 g t100 =0,5 R t100 m15 i3 =3,0 g n2 o t10 =1,0 g t10 =0,3 g =1,0 g n3 t20 =0,2 g t10 "
     "=0,0"},
    {"TestDaemonSetUpdatesNoTemplateChanged", 5, FALSE, "=5,0 g u3 =0,0"},
    {"TestDaemonSetUpdatesPodsNotMatchTainstWithMaxSurge", 5, TRUE,
     "s1 =5,0 R T =1,1 g =0,0 R =0,1 g =1,0 g =0,0 R =0,1 g =1,0 g =0,0 R =0,1 g =1,0 g =0,0 R =0,1 g =0,0"},
    {"TestGetUnavailableNumbers: one of three is on its way out, two may be missing", 3, FALSE,
     "=3,0 R u50% i2 d =0,1"},
    {"TestGetUnavailableNumbers: surge of all", 2, FALSE, "=2,0 R s100% i2 =2,0 g =0,0 R =0,2 g =0,0"},
    {"TestGetUnavailableNumbers: neither: one may be missing", 2, FALSE, "=2,0 R u0 i2 =0,1"},
    {"TestGetUnavailableNumbers: no surge of any, none may be missing: one may", 2, FALSE, "=2,0 R s0 i2 =0,1"},
    {"no nodes", 0, FALSE, "=0,0 i2 =0,0"},
};

static ApiObject *
new_set(gboolean tolerates)
{
    g_autofree char *text =
        g_strdup_printf("{metadata: {name: d}, spec: {selector: {matchLabels: {a: d}}, updateStrategy: {type: "
                        "RollingUpdate}, template: "
                        "{metadata: {labels: {a: d}}, spec: {%s containers: [{name: c, image: 'i:1'}]}}}}",
                        tolerates ? "tolerations: [{key: control-plane, operator: Exists}]," : "");

    return object_from_yaml(&daemon_set_kind, text);
}

START_TEST(test_script)
{
    Script script = {mini_new(), scripts[_i].name};

    for (guint i = 0; i < scripts[_i].nodes; i++) {
        ApiObject *node = make_node(str_internf("n%03u", i), NULL);

        if (i == 0 && scripts[_i].has_taint)
            *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
                (Taint){.key = str_intern("control-plane"), .effect = str_intern("NoSchedule")};
        mini_add(script.mini, node);
    }
    mini_add(script.mini, new_set(scripts[_i].has_taint));
    play(&script, scripts[_i].steps);
    mini_free(script.mini);
}
END_TEST

/*
 * The same file, TestDaemonSetUpdatesAllOldNotReadyPodsAndNewNotReadyPods: 100 pods, 10 may be missing; 88 new ones
 * are not ready, 2 old ones neither, 10 old ones are: only the two old ones that are of no use go.
 */
START_TEST(test_many_unready)
{
    Script script = {mini_new(), "many unready"};
    Mini *mini = script.mini;
    const char *old_hash;
    g_autofree char *two = NULL;

    for (guint i = 0; i < 100; i++)
        mini_add(mini, make_node(str_internf("n%03u", i), NULL));
    mini_add(mini, new_set(FALSE));
    play(&script, "=100,0 R");
    old_hash = str_map_get(&mini_nth(mini, &pod_kind, 0)->meta->labels, str_intern(DAEMON_HASH_LABEL));
    play(&script, "i2 u10");
    for (guint i = 0; i < 10; i++)
        play(&script, "=0,10 R =10,0 R");
    play(&script, "=0,0");
    for (guint i = 0; i < 100; i++) {
        ApiObject *pod = mini_edit(mini, &pod_kind, api_name(mini_nth(mini, &pod_kind, i)));

        if (i >= 10)
            set_condition(&((PodStatus *)api_edit_status(pod))->conditions, "Ready", "False", NULL, MINI_EPOCH);
        if (i < 12) {
            str_map_set(&api_edit_meta(pod)->labels, str_intern(DAEMON_HASH_LABEL), old_hash);
            str_map_set(&api_edit_meta(pod)->labels, str_intern("pod-template-generation"), str_intern("1"));
        }
        mini_put(mini, pod);
    }
    two = g_strjoin(" ", api_name(mini_nth(mini, &pod_kind, 10)), api_name(mini_nth(mini, &pod_kind, 11)), NULL);
    play(&script, "=0,2 g");
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++)
        ck_assert_ptr_null(strstr(two, api_name(mini_nth(mini, &pod_kind, i))));
    play(&script, "=2,0 g =0,0");
    mini_free(mini);
}
END_TEST

/*
 * The same file, TestGetUnavailableNumbers: two nodes, one without a pod, which counts as unavailable; how many of
 * the old ones go: none of one that may be missing, one of two.
 */
START_TEST(test_empty_node)
{
    Script script = {mini_new(), "empty node"};
    Mini *mini = script.mini;
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    g_autoptr(DaemonView) view = NULL;
    Plan *plan = plan_new();
    Reconcile r = {.wall_ns = mini_wall_ns(mini)};

    mini_add(mini, make_node("n0", NULL));
    mini_add(mini, new_set(FALSE));
    play(&script, str_internf("=1,0 R u%d i2", _i + 1));
    mini_add(mini, make_node("n1", NULL));
    for (guint i = 0; i < mini->objects->len; i++)
        g_ptr_array_add(objects, mini->objects->pdata[i]);
    r.view = view_new_array((const ApiObject *const *)objects->pdata, objects->len);
    view = daemon_view_new(&r, the_set(mini), str_intern("another"));
    daemon_plan_rolling(&r, view, plan);
    ck_assert_uint_eq(plan_count(plan), (guint)_i);
    plan_free(plan);
    view_free(r.view);
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/daemon/util/daemonset_util_test.go, TestIsPodUpdated: the pod's are 12345 and 55555. */
static const struct {
    const char *name, *generation;
    gboolean has_generation, has_hash; /* of the pod */
    const char *hash;
    gboolean want;
} current_cases[] = {
    {"both match", "12345", TRUE, TRUE, "55555", TRUE},
    {"the generation matches", "12345", TRUE, TRUE, "55555123", TRUE},
    {"the generation matches, the pod has no hash", "12345", TRUE, FALSE, "55555", TRUE},
    {"the generation matches, there is no hash", "12345", TRUE, FALSE, NULL, TRUE},
    {"the generation matches, only the pod has a hash", "12345", TRUE, TRUE, NULL, TRUE},
    {"the hash matches", "12350", TRUE, TRUE, "55555", TRUE},
    {"neither matches", "12350", TRUE, TRUE, "55555123", FALSE},
    {"no labels, no hash", "12345", FALSE, FALSE, NULL, FALSE},
    {"no labels", "12345", FALSE, FALSE, "55555", FALSE},
    {"a set that tells no generation", NULL, TRUE, TRUE, "55555123", FALSE},
};

START_TEST(test_current)
{
    g_autoptr(ApiObject) set = new_set(FALSE);
    g_autoptr(ApiObject) pod = make_pod(NULL, "p", "n", "Running", TRUE);

    str_map_clear(&api_edit_meta(set)->annotations);
    if (current_cases[_i].generation != NULL)
        str_map_set(&api_edit_meta(set)->annotations, DAEMON_TEMPLATE_GENERATION,
                    str_intern(current_cases[_i].generation));
    if (current_cases[_i].has_generation)
        str_map_set(&api_edit_meta(pod)->labels, str_intern("pod-template-generation"), str_intern("12345"));
    if (current_cases[_i].has_hash)
        str_map_set(&api_edit_meta(pod)->labels, str_intern(DAEMON_HASH_LABEL), str_intern("55555"));
    ck_assert_msg(daemon_pod_is_current(set, pod, str_intern(current_cases[_i].hash)) == current_cases[_i].want, "%s",
                  current_cases[_i].name);
}
END_TEST

/* The same, in the status: a pod of the same generation is up to date whatever its hash. */
START_TEST(test_status_by_generation)
{
    Script script = {mini_new(), "status"};
    ApiObject *pod;

    mini_add(script.mini, make_node("n", NULL));
    mini_add(script.mini, new_set(FALSE));
    play(&script, "=1,0 R");
    pod = mini_edit(script.mini, &pod_kind, api_name(mini_nth(script.mini, &pod_kind, 0)));
    str_map_set(&api_edit_meta(pod)->labels, str_intern(DAEMON_HASH_LABEL), str_intern("foreign"));
    mini_put(script.mini, pod);
    play(&script, "=0,0");
    ck_assert_int_eq(daemon_set_status(the_set(script.mini))->updated_scheduled, 1);
    mini_free(script.mini);
}
END_TEST

Suite *
daemonset_rolling_suite(void)
{
    Suite *suite = suite_create("updates of daemon sets");
    TCase *tests = tcase_create("updates");

    tcase_add_loop_test(tests, test_script, 0, G_N_ELEMENTS(scripts));
    tcase_add_test(tests, test_many_unready);
    tcase_add_loop_test(tests, test_empty_node, 0, 2);
    tcase_add_loop_test(tests, test_current, 0, G_N_ELEMENTS(current_cases));
    tcase_add_test(tests, test_status_by_generation);
    suite_add_tcase(suite, tests);
    return suite;
}
