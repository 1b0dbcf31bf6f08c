/*
 * kinds/pod.h - Pod and PodTemplate parts (core/v1, v1.34)
 *
 * All fields that some room acts on are typed; the rest of the API's fields are
 * accepted as raw trees (security contexts, ephemeral containers) and kept.
 */
#pragma once

#include "api/kinds/meta.h"

typedef struct {
    const char *name, *host_ip, *protocol;
    gint32 container_port, host_port;
} ContainerPort;

typedef struct {
    const char *name; /* of the ConfigMap or Secret */
    const char *key;
    OptBool optional;
} KeySelector;

typedef struct {
    const char *api_version, *field_path;
} ObjectFieldSelector;

typedef struct {
    const char *container_name, *resource;
    Quantity *divisor;
} ResourceFieldSelector;

typedef struct {
    ObjectFieldSelector *field_ref;
    ResourceFieldSelector *resource_field_ref;
    KeySelector *config_map_key_ref, *secret_key_ref;
    Value *file_key_ref; /* never stored: its gate is off */
} EnvVarSource;

typedef struct {
    const char *name, *value;
    EnvVarSource *value_from;
} EnvVar;

typedef struct {
    const char *name;
    OptBool optional;
} EnvFromRef;
typedef struct {
    const char *prefix;
    EnvFromRef *config_map_ref, *secret_ref;
} EnvFromSource;

typedef struct {
    QuantityMap limits, requests;
    Value *claims;
} ResourceRequirements;

typedef struct {
    const char *name, *mount_path, *sub_path, *sub_path_expr, *mount_propagation,
        *recursive_read_only;
    gboolean read_only;
} VolumeMount;

typedef struct {
    StrList command;
} ExecAction;
typedef struct {
    const char *name, *value;
} HttpHeader;
typedef struct {
    const char *path, *host, *scheme;
    IntOrString port;
    API_LIST_OF(HttpHeader) http_headers;
} HttpGetAction;
typedef struct {
    IntOrString port;
    const char *host;
} TcpSocketAction;
typedef struct {
    gint32 port;
    const char *service;
} GrpcAction;
typedef struct {
    gint64 seconds;
} SleepAction;

/* Members are in the order of the API's "more than one handler" checks. */
typedef struct {
    ExecAction *exec;
    HttpGetAction *http_get;
    TcpSocketAction *tcp_socket;
    GrpcAction *grpc; /* probes only */
    gint32 initial_delay_s, timeout_s, period_s, success_threshold, failure_threshold;
    OptInt64 termination_grace_s;
} Probe;

typedef struct {
    ExecAction *exec;
    HttpGetAction *http_get;
    TcpSocketAction *tcp_socket;
    SleepAction *sleep;
} LifecycleHandler;
typedef struct {
    LifecycleHandler *post_start, *pre_stop;
    const char *stop_signal;
} Lifecycle;

typedef struct {
    const char *name, *image, *working_dir, *restart_policy; /* restart_policy: init containers */
    StrList command, args;
    API_LIST_OF(ContainerPort) ports;
    API_LIST_OF(EnvFromSource) env_from;
    API_LIST_OF(EnvVar) env;
    ResourceRequirements resources;
    Value *resize_policy, *restart_rules; /* restart_rules: never stored, their gate is off */
    API_LIST_OF(VolumeMount) volume_mounts;
    Value *volume_devices;
    Probe *liveness_probe, *readiness_probe, *startup_probe;
    Lifecycle *lifecycle;
    const char *termination_message_path, *termination_message_policy, *image_pull_policy;
    Value *security_context;
    gboolean stdin_, stdin_once, tty;
} Container;

typedef struct {
    const char *key, *path;
    OptInt32 mode;
} KeyToPath;
typedef struct {
    const char *name; /* ConfigMap */
    API_LIST_OF(KeyToPath) items;
    OptInt32 default_mode;
    OptBool optional;
} ConfigMapVolumeSource;
typedef struct {
    const char *secret_name;
    API_LIST_OF(KeyToPath) items;
    OptInt32 default_mode;
    OptBool optional;
} SecretVolumeSource;
typedef struct {
    const char *path, *type; /* type: pointer; "" is the default */
} HostPathVolumeSource;
typedef struct {
    const char *medium;
    Quantity *size_limit;
} EmptyDirVolumeSource;
typedef struct {
    const char *claim_name;
    gboolean read_only;
} PvcVolumeSource;
typedef struct {
    const char *audience, *path;
    OptInt64 expiration_s;
} ServiceAccountTokenProjection;
typedef struct {
    const char *path;
    ObjectFieldSelector *field_ref;
    ResourceFieldSelector *resource_field_ref;
    OptInt32 mode;
} DownwardApiFile;
typedef struct {
    API_LIST_OF(DownwardApiFile) items;
    OptInt32 default_mode;
} DownwardApiVolumeSource;
typedef struct {
    const char *name;
    API_LIST_OF(KeyToPath) items;
    OptBool optional;
} NamedProjection; /* configMap or secret inside projected */
typedef struct {
    API_LIST_OF(DownwardApiFile) items;
} DownwardApiProjection;
typedef struct {
    NamedProjection *secret;
    DownwardApiProjection *downward_api;
    NamedProjection *config_map;
    ServiceAccountTokenProjection *service_account_token;
    Value *cluster_trust_bundle, *pod_certificate;
} VolumeProjection;
typedef struct {
    API_LIST_OF(VolumeProjection) sources;
    OptInt32 default_mode;
} ProjectedVolumeSource;

