/* test_controller.c - queue, workers, tick, and the life of the manager's process */

#include "tests/client/fixture.h"

#include "base/duration.h"

#include <check.h>

Suite *controller_suite(void);

static Fixture *f;
static Client *writer;
static ControllerManager *manager;
static GString *synced; /* "key@ms " of each sync */
static void (*reconcile)(const Reconcile *r, Plan *plan);
static guint states;

static void
on_config_map(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object == NULL ? old : object);
}

static void
on_reconcile(const Reconcile *r, Plan *plan)
{
    /* The system's own config maps are not the test's. */
    if (!g_str_has_prefix(r->key, "default/"))
        return;
    g_string_append_printf(synced, "%s@%d ", r->key + strlen("default/"),
                           (int)((r->now_ns + NS_PER_MS / 2) / NS_PER_MS));
    if (reconcile != NULL)
        reconcile(r, plan);
}

static gpointer
on_new_state(void)
{
    states++;
    return g_new0(guint, 1);
}

static void
on_free_state(gpointer state)
{
    states--;
    g_free(state);
}

static const ControllerSource sources[] = {
    {&config_map_kind, on_config_map},
    {&secret_kind, NULL},
    {NULL, NULL},
};

static const ControllerDef one_worker = {
    .name = "test",
    .component = "test-controller",
    .workers = 1,
    .sources = sources,
    .reconcile = on_reconcile,
    .new_state = on_new_state,
    .free_state = on_free_state,
};

static const ControllerDef three_workers = {
    .name = "test",
    .component = "test-controller",
    .workers = 3,
    .sources = sources,
    .reconcile = on_reconcile,
    .retries_max = 3,
};

static const ControllerDef ticking = {
    .name = "ticking",
    .component = "ticking-controller",
    .period_ns = 5 * NS_PER_S,
    .tick = on_reconcile,
};

static void
begin(const ControllerDef *def)
{
    static const ControllerDef *defs[2];

    defs[0] = def;
    f = fixture_new();
    reconcile = NULL;
    states = 0;
    synced = g_string_new(NULL);
    writer = client_new(&(ClientOptions){.sim = f->sim,
                                         .world = f->world,
                                         .process = apiserver_process(f->server),
                                         .server = f->server,
                                         .user = "writer"});
    manager = controller_manager_new(&(ControllerManagerOptions){
        .sim = f->sim,
        .world = f->world,
        .machine = f->worker,
        .server = f->server,
        .process_name = "test-manager",
        .controllers = defs,
        .version_minor = 34,
    });
    process_start(controller_manager_process(manager));
    fixture_run(f, NS_PER_S);
    g_string_truncate(synced, 0);
}

static void
end(void)
{
    controller_manager_free(manager);
    client_free(writer);
    fixture_free(f);
    g_string_free(synced, TRUE);
    ck_assert_uint_eq(states, 0);
}

static void
create(const char *name)
{
    static Answer answer;

    answer.sim = f->sim;
    client_send(writer, create_request(config_map_new(name, "old")), answer_done, &answer, NULL);
}

/* Counts syncs of @name in what was noted. */
static guint
syncs(const char *name)
{
    g_auto(GStrv) words = g_strsplit(synced->str, " ", -1);
    g_autofree char *prefix = g_strdup_printf("%s@", name);
    guint count = 0;

    for (guint i = 0; words[i] != NULL; i++) {
        if (g_str_has_prefix(words[i], prefix))
            count++;
    }
    return count;
}

START_TEST(test_event_wakes_the_key)
{
    begin(&one_worker);
    ck_assert(controller_manager_is_leading(manager));
    create("a");
    create("b");
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(syncs("a"), 1);
    ck_assert_uint_eq(syncs("b"), 1);
    end();
}
END_TEST

static void
fail_always(const Reconcile *r, Plan *plan)
{
    (void)r;
    plan_fail(plan, "no");
}

