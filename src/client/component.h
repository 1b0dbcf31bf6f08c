/*
 * component.h - a process that is a client: connection, informers, recorder
 *
 * What kube-scheduler, kubelet and kube-proxy have in common. When the process
 * starts: `started`, then the informers asked for so far list and watch, then
 * `synced`. When it dies: `stopped`, then everything here forgets. Add informers
 * and handlers right after component_new; they stay over restarts.
 */
#pragma once

#include "client/informer.h"
#include "client/recorder.h"

typedef struct Component Component;

typedef struct {
    void (*started)(gpointer user); /* may be NULL */
    void (*synced)(gpointer user);  /* may be NULL: all informers have their first list */
    void (*stopped)(gpointer user); /* may be NULL */
    void (*paused)(gpointer user);  /* may be NULL */
    void (*resumed)(gpointer user); /* may be NULL */
    void (*terminated)(gpointer user); /* SIGTERM: ends with process_exit; NULL: at once */
} ComponentHooks;

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    const char *process_name; /* "kubelet" */
    const char *user;         /* "system:node:worker-1"; NULL: the process name */
    guint qps, burst;         /* of the client; 0: no limit */
    guint event_qps,
        event_burst;          /* events have a client of their own; 0: they go through the first */
    RecorderOptions recorder; /* component NULL: no recorder */
    ComponentHooks hooks;
} ComponentOptions;

Component *component_new(const ComponentOptions *options, gpointer user);
void component_free(Component *component); /* before the world is freed */
Process *component_process(Component *component);
Client *component_client(Component *component);
/* component_free_client: the one that no limit holds back: informers, leader election. */
Client *component_free_client(Component *component);
InformerFactory *component_informers(Component *component);
Recorder *component_recorder(Component *component);
