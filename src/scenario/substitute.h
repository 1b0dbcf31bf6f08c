/*
 * substitute.h - $(kubectl ...) inside a command line, as a shell replaces it
 *
 * The inner command runs first; its standard output stands in its place, line ends
 * as blanks. What it printed is not looked at for further $(, nor for quotes.
 */
#pragma once

#include <glib.h>

/* substitute_is_needed: is there a $( outside of single quotes? */
gboolean substitute_is_needed(const char *line);
/* substitute_check: FALSE and *out_message (owned) if one is not closed, empty, or inside of another. */
gboolean substitute_check(const char *line, char **out_message);
/* substitute_find: the first $(...) at or after @from: its text (owned) and where it begins and ends; NULL if there is none. */
char *substitute_find(const char *line, gsize from, gsize *out_begin, gsize *out_end);
/* substitute_put: @line with @text from @begin to @end, quoted so that only blanks separate words; *out_next: behind it. (owned) */
char *substitute_put(const char *line, gsize begin, gsize end, const char *text, gsize *out_next);
