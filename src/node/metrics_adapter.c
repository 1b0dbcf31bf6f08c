/* metrics_adapter.c - see metrics_adapter.h */

#include "node/metrics_adapter.h"

#include "api/selector.h"
#include "base/duration.h"
#include "client/component.h"

struct MetricsAdapter {
    MetricsAdapterOptions options;
    AdaptedMetric *metrics; /* (owned) */
    Component *component;
    Informer *pods;
};

static ApiResponse *
failure(ApiStatus *status)
{
    ApiResponse *response = api_response_new();

    response->code = status->code;
    response->status = status;
    return response;
}

static ApiResponse *
empty_list(void)
{
    ApiResponse *response = api_response_new();

    response->code = 200;
    response->items = g_ptr_array_new_with_free_func(api_object_unref);
    return response;
}

static Quantity *
value_of(const MetricsAdapter *adapter, guint index, gint64 divisor)
{
    Quantity *value = g_new0(Quantity, 1);
    gint64 milli =
        adapter->options.milli_at(adapter->options.user, index, sim_now_ns(adapter->options.sim));

    *value = quantity_from_milli(milli / divisor);
    return value;
}

static gint64
now_seconds(const MetricsAdapter *adapter)
{
    return api_time_seconds(sim_wall_ns(adapter->options.sim));
}

/* --- custom ----------------------------------------------------------------------------------------- */

static void
add_value(const MetricsAdapter *adapter,
          GPtrArray *items,
          guint index,
          const char *kind,
          const char *namespace_,
          const char *name,
          gint64 divisor)
{
    ApiObject *object = api_object_new(&metric_value_kind, namespace_, name);
    MetricValue *value = api_edit_body(object);

    value->described_object = (ObjectReference){
        .kind = str_intern(kind), .namespace_ = str_intern(namespace_), .name = str_intern(name), .api_version = str_intern("/v1")};
    value->metric.name = adapter->metrics[index].name;
    value->timestamp = now_seconds(adapter);
    value->value = value_of(adapter, index, divisor);
    g_ptr_array_add(items, object);
}

static gint64
count_ready(const GPtrArray *pods, const StrMap *labels)
{
    gint64 count = 0;

    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        count += pod_is_ready(pod) && str_map_contains_all(&pod->meta->labels, labels);
    }
    return count;
}

static void
add_pods(const MetricsAdapter *adapter, GPtrArray *items, guint index, const ApiRequest *request, const Selector *selector)
{
    const AdaptedMetric *metric = &adapter->metrics[index];
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    gint64 divisor = 1;

    informer_list(adapter->pods, request->namespace_, pods);
    if (metric->is_shared)
        divisor = MAX(count_ready(pods, &metric->labels), 1);
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        if (!str_map_contains_all(&pod->meta->labels, &metric->labels) ||
            (selector != NULL && !selector_matches(selector, &pod->meta->labels)) ||
            !str_is(pod_status(pod)->phase, "Running") || (metric->is_shared && !pod_is_ready(pod)))
            continue;
        add_value(adapter, items, index, "Pod", api_namespace(pod), api_name(pod), divisor);
    }
}

/* RESOURCE/OBJECT/METRIC */
static ApiResponse *
answer_custom(const MetricsAdapter *adapter, const ApiRequest *request)
{
    g_auto(GStrv) path = g_strsplit(request->name, "/", 3);
    g_autoptr(Selector) selector =
        str_is_empty(request->label_selector) ? NULL : selector_parse(request->label_selector, NULL);
    ApiResponse *response = empty_list();
    gboolean of_all = g_strcmp0(path[1], "*") == 0;

    for (guint i = 0; g_strv_length(path) == 3 && i < adapter->options.n_metrics; i++) {
        const AdaptedMetric *metric = &adapter->metrics[i];

        if (!str_is(metric->name, path[2]))
            continue;
        if (metric->type == ADAPTED_PODS && strcmp(path[0], "pods") == 0 && of_all)
            add_pods(adapter, response->items, i, request, selector);
        else if (metric->type == ADAPTED_OBJECT && str_is(metric->resource, path[0]) && str_is(metric->object, path[1]))
            add_value(adapter, response->items, i, path[0], request->namespace_, path[1], 1);
    }
    if (response->items->len > 0)
        return response;
    api_response_free(response);
    return failure(api_status_new(404, "NotFound",
                                  of_all ? str_internf("the server could not find the metric %s for %s", path[2], path[0])
                                         : str_internf("the server could not find the metric %s for %s %s", path[2], path[0], path[1])));
}

