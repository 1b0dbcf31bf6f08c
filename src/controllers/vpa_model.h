/*
 * vpa_model.h - what the recommender of VerticalPodAutoscalers knows of containers
 *
 * Models: kubernetes/autoscaler vertical-pod-autoscaler 1.4 pkg/recommender:
 * util/histogram.go, util/decaying_histogram.go, util/histogram_options.go
 * (vpa_histogram.c), model/container.go, model/aggregate_container_state.go
 * (vpa_container.c), logic/estimator.go, logic/recommender.go, utils/vpa/capping.go
 * (vpa_estimate.c). CPU is in millicores, memory in bytes, time calendar time in ns.
 *
 * Weights are IEEE doubles as there, with additions, products and quotients alone.
 * Powers come from integers: bucket bounds from 1.05^n in fixed point, decay from
 * fixed_scale_exp2. A sample's weight does not follow the request: there it is meant
 * to, and always is the least weight (kubernetes/autoscaler#7818).
 */
#pragma once

#include "api/kinds.h"
#include "controllers/controllers.h"

/* --- histogram --------------------------------------------------------------------------------------- */

/* ceil(log_1.05(5001)) + 1: last bounds of 1000 cores and 1 TB. */
#define VPA_N_BUCKETS 176

typedef enum { VPA_CPU, VPA_MEMORY, VPA_N_RESOURCES } VpaResource;

/*
 * Of decaying weights: a sample counts 2^(days since the reference). The bounds are
 * first * (1.05^n - 1) / 0.05, with a first bucket of 10m or 10 MB.
 */
typedef struct {
    VpaResource resource;
    double weights[VPA_N_BUCKETS], total;
    guint min, max;       /* buckets that are not empty; none: the last and 0 */
    gint64 reference_ns;  /* a midnight, UTC */
    gboolean has_reference;
} VpaHistogram;

void vpa_histogram_init(VpaHistogram *histogram, VpaResource resource);
void vpa_histogram_add(VpaHistogram *histogram, gint64 value, double weight, gint64 time_ns);
void vpa_histogram_subtract(VpaHistogram *histogram, gint64 value, double weight, gint64 time_ns);
void vpa_histogram_merge(VpaHistogram *histogram, const VpaHistogram *other);
gboolean vpa_histogram_is_empty(const VpaHistogram *histogram);
/* vpa_histogram_percentile: the end of the bucket with it; 0 if empty. */
gint64 vpa_histogram_percentile(const VpaHistogram *histogram, guint percent);
/* vpa_bucket_start: cut to whole millicores or bytes. */
gint64 vpa_bucket_start(VpaResource resource, guint bucket);
guint vpa_bucket_of(VpaResource resource, gint64 value);
/* What is kept of it, and taken up again. FALSE: it is not of this form. */
void vpa_histogram_save(const VpaHistogram *histogram, VpaHistogramCheckpoint *out);
gboolean vpa_histogram_load(VpaHistogram *histogram, const VpaHistogramCheckpoint *checkpoint);

/* --- containers -------------------------------------------------------------------------------------- */

/* All containers of one name in pods with the same labels. */
typedef struct {
    VpaHistogram cpu, memory;
    gint64 first_ns, last_ns; /* samples of CPU; 0: none */
    gint64 n_samples;
    gint64 created_ns;
} VpaAggregate;

void vpa_aggregate_init(VpaAggregate *aggregate, gint64 wall_ns);
void vpa_aggregate_merge(VpaAggregate *aggregate, const VpaAggregate *other);
/* vpa_aggregate_is_expired: no sample for eight days. */
gboolean vpa_aggregate_is_expired(const VpaAggregate *aggregate, gint64 wall_ns);
void vpa_aggregate_save(const VpaAggregate *aggregate, VpaCheckpointStatus *out);
gboolean vpa_aggregate_load(VpaAggregate *aggregate, const VpaCheckpointStatus *checkpoint);

/* One container of one pod. */
typedef struct {
    gint64 last_cpu_ns, last_memory_ns;
    gint64 memory_peak, oom_peak; /* of the interval that ends at window_end_ns */
    gint64 window_end_ns;         /* 0: no sample yet */
} VpaContainer;

/* FALSE: the sample is not newer than the last, or invalid. */
gboolean vpa_container_add_cpu(VpaContainer *container, VpaAggregate *aggregate, gint64 milli, gint64 time_ns);
gboolean vpa_container_add_memory(VpaContainer *container, VpaAggregate *aggregate, gint64 bytes, gint64 time_ns);
/* vpa_container_add_oom: counts as a peak of max(@requested, peak) and a fifth, at least 100 Mi, more. FALSE: too old. */
gboolean vpa_container_add_oom(VpaContainer *container, VpaAggregate *aggregate, gint64 requested, gint64 time_ns);

/* --- recommendation ---------------------------------------------------------------------------------- */

typedef struct {
    gint64 target, lower, upper;
} VpaEstimate;

/* vpa_estimate: with margin, confidence, and the pod's least amount divided among @n_containers. */
VpaEstimate
vpa_estimate(const VpaConfig *config, const VpaAggregate *aggregate, VpaResource resource, guint n_containers);
/* One container of the pods that a VerticalPodAutoscaler is about. */
typedef struct {
    const char *name; /* interned */
    VpaAggregate aggregate;
} VpaNamed;
/* vpa_recommend: of those of @containers (VpaNamed, ordered by name) with samples, within the bounds of @spec. (owned) */
VpaRecommendation *vpa_recommend(const VpaConfig *config, const VpaSpec *spec, const GArray *containers);
