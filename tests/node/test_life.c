/* test_life.c - restarts of the kubelet and its machine, refusals, hooks, missing objects */

#include "tests/node/lab.h"

#include <check.h>

Suite *life_suite(void);

static const char sleeper[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                              "  terminationGracePeriodSeconds: 3\n"
                              "  containers:\n"
                              "  - name: app\n"
                              "    image: registry.local/app:1\n"
                              "    command: [sh, -c, sleep 1000000]\n";

static void
ck_between(const char *what, gint64 got, gint64 low, gint64 high)
{
    ck_assert_msg(got >= low && got <= high, "%s: %d ms, want %d..%d", what, (int)got, (int)low,
                  (int)high);
}

static const ContainerStatus *
app_status(Lab *lab)
{
    return &pod_status(lab_pod(lab, "p"))->container_statuses.items[0];
}

/* Containers outlive the kubelet, and are adopted: same id, no restart. */
START_TEST(test_kubelet_restart)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    const char *id;

    lab_apply(lab, sleeper);
    lab_run(lab, 10000);
    id = app_status(lab)->container_id;
    process_crash(kubelet_process(lab->kubelets[0]), 5 * NS_PER_S);
    lab_run(lab, 40000);
    ck_assert_ptr_eq(app_status(lab)->container_id, id);
    ck_assert_int_eq(app_status(lab)->restart_count, 0);
    ck_assert(pod_condition_true(lab_pod(lab, "p"), "Ready"));
    ck_assert_int_eq(lab_count_event(lab, "p", "Started"), 1);
    lab_delete(lab, "p", -1);
    lab_run(lab, 50000);
    ck_between("gone", lab_when_gone(lab, "p"), 43000, 45500);
    lab_free(lab);
}
END_TEST

/*
 * What a new kubelet says of a container with a readiness probe, before that has run: v1.34 prober_manager.go
 * UpdatePodStatus (ready while there is no worker, then not until the first success), v1.35
 * setReadyStateOnKubeletRestart (as ready as the pod has been, if it ran 10 s before the kubelet began)
 */
static const struct {
    guint version_minor;
    gint64 crash_ms;
    const char *probe;
    guint changes; /* of the pod's Ready, from the crash on */
} restart_cases[] = {
    {34, 15000, "true", 2},  /* ready, not ready, ready */
    {34, 15000, "false", 2}, /* not ready, ready, not ready */
    {35, 15000, "true", 0},
    {35, 15000, "false", 0},
    {35, 1500, "true", 2}, /* too young */
};

START_TEST(test_readiness_over_restart)
{
    Lab *lab = lab_new(
        &(LabOptions){.seed = 1, .cluster_dns = TRUE, .version_minor = restart_cases[_i].version_minor});
    guint first;
    guint changes = 0;
    gboolean was_ready;

    lab_apply(lab, str_internf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                               "  containers:\n"
                               "  - name: app\n"
                               "    image: registry.local/app:1\n"
                               "    command: [sleep, '1000']\n"
                               "    readinessProbe: {exec: {command: [\"%s\"]}, periodSeconds: 3}\n",
                               restart_cases[_i].probe));
    lab_run(lab, restart_cases[_i].crash_ms);
    first = lab->log->len;
    was_ready = pod_is_ready(lab_pod(lab, "p"));
    process_crash(kubelet_process(lab->kubelets[0]), 2 * NS_PER_S);
    lab_run(lab, 40000);
    for (guint i = first; i < lab->log->len; i++) {
        const ApiObject *object = g_array_index(lab->log, LabRecord, i).object;

        if (object->kind != &pod_kind || pod_is_ready(object) == was_ready)
            continue;
        was_ready = !was_ready;
        changes++;
    }
    ck_assert_uint_eq(changes, restart_cases[_i].changes);
    lab_free(lab);
}
END_TEST

static gboolean
set_unschedulable(ApiObject *node, gpointer is_unschedulable)
{
    ((NodeSpec *)api_edit_spec(node))->unschedulable = GPOINTER_TO_INT(is_unschedulable);
    return TRUE;
}

static void
cordon(Lab *lab, const char *node, gboolean is_unschedulable)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &node_kind, NULL, str_intern(node));

    request->mutate = set_unschedulable;
    request->mutate_data = GINT_TO_POINTER(is_unschedulable);
    ck_assert_int_eq(lab_call(lab, request), 200);
}

