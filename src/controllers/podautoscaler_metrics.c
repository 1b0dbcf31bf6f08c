/*
 * v1.34 pkg/controller/podautoscaler: metrics/client.go, and computeReplicasForMetrics
 * with the computeStatusFor... of horizontal.go
 */
#include "api/selector.h"
#include "api/profile.h"
#include "base/duration.h"
#include "controllers/podautoscaler_sync.h"

#define CUSTOM_WINDOW_NS NS_PER_MIN

void
hpa_set_condition(HpaSync *sync, const Reconcile *r, HpaVerdict verdict)
{
    HpaStatus *status = api_edit_status(sync->hpa);
    Condition *condition = condition_edit(&status->conditions, str_intern(verdict.type));

    if (!str_is(condition->status, verdict.status))
        condition->last_transition_time = api_time_seconds(r->wall_ns);
    condition->status = str_intern(verdict.status);
    condition->reason = str_intern(verdict.reason);
    condition->message = str_intern(verdict.message);
}

void
hpa_event(const HpaSync *sync, Plan *plan, const char *type, const char *reason, const char *format, ...)
{
    g_autoptr(ApiObject) about = api_object_copy(sync->hpa);
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    plan_event(plan, about, type, reason, "%s", text);
}

/* --- asking --------------------------------------------------------------------------------------- */

static const char *
resource_word(const CrossVersionObjectReference *object)
{
    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (str_is(api_kinds[i]->kind, object->kind))
            return api_kind_group_resource(api_kinds[i]);
    return object->kind;
}

/* Metric selectors absent mean everything. */
static const char *
selector_of(const LabelSelector *selector)
{
    g_autoptr(Selector) made = selector == NULL ? NULL : selector_from_label_selector(selector);

    return made == NULL ? NULL : selector_format(made);
}

static void
ask(HpaSync *sync, Plan *plan, const MetricSpec *metric)
{
    const char *namespace_ = api_namespace(sync->hpa);
    PlanStep *step;

    if (metric->external != NULL && str_is(metric->type, "External")) {
        step = plan_list(plan, &external_metric_kind, namespace_, "read metric %s",
                         metric->external->metric.name);
        step->name = metric->external->metric.name;
        step->label_selector = selector_of(metric->external->metric.selector);
    } else if (metric->object != NULL && str_is(metric->type, "Object")) {
        step = plan_list(plan, &metric_value_kind, namespace_, "read metric %s",
                         metric->object->metric.name);
        step->name = str_internf("%s/%s/%s", resource_word(&metric->object->described_object),
                                 metric->object->described_object.name, metric->object->metric.name);
        step->field_selector = selector_of(metric->object->metric.selector);
    } else if (metric->pods != NULL && str_is(metric->type, "Pods")) {
        step = plan_list(plan, &metric_value_kind, namespace_, "read metric %s",
                         metric->pods->metric.name);
        step->name = str_internf("pods/*/%s", metric->pods->metric.name);
        step->label_selector = sync->selector_text;
        step->field_selector = selector_of(metric->pods->metric.selector);
    } else {
        step = plan_list(plan, &pod_metrics_kind, namespace_, "read what the pods use");
        step->label_selector = sync->selector_text;
    }
    step->continue_on_error = TRUE;
    step->ignores_errors = TRUE;
}

void
hpa_ask_metrics(HpaSync *sync, Plan *plan)
{
    const HpaSpec *spec = hpa_spec(sync->hpa);

    for (guint i = 0; i < spec->metrics.count; i++)
        ask(sync, plan, &spec->metrics.items[i]);
}

/* --- answers -------------------------------------------------------------------------------------- */

static const char *
failure_of(const StepResult *result)
{
    if (result->status == NULL || result->status->message == NULL)
        return "request failed";
    return result->status->message;
}

static gboolean
is_answered(const StepResult *result)
{
    return result->code >= 200 && result->code < 300 && result->items != NULL;
}

static gint64
window_of(const char *text)
{
    gint64 ns = 0;

    return text != NULL && duration_parse(text, &ns) ? ns : 0;
}

