/*
 * internal.h - what the files of the real kubelet share
 *
 * One Kubelet per node; one Worker per pod bound to it. Everything below lives
 * from a start of the process to its end: a crash drops it all, the runtime's
 * containers stay and are found again by the first relist.
 */
#pragma once

#include "base/duration.h"
#include "client/heartbeat.h"
#include "client/informer.h"
#include "client/recorder.h"
#include "node/actions.h"
#include "node/backoff.h"
#include "node/kubelet.h"
#include "node/status.h"
#include "node/thresholds.h"

typedef struct Worker Worker;
typedef struct ProbeWorker ProbeWorker;
typedef struct PodVolume PodVolume;
typedef struct KillJob KillJob;
typedef struct Ideal Ideal;
typedef struct Stats Stats;

/* --- pleg.c -------------------------------------------------------------------------- */

typedef struct {
    SimTimer timer;
    gboolean is_listing;
    gint64
        grid_ns; /* a start of a relist; the next ones follow each period while nothing changes */
    gint64 begun_ns;   /* of the relist under way */
    gint64 cache_ns;   /* start of the last relist that ended; G_MININT64: none yet */
    GHashTable *cache; /* uid -> SeenPod (owned) */
    GPtrArray *dirty;  /* uids (interned) that changed since the last relist began */
    gboolean is_all_dirty;
    GPtrArray *listed_uids; /* of the relist under way */
    GPtrArray *listed;      /* of SeenPod (owned), same order */
    GPtrArray *waiting;     /* workers that wait for a relist */
} Pleg;

void pleg_start(Kubelet *k);
void pleg_stop(Kubelet *k);
/* pleg_await: worker_go(w) once a relist that began after @w's last sync has ended. */
void pleg_await(Worker *w);
void pleg_forget(Worker *w);
SeenPod *pleg_get(Kubelet *k, const char *uid); /* (owned ref), never NULL */
/* pleg_look: what the runtime says now, without waiting for a relist. (owned) */
SeenPod *pleg_look(Kubelet *k, const char *uid);
/* live objects, NULL if gone */
RtContainer *kubelet_find_container(Kubelet *k, const char *id);
Sandbox *kubelet_find_sandbox(Kubelet *k, const char *id);

/* --- worker -------------------------------------------------------------------------- */

typedef enum { WORKER_IDLE, WORKER_WAITING, WORKER_BUSY } WorkerState;
typedef enum { WORK_SYNC, WORK_TERMINATING, WORK_TERMINATED } WorkType;
typedef enum { SYNC_OK, SYNC_ERROR, SYNC_NETWORK_ERROR } SyncOutcome;

/* A sync under way. */
typedef struct {
    ApiObject *pod; /* (owned ref) as it was when the sync began */
    SeenPod *seen;  /* (owned ref) */
    PodActions actions;
    gboolean has_actions;
    guint n_kills_left;
    Sandbox *sandbox;
    guint next_init, next_app;  /* position in the lists of actions */
    const Container *container; /* being started; borrowed from pod */
    gboolean container_is_init;
    RtContainer *created;
    gint64 pull_asked_ns;
    gboolean has_error, did_work;
    const char *terminal_reason;
    GPtrArray *env; /* of interned "K=V" */
    gint64 volumes_since_ns;
} Sync;

typedef struct {
    const char *key;   /* image */
    const char *error; /* "ErrImagePull: ..." */
} PullError;

struct Worker {
    Kubelet *k;
    const char *uid, *namespace_, *name; /* interned */
    const char *label;                   /* "web_default(uid)" as messages have it; interned */
    const char *ref;                     /* "pod/default/web" for the trace */
    ApiObject *pod;                      /* (owned ref) newest from the API */
    gboolean is_gone;                    /* no longer in the API */
    SimHandle handle;                    /* for answers; dropped with the worker */
    guint64 order;                       /* of arrival */

