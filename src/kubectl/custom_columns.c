/*
 * custom_columns.c - -o custom-columns=HEADER:path,...; models kubectl
 * pkg/cmd/get/customcolumn.go v0.34
 */

#include "kubectl/print.h"

#include "base/table.h"
#include "kubectl/jsonpath.h"

/* Cell of one object: every value found, joined; NULL: message. */
static char *
cell_text(const char *path, const Value *value, char **out_message)
{
    g_autoptr(GPtrArray) found = jsonpath_find(path, value, out_message);
    GString *text;

    if (found == NULL)
        return NULL;
    if (found->len == 0)
        return g_strdup("<none>");
    text = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++) {
        g_autofree char *shown = jsonpath_go_text(g_ptr_array_index(found, i));

        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", shown);
    }
    return g_string_free(text, FALSE);
}

char *
custom_columns_format(const char *spec,
                      const GPtrArray *values,
                      gboolean no_headers,
                      char **out_message)
{
    g_auto(GStrv) parts = g_strsplit(spec, ",", -1);
    g_autoptr(TextTable) table =
        text_table_new(&(TextTableOptions){.min_width = 6, .padding = 3, .no_headers = no_headers});
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    if (spec[0] == '\0') {
        *out_message = g_strdup("custom-columns format specified but no custom columns given");
        return NULL;
    }
    for (guint i = 0; parts[i] != NULL; i++) {
        char *colon = strchr(parts[i], ':');
        g_autofree char *relaxed = NULL;

        if (colon == NULL) {
            *out_message = g_strdup_printf(
                "unexpected custom-columns spec: %s, expected <header>:<json-path-expr>", parts[i]);
            return NULL;
        }
        *colon = '\0';
        relaxed = jsonpath_relax(colon + 1, out_message);
        if (relaxed == NULL || !jsonpath_check(relaxed, out_message))
            return NULL;
        text_table_header(table, parts[i]);
        g_ptr_array_add(paths, colon + 1);
    }
    for (guint i = 0; values != NULL && i < values->len; i++) {
        g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);

        for (guint k = 0; k < paths->len; k++) {
            char *cell = cell_text(g_ptr_array_index(paths, k), g_ptr_array_index(values, i), out_message);

            if (cell == NULL) /* the rows before it stay */
                return text_table_format(table);
            g_ptr_array_add(cells, cell);
        }
        for (guint k = 0; k < cells->len; k++)
            text_table_cell(table, "%s", (const char *)cells->pdata[k]);
        text_table_end_row(table);
    }
    return text_table_format(table);
}
