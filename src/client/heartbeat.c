/* heartbeat.c - see heartbeat.h */

#include "client/heartbeat.h"

#include "base/caches.h"
#include "base/duration.h"
#include "base/fetch.h"
#include "client/session.h"
#include "world/stirs.h"

/* No renewal that is computed takes longer. */
#define CALM_NS NS_PER_S

gboolean
heartbeat_is_steady(const Heartbeat *beat)
{
    return beat->steady == world_stirs(beat->world);
}

/* When the answer that leaves at @sent_ns is there. */
static gint64
heartbeat_answer_ns(Heartbeat *beat, gsize bytes, gint64 sent_ns)
{
    bytes += RESPONSE_BYTES;
    if (!heartbeat_is_steady(beat))
        return MAX(sent_ns, client_pass_answer_ns(beat->client, bytes, sent_ns));
    if (beat->back_bytes != bytes)
        beat->back_ns = client_trip_ns(beat->client, NET_TO_CLIENT, bytes);
    beat->back_bytes = bytes;
    if (caches_are_checked())
        g_assert(client_trip_ns(beat->client, NET_TO_CLIENT, bytes) == beat->back_ns);
    return client_pass_steady_answer_ns(beat->client, sent_ns + beat->back_ns);
}

static void
heartbeat_on_write(Sim *sim, gpointer self)
{
    Heartbeat *beat = self;
    gsize bytes;

    if (heartbeat_is_steady(beat))
        client_fetch_answer(beat->client);
    bytes = apiserver_renew(beat->server, beat->key, beat->holder, beat->renew_time);

    if (bytes == 0)
        beat->hooks->play(beat->user);
    else
        beat->hooks->renewed(beat->user, heartbeat_answer_ns(beat, bytes, sim_now_ns(sim) + beat->answer_ns));
}

void
heartbeat_init(Heartbeat *beat,
               Client *client,
               const char *namespace_,
               const char *name,
               const HeartbeatHooks *hooks,
               gpointer user)
{
    *beat = (Heartbeat){
        .client = client,
        .hooks = hooks,
        .user = user,
        .key = apiserver_storage_key(client_server(client), &lease_kind, namespace_, name),
        .holder = name,
        .world = client_world(client),
    };
    sim_timer_init(&beat->write, client_sim(client), SIM_DELIVER, heartbeat_on_write, beat);
}

void
heartbeat_clear(Heartbeat *beat)
{
    if (beat->write.sim != NULL)
        sim_timer_clear(&beat->write);
}

/* When a request that leaves now is there; -1: it is not certain. Of what is found out the next ones make use. */
static gint64
heartbeat_arrival_ns(Heartbeat *beat)
{
    gint64 arrival_ns = client_pass_request_ns(beat->client);

    beat->server = client_server(beat->client);
    beat->there_ns = arrival_ns < 0 ? -1 : client_trip_ns(beat->client, NET_TO_SERVER, REQUEST_BYTES);
    beat->steady = beat->there_ns < 0 ? 0 : world_stirs(beat->world);
    beat->back_bytes = 0;
    return arrival_ns;
}

gboolean
heartbeat_renew(Heartbeat *beat, gint64 renew_time)
{
    gint64 now_ns = sim_now_ns(beat->write.sim);
    gboolean is_steady = heartbeat_is_steady(beat);
    gint64 commit_ns, arrival_ns;

    if (apiserver_plays_heartbeats() || !world_is_calm(beat->world, now_ns + CALM_NS))
        return FALSE;
    if (!apiserver_renewal_ns(is_steady ? beat->server : client_server(beat->client), &commit_ns, &beat->answer_ns))
        return FALSE;
    if (is_steady && caches_are_checked())
        g_assert(client_trip_ns(beat->client, NET_TO_SERVER, REQUEST_BYTES) == beat->there_ns);
    if (is_steady && client_pass_token(beat->client))
        arrival_ns = now_ns + beat->there_ns;
    else
        arrival_ns = heartbeat_arrival_ns(beat);
    if (arrival_ns < 0)
        return FALSE;
    beat->renew_time = renew_time;
    sim_timer_arm_at(&beat->write, arrival_ns + commit_ns);
    fetch(beat->key);
    client_fetch_conn(beat->client);
    return TRUE;
}
