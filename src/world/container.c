/* container.c - see runtime.h: life of containers, from creation to removal */

#include "world/rt.h"

#define FIRST_PID          1500 /* assumed: what a machine has started before */
#define PIDS_PER_CONTAINER 12   /* assumed: shim, threads, what sets it up */

#include "base/duration.h"
#include "world/shell.h"

/* v1.34 pkg/kubelet/container: MaxContainerTerminationMessageLength, ...LogLines, ...LogLength */
#define MESSAGE_BYTES     4096
#define MESSAGE_LINES     80
#define MESSAGE_LOG_BYTES 2048

static const char **
copy_words(const char *const *words)
{
    guint n = 0;
    const char **copy;

    if (words == NULL)
        return NULL;
    while (words[n] != NULL)
        n++;
    copy = g_new0(const char *, n + 1);
    for (guint i = 0; i < n; i++)
        copy[i] = str_intern(words[i]);
    return copy;
}

/* --- life of the record ---------------------------------------------------------------------- */

RtContainer *
rt_container_ref(RtContainer *container)
{
    container->refs++;
    return container;
}

void
rt_container_unref(RtContainer *container)
{
    if (--container->refs > 0)
        return;
    g_ptr_array_free(container->shells, TRUE);
    if (container->stop_waiters != NULL)
        g_ptr_array_free(container->stop_waiters, TRUE);
    if (container->exec_calls != NULL)
        g_ptr_array_free(container->exec_calls, TRUE);
    if (container->listeners != NULL)
        g_array_free(container->listeners, TRUE);
    if (container->watches != NULL)
        g_array_free(container->watches, TRUE);
    sim_timer_clear(&container->memory_timer);
    sim_timer_clear(&container->kill_timer);
    sim_timer_clear(&container->app.timer);
    sim_timer_clear(&container->app.stop_timer);
    sim_timer_clear(&container->app.close_timer);
    cpu_group_clear(&container->cpu);
    fs_tree_free(container->root_files);
    if (container->log != NULL)
        g_string_free(container->log, TRUE);
    if (container->log_times != NULL)
        g_array_unref(container->log_times);
    g_free(container->command);
    g_free(container->args);
    g_free(container->env);
    g_free(container->mounts);
    g_free(container->ports);
    sandbox_unref(container->sandbox);
    g_free(container);
}

/* --- signals from outside ----------------------------------------------------------------------- */

/* What nobody waits for; it dies with the machine's power. */
static void
container_runc_kill(RtContainer *container, void (*act)(RtCall *call))
{
    Runtime *runtime = container->runtime;
    RtCall *call = rt_call_new(runtime, (SimHandle){0}, NULL, act);
    gint64 work_ns = runtime_draw(runtime, &runtime->options.kill);

    rt_call_set_container(call, container);
    rt_call_compute(call, work_ns);
}

static void
container_reacted(gpointer self)
{
    RtContainer *container = self;

    if (container->pid1 != NULL)
        shell_signal(container->pid1, 15);
}

/* PID 1 has to be given a core before it can do anything about the signal, as all its other work has. */
static void
term_delivered(RtCall *call)
{
    RtContainer *container = call->container;
    gint64 react_ns = runtime_draw(container->runtime, &container->runtime->options.react);

    if (container->state != RT_RUNNING || container->reaction.group != NULL)
        return;
    if (react_ns == 0)
        container_reacted(container);
    else
        cpu_job_start(&container->cpu, &container->reaction, react_ns, container_reacted, container);
}

static void
kill_delivered(RtCall *call)
{
    container_exit(call->container, 137, "Error");
}

static void
container_on_kill(Sim *sim, gpointer self)
{
    (void)sim;
    container_runc_kill(self, kill_delivered);
}

static void
container_on_tmpfs(gpointer self, gint64 bytes)
{
    memory_add(self, bytes);
}

static void
container_on_disk(gpointer self, gint64 bytes)
{
    runtime_disk_grew(((RtContainer *)self)->runtime, bytes);
}

