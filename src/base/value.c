/* value.c - see value.h */

#include "base/value.h"

#include "base/intern.h"
#include "base/pool.h"

#include <stdarg.h>

static Value *
value_new(ValueType type)
{
    Value *value = POOL_NEW0(Value);

    value->type = type;
    return value;
}

Value *
value_new_null(void)
{
    return value_new(VALUE_NULL);
}

Value *
value_new_bool(gboolean boolean)
{
    Value *value = value_new(VALUE_BOOL);

    value->boolean = boolean ? TRUE : FALSE;
    return value;
}

Value *
value_new_int(gint64 integer)
{
    Value *value = value_new(VALUE_INT);

    value->integer = integer;
    value->text = str_internf("%" G_GINT64_FORMAT, integer);
    return value;
}

Value *
value_new_float(const char *literal)
{
    Value *value = value_new(VALUE_FLOAT);

    value->text = str_intern(literal);
    return value;
}

Value *
value_new_string(const char *text)
{
    Value *value = value_new(VALUE_STRING);

    value->text = str_intern(text == NULL ? "" : text);
    return value;
}

Value *
value_new_list(void)
{
    return value_new(VALUE_LIST);
}

Value *
value_new_map(void)
{
    return value_new(VALUE_MAP);
}

/* Memory for @capacity members, at least those that there are: the items and, of a map, the keys behind them. */
static void
value_set_capacity(Value *value, guint capacity)
{
    guint before = value->capacity;

    value->capacity = capacity;
    if (value->type != VALUE_MAP) {
        value->items = g_renew(Value *, value->items, capacity);
        return;
    }
    value->items = g_realloc(value->items, capacity * (sizeof *value->items + sizeof *value->keys));
    value->keys = (const char **)(value->items + capacity);
    memmove(value->keys, value->items + before, value->count * sizeof *value->keys);
}

/* Trees come from readers that limit their depth, so plain recursion is bounded. */
Value *
value_copy(const Value *value)
{
    if (value == NULL)
        return NULL;

    Value *copy = POOL_NEW(Value);

    *copy = *value;
    copy->items = NULL;
    copy->keys = NULL;
    copy->key_places = NULL;
    copy->capacity = copy->count = 0;
    if (value->count == 0)
        return copy;
    value_set_capacity(copy, value->count);
    copy->count = value->count;
    for (guint i = 0; i < value->count; i++)
        copy->items[i] = value_copy(value->items[i]);
    if (value->keys != NULL)
        memcpy(copy->keys, value->keys, value->count * sizeof *value->keys);
    if (value->key_places != NULL)
        copy->key_places = g_memdup2(value->key_places, value->count * sizeof *value->key_places);
    return copy;
}

void
value_free(Value *value)
{
    if (value == NULL)
        return;
    for (guint i = 0; i < value->count; i++)
        value_free(value->items[i]);
    g_free(value->items);
    g_free(value->key_places);
    POOL_FREE(Value, value);
}

/* A map that was read may hold a key twice; the last one counts, so search from the end. */
static int
value_find(const Value *map, const char *key)
{
    if (map == NULL || map->type != VALUE_MAP)
        return -1;
    for (guint i = map->count; i > 0; i--) {
        const char *other = map->keys[i - 1];

        if (other == key || strcmp(other, key) == 0)
            return (int)(i - 1);
    }
    return -1;
}

Value *
value_get(const Value *value, const char *key)
{
    int index = value_find(value, key);

    return index < 0 ? NULL : value->items[index];
}

Value *
value_get_path(const Value *value, ...)
{
    const Value *found = value;
    va_list keys;

    va_start(keys, value);
    for (const char *key = va_arg(keys, const char *); key != NULL && found != NULL;
         key = va_arg(keys, const char *))
        found = value_get(found, key);
    va_end(keys);
    return (Value *)found;
}

const char *
value_get_string(const Value *value, const char *key, const char *fallback)
{
    const Value *member = value_get(value, key);

    return member != NULL && member->type == VALUE_STRING ? member->text : fallback;
}

gint64
value_get_int(const Value *value, const char *key, gint64 fallback)
{
    const Value *member = value_get(value, key);

    return member != NULL && member->type == VALUE_INT ? member->integer : fallback;
}

gboolean
value_get_bool(const Value *value, const char *key, gboolean fallback)
{
    const Value *member = value_get(value, key);

    return member != NULL && member->type == VALUE_BOOL ? member->boolean : fallback;
}

static void
value_grow(Value *value)
{
    if (value->count < value->capacity)
        return;
    value_set_capacity(value, MAX(4, value->capacity * 2));
    if (value->key_places != NULL)
        value->key_places = g_renew(ValuePlace, value->key_places, value->capacity);
}

