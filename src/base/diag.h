/*
 * diag.h - the user's mistakes, collected: file:line:column: path: what; what to write
 *
 * Readers of files add every mistake they find and go on; the caller prints
 * them all at once and exits with status 3. Order is by file, line, column.
 */
#pragma once

#include <glib.h>

typedef struct Diag Diag;

typedef enum { DIAG_ERROR, DIAG_WARNING } DiagLevel;

typedef struct {
    const char *file;   /* interned */
    guint line, column; /* 1-based; 0 = unknown */
} SourcePos;

Diag *diag_new(void);
void diag_free(Diag *diag);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Diag, diag_free)

/*
 * diag_add: one mistake. @path is the place inside the document
 * (`spec.timeline[2].at`), NULL or "" if there is none. The format says what
 * is wrong and, after a semicolon, what to write. No full stop.
 */
void diag_add(Diag *diag, DiagLevel level, SourcePos pos, const char *path, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

guint diag_count_errors(const Diag *diag);
guint diag_count_warnings(const Diag *diag);

/* diag_format: all of them, one a line, sorted, equal ones once. Returns: (owned) */
char *diag_format(const Diag *diag);

/*
 * diag_nearest: the candidate with the smallest edit distance to @name, if it
 * is near enough (distance <= 1 + length / 4) to be meant. Candidates end with
 * NULL. Returns: (borrowed) one of @candidates, or NULL.
 */
const char *diag_nearest(const char *name, const char *const *candidates);