static void
copy_mounts(RtContainer *container, const RtContainerOptions *options)
{
    container->mounts = g_new0(Mount, options->n_mounts + 1);
    container->n_mounts = options->n_mounts;
    for (guint i = 0; i < options->n_mounts; i++) {
        const RtMount *given = &options->mounts[i];
        Mount *mount = &container->mounts[i];
        g_autofree char *path = fs_join("/", given->path);
        const char *prefix;

        mount->tree = runtime_volume(container->runtime, given->volume_id, &prefix);
        if (given->files != NULL && prefix[0] == '\0')
            runtime_volume_seed(mount->tree, given->files);
        if (!str_is_empty(given->sub_path)) {
            g_autofree char *sub = fs_join("/", given->sub_path);

            prefix = str_internf("%s%s", prefix, sub);
            if (fs_tree_get(mount->tree, prefix) == NULL)
                fs_tree_add_dir(mount->tree, prefix);
        }
        mount->path = str_intern(path);
        mount->prefix = prefix;
        mount->read_only = given->read_only;
        mount->is_tmpfs = given->is_tmpfs;
    }
}

/* v1.34 pkg/kubelet/kubelet_pods.go: managedHostsFileContent; what the kubelet gives the runtime as DNS configuration. */
static void
write_names(FsTree *root, const Sandbox *sandbox)
{
    static const char head[] = "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
                               "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n";

    if (!str_is_empty(sandbox->resolv_conf))
        fs_tree_write(root, "/etc/resolv.conf", sandbox->resolv_conf);
    if (!sandbox->host_network && sandbox->ip != NULL) /* else the node's own file */
        fs_tree_write(root, "/etc/hosts", str_internf("%s%s%s", head, sandbox->ip, sandbox->hosts));
}

/* What every image holds. Most programs never look, so it is made on demand. */
static FsTree *
make_root(gpointer self)
{
    RtContainer *container = self;
    static const char *const dirs[] = {
        "/bin",       "/dev/shm",   "/etc",       "/home",    "/lib",           "/mnt",
        "/opt",       "/proc",      "/root",      "/run",     "/sbin",          "/srv",
        "/sys",       "/tmp",       "/usr/bin",   "/usr/lib", "/usr/local/bin", "/usr/local/etc",
        "/usr/sbin",  "/usr/share", "/var/cache", "/var/lib", "/var/log",       "/var/run",
        "/var/spool", "/var/tmp",
    };
    const char *name = image_short_name(container->image);
    FsTree *root = fs_tree_new();

    for (guint i = 0; i < G_N_ELEMENTS(dirs); i++)
        fs_tree_add_dir(root, dirs[i]);
    fs_tree_write(root, "/etc/hostname", str_internf("%s\n", container->sandbox->hostname));
    write_names(root, container->sandbox);
    if (g_str_has_prefix(name, "nginx")) {
        fs_tree_write(root, "/usr/share/nginx/html/index.html", "<h1>Welcome to nginx!</h1>\n");
        fs_tree_write(root, "/etc/nginx/nginx.conf", "");
        fs_tree_add_dir(root, "/etc/nginx/conf.d");
        fs_tree_add_dir(root, "/var/log/nginx");
    } else if (str_is(name, "httpd")) {
        fs_tree_write(root, "/usr/local/apache2/htdocs/index.html",
                      "<html><body><h1>It works!</h1></body></html>\n");
    } else if (g_str_has_prefix(name, "redis")) {
        fs_tree_add_dir(root, "/data");
    }
    for (guint i = 0; i < container->n_mounts; i++)
        fs_tree_add_dir(root, container->mounts[i].path);
    container->root_files = root;
    container->image_bytes = fs_tree_bytes(root);
    return root;
}

