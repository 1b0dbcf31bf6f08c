/*
 * env.h - the environment of a container
 *
 * Models: pkg/kubelet/kubelet_pods.go makeEnvironmentVariables, envvars and
 * third_party/forked/golang/expansion, v1.34. "NAME=value" strings, interned.
 */
#pragma once

#include "node/internal.h"

/* env_expand: $(VAR) replaced, $$ is $, unknown ones stay. Returns: (interned) */
const char *env_expand(const char *text, const GPtrArray *env);
/* env_set: replace or append NAME=value. */
void env_set(GPtrArray *env, const char *name, const char *value);
const char *env_get(const GPtrArray *env, const char *name); /* NULL if absent */

/* env_add_services: SERVICE_HOST and so on of one service (network of old). */
void env_add_service(GPtrArray *env, const ApiObject *service);

/* env_field: fieldRef. NULL: not supported. (interned) */
const char *env_field(const ApiObject *pod,
                      const char *path,
                      const char *node_name,
                      const char *host_ip,
                      const char *pod_ip);

/* env_resource: resourceFieldRef of @own, or of the container named; @node (may be NULL) gives what has no limit. (interned) */
const char *
env_resource(const ApiObject *pod, const Container *own, const ResourceFieldSelector *ref, const ApiObject *node);

/* env_make: sets w->sync.env; @error as CreateContainerConfigError tells it. */
void env_make(Worker *w,
              const ApiObject *pod,
              const Container *container,
              void (*done)(Worker *w, const char *error));
