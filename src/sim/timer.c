/* timer.c - timers of sim.h */

#include "sim/kernel.h"

/* Below so many stale entries a sweep is not worth its walk. */
#define SWEEP_FROM 1024

void
sim_timer_init(SimTimer *timer, Sim *sim, SimPhase phase, SimHandler handler, gpointer self)
{
    g_assert(phase < SIM_N_PHASES);
    *timer = (SimTimer){.sim = sim, .handler = handler, .self = self, .phase = (guint8)phase};
}

gboolean
sim_entry_is_live(const QueueEntry *entry, gconstpointer user_data)
{
    const Sim *sim = user_data;

    return (entry->tag & TAG_PARCEL) != 0 ||
           sim->alarms[entry->tag >> TAG_INDEX_SHIFT].generation == entry->generation;
}

COLD static void
sweep(Sim *sim)
{
    queue_sweep(&sim->queue, sim_entry_is_live, sim);
    sim->n_stale = 0;
}

/* Each sweep is paid for by the movings that made its stale entries. */
static void
note_stale(Sim *sim)
{
    sim->n_stale++;
    if (G_UNLIKELY(sim->n_stale > SWEEP_FROM && sim->n_stale > sim->counters.pending))
        sweep(sim);
}

static guint32
alarm_take(Sim *sim)
{
    SimSlab *slab = &sim->alarm_slab;
    guint32 index = slab->first_free;

    if (G_LIKELY(index != 0)) {
        slab->first_free = sim->alarms[index].cause_or_next;
        return index;
    }
    return slab_grow(slab, (gpointer *)&sim->alarms, sizeof *sim->alarms);
}

void
sim_timer_arm_at(SimTimer *timer, gint64 time_ns)
{
    Sim *sim = timer->sim;
    SimAlarm *alarm;

    if (timer->is_armed) {
        alarm = &sim->alarms[timer->slot];
        alarm->generation++;
        sim->counters.timers_moved++;
        note_stale(sim);
    } else {
        timer->slot = alarm_take(sim);
        timer->is_armed = TRUE;
        alarm = &sim->alarms[timer->slot];
        alarm->timer = timer;
        if (++sim->counters.pending > sim->counters.pending_max)
            sim->counters.pending_max = sim->counters.pending;
    }
    alarm->cause_or_next = sim->cause;
    timer->due_ns = MAX(time_ns, sim->now_ns);
    queue_insert(&sim->queue, sim_key(sim, timer->due_ns), timer->slot << TAG_INDEX_SHIFT | timer->phase,
                 alarm->generation);
}

void
sim_timer_arm_after(SimTimer *timer, gint64 delay_ns)
{
    gint64 now_ns = timer->sim->now_ns;
    gint64 time_ns;

    if (delay_ns < 0)
        delay_ns = 0;
    if (__builtin_add_overflow(now_ns, delay_ns, &time_ns))
        time_ns = G_MAXINT64;
    sim_timer_arm_at(timer, time_ns);
}

void
sim_timer_disarm(SimTimer *timer)
{
    if (!timer->is_armed)
        return;
    timer->is_armed = FALSE;
    sim_alarm_give_back(timer->sim, timer->slot);
    timer->slot = 0;
    note_stale(timer->sim);
}

void
sim_timer_clear(SimTimer *timer)
{
    sim_timer_disarm(timer);
}
