/* rollout.c - Deployments: ready pods by ReplicaSet, against what is wanted */

#include "report/plots/plots.h"

#include "base/intern.h"
#include "report/csv.h"
#include "report/plots/canvas.h"

#define MAX_DEPLOYMENTS 4
#define MAX_SETS 8

static const char *const set_colors[MAX_SETS] = {COLOR_SKY, COLOR_ORANGE, COLOR_GREEN, COLOR_PINK, COLOR_BLUE, COLOR_YELLOW, COLOR_RED, COLOR_GREY};

/* Deployments in order of appearance, those that rolled (two ReplicaSets or more) before the rest. */
static GPtrArray *
pick_deployments(const CsvTable *table)
{
    GPtrArray *all = g_ptr_array_new();

    for (guint pass = 0; pass < 2; pass++)
        for (guint i = 0; i < csv_rows(table) && all->len < MAX_DEPLOYMENTS; i++) {
            const char *name = str_intern(csv_text(table, i, "name"));
            g_autoptr(GHashTable) sets = g_hash_table_new(g_str_hash, g_str_equal);

            if (!str_is(csv_text(table, i, "kind"), "Deployment") || g_ptr_array_find(all, name, NULL))
                continue;
            for (guint k = 0; k < csv_rows(table); k++)
                if (str_is(csv_text(table, k, "kind"), "ReplicaSet") && str_is(csv_text(table, k, "owner"), name))
                    g_hash_table_add(sets, (gpointer)csv_text(table, k, "name"));
            if (pass == 1 || g_hash_table_size(sets) > 1)
                g_ptr_array_add(all, (gpointer)name);
        }
    return all;
}

static void
draw_deployment(Canvas *canvas, const CsvTable *table, const char *name, guint index, const PlotRun *run, double top, double bottom, gboolean is_last)
{
    const char *sets[MAX_SETS] = {0};
    gint64 ready[MAX_SETS] = {0};
    guint n_sets = 0;
    gint64 wanted = 0;
    gint64 most = 1;
    g_autofree char *file = g_strdup_printf("rollout%u.dat", index);
    g_autofree char *label_file = g_strdup_printf("rolloutname%u.dat", index);
    GString *data = canvas_data(canvas, file);
    GString *label = canvas_data(canvas, label_file);

    for (guint i = 0; i < csv_rows(table) && n_sets < MAX_SETS; i++) {
        const char *set = str_intern(csv_text(table, i, "name"));
        gboolean is_known = FALSE;

        if (!str_is(csv_text(table, i, "kind"), "ReplicaSet") || !str_is(csv_text(table, i, "owner"), name))
            continue;
        for (guint k = 0; k < n_sets; k++)
            is_known = is_known || sets[k] == set;
        if (!is_known)
            sets[n_sets++] = set;
    }
    /* stacked from the newest set up, so that the new colour grows from the bottom */
    for (guint i = 0; i <= csv_rows(table); i++) {
        gboolean is_end = i == csv_rows(table);
        gint64 sum = 0;

        if (!is_end) {
            gboolean is_removed = csv_int(table, i, "removed") != 0;
            if (str_is(csv_text(table, i, "kind"), "Deployment") && str_is(csv_text(table, i, "name"), name))
                wanted = is_removed ? 0 : csv_int(table, i, "desired");
            else if (!str_is(csv_text(table, i, "owner"), name))
                continue;
            for (guint k = 0; k < n_sets; k++)
                if (str_is(csv_text(table, i, "name"), sets[k]))
                    ready[k] = is_removed ? 0 : csv_int(table, i, "ready");
        }
        g_string_append_printf(data, "%.3f %" G_GINT64_FORMAT, is_end ? (double)run->end_ms / 1000.0 : (double)MAX(csv_ms(table, i, "t"), 0) / 1000.0, wanted);
        for (guint k = n_sets; k > 0; k--) {
            sum += ready[k - 1];
            g_string_append_printf(data, " %" G_GINT64_FORMAT, sum);
        }
        g_string_append_c(data, '\n');
        most = MAX(most, MAX(sum, wanted));
    }
    g_string_append(label, "0 0 ");
    canvas_quote(label, name, 40);
    top -= 28.0 / canvas_height(canvas); /* the name and the key stand above */
    canvas_panel(canvas, top, bottom, "ready pods", is_last);
    canvas_script(canvas, "set yrange [0:%.2f]\nset ytics %d\nset key " CANVAS_KEY_ABOVE "\nplot ", (double)most * 1.15, canvas_step(most), top + 0.004);
    for (guint k = n_sets; k > 0; k--) /* column 3 is the newest alone, the last column everything */
        canvas_script(canvas, "'%s' using 1:%u with fillsteps lc rgb '%s' title 'ReplicaSet %u', ", file, k + 2, set_colors[(n_sets - k) % MAX_SETS], n_sets - k + 1);
    canvas_script(canvas, "'%s' using 1:2 with steps lw 3 dt 2 lc rgb '%s' title 'wanted'\nunset key\n", file, COLOR_BLACK);
    canvas_script(canvas, "unset arrow\nunset tics\nunset border\nunset ylabel\nunset xlabel\nset tmargin at screen %.4f\nset bmargin at screen %.4f\nset yrange [0:1]\nplot '%s' using 1:(0.5):3 with labels left offset 0,0 font ',17' noenhanced\nset border 3 lc rgb '#666666'\nset tics\n", top + 24.0 / canvas_height(canvas), top, label_file);
}

static PlotResult
draw(const char *directory, char **out_message)
{
    g_autoptr(CsvTable) table = csv_read(directory, "objects.csv");
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(Canvas) canvas = NULL;
    g_auto(PlotRun) run = {0};
    double space;

    if (table == NULL || !plot_run_read(directory, &run))
        return PLOT_NO_DATA;
    names = pick_deployments(table);
    if (names->len == 0)
        return PLOT_NO_DATA;
    canvas = canvas_new(directory, "rollout", 1600, 260 + 320 * names->len);
    canvas_begin(canvas, run.name, run.description, run.end_ms);
    space = 1.0 - 190.0 / (260.0 + 320.0 * names->len) - 0.03;
    for (guint i = 0; i < names->len; i++) {
        double top = 0.03 + space * (1.0 - (double)i / names->len);
        gboolean is_last = i + 1 == names->len;

        draw_deployment(canvas, table, g_ptr_array_index(names, i), i, &run, top, top - space / names->len * (is_last ? 0.84 : 0.88), is_last);
    }
    return canvas_draw(canvas, out_message);
}

const PlotDef rollout_plot = {"rollout", draw};
