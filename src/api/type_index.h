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
