/*
 * runtime.h - the container runtime of a machine (containerd + CNI), and what runs in it
 *
 * The kubelet's only way to the world. All calls answer later, through a
 * callback, after the time the work takes; a call under way when the kubelet
 * dies still happens, its answer is dropped (drop the handle). Containers
 * outlive the kubelet; a machine's power-off kills them all and keeps images
 * and hostPath files.
 *
 * Containers share the machine's CPU by weight under CFS quota, hold memory,
 * are OOM-killed (137), run a program (AppProfile, or the shell's).
 */
#pragma once

#include "world/app.h"
#include "world/world.h"

typedef struct Runtime Runtime;
typedef struct Sandbox Sandbox; /* a pod's network namespace */
typedef struct RtContainer RtContainer;

/* --- images and registry, one per world --------------------------------------------------- */

typedef struct {
    const char *match;   /* glob on the full image name: "nginx:*", "*" */
    gint64 size_bytes;   /* compressed; 0: 90 MB */
    gboolean is_present; /* already on every machine */
    gboolean is_missing; /* the pull fails */
    gint64 delay_ns;     /* of a failing pull */
    const char *error;   /* of a failing pull; NULL: the registry's "not found" text */
} ImageRule;

typedef struct {
    const char *match_image;                           /* glob; NULL = any */
    const char *match_labels_key, *match_labels_value; /* pod label; NULL = any */
    AppProfile profile;
} AppRule;

typedef struct {
    Dist sandbox, cni, create_start, teardown, exec, pull_base,
        pull_present;            /* see node latencies */
    Dist kill;                   /* CPU that it takes to send a signal */
    Dist react;                  /* CPU that PID 1 takes to act on SIGTERM */
    gint64 registry_bytes_per_s; /* shared by all machines; 0: 1 GB/s */
    gint64 unpack_bytes_per_s;   /* 0: 80 MB/s */
} RuntimeOptions;

/* runtime_options_init: a small real node, image pulls as in a data centre. */
void runtime_options_init(RuntimeOptions *options);

/* Options NULL: the defaults. Rules are (borrowed) arrays that outlive the runtime; the last match wins. */
Runtime *runtime_new(Machine *machine,
                     const RuntimeOptions *options,
                     const ImageRule *images,
                     guint n_images,
                     const AppRule *apps,
                     guint n_apps);
void runtime_free(Runtime *runtime);
Runtime *machine_runtime(Machine *machine); /* NULL if the machine has none */
/* runtime_load: @work_ns of one core that something of the machine's own takes from its pods; nobody waits for the end. */
void runtime_load(Runtime *runtime, gint64 work_ns);

/* runtime_has_image: it is unpacked on this machine: no pull is needed. */
gboolean runtime_has_image(const Runtime *runtime, const char *image);
/* Present images, name and size, largest first then by name. */
typedef struct {
    const char *name;
    gint64 size_bytes; /* unpacked */
} RtImage;
GArray *runtime_list_images(const Runtime *runtime); /* (owned) of RtImage */

/* runtime_remove_image: image garbage collection. */
void runtime_remove_image(Runtime *runtime, const char *image);

/* runtime_pull: @error NULL if it worked; @pull_ns without queueing. Serial per machine is the kubelet's business. */
typedef void (*RtPullDone)(gpointer user, const char *error, gint64 pull_ns, gint64 size_bytes);
void
runtime_pull(Runtime *runtime, const char *image, SimHandle owner, RtPullDone done, gpointer user);

/* --- sandboxes ---------------------------------------------------------------------------- */

typedef struct {
    const char *namespace_, *name, *uid; /* of the pod */
    const char *const *labels; /* key, value, key, value, NULL; (borrowed, interned strings) */
    gboolean host_network;
    const char *pod_cidr; /* where the address comes from; host-local, round robin */
    gint64 cpu_milli_request;
    const char *hostname;    /* NULL: the pod's name */
    const char *hosts;       /* what follows its address in /etc/hosts; NULL: the name */
    const char *resolv_conf; /* /etc/resolv.conf; NULL or "": none */
} SandboxOptions;
typedef void (*RtSandboxDone)(gpointer user, Sandbox *sandbox, const char *error);
/*
 * runtime_run_sandbox: network namespace, address, pause container; takes the draws `sandbox` and `cni`. @options is copied.
 * The sandbox is (borrowed) from the runtime until runtime_remove_sandbox; NULL and @error: the words of the CNI plugin that gave no address.
 */
void runtime_run_sandbox(Runtime *runtime,
                         const SandboxOptions *options,
                         SimHandle owner,
                         RtSandboxDone done,
                         gpointer user);
