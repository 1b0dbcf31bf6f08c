/*
 * cloud.h - the cloud that gives machines to node groups with `autoscale`, and balancers to Services
 *
 * Each such group has machines that are there and machines that could be. What
 * is asked for is booted at once (bootMin to bootMax of the group); what is given
 * back loses its power. With it come the processes that speak to it:
 * cluster-autoscaler and cloud-controller-manager.
 */
#pragma once

#include "scenario/cluster.h"

/* cloud_new: what the scenario asks for; NULL if no group is autoscaled and it has no balancers. Before the nodes are made. */
Cloud *cloud_new(Cluster *cluster);
void cloud_free(Cloud *cloud);
/* cloud_adopt: @node was made, number @index of its group. */
void cloud_adopt(Cloud *cloud, ClusterNode *node, guint index);
/* cloud_start: its processes; once the nodes run. */
void cloud_start(Cloud *cloud);
gboolean cloud_has_node(gpointer cloud, const char *node);
Process *cloud_process(const Cloud *cloud, const char *component); /* NULL: not one of its own */
