/*
 * key.h - the places of a store: one record for each, found by kind, namespace and name
 *
 * What is "/registry/pods/default/web-1" in etcd is here the record of that place: whoever
 * knows it reads what stands there, in the store and in the first watch cache, without looking
 * it up again. The text is never made. A record lives as long as its store, like the interned
 * names it is found by.
 *
 * Places of a kind are listed in the byte order of their texts. The order is made up when
 * somebody lists: new places wait in an unsorted tail, empty ones leave a hole, and a listing
 * sorts the tail and merges it, so that a burst of writes costs nothing extra.
 */
#pragma once

#include "base/fetch.h"
#include "etcd/renewal.h"

typedef struct KeySpace KeySpace; /* the places of one kind */

struct EtcdKey {
    KeySpace *space;
    const char *namespace_, *name; /* (interned) namespace_ NULL: the kind has none */
    ApiObject *object;             /* (owned) what the store holds; NULL: nothing. Ask key_object. */
    ApiObject *seen;               /* (owned) what view 0 has seen of it: key_seen */
    guint64 create_revision;
    guint32 version; /* puts since it was created */
    guint32 number : 25;
    guint32 n_holders : 4; /* of the store and the views: how many have something there */
    guint32 is_listed : 1;
    guint32 is_renewed : 1;   /* the object is to be renewed before anybody looks at it: key_renew */
    guint32 has_renewals : 1; /* there was such a renewal: views may not have seen it */
};

/* Open addressing; the full hash saves nearly every look at a record that is another's. */
typedef struct {
    guint32 hash;
    guint32 number; /* of the key, from 1; 0: free */
} KeySlot;

struct KeySpace {
    const ApiKind *kind;
    guint n_keys;
    EtcdKey **chunks; /* (owned) of KEY_CHUNK records */
    KeySlot *slots;
    guint n_slots; /* a power of two */
    EtcdKey **order;
    guint n_order, n_sorted, n_empty, order_size;
    GPtrArray *others; /* (owned) of the views after the first: GPtrArray* of ApiObject* by key number */
    RenewedLeases renewed; /* of keys that are */
};

KeySpace *key_space_new(const ApiKind *kind);
void key_space_free(KeySpace *space); /* what its keys hold is freed too */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeySpace, key_space_free)

/* key_find: the place of @name (both interned), made if it was never asked for. @namespace_ is for kinds that have one. */
EtcdKey *key_find(KeySpace *space, const char *namespace_, const char *name);
/* Addresses decide where a key lies in the table, and nothing lists the table. */
static inline guint32
key_hash(const char *namespace_, const char *name)
{
    guint64 both = (guint64)(gsize)name * 0x9e3779b97f4a7c15u + (guint64)(gsize)namespace_;

    return (guint32)((both * 0xff51afd7ed558ccdu) >> 32);
}

/* key_fetch: key_find for these names comes soon: the table's line is fetched meanwhile. Changes nothing. */
static inline void
key_fetch(const KeySpace *space, const char *namespace_, const char *name)
{
    if (G_LIKELY(space->n_slots > 0))
        fetch(&space->slots[key_hash(namespace_, name) & (space->n_slots - 1)]);
}

/* key_object_number: of what stands there: from 1; 0 for places after the first 16 million. */
static inline guint32
key_object_number(const EtcdKey *key)
{
    guint32 number = key->number;

    return number < 0xffffff ? number + 1 : 0;
}

/* key_set_object: the store holds @object there (owned; NULL: nothing). Returns: (owned) what it held. */
ApiObject *key_set_object(EtcdKey *key, ApiObject *object);

/* key_object: what the store holds there. */
const ApiObject *key_settle(const EtcdKey *key);
static inline const ApiObject *
key_object(const EtcdKey *key)
{
    return G_LIKELY(!key->is_renewed) ? key->object : key_settle(key);
}
/*
 * key_renew: the lease there is renewed, at that revision. Returns: what it weighs. An object is made when somebody asks
 * for it; until then key_renewed says when it was renewed: 0: not like this.
 */
gsize key_renew(EtcdKey *key, ApiTime renew_time, guint64 revision);
static inline ApiTime
key_renewed(const EtcdKey *key)
{
    return key->is_renewed ? renewed_at(&key->space->renewed, key->number)->renew_time : 0;
}

/*
 * key_seen, key_set_seen: the same for a view: what somebody who hears of changes later knows. Views are numbered
 * from 0; the first one's stands in the record.
 */
ApiObject *key_seen_by_other(const EtcdKey *key, guint view);
ApiObject *key_set_seen(EtcdKey *key, guint view, ApiObject *object);
/* key_space_forget_seen: the view has nothing any more. */
void key_space_forget_seen(KeySpace *space, guint view);

static inline const ApiObject *
key_seen(const EtcdKey *key, guint view)
{
    return G_LIKELY(view == 0) ? key->seen : key_seen_by_other(key, view);
}

/*
 * key_space_collect: the places where anybody has something, in order, appended to @out. (borrowed EtcdKey*)
 * @namespace_ NULL or empty: all.
 */
void key_space_collect(KeySpace *space, const char *namespace_, GPtrArray *out);