/* One profile for all containers of an image that everybody knows, one for all others. */
static const AppProfile *
common_profile(World *world, const char *image)
{
    const char *name = app_well_known(image) != NULL ? image_short_name(image) : str_intern("");
    AppProfile *profile;

    if (world->profiles == NULL)
        world->profiles = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    profile = g_hash_table_lookup(world->profiles, name);
    if (profile == NULL) {
        profile = g_new0(AppProfile, 1);
        if (!app_profile_well_known(image, profile))
            app_profile_init(profile);
        g_hash_table_insert(world->profiles, (gpointer)name, profile);
    }
    return profile;
}

gboolean
app_rule_matches(const AppRule *rule, const char *image, const char *const *labels)
{
    if (rule->match_image != NULL && !image_matches(rule->match_image, image))
        return FALSE;
    if (rule->match_labels_key == NULL)
        return TRUE;
    for (; labels[0] != NULL; labels += 2)
        if (str_is(labels[0], rule->match_labels_key))
            return rule->match_labels_value == NULL || str_is(labels[1], rule->match_labels_value);
    return FALSE;
}

/* The profile that the scenario gives, else the image's own, else the common one. */
static void
choose_profile(RtContainer *container)
{
    const Runtime *runtime = container->runtime;

    for (guint i = runtime->n_apps; i > 0; i--) {
        const AppRule *rule = &runtime->apps[i - 1];

        if (app_rule_matches(rule, container->image, container->sandbox->labels)) {
            container->profile = &rule->profile;
            container->profile_is_explicit = TRUE;
            return;
        }
    }
    container->profile = common_profile(runtime->world, container->image);
}

static RtContainer *
container_new(Sandbox *sandbox, const RtContainerOptions *options)
{
    Runtime *runtime = sandbox->runtime;
    RtContainer *container = g_new0(RtContainer, 1);
    guint n_ports = 0;

    while (options->ports != NULL && options->ports[n_ports] != 0)
        n_ports++;
    container->runtime = runtime;
    container->sandbox = sandbox_ref(sandbox);
    container->refs = 1;
    container->name = str_intern(options->name);
    container->image = str_intern(options->image);
    container->image_id = image_id(runtime, options->image);
    container->attempt = options->attempt;
    container->command = copy_words(options->command);
    container->args = copy_words(options->args);
    container->env = copy_words(options->env);
    container->ports = g_new0(gint32, n_ports + 1);
    for (guint i = 0; i < n_ports; i++)
        container->ports[i] = options->ports[i];
    container->memory_limit_bytes = options->memory_limit_bytes;
    container->oom_score_adj = options->oom_score_adj;
    container->message_path =
        str_intern(options->message_path != NULL ? options->message_path : "/dev/termination-log");
    container->logs_on_error = options->logs_on_error;
    container->state = RT_CREATED;
    container->shells = g_ptr_array_new();
    container->next_pid = 1;
    choose_profile(container);
    copy_mounts(container, options);
    container->files = (FsView){.make_root = make_root,
                                .mounts = container->mounts,
                                .n_mounts = container->n_mounts,
                                .tmpfs_changed = container_on_tmpfs,
                                .disk_grew = container_on_disk,
                                .self = container};
    cpu_group_init(&container->cpu, &runtime->cpu, options->cpu_milli_request,
                   options->cpu_milli_limit);
    memory_init(container);
    program_init(container);
    sim_timer_init(&container->kill_timer, runtime->sim, SIM_WORLD, container_on_kill, container);
    return container;
}

/* --- create ------------------------------------------------------------------------------------ */

static void
create_finish(RtCall *call)
{
    Runtime *runtime = call->runtime;
    RtContainer *container = call->container;

    if (!call->sandbox->is_ready) {
        if (rt_call_wants(call))
            call->done.create(call->user, NULL,
                              str_internf("rpc error: code = Unknown desc = failed to create "
                                          "containerd container: sandbox "
                                          "\"%s\" is not ready",
                                          call->sandbox->id));
        return;
    }
    container->id = runtime_new_id(runtime, "containerd://");
    runtime->last_pid += runtime->last_pid == 0 ? FIRST_PID : PIDS_PER_CONTAINER;
    container->host_pid = runtime->last_pid;
    g_ptr_array_add(runtime->containers, rt_container_ref(container));
    g_ptr_array_add(container->sandbox->containers, container);
    runtime_changed(runtime, container->sandbox);
    if (rt_call_wants(call))
        call->done.create(call->user, container, NULL);
}

