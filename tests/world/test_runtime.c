/*
 * test_runtime.c - sandboxes, containers, images, power (memory: test_memory.c; what programs do: test_programs.c)
 *
 * Expectations: recordings of containerd nodes, the CRI's rules, cgroup v2.
 */

#include "tests/world/pods.h"

#include "base/duration.h"
#include "world/flow.h"
#include "world/rt.h"

Suite *runtime_suite(void);

#define MIB (G_GINT64_CONSTANT(1) << 20)

/* --- sandboxes ------------------------------------------------------------------------------ */

START_TEST(test_addresses_go_round)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *first = pods_sandbox(pods, "a");
    Sandbox *second;

    ck_assert_int_eq(pods_now_ms(pods), 150);
    ck_assert_str_eq(sandbox_ip(first), "10.244.1.2");
    ck_assert(world_find_sandbox_ip(pods->world, "10.244.1.2") == first);
    ck_assert_uint_eq(strlen(sandbox_id(first)), 64);
    runtime_stop_sandbox(first, pods->owner, NULL, NULL);
    sim_handle_drop(pods->sim, pods->owner);
    pods->owner = sim_handle_new(pods->sim, pods);
    pods_run(pods, NS_PER_S);
    ck_assert(!sandbox_is_ready(first));
    ck_assert(world_find_sandbox_ip(pods->world, "10.244.1.2") == NULL);
    /* four fifths of the teardown */
    ck_assert_int_eq(world_address_gone_ns(pods->world, "10.244.1.2"), 230 * NS_PER_MS);
    second = pods_sandbox(pods, "b");
    ck_assert_str_eq(sandbox_ip(second), "10.244.1.3");
    runtime_remove_sandbox(first);
    pods_free(pods);
}
END_TEST

START_TEST(test_stopping_a_sandbox_kills_what_runs_in_it)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    RtContainer *container = pods_start(pods, sandbox, "busybox", "sleep 1000");

    runtime_stop_sandbox(sandbox, (SimHandle){0}, NULL, NULL);
    ck_assert_int_eq(rt_container_state(container), RT_EXITED);
    ck_assert_int_eq(rt_container_exit_code(container), 137);
    pods_free(pods);
}
END_TEST

/*
 * What is not a pod's works in system.slice with 1024 shares: n threads of 40 ms on two
 * cores and a container compete. cgroup v1: a container without requests has 2 shares.
 */
typedef struct {
    Sim *sim;
    gint64 done_ns;
} Watch;

static void
on_computed(gpointer user)
{
    Watch *watch = user;

    watch->done_ns = sim_now_ns(watch->sim);
}

static gint64
rounded_ms(gint64 ns)
{
    return (ns + NS_PER_MS / 2) / NS_PER_MS;
}

static const struct {
    const char *name;
    guint n_loads;
    gint64 request_milli;
    gint64 computed_ms; /* 10 ms of work, wanted at the same time */
} contended[] = {
    {"one at a time leaves a core", 1, 0, 10},
    {"two take both cores, a pod without requests waits for them", 2, 0, 50},
    /* 2 cores for 3 threads of work of 40 ms: 60 ms, then the container */
    {"three take longer themselves", 3, 0, 70},
    /* 1000 and 1000: a core each */
    {"a request is heeded", 2, 1000, 10},
};

START_TEST(test_the_work_of_a_machine_takes_cpu)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "web");
    RtContainerOptions options = {.name = "app",
                                  .image = "registry.local/app:1",
                                  .cpu_milli_request = contended[_i].request_milli};
    static const char *const command[] = {"sleep", "3600", NULL};
    RtContainer *container;
    CpuJob job = {0};
    Watch watch = {pods->sim, 0};
    gint64 begin_ns;

    options.command = command;
    container = pods_start_options(pods, sandbox, &options);
    begin_ns = sim_now_ns(pods->sim);
    for (guint i = 0; i < contended[_i].n_loads; i++)
        runtime_load(pods->runtime, 40 * NS_PER_MS);
    cpu_job_start(&container->cpu, &job, 10 * NS_PER_MS, on_computed, &watch);
    pods_run(pods, NS_PER_S);
    ck_assert_msg(rounded_ms(watch.done_ns - begin_ns) == contended[_i].computed_ms,
                  "%s: computed after %" G_GINT64_FORMAT " ns", contended[_i].name, watch.done_ns - begin_ns);
    pods_free(pods);
}
END_TEST

