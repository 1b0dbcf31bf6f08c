/*
 * schema.h - message types as tables
 *
 * One ApiField row says what a field is called on the wire, where it sits in
 * the C struct, its type, default, limits and how patches merge it. The rows
 * drive decoding with positions, encoding, copying, comparing, defaulting,
 * range checks, `explain`. What a row cannot say goes into the kind's hooks.
 */
#pragma once

#include "base/quantity.h"
#include "base/value.h"

#include <stddef.h>

typedef struct ApiType ApiType;
typedef struct ApiField ApiField;

/* Optional scalars: zero-initialised = absent. */
typedef enum { OPT_UNSET = 0, OPT_FALSE = 1, OPT_TRUE = 2 } OptBool;
typedef struct {
    gboolean is_set;
    gint32 value;
} OptInt32;
typedef struct {
    gboolean is_set;
    gint64 value;
} OptInt64;
#define OPT_INT32(v) ((OptInt32){TRUE, (v)})
#define OPT_INT64(v) ((OptInt64){TRUE, (v)})

typedef struct {
    enum { INT_OR_STRING_UNSET, INT_OR_STRING_INT, INT_OR_STRING_STRING } type;
    gint32 integer;
    const char *string; /* interned */
} IntOrString;

/* Calendar time, ns since 1970; 0 = absent. API_TIME fields hold whole seconds. */
typedef gint64 ApiTime;

/*
 * Every list has this shape; items is an array of structs (or scalars), not of pointers. Who gives
 * a list other items than api_list_add() made sets all three; 0 as capacity is always right.
 */
typedef struct {
    gpointer items;
    guint count;
    guint capacity; /* elements that the memory is known to hold */
} ApiList;
#define API_LIST_OF(T)                                                                             \
    struct {                                                                                       \
        T *items;                                                                                  \
        guint count;                                                                               \
        guint capacity;                                                                            \
    }
/* API_LIST_ADD: a new zeroed element at the end; pointers to other elements are void after it. */
#define API_LIST_ADD(list)                                                                         \
    ((__typeof__((list)->items))api_list_add((ApiList *)(list), sizeof *(list)->items))
gpointer api_list_add(ApiList *list, gsize item_size);
/* api_list_insert: a zeroed element at @index; api_list_remove: what it owned is the caller's. */
gpointer api_list_insert(ApiList *list, gsize item_size, guint index);
void api_list_remove(ApiList *list, gsize item_size, guint index);
/* api_map_find, api_map_add: entry of a sorted list whose elements begin with `const char *key`. */
gpointer api_map_find(const ApiList *map, gsize item_size, const char *key);
gpointer api_map_add(ApiList *map, gsize item_size, const char *key);

typedef API_LIST_OF(const char *) StrList; /* (interned) strings */
void str_list_add(StrList *list, const char *text);
gboolean str_list_equal(const StrList *a, const StrList *b);
gboolean str_list_contains(const StrList *list, const char *text);
gboolean str_list_remove(StrList *list, const char *text); /* all equal ones */

/* Map of strings, sorted by key in byte order. */
typedef struct {
    const char *key, *value; /* interned */
} StrPair;
typedef API_LIST_OF(StrPair) StrMap;
const char *str_map_get(const StrMap *map, const char *key); /* NULL if absent */
void str_map_set(StrMap *map, const char *key, const char *value);
gboolean str_map_remove(StrMap *map, const char *key);
gboolean str_map_equal(const StrMap *a, const StrMap *b);
void str_map_copy(StrMap *to, const StrMap *from); /* replaces what was in @to */
void str_map_clear(StrMap *map);
/* str_map_contains_all: every pair of @wanted is in @map. */
gboolean str_map_contains_all(const StrMap *map, const StrMap *wanted);
/* str_map_format: "a=b,c=d"; @none for an empty one. Returns: (interned) */
const char *str_map_format(const StrMap *map, const char *none);

typedef struct {
    const char *key; /* interned */
    Quantity value;
} QuantityPair;
typedef API_LIST_OF(QuantityPair) QuantityMap; /* sorted by key */
const Quantity *quantity_map_get(const QuantityMap *map, const char *key);
void quantity_map_set(QuantityMap *map, const char *key, Quantity value);
gboolean quantity_map_remove(QuantityMap *map, const char *key);

typedef enum {
    API_BOOL,       /* gboolean; written when true, or always with API_ALWAYS */
    API_OPT_BOOL,   /* OptBool: a *bool */
    API_INT32,      /* gint32; 0 is not written without API_ALWAYS */
    API_OPT_INT32,  /* OptInt32 */
    API_INT64,      /* gint64 */
    API_OPT_INT64,  /* OptInt64 */
    API_STRING,     /* const char * (interned); NULL = absent; "" is written only with API_POINTER or API_ALWAYS */
    API_TIME,       /* ApiTime, whole seconds */
    API_MICRO_TIME, /* ApiTime, microseconds */
    API_QUANTITY,   /* Quantity * or NULL */
    API_INT_OR_STRING,
    API_STR_MAP,
    API_QUANTITY_MAP,
    API_BYTES_MAP, /* StrMap whose values are base64 text as on the wire */
    API_STR_LIST,
    API_INT32_LIST, /* API_LIST_OF(gint32) */
    API_STRUCT,     /* embedded struct of type->type */
    API_MESSAGE,    /* pointer to a struct of type->type, NULL = absent */
    API_MESSAGE_LIST, /* API_LIST_OF(struct) */
    API_MESSAGE_MAP,  /* API_LIST_OF(struct) whose first member is `const char *key`, sorted */
    API_RAW,          /* Value * (owned): kept, not modelled; with a message: of that shape, or a list of it */
    API_N_TYPES,
} ApiFieldType;

