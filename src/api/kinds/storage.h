/*
 * kinds/storage.h - PersistentVolumeClaim and PersistentVolume (v1.34)
 */
#pragma once

#include "api/kinds/pod.h"

typedef struct {
    QuantityMap limits, requests;
} VolumeResources;
typedef struct {
    StrList access_modes;
    LabelSelector *selector;
    VolumeResources resources;
    const char *volume_name;
    const char *storage_class_name, *volume_mode; /* pointers */
    Value *data_source, *data_source_ref;
    const char *volume_attributes_class_name; /* pointer */
} PvcSpec;
typedef struct {
    const char *phase;
    StrList access_modes;
    QuantityMap capacity;
    ConditionList conditions;
} PvcStatus;

/* A claim inside another object: with its type and metadata. */
typedef struct {
    const char *kind, *api_version;
    ObjectMeta metadata;
    PvcSpec spec;
    PvcStatus status;
} ClaimTemplate;

typedef struct {
    QuantityMap capacity;
    HostPathVolumeSource *host_path;
    Value *csi, *nfs, *local, *iscsi, *fc;
    StrList access_modes;
    ObjectReference *claim_ref;
    const char *reclaim_policy, *storage_class_name;
    StrList mount_options;
    const char *volume_mode; /* pointer */
    Value *node_affinity;
    const char *volume_attributes_class_name; /* pointer */
} PvSpec;
typedef struct {
    const char *phase, *message, *reason;
    ApiTime last_phase_transition_time;
} PvStatus;

/* pv_reaches: the volume's node affinity, if it has one, selects @node. */
gboolean pv_reaches(const ApiObject *volume, const ApiObject *node);

extern const ApiKind persistent_volume_claim_kind, persistent_volume_kind;
extern const ApiType pvc_spec_type, pvc_status_type, claim_template_type;

static inline const PvcSpec *
pvc_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const PvcStatus *
pvc_status(const ApiObject *object)
{
    return object->status;
}
static inline const PvSpec *
pv_spec(const ApiObject *object)
{
    return object->spec;
}
static inline const PvStatus *
pv_status(const ApiObject *object)
{
    return object->status;
}
