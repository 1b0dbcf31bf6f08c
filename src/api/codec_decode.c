/*
 * codec_decode.c - trees to structs, with the errors of sigs.k8s.io/json (v1.34)
 *
 * Go's decoder keeps the first type error and reads on; an error of a type's
 * own UnmarshalJSON (quantity, time, int-or-string, base64) ends it at once and
 * is the one reported. Unknown and duplicate fields are collected on the way.
 */

#include "api/codec_decode.h"
#include "base/duration.h"

static gboolean decode_struct(Decoder *decoder,
                              const ApiType *type,
                              gpointer data,
                              const Value *value,
                              const Place *place);

/* --- scalars --------------------------------------------------------------------------- */

static const char *
go_type_of(const ApiField *field)
{
    if (field->go_type != NULL)
        return field->go_type;
    switch (field->type) {
    case API_BOOL:
    case API_OPT_BOOL:
        return "bool";
    case API_INT32:
    case API_OPT_INT32:
        return "int32";
    case API_INT64:
    case API_OPT_INT64:
        return "int64";
    case API_STR_MAP:
        return "map[string]string";
    case API_QUANTITY_MAP:
        return "v1.ResourceList";
    case API_BYTES_MAP:
        return "map[string][]uint8";
    case API_STR_LIST:
        return "[]string";
    case API_INT32_LIST:
        return "[]int32";
    case API_STRUCT:
    case API_MESSAGE:
        return str_internf("%s.%s", field->message->package, field->message->name);
    case API_MESSAGE_LIST:
        return str_internf("[]%s.%s", field->message->package, field->message->name);
    case API_MESSAGE_MAP:
        return str_internf("map[string]%s.%s", field->message->package, field->message->name);
    default:
        return "string";
    }
}

static gboolean
decode_int(Decoder *decoder,
           const ApiType *holder,
           const char *go_type,
           const Value *value,
           const Place *place,
           gboolean is_32,
           gint64 *out_integer)
{
    gboolean is_number = value->type == VALUE_INT || value->type == VALUE_FLOAT;
    gboolean fits = !is_32 || (value->integer >= G_MININT32 && value->integer <= G_MAXINT32);

    /* A conversion cuts off what is too long, and takes whole numbers with a point. */
    if (value->type == VALUE_INT && (fits || decoder->result->converts)) {
        *out_integer = is_32 ? (gint32)value->integer : value->integer;
        return TRUE;
    }
    if (value->type == VALUE_FLOAT && decoder->result->converts && decode_whole(value->text, out_integer))
        return TRUE;
    decode_type_error(decoder, holder, value, place, go_type, is_number);
    return FALSE;
}

/* A string or a number stands for itself, with blanks round it; anything else is no quantity. */
static char *
read_quantity(const Value *value, Quantity *out_quantity)
{
    g_autofree char *trimmed = NULL;

    if (value->type != VALUE_STRING && value->type != VALUE_INT && value->type != VALUE_FLOAT)
        return g_strdup(QUANTITY_REGEX_MESSAGE);
    trimmed = g_strstrip(g_strdup(value->text));
    return quantity_parse(trimmed, out_quantity) ? NULL : g_strdup(quantity_parse_message(trimmed));
}

char *
decode_quantity_fault(const Value *value)
{
    Quantity quantity;

    return read_quantity(value, &quantity);
}

static gboolean
decode_quantity(Decoder *decoder, const Value *value, const Place *place, Quantity *out_quantity)
{
    char *fault = read_quantity(value, out_quantity);

    return fault == NULL || decode_fatal(decoder, value, place, fault);
}

static gboolean
decode_int_or_string(Decoder *decoder,
                     const ApiType *holder,
                     const Value *value,
                     const Place *place,
                     IntOrString *out)
{
    gboolean is_number = value->type == VALUE_INT || value->type == VALUE_FLOAT;

    if (value->type == VALUE_STRING) {
        *out = (IntOrString){.type = INT_OR_STRING_STRING, .string = value->text};
        return TRUE;
    }
    if (value->type == VALUE_INT && value->integer >= G_MININT32 && value->integer <= G_MAXINT32) {
        *out = (IntOrString){.type = INT_OR_STRING_INT, .integer = (gint32)value->integer};
        return TRUE;
    }
    return decode_fatal_type(decoder, holder, value, place, "int32", is_number);
}

