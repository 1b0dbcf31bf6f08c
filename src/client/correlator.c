/* correlator.c - see correlator.h */

#include "client/correlator.h"

#include "base/duration.h"

#define CACHE_SIZE        4096
#define SIMILAR_MAX       10
#define SIMILAR_WITHIN_NS (600 * NS_PER_S)
#define SPAM_BURST        25
#define SPAM_INTERVAL_NS  (300 * NS_PER_S)

/* Interned strings; a pointer stands for its text. */
typedef struct {
    const char *kind, *namespace_, *name, *uid, *api_version, *field_path;
    const char *type, *reason, *message;
} Key;

typedef struct {
    Key key;
    GList link;          /* in the cache's order of use */
    GPtrArray *messages; /* similar: distinct messages seen (owned) */
    gint64 last_ns;      /* similar: when the last came */
    const char *name;    /* counted: the stored event */
    gint64 first_ns;     /* counted: its first time */
    gint32 count;        /* counted */
    gint64 tat_ns;       /* spam: when the bucket would be full again */
} Entry;

/* The least recently used goes when it is full. */
typedef struct {
    GHashTable *entries; /* Entry (its key) -> itself; NULL: none yet, as most components have nothing to tell */
    GQueue order;        /* most recently used first */
} Lru;

struct Correlator {
    Rng *rng;
    gboolean is_sparing;
    Lru similar, counted, spam;
};

/* --- caches ----------------------------------------------------------------------------------- */

static guint
key_hash(gconstpointer data)
{
    const Key *key = data;
    const char *const parts[] = {key->name, key->uid, key->reason, key->message, key->type};
    guint hash = 17;

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        hash = hash * 31 + g_direct_hash(parts[i]);
    return hash;
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(Key)) == 0;
}

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    if (entry->messages != NULL)
        g_ptr_array_free(entry->messages, TRUE);
    g_free(entry);
}

static void
lru_clear(Lru *lru)
{
    g_queue_init(&lru->order);
    g_clear_pointer(&lru->entries, g_hash_table_destroy);
}

/* lru_use: the entry of @key, made if need be; it is now the one used last. */
static Entry *
lru_use(Lru *lru, const Key *key, gboolean *out_is_new)
{
    Entry *entry;

    if (lru->entries == NULL)
        lru->entries = g_hash_table_new_full(key_hash, key_equal, NULL, entry_free);
    entry = g_hash_table_lookup(lru->entries, key);
    *out_is_new = entry == NULL;
    if (entry != NULL) {
        g_queue_unlink(&lru->order, &entry->link);
    } else {
        if (lru->order.length >= CACHE_SIZE) {
            Entry *oldest = g_queue_peek_tail(&lru->order);

            g_queue_unlink(&lru->order, &oldest->link);
            g_hash_table_remove(lru->entries, &oldest->key);
        }
        entry = g_new0(Entry, 1);
        entry->key = *key;
        entry->link.data = entry;
        g_hash_table_insert(lru->entries, &entry->key, entry);
    }
    g_queue_push_head_link(&lru->order, &entry->link);
    return entry;
}

/* --- keys ------------------------------------------------------------------------------------- */

static Key
key_of_object(const EventDraft *draft)
{
    return (Key){
        .kind = draft->about.kind,
        .namespace_ = draft->about.namespace_,
        .name = draft->about.name,
        .uid = draft->about.uid,
        .api_version = draft->about.api_version,
        .type = draft->type,
    };
}

static Key
key_of_similar(const EventDraft *draft)
{
    Key key = key_of_object(draft);

    key.reason = draft->reason;
    return key;
}

static Key
key_of_equal(const EventDraft *draft)
{
    Key key = key_of_similar(draft);

    key.message = str_intern(draft->message);
    key.field_path = draft->about.field_path;
    return key;
}

/* --- the three steps -------------------------------------------------------------------------- */

static void
messages_insert(GPtrArray *messages, const char *message)
{
    for (guint i = 0; i < messages->len; i++)
        if (str_is(messages->pdata[i], message))
            return;
    g_ptr_array_add(messages, g_strdup(message));
}

/* EventAggregate: TRUE: it goes into the combined event of its like. */
static gboolean
correlator_combines(Correlator *correlator, const EventDraft *draft, gint64 wall_ns)
{
    Key key = key_of_similar(draft);
    gboolean is_new;
    Entry *entry = lru_use(&correlator->similar, &key, &is_new);

    if (is_new)
        entry->messages = g_ptr_array_new_with_free_func(g_free);
    else if (wall_ns - entry->last_ns > SIMILAR_WITHIN_NS)
        g_ptr_array_set_size(entry->messages, 0);
    messages_insert(entry->messages, draft->message);
    entry->last_ns = wall_ns;
    if (entry->messages->len < SIMILAR_MAX)
        return FALSE;
    g_ptr_array_remove_index_fast(entry->messages,
                                  (guint)rng_below(correlator->rng, entry->messages->len));
    return TRUE;
}

