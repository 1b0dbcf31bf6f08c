/*
 * kinds/sets.h - DaemonSet, StatefulSet, ControllerRevision (apps/v1, v1.34)
 */
#pragma once

#include "api/kinds/storage.h"

typedef struct {
    IntOrString max_unavailable, max_surge;
} RollingUpdateDaemonSet;
typedef struct {
    const char *type;
    RollingUpdateDaemonSet *rolling_update;
} DaemonSetUpdateStrategy;
typedef struct {
    LabelSelector *selector;
    PodTemplateSpec template_;
    DaemonSetUpdateStrategy update_strategy;
    gint32 min_ready_s;
    OptInt32 revision_history_limit;
} DaemonSetSpec;
typedef struct {
    gint32 current_scheduled, misscheduled, desired_scheduled, ready;
    gint64 observed_generation;
    gint32 updated_scheduled, available, unavailable;
    OptInt32 collision_count;
    ConditionList conditions;
} DaemonSetStatus;

typedef struct {
    OptInt32 partition;
    IntOrString max_unavailable;
} RollingUpdateStatefulSet;
typedef struct {
    const char *type;
    RollingUpdateStatefulSet *rolling_update;
} StatefulSetUpdateStrategy;
typedef struct {
    const char *when_deleted, *when_scaled;
} ClaimRetentionPolicy;
typedef struct {
    gint32 start;
} StatefulSetOrdinals;
typedef struct {
    OptInt32 replicas;
    LabelSelector *selector;
    PodTemplateSpec template_;
    API_LIST_OF(ClaimTemplate) claim_templates;
    const char *service_name, *pod_management_policy;
    StatefulSetUpdateStrategy update_strategy;
    OptInt32 revision_history_limit;
    gint32 min_ready_s;
    ClaimRetentionPolicy *claim_retention;
    StatefulSetOrdinals *ordinals;
} StatefulSetSpec;
typedef struct {
    gint64 observed_generation;
    gint32 replicas, ready_replicas, current_replicas, updated_replicas;
    const char *current_revision, *update_revision;
    OptInt32 collision_count;
    ConditionList conditions;
    gint32 available_replicas;
} StatefulSetStatus;

typedef struct {
    Value *data;
    gint64 revision;
} ControllerRevisionBody;

#define DAEMON_TEMPLATE_GENERATION "deprecated.daemonset.template.generation"

extern const ApiKind daemon_set_kind, stateful_set_kind, controller_revision_kind;
extern const ApiType daemon_set_spec_type, daemon_set_status_type, stateful_set_spec_type,
    stateful_set_status_type;

static inline const DaemonSetSpec *
daemon_set_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const DaemonSetStatus *
daemon_set_status(const ApiObject *object)
{
    return object->status;
}
static inline const StatefulSetSpec *
stateful_set_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const StatefulSetStatus *
stateful_set_status(const ApiObject *object)
{
    return object->status;
}
static inline const ControllerRevisionBody *
controller_revision_body(const ApiObject *object)
{
    return object->body;
}
