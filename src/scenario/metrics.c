/* metrics.c - see metrics.h */

#include "scenario/metrics.h"

#include "api/kinds.h"

static Kubelet *
kubelet_of(gpointer user, const char *node_name)
{
    const ClusterNode *node = cluster_find_node(user, node_name);

    return node == NULL ? NULL : node->kubelet;
}

static const ScMetric *
metric_at(const Cluster *cluster, guint index)
{
    return (const ScMetric *)(gconstpointer)cluster->scenario->spec.metrics.items + index;
}

/* The last change that has come counts. */
static gint64
milli_at(gpointer user, guint index, gint64 now_ns)
{
    const ScMetric *metric = metric_at(user, index);
    gint64 milli = metric->value_milli, since_ns = G_MININT64;

    for (guint i = 0; i < metric->changes.count; i++) {
        const ScMetricChange *change = (const ScMetricChange *)(gconstpointer)metric->changes.items + i;

        if (change->at_ns > now_ns || change->at_ns < since_ns)
            continue;
        milli = change->value_milli;
        since_ns = change->at_ns;
    }
    return milli;
}

/* "deployment/web" */
static void
set_object(AdaptedMetric *metric, const char *text)
{
    const char *slash = strchr(text, '/');
    g_autofree char *word = g_strndup(text, (gsize)(slash - text));
    const ApiKind *kind = api_kind_find_resource(word);

    metric->type = ADAPTED_OBJECT;
    metric->resource = kind != NULL ? api_kind_group_resource(kind) : str_intern(word);
    metric->object = str_intern(slash + 1);
}

static void
make_adapter(Cluster *cluster)
{
    guint n = cluster->scenario->spec.metrics.count;
    g_autofree AdaptedMetric *metrics = g_new0(AdaptedMetric, n);

    for (guint i = 0; i < n; i++) {
        const ScMetric *wanted = metric_at(cluster, i);
        const LabelList *labels = wanted->has_pods ? &wanted->pods : &wanted->external;

        metrics[i].type = wanted->has_pods ? ADAPTED_PODS : ADAPTED_EXTERNAL;
        metrics[i].name = wanted->name;
        metrics[i].is_shared = wanted->shared;
        if (wanted->object != NULL)
            set_object(&metrics[i], wanted->object);
        for (guint k = 0; k < labels->count; k++)
            str_map_set(&metrics[i].labels, labels->items[k].key, labels->items[k].value);
    }
    cluster->metrics_adapter = metrics_adapter_new(&(MetricsAdapterOptions){
        .sim = cluster->sim,
        .world = cluster->world,
        .machine = cluster->control_plane,
        .server = cluster->server,
        .metrics = metrics,
        .n_metrics = n,
        .milli_at = milli_at,
        .user = cluster,
    });
    for (guint i = 0; i < n; i++)
        str_map_clear(&metrics[i].labels);
}

static void
make_recommender(Cluster *cluster)
{
    static const ControllerDef *const controllers[] = {&vpa_recommender, NULL};
    const ScVpa *wanted = &cluster->scenario->spec.cluster.vpa;

    cluster->vpa_config = (VpaConfig){
        .min_cpu_milli = wanted->min_cpu_milli,
        .min_memory_bytes = wanted->min_memory_bytes,
        .margin_percent = wanted->margin_percent,
    };
    cluster->vpa_recommender = controller_manager_new(&(ControllerManagerOptions){
        .sim = cluster->sim,
        .world = cluster->world,
        .machine = cluster->control_plane,
        .server = cluster->server,
        .process_name = "vpa-recommender",
        .controllers = controllers,
        .version_minor = cluster->scenario->profile,
        .config = &cluster->vpa_config,
    });
}

void
metrics_new(Cluster *cluster)
{
    const ScMetricsServer *wanted = &cluster->scenario->spec.cluster.metrics_server;

    if (wanted->is_there)
        cluster->metrics_server = metrics_server_new(&(MetricsServerOptions){
            .sim = cluster->sim,
            .world = cluster->world,
            .machine = cluster->control_plane,
            .server = cluster->server,
            .resolution_ns = wanted->resolution_ns,
            .kubelet_of = kubelet_of,
            .user = cluster,
        });
    if (cluster->scenario->spec.metrics.count > 0)
        make_adapter(cluster);
    if (cluster->scenario->spec.cluster.vpa.is_there)
        make_recommender(cluster);
}

void
metrics_free(Cluster *cluster)
{
    metrics_server_free(cluster->metrics_server);
    metrics_adapter_free(cluster->metrics_adapter);
    controller_manager_free(cluster->vpa_recommender);
}

void
metrics_start(Cluster *cluster)
{
    if (cluster->metrics_server != NULL)
        process_start(metrics_server_process(cluster->metrics_server));
    if (cluster->metrics_adapter != NULL)
        process_start(metrics_adapter_process(cluster->metrics_adapter));
    if (cluster->vpa_recommender != NULL)
        process_start(controller_manager_process(cluster->vpa_recommender));
}
