#include "controllers/gcgraph.h"
#include "controllers/util.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- a collector at work ----------------------------------------------------------------------------- */

typedef struct {
    Mini *mini;
    GPtrArray *known; /* of ApiObject (owned refs): as the graph saw them */
    GPtrArray *queue; /* keys */
    GString *log;
} Collector;

static Collector *
collector_new(void)
{
    Collector *collector = g_new0(Collector, 1);

    collector->mini = mini_new();
    collector->mini->state = gc_graph_new();
    collector->known = g_ptr_array_new_with_free_func(api_object_unref);
    collector->queue = g_ptr_array_new();
    collector->log = g_string_new(NULL);
    return collector;
}

static void
collector_free(Collector *collector)
{
    gc_graph_free(collector->mini->state);
    mini_free(collector->mini);
    g_ptr_array_unref(collector->known);
    g_ptr_array_unref(collector->queue);
    g_string_free(collector->log, TRUE);
    g_free(collector);
}

static int
find_uid(const GPtrArray *objects, const char *uid)
{
    for (guint i = 0; i < objects->len; i++)
        if (str_is(api_uid(objects->pdata[i]), uid))
            return (int)i;
    return -1;
}

static void
observe_object(Collector *collector, ApiObject *object)
{
    int at = find_uid(collector->known, api_uid(object));

    if (at >= 0 && collector->known->pdata[at] == object)
        return;
    gc_graph_observe(collector->mini->state, at < 0 ? NULL : collector->known->pdata[at], object,
                     collector->queue);
    if (at < 0) {
        g_ptr_array_add(collector->known, api_object_ref(object));
    } else {
        api_object_unref(collector->known->pdata[at]);
        collector->known->pdata[at] = api_object_ref(object);
    }
}

/* What the watches would tell: changes, then what is gone. */
static void
observe(Collector *collector)
{
    GPtrArray *objects = collector->mini->objects;
    guint i = 0;

    for (guint k = 0; k < objects->len; k++)
        observe_object(collector, objects->pdata[k]);
    while (i < collector->known->len) {
        const ApiObject *old = collector->known->pdata[i];

        if (find_uid(objects, api_uid(old)) >= 0) {
            i++;
            continue;
        }
        gc_graph_observe(collector->mini->state, old, NULL, collector->queue);
        g_ptr_array_remove_index(collector->known, i);
    }
}

static void
run(Collector *collector)
{
    g_string_truncate(collector->log, 0);
    observe(collector);
    while (collector->queue->len > 0) {
        const char *key = collector->queue->pdata[0];

        while (g_ptr_array_remove(collector->queue, (gpointer)key))
            continue;
        mini_sync(collector->mini, &garbage_collector_controller, key);
        g_string_append(collector->log, collector->mini->log->str);
        for (guint i = 0; i < collector->mini->enqueued->len; i++)
            g_ptr_array_add(collector->queue, collector->mini->enqueued->pdata[i]);
        observe(collector);
    }
    g_string_assign(collector->mini->log, collector->log->str);
}

static void
check(Collector *collector, const char *name, const char *wanted)
{
    run(collector);
    mini_check_log(collector->mini, name, wanted);
}

/* A Deployment, its ReplicaSet and a pod. */
static Collector *
collector_of_web(void)
{
    Collector *collector = collector_new();
    const ApiObject *deployment =
        mini_add(collector->mini,
                 make_deployment(&(DeploymentOptions){.name = "web", .replicas = 1, .surge = 1}));
    const ApiObject *set =
        mini_add(collector->mini, make_set(deployment, "web-a", "app:1", 1, 1, 1));

    mini_add(collector->mini, make_pod(set, "p", "n1", "Running", TRUE));
    check(collector, "all have owners", "");
    return collector;
}

static void
delete_with(Collector *collector, const ApiKind *kind, const char *name, const char *finalizer)
{
    ApiObject *object = mini_edit(collector->mini, kind, name);

    str_list_add(&api_edit_meta(object)->finalizers, str_intern(finalizer));
    api_edit_meta(object)->deletion_time = mini_wall_ns(collector->mini);
    mini_put(collector->mini, object);
}

static const ApiObject *
pod_of(Collector *collector)
{
    return mini_nth(collector->mini, &pod_kind, 0);
}

/* --- v1.34 pkg/controller/garbagecollector ------------------------------------------------------------- */

START_TEST(test_background)
{
    Collector *collector = collector_of_web();

    mini_remove(collector->mini, mini_nth(collector->mini, &deployment_kind, 0));
    check(collector, "top down",
          "get ReplicaSet web-a\n"
          "delete ReplicaSet web-a Background\n"
          "get Pod p\n"
          "delete Pod p Background");
    ck_assert(api_is_deleting(pod_of(collector)));
    collector_free(collector);
}
END_TEST

