/*
 * node_tree.h - the order in which nodes are visited
 *
 * Models: v1.34 pkg/scheduler/backend/cache/node_tree.go: zones in order of
 * first appearance, nodes of a zone in order of insertion, listed round robin.
 */
#pragma once

#include "scheduler/node_info.h"

typedef struct NodeTree NodeTree;

NodeTree *node_tree_new(void);
void node_tree_free(NodeTree *tree);
void node_tree_add(NodeTree *tree, NodeInfo *node, const char *zone_key);
void node_tree_remove(NodeTree *tree, NodeInfo *node, const char *zone_key);
/* node_tree_list: replaces the contents of @out by the nodes (borrowed) in their order. */
void node_tree_list(const NodeTree *tree, GPtrArray *out);
