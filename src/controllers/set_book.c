/* set_book.c - see set_book.h */

#include "controllers/set_book.h"

#include "base/pool.h"
#include "base/ptr_map.h"
#include "controllers/replicaset_sync.h"

/* With fewer pods a list costs as little. */
#define BEGIN_FROM 64

typedef struct {
    /* As it is in the view. */
    const char *uid, *namespace_, *name, *key; /* interned */
    gint32 min_ready_s;

    gconstpointer spec;      /* (owned part) the pods are judged by it; NULL: not counted */
    LabelSelector selector;  /* what it holds is the spec's */
    guint64 epoch;           /* of the book, when they were counted */
    guint64 listed_epoch;    /* of the book, when a sync last listed them; 0: never */
    gint32 owned, misfits;   /* how many in all; how many lack a label */
    gint32 active, ready, terminating;
} SetEntry;

struct SetBook {
    const ApiKind *kind;
    const char *kind_name; /* interned */
    PtrMap entries;        /* uid -> SetEntry (owned), looked up only */
    SetEntry *last;        /* found last; NULL: none */
    guint64 epoch;         /* rises with each deletion of a pod; from 1 */
};

/* --- entries ------------------------------------------------------------------------------------ */

static void
entry_free(SetEntry *entry)
{
    if (entry->spec != NULL)
        api_part_unref((gpointer)entry->spec);
    POOL_FREE(SetEntry, entry);
}

static void
entry_free_each(gpointer uid, gpointer entry, gpointer user_data)
{
    (void)uid;
    (void)user_data;
    entry_free(entry);
}

static void
forget_all(SetBook *book)
{
    ptr_map_foreach(&book->entries, entry_free_each, NULL);
    ptr_map_clear(&book->entries);
    book->last = NULL;
}

static void
forget(SetBook *book, const char *uid)
{
    SetEntry *entry = ptr_map_take(&book->entries, uid);

    if (entry == NULL)
        return;
    if (book->last == entry)
        book->last = NULL;
    entry_free(entry);
}

static inline SetEntry *
find(SetBook *book, const char *uid)
{
    SetEntry *entry = book->last;

    if (entry != NULL && entry->uid == uid)
        return entry;
    entry = ptr_map_get(&book->entries, uid);
    if (entry != NULL)
        book->last = entry;
    return entry;
}

/* @set is in the view. */
static SetEntry *
enter(SetBook *book, const ApiObject *set)
{
    gpointer *place = ptr_map_place(&book->entries, api_uid(set));
    SetEntry *entry = *place;

    if (entry != NULL)
        return entry;
    *place = entry = POOL_NEW0(SetEntry);
    entry->uid = api_uid(set);
    entry->namespace_ = api_namespace(set);
    entry->name = api_name(set);
    entry->key = api_key(set);
    entry->min_ready_s = replica_set_spec(set)->min_ready_s;
    return entry;
}

SetBook *
set_book_new(const ApiKind *kind)
{
    SetBook *book = g_new0(SetBook, 1);

    book->kind = kind;
    book->kind_name = str_intern(kind->kind);
    book->epoch = 1;
    return book;
}

void
set_book_free(gpointer data)
{
    SetBook *book = data;

    forget_all(book);
    g_free(book);
}

/* --- counting ----------------------------------------------------------------------------------- */

static gboolean
fits(const SetEntry *entry, const ApiObject *pod)
{
    const ReplicaSetSpec *spec = entry->spec;

    return str_map_contains_all(&pod->meta->labels, &spec->template_.metadata.labels) &&
           label_selector_matches(&entry->selector, &pod->meta->labels);
}

static inline void
count_facts(SetEntry *entry, const ApiObject *pod, gint32 by)
{
    if (pod_is_active(pod)) {
        entry->active += by;
        if (pod_is_ready(pod))
            entry->ready += by;
    } else if (pod_is_terminating(pod)) {
        entry->terminating += by;
    }
}

static void
count(SetEntry *entry, const ApiObject *pod, gint32 by)
{
    entry->owned += by;
    if (!fits(entry, pod))
        entry->misfits += by;
    count_facts(entry, pod, by);
}

