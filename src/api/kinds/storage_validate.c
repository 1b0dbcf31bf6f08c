/*
 * Validation of PersistentVolumes, and of volumes that are kept as trees.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidatePersistentVolumeSpec, ValidatePersistentVolumeUpdate and below.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/pod_internal.h"
#include "api/kinds/tables.h"

#include <string.h>

#define MOUNT_ANNOTATION "volume.beta.kubernetes.io/mount-options"

/* ValidateCSIDriverName: what is missing is no name either. */
void
check_csi_driver(ApiErrors *errors, const char *child, const char *driver)
{
    g_autofree char *lower = g_ascii_strdown(driver, -1);
    StrList messages = {0};

    if (driver[0] == '\0')
        field_required(errors, child, NULL);
    if (strlen(driver) > 63)
        field_too_long(errors, child, 63);
    if (!name_check(NAME_DNS_SUBDOMAIN, str_intern(lower), FALSE, &messages))
        field_invalid_name(errors, child, driver, &messages);
    g_free(messages.items);
}

/* iscsiInitiatorIqnRegex, iscsiInitiatorEuiRegex, iscsiInitiatorNaaRegex */
static gboolean
is_iscsi_name(const char *name)
{
    if (g_str_has_prefix(name, "iqn"))
        return g_regex_match_simple("iqn\\.\\d{4}-\\d{2}\\.([[:alnum:].-]+)(:[^,;*&$|\\s]+)$", name, 0, 0);
    if (g_str_has_prefix(name, "eui"))
        return g_regex_match_simple("^eui.[[:alnum:]]{16}$", name, 0, 0);
    return g_regex_match_simple("^naa.[[:alnum:]]{32}$", name, 0, 0);
}

static void
check_initiator(ApiErrors *errors, const char *initiator)
{
    gboolean is_known = g_str_has_prefix(initiator, "iqn") || g_str_has_prefix(initiator, "eui") ||
                        g_str_has_prefix(initiator, "naa");

    if (!is_known)
        field_invalid_string(errors, "initiatorname", initiator, "must be valid format starting with iqn, eui, or naa");
    else if (!is_iscsi_name(initiator))
        field_invalid_string(errors, "initiatorname", initiator, "must be valid format");
}

/* validateISCSIVolumeSource; the cursor stands on the source. */
void
check_iscsi(ApiErrors *errors, const Value *iscsi)
{
    const char *iqn = value_get_string(iscsi, "iqn", "");
    gint64 lun = value_get_int(iscsi, "lun", 0);

    if (value_get_string(iscsi, "targetPortal", "")[0] == '\0')
        field_required(errors, "targetPortal", NULL);
    if (iqn[0] == '\0')
        field_required(errors, "iqn", NULL);
    else if (!g_str_has_prefix(iqn, "iqn") && !g_str_has_prefix(iqn, "eui") && !g_str_has_prefix(iqn, "naa"))
        field_invalid_string(errors, "iqn", iqn, "must be valid format starting with iqn, eui, or naa");
    else if (!is_iscsi_name(iqn))
        field_invalid_string(errors, "iqn", iqn, "must be valid format");
    if (lun < 0 || lun > 255)
        field_invalid_int(errors, "lun", lun, "must be between 0 and 255, inclusive");
    if ((value_get_bool(iscsi, "chapAuthDiscovery", FALSE) || value_get_bool(iscsi, "chapAuthSession", FALSE)) &&
        value_get(iscsi, "secretRef") == NULL)
        field_required(errors, "secretRef", NULL);
    if (value_get_string(iscsi, "initiatorName", NULL) != NULL)
        check_initiator(errors, value_get_string(iscsi, "initiatorName", ""));
}

static guint
length_of(const Value *list)
{
    return list == NULL || list->type != VALUE_LIST ? 0 : list->count;
}

