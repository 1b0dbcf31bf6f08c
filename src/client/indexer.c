/* indexer.c - see indexer.h */

#include "client/indexer.h"

#include "base/pool.h"
typedef struct {
    const char *namespace_, *name; /* interned; namespace "" if there is none */
    guint64 sequence;              /* of arrival */
    ApiObject *object;             /* (owned ref) */
} Entry;

typedef struct {
    guint64 sequence;
    Entry *entry; /* NULL: a gap */
} Slot;

/* Entries by sequence. */
typedef struct {
    GArray *slots;
    guint n_gaps;
} Bucket;

struct Indexer {
    GHashTable *entries; /* Entry -> itself, looked up only */
    Bucket all;
    GHashTable *indexes[INDEXER_N_INDEXES]; /* interned value -> Bucket; NULL: not asked for yet */
    guint64 sequence;
    const char *empty;
};

/* --- buckets ---------------------------------------------------------------------------------- */

static Slot *
bucket_slots(const Bucket *bucket)
{
    return (Slot *)(gpointer)bucket->slots->data;
}

/* First slot whose sequence is not smaller. */
static guint
bucket_find(const Bucket *bucket, guint64 sequence)
{
    const Slot *slots = bucket_slots(bucket);
    guint low = 0;
    guint high = bucket->slots->len;

    if (high > 0 && slots[high - 1].sequence < sequence)
        return high;
    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (slots[middle].sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
bucket_add(Bucket *bucket, Entry *entry)
{
    Slot slot = {entry->sequence, entry};
    guint at = bucket_find(bucket, entry->sequence);

    if (at < bucket->slots->len && bucket_slots(bucket)[at].sequence == entry->sequence) {
        bucket_slots(bucket)[at].entry = entry;
        bucket->n_gaps--;
        return;
    }
    g_array_insert_val(bucket->slots, at, slot);
}

static void
bucket_sweep(Bucket *bucket)
{
    Slot *slots = bucket_slots(bucket);
    guint kept = 0;

    for (guint i = 0; i < bucket->slots->len; i++) {
        if (slots[i].entry != NULL)
            slots[kept++] = slots[i];
    }
    g_array_set_size(bucket->slots, kept);
    bucket->n_gaps = 0;
}

static void
bucket_remove(Bucket *bucket, const Entry *entry)
{
    guint at = bucket_find(bucket, entry->sequence);

    g_assert(at < bucket->slots->len);
    g_assert(bucket_slots(bucket)[at].entry == entry);
    bucket_slots(bucket)[at].entry = NULL;
    bucket->n_gaps++;
    if (2 * bucket->n_gaps >= bucket->slots->len)
        bucket_sweep(bucket);
}

static void
bucket_list(const Bucket *bucket, GPtrArray *out)
{
    const Slot *slots = bucket_slots(bucket);

    for (guint i = 0; i < bucket->slots->len; i++) {
        if (slots[i].entry != NULL)
            g_ptr_array_add(out, slots[i].entry->object);
    }
}

static void
bucket_init(Bucket *bucket)
{
    bucket->slots = g_array_new(FALSE, FALSE, sizeof(Slot));
    bucket->n_gaps = 0;
}

static void
bucket_free(gpointer data)
{
    Bucket *bucket = data;

    g_array_free(bucket->slots, TRUE);
    g_free(bucket);
}

/* --- indexes ---------------------------------------------------------------------------------- */

/* The value under which @object is found; NULL: not in this index. */
static const char *
indexer_index_value(const Indexer *indexer, IndexerKey index, const ApiObject *object)
{
    const OwnerReference *controller;
    const char *namespace_ = api_namespace(object);

    if (str_is_empty(namespace_))
        namespace_ = indexer->empty;
    switch (index) {
    case INDEXER_BY_NAMESPACE:
        return namespace_;
    case INDEXER_BY_OWNER:
        controller = api_controller_of(object);
        return controller == NULL ? NULL : controller->uid;
    case INDEXER_ORPHANS:
        return api_controller_of(object) == NULL ? namespace_ : NULL;
    case INDEXER_BY_NODE:
        if (object->kind != &pod_kind || str_is_empty(pod_spec(object)->node_name))
            return NULL;
        return pod_spec(object)->node_name;
    case INDEXER_N_INDEXES:
        break;
    }
    return NULL;
}

static void
index_add(GHashTable *index, const char *value, Entry *entry)
{
    Bucket *bucket = g_hash_table_lookup(index, value);

    if (bucket == NULL) {
        bucket = g_new(Bucket, 1);
        bucket_init(bucket);
        g_hash_table_insert(index, (gpointer)value, bucket);
    }
    bucket_add(bucket, entry);
}

static void
index_remove(GHashTable *index, const char *value, const Entry *entry)
{
    Bucket *bucket = g_hash_table_lookup(index, value);

    bucket_remove(bucket, entry);
    if (bucket->slots->len == 0)
        g_hash_table_remove(index, value);
}

/* Moves @entry in all indexes from where @old stood to where @object stands; either may be NULL. */
static void
indexer_reindex(Indexer *indexer, Entry *entry, const ApiObject *old, const ApiObject *object)
{
    for (guint i = 0; i < INDEXER_N_INDEXES; i++) {
        const char *from;
        const char *to;

        if (indexer->indexes[i] == NULL)
            continue;
        from = old == NULL ? NULL : indexer_index_value(indexer, i, old);
        to = object == NULL ? NULL : indexer_index_value(indexer, i, object);
        if (from == to)
            continue;
        if (from != NULL)
            index_remove(indexer->indexes[i], from, entry);
        if (to != NULL)
            index_add(indexer->indexes[i], to, entry);
    }
}

static void
indexer_build_index(Indexer *indexer, IndexerKey index)
{
    const Slot *slots = bucket_slots(&indexer->all);

    indexer->indexes[index] = g_hash_table_new_full(NULL, NULL, NULL, bucket_free);
    for (guint i = 0; i < indexer->all.slots->len; i++) {
        Entry *entry = slots[i].entry;
        const char *value;

        if (entry == NULL)
            continue;
        value = indexer_index_value(indexer, index, entry->object);
        if (value != NULL)
            index_add(indexer->indexes[index], value, entry);
    }
}

/* --- public ----------------------------------------------------------------------------------- */

/* Interned names: the pointer is the name. */
static guint
entry_hash(gconstpointer data)
{
    const Entry *entry = data;

    return g_direct_hash(entry->name) * 31 + g_direct_hash(entry->namespace_);
}

static gboolean
entry_equal(gconstpointer a, gconstpointer b)
{
    const Entry *x = a;
    const Entry *y = b;

    return x->name == y->name && x->namespace_ == y->namespace_;
}

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    api_object_unref(entry->object);
    POOL_FREE(Entry, entry);
}

static Entry *
indexer_find(const Indexer *indexer, const char *namespace_, const char *name)
{
    Entry wanted = {
        .namespace_ = str_is_empty(namespace_) ? indexer->empty : str_intern(namespace_),
        .name = str_intern(name),
    };

    return g_hash_table_lookup(indexer->entries, &wanted);
}

Indexer *
indexer_new(void)
{
    Indexer *indexer = g_new0(Indexer, 1);

    indexer->empty = str_intern("");
    indexer->entries = g_hash_table_new_full(entry_hash, entry_equal, NULL, entry_free);
    bucket_init(&indexer->all);
    return indexer;
}

void
indexer_clear(Indexer *indexer)
{
    for (guint i = 0; i < INDEXER_N_INDEXES; i++)
        g_clear_pointer(&indexer->indexes[i], g_hash_table_destroy);
    g_array_set_size(indexer->all.slots, 0);
    indexer->all.n_gaps = 0;
    g_hash_table_remove_all(indexer->entries);
}

void
indexer_free(Indexer *indexer)
{
    if (indexer == NULL)
        return;
    indexer_clear(indexer);
    g_array_free(indexer->all.slots, TRUE);
    g_hash_table_destroy(indexer->entries);
    g_free(indexer);
}

guint
indexer_count(const Indexer *indexer)
{
    return g_hash_table_size(indexer->entries);
}

const ApiObject *
indexer_get(const Indexer *indexer, const char *namespace_, const char *name)
{
    const Entry *entry = indexer_find(indexer, namespace_, name);

    return entry == NULL ? NULL : entry->object;
}

ApiObject *
indexer_set(Indexer *indexer, const ApiObject *object)
{
    Entry *entry = indexer_find(indexer, api_namespace(object), api_name(object));
    ApiObject *old = NULL;

    if (entry == NULL) {
        entry = POOL_NEW0(Entry);
        entry->namespace_ =
            str_is_empty(api_namespace(object)) ? indexer->empty : api_namespace(object);
        entry->name = api_name(object);
        entry->sequence = ++indexer->sequence;
        g_hash_table_add(indexer->entries, entry);
        bucket_add(&indexer->all, entry);
    } else {
        old = entry->object;
    }
    entry->object = api_object_ref(object);
    indexer_reindex(indexer, entry, old, object);
    return old;
}

ApiObject *
indexer_remove(Indexer *indexer, const char *namespace_, const char *name)
{
    Entry *entry = indexer_find(indexer, namespace_, name);
    ApiObject *old;

    if (entry == NULL)
        return NULL;
    old = api_object_ref(entry->object);
    indexer_reindex(indexer, entry, old, NULL);
    bucket_remove(&indexer->all, entry);
    g_hash_table_remove(indexer->entries, entry);
    return old;
}

void
indexer_list(const Indexer *indexer, GPtrArray *out)
{
    bucket_list(&indexer->all, out);
}

void
indexer_list_by(Indexer *indexer, IndexerKey index, const char *value, GPtrArray *out)
{
    const Bucket *bucket;

    if (indexer->indexes[index] == NULL)
        indexer_build_index(indexer, index);
    bucket = g_hash_table_lookup(indexer->indexes[index],
                                 str_is_empty(value) ? indexer->empty : str_intern(value));
    if (bucket != NULL)
        bucket_list(bucket, out);
}
