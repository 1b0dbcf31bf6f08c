/* StatefulSet: creation, scaling, updates and roll-backs, told as scripts. */
#include "controllers/statefulset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#include <stdlib.h>

typedef struct {
    Mini *mini;
    const char *name; /* of the row */
} Script;

static const ApiObject *
the_set(Mini *mini)
{
    return mini_get(mini, &stateful_set_kind, "default", "s");
}

static const ApiObject *
pod_number(Mini *mini, int ordinal)
{
    return mini_get(mini, &pod_kind, "default", str_internf("s-%d", ordinal));
}

static void
set_phase(Mini *mini, const char *name, const char *phase, gboolean is_ready)
{
    ApiObject *changed = mini_edit(mini, &pod_kind, name);
    PodStatus *status = api_edit_status(changed);

    status->phase = str_intern(phase);
    set_condition(&status->conditions, "Ready", is_ready ? "True" : "False", NULL, mini_wall_ns(mini));
    mini_put(mini, changed);
}

static void
drop_deleted(Mini *mini)
{
    for (guint i = mini_count(mini, &pod_kind); i-- > 0;)
        if (api_is_deleting(mini_nth(mini, &pod_kind, i)))
            mini_remove(mini, mini_nth(mini, &pod_kind, i));
}

static void
ready_all(Mini *mini)
{
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++)
        if (!pod_is_ready(mini_nth(mini, &pod_kind, i)))
            set_phase(mini, api_name(mini_nth(mini, &pod_kind, i)), "Running", TRUE);
}

static void
change_set(Mini *mini, char what, int value)
{
    ApiObject *changed = mini_edit(mini, &stateful_set_kind, "s");
    StatefulSetSpec *spec = api_edit_spec(changed);

    if (what == 'i')
        spec->template_.spec.containers.items[0].image = str_internf("i:%d", value);
    else if (what == 'n')
        spec->replicas = OPT_INT32(value);
    else if (what == 'm')
        spec->min_ready_s = value;
    else if (what == 'p')
        spec->update_strategy.rolling_update->partition = OPT_INT32(value);
    mini_put(mini, changed);
}

/* As the API server makes them, and scheduled. */
static void
place_new(Mini *mini)
{
    for (guint i = 0; i < mini_count(mini, &pod_kind); i++) {
        ApiObject *changed;

        if (pod_status(mini_nth(mini, &pod_kind, i))->phase != NULL)
            continue;
        changed = mini_edit(mini, &pod_kind, api_name(mini_nth(mini, &pod_kind, i)));
        ((PodStatus *)api_edit_status(changed))->phase = str_intern("Pending");
        ((PodSpec *)api_edit_spec(changed))->node_name = str_intern("n");
        mini_put(mini, changed);
    }
}

/* What a sync did to pods: +0 created, -2 deleted, ~1 updated. */
static const char *
print_steps(const Mini *mini)
{
    static const struct {
        const char *start, *sign;
    } steps[] = {{"create Pod s-", "+"}, {"delete Pod s-", "-"}, {"update Pod s-", "~"}};
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    const char *text = "";

    for (guint i = 0; lines[i] != NULL; i++)
        for (guint k = 0; k < G_N_ELEMENTS(steps); k++)
            if (g_str_has_prefix(lines[i], steps[k].start))
                text = str_internf("%s%s%s%s", text, *text == '\0' ? "" : ",", steps[k].sign,
                                   lines[i] + strlen(steps[k].start));
    return *text == '\0' ? "." : text;
}

/* The image of each pod, by ordinal; _ is not there. */
static const char *
print_images(Mini *mini)
{
    const char *text = "";
    int last = -1;

    for (int i = 0; i < 10; i++)
        last = pod_number(mini, i) != NULL ? i : last;
    for (int i = 0; i <= last; i++)
        text = str_internf("%s%c", text,
                           pod_number(mini, i) == NULL ? '_'
                                                       : pod_spec(pod_number(mini, i))->containers.items[0].image[2]);
    return text;
}

