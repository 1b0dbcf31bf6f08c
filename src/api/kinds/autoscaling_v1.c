/*
 * HorizontalPodAutoscaler in the form of autoscaling/v1
 *
 * Models: v1.34 pkg/apis/autoscaling/v1/conversion.go: one number for CPU has a place of
 * its own; other metrics, conditions and behavior travel in annotations that are there
 * in this form only.
 */
#include "api/kinds/autoscaling.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define METRICS    "autoscaling.alpha.kubernetes.io/metrics"
#define CURRENT    "autoscaling.alpha.kubernetes.io/current-metrics"
#define CONDITIONS "autoscaling.alpha.kubernetes.io/conditions"
#define BEHAVIOR   "autoscaling.alpha.kubernetes.io/behavior"

static const char *const annotations[] = {METRICS, CURRENT, CONDITIONS, BEHAVIOR};

typedef struct {
    CrossVersionObjectReference scale_target;
    OptInt32 min_replicas;
    gint32 max_replicas;
    OptInt32 cpu_percent;
} HpaSpecV1;
typedef struct {
    OptInt64 observed_generation;
    ApiTime last_scale_time;
    gint32 current_replicas, desired_replicas;
    OptInt32 cpu_percent;
} HpaStatusV1;

static const ApiField spec_fields[] = {
    {"scaleTargetRef", API_STRUCT, AT(HpaSpecV1, scale_target), API_REQUIRED, .message = &hpa_reference_type,
     .doc = "The workload whose size is set."},
    {"minReplicas", API_OPT_INT32, AT(HpaSpecV1, min_replicas), .def = "1", .doc = "Fewest pods."},
    {"maxReplicas", API_INT32, AT(HpaSpecV1, max_replicas), API_REQUIRED | API_ALWAYS, .doc = "Most pods."},
    {"targetCPUUtilizationPercentage", API_OPT_INT32, AT(HpaSpecV1, cpu_percent),
     .doc = "Mean use of CPU, in percent of the request, that is kept up."},
    {0},
};
static const ApiType spec_type = TYPE("HorizontalPodAutoscalerSpec", HpaSpecV1, spec_fields, "What is wanted.");
static const ApiField status_fields[] = {
    {"observedGeneration", API_OPT_INT64, AT(HpaStatusV1, observed_generation),
     .doc = "The metadata.generation that the controller has acted on."},
    {"lastScaleTime", API_TIME, AT(HpaStatusV1, last_scale_time), .doc = "When the size was last set."},
    {"currentReplicas", API_INT32, AT(HpaStatusV1, current_replicas), API_ALWAYS,
     .doc = "Number of pods when it was last looked at."},
    {"desiredReplicas", API_INT32, AT(HpaStatusV1, desired_replicas), API_ALWAYS,
     .doc = "Number of pods that was decided on."},
    {"currentCPUUtilizationPercentage", API_OPT_INT32, AT(HpaStatusV1, cpu_percent),
     .doc = "Mean use of CPU in percent of the request."},
    {0},
};
static const ApiType status_type = TYPE("HorizontalPodAutoscalerStatus", HpaStatusV1, status_fields, "What is there.");

/* --- small things ------------------------------------------------------------------------------------------ */

static void
put(Value *map, const char *key, const char *text)
{
    if (!str_is_empty(text))
        value_set(map, key, value_new_string(text));
}

static void
put_quantity(Value *map, const char *key, const Quantity *quantity, gboolean always)
{
    if (quantity != NULL || always)
        value_set(map, key, value_new_string(quantity != NULL ? quantity_format(quantity) : "0"));
}

static void
put_percent(Value *map, const char *key, OptInt32 percent)
{
    if (percent.is_set)
        value_set(map, key, value_new_int(percent.value));
}

static void
put_selector(Value *map, const char *key, const LabelSelector *selector)
{
    if (selector != NULL)
        value_set(map, key, api_struct_encode(&label_selector_type, selector));
}

static Quantity *
take_quantity(const Value *map, const char *key)
{
    const Value *value = value_get(map, key);
    Quantity quantity;

    if (value == NULL || value->text == NULL || !quantity_parse(value->text, &quantity))
        return NULL;
    return g_memdup2(&quantity, sizeof quantity);
}

