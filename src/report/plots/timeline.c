/* timeline.c - the whole run on one time axis: pods per node, replicas, requests, latency */

#include "report/plots/plots.h"

#include "base/intern.h"
#include "report/csv.h"
#include "report/plots/canvas.h"

#define MAX_DEPLOYMENTS 6
#define NOTHING "-1e9 -1e9 -1e9 -1e9\n" /* gnuplot wants at least one row */
#define ROWS_UNPACKED 26 /* beyond it pods that do not overlap share a row */

static const struct {
    const char *state, *color, *title;
} states[] = {
    {"pending", COLOR_GREY, "pending"},     {"starting", COLOR_SKY, "starting"},
    {"waiting", COLOR_RED, "back-off"},     {"running", COLOR_YELLOW, "not ready"},
    {"ready", COLOR_GREEN, "ready"},        {"lost", "#7F7F7F", "not heard of"},
    {"terminating", COLOR_PINK, "terminating"}, {"succeeded", COLOR_BLUE, "succeeded"},
    {"failed", COLOR_BLACK, "failed"},
};
static const char *const line_colors[MAX_DEPLOYMENTS] = {COLOR_BLUE, COLOR_ORANGE, COLOR_GREEN, COLOR_PINK, COLOR_RED, COLOR_SKY};

typedef struct {
    const char *node, *pod; /* interned */
    gint64 from_ms, to_ms;
    guint id;  /* in order of the table */
    guint row; /* from the top */
} LaneRow;

typedef struct {
    GArray *lanes;   /* of LaneRow, by node and time */
    guint *lane_ids; /* (owned) per row of the table: which lane it belongs to */
    guint *rows;     /* (owned) per lane id: its row */
    guint n_rows;
} Layout;

