/*
 * Validation of HorizontalPodAutoscalers.
 *
 * Models: v1.34 pkg/apis/autoscaling/validation.
 */
#include "api/kinds/autoscaling.h"
#include "api/kinds/hooks.h"
#include "api/profile.h"

#define MAX_PERIOD_S        1800
#define MAX_STABILIZATION_S 3600

static const char *const source_types[] = {"ContainerResource", "External", "Object",
                                           "Pods",              "Resource", NULL};

static void
check_reference(ApiErrors *errors, const char *child, const CrossVersionObjectReference *ref)
{
    api_errors_push(errors, child);
    if (str_is_empty(ref->kind))
        field_required(errors, "kind", NULL);
    else
        check_name(errors, "kind", NAME_PATH_SEGMENT, ref->kind);
    if (str_is_empty(ref->name))
        field_required(errors, "name", NULL);
    else
        check_name(errors, "name", NAME_PATH_SEGMENT, ref->name);
    api_errors_pop(errors);
}

/* ValidateAPIVersion: "group/version"; only ReplicationControllers have a scale and no group. */
static void
check_target_version(ApiErrors *errors, const CrossVersionObjectReference *ref)
{
    const char *version = str_or_empty(ref->api_version);
    const char *slash = strchr(version, '/');

    if (slash != NULL && strchr(slash + 1, '/') != NULL)
        field_invalid_string(errors, "scaleTargetRef.apiVersion", version,
                             str_internf("unexpected GroupVersion string: %s", version));
    else if ((slash == NULL || slash == version) && !str_is(ref->kind, "ReplicationController"))
        field_invalid_string(errors, "scaleTargetRef.apiVersion", version,
                             "apiVersion must specify API group");
}

static void
check_positive(ApiErrors *errors, const char *child, const Quantity *value)
{
    if (value != NULL && quantity_sign(value) != 1)
        field_invalid_raw(errors, child, api_quote(quantity_format(value)), "must be positive");
}

static void
check_target(ApiErrors *errors, const MetricTarget *target)
{
    api_errors_push(errors, "target");
    if (str_is_empty(target->type))
        field_required(errors, "type", "must specify a metric target type");
    if (!str_is(target->type, "Utilization") && !str_is(target->type, "Value") &&
        !str_is(target->type, "AverageValue"))
        field_invalid_string(errors, "type", str_or_empty(target->type),
                             "must be either Utilization, Value, or AverageValue");
    check_positive(errors, "value", target->value);
    check_positive(errors, "averageValue", target->average_value);
    if (target->average_utilization.is_set && target->average_utilization.value < 1)
        field_invalid_int(errors, "averageUtilization", target->average_utilization.value,
                          "must be greater than 0");
    api_errors_pop(errors);
}

static void
check_identifier(ApiErrors *errors, const MetricIdentifier *metric)
{
    if (str_is_empty(metric->name))
        field_required(errors, "metric.name", "must specify a metric name");
    else
        check_name(errors, "metric.name", NAME_PATH_SEGMENT, metric->name);
}

static void
check_object(ApiErrors *errors, const MetricSpec *metric)
{
    const ObjectMetricSource *source = metric->object;

    check_reference(errors, "describedObject", &source->described_object);
    check_identifier(errors, &source->metric);
    check_target(errors, &source->target);
    if (source->target.value == NULL && source->target.average_value == NULL)
        field_required(errors, "target.averageValue", "must set either a target value or averageValue");
}

static void
check_external(ApiErrors *errors, const MetricSpec *metric)
{
    const ExternalMetricSource *source = metric->external;

    check_identifier(errors, &source->metric);
    check_target(errors, &source->target);
    if (source->target.value == NULL && source->target.average_value == NULL)
        field_required(errors, "target.averageValue",
                       "must set either a target value for metric or a per-pod target");
    if (source->target.value != NULL && source->target.average_value != NULL)
        field_forbidden(errors, "target.value",
                        "may not set both a target value for metric and a per-pod target");
}

