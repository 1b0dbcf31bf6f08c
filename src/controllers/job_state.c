/* job_state.c - what one sync knows of a Job; job_controller.go, syncJobCtx */
#include "controllers/job_sync.h"

void
job_set_final(JobSync *sync, const char *type, const char *reason, const char *message)
{
    if (sync->final.type == NULL)
        sync->final = (Condition){
            .type = str_intern(type), .reason = str_intern(reason), .message = str_intern(message)};
}

gboolean
job_pod_is_settled(const JobSync *sync, const ApiObject *pod)
{
    return !job_pod_has_finalizer(pod) || job_memory_expects_removal(sync->memory, sync->key, api_uid(pod));
}

/* getValidPodsWithFilter, but for the UIDs that the status holds: to be counted, and with an index if there are any. */
static gboolean
is_valid(const JobSync *sync, const ApiObject *pod)
{
    gint64 index = job_pod_index(pod);

    return !job_pod_is_settled(sync, pod) && (!job_is_indexed(sync->job) || (index >= 0 && index < sync->done.size));
}

static gboolean
is_index_failed(const ApiObject *job, const ApiObject *pod)
{
    const JobSpec *spec = job_spec(job);
    PolicyAction action;
    const char *message;

    if (!job_pod_is_failed(job, pod))
        return FALSE;
    action = job_match_policy(spec->pod_failure_policy, pod, &message);
    return action == POLICY_FAIL_INDEX ||
           (action != POLICY_IGNORE && job_pod_index_failures(pod) >= spec->backoff_limit_per_index.value);
}

static void
count_indexes(JobSync *sync)
{
    const JobStatus *status = job_status(sync->job);

    index_set_parse(&sync->done_before, status->completed_indexes);
    index_set_parse(&sync->done, status->completed_indexes);
    for (guint i = 0; i < sync->pods->len; i++)
        if (job_pod_has_finalizer(sync->pods->pdata[i]) && str_is(pod_status(sync->pods->pdata[i])->phase, "Succeeded"))
            index_set_add(&sync->done, job_pod_index(sync->pods->pdata[i]));
    sync->succeeded = (gint32)sync->done.count;
    if (!job_spec(sync->job)->backoff_limit_per_index.is_set)
        return;
    index_set_parse(&sync->failed_indexes, status->failed_indexes);
    for (guint i = 0; i < sync->pods->len; i++)
        if (job_pod_has_finalizer(sync->pods->pdata[i]) && is_index_failed(sync->job, sync->pods->pdata[i]))
            index_set_add(&sync->failed_indexes, job_pod_index(sync->pods->pdata[i]));
}

/* The later one of two failed pods of an index. */
static gboolean
is_later(const ApiObject *pod, const ApiObject *than)
{
    return job_pod_index_failures(pod) + job_pod_index_ignored(pod) >=
               job_pod_index_failures(than) + job_pod_index_ignored(than) &&
           job_pod_finish_ns(pod) >= job_pod_finish_ns(than);
}

/*
 * getPodsWithDelayedDeletionPerIndex: the last failed pod of an index that will get a successor keeps its
 * finalizer until it has it: its annotations say how often the index failed.
 */
static void
find_delayed(JobSync *sync)
{
    IndexSet active;

    if (!job_spec(sync->job)->backoff_limit_per_index.is_set)
        return;
    index_set_init(&active, sync->done.size);
    for (guint i = 0; i < sync->active_pods->len; i++)
        index_set_add(&active, job_pod_index(sync->active_pods->pdata[i]));
    for (guint i = 0; i < sync->pods->len; i++) {
        ApiObject *pod = sync->pods->pdata[i];
        gint64 index = job_pod_index(pod);
        const ApiObject *known = g_hash_table_lookup(sync->delayed, GINT_TO_POINTER(index));

        if (is_valid(sync, pod) && job_pod_is_failed(sync->job, pod) && !index_set_has(&sync->done, index) &&
            !index_set_has(&sync->failed_indexes, index) && !index_set_has(&active, index) &&
            (known == NULL || is_later(pod, known)))
            g_hash_table_insert(sync->delayed, GINT_TO_POINTER(index), pod);
    }
    index_set_clear(&active);
}

