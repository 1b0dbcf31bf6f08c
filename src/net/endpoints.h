/*
 * endpoints.h - which endpoints a node's rules point at
 *
 * Models: pkg/proxy/topology.go CategorizeEndpoints v1.33 and later (readiness,
 * terminating fallback, hints, Local policies) and the rules that iptables mode
 * makes of them. Pure: lists in, rules out.
 */
#pragma once

#include "net/kubeproxy.h"

/* One endpoint of one service port, as the proxier sees it. */
typedef struct {
    const char *ip;   /* interned */
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

/* endpoints_choose: @uses_cluster and @uses_local per the Service's policies. Free with endpoint_choice_clear. */
EndpointChoice endpoints_choose(const ProxyEndpoint *endpoints, guint count, const char *node_name, const char *zone, gboolean uses_cluster, gboolean uses_local);
void endpoint_choice_clear(EndpointChoice *choice);

/* endpoints_build_rules: all rules of a node; *out_written: lines of a full iptables-restore (for the time a sync takes). (owned) */
FilterRule *endpoints_build_rules(const Informer *services, const Informer *slices, const char *node_name, const char *zone, guint *out_count, guint *out_written);
/* endpoints_rules_of: the same from plain arrays. */
FilterRule *endpoints_rules_of(GPtrArray *services, GPtrArray *slices, const char *node_name, const char *zone, guint *out_count, guint *out_written);
