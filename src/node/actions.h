/*
 * actions.h - what a sync has to do: kill, create the sandbox, start
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions and
 * computeInitContainerActions v1.34. Pure.
 */
#pragma once

#include "node/seen.h"

typedef enum { PROBE_LIVENESS, PROBE_READINESS, PROBE_STARTUP, PROBE_N_TYPES } ProbeType;
typedef enum { PROBE_NONE, PROBE_UNKNOWN, PROBE_SUCCESS, PROBE_FAILURE } ProbeResult;

typedef enum { KILL_UNKNOWN, KILL_STARTUP, KILL_LIVENESS, KILL_POST_START } KillReason;

typedef struct {
    const char *id;             /* of the instance */
    const Container *container; /* (borrowed) */
    gboolean is_init;
    const char *message; /* interned */
    KillReason reason;
} KillAction;

typedef struct {
    gboolean kill_pod; /* everything, sandbox included */
    gboolean create_sandbox;
    const char *old_sandbox; /* id of the one that is replaced; NULL: the first */
    GArray *init_to_start;   /* of guint: indexes, in order of the spec */
    GArray *app_to_start;    /* of guint */
    GArray *to_kill;         /* of KillAction */
} PodActions;

typedef struct {
    /* What the prober knows of this instance; PROBE_NONE: nothing. */
    ProbeResult (*result)(gpointer user, ProbeType type, const char *container, const char *id);
    gpointer user;
} ProbeResults;

/* pod_actions_compute. @results NULL: no probes. Free with pod_actions_clear. */
void pod_actions_compute(const ApiObject *pod,
                         const SeenPod *seen,
                         const ProbeResults *results,
                         PodActions *out);
void pod_actions_clear(PodActions *actions);
