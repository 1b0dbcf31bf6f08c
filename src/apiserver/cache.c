/*
 * cache.c - the watch cache: what the server has heard from etcd
 *
 * One per kind: the objects, and a ring of past changes for watches that come
 * back. Changes reach it in etcd's order, a fraction of a millisecond after the
 * commit.
 *
 * Models: v1.34 apiserver storage/cacher/watch_cache.go.
 */

#include "apiserver/server.h"

#include "base/pool.h"

#define REVISION_MASK    (G_MAXUINT64 >> 2) /* for the compiler */
#define HISTORY_MIN      100
#define HISTORY_MAX      102400
#define HISTORY_FRESH_NS (75 * NS_PER_S)
#define HISTORY_AHEAD    7
/* The stream was cut: how soon to look whether it flows again. */
#define STREAM_RETRY_NS (100 * NS_PER_MS)

static void
stream_event_free(StreamEvent *event)
{
    if (event->value != NULL)
        api_object_unref(event->value);
    POOL_FREE(StreamEvent, event);
}

static inline void
history_item_clear(HistoryItem *item)
{
    if (G_UNLIKELY(item->is_renewal))
        return;
    api_object_unref(item->previous);
    if (G_UNLIKELY(item->is_delete))
        api_object_unref(item->gone);
}

gboolean
apiserver_stores(const ApiServer *server, const ApiKind *kind)
{
    return server_resource(server, kind->stored != NULL ? kind->stored : kind) != NULL;
}

/* --- the ring ------------------------------------------------------------------------ */

static inline HistoryItem *
history_at(const Resource *resource, guint index)
{
    guint at = resource->history_start + index;

    return &resource->history[at < resource->history_capacity ? at : at - resource->history_capacity];
}

HistoryEvent
history_event(const Resource *resource, guint index)
{
    const HistoryItem *item = history_at(resource, index);

    return (HistoryEvent){
        .value = item->is_delete ? NULL : item->value,
        .previous = item->previous,
        .gone = item->is_delete ? item->gone : NULL,
        .revision = item->revision,
    };
}

/* Where the newest quarter of a full ring begins. */
static inline guint
history_newer(const Resource *resource)
{
    return resource->history_capacity - resource->history_capacity / 4;
}

static void
history_resize(Resource *resource, guint capacity)
{
    /* What is not kept is written before it is read. */
    HistoryItem *ring = g_aligned_alloc(capacity, sizeof *ring, 64);
    guint kept = MIN(resource->history_count, capacity);
    guint dropped = resource->history_count - kept;

    for (guint i = 0; i < dropped; i++) {
        resource->oldest_revision = history_at(resource, i)->revision;
        history_item_clear(history_at(resource, i));
    }
    resource->n_settled -= MIN(resource->n_settled, dropped);
    for (guint i = 0; i < kept; i++)
        ring[i] = *history_at(resource, dropped + i);
    g_aligned_free(resource->history);
    resource->history = ring;
    resource->history_start = 0;
    resource->history_count = kept;
    resource->history_capacity = capacity;
}

/*
 * What the next changes will look at and push out was written long ago and lies far away: it is fetched by then, first the
 * place in the ring, then the object, then its parts.
 */
static inline void
history_fetch(const Resource *resource)
{
    fetch(history_at(resource, HISTORY_AHEAD));
    fetch(history_at(resource, history_newer(resource) + HISTORY_AHEAD));
    fetch(history_at(resource, 2)->previous);
    if (!history_at(resource, 1)->is_renewal && history_at(resource, 1)->previous != NULL)
        api_object_fetch_parts(history_at(resource, 1)->previous);
}

/*
 * watch_cache.go resizeCacheLocked: twice as long while the oldest is young, half as long when
 * even newer ones are old.
 */
