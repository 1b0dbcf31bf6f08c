/* canvas.c - see canvas.h */

#include "report/plots/canvas.h"

#include "base/duration.h"
#include "base/intern.h"
#include "report/csv.h"

#include <errno.h>
#include <glib/gstdio.h>

#define LEFT 0.115
#define RIGHT 0.97
#define MARK_ROWS 4
#define MARK_CHARS 40

struct Canvas {
    char *directory, *kind; /* (owned) */
    guint width, height;
    gint64 end_ms;
    GString *script;
    GHashTable *data; /* name -> GString */
    GArray *marks;    /* of double: seconds */
};

static void
free_text(gpointer text)
{
    g_string_free(text, TRUE);
}

Canvas *
canvas_new(const char *directory, const char *kind, guint width, guint height)
{
    Canvas *canvas = g_new0(Canvas, 1);

    canvas->directory = g_strdup(directory);
    canvas->kind = g_strdup(kind);
    canvas->width = width;
    canvas->height = height;
    canvas->script = g_string_new(NULL);
    canvas->marks = g_array_new(FALSE, FALSE, sizeof(double));
    canvas->data = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_text);
    return canvas;
}

void
canvas_free(Canvas *canvas)
{
    if (canvas == NULL)
        return;
    g_free(canvas->directory);
    g_free(canvas->kind);
    g_array_unref(canvas->marks);
    g_string_free(canvas->script, TRUE);
    g_hash_table_unref(canvas->data);
    g_free(canvas);
}

void
canvas_script(Canvas *canvas, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_string_append_vprintf(canvas->script, format, args);
    va_end(args);
}

GString *
canvas_data(Canvas *canvas, const char *name)
{
    GString *text = g_hash_table_lookup(canvas->data, name);

    if (text == NULL) {
        text = g_string_new(NULL);
        g_hash_table_insert(canvas->data, g_strdup(name), text);
    }
    return text;
}

void
canvas_quote(GString *data, const char *text, guint max_chars)
{
    guint count = 0;

    g_string_append_c(data, '"');
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        if (count++ == max_chars) {
            g_string_append(data, "…");
            break;
        }
        if (*p == '"' || *p == '\\' || (guchar)*p < ' ')
            g_string_append_c(data, *p == '"' ? '\'' : ' ');
        else
            g_string_append_len(data, p, g_utf8_next_char(p) - p);
    }
    g_string_append_c(data, '"');
}

/* Commands that only look change nothing: no mark for them. */
static gboolean
is_mark(const CsvTable *marks, guint row)
{
    const char *text = csv_text(marks, row, "text");
    static const char *const looks[] = {"kubectl get", "kubectl describe", "kubectl logs", "kubectl rollout status", "kubectl rollout history", "kubectl events", "kubectl top", "kubectl wait"};

    if (str_is(csv_text(marks, row, "type"), "other"))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(looks); i++)
        if (g_str_has_prefix(text, looks[i]))
            return FALSE;
    return TRUE;
}

/* Texts of the marks in up to MARK_ROWS rows, so that none covers another: one too many keeps its line only. */
static void
lay_out_marks(Canvas *canvas, const CsvTable *marks)
{
    GString *lines = canvas_data(canvas, "marks.dat");
    GString *texts = canvas_data(canvas, "marktexts.dat");
    GString *right = canvas_data(canvas, "marktexts_right.dat");
    double free_from[MARK_ROWS] = {0};
    double plot_px = (RIGHT - LEFT) * canvas->width;

    for (guint i = 0; marks != NULL && i < csv_rows(marks); i++) {
        gint64 ms = csv_ms(marks, i, "t");
        const char *text = csv_text(marks, i, "text");
        double x = (double)ms / (double)MAX(canvas->end_ms, 1);
        double width = ((double)MIN(g_utf8_strlen(text, -1), MARK_CHARS) + 2) * 8.6 / plot_px;
        gboolean is_left = x + width > 1.0;
        guint row = 0;

        if (!is_mark(marks, i) || ms < 0 || ms > canvas->end_ms)
            continue;
        while (row < MARK_ROWS && free_from[row] > (is_left ? x - width : x))
            row++;
        g_string_append_printf(lines, "%.3f %d\n", (double)ms / 1000.0, str_is(csv_text(marks, i, "type"), "fault"));
        if (row < MARK_ROWS) {
            free_from[row] = is_left ? x : x + width;
            g_string_append_printf(is_left ? right : texts, "%.3f %u ", (double)ms / 1000.0, row + 1);
            canvas_quote(is_left ? right : texts, text, MARK_CHARS);
            g_string_append_c(is_left ? right : texts, '\n');
        }
        {
            double at = (double)ms / 1000.0;
            g_array_append_val(canvas->marks, at);
        }
    }
    g_string_append(texts, "-1e9 0 \"\"\n"); /* gnuplot wants at least one row */
    g_string_append(right, "-1e9 0 \"\"\n");
    g_string_append(lines, "-1e9 0\n");
}

