/* metrics_server.c - see metrics_server.h: the process, its scrapes and answers */

#include "node/metrics_server.h"
#include "api/profile.h"

#include "api/selector.h"
#include "base/duration.h"
#include "client/component.h"

#define RESOLUTION_NS      PROFILE_NS(METRICS_RESOLUTION)
#define KUBELET_TIMEOUT_NS (10 * NS_PER_S)
#define DELAY_PER_NODE_MS  8
#define DELAY_MAX_MS       4000
#define QUESTION_BYTES     300

/* One node in the scrape under way. */
typedef struct {
    MetricsServer *server;
    const char *node; /* interned */
    SimTimer timer;   /* the delay before it */
    Rpc *rpc;         /* (borrowed) under way */
} Scrape;

/* What is known of a node. */
typedef struct {
    StatsPoint last, prev;
    gboolean has_prev;
} NodePoints;

struct MetricsServer {
    MetricsServerOptions options;
    Component *component;
    Informer *nodes, *pods;
    Rng *rng;
    SimTimer ticker;
    gboolean is_due;         /* a tick fell into a pause */
    GPtrArray *scrapes;      /* of Scrape (owned): those still to come back */
    GArray *points;          /* of ContainerPoint: what came back so far */
    GHashTable *node_points; /* node -> NodePoints (owned): after the last scrape */
    GHashTable *fresh;       /* node -> NodePoints (owned): of the scrape under way */
    MetricsStore *store;
};

static void
scrape_free(gpointer data)
{
    Scrape *scrape = data;

    rpc_cancel(scrape->rpc);
    sim_timer_clear(&scrape->timer);
    g_free(scrape);
}

/* --- a scrape -------------------------------------------------------------------------------------- */

/* Every node has answered, or given no answer. */
static void
store_all(MetricsServer *server)
{
    g_hash_table_unref(server->node_points);
    server->node_points = server->fresh;
    server->fresh = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    metrics_store_put(server->store, server->points);
    g_array_set_size(server->points, 0);
}

/* pkg/storage/node.go */
static void
take_node(MetricsServer *server, const char *node, const StatsPoint *point)
{
    const NodePoints *old = g_hash_table_lookup(server->node_points, node);
    NodePoints *points = g_new0(NodePoints, 1);

    points->last = *point;
    if (old != NULL && point->wall_ns > old->last.wall_ns) {
        points->prev = old->last;
        points->has_prev = TRUE;
    } else if (old != NULL && old->has_prev && old->prev.wall_ns < point->wall_ns) {
        points->prev = old->prev;
        points->has_prev = TRUE;
    }
    g_hash_table_replace(server->fresh, (gpointer)node, points);
}

/* pkg/scraper: what a node says of pods that are not its own is dropped. */
static void
take_containers(MetricsServer *server, const char *node, const GArray *containers)
{
    for (guint i = 0; i < containers->len; i++) {
        const ContainerPoint *point = &g_array_index(containers, ContainerPoint, i);
        const ApiObject *pod = informer_get(server->pods, point->namespace_, point->pod);

        if (pod != NULL && str_is(pod_spec(pod)->node_name, node))
            g_array_append_val(server->points, *point);
    }
}

static void
scrape_done(gpointer user, gpointer answer, const char *why)
{
    Scrape *scrape = user;
    MetricsServer *server = scrape->server;
    NodeStats *stats = answer;

    (void)why;
    scrape->rpc = NULL;
    if (stats != NULL) {
        take_containers(server, scrape->node, stats->containers);
        if (stats->node.wall_ns != 0)
            take_node(server, scrape->node, &stats->node);
        node_stats_free(stats);
    }
    g_ptr_array_remove(server->scrapes, scrape);
    if (server->scrapes->len == 0)
        store_all(server);
}

static void
scrape_on_timer(Sim *sim, gpointer self)
{
    Scrape *scrape = self;
    MetricsServer *server = scrape->server;
    Kubelet *kubelet = server->options.kubelet_of(server->options.user, scrape->node);

    (void)sim;
    if (kubelet == NULL) {
        scrape_done(scrape, NULL, "no route to host");
        return;
    }
    scrape->rpc = rpc_call(
        &(RpcOptions){
            .world = server->options.world,
            .client = component_process(server->component),
            .server = kubelet_process(kubelet),
            .serve = kubelet_serve_stats,
            .server_self = kubelet,
            .answer_free = node_stats_free,
            .timeout_ns = KUBELET_TIMEOUT_NS,
            .question_bytes = QUESTION_BYTES,
        },
        scrape_done, scrape);
}

