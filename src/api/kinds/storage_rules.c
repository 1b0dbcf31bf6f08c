/* storage_rules.c - which volume suits a claim, where a class allows volumes; see storage.h */

#include "api/kinds/network.h"
#include "api/kinds/storage.h"
#include "api/selector.h"

const char *
pvc_class_name(const ApiObject *claim)
{
    const char *old = str_map_get(&claim->meta->annotations, "volume.beta.kubernetes.io/storage-class");
    const char *name = old != NULL ? old : pvc_spec(claim)->storage_class_name;

    return name == NULL ? "" : name;
}

const Quantity *
pvc_request(const ApiObject *claim)
{
    return quantity_map_get(&pvc_spec(claim)->resources.requests, "storage");
}

static gboolean
is_same_mode(const char *a, const char *b)
{
    return str_is(a == NULL ? "Filesystem" : a, b == NULL ? "Filesystem" : b);
}

/* v1.34 component-helpers storage/volume: FindMatchingVolume, without nodes */
gboolean
pv_suits(const ApiObject *volume, const ApiObject *claim)
{
    const PvSpec *spec = pv_spec(volume);
    const PvcSpec *wanted = pvc_spec(claim);
    const Quantity *size = quantity_map_get(&spec->capacity, "storage");
    const Quantity *least = pvc_request(claim);
    const char *old = str_map_get(&volume->meta->annotations, "volume.beta.kubernetes.io/storage-class");
    const char *class_name = old != NULL ? old : spec->storage_class_name;

    if (size == NULL || !str_is(class_name == NULL ? "" : class_name, pvc_class_name(claim)) ||
        !is_same_mode(spec->volume_mode, wanted->volume_mode))
        return FALSE;
    for (guint i = 0; i < wanted->access_modes.count; i++)
        if (!str_list_contains(&spec->access_modes, wanted->access_modes.items[i]))
            return FALSE;
    if (wanted->selector != NULL && !label_selector_matches(wanted->selector, &volume->meta->labels))
        return FALSE;
    return least == NULL || quantity_compare(size, least) >= 0;
}

/* v1.34 component-helpers storage/volume: IsVolumeBoundToClaim */
gboolean
pv_is_for(const ApiObject *volume, const ApiObject *claim)
{
    const ObjectReference *reference = pv_spec(volume)->claim_ref;

    if (reference == NULL || !str_is(reference->name, api_name(claim)) ||
        !str_is(reference->namespace_, api_namespace(claim)))
        return FALSE;
    return str_is_empty(reference->uid) || str_is(reference->uid, api_uid(claim));
}

const char *
pod_volume_claim(const ApiObject *pod, guint index)
{
    const Volume *volume = &pod_spec(pod)->volumes.items[index];

    if (volume->persistent_volume_claim != NULL)
        return volume->persistent_volume_claim->claim_name;
    return volume->ephemeral == NULL ? NULL : str_internf("%s-%s", api_name(pod), volume->name);
}

gboolean
pod_uses_claim(const ApiObject *pod, const char *name)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *claim = pod_volume_claim(pod, i);

        if (claim != NULL && str_is(claim, name))
            return TRUE;
    }
    return FALSE;
}

/* v1.34 component-helpers storage/ephemeral: VolumeIsForPod */
gboolean
pvc_is_of_pod(const ApiObject *claim, const ApiObject *pod)
{
    return api_namespace(claim) == api_namespace(pod) && api_is_controlled_by(claim, pod);
}

const char *
pvc_not_of_pod(const ApiObject *claim, const ApiObject *pod)
{
    return str_internf("PVC %s was not created for pod %s (pod is not owner)", api_key(claim), api_key(pod));
}

static const StorageClassBody *
class_body(const ApiObject *class_)
{
    return class_->body;
}

gboolean
storage_class_waits(const ApiObject *class_)
{
    return str_is(class_body(class_)->volume_binding_mode, "WaitForFirstConsumer");
}

gboolean
storage_class_provisions(const ApiObject *class_)
{
    return !str_is_empty(class_body(class_)->provisioner) &&
           !str_is(class_body(class_)->provisioner, "kubernetes.io/no-provisioner");
}

static gboolean
expression_admits(const Value *expression, const ApiObject *node)
{
    const char *have = str_map_get(&node->meta->labels, value_get_string(expression, "key", ""));
    const Value *values = value_get(expression, "values");

    for (guint i = 0; have != NULL && values != NULL && i < values->count; i++)
        if (str_is(values->items[i]->text, have))
            return TRUE;
    return FALSE;
}

/* v1.34 component-helpers scheduling: MatchTopologySelectorTerms: terms by or, expressions by and; an empty term is none. */
gboolean
storage_class_admits(const ApiObject *class_, const ApiObject *node)
{
    const Value *terms = class_body(class_)->allowed_topologies;

    if (terms == NULL || terms->count == 0)
        return TRUE;
    for (guint i = 0; i < terms->count; i++) {
        const Value *expressions = value_get(terms->items[i], "matchLabelExpressions");
        guint n_admits = 0;

        for (guint k = 0; expressions != NULL && k < expressions->count; k++)
            n_admits += expression_admits(expressions->items[k], node);
        if (n_admits > 0 && n_admits == expressions->count)
            return TRUE;
    }
    return FALSE;
}
