/*
 * world.h - the physical truth: machines, processes, the wires between them
 *
 * Knows nothing of Kubernetes. Faults act here and only here. A component of
 * the control plane is a Process on a Machine; it can crash, be paused, be
 * restarted, lose its machine's power or be cut off. Processes talk through
 * connections (NetConn), each an ordered two-way stream as TCP gives it.
 */
#pragma once

#include "base/intern.h"
#include "sim/sim.h"

typedef struct World World;
typedef struct Machine Machine;
typedef struct Process Process;
typedef struct NetConn NetConn;

typedef struct {
    Dist loopback;  /* one way, same machine */
    Dist same_zone; /* one way, machines of one zone */
    Dist cross_zone;
    Dist external; /* one way, from outside the cluster */
} WorldOptions;

/* world_new: empty; @options is copied. (owned) Free it before @sim. */
World *world_new(Sim *sim, const WorldOptions *options);
void world_free(World *world); /* frees machines, processes, connections */
Sim *world_sim(World *world);

/* --- machines --------------------------------------------------------------------- */

typedef struct {
    const char *name;
    const char *zone; /* may be NULL */
    const char *ip;   /* its address on the nodes' network */
    gint64 cpu_milli, memory_bytes, disk_bytes;
    gint64 nic_bytes_per_s;          /* 0: 125 MB/s */
    gboolean is_external;            /* outside the cluster: users, kubectl */
    gint64 boot_min_ns, boot_max_ns; /* time from power on to processes started; 0: 30..90 s */
} MachineOptions;

/* machine_new: switched on, with nothing running. @options is copied; the world owns the machine, which never goes away. */
Machine *machine_new(World *world, const MachineOptions *options);
const char *machine_name(const Machine *machine);
const char *machine_zone(const Machine *machine);
const char *machine_ip(const Machine *machine);
gint64 machine_cpu_milli(const Machine *machine);
gint64 machine_memory_bytes(const Machine *machine);
gint64 machine_disk_bytes(const Machine *machine);
Machine *world_find_machine(World *world, const char *name); /* NULL if none */
Machine *world_find_machine_ip(World *world, const char *ip);
guint world_machine_count(const World *world);
Machine *world_get_machine(World *world, guint index); /* in order of creation */

gboolean machine_is_on(const Machine *machine);
gboolean machine_is_off(const Machine *machine); /* without power: neither on nor booting */
/* machine_boot_id: changes at each boot. (interned) */
const char *machine_boot_id(const Machine *machine);
/* Power off: at once and silent; nothing is sent, all memory is gone, disks stay. */
void machine_power_off(Machine *machine);
/* Power on: boots, then starts every process that is enabled. No effect if on. */
void machine_power_on(Machine *machine);
void machine_reboot(Machine *machine); /* orderly off, boot, on */
/*
 * machine_shut_down: what `shutdown` and `reboot` do: who holds it back (below) is told
 * and waited for; then orderly off and, if it @reboots, boot and on. One that is booting goes off.
 */
void machine_shut_down(Machine *machine, gboolean reboots);
/*
 * machine_inhibit: a delay inhibitor of systemd-logind: @told(self) when the machine is to go
 * down; it then waits for machine_let_go, for at most @max_ns, and not longer than @process
 * lives. One per machine, until the process ends.
 */
void machine_inhibit(Machine *machine, Process *process, gint64 max_ns, void (*told)(gpointer self), gpointer self);
void machine_let_go(Machine *machine);

/* A part of a machine that must know about power (container runtime, packet filter). */
typedef struct {
    void (*powered_off)(gpointer self);
    void (*booted)(gpointer self);
} MachineHooks;
/* machine_add_hooks: called in the order in which they were added, from within the event that cuts the power or ends the boot. */
void machine_add_hooks(Machine *machine, const MachineHooks *hooks, gpointer self);

/* --- processes --------------------------------------------------------------------- */

typedef enum { PROCESS_STOPPED, PROCESS_RUNNING, PROCESS_PAUSED } ProcessState;

typedef struct {
    void (*started)(gpointer self); /* begin with empty memory */
    void (*stopped)(gpointer self); /* memory is gone: drop timers, caches, calls under way */
    void (*paused)(gpointer self);  /* may be NULL; messages are kept by the world */
    void (*resumed)(gpointer self); /* may be NULL */
    /* SIGTERM: wind up, then call process_exit. NULL: the signal ends the process. */
    void (*terminated)(gpointer self);
} ProcessHooks;

/* process_new: stopped. @name is unique on its machine: "kubelet", "kube-apiserver". */
Process *process_new(Machine *machine, const char *name, const ProcessHooks *hooks, gpointer self);
void process_free(Process *process); /* optional: world_free does it */
const char *process_name(const Process *process);
Machine *process_machine(const Process *process);
ProcessState process_state(const Process *process);
static inline gboolean
process_is_running(const Process *process)
{
    return process_state(process) == PROCESS_RUNNING;
}
void process_start(Process *process); /* no effect unless stopped, machine on; one that is ending is started again */
/* process_crash: dies now; its supervisor starts it again after @restart_ns (< 0: never). Peers get resets. */
void process_crash(Process *process, gint64 restart_ns);
void process_stop(Process *process); /* as crash(-1), and not started at boot */
/*
 * process_terminate: SIGTERM, and SIGKILL to what has not ended 30 s later (the grace of a static
 * pod). Its supervisor starts it again @restart_ns after it has ended; < 0: never, not at boot either.
 */