typedef struct {
    const char *name;
    EmptyDirVolumeSource *empty_dir;
    HostPathVolumeSource *host_path;
    SecretVolumeSource *secret;
    PvcVolumeSource *persistent_volume_claim;
    DownwardApiVolumeSource *downward_api;
    ConfigMapVolumeSource *config_map;
    ProjectedVolumeSource *projected;
    Value *nfs, *csi, *ephemeral, *image, *git_repo, *iscsi, *other; /* accepted, not modelled */
    /* Of storage systems that few have left: pod_volume.c. */
    Value *gce_disk, *aws_disk, *glusterfs, *rbd, *flex_volume, *cinder, *cephfs, *flocker, *azure_file, *vsphere_volume,
        *quobyte, *azure_disk, *photon_disk, *portworx_volume, *scale_io, *storageos;
} Volume;

typedef struct {
    const char *key, *operator_, *value, *effect;
    OptInt64 toleration_s;
} Toleration;
typedef API_LIST_OF(Toleration) TolerationList;

typedef struct {
    const char *key, *operator_;
    StrList values;
} NodeSelectorRequirement;
typedef struct {
    API_LIST_OF(NodeSelectorRequirement) match_expressions, match_fields;
} NodeSelectorTerm;
typedef struct {
    API_LIST_OF(NodeSelectorTerm) terms;
} NodeSelector;
typedef struct {
    gint32 weight;
    NodeSelectorTerm preference;
} PreferredSchedulingTerm;
typedef struct {
    NodeSelector *required;
    API_LIST_OF(PreferredSchedulingTerm) preferred;
} NodeAffinity;
typedef struct {
    LabelSelector *label_selector, *namespace_selector;
    StrList namespaces;
    const char *topology_key;
    StrList match_label_keys, mismatch_label_keys;
} PodAffinityTerm;
typedef struct {
    gint32 weight;
    PodAffinityTerm term;
} WeightedPodAffinityTerm;
typedef struct {
    API_LIST_OF(PodAffinityTerm) required;
    API_LIST_OF(WeightedPodAffinityTerm) preferred;
} PodAffinity; /* also podAntiAffinity */
typedef struct {
    NodeAffinity *node_affinity;
    PodAffinity *pod_affinity, *pod_anti_affinity;
} Affinity;
typedef struct {
    gint32 max_skew;
    const char *topology_key, *when_unsatisfiable, *node_affinity_policy, *node_taints_policy;
    LabelSelector *label_selector;
    OptInt32 min_domains;
    StrList match_label_keys;
} TopologySpreadConstraint;

typedef struct {
    const char *name;
} LocalObjectReference;
typedef struct {
    const char *name;
} PodSchedulingGate;
typedef struct {
    const char *condition_type;
} PodReadinessGate;
typedef struct {
    const char *ip;
    StrList hostnames;
} HostAlias;
typedef struct {
    const char *name;
} PodOs;

typedef struct {
    API_LIST_OF(Volume) volumes;
    API_LIST_OF(Container) init_containers, containers;
    Value *ephemeral_containers;
    const char *restart_policy;
    OptInt64 termination_grace_s, active_deadline_s;
    const char *dns_policy;
    StrMap node_selector;
    const char *service_account_name, *deprecated_service_account;
    OptBool automount_service_account_token;
    const char *node_name;
    gboolean host_network, host_pid, host_ipc;
    OptBool share_process_namespace, host_users;
    Value *security_context;
    API_LIST_OF(LocalObjectReference) image_pull_secrets;
    const char *hostname, *subdomain, *scheduler_name, *priority_class_name, *runtime_class_name,
        *preemption_policy; /* preemption_policy: pointer */
    Affinity *affinity;
    TolerationList tolerations;
    API_LIST_OF(HostAlias) host_aliases;
    OptInt32 priority;
    Value *dns_config;
    API_LIST_OF(PodReadinessGate) readiness_gates;
    OptBool enable_service_links, set_hostname_as_fqdn;
    QuantityMap overhead;
    API_LIST_OF(TopologySpreadConstraint) topology_spread_constraints;
    PodOs *os;
    API_LIST_OF(PodSchedulingGate) scheduling_gates;
    Value *resource_claims;
    ResourceRequirements *resources; /* pod level */
    const char *hostname_override;
} PodSpec;

