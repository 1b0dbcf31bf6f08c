/* conn_lane.c - one direction of a connection: messages in order, held back while the path is down */

#include "world/conn_internal.h"

#include "base/fetch.h"
#include "base/pool.h"
#include "world/stirs.h"

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

static gboolean
paths_are_equal(const Path *a, const Path *b)
{
    return a->steady_ns == b->steady_ns && a->bytes_per_s == b->bytes_per_s && a->is_up == b->is_up;
}

void
lane_look_at_path(Lane *lane)
{
    World *world = lane->conn->world;
    Machine *from = lane->sender->machine;
    Machine *to = lane->receiver->machine;
    Path path = {
        .seen = world->path_changes,
        .steady_ns = world_steady_latency_ns(world, from, to),
        .bytes_per_s = from == to ? 0 : MIN(from->nic_bytes_per_s, to->nic_bytes_per_s),
        .is_up = machine_is_on(from) && machine_is_on(to) && !world_is_cut(world, from, to),
    };

    if (lane->path.seen == path.seen)
        g_assert(paths_are_equal(&lane->path, &path));
    lane->path = path;
}

static void
lane_block(Lane *lane)
{
    if (!lane->is_blocked)
        lane->blocked_since_ns = sim_now_ns(lane->conn->world->sim);
    lane->is_blocked = TRUE;
    sim_timer_arm_at(&lane->timer, lane->blocked_since_ns + RETRANSMIT_LIMIT_NS);
}

