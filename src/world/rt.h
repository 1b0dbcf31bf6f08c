/*
 * rt.h - the container runtime's insides, shared by its files
 *
 * Nobody outside world/ includes it. runtime.c: the whole and its lists;
 * image.c: images and pulls; sandbox.c, ipam.c: pod networks; container.c:
 * life of containers; app.c: programs; cpu.c, memory.c: what they share;
 * server.c, probe.c: what listens; fs.c: files; shell*.c: commands.
 */
#pragma once

#include "world/fs.h"
#include "world/internal.h"

typedef struct Shell Shell;
typedef struct RtCall RtCall;
typedef struct Volume Volume;

/* --- cpu.c: fluid sharing of a machine's CPUs --------------------------------------- */

typedef struct CpuGroup CpuGroup;
typedef struct CpuJob CpuJob;
typedef void (*CpuDone)(gpointer user);

typedef struct {
    Sim *sim;
    gint64 capacity_micro; /* millionths of a core */
    gint64 demand_micro;   /* sum over the groups */
    gboolean is_contended; /* demand above capacity */
    GPtrArray *groups;     /* CpuGroup* that want something, in order of beginning */
    __int128 used;         /* CPU time given so far, in 10^-6 ns */
} CpuPool;

/* One runnable thread. Embedded in its owner. */
struct CpuJob {
    CpuGroup *group; /* NULL: not running */
    __int128 finish; /* in the group's virtual work */
    CpuDone done;
    gpointer user;
    guint index; /* in the group's heap */
};

/* All threads of a container: equal shares within, weight and quota against others. */
struct CpuGroup {
    CpuPool *pool;
    gint64 weight;
    gint64 quota_micro; /* G_MAXINT64: none */
    gint64 idle_micro;  /* a steady demand beside the jobs */
    gint64 demand_micro, rate_micro;
    GPtrArray *jobs; /* CpuJob*, heap by finish */
    __int128 work;   /* done so far by each job, in 10^-6 ns */
    __int128 used;   /* CPU time got so far by all and the idle demand, in 10^-6 ns */
    gint64 updated_ns;
    SimTimer timer;
    gboolean is_listed;
};

void cpu_pool_init(CpuPool *pool, Sim *sim, gint64 cpu_milli);
void cpu_pool_clear(CpuPool *pool);
void cpu_group_init(CpuGroup *group, CpuPool *pool, gint64 request_milli, gint64 limit_milli);
void cpu_group_clear(CpuGroup *group); /* jobs still running are forgotten */
void cpu_group_set_idle(CpuGroup *group, gint64 idle_milli);
/* cpu_job_start: @work_ns of one core; done when it has got that much. G_MAXINT64: never. */
void cpu_job_start(CpuGroup *group, CpuJob *job, gint64 work_ns, CpuDone done, gpointer user);
void cpu_job_cancel(CpuJob *job);
/* cpu_group_used_ns: CPU time the container has had since it began. */
gint64 cpu_group_used_ns(CpuGroup *group);
/* cpu_pool_used_ns: of all groups that ever were. */
gint64 cpu_pool_used_ns(CpuPool *pool);

/* --- memory.c ------------------------------------------------------------------------- */

/* bytes at since_ns, growing until until_ns (G_MAXINT64: for ever). */
typedef struct {
    gint64 bytes, rate_bytes_per_s, since_ns;
} Memory;

void memory_init_runtime(Runtime *runtime);
void memory_clear_runtime(Runtime *runtime);
void memory_init(RtContainer *container);
void memory_clear(RtContainer *container);
gint64 memory_now(const RtContainer *container);
void memory_add(RtContainer *container, gint64 bytes);
void memory_add_rate(RtContainer *container, gint64 bytes_per_s);

/* --- runtime.c -------------------------------------------------------------------------- */

