/*
 * storage.c - the class of a claim that names none, and finalizers that keep what is used
 *
 * Models: v1.34 plugin/pkg/admission/storage/storageclass/setdefault,
 * storage/persistentvolume/resize and storage/storageobjectinuseprotection.
 */

#include "apiserver/admission/admission.h"

#include "api/kinds/network.h"

static gboolean
is_default(const ApiObject *class_)
{
    const StrMap *annotations = &class_->meta->annotations;

    return str_is(str_map_get(annotations, str_intern("storageclass.kubernetes.io/is-default-class")), "true") ||
           str_is(str_map_get(annotations, str_intern("storageclass.beta.kubernetes.io/is-default-class")), "true");
}

/* Several defaults: the newest wins, then the first by name. */
static const ApiObject *
find_default(const Admission *admission)
{
    g_autoptr(GPtrArray) classes = g_ptr_array_new();
    const ApiObject *best = NULL;

    cache_list(admission->server, &storage_class_kind, NULL, classes);
    for (guint i = 0; i < classes->len; i++) {
        const ApiObject *candidate = g_ptr_array_index(classes, i);

        if (is_default(candidate) &&
            (best == NULL || candidate->meta->creation_time > best->meta->creation_time ||
             (candidate->meta->creation_time == best->meta->creation_time && strcmp(api_name(candidate), api_name(best)) < 0)))
            best = candidate;
    }
    return best;
}

static ApiStatus *
default_class_mutate(Admission *admission)
{
    const ApiObject *class_;

    if (pvc_spec(admission->object)->storage_class_name != NULL)
        return NULL;
    class_ = find_default(admission);
    if (class_ != NULL)
        ((PvcSpec *)api_edit_spec(admission->object))->storage_class_name = api_name(class_);
    return NULL;
}

static gboolean
default_class_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    return kind == &persistent_volume_claim_kind && operation == ADMISSION_CREATE && !is_of_part;
}

const AdmissionPlugin default_storage_class_plugin = {
    .name = "DefaultStorageClass",
    .looks_at = default_class_looks_at,
    .mutate = default_class_mutate,
};

/* PersistentVolumeClaimResize: a claim may grow if it is bound and its class says so. */
static ApiStatus *
resize_validate(Admission *admission)
{
    const ApiObject *class_;
    const Quantity *size;
    const Quantity *before;
    const char *why = NULL;

    size = quantity_map_get(&pvc_spec(admission->object)->resources.requests, "storage");
    before = quantity_map_get(&pvc_spec(admission->old)->resources.requests, "storage");
    if (size == NULL || before == NULL || quantity_compare(size, before) <= 0)
        return NULL;
    class_ = str_is_empty(pvc_spec(admission->object)->storage_class_name)
                 ? NULL
                 : admission_lookup(admission, &storage_class_kind, NULL,
                                    pvc_spec(admission->object)->storage_class_name);
    if (!str_is(pvc_status(admission->old)->phase, "Bound"))
        why = "Only bound persistent volume claims can be expanded";
    else if (class_ == NULL || ((const StorageClassBody *)class_->body)->allow_volume_expansion != OPT_TRUE)
        why = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must "
              "support resize";
    return why == NULL ? NULL : api_status_forbidden(admission->kind, admission->name, why);
}

static gboolean
resize_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    return kind == &persistent_volume_claim_kind && operation == ADMISSION_UPDATE && !is_of_part;
}

const AdmissionPlugin claim_resize_plugin = {
    .name = "PersistentVolumeClaimResize",
    .looks_at = resize_looks_at,
    .validate = resize_validate,
};

static ApiStatus *
in_use_mutate(Admission *admission)
{
    gboolean is_claim = admission->kind == &persistent_volume_claim_kind;
    const char *finalizer;

    finalizer = str_intern(is_claim ? "kubernetes.io/pvc-protection" : "kubernetes.io/pv-protection");
    if (!str_list_contains(&admission->object->meta->finalizers, finalizer))
        str_list_add(&api_edit_meta(admission->object)->finalizers, finalizer);
    return NULL;
}

static gboolean
in_use_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    return (kind == &persistent_volume_claim_kind || kind == &persistent_volume_kind) &&
           operation == ADMISSION_CREATE && !is_of_part;
}

const AdmissionPlugin storage_in_use_plugin = {
    .name = "StorageObjectInUseProtection",
    .looks_at = in_use_looks_at,
    .mutate = in_use_mutate,
};