    WorkerState state;
    WorkType work; /* of the sync taken */
    gboolean is_pending;
    gboolean is_terminating, has_terminated, is_finished, is_rejected;
    gint64 grace_s;                           /* of the termination; 0: not decided */
    gboolean skips_hooks;                     /* deleted with grace 0 */
    const char *evict_reason, *evict_message; /* interned; deadline, eviction */
    const char *disruption;                   /* interned: of condition DisruptionTarget; NULL: none */
    GPtrArray *awaited; /* of uids: the pods that make room for this critical one; NULL: none */
    gboolean has_told;  /* the first of them */
    gint64 sync_ended_ns;                     /* G_MININT64: none yet */
    gint64 queue_due_ns;
    SimTimer queue_timer;
    gboolean is_quiet; /* resyncs change nothing: no timer, see worker_catch_up */
    Rng resync_rng;
    SimTimer deadline_timer;
    Sync sync;
    SimTimer step_timer; /* the present step's delay */
    void (*step)(Worker *w);

    PodStatus *status; /* (owned part) last computed; NULL: none */
    gboolean status_is_queued, status_is_final;
    guint64 status_version, status_sent;

    StartErrors *errors; /* (owned) */
    Backoff crash, pulls;
    GArray *pull_errors; /* of PullError */
    GPtrArray *probes;   /* of ProbeWorker (owned) */
    gboolean has_probes;
    GPtrArray *volumes; /* of PodVolume (owned); NULL: not begun */
    GHashTable *used;   /* (owned) volume -> gint64 (owned) as last measured; NULL: not measured yet */
    gint64 measure_ns;  /* when they are measured next */
    void (*volumes_done)(Worker *w, gboolean mounted);
    GPtrArray *kills; /* of KillJob (owned) under way */
    void (*kills_done)(Worker *w);
    GPtrArray *hooks; /* (owned) under way */
    gboolean has_cgroup;
};

Worker *worker_new(Kubelet *k, const ApiObject *pod);
void worker_free(gpointer w);
/* worker_request: sync this pod (again). */
void worker_request(Worker *w);
void worker_go(Worker *w); /* pleg: the wait is over */
/* worker_finished: kubelet.c: what is left of a pod that the API no longer has may go. */
void worker_finished(Worker *w);
void worker_sync_done(Worker *w, SyncOutcome outcome, gboolean is_terminal);
/* worker_terminate: from now on the pod is taken down. @grace_s < 0: as the pod says. */
void worker_terminate(Worker *w, gint64 grace_override_s);
void worker_after(Worker *w, gint64 delay_ns, void (*step)(Worker *w));
void worker_event(Worker *w, const char *type, const char *reason, const char *message);
void worker_container_event(Worker *w,
                            const Container *container,
                            gboolean is_init,
                            const char *type,
                            const char *reason,
                            const char *message);
ObjectReference worker_reference(const Worker *w, const Container *container, gboolean is_init);
gint64 worker_effective_grace_s(gint64 current_s, const ApiObject *pod, gint64 override_s);

/* --- sync.c, start.c, terminate.c ---------------------------------------------------- */

void sync_begin(Worker *w);
void sync_next_container(Worker *w); /* the container at hand is done with */
void sync_clear(Worker *w);
guint start_last_attempt(const Worker *w, const char *container); /* of one the runtime forgot */
void start_container(Worker *w); /* w->sync.container; ends in sync_next_container */
void terminating_begin(Worker *w);
void terminated_begin(Worker *w);
PodStatus *
worker_generate_status(Worker *w, const ApiObject *pod, const SeenPod *seen, gboolean is_terminal);
void worker_warn_dns(Worker *w);

/* kill.c: @done when every container asked for has ended. */
typedef struct {
    const char *id;
    const Container *container;
    gboolean is_init;
    const char *message; /* NULL: "Stopping container <c>" */
    KillReason reason;
    gint64 grace_override_s; /* < 0: none */
} KillRequest;
void kill_containers(Worker *w,
                     const ApiObject *pod,
                     const KillRequest *requests,
                     guint count,
                     gboolean in_order,
                     void (*done)(Worker *w));
void kill_shorten(Worker *w, gint64 grace_s);
void kill_job_free(gpointer job);

/* hooks.c */
/* container_port_number: 0 and *out_error (interned) if the container has no such port; @out_error may be NULL. */
gint32 container_port_number(const Container *container, const IntOrString *port, const char **out_error);
const Container *pod_find_container(const PodSpec *spec, const char *name, gboolean *out_is_init);
typedef void (*HookDone)(gpointer user,
                         const char *error_message); /* NULL: it worked; else the whole message */
void hook_run(Worker *w,
              const ApiObject *pod,
              const Container *container,
              RtContainer *rt,
              const LifecycleHandler *handler,
              SimHandle owner,
              HookDone done,
              gpointer user);

