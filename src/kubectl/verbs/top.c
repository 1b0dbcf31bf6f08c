/* top.c - kubectl top; models k8s.io/kubectl pkg/cmd/top and pkg/metricsutil v0.34 */

#include "kubectl/internal.h"

#include "api/kinds/metrics.h"
#include "base/duration.h"
#include "base/table.h"

/* A pod older than this should have metrics. */
#define METRICS_DELAY_NS (2 * NS_PER_MIN)
#define MIB              (1 << 20)

static void top_run(Command *command);

static const char *const subverbs[] = {"node", "pod", NULL};
static const FlagDef flags[] = {
    {"containers", 0, FLAG_BOOL, NULL, NULL},
    {"no-headers", 0, FLAG_BOOL, NULL, NULL},
    {"show-capacity", 0, FLAG_BOOL, NULL, NULL},
    {"sort-by", 0, FLAG_STRING, NULL, NULL},
    {"sum", 0, FLAG_BOOL, NULL, NULL},
    {"use-protocol-buffers", 0, FLAG_BOOL, "true", NULL},
    {0},
};

/* "nodes", "no", "pods", "po" are aliases. */
static const char *
subverb_of(const char *word, const char **inner)
{
    static const struct {
        const char *word, *subverb;
    } words[] = {{"node", "node"}, {"nodes", "node"}, {"no", "node"}, {"pod", "pod"}, {"pods", "pod"}, {"po", "pod"}};

    *inner = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].subverb;
    return word;
}

const Verb top_verb = {.name = "top",
                       .subverbs = subverbs,
                       .flags = flags,
                       .subverb_of = subverb_of,
                       .run = top_run,
                       .doc = "Display resource (CPU/memory) usage."};

/* What one row adds up. */
typedef struct {
    const char *namespace_, *name, *container;
    gint64 cpu_milli, memory_bytes;
} Usage;

typedef struct {
    GArray *rows; /* of Usage */
} Top;

static void
top_free(gpointer data)
{
    Top *top = data;

    g_array_unref(top->rows);
    g_free(top);
}

static const char *
word_at(const Command *command, guint index)
{
    return command->args->len > index ? g_ptr_array_index(command->args, index) : NULL;
}

static void
add_usage(Usage *usage, const QuantityMap *map)
{
    const Quantity *cpu = quantity_map_get(map, str_intern("cpu"));
    const Quantity *memory = quantity_map_get(map, str_intern("memory"));

    usage->cpu_milli += cpu != NULL ? quantity_value_milli(cpu) : 0;
    usage->memory_bytes += memory != NULL ? quantity_value(memory) : 0;
}

/* --- order ------------------------------------------------------------------------------------------ */

static int
compare_rows(gconstpointer a, gconstpointer b, gpointer by)
{
    const Usage *x = a, *y = b;
    int order;

    if (g_strcmp0(by, "cpu") == 0 && x->cpu_milli != y->cpu_milli)
        return x->cpu_milli > y->cpu_milli ? -1 : 1;
    if (g_strcmp0(by, "memory") == 0 && x->memory_bytes != y->memory_bytes)
        return x->memory_bytes > y->memory_bytes ? -1 : 1;
    order = g_strcmp0(x->namespace_, y->namespace_);
    return order != 0 ? order : g_strcmp0(x->name, y->name);
}

static TextTable *
new_table(Command *command)
{
    return text_table_new(&(TextTableOptions){
        .min_width = 6, .padding = 3, .no_headers = flag_bool(command, "no-headers")});
}

/* Every cell is ended by a tab, the last one too. */
static void
end_row(TextTable *table)
{
    text_table_cell(table, "%s", "");
    text_table_end_row(table);
}

static void
usage_cells(TextTable *table, const Usage *usage)
{
    text_table_cell(table, "%" G_GINT64_FORMAT "m", usage->cpu_milli);
    text_table_cell(table, "%" G_GINT64_FORMAT "Mi", usage->memory_bytes / MIB);
}

static void
print_table(Command *command, TextTable *table)
{
    g_autofree char *text = text_table_format(table);

    command_print(command, "%s", text);
    command_finish(command, 0);
}

/* "error: Metrics API not available" where nobody serves the group. TRUE: that, or another failure, was said. */
static gboolean
failed(Command *command, const ApiResponse *response)
{
    if (api_response_ok(response))
        return FALSE;
    if (response->code == 404 && response->status != NULL &&
        g_str_has_prefix(response->status->message, "the server could not find the requested resource")) {
        command_fail(command, "Metrics API not available");
        return TRUE;
    }
    command_server_error(command, response->status, NULL);
    command_finish(command, 1);
    return TRUE;
}

/* --- pods ------------------------------------------------------------------------------------------- */

