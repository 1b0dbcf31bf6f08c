/* indexer.c - see indexer.h */

#include "client/indexer.h"

#include "base/caches.h"
#include "base/pool.h"
#include "base/ptr_map.h"

typedef struct {
    const char *namespace_, *name; /* interned; namespace "" if there is none */
    guint64 sequence : 40;         /* of arrival */
    guint64 number : 24;           /* in by_number; 0: it is not there */
    ApiObject *object;             /* (owned ref) */
} Entry;

typedef struct {
    guint64 sequence;
    Entry *entry; /* NULL: a gap */
} Slot;

/* Entries by sequence. */
typedef struct {
    Slot *slots; /* (owned) */
    guint count, capacity, n_gaps;
} Bucket;

struct Indexer {
    Entry **by_number; /* (owned) NULL where there is none */
    guint n_numbers;   /* places there */
    guint n_unnumbered; /* entries that are not there */
    guint n_indexes;
    Bucket all; /* of entries (owned) */
    PtrMap by_name;     /* entry_key -> Entry, looked up only; made when first asked for: */
    gboolean has_names;
    GPtrArray *crowded; /* (owned) Entry* whose key another one has: hardly ever any */
    PtrMap indexes[INDEXER_N_INDEXES]; /* interned value -> Bucket (owned) */
    gboolean has_index[INDEXER_N_INDEXES]; /* it was asked for */
    guint64 sequence;
    const char *empty;
};

/* --- buckets ---------------------------------------------------------------------------------- */