/* --- images.c ------------------------------------------------------------------------ */

typedef struct {
    GQueue queue; /* of PullRequest (owned) */
    gboolean is_pulling;
} Pulls;
/* image_ensure: @done with reason NULL if the image is there; else waiting reason and message. */
typedef void (*ImageDone)(Worker *w, const char *reason, const char *message);
void image_ensure(Worker *w, const Container *container, gboolean is_init, ImageDone done);
void pulls_clear(Kubelet *k);

/* --- status_manager.c ---------------------------------------------------------------- */

typedef struct {
    GQueue queue; /* uids */
    gboolean is_writing;
} StatusManager;
/* status_set: takes @status; written to the API if it differs from the last. */
void status_set(Worker *w, PodStatus *status);
void status_set_ready(Worker *w, const char *container_id, gboolean is_ready);
void status_set_started(Worker *w, const char *container_id, gboolean is_started);
/* status_terminate: the pod is done for good: final status, then DELETE if it was asked for. */
void status_terminate(Worker *w);
/* status_retry: could not be written; again with the reconciliation in 10 s. */
void status_retry(Worker *w);
/* status_reconcile: the API's pod changed; if somebody else wrote its status, ours is written again with the reconciliation. */
void status_reconcile(Worker *w);
void status_manager_clear(Kubelet *k);

/* --- probes.c ------------------------------------------------------------------------ */

void probes_add_pod(Worker *w, const ApiObject *pod);
void probes_stop_liveness(Worker *w);
void probes_remove(Worker *w);
void probe_worker_free(gpointer probe);
ProbeResult probes_result(Worker *w, ProbeType type, const char *container, const char *id);
gboolean probes_is_started(gpointer w, const char *container, const char *id);
gboolean probes_is_ready(gpointer w, const char *container, const char *id);

/* --- volumes.c, fetch.c, env.c ------------------------------------------------------- */

/*
 * volumes_await: @done(TRUE) when all are mounted; FALSE: given up after 2 min 3 s, or the
 * pod ends.
 */
void volumes_await(Worker *w, const ApiObject *pod, void (*done)(Worker *w, gboolean mounted));
void volumes_cancel(Worker *w);
void volumes_refresh(Worker *w, const ApiObject *pod);
gint64 volumes_bytes(const Worker *w, const char *name);
void volumes_drop(Worker *w); /* the pod is over: what it had is gone */
void pod_volume_free(gpointer volume);
const PodVolume *volumes_find(const Worker *w, const char *name);
/* What a container sees: mounts as the runtime wants them. (owned array of RtMount) */
GArray *volumes_mounts(Worker *w, const ApiObject *pod, const Container *container);
gboolean volumes_are_constant(const ApiObject *pod);
/* object_data: a key of a ConfigMap or Secret, decoded; NULL if absent. (interned) */
const char *object_data(const ApiObject *object, const char *key);

typedef struct {
    const ApiKind *kind; /* config_map_kind, secret_kind */
    const char *name;
} FetchRef;
/*
 * fetch_objects: GETs in turn; @done once with an array of ApiObject* (borrowed, NULL: not
 * found).
 */
typedef void (*FetchDone)(gpointer user, ApiObject *const *objects, const char *error);
void fetch_objects(Worker *w,
                   const FetchRef *refs,
                   guint count,
                   SimHandle owner,
                   FetchDone done,
                   gpointer user);

/* --- node_object.c, node_status.c, lease.c ---------------------------------------------------------- */

typedef struct {
    SimTimer timer;
    gboolean is_registered, has_posted_ready, is_writing, is_dirty;
    gboolean was_unschedulable; /* as last told */
    gint64 phase_ns;       /* of the 10 s grid */
    gint64 next_report_ns; /* written then, changed or not */
    gint64 register_ns;    /* wait after a failed registration */
    NodeStatus *posted;    /* (owned part) */
    gint64 up_ns;          /* runtime answers from then */
    const char *machine_id, *system_uuid; /* NULL: not asked for yet; the same in every life */
} NodeReporter;
void node_status_start(Kubelet *k);
void node_status_stop(Kubelet *k);
/* node_status_forget: what the API has may differ from what was posted: post again. */
void node_status_forget(Kubelet *k);
void node_status_touch(Kubelet *k); /* something in it may have changed */
void node_status_node_changed(Kubelet *k); /* the same, and it is the Node itself: to a played node that says nothing */
void node_status_sync(Kubelet *k);  /* the same, and it is written now */
/* node_object: the Node as this kubelet registers it. (owned) */
ApiObject *node_object(const KubeletOptions *options);
/* node_status_compute: @not_ready: why the node is not, NULL: it is. (owned part) */
NodeStatus *node_status_compute(Kubelet *k,
                                const char *not_ready,
                                gboolean has_memory_pressure,
                                gboolean has_disk_pressure);