static gboolean
decode_time(Decoder *decoder,
            const ApiType *holder,
            const Value *value,
            const Place *place,
            gboolean is_micro,
            ApiTime *out)
{
    char *fault;
    gint64 ns;

    if (value->type != VALUE_STRING)
        return decode_fatal_type(decoder, holder, value, place, "string", FALSE);
    fault = decode_time_fault(value->text, is_micro);
    if (fault != NULL)
        return decode_fatal(decoder, value, place, fault);
    if (!time_parse_rfc3339(value->text, &ns))
        return decode_fatal(decoder, value, place, g_strdup_printf("parsing time \"%s\"", value->text));
    *out = is_micro ? ns - ns % NS_PER_US : api_time_seconds(ns);
    if (*out == 0)
        *out = API_TIME_EPOCH;
    return TRUE;
}

/* Go's base64.StdEncoding: the offset of the first byte that cannot stand there, -1 if fine. */
static gssize
base64_check(const char *text)
{
    gsize length = strlen(text);
    gsize n_symbols = 0;

    for (gsize i = 0; i < length; i++) {
        char c = text[i];

        if (c == '\n' || c == '\r')
            continue;
        if (g_ascii_isalnum(c) || c == '+' || c == '/') {
            n_symbols++;
            continue;
        }
        if (c != '=' || n_symbols % 4 < 2)
            return (gssize)i;
        if (n_symbols % 4 == 2) {
            do
                i++;
            while (i < length && (text[i] == '\n' || text[i] == '\r'));
            if (i == length)
                return (gssize)length;
            if (text[i] != '=')
                return (gssize)i - 1;
        }
        for (i++; i < length; i++)
            if (text[i] != '\n' && text[i] != '\r')
                return (gssize)i;
        return -1;
    }
    return n_symbols % 4 == 0 ? -1 : (gssize)length;
}

char *
decode_base64_fault(const char *text)
{
    gssize bad = base64_check(text);

    return bad < 0 ? NULL : g_strdup_printf("illegal base64 data at input byte %" G_GSSIZE_FORMAT, bad);
}

/* --- maps and lists ---------------------------------------------------------------------- */

static gboolean
is_repeated_key(const Value *map, guint index)
{
    for (guint i = 0; i < index; i++)
        if (map->keys[i] == map->keys[index])
            return TRUE;
    return FALSE;
}

static gboolean
decode_bytes(Decoder *decoder,
             const ApiType *holder,
             const Value *value,
             const Place *place,
             const char **out_text)
{
    if (value->type != VALUE_STRING) {
        decode_type_error(decoder, holder, value, place, "[]uint8", FALSE);
        return TRUE;
    }

    char *fault = decode_base64_fault(value->text);

    if (fault != NULL)
        return decode_fatal(decoder, value, place, fault);
    *out_text = value->text;
    return TRUE;
}

static gboolean
decode_map_entry(Decoder *decoder,
                 const ApiType *holder,
                 const ApiField *field,
                 gpointer at,
                 const char *key,
                 const Value *item,
                 const Place *place)
{
    const char *text = str_intern("");
    Quantity quantity = {0};

    switch (field->type) {
    case API_STR_MAP:
        if (item->type == VALUE_STRING)
            text = item->text;
        else if (item->type != VALUE_NULL)
            decode_type_error(decoder, holder, item, place, "string", FALSE);
        str_map_set(at, key, text);
        return TRUE;
    case API_BYTES_MAP:
        if (item->type != VALUE_NULL && !decode_bytes(decoder, holder, item, place, &text))
            return FALSE;
        str_map_set(at, key, text);
        return TRUE;
    case API_QUANTITY_MAP:
        if (item->type != VALUE_NULL && !decode_quantity(decoder, item, place, &quantity))
            return FALSE;
        quantity_map_set(at, key, quantity);
        return TRUE;
    default: {
        gpointer entry = api_map_add(at, field->message->size, key);

        if (item->type == VALUE_MAP)
            return decode_struct(decoder, field->message, entry, item, place);
        if (item->type != VALUE_NULL)
            decode_type_error(decoder, holder, item, place, go_type_of(field), FALSE);
        return TRUE;
    }
    }
}

