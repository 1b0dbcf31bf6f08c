/* conn.c - see conn.h */

#include "client/session.h"

#include "base/duration.h"
#include "base/links.h"
#include "base/pool.h"
#include "world/stirs.h"

#define DIAL_TIMEOUT_NS (30 * NS_PER_S)
/* kubeadm's HAProxy: "timeout connect 5s", "retries 1", "option redispatch". */
#define BALANCER_TIMEOUT_NS (5 * NS_PER_S)
#define BALANCER_RETRIES    1
#define PING_AFTER_NS   (30 * NS_PER_S)
#define PING_TIMEOUT_NS (15 * NS_PER_S)

typedef enum { CONN_IDLE, CONN_DIALLING, CONN_OPEN } ConnState;

/* What an answer touches comes first, up to whether a timer is armed: a thousand connections lie far away. */
struct Conn {
    gint64 read_ns; /* of the last byte from the server */
    ConnState state;
    gboolean is_ping_out;
    Session *session; /* (owned ref) when open */
    SimTimer ping_timer;
    GQueue in_flight; /* of Call */
    SimTimer deadline_timer;
    Sim *sim;
    NetConn *net; /* (owned) NULL when idle */
    guint ref_count;
    ApiServer *server;  /* to whom it is, or was last */
    ApiServer *address; /* any of the servers that it may be connected to */
    World *world;
    Process *process;
    gboolean is_balanced;
    guint n_dials;
    SimHandle handle;
    GQueue pending;   /* of Call, until the connection is there */
    GQueue lost;      /* of Call, being told */
    GQueue pending_watches;
    GQueue lost_watches;
};

/* --- calls ------------------------------------------------------------------------------------ */

Call *
client_call_ref(Call *call)
{
    call->ref_count++;
    return call;
}

void
client_call_unref(gpointer data)
{
    Call *call = data;

    if (--call->ref_count > 0)
        return;
    g_assert(call->queue == NULL);
    session_unref(call->session);
    api_request_unref(call->request);
    if (call->response != NULL)
        api_response_free(call->response);
    POOL_FREE(Call, call);
}

void
client_call_move(Call *call, GQueue *queue)
{
    if (call->queue != NULL)
        links_take(call->queue, &call->link);
    call->queue = queue;
    if (queue != NULL)
        links_push(queue, &call->link);
}

static void conn_on_response(Sim *sim, gpointer receiver, gpointer payload);

void
client_conn_read(Conn *conn)
{
    conn->read_ns = MAX(conn->read_ns, sim_now_ns(conn->ping_timer.sim));
    conn->is_ping_out = FALSE;
    if (conn->ping_timer.is_armed)
        sim_timer_arm_after(&conn->ping_timer, PING_AFTER_NS);
}

gboolean
client_conn_is_quiet(const Conn *conn)
{
    return conn->state == CONN_OPEN && !conn->is_ping_out && !conn->ping_timer.is_armed;
}

void
client_conn_read_at(Conn *conn, gint64 at_ns)
{
    conn->read_ns = MAX(conn->read_ns, at_ns);
}

/* --- the client's side ------------------------------------------------------------------------ */

static void
conn_arm_deadline(Conn *conn, gint64 deadline_ns)
{
    if (!conn->deadline_timer.is_armed || conn->deadline_timer.due_ns > deadline_ns)
        sim_timer_arm_at(&conn->deadline_timer, deadline_ns);
}

static void
conn_put_on_wire(Conn *conn, Call *call)
{
    client_call_move(call, &conn->in_flight);
    sim_set_cause(conn->sim, call->cause);
    session_send_call(conn->session, call);
}

static void
conn_send_watch(Conn *conn, ClientWatch *watch)
{
    watch_move(watch, &conn->pending_watches);
    sim_set_cause(conn->sim, watch->cause);
    session_send_watch(conn->session, watch);
}

