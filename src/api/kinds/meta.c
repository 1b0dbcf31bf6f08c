/* Label selectors, object references and other types that several kinds use. */
#include "api/kinds/tables.h"

static const ApiField label_selector_requirement_fields[] = {
    {"key", API_STRING, AT(LabelSelectorRequirement, key), API_REQUIRED | API_ALWAYS,
     .doc = "The label key that the requirement is about."},
    {"operator", API_STRING, AT(LabelSelectorRequirement, operator_), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.LabelSelectorOperator",
     .doc = "How the key relates to the values: In, NotIn, Exists or DoesNotExist."},
    {"values", API_STR_LIST, AT(LabelSelectorRequirement, values),
     .doc = "The values for In and NotIn; must be empty for Exists and DoesNotExist."},
    {0},
};
static const ApiType label_selector_requirement_type =
    TYPE("LabelSelectorRequirement",
         LabelSelectorRequirement,
         label_selector_requirement_fields,
         "One condition on the labels of an object.");

static const ApiField label_selector_fields[] = {
    {"matchLabels", API_STR_MAP, AT(LabelSelector, match_labels),
     .doc = "Labels that an object must carry with exactly these values."},
    {"matchExpressions", API_MESSAGE_LIST, AT(LabelSelector, match_expressions),
     .message = &label_selector_requirement_type,
     .doc = "Further conditions; all of them must hold."},
    {0},
};
const ApiType label_selector_type =
    TYPE("LabelSelector",
         LabelSelector,
         label_selector_fields,
         "Selects objects by their labels; an empty selector selects everything.");

static const ApiField object_reference_fields[] = {
    {"kind", API_STRING, AT(ObjectReference, kind), .doc = "Kind of the object meant."},
    {"namespace", API_STRING, AT(ObjectReference, namespace_),
     .doc = "Namespace of the object meant."},
    {"name", API_STRING, AT(ObjectReference, name), .doc = "Name of the object meant."},
    {"uid", API_STRING, AT(ObjectReference, uid), .go_type = "types.UID",
     .doc = "UID of the object meant."},
    {"apiVersion", API_STRING, AT(ObjectReference, api_version),
     .doc = "API version of the object meant."},
    {"resourceVersion", API_STRING, AT(ObjectReference, resource_version),
     .doc = "The version of the object that the reference was made for."},
    {"fieldPath", API_STRING, AT(ObjectReference, field_path),
     .doc = "The part of the object meant, such as spec.containers{web}."},
    {0},
};
const ApiType object_reference_type =
    TYPE("ObjectReference", ObjectReference, object_reference_fields, "Names another object.");

static const ApiField local_object_reference_fields[] = {
    {"name", API_STRING, AT(LocalObjectReference, name),
     .doc = "Name of an object in the same namespace."},
    {0},
};
const ApiType local_object_reference_type = TYPE("LocalObjectReference",
                                                 LocalObjectReference,
                                                 local_object_reference_fields,
                                                 "Names an object in the same namespace.");

static const ApiField metav1_condition_fields[] = {
    {"type", API_STRING, AT(Condition, type), API_REQUIRED | API_ALWAYS,
     .doc = "What the condition is about, in CamelCase."},
    {"status", API_STRING, AT(Condition, status), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.ConditionStatus", .doc = "True, False or Unknown."},
    {"observedGeneration", API_INT64, AT(Condition, observed_generation),
     .doc = "The metadata.generation that the condition was set for."},
    {"lastTransitionTime", API_TIME, AT(Condition, last_transition_time), API_REQUIRED | API_ALWAYS,
     .doc = "When the status last changed."},
    {"reason", API_STRING, AT(Condition, reason), API_REQUIRED | API_ALWAYS,
     .doc = "Why the condition last changed, as one CamelCase word."},
    {"message", API_STRING, AT(Condition, message), API_REQUIRED | API_ALWAYS,
     .doc = "Details of the last change for people to read."},
    {0},
};
const ApiType metav1_condition_type =
    TYPE("Condition", Condition, metav1_condition_fields, "One aspect of the object's state.");

static const ApiField resource_requirements_fields[] = {
    {"limits", API_QUANTITY_MAP, AT(ResourceRequirements, limits), .go_type = "v1.ResourceList",
     .doc = "The most of each resource that may be used."},
    {"requests", API_QUANTITY_MAP, AT(ResourceRequirements, requests), .go_type = "v1.ResourceList",
     .doc = "The amount of each resource that is set aside; the scheduler counts with it."},
    {"claims", API_RAW, AT(ResourceRequirements, claims), .message = &resource_claim_shape, .go_type = "[]v1.ResourceClaim",
     .merge = API_MERGE_REPLACE, .doc = "Names of the pod's resource claims that are used here."},
    {0},
};
const ApiType resource_requirements_type =
    TYPE("ResourceRequirements",
         ResourceRequirements,
         resource_requirements_fields,
         "Compute resources that are asked for and allowed.");
