/*
 * field_types.c - field_type_fault, see field_set.h
 *
 * Models: sigs.k8s.io/structured-merge-diff v6 typed/validate.go, typed/helpers.go.
 */

#include "api/field_place.h"
#include "api/validate.h"

/* A look at a document with types: where it is, and what is wrong so far. */
typedef struct {
    GString *path;
    GPtrArray *problems; /* of char * */
} Look;

typedef enum { SCALAR_STRING, SCALAR_NUMBER, SCALAR_BOOL, SCALAR_ANY } Scalar;

static void
complain(Look *look, const char *message)
{
    g_ptr_array_add(look->problems, look->path->len == 0 ? g_strdup(message) : g_strdup_printf("%s: %s", look->path->str, message));
}

/* fmt's %v of a value that is not of its type: a pointer to a struct of one member. */
static void
complain_of(Look *look, const char *wanted, const Value *value)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "expected %s, got &{", wanted);
    value_append_go(text, value);
    g_string_append_c(text, '}');
    complain(look, text->str);
}

/* fmt's %#v: maps are written by key. */
static void
append_go_syntax(GString *text, const Value *value)
{
    if (value->type == VALUE_STRING) {
        g_string_append(text, api_quote(value->text));
    } else if (value->type == VALUE_MAP || value->type == VALUE_LIST) {
        g_string_append(text, value->type == VALUE_MAP ? "map[string]interface {}{" : "[]interface {}{");
        for (guint i = 0; i < value->count; i++) {
            if (i > 0)
                g_string_append(text, ", ");
            if (value->type == VALUE_MAP)
                g_string_append_printf(text, "%s:", api_quote(value->keys[i]));
            append_go_syntax(text, value->items[i]);
        }
        g_string_append_c(text, '}');
    } else {
        value_append_go(text, value);
    }
}

/* validateScalar */
static void
look_at_scalar(Look *look, Scalar scalar, const Value *value)
{
    static const char *const go_types[] = {[VALUE_MAP] = "map[string]interface {}", [VALUE_LIST] = "[]interface {}",
                                           [VALUE_STRING] = "string", [VALUE_BOOL] = "bool"};
    gboolean is_number = value->type == VALUE_INT || value->type == VALUE_FLOAT;
    g_autoptr(GString) text = NULL;

    if (value->type == VALUE_NULL)
        return;
    if (scalar == SCALAR_NUMBER && !is_number) {
        complain(look, str_internf("expected numeric (int or float), got %s", go_types[value->type]));
    } else if (scalar == SCALAR_STRING && value->type != VALUE_STRING) {
        text = g_string_new("expected string, got &value.valueUnstructured{Value:");
        append_go_syntax(text, value);
        g_string_append_c(text, '}');
        complain(look, text->str);
    } else if (scalar == SCALAR_BOOL && value->type != VALUE_BOOL) {
        complain_of(look, "boolean", value);
    } else if (scalar == SCALAR_ANY && (value->type == VALUE_MAP || value->type == VALUE_LIST)) {
        complain_of(look, "any scalar", value);
    }
}

static void look_at_map(Look *look, PatchSchema schema, const Value *map);

static void
look_at_scalars(Look *look, Scalar scalar, const Value *map)
{
    gsize length = look->path->len;

    if (map->type != VALUE_MAP && map->type != VALUE_NULL)
        complain_of(look, "map", map);
    for (guint i = 0; map->type == VALUE_MAP && i < map->count; i++) {
        g_string_append_printf(look->path, ".%s", map->keys[i]);
        look_at_scalar(look, scalar, map->items[i]);
        g_string_truncate(look->path, length);
    }
}

/* listItemToPathElement: what keeps the element from being one step of a path, or NULL. */
static const char *
find_step_fault(const FieldPlace *place, const Value *element)
{
    if (place->is_set)
        return element->type == VALUE_MAP   ? "associative list without keys has an element that's a map type"
               : element->type == VALUE_NULL ? "associative list without keys has an element that's an explicit null"
                                             : NULL;
    if (element->type == VALUE_NULL)
        return "associative list with keys may not have a null element";
    if (element->type != VALUE_MAP)
        return "associative list with keys may not have non-map elements";
    if (value_get(element, place->key) == NULL)
        return str_internf("associative list with keys has an element that omits key field \"%s\" (and doesn't have "
                           "default value)",
                           place->key);
    return NULL;
}