static void
history_make_room(Resource *resource, gint64 now_ns)
{
    guint capacity = resource->history_capacity;

    if (resource->history_count < capacity)
        return;
    if (capacity == 0)
        history_resize(resource, HISTORY_MIN);
    else if (now_ns - history_at(resource, 0)->time_ns < HISTORY_FRESH_NS && capacity < HISTORY_MAX)
        history_resize(resource, MIN(capacity * 2, HISTORY_MAX));
    else if (capacity / 2 >= HISTORY_MIN &&
             now_ns - history_at(resource, history_newer(resource))->time_ns > HISTORY_FRESH_NS)
        history_resize(resource, capacity / 2);
    if (resource->history_count == resource->history_capacity) {
        HistoryItem *oldest = history_at(resource, 0);

        history_fetch(resource);
        resource->oldest_revision = oldest->revision;
        history_item_clear(oldest);
        resource->history_start = (guint)(history_at(resource, 1) - resource->history);
        resource->history_count--;
        resource->n_settled -= MIN(resource->n_settled, 1);
    }
}

static HistoryItem *
history_add(Resource *resource, gint64 now_ns)
{
    history_make_room(resource, now_ns);
    return history_at(resource, resource->history_count++);
}

/* --- the stream from etcd ------------------------------------------------------------ */

/* What the server knows of @key is @object (taken; NULL: nothing). Returns: (owned) what it knew before */
static inline ApiObject *
know(ApiServer *server, Resource *resource, EtcdKey *key, ApiObject *object)
{
    ApiObject *before = key_set_seen(key, server->number, object);

    if (resource->kind == &namespace_kind || resource->kind == &service_account_kind)
        server->remembered = (Remembered){0};
    if (before == NULL && object != NULL)
        resource->n_objects++;
    else if (before != NULL && object == NULL)
        resource->n_objects--;
    return before;
}

/* What the event says (its objects are taken) is in the cache now. FALSE if a peer has heard of it before. */
static gboolean
cache_keep(ApiServer *server, Resource *resource, StreamEvent *event)
{
    gint64 now_ns = sim_now_ns(server->sim);
    ApiObject *value = event->value;
    ApiObject *previous;
    HistoryItem *change;
    gboolean is_news = peers_is_news(server, event->revision);

    server->cache_revision = event->revision;
    if (resource == NULL)
        return is_news;
    event->value = NULL;
    previous = know(server, resource, event->key, value);
    if (G_UNLIKELY(resource->kind == &service_kind && is_news))
        allocator_note(server->allocator, previous, value);
    change = history_add(resource, now_ns);
    *change = (HistoryItem){.previous = previous, .value = value, .time_ns = now_ns};
    change->revision = event->revision & REVISION_MASK;
    if (G_UNLIKELY(value == NULL)) {
        change->is_delete = TRUE;
        change->gone = api_object_copy(previous);
        change->gone->resource_version = event->revision;
        bootstrap_lost(server, change->gone);
    }
    return is_news;
}

gboolean
cache_keep_renewal(ApiServer *server, const Renewal *renewal)
{
    gboolean is_news = peers_is_news(server, renewal->revision);

    server->cache_revision = renewal->revision;
    *history_add(server->leases, renewal->at_ns) = (HistoryItem){
        .renew_time = renewal->renew_time,
        .key = renewal->key,
        .is_renewal = TRUE,
        .revision = renewal->revision & REVISION_MASK,
        .time_ns = renewal->at_ns,
    };
    renewed_set(&server->renewed, renewal->number, renewal->renew_time, renewal->revision);
    return is_news;
}

/* One after the other, so that what a key holds is always what the next one is made of. */
void
cache_settle_history(ApiServer *server)
{
    Resource *resource = server->leases;

    for (guint i = resource->n_settled; i < resource->history_count; i++) {
        HistoryItem *item = history_at(resource, i);
        ApiObject *made;
        EtcdKey *key;

        if (!item->is_renewal)
            continue;
        key = item->key;
        made = renewal_make(key_seen(key, server->number), item->renew_time, item->revision);
        item->is_renewal = FALSE;
        item->value = made;
        item->previous = key_set_seen(key, server->number, made);
        if (made->resource_version == server->renewed.items[key->number].revision)
            renewed_set(&server->renewed, key->number, 0, 0);
    }
    resource->n_settled = resource->history_count;
}

