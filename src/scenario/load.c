/* load.c - scenario_load: from a file to a checked Scenario; see scenario.h */

#include "scenario/scenario.h"

#include "base/duration.h"
#include "kubectl/kubectl.h"
#include "scenario/condition.h"
#include "scenario/faults.h"
#include "scenario/manifests.h"

#include <stdio.h>

typedef struct {
    const char *api_version, *kind;
    const Value *metadata;
    ScSpec spec;
} Root;

static const ScField root_fields[] = {
    {"apiVersion", SC_STRING, offsetof(Root, api_version), .doc = "desk8s/v1."},
    {"kind", SC_STRING, offsetof(Root, kind), .doc = "Scenario."},
    {"metadata", SC_VALUE, offsetof(Root, metadata), .doc = "name and description."},
    {"spec", SC_MAP, offsetof(Root, spec), .doc = "The scenario.", .fields = scenario_spec_fields},
    {0},
};

static char *
read_stream(FILE *stream, gsize *out_length)
{
    GString *text = g_string_new(NULL);
    char buffer[65536];
    gsize n;

    while ((n = fread(buffer, 1, sizeof buffer, stream)) > 0)
        g_string_append_len(text, buffer, (gssize)n);
    *out_length = text->len;
    return g_string_free(text, FALSE);
}

static char *
read_file(const char *path, gsize *out_length)
{
    char *text = NULL;

    if (str_is(path, "-"))
        return read_stream(stdin, out_length);
    return g_file_get_contents(path, &text, out_length, NULL) ? text : NULL;
}

char *
scenario_read_file(const Scenario *scenario, const char *path, gsize *out_length)
{
    GString *known = g_hash_table_lookup(scenario->files, path);
    g_autofree char *full = NULL;

    if (known != NULL) {
        *out_length = known->len;
        return g_strndup(known->str, known->len);
    }
    full = g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(scenario->directory, path, NULL);
    return read_file(full, out_length);
}

/* Files are read once, before the run: a run's result depends on nothing that changes meanwhile. */
static gboolean
remember_file(Scenario *scenario, const char *path)
{
    gsize length;
    char *text;

    if (g_hash_table_contains(scenario->files, path))
        return TRUE;
    text = scenario_read_file(scenario, path, &length);
    if (text == NULL)
        return FALSE;
    g_hash_table_insert(scenario->files, g_strdup(path), g_string_new_len(text, (gssize)length));
    g_free(text);
    return TRUE;
}

/* --- --set PATH=VALUE ---------------------------------------------------------------- */

static Value *
set_step(Value *at, const char *name, gboolean is_last, Value *leaf, const char *set, Diag *diag, SourcePos pos)
{
    char *bracket = strchr(name, '[');
    g_autofree char *key = bracket != NULL ? g_strndup(name, (gsize)(bracket - name)) : g_strdup(name);
    Value *next;

    if (at->type != VALUE_MAP) {
        diag_add(diag, DIAG_ERROR, pos, set, "'%s' is not inside a map", name);
        return NULL;
    }
    next = value_get(at, key);
    if (bracket == NULL) {
        if (is_last) {
            value_set(at, str_intern(key), leaf);
            return at;
        }
        if (next == NULL) {
            next = value_new_map();
            value_set(at, str_intern(key), next);
        }
        return next;
    }
    {
        gint64 index;
        g_autofree char *digits = g_strndup(bracket + 1, strcspn(bracket + 1, "]"));

        if (next == NULL || next->type != VALUE_LIST || !g_ascii_string_to_signed(digits, 10, 0, G_MAXINT, &index, NULL) || index >= next->count) {
            diag_add(diag, DIAG_ERROR, pos, set, "there is no element %s", name);
            return NULL;
        }
        if (!is_last)
            return next->items[index];
        value_remove_at(next, (guint)index);
        value_insert(next, (guint)index, leaf);
        return next;
    }
}

