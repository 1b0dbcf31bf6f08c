/*
 * internal.h - the parts of the scheduler's process
 *
 * scheduler.c: assembly, what informers say. loop.c: cycles, one after the
 * other. binding.c: what follows a success; prebind.c: its volumes. failure.c: what follows a failure.
 * eviction.c: preemption carried out.
 */
#pragma once

#include "base/ptr_map.h"
#include "scheduler/attempt.h"
#include "scheduler/queue.h"
#include "scheduler/said.h"
#include "scheduler/scheduler.h"

#include "client/component.h"
#include "client/leader.h"

#define SCHEDULER_READ_MAX 12

struct Scheduler {
    SchedulerOptions options;
    Component *component;
    Recorder *election_recorder; /* NULL without election */
    Leader *leader; /* NULL: no election */
    SchedCache *cache;
    SchedQueue *queue;
    Informer *pods; /* (borrowed) */
    struct {
        const ApiKind *kind;
        Informer *informer; /* (borrowed) */
    } read[SCHEDULER_READ_MAX]; /* what plugins look up */
    guint n_read;
    Rng *timing, *tiebreak, *preemption;
    guint next_start;
    gboolean is_synced;
    gboolean is_reporting; /* the loop waits for the status patch of a failure */
    QueuedPod *current;    /* (owned) in its cycle */
    Attempt *attempt;      /* (owned) its outcome */
    SimTimer cycle_timer, flush_timer;
    struct Report *report;  /* (owned) what the loop is about to write; NULL: nothing */
    GQueue bindings;        /* of Binding (owned) */
    Said said;
    ApiObject *spare_target; /* (owned) of a binding that is through; NULL: none */
    GHashTable *evictions;  /* Eviction (owned) -> itself */
    GHashTable *preempting; /* uid: held out of the queue */
    PtrMap explained;       /* key -> Explained (owned) */
    GQueue explained_order; /* of those that are there in full, oldest first; links are in the attempts */
    gsize explained_bytes;
};

gint64 scheduler_wall_ns(const Scheduler *scheduler);
/* scheduler_event: something happened in the cluster. */
void
scheduler_event(Scheduler *scheduler, guint type, const ApiObject *old, const ApiObject *object);

/* scheduler_pump: begin a cycle if there is a pod and nothing else to do; arm the flush timer. */
void scheduler_pump(Scheduler *scheduler);
/* scheduler_forget_outline: the pod is gone; an attempt that is there in full stays. */
void scheduler_forget_outline(Scheduler *scheduler, const char *key);
void scheduler_loop_init(Scheduler *scheduler);
void scheduler_loop_reset(Scheduler *scheduler);
void scheduler_loop_free(Scheduler *scheduler);
void scheduler_loop_resumed(Scheduler *scheduler);

/*
 * prebind_start: give the claims of @pod that wait for @node their volumes; @done when all are bound, with an error
 * (interned) or NULL; free it then. NULL: there is nothing to do. (owned)
 */
typedef struct Prebind Prebind;
typedef void (*PrebindDone)(gpointer user, const char *error);
Prebind *
prebind_start(Scheduler *scheduler, const ApiObject *pod, const char *node, PrebindDone done, gpointer user);
void prebind_free(Prebind *prebind);

/* scheduler_bind: takes @queued, whose pod is assumed on @node. */
void scheduler_bind(Scheduler *scheduler, QueuedPod *queued, const char *node);
void scheduler_bindings_reset(Scheduler *scheduler);

typedef struct {
    const char *reason;  /* of the condition: "Unschedulable", "SchedulerError" */
    const char *message; /* interned */
    gboolean sets_nomination;
    const char *nominated; /* interned, "" clears */
    gboolean blocks;       /* the loop goes on when the status is written */
} Failure;
/* scheduler_fail: takes @queued: back to the queue, event, condition. */
void scheduler_fail(Scheduler *scheduler, QueuedPod *queued, const Failure *failure);
void scheduler_report_reset(Scheduler *scheduler);
void scheduler_report_resumed(Scheduler *scheduler);

/* scheduler_evict: carry a preemption out for @preemptor. */
void scheduler_evict(Scheduler *scheduler, const ApiObject *preemptor, const Candidate *candidate);
void scheduler_evictions_reset(Scheduler *scheduler);
void scheduler_evictions_resumed(Scheduler *scheduler);

/* scheduler_patch_status: @mutate on the pod as stored; @done as in client_send. */
void scheduler_patch_status(Scheduler *scheduler,
                            const ApiObject *pod,
                            ApiMutate mutate,
                            gpointer data,
                            GDestroyNotify data_free,
                            const char *why,
                            ClientDone done,
                            gpointer user);
/* scheduler_record: an event of the scheduler about @pod. */
void scheduler_record(Scheduler *scheduler,
                      const ApiObject *pod,
                      const char *type,
                      const char *reason,
                      const char *action,
                      const ApiObject *related,
                      const char *message);
