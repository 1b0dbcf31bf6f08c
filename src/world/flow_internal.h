/*
 * flow_internal.h - what the files of flows share
 *
 * flow.c: clients, one request from its begin to its end; flow_syn.c: opening a
 * connection; flow_pool.c: connections that are kept. All times of a flow are
 * decided where they happen: the filter when the SYN reaches it, the server when
 * the request does.
 */
#pragma once

#include "world/filter.h"
#include "world/rt.h"

/* Between two ends on one machine: half of the round trip over a veth pair. */
#define ON_MACHINE_TRIP_NS (25 * NS_PER_US)

typedef struct Flow Flow;
typedef struct Pooled Pooled;

typedef enum {
    FLOW_WAITING,    /* for a kept connection to become free */
    FLOW_CONNECTING, /* SYN under way or unanswered */
    FLOW_SENDING,    /* connected; the request is under way */
    FLOW_SERVED,     /* at the server */
    FLOW_ANSWERING,  /* the outcome is known and on its way back */
} FlowState;

/* A kept connection. */
struct Pooled {
    FlowClient *client;
    RtContainer *container; /* a reference */
    guint death_id;         /* 0: it has died */
    FilterBackend backend;
    gint64 near_ns, far_ns;
    gboolean is_busy;
    gboolean is_closed; /* by the other side, and the client knows */
};

struct FlowClient {
    World *world;
    Sim *sim;
    FlowClientOptions options;
    Machine *entry;     /* whose filter decides */
    gboolean is_inside; /* of the entry: itself or one of its pods */
    guint32 id;         /* key of conntrack */
    Rng *rng;
    guint32 port_slot; /* last port, counted in ports of one parity */
    gint64 port_period, port_phase_ns;
    NetFilter *filter;      /* the entry's */
    const FilterRule *rule; /* found at rule_generation */
    guint64 rule_generation;
    GPtrArray *pool;   /* (owned) Pooled* */
    guint n_opening;   /* connections on their way into the pool */
    GQueue waiting;    /* Flow* that wait for a connection, in order */
    GQueue flows;      /* Flow*, all under way, links embedded: in order of deadline */
    SimTimer deadline; /* of the first of them, or earlier */
    Flow *free_flows;
};

struct Flow {
    FlowClient *client;
    GList link; /* in client->flows */
    FlowDone done;
    gpointer user;
    FlowState state;
    guint tries;  /* SYNs sent */
    guint32 port; /* client's */
    gint64 started_ns, connect_ns, deadline_ns;
    gint64 near_ns, far_ns; /* one way: client to entry, entry to server */
    gint64 lead_ns;         /* what the SYN still has to go to the entry when that has decided */
    gint64 rto_ns;          /* next retransmission of data */
    gint64 unreachable_ns;  /* when the kernel will say so, from one of the SYNs */
    FilterBackend backend;
    gboolean has_backend;
    RtContainer *container; /* a reference, once connected */
    Pooled *pooled;
    ServerRequest *request;
    FlowOutcome outcome; /* on its way back */
    SimTimer next;       /* the next thing that happens */
    Flow *next_free;
};

/* --- flow.c ------------------------------------------------------------------------- */

/* flow_next: @handler after @delay_ns instead of what was to happen next. */
void flow_next(Flow *flow, SimHandler handler, gint64 delay_ns);
void flow_end(Flow *flow, FlowOutcome outcome, gint64 ended_ns);
/* flow_answer: @outcome reaches the client after @trip_ns. */
void flow_answer(Flow *flow, FlowOutcome outcome, gint64 trip_ns);
/* flow_send_request: connected to flow->container; it reaches the server after @delay_ns. */
void flow_send_request(Flow *flow, gint64 delay_ns);

/* --- flow_syn.c --------------------------------------------------------------------- */

void flow_connect(Flow *flow);
/* flow_init_ports: where the client's source ports begin. */
void flow_init_ports(FlowClient *client);

/* --- flow_pool.c -------------------------------------------------------------------- */

/* pool_begin: a request over a kept connection, a new one, or in the queue. */
void pool_begin(Flow *flow);
/* pool_add: @flow's connection is open and will be kept. */
void pool_add(Flow *flow);
/* pool_flow_ended: @flow (before it is freed) no longer needs its connection or its place in the queue. */
void pool_flow_ended(Flow *flow, FlowOutcome outcome);
/* pool_serve_waiting: who waits takes what has become free. */
void pool_serve_waiting(FlowClient *client);
void pool_clear(FlowClient *client);