/* validateFCVolumeSource; the cursor stands on the source. */
void
check_fibre_channel(ApiErrors *errors, const Value *fc)
{
    const Value *names = value_get(fc, "targetWWNs");
    const Value *lun = value_get(fc, "lun");

    if (length_of(names) == 0 && length_of(value_get(fc, "wwids")) == 0)
        field_required(errors, "targetWWNs", "must specify either targetWWNs or wwids, but not both");
    if (length_of(names) == 0)
        return;
    if (length_of(value_get(fc, "wwids")) > 0) {
        g_autofree char *printed = value_to_json(names, VALUE_COMPACT);

        field_invalid_raw(errors, "targetWWNs", printed, "targetWWNs and wwids can not be specified simultaneously");
    }
    if (lun == NULL || lun->type == VALUE_NULL)
        field_required(errors, "lun", "lun is required if targetWWNs is specified");
    else if (value_get_int(fc, "lun", 0) < 0 || value_get_int(fc, "lun", 0) > 255)
        field_invalid_int(errors, "lun", value_get_int(fc, "lun", 0), "must be between 0 and 255, inclusive");
}

/* validateCSIVolumeSource, of a volume that lives with its pod; the cursor stands on the source. */
void
check_inline_csi(ApiErrors *errors, const Value *csi)
{
    const Value *secret = value_get(csi, "nodePublishSecretRef");

    check_csi_driver(errors, "driver", value_get_string(csi, "driver", ""));
    if (secret == NULL || secret->type == VALUE_NULL)
        return;
    if (value_get_string(secret, "name", "")[0] == '\0')
        field_required(errors, "nodePublishSecretRef.name", NULL);
    else
        check_name(errors, "name", NAME_DNS_SUBDOMAIN, value_get_string(secret, "name", ""));
}

/* ValidateTemplateObjectMeta: a claim template may have labels and annotations, nothing else. */
static void
check_claim_meta(ApiErrors *errors, const Value *sent)
{
    static const struct {
        const char *wire, *path;
    } others[] = {{"name", "name"},
                  {"generateName", "generateName"},
                  {"namespace", "namespace"},
                  {"uid", "uID"},
                  {"generation", "generation"},
                  {"creationTimestamp", "creationTimestamp"},
                  {"deletionTimestamp", "deletionTimestamp"},
                  {"deletionGracePeriodSeconds", "deletionGracePeriodSeconds"},
                  {"ownerReferences", "ownerReferences"},
                  {"finalizers", "finalizers"}};
    ApiDecodeResult result = {0};
    ObjectMeta meta = {0};

    if (sent == NULL || sent->type != VALUE_MAP)
        return;
    api_struct_decode(&object_meta_type, &meta, sent, "metadata", &result);
    api_errors_push(errors, "volumeClaimTemplate.metadata");
    api_validate_annotations(errors, "annotations", &meta.annotations);
    api_validate_labels(errors, "labels", &meta.labels);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        const Value *member = value_get(sent, others[i].wire);

        if (member != NULL && member->type != VALUE_NULL)
            field_forbidden(errors, others[i].path, "cannot be set");
    }
    api_errors_pop(errors);
    api_decode_result_clear(&result);
    api_struct_clear(&object_meta_type, &meta);
}

/* validateEphemeralVolumeSource; the cursor stands on the source. */
void
check_ephemeral(ApiErrors *errors, const Value *ephemeral)
{
    const Value *template_ = value_get(ephemeral, "volumeClaimTemplate");
    const Value *sent = value_get(template_, "spec");
    ApiDecodeResult result = {0};
    PvcSpec spec = {0};

    if (template_ == NULL || template_->type == VALUE_NULL) {
        field_required(errors, "volumeClaimTemplate", NULL);
        return;
    }
    check_claim_meta(errors, value_get(template_, "metadata"));
    if (sent != NULL && sent->type == VALUE_MAP)
        api_struct_decode(&pvc_spec_type, &spec, sent, "spec", &result);
    api_errors_push(errors, "volumeClaimTemplate.spec");
    check_claim_spec(errors, &spec);
    api_errors_pop(errors);
    api_decode_result_clear(&result);
    api_struct_clear(&pvc_spec_type, &spec);
}

/* --- PersistentVolume ------------------------------------------------------------------------- */

static void
check_capacity(ApiErrors *errors, const QuantityMap *capacity)
{
    static const char *const known[] = {"storage", NULL};

    if (capacity->count == 0)
        field_required(errors, "capacity", NULL);
    if (capacity->count != 1 || quantity_map_get(capacity, "storage") == NULL)
        field_not_supported_raw(errors, "capacity", print_quantities(capacity), known);
    for (guint i = 0; i < capacity->count; i++) {
        const char *child = str_internf("capacity[%s]", capacity->items[i].key);
        const Quantity *size = &capacity->items[i].value;

        /* validateBasicResource prints the whole number. */
        if (quantity_sign(size) < 0)
            field_invalid_int(errors, child, quantity_value(size), "must be a valid resource quantity");
        if (quantity_sign(size) <= 0)
            field_invalid_string(errors, child, quantity_format(size), "must be greater than zero");
    }
}

