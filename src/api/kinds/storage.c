/* PersistentVolumeClaim and PersistentVolume: tables, kinds, validation. */
#include "api/kinds/hooks.h"
#include "api/kinds/pod_internal.h"
#include "api/kinds/tables.h"

static const ApiField volume_resources_fields[] = {
    {"limits", API_QUANTITY_MAP, AT(VolumeResources, limits), .go_type = "v1.ResourceList",
     .doc = "The most storage that may be used."},
    {"requests", API_QUANTITY_MAP, AT(VolumeResources, requests), .go_type = "v1.ResourceList",
     .doc = "The least storage that is needed."},
    {0},
};
static const ApiType volume_resources_type = TYPE("VolumeResourceRequirements",
                                                  VolumeResources,
                                                  volume_resources_fields,
                                                  "Storage that is asked for.");

static const ApiField pvc_spec_fields[] = {
    {"accessModes", API_STR_LIST, AT(PvcSpec, access_modes), .merge = API_MERGE_REPLACE,
     .doc = "How the volume will be mounted, such as ReadWriteOnce."},
    {"selector", API_MESSAGE, AT(PvcSpec, selector), .message = &label_selector_type,
     .doc = "The volumes that may be bound."},
    {"resources", API_STRUCT, AT(PvcSpec, resources), API_ALWAYS,
     .message = &volume_resources_type, .doc = "Storage that is asked for."},
    {"volumeName", API_STRING, AT(PvcSpec, volume_name), .doc = "Name of the bound volume."},
    {"storageClassName", API_STRING, AT(PvcSpec, storage_class_name), API_POINTER,
     .doc = "Name of the StorageClass that is asked for."},
    {"volumeMode", API_STRING, AT(PvcSpec, volume_mode), API_POINTER, .def = "Filesystem",
     .go_type = "v1.PersistentVolumeMode", .doc = "Filesystem or Block."},
    {"dataSource", API_RAW, AT(PvcSpec, data_source), .message = &typed_reference_shape, .go_type = "v1.TypedLocalObjectReference",
     .doc = "What the volume is filled from."},
    {"dataSourceRef", API_RAW, AT(PvcSpec, data_source_ref), .message = &typed_object_reference_shape,
     .go_type = "v1.TypedObjectReference", .doc = "What the volume is filled from."},
    {"volumeAttributesClassName", API_STRING, AT(PvcSpec, volume_attributes_class_name),
     API_POINTER, .doc = "Name of the VolumeAttributesClass that is asked for."},
    {0},
};
const ApiType pvc_spec_type =
    TYPE("PersistentVolumeClaimSpec", PvcSpec, pvc_spec_fields, "What is wanted.");

static const ApiField pvc_condition_fields[] = {
    {"type", API_STRING, AT(Condition, type), API_ALWAYS,
     .go_type = "v1.PersistentVolumeClaimConditionType",
     .doc = "Resizing, FileSystemResizePending and others."},
    CONDITION_STATUS,
    {"lastProbeTime", API_TIME, AT(Condition, last_probe_time), API_ALWAYS,
     .doc = "When the condition was last looked at."},
    CONDITION_TAIL,
    {0},
};
static const ApiType pvc_condition_type = TYPE("PersistentVolumeClaimCondition",
                                               Condition,
                                               pvc_condition_fields,
                                               "One aspect of the claim's state.");

