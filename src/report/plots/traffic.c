/* traffic.c - each traffic: requests by outcome, and latency */

#include "report/plots/plots.h"

#include "base/intern.h"
#include "report/csv.h"
#include "report/plots/canvas.h"

#define MAX_TRAFFIC 4

static PlotResult
draw(const char *directory, char **out_message)
{
    g_autoptr(CsvTable) table = csv_read(directory, "traffic.csv");
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(Canvas) canvas = NULL;
    g_auto(PlotRun) run = {0};
    double height;

    if (table == NULL || csv_rows(table) == 0 || !plot_run_read(directory, &run))
        return PLOT_NO_DATA;
    for (guint i = 0; i < csv_rows(table) && names->len < MAX_TRAFFIC; i++) {
        const char *name = str_intern(csv_text(table, i, "traffic"));
        if (!g_ptr_array_find(names, name, NULL))
            g_ptr_array_add(names, (gpointer)name);
    }
    canvas = canvas_new(directory, "traffic", 1600, 240 + 420 * names->len);
    canvas_begin(canvas, run.name, run.description, run.end_ms);
    height = 1.0 - 190.0 / (240.0 + 420.0 * names->len) - 0.03;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *tag = g_strdup_printf("%u", i);
        g_autofree char *file = g_strdup_printf("name%u.dat", i);
        double top = height * (1.0 - (double)i / names->len) + 0.03;
        double part = height / names->len;
        gboolean is_last = i + 1 == names->len;
        GString *label = canvas_data(canvas, file);

        g_string_append(label, "0 1 ");
        canvas_quote(label, g_ptr_array_index(names, i), 40);
        top -= 28.0 / canvas_height(canvas); /* the name stands above */
        part -= 28.0 / canvas_height(canvas);
        plot_requests(canvas, table, g_ptr_array_index(names, i), tag, run.end_ms, top, top - part * 0.56, FALSE);
        canvas_script(canvas, "unset arrow\nunset tics\nunset border\nunset ylabel\nunset xlabel\nset tmargin at screen %.4f\nset bmargin at screen %.4f\nset yrange [0:1]\nplot '%s' using 1:(0.5):3 with labels left offset 0,0 font ',17' noenhanced notitle\nset border 3 lc rgb '#666666'\nset tics\n", top + 24.0 / canvas_height(canvas), top, file);
        plot_latency(canvas, table, g_ptr_array_index(names, i), tag, run.end_ms, top - part * 0.62, top - part * (is_last ? 0.88 : 0.93), is_last);
    }
    return canvas_draw(canvas, out_message);
}

const PlotDef traffic_plot = {"traffic", draw};
