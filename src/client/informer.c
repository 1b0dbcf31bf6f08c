/* informer.c - see informer.h */

#include "client/informer.h"

#include "base/duration.h"
#include "base/pool.h"
#include "client/indexer.h"
#include "client/reflector.h"

/* control-plane latency model: handler and queue take LN(0.2 ms, 0.5). */
static const Dist delivery_dist = {.type = DIST_LOGNORMAL, .a_ns = 200000, .b_ns = 639964};

typedef enum { DELTA_EVENT, DELTA_REPLACED, DELTA_REPLAY, DELTA_RENEWED } DeltaType;

typedef struct Delta Delta;
struct Delta {
    Delta *next;
    ApiObject *object; /* (owned ref) DELTA_EVENT */
    union {
        GPtrArray *items;   /* (owned) DELTA_REPLACED, of ApiObject with refs */
        const EtcdKey *key; /* DELTA_RENEWED: of the lease */
    };
    union {
        WatchType event;
        guint handler; /* DELTA_REPLAY: who came late */
        ApiTime renew_time;
    };
    guint64 revision; /* DELTA_RENEWED */
    guint number;     /* of the key */
    DeltaType type;
    TraceId cause;
};

typedef struct {
    InformerHandlers handlers;
    const char *owner_kind; /* interned name of handlers.owner_kind */
    gpointer user;
} Listener;

struct Informer {
    InformerFactory *factory;
    const ApiKind *kind;
    const char *field_selector;
    Reflector *reflector;
    Indexer *indexer;
    GArray *listeners; /* of Listener */
    Delta *deltas, *last_delta; /* (owned) in order of arrival */
    SimTimer timer;
    gint64 fire_ns; /* when it fires, or last did */
    Rng *rng; /* made when first needed */
    gboolean is_synced;
    gboolean has_owner_kinds; /* some listener's handlers name one */
    gboolean is_lazy;     /* renewals of leases may come without events, see ClientWatchHooks */
    gboolean is_firing;
    gboolean is_computed; /* such deltas wait for fire_ns without the timer */
    LeaseTable leases;    /* what such renewals say */
};

typedef struct {
    void (*synced)(gpointer user);
    gpointer user;
} Waiter;

struct InformerFactory {
    Client *client;
    GPtrArray *informers; /* of Informer (owned), in order of asking */
    GArray *waiters;      /* of Waiter */
    SimTimer timer;       /* tells the waiters */
    gboolean is_started;
};

/* --- delivery --------------------------------------------------------------------------------- */

static void
delta_free(Delta *delta)
{
    if (delta->object != NULL)
        api_object_unref(delta->object);
    if (delta->type == DELTA_REPLACED)
        g_ptr_array_unref(delta->items);
    POOL_FREE(Delta, delta);
}

static inline Delta *
informer_take_delta(Informer *informer)
{
    Delta *delta = informer->deltas;

    informer->deltas = delta->next;
    if (informer->deltas == NULL)
        informer->last_delta = NULL;
    return delta;
}

static void
informer_drop_deltas(Informer *informer)
{
    while (informer->deltas != NULL)
        delta_free(informer_take_delta(informer));
}

static guint
change_of(const ApiObject *old, const ApiObject *object)
{
    if (old == NULL)
        return WANTS_ADDED;
    if (object == NULL)
        return WANTS_DELETED;
    return (old->meta == object->meta ? 0 : WANTS_META) |
           (old->spec == object->spec && old->body == object->body ? 0 : WANTS_SPEC) |
           (old->status == object->status ? 0 : WANTS_STATUS);
}

/* The kind of what controls @object. Returns: (interned) or NULL */
static const char *
owner_kind_of(const ApiObject *object)
{
    const OwnerReference *reference = object == NULL ? NULL : api_controller_of(object);

    return reference == NULL ? NULL : reference->kind;
}

/* What changed is found out once for all listeners: of a dozen controllers most could do nothing about it. */
static void
informer_tell(const Informer *informer, const ApiObject *old, const ApiObject *object)
{
    guint change = change_of(old, object);
    const char *was = informer->has_owner_kinds ? owner_kind_of(old != NULL ? old : object) : NULL;
    const char *is = change & WANTS_META ? owner_kind_of(object) : was;

    for (guint i = 0; i < informer->listeners->len; i++) {
        const Listener *listener = &g_array_index(informer->listeners, Listener, i);
        const InformerHandlers *handlers = &listener->handlers;

        if (handlers->wants != WANTS_ALL && !(handlers->wants & change))
            continue;
        if (listener->owner_kind != NULL && was != NULL && is != NULL && was != listener->owner_kind &&
            is != listener->owner_kind)
            continue;
        if (old == NULL && handlers->added != NULL)
            handlers->added(listener->user, object);
        else if (object == NULL && handlers->deleted != NULL)
            handlers->deleted(listener->user, old);
        else if (old != NULL && object != NULL && handlers->updated != NULL)
            handlers->updated(listener->user, old, object);
    }
}