static void
append_tics(Canvas *canvas, gboolean with_labels)
{
    static const gint64 steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400};
    gint64 end_s = MAX(canvas->end_ms / 1000, 1);
    gint64 step = steps[0];

    for (guint i = 0; i < G_N_ELEMENTS(steps) && end_s / step > 12; i++)
        step = steps[i];
    canvas_script(canvas, "set xtics (");
    for (gint64 t = 0; t <= end_s; t += step) {
        g_autofree char *label = duration_format_clock(t * NS_PER_S, 0);
        canvas_script(canvas, "%s'%s' %" G_GINT64_FORMAT, t > 0 ? ", " : "", with_labels ? label : "", t);
    }
    canvas_script(canvas, ") nomirror\n");
}

void
canvas_begin(Canvas *canvas, const char *title, const char *subtitle, gint64 end_ms)
{
    g_autoptr(CsvTable) marks = csv_read(canvas->directory, "marks.csv");
    GString *head = canvas_data(canvas, "title.dat");
    GString *sub = canvas_data(canvas, "subtitle.dat");
    double strip = 96.0 / canvas->height;

    canvas->end_ms = end_ms;
    g_string_append(head, "0 0.86 ");
    canvas_quote(head, title, 100);
    g_string_append(sub, "0 0.64 ");
    canvas_quote(sub, subtitle, 130);
    lay_out_marks(canvas, marks);
    canvas_script(canvas, "set encoding utf8\nset multiplot\nset clip one\nset clip two\nset style fill solid noborder\nset border 3 lc rgb '#666666'\nunset key\n");
    canvas_script(canvas, "set lmargin at screen %.4f\nset rmargin at screen %.4f\n", LEFT, RIGHT);
    canvas_script(canvas, "set xrange [0:%.3f]\n", (double)MAX(end_ms, 1) / 1000.0);
    /* title strip: a panel without axes whose labels come from files */
    canvas_script(canvas, "set tmargin at screen 1.0\nset bmargin at screen %.4f\nunset border\nunset tics\nset yrange [0:1]\n", 1.0 - strip * 1.9);
    canvas_script(canvas, "plot 'title.dat' using 1:2:3 with labels left font ',22' noenhanced, 'subtitle.dat' using 1:2:3 with labels left font ',14' tc rgb '#444444' noenhanced, "
                          "'marktexts.dat' using 1:($2*0.115):(stringcolumn(3)) with labels left offset 0.4,0 font ',13' tc rgb '%s' noenhanced, "
                          "'marktexts_right.dat' using 1:($2*0.115):(stringcolumn(3)) with labels right offset -0.4,0 font ',13' tc rgb '%s' noenhanced, "
                          "'marks.dat' using 1:(0):(0):(0.115*%d) with vectors nohead lc rgb '%s' lw 2\n",
                  COLOR_RED, COLOR_RED, 1, COLOR_RED);
    canvas_script(canvas, "set border 3 lc rgb '#666666'\n");
}

void
canvas_panel(Canvas *canvas, double top, double bottom, const char *ylabel, gboolean is_last)
{
    canvas_script(canvas, "set tmargin at screen %.4f\nset bmargin at screen %.4f\nset ylabel '%s' offset 0.5,0\nset ytics autofreq nomirror\nset yrange [*:*]\nunset logscale y\nset grid xtics ytics lc rgb '#dddddd' lt 1\n", top, bottom, ylabel);
    append_tics(canvas, is_last);
    for (guint i = 0; i < canvas->marks->len; i++) {
        double at = g_array_index(canvas->marks, double, i);
        canvas_script(canvas, "set arrow %u from %.3f, graph 0 to %.3f, graph 1 nohead front dt 2 lw 2 lc rgb '%s'\n", i + 1, at, at, COLOR_RED);
    }
    canvas_script(canvas, "%s\n", is_last ? "set xlabel 'time (minutes:seconds)'" : "unset xlabel");
}

