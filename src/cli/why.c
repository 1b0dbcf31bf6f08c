/* why.c - desk8s why FILE OBJECT: the chain of causes behind an object's last change */

#include "cli/guard.h"

#include "api/object.h"
#include "base/duration.h"
#include "base/intern.h"
#include "base/table.h"
#include "cli/leave.h"

#include <stdio.h>

static int why_run(int argc, char **argv);

const CliCommand cli_why_command = {
    .name = "why",
    .arguments = "FILE KIND/NAME",
    .summary = "the causal chain behind an object's state",
    .help = "Plays the scenario up to an instant and walks back from what last happened to an object:\n"
            "each step with its time, who did it, why, and how long it took since its cause. A NAME may\n"
            "be a prefix (pod/web-). NAMESPACE/KIND/NAME names another namespace than default. Faults of a\n"
            "node that nobody in the chain could see are told after it.\n\n"
            "Examples:\n"
            "  desk8s why scenarios/node-failover.yaml pod/web-\n"
            "  desk8s why scenarios/node-failover.yaml node/worker-2 --at 5m\n"
            "  desk8s why scenarios/classroom.yaml pod/mysql --scheduling",
    .run = why_run,
};

/* The last record about the object; a name may be the beginning of one. */
static TraceId
find_last(const Trace *trace, const char *wanted)
{
    gsize length = strlen(wanted);

    for (TraceId id = trace_count(trace); id > 0; id--) {
        const TraceRecord *record = trace_get(trace, id);
        if (record->object != NULL && strncmp(record->object, wanted, length) == 0 && (record->object[length] == '\0' || wanted[length - 1] == '-'))
            return id;
    }
    return 0;
}

/* "pod/web-1" to "pod/default/web-1": how traces name objects. NULL: no such kind. */
static char *
trace_name(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);
    guint n = g_strv_length(parts);
    const ApiKind *kind = n == 2 || n == 3 ? api_kind_find_resource(parts[n - 2]) : NULL;

    if (kind == NULL)
        return NULL;
    if (!kind->is_namespaced)
        return g_strdup_printf("%s/%s", kind->singular, parts[n - 1]);
    return g_strdup_printf("%s/%s/%s", kind->singular, n == 3 ? parts[0] : "default", parts[n - 1]);
}

/* To the tenth of a millisecond below a second, else to the millisecond: "4.8ms", "5m0.001s". (owned) */
static char *
format_took(gint64 ns)
{
    if (ns < NS_PER_S) {
        gint64 tenths = (ns + NS_PER_MS / 20) / (NS_PER_MS / 10);

        return tenths % 10 == 0 ? g_strdup_printf("%" G_GINT64_FORMAT "ms", tenths / 10)
                                : g_strdup_printf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT "ms", tenths / 10, tenths % 10);
    }
    return duration_format_go((ns + NS_PER_MS / 2) / NS_PER_MS * NS_PER_MS);
}

static void
print_step(const TraceRecord *record, const TraceRecord *cause)
{
    g_autofree char *clock = duration_format_clock(record->time_ns, 3);
    g_autofree char *took = cause != NULL ? format_took(record->time_ns - cause->time_ns) : NULL;

    printf("%12s  %s%s%s", clock, record->component, record->verb != NULL ? " " : "", record->verb != NULL ? record->verb : "");
    if (record->object != NULL)
        printf(" %s", record->object);
    if (!str_is_empty(record->reason))
        printf(" (%s)", record->reason);
    printf("\n");
    if (!str_is_empty(record->message))
        printf("              %s\n", record->message);
    if (took != NULL)
        printf("              +%s after\n", took);
}

static void
print_chain(const Trace *trace, TraceId id)
{
    g_autoptr(GArray) chain = g_array_new(FALSE, FALSE, sizeof(TraceId));

    for (TraceId at = id; at != 0; at = trace_get(trace, at)->cause)
        g_array_append_val(chain, at);
    for (guint i = 0; i < chain->len; i++) { /* newest first: the question is "why is it so now" */
        const TraceRecord *record = trace_get(trace, g_array_index(chain, TraceId, i));
        const TraceRecord *cause = i + 1 < chain->len ? trace_get(trace, g_array_index(chain, TraceId, i + 1)) : NULL;
        print_step(record, cause);
    }
}