/* runtime_stop_sandbox: kills what still runs in it, gives the address back. */
void
runtime_stop_sandbox(Sandbox *sandbox, SimHandle owner, void (*done)(gpointer user), gpointer user);
void runtime_remove_sandbox(Sandbox *sandbox); /* forget it and its containers; after stop */
const char *sandbox_ip(const Sandbox *sandbox);
const char *sandbox_pod_uid(const Sandbox *sandbox);
const char *sandbox_pod_namespace(const Sandbox *sandbox);
const char *sandbox_pod_name(const Sandbox *sandbox);
gboolean sandbox_is_ready(const Sandbox *sandbox);
gint64 sandbox_created_wall_ns(const Sandbox *sandbox);
const char *sandbox_id(const Sandbox *sandbox); /* 64 hex digits, interned */
Machine *sandbox_machine(const Sandbox *sandbox);

/* --- containers ------------------------------------------------------------------------------ */

typedef struct {
    const char *path; /* in the container */
    const char *
        volume_id; /* containers that name the same id share files; "host:/path" = the machine's disk */
    const char *sub_path;
    gboolean read_only;
    gboolean is_tmpfs; /* counts as memory */
    const char *const *
        files; /* initial contents: name, text, name, text, NULL (config maps, secrets); may be NULL */
} RtMount;

typedef struct {
    const char *name, *image;
    const char *const
        *command; /* entrypoint + args as in the pod, NULL-terminated; NULL: the image's own */
    const char *const *args;
    const char *const *env; /* "K=V", NULL-terminated */
    const RtMount *mounts;
    guint n_mounts;
    const gint32 *ports;                             /* container ports, 0-terminated */
    gint64 cpu_milli_request, cpu_milli_limit;       /* limit 0: none */
    gint64 memory_request_bytes, memory_limit_bytes; /* limit 0: none */
    gint32 oom_score_adj;
    const char *message_path; /* file for the last words; NULL: /dev/termination-log */
    gboolean logs_on_error;   /* after a failure without last words the end of the log stands for them */
    guint attempt; /* restart count: part of its id */
} RtContainerOptions;

/* runtime_write_volume: new contents of a volume (name, text, ..., NULL): a config map that changed. Other files go. */
void runtime_write_volume(Runtime *runtime, const char *volume_id, const char *const *files);
/* runtime_volume_bytes: what the files of a volume take. */
gint64 runtime_volume_bytes(const Runtime *runtime, const char *volume_id);
/* runtime_drop_volume: an emptyDir whose pod is gone. "host:" volumes are kept. */
void runtime_drop_volume(Runtime *runtime, const char *volume_id);
/*
 * runtime_set_resolver: who answers look-ups of names by programs (nslookup,
 * wget): the address (interned), or NULL for NXDOMAIN. Without one only
 * localhost and addresses are known. @name_server: its address, as kubelets are told.
 */
typedef const char *(*RtResolver)(gpointer self, Sandbox *sandbox, const char *name);
void runtime_set_resolver(Runtime *runtime, RtResolver resolve, gpointer self, const char *name_server);
const char *runtime_name_server(const Runtime *runtime); /* NULL: none */

typedef enum { RT_CREATED, RT_RUNNING, RT_EXITED } RtState;

typedef void (*RtCreateDone)(gpointer user, RtContainer *container, const char *error);
/*
 * runtime_create_container, runtime_start_container: in this order, once each; the image must be there. @options is copied.
 * @error NULL if it worked, else containerd's words. The container is (borrowed) until runtime_remove_container.
 */
void runtime_create_container(Sandbox *sandbox,
                              const RtContainerOptions *options,
                              SimHandle owner,
                              RtCreateDone done,
                              gpointer user);
typedef void (*RtStartDone)(gpointer user, const char *error);
void
runtime_start_container(RtContainer *container, SimHandle owner, RtStartDone done, gpointer user);
/* runtime_stop_container: SIGTERM, SIGKILL after @grace_ns; done when it has exited. Calling again with a shorter grace shortens it. */
typedef void (*RtStopDone)(gpointer user);
void runtime_stop_container(RtContainer *container,
                            gint64 grace_ns,
                            SimHandle owner,
                            RtStopDone done,
                            gpointer user);
void runtime_remove_container(RtContainer *container); /* exited ones */

