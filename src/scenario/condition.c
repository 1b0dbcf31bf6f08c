/* condition.c - see condition.h */

#include "scenario/condition.h"

#include "api/kinds.h"
#include "base/duration.h"
#include "kubectl/jsonpath.h"

static const char *const operators[] = {"==", "!=", ">=", "<=", ">", "<", "contains", NULL};
static const char *const measures[] = {"errorRatio", "requests", "ok", "failed", "timeout", "refused", "reset", "p50", "p90", "p99", "p999", NULL};
static const char *const streams[] = {"exit", "stdout", "stderr", NULL};

typedef struct {
    char *subject;  /* (owned) "deployment/web", "traffic/users", "count", "events", "kubectl/id" */
    char *argument; /* (owned) "{.status...}", "errorRatio", "pods app=web", reason, "exit" */
    const char *op; /* static; "exists", "absent" */
    char *want;     /* (owned) */
} Parsed;

static void
parsed_clear(Parsed *parsed)
{
    g_free(parsed->subject);
    g_free(parsed->argument);
    g_free(parsed->want);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parsed, parsed_clear)

/* The operator outside of braces, with a blank before it. */
static const char *
find_operator(const char *text, const char **out_op)
{
    guint depth = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '{')
            depth++;
        else if (*p == '}' && depth > 0)
            depth--;
        if (depth > 0 || *p != ' ')
            continue;
        for (guint i = 0; operators[i] != NULL; i++)
            if (g_str_has_prefix(p + 1, operators[i]) && p[1 + strlen(operators[i])] == ' ') {
                *out_op = operators[i];
                return p;
            }
    }
    return NULL;
}

static gboolean
parse(const char *text, Parsed *out)
{
    const char *at = find_operator(text, &out->op);
    g_autofree char *left = NULL;
    char *blank;

    if (at == NULL) {
        left = g_strstrip(g_strdup(text));
        blank = strrchr(left, ' ');
        if (blank == NULL || (!str_is(blank + 1, "exists") && !str_is(blank + 1, "absent")))
            return FALSE;
        out->op = str_is(blank + 1, "exists") ? "exists" : "absent";
        *blank = '\0';
        out->subject = g_strdup(g_strstrip(left));
        out->argument = g_strdup("");
        out->want = g_strdup("");
        return strchr(out->subject, '/') != NULL;
    }
    left = g_strndup(text, (gsize)(at - text));
    g_strstrip(left);
    out->want = g_strstrip(g_strdup(at + 1 + strlen(out->op)));
    if (strlen(out->want) >= 2 && (out->want[0] == '\'' || out->want[0] == '"') && out->want[strlen(out->want) - 1] == out->want[0]) {
        memmove(out->want, out->want + 1, strlen(out->want));
        out->want[strlen(out->want) - 1] = '\0';
    }
    blank = strchr(left, ' ');
    if (blank == NULL)
        return FALSE;
    *blank = '\0';
    out->subject = g_strdup(left);
    out->argument = g_strstrip(g_strdup(blank + 1));
    return TRUE;
}

/* "deployment/web" or "shop/deployment/web". */
static const ApiKind *
split_object(const char *subject, const char **out_namespace, const char **out_name)
{
    g_auto(GStrv) parts = g_strsplit(subject, "/", -1);
    guint n = g_strv_length(parts);
    const ApiKind *kind;

    if (n < 2 || n > 3)
        return NULL;
    kind = api_kind_find_resource(parts[n - 2]);
    if (kind == NULL)
        return NULL;
    *out_name = str_intern(parts[n - 1]);
    *out_namespace = !kind->is_namespaced ? NULL : str_intern(n == 3 ? parts[0] : "default");
    return kind;
}

static gboolean
contains_word(const char *const *words, const char *word)
{
    for (; *words != NULL; words++)
        if (str_is(*words, word))
            return TRUE;
    return FALSE;
}