/* v1.34 kubelet_node_status.go, recordNodeSchedulableEvent: at the next of the looks that come every 10 s; anew after a restart */
START_TEST(test_schedulable_events)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    gint64 told;

    lab_run(lab, 20000);
    cordon(lab, "node-a", TRUE);
    lab_run(lab, 32000);
    told = lab_when_event(lab, "node-a", "NodeNotSchedulable", 1);
    ck_between("NodeNotSchedulable", told, 20000, 30100);
    ck_assert_str_eq(lab_event_message(lab, "node-a", "NodeNotSchedulable"), "Node node-a status is now: NodeNotSchedulable");
    ck_assert_int_eq(lab_count_event(lab, "node-a", "NodeSchedulable"), 0);
    cordon(lab, "node-a", FALSE);
    lab_run(lab, 52000);
    ck_between("NodeSchedulable", lab_when_event(lab, "node-a", "NodeSchedulable", 1), told + 9900, told + 20100);
    ck_assert_int_eq(lab_count_event(lab, "node-a", "NodeNotSchedulable"), 1);
    process_stop(kubelet_process(lab->kubelets[1]));
    cordon(lab, "node-b", TRUE);
    lab_run(lab, 70000);
    ck_assert_int_eq(lab_count_event(lab, "node-b", "NodeNotSchedulable"), 0);
    process_start(kubelet_process(lab->kubelets[1]));
    lab_run(lab, 72000);
    ck_assert_int_eq(lab_count_event(lab, "node-b", "NodeNotSchedulable"), 1);
    lab_free(lab);
}
END_TEST

/* A pod deleted by force while its kubelet is away: found and killed when it is back. */
START_TEST(test_orphan)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autoptr(GPtrArray) left = NULL;

    lab_apply(lab, sleeper);
    lab_run(lab, 10000);
    process_stop(kubelet_process(lab->kubelets[0]));
    lab_delete(lab, "p", 0);
    lab_run(lab, 15000);
    ck_assert_ptr_null(lab_pod(lab, "p"));
    process_start(kubelet_process(lab->kubelets[0]));
    lab_run(lab, 30000);
    left = runtime_list_containers(lab->runtimes[0]);
    ck_assert_uint_eq(left->len, 0);
    lab_free(lab);
}
END_TEST

/* Reboot: a new sandbox, the container again, restart count up, event on the node. */
START_TEST(test_reboot)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, sleeper);
    lab_run(lab, 10000);
    machine_power_off(lab->machines[0]);
    lab_run(lab, 20000);
    machine_power_on(lab->machines[0]);
    lab_run(lab, 60000);
    ck_assert(pod_condition_true(lab_pod(lab, "p"), "Ready"));
    ck_assert_int_eq(app_status(lab)->restart_count, 1);
    ck_assert_int_eq(lab_count_event(lab, "p", "SandboxChanged"), 1);
    ck_assert_int_eq(lab_count_event(lab, "node-a", "Rebooted"), 1);
    lab_free(lab);
}
END_TEST

/* DELETE with grace 0: gone at once, the containers 2 s later. */
START_TEST(test_force_delete)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autoptr(GPtrArray) before = NULL;
    g_autoptr(GPtrArray) after = NULL;

    lab_apply(lab, sleeper);
    lab_run(lab, 10000);
    lab_delete(lab, "p", 0);
    lab_run(lab, 11500);
    ck_between("gone", lab_when_gone(lab, "p"), 10000, 10050);
    before = runtime_list_containers(lab->runtimes[0]);
    ck_assert_uint_eq(before->len, 1);
    lab_run(lab, 16000);
    ck_between("Killing", lab_when_event(lab, "p", "Killing", 1), 10000, 10100);
    after = runtime_list_containers(lab->runtimes[0]);
    ck_assert_uint_eq(after->len, 0);
    lab_free(lab);
}
END_TEST

/* A graceful deletion that becomes a shorter one. */
START_TEST(test_shorter_grace)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, sleeper);
    lab_run(lab, 10000);
    lab_delete(lab, "p", 60);
    lab_run(lab, 15000);
    lab_delete(lab, "p", 5);
    lab_run(lab, 40000);
    ck_between("gone", lab_when_gone(lab, "p"), 20000, 22000);
    lab_free(lab);
}
END_TEST