static OptInt32
take_percent(const Value *map, const char *key)
{
    const Value *value = value_get(map, key);

    return value != NULL && value->type == VALUE_INT ? OPT_INT32((gint32)value->integer) : (OptInt32){0};
}

static const char *
take_text(const Value *map, const char *key)
{
    const char *text = value_get_string(map, key, NULL);

    return text == NULL ? NULL : str_intern(text);
}

static void
take_identifier(MetricIdentifier *out, const Value *map, const char *name_key, const char *selector_key)
{
    const Value *selector = value_get(map, selector_key);
    ApiDecodeResult result = {0};

    out->name = take_text(map, name_key);
    if (selector == NULL || selector->type != VALUE_MAP)
        return;
    out->selector = api_struct_new(&label_selector_type);
    api_struct_decode(&label_selector_type, out->selector, selector, selector_key, &result);
    api_decode_result_clear(&result);
}

static void
take_reference(CrossVersionObjectReference *out, const Value *map)
{
    out->kind = take_text(map, "kind");
    out->name = take_text(map, "name");
    out->api_version = take_text(map, "apiVersion");
}

static gboolean
is_cpu(const char *name)
{
    return str_is(name, "cpu");
}

/* --- metrics ------------------------------------------------------------------------------------------------ */

static Value *
resource_of(const ResourceMetricSource *source, gboolean has_container)
{
    Value *map = value_new_map();

    value_set(map, "name", value_new_string(str_or_empty(source->name)));
    put_percent(map, "targetAverageUtilization", source->target.average_utilization);
    put_quantity(map, "targetAverageValue", source->target.average_value, FALSE);
    if (has_container)
        value_set(map, "container", value_new_string(str_or_empty(source->container)));
    return map;
}

static Value *
object_of(const ObjectMetricSource *source)
{
    Value *map = value_new_map();

    value_set(map, "target", api_struct_encode(&hpa_reference_type, &source->described_object));
    value_set(map, "metricName", value_new_string(str_or_empty(source->metric.name)));
    put_quantity(map, "targetValue", source->target.value, TRUE);
    put_selector(map, "selector", source->metric.selector);
    put_quantity(map, "averageValue", source->target.average_value, FALSE);
    return map;
}

static Value *
pods_of(const PodsMetricSource *source)
{
    Value *map = value_new_map();

    value_set(map, "metricName", value_new_string(str_or_empty(source->metric.name)));
    put_quantity(map, "targetAverageValue", source->target.average_value, TRUE);
    put_selector(map, "selector", source->metric.selector);
    return map;
}

static Value *
external_of(const ExternalMetricSource *source)
{
    Value *map = value_new_map();

    value_set(map, "metricName", value_new_string(str_or_empty(source->metric.name)));
    put_selector(map, "metricSelector", source->metric.selector);
    put_quantity(map, "targetValue", source->target.value, FALSE);
    put_quantity(map, "targetAverageValue", source->target.average_value, FALSE);
    return map;
}

static Value *
metric_of(const MetricSpec *metric)
{
    Value *map = value_new_map();

    put(map, "type", metric->type);
    if (metric->object != NULL)
        value_set(map, "object", object_of(metric->object));
    if (metric->pods != NULL)
        value_set(map, "pods", pods_of(metric->pods));
    if (metric->resource != NULL)
        value_set(map, "resource", resource_of(metric->resource, FALSE));
    if (metric->container_resource != NULL)
        value_set(map, "containerResource", resource_of(metric->container_resource, TRUE));
    if (metric->external != NULL)
        value_set(map, "external", external_of(metric->external));
    return map;
}

static ResourceMetricSource *
take_resource(const Value *map)
{
    ResourceMetricSource *source = g_new0(ResourceMetricSource, 1);

    source->name = take_text(map, "name");
    source->container = take_text(map, "container");
    source->target.average_utilization = take_percent(map, "targetAverageUtilization");
    source->target.average_value = take_quantity(map, "targetAverageValue");
    source->target.type = str_intern(source->target.average_utilization.is_set ? "Utilization" : "AverageValue");
    return source;
}

