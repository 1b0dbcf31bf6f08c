/* type_index.c - see type_index.h; and the size of a struct, which is all walk */

#include "api/type_index.h"

#include "base/caches.h"
#include "base/intern.h"

#include <string.h>

#define SLOTS_FIRST  256
#define BRACES_BYTES 2
#define QUOTES_BYTES 2

static struct {
    TypeIndex **slots; /* open addressing by the type's address: nothing sees the order */
    guint n_slots;     /* a power of two */
    guint count;
} known;

/* --- making -------------------------------------------------------------------------- */

static gboolean
owns_memory(ApiFieldType type)
{
    switch (type) {
    case API_QUANTITY:
    case API_STR_MAP:
    case API_QUANTITY_MAP:
    case API_BYTES_MAP:
    case API_STR_LIST:
    case API_INT32_LIST:
    case API_STRUCT:
    case API_MESSAGE:
    case API_MESSAGE_LIST:
    case API_MESSAGE_MAP:
    case API_RAW:
        return TRUE;
    default:
        return FALSE;
    }
}

/* How many bytes at a field's beginning are all 0 only where it is empty; lists begin with the pointer to their elements. */
static guint
telling_bytes(ApiFieldType type)
{
    switch (type) {
    case API_BOOL:
    case API_INT32:
    case API_OPT_BOOL:
    case API_OPT_INT32:
    case API_OPT_INT64:
    case API_INT_OR_STRING:
        return 4;
    case API_STRUCT:
        return 0;
    default:
        return 8;
    }
}

/* Adds the rows of the fields that @bytes tell about. */
static void
add_rows(TypeIndex *index, guint bytes)
{
    for (const ApiField *field = index->type->fields; field->name != NULL; field++) {
        TypeRow *row = &index->rows[index->n_rows];

        if (telling_bytes(field->type) != bytes)
            continue;
        g_assert(strlen(field->name) + 4 <= G_MAXUINT8);
        *row = (TypeRow){
            .field = field,
            .offset = field->offset,
            .type = (guint8)field->type,
            .overhead = (guint8)(strlen(field->name) + 4),
        };
        index->n_rows++;
    }
}

/* Bytes of a field whose size is told by whether it is there; 0: it has to be looked at. */
static guint
told_bytes(ApiFieldType type)
{
    switch (type) {
    case API_STRING:
        return QUOTES_BYTES;
    case API_TIME:
    case API_MICRO_TIME:
        return 24;
    case API_INT64:
    case API_BOOL:
    case API_INT32:
    case API_OPT_BOOL:
    case API_OPT_INT32:
    case API_OPT_INT64:
    case API_QUANTITY:
        return 6;
    default:
        return 0;
    }
}

/* managedFields count nothing: whether they are kept must not show. */
static gboolean
row_is_hidden(const ApiField *field)
{
    return field->type == API_RAW && (field->flags & API_SERVER) != 0;
}

/* Adds what the fields tell whose beginning of @bytes says whether they are there: texts only, or all others. */
static void
add_sizes(TypeIndex *index, guint bytes, gboolean is_text)
{
    for (guint i = 0; i < index->n_rows; i++) {
        const TypeRow *row = &index->rows[i];
        guint told = row->overhead + told_bytes(row->type);

        if (told == row->overhead || telling_bytes(row->type) != bytes || (row->type == API_STRING) != is_text)
            continue;
        g_assert(told <= G_MAXUINT8);
        index->sizes[index->n_told++] = (SizeRow){
            .offset = row->offset,
            .bytes = (guint8)told,
            .empty_bytes = (row->field->flags & API_POINTER) != 0 ? (guint8)told : 0,
        };
    }
}

static void
make_sizes(TypeIndex *index)
{
    index->sizes = g_new(SizeRow, index->n_rows);
    index->rest = g_new(TypeRow, index->n_rows);
    add_sizes(index, 8, TRUE);
    index->n_texts = index->n_told;
    add_sizes(index, 8, FALSE);
    index->n_told_wide = index->n_told;
    add_sizes(index, 4, FALSE);
}