static void
layout_clear(Layout *layout)
{
    if (layout->lanes != NULL)
        g_array_unref(layout->lanes);
    g_free(layout->lane_ids);
    g_free(layout->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Layout, layout_clear)

/* worker-2 before worker-10 */
static int
compare_numbered(const char *a, const char *b)
{
    const char *x = a;
    const char *y = b;

    while (*x != '\0' && *y != '\0') {
        gsize m = strspn(x, "0123456789");
        gsize n = strspn(y, "0123456789");

        if (m > 0 && n > 0 && (m != n || memcmp(x, y, m) != 0))
            return m != n ? (m < n ? -1 : 1) : memcmp(x, y, m);
        if (m == 0 && *x != *y)
            break;
        x += MAX(m, 1);
        y += MAX(m, 1);
    }
    return strcmp(a, b);
}

static gint
by_node_then_time(gconstpointer a, gconstpointer b)
{
    const LaneRow *x = a;
    const LaneRow *y = b;
    int order = compare_numbered(x->node, y->node);

    if (order != 0)
        return order;
    if (x->from_ms != y->from_ms)
        return x->from_ms < y->from_ms ? -1 : 1;
    return strcmp(x->pod, y->pod);
}

/* Consecutive spans of a pod are one lane. */
static void
gather_lanes(const CsvTable *pods, Layout *layout)
{
    for (guint i = 0; i < csv_rows(pods); i++) {
        const char *pod = str_intern(csv_text(pods, i, "pod"));
        LaneRow *last = layout->lanes->len > 0 ? &g_array_index(layout->lanes, LaneRow, layout->lanes->len - 1) : NULL;

        if (last != NULL && last->pod == pod && last->to_ms == csv_ms(pods, i, "from")) {
            last->to_ms = csv_ms(pods, i, "to");
        } else {
            LaneRow lane = {str_intern(csv_text(pods, i, "node")), pod, csv_ms(pods, i, "from"), csv_ms(pods, i, "to"), layout->lanes->len, 0};
            g_array_append_val(layout->lanes, lane);
        }
        layout->lane_ids[i] = layout->lanes->len - 1;
    }
}

/* One row per pod, node by node; when there are many, a pod takes the row of one of its node that has ended. */
static Layout
lay_out(const CsvTable *pods)
{
    Layout layout = {.lanes = g_array_new(FALSE, TRUE, sizeof(LaneRow)), .lane_ids = g_new0(guint, csv_rows(pods) + 1)};
    g_autoptr(GArray) row_ends = g_array_new(FALSE, FALSE, sizeof(gint64)); /* rows of the present node */
    guint first_row = 0;
    guint next = 0;

    gather_lanes(pods, &layout);
    g_array_sort(layout.lanes, by_node_then_time);
    layout.rows = g_new0(guint, layout.lanes->len + 1);
    for (guint i = 0; i < layout.lanes->len; i++) {
        LaneRow *lane = &g_array_index(layout.lanes, LaneRow, i);
        guint k = 0;

        if (i > 0 && g_array_index(layout.lanes, LaneRow, i - 1).node != lane->node) {
            g_array_set_size(row_ends, 0);
            first_row = next;
        }
        while (k < row_ends->len && (layout.lanes->len <= ROWS_UNPACKED || g_array_index(row_ends, gint64, k) > lane->from_ms))
            k++;
        if (k == row_ends->len) {
            g_array_append_val(row_ends, lane->to_ms);
            next++;
        }
        g_array_index(row_ends, gint64, k) = lane->to_ms;
        lane->row = first_row + k;
        layout.rows[lane->id] = lane->row;
    }
    layout.n_rows = MAX(next, 1);
    return layout;
}

static void
lane_boxes(Canvas *canvas, const CsvTable *pods, const Layout *layout)
{
    for (guint s = 0; s < G_N_ELEMENTS(states); s++) {
        g_autofree char *file = g_strdup_printf("lane_%s.dat", states[s].state);
        GString *data = canvas_data(canvas, file);

        for (guint i = 0; i < csv_rows(pods); i++) {
            gint64 from = csv_ms(pods, i, "from");
            double row = (double)layout->rows[layout->lane_ids[i]];

            if (str_is(csv_text(pods, i, "state"), states[s].state))
                g_string_append_printf(data, "%.3f %.3f %.3f %.3f\n", (double)MAX(from, 0) / 1000.0, (double)csv_ms(pods, i, "to") / 1000.0, -row - 0.42, -row + 0.42);
        }
        g_string_append(data, NOTHING);
    }
}

/* A node that is not there, or not yet, has no shade. */
static gboolean
is_dark(const CsvTable *nodes, guint row)
{
    return !str_is(csv_text(nodes, row, "ready"), "True") && !str_is(csv_text(nodes, row, "ready"), "Removed");
}

/* Its kubelet told of a pressure; csv_text of a column that is not there is empty. */
static gboolean
is_pressed(const CsvTable *nodes, guint row)
{
    return !str_is_empty(csv_text(nodes, row, "pressure")) && !is_dark(nodes, row) && !str_is(csv_text(nodes, row, "ready"), "Removed");
}

/* The times in which @holds of a node, as boxes over its rows. */
static void
node_shade(GString *data, const CsvTable *nodes, const char *node, gboolean (*holds)(const CsvTable *, guint), gint64 end_ms, double low, double high)
{
    gint64 since = -1;

    for (guint k = 0; nodes != NULL && k <= csv_rows(nodes); k++) {
        gboolean is_end = k == csv_rows(nodes);
        gint64 t = is_end ? end_ms : csv_ms(nodes, k, "t");

        if (!is_end && !str_is(csv_text(nodes, k, "node"), node))
            continue;
        if (since >= 0 && (is_end || !holds(nodes, k))) {
            g_string_append_printf(data, "%.3f %.3f %.3f %.3f\n", (double)since / 1000.0, (double)t / 1000.0, low, high);
            since = -1;
        } else if (since < 0 && !is_end && holds(nodes, k)) {
            since = MAX(t, 0);
        }
    }
}

#define NODE_NAME_MAX 16 /* characters that fit to the left of the lanes */
#define NODE_PART 14     /* of a longer name */

/* Do names that are too long differ in their beginnings (ip-10-0-1-7.internal), or rather in their ends (pool-west-1)? */
static gboolean
have_own_beginnings(const GArray *lanes)
{
    g_autoptr(GHashTable) beginnings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) nodes = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < lanes->len; i++) {
        const char *node = g_array_index(lanes, LaneRow, i).node;

        if (strlen(node) > NODE_NAME_MAX && g_hash_table_add(nodes, (gpointer)node) && !g_hash_table_add(beginnings, g_strndup(node, NODE_PART)))
            return FALSE;
    }
    return TRUE;
}

static void
quote_node(GString *data, const char *node, gboolean shows_end)
{
    if (shows_end && strlen(node) > NODE_NAME_MAX)
        canvas_quote_end(data, node, NODE_PART);
    else
        canvas_quote(data, node, strlen(node) > NODE_NAME_MAX ? NODE_PART : NODE_NAME_MAX);
}

