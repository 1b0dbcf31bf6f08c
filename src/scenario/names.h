/*
 * names.h - the cluster's DNS, as programs in pods use it
 *
 * Models: the records of kubernetes/dns docs/specification.md 1.0.1 (Services, headless Services and their endpoints, pods by
 * address, ExternalName within the cluster), the search list of a pod (ClusterFirst, ndots 5), the shuffled answers of CoreDNS.
 * Approximated: what the API server has now is the answer (CoreDNS would lag by one watch), and a look-up takes one round
 * trip, however many names are tried. A machine that is cut off from the control plane, where CoreDNS is thought to run, gets
 * no answer. Left out: CoreDNS as pods and the Service kube-dns, SRV and PTR records, names outside the cluster, dnsConfig.
 */
#pragma once

#include "scenario/cluster.h"

/* names_serve: programs on that node's runtime look names up from now on; not with `dns: none`. */
void names_serve(Cluster *cluster, Runtime *runtime);
/* names_look_up: what a program of that pod gets: an address (interned), or NULL. */
const char *names_look_up(Cluster *cluster, const char *namespace_, const char *pod, const char *name);
