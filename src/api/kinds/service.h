/*
 * kinds/service.h - Service, Endpoints (core/v1) and EndpointSlice (discovery.k8s.io/v1), v1.34
 */
#pragma once

#include "api/kinds/meta.h"

typedef struct {
    const char *name, *protocol, *app_protocol;
    gint32 port;
    IntOrString target_port;
    gint32 node_port;
} ServicePort;
typedef struct {
    OptInt32 timeout_s;
} ClientIpConfig;
typedef struct {
    ClientIpConfig *client_ip;
} SessionAffinityConfig;
typedef struct {
    API_LIST_OF(ServicePort) ports;
    StrMap selector;
    const char *cluster_ip;
    StrList cluster_ips;
    const char *type;
    StrList external_ips;
    const char *session_affinity, *load_balancer_ip;
    StrList load_balancer_source_ranges;
    const char *external_name, *external_traffic_policy;
    gint32 health_check_node_port;
    gboolean publish_not_ready_addresses;
    SessionAffinityConfig *session_affinity_config;
    StrList ip_families;
    const char *ip_family_policy;
    OptBool allocate_load_balancer_node_ports;
    const char *load_balancer_class, *internal_traffic_policy, *traffic_distribution;
} ServiceSpec;
typedef struct {
    const char *ip, *hostname, *ip_mode;
    Value *ports;
} LoadBalancerIngress;
typedef struct {
    API_LIST_OF(LoadBalancerIngress) ingress;
} LoadBalancerStatus;
typedef struct {
    LoadBalancerStatus load_balancer;
    ConditionList conditions;
} ServiceStatus;

typedef struct {
    OptBool ready, serving, terminating;
} EndpointConditions;
typedef struct {
    const char *name;
} ForZone; /* also forNodes */
typedef struct {
    API_LIST_OF(ForZone) for_zones, for_nodes;
} EndpointHints;
typedef struct {
    StrList addresses;
    EndpointConditions conditions;
    const char *hostname;
    ObjectReference *target_ref;
    StrMap deprecated_topology;
    const char *node_name, *zone;
    EndpointHints *hints;
} Endpoint;
typedef struct {
    const char *name, *protocol, *app_protocol; /* pointers: name "" is written */
    OptInt32 port;
} EndpointPort;
typedef struct { /* body */
    const char *address_type;
    API_LIST_OF(Endpoint) endpoints;
    API_LIST_OF(EndpointPort) ports;
} EndpointSliceBody;

typedef struct {
    const char *ip, *hostname, *node_name; /* nodeName is a pointer */
    ObjectReference *target_ref;
} EndpointAddress;
typedef struct {
    const char *name, *protocol, *app_protocol; /* appProtocol is a pointer */
    gint32 port;
} EndpointsPort;
typedef struct {
    API_LIST_OF(EndpointAddress) addresses, not_ready;
    API_LIST_OF(EndpointsPort) ports;
} EndpointSubset;
typedef struct { /* body */
    API_LIST_OF(EndpointSubset) subsets;
} EndpointsBody;

extern const ApiKind service_kind, endpoint_slice_kind, endpoints_kind;

static inline const ServiceSpec *
service_spec(const ApiObject *service)
{
    return service->spec;
}
static inline const EndpointSliceBody *
endpoint_slice_body(const ApiObject *slice)
{
    return slice->body;
}
static inline const EndpointsBody *
endpoints_body(const ApiObject *endpoints)
{
    return endpoints->body;
}

/*
 * service_check_cluster_ips: ValidateServiceClusterIPsRelatedFields, which the API server asks for before it gives
 * addresses, too; the cursor stands on "spec".
 */
void service_check_cluster_ips(const ServiceSpec *spec, struct ApiErrors *errors);
