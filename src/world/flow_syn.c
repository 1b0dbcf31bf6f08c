/* flow_syn.c - see flow_internal.h: how a connection is opened, or not */

#include "world/flow_internal.h"

#define PORT_SHUFFLE_NS (10 * NS_PER_S) /* Linux EPHEMERAL_PORT_SHUFFLE_PERIOD */
#define SYN_GIVE_UP_S   131

/* SYNs are sent again at these times: Linux 6.5 and later, four linear time-outs, then doubling. */
static const guint syn_again_s[] = {1, 2, 3, 4, 5, 7, 11, 19, 35, 67};

/* --- ports -------------------------------------------------------------------------------- */

static guint32
slot_count(const FlowClient *client)
{
    return MAX(client->options.n_ports / 2, 1);
}

void
flow_init_ports(FlowClient *client)
{
    client->port_phase_ns = rng_between_ns(client->rng, 0, PORT_SHUFFLE_NS - 1);
    client->port_period = G_MININT64;
}

/*
 * Linux 6.18 takes the source port for a destination as the one before plus
 * 2 * (1..8), within the ports of one parity, wrapping (measured), and begins
 * somewhere else every 10 s (net/core/secure_seq.c).
 */
static guint32
next_port(FlowClient *client)
{
    gint64 now = sim_now_ns(client->sim) + client->port_phase_ns;
    gint64 period = (now >= 0 ? now : now - PORT_SHUFFLE_NS + 1) / PORT_SHUFFLE_NS;
    guint32 slots = slot_count(client);

    if (period != client->port_period)
        client->port_slot = (guint32)rng_below(client->rng, slots);
    else
        client->port_slot = (client->port_slot + 1 + (guint32)rng_below(client->rng, 8)) % slots;
    client->port_period = period;
    return client->options.first_port + 2 * client->port_slot;
}

/* --- nobody answers ------------------------------------------------------------------------ */

static void flow_on_syn(Sim *sim, gpointer self);

static void
flow_on_gave_up(Sim *sim, gpointer self)
{
    flow_end(self, FLOW_TIMEOUT_CONNECT, sim_now_ns(sim));
}

static gboolean
leg_fails(World *world, Machine *from, Machine *to)
{
    return from != to && (!machine_is_on(to) || world_is_cut(world, from, to));
}

/* The neighbours have been asked in vain; unless one has come back meanwhile: then it gets the packet. */
static void
flow_on_unreachable(Sim *sim, gpointer self)
{
    Flow *flow = self;
    FlowClient *client = flow->client;
    const Address *address = world_find_address(client->world, flow->backend.ip);
    Machine *target =
        address != NULL ? address->machine : world_find_machine_ip(client->world, flow->backend.ip);
    gboolean is_back = target != NULL && !leg_fails(client->world, client->entry, target) &&
                       (address == NULL || address->sandbox != NULL);

    flow->unreachable_ns = G_MAXINT64;
    if (is_back)
        flow_on_syn(sim, flow);
    else
        flow_end(flow, FLOW_UNREACHABLE, sim_now_ns(sim));
}

/*
 * The SYN got no answer. @unreachable_ns: when a kernel will say that there is
 * nobody; G_MAXINT64: never. The entry in conntrack, if the packet made one, stays.
 */
static void
unanswered(Flow *flow, gint64 unreachable_ns)
{
    FlowClient *client = flow->client;
    SimHandler handler = flow_on_syn;
    gint64 at_ns;

    if (flow->has_backend)
        conntrack_keep(client->filter, client->id, flow->port, &flow->backend);
    flow->unreachable_ns = MIN(flow->unreachable_ns, unreachable_ns);
    if (flow->tries <= G_N_ELEMENTS(syn_again_s)) {
        at_ns = flow->connect_ns + syn_again_s[flow->tries - 1] * NS_PER_S + flow->near_ns;
    } else {
        at_ns = flow->connect_ns + SYN_GIVE_UP_S * NS_PER_S;
        handler = flow_on_gave_up;
    }
    if (flow->unreachable_ns <= at_ns) {
        at_ns = flow->unreachable_ns;
        handler = flow_on_unreachable;
    }
    if (at_ns >= flow->deadline_ns)
        return; /* the deadline comes first */
    flow->next.handler = handler;
    sim_timer_arm_at(&flow->next, at_ns);
}

/* --- the filter ----------------------------------------------------------------------------- */

static const FilterRule *
find_rule(FlowClient *client)
{
    guint64 generation = filter_generation(client->filter) + 1; /* 0: never looked */

    if (client->rule_generation != generation) {
        client->rule = filter_find(client->filter, client->options.ip, client->options.port,
                                   client->is_inside);
        client->rule_generation = generation;
    }
    return client->rule;
}

static const char *
source_of(const FlowClient *client)
{
    return client->options.from_sandbox != NULL ? sandbox_ip(client->options.from_sandbox)
                                                : machine_ip(client->options.from_machine);
}

