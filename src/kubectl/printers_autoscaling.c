/* printers_autoscaling.c - rows of autoscalers; v1.34 printHorizontalPodAutoscaler, formatHPAMetrics */

#include "kubectl/printers.h"

#define METRICS_SHOWN 2

static const PrintColumn hpa_columns[] = {
    {"NAME"}, {"REFERENCE"}, {"TARGETS"}, {"MINPODS"}, {"MAXPODS"}, {"REPLICAS"}, {"AGE"}, {0},
};

static const char *
quantity_or(const Quantity *quantity, const char *other)
{
    return quantity == NULL ? other : quantity_format(quantity);
}

/* "20/30", "20/30 (avg)": a metric that is no resource. */
static const char *
plain_text(const MetricTarget *target, const MetricValueStatus *current, gboolean has_mark)
{
    const Quantity *now = NULL;

    if (current != NULL)
        now = target->average_value != NULL ? current->average_value : current->value;
    if (target->average_value != NULL)
        return str_internf("%s/%s%s", quantity_or(now, "<unknown>"), quantity_format(target->average_value),
                           has_mark ? " (avg)" : "");
    return str_internf("%s/%s", quantity_or(now, current == NULL ? "<unknown>" : "0"),
                       quantity_or(target->value, "<nil>"));
}

/* "cpu: 50%/80%", "memory: 40Mi/100Mi" */
static const char *
usage_text(const ResourceMetricSource *source, const ResourceMetricStatus *status)
{
    const MetricTarget *target = &source->target;
    const char *now = "<unknown>";

    if (target->average_value != NULL)
        return str_internf("%s: %s/%s", source->name,
                           status == NULL ? now : quantity_or(status->current.average_value, now),
                           quantity_format(target->average_value));
    if (status != NULL && status->current.average_utilization.is_set)
        now = str_internf("%d%%", status->current.average_utilization.value);
    if (!target->average_utilization.is_set)
        return str_internf("%s: %s/<auto>", source->name, now);
    return str_internf("%s: %s/%d%%", source->name, now, target->average_utilization.value);
}

static const char *
metric_text(const MetricSpec *metric, const MetricStatus *status)
{
    if (str_is(metric->type, "External"))
        return plain_text(&metric->external->target,
                          status != NULL && status->external != NULL ? &status->external->current : NULL, TRUE);
    if (str_is(metric->type, "Pods"))
        return plain_text(&metric->pods->target,
                          status != NULL && status->pods != NULL ? &status->pods->current : NULL, FALSE);
    if (str_is(metric->type, "Object"))
        return plain_text(&metric->object->target,
                          status != NULL && status->object != NULL ? &status->object->current : NULL, TRUE);
    if (str_is(metric->type, "Resource"))
        return usage_text(metric->resource, status != NULL ? status->resource : NULL);
    if (str_is(metric->type, "ContainerResource"))
        return usage_text(metric->container_resource, status != NULL ? status->container_resource : NULL);
    return "<unknown type>";
}

static const char *
targets_text(const ApiObject *hpa)
{
    const MetricSpecList *metrics = &hpa_spec(hpa)->metrics;
    const MetricStatusList *statuses = &hpa_status(hpa)->current_metrics;
    g_autoptr(GString) out = g_string_new(NULL);

    if (metrics->count == 0)
        return "<none>";
    for (guint i = 0; i < MIN(metrics->count, METRICS_SHOWN); i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "",
                               metric_text(&metrics->items[i], i < statuses->count ? &statuses->items[i] : NULL));
    if (metrics->count > METRICS_SHOWN)
        g_string_append_printf(out, " + %u more...", metrics->count - METRICS_SHOWN);
    return str_intern(out->str);
}

static void
hpa_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const HpaSpec *spec = hpa_spec(object);

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s/%s", spec->scale_target.kind, spec->scale_target.name);
    cell_add(out, "%s", targets_text(object));
    if (spec->min_replicas.is_set)
        cell_add(out, "%d", spec->min_replicas.value);
    else
        cell_add(out, "%s", "<unset>");
    cell_add(out, "%d", spec->max_replicas);
    cell_add(out, "%d", hpa_status(object)->current_replicas);
    cell_add_age(out, object, wall_ns);
}

/* additionalPrinterColumns of vpa-v1-crd-gen.yaml; what is not there leaves its cell empty. */
static const PrintColumn vpa_columns[] = {{"NAME"}, {"MODE"}, {"CPU"}, {"MEM"}, {"PROVIDED"}, {"AGE"}, {0}};

static const char *
target_text(const ApiObject *vpa, const char *resource)
{
    const VpaRecommendation *recommendation = vpa_status(vpa)->recommendation;
    const Quantity *quantity = NULL;

    if (recommendation != NULL && recommendation->containers.count > 0)
        quantity = quantity_map_get(&recommendation->containers.items[0].target, str_intern(resource));
    return quantity_or(quantity, "");
}

static void
vpa_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const VpaUpdatePolicy *policy = vpa_spec(object)->update_policy;
    const Condition *provided = condition_find(&vpa_status(object)->conditions, "RecommendationProvided");

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", policy != NULL && policy->update_mode != NULL ? policy->update_mode : "");
    cell_add(out, "%s", target_text(object, "cpu"));
    cell_add(out, "%s", target_text(object, "memory"));
    cell_add(out, "%s", provided != NULL ? provided->status : "");
    cell_add_age(out, object, wall_ns);
}

const Printer vpa_printer = {&vpa_kind, vpa_columns, vpa_cells};
const Printer hpa_printer = {&hpa_kind, hpa_columns, hpa_cells};
