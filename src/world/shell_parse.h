/*
 * shell_parse.h - a shell command line as a tree
 *
 * Models: POSIX shell grammar. Trees are
 * immutable and shared by the processes that run parts of them.
 */
#pragma once

#include <glib.h>

typedef struct ShNode ShNode;

typedef enum {
    SH_TEXT,    /* literal */
    SH_VAR,     /* $NAME, ${NAME op WORD} */
    SH_COMMAND, /* $(...) and `...` */
    SH_ARITH,   /* $((...)) */
} ShPartType;

typedef struct ShWord ShWord;

typedef struct {
    ShPartType type;
    gboolean is_quoted;
    const char *text; /* SH_TEXT, SH_VAR (the name), SH_ARITH (interned) */
    const char
        *op; /* SH_VAR: "" or ":-" "-" ":=" "=" ":+" "+" ":?" "?" "#" "##" "%" "%%" and "length" */
    ShWord *word;    /* (owned) SH_VAR: behind the operator */
    ShNode *command; /* (owned) SH_COMMAND */
} ShPart;

struct ShWord {
    GArray *parts; /* of ShPart */
};

typedef struct {
    gint32 fd;       /* 0, 1, 2 */
    gint32 other_fd; /* >&N, else -1 */
    gboolean is_append, is_input;
    gboolean is_here; /* a here-document: the target is its text */
    ShWord *target;   /* (owned) file name */
} ShRedirect;

typedef struct {
    const char *name; /* (interned) */
    ShWord *value;    /* (owned) */
} ShAssign;

typedef enum {
    SH_SIMPLE,
    SH_LIST,  /* items run one after another; those marked run in the background */
    SH_ANDOR, /* first, then each with its operator */
    SH_PIPE,
    SH_IF,    /* condition, body, condition, body, ..., else */
    SH_WHILE, /* condition, body */
    SH_UNTIL,
    SH_FOR,      /* body; words */
    SH_CASE,     /* words[0] is looked at; words[1..] patterns, nodes bodies */
    SH_GROUP,    /* { } */
    SH_SUBSHELL, /* ( ) */
    SH_FUNCTION, /* name and body */
} ShNodeType;

struct ShNode {
    ShNodeType type;
    GPtrArray *nodes; /* (owned) ShNode*, children; an absent case body is NULL */
    GArray *
        flags; /* of gint32: SH_LIST 1 = background; SH_ANDOR '&' or '|'; SH_CASE body of each pattern */
    GPtrArray *words;    /* (owned) ShWord* */
    GArray *assigns;     /* (owned) ShAssign; SH_SIMPLE */
    GArray *redirects;   /* (owned) ShRedirect */
    const char *name;    /* SH_FOR: the variable; SH_FUNCTION */
    gboolean is_negated; /* SH_PIPE */
};

/* A whole script, shared. */
typedef struct {
    guint refs;
    ShNode *root; /* a SH_LIST */
} ShScript;

/* sh_parse: NULL and the message in @out_error (owned) if @text is no command. */
ShScript *sh_parse(const char *text, char **out_error);
/* sh_script_of_words: one simple command of words as they are. */
ShScript *sh_script_of_words(const char *const *words);
ShScript *sh_script_ref(ShScript *script);
void sh_script_unref(ShScript *script);
/* sh_word_literal: the text of a word without expansions, NULL if it has any. (interned) */
const char *sh_word_literal(const ShWord *word);