static void
check_needed_name(ApiErrors *errors, const char *child, NameRule rule, const char *name)
{
    if (name[0] == '\0')
        field_required(errors, child, NULL);
    else
        check_name(errors, child, rule, name);
}

/* validatePVSecretReference of the four that a driver may be given */
static void
check_driver_secrets(ApiErrors *errors, const Value *csi)
{
    static const char *const names[] = {"controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef",
                                        "nodeExpandSecretRef"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const Value *secret = value_get(csi, names[i]);

        if (secret == NULL || secret->type == VALUE_NULL)
            continue;
        api_errors_push(errors, names[i]);
        check_needed_name(errors, "name", NAME_DNS_SUBDOMAIN, value_get_string(secret, "name", ""));
        check_needed_name(errors, "namespace", NAME_DNS_LABEL, value_get_string(secret, "namespace", ""));
        api_errors_pop(errors);
    }
}

static void
check_local(ApiErrors *errors, const Value *local)
{
    const char *path = value_get_string(local, "path", "");

    if (path[0] == '\0')
        field_required(errors, "path", NULL);
    else
        check_no_backsteps(errors, "path", path);
}

static void
check_volume_csi(ApiErrors *errors, const Value *csi)
{
    check_csi_driver(errors, "driver", value_get_string(csi, "driver", ""));
    if (value_get_string(csi, "volumeHandle", "")[0] == '\0')
        field_required(errors, "volumeHandle", NULL);
    check_driver_secrets(errors, csi);
}

static void
need_secret_namespace(ApiErrors *errors, const Value *source)
{
    const Value *secret = value_get(source, "secretRef");

    if (secret != NULL && secret->type == VALUE_MAP && value_get_string(secret, "namespace", "")[0] == '\0')
        field_required(errors, "secretRef.namespace", NULL);
}

static void
check_cinder_volume(ApiErrors *errors, const Value *source)
{
    check_cinder(errors, source);
    need_secret_namespace(errors, source);
}

static void
check_storageos_volume(ApiErrors *errors, const Value *source)
{
    check_storageos(errors, source);
    need_secret_namespace(errors, source);
}

static void
check_glusterfs_volume(ApiErrors *errors, const Value *source)
{
    const char *namespace_ = value_get_string(source, "endpointsNamespace", NULL);

    check_glusterfs(errors, source);
    if (namespace_ != NULL && namespace_[0] == '\0')
        field_invalid_string(errors, "endpointsNamespace", "",
                             "if the endpointnamespace is set, it must be a valid namespace name");
    else if (namespace_ != NULL)
        check_name(errors, "endpointsNamespace", NAME_DNS_LABEL, namespace_);
}

static void
check_azure_file_volume(ApiErrors *errors, const Value *source)
{
    const char *namespace_ = value_get_string(source, "secretNamespace", NULL);

    check_azure_file(errors, source);
    if (namespace_ != NULL && namespace_[0] == '\0')
        field_required(errors, "secretNamespace", NULL);
}

/* Sources that are kept as trees, in the order in which they are looked at; @path: where their faults are said to be. */
static const struct {
    const char *name, *path;
    gsize at;
    void (*check)(ApiErrors *errors, const Value *source);
} trees[] = {
    {"gcePersistentDisk", "persistentDisk", offsetof(PvSpec, gce_disk), check_gce_disk},
    {"awsElasticBlockStore", "awsElasticBlockStore", offsetof(PvSpec, aws_disk), check_aws_disk},
    {"glusterfs", "glusterfs", offsetof(PvSpec, glusterfs), check_glusterfs_volume},
    {"flocker", "flocker", offsetof(PvSpec, flocker), check_flocker},
    {"nfs", "nfs", offsetof(PvSpec, nfs), check_nfs},
    {"rbd", "rbd", offsetof(PvSpec, rbd), check_rbd},
    {"quobyte", "quobyte", offsetof(PvSpec, quobyte), check_quobyte},
    {"cephFS", "cephfs", offsetof(PvSpec, cephfs), check_cephfs},
    {"iscsi", "iscsi", offsetof(PvSpec, iscsi), check_iscsi},
    {"cinder", "cinder", offsetof(PvSpec, cinder), check_cinder_volume},
    {"fc", "fc", offsetof(PvSpec, fc), check_fibre_channel},
    {"flexVolume", "flexVolume", offsetof(PvSpec, flex_volume), check_flex_volume},
    {"azureFile", "azureFile", offsetof(PvSpec, azure_file), check_azure_file_volume},
    {"vsphereVolume", "vsphereVolume", offsetof(PvSpec, vsphere_volume), check_vsphere_volume},
    {"photonPersistentDisk", "photonPersistentDisk", offsetof(PvSpec, photon_disk), check_photon_disk},
    {"portworxVolume", "portworxVolume", offsetof(PvSpec, portworx_volume), check_portworx_volume},
    {"azureDisk", "azureDisk", offsetof(PvSpec, azure_disk), check_azure_disk},
    {"scaleIO", "scaleIO", offsetof(PvSpec, scale_io), check_scale_io},
};

