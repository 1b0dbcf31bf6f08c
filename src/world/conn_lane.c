/* conn_lane.c - one direction of a connection: messages in order, held back while the path is down */

#include "world/conn_internal.h"

#include "base/pool.h"

/* Linux: retransmission starts at 200 ms, doubles to 120 s; 15 tries, about 924 s. */
#define RTO_MIN_NS          (200 * NS_PER_MS)
#define RTO_MAX_NS          (120 * NS_PER_S)
#define RETRANSMIT_LIMIT_NS (924 * NS_PER_S + 600 * NS_PER_MS)

static void
message_free(Message *message)
{
    if (message->drop != NULL && message->payload != NULL)
        message->drop(message->payload);
    POOL_FREE(Message, message);
}

void
lane_purge(Lane *lane)
{
    while (lane->head != NULL) {
        Message *message = lane->head;

        lane->head = message->next;
        if (lane->head == NULL)
            lane->tail = NULL;
        message_free(message);
    }
    sim_timer_disarm(&lane->timer);
    lane->is_blocked = FALSE;
}

void
conn_destroy(NetConn *conn)
{
    for (guint i = 0; i < 2; i++) {
        lane_purge(&conn->lanes[i]);
        sim_timer_clear(&conn->lanes[i].timer);
    }
    sim_timer_clear(&conn->connect_timer);
    sim_timer_clear(&conn->timeout_timer);
    if (conn->client.process != NULL)
        g_queue_unlink(&conn->client.process->client_conns, &conn->client.link);
    if (conn->server.process != NULL)
        g_queue_unlink(&conn->server.process->server_conns, &conn->server.link);
    g_queue_unlink(&conn->world->conns, &conn->link);
    g_free(conn);
}

void
conn_destroy_if_done(NetConn *conn)
{
    if (conn->is_freed && !conn->server.is_open && conn->busy == 0)
        conn_destroy(conn);
}

gboolean
lane_path_is_up(Lane *lane)
{
    Machine *from = lane_sender(lane)->machine;
    Machine *to = lane_receiver(lane)->machine;

    return machine_is_on(from) && machine_is_on(to) && !world_is_cut(lane->conn->world, from, to);
}

static void
lane_block(Lane *lane)
{
    if (!lane->is_blocked)
        lane->blocked_since_ns = sim_now_ns(lane->conn->world->sim);
    lane->is_blocked = TRUE;
    sim_timer_arm_at(&lane->timer, lane->blocked_since_ns + RETRANSMIT_LIMIT_NS);
}

/* When a message sent now arrives; G_MAXINT64: the path is down. */
static gint64
lane_arrival_ns(Lane *lane, gsize bytes)
{
    World *world = lane->conn->world;
    Machine *from = lane_sender(lane)->machine;
    Machine *to = lane_receiver(lane)->machine;
    gint64 delay_ns = world_latency_ns(world, from, to);
    gint64 rto_ns = RTO_MIN_NS;

    if (delay_ns == G_MAXINT64)
        return G_MAXINT64;
    while (world_packet_is_lost(world, from, to)) {
        delay_ns += rto_ns;
        rto_ns = MIN(2 * rto_ns, RTO_MAX_NS);
    }
    return sim_now_ns(world->sim) + delay_ns + world_transfer_ns(from, to, bytes);
}

/* Send everything that is queued (again). */
void
lane_flush(Lane *lane)
{
    lane->is_blocked = FALSE;
    for (Message *message = lane->head; message != NULL; message = message->next) {
        gint64 due_ns = lane_arrival_ns(lane, message->bytes);

        if (due_ns == G_MAXINT64) {
            lane_block(lane);
            return;
        }
        lane->last_due_ns = MAX(lane->last_due_ns, due_ns);
        message->due_ns = lane->last_due_ns;
    }
    if (lane->head != NULL)
        sim_timer_arm_at(&lane->timer, lane->head->due_ns);
}

static void
lane_push(Lane *lane, Message *message)
{
    gint64 due_ns;

    message->cause = sim_cause(lane->conn->world->sim);
    if (lane->tail != NULL)
        lane->tail->next = message;
    else
        lane->head = message;
    lane->tail = message;
    if (lane->is_blocked || lane->conn->handshake != CONN_DONE)
        return;
    due_ns = lane_arrival_ns(lane, message->bytes);
    if (due_ns == G_MAXINT64) {
        /* What went before is still on its way; this one is held back when its turn comes. */
        message->due_ns = MAX(lane->last_due_ns, sim_now_ns(lane->conn->world->sim));
    } else {
        message->due_ns = MAX(lane->last_due_ns, due_ns);
    }
    lane->last_due_ns = message->due_ns;
    if (lane->head == message && !lane->is_waiting)
        sim_timer_arm_at(&lane->timer, message->due_ns);
}

void
lane_push_close(Lane *lane, const char *why)
{
    Message *message = POOL_NEW0(Message);

    message->close_why = why;
    lane_push(lane, message);
}

/* The side hears that the connection is over. */
static void
side_closed(NetConn *conn, Side *side, const char *why)
{
    if (!side->is_open)
        return;
    side->is_open = FALSE;
    if (side->hooks.closed != NULL) {
        conn->busy++;
        side->hooks.closed(conn, side->self, why);
        conn->busy--;
    }
}

