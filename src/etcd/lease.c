/* lease.c - keys that go by themselves: events, an hour after their last write */

#include "etcd/internal.h"

#include "base/pool.h"

/*
 * v1.34 apiserver storage/etcd3/lease_manager.go: one lease serves the keys of 60 s, or of 5 %
 * of the TTL.
 */
#define REUSE_MAX_NS     (60 * NS_PER_S)
#define REUSE_PERCENT    5
#define LEASE_MAX_OBJECT 1000
/* v3.6 lease: at least ceil(1.5 x election timeout). */
#define TTL_MIN_NS (2 * NS_PER_S)

static void
arm(Etcd *etcd)
{
    const LeaseItem *first = etcd->leases.first;

    if (first == NULL)
        sim_timer_disarm(&etcd->leases.timer);
    else
        sim_timer_arm_at(&etcd->leases.timer, MAX(first->expires_ns, sim_now_ns(etcd->sim)));
}

static LeaseItem *
pop(Leases *leases)
{
    LeaseItem *item = leases->first;

    leases->first = item->next;
    if (item->next == NULL)
        leases->last = NULL;
    return item;
}

/* After those that end at the same time; nearly always after all there are. */
static void
put(Leases *leases, LeaseItem *item)
{
    LeaseItem **place = &leases->first;

    if (leases->last != NULL && leases->last->expires_ns <= item->expires_ns)
        place = &leases->last->next;
    while (*place != NULL && (*place)->expires_ns <= item->expires_ns)
        place = &(*place)->next;
    item->next = *place;
    *place = item;
    if (item->next == NULL)
        leases->last = item;
}

static void
leases_on_expiry(Sim *sim, gpointer self)
{
    Etcd *etcd = self;
    gint64 now_ns = sim_now_ns(sim);
    gboolean is_raised = FALSE;

    /* No lease ends while nobody leads; the new leader extends them all. */
    if (!etcd->is_quick && etcd->raft.leader < 0)
        return;
    sim_set_cause(sim, 0);
    while (etcd->leases.first != NULL && etcd->leases.first->expires_ns <= now_ns) {
        LeaseItem *item = pop(&etcd->leases);

        const ApiObject *object = key_object(item->key);

        if (object != NULL && object->resource_version == item->mod_revision) {
            g_autoptr(ApiObject) gone = store_remove(item->key);

            /* One revoke is one transaction: its deletes share the revision. */
            if (!is_raised)
                etcd->store.revision++;
            is_raised = TRUE;
            etcd_tell(etcd, item->key, NULL, gone);
        }
        POOL_FREE(LeaseItem, item);
    }
    arm(etcd);
}

void
leases_init(Etcd *etcd)
{
    sim_timer_init(&etcd->leases.timer, etcd->sim, SIM_DELIVER, leases_on_expiry, etcd);
}

void
leases_clear(Etcd *etcd)
{
    sim_timer_clear(&etcd->leases.timer);
    while (etcd->leases.first != NULL)
        POOL_FREE(LeaseItem, pop(&etcd->leases));
}

void
leases_attach(Etcd *etcd, EtcdKey *key, guint64 mod_revision, gint64 ttl_ns)
{
    Leases *leases = &etcd->leases;
    gint64 now_ns = sim_now_ns(etcd->sim);
    gint64 reuse_ns = MIN(REUSE_MAX_NS, ttl_ns / 100 * REUSE_PERCENT);

    if (ttl_ns != leases->ttl_ns || now_ns > leases->granted_ns + reuse_ns ||
        leases->attached >= LEASE_MAX_OBJECT || leases->expires_ns == 0) {
        leases->ttl_ns = ttl_ns;
        leases->granted_ns = now_ns;
        leases->expires_ns = now_ns + MAX(ttl_ns + reuse_ns, TTL_MIN_NS);
        leases->attached = 0;
    }
    leases->attached++;

    LeaseItem *item = POOL_NEW(LeaseItem);

    *item = (LeaseItem){leases->expires_ns, key, mod_revision, NULL};
    put(leases, item);
    if (leases->first == item)
        arm(etcd);
}

void
leases_extend(Etcd *etcd, gint64 extra_ns)
{
    for (LeaseItem *item = etcd->leases.first; item != NULL; item = item->next)
        item->expires_ns += extra_ns;
    if (etcd->leases.expires_ns != 0)
        etcd->leases.expires_ns += extra_ns;
    arm(etcd);
}