static void
take_metric(MetricSpec *out, const Value *map)
{
    const Value *object = value_get(map, "object"), *pods = value_get(map, "pods"), *external = value_get(map, "external");

    out->type = take_text(map, "type");
    if (object != NULL) {
        out->object = g_new0(ObjectMetricSource, 1);
        take_reference(&out->object->described_object, value_get(object, "target"));
        take_identifier(&out->object->metric, object, "metricName", "selector");
        out->object->target.average_value = take_quantity(object, "averageValue");
        if (out->object->target.average_value == NULL)
            out->object->target.value = take_quantity(object, "targetValue");
        out->object->target.type = str_intern(out->object->target.average_value == NULL ? "Value" : "AverageValue");
    }
    if (pods != NULL) {
        out->pods = g_new0(PodsMetricSource, 1);
        take_identifier(&out->pods->metric, pods, "metricName", "selector");
        out->pods->target.type = str_intern("AverageValue");
        out->pods->target.average_value = take_quantity(pods, "targetAverageValue");
    }
    if (value_get(map, "resource") != NULL)
        out->resource = take_resource(value_get(map, "resource"));
    if (value_get(map, "containerResource") != NULL)
        out->container_resource = take_resource(value_get(map, "containerResource"));
    if (external != NULL) {
        out->external = g_new0(ExternalMetricSource, 1);
        take_identifier(&out->external->metric, external, "metricName", "metricSelector");
        out->external->target.value = take_quantity(external, "targetValue");
        out->external->target.average_value = take_quantity(external, "targetAverageValue");
        out->external->target.type = str_intern(out->external->target.value != NULL ? "Value" : "AverageValue");
    }
}

/* --- what they are now -------------------------------------------------------------------------------------- */

static Value *
resource_status_of(const ResourceMetricStatus *status, gboolean has_container)
{
    Value *map = value_new_map();

    value_set(map, "name", value_new_string(str_or_empty(status->name)));
    put_percent(map, "currentAverageUtilization", status->current.average_utilization);
    put_quantity(map, "currentAverageValue", status->current.average_value, TRUE);
    if (has_container)
        value_set(map, "container", value_new_string(str_or_empty(status->container)));
    return map;
}

static Value *
object_status_of(const ObjectMetricStatus *status)
{
    Value *map = value_new_map();

    value_set(map, "target", api_struct_encode(&hpa_reference_type, &status->described_object));
    value_set(map, "metricName", value_new_string(str_or_empty(status->metric.name)));
    put_quantity(map, "currentValue", status->current.value, TRUE);
    put_selector(map, "selector", status->metric.selector);
    put_quantity(map, "averageValue", status->current.average_value, FALSE);
    return map;
}

static Value *
metric_status_of(const MetricStatus *status)
{
    Value *map = value_new_map(), *inner;

    put(map, "type", status->type);
    if (status->object != NULL)
        value_set(map, "object", object_status_of(status->object));
    if (status->pods != NULL) {
        inner = value_new_map();
        value_set(inner, "metricName", value_new_string(str_or_empty(status->pods->metric.name)));
        put_quantity(inner, "currentAverageValue", status->pods->current.average_value, TRUE);
        put_selector(inner, "selector", status->pods->metric.selector);
        value_set(map, "pods", inner);
    }
    if (status->resource != NULL)
        value_set(map, "resource", resource_status_of(status->resource, FALSE));
    if (status->container_resource != NULL)
        value_set(map, "containerResource", resource_status_of(status->container_resource, TRUE));
    if (status->external != NULL) {
        inner = value_new_map();
        value_set(inner, "metricName", value_new_string(str_or_empty(status->external->metric.name)));
        put_selector(inner, "metricSelector", status->external->metric.selector);
        put_quantity(inner, "currentValue", status->external->current.value, TRUE);
        put_quantity(inner, "currentAverageValue", status->external->current.average_value, FALSE);
        value_set(map, "external", inner);
    }
    return map;
}