/* "pods app=web phase=Running ready": NULL if it can be counted. (owned) */
static char *
check_count(const char *argument)
{
    g_auto(GStrv) words = g_strsplit(argument, " ", -1);
    const ApiKind *kind = words[0] != NULL ? api_kind_find_resource(words[0]) : NULL;

    if (kind == NULL)
        return g_strdup_printf("'%s' is no kind; write count pods app=web == 3", words[0] != NULL ? words[0] : "");
    for (guint i = 1; words[i] != NULL; i++) {
        gboolean is_of_pods = str_is(words[i], "ready") || g_str_has_prefix(words[i], "phase=");

        if (words[i][0] != '\0' && (is_of_pods ? kind != &pod_kind : strchr(words[i], '=') == NULL))
            return g_strdup_printf("'%s' cannot be counted by; write KEY=VALUE, or of pods ready or phase=Running", words[i]);
    }
    return NULL;
}

gboolean
condition_check(const char *text, char **out_message)
{
    g_auto(Parsed) parsed = {0};
    const char *namespace_, *name;

    if (!parse(text, &parsed)) {
        *out_message = g_strdup_printf("'%s' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%%", text);
        return FALSE;
    }
    if (g_str_has_prefix(parsed.subject, "traffic/")) {
        if (contains_word(measures, parsed.argument))
            return TRUE;
        *out_message = g_strdup_printf("'%s' is no measure of a traffic; write errorRatio, requests, ok, failed, timeout, refused, reset, p50, p90, p99 or p999", parsed.argument);
        return FALSE;
    }
    if (g_str_has_prefix(parsed.subject, "kubectl/")) {
        if (contains_word(streams, parsed.argument))
            return TRUE;
        *out_message = g_strdup_printf("'%s' is no result of a command; write kubectl/ID exit == 0, or stdout, or stderr", parsed.argument);
        return FALSE;
    }
    if (str_is(parsed.subject, "events")) {
        if (parsed.argument[0] != '\0' && strchr(parsed.argument, ' ') == NULL)
            return TRUE;
        *out_message = g_strdup_printf("'%s' is no reason of events; write events BackOff >= 3", parsed.argument);
        return FALSE;
    }
    if (str_is(parsed.subject, "count")) {
        *out_message = check_count(parsed.argument);
        return *out_message == NULL;
    }
    if (split_object(parsed.subject, &namespace_, &name) == NULL) {
        *out_message = g_strdup_printf("'%s' names no object; write KIND/NAME, such as deployment/web", parsed.subject);
        return FALSE;
    }
    if (str_is(parsed.op, "exists") || str_is(parsed.op, "absent"))
        return TRUE;
    if (parsed.argument[0] == '{' && jsonpath_check(parsed.argument, NULL))
        return TRUE;
    *out_message = g_strdup_printf("'%s' is no JSONPath; write {.status.readyReplicas}", parsed.argument);
    return FALSE;
}

/*
 * Numbers, percentages, quantities and durations compare by value, everything
 * else as text. In billionths. "5m" of an object is five thousandths, as the API
 * writes quantities; of a latency it is five minutes.
 */
static gboolean
parse_measure(const char *text, gboolean is_time, __int128 *out)
{
    gsize length = strlen(text);
    g_autofree char *copy = g_strdup(text);
    Quantity quantity;
    gint64 ns;

    if (length > 1 && text[length - 1] == '%') {
        copy[length - 1] = '\0';
        if (!quantity_parse(copy, &quantity))
            return FALSE;
        *out = quantity.nano / 100;
        return TRUE;
    }
    if (is_time && duration_parse(text, &ns)) {
        *out = ns;
        return TRUE;
    }
    if (quantity_parse(text, &quantity)) {
        *out = quantity.nano;
        return TRUE;
    }
    if (!duration_parse(text, &ns))
        return FALSE;
    *out = ns;
    return TRUE;
}