/*
 * Linux: rtnl_lock, one worker for namespaces. Recorded: an address is gone 70..100 ms after
 * the process where one pod ends, 200..350 ms where several do.
 */
static const struct {
    guint n_teardowns;
    gint64 gone_ms; /* 80 ms of the plugin's work each; each further one costs one and a half */
} crowds[] = {{1, 80}, {2, 200}, {3, 320}};

START_TEST(test_addresses_go_one_at_a_time)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start(pods, pods_sandbox(pods, "web"), "busybox", "sleep 1000");
    Sandbox *others[3];
    CpuJob job = {0};
    Watch watch = {pods->sim, 0};
    gint64 begin_ns;

    for (guint i = 0; i < crowds[_i].n_teardowns; i++)
        others[i] = pods_sandbox(pods, "other");
    begin_ns = sim_now_ns(pods->sim);
    for (guint i = 0; i < crowds[_i].n_teardowns; i++)
        runtime_stop_sandbox(others[i], (SimHandle){0}, NULL, NULL);
    cpu_job_start(&container->cpu, &job, 10 * NS_PER_MS, on_computed, &watch);
    pods_run(pods, NS_PER_S);
    for (guint i = 0; i < crowds[_i].n_teardowns; i++)
        ck_assert_int_eq(rounded_ms(world_address_gone_ns(pods->world, sandbox_ip(others[i])) - begin_ns),
                         crowds[_i].gone_ms);
    ck_assert_int_eq(rounded_ms(watch.done_ns - begin_ns), 10); /* the other core is free */
    pods_free(pods);
}
END_TEST

/* --- containers -------------------------------------------------------------------------------- */

START_TEST(test_life_of_a_container)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    RtContainerOptions options = {.name = "app", .image = "registry.local/app:1"};
    static const char *const command[] = {"sleep", "3600", NULL};
    guint64 generation;
    RtContainer *container;

    options.command = command;
    container = pods_start_options(pods, sandbox, &options);
    /* sandbox 150 ms, create a sixth of 60 ms, start 60 ms */
    ck_assert_int_eq(pods_now_ms(pods), 220);
    ck_assert_int_eq(rt_container_state(container), RT_RUNNING);
    ck_assert(g_str_has_prefix(rt_container_id(container), "containerd://"));
    ck_assert_uint_eq(strlen(rt_container_id(container)), strlen("containerd://") + 64);
    ck_assert_int_eq(rt_container_started_wall_ns(container), sim_wall_ns(pods->sim));
    generation = runtime_generation(pods->runtime);
    pods_run(pods, 100 * NS_PER_S);
    ck_assert(runtime_generation(pods->runtime) == generation);
    rt_container_kill(container, 9);
    ck_assert_int_eq(rt_container_exit_code(container), 137);
    ck_assert_str_eq(rt_container_exit_reason(container), "Error");
    ck_assert(runtime_generation(pods->runtime) != generation);
    runtime_remove_container(container);
    pods_free(pods);
}
END_TEST

/*
 * containerd v1.6 pkg/process/init.go: a signal is a `runc kill`, here 15 ms of a core; then
 * PID 1 needs a core, too, here 1 ms, before its trap can run.
 */
static const struct {
    const char *name, *script;
    guint n_loads; /* of 40 ms, at the same time */
    gint64 ended_ms;
    gint32 exit_code;
} signals[] = {
    {"idle", "trap 'exit 3' TERM; sleep 1000 & wait", 0, 16, 3},
    /* 95 ms of work on two cores: 47.5 ms; 2 of 1002 shares of them have done a twentieth of its own */
    {"starved", "trap 'exit 3' TERM; sleep 1000 & wait", 2, 48, 3},
    {"not heeded", "trap '' TERM; sleep 1000 & wait", 0, 515, 137},
};

START_TEST(test_signals_take_cpu)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start(pods, pods_sandbox(pods, "a"), "busybox", signals[_i].script);
    gint64 begin_ns;

    pods->runtime->options.kill = DIST_CONST(15 * NS_PER_MS);
    pods->runtime->options.react = DIST_CONST(NS_PER_MS);
    pods_run(pods, NS_PER_S);
    begin_ns = sim_wall_ns(pods->sim);
    for (guint i = 0; i < signals[_i].n_loads; i++)
        runtime_load(pods->runtime, 40 * NS_PER_MS);
    pods_stop(pods, container, 500 * NS_PER_MS);
    ck_assert_int_eq(rt_container_exit_code(container), signals[_i].exit_code);
    ck_assert_msg(rounded_ms(rt_container_finished_wall_ns(container) - begin_ns) == signals[_i].ended_ms,
                  "%s: ended after %" G_GINT64_FORMAT " ns", signals[_i].name,
                  rt_container_finished_wall_ns(container) - begin_ns);
    pods_free(pods);
}
END_TEST