/* Its messages are left out: a type may hold itself. */
static TypeIndex *
make(const ApiType *type)
{
    TypeIndex *index = g_new0(TypeIndex, 1);
    guint n_fields = 0;

    index->type = type;
    while (type->fields[n_fields].name != NULL)
        n_fields++;
    index->rows = g_new(TypeRow, n_fields);
    index->owning = g_new(TypeRow, n_fields);
    add_rows(index, 8);
    index->n_wide = index->n_rows;
    add_rows(index, 4);
    index->n_plain = index->n_rows;
    add_rows(index, 0);
    make_sizes(index);
    return index;
}

static void
add_messages(TypeIndex *index)
{
    for (guint i = 0; i < index->n_rows; i++) {
        TypeRow *row = &index->rows[i];

        if (row->field->message != NULL)
            row->message = type_index_of(row->field->message);
        if (i == index->n_plain)
            index->n_owning_wide = index->n_owning;
        if (i == index->n_wide)
            index->n_rest_wide = index->n_rest;
        if (told_bytes(row->type) == 0)
            index->rest[index->n_rest++] = *row;
        index->has_hidden |= row_is_hidden(row->field);
        index->has_defaults |= row->field->def != NULL ||
                               (row->message != NULL && (!row->message->is_whole || row->message->has_defaults));
        if (owns_memory(row->field->type))
            index->owning[index->n_owning++] = *row;
    }
    if (index->n_plain == index->n_rows)
        index->n_owning_wide = index->n_owning;
    if (index->n_wide == index->n_rows)
        index->n_rest_wide = index->n_rest;
    index->is_whole = TRUE;
}

static inline guint
slot_of(const ApiType *type)
{
    return (guint)((gsize)type * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 40) & (known.n_slots - 1);
}

static void
put(TypeIndex *index)
{
    guint at = slot_of(index->type);

    while (known.slots[at] != NULL)
        at = (at + 1) & (known.n_slots - 1);
    known.slots[at] = index;
}

static const TypeIndex *
add(const ApiType *type)
{
    TypeIndex *index = make(type);

    if (2 * (known.count + 1) > known.n_slots) {
        g_autofree TypeIndex **old = known.slots;
        guint n_old = known.n_slots;

        known.n_slots = MAX(2 * n_old, SLOTS_FIRST);
        known.slots = g_new0(TypeIndex *, known.n_slots);
        for (guint i = 0; i < n_old; i++)
            if (old[i] != NULL)
                put(old[i]);
    }
    put(index);
    known.count++;
    add_messages(index);
    return index;
}

const TypeIndex *
type_index_of(const ApiType *type)
{
    if (G_LIKELY(known.n_slots > 0))
        for (guint at = slot_of(type); known.slots[at] != NULL; at = (at + 1) & (known.n_slots - 1))
            if (known.slots[at]->type == type)
                return known.slots[at];
    return add(type);
}

/* --- size ---------------------------------------------------------------------------- */

