/* describe_autoscaling.c - autoscalers; v0.34 describe.go: describeHorizontalPodAutoscalerV2 */

#include "kubectl/describe.h"

#include "api/validate.h"

static const char *
value_text(const Quantity *quantity)
{
    return quantity == NULL ? "<unknown>" : quantity_format(quantity);
}

/* "<what>(target value): current / target" */
static void
write_plain(GString *out, const char *what, const MetricTarget *target, const MetricValueStatus *current, gboolean is_average)
{
    const Quantity *now = current == NULL ? NULL : is_average ? current->average_value : current->value;

    describe_line(out, 1, "%s (target %svalue):\t%s / %s\n", what, is_average ? "average " : "", value_text(now),
                  value_text(is_average ? target->average_value : target->value));
}

static void
write_usage(GString *out, const char *what, const MetricTarget *target, const ResourceMetricStatus *status)
{
    const char *now = "<unknown>", *wanted = "<auto>";

    if (target->average_value != NULL) {
        describe_line(out, 1, "%s:\t%s / %s\n", what, value_text(status == NULL ? NULL : status->current.average_value),
                      quantity_format(target->average_value));
        return;
    }
    if (status != NULL && status->current.average_utilization.is_set)
        now = str_internf("%d%% (%s)", status->current.average_utilization.value,
                          value_text(status->current.average_value));
    if (target->average_utilization.is_set)
        wanted = str_internf("%d%%", target->average_utilization.value);
    /* The words are written with an indentation of their own, as upstream does. */
    describe_line(out, 1, "%s  (as a percentage of request):\t%s / %s\n", what, now, wanted);
}

static void
write_metric(GString *out, const MetricSpec *metric, const MetricStatus *status)
{
    if (str_is(metric->type, "External")) {
        const MetricTarget *target = &metric->external->target;

        write_plain(out, api_quote(metric->external->metric.name), target,
                    status != NULL && status->external != NULL ? &status->external->current : NULL,
                    target->average_value != NULL);
    } else if (str_is(metric->type, "Pods")) {
        const Quantity *now =
            status != NULL && status->pods != NULL ? status->pods->current.average_value : NULL;

        describe_line(out, 1, "%s on pods:\t%s / %s\n", api_quote(metric->pods->metric.name), value_text(now),
                      value_text(metric->pods->target.average_value));
    } else if (str_is(metric->type, "Object")) {
        const ObjectMetricSource *source = metric->object;

        write_plain(out,
                    str_internf("\"%s\" on %s/%s", source->metric.name, source->described_object.kind,
                                source->described_object.name),
                    &source->target, status != NULL && status->object != NULL ? &status->object->current : NULL,
                    str_is(source->target.type, "AverageValue"));
    } else if (str_is(metric->type, "Resource")) {
        write_usage(out, str_internf("resource %s on pods", metric->resource->name), &metric->resource->target,
                    status != NULL ? status->resource : NULL);
    } else if (str_is(metric->type, "ContainerResource")) {
        write_usage(out,
                    str_internf("resource %s of container \"%s\" on pods", metric->container_resource->name,
                                metric->container_resource->container),
                    &metric->container_resource->target, status != NULL ? status->container_resource : NULL);
    } else {
        describe_line(out, 1, "<unknown metric type %s>\n", api_quote(text_or(metric->type, "")));
    }
}

static void
write_rules(GString *out, const char *direction, const HpaScalingRules *rules)
{
    if (rules == NULL)
        return;
    describe_line(out, 1, "%s:\n", direction);
    if (rules->stabilization_window_s.is_set)
        describe_line(out, 2, "Stabilization Window: %d seconds\n", rules->stabilization_window_s.value);
    if (rules->policies.count == 0)
        return;
    describe_line(out, 2, "Select Policy: %s\n", text_or(rules->select_policy, "Max"));
    describe_line(out, 2, "Policies:\n");
    for (guint i = 0; i < rules->policies.count; i++)
        describe_line(out, 3, "- Type: %s\tValue: %d\tPeriod: %d seconds\n", rules->policies.items[i].type,
                      rules->policies.items[i].value, rules->policies.items[i].period_s);
}

static void
write_conditions(GString *out, const ConditionList *conditions)
{
    if (conditions->count == 0)
        return;
    describe_line(out, 0, "Conditions:\n");
    describe_line(out, 1, "Type\tStatus\tReason\tMessage\n");
    describe_line(out, 1, "----\t------\t------\t-------\n");
    for (guint i = 0; i < conditions->count; i++)
        describe_line(out, 1, "%s\t%s\t%s\t%s\n", conditions->items[i].type, conditions->items[i].status,
                      text_or(conditions->items[i].reason, ""), text_or(conditions->items[i].message, ""));
}

static void
write_hpa(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const HpaSpec *spec = hpa_spec(object);
    const HpaStatus *status = hpa_status(object);
    g_autofree char *created = time_text(object->meta->creation_time);

    describe_head(out, object);
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    describe_line(out, 0, "CreationTimestamp:\t%s\n", created);
    describe_line(out, 0, "Reference:\t%s/%s\n", spec->scale_target.kind, spec->scale_target.name);
    describe_line(out, 0, "Metrics:\t( current / target )\n");
    for (guint i = 0; i < spec->metrics.count; i++)
        write_metric(out, &spec->metrics.items[i],
                     i < status->current_metrics.count ? &status->current_metrics.items[i] : NULL);
    if (spec->min_replicas.is_set)
        describe_line(out, 0, "Min replicas:\t%d\n", spec->min_replicas.value);
    else
        describe_line(out, 0, "Min replicas:\t<unset>\n");
    describe_line(out, 0, "Max replicas:\t%d\n", spec->max_replicas);
    if (spec->behavior != NULL) {
        describe_line(out, 0, "Behavior:\n");
        write_rules(out, "Scale Up", spec->behavior->scale_up);
        write_rules(out, "Scale Down", spec->behavior->scale_down);
    }
    describe_line(out, 0, "%s pods:\t%d current / %d desired\n", spec->scale_target.kind, status->current_replicas,
                  status->desired_replicas);
    write_conditions(out, &status->conditions);
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_hpa = {&hpa_kind, write_hpa};