/* All containers of a pod (@container NULL), each of which must have the resource; else just one. */
static gboolean
usage_of(const PodMetrics *metrics, const char *resource, const char *container, gint64 *out_milli)
{
    *out_milli = 0;
    for (guint i = 0; i < metrics->containers.count; i++) {
        const ContainerMetrics *at = &metrics->containers.items[i];
        const Quantity *used;

        if (container != NULL && !str_is(at->name, container))
            continue;
        used = quantity_map_get(&at->usage, str_intern(resource));
        if (used == NULL)
            return FALSE;
        *out_milli += quantity_value_milli(used);
        if (container != NULL)
            return TRUE;
    }
    return container == NULL && metrics->containers.count > 0;
}

static GArray *
resource_metrics(const StepResult *result, const char *resource, const char *container)
{
    GArray *out = g_array_new(FALSE, TRUE, sizeof(HpaPodMetric));

    for (guint i = 0; i < result->items->len; i++) {
        const ApiObject *object = g_ptr_array_index(result->items, i);
        const PodMetrics *metrics = pod_metrics(object);
        HpaPodMetric metric = {.pod = api_name(object), .timestamp = metrics->timestamp};

        metric.window_ns = window_of(metrics->window);
        if (usage_of(metrics, resource, container, &metric.value))
            g_array_append_val(out, metric);
    }
    return out;
}

static GArray *
custom_metrics(const StepResult *result)
{
    GArray *out = g_array_new(FALSE, TRUE, sizeof(HpaPodMetric));

    for (guint i = 0; i < result->items->len; i++) {
        const MetricValue *value = metric_value(g_ptr_array_index(result->items, i));
        HpaPodMetric metric = {
            .pod = value->described_object.name,
            .timestamp = value->timestamp,
            .window_ns = value->window_s.is_set ? value->window_s.value * NS_PER_S : CUSTOM_WINDOW_NS,
            .value = value->value == NULL ? 0 : quantity_value_milli(value->value),
        };

        g_array_append_val(out, metric);
    }
    return out;
}

/* --- one metric ----------------------------------------------------------------------------------- */

/* What one metric says. */
typedef struct {
    HpaProposal proposal;
    const char *name;    /* in the reason of a rescale */
    const char *failure; /* what the event says; NULL: fine */
    const char *reason;  /* of that event */
    const char *outer;   /* the same with what goes around it in FailedComputeMetricsReplicas */
} Outcome;

typedef struct {
    HpaSync *sync;
    const Reconcile *r;
    const StepResult *result;
    const MetricSpec *metric;
    MetricStatus *status;
    HpaPods pods;
} Work;

static Quantity *
milli_quantity(gint64 milli)
{
    Quantity *quantity = g_new0(Quantity, 1);

    *quantity = quantity_from_milli(milli);
    return quantity;
}

static void
copy_identifier(MetricIdentifier *to, const MetricIdentifier *from)
{
    to->name = from->name;
    if (from->selector == NULL)
        return;
    to->selector = api_struct_new(&label_selector_type);
    api_struct_copy(&label_selector_type, to->selector, from->selector);
}