/* replicas/ready/available/current/updated, and * if both revisions are one. */
static const char *
print_status(Mini *mini)
{
    const StatefulSetStatus *status = stateful_set_status(the_set(mini));

    return str_internf("%d/%d/%d/%d/%d%s", status->replicas, status->ready_replicas, status->available_replicas,
                       status->current_replicas, status->updated_replicas,
                       str_is(status->current_revision, status->update_revision) ? "*" : "");
}

static void
sync_until_rest(Script *script)
{
    for (guint i = 0; i < 100; i++) {
        drop_deleted(script->mini);
        ready_all(script->mini);
        mini_sync(script->mini, &stateful_set_controller, "default/s");
        if (script->mini->log->len == 0)
            return;
        place_new(script->mini);
    }
    ck_abort_msg("%s: does not settle:\n%s", script->name, script->mini->log->str);
}

/*
 * iN image, nN replicas, pN partition, mN minReadySeconds; g deleted pods are gone, r all pods are ready too; uN is
 * not ready any more, fN has failed, eN has ended well, wN is Pending, dN is on its way out, xN vanishes; tN so many
 * seconds go by; VN is the minor version; Z syncs until nothing is left to do; =... one sync does just this; ?...
 * images; S... status; E the set goes.
 */
static void
play_word(Script *script, const char *word)
{
    Mini *mini = script->mini;
    const char *value = word + 1;
    const char *got = value;
    const char *pod = str_internf("s-%s", value);
    ApiObject *changed;

    switch (word[0]) {
    case 'g':
        drop_deleted(mini);
        break;
    case 'r':
        drop_deleted(mini);
        ready_all(mini);
        break;
    case 'u':
        set_phase(mini, pod, "Running", FALSE);
        break;
    case 'f':
        set_phase(mini, pod, "Failed", FALSE);
        break;
    case 'e':
        set_phase(mini, pod, "Succeeded", FALSE);
        break;
    case 'w':
        set_phase(mini, pod, "Pending", FALSE);
        break;
    case 'x':
        mini_remove(mini, pod_number(mini, atoi(value)));
        break;
    case 'd':
        changed = mini_edit(mini, &pod_kind, pod);
        api_edit_meta(changed)->deletion_time = MINI_EPOCH;
        mini_put(mini, changed);
        break;
    case 'E':
        changed = mini_edit(mini, &stateful_set_kind, "s");
        api_edit_meta(changed)->deletion_time = MINI_EPOCH;
        mini_put(mini, changed);
        break;
    case 'V':
        mini->version_minor = (guint)atoi(value);
        break;
    case 't':
        mini->now_ns += atoi(value) * NS_PER_S;
        break;
    case 'Z':
        sync_until_rest(script);
        break;
    case '=':
        mini_sync(mini, &stateful_set_controller, "default/s");
        place_new(mini);
        got = print_steps(mini);
        break;
    case '?':
        got = print_images(mini);
        break;
    case 'S':
        got = print_status(mini);
        break;
    default:
        change_set(mini, word[0], atoi(value));
        break;
    }
    ck_assert_msg(strcmp(got, value) == 0, "%s: at %s: got %s\n%s", script->name, word, got, mini->log->str);
}

