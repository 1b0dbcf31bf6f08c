/*
 * internal.h - what the files of world/ share among themselves
 *
 * Nobody outside world/ includes it. Pointers are (borrowed) unless said.
 */
#pragma once

#include "base/duration.h"
#include "world/runtime.h"
#include "world/world.h"

#define MACHINE_DEFAULT_NIC_BYTES_PER_S (125 * 1000 * 1000)

/* A pod address that was in use at least once. */
typedef struct {
    Sandbox *sandbox; /* who holds it; NULL: nobody */
    Machine *machine; /* where it is routed to */
    gint64 gone_ns;   /* when it was last given up; -1: never */
} Address;

/* Somebody who has put something off until the world changes. */
typedef struct {
    void (*stirs)(gpointer self);
    gpointer self;
} Stir;

struct World {
    Sim *sim;
    WorldOptions options;
    GPtrArray *machines;         /* (owned) Machine*, in order of creation */
    GHashTable *machine_by_name; /* interned name -> Machine* */
    GHashTable *machine_by_ip;
    GHashTable *cuts;      /* pair of machine indices -> count */
    GHashTable *addresses; /* interned pod address -> Address* (owned) */
    GQueue conns;          /* NetConn*, all of them, links embedded */
    GQueue
        lost_requests; /* ServerRequest* of machines that lost power, until somebody cancels them */
    GList *free_requests; /* (owned) ServerRequest*, to be used again */
    gpointer registry; /* (owned) shared by all runtimes, see image.c */
    void (*registry_free)(gpointer);
    gint64 calm_until_ns;
    guint64 path_changes; /* grows whenever a path comes, goes or takes another time: see world_paths_changed */
    GArray *stirs; /* of Stir */
    guint64 n_stirs;
    GHashTable *profiles; /* short image name -> AppProfile* (owned), see container.c */
    GHashTable *scripts;  /* text -> ShScript* (owned): what many containers run is parsed once */
};

typedef enum { MACHINE_OFF, MACHINE_BOOTING, MACHINE_ON } MachineState;

typedef struct {
    MachineHooks hooks;
    gpointer self;
} MachineHook;

struct Machine {
    World *world;
    guint index;
    const char *name, *zone, *ip;
    gint64 cpu_milli, memory_bytes, disk_bytes, nic_bytes_per_s;
    gboolean is_external;
    gint64 boot_min_ns, boot_max_ns;
    MachineState state;
    const char *boot_id;
    SimTimer boot_timer;
    /* who holds a shutdown back; process NULL: nobody */
    struct {
        Process *process;
        gint64 max_ns;
        void (*told)(gpointer self);
        gpointer self;
    } inhibitor;
    gboolean is_ending, reboots; /* a shutdown is held back; what comes after it */
    SimTimer shutdown_timer;
    GPtrArray *processes; /* (owned) Process*, in order of creation */
    GArray *hooks;        /* (owned) of MachineHook */
    Dist extra_delay;
    gboolean has_extra_delay;
    guint loss_permille;
    Rng *rng_net;  /* "world/net/NAME"; NULL: not needed yet */
    Rng *rng_boot; /* "world/boot/NAME" */
    Runtime *runtime;
    void (*runtime_free)(Runtime *); /* set by runtime_new */
    gpointer filter;                 /* NetFilter*, made by filter.c */
    void (*filter_free)(gpointer);   /* how world_free gets rid of it */
};

struct Process {
    Machine *machine;
    const char *name;
    ProcessHooks hooks;
    gpointer self;
    ProcessState state;
    gboolean is_enabled; /* started at boot */
    gboolean is_ending;  /* SIGTERM was sent and it has not ended */
    gboolean is_told;    /* ... and it knows: not so while it is paused */
    gint64 restart_ns;   /* after the end; < 0: never */
    SimTimer restart_timer, kill_timer;
    GQueue client_conns, server_conns; /* NetConn*, oldest first, links embedded */
};

/* world_stir: a machine, a process or a path is about to change. */
void world_stir(World *world);

/* process_die: stops it if it is not stopped. Silent: its machine lost power, nothing is sent. */
void process_die(Process *process, gboolean is_silent);

/* machine_process_died: it holds shutdowns back no more. */
void machine_process_died(Machine *machine, const Process *process);

