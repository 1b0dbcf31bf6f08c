/*
 * test_files.c - what a run leaves behind: lanes, replica counts, narration, summary
 *
 * Expected times are those of the design's main story: a node that says nothing is
 * NotReady after node-monitor-grace-period, 50 s from 1.32 on (kube-controller-manager's
 * options), seen at the next look, 5 s apart.
 */

#include "base/duration.h"
#include "report/csv.h"
#include "report/report.h"
#include "scenario/run.h"

#include <check.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

static const char story[] = "apiVersion: desk8s/v1\n"
                            "kind: Scenario\n"
                            "metadata: {name: t}\n"
                            "spec:\n"
                            "  duration: 3m\n"
                            "  cluster: {nodes: [{name: a}, {name: b}]}\n"
                            "  images: [{match: '*', present: true}]\n"
                            "  timeline:\n"
                            "  - {at: 1m, fault: {nodePowerOff: {node: b}}}\n"
                            "---\n"
                            "apiVersion: v1\n"
                            "kind: Pod\n"
                            "metadata: {name: p}\n"
                            "spec: {nodeName: b, containers: [{name: c, image: httpd}]}\n";

Suite *files_suite(void);

static char *directory;
static GString *told;

static void
remove_files(void)
{
    GDir *dir = g_dir_open(directory, 0, NULL);

    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(directory);
}

static void
on_told(gpointer user, gint64 time_ns, const char *sentence)
{
    (void)user;
    g_string_append_printf(told, "%" G_GINT64_FORMAT " %s\n", time_ns / NS_PER_S, sentence);
}

/* Plays the story and writes its files; the summary. (owned) */
static char *
play_story(const char *to)
{
    g_autofree char *path = g_build_filename(directory, "t.yaml", NULL);
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = NULL;
    g_autoptr(Run) run = NULL;
    g_autoptr(GError) error = NULL;
    ReportInput input;
    Series *series;
    char *summary;

    ck_assert(g_file_set_contents(path, story, -1, NULL));
    scenario = scenario_load(path, NULL, diag);
    ck_assert_uint_eq(diag_count_errors(diag), 0);
    run = run_new(scenario, &(RunOptions){0}, NULL);
    series = series_new(run_cluster(run)->sim, run_cluster(run)->server, (Traffic *const *)run_cluster(run)->traffic->pdata, 0, on_told, NULL);
    while (run_advance(run, run_end_ns(run)))
        ;
    run_finish(run);
    series_finish(series);
    input = (ReportInput){.name = "t", .file = "t.yaml", .version = "test", .kubernetes_version = "1.34", .end_ns = run_end_ns(run), .until_met = TRUE};
    ck_assert_int_eq(report_write(&input, series, to, &error), error == NULL);
    ck_assert_int_eq(error == NULL, g_file_test(to, G_FILE_TEST_IS_DIR));
    summary = report_summary(&input, series);
    series_free(series);
    return summary;
}

static void
begin(void)
{
    directory = g_dir_make_tmp("desk8s-files-XXXXXX", NULL);
    told = g_string_new(NULL);
}

static void
end(void)
{
    remove_files();
    g_free(directory);
    g_string_free(told, TRUE);
}

/* The lane of a pod whose node dies: starting, ready, and from the moment of NotReady on unheard of. */
START_TEST(test_lane_of_a_lost_pod)
{
    g_autofree char *summary = play_story(directory);
    g_autoptr(CsvTable) pods = csv_read(directory, "pods.csv");
    guint last = csv_rows(pods) - 1;

    ck_assert_str_eq(csv_text(pods, 0, "state"), "starting");
    ck_assert_str_eq(csv_text(pods, last - 1, "state"), "ready");
    ck_assert_str_eq(csv_text(pods, last, "state"), "lost");
    ck_assert_str_eq(csv_text(pods, last, "node"), "b");
    /* 1:00 plus 50 s, less up to 10 s since the last lease, plus up to 5 s until the next look */
    ck_assert_int_ge(csv_ms(pods, last, "from"), 100000);
    ck_assert_int_le(csv_ms(pods, last, "from"), 115100);
    for (guint i = 1; i <= last; i++) /* no gaps between the parts of a lane */
        ck_assert_int_eq(csv_ms(pods, i, "from"), csv_ms(pods, i - 1, "to"));
}
END_TEST

START_TEST(test_node_rows)
{
    g_autofree char *summary = play_story(directory);
    g_autoptr(CsvTable) nodes = csv_read(directory, "nodes.csv");
    guint last = csv_rows(nodes) - 1;

    ck_assert_str_eq(csv_text(nodes, last, "node"), "b");
    ck_assert_str_eq(csv_text(nodes, last, "ready"), "Unknown");
}
END_TEST

START_TEST(test_narration)
{
    g_autofree char *summary = play_story(directory);

    ck_assert_ptr_nonnull(strstr(told->str, "pod p is ready on b"));
    ck_assert_ptr_nonnull(strstr(told->str, "has heard nothing from b"));
    ck_assert_ptr_nonnull(strstr(told->str, "NotReady"));
}
END_TEST

/* Each line of events.jsonl is JSON; a cause comes before what it causes. */
START_TEST(test_events_are_json)
{
    g_autofree char *summary = play_story(directory);
    g_autofree char *path = g_build_filename(directory, "events.jsonl", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint n = 0;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (; lines[n] != NULL && lines[n][0] != '\0'; n++) {
        g_autoptr(JsonNode) node = json_from_string(lines[n], NULL);
        JsonObject *record;

        ck_assert_msg(node != NULL, "%s", lines[n]);
        record = json_node_get_object(node);
        ck_assert_int_eq(json_object_get_int_member(record, "id"), n + 1);
        ck_assert_int_lt(json_object_get_int_member(record, "cause"), n + 1);
    }
    ck_assert_uint_gt(n, 10);
}
END_TEST

/* Nothing half-written: no temporary file is left, and a directory that cannot be is an error. */
START_TEST(test_no_half_files)
{
    g_autofree char *summary = play_story(directory);
    GDir *dir = g_dir_open(directory, 0, NULL);

    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir))
        ck_assert(!g_str_has_suffix(name, ".part"));
    g_dir_close(dir);
}
END_TEST

START_TEST(test_no_directory)
{
    g_autofree char *nowhere = g_build_filename(directory, "t.yaml", "below-a-file", NULL);
    g_autofree char *summary = play_story(nowhere);

    ck_assert_ptr_nonnull(strstr(summary, "3:00 of virtual time"));
}
END_TEST

Suite *
files_suite(void)
{
    Suite *suite = suite_create("files");
    TCase *tcase = tcase_create("files");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, test_lane_of_a_lost_pod);
    tcase_add_test(tcase, test_node_rows);
    tcase_add_test(tcase, test_narration);
    tcase_add_test(tcase, test_events_are_json);
    tcase_add_test(tcase, test_no_half_files);
    tcase_add_test(tcase, test_no_directory);
    suite_add_tcase(suite, tcase);
    return suite;
}