/* Does @text name the node, and not merely one whose name begins so? */
static gboolean
names(const char *text, const char *node)
{
    gsize length = strlen(node);

    for (const char *at = text; at != NULL && (at = strstr(at, node)) != NULL; at += length)
        if ((at == text || !g_ascii_isalnum(at[-1])) && !g_ascii_isalnum(at[length]) && (at[length] != '-' || !g_ascii_isalnum(at[length + 1])))
            return TRUE;
    return FALSE;
}

static gboolean
chain_names(const Trace *trace, TraceId id, const char *node)
{
    for (TraceId at = id; at != 0; at = trace_get(trace, at)->cause)
        if (names(trace_get(trace, at)->object, node) || names(trace_get(trace, at)->message, node) || names(trace_get(trace, at)->component, node))
            return TRUE;
    return FALSE;
}

static gboolean
chain_has(const Trace *trace, TraceId id, TraceId wanted)
{
    while (id > wanted)
        id = trace_get(trace, id)->cause;
    return id == wanted;
}

/*
 * What fails in silence sends no message that could be a cause: a power cut is not in the chain that begins when somebody
 * misses the node. So faults that hit a node which the chain is about are told beside it.
 */
static void
print_silent_faults(const Cluster *cluster, TraceId id)
{
    const Trace *trace = sim_get_trace(cluster->sim);
    gboolean has_title = FALSE;

    for (TraceId at = 1; at < id; at++) {
        const TraceRecord *record = trace_get(trace, at);
        gboolean is_meant = FALSE;

        if (!str_is(record->component, "scenario") || record->verb == NULL || !g_str_has_prefix(record->verb, "fault") || chain_has(trace, id, at))
            continue;
        for (guint i = 0; !is_meant && i < cluster->nodes->len; i++) {
            const char *node = ((const ClusterNode *)g_ptr_array_index(cluster->nodes, i))->name;

            is_meant = names(record->message, node) && chain_names(trace, id, node);
        }
        if (!is_meant)
            continue;
        if (!has_title)
            printf("\nin the world, where nobody in this chain could see it:\n");
        has_title = TRUE;
        print_step(record, NULL);
    }
}

static void
append_json_step(Value *list, const TraceRecord *record)
{
    Value *step = value_new_map();
    g_autofree char *t = g_strdup_printf("%s%" G_GINT64_FORMAT ".%06d", record->time_ns < 0 ? "-" : "", ABS(record->time_ns) / NS_PER_S, (int)(ABS(record->time_ns) % NS_PER_S / 1000));

    value_set(step, "t", value_new_float(t));
    value_set(step, "component", value_new_string(record->component));
    value_set(step, "verb", value_new_string(record->verb != NULL ? record->verb : ""));
    value_set(step, "object", record->object != NULL ? value_new_string(record->object) : value_new_null());
    value_set(step, "reason", value_new_string(record->reason != NULL ? record->reason : ""));
    value_set(step, "message", value_new_string(record->message != NULL ? record->message : ""));
    value_append(list, step);
}

static void
print_chain_json(const Trace *trace, TraceId id)
{
    g_autoptr(Value) list = value_new_list();
    g_autofree char *text = NULL;

    for (TraceId at = id; at != 0; at = trace_get(trace, at)->cause)
        append_json_step(list, trace_get(trace, at));
    text = value_to_json(list, VALUE_INDENT4);
    printf("%s\n", text);
}