START_TEST(test_pending_deleted)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/none:1\"}\n");
    lab_run(lab, 20000);
    lab_delete(lab, "p", -1);
    lab_run(lab, 40000);
    ck_between("gone", lab_when_gone(lab, "p"), 20000, 27000);
    ck_between("failed", lab_when(lab, "p", pod_ended, "ContainerStatusUnknown", 0), 20000, 27000);
    lab_free(lab);
}
END_TEST

/* 0, 0.5, 1.5, 3.5, 7.5 s; the object that appears is found by the next attempt. */
START_TEST(test_failed_mount)
{
    static const gint64 after[] = {500, 1500, 3500, 7500};
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    gint64 first;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - name: app\n"
                   "    image: registry.local/app:1\n"
                   "    command: [sh, -c, cat /v/k; sleep 1000000]\n"
                   "    volumeMounts: [{name: v, mountPath: /v}]\n"
                   "  volumes: [{name: v, configMap: {name: x}}]\n");
    lab_run(lab, 9000);
    lab_apply(lab, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: hello}\n");
    lab_run(lab, 30000);
    first = lab_when_event(lab, "p", "FailedMount", 1);
    for (gint32 i = 0; i < 4; i++)
        ck_between("attempt", lab_when_event(lab, "p", "FailedMount", i + 2) - first, after[i],
                   after[i] + 100);
    ck_assert_int_eq(lab_count_event(lab, "p", "FailedMount"), 5);
    ck_assert_str_eq(lab_event_message(lab, "p", "FailedMount"),
                     "MountVolume.SetUp failed for volume \"v\" : configmap \"x\" not found");
    ck_between("started", lab_when_event(lab, "p", "Started", 1) - first, 15500, 16800);
    lab_free(lab);
}
END_TEST

/* v1.34 pkg/volume/hostpath/host_path_test.go, TestHostPathTypeCheckerInternal; in turn, on one machine */
static const struct {
    const char *type, *path, *error;
} host_cases[] = {
    {"", "/nowhere", NULL},
    {"Directory", "/var/log", NULL},
    {"Directory", "/nowhere", "hostPath type check failed: /nowhere is not a directory"},
    {"Directory", "/etc/hosts", "hostPath type check failed: /etc/hosts is not a directory"},
    {"DirectoryOrCreate", "/data/a", NULL},
    {"Directory", "/data/a", NULL},
    {"DirectoryOrCreate", "/etc/hosts", "hostPath type check failed: /etc/hosts is not a directory"},
    {"File", "/etc/hosts", NULL},
    {"File", "/var/log", "hostPath type check failed: /var/log is not a file"},
    {"File", "/data/f", "hostPath type check failed: /data/f is not a file"},
    {"FileOrCreate", "/data/f", NULL},
    {"File", "/data/f", NULL},
    {"FileOrCreate", "/data/a", "hostPath type check failed: /data/a is not a file"},
    {"Socket", "/run/containerd/containerd.sock", NULL},
    {"Socket", "/var/run/docker.sock", "hostPath type check failed: /var/run/docker.sock is not a socket file"},
    {"CharDevice", "/dev/null", NULL},
    {"CharDevice", "/etc/hosts", "hostPath type check failed: /etc/hosts is not a character device"},
    {"BlockDevice", "/dev/null", "hostPath type check failed: /dev/null is not a block device"},
    {"File", "/dev/null", NULL},
    {"Directory", "/dev/null", "hostPath type check failed: /dev/null is not a directory"},
};

