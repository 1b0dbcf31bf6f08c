/* The watch log: what a watcher of every kind sees, as the recordings of real clusters have it. */

#include "tests/scenario/support.h"

#include "base/duration.h"

#include <check.h>
#include <glib/gstdio.h>

Suite *watchlog_suite(void);

#define TEXT                                                                                       \
    SCENARIO(ONE_NODE "  kubernetesVersion: \"1.33\"\n  timeline:\n  - {at: 10s, kubectl: create namespace ten}\n  - {at: 20s, kubectl: delete namespace ten}\n")

static GPtrArray *
log_lines(const char *path)
{
    g_autofree char *text = NULL;
    gsize length;
    g_auto(GStrv) lines = NULL;
    GPtrArray *values = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);

    ck_assert(g_file_get_contents(path, &text, &length, NULL));
    ck_assert(g_str_has_suffix(text, "}\n"));
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i][0] != '\0'; i++) {
        Value *value = value_read_json(lines[i], strlen(lines[i]), NULL);

        ck_assert_ptr_nonnull(value);
        g_ptr_array_add(values, value);
    }
    return values;
}

static const char *
record_text(const Value *record)
{
    const Value *object = value_get(record, "object");

    return str_internf("%s %s %s/%s", value_get(record, "t")->text, value_get_string(record, "type", ""), value_get_string(object, "kind", ""), value_get_string(value_get(object, "metadata"), "name", ""));
}

START_TEST(test_log)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(TEXT, NULL, diag);
    const char *path = scratch_path("watch.jsonl", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Run) run = run_new(scenario, &(RunOptions){.watch_log = path}, &error);
    g_autoptr(GPtrArray) lines = NULL;
    const Value *header, *actions;
    gint64 last_ms = G_MININT64;
    guint before = 0;
    guint of_ten = 0;

    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS)); /* complete, or not there */
    while (run_advance(run, run_end_ns(run)))
        ;
    run_finish(run);
    ck_assert_ptr_null(run_error(run));
    lines = log_lines(path);
    header = g_ptr_array_index(lines, 0);
    actions = value_get(header, "actions");
    ck_assert_str_eq(value_get_string(header, "scenario", ""), "t");
    ck_assert_str_eq(value_get_string(header, "kubernetes", ""), "v1.33");
    ck_assert_uint_eq(actions->count, 2);
    ck_assert_str_eq(value_get(actions->items[0], "t")->text, "10.000");
    ck_assert_str_eq(value_get_string(actions->items[0], "kubectl", ""), "create namespace ten");
    ck_assert_int_eq(value_get_int(actions->items[0], "rc", -1), 0);
    ck_assert_str_eq(value_get_string(actions->items[0], "stdout", ""), "namespace/ten created\n");
    ck_assert_str_eq(value_get_string(actions->items[0], "stderr", "-"), "");
    for (guint i = 1; i < lines->len; i++) {
        const Value *record = g_ptr_array_index(lines, i);
        const char *text = record_text(record);
        gint64 ms = (gint64)(g_ascii_strtod(value_get(record, "t")->text, NULL) * 1000);

        ck_assert_msg(ms >= last_ms, "%s", text);
        last_ms = ms;
        before += g_str_equal(text, "-1.000 ADDED Node/a") || g_str_equal(text, "-1.000 ADDED Namespace/default");
        of_ten += g_str_has_suffix(text, " Namespace/ten");
        ck_assert_msg(strstr(text, " Lease/") == NULL, "%s", text);
        if (g_str_has_suffix(text, "ADDED Namespace/ten"))
            ck_assert(ms > 10000 && ms < 11000);
    }
    ck_assert_uint_eq(before, 2);
    ck_assert_uint_ge(of_ten, 3); /* added, terminating, deleted */
}
END_TEST

/* It is said before the run that the file cannot be written; what stood there stays. */
START_TEST(test_cannot_write)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(TEXT, NULL, diag);
    g_autoptr(GError) error = NULL;
    g_autoptr(Run) run = run_new(scenario, &(RunOptions){.watch_log = "/dev/null/x"}, &error);

    ck_assert_ptr_null(run);
    ck_assert_ptr_nonnull(error);
    ck_assert_str_eq(error->message, "/dev/null/x: Not a directory");
}
END_TEST

/* A device is written, never replaced. */
START_TEST(test_device)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(TEXT, NULL, diag);
    g_autoptr(Run) fine = run_new(scenario, &(RunOptions){.watch_log = "/dev/null"}, NULL);
    g_autoptr(Run) full = run_new(scenario, &(RunOptions){.watch_log = "/dev/full"}, NULL);

    run_finish(fine);
    run_finish(full);
    ck_assert_ptr_null(run_error(fine));
    ck_assert_ptr_nonnull(run_error(full));
    ck_assert_str_eq(run_error(full)->message, "/dev/full: No space left on device");
    ck_assert(!g_file_test("/dev/null", G_FILE_TEST_IS_REGULAR));
    ck_assert(!g_file_test("/dev/full", G_FILE_TEST_IS_REGULAR));
}
END_TEST

Suite *
watchlog_suite(void)
{
    Suite *suite = suite_create("watchlog");
    TCase *tcase = tcase_create("watchlog");

    tcase_add_test(tcase, test_log);
    tcase_add_test(tcase, test_cannot_write);
    tcase_add_test(tcase, test_device);
    suite_add_tcase(suite, tcase);
    return suite;
}
