/*
 * csv.h - reads the tables that write.c wrote (RFC 4180 quoting, a header row)
 */
#pragma once

#include <glib.h>

typedef struct CsvTable CsvTable;

/* csv_read: NULL if the file is missing or no table. (owned) */
CsvTable *csv_read(const char *directory, const char *name);
void csv_free(CsvTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CsvTable, csv_free)
guint csv_rows(const CsvTable *table);
/* csv_text: "" for a missing cell or column. (borrowed) */
const char *csv_text(const CsvTable *table, guint row, const char *column);
gint64 csv_int(const CsvTable *table, guint row, const char *column);
/* csv_ms: a column of seconds with decimals, as milliseconds; -1 if empty. */
gint64 csv_ms(const CsvTable *table, guint row, const char *column);
