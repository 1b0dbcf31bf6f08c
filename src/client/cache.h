/*
 * cache.h - an informer's store: objects by name, with indexes
 *
 * Listings come in the order in which the objects arrived; an update keeps an
 * object's place. Indexes are built when first asked for. A deletion leaves a
 * gap that is swept out when half of a list is gaps, so that emptying a large
 * cache costs linear time.
 */
#pragma once

#include "api/kinds.h"

typedef struct Cache Cache;

Cache *cache_new(void);
void cache_free(Cache *cache);
void cache_clear(Cache *cache);
guint cache_count(const Cache *cache);

/* cache_get: (borrowed), NULL if absent. */
const ApiObject *cache_get(const Cache *cache, const char *namespace_, const char *name);
/* cache_set: add or replace; takes a reference. Returns: (owned) what was there before, or NULL. */
ApiObject *cache_set(Cache *cache, const ApiObject *object);
/* cache_remove: (owned) what was there, or NULL. */
ApiObject *cache_remove(Cache *cache, const char *namespace_, const char *name);

typedef enum {
    CACHE_BY_NAMESPACE,
    CACHE_BY_OWNER, /* uid of the controller */
    CACHE_ORPHANS,  /* without controller, by namespace */
    CACHE_BY_NODE,  /* pods: spec.nodeName */
    CACHE_N_INDEXES,
} CacheIndex;

/* cache_list: all, (borrowed). */
void cache_list(const Cache *cache, GPtrArray *out);
/* cache_list_by: those whose value in @index is @value. */
void cache_list_by(Cache *cache, CacheIndex index, const char *value, GPtrArray *out);
