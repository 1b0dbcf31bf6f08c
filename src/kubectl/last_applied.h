/*
 * last_applied.h - the note that client-side apply leaves on what it applied
 *
 * Models: k8s.io/kubectl pkg/util/apply.go v0.34.
 */
#pragma once

#include "kubectl/internal.h"

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* last_applied_add: @manifest with the note in it: compact, sorted, without the note itself. (owned) */
Value *last_applied_add(const Value *manifest);
/* last_applied_for: what is sent of @manifest: with the note if --save-config says so, or if it has one already. (owned) */
Value *last_applied_for(const Command *command, const Value *manifest);