/* containerd v1.6 container_execsync.go: what runs beside PID 1 is killed with it; then nothing can be run. */
START_TEST(test_exec_and_the_end_of_a_container)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start(pods, pods_sandbox(pods, "a"), "busybox", "sleep 2");

    ck_assert_int_eq(pods_exec(pods, container, "exit 4"), 4);
    ck_assert_int_eq(pods_exec(pods, container, "echo err >&2; echo out; exit 1"), 1);
    ck_assert_str_eq(pods->exec_output, "out\nerr\n"); /* one stream after the other */
    ck_assert_int_eq(pods_exec(pods, container, "echo x; sleep 100"), 137);
    ck_assert_str_eq(pods->exec_output, "x\n");
    ck_assert_int_eq(pods_exec(pods, container, "exit 4"), RT_EXEC_REFUSED);
    ck_assert_str_eq(pods->exec_output, "failed to exec in container: container is in CONTAINER_EXITED state");
    pods_free(pods);
}
END_TEST

START_TEST(test_grace_can_only_shrink)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start(pods, pods_sandbox(pods, "a"), "busybox", "sleep 1000");
    gint64 begin_ns = sim_now_ns(pods->sim);

    runtime_stop_container(container, 30 * NS_PER_S, (SimHandle){0}, NULL, NULL);
    pods_run(pods, NS_PER_S);
    runtime_stop_container(container, 60 * NS_PER_S, (SimHandle){0}, NULL, NULL);
    pods_run(pods, NS_PER_S);
    pods_stop(pods, container, 3 * NS_PER_S);
    ck_assert_int_eq(pods->answered_ns - begin_ns, 5 * NS_PER_S);
    ck_assert_int_eq(rt_container_exit_code(container), 137);
    pods_free(pods);
}
END_TEST

START_TEST(test_answers_are_dropped_with_the_caller_but_work_goes_on)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    RtContainer *container = pods_start(pods, sandbox, "busybox", "sleep 1000");
    guint n_answers = pods->n_answers;
    g_autoptr(GPtrArray) list = NULL;

    runtime_stop_container(container, NS_PER_S, pods->owner, NULL, NULL);
    sim_handle_drop(pods->sim, pods->owner);
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_uint_eq(pods->n_answers, n_answers);
    ck_assert_int_eq(rt_container_state(container), RT_EXITED);
    list = runtime_list_containers(pods->runtime);
    ck_assert_uint_eq(list->len, 1);
    pods->owner = sim_handle_new(pods->sim, pods);
    pods_free(pods);
}
END_TEST

START_TEST(test_volumes_are_shared_and_outlive_containers)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    static const char *const files[] = {"key", "value", NULL};
    RtMount mounts[] = {
        {.path = "/data", .volume_id = "pod-a/scratch"},
        {.path = "/etc/config", .volume_id = "pod-a/config", .read_only = TRUE, .files = files},
        {.path = "/host", .volume_id = "host:/var/data"},
    };
    static const char *const write[] =
        {"sh", "-c",
         "echo x > /data/f; cp /data/f /host/f; echo y > /etc/config/z; cat /etc/config/key", NULL};
    static const char *const look[] = {"sh", "-c", "cat /other/f; sleep 100", NULL};
    RtContainerOptions options = {.name = "w",
                                  .image = "busybox",
                                  .command = write,
                                  .mounts = mounts,
                                  .n_mounts = 3};
    RtMount other = {.path = "/other", .volume_id = "pod-a/scratch"};
    RtContainer *container = pods_start_options(pods, sandbox, &options);
    g_autofree char *log = NULL;
    g_autofree char *second_log = NULL;

    pods_run(pods, NS_PER_S);
    log = rt_container_log(container);
    ck_assert_str_eq(log, "sh: can't create /etc/config/z: Read-only file system\nvalue");
    options.command = look;
    options.mounts = &other;
    options.n_mounts = 1;
    container = pods_start_options(pods, sandbox, &options);
    pods_run(pods, NS_PER_S);
    second_log = rt_container_log(container);
    ck_assert_str_eq(second_log, "x\n");
    pods_free(pods);
}
END_TEST

