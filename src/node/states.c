/* states.c - container statuses; see status.h */

#include "node/status.h"

#include "api/kinds/tables.h"

void
start_errors_remove(StartErrors *errors, const char *container)
{
    for (guint i = errors->len; i > 0; i--)
        if (g_array_index(errors, StartError, i - 1).container == container)
            g_array_remove_index(errors, i - 1);
}

void
start_errors_set(StartErrors *errors,
                 const char *container,
                 const char *reason,
                 const char *message)
{
    StartError error = {container, str_intern(reason), str_intern(message)};

    start_errors_remove(errors, container);
    g_array_append_val(errors, error);
}

const StartError *
start_errors_find(const StartErrors *errors, const char *container)
{
    for (guint i = 0; errors != NULL && i < errors->len; i++)
        if (g_array_index(errors, StartError, i).container == container)
            return &g_array_index(errors, StartError, i);
    return NULL;
}

const char *
container_policy(const PodSpec *spec, const Container *container)
{
    if (container_is_sidecar(container))
        return str_intern("Always");
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (&spec->init_containers.items[i] == container && str_is(spec->restart_policy, "Always"))
            return str_intern("OnFailure");
    return spec->restart_policy;
}

static void
state_clear(ContainerState *state)
{
    g_free(state->waiting);
    g_free(state->running);
    g_free(state->terminated);
    *state = (ContainerState){0};
}

static void
state_set_waiting(ContainerState *state, const char *reason, const char *message)
{
    state_clear(state);
    state->waiting = g_new0(ContainerStateWaiting, 1);
    state->waiting->reason = str_intern(reason);
    state->waiting->message = str_intern(message);
}

static void
state_set_unknown(ContainerState *state, const char *message)
{
    state_clear(state);
    state->terminated = g_new0(ContainerStateTerminated, 1);
    state->terminated->exit_code = 137;
    state->terminated->reason = str_intern("ContainerStatusUnknown");
    state->terminated->message = str_intern(message);
}

static void
state_from_seen(ContainerState *state, const SeenContainer *seen)
{
    state_clear(state);
    if (seen->state == RT_RUNNING) {
        state->running = g_new0(ContainerStateRunning, 1);
        state->running->started_at = api_time_seconds(seen->started_wall_ns);
    } else if (seen->state == RT_EXITED) {
        state->terminated = g_new0(ContainerStateTerminated, 1);
        *state->terminated = (ContainerStateTerminated){
            .exit_code = seen->exit_code,
            .reason = seen->reason,
            .message = seen->message,
            .container_id = seen->id,
            .started_at = seen->started_wall_ns > 0 ? api_time_seconds(seen->started_wall_ns) : API_TIME_EPOCH,
            .finished_at = api_time_seconds(seen->finished_wall_ns),
        };
    } else {
        state->waiting = g_new0(ContainerStateWaiting, 1);
    }
}

static void
status_fill_from_seen(ContainerStatus *status, const SeenContainer *seen)
{
    status->restart_count = (gint32)seen->attempt;
    status->image = seen->image;
    status->image_id = seen->image_id;
    status->container_id = seen->id;
    state_from_seen(&status->state, seen);
}

/* The mounts of a container as its status lists them. */
static Value *
status_mounts(const Container *container)
{
    Value *list = NULL;

    for (guint i = 0; i < container->volume_mounts.count; i++) {
        const VolumeMount *mount = &container->volume_mounts.items[i];
        Value *item = value_new_map();

        if (list == NULL)
            list = value_new_list();
        value_set(item, "mountPath", value_new_string(mount->mount_path));
        value_set(item, "name", value_new_string(mount->name));
        if (mount->read_only) {
            value_set(item, "readOnly", value_new_bool(TRUE));
            value_set(item, "recursiveReadOnly", value_new_string("Disabled"));
        }
        value_append(list, item);
    }
    return list;
}

/*
 * A container that the runtime no longer knows, though it was reported running:
 * it ended while nobody looked.
 */
static void
status_note_lost(const ApiObject *pod, const ContainerStatus *old, ContainerStatus *status)
{
    if (old->state.running == NULL || status->state.waiting == NULL ||
        status->last_state.terminated != NULL)
        return;
    state_set_unknown(&status->last_state,
                      "The container could not be located when the pod was deleted.  The container "
                      "used to be Running");
    if (!api_is_deleting(pod))
        status->restart_count++;
}

static void
container_status_generate(const StatusInput *input,
                          gboolean is_init,
                          const Container *container,
                          const ContainerStatus *old,
                          ContainerStatus *status)
{
    const PodSpec *spec = pod_spec(input->pod);
    const SeenContainer *newest = NULL;
    const StartError *error;
    guint seen_count = 0;

    status->name = container->name;
    status->image = container->image;
    status->image_id = str_intern("");
    state_set_waiting(&status->state,
                      spec->init_containers.count > 0 ? "PodInitializing" : "ContainerCreating",
                      NULL);
    if (old != NULL && old->state.terminated != NULL) {
        api_struct_clear(&container_status_type, status);
        api_struct_copy(&container_status_type, status, old);
    } else if (old != NULL) {
        ContainerStatus kept = {0};

        api_struct_copy(&container_status_type, &kept, old);
        status->restart_count = kept.restart_count;
        status->last_state = kept.last_state;
        kept.last_state = (ContainerState){0};
        api_struct_clear(&container_status_type, &kept);
    }
    value_free(status->volume_mounts);
    status->volume_mounts = status_mounts(container);

    for (guint i = 0; i < input->seen->containers->len && seen_count < 2; i++) {
        const SeenContainer *seen = &g_array_index(input->seen->containers, SeenContainer, i);

        if (seen->name != container->name)
            continue;
        if (seen_count == 0) {
            newest = seen;
            state_clear(&status->last_state);
            status_fill_from_seen(status, seen);
        } else {
            state_from_seen(&status->last_state, seen);
        }
        seen_count++;
    }
    if (newest == NULL && old != NULL)
        status_note_lost(input->pod, old, status);

    /* v1.34: an init container that ended well is not waiting for anything. */
    if (is_init && !container_is_sidecar(container) && newest != NULL &&
        newest->state == RT_EXITED && newest->exit_code == 0)
        return;
    if (!container_should_restart(container_policy(spec, container), api_is_deleting(input->pod),
                                  newest))
        return;
    error = start_errors_find(input->errors, container->name);
    if (error == NULL)
        return;
    if (status->state.terminated != NULL) {
        state_clear(&status->last_state);
        status->last_state = status->state;
        status->state = (ContainerState){0};
    }
    state_set_waiting(&status->state, error->reason, error->message);
}

static int
compare_status_names(const void *a, const void *b)
{
    return strcmp(((const ContainerStatus *)a)->name, ((const ContainerStatus *)b)->name);
}

void
container_statuses_generate(const StatusInput *input, gboolean is_init, ContainerStatusList *out)
{
    const PodSpec *spec = pod_spec(input->pod);
    guint count = is_init ? spec->init_containers.count : spec->containers.count;
    const Container *containers = is_init ? spec->init_containers.items : spec->containers.items;
    const ContainerStatusList *old =
        is_init ? &input->old->init_container_statuses : &input->old->container_statuses;

    for (guint i = 0; i < count; i++)
        container_status_generate(input, is_init, &containers[i],
                                  container_status_find(old, containers[i].name),
                                  API_LIST_ADD(out));
    if (!is_init && count > 1)
        qsort(out->items, count, sizeof *out->items, compare_status_names);
}
