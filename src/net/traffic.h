/*
 * traffic.h - clients that send requests, and what became of them
 *
 * Open loop: arrivals (Poisson or constant) do not wait for answers, and a
 * request's time counts from its arrival, over all its tries. Counts by outcome,
 * latency histogram (HdrHistogram layout, microseconds, 3 digits), one row per
 * second. At any time arrivals = outcomes + in flight. A try that fails is
 * repeated after a back-off of 100 ms, doubling up to 10 s, with full jitter.
 */
#pragma once

#include "client/informer.h"
#include "world/flow.h"

typedef struct Traffic Traffic;

typedef enum { ARRIVALS_POISSON, ARRIVALS_CONSTANT } Arrivals;

/* Destination and origin are looked up by name when needed: Services and pods come and go. */
typedef struct {
    const char *name;
    const char *from;       /* "external", "pod/NAME" or "node/NAME" */
    const char *to_service; /* "NAMESPACE/NAME" or NULL */
    gboolean by_balancer;   /* to_service is called at the address that its load balancer has */
    const char *to_node;    /* nodePort/NODE:PORT: the node, or NULL */
    gint32 port;
    gint64 rate_micro_per_s; /* requests per second * 10^6 */
    Arrivals arrivals;
    gint64 start_ns, stop_ns; /* stop < 0: end of run */
    gint64 timeout_ns;
    guint retries;
    gboolean reuse;
    guint32 client_ports; /* 0: default */
} TrafficOptions;

/* How the traffic finds its way: implemented by the cluster's assembly (looks into the API without cost, as DNS would). */
typedef struct {
    /* address of a service port: the cluster IP; FALSE if there is none */
    gboolean (*resolve_service)(gpointer self,
                                const char *namespace_,
                                const char *name,
                                const char **out_ip);
    /* external traffic to a service: a node to enter by and its node port; FALSE if there is none */
    gboolean (*resolve_external)(gpointer self,
                                 const char *namespace_,
                                 const char *name,
                                 gint32 port,
                                 Machine **out_entry,
                                 gint32 *out_port);
    /* the address in the status of a Service of type LoadBalancer, and the node to which its balancer sends a connection
     * from outside (NULL: to none, nobody answers); FALSE if it has no address */
    gboolean (*resolve_balancer)(gpointer self,
                                 const char *namespace_,
                                 const char *name,
                                 const char **out_ip,
                                 Machine **out_entry);
    Machine *(*find_node)(gpointer self, const char *name);
    Sandbox *(*find_pod)(gpointer self,
                         const char *namespace_,
                         const char *name,
                         Machine **out_machine);
    Machine *external;
    gpointer self;
} TrafficResolver;

Traffic *
traffic_new(Sim *sim, World *world, const TrafficOptions *options, const TrafficResolver *resolver);
void traffic_free(Traffic *traffic);
void traffic_set_rate(Traffic *traffic, gint64 rate_micro_per_s);
const char *traffic_name(const Traffic *traffic);

typedef struct {
    guint64 arrivals, in_flight;
    guint64 outcomes[FLOW_N_OUTCOMES];
} TrafficCounts;
const TrafficCounts *traffic_counts(const Traffic *traffic);
/* traffic_outcomes: {"ok": n, "timeout": n, "refused": n ...} summed by printed name, all names present. (owned) */
Value *traffic_outcomes(const Traffic *traffic);
/* traffic_quantile_ns: of ok requests; @permille 500 = p50, 999 = p99.9; -1 if none. */
gint64 traffic_quantile_ns(const Traffic *traffic, guint permille);

typedef struct {
    guint64 ok, refused, reset, timeout, other;
    gint64 p50_us, p90_us, p99_us; /* of ok requests that ended in this second; -1 if none */
} TrafficSecond;
guint traffic_second_count(const Traffic *traffic); /* rows from second 0 of the scenario */
const TrafficSecond *traffic_second(const Traffic *traffic, guint second);
/* Each failure: (time of arrival, outcome, duration), in the order in which they ended; the first million. */
typedef struct {
    gint64 time_ns, duration_ns;
    FlowOutcome outcome;
} TrafficFailure;
const TrafficFailure *traffic_failures(const Traffic *traffic, guint *out_count);
