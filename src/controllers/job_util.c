/* job_util.c - indexes, policies and back-off of Jobs; indexed_job_utils.go, pod_failure_policy.go, backoff_utils.go */
#include "controllers/job_sync.h"

/* --- index sets --------------------------------------------------------------------------------- */

void
index_set_init(IndexSet *set, gint64 size)
{
    *set = (IndexSet){.runs = g_array_new(FALSE, FALSE, sizeof(IndexRun)), .size = size};
}

void
index_set_clear(IndexSet *set)
{
    if (set->runs != NULL)
        g_array_unref(set->runs);
    *set = (IndexSet){0};
}

static IndexRun *
run_at(const IndexSet *set, guint place)
{
    return &g_array_index(set->runs, IndexRun, place);
}

/* The first run that ends at @index or later. */
static guint
find_run(const IndexSet *set, gint64 index)
{
    guint low = 0;
    guint high = set->runs->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (run_at(set, middle)->last >= index)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void
add_run(IndexSet *set, gint64 first, gint64 last)
{
    guint place = find_run(set, first - 1);
    guint merged = 0;
    IndexRun run = {first, last};

    for (; place + merged < set->runs->len && run_at(set, place + merged)->first <= last + 1; merged++) {
        const IndexRun *other = run_at(set, place + merged);

        run.first = MIN(run.first, other->first);
        run.last = MAX(run.last, other->last);
        set->count -= other->last - other->first + 1;
    }
    if (merged > 0)
        g_array_remove_range(set->runs, place, merged);
    g_array_insert_val(set->runs, place, run);
    set->count += run.last - run.first + 1;
}

void
index_set_add(IndexSet *set, gint64 index)
{
    if (index >= 0 && index < set->size)
        add_run(set, index, index);
}

void
index_set_add_all(IndexSet *set, const IndexSet *other)
{
    for (guint i = 0; i < other->runs->len; i++)
        add_run(set, run_at(other, i)->first, run_at(other, i)->last);
}

gboolean
index_set_has(const IndexSet *set, gint64 index)
{
    guint place = set->runs == NULL ? 0 : find_run(set, index);

    return set->runs != NULL && place < set->runs->len && run_at(set, place)->first <= index;
}

gint64
index_set_next_free(const IndexSet *set, gint64 index)
{
    guint place = find_run(set, index);

    return place < set->runs->len && run_at(set, place)->first <= index ? run_at(set, place)->last + 1 : index;
}

void
index_set_parse(IndexSet *set, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text == NULL ? "" : text, ",", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        g_auto(GStrv) ends = g_strsplit(parts[i], "-", -1);
        gint64 first;
        gint64 last;

        if (ends[0] == NULL || !text_to_int(ends[0], &first) || first < 0)
            continue;
        if (first >= set->size)
            break;
        last = first;
        if (ends[1] != NULL && !text_to_int(ends[1], &last))
            continue;
        if (last >= first)
            add_run(set, first, MIN(last, set->size - 1));
    }
}

const char *
index_set_format(const IndexSet *set)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < set->runs->len; i++) {
        const IndexRun *run = run_at(set, i);

        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, text->len > 0 ? "," : "", run->first);
        if (run->last > run->first)
            g_string_append_printf(text, "%c%" G_GINT64_FORMAT, run->last == run->first + 1 ? ',' : '-', run->last);
    }
    return str_intern(text->str);
}

/* How many indexes are in both. */
static gint64
count_common(const IndexSet *a, const IndexSet *b)
{
    gint64 count = 0;

    for (guint i = 0; i < a->runs->len; i++)
        for (guint k = find_run(b, run_at(a, i)->first); k < b->runs->len; k++) {
            gint64 first = MAX(run_at(a, i)->first, run_at(b, k)->first);
            gint64 last = MIN(run_at(a, i)->last, run_at(b, k)->last);

            if (last < first)
                break;
            count += last - first + 1;
        }
    return count;
}

/* --- pods ------------------------------------------------------------------------------------------- */