static const ApiField pvc_status_fields[] = {
    {"phase", API_STRING, AT(PvcStatus, phase), .def = "Pending",
     .go_type = "v1.PersistentVolumeClaimPhase", .doc = "Pending, Bound or Lost."},
    {"accessModes", API_STR_LIST, AT(PvcStatus, access_modes),
     .doc = "How the bound volume can be mounted."},
    {"capacity", API_QUANTITY_MAP, AT(PvcStatus, capacity), .go_type = "v1.ResourceList",
     .doc = "Size of the bound volume."},
    {"conditions", API_MESSAGE_LIST, AT(PvcStatus, conditions), .message = &pvc_condition_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Aspects of the claim's state."},
    {0},
};
const ApiType pvc_status_type =
    TYPE("PersistentVolumeClaimStatus", PvcStatus, pvc_status_fields, "What is there.");

static const ApiField claim_template_fields[] = {
    {"kind", API_STRING, AT(ClaimTemplate, kind), .def = "PersistentVolumeClaim",
     .doc = "PersistentVolumeClaim."},
    {"apiVersion", API_STRING, AT(ClaimTemplate, api_version), .def = "v1", .doc = "v1."},
    {"metadata", API_STRUCT, AT(ClaimTemplate, metadata), .message = &object_meta_type,
     .doc = "Name and labels of the claims."},
    {"spec", API_STRUCT, AT(ClaimTemplate, spec), .message = &pvc_spec_type,
     .doc = "What the claims ask for."},
    {"status", API_STRUCT, AT(ClaimTemplate, status), .message = &pvc_status_type,
     .doc = "Not used in a template."},
    {0},
};
const ApiType claim_template_type = TYPE("PersistentVolumeClaim",
                                         ClaimTemplate,
                                         claim_template_fields,
                                         "A claim that each pod gets a copy of.");

static const ApiField host_path_fields[] = {
    {"path", API_STRING, AT(HostPathVolumeSource, path), API_REQUIRED | API_ALWAYS,
     .doc = "The path on the node."},
    {"type", API_STRING, AT(HostPathVolumeSource, type), API_POINTER, .def = "",
     .go_type = "v1.HostPathType", .doc = "What must be at the path."},
    {0},
};
static const ApiType host_path_type = TYPE("HostPathVolumeSource",
                                           HostPathVolumeSource,
                                           host_path_fields,
                                           "A file or directory of the node.");

static const ApiField pv_spec_fields[] = {
    {"capacity", API_QUANTITY_MAP, AT(PvSpec, capacity), .go_type = "v1.ResourceList",
     .doc = "Size of the volume."},
    {"gcePersistentDisk", API_RAW, AT(PvSpec, gce_disk), .message = &gce_disk_shape, .go_type = "v1.GCEPersistentDiskVolumeSource",
     .doc = "A disk of Google's cloud."},
    {"awsElasticBlockStore", API_RAW, AT(PvSpec, aws_disk), .message = &aws_disk_shape, .go_type = "v1.AWSElasticBlockStoreVolumeSource",
     .doc = "A disk of Amazon's cloud."},
    {"glusterfs", API_RAW, AT(PvSpec, glusterfs), .message = &glusterfs_volume_shape, .go_type = "v1.GlusterfsPersistentVolumeSource",
     .doc = "A Glusterfs volume; no longer works."},
    {"rbd", API_RAW, AT(PvSpec, rbd), .message = &rbd_volume_shape, .go_type = "v1.RBDPersistentVolumeSource",
     .doc = "A Ceph block device; no longer works."},
    {"cinder", API_RAW, AT(PvSpec, cinder), .message = &cinder_volume_shape, .go_type = "v1.CinderPersistentVolumeSource",
     .doc = "A disk of OpenStack."},
    {"cephfs", API_RAW, AT(PvSpec, cephfs), .message = &cephfs_volume_shape, .go_type = "v1.CephFSPersistentVolumeSource",
     .doc = "A Ceph file system; no longer works."},
    {"flocker", API_RAW, AT(PvSpec, flocker), .message = &flocker_shape, .go_type = "v1.FlockerVolumeSource",
     .doc = "A Flocker dataset; no longer works."},
    {"flexVolume", API_RAW, AT(PvSpec, flex_volume), .message = &flex_persistent_shape, .go_type = "v1.FlexPersistentVolumeSource",
     .doc = "A volume of a program on the node."},
    {"azureFile", API_RAW, AT(PvSpec, azure_file), .message = &azure_file_volume_shape, .go_type = "v1.AzureFilePersistentVolumeSource",
     .doc = "A share of Microsoft's cloud."},
    {"vsphereVolume", API_RAW, AT(PvSpec, vsphere_volume), .message = &vsphere_volume_shape, .go_type = "v1.VsphereVirtualDiskVolumeSource",
     .doc = "A disk of vSphere."},
    {"quobyte", API_RAW, AT(PvSpec, quobyte), .message = &quobyte_shape, .go_type = "v1.QuobyteVolumeSource",
     .doc = "A Quobyte volume; no longer works."},
    {"azureDisk", API_RAW, AT(PvSpec, azure_disk), .message = &azure_disk_shape, .go_type = "v1.AzureDiskVolumeSource",
     .doc = "A disk of Microsoft's cloud."},
    {"photonPersistentDisk", API_RAW, AT(PvSpec, photon_disk), .message = &photon_disk_shape, .go_type = "v1.PhotonPersistentDiskVolumeSource",
     .doc = "A Photon disk; no longer works."},
    {"portworxVolume", API_RAW, AT(PvSpec, portworx_volume), .message = &portworx_volume_shape, .go_type = "v1.PortworxVolumeSource",
     .doc = "A Portworx volume."},
    {"scaleIO", API_RAW, AT(PvSpec, scale_io), .message = &scale_io_volume_shape, .go_type = "v1.ScaleIOPersistentVolumeSource",
     .doc = "A ScaleIO volume; no longer works."},
    {"storageos", API_RAW, AT(PvSpec, storageos), .message = &storageos_volume_shape, .go_type = "v1.StorageOSPersistentVolumeSource",
     .doc = "A StorageOS volume; no longer works."},
    {"nfs", API_RAW, AT(PvSpec, nfs), .message = &nfs_shape, .go_type = "v1.NFSVolumeSource",
     .doc = "A directory of a NFS server."},
    {"hostPath", API_MESSAGE, AT(PvSpec, host_path), .message = &host_path_type,
     .doc = "A directory of the node."},
    {"local", API_RAW, AT(PvSpec, local), .message = &local_volume_shape, .go_type = "v1.LocalVolumeSource",
     .doc = "A disk of one node."},
    {"iscsi", API_RAW, AT(PvSpec, iscsi), .message = &iscsi_shape, .go_type = "v1.ISCSIPersistentVolumeSource",
     .doc = "An iSCSI disk."},
    {"fc", API_RAW, AT(PvSpec, fc), .message = &fibre_channel_shape, .go_type = "v1.FCVolumeSource",
     .doc = "A Fibre Channel disk."},
    {"csi", API_RAW, AT(PvSpec, csi), .message = &csi_persistent_shape, .go_type = "v1.CSIPersistentVolumeSource",
     .doc = "A volume of a CSI driver."},
    {"accessModes", API_STR_LIST, AT(PvSpec, access_modes), .merge = API_MERGE_REPLACE,
     .doc = "How the volume can be mounted."},
    {"claimRef", API_MESSAGE, AT(PvSpec, claim_ref), .message = &object_reference_type,
     .doc = "The claim that the volume is bound to."},
    {"persistentVolumeReclaimPolicy", API_STRING, AT(PvSpec, reclaim_policy), .def = "Retain",
     .go_type = "v1.PersistentVolumeReclaimPolicy",
     .doc = "What becomes of the volume when its claim is gone: Retain or Delete."},
    {"storageClassName", API_STRING, AT(PvSpec, storage_class_name),
     .doc = "Name of the StorageClass the volume belongs to."},
    {"mountOptions", API_STR_LIST, AT(PvSpec, mount_options), .doc = "Options of the mount."},
    {"volumeMode", API_STRING, AT(PvSpec, volume_mode), API_POINTER, .def = "Filesystem",
     .go_type = "v1.PersistentVolumeMode", .doc = "Filesystem or Block."},
    {"nodeAffinity", API_RAW, AT(PvSpec, node_affinity), .message = &volume_node_affinity_shape, .go_type = "v1.VolumeNodeAffinity",
     .doc = "The nodes that the volume can be used from."},
    {"volumeAttributesClassName", API_STRING, AT(PvSpec, volume_attributes_class_name), API_POINTER,
     .doc = "Name of the VolumeAttributesClass that the volume belongs to."},
    {0},
};
static const ApiType pv_spec_type =
    TYPE("PersistentVolumeSpec", PvSpec, pv_spec_fields, "What the volume is.");

static const ApiField pv_status_fields[] = {
    {"phase", API_STRING, AT(PvStatus, phase), .go_type = "v1.PersistentVolumePhase",
     .doc = "Pending, Available, Bound, Released or Failed."},
    {"message", API_STRING, AT(PvStatus, message), .doc = "Why it is in this phase."},
    {"reason", API_STRING, AT(PvStatus, reason), .doc = "Why it failed, as one CamelCase word."},
    {"lastPhaseTransitionTime", API_TIME, AT(PvStatus, last_phase_transition_time),
     .doc = "When the phase last changed."},
    {0},
};
static const ApiType pv_status_type =
    TYPE("PersistentVolumeStatus", PvStatus, pv_status_fields, "The volume's state.");

/* --- hooks --------------------------------------------------------------------------------- */

void
check_access_modes(ApiErrors *errors, const StrList *given)
{
    static const char *const modes[] = {"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod", NULL};
    gboolean is_shared = FALSE;

    for (guint i = 0; i < given->count; i++) {
        if (!g_strv_contains(modes, given->items[i]))
            field_not_supported(errors, "accessModes", given->items[i], modes);
        else
            is_shared = is_shared || !str_is(given->items[i], "ReadWriteOncePod");
    }
    if (str_list_contains(given, "ReadWriteOncePod") && is_shared)
        field_forbidden(errors, "accessModes", "may not use ReadWriteOncePod with other access modes");
}

/* validateDataSource, validateDataSourceRef */
static void
check_data_source(ApiErrors *errors, const char *child, const Value *source)
{
    const char *kind = value_get_string(source, "kind", "");
    const char *group = value_get_string(source, "apiGroup", "");

    if (source == NULL || source->type != VALUE_MAP)
        return;
    api_errors_push(errors, child);
    if (value_get_string(source, "name", "")[0] == '\0')
        field_required(errors, "name", NULL);
    if (kind[0] == '\0')
        field_required(errors, "kind", NULL);
    if (group[0] == '\0' && strcmp(kind, "PersistentVolumeClaim") != 0)
        field_invalid_string(errors, NULL, kind,
                             "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    if (group[0] != '\0')
        check_name(errors, "apiGroup", NAME_DNS_SUBDOMAIN, group);
    if (value_get_string(source, "namespace", "")[0] != '\0')
        check_name(errors, "namespace", NAME_DNS_LABEL, value_get_string(source, "namespace", ""));
    api_errors_pop(errors);
}

static gboolean
is_same_text(const Value *a, const Value *b, const char *key)
{
    const char *left = value_get_string(a, key, NULL);
    const char *right = value_get_string(b, key, NULL);

    return left == NULL || right == NULL ? left == right : strcmp(left, right) == 0;
}

/* Both fields say the same, but for a source in another namespace, which the first cannot name. */
static void
check_data_sources(ApiErrors *errors, const Value *source, const Value *ref)
{
    check_data_source(errors, "dataSource", source);
    check_data_source(errors, "dataSourceRef", ref);
    if (source == NULL || ref == NULL)
        return;
    /* The value printed is a path of the server, in which nothing is public. */
    if (value_get_string(ref, "namespace", "")[0] != '\0')
        field_invalid_raw(errors, NULL, "{}", "may not be specified when dataSourceRef.namespace is specified");
    else if (!is_same_text(source, ref, "apiGroup") || !is_same_text(source, ref, "kind") || !is_same_text(source, ref, "name"))
        field_invalid_raw(errors, NULL, "{}", "must match dataSourceRef");
}

/* v1.34 pkg/apis/core/validation: ValidatePersistentVolumeClaimSpec; the cursor stands on the spec. */
void
check_claim_spec(ApiErrors *errors, const PvcSpec *spec)
{
    static const char *const modes[] = {"Block", "Filesystem", NULL};
    const Quantity *storage = quantity_map_get(&spec->resources.requests, "storage");

    if (spec->access_modes.count == 0)
        field_required(errors, "accessModes", "at least 1 access mode is required");
    if (spec->selector != NULL)
        check_label_selector(errors, "selector", spec->selector);
    check_access_modes(errors, &spec->access_modes);
    if (storage == NULL)
        field_required(errors, "resources[storage]", NULL);
    else if (quantity_sign(storage) <= 0)
        field_invalid_string(errors, "resources[storage]", quantity_format(storage), "must be greater than zero");
    if (!str_is_empty(spec->storage_class_name))
        check_name(errors, "storageClassName", NAME_DNS_SUBDOMAIN, spec->storage_class_name);
    if (spec->volume_mode != NULL && !g_strv_contains(modes, spec->volume_mode))
        field_not_supported(errors, "volumeMode", spec->volume_mode, modes);
    check_data_sources(errors, spec->data_source, spec->data_source_ref);
    if (!str_is_empty(spec->volume_attributes_class_name))
        check_name(errors, "volumeAttributesClassName", NAME_DNS_SUBDOMAIN, spec->volume_attributes_class_name);
}

static void
pvc_validate(const ApiObject *object, ApiErrors *errors)
{
    api_errors_push(errors, "spec");
    check_claim_spec(errors, object->spec);
    api_errors_pop(errors);
}

static Value *
encode_quantities(const QuantityMap *map)
{
    Value *value;

    if (map->count == 0)
        return value_new_null();
    value = value_new_map();
    for (guint i = 0; i < map->count; i++)
        value_set(value, map->items[i].key, value_new_string(quantity_format(&map->items[i].value)));
    return value;
}

const char *
print_quantities(const QuantityMap *map)
{
    g_autoptr(Value) value = encode_quantities(map);
    g_autofree char *printed = value_to_json(value, VALUE_COMPACT);

    return str_intern(printed);
}

static Value *
encode_or_null(const char *text)
{
    return text == NULL ? value_new_null() : value_new_string(text);
}

/* A claim's spec with the names and order of the server's own type. (owned) */
static char *
claim_internal_json(const PvcSpec *spec)
{
    g_autoptr(Value) value = value_new_map();
    Value *resources = value_new_map();
    Value *modes = value_new_list();

    for (guint i = 0; i < spec->access_modes.count; i++)
        value_append(modes, value_new_string(spec->access_modes.items[i]));
    value_set(resources, "Limits", encode_quantities(&spec->resources.limits));
    value_set(resources, "Requests", encode_quantities(&spec->resources.requests));
    value_set(value, "AccessModes", modes);
    value_set(value, "Selector",
              spec->selector == NULL ? value_new_null() : api_struct_encode(&label_selector_type, spec->selector));
    value_set(value, "Resources", resources);
    value_set(value, "VolumeName", value_new_string(spec->volume_name == NULL ? "" : spec->volume_name));
    value_set(value, "StorageClassName", encode_or_null(spec->storage_class_name));
    value_set(value, "VolumeMode", encode_or_null(spec->volume_mode));
    value_set(value, "DataSource", spec->data_source == NULL ? value_new_null() : value_copy(spec->data_source));
    value_set(value, "DataSourceRef",
              spec->data_source_ref == NULL ? value_new_null() : value_copy(spec->data_source_ref));
    value_set(value, "VolumeAttributesClassName", encode_or_null(spec->volume_attributes_class_name));
    return value_to_json(value, VALUE_INDENT1);
}

#define CLASS_ANNOTATION "volume.beta.kubernetes.io/storage-class"

static const char *
class_annotation(const ApiObject *claim)
{
    return str_map_get(&claim->meta->annotations, str_intern(CLASS_ANNOTATION));
}

/*
 * validateStorageClassUpgradeFromAnnotation, validateStorageClassUpgradeFromNil: a claim without a class may be given
 * one, that of its old annotation if it has one. *out_is_annotated: the annotation gave way to the field.
 */
static gboolean
may_get_class(const ApiObject *object, const ApiObject *old, gboolean *out_is_annotated)
{
    const char *name = pvc_spec(object)->storage_class_name;
    const char *before = class_annotation(old);
    const char *now = class_annotation(object);
    gboolean fits = name != NULL && pvc_spec(old)->storage_class_name == NULL && (before == NULL || str_is(name, before));

    *out_is_annotated = fits && before != NULL && (now == NULL || str_is(now, before));
    return fits;
}

/* What an update may change is set as it was: the spec of @object less that. */
static void
munge_claim(PvcSpec *munged, const ApiObject *object, const ApiObject *old)
{
    const PvcSpec *before = old->spec;
    const Quantity *size = quantity_map_get(&before->resources.requests, "storage");
    gboolean is_annotated;

    api_struct_copy(&pvc_spec_type, munged, object->spec);
    if (str_is_empty(before->volume_name))
        munged->volume_name = before->volume_name;
    if (may_get_class(object, old, &is_annotated))
        munged->storage_class_name = NULL;
    if (!str_is(pvc_status(object)->phase, "Bound"))
        return;
    if (size != NULL && munged->resources.requests.count > 0)
        quantity_map_set(&munged->resources.requests, str_intern("storage"), *size);
    if (munged->volume_attributes_class_name != NULL)
        munged->volume_attributes_class_name = before->volume_attributes_class_name;
}

static void
check_attributes_class_kept(ApiErrors *errors, const char *name, const char *before)
{
    if (before != NULL && name == NULL)
        field_forbidden(errors, "spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden");
    else if (!str_is_empty(before) && name[0] == '\0')
        field_forbidden(errors, "spec.volumeAttributesClassName", "update from non-nil value to an empty string is forbidden");
}

/* ValidatePersistentVolumeClaimUpdate: a bound claim may ask for more, one without a volume may get one. */
static void
pvc_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const PvcSpec *spec = object->spec;
    const PvcSpec *before = old->spec;
    const Quantity *size = quantity_map_get(&spec->resources.requests, "storage");
    const Quantity *old_size = quantity_map_get(&before->resources.requests, "storage");
    const Quantity *capacity = quantity_map_get(&pvc_status(old)->capacity, "storage");
    const char *annotation = str_or_empty(class_annotation(object));
    PvcSpec munged = {0};
    gboolean is_annotated;
    g_autofree char *was = NULL;
    g_autofree char *is = NULL;

    may_get_class(object, old, &is_annotated);
    if (!is_annotated && !str_is(annotation, str_or_empty(class_annotation(old))))
        field_invalid_string(errors, "metadata.annotations." CLASS_ANNOTATION, annotation, "field is immutable");
    if (object->spec == old->spec)
        return;
    munge_claim(&munged, object, old);
    was = claim_internal_json(before);
    is = claim_internal_json(&munged);
    if (strcmp(was, is) != 0) {
        g_autofree char *diff = text_unified_diff(was, is, 3);

        field_forbidden(errors, "spec",
                        str_internf("spec is immutable after creation except resources.requests and "
                                    "volumeAttributesClassName for bound claims\n%s",
                                    diff));
    }
    /* Back to what it has, no further, if growing did not work (RecoverVolumeExpansionFailure). */
    if (size != NULL && old_size != NULL && quantity_compare(size, old_size) < 0 && capacity != NULL &&
        quantity_compare(size, capacity) <= 0)
        field_forbidden(errors, "spec.resources.requests.storage",
                        "field can not be less than status.capacity");
    if (!str_is(spec->volume_mode, before->volume_mode))
        field_invalid_raw(errors, "volumeMode", spec->volume_mode == NULL ? "null" : api_quote(spec->volume_mode),
                          "field is immutable");
    check_attributes_class_kept(errors, spec->volume_attributes_class_name, before->volume_attributes_class_name);
    api_struct_clear(&pvc_spec_type, &munged);
}

/*
 * v1.34 pkg/api/persistentvolumeclaim: DropDisabledFields drops a reference into another namespace,
 * EnforceDataSourceBackwardsCompatibility a dataSource alone that is neither a claim nor a snapshot, NormalizeDataSources
 * makes the two fields say the same.
 */
static void
normalize_data_sources(ApiObject *object)
{
    PvcSpec *spec = api_edit_spec(object);
    const char *kind = value_get_string(spec->data_source, "kind", "");
    const char *group = value_get_string(spec->data_source, "apiGroup", "");
    gboolean is_old_sort = (strcmp(kind, "PersistentVolumeClaim") == 0 && group[0] == '\0') ||
                           (strcmp(kind, "VolumeSnapshot") == 0 && strcmp(group, "snapshot.storage.k8s.io") == 0);

    if (value_get_string(spec->data_source_ref, "namespace", "")[0] != '\0')
        g_clear_pointer(&spec->data_source_ref, value_free);
    if (spec->data_source_ref == NULL && !is_old_sort)
        g_clear_pointer(&spec->data_source, value_free);
    if (spec->data_source_ref == NULL && spec->data_source != NULL) {
        spec->data_source_ref = value_copy(spec->data_source);
    } else if (spec->data_source_ref != NULL && spec->data_source == NULL) {
        spec->data_source = value_copy(spec->data_source_ref);
        value_remove(spec->data_source, "namespace");
    }
}

/* ValidatePersistentVolumeClaimStatusUpdate; validateBasicResource prints the whole number. */
static void
pvc_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const QuantityMap *capacity = &pvc_status(object)->capacity;

    (void)old;
    for (guint i = 0; i < capacity->count; i++)
        if (quantity_sign(&capacity->items[i].value) < 0)
            field_invalid_int(errors, str_internf("status.capacity[%s]", capacity->items[i].key),
                              quantity_value(&capacity->items[i].value), "must be a valid resource quantity");
}

