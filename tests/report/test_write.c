/* The files of a run: all there, complete, readable by what reads their formats. */

#include "report/csv.h"
#include "tests/report/story.h"

#include "base/duration.h"

#include <check.h>
#include <glib/gstdio.h>

Suite *write_suite(void);

#define NASTY "quote \" comma , line\nend \\ '; system('touch X'); # \033[31m \t `x` $(y)"

static const ReportMark marks[] = {
    {REPORT_KUBECTL, 5 * NS_PER_S, NASTY},
    {REPORT_FAULT, 10 * NS_PER_S, "plain"},
    {REPORT_FAULT_END, 20 * NS_PER_S, ""},
    {REPORT_NOTE, 30 * NS_PER_S + 1500000, "a,b"},
    {REPORT_OTHER, 40 * NS_PER_S, "\"quoted\""},
};
static const ReportCommand commands[] = {
    {5 * NS_PER_S, 5 * NS_PER_S + 120 * NS_PER_MS, NASTY, 1, "out " NASTY, "err " NASTY},
    {6 * NS_PER_S, -1, "wait", 0, "", ""},
};
static const ReportCheck checks[] = {{"count nodes == 1", "at the end", "1", TRUE, 0}};

static ReportInput
input(void)
{
    return (ReportInput){
        .name = NASTY, .description = NASTY, .file = "t.yaml", .version = "9.9.9", .kubernetes_version = "1.34", .seed = 7, .scenario_hash = 0xabc, .end_ns = 60 * NS_PER_S, .until_met = TRUE,
        .marks = marks, .n_marks = G_N_ELEMENTS(marks), .commands = commands, .n_commands = G_N_ELEMENTS(commands), .checks = checks, .n_checks = 1};
}

static Story
short_story(void)
{
    return story_tell(STORY("60s", "  traffic: [{name: 'u \"x\", y', to: 'service/web:80', rate: 10/s, timeout: 1s, start: 20s}]\n") "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
                                                                                                                                       "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}, annotations: {a: \"\\e[31m\\x01\"}}\nspec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}\n");
}

static Value *
read_json(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;
    gsize length;

    ck_assert(g_file_get_contents(path, &text, &length, NULL));
    return value_read_json(text, length, NULL);
}

#define FILES "events.jsonl kubectl.jsonl marks.csv nodes.csv objects.csv pods.csv run.json summary.txt traffic.csv"

/* Every file, under its final name only, and again over what is there. */
START_TEST(test_complete)
{
    g_auto(Story) story = short_story();
    ReportInput in = input();
    const char *directory = scratch_directory();
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 2; i++) {
        g_autofree char *names = NULL;

        ck_assert_msg(report_write(&in, story.series, directory, &error), "%s", error != NULL ? error->message : "");
        names = scratch_list(directory);
        ck_assert_str_eq(names, FILES);
    }
}
END_TEST

/* Twice the same story: the same bytes. */
START_TEST(test_same)
{
    g_auto(Story) a = short_story();
    g_auto(Story) b = short_story();
    ReportInput in = input();
    const char *directory = scratch_directory();
    g_auto(GStrv) names = g_strsplit(FILES, " ", -1);
    g_autoptr(GPtrArray) first = g_ptr_array_new_with_free_func(g_free);

    for (guint pass = 0; pass < 2; pass++) {
        ck_assert(report_write(&in, pass == 0 ? a.series : b.series, directory, NULL));
        for (guint i = 0; names[i] != NULL; i++) {
            g_autofree char *path = g_build_filename(directory, names[i], NULL);
            g_autofree char *text = NULL;

            ck_assert(g_file_get_contents(path, &text, NULL, NULL));
            if (pass == 0)
                g_ptr_array_add(first, g_steal_pointer(&text));
            else
                ck_assert_str_eq(text, g_ptr_array_index(first, i));
        }
    }
}
END_TEST

