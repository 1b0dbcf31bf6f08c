/* HorizontalPodAutoscaler: tables, defaults, kind. */
#include "api/kinds/autoscaling.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define V2(go_name, c_type, rows, text)                                                            \
    {                                                                                              \
        .name = go_name, .package = "v2", .size = sizeof(c_type), .fields = rows, .doc = text      \
    }

static const ApiField reference_fields[] = {
    {"kind", API_STRING, AT(CrossVersionObjectReference, kind), API_REQUIRED | API_ALWAYS,
     .doc = "Kind of the object."},
    {"name", API_STRING, AT(CrossVersionObjectReference, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the object."},
    {"apiVersion", API_STRING, AT(CrossVersionObjectReference, api_version),
     .doc = "API group and version of the object."},
    {0},
};
const ApiType hpa_reference_type = V2("CrossVersionObjectReference",
                                         CrossVersionObjectReference,
                                         reference_fields,
                                         "An object of the same namespace.");
static const ApiField identifier_fields[] = {
    {"name", API_STRING, AT(MetricIdentifier, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the metric."},
    {"selector", API_MESSAGE, AT(MetricIdentifier, selector), .message = &label_selector_type,
     .doc = "Labels that the metric's series have."},
    {0},
};
static const ApiType identifier_type =
    V2("MetricIdentifier", MetricIdentifier, identifier_fields, "A metric by name and labels.");
static const ApiField target_fields[] = {
    {"type", API_STRING, AT(MetricTarget, type), API_REQUIRED | API_ALWAYS,
     .go_type = "v2.MetricTargetType", .doc = "Utilization, Value or AverageValue."},
    {"value", API_QUANTITY, AT(MetricTarget, value), .doc = "The metric as a whole shall be this."},
    {"averageValue", API_QUANTITY, AT(MetricTarget, average_value),
     .doc = "The metric divided by the number of pods shall be this."},
    {"averageUtilization", API_OPT_INT32, AT(MetricTarget, average_utilization),
     .doc = "The mean usage shall be this percentage of the mean request."},
    {0},
};
static const ApiType target_type =
    V2("MetricTarget", MetricTarget, target_fields, "What a metric shall be kept at.");

static const ApiField object_source_fields[] = {
    {"describedObject", API_STRUCT, AT(ObjectMetricSource, described_object), API_REQUIRED,
     .message = &hpa_reference_type, .doc = "The object that the metric is about."},
    {"target", API_STRUCT, AT(ObjectMetricSource, target), API_REQUIRED, .message = &target_type,
     .doc = "What the metric shall be kept at."},
    {"metric", API_STRUCT, AT(ObjectMetricSource, metric), API_REQUIRED,
     .message = &identifier_type, .doc = "Which metric."},
    {0},
};
static const ApiType object_source_type = V2("ObjectMetricSource",
                                             ObjectMetricSource,
                                             object_source_fields,
                                             "A metric of one object.");
static const ApiField pods_source_fields[] = {
    {"metric", API_STRUCT, AT(PodsMetricSource, metric), API_REQUIRED, .message = &identifier_type,
     .doc = "Which metric."},
    {"target", API_STRUCT, AT(PodsMetricSource, target), API_REQUIRED, .message = &target_type,
     .doc = "What the metric shall be kept at."},
    {0},
};
static const ApiType pods_source_type =
    V2("PodsMetricSource", PodsMetricSource, pods_source_fields, "A metric that each pod has.");
static const ApiType external_source_type = V2("ExternalMetricSource",
                                               ExternalMetricSource,
                                               pods_source_fields,
                                               "A metric from outside the cluster.");
static const ApiField resource_source_fields[] = {
    {"name", API_STRING, AT(ResourceMetricSource, name), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.ResourceName", .doc = "Name of the resource: cpu or memory."},
    {"target", API_STRUCT, AT(ResourceMetricSource, target), API_REQUIRED, .message = &target_type,
     .doc = "What its use shall be kept at."},
    {0},
};
static const ApiType resource_source_type = V2("ResourceMetricSource",
                                               ResourceMetricSource,
                                               resource_source_fields,
                                               "What the pods use of a resource.");
static const ApiField container_source_fields[] = {
    {"name", API_STRING, AT(ResourceMetricSource, name), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.ResourceName", .doc = "Name of the resource: cpu or memory."},
    {"target", API_STRUCT, AT(ResourceMetricSource, target), API_REQUIRED, .message = &target_type,
     .doc = "What its use shall be kept at."},
    {"container", API_STRING, AT(ResourceMetricSource, container), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the container that counts."},
    {0},
};
static const ApiType container_source_type = V2("ContainerResourceMetricSource",
                                                ResourceMetricSource,
                                                container_source_fields,
                                                "What one container of the pods uses.");
static const ApiField metric_spec_fields[] = {
    {"type", API_STRING, AT(MetricSpec, type), API_REQUIRED | API_ALWAYS,
     .go_type = "v2.MetricSourceType",
     .doc = "ContainerResource, External, Object, Pods or Resource."},
    {"object", API_MESSAGE, AT(MetricSpec, object), .message = &object_source_type,
     .doc = "A metric of one object."},
    {"pods", API_MESSAGE, AT(MetricSpec, pods), .message = &pods_source_type,
     .doc = "A metric that each pod has."},
    {"resource", API_MESSAGE, AT(MetricSpec, resource), .message = &resource_source_type,
     .doc = "What the pods use of a resource."},
    {"containerResource", API_MESSAGE, AT(MetricSpec, container_resource),
     .message = &container_source_type, .doc = "What one container of the pods uses."},
    {"external", API_MESSAGE, AT(MetricSpec, external), .message = &external_source_type,
     .doc = "A metric from outside the cluster."},
    {0},
};
static const ApiType metric_spec_type =
    V2("MetricSpec", MetricSpec, metric_spec_fields, "A metric and what it shall be kept at.");

static const ApiField policy_fields[] = {
    {"type", API_STRING, AT(HpaScalingPolicy, type), API_REQUIRED | API_ALWAYS,
     .go_type = "v2.HPAScalingPolicyType", .doc = "Pods or Percent."},
    {"value", API_INT32, AT(HpaScalingPolicy, value), API_REQUIRED | API_ALWAYS,
     .doc = "Most change within the period."},
    {"periodSeconds", API_INT32, AT(HpaScalingPolicy, period_s), API_REQUIRED | API_ALWAYS,
     .doc = "The period that the value is meant for."},
    {0},
};
static const ApiType policy_type =
    V2("HPAScalingPolicy", HpaScalingPolicy, policy_fields, "A limit of change.");
static const ApiField rules_fields[] = {
    {"stabilizationWindowSeconds", API_OPT_INT32, AT(HpaScalingRules, stabilization_window_s),
     .doc = "Recommendations of this time are looked back at; the most cautious counts."},
    {"selectPolicy", API_STRING, AT(HpaScalingRules, select_policy), API_POINTER,
     .go_type = "v2.ScalingPolicySelect",
     .doc = "Which policy counts: Max, Min, or Disabled for no change."},
    {"policies", API_MESSAGE_LIST, AT(HpaScalingRules, policies), .message = &policy_type,
     .doc = "Limits of change."},
    {"tolerance", API_QUANTITY, AT(HpaScalingRules, tolerance),
     .doc = "Relative deviation that changes nothing (v1.35 and later)."},
    {0},
};
static const ApiType rules_type =
    V2("HPAScalingRules", HpaScalingRules, rules_fields, "How fast one direction goes.");
static const ApiField behavior_fields[] = {
    {"scaleUp", API_MESSAGE, AT(HpaBehavior, scale_up), .message = &rules_type,
     .doc = "How fast pods are added."},
    {"scaleDown", API_MESSAGE, AT(HpaBehavior, scale_down), .message = &rules_type,
     .doc = "How fast pods are removed."},
    {0},
};
static const ApiType behavior_type = V2("HorizontalPodAutoscalerBehavior",
                                        HpaBehavior,
                                        behavior_fields,
                                        "How fast the size changes.");
static const ApiField spec_fields[] = {
    {"scaleTargetRef", API_STRUCT, AT(HpaSpec, scale_target), API_REQUIRED,
     .message = &hpa_reference_type, .doc = "The workload whose size is set."},
    {"minReplicas", API_OPT_INT32, AT(HpaSpec, min_replicas), .def = "1", .doc = "Fewest pods."},
    {"maxReplicas", API_INT32, AT(HpaSpec, max_replicas), API_REQUIRED | API_ALWAYS,
     .doc = "Most pods."},
    {"metrics", API_MESSAGE_LIST, AT(HpaSpec, metrics), .message = &metric_spec_type,
     .doc = "Metrics; the one that asks for most pods decides. 80 % of the CPU request if absent."},
    {"behavior", API_MESSAGE, AT(HpaSpec, behavior), .message = &behavior_type,
     .doc = "How fast the size changes."},
    {0},
};
const ApiType hpa_spec_type =
    V2("HorizontalPodAutoscalerSpec", HpaSpec, spec_fields, "What is wanted.");

/* --- status ----------------------------------------------------------------------------------- */

static const ApiField value_fields[] = {
    {"value", API_QUANTITY, AT(MetricValueStatus, value), .doc = "The metric as a whole."},
    {"averageValue", API_QUANTITY, AT(MetricValueStatus, average_value),
     .doc = "The metric divided by the number of pods."},
    {"averageUtilization", API_OPT_INT32, AT(MetricValueStatus, average_utilization),
     .doc = "Mean usage as a percentage of the mean request."},
    {0},
};
static const ApiType value_type =
    V2("MetricValueStatus", MetricValueStatus, value_fields, "What a metric is now.");
static const ApiField object_status_fields[] = {
    {"metric", API_STRUCT, AT(ObjectMetricStatus, metric), .message = &identifier_type,
     .doc = "Which metric."},
    {"current", API_STRUCT, AT(ObjectMetricStatus, current), .message = &value_type,
     .doc = "What it is now."},
    {"describedObject", API_STRUCT, AT(ObjectMetricStatus, described_object),
     .message = &hpa_reference_type, .doc = "The object that the metric is about."},
    {0},
};
const ApiType hpa_object_status_type = V2("ObjectMetricStatus",
                                          ObjectMetricStatus,
                                          object_status_fields,
                                          "A metric of one object.");
static const ApiField pods_status_fields[] = {
    {"metric", API_STRUCT, AT(PodsMetricStatus, metric), .message = &identifier_type,
     .doc = "Which metric."},
    {"current", API_STRUCT, AT(PodsMetricStatus, current), .message = &value_type,
     .doc = "What it is now."},
    {0},
};
const ApiType hpa_pods_status_type =
    V2("PodsMetricStatus", PodsMetricStatus, pods_status_fields, "A metric that each pod has.");
const ApiType hpa_external_status_type = V2("ExternalMetricStatus",
                                            ExternalMetricStatus,
                                            pods_status_fields,
                                            "A metric from outside the cluster.");
static const ApiField resource_status_fields[] = {
    {"name", API_STRING, AT(ResourceMetricStatus, name), API_ALWAYS, .doc = "Name of the resource."},
    {"current", API_STRUCT, AT(ResourceMetricStatus, current), .message = &value_type,
     .doc = "What its use is now."},
    {0},
};
const ApiType hpa_resource_status_type = V2("ResourceMetricStatus",
                                            ResourceMetricStatus,
                                            resource_status_fields,
                                            "What the pods use of a resource.");
static const ApiField container_status_fields[] = {
    {"name", API_STRING, AT(ResourceMetricStatus, name), API_ALWAYS, .doc = "Name of the resource."},
    {"current", API_STRUCT, AT(ResourceMetricStatus, current), .message = &value_type,
     .doc = "What its use is now."},
    {"container", API_STRING, AT(ResourceMetricStatus, container), API_ALWAYS,
     .doc = "Name of the container that counts."},
    {0},
};
const ApiType hpa_container_status_type = V2("ContainerResourceMetricStatus",
                                             ResourceMetricStatus,
                                             container_status_fields,
                                             "What one container of the pods uses.");
static const ApiField metric_status_fields[] = {
    {"type", API_STRING, AT(MetricStatus, type), API_ALWAYS, .doc = "As in the spec."},
    {"object", API_MESSAGE, AT(MetricStatus, object), .message = &hpa_object_status_type,
     .doc = "A metric of one object."},
    {"pods", API_MESSAGE, AT(MetricStatus, pods), .message = &hpa_pods_status_type,
     .doc = "A metric that each pod has."},
    {"resource", API_MESSAGE, AT(MetricStatus, resource), .message = &hpa_resource_status_type,
     .doc = "What the pods use of a resource."},
    {"containerResource", API_MESSAGE, AT(MetricStatus, container_resource),
     .message = &hpa_container_status_type, .doc = "What one container of the pods uses."},
    {"external", API_MESSAGE, AT(MetricStatus, external), .message = &hpa_external_status_type,
     .doc = "A metric from outside the cluster."},
    {0},
};
const ApiType metric_status_type =
    V2("MetricStatus", MetricStatus, metric_status_fields, "A metric as it was last read.");
static const ApiField condition_fields[] = {
    {"type", API_STRING, AT(Condition, type), API_ALWAYS,
     .go_type = "v2.HorizontalPodAutoscalerConditionType",
     .doc = "AbleToScale, ScalingActive or ScalingLimited."},
    CONDITION_STATUS,
    CONDITION_TAIL,
    {0},
};
const ApiType hpa_condition_type = V2("HorizontalPodAutoscalerCondition",
                                         Condition,
                                         condition_fields,
                                         "One aspect of the autoscaler's state.");
static const ApiField status_fields[] = {
    {"observedGeneration", API_OPT_INT64, AT(HpaStatus, observed_generation),
     .doc = "The metadata.generation that the controller has acted on."},
    {"lastScaleTime", API_TIME, AT(HpaStatus, last_scale_time), .doc = "When the size was last set."},
    {"currentReplicas", API_INT32, AT(HpaStatus, current_replicas),
     .doc = "Number of pods when it was last looked at."},
    {"desiredReplicas", API_INT32, AT(HpaStatus, desired_replicas), API_ALWAYS,
     .doc = "Number of pods that was decided on."},
    {"currentMetrics", API_MESSAGE_LIST, AT(HpaStatus, current_metrics), API_ALWAYS,
     .message = &metric_status_type, .doc = "The metrics as they were last read."},
    {"conditions", API_MESSAGE_LIST, AT(HpaStatus, conditions), .message = &hpa_condition_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Aspects of the autoscaler's state."},
    {0},
};
const ApiType hpa_status_type =
    V2("HorizontalPodAutoscalerStatus", HpaStatus, status_fields, "What is there.");

/* --- the kind --------------------------------------------------------------------------------- */

static void
add_policy(HpaScalingRules *rules, const char *type, gint32 value, gint32 period_s)
{
    HpaScalingPolicy *policy = API_LIST_ADD(&rules->policies);

    policy->type = str_intern(type);
    policy->value = value;
    policy->period_s = period_s;
}

/*
 * v1.34 pkg/apis/autoscaling/v2/defaults.go, GenerateHPAScaleUpRules and
 * GenerateHPAScaleDownRules: once there is a behavior, both directions are filled.
 */
static void
behavior_set_defaults(HpaBehavior *behavior)
{
    HpaScalingRules *up, *down;

    if (behavior->scale_up == NULL)
        behavior->scale_up = api_struct_new(&rules_type);
    if (behavior->scale_down == NULL)
        behavior->scale_down = api_struct_new(&rules_type);
    up = behavior->scale_up;
    down = behavior->scale_down;
    if (!up->stabilization_window_s.is_set)
        up->stabilization_window_s = OPT_INT32(0);
    if (up->select_policy == NULL)
        up->select_policy = str_intern("Max");
    if (down->select_policy == NULL)
        down->select_policy = str_intern("Max");
    /* A list that is there and empty stays so, and is refused. */
    if (up->policies.items == NULL) {
        add_policy(up, "Pods", 4, 15);
        add_policy(up, "Percent", 100, 15);
    }
    if (down->policies.items == NULL)
        add_policy(down, "Percent", 100, 15);
}

/* v1.34 SetDefaults_HorizontalPodAutoscaler */
static void
hpa_set_defaults(ApiObject *object)
{
    HpaSpec *spec = api_edit_spec(object);

    if (spec->metrics.count == 0) {
        MetricSpec *metric = API_LIST_ADD(&spec->metrics);

        metric->type = str_intern("Resource");
        metric->resource = api_struct_new(&resource_source_type);
        metric->resource->name = str_intern("cpu");
        metric->resource->target.type = str_intern("Utilization");
        metric->resource->target.average_utilization = OPT_INT32(80);
    }
    if (spec->behavior != NULL)
        behavior_set_defaults(spec->behavior);
}

static void
hpa_prepare_create(ApiObject *object)
{
    api_struct_clear(&hpa_status_type, api_edit_status(object));
}

static const char *const short_names[] = {"hpa", NULL};

const ApiKind hpa_kind = {
    .kind = "HorizontalPodAutoscaler",
    .group = "autoscaling",
    .version = "v2",
    .plural = "horizontalpodautoscalers",
    .singular = "horizontalpodautoscaler",
    .short_names = short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &hpa_spec_type,
    .status = &hpa_status_type,
    .doc = "Sets the number of a workload's pods after what they use.",
    .set_defaults = hpa_set_defaults,
    .prepare_create = hpa_prepare_create,
    .validate = hpa_validate,
    .validate_status = hpa_validate_status,
    .validate_update = hpa_validate_update,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
