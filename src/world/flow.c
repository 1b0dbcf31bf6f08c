/* flow.c - see flow.h */

#include "world/filter.h"

#define FIRST_PORT 32768
#define N_PORTS 28232
#define MAX_CONNECTIONS 16

typedef struct Flow Flow;
typedef struct Pooled Pooled;

/* A kept connection. */
struct Pooled {
    FlowClient *client;
    RtContainer *container; /* NULL: closed by the other side */
    guint death_id;
    const char *ip;   /* of the pod */
    gint64 trip_ns;
    gboolean is_busy;
};

struct FlowClient {
    World *world;
    FlowClientOptions options;
    guint32 id;        /* numbers of clients, from 1: keys of conntrack */
    guint32 last_port;
    Rng *rng;
    GPtrArray *pool;   /* (owned) Pooled* */
    GQueue waiting;    /* Flow* that wait for a connection */
    GQueue flows;      /* Flow*, all that are under way */
};

typedef enum { FLOW_CONNECTING, FLOW_SENDING, FLOW_SERVED, FLOW_ANSWERING } FlowState;

struct Flow {
    FlowClient *client;
    GList link; /* in client->flows */
    FlowDone done;
    gpointer user;
    FlowState state;
    gint64 started_ns, deadline_ns;
    gint64 trip_ns;     /* one way, client to pod */
    guint32 port;       /* client's */
    guint tries;        /* SYNs sent */
    FilterBackend backend;
    gboolean has_backend;
    RtContainer *container;
    guint death_id;     /* while it is held between SYN and request */
    Pooled *pooled;
    ServerRequest *request;
    FlowOutcome outcome; /* on its way back */
    SimTimer next;       /* the next thing that happens */
    SimTimer deadline;   /* the client's patience */
};

static const char *const outcome_names[FLOW_N_OUTCOMES] = {
    [FLOW_OK] = "ok", [FLOW_REFUSED] = "refused", [FLOW_RESET] = "reset", [FLOW_TIMEOUT_CONNECT] = "timeout",
    [FLOW_TIMEOUT_READ] = "timeout", [FLOW_UNREACHABLE] = "unreachable", [FLOW_HTTP_503] = "http_503",
};

const char *
flow_outcome_name(FlowOutcome outcome)
{
    return outcome_names[outcome];
}

static Sim *
sim_of(const FlowClient *client)
{
    return client->world->sim;
}

static Machine *
entry_of(const FlowClient *client)
{
    return client->options.entry != NULL ? client->options.entry : client->options.from_machine;
}

/* --- ending ------------------------------------------------------------------------------ */

static void serve_waiting(FlowClient *client);

static void
flow_unwatch(Flow *flow)
{
    if (flow->death_id != 0)
        container_unwatch_death(flow->container, flow->death_id);
    flow->death_id = 0;
}

static void
flow_end(Flow *flow, FlowOutcome outcome, gint64 ended_ns)
{
    FlowClient *client = flow->client;

    flow_unwatch(flow);
    if (flow->request != NULL)
        container_cancel_request(flow->request);
    sim_timer_clear(&flow->next);
    sim_timer_clear(&flow->deadline);
    g_queue_unlink(&client->flows, &flow->link);
    if (flow->pooled != NULL) {
        flow->pooled->is_busy = FALSE;
        if (outcome != FLOW_OK) { /* a connection with an open question is of no use */
            if (flow->pooled->container != NULL)
                container_unwatch_death(flow->pooled->container, flow->pooled->death_id);
            g_ptr_array_remove(client->pool, flow->pooled);
        }
    }
    flow->done(flow->user, outcome, flow->started_ns, ended_ns, flow->has_backend ? flow->backend.ip : NULL);
    g_free(flow);
    serve_waiting(client);
}

/* The answer (or the refusal) arrives after the trip back. */
static void
flow_on_answer(Sim *sim, gpointer self)
{
    Flow *flow = self;

    flow_end(flow, flow->outcome, sim_now_ns(sim));
}

static void
answer(Flow *flow, FlowOutcome outcome, gint64 trip_ns)
{
    flow_unwatch(flow);
    flow->state = FLOW_ANSWERING;
    flow->outcome = outcome;
    flow->next.handler = flow_on_answer;
    sim_timer_arm_after(&flow->next, trip_ns);
}

static void
flow_on_deadline(Sim *sim, gpointer self)
{
    Flow *flow = self;

    if (flow->state == FLOW_CONNECTING && flow->has_backend && flow->tries > 0)
        conntrack_keep(machine_filter(entry_of(flow->client)), flow->client->id, flow->port, &flow->backend);
    flow_end(flow, flow->state == FLOW_CONNECTING ? FLOW_TIMEOUT_CONNECT : FLOW_TIMEOUT_READ, sim_now_ns(sim));
}

