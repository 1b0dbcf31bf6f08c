/*
 * start.c - one container: back-off, image, configuration, create, start, postStart
 *
 * v1.34 pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer.
 */

#include "node/env.h"
#include "api/profile.h"
#include "node/internal.h"
#include "node/resources.h"

static const char *
start_key(const Worker *w)
{
    const Container *container = w->sync.container;

    return str_internf("%s/%s", container->name, container->image);
}

static void
start_event(Worker *w, const char *type, const char *reason, const char *message)
{
    worker_container_event(w, w->sync.container, w->sync.container_is_init, type, reason, message);
}

static void
start_failed(Worker *w, const char *reason, const char *message)
{
    const Container *container = w->sync.container;

    start_errors_set(w->errors, container->name, reason, message);
    w->sync.has_error = TRUE;
    /* A plain init container that does not start ends the sync. */
    if (w->sync.container_is_init && !container_is_sidecar(container)) {
        w->sync.next_init = w->sync.actions.init_to_start->len;
        w->sync.next_app = w->sync.actions.app_to_start->len;
    }
    sync_next_container(w);
}

static void
start_succeeded(Worker *w)
{
    start_errors_remove(w->errors, w->sync.container->name);
    sync_next_container(w);
}

/* --- postStart ----------------------------------------------------------------------- */

static void
start_after_hook_kill(Worker *w)
{
    const char *message = w->sync.terminal_reason;

    start_failed(w, "PostStartHookError", message);
}

static void
start_on_hook(gpointer user, const char *error)
{
    Worker *w = user;
    KillRequest request = {.container = w->sync.container,
                           .is_init = w->sync.container_is_init,
                           .message = str_intern("FailedPostStartHook"),
                           .reason = KILL_POST_START,
                           .grace_override_s = -1};

    if (error == NULL) {
        start_succeeded(w);
        return;
    }
    start_event(w, "Warning", "FailedPostStartHook", "PostStartHook failed");
    w->sync.terminal_reason = str_intern(error);
    request.id = rt_container_id(w->sync.created);
    kill_containers(w, w->sync.pod, &request, 1, FALSE, start_after_hook_kill);
}

/* --- create and start ---------------------------------------------------------------- */

static void
start_on_started(gpointer user, const char *error)
{
    Worker *w = user;
    const Container *container = w->sync.container;

    if (error != NULL) {
        start_event(w, "Warning", "Failed", str_internf("Error: %s", error));
        start_failed(w, "RunContainerError", error);
        return;
    }
    stats_container_started(w->k, w->sync.created);
    start_event(w, "Normal", "Started", str_internf("Started container %s", container->name));
    if (container->lifecycle != NULL && container->lifecycle->post_start != NULL)
        hook_run(w, w->sync.pod, container, w->sync.created, container->lifecycle->post_start,
                 w->handle, start_on_hook, w);
    else
        start_succeeded(w);
}

static void
start_on_created(gpointer user, RtContainer *created, const char *error)
{
    Worker *w = user;
    const Container *container = w->sync.container;

    if (error != NULL) {
        start_event(w, "Warning", "Failed", str_internf("Error: %s", error));
        start_failed(w, "CreateContainerError", error);
        return;
    }
    w->sync.created = created;
    start_event(w, "Normal", "Created",
                profile_has(FEATURE_CREATED_COLON, w->k->options.version_minor)
                    ? str_internf("Created container: %s", container->name)
                    : str_internf("Created container %s", container->name));
    runtime_start_container(created, w->handle, start_on_started, w);
}

static GPtrArray *
start_words(const StrList *list, const GPtrArray *env)
{
    GPtrArray *words = g_ptr_array_new();

    for (guint i = 0; i < list->count; i++)
        g_ptr_array_add(words, (gpointer)env_expand(list->items[i], env));
    g_ptr_array_add(words, NULL);
    return words;
}

/* v1.34 startContainer reads the newest log's number: here, what was last reported. */
guint
start_last_attempt(const Worker *w, const char *container)
{
    const PodStatus *status = w->status != NULL ? w->status : pod_status(w->pod);
    const ContainerStatus *item = container_status_find(&status->container_statuses, container);

    if (item == NULL)
        item = container_status_find(&status->init_container_statuses, container);
    if (item == NULL)
        return 0;
    return (guint)item->restart_count + (str_is_empty(item->container_id) ? 0 : 1);
}

