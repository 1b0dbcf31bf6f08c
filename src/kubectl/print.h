/*
 * print.h - tables and documents on standard output
 *
 * A PrintTable keeps the widths of its columns from one flush to the next, as a
 * watch needs. Models: cli-runtime pkg/printers v0.34.
 */
#pragma once

#include "kubectl/internal.h"

typedef struct PrintTable PrintTable;

typedef struct {
    gboolean is_wide, show_labels, show_kind, show_namespace, no_headers, show_event;
    const char *label_columns; /* "app,tier", NULL: none */
    guint minor;               /* of the version whose rows these are */
    gboolean is_plain;         /* --server-print=false: kubectl itself knows names and ages */
} PrintTableOptions;

/* print_table_options: as the command's flags say. */
PrintTableOptions
print_table_options(const Command *command, const ApiKind *kind, gboolean show_kind);
PrintTable *print_table_new(const ApiKind *kind, const PrintTableOptions *options);
/* print_table_new_with: columns other than the kind's own. */
PrintTable *
print_table_new_with(const Printer *printer, const ApiKind *kind, const PrintTableOptions *options);
void print_table_free(PrintTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PrintTable, print_table_free)
/* print_table_add: @event "ADDED" etc., NULL if there is no such column. */
void print_table_add(PrintTable *table, const ApiObject *object, const char *event, gint64 wall_ns);
/* print_table_flush: rows added since the last time; the header before the first. */
void print_table_flush(PrintTable *table, GString *out);

/* print_is_table: -o is absent or wide. */
gboolean print_is_table(const Command *command);
/*
 * print_document: one object, or a List, as -o says (not a table). FALSE: message out; the
 * command goes on.
 */
gboolean print_document(Command *command, const Value *value);
/* print_encode: as it is shown: without managedFields. (owned) */
Value *print_encode(const Command *command, const ApiObject *object);
/* print_sort: by --sort-by. FALSE and *out_message (owned) if no object has the field. */
gboolean print_sort(GPtrArray *objects, const char *path, char **out_message);
/*
 * custom_columns_format: NULL and *out_message (owned) if @spec is bad; the rows so far and *out_message if a path of a
 * row goes out of bounds. (owned)
 */
char *custom_columns_format(const char *spec,
                            const GPtrArray *values,
                            gboolean no_headers,
                            char **out_message);
/* is_client_dry_run: --dry-run or --dry-run=client: nothing is sent. */
gboolean is_client_dry_run(const Command *command);
