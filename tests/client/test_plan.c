/* test_plan.c - how a worker carries out a plan, against a real API server */

#include "tests/client/fixture.h"

#include "base/duration.h"
#include "client/expectations.h"
#include "client/plan_run.h"

#include <check.h>

Suite *plan_suite(void);

static Fixture *f;
static Client *client;
static Recorder *recorder;
static Expectations *expectations;
static Plan *plan;
static guint done_calls;
static const char *done_error;
static gint64 done_requeue_ns;
static gint64 done_at_ns;
static GString *seen; /* what continuations saw */

static void
on_fill(gpointer user, Reconcile *out)
{
    (void)user;
    *out = (Reconcile){.now_ns = sim_now_ns(f->sim)};
}

static void
on_enqueue(gpointer user, const char *key, gint64 delay_ns)
{
    (void)user;
    g_string_append_printf(seen, "enqueue %s %d;", key, (int)(delay_ns / NS_PER_MS));
}

static void
on_done(gpointer user, const char *error, gint64 requeue_ns)
{
    (void)user;
    done_calls++;
    done_error = error;
    done_requeue_ns = requeue_ns;
    done_at_ns = sim_now_ns(f->sim);
}

static void
set_up(void)
{
    f = fixture_new();
    client = fixture_client(f, 0, 0);
    recorder = recorder_new(client, &(RecorderOptions){.component = "test-controller"});
    expectations = expectations_new();
    plan = plan_new();
    seen = g_string_new(NULL);
    done_calls = 0;
    done_error = NULL;
    fixture_run(f, 100 * NS_PER_MS);
}

static void
tear_down(void)
{
    recorder_free(recorder);
    client_free(client);
    expectations_free(expectations);
    g_string_free(seen, TRUE);
    fixture_free(f);
}

static void
run(void)
{
    PlanRunOptions options = {
        .sim = f->sim,
        .client = client,
        .recorder = recorder,
        .expectations = expectations,
        .component = "test-controller",
        .object_text = "configmap/default/owner",
        .fill = on_fill,
        .enqueue = on_enqueue,
        .done = on_done,
    };

    plan_run_start(&options, "default/owner", plan);
    fixture_run(f, 5 * NS_PER_S);
    ck_assert_uint_eq(done_calls, 1);
}

static const char *
value_of(const char *name)
{
    const ApiObject *object = apiserver_peek(f->server, &config_map_kind, "default", name);

    return object == NULL ? "none"
                          : str_map_get(&((const ConfigMapBody *)object->body)->data, "value");
}

static ApiObject *
stored(const char *name)
{
    return (ApiObject *)apiserver_peek(f->server, &config_map_kind, "default", name);
}

