/* test_recorder.c - events as they are stored; recorded with v1.34.4 */

#include "tests/client/fixture.h"

#include "base/duration.h"

#include <check.h>

Suite *recorder_suite(void);

static Fixture *f;
static Client *client;
static Recorder *recorder;
static ApiObject *about;

static void
begin(guint qps, guint burst, gboolean series)
{
    RecorderOptions options = {.component = series ? "default-scheduler" : "kubelet",
                               .host = series ? "vm" : "node-a",
                               .series = series};

    f = fixture_new();
    client = fixture_client(f, qps, burst);
    recorder = recorder_new(client, &options);
    about = config_map_new("web", "1");
    api_edit_meta(about)->uid = str_intern("u-1");
    about->resource_version = 7;
    fixture_run(f, 100 * NS_PER_MS);
}

static void
end(void)
{
    recorder_free(recorder);
    client_free(client);
    api_object_unref(about);
    fixture_free(f);
}

/* "message xCOUNT; ..." of what is stored, by first time and name. */
static const char *
stored(void)
{
    g_autoptr(GPtrArray) events = apiserver_peek_list(f->server, &event_kind, "default");
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < events->len; i++) {
        const EventBody *body = event_body(events->pdata[i]);
        gint32 count = body->series != NULL ? body->series->count : body->count;

        g_string_append_printf(text, "%s x%d; ", body->message, count);
    }
    return str_intern(text->str);
}

START_TEST(test_fields)
{
    g_autoptr(GPtrArray) events = NULL;
    const EventBody *body;

    begin(0, 0, FALSE);
    recorder_event(recorder, about, "Normal", "Pulled", "hello");
    fixture_run(f, 10 * NS_PER_S);
    recorder_event(recorder, about, "Normal", "Pulled", "hello");
    fixture_run(f, NS_PER_S);
    events = apiserver_peek_list(f->server, &event_kind, "default");
    ck_assert_uint_eq(events->len, 1);
    body = event_body(events->pdata[0]);
    ck_assert_str_eq(body->involved_object.kind, "ConfigMap");
    ck_assert_str_eq(body->involved_object.api_version, "v1");
    ck_assert_str_eq(body->involved_object.uid, "u-1");
    ck_assert_str_eq(body->involved_object.resource_version, "7");
    ck_assert_str_eq(body->source.component, "kubelet");
    ck_assert_str_eq(body->source.host, "node-a");
    ck_assert_str_eq(body->reporting_component, "kubelet");
    ck_assert_str_eq(body->reporting_instance, "node-a");
    ck_assert_str_eq(body->reason, "Pulled");
    ck_assert_str_eq(body->type, "Normal");
    ck_assert_int_eq(body->count, 2);
    ck_assert_int_eq(body->first_time, G_GINT64_CONSTANT(1763683200) * NS_PER_S);
    ck_assert_int_eq(body->last_time, G_GINT64_CONSTANT(1763683210) * NS_PER_S);
    ck_assert_int_eq(body->event_time, 0);
    ck_assert_ptr_null(body->series);
    ck_assert(g_str_has_prefix(api_name(events->pdata[0]), "web.1879dc86a"));
    end();
}
END_TEST

START_TEST(test_events_of_one_instant_are_different_events)
{
    begin(0, 0, FALSE);
    recorder_event(recorder, about, "Normal", "A", "a");
    recorder_event(recorder, about, "Normal", "B", "b");
    recorder_event(recorder, about, "Normal", "C", "c");
    fixture_run(f, NS_PER_S);
    ck_assert_uint_eq(apiserver_counters(f->server)->requests[VERB_CREATE] > 0, TRUE);
    ck_assert_uint_eq(strlen(stored()), strlen("a x1; b x1; c x1; "));
    end();
}
END_TEST

/* an event about a cluster-scoped object is stored in "default" */
START_TEST(test_cluster_scoped)
{
    ObjectReference node = {.kind = "Node", .name = "n", .uid = "n"};
    g_autoptr(GPtrArray) events = NULL;

    begin(0, 0, FALSE);
    recorder_event_ref(recorder, &node, "Normal", "NodeReady", NULL, NULL, "up");
    fixture_run(f, NS_PER_S);
    events = apiserver_peek_list(f->server, &event_kind, "default");
    ck_assert_uint_eq(events->len, 1);
    ck_assert_ptr_null(event_body(events->pdata[0])->involved_object.namespace_);
    end();
}
END_TEST