/* As Go's generated String methods write a *LabelSelector. */
static const char *
go_selector(const LabelSelector *selector)
{
    g_autoptr(GString) out = g_string_new("&LabelSelector{MatchLabels:map[string]string{");

    if (selector == NULL)
        return "nil";
    for (guint i = 0; i < selector->match_labels.count; i++)
        g_string_append_printf(out, "%s: %s,", selector->match_labels.items[i].key,
                               selector->match_labels.items[i].value);
    g_string_append(out, "},MatchExpressions:[]LabelSelectorRequirement{");
    for (guint i = 0; i < selector->match_expressions.count; i++) {
        const LabelSelectorRequirement *at = &selector->match_expressions.items[i];

        g_string_append_printf(out, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[", at->key,
                               at->operator_);
        for (guint k = 0; k < at->values.count; k++)
            g_string_append_printf(out, "%s%s", k > 0 ? " " : "", at->values.items[k]);
        g_string_append(out, "],},");
    }
    g_string_append(out, "},}");
    return str_intern(out->str);
}

/* The words before a failure of the calculator, or of asking. */
static const char *
read_failure(const Work *work, const char *api, const char *empty)
{
    if (!is_answered(work->result))
        return str_internf("unable to fetch metrics from %s metrics API: %s", api,
                           failure_of(work->result));
    return work->result->items->len == 0 ? empty : NULL;
}

static Outcome
usage_outcome(Work *work, const ResourceMetricSource *source, gboolean is_container)
{
    const char *container = is_container ? source->container : NULL;
    const MetricTarget *target = &source->target;
    gboolean is_average = target->average_value != NULL;
    ResourceMetricStatus *status;
    g_autoptr(GArray) metrics = NULL;
    Outcome out = {.reason = is_container ? "FailedGetContainerResourceMetric" : "FailedGetResourceMetric"};
    const char *why = read_failure(work, "resource", "no metrics returned from resource metrics API");

    if (why != NULL) {
        why = str_internf("unable to get metrics for resource %s: %s", source->name, why);
    } else {
        metrics = resource_metrics(work->result, source->name, container);
        work->pods.metrics = metrics;
        work->pods.resource = source->name;
        work->pods.container = container;
        out.proposal =
            is_average
                ? hpa_propose_average(&work->pods, quantity_value_milli(target->average_value))
                : hpa_propose_utilization(&work->pods, target->average_utilization.value);
        why = out.proposal.error;
    }
    if (why != NULL) {
        out.failure =
            str_internf("failed to get %s %s: %s", source->name, is_average ? "usage" : "utilization", why);
        out.outer = is_container ? str_internf("failed to get %s container metric value: %s", container, out.failure)
                                 : str_internf("failed to get %s resource metric value: %s", source->name, out.failure);
        return out;
    }
    if (is_average)
        out.name = str_internf("%s resource", source->name);
    else
        out.name = str_internf("%s %sresource utilization (percentage of request)", source->name,
                               is_container ? "container " : "");
    status = api_struct_new(is_container ? &hpa_container_status_type : &hpa_resource_status_type);
    status->name = source->name;
    status->container = container;
    status->current.average_value = milli_quantity(out.proposal.usage);
    if (!is_average)
        status->current.average_utilization = OPT_INT32(out.proposal.utilization);
    *(is_container ? &work->status->container_resource : &work->status->resource) = status;
    return out;
}

static Outcome
resource_outcome(Work *work)
{
    return usage_outcome(work, work->metric->resource, FALSE);
}

static Outcome
container_outcome(Work *work)
{
    return usage_outcome(work, work->metric->container_resource, TRUE);
}

static Outcome
pods_outcome(Work *work)
{
    const PodsMetricSource *source = work->metric->pods;
    g_autoptr(GArray) metrics = NULL;
    Outcome out = {.reason = "FailedGetPodsMetric"};
    const char *why = read_failure(work, "custom", "no metrics returned from custom metrics API");

    if (why != NULL) {
        out.failure = str_internf("unable to get metric %s: %s", source->metric.name, why);
    } else {
        metrics = custom_metrics(work->result);
        work->pods.metrics = metrics;
        out.proposal = hpa_propose_average(&work->pods, quantity_value_milli(source->target.average_value));
        out.failure = out.proposal.error;
    }
    if (out.failure != NULL) {
        out.outer = str_internf("failed to get pods metric value: %s", out.failure);
        return out;
    }
    out.name = str_internf("pods metric %s", source->metric.name);
    work->status->pods = api_struct_new(&hpa_pods_status_type);
    copy_identifier(&work->status->pods->metric, &source->metric);
    work->status->pods->current.average_value = milli_quantity(out.proposal.usage);
    return out;
}

static Outcome
object_outcome(Work *work)
{
    const ObjectMetricSource *source = work->metric->object;
    const CrossVersionObjectReference *object = &source->described_object;
    gboolean is_value = str_is(source->target.type, "Value") && source->target.value != NULL;
    gboolean is_average = str_is(source->target.type, "AverageValue") && source->target.average_value != NULL;
    Outcome out = {.reason = "FailedGetObjectMetric"};
    const char *why = read_failure(work, "custom", "unable to fetch metrics from custom metrics API: not found");
    gint64 usage = 0;
    ObjectMetricStatus *status;

    if (!is_value && !is_average) {
        out.failure = "invalid object metric source: neither a value target nor an average value target was set";
        out.outer = str_internf("failed to get object metric value: %s", out.failure);
        return out;
    }
    if (why != NULL) {
        out.failure = str_internf("unable to get metric %s on %s %s/%s: %s", source->metric.name,
                                  object->kind, api_namespace(work->sync->hpa), object->name, why);
    } else {
        const MetricValue *value = metric_value(g_ptr_array_index(work->result->items, 0));

        usage = value->value == NULL ? 0 : quantity_value_milli(value->value);
        out.proposal =
            is_value ? hpa_propose_value(&work->pods, usage, quantity_value_milli(source->target.value))
                     : hpa_propose_per_pod(work->pods.tolerances, work->sync->status_replicas, usage,
                                           quantity_value_milli(source->target.average_value));
        out.failure = out.proposal.error;
    }
    if (out.failure != NULL) {
        out.outer = is_value ? str_internf("failed to get object metric value: %s", out.failure)
                             : str_internf("failed to get object metric value: failed to get %s object metric: %s",
                                           source->metric.name, out.failure);
        return out;
    }
    out.name = is_value ? str_internf("%s metric %s", object->kind, source->metric.name)
                        : str_internf("external metric %s(%s)", source->metric.name,
                                      go_selector(source->metric.selector));
    work->status->object = status = api_struct_new(&hpa_object_status_type);
    copy_identifier(&status->metric, &source->metric);
    status->described_object = *object;
    *(is_value ? &status->current.value : &status->current.average_value) = milli_quantity(out.proposal.usage);
    return out;
}

static gint64
external_usage(const StepResult *result)
{
    gint64 sum = 0;

    for (guint i = 0; i < result->items->len; i++) {
        const ExternalMetricValue *value = external_metric(g_ptr_array_index(result->items, i));

        if (value->value != NULL && __builtin_add_overflow(sum, quantity_value_milli(value->value), &sum))
            return G_MAXINT64;
    }
    return sum;
}

static Outcome
external_outcome(Work *work)
{
    const ExternalMetricSource *source = work->metric->external;
    const MetricTarget *target = &source->target;
    gboolean is_average = target->average_value != NULL;
    const char *selector = go_selector(source->metric.selector);
    Outcome out = {.reason = "FailedGetExternalMetric"};
    const char *why = read_failure(work, "external", "no metrics returned from external metrics API");

    if (why != NULL) {
        out.failure = str_internf("unable to get external metric %s/%s/%s: %s", api_namespace(work->sync->hpa),
                                  source->metric.name, selector, why);
    } else {
        gint64 usage = external_usage(work->result);

        out.proposal = is_average
                           ? hpa_propose_per_pod(work->pods.tolerances, work->sync->status_replicas, usage,
                                                 quantity_value_milli(target->average_value))
                           : hpa_propose_value(&work->pods, usage, quantity_value_milli(target->value));
        out.failure = out.proposal.error;
    }
    if (out.failure != NULL) {
        const char *inner = is_average ? str_internf("failed to get %s external metric: %s", source->metric.name, out.failure)
                                       : str_internf("failed to get external metric %s: %s", source->metric.name, out.failure);

        out.outer = str_internf("failed to get %s external metric value: %s", source->metric.name, inner);
        return out;
    }
    out.name = str_internf("external metric %s(%s)", source->metric.name, selector);
    work->status->external = api_struct_new(&hpa_external_status_type);
    copy_identifier(&work->status->external->metric, &source->metric);
    *(is_average ? &work->status->external->current.average_value : &work->status->external->current.value) =
        milli_quantity(out.proposal.usage);
    return out;
}

static const struct {
    const char *type;
    Outcome (*compute)(Work *work);
} sources[] = {
    {"Resource", resource_outcome}, {"ContainerResource", container_outcome}, {"Pods", pods_outcome},
    {"Object", object_outcome},     {"External", external_outcome},
};

/* --- all of them ---------------------------------------------------------------------------------- */

static double
tolerance_of(const HpaScalingRules *rules)
{
    /* The nearest double of n/10^9 is that of the decimal text. */
    return rules == NULL || rules->tolerance == NULL ? 0.1 : (double)rules->tolerance->nano / 1e9;
}

static HpaTolerances
tolerances_of(const HpaSpec *spec, guint version_minor)
{
    HpaTolerances out = {0.1, 0.1};

    if (spec->behavior != NULL && profile_has(FEATURE_HPA_TOLERANCE, version_minor)) {
        out.up = tolerance_of(spec->behavior->scale_up);
        out.down = tolerance_of(spec->behavior->scale_down);
    }
    return out;
}

static GPtrArray *
list_pods(const Reconcile *r, const HpaSync *sync)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    GPtrArray *out = g_ptr_array_new();

    view_list(r->view, &pod_kind, api_namespace(sync->hpa), all);
    for (guint i = 0; i < all->len; i++) {
        const ApiObject *pod = g_ptr_array_index(all, i);

        if (selector_matches(sync->selector, &pod->meta->labels))
            g_ptr_array_add(out, (gpointer)pod);
    }
    return out;
}