static gboolean
decode_map(Decoder *decoder,
           const ApiType *holder,
           const ApiField *field,
           gpointer at,
           const Value *value,
           const Place *place)
{
    if (value->type != VALUE_MAP) {
        decode_type_error(decoder, holder, value, place, go_type_of(field), FALSE);
        return TRUE;
    }
    for (guint i = 0; i < value->count; i++) {
        Place inner = {.up = place, .name = value->keys[i], .is_map_key = TRUE};

        if (is_repeated_key(value, i))
            decode_add_strict(decoder, "duplicate", value->items[i], &inner);
        if (!decode_map_entry(decoder, holder, field, at, value->keys[i], value->items[i], &inner))
            return FALSE;
    }
    return TRUE;
}

static gboolean
decode_list(Decoder *decoder,
            const ApiType *holder,
            const ApiField *field,
            gpointer at,
            const Value *value,
            const Place *place)
{
    if (value->type != VALUE_LIST) {
        decode_type_error(decoder, holder, value, place, go_type_of(field), FALSE);
        return TRUE;
    }
    /* Go's [] is not nil, and here has memory: until the object is copied, defaults can tell. */
    if (value->count == 0 && field->type != API_STR_LIST && ((ApiList *)at)->items == NULL) {
        gsize size = field->type == API_MESSAGE_LIST ? field->message->size : sizeof(gint32);

        api_list_add(at, size);
        api_list_remove(at, size, 0);
    }
    for (guint i = 0; i < value->count; i++) {
        const Value *item = value->items[i];
        Place inner = {.up = place, .index = i};

        if (field->type == API_MESSAGE_LIST) {
            gpointer element = api_list_add(at, field->message->size);

            if (item->type == VALUE_MAP) {
                if (!decode_struct(decoder, field->message, element, item, &inner))
                    return FALSE;
            } else if (item->type != VALUE_NULL) {
                /* Without the brackets: the type of an element. */
                decode_type_error(decoder, holder, item, &inner, go_type_of(field) + 2, FALSE);
            }
        } else if (field->type == API_STR_LIST) {
            const char *text = item->type == VALUE_STRING ? item->text : str_intern("");

            if (item->type != VALUE_STRING && item->type != VALUE_NULL)
                decode_type_error(decoder, holder, item, &inner, go_type_of(field) + 2, FALSE);
            str_list_add(at, text);
        } else {
            gint64 integer = 0;

            if (item->type != VALUE_NULL)
                decode_int(decoder, holder, go_type_of(field) + 2, item, &inner, TRUE, &integer);
            *(gint32 *)api_list_add(at, sizeof(gint32)) = (gint32)integer;
        }
    }
    return TRUE;
}

/* --- raw trees: kept as they are, or as their shape writes them ---------------------------- */

/* Returns: (owned) @value without what the shape does not know; NULL ends the decoding. */
static Value *
decode_shape(Decoder *decoder, const ApiType *shape, const Value *value, const Place *place)
{
    gpointer scratch = api_struct_new(shape);
    Value *kept = NULL;

    if (decode_struct(decoder, shape, scratch, value, place))
        kept = api_struct_encode(shape, scratch);
    api_struct_free(shape, scratch);
    return kept;
}

static gboolean
decode_shapes(Decoder *decoder, const ApiField *field, const ApiType *holder, Value **at, const Value *value, const Place *place)
{
    Value *kept = value->type == VALUE_LIST ? value_new_list() : decode_shape(decoder, field->message, value, place);

    for (guint i = 0; value->type == VALUE_LIST && i < value->count; i++) {
        Place inner = {.up = place, .index = i};
        const Value *item = value->items[i];
        Value *element;

        if (item->type != VALUE_MAP) {
            if (item->type != VALUE_NULL)
                decode_type_error(decoder, holder, item, &inner, field->go_type + 2, FALSE);
            continue;
        }
        element = decode_shape(decoder, field->message, item, &inner);
        if (element == NULL) {
            g_clear_pointer(&kept, value_free);
            break;
        }
        value_append(kept, element);
    }
    value_free(*at);
    *at = kept;
    return kept != NULL;
}

static gboolean
decode_raw(Decoder *decoder,
           const ApiType *holder,
           const ApiField *field,
           Value **at,
           const Value *value,
           const Place *place)
{
    const char *go_type = field->go_type;

    if (go_type != NULL) {
        ValueType wanted = g_str_has_prefix(go_type, "[]") ? VALUE_LIST : VALUE_MAP;

        if (value->type != wanted) {
            decode_type_error(decoder, holder, value, place, go_type, FALSE);
            return TRUE;
        }
        if (wanted == VALUE_LIST && value->count == 0) { /* all are omitempty: an empty one is none */
            g_clear_pointer(at, value_free);
            return TRUE;
        }
    }
    if (field->message != NULL)
        return decode_shapes(decoder, field, holder, at, value, place);
    value_free(*at);
    *at = value_copy(value);
    return TRUE;
}

