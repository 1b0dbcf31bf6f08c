/*
 * quiet.c - renewals of leases between etcd and those who watch, without events or objects
 *
 * Who renews a lease changes nothing but a time in it. If all who watch leases
 * only keep them to look them up (ApiQuietHooks), a renewal needs no event to get
 * into the watch cache and on to them: as a number (etcd/renewal.h) it waits here with
 * the instant at which it would be there, and is put where it belongs when somebody looks
 * at a lease, or when anything else goes the same way. What is on its way when the world is about to
 * change, or when somebody comes who wants to be told, is played from there on.
 * With DESK8S_PLAY_HEARTBEATS=1 everything is.
 */

#include "apiserver/server.h"

#include "base/pool.h"

gboolean
apiserver_plays_heartbeats(void)
{
    static int state = -1;

    if (state < 0)
        state = g_strcmp0(g_getenv("DESK8S_PLAY_HEARTBEATS"), "1") == 0;
    return state == 1;
}

/* --- may it be quiet? ------------------------------------------------------------------ */

static gboolean
all_taps_are_sparing(const GArray *taps)
{
    for (guint i = 0; i < taps->len; i++)
        if (!g_array_index(taps, Tap, i).is_sparing)
            return FALSE;
    return TRUE;
}

static gboolean
quiet_look(ApiServer *server)
{
    return !apiserver_plays_heartbeats() && server->is_ready && !server->is_paused &&
           etcd_is_in_reach(server->etcd, server->process) && all_taps_are_sparing(server->first->taps) &&
           watches_are_quiet(server->leases);
}

/* As long as a lease is on its way as an object, nobody can say yet what the objects of later renewals are to be made of. */
static gboolean
quiet_takes(gpointer self)
{
    ApiServer *server = self;

    if (server->n_leases_streamed > 0)
        return FALSE;
    if (!server->is_quiet)
        server->is_quiet = quiet_look(server);
    return server->is_quiet;
}

/* --- on the way -------------------------------------------------------------------------- */

static void
quiet_add(ApiServer *server, EtcdKey *key, ApiTime renew_time, guint64 revision)
{
    renewals_add(&server->quiet, &(Renewal){key, renew_time, revision, server->stream_due_ns, sim_cause(server->sim), key->number});
}

static void
quiet_on_renewed(gpointer self, EtcdKey *key, ApiTime renew_time, guint64 revision)
{
    cache_next_due(self);
    quiet_add(self, key, renew_time, revision);
}

/* Nothing but the time differs. */
static gboolean
is_renewal(const ApiObject *value, const ApiObject *previous)
{
    LeaseSpec spec;

    if (value == NULL || previous == NULL || value->meta != previous->meta)
        return FALSE;
    spec = *lease_spec(value);
    spec.renew_time = lease_spec(previous)->renew_time;
    return lease_spec(value)->renew_time != 0 && api_struct_equal(lease_kind.spec, &spec, previous->spec);
}

gboolean
quiet_add_object(ApiServer *server, EtcdKey *key, const ApiObject *value, const ApiObject *previous, guint64 revision)
{
    if (!is_renewal(value, previous) || !quiet_takes(server))
        return FALSE;
    key->has_renewals = TRUE;
    quiet_add(server, key, lease_spec(value)->renew_time, revision);
    return TRUE;
}

const EtcdRenewalHooks quiet_hooks = {.takes = quiet_takes, .renewed = quiet_on_renewed};

static void
quiet_apply(ApiServer *server, const Renewal *renewal)
{
    GArray *taps = server->first->taps;

    if (cache_keep_renewal(server, renewal)) {
        for (guint i = 0; i < taps->len; i++)
            g_array_index(taps, Tap, i).renewals++;
    }
    watches_pass(server->leases, renewal);
}

void
quiet_pass(ApiServer *server, guint64 revision)
{
    gint64 now_ns = sim_now_ns(server->sim);
    const Renewal *first;

    /* Nothing overtakes what is played. */
    if (server->stream.first != NULL)
        revision = MIN(revision, server->stream.first->revision);
    while ((first = renewals_first(&server->quiet)) != NULL && first->at_ns <= now_ns && first->revision < revision) {
        Renewal renewal = renewals_take(&server->quiet);

        quiet_apply(server, &renewal);
    }
}

void
apiserver_catch_up(gpointer self)
{
    ApiServer *server = self;

    if (server->quiet.count > 0)
        quiet_pass(server, G_MAXUINT64);
}

/* What the cache holds of @key is an object. If its last renewal is not in the history any more, no one before it is. */
static void
quiet_settle(ApiServer *server, EtcdKey *key)
{
    const Renewed *renewed;
    ApiObject *lease;

    if (renewed_at(&server->renewed, key->number) == NULL)
        return;
    cache_settle_history(server);
    renewed = renewed_at(&server->renewed, key->number);
    if (renewed == NULL)
        return;
    lease = renewal_make(key_seen(key, server->number), renewed->renew_time, renewed->revision);
    api_object_unref(key_set_seen(key, server->number, lease));
    renewed_set(&server->renewed, key->number, 0, 0);
}

const ApiObject *
quiet_get(ApiServer *server, const EtcdKey *key)
{
    apiserver_catch_up(server);
    quiet_settle(server, (EtcdKey *)key);
    return key_seen(key, server->number);
}

ApiObject *
apiserver_renewed(const ApiServer *server, const Renewal *renewal)
{
    return renewal_make(key_seen(renewal->key, server->number), renewal->renew_time, renewal->revision);
}

/* What has not reached the watch cache goes there as everything else does. */
static void
quiet_play_stream(ApiServer *server)
{
    while (server->quiet.count > 0) {
        Renewal renewal = renewals_take(&server->quiet);
        StreamEvent *event = POOL_NEW(StreamEvent);

        *event = (StreamEvent){
            .value = apiserver_renewed(server, &renewal),
            .key = renewal.key,
            .revision = renewal.revision,
            .due_ns = renewal.at_ns,
            .cause = renewal.cause,
        };
        cache_stream(server, event);
    }
    sim_timer_disarm(&server->stream_timer);
    cache_resume(server);
}

static void
quiet_end_before(ApiServer *server, guint64 revision)
{
    if (!server->is_quiet)
        return;
    server->is_quiet = FALSE;
    quiet_pass(server, revision);
    if (server->quiet.count > 0)
        quiet_play_stream(server);
    watches_play(server->leases);
}

void
quiet_end(gpointer server)
{
    quiet_end_before(server, G_MAXUINT64);
}

void
quiet_end_for(ApiServer *server, EtcdKey *key, guint64 revision)
{
    quiet_end_before(server, revision);
    quiet_settle(server, key);
}