RtState rt_container_state(const RtContainer *container);
const char *rt_container_id(const RtContainer *container); /* "containerd://<64 hex>", interned */
const char *rt_container_name(const RtContainer *container);
const char *rt_container_image(const RtContainer *container);
const char *rt_container_image_id(const RtContainer *container);
Sandbox *rt_container_sandbox(const RtContainer *container);
guint rt_container_attempt(const RtContainer *container);
gint64 rt_container_started_wall_ns(const RtContainer *container);
gint64 rt_container_finished_wall_ns(const RtContainer *container);
gint32 rt_container_exit_code(const RtContainer *container);
const char *
rt_container_exit_reason(const RtContainer *container); /* "Completed", "Error", "OOMKilled" */
const char *
rt_container_message(const RtContainer *container); /* termination message, may be NULL */
/* What `kubectl logs` shows: everything written to stdout and stderr. (owned) */
char *rt_container_log(const RtContainer *container);
/* rt_container_disk_bytes: its log, and the files that it wrote outside of volumes. */
gint64 rt_container_disk_bytes(const RtContainer *container);
/* The same, each line after the time when it was begun, as RFC 3339 with nine digits, and a blank. (owned) */
char *rt_container_log_with_times(const RtContainer *container);
gint64 rt_container_memory_bytes(const RtContainer *container);
/* rt_container_cpu_ns: CPU time it has had since it began; what cpuacct.usage says. */
gint64 rt_container_cpu_ns(RtContainer *container);
/* runtime_cpu_ns: CPU time that all its containers have had, those that are gone included. */
gint64 runtime_cpu_ns(Runtime *runtime);

/* runtime_list: every container / sandbox that exists, oldest first: what a PLEG relist sees. (owned arrays, borrowed items) */
GPtrArray *runtime_list_containers(const Runtime *runtime);
GPtrArray *runtime_list_sandboxes(const Runtime *runtime);
/* runtime_generation: changes whenever anything that a relist can see changed; a relist with the same value needs no look. */
guint64 runtime_generation(const Runtime *runtime);
/* runtime_set_disk_listener: called (phase WORLD) each time that containers have written @every_bytes more to the disk; NULL: nobody. */
void runtime_set_disk_listener(Runtime *runtime, gint64 every_bytes, void (*grew)(gpointer self), gpointer self);
/* runtime_check_host_path: NULL, or why @path cannot be a hostPath of @type ("": anything); makes it for ...OrCreate. (interned) */
const char *runtime_check_host_path(Runtime *runtime, const char *path, const char *type);
/* runtime_set_oom_listener: called (phase WORLD) when the kernel, without memory, has killed a process of a container. */
void runtime_set_oom_listener(Runtime *runtime, void (*killed)(gpointer self, const char *process, guint pid), gpointer self);
/* runtime_set_listener: called (phase WORLD) at each such change, so that idle kubelets need no relist events. */
void runtime_set_listener(Runtime *runtime,
                          void (*changed)(gpointer self, Sandbox *sandbox),
                          gpointer self);

/*
 * runtime_exec: run @argv inside (probes, hooks); what it wrote to its standard output and standard error. @exit_code -1:
 * timed out; 137 if the container ends meanwhile; RT_EXEC_REFUSED: it does not run, or has no such program: output says
 * so in containerd's words.
 */
#define RT_EXEC_REFUSED (-2)
typedef void (*RtExecDone)(gpointer user, gint32 exit_code, const char *output, const char *errors);
void runtime_exec(RtContainer *container,
                  const char *const *argv,
                  gint64 timeout_ns,
                  SimHandle owner,
                  RtExecDone done,
                  gpointer user);

/*
 * runtime_probe_http / _tcp: a connection from the machine to the pod's @ip:@port.
 * result >= 100: HTTP status; 0: connected (tcp); negative: see RtProbeError.
 */
typedef enum {
    RT_PROBE_REFUSED = -1,
    RT_PROBE_TIMEOUT = -2,
    RT_PROBE_RESET = -3,
    RT_PROBE_UNREACHABLE = -4
} RtProbeError;
typedef void (*RtProbeDone)(gpointer user, gint32 result);
void runtime_probe_http(RtContainer *container,
                        gint32 port,
                        const char *path,
                        gint64 timeout_ns,
                        SimHandle owner,
                        RtProbeDone done,
                        gpointer user);
void runtime_probe_tcp(RtContainer *container,
                       gint32 port,
                       gint64 timeout_ns,
                       SimHandle owner,
                       RtProbeDone done,
                       gpointer user);

/* Faults. */
void rt_container_kill(RtContainer *container, gint32 signal); /* from outside: exit 128 + signal */
/*
 * runtime_check_command: says what of the command of a container of @image (NULL: one that nobody knows) the shell does not
 * understand, NULL if all is fine. It would not be asked if a rule of the scenario describes the container. (owned)
 */
char *runtime_check_command(const char *image, const char *const *command, const char *const *args);
/* app_rule_matches: @rule describes containers of @image in a pod with @labels: keys and values by turns, NULL at the end. */
gboolean app_rule_matches(const AppRule *rule, const char *image, const char *const *labels);
