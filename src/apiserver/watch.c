/*
 * watch.c - watchers: who is told what, in which order
 *
 * An event costs only those who may care: watchers that ask for one node's
 * pods or one name stand in an index, the others of the kind in a list. A
 * watcher that selects sees an object come into its view as ADDED and leave it
 * as DELETED.
 *
 * Models: v1.34 apiserver storage/cacher (cacher.go, cache_watcher.go).
 * Left out: bookmarks, the time budget of slow watchers.
 */

#include "apiserver/server.h"

#include "base/pool.h"

struct ApiWatch {
    ApiWatch *next;   /* in its place */
    guint64 from_revision;
    ApiWatchFunc func;
    gpointer user;
    const ApiQuietHooks *quiet; /* NULL: it is told of everything by events */
    ApiServer *server; /* NULL: the server's process died */
    const ApiKind *form; /* in which objects are shown; NULL: their own */
    gboolean is_started, is_stopped;
    gboolean takes_all; /* whatever comes to its place */
    const char *namespace_;
    Selector *labels;      /* (owned) NULL: all */
    FieldSelector *fields; /* (owned) NULL: all */
    WatchList *place;      /* (borrowed) the list it stands in */
    ApiServer *owner;      /* who holds it in its list */
    Resource *resource;
    SimTimer starter;
    ApiStatus *error; /* (owned) told instead of events */
};

const char *
watch_type_name(WatchType type)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};

    return names[type];
}

/* --- selecting ----------------------------------------------------------------------- */

static gboolean
watch_wants(const ApiWatch *watch, const ApiObject *object)
{
    if (object == NULL)
        return FALSE;
    if (watch->namespace_ != NULL && object->meta->namespace_ != watch->namespace_)
        return FALSE;
    if (watch->labels != NULL && !selector_matches(watch->labels, &object->meta->labels))
        return FALSE;
    return watch->fields == NULL || field_selector_matches(watch->fields, object);
}

static void
tell(ApiWatch *watch, WatchType type, const ApiObject *object)
{
    g_autoptr(ApiObject) shown = watch->form != NULL ? watch->form->from_stored(object) : NULL;

    watch->func(watch->user, type, shown != NULL ? shown : object, NULL);
}

static void
watch_tell(ApiWatch *watch, const HistoryEvent *event, gboolean was_in, gboolean is_in)
{
    if (!was_in && !is_in)
        return;
    watch->server->counters.watch_events++;
    if (was_in && is_in) {
        tell(watch, WATCH_MODIFIED, event->value);
    } else if (is_in) {
        tell(watch, WATCH_ADDED, event->value);
    } else if (event->gone != NULL) {
        tell(watch, WATCH_DELETED, event->gone);
    } else {
        /* It left the view: its last state there, with the revision of the change. */
        g_autoptr(ApiObject) left = api_object_copy(event->previous);

        left->resource_version = event->revision;
        tell(watch, WATCH_DELETED, left);
    }
}

/* --- dispatch ------------------------------------------------------------------------ */

/* The object as it was and as it is belongs to those of this list, unless they ask for more than the list does. */
static void
tell_list(const WatchList *list, const HistoryEvent *event, gboolean was_here, gboolean is_here)
{
    /* Those added meanwhile have not started, those stopped stay until the sweep. */
    for (ApiWatch *watch = list->first; watch != NULL; watch = watch->next) {
        if (!watch->is_started || watch->is_stopped || event->revision <= watch->from_revision)
            continue;
        if (G_LIKELY(watch->takes_all))
            watch_tell(watch, event, was_here, is_here);
        else
            watch_tell(watch, event, was_here && watch_wants(watch, event->previous),
                       is_here && watch_wants(watch, event->value));
    }
}

static const char *
node_of(const ApiObject *object)
{
    return object == NULL ? NULL : pod_spec(object)->node_name;
}

