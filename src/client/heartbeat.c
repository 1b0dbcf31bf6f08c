/* heartbeat.c - see heartbeat.h */

#include "client/heartbeat.h"

#include "base/duration.h"
#include "client/conn.h"

/* No renewal that is computed takes longer. */
#define CALM_NS NS_PER_S

static void
heartbeat_on_write(Sim *sim, gpointer self)
{
    Heartbeat *beat = self;
    const ApiObject *lease = apiserver_renew(client_server(beat->client), beat->key, beat->holder, beat->renew_time);
    gint64 sent_ns = sim_now_ns(sim) + beat->answer_ns;

    if (lease == NULL)
        beat->hooks->play(beat->user);
    else
        beat->hooks->renewed(beat->user, MAX(sent_ns, client_pass_answer_ns(beat->client, lease, sent_ns)));
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
    };
    sim_timer_init(&beat->write, client_sim(client), SIM_DELIVER, heartbeat_on_write, beat);
}

void
heartbeat_clear(Heartbeat *beat)
{
    if (beat->write.sim != NULL)
        sim_timer_clear(&beat->write);
}

gboolean
heartbeat_renew(Heartbeat *beat, gint64 renew_time)
{
    Sim *sim = client_sim(beat->client);
    gint64 commit_ns, arrival_ns;

    if (apiserver_plays_heartbeats() || !world_is_calm(client_world(beat->client), sim_now_ns(sim) + CALM_NS))
        return FALSE;
    if (!apiserver_renewal_ns(client_server(beat->client), &commit_ns, &beat->answer_ns))
        return FALSE;
    arrival_ns = client_pass_request_ns(beat->client);
    if (arrival_ns < 0)
        return FALSE;
    beat->renew_time = renew_time;
    sim_timer_arm_at(&beat->write, arrival_ns + commit_ns);
    return TRUE;
}