START_TEST(test_host_path)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    for (guint i = 0; i < G_N_ELEMENTS(host_cases); i++) {
        const char *error = runtime_check_host_path(lab->runtimes[0], host_cases[i].path, host_cases[i].type);

        ck_assert_msg(str_is(error, host_cases[i].error), "%s %s: %s", host_cases[i].type, host_cases[i].path, error);
    }
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: registry.local/app:1, command: [sleep, '1000'], volumeMounts: [{name: v, mountPath: /v}]}\n"
                   "  volumes: [{name: v, hostPath: {path: /x, type: Directory}}]\n"
                   "---\n"
                   "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: registry.local/app:1, command: [sleep, '1000'], volumeMounts: [{name: v, mountPath: /v}]}\n"
                   "  volumes: [{name: v, hostPath: {path: /y, type: DirectoryOrCreate}}]\n");
    lab_run(lab, 10000);
    ck_assert_str_eq(lab_event_message(lab, "p", "FailedMount"),
                     "MountVolume.SetUp failed for volume \"v\" : hostPath type check failed: /x is not a directory");
    ck_assert(pod_waits(lab_pod(lab, "p"), "ContainerCreating"));
    ck_assert(pod_condition_true(lab_pod(lab, "q"), "Ready"));
    lab_free(lab);
}
END_TEST

START_TEST(test_missing_config)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - name: app\n"
                   "    image: registry.local/app:1\n"
                   "    command: [sh, -c, sleep 1000000]\n"
                   "    env: [{name: X, valueFrom: {configMapKeyRef: {name: x, key: k}}}]\n");
    lab_run(lab, 8000);
    ck_assert_str_eq(app_status(lab)->state.waiting->reason, "CreateContainerConfigError");
    ck_assert_str_eq(app_status(lab)->state.waiting->message, "configmap \"x\" not found");
    ck_assert_int_eq(lab_count_event(lab, "p", "Failed"), 2);
    lab_apply(lab, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: hello}\n");
    lab_run(lab, 30000);
    ck_between("started", lab_when_event(lab, "p", "Started", 1), 10000, 19000);
    lab_free(lab);
}
END_TEST

/* The first message of @pod's first container waiting for @reason. */
static const char *
waiting_message(Lab *lab, const char *pod, const char *reason)
{
    for (guint i = 0; i < lab->log->len; i++) {
        const LabRecord *record = &g_array_index(lab->log, LabRecord, i);

        if (record->object->kind == &pod_kind && str_is(api_name(record->object), pod) && pod_waits(record->object, reason))
            return pod_status(record->object)->container_statuses.items[0].state.waiting->message;
    }
    return NULL;
}

START_TEST(test_post_start)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    gint64 at;

    lab_apply(lab,
              "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
              "  terminationGracePeriodSeconds: 3\n"
              "  containers:\n"
              "  - name: app\n"
              "    image: registry.local/app:1\n"
              "    command: [sh, -c, sleep 1000000]\n"
              "    lifecycle: {postStart: {exec: {command: [sh, -c, \"echo no; exit 5\"]}}}\n");
    lab_run(lab, 30000);
    at = lab_when(lab, "p", pod_waits, "PostStartHookError", 0);
    ck_between("PostStartHookError", at, 3400, 5500);
    ck_assert_int_eq(lab_when(lab, "p", pod_runs, NULL, 0), -1);
    ck_assert_str_eq(lab_event_message(lab, "p", "Killing"), "FailedPostStartHook");
    lab_free(lab);
}
END_TEST

/* kuberuntime_container.go startContainer, containerd v1.6 container_start.go: nothing to execute. */
START_TEST(test_start_error)
{
#define NO_TASK                                                                                 \
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: "    \
    "runc create failed: unable to start container process: exec: "
    static const struct {
        const char *word, *policy, *want;
    } cases[] = {
        {"nosuch", "Always", NO_TASK "\"nosuch\": executable file not found in $PATH: unknown"},
        {"/app/run", "Always", NO_TASK "\"/app/run\": stat /app/run: no such file or directory: unknown"},
        {"nosuch", "Never", NO_TASK "\"nosuch\": executable file not found in $PATH: unknown"},
    };
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                        "  terminationGracePeriodSeconds: 1\n  restartPolicy: %s\n"
                        "  containers: [{name: app, image: \"registry.local/app:1\", command: [\"%s\"]}]\n",
                        cases[_i].policy, cases[_i].word);
    g_autofree char *event = g_strconcat("Error: ", cases[_i].want, NULL);
    const ContainerStatus *status;
    const ContainerStateTerminated *ended;

    lab_apply(lab, yaml);
    lab_run(lab, 2500);
    ck_assert_str_eq(lab_event_message(lab, "p", "Failed"), event);
    ck_assert_int_eq(lab_when(lab, "p", pod_runs, NULL, 0), -1);
    ck_assert_ptr_null(lab_event_message(lab, "p", "Started"));
    status = &pod_status(lab_pod(lab, "p"))->container_statuses.items[0];
    if (str_is(cases[_i].policy, "Always")) {
        ck_assert_str_eq(status->state.waiting->reason, "RunContainerError");
        ck_assert_str_eq(status->state.waiting->message, cases[_i].want);
        ended = status->last_state.terminated;
    } else {
        ended = status->state.terminated;
        ck_assert_str_eq(pod_status(lab_pod(lab, "p"))->phase, "Failed");
    }
    ck_assert_int_eq(ended->exit_code, 128);
    ck_assert_str_eq(ended->reason, "StartError");
    ck_assert_str_eq(ended->message, cases[_i].want);
    ck_assert_int_eq(ended->started_at, API_TIME_EPOCH);
    lab_free(lab);
}
END_TEST