void process_terminate(Process *process, gint64 restart_ns);
/* process_exit: called by a process that has wound up after its SIGTERM. */
void process_exit(Process *process);
/* process_pause: SIGSTOP: keeps its memory and its connections; messages wait until process_resume. */
void process_pause(Process *process);
void process_resume(Process *process);

/* --- wires --------------------------------------------------------------------------- */

/* Cut every path between the two sets (each machine of one with each of the other). Counted: two cuts need two heals. */
void world_cut(World *world, Machine *const *a, guint n_a, Machine *const *b, guint n_b);
void world_heal(World *world, Machine *const *a, guint n_a, Machine *const *b, guint n_b);
gboolean world_is_cut(const World *world, const Machine *a, const Machine *b);
/* Add @extra to each one-way trip that starts or ends at @machine; NULL removes it. loss in 1/1000. */
void machine_set_delay(Machine *machine, const Dist *extra, guint loss_permille);
/* world_latency_ns: one draw of a one-way trip; G_MAXINT64 if cut or a machine is off. */
gint64 world_latency_ns(World *world, const Machine *from, const Machine *to);

/*
 * world_set_calm: up to @until_ns nothing is planned that machines, processes or wires would notice (G_MININT64, as at
 * first: nobody knows). Who computes what it need not play asks world_is_calm.
 */
void world_set_calm(World *world, gint64 until_ns);
gboolean world_is_calm(const World *world, gint64 until_ns);

/*
 * world_add_stir: @stirs(self) right before a machine, a process or a path changes its state, and at no other time, until
 * world_remove_stir. Who has put off what nobody saw makes up for it now, while everything still is as it was.
 */
void world_add_stir(World *world, void (*stirs)(gpointer self), gpointer self);
void world_remove_stir(World *world, gpointer self);

/* --- connections ------------------------------------------------------------------------ */

typedef struct {
    void (*established)(NetConn *conn,
                        gpointer self); /* client side: one round trip after net_connect */
    /* refused: nobody listens there; also "timeout" after @connect_timeout_ns of silence. */
    void (*failed)(NetConn *conn, gpointer self, const char *why);
    /* The other side closed, crashed or was reset. Not called for one's own close. */
    void (*closed)(NetConn *conn, gpointer self, const char *why);
    /*
     * Client side: from now on nothing is answered, because the path was cut, or
     * the server was paused or lost power. No packet says so: only who sends
     * keep-alives may use it, in order to send none that are answered.
     */
    void (*silent)(NetConn *conn, gpointer self);
} NetConnHooks;

/*
 * net_connect: from a process to another's listening socket. Owned by the
 * client side; net_conn_free closes it (the server side hears of it). A machine
 * that loses power or is cut off says nothing: who waits needs a time-out.
 */
NetConn *net_connect(World *world,
                     Process *client,
                     Process *server,
                     gint64 connect_timeout_ns,
                     const NetConnHooks *client_hooks,
                     gpointer client_self);
/* net_conn_accept: the server's hooks for a connection it got a message on. */
void net_conn_accept(NetConn *conn, const NetConnHooks *server_hooks, gpointer server_self);
void net_conn_free(NetConn *conn);
/* net_conn_server_is_open: as the server sees it. */
gboolean net_conn_server_is_open(const NetConn *conn);
/* net_conn_is_local: both ends on one machine, always. What is sent takes no card's time there: its bytes need not be counted. */
gboolean net_conn_is_local(const NetConn *conn);

typedef enum { NET_TO_SERVER, NET_TO_CLIENT } NetDirection;

/*
 * net_conn_send: ordered delivery of @payload to @handler(receiver, payload) in
 * phase DELIVER at the other side. A cut path holds it back (TCP sends it again
 * after the path heals); a close or a crash drops it. A paused receiver gets it
 * when it resumes. The receiver handle may die meanwhile: then dropped.
 */
void net_conn_send(NetConn *conn,
                   NetDirection direction,
                   gsize bytes,
                   SimHandle receiver,
                   SimMessageHandler handler,
                   gpointer payload,
                   GDestroyNotify drop);
/*
 * net_conn_arrival_ns: when a message would arrive that is sent at @sent_ns (now, or later in the same calm), if that is
 * certain: both processes run, the path is up, loses nothing and does not vary. Else -1. Draws nothing.
 */
gint64 net_conn_arrival_ns(NetConn *conn, NetDirection direction, gsize bytes, gint64 sent_ns);
/*
 * Messages to the client that are computed instead of played, where net_conn_arrival_ns knows the way:
 * net_conn_pass_ns: one was sent at @sent_ns, not after now: when it arrives.
 * net_conn_put: one that was passed, and is under way, becomes a message like others; it arrives at @due_ns.
 * net_conn_set_source: @catch_up(self) before the server sends anything: it passes what was to be sent until now. NULL: nobody.
 */
gint64 net_conn_pass_ns(NetConn *conn, gsize bytes, gint64 sent_ns);
void net_conn_put(NetConn *conn,
                  gsize bytes,
                  gint64 due_ns,
                  SimHandle receiver,
                  SimMessageHandler handler,
                  gpointer payload,
                  GDestroyNotify drop);
void net_conn_set_source(NetConn *conn, void (*catch_up)(gpointer self), gpointer self);