/* Node names at the left, a line between nodes, and the times in which a node was not Ready or short of something as shades. */
static void
node_bands(Canvas *canvas, const GArray *lanes, const CsvTable *nodes, const PlotRun *run)
{
    GString *labels = canvas_data(canvas, "nodes.dat");
    GString *names = canvas_data(canvas, "podnames.dat");
    GString *before = canvas_data(canvas, "podnames_right.dat");
    GString *lines = canvas_data(canvas, "nodelines.dat");
    GString *dark = canvas_data(canvas, "notready.dat");
    GString *pressed = canvas_data(canvas, "pressed.dat");
    gboolean shows_ends = !have_own_beginnings(lanes);

    for (guint i = 0; i < lanes->len;) {
        const LaneRow *first = &g_array_index(lanes, LaneRow, i);
        guint low = first->row;
        guint high = first->row;

        for (; i < lanes->len && g_array_index(lanes, LaneRow, i).node == first->node; i++) {
            low = MIN(low, g_array_index(lanes, LaneRow, i).row);
            high = MAX(high, g_array_index(lanes, LaneRow, i).row);
        }
        g_string_append_printf(labels, "0 %.3f ", -((double)low + (double)high) / 2);
        quote_node(labels, first->node[0] != '\0' ? first->node : "no node", shows_ends);
        g_string_append_c(labels, '\n');
        g_string_append_printf(lines, "0 %.3f %.3f\n", -(double)high - 0.5, (double)run->end_ms / 1000.0);
        node_shade(dark, nodes, first->node, is_dark, run->end_ms, -(double)high - 0.5, -(double)low + 0.5);
        node_shade(pressed, nodes, first->node, is_pressed, run->end_ms, -(double)high - 0.5, -(double)low + 0.5);
    }
    for (guint i = 0; i < lanes->len && lanes->len <= ROWS_UNPACKED; i++) {
        const LaneRow *lane = &g_array_index(lanes, LaneRow, i);

        GString *side = lane->from_ms * 100 > run->end_ms * 85 ? before : names; /* there it would leave the picture */

        g_string_append_printf(side, "%.3f %.3f ", (double)MAX(lane->from_ms, 0) / 1000.0, -(double)lane->row);
        canvas_quote(side, lane->pod, 30);
        g_string_append_c(side, '\n');
    }
    g_string_append(names, "-1e9 -1e9 \"\"\n");
    g_string_append(before, "-1e9 -1e9 \"\"\n");
    g_string_append(dark, NOTHING);
    g_string_append(pressed, NOTHING);
    g_string_append(lines, "-1e9 -1e9 0\n");
}

static void
draw_lanes(Canvas *canvas, guint rows, double top, double bottom, gboolean is_last)
{
    gboolean is_dark_seen = strlen(canvas_data(canvas, "notready.dat")->str) > strlen(NOTHING);
    gboolean is_pressed_seen = strlen(canvas_data(canvas, "pressed.dat")->str) > strlen(NOTHING);
    int name_size = (top - bottom) * canvas_height(canvas) > 28.0 * rows ? 13 : 11;

    canvas_panel(canvas, top, bottom, "", is_last);
    canvas_script(canvas, "unset ytics\nset grid noytics\nset yrange [%.2f:0.6]\nset key " CANVAS_KEY_ABOVE "\nset style textbox 1 opaque fillcolor rgb '#58FFFFFF' noborder margins 0.5,0.2\nplot ", -(double)rows + 0.4, top + 0.004);
    canvas_script(canvas, "'notready.dat' using 1:3:1:2:3:4 with boxxyerror lc rgb '#FBE3D6' %s", is_dark_seen ? "title 'node not ready'" : "notitle");
    canvas_script(canvas, ", 'pressed.dat' using 1:3:1:2:3:4 with boxxyerror lc rgb '#DDD6F3' %s", is_pressed_seen ? "title 'node under pressure'" : "notitle");
    for (guint s = 0; s < G_N_ELEMENTS(states); s++) {
        g_autofree char *file = g_strdup_printf("lane_%s.dat", states[s].state);
        gboolean is_seen = strlen(canvas_data(canvas, file)->str) > strlen(NOTHING); /* no legend for what never was */

        canvas_script(canvas, ", '%s' using 1:3:1:2:3:4 with boxxyerror lc rgb '%s' %s%s%s", file, states[s].color, is_seen ? "title '" : "notitle", is_seen ? states[s].title : "", is_seen ? "'" : "");
    }
    canvas_script(canvas, ", 'nodelines.dat' using 1:2:3:(0) with vectors nohead lc rgb '#999999' notitle, 'nodes.dat' using 1:2:3 with labels right offset -1,0 font ',15' noenhanced notitle, 'podnames.dat' using 1:2:3 with labels left offset 0.8,0 boxed bs 1 font ',%d' tc rgb 'black' noenhanced notitle, 'podnames_right.dat' using 1:2:3 with labels right offset -0.6,0 font ',%d' tc rgb 'black' noenhanced notitle", name_size, name_size);
    canvas_script(canvas, "\nunset key\n");
}

static gboolean
has_deployment(const CsvTable *objects)
{
    for (guint i = 0; i < csv_rows(objects); i++)
        if (str_is(csv_text(objects, i, "kind"), "Deployment"))
            return TRUE;
    return FALSE;
}