/*
 * prober.go probe, worker.go doProbe: what cannot be run says nothing about the container: an
 * event a period, no restart; handlers.go: a hook that cannot be run has failed, without output.
 */
#define NO_PROGRAM                                                                               \
    "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": " \
    "executable file not found in $PATH: unknown"

START_TEST(test_exec_of_nothing)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    const char *message;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  terminationGracePeriodSeconds: 2\n"
                   "  containers:\n"
                   "  - name: app\n"
                   "    image: registry.local/app:1\n"
                   "    command: [sh, -c, sleep 1000000]\n"
                   "    livenessProbe: {exec: {command: [nosuch]}, periodSeconds: 2, failureThreshold: 2}\n"
                   "---\n"
                   "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n"
                   "  terminationGracePeriodSeconds: 2\n"
                   "  containers:\n"
                   "  - name: app\n"
                   "    image: registry.local/app:1\n"
                   "    command: [sh, -c, sleep 1000000]\n"
                   "    lifecycle: {postStart: {exec: {command: [nosuch]}}}\n");
    lab_run(lab, 15000);
    message = lab_event_message(lab, "p", "Unhealthy");
    ck_assert(g_str_has_prefix(message, "Liveness probe errored and resulted in unknown state: rpc error: code = Unknown "
                                        "desc = failed to exec in container: failed to start exec \""));
    ck_assert(g_str_has_suffix(message, NO_PROGRAM));
    ck_assert_int_eq(pod_status(lab_pod(lab, "p"))->container_statuses.items[0].restart_count, 0);
    ck_assert_ptr_null(lab_event_message(lab, "p", "Killing"));
    ck_assert_str_eq(lab_event_message(lab, "q", "Killing"), "FailedPostStartHook");
    message = waiting_message(lab, "q", "PostStartHookError");
    ck_assert_ptr_nonnull(strstr(message, "failed - error: rpc error: code = Unknown desc = failed to exec in container: "));
    ck_assert(g_str_has_suffix(message, NO_PROGRAM ", message: \"\""));
    lab_free(lab);
}
END_TEST

/*
 * worker.go doProbe: the check that finds the container ended stores a failure, and that asks
 * for a sync at once, which meets the back-off: one event more, the status made anew under
 * the check that is still at work (what the sanitizers are here for).
 */
START_TEST(test_probe_of_an_ended_container)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    gint32 before;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - name: app\n"
                   "    image: registry.local/app:1\n"
                   "    command: [sh, -c, sleep 4; exit 1]\n"
                   "    livenessProbe: {exec: {command: [\"true\"]}, periodSeconds: 16}\n");
    /* ends at about 4.6 and 9.5 s; the next sync after that would come at 20 s or later */
    lab_run(lab, 14000);
    before = lab_count_event(lab, "p", "BackOff");
    ck_assert_int_ge(before, 1);
    lab_run(lab, 17500);
    ck_assert_int_eq(lab_count_event(lab, "p", "BackOff"), before + 1);
    ck_between("the tick", lab_when_event(lab, "p", "BackOff", before + 1), 16300, 17000);
    lab_free(lab);
}
END_TEST

