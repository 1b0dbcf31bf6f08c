/* Metrics APIs: tables and kinds; k8s.io/metrics pkg/apis v0.34. */
#include "api/kinds/metrics.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const ApiField container_fields[] = {
    {"name", API_STRING, AT(ContainerMetrics, name), API_ALWAYS, .doc = "Name of the container."},
    {"usage", API_QUANTITY_MAP, AT(ContainerMetrics, usage), API_ALWAYS,
     .doc = "CPU and memory that it used."},
    {0},
};
static const ApiType container_metrics_type =
    TYPE("ContainerMetrics", ContainerMetrics, container_fields, "What one container used.");
static const ApiField pod_fields[] = {
    {"timestamp", API_TIME, AT(PodMetrics, timestamp), API_ALWAYS, .doc = "End of the window."},
    {"window", API_STRING, AT(PodMetrics, window), API_ALWAYS,
     .doc = "Time over which the usage was measured."},
    {"containers", API_MESSAGE_LIST, AT(PodMetrics, containers), API_ALWAYS,
     .message = &container_metrics_type, .doc = "What each container used."},
    {0},
};
static const ApiType pod_type = TYPE("PodMetrics", PodMetrics, pod_fields, "What one pod used.");
static const ApiField node_fields[] = {
    {"timestamp", API_TIME, AT(NodeMetrics, timestamp), API_ALWAYS, .doc = "End of the window."},
    {"window", API_STRING, AT(NodeMetrics, window), API_ALWAYS,
     .doc = "Time over which the usage was measured."},
    {"usage", API_QUANTITY_MAP, AT(NodeMetrics, usage), API_ALWAYS,
     .doc = "CPU and memory that the node used."},
    {0},
};
static const ApiType node_type = TYPE("NodeMetrics", NodeMetrics, node_fields, "What a node used.");
static const ApiField identifier_fields[] = {
    {"name", API_STRING, AT(MetricIdentifier, name), API_ALWAYS, .doc = "Name of the metric."},
    {"selector", API_MESSAGE, AT(MetricIdentifier, selector), .message = &label_selector_type,
     .doc = "Labels that were asked for."},
    {0},
};
static const ApiType identifier_type =
    TYPE("MetricIdentifier", MetricIdentifier, identifier_fields, "A metric by name and labels.");
static const ApiField value_fields[] = {
    {"describedObject", API_STRUCT, AT(MetricValue, described_object),
     .message = &object_reference_type, .doc = "The object that the metric is about."},
    {"metric", API_STRUCT, AT(MetricValue, metric), .message = &identifier_type,
     .doc = "Which metric."},
    {"timestamp", API_TIME, AT(MetricValue, timestamp), API_ALWAYS, .doc = "When it was measured."},
    {"windowSeconds", API_OPT_INT64, AT(MetricValue, window_s),
     .doc = "Time over which it was measured."},
    {"value", API_QUANTITY, AT(MetricValue, value), API_ALWAYS, .doc = "The value."},
    {0},
};
static const ApiType value_type =
    TYPE("MetricValue", MetricValue, value_fields, "A metric of one object.");
static const ApiField external_fields[] = {
    {"metricName", API_STRING, AT(ExternalMetricValue, metric_name), API_ALWAYS,
     .doc = "Name of the metric."},
    {"metricLabels", API_STR_MAP, AT(ExternalMetricValue, metric_labels), API_ALWAYS,
     .doc = "Labels of the series."},
    {"timestamp", API_TIME, AT(ExternalMetricValue, timestamp), API_ALWAYS,
     .doc = "When it was measured."},
    {"window", API_OPT_INT64, AT(ExternalMetricValue, window_s),
     .doc = "Time over which it was measured."},
    {"value", API_QUANTITY, AT(ExternalMetricValue, value), API_ALWAYS, .doc = "The value."},
    {0},
};
static const ApiType external_type = TYPE("ExternalMetricValue",
                                          ExternalMetricValue,
                                          external_fields,
                                          "A metric from outside the cluster.");

const ApiKind pod_metrics_kind = {
    .kind = "PodMetrics",
    .group = "metrics.k8s.io",
    .version = "v1beta1",
    .plural = "pods",
    .singular = "pod",
    .is_namespaced = TRUE,
    .body = &pod_type,
    .doc = "CPU and memory that the containers of a pod used.",
};
const ApiKind node_metrics_kind = {
    .kind = "NodeMetrics",
    .group = "metrics.k8s.io",
    .version = "v1beta1",
    .plural = "nodes",
    .singular = "node",
    .body = &node_type,
    .doc = "CPU and memory that a node used.",
};
const ApiKind metric_value_kind = {
    .kind = "MetricValue",
    .group = "custom.metrics.k8s.io",
    .version = "v1beta2",
    .plural = "metrics",
    .singular = "metric",
    .is_namespaced = TRUE,
    .body = &value_type,
    .doc = "A metric of an object.",
};
const ApiKind external_metric_kind = {
    .kind = "ExternalMetricValue",
    .group = "external.metrics.k8s.io",
    .version = "v1beta1",
    .plural = "metrics",
    .singular = "metric",
    .is_namespaced = TRUE,
    .body = &external_type,
    .doc = "A metric from outside the cluster.",
};
