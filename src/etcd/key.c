/* key.c - see key.h */

#include "etcd/key.h"

#include "base/caches.h"

#define KEY_CHUNK   16u
#define SLOTS_FIRST 16u

KeySpace *
key_space_new(const ApiKind *kind)
{
    KeySpace *space = g_new0(KeySpace, 1);

    space->kind = kind;
    return space;
}

static EtcdKey *
key_at(const KeySpace *space, guint number)
{
    return &space->chunks[number / KEY_CHUNK][number % KEY_CHUNK];
}

void
key_space_free(KeySpace *space)
{
    for (guint i = 0; i < space->n_keys; i++) {
        EtcdKey *key = key_at(space, i);

        api_object_unref(key->object);
        api_object_unref(key->seen);
    }
    for (guint i = 0; i < space->n_keys; i += KEY_CHUNK)
        g_aligned_free(space->chunks[i / KEY_CHUNK]);
    if (space->others != NULL)
        g_ptr_array_unref(space->others);
    renewed_clear(&space->renewed);
    g_free(space->chunks);
    g_free(space->slots);
    g_free(space->order);
    g_free(space);
}

/* --- look-up ------------------------------------------------------------------------- */

static void
grow(KeySpace *space)
{
    guint n_slots = space->n_slots == 0 ? SLOTS_FIRST : space->n_slots * 2;
    KeySlot *slots = g_new0(KeySlot, n_slots);

    for (guint i = 0; i < space->n_slots; i++) {
        guint at = space->slots[i].hash & (n_slots - 1);

        if (space->slots[i].number == 0)
            continue;
        while (slots[at].number != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = space->slots[i];
    }
    g_free(space->slots);
    space->slots = slots;
    space->n_slots = n_slots;
}

/* Records are as large as a line of the cache, and lie so. */
static EtcdKey *
add(KeySpace *space, const char *namespace_, const char *name)
{
    guint number = space->n_keys++;
    EtcdKey *key;

    g_assert(number < 1u << 25);
    if (number % KEY_CHUNK == 0) {
        guint index = number / KEY_CHUNK;

        if ((index & (index - 1)) == 0)
            space->chunks = g_renew(EtcdKey *, space->chunks, MAX(index * 2, 1));
        space->chunks[index] = g_aligned_alloc0(KEY_CHUNK, sizeof(EtcdKey), 64);
    }
    key = key_at(space, number);
    key->space = space;
    key->namespace_ = namespace_;
    key->name = name;
    key->number = number & ((1u << 25) - 1);
    return key;
}

EtcdKey *
key_find(KeySpace *space, const char *namespace_, const char *name)
{
    guint32 hash;
    guint at;

    if (!space->kind->is_namespaced)
        namespace_ = NULL;
    else if (namespace_ == NULL)
        namespace_ = str_intern("");
    if (G_UNLIKELY((space->n_keys + 1) * 4 > space->n_slots * 3))
        grow(space);
    hash = key_hash(namespace_, name);
    for (at = hash & (space->n_slots - 1); space->slots[at].number != 0; at = (at + 1) & (space->n_slots - 1)) {
        if (space->slots[at].hash == hash) {
            EtcdKey *key = key_at(space, space->slots[at].number - 1);

            if (key->name == name && key->namespace_ == namespace_)
                return key;
        }
    }
    space->slots[at] = (KeySlot){hash, space->n_keys + 1};
    return add(space, namespace_, name);
}

/* --- what stands there --------------------------------------------------------------- */

static void
list(EtcdKey *key)
{
    KeySpace *space = key->space;

    if (space->n_order == space->order_size) {
        space->order_size = MAX(space->order_size + space->order_size / 2, KEY_CHUNK);
        space->order = g_renew(EtcdKey *, space->order, space->order_size);
    }
    space->order[space->n_order++] = key;
    key->is_listed = TRUE;
}

/* One that holds something there more, or less. */
static inline void
count_holder(EtcdKey *key, const ApiObject *before, const ApiObject *after)
{
    if (before == NULL && after != NULL) {
        g_assert(key->n_holders < 15);
        if (!key->is_listed)
            list(key);
        else if (key->n_holders == 0)
            key->space->n_empty--;
        key->n_holders++;
    } else if (before != NULL && after == NULL) {
        key->n_holders--;
        if (key->n_holders == 0)
            key->space->n_empty++;
    }
}

ApiObject *
key_set_object(EtcdKey *key, ApiObject *object)
{
    ApiObject *before = (ApiObject *)key_object(key);

    count_holder(key, before, object);
    key->object = object;
    return before;
}

gsize
key_renew(EtcdKey *key, ApiTime renew_time, guint64 revision)
{
    RenewedLeases *renewed = &key->space->renewed;

    renewed_set(renewed, key->number, renew_time, revision);
    if (!key->is_renewed)
        renewed->items[key->number].bytes = api_object_size_bytes(key->object);
    key->is_renewed = key->has_renewals = TRUE;
    key->version++;
    return renewed->items[key->number].bytes;
}

const ApiObject *
key_settle(const EtcdKey *self)
{
    EtcdKey *key = (EtcdKey *)self;
    Renewed *renewed = renewed_at(&key->space->renewed, key->number);
    ApiObject *before = key->object;

    key->object = renewal_make(before, renewed->renew_time, renewed->revision);
    key->is_renewed = FALSE;
    if (caches_are_checked())
        g_assert(api_object_size_bytes(key->object) == renewed->bytes);
    renewed->revision = 0;
    api_object_unref(before);
    return key->object;
}

ApiObject *
key_seen_by_other(const EtcdKey *key, guint view)
{
    const GPtrArray *others = key->space->others;
    const GPtrArray *seen = others == NULL || view > others->len ? NULL : others->pdata[view - 1];

    return seen == NULL || key->number >= seen->len ? NULL : seen->pdata[key->number];
}

static void
others_free(gpointer data)
{
    GPtrArray *seen = data;

    for (guint i = 0; i < seen->len; i++)
        api_object_unref(seen->pdata[i]);
    g_ptr_array_unref(seen);
}

static gpointer *
place_of_other(EtcdKey *key, guint view)
{
    KeySpace *space = key->space;
    GPtrArray *seen;

    if (space->others == NULL)
        space->others = g_ptr_array_new_with_free_func(others_free);
    while (space->others->len < view)
        g_ptr_array_add(space->others, g_ptr_array_new());
    seen = space->others->pdata[view - 1];
    if (seen->len <= key->number)
        g_ptr_array_set_size(seen, (gint)key->number + 1);
    return &seen->pdata[key->number];
}

ApiObject *
key_set_seen(EtcdKey *key, guint view, ApiObject *object)
{
    ApiObject *before;

    if (G_LIKELY(view == 0)) {
        before = key->seen;
        key->seen = object;
    } else {
        gpointer *place = place_of_other(key, view);

        before = *place;
        *place = object;
    }
    count_holder(key, before, object);
    return before;
}

void
key_space_forget_seen(KeySpace *space, guint view)
{
    for (guint i = 0; i < space->n_keys; i++) {
        EtcdKey *key = key_at(space, i);

        if (key_seen(key, view) != NULL)
            api_object_unref(key_set_seen(key, view, NULL));
    }
}

/* --- listing ------------------------------------------------------------------------- */

/* As the texts "namespace/name" compare: a namespace is followed by a slash, which is no character of names. */
static int
compare_namespaces(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return (*a == '\0' ? '/' : (guint8)*a) - (*b == '\0' ? '/' : (guint8)*b);
}

static int
compare_keys(gconstpointer a, gconstpointer b)
{
    const EtcdKey *left = *(EtcdKey *const *)a;
    const EtcdKey *right = *(EtcdKey *const *)b;

    if (left->namespace_ != right->namespace_)
        return compare_namespaces(left->namespace_, right->namespace_);
    return strcmp(left->name, right->name);
}

static void
drop_empty(KeySpace *space)
{
    guint kept = 0;
    guint kept_sorted = 0;

    for (guint i = 0; i < space->n_order; i++) {
        EtcdKey *key = space->order[i];

        if (key->n_holders == 0) {
            key->is_listed = FALSE;
            continue;
        }
        space->order[kept++] = key;
        if (i < space->n_sorted)
            kept_sorted++;
    }
    space->n_order = kept;
    space->n_sorted = kept_sorted;
    space->n_empty = 0;
}

/* Sorts the tail and merges it from behind into the sorted part. */
static void
settle(KeySpace *space)
{
    if (space->n_empty > 0)
        drop_empty(space);

    guint n_tail = space->n_order - space->n_sorted;

    if (n_tail == 0)
        return;

    EtcdKey **keys = space->order;
    g_autofree EtcdKey **tail = g_memdup2(keys + space->n_sorted, n_tail * sizeof *tail);
    guint left = space->n_sorted;
    guint right = n_tail;
    guint to = space->n_order;

    qsort(tail, n_tail, sizeof *tail, compare_keys); /* keys are unique: stability does not matter */
    while (right > 0) {
        if (left > 0 && compare_keys(&keys[left - 1], &tail[right - 1]) > 0)
            keys[--to] = keys[--left];
        else
            keys[--to] = tail[--right];
    }
    space->n_sorted = space->n_order;
}

void
key_space_collect(KeySpace *space, const char *namespace_, GPtrArray *out)
{
    gboolean is_all = !space->kind->is_namespaced || str_is_empty(namespace_);
    guint low = 0;
    guint high;

    namespace_ = str_intern(namespace_);
    settle(space);
    high = is_all ? 0 : space->n_order;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const EtcdKey *key = space->order[middle];

        if (key->namespace_ != namespace_ && compare_namespaces(key->namespace_, namespace_) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (guint i = low; i < space->n_order && (is_all || space->order[i]->namespace_ == namespace_); i++)
        g_ptr_array_add(out, space->order[i]);
}
