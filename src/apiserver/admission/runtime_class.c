/*
 * runtime_class.c - what a pod's runtime class adds to it: its overhead, and where it can run
 *
 * Models: v1.34 plugin/pkg/admission/runtimeclass, pkg/util/tolerations.
 */

#include "apiserver/admission/admission.h"

static ApiStatus *
refuse(const Admission *admission, const char *why)
{
    return api_status_forbidden(&pod_kind, admission->name == NULL ? "" : admission->name, why);
}

static gboolean
is_same_amounts(const QuantityMap *a, const QuantityMap *b)
{
    for (guint i = 0; i < a->count; i++) {
        const Quantity *other = quantity_map_get(b, a->items[i].key);

        if (other == NULL || quantity_compare(&a->items[i].value, other) != 0)
            return FALSE;
    }
    return a->count == b->count;
}

static ApiStatus *
refuse_overhead(const Admission *admission)
{
    return refuse(admission, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

/* --- where it can run ------------------------------------------------------------------------------- */

static gboolean
is_equal(const Toleration *a, const Toleration *b)
{
    return api_struct_equal(&toleration_type, a, b);
}

/* isSuperset: @wide tolerates all that @narrow does. */
static gboolean
is_superset(const Toleration *wide, const Toleration *narrow)
{
    if (is_equal(wide, narrow))
        return TRUE;
    if (!str_is(narrow->key, wide->key) && (!str_is_empty(wide->key) || !str_is(wide->operator_, "Exists")))
        return FALSE;
    if (!str_is(narrow->effect, wide->effect) && !str_is_empty(wide->effect))
        return FALSE;
    if (str_is(wide->effect, "NoExecute") && wide->toleration_s.is_set &&
        (!narrow->toleration_s.is_set || narrow->toleration_s.value > wide->toleration_s.value))
        return FALSE;
    if (str_is(wide->operator_, "Exists"))
        return TRUE;
    return !str_is(narrow->operator_, "Exists") && str_is(narrow->value, wide->value);
}

static gboolean
is_redundant(const TolerationList *merged, const TolerationList *all, guint index)
{
    const Toleration *toleration = &all->items[index];

    for (guint i = 0; i < merged->count; i++)
        if (is_superset(&merged->items[i], toleration))
            return TRUE;
    for (guint i = index + 1; i < all->count; i++)
        if (!is_equal(toleration, &all->items[i]) && is_superset(&all->items[i], toleration))
            return TRUE;
    return FALSE;
}

/* MergeTolerations */
static void
merge_tolerations(TolerationList *own, const TolerationList *more)
{
    TolerationList all = {0}, merged = {0};

    for (guint i = 0; i < own->count; i++)
        *API_LIST_ADD(&all) = own->items[i];
    for (guint i = 0; i < more->count; i++)
        *API_LIST_ADD(&all) = more->items[i];
    for (guint i = 0; i < all.count; i++)
        if (!is_redundant(&merged, &all, i))
            *API_LIST_ADD(&merged) = all.items[i];
    g_free(all.items);
    g_free(own->items);
    *own = merged;
}

static ApiStatus *
set_scheduling(Admission *admission, const RuntimeScheduling *scheduling)
{
    PodSpec *spec = api_edit_spec(admission->object);

    for (guint i = 0; i < scheduling->node_selector.count; i++) {
        const StrPair *pair = &scheduling->node_selector.items[i];
        const char *own = str_map_get(&spec->node_selector, pair->key);

        if (own != NULL && !str_is(own, pair->value))
            return refuse(admission,
                          str_internf("conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; pod.spec.nodeSelector[%s] = %s",
                                      pair->key, pair->value, pair->key, own));
        str_map_set(&spec->node_selector, pair->key, pair->value);
    }
    merge_tolerations(&spec->tolerations, &scheduling->tolerations);
    return NULL;
}

/* --- the plugin ---------------------------------------------------------------------------------------- */

static ApiStatus *
runtime_class_mutate(Admission *admission)
{
    const char *name = pod_spec(admission->object)->runtime_class_name;
    const ApiObject *found;
    const RuntimeClassBody *body;

    if (name == NULL)
        return NULL;
    found = admission_lookup(admission, &runtime_class_kind, NULL, name);
    if (found == NULL && admission->attempt == 0) {
        admission->wait_ns = 1;
        admission->is_live = TRUE;
        return NULL;
    }
    if (found == NULL)
        return refuse(admission, str_internf("pod rejected: RuntimeClass %s not found", api_quote(name)));
    body = runtime_class_body(found);
    if (body->overhead != NULL) {
        PodSpec *spec = api_edit_spec(admission->object);
        const QuantityMap *fixed = &body->overhead->pod_fixed;

        if (spec->overhead.count > 0 && !is_same_amounts(fixed, &spec->overhead))
            return refuse_overhead(admission);
        for (guint i = 0; i < fixed->count; i++)
            quantity_map_set(&spec->overhead, fixed->items[i].key, fixed->items[i].value);
    }
    return body->scheduling == NULL ? NULL : set_scheduling(admission, body->scheduling);
}

static ApiStatus *
runtime_class_validate(Admission *admission)
{
    const PodSpec *spec = pod_spec(admission->object);
    const ApiObject *found;

    if (spec->runtime_class_name == NULL && spec->overhead.count == 0)
        return NULL;
    found = spec->runtime_class_name == NULL
                ? NULL
                : admission_lookup(admission, &runtime_class_kind, NULL, spec->runtime_class_name);
    if (found != NULL && runtime_class_body(found)->overhead != NULL)
        return is_same_amounts(&runtime_class_body(found)->overhead->pod_fixed, &spec->overhead) ? NULL
                                                                                             : refuse_overhead(admission);
    return spec->overhead.count == 0
               ? NULL
               : refuse(admission, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
}

static gboolean
runtime_class_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    return kind == &pod_kind && operation == ADMISSION_CREATE && !is_of_part;
}

const AdmissionPlugin runtime_class_plugin = {
    .name = "RuntimeClass",
    .looks_at = runtime_class_looks_at,
    .is_of_spec = TRUE,
    .mutate = runtime_class_mutate,
    .validate = runtime_class_validate,
};