/* What a plugin's column is called, so that a row fits a terminal. */
static const char *
column_of(const char *plugin)
{
    static const char *const names[][2] = {
        {"TaintToleration", "TAINTS"}, {"NodeAffinity", "AFFINITY"}, {"NodeResourcesFit", "FIT"}, {"PodTopologySpread", "SPREAD"},
        {"InterPodAffinity", "PODS"}, {"NodeResourcesBalancedAllocation", "BALANCE"}, {"ImageLocality", "IMAGES"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_is(names[i][0], plugin))
            return names[i][1];
    return plugin;
}

/* Highest total first; among equals by name. */
static gint
compare_totals(gconstpointer a, gconstpointer b, gpointer user)
{
    const Value *nodes = user;
    guint first = *(const guint *)a, second = *(const guint *)b;
    gint64 x = value_get_int(nodes->items[first], "total", 0), y = value_get_int(nodes->items[second], "total", 0);

    return x != y ? (x > y ? -1 : 1) : strcmp(nodes->keys[first], nodes->keys[second]);
}

static void
print_scores(const Value *nodes, const GArray *rows, const char *chosen)
{
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.min_width = 4, .padding = 2});
    const Value *scores = value_get(nodes->items[g_array_index(rows, guint, 0)], "scores");
    g_autofree char *text = NULL;

    text_table_header(table, "NODE");
    for (guint k = 0; scores != NULL && k < scores->count; k++)
        text_table_header(table, column_of(scores->keys[k]));
    text_table_header(table, scores != NULL ? "TOTAL" : "SCORES");
    for (guint i = 0; i < rows->len; i++) {
        guint row = g_array_index(rows, guint, i);
        const Value *of_node = value_get(nodes->items[row], "scores");

        text_table_cell(table, "%s%s", nodes->keys[row], str_is(nodes->keys[row], chosen) ? " *" : "");
        for (guint k = 0; of_node != NULL && k < of_node->count; k++)
            text_table_cell(table, "%" G_GINT64_FORMAT, of_node->items[k]->integer);
        if (of_node != NULL)
            text_table_cell(table, "%" G_GINT64_FORMAT, value_get_int(nodes->items[row], "total", 0));
        else
            text_table_cell(table, "none: the only node that fits");
        text_table_end_row(table);
    }
    text = text_table_format(table);
    printf("\n%s", text);
}

/* The table of a pod's last scheduling attempt: nodes down, plugins across; then why the others were left out. */
static void
print_scheduling(const Value *attempt, const char *pod)
{
    const Value *nodes = value_get(attempt, "nodes");
    const char *node = value_get_string(attempt, "node", NULL);
    const char *message = value_get_string(attempt, "message", NULL);
    g_autoptr(GArray) scored = g_array_new(FALSE, FALSE, sizeof(guint));
    guint n = nodes != NULL ? nodes->count : 0;

    printf("last attempt to schedule %s: %s%s\n", pod, node != NULL ? "put on " : "no node", node != NULL ? node : "");
    if (!str_is_empty(message))
        printf("%s\n", message);
    for (guint i = 0; i < n; i++)
        if (value_get_string(nodes->items[i], "filter", NULL) == NULL)
            g_array_append_val(scored, i);
    if (scored->len > 0) {
        g_array_sort_with_data(scored, compare_totals, (gpointer)nodes);
        print_scores(nodes, scored, node);
    }
    if (scored->len < n)
        printf("\nfiltered out:\n");
    for (guint i = 0; i < n; i++) {
        const char *filter = value_get_string(nodes->items[i], "filter", NULL);

        if (filter != NULL)
            printf("  %-20s %s\n", nodes->keys[i], filter);
    }
}

static int
explain_scheduling(Cluster *cluster, const char *object, gboolean as_json)
{
    g_auto(GStrv) parts = g_strsplit(object, "/", -1);
    const char *name = parts[2];
    g_autoptr(Value) attempt = NULL;
    g_autoptr(GPtrArray) pods = apiserver_peek_list(cluster->server, &pod_kind, str_intern(parts[1]));

    for (guint i = 0; i < pods->len && g_str_has_suffix(name, "-"); i++)
        if (g_str_has_prefix(api_name(g_ptr_array_index(pods, i)), name))
            name = api_name(g_ptr_array_index(pods, i));
    attempt = scheduler_explain(cluster_scheduler(cluster), str_intern(parts[1]), str_intern(name));
    if (attempt == NULL) {
        fprintf(stderr, "desk8s why: the scheduler never tried %s\n", object);
        return CLI_EXPECTATION_FAILED;
    }
    if (as_json) {
        g_autofree char *text = value_to_json(attempt, VALUE_INDENT4);
        printf("%s\n", text);
    } else {
        print_scheduling(attempt, name);
    }
    return CLI_OK;
}