/* v1.34 pkg/controller/statefulset/stateful_set_control_test.go. */
static const struct {
    const char *name;
    gint32 replicas;
    const char *rest, *steps;
} scripts[] = {
    {"CreatesPods", 3, "", "=+0 S0/0/0/0/0* =. S1/0/0/1/1* r =+1 r =+2 r =. S3/3/3/3/3* =."},
    {"CreatesPods, in parallel", 3, "podManagementPolicy: Parallel,", "=+0,+1,+2 =. S3/0/0/3/3* r =. S3/3/3/3/3*"},
    {"ScalesUp", 3, "", "Z n4 =+3 r =. S4/4/4/4/4*"},
    {"ScalesUp waits for the one before", 1, "", "Z u0 n3 =. w0 =. r =+1 =. r =+2"},
    {"ScalesDown", 3, "", "Z n0 =-2 =. g =-1 g =-0 g =. S0/0/0/0/0*"},
    {"ScalesDown, in parallel", 3, "podManagementPolicy: Parallel,", "Z n0 =-2,-1,-0 g =. S0/0/0/0/0*"},
    {"ScalesDown waits while one that stays is not ready", 3, "", "Z u0 n1 =. r =-2 g =-1"},
    {"ScalesDown: one that goes is not ready, but the first that is not", 3, "", "Z u2 n1 =-2 g =-1"},
    {"ScalesDown: a lower one that goes is not ready: the higher one, though ready, goes first", 3, "",
     "Z u1 n1 =-2 g =-1"},
    {"ScalesDown: two that go are not ready: the lower one is the first", 4, "", "Z u2 u3 n2 =. "},
    {"ScalesDown, in parallel, waits for nobody", 3, "podManagementPolicy: Parallel,", "Z u0 n1 =-2,-1"},
    {"ReplacesPods", 5, "", "Z x0 x2 x4 =+0 r =+2 r =+4 r =. S5/5/5/5/5*"},
    {"ReplacesPods, in parallel", 5, "podManagementPolicy: Parallel,", "Z x0 x2 x4 =+0,+2,+4"},
    {"RecreatesFailedPod", 3, "", "=+0 f0 =-0 =. g =+0"},
    {"RecreatesSucceededPod", 3, "", "=+0 e0 =-0 g =+0"},
    {"RecreatesFailedPod: one that has failed and goes is not deleted twice", 3, "", "Z f1 d1 =. g =+1"},
    {"RecreatesFailedPod, in parallel", 3, "podManagementPolicy: Parallel,", "=+0,+1,+2 f0 =-0 g =+0"},
    {"a failed one holds back those behind it", 3, "", "Z f0 x2 =-0 g =+0 =. r =+2"},
    {"one on its way out is waited for", 3, "", "Z d1 x2 =. g =+1 r =+2"},
    {"one on its way out is waited for by nobody in parallel", 3, "podManagementPolicy: Parallel,", "Z d1 x2 =+2"},
    {"a set that is being deleted does nothing", 3, "", "Z x1 E =. S2/2/2/2/2*"},

    {"TestStatefulSetControlRollingUpdate: image", 3, "",
     "Z i2 =-2 =. g =+2 =. r =-1 g =+1 r =-0 g =+0 r =. S3/3/3/3/3* ?222"},
    {"TestStatefulSetControlRollingUpdate: image and scale up: the new ones come first, and new", 3, "",
     "Z i2 n5 =+3 r =+4 r =-2 g =+2 r =-1 Z ?22222"},
    {"TestStatefulSetControlRollingUpdate: image and scale down: the spare ones go first", 5, "",
     "Z i2 n3 =-4 g =-3 g =-2 g =+2 r =-1 Z ?222"},
    {"TestStatefulSetControlRollingUpdate: image, in parallel: one at a time too", 3, "podManagementPolicy: Parallel,",
     "Z i2 =-2 =. g =+2 =. r =-1 Z ?222"},
    {"TestStatefulSetControlRollingUpdate: image and scale up, in parallel", 3, "podManagementPolicy: Parallel,",
     "Z i2 n5 =+3,+4 r =-2 Z ?22222"},
    {"TestStatefulSetControlRollingUpdate: image and scale down, in parallel", 5, "podManagementPolicy: Parallel,",
     "Z i2 n3 =-4,-3,-2 Z ?222"},
    {"an update waits for an updated one that is not ready", 3, "", "Z i2 =-2 g =+2 r u2 =. r =-1"},
    {"an update waits for an outdated one that is not ready", 3, "", "Z u1 i2 =. r =-2"},
    {"an update, in parallel, deletes an outdated one that is not ready", 3, "podManagementPolicy: Parallel,",
     "Z u2 i2 =-2"},
    {"numbers while it rolls", 3, "", "Z i2 =-2 S3/3/3/2/0 g =+2 S2/2/2/2/0 r =-1 S3/3/3/1/1"},

    {"TestStatefulSetControlOnDeleteUpdate", 3, "updateStrategy: {type: OnDelete},",
     "Z i2 =. S3/3/3/3/0 x1 =+1 r =. ?121 S3/3/3/2/1"},
    {"TestStatefulSetControlOnDeleteUpdate: scale up", 3, "updateStrategy: {type: OnDelete},",
     "Z i2 n5 =+3 r =+4 r =. ?11122"},
    {"TestStatefulSetControlOnDeleteUpdate: scale down", 5, "updateStrategy: {type: OnDelete},",
     "Z i2 n3 =-4 g =-3 g =. ?111"},
    {"TestStatefulSetControlOnDeleteUpdate: all by hand: the revision stays", 2, "updateStrategy: {type: OnDelete},",
     "Z i2 x0 =+0 r x1 =+1 r =. ?22 S2/2/2/0/2"},

    {"TestStatefulSetControlRollingUpdateWithPartition: image", 3, "", "Z p2 i2 =-2 g =+2 r =. ?112 S3/3/3/2/1"},
    {"TestStatefulSetControlRollingUpdateWithPartition: image and scale up", 3, "",
     "Z p2 i2 n5 =+3 r =+4 r =-2 g =+2 r =. ?11222"},
    {"TestStatefulSetControlRollingUpdateWithPartition: in parallel", 3, "podManagementPolicy: Parallel,",
     "Z p2 i2 =-2 Z ?112"},
    {"partition: an old one that vanishes comes back old, a new one new", 4, "",
     "Z p2 i2 Z ?1122 x0 =+0 r x3 =+3 r =. ?1122"},
    {"partition moved down in steps, as a canary goes on", 3, "",
     "Z p3 i2 =. ?111 p2 =-2 Z ?112 p1 =-1 Z ?122 p0 =-0 Z ?222 S3/3/3/3/3*"},
    {"partition beyond all ordinals", 3, "", "Z p9 i2 =. S3/3/3/3/0 x2 =+2 r =. ?111"},
    {"partition: an unready one below it holds the order up", 3, "", "Z p2 u0 i2 =. r =-2"},
    {"partition: an unready one below it holds nothing up in parallel", 3, "podManagementPolicy: Parallel,",
     "Z p2 u0 i2 =-2"},

    {"TestStatefulSetControlRollback", 3, "", "Z i2 Z ?222 i1 =-2 g =+2 r =-1 Z ?111 S3/3/3/3/3*"},
    {"TestStatefulSetControlRollback: half way", 3, "",
     "Z i2 =-2 g =+2 r =-1 g =+1 r i1 =-2 g =+2 r =-1 Z ?111 S3/3/3/3/3*"},
    {"TestStatefulSetControlRollback: a third template half way", 3, "",
     "Z i2 =-2 g =+2 r i3 =-2 g =+2 r =-1 Z ?333 S3/3/3/3/3*"},
    {"a broken update is not repaired by a good template: the pod stays (known issue)", 3, "",
     "Z i2 =-2 g =+2 u2 i1 =."},

    {"TestStatefulSetAvailability: not available for a while", 1, "minReadySeconds: 30,",
     "=+0 r =. S1/1/0/1/1* t29 =. S1/1/0/1/1* t1 =. S1/1/1/1/1*"},
    {"minReadySeconds: the next one waits", 2, "minReadySeconds: 10,", "=+0 r =. t9 =. t1 =+1"},
    {"minReadySeconds: an update waits", 2, "minReadySeconds: 10,", "Z t10 =+1 r t10 =. i2 =-1 g =+1 r t9 =. t1 =-0"},
    {"minReadySeconds: an update in parallel waits too", 2, "podManagementPolicy: Parallel, minReadySeconds: 10,",
     "=+0,+1 r t10 =. i2 =-1 g =+1 r t9 =. t1 =-0"},
    {"minReadySeconds: an update in parallel waits from v1.34 on", 2, "podManagementPolicy: Parallel, minReadySeconds: 10,",
     "V33 =+0,+1 r t10 =. i2 =-1 g =+1 =. r =-0"},
    {"minReadySeconds: an update waits in v1.33, too", 2, "minReadySeconds: 10,", "V33 Z t10 =+1 r t10 =. i2 =-1 g =+1 r t9 =. t1 =-0"},
    {"minReadySeconds: a scale-down waits for one that stays", 2, "minReadySeconds: 10,",
     "=+0 r t10 =+1 r t10 =. u0 r n1 =. t10 =-1"},
};

