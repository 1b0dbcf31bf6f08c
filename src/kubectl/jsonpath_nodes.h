/*
 * jsonpath_nodes.h - a parsed JSONPath template
 *
 * The root is a list; each "{...}" of the template is a list inside it, plain
 * text between them a literal.
 */
#pragma once

#include "base/value.h"

typedef enum {
    PATH_LIST,
    PATH_LITERAL,
    PATH_FIELD,
    PATH_ARRAY,
    PATH_FILTER,
    PATH_WILDCARD,
    PATH_RECURSIVE,
    PATH_UNION,
    PATH_WORD, /* range, end */
} PathNodeType;

typedef struct PathNode PathNode;
struct PathNode {
    PathNodeType type;
    const char *text;    /* interned: field, word, operator of a filter */
    Value *literal;      /* (owned) */
    GPtrArray *children; /* (owned) list, union */
    gint64 params[3];    /* array: from, to, step */
    gboolean is_known[3];
    gboolean is_derived;    /* one index: "to" is "from" + 1 */
    PathNode *left, *right; /* (owned) filter */
};

/* path_parse: NULL and *out_message (owned) if it is no template. (owned) */
PathNode *path_parse(const char *text, char **out_message);
void path_node_free(gpointer node); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PathNode, path_node_free)
