/*
 * job_sync.h - parts of a Job's sync: index sets, failure policy, back-off, counting
 *
 * Models v1.34 pkg/controller/job.
 */
#pragma once

#include "controllers/replicaset_sync.h"

#include "api/kinds/batch.h"

#define JOB_FINALIZER "batch.kubernetes.io/job-tracking"
#define JOB_INDEX "batch.kubernetes.io/job-completion-index"
#define JOB_INDEX_FAILURES "batch.kubernetes.io/job-index-failure-count"
#define JOB_INDEX_IGNORED "batch.kubernetes.io/job-index-ignored-failure-count"

/* --- index sets: indexed_job_utils.go ---------------------------------------------------------------- */

typedef struct {
    gint64 first, last;
} IndexRun;
/* A set of indexes below @size (spec.completions), as ascending runs. */
typedef struct {
    GArray *runs; /* (owned) of IndexRun */
    gint64 size, count;
} IndexSet;
void index_set_init(IndexSet *set, gint64 size);
void index_set_clear(IndexSet *set);
void index_set_add(IndexSet *set, gint64 index); /* others than 0 .. size-1: ignored */
void index_set_add_all(IndexSet *set, const IndexSet *other);
gboolean index_set_has(const IndexSet *set, gint64 index);
/* index_set_next_free: the first index from @index on that is not in the set. */
gint64 index_set_next_free(const IndexSet *set, gint64 index);
/* index_set_parse: "1,3-5,7"; malformed parts are dropped. index_set_format: the same form. (interned) */
void index_set_parse(IndexSet *set, const char *text);
const char *index_set_format(const IndexSet *set);

/* --- what the controller remembers of each Job: backoff_utils.go, tracking_utils.go ------------------------ */

typedef struct {
    gint32 failures; /* since the last success */
    gint64 last_failure_ns;
} BackoffRecord;
gpointer job_memory_new(void);
void job_memory_free(gpointer memory);
/* job_memory_forget: the Job is gone. job_memory_forget_backoff: it is finished. */
void job_memory_forget(gpointer memory, const char *key);
void job_memory_forget_backoff(gpointer memory, const char *key);
BackoffRecord job_memory_backoff(gpointer memory, const char *key);
void job_memory_set_backoff(gpointer memory, const char *key, BackoffRecord record);
/* The finalizer of the pod with @uid is being removed: until the cache shows it, the pod counts as without. */
void job_memory_expect_removal(gpointer memory, const char *key, const char *uid);
void job_memory_observe_removal(gpointer memory, const char *key, const char *uid);
gboolean job_memory_expects_removal(gpointer memory, const char *key, const char *uid);

/* --- one sync ------------------------------------------------------------------------------------------ */

/* What one sync knows of a Job. Counted references: it goes from one continuation to the next. */
typedef struct {
    guint ref_count;
    const char *key;    /* (interned) */
    gpointer memory;    /* (borrowed) of the controller; NULL in some tests */
    ApiObject *job;     /* (owned ref) as cached */
    ApiObject *written; /* (owned) copy; its status is what the next write says */
    GPtrArray *pods;    /* (owned) of owned refs */
    GPtrArray *active_pods; /* (owned) of borrowed pods */
    IndexSet done_before, done, failed_indexes; /* of an Indexed Job */
    GHashTable *delayed;    /* (owned) index -> failed pod that stays uncounted until it has a successor */
    BackoffRecord backoff;
    Condition final; /* type NULL: goes on; else Complete or Failed */
    gint64 final_ns;
    gint32 active, ready, terminating, succeeded, failed;
    guint n_claims;            /* steps that adopt and release come first in the plan under way */
    guint first_step, n_steps; /* then creations or deletions */
    gboolean creates, may_manage, was_managed;
    GPtrArray *to_release; /* (owned) of owned refs: pods that have ended, to be counted */
    GHashTable *with_finalizer; /* (owned) UIDs of pods that are still to be counted, less those released since */
    gboolean is_cut;       /* too many to count in one sync */
    guint version_minor;
} JobSync;
JobSync *job_sync_new(const Reconcile *r, const ApiObject *job, const GPtrArray *pods);
JobSync *job_sync_ref(JobSync *sync);
void job_sync_unref(gpointer sync);
void job_set_final(JobSync *sync, const char *type, const char *reason, const char *message);

gint64 job_pod_index(const ApiObject *pod); /* -1: none */
gboolean job_pod_has_finalizer(const ApiObject *pod);
/* job_pod_is_settled: counted already: without the finalizer, or soon. */
gboolean job_pod_is_settled(const JobSync *sync, const ApiObject *pod);
gboolean job_replaces_only_failed(const ApiObject *job);
/* job_pod_is_failed: Failed, or going away before its end unless only failed pods are replaced. */
gboolean job_pod_is_failed(const ApiObject *job, const ApiObject *pod);
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
/* job_backoff_next: the record after these pods ended. Sorts both arrays. */
BackoffRecord job_backoff_next(BackoffRecord record, GPtrArray *succeeded, GPtrArray *failed);

/* job_manage: makes or ends pods, one or the other. */
void job_manage(const Reconcile *r, JobSync *sync, Plan *plan);
/* job_plan_end_all: the Job is over: its active pods are deleted, their finalizers stay. */
void job_plan_end_all(JobSync *sync, Plan *plan);
/* job_pending_indexes: the lowest @count that are neither done, failed nor under way. (owned, of gint64) */
GArray *job_pending_indexes(const JobSync *sync, gint64 count);
/* job_victims: at least @count pods that go: duplicates of an index and indexes out of range, then by rank. (owned) */
GPtrArray *job_victims(const JobSync *sync, guint count);

/* job_track: status writes around the removal of finalizers, then the end of the Job. */
void job_track(const Reconcile *r, JobSync *sync, Plan *plan);
gboolean job_drop_finalizer(ApiObject *pod, gpointer unused);
