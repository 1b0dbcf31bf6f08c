/*
 * kernel.h - the inside of Sim, for the files of this room only
 *
 * Three slabs, each an array with a free list through its own elements:
 * - alarms: one per armed timer. The queue holds (alarm, generation); a timer
 *   that was moved or disarmed bumps the generation, so its old entry is stale
 *   and is skipped when its time comes. The alarm is given back when the timer
 *   fires or is disarmed, so a disarmed timer owns nothing.
 * - parcels: one per message on its way.
 * - handles: one per receiver.
 * Index 0 of each is unused.
 */
#pragma once

#include "sim/queue.h"
#include "sim/sim.h"

/* The tag of a queue entry: index, whether it is a parcel, phase. */
#define TAG_PARCEL      4u
#define TAG_INDEX_SHIFT 3
#define TAG_PHASE_MASK  3u
#define INDEX_MAX       (1u << 29)

typedef struct {
    SimTimer *timer; /* borrowed; NULL: free */
    guint32 generation;
    guint32 cause_or_next; /* TraceId; of a free one the next free index */
} SimAlarm;

typedef struct {
    SimMessageHandler handler; /* NULL: free */
    gpointer payload;          /* (owned) by whoever handles or drops it */
    GDestroyNotify drop;
    SimHandle to;
    TraceId cause;
    guint32 next_free;
} SimParcel;

typedef struct {
    gpointer receiver; /* borrowed; NULL: free */
    guint32 generation;
    guint32 next_free;
} SimReceiver;

typedef struct {
    guint32 used, capacity, first_free;
} SimSlab;

struct Sim {
    gint64 start_ns; /* first value of the clock; the queue counts from it */
    gint64 now_ns;
    guint64 fingerprint;
    TraceId cause;
    gboolean is_stopped;
    gboolean is_running;
    SimHandler watch; /* NULL: none */
    gpointer watch_user;
    guint64 watch_at; /* so many events; 0: never */
    guint64 n_stale; /* entries of moved or disarmed timers still in the queue */

    SimAlarm *alarms; /* (owned) */
    SimParcel *parcels;
    SimReceiver *receivers;
    SimSlab alarm_slab, parcel_slab, receiver_slab;

    SimCounters counters;
    Trace *trace;        /* (owned) */
    GArray *waits;       /* (owned) of SimWait, in order of first use */
    GHashTable *streams; /* (owned) interned name -> Rng* (owned) */
    guint64 seed;
    gint64 epoch_unix_ns;
    Queue queue; /* last: it is large, and the fields above are near each other */
};

/* slab_grow: an index never used before; the array at *@elements may move. New elements are 0. */
COLD guint32 slab_grow(SimSlab *slab, gpointer *elements, gsize element_size);

/* sim_mix: one word into the fingerprint. */
static inline void
sim_mix(Sim *sim, guint64 word)
{
    guint64 hash = (sim->fingerprint ^ word) * G_GUINT64_CONSTANT(0x9fb21c651e98df25);
    sim->fingerprint = hash ^ (hash >> 32);
}

/* sim_entry_is_live: whether a queue entry is still wanted. @user_data: the Sim. */
gboolean sim_entry_is_live(const QueueEntry *entry, gconstpointer user_data);

/* sim_alarm_give_back: its timer fires or is disarmed; what the queue holds of it is stale from now on. */
static inline void
sim_alarm_give_back(Sim *sim, guint32 index)
{
    SimAlarm *alarm = &sim->alarms[index];

    alarm->timer = NULL;
    alarm->generation++;
    alarm->cause_or_next = sim->alarm_slab.first_free;
    sim->alarm_slab.first_free = index;
    sim->counters.pending--;
}

/* sim_run_alarm, sim_run_parcel: the clock stands at the entry's time already. */
static inline void
sim_run_alarm(Sim *sim, guint32 index)
{
    SimAlarm *alarm = &sim->alarms[index];
    SimTimer *timer = alarm->timer;

    sim->cause = alarm->cause_or_next;
    timer->is_armed = FALSE;
    timer->slot = 0;
    sim_alarm_give_back(sim, index);
    timer->handler(sim, timer->self);
}
void sim_run_parcel(Sim *sim, guint32 index);

Trace *trace_new(gboolean is_kept);
void trace_free(Trace *trace);
TraceId trace_add(Trace *trace, const TraceRecord *record);
gboolean trace_is_kept(const Trace *trace);

/* The queue's keys are unsigned: time since the start. Overflow only from a start below 0 and a time near G_MAXINT64, and unsigned it is right. */
static inline guint64
sim_key(const Sim *sim, gint64 time_ns)
{
    return (guint64)time_ns - (guint64)sim->start_ns;
}
static inline gint64
sim_time(const Sim *sim, guint64 key)
{
    return (gint64)(key + (guint64)sim->start_ns);
}
