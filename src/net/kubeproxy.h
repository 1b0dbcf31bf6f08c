/*
 * kubeproxy.h - kube-proxy in iptables mode, one process per node
 *
 * Watches Services, EndpointSlices and its Node; writes the rules of its machine's
 * packet filter (world/flow.h) at most once per minSyncPeriod after the end of the
 * last sync. When it dies or is paused, the rules stay.
 */
#pragma once

#include "client/informer.h"
#include "world/flow.h"

typedef struct KubeProxy KubeProxy;
typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    const char *node_name;
    gint64 min_sync_ns, sync_ns; /* 0: 1 s, 30 s */
    guint version_minor;
} KubeProxyOptions;
KubeProxy *kube_proxy_new(const KubeProxyOptions *options); /* process "kube-proxy", stopped */
void kube_proxy_free(KubeProxy *proxy);
Process *kube_proxy_process(KubeProxy *proxy);
