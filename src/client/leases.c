/* leases.c - see leases.h */

#include "client/leases.h"

#include "etcd/key.h"

void
lease_table_clear(LeaseTable *table)
{
    g_free(table->rows);
    ptr_map_clear(&table->places);
    *table = (LeaseTable){0};
}

static COLD void
lease_table_enter(LeaseTable *table, const EtcdKey *key)
{
    guint number = key->number;

    if (number >= table->count) {
        guint count = MAX(number + 1, 2 * table->count);

        table->rows = g_renew(LeaseRow, table->rows, count);
        memset(&table->rows[table->count], 0, (count - table->count) * sizeof(LeaseRow));
        table->count = count;
    }
    table->rows[number].namespace_ = key->namespace_;
    table->rows[number].name = key->name;
    if (!ptr_map_has(&table->places, key->name))
        ptr_map_set(&table->places, key->name, GUINT_TO_POINTER(number + 1));
}

void
lease_table_renew(LeaseTable *table, const EtcdKey *key, guint number, ApiTime renew_time, guint64 revision)
{
    LeaseRow *row;

    if (G_UNLIKELY(number >= table->count || table->rows[number].name == NULL))
        lease_table_enter(table, key);
    row = &table->rows[number];
    if (!row->is_late)
        table->n_late++;
    row->is_late = TRUE;
    row->renew_time = renew_time;
    row->revision = revision & (G_MAXUINT64 >> 1);
}

LeaseRow *
lease_table_find(const LeaseTable *table, const char *namespace_, const char *name)
{
    guint place = GPOINTER_TO_UINT(ptr_map_get(&table->places, name));

    if (place == 0)
        return NULL;
    for (guint i = place - 1; i < table->count; i++) {
        LeaseRow *row = &table->rows[i];

        if (row->name == name && row->namespace_ == namespace_)
            return row->revision == 0 ? NULL : row;
    }
    return NULL;
}
