/* pods.c - see pods.h */

#include "tests/world/pods.h"

Pods *
pods_new(const ImageRule *images, guint n_images, const AppRule *apps, guint n_apps)
{
    Pods *pods = g_new0(Pods, 1);
    WorldOptions wires = {.loopback = DIST_CONST(10 * NS_PER_US),
                          .same_zone = DIST_CONST(150 * NS_PER_US)};
    RuntimeOptions options = {
        .sandbox = DIST_CONST(100 * NS_PER_MS),
        .cni = DIST_CONST(50 * NS_PER_MS),
        .create_start = DIST_CONST(60 * NS_PER_MS),
        .teardown = DIST_CONST(100 * NS_PER_MS),
        .exec = DIST_CONST(60 * NS_PER_MS),
        .pull_base = DIST_CONST(700 * NS_PER_MS),
        .pull_present = DIST_CONST(300 * NS_PER_MS),
    };

    pods->sim = sim_new(
        &(SimOptions){.seed = 7, .epoch_unix_ns = G_GINT64_CONSTANT(1795248894) * NS_PER_S});
    pods->world = world_new(pods->sim, &wires);
    pods->machine =
        machine_new(pods->world, &(MachineOptions){.name = "node-a",
                                                   .ip = "192.168.77.11",
                                                   .cpu_milli = 2000,
                                                   .memory_bytes = G_GINT64_CONSTANT(1) << 30,
                                                   .boot_min_ns = 5 * NS_PER_S,
                                                   .boot_max_ns = 5 * NS_PER_S});
    pods->runtime = runtime_new(pods->machine, &options, images, n_images, apps, n_apps);
    pods->owner = sim_handle_new(pods->sim, pods);
    return pods;
}

void
pods_free(Pods *pods)
{
    world_free(pods->world);
    sim_handle_drop(pods->sim, pods->owner);
    sim_free(pods->sim);
    g_free(pods->exec_output);
    g_free(pods);
}

void
pods_run(Pods *pods, gint64 delay_ns)
{
    sim_run_until(pods->sim, sim_now_ns(pods->sim) + delay_ns);
}

gint64
pods_now_ms(const Pods *pods)
{
    return sim_now_ns(pods->sim) / NS_PER_MS;
}

static void
answered(Pods *pods)
{
    pods->n_answers++;
    pods->answered_ns = sim_now_ns(pods->sim);
}

/* Event by event until one more answer is there. */
static void
wait_answer(Pods *pods)
{
    guint before = pods->n_answers;
    gint64 limit_ns = sim_now_ns(pods->sim) + 60 * NS_PER_S;

    while (pods->n_answers == before && sim_next_ns(pods->sim) <= limit_ns)
        sim_step(pods->sim);
}

static void
on_sandbox(gpointer user, Sandbox *sandbox, const char *error)
{
    Pods *pods = user;

    pods->sandbox = sandbox;
    pods->error = error;
    answered(pods);
}

Sandbox *
pods_sandbox(Pods *pods, const char *name)
{
    static const char *const labels[] = {"app", "web", NULL};
    SandboxOptions options = {.namespace_ = "default",
                              .name = name,
                              .uid = name,
                              .labels = labels,
                              .pod_cidr = "10.244.1.0/24"};

    if (runtime_name_server(pods->runtime) != NULL)
        options.resolv_conf = str_internf("search default.svc.cluster.local svc.cluster.local cluster.local\n"
                                          "nameserver %s\noptions ndots:5\n",
                                          runtime_name_server(pods->runtime));
    runtime_run_sandbox(pods->runtime, &options, pods->owner, on_sandbox, pods);
    wait_answer(pods);
    return pods->sandbox;
}

static void
on_created(gpointer user, RtContainer *container, const char *error)
{
    Pods *pods = user;

    pods->container = container;
    pods->error = error;
    answered(pods);
}

static void
on_started(gpointer user, const char *error)
{
    Pods *pods = user;

    pods->error = error;
    answered(pods);
}

RtContainer *
pods_start_options(Pods *pods, Sandbox *sandbox, const RtContainerOptions *options)
{
    RtContainer *container;

    runtime_create_container(sandbox, options, pods->owner, on_created, pods);
    wait_answer(pods);
    container = pods->container;
    if (container == NULL)
        return NULL;
    runtime_start_container(container, pods->owner, on_started, pods);
    wait_answer(pods);
    return container;
}

RtContainer *
pods_start(Pods *pods, Sandbox *sandbox, const char *image, const char *script)
{
    const char *const command[] = {"sh", "-c", script, NULL};
    RtContainerOptions options = {.name = "app",
                                  .image = image,
                                  .command = script != NULL ? command : NULL};

    return pods_start_options(pods, sandbox, &options);
}

static void
on_plain(gpointer user)
{
    answered(user);
}

void
pods_stop(Pods *pods, RtContainer *container, gint64 grace_ns)
{
    runtime_stop_container(container, grace_ns, pods->owner, on_plain, pods);
    wait_answer(pods);
}

static void
on_exec(gpointer user, gint32 exit_code, const char *output, const char *errors)
{
    Pods *pods = user;

    pods->exec_code = exit_code;
    g_free(pods->exec_output);
    pods->exec_output = g_strdup_printf("%s%s", output, errors);
    answered(pods);
}

gint32
pods_exec(Pods *pods, RtContainer *container, const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};

    runtime_exec(container, argv, 10 * NS_PER_S, pods->owner, on_exec, pods);
    wait_answer(pods);
    return pods->exec_code;
}

static void
on_probe(gpointer user, gint32 result)
{
    Pods *pods = user;

    pods->probe_result = result;
    answered(pods);
}

gint32
pods_http(Pods *pods, RtContainer *container, gint32 port, const char *path)
{
    runtime_probe_http(container, port, path, NS_PER_S, pods->owner, on_probe, pods);
    wait_answer(pods);
    return pods->probe_result;
}

gint32
pods_tcp(Pods *pods, RtContainer *container, gint32 port)
{
    runtime_probe_tcp(container, port, NS_PER_S, pods->owner, on_probe, pods);
    wait_answer(pods);
    return pods->probe_result;
}
