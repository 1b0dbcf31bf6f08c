/*
 * kinds/csi_driver.h - CSIDriver, CSIStorageCapacity (storage.k8s.io/v1, v1.34): how a driver wants to be used, and how
 * much room it has where
 */
#pragma once

#include "api/kinds/meta.h"

typedef struct {
    const char *audience;
    OptInt64 expiration_s;
} CsiTokenRequest;
typedef struct {
    OptBool attach_required, pod_info_on_mount, storage_capacity, requires_republish, selinux_mount;
    StrList volume_lifecycle_modes;
    const char *fs_group_policy; /* pointer */
    API_LIST_OF(CsiTokenRequest) token_requests;
} CsiDriverSpec;

typedef struct { /* body */
    LabelSelector *node_topology;
    const char *storage_class_name;
    Quantity *capacity, *maximum_volume_size;
} CsiStorageCapacityBody;

extern const ApiKind csi_driver_kind, csi_storage_capacity_kind;

/* csi_storage_limit: the largest volume that can be made there; NULL: nobody knows. */
static inline const Quantity *
csi_storage_limit(const CsiStorageCapacityBody *body)
{
    return body->maximum_volume_size != NULL ? body->maximum_volume_size : body->capacity;
}

static inline const CsiDriverSpec *
csi_driver_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const CsiStorageCapacityBody *
csi_storage_capacity_body(const ApiObject *object)
{
    return object->body;
}
