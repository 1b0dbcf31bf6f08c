/*
 * local.h - what pods of one spec were told of each node before
 *
 * Plugins that look at nothing but the spec and the node say the same to every
 * pod of the spec until the node changes: results are kept in the shape of the
 * pod (pod_info.h), by slot, and as columns in the order of the nodes.
 */
#pragma once

#include "scheduler/plugin.h"

/* local_result: of @node; @texts is scratch, left as it was. The shape has room for all slots. */
const LocalResult *local_result(const Cycle *cycle, const NodeInfo *node, GPtrArray *texts);
/* local_settle: brings the columns of the pod's shape up to date; makes room for all slots. */
void local_settle(const Cycle *cycle, const NodeColumns *all, GPtrArray *texts);
