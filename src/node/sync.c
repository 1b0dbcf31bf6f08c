/*
 * sync.c - what one sync of a pod does, in order
 *
 * v1.34 pkg/kubelet/kubelet.go SyncPod and kuberuntime_manager.go SyncPod: report
 * what the last relist showed, then network, volumes, probe workers, then kill,
 * sandbox, init containers, app containers, one after another. What fails is
 * remembered and reported by the next sync.
 */

#include "node/dns.h"
#include "node/internal.h"

static const Dist cgroup_dist = {.type = DIST_LOGNORMAL,
                                 .a_ns = 4 * NS_PER_MS,
                                 .b_ns = 16 * NS_PER_MS};

void
sync_clear(Worker *w)
{
    Sync *sync = &w->sync;

    if (sync->has_actions)
        pod_actions_clear(&sync->actions);
    if (sync->env != NULL)
        g_ptr_array_unref(sync->env);
    api_object_unref(sync->pod);
    seen_pod_unref(sync->seen);
    *sync = (Sync){0};
}

static void
sync_finish(Worker *w)
{
    worker_sync_done(w, w->sync.has_error ? SYNC_ERROR : SYNC_OK, FALSE);
}

static void
sync_fail(Worker *w)
{
    w->sync.has_error = TRUE;
    sync_finish(w);
}

/* --- containers ---------------------------------------------------------------------- */

static gboolean
sync_take_index(GArray *list, guint *position, guint *out_index)
{
    if (*position >= list->len)
        return FALSE;
    *out_index = g_array_index(list, guint, (*position)++);
    return TRUE;
}

void
sync_next_container(Worker *w)
{
    Sync *sync = &w->sync;
    const PodSpec *spec = pod_spec(sync->pod);
    guint index;

    sync->created = NULL;
    if (sync_take_index(sync->actions.init_to_start, &sync->next_init, &index)) {
        sync->container = &spec->init_containers.items[index];
        sync->container_is_init = TRUE;
    } else if (sync_take_index(sync->actions.app_to_start, &sync->next_app, &index)) {
        sync->container = &spec->containers.items[index];
        sync->container_is_init = FALSE;
    } else {
        sync->container = NULL;
        sync_finish(w);
        return;
    }
    start_container(w);
}

static void
sync_containers(Worker *w)
{
    worker_warn_dns(w);
    sync_next_container(w);
}

/* --- sandbox ------------------------------------------------------------------------- */

static void
sync_on_sandbox(gpointer user, Sandbox *sandbox, const char *error)
{
    Worker *w = user;

    if (error != NULL) {
        if (!w->is_terminating)
            worker_event(w, "Warning", "FailedCreatePodSandBox",
                         str_internf("Failed to create pod sandbox: %s", error));
        sync_fail(w);
        return;
    }
    w->sync.sandbox = sandbox;
    sync_containers(w);
}

static void
sync_create_sandbox(Worker *w)
{
    const ApiObject *pod = w->sync.pod;
    const StrMap *labels = &pod->meta->labels;
    g_autofree const char **flat = g_new0(const char *, 2 * labels->count + 1);
    SandboxOptions options = {
        .namespace_ = w->namespace_,
        .name = w->name,
        .uid = w->uid,
        .labels = flat,
        .host_network = pod_spec(pod)->host_network,
        .pod_cidr = node_pod_cidr(w->k),
        .cpu_milli_request = pod_request_cpu_milli(pod_spec(pod)),
        .hostname = pod_hostname(pod, w->k->node_name),
        .hosts = pod_hosts(pod),
    };
    g_auto(PodDns) dns = {0};

    for (guint i = 0; i < labels->count; i++) {
        flat[2 * i] = labels->items[i].key;
        flat[2 * i + 1] = labels->items[i].value;
    }
    pod_dns_make(pod, runtime_name_server(w->k->options.runtime), &dns);
    options.resolv_conf = pod_dns_file(&dns);
    sim_trace(w->k->sim, w->k->component, "sandbox", w->ref, NULL, "create the pod's sandbox");
    worker_warn_dns(w);
    runtime_run_sandbox(w->k->options.runtime, &options, w->handle, sync_on_sandbox, w);
}

static void
sync_sandbox(Worker *w)
{
    Sync *sync = &w->sync;

    if (sync->actions.create_sandbox) {
        sync_create_sandbox(w);
        return;
    }
    if (sync->seen->sandboxes->len > 0)
        sync->sandbox =
            kubelet_find_sandbox(w->k, g_array_index(sync->seen->sandboxes, SeenSandbox, 0).id);
    if (sync->actions.kill_pod) {
        worker_warn_dns(w);
        sync_finish(w);
        return;
    }
    sync_containers(w);
}

/* --- killing ------------------------------------------------------------------------- */

static void sync_stop_sandboxes(Worker *w);

static void
sync_on_sandbox_stopped(gpointer user)
{
    sync_stop_sandboxes(user);
}

/* The whole pod goes: its sandboxes one after another. */
static void
sync_stop_sandboxes(Worker *w)
{
    Sync *sync = &w->sync;

    for (guint i = 0; i < sync->seen->sandboxes->len; i++) {
        Sandbox *sandbox =
            kubelet_find_sandbox(w->k, g_array_index(sync->seen->sandboxes, SeenSandbox, i).id);

        if (sandbox != NULL && sandbox_is_ready(sandbox)) {
            runtime_stop_sandbox(sandbox, w->handle, sync_on_sandbox_stopped, w);
            return;
        }
    }
    sync_sandbox(w);
}

