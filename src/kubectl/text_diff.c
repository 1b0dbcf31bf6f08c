/*
 * text_diff.c - see text_diff.h
 *
 * The longest common subsequence by dynamic programming: manifests have some
 * hundred lines; equal beginnings and ends are set aside first.
 */

#include "kubectl/text_diff.h"

#include <string.h>

#define CONTEXT 3
/* Beyond this many cells the middle counts as replaced as a whole. */
#define CELLS_MAX (16u << 20)

typedef struct {
    char sign; /* ' ', '-', '+' */
    const char *text;
} DiffLine;

static void
add_line(GArray *lines, char sign, const char *text)
{
    DiffLine line = {sign, text};

    g_array_append_val(lines, line);
}

/* The part between the equal ends. */
static void
diff_middle(GArray *out, char **old, guint n_old, char **new_, guint n_new)
{
    guint width = n_new + 1;
    g_autofree guint *length = NULL;
    guint i = 0;
    guint k = 0;

    if ((guint64)(n_old + 1) * width <= CELLS_MAX) {
        length = g_new0(guint, (gsize)(n_old + 1) * width);
        for (guint a = n_old; a-- > 0;)
            for (guint b = n_new; b-- > 0;)
                length[a * width + b] =
                    strcmp(old[a], new_[b]) == 0
                        ? length[(a + 1) * width + b + 1] + 1
                        : MAX(length[(a + 1) * width + b], length[a * width + b + 1]);
    }
    while (i < n_old && k < n_new && length != NULL) {
        if (strcmp(old[i], new_[k]) == 0) {
            add_line(out, ' ', old[i++]);
            k++;
        } else if (length[(i + 1) * width + k] >= length[i * width + k + 1]) {
            add_line(out, '-', old[i++]);
        } else {
            add_line(out, '+', new_[k++]);
        }
    }
    while (i < n_old)
        add_line(out, '-', old[i++]);
    while (k < n_new)
        add_line(out, '+', new_[k++]);
}

/* Lines @from up to @to, with their head. @old_at, @new_at: lines before them in each text. */
static void
append_hunk(GString *out, const GArray *lines, guint from, guint to, guint old_at, guint new_at)
{
    guint n_old = 0;
    guint n_new = 0;

    for (guint i = from; i < to; i++) {
        char sign = g_array_index(lines, DiffLine, i).sign;

        n_old += sign != '+';
        n_new += sign != '-';
    }
    g_string_append_printf(out, "@@ -%u", n_old > 0 ? old_at + 1 : old_at);
    if (n_old != 1)
        g_string_append_printf(out, ",%u", n_old);
    g_string_append_printf(out, " +%u", n_new > 0 ? new_at + 1 : new_at);
    if (n_new != 1)
        g_string_append_printf(out, ",%u", n_new);
    g_string_append(out, " @@\n");
    for (guint i = from; i < to; i++)
        g_string_append_printf(out, "%c%s\n", g_array_index(lines, DiffLine, i).sign,
                               g_array_index(lines, DiffLine, i).text);
}

static void
append_hunks(GString *out, const GArray *lines)
{
    guint old_at = 0;
    guint new_at = 0;
    guint told = 0; /* lines counted into old_at and new_at */

    for (guint i = 0; i < lines->len; i++) {
        guint from, last;

        if (g_array_index(lines, DiffLine, i).sign == ' ')
            continue;
        from = MAX(i > CONTEXT ? i - CONTEXT : 0, told);
        last = i;
        for (guint k = i; k < lines->len && k <= last + 2 * CONTEXT + 1; k++)
            if (g_array_index(lines, DiffLine, k).sign != ' ')
                last = k;
        guint to = MIN(last + 1 + CONTEXT, lines->len);

        for (; told < from; told++) {
            old_at++;
            new_at++;
        }
        append_hunk(out, lines, from, to, old_at, new_at);
        for (; told < to; told++) {
            old_at += g_array_index(lines, DiffLine, told).sign != '+';
            new_at += g_array_index(lines, DiffLine, told).sign != '-';
        }
        i = to - 1;
    }
}

/* Lines without the empty one behind the last newline. */
static guint
count_lines(char **lines)
{
    guint count = g_strv_length(lines);

    return count > 0 && lines[count - 1][0] == '\0' ? count - 1 : count;
}

char *
text_diff(const char *old, const char *new_)
{
    g_auto(GStrv) old_lines = g_strsplit(old, "\n", -1);
    g_auto(GStrv) new_lines = g_strsplit(new_, "\n", -1);
    guint n_old = count_lines(old_lines);
    guint n_new = count_lines(new_lines);
    guint head = 0;
    guint tail = 0;
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(DiffLine));
    GString *out;

    if (strcmp(old, new_) == 0)
        return NULL;
    while (head < n_old && head < n_new && strcmp(old_lines[head], new_lines[head]) == 0)
        add_line(lines, ' ', old_lines[head++]);
    while (tail < n_old - head && tail < n_new - head &&
           strcmp(old_lines[n_old - 1 - tail], new_lines[n_new - 1 - tail]) == 0)
        tail++;
    diff_middle(lines, old_lines + head, n_old - head - tail, new_lines + head,
                n_new - head - tail);
    for (; tail > 0; tail--)
        add_line(lines, ' ', old_lines[n_old - tail]);
    out = g_string_new(NULL);
    append_hunks(out, lines);
    return g_string_free(out, FALSE);
}