static gboolean
compare(const char *found, const char *op, const char *want, gboolean is_time)
{
    __int128 a, b;
    int order;

    if (str_is(op, "contains"))
        return strstr(found, want) != NULL;
    if (parse_measure(found, is_time, &a) && parse_measure(want, is_time, &b))
        order = a < b ? -1 : a > b;
    else if (!str_is(op, "==") && !str_is(op, "!=") && found[0] == '\0')
        return FALSE; /* nothing there is neither more nor less */
    else
        order = strcmp(found, want);
    if (str_is(op, "=="))
        return order == 0;
    if (str_is(op, "!="))
        return order != 0;
    if (str_is(op, ">="))
        return order >= 0;
    if (str_is(op, "<="))
        return order <= 0;
    return str_is(op, ">") ? order > 0 : order < 0;
}

static char *
found_in_object(const Parsed *parsed, Cluster *cluster, gboolean *out_exists)
{
    const char *namespace_ = NULL;
    const char *name = NULL;
    const ApiKind *kind = split_object(parsed->subject, &namespace_, &name);
    const ApiObject *object = kind != NULL ? apiserver_peek(cluster->server, kind, namespace_, name) : NULL;
    g_autoptr(Value) tree = NULL;
    char *text;

    *out_exists = object != NULL;
    if (object == NULL || parsed->argument[0] == '\0')
        return g_strdup("");
    tree = api_object_encode(object);
    text = jsonpath_format(parsed->argument, tree, NULL);
    return text != NULL ? text : g_strdup("");
}