static void
lane_deliver_head(Lane *lane)
{
    NetConn *conn = lane->conn;
    Sim *sim = conn->world->sim;
    Message *message = lane->head;
    Side *receiver = lane_receiver(lane);
    gpointer object;

    lane->head = message->next;
    if (lane->head == NULL)
        lane->tail = NULL;
    sim_set_cause(sim, message->cause);
    if (message->close_why != NULL) {
        side_closed(conn, receiver, message->close_why);
        POOL_FREE(Message, message);
        return;
    }
    object = sim_handle_peek(sim, message->receiver);
    if (object != NULL) {
        SimMessageHandler handler = message->handler;
        gpointer payload = message->payload;

        POOL_FREE(Message, message);
        handler(sim, object, payload);
    } else {
        message_free(message);
    }
}

/* What is at the head has arrived; FALSE if it cannot be delivered now. */
static gboolean
lane_arrived(Lane *lane)
{
    Side *receiver = lane_receiver(lane);
    Side *sender = lane_sender(lane);

    if (!lane_path_is_up(lane)) {
        if (machine_is_on(sender->machine))
            lane_block(lane);
        else
            lane_purge(lane);
        return FALSE;
    }
    if (!receiver->is_open) {
        /* Nobody has that socket any more: the kernel answers with a reset. */
        Lane *back = &lane->conn->lanes[1 - lane->direction];

        lane_purge(lane);
        if (sender->is_open)
            lane_push_close(back, "reset");
        return FALSE;
    }
    if (receiver->process != NULL && receiver->process->state == PROCESS_PAUSED) {
        lane->is_waiting = TRUE;
        return FALSE;
    }
    return TRUE;
}

static void
lane_on_timer(Sim *sim, gpointer self)
{
    Lane *lane = self;
    NetConn *conn = lane->conn;

    conn->busy++;
    if (lane->is_blocked) {
        if (!machine_is_on(lane_sender(lane)->machine)) {
            lane_purge(lane);
        } else if (lane_path_is_up(lane)) {
            lane_flush(lane);
        } else if (sim_now_ns(sim) >= lane->blocked_since_ns + RETRANSMIT_LIMIT_NS) {
            lane_purge(lane);
            side_closed(conn, lane_sender(lane), "timeout");
        } else {
            lane_block(lane);
        }
    } else {
        lane->is_waiting = FALSE;
        while (lane->head != NULL && lane->head->due_ns <= sim_now_ns(sim)) {
            if (!lane_arrived(lane))
                break;
            lane_deliver_head(lane);
        }
        if (lane->head != NULL && !lane->is_blocked && !lane->is_waiting)
            sim_timer_arm_at(&lane->timer, MAX(lane->head->due_ns, sim_now_ns(sim)));
    }
    conn->busy--;
    conn_destroy_if_done(conn);
}

void
lane_init(Lane *lane, NetConn *conn, NetDirection direction)
{
    lane->conn = conn;
    lane->direction = direction;
    lane->last_due_ns = sim_now_ns(conn->world->sim); /* the clock may start before 0 */
    sim_timer_init(&lane->timer, conn->world->sim, SIM_DELIVER, lane_on_timer, lane);
}

/* The first retransmission that is not before now. */
static gint64
lane_next_retransmit_ns(const Lane *lane, gint64 now_ns)
{
    gint64 time_ns = lane->blocked_since_ns;
    gint64 rto_ns = RTO_MIN_NS;

    do {
        time_ns += rto_ns;
        rto_ns = MIN(2 * rto_ns, RTO_MAX_NS);
    } while (time_ns < now_ns);
    return time_ns;
}

void
lane_retransmit_soon(Lane *lane)
{
    if (lane->is_blocked)
        sim_timer_arm_at(&lane->timer, lane_next_retransmit_ns(lane, sim_now_ns(lane->conn->world->sim)));
}

void
net_conn_send(NetConn *conn,
              NetDirection direction,
              gsize bytes,
              SimHandle receiver,
              SimMessageHandler handler,
              gpointer payload,
              GDestroyNotify drop)
{
    Lane *lane = &conn->lanes[direction];
    Message *message;

    if (!lane_sender(lane)->is_open || !machine_is_on(lane_sender(lane)->machine)) {
        if (drop != NULL && payload != NULL)
            drop(payload);
        return;
    }
    message = POOL_NEW0(Message);
    message->bytes = bytes;
    message->receiver = receiver;
    message->handler = handler;
    message->payload = payload;
    message->drop = drop;
    lane_push(lane, message);
}

static gboolean
side_is_running(const Side *side)
{
    return side->is_open && side->process != NULL && side->process->state == PROCESS_RUNNING;
}

gint64
net_conn_arrival_ns(const NetConn *conn, NetDirection direction, gsize bytes, gint64 sent_ns)
{
    const Lane *lane = &conn->lanes[direction];
    const Machine *from = direction == NET_TO_SERVER ? conn->client.machine : conn->server.machine;
    const Machine *to = direction == NET_TO_SERVER ? conn->server.machine : conn->client.machine;
    gint64 latency_ns;

    if (conn->handshake != CONN_DONE || !side_is_running(&conn->client) || !side_is_running(&conn->server))
        return -1;
    if (lane->is_blocked || lane->is_waiting)
        return -1;
    latency_ns = world_steady_latency_ns(conn->world, from, to);
    if (latency_ns < 0)
        return -1;
    return MAX(lane->last_due_ns, sent_ns + latency_ns + world_transfer_ns(from, to, bytes));
}