START_TEST(test_script)
{
    g_autofree char *text = g_strdup_printf("{metadata: {name: s}, spec: {replicas: %d, %s serviceName: s, selector: "
                                            "{matchLabels: {a: s}}, template: {metadata: "
                                            "{labels: {a: s}}, spec: {containers: [{name: c, image: 'i:1'}]}}}}",
                                            scripts[_i].replicas, scripts[_i].rest);
    g_auto(GStrv) words = g_strsplit(scripts[_i].steps, " ", -1);
    Script script = {mini_new(), scripts[_i].name};

    mini_add(script.mini, object_from_yaml(&stateful_set_kind, text));
    for (guint i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0')
            play_word(&script, words[i]);
    mini_free(script.mini);
}
END_TEST

/*
 * v1.34 stateful_set.go, syncStatefulSet: UpdateStatefulSet gives no status with an error, so nothing is looked at again
 * after minReadySeconds: the rate-limited retry is all. Both ways: the status is new, and it is not.
 */
START_TEST(test_no_look_after_failure)
{
    static const struct {
        const char *rule;
        gboolean is_refused;
        gint64 want_s; /* until the next look; -1: none */
    } syncs[] = {
        {"a pod is made, the status is new", FALSE, 7},
        {"nothing to do, the status is as it was", FALSE, 7},
        {"a pod is refused, the status is new", TRUE, -1},
        {"a pod is refused, the status is as it was", TRUE, -1},
    };
    Mini *mini = mini_new();

    mini_add(mini, object_from_yaml(&stateful_set_kind, "{metadata: {name: s}, spec: {replicas: 1, minReadySeconds: 7, serviceName: s, selector: {matchLabels: {a: s}}, "
                                                        "template: {metadata: {labels: {a: s}}, spec: {containers: [{name: c, image: 'i:1'}]}}}}"));
    for (guint i = 0; i < G_N_ELEMENTS(syncs); i++) {
        if (syncs[i].is_refused && pod_number(mini, 0) != NULL)
            mini_remove(mini, pod_number(mini, 0));
        if (syncs[i].is_refused)
            mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE, .kind = &pod_kind, .code = 409, .reason = "AlreadyExists", .message = "pods \"s-0\" already exists", .count = 1});
        mini_sync(mini, &stateful_set_controller, "default/s");
        place_new(mini);
        ck_assert_msg((mini->error != NULL) == syncs[i].is_refused, "%s: %s", syncs[i].rule, mini->error);
        ck_assert_msg(mini->requeue_ns == (syncs[i].want_s < 0 ? -1 : syncs[i].want_s * NS_PER_S), "%s: got %" G_GINT64_FORMAT " ns\n%s", syncs[i].rule, mini->requeue_ns, mini->log->str);
    }
    mini_free(mini);
}
END_TEST

Suite *
statefulset_script_suite(void)
{
    Suite *suite = suite_create("stateful sets told as scripts");
    TCase *tests = tcase_create("scripts");

    tcase_add_test(tests, test_no_look_after_failure);
    tcase_add_loop_test(tests, test_script, 0, G_N_ELEMENTS(scripts));
    suite_add_tcase(suite, tests);
    return suite;
}
