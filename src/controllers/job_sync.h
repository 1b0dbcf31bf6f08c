/*
 * job_sync.h - parts of a Job's sync: index lists, failure policy, back-off, counting
 *
 * Models v1.34 pkg/controller/job.
 */
#pragma once

#include "controllers/replicaset_sync.h"

#define JOB_FINALIZER "batch.kubernetes.io/job-tracking"
#define JOB_INDEX "batch.kubernetes.io/job-completion-index"
#define JOB_INDEX_FAILURES "batch.kubernetes.io/job-index-failure-count"
#define JOB_INDEX_IGNORED "batch.kubernetes.io/job-index-ignored-failure-count"

/* A set of indexes: one byte each, as many as completions. */
typedef struct {
    guint8 *has; /* (owned) */
    guint size, count;
} IndexSet;
void index_set_init(IndexSet *set, guint size);
void index_set_clear(IndexSet *set);
void index_set_add(IndexSet *set, gint64 index); /* others than 0 .. size-1: ignored */
gboolean index_set_has(const IndexSet *set, gint64 index);
/* index_set_parse: "1,3-5,7"; malformed parts are dropped. index_set_format: the same form. (interned) */
void index_set_parse(IndexSet *set, const char *text);
const char *index_set_format(const IndexSet *set);

/* What one sync knows of a Job. */
typedef struct {
    ApiObject *job;     /* (owned ref) as cached */
    GPtrArray *pods;    /* (owned) of owned refs */
    ApiObject *written; /* (owned ref) copy with the status of the first write */
    IndexSet done, failed_indexes;
    Condition final; /* type NULL: goes on */
    gint32 active, ready, terminating, succeeded, failed;
    gboolean only_replaces_failed;
    guint version_minor;
    Condition event; /* what is told after the last write; type = event type */
} JobSync;
void job_sync_free(gpointer sync);

gint64 job_pod_index(const ApiObject *pod); /* -1: none */
gboolean job_pod_has_finalizer(const ApiObject *pod);
/* job_pod_is_failed: Failed, or going away before its end unless only failed pods are replaced. */
gboolean job_pod_is_failed(const JobSync *sync, const ApiObject *pod);
gint64 job_pod_finish_ns(const ApiObject *pod);
gint32 job_pod_index_failures(const ApiObject *pod);
gint32 job_pod_index_ignored(const ApiObject *pod);

typedef enum { POLICY_COUNT, POLICY_IGNORE, POLICY_FAIL_INDEX, POLICY_FAIL_JOB } PolicyAction;
/* job_match_policy: *out_message: why the Job fails; untouched otherwise. (interned) */
PolicyAction job_match_policy(const PodFailurePolicy *policy, const ApiObject *pod, const char **out_message);
/* job_success_rule: index of the first rule that is met; -1: none. */
int job_success_rule(const SuccessPolicy *policy, const IndexSet *done);

/* job_backoff_ns: 10 s doubled with each failure after the first, at most 10 minutes; 0 without a failure. */
gint64 job_backoff_ns(gint32 failures);

/* job_is_delayed: a failed pod of an index that has no successor yet stays uncounted until it has one. */
gboolean job_is_delayed(const JobSync *sync, const ApiObject *pod);
/* job_last_failed: the failed pod of @index that was last; NULL if none. */
const ApiObject *job_last_failed(const JobSync *sync, gint64 index);

/* job_track: status writes around the removal of finalizers, then the end of the Job. Takes @sync. */
void job_track(const Reconcile *r, JobSync *sync, Plan *plan);
gboolean job_drop_finalizer(ApiObject *pod, gpointer unused);
