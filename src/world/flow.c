/* flow.c - see flow.h: clients, and requests from begin to end */

#include "world/flow_internal.h"

#define FIRST_PORT      32768
#define N_PORTS         28232
#define MAX_CONNECTIONS 16
#define RTO_MIN_NS      (200 * NS_PER_MS) /* Linux TCP_RTO_MIN, doubled each time */

static const char *const outcome_names[FLOW_N_OUTCOMES] = {
    [FLOW_OK] = "ok",
    [FLOW_REFUSED] = "refused",
    [FLOW_RESET] = "reset",
    [FLOW_TIMEOUT_CONNECT] = "timeout",
    [FLOW_TIMEOUT_READ] = "timeout",
    [FLOW_UNREACHABLE] = "unreachable",
    [FLOW_HTTP_503] = "http_503",
};

const char *
flow_outcome_name(FlowOutcome outcome)
{
    return outcome_names[outcome];
}

/* --- flows are used again ----------------------------------------------------------------- */

static Flow *
take_flow(FlowClient *client)
{
    Flow *flow = client->free_flows;

    if (flow == NULL)
        return g_new0(Flow, 1);
    client->free_flows = flow->next_free;
    memset(flow, 0, sizeof *flow);
    return flow;
}

static void
give_back_flow(Flow *flow)
{
    flow->next_free = flow->client->free_flows;
    flow->client->free_flows = flow;
}

/* --- ending ------------------------------------------------------------------------------ */

void
flow_next(Flow *flow, SimHandler handler, gint64 delay_ns)
{
    flow->next.handler = handler;
    sim_timer_arm_after(&flow->next, delay_ns);
}

static void
flow_detach(Flow *flow)
{
    if (flow->request != NULL)
        container_cancel_request(flow->request);
    if (flow->container != NULL)
        rt_container_unref(flow->container);
    sim_timer_clear(&flow->next);
    g_queue_unlink(&flow->client->flows, &flow->link);
}

void
flow_end(Flow *flow, FlowOutcome outcome, gint64 ended_ns)
{
    FlowClient *client = flow->client;
    gboolean is_kept = client->options.reuse;

    flow_detach(flow);
    if (is_kept)
        pool_flow_ended(flow, outcome);
    flow->done(flow->user, outcome, flow->started_ns, ended_ns,
               flow->has_backend ? flow->backend.ip : NULL);
    give_back_flow(flow);
    if (is_kept)
        pool_serve_waiting(client);
}

/* All requests of a client have the same patience, so the first in the list is due first. */
static void
client_on_deadline(Sim *sim, gpointer self)
{
    FlowClient *client = self;
    gint64 now = sim_now_ns(sim);

    while (client->flows.head != NULL) {
        Flow *flow = client->flows.head->data;
        gboolean is_connecting = flow->state <= FLOW_CONNECTING;

        if (flow->deadline_ns > now) {
            sim_timer_arm_at(&client->deadline, flow->deadline_ns);
            return;
        }
        flow_end(flow, is_connecting ? FLOW_TIMEOUT_CONNECT : FLOW_TIMEOUT_READ, now);
    }
}

/* --- data on an open connection -------------------------------------------------------------- */

static gboolean
leg_is_open(World *world, Machine *from, Machine *to)
{
    if (from == to)
        return machine_is_on(to);
    return machine_is_on(from) && machine_is_on(to) && !world_is_cut(world, from, to) &&
           !world_packet_is_lost(world, from, to);
}

/* Whether a segment gets through now, from client to server or back. */
static gboolean
segment_passes(const Flow *flow)
{
    const FlowClient *client = flow->client;
    Machine *server = flow->container->runtime->machine;

    return leg_is_open(client->world, client->options.from_machine, client->entry) &&
           leg_is_open(client->world, client->entry, server);
}

/* A segment was lost: it is sent again after the retransmission time-out. */
static void
send_again(Flow *flow, SimHandler handler)
{
    flow->rto_ns = flow->rto_ns == 0 ? RTO_MIN_NS : flow->rto_ns * 2;
    flow_next(flow, handler, flow->rto_ns);
}

/* The answer (or the refusal) arrives after the trip back. */
static void
flow_on_answer(Sim *sim, gpointer self)
{
    Flow *flow = self;

    flow_end(flow, flow->outcome, sim_now_ns(sim));
}

/* Nothing can change a good answer on its way, so nobody need wait for it, unless its connection is kept. */
static gboolean
is_settled(const Flow *flow, FlowOutcome outcome, gint64 arrives_ns)
{
    return outcome == FLOW_OK && flow->pooled == NULL && arrives_ns < flow->deadline_ns;
}

