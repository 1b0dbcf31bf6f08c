/* job_manage.c - how many pods run; v1.34 pkg/controller/job/job_controller.go, manageJob */
#include "controllers/job_sync.h"

#define MAX_PER_SYNC 500
#define BATCH_NS NS_PER_S
#define INDEX_VARIABLE "JOB_COMPLETION_INDEX"
#define GENERATED_PREFIX_MAX 58

/* --- who goes ---------------------------------------------------------------------------------------- */

static gint
compare_active(gconstpointer a, gconstpointer b)
{
    return active_pod_compare(*(ApiObject *const *)a, *(ApiObject *const *)b);
}

static gint
compare_index(gconstpointer a, gconstpointer b)
{
    gint64 first = job_pod_index(*(ApiObject *const *)a);
    gint64 second = job_pod_index(*(ApiObject *const *)b);

    return first < second ? -1 : first > second ? 1 : compare_active(a, b);
}

GPtrArray *
job_victims(const JobSync *sync, guint count)
{
    GPtrArray *victims = g_ptr_array_new();
    g_autoptr(GPtrArray) left = g_ptr_array_new();
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy(sync->active_pods, NULL, NULL);

    if (!job_is_indexed(sync->job)) {
        g_ptr_array_extend(left, sorted, NULL, NULL);
    } else {
        /* Of those with one index the last in rank stays. */
        g_ptr_array_sort(sorted, compare_index);
        for (guint i = 0; i < sorted->len; i++) {
            gint64 index = job_pod_index(sorted->pdata[i]);
            gboolean is_last = i + 1 == sorted->len || job_pod_index(sorted->pdata[i + 1]) != index;

            g_ptr_array_add(index < 0 || index >= sync->done.size || !is_last ? victims : left, sorted->pdata[i]);
        }
    }
    if (victims->len < count) {
        g_ptr_array_sort(left, compare_active);
        for (guint i = 0; victims->len < count && i < left->len; i++)
            g_ptr_array_add(victims, left->pdata[i]);
    }
    return victims;
}

static void
plan_deletes(JobSync *sync, const GPtrArray *pods, gboolean is_expected, Plan *plan)
{
    sync->first_step = plan_count(plan);
    sync->n_steps = pods->len;
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < pods->len; i++) {
        PlanStep *step = plan_delete(plan, pods->pdata[i], "because %u pods are active", sync->active_pods->len);

        step->event_about = api_object_ref(sync->job);
        step->on_success = (StepEvent){"Normal", "SuccessfulDelete", "Deleted pod: %s"};
        step->on_failure = (StepEvent){"Warning", "FailedDelete", "Error deleting: %s"};
        step->ignore_codes[0] = 404;
        step->continue_on_error = TRUE;
        step->keeps_expectation = is_expected;
        step->expected_pod_key = api_key(pods->pdata[i]);
        sync->ready -= pod_is_ready(pods->pdata[i]);
    }
    plan_group_end(plan);
}

void
job_plan_end_all(JobSync *sync, Plan *plan)
{
    plan_deletes(sync, sync->active_pods, FALSE, plan);
}

/* deleteJobPods: without their finalizers first, so that they count neither way. */
static void
plan_drop(JobSync *sync, GPtrArray *pods /* owned */, Plan *plan)
{
    for (guint i = 0; i < pods->len; i++)
        plan_expect_deletion(plan, api_key(pods->pdata[i]));
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < pods->len; i++) {
        PlanStep *step;

        if (!job_pod_has_finalizer(pods->pdata[i]))
            continue;
        step = plan_patch(plan, pods->pdata[i], NULL, job_drop_finalizer, NULL, NULL, "because it is not to count");
        step->ignore_codes[0] = 404;
        step->continue_on_error = TRUE;
    }
    plan_group_end(plan);
    plan_deletes(sync, pods, TRUE, plan);
    g_ptr_array_unref(pods);
}

/* --- who comes ----------------------------------------------------------------------------------------- */

static void
add_variable(Container *container)
{
    EnvVar *variable;

    for (guint i = 0; i < container->env.count; i++)
        if (str_is(container->env.items[i].name, INDEX_VARIABLE))
            return;
    variable = API_LIST_ADD(&container->env);
    variable->name = str_intern(INDEX_VARIABLE);
    variable->value_from = g_new0(EnvVarSource, 1);
    variable->value_from->field_ref = g_new0(ObjectFieldSelector, 1);
    variable->value_from->field_ref->field_path = str_intern("metadata.labels['" JOB_INDEX "']");
}