static void
make(const char *name)
{
    Answer answer = {.sim = f->sim};

    client_send(client, create_request(config_map_new(name, "old")), answer_done, &answer, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    ck_assert_int_eq(answer.code, 201);
}

static gboolean
set_value(ApiObject *object, gpointer data)
{
    ConfigMapBody *body = api_edit_body(object);

    str_map_set(&body->data, str_intern("value"), str_intern(data));
    return TRUE;
}

/* the events about "owner", without counts */
static const char *
events(void)
{
    g_autoptr(GPtrArray) list = apiserver_peek_list(f->server, &event_kind, "default");
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(text, "%s %s: %s; ", event_body(list->pdata[i])->type,
                               event_body(list->pdata[i])->reason,
                               event_body(list->pdata[i])->message);
    return str_intern(text->str);
}

START_TEST(test_empty_plan_is_done_at_once)
{
    plan_requeue_after(plan, 3 * NS_PER_S);
    plan_requeue_after(plan, 2 * NS_PER_S);
    plan_requeue_after(plan, 4 * NS_PER_S);
    ck_assert_int_eq(plan_requeue_ns(plan), 2 * NS_PER_S);
    plan_enqueue_after(plan, "default/x", 7 * NS_PER_MS);
    run();
    ck_assert_ptr_null(done_error);
    ck_assert_int_eq(done_requeue_ns, 2 * NS_PER_S);
    ck_assert_str_eq(seen->str, "enqueue default/x 7;");
    ck_assert_int_eq(done_at_ns, 100 * NS_PER_MS);
}
END_TEST

START_TEST(test_steps_in_order)
{
    g_autoptr(ApiObject) target = config_map_new("a", "1");

    plan_create(plan, config_map_new("a", "1"), "create %s", "a");
    plan_patch(plan, target, NULL, set_value, (gpointer) "2", NULL, "set it");
    plan_create(plan, config_map_new("b", "1"), "create b");
    plan_delete(plan, target, "delete a");
    plan_read(plan, &config_map_kind, "default", "b", "look");
    ck_assert_uint_eq(plan_count(plan), 5);
    ck_assert_str_eq(plan_get(plan, 0)->why, "create a");
    run();
    ck_assert_ptr_null(done_error);
    ck_assert_str_eq(value_of("a"), "none");
    ck_assert_str_eq(value_of("b"), "1");
}
END_TEST

START_TEST(test_pause)
{
    gint64 start_ns = sim_now_ns(f->sim);

    plan_pause(plan, 300 * NS_PER_MS);
    plan_create(plan, config_map_new("a", "1"), "create");
    run();
    ck_assert_int_ge(done_at_ns, start_ns + 300 * NS_PER_MS);
    ck_assert_int_lt(done_at_ns, start_ns + 350 * NS_PER_MS);
}
END_TEST

/* the second of three steps fails with 409 (it exists already) */
static const struct {
    const char *name;
    guint ignored;
    gboolean goes_on;
    gboolean third_runs;
    gboolean is_error;
} failure_cases[] = {
    {"stops the plan", 0, FALSE, FALSE, TRUE},
    {"ignored", 409, FALSE, TRUE, FALSE},
    {"another code is ignored", 404, FALSE, FALSE, TRUE},
    {"goes on, the error is kept", 0, TRUE, TRUE, TRUE},
};

START_TEST(test_failure)
{
    PlanStep *step;

    make("b");
    plan_create(plan, config_map_new("a", "1"), "create a");
    step = plan_create(plan, config_map_new("b", "1"), "create b");
    step->ignore_codes[0] = failure_cases[_i].ignored;
    step->continue_on_error = failure_cases[_i].goes_on;
    plan_create(plan, config_map_new("c", "1"), "create c");
    run();
    ck_assert_str_eq(value_of("a"), "1");
    ck_assert_str_eq(value_of("b"), "old");
    ck_assert_str_eq(value_of("c"), failure_cases[_i].third_runs ? "1" : "none");
    ck_assert_msg((done_error != NULL) == failure_cases[_i].is_error, "%s: %s",
                  failure_cases[_i].name, done_error);
    if (done_error != NULL)
        ck_assert_str_eq(done_error, "configmaps \"b\" already exists");
}
END_TEST

START_TEST(test_fail_is_the_outcome)
{
    plan_create(plan, config_map_new("a", "1"), "create a");
    plan_fail(plan, "no %s", "luck");
    ck_assert_str_eq(plan_error(plan), "no luck");
    run();
    ck_assert_str_eq(done_error, "no luck");
    ck_assert_str_eq(value_of("a"), "1");
}
END_TEST

static void
go_on(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *next)
{
    ck_assert_str_eq(r->key, "default/owner");
    g_string_append_printf(seen, "%s:", (const char *)carry);
    for (guint i = 0; i < n_results; i++)
        g_string_append_printf(seen, " %d", results[i].was_run ? results[i].code : -1);
    if (str_is(carry, "first")) {
        plan_create(next, config_map_new("later", "1"), "create later");
        plan_continue(next, go_on, g_strdup("second"), g_free);
    }
    g_string_append(seen, ";");
}

START_TEST(test_continuation)
{
    plan_create(plan, config_map_new("a", "1"), "create a");
    plan_continue(plan, go_on, g_strdup("first"), g_free);
    run();
    ck_assert_str_eq(seen->str, "first: 201;second: 201;");
    ck_assert_ptr_null(done_error);
    ck_assert_str_eq(value_of("later"), "1");
}
END_TEST

/* it runs after a failure too and sees what was skipped; the error stays */
START_TEST(test_continuation_after_failure)
{
    make("b");
    plan_create(plan, config_map_new("b", "1"), "create b");
    plan_create(plan, config_map_new("c", "1"), "create c");
    plan_continue(plan, go_on, g_strdup("first"), g_free);
    run();
    ck_assert_str_eq(seen->str, "first: 409 -1;second: 201;");
    ck_assert_str_eq(done_error, "configmaps \"b\" already exists");
}
END_TEST

/* --- groups ----------------------------------------------------------------------------------- */

/* Sizes of the groups of creations that reach the server at one instant. */
static const char *
arrivals(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gint64 until_ns = sim_now_ns(f->sim) + 5 * NS_PER_S;
    guint64 base = apiserver_counters(f->server)->requests[VERB_CREATE];

    while (sim_next_ns(f->sim) < until_ns) {
        gint64 now_ns = sim_next_ns(f->sim);
        guint64 count;

        sim_run_until(f->sim, now_ns);
        count = apiserver_counters(f->server)->requests[VERB_CREATE];
        if (count != base)
            g_string_append_printf(text, "%u ", (guint)(count - base));
        base = count;
    }
    return str_intern(text->str);
}

/* pkg/controller/replicaset slowStartBatch: ten that succeed: 1, 2, 4, 3 */
static const struct {
    const char *name;
    GroupType type;
    guint count;
    int exists; /* which one fails; -1: none */
    const char *want;
    gint pending; /* creations still expected */
    gboolean is_error;
} group_cases[] = {
    {"one after the other", GROUP_NONE, 3, -1, "1 1 1 ", 3, FALSE},
    {"all at once", GROUP_PARALLEL, 5, -1, "5 ", 5, FALSE},
    {"all at once, one fails", GROUP_PARALLEL, 5, 1, "5 ", 4, TRUE},
    {"slow start 10", GROUP_SLOW_START, 10, -1, "1 2 4 3 ", 10, FALSE},
    {"slow start 1", GROUP_SLOW_START, 1, -1, "1 ", 1, FALSE},
    {"slow start: the first fails", GROUP_SLOW_START, 10, 0, "1 ", 0, TRUE},
    {"slow start: the second batch fails", GROUP_SLOW_START, 10, 2, "1 2 ", 2, TRUE},
    {"in turn", GROUP_IN_TURN, 3, -1, "1 1 1 ", 3, FALSE},
    {"in turn, the first fails: the others are tried", GROUP_IN_TURN, 3, 0, "1 1 1 ", 2, TRUE},
    {"one after the other, the first fails", GROUP_NONE, 3, 0, "1 ", 0, TRUE},
    {"slow start: the last fails", GROUP_SLOW_START, 10, 9, "1 2 4 3 ", 9, TRUE},
};

START_TEST(test_group)
{
    PlanRunOptions options = {.sim = f->sim,
                              .client = client,
                              .expectations = expectations,
                              .component = "test",
                              .done = on_done};
    gint creations;
    gint deletions;

    if (group_cases[_i].exists >= 0)
        make(str_internf("p%d", group_cases[_i].exists));
    if (group_cases[_i].type != GROUP_NONE)
        plan_group_begin(plan, group_cases[_i].type);
    for (guint i = 0; i < group_cases[_i].count; i++)
        plan_create(plan, config_map_new(str_internf("p%u", i), "1"), "create")->keeps_expectation =
            TRUE;
    if (group_cases[_i].type != GROUP_NONE)
        plan_group_end(plan);
    plan_expect_creations(plan, group_cases[_i].count);
    ck_assert_uint_eq(plan_expected_creations(plan), group_cases[_i].count);
    plan_run_start(&options, "default/owner", plan);
    ck_assert_str_eq(arrivals(), group_cases[_i].want);
    ck_assert_uint_eq(done_calls, 1);
    ck_assert_msg((done_error != NULL) == group_cases[_i].is_error, "%s", group_cases[_i].name);
    expectations_pending(expectations, "default/owner", &creations, &deletions);
    ck_assert_msg(creations == group_cases[_i].pending, "%s: %d", group_cases[_i].name, creations);
}
END_TEST

/* a failing slow start that goes on does so behind its group */
START_TEST(test_slow_start_goes_on_behind_the_group)
{
    make("p1");
    plan_group_begin(plan, GROUP_SLOW_START);
    for (guint i = 0; i < 6; i++)
        plan_create(plan, config_map_new(str_internf("p%u", i), "1"), "create")->continue_on_error =
            TRUE;
    plan_group_end(plan);
    plan_create(plan, config_map_new("status", "1"), "write status");
    plan_continue(plan, go_on, g_strdup("x"), g_free);
    run();
    ck_assert_str_eq(seen->str, "x: 201 409 201 -1 -1 -1 201;");
    ck_assert_str_eq(done_error, "configmaps \"p1\" already exists");
}
END_TEST

/*
 * v1.34 pkg/controller/statefulset/stateful_set_control.go, slowStartBatch: what a batch counts are replicas, also
 * those that need nothing; each one's requests (its claims, then its pod) come one after the other. A digit is an item
 * and says how many requests it has.
 */
static const struct {
    const char *name, *items;
    int exists;
    const char *want, *want_results;
} item_cases[] = {
    {"two each", "2222", -1, "1 1 2 2 1 1 ", "201 201 201 201 201 201 201 201"},
    {"the first three need nothing", "0002222", -1, "4 4 ", "201 201 201 201 201 201 201 201"},
    {"some in the midst need nothing", "1010101", -1, "1 1 2 ", "201 201 201 201"},
    {"one's first fails: its batch goes on, no other", "1221", 1, "1 2 1 ", "201 409 -1 201 201 -1"},
    {"one's second fails", "2211", 1, "1 1 ", "201 409 -1 -1 -1 -1"},
};

START_TEST(test_items)
{
    PlanRunOptions options = {.sim = f->sim,
                              .client = client,
                              .expectations = expectations,
                              .component = "test",
                              .fill = on_fill,
                              .done = on_done};
    guint n = 0;

    if (item_cases[_i].exists >= 0)
        make(str_internf("p%d", item_cases[_i].exists));
    plan_group_begin(plan, GROUP_SLOW_START);
    for (const char *at = item_cases[_i].items; *at != '\0'; at++) {
        plan_group_item(plan);
        for (int i = 0; i < *at - '0'; i++)
            plan_create(plan, config_map_new(str_internf("p%u", n++), "1"), "create");
    }
    plan_group_end(plan);
    plan_continue(plan, go_on, g_strdup("x"), g_free);
    plan_run_start(&options, "default/owner", plan);
    ck_assert_str_eq(arrivals(), item_cases[_i].want);
    ck_assert_str_eq(seen->str, str_internf("x: %s;", item_cases[_i].want_results));
}
END_TEST

/* a group in turn is gone through after a failure; what follows it is not */
START_TEST(test_in_turn_ends_the_plan)
{
    make("p0");
    plan_group_begin(plan, GROUP_IN_TURN);
    for (guint i = 0; i < 2; i++)
        plan_create(plan, config_map_new(str_internf("p%u", i), "1"), "create");
    plan_group_end(plan);
    plan_create(plan, config_map_new("after", "1"), "create");
    plan_continue(plan, go_on, g_strdup("x"), g_free);
    run();
    ck_assert_str_eq(seen->str, "x: 409 201 -1;");
    ck_assert_str_eq(done_error, "configmaps \"p0\" already exists");
}
END_TEST

/* --- deletions, expectations, terminating namespaces ------------------------------------------ */

START_TEST(test_deletions_lower_expectations)
{
    gint creations;
    gint deletions;

    make("a");
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(ApiObject) target = config_map_new(i == 0 ? "a" : "missing", "");
        PlanStep *step = plan_delete(plan, target, "delete");

        step->keeps_expectation = TRUE;
        step->expected_pod_key = api_key(target);
        step->ignore_codes[0] = 404;
        plan_expect_deletion(plan, step->expected_pod_key);
    }
    plan_group_end(plan);
    run();
    ck_assert_ptr_null(done_error);
    expectations_pending(expectations, "default/owner", &creations, &deletions);
    ck_assert_int_eq(deletions, 1); /* of "a": its event will come */
    ck_assert_int_eq(creations, 0);
}
END_TEST