void
runtime_create_container(Sandbox *sandbox,
                         const RtContainerOptions *options,
                         SimHandle owner,
                         RtCreateDone done,
                         gpointer user)
{
    Runtime *runtime = sandbox->runtime;
    RtCall *call = rt_call_new(runtime, owner, user, create_finish);

    rt_call_set_sandbox(call, sandbox);
    call->container = container_new(sandbox, options);
    call->done.create = done;
    /* Recorded: creating takes about a sixth of starting. */
    rt_call_work(call, runtime_draw(runtime, &runtime->options.create_start) / 6);
}

/* --- start -------------------------------------------------------------------------------------- */

static guint
count_words(const char *const *words)
{
    guint n = 0;

    while (words != NULL && words[n] != NULL)
        n++;
    return n;
}

/* Arguments alone go to the image's entrypoint, or are the command where there is none. */
static GPtrArray *
join_command(const char *image, const char *const *command, const char *const *args)
{
    const WellKnown *known = image == NULL ? NULL : app_well_known(image);
    GPtrArray *argv = g_ptr_array_new();
    guint n_args = count_words(args);

    for (guint i = 0; i < count_words(command); i++)
        g_ptr_array_add(argv, (gpointer)command[i]);
    if (argv->len > 0 || (known != NULL ? known->takes_args : n_args > 0 && shell_knows(args[0])))
        for (guint i = 0; i < n_args; i++)
            g_ptr_array_add(argv, (gpointer)args[i]);
    return argv;
}

/* The command that PID 1 runs; empty: the image's own program. */
static GPtrArray *
main_command(const RtContainer *container)
{
    GPtrArray *argv = join_command(container->image, (const char *const *)container->command, (const char *const *)container->args);
    gboolean is_image_program = argv->len > 0 && !shell_knows(argv->pdata[0]) &&
                                (app_is_server_word(argv->pdata[0]) || container->profile_is_explicit);

    if (is_image_program)
        g_ptr_array_set_size(argv, 0);
    g_ptr_array_add(argv, NULL);
    return argv;
}

char *
runtime_check_command(const char *image, const char *const *command, const char *const *args)
{
    g_autoptr(GPtrArray) argv = join_command(image, command, args);

    if (argv->len == 0 || app_is_server_word(argv->pdata[0]))
        return NULL;
    g_ptr_array_add(argv, NULL);
    return shell_check((const char *const *)argv->pdata);
}

/*
 * containerd v1.6 pkg/cri/server/container_start.go: a task that cannot be made leaves
 * the container exited with 128, StartError, and no time of beginning.
 */
static const char *
fail_to_start(RtContainer *container, const char *why)
{
    container->state = RT_EXITED;
    container->exit_code = 128;
    container->reason = "StartError";
    container->message = str_internf("failed to create containerd task: failed to create shim task: OCI runtime create "
                                     "failed: runc create failed: unable to start container process: %s: unknown",
                                     why);
    container->finished_wall_ns = sim_wall_ns(container->runtime->sim);
    sim_trace(container->runtime->sim, container->runtime->component, "start", container->sandbox->object, "StartError",
              "container %s cannot be started: %s", container->name, why);
    runtime_changed(container->runtime, container->sandbox);
    return container->message;
}

static void
start_main(RtContainer *container, const GPtrArray *argv)
{
    ShellOptions options = {.argv = (const char *const *)argv->pdata, .is_pid1 = TRUE};
    static const char *const image_program[] = {SHELL_IMAGE_PROGRAM, NULL};

    if (argv->pdata[0] == NULL)
        options.argv = image_program;
    container->pid1 = shell_new(container, &options);
}

