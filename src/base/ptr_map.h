/*
 * ptr_map.h - pointers to pointers, for what is looked up in every event
 *
 * A key is the pointer itself: an interned string, an object. Key and value lie
 * side by side in one array (open addressing, linear probing, at most three
 * quarters full), so that a hit is one cache line; GHashTable takes three that
 * wait for each other. An entry takes 16 bytes, the array 21 to 43 per key, no
 * more than GHashTable does. Removing moves entries back: there are no tombstones
 * and searches do not grow long. It grows by doubling and never shrinks.
 *
 * A map is a value in its owner: {0} is empty and has no memory. Keys and values
 * are borrowed. NULL is no key; as a value it is allowed, and then ptr_map_get
 * cannot tell it from a key that is not there (ptr_map_has can).
 *
 * Where an entry lies depends on addresses, which differ between runs. So there
 * is no iteration but ptr_map_foreach, for freeing and for sums: nothing that
 * depends on the order may come of it. Whoever needs an order keeps a list.
 */
#pragma once

#include "base/cold.h"
#include "base/fetch.h"

typedef struct {
    gconstpointer key; /* NULL: free */
    gpointer value;
} PtrMapEntry;

typedef struct {
    PtrMapEntry *entries; /* (owned); NULL: never used */
    guint32 count;
    guint8 shift; /* of 64 bits of hash, those not used: there are 2^(64 - shift) entries */
} PtrMap;

/* ptr_map_clear: gives the memory back; the map is empty and may be used again. */
void ptr_map_clear(PtrMap *map);

/* ptr_map_reserve: so many keys fit without growing. */
void ptr_map_reserve(PtrMap *map, guint count);

/* ptr_map_set: Returns: whether the key is new. */
gboolean ptr_map_set(PtrMap *map, gconstpointer key, gpointer value);

/* ptr_map_place: where the value of @key stands, entered with NULL if it is new; until the map is changed again. */
gpointer *ptr_map_place(PtrMap *map, gconstpointer key);

/* ptr_map_take: removes @key. Returns: its value, NULL if it was not there */
gpointer ptr_map_take(PtrMap *map, gconstpointer key);

/* ptr_map_foreach: in no order; @func does not touch the map. */
void ptr_map_foreach(const PtrMap *map, GHFunc func, gpointer user_data);

static inline guint64
ptr_map_slot(const PtrMap *map, gconstpointer key)
{
    return ((guint64)(gsize)key * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)) >> map->shift;
}

/* ptr_map_fetch: @key will be looked up or entered some time after this: its entry comes into the cache meanwhile. */
static inline void
ptr_map_fetch(const PtrMap *map, gconstpointer key)
{
    if (map->entries != NULL)
        fetch(&map->entries[ptr_map_slot(map, key)]);
}

/* ptr_map_find: (nullable): the entry, to be read only. */
static inline const PtrMapEntry *
ptr_map_find(const PtrMap *map, gconstpointer key)
{
    if (G_UNLIKELY(map->count == 0))
        return NULL;

    guint64 mask = G_MAXUINT64 >> map->shift;
    guint64 at = ptr_map_slot(map, key);

    while (map->entries[at].key != key) {
        if (map->entries[at].key == NULL)
            return NULL;
        at = (at + 1) & mask;
    }
    return &map->entries[at];
}

/* ptr_map_get: Returns: (nullable): NULL if it is not there; @key may be NULL and never is. */
static inline gpointer
ptr_map_get(const PtrMap *map, gconstpointer key)
{
    const PtrMapEntry *entry = G_LIKELY(key != NULL) ? ptr_map_find(map, key) : NULL;

    return entry == NULL ? NULL : entry->value;
}

static inline gboolean
ptr_map_has(const PtrMap *map, gconstpointer key)
{
    return key != NULL && ptr_map_find(map, key) != NULL;
}