/* The connection is over: forget it, then tell everybody. */
static void
conn_close(Conn *conn)
{
    NetConn *net = conn->net;
    Session *session = conn->session;

    conn->state = CONN_IDLE;
    conn->net = NULL;
    conn->session = NULL;
    conn->is_ping_out = FALSE;
    sim_timer_disarm(&conn->ping_timer);
    if (session != NULL)
        session_end(session, net, &conn->lost_watches);
    if (net != NULL)
        net_conn_free(net);
}

static void
queue_append(GQueue *to, GQueue *from)
{
    while (from->head != NULL)
        client_call_move(from->head->data, to);
}

static void
conn_lost(Conn *conn, const char *why, gboolean was_open)
{
    g_autoptr(ApiStatus) status = api_status_transport(why);

    client_conn_ref(conn);
    conn_close(conn);
    queue_append(&conn->lost, &conn->in_flight);
    queue_append(&conn->lost, &conn->pending);
    while (conn->pending_watches.head != NULL)
        watch_move(conn->pending_watches.head->data, &conn->lost_watches);
    while (conn->lost.head != NULL) {
        Call *call = conn->lost.head->data;

        client_call_move(call, NULL);
        sim_set_cause(conn->sim, call->cause);
        client_call_failed(call, why, was_open);
    }
    while (conn->lost_watches.head != NULL) {
        ClientWatch *watch = conn->lost_watches.head->data;

        watch_move(watch, NULL);
        watch_close(watch, status);
    }
    client_conn_unref(conn);
}

/* --- pings ------------------------------------------------------------------------------------ */

static gboolean
conn_path_is_up(const Conn *conn)
{
    Machine *server = process_machine(apiserver_process(conn->server));

    return machine_is_on(server) &&
           !world_is_cut(conn->world, process_machine(conn->process), server);
}

/* Would the server's process answer a ping? */
static gboolean
conn_is_answered(const Conn *conn)
{
    return conn_path_is_up(conn) && net_conn_server_is_open(conn->net) &&
           process_is_running(apiserver_process(conn->server));
}

/*
 * A ping that is answered changes nothing, so none is sent. When the world goes
 * silent, the first ping that would have been sent from then on is looked at: one
 * every 30 s since the last byte, as all before were answered.
 */
static void
conn_await_ping(Conn *conn)
{
    gint64 now_ns = sim_now_ns(conn->sim);
    gint64 pings = MAX(0, now_ns - conn->read_ns - 1) / PING_AFTER_NS + 1;

    if (conn->state == CONN_OPEN && !conn->is_ping_out)
        sim_timer_arm_at(&conn->ping_timer, conn->read_ns + pings * PING_AFTER_NS);
}

static void
conn_on_silent(NetConn *net, gpointer self)
{
    (void)net;
    conn_await_ping(self);
}

static void
conn_on_ping(Sim *sim, gpointer self)
{
    Conn *conn = self;
    gboolean was_out = conn->is_ping_out;

    (void)sim;
    if (process_state(conn->process) == PROCESS_PAUSED || conn->state != CONN_OPEN)
        return;
    conn->is_ping_out = FALSE;
    if (conn_is_answered(conn)) {
        client_conn_read(conn);
    } else if (conn_path_is_up(conn) && !net_conn_server_is_open(conn->net)) {
        conn_lost(conn, "connection reset by peer", TRUE);
    } else if (was_out) {
        conn_lost(conn, "http2: client connection lost", TRUE);
    } else {
        conn->is_ping_out = TRUE;
        sim_timer_arm_after(&conn->ping_timer, PING_TIMEOUT_NS);
    }
}

/* --- dialling --------------------------------------------------------------------------------- */

static void
conn_on_established(NetConn *net, gpointer self)
{
    Conn *conn = self;
    guint n_watches = conn->pending_watches.length;

    conn->state = CONN_OPEN;
    conn->read_ns = sim_now_ns(conn->sim);
    conn->session = session_new(conn->sim, conn->server, net, conn->handle, conn_on_response);
    while (conn->pending.head != NULL)
        conn_put_on_wire(conn, conn->pending.head->data);
    for (guint i = 0; i < n_watches; i++)
        conn_send_watch(conn, conn->pending_watches.head->data);
    if (!conn_is_answered(conn))
        conn_await_ping(conn);
}