/* --- external --------------------------------------------------------------------------------------- */

static ApiResponse *
answer_external(const MetricsAdapter *adapter, const ApiRequest *request)
{
    g_autoptr(Selector) selector =
        str_is_empty(request->label_selector) ? NULL : selector_parse(request->label_selector, NULL);
    ApiResponse *response = empty_list();

    for (guint i = 0; i < adapter->options.n_metrics; i++) {
        const AdaptedMetric *metric = &adapter->metrics[i];
        ApiObject *object;
        ExternalMetricValue *value;

        if (metric->type != ADAPTED_EXTERNAL || !str_is(metric->name, request->name) ||
            (selector != NULL && !selector_matches(selector, &metric->labels)))
            continue;
        object = api_object_new(&external_metric_kind, request->namespace_, metric->name);
        value = api_edit_body(object);
        value->metric_name = metric->name;
        str_map_copy(&value->metric_labels, &metric->labels);
        value->timestamp = now_seconds(adapter);
        value->value = value_of(adapter, i, 1);
        g_ptr_array_add(response->items, object);
    }
    return response;
}

static void
serve(gpointer self, gconstpointer question, Rpc *rpc)
{
    const ApiRequest *request = question;
    ApiResponse *response;

    if (request->verb != VERB_LIST || str_is_empty(request->name))
        response = failure(api_status_new(404, "NotFound", "the server could not find the requested resource"));
    else if (request->kind == &metric_value_kind)
        response = answer_custom(self, request);
    else
        response = answer_external(self, request);
    rpc_answer(rpc, response, 400 + (response->items != NULL ? response->items->len * 250 : 0));
}

/* --- life ------------------------------------------------------------------------------------------- */

MetricsAdapter *
metrics_adapter_new(const MetricsAdapterOptions *options)
{
    static const char *const groups[] = {"custom.metrics.k8s.io", "external.metrics.k8s.io"};
    MetricsAdapter *adapter = g_new0(MetricsAdapter, 1);
    ComponentOptions component = {
        .sim = options->sim,
        .world = options->world,
        .machine = options->machine,
        .server = options->server,
        .process_name = "metrics-adapter",
        .user = "system:serviceaccount:kube-system:metrics-adapter",
    };

    adapter->options = *options;
    adapter->metrics = g_new0(AdaptedMetric, options->n_metrics);
    for (guint i = 0; i < options->n_metrics; i++) {
        adapter->metrics[i] = options->metrics[i];
        adapter->metrics[i].labels = (StrMap){0};
        str_map_copy(&adapter->metrics[i].labels, &options->metrics[i].labels);
    }
    adapter->component = component_new(&component, adapter);
    adapter->pods = informer_factory_get(component_informers(adapter->component), &pod_kind, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++)
        apiserver_add_backend(options->server, &(ApiBackend){
            .group = groups[i],
            .process = component_process(adapter->component),
            .serve = serve,
            .self = adapter,
        });
    return adapter;
}

void
metrics_adapter_free(MetricsAdapter *adapter)
{
    if (adapter == NULL)
        return;
    component_free(adapter->component);
    for (guint i = 0; i < adapter->options.n_metrics; i++)
        str_map_clear(&adapter->metrics[i].labels);
    g_free(adapter->metrics);
    g_free(adapter);
}

Process *
metrics_adapter_process(MetricsAdapter *adapter)
{
    return component_process(adapter->component);
}