static gboolean
enter_source(ApiErrors *errors, const char *name, gconstpointer source, guint *count)
{
    if (source == NULL)
        return FALSE;
    if ((*count)++ > 0) {
        field_forbidden(errors, name, "may not specify more than 1 volume type");
        return FALSE;
    }
    api_errors_push(errors, name);
    return TRUE;
}

static void
check_volume_sources(ApiErrors *errors, const PvSpec *spec)
{
    guint count = 0;

    if (enter_source(errors, "hostPath", spec->host_path, &count)) {
        check_host_path(errors, spec->host_path);
        api_errors_pop(errors);
    }
    for (guint i = 0; i < G_N_ELEMENTS(trees); i++) {
        const Value *source = *(Value *const *)((const char *)spec + trees[i].at);

        /* Of a FlexVolume nobody asks whether it is the second. */
        if (source != NULL && trees[i].check == check_flex_volume) {
            count++;
            api_errors_push(errors, trees[i].path);
        } else if (!enter_source(errors, count > 0 ? trees[i].name : trees[i].path, source, &count)) {
            continue;
        }
        trees[i].check(errors, source);
        api_errors_pop(errors);
    }
    if (enter_source(errors, "local", spec->local, &count)) {
        check_local(errors, spec->local);
        api_errors_pop(errors);
        if (spec->node_affinity == NULL)
            field_required(errors, "nodeAffinity", "Local volume requires node affinity");
    }
    if (enter_source(errors, "storageos", spec->storageos, &count)) {
        check_storageos_volume(errors, spec->storageos);
        api_errors_pop(errors);
    }
    if (enter_source(errors, "csi", spec->csi, &count)) {
        check_volume_csi(errors, spec->csi);
        api_errors_pop(errors);
    }
    if (count == 0)
        field_required(errors, NULL, "must specify a volume type");
}

/* validateVolumeNodeAffinity */
static void
check_volume_affinity(ApiErrors *errors, const Value *affinity)
{
    const Value *required = value_get(affinity, "required");
    NodeSelector selector = {0};
    ApiDecodeResult result = {0};

    if (affinity == NULL)
        return;
    if (required == NULL || required->type != VALUE_MAP) {
        field_required(errors, "nodeAffinity.required", "must specify required node constraints");
        return;
    }
    api_struct_decode(&node_selector_type, &selector, required, "required", &result);
    api_errors_push(errors, "nodeAffinity.required");
    check_node_selector(errors, &selector);
    api_errors_pop(errors);
    api_decode_result_clear(&result);
    api_struct_clear(&node_selector_type, &selector);
}

/* pkg/volume/validation: checkMountOption */
static gboolean
takes_mount_options(const PvSpec *spec)
{
    return spec->gce_disk != NULL || spec->aws_disk != NULL || spec->glusterfs != NULL || spec->nfs != NULL ||
           spec->rbd != NULL || spec->quobyte != NULL || spec->iscsi != NULL || spec->cinder != NULL ||
           spec->cephfs != NULL || spec->azure_file != NULL || spec->vsphere_volume != NULL || spec->azure_disk != NULL ||
           spec->photon_disk != NULL;
}

