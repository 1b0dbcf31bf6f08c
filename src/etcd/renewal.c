/* renewal.c - see renewal.h */

#include "etcd/renewal.h"

#define FIRST_CAPACITY 16u

static COLD void
renewals_grow(Renewals *renewals)
{
    guint capacity = MAX(2 * renewals->capacity, FIRST_CAPACITY);
    Renewal *items = g_new(Renewal, capacity);

    for (guint i = 0; i < renewals->count; i++)
        items[i] = renewals->items[(renewals->start + i) & (renewals->capacity - 1)];
    g_free(renewals->items);
    renewals->items = items;
    renewals->start = 0;
    renewals->capacity = capacity;
}

void
renewals_add(Renewals *renewals, const Renewal *renewal)
{
    if (G_UNLIKELY(renewals->count == renewals->capacity))
        renewals_grow(renewals);
    renewals->items[(renewals->start + renewals->count++) & (renewals->capacity - 1)] = *renewal;
}

void
renewals_clear(Renewals *renewals)
{
    g_free(renewals->items);
    *renewals = (Renewals){0};
}

ApiObject *
renewal_make(const ApiObject *lease, ApiTime renew_time, guint64 revision)
{
    ApiObject *renewed = api_object_copy(lease);

    ((LeaseSpec *)api_edit_spec(renewed))->renew_time = renew_time;
    renewed->resource_version = revision;
    return renewed;
}

void
renewed_grow(RenewedLeases *leases, guint number)
{
    guint count = MAX(number + 1, 2 * leases->count);

    leases->items = g_renew(Renewed, leases->items, count);
    memset(&leases->items[leases->count], 0, (count - leases->count) * sizeof(Renewed));
    leases->count = count;
}

void
renewed_clear(RenewedLeases *leases)
{
    g_free(leases->items);
    *leases = (RenewedLeases){0};
}
