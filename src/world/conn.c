/* conn.c - see world.h: connections between processes, as TCP behaves: opened, accepted, closed */

#include "world/conn_internal.h"

/* Linux 6.5 and later: connect() tries again at these times after the first SYN, gives up at the last. */
static const gint64 syn_retry_ns[] = {
    1 * NS_PER_S,  2 * NS_PER_S,  3 * NS_PER_S,  4 * NS_PER_S,  5 * NS_PER_S,   7 * NS_PER_S,
    11 * NS_PER_S, 19 * NS_PER_S, 35 * NS_PER_S, 67 * NS_PER_S, 131 * NS_PER_S,
};

/* --- handshake ----------------------------------------------------------------------------- */

static void
conn_failed(NetConn *conn, const char *why)
{
    sim_timer_disarm(&conn->connect_timer);
    sim_timer_disarm(&conn->timeout_timer);
    conn->handshake = CONN_DONE;
    conn->client.is_open = FALSE;
    conn->server.is_open = FALSE;
    conn->busy++;
    if (conn->client.hooks.failed != NULL)
        conn->client.hooks.failed(conn, conn->client.self, why);
    conn->busy--;
    conn_destroy_if_done(conn);
}

static void
conn_on_timeout(Sim *sim, gpointer self)
{
    (void)sim;
    conn_failed(self, "timeout");
}

static void
conn_retry_syn_later(NetConn *conn)
{
    conn->handshake = CONN_SYN;
    if (conn->syn_count >= G_N_ELEMENTS(syn_retry_ns)) {
        conn_failed(conn, "timeout");
        return;
    }
    sim_timer_arm_at(&conn->connect_timer, MAX(conn->connect_ns + syn_retry_ns[conn->syn_count],
                                               sim_now_ns(conn->world->sim)));
    conn->syn_count++;
}

static void
conn_send_reply(NetConn *conn)
{
    gint64 delay_ns = world_latency_ns(conn->world, conn->server.machine, conn->client.machine);

    if (delay_ns == G_MAXINT64 ||
        world_packet_is_lost(conn->world, conn->server.machine, conn->client.machine)) {
        conn_retry_syn_later(conn);
        return;
    }
    conn->handshake = CONN_REPLY;
    sim_timer_arm_after(&conn->connect_timer, delay_ns);
}

/* The SYN has reached the server's machine. A paused process's kernel still answers. */
static void
conn_syn_arrived(NetConn *conn)
{
    conn->is_refused =
        conn->server.process == NULL || conn->server.process->state == PROCESS_STOPPED;
    conn->server.is_open = !conn->is_refused;
    conn_send_reply(conn);
}

static void
conn_established(NetConn *conn)
{
    sim_timer_disarm(&conn->timeout_timer);
    conn->handshake = CONN_DONE;
    lane_flush(&conn->lanes[NET_TO_SERVER]);
    lane_flush(&conn->lanes[NET_TO_CLIENT]);
    conn->busy++;
    if (conn->client.hooks.established != NULL)
        conn->client.hooks.established(conn, conn->client.self);
    conn->busy--;
    conn_destroy_if_done(conn);
}

static void
conn_send_syn(NetConn *conn)
{
    World *world = conn->world;
    gint64 delay_ns = world_latency_ns(world, conn->client.machine, conn->server.machine);

    if (delay_ns == G_MAXINT64 ||
        world_packet_is_lost(world, conn->client.machine, conn->server.machine)) {
        conn_retry_syn_later(conn);
        return;
    }
    conn->handshake = CONN_SYN_SENT;
    sim_timer_arm_after(&conn->connect_timer, delay_ns);
}

static void
conn_on_connect_timer(Sim *sim, gpointer self)
{
    NetConn *conn = self;

    (void)sim;
    if (conn->handshake == CONN_SYN)
        conn_send_syn(conn);
    else if (conn->handshake == CONN_SYN_SENT && lane_path_is_up(&conn->lanes[NET_TO_SERVER]))
        conn_syn_arrived(conn);
    else if (conn->handshake == CONN_SYN_SENT)
        conn_retry_syn_later(conn);
    else if (world_is_cut(conn->world, conn->client.machine, conn->server.machine))
        conn_retry_syn_later(conn);
    else if (conn->is_refused)
        conn_failed(conn, "refused");
    else
        conn_established(conn);
}

/* --- public -------------------------------------------------------------------------------- */

NetConn *
net_connect(World *world,
            Process *client,
            Process *server,
            gint64 connect_timeout_ns,
            const NetConnHooks *client_hooks,
            gpointer client_self)
{
    NetConn *conn = g_new0(NetConn, 1);

    conn->world = world;
    conn->client.machine = client->machine;
    conn->client.process = client;
    conn->client.is_open = TRUE;
    if (client_hooks != NULL)
        conn->client.hooks = *client_hooks;
    conn->client.self = client_self;
    conn->server.machine = server->machine;
    conn->server.process = server;
    conn->link.data = conn->client.link.data = conn->server.link.data = conn;
    g_queue_push_tail_link(&world->conns, &conn->link);
    g_queue_push_tail_link(&client->client_conns, &conn->client.link);
    g_queue_push_tail_link(&server->server_conns, &conn->server.link);
    lane_init(&conn->lanes[NET_TO_SERVER], conn, NET_TO_SERVER);
    lane_init(&conn->lanes[NET_TO_CLIENT], conn, NET_TO_CLIENT);
    sim_timer_init(&conn->connect_timer, world->sim, SIM_DELIVER, conn_on_connect_timer, conn);
    sim_timer_init(&conn->timeout_timer, world->sim, SIM_DELIVER, conn_on_timeout, conn);
    conn->connect_ns = sim_now_ns(world->sim);
    if (connect_timeout_ns > 0)
        sim_timer_arm_after(&conn->timeout_timer, connect_timeout_ns);
    conn_send_syn(conn);
    return conn;
}

void
net_conn_accept(NetConn *conn, const NetConnHooks *server_hooks, gpointer server_self)
{
    if (server_hooks != NULL)
        conn->server.hooks = *server_hooks;
    conn->server.self = server_self;
}

void
net_conn_free(NetConn *conn)
{
    if (conn == NULL || conn->is_freed)
        return;
    conn->is_freed = TRUE;
    sim_timer_disarm(&conn->connect_timer);
    sim_timer_disarm(&conn->timeout_timer);
    conn->client.hooks = (NetConnHooks){0};
    if (conn->handshake != CONN_DONE) {
        conn->handshake = CONN_DONE;
        conn->server.is_open = FALSE;
    }
    lane_purge(&conn->lanes[NET_TO_CLIENT]);
    if (conn->client.is_open) {
        conn->client.is_open = FALSE;
        if (conn->server.is_open && machine_is_on(conn->client.machine))
            lane_push_close(&conn->lanes[NET_TO_SERVER], "closed");
    }
    conn_destroy_if_done(conn);
}

gboolean
net_conn_is_local(const NetConn *conn)
{
    return conn->client.machine == conn->server.machine;
}

gboolean
net_conn_server_is_open(const NetConn *conn)
{
    return conn->server.is_open;
}
