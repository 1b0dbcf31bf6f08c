/*
 * kinds/autoscaling.h - HorizontalPodAutoscaler (autoscaling/v2, v1.34), and its form in autoscaling/v1
 */
#pragma once

#include "api/kinds/meta.h"

typedef struct {
    const char *kind, *name, *api_version;
} CrossVersionObjectReference;
typedef struct {
    const char *name;
    LabelSelector *selector;
} MetricIdentifier;
typedef struct {
    const char *type; /* Utilization, Value, AverageValue */
    Quantity *value, *average_value;
    OptInt32 average_utilization;
} MetricTarget;

/* One of the five sources; which members count follows from the type. */
typedef struct {
    CrossVersionObjectReference described_object;
    MetricTarget target;
    MetricIdentifier metric;
} ObjectMetricSource;
typedef struct {
    MetricIdentifier metric;
    MetricTarget target;
} PodsMetricSource, ExternalMetricSource;
typedef struct {
    const char *name;
    MetricTarget target;
    const char *container; /* containerResource only */
} ResourceMetricSource;
typedef struct {
    const char *type;
    ObjectMetricSource *object;
    PodsMetricSource *pods;
    ResourceMetricSource *resource, *container_resource;
    ExternalMetricSource *external;
} MetricSpec;

typedef struct {
    const char *type; /* Pods, Percent */
    gint32 value, period_s;
} HpaScalingPolicy;
typedef struct {
    OptInt32 stabilization_window_s;
    const char *select_policy; /* Max, Min, Disabled */
    API_LIST_OF(HpaScalingPolicy) policies;
    Quantity *tolerance;
} HpaScalingRules;
typedef struct {
    HpaScalingRules *scale_up, *scale_down;
} HpaBehavior;
typedef API_LIST_OF(MetricSpec) MetricSpecList;
typedef struct {
    CrossVersionObjectReference scale_target;
    OptInt32 min_replicas;
    gint32 max_replicas;
    MetricSpecList metrics;
    HpaBehavior *behavior;
} HpaSpec;

typedef struct {
    Quantity *value, *average_value;
    OptInt32 average_utilization;
} MetricValueStatus;
typedef struct {
    MetricIdentifier metric;
    MetricValueStatus current;
    CrossVersionObjectReference described_object;
} ObjectMetricStatus;
typedef struct {
    MetricIdentifier metric;
    MetricValueStatus current;
} PodsMetricStatus, ExternalMetricStatus;
typedef struct {
    const char *name;
    MetricValueStatus current;
    const char *container;
} ResourceMetricStatus;
typedef struct {
    const char *type;
    ObjectMetricStatus *object;
    PodsMetricStatus *pods;
    ResourceMetricStatus *resource, *container_resource;
    ExternalMetricStatus *external;
} MetricStatus;
typedef API_LIST_OF(MetricStatus) MetricStatusList;
typedef struct {
    OptInt64 observed_generation;
    ApiTime last_scale_time;
    gint32 current_replicas, desired_replicas;
    MetricStatusList current_metrics;
    ConditionList conditions;
} HpaStatus;

extern const ApiKind hpa_kind;
extern const ApiKind hpa_v1_kind;
extern const ApiType hpa_spec_type, hpa_status_type, metric_status_type, hpa_reference_type, hpa_condition_type;
extern const ApiType hpa_object_status_type, hpa_pods_status_type, hpa_resource_status_type, hpa_container_status_type,
    hpa_external_status_type;

static inline const HpaSpec *
hpa_spec(const ApiObject *hpa)
{
    return hpa->spec;
}
static inline const HpaStatus *
hpa_status(const ApiObject *hpa)
{
    return hpa->status;
}