typedef enum {
    API_REQUIRED = 1 << 0,  /* documentation and explain; the message comes from validation */
    API_IMMUTABLE = 1 << 1, /* documentation */
    API_ALWAYS = 1 << 2,    /* written even if empty: no omitempty in Go */
    API_POINTER = 1 << 3,   /* Go pointer: "" and 0 are values */
    API_SERVER = 1 << 4,    /* set by the server, not by users */
} ApiFieldFlags;

/* Lists are replaced unless the row says how they merge; maps and structs merge unless it says WHOLE. */
typedef enum {
    API_MERGE_REPLACE,
    API_MERGE_MERGE,
    API_MERGE_RETAIN_KEYS,
    API_MERGE_WHOLE
} ApiMergeStrategy;

struct ApiField {
    const char *name; /* wire name; NULL ends a table */
    ApiFieldType type;
    guint16 offset;
    guint16 flags;         /* ApiFieldFlags */
    const ApiType *message; /* STRUCT, MESSAGE, MESSAGE_LIST, MESSAGE_MAP; RAW: its shape, if it is known */
    const char *def;       /* default as text, set when absent; NULL = none */
    const char *go_type;   /* Go type name for decode errors when it is not implied ("intstr.IntOrString") */
    ApiMergeStrategy merge; /* strategic merge patch: lists and maps */
    const char *merge_key;  /* list of maps with API_MERGE_MERGE; NULL for scalars */
    const char *doc;        /* one full sentence */
};

struct ApiType {
    const char *name;    /* Go type name: "PodSpec"; used in decode errors */
    const char *package; /* "v1" */
    gsize size;
    const ApiField *fields; /* in Go declaration order */
    const char *doc;
};

/* api_struct_*: work on any struct described by a table; the struct's memory is the caller's. */
void api_struct_clear(const ApiType *type, gpointer data); /* frees what it owns, zeroes it */
void api_struct_copy(const ApiType *type, gpointer to, gconstpointer from); /* deep; @to is zeroed memory */
gboolean api_struct_equal(const ApiType *type, gconstpointer a, gconstpointer b);
/* api_struct_hash: FNV-1a 32 over a canonical text (sorted keys, empty fields left out). */
guint32 api_struct_hash(const ApiType *type, gconstpointer data);
/* api_struct_encode: as JSON tree. (owned) */
Value *api_struct_encode(const ApiType *type, gconstpointer data);
/* api_struct_is_empty: nothing is set, at any depth. */
gboolean api_struct_is_empty(const ApiType *type, gconstpointer data);
gboolean api_field_is_empty(const ApiField *field, gconstpointer data); /* @data: the field itself */
/* api_struct_size_bytes: about the length of its JSON text. */
gsize api_struct_size_bytes(const ApiType *type, gconstpointer data);
/* api_type_field: the row called @name, NULL if there is none. */
const ApiField *api_type_field(const ApiType *type, const char *name);
gpointer api_struct_new(const ApiType *type); /* heap, zeroed; free with api_struct_free */
void api_struct_free(const ApiType *type, gpointer data);

typedef struct {
    /* Set by the caller: numbers are converted as runtime/converter.go does, after a strategic merge patch. */
    gboolean converts;
    /* Go-style: first type error stops; unknown and duplicate fields are collected. */
    char *type_error;    /* (owned) "json: cannot unmarshal ..." without the kind's frame, or NULL */
    guint line, column;  /* where */
    char *path;          /* (owned) dotted path of it */
    GPtrArray *unknown;  /* (owned) of char*: "spec.containers[0].x" */
    GPtrArray *unknown_pos; /* (owned) of Value*: borrowed nodes of the source tree, same order */
    /* (owned) of char*: `unknown field "spec.x"`, `duplicate field "spec.y"`, in the order met, equal ones once */
    GPtrArray *strict;
} ApiDecodeResult;
void api_decode_result_clear(ApiDecodeResult *result);
/* api_decode_result_strict_text: `strict decoding error: unknown field ..., ...`; NULL if none. (owned) */
char *api_decode_result_strict_text(const ApiDecodeResult *result);

/* api_struct_decode: @data is zeroed memory. FALSE at a type error. */
gboolean api_struct_decode(const ApiType *type,
                           gpointer data,
                           const Value *value,
                           const char *path,
                           ApiDecodeResult *result);
/* api_struct_default: fill absent fields from .def, recursively. */
void api_struct_default(const ApiType *type, gpointer data);