static void
print_sum(TextTable *table, const GArray *rows, guint n_names)
{
    Usage sum = {0};

    for (guint i = 0; i < rows->len; i++) {
        sum.cpu_milli += g_array_index(rows, Usage, i).cpu_milli;
        sum.memory_bytes += g_array_index(rows, Usage, i).memory_bytes;
    }
    for (guint i = 0; i < n_names; i++)
        text_table_cell(table, "%s", "");
    text_table_cell(table, "________");
    text_table_cell(table, "________");
    end_row(table);
    for (guint i = 0; i < n_names; i++)
        text_table_cell(table, "%s", "");
    usage_cells(table, &sum);
    end_row(table);
}

static void
print_pods(Command *command, GArray *rows)
{
    gboolean has_namespace = flag_bool(command, "all-namespaces");
    gboolean has_containers = flag_bool(command, "containers");
    g_autoptr(TextTable) table = new_table(command);

    g_array_sort_with_data(rows, compare_rows, (gpointer)flag_string(command, "sort-by"));
    if (has_namespace)
        text_table_header(table, "NAMESPACE");
    if (has_containers)
        text_table_header(table, "POD");
    text_table_header(table, "NAME");
    text_table_header(table, "CPU(cores)");
    text_table_header(table, "MEMORY(bytes)");
    text_table_header(table, "");
    for (guint i = 0; i < rows->len; i++) {
        const Usage *row = &g_array_index(rows, Usage, i);

        if (has_namespace)
            text_table_cell(table, "%s", row->namespace_);
        text_table_cell(table, "%s", row->name);
        if (has_containers)
            text_table_cell(table, "%s", row->container);
        usage_cells(table, row);
        end_row(table);
    }
    if (flag_bool(command, "sum"))
        print_sum(table, rows, 1 + has_namespace + has_containers);
    print_table(command, table);
}

/* verifyEmptyMetrics: young pods are no error, unless they are all there is. */
static void
on_pods(Command *command, const ApiResponse *response)
{
    gboolean is_list = response->items != NULL;
    guint n = is_list ? response->items->len : response->object != NULL;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    for (guint i = 0; i < n; i++) {
        const ApiObject *pod = is_list ? g_ptr_array_index(response->items, i) : response->object;
        gint64 age_ns = command_wall_ns(command) - pod->meta->creation_time;
        g_autofree char *age = NULL;

        if (age_ns <= METRICS_DELAY_NS)
            continue;
        age = duration_format_go(age_ns);
        command_fail(command, "Metrics not available for pod %s/%s, age: %s", api_namespace(pod), api_name(pod), age);
        return;
    }
    if (n > 0) {
        command_fail(command, "metrics not available yet");
        return;
    }
    if (flag_bool(command, "all-namespaces"))
        command_warn(command, "No resources found");
    else
        command_warn(command, "No resources found in %s namespace.", command_namespace(command));
    command_finish(command, 0);
}

static void
add_pod(GArray *rows, const ApiObject *object, gboolean by_container)
{
    const PodMetrics *metrics = pod_metrics(object);
    Usage sum = {api_namespace(object), api_name(object), NULL, 0, 0};

    for (guint i = 0; i < metrics->containers.count; i++) {
        Usage one = {api_namespace(object), api_name(object), metrics->containers.items[i].name, 0, 0};

        add_usage(&one, &metrics->containers.items[i].usage);
        add_usage(&sum, &metrics->containers.items[i].usage);
        if (by_container)
            g_array_append_val(rows, one);
    }
    if (!by_container)
        g_array_append_val(rows, sum);
}

static ApiRequest *
pods_request(Command *command, const ApiKind *kind)
{
    const char *name = word_at(command, 1);
    ApiRequest *request = api_request_new(name != NULL ? VERB_GET : VERB_LIST, kind,
                                          flag_bool(command, "all-namespaces") ? NULL : command_namespace(command), name);

    request->label_selector = flag_string(command, "selector");
    return request;
}

static void
on_pod_metrics(Command *command, const ApiResponse *response)
{
    Top *top = command->state;
    gboolean by_container = flag_bool(command, "containers");

    if (failed(command, response))
        return;
    if (response->object != NULL)
        add_pod(top->rows, response->object, by_container);
    for (guint i = 0; response->items != NULL && i < response->items->len; i++)
        add_pod(top->rows, g_ptr_array_index(response->items, i), by_container);
    if (top->rows->len > 0)
        print_pods(command, top->rows);
    else
        command_send(command, pods_request(command, &pod_kind), on_pods);
}

/* --- nodes ------------------------------------------------------------------------------------------ */

static void
percent_cell(TextTable *table, gint64 used_milli, const Quantity *available)
{
    if (available == NULL || quantity_value_milli(available) == 0)
        text_table_cell(table, "<unknown>");
    else
        text_table_cell(table, "%" G_GINT64_FORMAT "%%",
                        (gint64)((double)used_milli / (double)quantity_value_milli(available) * 100));
}

static const Usage *
find_row(const GArray *rows, const char *name)
{
    for (guint i = 0; i < rows->len; i++)
        if (g_array_index(rows, Usage, i).name == name)
            return &g_array_index(rows, Usage, i);
    return NULL;
}

