/* test_informer.c - cache and handlers behind list and watch; v0.34 client-go tools/cache */

#include "tests/client/fixture.h"

#include "base/duration.h"
#include "client/indexer.h"
#include "client/reflector.h"

#include <check.h>

Suite *informer_suite(void);

static Fixture *f;
static Client *writer, *client;
static InformerFactory *factory;
static Informer *informer;
static GString *handled;
static guint synced;

static void
on_added(gpointer user, const ApiObject *object)
{
    (void)user;
    ck_assert_ptr_eq(informer_get(informer, api_namespace(object), api_name(object)), object);
    g_string_append_printf(handled, "+%s ", api_name(object));
}

static void
on_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    (void)user;
    ck_assert_uint_lt(old->resource_version, object->resource_version);
    g_string_append_printf(handled, "~%s ", api_name(object));
}

static void
on_deleted(gpointer user, const ApiObject *object)
{
    (void)user;
    ck_assert_ptr_null(informer_get(informer, api_namespace(object), api_name(object)));
    g_string_append_printf(handled, "-%s ", api_name(object));
}

static const InformerHandlers handlers = {on_added, on_updated, on_deleted};

static void
on_synced(gpointer user)
{
    (void)user;
    synced++;
}

static void
set_up(void)
{
    f = fixture_new();
    client = fixture_client(f, 0, 0);
    /*
     * Writes come from the server's own machine, so that faults of the worker do not
     * hold them up.
     */
    writer = client_new(&(ClientOptions){.sim = f->sim,
                                         .world = f->world,
                                         .process = apiserver_process(f->server),
                                         .server = f->server,
                                         .user = "writer"});
    factory = informer_factory_new(client);
    informer = informer_factory_get(factory, &config_map_kind, NULL);
    informer_add_handlers(informer, &handlers, NULL);
    handled = g_string_new(NULL);
    synced = 0;
}

static void
tear_down(void)
{
    informer_factory_free(factory);
    client_free(client);
    client_free(writer);
    fixture_free(f);
    g_string_free(handled, TRUE);
}

static void
ignore(gpointer user, const ApiResponse *response)
{
    (void)user;
    ck_assert_int_lt(response->code, 300);
}

static void
create(const char *name)
{
    client_send(writer, create_request(config_map_new(name, "1")), ignore, NULL, NULL);
    fixture_run(f, 50 * NS_PER_MS);
}

static gboolean
change_value(ApiObject *object, gpointer data)
{
    ConfigMapBody *body = api_edit_body(object);

    (void)data;
    str_map_set(&body->data, str_intern("value"), str_intern("2"));
    return TRUE;
}

static void
change(const char *name)
{
    ApiRequest *request =
        api_request_new(VERB_PATCH, &config_map_kind, str_intern("default"), str_intern(name));

    request->mutate = change_value;
    client_send(writer, request, ignore, NULL, NULL);
    fixture_run(f, 50 * NS_PER_MS);
}

static void
remove_map(const char *name)
{
    client_send(writer,
                api_request_new(VERB_DELETE, &config_map_kind, str_intern("default"),
                                str_intern(name)),
                ignore, NULL, NULL);
    fixture_run(f, 50 * NS_PER_MS);
}

START_TEST(test_list_then_watch)
{
    create("b");
    create("a");
    informer_factory_on_synced(factory, on_synced, NULL);
    informer_factory_start(factory);
    ck_assert(!informer_factory_synced(factory));
    fixture_run(f, NS_PER_S);
    ck_assert(informer_factory_synced(factory));
    ck_assert_uint_eq(synced, 1);
    /* A list comes by key. */
    ck_assert_str_eq(handled->str, "+a +b ");
    create("c");
    change("a");
    remove_map("b");
    fixture_run(f, 50 * NS_PER_MS);
    ck_assert_str_eq(handled->str, "+a +b +c ~a -b ");
    ck_assert_uint_eq(informer_count(informer), 2);
}
END_TEST

/*
 * reflector.go: a short partition is only TCP's affair; after the ping has given
 * the connection up, the watch resumes where it stood if the dialling succeeds in
 * time; if that fails too, a list follows, which knows nothing of what came and went.
 */
static const struct {
    gint64 cut_s;
    const char *want;
} partition_cases[] = {
    {20, "+a +b ~a -b "},
    {60, "+a +b ~a -b "},
    {120, "+a ~a "},
};