/* podGenerateNameWithIndex: the Job's name is cut, the index is not. */
static const char *
index_prefix(const char *job, gint64 index)
{
    const char *tail = str_internf("-%" G_GINT64_FORMAT "-", index);

    return str_internf("%.*s%s", (int)(GENERATED_PREFIX_MAX - strlen(tail)), job, tail);
}

/* The pod tells how often its index failed; the one that it replaces may go then. */
static void
add_failures(ApiObject *pod, const JobSync *sync, gint64 index)
{
    const ApiObject *last = g_hash_table_lookup(sync->delayed, GINT_TO_POINTER(index));
    StrMap *annotations = &api_edit_meta(pod)->annotations;
    gint32 failures = last == NULL ? 0 : job_pod_index_failures(last);
    gint32 ignored = last == NULL ? 0 : job_pod_index_ignored(last);
    const char *message;

    if (last != NULL) {
        if (job_match_policy(job_spec(sync->job)->pod_failure_policy, last, &message) == POLICY_IGNORE)
            ignored++;
        else
            failures++;
    }
    str_map_set(annotations, str_intern(JOB_INDEX_FAILURES), str_internf("%d", failures));
    if (ignored > 0)
        str_map_set(annotations, str_intern(JOB_INDEX_IGNORED), str_internf("%d", ignored));
}

static void
add_index(ApiObject *pod, const JobSync *sync, gint64 index)
{
    const char *number = str_internf("%" G_GINT64_FORMAT, index);
    ObjectMeta *meta = api_edit_meta(pod);
    PodSpec *spec = api_edit_spec(pod);

    meta->generate_name = index_prefix(api_name(sync->job), index);
    str_map_set(&meta->annotations, str_intern(JOB_INDEX), number);
    str_map_set(&meta->labels, str_intern(JOB_INDEX), number);
    spec->hostname = str_internf("%s-%" G_GINT64_FORMAT, api_name(sync->job), index);
    for (guint i = 0; i < spec->init_containers.count; i++)
        add_variable(&spec->init_containers.items[i]);
    for (guint i = 0; i < spec->containers.count; i++)
        add_variable(&spec->containers.items[i]);
    if (job_spec(sync->job)->backoff_limit_per_index.is_set)
        add_failures(pod, sync, index);
}

static void
plan_create_pod(const JobSync *sync, PodMaker *maker, gint64 index, Plan *plan)
{
    ApiObject *pod = pod_maker_make(maker);
    PlanStep *step;

    if (!job_pod_has_finalizer(pod))
        str_list_add(&api_edit_meta(pod)->finalizers, str_intern(JOB_FINALIZER));
    if (index >= 0)
        add_index(pod, sync, index);
    step = plan_create(plan, pod, "because %d pods are active and %d have succeeded", sync->active, sync->succeeded);
    step->event_about = api_object_ref(sync->job);
    step->on_success = (StepEvent){"Normal", "SuccessfulCreate", "Created pod: %s"};
    step->on_failure = (StepEvent){"Warning", "FailedCreate", "Error creating: %s"};
    step->ignore_terminating = TRUE;
    step->keeps_expectation = TRUE;
}

GArray *
job_pending_indexes(const JobSync *sync, gint64 count)
{
    GArray *pending = g_array_new(FALSE, FALSE, sizeof(gint64));
    gboolean waits_for_end = job_replaces_only_failed(sync->job);
    IndexSet taken;

    index_set_init(&taken, sync->done.size);
    index_set_add_all(&taken, &sync->done);
    index_set_add_all(&taken, &sync->failed_indexes);
    for (guint i = 0; i < sync->pods->len; i++)
        if (pod_is_active(sync->pods->pdata[i]) || (waits_for_end && pod_is_terminating(sync->pods->pdata[i])))
            index_set_add(&taken, job_pod_index(sync->pods->pdata[i]));
    for (gint64 i = index_set_next_free(&taken, 0); i < taken.size && pending->len < count;
         i = index_set_next_free(&taken, i + 1))
        g_array_append_val(pending, i);
    index_set_clear(&taken);
    return pending;
}

static gint64
left_ns(gint32 failures, gint64 last_failure_ns, gint64 wall_ns)
{
    return failures == 0 ? 0 : MAX(0, last_failure_ns + job_backoff_ns(failures) - wall_ns);
}

