/* type_index.c - see type_index.h; and the size of a struct, which is all walk */

#include "api/type_index.h"

#include "base/caches.h"

#include <string.h>

#define SLOTS_FIRST 256

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

static TypeIndex *
make(const ApiType *type)
{
    TypeIndex *index = g_new0(TypeIndex, 1);

    index->type = type;
    while (type->fields[index->n_rows].name != NULL)
        index->n_rows++;
    index->rows = g_new(TypeRow, index->n_rows);
    index->owning = g_new(TypeRow, index->n_rows);
    for (guint i = 0; i < index->n_rows; i++) {
        const ApiField *field = &type->fields[i];

        g_assert(strlen(field->name) + 4 <= G_MAXUINT8);
        index->rows[i] = (TypeRow){
            .field = field,
            .offset = field->offset,
            .type = (guint8)field->type,
            .overhead = (guint8)(strlen(field->name) + 4),
        };
        if (owns_memory(field->type))
            index->owning[index->n_owning++] = index->rows[i];
    }
    return index;
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

static gsize
list_size_bytes(const ApiField *field, const ApiList *list)
{
    gsize total = 2;

    for (guint i = 0; i < list->count; i++) {
        switch (field->type) {
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
            const char *item = (const char *)list->items + i * field->message->size;

            if (field->type == API_MESSAGE_MAP)
                total += text_bytes(*(const char *const *)item) + 4;
            total += api_struct_size_bytes(field->message, item) + 1;
            break;
        }
        default:
            total += 4;
            break;
        }
    }
    return total;
}

/* What a field that is not empty takes beside its name; -1: it is empty. One look tells both. */
static inline gssize
field_size_bytes(const TypeRow *row, gconstpointer at)
{
    switch (row->type) {
    case API_STRING: {
        const char *text = *(const char *const *)at;

        if (text == NULL || (text[0] == '\0' && (row->field->flags & API_POINTER) == 0))
            return -1;
        return (gssize)strlen(text) + 2;
    }
    case API_TIME:
    case API_MICRO_TIME:
        return *(const gint64 *)at == 0 ? -1 : 24;
    case API_INT64:
        return *(const gint64 *)at == 0 ? -1 : 6;
    case API_BOOL:
    case API_INT32:
    case API_OPT_BOOL:
    case API_OPT_INT32:
    case API_OPT_INT64:
        return *(const gint32 *)at == 0 ? -1 : 6;
    case API_STRUCT:
        return api_struct_is_empty(row->field->message, at)
                   ? -1
                   : (gssize)api_struct_size_bytes(row->field->message, at);
    case API_MESSAGE:
        at = *(gconstpointer const *)at;
        return at == NULL ? -1 : (gssize)api_struct_size_bytes(row->field->message, at);
    case API_RAW:
        /* managedFields count nothing: whether they are kept must not show. */
        if ((row->field->flags & API_SERVER) != 0)
            return -1;
        return *(gconstpointer const *)at == NULL ? -1 : 6;
    case API_QUANTITY:
        return *(gconstpointer const *)at == NULL ? -1 : 6;
    case API_INT_OR_STRING:
        return api_field_is_empty(row->field, at) ? -1 : 6;
    default:
        return ((const ApiList *)at)->count == 0
                   ? -1
                   : (gssize)list_size_bytes(row->field, at);
    }
}

gsize
api_struct_size_bytes(const ApiType *type, gconstpointer data)
{
    const TypeIndex *index = type_index_of(type);
    gsize total = 2;

    for (guint i = 0; i < index->n_rows; i++) {
        const TypeRow *row = &index->rows[i];
        gssize size = field_size_bytes(row, (const char *)data + row->offset);

        if (size < 0)
            continue;
        total += row->overhead + (gsize)size;
        if (caches_are_checked())
            g_assert(!api_field_is_empty(row->field, (const char *)data + row->offset));
    }
    return total;
}
