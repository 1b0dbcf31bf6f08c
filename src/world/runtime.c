/* runtime.c - see runtime.h: the runtime of a machine as a whole */

#include "world/rt.h"

#include "world/shell.h"

void
runtime_options_init(RuntimeOptions *options)
{
    /*
     * From recordings of two busy nodes of 2 cores, and assumptions for what
     * they do not show (exec, pulls). p99 = p50 * e^(2.326 sigma).
     */
    *options = (RuntimeOptions){
        .sandbox = DIST_LOGN(85 * NS_PER_MS, 215 * NS_PER_MS),
        .cni = DIST_LOGN(45 * NS_PER_MS, 115 * NS_PER_MS),
        .create_start = DIST_LOGN(60 * NS_PER_MS, 170 * NS_PER_MS),
        .teardown = DIST_LOGN(110 * NS_PER_MS, 240 * NS_PER_MS),
        .kill = DIST_LOGN(12 * NS_PER_MS, 120 * NS_PER_MS),
        .react = DIST_LOGN(700 * NS_PER_US, 5 * NS_PER_MS),
        .exec = DIST_LOGN(60 * NS_PER_MS, 152 * NS_PER_MS),
        .pull_base = DIST_LOGN(700 * NS_PER_MS, 1775 * NS_PER_MS),
        .pull_present = DIST_LOGN(300 * NS_PER_MS, 960 * NS_PER_MS),
    };
}

/*
 * containerd, its shims and the network plugins run outside of the pods, in
 * system.slice with its 1024 shares: far more than a pod without requests has.
 */
#define OWN_CPU_MILLI 1000
/* runc and the plugins are processes that start, read, link and go; half of their time they wait for the kernel. */
#define WORK_SHARE 2

/*
 * Interfaces and network namespaces come and go one at a time (Linux: rtnl_lock, and
 * one worker that cleans namespaces up), so what plugins do shares one core at most.
 * Recorded: an address is gone 70..100 ms after the process when one pod ends, 200..350 ms
 * when several come and go at once on a small node.
 */
#define NETWORK_CPU_LIMIT_MILLI 1000
#define NETWORK_CROWD_MILLI     500

/* --- work under way -------------------------------------------------------------------- */

/* Whoever waits for a lock has to be woken and find its place again: each more costs half of itself besides. */
static void
network_crowd(Runtime *runtime, gint change)
{
    runtime->n_network = (guint)((gint)runtime->n_network + change);
    cpu_group_set_idle(&runtime->network_cpu, (MAX(runtime->n_network, 1) - 1) * NETWORK_CROWD_MILLI);
}

static void
leave_network(RtCall *call)
{
    if (call->is_network)
        network_crowd(call->runtime, -1);
    call->is_network = FALSE;
}

static void
call_on_computed(gpointer user)
{
    RtCall *call = user;

    leave_network(call);
    rt_call_after(call, call->rest_ns);
}

static void
call_on_timer(Sim *sim, gpointer self)
{
    RtCall *call = self;
    gint64 work_ns = call->work_ns;

    (void)sim;
    call->work_ns = 0;
    if (work_ns > 0) {
        cpu_job_start(&call->runtime->own_cpu, &call->job, work_ns, call_on_computed, call);
        return;
    }
    call->is_kept = FALSE;
    call->act(call);
    if (!call->is_kept)
        rt_call_free(call);
}

RtCall *
rt_call_new(Runtime *runtime, SimHandle owner, gpointer user, void (*act)(RtCall *call))
{
    RtCall *call = g_new0(RtCall, 1);

    call->runtime = runtime;
    call->owner = owner;
    call->user = user;
    call->act = act;
    call->link.data = call;
    sim_timer_init(&call->timer, runtime->sim, SIM_WORLD, call_on_timer, call);
    g_queue_push_tail_link(&runtime->calls, &call->link);
    return call;
}

