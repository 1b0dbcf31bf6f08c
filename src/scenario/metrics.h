/*
 * metrics.h - who answers for metrics: metrics-server and the adapter of a scenario; who lives by them: vpa-recommender
 */
#pragma once

#include "scenario/cluster.h"

/* metrics_new: makes what the scenario asks for; before the nodes are made. */
void metrics_new(Cluster *cluster);
void metrics_free(Cluster *cluster);
/* metrics_start: their processes; once the nodes run. */
void metrics_start(Cluster *cluster);