/* What the row says gets into the object that it is about. */
static void
informer_settle(Informer *informer, LeaseRow *row)
{
    const ApiObject *before;
    g_autoptr(ApiObject) lease = NULL;

    if (!row->is_late)
        return;
    before = indexer_get(informer->indexer, row->namespace_, row->name);
    g_assert(before != NULL);
    lease = renewal_make(before, row->renew_time, row->revision);
    api_object_unref(indexer_set(informer->indexer, lease));
    row->is_late = FALSE;
    informer->leases.n_late--;
}

static void
informer_settle_all(Informer *informer)
{
    for (guint i = 0; i < informer->leases.count && informer->leases.n_late > 0; i++)
        informer_settle(informer, &informer->leases.rows[i]);
}

/* From here on the object says it. */
static void
informer_settle_one(Informer *informer, const char *namespace_, const char *name)
{
    LeaseRow *row = lease_table_find(&informer->leases, namespace_, name);

    if (row == NULL)
        return;
    informer_settle(informer, row);
    row->revision = 0;
}

static void
informer_put(Informer *informer, const ApiObject *object)
{
    if (G_UNLIKELY(informer->leases.count > 0))
        informer_settle_one(informer, api_namespace(object), api_name(object));

    g_autoptr(ApiObject) old = indexer_set(informer->indexer, object);

    informer_tell(informer, old, object);
}

static void
informer_delete(Informer *informer, const ApiObject *last)
{
    if (G_UNLIKELY(informer->leases.count > 0))
        informer_settle_one(informer, api_namespace(last), api_name(last));

    g_autoptr(ApiObject) old =
        indexer_remove(informer->indexer, api_namespace(last), api_name(last));

    if (old != NULL)
        informer_tell(informer, last, NULL);
}

/*
 * The list is the truth: what is new or has changed is put, what is missing went
 * while nobody looked. An object of the same name with another uid is an update,
 * as the store goes by names.
 */
static void
informer_replace(Informer *informer, const GPtrArray *items)
{
    g_autoptr(GHashTable) present = NULL;
    g_autoptr(GPtrArray) known = NULL;

    if (indexer_count(informer->indexer) == 0) { /* the first list: nothing can be missing */
        for (guint i = 0; i < items->len; i++)
            informer_put(informer, items->pdata[i]);
        return;
    }
    present = g_hash_table_new(NULL, NULL);
    known = g_ptr_array_new_with_free_func(api_object_unref);
    informer_settle_all(informer);
    indexer_list(informer->indexer, known);
    for (guint i = 0; i < known->len; i++)
        api_object_ref(known->pdata[i]);
    for (guint i = 0; i < items->len; i++) {
        const ApiObject *object = items->pdata[i];
        const ApiObject *old = indexer_peek(informer->indexer, object);

        g_hash_table_add(present, (gpointer)api_key(object));
        if (old == NULL || old->resource_version != object->resource_version)
            informer_put(informer, object);
    }
    for (guint i = 0; i < known->len; i++) {
        if (!g_hash_table_contains(present, api_key(known->pdata[i])))
            informer_delete(informer, known->pdata[i]);
    }
}

static void
informer_replay(Informer *informer, guint index)
{
    Listener listener = g_array_index(informer->listeners, Listener, index);
    g_autoptr(GPtrArray) known = g_ptr_array_new();

    if (listener.handlers.added == NULL)
        return;
    informer_settle_all(informer);
    indexer_list(informer->indexer, known);
    for (guint i = 0; i < known->len; i++)
        listener.handlers.added(listener.user, known->pdata[i]);
}

/* The owners of the handlers are told of other things only. */
static gboolean
informer_is_deaf(const Informer *informer)
{
    for (guint i = 0; i < informer->listeners->len; i++) {
        const InformerHandlers *handlers = &g_array_index(informer->listeners, Listener, i).handlers;

        if (handlers->updated != NULL && (handlers->wants == WANTS_ALL || handlers->wants & WANTS_SPEC))
            return FALSE;
    }
    return TRUE;
}