/* visitListItems: of an associative list the first element that is no step ends it; of equal steps each after the first is one too many. */
static void
look_at_list(Look *look, const FieldPlace *place, const ApiField *field, const Value *list)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new();
    gsize length = look->path->len;

    if (list->type != VALUE_LIST && list->type != VALUE_NULL)
        complain_of(look, "list", list);
    for (guint i = 0; list->type == VALUE_LIST && i < list->count; i++) {
        const Value *element = list->items[i];

        if (field_is_associative(place)) {
            const char *fault = find_step_fault(place, element);
            const char *step = fault != NULL ? NULL : field_step_of(place, element);
            g_autoptr(GString) shown = g_string_new(NULL);

            if (fault != NULL) {
                complain(look, str_internf("element %u: %s", i, fault));
                return;
            }
            field_step_append(shown, step);
            if (g_ptr_array_find(steps, step, NULL))
                complain(look, str_internf("duplicate entries for key %s", shown->str));
            g_ptr_array_add(steps, (gpointer)step);
            g_string_append(look->path, shown->str);
        } else {
            g_string_append_printf(look->path, "[%u]", i);
        }
        if (field->type == API_STR_LIST || field->type == API_INT32_LIST)
            look_at_scalar(look, field->type == API_STR_LIST ? SCALAR_STRING : SCALAR_NUMBER, element);
        else
            look_at_map(look, (PatchSchema){.type = field->message}, element);
        g_string_truncate(look->path, length);
    }
}

static void
look_at_field(Look *look, PatchSchema schema, const ApiField *field, const Value *value)
{
    static const Scalar scalars[API_N_TYPES] = {
        [API_BOOL] = SCALAR_BOOL,      [API_OPT_BOOL] = SCALAR_BOOL,    [API_INT32] = SCALAR_NUMBER,
        [API_OPT_INT32] = SCALAR_NUMBER, [API_INT64] = SCALAR_NUMBER,   [API_OPT_INT64] = SCALAR_NUMBER,
        [API_TIME] = SCALAR_ANY,       [API_MICRO_TIME] = SCALAR_ANY,   [API_QUANTITY] = SCALAR_ANY,
        [API_INT_OR_STRING] = SCALAR_ANY, [API_QUANTITY_MAP] = SCALAR_ANY, [API_STRING] = SCALAR_STRING,
        [API_STR_MAP] = SCALAR_STRING, [API_BYTES_MAP] = SCALAR_STRING,
    };
    FieldPlace place = field_place_below(schema, field->name);

    switch (field->type) {
    case API_STR_MAP:
    case API_QUANTITY_MAP:
    case API_BYTES_MAP:
        look_at_scalars(look, scalars[field->type], value);
        break;
    case API_STR_LIST:
    case API_INT32_LIST:
    case API_MESSAGE_LIST:
        look_at_list(look, &place, field, value);
        break;
    case API_STRUCT:
    case API_MESSAGE:
        look_at_map(look, (PatchSchema){.type = field->message}, value);
        break;
    case API_RAW: /* without a shape: anything */
        if (field->message != NULL && value->type == VALUE_LIST)
            look_at_list(look, &place, field, value);
        else if (field->message != NULL)
            look_at_map(look, (PatchSchema){.type = field->message}, value);
        break;
    case API_MESSAGE_MAP:
        break;
    default:
        look_at_scalar(look, scalars[field->type], value);
    }
}

/* Texts that the tables leave out: who reads an object has them elsewhere. */
static gboolean
is_plain_text(PatchSchema schema, const char *key)
{
    if (schema.kind != NULL)
        return strcmp(key, "kind") == 0 || strcmp(key, "apiVersion") == 0;
    return schema.type == &object_meta_type && (strcmp(key, "resourceVersion") == 0 || strcmp(key, "selfLink") == 0);
}

/* visitMapItems: a field that is not declared ends the look at its map. */
static void
look_at_map(Look *look, PatchSchema schema, const Value *map)
{
    gsize length = look->path->len;

    if (map->type != VALUE_MAP && map->type != VALUE_NULL)
        complain_of(look, "map", map);
    for (guint i = 0; map->type == VALUE_MAP && i < map->count; i++) {
        const char *key = map->keys[i];
        const ApiType *type = schema.kind != NULL ? schema.kind->body : schema.type;
        PatchSchema inner = schema.kind != NULL ? patch_rule(schema, key).inner : (PatchSchema){0};
        const ApiField *field = type != NULL ? api_type_field(type, key) : NULL;

        g_string_append_printf(look->path, ".%s", key);
        if (is_plain_text(schema, key)) {
            look_at_scalar(look, SCALAR_STRING, map->items[i]);
        } else if (field != NULL) {
            look_at_field(look, (PatchSchema){.type = type}, field, map->items[i]);
        } else if (inner.type != NULL) {
            look_at_map(look, inner, map->items[i]);
        } else {
            complain(look, "field not declared in schema");
            g_string_truncate(look->path, length);
            return;
        }
        g_string_truncate(look->path, length);
    }
}

const char *
field_type_fault(const ApiKind *kind, const Value *config)
{
    g_autoptr(GString) path = g_string_new(NULL);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new("errors:");
    Look look = {path, problems};

    look_at_map(&look, (PatchSchema){.kind = kind}, config);
    if (problems->len <= 1)
        return problems->len == 0 ? NULL : str_intern(problems->pdata[0]);
    for (guint i = 0; i < problems->len; i++)
        g_string_append_printf(text, "\n  %s", (char *)problems->pdata[i]);
    return str_intern(text->str);
}
