/*
 * run.h - one play of a scenario: cluster, timeline, conditions, watch log
 *
 * run_new boots the cluster to 0 s; run_advance plays. Whoever looks (command
 * line, reports) reads the marks, commands and checks collected here.
 */
#pragma once

#include "scenario/cluster.h"

typedef struct Run Run;

typedef struct {
    const char *id;      /* interned; NULL: none */
    const char *line;    /* interned: the command without "kubectl" */
    gint64 start_ns, end_ns; /* end -1: still running */
    int exit;
    const char *out, *err; /* (owned by the run) */
    gboolean is_manifest;  /* one of `manifests:`, not of the timeline */
} RunCommand;

typedef enum { MARK_KUBECTL, MARK_FAULT, MARK_FAULT_END, MARK_NOTE, MARK_TRAFFIC, MARK_SET } RunMarkType;
typedef struct {
    RunMarkType type;
    gint64 time_ns;
    const char *text; /* interned: "worker-2 loses power" */
} RunMark;

typedef struct {
    const char *text;     /* borrowed from the scenario */
    const char *rule;     /* interned: "within 60s after outage", "always", "at the end" */
    gboolean is_decided, has_passed;
    gint64 decided_ns;
    const char *found;    /* interned: what was found when it failed */
} RunCheck;

typedef struct {
    guint64 seed;            /* 0: the scenario's */
    const char *watch_log;   /* file to write what a watcher of every kind sees; NULL: none */
    gboolean no_timeline;    /* nothing of the timeline after `stop_ns` is needed */
} RunOptions;

/* run_new: NULL and @error if the watch log cannot be written. (owned) */
Run *run_new(const Scenario *scenario, const RunOptions *options, GError **error);
void run_free(Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_free)

Cluster *run_cluster(Run *run);
const Scenario *run_scenario(const Run *run);
gint64 run_end_ns(const Run *run); /* where it ends at the latest */
/* run_advance: up to @time_ns or the end. FALSE: it has ended. */
gboolean run_advance(Run *run, gint64 time_ns);
/* run_finish: decide what is still open (conditions at the end). After the last run_advance. */
void run_finish(Run *run);
/*
 * run_drain: clients send no more, and the world goes on until the requests under way have their outcomes (a minute at
 * most), so that each one sent is counted. After run_finish; series that are finished see nothing of it.
 */
void run_drain(Run *run);
/* run_error: what run_finish could not write; NULL: nothing. (borrowed) */
const GError *run_error(const Run *run);

guint run_command_count(const Run *run);
const RunCommand *run_command(const Run *run, guint index);
guint run_mark_count(const Run *run);
const RunMark *run_mark(const Run *run, guint index);
guint run_check_count(const Run *run);
const RunCheck *run_check(const Run *run, guint index);
/* run_failures: checks that failed, manifests that were refused, `until` never met. */
guint run_failures(const Run *run);
gboolean run_until_met(const Run *run); /* TRUE if there is no `until` */