static ResourceMetricStatus *
take_resource_status(const Value *map)
{
    ResourceMetricStatus *status = g_new0(ResourceMetricStatus, 1);

    status->name = take_text(map, "name");
    status->container = take_text(map, "container");
    status->current.average_utilization = take_percent(map, "currentAverageUtilization");
    status->current.average_value = take_quantity(map, "currentAverageValue");
    return status;
}

static void
take_metric_status(MetricStatus *out, const Value *map)
{
    const Value *object = value_get(map, "object"), *pods = value_get(map, "pods"), *external = value_get(map, "external");

    out->type = take_text(map, "type");
    if (object != NULL) {
        out->object = g_new0(ObjectMetricStatus, 1);
        take_reference(&out->object->described_object, value_get(object, "target"));
        take_identifier(&out->object->metric, object, "metricName", "selector");
        out->object->current.value = take_quantity(object, "currentValue");
        out->object->current.average_value = take_quantity(object, "averageValue");
    }
    if (pods != NULL) {
        out->pods = g_new0(PodsMetricStatus, 1);
        take_identifier(&out->pods->metric, pods, "metricName", "selector");
        out->pods->current.average_value = take_quantity(pods, "currentAverageValue");
    }
    if (value_get(map, "resource") != NULL)
        out->resource = take_resource_status(value_get(map, "resource"));
    if (value_get(map, "containerResource") != NULL)
        out->container_resource = take_resource_status(value_get(map, "containerResource"));
    if (external != NULL) {
        out->external = g_new0(ExternalMetricStatus, 1);
        take_identifier(&out->external->metric, external, "metricName", "metricSelector");
        out->external->current.value = take_quantity(external, "currentValue");
        out->external->current.average_value = take_quantity(external, "currentAverageValue");
    }
}

/* --- behavior: the internal struct has no names of its own for JSON, so Go's are used ---------------------- */

static Value *
null_or_int(OptInt32 number)
{
    return number.is_set ? value_new_int(number.value) : value_new_null();
}

static Value *
rules_of(const HpaScalingRules *rules)
{
    Value *map, *policies;

    if (rules == NULL)
        return value_new_null();
    map = value_new_map();
    policies = value_new_list();
    for (guint i = 0; i < rules->policies.count; i++) {
        Value *policy = value_new_map();

        value_set(policy, "Type", value_new_string(str_or_empty(rules->policies.items[i].type)));
        value_set(policy, "Value", value_new_int(rules->policies.items[i].value));
        value_set(policy, "PeriodSeconds", value_new_int(rules->policies.items[i].period_s));
        value_append(policies, policy);
    }
    value_set(map, "StabilizationWindowSeconds", null_or_int(rules->stabilization_window_s));
    value_set(map, "SelectPolicy", rules->select_policy != NULL ? value_new_string(rules->select_policy) : value_new_null());
    value_set(map, "Policies", policies);
    value_set(map, "Tolerance", rules->tolerance != NULL ? value_new_string(quantity_format(rules->tolerance)) : value_new_null());
    return map;
}

/* encoding/json: the very name of a field, or else one that differs in case only. */
static const char *
name_in(const Value *map, const char *field)
{
    if (map == NULL || map->type != VALUE_MAP || value_get(map, field) != NULL)
        return field;
    for (guint i = 0; i < map->count; i++)
        if (g_ascii_strcasecmp(map->keys[i], field) == 0)
            return map->keys[i];
    return field;
}

static HpaScalingRules *
take_rules(const Value *map)
{
    HpaScalingRules *rules;
    const Value *policies = value_get(map, name_in(map, "Policies"));

    if (map == NULL || map->type != VALUE_MAP)
        return NULL;
    rules = g_new0(HpaScalingRules, 1);
    rules->stabilization_window_s = take_percent(map, name_in(map, "StabilizationWindowSeconds"));
    rules->select_policy = take_text(map, name_in(map, "SelectPolicy"));
    rules->tolerance = take_quantity(map, name_in(map, "Tolerance"));
    for (guint i = 0; policies != NULL && policies->type == VALUE_LIST && i < policies->count; i++) {
        HpaScalingPolicy *policy = API_LIST_ADD(&rules->policies);
        const Value *item = policies->items[i];

        policy->type = take_text(item, name_in(item, "Type"));
        policy->value = (gint32)value_get_int(item, name_in(item, "Value"), 0);
        policy->period_s = (gint32)value_get_int(item, name_in(item, "PeriodSeconds"), 0);
    }
    return rules;
}