/* First slot whose sequence is not smaller. */
static guint
bucket_find(const Bucket *bucket, guint64 sequence)
{
    guint low = 0;
    guint high = bucket->count;

    if (high > 0 && bucket->slots[high - 1].sequence < sequence)
        return high;
    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (bucket->slots[middle].sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
bucket_add(Bucket *bucket, Entry *entry)
{
    guint at = bucket_find(bucket, entry->sequence);

    if (at < bucket->count && bucket->slots[at].sequence == entry->sequence) {
        bucket->slots[at].entry = entry;
        bucket->n_gaps--;
        return;
    }
    if (bucket->count == bucket->capacity) {
        bucket->capacity = MAX(2 * bucket->capacity, 2);
        bucket->slots = g_renew(Slot, bucket->slots, bucket->capacity);
    }
    if (at < bucket->count)
        memmove(&bucket->slots[at + 1], &bucket->slots[at], (bucket->count - at) * sizeof(Slot));
    bucket->slots[at] = (Slot){entry->sequence, entry};
    bucket->count++;
}

static void
bucket_sweep(Bucket *bucket)
{
    guint kept = 0;

    for (guint i = 0; i < bucket->count; i++) {
        if (bucket->slots[i].entry != NULL)
            bucket->slots[kept++] = bucket->slots[i];
    }
    bucket->count = kept;
    bucket->n_gaps = 0;
}

static void
bucket_remove(Bucket *bucket, const Entry *entry)
{
    guint at = bucket_find(bucket, entry->sequence);

    g_assert(at < bucket->count);
    g_assert(bucket->slots[at].entry == entry);
    bucket->slots[at].entry = NULL;
    bucket->n_gaps++;
    if (2 * bucket->n_gaps >= bucket->count)
        bucket_sweep(bucket);
}

static void
bucket_list(const Bucket *bucket, GPtrArray *out)
{
    guint at = out->len;

    g_ptr_array_set_size(out, (gint)(at + bucket->count - bucket->n_gaps));
    for (guint i = 0; i < bucket->count; i++) {
        if (bucket->slots[i].entry != NULL)
            out->pdata[at++] = bucket->slots[i].entry->object;
    }
}

static void
bucket_clear(Bucket *bucket)
{
    g_free(bucket->slots);
    *bucket = (Bucket){0};
}

static void
bucket_free(Bucket *bucket)
{
    bucket_clear(bucket);
    POOL_FREE(Bucket, bucket);
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
index_add(PtrMap *index, const char *value, Entry *entry)
{
    gpointer *place = ptr_map_place(index, value);

    if (*place == NULL)
        *place = POOL_NEW0(Bucket);
    bucket_add(*place, entry);
}

static void
index_remove(PtrMap *index, const char *value, const Entry *entry)
{
    Bucket *bucket = ptr_map_get(index, value);

    bucket_remove(bucket, entry);
    if (bucket->count == 0)
        bucket_free(ptr_map_take(index, value));
}

static void
index_free_bucket(gpointer value, gpointer bucket, gpointer user_data)
{
    (void)value;
    (void)user_data;
    bucket_free(bucket);
}

/* Moves @entry in all indexes from where @old stood to where @object stands; either may be NULL. */
static void
indexer_reindex(Indexer *indexer, Entry *entry, const ApiObject *old, const ApiObject *object)
{
    /* Every index goes by these two parts. */
    if (indexer->n_indexes == 0 ||
        (old != NULL && object != NULL && old->meta == object->meta && old->spec == object->spec))
        return;
    for (guint i = 0; i < INDEXER_N_INDEXES; i++) {
        const char *from;
        const char *to;

        if (!indexer->has_index[i])
            continue;
        from = old == NULL ? NULL : indexer_index_value(indexer, i, old);
        to = object == NULL ? NULL : indexer_index_value(indexer, i, object);
        if (from == to)
            continue;
        if (from != NULL)
            index_remove(&indexer->indexes[i], from, entry);
        if (to != NULL)
            index_add(&indexer->indexes[i], to, entry);
    }
}

static void
indexer_build_index(Indexer *indexer, IndexerKey index)
{
    indexer->has_index[index] = TRUE;
    indexer->n_indexes++;
    for (guint i = 0; i < indexer->all.count; i++) {
        Entry *entry = indexer->all.slots[i].entry;
        const char *value;

        if (entry == NULL)
            continue;
        value = indexer_index_value(indexer, index, entry->object);
        if (value != NULL)
            index_add(&indexer->indexes[index], value, entry);
    }
}

/* --- by name ---------------------------------------------------------------------------------- */

/* Both are interned, so the pointers are the names. */
static gconstpointer
entry_key(const char *namespace_, const char *name)
{
    return (gconstpointer)(((gsize)name ^ ((gsize)namespace_ << 20)) | 1);
}

static gboolean
entry_is(const Entry *entry, const char *namespace_, const char *name)
{
    return entry->name == name && entry->namespace_ == namespace_;
}

static void
names_add(Indexer *indexer, Entry *entry)
{
    gpointer *place = ptr_map_place(&indexer->by_name, entry_key(entry->namespace_, entry->name));

    if (*place == NULL)
        *place = entry;
    else
        g_ptr_array_add(indexer->crowded, entry);
}

static void
names_make(Indexer *indexer)
{
    indexer->has_names = TRUE;
    ptr_map_reserve(&indexer->by_name, indexer_count(indexer));
    for (guint i = 0; i < indexer->all.count; i++)
        if (indexer->all.slots[i].entry != NULL)
            names_add(indexer, indexer->all.slots[i].entry);
}

static void
names_remove(Indexer *indexer, Entry *entry)
{
    gconstpointer key = entry_key(entry->namespace_, entry->name);

    if (g_ptr_array_remove(indexer->crowded, entry))
        return;
    ptr_map_take(&indexer->by_name, key);
    for (guint i = 0; i < indexer->crowded->len; i++) {
        Entry *other = indexer->crowded->pdata[i];

        if (entry_key(other->namespace_, other->name) == key) {
            ptr_map_set(&indexer->by_name, key, other);
            g_ptr_array_remove_index(indexer->crowded, i);
            break;
        }
    }
}

static inline Entry *
entry_find(Indexer *indexer, const char *namespace_, const char *name)
{
    Entry *entry;

    if (G_UNLIKELY(!indexer->has_names))
        names_make(indexer);
    entry = ptr_map_get(&indexer->by_name, entry_key(namespace_, name));
    if (entry == NULL || G_LIKELY(entry_is(entry, namespace_, name)))
        return entry;
    for (guint i = 0; i < indexer->crowded->len; i++) {
        if (entry_is(indexer->crowded->pdata[i], namespace_, name))
            return indexer->crowded->pdata[i];
    }
    return NULL;
}

/* --- by number -------------------------------------------------------------------------------- */

static void
numbers_grow(Indexer *indexer, guint number)
{
    guint size = MAX(indexer->n_numbers, 16);

    while (size <= number)
        size *= 2;
    indexer->by_number = g_renew(Entry *, indexer->by_number, size);
    memset(indexer->by_number + indexer->n_numbers, 0, (size - indexer->n_numbers) * sizeof(Entry *));
    indexer->n_numbers = size;
}

/* The array is not to be much longer than there are entries. */
static inline void
numbers_add(Indexer *indexer, Entry *entry, guint number)
{
    if (number == 0 || number >= 4 * indexer_count(indexer) + 16)
        return;
    if (number >= indexer->n_numbers)
        numbers_grow(indexer, number);
    entry->number = number & 0xffffff;
    indexer->by_number[number] = entry;
    indexer->n_unnumbered--;
}

static const char *
namespace_of(const Indexer *indexer, const ApiObject *object)
{
    const char *namespace_ = api_namespace(object);

    return str_is_empty(namespace_) ? indexer->empty : namespace_;
}

/* One that has a number does not stand under its names unless there, or some stand under names only. */
static inline Entry *
entry_of(Indexer *indexer, const ApiObject *object)
{
    guint number = object->number;
    Entry *entry = number < indexer->n_numbers ? indexer->by_number[number] : NULL;

    if (entry == NULL && (number == 0 || indexer->n_unnumbered > 0))
        return entry_find(indexer, namespace_of(indexer, object), api_name(object));
    if (caches_are_checked())
        g_assert(entry == entry_find(indexer, namespace_of(indexer, object), api_name(object)));
    return entry;
}

/* --- public ----------------------------------------------------------------------------------- */

static Entry *
entry_new(Indexer *indexer, const ApiObject *object)
{
    Entry *entry = POOL_NEW(Entry);

    *entry = (Entry){.namespace_ = namespace_of(indexer, object), .name = api_name(object)};
    entry->sequence = ++indexer->sequence & (((guint64)1 << 40) - 1);
    bucket_add(&indexer->all, entry);
    indexer->n_unnumbered++;
    if (indexer->has_names)
        names_add(indexer, entry);
    return entry;
}

static void
entry_free(Entry *entry)
{
    api_object_unref(entry->object);
    POOL_FREE(Entry, entry);
}

static void
entry_remove(Indexer *indexer, Entry *entry)
{
    bucket_remove(&indexer->all, entry);
    if (indexer->has_names)
        names_remove(indexer, entry);
    if (entry->number != 0)
        indexer->by_number[entry->number] = NULL;
    else
        indexer->n_unnumbered--;
    entry_free(entry);
}

static Entry *
indexer_find(Indexer *indexer, const char *namespace_, const char *name)
{
    return entry_find(indexer, str_is_empty(namespace_) ? indexer->empty : str_intern(namespace_), str_intern(name));
}

Indexer *
indexer_new(void)
{
    Indexer *indexer = g_new0(Indexer, 1);

    indexer->empty = str_intern("");
    indexer->crowded = g_ptr_array_new();
    return indexer;
}

void
indexer_clear(Indexer *indexer)
{
    for (guint i = 0; i < INDEXER_N_INDEXES; i++) {
        ptr_map_foreach(&indexer->indexes[i], index_free_bucket, NULL);
        ptr_map_clear(&indexer->indexes[i]);
        indexer->has_index[i] = FALSE;
    }
    indexer->n_indexes = 0;
    for (guint i = 0; i < indexer->all.count; i++)
        if (indexer->all.slots[i].entry != NULL)
            entry_free(indexer->all.slots[i].entry);
    bucket_clear(&indexer->all);
    ptr_map_clear(&indexer->by_name);
    indexer->has_names = FALSE;
    g_ptr_array_set_size(indexer->crowded, 0);
    g_clear_pointer(&indexer->by_number, g_free);
    indexer->n_numbers = indexer->n_unnumbered = 0;
}

void
indexer_free(Indexer *indexer)
{
    if (indexer == NULL)
        return;
    indexer_clear(indexer);
    g_ptr_array_free(indexer->crowded, TRUE);
    g_free(indexer);
}

guint
indexer_count(const Indexer *indexer)
{
    return indexer->all.count - indexer->all.n_gaps;
}

const ApiObject *
indexer_get(Indexer *indexer, const char *namespace_, const char *name)
{
    const Entry *entry = indexer_find(indexer, namespace_, name);

    return entry == NULL ? NULL : entry->object;
}

const ApiObject *
indexer_peek(Indexer *indexer, const ApiObject *object)
{
    const Entry *entry = entry_of(indexer, object);

    return entry == NULL ? NULL : entry->object;
}

ApiObject *
indexer_set(Indexer *indexer, const ApiObject *object)
{
    Entry *entry = entry_of(indexer, object);
    ApiObject *old = NULL;

    if (entry == NULL)
        entry = entry_new(indexer, object);
    else
        old = entry->object;
    if (entry->number == 0)
        numbers_add(indexer, entry, object->number);
    entry->object = api_object_ref(object);
    indexer_reindex(indexer, entry, old, object);
    return old;
}

ApiObject *
indexer_remove(Indexer *indexer, const char *namespace_, const char *name)
{
    Entry *entry = entry_find(indexer, str_is_empty(namespace_) ? indexer->empty : namespace_, name);
    ApiObject *old;

    if (entry == NULL)
        return NULL;
    old = api_object_ref(entry->object);
    indexer_reindex(indexer, entry, old, NULL);
    entry_remove(indexer, entry);
    return old;
}

void
indexer_list(const Indexer *indexer, GPtrArray *out)
{
    bucket_list(&indexer->all, out);
}

static const Bucket *
indexer_bucket(Indexer *indexer, IndexerKey index, const char *value)
{
    if (!indexer->has_index[index])
        indexer_build_index(indexer, index);
    return ptr_map_get(&indexer->indexes[index], str_is_empty(value) ? indexer->empty : str_intern(value));
}

guint
indexer_count_by(Indexer *indexer, IndexerKey index, const char *value)
{
    const Bucket *bucket = indexer_bucket(indexer, index, value);

    return bucket == NULL ? 0 : bucket->count - bucket->n_gaps;
}

void
indexer_list_by(Indexer *indexer, IndexerKey index, const char *value, GPtrArray *out)
{
    const Bucket *bucket = indexer_bucket(indexer, index, value);

    if (bucket != NULL)
        bucket_list(bucket, out);
}