void
rt_call_set_sandbox(RtCall *call, Sandbox *sandbox)
{
    call->sandbox = sandbox_ref(sandbox);
}

void
rt_call_set_container(RtCall *call, RtContainer *container)
{
    call->container = rt_container_ref(container);
}

void
rt_call_after(RtCall *call, gint64 delay_ns)
{
    call->is_kept = TRUE;
    sim_timer_arm_after(&call->timer, delay_ns);
}

void
rt_call_work(RtCall *call, gint64 delay_ns)
{
    call->work_ns = delay_ns / WORK_SHARE;
    call->rest_ns = (delay_ns - call->work_ns) / 2;
    rt_call_after(call, delay_ns - call->work_ns - call->rest_ns);
}

static void
compute(RtCall *call, CpuGroup *group, gint64 work_ns)
{
    call->is_kept = TRUE;
    call->work_ns = 0;
    call->rest_ns = 0;
    cpu_job_start(group, &call->job, work_ns, call_on_computed, call);
}

void
rt_call_compute(RtCall *call, gint64 work_ns)
{
    compute(call, &call->runtime->own_cpu, work_ns);
}

void
rt_call_network(RtCall *call, gint64 work_ns)
{
    call->is_network = TRUE;
    network_crowd(call->runtime, 1);
    compute(call, &call->runtime->network_cpu, work_ns);
}

static void
load_done(RtCall *call)
{
    (void)call;
}

void
runtime_load(Runtime *runtime, gint64 work_ns)
{
    rt_call_compute(rt_call_new(runtime, (SimHandle){0}, NULL, load_done), work_ns);
}

void
rt_call_park(RtCall *call)
{
    call->is_kept = TRUE;
}

gboolean
rt_call_wants(const RtCall *call)
{
    return sim_handle_peek(call->runtime->sim, call->owner) != NULL;
}

void
rt_call_free(RtCall *call)
{
    sim_timer_clear(&call->timer);
    cpu_job_cancel(&call->job);
    leave_network(call);
    g_queue_unlink(&call->runtime->calls, &call->link);
    if (call->drop != NULL)
        call->drop(call);
    if (call->container != NULL)
        rt_container_unref(call->container);
    if (call->sandbox != NULL)
        sandbox_unref(call->sandbox);
    g_free(call);
}

/* --- power ------------------------------------------------------------------------------- */

static void
runtime_on_powered_off(gpointer self)
{
    Runtime *runtime = self;

    while (runtime->calls.head != NULL)
        rt_call_free(runtime->calls.head->data);
    for (guint i = 0; i < runtime->containers->len; i++)
        container_powered_off(g_ptr_array_index(runtime->containers, i));
    for (guint i = 0; i < runtime->sandboxes->len; i++)
        sandbox_powered_off(g_ptr_array_index(runtime->sandboxes, i));
}

static void
runtime_on_booted(gpointer self)
{
    Runtime *runtime = self;

    for (guint i = 0; i < runtime->containers->len; i++)
        container_booted(g_ptr_array_index(runtime->containers, i));
    runtime->generation++;
}

/* --- life ---------------------------------------------------------------------------------- */