void
value_add_member(Value *map, const char *key, Value *item)
{
    g_assert(map->type == VALUE_MAP);
    value_grow(map);
    map->keys[map->count] = str_intern(key);
    map->items[map->count] = item;
    if (map->key_places != NULL)
        map->key_places[map->count] = (ValuePlace){0};
    map->count++;
}

void
value_set_key_place(Value *map, guint index, guint line, guint column)
{
    if (map->key_places == NULL)
        map->key_places = g_new0(ValuePlace, map->capacity);
    map->key_places[index] = (ValuePlace){line, column};
}

void
value_sort(Value *value)
{
    for (guint i = 0; i < value->count; i++)
        value_sort(value->items[i]);
    if (value->type != VALUE_MAP || value->count < 2)
        return;

    g_autofree guint *order = value_sorted_order(value);
    Value sorted = {.type = VALUE_MAP};

    value_set_capacity(&sorted, value->count);
    if (value->key_places != NULL)
        sorted.key_places = g_new(ValuePlace, value->count);
    for (guint i = 0; i < value->count; i++) {
        sorted.items[i] = value->items[order[i]];
        sorted.keys[i] = value->keys[order[i]];
        if (value->key_places != NULL)
            sorted.key_places[i] = value->key_places[order[i]];
    }
    g_free(value->items);
    g_free(value->key_places);
    value->items = sorted.items;
    value->keys = sorted.keys;
    value->key_places = sorted.key_places;
    value->capacity = sorted.capacity;
}

void
value_set(Value *map, const char *key, Value *item)
{
    int index = value_find(map, key);

    if (index < 0) {
        value_add_member(map, key, item);
        return;
    }
    value_free(map->items[index]);
    map->items[index] = item;
}

static void
value_close_gap(Value *value, guint index)
{
    guint after = value->count - index - 1;

    memmove(value->items + index, value->items + index + 1, after * sizeof *value->items);
    if (value->type == VALUE_MAP)
        memmove(value->keys + index, value->keys + index + 1, after * sizeof *value->keys);
    if (value->key_places != NULL)
        memmove(value->key_places + index, value->key_places + index + 1, after * sizeof *value->key_places);
    value->count--;
}

Value *
value_take(Value *map, const char *key)
{
    int index = value_find(map, key);

    if (index < 0)
        return NULL;

    Value *item = map->items[index];

    value_close_gap(map, (guint)index);
    for (index = value_find(map, key); index >= 0; index = value_find(map, key)) {
        value_free(map->items[index]);
        value_close_gap(map, (guint)index);
    }
    return item;
}

gboolean
value_remove(Value *map, const char *key)
{
    Value *item = value_take(map, key);

    value_free(item);
    return item != NULL;
}

void
value_append(Value *list, Value *item)
{
    g_assert(list->type == VALUE_LIST);
    value_grow(list);
    list->items[list->count++] = item;
}

void
value_insert(Value *list, guint index, Value *item)
{
    g_assert(list->type == VALUE_LIST);
    g_assert(index <= list->count);
    value_grow(list);
    memmove(list->items + index + 1, list->items + index,
            (list->count - index) * sizeof *list->items);
    list->items[index] = item;
    list->count++;
}

void
value_remove_at(Value *list, guint index)
{
    g_assert(index < list->count);
    value_free(list->items[index]);
    value_close_gap(list, index);
}

static gboolean
value_equal_maps(const Value *a, const Value *b)
{
    for (guint i = 0; i < a->count; i++) {
        /* Most maps that are compared have the same order: try the same place first. */
        const Value *other = b->keys[i] == a->keys[i] ? b->items[i] : value_get(b, a->keys[i]);

        if (other == NULL || !value_equal(a->items[i], other))
            return FALSE;
    }
    return TRUE;
}

gboolean
value_equal(const Value *a, const Value *b)
{
    if (a == b)
        return TRUE;
    if (a == NULL || b == NULL || a->type != b->type)
        return FALSE;
    switch (a->type) {
    case VALUE_NULL:
        return TRUE;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_INT:
        return a->integer == b->integer;
    case VALUE_FLOAT:
    case VALUE_STRING:
        return str_is(a->text, b->text);
    case VALUE_LIST:
        if (a->count != b->count)
            return FALSE;
        for (guint i = 0; i < a->count; i++)
            if (!value_equal(a->items[i], b->items[i]))
                return FALSE;
        return TRUE;
    case VALUE_MAP:
        return a->count == b->count && value_equal_maps(a, b);
    }
    return FALSE;
}