struct Runtime {
    Machine *machine;
    World *world;
    Sim *sim;
    RuntimeOptions options;
    const ImageRule *images;
    guint n_images;
    const AppRule *apps;
    guint n_apps;
    Rng *rng, *rng_ids, *rng_app;
    const char *component; /* "runtime/NAME" */
    GPtrArray *sandboxes;  /* Sandbox*, oldest first */
    GPtrArray *containers; /* RtContainer*, oldest first */
    guint64 generation;
    void (*changed)(gpointer self, Sandbox *sandbox);
    gpointer changed_self;
    gint64 disk_every_bytes, disk_grown_bytes; /* told when so much more was written; so much since */
    void (*disk_grew)(gpointer self);
    gpointer disk_self;
    void (*oom_killed)(gpointer self, const char *process, guint pid);
    gpointer oom_self;
    guint last_pid; /* of the machine's */
    RtResolver resolve;
    gpointer resolve_self;
    const char *name_server; /* interned; NULL: nobody answers */
    GHashTable *image_by_name; /* interned -> Image* */
    GPtrArray *image_list;     /* (owned) Image* */
    GQueue calls;              /* RtCall* under way */
    GHashTable *ipam_by_cidr;  /* interned -> Ipam* (owned) */
    GHashTable *volume_by_id;  /* interned -> FsTree* (owned) */
    FsTree *host_files;
    CpuPool cpu;
    CpuGroup own_cpu;     /* of what the runtime itself does */
    CpuGroup network_cpu; /* of the network plugins, which share one core */
    guint n_network;      /* of them at work */
    Memory memory; /* sum over the containers */
    SimTimer oom_timer;
};

/* hostpath.c: what a machine's disk holds from the beginning. */
void host_files_fill(FsTree *tree);
/* runtime_changed: something that a relist sees is different now. */
void runtime_changed(Runtime *runtime, Sandbox *sandbox);
void runtime_disk_grew(Runtime *runtime, gint64 bytes);
/* runtime_volume: the files behind a volume id, and where in the tree they begin. */
FsTree *runtime_volume(Runtime *runtime, const char *volume_id, const char **out_prefix);
void runtime_volume_seed(FsTree *tree, const char *const *files);
/* runtime_new_id: @prefix and 64 hex digits. (interned) */
const char *runtime_new_id(Runtime *runtime, const char *prefix);
gint64 runtime_draw(Runtime *runtime, const Dist *dist);

/* A piece of work under way whose answer somebody may still want. */
struct RtCall {
    Runtime *runtime;
    GList link;
    SimTimer timer;
    SimHandle owner;
    gpointer user;
    Sandbox *sandbox;           /* holds a reference */
    RtContainer *container;     /* holds a reference */
    void (*act)(RtCall *call);  /* when the timer fires; the call is freed after it */
    void (*drop)(RtCall *call); /* frees @data; may be NULL */
    gpointer data;
    const char *error;
    union {
        RtPullDone pull;
        RtSandboxDone sandbox;
        void (*plain)(gpointer user);
        RtCreateDone create;
        RtStartDone start;
        RtStopDone stop;
        RtExecDone exec;
        RtProbeDone probe;
    } done;
    gint64 number[2];
    gboolean is_kept; /* by act: it goes on */
    gboolean is_network;
    CpuJob job; /* of rt_call_work */
    gint64 work_ns, rest_ns; /* what is to come: on a CPU, then waiting */
};

RtCall *rt_call_new(Runtime *runtime, SimHandle owner, gpointer user, void (*act)(RtCall *call));
void rt_call_set_sandbox(RtCall *call, Sandbox *sandbox);
void rt_call_set_container(RtCall *call, RtContainer *container);
/* rt_call_after: act after @delay_ns. */
void rt_call_after(RtCall *call, gint64 delay_ns);
/*
 * rt_call_work: act after @delay_ns, of which a part is work on the machine's
 * CPUs: longer where those are wanted by others, who are slowed by it in turn.
 */
void rt_call_work(RtCall *call, gint64 delay_ns);
/* rt_call_compute: act after @work_ns of one core. */
void rt_call_compute(RtCall *call, gint64 work_ns);
/* rt_call_network: the same; such calls of a machine share one core. */
void rt_call_network(RtCall *call, gint64 work_ns);
/* rt_call_park: act's end is not the end; something else will arm it, or free it. */
void rt_call_park(RtCall *call);
/* rt_call_wants: whether the caller is still there. */
gboolean rt_call_wants(const RtCall *call);
void rt_call_free(RtCall *call);

