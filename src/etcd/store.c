/* store.c - keys with their revisions; see internal.h */

#include "etcd/internal.h"

static void
space_free(gpointer space)
{
    key_space_free(space);
}

void
store_init(Store *store)
{
    store->spaces = g_hash_table_new_full(NULL, NULL, NULL, space_free);
    store->revision = 1;
}

void
store_clear(Store *store)
{
    g_hash_table_destroy(store->spaces);
}

KeySpace *
store_space(Store *store, const ApiKind *kind)
{
    KeySpace *space = g_hash_table_lookup(store->spaces, kind);

    if (space == NULL) {
        space = key_space_new(kind);
        g_hash_table_insert(store->spaces, (gpointer)kind, space);
    }
    return space;
}

gboolean
store_compare(const EtcdTxn *txn)
{
    const ApiObject *object = key_object(txn->key);

    if (object == NULL && txn->value == NULL)
        return FALSE;
    if (txn->expected_revision == ETCD_ANY_REVISION)
        return TRUE;
    return txn->expected_revision == (object == NULL ? 0 : object->resource_version);
}

ApiObject *
store_put(Store *store, EtcdKey *key, ApiObject *object)
{
    ApiObject *before = key_set_object(key, api_object_ref(object));

    object->resource_version = ++store->revision;
    object->number = key_object_number(key) & 0xffffff;
    if (before == NULL) {
        key->create_revision = store->revision;
        key->version = 0;
    }
    key->version++;
    return before;
}

ApiObject *
store_remove(EtcdKey *key)
{
    return key_set_object(key, NULL);
}