/* ValidatePersistentVolumeSpec */
void
pv_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const policies[] = {"Delete", "Recycle", "Retain", NULL};
    static const char *const modes[] = {"Block", "Filesystem", NULL};
    const PvSpec *spec = object->spec;

    api_errors_push(errors, "spec");
    if (spec->access_modes.count == 0)
        field_required(errors, "accessModes", NULL);
    check_access_modes(errors, &spec->access_modes);
    check_capacity(errors, &spec->capacity);
    if (!str_is_empty(spec->reclaim_policy) && !g_strv_contains(policies, spec->reclaim_policy))
        field_not_supported(errors, "persistentVolumeReclaimPolicy", spec->reclaim_policy, policies);
    check_volume_affinity(errors, spec->node_affinity);
    check_volume_sources(errors, spec);
    if (spec->host_path != NULL && str_is(spec->host_path->path, "/") && str_is(spec->reclaim_policy, "Recycle"))
        field_forbidden(errors, "persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
    if (!str_is_empty(spec->storage_class_name))
        check_name(errors, "storageClassName", NAME_DNS_SUBDOMAIN, spec->storage_class_name);
    if (spec->volume_mode != NULL && !g_strv_contains(modes, spec->volume_mode))
        field_not_supported(errors, "volumeMode", spec->volume_mode, modes);
    if (spec->volume_attributes_class_name != NULL && spec->volume_attributes_class_name[0] == '\0')
        field_required(errors, "volumeAttributesClassName", "an empty string is disallowed");
    else if (spec->volume_attributes_class_name != NULL)
        check_name(errors, "volumeAttributesClassName", NAME_DNS_SUBDOMAIN, spec->volume_attributes_class_name);
    if (spec->volume_attributes_class_name != NULL && spec->csi == NULL)
        field_required(errors, "csi", "has to be specified when using volumeAttributesClassName");
    api_errors_pop(errors);
    if (!takes_mount_options(spec) &&
        str_map_get(&object->meta->annotations, str_intern(MOUNT_ANNOTATION)) != NULL)
        field_forbidden(errors, "metadata.annotations." MOUNT_ANNOTATION,
                        "may not specify mount options for this volume type");
}

/* The source with the names and order of the server's own type. (owned) */
static char *
source_internal_json(const PvSpec *spec)
{
    static const char *const names[] = {
        "GCEPersistentDisk", "AWSElasticBlockStore", "HostPath", "Glusterfs", "NFS", "RBD", "Quobyte", "ISCSI",
        "FlexVolume", "Cinder", "CephFS", "FC", "Flocker", "AzureFile", "VsphereVolume", "AzureDisk",
        "PhotonPersistentDisk", "PortworxVolume", "ScaleIO", "Local", "StorageOS", "CSI"};
    static const struct {
        const char *name;
        gsize at;
        const ApiType *shape;
    } old[] = {
        {"GCEPersistentDisk", offsetof(PvSpec, gce_disk), &gce_disk_shape},
        {"AWSElasticBlockStore", offsetof(PvSpec, aws_disk), &aws_disk_shape},
        {"Glusterfs", offsetof(PvSpec, glusterfs), &glusterfs_volume_shape},
        {"RBD", offsetof(PvSpec, rbd), &rbd_volume_shape},
        {"Quobyte", offsetof(PvSpec, quobyte), &quobyte_shape},
        {"FlexVolume", offsetof(PvSpec, flex_volume), &flex_persistent_shape},
        {"Cinder", offsetof(PvSpec, cinder), &cinder_volume_shape},
        {"CephFS", offsetof(PvSpec, cephfs), &cephfs_volume_shape},
        {"Flocker", offsetof(PvSpec, flocker), &flocker_shape},
        {"AzureFile", offsetof(PvSpec, azure_file), &azure_file_volume_shape},
        {"VsphereVolume", offsetof(PvSpec, vsphere_volume), &vsphere_volume_shape},
        {"AzureDisk", offsetof(PvSpec, azure_disk), &azure_disk_shape},
        {"PhotonPersistentDisk", offsetof(PvSpec, photon_disk), &photon_disk_shape},
        {"PortworxVolume", offsetof(PvSpec, portworx_volume), &portworx_volume_shape},
        {"ScaleIO", offsetof(PvSpec, scale_io), &scale_io_volume_shape},
        {"StorageOS", offsetof(PvSpec, storageos), &storageos_volume_shape},
    };
    g_autoptr(Value) value = value_new_map();

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        value_set(value, names[i], value_new_null());
    if (spec->host_path != NULL) {
        Value *path = value_new_map();

        value_set(path, "Path", value_new_string(str_or_empty(spec->host_path->path)));
        value_set(path, "Type", value_new_string(str_or_empty(spec->host_path->type)));
        value_set(value, "HostPath", path);
    }
    for (guint i = 0; i < G_N_ELEMENTS(old); i++)
        value_set(value, old[i].name,
                  shape_internal_value(old[i].shape, *(Value *const *)((const char *)spec + old[i].at)));
    value_set(value, "NFS", shape_internal_value(&nfs_shape, spec->nfs));
    value_set(value, "ISCSI", shape_internal_value(&iscsi_shape, spec->iscsi));
    value_set(value, "FC", shape_internal_value(&fibre_channel_shape, spec->fc));
    value_set(value, "Local", shape_internal_value(&local_volume_shape, spec->local));
    value_set(value, "CSI", shape_internal_value(&csi_persistent_shape, spec->csi));
    return value_to_json(value, VALUE_INDENT1);
}