/* kubelet pkg/kubelet/kuberuntime/logs: a line has the time when it was begun; a partial one no newline. */
START_TEST(test_log_times)
{
    static const char *const say[] = {"sh", "-c", "echo a; sleep 2; echo b; printf c; sleep 100", NULL};
    RtContainerOptions options = {.name = "w", .image = "busybox", .command = say};
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    g_autofree char *log = NULL;
    g_auto(GStrv) lines = NULL;
    gint64 first_ns, second_ns;

    pods_run(pods, 5 * NS_PER_S);
    log = rt_container_log_with_times(container);
    lines = g_strsplit(log, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), 3);
    for (guint i = 0; i < 3; i++) {
        ck_assert_uint_eq(strcspn(lines[i], " "), strlen("2026-01-05T09:00:00.123456789Z"));
        ck_assert_int_eq(lines[i][31], "abc"[i]);
        lines[i][30] = '\0';
    }
    ck_assert(time_parse_rfc3339(lines[0], &first_ns) && time_parse_rfc3339(lines[1], &second_ns));
    ck_assert_int_ge(second_ns - first_ns, 2 * NS_PER_S);
    ck_assert_int_lt(second_ns - first_ns, 2 * NS_PER_S + NS_PER_S / 10);
    pods_free(pods);
}
END_TEST

/* What stats of a container and of a volume count: its writable layer and log; the volume's own files. */
START_TEST(test_disk_use)
{
    static const char *const write[] = {
        "sh", "-c", "dd if=/dev/zero of=/tmp/f bs=1M count=20; dd if=/dev/zero of=/data/g bs=1M count=3; "
                    "cp /data/g /data/h; rm /tmp/f; echo -n 12345; sleep 100", NULL};
    RtMount mount = {.path = "/data", .volume_id = "pod-a/scratch"};
    RtContainerOptions options = {
        .name = "w", .image = "busybox", .command = write, .mounts = &mount, .n_mounts = 1};
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);

    pods_run(pods, 10 * NS_PER_MS);
    ck_assert_int_eq(rt_container_disk_bytes(container), 20 << 20);
    pods_run(pods, NS_PER_S);
    ck_assert_int_eq(rt_container_disk_bytes(container), 5);
    ck_assert_int_eq(runtime_volume_bytes(pods->runtime, "pod-a/scratch"), 6 << 20);
    ck_assert_int_eq(runtime_volume_bytes(pods->runtime, "none"), 0);
    pods_free(pods);
}
END_TEST

/* busybox 1.36 dd: units of bs; what no disk holds is no reason to overflow, and no file costs its size in memory. */
START_TEST(test_large_files)
{
    static const struct {
        const char *script;
        gint64 want;
    } files[] = {
        {"dd if=/dev/zero of=/tmp/f bs=2G count=3; sleep 100", (gint64)6 << 30},
        {"dd if=/dev/zero of=/tmp/f bs=1k count=1K; sleep 100", 1 << 20},
        {"dd if=/dev/zero of=/tmp/f bs=9223372036854775807 count=9223372036854775807; sleep 100", (gint64)1 << 55},
        {"dd if=/dev/zero of=/tmp/f bs=0 count=9223372036854775807; sleep 100", 0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        const char *const command[] = {"sh", "-c", files[i].script, NULL};
        RtContainerOptions options = {.name = "w", .image = "busybox", .command = command};
        Pods *pods = pods_new(NULL, 0, NULL, 0);
        RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);

        pods_run(pods, 10 * NS_PER_MS);
        ck_assert_msg(rt_container_disk_bytes(container) == files[i].want, "%s: got %" G_GINT64_FORMAT, files[i].script, rt_container_disk_bytes(container));
        pods_free(pods);
    }
}
END_TEST

/*
 * v1.34 kuberuntime_container.go, getTerminationMessage and readLastStringFromContainerLogs;
 * pkg/kubelet/container: 4096 bytes of the file, 80 lines and 2048 bytes of the log, each from the end.
 */
