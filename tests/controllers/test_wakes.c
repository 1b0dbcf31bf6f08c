/* What wakes ReplicaSets, Deployments, DaemonSets and StatefulSets: the keys that their handlers ask for. */
#include "client/controller_internal.h"
#include "controllers/controllers.h"
#include "controllers/util.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- owners and dependents ------------------------------------------------------------------------------- */

typedef struct {
    const ControllerDef *def;
    const ApiKind *owner, *dependent;
} Pair;
static const Pair pairs[] = {
    {&replica_set_controller, &replica_set_kind, &pod_kind},
    {&replication_controller, &replication_controller_kind, &pod_kind},
    {&daemon_set_controller, &daemon_set_kind, &pod_kind},
    {&stateful_set_controller, &stateful_set_kind, &pod_kind},
    {&deployment_controller, &deployment_kind, &replica_set_kind},
};

/*
 * v1.34: TestAddPod, TestAddPodOrphan, TestUpdatePod, TestUpdatePodOrphanWithNewLabels, -ChangeControllerRef,
 * -Release, TestDeletePod, TestDeletePodOrphan of daemon_controller_test.go, stateful_set_test.go,
 * replica_set_test.go; the same of ReplicaSets in deployment_controller_test.go. Owners o1 and o2 select a=x, o3
 * selects another label. A dependent is "label/owner", "!" on its way out; NULL is not there. An update has another
 * resourceVersion if not "=".
 */
static const struct {
    const char *name, *before, *after;
    gboolean same_version;
    const char *want; /* keys in order of name */
} cases[] = {
    {"added, owned", NULL, "x/o1", FALSE, "o1"},
    {"added, owned by the other", NULL, "x/o2", FALSE, "o2"},
    {"added, owned by one that is gone", NULL, "x/gone", FALSE, ""},
    {"added, an orphan: all that match", NULL, "x/", FALSE, "o1 o2"},
    {"added, an orphan that nobody selects", NULL, "w/", FALSE, ""},
    {"added, owned, on its way out", NULL, "x/o1!", FALSE, "o1"},
    {"added, an orphan on its way out", NULL, "x/!", FALSE, ""},
    {"changed, owned", "x/o1", "x/o1", FALSE, "o1"},
    {"played again", "x/o1", "x/o1", TRUE, ""},
    {"changed, an orphan with the same labels", "x/", "x/", FALSE, ""},
    {"an orphan gets labels that match", "w/", "x/", FALSE, "o1 o2"},
    {"an orphan gets labels that do not", "x/", "w/", FALSE, ""},
    {"another owner: both", "x/o2", "x/o1", FALSE, "o1 o2"},
    {"released: the former owner and all that match", "x/o1", "x/", FALSE, "o1 o2"},
    {"released with other labels: the former owner", "x/o1", "w/", FALSE, "o1"},
    {"adopted", "x/", "x/o2", FALSE, "o2"},
    {"on its way out now", "x/o1", "x/o1!", FALSE, "o1"},
    {"gone, owned", "x/o1", NULL, FALSE, "o1"},
    {"gone, an orphan", "x/", NULL, FALSE, ""},
};

static ApiObject *
make_owner(const ApiKind *kind, const char *name, const char *label)
{
    g_autofree char *selector = kind == &replication_controller_kind
                                    ? g_strdup_printf("selector: {a: %s}", label)
                                    : g_strdup_printf("selector: {matchLabels: {a: %s}}", label);
    g_autofree char *text =
        g_strdup_printf("{metadata: {name: %s}, spec: {%s, template: {metadata: {labels: {a: %s}}, spec: "
                        "{containers: [{name: c, image: i}]}}}}",
                        name, selector, label);
    ApiObject *owner = object_from_yaml(kind, text);

    api_edit_meta(owner)->uid = str_internf("uid-%s", name);
    return owner;
}

static ApiObject *
make_dependent(const Pair *pair, const char *text, guint64 version)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    gboolean is_going = g_str_has_suffix(parts[1], "!");
    g_autofree char *owner = g_strndup(parts[1], strlen(parts[1]) - (is_going ? 1 : 0));
    ApiObject *object = pair->dependent == &pod_kind ? make_pod(NULL, "d", "n", "Running", TRUE)
                                                     : make_owner(&replica_set_kind, "d", parts[0]);
    ObjectMeta *meta = api_edit_meta(object);

    str_map_set(&meta->labels, str_intern("a"), str_intern(parts[0]));
    if (*owner != '\0')
        *API_LIST_ADD(&meta->owner_references) = (OwnerReference){.api_version = str_intern("apps/v1"),
                                                                  .kind = pair->owner->kind,
                                                                  .name = str_intern(owner),
                                                                  .uid = str_internf("uid-%s", owner),
                                                                  .controller = OPT_TRUE};
    if (is_going)
        meta->deletion_time = MINI_EPOCH;
    object->resource_version = version;
    return object;
}