/* The hook outlives the grace: SIGTERM then, SIGKILL 2 s later. */
START_TEST(test_long_pre_stop)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  terminationGracePeriodSeconds: 4\n"
                   "  containers:\n"
                   "  - name: app\n"
                   "    image: registry.local/app:1\n"
                   "    command: [sh, -c, sleep 1000000]\n"
                   "    lifecycle: {preStop: {exec: {command: [sh, -c, sleep 100]}}}\n");
    lab_run(lab, 10000);
    lab_delete(lab, "p", -1);
    lab_run(lab, 30000);
    ck_between("ended", lab_when(lab, "p", pod_ended, "Error", 0), 16000, 16500);
    ck_between("FailedPreStopHook", lab_when_event(lab, "p", "FailedPreStopHook", 1), 16000, 16100);
    lab_free(lab);
}
END_TEST

START_TEST(test_deadline)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  activeDeadlineSeconds: 5\n"
                   "  terminationGracePeriodSeconds: 3\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sh, -c, sleep "
                   "1000000]}\n");
    lab_run(lab, 30000);
    ck_assert_int_eq(lab_count_event(lab, "p", "DeadlineExceeded"), 4);
    ck_assert_str_eq(pod_status(lab_pod(lab, "p"))->reason, "DeadlineExceeded");
    ck_between("not ready", lab_when(lab, "p", pod_condition_false, "Ready", 4000), 5000, 6100);
    ck_between("Failed", lab_when(lab, "p", pod_phase_is, "Failed", 0), 8000, 11000);
    lab_free(lab);
}
END_TEST

START_TEST(test_rejected)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", resources: {requests: {cpu: "
                   "3}}}\n");
    lab_run(lab, 3000);
    ck_assert_str_eq(pod_status(lab_pod(lab, "p"))->reason, "OutOfcpu");
    ck_assert_str_eq(pod_status(lab_pod(lab, "p"))->message,
                     "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, "
                     "used: 0, capacity: 2000");
    ck_assert_int_eq(lab_count_event(lab, "p", "OutOfcpu"), 1);
    lab_delete(lab, "p", -1);
    lab_run(lab, 6000);
    ck_assert_int_ge(lab_when_gone(lab, "p"), 0);
    lab_free(lab);
}
END_TEST

/* A paused kubelet does nothing; what became due is done when it goes on. */
START_TEST(test_pause)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab,
              "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
              "  containers:\n"
              "  - {name: app, image: \"registry.local/app:1\", command: [sh, -c, sleep 12]}\n");
    lab_run(lab, 10000);
    process_pause(kubelet_process(lab->kubelets[0]));
    lab_run(lab, 60000);
    ck_assert_int_eq(lab_count_event(lab, "p", "Started"), 1);
    ck_assert(pod_condition_true(lab_pod(lab, "p"), "Ready"));
    process_resume(kubelet_process(lab->kubelets[0]));
    lab_run(lab, 65000);
    ck_assert_int_eq(lab_count_event(lab, "p", "Started"), 2);
    lab_free(lab);
}
END_TEST

/* Cut off for a while: the lease and the pods' changes get through after it. */
START_TEST(test_cut_off)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, sleeper);
    lab_run(lab, 10000);
    world_cut(lab->world, &lab->machines[0], 1, &lab->control_plane, 1);
    lab_run(lab, 20000);
    lab_delete(lab, "p", -1);
    lab_run(lab, 90000);
    ck_assert_int_eq(lab_when_gone(lab, "p"), -1);
    world_heal(lab->world, &lab->machines[0], 1, &lab->control_plane, 1);
    lab_run(lab, 160000);
    ck_between("gone", lab_when_gone(lab, "p"), 93000, 130000);
    lab_free(lab);
}
END_TEST

/*
 * v1.34 component-helpers/apimachinery/lease, ensureLease, and pkg/kubelet/util SetNodeOwnerFunc: a lease that was deleted
 * is made anew with the next renewal, but not while its Node is missing; the kubelet does not register a second time
 * (pkg/kubelet/kubelet_node_status.go, registerWithAPIServer)
 */