/* Where @pod is counted; NULL: nowhere. */
static inline SetEntry *
counting_entry(SetBook *book, const ApiObject *pod)
{
    const OwnerReference *reference = api_controller_of(pod);
    SetEntry *entry;

    if (reference == NULL || !str_is(reference->kind, book->kind_name))
        return NULL;
    entry = find(book, reference->uid);
    return entry != NULL && entry->spec != NULL && entry->epoch == book->epoch ? entry : NULL;
}

/* --- events ------------------------------------------------------------------------------------- */

/* A deletion tells the last state of the set, which may be another one's of that name than was seen here. */
void
set_book_on_set(SetBook *book, const ApiObject *old, const ApiObject *object)
{
    if (old == NULL)
        return;
    if (object == NULL || !str_is(api_uid(old), api_uid(object)))
        forget_all(book);
    else if (old->spec != object->spec)
        forget(book, api_uid(object));
}

void
set_book_on_pod(SetBook *book, const ApiObject *old, const ApiObject *object)
{
    SetEntry *entry;

    if (object == NULL) {
        book->epoch++;
        return;
    }
    entry = counting_entry(book, object);
    if (old != NULL && old->meta == object->meta) {
        if (entry != NULL) {
            count_facts(entry, old, -1);
            count_facts(entry, object, 1);
        }
        return;
    }
    if (entry != NULL)
        count(entry, object, 1);
    entry = old == NULL ? NULL : counting_entry(book, old);
    if (entry != NULL)
        count(entry, old, -1);
}

PodOwner
set_book_owner(SetBook *book, View *view, const ApiObject *pod)
{
    const OwnerReference *reference = api_controller_of(pod);
    const SetEntry *entry;
    const ApiObject *set;

    if (reference == NULL || !str_is(reference->kind, book->kind_name))
        return (PodOwner){0};
    entry = find(book, reference->uid);
    if (entry == NULL || entry->name != reference->name || entry->namespace_ != api_namespace(pod)) {
        set = owner_in_view(view, book->kind, pod);
        if (set == NULL)
            return (PodOwner){0};
        entry = enter(book, set);
    }
    return (PodOwner){entry->key, entry->min_ready_s};
}

/* --- syncs -------------------------------------------------------------------------------------- */

/* Of a pod whose reference names another kind of this uid no event comes; the store's number gives it away. */
void
set_book_begin(SetBook *book, const ApiObject *set, const GPtrArray *pods)
{
    SetEntry *entry;
    gboolean is_second;

    if (pods->len < BEGIN_FROM || replica_set_spec(set)->min_ready_s != 0)
        return;
    entry = enter(book, set);
    is_second = entry->listed_epoch == book->epoch;
    entry->listed_epoch = book->epoch;
    if (!is_second)
        return;
    if (entry->spec != NULL)
        api_part_unref((gpointer)entry->spec);
    entry->spec = api_part_ref(set->spec);
    entry->selector = replica_set_selector(set);
    entry->epoch = book->epoch;
    entry->owned = entry->misfits = entry->active = entry->ready = entry->terminating = 0;
    for (guint i = 0; i < pods->len; i++) {
        pods_prefetch(pods, i);
        if (counting_entry(book, pods->pdata[i]) == entry)
            count(entry, pods->pdata[i], 1);
    }
}

static gboolean
has_orphan_for(const SetEntry *entry, View *view)
{
    GPtrArray *orphans = view_scratch(view);

    view_list_orphans(view, &pod_kind, entry->namespace_, orphans);
    for (guint i = 0; i < orphans->len; i++) {
        const ApiObject *orphan = orphans->pdata[i];

        if (label_selector_matches(&entry->selector, &orphan->meta->labels))
            return TRUE;
    }
    return FALSE;
}

gboolean
set_book_tally(const SetBook *book, View *view, const ApiObject *set, SetTally *out)
{
    const SetEntry *entry = book == NULL ? NULL : ptr_map_get(&book->entries, api_uid(set));

    if (entry == NULL || entry->spec != set->spec || entry->epoch != book->epoch || entry->misfits != 0 ||
        entry->owned != (gint32)view_count_owned(view, &pod_kind, entry->uid) || has_orphan_for(entry, view))
        return FALSE;
    *out = (SetTally){entry->active, entry->ready, entry->terminating};
    return TRUE;
}