static void
apply(ApiServer *server, StreamEvent *event)
{
    Resource *resource = server_resource(server, event->key->space->kind);
    gboolean is_news;

    if (server->quiet.count > 0)
        quiet_pass(server, event->revision);
    if (event->key->space == server->leases->space)
        server->n_leases_streamed--;
    if (G_UNLIKELY(event->key->has_renewals))
        quiet_end_for(server, event->key, event->revision);
    is_news = cache_keep(server, resource, event);
    if (resource != NULL) {
        /*
         * Watchers may make the ring grow only through later events: the copy stays valid while
         * they run.
         */
        HistoryEvent copy = history_event(resource, resource->history_count - 1);

        watch_dispatch(server, resource, &copy, is_news);
    }
}

void
cache_stream(ApiServer *server, StreamEvent *event)
{
    Stream *stream = &server->stream;
    StreamEvent **place = &stream->first;

    if (event->key->space == server->leases->space)
        server->n_leases_streamed++;
    if (stream->last != NULL && stream->last->revision <= event->revision)
        place = &stream->last->next;
    while (*place != NULL && (*place)->revision <= event->revision)
        place = &(*place)->next;
    event->next = *place;
    *place = event;
    if (event->next == NULL)
        stream->last = event;
}

static StreamEvent *
stream_take(Stream *stream)
{
    StreamEvent *event = stream->first;

    stream->first = event->next;
    if (stream->first == NULL)
        stream->last = NULL;
    return event;
}

static void
stream_arm(ApiServer *server)
{
    if (server->stream.first != NULL)
        sim_timer_arm_at(&server->stream_timer, MAX(server->stream.first->due_ns, sim_now_ns(server->sim)));
}

static void
cache_on_stream(Sim *sim, gpointer self)
{
    ApiServer *server = self;
    gint64 now_ns = sim_now_ns(sim);

    if (server->is_paused)
        return;
    if (!etcd_is_in_reach(server->etcd, server->process)) {
        sim_timer_arm_after(&server->stream_timer, STREAM_RETRY_NS);
        return;
    }
    while (server->stream.first != NULL && server->stream.first->due_ns <= now_ns) {
        StreamEvent *event = stream_take(&server->stream);

        sim_set_cause(sim, event->cause);
        apply(server, event);
        stream_event_free(event);
    }
    stream_arm(server);
}

void
cache_next_due(ApiServer *server)
{
    gint64 due_ns = sim_now_ns(server->sim) + latency_stream_ns(server);

    server->stream_due_ns = MAX(server->stream_due_ns, due_ns);
}

void
cache_on_etcd(gpointer user,
              EtcdKey *key,
              const ApiObject *value,
              const ApiObject *previous,
              guint64 revision)
{
    ApiServer *server = user;
    StreamEvent *event;

    cache_next_due(server);
    if (key->space == server->leases->space && quiet_add_object(server, key, value, previous, revision))
        return;
    event = POOL_NEW(StreamEvent);
    *event = (StreamEvent){
        .value = value == NULL ? NULL : api_object_ref(value),
        .key = key,
        .revision = revision,
        .due_ns = server->stream_due_ns,
        .cause = sim_cause(server->sim),
    };
    cache_stream(server, event);
    if (!server->stream_timer.is_armed)
        stream_arm(server);
}

void
cache_resume(ApiServer *server)
{
    stream_arm(server);
}

gint64
cache_lag_ns(ApiServer *server)
{
    apiserver_catch_up(server);
    if (server->stream.first == NULL && server->quiet.count == 0)
        return 0;
    return MAX(server->stream_due_ns - sim_now_ns(server->sim), 0) + 1;
}

