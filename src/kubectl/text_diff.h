/*
 * text_diff.h - two texts compared line by line, as `diff -u` shows it
 */
#pragma once

#include <glib.h>

/* text_diff: hunks with three lines of context, without the file lines; NULL if equal. (owned) */
char *text_diff(const char *old, const char *new_);
