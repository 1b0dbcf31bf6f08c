/*
 * pods.h - one machine with a runtime, and pods on it, for the tests of world/
 */
#pragma once

#include "base/duration.h"
#include "world/internal.h"
#include "world/runtime.h"

#include <check.h>

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    Runtime *runtime;
    SimHandle owner;
    /* what the last calls answered */
    Sandbox *sandbox;
    RtContainer *container;
    const char *error;
    gint64 answered_ns;
    guint n_answers;
    gint32 exec_code;
    char *exec_output;
    gint32 probe_result;
    gint64 pull_ns, pull_bytes;
} Pods;

/* Latencies without spread: sandbox 100 ms + CNI 50 ms, create 10 ms, start 60 ms, exec 60 ms, teardown 100 ms. */
Pods *pods_new(const ImageRule *images, guint n_images, const AppRule *apps, guint n_apps);
void pods_free(Pods *pods);
void pods_run(Pods *pods, gint64 delay_ns); /* from now */
gint64 pods_now_ms(const Pods *pods);

Sandbox *pods_sandbox(Pods *pods, const char *name);
/* pods_start: image, `sh -c script` (NULL: the image's own program); runs until it has started. */
RtContainer *pods_start(Pods *pods, Sandbox *sandbox, const char *image, const char *script);
RtContainer *pods_start_options(Pods *pods, Sandbox *sandbox, const RtContainerOptions *options);
void pods_stop(Pods *pods, RtContainer *container, gint64 grace_ns);
/* pods_exec: waits for the answer (at most 10 s). */
gint32 pods_exec(Pods *pods, RtContainer *container, const char *script);
gint32 pods_http(Pods *pods, RtContainer *container, gint32 port, const char *path);
gint32 pods_tcp(Pods *pods, RtContainer *container, gint32 port);
