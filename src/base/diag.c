/* diag.c - see diag.h */

#include "base/diag.h"

#include <string.h>

typedef struct {
    DiagLevel level;
    SourcePos pos;
    char *text; /* (owned) the whole line, without newline */
} DiagEntry;

struct Diag {
    GPtrArray *entries; /* (owned) of DiagEntry, in the order added */
    GHashTable *seen;   /* (owned) lines (borrowed from entries): an equal one is no further mistake */
    guint counts[DIAG_WARNING + 1];
};

static void
entry_free(gpointer data)
{
    DiagEntry *entry = data;

    g_free(entry->text);
    g_free(entry);
}

Diag *
diag_new(void)
{
    Diag *diag = g_new0(Diag, 1);

    diag->entries = g_ptr_array_new_with_free_func(entry_free);
    diag->seen = g_hash_table_new(g_str_hash, g_str_equal);
    return diag;
}

void
diag_free(Diag *diag)
{
    if (diag == NULL)
        return;
    g_hash_table_unref(diag->seen);
    g_ptr_array_unref(diag->entries);
    g_free(diag);
}

/* What is known of the position, then what it is about. */
static void
append_prefix(GString *line, DiagLevel level, SourcePos pos, const char *path)
{
    if (pos.file != NULL) {
        g_string_append(line, pos.file);
        if (pos.line > 0)
            g_string_append_printf(line, ":%u", pos.line);
        if (pos.line > 0 && pos.column > 0)
            g_string_append_printf(line, ":%u", pos.column);
        g_string_append(line, ": ");
    }
    if (level == DIAG_WARNING)
        g_string_append(line, "warning: ");
    if (path != NULL && path[0] != '\0')
        g_string_append_printf(line, "%s: ", path);
}

void
diag_add(Diag *diag, DiagLevel level, SourcePos pos, const char *path, const char *format, ...)
{
    GString *line = g_string_new(NULL);
    DiagEntry *entry = g_new0(DiagEntry, 1);
    va_list args;

    append_prefix(line, level, pos, path);
    va_start(args, format);
    g_string_append_vprintf(line, format, args);
    va_end(args);

    for (gsize i = 0; i < line->len; i++) /* one line each, whatever the user wrote */
        if (g_ascii_iscntrl(line->str[i]))
            line->str[i] = ' ';
    entry->level = level;
    entry->pos = pos;
    entry->text = g_string_free(line, FALSE);
    if (!g_hash_table_add(diag->seen, entry->text)) {
        entry_free(entry);
        return;
    }
    g_ptr_array_add(diag->entries, entry);
    diag->counts[level]++;
}

guint
diag_count_errors(const Diag *diag)
{
    return diag->counts[DIAG_ERROR];
}

guint
diag_count_warnings(const Diag *diag)
{
    return diag->counts[DIAG_WARNING];
}

static int
compare_entries(gconstpointer left, gconstpointer right)
{
    const DiagEntry *a = *(const DiagEntry *const *)left;
    const DiagEntry *b = *(const DiagEntry *const *)right;
    int order = g_strcmp0(a->pos.file, b->pos.file);

    if (order == 0)
        order = (a->pos.line > b->pos.line) - (a->pos.line < b->pos.line);
    if (order == 0)
        order = (a->pos.column > b->pos.column) - (a->pos.column < b->pos.column);
    return order;
}

char *
diag_format(const Diag *diag)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(diag->entries->len);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < diag->entries->len; i++)
        g_ptr_array_add(sorted, g_ptr_array_index(diag->entries, i));
    g_ptr_array_sort(sorted, compare_entries);

    for (guint i = 0; i < sorted->len; i++) {
        const DiagEntry *entry = g_ptr_array_index(sorted, i);
        g_string_append(out, entry->text);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

/*
 * Insertions, deletions, replacements and swaps of neighbours (optimal string alignment), three
 * rows at a time; texts here are names of a few dozen bytes.
 */
static gsize
edit_distance(const char *from, const char *to)
{
    gsize n = strlen(to) + 1;
    g_autofree gsize *cells = g_new0(gsize, 3 * n);
    gsize *before = cells;
    gsize *last = cells + n;
    gsize *row = cells + 2 * n;

    for (gsize j = 0; j < n; j++)
        row[j] = j;
    for (gsize i = 0; from[i] != '\0'; i++) {
        gsize *reused = before;

        before = last;
        last = row;
        row = reused;
        row[0] = i + 1;
        for (gsize j = 0; j + 1 < n; j++) {
            row[j + 1] = MIN(last[j] + (from[i] != to[j]), MIN(last[j + 1], row[j]) + 1);
            if (i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j])
                row[j + 1] = MIN(row[j + 1], before[j - 1] + 1);
        }
    }
    return row[n - 1];
}

const char *
diag_nearest(const char *name, const char *const *candidates)
{
    const char *nearest = NULL;
    gsize best = 1 + strlen(name) / 4 + 1;

    for (; *candidates != NULL; candidates++) {
        gsize distance = edit_distance(name, *candidates);
        if (distance < best) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
