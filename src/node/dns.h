/*
 * dns.h - what a pod is called, and whom it asks for names
 *
 * Models: v1.34 pkg/kubelet/network/dns/dns.go (GetPodDNS, formDNSConfigFitsLimits) and
 * kubelet_pods.go (GeneratePodHostNameAndDomain, managedHostsFileContent). The node's own
 * resolver is taken to hold nothing. Pure.
 */
#pragma once

#include "api/kinds.h"

/* Lists of interned strings. */
typedef struct {
    GPtrArray *servers, *searches, *options; /* (owned) */
    const char *warning;                     /* interned: what of them is too much, as an event tells it; NULL: nothing */
    gboolean lacks_cluster;                  /* it should ask the cluster, which this node does not know how to */
} PodDns;

/* pod_dns_make: @cluster_server: the cluster's name server; NULL: the kubelet knows none. */
void pod_dns_make(const ApiObject *pod, const char *cluster_server, PodDns *out);
void pod_dns_clear(PodDns *dns);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PodDns, pod_dns_clear)
guint pod_dns_ndots(const PodDns *dns);
const char *pod_dns_file(const PodDns *dns); /* resolv.conf; "" if there is nothing to say (interned) */

/* pod_hostname: what the pod's machines call themselves (interned). */
const char *pod_hostname(const ApiObject *pod, const char *node_name);
/* pod_hosts: what follows the pod's address in /etc/hosts: its names, and the lines of hostAliases (interned). */
const char *pod_hosts(const ApiObject *pod);
