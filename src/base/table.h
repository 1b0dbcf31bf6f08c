/*
 * table.h - aligned text columns, as kubectl prints them
 *
 * Elastic columns of cli-runtime's tabwriter: width = longest cell + padding,
 * at least min_width; the last cell of a row is not padded; a cell is cut at
 * its first newline, CR or FF and "..." added.
 */
#pragma once

#include <glib.h>

typedef struct TextTable TextTable;

typedef struct {
    guint min_width; /* kubectl get: 6 */
    guint padding;   /* kubectl get: 3 */
    gboolean no_headers;
} TextTableOptions;

TextTable *text_table_new(const TextTableOptions *options);
void text_table_free(TextTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextTable, text_table_free)

void text_table_header(TextTable *table, const char *title); /* upper-cased by the caller */
void text_table_cell(TextTable *table, const char *format, ...) G_GNUC_PRINTF(2, 3);
void text_table_end_row(TextTable *table);
/* text_table_format: header and rows, each ended by a newline. (owned) */
char *text_table_format(const TextTable *table);