START_TEST(test_partition_heals)
{
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    create("a");
    fixture_cut(f);
    create("b");
    change("a");
    remove_map("b");
    fixture_run(f, partition_cases[_i].cut_s * NS_PER_S);
    ck_assert_str_eq(handled->str, "+a ");
    fixture_heal(f);
    fixture_run(f, 2 * NS_PER_MIN);
    ck_assert_str_eq(handled->str, partition_cases[_i].want);
}
END_TEST

/* after a restart of the server the watch resumes within the back-off */
START_TEST(test_server_restarts)
{
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    create("a");
    process_crash(apiserver_process(f->server), NS_PER_S);
    client_reset(writer);
    fixture_run(f, 10 * NS_PER_S);
    create("b");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(handled->str, "+a +b ");
}
END_TEST

/* 410: what was missed is found by the list that follows: changed, new and vanished ones */
START_TEST(test_expired_watch_lists_again)
{
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    create("a");
    create("gone");
    fixture_cut(f);
    change("a");
    remove_map("gone");
    for (guint i = 0; i < 200; i++) {
        g_autofree char *name = g_strdup_printf("n%u", i);

        create(name);
        remove_map(name);
        fixture_run(f, 2 * NS_PER_S);
    }
    create("new");
    fixture_heal(f);
    fixture_run(f, 2 * NS_PER_MIN);
    ck_assert_str_eq(handled->str, "+a +gone ~a +new -gone ");
}
END_TEST

START_TEST(test_process_restarts_with_empty_memory)
{
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    create("a");
    process_crash(f->process, 0);
    informer_factory_reset(factory);
    ck_assert_uint_eq(informer_count(informer), 0);
    ck_assert(!informer_factory_synced(factory));
    fixture_run(f, NS_PER_S);
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(handled->str, "+a +a ");
}
END_TEST

START_TEST(test_paused_process_sees_it_later)
{
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    process_pause(f->process);
    create("a");
    fixture_run(f, 20 * NS_PER_S);
    ck_assert_str_eq(handled->str, "");
    process_resume(f->process);
    informer_factory_resumed(factory);
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(handled->str, "+a ");
}
END_TEST

START_TEST(test_latecomer_is_told_what_is_there)
{
    create("a");
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    informer_add_handlers(informer, &handlers, NULL);
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(handled->str, "+a +a ");
}
END_TEST

/* --- who is told ------------------------------------------------------------------------------ */

static void
note_added(gpointer user, const ApiObject *object)
{
    (void)object;
    g_string_append_printf(handled, "+%s ", (const char *)user);
}

static void
note_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    (void)object;
    g_string_append_printf(handled, "~%s ", (const char *)user);
}

static void
note_deleted(gpointer user, const ApiObject *object)
{
    (void)object;
    g_string_append_printf(handled, "-%s ", (const char *)user);
}

static gboolean
change_owner(ApiObject *object, gpointer data)
{
    ObjectMeta *meta = api_edit_meta(object);
    OwnerReference *reference =
        meta->owner_references.count > 0 ? &meta->owner_references.items[0] : API_LIST_ADD(&meta->owner_references);

    *reference = (OwnerReference){.api_version = str_intern("apps/v1"),
                                  .kind = data,
                                  .name = str_intern("o"),
                                  .uid = str_intern("u"),
                                  .controller = OPT_TRUE};
    return TRUE;
}

static void
give_owner(const char *name, const char *kind)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &config_map_kind, str_intern("default"), str_intern(name));

    request->mutate = change_owner;
    request->mutate_data = (gpointer)str_intern(kind);
    client_send(writer, request, ignore, NULL, NULL);
    fixture_run(f, 50 * NS_PER_MS);
}

