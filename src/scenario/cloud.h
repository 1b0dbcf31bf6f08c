/*
 * cloud.h - the cloud: machines for node groups with `autoscale`, what it tells of nodes, balancers for Services
 *
 * A group that grows has machines that are there and machines that could be. What
 * is asked for is booted at once (bootMin to bootMax of the group); what is given
 * back loses its power. With `cloud:` every node is a machine of the cloud: kubelets know nothing of
 * their addresses and zone, the cloud does. With it come the processes that speak
 * to it: cluster-autoscaler and cloud-controller-manager.
 */
#pragma once

#include "scenario/cluster.h"

/* cloud_new: what the scenario asks for; NULL if no group grows and it has no `cloud:`. Before the nodes are made. */
Cloud *cloud_new(Cluster *cluster);
void cloud_free(Cloud *cloud);
/* cloud_adopt: @node was made, number @index of its group (0 without one). */
void cloud_adopt(Cloud *cloud, ClusterNode *node, guint index);
/* cloud_start: its processes; once the nodes run. */
void cloud_start(Cloud *cloud);
/* cloud_pick: the node to which the balancer at @address sends a connection; NULL: nobody answers. */
ClusterNode *cloud_pick(Cloud *cloud, const char *address);
/* cloud_terminate: the machine is gone for good, and the cloud knows it. @cloud may be NULL. */
void cloud_terminate(Cloud *cloud, const Machine *machine);
gboolean cloud_is_terminated(const Cloud *cloud, const char *node);
Process *cloud_process(const Cloud *cloud, const char *component); /* NULL: not one of its own */