/* 5, 10, 20, 40, 80, 160, 320 ms between failed syncs: 0, 5, 15, 35, 75, 155, 315, 635 */
START_TEST(test_errors_back_off)
{
    gint first;
    gint at;
    const gint want[] = {0, 5, 15, 35, 75, 155, 315, 635};
    g_auto(GStrv) words = NULL;

    begin(&one_worker);
    reconcile = fail_always;
    create("a");
    fixture_run(f, NS_PER_S);
    words = g_strsplit(synced->str, " ", -1);
    ck_assert_uint_ge(g_strv_length(words), 8);
    first = (gint)g_ascii_strtoll(words[0] + 2, NULL, 10);
    for (guint i = 0; i < 8; i++) {
        at = (gint)g_ascii_strtoll(words[i] + 2, NULL, 10) - first;
        ck_assert_int_ge(at, want[i]);
        ck_assert_int_le(at, want[i] + 2);
    }
    end();
}
END_TEST

START_TEST(test_gives_up_after_retries)
{
    begin(&three_workers);
    reconcile = fail_always;
    create("a");
    fixture_run(f, 10 * NS_PER_S);
    ck_assert_uint_eq(syncs("a"), 4);
    end();
}
END_TEST

static void
come_back(const Reconcile *r, Plan *plan)
{
    (void)r;
    plan_requeue_after(plan, 2 * NS_PER_S);
}

START_TEST(test_requeue_after)
{
    begin(&one_worker);
    reconcile = come_back;
    create("a");
    fixture_run(f, 7 * NS_PER_S);
    ck_assert_uint_eq(syncs("a"), 4);
    end();
}
END_TEST

static void
take_long(const Reconcile *r, Plan *plan)
{
    (void)r;
    plan_pause(plan, NS_PER_S);
}

/* three workers work on three keys side by side, the fourth waits */
START_TEST(test_workers)
{
    begin(&three_workers);
    reconcile = take_long;
    create("a");
    create("b");
    create("c");
    create("d");
    fixture_run(f, 900 * NS_PER_MS);
    ck_assert_uint_eq(syncs("a") + syncs("b") + syncs("c"), 3);
    ck_assert_uint_eq(syncs("d"), 0);
    fixture_run(f, 900 * NS_PER_MS);
    ck_assert_uint_eq(syncs("d"), 1);
    end();
}
END_TEST

static gboolean
touch(ApiObject *object, gpointer data)
{
    ConfigMapBody *body = api_edit_body(object);

    str_map_set(&body->data, str_intern("value"), str_intern(data));
    return TRUE;
}

/* a key under way that an event names again is done once more afterwards, not beside */
START_TEST(test_one_key_one_worker)
{
    static Answer answer;

    begin(&three_workers);
    answer.sim = f->sim;
    reconcile = take_long;
    create("a");
    fixture_run(f, 300 * NS_PER_MS);
    for (guint i = 0; i < 3; i++) {
        ApiRequest *request =
            api_request_new(VERB_PATCH, &config_map_kind, str_intern("default"), str_intern("a"));

        request->mutate = touch;
        request->mutate_data = (gpointer)str_internf("%u", i);
        client_send(writer, request, answer_done, &answer, NULL);
        fixture_run(f, 100 * NS_PER_MS);
    }
    ck_assert_uint_eq(syncs("a"), 1);
    fixture_run(f, 3 * NS_PER_S);
    ck_assert_uint_eq(syncs("a"), 2);
    end();
}
END_TEST

static void
create_copy(const Reconcile *r, Plan *plan)
{
    const char *name = strchr(r->key, '/') + 1;

    ck_assert_ptr_nonnull(view_get(r->view, &config_map_kind, "default", name));
    if (!g_str_has_prefix(name, "copy") && view_get(r->view, &secret_kind, "default", name) == NULL)
        plan_create(plan, api_object_new(&secret_kind, str_intern("default"), str_intern(name)),
                    "there is no secret %s", name);
}

