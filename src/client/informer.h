/*
 * informer.h - list and watch into a local cache, handlers, indexes
 *
 * Models client-go tools/cache: reflector (list, watch, resume, back-off 0.8 s
 * doubling to 30 s), store updated before handlers run. One informer per kind
 * and selector in a factory, shared by all who ask. The cache lags the server by
 * watch latency; that is the point.
 */
#pragma once

#include "client/client.h"
#include "client/leases.h"

typedef struct InformerFactory InformerFactory;
typedef struct Informer Informer;

/* Which changes mean anything to a listener: an update counts as what differs between both states. */
typedef enum {
    WANTS_ALL = 0,
    WANTS_ADDED = 1 << 0,
    WANTS_DELETED = 1 << 1,
    WANTS_META = 1 << 2,
    WANTS_SPEC = 1 << 3, /* or the body of kinds that have one instead */
    WANTS_STATUS = 1 << 4,
} Wants;

/*
 * What would mean nothing to a listener need not reach it: it leaves out of @wants what its
 * handlers would do nothing about. @owner_kind: neither would they about an object that has,
 * before and after, a controller of another kind than this; NULL: they look at all.
 */
typedef struct {
    void (*added)(gpointer user, const ApiObject *object);
    void (*updated)(gpointer user, const ApiObject *old, const ApiObject *object);
    void (*deleted)(gpointer user, const ApiObject *object);
    guint wants; /* Wants */
    const ApiKind *owner_kind;
} InformerHandlers;

InformerFactory *informer_factory_new(Client *client);
void informer_factory_free(InformerFactory *factory);
/* informer_factory_start: list and watch all informers asked for so far and later. */
void informer_factory_start(InformerFactory *factory);
/*
 * informer_factory_reset: the process died: caches empty, watches gone, its client
 * reset; start again with _start.
 */
void informer_factory_reset(InformerFactory *factory);
/* informer_factory_resumed: the process goes on after a pause. */
void informer_factory_resumed(InformerFactory *factory);
/* informer_factory_synced: every informer has its first list. */
gboolean informer_factory_synced(const InformerFactory *factory);
/* informer_factory_on_synced: @synced once, when that is so (at the earliest in the next event). */
void
informer_factory_on_synced(InformerFactory *factory, void (*synced)(gpointer user), gpointer user);

/*
 * informer_factory_get: @field_selector NULL: all. The same informer for the same
 * question. (borrowed)
 */
Informer *
informer_factory_get(InformerFactory *factory, const ApiKind *kind, const char *field_selector);
void informer_add_handlers(Informer *informer, const InformerHandlers *handlers, gpointer user);
const ApiObject *
informer_get(Informer *informer, const char *namespace_, const char *name); /* (borrowed) */
guint informer_count(Informer *informer);
/*
 * informer_leases: of leases, those whose last renewal came as a number; as it is now. What is in no row is asked for with
 * informer_get.
 */
const LeaseTable *informer_leases(Informer *informer);

/* Listings append borrowed objects to @out in a stable order (order of arrival in the cache). */
void informer_list(Informer *informer, const char *namespace_, GPtrArray *out);
void informer_list_owned(Informer *informer,
                         const char *owner_uid,
                         GPtrArray *out); /* controller uid */
guint informer_count_owned(Informer *informer, const char *owner_uid); /* as many as are listed */
void informer_list_orphans(Informer *informer,
                           const char *namespace_,
                           GPtrArray *out); /* no controller */
void
informer_list_on_node(Informer *informer, const char *node_name, GPtrArray *out); /* pods */
