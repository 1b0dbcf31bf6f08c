/*
 * support.h - pods from YAML, without a cluster
 */
#pragma once

#include "api/kinds.h"
#include "api/validate.h"

/* pod_from_yaml: decoded and defaulted. (owned) */
ApiObject *pod_from_yaml(const char *yaml);
/* pod_with_containers: "a b": app containers of that names, restartPolicy @policy. (owned) */
ApiObject *pod_with_containers(const char *policy, const char *init, const char *app);

/*
 * statuses_from_text: one word a container, "name=state": waiting, running, exit0,
 * exit1, restarting0, restarting1 (waiting after such an end), started (running,
 * started true).
 */
void statuses_from_text(const char *text, ContainerStatusList *out);
void statuses_clear(ContainerStatusList *list);
