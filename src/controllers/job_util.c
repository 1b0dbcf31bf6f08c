/* job_util.c - indexes, policies and back-off of Jobs; indexed_job_utils.go, pod_failure_policy.go, backoff_utils.go */
#include "controllers/job_sync.h"

void
index_set_init(IndexSet *set, guint size)
{
    *set = (IndexSet){.has = g_new0(guint8, size + 1), .size = size};
}

void
index_set_clear(IndexSet *set)
{
    g_free(set->has);
    *set = (IndexSet){0};
}

void
index_set_add(IndexSet *set, gint64 index)
{
    if (index < 0 || index >= set->size || set->has[index])
        return;
    set->has[index] = 1;
    set->count++;
}

gboolean
index_set_has(const IndexSet *set, gint64 index)
{
    return index >= 0 && index < set->size && set->has[index];
}

void
index_set_parse(IndexSet *set, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text == NULL ? "" : text, ",", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        g_auto(GStrv) ends = g_strsplit(parts[i], "-", -1);
        gint64 first;
        gint64 last;

        if (ends[0] == NULL || !text_to_int(ends[0], &first))
            continue;
        last = first;
        if (ends[1] != NULL && (ends[2] != NULL || !text_to_int(ends[1], &last)))
            continue;
        for (gint64 k = first; k <= last && k < set->size; k++)
            index_set_add(set, k);
    }
}

const char *
index_set_format(const IndexSet *set)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < set->size; i++) {
        guint last = i;

        if (!set->has[i])
            continue;
        while (last + 1 < set->size && set->has[last + 1])
            last++;
        g_string_append_printf(text, "%s%u", text->len > 0 ? "," : "", i);
        if (last > i)
            g_string_append_printf(text, "%c%u", last == i + 1 ? ',' : '-', last);
        i = last;
    }
    return str_intern(text->str);
}

void
job_sync_free(gpointer data)
{
    JobSync *sync = data;

    api_object_unref(sync->job);
    api_object_unref(sync->written);
    g_ptr_array_unref(sync->pods);
    index_set_clear(&sync->done);
    index_set_clear(&sync->failed_indexes);
    g_free(sync);
}

static gint64
annotation_number(const ApiObject *pod, const char *key, gint64 otherwise)
{
    const char *text = str_map_get(&pod->meta->annotations, str_intern(key));
    gint64 value;

    return text != NULL && text_to_int(text, &value) && value >= 0 ? value : otherwise;
}

gint64
job_pod_index(const ApiObject *pod)
{
    return annotation_number(pod, JOB_INDEX, -1);
}

gint32
job_pod_index_failures(const ApiObject *pod)
{
    return (gint32)annotation_number(pod, JOB_INDEX_FAILURES, 0);
}

gint32
job_pod_index_ignored(const ApiObject *pod)
{
    return (gint32)annotation_number(pod, JOB_INDEX_IGNORED, 0);
}

gboolean
job_pod_has_finalizer(const ApiObject *pod)
{
    return str_list_contains(&pod->meta->finalizers, str_intern(JOB_FINALIZER));
}

gboolean
job_pod_is_failed(const JobSync *sync, const ApiObject *pod)
{
    const char *phase = pod_status(pod)->phase;

    if (str_is(phase, "Failed"))
        return TRUE;
    return !sync->only_replaces_failed && api_is_deleting(pod) && !str_is(phase, "Succeeded");
}

gint64
job_pod_finish_ns(const ApiObject *pod)
{
    const ContainerStatusList *list = &pod_status(pod)->container_statuses;
    const Condition *ready;
    gint64 latest = 0;
    guint known = 0;

    for (guint i = 0; i < list->count; i++) {
        const ContainerStateTerminated *end = list->items[i].state.terminated;

        if (end == NULL || end->finished_at == 0)
            continue;
        known++;
        latest = MAX(latest, end->finished_at);
    }
    if (known > 0 && known == list->count)
        return latest;
    ready = condition_find(&pod_status(pod)->conditions, "Ready");
    if (ready != NULL && str_is(ready->status, "False") && ready->last_transition_time != 0)
        return ready->last_transition_time;
    if (api_is_deleting(pod))
        return pod->meta->deletion_time - pod->meta->deletion_grace_s.value * NS_PER_S;
    return pod->meta->creation_time;
}

/* --- podFailurePolicy -------------------------------------------------------------------------- */

static const ContainerStatus *
find_exit(const ExitCodesRequirement *codes, const ContainerStatusList *list)
{
    for (guint i = 0; i < list->count; i++) {
        const ContainerStatus *status = &list->items[i];
        const ContainerStateTerminated *end = status->state.terminated;
        gboolean is_listed = FALSE;

        if (end == NULL || end->exit_code == 0)
            continue;
        if (codes->container_name != NULL && !str_is(codes->container_name, status->name))
            continue;
        for (guint k = 0; k < codes->values.count; k++)
            is_listed |= codes->values.items[k] == end->exit_code;
        if ((str_is(codes->operator_, "In") && is_listed) || (str_is(codes->operator_, "NotIn") && !is_listed))
            return status;
    }
    return NULL;
}

