/*
 * queue.h - pods that wait to be scheduled
 *
 * Models: v1.34 pkg/scheduler/backend/queue: activeQ, backoffQ (ordinary and
 * error), unschedulablePods, pods in flight with the events they missed,
 * queueing hints, gates. Has no timers: who owns it asks when to flush. All
 * times are calendar ns. At most one pod is in flight: from sched_queue_pop to
 * sched_queue_return or sched_queue_done.
 */
#pragma once

#include "scheduler/plugin.h"
#include "sim/trace.h"

typedef struct SchedQueue SchedQueue;

typedef enum {
    QUEUE_NONE, /* in flight */
    QUEUE_ACTIVE,
    QUEUE_BACKOFF,
    QUEUE_ERROR_BACKOFF,
    QUEUE_UNSCHEDULABLE, /* also gated pods */
} QueueArea;

typedef struct {
    PodInfo *info;       /* (owned) */
    gint64 timestamp_ns; /* queued, or last failure */
    guint attempts, unschedulable_count, error_count;
    guint rejectors; /* bit per plugin that rejected it in the last attempt */
    gint gated_by;   /* plugin; -1: not gated */
    const char *gate_message;
    gint64 backoff_until_ns; /* cut to whole seconds; 0: not worked out since the last failure */
    TraceId cause;           /* of its coming to where it is */
    QueueArea area;
    guint heap_index;
    guint64 order; /* of arrival in its area; decides where all else is equal */
    GList link;
} QueuedPod;

typedef struct {
    SchedCache *cache;                         /* (borrowed) for the hints */
    gint64 initial_backoff_ns, max_backoff_ns; /* 1 s, 10 s; max 0: no backoff */
    /* Pods whose preemption is being carried out are held out of the queue; NULL: none. */
    gboolean (*is_preempting)(gpointer user, const char *uid);
    /* A pod waited so long for its back-off, or (@is_leftover) for the flush of the unschedulable; may be NULL. */
    void (*waited)(gpointer user, gboolean is_leftover, gint64 ns);
    gpointer user;
} SchedQueueOptions;

SchedQueue *sched_queue_new(const SchedQueueOptions *options);
void sched_queue_free(SchedQueue *queue);
/* sched_queue_reset: empty; the clock of the leftover flush starts at @now_ns. */
void sched_queue_reset(SchedQueue *queue, gint64 now_ns);
/* sched_queue_set_cause: what pods moved from now on were moved by. */
void sched_queue_set_cause(SchedQueue *queue, TraceId cause);

void sched_queue_add(SchedQueue *queue, const ApiObject *pod, gint64 now_ns);
void
sched_queue_update(SchedQueue *queue, const ApiObject *old, const ApiObject *pod, gint64 now_ns);
void sched_queue_delete(SchedQueue *queue, const char *key);

/* sched_queue_has_next: is there one to try? */
gboolean sched_queue_has_next(const SchedQueue *queue);
/* sched_queue_is_deaf: no event would make a difference, as no pod waits for one or is in flight. */
gboolean sched_queue_is_deaf(const SchedQueue *queue);
/* sched_queue_pop: the next to try, now in flight; NULL: none. */
QueuedPod *sched_queue_pop(SchedQueue *queue);
/* sched_queue_done: it leaves the queue for good. Frees @pod unless @keep. */
void sched_queue_done(SchedQueue *queue, QueuedPod *pod, gboolean keep);
/*
 * sched_queue_return: the attempt failed; pod->rejectors says who rejected it
 * (nobody: an internal error). Takes @pod, which may have left flight long ago.
 */
void sched_queue_return(SchedQueue *queue, QueuedPod *pod, gint64 now_ns);
void queued_pod_free(QueuedPod *pod);

/* sched_queue_event: wakes those it may help; only pods of at most @max_priority, and not @except_key. */
void sched_queue_event(SchedQueue *queue,
                       const ClusterEvent *event,
                       gint32 max_priority,
                       const char *except_key,
                       gint64 now_ns);
/* sched_queue_activate: forced (a preemption went wrong). */
void sched_queue_activate(SchedQueue *queue, const char *key, gint64 now_ns);
/* sched_queue_next_flush_ns: when to call sched_queue_flush; G_MAXINT64: not needed. */
gint64 sched_queue_next_flush_ns(const SchedQueue *queue);
void sched_queue_flush(SchedQueue *queue, gint64 now_ns);

/* For tests and those who look. */
const QueuedPod *sched_queue_find(const SchedQueue *queue, const char *key); /* not in flight */
guint sched_queue_count(const SchedQueue *queue, QueueArea area);
/* sched_backoff_ns: how long after its last failure. */
gint64 sched_backoff_ns(guint count, gint64 initial_ns, gint64 max_ns);

/* --- events.c: what changed ------------------------------------------------------------------------ */

/* cluster_events_of_pod, _of_node: ClusterEventType bits of an update; 0: nothing of interest. */
guint cluster_events_of_pod(const ApiObject *old, const ApiObject *pod);
guint cluster_events_of_node(const ApiObject *old, const ApiObject *node);