/* writes name component and reason; the trace tells that the sync led to the write */
START_TEST(test_writes_and_trace)
{
    const Trace *trace;
    guint reconciles = 0;

    begin(&one_worker);
    reconcile = create_copy;
    create("a");
    fixture_run(f, NS_PER_S);
    ck_assert_ptr_nonnull(apiserver_peek(f->server, &secret_kind, "default", "a"));
    trace = sim_get_trace(f->sim);
    for (guint i = 1; i <= trace_count(trace); i++) {
        const TraceRecord *record = trace_get(trace, i);

        if (str_is(record->verb, "reconcile")) {
            reconciles++;
            ck_assert_str_eq(record->component, "test-controller");
            ck_assert_str_eq(record->object, "configmap/default/a");
            ck_assert_str_eq(record->message, "there is no secret a");
        }
        if (str_is(record->object, "secret/default/a") && str_is(record->verb, "create"))
            ck_assert_str_eq(trace_get(trace, record->cause)->verb, "reconcile");
    }
    ck_assert_uint_eq(reconciles, 1);
    end();
}
END_TEST

/* the process dies while a plan is under way: memory is gone, the next life sees everything anew */
START_TEST(test_crash_and_restart)
{
    begin(&one_worker);
    reconcile = take_long;
    create("a");
    create("b");
    fixture_run(f, 200 * NS_PER_MS);
    ck_assert_uint_eq(syncs("a"), 1);
    ck_assert_uint_eq(states, 1);
    process_crash(controller_manager_process(manager), 2 * NS_PER_S);
    ck_assert(!controller_manager_is_leading(manager));
    ck_assert_uint_eq(states, 1);
    fixture_run(f, 1900 * NS_PER_MS);
    ck_assert_uint_eq(syncs("b"), 0);
    fixture_run(f, 4 * NS_PER_S);
    ck_assert_uint_eq(syncs("a"), 2);
    ck_assert_uint_eq(syncs("b"), 1);
    end();
}
END_TEST

START_TEST(test_machine_power)
{
    begin(&one_worker);
    create("a");
    fixture_run(f, NS_PER_S);
    machine_power_off(f->worker);
    fixture_run(f, 10 * NS_PER_S);
    create("b");
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(syncs("b"), 0);
    machine_power_on(f->worker);
    fixture_run(f, 2 * NS_PER_MIN);
    ck_assert_uint_eq(syncs("a"), 2);
    ck_assert_uint_eq(syncs("b"), 1);
    end();
}
END_TEST

/* a paused process does nothing, loses nothing and catches up */
START_TEST(test_pause_and_resume)
{
    begin(&one_worker);
    reconcile = take_long;
    create("a");
    fixture_run(f, 500 * NS_PER_MS);
    process_pause(controller_manager_process(manager));
    create("b");
    fixture_run(f, 20 * NS_PER_S);
    ck_assert_uint_eq(syncs("b"), 0);
    process_resume(controller_manager_process(manager));
    fixture_run(f, 3 * NS_PER_S);
    ck_assert_uint_eq(syncs("a"), 1);
    ck_assert_uint_eq(syncs("b"), 1);
    end();
}
END_TEST

/*
 * cut off, the controller keeps its view and its failed write is tried again until
 * the path heals
 */
START_TEST(test_partition_heals)
{
    begin(&one_worker);
    reconcile = create_copy;
    create("a");
    fixture_run(f, NS_PER_S);
    fixture_cut(f);
    create("b");
    fixture_run(f, 3 * NS_PER_MIN);
    ck_assert_uint_eq(syncs("b"), 0);
    fixture_heal(f);
    fixture_run(f, 2 * NS_PER_MIN);
    ck_assert_ptr_nonnull(apiserver_peek(f->server, &secret_kind, "default", "b"));
    end();
}
END_TEST

static gint64 tick_ns[8];
static guint ticks;

static void
on_tick(const Reconcile *r, Plan *plan)
{
    (void)plan;
    ck_assert_str_eq(r->key, "");
    if (ticks < G_N_ELEMENTS(tick_ns))
        tick_ns[ticks++] = r->now_ns;
}

