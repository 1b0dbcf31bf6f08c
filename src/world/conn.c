/* conn.c - see world.h: connections between processes, as TCP behaves */

#include "world/internal.h"

#include "base/pool.h"

/* Linux 6.5 and later: connect() tries again at these times after the first SYN, gives up at the last. */
static const gint64 syn_retry_ns[] = {
    1 * NS_PER_S,  2 * NS_PER_S,  3 * NS_PER_S,  4 * NS_PER_S,  5 * NS_PER_S,   7 * NS_PER_S,
    11 * NS_PER_S, 19 * NS_PER_S, 35 * NS_PER_S, 67 * NS_PER_S, 131 * NS_PER_S,
};

/* Linux: retransmission starts at 200 ms, doubles to 120 s; 15 tries, about 924 s. */
#define RTO_MIN_NS          (200 * NS_PER_MS)
#define RTO_MAX_NS          (120 * NS_PER_S)
#define RETRANSMIT_LIMIT_NS (924 * NS_PER_S + 600 * NS_PER_MS)

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

static void
message_free(Message *message)
{
    if (message->drop != NULL && message->payload != NULL)
        message->drop(message->payload);
    POOL_FREE(Message, message);
}

static void
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

static void
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

static void
conn_destroy_if_done(NetConn *conn)
{
    if (conn->is_freed && !conn->server.is_open && conn->busy == 0)
        conn_destroy(conn);
}

static Side *
lane_receiver(Lane *lane)
{
    return lane->direction == NET_TO_SERVER ? &lane->conn->server : &lane->conn->client;
}

static Side *
lane_sender(Lane *lane)
{
    return lane->direction == NET_TO_SERVER ? &lane->conn->client : &lane->conn->server;
}

static gboolean
lane_path_is_up(Lane *lane)
{
    Machine *from = lane_sender(lane)->machine;
    Machine *to = lane_receiver(lane)->machine;

    return machine_is_on(from) && machine_is_on(to) && !world_is_cut(lane->conn->world, from, to);
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
static void
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

static void
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

static void
lane_init(Lane *lane, NetConn *conn, NetDirection direction)
{
    lane->conn = conn;
    lane->direction = direction;
    lane->last_due_ns = sim_now_ns(conn->world->sim); /* the clock may start before 0 */
    sim_timer_init(&lane->timer, conn->world->sim, SIM_DELIVER, lane_on_timer, lane);
}

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
net_conn_server_is_open(const NetConn *conn)
{
    return conn->server.is_open;
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

/* --- what happens around ------------------------------------------------------------------- */

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
    Side *other = lane_receiver(lane_out);
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
    gint64 now_ns = sim_now_ns(conn->world->sim);

    for (guint i = 0; i < 2; i++) {
        Lane *lane = &conn->lanes[i];

        if (lane->is_blocked)
            sim_timer_arm_at(&lane->timer, lane_next_retransmit_ns(lane, now_ns));
    }
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