static const struct {
    const char *rule, *script, *path;
    gboolean logs_on_error;
    const char *want; /* NULL: none */
    gsize want_length; /* 0: all of want */
} word_cases[] = {
    {"the file", "echo bye > /dev/termination-log; exit 1", NULL, FALSE, "bye\n", 0},
    {"another file", "echo bye > /tmp/end; exit 0", "/tmp/end", FALSE, "bye\n", 0},
    {"no file", "echo hello; exit 1", NULL, FALSE, NULL, 0},
    {"the log after a failure", "echo hello; exit 1", NULL, TRUE, "hello\n", 0},
    {"not after success", "echo hello; exit 0", NULL, TRUE, NULL, 0},
    {"the file before the log", "echo hello; echo bye > /dev/termination-log; exit 1", NULL, TRUE, "bye\n", 0},
    {"80 lines", "i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); done; exit 1", NULL, TRUE, "20\n21\n", 240},
    {"2048 bytes", "i=0; while [ $i -lt 70 ]; do echo 123456789012345678901234567890123456789; i=$((i+1)); done; exit 1",
     NULL, TRUE, "3456789\n1234", 2048},
    {"4096 bytes of the file",
     "i=0; while [ $i -lt 110 ]; do echo 123456789012345678901234567890123456789 >> /dev/termination-log; "
     "i=$((i+1)); done; exit 1",
     NULL, TRUE, "56789012", 4096},
};

START_TEST(test_last_words)
{
    __typeof__(&word_cases[0]) c = &word_cases[_i];
    const char *const command[] = {"sh", "-c", c->script, NULL};
    RtContainerOptions options = {.name = "w",
                                  .image = "busybox",
                                  .command = command,
                                  .message_path = c->path,
                                  .logs_on_error = c->logs_on_error};
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    const char *got;

    pods_run(pods, 5 * NS_PER_S);
    ck_assert_int_eq(rt_container_state(container), RT_EXITED);
    got = rt_container_message(container);
    if (c->want == NULL || c->want_length == 0) {
        ck_assert_msg(str_is(got, c->want), "%s: %s", c->rule, got);
    } else {
        ck_assert_msg(g_str_has_prefix(got, c->want), "%s: %.20s", c->rule, got);
        ck_assert_uint_eq(strlen(got), c->want_length);
    }
    pods_free(pods);
}
END_TEST

/* --- images ----------------------------------------------------------------------------------------------- */

static void
on_pulled(gpointer user, const char *error, gint64 pull_ns, gint64 size_bytes)
{
    Pods *pods = user;

    pods->error = error;
    pods->pull_ns = pull_ns;
    pods->pull_bytes = size_bytes;
    pods->n_answers++;
    pods->answered_ns = sim_now_ns(pods->sim);
}

static void
pull(Pods *pods, Runtime *runtime, const char *image)
{
    runtime_pull(runtime, image, pods->owner, on_pulled, pods);
}

static const ImageRule image_rules[] = {
    {.match = "*", .size_bytes = 80 * 1000 * 1000},
    {.match = "registry.local/app:*", .is_present = TRUE},
    {.match = "registry.local/none:*", .is_missing = TRUE, .delay_ns = 5 * NS_PER_S},
    {.match = "nosuch:*", .is_missing = TRUE},
};

/* 80 MB: 0.7 s + 0.8 s on a link of 100 MB/s + 200 MB unpacked at 80 MB/s = 2.5 s */
START_TEST(test_pull_takes_base_link_and_unpacking)
{
    Pods *pods = pods_new(image_rules, G_N_ELEMENTS(image_rules), NULL, 0);

    ck_assert(!runtime_has_image(pods->runtime, "nginx:1.27"));
    pull(pods, pods->runtime, "nginx:1.27");
    pods_run(pods, 10 * NS_PER_S);
    ck_assert(pods->error == NULL);
    ck_assert_int_eq(pods->pull_ns, 4000 * NS_PER_MS);
    ck_assert_int_eq(pods->pull_bytes, 80 * 1000 * 1000);
    ck_assert(runtime_has_image(pods->runtime, "nginx:1.27"));
    /* again, for policy Always: only the digest is looked up */
    pull(pods, pods->runtime, "nginx:1.27");
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_int_eq(pods->pull_ns, 300 * NS_PER_MS);
    pods_free(pods);
}
END_TEST