static void
on_tick(Sim *sim, gpointer self)
{
    MetricsServer *server = self;
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    gint64 delay_ms;

    server->is_due = process_state(component_process(server->component)) == PROCESS_PAUSED;
    if (server->is_due)
        return;
    sim_timer_arm_after(&server->ticker, server->options.resolution_ns);
    if (server->scrapes->len > 0) /* the last one still runs: this tick is lost */
        return;
    informer_list(server->nodes, NULL, nodes);
    delay_ms = MIN(DELAY_PER_NODE_MS * (gint64)nodes->len, DELAY_MAX_MS);
    for (guint i = 0; i < nodes->len; i++) {
        Scrape *scrape = g_new0(Scrape, 1);

        scrape->server = server;
        scrape->node = api_name(nodes->pdata[i]);
        sim_timer_init(&scrape->timer, sim, SIM_CONTROL, scrape_on_timer, scrape);
        g_ptr_array_add(server->scrapes, scrape);
    }
    for (guint i = 0; i < server->scrapes->len; i++)
        sim_timer_arm_after(&((Scrape *)server->scrapes->pdata[i])->timer,
                            rng_between_ns(server->rng, 0, delay_ms) * NS_PER_MS);
}

/* --- answers ---------------------------------------------------------------------------------------- */

static ApiResponse *
failure(ApiStatus *status)
{
    ApiResponse *response = api_response_new();

    response->code = status->code;
    response->status = status;
    return response;
}

static ApiObject *
make_pod_metrics(MetricsServer *server, const ApiObject *pod)
{
    g_autoptr(ApiObject) object = api_object_new(&pod_metrics_kind, api_namespace(pod), api_name(pod));
    PodMetrics *metrics = api_edit_body(object);

    if (!str_is(pod_status(pod)->phase, "Running"))
        return NULL;
    if (!metrics_store_get(server->store, api_namespace(pod), api_name(pod), metrics))
        return NULL;
    str_map_copy(&api_edit_meta(object)->labels, &pod->meta->labels);
    api_edit_meta(object)->creation_time = api_time_seconds(sim_wall_ns(server->options.sim));
    return g_steal_pointer(&object);
}

static ApiObject *
make_node_metrics(MetricsServer *server, const ApiObject *node)
{
    const NodePoints *points = g_hash_table_lookup(server->node_points, api_name(node));
    ApiObject *object;
    NodeMetrics *metrics;
    gint64 window_ns;
    g_autofree char *window = NULL;
    Quantity cpu = {0};

    if (points == NULL || !points->has_prev)
        return NULL;
    object = api_object_new(&node_metrics_kind, NULL, api_name(node));
    metrics = api_edit_body(object);
    window_ns = points->last.wall_ns - points->prev.wall_ns;
    window = duration_format_go(window_ns);
    cpu.nano = (__int128)(points->last.cpu_ns - points->prev.cpu_ns) * NS_PER_S / window_ns;
    metrics->timestamp = api_time_seconds(points->last.wall_ns);
    metrics->window = str_intern(window);
    quantity_map_set(&metrics->usage, str_intern("cpu"), cpu);
    quantity_map_set(&metrics->usage, str_intern("memory"),
                     quantity_from_int(points->last.memory_bytes, QUANTITY_BINARY_SI));
    str_map_copy(&api_edit_meta(object)->labels, &node->meta->labels);
    api_edit_meta(object)->creation_time = api_time_seconds(sim_wall_ns(server->options.sim));
    return object;
}

static int
compare_keys(gconstpointer a, gconstpointer b)
{
    return strcmp(api_key(*(ApiObject *const *)a), api_key(*(ApiObject *const *)b));
}

static ApiObject *
make_metrics(MetricsServer *server, const ApiRequest *request, const ApiObject *about)
{
    return request->kind == &pod_metrics_kind ? make_pod_metrics(server, about)
                                              : make_node_metrics(server, about);
}

static ApiResponse *
answer_list(MetricsServer *server, const ApiRequest *request)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(Selector) labels = NULL;
    g_autofree char *message = NULL;
    ApiResponse *response;

    if (!str_is_empty(request->label_selector)) {
        labels = selector_parse(request->label_selector, &message);
        if (labels == NULL)
            return failure(api_status_bad_request(message));
    }
    response = api_response_new();
    response->code = 200;
    response->items = g_ptr_array_new_with_free_func(api_object_unref);
    informer_list(request->kind == &pod_metrics_kind ? server->pods : server->nodes, request->namespace_, all);
    g_ptr_array_sort(all, compare_keys);
    for (guint i = 0; i < all->len; i++) {
        const ApiObject *about = all->pdata[i];
        ApiObject *metrics;

        if (labels != NULL && !selector_matches(labels, &about->meta->labels))
            continue;
        metrics = make_metrics(server, request, about);
        if (metrics != NULL)
            g_ptr_array_add(response->items, metrics);
    }
    return response;
}