Runtime *
runtime_new(Machine *machine,
            const RuntimeOptions *options,
            const ImageRule *images,
            guint n_images,
            const AppRule *apps,
            guint n_apps)
{
    static const MachineHooks hooks = {runtime_on_powered_off, runtime_on_booted};
    Runtime *runtime = g_new0(Runtime, 1);

    runtime->machine = machine;
    runtime->world = machine->world;
    runtime->sim = machine->world->sim;
    if (options != NULL)
        runtime->options = *options;
    else
        runtime_options_init(&runtime->options);
    runtime->images = images;
    runtime->n_images = n_images;
    runtime->apps = apps;
    runtime->n_apps = n_apps;
    runtime->component = str_internf("runtime/%s", machine->name);
    runtime->rng = rng_stream(runtime->sim, runtime->component);
    runtime->rng_ids = rng_stream(runtime->sim, str_internf("%s/ids", runtime->component));
    runtime->rng_app = rng_stream(runtime->sim, str_internf("%s/programs", runtime->component));
    runtime->sandboxes = g_ptr_array_new();
    runtime->containers = g_ptr_array_new();
    runtime->generation = 1;
    runtime->ipam_by_cidr = g_hash_table_new_full(NULL, NULL, NULL, ipam_free);
    runtime->volume_by_id = g_hash_table_new_full(NULL, NULL, NULL, fs_tree_free);
    runtime->host_files = fs_tree_new();
    host_files_fill(runtime->host_files);
    cpu_pool_init(&runtime->cpu, runtime->sim, machine->cpu_milli);
    cpu_group_init(&runtime->own_cpu, &runtime->cpu, OWN_CPU_MILLI, 0);
    cpu_group_init(&runtime->network_cpu, &runtime->cpu, OWN_CPU_MILLI, NETWORK_CPU_LIMIT_MILLI);
    memory_init_runtime(runtime);
    image_init_runtime(runtime);
    machine->runtime = runtime;
    machine->runtime_free = runtime_free;
    machine_add_hooks(machine, &hooks, runtime);
    return runtime;
}

/* Orderly or not, everything goes; nobody is told. */
void
runtime_free(Runtime *runtime)
{
    if (runtime == NULL)
        return;
    while (runtime->calls.head != NULL)
        rt_call_free(runtime->calls.head->data);
    runtime->changed = NULL;
    while (runtime->containers->len > 0) {
        RtContainer *container = g_ptr_array_index(runtime->containers, 0);

        container_powered_off(container);
        runtime_remove_container(container);
    }
    while (runtime->sandboxes->len > 0) {
        Sandbox *sandbox = g_ptr_array_index(runtime->sandboxes, 0);

        sandbox_powered_off(sandbox);
        runtime_remove_sandbox(sandbox);
    }
    g_ptr_array_free(runtime->sandboxes, TRUE);
    g_ptr_array_free(runtime->containers, TRUE);
    image_clear_runtime(runtime);
    memory_clear_runtime(runtime);
    cpu_group_clear(&runtime->own_cpu);
    cpu_group_clear(&runtime->network_cpu);
    cpu_pool_clear(&runtime->cpu);
    g_hash_table_destroy(runtime->ipam_by_cidr);
    g_hash_table_destroy(runtime->volume_by_id);
    fs_tree_free(runtime->host_files);
    runtime->machine->runtime = NULL;
    g_free(runtime);
}

Runtime *
machine_runtime(Machine *machine)
{
    return machine->runtime;
}

/* --- what is there ---------------------------------------------------------------------------- */

GPtrArray *
runtime_list_containers(const Runtime *runtime)
{
    return g_ptr_array_copy(runtime->containers, NULL, NULL);
}

GPtrArray *
runtime_list_sandboxes(const Runtime *runtime)
{
    return g_ptr_array_copy(runtime->sandboxes, NULL, NULL);
}

guint64
runtime_generation(const Runtime *runtime)
{
    return runtime->generation;
}

void
runtime_set_listener(Runtime *runtime,
                     void (*changed)(gpointer self, Sandbox *sandbox),
                     gpointer self)
{
    runtime->changed = changed;
    runtime->changed_self = self;
}

void
runtime_set_disk_listener(Runtime *runtime, gint64 every_bytes, void (*grew)(gpointer self), gpointer self)
{
    runtime->disk_every_bytes = every_bytes;
    runtime->disk_grew = grew;
    runtime->disk_self = self;
}

void
runtime_set_oom_listener(Runtime *runtime, void (*killed)(gpointer self, const char *process, guint pid), gpointer self)
{
    runtime->oom_killed = killed;
    runtime->oom_self = self;
}