static void
informer_renew(Informer *informer, const Delta *delta)
{
    lease_table_renew(&informer->leases, delta->key, delta->number, delta->renew_time, delta->revision);
    if (G_UNLIKELY(!informer_is_deaf(informer))) {
        const ApiObject *before = indexer_get(informer->indexer, delta->key->namespace_, delta->key->name);
        g_autoptr(ApiObject) old = api_object_ref(before);

        informer_settle(informer, &informer->leases.rows[delta->key->number]);
        informer_tell(informer, old, indexer_get(informer->indexer, delta->key->namespace_, delta->key->name));
    }
}

static void
informer_deliver(Informer *informer, const Delta *delta)
{
    switch (delta->type) {
    case DELTA_EVENT:
        if (delta->event == WATCH_DELETED)
            informer_delete(informer, delta->object);
        else
            informer_put(informer, delta->object);
        break;
    case DELTA_REPLACED:
        informer_replace(informer, delta->items);
        if (!informer->is_synced) {
            informer->is_synced = TRUE;
            if (informer->factory->waiters->len > 0)
                sim_timer_arm_after(&informer->factory->timer, 0);
        }
        break;
    case DELTA_REPLAY:
        informer_replay(informer, delta->handler);
        break;
    case DELTA_RENEWED:
        informer_renew(informer, delta);
        break;
    }
}

/* Renewals that nobody is told of, at the time of whatever goes on now. */
static void
informer_deliver_computed(Informer *informer)
{
    informer->is_computed = FALSE;
    while (informer->deltas != NULL) {
        Delta *delta = informer_take_delta(informer);

        informer_deliver(informer, delta);
        delta_free(delta);
    }
}

/* What has come by now is in the cache; before anybody looks there. */
static inline void
informer_catch_up(Informer *informer)
{
    if (G_LIKELY(!informer->is_lazy))
        return;
    reflector_catch_up(informer->reflector);
    if (informer->is_computed && informer->fire_ns <= sim_now_ns(client_sim(informer->factory->client)))
        informer_deliver_computed(informer);
}

static void
informer_on_timer(Sim *sim, gpointer self)
{
    Informer *informer = self;
    const Delta *last;
    gboolean is_last;

    if (client_is_paused(informer->factory->client))
        return;
    informer->is_firing = TRUE;
    if (informer->is_lazy)
        reflector_catch_up(informer->reflector);
    informer->is_firing = FALSE;
    last = informer->last_delta; /* what comes meanwhile waits for the next time */
    is_last = last == NULL;
    while (!is_last && informer->deltas != NULL) {
        Delta *delta = informer_take_delta(informer);

        is_last = delta == last;
        sim_set_cause(sim, delta->cause);
        informer_deliver(informer, delta);
        delta_free(delta);
    }
}

static Rng *
informer_rng(Informer *informer)
{
    Process *process = client_process(informer->factory->client);

    if (informer->rng == NULL) {
        const char *name = str_internf("informer/%s/%s/%s", machine_name(process_machine(process)),
                                       process_name(process), informer->kind->plural);

        informer->rng = rng_stream(client_sim(informer->factory->client), name);
    }
    return informer->rng;
}

static Delta *
informer_append(Informer *informer, DeltaType type)
{
    Delta *delta = POOL_NEW(Delta);

    *delta = (Delta){.type = type, .cause = sim_cause(informer->timer.sim)};
    if (informer->last_delta != NULL)
        informer->last_delta->next = delta;
    else
        informer->deltas = delta;
    informer->last_delta = delta;
    return delta;
}

/* What waits without the timer waits with it from here on; what is there already has been there since. */
static void
informer_play(gpointer user)
{
    Informer *informer = user;

    if (!informer->is_computed)
        return;
    if (informer->fire_ns < sim_now_ns(client_sim(informer->factory->client))) {
        informer_deliver_computed(informer);
        return;
    }
    informer->is_computed = FALSE;
    sim_timer_arm_at(&informer->timer, informer->fire_ns);
}

/* An event: what was computed so far joins it. */
static Delta *
informer_push(Informer *informer, DeltaType type)
{
    Sim *sim = client_sim(informer->factory->client);
    gint64 now_ns = sim_now_ns(sim);
    Delta *delta;

    if (informer->is_lazy) {
        reflector_catch_up(informer->reflector);
        if (informer->is_computed && informer->fire_ns < now_ns)
            informer_deliver_computed(informer);
    }
    delta = informer_append(informer, type);
    if (informer->is_computed)
        informer_play(informer);
    if (!informer->timer.is_armed) {
        informer->fire_ns = now_ns + dist_sample_ns(&delivery_dist, informer_rng(informer));
        sim_timer_arm_at(&informer->timer, informer->fire_ns);
    }
    return delta;
}

