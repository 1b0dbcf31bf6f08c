/* csv.c - see csv.h */

#include "report/csv.h"

#include "base/intern.h"

struct CsvTable {
    GPtrArray *header; /* of char* */
    GPtrArray *rows;   /* of GPtrArray* of char* */
};

static GPtrArray *
read_row(const char **at)
{
    GPtrArray *row = g_ptr_array_new_with_free_func(g_free);
    const char *p = *at;

    for (;;) {
        GString *cell = g_string_new(NULL);

        if (*p == '"') {
            for (p++; *p != '\0' && !(p[0] == '"' && p[1] != '"'); p++) {
                if (*p == '"')
                    p++;
                g_string_append_c(cell, *p);
            }
            if (*p == '"')
                p++;
        } else {
            while (*p != '\0' && *p != ',' && *p != '\n')
                g_string_append_c(cell, *p++);
        }
        g_ptr_array_add(row, g_string_free(cell, FALSE));
        if (*p != ',')
            break;
        p++;
    }
    *at = *p == '\n' ? p + 1 : p;
    return row;
}

CsvTable *
csv_read(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *bytes = NULL;
    g_autofree char *text = NULL;
    CsvTable *table;
    const char *at;

    if (!g_file_get_contents(path, &bytes, NULL, NULL) || bytes[0] == '\0')
        return NULL;
    text = g_utf8_make_valid(bytes, -1); /* the file may be anybody's */
    table = g_new0(CsvTable, 1);
    table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    at = text;
    table->header = read_row(&at);
    while (*at != '\0')
        g_ptr_array_add(table->rows, read_row(&at));
    return table;
}

void
csv_free(CsvTable *table)
{
    if (table == NULL)
        return;
    g_ptr_array_unref(table->header);
    g_ptr_array_unref(table->rows);
    g_free(table);
}

guint
csv_rows(const CsvTable *table)
{
    return table->rows->len;
}

const char *
csv_text(const CsvTable *table, guint row, const char *column)
{
    const GPtrArray *cells = g_ptr_array_index(table->rows, row);

    for (guint i = 0; i < table->header->len; i++)
        if (str_is(g_ptr_array_index(table->header, i), column))
            return i < cells->len ? g_ptr_array_index(cells, i) : "";
    return "";
}

gint64
csv_int(const CsvTable *table, guint row, const char *column)
{
    return g_ascii_strtoll(csv_text(table, row, column), NULL, 10);
}

gint64
csv_ms(const CsvTable *table, guint row, const char *column)
{
    const char *text = csv_text(table, row, column);
    const char *dot = strchr(text, '.');
    gint64 whole = g_ascii_strtoll(text, NULL, 10);
    gint64 ms = 0;
    gint64 unit = 100;

    if (text[0] == '\0')
        return -1;
    for (const char *p = dot != NULL ? dot + 1 : ""; g_ascii_isdigit(*p) && unit > 0; p++, unit /= 10)
        ms += (*p - '0') * unit;
    return text[0] == '-' ? whole * 1000 - ms : whole * 1000 + ms;
}
