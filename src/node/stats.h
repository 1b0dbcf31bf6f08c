/*
 * stats.h - what a kubelet says its containers use: /metrics/resource
 *
 * Models: cAdvisor's housekeeping as v1.34 pkg/kubelet/cadvisor sets it: each
 * container is looked at when it starts, then every 10 s, lengthened by up to as
 * much again at random; every 15 s instead while nothing changes. Whoever
 * scrapes gets the last look, however old. A node that is played (ideal) has no
 * containers: its pods use what the scenario says, and the answer is of now.
 *
 * Left out: what the kubelet, the runtime and the system use themselves.
 */
#pragma once

#include "node/kubelet.h"
#include "world/rpc.h"

typedef struct {
    gint64 start_wall_ns, wall_ns; /* begin of counting; time of the look */
    gint64 cpu_ns;                 /* in all since start */
    gint64 memory_bytes;           /* working set */
} StatsPoint;
typedef struct {
    const char *namespace_, *pod, *container; /* interned */
    StatsPoint point;
} ContainerPoint;
typedef struct {
    StatsPoint node;
    GArray *containers; /* of ContainerPoint, oldest container first */
} NodeStats;
void node_stats_free(gpointer stats);

/* kubelet_serve_stats: an RpcServe; the answer is a NodeStats. @kubelet keeps statistics (KubeletOptions.stats). */
void kubelet_serve_stats(gpointer kubelet, gconstpointer question, Rpc *rpc);