static char *
found_in_traffic(const Parsed *parsed, Cluster *cluster)
{
    const Traffic *traffic = cluster_find_traffic(cluster, parsed->subject + strlen("traffic/"));
    const TrafficCounts *counts;
    guint64 done = 0, failed;
    static const struct {
        const char *name;
        guint permille;
    } quantiles[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p999", 999}};

    if (traffic == NULL)
        return g_strdup("");
    counts = traffic_counts(traffic);
    for (guint i = 0; i < FLOW_N_OUTCOMES; i++)
        done += counts->outcomes[i];
    failed = done - counts->outcomes[FLOW_OK];
    if (str_is(parsed->argument, "errorRatio")) {
        guint64 micro = done > 0 ? failed * 1000000 / done : 0;
        return g_strdup_printf("0.%06" G_GUINT64_FORMAT, MIN(micro, 999999));
    }
    if (str_is(parsed->argument, "requests"))
        return g_strdup_printf("%" G_GUINT64_FORMAT, counts->arrivals);
    if (str_is(parsed->argument, "failed"))
        return g_strdup_printf("%" G_GUINT64_FORMAT, failed);
    for (guint i = 0; i < G_N_ELEMENTS(quantiles); i++)
        if (str_is(parsed->argument, quantiles[i].name))
            return duration_format_go(MAX(traffic_quantile_ns(traffic, quantiles[i].permille), 0));
    {
        g_autoptr(Value) outcomes = traffic_outcomes(traffic);
        return g_strdup_printf("%" G_GINT64_FORMAT, value_get_int(outcomes, parsed->argument, 0));
    }
}

static gboolean
object_counts(const ApiObject *object, char **words)
{
    for (guint i = 1; words[0] != NULL && words[i] != NULL; i++) {
        char *equals = strchr(words[i], '=');

        if (words[i][0] == '\0')
            continue;
        if (str_is(words[i], "ready") && object->kind == &pod_kind) {
            if (!pod_is_ready(object))
                return FALSE;
        } else if (g_str_has_prefix(words[i], "phase=") && object->kind == &pod_kind) {
            if (!str_is(pod_status(object)->phase, equals + 1))
                return FALSE;
        } else if (equals != NULL) {
            g_autofree char *key = g_strndup(words[i], (gsize)(equals - words[i]));
            if (!str_is(str_map_get(&object->meta->labels, key), equals + 1))
                return FALSE;
        }
    }
    return TRUE;
}

static char *
found_count(const Parsed *parsed, Cluster *cluster)
{
    g_auto(GStrv) words = g_strsplit(parsed->argument, " ", -1);
    const ApiKind *kind = words[0] != NULL ? api_kind_find_resource(words[0]) : NULL;
    g_autoptr(GPtrArray) objects = kind != NULL ? apiserver_peek_list(cluster->server, kind, NULL) : g_ptr_array_new();
    guint count = 0;

    for (guint i = 0; i < objects->len; i++)
        count += object_counts(g_ptr_array_index(objects, i), words);
    return g_strdup_printf("%u", count);
}

static char *
found_events(const Parsed *parsed, Cluster *cluster)
{
    g_autoptr(GPtrArray) events = apiserver_peek_list(cluster->server, &event_kind, NULL);
    gint64 count = 0;

    for (guint i = 0; i < events->len; i++) {
        const EventBody *event = event_body(g_ptr_array_index(events, i));
        if (str_is(event->reason, parsed->argument))
            count += event->series != NULL ? event->series->count : MAX(event->count, 1);
    }
    return g_strdup_printf("%" G_GINT64_FORMAT, count);
}

static char *
found_in_command(const Parsed *parsed, const ConditionSource *source)
{
    int exit = 0;
    const char *out = "";
    const char *err = "";

    if (source == NULL || !source->command(source->self, parsed->subject + strlen("kubectl/"), &exit, &out, &err))
        return NULL;
    if (str_is(parsed->argument, "exit"))
        return g_strdup_printf("%d", exit);
    return g_strdup(str_is(parsed->argument, "stderr") ? err : out);
}

gboolean
condition_holds(const char *text, Cluster *cluster, const ConditionSource *source, char **out_found)
{
    g_auto(Parsed) parsed = {0};
    g_autofree char *found = NULL;
    gboolean holds;
    gboolean exists = TRUE;

    if (!parse(text, &parsed))
        return FALSE;
    if (g_str_has_prefix(parsed.subject, "traffic/"))
        found = found_in_traffic(&parsed, cluster);
    else if (str_is(parsed.subject, "count"))
        found = found_count(&parsed, cluster);
    else if (str_is(parsed.subject, "events"))
        found = found_events(&parsed, cluster);
    else if (g_str_has_prefix(parsed.subject, "kubectl/"))
        found = found_in_command(&parsed, source);
    else
        found = found_in_object(&parsed, cluster, &exists);
    if (str_is(parsed.op, "exists") || str_is(parsed.op, "absent")) {
        g_free(found);
        found = g_strdup(exists ? "exists" : "absent");
        holds = str_is(found, parsed.op);
    } else {
        holds = found != NULL && compare(found, parsed.op, parsed.want, g_str_has_prefix(parsed.subject, "traffic/"));
    }
    if (out_found != NULL)
        *out_found = g_strdup(found != NULL ? (exists ? found : "no such object") : "nothing yet");
    return holds;
}

ConditionTopic
condition_topic(const char *text)
{
    g_auto(Parsed) parsed = {0};
    ConditionTopic topic = {.type = TOPIC_CLOCK};

    if (!parse(text, &parsed) || g_str_has_prefix(parsed.subject, "traffic/") || g_str_has_prefix(parsed.subject, "kubectl/"))
        return topic;
    if (str_is(parsed.subject, "events") || str_is(parsed.subject, "count")) {
        g_auto(GStrv) words = g_strsplit(parsed.argument, " ", -1);

        topic.type = TOPIC_KIND;
        topic.kind = str_is(parsed.subject, "events") ? &event_kind : api_kind_find_resource(words[0] != NULL ? words[0] : "");
        return topic;
    }
    topic.type = TOPIC_OBJECT;
    topic.kind = split_object(parsed.subject, &topic.namespace_, &topic.name);
    return topic;
}