/* --- fields -------------------------------------------------------------------------------- */

static gboolean
decode_scalar(Decoder *decoder,
              const ApiType *holder,
              const ApiField *field,
              gpointer at,
              const Value *value,
              const Place *place)
{
    gint64 integer;
    Quantity quantity;

    switch (field->type) {
    case API_BOOL:
    case API_OPT_BOOL:
        if (value->type != VALUE_BOOL)
            decode_type_error(decoder, holder, value, place, go_type_of(field), FALSE);
        else if (field->type == API_BOOL)
            *(gboolean *)at = value->boolean;
        else
            *(OptBool *)at = value->boolean ? OPT_TRUE : OPT_FALSE;
        return TRUE;
    case API_INT32:
    case API_OPT_INT32:
        if (!decode_int(decoder, holder, go_type_of(field), value, place, TRUE, &integer))
            return TRUE;
        if (field->type == API_INT32)
            *(gint32 *)at = (gint32)integer;
        else
            *(OptInt32 *)at = OPT_INT32((gint32)integer);
        return TRUE;
    case API_INT64:
    case API_OPT_INT64:
        if (!decode_int(decoder, holder, go_type_of(field), value, place, FALSE, &integer))
            return TRUE;
        if (field->type == API_INT64)
            *(gint64 *)at = integer;
        else
            *(OptInt64 *)at = OPT_INT64(integer);
        return TRUE;
    case API_QUANTITY:
        if (!decode_quantity(decoder, value, place, &quantity))
            return FALSE;
        g_free(*(Quantity **)at);
        *(Quantity **)at = g_memdup2(&quantity, sizeof quantity);
        return TRUE;
    default:
        g_assert(field->type == API_STRING);
        if (value->type != VALUE_STRING)
            decode_type_error(decoder, holder, value, place, go_type_of(field), FALSE);
        else
            *(const char **)at = value->text;
        return TRUE;
    }
}

/* FALSE ends the decoding. */
static gboolean
decode_field(Decoder *decoder,
             const ApiType *holder,
             const ApiField *field,
             gpointer at,
             const Value *value,
             const Place *place)
{
    if (value->type == VALUE_NULL)
        return TRUE;
    switch (field->type) {
    case API_TIME:
    case API_MICRO_TIME:
        return decode_time(decoder, holder, value, place, field->type == API_MICRO_TIME, at);
    case API_INT_OR_STRING:
        return decode_int_or_string(decoder, holder, value, place, at);
    case API_STR_MAP:
    case API_BYTES_MAP:
    case API_QUANTITY_MAP:
    case API_MESSAGE_MAP:
        return decode_map(decoder, holder, field, at, value, place);
    case API_STR_LIST:
    case API_INT32_LIST:
    case API_MESSAGE_LIST:
        return decode_list(decoder, holder, field, at, value, place);
    case API_STRUCT:
    case API_MESSAGE:
        if (value->type != VALUE_MAP) {
            decode_type_error(decoder, holder, value, place, go_type_of(field), FALSE);
            return TRUE;
        }
        if (field->type == API_STRUCT)
            return decode_struct(decoder, field->message, at, value, place);
        if (*(gpointer *)at == NULL)
            *(gpointer *)at = api_struct_new(field->message);
        return decode_struct(decoder, field->message, *(gpointer *)at, value, place);
    case API_RAW:
        return decode_raw(decoder, holder, field, at, value, place);
    default:
        return decode_scalar(decoder, holder, field, at, value, place);
    }
}

/* Fields of ObjectMeta that objects keep elsewhere or not at all. */
static gboolean
is_hidden_field(const ApiType *type, const char *name)
{
    return type == &object_meta_type &&
           (strcmp(name, "resourceVersion") == 0 || strcmp(name, "selfLink") == 0);
}

static gboolean
decode_member(Decoder *decoder,
              const ApiType *type,
              const ApiField *field,
              gpointer data,
              const Value *map,
              guint index,
              const Place *up)
{
    const Value *item = map->items[index];
    Place place = {.up = up, .name = map->keys[index]};

    if (is_repeated_key(map, index))
        decode_add_strict(decoder, "duplicate", item, &place);
    if (field != NULL)
        return decode_field(decoder, type, field, (char *)data + field->offset, item, &place);
    if (!is_hidden_field(type, map->keys[index]))
        decode_add_strict(decoder, "unknown", item, &place);
    else if (item->type != VALUE_STRING && item->type != VALUE_NULL)
        decode_type_error(decoder, type, item, &place, "string", FALSE);
    return TRUE;
}