/* --- image.c ------------------------------------------------------------------------------ */

typedef struct {
    const char *name;
    gint64 size_bytes; /* unpacked */
    gboolean was_pulled;
    gboolean is_removed;
} Image;

void image_init_runtime(Runtime *runtime);
void image_clear_runtime(Runtime *runtime);
void registry_free(gpointer registry);
const char *image_id(Runtime *runtime, const char *image); /* (interned) */
gboolean image_matches(const char *pattern, const char *image);
/* image_short_name: "docker.io/library/nginx:1.2" -> "nginx". (interned) */
const char *image_short_name(const char *image);

/* --- ipam.c -------------------------------------------------------------------------------- */

typedef struct Ipam Ipam;
/* ipam_new: NULL if @cidr is not an IPv4 subnet with room. */
Ipam *ipam_new(const char *cidr);
void ipam_free(gpointer ipam);
/* ipam_take: next free address, NULL if there is none. (interned) */
const char *ipam_take(Ipam *ipam);
void ipam_give_back(Ipam *ipam, const char *ip);
void ipam_set_last(Ipam *ipam, const char *ip); /* as if it had been reserved last */
const char *ipam_range(const Ipam *ipam);       /* "10.0.0.1-10.0.0.6" (interned) */

/* --- sandbox.c ------------------------------------------------------------------------------- */

struct Sandbox {
    Runtime *runtime;
    guint refs;
    const char *id, *namespace_, *name, *uid;
    const char **labels; /* (owned) key, value, ..., NULL */
    gboolean host_network;
    const char *pod_cidr, *ip;
    const char *hostname, *hosts, *resolv_conf; /* as SandboxOptions have them */
    gboolean holds_address; /* in the world's table */
    gboolean is_ready, is_removed, is_stopping;
    gint64 created_wall_ns;
    const char *object;    /* "pod/NS/NAME" for the trace */
    GPtrArray *containers; /* RtContainer*, those not removed */
};

Sandbox *sandbox_ref(Sandbox *sandbox);
void sandbox_unref(Sandbox *sandbox);
void sandbox_powered_off(Sandbox *sandbox);
void sandbox_drop_address(Sandbox *sandbox);

/* --- container.c -------------------------------------------------------------------------------- */

/* An open listening socket. */
typedef struct {
    gint32 port;
    const char *root; /* of a file server; NULL: the application answers */
    Shell *shell;     /* the process that holds it */
} Listener;

typedef struct {
    guint id;
    ContainerDied died;
    gpointer user;
} DeathWatch;

typedef enum { APP_NONE, APP_STARTING, APP_UP, APP_STOPPING } AppPhase;

/* The application that an AppProfile describes, running in a container. */
typedef struct {
    AppPhase phase;
    Shell *shell; /* its process */
    gint64 started_ns, up_ns;
    gboolean is_closing; /* SIGTERM came */
    gboolean stop_elapsed;
    SimTimer timer; /* startup; then the end by itself */
    SimTimer stop_timer, close_timer;
    gint64 memory_bytes, growth_bytes_per_s; /* what it holds now */
} App;