/* --- look-up ------------------------------------------------------------------------- */

void
cache_list(ApiServer *server, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    Resource *resource = server_resource(server, kind);
    guint kept = out->len;

    if (resource == NULL || resource->n_objects == 0)
        return;
    key_space_collect(resource->space, namespace_, out);
    for (guint i = kept; i < out->len; i++) {
        const ApiObject *object = cache_get(server, out->pdata[i]);

        if (object != NULL)
            out->pdata[kept++] = (gpointer)object;
    }
    g_ptr_array_set_size(out, (gint)kept);
}

guint
cache_count(ApiServer *server, const ApiKind *kind)
{
    const Resource *resource = server_resource(server, kind);

    return resource == NULL ? 0 : resource->n_objects;
}

/* --- life ---------------------------------------------------------------------------- */

void
cache_init(ApiServer *server)
{
    guint count = 0;

    while (api_kinds[count] != NULL)
        count++;
    server->resources = g_new0(Resource, count);
    g_assert(count * 2 < RESOURCE_SLOTS);
    for (guint i = 0; i < count; i++) {
        Resource *resource = &server->resources[server->n_resources];
        guint slot = resource_slot(api_kinds[i]);

        if (api_kinds[i]->is_custom && !str_is(server->options.custom_group, api_kinds[i]->group))
            continue;
        server->n_resources++;
        resource->kind = api_kinds[i];
        resource->space = etcd_space(server->etcd, resource->kind);
        while (server->resource_slots[slot] != NULL)
            slot = (slot + 1) % RESOURCE_SLOTS;
        server->resource_slots[slot] = resource;
    }
    server->watches = g_ptr_array_new();
    server->leases = server_resource(server, &lease_kind);
    sim_timer_init(&server->stream_timer, server->sim, SIM_DELIVER, cache_on_stream, server);
    server->stream_due_ns = sim_now_ns(server->sim); /* the clock may start before 0 */
}

void
cache_clear(ApiServer *server)
{
    sim_timer_disarm(&server->stream_timer);
    while (server->stream.first != NULL)
        stream_event_free(stream_take(&server->stream));
    server->n_leases_streamed = 0;
    renewals_clear(&server->quiet);
    renewed_clear(&server->renewed);
    server->stream_due_ns = sim_now_ns(server->sim);
    server->remembered = (Remembered){0};
    for (guint i = 0; i < server->n_resources; i++) {
        Resource *resource = &server->resources[i];

        key_space_forget_seen(resource->space, server->number);
        resource->n_objects = 0;
        for (guint j = 0; j < resource->history_count; j++)
            history_item_clear(history_at(resource, j));
        g_clear_pointer(&resource->history, g_aligned_free);
        resource->history_start = resource->history_count = resource->history_capacity = resource->n_settled = 0;
    }
}

void
cache_free(ApiServer *server)
{
    cache_clear(server);
    sim_timer_clear(&server->stream_timer);
    for (guint i = 0; i < server->n_resources; i++) {
        Resource *resource = &server->resources[i];

        watch_lists_free(resource);
    }
    g_free(server->resources);
}

void
cache_fill(ApiServer *server)
{
    server->cache_revision = etcd_revision(server->etcd);
    for (guint i = 0; i < server->n_resources; i++) {
        Resource *resource = &server->resources[i];
        g_autoptr(GPtrArray) all = g_ptr_array_new();

        resource->oldest_revision = server->cache_revision;
        key_space_collect(resource->space, NULL, all);
        for (guint j = 0; j < all->len; j++) {
            EtcdKey *key = g_ptr_array_index(all, j);
            ApiObject *object = (ApiObject *)etcd_get(key);

            if (object == NULL)
                continue;
            api_object_unref(know(server, resource, key, api_object_ref(object)));
            if (resource->kind == &service_kind)
                allocator_note(server->allocator, NULL, object);
        }
    }
}