/* --- the request at the server --------------------------------------------------------------- */

static void
served(gpointer user, ServeResult result, gint32 status)
{
    Flow *flow = user;
    FlowOutcome outcome = status >= 500 ? FLOW_HTTP_503 : FLOW_OK;

    flow->request = NULL;
    answer(flow, result == SERVE_RESET ? FLOW_RESET : outcome, flow->trip_ns);
}

static void
send_request(Flow *flow)
{
    flow_unwatch(flow);
    flow->state = FLOW_SERVED;
    flow->request = container_serve(flow->container, flow->backend.port, "/", served, flow);
    if (flow->request == NULL && flow->state == FLOW_SERVED)
        answer(flow, FLOW_HTTP_503, flow->trip_ns); /* accepted, but no room */
}

static void
flow_on_request_arrives(Sim *sim, gpointer self)
{
    (void)sim;
    send_request(self);
}

/* The process ended after the connection was made and before the request came: its kernel answers RST. */
static void
flow_container_died(gpointer user, RtContainer *container, gboolean is_silent)
{
    Flow *flow = user;

    (void)container;
    flow->death_id = 0;
    sim_timer_disarm(&flow->next);
    if (!is_silent)
        answer(flow, FLOW_RESET, flow->trip_ns);
    else
        flow->state = FLOW_SERVED; /* nobody answers any more: the deadline ends it */
}

static void
pooled_died(gpointer user, RtContainer *container, gboolean is_silent)
{
    Pooled *pooled = user;

    (void)container;
    (void)is_silent;
    pooled->container = NULL;
    if (!pooled->is_busy)
        g_ptr_array_remove(pooled->client->pool, pooled);
}

static void
connected(Flow *flow, RtContainer *container)
{
    FlowClient *client = flow->client;

    conntrack_answered(machine_filter(entry_of(client)), client->id, flow->port);
    flow->container = container;
    flow->state = FLOW_SENDING;
    if (client->options.reuse) {
        Pooled *pooled = g_new0(Pooled, 1);

        *pooled = (Pooled){client, container, 0, flow->backend.ip, flow->trip_ns, TRUE};
        pooled->death_id = container_watch_death(container, pooled_died, pooled);
        g_ptr_array_add(client->pool, pooled);
        flow->pooled = pooled;
    }
    flow->death_id = container_watch_death(container, flow_container_died, flow);
    flow->next.handler = flow_on_request_arrives;
    sim_timer_arm_after(&flow->next, 2 * flow->trip_ns); /* SYN-ACK back, request there */
}

/* --- the SYN -------------------------------------------------------------------------------------- */

static void flow_on_syn(Sim *sim, gpointer self);

static void
flow_on_unreachable(Sim *sim, gpointer self)
{
    Flow *flow = self;

    if (flow->has_backend)
        conntrack_keep(machine_filter(entry_of(flow->client)), flow->client->id, flow->port, &flow->backend);
    flow_end(flow, FLOW_UNREACHABLE, sim_now_ns(sim));
}

/* Nobody answers: the kernel sends the SYN again at 1, 2, 3, 4, 5, then 7, 11 ... s (Linux 6.5 and later). */
static void
unanswered(Flow *flow, gint64 unreachable_ns)
{
    static const guint retry_s[] = {1, 2, 3, 4, 5, 7, 11, 19, 35, 67};
    FlowClient *client = flow->client;
    gint64 retry_ns = G_MAXINT64;

    if (flow->has_backend)
        conntrack_keep(machine_filter(entry_of(client)), client->id, flow->port, &flow->backend);
    if (flow->tries <= G_N_ELEMENTS(retry_s))
        retry_ns = flow->started_ns + retry_s[flow->tries - 1] * NS_PER_S;
    if (MIN(retry_ns, unreachable_ns) >= flow->deadline_ns)
        return; /* the deadline comes first */
    flow->next.handler = unreachable_ns <= retry_ns ? flow_on_unreachable : flow_on_syn;
    sim_timer_arm_at(&flow->next, MIN(unreachable_ns, retry_ns));
}

