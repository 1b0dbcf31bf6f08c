/*
 * metrics_adapter.h - custom.metrics.k8s.io and external.metrics.k8s.io
 *
 * What a metrics adapter answers autoscalers (k8s.io/custom-metrics-apiserver
 * v1.34): values of metrics that are no CPU and no memory. Where real adapters ask
 * a monitoring system, this one is given each metric as a function of time.
 */
#pragma once

#include "apiserver/apiserver.h"

typedef struct MetricsAdapter MetricsAdapter;

typedef enum { ADAPTED_PODS, ADAPTED_OBJECT, ADAPTED_EXTERNAL } AdaptedType;
typedef struct {
    AdaptedType type;
    const char *name;     /* interned */
    StrMap labels;        /* (owned by the adapter) of the pods; of the external series */
    const char *resource; /* interned "deployments.apps", "services": of the object */
    const char *object;   /* interned */
    gboolean is_shared;   /* pods: the value is that of all ready ones together */
} AdaptedMetric;

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    const AdaptedMetric *metrics; /* copied */
    guint n_metrics;
    gint64 (*milli_at)(gpointer user, guint index, gint64 now_ns);
    gpointer user;
} MetricsAdapterOptions;

/* metrics_adapter_new: process "metrics-adapter", stopped; serves both groups from now on. */
MetricsAdapter *metrics_adapter_new(const MetricsAdapterOptions *options);
void metrics_adapter_free(MetricsAdapter *adapter);
Process *metrics_adapter_process(MetricsAdapter *adapter);
