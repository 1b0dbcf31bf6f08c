/*
 * kinds/tables.h - what the tables of the kinds share with each other
 *
 * Only files of this folder include it. A row says `AT(Struct, member)`; a
 * table is a static array ended by {0}; TYPE() makes the ApiType around it.
 */
#pragma once

#include "api/kinds/core.h"
#include "api/kinds/pod.h"
#include "api/kinds/service.h"
#include "api/kinds/sets.h"
#include "api/kinds/storage.h"
#include "api/kinds/workload.h"

#define AT(type, member) offsetof(type, member)
#define TYPE(go_name, c_type, rows, text)                                                          \
    {                                                                                              \
        .name = go_name, .package = "v1", .size = sizeof(c_type), .fields = rows, .doc = text      \
    }

/* shapes.c: of what is kept as a tree */
extern const ApiType csi_persistent_shape, csi_volume_shape, ephemeral_shape, fibre_channel_shape, iscsi_shape, topology_term_shape, dns_config_shape, git_repo_shape, image_volume_shape, local_volume_shape, nfs_shape, pod_resource_claim_shape, pod_security_context_shape, resize_policy_shape, resource_claim_shape, security_context_shape, typed_object_reference_shape, typed_reference_shape, volume_device_shape, volume_node_affinity_shape;

extern const ApiType load_balancer_status_type, probe_type, lifecycle_type, affinity_type,
    topology_spread_constraint_type, container_status_type, pod_condition_type,
    object_field_selector_type, resource_field_selector_type, local_object_reference_type,
    node_selector_type, metav1_condition_type;