/* the period counts from the end of a pass, so a pass that takes time drifts */
START_TEST(test_tick)
{
    ControllerDef def = ticking;

    def.tick = on_tick;
    ticks = 0;
    begin(&def);
    fixture_run(f, 21 * NS_PER_S);
    ck_assert_uint_ge(ticks, 5);
    for (guint i = 1; i < 5; i++) {
        gint64 gap_ns = tick_ns[i] - tick_ns[i - 1];

        ck_assert_int_gt(gap_ns, 5 * NS_PER_S);
        ck_assert_int_lt(gap_ns, 5 * NS_PER_S + NS_PER_MS);
    }
    end();
}
END_TEST

static void
create_many(const Reconcile *r, Plan *plan)
{
    if (strchr(r->key, '/')[1] != 'x')
        return;
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < 40; i++)
        plan_create(plan,
                    api_object_new(&secret_kind, str_intern("default"), str_internf("s%u", i)),
                    "create");
    plan_group_end(plan);
}

/* each controller's client: 30 at once, then 20 a second */
START_TEST(test_client_limit)
{
    g_autoptr(GPtrArray) secrets = NULL;
    guint early;

    begin(&one_worker);
    reconcile = create_many;
    create("x");
    fixture_run(f, 100 * NS_PER_MS);
    secrets = apiserver_peek_list(f->server, &secret_kind, "default");
    early = secrets->len;
    g_clear_pointer(&secrets, g_ptr_array_unref);
    ck_assert_uint_ge(early, 30);
    ck_assert_uint_le(early, 33);
    fixture_run(f, 500 * NS_PER_MS);
    secrets = apiserver_peek_list(f->server, &secret_kind, "default");
    ck_assert_uint_eq(secrets->len, 40);
    end();
}
END_TEST

/* --- views over arrays ------------------------------------------------------------------------ */

START_TEST(test_array_view)
{
    g_autoptr(ApiObject) a = config_map_new("a", "1");
    g_autoptr(ApiObject) pod = api_object_new(&pod_kind, str_intern("default"), str_intern("p"));
    const ApiObject *objects[] = {a, pod};
    g_autoptr(GPtrArray) out = g_ptr_array_new();
    View *view = view_new_array(objects, 2);

    ((PodSpec *)api_edit_spec(pod))->node_name = str_intern("n1");
    ck_assert_ptr_eq(view_get(view, &config_map_kind, "default", "a"), a);
    ck_assert_ptr_null(view_get(view, &config_map_kind, "other", "a"));
    ck_assert_ptr_null(view_get(view, &pod_kind, "default", "a"));
    view_list(view, &pod_kind, NULL, out);
    view_list_on_node(view, "n1", out);
    view_list_orphans(view, &pod_kind, "default", out);
    view_list_owned(view, &pod_kind, "u", out);
    ck_assert_uint_eq(out->len, 3);
    view_free(view);
}
END_TEST

Suite *
controller_suite(void)
{
    Suite *suite = suite_create("controller");
    TCase *tcase = tcase_create("frame");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_event_wakes_the_key);
    tcase_add_test(tcase, test_errors_back_off);
    tcase_add_test(tcase, test_gives_up_after_retries);
    tcase_add_test(tcase, test_requeue_after);
    tcase_add_test(tcase, test_workers);
    tcase_add_test(tcase, test_one_key_one_worker);
    tcase_add_test(tcase, test_writes_and_trace);
    tcase_add_test(tcase, test_crash_and_restart);
    tcase_add_test(tcase, test_machine_power);
    tcase_add_test(tcase, test_pause_and_resume);
    tcase_add_test(tcase, test_partition_heals);
    tcase_add_test(tcase, test_tick);
    tcase_add_test(tcase, test_client_limit);
    tcase_add_test(tcase, test_array_view);
    suite_add_tcase(suite, tcase);
    return suite;
}