void node_event(Kubelet *k, const char *type, const char *reason, const char *message);
gboolean node_network_is_ready(Kubelet *k);
const char *node_pod_cidr(Kubelet *k); /* NULL: none yet */

typedef struct {
    SimTimer timer;
    gboolean exists, was_there;
    gboolean has_failed; /* the last renewal did not get through */
    gboolean is_routine; /* the last one was answered as they all are */
    Rng *rng;            /* of the waits */
    gint64 renew_time;   /* of the renewal under way, or the last one */
    Heartbeat beat;
    guint attempts;
} LeaseKeeper;
void lease_start(Kubelet *k);
void lease_stop(Kubelet *k);

/* --- eviction.c ----------------------------------------------------------------------------- */

typedef struct {
    SimTimer timer;
    gboolean has_pressure, has_disk_pressure;
    gint64 met_ns, disk_met_ns; /* when a threshold was last met */
    EvictionLimits limits;      /* with the defaults */
    Thresholds thresholds;
    const char *victim; /* uid of the last one evicted; NULL: none */
    gint64 victim_until_ns;
} EvictionManager;
void eviction_start(Kubelet *k);
void eviction_stop(Kubelet *k);
void eviction_touch(Kubelet *k); /* containers have come: memory is to be watched */
/* eviction_refuses: why @pod may not come now (interned), or NULL. */
const char *eviction_refuses(const Kubelet *k, const ApiObject *pod);

/* --- image_gc.c ----------------------------------------------------------------------------- */

typedef struct {
    SimTimer timer;
    GHashTable *records; /* (owned) image -> ImageRecord (owned) */
    gboolean has_failed; /* the last collection */
} ImageGc;
void image_gc_start(Kubelet *k);
void image_gc_stop(Kubelet *k);
/* disk_available: to new files; disk_used_by: what a pod has written, and its logs. */
gint64 disk_available(Kubelet *k);
gint64 disk_used_by(Worker *w);
void image_gc_pulled(Kubelet *k, const char *image);
void image_gc_container_goes(Kubelet *k, const RtContainer *container); /* it is about to be removed */
void image_gc_sandbox_goes(Kubelet *k, const Sandbox *sandbox);         /* with all its containers */
/* image_gc_look: so much is available: the next collection may have something to do. */
void image_gc_look(Kubelet *k, gint64 available);
/* image_gc_free_space: removes unused images until @wanted_bytes are freed. Returns how many were. */
gint64 image_gc_free_space(Kubelet *k, gint64 wanted_bytes);

/* --- shutdown.c ----------------------------------------------------------------------------- */

typedef struct {
    SimTimer timer;
    gboolean is_now;
    guint group;        /* under way */
    GPtrArray *awaited; /* (owned) uids of its pods */
} ShutdownManager;
void shutdown_start(Kubelet *k);
void shutdown_stop(Kubelet *k);
void shutdown_pod_ended(Kubelet *k); /* a pod has: the next group may begin */

/* --- admit.c ------------------------------------------------------------------------- */

typedef struct {
    const char *reason, *message; /* interned; NULL: admitted */
} Admission;
/* One thing that is in the way: too little of a resource, or else a predicate that failed. */
typedef struct {
    const char *resource; /* interned; NULL: none */
    gint64 requested, used, capacity;
    const char *predicate, *text;
} AdmitFailure;
/* admit_system: a pod for another operating system. */
Admission admit_system(const ApiObject *pod);
/* admit_failures: of AdmitFailure, in the kubelet's order; none: it may run. (owned) */
GArray *admit_failures(const ApiObject *node,
                       const ApiObject *const *others,
                       guint n_others,
                       const ApiObject *pod);
Admission admit_verdict(const AdmitFailure *failure);
/* admit_amount_of: in the unit of messages: milli-cores, else whole ones. */
gint64 admit_amount_of(const char *resource, const Quantity *quantity);

