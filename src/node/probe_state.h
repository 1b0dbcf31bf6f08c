/*
 * probe_state.h - the counters of one probe
 *
 * Models: pkg/kubelet/prober/worker.go doProbe v1.34, without the probing. Pure.
 */
#pragma once

#include "node/actions.h"

typedef struct {
    ProbeType type;
    const char *container_id; /* interned; NULL: no instance seen yet */
    ProbeResult result;       /* stored for that instance; PROBE_NONE: none */
    gboolean is_on_hold;      /* until the instance changes */
    ProbeResult last_outcome;
    gint32 run; /* equal outcomes in a row */
} ProbeState;

/* The value that a new instance starts with. */
ProbeResult probe_initial_result(ProbeType type);
/* probe_state_see: the instance is @id. TRUE: the stored result changed. */
gboolean probe_state_see(ProbeState *state, const char *id);
/* probe_state_adopt: as before, but an instance older than the kubelet has no result until it is checked. */
void probe_state_adopt(ProbeState *state, const char *id);
/* probe_state_store: TRUE if it differs from what was stored. */
gboolean probe_state_store(ProbeState *state, ProbeResult result);
/*
 * probe_state_count: one more outcome; TRUE: a threshold was reached and the stored result
 * changed.
 */
gboolean probe_state_count(ProbeState *state,
                           ProbeResult outcome,
                           gint32 success_threshold,
                           gint32 failure_threshold);
