/* summary.c - the text that a run ends with */

#include "report/series.h"

#include "base/duration.h"
#include "base/table.h"
#include "report/waits.h"

/* What was found may be the whole output of a command: its first line says enough. */
static void
append_failure(GString *out, const ReportCheck *check, const char *clock)
{
    const char *found = !str_is_empty(check->found) ? check->found : "nothing";
    gsize length = strcspn(found, "\n");

    g_string_append_printf(out, "  FAIL  %s: %s\n        at %s found: %.*s%s\n", check->rule, check->text, clock, (int)length, found, found[length] != '\0' && found[length + 1] != '\0' ? " ..." : "");
}

static void
append_checks(GString *out, const ReportInput *input)
{
    guint passed = 0;

    for (guint i = 0; i < input->n_checks; i++)
        passed += input->checks[i].has_passed;
    if (input->n_checks == 0)
        return;
    g_string_append_printf(out, "\nexpectations: %u of %u hold\n", passed, input->n_checks);
    for (guint i = 0; i < input->n_checks; i++) {
        const ReportCheck *check = &input->checks[i];
        g_autofree char *clock = duration_format_clock(check->decided_ns, 0);

        if (check->has_passed)
            g_string_append_printf(out, "  ok    %s: %s\n", check->rule, check->text);
        else
            append_failure(out, check, clock);
    }
}

static const char *
milliseconds(gint64 ns)
{
    return ns < 0 ? "-" : str_internf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT, ns / NS_PER_MS, ns / (NS_PER_MS / 10) % 10);
}

/* Narrow, so that a row fits a terminal of 80 columns. */
static void
append_traffic(GString *out, const Series *series)
{
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.min_width = 5, .padding = 2});
    static const char *const titles[] = {"TRAFFIC", "REQUESTS", "OK", "REFUSED", "RESET", "TIMEOUT", "P50 MS", "P90", "P99", "P99.9"};
    static const guint quantiles[] = {500, 900, 990, 999};
    g_autofree char *text = NULL;

    if (series->n_traffic == 0)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        text_table_header(table, titles[i]);
    for (guint i = 0; i < series->n_traffic; i++) {
        const Traffic *traffic = series->traffic[i];
        g_autoptr(Value) outcomes = traffic_outcomes(traffic);

        text_table_cell(table, "%s", traffic_name(traffic));
        text_table_cell(table, "%" G_GUINT64_FORMAT, traffic_counts(traffic)->arrivals);
        text_table_cell(table, "%" G_GINT64_FORMAT, value_get_int(outcomes, "ok", 0));
        text_table_cell(table, "%" G_GINT64_FORMAT, value_get_int(outcomes, "refused", 0));
        text_table_cell(table, "%" G_GINT64_FORMAT, value_get_int(outcomes, "reset", 0));
        text_table_cell(table, "%" G_GINT64_FORMAT, value_get_int(outcomes, "timeout", 0) + value_get_int(outcomes, "unreachable", 0));
        for (guint q = 0; q < G_N_ELEMENTS(quantiles); q++)
            text_table_cell(table, "%s", milliseconds(traffic_quantile_ns(traffic, quantiles[q])));
        text_table_end_row(table);
    }
    text = text_table_format(table);
    g_string_append_printf(out, "\n%s", text);
}

/* The last row of each Deployment that still exists. */
static void
append_deployments(GString *out, const Series *series)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.min_width = 6, .padding = 3});
    static const char *const titles[] = {"DEPLOYMENT", "WANTED", "UP-TO-DATE", "AVAILABLE"};
    g_autofree char *text = NULL;
    guint count = 0;

    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        text_table_header(table, titles[i]);
    for (guint i = series->objects->len; i > 0; i--) {
        const ObjectRow *row = &g_array_index(series->objects, ObjectRow, i - 1);

        if (!str_is(row->kind, "Deployment") || !g_hash_table_add(seen, (gpointer)str_internf("%s/%s", row->namespace_, row->name)) || row->is_removed)
            continue;
        text_table_cell(table, "%s%s%s", str_is(row->namespace_, "default") ? "" : row->namespace_, str_is(row->namespace_, "default") ? "" : "/", row->name);
        text_table_cell(table, "%d", row->desired);
        text_table_cell(table, "%d", row->updated);
        text_table_cell(table, "%d", row->available);
        text_table_end_row(table);
        count++;
    }
    text = text_table_format(table);
    if (count > 0)
        g_string_append_printf(out, "\n%s", text);
}

static void
append_failed_commands(GString *out, const ReportInput *input)
{
    gboolean has_title = FALSE;

    for (guint i = 0; i < input->n_commands; i++) {
        const ReportCommand *command = &input->commands[i];

        if (command->exit == 0)
            continue;
        g_string_append_printf(out, "%s  exit %d  kubectl %s\n", has_title ? "" : "\ncommands that failed:\n", command->exit, command->line);
        has_title = TRUE;
    }
}

char *
report_summary(const ReportInput *input, const Series *series)
{
    GString *out = g_string_new(NULL);
    g_autofree char *clock = duration_format_clock(input->end_ns, 0);
    SimCounters counters = sim_counters(series->sim);

    g_string_append_printf(out, "%s%s%s\n", input->name, str_is_empty(input->description) ? "" : ": ", str_is_empty(input->description) ? "" : input->description);
    g_string_append_printf(out, "Kubernetes %s, seed %" G_GUINT64_FORMAT ", %s of virtual time, %" G_GUINT64_FORMAT " events\nfingerprint %016" G_GINT64_MODIFIER "x\n", input->kubernetes_version, input->seed, clock, counters.events, sim_fingerprint(series->sim));
    append_deployments(out, series);
    append_traffic(out, series);
    waits_append(out, series->sim, input->kubernetes_version);
    append_checks(out, input);
    if (!input->until_met)
        g_string_append(out, "\nFAIL: the condition of `until` was never met\n");
    append_failed_commands(out, input);
    return g_string_free(out, FALSE);
}