gint32
hpa_compute_metrics(HpaSync *sync,
                    const Reconcile *r,
                    const StepResult *results,
                    Plan *plan,
                    const char **out_metric,
                    const char **out_error)
{
    const HpaSpec *spec = hpa_spec(sync->hpa);
    const ControllersConfig *config = controllers_config_of(r->config);
    g_autoptr(GPtrArray) pods = list_pods(r, sync);
    Outcome first_bad = {0};
    guint n_bad = 0;
    gint32 replicas = 0;

    *out_metric = "";
    *out_error = NULL;
    sync->has_statuses = TRUE;
    for (guint i = 0; i < spec->metrics.count; i++) {
        const MetricSpec *metric = &spec->metrics.items[i];
        Work work = {
            .sync = sync,
            .r = r,
            .result = &results[i],
            .metric = metric,
            .status = API_LIST_ADD(&sync->statuses),
            .pods = {.pods = pods,
                     .tolerances = tolerances_of(spec, r->version_minor),
                     .needs_container = profile_has(FEATURE_HPA_NEEDS_CONTAINER, r->version_minor),
                     .wall_ns = r->wall_ns,
                     .cpu_initialization_ns = config->hpa_cpu_initialization_ns,
                     .initial_readiness_ns = config->hpa_initial_readiness_ns,
                     .current = sync->current},
        };
        Outcome outcome = {0};

        for (guint k = 0; k < G_N_ELEMENTS(sources); k++)
            if (str_is(metric->type, sources[k].type))
                outcome = sources[k].compute(&work);
        if (outcome.failure != NULL) {
            hpa_event(sync, plan, "Warning", outcome.reason, "%s", outcome.failure);
            if (n_bad++ == 0)
                first_bad = outcome;
            continue;
        }
        work.status->type = metric->type;
        if (replicas == 0 || outcome.proposal.replicas > replicas) {
            replicas = outcome.proposal.replicas;
            *out_metric = outcome.name;
        }
    }
    if (n_bad > 0)
        *out_error = str_internf("invalid metrics (%u invalid out of %u), first error is: %s", n_bad,
                                 spec->metrics.count, first_bad.outer);
    if (n_bad >= spec->metrics.count || (n_bad > 0 && replicas < sync->current)) {
        hpa_set_condition(sync, r,
                          hpa_verdict("ScalingActive", "False", first_bad.reason,
                                      str_internf("the HPA was unable to compute the replica count: %s",
                                                  first_bad.failure)));
        return -1;
    }
    hpa_set_condition(sync, r,
                      hpa_verdict("ScalingActive", "True", "ValidMetricFound",
                                  str_internf("the HPA was able to successfully calculate a replica count from %s",
                                              *out_metric)));
    return replicas;
}