static void conn_connect(Conn *conn);

static void
conn_on_failed(NetConn *net, gpointer self, const char *why)
{
    Conn *conn = self;

    (void)net;
    if (conn->is_balanced) {
        net_conn_free(g_steal_pointer(&conn->net));
        if (conn->n_dials <= BALANCER_RETRIES)
            conn_connect(conn);
        else /* the balancer took the connection, and closes it */
            conn_lost(conn, "EOF", FALSE);
        return;
    }
    conn_lost(self, str_is(why, "refused") ? "connection refused" : "i/o timeout", FALSE);
}

static void
conn_on_closed(NetConn *net, gpointer self, const char *why)
{
    (void)net;
    conn_lost(self, str_is(why, "reset") ? "connection reset by peer" : "unexpected EOF", TRUE);
}

static const NetConnHooks conn_hooks = {
    .established = conn_on_established,
    .failed = conn_on_failed,
    .closed = conn_on_closed,
    .silent = conn_on_silent,
};

static void
conn_connect(Conn *conn)
{
    conn->server = apiserver_pick(conn->address, process_machine(conn->process), &conn->is_balanced);
    conn->n_dials++;
    conn->net = net_connect(conn->world, conn->process, apiserver_process(conn->server),
                            conn->is_balanced ? BALANCER_TIMEOUT_NS : DIAL_TIMEOUT_NS, &conn_hooks, conn);
}

static void
conn_dial(Conn *conn)
{
    if (conn->state != CONN_IDLE)
        return;
    conn->state = CONN_DIALLING;
    conn->n_dials = 0;
    conn_connect(conn);
}

static void
conn_on_response(Sim *sim, gpointer receiver, gpointer payload)
{
    Conn *conn = receiver;
    Call *call = payload;
    ApiResponse *response = call->response;

    (void)sim;
    client_conn_read(conn);
    if (call->queue == &conn->in_flight && response != NULL) {
        call->response = NULL;
        client_call_move(call, NULL);
        /* The reference of who waits goes to the client, the wire's ends here. */
        client_call_answered(call, response);
    }
    client_call_unref(call);
}

static void
conn_on_deadline(Sim *sim, gpointer self)
{
    Conn *conn = self;
    GQueue *queues[] = {&conn->in_flight, &conn->pending};
    gint64 next_ns = G_MAXINT64;

    if (G_LIKELY(conn->in_flight.head == NULL && conn->pending.head == NULL))
        return; /* all have their answers, as nearly always */
    if (process_state(conn->process) == PROCESS_PAUSED)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(queues); i++) {
        GList *link = queues[i]->head;

        while (link != NULL) {
            Call *call = link->data;

            link = link->next;
            if (call->deadline_ns <= sim_now_ns(sim))
                client_call_move(call, &conn->lost);
            else
                next_ns = MIN(next_ns, call->deadline_ns);
        }
    }
    if (next_ns != G_MAXINT64)
        conn_arm_deadline(conn, next_ns);
    client_conn_ref(conn);
    while (conn->lost.head != NULL) {
        Call *call = conn->lost.head->data;

        client_call_move(call, NULL);
        sim_set_cause(sim, call->cause);
        client_call_failed(call, "context deadline exceeded", FALSE);
    }
    client_conn_unref(conn);
}

/* --- for the rest of client/ ------------------------------------------------------------------ */

Conn *
client_conn_new(Sim *sim, World *world, Process *process, ApiServer *server)
{
    Conn *conn = g_aligned_alloc0(1, sizeof(Conn), 64);

    conn->ref_count = 1;
    conn->sim = sim;
    conn->world = world;
    conn->process = process;
    conn->address = conn->server = server;
    conn->handle = sim_handle_new(sim, conn);
    g_queue_init(&conn->pending);
    g_queue_init(&conn->in_flight);
    g_queue_init(&conn->lost);
    g_queue_init(&conn->pending_watches);
    g_queue_init(&conn->lost_watches);
    sim_timer_init(&conn->deadline_timer, sim, SIM_CONTROL, conn_on_deadline, conn);
    sim_timer_init(&conn->ping_timer, sim, SIM_CONTROL, conn_on_ping, conn);
    return conn;
}