static gboolean
informer_is_quiet(gpointer user)
{
    Informer *informer = user;

    if (!informer_is_deaf(informer))
        return FALSE;
    informer->is_lazy = TRUE;
    return TRUE;
}

/* As informer_push, at the time when it came. */
static void
informer_on_renewed(gpointer user, const Renewal *renewal)
{
    Informer *informer = user;
    Delta *delta;

    if (informer->is_computed && informer->fire_ns < renewal->at_ns)
        informer_deliver_computed(informer);
    delta = informer_append(informer, DELTA_RENEWED);
    delta->key = renewal->key;
    delta->number = renewal->number;
    delta->renew_time = renewal->renew_time;
    delta->revision = renewal->revision;
    if (informer->is_computed || informer->timer.is_armed || informer->is_firing)
        return;
    informer->fire_ns = renewal->at_ns + dist_sample_ns(&delivery_dist, informer_rng(informer));
    informer->is_computed = TRUE;
}

static void
informer_on_event(gpointer user, WatchType type, const ApiObject *object)
{
    Delta *delta = informer_push(user, DELTA_EVENT);

    delta->event = type;
    delta->object = api_object_ref(object);
}

static void
informer_on_replaced(gpointer user, const GPtrArray *items)
{
    Delta *delta = informer_push(user, DELTA_REPLACED);

    delta->items = g_ptr_array_new_full(items->len, api_object_unref);
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(delta->items, api_object_ref(items->pdata[i]));
}

static const ReflectorHooks informer_hooks = {
    .replaced = informer_on_replaced,
    .event = informer_on_event,
    .is_quiet = informer_is_quiet,
    .renewed = informer_on_renewed,
    .play = informer_play,
};

/* --- informers -------------------------------------------------------------------------------- */

static void
informer_free(gpointer data)
{
    Informer *informer = data;

    reflector_free(informer->reflector);
    indexer_free(informer->indexer);
    lease_table_clear(&informer->leases);
    g_array_free(informer->listeners, TRUE);
    informer_drop_deltas(informer);
    sim_timer_clear(&informer->timer);
    g_free(informer);
}

static Informer *
informer_new(InformerFactory *factory, const ApiKind *kind, const char *field_selector)
{
    Informer *informer = g_new0(Informer, 1);

    informer->factory = factory;
    informer->kind = kind;
    informer->field_selector = str_intern(field_selector);
    informer->indexer = indexer_new();
    informer->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    informer->reflector =
        reflector_new(factory->client, kind, field_selector, &informer_hooks, informer);
    sim_timer_init(&informer->timer, client_sim(factory->client), SIM_CONTROL, informer_on_timer,
                   informer);
    return informer;
}

void
informer_add_handlers(Informer *informer, const InformerHandlers *handlers, gpointer user)
{
    Listener listener = {*handlers, NULL, user};

    if (handlers->owner_kind != NULL) {
        listener.owner_kind = str_intern(handlers->owner_kind->kind);
        informer->has_owner_kinds = TRUE;
    }
    reflector_changed(informer->reflector);
    g_array_append_val(informer->listeners, listener);
    if (indexer_count(informer->indexer) > 0)
        informer_push(informer, DELTA_REPLAY)->handler = informer->listeners->len - 1;
}

const ApiObject *
informer_get(Informer *informer, const char *namespace_, const char *name)
{
    informer_catch_up(informer);
    if (G_UNLIKELY(informer->leases.n_late > 0)) {
        LeaseRow *row = lease_table_find(&informer->leases, str_intern(namespace_), str_intern(name));

        if (row != NULL)
            informer_settle(informer, row);
    }
    return indexer_get(informer->indexer, namespace_, name);
}

guint
informer_count(Informer *informer)
{
    informer_catch_up(informer);
    return indexer_count(informer->indexer);
}

/* For who lists. */
static inline void
informer_be_current(Informer *informer)
{
    informer_catch_up(informer);
    if (G_UNLIKELY(informer->leases.n_late > 0))
        informer_settle_all(informer);
}

const LeaseTable *
informer_leases(Informer *informer)
{
    informer_catch_up(informer);
    return &informer->leases;
}

void
informer_list(Informer *informer, const char *namespace_, GPtrArray *out)
{
    informer_be_current(informer);
    if (str_is_empty(namespace_))
        indexer_list(informer->indexer, out);
    else
        indexer_list_by(informer->indexer, INDEXER_BY_NAMESPACE, namespace_, out);
}

