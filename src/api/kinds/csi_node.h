/*
 * kinds/csi_node.h - CSINode (storage.k8s.io/v1, v1.34): the drivers of CSI volumes that a node has
 */
#pragma once

#include "api/kinds/meta.h"

typedef struct {
    OptInt32 count;
} VolumeNodeResources;
typedef struct {
    const char *name, *node_id;
    StrList topology_keys;
    VolumeNodeResources *allocatable;
} CsiNodeDriver;
typedef struct {
    API_LIST_OF(CsiNodeDriver) drivers;
} CsiNodeSpec;

/* In-tree plugins whose volumes CSI drivers serve on the node, joined by commas. */
#define CSI_NODE_MIGRATED "storage.alpha.kubernetes.io/migrated-plugins"

extern const ApiKind csi_node_kind;

static inline const CsiNodeSpec *
csi_node_spec(const ApiObject *object)
{
    return object->spec;
}