static void
draw_replicas(Canvas *canvas, const CsvTable *objects, const PlotRun *run, double top, double bottom, gboolean is_last)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    gint64 most = 1;

    for (guint i = 0; i < csv_rows(objects) && names->len < MAX_DEPLOYMENTS; i++) {
        const char *name = str_intern(csv_text(objects, i, "name"));
        if (str_is(csv_text(objects, i, "kind"), "Deployment") && !g_ptr_array_find(names, name, NULL))
            g_ptr_array_add(names, (gpointer)name);
    }
    for (guint n = 0; n < names->len; n++) {
        g_autofree char *file = g_strdup_printf("replicas%u.dat", n);
        GString *data = canvas_data(canvas, file);
        gint64 wanted = 0;
        gint64 available = 0;

        g_string_append(data, "t wanted "); /* the name of the line stands in the file: no user text in the script */
        canvas_quote(data, g_ptr_array_index(names, n), 24);
        g_string_append(data, "\n0 0 0\n");
        for (guint i = 0; i < csv_rows(objects); i++) {
            gboolean is_removed = csv_int(objects, i, "removed") != 0;

            if (!str_is(csv_text(objects, i, "kind"), "Deployment") || !str_is(csv_text(objects, i, "name"), g_ptr_array_index(names, n)))
                continue;
            wanted = is_removed ? 0 : csv_int(objects, i, "desired");
            available = is_removed ? 0 : csv_int(objects, i, "available");
            most = MAX(most, MAX(wanted, available));
            g_string_append_printf(data, "%.3f %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", (double)MAX(csv_ms(objects, i, "t"), 0) / 1000.0, wanted, available);
        }
        g_string_append_printf(data, "%.3f %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", (double)run->end_ms / 1000.0, wanted, available);
    }
    canvas_panel(canvas, top, bottom, "pods", is_last);
    canvas_script(canvas, "set yrange [0:%.2f]\nset ytics %d\nset key " CANVAS_KEY_INSIDE "\nplot ", (double)most * 1.5, canvas_step(most));
    for (guint n = 0; n < names->len; n++)
        /* the first lines are the widest: where lines lie on each other all are seen */
        canvas_script(canvas, "'replicas%u.dat' using 1:2 with steps lw 2 dt 2 lc rgb '%s' %s, '' using 1:3 with steps lw %u lc rgb '%s' title columnheader(3)%s", n, line_colors[n], n == 0 ? "title 'wanted'" : "notitle", 4 + 3 * MIN(names->len - 1 - n, 3), line_colors[n], n + 1 < names->len ? ", " : "");
    canvas_script(canvas, "\nunset key\n");
}

static PlotResult
draw(const char *directory, char **out_message)
{
    g_autoptr(CsvTable) pods = csv_read(directory, "pods.csv");
    g_autoptr(CsvTable) nodes = csv_read(directory, "nodes.csv");
    g_autoptr(CsvTable) objects = csv_read(directory, "objects.csv");
    g_autoptr(CsvTable) traffic = csv_read(directory, "traffic.csv");
    g_auto(Layout) layout = {0};
    g_autoptr(Canvas) canvas = NULL;
    g_auto(PlotRun) run = {0};
    gboolean has_traffic = traffic != NULL && csv_rows(traffic) > 0;
    gboolean has_replicas;
    double lanes_bottom;

    if (pods == NULL || csv_rows(pods) == 0 || objects == NULL || !plot_run_read(directory, &run))
        return PLOT_NO_DATA;
    layout = lay_out(pods);
    has_replicas = has_deployment(objects);
    lanes_bottom = has_traffic ? (has_replicas ? 0.52 : 0.405) : (has_replicas ? 0.30 : 0.075);
    canvas = canvas_new(directory, "timeline", 1600, has_traffic ? 1200 : 900);
    canvas_begin(canvas, run.name, run.description, run.end_ms);
    lane_boxes(canvas, pods, &layout);
    node_bands(canvas, layout.lanes, nodes, &run);
    draw_lanes(canvas, layout.n_rows, has_traffic ? 0.815 : 0.76, lanes_bottom, !has_replicas && !has_traffic);
    if (has_replicas)
        draw_replicas(canvas, objects, &run, lanes_bottom - 0.025, has_traffic ? 0.405 : 0.075, !has_traffic);
    if (has_traffic) {
        plot_requests(canvas, traffic, NULL, "", run.end_ms, 0.385, 0.19, FALSE);
        plot_latency(canvas, traffic, NULL, "", run.end_ms, 0.168, 0.062, TRUE);
    }
    return canvas_draw(canvas, out_message);
}

const PlotDef timeline_plot = {"timeline", draw};
