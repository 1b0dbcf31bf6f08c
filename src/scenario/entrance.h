/*
 * entrance.h - how traffic finds its destination: names to addresses, and the load balancer outside
 *
 * A balancer in front of the nodes probes each every 10 s: out of rotation after
 * three failures, back after two successes. It picks a node at random for each
 * request that comes from outside to a Service.
 */
#pragma once

#include "scenario/cluster.h"

TrafficResolver entrance_resolver(Cluster *cluster);
void entrance_free(Cluster *cluster);