/* What the entry's filter makes of the destination. FALSE: the flow has been dealt with. */
static gboolean
choose_backend(Flow *flow)
{
    FlowClient *client = flow->client;
    const FilterBackend *kept = conntrack_find(client->filter, client->id, flow->port);
    const FilterRule *rule;

    flow->has_backend = TRUE;
    if (kept != NULL) {
        flow->backend = *kept;
        return TRUE;
    }
    rule = find_rule(client);
    if (rule == NULL) { /* not a service's: the packet goes where it says */
        flow->backend = (FilterBackend){.ip = client->options.ip, .port = client->options.port};
        if (client->options.ip == NULL)
            flow->backend.ip = client->entry->ip;
        return TRUE;
    }
    if (rule->verdict == FILTER_DNAT && filter_admits(rule, source_of(client))) {
        flow->backend = *filter_pick(client->filter, rule, client->id);
        return TRUE;
    }
    flow->has_backend = FALSE;
    if (rule->verdict == FILTER_REJECT)
        flow_answer(flow, FLOW_REFUSED, flow->lead_ns + flow->near_ns);
    else
        unanswered(flow, G_MAXINT64);
    return FALSE;
}

/* --- the server's side -------------------------------------------------------------------------- */

static void
set_far_trip(Flow *flow, Machine *target)
{
    FlowClient *client = flow->client;

    flow->far_ns = ON_MACHINE_TRIP_NS;
    if (target != client->entry)
        flow->far_ns = world_latency_ns(client->world, client->entry, target);
}

/* The listener's kernel: refuses, is too busy, or takes the connection. */
static void
reach_server(Flow *flow, Machine *target, RtContainer *listener)
{
    FlowClient *client = flow->client;

    set_far_trip(flow, target);
    if (listener == NULL) {
        conntrack_answered(client->filter, client->id, flow->port);
        flow_answer(flow, FLOW_REFUSED, flow->lead_ns + flow->near_ns + 2 * flow->far_ns);
        return;
    }
    if (!container_can_accept(listener)) {
        unanswered(flow, G_MAXINT64);
        return;
    }
    conntrack_answered(client->filter, client->id, flow->port);
    flow->container = rt_container_ref(listener);
    if (client->options.reuse)
        pool_add(flow);
    /* SYN on, SYN-ACK back, request all the way. */
    flow_send_request(flow, flow->lead_ns + 2 * flow->near_ns + 3 * flow->far_ns);
}

/* A SYN or its SYN-ACK is lost on the way. */
static gboolean
is_lost(World *world, Machine *from, Machine *to)
{
    return world_packet_is_lost(world, from, to) || world_packet_is_lost(world, to, from);
}

static void
forward_syn(Flow *flow)
{
    FlowClient *client = flow->client;
    World *world = client->world;
    Machine *entry = client->entry;
    const Address *address = flow->backend.address;
    Machine *target;
    Sandbox *sandbox;

    if (address == NULL)
        address = world_find_address(world, flow->backend.ip);
    target = address != NULL ? address->machine : world_find_machine_ip(world, flow->backend.ip);
    if (target == NULL) { /* it leaves the cluster for nowhere */
        unanswered(flow, G_MAXINT64);
        return;
    }
    if (leg_fails(world, entry, target)) {
        unanswered(flow, neighbour_try(client->filter, target->ip));
        return;
    }
    neighbour_answered(client->filter, target->ip);
    if (is_lost(world, entry, target)) {
        unanswered(flow, G_MAXINT64);
        return;
    }
    sandbox = address != NULL ? address->sandbox : NULL;
    if (address != NULL && sandbox == NULL) { /* nobody has that address: its bridge asks for it */
        unanswered(flow, neighbour_try(machine_filter(target), flow->backend.ip));
        return;
    }
    neighbour_answered(machine_filter(target), flow->backend.ip);
    reach_server(flow, target,
                 sandbox != NULL ? sandbox_find_listener(sandbox, flow->backend.port)
                                 : machine_find_listener(target, flow->backend.port));
}

/* A SYN is at the machine whose filter decides. */
static void
flow_on_syn(Sim *sim, gpointer self)
{
    Flow *flow = self;
    FlowClient *client = flow->client;
    Machine *from = client->options.from_machine;

    (void)sim;
    flow->tries++;
    if (!machine_is_on(from) || leg_fails(client->world, from, client->entry) ||
        is_lost(client->world, from, client->entry)) {
        unanswered(flow, G_MAXINT64);
        return;
    }
    if (choose_backend(flow))
        forward_syn(flow);
}

void
flow_connect(Flow *flow)
{
    FlowClient *client = flow->client;
    gint64 trip_ns;

    flow->state = FLOW_CONNECTING;
    flow->connect_ns = sim_now_ns(client->sim);
    flow->unreachable_ns = G_MAXINT64;
    flow->port = next_port(client);
    flow->near_ns = ON_MACHINE_TRIP_NS;
    if (client->is_inside) { /* the client's own kernel decides, at once */
        flow->lead_ns = flow->near_ns;
        flow_on_syn(client->sim, flow);
        return;
    }
    trip_ns = world_latency_ns(client->world, client->options.from_machine, client->entry);
    if (trip_ns != G_MAXINT64)
        flow->near_ns = trip_ns;
    flow_next(flow, flow_on_syn, flow->near_ns);
}
