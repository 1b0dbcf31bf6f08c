/* ptr_map.c - see ptr_map.h */

#include "base/ptr_map.h"

#define BITS_FIRST 3

static inline guint64
n_slots(const PtrMap *map)
{
    return map->entries == NULL ? 0 : G_GUINT64_CONSTANT(1) << (64 - map->shift);
}

/* The slot of @key, or the free one where it would be. */
static inline PtrMapEntry *
slot_for(const PtrMap *map, gconstpointer key)
{
    guint64 mask = G_MAXUINT64 >> map->shift;
    guint64 at = ptr_map_slot(map, key);

    while (map->entries[at].key != key && map->entries[at].key != NULL)
        at = (at + 1) & mask;
    return &map->entries[at];
}

static void
resize(PtrMap *map, guint bits)
{
    PtrMapEntry *old = map->entries;
    guint64 n_old = n_slots(map);

    map->shift = (guint8)(64 - bits);
    map->entries = g_new0(PtrMapEntry, G_GUINT64_CONSTANT(1) << bits);
    for (guint64 i = 0; i < n_old; i++)
        if (old[i].key != NULL)
            *slot_for(map, old[i].key) = old[i];
    g_free(old);
}

void
ptr_map_clear(PtrMap *map)
{
    g_free(map->entries);
    *map = (PtrMap){0};
}

void
ptr_map_reserve(PtrMap *map, guint count)
{
    guint bits = map->entries == NULL ? BITS_FIRST : 64u - map->shift;

    while ((guint64)count * 4 > (G_GUINT64_CONSTANT(3) << bits))
        bits++;
    if (map->entries == NULL || bits != 64u - map->shift)
        resize(map, bits);
}

gpointer *
ptr_map_place(PtrMap *map, gconstpointer key)
{
    PtrMapEntry *entry;

    g_assert(key != NULL);
    if (map->entries != NULL) {
        entry = slot_for(map, key);
        if (entry->key == key)
            return &entry->value;
        if (G_LIKELY(((guint64)map->count + 1) * 4 <= n_slots(map) * 3)) {
            map->count++;
            entry->key = key;
            return &entry->value;
        }
    }
    ptr_map_reserve(map, map->count + 1);
    entry = slot_for(map, key);
    map->count++;
    entry->key = key;
    return &entry->value;
}

gboolean
ptr_map_set(PtrMap *map, gconstpointer key, gpointer value)
{
    guint32 count = map->count;

    *ptr_map_place(map, key) = value;
    return map->count != count;
}

/* What follows in the same run and would no longer be found moves into the hole. */
gpointer
ptr_map_take(PtrMap *map, gconstpointer key)
{
    PtrMapEntry *entry = key == NULL ? NULL : (PtrMapEntry *)ptr_map_find(map, key);

    if (entry == NULL)
        return NULL;

    guint64 mask = G_MAXUINT64 >> map->shift;
    guint64 hole = (guint64)(entry - map->entries);
    gpointer value = entry->value;

    for (guint64 at = (hole + 1) & mask; map->entries[at].key != NULL; at = (at + 1) & mask) {
        guint64 home = ptr_map_slot(map, map->entries[at].key);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* its home lies behind the hole */
        map->entries[hole] = map->entries[at];
        hole = at;
    }
    map->entries[hole] = (PtrMapEntry){0};
    map->count--;
    return value;
}

void
ptr_map_foreach(const PtrMap *map, GHFunc func, gpointer user_data)
{
    for (guint64 i = 0; i < n_slots(map); i++)
        if (map->entries[i].key != NULL)
            func((gpointer)map->entries[i].key, map->entries[i].value, user_data);
}