static void
apply_set(Value *document, const char *set, Diag *diag)
{
    SourcePos pos = {str_intern("--set"), 0, 0};
    const char *equals = strchr(set, '=');
    g_autofree char *path = NULL;
    g_auto(GStrv) parts = NULL;
    g_autoptr(GPtrArray) values = NULL;
    Value *at = document;
    Value *leaf;

    if (equals == NULL || equals == set) {
        diag_add(diag, DIAG_ERROR, pos, "", "'%s' is no PATH=VALUE; write spec.seed=9", set);
        return;
    }
    path = g_strndup(set, (gsize)(equals - set));
    values = value_read_yaml(equals + 1, strlen(equals + 1), "--set", diag);
    leaf = values != NULL && values->len > 0 ? value_copy(g_ptr_array_index(values, 0)) : value_new_string("");
    parts = g_strsplit(path, ".", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        at = set_step(at, parts[i], parts[i + 1] == NULL, leaf, path, diag, pos);
        if (at == NULL) {
            value_free(leaf);
            return;
        }
    }
}

/* --- checks that tables cannot say ------------------------------------------------------ */

static void
check_version(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const char *text = scenario->spec.kubernetes_version;
    gint64 minor = 0;

    if (text != NULL && g_str_has_prefix(text, "1.") && g_ascii_string_to_signed(text + 2, 10, 30, 36, &minor, NULL)) {
        scenario->version_minor = (guint)minor;
        return;
    }
    scenario->version_minor = 34;
    sc_error(reader, value_get(spec, "kubernetesVersion"), "spec.kubernetesVersion", "'%s' is no version that desk8s knows; write \"1.30\" to \"1.36\"", text != NULL ? text : "");
}

static void
check_nodes(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const ScList *groups = &scenario->spec.cluster.nodes;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    gint64 total = 0;

    for (guint i = 0; i < groups->count; i++) {
        ScNodeGroup *group = (ScNodeGroup *)(gpointer)groups->items + i;
        g_autofree char *path = g_strdup_printf("spec.cluster.nodes[%u]", i);
        const Value *at = value_get_path(spec, "cluster", "nodes", NULL)->items[i];

        total += group->has_count ? group->count : 1;
        if (!g_hash_table_add(seen, (gpointer)group->name) && !(group->has_count && group->first > 1))
            sc_error(reader, at, path, "a group named '%s' is there already; write another name, or `first`", group->name);
        for (guint k = 0; k < group->taints.count; k++)
            if (strchr(group->taints.items[k], ':') == NULL)
                sc_error(reader, at, path, "'%s' is no taint; write KEY=VALUE:NoSchedule", group->taints.items[k]);
    }
    if (total + scenario->nodes->len == 0)
        sc_error(reader, spec, "spec.cluster.nodes", "there are no nodes; write nodes: [{name: worker, count: 3, cpu: 4, memory: 8Gi}]");
}

/*
 * Counted groups are numbered; one that is called just `node` is lettered, node-a,
 * node-b, so that a node is not mistaken for its number among all.
 */
const char *
scenario_group_node_name(const ScNodeGroup *group, guint index)
{
    if (!group->has_count)
        return group->name;
    if (str_is(group->name, "node") && group->first + index <= 26)
        return str_internf("node-%c", (char)('a' + group->first - 1 + index));
    return str_internf("%s-%" G_GINT64_FORMAT, group->name, group->first + index);
}

GPtrArray *
scenario_node_names(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();
    const ScList *groups = &scenario->spec.cluster.nodes;

    for (guint i = 0; i < groups->count; i++) {
        const ScNodeGroup *group = (const ScNodeGroup *)(gconstpointer)groups->items + i;
        guint count = group->has_count ? (guint)group->count : 1;

        for (guint k = 0; k < count; k++)
            g_ptr_array_add(names, (gpointer)scenario_group_node_name(group, k));
    }
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const Value *node = g_array_index(scenario->nodes, ScManifest, i).value;
        const char *name = value_get_string(value_get(node, "metadata"), "name", NULL);
        if (name != NULL)
            g_ptr_array_add(names, (gpointer)name);
    }
    return names;
}

