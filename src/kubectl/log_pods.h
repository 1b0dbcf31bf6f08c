/*
 * log_pods.h - whose log is meant, and why there is none
 *
 * Models: k8s.io/kubectl pkg/cmd/util/podcmd, pkg/util/podutils ByLogging; kubelet
 * validateContainerLogStatus v1.34.
 */
#pragma once

#include "kubectl/internal.h"

/*
 * log_refusal: the server's words if the container has no log yet; else NULL, and *out_id the
 * container's. (owned)
 */
char *
log_refusal(const ApiObject *pod, const char *container, gboolean previous, const char **out_id);
gboolean log_has_container(const ApiObject *pod, const char *name);
gboolean log_is_running(const ApiObject *pod, const char *container);
const char *log_default_container(const ApiObject *pod);
/* log_container_names: "a, b, one (init)". (owned) */
char *log_container_names(const ApiObject *pod);
/* log_selector: which pods belong to a workload; NULL: the kind has none. (interned) */
const char *log_selector(const ApiObject *object);
/* log_sort_pods: the one to look at first. (owned array, borrowed items) */
GPtrArray *log_sort_pods(const GPtrArray *pods);
