/*
 * cluster.h - the whole cluster of a scenario, assembled and wired
 *
 * Owns the kernel, the world, every component, the users' machine and the
 * traffic. The cluster boots through all its layers before 0 s (sim start is
 * negative): nodes register, get their ranges and leases, and are Ready when the
 * scenario begins.
 */
#pragma once

#include "apiserver/apiserver.h"
#include "controllers/controllers.h"
#include "kubectl/kubectl.h"
#include "net/kubeproxy.h"
#include "net/traffic.h"
#include "node/metrics_adapter.h"
#include "node/metrics_server.h"
#include "node/kubelet.h"
#include "scenario/scenario.h"
#include "scheduler/scheduler.h"

typedef struct {
    const char *name; /* interned */
    Machine *machine;
    Runtime *runtime;
    Kubelet *kubelet;
    KubeProxy *proxy; /* NULL with ideal kubelets */
    const ScNodeGroup *group; /* NULL for a Node manifest */
} ClusterNode;

typedef struct Entrance Entrance; /* entrance.h */
typedef struct Cloud Cloud;       /* cloud.h */

typedef struct Cluster {
    const Scenario *scenario; /* borrowed */
    Sim *sim;
    World *world;
    Machine *control_plane, *user, *external;
    Etcd *etcd;
    ApiServer *server;  /* the first; who looks without being a client asks it */
    GPtrArray *servers; /* of ApiServer*: all of them */
    GPtrArray *managers;   /* of ControllerManager*, one per control-plane machine that has one */
    GPtrArray *schedulers; /* of Scheduler* */
    Kubectl *kubectl;
    MetricsServer *metrics_server;   /* NULL: none installed */
    MetricsAdapter *metrics_adapter; /* NULL: the scenario has no metrics of its own */
    VpaConfig vpa_config;
    ControllerManager *vpa_recommender; /* NULL: not installed */
    Client *chaos; /* podKill */
    GPtrArray *nodes;   /* of ClusterNode* */
    GPtrArray *traffic; /* of Traffic* */
    gpointer controllers_config;
    GPtrArray *etcd_machines;  /* of Machine* */
    GPtrArray *plane_machines; /* of Machine*: the control plane, etcd's machines first */
    Entrance *entrance;
    Cloud *cloud; /* NULL: no group of nodes grows */
    AppRule *app_rules; /* a copy: `set` changes it */
} Cluster;


/* cluster_new: everything is made, nothing runs. @seed overrides the scenario's if not 0. (owned) */
Cluster *cluster_new(const Scenario *scenario, guint64 seed);
void cluster_free(Cluster *cluster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cluster, cluster_free)
/* cluster_boot: start every process; the clock then stands at 0. */
void cluster_boot(Cluster *cluster);

/* cluster_add_taint: "gpu=yes:NoSchedule". */
void cluster_add_taint(TaintList *taints, const char *text);
ClusterNode *cluster_find_node(const Cluster *cluster, const char *name); /* NULL if none */
Traffic *cluster_find_traffic(const Cluster *cluster, const char *name);
/* cluster_process: "kube-scheduler" (also "scheduler"), "kube-controller-manager" ("controller-manager"), "kube-apiserver" ("apiserver"), "etcd", "metrics-server", "kubelet" and "kube-proxy" with @node. Of several schedulers, controller managers, API servers or etcd members the one on the machine @node; NULL: the leader, or the first. NULL if there is none. */
/* cluster_scheduler: the one that leads; the first if none does. */
Scheduler *cluster_scheduler(const Cluster *cluster);
/* cluster_member_machine: of several schedulers, controller managers, API servers or etcd members, where number @number is. */
Machine *cluster_member_machine(const Cluster *cluster, const char *component, guint number);
/* cluster_leader_machine: where the leader of a component with several replicas runs now (of API servers the first); NULL if it has but one. */
Machine *cluster_leader_machine(const Cluster *cluster, const char *component);
Process *cluster_process(const Cluster *cluster, const char *component, const char *node);
/* cluster_find_container: of a pod, by name (NULL: the first); NULL if it does not exist now. */
RtContainer *cluster_find_container(const Cluster *cluster, const char *namespace_, const char *pod, const char *container);
