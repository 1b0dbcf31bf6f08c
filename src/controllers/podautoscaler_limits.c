/* v1.34 pkg/controller/podautoscaler/horizontal.go: normalizeDesiredReplicas and what it calls */
#include "base/duration.h"
#include "controllers/podautoscaler_sync.h"

static HpaSample *
sample_at(GArray *samples, guint index)
{
    return &g_array_index(samples, HpaSample, index);
}

/* The last outdated slot is used again. */
static void
put_sample(GArray *samples, int slot, gint32 replicas, gint64 now_ns)
{
    HpaSample sample = {.replicas = replicas, .time_ns = now_ns};

    if (slot >= 0)
        *sample_at(samples, (guint)slot) = sample;
    else
        g_array_append_val(samples, sample);
}

HpaVerdict
hpa_verdict(const char *type, const char *status, const char *reason, const char *message)
{
    return (HpaVerdict){type, status, reason, message};
}

#define ABLE(reason, message)    hpa_verdict("AbleToScale", "True", reason, message)
#define LIMITED(reason, message) hpa_verdict("ScalingLimited", "True", reason, message)

static const char *const highest =
    "recent recommendations were higher than current one, applying the highest recent recommendation";
static const char *const lowest =
    "recent recommendations were lower than current one, applying the lowest recent recommendation";
static const char *const too_fast_up =
    "the desired replica count is increasing faster than the maximum scale rate";
static const char *const too_fast_down =
    "the desired replica count is decreasing faster than the maximum scale rate";
static const char *const too_many =
    "the desired replica count is more than the maximum replica count";
static const char *const too_few =
    "the desired replica count is less than the minimum replica count";
static const char *const within = "the desired count is within the acceptable range";

/* --- without behavior ------------------------------------------------------------------------- */

static gint32
stabilize(const HpaLimits *limits)
{
    GArray *samples = limits->memory->recommendations;
    gint64 cutoff_ns = limits->now_ns - limits->downscale_stabilization_ns;
    gint32 out = limits->desired;
    int slot = -1;

    for (guint i = 0; i < samples->len; i++) {
        if (sample_at(samples, i)->time_ns < cutoff_ns)
            slot = (int)i;
        else
            out = MAX(out, sample_at(samples, i)->replicas);
    }
    put_sample(samples, slot, limits->desired, limits->now_ns);
    return out;
}

/* convertDesiredReplicasWithRules */
static gint32
clamp(const HpaLimits *limits, gint32 wanted, HpaVerdict *out)
{
    gint32 rate = (gint32)MIN(MAX((gint64)limits->current * 2, 4), G_MAXINT32);
    gint32 most = MIN(limits->max, rate);

    if (wanted < limits->min) {
        *out = LIMITED("TooFewReplicas", too_few);
        return limits->min;
    }
    if (wanted > most) {
        *out = limits->max > rate ? LIMITED("ScaleUpLimit", too_fast_up)
                                  : LIMITED("TooManyReplicas", too_many);
        return most;
    }
    *out = LIMITED("DesiredWithinRange", within);
    return wanted;
}

/* --- with behavior ------------------------------------------------------------------------------ */

static gint64
window_ns(OptInt32 seconds, gint64 otherwise_ns)
{
    return seconds.is_set ? seconds.value * NS_PER_S : otherwise_ns;
}

/* stabilizeRecommendationWithBehaviors */
static gint32
stabilize_both(const HpaLimits *limits)
{
    const HpaBehavior *behavior = limits->behavior;
    GArray *samples = limits->memory->recommendations;
    gint64 up_cutoff_ns =
        limits->now_ns - window_ns(behavior->scale_up->stabilization_window_s, 0);
    gint64 down_cutoff_ns =
        limits->now_ns - window_ns(behavior->scale_down->stabilization_window_s,
                                   limits->downscale_stabilization_ns);
    gint32 up = limits->desired, down = limits->desired, out = limits->current;
    int slot = -1;

    for (guint i = 0; i < samples->len; i++) {
        const HpaSample *sample = sample_at(samples, i);

        if (sample->time_ns > up_cutoff_ns)
            up = MIN(up, sample->replicas);
        if (sample->time_ns > down_cutoff_ns)
            down = MAX(down, sample->replicas);
        if (sample->time_ns < up_cutoff_ns && sample->time_ns < down_cutoff_ns)
            slot = (int)i;
    }
    out = MAX(out, up);
    out = MIN(out, down);
    put_sample(samples, slot, limits->desired, limits->now_ns);
    return out;
}

static gint32
change_within(GArray *samples, gint32 period_s, gint64 now_ns)
{
    gint32 sum = 0;

    for (guint i = 0; i < samples->len; i++)
        if (sample_at(samples, i)->time_ns > now_ns - period_s * NS_PER_S)
            sum += sample_at(samples, i)->replicas;
    return sum;
}

/* Up rounds up, so that a percentage always leaves room for one more; down cuts off. */
static gint32
percent_of(gint32 start, gint32 percent, gboolean is_up)
{
    double factor = is_up ? 1.0 + (double)percent / 100.0 : 1.0 - (double)percent / 100.0;
    double exact = (double)start * factor;
    gint32 whole = (gint32)CLAMP(exact, (double)G_MININT32, (double)G_MAXINT32);

    return is_up && (double)whole < exact ? whole + 1 : whole;
}