static gint64
annotation_number(const ApiObject *pod, const char *key, gint64 most, gint64 otherwise)
{
    const char *text = str_map_get(&pod->meta->annotations, str_intern(key));
    gint64 value;

    return text != NULL && text_to_int(text, &value) && value >= 0 && value <= most ? value : otherwise;
}

gint64
job_pod_index(const ApiObject *pod)
{
    return annotation_number(pod, JOB_INDEX, G_MAXINT64, -1);
}

gint32
job_pod_index_failures(const ApiObject *pod)
{
    return (gint32)annotation_number(pod, JOB_INDEX_FAILURES, G_MAXINT32, 0);
}

gint32
job_pod_index_ignored(const ApiObject *pod)
{
    return (gint32)annotation_number(pod, JOB_INDEX_IGNORED, G_MAXINT32, 0);
}

gboolean
job_pod_has_finalizer(const ApiObject *pod)
{
    return str_list_contains(&pod->meta->finalizers, str_intern(JOB_FINALIZER));
}

gboolean
job_replaces_only_failed(const ApiObject *job)
{
    const JobSpec *spec = job_spec(job);

    return str_is(spec->pod_replacement_policy, "Failed") || spec->pod_failure_policy != NULL;
}

gboolean
job_pod_is_failed(const ApiObject *job, const ApiObject *pod)
{
    const char *phase = pod_status(pod)->phase;

    if (str_is(phase, "Failed"))
        return TRUE;
    return !job_replaces_only_failed(job) && api_is_deleting(pod) && !str_is(phase, "Succeeded");
}

static gboolean
is_sidecar(const PodSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (str_is(spec->init_containers.items[i].name, name))
            return container_is_sidecar(&spec->init_containers.items[i]);
    return FALSE;
}

/* latestFinishTime: FALSE if one of @list, or of its sidecars if @sidecars_of, has not ended. */
static gboolean
find_latest_finish(const ContainerStatusList *list, const PodSpec *sidecars_of, gint64 *latest_ns)
{
    for (guint i = 0; i < list->count; i++) {
        const ContainerStateTerminated *end = list->items[i].state.terminated;

        if (sidecars_of != NULL && !is_sidecar(sidecars_of, list->items[i].name))
            continue;
        if (end == NULL || end->finished_at == 0)
            return FALSE;
        *latest_ns = MAX(*latest_ns, end->finished_at);
    }
    return TRUE;
}

/* backoff_utils.go, getFinishedTime: sidecars end after the containers. */
gint64
job_pod_finish_ns(const ApiObject *pod)
{
    const PodStatus *status = pod_status(pod);
    const Condition *ready;
    gint64 latest_ns = 0;

    if (!find_latest_finish(&status->container_statuses, NULL, &latest_ns))
        latest_ns = 0;
    if (!find_latest_finish(&status->init_container_statuses, pod_spec(pod), &latest_ns))
        latest_ns = 0;
    if (latest_ns > 0)
        return latest_ns;
    ready = condition_find(&status->conditions, "Ready");
    if (ready != NULL && str_is(ready->status, "False") && ready->last_transition_time != 0)
        return ready->last_transition_time;
    if (api_is_deleting(pod))
        return time_add(pod->meta->deletion_time, -duration_of_seconds(pod->meta->deletion_grace_s.value));
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
    for (guint i = 0; policy != NULL && done->count > 0 && i < policy->rules.count; i++) {
        const SuccessPolicyRule *rule = &policy->rules.items[i];
        gint64 met = done->count;
        gboolean is_met = FALSE;

        if (rule->succeeded_indexes != NULL) {
            IndexSet named;

            index_set_init(&named, done->size);
            index_set_parse(&named, rule->succeeded_indexes);
            met = count_common(&named, done);
            is_met = named.count > 0 && met == named.count;
            if (named.count == 0)
                met = -1;
            index_set_clear(&named);
        }
        if (is_met || (rule->succeeded_count.is_set && met >= rule->succeeded_count.value))
            return (int)i;
    }
    return -1;
}
