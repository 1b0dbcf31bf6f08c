/* sim.c - see sim.h: life of the kernel, running, causes, streams */

#include "sim/kernel.h"
#include "base/fetch.h"
#include "base/intern.h"

guint32
slab_grow(SimSlab *slab, gpointer *elements, gsize element_size)
{
    if (slab->used == slab->capacity) {
        guint32 capacity = slab->capacity == 0 ? 64 : slab->capacity * 2;
        g_assert(slab->capacity < INDEX_MAX);
        *elements = g_realloc_n(*elements, capacity, element_size);
        memset((char *)*elements + slab->used * element_size, 0,
               (capacity - slab->used) * element_size);
        slab->capacity = capacity;
        slab->used = MAX(slab->used, 1); /* index 0 is nobody */
    }
    return slab->used++;
}

/*
 * An alarm leads to its timer, which stands in its owner: two steps, the second when the alarm is there. A parcel is
 * read at once.
 */
static void
fetch_near(const QueueEntry *entries, guint count, gboolean is_next, gconstpointer user_data)
{
    const Sim *sim = user_data;

    for (guint i = 0; i < count; i++) {
        guint32 index = entries[i].tag >> TAG_INDEX_SHIFT;
        if ((entries[i].tag & TAG_PARCEL) != 0) {
            fetch(&sim->parcels[index]);
        } else if (!is_next) {
            fetch(&sim->alarms[index]);
        } else {
            const SimTimer *timer = sim->alarms[index].timer;
            if (timer == NULL)
                continue;
            fetch(timer);
            fetch(&timer->slot);
        }
    }
}

/* The event after this one: its timer or parcel is there by now, and says whom it concerns. */
static inline void
fetch_next(const Sim *sim)
{
    const QueueEntry *next = queue_next(&sim->queue);
    guint32 index;

    if (next == NULL)
        return;
    index = next->tag >> TAG_INDEX_SHIFT;
    if ((next->tag & TAG_PARCEL) != 0) {
        fetch(sim->parcels[index].payload);
        fetch(&sim->receivers[sim->parcels[index].to.slot]);
    } else if (sim->alarms[index].timer != NULL) {
        fetch(sim->alarms[index].timer->self);
    }
}

Sim *
sim_new(const SimOptions *options)
{
    Sim *sim = g_new0(Sim, 1);

    sim->seed = options->seed;
    sim->epoch_unix_ns = options->epoch_unix_ns;
    sim->start_ns = MIN(options->start_ns, 0);
    sim->now_ns = sim->start_ns;
    sim->fingerprint = options->seed;
    sim->trace = trace_new(!options->no_trace);
    sim->waits = g_array_new(FALSE, TRUE, sizeof(SimWait));
    sim->streams = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    queue_init(&sim->queue, fetch_near, sim);
    return sim;
}

void
sim_free(Sim *sim)
{
    if (sim == NULL)
        return;
    /* Messages still on their way: a drop function may post no more. */
    for (guint32 i = 1; i < sim->parcel_slab.used; i++) {
        const SimParcel *parcel = &sim->parcels[i];
        if (parcel->handler != NULL && parcel->drop != NULL)
            parcel->drop(parcel->payload);
    }
    queue_clear(&sim->queue);
    g_free(sim->alarms);
    g_free(sim->parcels);
    g_free(sim->receivers);
    trace_free(sim->trace);
    g_array_unref(sim->waits);
    g_hash_table_unref(sim->streams);
    g_free(sim);
}

gint64
sim_now_ns(const Sim *sim)
{
    return sim->now_ns;
}

gint64
sim_wall_ns(const Sim *sim)
{
    return sim->epoch_unix_ns + sim->now_ns;
}

guint64
sim_seed(const Sim *sim)
{
    return sim->seed;
}

/* One event with time <= @until_ns; FALSE if there is none. */
static gboolean
run_one(Sim *sim, guint64 until_ns)
{
    QueueEntry entry;

    do {
        if (!queue_take(&sim->queue, until_ns, &entry))
            return FALSE;
        if (G_LIKELY(sim_entry_is_live(&entry, sim)))
            break;
        sim->n_stale--;
    } while (TRUE);

    fetch_next(sim);
    sim->now_ns = sim_time(sim, entry.time_ns);
    sim->counters.events++;
    /* Which slot it used tells events of one instant apart, and depends on nothing but the run. */
    sim_mix(sim, entry.time_ns ^ (guint64)entry.tag << 32);
    if ((entry.tag & TAG_PARCEL) != 0)
        sim_run_parcel(sim, entry.tag >> TAG_INDEX_SHIFT);
    else
        sim_run_alarm(sim, entry.tag >> TAG_INDEX_SHIFT);
    sim->cause = 0;
    if (G_UNLIKELY(sim->counters.events == sim->watch_at)) {
        sim->watch_at += SIM_WATCH_EVENTS;
        sim->watch(sim, sim->watch_user);
    }
    return TRUE;
}

