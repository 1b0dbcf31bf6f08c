/*
 * kinds/vpa.h - VerticalPodAutoscaler and its checkpoints (autoscaling.k8s.io/v1)
 *
 * Models: kubernetes/autoscaler vertical-pod-autoscaler 1.4, deploy/vpa-v1-crd-gen.yaml:
 * custom resources, so checked against their schema alone, without defaults. The
 * server knows them only where they are installed (ApiKind.is_custom).
 *
 * Left out: startupBoost, percentiles and OOM ratios of single containers (later versions).
 */
#pragma once

#include "api/kinds/autoscaling.h"

typedef struct {
    StrList resources;
    const char *change_requirement;
} VpaEvictionRequirement;
typedef struct {
    const char *update_mode; /* Off, Initial, Recreate, InPlaceOrRecreate, Auto; NULL: Auto */
    OptInt32 min_replicas;
    API_LIST_OF(VpaEvictionRequirement) eviction_requirements;
} VpaUpdatePolicy;

typedef struct {
    const char *container_name; /* "*": those without a policy of their own */
    const char *mode;           /* Auto, Off; NULL: Auto */
    QuantityMap min_allowed, max_allowed;
    StrList controlled_resources; /* empty: cpu and memory */
    const char *controlled_values;
} VpaContainerPolicy;
typedef struct {
    API_LIST_OF(VpaContainerPolicy) container_policies;
} VpaResourcePolicy;
typedef struct {
    const char *name;
} VpaRecommenderSelector;
typedef struct {
    CrossVersionObjectReference *target;
    VpaUpdatePolicy *update_policy;
    VpaResourcePolicy *resource_policy;
    API_LIST_OF(VpaRecommenderSelector) recommenders;
} VpaSpec;

typedef struct {
    const char *container_name;
    QuantityMap target, lower_bound, upper_bound, uncapped_target;
} VpaContainerRecommendation;
typedef struct {
    API_LIST_OF(VpaContainerRecommendation) containers;
} VpaRecommendation;
typedef struct {
    VpaRecommendation *recommendation;
    ConditionList conditions;
} VpaStatus;

/* A histogram as it is kept: weights of buckets by number, the largest 10000; see the recommender. */
typedef struct {
    ApiTime reference_time;
    Value *bucket_weights; /* map of "12": 10000 */
    Value *total_weight;   /* a float */
} VpaHistogramCheckpoint;
typedef struct {
    const char *vpa_name, *container_name;
} VpaCheckpointSpec;
typedef struct {
    ApiTime last_update_time;
    const char *version;
    VpaHistogramCheckpoint cpu, memory;
    ApiTime first_sample_start, last_sample_start;
    gint64 total_samples_count;
} VpaCheckpointStatus;

extern const ApiKind vpa_kind, vpa_checkpoint_kind;
extern const ApiType vpa_spec_type, vpa_status_type, vpa_recommendation_type, vpa_checkpoint_status_type;

#define VPA_GROUP "autoscaling.k8s.io"

static inline const VpaSpec *
vpa_spec(const ApiObject *vpa)
{
    return vpa->spec;
}
static inline const VpaStatus *
vpa_status(const ApiObject *vpa)
{
    return vpa->status;
}
/* vpa_container_policy: the container's own, else that of "*"; NULL: none. */
const VpaContainerPolicy *vpa_container_policy(const VpaSpec *spec, const char *container);