START_TEST(test_only_those_who_can_care_are_told)
{
    static const struct {
        const char *name;
        guint wants;
        const ApiKind *owner_kind;
    } listeners[] = {
        {"all", WANTS_ALL, NULL},      {"added", WANTS_ADDED, NULL},           {"deleted", WANTS_DELETED, NULL},
        {"meta", WANTS_META, NULL},    {"spec", WANTS_SPEC, NULL},             {"status", WANTS_STATUS, NULL},
        {"job", WANTS_ALL, &job_kind}, {"set", WANTS_ALL, &replica_set_kind},
    };
    for (guint i = 0; i < G_N_ELEMENTS(listeners); i++)
        informer_add_handlers(informer,
                              &(InformerHandlers){note_added, note_updated, note_deleted, listeners[i].wants,
                                                  listeners[i].owner_kind},
                              (gpointer)listeners[i].name);
    informer_factory_start(factory);
    fixture_run(f, NS_PER_S);
    create("a");
    give_owner("a", "Job");
    change("a");
    give_owner("a", "ReplicaSet");
    remove_map("a");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(handled->str, "+a +all +added +job +set "
                                   "~a ~all ~meta ~job ~set "
                                   "~a ~all ~spec ~job "
                                   "~a ~all ~meta ~job ~set "
                                   "-a -all -deleted -set ");
}
END_TEST

START_TEST(test_same_question_same_informer)
{
    ck_assert_ptr_eq(informer_factory_get(factory, &config_map_kind, NULL), informer);
    ck_assert_ptr_ne(informer_factory_get(factory, &pod_kind, NULL),
                     informer_factory_get(factory, &pod_kind, "spec.nodeName=n"));
}
END_TEST

/* --- the store -------------------------------------------------------------------------------- */

static ApiObject *
pod_new(const char *namespace_, const char *name, const char *owner, const char *node)
{
    ApiObject *pod = api_object_new(&pod_kind, str_intern(namespace_), str_intern(name));

    if (owner[0] != '\0') {
        OwnerReference *reference = API_LIST_ADD(&api_edit_meta(pod)->owner_references);

        reference->uid = str_intern(owner);
        reference->controller = OPT_TRUE;
    }
    if (node[0] != '\0')
        ((PodSpec *)api_edit_spec(pod))->node_name = str_intern(node);
    return pod;
}

static const char *
names(GPtrArray *list)
{
    GString *text = g_string_new(NULL);
    const char *interned;

    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(text, "%s ", api_name(list->pdata[i]));
    g_ptr_array_set_size(list, 0);
    interned = str_intern(text->str);
    g_string_free(text, TRUE);
    return interned;
}

static const char *
listed(Indexer *indexer, IndexerKey index, const char *value)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    if (index == INDEXER_N_INDEXES)
        indexer_list(indexer, list);
    else
        indexer_list_by(indexer, index, value, list);
    return names(list);
}

static void
put(Indexer *indexer, const char *namespace_, const char *name, const char *owner, const char *node)
{
    g_autoptr(ApiObject) pod = pod_new(namespace_, name, owner, node);

    api_object_unref(indexer_set(indexer, pod));
}

START_TEST(test_indexes_keep_order_of_arrival)
{
    Indexer *indexer = indexer_new();

    put(indexer, "x", "p1", "u1", "");
    put(indexer, "y", "p2", "u1", "n1");
    ck_assert_str_eq(listed(indexer, INDEXER_BY_OWNER, "u1"), "p1 p2 ");
    ck_assert_str_eq(listed(indexer, INDEXER_BY_NODE, "n1"), "p2 ");
    put(indexer, "x", "p3", "", "n1");
    put(indexer, "x", "p1", "u1", "n1"); /* bound later, but came first */
    ck_assert_str_eq(listed(indexer, INDEXER_BY_NODE, "n1"), "p1 p2 p3 ");
    ck_assert_str_eq(listed(indexer, INDEXER_BY_NAMESPACE, "x"), "p1 p3 ");
    ck_assert_str_eq(listed(indexer, INDEXER_ORPHANS, "x"), "p3 ");
    put(indexer, "x", "p3", "u1", "n1"); /* adopted */
    put(indexer, "x", "p1", "", "n1");   /* released */
    ck_assert_str_eq(listed(indexer, INDEXER_ORPHANS, "x"), "p1 ");
    ck_assert_str_eq(listed(indexer, INDEXER_BY_OWNER, "u1"), "p2 p3 ");
    api_object_unref(indexer_remove(indexer, str_intern("y"), str_intern("p2")));
    ck_assert_str_eq(listed(indexer, INDEXER_BY_OWNER, "u1"), "p3 ");
    put(indexer, "y", "p2", "u1", "n1"); /* anew: it is the youngest now */
    ck_assert_str_eq(listed(indexer, INDEXER_N_INDEXES, NULL), "p1 p3 p2 ");
    ck_assert_ptr_null(indexer_remove(indexer, str_intern("y"), str_intern("none")));
    indexer_free(indexer);
}
END_TEST

