/* references.c - see references.h */

#include "scenario/references.h"

#include "api/kinds.h"
#include "api/kinds/explain.h"
#include "scenario/check.h"
#include "scenario/condition.h"

/* v1.34 cmd/kube-apiserver: --service-node-port-range */
#define NODE_PORT_FIRST 30000
#define NODE_PORT_LAST 32767

static void
warn(Diag *diag, const char *file, const Value *at, const char *path, const char *text)
{
    diag_add(diag, DIAG_WARNING, (SourcePos){file, at != NULL ? at->line : 0, at != NULL ? at->column : 0}, path, "%s", text);
}

static const char *
namespace_of(const ScManifest *manifest)
{
    return value_get_string(value_get(manifest->value, "metadata"), "namespace", "default");
}

static const char *
name_of(const ScManifest *manifest)
{
    return value_get_string(value_get(manifest->value, "metadata"), "name", "");
}

static const Value *
find_manifest(const Scenario *scenario, const ApiKind *kind, const char *namespace_, const char *name)
{
    for (guint i = 0; i < scenario->manifests->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->manifests, ScManifest, i);

        if (manifest->kind == kind && str_is(name_of(manifest), name) &&
            (!kind->is_namespaced || str_is(namespace_of(manifest), namespace_)))
            return manifest->value;
    }
    return NULL;
}

/* Does a file that a command reads contain the name? The files of spec.manifests are known as what they are. */
static gboolean
is_in_files(const Scenario *scenario, const char *name)
{
    GHashTableIter iter;
    gpointer path, text;

    g_hash_table_iter_init(&iter, scenario->files);
    while (g_hash_table_iter_next(&iter, &path, &text)) {
        gboolean is_manifest = FALSE;

        for (guint i = 0; i < scenario->spec.manifests.count; i++)
            is_manifest = is_manifest || str_is(scenario->spec.manifests.items[i], path);
        if (!is_manifest && strstr(((const GString *)text)->str, name) != NULL)
            return TRUE; /* whichever file it is */
    }
    return FALSE;
}

static gboolean
is_in_commands(const Scenario *scenario, const char *name)
{
    for (guint i = 0; i < scenario->spec.timeline.count; i++) {
        const ScEntry *entry = (const ScEntry *)(gconstpointer)scenario->spec.timeline.items + i;

        if ((entry->kubectl != NULL && strstr(entry->kubectl, name) != NULL) || (entry->input != NULL && strstr(entry->input, name) != NULL))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_mentioned(const Scenario *scenario, const char *name)
{
    return is_in_commands(scenario, name) || is_in_files(scenario, name);
}

/* The nearest name of that kind among the manifests; NULL: none. */
static const char *
nearest_of(const Scenario *scenario, const ApiKind *kind, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < scenario->manifests->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->manifests, ScManifest, i);

        if (manifest->kind == kind)
            g_ptr_array_add(names, (gpointer)name_of(manifest));
    }
    g_ptr_array_add(names, NULL);
    return diag_nearest(name, (const char *const *)names->pdata);
}

static void
warn_missing(const Scenario *scenario, Diag *diag, const ApiKind *kind, const char *name, const Value *at, const char *path)
{
    const char *near = nearest_of(scenario, kind, name);
    g_autofree char *text = g_strdup_printf("no manifest and no command makes a %s '%s'%s%s", kind->kind, name, near != NULL ? "; write " : "", near != NULL ? near : "");

    warn(diag, scenario->file, at, path, text);
}

/* --- traffic ----------------------------------------------------------------------------------- */

static gboolean
has_port(const Value *service, gint32 port, gint64 *out_first)
{
    const Value *ports = value_get_path(service, "spec", "ports", NULL);

    *out_first = 0;
    for (guint i = 0; ports != NULL && ports->type == VALUE_LIST && i < ports->count; i++) {
        gint64 has = value_get_int(ports->items[i], "port", 0);

        if (has == port)
            return TRUE;
        if (*out_first == 0)
            *out_first = has;
    }
    return FALSE;
}

static void
check_traffic(const Scenario *scenario, Diag *diag, const Value *list)
{
    for (guint i = 0; i < scenario->spec.traffic.count; i++) {
        const ScTraffic *traffic = (const ScTraffic *)(gconstpointer)scenario->spec.traffic.items + i;
        const Value *at = check_place(check_item(list, i), "to");
        g_autofree char *path = g_strdup_printf("spec.traffic[%u].to", i);
        const Value *service;
        gint64 first;

        if (traffic->to_service == NULL || is_in_files(scenario, traffic->to_service))
            continue;
        service = find_manifest(scenario, &service_kind, traffic->to_namespace, traffic->to_service);
        if (service == NULL && is_in_commands(scenario, traffic->to_service))
            continue;
        if (service == NULL) {
            warn_missing(scenario, diag, &service_kind, traffic->to_service, at, path);
        } else if (!has_port(service, traffic->port, &first) && first != 0 && !is_in_commands(scenario, "patch")) {
            g_autofree char *text = g_strdup_printf("Service %s has no port %d; write %" G_GINT64_FORMAT, traffic->to_service, traffic->port, first);

            warn(diag, scenario->file, at, path, text);
        }
    }
}

