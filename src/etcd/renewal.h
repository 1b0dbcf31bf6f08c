/*
 * renewal.h - leases that were renewed, as numbers
 *
 * A renewal changes nothing of a lease but a time and the revision. A cluster of a thousand nodes makes a hundred of
 * them a second, and nearly nobody ever looks at one: so they go from the store to those who hear of it as numbers, and
 * whoever holds a lease makes an object of them when somebody looks (key_settle for the store).
 *
 * Between two renewals that are numbers nothing else has happened to the lease: any object of it from in between serves
 * for all of them (renewal_make). Every other change of a lease is told of by objects, and ends that.
 */
#pragma once

#include "api/kinds.h"
#include "sim/trace.h"

typedef struct EtcdKey EtcdKey;

typedef struct {
    EtcdKey *key;
    ApiTime renew_time;
    guint64 revision;
    gint64 at_ns; /* when it is where it goes next, or came where it is */
    TraceId cause;
    guint number; /* the key's, which lies far away */
} Renewal;

/* First in, first out; {0} is empty. */
typedef struct {
    Renewal *items; /* (owned) */
    guint start, count, capacity; /* a power of two */
} Renewals;

void renewals_add(Renewals *renewals, const Renewal *renewal);
/* renewals_clear: empty, without memory. */
void renewals_clear(Renewals *renewals);

/* renewals_first: until something is added; NULL: there is none. */
static inline const Renewal *
renewals_first(const Renewals *renewals)
{
    return renewals->count == 0 ? NULL : &renewals->items[renewals->start];
}

static inline Renewal
renewals_take(Renewals *renewals)
{
    Renewal first = renewals->items[renewals->start];

    renewals->start = (renewals->start + 1) & (renewals->capacity - 1);
    renewals->count--;
    return first;
}

/* renewal_make: @lease with that time and revision. (owned) */
ApiObject *renewal_make(const ApiObject *lease, ApiTime renew_time, guint64 revision);

/*
 * What is known of one lease by its number among the places of its kind: the last renewal that is not in the object yet.
 * An array that grows as needed; {0} is empty.
 */
typedef struct {
    ApiTime renew_time;
    guint64 revision; /* 0: the object is up to date */
    gsize bytes;      /* what the lease weighs (api_object_size_bytes), for whom it was found out */
} Renewed;

typedef struct {
    Renewed *items; /* (owned) */
    guint count;
} RenewedLeases;

void renewed_grow(RenewedLeases *leases, guint number);
void renewed_clear(RenewedLeases *leases);

/* renewed_at: (nullable) until one is set. */
static inline Renewed *
renewed_at(const RenewedLeases *leases, guint number)
{
    return number < leases->count && leases->items[number].revision != 0 ? &leases->items[number] : NULL;
}

static inline void
renewed_set(RenewedLeases *leases, guint number, ApiTime renew_time, guint64 revision)
{
    if (G_UNLIKELY(number >= leases->count))
        renewed_grow(leases, number);
    leases->items[number].renew_time = renew_time;
    leases->items[number].revision = revision;
}
