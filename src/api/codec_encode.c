/* codec_encode.c - structs to trees, as Go's encoding/json would print them */

#include "api/object.h"
#include "base/duration.h"

static Value *
encode_time(ApiTime time, gboolean is_micro)
{
    g_autofree char *text = is_micro ? time_format_micro(time) : time_format_rfc3339(time);

    return value_new_string(text);
}

static Value *
encode_str_map(const StrMap *map)
{
    Value *value = value_new_map();

    for (guint i = 0; i < map->count; i++)
        value_add_member(value, map->items[i].key, value_new_string(map->items[i].value));
    return value;
}

static Value *
encode_quantity_map(const QuantityMap *map)
{
    Value *value = value_new_map();

    for (guint i = 0; i < map->count; i++)
        value_add_member(value, map->items[i].key,
                         value_new_string(quantity_format(&map->items[i].value)));
    return value;
}

static Value *
encode_messages(const ApiField *field, const ApiList *list)
{
    gboolean is_map = field->type == API_MESSAGE_MAP;
    Value *value = is_map ? value_new_map() : value_new_list();

    for (guint i = 0; i < list->count; i++) {
        const char *item = (const char *)list->items + i * field->message->size;
        Value *encoded = api_struct_encode(field->message, item);

        if (is_map)
            value_add_member(value, *(const char *const *)item, encoded);
        else
            value_append(value, encoded);
    }
    return value;
}

static Value *
encode_scalars(const ApiField *field, const ApiList *list)
{
    Value *value = value_new_list();

    for (guint i = 0; i < list->count; i++)
        value_append(value, field->type == API_INT32_LIST
                                ? value_new_int(((const gint32 *)list->items)[i])
                                : value_new_string(((const char *const *)list->items)[i]));
    return value;
}

static Value *
encode_int_or_string(const IntOrString *value)
{
    return value->type == INT_OR_STRING_STRING ? value_new_string(value->string)
                                               : value_new_int(value->integer);
}

/* What Go prints for a field without omitempty that is empty. */
static Value *
encode_empty(const ApiField *field)
{
    switch (field->type) {
    case API_BOOL:
        return value_new_bool(FALSE);
    case API_INT32:
    case API_INT64:
    case API_INT_OR_STRING:
        return value_new_int(0);
    case API_STRING:
        return (field->flags & API_POINTER) != 0 ? value_new_null() : value_new_string("");
    default:
        return value_new_null();
    }
}

static Value *
encode_field(const ApiField *field, gconstpointer at)
{
    switch (field->type) {
    case API_BOOL:
        return value_new_bool(*(const gboolean *)at);
    case API_OPT_BOOL:
        return value_new_bool(*(const OptBool *)at == OPT_TRUE);
    case API_INT32:
        return value_new_int(*(const gint32 *)at);
    case API_OPT_INT32:
        return value_new_int(((const OptInt32 *)at)->value);
    case API_INT64:
        return value_new_int(*(const gint64 *)at);
    case API_OPT_INT64:
        return value_new_int(((const OptInt64 *)at)->value);
    case API_STRING:
        return value_new_string(*(const char *const *)at);
    case API_TIME:
    case API_MICRO_TIME:
        return encode_time(*(const ApiTime *)at, field->type == API_MICRO_TIME);
    case API_QUANTITY:
        return value_new_string(quantity_format(*(const Quantity *const *)at));
    case API_INT_OR_STRING:
        return encode_int_or_string(at);
    case API_STR_MAP:
    case API_BYTES_MAP:
        return encode_str_map(at);
    case API_QUANTITY_MAP:
        return encode_quantity_map(at);
    case API_STR_LIST:
    case API_INT32_LIST:
        return encode_scalars(field, at);
    case API_STRUCT:
        return api_struct_encode(field->message, at);
    case API_MESSAGE:
        return api_struct_encode(field->message, *(gconstpointer const *)at);
    case API_MESSAGE_LIST:
    case API_MESSAGE_MAP:
        return encode_messages(field, at);
    case API_RAW:
        return value_copy(*(const Value *const *)at);
    case API_N_TYPES:
        break;
    }
    g_assert_not_reached();
}

static void
encode_members(Value *map, const ApiType *type, gconstpointer data)
{
    for (const ApiField *field = type->fields; field->name != NULL; field++) {
        gconstpointer at = (const char *)data + field->offset;

        /* omitempty does not apply to embedded structs: Go prints them as {}. */
        if (field->type == API_STRUCT || !api_field_is_empty(field, at))
            value_add_member(map, field->name, encode_field(field, at));
        else if ((field->flags & API_ALWAYS) != 0)
            value_add_member(map, field->name, encode_empty(field));
    }
}

Value *
api_struct_encode(const ApiType *type, gconstpointer data)
{
    Value *map = value_new_map();

    encode_members(map, type, data);
    return map;
}

static Value *
encode_meta(const ApiObject *object)
{
    Value *meta = api_struct_encode(&object_meta_type, object->meta);
    guint at = 0;

    if (object->resource_version == 0)
        return meta;
    value_add_member(meta, "resourceVersion", NULL);

    /* Go declares it after uid. */
    static const char *const before[] = {"name", "generateName", "namespace", "uid"};

    for (guint i = 0; i < G_N_ELEMENTS(before); i++)
        if (at + 1 < meta->count && str_is(meta->keys[at], before[i]))
            at++;

    const char *key = meta->keys[meta->count - 1];

    memmove(meta->keys + at + 1, meta->keys + at, (meta->count - 1 - at) * sizeof *meta->keys);
    memmove(meta->items + at + 1, meta->items + at, (meta->count - 1 - at) * sizeof *meta->items);
    meta->keys[at] = key;
    meta->items[at] = value_new_string(str_internf("%" G_GUINT64_FORMAT, object->resource_version));
    return meta;
}

Value *
api_object_encode(const ApiObject *object)
{
    const ApiKind *kind = object->kind;
    Value *value = value_new_map();

    value_add_member(value, "apiVersion", value_new_string(api_kind_api_version(kind)));
    value_add_member(value, "kind", value_new_string(kind->kind));
    value_add_member(value, "metadata", encode_meta(object));
    if (object->body != NULL)
        encode_members(value, kind->body, object->body);
    if (object->spec != NULL)
        value_add_member(value, "spec", api_struct_encode(kind->spec, object->spec));
    if (object->status != NULL)
        value_add_member(value, "status", api_struct_encode(kind->status, object->status));
    return value;
}