/* --- expectations ---------------------------------------------------------------------------------- */

/* Kinds whose objects only people make, under names that they choose. */
static gboolean
is_made_by_people(const ApiKind *kind)
{
    return kind == &deployment_kind || kind == &stateful_set_kind || kind == &daemon_set_kind || kind == &cron_job_kind || kind == &hpa_kind ||
           kind == &pdb_kind;
}

/* "{.status.conditions[?(...)].status}" of a Deployment: "deployment.status.conditions". NULL: nothing to look up. (owned) */
static char *
field_path(const ApiKind *kind, const char *condition)
{
    const char *at = strstr(condition, " {.");
    gsize length;

    if (at == NULL || (!g_str_has_prefix(at, " {.status.") && !g_str_has_prefix(at, " {.spec.")))
        return NULL;
    at += strlen(" {.");
    length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.");
    while (length > 0 && at[length - 1] == '.')
        length--;
    return g_strdup_printf("%s.%.*s", kind->singular, (int)length, at);
}

static void
check_condition(const Scenario *scenario, Diag *diag, const char *condition, const Value *at, const char *path)
{
    ConditionTopic topic = condition_topic(condition);
    g_autofree char *field = NULL;
    g_autofree char *problem = NULL;

    if (topic.type != TOPIC_OBJECT)
        return;
    field = field_path(topic.kind, condition);
    problem = field != NULL ? api_explain_problem(field) : NULL;
    /* Only a slip is certain: below a map of any keys nothing is near. */
    if (problem != NULL && strstr(problem, "did you mean") != NULL)
        warn(diag, scenario->file, at, path, problem);
    if (is_made_by_people(topic.kind) && !g_str_has_suffix(condition, " absent") && !is_mentioned(scenario, topic.name) &&
        find_manifest(scenario, topic.kind, topic.namespace_, topic.name) == NULL)
        warn_missing(scenario, diag, topic.kind, topic.name, at, path);
}

static void
check_expect(const Scenario *scenario, Diag *diag)
{
    for (guint i = 0; i < scenario->spec.expect.count; i++) {
        const ScExpect *expect = (const ScExpect *)(gconstpointer)scenario->spec.expect.items + i;
        const char *key = expect->that != NULL ? "that" : "always";
        g_autofree char *path = g_strdup_printf("spec.expect[%u].%s", i, key);

        check_condition(scenario, diag, expect->that != NULL ? expect->that : expect->always, check_place(expect->source, key), path);
    }
}

/* --- namespaces --------------------------------------------------------------------------------------- */

static void
check_namespaces(const Scenario *scenario, Diag *diag)
{
    static const char *const own[] = {"default", "kube-system", "kube-public", "kube-node-lease", NULL};

    for (guint i = 0; i < scenario->manifests->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->manifests, ScManifest, i);
        const char *name = namespace_of(manifest);
        g_autofree char *text = NULL;

        if (manifest->kind == NULL || !manifest->kind->is_namespaced || g_strv_contains(own, name) || is_mentioned(scenario, name) ||
            find_manifest(scenario, &namespace_kind, NULL, name) != NULL)
            continue;
        text = g_strdup_printf("no manifest and no command makes the namespace '%s', so the server will refuse it", name);
        warn(diag, manifest->file, check_place(value_get(manifest->value, "metadata"), "namespace"), "metadata.namespace", text);
    }
}

void
references_check_document(const char *file, const Value *document, Diag *diag)
{
    const Value *ports = value_get_path(document, "spec", "ports", NULL);

    for (guint i = 0; str_is(value_get_string(document, "kind", NULL), "Service") && ports != NULL && ports->type == VALUE_LIST && i < ports->count; i++) {
        gint64 port = value_get_int(ports->items[i], "nodePort", 0);
        g_autofree char *path = g_strdup_printf("spec.ports[%u].nodePort", i);
        g_autofree char *text = NULL;

        if (port == 0 || (port >= NODE_PORT_FIRST && port <= NODE_PORT_LAST))
            continue;
        text = g_strdup_printf("the server will refuse %" G_GINT64_FORMAT ": provided port is not in the valid range; write one from %d to %d", port,
                               NODE_PORT_FIRST, NODE_PORT_LAST);
        warn(diag, str_intern(file), check_place(ports->items[i], "nodePort"), path, text);
    }
}

void
references_check(const Scenario *scenario, Diag *diag)
{
    const Value *spec = NULL;

    for (guint i = 0; i < scenario->documents->len; i++) {
        const Value *document = g_ptr_array_index(scenario->documents, i);

        if (str_is(value_get_string(document, "kind", NULL), "Scenario"))
            spec = value_get(document, "spec");
    }
    check_traffic(scenario, diag, value_get(spec, "traffic"));
    check_expect(scenario, diag);
    check_namespaces(scenario, diag);
    for (guint i = 0; i < scenario->manifests->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->manifests, ScManifest, i);

        references_check_document(manifest->file, manifest->value, diag);
    }
}
