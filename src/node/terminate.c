/*
 * terminate.c - taking a pod down
 *
 * v1.34 pkg/kubelet/kubelet.go SyncTerminatingPod and SyncTerminatedPod: all
 * containers, then the sandbox; one status with everything, from the runtime's
 * own answer; after the next relist volumes and cgroup, then the last status and
 * the DELETE that the API waits for.
 */

#include "node/internal.h"

static const Dist cleanup_dist = {.type = DIST_LOGNORMAL,
                                  .a_ns = 30 * NS_PER_MS,
                                  .b_ns = 110 * NS_PER_MS};

static void
terminating_report(Worker *w)
{
    SeenPod *stopped = pleg_look(w->k, w->uid);

    if (stopped->ip == NULL)
        stopped->ip = w->sync.seen->ip;
    status_set(w, worker_generate_status(w, w->pod, stopped, TRUE));
    seen_pod_unref(stopped);
    worker_sync_done(w, SYNC_OK, FALSE);
}

static void terminating_stop_sandbox(Worker *w);

static void
terminating_on_sandbox(gpointer user)
{
    terminating_stop_sandbox(user);
}

static void
terminating_stop_sandbox(Worker *w)
{
    g_autoptr(GPtrArray) sandboxes = runtime_list_sandboxes(w->k->options.runtime);

    for (guint i = 0; i < sandboxes->len; i++)
        if (sandbox_pod_uid(sandboxes->pdata[i]) == w->uid &&
            sandbox_is_ready(sandboxes->pdata[i])) {
            runtime_stop_sandbox(sandboxes->pdata[i], w->handle, terminating_on_sandbox, w);
            return;
        }
    probes_remove(w);
    terminating_report(w);
}

void
terminating_begin(Worker *w)
{
    g_autoptr(GArray) requests = g_array_new(FALSE, TRUE, sizeof(KillRequest));
    const PodSpec *spec;

    w->sync.pod = api_object_ref(w->pod);
    w->sync.seen = pleg_get(w->k, w->uid);
    spec = pod_spec(w->sync.pod);
    status_set(w, worker_generate_status(w, w->sync.pod, w->sync.seen, FALSE));
    probes_stop_liveness(w);
    for (guint i = 0; i < w->sync.seen->containers->len; i++) {
        const SeenContainer *seen = &g_array_index(w->sync.seen->containers, SeenContainer, i);
        KillRequest request = {.id = seen->id, .grace_override_s = w->grace_s};

        request.container = pod_find_container(spec, seen->name, &request.is_init);
        if (seen->state == RT_RUNNING && request.container != NULL)
            g_array_append_val(requests, request);
    }
    sim_trace(w->k->sim, w->k->component, "terminate", w->ref, NULL,
              "stop %u containers, grace %d s", requests->len, (int)w->grace_s);
    kill_containers(w, w->sync.pod, (const KillRequest *)requests->data, requests->len, TRUE,
                    terminating_stop_sandbox);
}

static void
terminated_finish(Worker *w)
{
    volumes_drop(w);
    status_terminate(w);
    worker_sync_done(w, SYNC_OK, FALSE);
}

void
terminated_begin(Worker *w)
{
    w->sync.pod = api_object_ref(w->pod);
    w->sync.seen = pleg_get(w->k, w->uid);
    status_set(w, worker_generate_status(w, w->sync.pod, w->sync.seen, TRUE));
    worker_after(w, dist_sample_ns(&cleanup_dist, w->k->rng), terminated_finish);
}
