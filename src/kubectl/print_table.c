/* print_table.c - rows of objects in columns; see print.h */

#include "kubectl/print.h"
#include "kubectl/versions.h"

/* The least width of a column, and the blanks after its longest cell. */
#define WIDTH_MIN 6
#define PADDING   3

struct PrintTable {
    const ApiKind *kind;
    const Printer *printer;
    PrintTableOptions options;
    char **label_keys; /* NULL: none */
    GPtrArray *rows;   /* of GPtrArray of char* */
    GArray *widths;    /* of guint */
    gboolean has_header;
};

/* -L a,b -L c. (interned) NULL: none */
static const char *
label_columns(const Command *command)
{
    const GPtrArray *given = flag_strings(command, "label-columns");
    g_autoptr(GString) all = g_string_new(NULL);

    for (guint i = 0; given != NULL && i < given->len; i++)
        g_string_append_printf(all, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(given, i));
    return all->len > 0 ? str_intern(all->str) : NULL;
}

PrintTableOptions
print_table_options(const Command *command, const ApiKind *kind, gboolean show_kind)
{
    return (PrintTableOptions){
        .is_wide = str_is(flag_string(command, "output"), "wide"),
        .show_labels = flag_bool(command, "show-labels"),
        .show_kind = show_kind || flag_bool(command, "show-kind"),
        .show_namespace = flag_bool(command, "all-namespaces") && kind->is_namespaced,
        .no_headers = flag_bool(command, "no-headers"),
        .show_event = flag_bool(command, "output-watch-events"),
        .label_columns = label_columns(command),
        .minor = kubectl_minor(command->kubectl),
        .is_plain = flag_is_given(command, "server-print") && !flag_bool(command, "server-print"),
    };
}

PrintTable *
print_table_new(const ApiKind *kind, const PrintTableOptions *options)
{
    const Printer *printer = printer_find(options->is_plain ? NULL : kind->stored != NULL ? kind->stored : kind);

    return print_table_new_with(versions_printer(printer, options->minor), kind, options);
}

PrintTable *
print_table_new_with(const Printer *printer, const ApiKind *kind, const PrintTableOptions *options)
{
    PrintTable *table = g_new0(PrintTable, 1);

    table->kind = kind;
    table->printer = printer;
    table->options = *options;
    if (!str_is_empty(options->label_columns))
        table->label_keys = g_strsplit(options->label_columns, ",", -1);
    table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    table->widths = g_array_new(FALSE, TRUE, sizeof(guint));
    return table;
}

void
print_table_free(PrintTable *table)
{
    if (table == NULL)
        return;
    g_strfreev(table->label_keys);
    g_ptr_array_unref(table->rows);
    g_array_unref(table->widths);
    g_free(table);
}

static GPtrArray *
row_new(void)
{
    return g_ptr_array_new_with_free_func(g_free);
}

/* A cell is one line; dots stand for the rest. */
static char *
first_line(const char *text)
{
    gsize length = strcspn(text, "\n\r\f");

    return text[length] == '\0' ? g_strdup(text) : g_strdup_printf("%.*s...", (int)length, text);
}

static GPtrArray *
header_row(const PrintTable *table)
{
    GPtrArray *row = row_new();

    if (table->options.show_event)
        g_ptr_array_add(row, g_strdup("EVENT"));
    if (table->options.show_namespace)
        g_ptr_array_add(row, g_strdup("NAMESPACE"));
    for (const PrintColumn *column = table->printer->columns; column->title != NULL; column++)
        if (!column->is_wide || table->options.is_wide)
            g_ptr_array_add(row, g_strdup(column->title));
    for (guint i = 0; table->label_keys != NULL && table->label_keys[i] != NULL; i++) {
        const char *slash = strrchr(table->label_keys[i], '/');

        g_ptr_array_add(row, g_ascii_strup(slash != NULL ? slash + 1 : table->label_keys[i], -1));
    }
    if (table->options.show_labels)
        g_ptr_array_add(row, g_strdup("LABELS"));
    return row;
}

void
print_table_add(PrintTable *table, const ApiObject *object, const char *event, gint64 wall_ns)
{
    GPtrArray *row = row_new();
    g_autoptr(GPtrArray) cells = row_new();
    const StrMap *labels = &object->meta->labels;
    g_autoptr(ApiObject) stored = NULL;
    guint index = 0;

    /* Whatever form was asked for: the server makes rows of what it has. */
    stored = object->kind->to_stored != NULL ? object->kind->to_stored(object) : NULL;
    table->printer->cells(stored != NULL ? stored : object, wall_ns, table->options.is_wide, cells);
    if (table->options.show_event)
        g_ptr_array_add(row, g_strdup(event != NULL ? event : ""));
    if (table->options.show_namespace)
        g_ptr_array_add(row, g_strdup(api_namespace(object) != NULL ? api_namespace(object) : ""));
    for (const PrintColumn *column = table->printer->columns; column->title != NULL;
         column++, index++) {
        const char *cell = index < cells->len ? g_ptr_array_index(cells, index) : "";

        if (column->is_wide && !table->options.is_wide)
            continue;
        if (table->options.show_kind && str_is(column->title, "NAME"))
            g_ptr_array_add(row,
                            g_strdup_printf("%s/%s", api_kind_group_singular(table->kind), cell));
        else
            g_ptr_array_add(row, first_line(cell));
    }
    for (guint i = 0; table->label_keys != NULL && table->label_keys[i] != NULL; i++) {
        const char *value = str_map_get(labels, table->label_keys[i]);

        g_ptr_array_add(row, g_strdup(value != NULL ? value : ""));
    }
    if (table->options.show_labels)
        g_ptr_array_add(row, g_strdup(str_map_format(labels, "<none>")));
    g_ptr_array_add(table->rows, row);
}

static guint
cell_width(const char *text)
{
    return g_utf8_validate(text, -1, NULL) ? (guint)g_utf8_strlen(text, -1) : (guint)strlen(text);
}

void
print_table_flush(PrintTable *table, GString *out)
{
    if (table->rows->len == 0)
        return;
    if (!table->has_header && !table->options.no_headers)
        g_ptr_array_insert(table->rows, 0, header_row(table));
    table->has_header = TRUE;
    for (guint i = 0; i < table->rows->len; i++) {
        const GPtrArray *row = g_ptr_array_index(table->rows, i);

        if (table->widths->len < row->len)
            g_array_set_size(table->widths, row->len);
        for (guint k = 0; k < row->len; k++) {
            guint *width = &g_array_index(table->widths, guint, k);

            *width = MAX(MAX(*width, WIDTH_MIN), cell_width(g_ptr_array_index(row, k)) + PADDING);
        }
    }
    for (guint i = 0; i < table->rows->len; i++) {
        const GPtrArray *row = g_ptr_array_index(table->rows, i);

        for (guint k = 0; k < row->len; k++) {
            const char *cell = g_ptr_array_index(row, k);

            g_string_append(out, cell);
            for (guint width = cell_width(cell);
                 k + 1 < row->len && width < g_array_index(table->widths, guint, k); width++)
                g_string_append_c(out, ' ');
        }
        g_string_append_c(out, '\n');
    }
    g_ptr_array_set_size(table->rows, 0);
}