static int
answer(const Scenario *scenario, guint64 seed, gint64 at_ns, const char *object, gboolean scheduling, gboolean as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LastRun) run = run_new(scenario, &(RunOptions){.seed = seed}, &error);
    Cluster *cluster = run_cluster(run);
    CliGuard guard;
    TraceId id;

    cli_guard_start(&guard, cluster->sim, "nothing is known of its end", FALSE);
    while (sim_now_ns(cluster->sim) < at_ns && run_advance(run, at_ns) && !cli_guard_is_over(&guard))
        ;
    if (cli_guard_is_over(&guard))
        return cli_guard_status(&guard);
    if (scheduling)
        return explain_scheduling(cluster, object, as_json);
    id = find_last(sim_get_trace(cluster->sim), object);
    if (id == 0) {
        fprintf(stderr, "desk8s why: nothing happened to %s up to then; `desk8s kubectl FILE --at T -- get all` shows what there is\n", object);
        return CLI_EXPECTATION_FAILED;
    }
    if (as_json) {
        print_chain_json(sim_get_trace(cluster->sim), id);
        return CLI_OK;
    }
    print_chain(sim_get_trace(cluster->sim), id);
    print_silent_faults(cluster, id);
    return CLI_OK;
}

static int
why_run(int argc, char **argv)
{
    g_autofree char *at = NULL;
    g_autofree char *format = NULL;
    g_autofree char *object = NULL;
    g_auto(GStrv) sets = NULL;
    gboolean scheduling = FALSE;
    gint64 seed = 0;
    gint64 at_ns = 0;
    int status = CLI_OK;
    g_autoptr(Scenario) scenario = NULL;
    const GOptionEntry entries[] = {
        {"at", 0, 0, G_OPTION_ARG_STRING, &at, "Instant: 65s, 2m, end (default: end)", "TIME"},
        {"scheduling", 0, 0, G_OPTION_ARG_NONE, &scheduling, "The scheduler's last attempt for a pod: filters and scores", NULL},
        {"output", 'o', 0, G_OPTION_ARG_STRING, &format, "json", "FORMAT"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Seed instead of the scenario's", "N"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sets, "Override a value: spec.seed=9", "PATH=VALUE"},
        {0},
    };

    if (!cli_parse(&cli_why_command, &argc, &argv, entries, &status))
        return status;
    if (argc != 3)
        return cli_usage(&cli_why_command, argc < 2 ? "no scenario given" : argc < 3 ? "no object given; write pod/NAME" : "too many arguments");
    if (format != NULL && !str_is(format, "json"))
        return cli_usage(&cli_why_command, "'%s' is no output format; write json", format);
    object = trace_name(argv[2]);
    if (object == NULL)
        return cli_usage(&cli_why_command, "'%s' names no object; write KIND/NAME, such as pod/web-1", argv[2]);
    if (scheduling && !g_str_has_prefix(object, "pod/"))
        return cli_usage(&cli_why_command, "--scheduling is about a pod; write pod/NAME");
    scenario = cli_load(argv[1], sets);
    if (scenario == NULL)
        return CLI_BAD_INPUT;
    if (!cli_parse_time(at != NULL ? at : "end", scenario->spec.duration_ns, &at_ns))
        return cli_usage(&cli_why_command, "'%s' is no time; write 65s, 2m or end", at);
    return answer(scenario, (guint64)seed, at_ns, object, scheduling, format != NULL);
}