/* conn_around.c: what happens to connections when ... (conn_free_all: the world ends) */
void conn_process_died(Process *process, gboolean is_silent);
void conn_process_paused(Process *process);
void conn_process_resumed(Process *process);
void conn_process_forget(Process *process);
void conn_path_cut(Machine *a, Machine *b);
void conn_path_healed(Machine *a, Machine *b);
void conn_machine_booted(Machine *machine);
void conn_free_all(World *world);

/* world_paths_changed: after any change of what world_latency_ns, machine_is_on or world_is_cut say. */
static inline void
world_paths_changed(World *world)
{
    world->path_changes++;
}

/* world_packet_is_lost: one draw of the loss set by machine_set_delay. */
gboolean world_packet_is_lost(World *world, const Machine *from, const Machine *to);
/* world_steady_latency_ns: of a one-way trip that always takes the same; -1: it varies, or there is no way. */
gint64 world_steady_latency_ns(const World *world, const Machine *from, const Machine *to);
/* world_transfer_ns: bytes over the slower of two network cards; 0 within a machine. */
gint64 world_transfer_ns(const Machine *from, const Machine *to, gsize bytes);

/* --- addresses and servers, for flow.c ------------------------------------------------ */

/*
 * world_find_sandbox_ip: the sandbox that holds the pod address @ip now; NULL if
 * nobody does. Its machine may be off or cut off: ask that too.
 */
Sandbox *world_find_sandbox_ip(World *world, const char *ip);
/* world_find_address: what is known of the pod address @ip (interned); lives as long as the world. NULL: never given. */
const Address *world_find_address(World *world, const char *ip);
/* world_address_gone_ns: when a pod last gave @ip back; -1 if never, or while somebody holds it. */
gint64 world_address_gone_ns(World *world, const char *ip);
/* world_route_pod_ip: the machine whose pods have, or last had, @ip; NULL if it was never given. */
Machine *world_route_pod_ip(World *world, const char *ip);
/* machine_find_listener: as sandbox_find_listener, among the pods that use the machine's own network. */
RtContainer *machine_find_listener(Machine *machine, gint32 port);
void world_address_take(World *world, const char *ip, Sandbox *sandbox);
void world_address_drop(World *world, const char *ip);

/*
 * sandbox_find_listener: the running container of @sandbox whose program listens
 * on @port, NULL if the kernel would refuse. A socket is open from start +
 * startup until exit, or until it is closed after SIGTERM.
 */
RtContainer *sandbox_find_listener(Sandbox *sandbox, gint32 port);

/* How a request ended, seen from the server's kernel. */
typedef enum {
    SERVE_OK,     /* answered; status 200 */
    SERVE_STATUS, /* answered with another status: see status */
    SERVE_RESET,  /* the process ended while it was served, or the accept queue is closed */
} ServeResult;
typedef void (*ServeDone)(gpointer user, ServeResult result, gint32 status);

typedef struct ServerRequest ServerRequest;
/*
 * container_serve: hands one request to the program on @port. @done comes
 * exactly once, unless the request is cancelled: after CPU and waiting, or with
 * SERVE_RESET when the container dies. NULL (and no callback) if the accept
 * queue is full: the SYN is dropped. Power-off of the machine is silent: the
 * request just never answers (done is not called; cancel it on time-out).
 *
 * Returns: (borrowed) valid until @done, or until container_cancel_request.
 */
ServerRequest *container_serve(RtContainer *container,
                               gint32 port,
                               const char *path,
                               ServeDone done,
                               gpointer user);
/*
 * container_cancel_request: the client went away; @done will not be called. The
 * server notices nothing and works on. Also right after a power-off, as long as
 * @done has not been called.
 */
void container_cancel_request(ServerRequest *request);
/* container_listens: whether its program has a listening socket at @port. */
gboolean container_listens(const RtContainer *container, gint32 port);
/* container_can_accept: FALSE if workers and accept queue are full. */
gboolean container_can_accept(RtContainer *container);
/*
 * container_watch_death: @died(user) when the container's process ends (its
 * kernel then resets open connections), @is_silent with power-off.
 * Returns: an id for container_unwatch_death.
 */
typedef void (*ContainerDied)(gpointer user, RtContainer *container, gboolean is_silent);
guint container_watch_death(RtContainer *container, ContainerDied died, gpointer user);
void container_unwatch_death(RtContainer *container, guint id);