static void
check_pods(ApiErrors *errors, const MetricSpec *metric)
{
    const PodsMetricSource *source = metric->pods;

    check_identifier(errors, &source->metric);
    check_target(errors, &source->target);
    if (source->target.average_value == NULL)
        field_required(errors, "target.averageValue", "must specify a positive target averageValue");
}

static void
check_usage_target(ApiErrors *errors, const MetricTarget *target)
{
    check_target(errors, target);
    if (!target->average_utilization.is_set && target->average_value == NULL)
        field_required(errors, "target.averageUtilization",
                       "must set either a target raw value or a target utilization");
    if (target->average_utilization.is_set && target->average_value != NULL)
        field_forbidden(errors, "target.averageValue",
                        "may not set both a target raw value and a target utilization");
}

static void
check_resource(ApiErrors *errors, const MetricSpec *metric)
{
    if (str_is_empty(metric->resource->name))
        field_required(errors, "name", "must specify a resource name");
    check_usage_target(errors, &metric->resource->target);
}

static void
check_container_resource(ApiErrors *errors, const MetricSpec *metric)
{
    const ResourceMetricSource *source = metric->container_resource;

    if (str_is_empty(source->name)) {
        field_required(errors, "name", "must specify a resource name");
    } else {
        api_errors_push(errors, "name");
        check_container_resource_name(errors, source->name);
        api_errors_pop(errors);
    }
    if (str_is_empty(source->container))
        field_required(errors, "container", "must specify a container");
    else
        check_name(errors, "container", NAME_DNS_LABEL, source->container);
    check_usage_target(errors, &source->target);
}

/* In the order in which they are looked at; only the first one present is checked. */
static const struct {
    const char *type, *field;
    gsize offset;
    void (*check)(ApiErrors *errors, const MetricSpec *metric);
} sources[] = {
    {"Object", "object", offsetof(MetricSpec, object), check_object},
    {"External", "external", offsetof(MetricSpec, external), check_external},
    {"Pods", "pods", offsetof(MetricSpec, pods), check_pods},
    {"Resource", "resource", offsetof(MetricSpec, resource), check_resource},
    {"ContainerResource", "containerResource", offsetof(MetricSpec, container_resource),
     check_container_resource},
};

static gboolean
has_source(const MetricSpec *metric, guint index)
{
    return G_STRUCT_MEMBER(gconstpointer, metric, sources[index].offset) != NULL;
}

/* validateMetricSpec: an unknown type is complained of twice. */
static void
check_metric(ApiErrors *errors, const MetricSpec *metric)
{
    guint present = 0, expected = G_N_ELEMENTS(sources);

    if (str_is_empty(metric->type))
        field_required(errors, "type", "must specify a metric source type");
    if (str_is_empty(metric->type) || !g_strv_contains(source_types, metric->type))
        field_not_supported(errors, "type", str_or_empty(metric->type), source_types);
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        if (str_is(metric->type, sources[i].type))
            expected = i;
        if (!has_source(metric, i) || present++ > 0)
            continue;
        api_errors_push(errors, sources[i].field);
        sources[i].check(errors, metric);
        api_errors_pop(errors);
    }
    if (expected == G_N_ELEMENTS(sources))
        field_not_supported(errors, "type", str_or_empty(metric->type), source_types);
    else if (!has_source(metric, expected))
        field_required(errors, sources[expected].field,
                       "must populate information for the given metric source");
    for (guint i = 0; present != 1 && i < G_N_ELEMENTS(sources); i++)
        if (i != expected && has_source(metric, i))
            field_forbidden(errors, sources[i].field, "must populate the given metric source only");
}

static void
check_metrics(ApiErrors *errors, const HpaSpec *spec)
{
    gboolean has_outer = FALSE;

    for (guint i = 0; i < spec->metrics.count; i++) {
        const MetricSpec *metric = &spec->metrics.items[i];

        api_errors_push(errors, str_internf("metrics[%u]", i));
        check_metric(errors, metric);
        api_errors_pop(errors);
        has_outer = has_outer || str_is(metric->type, "Object") || str_is(metric->type, "External");
    }
    if (spec->min_replicas.is_set && spec->min_replicas.value == 0 && !has_outer)
        field_forbidden(errors, "metrics",
                        "must specify at least one Object or External metric to support scaling to "
                        "zero replicas");
}

