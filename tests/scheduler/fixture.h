/* fixture.h - a control plane with a scheduler: one machine, etcd, API server, kube-scheduler */
#pragma once

#include "scheduler/scheduler.h"

typedef struct {
    Sim *sim;
    World *world;
    Machine *control;
    Etcd *etcd;
    ApiServer *server;
    Scheduler *scheduler;
    Process *process; /* whose client writes for the test */
    Client *client;
    int code;       /* of the last answer */
    GPtrArray *log; /* of char* (owned): changes of pods and events, one line each */
} Plane;

/* plane_new: all run; 0 s. @quick: latencies of the recordings. */
Plane *plane_new(guint64 seed, gboolean quick);
void plane_free(Plane *plane);
void plane_run(Plane *plane, gint64 ns);
/* plane_create: POST and run 20 ms. Takes @object. */
void plane_create(Plane *plane, ApiObject *object);
/* plane_post: POST; nothing runs. Takes @object. */
void plane_post(Plane *plane, ApiObject *object);
void plane_patch(Plane *plane,
                 const ApiKind *kind,
                 const char *namespace_,
                 const char *name,
                 const char *subresource,
                 ApiMutate mutate,
                 gpointer data);
void plane_delete(Plane *plane, const ApiKind *kind, const char *namespace_, const char *name);
/* plane_kill: what a kubelet does at the end of a pod: DELETE with grace 0. */
void plane_kill(Plane *plane, const char *pod);
/* plane_node: a node of that size, ready. */
void plane_node(Plane *plane, const char *name, const char *cpu, const char *memory);
/* plane_pod: in namespace default; @spec: more members of the spec, or NULL. */
ApiObject *plane_pod(const char *name, const char *cpu, const char *spec);
/* plane_where: node of a pod, "" if none; NULL if there is no such pod. */
const char *plane_where(Plane *plane, const char *name);
const ApiObject *
plane_get(Plane *plane, const ApiKind *kind, const char *namespace_, const char *name);
/* plane_message: of PodScheduled=False, or NULL. */
const char *plane_message(Plane *plane, const char *name);
/* plane_events: how many with that reason about that pod, series counted. */
guint plane_events(Plane *plane, const char *reason, const char *pod);