const Container *
pod_find_container(const PodSpec *spec, const char *name, gboolean *out_is_init)
{
    for (guint i = 0; i < spec->containers.count; i++)
        if (spec->containers.items[i].name == name) {
            *out_is_init = FALSE;
            return &spec->containers.items[i];
        }
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (spec->init_containers.items[i].name == name) {
            *out_is_init = TRUE;
            return &spec->init_containers.items[i];
        }
    return NULL;
}

static void
sync_kill(Worker *w)
{
    Sync *sync = &w->sync;
    const PodSpec *spec = pod_spec(sync->pod);
    g_autoptr(GArray) requests = g_array_new(FALSE, TRUE, sizeof(KillRequest));

    if (sync->actions.kill_pod) {
        for (guint i = 0; i < sync->seen->containers->len; i++) {
            const SeenContainer *seen = &g_array_index(sync->seen->containers, SeenContainer, i);
            KillRequest request = {.id = seen->id, .grace_override_s = -1};

            request.container = pod_find_container(spec, seen->name, &request.is_init);
            if (seen->state == RT_RUNNING && request.container != NULL)
                g_array_append_val(requests, request);
        }
        kill_containers(w, sync->pod, (const KillRequest *)requests->data, requests->len, TRUE,
                        sync_stop_sandboxes);
        return;
    }
    for (guint i = 0; i < sync->actions.to_kill->len; i++) {
        const KillAction *action = &g_array_index(sync->actions.to_kill, KillAction, i);
        KillRequest request = {action->id,      action->container, action->is_init,
                               action->message, action->reason,    -1};

        g_array_append_val(requests, request);
    }
    kill_containers(w, sync->pod, (const KillRequest *)requests->data, requests->len, FALSE,
                    sync_sandbox);
}

static ProbeResult
sync_probe_result(gpointer user, ProbeType type, const char *container, const char *id)
{
    return probes_result(user, type, container, id);
}

static void
sync_runtime(Worker *w)
{
    Sync *sync = &w->sync;
    ProbeResults results = {sync_probe_result, w};

    pod_actions_compute(sync->pod, sync->seen, &results, &sync->actions);
    sync->has_actions = TRUE;
    if (sync->actions.create_sandbox && sync->actions.old_sandbox != NULL)
        worker_event(w, "Normal", "SandboxChanged",
                     "Pod sandbox changed, it will be killed and re-created.");
    sync_kill(w);
}

/* --- the beginning ------------------------------------------------------------------- */

/* v1.34 getPullSecretsForPod: those that are missing are told of, and the pull is tried without them. */
static void
sync_on_pull_secrets(gpointer user, ApiObject *const *objects, const char *error)
{
    Worker *w = user;
    const PodSpec *spec = pod_spec(w->sync.pod);
    g_autoptr(GString) missing = spec->image_pull_secrets.count == 0 ? NULL : g_string_new(NULL);
    guint fetched = 0;

    (void)error;
    for (guint i = 0; i < spec->image_pull_secrets.count; i++) {
        const char *name = spec->image_pull_secrets.items[i].name;

        if (!str_is_empty(name) && objects[fetched++] == NULL)
            g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "", name);
    }
    if (missing != NULL && missing->len > 0)
        worker_event(w, "Warning", "FailedToRetrieveImagePullSecret",
                     str_internf("Unable to retrieve some image pull secrets (%s); attempting to pull the image "
                                 "may not succeed.",
                                 missing->str));
    probes_add_pod(w, w->sync.pod);
    sync_runtime(w);
}

static void
sync_on_volumes(Worker *w, gboolean mounted)
{
    const PodSpec *spec = pod_spec(w->sync.pod);
    g_autofree FetchRef *refs = g_new0(FetchRef, spec->image_pull_secrets.count + 1);
    guint count = 0;

    if (!mounted) {
        sync_fail(w);
        return;
    }
    for (guint i = 0; i < spec->image_pull_secrets.count; i++)
        if (!str_is_empty(spec->image_pull_secrets.items[i].name))
            refs[count++] = (FetchRef){&secret_kind, spec->image_pull_secrets.items[i].name};
    fetch_objects(w, refs, count, w->handle, sync_on_pull_secrets, w);
}

static void
sync_volumes(Worker *w)
{
    volumes_await(w, w->sync.pod, sync_on_volumes);
}

static gboolean
phase_is_terminal(const char *phase)
{
    return str_is(phase, "Succeeded") || str_is(phase, "Failed");
}

void
sync_begin(Worker *w)
{
    Sync *sync = &w->sync;
    PodStatus *status;
    gboolean is_terminal;

    sync->pod = api_object_ref(w->pod);
    sync->seen = pleg_get(w->k, w->uid);
    status = worker_generate_status(w, sync->pod, sync->seen, FALSE);
    is_terminal = phase_is_terminal(status->phase);
    status_set(w, status);
    if (is_terminal) {
        worker_sync_done(w, SYNC_OK, TRUE);
        return;
    }
    if (!node_network_is_ready(w->k) && !pod_spec(sync->pod)->host_network) {
        worker_event(w, "Warning", "NetworkNotReady",
                     "network is not ready: container runtime network not ready: "
                     "NetworkReady=false reason:NetworkPluginNotReady message:Network plugin "
                     "returns error: cni plugin not initialized");
        worker_sync_done(w, SYNC_NETWORK_ERROR, FALSE);
        return;
    }
    if (w->has_cgroup) {
        sync_volumes(w);
        return;
    }
    w->has_cgroup = TRUE;
    worker_after(w, dist_sample_ns(&cgroup_dist, w->k->rng), sync_volumes);
}
