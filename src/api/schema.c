/* schema.c - lists and maps of schema.h; struct.c holds what walks tables */

#include "api/schema.h"

#include "base/intern.h"

/*
 * A list of small elements has room for four at once, even if a copy with room for what is in it grows; a fifth
 * (the conditions of a pod) does not make room for eight. Of large ones (containers) there is mostly one.
 */
#define LARGE_BYTES 96
#define SMALL_FIRST 4
#define SMALL_COUNT 16

static void
list_grow(ApiList *list, gsize item_size)
{
    guint capacity = list->items == NULL ? 0 : MAX(list->capacity, list->count);

    if (item_size > LARGE_BYTES)
        list->capacity = MAX(2 * capacity, 1);
    else if (capacity < SMALL_FIRST)
        list->capacity = SMALL_FIRST;
    else
        list->capacity = capacity < SMALL_COUNT ? capacity + capacity / 2 : 2 * capacity;
    list->items = g_realloc(list->items, list->capacity * item_size);
}

gpointer
api_list_add(ApiList *list, gsize item_size)
{
    char *item;

    if (list->items == NULL || list->count >= list->capacity)
        list_grow(list, item_size);
    item = (char *)list->items + list->count * item_size;
    memset(item, 0, item_size);
    list->count++;
    return item;
}

gpointer
api_list_insert(ApiList *list, gsize item_size, guint index)
{
    char *item;

    g_assert(index <= list->count);
    api_list_add(list, item_size);
    item = (char *)list->items + index * item_size;
    memmove(item + item_size, item, (list->count - 1 - index) * item_size);
    memset(item, 0, item_size);
    return item;
}

void
api_list_remove(ApiList *list, gsize item_size, guint index)
{
    char *item = (char *)list->items + index * item_size;

    g_assert(index < list->count);
    list->count--;
    memmove(item, item + item_size, (list->count - index) * item_size);
}

/* --- lists of strings ------------------------------------------------------------- */

void
str_list_add(StrList *list, const char *text)
{
    *API_LIST_ADD(list) = str_intern(text);
}

gboolean
str_list_equal(const StrList *a, const StrList *b)
{
    if (a->count != b->count)
        return FALSE;
    for (guint i = 0; i < a->count; i++)
        if (a->items[i] != b->items[i])
            return FALSE;
    return TRUE;
}

gboolean
str_list_contains(const StrList *list, const char *text)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i], text))
            return TRUE;
    return FALSE;
}

gboolean
str_list_remove(StrList *list, const char *text)
{
    guint kept = 0;
    guint count = list->count;

    for (guint i = 0; i < count; i++)
        if (!str_is(list->items[i], text))
            list->items[kept++] = list->items[i];
    list->count = kept;
    return kept != count;
}

/* --- maps of strings -------------------------------------------------------------- */

/* Place of @key among entries of @item_size whose first member is the key. */
static gboolean
map_search(const ApiList *map, gsize item_size, const char *key, guint *out_index)
{
    guint low = 0;
    guint high = map->count;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const char *other = *(const char *const *)((const char *)map->items + middle * item_size);
        int order = other == key ? 0 : strcmp(other, key);

        if (order == 0) {
            *out_index = middle;
            return TRUE;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out_index = low;
    return FALSE;
}

gpointer
api_map_find(const ApiList *map, gsize item_size, const char *key)
{
    guint index;

    if (map->count == 0 || !map_search(map, item_size, key, &index))
        return NULL;
    return (char *)map->items + index * item_size;
}

gpointer
api_map_add(ApiList *map, gsize item_size, const char *key)
{
    guint index;

    if (map_search(map, item_size, key, &index))
        return (char *)map->items + index * item_size;

    gpointer item = api_list_insert(map, item_size, index);

    *(const char **)item = str_intern(key);
    return item;
}

const char *
str_map_get(const StrMap *map, const char *key)
{
    const StrPair *pair = api_map_find((const ApiList *)map, sizeof *pair, key);

    return pair == NULL ? NULL : pair->value;
}

void
str_map_set(StrMap *map, const char *key, const char *value)
{
    StrPair *pair = api_map_add((ApiList *)map, sizeof *pair, key);

    pair->value = str_intern(value);
}

gboolean
str_map_remove(StrMap *map, const char *key)
{
    guint index;

    if (map->count == 0 || !map_search((const ApiList *)map, sizeof(StrPair), key, &index))
        return FALSE;
    api_list_remove((ApiList *)map, sizeof(StrPair), index);
    return TRUE;
}

gboolean
str_map_equal(const StrMap *a, const StrMap *b)
{
    if (a->count != b->count)
        return FALSE;
    for (guint i = 0; i < a->count; i++)
        if (!str_is(a->items[i].key, b->items[i].key) ||
            !str_is(a->items[i].value, b->items[i].value))
            return FALSE;
    return TRUE;
}

void
str_map_clear(StrMap *map)
{
    g_free(map->items);
    map->items = NULL;
    map->count = 0;
}

void
str_map_copy(StrMap *to, const StrMap *from)
{
    if (to == from)
        return;
    str_map_clear(to);
    if (from->count == 0)
        return;
    to->items = g_memdup2(from->items, from->count * sizeof *from->items);
    to->count = to->capacity = from->count;
}

gboolean
str_map_contains_all(const StrMap *map, const StrMap *wanted)
{
    guint at = 0;

    /* Both are sorted by key: one walk. */
    for (guint i = 0; i < wanted->count; i++) {
        const StrPair *pair = &wanted->items[i];
        int order = 1;

        for (; at < map->count; at++) {
            order = map->items[at].key == pair->key ? 0 : strcmp(map->items[at].key, pair->key);
            if (order >= 0)
                break;
        }
        if (at == map->count || order != 0 || !str_is(map->items[at].value, pair->value))
            return FALSE;
    }
    return TRUE;
}

const char *
str_map_format(const StrMap *map, const char *none)
{
    if (map->count == 0)
        return str_intern(none);

    GString *text = g_string_new(NULL);

    for (guint i = 0; i < map->count; i++)
        g_string_append_printf(text, "%s%s=%s", i > 0 ? "," : "", map->items[i].key,
                               map->items[i].value == NULL ? "" : map->items[i].value);

    const char *result = str_intern_len(text->str, text->len);

    g_string_free(text, TRUE);
    return result;
}

/* --- maps of quantities ------------------------------------------------------------ */

const Quantity *
quantity_map_get(const QuantityMap *map, const char *key)
{
    const QuantityPair *pair = api_map_find((const ApiList *)map, sizeof *pair, key);

    return pair == NULL ? NULL : &pair->value;
}

void
quantity_map_set(QuantityMap *map, const char *key, Quantity value)
{
    QuantityPair *pair = api_map_add((ApiList *)map, sizeof *pair, key);

    pair->value = value;
}

gboolean
quantity_map_remove(QuantityMap *map, const char *key)
{
    guint index;

    if (map->count == 0 || !map_search((const ApiList *)map, sizeof(QuantityPair), key, &index))
        return FALSE;
    api_list_remove((ApiList *)map, sizeof(QuantityPair), index);
    return TRUE;
}
