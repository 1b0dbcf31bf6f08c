/* scheduler.c - assembly, and what the informers say; see internal.h */

#include "scheduler/internal.h"
#include "api/kinds/csi_driver.h"
#include "api/kinds/csi_node.h"
#include "api/kinds/network.h"
#include "api/kinds/storage.h"
#include "api/profile.h"

#include "base/duration.h"

#define SCHEDULER_NAME "default-scheduler"
/* v1.34 apis/config/v1/defaults.go: the client's limit; events have a client of their own. */
#define CLIENT_QPS   50
#define CLIENT_BURST 100
/* The kubelet starts a control-plane container again within seconds. */
#define RESTART_NS (2 * NS_PER_S)

gint64
scheduler_wall_ns(const Scheduler *scheduler)
{
    return sim_wall_ns(scheduler->options.sim);
}

static void
tell_queue(Scheduler *scheduler,
           guint type,
           const ApiObject *old,
           const ApiObject *object,
           gint32 max_priority)
{
    ClusterEvent event = {type, old, object};

    sched_queue_set_cause(scheduler->queue, sim_cause(scheduler->options.sim));
    if (sched_queue_is_deaf(scheduler->queue))
        return;
    sched_queue_event(scheduler->queue, &event, max_priority, NULL, scheduler_wall_ns(scheduler));
}

void
scheduler_event(Scheduler *scheduler, guint type, const ApiObject *old, const ApiObject *object)
{
    if (type != 0)
        tell_queue(scheduler, type, old, object, G_MAXINT32);
}

/* --- nodes -------------------------------------------------------------------------------------------- */

static void
node_added(gpointer user, const ApiObject *node)
{
    Scheduler *scheduler = user;

    sched_cache_set_node(scheduler->cache, node);
    scheduler_event(scheduler, EVENT_NODE_ADDED, NULL, node);
    scheduler_pump(scheduler);
}

static void
node_updated(gpointer user, const ApiObject *old, const ApiObject *node)
{
    Scheduler *scheduler = user;

    sched_cache_set_node(scheduler->cache, node);
    scheduler_event(scheduler, cluster_events_of_node(old, node), old, node);
    scheduler_pump(scheduler);
}

static void
node_deleted(gpointer user, const ApiObject *node)
{
    Scheduler *scheduler = user;

    sched_cache_remove_node(scheduler->cache, api_name(node));
    scheduler_event(scheduler, EVENT_NODE_DELETED, node, NULL);
    scheduler_pump(scheduler);
}

static const InformerHandlers node_handlers = {node_added, node_updated, node_deleted};

/* --- pods ------------------------------------------------------------------------------------------------ */

static gboolean
is_bound(const ApiObject *pod)
{
    return !str_is_empty(pod_spec(pod)->node_name);
}

static gboolean
is_ours(const ApiObject *pod)
{
    const char *name = pod_spec(pod)->scheduler_name;

    return str_is_empty(name) || str_is(name, SCHEDULER_NAME);
}

static gboolean
is_waiting(const ApiObject *pod)
{
    return !is_bound(pod) && is_ours(pod);
}

static void
bound_pod_came(Scheduler *scheduler, const ApiObject *pod)
{
    sched_cache_set_pod(scheduler->cache, pod);
    scheduler_event(scheduler, EVENT_POD_ADDED, NULL, pod);
}

/* What has changed is of interest only where somebody waits for it. */
static void
bound_pod_changed(Scheduler *scheduler, const ApiObject *old, const ApiObject *pod)
{
    gboolean is_deaf = sched_queue_is_deaf(scheduler->queue);

    sched_cache_set_pod(scheduler->cache, pod);
    scheduler_event(scheduler, is_deaf ? EVENT_POD_OTHER : cluster_events_of_pod(old, pod), old, pod);
}

static void
bound_pod_went(Scheduler *scheduler, const ApiObject *pod)
{
    sched_cache_remove_pod(scheduler->cache, api_key(pod));
    scheduler_event(scheduler, EVENT_POD_DELETED, pod, NULL);
}

static void
waiting_pod_came(Scheduler *scheduler, const ApiObject *pod)
{
    sched_cache_fetch(scheduler->cache, api_key(pod), NULL);
    sched_queue_set_cause(scheduler->queue, sim_cause(scheduler->options.sim));
    sched_queue_add(scheduler->queue, pod, scheduler_wall_ns(scheduler));
}