/* --- the watcher ---------------------------------------------------------------------------------------------- */

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What @def's handler of @kind asks for; names in order, with spaces. */
static const char *
wake(const ControllerDef *def,
     const GPtrArray *cache,
     const ApiKind *kind,
     const ApiObject *before,
     const ApiObject *after,
     guint version_minor)
{
    Sim *sim = sim_new(&(SimOptions){.seed = 1});
    Controller *controller =
        controller_new_deaf(sim, def, view_new_array((const ApiObject *const *)cache->pdata, cache->len), version_minor);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    const char *text = "";
    const char *key;

    for (const ControllerSource *source = def->sources; source->kind != NULL; source++)
        if (source->kind == kind && source->on_event != NULL)
            source->on_event(controller, before, after);
    while ((key = controller_take(controller)) != NULL)
        g_ptr_array_add(keys, (gpointer)(strchr(key, '/') + 1));
    g_ptr_array_sort(keys, compare_texts);
    for (guint i = 0; i < keys->len; i++)
        text = str_internf("%s%s%s", text, i > 0 ? " " : "", (const char *)keys->pdata[i]);
    controller_free_deaf(controller);
    sim_free(sim);
    return text;
}

START_TEST(test_dependents)
{
    const Pair *pair = &pairs[_i / (int)G_N_ELEMENTS(cases)];
    guint k = (guint)_i % G_N_ELEMENTS(cases);
    g_autoptr(GPtrArray) cache = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) before = cases[k].before == NULL ? NULL : make_dependent(pair, cases[k].before, 1);
    g_autoptr(ApiObject) after =
        cases[k].after == NULL ? NULL : make_dependent(pair, cases[k].after, cases[k].same_version ? 1 : 2);
    const char *got;

    g_ptr_array_add(cache, make_owner(pair->owner, "o1", "x"));
    g_ptr_array_add(cache, make_owner(pair->owner, "o2", "x"));
    g_ptr_array_add(cache, make_owner(pair->owner, "o3", "z"));
    got = wake(pair->def, cache, pair->dependent, before, after, 34);
    ck_assert_msg(strcmp(got, cases[k].want) == 0, "%s: %s: %s", pair->def->name, cases[k].name, got);
}
END_TEST

/* --- Recreate: deployment_controller_test.go, TestPodDeletion* -------------------------------------------- */

/* A pod of ReplicaSet r1 is gone. */
static const struct {
    const char *name;
    gboolean is_rolling, has_other, other_is_owned; /* another pod, of r2; r2 is the Deployment's */
    const char *want;
} recreate_cases[] = {
    {"the last one", FALSE, FALSE, TRUE, "o1"},
    {"another one is left", FALSE, TRUE, TRUE, ""},
    {"one is left, but not of the Deployment", FALSE, TRUE, FALSE, "o1"},
    {"the last one, but the strategy does not wait for it", TRUE, FALSE, TRUE, ""},
};

static ApiObject *
make_owned(const ApiKind *kind, const char *name, const ApiObject *owner)
{
    ApiObject *object = kind == &pod_kind ? make_pod(NULL, name, "n", "Running", TRUE) : make_owner(kind, name, "x");

    str_map_set(&api_edit_meta(object)->labels, str_intern("a"), str_intern("x"));
    if (owner != NULL)
        api_set_controller(api_edit_meta(object), owner);
    return object;
}

START_TEST(test_recreate)
{
    g_autoptr(GPtrArray) cache = g_ptr_array_new_with_free_func(api_object_unref);
    ApiObject *deployment = make_owner(&deployment_kind, "o1", "x");
    ApiObject *first = make_owned(&replica_set_kind, "r1", deployment);
    ApiObject *second = make_owned(&replica_set_kind, "r2", recreate_cases[_i].other_is_owned ? deployment : NULL);
    g_autoptr(ApiObject) gone = make_owned(&pod_kind, "p1", first);

    ((DeploymentSpec *)api_edit_spec(deployment))->strategy.type =
        str_intern(recreate_cases[_i].is_rolling ? "RollingUpdate" : "Recreate");
    g_ptr_array_add(cache, deployment);
    g_ptr_array_add(cache, first);
    g_ptr_array_add(cache, second);
    if (recreate_cases[_i].has_other)
        g_ptr_array_add(cache, make_owned(&pod_kind, "p2", second));
    ck_assert_str_eq(wake(&deployment_controller, cache, &pod_kind, gone, NULL, 34), recreate_cases[_i].want);
}
END_TEST

