/*
 * phase.h - phase and conditions of a pod, from the states of its containers
 *
 * Models: pkg/kubelet/kubelet_pods.go getPhase and status/generate.go, v1.34.
 * Pure: spec and container statuses in, words out.
 */
#pragma once

#include "api/kinds.h"

const ContainerStatus *container_status_find(const ContainerStatusList *list, const char *name);

/* pod_has_started: some app container runs or has ended. */
gboolean pod_has_started(const PodSpec *spec, const ContainerStatusList *app);

/* pod_phase: @is_terminal: the pod is torn down, its containers will not be restarted. */
const char *pod_phase(const PodSpec *spec,
                      const ContainerStatusList *init,
                      const ContainerStatusList *app,
                      gboolean is_terminal);

/* Each fills type, status, reason and message. @phase is the computed one. */
void condition_initialized(const PodSpec *spec,
                           const PodStatus *status,
                           const char *phase,
                           Condition *out);
void condition_containers_ready(const PodSpec *spec,
                                const PodStatus *status,
                                const char *phase,
                                Condition *out);
/* condition_ready: @gates holds the conditions that readiness gates ask for. */
void condition_ready(const PodSpec *spec,
                     const PodStatus *status,
                     const ConditionList *gates,
                     const char *phase,
                     Condition *out);

/* kubelet_owns_condition: written from what the node sees, whatever the API says. */
gboolean kubelet_owns_condition(const char *type);
