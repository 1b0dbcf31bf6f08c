/* requests.c - the two panels about traffic: requests by outcome, latency */

#include "report/plots/plots.h"

#include "base/intern.h"
#include "report/csv.h"
#include "report/plots/canvas.h"

#define MAX_BINS 240

typedef struct {
    gint64 ok, refused, reset, timeout, other;
    gint64 p50_us, p99_us; /* worst of the bin; -1: none */
} Bin;

static gint64
worst(gint64 a, gint64 b)
{
    return MAX(a, b);
}

/* Rows of seconds into at most MAX_BINS bins. */
static Bin *
fill_bins(const CsvTable *table, const char *traffic, gint64 end_ms, guint *out_count, gint64 *out_width_s)
{
    gint64 end_s = MAX((end_ms + 999) / 1000, 1);
    gint64 width = (end_s + MAX_BINS - 1) / MAX_BINS;
    guint count = (guint)((end_s + width - 1) / width);
    Bin *bins = g_new0(Bin, count);

    for (guint i = 0; i < count; i++)
        bins[i].p50_us = bins[i].p99_us = -1;
    for (guint i = 0; i < csv_rows(table); i++) {
        gint64 second = csv_int(table, i, "second");
        Bin *bin;

        if ((traffic != NULL && !str_is(csv_text(table, i, "traffic"), traffic)) || second < 0 || second / width >= count)
            continue;
        bin = &bins[second / width];
        bin->ok += csv_int(table, i, "ok");
        bin->refused += csv_int(table, i, "refused");
        bin->reset += csv_int(table, i, "reset");
        bin->timeout += csv_int(table, i, "timeout");
        bin->other += csv_int(table, i, "other");
        bin->p50_us = worst(bin->p50_us, csv_ms(table, i, "p50_ms"));
        bin->p99_us = worst(bin->p99_us, csv_ms(table, i, "p99_ms"));
    }
    *out_count = count;
    *out_width_s = width;
    return bins;
}

gboolean
plot_requests(Canvas *canvas, const CsvTable *table, const char *traffic, const char *tag, gint64 end_ms, double top, double bottom, gboolean is_last)
{
    guint count;
    gint64 width;
    g_autofree Bin *bins = NULL;
    g_autofree char *name = g_strdup_printf("requests%s.dat", tag);
    GString *data = canvas_data(canvas, name);
    double middle = (top + bottom) / 2 + 0.003;
    gboolean has_failed = FALSE;

    if (table == NULL || csv_rows(table) == 0)
        return FALSE;
    bins = fill_bins(table, traffic, end_ms, &count, &width);
    for (guint i = 0; i < count; i++) {
        const Bin *bin = &bins[i];
        double w = (double)width;
        double timeout = (double)(bin->timeout + bin->other) / w;
        double reset = timeout + (double)bin->reset / w;
        double refused = reset + (double)bin->refused / w;

        has_failed = has_failed || refused > 0;
        g_string_append_printf(data, "%.3f %.4f %.4f %.4f %.4f\n", ((double)i + 0.5) * w, timeout, reset, refused, (double)bin->ok / w);
    }
    /* a few failures among many successes are what matters: they have a scale of their own */
    canvas_panel(canvas, top, has_failed ? middle : bottom, "ok/s", is_last && !has_failed);
    canvas_script(canvas, "stats '%s' using 5 nooutput\nset yrange [0:(STATS_max > 0 ? STATS_max*1.2 : 1)]\n", name);
    canvas_script(canvas, "p = STATS_max > 0 ? 10**floor(log10(STATS_max)) : 1\nset ytics 0, (STATS_max/p < 2 ? p/2 : STATS_max/p < 5 ? p : 5*p)\n");
    canvas_script(canvas, "set boxwidth %" G_GINT64_FORMAT "\nset key " CANVAS_KEY_INSIDE "\n", width);
    canvas_script(canvas, "plot '%s' using 1:5 with boxes lc rgb '%s' %s\nunset key\n", name, COLOR_GREEN, has_failed ? "notitle" : "title 'ok; none failed'");
    if (!has_failed)
        return TRUE;
    canvas_panel(canvas, middle - 0.006, bottom, "failed/s", is_last);
    canvas_script(canvas, "stats '%s' using 4 nooutput\nset yrange [0:(STATS_max > 0.7 ? STATS_max*1.45 : 1.1)]\np = STATS_max > 0 ? 10**floor(log10(STATS_max)) : 1\nset ytics 0, (STATS_max <= 2 ? 1 : STATS_max/p < 2 ? p : STATS_max/p < 4 ? 2*p : 5*p)\nset key " CANVAS_KEY_INSIDE "\n", name);
    canvas_script(canvas, "plot '%s' using 1:4 with boxes lc rgb '%s' title 'refused', '' using 1:3 with boxes lc rgb '%s' title 'reset', '' using 1:2 with boxes lc rgb '%s' title 'timeout'\nunset key\n", name, COLOR_ORANGE, COLOR_PINK, COLOR_RED);
    return TRUE;
}

gboolean
plot_latency(Canvas *canvas, const CsvTable *table, const char *traffic, const char *tag, gint64 end_ms, double top, double bottom, gboolean is_last)
{
    guint count;
    gint64 width;
    g_autofree Bin *bins = NULL;
    g_autofree char *name = g_strdup_printf("latency%s.dat", tag);
    GString *data = canvas_data(canvas, name);
    guint points = 0;

    if (table == NULL || csv_rows(table) == 0)
        return FALSE;
    bins = fill_bins(table, traffic, end_ms, &count, &width);
    for (guint i = 0; i < count; i++) {
        if (bins[i].p50_us < 0) {
            g_string_append_c(data, '\n');
            continue;
        }
        g_string_append_printf(data, "%.3f %.3f %.3f\n", ((double)i + 0.5) * (double)width, (double)bins[i].p50_us / 1000.0, (double)bins[i].p99_us / 1000.0);
        points++;
    }
    if (points == 0)
        return FALSE;
    canvas_panel(canvas, top, bottom, "latency (ms)", is_last);
    canvas_script(canvas, "set logscale y\nstats '%s' using 3 nooutput\nset yrange [0.1:(STATS_max > 1 ? STATS_max*4 : 4)]\nset key " CANVAS_KEY_INSIDE "\n", name);
    canvas_script(canvas, "plot '%s' using 1:3 with lines lw 2 lc rgb '%s' title 'p99', '' using 1:2 with lines lw 3 lc rgb '%s' title 'p50'\nunset key\nunset logscale y\n", name, COLOR_ORANGE, COLOR_BLUE);
    return TRUE;
}