static void
tell_taps(ApiServer *server, const HistoryEvent *event)
{
    for (guint i = 0; i < server->taps->len; i++) {
        Tap tap = g_array_index(server->taps, Tap, i);

        if (event->value == NULL)
            tap.func(tap.user, WATCH_DELETED, event->gone);
        else
            tap.func(tap.user, event->previous == NULL ? WATCH_ADDED : WATCH_MODIFIED,
                     event->value);
    }
}

void
watch_dispatch(ApiServer *server, Resource *resource, const HistoryEvent *event, gboolean is_news)
{
    const ApiObject *about = event->value != NULL ? event->value : event->previous;
    gboolean was = event->previous != NULL;
    gboolean is = event->value != NULL;
    const WatchList *list;

    server->dispatch_depth++;
    if (is_news)
        tell_taps(server->first, event);
    tell_list(&resource->watches, event, was, is);
    list = ptr_map_get(&resource->watches_by_name, about->meta->name);
    if (list != NULL)
        tell_list(list, event, was, is);
    if (resource->watches_by_node.count > 0) {
        const char *before = node_of(event->previous);
        const char *after = node_of(event->value);

        list = ptr_map_get(&resource->watches_by_node, before);
        if (list != NULL)
            tell_list(list, event, was, is && after == before);
        list = after == before ? NULL : ptr_map_get(&resource->watches_by_node, after);
        if (list != NULL)
            tell_list(list, event, FALSE, is);
    }
    server->dispatch_depth--;
    watch_sweep(server);
}

/* --- renewals without events ------------------------------------------------------------ */

void
apiserver_watch_set_quiet(ApiWatch *watch, const ApiQuietHooks *hooks)
{
    watch->quiet = hooks;
}

void
apiserver_watch_changed(ApiWatch *watch)
{
    if (watch->server != NULL && watch->resource == watch->server->leases)
        quiet_end(watch->server);
}

static gboolean
watch_is_quiet(const ApiWatch *watch)
{
    if (!watch->is_started || watch->is_stopped || watch->quiet == NULL || watch->form != NULL)
        return FALSE;
    return watch->namespace_ == NULL && watch->labels == NULL && watch->fields == NULL && watch->quiet->is_quiet(watch->user);
}

static void
note_watched(gpointer key, gpointer list, gpointer is_watched)
{
    (void)key;
    if (((const WatchList *)list)->first != NULL)
        *(gboolean *)is_watched = TRUE;
}

gboolean
watches_are_quiet(const Resource *resource)
{
    gboolean is_watched = FALSE;

    if (resource->watches_by_name.count > 0)
        ptr_map_foreach((PtrMap *)&resource->watches_by_name, note_watched, &is_watched);
    if (is_watched)
        return FALSE;
    for (const ApiWatch *watch = resource->watches.first; watch != NULL; watch = watch->next)
        if (!watch_is_quiet(watch))
            return FALSE;
    return TRUE;
}

void
watches_pass(const Resource *resource, const Renewal *renewal)
{
    for (ApiWatch *watch = resource->watches.first; watch != NULL; watch = watch->next) {
        if (renewal->revision <= watch->from_revision)
            continue;
        watch->server->counters.watch_events++;
        watch->quiet->pass(watch->user, renewal);
    }
}

void
watches_play(const Resource *resource)
{
    for (ApiWatch *watch = resource->watches.first; watch != NULL; watch = watch->next)
        if (watch->quiet != NULL)
            watch->quiet->play(watch->user);
}

/* --- start --------------------------------------------------------------------------- */

static void
tell_present(ApiWatch *watch)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    cache_list(watch->server, watch->resource->kind, watch->namespace_, all);
    for (guint i = 0; i < all->len && !watch->is_stopped; i++) {
        const ApiObject *object = g_ptr_array_index(all, i);

        if (watch_wants(watch, object)) {
            watch->server->counters.watch_events++;
            tell(watch, WATCH_ADDED, object);
        }
    }
}

