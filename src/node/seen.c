/* seen.c - see seen.h */

#include "node/seen.h"

SeenPod *
seen_pod_new(void)
{
    SeenPod *pod = g_new0(SeenPod, 1);

    pod->ref_count = 1;
    pod->containers = g_array_new(FALSE, TRUE, sizeof(SeenContainer));
    pod->sandboxes = g_array_new(FALSE, TRUE, sizeof(SeenSandbox));
    return pod;
}

SeenPod *
seen_pod_ref(SeenPod *pod)
{
    pod->ref_count++;
    return pod;
}

void
seen_pod_unref(SeenPod *pod)
{
    if (pod == NULL || --pod->ref_count > 0)
        return;
    g_array_free(pod->containers, TRUE);
    g_array_free(pod->sandboxes, TRUE);
    g_free(pod);
}

void
seen_pod_add_container(SeenPod *pod, const RtContainer *container)
{
    SeenContainer seen = {
        .id = rt_container_id(container),
        .name = rt_container_name(container),
        .image = rt_container_image(container),
        .image_id = rt_container_image_id(container),
        .state = rt_container_state(container),
        .attempt = rt_container_attempt(container),
    };

    if (seen.state != RT_CREATED)
        seen.started_wall_ns = rt_container_started_wall_ns(container);
    if (seen.state == RT_EXITED) {
        seen.finished_wall_ns = rt_container_finished_wall_ns(container);
        seen.exit_code = rt_container_exit_code(container);
        seen.reason = str_intern(rt_container_exit_reason(container));
        seen.message = str_intern(rt_container_message(container));
    }
    g_array_prepend_val(pod->containers, seen);
}

void
seen_pod_add_sandbox(SeenPod *pod, const Sandbox *sandbox)
{
    SeenSandbox seen = {
        .id = sandbox_id(sandbox),
        .ip = str_intern(sandbox_ip(sandbox)),
        .is_ready = sandbox_is_ready(sandbox),
        .created_wall_ns = sandbox_created_wall_ns(sandbox),
    };

    g_array_prepend_val(pod->sandboxes, seen);
    /*
     * v1.34 pleg/generic.go getPodIPs: a sandbox that is not ready keeps the address known
     * so far.
     */
    if (seen.is_ready && !str_is_empty(seen.ip))
        pod->ip = seen.ip;
}

const SeenContainer *
seen_pod_find(const SeenPod *pod, const char *name)
{
    for (guint i = 0; i < pod->containers->len; i++) {
        const SeenContainer *seen = &g_array_index(pod->containers, SeenContainer, i);

        if (seen->name == name)
            return seen;
    }
    return NULL;
}

const SeenContainer *
seen_pod_find_id(const SeenPod *pod, const char *id)
{
    for (guint i = 0; i < pod->containers->len; i++) {
        const SeenContainer *seen = &g_array_index(pod->containers, SeenContainer, i);

        if (seen->id == id)
            return seen;
    }
    return NULL;
}

guint
seen_pod_count_running(const SeenPod *pod)
{
    guint count = 0;

    for (guint i = 0; i < pod->containers->len; i++)
        if (g_array_index(pod->containers, SeenContainer, i).state == RT_RUNNING)
            count++;
    return count;
}

gboolean
seen_pod_needs_sandbox(const SeenPod *pod)
{
    guint ready = 0;

    if (pod->sandboxes->len == 0)
        return TRUE;
    for (guint i = 0; i < pod->sandboxes->len; i++)
        if (g_array_index(pod->sandboxes, SeenSandbox, i).is_ready)
            ready++;
    return ready > 1 || !g_array_index(pod->sandboxes, SeenSandbox, 0).is_ready;
}

gboolean
container_should_restart(const char *policy, gboolean is_deleting, const SeenContainer *newest)
{
    if (is_deleting)
        return FALSE;
    if (newest == NULL)
        return TRUE;
    switch (newest->state) {
    case RT_RUNNING:
        return FALSE;
    case RT_CREATED:
        return TRUE;
    case RT_EXITED:
        break;
    }
    if (str_is(policy, "Never"))
        return FALSE;
    if (str_is(policy, "OnFailure"))
        return newest->exit_code != 0;
    return TRUE;
}