void
flow_answer(Flow *flow, FlowOutcome outcome, gint64 trip_ns)
{
    gint64 arrives_ns = sim_now_ns(flow->client->sim) + trip_ns;

    if (is_settled(flow, outcome, arrives_ns)) {
        flow_end(flow, outcome, arrives_ns);
        return;
    }
    flow->state = FLOW_ANSWERING;
    flow->outcome = outcome;
    flow_next(flow, flow_on_answer, trip_ns);
}

static void
flow_on_answer_leaves(Sim *sim, gpointer self)
{
    Flow *flow = self;

    (void)sim;
    if (segment_passes(flow))
        flow_answer(flow, flow->outcome, flow->near_ns + flow->far_ns);
    else
        send_again(flow, flow_on_answer_leaves);
}

static void
leave_server(Flow *flow, FlowOutcome outcome)
{
    flow->state = FLOW_ANSWERING;
    flow->outcome = outcome;
    flow->rto_ns = 0;
    flow_on_answer_leaves(flow->client->sim, flow);
}

static void
served(gpointer user, ServeResult result, gint32 status)
{
    Flow *flow = user;
    gboolean is_error = result == SERVE_STATUS && status >= 500;

    flow->request = NULL;
    leave_server(flow, result == SERVE_RESET ? FLOW_RESET : is_error ? FLOW_HTTP_503 : FLOW_OK);
}

static gboolean
address_is_gone(const RtContainer *container)
{
    return !container->sandbox->host_network && !container->sandbox->holds_address;
}

static void
flow_on_request_arrives(Sim *sim, gpointer self)
{
    Flow *flow = self;
    RtContainer *container = flow->container;

    (void)sim;
    if (!segment_passes(flow) || address_is_gone(container)) {
        send_again(flow, flow_on_request_arrives);
        return;
    }
    /* The process has ended, or closed the socket before it took the connection: RST. */
    if (container->state != RT_RUNNING || !container_listens(container, flow->backend.port)) {
        leave_server(flow, FLOW_RESET);
        return;
    }
    flow->request = container_serve(container, flow->backend.port, "/", served, flow);
    if (flow->request ==
        NULL) /* no room in the accept queue: the last ACK of the handshake was dropped */
        send_again(flow, flow_on_request_arrives);
    else
        flow->state = FLOW_SERVED;
}

void
flow_send_request(Flow *flow, gint64 delay_ns)
{
    flow->state = FLOW_SENDING;
    flow->rto_ns = 0;
    flow_next(flow, flow_on_request_arrives, delay_ns);
}

/* --- clients ----------------------------------------------------------------------------------- */

FlowClient *
flow_client_new(World *world, const FlowClientOptions *options)
{
    FlowClient *client = g_new0(FlowClient, 1);

    client->world = world;
    client->sim = world->sim;
    client->options = *options;
    client->options.ip = str_intern(options->ip);
    if (client->options.n_ports == 0) {
        client->options.first_port = FIRST_PORT;
        client->options.n_ports = N_PORTS;
    }
    if (client->options.max_connections == 0)
        client->options.max_connections = MAX_CONNECTIONS;
    client->entry = options->entry != NULL ? options->entry : options->from_machine;
    client->is_inside = client->entry == options->from_machine;
    client->filter = machine_filter(client->entry);
    client->rng = rng_stream(world->sim, str_internf("flow/%s", options->name));
    /* A name is a client; conntrack tells destinations apart, too. */
    client->id = str_hash(options->name) * 31 + (guint32)options->port;
    if (client->options.ip != NULL)
        client->id = client->id * 31 + str_hash(client->options.ip);
    flow_init_ports(client);
    client->pool = g_ptr_array_new();
    g_queue_init(&client->waiting);
    g_queue_init(&client->flows);
    sim_timer_init(&client->deadline, world->sim, SIM_WORLD, client_on_deadline, client);
    return client;
}

void
flow_client_free(FlowClient *client)
{
    if (client == NULL)
        return;
    while (client->flows.head != NULL) {
        Flow *flow = client->flows.head->data;

        flow_detach(flow);
        g_free(flow);
    }
    while (client->free_flows != NULL) {
        Flow *flow = client->free_flows;

        client->free_flows = flow->next_free;
        g_free(flow);
    }
    sim_timer_clear(&client->deadline);
    pool_clear(client);
    g_free(client);
}

void
flow_client_request(FlowClient *client, FlowDone done, gpointer user)
{
    Flow *flow = take_flow(client);

    flow->client = client;
    flow->done = done;
    flow->user = user;
    flow->started_ns = sim_now_ns(client->sim);
    flow->deadline_ns = flow->started_ns + client->options.timeout_ns;
    flow->link.data = flow;
    g_queue_push_tail_link(&client->flows, &flow->link);
    sim_timer_init(&flow->next, client->sim, SIM_WORLD, flow_on_answer, flow);
    if (!client->deadline.is_armed)
        sim_timer_arm_at(&client->deadline, flow->deadline_ns);
    if (client->options.reuse)
        pool_begin(flow);
    else
        flow_connect(flow);
}