static void
check_policy(ApiErrors *errors, const HpaScalingPolicy *policy)
{
    static const char *const types[] = {"Percent", "Pods", NULL};

    if (!str_is(policy->type, "Pods") && !str_is(policy->type, "Percent"))
        field_not_supported(errors, "type", str_or_empty(policy->type), types);
    if (policy->value <= 0)
        field_invalid_int(errors, "value", policy->value, "must be greater than zero");
    if (policy->period_s <= 0)
        field_invalid_int(errors, "periodSeconds", policy->period_s, "must be greater than zero");
    if (policy->period_s > MAX_PERIOD_S)
        field_invalid_int(errors, "periodSeconds", policy->period_s,
                          str_internf("must be less than or equal to %d", MAX_PERIOD_S));
}

static void
check_rules(ApiErrors *errors, const char *child, const HpaScalingRules *rules)
{
    static const char *const selections[] = {"Disabled", "Max", "Min", NULL};

    if (rules == NULL)
        return;
    api_errors_push(errors, child);
    if (rules->stabilization_window_s.is_set && rules->stabilization_window_s.value < 0)
        field_invalid_int(errors, "stabilizationWindowSeconds", rules->stabilization_window_s.value,
                          "must be greater than or equal to zero");
    if (rules->stabilization_window_s.is_set &&
        rules->stabilization_window_s.value > MAX_STABILIZATION_S)
        field_invalid_int(errors, "stabilizationWindowSeconds", rules->stabilization_window_s.value,
                          str_internf("must be less than or equal to %d", MAX_STABILIZATION_S));
    if (rules->select_policy != NULL && !g_strv_contains(selections, rules->select_policy))
        field_not_supported(errors, "selectPolicy", rules->select_policy, selections);
    if (rules->policies.count == 0)
        field_required(errors, "policies", "must specify at least one Policy");
    for (guint i = 0; i < rules->policies.count; i++) {
        api_errors_push(errors, str_internf("policies[%u]", i));
        check_policy(errors, &rules->policies.items[i]);
        api_errors_pop(errors);
    }
    if (rules->tolerance != NULL && quantity_sign(rules->tolerance) < 0)
        field_invalid_raw(errors, "tolerance", api_quote(quantity_format(rules->tolerance)),
                          "must be greater than or equal to 0");
    api_errors_pop(errors);
}

static void
check_spec(ApiErrors *errors, const HpaSpec *spec, gint32 min_replicas_bound)
{
    api_errors_push(errors, "spec");
    if (spec->min_replicas.is_set && spec->min_replicas.value < min_replicas_bound)
        field_invalid_int(errors, "minReplicas", spec->min_replicas.value,
                          str_internf("must be greater than or equal to %d", min_replicas_bound));
    if (spec->max_replicas < 1)
        field_invalid_int(errors, "maxReplicas", spec->max_replicas, "must be greater than 0");
    if (spec->min_replicas.is_set && spec->max_replicas < spec->min_replicas.value)
        field_invalid_int(errors, "maxReplicas", spec->max_replicas,
                          "must be greater than or equal to `minReplicas`");
    check_reference(errors, "scaleTargetRef", &spec->scale_target);
    check_target_version(errors, &spec->scale_target);
    check_metrics(errors, spec);
    if (spec->behavior != NULL) {
        check_rules(errors, "behavior.scaleUp", spec->behavior->scale_up);
        check_rules(errors, "behavior.scaleDown", spec->behavior->scale_down);
    }
    api_errors_pop(errors);
}

void
hpa_validate(const ApiObject *object, ApiErrors *errors)
{
    check_spec(errors, hpa_spec(object), profile_has(FEATURE_HPA_SCALE_TO_ZERO, errors->profile) ? 0 : 1);
}

void
hpa_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const OptInt32 *was = &hpa_spec(old)->min_replicas;

    check_spec(errors, hpa_spec(object),
               (was->is_set && was->value == 0) || profile_has(FEATURE_HPA_SCALE_TO_ZERO, errors->profile) ? 0 : 1);
}
