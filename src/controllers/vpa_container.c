/* vpa_container.c - see vpa_model.h; model/container.go, model/aggregate_container_state.go */

#include "base/duration.h"
#include "controllers/vpa_model.h"

#define INTERVAL_NS (24 * NS_PER_HOUR) /* one peak of memory each */
#define N_INTERVALS 8
#define CPU_WEIGHT  0.1
#define OOM_STEP    (G_GINT64_CONSTANT(100) << 20)
#define VERSION     "v3"

void
vpa_aggregate_init(VpaAggregate *aggregate, gint64 wall_ns)
{
    *aggregate = (VpaAggregate){.created_ns = wall_ns};
    vpa_histogram_init(&aggregate->cpu, VPA_CPU);
    vpa_histogram_init(&aggregate->memory, VPA_MEMORY);
}

void
vpa_aggregate_merge(VpaAggregate *aggregate, const VpaAggregate *other)
{
    vpa_histogram_merge(&aggregate->cpu, &other->cpu);
    vpa_histogram_merge(&aggregate->memory, &other->memory);
    if (aggregate->first_ns == 0 || (other->first_ns != 0 && other->first_ns < aggregate->first_ns))
        aggregate->first_ns = other->first_ns;
    aggregate->last_ns = MAX(aggregate->last_ns, other->last_ns);
    aggregate->n_samples += other->n_samples;
}

gboolean
vpa_aggregate_is_expired(const VpaAggregate *aggregate, gint64 wall_ns)
{
    gint64 since_ns = aggregate->n_samples == 0 ? aggregate->created_ns : aggregate->last_ns;

    return wall_ns - since_ns >= N_INTERVALS * INTERVAL_NS;
}

void
vpa_aggregate_save(const VpaAggregate *aggregate, VpaCheckpointStatus *out)
{
    vpa_histogram_save(&aggregate->cpu, &out->cpu);
    vpa_histogram_save(&aggregate->memory, &out->memory);
    out->first_sample_start = aggregate->first_ns;
    out->last_sample_start = aggregate->last_ns;
    out->total_samples_count = aggregate->n_samples;
    out->version = str_intern(VERSION);
}

gboolean
vpa_aggregate_load(VpaAggregate *aggregate, const VpaCheckpointStatus *checkpoint)
{
    if (!str_is(checkpoint->version, VERSION))
        return FALSE;
    aggregate->n_samples = checkpoint->total_samples_count;
    aggregate->first_ns = checkpoint->first_sample_start;
    aggregate->last_ns = checkpoint->last_sample_start;
    return vpa_histogram_load(&aggregate->memory, &checkpoint->memory) &&
           vpa_histogram_load(&aggregate->cpu, &checkpoint->cpu);
}

/* --- samples ------------------------------------------------------------------------------------------- */

gboolean
vpa_container_add_cpu(VpaContainer *container, VpaAggregate *aggregate, gint64 milli, gint64 time_ns)
{
    if (milli < 0 || time_ns <= container->last_cpu_ns)
        return FALSE;
    vpa_histogram_add(&aggregate->cpu, milli, CPU_WEIGHT, time_ns);
    aggregate->last_ns = MAX(aggregate->last_ns, time_ns);
    if (aggregate->first_ns == 0 || time_ns < aggregate->first_ns)
        aggregate->first_ns = time_ns;
    aggregate->n_samples++;
    container->last_cpu_ns = time_ns;
    return TRUE;
}

/* addMemorySample: a peak counts at the end of its interval; a higher one takes its place. */
static gboolean
add_peak(VpaContainer *container, VpaAggregate *aggregate, gint64 bytes, gint64 time_ns, gboolean is_oom)
{
    if (bytes < 0 || (!is_oom && time_ns < container->last_memory_ns))
        return FALSE;
    container->last_memory_ns = time_ns;
    if (container->window_end_ns == 0)
        container->window_end_ns = time_ns;
    if (time_ns < container->window_end_ns) {
        gint64 peak = MAX(container->memory_peak, container->oom_peak);

        if (peak == 0 || bytes <= peak)
            return TRUE;
        vpa_histogram_subtract(&aggregate->memory, peak, 1.0, container->window_end_ns);
    } else {
        gint64 late_ns = time_ns - container->window_end_ns;

        container->window_end_ns += late_ns - late_ns % INTERVAL_NS + INTERVAL_NS;
        container->memory_peak = container->oom_peak = 0;
    }
    vpa_histogram_add(&aggregate->memory, bytes, 1.0, container->window_end_ns);
    if (is_oom)
        container->oom_peak = bytes;
    else
        container->memory_peak = bytes;
    return TRUE;
}

gboolean
vpa_container_add_memory(VpaContainer *container, VpaAggregate *aggregate, gint64 bytes, gint64 time_ns)
{
    return add_peak(container, aggregate, bytes, time_ns, FALSE);
}

/* RecordOOM: what earlier kills made of the peak does not count, so that several do not add up. */
gboolean
vpa_container_add_oom(VpaContainer *container, VpaAggregate *aggregate, gint64 requested, gint64 time_ns)
{
    gint64 used = MAX(requested, container->memory_peak);

    if (time_ns < container->window_end_ns - INTERVAL_NS)
        return FALSE;
    return add_peak(container, aggregate, MAX(used + OOM_STEP, (gint64)((double)used * 1.2)), time_ns, TRUE);
}