START_TEST(test_lease_of_deleted_node)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    const char *space = str_intern("kube-node-lease");
    const char *name = str_intern(machine_name(lab->machines[0]));

    lab_run(lab, 15000);
    ck_assert_ptr_nonnull(apiserver_peek(lab->server, &lease_kind, space, name));
    lab_call(lab, api_request_new(VERB_DELETE, &lease_kind, space, name));
    lab_run(lab, 30000);
    ck_assert_ptr_nonnull(apiserver_peek(lab->server, &lease_kind, space, name));
    lab_call(lab, api_request_new(VERB_DELETE, &node_kind, NULL, name));
    lab_call(lab, api_request_new(VERB_DELETE, &lease_kind, space, name));
    lab_run(lab, 90000);
    ck_assert_ptr_null(apiserver_peek(lab->server, &lease_kind, space, name));
    ck_assert_ptr_null(apiserver_peek(lab->server, &node_kind, NULL, name));
    lab_free(lab);
}
END_TEST

/* A config map that changes: its files change with the next sync of the pod. */
START_TEST(test_config_refresh)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autoptr(GPtrArray) containers = NULL;
    g_autofree char *log = NULL;
    ApiRequest *request;

    lab_apply(lab, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: hello}\n"
                   "---\n"
                   "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - name: app\n"
                   "    image: registry.local/app:1\n"
                   "    command: [sh, -c, \"while true; do cat /v/k; sleep 10; done\"]\n"
                   "    volumeMounts: [{name: v, mountPath: /v}]\n"
                   "  volumes: [{name: v, configMap: {name: x}}]\n");
    lab_run(lab, 10000);
    request =
        api_request_new(VERB_DELETE, &config_map_kind, str_intern("default"), str_intern("x"));
    lab_call(lab, request);
    lab_apply(lab, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: changed}\n");
    lab_run(lab, 50000);
    containers = runtime_list_containers(lab->runtimes[0]);
    log = rt_container_log(containers->pdata[0]);
    ck_assert_ptr_null(strstr(log, "changed"));
    g_free(log);
    lab_run(lab, 120000);
    log = rt_container_log(containers->pdata[0]);
    ck_assert_ptr_nonnull(strstr(log, "changed"));
    lab_free(lab);
}
END_TEST

/*
 * Memory below 100Mi: the pod that takes most beyond its request goes, one a
 * round; the node says so until it was well for five minutes.
 */
START_TEST(test_eviction)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    const ApiObject *node;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: big}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [mem, \"14000\"]}\n"
                   "---\n"
                   "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [mem, \"10520\"]}\n");
    /* status_manager_test.go, TestMergePodStatus: why it goes is told with the phase, when nothing of it runs. */
    for (guint i = 0; i < 4000 && !pod_phase_is(lab_pod(lab, "big"), "Failed"); i++) {
        ck_assert(!pod_condition_true(lab_pod(lab, "big"), "DisruptionTarget"));
        lab_run(lab, 50 * (i + 1));
    }
    ck_assert(pod_phase_is(lab_pod(lab, "big"), "Failed"));
    ck_assert_str_eq(pod_status(lab_pod(lab, "big"))->reason, "Evicted");
    ck_assert(pod_condition_true(lab_pod(lab, "big"), "DisruptionTarget"));
    ck_assert(g_str_has_prefix(pod_status(lab_pod(lab, "big"))->message,
                               "The node was low on resource: memory. Threshold quantity: 100Mi, "
                               "available: "));
    ck_assert(pod_phase_is(lab_pod(lab, "p"), "Running"));
    lab_run(lab, 200000);
    ck_assert_int_eq(lab_count_event(lab, "node-a", "EvictionThresholdMet"), 1);
    node = apiserver_peek(lab->server, &node_kind, NULL, str_intern("node-a"));
    ck_assert(condition_is(&node_status(node)->conditions, "MemoryPressure", "True"));
    lab_run(lab, 600000);
    node = apiserver_peek(lab->server, &node_kind, NULL, str_intern("node-a"));
    ck_assert(condition_is(&node_status(node)->conditions, "MemoryPressure", "False"));
    lab_free(lab);
}
END_TEST

