/*
 * leader.h - leader election over a Lease in kube-system
 *
 * Models client-go v0.34 tools/leaderelection: lease 15 s, renew deadline 10 s,
 * retry 2 s (candidates wait 2 to 4.4 s). A candidate trusts its own clock: it
 * takes over when the record has not changed for the lease's duration since it
 * saw it. A leader that cannot renew for 10 s has lost; its process should exit.
 * One that ends in an orderly way may give its lease back (ReleaseOnCancel): whoever
 * looks next takes it.
 */
#pragma once

#include "client/client.h"
#include "client/recorder.h"

typedef struct Leader Leader;

typedef struct {
    const char *lease_name; /* "kube-controller-manager" */
    const char *identity;   /* NULL: machine name and a new uuid in each life, as components do */
    void (*elected)(gpointer user);
    void (*lost)(gpointer user);
    Recorder *recorder; /* (borrowed) tells who became leader; NULL: nobody is told */
} LeaderOptions;

Leader *leader_new(Client *client, const LeaderOptions *options, gpointer user);
void leader_free(Leader *leader);
/* leader_start: become a candidate. */
void leader_start(Leader *leader);
/*
 * leader_release: it ends. Whoever leads gives the lease back: reads it, and if it is
 * still its own writes it without a holder; then, or if that fails, or at once where
 * nothing is held, @released.
 */
void leader_release(Leader *leader, void (*released)(gpointer user));
/* leader_reset: the process died; the client was reset. */
void leader_reset(Leader *leader);
void leader_resumed(Leader *leader);
gboolean leader_is_leading(const Leader *leader);