/* eventObserve: an event seen before keeps its name and first time and counts up. */
static const Entry *
correlator_count(Correlator *correlator, const EventDraft *draft, gboolean is_combined, gint64 wall_ns)
{
    Key key = is_combined ? key_of_similar(draft) : key_of_equal(draft);
    gboolean is_new;
    Entry *entry = lru_use(&correlator->counted, &key, &is_new);

    entry->count++;
    if (is_new) {
        entry->name = correlator_event_name(draft->about.name, is_combined ? wall_ns : draft->stamp_ns);
        entry->first_ns = is_combined ? api_time_seconds(wall_ns) : draft->time;
    }
    return entry;
}

static const char *
draft_text(const EventDraft *draft, gboolean is_combined)
{
    return is_combined ? str_internf("(combined from similar events): %s", draft->message)
                       : str_intern(draft->message);
}

/* getCustomSpamKeyFunc: of what the autoscaler says in its status, each text is one of its own. */
static Key
key_of_sparing(const EventDraft *draft, gboolean is_combined)
{
    const ObjectReference *about = &draft->about;

    if (str_is(about->kind, "ConfigMap") && str_is(about->namespace_, "kube-system") &&
        str_is(about->name, "cluster-autoscaler-status"))
        return (Key){.message = draft_text(draft, is_combined)};
    return key_of_similar(draft);
}

static gboolean
correlator_is_spam(Correlator *correlator, const EventDraft *draft, gboolean is_combined, gint64 wall_ns)
{
    Key key = correlator->is_sparing ? key_of_sparing(draft, is_combined) : key_of_object(draft);
    gint64 burst = correlator->is_sparing ? 1 : SPAM_BURST;
    gboolean is_new;
    Entry *entry = lru_use(&correlator->spam, &key, &is_new);
    gint64 tat_ns = MAX(is_new ? wall_ns : entry->tat_ns, wall_ns) + SPAM_INTERVAL_NS;

    if (tat_ns - burst * SPAM_INTERVAL_NS > wall_ns)
        return TRUE;
    entry->tat_ns = tat_ns;
    return FALSE;
}

/* The combined event says less about its reporter than the single ones. */
static ApiObject *
event_of_draft(const EventDraft *draft, gboolean is_combined, const Entry *counted, gint64 wall_ns)
{
    const char *namespace_ = str_is_empty(draft->about.namespace_) ? "default" : draft->about.namespace_;
    ApiObject *event = api_object_new(&event_kind, str_intern(namespace_), counted->name);
    EventBody *body = api_edit_body(event);

    body->involved_object = draft->about;
    body->reason = draft->reason;
    body->type = draft->type;
    body->source = draft->source;
    body->message = draft_text(draft, is_combined);
    body->count = counted->count;
    body->first_time = counted->first_ns;
    body->last_time = is_combined ? api_time_seconds(wall_ns) : draft->time;
    if (!is_combined) {
        body->reporting_component = draft->reporting_component;
        body->reporting_instance = draft->reporting_instance;
    }
    return event;
}

/* --- public ----------------------------------------------------------------------------------- */

Correlator *
correlator_new(Rng *rng, gboolean is_sparing)
{
    Correlator *correlator = g_new0(Correlator, 1);

    correlator->rng = rng;
    correlator->is_sparing = is_sparing;
    return correlator;
}

void
correlator_clear(Correlator *correlator)
{
    lru_clear(&correlator->similar);
    lru_clear(&correlator->counted);
    lru_clear(&correlator->spam);
}

void
correlator_free(Correlator *correlator)
{
    if (correlator == NULL)
        return;
    correlator_clear(correlator);
    g_free(correlator);
}

ApiObject *
correlator_apply(Correlator *correlator, const EventDraft *draft, gint64 wall_ns)
{
    gboolean is_combined = correlator_combines(correlator, draft, wall_ns);
    const Entry *counted = correlator_count(correlator, draft, is_combined, wall_ns);

    if (correlator_is_spam(correlator, draft, is_combined, wall_ns))
        return NULL;
    return event_of_draft(draft, is_combined, counted, wall_ns);
}

const char *
correlator_event_name(const char *object_name, gint64 wall_ns)
{
    return str_internf("%s.%" G_GINT64_MODIFIER "x", object_name, (guint64)wall_ns);
}