/* v1.34 pkg/kubelet/oom/oom_watcher_linux.go: who is killed for want of the machine's memory is told, not who for his own limit. */
START_TEST(test_system_oom)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    const char *text;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: own}\nspec:\n  restartPolicy: Never\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [mem, \"200\"], resources: {limits: {memory: 100Mi}}}\n");
    lab_run(lab, 20000);
    ck_assert(pod_ended(lab_pod(lab, "own"), "OOMKilled"));
    ck_assert_int_eq(lab_count_event(lab, "node-a", "SystemOOM"), 0);
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: huge}\nspec:\n  restartPolicy: Never\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sh, -c, 'mem 300000']}\n");
    lab_run(lab, 900000);
    ck_assert(pod_ended(lab_pod(lab, "huge"), "OOMKilled"));
    ck_assert_int_eq(lab_count_event(lab, "node-a", "SystemOOM"), 1);
    text = lab_event_message(lab, "node-a", "SystemOOM");
    ck_assert(text != NULL && g_str_has_prefix(text, "System OOM encountered, victim process: sh, pid: "));
    lab_free(lab);
}
END_TEST

/*
 * kubelet_pods.go, HandlePodCleanups: each housekeeping forgets a back-off that was not updated for 600 s, also
 * while it holds: 450 s of running and 160 s of waiting are more than that.
 */
START_TEST(test_backoff_is_forgotten)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autoptr(GString) delays = g_string_new(NULL);
    const char *last = NULL;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sh, -c, 'sleep 450; exit 1']}\n");
    lab_run(lab, 4200000);
    for (guint i = 0; i < lab->log->len; i++) {
        const ApiObject *object = g_array_index(lab->log, LabRecord, i).object;
        const ContainerStateWaiting *waiting;

        if (object->kind != &pod_kind || pod_status(object)->container_statuses.count == 0)
            continue;
        waiting = pod_status(object)->container_statuses.items[0].state.waiting;
        if (waiting == NULL || !str_is(waiting->reason, "CrashLoopBackOff") || waiting->message == last)
            continue;
        last = waiting->message;
        g_string_append_printf(delays, "%.*s ", (int)strcspn(last + strlen("back-off "), " "), last + strlen("back-off "));
    }
    ck_assert_str_eq(delays->str, "10s 20s 40s 1m20s 2m40s 10s 20s ");
    lab_free(lab);
}
END_TEST

/* A quiet cluster: resyncs of pods that change nothing make no event. */
START_TEST(test_quiet)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    gint64 before;

    lab_apply(lab, sleeper);
    lab_run(lab, 60000);
    before = sim_counters(lab->sim).events;
    lab_run(lab, 660000);
    /* Two leases each 10 s, with their way through client, server, etcd and watch. */
    ck_assert_int_lt(sim_counters(lab->sim).events - before, 120 * 40);
    lab_delete(lab, "p", -1);
    lab_run(lab, 670000);
    ck_between("Killing", lab_when_event(lab, "p", "Killing", 1), 660000, 660100);
    lab_free(lab);
}
END_TEST

Suite *
life_suite(void)
{
    Suite *suite = suite_create("life");
    TCase *tcase = tcase_create("nodes");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_kubelet_restart);
    tcase_add_test(tcase, test_orphan);
    tcase_add_test(tcase, test_schedulable_events);
    tcase_add_loop_test(tcase, test_readiness_over_restart, 0, G_N_ELEMENTS(restart_cases));
    tcase_add_test(tcase, test_reboot);
    tcase_add_test(tcase, test_force_delete);
    tcase_add_test(tcase, test_shorter_grace);
    tcase_add_test(tcase, test_pending_deleted);
    tcase_add_test(tcase, test_failed_mount);
    tcase_add_test(tcase, test_host_path);
    tcase_add_test(tcase, test_missing_config);
    tcase_add_test(tcase, test_post_start);
    tcase_add_test(tcase, test_exec_of_nothing);
    tcase_add_test(tcase, test_probe_of_an_ended_container);
    tcase_add_loop_test(tcase, test_start_error, 0, 3);
    tcase_add_test(tcase, test_long_pre_stop);
    tcase_add_test(tcase, test_deadline);
    tcase_add_test(tcase, test_rejected);
    tcase_add_test(tcase, test_pause);
    tcase_add_test(tcase, test_cut_off);
    tcase_add_test(tcase, test_lease_of_deleted_node);
    tcase_add_test(tcase, test_config_refresh);
    tcase_add_test(tcase, test_eviction);
    tcase_add_test(tcase, test_system_oom);
    tcase_add_test(tcase, test_backoff_is_forgotten);
    tcase_add_test(tcase, test_quiet);
    suite_add_tcase(suite, tcase);
    return suite;
}