/* ValidatePersistentVolumeUpdate */
void
pv_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const PvSpec *spec = object->spec;
    const PvSpec *before = old->spec;
    g_autofree char *was = NULL;
    g_autofree char *is = NULL;

    if (spec == before)
        return;
    was = source_internal_json(before);
    is = source_internal_json(spec);
    if (strcmp(was, is) != 0) {
        g_autofree char *diff = text_unified_diff(was, is, 3);

        field_forbidden(errors, "spec.persistentvolumesource",
                        str_internf("spec.persistentvolumesource is immutable after creation\n%s", diff));
    }
    check_immutable(errors, "volumeMode", spec->volume_mode, before->volume_mode);
    if (before->node_affinity != NULL &&
        (spec->node_affinity == NULL || !value_equal(spec->node_affinity, before->node_affinity))) {
        g_autofree char *printed =
            spec->node_affinity == NULL ? NULL : value_to_json(spec->node_affinity, VALUE_COMPACT);

        field_invalid_raw(errors, "nodeAffinity", printed == NULL ? "null" : printed,
                          "field is immutable, except for updating from beta label to GA");
    }
    if (before->volume_attributes_class_name != NULL && spec->volume_attributes_class_name == NULL)
        field_forbidden(errors, "spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden");
}

/* v1.34 pkg/api/persistentvolume: GetWarningsForPersistentVolume */
void
pv_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    static const struct {
        const char *key, *text;
    } marks[] = {{"volume.beta.kubernetes.io/storage-class",
                "deprecated since v1.8; use \"storageClassName\" attribute instead"},
               {MOUNT_ANNOTATION,
                "deprecated since v1.31; use \"mountOptions\" attribute instead"}};

    (void)old;
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
        if (str_map_get(&object->meta->annotations, str_intern(marks[i].key)) != NULL)
            g_ptr_array_add(warnings, g_strdup_printf("metadata.annotations[%s]: %s", marks[i].key, marks[i].text));
    if (str_is(pv_spec(object)->reclaim_policy, "Recycle"))
        g_ptr_array_add(warnings,
                        g_strdup("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, "
                                 "the recommended approach is to use dynamic provisioning."));
}

/* v1.34 pkg/api/persistentvolumeclaim: GetWarningsForPersistentVolumeClaimSpec */
void
warn_claim(const PvcSpec *spec, const char *path, GPtrArray *warnings)
{
    const struct {
        const char *name;
        const Quantity *value;
    } parts[] = {{"requests", quantity_map_get(&spec->resources.requests, "storage")},
                 {"limits", quantity_map_get(&spec->resources.limits, "storage")}};

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i].value != NULL && quantity_value_milli(parts[i].value) % 1000 != 0)
            g_ptr_array_add(warnings, g_strdup_printf("%s.resources.%s[storage]: fractional byte value \"%s\" is "
                                                      "invalid, must be an integer",
                                                      path, parts[i].name, quantity_format(parts[i].value)));
}

/* GetWarningsForPersistentVolumeClaim */
void
pvc_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    (void)old;
    if (str_map_get(&object->meta->annotations, str_intern("volume.beta.kubernetes.io/storage-class")) != NULL)
        g_ptr_array_add(warnings, g_strdup("metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since "
                                           "v1.8; use \"storageClassName\" attribute instead"));
    warn_claim(pvc_spec(object), "spec", warnings);
}