static gboolean
node_is_known(const Scenario *scenario, const char *name)
{
    g_autoptr(GPtrArray) names = scenario_node_names(scenario);

    for (guint i = 0; i < names->len; i++)
        if (str_is(g_ptr_array_index(names, i), name))
            return TRUE;
    return FALSE;
}

static void
check_traffic(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const ScList *list = &scenario->spec.traffic;

    for (guint i = 0; i < list->count; i++) {
        ScTraffic *traffic = (ScTraffic *)(gpointer)list->items + i;
        g_autofree char *path = g_strdup_printf("spec.traffic[%u].to", i);
        const Value *at = value_get(spec, "traffic")->items[i];
        const char *colon = traffic->to != NULL ? strrchr(traffic->to, ':') : NULL;
        gint64 port = 0;

        if (colon == NULL || !g_ascii_string_to_signed(colon + 1, 10, 1, 65535, &port, NULL)) {
            sc_error(reader, at, path, "'%s' is no destination with a port from 1 to 65535; write service/web:80 or nodePort/worker-1:30080", traffic->to != NULL ? traffic->to : "");
            continue;
        }
        traffic->port = (gint32)port;
        {
            g_autofree char *place = g_strndup(traffic->to, (gsize)(colon - traffic->to));
            g_auto(GStrv) parts = g_strsplit(place, "/", -1);
            guint n = g_strv_length(parts);

            if ((str_is(parts[0], "service") || str_is(parts[0], "svc")) && (n == 2 || n == 3)) {
                traffic->to_namespace = str_intern(n == 3 ? parts[1] : "default");
                traffic->to_service = str_intern(parts[n - 1]);
            } else if (str_is(parts[0], "nodePort") && n == 2) {
                traffic->to_node = str_intern(parts[1]);
                if (!node_is_known(scenario, parts[1]))
                    sc_error(reader, at, path, "there is no node '%s'; write the name of a node", parts[1]);
            } else {
                sc_error(reader, at, path, "'%s' is no destination; write service/web:80 or nodePort/worker-1:30080", traffic->to);
            }
        }
    }
}

static void
check_entry_files(const ScReader *reader, Scenario *scenario, const ScEntry *entry, const char *path)
{
    for (guint i = 0; entry->argv != NULL && entry->argv[i] != NULL; i++) {
        const char *file = NULL;

        if ((str_is(entry->argv[i], "-f") || str_is(entry->argv[i], "--filename")) && entry->argv[i + 1] != NULL)
            file = entry->argv[i + 1];
        else if (g_str_has_prefix(entry->argv[i], "--filename="))
            file = entry->argv[i] + strlen("--filename=");
        if (file != NULL && !str_is(file, "-") && !remember_file(scenario, file))
            sc_warning(reader, entry->source, path, "there is no file '%s'; the command will fail as kubectl does", file);
    }
}

static void
check_kubectl(const ScReader *reader, Scenario *scenario, ScEntry *entry, const char *path)
{
    g_autofree char *message = NULL;
    g_autofree char *wrong = NULL;
    const char *line = entry->kubectl;

    if (g_str_has_prefix(line, "kubectl "))
        line += strlen("kubectl ");
    entry->argv = kubectl_split(line, &message);
    if (entry->argv == NULL) {
        sc_error(reader, entry->source, path, "%s", message);
        return;
    }
    if (strstr(line, "$(") != NULL) {
        if (strchr(strstr(line, "$("), ')') == NULL)
            sc_error(reader, entry->source, path, "$( without ); write $(kubectl get pods -o name)");
        return; /* what it will say is not known yet */
    }
    wrong = kubectl_check((const char *const *)entry->argv);
    if (wrong != NULL)
        sc_warning(reader, value_get(entry->source, "kubectl"), path, "%s", wrong);
    check_entry_files(reader, scenario, entry, path);
}

