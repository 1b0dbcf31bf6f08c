/* thresholds.c - see thresholds.h */

#include "node/thresholds.h"

#include "node/resources.h"

static const char *
value_of(const EvictionLimits *limits, guint signal, guint is_soft)
{
    return is_soft ? limits->soft[signal] : limits->hard[signal];
}

static void
look_at(ThresholdState *state, const char *value, const char *reclaim, gint64 grace_ns, const SignalSeen *seen, gint64 now_ns)
{
    gint64 bytes = threshold_bytes(value, seen->capacity);
    gboolean was_met = state->is_met;

    if (state->drives && reclaim != NULL)
        bytes += threshold_bytes(reclaim, seen->capacity);
    state->is_met = value != NULL && seen->available < bytes;
    if (!state->is_met) {
        *state = (ThresholdState){0};
        return;
    }
    if (!was_met)
        state->first_ns = now_ns;
    state->drives = now_ns - state->first_ns >= grace_ns;
}

void
thresholds_look(Thresholds *thresholds, const EvictionLimits *limits, const SignalSeen *seen, gint64 now_ns)
{
    for (guint signal = 0; signal < EVICTION_N_SIGNALS; signal++)
        for (guint is_soft = 0; is_soft < 2; is_soft++)
            look_at(&thresholds->of[signal][is_soft], value_of(limits, signal, is_soft), limits->reclaim[signal],
                    is_soft ? limits->grace_ns[signal] : 0, &seen[signal], now_ns);
}

gboolean
thresholds_is_met(const Thresholds *thresholds, EvictionSignal signal)
{
    return thresholds->of[signal][0].is_met || thresholds->of[signal][1].is_met;
}

const char *
thresholds_driving(const Thresholds *thresholds,
                   const EvictionLimits *limits,
                   EvictionSignal *out_signal,
                   gboolean *out_is_hard)
{
    for (guint signal = 0; signal < EVICTION_N_SIGNALS; signal++)
        for (guint is_soft = 0; is_soft < 2; is_soft++)
            if (thresholds->of[signal][is_soft].drives) {
                *out_signal = (EvictionSignal)signal;
                *out_is_hard = !is_soft;
                return value_of(limits, signal, is_soft);
            }
    return NULL;
}

gint64
thresholds_bytes(const EvictionLimits *limits, EvictionSignal signal, gint64 capacity)
{
    gint64 hard = limits->hard[signal] != NULL ? threshold_bytes(limits->hard[signal], capacity) : 0;
    gint64 soft = limits->soft[signal] != NULL ? threshold_bytes(limits->soft[signal], capacity) : 0;

    return MAX(hard, soft);
}
