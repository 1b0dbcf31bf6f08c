/*
 * unstructured.c - what a tree has that a typed object cannot take, in the words of the unstructured converter
 *
 * Models: v1.34 apimachinery runtime/converter.go, fromUnstructured: a strategic merge patch becomes an object by
 * it, not by the JSON decoder. It goes by the fields of the type, in their order, and ends at the first fault.
 */

#include "api/codec_decode.h"
#include "api/patch.h"

static char *struct_fault(const ApiType *type, const Value *value);

/* The Go kind of what json.Unmarshal makes of @value. */
static const char *
kind_of(const Value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        return "bool";
    case VALUE_INT:
        return "int64";
    case VALUE_FLOAT:
        return "float64";
    case VALUE_STRING:
        return "string";
    case VALUE_LIST:
        return "slice";
    default:
        return "map";
    }
}

static char *
unrecognized(const char *kind)
{
    return g_strdup_printf("unrecognized type: %s", kind);
}

static char *
string_fault(const Value *value, const char *go_type)
{
    if (value->type == VALUE_STRING)
        return NULL;
    /* Go converts an integer to a string of one character; the converter does not want that. */
    if (value->type == VALUE_INT)
        return g_strdup_printf("cannot convert int64 to %s", go_type);
    return unrecognized("string");
}

static char *
number_fault(const Value *value, const char *go_type)
{
    gint64 integer;

    if (value->type == VALUE_INT || (value->type == VALUE_FLOAT && decode_whole(value->text, &integer)))
        return NULL;
    if (value->type == VALUE_FLOAT)
        return g_strdup_printf("cannot convert float64 to %s", go_type);
    return unrecognized(go_type);
}

static char *
json_fault(const Value *value, const char *go_type)
{
    gboolean is_number = value->type == VALUE_INT || value->type == VALUE_FLOAT;
    gboolean with_literal = is_number && strcmp(go_type, "int32") == 0;

    return g_strdup_printf("json: cannot unmarshal %s%s%s into Go value of type %s", decode_json_type(value),
                           with_literal ? " " : "", with_literal ? value->text : "", go_type);
}

static char *
int_or_string_fault(const Value *value)
{
    if (value->type == VALUE_STRING ||
        (value->type == VALUE_INT && value->integer >= G_MININT32 && value->integer <= G_MAXINT32))
        return NULL;
    return json_fault(value, "int32");
}

static char *
bytes_fault(const Value *value)
{
    g_autofree char *why = NULL;

    if (value->type != VALUE_STRING)
        return g_strdup_printf("cannot restore slice from %s", kind_of(value));
    why = decode_base64_fault(value->text);
    return why == NULL ? NULL : g_strdup_printf("error decoding from json: %s", why);
}

/* One entry of a map or a list whose entries are of the type of @field. */
static char *
entry_fault(const ApiField *field, const char *go_type, const Value *value)
{
    if (value->type == VALUE_NULL)
        return NULL;
    switch (field->type) {
    case API_QUANTITY_MAP:
        return decode_quantity_fault(value);
    case API_BYTES_MAP:
        return bytes_fault(value);
    case API_INT32_LIST:
        return number_fault(value, "int32");
    case API_MESSAGE_LIST:
    case API_MESSAGE_MAP:
        return struct_fault(field->message, value);
    default:
        return string_fault(value, go_type);
    }
}

static char *
list_fault(const ApiField *field, const Value *value)
{
    const char *go_type = field->go_type == NULL ? "string" : field->go_type + 2;
    char *fault = NULL;

    if (value->type != VALUE_LIST)
        return g_strdup_printf("cannot restore slice from %s", kind_of(value));
    for (guint i = 0; fault == NULL && i < value->count; i++)
        fault = entry_fault(field, go_type, value->items[i]);
    return fault;
}

static char *
map_fault(const ApiField *field, const Value *value)
{
    char *fault = NULL;

    if (value->type != VALUE_MAP)
        return g_strdup_printf("cannot restore map from %s", kind_of(value));
    for (guint i = 0; fault == NULL && i < value->count; i++)
        fault = entry_fault(field, "string", value->items[i]);
    return fault;
}

/* What is kept as a tree: its outermost shape, if the row says it. */
static char *
raw_fault(const ApiField *field, const Value *value)
{
    char *fault = NULL;

    if (field->go_type != NULL && g_str_has_prefix(field->go_type, "[]")) {
        if (value->type != VALUE_LIST)
            return g_strdup_printf("cannot restore slice from %s", kind_of(value));
        for (guint i = 0; fault == NULL && field->message != NULL && i < value->count; i++)
            fault = value->items[i]->type == VALUE_NULL ? NULL : struct_fault(field->message, value->items[i]);
        return fault;
    }
    if (field->message != NULL)
        return struct_fault(field->message, value);
    if (field->go_type != NULL && value->type != VALUE_MAP)
        return g_strdup_printf("cannot restore struct from: %s", kind_of(value));
    return NULL;
}

static char *
field_fault(const ApiField *field, const Value *value)
{
    if (value == NULL || value->type == VALUE_NULL)
        return NULL;
    switch (field->type) {
    case API_BOOL:
    case API_OPT_BOOL:
        return value->type == VALUE_BOOL ? NULL : unrecognized("bool");
    case API_INT32:
    case API_OPT_INT32:
        return number_fault(value, "int32");
    case API_INT64:
    case API_OPT_INT64:
        return number_fault(value, "int64");
    case API_TIME:
    case API_MICRO_TIME:
        return value->type == VALUE_STRING ? decode_time_fault(value->text, field->type == API_MICRO_TIME)
                                           : json_fault(value, "string");
    case API_QUANTITY:
        return decode_quantity_fault(value);
    case API_INT_OR_STRING:
        return int_or_string_fault(value);
    case API_STR_MAP:
    case API_QUANTITY_MAP:
    case API_BYTES_MAP:
    case API_MESSAGE_MAP:
        return map_fault(field, value);
    case API_STR_LIST:
    case API_INT32_LIST:
    case API_MESSAGE_LIST:
        return list_fault(field, value);
    case API_STRUCT:
    case API_MESSAGE:
        return struct_fault(field->message, value);
    case API_RAW:
        return raw_fault(field, value);
    default:
        return string_fault(value, field->go_type == NULL ? "string" : field->go_type);
    }
}

static char *
struct_fault(const ApiType *type, const Value *value)
{
    char *fault = NULL;

    if (value->type != VALUE_MAP)
        return g_strdup_printf("cannot restore struct from: %s", kind_of(value));
    for (const ApiField *field = type->fields; fault == NULL && field->name != NULL; field++)
        fault = field_fault(field, value_get(value, field->name));
    return fault;
}

char *
patch_unstructured_fault(const ApiKind *kind, const Value *tree)
{
    static const ApiField word = {.name = "", .type = API_STRING};
    const struct {
        const char *name;
        const ApiType *type;
    } parts[] = {{"metadata", &object_meta_type}, {"spec", kind->spec}, {"status", kind->status}};
    char *fault = field_fault(&word, value_get(tree, "kind"));

    if (fault == NULL)
        fault = field_fault(&word, value_get(tree, "apiVersion"));
    for (guint i = 0; fault == NULL && i < G_N_ELEMENTS(parts); i++) {
        const Value *part = value_get(tree, parts[i].name);

        if (parts[i].type != NULL && part != NULL && part->type != VALUE_NULL)
            fault = struct_fault(parts[i].type, part);
    }
    if (fault == NULL && kind->body != NULL)
        fault = struct_fault(kind->body, tree);
    return fault;
}