void
sim_run_until(Sim *sim, gint64 time_ns)
{
    g_assert(!sim->is_running);
    if (time_ns < sim->now_ns)
        return;
    sim->is_running = TRUE;
    sim->is_stopped = FALSE;
    while (!sim->is_stopped && run_one(sim, sim_key(sim, time_ns)))
        continue;
    sim->is_running = FALSE;
    if (!sim->is_stopped)
        sim->now_ns = time_ns;
}

gboolean
sim_step(Sim *sim)
{
    g_assert(!sim->is_running);
    sim->is_running = TRUE;
    gboolean has_run = run_one(sim, sim_key(sim, G_MAXINT64));
    sim->is_running = FALSE;
    return has_run;
}

gint64
sim_next_ns(Sim *sim)
{
    guint64 count = sim->queue.count;
    guint64 next_ns = queue_peek_live_ns(&sim->queue, sim_entry_is_live, sim);

    sim->n_stale -= count - sim->queue.count;
    return next_ns > sim_key(sim, G_MAXINT64) ? G_MAXINT64 : sim_time(sim, next_ns);
}

void
sim_stop(Sim *sim)
{
    sim->is_stopped = TRUE;
}

void
sim_set_watch(Sim *sim, SimHandler watch, gpointer user)
{
    sim->watch = watch;
    sim->watch_user = user;
    sim->watch_at = watch != NULL ? sim->counters.events + SIM_WATCH_EVENTS : 0;
}

SimCounters
sim_counters(const Sim *sim)
{
    return sim->counters;
}

guint64
sim_fingerprint(const Sim *sim)
{
    return sim->fingerprint;
}

static TraceId
add_record(Sim *sim,
           const char *component,
           const char *verb,
           const char *object,
           const char *reason,
           const char *message)
{
    TraceRecord record = {sim->now_ns, component, verb, object, reason, message, sim->cause};

    if (G_LIKELY(trace_is_kept(sim->trace))) {
        record.object = str_intern(object);
        record.message = str_intern(message);
    }
    sim_mix(sim, (guint64)sim->now_ns);
    sim_mix(sim, (guint64)sim->cause << 32 | str_mark(record.component));
    sim_mix(sim, (guint64)str_mark(record.verb) << 32 | str_mark(record.object));
    sim_mix(sim, (guint64)str_mark(record.reason) << 32 | str_mark(record.message));
    sim->cause = trace_add(sim->trace, &record);
    return sim->cause;
}

TraceId
(sim_trace)(Sim *sim,
            const char *component,
            const char *verb,
            const char *object,
            const char *reason,
            const char *format,
            ...)
{
    char small[512];
    va_list args;

    if (str_is_empty(format))
        return add_record(sim, component, verb, object, reason, NULL);

    va_start(args, format);
    if (format[0] == '%' && format[1] == 's' && format[2] == '\0') {
        /* Most of these are interned. */
        const char *message = va_arg(args, const char *);

        va_end(args);
        return add_record(sim, component, verb, object, reason, str_is_empty(message) ? NULL : message);
    }

    gsize length = str_vformat(small, sizeof small, format, args);
    va_end(args);
    if (length < sizeof small)
        return add_record(sim, component, verb, object, reason, length == 0 ? NULL : small);

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return add_record(sim, component, verb, object, reason, text);
}

TraceId
sim_cause(const Sim *sim)
{
    return sim->cause;
}

void
sim_set_cause(Sim *sim, TraceId cause)
{
    sim->cause = cause;
}

const Trace *
sim_get_trace(const Sim *sim)
{
    return sim->trace;
}

Rng *
rng_stream(Sim *sim, const char *name)
{
    const char *key = str_intern(name);
    Rng *rng = g_hash_table_lookup(sim->streams, key);

    if (rng == NULL) {
        rng = g_new(Rng, 1);
        rng_seed(rng, sim->seed, name);
        g_hash_table_insert(sim->streams, (gpointer)key, rng);
    }
    return rng;
}
