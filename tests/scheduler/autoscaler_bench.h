/*
 * autoscaler_bench.h - the cluster autoscaler, its cloud and its cluster, in one line each
 */
#pragma once

#include "base/duration.h"
#include "scheduler/autoscaler_internal.h"

/* A cloud in which a node belongs to the group that its name begins with: "a-1" to "a". */
typedef struct {
    AutoscalerGroup groups[3];
    guint sizes[3];
    AutoscalerConfig config;
    gpointer state;
    GPtrArray *objects;   /* of ApiObject (owned) */
    ApiObject *template_; /* (owned) a node as group z would have it */
    GString *log, *notes; /* the second: events about the status */
    char *status;         /* (owned) what the last loop wrote of itself */
    int eviction_code;  /* what the API server says; 429 */
    gint64 requeue_ns;  /* of the last node that is being deleted; -1: none */
    gint64 now_ns;        /* 1970-01-01T01:00:00Z is 0 */
} Bench;

/* bench_new: "a 1..5 at 2, b 1..3 at 1"; nodes and pods as bench_add_... (owned) */
Bench *bench_new(const char *groups, const char *nodes, const char *pods);
void bench_free(Bench *bench);
/*
 * bench_add_nodes: "a-1 2 4Gi [unready] [young] [cordoned] [soft] [disabled] [leaving] [no-network]; ...";
 * young: made at the bench's time 0.
 */
void bench_add_nodes(Bench *bench, const char *text);
/* bench_add_pods: "p1 700m 1Gi NODE|- [words]; ...": '-' fits nowhere; new: made at the bench's time 0. */
void bench_add_pods(Bench *bench, const char *text);
/* bench_add_budget: @allowed disruptions, +10: in kube-system. */
void bench_add_budget(Bench *bench, gint allowed);
/* bench_run: the loop if @key is NULL; else the node @key that is being deleted. What it does is in the log. */
void bench_run(Bench *bench, const char *key);
void bench_check(const Bench *bench, const char *name, const char *wanted);
/* bench_later: @later_ns pass, it runs, and its log is to be @wanted. */
void
bench_later(Bench *bench, gint64 later_ns, const char *key, const char *name, const char *wanted);
