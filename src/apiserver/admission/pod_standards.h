/*
 * pod_standards.h - the Pod Security Standards: what each level forbids a pod
 *
 * Models: v1.34 k8s.io/pod-security-admission, policy: DefaultChecks, AggregateCheckResults.
 */
#pragma once

#include "api/kinds.h"

typedef enum { POD_PRIVILEGED, POD_BASELINE, POD_RESTRICTED } PodLevel;

/* A level as it stood in one minor version; POD_LATEST: as it is now. */
typedef struct {
    PodLevel level;
    guint minor;
} PodStandard;

#define POD_LATEST G_MAXUINT

/*
 * pod_standard_violations: every reason, baseline first, and its detail in parentheses if @with_details. @now: the
 * server's own minor version. Returns: (owned) NULL if nothing is forbidden.
 */
char *pod_standard_violations(PodStandard standard, guint now, const StrMap *annotations, const PodSpec *spec, gboolean with_details);
/* pod_standard_format: "baseline:latest", "restricted:v1.30". Returns: (interned) */
const char *pod_standard_format(PodStandard standard);