/* one token of the client each, one after the other */
START_TEST(test_tokens)
{
    Answer answer = {0};
    gint64 start_ns;

    begin(20, 5, FALSE);
    answer.sim = f->sim;
    start_ns = sim_now_ns(f->sim);
    for (guint i = 0; i < 8; i++)
        recorder_event(recorder, about, "Normal", str_internf("R%u", i), "m");
    fixture_run(f, 60 * NS_PER_MS);
    client_send(client, get_request(&namespace_kind, NULL, "default"), answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    /*
     * 5 at once, the 6th has asked before us (token at 50 ms), so ours is the one at
     * 100 or 150 ms.
     */
    ck_assert_int_ge(answer.at_ns, start_ns + 100 * NS_PER_MS);
    ck_assert_int_le(answer.at_ns, start_ns + 170 * NS_PER_MS);
    end();
}
END_TEST

/* the server is away for a while: it is tried again */
START_TEST(test_server_is_away)
{
    begin(0, 0, FALSE);
    process_stop(apiserver_process(f->server));
    recorder_event(recorder, about, "Normal", "A", "a");
    recorder_event(recorder, about, "Normal", "B", "b");
    fixture_run(f, 25 * NS_PER_S);
    process_start(apiserver_process(f->server));
    fixture_run(f, 25 * NS_PER_S);
    ck_assert_uint_eq(strlen(stored()), strlen("a x1; b x1; "));
    end();
}
END_TEST

/* a patch of an event that has expired creates it anew, with its count */
START_TEST(test_patch_of_a_missing_event)
{
    Answer answer = {0};
    g_autoptr(GPtrArray) events = NULL;

    begin(0, 0, FALSE);
    answer.sim = f->sim;
    recorder_event(recorder, about, "Normal", "A", "a");
    fixture_run(f, NS_PER_S);
    events = apiserver_peek_list(f->server, &event_kind, "default");
    client_send(client,
                api_request_new(VERB_DELETE, &event_kind, str_intern("default"),
                                api_name(events->pdata[0])),
                answer_done, &answer, NULL);
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "");
    recorder_event(recorder, about, "Normal", "A", "a");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "a x2; ");
    end();
}
END_TEST

START_TEST(test_reset_forgets)
{
    begin(0, 0, FALSE);
    recorder_event(recorder, about, "Normal", "A", "a");
    fixture_run(f, NS_PER_S);
    recorder_reset(recorder);
    client_reset(client);
    recorder_event(recorder, about, "Normal", "A", "a");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "a x1; a x1; ");
    end();
}
END_TEST

/* --- series ----------------------------------------------------------------------------------- */

static void
fail_scheduling(const char *message)
{
    ObjectReference pod = object_reference_of(about);

    recorder_event_ref(recorder, &pod, "Warning", "FailedScheduling", "Scheduling", NULL, message);
}

/* the text does not matter, the object's revision does; the first text stays */
START_TEST(test_series)
{
    g_autoptr(GPtrArray) events = NULL;
    const EventBody *body;

    begin(0, 0, TRUE);
    fail_scheduling("first");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "first x0; ");
    fail_scheduling("second");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "first x2; ");
    fail_scheduling("third");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "first x2; ");
    about->resource_version = 8;
    fail_scheduling("fourth");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "first x2; fourth x0; ");
    events = apiserver_peek_list(f->server, &event_kind, "default");
    body = event_body(events->pdata[0]);
    ck_assert_int_eq(body->first_time, 0);
    ck_assert_int_eq(body->last_time, 0);
    ck_assert_int_eq(body->count, 0);
    ck_assert_ptr_null(body->source.component);
    ck_assert_str_eq(body->reporting_component, "default-scheduler");
    ck_assert_str_eq(body->reporting_instance, "default-scheduler-vm");
    ck_assert_str_eq(body->action, "Scheduling");
    ck_assert_int_ne(body->event_time, 0);
    end();
}
END_TEST

/* counted in memory; written when silent for 6 minutes, or at the half hour */
static const struct {
    const char *name;
    gint64 every_s; /* one more failure each */
    guint times;
    gint64 look_s;
    const char *want;
} series_cases[] = {
    {"not yet", 10, 10, 350, "m x2; "},
    {"silent: looked at every 6 minutes", 10, 10, 725, "m x10; "},
    {"still going on at 29 minutes", 60, 29, 1740, "m x2; "},
    {"refreshed after half an hour", 60, 32, 1815, "m x30; "},
};

START_TEST(test_series_is_written)
{
    gint64 start_ns;

    begin(0, 0, TRUE);
    start_ns = sim_now_ns(f->sim);
    for (guint i = 0; i < series_cases[_i].times; i++) {
        fail_scheduling("m");
        if (sim_now_ns(f->sim) - start_ns + series_cases[_i].every_s * NS_PER_S <
            series_cases[_i].look_s * NS_PER_S)
            fixture_run(f, series_cases[_i].every_s * NS_PER_S);
    }
    sim_run_until(f->sim, start_ns + series_cases[_i].look_s * NS_PER_S);
    ck_assert_msg(str_is(stored(), series_cases[_i].want), "%s: %s", series_cases[_i].name,
                  stored());
    end();
}
END_TEST

/* after its end the same failure is a new event */
START_TEST(test_series_ends)
{
    begin(0, 0, TRUE);
    fail_scheduling("m");
    fixture_run(f, 13 * NS_PER_MIN);
    fail_scheduling("m");
    fixture_run(f, NS_PER_S);
    ck_assert_str_eq(stored(), "m x0; m x0; ");
    end();
}
END_TEST

Suite *
recorder_suite(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tcase = tcase_create("events");

    tcase_add_test(tcase, test_fields);
    tcase_add_test(tcase, test_events_of_one_instant_are_different_events);
    tcase_add_test(tcase, test_cluster_scoped);
    tcase_add_test(tcase, test_tokens);
    tcase_add_test(tcase, test_server_is_away);
    tcase_add_test(tcase, test_patch_of_a_missing_event);
    tcase_add_test(tcase, test_reset_forgets);
    tcase_add_test(tcase, test_series);
    tcase_add_loop_test(tcase, test_series_is_written, 0, G_N_ELEMENTS(series_cases));
    tcase_add_test(tcase, test_series_ends);
    suite_add_tcase(suite, tcase);
    return suite;
}
