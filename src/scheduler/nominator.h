/*
 * nominator.h - pods that are promised a node (status.nominatedNodeName)
 *
 * Models: v1.34 pkg/scheduler/backend/queue/nominator.go.
 */
#pragma once

#include "scheduler/pod_info.h"

typedef struct Nominator Nominator;

Nominator *nominator_new(PodShapes *shapes);
void nominator_free(Nominator *nominator);
/* nominator_add: replaces an earlier one. @node_name NULL: what the status of the pod says, if anything; "": none. */
void nominator_add(Nominator *nominator, const ApiObject *pod, const char *node_name);
void nominator_remove(Nominator *nominator, const char *key);
/* nominator_update: the pod changed; a nomination made here stays if neither state of the pod names a node. */
void nominator_update(Nominator *nominator, const ApiObject *old, const ApiObject *pod);
/* nominator_list: PodInfo (borrowed) promised @node_name, in order of nomination; NULL if none. */
const GPtrArray *nominator_list(const Nominator *nominator, const char *node_name);
const char *nominator_node_of(const Nominator *nominator, const char *key); /* NULL if none */
guint nominator_count(const Nominator *nominator);
void nominator_clear(Nominator *nominator);
