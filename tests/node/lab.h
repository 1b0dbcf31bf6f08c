/*
 * lab.h - a control plane without deciders, and nodes with real kubelets
 *
 * Pods are created bound to a node. What the API server stores is kept, so that
 * tests ask when what was true, as a watcher would see it.
 */
#pragma once

#include "apiserver/apiserver.h"
#include "base/duration.h"
#include "node/kubelet.h"

#define LAB_NODES 2

typedef struct {
    gint64 time_ns;
    WatchType type;
    ApiObject *object; /* (owned ref) */
} LabRecord;

typedef struct {
    Sim *sim;
    World *world;
    Machine *control_plane;
    Machine *machines[LAB_NODES];
    Runtime *runtimes[LAB_NODES];
    Kubelet *kubelets[LAB_NODES];
    Etcd *etcd;
    ApiServer *server;
    GArray *log;      /* of LabRecord */
    gint64 origin_ns; /* 0 s of the test */
} Lab;

typedef struct {
    guint64 seed;
    gboolean ideal, cluster_dns;
    EvictionLimits eviction;
    guint version_minor; /* of the kubelets; 0: 34 */
    const ShutdownGroup *shutdown_groups; /* of both kubelets */
    guint n_shutdown_groups;
} LabOptions;

Lab *lab_new(const LabOptions *options); /* both nodes are Ready; the clock stands at origin_ns */
void lab_free(Lab *lab);

/* lab_apply: every document, pods bound to "node-a", in namespace default. */
void lab_apply(Lab *lab, const char *yaml);
void lab_apply_to(Lab *lab, const char *yaml, const char *node);
/* lab_call: takes @request; runs until it is answered. Returns the code. */
int lab_call(Lab *lab, ApiRequest *request);
/* lab_delete: @grace_s < 0: the pod's own. */
void lab_delete(Lab *lab, const char *pod, gint64 grace_s);
/* lab_run: up to @seconds_milli / 1000 after the origin. */
void lab_run(Lab *lab, gint64 until_ms);
const ApiObject *lab_pod(Lab *lab, const char *name); /* as stored; NULL: gone */

/* Questions to the log; times in ms after the origin, -1: never. */
typedef gboolean (*LabTest)(const ApiObject *pod, const char *detail);
gint64 lab_when(Lab *lab, const char *pod, LabTest test, const char *detail, gint64 after_ms);
gint64 lab_when_gone(Lab *lab, const char *pod);
/* lab_when_event: when the event's count of @reason about @pod reached @count. */
gint64 lab_when_event(Lab *lab, const char *pod, const char *reason, gint32 count);
gint32 lab_count_event(Lab *lab, const char *pod, const char *reason);
const char *lab_event_message(Lab *lab, const char *pod, const char *reason);
/*
 * lab_states: the sequence of states of a container as reported:
 * "waiting/ContainerCreating running ...". (owned)
 */
char *lab_states(Lab *lab, const char *pod, const char *container);
/* lab_write_log: as a watch log of a recording. */
void lab_write_log(Lab *lab, const char *path);

/* Tests on pods. */
gboolean pod_phase_is(const ApiObject *pod, const char *phase);
gboolean pod_condition_true(const ApiObject *pod, const char *type);
gboolean pod_condition_false(const ApiObject *pod, const char *type);
gboolean pod_is_going(const ApiObject *pod, const char *detail);
gboolean pod_waits(const ApiObject *pod, const char *reason); /* first container */
gboolean pod_runs(const ApiObject *pod, const char *detail);  /* first container */
gboolean pod_ended(const ApiObject *pod, const char *reason); /* first container */