/* The history is in the order of revisions: index of the first after @revision. */
static guint
history_after(const Resource *resource, guint64 revision)
{
    guint low = 0;
    guint high = resource->history_count;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (history_event(resource, middle).revision <= revision)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
tell_history(ApiWatch *watch)
{
    Resource *resource = watch->resource;

    if (watch->from_revision < resource->oldest_revision) {
        ApiStatus *status = api_status_expired(
            str_internf("too old resource version: %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT ")",
                        watch->from_revision, resource->oldest_revision));

        watch->func(watch->user, WATCH_ERROR, NULL, status);
        api_status_unref(status);
        watch->is_started = FALSE;
        return;
    }
    if (resource == watch->server->leases)
        cache_settle_history(watch->server);
    for (guint i = history_after(resource, watch->from_revision);
         i < resource->history_count && !watch->is_stopped; i++) {
        HistoryEvent event = history_event(resource, i);

        watch_tell(watch, &event, watch_wants(watch, event.previous), watch_wants(watch, event.value));
    }
}

static void
watch_on_start(Sim *sim, gpointer self)
{
    ApiWatch *watch = self;
    ApiServer *server = watch->server;

    (void)sim;
    if (server == NULL || !server->is_ready || server->is_paused) {
        if (server != NULL && server->is_ready)
            sim_timer_arm_after(&watch->starter, NS_PER_MS);
        return;
    }
    /* What comes from now on it hears of as it comes. */
    if (watch->resource == server->leases)
        quiet_end(server);
    server->dispatch_depth++;
    watch->is_started = TRUE;
    if (watch->error != NULL) {
        watch->is_started = FALSE;
        watch->func(watch->user, WATCH_ERROR, NULL, watch->error);
    } else if (watch->from_revision == 0) {
        tell_present(watch);
    } else {
        tell_history(watch);
    }
    server->dispatch_depth--;
    watch_sweep(server);
}

void
watch_start_all(ApiServer *server)
{
    for (guint i = 0; i < server->watches->len; i++) {
        ApiWatch *watch = g_ptr_array_index(server->watches, i);

        if (watch->server != NULL && !watch->is_started && !watch->is_stopped)
            sim_timer_arm_after(&watch->starter, 0);
    }
}

/* --- making and ending --------------------------------------------------------------- */

static WatchList *
index_list(PtrMap *index, const char *key)
{
    gpointer *place = ptr_map_place(index, key);

    if (*place == NULL)
        *place = POOL_NEW0(WatchList);
    return *place;
}

static void
list_free(gpointer key, gpointer list, gpointer user_data)
{
    (void)key;
    (void)user_data;
    POOL_FREE(WatchList, list);
}

void
watch_lists_free(Resource *resource)
{
    PtrMap *indexes[] = {&resource->watches_by_node, &resource->watches_by_name};

    resource->watches = (WatchList){0};
    for (guint i = 0; i < G_N_ELEMENTS(indexes); i++) {
        ptr_map_foreach(indexes[i], list_free, NULL);
        ptr_map_clear(indexes[i]);
    }
}

static void
list_remove(WatchList *list, ApiWatch *watch)
{
    ApiWatch *before = NULL;

    for (ApiWatch *at = list->first; at != watch; at = at->next)
        before = at;
    if (before != NULL)
        before->next = watch->next;
    else
        list->first = watch->next;
    if (list->last == watch)
        list->last = before;
}

static void
watch_place(ApiWatch *watch)
{
    Resource *resource = watch->resource;
    const char *by = NULL; /* the field of the index it stands in */
    const char *node = NULL;
    const char *name = NULL;

    if (watch->fields != NULL) {
        name = field_selector_get_exact(watch->fields, "metadata.name");
        if (resource->kind == &pod_kind)
            node = field_selector_get_exact(watch->fields, "spec.nodeName");
    }
    watch->place = &resource->watches;
    if (!str_is_empty(name)) {
        watch->place = index_list(&resource->watches_by_name, name);
        by = "metadata.name";
    } else if (!str_is_empty(node)) {
        watch->place = index_list(&resource->watches_by_node, node);
        by = "spec.nodeName";
    }
    watch->takes_all = watch->namespace_ == NULL && watch->labels == NULL &&
                       (watch->fields == NULL || (by != NULL && field_selector_is_only(watch->fields, by)));
    if (watch->place->last != NULL)
        watch->place->last->next = watch;
    else
        watch->place->first = watch;
    watch->place->last = watch;
}