/* calculateScaleUpLimitWithScalingRules, calculateScaleDownLimitWithBehaviors */
static gint32
rate_limit(const HpaLimits *limits, const HpaScalingRules *rules, gboolean is_up)
{
    gboolean takes_least = str_is(rules->select_policy, "Min");
    gboolean takes_largest = is_up != takes_least;
    gint32 out = takes_largest ? G_MININT32 : G_MAXINT32;

    if (str_is(rules->select_policy, "Disabled"))
        return limits->current;
    for (guint i = 0; i < rules->policies.count; i++) {
        const HpaScalingPolicy *policy = &rules->policies.items[i];
        gint32 start = limits->current -
                       change_within(limits->memory->ups, policy->period_s, limits->now_ns) +
                       change_within(limits->memory->downs, policy->period_s, limits->now_ns);
        gint32 proposed;

        if (str_is(policy->type, "Percent"))
            proposed = percent_of(start, policy->value, is_up);
        else
            proposed = is_up ? start + policy->value : start - policy->value;
        out = takes_largest ? MAX(out, proposed) : MIN(out, proposed);
    }
    return is_up ? MAX(out, limits->current) : MIN(out, limits->current);
}

/* convertDesiredReplicasWithBehaviorRate */
static gint32
clamp_rate(const HpaLimits *limits, gint32 wanted, HpaVerdict *out)
{
    gint32 rate, bound;

    *out = LIMITED("DesiredWithinRange", within);
    if (wanted > limits->current) {
        rate = rate_limit(limits, limits->behavior->scale_up, TRUE);
        bound = MIN(limits->max, rate);
        if (wanted <= bound)
            return wanted;
        *out = limits->max > rate ? LIMITED("ScaleUpLimit", too_fast_up)
                                  : LIMITED("TooManyReplicas", too_many);
        return bound;
    }
    if (wanted < limits->current) {
        rate = rate_limit(limits, limits->behavior->scale_down, FALSE);
        bound = MAX(limits->min, rate);
        if (wanted >= bound)
            return wanted;
        *out = limits->min < rate ? LIMITED("ScaleDownLimit", too_fast_down)
                                  : LIMITED("TooFewReplicas", too_few);
        return bound;
    }
    return wanted;
}

/* --- public --------------------------------------------------------------------------------------- */

gint32
hpa_normalize(const HpaLimits *limits, HpaVerdict *out_able, HpaVerdict *out_limited)
{
    gboolean has_behavior = limits->behavior != NULL;
    gint32 stable = has_behavior ? stabilize_both(limits) : stabilize(limits);
    gint32 out;

    if (stable == limits->desired)
        *out_able = ABLE("ReadyForNewScale", "recommended size matches current size");
    else if (has_behavior && limits->desired >= limits->current)
        *out_able = ABLE("ScaleUpStabilized", lowest);
    else
        *out_able = ABLE("ScaleDownStabilized", highest);
    out = has_behavior ? clamp_rate(limits, stable, out_limited) : clamp(limits, stable, out_limited);
    if (out == stable)
        out_limited->status = "False";
    return out;
}

static gint32
longest_period_s(const HpaScalingRules *rules)
{
    gint32 longest = 0;

    for (guint i = 0; i < rules->policies.count; i++)
        longest = MAX(longest, rules->policies.items[i].period_s);
    return longest;
}

/* storeScaleEvent */
void
hpa_note_rescale(HpaMemory *memory, const HpaBehavior *behavior, gint32 old, gint32 new_, gint64 now_ns)
{
    GArray *samples = new_ > old ? memory->ups : memory->downs;
    gint64 cutoff_ns;
    int slot = -1;

    if (behavior == NULL)
        return;
    cutoff_ns = now_ns - longest_period_s(new_ > old ? behavior->scale_up : behavior->scale_down) * NS_PER_S;
    for (guint i = 0; i < samples->len; i++) {
        if (sample_at(samples, i)->time_ns < cutoff_ns)
            sample_at(samples, i)->is_outdated = TRUE;
        if (sample_at(samples, i)->is_outdated)
            slot = (int)i;
    }
    put_sample(samples, slot, ABS(new_ - old), now_ns);
}

static void
memory_free(gpointer data)
{
    HpaMemory *memory = data;

    g_array_unref(memory->recommendations);
    g_array_unref(memory->ups);
    g_array_unref(memory->downs);
    g_free(memory);
}

HpaMemory *
hpa_memory(HpaState *state, const char *key)
{
    HpaMemory *memory;

    if (state->by_key == NULL)
        state->by_key = g_hash_table_new_full(NULL, NULL, NULL, memory_free);
    memory = g_hash_table_lookup(state->by_key, key);
    if (memory != NULL)
        return memory;
    memory = g_new0(HpaMemory, 1);
    memory->recommendations = g_array_new(FALSE, TRUE, sizeof(HpaSample));
    memory->ups = g_array_new(FALSE, TRUE, sizeof(HpaSample));
    memory->downs = g_array_new(FALSE, TRUE, sizeof(HpaSample));
    g_hash_table_insert(state->by_key, (gpointer)key, memory);
    return memory;
}
