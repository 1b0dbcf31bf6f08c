/*
 * conn_internal.h - a connection's inside, for conn*.c
 *
 * conn_lane.c carries messages, conn.c opens and closes, conn_around.c tells connections what becomes of processes,
 * machines and paths. A connection is destroyed when its owner has freed it, the server's side is closed and no callback
 * of it is under way: who calls a hook counts busy up and down, then calls conn_destroy_if_done.
 */
#pragma once

#include "world/internal.h"

typedef struct Message Message;
struct Message {
    Message *next;
    gint64 due_ns;
    const char *close_why; /* the other side closed; NULL: data */
    gsize bytes;
    SimHandle receiver;
    SimMessageHandler handler;
    gpointer payload;
    GDestroyNotify drop;
    TraceId cause;
};

/* One direction. */
typedef struct {
    NetConn *conn;
    NetDirection direction;
    Message *head, *tail;
    SimTimer timer;
    gint64 last_due_ns;
    gint64 blocked_since_ns;
    gboolean is_blocked; /* unacknowledged data, the path is down */
    gboolean is_waiting; /* for a paused receiver to resume */
} Lane;

typedef struct {
    Machine *machine;
    Process *process; /* NULL once it was freed */
    gboolean is_open;
    NetConnHooks hooks;
    gpointer self;
    GList link; /* in the process's list */
} Side;

typedef enum {
    CONN_SYN,      /* to be sent (again) when the timer fires */
    CONN_SYN_SENT, /* on its way */
    CONN_REPLY,    /* the answer is on its way */
    CONN_DONE,
} Handshake;

struct NetConn {
    World *world;
    Side client, server;
    Lane lanes[2];
    SimTimer connect_timer, timeout_timer;
    Handshake handshake;
    gboolean is_refused;
    guint syn_count;
    gint64 connect_ns;
    gboolean is_freed; /* by its owner */
    guint busy;        /* callbacks under way */
    GList link;        /* in world->conns */
};

static inline Side *
lane_receiver(Lane *lane)
{
    return lane->direction == NET_TO_SERVER ? &lane->conn->server : &lane->conn->client;
}

static inline Side *
lane_sender(Lane *lane)
{
    return lane->direction == NET_TO_SERVER ? &lane->conn->client : &lane->conn->server;
}

void conn_destroy(NetConn *conn);
void conn_destroy_if_done(NetConn *conn);

void lane_init(Lane *lane, NetConn *conn, NetDirection direction);
/* lane_purge: what is under way is lost. lane_flush: everything that is queued is sent (again). */
void lane_purge(Lane *lane);
void lane_flush(Lane *lane);
/* lane_push_close: the sender's side closes, for @why, after what it has sent. */
void lane_push_close(Lane *lane, const char *why);
gboolean lane_path_is_up(Lane *lane);
/* lane_retransmit_soon: the path is there again; what is held back goes at the next retransmission. */
void lane_retransmit_soon(Lane *lane);