static void
start_finish(RtCall *call)
{
    RtContainer *container = call->container;
    Runtime *runtime = call->runtime;
    g_autoptr(GPtrArray) argv = NULL;
    const char *why;

    if (container->state != RT_CREATED || !container->sandbox->is_ready) {
        if (rt_call_wants(call))
            call->done.start(call->user, "rpc error: code = Unknown desc = failed to start "
                                         "containerd task: sandbox is gone");
        return;
    }
    argv = main_command(container);
    why = argv->pdata[0] != NULL ? shell_lacks(container, argv->pdata[0]) : NULL;
    if (why != NULL) {
        const char *error = fail_to_start(container, why);

        if (rt_call_wants(call))
            call->done.start(call->user, error);
        return;
    }
    container->state = RT_RUNNING;
    container->started_ns = sim_now_ns(runtime->sim);
    container->started_wall_ns = sim_wall_ns(runtime->sim);
    sim_trace(runtime->sim, runtime->component, "start", container->sandbox->object,
              "ContainerStarted", "container %s runs", container->name);
    start_main(container, argv);
    runtime_changed(runtime, container->sandbox);
    if (rt_call_wants(call))
        call->done.start(call->user, NULL);
}

void
runtime_start_container(RtContainer *container, SimHandle owner, RtStartDone done, gpointer user)
{
    Runtime *runtime = container->runtime;
    RtCall *call = rt_call_new(runtime, owner, user, start_finish);

    rt_call_set_container(call, container);
    call->done.start = done;
    rt_call_work(call, runtime_draw(runtime, &runtime->options.create_start));
}

/* --- end ------------------------------------------------------------------------------------------ */

static void
stop_answer(RtCall *call)
{
    if (rt_call_wants(call))
        call->done.stop(call->user);
}

static void
answer_waiters(RtContainer *container)
{
    for (guint i = 0; container->stop_waiters != NULL && i < container->stop_waiters->len; i++) {
        RtCall *call = g_ptr_array_index(container->stop_waiters, i);

        call->act = stop_answer;
        rt_call_after(call, 0);
    }
    g_clear_pointer(&container->stop_waiters, g_ptr_array_unref);
}

/* Every process, socket and page goes. */
static void
container_clear(RtContainer *container, gboolean is_silent)
{
    container_fail_execs(container, is_silent);
    program_clear(container);
    while (container->shells->len > 0) {
        Shell *shell = g_ptr_array_index(container->shells, container->shells->len - 1);

        g_ptr_array_set_size(container->shells, (int)container->shells->len - 1);
        shell_free(shell);
    }
    container->pid1 = NULL;
    server_clear(container, is_silent);
    cpu_job_cancel(&container->reaction);
    memory_clear(container);
    sim_timer_disarm(&container->kill_timer);
}

void
container_exit(RtContainer *container, gint32 exit_code, const char *reason)
{
    Runtime *runtime = container->runtime;

    if (container->state != RT_RUNNING)
        return;
    rt_container_ref(container);
    container->state = RT_EXITED;
    container->exit_code = exit_code;
    container->reason = reason;
    container->finished_wall_ns = sim_wall_ns(runtime->sim);
    container->message = container_read_message(container);
    sim_trace(runtime->sim, runtime->component, "exit", container->sandbox->object,
              "ContainerExited", "container %s ended with %d (%s)", container->name, exit_code,
              reason);
    container_clear(container, FALSE);
    answer_waiters(container);
    runtime_changed(runtime, container->sandbox);
    rt_container_unref(container);
}

