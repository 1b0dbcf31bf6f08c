/*
 * hash.c - api_struct_hash: FNV-1a 32 over a canonical text
 *
 * The text names fields in byte order, so the order of a table's rows does not
 * matter, and leaves out what is empty, so a new optional field changes no
 * hash. It is fed to the hash piece by piece and never stored.
 */

#include "api/schema.h"

#include "base/intern.h"

#define FNV_OFFSET 2166136261u
#define FNV_PRIME  16777619u
#define MAX_FIELDS 128

static guint32
hash_bytes(guint32 hash, const void *data, gsize length)
{
    const guint8 *bytes = data;

    for (gsize i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

static guint32
hash_char(guint32 hash, char c)
{
    return hash_bytes(hash, &c, 1);
}

/* The terminating zero keeps "ab","c" and "a","bc" apart. */
static guint32
hash_text(guint32 hash, const char *text)
{
    return text == NULL ? hash_char(hash, '\0') : hash_bytes(hash, text, strlen(text) + 1);
}

static guint32
hash_int(guint32 hash, gint64 value)
{
    guint64 bits = (guint64)value;
    guint8 bytes[8];

    /* Least significant first on every machine. */
    for (int i = 0; i < 8; i++)
        bytes[i] = (guint8)(bits >> (8 * i));
    return hash_bytes(hash, bytes, sizeof bytes);
}

static guint32
hash_quantity(guint32 hash, const Quantity *quantity)
{
    hash = hash_int(hash, (gint64)(quantity->nano % 1000000000));
    return hash_int(hash, (gint64)(quantity->nano / 1000000000));
}

static guint32 hash_struct(guint32 hash, const ApiType *type, gconstpointer data);

static guint32
hash_raw(guint32 hash, const Value *value)
{
    g_autofree char *text = value_to_json(value, VALUE_SORTED);

    return hash_text(hash, text);
}

static guint32
hash_list(guint32 hash, const ApiField *field, const ApiList *list)
{
    for (guint i = 0; i < list->count; i++) {
        switch (field->type) {
        case API_STR_MAP:
        case API_BYTES_MAP:
            hash = hash_text(hash, ((const StrPair *)list->items)[i].key);
            hash = hash_text(hash, ((const StrPair *)list->items)[i].value);
            break;
        case API_QUANTITY_MAP:
            hash = hash_text(hash, ((const QuantityPair *)list->items)[i].key);
            hash = hash_quantity(hash, &((const QuantityPair *)list->items)[i].value);
            break;
        case API_STR_LIST:
            hash = hash_text(hash, ((const char *const *)list->items)[i]);
            break;
        case API_INT32_LIST:
            hash = hash_int(hash, ((const gint32 *)list->items)[i]);
            break;
        default: {
            const char *item = (const char *)list->items + i * field->message->size;

            if (field->type == API_MESSAGE_MAP)
                hash = hash_text(hash, *(const char *const *)item);
            hash = hash_struct(hash, field->message, item);
            break;
        }
        }
    }
    return hash;
}

static guint32
hash_field(guint32 hash, const ApiField *field, gconstpointer at)
{
    switch (field->type) {
    case API_BOOL:
        return hash_char(hash, *(const gboolean *)at ? 't' : 'f');
    case API_OPT_BOOL:
        return hash_char(hash, *(const OptBool *)at == OPT_TRUE ? 't' : 'f');
    case API_INT32:
        return hash_int(hash, *(const gint32 *)at);
    case API_OPT_INT32:
        return hash_int(hash, ((const OptInt32 *)at)->value);
    case API_OPT_INT64:
        return hash_int(hash, ((const OptInt64 *)at)->value);
    case API_INT64:
    case API_TIME:
    case API_MICRO_TIME:
        return hash_int(hash, *(const gint64 *)at);
    case API_STRING:
        return hash_text(hash, *(const char *const *)at);
    case API_QUANTITY:
        return hash_quantity(hash, *(Quantity *const *)at);
    case API_INT_OR_STRING: {
        const IntOrString *value = at;

        if (value->type == INT_OR_STRING_STRING)
            return hash_text(hash_char(hash, 's'), value->string);
        return hash_int(hash_char(hash, 'i'), value->integer);
    }
    case API_STRUCT:
        return hash_struct(hash, field->message, at);
    case API_MESSAGE:
        return hash_struct(hash, field->message, *(gconstpointer const *)at);
    case API_RAW:
        return hash_raw(hash, *(Value *const *)at);
    default:
        return hash_list(hash, field, at);
    }
}

static guint32
hash_struct(guint32 hash, const ApiType *type, gconstpointer data)
{
    const ApiField *present[MAX_FIELDS];
    guint count = 0;

    for (const ApiField *field = type->fields; field->name != NULL; field++) {
        guint at = count;

        if (api_field_is_empty(field, (const char *)data + field->offset))
            continue;
        g_assert(count < MAX_FIELDS);
        for (; at > 0 && strcmp(present[at - 1]->name, field->name) > 0; at--)
            present[at] = present[at - 1];
        present[at] = field;
        count++;
    }
    hash = hash_char(hash, '{');
    for (guint i = 0; i < count; i++) {
        hash = hash_text(hash, present[i]->name);
        hash = hash_field(hash, present[i], (const char *)data + present[i]->offset);
    }
    return hash_char(hash, '}');
}

guint32
api_struct_hash(const ApiType *type, gconstpointer data)
{
    return hash_struct(FNV_OFFSET, type, data);
}
