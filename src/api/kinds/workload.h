/*
 * kinds/workload.h - ReplicaSet and Deployment (apps/v1, v1.34)
 */
#pragma once

#include "api/kinds/pod.h"

typedef struct {
    OptInt32 replicas;
    gint32 min_ready_s;
    LabelSelector *selector;
    PodTemplateSpec template_;
} ReplicaSetSpec;
typedef struct {
    gint32 replicas, fully_labeled_replicas, ready_replicas, available_replicas;
    OptInt32 terminating_replicas;
    gint64 observed_generation;
    ConditionList conditions;
} ReplicaSetStatus;

typedef struct {
    IntOrString max_unavailable, max_surge;
} RollingUpdateDeployment;
typedef struct {
    const char *type;
    RollingUpdateDeployment *rolling_update;
} DeploymentStrategy;
typedef struct {
    OptInt32 replicas;
    LabelSelector *selector;
    PodTemplateSpec template_;
    DeploymentStrategy strategy;
    gint32 min_ready_s;
    OptInt32 revision_history_limit;
    gboolean paused;
    OptInt32 progress_deadline_s;
} DeploymentSpec;
typedef struct {
    gint64 observed_generation;
    gint32 replicas, updated_replicas, ready_replicas, available_replicas, unavailable_replicas;
    OptInt32 terminating_replicas;
    ConditionList conditions;
    OptInt32 collision_count;
} DeploymentStatus;

/*
 * core/v1 ReplicationController: a ReplicaSet whose selector is a plain map. Its parts begin with a ReplicaSet's, whose
 * `selector` is not used: replica_set_spec() and replica_set_status() are for both, replica_set_selector() knows the difference.
 */
typedef struct {
    ReplicaSetSpec set;
    StrMap selector;
} ReplicationControllerSpec;
typedef struct { /* body */
    PodTemplateSpec template_;
} PodTemplateBody;

extern const ApiKind replica_set_kind, deployment_kind, replication_controller_kind, pod_template_kind;
extern const ApiType replication_controller_spec_type, replication_controller_status_type;
extern const ApiType deployment_spec_type, deployment_status_type, replica_set_spec_type,
    replica_set_status_type;

static inline const ReplicaSetSpec *
replica_set_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const ReplicaSetStatus *
replica_set_status(const ApiObject *object)
{
    return object->status;
}
static inline const StrMap *
replication_controller_selector(const ApiObject *object)
{
    return &((const ReplicationControllerSpec *)object->spec)->selector;
}
/* replica_set_selector: of either kind; what it holds is the object's. */
static inline LabelSelector
replica_set_selector(const ApiObject *object)
{
    LabelSelector selector = {0};

    if (object->kind == &replication_controller_kind)
        selector.match_labels = *replication_controller_selector(object);
    else if (replica_set_spec(object)->selector != NULL)
        selector = *replica_set_spec(object)->selector;
    return selector;
}
static inline const DeploymentSpec *
deployment_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const DeploymentStatus *
deployment_status(const ApiObject *object)
{
    return object->status;
}
/* workload_template: of a Deployment, ReplicaSet, ReplicationController, DaemonSet or StatefulSet; NULL for others. */
const PodTemplateSpec *workload_template(const ApiObject *object);
