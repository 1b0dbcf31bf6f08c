/* actions.c - see actions.h */

#include "node/actions.h"

#include "node/status.h"

void
pod_actions_clear(PodActions *actions)
{
    g_clear_pointer(&actions->init_to_start, g_array_unref);
    g_clear_pointer(&actions->app_to_start, g_array_unref);
    g_clear_pointer(&actions->to_kill, g_array_unref);
}

static ProbeResult
probe_result(const ProbeResults *results, ProbeType type, const SeenContainer *seen)
{
    if (results == NULL)
        return PROBE_NONE;
    return results->result(results->user, type, seen->name, seen->id);
}

static gboolean
has_run_app(const PodSpec *spec, const SeenPod *seen)
{
    for (guint i = 0; i < spec->containers.count; i++)
        if (seen_pod_find(seen, spec->containers.items[i].name) != NULL)
            return TRUE;
    return FALSE;
}

static gboolean
restarts_on_failure(const PodSpec *spec)
{
    return !str_is(spec->restart_policy, "Never");
}

static void
compute_with_new_sandbox(const PodSpec *spec, const SeenPod *seen, PodActions *out)
{
    GArray *start = out->app_to_start;

    out->kill_pod = out->create_sandbox = TRUE;
    if (seen->sandboxes->len > 0)
        out->old_sandbox = g_array_index(seen->sandboxes, SeenSandbox, 0).id;
    if (!restarts_on_failure(spec) && out->old_sandbox != NULL && seen->containers->len > 0) {
        out->create_sandbox = FALSE;
        return;
    }
    for (guint i = 0; i < spec->containers.count; i++) {
        const SeenContainer *newest = seen_pod_find(seen, spec->containers.items[i].name);

        if (str_is(spec->restart_policy, "OnFailure") && newest != NULL &&
            newest->state == RT_EXITED && newest->exit_code == 0)
            continue;
        g_array_append_val(start, i);
    }
    if (start->len == 0 && has_run_app(spec, seen)) {
        out->create_sandbox = FALSE;
        return;
    }
    if (spec->init_containers.count > 0) {
        guint first = 0;

        g_array_set_size(start, 0);
        g_array_append_val(out->init_to_start, first);
    }
}

static void
add_kill(PodActions *out,
         const SeenContainer *seen,
         const Container *container,
         gboolean is_init,
         KillReason reason,
         const char *message)
{
    KillAction kill = {seen->id, container, is_init, message, reason};

    g_array_append_val(out->to_kill, kill);
}

/* A running sidecar: must it restart? TRUE: it counts as started, the next one may start. */
static gboolean
compute_running_sidecar(const Container *container,
                        guint index,
                        const SeenContainer *seen,
                        const ProbeResults *results,
                        PodActions *out)
{
    if (container->startup_probe != NULL) {
        ProbeResult startup = probe_result(results, PROBE_STARTUP, seen);

        if (startup == PROBE_FAILURE) {
            add_kill(out, seen, container, TRUE, KILL_STARTUP,
                     str_internf("Init container %s failed startup probe", container->name));
            g_array_append_val(out->init_to_start, index);
        }
        if (startup != PROBE_SUCCESS)
            return FALSE;
    }
    if (container->liveness_probe != NULL &&
        probe_result(results, PROBE_LIVENESS, seen) == PROBE_FAILURE) {
        add_kill(out, seen, container, TRUE, KILL_LIVENESS,
                 str_internf("Init container %s failed liveness probe", container->name));
        g_array_append_val(out->init_to_start, index);
    }
    return TRUE;
}

typedef struct {
    gboolean has_initialized; /* app containers may start */
    gboolean later_begun;     /* some later container has begun, so this one is done */
    gboolean has_failed;
} InitProgress;

static void
compute_init_one(const PodSpec *spec,
                 guint index,
                 const SeenContainer *seen,
                 const ProbeResults *results,
                 InitProgress *progress,
                 PodActions *out)
{
    const Container *container = &spec->init_containers.items[index];
    gboolean is_sidecar = container_is_sidecar(container);
    gboolean is_last = index + 1 == spec->init_containers.count;
    guint next = index + 1;
    gboolean is_done = FALSE;

    switch (seen->state) {
    case RT_CREATED:
        g_array_append_val(out->init_to_start, index);
        break;
    case RT_RUNNING:
        if (is_sidecar) {
            guint before = out->init_to_start->len;

            is_done = compute_running_sidecar(container, index, seen, results, out);
            /* The list is reversed at the end: the next container goes before this one. */
            if (is_done && !is_last && !progress->later_begun)
                g_array_insert_val(out->init_to_start, before, next);
        }
        break;
    case RT_EXITED:
        if (is_sidecar) {
            g_array_append_val(out->init_to_start, index);
        } else if (seen->exit_code != 0) {
            if (!restarts_on_failure(spec)) {
                out->kill_pod = TRUE;
                g_array_set_size(out->init_to_start, 0);
                progress->has_failed = TRUE;
                return;
            }
            g_array_append_val(out->init_to_start, index);
        } else {
            is_done = TRUE;
            if (!is_last)
                g_array_append_val(out->init_to_start, next);
        }
        break;
    }
    if (is_done && is_last)
        progress->has_initialized = TRUE;
}