/* Recorded (cascade-foreground): bottom up, the owners when their dependents are gone. */
START_TEST(test_foreground)
{
    Collector *collector = collector_of_web();

    delete_with(collector, &deployment_kind, "web", "foregroundDeletion");
    check(collector, "down to the pod",
          "get ReplicaSet web-a\n"
          "get Deployment web\n"
          "delete ReplicaSet web-a Foreground\n"
          "get Deployment web\n"
          "get Pod p\n"
          "get ReplicaSet web-a\n"
          "delete Pod p Background\n"
          "get ReplicaSet web-a");
    ck_assert(api_is_deleting(pod_of(collector)));
    mini_remove(collector->mini, pod_of(collector));
    check(collector, "and up again",
          "get ReplicaSet web-a\n"
          "get ReplicaSet web-a\n"
          "patch ReplicaSet web-a\n"
          "get Deployment web\n"
          "get Deployment web\n"
          "patch Deployment web");
    ck_assert_uint_eq(collector->mini->objects->len, 0);
    collector_free(collector);
}
END_TEST

START_TEST(test_orphan)
{
    Collector *collector = collector_of_web();

    delete_with(collector, &deployment_kind, "web", "orphan");
    check(collector, "left behind",
          "patch ReplicaSet web-a\n"
          "get Deployment web\n"
          "patch Deployment web");
    ck_assert_ptr_null(api_controller_of(mini_nth(collector->mini, &replica_set_kind, 0)));
    ck_assert_uint_eq(mini_count(collector->mini, &deployment_kind), 0);
    collector_free(collector);
}
END_TEST

/* An owner that never was: looked up, then its dependents go. */
START_TEST(test_virtual_owner)
{
    Collector *collector = collector_new();
    g_autoptr(ApiObject) ghost =
        make_deployment(&(DeploymentOptions){.name = "ghost", .replicas = 1, .surge = 1});

    api_edit_meta(ghost)->uid = str_intern("never-was");
    mini_add(collector->mini, make_set(ghost, "web-a", "app:1", 0, 0, 1));
    check(collector, "ghost",
          "get Deployment ghost -> 404\n"
          "get ReplicaSet web-a\n"
          "delete ReplicaSet web-a Background");
    collector_free(collector);
}
END_TEST

/* A namesake is not the owner. */
START_TEST(test_owner_with_other_uid)
{
    Collector *collector = collector_of_web();
    ApiObject *set = mini_edit(collector->mini, &replica_set_kind, "web-a");

    api_edit_meta(set)->owner_references.items[0].uid = str_intern("former");
    mini_put(collector->mini, set);
    run(collector);
    ck_assert_uint_eq(mini_count(collector->mini, &replica_set_kind), 0);
    ck_assert_uint_eq(mini_count(collector->mini, &deployment_kind), 1);
    collector_free(collector);
}
END_TEST

/* attemptToDeleteItem: one owner is left, so only the dangling reference goes. */
START_TEST(test_one_of_two_owners)
{
    Collector *collector = collector_of_web();
    ApiObject *set = mini_edit(collector->mini, &replica_set_kind, "web-a");
    OwnerReference *second = API_LIST_ADD(&api_edit_meta(set)->owner_references);
    const ApiObject *kept;

    *second = set->meta->owner_references.items[0];
    second->uid = str_intern("gone");
    second->controller = OPT_UNSET;
    mini_put(collector->mini, set);
    run(collector);
    kept = mini_nth(collector->mini, &replica_set_kind, 0);
    ck_assert_ptr_nonnull(kept);
    ck_assert_uint_eq(kept->meta->owner_references.count, 1);
    ck_assert_str_ne(kept->meta->owner_references.items[0].uid, "gone");
    collector_free(collector);
}
END_TEST

START_TEST(test_owner_of_another_namespace)
{
    Collector *collector = collector_of_web();
    const ApiObject *deployment = mini_nth(collector->mini, &deployment_kind, 0);
    ApiObject *stray = make_set(deployment, "stray", "app:1", 0, 0, 1);

    api_edit_meta(stray)->namespace_ = str_intern("other");
    mini_add(collector->mini, stray);
    run(collector);
    ck_assert_ptr_nonnull(
        strstr(collector->mini->log->str,
               "event Warning OwnerRefInvalidNamespace ownerRef [apps/v1/Deployment, "
               "namespace: other, name: web, uid: uid-0001] does not exist in "
               "namespace \"other\"\n"));
    ck_assert_ptr_nonnull(strstr(collector->mini->log->str, "delete ReplicaSet stray Background"));
    collector_free(collector);
}
END_TEST

/*
 * v1.34 pkg/controller/garbagecollector/garbagecollector_test.go, TestConflictingData: a reference that has the uid of a
 * living owner, but not its place, name or kind. Whoever comes first, the one that is wrong goes and nobody else;
 * of a kind that nobody serves nothing can be told, so its object stays.
 */