/* --- preempt.c ----------------------------------------------------------------------- */

/*
 * preempt_choose: those of @pods that make room for critical @pod: pods of low class first, as few
 * and as small as may be. Returns: (owned) array of ApiObject (borrowed), or NULL with
 * @out_error (interned): there are not enough of them.
 */
GPtrArray *preempt_choose(const ApiObject *pod,
                          const ApiObject *const *pods,
                          guint n_pods,
                          const GArray *failures,
                          const char **out_error);
/* preempt_begin: @w is admitted when the @victims have ended. */
void preempt_begin(Worker *w, const GPtrArray *victims);
/* preempt_ended: a pod has: somebody may have waited for it. */
void preempt_ended(Kubelet *k);
void worker_start(Worker *w); /* sync_loop.c: it is admitted */

/* --- the kubelet --------------------------------------------------------------------- */

struct Kubelet {
    KubeletOptions options; /* strings interned, maps copied */
    Sim *sim;
    const char *component; /* "kubelet/<node>" */
    const char *node_name;
    Process *process;
    Client *client, *event_client; /* the second NULL: played */
    Recorder *recorder;    /* NULL: played */
    InformerFactory *factory;
    Informer *pods, *services, *nodes;
    Rng *rng;
    SimHandle handle; /* of this life of the process; generation 0: not running */
    gint64 started_ns;
    gint64 tick_ns;  /* phase of the 1 s work-queue check */
    gint64 heard_ns; /* when the last change of a pod reaches the sync loop */
    guint64 order;
    GHashTable *workers; /* uid -> Worker (owned); NULL: played */
    GHashTable *fetched; /* "configmaps/ns/name" -> ApiObject (owned ref): last seen; NULL: played */
    Pleg pleg;
    Pulls pulls;
    StatusManager statuses;
    NodeReporter node;
    LeaseKeeper lease;
    EvictionManager eviction;
    ShutdownManager shutdown;
    ImageGc images;
    SimTimer housekeeping;
    GPtrArray *held; /* timers that fired while the process was paused */
    Ideal *ideal;
    Stats *stats; /* NULL: nobody asks for them */
};

/* sync_loop.c */
void kubelet_on_pod_added(gpointer user, const ApiObject *object);
void kubelet_on_pod_updated(gpointer user, const ApiObject *old, const ApiObject *object);
void kubelet_on_pod_deleted(gpointer user, const ApiObject *object);
void kubelet_on_node(gpointer user, const ApiObject *object);
void kubelet_on_node_updated(gpointer user, const ApiObject *old, const ApiObject *object);
void kubelet_on_housekeeping(Sim *sim, gpointer self);
/* kubelet_tidied_wall_ns: when housekeeping had its last turn, whether it was played or not. */
gint64 kubelet_tidied_wall_ns(const Kubelet *k);
/* kubelet_tidy: housekeeping has something to do at its next turn. */
void kubelet_tidy(Kubelet *k);

Worker *kubelet_find_worker(const Kubelet *k, const char *uid);
/* kubelet_workers: in order of arrival. (owned array) */
GPtrArray *kubelet_workers(const Kubelet *k);
/*
 * kubelet_holds: the process is paused: @timer, whose handler asks, fires when it
 * goes on. TRUE: the handler returns at once.
 */
gboolean kubelet_holds(Kubelet *k, SimTimer *timer);
void kubelet_timer_disarm(Kubelet *k, SimTimer *timer); /* also one that is held */
void kubelet_timer_clear(Kubelet *k, SimTimer *timer);
const ApiObject *kubelet_node(const Kubelet *k); /* its Node as cached; NULL: not seen yet */
gint64 kubelet_wall_ns(const Kubelet *k);
/* kubelet_tick_at: the first work-queue check at or after @time_ns. */
gint64 kubelet_tick_at(const Kubelet *k, gint64 time_ns);

/* stats.c */
void stats_start(Kubelet *k);
void stats_stop(Kubelet *k);
void stats_container_started(Kubelet *k, const RtContainer *container);

/* ideal.c */
/* ideal_list_running: (borrowed) pods that run, in order of arrival. */
void ideal_list_running(const Ideal *ideal, GPtrArray *out);
Ideal *ideal_new(Kubelet *k);
void ideal_free(Ideal *ideal);
void ideal_stop(Ideal *ideal);
