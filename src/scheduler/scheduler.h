/*
 * scheduler.h - kube-scheduler (v1.34, default profile) as one process
 *
 * Queues with back-off and event-driven requeue, one serial scheduling cycle,
 * asynchronous binding, preemption. Sees only the API. Plugins are one file each
 * in plugins/. Left out here: volumes, several profiles, configuration files.
 */
#pragma once

#include "client/controller.h"

typedef struct Scheduler Scheduler;

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    guint version_minor; /* 34 */
    gboolean leader_elect;
    gboolean quick; /* cycles of an idle machine: some ms from seen to bound */
} SchedulerOptions;

Scheduler *
scheduler_new(const SchedulerOptions *options); /* its process "kube-scheduler" is stopped */
void scheduler_free(Scheduler *scheduler);
Process *scheduler_process(Scheduler *scheduler);
/* scheduler_is_leading: it decides (its informers are filled, it was elected if need be). */
gboolean scheduler_is_leading(const Scheduler *scheduler);

/*
 * scheduler_explain: the last attempt for a pod: {"node", "message", "nodes":
 * {NODE: {"filter": reason or null, "scores": {PLUGIN: weighted}, "total"}}}.
 * NULL if there was none. (owned)
 */
Value *scheduler_explain(const Scheduler *scheduler, const char *namespace_, const char *name);

/*
 * scheduler_try: pure: one scheduling attempt for @pod over plain arrays of
 * nodes and pods (bound ones count, and those with a nominated node), no queue,
 * no API. Objects of other kinds among @pods (Services, ReplicaSets, Namespaces)
 * are what the plugins look up. For tests and tools. The same tree as
 * scheduler_explain. (owned)
 */
Value *scheduler_try(const ApiObject *pod,
                     const ApiObject *const *nodes,
                     guint n_nodes,
                     const ApiObject *const *pods,
                     guint n_pods,
                     guint64 seed,
                     guint version_minor);