static const struct {
    const char *name, *namespace_, *kind, *owner;
    gboolean is_first, is_deleted;
} bad_cases[] = {
    {"good parent, child of another namespace", "other", "Deployment", "web", FALSE, TRUE},
    {"child of another namespace, good parent", "other", "Deployment", "web", TRUE, TRUE},
    {"good parent, child with another name for it", "default", "Deployment", "wob", FALSE, TRUE},
    {"child with another name for it, good parent", "default", "Deployment", "wob", TRUE, TRUE},
    {"good parent, child with another kind for it", "default", "ReplicaSet", "web", FALSE, TRUE},
    {"child with another kind for it, good parent", "default", "ReplicaSet", "web", TRUE, TRUE},
    {"good parent, child with a kind that nobody serves", "default", "Widget", "web", FALSE, FALSE},
    {"good parent, good child", "default", "Deployment", "web", FALSE, FALSE},
};

START_TEST(test_bad_reference)
{
    Collector *collector = collector_new();
    g_autoptr(ApiObject) web = make_deployment(&(DeploymentOptions){.name = "web", .replicas = 1, .surge = 1});
    ApiObject *bad = make_set(web, "bad", "app:1", 0, 0, 1);
    OwnerReference *reference = api_edit_meta(bad)->owner_references.items;
    ApiObject *good;
    OwnerReference *second;

    api_edit_meta(web)->uid = str_intern("the-uid");
    api_edit_meta(bad)->namespace_ = str_intern(bad_cases[_i].namespace_);
    reference->uid = str_intern("the-uid");
    reference->name = str_intern(bad_cases[_i].owner);
    reference->kind = str_intern(bad_cases[_i].kind);
    if (bad_cases[_i].is_first) {
        mini_add(collector->mini, bad);
        observe(collector);
    }
    mini_add(collector->mini, api_object_copy(web));
    mini_add(collector->mini, make_set(web, "good", "app:1", 0, 0, 1));
    if (!bad_cases[_i].is_first)
        mini_add(collector->mini, bad);
    run(collector);
    /* Now the good one is judged, with what has been found out about the other. */
    good = mini_edit(collector->mini, &replica_set_kind, "good");
    second = API_LIST_ADD(&api_edit_meta(good)->owner_references);
    *second = good->meta->owner_references.items[0];
    second->uid = str_intern("gone");
    second->controller = OPT_UNSET;
    mini_put(collector->mini, good);
    for (guint i = 0; i < 3; i++)
        run(collector);
    ck_assert_msg((mini_get(collector->mini, &replica_set_kind, bad_cases[_i].namespace_, "bad") == NULL) ==
                      bad_cases[_i].is_deleted,
                  "%s", bad_cases[_i].name);
    ck_assert_msg(mini_get(collector->mini, &replica_set_kind, "default", "good") != NULL, "%s: the good one is gone",
                  bad_cases[_i].name);
    ck_assert_uint_eq(mini_count(collector->mini, &deployment_kind), 1);
    collector_free(collector);
}
END_TEST

/* graph_builder.go: the last 500 absent owners are remembered. */
START_TEST(test_absent_owners)
{
    GcGraph *graph = gc_graph_new();
    GcIdentity id = {&deployment_kind, str_intern("default"), str_intern("web"), NULL};

    for (guint i = 0; i < 501; i++) {
        id.uid = str_internf("uid-%u", i);
        gc_graph_add_absent(graph, id);
    }
    id.uid = str_intern("uid-0");
    ck_assert(!gc_graph_is_absent(graph, id));
    id.uid = str_intern("uid-1");
    ck_assert(gc_graph_is_absent(graph, id));
    id.uid = str_intern("uid-500");
    ck_assert(gc_graph_is_absent(graph, id));
    id.namespace_ = str_intern("other");
    ck_assert(!gc_graph_is_absent(graph, id));
    gc_graph_free(graph);
}
END_TEST

Suite *
garbage_suite(void)
{
    Suite *suite = suite_create("garbage collector");
    TCase *tcase = tcase_create("garbage");

    tcase_add_test(tcase, test_background);
    tcase_add_test(tcase, test_foreground);
    tcase_add_test(tcase, test_orphan);
    tcase_add_test(tcase, test_virtual_owner);
    tcase_add_test(tcase, test_owner_with_other_uid);
    tcase_add_test(tcase, test_one_of_two_owners);
    tcase_add_test(tcase, test_owner_of_another_namespace);
    tcase_add_loop_test(tcase, test_bad_reference, 0, G_N_ELEMENTS(bad_cases));
    tcase_add_test(tcase, test_absent_owners);
    suite_add_tcase(suite, tcase);
    return suite;
}
