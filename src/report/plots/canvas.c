/* canvas.c - see canvas.h */

#include "report/plots/canvas.h"

#include "base/duration.h"
#include "base/intern.h"
#include "report/csv.h"

#include <errno.h>
#include <glib/gstdio.h>

#define LEFT 0.115
#define RIGHT 0.97
#define MARK_ROWS 5
#define MARK_ROW_HEIGHT 0.115 /* of the title strip */
#define MARK_CHAR_PX 9.4
#define COLOR_FAULT 0xD55E00   /* COLOR_RED: what broke */
#define COLOR_COMMAND 0x222222 /* COLOR_BLACK: what somebody did */

/* A line through all panels, and its text above them. */
typedef struct {
    double at_s;
    const char *text; /* interned */
    gboolean is_fault, is_left;
    guint chars, row; /* row 0: no text */
    double from, to;  /* parts of the width that the text takes */
} Mark;

struct Canvas {
    char *directory, *kind; /* (owned) */
    guint width, height;
    gint64 end_ms;
    GString *script;
    GHashTable *data; /* name -> GString */
    GArray *marks;    /* of Mark, by time */
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
    canvas->marks = g_array_new(FALSE, TRUE, sizeof(Mark));
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

guint
canvas_height(const Canvas *canvas)
{
    return canvas->height;
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

void
canvas_quote_end(GString *data, const char *text, guint max_chars)
{
    glong length = g_utf8_strlen(text, -1);
    g_autofree char *end = length <= (glong)max_chars ? g_strdup(text) : g_strconcat("…", g_utf8_offset_to_pointer(text, length - (glong)max_chars), NULL);

    canvas_quote(data, end, max_chars + 1);
}

int
canvas_step(gint64 most)
{
    static const int steps[] = {1, 2, 5};
    int power = 1;

    while (TRUE) {
        for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
            if (most <= 4 * (gint64)steps[i] * power || power >= 100000000)
                return steps[i] * power;
        power *= 10;
    }
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

/* Room for @chars of the marks' font, as a part of the plot's width. */
static double
text_width(const Canvas *canvas, double chars)
{
    return chars * MARK_CHAR_PX / ((RIGHT - LEFT) * canvas->width);
}

/* On the side of its line that @is_left says, cut to what fits. */
static void
place_text_at(const Canvas *canvas, Mark *mark, double x, guint max_chars, gboolean is_left)
{
    double room_right = (1.0 + (1.0 - RIGHT) - x) / text_width(canvas, 1) - 1;
    double room_left = x / text_width(canvas, 1) - 1;
    guint wanted = (guint)MIN(g_utf8_strlen(mark->text, -1), max_chars);

    mark->is_left = is_left;
    mark->chars = MIN(wanted, (guint)MAX(mark->is_left ? room_left : room_right, 1));
    mark->from = mark->is_left ? x - text_width(canvas, mark->chars + 1) : x;
    mark->to = mark->is_left ? x : x + text_width(canvas, mark->chars + 1);
}

static double
mark_x(const Canvas *canvas, const Mark *mark)
{
    return mark->at_s * 1000.0 / (double)MAX(canvas->end_ms, 1);
}

/* @mark stands above the rows of the marks @from .. @until that its text would meet, or whose lines it would cross. */
static void
find_row(const Canvas *canvas, Mark *mark, guint from, guint until, gboolean with_left)
{
    mark->row = 1;
    for (guint k = from; k < until; k++) {
        const Mark *other = &g_array_index(canvas->marks, Mark, k);
        double x = mark_x(canvas, other);
        gboolean meets = mark->from <= other->to && other->from <= mark->to;

        if (other->row > 0 && (with_left || !other->is_left) && (meets || (mark->from < x && x < mark->to)))
            mark->row = MAX(mark->row, other->row + 1);
    }
    if (mark->row > MARK_ROWS)
        mark->row = 0;
}

/*
 * Right of the line, but left of it where it would not fit, or would be crossed by the line of a later one that lies left.
 */
static void
place_text(const Canvas *canvas, guint index, guint max_chars)
{
    Mark *mark = &g_array_index(canvas->marks, Mark, index);
    double x = mark_x(canvas, mark);
    guint wanted = (guint)MIN(g_utf8_strlen(mark->text, -1), max_chars);

    place_text_at(canvas, mark, x, max_chars, FALSE);
    if (mark->chars < wanted && x > 0.5)
        place_text_at(canvas, mark, x, max_chars, TRUE);
    for (guint k = index + 1; k < canvas->marks->len && x > 0.5 && !mark->is_left; k++) {
        const Mark *later = &g_array_index(canvas->marks, Mark, k);

        if (later->is_left && mark_x(canvas, later) < mark->to)
            place_text_at(canvas, mark, x, max_chars, TRUE);
    }
}

/*
 * Rows from the bottom. Of the texts that lie right of their lines an earlier one stands above the later ones that it would
 * meet, of those left of theirs a later one above the earlier ones: so no line to a text crosses another text. Returns: how
 * many found no row; they keep their line only.
 */
static guint
stack_texts(Canvas *canvas, guint max_chars)
{
    guint count = canvas->marks->len;
    guint without = 0;

    for (guint i = count; i > 0; i--) {
        g_array_index(canvas->marks, Mark, i - 1).row = 0;
        place_text(canvas, i - 1, max_chars);
    }
    for (guint i = count; i > 0; i--) {
        Mark *mark = &g_array_index(canvas->marks, Mark, i - 1);

        if (!mark->is_left)
            find_row(canvas, mark, i, count, FALSE);
    }
    for (guint i = 0; i < count; i++) {
        Mark *mark = &g_array_index(canvas->marks, Mark, i);

        if (mark->is_left)
            find_row(canvas, mark, 0, i, TRUE);
        without += mark->row == 0;
    }
    return without;
}

/* @mark's text meets no other text of its row, and no line to a text that stands as high or higher crosses it. */
static gboolean
is_free(const Canvas *canvas, const Mark *mark)
{
    for (guint i = 0; i < canvas->marks->len; i++) {
        const Mark *other = &g_array_index(canvas->marks, Mark, i);
        double x = mark_x(canvas, other);

        if (other->at_s == mark->at_s && other->text == mark->text)
            continue;
        if (other->row == mark->row && mark->from <= other->to && other->from <= mark->to)
            return FALSE;
        if (other->row >= mark->row && mark->from < x && x < mark->to)
            return FALSE;
    }
    return TRUE;
}

/* Texts were cut for all to find a row: where there is room after all, they are whole again, or longer. */
static void
lengthen_texts(Canvas *canvas, guint max_chars)
{
    for (guint i = 0; i < canvas->marks->len; i++) {
        Mark *mark = &g_array_index(canvas->marks, Mark, i);
        const Mark before = *mark;

        for (guint chars = max_chars; mark->row > 0 && chars > before.chars; chars--) {
            place_text_at(canvas, mark, mark_x(canvas, mark), chars, before.is_left);
            if (mark->chars > before.chars && is_free(canvas, mark))
                break;
            *mark = before;
        }
    }
}

/* What a mark says: without "kubectl" and the folders of files. (interned) */
static const char *
mark_text(const char *text)
{
    const char *file;
    const char *base;

    if (g_str_has_prefix(text, "kubectl "))
        text += strlen("kubectl ");
    file = strstr(text, " -f ");
    base = file != NULL ? file + strlen(" -f ") : NULL;
    for (const char *p = base; p != NULL && *p != '\0' && *p != ' '; p++)
        if (*p == '/' && p[1] != '\0' && p[1] != ' ')
            base = p + 1;
    return file != NULL ? str_internf("%.*s -f %s", (int)(file - text), text, base) : str_intern(text);
}

static void
lay_out_marks(Canvas *canvas, const CsvTable *marks)
{
    static const guint chars[] = {56, 40, 30, 24};
    GString *lines = canvas_data(canvas, "marks.dat");
    GString *texts[] = {canvas_data(canvas, "marktexts.dat"), canvas_data(canvas, "marktexts_right.dat")};

    for (guint i = 0; marks != NULL && i < csv_rows(marks); i++) {
        Mark mark = {.at_s = (double)csv_ms(marks, i, "t") / 1000.0, .is_fault = g_str_has_prefix(csv_text(marks, i, "type"), "fault")};

        if (!is_mark(marks, i) || mark.at_s < 0 || mark.at_s * 1000.0 > (double)canvas->end_ms)
            continue;
        mark.text = mark_text(csv_text(marks, i, "text"));
        g_array_append_val(canvas->marks, mark);
    }
    for (guint i = 0; i < G_N_ELEMENTS(chars) && stack_texts(canvas, chars[i]) > 0; i++)
        ;
    lengthen_texts(canvas, chars[0]);
    for (guint i = 0; i < canvas->marks->len; i++) {
        const Mark *mark = &g_array_index(canvas->marks, Mark, i);
        int color = mark->is_fault ? COLOR_FAULT : COLOR_COMMAND;

        g_string_append_printf(lines, "%.3f %.3f %d\n", mark->at_s, mark->row > 0 ? (mark->row + 0.35) * MARK_ROW_HEIGHT : 0.35 * MARK_ROW_HEIGHT, color);
        if (mark->row == 0)
            continue;
        g_string_append_printf(texts[mark->is_left], "%.3f %.3f ", mark->at_s, mark->row * MARK_ROW_HEIGHT);
        canvas_quote(texts[mark->is_left], mark->text, mark->chars);
        g_string_append_printf(texts[mark->is_left], " %d\n", color);
    }
    g_string_append(texts[0], "-1e9 0 \"\" 0\n"); /* gnuplot wants at least one row */
    g_string_append(texts[1], "-1e9 0 \"\" 0\n");
    g_string_append(lines, "-1e9 0 0\n");
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
    g_string_append(head, "0 0.90 ");
    canvas_quote(head, title, 100);
    g_string_append(sub, "0 0.73 ");
    canvas_quote(sub, subtitle, 130);
    lay_out_marks(canvas, marks);
    canvas_script(canvas, "set encoding utf8\nset multiplot\nset clip one\nset clip two\nset style fill solid noborder\nset border 3 lc rgb '#666666'\nunset key\n");
    canvas_script(canvas, "set lmargin at screen %.4f\nset rmargin at screen %.4f\n", LEFT, RIGHT);
    canvas_script(canvas, "set xrange [0:%.3f]\n", (double)MAX(end_ms, 1) / 1000.0);
    /* title strip: a panel without axes whose labels come from files */
    canvas_script(canvas, "set tmargin at screen 1.0\nset bmargin at screen %.4f\nunset border\nunset tics\nset yrange [0:1]\n", 1.0 - strip * 1.9);
    canvas_script(canvas, "plot 'title.dat' using 1:2:3 with labels left font ',22' noenhanced, 'subtitle.dat' using 1:2:3 with labels left font ',14' tc rgb '#444444' noenhanced, "
                          "'marktexts.dat' using 1:2:(stringcolumn(3)):4 with labels left offset 0.4,0 font ',13' tc rgb variable noenhanced, "
                          "'marktexts_right.dat' using 1:2:(stringcolumn(3)):4 with labels right offset -0.4,0 font ',13' tc rgb variable noenhanced, "
                          "'marks.dat' using 1:(0):(0):2:3 with vectors nohead lc rgb variable lw 1.5\n");
    canvas_script(canvas, "set border 3 lc rgb '#666666'\n");
}

void
canvas_panel(Canvas *canvas, double top, double bottom, const char *ylabel, gboolean is_last)
{
    canvas_script(canvas, "set tmargin at screen %.4f\nset bmargin at screen %.4f\nset ylabel '%s' offset 0.5,0\nset ytics autofreq nomirror\nset yrange [*:*]\nunset logscale y\nset grid xtics ytics lc rgb '#dddddd' lt 1\n", top, bottom, ylabel);
    append_tics(canvas, is_last);
    for (guint i = 0; i < canvas->marks->len; i++) {
        const Mark *mark = &g_array_index(canvas->marks, Mark, i);
        canvas_script(canvas, "set arrow %u from %.3f, graph 0 to %.3f, graph 1 nohead front dt 2 lw 2 lc rgb '#%06X'\n", i + 1, mark->at_s, mark->at_s, mark->is_fault ? COLOR_FAULT : COLOR_COMMAND);
    }
    if (is_last)
        canvas_script(canvas, "set xlabel 'time (%sminutes:seconds)'\n", canvas->end_ms >= 3600000 ? "hours:" : "");
    else
        canvas_script(canvas, "unset xlabel\n");
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
