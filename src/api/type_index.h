/*
 * type_index.h - a type's table of fields, boiled down for those who walk it all the time
 *
 * A row of ApiField is long: names, texts, limits, rules. Freeing, copying and
 * sizing need an offset and a type of it, and of most fields nothing at all.
 * Made when a type is first met, kept until the process ends.
 */
#pragma once

#include "api/schema.h"

typedef struct TypeIndex TypeIndex;

typedef struct {
    const ApiField *field;
    const TypeIndex *message; /* of field->message; NULL: no message */
    guint16 offset;
    guint8 type;        /* ApiFieldType */
    guint8 overhead;    /* of the field's name in JSON text */
} TypeRow;

/* A field whose size is told by whether it is there: @bytes with its name, and of a text with the quotes. */
typedef struct {
    guint16 offset;
    guint8 bytes;
    guint8 empty_bytes; /* of a text: if it is there, but "" */
} SizeRow;

/*
 * Most fields of most structs are empty, and nearly all say so by their first bytes being 0: the
 * first @n_wide rows by eight, those up to @n_plain by four. The others are structs.
 */
struct TypeIndex {
    const ApiType *type;
    TypeRow *rows;   /* all fields */
    TypeRow *owning; /* those that own memory: the first @n_owning_wide begin with a pointer */
    guint n_wide, n_plain, n_rows;
    guint n_owning_wide, n_owning;
    /*
     * For sizes, classes one behind the other, so that each is one short loop without a choice: texts, other fields that
     * eight bytes tell about, those of four; and the rest, of which the first @n_rest_wide begin with a pointer.
     */
    SizeRow *sizes;
    TypeRow *rest;
    guint n_texts, n_told_wide, n_told; /* where each class ends */
    guint n_rest_wide, n_rest;
    gboolean has_hidden; /* a field that counts nothing */
    gboolean has_defaults; /* a field of it, or of what it holds, that is not left empty; TRUE also if that is not known */
    gboolean is_whole;     /* all of it is made: false only while it is */
};

static inline gboolean
type_wide_is_zero(const TypeRow *row, gconstpointer data)
{
    return *(const guint64 *)((const char *)data + row->offset) == 0;
}

static inline gboolean
type_narrow_is_zero(const TypeRow *row, gconstpointer data)
{
    return *(const guint32 *)((const char *)data + row->offset) == 0;
}

const TypeIndex *type_index_of(const ApiType *type);
