/*
 * jobs.h - a Job and its pods, for the tests of the Job controller
 *
 * The Job is default/j; its pods are j-0, j-1 ... in the order in which they were added.
 */
#pragma once

#include "controllers/job_sync.h"
#include "tests/controllers/mini.h"

/* add_job: @spec and @status are YAML, the spec without its braces and with a comma at its end; @status may be NULL. */
const ApiObject *add_job(Mini *mini, const char *spec, const char *status);
Mini *mini_with(const char *spec);
void mini_end(Mini *mini);
const ApiObject *the_job(Mini *mini);
void sync_job(Mini *mini);

/*
 * add_pod: a letter, p pending, r running, R ready, s succeeded, f failed now, F failed an hour ago, t terminating, w waiting
 * in phase Failed to be gone; then its index, if it has one; then "/N", how often its index failed before; then "!N", its
 * exit code; last a letter d: DisruptionTarget. A '-' before all that: it has no finalizer.
 */
const ApiObject *add_pod(Mini *mini, const char *what);
/* add_pods: words between spaces. */
void add_pods(Mini *mini, const char *text);
/* add_lettered_pods: the same, with UIDs a, b, c ... */
void add_lettered_pods(Mini *mini, const char *text);
/* set_exit: container c ended with @code at wall @at_ns. */
void set_exit(ApiObject *pod, int code, gint64 at_ns);
void end_pod(Mini *mini, const ApiObject *pod, int code);
/* pod_of_index: the active one. */
const ApiObject *pod_of_index(Mini *mini, const char *index);
/* let_go: what was deleted and has no finalizer is gone. */
void let_go(Mini *mini);

/* count_lines: lines of the last sync that begin so. */
guint count_lines(const Mini *mini, const char *start);
const char *condition_reason(Mini *mini, const char *type);
/* print_conditions: "TYPE=REASON TYPE!REASON", the latter for False, in their order. (interned) */
const char *print_conditions(Mini *mini);
/* created_indexes: "0,1" of the pods that are not j-N. (interned) */
const char *created_indexes(Mini *mini);
