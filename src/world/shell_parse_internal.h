/*
 * shell_parse_internal.h - what the two halves of the shell's parser share: words and nodes, commands
 *
 * The parser walks its text once and never looks back. The first mistake stays: after it functions return what they
 * have, callers look at `error` before they go on, and the whole tree is thrown away by sh_parse.
 */
#pragma once

#include "world/shell_parse.h"

#define SH_DEPTH_LIMIT 60 /* of commands in commands: the stack is ours */

typedef struct {
    const char *at; /* (borrowed) what is still to be read; the parser's own, here-documents are taken out of it */
    char *error;    /* (owned) the first mistake; NULL: none */
    guint depth;    /* up to SH_DEPTH_LIMIT */
} ShParser;

/* sh_node_new: an empty node; sh_word_new: a word without parts. (owned) */
ShNode *sh_node_new(ShNodeType type);
void sh_node_free(ShNode *node); /* with all below it; NULL is fine */
ShWord *sh_word_new(void);
/* sh_node_add: takes @child over; @flag is what the node's type says of a child. */
void sh_node_add(ShNode *node, ShNode *child, gint32 flag);

/* sh_fail: the first mistake counts, later ones are dropped. */
void sh_fail(ShParser *parser, const char *format, ...) G_GNUC_PRINTF(2, 3);
gsize sh_name_length(const char *text); /* of the name of a variable; 0: none begins here */
gboolean sh_is_meta(char c);            /* ends a word */
void sh_skip_blanks(ShParser *parser);  /* comments and joined lines, too */
void sh_skip_newlines(ShParser *parser);

/* sh_parse_word: up to a blank, a metacharacter or one of @stop; without parts if there is none. (owned) */
ShWord *sh_parse_word(ShParser *parser, const char *stop, gboolean in_quotes);
/* sh_parse_here: all of it, as between double quotes, where a quote is nothing special. (owned) */
ShWord *sh_parse_here(ShParser *parser);
/* sh_parse_list: commands up to one of the words @ends, or a closing bracket, or the end. (owned) */
ShNode *sh_parse_list(ShParser *parser, const char *const *ends);