/* Where trips take different times, or are lost on the way. */
static gint64
lane_draw_arrival_ns(Lane *lane, gsize bytes)
{
    World *world = lane->conn->world;
    Machine *from = lane->sender->machine;
    Machine *to = lane->receiver->machine;
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

/* world_transfer_ns */
static inline gint64
path_transfer_ns(const Path *path, gsize bytes)
{
    if (path->bytes_per_s == 0)
        return 0;
    if (G_LIKELY(bytes <= G_MAXUINT32))
        return (gint64)((guint64)bytes * (guint64)NS_PER_S / (guint64)path->bytes_per_s);
    return (gint64)((__int128)bytes * NS_PER_S / path->bytes_per_s);
}

/* When a message sent now arrives; G_MAXINT64: the path is down. */
static inline gint64
lane_arrival_ns(Lane *lane, gsize bytes, gint64 now_ns)
{
    const Path *path = lane_path(lane);

    if (G_LIKELY(path->steady_ns >= 0))
        return now_ns + path->steady_ns + path_transfer_ns(path, bytes);
    return lane_draw_arrival_ns(lane, bytes);
}

/* Send everything that is queued (again). */
void
lane_flush(Lane *lane)
{
    lane->is_blocked = FALSE;
    for (Message *message = lane->head; message != NULL; message = message->next) {
        gint64 due_ns = lane_arrival_ns(lane, message->bytes, sim_now_ns(lane->conn->world->sim));

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

static inline void
lane_push(Lane *lane, Message *message)
{
    Sim *sim = lane->conn->world->sim;
    gint64 now_ns, due_ns;

    if (G_UNLIKELY(lane->conn->catch_up != NULL) && lane->direction == NET_TO_CLIENT)
        lane->conn->catch_up(lane->conn->source);
    message->next = NULL;
    message->cause = sim_cause(sim);
    if (lane->tail != NULL)
        lane->tail->next = message;
    else
        lane->head = message;
    lane->tail = message;
    if (G_UNLIKELY(lane->is_blocked || lane->conn->handshake != CONN_DONE))
        return;
    now_ns = sim_now_ns(sim);
    due_ns = lane_arrival_ns(lane, message->bytes, now_ns);
    /* If the path is down, what went before is still on its way; this one is held back when its turn comes. */
    if (G_UNLIKELY(due_ns == G_MAXINT64))
        due_ns = now_ns;
    message->due_ns = lane->last_due_ns = MAX(lane->last_due_ns, due_ns);
    if (lane->head == message && !lane->is_waiting)
        sim_timer_arm_at(&lane->timer, message->due_ns);
}

void
lane_push_close(Lane *lane, const char *why)
{
    Message *message = POOL_NEW0(Message);

    message->payload = (gpointer)why;
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

static inline void
lane_deliver_head(Lane *lane, Sim *sim)
{
    Message *message = lane->head;
    SimMessageHandler handler = message->handler;
    gpointer payload = message->payload;
    gpointer object;

    lane->head = message->next;
    if (lane->head == NULL)
        lane->tail = NULL;
    sim_set_cause(sim, message->cause);
    if (G_UNLIKELY(handler == NULL)) {
        POOL_FREE(Message, message);
        side_closed(lane->conn, lane->receiver, payload);
        return;
    }
    object = sim_handle_peek(sim, message->receiver);
    if (G_UNLIKELY(object == NULL)) {
        message_free(message);
        return;
    }
    POOL_FREE(Message, message);
    handler(sim, object, payload);
}

/* What is at the head has arrived but cannot be delivered now. */
static void
lane_cannot_deliver(Lane *lane)
{
    if (!lane_path_is_up(lane)) {
        if (machine_is_on(lane->sender->machine))
            lane_block(lane);
        else
            lane_purge(lane);
    } else if (!lane->receiver->is_open) {
        /* Nobody has that socket any more: the kernel answers with a reset. */
        lane_purge(lane);
        if (lane->sender->is_open)
            lane_push_close(&lane->conn->lanes[1 - lane->direction], "reset");
    } else {
        lane->is_waiting = TRUE; /* for a paused process */
    }
}

static inline gboolean
lane_can_deliver(Lane *lane)
{
    const Side *receiver = lane->receiver;

    return lane_path_is_up(lane) && receiver->is_open &&
           (receiver->process == NULL || receiver->process->state != PROCESS_PAUSED);
}

static void
lane_try_again(Lane *lane)
{
    NetConn *conn = lane->conn;

    if (!machine_is_on(lane->sender->machine)) {
        lane_purge(lane);
    } else if (lane_path_is_up(lane)) {
        lane_flush(lane);
    } else if (sim_now_ns(conn->world->sim) >= lane->blocked_since_ns + RETRANSMIT_LIMIT_NS) {
        lane_purge(lane);
        side_closed(conn, lane->sender, "timeout");
    } else {
        lane_block(lane);
    }
}

static void
lane_on_timer(Sim *sim, gpointer self)
{
    Lane *lane = self;
    NetConn *conn = lane->conn;

    conn->busy++;
    if (G_UNLIKELY(lane->is_blocked)) {
        lane_try_again(lane);
    } else {
        gint64 now_ns = sim_now_ns(sim);

        lane->is_waiting = FALSE;
        while (lane->head != NULL && lane->head->due_ns <= now_ns) {
            if (G_UNLIKELY(!lane_can_deliver(lane))) {
                lane_cannot_deliver(lane);
                break;
            }
            lane_deliver_head(lane, sim);
        }
        if (lane->head != NULL && !lane->is_blocked && !lane->is_waiting)
            sim_timer_arm_at(&lane->timer, MAX(lane->head->due_ns, now_ns));
    }
    conn->busy--;
    conn_destroy_if_done(conn);
}

void
lane_init(Lane *lane, NetConn *conn, NetDirection direction)
{
    lane->conn = conn;
    lane->direction = direction;
    lane->sender = direction == NET_TO_SERVER ? &conn->client : &conn->server;
    lane->receiver = direction == NET_TO_SERVER ? &conn->server : &conn->client;
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

    if (G_UNLIKELY(!lane->sender->is_open || (!lane_path_is_up(lane) && !machine_is_on(lane->sender->machine)))) {
        if (drop != NULL && payload != NULL)
            drop(payload);
        return;
    }
    message = POOL_NEW(Message);
    message->receiver = receiver;
    message->handler = handler;
    message->payload = payload;
    message->drop = drop;
    message->bytes = bytes;
    lane_push(lane, message);
}

static gboolean
side_is_running(const Side *side)
{
    return side->is_open && side->process != NULL && side->process->state == PROCESS_RUNNING;
}

gint64
net_conn_trip_ns(NetConn *conn, NetDirection direction, gsize bytes)
{
    Lane *lane = &conn->lanes[direction];
    const Path *path = lane_path(lane);

    if (conn->handshake != CONN_DONE || !side_is_running(&conn->client) || !side_is_running(&conn->server))
        return -1;
    if (lane->is_blocked || lane->is_waiting || path->steady_ns < 0)
        return -1;
    return path->steady_ns + path_transfer_ns(path, bytes);
}

gint64
net_conn_arrival_ns(NetConn *conn, NetDirection direction, gsize bytes, gint64 sent_ns)
{
    gint64 trip_ns = net_conn_trip_ns(conn, direction, bytes);

    return trip_ns < 0 ? -1 : MAX(conn->lanes[direction].last_due_ns, sent_ns + trip_ns);
}

/* --- computed instead of played ------------------------------------------------------------ */

void
net_conn_set_source(NetConn *conn, void (*catch_up)(gpointer self), gpointer self)
{
    conn->catch_up = catch_up;
    conn->source = self;
}

gint64
net_conn_pass_ns(NetConn *conn, gsize bytes, gint64 sent_ns)
{
    Lane *lane = &conn->lanes[NET_TO_CLIENT];

    lane->last_due_ns = net_conn_arrival_ns(conn, NET_TO_CLIENT, bytes, sent_ns);
    g_assert(lane->last_due_ns >= 0 || sent_ns < 0);
    return lane->last_due_ns;
}

void
net_conn_put(NetConn *conn,
             gsize bytes,
             gint64 due_ns,
             SimHandle receiver,
             SimMessageHandler handler,
             gpointer payload,
             GDestroyNotify drop)
{
    Lane *lane = &conn->lanes[NET_TO_CLIENT];
    Message *message = POOL_NEW0(Message);
    Message **place = &lane->head;

    message->bytes = bytes;
    message->due_ns = due_ns;
    message->receiver = receiver;
    message->handler = handler;
    message->payload = payload;
    message->drop = drop;
    while (*place != NULL && (*place)->due_ns <= due_ns)
        place = &(*place)->next;
    message->next = *place;
    *place = message;
    if (message->next == NULL)
        lane->tail = message;
    if (lane->head == message)
        sim_timer_arm_at(&lane->timer, due_ns);
}

void
net_conn_fetch(const NetConn *conn, NetDirection direction)
{
    fetch(&conn->lanes[direction].last_due_ns);
}

gint64
net_conn_after_ns(const NetConn *conn, NetDirection direction, gint64 due_ns)
{
    return MAX(conn->lanes[direction].last_due_ns, due_ns);
}