static void
check_entry(const ScReader *reader, Scenario *scenario, ScEntry *entry, const char *path)
{
    guint verbs = (entry->kubectl != NULL) + (entry->fault != NULL) + (entry->mark != NULL) + (entry->traffic != NULL) + (entry->set != NULL);

    if (verbs != 1) {
        sc_error(reader, entry->source, path, "%s; write exactly one of kubectl, fault, mark, traffic, set", verbs == 0 ? "nothing happens here" : "several things happen here");
        return;
    }
    if ((guint)entry->has_at + (entry->after != NULL) + entry->has_every == 0)
        sc_error(reader, entry->source, path, "no time; write at: 10s, after: ID or every: 30s");
    if (entry->has_at && entry->after != NULL)
        sc_error(reader, entry->source, path, "both at and after; write one of them");
    if (entry->has_delay && entry->after == NULL)
        sc_error(reader, entry->source, path, "delay without after; write at, or after: ID beside it");
    if (entry->has_every && entry->every_ns == 0)
        sc_error(reader, entry->source, path, "every 0s never ends; write a time above 0");
    if ((entry->has_times || entry->has_until) && !entry->has_every)
        sc_error(reader, entry->source, path, "times and until belong to every; write every: 30s beside them");
    entry->verb = entry->kubectl != NULL ? ENTRY_KUBECTL : entry->fault != NULL ? ENTRY_FAULT : entry->mark != NULL ? ENTRY_MARK : entry->traffic != NULL ? ENTRY_TRAFFIC : ENTRY_SET;
    if (entry->verb == ENTRY_KUBECTL)
        check_kubectl(reader, scenario, entry, path);
    if (entry->verb == ENTRY_FAULT)
        entry->fault_args = fault_read(reader, scenario, entry->fault, path);
    if (entry->verb == ENTRY_SET) {
        g_autofree char *inner = g_strdup_printf("%s.set", path);

        entry->application = g_new0(ScApplication, 1);
        sc_defaults(scenario_application_fields, entry->application);
        if (entry->set->type == VALUE_MAP)
            sc_read(reader, scenario_application_fields, entry->application, entry->set, inner);
        else
            sc_error(reader, entry->set, inner, "expected a map; write {match: {image: 'nginx:*'}, crashAfter: 5s}");
    }
    if (entry->verb == ENTRY_TRAFFIC && (entry->traffic->type != VALUE_MAP || value_get(entry->traffic, "name") == NULL || value_get(entry->traffic, "rate") == NULL))
        sc_error(reader, entry->traffic, path, "a change of traffic needs a name and a rate; write {name: users, rate: 400/s}");
}

static void
check_timeline(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    const ScList *list = &scenario->spec.timeline;
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < list->count; i++) {
        ScEntry *entry = (ScEntry *)(gpointer)list->items + i;
        g_autofree char *path = g_strdup_printf("spec.timeline[%u]", i);

        entry->source = value_get(spec, "timeline")->items[i];
        if (entry->id != NULL && !g_hash_table_insert(ids, (gpointer)entry->id, entry))
            sc_error(reader, entry->source, path, "the id '%s' is used twice; write another", entry->id);
        check_entry(reader, scenario, entry, path);
    }
    for (guint i = 0; i < list->count; i++) {
        const ScEntry *entry = (const ScEntry *)(gconstpointer)list->items + i;
        g_autofree char *path = g_strdup_printf("spec.timeline[%u].after", i);

        if (entry->after != NULL && !g_hash_table_contains(ids, entry->after))
            sc_error(reader, entry->source, path, "no entry has the id '%s'; write id: %s at one", entry->after, entry->after);
    }
    for (guint i = 0; i < scenario->spec.expect.count; i++) {
        ScExpect *expect = (ScExpect *)(gpointer)scenario->spec.expect.items + i;
        g_autofree char *path = g_strdup_printf("spec.expect[%u]", i);
        g_autofree char *message = NULL;
        gint64 at_ns;

        expect->source = value_get(spec, "expect")->items[i];
        if ((expect->that != NULL) == (expect->always != NULL)) {
            sc_error(reader, expect->source, path, "write either that or always");
            continue;
        }
        if (expect->after != NULL && !g_hash_table_contains(ids, expect->after))
            sc_error(reader, expect->source, path, "no entry has the id '%s'; write id: %s at one", expect->after, expect->after);
        if (expect->at != NULL && !str_is(expect->at, "end") && !duration_parse(expect->at, &at_ns))
            sc_error(reader, expect->source, path, "'%s' is no time; write end, or a duration", expect->at);
        if (!condition_check(expect->that != NULL ? expect->that : expect->always, &message))
            sc_error(reader, expect->source, path, "%s", message);
    }
    if (scenario->spec.until != NULL) {
        g_autofree char *message = NULL;
        if (!condition_check(scenario->spec.until, &message))
            sc_error(reader, value_get(spec, "until"), "spec.until", "%s", message);
    }
}

