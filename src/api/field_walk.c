/* field_walk.c - see field_set.h: sets and documents */

#include "api/field_place.h"

/* x-kubernetes-map-type: atomic: a change of a part is a change of the whole. */
static const char *const atomic_types[] = {"ConfigMapKeySelector", "FileKeySelector",
                                           "LabelSelector",        "LocalObjectReference",
                                           "NodeSelector",         "NodeSelectorTerm",
                                           "ObjectFieldSelector",  "ObjectReference",
                                           "OwnerReference",       "ResourceFieldSelector",
                                           "ScopeSelector",        "ScopedResourceSelectorRequirement",
                                           "SecretKeySelector",    "SecretReference",
                                           "TopologySelectorTerm", "TypedLocalObjectReference",
                                           "TypedObjectReference", NULL};
/* The same of maps of strings. */
static const struct {
    const char *type, *field;
} atomic_maps[] = {{"PodSpec", "nodeSelector"}, {"ServiceSpec", "selector"}, {"ReplicationControllerSpec", "selector"}};
/* Lists by more than one key. */
static const struct {
    const char *type, *first, *second, *second_default;
} double_keys[] = {
    {"ContainerPort", "containerPort", "protocol", "TCP"},
    {"ServicePort", "port", "protocol", "TCP"},
    {"TopologySpreadConstraint", "topologyKey", "whenUnsatisfiable", NULL},
};

FieldPlace
field_place_below(PatchSchema schema, const char *field)
{
    PatchRule rule = patch_rule(schema, field);
    FieldPlace place = {.inner = rule.inner};
    const char *type = schema.type != NULL ? schema.type->name : schema.kind != NULL ? schema.kind->kind : "";

    if (rule.merge == API_MERGE_WHOLE ||
        (rule.inner.type != NULL && g_strv_contains(atomic_types, rule.inner.type->name)))
        place.is_atomic = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(atomic_maps); i++)
        if (strcmp(type, atomic_maps[i].type) == 0 && strcmp(field, atomic_maps[i].field) == 0)
            place.is_atomic = TRUE;
    if (patch_rule_merges(&rule)) {
        place.is_atomic = FALSE;
        place.key = rule.merge_key;
        place.is_set = rule.merge_key == NULL;
    }
    return place;
}

gboolean
field_is_associative(const FieldPlace *place)
{
    return place->key != NULL || place->is_set;
}

const char *
field_step_of(const FieldPlace *place, const Value *element)
{
    g_autoptr(Value) keys = NULL;
    g_autofree char *json = NULL;
    const char *second = NULL, *fallback = NULL;

    if (place->is_set) {
        json = value_to_json(element, VALUE_NO_HTML_ESCAPE);
        return str_internf("v:%s", json);
    }
    if (value_get(element, place->key) == NULL)
        return NULL;
    for (guint i = 0; place->inner.type != NULL && i < G_N_ELEMENTS(double_keys); i++)
        if (strcmp(place->inner.type->name, double_keys[i].type) == 0) {
            second = double_keys[i].second;
            fallback = double_keys[i].second_default;
        }
    keys = value_new_map();
    value_add_member(keys, place->key, value_copy(value_get(element, place->key)));
    if (second != NULL) {
        const char *text = value_get_string(element, second, fallback);

        if (text != NULL)
            value_add_member(keys, second, value_new_string(text));
    }
    json = value_to_json(keys, VALUE_SORTED | VALUE_NO_HTML_ESCAPE);
    return str_internf("k:%s", json);
}

static const Value *
find_element(const FieldPlace *place, const Value *list, const char *step)
{
    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        if (field_step_of(place, list->items[i]) == step)
            return list->items[i];
    return NULL;
}

/* Elements of an associative list are whole if they are scalars, or of a type that is. */
static FieldPlace
place_of_element(const FieldPlace *place)
{
    FieldPlace element = {.inner = place->inner};

    element.is_atomic =
        place->is_set || (place->inner.type != NULL && g_strv_contains(atomic_types, place->inner.type->name));
    return element;
}

/* --- what a document says ------------------------------------------------------------------ */