/* v1.34 eventhandlers.go: a nominated pod was treated as if on its node by pods of no higher priority. */
static void
nomination_ended(Scheduler *scheduler, const ApiObject *pod)
{
    if (!str_is_empty(pod_status(pod)->nominated_node_name))
        tell_queue(scheduler, EVENT_POD_DELETED, pod, NULL, pod_priority(pod));
}

static void
waiting_pod_went(Scheduler *scheduler, const ApiObject *pod)
{
    sched_queue_delete(scheduler->queue, api_key(pod));
    nomination_ended(scheduler, pod);
}

static void
waiting_pod_changed(Scheduler *scheduler, const ApiObject *old, const ApiObject *pod)
{
    if (old->resource_version == pod->resource_version ||
        sched_cache_is_assumed(scheduler->cache, api_key(pod)))
        return;
    sched_queue_set_cause(scheduler->queue, sim_cause(scheduler->options.sim));
    sched_queue_update(scheduler->queue, old, pod, scheduler_wall_ns(scheduler));
    if (!str_is(pod_status(old)->nominated_node_name, pod_status(pod)->nominated_node_name))
        nomination_ended(scheduler, old);
}

static void
pod_added(gpointer user, const ApiObject *pod)
{
    Scheduler *scheduler = user;

    if (pod_is_terminal(pod))
        return;
    if (is_bound(pod))
        bound_pod_came(scheduler, pod);
    else if (is_ours(pod))
        waiting_pod_came(scheduler, pod);
    scheduler_pump(scheduler);
}

static void
pod_deleted(gpointer user, const ApiObject *pod)
{
    Scheduler *scheduler = user;

    if (is_bound(pod))
        bound_pod_went(scheduler, pod);
    else if (is_ours(pod))
        waiting_pod_went(scheduler, pod);
    g_hash_table_remove(scheduler->preempting, api_uid(pod));
    scheduler_forget_outline(scheduler, api_key(pod));
    scheduler_pump(scheduler);
}

static void
pod_updated(gpointer user, const ApiObject *old, const ApiObject *pod)
{
    Scheduler *scheduler = user;

    /* A name that was given again while nobody looked; a pod that ended is no longer counted. */
    if (api_uid(old) != api_uid(pod) || pod_is_terminal(old) != pod_is_terminal(pod)) {
        if (!pod_is_terminal(old))
            pod_deleted(user, old);
        pod_added(user, pod);
        return;
    }
    if (pod_is_terminal(pod))
        return;
    if (is_bound(old) && is_bound(pod)) {
        bound_pod_changed(scheduler, old, pod);
    } else if (is_bound(pod)) {
        bound_pod_came(scheduler, pod);
        if (is_waiting(old))
            waiting_pod_went(scheduler, old);
    } else if (is_waiting(old) && is_waiting(pod)) {
        waiting_pod_changed(scheduler, old, pod);
    } else if (is_waiting(pod)) {
        waiting_pod_came(scheduler, pod);
    }
    scheduler_pump(scheduler);
}

static const InformerHandlers pod_handlers = {pod_added, pod_updated, pod_deleted};

/* --- claims and volumes ------------------------------------------------------------------------------------- */

static void
storage_changed(gpointer user, const ApiObject *old, const ApiObject *object)
{
    Scheduler *scheduler = user;

    if (old != NULL && old->resource_version == object->resource_version)
        return;
    scheduler_event(scheduler,
                    object->kind == &persistent_volume_kind ? EVENT_VOLUME
                    : object->kind == &storage_class_kind   ? EVENT_CLASS
                    : object->kind == &csi_node_kind        ? EVENT_CSI_NODE
                    : object->kind == &csi_driver_kind      ? EVENT_CSI_DRIVER
                    : object->kind == &csi_storage_capacity_kind ? EVENT_CSI_CAPACITY
                                                                 : EVENT_CLAIM,
                    old, object);
    scheduler_pump(scheduler);
}

static void
storage_came(gpointer user, const ApiObject *object)
{
    storage_changed(user, NULL, object);
}

static const InformerHandlers storage_handlers = {storage_came, storage_changed, NULL};

/* --- what plugins look up ------------------------------------------------------------------------------------ */

/* Kinds besides nodes and pods; those that the API does not have are left out. */
static const char *const read_kinds[][2] = {
    {"v1", "Namespace"},       {"v1", "Service"},          {"v1", "ReplicationController"},
    {"apps/v1", "ReplicaSet"}, {"apps/v1", "StatefulSet"}, {"policy/v1", "PodDisruptionBudget"},
    {"storage.k8s.io/v1", "StorageClass"}, {"v1", "PersistentVolumeClaim"}, {"v1", "PersistentVolume"},
    {"storage.k8s.io/v1", "CSINode"}, {"storage.k8s.io/v1", "CSIDriver"}, {"storage.k8s.io/v1", "CSIStorageCapacity"},
};

