/*
 * indexer.h - an informer's store: objects by name, with indexes
 *
 * Listings come in the order in which the objects arrived; an update keeps an
 * object's place. Indexes are built when first asked for. A deletion leaves a
 * gap that is swept out when half of a list is gaps, so that emptying a large
 * indexer costs linear time.
 *
 * Objects that were stored have a number (ApiObject.number). Where most of a kind's are
 * here, as in the caches of controllers, entries stand in an array by it, and those that
 * change together lie together; names are hashed when somebody asks for one. Where few
 * are, as at a kubelet, all goes by names.
 */
#pragma once

#include "api/kinds.h"

typedef struct Indexer Indexer;

Indexer *indexer_new(void);
void indexer_free(Indexer *indexer);
void indexer_clear(Indexer *indexer);
guint indexer_count(const Indexer *indexer);

/* indexer_get: (borrowed), NULL if absent. */
const ApiObject *indexer_get(Indexer *indexer, const char *namespace_, const char *name);
/* indexer_peek: what stands under the names of @object. (borrowed), NULL if absent. */
const ApiObject *indexer_peek(Indexer *indexer, const ApiObject *object);
/*
 * indexer_set: add or replace; takes a reference. Returns: (owned) what was there
 * before, or NULL.
 */
ApiObject *indexer_set(Indexer *indexer, const ApiObject *object);
/* indexer_remove: (owned) what was there, or NULL. Both names as an object has them: interned. */
ApiObject *indexer_remove(Indexer *indexer, const char *namespace_, const char *name);

typedef enum {
    INDEXER_BY_NAMESPACE,
    INDEXER_BY_OWNER, /* uid of the controller */
    INDEXER_ORPHANS,  /* without controller, by namespace */
    INDEXER_BY_NODE,  /* pods: spec.nodeName */
    INDEXER_N_INDEXES,
} IndexerKey;

/* indexer_list: all, (borrowed). */
void indexer_list(const Indexer *indexer, GPtrArray *out);
/* indexer_list_by: those whose value in @index is @value. */
void indexer_list_by(Indexer *indexer, IndexerKey index, const char *value, GPtrArray *out);
/* indexer_count_by: how many those are, without a walk. */
guint indexer_count_by(Indexer *indexer, IndexerKey index, const char *value);