static gboolean
decode_struct(Decoder *decoder,
              const ApiType *type,
              gpointer data,
              const Value *value,
              const Place *place)
{
    const ApiField *next = type->fields;

    for (guint i = 0; i < value->count; i++) {
        const char *key = value->keys[i];
        const ApiField *field = NULL;

        /* What we wrote ourselves comes in the order of the table. */
        if (next->name != NULL && strcmp(next->name, key) == 0)
            field = next;
        else
            field = api_type_field(type, key);
        if (field != NULL)
            next = field + 1;
        if (!decode_member(decoder, type, field, data, value, i, place))
            return FALSE;
    }
    return TRUE;
}

gboolean
api_struct_decode(const ApiType *type,
                  gpointer data,
                  const Value *value,
                  const char *path,
                  ApiDecodeResult *result)
{
    Decoder decoder = {.result = result, .prefix = str_is_empty(path) ? NULL : path};

    if (value->type == VALUE_MAP)
        decode_struct(&decoder, type, data, value, NULL);
    else if (value->type != VALUE_NULL)
        decode_set_error(&decoder, value, NULL,
                         g_strdup_printf("json: cannot unmarshal %s into Go value of type %s.%s",
                                         decode_json_type(value), type->package, type->name));
    return result->type_error == NULL;
}

/* --- objects ------------------------------------------------------------------------------- */

/* One root field; apiVersion and kind were read by whoever chose @object's kind. */
static gboolean
decode_root_member(Decoder *decoder, ApiObject *object, const Value *value, guint index)
{
    const ApiKind *kind = object->kind;
    ApiType root = {.name = kind->kind, .package = kind->version};
    const char *key = value->keys[index];
    ApiField part = {.name = key, .type = API_STRUCT};
    gpointer data = NULL;

    if (strcmp(key, "apiVersion") == 0 || strcmp(key, "kind") == 0) {
        part = (ApiField){.name = key, .type = API_STRING};
        const char *ignored = NULL;
        Place place = {.name = key};

        if (is_repeated_key(value, index))
            decode_add_strict(decoder, "duplicate", value->items[index], &place);
        return decode_field(decoder, &root, &part, &ignored, value->items[index], &place);
    }
    if (strcmp(key, "metadata") == 0) {
        part.message = &object_meta_type;
        data = object->meta;
    } else if (strcmp(key, "spec") == 0 && kind->spec != NULL) {
        part.message = kind->spec;
        data = object->spec;
    } else if (strcmp(key, "status") == 0 && kind->status != NULL) {
        part.message = kind->status;
        data = object->status;
    } else if (kind->body != NULL) {
        /* Body types are named after their part here; in Go they are the kind itself. */
        root = *kind->body;
        root.name = kind->kind;
        return decode_member(decoder, &root, api_type_field(kind->body, key), object->body, value,
                             index, NULL);
    }
    return decode_member(decoder, &root, data == NULL ? NULL : &part, data, value, index, NULL);
}

/* A resource version that is no number counts as one that never matches. */
static guint64
decode_resource_version(const Value *value)
{
    const char *text = value_get_string(value_get(value, "metadata"), "resourceVersion", NULL);
    char *end;
    guint64 version;

    if (str_is_empty(text))
        return 0;
    version = g_ascii_strtoull(text, &end, 10);
    return *end == '\0' ? version : G_MAXUINT64;
}

ApiObject *
api_object_decode(const ApiKind *kind, const Value *value, ApiDecodeResult *result)
{
    Decoder decoder = {.result = result};
    ApiObject *object;

    if (value->type != VALUE_MAP) {
        decode_set_error(&decoder, value, NULL,
                         g_strdup_printf("json: cannot unmarshal %s into Go value of type %s.%s",
                                         decode_json_type(value), kind->version, kind->kind));
        return NULL;
    }
    object = api_object_new(kind, NULL, NULL);
    for (guint i = 0; i < value->count; i++)
        if (!decode_root_member(&decoder, object, value, i))
            break;
    if (result->type_error != NULL) {
        api_object_unref(object);
        return NULL;
    }
    object->resource_version = decode_resource_version(value);
    return object;
}