static void
collect(const FieldPlace *place, const Value *value, FieldSet *out)
{
    if (place->is_atomic || (value->type != VALUE_MAP && !(value->type == VALUE_LIST && field_is_associative(place))) ||
        value->count == 0) {
        field_set_mark(out);
        return;
    }
    if (value->type == VALUE_LIST) {
        FieldPlace element = place_of_element(place);

        for (guint i = 0; i < value->count; i++) {
            const char *step = field_step_of(place, value->items[i]);
            FieldSet *child;

            if (step == NULL)
                continue;
            child = field_set_child(out, step);
            field_set_mark(child);
            if (!element.is_atomic)
                collect(&element, value->items[i], child);
        }
        return;
    }
    for (guint i = 0; i < value->count; i++) {
        FieldPlace below = field_place_below(place->inner, value->keys[i]);

        collect(&below, value->items[i], field_set_child(out, str_internf("f:%s", value->keys[i])));
    }
}

FieldSet *
field_set_of(const ApiKind *kind, const Value *config)
{
    FieldSet *set = field_set_new();
    FieldPlace root = {.inner.kind = kind};

    collect(&root, config, set);
    return set;
}

/* --- differences ---------------------------------------------------------------------------- */

typedef struct {
    FieldSet *added, *modified, *removed; /* at this place */
} At;

static At
at_below(const At *at, const char *step)
{
    return (At){field_set_child(at->added, step), field_set_child(at->modified, step),
                field_set_child(at->removed, step)};
}

static gboolean
is_nothing(const Value *value)
{
    return value == NULL || value->type == VALUE_NULL ||
           ((value->type == VALUE_MAP || value->type == VALUE_LIST) && value->count == 0);
}

static void
compare_leaf(const Value *before, const Value *after, const At *at)
{
    if (before == NULL)
        field_set_mark(at->added);
    else if (after == NULL)
        field_set_mark(at->removed);
    else if (!value_equal(before, after))
        field_set_mark(at->modified);
}

static void compare(const FieldPlace *place, const Value *before, const Value *after, const At *at);

static void
compare_lists(const FieldPlace *place, const Value *before, const Value *after, const At *at)
{
    FieldPlace element = place_of_element(place);

    for (guint round = 0; round < 2; round++) {
        const Value *list = round == 0 ? before : after;

        for (guint i = 0; list != NULL && i < list->count; i++) {
            const char *step = field_step_of(place, list->items[i]);
            const Value *old = round == 0 ? list->items[i] : step == NULL ? NULL : find_element(place, before, step);
            At below;

            if (step == NULL || (round == 1 && old != NULL))
                continue;
            below = at_below(at, step);
            compare(&element, old, round == 0 ? find_element(place, after, step) : list->items[i], &below);
        }
    }
}

static void
compare_maps(const FieldPlace *place, const Value *before, const Value *after, const At *at)
{
    for (guint round = 0; round < 2; round++) {
        const Value *map = round == 0 ? before : after;

        for (guint i = 0; map != NULL && i < map->count; i++) {
            const char *key = map->keys[i];
            FieldPlace below = field_place_below(place->inner, key);
            At there;

            if (round == 1 && value_get(before, key) != NULL)
                continue;
            there = at_below(at, str_internf("f:%s", key));
            compare(&below, value_get(before, key), value_get(after, key), &there);
        }
    }
}

/* A null stands for any sort of value that is empty. */
static const Value *
if_of(const Value *value, ValueType type)
{
    return value != NULL && value->type == type ? value : NULL;
}

static void
compare(const FieldPlace *place, const Value *before, const Value *after, const At *at)
{
    const Value *shown = !is_nothing(after) ? after : before;
    gboolean is_map = shown != NULL && shown->type == VALUE_MAP;
    gboolean is_list = shown != NULL && shown->type == VALUE_LIST && field_is_associative(place);

    if (place->is_atomic || (!is_map && !is_list) || (is_nothing(before) && is_nothing(after))) {
        compare_leaf(before, after, at);
        return;
    }
    if (is_list)
        compare_lists(place, if_of(before, VALUE_LIST), if_of(after, VALUE_LIST), at);
    else
        compare_maps(place, if_of(before, VALUE_MAP), if_of(after, VALUE_MAP), at);
    if (before == NULL)
        field_set_mark(at->added);
    else if (after == NULL)
        field_set_mark(at->removed);
}

