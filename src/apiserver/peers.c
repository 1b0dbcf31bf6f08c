/*
 * peers.c - several servers of one store, and the balancer in front of them
 *
 * Each has its own process, watch cache, history and limits; what in a real
 * cluster stands in etcd besides objects (addresses and ports given out, who is
 * alive) is shared through the first.
 *
 * Models: HAProxy as kubeadm's ha-considerations configure it (layer 4, round
 * robin, a look at /healthz every 10 s, every 5 s while it fails, two looks to
 * change one's mind), and v1.34 pkg/controlplane/reconcilers/lease.go: each server
 * renews an entry of 15 s every 10 s, and makes the end points of the Service
 * "kubernetes" those who have one.
 */

#include "apiserver/server.h"

#define LOOK_UP_NS       (10 * NS_PER_S)
#define LOOK_DOWN_NS     (5 * NS_PER_S)
#define LOOKS_NEEDED     2
#define RECONCILE_NS     (10 * NS_PER_S)
#define ALIVE_NS         (15 * NS_PER_S)

guint
apiserver_count(const ApiServer *server)
{
    return server->first->peers->len;
}

ApiServer *
apiserver_peer(const ApiServer *server, guint number)
{
    return g_ptr_array_index(server->first->peers, number);
}

gboolean
apiserver_is_ready(const ApiServer *server)
{
    return server->is_ready && !server->is_ending && process_is_running(server->process);
}

/* --- the balancer -------------------------------------------------------------------------- */

static void
peer_on_look(Sim *sim, gpointer self)
{
    ApiServer *server = self;
    gboolean is_good = apiserver_is_ready(server);

    (void)sim;
    server->n_looks = is_good == server->is_in_rotation ? 0 : server->n_looks + 1;
    if (server->n_looks == LOOKS_NEEDED) {
        server->is_in_rotation = is_good;
        server->n_looks = 0;
        sim_trace(server->sim, "balancer", is_good ? "add" : "remove", NULL, "HealthCheck",
                  "the API server on %s is %s rotation", machine_name(server->machine),
                  is_good ? "back in" : "out of");
    }
    sim_timer_arm_after(&server->look, is_good ? LOOK_UP_NS : LOOK_DOWN_NS);
}

ApiServer *
apiserver_pick(ApiServer *server, const Machine *from, gboolean *out_balanced)
{
    ApiServer *first = server->first;
    guint count = first->peers->len;

    *out_balanced = FALSE;
    for (guint i = 0; i < count; i++) {
        ApiServer *peer = g_ptr_array_index(first->peers, i);

        if (peer->machine == from || count == 1)
            return peer;
    }
    *out_balanced = TRUE;
    for (guint i = 0; i < count; i++) {
        ApiServer *peer = g_ptr_array_index(first->peers, first->next_peer++ % count);

        if (peer->is_in_rotation)
            return peer;
    }
    return g_ptr_array_index(first->peers, first->next_peer++ % count);
}

/* --- the end points of the Service "kubernetes" -------------------------------------------- */

gboolean
peers_is_alive(const ApiServer *server)
{
    return server->alive_until_ns > sim_now_ns(server->sim);
}

/* Somebody else may have written what is there: any form of it. */
static gboolean
is_as_wanted(const ApiObject *present, const ApiObject *wanted)
{
    return api_struct_equal(wanted->kind->body, present->body, wanted->body);
}

static void
reconciled(gpointer user, ApiResponse *response)
{
    (void)user;
    api_response_free(response);
}

/* @wanted is taken. */
static void
reconcile(ApiServer *server, ApiObject *wanted)
{
    EtcdKey *key = storage_key(server, wanted->kind, api_namespace(wanted), api_name(wanted));
    const ApiObject *present = cache_get(server, key);
    ApiRequest *request;

    if (present == NULL || is_as_wanted(present, wanted)) {
        api_object_unref(wanted);
        return;
    }
    wanted->resource_version = present->resource_version;
    request = api_request_new(VERB_UPDATE, wanted->kind, api_namespace(wanted), api_name(wanted));
    request->object = wanted;
    request->user = str_intern("system:apiserver");
    request->reason = str_intern("end points of the API servers that are alive");
    server_call(server, request, reconciled, server);
}

static void
peer_on_reconcile(Sim *sim, gpointer self)
{
    ApiServer *server = self;

    sim_timer_arm_after(&server->reconcile, RECONCILE_NS);
    if (server->is_paused || etcd_read_delay_ns(server->etcd, server->process) == G_MAXINT64)
        return;
    server->alive_until_ns = sim_now_ns(sim) + ALIVE_NS;
    reconcile(server, bootstrap_endpoints(server, "kubernetes"));
    reconcile(server, bootstrap_slice(server, "kubernetes"));
}

/* --- life ---------------------------------------------------------------------------------- */

void
peers_join(ApiServer *server)
{
    ApiServer *first = server->options.first;

    server->first = first != NULL ? first : server;
    if (first == NULL)
        server->peers = g_ptr_array_new();
    server->number = server->first->peers->len;
    g_ptr_array_add(server->first->peers, server);
    server->alive_until_ns = G_MININT64;
    sim_timer_init(&server->look, server->sim, SIM_CONTROL, peer_on_look, server);
    sim_timer_init(&server->reconcile, server->sim, SIM_CONTROL, peer_on_reconcile, server);
}

void
peers_leave(ApiServer *server)
{
    sim_timer_clear(&server->look);
    sim_timer_clear(&server->reconcile);
    g_ptr_array_remove(server->first->peers, server);
    if (server->first == server)
        g_ptr_array_unref(server->peers);
}

static void
peer_begin(ApiServer *server)
{
    if (!server->look.is_armed) {
        server->is_in_rotation = TRUE;
        sim_timer_arm_after(&server->look, rng_between_ns(server->latency_rng, 0, LOOK_UP_NS));
    }
    if (!server->reconcile.is_armed)
        sim_timer_arm_after(&server->reconcile, 0);
}

/* Also for one that has been ready, alone, before there was another. */
void
peers_ready(ApiServer *server)
{
    for (guint i = 0; i < apiserver_count(server) && apiserver_count(server) > 1; i++)
        if (apiserver_peer(server, i)->is_ready)
            peer_begin(apiserver_peer(server, i));
}

void
peers_stopped(ApiServer *server)
{
    sim_timer_disarm(&server->reconcile);
}

void
peers_ending(ApiServer *server)
{
    if (apiserver_count(server) == 1)
        return;
    sim_timer_disarm(&server->reconcile);
    server->alive_until_ns = G_MININT64;
    reconcile(server, bootstrap_endpoints(server, "kubernetes"));
    reconcile(server, bootstrap_slice(server, "kubernetes"));
}

gboolean
peers_any_ready(const ApiServer *server)
{
    for (guint i = 0; i < apiserver_count(server); i++)
        if (apiserver_peer(server, i)->is_ready)
            return TRUE;
    return FALSE;
}

gboolean
peers_is_news(ApiServer *server, guint64 revision)
{
    ApiServer *first = server->first;

    if (server->heard_revision != revision) {
        server->heard_revision = revision;
        server->heard_count = 0;
    }
    server->heard_count++;
    if (revision < first->news_revision ||
        (revision == first->news_revision && server->heard_count <= first->news_count))
        return FALSE;
    first->news_revision = revision;
    first->news_count = server->heard_count;
    return TRUE;
}