/* --- rules for the world ------------------------------------------------------------------- */

static void
build_app_rule(AppRule *rule, const ScApplication *app)
{
    AppProfile *profile = &rule->profile;

    rule->match_image = app->match.image;
    if (app->match.labels.count > 0) {
        rule->match_labels_key = app->match.labels.items[0].key;
        rule->match_labels_value = app->match.labels.items[0].value;
    }
    if (app->match.image == NULL || !app_profile_well_known(app->match.image, profile))
        app_profile_init(profile);
#define TAKE(given, member, value)                                                                 \
    if (app->given)                                                                                \
    profile->member = (value)
    TAKE(has_startup, startup, app->startup);
    TAKE(has_stop, stop, app->stop);
    TAKE(has_ignores_term, ignores_term, app->ignores_term);
    TAKE(has_abrupt, abrupt_stop, app->abrupt);
    TAKE(has_serves, serves, app->serves);
    TAKE(has_close_delay, close_delay_ns, app->close_delay_ns);
    TAKE(has_memory, memory_bytes, app->memory_bytes);
    TAKE(has_memory_growth, memory_growth_bytes_per_s, app->memory_growth);
    TAKE(has_idle_cpu, idle_cpu_milli, app->idle_cpu_milli);
    TAKE(request.has_cpu, cpu_ns, app->request.cpu_ns);
    TAKE(request.has_wait, wait, app->request.wait);
    TAKE(request.has_concurrency, concurrency, (guint)app->request.concurrency);
    TAKE(request.has_backlog, backlog, (guint)app->request.backlog);
    TAKE(request.has_memory, request_memory_bytes, app->request.memory_bytes);
    TAKE(has_exit_after, exit_after_ns, app->exit_after_ns);
    TAKE(has_exit_after, exit_code, (gint32)app->exit_code);
    TAKE(has_crash_after, crash_after_ns, app->crash_after_ns);
    TAKE(has_crash_after, crash_exit_code, (gint32)app->crash_exit_code);
    TAKE(has_ready_delay, ready_delay_ns, app->ready_delay_ns);
    TAKE(has_unready_from, unready_from_ns, app->unready_from_ns);
    TAKE(has_unready_from, unready_until_ns, app->has_unready_until ? app->unready_until_ns : G_MAXINT64);
    TAKE(has_unhealthy_after, unhealthy_after_ns, app->unhealthy_after_ns);
#undef TAKE
}

static void
build_rules(Scenario *scenario)
{
    const ScList *images = &scenario->spec.images;
    const ScList *apps = &scenario->spec.applications;
    const ScList *timeline = &scenario->spec.timeline;

    scenario->n_image_rules = images->count;
    scenario->image_rules = g_new0(ImageRule, MAX(images->count, 1));
    for (guint i = 0; i < images->count; i++) {
        const ScImage *image = (const ScImage *)(gconstpointer)images->items + i;
        scenario->image_rules[i] = (ImageRule){image->match, image->size_bytes, image->present, image->missing, image->delay_ns, image->error};
    }
    scenario->app_rules = g_new0(AppRule, apps->count + timeline->count + 1);
    for (guint i = 0; i < apps->count; i++)
        build_app_rule(&scenario->app_rules[i], (const ScApplication *)(gconstpointer)apps->items + i);
    scenario->n_app_rules = apps->count;
    for (guint i = 0; i < timeline->count; i++) {
        ScEntry *entry = (ScEntry *)(gpointer)timeline->items + i;

        if (entry->application == NULL)
            continue;
        entry->app_rule = scenario->n_app_rules++;
        build_app_rule(&scenario->app_rules[entry->app_rule], entry->application);
        scenario->app_rules[entry->app_rule].match_image = "\001";
    }
}

