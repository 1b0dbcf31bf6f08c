/*
 * status_manager.c - what the API is told about pods, and when
 *
 * v1.34 pkg/kubelet/status/status_manager.go: one goroutine writes changed
 * statuses, each GET + PATCH, what did not change is skipped. A terminal phase is
 * withheld while containers may run. It also issues the DELETE that ends a pod.
 */

#include "node/internal.h"

static void statuses_next(Kubelet *k);

static gboolean
phase_is_terminal(const char *phase)
{
    return str_is(phase, "Succeeded") || str_is(phase, "Failed");
}

/* --- merging with what the API has --------------------------------------------------- */

/* v1.34 mergePodStatus: why the pod was taken down is only told once nothing of it runs. */
static PodStatus *
status_merge(const PodStatus *api, const PodStatus *own, gboolean may_run, ApiTime now)
{
    PodStatus *merged = api_part_new(&pod_status_type);
    gboolean becomes_terminal = !phase_is_terminal(api->phase) && phase_is_terminal(own->phase);

    api_struct_copy(&pod_status_type, merged, own);
    merged->conditions.count = 0;
    for (guint i = 0; i < api->conditions.count; i++) {
        const Condition *condition = &api->conditions.items[i];

        if (!kubelet_owns_condition(condition->type))
            *condition_edit(&merged->conditions, condition->type) = *condition;
    }
    for (guint i = 0; i < own->conditions.count; i++) {
        const Condition *condition = &own->conditions.items[i];
        const Condition *before = condition_find(&api->conditions, condition->type);
        ApiTime since = before != NULL && before->status == condition->status ? before->last_transition_time : now;

        if (kubelet_owns_condition(condition->type)) {
            *condition_edit(&merged->conditions, condition->type) = *condition;
        } else if (str_is(condition->type, "DisruptionTarget") && becomes_terminal && !may_run) {
            Condition *shared = condition_edit(&merged->conditions, condition->type);

            *shared = *condition;
            shared->last_transition_time = since;
        }
    }
    if (becomes_terminal && may_run) {
        merged->phase = api->phase;
        merged->reason = api->reason;
        merged->message = api->message;
    }
    return merged;
}

static gboolean
worker_may_run(const Worker *w)
{
    return !w->has_terminated && !w->is_rejected;
}

/* --- writing ------------------------------------------------------------------------- */

typedef struct {
    Kubelet *k;
    const char *uid;
    PodStatus *status; /* (owned ref) as sent */
    guint64 version;
    gboolean may_run;
} StatusWrite;

static void
status_write_free(gpointer self)
{
    StatusWrite *write = self;

    api_part_unref(write->status);
    g_free(write);
}

static StatusWrite *
status_write_new(Kubelet *k, Worker *w)
{
    StatusWrite *write = g_new0(StatusWrite, 1);

    write->k = k;
    write->uid = w->uid;
    write->status = api_part_ref(w->status);
    write->version = w->status_version;
    write->may_run = worker_may_run(w);
    return write;
}

static void
statuses_done(Kubelet *k)
{
    k->statuses.is_writing = FALSE;
    statuses_next(k);
}

/* An answer that says nothing about the object: it is to be tried again. */
static gboolean
is_transient(const ApiResponse *response)
{
    return response->code == 0 || response->code == 409 || response->code >= 500;
}

static void
status_on_deleted(gpointer user, const ApiResponse *response)
{
    const StatusWrite *write = user;
    Worker *w = kubelet_find_worker(write->k, write->uid);

    if (w != NULL && is_transient(response))
        status_retry(w);
    statuses_done(write->k);
}

/* v1.34 canBeDeleted: the API's phase is terminal and nothing of the pod is left. */
static gboolean
status_finish_delete(Kubelet *k, Worker *w, const ApiObject *stored)
{
    ApiRequest *request;

    if (w == NULL || stored == NULL || !api_is_deleting(stored) || !w->status_is_final ||
        !phase_is_terminal(pod_status(stored)->phase))
        return FALSE;
    request = api_request_new(VERB_DELETE, &pod_kind, w->namespace_, w->name);
    request->has_grace = TRUE;
    request->grace_s = 0;
    request->precondition_uid = w->uid;
    request->reason = str_intern("nothing of the pod is left on the node");
    client_send(k->client, request, status_on_deleted, status_write_new(k, w), status_write_free);
    return TRUE;
}

static void
status_on_patched(gpointer user, const ApiResponse *response)
{
    StatusWrite *write = user;
    Kubelet *k = write->k;
    Worker *w = kubelet_find_worker(k, write->uid);

    if (w != NULL && response->code == 200)
        w->status_sent = write->version;
    if (response->code == 200 && status_finish_delete(k, w, response->object))
        return;
    if (w != NULL && is_transient(response))
        status_retry(w);
    statuses_done(k);
}

