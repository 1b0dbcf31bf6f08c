/*
 * conn_internal.h - a connection's inside, for conn*.c
 *
 * conn_lane.c carries messages, conn.c opens and closes, conn_around.c tells connections what becomes of processes,
 * machines and paths. A connection is destroyed when its owner has freed it, the server's side is closed and no callback
 * of it is under way: who calls a hook counts busy up and down, then calls conn_destroy_if_done.
 */
#pragma once

#include "base/caches.h"
#include "world/internal.h"

typedef struct Message Message;
struct Message {
    Message *next;
    gint64 due_ns;
    SimHandle receiver;
    SimMessageHandler handler; /* NULL: the other side closed, and payload is why */
    gpointer payload;
    GDestroyNotify drop;
    gsize bytes;
    TraceId cause;
};

typedef struct {
    Machine *machine;
    Process *process; /* NULL once it was freed */
    gboolean is_open;
    NetConnHooks hooks;
    gpointer self;
    GList link; /* in the process's list */
} Side;

/* What a message meets between two machines; good while world->path_changes is @seen. */
typedef struct {
    guint64 seen;
    gint64 steady_ns;   /* world_steady_latency_ns */
    gint64 bytes_per_s; /* of the slower card; 0: within a machine, no time */
    gboolean is_up;
} Path;

/* One direction. What every message needs stands first. */
typedef struct {
    NetConn *conn;
    Side *sender, *receiver;
    Message *head, *tail;
    gint64 last_due_ns;
    gboolean is_blocked; /* unacknowledged data, the path is down */
    gboolean is_waiting; /* for a paused receiver to resume */
    Path path;
    SimTimer timer;
    gint64 blocked_since_ns;
    NetDirection direction;
} Lane;

typedef enum {
    CONN_SYN,      /* to be sent (again) when the timer fires */
    CONN_SYN_SENT, /* on its way */
    CONN_REPLY,    /* the answer is on its way */
    CONN_DONE,
} Handshake;

struct NetConn {
    World *world;
    Handshake handshake;
    gboolean is_freed; /* by its owner */
    guint busy;        /* callbacks under way */
    Side client, server;
    Lane lanes[2];
    SimTimer connect_timer, timeout_timer;
    gboolean is_refused;
    void (*catch_up)(gpointer self); /* see net_conn_set_source; may be NULL */
    gpointer source;
    guint syn_count;
    gint64 connect_ns;
    GList link; /* in world->conns */
};

void conn_destroy(NetConn *conn);

static inline void
conn_destroy_if_done(NetConn *conn)
{
    if (G_UNLIKELY(conn->is_freed) && !conn->server.is_open && conn->busy == 0)
        conn_destroy(conn);
}

void lane_init(Lane *lane, NetConn *conn, NetDirection direction);
/* lane_purge: what is under way is lost. lane_flush: everything that is queued is sent (again). */
void lane_purge(Lane *lane);
void lane_flush(Lane *lane);
/* lane_push_close: the sender's side closes, for @why, after what it has sent. */
void lane_push_close(Lane *lane, const char *why);
void lane_look_at_path(Lane *lane);

/* lane_path: as it is now. */
static inline const Path *
lane_path(Lane *lane)
{
    if (G_UNLIKELY(lane->path.seen != lane->conn->world->path_changes) || G_UNLIKELY(caches_are_checked()))
        lane_look_at_path(lane);
    return &lane->path;
}

static inline gboolean
lane_path_is_up(Lane *lane)
{
    return lane_path(lane)->is_up;
}

/* lane_retransmit_soon: the path is there again; what is held back goes at the next retransmission. */
void lane_retransmit_soon(Lane *lane);
