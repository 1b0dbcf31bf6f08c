/* probe_state.c - see probe_state.h */

#include "node/probe_state.h"

ProbeResult
probe_initial_result(ProbeType type)
{
    switch (type) {
    case PROBE_READINESS:
        return PROBE_FAILURE;
    case PROBE_LIVENESS:
        return PROBE_SUCCESS;
    default:
        return PROBE_UNKNOWN;
    }
}

gboolean
probe_state_store(ProbeState *state, ProbeResult result)
{
    if (state->result == result)
        return FALSE;
    state->result = result;
    return TRUE;
}

void
probe_state_adopt(ProbeState *state, const char *id)
{
    if (state->container_id == id)
        return;
    state->container_id = id;
    state->result = PROBE_NONE;
    state->is_on_hold = FALSE;
}

gboolean
probe_state_see(ProbeState *state, const char *id)
{
    if (state->container_id == id)
        return FALSE;
    probe_state_adopt(state, id);
    return probe_state_store(state, probe_initial_result(state->type));
}

gboolean
probe_state_count(ProbeState *state,
                  ProbeResult outcome,
                  gint32 success_threshold,
                  gint32 failure_threshold)
{
    gboolean is_changed;

    if (state->last_outcome == outcome) {
        state->run++;
    } else {
        state->last_outcome = outcome;
        state->run = 1;
    }
    if (state->run < (outcome == PROBE_FAILURE ? failure_threshold : success_threshold))
        return FALSE;
    is_changed = probe_state_store(state, outcome);
    /* What follows concerns a container that is about to be replaced, or has started for good. */
    if (state->type == PROBE_STARTUP ||
        (state->type == PROBE_LIVENESS && outcome == PROBE_FAILURE)) {
        state->is_on_hold = TRUE;
        state->run = 0;
    }
    return is_changed;
}
