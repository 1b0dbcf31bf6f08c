/*
 * seen.h - a pod as the last look at the runtime showed it
 *
 * What the PLEG's cache holds (pkg/kubelet/container PodStatus): plain values,
 * newest first, never changed once made. The kubelet decides from this, not
 * from what the runtime may have become since.
 */
#pragma once

#include "api/kinds.h"
#include "world/runtime.h"

typedef struct {
    const char *id, *name, *image, *image_id; /* interned */
    RtState state;
    guint attempt; /* restart count */
    gint64 started_wall_ns, finished_wall_ns;
    gint32 exit_code;
    const char *reason, *message; /* interned */
} SeenContainer;

typedef struct {
    const char *id, *ip; /* interned */
    gboolean is_ready;
    gint64 created_wall_ns;
} SeenSandbox;

typedef struct {
    guint ref_count;
    GArray *containers; /* of SeenContainer, newest first */
    GArray *sandboxes;  /* of SeenSandbox, newest first */
    const char *ip;     /* last known address; NULL: none yet */
} SeenPod;

SeenPod *seen_pod_new(void);
SeenPod *seen_pod_ref(SeenPod *pod);
void seen_pod_unref(SeenPod *pod);                                       /* NULL is fine */
void seen_pod_add_container(SeenPod *pod, const RtContainer *container); /* the newest so far */
void seen_pod_add_sandbox(SeenPod *pod, const Sandbox *sandbox);         /* the newest so far */

/* seen_pod_find: newest instance of the container, NULL if there is none. */
const SeenContainer *seen_pod_find(const SeenPod *pod, const char *name);
const SeenContainer *seen_pod_find_id(const SeenPod *pod, const char *id);
guint seen_pod_count_running(const SeenPod *pod);
/*
 * seen_pod_needs_sandbox: none exists, or the newest is not ready, or several are
 * (runtimeutil.PodSandboxChanged).
 */
gboolean seen_pod_needs_sandbox(const SeenPod *pod);

/*
 * container_should_restart: pkg/kubelet/container/helpers.go
 * ShouldContainerBeRestarted. @policy is the container's own (sidecars: Always).
 */
gboolean
container_should_restart(const char *policy, gboolean is_deleting, const SeenContainer *newest);
