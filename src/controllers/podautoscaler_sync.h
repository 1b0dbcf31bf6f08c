/*
 * podautoscaler_sync.h - what the files of the HorizontalPodAutoscaler share
 *
 * Models v1.34 pkg/controller/podautoscaler: replica_calculator.go
 * (podautoscaler_calc.c), the normalization half of horizontal.go
 * (podautoscaler_limits.c), metrics/client.go with computeStatusFor*
 * (podautoscaler_metrics.c), reconcileAutoscaler (podautoscaler.c). Ratios are
 * IEEE doubles as there: with them, 90 % of a target is just within a tolerance
 * of 0.1, and only addition, multiplication and division are used.
 */
#pragma once

#include "api/kinds.h"
#include "api/selector.h"
#include "controllers/controllers.h"

/* --- memory of the controller, per autoscaler ------------------------------------------------- */

typedef struct {
    gint32 replicas; /* recommended; or how many a rescale added or removed */
    gint64 time_ns;
    gboolean is_outdated;
} HpaSample;
typedef struct {
    GArray *recommendations, *ups, *downs; /* of HpaSample */
    const char *namespace_, *selector;     /* of its target, interned; NULL: not known yet */
} HpaMemory;
typedef struct {
    GHashTable *by_key; /* interned key -> HpaMemory (owned) */
} HpaState;
HpaMemory *hpa_memory(HpaState *state, const char *key); /* made if absent */

/* --- calculator --------------------------------------------------------------------------------- */

typedef struct {
    double up, down;
} HpaTolerances;
typedef struct {
    const char *pod; /* interned */
    gint64 value;    /* milli */
    ApiTime timestamp;
    gint64 window_ns;
} HpaPodMetric;
typedef struct {
    const GPtrArray *pods; /* of ApiObject: those that the selector matches */
    const GArray *metrics; /* of HpaPodMetric */
    const char *resource;  /* "cpu", "memory"; NULL: a metric that is no resource */
    const char *container; /* NULL: all of a pod */
    gboolean needs_container; /* a pod without @container is an error, not one that asks for nothing */
    HpaTolerances tolerances;
    gint64 wall_ns, cpu_initialization_ns, initial_readiness_ns;
    gint32 current;
} HpaPods;
typedef struct {
    gint32 replicas, utilization;
    gint64 usage;      /* milli, per pod or as a whole */
    const char *error; /* interned; NULL: fine */
} HpaProposal;

/* hpa_propose_utilization: @target percent of the requests. */
HpaProposal hpa_propose_utilization(const HpaPods *pods, gint32 target);
/* hpa_propose_average: @target (milli) per pod. */
HpaProposal hpa_propose_average(const HpaPods *pods, gint64 target);
/* hpa_propose_value: a metric of one thing, of which @usage (milli) is there. */
HpaProposal hpa_propose_value(const HpaPods *pods, gint64 usage, gint64 target);
/* hpa_propose_per_pod: the same, with a target for each of @replicas pods. */
HpaProposal
hpa_propose_per_pod(HpaTolerances tolerances, gint32 replicas, gint64 usage, gint64 target);

/* --- limits --------------------------------------------------------------------------------------- */

typedef struct {
    HpaMemory *memory;
    gint64 now_ns;
    const HpaBehavior *behavior; /* NULL: none */
    gint64 downscale_stabilization_ns;
    gint32 min, max, current, desired;
} HpaLimits;
typedef struct {
    const char *type, *status, *reason, *message;
} HpaVerdict;
/* hpa_normalize: the size to set, and what it says of AbleToScale and ScalingLimited. */
gint32 hpa_normalize(const HpaLimits *limits, HpaVerdict *out_able, HpaVerdict *out_limited);
/* hpa_note_rescale: a rescale was carried out; policies with a period look back at it. */
void
hpa_note_rescale(HpaMemory *memory, const HpaBehavior *behavior, gint32 old, gint32 new_, gint64 now_ns);

/* --- metrics -------------------------------------------------------------------------------------- */

/* A sync under way, carried from one plan to the next. */
typedef struct {
    ApiObject *hpa;    /* (owned) a copy whose status is being made */
    ApiObject *target; /* (owned ref) as its scale said */
    const char *selector_text;
    Selector *selector; /* (owned) */
    gint32 current, status_replicas, desired;
    const char *reason; /* of the rescale */
    MetricStatusList statuses;
    gboolean has_statuses;
} HpaSync;
/* hpa_event: about the autoscaler as it is now; its status may go on changing. */
void hpa_event(const HpaSync *sync, Plan *plan, const char *type, const char *reason, const char *format, ...)
    G_GNUC_PRINTF(5, 6);
void hpa_set_condition(HpaSync *sync, const Reconcile *r, HpaVerdict verdict);
HpaVerdict hpa_verdict(const char *type, const char *status, const char *reason, const char *message);
/* hpa_ask_metrics: one step per metric of the spec. */
void hpa_ask_metrics(HpaSync *sync, Plan *plan);
/*
 * hpa_compute_metrics: the proposal of all of them; -1 if nothing is to be done.
 * Adds the events of metrics that failed. *out_error: NULL if all is well.
 */
gint32 hpa_compute_metrics(HpaSync *sync,
                           const Reconcile *r,
                           const StepResult *results,
                           Plan *plan,
                           const char **out_metric,
                           const char **out_error);
