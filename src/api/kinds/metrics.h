/*
 * kinds/metrics.h - what the aggregated metrics APIs answer
 *
 * metrics.k8s.io/v1beta1 (metrics-server), custom.metrics.k8s.io/v1beta2 and
 * external.metrics.k8s.io/v1beta1 (an adapter). Nothing here is stored: the API
 * server hands such requests on to who serves the group. A request for custom
 * metrics carries RESOURCE/OBJECT/METRIC as its name (OBJECT "*": of all), one for
 * external metrics the metric's name, as the paths of these APIs do.
 */
#pragma once

#include "api/kinds/autoscaling.h"

typedef struct {
    const char *name;
    QuantityMap usage;
} ContainerMetrics;
typedef struct {
    ApiTime timestamp;  /* of the oldest container */
    const char *window; /* "15.3s": over which the usage was measured */
    API_LIST_OF(ContainerMetrics) containers;
} PodMetrics;
typedef struct {
    ApiTime timestamp;
    const char *window;
    QuantityMap usage;
} NodeMetrics;
typedef struct {
    ObjectReference described_object;
    MetricIdentifier metric;
    ApiTime timestamp;
    OptInt64 window_s;
    Quantity *value;
} MetricValue;
typedef struct {
    const char *metric_name;
    StrMap metric_labels;
    ApiTime timestamp;
    OptInt64 window_s;
    Quantity *value;
} ExternalMetricValue;

extern const ApiKind pod_metrics_kind, node_metrics_kind, metric_value_kind, external_metric_kind;

static inline const PodMetrics *
pod_metrics(const ApiObject *object)
{
    return object->body;
}
static inline const NodeMetrics *
node_metrics(const ApiObject *object)
{
    return object->body;
}
static inline const MetricValue *
metric_value(const ApiObject *object)
{
    return object->body;
}
static inline const ExternalMetricValue *
external_metric(const ApiObject *object)
{
    return object->body;
}