/* What the entry's filter makes of the destination. FALSE: the flow has been dealt with. */
static gboolean
choose_backend(Flow *flow, Machine *entry)
{
    FlowClient *client = flow->client;
    NetFilter *filter = machine_filter(entry);
    const char *ip = client->options.entry != NULL && client->options.ip == NULL ? NULL : client->options.ip;
    const FilterBackend *kept = conntrack_find(filter, client->id, flow->port);
    const FilterRule *rule;

    if (flow->has_backend)
        return TRUE; /* a SYN sent again follows its entry */
    if (kept != NULL) {
        flow->backend = *kept;
        flow->has_backend = TRUE;
        return TRUE;
    }
    rule = filter_find(filter, ip, client->options.port);
    if (rule == NULL) {
        if (ip == NULL) { /* no such node port: the node's kernel refuses */
            answer(flow, FLOW_REFUSED, flow->trip_ns);
            return FALSE;
        }
        flow->backend = (FilterBackend){ip, client->options.port}; /* no rule: the packet goes where it says */
        flow->has_backend = TRUE;
        return TRUE;
    }
    switch (rule->verdict) {
    case FILTER_REJECT:
        answer(flow, FLOW_REFUSED, flow->trip_ns);
        return FALSE;
    case FILTER_DROP:
        unanswered(flow, G_MAXINT64);
        return FALSE;
    case FILTER_DNAT:
    default:
        flow->backend = *filter_pick(filter, rule, client->id);
        flow->has_backend = TRUE;
        return TRUE;
    }
}

/* The machine cannot be reached, or nobody has the address: when will the forwarding kernel say so? */
static gint64
unreachable_at(Flow *flow, Machine *entry, Machine *target)
{
    World *world = flow->client->world;

    if (target == NULL)
        return G_MAXINT64; /* not one of ours: it leaves the cluster for nowhere */
    if (target != entry && (!machine_is_on(target) || world_is_cut(world, entry, target)))
        return neighbour_try(machine_filter(entry), target->ip);
    return neighbour_try(machine_filter(target), flow->backend.ip);
}

static void
flow_on_syn(Sim *sim, gpointer self)
{
    Flow *flow = self;
    FlowClient *client = flow->client;
    World *world = client->world;
    Machine *from = client->options.from_machine;
    Machine *entry = entry_of(client);
    Machine *target;
    Sandbox *sandbox;
    RtContainer *listener;

    (void)sim;
    flow->tries++;
    if (!machine_is_on(from) || !machine_is_on(entry) || (from != entry && (world_is_cut(world, from, entry) || world_packet_is_lost(world, from, entry)))) {
        unanswered(flow, G_MAXINT64);
        return;
    }
    if (!choose_backend(flow, entry))
        return;
    sandbox = world_find_sandbox_ip(world, flow->backend.ip);
    target = world_route_pod_ip(world, flow->backend.ip);
    if (target == NULL)
        target = world_find_machine_ip(world, flow->backend.ip);
    if (target == NULL || !machine_is_on(target) || (target != entry && (world_is_cut(world, entry, target) || world_packet_is_lost(world, entry, target))) ||
        (sandbox == NULL && target->ip != flow->backend.ip)) {
        unanswered(flow, unreachable_at(flow, entry, target));
        return;
    }
    if (target != entry) {
        neighbour_answered(machine_filter(entry), target->ip);
        if (flow->tries == 1)
            flow->trip_ns += world_latency_ns(world, entry, target);
    }
    neighbour_answered(machine_filter(target), flow->backend.ip);
    listener = sandbox != NULL ? sandbox_find_listener(sandbox, flow->backend.port) : machine_find_listener(target, flow->backend.port);
    if (listener == NULL) {
        conntrack_answered(machine_filter(entry), client->id, flow->port);
        answer(flow, FLOW_REFUSED, flow->trip_ns);
    } else if (!container_can_accept(listener)) {
        unanswered(flow, G_MAXINT64);
    } else {
        connected(flow, listener);
    }
}

/* --- clients ----------------------------------------------------------------------------------------- */

/*
 * Linux 6.18 takes the source port for a destination as the one before plus
 * 2 * (1..8), within the ports of one parity, wrapping (measured).
 */
static guint32
next_port(FlowClient *client)
{
    guint32 half = MAX(client->options.n_ports / 2, 1);
    guint32 step = 1 + (guint32)rng_below(client->rng, 8);

    client->last_port = (client->last_port + step) % half;
    return client->options.first_port + 2 * client->last_port;
}

static void
open_connection(Flow *flow)
{
    FlowClient *client = flow->client;
    Machine *from = client->options.from_machine;
    Machine *entry = entry_of(client);
    gint64 trip = from == entry ? 0 : world_latency_ns(client->world, from, entry);

    flow->port = next_port(client);
    flow->trip_ns = trip == G_MAXINT64 ? 0 : MAX(trip, 20 * NS_PER_US);
    flow->next.handler = flow_on_syn;
    sim_timer_arm_after(&flow->next, flow->trip_ns);
}

static Pooled *
idle_connection(FlowClient *client)
{
    for (guint i = client->pool->len; i > 0; i--) { /* the one used last first */
        Pooled *pooled = g_ptr_array_index(client->pool, i - 1);
        if (!pooled->is_busy && pooled->container != NULL)
            return pooled;
    }
    return NULL;
}