/*
 * getPodCreationInfoForIndependentIndexes: indexes whose back-off is not over are taken out. Returns how long it
 * takes until the first of them may start, if none is left.
 */
static gint64
leave_ready_indexes(const JobSync *sync, GArray *indexes, gint64 wall_ns)
{
    gint64 soonest_ns = 0;
    guint kept = 0;

    for (guint i = 0; i < indexes->len; i++) {
        gint64 index = g_array_index(indexes, gint64, i);
        const ApiObject *last = g_hash_table_lookup(sync->delayed, GINT_TO_POINTER(index));
        gint64 wait_ns = last == NULL ? 0
                                      : left_ns(job_pod_index_failures(last) + job_pod_index_ignored(last) + 1,
                                                job_pod_finish_ns(last), wall_ns);

        if (wait_ns == 0)
            g_array_index(indexes, gint64, kept++) = index;
        else
            soonest_ns = soonest_ns == 0 ? wait_ns : MIN(soonest_ns, wait_ns);
    }
    g_array_set_size(indexes, kept);
    return kept > 0 ? 0 : soonest_ns;
}

/*
 * Nothing is made before the time is over; the status of this sync says that no pod is active, whatever runs. The
 * API server refuses that if one of them is ready: the sync fails, and nothing is counted before the time is over
 * (kubernetes/kubernetes#139428, mended after v1.34.4).
 */
static void
plan_wait(JobSync *sync, gint64 wait_ns, Plan *plan)
{
    plan_enqueue_after(plan, sync->key, MAX(wait_ns, BATCH_NS));
    sync->active = 0;
}

static void
plan_creations(const Reconcile *r, JobSync *sync, gint32 need, Plan *plan)
{
    gboolean per_index = job_spec(sync->job)->backoff_limit_per_index.is_set;
    gint64 wait_ns =
        per_index ? 0 : left_ns(sync->backoff.failures, sync->backoff.last_failure_ns, r->wall_ns);
    g_autoptr(GArray) indexes = NULL;
    PodMaker maker;

    need = MIN(need, MAX_PER_SYNC);
    if (wait_ns == 0 && job_is_indexed(sync->job)) {
        indexes = job_pending_indexes(sync, need);
        if (per_index)
            wait_ns = leave_ready_indexes(sync, indexes, r->wall_ns);
        need = (gint32)indexes->len;
    }
    if (wait_ns > 0) {
        plan_wait(sync, wait_ns, plan);
        return;
    }
    if (need == 0)
        return;
    plan_expect_creations(plan, (guint)need);
    pod_maker_init(&maker, &job_spec(sync->job)->template_, sync->job);
    sync->creates = TRUE;
    sync->first_step = plan_count(plan);
    sync->n_steps = (guint)need;
    plan_group_begin(plan, GROUP_SLOW_START);
    for (gint32 i = 0; i < need; i++)
        plan_create_pod(sync, &maker, indexes != NULL ? g_array_index(indexes, gint64, i) : -1, plan);
    plan_group_end(plan);
    pod_maker_clear(&maker);
}

/* --- both -------------------------------------------------------------------------------------------------- */

static gint32
wanted_active(const JobSync *sync)
{
    const JobSpec *spec = job_spec(sync->job);

    if (!spec->completions.is_set)
        return sync->succeeded > 0 ? sync->active : spec->parallelism.value;
    return MAX(0, MIN(spec->completions.value - sync->succeeded, spec->parallelism.value));
}

void
job_manage(const Reconcile *r, JobSync *sync, Plan *plan)
{
    GPtrArray *victims;
    gint32 wanted;
    gint32 need;

    sync->was_managed = TRUE;
    if (job_spec(sync->job)->suspend == OPT_TRUE) {
        plan_drop(sync, job_victims(sync, sync->active_pods->len), plan);
        return;
    }
    wanted = wanted_active(sync);
    victims = job_victims(sync, (guint)MAX(0, sync->active - wanted));
    if (victims->len > MAX_PER_SYNC)
        g_ptr_array_set_size(victims, MAX_PER_SYNC);
    if (victims->len > 0) {
        plan_drop(sync, victims, plan);
        return;
    }
    g_ptr_array_unref(victims);
    need = wanted - sync->active - (job_replaces_only_failed(sync->job) ? sync->terminating : 0);
    if (need > 0)
        plan_creations(r, sync, need, plan);
}
