/*
 * metrics_server.h - metrics-server: scrapes kubelets, answers metrics.k8s.io
 *
 * Models: metrics-server v0.8 (pkg/scraper, pkg/storage, pkg/api): every
 * resolution (15 s as its manifest sets it) each node is asked for what its
 * containers have used in all, after a random delay that grows with the number
 * of nodes; of two looks at a container the CPU it used in between is computed.
 * A pod is answered for once every container has two looks, or one that is 10 s
 * after its start and the start itself.
 *
 * It runs as a process on a control-plane machine rather than in a pod; its
 * APIService is there from the start.
 */
#pragma once

#include "node/kubelet.h"
#include "node/stats.h"

typedef struct MetricsServer MetricsServer;

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    gint64 resolution_ns; /* 0: 15 s */
    Kubelet *(*kubelet_of)(gpointer user, const char *node_name); /* who listens there; NULL: nobody */
    gpointer user;
} MetricsServerOptions;

/* metrics_server_new: process "metrics-server", stopped; serves the group from now on. */
MetricsServer *metrics_server_new(const MetricsServerOptions *options);
void metrics_server_free(MetricsServer *server);
Process *metrics_server_process(MetricsServer *server);

/* --- storage, for tests ------------------------------------------------------------------------- */

typedef struct MetricsStore MetricsStore;
MetricsStore *metrics_store_new(gint64 resolution_ns);
void metrics_store_free(MetricsStore *store);
/* metrics_store_put: one scrape of all nodes; @points of ContainerPoint. What is not among them is forgotten. */
void metrics_store_put(MetricsStore *store, const GArray *points);
/* metrics_store_get: FALSE: nothing can be said of the pod yet. @out_body is cleared memory to fill. */
gboolean metrics_store_get(const MetricsStore *store, const char *namespace_, const char *pod, PodMetrics *out);
