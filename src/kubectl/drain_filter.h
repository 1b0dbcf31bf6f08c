/*
 * drain_filter.h - which pods a drain deletes, which it leaves, which forbid it
 *
 * Models: k8s.io/kubectl pkg/drain/filters.go v0.34.
 */
#pragma once

#include "kubectl/internal.h"

typedef struct {
    gboolean force, ignore_daemon_sets, delete_empty_dir_data;
    gint64 skip_wait_s; /* pods that have been going for longer are left alone; 0: none */
    gint64 wall_ns;
} DrainOptions;

typedef struct {
    gboolean is_deleted;
    const char *warning; /* NULL: none */
    const char *error;   /* NULL: none; else the node cannot be drained */
} DrainVerdict;

DrainVerdict drain_judge(const ApiObject *pod, const DrainOptions *options);
/* drain_errors: "cannot delete WHAT: ns/a, ns/b", several in brackets. NULL: none. (owned) */
char *drain_errors(const GPtrArray *pods, const DrainOptions *options);
/* drain_warnings: "ignoring DaemonSet-managed Pods: ns/a; ..." NULL: none. (owned) */
char *drain_warnings(const GPtrArray *pods, const DrainOptions *options);
