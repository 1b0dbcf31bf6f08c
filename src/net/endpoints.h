/*
 * endpoints.h - which endpoints a node's rules point at
 *
 * Models: pkg/proxy/topology.go CategorizeEndpoints v1.33 and later (readiness,
 * terminating fallback, hints, Local policies) and the rules that iptables mode
 * makes of them. Pure: lists in, rules out. Left out: UDP and SCTP, IPv6.
 */
#pragma once

#include "net/kubeproxy.h"

/* One endpoint of one service port, as the proxier sees it. */
typedef struct {
    const char *ip; /* interned */
    gint32 port;
    const char *node_name;
    gboolean is_ready, is_serving, is_terminating, is_local;
    const EndpointHints *hints; /* borrowed; may be NULL */
} ProxyEndpoint;

typedef struct {
    GArray *cluster;  /* of guint: indices of endpoints for policy Cluster; NULL: not used */
    GArray *local;    /* for policy Local; NULL: not used */
    gboolean has_any; /* some usable endpoint exists somewhere */
} EndpointChoice;

/*
 * endpoints_choose: @uses_cluster and @uses_local per the Service's policies.
 * @node_name NULL: hints for nodes are not looked at (before v1.34). Free with
 * endpoint_choice_clear.
 */
EndpointChoice endpoints_choose(const ProxyEndpoint *endpoints,
                                guint count,
                                const char *node_name,
                                const char *zone,
                                gboolean uses_cluster,
                                gboolean uses_local);
void endpoint_choice_clear(EndpointChoice *choice);

/* Whose rules they are. */
typedef struct {
    const char *node_name;
    const char *zone;        /* may be NULL */
    gboolean has_node_hints; /* feature PreferSameTrafficDistribution, on from v1.34 */
    gboolean in_turn;        /* backends take turns (IPVS) */
} ProxyNode;

/* Lines that iptables-restore gets: for the time a sync takes. */
typedef struct {
    guint filter, nat;
} RuleLines;
#define RULE_LINES_ALWAYS ((RuleLines){.filter = 3, .nat = 5})

/* endpoints_count_local_ready: addresses of ready endpoints on the node (EndpointsMap.LocalReadyEndpoints). */
guint endpoints_count_local_ready(GPtrArray *slices, const char *node_name);

/*
 * endpoints_service_rules: the rules of one Service from its EndpointSlices;
 * none for headless, ExternalName and those of another proxy. Adds to @lines.
 *
 * Returns: (owned) as are the backends; NULL if there are none.
 */
FilterRule *endpoints_service_rules(const ApiObject *service,
                                    GPtrArray *slices,
                                    const ProxyNode *node,
                                    guint *out_count,
                                    RuleLines *lines);