/* --- nodes: daemon_controller_test.go, TestAddNode, TestUpdateNode, TestSyncNodeUpdate -------------------- */

/*
 * The set runs on blue nodes and tolerates nothing; "colour taint effect", "-" for none; NULL: the node is not
 * there. Up to v1.32 what counts is whether the node is judged otherwise than it was; from v1.33 on whether pods
 * are to come or to go (kubernetes/kubernetes#130514), or whether the status tells of pods where none should be (#132477).
 */
static const struct {
    const char *name, *before, *after;
    gboolean has_pod; /* bound to the node */
    gint32 misscheduled;
    gboolean new_status;
    const char *want, *want_32;
} node_cases[] = {
    {"a new one that it does not want", NULL, "red - -", FALSE, 0, FALSE, "", ""},
    {"a new one that it wants", NULL, "blue - -", FALSE, 0, FALSE, "o1", "o1"},
    {"a new one with a taint", NULL, "blue gpu NoSchedule", FALSE, 0, FALSE, "", ""},
    {"nothing changes", "blue - -", "blue - -", TRUE, 0, FALSE, "", ""},
    {"nothing changes, a pod is missing", "blue - -", "blue - -", FALSE, 1, FALSE, "", ""},
    {"only the status changes", "blue - -", "blue - -", TRUE, 1, TRUE, "", ""},
    {"the label comes", "red - -", "blue - -", FALSE, 0, FALSE, "o1", "o1"},
    {"the label goes", "blue - -", "red - -", TRUE, 0, FALSE, "o1", "o1"},
    {"the label goes, no pod was there", "blue - -", "red - -", FALSE, 0, FALSE, "", "o1"},
    {"a label that does not matter", "red - -", "green - -", FALSE, 0, FALSE, "", ""},
    {"a taint comes", "blue - -", "blue gpu NoSchedule", TRUE, 0, FALSE, "", "o1"},
    {"a taint comes, some are misscheduled", "blue - -", "blue gpu NoSchedule", TRUE, 1, FALSE, "o1", "o1"},
    {"a taint comes before the pod", "blue - -", "blue gpu NoSchedule", FALSE, 1, FALSE, "", "o1"},
    {"a taint goes, the pod comes", "blue gpu NoSchedule", "blue - -", FALSE, 0, FALSE, "o1", "o1"},
    {"a taint goes, the pod had stayed", "blue gpu NoSchedule", "blue - -", TRUE, 0, FALSE, "", "o1"},
    {"a taint goes, the pod counts as misscheduled", "blue gpu NoSchedule", "blue - -", TRUE, 1, FALSE, "o1", "o1"},
    {"a taint that evicts comes", "blue - -", "blue gpu NoExecute", TRUE, 0, FALSE, "o1", "o1"},
    {"a taint that evicts too", "blue gpu NoSchedule", "blue gpu NoExecute", TRUE, 0, FALSE, "o1", "o1"},
    {"a taint that daemons tolerate", "blue - -", "blue node.kubernetes.io/memory-pressure NoSchedule", TRUE, 0, FALSE, "",
     ""},
    {"a taint on one that it does not want", "red - -", "red gpu NoExecute", FALSE, 0, FALSE, "", ""},
    {"one is gone: nothing to do for it", "blue - -", NULL, TRUE, 0, FALSE, "", ""},
};

static ApiObject *
make_coloured(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, " ", 3);
    ApiObject *node = make_node("n", NULL);

    str_map_set(&api_edit_meta(node)->labels, str_intern("color"), str_intern(parts[0]));
    if (strcmp(parts[1], "-") != 0)
        *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
            (Taint){.key = str_intern(parts[1]), .effect = str_intern(parts[2])};
    return node;
}