void
informer_list_owned(Informer *informer, const char *owner_uid, GPtrArray *out)
{
    informer_be_current(informer);
    indexer_list_by(informer->indexer, INDEXER_BY_OWNER, owner_uid, out);
}

guint
informer_count_owned(Informer *informer, const char *owner_uid)
{
    informer_catch_up(informer);
    return indexer_count_by(informer->indexer, INDEXER_BY_OWNER, owner_uid);
}

void
informer_list_orphans(Informer *informer, const char *namespace_, GPtrArray *out)
{
    informer_be_current(informer);
    indexer_list_by(informer->indexer, INDEXER_ORPHANS, namespace_, out);
}

void
informer_list_on_node(Informer *informer, const char *node_name, GPtrArray *out)
{
    informer_be_current(informer);
    indexer_list_by(informer->indexer, INDEXER_BY_NODE, node_name, out);
}

/* --- the factory ------------------------------------------------------------------------------ */

static void
factory_on_timer(Sim *sim, gpointer self)
{
    InformerFactory *factory = self;
    g_autoptr(GArray) waiters = NULL;

    (void)sim;
    if (client_is_paused(factory->client) || !informer_factory_synced(factory))
        return;
    waiters = g_steal_pointer(&factory->waiters);
    factory->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    for (guint i = 0; i < waiters->len; i++) {
        const Waiter *waiter = &g_array_index(waiters, Waiter, i);

        waiter->synced(waiter->user);
    }
}

InformerFactory *
informer_factory_new(Client *client)
{
    InformerFactory *factory = g_new0(InformerFactory, 1);

    factory->client = client;
    factory->informers = g_ptr_array_new_with_free_func(informer_free);
    factory->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    sim_timer_init(&factory->timer, client_sim(client), SIM_CONTROL, factory_on_timer, factory);
    return factory;
}

void
informer_factory_free(InformerFactory *factory)
{
    if (factory == NULL)
        return;
    g_ptr_array_free(factory->informers, TRUE);
    g_array_free(factory->waiters, TRUE);
    sim_timer_clear(&factory->timer);
    g_free(factory);
}

void
informer_factory_start(InformerFactory *factory)
{
    factory->is_started = TRUE;
    for (guint i = 0; i < factory->informers->len; i++)
        reflector_start(((Informer *)factory->informers->pdata[i])->reflector);
    if (factory->waiters->len > 0 && informer_factory_synced(factory))
        sim_timer_arm_after(&factory->timer, 0);
}

void
informer_factory_reset(InformerFactory *factory)
{
    client_reset(factory->client);
    factory->is_started = FALSE;
    g_array_set_size(factory->waiters, 0);
    sim_timer_disarm(&factory->timer);
    for (guint i = 0; i < factory->informers->len; i++) {
        Informer *informer = factory->informers->pdata[i];

        reflector_reset(informer->reflector);
        indexer_clear(informer->indexer);
        lease_table_clear(&informer->leases);
        informer_drop_deltas(informer);
        sim_timer_disarm(&informer->timer);
        informer->is_synced = FALSE;
        informer->is_computed = FALSE;
    }
}

void
informer_factory_resumed(InformerFactory *factory)
{
    client_resumed(factory->client);
    if (factory->waiters->len > 0)
        sim_timer_arm_after(&factory->timer, 0);
    for (guint i = 0; i < factory->informers->len; i++) {
        Informer *informer = factory->informers->pdata[i];

        reflector_resumed(informer->reflector);
        if (informer->deltas != NULL)
            sim_timer_arm_after(&informer->timer, 0);
    }
}

gboolean
informer_factory_synced(const InformerFactory *factory)
{
    for (guint i = 0; i < factory->informers->len; i++) {
        if (!((const Informer *)factory->informers->pdata[i])->is_synced)
            return FALSE;
    }
    return factory->is_started;
}

void
informer_factory_on_synced(InformerFactory *factory, void (*synced)(gpointer user), gpointer user)
{
    Waiter waiter = {synced, user};

    g_array_append_val(factory->waiters, waiter);
    if (informer_factory_synced(factory))
        sim_timer_arm_after(&factory->timer, 0);
}

Informer *
informer_factory_get(InformerFactory *factory, const ApiKind *kind, const char *field_selector)
{
    Informer *informer;

    for (guint i = 0; i < factory->informers->len; i++) {
        informer = factory->informers->pdata[i];
        if (informer->kind == kind && str_is(informer->field_selector, field_selector))
            return informer;
    }
    informer = informer_new(factory, kind, field_selector);
    g_ptr_array_add(factory->informers, informer);
    if (factory->is_started)
        reflector_start(informer->reflector);
    return informer;
}