struct RtContainer {
    Runtime *runtime;
    Sandbox *sandbox; /* a reference */
    guint refs;
    gboolean is_removed;
    const char *name, *image, *image_id, *id;
    guint attempt;
    const char **command, **args, **env; /* (owned) NULL-terminated; command and args may be NULL */
    Mount *mounts;                       /* (owned) */
    guint n_mounts;
    gint32 *ports; /* (owned) 0-terminated */
    gint64 memory_limit_bytes;
    gint32 oom_score_adj;
    const char *message_path; /* interned */
    gboolean logs_on_error;
    RtState state;
    gint64 started_wall_ns, finished_wall_ns, started_ns;
    gint32 exit_code;
    const char *reason, *message;
    gboolean was_lost; /* ended with its machine's power */
    GString *log;
    GArray *log_times; /* of LogTime: when each write to the log came */
    const AppProfile *profile;    /* (borrowed) of the scenario, or the world's */
    gboolean profile_is_explicit; /* a scenario's rule matched */
    FsTree *root_files;           /* (owned) made when somebody looks */
    gint64 image_bytes;           /* of them, as they were made */
    FsView files;
    CpuGroup cpu;
    Memory memory;
    SimTimer memory_timer;
    App app;
    guint host_pid; /* of its PID 1, as the machine counts */
    Shell *pid1;
    GPtrArray *shells; /* Shell*, every process, PID 1 first */
    guint next_pid;
    GArray *listeners; /* of Listener */
    GQueue requests;   /* ServerRequest*, being served or queued */
    guint n_serving;
    GArray *watches; /* of DeathWatch */
    guint next_watch_id;
    GPtrArray *stop_waiters; /* RtCall*; NULL: none yet, as for the other arrays here */
    GPtrArray *exec_calls;   /* RtCall* whose process runs here */
    SimTimer kill_timer;
    CpuJob reaction; /* of PID 1 to SIGTERM */
    gboolean is_stopping;
};

RtContainer *rt_container_ref(RtContainer *container);
void rt_container_unref(RtContainer *container);
/* container_exit: the whole container ends now. */
void container_exit(RtContainer *container, gint32 exit_code, const char *reason);
void container_powered_off(RtContainer *container);
void container_booted(RtContainer *container);
typedef struct {
    gsize at; /* in the log */
    gint64 wall_ns;
} LogTime;
void container_log(RtContainer *container, const char *text, gsize length);
const char *container_getenv(const RtContainer *container, const char *name);
/* container_read_message: the last words, if somebody wrote any; else NULL. (interned) */
const char *container_read_message(RtContainer *container);
/* exec.c: TRUE if @shell was one that exec brought in. */
gboolean container_exec_ended(RtContainer *container, const Shell *shell, gint32 exit_code);
void container_fail_execs(RtContainer *container, gboolean is_silent);
/* container_process_ended: called by the shell when one of its processes is over; frees it. */
void container_process_ended(RtContainer *container, Shell *shell, gint32 exit_code);

/* --- app.c, program.c ------------------------------------------------------------------------------- */

typedef struct {
    const char *name;    /* short image name */
    gint32 ports[4];     /* it really listens there, whatever the pod says */
    const char *server;  /* first word of a command that means "run me" */
    gboolean takes_args; /* the image has no entrypoint: args are the command */
    void (*tune)(AppProfile *profile);
    gint64 size_bytes; /* compressed image */
} WellKnown;

/* app_well_known: by full image name, NULL if unknown. */
const WellKnown *app_well_known(const char *image);
/* app_is_server_word: the first word of a command that starts a well-known server. */
gboolean app_is_server_word(const char *word);

void program_init(RtContainer *container);
void program_clear(RtContainer *container);
/* program_start: @shell's process becomes the application. */
void program_start(RtContainer *container, Shell *shell);
/* program_refuses: the image's entrypoint gives up at once: says so and returns an exit code; -1: fine. */
gint32 program_refuses(RtContainer *container);
/* program_signal: FALSE if the signal does nothing. */
gboolean program_signal(RtContainer *container, gint32 signal);
/* program_request_done: one request less; an application that drains may end. */
void program_request_done(RtContainer *container);
gboolean program_is_healthy(const RtContainer *container);
gboolean program_is_ready(const RtContainer *container);
gboolean program_may_connect(
    const RtContainer *container); /* as far as a TCP readiness check is concerned */

/* --- server.c ------------------------------------------------------------------------------------------ */

void server_clear(RtContainer *container, gboolean is_silent); /* all requests end */
void server_listen(RtContainer *container, gint32 port, const char *root, Shell *shell);
void server_close(RtContainer *container, Shell *shell); /* all sockets of that process */