/* What the user wrote comes back as it was, from CSV and from JSON. */
START_TEST(test_round_trip)
{
    g_auto(Story) story = short_story();
    ReportInput in = input();
    const char *directory = scratch_directory();
    g_autoptr(CsvTable) table = NULL;
    g_autoptr(CsvTable) traffic = NULL;
    g_autoptr(Value) run = NULL;
    g_autofree char *path = g_build_filename(directory, "kubectl.jsonl", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(Value) command = NULL;
    g_autoptr(Value) waiting = NULL;

    ck_assert(report_write(&in, story.series, directory, NULL));
    table = csv_read(directory, "marks.csv");
    ck_assert_uint_eq(csv_rows(table), G_N_ELEMENTS(marks));
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        ck_assert_str_eq(csv_text(table, i, "text"), marks[i].text);
        ck_assert_int_eq(csv_ms(table, i, "t"), marks[i].time_ns / NS_PER_MS);
    }
    ck_assert_str_eq(csv_text(table, 2, "type"), "fault-end");
    traffic = csv_read(directory, "traffic.csv");
    ck_assert_str_eq(csv_text(traffic, 0, "traffic"), "u \"x\", y");

    run = read_json(directory, "run.json");
    ck_assert_str_eq(value_get_string(run, "name", ""), NASTY);
    ck_assert_str_eq(value_get_string(run, "description", ""), NASTY);
    ck_assert_str_eq(value_get_string(run, "desk8s", ""), "9.9.9");
    ck_assert_int_eq(value_get_int(run, "seed", 0), 7);
    ck_assert_str_eq(value_get(run, "end")->text, "60.000");
    ck_assert_uint_eq(strlen(value_get_string(run, "fingerprint", "")), 16);
    ck_assert_ptr_nonnull(value_get_path(run, "traffic", "u \"x\", y", NULL));
    ck_assert(value_get_bool(value_get(run, "expect")->items[0], "holds", FALSE));

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), 3);
    command = value_read_json(lines[0], strlen(lines[0]), NULL);
    ck_assert_str_eq(value_get_string(command, "command", ""), NASTY);
    ck_assert_str_eq(value_get_string(command, "stdout", ""), "out " NASTY);
    ck_assert_str_eq(value_get(command, "took")->text, "0.120");
    ck_assert_int_eq(value_get_int(command, "exit", -1), 1);
    waiting = value_read_json(lines[1], strlen(lines[1]), NULL);
    ck_assert_int_eq(value_get(waiting, "exit")->type, VALUE_NULL);
    ck_assert_int_eq(value_get(waiting, "took")->type, VALUE_NULL);
}
END_TEST

/* Every record of the trace, one line of JSON each, causes before what they caused. */
START_TEST(test_events)
{
    g_auto(Story) story = short_story();
    ReportInput in = input();
    const char *directory = scratch_directory();
    g_autofree char *path = g_build_filename(directory, "events.jsonl", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    gsize length;

    sim_trace(run_cluster(story.run)->sim, "test", "say", NULL, NULL, "%s", NASTY "\001\037");
    ck_assert(report_write(&in, story.series, directory, NULL));
    ck_assert(g_file_get_contents(path, &text, &length, NULL));
    lines = g_strsplit(text, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), trace_count(sim_get_trace(run_cluster(story.run)->sim)) + 1);
    for (guint i = 0; lines[i][0] != '\0'; i++) {
        g_autofree char *message = NULL;
        g_autoptr(Value) record = value_read_json(lines[i], strlen(lines[i]), &message);

        ck_assert_msg(record != NULL, "%s: %s", message, lines[i]);
        ck_assert_int_eq(value_get_int(record, "id", 0), i + 1);
        ck_assert_int_le(value_get_int(record, "cause", -1), i);
        if (lines[i + 1][0] == '\0')
            ck_assert_str_eq(value_get_string(record, "message", ""), NASTY "\001\037");
    }
}
END_TEST

/* A directory that cannot be written is an error, with its name. */
START_TEST(test_error)
{
    g_auto(Story) story = story_tell(STORY("1s", ""));
    ReportInput in = input();
    g_autoptr(GError) error = NULL;

    ck_assert(!report_write(&in, story.series, "/dev/null/x", &error));
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strstr(error->message, "/dev/null/x/") != NULL, "%s", error->message);
}
END_TEST

Suite *
write_suite(void)
{
    Suite *suite = suite_create("write");
    TCase *tcase = tcase_create("write");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_complete);
    tcase_add_test(tcase, test_same);
    tcase_add_test(tcase, test_round_trip);
    tcase_add_test(tcase, test_events);
    tcase_add_test(tcase, test_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