static const Condition *
find_condition(const PodFailurePolicyRule *rule, const ApiObject *pod)
{
    const ConditionList *list = &pod_status(pod)->conditions;

    for (guint i = 0; i < list->count; i++)
        for (guint k = 0; k < rule->on_pod_conditions.count; k++)
            if (str_is(rule->on_pod_conditions.items[k].type, list->items[i].type) &&
                str_is(rule->on_pod_conditions.items[k].status, list->items[i].status))
                return &list->items[i];
    return NULL;
}

PolicyAction
job_match_policy(const PodFailurePolicy *policy, const ApiObject *pod, const char **out_message)
{
    for (guint i = 0; policy != NULL && i < policy->rules.count; i++) {
        const PodFailurePolicyRule *rule = &policy->rules.items[i];
        const ContainerStatus *ended = NULL;
        const Condition *condition = NULL;

        if (rule->on_exit_codes != NULL) {
            ended = find_exit(rule->on_exit_codes, &pod_status(pod)->container_statuses);
            if (ended == NULL)
                ended = find_exit(rule->on_exit_codes, &pod_status(pod)->init_container_statuses);
        } else {
            condition = find_condition(rule, pod);
        }
        if (ended == NULL && condition == NULL)
            continue;
        if (str_is(rule->action, "Ignore"))
            return POLICY_IGNORE;
        if (str_is(rule->action, "FailIndex"))
            return POLICY_FAIL_INDEX;
        if (str_is(rule->action, "Count"))
            return POLICY_COUNT;
        if (!str_is(rule->action, "FailJob"))
            continue;
        if (ended != NULL)
            *out_message = str_internf("Container %s for pod %s/%s failed with exit code %d matching FailJob rule at "
                                       "index %u",
                                       ended->name, api_namespace(pod), api_name(pod),
                                       ended->state.terminated->exit_code, i);
        else
            *out_message = str_internf("Pod %s/%s has condition %s matching FailJob rule at index %u",
                                       api_namespace(pod), api_name(pod), condition->type, i);
        return POLICY_FAIL_JOB;
    }
    return POLICY_COUNT;
}

int
job_success_rule(const SuccessPolicy *policy, const IndexSet *done)
{
    for (guint i = 0; policy != NULL && i < policy->rules.count; i++) {
        const SuccessPolicyRule *rule = &policy->rules.items[i];
        guint wanted = 0;
        guint met = done->count;

        if (rule->succeeded_indexes != NULL) {
            IndexSet named;

            index_set_init(&named, done->size);
            index_set_parse(&named, rule->succeeded_indexes);
            wanted = named.count;
            met = 0;
            for (guint k = 0; k < named.size; k++)
                met += named.has[k] && done->has[k];
            index_set_clear(&named);
            if (met == wanted)
                return (int)i;
        }
        if (rule->succeeded_count.is_set && (gint64)met >= rule->succeeded_count.value)
            return (int)i;
    }
    return -1;
}

gint64
job_backoff_ns(gint32 failures)
{
    gint64 delay_ns = 10 * NS_PER_S;

    if (failures <= 0)
        return 0;
    for (gint32 i = 1; i < failures && delay_ns < 600 * NS_PER_S; i++)
        delay_ns *= 2;
    return MIN(delay_ns, 600 * NS_PER_S);
}

/* --- per index -------------------------------------------------------------------------------------- */

const ApiObject *
job_last_failed(const JobSync *sync, gint64 index)
{
    const ApiObject *last = NULL;

    for (guint i = 0; i < sync->pods->len; i++) {
        const ApiObject *pod = sync->pods->pdata[i];

        if (!job_pod_has_finalizer(pod) || job_pod_index(pod) != index || !job_pod_is_failed(sync, pod))
            continue;
        if (last == NULL || job_pod_index_failures(pod) + job_pod_index_ignored(pod) >=
                                job_pod_index_failures(last) + job_pod_index_ignored(last))
            last = pod;
    }
    return last;
}

gboolean
job_is_delayed(const JobSync *sync, const ApiObject *pod)
{
    gint64 index = job_pod_index(pod);

    if (!job_spec(sync->job)->backoff_limit_per_index.is_set || sync->final.type != NULL || index < 0 ||
        index >= sync->done.size || index_set_has(&sync->done, index) ||
        index_set_has(&sync->failed_indexes, index) || !job_pod_is_failed(sync, pod))
        return FALSE;
    for (guint i = 0; i < sync->pods->len; i++)
        if (pod_is_active(sync->pods->pdata[i]) && job_pod_index(sync->pods->pdata[i]) == index)
            return FALSE;
    return job_last_failed(sync, index) == pod;
}
