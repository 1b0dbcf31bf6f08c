/*
 * priority.c - the number behind a pod's priority class
 *
 * Models: v1.34 plugin/pkg/admission/priority. The built-in classes are objects
 * too, made at the server's first start.
 */

#include "apiserver/admission/admission.h"

static const ApiObject *
find_global_default(const Admission *admission)
{
    g_autoptr(GPtrArray) classes = g_ptr_array_new();
    const ApiObject *best = NULL;

    cache_list(admission->server, &priority_class_kind, NULL, classes);
    for (guint i = 0; i < classes->len; i++) {
        const ApiObject *candidate = g_ptr_array_index(classes, i);
        const PriorityClassBody *body = candidate->body;

        /* Several defaults: the lowest value wins. */
        if (body->global_default &&
            (best == NULL || body->value < ((const PriorityClassBody *)best->body)->value))
            best = candidate;
    }
    return best;
}

static ApiStatus *
refuse_class(const Admission *admission, const char *name)
{
    return api_status_forbidden(&pod_kind, admission->name == NULL ? "" : admission->name,
                                str_internf("no PriorityClass with name %s was found", name));
}

static ApiStatus *
refuse_number(const Admission *admission, gint32 given, gint32 computed)
{
    return api_status_forbidden(
        &pod_kind, admission->name == NULL ? "" : admission->name,
        str_internf("the integer value of priority (%d) must not be provided in pod spec; "
                    "priority admission controller computed %d from the given PriorityClass name",
                    given, computed));
}

static ApiStatus *
refuse_policy(const Admission *admission, const char *given, const char *computed)
{
    return api_status_forbidden(
        &pod_kind, admission->name == NULL ? "" : admission->name,
        str_internf("the string value of PreemptionPolicy (%s) must not be provided in pod spec; "
                    "priority admission controller computed %s from the given PriorityClass name",
                    given, computed));
}

/* v1.34 pkg/registry/scheduling/priorityclass/storage: Delete */
static ApiStatus *
refuse_delete(const Admission *admission)
{
    if (!str_is(admission->name, "system-node-critical") && !str_is(admission->name, "system-cluster-critical"))
        return NULL;
    return api_status_forbidden(&priority_class_kind, admission->name,
                                "this is a system priority class and cannot be deleted");
}

static ApiStatus *
priority_mutate(Admission *admission)
{
    if (admission->kind == &priority_class_kind)
        return admission->operation == ADMISSION_DELETE ? refuse_delete(admission) : NULL;

    const PodSpec *sent = pod_spec(admission->object);

    if (admission->operation == ADMISSION_UPDATE) {
        const PodSpec *old = pod_spec(admission->old);

        /* Both stand once they are set: a PUT that leaves them out keeps them. */
        if (old->priority.is_set && !sent->priority.is_set)
            ((PodSpec *)api_edit_spec(admission->object))->priority = old->priority;
        if (old->preemption_policy != NULL &&
            pod_spec(admission->object)->preemption_policy == NULL)
            ((PodSpec *)api_edit_spec(admission->object))->preemption_policy =
                old->preemption_policy;
        return NULL;
    }

    const ApiObject *found = NULL;
    gint32 value = 0;
    const char *policy = str_intern("PreemptLowerPriority");
    const char *name = sent->priority_class_name;

    if (!str_is_empty(name)) {
        found = admission_lookup(admission, &priority_class_kind, NULL, name);
        if (found == NULL && admission->attempt == 0) {
            admission->wait_ns = 1;
            admission->is_live = TRUE;
            return NULL;
        }
        if (found == NULL)
            return refuse_class(admission, name);
    } else {
        found = find_global_default(admission);
        if (found != NULL)
            name = api_name(found);
    }
    if (found != NULL) {
        const PriorityClassBody *body = found->body;

        value = body->value;
        if (body->preemption_policy != NULL)
            policy = body->preemption_policy;
    }
    if (sent->priority.is_set && sent->priority.value != value)
        return refuse_number(admission, sent->priority.value, value);
    if (sent->preemption_policy != NULL && !str_is(sent->preemption_policy, policy))
        return refuse_policy(admission, sent->preemption_policy, policy);

    PodSpec *spec = api_edit_spec(admission->object);

    spec->priority = OPT_INT32(value);
    spec->priority_class_name = name;
    if (spec->preemption_policy == NULL)
        spec->preemption_policy = policy;
    return NULL;
}

/* validatePriorityClass: a second default is refused. */
static ApiStatus *
priority_validate(Admission *admission)
{
    const ApiObject *first;

    if (admission->kind != &priority_class_kind || admission->operation == ADMISSION_DELETE ||
        !((const PriorityClassBody *)admission->object->body)->global_default)
        return NULL;
    first = find_global_default(admission);
    if (first == NULL || (admission->operation == ADMISSION_UPDATE && str_is(api_name(first), api_name(admission->object))))
        return NULL;
    return api_status_forbidden(&priority_class_kind, api_name(admission->object),
                                str_internf("PriorityClass %s is already marked as default. Only one default can exist",
                                            api_name(first)));
}

static gboolean
priority_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    if (kind == &priority_class_kind)
        return TRUE;
    return kind == &pod_kind && !is_of_part && operation != ADMISSION_DELETE;
}

const AdmissionPlugin priority_plugin = {
    .name = "Priority",
    .looks_at = priority_looks_at,
    .is_of_spec = TRUE,
    .mutate = priority_mutate,
    .validate = priority_validate,
};