static gboolean
status_mutate(ApiObject *object, gpointer data)
{
    const StatusWrite *write = data;
    PodStatus *merged;
    gboolean is_same;

    if (api_uid(object) != write->uid)
        return FALSE;
    merged = status_merge(pod_status(object), write->status, write->may_run,
                          api_time_seconds(kubelet_wall_ns(write->k)));
    is_same = api_struct_equal(&pod_status_type, merged, object->status);
    if (!is_same)
        api_object_set_status(object, merged);
    api_part_unref(merged);
    return !is_same;
}

static void
status_on_got(gpointer user, const ApiResponse *response)
{
    StatusWrite *asked = user;
    Kubelet *k = asked->k;
    Worker *w = kubelet_find_worker(k, asked->uid);
    g_autoptr(ApiObject) probe = NULL;
    ApiRequest *request;
    StatusWrite *write;

    if (w == NULL || response->code != 200 || response->object == NULL ||
        api_uid(response->object) != asked->uid) {
        /* Unreachable: the next change, or the reconciliation each 10 s, tries again. */
        if (w != NULL && is_transient(response))
            status_retry(w);
        statuses_done(k);
        return;
    }
    write = status_write_new(k, w);
    probe = api_object_copy(response->object);
    if (!status_mutate(probe, write)) {
        w->status_sent = write->version;
        status_write_free(write);
        if (!status_finish_delete(k, w, response->object))
            statuses_done(k);
        return;
    }
    request = api_request_new(VERB_PATCH, &pod_kind, w->namespace_, w->name);
    request->subresource = str_intern("status");
    request->mutate = status_mutate;
    request->mutate_data = write;
    request->mutate_data_free = status_write_free;
    request->reason = str_internf("pod is %s", write->status->phase);
    asked = status_write_new(k, w);
    client_send(k->client, request, status_on_patched, asked, status_write_free);
}

static void
statuses_next(Kubelet *k)
{
    while (!k->statuses.is_writing) {
        const char *uid = g_queue_pop_head(&k->statuses.queue);
        Worker *w;

        if (uid == NULL)
            return;
        w = kubelet_find_worker(k, uid);
        if (w == NULL || w->status == NULL)
            continue;
        w->status_is_queued = FALSE;
        k->statuses.is_writing = TRUE;
        client_send(k->client, api_request_new(VERB_GET, &pod_kind, w->namespace_, w->name),
                    status_on_got, status_write_new(k, w), status_write_free);
    }
}

static void
status_enqueue(Worker *w)
{
    if (w->status_is_queued)
        return;
    w->status_is_queued = TRUE;
    g_queue_push_tail(&w->k->statuses.queue, (gpointer)w->uid);
    statuses_next(w->k);
}

/* v1.34 needsReconcile: what was sent is no longer what the API has. */
static gboolean
status_drifted(const Worker *w)
{
    PodStatus *merged;
    gboolean is_same;

    if (w->status == NULL || w->status_sent != w->status_version || pod_is_terminal(w->pod))
        return FALSE;
    merged = status_merge(pod_status(w->pod), w->status, worker_may_run(w),
                          api_time_seconds(kubelet_wall_ns(w->k)));
    is_same = api_struct_equal(&pod_status_type, merged, pod_status(w->pod));
    api_part_unref(merged);
    return !is_same;
}

static void
status_on_retry(Sim *sim, gpointer receiver, gpointer payload)
{
    Worker *w = receiver;

    (void)sim;
    (void)payload;
    if (w->status_sent != w->status_version || w->status_is_final || status_drifted(w))
        status_enqueue(w);
}

void
status_reconcile(Worker *w)
{
    if (status_drifted(w))
        status_retry(w);
}

void
status_retry(Worker *w)
{
    sim_post(w->k->sim, w->handle, SIM_CONTROL, 10 * NS_PER_S, status_on_retry, NULL, NULL);
}

/* --- changes ------------------------------------------------------------------------- */

static void
status_keep_times(Worker *w, const PodStatus *old, PodStatus *status)
{
    ApiTime now = api_time_seconds(kubelet_wall_ns(w->k));

    for (guint i = 0; i < status->conditions.count; i++) {
        Condition *condition = &status->conditions.items[i];
        const Condition *before =
            old != NULL ? condition_find(&old->conditions, condition->type) : NULL;

        if (!kubelet_owns_condition(condition->type) &&
            !str_is(condition->type, "DisruptionTarget"))
            continue;
        condition->last_transition_time = before != NULL && before->status == condition->status &&
                                                  before->last_transition_time != 0
                                              ? before->last_transition_time
                                              : now;
    }
    if (old != NULL && old->start_time != 0)
        status->start_time = old->start_time;
    else if (status->start_time == 0)
        status->start_time = now;
}