START_TEST(test_two_pulls_share_the_link)
{
    Pods *pods = pods_new(image_rules, G_N_ELEMENTS(image_rules), NULL, 0);

    pull(pods, pods->runtime, "nginx:1");
    pull(pods, pods->runtime, "nginx:2");
    pods_run(pods, 10 * NS_PER_S);
    /* 1.6 s on the link instead of 0.8 */
    ck_assert_uint_eq(pods->n_answers, 2);
    ck_assert_int_eq(pods->pull_ns, 4800 * NS_PER_MS);
    pods_free(pods);
}
END_TEST

/* 20 machines at 100 MB/s want 2 GB/s of a registry that gives 1 GB/s: 50 MB/s each, 1.6 s. */
START_TEST(test_registry_is_shared_by_all_machines)
{
    Pods *pods = pods_new(image_rules, G_N_ELEMENTS(image_rules), NULL, 0);
    RuntimeOptions options = {.pull_base = DIST_CONST(700 * NS_PER_MS)};

    for (guint i = 0; i < 20; i++) {
        Machine *machine = machine_new(pods->world, &(MachineOptions){.name = str_internf("n%u", i),
                                                                      .cpu_milli = 1000});

        pull(pods, runtime_new(machine, &options, image_rules, G_N_ELEMENTS(image_rules), NULL, 0),
             "nginx:1");
    }
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_uint_eq(pods->n_answers, 20);
    ck_assert_int_eq(pods->pull_ns, 4800 * NS_PER_MS);
    pods_free(pods);
}
END_TEST

START_TEST(test_missing_images)
{
    Pods *pods = pods_new(image_rules, G_N_ELEMENTS(image_rules), NULL, 0);

    ck_assert(runtime_has_image(pods->runtime, "registry.local/app:3"));
    pull(pods, pods->runtime, "registry.local/none:1");
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_int_eq(pods->pull_ns, 5 * NS_PER_S);
    ck_assert_str_eq(pods->error, "failed to pull and unpack image \"registry.local/none:1\": "
                                  "failed to resolve reference "
                                  "\"registry.local/none:1\": failed to do request: Head "
                                  "\"https://registry.local/v2/none/manifests/1\": dial tcp: "
                                  "lookup registry.local: Temporary failure in name resolution");
    pull(pods, pods->runtime, "nosuch:2");
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_str_eq(pods->error, "rpc error: code = NotFound desc = failed to pull and unpack "
                                  "image \"docker.io/library/nosuch:2\": failed to resolve "
                                  "reference \"docker.io/library/nosuch:2\": "
                                  "docker.io/library/nosuch:2: not found");
    pods_free(pods);
}
END_TEST

START_TEST(test_images_are_listed_by_size_and_can_be_removed)
{
    static const ImageRule rules[] = {{.match = "small:1", .size_bytes = 10, .is_present = TRUE},
                                      {.match = "b:1", .size_bytes = 100, .is_present = TRUE},
                                      {.match = "a:1", .size_bytes = 100, .is_present = TRUE}};
    Pods *pods = pods_new(rules, G_N_ELEMENTS(rules), NULL, 0);
    g_autoptr(GArray) list = runtime_list_images(pods->runtime);

    ck_assert_uint_eq(list->len, 3);
    ck_assert_str_eq(g_array_index(list, RtImage, 0).name, "a:1");
    ck_assert_str_eq(g_array_index(list, RtImage, 2).name, "small:1");
    ck_assert_int_eq(g_array_index(list, RtImage, 0).size_bytes, 250);
    runtime_remove_image(pods->runtime, "b:1");
    ck_assert(!runtime_has_image(pods->runtime, "b:1"));
    pods_free(pods);
}
END_TEST

/* --- power ------------------------------------------------------------------------------------------------------------ */