static void
watch_parse(ApiWatch *watch, const ApiKind *kind, const char *labels, const char *fields)
{
    g_autofree char *message = NULL;

    if (!str_is_empty(labels))
        watch->labels = selector_parse(labels, &message);
    if (message == NULL && !str_is_empty(fields)) {
        watch->fields = field_selector_parse(fields, &message);
        if (watch->fields != NULL)
            field_selector_check(watch->fields, kind, &message);
    }
    if (message != NULL)
        watch->error = api_status_bad_request(message);
}

ApiWatch *
apiserver_watch(ApiServer *server,
                const ApiKind *kind,
                const char *namespace_,
                const char *label_selector,
                const char *field_selector,
                guint64 from_revision,
                ApiWatchFunc func,
                gpointer user)
{
    ApiWatch *watch = g_new0(ApiWatch, 1);

    if (kind->stored != NULL) {
        watch->form = kind;
        kind = kind->stored;
    }
    watch->owner = server;
    watch->server = server;
    watch->resource = server_resource(server, kind);
    g_assert(watch->resource != NULL);
    watch->namespace_ =
        kind->is_namespaced && !str_is_empty(namespace_) ? str_intern(namespace_) : NULL;
    watch->from_revision = from_revision;
    watch->func = func;
    watch->user = user;
    watch_parse(watch, kind, label_selector, field_selector);
    sim_timer_init(&watch->starter, server->sim, SIM_DELIVER, watch_on_start, watch);
    if (watch->resource == server->leases)
        quiet_end(server);
    watch_place(watch);
    g_ptr_array_add(server->watches, watch);
    server->counters.requests[VERB_WATCH]++;
    if (server->is_ready)
        sim_timer_arm_after(&watch->starter, latency_watch_ns(server));
    return watch;
}

static void
watch_free(ApiWatch *watch)
{
    sim_timer_clear(&watch->starter);
    selector_free(watch->labels);
    field_selector_free(watch->fields);
    if (watch->error != NULL)
        api_status_unref(watch->error);
    g_free(watch);
}

static void
watch_remove(ApiWatch *watch)
{
    g_ptr_array_remove(watch->owner->watches, watch);
    if (watch->place != NULL)
        list_remove(watch->place, watch);
    watch_free(watch);
}

void
watch_sweep(ApiServer *server)
{
    if (server->dispatch_depth > 0 || !server->has_stopped_watches)
        return;
    server->has_stopped_watches = FALSE;
    for (guint i = server->watches->len; i > 0; i--) {
        ApiWatch *watch = g_ptr_array_index(server->watches, i - 1);

        if (watch->is_stopped)
            watch_remove(watch);
    }
}

void
apiserver_watch_stop(ApiWatch *watch)
{
    ApiServer *owner = watch->owner;

    if (watch->server != NULL && watch->resource == watch->server->leases)
        quiet_end(watch->server);
    watch->is_stopped = TRUE;
    sim_timer_disarm(&watch->starter);
    if (owner->dispatch_depth > 0)
        owner->has_stopped_watches = TRUE;
    else
        watch_remove(watch);
}

/* They tell nothing any more, but stay until their owners stop them. */
void
watch_all_dead(ApiServer *server)
{
    for (guint i = 0; i < server->watches->len; i++) {
        ApiWatch *watch = g_ptr_array_index(server->watches, i);

        sim_timer_disarm(&watch->starter);
        watch->server = NULL;
        watch->is_started = FALSE;
        watch->place = NULL;
    }
    for (guint i = 0; i < server->n_resources; i++)
        watch_lists_free(&server->resources[i]);
}

void
watch_free_all(ApiServer *server)
{
    for (guint i = 0; i < server->watches->len; i++)
        watch_free(g_ptr_array_index(server->watches, i));
    g_ptr_array_unref(server->watches);
}