typedef struct {
    const char *reason, *message;
} ContainerStateWaiting;
typedef struct {
    ApiTime started_at;
} ContainerStateRunning;
typedef struct {
    gint32 exit_code, signal;
    const char *reason, *message, *container_id;
    ApiTime started_at, finished_at;
} ContainerStateTerminated;
typedef struct { /* at most one is set */
    ContainerStateWaiting *waiting;
    ContainerStateRunning *running;
    ContainerStateTerminated *terminated;
} ContainerState;
typedef struct {
    const char *name;
    ContainerState state, last_state;
    gboolean ready;
    gint32 restart_count;
    const char *image, *image_id, *container_id;
    OptBool started;
    QuantityMap allocated_resources;
    ResourceRequirements *resources;
    Value *volume_mounts, *user, *allocated_resources_status;
} ContainerStatus;
typedef API_LIST_OF(ContainerStatus) ContainerStatusList;
typedef struct {
    const char *ip;
} PodIp;

typedef struct {
    gint64 observed_generation;
    const char *phase;
    ConditionList conditions;
    const char *message, *reason, *nominated_node_name, *host_ip;
    API_LIST_OF(PodIp) host_ips;
    const char *pod_ip;
    API_LIST_OF(PodIp) pod_ips;
    ApiTime start_time;
    ContainerStatusList init_container_statuses, container_statuses, ephemeral_container_statuses;
    const char *qos_class, *resize;
    Value *resource_claim_statuses;
} PodStatus;

typedef struct {
    ObjectMeta metadata;
    PodSpec spec;
} PodTemplateSpec;

extern const ApiKind pod_kind;
extern const ApiType pod_spec_type, pod_status_type, pod_template_spec_type, container_type,
    toleration_type, node_selector_term_type, volume_type, volume_mount_type;

static inline const PodSpec *
pod_spec(const ApiObject *pod)
{
    return pod->spec;
}
static inline const PodStatus *
pod_status(const ApiObject *pod)
{
    return pod->status;
}

/* Predicates of pkg/api/v1/pod and pkg/controller/controller_utils. */
gboolean pod_is_terminal(const ApiObject *pod);    /* phase Succeeded or Failed */
gboolean pod_is_active(const ApiObject *pod);      /* not terminal, not being deleted */
/*
 * pods_prefetch: for a walk over thousands of pods, at its step @index: fetches what the steps
 * after it will read, which lies all over the memory.
 */
static inline void
pods_prefetch(const GPtrArray *pods, guint index)
{
    const ApiObject *pod;

    if (index + 24 >= pods->len)
        return;
    fetch(pods->pdata[index + 24]);
    pod = pods->pdata[index + 16];
    if (pod->facts != 0 && pod->fits != NULL)
        return; /* the rest will not be read */
    fetch(&pod->meta->deletion_time);
    fetch(&pod->meta->owner_references);
    fetch(pod->status);
    pod = pods->pdata[index + 8];
    fetch(pod->meta->labels.items);
    fetch(pod->meta->owner_references.items);
    fetch(((const PodStatus *)pod->status)->conditions.items);
}
gboolean pod_is_terminating(const ApiObject *pod); /* being deleted, not terminal */
/* pod_tells_sizes: some container's status says what resources it has: only then one can be seen to be resized. */
gboolean pod_tells_sizes(const ApiObject *pod);
gboolean pod_is_ready(const ApiObject *pod);       /* condition Ready is True */
/* pod_is_available: ready for min_ready_s at @wall_ns. */
gboolean pod_is_available(const ApiObject *pod, gint32 min_ready_s, gint64 wall_ns);
/* pod_level_allows: may a pod as a whole ask for the resource called @key? */
gboolean pod_level_allows(const char *key);
/* pod_requests: effective request per resource (sidecars, init containers, overhead). */
void pod_requests(const PodSpec *spec, QuantityMap *out_requests);
/* pod_limits: the same of limits; overhead only on top of a limit. */
void pod_limits(const PodSpec *spec, QuantityMap *out_limits);
/* pod_container_requests, pod_container_limits: the same of the containers alone; into an empty map. */
void pod_container_requests(const PodSpec *spec, QuantityMap *out_sum);
void pod_container_limits(const PodSpec *spec, QuantityMap *out_sum);
gint64 pod_request_cpu_milli(const PodSpec *spec);
gint64 pod_request_memory_bytes(const PodSpec *spec);
/* pod_qos: "Guaranteed", "Burstable", "BestEffort". */
const char *pod_qos(const PodSpec *spec);
gboolean container_is_sidecar(const Container *init_container);
/* pod_merge_label_keys: @selector asks for the pod's own values of the labels @keys; @operator_: "In" or "NotIn". */
void pod_merge_label_keys(LabelSelector *selector, const StrList *keys, const char *operator_, const StrMap *labels);
/* toleration_matches: does @toleration tolerate the taint? */
gboolean toleration_matches(const Toleration *toleration,
                            const char *taint_key,
                            const char *taint_value,
                            const char *taint_effect);
