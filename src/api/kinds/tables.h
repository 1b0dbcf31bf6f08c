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

/* Rows that the conditions of almost every kind have; what stands between them differs. */
#define CONDITION_STATUS                                                                           \
    {"status", API_STRING, AT(Condition, status), API_ALWAYS, .go_type = "v1.ConditionStatus",     \
     .doc = "True, False or Unknown."}
#define CONDITION_HEAD(go_name, text)                                                              \
    {"type", API_STRING, AT(Condition, type), API_ALWAYS, .go_type = go_name, .doc = text},        \
    CONDITION_STATUS
#define CONDITION_TAIL                                                                             \
    {"lastTransitionTime", API_TIME, AT(Condition, last_transition_time), API_ALWAYS,              \
     .doc = "When the status last changed."},                                                      \
    {"reason", API_STRING, AT(Condition, reason),                                                  \
     .doc = "Why the condition last changed, as one CamelCase word."},                             \
    {"message", API_STRING, AT(Condition, message),                                                \
     .doc = "Details of the last change for people to read."}

/* shapes.c: of what is kept as a tree */
extern const ApiType csi_persistent_shape, csi_volume_shape, ephemeral_shape, fibre_channel_shape, iscsi_shape, topology_term_shape, dns_config_shape, git_repo_shape, image_volume_shape, local_volume_shape, nfs_shape, pod_resource_claim_shape, pod_security_context_shape, resize_policy_shape, resource_claim_shape, security_context_shape, typed_object_reference_shape, typed_reference_shape, volume_device_shape, volume_node_affinity_shape;
extern const ApiType glusterfs_volume_shape, rbd_volume_shape, flex_persistent_shape, cinder_volume_shape, cephfs_volume_shape,
    azure_file_volume_shape, scale_io_volume_shape, storageos_volume_shape;
extern const ApiType gce_disk_shape, aws_disk_shape, glusterfs_shape, rbd_shape, flex_volume_shape, cinder_shape, cephfs_shape,
    flocker_shape, azure_file_shape, vsphere_volume_shape, quobyte_shape, azure_disk_shape, photon_disk_shape,
    portworx_volume_shape, scale_io_shape, storageos_shape, file_key_shape, restart_rule_shape;

extern const ApiType load_balancer_status_type, probe_type, lifecycle_type, affinity_type,
    topology_spread_constraint_type, container_status_type, pod_condition_type,
    object_field_selector_type, resource_field_selector_type, local_object_reference_type,
    node_selector_type, metav1_condition_type;
