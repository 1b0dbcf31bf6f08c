/*
 * sim.h - the kernel: clock, event queue, timers, messages, causes
 *
 * A run is a sequence of events ordered by (time, phase, sequence). Handlers
 * run to the end, never block and never fail. Time is gint64 nanoseconds since
 * the start of the scenario; the epoch turns it into calendar time. Single
 * thread, no global state: everything hangs off the Sim.
 *
 * Order of calls: sim_new, build components, sim_run_until (any number of
 * times), free components, sim_free. A timer must be disarmed before its
 * owner is freed. Inserting an event earlier than a pending one is always
 * allowed as long as it is not before sim_now_ns.
 */
#pragma once

#include "base/intern.h"
#include "sim/rng.h"
#include "sim/trace.h"

#include <glib.h>

typedef struct Sim Sim;

/* Within one instant: physics, then arrivals, then decisions, then those who look. */
typedef enum {
    SIM_WORLD,
    SIM_DELIVER,
    SIM_CONTROL,
    SIM_OBSERVE,
    SIM_N_PHASES,
} SimPhase;

typedef void (*SimHandler)(Sim *sim, gpointer self);

typedef struct {
    guint64 seed;
    gint64 epoch_unix_ns; /* calendar time of 0 s */
    gint64 start_ns;      /* first value of the clock, <= 0: what is before 0 is the cluster's own start */
    gboolean no_trace;    /* benchmarks: records are hashed into the fingerprint but not kept */
} SimOptions;

Sim *sim_new(const SimOptions *options);
void sim_free(Sim *sim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sim, sim_free)

gint64 sim_now_ns(const Sim *sim);
/* sim_wall_ns: epoch + now, ns since 1970. */
gint64 sim_wall_ns(const Sim *sim);
guint64 sim_seed(const Sim *sim);

/* --- timers: embedded in their owner -------------------------------------------- */

typedef struct {
    Sim *sim;
    SimHandler handler;
    gpointer self; /* borrowed: the owner */
    gint64 due_ns;
    guint32 slot; /* kernel's; 0 = none yet */
    guint8 phase;
    guint8 is_armed; /* TRUE or FALSE, in a byte: there are many timers */
} SimTimer;

void sim_timer_init(SimTimer *timer, Sim *sim, SimPhase phase, SimHandler handler, gpointer self);
/* Arming an armed timer moves it. A delay below 0 counts as 0. */
void sim_timer_arm_after(SimTimer *timer, gint64 delay_ns);
void sim_timer_arm_at(SimTimer *timer, gint64 time_ns);
void sim_timer_disarm(SimTimer *timer);
/* sim_timer_clear: disarm and give the kernel's slot back; the timer may be freed after it. */
void sim_timer_clear(SimTimer *timer);

/* --- messages: to a (slot, generation) handle ------------------------------------- */

typedef struct {
    guint32 slot, generation; /* generation 0: nobody */
} SimHandle;

/* A message's handler gets the receiver and the payload; it owns the payload. */
typedef void (*SimMessageHandler)(Sim *sim, gpointer receiver, gpointer payload);

SimHandle sim_handle_new(Sim *sim, gpointer receiver);
/* sim_handle_drop: the receiver is gone; what is still on its way is dropped (and counted). */
void sim_handle_drop(Sim *sim, SimHandle handle);
gpointer sim_handle_peek(const Sim *sim, SimHandle handle); /* NULL if gone */

/*
 * sim_post: @handler(receiver, payload) after @delay_ns, if the receiver still
 * exists then; otherwise @drop(payload) (may be NULL).
 */
void sim_post(Sim *sim,
              SimHandle to,
              SimPhase phase,
              gint64 delay_ns,
              SimMessageHandler handler,
              gpointer payload,
              GDestroyNotify drop);

/* --- running --------------------------------------------------------------------------- */

/* sim_run_until: all events with time <= @time_ns; the clock then stands at @time_ns. */
void sim_run_until(Sim *sim, gint64 time_ns);
/* sim_step: one event; FALSE if there is none. */
gboolean sim_step(Sim *sim);
/* sim_next_ns: time of the next event, G_MAXINT64 if none. Does not disturb the queue. */
gint64 sim_next_ns(Sim *sim);
/* sim_stop: sim_run_until returns after the present event. */
void sim_stop(Sim *sim);

/*
 * sim_set_watch: @watch runs between two events, after every SIM_WATCH_EVENTS of them; NULL: nobody. It is for whoever
 * waits for the run (limits, progress), may call sim_stop, and schedules nothing: a run is the same with and without it.
 */
#define SIM_WATCH_EVENTS 65536
void sim_set_watch(Sim *sim, SimHandler watch, gpointer user);

typedef struct {
    guint64 events, timers_moved, messages_dropped, pending, pending_max;
} SimCounters;
SimCounters sim_counters(const Sim *sim);

/*
 * sim_waited: something happened only now because a timer had to run out first, for
 * @ns; counted for the summary, no event and no draw. sim_waits: all of them, in
 * order of first use. (borrowed)
 */
typedef struct {
    const char *timer; /* interned */
    guint64 count;
    gint64 total_ns, longest_ns;
} SimWait;
void sim_waited(Sim *sim, const char *timer, gint64 ns);
const SimWait *sim_waits(const Sim *sim, guint *out_count);

/* sim_fingerprint: hash over every event (time, phase, order) and trace record so far. */
guint64 sim_fingerprint(const Sim *sim);

/* --- causes ------------------------------------------------------------------------------ */

/*
 * sim_trace: something worth telling happened now. The record's cause is the
 * record that led to the running handler; it becomes the cause of everything
 * that the rest of this handler schedules. Strings need not be interned.
 * @object: "kind/namespace/name" or "kind/name" (lower-case singular), or NULL.
 */
TraceId sim_trace(Sim *sim,
                  const char *component,
                  const char *verb,
                  const char *object,
                  const char *reason,
                  const char *format,
                  ...) G_GNUC_PRINTF(6, 7);
/* Most words are literals: each place looks them up once. (sim_trace)() takes what is interned. */
#define sim_trace(sim, component, verb, object, reason, ...) \
    (sim_trace)(sim, str_intern(component), str_intern(verb), object, str_intern(reason), __VA_ARGS__)
TraceId sim_cause(const Sim *sim);
/* sim_set_cause: for a handler that acts for several causes in turn (a batch). */
void sim_set_cause(Sim *sim, TraceId cause);
const Trace *sim_get_trace(const Sim *sim);

/* rng_stream: the stream of that name; the same object at each call. (borrowed) */
Rng *rng_stream(Sim *sim, const char *name);
