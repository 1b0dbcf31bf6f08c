/*
 * kinds/pod_internal.h - a pod spec as the API server's own code sees it
 *
 * A refused update shows what changed as a unified diff of two JSON texts with
 * the field names of the internal Go types (v1.34 pkg/apis/core/types.go).
 */
#pragma once

#include "api/kinds/pod.h"

/* pod_spec_internal_json: indented by one blank, nil as null. (owned) */
char *pod_spec_internal_json(const PodSpec *spec);
/* container_security_internal_json: of a container's securityContext, on one line. (owned) */
char *container_security_internal_json(const Value *context);
/* internal_json: of any part of a pod spec, on one line. (owned) */
char *internal_json(const ApiType *type, gconstpointer data);
/* shape_internal_value: of a tree that is kept for a struct of @shape. (owned) */
Value *shape_internal_value(const ApiType *shape, const Value *tree);
/* pod_template_internal_json: on one line, as it stands in the message of a refused change. (owned) */
char *pod_template_internal_json(const PodTemplateSpec *template_);
/* pod_spec_diff: three lines of context, no file names. (owned) */
char *pod_spec_diff(const PodSpec *old, const PodSpec *new_);
/* text_unified_diff: the same for any two texts. (owned) */
char *text_unified_diff(const char *old, const char *new_, guint context);
