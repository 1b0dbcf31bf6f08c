/*
 * thresholds.h - which eviction thresholds are met, and which of them drive evictions
 *
 * Models: v1.34 pkg/kubelet/eviction/helpers.go and eviction_manager.go, synchronize. A
 * threshold is met while less is available than it says; one that drives evictions stays
 * met until its minimum to reclaim is there as well; a soft one drives them once it was met for
 * its grace period without a break. Pure.
 */
#pragma once

#include "node/kubelet.h"

typedef struct {
    gint64 capacity, available; /* bytes */
} SignalSeen;

typedef struct {
    gboolean is_met, drives;
    gint64 first_ns; /* is_met: since when */
} ThresholdState;

/* By signal; the hard threshold, then the soft one. */
typedef struct {
    ThresholdState of[EVICTION_N_SIGNALS][2];
} Thresholds;

/* thresholds_look: what follows from what is seen @now. */
void thresholds_look(Thresholds *thresholds, const EvictionLimits *limits, const SignalSeen *seen, gint64 now_ns);
gboolean thresholds_is_met(const Thresholds *thresholds, EvictionSignal signal);
/* thresholds_driving: the first that drives evictions, memory before the disk, hard before soft; NULL: none does. */
const char *thresholds_driving(const Thresholds *thresholds,
                               const EvictionLimits *limits,
                               EvictionSignal *out_signal,
                               gboolean *out_is_hard);
/* thresholds_bytes: below so much of @signal one of its thresholds is met. */
gint64 thresholds_bytes(const EvictionLimits *limits, EvictionSignal signal, gint64 capacity);