static gsize
text_bytes(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

static gsize size_bytes(const TypeIndex *index, gconstpointer data);

static gsize
list_size_bytes(const TypeRow *row, const ApiList *list)
{
    gsize total = 2;

    for (guint i = 0; i < list->count; i++) {
        switch (row->type) {
        case API_STR_MAP:
        case API_BYTES_MAP: {
            const StrPair *pair = &((const StrPair *)list->items)[i];

            total += text_bytes(pair->key) + text_bytes(pair->value) + 6;
            break;
        }
        case API_QUANTITY_MAP:
            total += text_bytes(((const QuantityPair *)list->items)[i].key) + 10;
            break;
        case API_STR_LIST:
            total += text_bytes(((const char *const *)list->items)[i]) + 3;
            break;
        case API_MESSAGE_MAP:
        case API_MESSAGE_LIST: {
            const char *item = (const char *)list->items + i * row->message->type->size;

            if (row->type == API_MESSAGE_MAP)
                total += text_bytes(*(const char *const *)item) + 4;
            total += size_bytes(row->message, item) + 1;
            break;
        }
        default:
            total += 4;
            break;
        }
    }
    return total;
}

/* What a field of the rest takes beside its name; -1: it is empty. One that begins with a pointer has it. */
static inline gssize
field_size_bytes(const TypeRow *row, gconstpointer at)
{
    switch (row->type) {
    case API_STRUCT: {
        gssize size = (gssize)size_bytes(row->message, at);

        return size == BRACES_BYTES && (!row->message->has_hidden || api_struct_is_empty(row->field->message, at)) ? -1 : size;
    }
    case API_MESSAGE:
        return (gssize)size_bytes(row->message, *(gconstpointer const *)at);
    case API_RAW:
        return row_is_hidden(row->field) ? -1 : 6;
    case API_INT_OR_STRING:
        return api_field_is_empty(row->field, at) ? -1 : 6;
    default:
        return ((const ApiList *)at)->count == 0 ? -1 : (gssize)list_size_bytes(row, at);
    }
}

static inline gsize
row_size_bytes(const TypeRow *row, gconstpointer data)
{
    gssize size = field_size_bytes(row, (const char *)data + row->offset);

    return size < 0 ? 0 : row->overhead + (gsize)size;
}

static gsize
size_bytes(const TypeIndex *index, gconstpointer data)
{
    const char *from = data;
    gsize total = BRACES_BYTES;
    guint i = 0;

    for (; i < index->n_texts; i++) {
        const SizeRow *row = &index->sizes[i];
        const char *text = *(const char *const *)(from + row->offset);

        if (text != NULL)
            total += text[0] == '\0' ? row->empty_bytes : row->bytes + strlen(text);
    }
    for (; i < index->n_told_wide; i++)
        total += *(const guint64 *)(from + index->sizes[i].offset) == 0 ? 0 : index->sizes[i].bytes;
    for (; i < index->n_told; i++)
        total += *(const guint32 *)(from + index->sizes[i].offset) == 0 ? 0 : index->sizes[i].bytes;
    for (i = 0; i < index->n_rest_wide; i++)
        if (!type_wide_is_zero(&index->rest[i], data))
            total += row_size_bytes(&index->rest[i], data);
    for (; i < index->n_rest; i++)
        total += row_size_bytes(&index->rest[i], data);
    return total;
}

static void check_rows(const TypeIndex *index, gconstpointer data);

static void
check_text(const char *text)
{
    const char *interned = str_intern(text);

    g_assert(interned == text);
}

static void
check_list(const TypeRow *row, const ApiList *list)
{
    for (guint i = 0; i < list->count; i++)
        check_rows(row->message, (const char *)list->items + i * row->message->type->size);
}

/* What is skipped at first sight must be empty, and all texts interned. */
static void
check_rows(const TypeIndex *index, gconstpointer data)
{
    for (guint i = 0; i < index->n_rows; i++) {
        const TypeRow *row = &index->rows[i];
        gconstpointer at = (const char *)data + row->offset;
        gboolean is_skipped = i < index->n_wide    ? type_wide_is_zero(row, data)
                              : i < index->n_plain ? type_narrow_is_zero(row, data)
                                                   : FALSE;

        g_assert(!is_skipped || api_field_is_empty(row->field, at));
        if (row->type == API_STRING)
            check_text(*(const char *const *)at);
        else if (row->type == API_STRUCT)
            check_rows(row->message, at);
        else if (row->type == API_MESSAGE && !is_skipped)
            check_rows(row->message, *(gconstpointer const *)at);
        else if (row->type == API_MESSAGE_LIST || row->type == API_MESSAGE_MAP)
            check_list(row, at);
    }
}

gsize
api_struct_size_bytes(const ApiType *type, gconstpointer data)
{
    const TypeIndex *index = type_index_of(type);

    if (caches_are_checked())
        check_rows(index, data);
    return size_bytes(index, data);
}