static void
flow_on_pooled_request(Sim *sim, gpointer self)
{
    Flow *flow = self;

    (void)sim;
    if (flow->pooled->container == NULL) {
        answer(flow, FLOW_RESET, flow->trip_ns);
        return;
    }
    flow->container = flow->pooled->container;
    send_request(flow);
}

static void
use_connection(Flow *flow, Pooled *pooled)
{
    pooled->is_busy = TRUE;
    flow->pooled = pooled;
    flow->state = FLOW_SENDING;
    flow->trip_ns = pooled->trip_ns;
    flow->backend = (FilterBackend){pooled->ip, flow->client->options.port};
    flow->has_backend = TRUE;
    flow->next.handler = flow_on_pooled_request;
    sim_timer_arm_after(&flow->next, flow->trip_ns);
}

static guint
opening_count(FlowClient *client)
{
    guint count = 0;

    for (GList *at = client->flows.head; at != NULL; at = at->next) {
        const Flow *flow = at->data;
        count += flow->pooled == NULL && flow->state == FLOW_CONNECTING && !g_queue_find(&client->waiting, flow);
    }
    return count;
}

static void
begin(Flow *flow)
{
    FlowClient *client = flow->client;
    Pooled *pooled = client->options.reuse ? idle_connection(client) : NULL;

    if (pooled != NULL)
        use_connection(flow, pooled);
    else if (client->options.reuse && client->pool->len + opening_count(client) > client->options.max_connections)
        g_queue_push_tail(&client->waiting, flow);
    else
        open_connection(flow);
}

static void
serve_waiting(FlowClient *client)
{
    Pooled *pooled;

    while (client->waiting.length > 0 && (pooled = idle_connection(client)) != NULL)
        use_connection(g_queue_pop_head(&client->waiting), pooled);
}

FlowClient *
flow_client_new(World *world, const FlowClientOptions *options)
{
    FlowClient *client = g_new0(FlowClient, 1);
    g_autofree char *stream = g_strdup_printf("flow/%s", options->name);

    client->world = world;
    client->options = *options;
    client->options.ip = str_intern(options->ip);
    if (client->options.n_ports == 0) {
        client->options.first_port = FIRST_PORT;
        client->options.n_ports = N_PORTS;
    }
    if (client->options.max_connections == 0)
        client->options.max_connections = MAX_CONNECTIONS;
    client->rng = rng_stream(world->sim, stream);
    client->id = str_hash(options->name) | 1; /* a name is a client: conntrack tells them apart */
    client->last_port = (guint32)rng_below(client->rng, MAX(client->options.n_ports / 2, 1));
    client->pool = g_ptr_array_new_with_free_func(g_free);
    g_queue_init(&client->waiting);
    g_queue_init(&client->flows);
    return client;
}

void
flow_client_free(FlowClient *client)
{
    GList *at;

    if (client == NULL)
        return;
    while ((at = client->flows.head) != NULL) {
        Flow *flow = at->data;

        flow_unwatch(flow);
        if (flow->request != NULL)
            container_cancel_request(flow->request);
        sim_timer_clear(&flow->next);
        sim_timer_clear(&flow->deadline);
        g_queue_unlink(&client->flows, at);
        g_free(flow);
    }
    g_queue_clear(&client->waiting);
    for (guint i = 0; i < client->pool->len; i++) {
        Pooled *pooled = g_ptr_array_index(client->pool, i);
        if (pooled->container != NULL)
            container_unwatch_death(pooled->container, pooled->death_id);
    }
    g_ptr_array_unref(client->pool);
    g_free(client);
}

static void
flow_on_waiting_deadline(Sim *sim, gpointer self)
{
    Flow *flow = self;

    g_queue_remove(&flow->client->waiting, flow);
    flow_on_deadline(sim, flow);
}

void
flow_client_request(FlowClient *client, FlowDone done, gpointer user)
{
    Flow *flow = g_new0(Flow, 1);
    Sim *sim = sim_of(client);

    flow->client = client;
    flow->done = done;
    flow->user = user;
    flow->started_ns = sim_now_ns(sim);
    flow->deadline_ns = flow->started_ns + client->options.timeout_ns;
    flow->link.data = flow;
    g_queue_push_tail_link(&client->flows, &flow->link);
    sim_timer_init(&flow->next, sim, SIM_WORLD, flow_on_syn, flow);
    sim_timer_init(&flow->deadline, sim, SIM_WORLD, client->options.reuse ? flow_on_waiting_deadline : flow_on_deadline, flow);
    sim_timer_arm_at(&flow->deadline, flow->deadline_ns);
    begin(flow);
}