static void
pvc_prepare_create(ApiObject *object)
{
    PvcStatus *status = api_edit_status(object);

    if (pvc_spec(object)->data_source != NULL || pvc_spec(object)->data_source_ref != NULL)
        normalize_data_sources(object);
    api_struct_clear(&pvc_status_type, status);
    status->phase = str_intern("Pending");
}

/* SetDefaults_ISCSIPersistentVolumeSource and its like */
static void
pv_set_defaults(ApiObject *object)
{
    PvSpec *spec;

    if (pv_spec(object)->csi != NULL || pv_spec(object)->host_path != NULL)
        return;
    spec = api_edit_spec(object);
    tree_set_defaults(&spec->iscsi, &iscsi_shape);
    tree_set_defaults(&spec->rbd, &rbd_volume_shape);
    tree_set_defaults(&spec->azure_disk, &azure_disk_shape);
    tree_set_defaults(&spec->scale_io, &scale_io_volume_shape);
}

static void
pv_prepare_create(ApiObject *object)
{
    PvStatus *status = api_edit_status(object);

    api_struct_clear(&pv_status_type, status);
    status->phase = str_intern("Pending");
}

static const char *const pvc_short_names[] = {"pvc", NULL};
static const char *const pv_short_names[] = {"pv", NULL};

