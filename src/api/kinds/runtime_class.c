/*
 * RuntimeClass: tables, validation, kind.
 *
 * Models: v1.34 pkg/apis/node/validation.
 */
#include "api/kinds/runtime_class.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const ApiField overhead_fields[] = {
    {"podFixed", API_QUANTITY_MAP, AT(RuntimeOverhead, pod_fixed), .go_type = "v1.ResourceList",
     .doc = "What each pod takes beside its containers."},
    {0},
};
static const ApiType overhead_type = TYPE("Overhead", RuntimeOverhead, overhead_fields, "What running a pod takes.");

static const ApiField scheduling_fields[] = {
    {"nodeSelector", API_STR_MAP, AT(RuntimeScheduling, node_selector), .merge = API_MERGE_WHOLE,
     .doc = "Labels of the nodes that have the handler; added to the pods' own."},
    {"tolerations", API_MESSAGE_LIST, AT(RuntimeScheduling, tolerations), .message = &toleration_type,
     .doc = "Tolerations that are added to the pods' own."},
    {0},
};
static const ApiType scheduling_type =
    TYPE("Scheduling", RuntimeScheduling, scheduling_fields, "Where pods of the class can run.");

static const ApiField class_fields[] = {
    {"handler", API_STRING, AT(RuntimeClassBody, handler), API_REQUIRED | API_IMMUTABLE | API_ALWAYS,
     .doc = "What the container runtime calls it."},
    {"overhead", API_MESSAGE, AT(RuntimeClassBody, overhead), .message = &overhead_type,
     .doc = "What running a pod takes beside its containers."},
    {"scheduling", API_MESSAGE, AT(RuntimeClassBody, scheduling), .message = &scheduling_type,
     .doc = "Where pods of the class can run; everywhere if it is not set."},
    {0},
};
static const ApiType class_type = TYPE("RuntimeClass", RuntimeClassBody, class_fields, "A way to run containers.");

static void
class_set_defaults(ApiObject *object)
{
    if (runtime_class_body(object)->overhead != NULL)
        resource_map_set_defaults(&((RuntimeClassBody *)api_edit_body(object))->overhead->pod_fixed);
}

static void
check_scheduling(ApiErrors *errors, const RuntimeScheduling *scheduling)
{
    api_errors_push(errors, "scheduling");
    for (guint i = 0; i < scheduling->node_selector.count; i++) {
        const StrPair *pair = &scheduling->node_selector.items[i];

        check_name(errors, "nodeSelector", NAME_QUALIFIED, pair->key);
        check_name(errors, "nodeSelector", NAME_LABEL_VALUE, str_or_empty(pair->value));
    }
    check_tolerations(errors, &scheduling->tolerations);
    api_errors_pop(errors);
}

/* ValidateRuntimeClass */
static void
class_validate(const ApiObject *object, ApiErrors *errors)
{
    const RuntimeClassBody *body = runtime_class_body(object);

    check_name(errors, "handler", NAME_DNS_LABEL, str_or_empty(body->handler));
    if (body->overhead != NULL) {
        const ResourceRequirements resources = {.limits = body->overhead->pod_fixed};

        api_errors_push(errors, "overhead");
        check_resources(errors, &resources, FALSE);
        api_errors_pop(errors);
    }
    if (body->scheduling != NULL)
        check_scheduling(errors, body->scheduling);
}

static void
class_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    check_immutable(errors, "handler", str_or_empty(runtime_class_body(object)->handler),
                    str_or_empty(runtime_class_body(old)->handler));
}

const ApiKind runtime_class_kind = {
    .kind = "RuntimeClass",
    .group = "node.k8s.io",
    .version = "v1",
    .plural = "runtimeclasses",
    .singular = "runtimeclass",
    .allows_unconditional_update = TRUE,
    .body = &class_type,
    .doc = "A way to run containers that pods can ask for, with what it takes and where it is to be had.",
    .set_defaults = class_set_defaults,
    .validate = class_validate,
    .validate_update = class_validate_update,
    .update_steps = "MVUD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};
