/* conn_around.c - what becomes of connections when processes end or pause, machines boot, paths are cut and mended */

#include "world/conn_internal.h"

/* No packet tells the client; see NetConnHooks. */
static void
client_hears_nothing(NetConn *conn)
{
    if (!conn->client.is_open || conn->handshake != CONN_DONE || conn->client.hooks.silent == NULL)
        return;
    conn->busy++;
    conn->client.hooks.silent(conn, conn->client.self);
    conn->busy--;
}

static void
side_died(NetConn *conn, Side *side, Lane *lane_out, const char *why, gboolean is_silent)
{
    Side *other = lane_out->receiver;
    Lane *lane_in = &conn->lanes[1 - lane_out->direction];
    gboolean was_open = side->is_open;

    side->is_open = FALSE;
    side->hooks = (NetConnHooks){0};
    if (was_open && !is_silent && other->is_open && conn->handshake == CONN_DONE)
        lane_push_close(lane_out, why);
    if (lane_in->is_waiting)
        sim_timer_arm_after(&lane_in->timer, 0);
}

void
conn_process_died(Process *process, gboolean is_silent)
{
    for (GList *link = process->client_conns.head, *next; link != NULL; link = next) {
        NetConn *conn = link->data;

        next = link->next;
        side_died(conn, &conn->client, &conn->lanes[NET_TO_SERVER], "closed", is_silent);
        sim_timer_disarm(&conn->connect_timer);
        sim_timer_disarm(&conn->timeout_timer);
        if (conn->handshake != CONN_DONE)
            conn->server.is_open = FALSE;
        conn->handshake = CONN_DONE;
        conn_destroy_if_done(conn);
    }
    for (GList *link = process->server_conns.head, *next; link != NULL; link = next) {
        NetConn *conn = link->data;

        next = link->next;
        if (conn->handshake == CONN_REPLY && !is_silent)
            conn->is_refused = TRUE;
        side_died(conn, &conn->server, &conn->lanes[NET_TO_CLIENT], "reset", is_silent);
        if (is_silent)
            client_hears_nothing(conn);
        conn_destroy_if_done(conn);
    }
}

static void
process_went_silent(Process *process, const Machine *client)
{
    for (GList *link = process->server_conns.head, *next; link != NULL; link = next) {
        NetConn *conn = link->data;

        next = link->next;
        if (client == NULL || conn->client.machine == client)
            client_hears_nothing(conn);
    }
}

void
conn_process_paused(Process *process)
{
    process_went_silent(process, NULL);
}

void
conn_path_cut(Machine *a, Machine *b)
{
    for (guint i = 0; i < a->processes->len; i++)
        process_went_silent(g_ptr_array_index(a->processes, i), b);
    for (guint i = 0; i < b->processes->len; i++)
        process_went_silent(g_ptr_array_index(b->processes, i), a);
}

void
conn_process_resumed(Process *process)
{
    gint64 now_ns = sim_now_ns(process->machine->world->sim);

    for (GList *link = process->client_conns.head; link != NULL; link = link->next) {
        Lane *lane = &((NetConn *)link->data)->lanes[NET_TO_CLIENT];

        if (lane->is_waiting)
            sim_timer_arm_at(&lane->timer, now_ns);
    }
    for (GList *link = process->server_conns.head; link != NULL; link = link->next) {
        Lane *lane = &((NetConn *)link->data)->lanes[NET_TO_SERVER];

        if (lane->is_waiting)
            sim_timer_arm_at(&lane->timer, now_ns);
    }
}

void
conn_process_forget(Process *process)
{
    conn_process_died(process, TRUE);
    while (process->client_conns.head != NULL) {
        NetConn *conn = process->client_conns.head->data;

        g_queue_unlink(&process->client_conns, &conn->client.link);
        conn->client.process = NULL;
    }
    while (process->server_conns.head != NULL) {
        NetConn *conn = process->server_conns.head->data;

        g_queue_unlink(&process->server_conns, &conn->server.link);
        conn->server.process = NULL;
    }
}

static void
conn_path_is_up(NetConn *conn)
{
    lane_retransmit_soon(&conn->lanes[0]);
    lane_retransmit_soon(&conn->lanes[1]);
}

static void
process_path_healed(Process *process, Machine *peer)
{
    for (GList *link = process->client_conns.head; link != NULL; link = link->next) {
        NetConn *conn = link->data;

        if (peer == NULL || conn->server.machine == peer)
            conn_path_is_up(conn);
    }
    for (GList *link = process->server_conns.head; link != NULL; link = link->next) {
        NetConn *conn = link->data;

        if (peer == NULL || conn->client.machine == peer)
            conn_path_is_up(conn);
    }
}

void
conn_path_healed(Machine *a, Machine *b)
{
    for (guint i = 0; i < a->processes->len; i++)
        process_path_healed(g_ptr_array_index(a->processes, i), b);
}

void
conn_machine_booted(Machine *machine)
{
    for (guint i = 0; i < machine->processes->len; i++)
        process_path_healed(g_ptr_array_index(machine->processes, i), NULL);
}

void
conn_free_all(World *world)
{
    while (world->conns.head != NULL)
        conn_destroy(world->conns.head->data);
}