START_TEST(test_power_off_kills_silently_and_keeps_disks)
{
    Pods *pods = pods_new(image_rules, G_N_ELEMENTS(image_rules), NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    RtMount mount = {.path = "/host", .volume_id = "host:/var/data"};
    static const char *const command[] = {"sh", "-c", "echo kept > /host/f; mem 100", NULL};
    static const char *const look[] = {"cat", "/host/f", NULL};
    RtContainerOptions options = {.name = "app",
                                  .image = "nginx:1",
                                  .command = command,
                                  .mounts = &mount,
                                  .n_mounts = 1};
    RtContainer *container;
    gint64 booted_ns;
    guint64 generation;
    g_autofree char *log = NULL;

    pull(pods, pods->runtime, "nginx:1");
    pods_run(pods, 10 * NS_PER_S);
    container = pods_start_options(pods, sandbox, &options);
    pods_run(pods, 10 * NS_PER_S);
    generation = runtime_generation(pods->runtime);
    machine_power_off(pods->machine);
    ck_assert(world_find_sandbox_ip(pods->world, "10.244.1.2") == NULL);
    ck_assert(world_route_pod_ip(pods->world, "10.244.1.2") == pods->machine);
    pods_run(pods, 60 * NS_PER_S);
    machine_power_on(pods->machine);
    pods_run(pods, 5 * NS_PER_S);
    booted_ns = sim_wall_ns(pods->sim);
    ck_assert(runtime_generation(pods->runtime) != generation);
    ck_assert(!sandbox_is_ready(sandbox));
    ck_assert_int_eq(rt_container_state(container), RT_EXITED);
    ck_assert_int_eq(rt_container_exit_code(container), 255);
    ck_assert_int_eq(rt_container_finished_wall_ns(container), booted_ns);
    ck_assert(runtime_has_image(pods->runtime, "nginx:1"));
    /* the address stays reserved on disk until the sandbox is stopped */
    sandbox = pods_sandbox(pods, "b");
    ck_assert_str_eq(sandbox_ip(sandbox), "10.244.1.3");
    options.command = look;
    container = pods_start_options(pods, sandbox, &options);
    pods_run(pods, NS_PER_S);
    log = rt_container_log(container);
    ck_assert_str_eq(log, "kept\n");
    pods_free(pods);
}
END_TEST

START_TEST(test_calls_end_with_the_power)
{
    Pods *pods = pods_new(image_rules, G_N_ELEMENTS(image_rules), NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    RtContainer *container = pods_start(pods, sandbox, "busybox", "sleep 1000");
    guint n_answers = pods->n_answers;
    static const char *const argv[] = {"sleep", "5", NULL};

    pull(pods, pods->runtime, "nginx:1");
    runtime_exec(container, argv, 0, pods->owner, NULL, pods);
    runtime_stop_container(container, 30 * NS_PER_S, (SimHandle){0}, NULL, NULL);
    runtime_stop_sandbox(sandbox, pods->owner, NULL, pods);
    runtime_probe_tcp(container, 80, NS_PER_S, pods->owner, NULL, pods);
    pods_run(pods, NS_PER_MS / 10);
    machine_power_off(pods->machine);
    pods_run(pods, 60 * NS_PER_S);
    ck_assert_uint_eq(pods->n_answers, n_answers);
    pods_free(pods);
}
END_TEST

Suite *
runtime_suite(void)
{
    Suite *suite = suite_create("runtime");
    TCase *tcase = tcase_create("runtime");

    tcase_add_test(tcase, test_addresses_go_round);
    tcase_add_test(tcase, test_stopping_a_sandbox_kills_what_runs_in_it);
    tcase_add_loop_test(tcase, test_the_work_of_a_machine_takes_cpu, 0, G_N_ELEMENTS(contended));
    tcase_add_loop_test(tcase, test_addresses_go_one_at_a_time, 0, G_N_ELEMENTS(crowds));
    tcase_add_loop_test(tcase, test_signals_take_cpu, 0, G_N_ELEMENTS(signals));
    tcase_add_test(tcase, test_life_of_a_container);
    tcase_add_test(tcase, test_log_times);
    tcase_add_test(tcase, test_disk_use);
    tcase_add_test(tcase, test_large_files);
    tcase_add_loop_test(tcase, test_last_words, 0, G_N_ELEMENTS(word_cases));
    tcase_add_test(tcase, test_exec_and_the_end_of_a_container);
    tcase_add_test(tcase, test_grace_can_only_shrink);
    tcase_add_test(tcase, test_answers_are_dropped_with_the_caller_but_work_goes_on);
    tcase_add_test(tcase, test_volumes_are_shared_and_outlive_containers);
    tcase_add_test(tcase, test_pull_takes_base_link_and_unpacking);
    tcase_add_test(tcase, test_two_pulls_share_the_link);
    tcase_add_test(tcase, test_registry_is_shared_by_all_machines);
    tcase_add_test(tcase, test_missing_images);
    tcase_add_test(tcase, test_images_are_listed_by_size_and_can_be_removed);
    tcase_add_test(tcase, test_power_off_kills_silently_and_keeps_disks);
    tcase_add_test(tcase, test_calls_end_with_the_power);
    suite_add_tcase(suite, tcase);
    return suite;
}
