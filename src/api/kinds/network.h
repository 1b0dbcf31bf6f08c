/*
 * kinds/network.h - Ingress and NetworkPolicy (networking.k8s.io/v1), StorageClass (storage.k8s.io/v1); v1.34
 *
 * The first two are stored and validated; as in a cluster without an ingress
 * controller and with a network that enforces no policies, nobody acts on them.
 */
#pragma once

#include "api/kinds/service.h"

typedef struct {
    const char *name;
    gint32 number;
} ServiceBackendPort;
typedef struct {
    const char *name;
    ServiceBackendPort port;
} IngressServiceBackend;
typedef struct {
    IngressServiceBackend *service;
    Value *resource;
} IngressBackend;
typedef struct {
    const char *path, *path_type; /* path_type: pointer */
    IngressBackend backend;
} HttpIngressPath;
typedef struct {
    API_LIST_OF(HttpIngressPath) paths;
} HttpIngressRule;
typedef struct {
    const char *host;
    HttpIngressRule *http;
} IngressRule;
typedef struct {
    StrList hosts;
    const char *secret_name;
} IngressTls;
typedef struct {
    const char *ingress_class_name; /* pointer */
    IngressBackend *default_backend;
    API_LIST_OF(IngressTls) tls;
    API_LIST_OF(IngressRule) rules;
} IngressSpec;
typedef struct {
    LoadBalancerStatus load_balancer;
} IngressStatus;

typedef struct {
    const char *cidr;
    StrList except;
} IpBlock;
typedef struct {
    LabelSelector *pod_selector, *namespace_selector;
    IpBlock *ip_block;
} NetworkPolicyPeer;
typedef struct {
    const char *protocol; /* pointer */
    IntOrString port;
    OptInt32 end_port;
} NetworkPolicyPort;
/* A rule of ingress has "from", one of egress "to". */
typedef struct {
    API_LIST_OF(NetworkPolicyPort) ports;
    API_LIST_OF(NetworkPolicyPeer) peers;
} NetworkPolicyRule;
typedef struct {
    LabelSelector pod_selector;
    API_LIST_OF(NetworkPolicyRule) ingress, egress;
    StrList policy_types;
} NetworkPolicySpec;

typedef struct {
    const char *provisioner;
    StrMap parameters;
    const char *reclaim_policy, *volume_binding_mode; /* pointers */
    StrList mount_options;
    OptBool allow_volume_expansion;
    Value *allowed_topologies;
} StorageClassBody;

extern const ApiKind ingress_kind, network_policy_kind, storage_class_kind;
extern const ApiType ingress_spec_type, ingress_status_type, network_policy_spec_type, storage_class_type;

static inline const IngressSpec *
ingress_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const NetworkPolicySpec *
network_policy_spec(const ApiObject *object)
{
    return object->spec;
}
