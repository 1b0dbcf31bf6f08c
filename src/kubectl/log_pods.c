/* log_pods.c - see log_pods.h */

#include "kubectl/log_pods.h"

#include "api/selector.h"

static const ContainerStatus *
find_in(const ContainerStatusList *list, const char *name)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

static const ContainerStatus *
find_status(const ApiObject *pod, const char *name)
{
    const PodStatus *status = pod_status(pod);
    const ContainerStatus *found = find_in(&status->container_statuses, name);

    return found != NULL ? found : find_in(&status->init_container_statuses, name);
}

static char *
waiting_text(const char *container, const char *pod, const char *reason)
{
    if (str_is(reason, "ErrImagePull"))
        return g_strdup_printf("container \"%s\" in pod \"%s\" is waiting to start: image can't be "
                               "pulled",
                               container, pod);
    if (str_is(reason, "ImagePullBackOff"))
        return g_strdup_printf("container \"%s\" in pod \"%s\" is waiting to start: trying and "
                               "failing to pull image",
                               container, pod);
    return g_strdup_printf("container \"%s\" in pod \"%s\" is waiting to start: %s", container, pod,
                           reason != NULL ? reason : "");
}

char *
log_refusal(const ApiObject *pod, const char *container, gboolean previous, const char **out_id)
{
    const ContainerStatus *status = find_status(pod, container);
    const ContainerStateTerminated *last;

    if (str_is_empty(pod_spec(pod)->node_name))
        return g_strdup_printf("pod %s does not have a host assigned", api_name(pod));
    if (status == NULL)
        return g_strdup_printf("container \"%s\" in pod \"%s\" is not available", container,
                               api_name(pod));
    last = status->last_state.terminated;
    if (previous) {
        if (last == NULL || str_is_empty(last->container_id))
            return g_strdup_printf("previous terminated container \"%s\" in pod \"%s\" not found",
                                   container, api_name(pod));
        *out_id = last->container_id;
        return NULL;
    }
    *out_id = status->container_id;
    if (status->state.running != NULL)
        return NULL;
    if (status->state.terminated != NULL) {
        if (!str_is_empty(status->state.terminated->container_id))
            *out_id = status->state.terminated->container_id;
        return NULL;
    }
    if (last != NULL) {
        *out_id = last->container_id;
        return NULL;
    }
    if (status->state.waiting != NULL)
        return waiting_text(container, api_name(pod), status->state.waiting->reason);
    return g_strdup_printf("container \"%s\" in pod \"%s\" is waiting to start - no logs yet",
                           container, api_name(pod));
}

gboolean
log_has_container(const ApiObject *pod, const char *name)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->containers.count; i++)
        if (str_is(spec->containers.items[i].name, name))
            return TRUE;
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (str_is(spec->init_containers.items[i].name, name))
            return TRUE;
    return FALSE;
}

gboolean
log_is_running(const ApiObject *pod, const char *container)
{
    const ContainerStatus *status = find_status(pod, container);

    return status != NULL && status->state.running != NULL;
}

const char *
log_default_container(const ApiObject *pod)
{
    const char *annotated =
        str_map_get(&pod->meta->annotations, "kubectl.kubernetes.io/default-container");

    if (!str_is_empty(annotated) && log_has_container(pod, annotated))
        return annotated;
    return pod_spec(pod)->containers.items[0].name;
}

char *
log_container_names(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < spec->containers.count; i++)
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                               spec->containers.items[i].name);
    for (guint i = 0; i < spec->init_containers.count; i++)
        g_string_append_printf(text, "%s%s (init)", text->len > 0 ? ", " : "",
                               spec->init_containers.items[i].name);
    return g_string_free(text, FALSE);
}

/* Any other workload: its spec.selector.matchLabels as "a=b,c=d"; NULL: it has none. */
static const char *
match_labels(const ApiObject *object)
{
    g_autoptr(Value) value = api_object_encode(object);
    const Value *labels = value_get_path(value, "spec", "selector", "matchLabels", NULL);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; labels != NULL && i < labels->count; i++)
        g_string_append_printf(text, "%s%s=%s", i > 0 ? "," : "", labels->keys[i],
                               value_get_string(labels, labels->keys[i], ""));
    return text->len > 0 ? str_intern(text->str) : NULL;
}

const char *
log_selector(const ApiObject *object)
{
    g_autoptr(Selector) selector = NULL;

    if (object->kind == &deployment_kind)
        selector = selector_from_label_selector(deployment_spec(object)->selector);
    else if (object->kind == &replica_set_kind)
        selector = selector_from_label_selector(replica_set_spec(object)->selector);
    else if (object->kind == &replication_controller_kind)
        selector = selector_from_map(replication_controller_selector(object));
    else if (object->kind == &daemon_set_kind)
        selector = selector_from_label_selector(daemon_set_spec(object)->selector);
    else if (object->kind == &stateful_set_kind)
        selector = selector_from_label_selector(stateful_set_spec(object)->selector);
    else if (object->kind == &service_kind && service_spec(object)->selector.count > 0)
        selector = selector_from_map(&service_spec(object)->selector);
    else
        return match_labels(object);
    return selector != NULL ? selector_format(selector) : NULL;
}

/* --- which pod first --------------------------------------------------------------------- */

static int
phase_rank(const char *phase)
{
    return str_is(phase, "Pending")   ? 0
           : str_is(phase, "Unknown") ? 1
           : str_is(phase, "Running") ? 2
                                      : 0;
}

static ApiTime
ready_since(const ApiObject *pod)
{
    const Condition *ready = condition_find(&pod_status(pod)->conditions, "Ready");

    return ready != NULL && str_is(ready->status, "True") ? ready->last_transition_time : 0;
}

static gint32
most_restarts(const ApiObject *pod)
{
    const ContainerStatusList *list = &pod_status(pod)->container_statuses;
    gint32 most = 0;

    for (guint i = 0; i < list->count; i++)
        most = MAX(most, list->items[i].restart_count);
    return most;
}

/* Assigned, running, ready, ready for longer, more often restarted, older. */
static gint
by_logging(gconstpointer a, gconstpointer b)
{
    const ApiObject *left = *(const ApiObject *const *)a;
    const ApiObject *right = *(const ApiObject *const *)b;
    gboolean left_assigned = !str_is_empty(pod_spec(left)->node_name);
    gboolean right_assigned = !str_is_empty(pod_spec(right)->node_name);

    if (left_assigned != right_assigned)
        return left_assigned ? -1 : 1;
    if (phase_rank(pod_status(left)->phase) != phase_rank(pod_status(right)->phase))
        return phase_rank(pod_status(right)->phase) - phase_rank(pod_status(left)->phase);
    if (pod_is_ready(left) != pod_is_ready(right))
        return pod_is_ready(left) ? -1 : 1;
    if (pod_is_ready(left) && ready_since(left) != ready_since(right))
        return ready_since(left) < ready_since(right) ? -1 : 1;
    if (most_restarts(left) != most_restarts(right))
        return most_restarts(left) > most_restarts(right) ? -1 : 1;
    if (left->meta->creation_time != right->meta->creation_time)
        return left->meta->creation_time < right->meta->creation_time ? -1 : 1;
    return 0;
}

GPtrArray *
log_sort_pods(const GPtrArray *pods)
{
    GPtrArray *sorted = g_ptr_array_new();

    g_ptr_array_extend(sorted, (GPtrArray *)pods, NULL, NULL);
    g_ptr_array_sort(sorted, by_logging);
    return sorted;
}