void
container_process_ended(RtContainer *container, Shell *shell, gint32 exit_code)
{
    if (shell == container->pid1) {
        container_exit(container, exit_code, exit_code == 0 ? "Completed" : "Error");
        return;
    }
    server_close(container, shell);
    if (!container_exec_ended(container, shell, exit_code)) {
        for (guint i = 0; i < container->shells->len; i++) {
            Shell *parent = g_ptr_array_index(container->shells, i);

            if (shell_pid(parent) == shell_parent_pid(shell))
                shell_child_ended(parent, shell_pid(shell), exit_code);
        }
    }
    g_ptr_array_remove(container->shells, shell);
    shell_free(shell);
}

void
container_powered_off(RtContainer *container)
{
    if (container->state != RT_RUNNING)
        return;
    container->state = RT_EXITED;
    container->was_lost = TRUE;
    container->exit_code = 255;
    container->reason = "Unknown";
    container->finished_wall_ns = sim_wall_ns(container->runtime->sim);
    g_clear_pointer(&container->stop_waiters, g_ptr_array_unref);
    container_clear(container, TRUE);
}

/* containerd finds the task gone when it starts, and takes that for the end. */
void
container_booted(RtContainer *container)
{
    if (container->was_lost)
        container->finished_wall_ns = sim_wall_ns(container->runtime->sim);
    container->was_lost = FALSE;
}

void
runtime_stop_container(RtContainer *container,
                       gint64 grace_ns,
                       SimHandle owner,
                       RtStopDone done,
                       gpointer user)
{
    Runtime *runtime = container->runtime;
    RtCall *call = rt_call_new(runtime, owner, user, stop_answer);
    gint64 kill_at_ns = sim_now_ns(runtime->sim) + MAX(grace_ns, 0);

    rt_call_set_container(call, container);
    call->done.stop = done;
    if (container->state != RT_RUNNING) {
        rt_call_after(call, 0);
        return;
    }
    rt_call_park(call);
    if (container->stop_waiters == NULL)
        container->stop_waiters = g_ptr_array_new();
    g_ptr_array_add(container->stop_waiters, call);
    if (!container->is_stopping && grace_ns > 0)
        container_runc_kill(container, term_delivered);
    container->is_stopping = TRUE;
    if (!container->kill_timer.is_armed || kill_at_ns < container->kill_timer.due_ns)
        sim_timer_arm_at(&container->kill_timer, kill_at_ns);
}

void
rt_container_kill(RtContainer *container, gint32 signal)
{
    container_exit(container, 128 + signal, "Error");
}

void
runtime_remove_container(RtContainer *container)
{
    Runtime *runtime = container->runtime;

    if (container->is_removed)
        return;
    if (container->state == RT_RUNNING)
        container_exit(container, 137, "Error");
    container->is_removed = TRUE;
    g_ptr_array_remove(runtime->containers, container);
    g_ptr_array_remove(container->sandbox->containers, container);
    runtime_changed(runtime, container->sandbox);
    rt_container_unref(container);
}

/* The last lines of the log, and of them the last bytes. */
static const char *
end_of_log(const RtContainer *container)
{
    const GString *log = container->log;
    guint lines = 0;
    gsize at;

    if (log == NULL || log->len == 0)
        return NULL;
    for (at = log->len; at > 0; at--)
        if (log->str[at - 1] == '\n' && at < log->len && ++lines == MESSAGE_LINES)
            break;
    at = MAX(at, log->len - MIN(log->len, MESSAGE_LOG_BYTES));
    return str_intern_len(log->str + at, log->len - at);
}

/* v1.34 kuberuntime: getTerminationMessage, readLastStringFromContainerLogs: ends of files count. */
const char *
container_read_message(RtContainer *container)
{
    const FsNode *node =
        container->root_files == NULL ? NULL : fs_get(&container->files, container->message_path);
    gsize length = node == NULL || node->is_dir ? 0 : node->text->len;
    gsize taken = MIN(length, MESSAGE_BYTES);

    if (length > 0)
        return str_intern_len(node->text->str + length - taken, taken);
    return container->logs_on_error && container->exit_code != 0 ? end_of_log(container) : NULL;
}
