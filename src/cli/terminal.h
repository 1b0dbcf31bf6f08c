/*
 * terminal.h - what is different when a person looks: width, emphasis
 *
 * On a terminal sentences are broken at blanks and a few words stand out; into a
 * pipe or a file the same bytes go as ever. Width counts columns: a character of
 * Chinese or Japanese takes two.
 */
#pragma once

#include <glib.h>
#include <stdio.h>

/* TONE_PLAIN: as it is. The words say it all; tones (bold, red, green) only help to find them. */
typedef enum { TONE_PLAIN, TONE_BOLD, TONE_BAD, TONE_GOOD } Tone;

/* terminal_is: file descriptor 1 or 2 is a terminal, and TERM is not dumb. */
gboolean terminal_is(int fd);
/*
 * terminal_wrap: @text with line breaks, so that no line of it is wider than @width, and all but the first begin with
 * @indent blanks. Only blanks are broken at; a longer word stays whole. @width 0: no breaks. (owned)
 */
char *terminal_wrap(const char *text, guint width, guint indent);
/* terminal_print: one line to stdout; on a terminal wrapped, and in @tone unless NO_COLOR is set. */
void terminal_print(const char *line, guint indent, Tone tone);
