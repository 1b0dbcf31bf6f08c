/*
 * runtime_class.c - a pod's runtime class must be there
 *
 * Models: v1.34 plugin/pkg/admission/runtimeclass. This cluster has no RuntimeClass, so a pod that names one
 * is refused, and so is one that brings an overhead, which only a RuntimeClass may give.
 */

#include "apiserver/admission/admission.h"

static gboolean
is_new_pod(const Admission *admission)
{
    return admission->kind == &pod_kind && admission->subresource == NULL && admission->operation == ADMISSION_CREATE &&
           !admission->is_known;
}

static ApiStatus *
runtime_class_mutate(Admission *admission)
{
    const char *name = is_new_pod(admission) ? pod_spec(admission->object)->runtime_class_name : NULL;

    if (name == NULL)
        return NULL;
    return api_status_forbidden(&pod_kind, admission->name == NULL ? "" : admission->name,
                                str_internf("pod rejected: RuntimeClass %s not found", api_quote(name)));
}

static ApiStatus *
runtime_class_validate(Admission *admission)
{
    if (!is_new_pod(admission) || pod_spec(admission->object)->overhead.count == 0)
        return NULL;
    return api_status_forbidden(&pod_kind, admission->name == NULL ? "" : admission->name,
                                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
}

const AdmissionPlugin runtime_class_plugin = {
    .name = "RuntimeClass",
    .mutate = runtime_class_mutate,
    .validate = runtime_class_validate,
};