static void
status_update(Worker *w, PodStatus *status, gboolean is_forced)
{
    const PodStatus *old = w->status != NULL ? w->status : pod_status(w->pod);

    status_keep_times(w, old, status);
    if (w->status != NULL && !is_forced && api_struct_equal(&pod_status_type, w->status, status)) {
        api_part_unref(status);
        return;
    }
    if (w->status == NULL || w->status->phase != status->phase)
        sim_trace(w->k->sim, w->k->component, "status", w->ref, status->phase, "the pod is %s",
                  status->phase);
    api_part_unref(w->status);
    w->status = status;
    w->status_version++;
    status_enqueue(w);
}

void
status_set(Worker *w, PodStatus *status)
{
    status_update(w, status, FALSE);
}

static ContainerStatus *
status_find_id(PodStatus *status, const char *id)
{
    for (guint i = 0; i < status->container_statuses.count; i++)
        if (status->container_statuses.items[i].container_id == id)
            return &status->container_statuses.items[i];
    for (guint i = 0; i < status->init_container_statuses.count; i++)
        if (status->init_container_statuses.items[i].container_id == id)
            return &status->init_container_statuses.items[i];
    return NULL;
}

static PodStatus *
status_copy(const PodStatus *from)
{
    PodStatus *copy = api_part_new(&pod_status_type);

    api_struct_copy(&pod_status_type, copy, from);
    return copy;
}

void
status_set_ready(Worker *w, const char *container_id, gboolean is_ready)
{
    PodStatus *status;
    ContainerStatus *item;

    if (w->status == NULL)
        return;
    status = status_copy(w->status);
    item = status_find_id(status, container_id);
    if (item == NULL || item->ready == is_ready) {
        api_part_unref(status);
        return;
    }
    item->ready = is_ready;
    status_ready_conditions(w->pod, status);
    status_update(w, status, FALSE);
}

void
status_set_started(Worker *w, const char *container_id, gboolean is_started)
{
    PodStatus *status;
    ContainerStatus *item;

    if (w->status == NULL)
        return;
    status = status_copy(w->status);
    item = status_find_id(status, container_id);
    if (item == NULL || (item->started == OPT_TRUE) == is_started) {
        api_part_unref(status);
        return;
    }
    item->started = is_started ? OPT_TRUE : OPT_FALSE;
    status_update(w, status, FALSE);
}

/* --- the end of a pod ---------------------------------------------------------------- */

/* v1.34 hasPodInitialized */
static gboolean
pod_was_initialized(const PodSpec *spec, const PodStatus *status)
{
    const Container *last;
    const ContainerStatus *item;

    if (spec->init_containers.count == 0)
        return TRUE;
    for (guint i = 0; i < status->container_statuses.count; i++) {
        item = &status->container_statuses.items[i];
        if (item->last_state.terminated != NULL || item->state.waiting == NULL)
            return TRUE;
    }
    last = &spec->init_containers.items[spec->init_containers.count - 1];
    item = container_status_find(&status->init_container_statuses, last->name);
    if (item == NULL)
        return FALSE;
    if (container_is_sidecar(last))
        return item->state.running != NULL && item->started == OPT_TRUE;
    return (item->last_state.terminated != NULL && item->last_state.terminated->exit_code == 0) ||
           (item->state.terminated != NULL && item->state.terminated->exit_code == 0);
}

static void
status_lose(ContainerStatus *item)
{
    if (item->state.terminated != NULL)
        return;
    g_free(item->state.waiting);
    g_free(item->state.running);
    item->state = (ContainerState){0};
    item->state.terminated = g_new0(ContainerStateTerminated, 1);
    item->state.terminated->reason = str_intern("ContainerStatusUnknown");
    item->state.terminated->message =
        str_intern("The container could not be located when the pod was terminated");
    item->state.terminated->exit_code = 137;
}

/* v1.34 initializedContainers: up to the last one that shows that it has begun. */
static guint
init_count_begun(const ContainerStatusList *list)
{
    for (guint i = list->count; i > 0; i--) {
        const ContainerStatus *item = &list->items[i - 1];

        if (item->state.terminated != NULL || item->last_state.terminated != NULL ||
            item->state.running != NULL)
            return i;
    }
    return 0;
}

void
status_terminate(Worker *w)
{
    PodStatus *status = status_copy(w->status != NULL ? w->status : pod_status(w->pod));
    guint begun = init_count_begun(&status->init_container_statuses);

    if (pod_was_initialized(pod_spec(w->pod), pod_status(w->pod)))
        for (guint i = 0; i < status->container_statuses.count; i++)
            status_lose(&status->container_statuses.items[i]);
    for (guint i = 0; i < begun; i++)
        status_lose(&status->init_container_statuses.items[i]);
    if (!phase_is_terminal(status->phase))
        status->phase = str_intern("Failed");
    w->status_is_final = TRUE;
    status_update(w, status, TRUE);
}

void
status_manager_clear(Kubelet *k)
{
    g_queue_clear(&k->statuses.queue);
    k->statuses.is_writing = FALSE;
}