static const ApiObject *
find_node(const GPtrArray *nodes, const char *name)
{
    for (guint i = 0; i < nodes->len; i++)
        if (api_name(g_ptr_array_index(nodes, i)) == name)
            return g_ptr_array_index(nodes, i);
    return NULL;
}

static void
node_row(Command *command, TextTable *table, const Usage *row, const ApiObject *node)
{
    const QuantityMap *available = NULL;

    if (node != NULL)
        available = flag_bool(command, "show-capacity") ? &node_status(node)->capacity
                                                        : &node_status(node)->allocatable;
    text_table_cell(table, "%s", row->name);
    text_table_cell(table, "%" G_GINT64_FORMAT "m", row->cpu_milli);
    percent_cell(table, row->cpu_milli, available == NULL ? NULL : quantity_map_get(available, str_intern("cpu")));
    text_table_cell(table, "%" G_GINT64_FORMAT "Mi", row->memory_bytes / MIB);
    percent_cell(table, row->memory_bytes * 1000,
                 available == NULL ? NULL : quantity_map_get(available, str_intern("memory")));
    end_row(table);
}

static void
on_nodes(Command *command, const ApiResponse *response)
{
    Top *top = command->state;
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    g_autoptr(TextTable) table = new_table(command);
    gboolean is_old = kubectl_minor(command->kubectl) < 32;
    const char *const titles[] = {"NAME", "CPU(cores)", is_old ? "CPU%" : "CPU(%)", "MEMORY(bytes)",
                                  is_old ? "MEMORY%" : "MEMORY(%)", ""};

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    for (guint i = 0; response->items != NULL && i < response->items->len; i++)
        g_ptr_array_add(nodes, g_ptr_array_index(response->items, i));
    if (response->object != NULL)
        g_ptr_array_add(nodes, response->object);
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        text_table_header(table, titles[i]);
    g_array_sort_with_data(top->rows, compare_rows, (gpointer)flag_string(command, "sort-by"));
    for (guint i = 0; i < top->rows->len; i++) {
        const Usage *row = &g_array_index(top->rows, Usage, i);

        node_row(command, table, row, find_node(nodes, row->name));
    }
    for (guint i = 0; i < nodes->len; i++) {
        const char *name = api_name(g_ptr_array_index(nodes, i));

        if (find_row(top->rows, name) != NULL)
            continue;
        text_table_cell(table, "%s", name);
        for (guint k = 0; k < 4; k++)
            text_table_cell(table, "<unknown>");
        end_row(table);
    }
    print_table(command, table);
}

static void
on_node_metrics(Command *command, const ApiResponse *response)
{
    Top *top = command->state;
    guint n = response->items != NULL ? response->items->len : response->object != NULL;
    const char *name = word_at(command, 1);
    ApiRequest *request;

    if (failed(command, response))
        return;
    for (guint i = 0; i < n; i++) {
        const ApiObject *object = response->items != NULL ? g_ptr_array_index(response->items, i) : response->object;
        Usage row = {NULL, api_name(object), NULL, 0, 0};

        add_usage(&row, &node_metrics(object)->usage);
        g_array_append_val(top->rows, row);
    }
    if (n == 0) {
        command_fail(command, "metrics not available yet");
        return;
    }
    request = api_request_new(name != NULL ? VERB_GET : VERB_LIST, &node_kind, NULL, name);
    request->label_selector = flag_string(command, "selector");
    command_send(command, request, on_nodes);
}

/* --- the verb --------------------------------------------------------------------------------------- */

static void
top_run(Command *command)
{
    const char *word = word_at(command, 0), *inner;
    const char *what = word == NULL ? NULL : subverb_of(word, &inner);
    const char *by = flag_string(command, "sort-by");
    Top *top;

    if (what == NULL || !g_strv_contains(subverbs, what)) {
        command_unknown_subcommand(command, "kubectl top", 0);
        return;
    }
    if (command->args->len > 2) { /* UsageErrorf of cmd.Use */
        command_usage(command, "%s [NAME | -l label]", what);
        return;
    }
    if (!str_is_empty(by) && !str_is(by, "cpu") && !str_is(by, "memory")) {
        command_fail(command, "--sort-by accepts only cpu or memory");
        return;
    }
    if (command->args->len == 2 && (!str_is_empty(flag_string(command, "selector")) ||
                                    !str_is_empty(flag_string(command, "field-selector")))) {
        command_fail(command, "only one of NAME or %s can be provided", str_is(what, "pod") ? "selector" : "--selector");
        return;
    }
    top = g_new0(Top, 1);
    top->rows = g_array_new(FALSE, TRUE, sizeof(Usage));
    command->state = top;
    command->state_free = top_free;
    if (strcmp(what, "pod") == 0) {
        command_send(command, pods_request(command, &pod_metrics_kind), on_pod_metrics);
    } else {
        ApiRequest *request = api_request_new(word_at(command, 1) != NULL ? VERB_GET : VERB_LIST,
                                              &node_metrics_kind, NULL, word_at(command, 1));

        request->label_selector = flag_string(command, "selector");
        command_send(command, request, on_node_metrics);
    }
}