/* --- reading ----------------------------------------------------------------------------------- */

static void
load_manifest_files(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    for (guint i = 0; i < scenario->spec.manifests.count; i++) {
        const char *path = scenario->spec.manifests.items[i];
        g_autoptr(GPtrArray) documents = NULL;
        g_autofree char *full = NULL;
        GString *text;

        if (!remember_file(scenario, path)) {
            const Value *list = value_get(spec, "manifests");
            sc_error(reader, list->type == VALUE_LIST && i < list->count ? list->items[i] : list, "spec.manifests", "there is no file '%s' beside the scenario; write a path relative to it", path);
            continue;
        }
        text = g_hash_table_lookup(scenario->files, path);
        full = str_is(scenario->directory, ".") ? g_strdup(path) : g_build_filename(scenario->directory, path, NULL);
        documents = value_read_yaml(text->str, text->len, str_intern(full), reader->diag);
        for (guint k = 0; documents != NULL && k < documents->len; k++) {
            Value *document = value_copy(g_ptr_array_index(documents, k));

            g_ptr_array_add(scenario->documents, document);
            if (document->type == VALUE_NULL)
                continue;
            manifest_check(full, document, reader->diag);
            manifest_add(scenario, full, document);
        }
    }
}

static void
read_metadata(const ScReader *reader, Scenario *scenario, const Value *document, const Value *metadata)
{
    scenario->name = value_get_string(metadata, "name", NULL);
    scenario->description = value_get_string(metadata, "description", "");
    if (str_is_empty(scenario->name)) {
        sc_error(reader, metadata != NULL ? metadata : document, "metadata.name", "the scenario has no name; write metadata: {name: my-scenario}");
        scenario->name = str_intern("unnamed");
    } else if (strchr(scenario->name, '/') != NULL || scenario->name[0] == '.') {
        sc_error(reader, metadata, "metadata.name", "'%s' cannot be the name of a directory; write letters, digits and '-'", scenario->name);
    }
}

static void
read_scenario(Scenario *scenario, const Value *document, Diag *diag)
{
    ScReader reader = {scenario->file, diag};
    Root root = {0};
    const Value *spec = value_get(document, "spec");

    sc_defaults(root_fields, &root);
    sc_read(&reader, root_fields, &root, document, "");
    scenario->spec = root.spec;
    if (!str_is(root.api_version, "desk8s/v1"))
        sc_error(&reader, value_get(document, "apiVersion"), "apiVersion", "'%s' is no version of Scenario; write desk8s/v1", root.api_version != NULL ? root.api_version : "");
    read_metadata(&reader, scenario, document, root.metadata);
    if (spec == NULL || spec->type != VALUE_MAP) {
        sc_error(&reader, document, "spec", "the scenario has no spec; write spec: with cluster, duration, timeline");
        return;
    }
    if (!scenario->spec.has_duration && scenario->spec.until == NULL)
        sc_error(&reader, spec, "spec.duration", "no end; write duration: 5m, or until: a condition");
    if (!scenario->spec.has_duration)
        scenario->spec.duration_ns = 24 * NS_PER_HOUR;
    check_version(&reader, scenario, spec);
    load_manifest_files(&reader, scenario, spec);
    check_nodes(&reader, scenario, spec);
    check_traffic(&reader, scenario, spec);
    check_timeline(&reader, scenario, spec);
    build_rules(scenario);
}

static gboolean
is_scenario(const Value *document)
{
    const char *version = value_get_string(document, "apiVersion", "");

    return str_is(value_get_string(document, "kind", NULL), "Scenario") || g_str_has_prefix(version, "desk8s/");
}

static void
free_text(gpointer text)
{
    g_string_free(text, TRUE);
}

