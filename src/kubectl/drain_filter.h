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
    const GPtrArray *daemon_sets; /* of ApiObject: those that exist; NULL: all that pods name */
} DrainOptions;

typedef struct {
    gboolean is_deleted;
    const char *warning; /* NULL: none */
    const char *error;   /* (interned) NULL: none; else the node cannot be drained */
} DrainVerdict;

DrainVerdict drain_judge(const ApiObject *pod, const DrainOptions *options);
/* drain_is_skipped: deleted more than @skip_s ago (0: never skipped). */
gboolean drain_is_skipped(const ApiObject *pod, gint64 skip_s, gint64 wall_ns);
/* drain_needs_daemon_sets: some pod belongs to one, so whether it exists matters. */
gboolean drain_needs_daemon_sets(const GPtrArray *pods);
/* drain_errors: "cannot delete WHAT: ns/a, ns/b". (owned) of char* (owned) */
GPtrArray *drain_errors(const GPtrArray *pods, const DrainOptions *options);
/* drain_join: Aggregate.Error(): equal ones once, several in brackets. (owned) */
char *drain_join(const GPtrArray *errors);
/* drain_warnings: "ignoring DaemonSet-managed Pods: ns/a; ..." NULL: none. (owned) */
char *drain_warnings(const GPtrArray *pods, const DrainOptions *options);
