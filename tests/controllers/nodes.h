/*
 * nodes.h - nodes n0, n1 ... for the tests of node lifecycle
 */
#pragma once

#include "controllers/nodelifecycle.h"
#include "tests/controllers/mini.h"

#define NODES_TICK(mini)      mini_tick(mini, &node_lifecycle_controller)
#define NODES_SYNC(mini, key) mini_sync(mini, &node_lifecycle_controller, key)

/* cluster_of: nodes that are ready, seen by one pass. @zone may be NULL. */
Mini *cluster_of(guint nodes, const char *zone);
/* two_zones: nodes n0 ... of zone a, then those of zone b. */
Mini *two_zones(guint a, guint b);
void nodes_drop(Mini *mini);

/* heartbeat: of every node but the first @silent. */
void heartbeat(Mini *mini, guint silent);
/* pass_time: ticks every 5 s, with the drift of a real loop, for @seconds. */
void pass_time(Mini *mini, guint seconds, guint silent);
/* set_ready: what the kubelet of node @index says of itself; NULL: nothing at all. */
void set_ready(Mini *mini, guint index, const char *status);
/* exclude: label node.kubernetes.io/exclude-disruption of the first @count nodes. */
void exclude(Mini *mini, guint count);

/* taints_of: "KEY:EFFECT ...", keys without their domains. (interned) */
const char *taints_of(Mini *mini, guint index);
/* count_tainted: nodes with unreachable:NoExecute. */
guint count_tainted(Mini *mini);
Zone *zone_named(Mini *mini, const char *name);