void
field_set_compare(const ApiKind *kind, const Value *before, const Value *after, FieldChanges *changes)
{
    FieldPlace root = {.inner.kind = kind};
    At at = {changes->added, changes->modified, changes->removed};

    compare(&root, before, after, &at);
}

/* --- merging and taking out ------------------------------------------------------------------ */

static Value *merge(const FieldPlace *place, const Value *live, const Value *config);

/* In the order of @config; what only @live has stays behind what it stood behind. */
static Value *
merge_lists(const FieldPlace *place, const Value *live, const Value *config)
{
    Value *out = value_new_list();
    FieldPlace element = place_of_element(place);
    guint next = 0;

    for (guint i = 0; i < config->count; i++) {
        const char *step = field_step_of(place, config->items[i]);
        const Value *old = step == NULL ? NULL : find_element(place, live, step);

        while (old != NULL && next < live->count) {
            const char *passed = field_step_of(place, live->items[next]);

            if (live->items[next] == old) {
                next++;
                break;
            }
            if (passed == NULL || find_element(place, config, passed) == NULL)
                value_append(out, value_copy(live->items[next]));
            next++;
        }
        value_append(out, merge(&element, old, config->items[i]));
    }
    for (; next < live->count; next++) {
        const char *passed = field_step_of(place, live->items[next]);

        if (passed == NULL || find_element(place, config, passed) == NULL)
            value_append(out, value_copy(live->items[next]));
    }
    return out;
}

static Value *
merge(const FieldPlace *place, const Value *live, const Value *config)
{
    Value *out;

    if (live == NULL || place->is_atomic || live->type != config->type)
        return value_copy(config);
    if (config->type == VALUE_LIST && field_is_associative(place))
        return merge_lists(place, live, config);
    if (config->type != VALUE_MAP)
        return value_copy(config);
    out = value_copy(live);
    for (guint i = 0; i < config->count; i++) {
        FieldPlace below = field_place_below(place->inner, config->keys[i]);

        value_set(out, config->keys[i], merge(&below, value_get(live, config->keys[i]), config->items[i]));
    }
    return out;
}

Value *
field_merge(const ApiKind *kind, const Value *live, const Value *config)
{
    FieldPlace root = {.inner.kind = kind};

    return merge(&root, live, config);
}

static void
take_out(const FieldPlace *place, Value *value, const FieldSet *paths)
{
    if (value->type == VALUE_LIST && field_is_associative(place)) {
        FieldPlace element = place_of_element(place);

        for (guint i = value->count; i-- > 0;) {
            const char *step = field_step_of(place, value->items[i]);
            const FieldSet *child = step == NULL ? NULL : field_set_find(paths, step);

            if (child == NULL)
                continue;
            if (field_set_has(child))
                value_remove_at(value, i);
            else
                take_out(&element, value->items[i], child);
        }
        return;
    }
    for (guint i = value->type == VALUE_MAP ? value->count : 0; i-- > 0;) {
        const char *key = value->keys[i];
        const FieldSet *child = field_set_find(paths, str_internf("f:%s", key));
        FieldPlace below = field_place_below(place->inner, key);

        if (child == NULL)
            continue;
        if (field_set_has(child))
            value_remove(value, key);
        else
            take_out(&below, value->items[i], child);
    }
}

void
field_remove(const ApiKind *kind, Value *tree, const FieldSet *paths)
{
    FieldPlace root = {.inner.kind = kind};

    take_out(&root, tree, paths);
}

/* --- in words --------------------------------------------------------------------------------- */

/* --- an object that nobody has filled in ------------------------------------------------------ */

static Value *
blank(const ApiType *type)
{
    Value *map = value_new_map();

    for (const ApiField *field = type->fields; field->name != NULL; field++)
        if (field->type == API_STRUCT)
            value_add_member(map, field->name, blank(field->message));
        else if ((field->flags & API_ALWAYS) != 0)
            value_add_member(map, field->name, value_new_null());
    return map;
}

Value *
field_blank(const ApiKind *kind)
{
    Value *map = kind->body != NULL ? blank(kind->body) : value_new_map();

    value_set(map, "metadata", value_new_map());
    if (kind->spec != NULL)
        value_set(map, "spec", blank(kind->spec));
    if (kind->status != NULL)
        value_set(map, "status", blank(kind->status));
    return map;
}