START_TEST(test_forget_expectations)
{
    expectations_set(expectations, "default/owner", 3, NULL, sim_now_ns(f->sim));
    plan_forget_expectations(plan);
    run();
    ck_assert(expectations_satisfied(expectations, "default/owner", sim_now_ns(f->sim)));
}
END_TEST

START_TEST(test_terminating_namespace_is_no_error)
{
    Answer answer = {.sim = f->sim};
    ApiObject *object = config_map_new("a", "1");
    PlanStep *step;

    client_send(client, create_request(api_object_new(&namespace_kind, NULL, str_intern("ends"))),
                answer_done, &answer, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    client_send(client, api_request_new(VERB_DELETE, &namespace_kind, NULL, str_intern("ends")),
                answer_done, &answer, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    api_edit_meta(object)->namespace_ = str_intern("ends");
    step = plan_create(plan, object, "create");
    step->ignore_terminating = TRUE;
    step->event_about = config_map_new("owner", "1");
    step->on_failure = (StepEvent){"Warning", "FailedCreate", "Error creating: %s"};
    plan_continue(plan, go_on, g_strdup("x"), g_free);
    run();
    ck_assert_ptr_null(done_error);
    ck_assert_str_eq(seen->str, "x: 403;");
    ck_assert_str_eq(events(), "");
}
END_TEST

/* --- events ----------------------------------------------------------------------------------- */

START_TEST(test_events_tell_outcomes)
{
    g_autoptr(ApiObject) owner = config_map_new("owner", "1");

    make("b");
    for (guint i = 0; i < 2; i++) {
        PlanStep *step = plan_create(plan, config_map_new(i == 0 ? "a" : "b", "1"), "create");

        step->continue_on_error = TRUE;
        step->event_about = api_object_ref(owner);
        step->on_success = (StepEvent){"Normal", "SuccessfulCreate", "Created pod: %s"};
        step->on_failure = (StepEvent){"Warning", "FailedCreate", "Error creating: %s"};
    }
    plan_event(plan, owner, "Normal", "Done", "all %d", 2);
    run();
    ck_assert_str_eq(events(), "Normal SuccessfulCreate: Created pod: a; "
                               "Warning FailedCreate: Error creating: configmaps \"b\" already "
                               "exists; Normal Done: all 2; ");
}
END_TEST

/* --- revisions and conflicts ------------------------------------------------------------------ */

START_TEST(test_takes_revision_of_an_earlier_step)
{
    ApiObject *first;
    ApiObject *second;

    make("a");
    first = api_object_copy(stored("a"));
    set_value(first, (gpointer) "1");
    second = api_object_copy(stored("a"));
    set_value(second, (gpointer) "2");
    plan_update(plan, first, "first");
    plan_update(plan, second, "second")->takes_revision_of = 0;
    run();
    ck_assert_ptr_null(done_error);
    ck_assert_str_eq(value_of("a"), "2");
}
END_TEST

/* the cache was stale: 409; with repeats the object is read and submitted again after 10 ms */
static const struct {
    guint retries;
    const char *want;
    gboolean is_error;
} conflict_cases[] = {
    {0, "new", TRUE},
    {1, "mine", FALSE},
};

START_TEST(test_conflict)
{
    g_autoptr(ApiObject) stale = NULL;
    ApiObject *mine;
    Answer answer = {.sim = f->sim};
    ApiRequest *request;

    make("a");
    stale = api_object_ref(stored("a"));
    request = api_request_new(VERB_PATCH, &config_map_kind, str_intern("default"), str_intern("a"));
    request->mutate = set_value;
    request->mutate_data = (gpointer) "new";
    client_send(client, request, answer_done, &answer, NULL);
    fixture_run(f, 100 * NS_PER_MS);
    mine = api_object_copy(stale);
    set_value(mine, (gpointer) "mine");
    plan_update(plan, mine, "update")->retries_on_conflict = conflict_cases[_i].retries;
    run();
    ck_assert_int_eq(done_error != NULL, conflict_cases[_i].is_error);
    ck_assert_str_eq(value_of("a"), conflict_cases[_i].want);
}
END_TEST

Suite *
plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("run");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_empty_plan_is_done_at_once);
    tcase_add_test(tcase, test_steps_in_order);
    tcase_add_test(tcase, test_pause);
    tcase_add_loop_test(tcase, test_failure, 0, G_N_ELEMENTS(failure_cases));
    tcase_add_test(tcase, test_fail_is_the_outcome);
    tcase_add_test(tcase, test_continuation);
    tcase_add_test(tcase, test_continuation_after_failure);
    tcase_add_loop_test(tcase, test_group, 0, G_N_ELEMENTS(group_cases));
    tcase_add_test(tcase, test_slow_start_goes_on_behind_the_group);
    tcase_add_loop_test(tcase, test_items, 0, G_N_ELEMENTS(item_cases));
    tcase_add_test(tcase, test_in_turn_ends_the_plan);
    tcase_add_test(tcase, test_deletions_lower_expectations);
    tcase_add_test(tcase, test_forget_expectations);
    tcase_add_test(tcase, test_terminating_namespace_is_no_error);
    tcase_add_test(tcase, test_events_tell_outcomes);
    tcase_add_test(tcase, test_takes_revision_of_an_earlier_step);
    tcase_add_loop_test(tcase, test_conflict, 0, G_N_ELEMENTS(conflict_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