static void
start_create(Worker *w)
{
    const Container *container = w->sync.container;
    const PodSpec *spec = pod_spec(w->sync.pod);
    const SeenContainer *before = seen_pod_find(w->sync.seen, container->name);
    g_autoptr(GPtrArray) command = start_words(&container->command, w->sync.env);
    g_autoptr(GPtrArray) args = start_words(&container->args, w->sync.env);
    g_autoptr(GPtrArray) env = g_ptr_array_copy(w->sync.env, NULL, NULL);
    g_autoptr(GArray) mounts = volumes_mounts(w, w->sync.pod, container);
    g_autoptr(GArray) ports = g_array_new(TRUE, TRUE, sizeof(gint32));
    RtContainerOptions options = {
        .name = container->name,
        .image = container->image,
        .command = container->command.count > 0 ? (const char *const *)command->pdata : NULL,
        .args = container->args.count > 0 ? (const char *const *)args->pdata : NULL,
        .mounts = (const RtMount *)mounts->data,
        .n_mounts = mounts->len,
        .message_path = container->termination_message_path,
        .logs_on_error = str_is(container->termination_message_policy, "FallbackToLogsOnError"),
        .attempt = before != NULL ? before->attempt + 1 : start_last_attempt(w, container->name),
    };

    g_ptr_array_add(env, NULL);
    options.env = (const char *const *)env->pdata;
    for (guint i = 0; i < container->ports.count; i++)
        g_array_append_val(ports, container->ports.items[i].container_port);
    options.ports = (const gint32 *)ports->data;
    container_resources_fill(spec, container, machine_memory_bytes(w->k->options.machine),
                             &options);
    runtime_create_container(w->sync.sandbox, &options, w->handle, start_on_created, w);
}

/*
 * v1.34 security_context.go, verifyRunAsNonRoot. An image that does not say whose it is runs as root; that one does
 * is taken from its name.
 */
static const char *
start_root_problem(const Worker *w)
{
    static const char *const others[] = {"nonroot", "unprivileged", "rootless", "distroless", "bitnami", "chainguard"};
    const Container *container = w->sync.container;
    const Value *pod = pod_spec(w->sync.pod)->security_context;
    const Value *own = container->security_context;
    const Value *must = value_get(own, "runAsNonRoot") != NULL ? value_get(own, "runAsNonRoot") : value_get(pod, "runAsNonRoot");
    const Value *user = value_get(own, "runAsUser") != NULL ? value_get(own, "runAsUser") : value_get(pod, "runAsUser");
    const char *where = str_internf("(pod: \"%s\", container: %s)", w->label, container->name);

    if (must == NULL || must->type != VALUE_BOOL || !must->boolean)
        return NULL;
    if (user != NULL && user->type == VALUE_INT)
        return user->integer == 0 ? str_internf("container's runAsUser breaks non-root policy %s", where) : NULL;
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        if (strstr(container->image, others[i]) != NULL)
            return NULL;
    return str_internf("container has runAsNonRoot and image will run as root %s", where);
}

static void
start_on_env(Worker *w, const char *error)
{
    if (error == NULL)
        error = start_root_problem(w);
    if (error != NULL) {
        start_event(w, "Warning", "Failed", str_internf("Error: %s", error));
        start_failed(w, "CreateContainerConfigError", error);
        return;
    }
    if (w->sync.sandbox == NULL) {
        start_failed(w, "CreateContainerError", "sandbox not found");
        return;
    }
    start_create(w);
}

static void
start_on_image(Worker *w, const char *reason, const char *message)
{
    if (reason != NULL) {
        start_event(w, "Warning", "Failed", str_internf("Error: %s", reason));
        start_failed(w, reason, message);
        return;
    }
    env_make(w, w->sync.pod, w->sync.container, start_on_env);
}

/* --- back-off ------------------------------------------------------------------------ */

/*
 * v1.34 doBackOff: counts from the end of the newest instance that had ended when this
 * sync began.
 */
static gboolean
start_must_wait(Worker *w)
{
    const Container *container = w->sync.container;
    const SeenContainer *ended = NULL;
    const char *key = start_key(w);
    gint64 now_ns = kubelet_wall_ns(w->k);
    g_autofree char *delay = NULL;

    for (guint i = 0; i < w->sync.seen->containers->len && ended == NULL; i++) {
        const SeenContainer *seen = &g_array_index(w->sync.seen->containers, SeenContainer, i);

        if (seen->name == container->name && seen->state == RT_EXITED)
            ended = seen;
    }
    if (ended == NULL)
        return FALSE;
    /* v1.34 kubelet_pods.go, HandlePodCleanups: each housekeeping forgets what was not updated for long. */
    backoff_collect(&w->crash, kubelet_tidied_wall_ns(w->k));
    if (!backoff_holds_since(&w->crash, key, ended->finished_wall_ns, now_ns)) {
        if (backoff_get_ns(&w->crash, key) > 0)
            sim_waited(w->k->sim, profile_timers[TIMER_CRASH_BACKOFF].name, now_ns - ended->finished_wall_ns);
        backoff_next(&w->crash, key, ended->finished_wall_ns, now_ns);
        return FALSE;
    }
    start_event(w, "Warning", "BackOff",
                str_internf("Back-off restarting failed container %s in pod %s", container->name,
                            w->label));
    delay = duration_format_go(backoff_get_ns(&w->crash, key));
    start_failed(w, "CrashLoopBackOff",
                 str_internf("back-off %s restarting failed container=%s pod=%s", delay,
                             container->name, w->label));
    return TRUE;
}

void
start_container(Worker *w)
{
    if (start_must_wait(w))
        return;
    image_ensure(w, w->sync.container, w->sync.container_is_init, start_on_image);
}