static ApiObject *
pod_named(const char *namespace_, const char *name)
{
    ApiObject *pod = api_object_new(&pod_kind, "x", "p");

    pod->meta->namespace_ = namespace_;
    pod->meta->name = name;
    return pod;
}

/* Two pairs of names that are one word to look up, as their addresses are far apart in the same way. */
START_TEST(test_names_that_crowd)
{
    const gsize far = (gsize)16 << 20;
    Indexer *indexer = indexer_new();
    char *memory = g_aligned_alloc(1, 2 * far, 2 * far);
    const char *name[2] = {strcpy(memory + 4096, "p"), strcpy(memory + 4096 + far, "p")};
    const char *space[2] = {strcpy(memory + 64, "x"), strcpy(memory + 64 + 16, "x")};
    ApiObject *pods[2] = {pod_named(space[0], name[0]), pod_named(space[1], name[1])};

    for (guint first = 0; first < 2; first++) {
        for (guint i = 0; i < 2; i++)
            ck_assert_ptr_null(indexer_set(indexer, pods[i]));
        ck_assert_uint_eq(indexer_count(indexer), 2);
        for (guint i = 0; i < 2; i++) {
            g_autoptr(ApiObject) old = indexer_set(indexer, pods[i]);

            ck_assert_ptr_eq(old, pods[i]);
        }
        for (guint i = 0; i < 2; i++) {
            guint which = (first + i) % 2;
            g_autoptr(ApiObject) gone = indexer_remove(indexer, space[which], name[which]);

            ck_assert_ptr_eq(gone, pods[which]);
            ck_assert_ptr_null(indexer_remove(indexer, space[which], name[which]));
            ck_assert_uint_eq(indexer_count(indexer), 1 - i);
        }
    }
    for (guint i = 0; i < 2; i++)
        ck_assert_ptr_null(indexer_set(indexer, pods[i]));
    indexer_clear(indexer);
    ck_assert_uint_eq(indexer_count(indexer), 0);
    indexer_free(indexer);
    for (guint i = 0; i < 2; i++)
        api_object_unref(pods[i]);
    g_aligned_free(memory);
}
END_TEST

static ApiObject *
pod_numbered(guint number, gboolean says_so)
{
    g_autofree char *name = g_strdup_printf("p%u", number);
    ApiObject *pod = pod_new("x", name, "", "");

    pod->number = says_so ? number & 0xffffff : 0;
    return pod;
}

/* Objects that go by a number, far ones that do not get a place by it, and the same without a number are all found. */
START_TEST(test_numbers)
{
    const guint numbers[] = {1, 2, 90000, 3, 17, 90001, 4};
    const guint n = G_N_ELEMENTS(numbers);

    for (guint asks_names = 0; asks_names < 2; asks_names++) {
        Indexer *indexer = indexer_new();
        ApiObject *last[G_N_ELEMENTS(numbers)];

        for (guint i = 0; i < n; i++) {
            last[i] = pod_numbered(numbers[i], TRUE);
            ck_assert_ptr_null(indexer_peek(indexer, last[i]));
            if (asks_names)
                ck_assert_ptr_null(indexer_get(indexer, "x", api_name(last[i])));
            ck_assert_ptr_null(indexer_set(indexer, last[i]));
        }
        for (guint round = 0; round < 2; round++) {
            for (guint i = 0; i < n; i++) {
                g_autoptr(ApiObject) next = pod_numbered(numbers[i], round == 1);
                g_autoptr(ApiObject) old = indexer_set(indexer, next);

                ck_assert_ptr_eq(old, last[i]);
                ck_assert_ptr_eq(indexer_peek(indexer, last[i]), next);
                if (asks_names)
                    ck_assert_ptr_eq(indexer_get(indexer, "x", api_name(next)), next);
                api_object_unref(last[i]);
                last[i] = api_object_ref(next);
            }
            ck_assert_str_eq(listed(indexer, INDEXER_N_INDEXES, NULL), "p1 p2 p90000 p3 p17 p90001 p4 ");
        }
        for (guint i = 1; i < n; i += 2) {
            g_autoptr(ApiObject) old = indexer_remove(indexer, str_intern("x"), api_name(last[i]));

            ck_assert_ptr_eq(old, last[i]);
            ck_assert_ptr_null(indexer_peek(indexer, last[i]));
            ck_assert_uint_eq(indexer_count(indexer), n - 1 - i / 2);
        }
        ck_assert_ptr_null(indexer_set(indexer, last[1])); /* anew: it is the youngest now */
        ck_assert_str_eq(listed(indexer, INDEXER_N_INDEXES, NULL), "p1 p90000 p17 p4 p2 ");
        indexer_clear(indexer);
        ck_assert_ptr_null(indexer_set(indexer, last[1]));
        ck_assert_ptr_null(indexer_peek(indexer, last[0]));
        for (guint i = 0; i < n; i++)
            api_object_unref(last[i]);
        indexer_free(indexer);
    }
}
END_TEST

