/*
 * heartbeat.h - a node's renewal of its lease, computed where nothing can come of it
 *
 * Half of all requests of a quiet cluster are renewals: token, wire, server,
 * etcd, wire again, each at a time that is known when the request leaves, if
 * nothing varies and nothing is planned to happen until the answer is there. Then
 * the renewal is one event, at the instant of the write; watchers hear of it as
 * of any other. What is seen is what would be seen if every event were played:
 * with DESK8S_PLAY_HEARTBEATS=1 in the environment all are, and the tests hold
 * both against each other.
 *
 * The owner embeds a Heartbeat, initialises it once, and clears it when its
 * process stops: what is under way is forgotten. One renewal at a time.
 */
#pragma once

#include "client/client.h"

typedef struct {
    /* The answer will be there at @answer_ns (not before now): what the owner did when it came, it does now, for then. */
    void (*renewed)(gpointer user, gint64 answer_ns);
    /* The lease is not what it was: the renewal was not made and is to be sent as a request. */
    void (*play)(gpointer user);
} HeartbeatHooks;

typedef struct {
    Client *client; /* (borrowed) */
    const HeartbeatHooks *hooks;
    gpointer user;
    EtcdKey *key;
    const char *holder;       /* (interned) */
    gint64 renew_time;        /* wall clock, ns */
    gint64 answer_ns;         /* from the write until the answer leaves the server */
    World *world;
    ApiServer *server; /* (borrowed) found with the three below */
    /* While the world's number is this one a request takes that long there, and an answer of so many bytes that long back. */
    guint64 steady;
    gint64 there_ns, back_ns;
    gsize back_bytes;
    SimTimer write;
} Heartbeat;

/* heartbeat_init: for the lease @name in @namespace_, whose holder is @name; all interned. */
void heartbeat_init(Heartbeat *beat,
                    Client *client,
                    const char *namespace_,
                    const char *name,
                    const HeartbeatHooks *hooks,
                    gpointer user);
void heartbeat_clear(Heartbeat *beat);
/* heartbeat_is_steady: nothing has changed since a renewal was computed: the process runs and is connected. */
gboolean heartbeat_is_steady(const Heartbeat *beat);
/* heartbeat_renew: TRUE: on its way, one of the hooks will be called. FALSE: nothing was done, send a request. */
gboolean heartbeat_renew(Heartbeat *beat, gint64 renew_time);