Conn *
client_conn_ref(Conn *conn)
{
    conn->ref_count++;
    return conn;
}

void
client_conn_unref(Conn *conn)
{
    if (--conn->ref_count > 0)
        return;
    client_conn_reset(conn);
    sim_timer_clear(&conn->deadline_timer);
    sim_timer_clear(&conn->ping_timer);
    sim_handle_drop(conn->sim, conn->handle);
    g_aligned_free(conn);
}

void
client_conn_send(Conn *conn, Call *call, gint64 deadline_ns)
{
    call->deadline_ns = deadline_ns;
    conn_arm_deadline(conn, deadline_ns);
    if (conn->state == CONN_OPEN) {
        conn_put_on_wire(conn, call);
        return;
    }
    client_call_move(call, &conn->pending);
    conn_dial(conn);
}

void
client_conn_open_watch(Conn *conn, ClientWatch *watch)
{
    if (conn->state == CONN_OPEN) {
        conn_send_watch(conn, watch);
        return;
    }
    watch_move(watch, &conn->pending_watches);
    conn_dial(conn);
}

void
client_call_drop(Call *call)
{
    client_call_move(call, NULL);
    call->client = NULL;
    if (call->user_free != NULL)
        call->user_free(call->user);
    client_call_unref(call);
}

void
client_conn_drop_calls(Conn *conn, Client *client, gpointer user)
{
    GQueue *queues[] = {&conn->pending, &conn->in_flight, &conn->lost};

    for (guint i = 0; i < G_N_ELEMENTS(queues); i++) {
        GList *link = queues[i]->head;

        while (link != NULL) {
            Call *call = link->data;

            link = link->next;
            if (call->client == client && (user == NULL || call->user == user))
                client_call_drop(call);
        }
    }
}

void
client_conn_drop_watch(ClientWatch *watch)
{
    watch_move(watch, NULL);
    watch_give_back(watch);
    watch->session = NULL;
}

void
client_conn_reset(Conn *conn)
{
    conn_close(conn);
    while (conn->lost_watches.head != NULL)
        watch_move(conn->lost_watches.head->data, NULL);
    sim_timer_disarm(&conn->deadline_timer);
}

ApiServer *
client_conn_server(const Conn *conn)
{
    return conn->server;
}

gint64
client_conn_request_arrival_ns(const Conn *conn)
{
    if (conn->state != CONN_OPEN || !conn->session->is_accepted || conn->is_ping_out)
        return -1;
    return net_conn_arrival_ns(conn->net, NET_TO_SERVER, REQUEST_BYTES, sim_now_ns(conn->sim));
}

gint64
client_conn_answer_arrival_ns(Conn *conn, gsize bytes, gint64 sent_ns)
{
    gint64 arrival_ns = -1;

    if (conn->state == CONN_OPEN)
        arrival_ns = net_conn_arrival_ns(conn->net, NET_TO_CLIENT, bytes, sent_ns);
    conn->read_ns = MAX(conn->read_ns, arrival_ns);
    return arrival_ns;
}

void
client_conn_fetch(const Conn *conn)
{
    net_conn_fetch(conn->net, NET_TO_CLIENT);
}

gint64
client_conn_steady_answer_ns(Conn *conn, gint64 due_ns)
{
    due_ns = net_conn_after_ns(conn->net, NET_TO_CLIENT, due_ns);
    conn->read_ns = MAX(conn->read_ns, due_ns);
    return due_ns;
}

gint64
client_conn_trip_ns(const Conn *conn, NetDirection direction, gsize bytes)
{
    if (conn->ref_count > 1 || conn->state != CONN_OPEN || !conn->session->is_accepted || conn->is_ping_out)
        return -1;
    return net_conn_trip_ns(conn->net, direction, bytes);
}

void
client_conn_resumed(Conn *conn)
{
    sim_timer_arm_after(&conn->deadline_timer, 0);
    if (conn->state == CONN_OPEN)
        sim_timer_arm_after(&conn->ping_timer, 0);
}