void
runtime_disk_grew(Runtime *runtime, gint64 bytes)
{
    runtime->disk_grown_bytes += bytes;
    if (runtime->disk_grew == NULL || runtime->disk_grown_bytes < runtime->disk_every_bytes)
        return;
    runtime->disk_grown_bytes = 0;
    runtime->disk_grew(runtime->disk_self);
}

void
runtime_changed(Runtime *runtime, Sandbox *sandbox)
{
    runtime->generation++;
    if (runtime->changed != NULL)
        runtime->changed(runtime->changed_self, sandbox);
}

void
runtime_set_resolver(Runtime *runtime, RtResolver resolve, gpointer self, const char *name_server)
{
    runtime->resolve = resolve;
    runtime->resolve_self = self;
    runtime->name_server = str_intern(name_server);
}

const char *
runtime_name_server(const Runtime *runtime)
{
    return runtime->name_server;
}

const char *
runtime_new_id(Runtime *runtime, const char *prefix)
{
    guint64 part[4];

    for (guint i = 0; i < G_N_ELEMENTS(part); i++)
        part[i] = rng_next(runtime->rng_ids);
    return str_internf("%s%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER
                       "x%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                       prefix, part[0], part[1], part[2], part[3]);
}

gint64
runtime_draw(Runtime *runtime, const Dist *dist)
{
    return dist_sample_ns(dist, runtime->rng);
}

/* --- volumes ------------------------------------------------------------------------------------ */

static void
write_files(FsTree *tree, const char *const *files)
{
    for (guint i = 0; files != NULL && files[i] != NULL; i += 2) {
        g_autofree char *path = g_strconcat("/", files[i], NULL);

        fs_tree_write(tree, path, files[i + 1] != NULL ? files[i + 1] : "");
    }
}

FsTree *
runtime_volume(Runtime *runtime, const char *volume_id, const char **out_prefix)
{
    const char *id = str_intern(volume_id);
    FsTree *tree;

    *out_prefix = "";
    if (g_str_has_prefix(id, "host:")) {
        g_autofree char *path = fs_join("/", id + strlen("host:"));

        if (fs_tree_get(runtime->host_files, path) == NULL)
            fs_tree_add_dir(runtime->host_files, path);
        *out_prefix = str_is(path, "/") ? "" : str_intern(path);
        return runtime->host_files;
    }
    tree = g_hash_table_lookup(runtime->volume_by_id, id);
    if (tree == NULL) {
        tree = fs_tree_new();
        g_hash_table_insert(runtime->volume_by_id, (gpointer)id, tree);
    }
    return tree;
}

void
runtime_volume_seed(FsTree *tree, const char *const *files)
{
    write_files(tree, files);
}

void
runtime_write_volume(Runtime *runtime, const char *volume_id, const char *const *files)
{
    const char *prefix;
    FsTree *tree = runtime_volume(runtime, volume_id, &prefix);

    if (prefix[0] != '\0')
        return;
    fs_tree_remove(tree, "/");
    write_files(tree, files);
}

gint64
runtime_volume_bytes(const Runtime *runtime, const char *volume_id)
{
    const FsTree *tree = g_hash_table_lookup(runtime->volume_by_id, str_intern(volume_id));

    return tree == NULL ? 0 : fs_tree_bytes(tree);
}

void
runtime_drop_volume(Runtime *runtime, const char *volume_id)
{
    FsTree *tree = g_hash_table_lookup(runtime->volume_by_id, str_intern(volume_id));

    for (guint i = 0; tree != NULL && i < runtime->containers->len; i++) {
        const RtContainer *container = g_ptr_array_index(runtime->containers, i);

        for (guint j = 0; j < container->n_mounts; j++) {
            if (container->mounts[j].tree == tree)
                return;
        }
    }
    g_hash_table_remove(runtime->volume_by_id, str_intern(volume_id));
}