/* --- the whole ------------------------------------------------------------------------------------------------ */

static void
annotate(ApiObject *object, const char *key, Value *value)
{
    g_autofree char *json = value_to_json(value, VALUE_COMPACT);

    str_map_set(&api_edit_meta(object)->annotations, str_intern(key), str_intern(json));
    value_free(value);
}

static void
drop_annotations(ApiObject *object)
{
    for (guint i = 0; i < G_N_ELEMENTS(annotations); i++)
        if (str_map_get(&object->meta->annotations, annotations[i]) != NULL)
            str_map_remove(&api_edit_meta(object)->annotations, annotations[i]);
}

static gboolean
is_plain_cpu(const MetricSpec *metric)
{
    return str_is(metric->type, "Resource") && metric->resource != NULL && is_cpu(metric->resource->name) &&
           metric->resource->target.average_utilization.is_set;
}

static void
annotate_all(ApiObject *object, const ApiObject *stored)
{
    const HpaSpec *spec = hpa_spec(stored);
    const HpaStatus *status = hpa_status(stored);
    Value *metrics = value_new_list(), *current = value_new_list(), *conditions = value_new_list();

    for (guint i = 0; i < spec->metrics.count; i++)
        if (!is_plain_cpu(&spec->metrics.items[i]))
            value_append(metrics, metric_of(&spec->metrics.items[i]));
    for (guint i = 0; i < status->current_metrics.count; i++)
        value_append(current, metric_status_of(&status->current_metrics.items[i]));
    for (guint i = 0; i < status->conditions.count; i++)
        value_append(conditions, api_struct_encode(&hpa_condition_type, &status->conditions.items[i]));
    if (metrics->count > 0)
        annotate(object, METRICS, g_steal_pointer(&metrics));
    if (current->count > 0)
        annotate(object, CURRENT, g_steal_pointer(&current));
    if (conditions->count > 0)
        annotate(object, CONDITIONS, g_steal_pointer(&conditions));
    if (spec->behavior != NULL) {
        Value *behavior = value_new_map();

        value_set(behavior, "ScaleUp", rules_of(spec->behavior->scale_up));
        value_set(behavior, "ScaleDown", rules_of(spec->behavior->scale_down));
        annotate(object, BEHAVIOR, behavior);
    }
    value_free(metrics);
    value_free(current);
    value_free(conditions);
}

static ApiObject *
from_stored(const ApiObject *stored)
{
    const HpaSpec *spec = hpa_spec(stored);
    const HpaStatus *status = hpa_status(stored);
    ApiObject *object = api_object_new(&hpa_v1_kind, api_namespace(stored), api_name(stored));
    HpaSpecV1 *out = api_edit_spec(object);
    HpaStatusV1 *now = api_edit_status(object);

    api_object_set_meta(object, stored->meta);
    object->resource_version = stored->resource_version;
    drop_annotations(object);
    out->scale_target = spec->scale_target;
    out->min_replicas = spec->min_replicas;
    out->max_replicas = spec->max_replicas;
    for (guint i = 0; i < spec->metrics.count; i++) {
        const MetricSpec *metric = &spec->metrics.items[i];

        if (!str_is(metric->type, "Resource") || metric->resource == NULL || !is_cpu(metric->resource->name))
            continue;
        out->cpu_percent = metric->resource->target.average_utilization;
        break;
    }
    now->observed_generation = status->observed_generation;
    now->last_scale_time = status->last_scale_time;
    now->current_replicas = status->current_replicas;
    now->desired_replicas = status->desired_replicas;
    for (guint i = 0; i < status->current_metrics.count; i++) {
        const ResourceMetricStatus *resource = status->current_metrics.items[i].resource;

        if (resource != NULL && is_cpu(resource->name) && resource->current.average_utilization.is_set)
            now->cpu_percent = resource->current.average_utilization;
    }
    annotate_all(object, stored);
    return object;
}