G_STATIC_ASSERT(G_N_ELEMENTS(read_kinds) <= SCHEDULER_READ_MAX);

static Informer *
informer_of(const Scheduler *scheduler, const ApiKind *kind)
{
    for (guint i = 0; i < scheduler->n_read; i++) {
        if (scheduler->read[i].kind == kind)
            return scheduler->read[i].informer;
    }
    return NULL;
}

static void
list_objects(gpointer user, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    Informer *informer = informer_of(user, kind);

    if (informer != NULL)
        informer_list(informer, namespace_, out);
}

static const ApiObject *
get_object(gpointer user, const ApiKind *kind, const char *namespace_, const char *name)
{
    Informer *informer = informer_of(user, kind);

    return informer == NULL ? NULL : informer_get(informer, namespace_, name);
}

static const SchedListers scheduler_listers = {list_objects, get_object};

/* --- life of the process ---------------------------------------------------------------------------------------- */

static gboolean
is_preempting(gpointer user, const char *uid)
{
    const Scheduler *scheduler = user;

    return uid != NULL && g_hash_table_contains(scheduler->preempting, uid);
}

static void
queue_waited(gpointer user, gboolean is_leftover, gint64 ns)
{
    const Scheduler *scheduler = user;

    sim_waited(scheduler->options.sim,
               profile_timers[is_leftover ? TIMER_UNSCHEDULABLE_LIMIT : TIMER_SCHEDULER_BACKOFF].name, ns);
}

static void
scheduler_started(gpointer user)
{
    Scheduler *scheduler = user;

    sched_queue_reset(scheduler->queue, scheduler_wall_ns(scheduler));
}

static void
scheduler_synced(gpointer user)
{
    Scheduler *scheduler = user;

    scheduler->is_synced = TRUE;
    if (scheduler->leader != NULL)
        leader_start(scheduler->leader);
    scheduler_pump(scheduler);
}

static void
scheduler_stopped(gpointer user)
{
    Scheduler *scheduler = user;

    scheduler->is_synced = FALSE;
    scheduler_loop_reset(scheduler);
    scheduler_bindings_reset(scheduler);
    scheduler_evictions_reset(scheduler);
    scheduler_report_reset(scheduler);
    sched_queue_reset(scheduler->queue, scheduler_wall_ns(scheduler));
    sched_cache_clear(scheduler->cache);
    if (scheduler->leader != NULL) {
        leader_reset(scheduler->leader);
        recorder_reset(scheduler->election_recorder);
    }
}

static void
scheduler_resumed(gpointer user)
{
    Scheduler *scheduler = user;

    if (scheduler->leader != NULL) {
        leader_resumed(scheduler->leader);
        recorder_resumed(scheduler->election_recorder);
    }
    scheduler_evictions_resumed(scheduler);
    scheduler_report_resumed(scheduler);
    scheduler_loop_resumed(scheduler);
}

static void
scheduler_elected(gpointer user)
{
    scheduler_pump(user);
}

static void
scheduler_lost(gpointer user)
{
    Scheduler *scheduler = user;

    process_crash(component_process(scheduler->component), RESTART_NS);
}

static void
scheduler_released(gpointer user)
{
    Scheduler *scheduler = user;

    process_exit(component_process(scheduler->component));
}

/* v1.34 cmd/kube-scheduler: a signal ends the cycles; options.go sets ReleaseOnCancel. */
static void
scheduler_terminated(gpointer user)
{
    Scheduler *scheduler = user;

    scheduler->is_synced = FALSE;
    scheduler_loop_reset(scheduler);
    if (scheduler->leader != NULL)
        leader_release(scheduler->leader, scheduler_released);
    else
        scheduler_released(scheduler);
}

static Component *
make_component(Scheduler *scheduler)
{
    const SchedulerOptions *options = &scheduler->options;

    return component_new(
        &(ComponentOptions){
            .sim = options->sim,
            .world = options->world,
            .machine = options->machine,
            .server = options->server,
            .process_name = "kube-scheduler",
            .user = "system:kube-scheduler",
            .qps = CLIENT_QPS,
            .burst = CLIENT_BURST,
            .event_qps = CLIENT_QPS,
            .event_burst = CLIENT_BURST,
            .recorder = {.component = SCHEDULER_NAME,
                         .host = machine_name(options->machine),
                         .series = TRUE},
            .hooks = {.started = scheduler_started,
                      .synced = scheduler_synced,
                      .stopped = scheduler_stopped,
                      .resumed = scheduler_resumed,
                      .terminated = scheduler_terminated},
        },
        scheduler);
}

