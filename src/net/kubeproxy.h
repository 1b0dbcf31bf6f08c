/*
 * kubeproxy.h - kube-proxy, one process per node
 *
 * Watches Services, EndpointSlices and its Node; writes the rules of its machine's
 * packet filter (world/flow.h) at most once per minSyncPeriod after the end of the
 * last sync (v1.34 pkg/proxy/runner; before v1.33 a second one may follow at once).
 * A sync writes what has changed since the last, all after a start. When kube-proxy
 * dies or is paused, the rules stay. In mode iptables a sync takes time for each line
 * that it writes, in the others for each endpoint of what has changed. IPVS gives
 * connections to backends in turn (scheduler rr), the others by chance, and has no
 * least time between two syncs unless told.
 *
 * DEVIATES: the full syncs that change nothing (every hour; before v1.33 every
 * 30 s) are left out.
 */
#pragma once

#include "client/informer.h"
#include "world/flow.h"

typedef struct KubeProxy KubeProxy;
typedef enum { KUBE_PROXY_IPTABLES, KUBE_PROXY_NFTABLES, KUBE_PROXY_IPVS } KubeProxyMode;
typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    const char *node_name;
    KubeProxyMode mode;
    gint64 min_sync_ns, sync_ns; /* 0: 1 s (IPVS: none), 30 s */
    guint version_minor;         /* 0: 34 */
} KubeProxyOptions;
KubeProxy *kube_proxy_new(const KubeProxyOptions *options); /* process "kube-proxy", stopped */
void kube_proxy_free(KubeProxy *proxy);
Process *kube_proxy_process(KubeProxy *proxy);

typedef struct {
    guint syncs; /* finished */
    gint64 last_start_ns, last_end_ns;
    guint lines; /* written by the last */
} KubeProxyCounters;
#define KUBE_PROXY_HEALTHZ_PORT 10256
/*
 * kube_proxy_answer: HTTP status of what listens at @port of its machine: 10256 (/healthz: 503 when the node is to go,
 * or when a change has waited for two sync periods), or the healthCheckNodePort of a Service (200 if a ready endpoint
 * of it is on this node, and kube-proxy itself is healthy). 0: nothing listens; -1: the process is there but does not run.
 */
int kube_proxy_answer(const KubeProxy *proxy, gint32 port);
KubeProxyCounters kube_proxy_counters(const KubeProxy *proxy);