/* From the last init container backwards: the newest one that has begun says how far the pod is. */
static gboolean
compute_init(const PodSpec *spec, const SeenPod *seen, const ProbeResults *results, PodActions *out)
{
    InitProgress progress = {0};

    if (spec->init_containers.count == 0)
        return TRUE;
    for (guint i = 0; i < spec->containers.count; i++) {
        const SeenContainer *app = seen_pod_find(seen, spec->containers.items[i].name);

        if (app != NULL && app->state != RT_EXITED)
            progress.has_initialized = TRUE;
    }
    progress.later_begun = progress.has_initialized;
    for (guint i = spec->init_containers.count; i > 0; i--) {
        guint index = i - 1;
        const Container *container = &spec->init_containers.items[index];
        const SeenContainer *newest = seen_pod_find(seen, container->name);

        if (newest == NULL) {
            if (progress.later_begun && container_is_sidecar(container))
                g_array_append_val(out->init_to_start, index);
            continue;
        }
        if (progress.later_begun && !container_is_sidecar(container))
            continue;
        compute_init_one(spec, index, newest, results, &progress, out);
        if (progress.has_failed)
            return FALSE;
        progress.later_begun = TRUE;
    }
    if (!progress.later_begun) {
        guint first = 0;

        g_array_append_val(out->init_to_start, first);
    }
    for (guint i = 0; i < out->init_to_start->len / 2; i++) {
        guint *a = &g_array_index(out->init_to_start, guint, i);
        guint *b = &g_array_index(out->init_to_start, guint, out->init_to_start->len - 1 - i);
        guint swap = *a;

        *a = *b;
        *b = swap;
    }
    return progress.has_initialized;
}

/* TRUE: the running container stays. */
static gboolean
compute_running_app(const PodSpec *spec,
                    guint index,
                    const SeenContainer *seen,
                    const ProbeResults *results,
                    PodActions *out)
{
    const Container *container = &spec->containers.items[index];
    gboolean restarts = restarts_on_failure(spec);
    KillReason reason = KILL_UNKNOWN;
    const char *what;

    if (seen->image != NULL && seen->image != container->image) {
        what = "definition changed";
        restarts = TRUE;
    } else if (probe_result(results, PROBE_LIVENESS, seen) == PROBE_FAILURE) {
        what = "failed liveness probe";
        reason = KILL_LIVENESS;
    } else if (probe_result(results, PROBE_STARTUP, seen) == PROBE_FAILURE) {
        what = "failed startup probe";
        reason = KILL_STARTUP;
    } else {
        return TRUE;
    }
    add_kill(out, seen, container, FALSE, reason,
             str_internf("Container %s %s%s", container->name, what,
                         restarts ? ", will be restarted" : ""));
    if (restarts)
        g_array_append_val(out->app_to_start, index);
    return FALSE;
}

void
pod_actions_compute(const ApiObject *pod,
                    const SeenPod *seen,
                    const ProbeResults *results,
                    PodActions *out)
{
    const PodSpec *spec = pod_spec(pod);
    guint kept = 0;

    *out = (PodActions){
        .init_to_start = g_array_new(FALSE, FALSE, sizeof(guint)),
        .app_to_start = g_array_new(FALSE, FALSE, sizeof(guint)),
        .to_kill = g_array_new(FALSE, FALSE, sizeof(KillAction)),
    };
    if (seen_pod_needs_sandbox(seen)) {
        compute_with_new_sandbox(spec, seen, out);
        return;
    }
    if (!compute_init(spec, seen, results, out) || out->kill_pod)
        return;
    for (guint i = 0; i < spec->containers.count; i++) {
        const Container *container = &spec->containers.items[i];
        const SeenContainer *newest = seen_pod_find(seen, container->name);

        if (newest == NULL || newest->state != RT_RUNNING) {
            if (container_should_restart(spec->restart_policy, api_is_deleting(pod), newest))
                g_array_append_val(out->app_to_start, i);
        } else if (compute_running_app(spec, i, newest, results, out)) {
            kept++;
        }
    }
    /* Nothing is left to do for the app containers: sidecars must not keep the pod alive. */
    if (kept == 0 && out->app_to_start->len == 0) {
        out->kill_pod = TRUE;
        g_array_set_size(out->init_to_start, 0);
    }
}
