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
    GPtrArray *messages; /* similar: distinct messages seen */
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
key_of_object(const EventBody *body)
{
    return (Key){
        .kind = body->involved_object.kind,
        .namespace_ = body->involved_object.namespace_,
        .name = body->involved_object.name,
        .uid = body->involved_object.uid,
        .api_version = body->involved_object.api_version,
        .type = body->type,
    };
}

static Key
key_of_similar(const EventBody *body)
{
    Key key = key_of_object(body);

    key.reason = body->reason;
    return key;
}

static Key
key_of_equal(const EventBody *body)
{
    Key key = key_of_similar(body);

    key.message = body->message;
    key.field_path = body->involved_object.field_path;
    return key;
}

/* --- the three steps -------------------------------------------------------------------------- */

static void
messages_insert(GPtrArray *messages, const char *message)
{
    if (!g_ptr_array_find(messages, message, NULL))
        g_ptr_array_add(messages, (gpointer)message);
}

/* The combined event says less about its reporter than the single ones. */
static ApiObject *
event_combine(const ApiObject *event, gint64 wall_ns)
{
    const EventBody *single = event_body(event);
    ApiObject *combined =
        api_object_new(&event_kind, api_namespace(event),
                       correlator_event_name(single->involved_object.name, wall_ns));
    EventBody *body = api_edit_body(combined);

    body->involved_object = single->involved_object;
    body->reason = single->reason;
    body->type = single->type;
    body->source = single->source;
    body->message = str_internf("(combined from similar events): %s", single->message);
    body->count = 1;
    body->first_time = body->last_time = api_time_seconds(wall_ns);
    return combined;
}

/* EventAggregate: the event itself, or a combined one, with the key to count it under. */
static ApiObject *
correlator_aggregate(Correlator *correlator, ApiObject *event, gint64 wall_ns, Key *out_key)
{
    Key key = key_of_similar(event_body(event));
    gboolean is_new;
    Entry *entry = lru_use(&correlator->similar, &key, &is_new);
    ApiObject *combined;

    if (is_new)
        entry->messages = g_ptr_array_new();
    else if (wall_ns - entry->last_ns > SIMILAR_WITHIN_NS)
        g_ptr_array_set_size(entry->messages, 0);
    messages_insert(entry->messages, event_body(event)->message);
    entry->last_ns = wall_ns;
    if (entry->messages->len < SIMILAR_MAX) {
        *out_key = key_of_equal(event_body(event));
        return event;
    }
    g_ptr_array_remove_index_fast(entry->messages,
                                  (guint)rng_below(correlator->rng, entry->messages->len));
    combined = event_combine(event, wall_ns);
    api_object_unref(event);
    *out_key = key;
    return combined;
}

/* eventObserve: an event seen before keeps its name and first time and counts up. */
static ApiObject *
correlator_count(Correlator *correlator, ApiObject *event, const Key *key)
{
    gboolean is_new;
    Entry *entry = lru_use(&correlator->counted, key, &is_new);
    EventBody *body = api_edit_body(event);

    if (!is_new) {
        api_edit_meta(event)->name = entry->name;
        body->first_time = entry->first_ns;
        body->count = entry->count + 1;
    }
    entry->name = api_name(event);
    entry->first_ns = body->first_time;
    entry->count = body->count;
    return event;
}

/* getCustomSpamKeyFunc: of what the autoscaler says in its status, each text is one of its own. */
static Key
key_of_sparing(const EventBody *event)
{
    const ObjectReference *about = &event->involved_object;

    if (str_is(about->kind, "ConfigMap") && str_is(about->namespace_, "kube-system") &&
        str_is(about->name, "cluster-autoscaler-status"))
        return (Key){.message = event->message};
    return key_of_similar(event);
}

static gboolean
correlator_is_spam(Correlator *correlator, const ApiObject *event, gint64 wall_ns)
{
    Key key = correlator->is_sparing ? key_of_sparing(event_body(event)) : key_of_object(event_body(event));
    gint64 burst = correlator->is_sparing ? 1 : SPAM_BURST;
    gboolean is_new;
    Entry *entry = lru_use(&correlator->spam, &key, &is_new);
    gint64 tat_ns = MAX(is_new ? wall_ns : entry->tat_ns, wall_ns) + SPAM_INTERVAL_NS;

    if (tat_ns - burst * SPAM_INTERVAL_NS > wall_ns)
        return TRUE;
    entry->tat_ns = tat_ns;
    return FALSE;
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
correlator_apply(Correlator *correlator, ApiObject *event, gint64 wall_ns)
{
    Key key;

    event = correlator_aggregate(correlator, event, wall_ns, &key);
    event = correlator_count(correlator, event, &key);
    if (correlator_is_spam(correlator, event, wall_ns)) {
        api_object_unref(event);
        return NULL;
    }
    return event;
}

const char *
correlator_event_name(const char *object_name, gint64 wall_ns)
{
    return str_internf("%s.%" G_GINT64_MODIFIER "x", object_name, (guint64)wall_ns);
}