static void
add_informers(Scheduler *scheduler)
{
    InformerFactory *factory = component_informers(scheduler->component);

    informer_add_handlers(informer_factory_get(factory, &node_kind, NULL), &node_handlers,
                          scheduler);
    /* v1.34 scheduler.go: NewInformerFactory: pods that ended are none of its business. */
    scheduler->pods =
        informer_factory_get(factory, &pod_kind, "status.phase!=Succeeded,status.phase!=Failed");
    informer_add_handlers(scheduler->pods, &pod_handlers, scheduler);
    for (guint i = 0; i < G_N_ELEMENTS(read_kinds); i++) {
        const ApiKind *kind = api_kind_find(read_kinds[i][0], read_kinds[i][1]);
        Informer *informer = kind == NULL ? NULL : informer_factory_get(factory, kind, NULL);

        if (kind == NULL)
            continue;
        scheduler->read[scheduler->n_read].kind = kind;
        scheduler->read[scheduler->n_read++].informer = informer;
        if (kind == &persistent_volume_claim_kind || kind == &persistent_volume_kind || kind == &storage_class_kind ||
            kind == &csi_node_kind || kind == &csi_driver_kind || kind == &csi_storage_capacity_kind)
            informer_add_handlers(informer, &storage_handlers, scheduler);
    }
}

Scheduler *
scheduler_new(const SchedulerOptions *options)
{
    Scheduler *scheduler = g_new0(Scheduler, 1);

    scheduler->options = *options;
    if (scheduler->options.version_minor == 0)
        scheduler->options.version_minor = 34;
    scheduler->timing = rng_stream(options->sim, "scheduler/timing");
    scheduler->tiebreak = rng_stream(options->sim, "scheduler/tiebreak");
    scheduler->preemption = rng_stream(options->sim, "scheduler/preemption");
    scheduler->cache = sched_cache_new(&scheduler_listers, scheduler);
    scheduler->queue = sched_queue_new(&(SchedQueueOptions){
        .cache = scheduler->cache,
        .initial_backoff_ns = PROFILE_NS(SCHEDULER_BACKOFF),
        .max_backoff_ns = PROFILE_NS(SCHEDULER_BACKOFF_MAX),
        .is_preempting = is_preempting,
        .waited = queue_waited,
        .user = scheduler,
    });
    g_queue_init(&scheduler->bindings);
    scheduler->evictions = g_hash_table_new(NULL, NULL);
    scheduler->preempting = g_hash_table_new(NULL, NULL);
    scheduler_loop_init(scheduler);
    scheduler->component = make_component(scheduler);
    add_informers(scheduler);
    if (options->leader_elect) {
        scheduler->election_recorder = recorder_new(component_free_client(scheduler->component),
                                                    &(RecorderOptions){.component = SCHEDULER_NAME});
        scheduler->leader = leader_new(component_free_client(scheduler->component),
                                       &(LeaderOptions){.lease_name = "kube-scheduler",
                                                        .recorder = scheduler->election_recorder,
                                                        .elected = scheduler_elected,
                                                        .lost = scheduler_lost},
                                       scheduler);
    }
    return scheduler;
}

void
scheduler_free(Scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    scheduler_loop_reset(scheduler);
    scheduler_bindings_reset(scheduler);
    api_object_unref(scheduler->spare_target);
    scheduler_evictions_reset(scheduler);
    scheduler_report_reset(scheduler);
    leader_free(scheduler->leader);
    recorder_free(scheduler->election_recorder);
    component_free(scheduler->component);
    scheduler_loop_free(scheduler);
    said_clear(&scheduler->said);
    g_hash_table_destroy(scheduler->evictions);
    g_hash_table_destroy(scheduler->preempting);
    sched_queue_free(scheduler->queue);
    sched_cache_free(scheduler->cache);
    g_free(scheduler);
}

Process *
scheduler_process(Scheduler *scheduler)
{
    return component_process(scheduler->component);
}

gboolean
scheduler_is_leading(const Scheduler *scheduler)
{
    return scheduler->is_synced && (scheduler->leader == NULL || leader_is_leading(scheduler->leader));
}
