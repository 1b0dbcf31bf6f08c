/* struct.c - clear, copy, compare, hash, default any struct that a table describes */

#include "api/schema.h"
#include "api/type_index.h"

#include "base/intern.h"

static gsize
list_item_size(const ApiField *field)
{
    switch (field->type) {
    case API_STR_MAP:
    case API_BYTES_MAP:
        return sizeof(StrPair);
    case API_QUANTITY_MAP:
        return sizeof(QuantityPair);
    case API_STR_LIST:
        return sizeof(const char *);
    case API_INT32_LIST:
        return sizeof(gint32);
    case API_MESSAGE_LIST:
    case API_MESSAGE_MAP:
        return field->message->size;
    default:
        return 0;
    }
}

/* Do the elements begin with a string? */
static gboolean
list_has_key(const ApiField *field)
{
    return field->type != API_INT32_LIST && field->type != API_MESSAGE_LIST;
}

const ApiField *
api_type_field(const ApiType *type, const char *name)
{
    for (const ApiField *field = type->fields; field->name != NULL; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

gpointer
api_struct_new(const ApiType *type)
{
    return g_malloc0(type->size);
}

void
api_struct_free(const ApiType *type, gpointer data)
{
    if (data == NULL)
        return;
    api_struct_clear(type, data);
    g_free(data);
}

/* --- clear ------------------------------------------------------------------------- */

static void clear(const TypeIndex *index, gpointer data);

/* Most lists are of what owns nothing: texts, numbers, conditions. */
static inline gboolean
items_own_memory(const TypeRow *row)
{
    return (row->type == API_MESSAGE_LIST || row->type == API_MESSAGE_MAP) && row->message->n_owning > 0;
}

static void
list_clear(const TypeRow *row, ApiList *list)
{
    if (items_own_memory(row))
        for (guint i = 0; i < list->count; i++)
            clear(row->message, (char *)list->items + i * row->message->type->size);
    g_free(list->items);
}

/* What is held is freed; what stands in @data itself is left as it was. */
static void
clear(const TypeIndex *index, gpointer data)
{
    for (guint i = 0; i < index->n_owning; i++) {
        const TypeRow *row = &index->owning[i];
        gpointer at = (char *)data + row->offset;

        if (i < index->n_owning_wide && type_wide_is_zero(row, data))
            continue;
        switch (row->type) {
        case API_QUANTITY:
            g_free(*(Quantity **)at);
            break;
        case API_STRUCT:
            if (row->message->n_owning > 0)
                clear(row->message, at);
            break;
        case API_MESSAGE:
            clear(row->message, *(gpointer *)at);
            g_free(*(gpointer *)at);
            break;
        case API_RAW:
            value_free(*(Value **)at);
            break;
        default:
            list_clear(row, at);
            break;
        }
    }
}

void
api_struct_clear(const ApiType *type, gpointer data)
{
    clear(type_index_of(type), data);
    memset(data, 0, type->size);
}

/* --- copy -------------------------------------------------------------------------- */

static void copy(const TypeIndex *index, gpointer to, gconstpointer from);

/* A list that has an entry for each of something, as conditions do, is copied to be added to, and keeps its room. */
static inline gboolean
is_added_to(const TypeRow *row)
{
    return row->type == API_MESSAGE_LIST && row->field->merge_key != NULL && strcmp(row->field->merge_key, "type") == 0;
}

static void
list_copy(const TypeRow *row, ApiList *to, const ApiList *from)
{
    gsize item_size = list_item_size(row->field);

    to->items = NULL;
    to->capacity = 0;
    if (from->count == 0)
        return;
    to->capacity = is_added_to(row) ? MAX(from->capacity, from->count) : from->count;
    to->items = g_malloc(to->capacity * item_size);
    if (!items_own_memory(row)) {
        memcpy(to->items, from->items, from->count * item_size);
        return;
    }
    for (guint i = 0; i < from->count; i++)
        copy(row->message, (char *)to->items + i * item_size, (const char *)from->items + i * item_size);
}

static void
copy(const TypeIndex *index, gpointer to, gconstpointer from)
{
    memcpy(to, from, index->type->size);
    for (guint i = 0; i < index->n_owning; i++) {
        const TypeRow *row = &index->owning[i];
        gpointer target = (char *)to + row->offset;
        gconstpointer source = (const char *)from + row->offset;

        if (i < index->n_owning_wide && type_wide_is_zero(row, from))
            continue;
        switch (row->type) {
        case API_QUANTITY:
            *(Quantity **)target = g_memdup2(*(Quantity *const *)source, sizeof(Quantity));
            break;
        case API_STRUCT:
            if (row->message->n_owning > 0)
                copy(row->message, target, source);
            break;
        case API_MESSAGE:
            *(gpointer *)target = g_malloc(row->message->type->size);
            copy(row->message, *(gpointer *)target, *(gpointer const *)source);
            break;
        case API_RAW:
            *(Value **)target = value_copy(*(Value *const *)source);
            break;
        default:
            list_copy(row, target, source);
            break;
        }
    }
}

void
api_struct_copy(const ApiType *type, gpointer to, gconstpointer from)
{
    copy(type_index_of(type), to, from);
}

/* --- equal ------------------------------------------------------------------------- */

static gboolean
list_equal(const ApiField *field, const ApiList *a, const ApiList *b)
{
    gsize item_size = list_item_size(field);
    gboolean has_key = list_has_key(field);

    if (a->count != b->count)
        return FALSE;
    for (guint i = 0; i < a->count; i++) {
        gconstpointer x = (const char *)a->items + i * item_size;
        gconstpointer y = (const char *)b->items + i * item_size;
        const char *key_x = has_key ? *(const char *const *)x : NULL;
        const char *key_y = has_key ? *(const char *const *)y : NULL;

        switch (field->type) {
        case API_STR_MAP:
        case API_BYTES_MAP:
            if (!str_is(key_x, key_y) ||
                !str_is(((const StrPair *)x)->value, ((const StrPair *)y)->value))
                return FALSE;
            break;
        case API_QUANTITY_MAP: {
            const Quantity *p = &((const QuantityPair *)x)->value;
            const Quantity *q = &((const QuantityPair *)y)->value;

            if (!str_is(key_x, key_y) || p->nano != q->nano || p->format != q->format)
                return FALSE;
            break;
        }
        case API_STR_LIST:
            if (!str_is(key_x, key_y))
                return FALSE;
            break;
        case API_MESSAGE_MAP:
            if (!str_is(key_x, key_y))
                return FALSE;
            /* fallthrough */
        case API_MESSAGE_LIST:
            if (!api_struct_equal(field->message, x, y))
                return FALSE;
            break;
        default:
            if (memcmp(x, y, item_size) != 0)
                return FALSE;
            break;
        }
    }
    return TRUE;
}

/* Where Go has no pointer (the row is always written) absent is the number 0. */
static gboolean
int_or_string_is_empty(const ApiField *field, const IntOrString *value)
{
    if (value->type == INT_OR_STRING_UNSET)
        return TRUE;
    return (field->flags & API_ALWAYS) != 0 && value->type == INT_OR_STRING_INT &&
           value->integer == 0;
}

static gboolean
int_or_string_equal(const ApiField *field, const IntOrString *a, const IntOrString *b)
{
    if (int_or_string_is_empty(field, a) && int_or_string_is_empty(field, b))
        return TRUE;
    if (a->type != b->type)
        return FALSE;
    return a->type == INT_OR_STRING_STRING ? str_is(a->string, b->string)
                                           : a->integer == b->integer;
}

/* Go does not tell "" from absent where the field is no pointer. */
static gboolean
string_equal(const ApiField *field, const char *a, const char *b)
{
    if (a == b)
        return TRUE;
    if ((field->flags & API_POINTER) == 0 && str_is_empty(a) && str_is_empty(b))
        return TRUE;
    return str_is(a, b);
}

static gboolean
quantity_equal(const Quantity *a, const Quantity *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->nano == b->nano && a->format == b->format;
}

static gboolean
field_equal(const ApiField *field, gconstpointer a, gconstpointer b)
{
    switch (field->type) {
    case API_BOOL:
    case API_INT32:
    case API_OPT_BOOL:
        return *(const gint32 *)a == *(const gint32 *)b;
    case API_OPT_INT32: {
        const OptInt32 *x = a;
        const OptInt32 *y = b;

        return x->is_set == y->is_set && (!x->is_set || x->value == y->value);
    }
    case API_OPT_INT64: {
        const OptInt64 *x = a;
        const OptInt64 *y = b;

        return x->is_set == y->is_set && (!x->is_set || x->value == y->value);
    }
    case API_INT64:
    case API_TIME:
    case API_MICRO_TIME:
        return *(const gint64 *)a == *(const gint64 *)b;
    case API_STRING:
        return string_equal(field, *(const char *const *)a, *(const char *const *)b);
    case API_QUANTITY:
        return quantity_equal(*(Quantity *const *)a, *(Quantity *const *)b);
    case API_INT_OR_STRING:
        return int_or_string_equal(field, a, b);
    case API_STRUCT:
        return api_struct_equal(field->message, a, b);
    case API_MESSAGE: {
        gconstpointer x = *(gconstpointer const *)a;
        gconstpointer y = *(gconstpointer const *)b;

        if (x == NULL || y == NULL)
            return x == y;
        return api_struct_equal(field->message, x, y);
    }
    case API_RAW:
        return value_equal(*(Value *const *)a, *(Value *const *)b);
    default:
        return list_equal(field, a, b);
    }
}

/* The same at first sight: nothing in both, the same number, text (they are interned) or memory. */
static inline gboolean
is_same(const TypeIndex *index, guint i, gconstpointer a, gconstpointer b)
{
    const TypeRow *row = &index->rows[i];

    if (i < index->n_wide)
        return *(const guint64 *)((const char *)a + row->offset) == *(const guint64 *)((const char *)b + row->offset);
    return i < index->n_plain && type_narrow_is_zero(row, a) && type_narrow_is_zero(row, b);
}

gboolean
api_struct_equal(const ApiType *type, gconstpointer a, gconstpointer b)
{
    const TypeIndex *index = type_index_of(type);

    if (a == b)
        return TRUE;
    for (guint i = 0; i < index->n_rows; i++) {
        const TypeRow *row = &index->rows[i];

        if (!is_same(index, i, a, b) &&
            !field_equal(row->field, (const char *)a + row->offset, (const char *)b + row->offset))
            return FALSE;
    }
    return TRUE;
}

/* --- empty, size ------------------------------------------------------------------- */

gboolean
api_field_is_empty(const ApiField *field, gconstpointer data)
{
    switch (field->type) {
    case API_BOOL:
    case API_INT32:
    case API_OPT_BOOL:
    case API_OPT_INT32: /* is_set comes first */
    case API_OPT_INT64:
        return *(const gint32 *)data == 0;
    case API_INT_OR_STRING:
        return int_or_string_is_empty(field, data);
    case API_INT64:
    case API_TIME:
    case API_MICRO_TIME:
        return *(const gint64 *)data == 0;
    case API_STRING: {
        const char *text = *(const char *const *)data;

        return text == NULL || (text[0] == '\0' && (field->flags & API_POINTER) == 0);
    }
    case API_QUANTITY:
    case API_MESSAGE:
    case API_RAW:
        return *(gconstpointer const *)data == NULL;
    case API_STRUCT:
        return api_struct_is_empty(field->message, data);
    default:
        return ((const ApiList *)data)->count == 0;
    }
}

gboolean
api_struct_is_empty(const ApiType *type, gconstpointer data)
{
    for (const ApiField *field = type->fields; field->name != NULL; field++)
        if (!api_field_is_empty(field, (const char *)data + field->offset))
            return FALSE;
    return TRUE;
}

/* --- default ----------------------------------------------------------------------- */

static void
field_default(const ApiField *field, gpointer at)
{
    const char *def = field->def;
    Quantity quantity;

    switch (field->type) {
    case API_BOOL:
        *(gboolean *)at = str_is(def, "true");
        break;
    case API_OPT_BOOL:
        *(OptBool *)at = str_is(def, "true") ? OPT_TRUE : OPT_FALSE;
        break;
    case API_INT32:
        *(gint32 *)at = (gint32)g_ascii_strtoll(def, NULL, 10);
        break;
    case API_INT64:
        *(gint64 *)at = g_ascii_strtoll(def, NULL, 10);
        break;
    case API_OPT_INT32:
        *(OptInt32 *)at = OPT_INT32((gint32)g_ascii_strtoll(def, NULL, 10));
        break;
    case API_OPT_INT64:
        *(OptInt64 *)at = OPT_INT64(g_ascii_strtoll(def, NULL, 10));
        break;
    case API_STRING:
        *(const char **)at = str_intern(def);
        break;
    case API_INT_OR_STRING: {
        IntOrString *value = at;
        char *end;
        gint64 integer = g_ascii_strtoll(def, &end, 10);

        *value = *end == '\0'
                     ? (IntOrString){.type = INT_OR_STRING_INT, .integer = (gint32)integer}
                     : (IntOrString){.type = INT_OR_STRING_STRING, .string = str_intern(def)};
        break;
    }
    case API_QUANTITY:
        if (quantity_parse(def, &quantity))
            *(Quantity **)at = g_memdup2(&quantity, sizeof quantity);
        break;
    case API_MESSAGE:
        *(gpointer *)at = api_struct_new(field->message);
        break;
    case API_RAW:
        *(Value **)at = value_read_json(def, strlen(def), NULL);
        break;
    default:
        g_assert_not_reached(); /* lists and maps have no default text */
    }
}

void
api_struct_default(const ApiType *type, gpointer data)
{
    for (const ApiField *field = type->fields; field->name != NULL; field++) {
        gpointer at = (char *)data + field->offset;

        if (field->def != NULL && field->type != API_STRUCT && api_field_is_empty(field, at))
            field_default(field, at);
        if (field->type == API_STRUCT) {
            api_struct_default(field->message, at);
        } else if (field->type == API_MESSAGE) {
            if (*(gpointer *)at != NULL)
                api_struct_default(field->message, *(gpointer *)at);
        } else if (field->type == API_MESSAGE_LIST || field->type == API_MESSAGE_MAP) {
            ApiList *list = at;

            for (guint i = 0; i < list->count; i++)
                api_struct_default(field->message, (char *)list->items + i * field->message->size);
        }
    }
}