/* back to a list it had left: its old place, whatever was swept meanwhile */
START_TEST(test_index_return)
{
    Indexer *indexer = indexer_new();

    for (guint i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("p%u", i);

        put(indexer, "x", name, "u", "");
    }
    ck_assert_str_eq(listed(indexer, INDEXER_BY_OWNER, "u"), "p0 p1 p2 p3 p4 p5 ");
    put(indexer, "x", "p2", "", "");
    put(indexer, "x", "p2", "u", "");
    ck_assert_str_eq(listed(indexer, INDEXER_BY_OWNER, "u"), "p0 p1 p2 p3 p4 p5 ");
    put(indexer, "x", "p2", "", "");
    put(indexer, "x", "p0", "", "");
    put(indexer, "x", "p5", "", "");
    put(indexer, "x", "p1", "", "");
    ck_assert_str_eq(listed(indexer, INDEXER_BY_OWNER, "u"), "p3 p4 ");
    put(indexer, "x", "p5", "u", "");
    put(indexer, "x", "p2", "u", "");
    ck_assert_str_eq(listed(indexer, INDEXER_BY_OWNER, "u"), "p2 p3 p4 p5 ");
    indexer_free(indexer);
}
END_TEST

/* reflector.go: 0.8 s doubling to 30 s, each drawn from [d, 2d]; anew after two quiet minutes */
START_TEST(test_backoff)
{
    const gint64 want_ms[] = {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000};
    ReflectorBackoff backoff = {.initial_ns = 800 * NS_PER_MS,
                                .cap_ns = 30 * NS_PER_S,
                                .quiet_ns = 2 * NS_PER_MIN};
    gint64 now_ns = 0;
    Rng rng;

    rng_seed(&rng, 1, "test");
    for (guint i = 0; i < G_N_ELEMENTS(want_ms); i++) {
        gint64 step_ns = reflector_backoff_ns(&backoff, now_ns, &rng);

        ck_assert_int_ge(step_ns, want_ms[i] * NS_PER_MS);
        ck_assert_int_le(step_ns, 2 * want_ms[i] * NS_PER_MS);
        now_ns += step_ns;
    }
    ck_assert_int_le(reflector_backoff_ns(&backoff, now_ns + 3 * NS_PER_MIN, &rng),
                     1600 * NS_PER_MS);
}
END_TEST

Suite *
informer_suite(void)
{
    Suite *suite = suite_create("informer");
    TCase *tcase = tcase_create("delivery");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_list_then_watch);
    tcase_add_loop_test(tcase, test_partition_heals, 0, G_N_ELEMENTS(partition_cases));
    tcase_add_test(tcase, test_server_restarts);
    tcase_add_test(tcase, test_expired_watch_lists_again);
    tcase_add_test(tcase, test_process_restarts_with_empty_memory);
    tcase_add_test(tcase, test_paused_process_sees_it_later);
    tcase_add_test(tcase, test_latecomer_is_told_what_is_there);
    tcase_add_test(tcase, test_only_those_who_can_care_are_told);
    tcase_add_test(tcase, test_same_question_same_informer);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("store");
    tcase_add_test(tcase, test_indexes_keep_order_of_arrival);
    tcase_add_test(tcase, test_names_that_crowd);
    tcase_add_test(tcase, test_numbers);
    tcase_add_test(tcase, test_index_return);
    tcase_add_test(tcase, test_backoff);
    suite_add_tcase(suite, tcase);
    return suite;
}
