/*
 * profile.h - what differs between Kubernetes 1.30 and 1.36: timers and behaviour
 *
 * Two tables, profile.c: a timer has a name, a value and where it comes from, and
 * at most one change between these versions; a difference in behaviour has the
 * version that it begins with, and may have a feature gate. Components that differ
 * ask here; `desk8s explain timer` and `explain gate` print the tables.
 */
#pragma once

#include <glib.h>

#define PROFILE_MINOR_FIRST 30
#define PROFILE_NEVER      63
#define PROFILE_MINOR_LAST  36

typedef enum {
    /* kube-controller-manager */
    TIMER_NODE_MONITOR_GRACE,
    TIMER_NODE_MONITOR_PERIOD,
    TIMER_NODE_STARTUP_GRACE,
    TIMER_NODE_EVICTION_RATE,
    TIMER_POD_GC_QUARANTINE,
    TIMER_POD_GC_PERIOD,
    TIMER_DISRUPTION_DELETION,
    TIMER_DISRUPTION_STALE,
    TIMER_HPA_SYNC,
    TIMER_HPA_DOWNSCALE,
    TIMER_HPA_CPU_INITIALIZATION,
    TIMER_HPA_INITIAL_READINESS,
    TIMER_QUEUE_BACKOFF,
    TIMER_QUEUE_BACKOFF_MAX,
    TIMER_LEASE_DURATION,
    TIMER_RENEW_DEADLINE,
    TIMER_RETRY_PERIOD,
    /* kube-scheduler */
    TIMER_SCHEDULER_BACKOFF,
    TIMER_SCHEDULER_BACKOFF_MAX,
    TIMER_UNSCHEDULABLE_LIMIT,
    /* kube-apiserver: defaults of objects */
    TIMER_TOLERATION_NOT_READY,
    TIMER_TOLERATION_UNREACHABLE,
    TIMER_PROGRESS_DEADLINE,
    TIMER_TERMINATION_GRACE,
    TIMER_PROBE_PERIOD,
    /* kubelet */
    TIMER_NODE_LEASE_RENEW,
    TIMER_NODE_LEASE_DURATION,
    TIMER_NODE_STATUS_UPDATE,
    TIMER_NODE_STATUS_REPORT,
    TIMER_PLEG_RELIST,
    TIMER_POD_RESYNC,
    TIMER_CRASH_BACKOFF,
    TIMER_CRASH_BACKOFF_MAX,
    TIMER_IMAGE_BACKOFF,
    TIMER_IMAGE_BACKOFF_MAX,
    TIMER_EVICTION_TRANSITION,
    TIMER_VOLUME_LIMIT,
    TIMER_CADVISOR,
    /* others */
    TIMER_PROXY_MIN_SYNC,
    TIMER_METRICS_RESOLUTION,
    TIMER_SCAN_INTERVAL,
    TIMER_UNNEEDED,
    TIMER_DELAY_AFTER_ADD,
    TIMER_PROVISION,
    TIMER_ETCD_HEARTBEAT,
    TIMER_ETCD_ELECTION,
    TIMER_N,
} TimerId;

typedef struct {
    const char *name, *component;
    gint64 ns;          /* from v1.30 on */
    guint changes;      /* from v1.CHANGES on it is changed_ns; 0: the same in all versions */
    gint64 changed_ns;
    const char *source; /* file, flag or setting upstream */
    const char *doc;
} ProfileTimer;
extern const ProfileTimer profile_timers[TIMER_N];

/* PROFILE_NS: of one that is the same in all versions. */
#define PROFILE_NS(id) (profile_timers[TIMER_##id].ns)
gint64 profile_timer_ns(TimerId id, guint profile);
/* profile_timer_find: the row called @name; NULL if there is none. */
const ProfileTimer *profile_timer_find(const char *name);

typedef enum {
    FEATURE_JOB_INTERIM_CONDITIONS,
    FEATURE_CREATED_COLON,
    FEATURE_PROXY_FIXED_PERIOD,
    FEATURE_NO_KUBE_PROXY_VERSION,
    FEATURE_HINTS_FOR_NODES,
    FEATURE_RESOURCE_CLAIMS,
    FEATURE_TAINTS_NOT_NAMED,
    FEATURE_IMAGE_ACCESS_WORDS,
    FEATURE_READINESS_KEPT,
    FEATURE_STATEFUL_MAX_UNAVAILABLE,
    FEATURE_HPA_TOLERANCE,
    FEATURE_JOB_SUSPEND_CLEARS_START,
    FEATURE_CAPITAL_EVENTS,
    FEATURE_TERMINATING_REPLICAS,
    FEATURE_EVICTION_WORDS,
    FEATURE_HPA_NEEDS_CONTAINER,
    FEATURE_HPA_SCALE_TO_ZERO,
    FEATURE_PODS_OF_NAMESPACE_FIRST,
    FEATURE_POD_GENERATION,
    FEATURE_POD_OBSERVED_GENERATION,
    FEATURE_SPREAD_SELECTOR_MERGE,
    FEATURE_RELEASE_LOCK_ON_EXIT,
    FEATURE_JOB_SUCCESS_POLICY,
    FEATURE_JOB_MANAGED_BY,
    FEATURE_DAEMON_NODE_QUEUE,
    FEATURE_AVAILABLE_ON_TIME,
    FEATURE_STATEFUL_MIN_READY,
    FEATURE_N,
} FeatureId;

typedef struct {
    const char *name, *component;
    guint since; /* v1.SINCE on; PROFILE_NEVER: off unless somebody opens the gate */
    const char *source, *doc;
    guint gate;   /* there is a feature gate of this name from v1.GATE on; 0: there is none */
    guint locked; /* from v1.LOCKED on it can be set no longer; 0: it always can */
} ProfileFeature;
extern const ProfileFeature profile_features[FEATURE_N];

/*
 * A profile is what components are given as their version_minor: the minor version,
 * and above it a bit for each gate that is set against its default.
 */
gboolean profile_has(FeatureId id, guint profile);
guint profile_minor(guint profile);
/* profile_set_gate: @profile with the gate open or closed. */
guint profile_set_gate(guint profile, FeatureId id, gboolean is_open);
/* profile_gate_find: the gate called @name; FEATURE_N if there is none. */
FeatureId profile_gate_find(const char *name);
