/*
 * type_index.h - a type's table of fields, boiled down for those who walk it all the time
 *
 * A row of ApiField is long: names, texts, limits, rules. Freeing, copying and
 * sizing need an offset and a type of it, and of most fields nothing at all.
 * Made when a type is first met, kept until the process ends.
 */
#pragma once

#include "api/schema.h"

typedef struct {
    const ApiField *field;
    guint16 offset;
    guint8 type;     /* ApiFieldType */
    guint8 overhead; /* of the field's name in JSON text */
} TypeRow;

typedef struct {
    const ApiType *type;
    TypeRow *rows;   /* all fields */
    TypeRow *owning; /* those that own memory */
    guint n_rows, n_owning;
} TypeIndex;

const TypeIndex *type_index_of(const ApiType *type);
