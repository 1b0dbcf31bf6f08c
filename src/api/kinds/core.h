/*
 * kinds/core.h - Namespace, Node, Event, ConfigMap, Secret, ServiceAccount,
 * PriorityClass, Lease (v1.34)
 */
#pragma once

#include "api/kinds/pod.h"

typedef struct {
    StrList finalizers;
} NamespaceSpec;
typedef struct {
    const char *phase;
    ConditionList conditions;
} NamespaceStatus;

typedef struct {
    const char *key, *value, *effect;
    ApiTime time_added;
} Taint;
typedef API_LIST_OF(Taint) TaintList;
typedef struct {
    const char *pod_cidr;
    StrList pod_cidrs;
    const char *provider_id;
    gboolean unschedulable;
    TaintList taints;
    Value *config_source;
    const char *external_id;
} NodeSpec;
typedef struct {
    const char *type, *address;
} NodeAddress;
typedef struct {
    const char *machine_id, *system_uuid, *boot_id, *kernel_version, *os_image,
        *container_runtime_version, *kubelet_version, *kube_proxy_version, *operating_system,
        *architecture;
    Value *swap;
} NodeSystemInfo;
typedef struct {
    StrList names;
    gint64 size_bytes;
} ContainerImage;
typedef struct {
    gint32 port;
} DaemonEndpoint;
typedef struct {
    DaemonEndpoint kubelet_endpoint;
} NodeDaemonEndpoints;
typedef struct {
    QuantityMap capacity, allocatable;
    const char *phase;
    ConditionList conditions;
    API_LIST_OF(NodeAddress) addresses;
    NodeDaemonEndpoints daemon_endpoints;
    NodeSystemInfo node_info;
    API_LIST_OF(ContainerImage) images;
    StrList volumes_in_use;
    Value *volumes_attached, *config, *runtime_handlers, *features;
} NodeStatus;

typedef struct {
    const char *component, *host;
} EventSource;
typedef struct {
    gint32 count;
    ApiTime last_observed_time;
} EventSeries;
typedef struct { /* body */
    ObjectReference involved_object;
    const char *reason, *message;
    EventSource source;
    ApiTime first_time, last_time;
    gint32 count;
    const char *type;
    ApiTime event_time; /* micro */
    EventSeries *series;
    const char *action;
    ObjectReference *related;
    const char *reporting_component, *reporting_instance;
} EventBody;

typedef struct { /* body */
    OptBool immutable;
    StrMap data, binary_data;
} ConfigMapBody;
typedef struct { /* body */
    OptBool immutable;
    StrMap data;        /* base64 */
    StrMap string_data; /* write only: moved to data by the defaults */
    const char *type;
} SecretBody;
typedef struct { /* body */
    API_LIST_OF(ObjectReference) secrets;
    API_LIST_OF(LocalObjectReference) image_pull_secrets;
    OptBool automount_service_account_token;
} ServiceAccountBody;
typedef struct { /* body */
    gint32 value;
    gboolean global_default;
    const char *description, *preemption_policy;
} PriorityClassBody;

typedef struct {
    const char *holder_identity;
    OptInt32 lease_duration_s;
    ApiTime acquire_time, renew_time; /* micro */
    OptInt32 lease_transitions;
    const char *strategy, *preferred_holder;
} LeaseSpec;

extern const ApiKind namespace_kind, node_kind, event_kind, config_map_kind, secret_kind,
    service_account_kind, priority_class_kind, lease_kind;

static inline const NodeSpec *
node_spec(const ApiObject *node)
{
    return node->spec;
}
static inline const NodeStatus *
node_status(const ApiObject *node)
{
    return node->status;
}
static inline const EventBody *
event_body(const ApiObject *event)
{
    return event->body;
}
static inline const LeaseSpec *
lease_spec(const ApiObject *lease)
{
    return lease->spec;
}
static inline const NamespaceStatus *
namespace_status(const ApiObject *object)
{
    return object->status;
}

/* node_term_matches: a node selector term; an empty one matches nothing. */
gboolean node_term_matches(const NodeSelectorTerm *term, const ApiObject *node);
/* node_matches_required: nodeSelector and required node affinity of @spec select @node. */
gboolean node_matches_required(const PodSpec *spec, const ApiObject *node);