/* The annotation as a tree; what cannot be read is passed over. (owned) */
static Value *
read_annotation(const ApiObject *object, const char *key)
{
    const char *text = str_map_get(&object->meta->annotations, key);

    return text == NULL ? NULL : value_read_json(text, strlen(text), NULL);
}

static void
add_cpu(HpaSpec *spec, OptInt32 percent)
{
    MetricSpec *metric = API_LIST_ADD(&spec->metrics);

    metric->type = str_intern("Resource");
    metric->resource = g_new0(ResourceMetricSource, 1);
    metric->resource->name = str_intern("cpu");
    metric->resource->target.type = str_intern("Utilization");
    metric->resource->target.average_utilization = percent;
}

static void
take_status(HpaStatus *out, const ApiObject *object)
{
    const HpaStatusV1 *status = object->status;
    g_autoptr(Value) metrics = read_annotation(object, CURRENT), conditions = read_annotation(object, CONDITIONS);

    out->observed_generation = status->observed_generation;
    out->last_scale_time = status->last_scale_time;
    out->current_replicas = status->current_replicas;
    out->desired_replicas = status->desired_replicas;
    for (guint i = 0; metrics != NULL && metrics->type == VALUE_LIST && i < metrics->count; i++)
        take_metric_status(API_LIST_ADD(&out->current_metrics), metrics->items[i]);
    for (guint i = 0; conditions != NULL && conditions->type == VALUE_LIST && i < conditions->count; i++) {
        ApiDecodeResult result = {0};

        api_struct_decode(&hpa_condition_type, API_LIST_ADD(&out->conditions), conditions->items[i], "", &result);
        api_decode_result_clear(&result);
    }
}

static ApiObject *
to_stored(const ApiObject *object)
{
    const HpaSpecV1 *spec = object->spec;
    ApiObject *stored = api_object_new(&hpa_kind, api_namespace(object), api_name(object));
    HpaSpec *out = api_edit_spec(stored);
    g_autoptr(Value) metrics = read_annotation(object, METRICS), behavior = read_annotation(object, BEHAVIOR);

    api_object_set_meta(stored, object->meta);
    stored->resource_version = object->resource_version;
    drop_annotations(stored);
    out->scale_target = spec->scale_target;
    out->min_replicas = spec->min_replicas;
    out->max_replicas = spec->max_replicas;
    for (guint i = 0; metrics != NULL && metrics->type == VALUE_LIST && i < metrics->count; i++)
        take_metric(API_LIST_ADD(&out->metrics), metrics->items[i]);
    if (spec->cpu_percent.is_set)
        add_cpu(out, spec->cpu_percent);
    if (behavior != NULL && behavior->type == VALUE_MAP) {
        out->behavior = g_new0(HpaBehavior, 1);
        out->behavior->scale_up = take_rules(value_get(behavior, name_in(behavior, "ScaleUp")));
        out->behavior->scale_down = take_rules(value_get(behavior, name_in(behavior, "ScaleDown")));
    }
    take_status(api_edit_status(stored), object);
    return stored;
}

static const char *const short_names[] = {"hpa", NULL};

/* Metrics are checked in the newest form; a file of this one has the number only. */
static const char *
hpa_v1_place_of(const char *path)
{
    return g_str_has_prefix(path, "spec.metrics[") ? "spec.targetCPUUtilizationPercentage" : path;
}

const ApiKind hpa_v1_kind = {
    .kind = "HorizontalPodAutoscaler",
    .group = "autoscaling",
    .version = "v1",
    .plural = "horizontalpodautoscalers",
    .singular = "horizontalpodautoscaler",
    .short_names = short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &spec_type,
    .status = &status_type,
    .doc = "Sets the number of a workload's pods after what they use: the older form.",
    .name_rule = NAME_DNS_SUBDOMAIN,
    .stored = &hpa_kind,
    .to_stored = to_stored,
    .from_stored = from_stored,
    .place_of = hpa_v1_place_of,
};
