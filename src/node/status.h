/*
 * status.h - the status of a pod, from what the runtime shows and what is remembered
 *
 * Models: pkg/kubelet/kubelet_pods.go generateAPIPodStatus,
 * convertToAPIContainerStatuses and reason_cache.go v1.34. Pure.
 */
#pragma once

#include "node/phase.h"
#include "node/seen.h"

/* Why the last attempt to start a container failed. Kept until the next attempt. */
typedef struct {
    const char *container, *reason, *message; /* interned */
} StartError;

typedef GArray StartErrors; /* of StartError */
void start_errors_set(StartErrors *errors,
                      const char *container,
                      const char *reason,
                      const char *message);
void start_errors_remove(StartErrors *errors, const char *container);
const StartError *start_errors_find(const StartErrors *errors, const char *container);

/* What probes say of a container; @id is its runtime id. */
typedef struct {
    /* is_started: only asked for one that runs. */
    gboolean (*is_started)(gpointer user, const char *container, const char *id);
    /* is_ready: only asked for one that runs and has started. May ask for a check at once. */
    gboolean (*is_ready)(gpointer user, const char *container, const char *id);
    gpointer user;
} ProbeView;

typedef struct {
    const ApiObject *pod; /* as the API sent it last */
    const PodStatus *old; /* the status reported last, or the API's */
    const SeenPod *seen;
    const StartErrors *errors;
    const ProbeView *probes; /* NULL: none */
    const char *host_ip;
    gboolean is_terminal;  /* torn down: containers will not be restarted */
    const char *disruption; /* interned: message of the condition DisruptionTarget; NULL: none */
    const char *evict_reason,
        *evict_message; /* interned; NULL: not evicted, not past its deadline */
} StatusInput;

/* status_generate. Returns: (owned) an API part, free with api_part_unref */
PodStatus *status_generate(const StatusInput *input);

/* container_statuses_generate: one list of it. @out is empty. */
void
container_statuses_generate(const StatusInput *input, gboolean is_init, ContainerStatusList *out);

/*
 * status_ready_conditions: Ready and ContainersReady again, after a container's readiness
 * changed.
 */
void status_ready_conditions(const ApiObject *pod, PodStatus *status);

/* container_policy: what decides on the restart of this container of the pod. */
const char *container_policy(const PodSpec *spec, const Container *container);
