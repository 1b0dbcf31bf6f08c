/* store.c - keys with their revisions; see internal.h */

#include "etcd/internal.h"

static void
entry_free(gpointer data)
{
    StoreEntry *entry = data;

    api_object_unref(entry->object);
    g_free(entry);
}

void
store_init(Store *store)
{
    store->entries = key_index_new(entry_free);
    store->revision = 1;
}

void
store_clear(Store *store)
{
    key_index_free(store->entries);
}

StoreEntry *
store_get(const Store *store, const char *key)
{
    return key_index_get(store->entries, key);
}

gboolean
store_compare(const Store *store, const EtcdTxn *txn)
{
    const StoreEntry *entry = store_get(store, txn->key);

    if (entry == NULL && txn->value == NULL)
        return FALSE;
    if (txn->expected_revision == ETCD_ANY_REVISION)
        return TRUE;
    return txn->expected_revision == (entry == NULL ? 0 : entry->mod_revision);
}

void
store_put(Store *store, const char *key, ApiObject *object)
{
    StoreEntry *entry = store_get(store, key);

    object->resource_version = ++store->revision;
    if (entry == NULL) {
        entry = g_new0(StoreEntry, 1);
        entry->key = key;
        entry->create_revision = store->revision;
        key_index_set(store->entries, key, entry);
    }
    api_object_ref(object);
    api_object_unref(entry->object);
    entry->object = object;
    entry->mod_revision = store->revision;
    entry->version++;
}

ApiObject *
store_remove(Store *store, const char *key)
{
    StoreEntry *entry = store_get(store, key);

    if (entry == NULL)
        return NULL;

    ApiObject *object = api_object_ref(entry->object);

    key_index_remove(store->entries, key);
    return object;
}
