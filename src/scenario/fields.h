/*
 * fields.h - scenario sections as tables
 *
 * One row per key: where it goes, its type, default and doc. Reading finds every
 * mistake: unknown key (with the nearest known one), wrong type, bad duration,
 * quantity, rate. The rows are also what `desk8s explain` prints.
 */
#pragma once

#include "base/value.h"
#include "sim/rng.h"

#include <stddef.h>

typedef struct ScField ScField;

typedef enum {
    SC_STRING,     /* const char * (interned) */
    SC_BOOL,       /* gboolean */
    SC_INT,        /* gint64 */
    SC_DURATION,   /* gint64 ns */
    SC_DIST,       /* Dist: a duration, or {p50:, p99:} and the like */
    SC_CPU,        /* gint64 milli-cores */
    SC_BYTES,      /* gint64 */
    SC_RATE,       /* gint64, per second * 10^6: "200/s", "30/m" */
    SC_SIZE_RATE,  /* gint64 bytes per second: "100Mi" */
    SC_ENUM,       /* const char * (interned), one of `words` */
    SC_STRINGS,    /* StringList */
    SC_LABELS,     /* LabelList */
    SC_TIME,       /* gint64 unix ns, RFC 3339 */
    SC_CPU_TIME,   /* gint64 ns of CPU: a duration */
    SC_MAP,        /* embedded struct with `fields` */
    SC_LIST,       /* ScList of structs with `fields` */
    SC_VALUE,      /* const Value * (borrowed from the document) */
} ScType;

typedef struct {
    char *items; /* (owned) */
    guint count;
} ScList;

typedef struct {
    const char **items; /* (owned) of interned */
    guint count;
} StringList;

typedef struct {
    struct ScLabel {
        const char *key, *value; /* interned */
    } *items; /* (owned) */
    guint count;
} LabelList;

typedef struct ScReader ScReader;

struct ScField {
    const char *name; /* NULL ends a table */
    ScType type;
    gsize offset;
    const char *doc;         /* a full sentence */
    const char *def;         /* default as text; NULL: zero */
    const char *const *words; /* SC_ENUM */
    const ScField *fields;   /* SC_MAP, SC_LIST */
    gsize item_size;         /* SC_LIST */
    gsize given_offset;      /* of a gboolean set when the key is there; 0: none */
    gint64 min, max;         /* SC_INT, SC_DURATION, SC_RATE ...: checked if max > min */
    /* SC_STRINGS: an element may be a map that stands for this string (interned); NULL: it may not */
    const char *(*string_of)(const ScReader *reader, const Value *map, const char *path);
};

/* Where a mistake is reported. */
struct ScReader {
    const char *file;
    Diag *diag;
};

/* sc_defaults: fill @data (zeroed) with the table's defaults, maps too. */
void sc_defaults(const ScField *fields, gpointer data);
/* sc_read: members of @map into @data; unset keys keep what is there. @path is for messages. */
void sc_read(const ScReader *reader, const ScField *fields, gpointer data, const Value *map, const char *path);
void sc_clear(const ScField *fields, gpointer data);
void sc_error(const ScReader *reader, const Value *at, const char *path, const char *format, ...) G_GNUC_PRINTF(4, 5);
void sc_warning(const ScReader *reader, const Value *at, const char *path, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* sc_key_pos: where key number @index of @map stands. */
SourcePos sc_key_pos(const ScReader *reader, const Value *map, guint index);
/* sc_read_dist: FALSE and a mistake reported. */
gboolean sc_read_dist(const ScReader *reader, const Value *value, const char *path, Dist *out_dist);
/* sc_explain: a table as text: name, type, default, doc. */
void sc_explain(const ScField *fields, GString *out, guint indent);
