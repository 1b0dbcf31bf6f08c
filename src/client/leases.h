/*
 * leases.h - when leases were renewed, side by side, for an informer whose renewals come as numbers
 *
 * Whoever looks at the leases of all nodes every few seconds wants of each one number. Those lie here in one array, by the
 * number of the lease's place in the store; the informer's objects are made up to date when somebody asks for one.
 */
#pragma once

#include "base/ptr_map.h"
#include "etcd/renewal.h"

typedef struct {
    const char *namespace_, *name; /* (interned) NULL: none here */
    ApiTime renew_time;
    guint64 revision : 63; /* 0: the informer's object says it, or there is none */
    guint64 is_late : 1;   /* the informer's object does not say it yet */
} LeaseRow;

typedef struct {
    LeaseRow *rows; /* (owned) */
    guint count, n_late;
    PtrMap places; /* name -> its row + 1: the first of that name */
} LeaseTable;

void lease_table_clear(LeaseTable *table);
/* lease_table_renew: the renewal is in the cache now; no object is. @number: of @key. */
void lease_table_renew(LeaseTable *table, const EtcdKey *key, guint number, ApiTime renew_time, guint64 revision);
/* lease_table_find: (nullable) the row of the lease of these names (interned), if it says anything. */
LeaseRow *lease_table_find(const LeaseTable *table, const char *namespace_, const char *name);