START_TEST(test_nodes)
{
    guint k = (guint)_i % G_N_ELEMENTS(node_cases);
    gboolean is_old = (guint)_i >= G_N_ELEMENTS(node_cases);
    g_autoptr(GPtrArray) cache = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) before = node_cases[k].before == NULL ? NULL : make_coloured(node_cases[k].before);
    g_autoptr(ApiObject) after = node_cases[k].after == NULL ? NULL : make_coloured(node_cases[k].after);
    ApiObject *set = object_from_yaml(&daemon_set_kind,
                                      "{metadata: {name: o1}, spec: {selector: {matchLabels: {a: x}}, template: "
                                      "{metadata: {labels: {a: x}}, spec: {nodeSelector: {color: blue}, "
                                      "containers: [{name: c, image: i}]}}}}");
    const char *got;

    api_edit_meta(set)->uid = str_intern("uid-o1");
    ((DaemonSetStatus *)api_edit_status(set))->misscheduled = node_cases[k].misscheduled;
    g_ptr_array_add(cache, set);
    if (node_cases[k].has_pod)
        g_ptr_array_add(cache, make_owned(&pod_kind, "p1", set));
    if (node_cases[k].new_status)
        set_condition(&((NodeStatus *)api_edit_status(after))->conditions, "Ready", "False", NULL, MINI_EPOCH);
    got = wake(&daemon_set_controller, cache, &node_kind, before, after, is_old ? 32 : 34);
    ck_assert_msg(strcmp(got, is_old ? node_cases[k].want_32 : node_cases[k].want) == 0, "%s: %s", node_cases[k].name, got);
}
END_TEST

/* --- the owners themselves -------------------------------------------------------------------------------- */

START_TEST(test_owners)
{
    const Pair *pair = &pairs[_i];
    g_autoptr(GPtrArray) cache = g_ptr_array_new();
    g_autoptr(ApiObject) owner = make_owner(pair->owner, "o1", "x");

    ck_assert_str_eq(wake(pair->def, cache, pair->owner, NULL, owner, 34), "o1");
    ck_assert_str_eq(wake(pair->def, cache, pair->owner, owner, owner, 34), "o1");
    ck_assert_str_eq(wake(pair->def, cache, pair->owner, owner, NULL, 34), "o1");
}
END_TEST

/* --- a pod that becomes ready ------------------------------------------------------------------------------- */

/* replica_set.go, updatePod: at once, and when it should be available; before v1.34 a second later than that. */
static const struct {
    gint32 min_ready_s;
    guint version_minor;
    gboolean was_ready;
    gint64 want_s; /* the second wake; -1: none */
} ready_cases[] = {
    {10, 34, FALSE, 10}, {10, 33, FALSE, 11}, {10, 34, TRUE, -1}, {0, 34, FALSE, -1}, {0, 33, FALSE, -1},
};

START_TEST(test_ready)
{
    Sim *sim = sim_new(&(SimOptions){.seed = 1});
    g_autoptr(GPtrArray) cache = g_ptr_array_new_with_free_func(api_object_unref);
    ApiObject *set = make_owner(&replica_set_kind, "o1", "x");
    g_autoptr(ApiObject) before = make_pod(set, "p", "n", "Running", ready_cases[_i].was_ready);
    g_autoptr(ApiObject) after = make_pod(set, "p", "n", "Running", TRUE);
    Controller *controller;
    gint64 second_s = -1;

    ((ReplicaSetSpec *)api_edit_spec(set))->min_ready_s = ready_cases[_i].min_ready_s;
    g_ptr_array_add(cache, set);
    before->resource_version = 1;
    after->resource_version = 2;
    controller = controller_new_deaf(sim, &replica_set_controller,
                                     view_new_array((const ApiObject *const *)cache->pdata, cache->len),
                                     ready_cases[_i].version_minor);
    for (const ControllerSource *source = replica_set_controller.sources; source->kind != NULL; source++)
        if (source->kind == &pod_kind)
            source->on_event(controller, before, after);
    ck_assert_pstr_eq(controller_take(controller), "default/o1");
    for (gint64 at_s = 0; at_s < 30 && second_s < 0; at_s++) {
        sim_run_until(sim, at_s * NS_PER_S + NS_PER_MS);
        if (controller_take(controller) != NULL)
            second_s = at_s;
    }
    ck_assert_int_eq(second_s, ready_cases[_i].want_s);
    controller_free_deaf(controller);
    sim_free(sim);
}
END_TEST

Suite *
wakes_suite(void)
{
    Suite *suite = suite_create("what wakes sets");
    TCase *tests = tcase_create("wakes");

    tcase_add_loop_test(tests, test_dependents, 0, (int)(G_N_ELEMENTS(pairs) * G_N_ELEMENTS(cases)));
    tcase_add_loop_test(tests, test_recreate, 0, G_N_ELEMENTS(recreate_cases));
    tcase_add_loop_test(tests, test_nodes, 0, 2 * (int)G_N_ELEMENTS(node_cases));
    tcase_add_loop_test(tests, test_owners, 0, G_N_ELEMENTS(pairs));
    tcase_add_loop_test(tests, test_ready, 0, G_N_ELEMENTS(ready_cases));
    suite_add_tcase(suite, tests);
    return suite;
}
