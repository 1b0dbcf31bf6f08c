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
    /* Storage systems that few have left. */
    Value *gce_disk, *aws_disk, *glusterfs, *flocker, *rbd, *quobyte, *cephfs, *cinder, *flex_volume, *azure_file;
    Value *vsphere_volume, *photon_disk, *portworx_volume, *azure_disk, *scale_io, *storageos;
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
/* pv_suits: it has the claim's class, mode, access modes, labels and at least its size. */
gboolean pv_suits(const ApiObject *volume, const ApiObject *claim);
/* pv_is_for: it names the claim. */
gboolean pv_is_for(const ApiObject *volume, const ApiObject *claim);
/*
 * pod_volume_claim: the claim that the volume at @index names, or that is made for it, which is called POD-VOLUME; NULL:
 * it has none. (interned) pod_uses_claim: one of its volumes has the claim @name.
 */
const char *pod_volume_claim(const ApiObject *pod, guint index);
gboolean pod_uses_claim(const ApiObject *pod, const char *name);
/* pvc_is_of_pod: it was made for an ephemeral volume of @pod. pvc_not_of_pod: what is said if it was not. (interned) */
gboolean pvc_is_of_pod(const ApiObject *claim, const ApiObject *pod);
const char *pvc_not_of_pod(const ApiObject *claim, const ApiObject *pod);
/* pvc_class_name: by the old annotation or the spec; "" if none. */
const char *pvc_class_name(const ApiObject *claim);
/* pvc_request: the size that is asked for, NULL if none. */
const Quantity *pvc_request(const ApiObject *claim);
/* storage_class_waits: volumeBindingMode WaitForFirstConsumer. storage_class_provisions: somebody makes its volumes. */
gboolean storage_class_waits(const ApiObject *class_);
gboolean storage_class_provisions(const ApiObject *class_);
/* storage_class_admits: its allowedTopologies, if any, have a term for @node. */
gboolean storage_class_admits(const ApiObject *class_, const ApiObject *node);

#define PVC_SELECTED_NODE "volume.kubernetes.io/selected-node"
#define PVC_BIND_COMPLETED "pv.kubernetes.io/bind-completed"
#define PVC_BOUND_BY_CONTROLLER "pv.kubernetes.io/bound-by-controller"

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
