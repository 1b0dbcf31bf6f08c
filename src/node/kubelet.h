/*
 * kubelet.h - the node agent: makes of bound pods containers, and reports them
 *
 * Models: pkg/kubelet v1.34.2 (pod workers, PLEG, prober, images, status
 * manager, volume manager's waits, node status, lease). It speaks to the API
 * server as a client and to its machine's container runtime; nobody else makes
 * containers. The process can crash, pause and restart: containers go on, and
 * are adopted at the next start.
 *
 * With `ideal` the node is played instead of modelled: a pod is ready a fixed
 * time after its binding was seen and gone a fixed time after its deletion, and
 * no container exists in the world (what KWOK does).
 *
 * Left out: device plugins, CPU and topology managers, static pods, in-place
 * resize, user namespaces, swap, log rotation.
 */
#pragma once

#include "apiserver/apiserver.h"
#include "world/runtime.h"

typedef struct Kubelet Kubelet;

/* shutdownGracePeriodByPodPriority: how long pods have when the machine is to go down. */
typedef struct {
    gint32 priority; /* the group's lowest */
    gint64 grace_s;
} ShutdownGroup;

/* memory.available, nodefs.available, imagefs.available, in the order in which they are looked at. */
typedef enum { EVICTION_MEMORY, EVICTION_NODEFS, EVICTION_IMAGEFS, EVICTION_N_SIGNALS } EvictionSignal;
/* Thresholds by signal: a quantity or a percentage; NULL: none. */
typedef struct {
    const char *hard[EVICTION_N_SIGNALS], *soft[EVICTION_N_SIGNALS];
    const char *reclaim[EVICTION_N_SIGNALS]; /* evictionMinimumReclaim */
    gint64 grace_ns[EVICTION_N_SIGNALS];     /* evictionSoftGracePeriod */
    gint64 max_grace_s;                      /* evictionMaxPodGracePeriod: of pods that a soft one evicts; 0: their own */
    gint64 transition_ns;                    /* evictionPressureTransitionPeriod; 0: 5 min */
} EvictionLimits;

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    ApiServer *server;
    Runtime *runtime; /* may be NULL with ideal */
    const char *node_name;
    StrMap labels;    /* (borrowed) besides kubernetes.io/{arch,os,hostname} and the zone's */
    TaintList taints; /* (borrowed) registered with the node */
    gint32 max_pods;  /* 0: 110 */
    const char *kube_reserved_cpu, *kube_reserved_memory;     /* quantities; NULL: none */
    const char *system_reserved_cpu, *system_reserved_memory; /* quantities; NULL: none */
    /* hard thresholds ("0": off) that are NULL are 100Mi, 10%, 15% */
    EvictionLimits eviction;
    gint32 image_gc_high_percent, image_gc_low_percent; /* 0: 85, 80 */
    const ShutdownGroup *shutdown_groups; /* (borrowed, copied) by priority; 0: the machine goes down without a word */
    guint n_shutdown_groups;
    const char *pod_cidr;    /* range of pod addresses; NULL: waits for spec.podCIDR of its Node */
    const char *provider_id; /* may be NULL */
    gboolean external_cloud; /* --cloud-provider=external: a cloud tells addresses and zone, and takes the taint away */
    gboolean cluster_dns;    /* FALSE: each sync of a pod warns MissingClusterDNS */
    guint version_minor;     /* 34 */
    const char *version;     /* "v1.34.4"; NULL: v1.34.4, else v1.<minor>.0 */

    /* The Node as a manifest declares it; NULL: none. It registers unschedulable if that says so; with ideal, what its
     * status says of allocatable and images stands instead of what a runtime would find. The kubelet keeps a reference. */
    const ApiObject *declared;

    gboolean ideal;
    Dist ideal_startup, ideal_stop;
    /* Per pod instead, if not NULL: what the pod's image says. */
    gint64 (*ideal_startup_of)(gpointer user, const ApiObject *pod);
    gint64 (*ideal_stop_of)(gpointer user, const ApiObject *pod);
    /* Whether the pull of @image fails; NULL: none does. With ideal only. */
    gboolean (*ideal_image_is_missing)(gpointer user, const char *image);
    /* What each container of a played pod uses; NULL: nothing. */
    void (*ideal_usage_of)(gpointer user, const ApiObject *pod, gint64 *out_cpu_milli, gint64 *out_memory_bytes);
    gpointer ideal_user; /* borrowed */

    gboolean stats; /* it is scraped: it looks at what its containers use (stats.h) */
} KubeletOptions;

/* kubelet_new: process "kubelet" on the machine, stopped. (owned) */
Kubelet *kubelet_new(const KubeletOptions *options);
void kubelet_free(Kubelet *kubelet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kubelet, kubelet_free)

Process *kubelet_process(Kubelet *kubelet);

/* kubelet_runtime_defaults: container runtime latencies of a small real node (recorded). */
void kubelet_runtime_defaults(RuntimeOptions *out_options);