static Scenario *
scenario_new(const char *path)
{
    Scenario *scenario = g_new0(Scenario, 1);
    g_autofree char *directory = g_path_get_dirname(path);

    scenario->file = str_intern(str_is(path, "-") ? "stdin" : path);
    scenario->directory = str_intern(directory);
    scenario->documents = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    scenario->manifests = g_array_new(FALSE, TRUE, sizeof(ScManifest));
    scenario->nodes = g_array_new(FALSE, TRUE, sizeof(ScManifest));
    scenario->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_text);
    return scenario;
}

Scenario *
scenario_load(const char *path, const char *const *sets, Diag *diag)
{
    Scenario *scenario = scenario_new(path);
    g_autoptr(GPtrArray) documents = NULL;
    Value *main_document = NULL;
    SourcePos pos = {scenario->file, 0, 0};

    scenario->text = read_file(path, &scenario->text_length);
    if (scenario->text == NULL) {
        diag_add(diag, DIAG_ERROR, pos, "", "there is no such file, or it cannot be read");
        scenario_free(scenario);
        return NULL;
    }
    documents = value_read_yaml(scenario->text, scenario->text_length, scenario->file, diag);
    for (guint i = 0; documents != NULL && i < documents->len; i++) {
        Value *document = value_copy(g_ptr_array_index(documents, i));

        g_ptr_array_add(scenario->documents, document);
        if (document->type == VALUE_NULL)
            continue;
        if (!is_scenario(document)) {
            manifest_check(scenario->file, document, diag);
            manifest_add(scenario, scenario->file, document);
        } else if (main_document == NULL) {
            main_document = document;
        } else {
            SourcePos second = {scenario->file, document->line, document->column};
            diag_add(diag, DIAG_ERROR, second, "", "a second Scenario in one file; write it into a file of its own");
        }
    }
    if (main_document == NULL) {
        if (diag_count_errors(diag) == 0)
            diag_add(diag, DIAG_ERROR, pos, "", "no Scenario in this file; write apiVersion: desk8s/v1 and kind: Scenario");
        scenario_free(scenario);
        return NULL;
    }
    for (guint i = 0; sets != NULL && sets[i] != NULL; i++)
        apply_set(main_document, sets[i], diag);
    read_scenario(scenario, main_document, diag);
    return scenario;
}

void
scenario_check_file(const char *path, Diag *diag)
{
    gsize length;
    g_autofree char *text = read_file(path, &length);
    g_autoptr(GPtrArray) documents = NULL;
    gboolean has_scenario = FALSE;
    SourcePos pos = {str_intern(path), 0, 0};

    if (text == NULL) {
        diag_add(diag, DIAG_ERROR, pos, "", "there is no such file, or it cannot be read");
        return;
    }
    documents = value_read_yaml(text, length, str_intern(path), diag);
    for (guint i = 0; documents != NULL && i < documents->len; i++)
        has_scenario = has_scenario || is_scenario(g_ptr_array_index(documents, i));
    if (has_scenario) {
        g_autoptr(Diag) again = diag_new(); /* syntax was reported above */
        g_autoptr(Scenario) scenario = scenario_load(path, NULL, diag_count_errors(diag) > 0 ? again : diag);
        return;
    }
    for (guint i = 0; documents != NULL && i < documents->len; i++) {
        const Value *document = g_ptr_array_index(documents, i);
        if (document->type != VALUE_NULL)
            manifest_check(path, document, diag);
    }
}

void
scenario_free(Scenario *scenario)
{
    if (scenario == NULL)
        return;
    for (guint i = 0; i < scenario->spec.timeline.count; i++) {
        ScEntry *entry = (ScEntry *)(gpointer)scenario->spec.timeline.items + i;
        g_strfreev(entry->argv);
        fault_args_free(entry->fault_args);
        if (entry->application != NULL)
            sc_clear(scenario_application_fields, entry->application);
        g_free(entry->application);
    }
    {
        Root root = {.spec = scenario->spec};
        sc_clear(root_fields, &root);
    }
    g_free(scenario->image_rules);
    g_free(scenario->app_rules);
    g_hash_table_unref(scenario->files);
    g_array_unref(scenario->manifests);
    g_array_unref(scenario->nodes);
    g_ptr_array_unref(scenario->documents);
    g_free(scenario->text);
    g_free(scenario);
}