/* The numbers, and the back-off that follows from what has ended since the last sync. */
static void
count_pods(JobSync *sync)
{
    const JobStatus *status = job_status(sync->job);
    const PodFailurePolicy *policy = job_spec(sync->job)->pod_failure_policy;
    g_autoptr(GPtrArray) succeeded = g_ptr_array_new();
    g_autoptr(GPtrArray) failed = g_ptr_array_new();
    const UncountedTerminatedPods *uncounted = status->uncounted;
    const char *message;

    sync->succeeded = status->succeeded + (gint32)(uncounted == NULL ? 0 : uncounted->succeeded.count);
    sync->failed = status->failed + (gint32)(uncounted == NULL ? 0 : uncounted->failed.count);
    for (guint i = 0; i < sync->pods->len; i++) {
        ApiObject *pod = sync->pods->pdata[i];

        if (pod_is_active(pod))
            g_ptr_array_add(sync->active_pods, pod);
        sync->ready += pod_is_active(pod) && pod_is_ready(pod);
        sync->terminating += pod_is_terminating(pod);
        if (!is_valid(sync, pod))
            continue;
        if (str_is(pod_status(pod)->phase, "Succeeded") &&
            (uncounted == NULL || !str_list_contains(&uncounted->succeeded, api_uid(pod))))
            g_ptr_array_add(succeeded, pod);
        if (!job_pod_is_failed(sync->job, pod) ||
            (uncounted != NULL && str_list_contains(&uncounted->failed, api_uid(pod))))
            continue;
        g_ptr_array_add(failed, pod);
        sync->failed += job_match_policy(policy, pod, &message) != POLICY_IGNORE;
    }
    sync->succeeded += (gint32)succeeded->len;
    sync->active = (gint32)sync->active_pods->len;
    sync->backoff = job_backoff_next(job_memory_backoff(sync->memory, sync->key), succeeded, failed);
}

JobSync *
job_sync_new(const Reconcile *r, const ApiObject *job, const GPtrArray *pods)
{
    gint64 size = job_is_indexed(job) ? job_spec(job)->completions.value : 0;
    JobSync *sync = g_new0(JobSync, 1);

    sync->ref_count = 1;
    sync->key = r->key;
    sync->memory = r->state;
    sync->version_minor = r->version_minor;
    sync->may_manage = r->expectations == NULL || expectations_satisfied(r->expectations, r->key, r->now_ns);
    sync->job = api_object_ref(job);
    sync->written = api_object_copy(job);
    sync->pods = g_ptr_array_new_full(pods->len, api_object_unref);
    sync->active_pods = g_ptr_array_new();
    sync->to_release = g_ptr_array_new_with_free_func(api_object_unref);
    sync->delayed = g_hash_table_new(NULL, NULL);        /* looked up only */
    sync->with_finalizer = g_hash_table_new(NULL, NULL); /* the same */
    index_set_init(&sync->done_before, size);
    index_set_init(&sync->done, size);
    index_set_init(&sync->failed_indexes, size);
    for (guint i = 0; i < pods->len; i++)
        g_ptr_array_add(sync->pods, api_object_ref(pods->pdata[i]));
    count_pods(sync);
    if (job_is_indexed(job)) {
        count_indexes(sync);
        find_delayed(sync);
    }
    return sync;
}

JobSync *
job_sync_ref(JobSync *sync)
{
    sync->ref_count++;
    return sync;
}

void
job_sync_unref(gpointer data)
{
    JobSync *sync = data;

    if (--sync->ref_count > 0)
        return;
    api_object_unref(sync->job);
    api_object_unref(sync->written);
    g_ptr_array_unref(sync->to_release);
    g_ptr_array_unref(sync->active_pods);
    g_ptr_array_unref(sync->pods);
    g_hash_table_unref(sync->delayed);
    g_hash_table_unref(sync->with_finalizer);
    index_set_clear(&sync->done_before);
    index_set_clear(&sync->done);
    index_set_clear(&sync->failed_indexes);
    g_free(sync);
}
