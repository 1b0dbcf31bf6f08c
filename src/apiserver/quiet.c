/*
 * quiet.c - renewals of leases between etcd and those who watch, without events
 *
 * Who renews a lease changes nothing but a time in it. If all who watch leases
 * only keep them to look them up (ApiQuietHooks), a renewal needs no event to get
 * into the watch cache and on to them: it waits here with the instant at which it
 * would be there, and is put where it belongs when somebody looks, or when
 * anything else goes the same way. What is on its way when the world is about to
 * change, or when somebody comes who wants to be told, is played from there on.
 * With DESK8S_PLAY_HEARTBEATS=1 everything is.
 */

#include "apiserver/server.h"

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

gboolean
quiet_takes(ApiServer *server, const ApiObject *value, const ApiObject *previous)
{
    if (value == NULL || value->kind != &lease_kind || previous == NULL || value->meta != previous->meta)
        return FALSE;
    if (!server->is_quiet)
        server->is_quiet = quiet_look(server);
    return server->is_quiet;
}

/* --- on the way -------------------------------------------------------------------------- */

static void
quiet_apply(ApiServer *server, StreamEvent *event)
{
    Resource *resource = server->leases;
    GArray *taps = server->first->taps;

    if (cache_keep(server, resource, event, event->due_ns)) {
        for (guint i = 0; i < taps->len; i++)
            g_array_index(taps, Tap, i).renewals++;
    }
    watches_pass(resource, key_seen(event->key, server->number), event->due_ns);
}

void
quiet_pass(ApiServer *server, guint64 revision)
{
    gint64 now_ns = sim_now_ns(server->sim);

    /* Nothing overtakes what is played. */
    if (server->stream.first != NULL)
        revision = MIN(revision, server->stream.first->revision);
    while (server->quiet.first != NULL && server->quiet.first->due_ns <= now_ns && server->quiet.first->revision < revision) {
        StreamEvent *event = stream_take(&server->quiet);

        quiet_apply(server, event);
        stream_event_free(event);
    }
}

void
apiserver_catch_up(gpointer self)
{
    ApiServer *server = self;

    if (server->quiet.first != NULL)
        quiet_pass(server, G_MAXUINT64);
}

/* What has not reached the watch cache goes there as everything else does. */
static void
quiet_play_stream(ApiServer *server)
{
    StreamEvent **place = &server->stream.first;

    while (server->quiet.first != NULL) {
        StreamEvent *event = stream_take(&server->quiet);

        while (*place != NULL && (*place)->revision < event->revision)
            place = &(*place)->next;
        event->next = *place;
        *place = event;
        if (event->next == NULL)
            server->stream.last = event;
    }
    sim_timer_disarm(&server->stream_timer);
    cache_resume(server);
}

void
quiet_end(gpointer self)
{
    ApiServer *server = self;

    if (!server->is_quiet)
        return;
    server->is_quiet = FALSE;
    apiserver_catch_up(server);
    if (server->quiet.first != NULL)
        quiet_play_stream(server);
    watches_play(server->leases);
}