/* --- drawing ------------------------------------------------------------------------------- */

static void
remove_directory(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_unlink(file);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_rmdir(path);
}

static gboolean
write_data(Canvas *canvas, const char *private_dir)
{
    GHashTableIter iter;
    gpointer name, text;

    g_hash_table_iter_init(&iter, canvas->data); /* order does not matter: each file by itself */
    while (g_hash_table_iter_next(&iter, &name, &text)) {
        g_autofree char *path = g_build_filename(private_dir, name, NULL);
        if (!g_file_set_contents(path, ((GString *)text)->str, -1, NULL))
            return FALSE;
    }
    return TRUE;
}

static PlotResult
run_gnuplot(Canvas *canvas, const char *private_dir, const char *format, char **out_message)
{
    g_autofree char *script = NULL;
    g_autofree char *path = g_build_filename(private_dir, "plot.gp", NULL);
    g_autofree char *err = NULL;
    g_autoptr(GError) error = NULL;
    gchar *argv[] = {(gchar *)"gnuplot", (gchar *)"plot.gp", NULL};
    gint status = 0;

    script = g_strdup_printf("set terminal %s size %u,%u font 'DejaVu Sans,13' background rgb 'white'%s\nset output 'out.%s'\n%sunset multiplot\nset output\n", str_is(format, "png") ? "pngcairo noenhanced" : "svg noenhanced", canvas->width, canvas->height, str_is(format, "png") ? "" : " dynamic", format, canvas->script->str);
    if (!g_file_set_contents(path, script, -1, NULL))
        return PLOT_FAILED;
    if (!g_spawn_sync(private_dir, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &err, &status, &error)) {
        if (g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
            return PLOT_NO_GNUPLOT;
        *out_message = g_strdup(error->message);
        return PLOT_FAILED;
    }
    if (!g_spawn_check_wait_status(status, NULL)) {
        *out_message = g_strdup_printf("gnuplot: %s", err);
        return PLOT_FAILED;
    }
    return PLOT_DONE;
}

PlotResult
canvas_draw(Canvas *canvas, char **out_message)
{
    static const char *const formats[] = {"svg", "png"};
    g_autofree char *template_ = g_build_filename(canvas->directory, ".plot-XXXXXX", NULL);
    PlotResult result = PLOT_DONE;

    if (g_mkdtemp(template_) == NULL) {
        *out_message = g_strdup_printf("%s: %s", canvas->directory, g_strerror(errno));
        return PLOT_FAILED;
    }
    if (!write_data(canvas, template_))
        result = PLOT_FAILED;
    for (guint i = 0; i < G_N_ELEMENTS(formats) && result == PLOT_DONE; i++)
        result = run_gnuplot(canvas, template_, formats[i], out_message);
    for (guint i = 0; i < G_N_ELEMENTS(formats) && result == PLOT_DONE; i++) { /* both, or none */
        g_autofree char *out = g_strdup_printf("%s/out.%s", template_, formats[i]);
        g_autofree char *final_path = g_strdup_printf("%s/%s.%s", canvas->directory, canvas->kind, formats[i]);

        if (g_rename(out, final_path) != 0) {
            *out_message = g_strdup_printf("%s: %s", final_path, g_strerror(errno));
            result = PLOT_FAILED;
        }
    }
    remove_directory(template_);
    return result;
}

gboolean
plot_run_read(const char *directory, PlotRun *out_run)
{
    g_autofree char *path = g_build_filename(directory, "run.json", NULL);
    g_autofree char *text = NULL;
    gsize length;
    g_autoptr(Value) run = NULL;
    gint64 ns = 0;
    g_autofree char *end = NULL;

    if (!g_file_get_contents(path, &text, &length, NULL))
        return FALSE;
    run = value_read_json(text, length, NULL);
    if (run == NULL || value_get(run, "end") == NULL)
        return FALSE;
    end = g_strdup_printf("%ss", value_get(run, "end")->text);
    duration_parse(end, &ns);
    out_run->name = g_strdup(value_get_string(run, "name", ""));
    out_run->description = g_strdup(value_get_string(run, "description", ""));
    out_run->end_ms = ns / NS_PER_MS;
    return TRUE;
}

void
plot_run_clear(PlotRun *run)
{
    g_free(run->name);
    g_free(run->description);
}
