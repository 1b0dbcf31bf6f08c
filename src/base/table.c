/* table.c - see table.h */

#include "base/table.h"

#include <string.h>

typedef struct {
    GPtrArray *cells; /* (owned) of char* (owned) */
} TableRow;

struct TextTable {
    TextTableOptions options;
    TableRow *header; /* (owned) NULL if there is none */
    TableRow *row;    /* (owned) the row that is being filled */
    GPtrArray *rows;  /* (owned) of TableRow */
};

static TableRow *
row_new(void)
{
    TableRow *row = g_new0(TableRow, 1);

    row->cells = g_ptr_array_new_with_free_func(g_free);
    return row;
}

static void
row_free(gpointer data)
{
    TableRow *row = data;

    g_ptr_array_unref(row->cells);
    g_free(row);
}

TextTable *
text_table_new(const TextTableOptions *options)
{
    TextTable *table = g_new0(TextTable, 1);

    table->options = *options;
    table->rows = g_ptr_array_new_with_free_func(row_free);
    return table;
}

void
text_table_free(TextTable *table)
{
    if (table == NULL)
        return;
    g_clear_pointer(&table->header, row_free);
    g_clear_pointer(&table->row, row_free);
    g_ptr_array_unref(table->rows);
    g_free(table);
}

void
text_table_header(TextTable *table, const char *title)
{
    if (table->options.no_headers)
        return;
    if (table->header == NULL)
        table->header = row_new();
    g_ptr_array_add(table->header->cells, g_strdup(title));
}

/* v0.34 cli-runtime pkg/printers: a cell is one line; what is cut off is shown by dots. */
static char *
first_line(char *text)
{
    gsize length = strcspn(text, "\n\r\f");

    if (text[length] == '\0')
        return text;
    char *cut = g_strdup_printf("%.*s...", (int)length, text);
    g_free(text);
    return cut;
}

void
text_table_cell(TextTable *table, const char *format, ...)
{
    va_list args;

    if (table->row == NULL)
        table->row = row_new();
    va_start(args, format);
    g_ptr_array_add(table->row->cells, first_line(g_strdup_vprintf(format, args)));
    va_end(args);
}

void
text_table_end_row(TextTable *table)
{
    g_ptr_array_add(table->rows, table->row != NULL ? table->row : row_new());
    table->row = NULL;
}

static guint
text_width(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return (guint)strlen(text);
    return (guint)g_utf8_strlen(text, -1);
}

/*
 * Go's text/tabwriter: a column is a run of neighbouring rows that have a cell
 * there and another one after it. The width of row @first's column @column, and
 * in @out_end the row after the run.
 */
static guint
column_width(const TextTable *table, GPtrArray *rows, guint first, guint column, guint *out_end)
{
    guint width = table->options.min_width;
    guint i = first;

    for (; i < rows->len; i++) {
        const TableRow *row = g_ptr_array_index(rows, i);
        if (row->cells->len <= column + 1)
            break;
        guint cell = text_width(g_ptr_array_index(row->cells, column)) + table->options.padding;
        width = MAX(width, cell);
    }
    *out_end = i;
    return width;
}

typedef struct {
    guint width;
    guint end; /* the width holds for rows before this one */
} ColumnRun;

static void
append_row(GString *out, const TextTable *table, GPtrArray *rows, guint index, GArray *runs)
{
    const TableRow *row = g_ptr_array_index(rows, index);
    guint count = row->cells->len;

    if (runs->len < count)
        g_array_set_size(runs, count);
    for (guint column = 0; column < count; column++) {
        const char *cell = g_ptr_array_index(row->cells, column);
        g_string_append(out, cell);
        if (column + 1 == count)
            break;

        ColumnRun *run = &g_array_index(runs, ColumnRun, column);
        if (run->end <= index)
            run->width = column_width(table, rows, index, column, &run->end);
        for (guint width = text_width(cell); width < run->width; width++)
            g_string_append_c(out, ' ');
    }
    g_string_append_c(out, '\n');
}

char *
text_table_format(const TextTable *table)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_sized_new(table->rows->len + 1);
    g_autoptr(GArray) runs = g_array_new(FALSE, TRUE, sizeof(ColumnRun));
    GString *out = g_string_new(NULL);

    if (table->header != NULL)
        g_ptr_array_add(rows, table->header);
    for (guint i = 0; i < table->rows->len; i++)
        g_ptr_array_add(rows, g_ptr_array_index(table->rows, i));
    for (guint i = 0; i < rows->len; i++)
        append_row(out, table, rows, i, runs);
    return g_string_free(out, FALSE);
}
