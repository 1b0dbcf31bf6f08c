/*
 * value.h - a document as a tree: what YAML and JSON files hold
 *
 * Plain owned tree, no cycles (aliases are expanded within limits when
 * read). Numbers keep the text they were written with, so 1.50 prints as
 * written and no double is ever formatted. Map keys keep their order.
 * Positions are those of the source, 0 where a program made the value.
 */
#pragma once

#include "base/diag.h"

typedef enum {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_MAP,
} ValueType;

typedef struct {
    guint line, column;
} ValuePlace;

typedef struct Value Value;
struct Value {
    ValueType type;
    guint line, column;
    gboolean boolean;
    gint64 integer;   /* VALUE_INT */
    const char *text; /* interned: VALUE_STRING its text; VALUE_INT, VALUE_FLOAT the literal */
    guint count;      /* VALUE_LIST, VALUE_MAP */
    guint capacity;
    Value **items;          /* (owned) */
    const char **keys;      /* VALUE_MAP: (interned), same order as items, in whose memory they are */
    ValuePlace *key_places; /* VALUE_MAP: where each key stands; NULL if made by a program */
};

/*
 * value_new_*: (owned), without a place in a file. Texts are interned. value_new_float: @literal is kept as it is, so it
 * must be a number of JSON. value_copy: deep, with the places.
 */
Value *value_new_null(void);
Value *value_new_bool(gboolean boolean);
Value *value_new_int(gint64 integer);
Value *value_new_float(const char *literal);
Value *value_new_string(const char *text);
Value *value_new_list(void);
Value *value_new_map(void);
Value *value_copy(const Value *value);
void value_free(Value *value); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Value, value_free)

/* Look-ups walk the keys of the map, which are few, from the last: of a repeated key the last one counts. */
/* value_get: member of a map, NULL if absent or @value is NULL or no map. (borrowed) */
Value *value_get(const Value *value, const char *key);
/* value_get_path: walks maps by keys, ended by NULL. (borrowed) */
Value *value_get_path(const Value *value, ...) G_GNUC_NULL_TERMINATED;
/* value_get_string: text of a string member, else @fallback. */
const char *value_get_string(const Value *value, const char *key, const char *fallback);
gint64 value_get_int(const Value *value, const char *key, gint64 fallback);
gboolean value_get_bool(const Value *value, const char *key, gboolean fallback);

/* value_set: replace or append; takes ownership of @item. */
void value_set(Value *map, const char *key, Value *item);
/*
 * value_add_member: append without looking for @key first. A map that was read
 * may hold a key twice that way (the API reports it); the last one counts.
 */
void value_add_member(Value *map, const char *key, Value *item);
/* value_set_key_place: where the key of member @index stands in its file. */
void value_set_key_place(Value *map, guint index, guint line, guint column);
/* value_sorted_order: indexes of the members in byte order of their keys. (owned) */
guint *value_sorted_order(const Value *map);
/* value_sort: put the keys of all maps in byte order, as kubectl sends them. */
void value_sort(Value *value);
/* value_remove: TRUE if there was such a member. */
gboolean value_remove(Value *map, const char *key);
/* value_take: as remove, gives the member. (owned) */
Value *value_take(Value *map, const char *key);
/* value_append, value_insert (before @index), value_remove_at: @item is (owned) by the list; a removed one is freed. */
void value_append(Value *list, Value *item);
void value_insert(Value *list, guint index, Value *item);
void value_remove_at(Value *list, guint index);

/* value_equal: deep; map order does not matter, 1 and 1.0 differ. */
gboolean value_equal(const Value *a, const Value *b);

/*
 * value_read_yaml: every document of @text. Mistakes go to @diag: not UTF-8,
 * syntax, duplicate keys, nesting beyond 128, more than 1,000,000 nodes after
 * alias expansion. YAML 1.1 core scalars as Kubernetes reads them (sigs.k8s.io/yaml:
 * yes/no/on/off are booleans, 0o17 and 017 octal, ~ null).
 * Returns: (owned) array of Value*, free func set; what could be read even if there were mistakes.
 */
GPtrArray *value_read_yaml(const char *text, gsize length, const char *file, Diag *diag);

/*
 * value_read_yaml_as_go: the first document of @text as sigs.k8s.io/yaml unmarshals it: of a key written twice the last
 * value counts. Returns: (owned), NULL if there is none or at a mistake, which *out_problem (owned, else NULL) tells in
 * go-yaml's words: `yaml: line 3: did not find expected key`.
 */
Value *value_read_yaml_as_go(const char *text, gsize length, char **out_problem);

/*
 * value_read_json_next: the document at *inout_at, which moves behind it, or to the byte that is wrong; blanks before it are
 * skipped. NULL at the end of @text, and on failure, with *out_message (owned, else NULL).
 */
Value *value_read_json_next(const char *text, gsize length, gsize *inout_at, char **out_message);
/* value_read_json: one document. On failure NULL and the parser's words in @out_message (owned). */
Value *value_read_json(const char *text, gsize length, char **out_message);
/*
 * value_read_json_stream: documents one behind the other, a line each or pretty-printed. Mistakes go to @diag, reading goes on at
 * the next line that begins with a brace. *out_is_cut: the text ends within a document, which is left out without a mistake.
 * Returns: (owned) array of Value*, free func set.
 */
GPtrArray *value_read_json_stream(const char *text, gsize length, const char *file, Diag *diag, gboolean *out_is_cut);

typedef enum {
    VALUE_COMPACT = 0,      /* {"a":1} */
    VALUE_SORTED = 1 << 0,  /* keys in byte order */
    VALUE_INDENT4 = 1 << 1, /* as kubectl -o json */
    VALUE_INDENT1 = 1 << 2,
    VALUE_NO_HTML_ESCAPE = 1 << 3, /* default escapes < > & as Go's encoding/json does */
} ValueJsonFlags;

/* value_to_json. Returns: (owned) without a final newline. */
char *value_to_json(const Value *value, ValueJsonFlags flags);
void value_append_json(GString *out, const Value *value, ValueJsonFlags flags);
/* value_append_go: as Go's fmt prints it with %v: map[a:1 b:[x y]]. */
void value_append_go(GString *out, const Value *value);
/* value_to_yaml: as sigs.k8s.io/yaml writes it: sorted keys, 2 blanks, lists not indented. (owned) */
char *value_to_yaml(const Value *value);