static ApiResponse *
answer_get(MetricsServer *server, const ApiRequest *request)
{
    gboolean is_pod = request->kind == &pod_metrics_kind;
    const ApiObject *about =
        informer_get(is_pod ? server->pods : server->nodes, request->namespace_, request->name);
    ApiObject *metrics = about == NULL ? NULL : make_metrics(server, request, about);
    ApiResponse *response;

    if (metrics == NULL && is_pod)
        return failure(api_status_new(404, "NotFound",
                                      about == NULL
                                          ? str_internf("pods \"%s\" not found", request->name)
                                          : str_internf("podmetrics.metrics.k8s.io \"%s/%s\" not found",
                                                        request->namespace_, request->name)));
    if (metrics == NULL)
        return failure(api_status_new(404, "NotFound",
                                      about == NULL
                                          ? str_internf("nodes \"%s\" not found", request->name)
                                          : str_internf("nodemetrics.metrics.k8s.io \"%s\" not found", request->name)));
    response = api_response_new();
    response->code = 200;
    response->object = metrics;
    return response;
}

static void
serve(gpointer self, gconstpointer question, Rpc *rpc)
{
    MetricsServer *server = self;
    const ApiRequest *request = question;
    ApiResponse *response;

    if (request->verb == VERB_LIST)
        response = answer_list(server, request);
    else if (request->verb == VERB_GET)
        response = answer_get(server, request);
    else
        response = failure(api_status_new(405, "MethodNotAllowed",
                                          "the server does not allow this method on the requested resource"));
    rpc_answer(rpc, response, 400 + (response->items != NULL ? response->items->len * 300 : 300));
}

/* --- life ------------------------------------------------------------------------------------------- */

static void
on_synced(gpointer user)
{
    MetricsServer *server = user;

    sim_timer_arm_after(&server->ticker, 0);
}

static void
forget(MetricsServer *server)
{
    g_ptr_array_set_size(server->scrapes, 0);
    g_array_set_size(server->points, 0);
    g_hash_table_remove_all(server->node_points);
    g_hash_table_remove_all(server->fresh);
    metrics_store_put(server->store, server->points);
}

static void
on_stopped(gpointer user)
{
    MetricsServer *server = user;

    sim_timer_disarm(&server->ticker);
    server->is_due = FALSE;
    forget(server);
}

static void
on_resumed(gpointer user)
{
    MetricsServer *server = user;

    if (server->is_due)
        sim_timer_arm_after(&server->ticker, 0);
    server->is_due = FALSE;
}

MetricsServer *
metrics_server_new(const MetricsServerOptions *options)
{
    MetricsServer *server = g_new0(MetricsServer, 1);
    ComponentOptions component = {
        .sim = options->sim,
        .world = options->world,
        .machine = options->machine,
        .server = options->server,
        .process_name = "metrics-server",
        .user = "system:serviceaccount:kube-system:metrics-server",
        .hooks = {.synced = on_synced, .stopped = on_stopped, .resumed = on_resumed},
    };

    server->options = *options;
    if (server->options.resolution_ns == 0)
        server->options.resolution_ns = RESOLUTION_NS;
    server->rng = rng_stream(options->sim, "metrics-server");
    server->scrapes = g_ptr_array_new_with_free_func(scrape_free);
    server->points = g_array_new(FALSE, FALSE, sizeof(ContainerPoint));
    server->node_points = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    server->fresh = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    server->store = metrics_store_new(server->options.resolution_ns);
    sim_timer_init(&server->ticker, options->sim, SIM_CONTROL, on_tick, server);
    server->component = component_new(&component, server);
    server->nodes = informer_factory_get(component_informers(server->component), &node_kind, NULL);
    server->pods = informer_factory_get(component_informers(server->component), &pod_kind, NULL);
    apiserver_add_backend(options->server, &(ApiBackend){
        .group = "metrics.k8s.io",
        .process = component_process(server->component),
        .serve = serve,
        .self = server,
    });
    return server;
}

void
metrics_server_free(MetricsServer *server)
{
    if (server == NULL)
        return;
    forget(server);
    component_free(server->component);
    sim_timer_clear(&server->ticker);
    g_ptr_array_unref(server->scrapes);
    g_array_unref(server->points);
    g_hash_table_unref(server->node_points);
    g_hash_table_unref(server->fresh);
    metrics_store_free(server->store);
    g_free(server);
}

Process *
metrics_server_process(MetricsServer *server)
{
    return component_process(server->component);
}
