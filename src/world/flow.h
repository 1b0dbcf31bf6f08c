/*
 * flow.h - TCP connections of traffic: packet filter, conntrack, servers
 *
 * A client on a machine or in a pod (or outside) opens a connection to an
 * address. The filter of the machine where the packet enters decides once (DNAT),
 * the conntrack entry keeps the decision. Packets follow the rules that are
 * there, whether or not kube-proxy lives. Outcomes come out of processes that
 * end, addresses that go, rules that are old.
 */
#pragma once

#include "world/runtime.h"

typedef struct NetFilter NetFilter;

typedef enum { FILTER_DNAT, FILTER_REJECT, FILTER_DROP } FilterVerdict;
/* Whose packets a rule is for: those of the machine and its pods, those from elsewhere, or all. */
typedef enum { FILTER_FROM_ANYWHERE, FILTER_FROM_INSIDE, FILTER_FROM_OUTSIDE } FilterOrigin;
typedef struct {
    const char *ip; /* interned */
    gint32 port;
    gconstpointer address; /* the filter's own: what the world knows of @ip; NULL at first */
} FilterBackend;
/* One virtual address: ip NULL = any address of this machine (node port). */
typedef struct {
    const char *ip; /* interned */
    gint32 port;
    FilterOrigin origin;
    FilterVerdict verdict;
    FilterBackend *backends; /* (owned) */
    guint n_backends;
    gint64 affinity_ns; /* 0: none */
    gboolean in_turn;   /* one backend after the other (IPVS, rr), not by chance */
    guint next;         /* in_turn: whose turn it is; the filter's own, it lasts when the rule is written again */
    const char *sources; /* interned; whose packets it takes, "10.0.0.0/8 192.0.2.0/24", others are dropped; NULL: all */
} FilterRule;

/* machine_filter: made on first use, dies with the machine; emptied by power-off. */
NetFilter *machine_filter(Machine *machine);
/* filter_replace: all service rules at once (one iptables-restore). Takes the rules' backends. */
void filter_replace(NetFilter *filter, FilterRule *rules, guint n_rules);
/*
 * filter_set_group: the rules of one group only, of that @name (interned); the
 * others stay. Takes the rules' backends. No rules: the group is gone.
 */
void filter_set_group(NetFilter *filter, const char *name, FilterRule *rules, guint n_rules);
guint filter_rule_count(const NetFilter *filter);

typedef enum {
    FLOW_OK,
    FLOW_REFUSED,
    FLOW_RESET,
    FLOW_TIMEOUT_CONNECT,
    FLOW_TIMEOUT_READ,
    FLOW_UNREACHABLE, /* no route to host */
    FLOW_HTTP_503,
    FLOW_N_OUTCOMES,
} FlowOutcome;
const char *flow_outcome_name(
    FlowOutcome
        outcome); /* "ok", "refused", "reset", "timeout", "timeout", "unreachable", "http_503" */

typedef struct FlowClient FlowClient; /* a source of connections: one address, its ports */

typedef struct {
    const char *name;      /* random streams are named after it */
    Machine *from_machine; /* where the client runs (an external one for `external`) */
    Sandbox *from_sandbox; /* a pod, or NULL */
    Machine *
        entry; /* the node whose address is called (nodePort), or NULL: the client's own machine filters */
    const char *ip; /* destination; NULL with entry: entry's address */
    gint32 port;
    gint64 timeout_ns;
    guint32 first_port, n_ports; /* client ports; 0: 32768, 28232 */
    gboolean reuse;              /* keep connections open (keep-alive), else one per request */
    guint max_connections;       /* with reuse; 0: 16 */
} FlowClientOptions;

FlowClient *flow_client_new(World *world, const FlowClientOptions *options);
void flow_client_free(FlowClient *client);
typedef void (*FlowDone)(gpointer user,
                         FlowOutcome outcome,
                         gint64 started_ns,
                         gint64 ended_ns,
                         const char *backend_ip);
/*
 * flow_client_request: one request (new connection, or one from the pool); done
 * exactly once, never before this returns. @ended_ns may lie ahead of the clock by
 * the answer's trip: nothing can happen to it any more.
 */
void flow_client_request(FlowClient *client, FlowDone done, gpointer user);