const ApiKind persistent_volume_claim_kind = {
    .kind = "PersistentVolumeClaim",
    .group = "",
    .version = "v1",
    .plural = "persistentvolumeclaims",
    .singular = "persistentvolumeclaim",
    .short_names = pvc_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &pvc_spec_type,
    .status = &pvc_status_type,
    .doc = "Asks for storage that outlives the pod using it.",
    .prepare_create = pvc_prepare_create,
    .validate = pvc_validate,
    .validate_update = pvc_validate_update,
    .validate_status = pvc_validate_status,
    .warn = pvc_warn,
    .update_steps = "MVUMVD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

const ApiKind persistent_volume_kind = {
    .kind = "PersistentVolume",
    .group = "",
    .version = "v1",
    .plural = "persistentvolumes",
    .singular = "persistentvolume",
    .short_names = pv_short_names,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &pv_spec_type,
    .status = &pv_status_type,
    .doc = "A piece of storage in the cluster.",
    .set_defaults = pv_set_defaults,
    .prepare_create = pv_prepare_create,
    .validate = pv_validate,
    .validate_update = pv_validate_update,
    .warn = pv_warn,
    .update_steps = "MVMVD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

gboolean
pv_reaches(const ApiObject *volume, const ApiObject *node)
{
    const Value *required = value_get(pv_spec(volume)->node_affinity, "required");
    ApiDecodeResult result = {0};
    NodeSelector *selector;
    gboolean reaches = FALSE;

    if (required == NULL)
        return TRUE;
    selector = api_struct_new(&node_selector_type);
    api_struct_decode(&node_selector_type, selector, required, "required", &result);
    api_decode_result_clear(&result);
    for (guint i = 0; i < selector->terms.count && !reaches; i++)
        reaches = node_term_matches(&selector->terms.items[i], node);
    api_struct_free(&node_selector_type, selector);
    return reaches;
}
