/*
 * ground.h - two nodes with runtimes, a client outside, and pods, for the tests of net/
 *
 * Latencies without spread, one way: client to node 500 us, node to node 200 us,
 * within a machine 25 us. node-a filters port 30080, each node 10.96.0.10:80.
 */
#pragma once

#include "base/duration.h"
#include "net/traffic.h"
#include "world/filter.h"

#include <check.h>

#define NEAR_NS   (500 * NS_PER_US)
#define FAR_NS    (200 * NS_PER_US)
#define WITHIN_NS (25 * NS_PER_US)
#define NODE_PORT 30080
#define VIP       "10.96.0.10"

typedef struct {
    Sim *sim;
    World *world;
    Machine *external, *a, *b;
    SimHandle owner;
    AppRule rule;     /* what every container does; change it before the first pod */
    Sandbox *sandbox; /* of the calls below */
    RtContainer *container;
    gboolean has_answer;
} Ground;

/* One request and what became of it. */
typedef struct {
    gboolean is_done;
    guint calls;
    FlowOutcome outcome;
    gint64 started_ns, ended_ns;
    const char *backend;
} Result;

/* ground_new: @cpu_milli of each node. Containers need 1 ms of CPU a request, start at once and are signalled at once. */
Ground *ground_new(guint64 seed, gint64 cpu_milli);
void ground_free(Ground *ground);
void ground_run(Ground *ground, gint64 ns);
/* ground_pod: runs until its container listens at 80; @cpu_limit_milli 0: none. */
RtContainer *ground_pod(Ground *ground, Machine *machine, gint64 cpu_limit_milli);
const char *ground_ip(const RtContainer *container);
void ground_stop(Ground *ground, RtContainer *container, gint64 grace_ns);
/* ground_rules: the node port of node-a and the address of the service, at all nodes, lead to these. */
void ground_rules(Ground *ground, RtContainer *const *containers, guint count);
/* ground_verdict: the same without backends. */
void ground_verdict(Ground *ground, FilterVerdict verdict);
void ground_cut(Ground *ground, Machine *one, Machine *other);
void ground_heal(Ground *ground, Machine *one, Machine *other);

/* ground_client: a client outside that calls the node port of node-a. Free it before the ground. */
FlowClient *ground_client(Ground *ground, FlowClientOptions options);
void ground_request(FlowClient *client, Result *result);

/* ground_traffic: @options but for the destination, which is node-a's node port. */
Traffic *ground_traffic(Ground *ground, TrafficOptions options);
/* ground_traffic_inside: from node-a to the service's address. */
Traffic *ground_traffic_inside(Ground *ground, TrafficOptions options);
