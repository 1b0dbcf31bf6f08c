/* load.c - scenario_load: from a file to a checked Scenario; see scenario.h */

#include "scenario/scenario.h"

#include "api/profile.h"
#include "base/duration.h"
#include "scenario/check.h"
#include "scenario/commands.h"
#include "scenario/references.h"
#include "scenario/faults.h"
#include "scenario/manifests.h"
#include "scenario/set.h"

#include <errno.h>
#include <glib/gstdio.h>

#include <stdio.h>

typedef struct {
    const char *name, *description;
} Metadata;

typedef struct {
    const char *api_version, *kind;
    Metadata metadata;
    ScSpec spec;
} Root;

static const ScField metadata_fields[] = {
    {"name", SC_STRING, offsetof(Metadata, name), .doc = "Name of the scenario, and of the directory of its results."},
    {"description", SC_STRING, offsetof(Metadata, description), .doc = "What it is about.", .def = ""},
    {0},
};
static const ScField root_fields[] = {
    {"apiVersion", SC_STRING, offsetof(Root, api_version), .doc = "desk8s/v1."},
    {"kind", SC_STRING, offsetof(Root, kind), .doc = "Scenario."},
    {"metadata", SC_MAP, offsetof(Root, metadata), .doc = "name and description.", .fields = metadata_fields},
    {"spec", SC_MAP, offsetof(Root, spec), .doc = "The scenario.", .fields = scenario_spec_fields},
    {0},
};

/* More than any scenario has; a device that never ends must not fill the memory. */
#define MAX_FILE_BYTES (64 << 20)

/* NULL and why not in @out_why (interned). */
static char *
read_stream(FILE *stream, gsize *out_length, const char **out_why)
{
    GString *text = g_string_new(NULL);
    g_autofree char *buffer = g_malloc(65536);
    gsize n;

    while (text->len <= MAX_FILE_BYTES && (n = fread(buffer, 1, 65536, stream)) > 0)
        g_string_append_len(text, buffer, (gssize)n);
    if (ferror(stream) != 0)
        *out_why = str_internf("it cannot be read: %s; write the path of a file", g_strerror(errno));
    else if (text->len > MAX_FILE_BYTES)
        *out_why = str_internf("it is larger than %d MiB; split it", MAX_FILE_BYTES >> 20);
    else
        *out_why = NULL;
    *out_length = text->len;
    return g_string_free(text, *out_why != NULL);
}

static char *
read_file(const char *path, gsize *out_length, const char **out_why)
{
    FILE *stream;
    char *text;

    if (str_is(path, "-"))
        return read_stream(stdin, out_length, out_why);
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
        *out_why = "this is a directory; write the path of a file in it";
        return NULL;
    }
    stream = g_fopen(path, "rb");
    if (stream == NULL) {
        *out_why = errno == ENOENT ? "there is no such file; write the path of one that exists" : str_internf("it cannot be read: %s; write the path of a file", g_strerror(errno));
        return NULL;
    }
    text = read_stream(stream, out_length, out_why);
    fclose(stream);
    return text;
}

char *
scenario_read_file(const Scenario *scenario, const char *path, gsize *out_length)
{
    GString *known = g_hash_table_lookup(scenario->files, path);
    g_autofree char *full = NULL;
    const char *why;

    if (known != NULL) {
        *out_length = known->len;
        return g_strndup(known->str, known->len);
    }
    full = g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(scenario->directory, path, NULL);
    return read_file(full, out_length, &why);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **
scenario_list_files(const Scenario *scenario, const char *path)
{
    g_autofree char *full = g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(scenario->directory, path, NULL);
    /* What was read is a file: nobody need look again. */
    GDir *directory = g_hash_table_contains(scenario->files, path) ? NULL : g_dir_open(full, 0, NULL);
    GPtrArray *names;
    const char *name;

    if (directory == NULL)
        return NULL;
    names = g_ptr_array_new();
    while ((name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *below = g_build_filename(full, name, NULL);

        g_ptr_array_add(names, g_strconcat(name, g_file_test(below, G_FILE_TEST_IS_DIR) ? "/" : "", NULL));
    }
    g_dir_close(directory);
    g_ptr_array_sort(names, by_text);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

gboolean
scenario_remember_file(Scenario *scenario, const char *path)
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

/* What the manifests are held against, before the scenario is read as a whole. */
static guint
document_profile(const Value *spec)
{
    const char *version = value_get_string(spec, "kubernetesVersion", "1.34");
    guint64 minor = 34;

    if (g_str_has_prefix(version, "1."))
        g_ascii_string_to_unsigned(version + 2, 10, PROFILE_MINOR_FIRST, PROFILE_MINOR_LAST, &minor, NULL);
    return scenario_profile(spec, (guint)minor);
}

static void
load_manifest_files(const ScReader *reader, Scenario *scenario, const Value *spec)
{
    for (guint i = 0; i < scenario->spec.manifests.count; i++) {
        const char *path = scenario->spec.manifests.items[i];
        g_autoptr(GPtrArray) documents = NULL;
        g_autofree char *full = NULL;
        GString *text;

        if (!scenario_remember_file(scenario, path)) {
            const Value *list = value_get(spec, "manifests");
            const Value *item = check_item(list, i);

            sc_error(reader, item != NULL ? item : list, "spec.manifests", "there is no file '%s' beside the scenario; write a path relative to it", path);
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
            manifest_check(full, document, document_profile(spec), reader->diag);
            manifest_add(scenario, full, document);
        }
    }
}

static void
check_metadata(const ScReader *reader, Scenario *scenario, const Value *document, const Metadata *metadata)
{
    const Value *at = check_place(document, "metadata");

    scenario->name = metadata->name;
    scenario->description = metadata->description;
    if (str_is_empty(scenario->name)) {
        sc_error(reader, at, "metadata.name", "the scenario has no name; write metadata: {name: my-scenario}");
        scenario->name = str_intern("unnamed");
    } else if (strchr(scenario->name, '/') != NULL || scenario->name[0] == '.' || strlen(scenario->name) > 200) {
        sc_error(reader, check_place(at, "name"), "metadata.name", "'%s' cannot be the name of a directory; write letters, digits and '-'", scenario->name);
    }
}

static void
choose_pod_cidr(Scenario *scenario)
{
    g_autoptr(GPtrArray) names = scenario_node_names(scenario);

    if (scenario->spec.cluster.network.pod_cidr == NULL)
        scenario->spec.cluster.network.pod_cidr = scenario_pod_cidr_for(names->len);
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
        sc_error(&reader, check_place(document, "apiVersion"), "apiVersion", "'%s' is no version of Scenario; write desk8s/v1", root.api_version != NULL ? root.api_version : "");
    check_metadata(&reader, scenario, document, &root.metadata);
    if (spec == NULL || spec->type != VALUE_MAP) {
        sc_error(&reader, document, "spec", "the scenario has no spec; write spec: with cluster, duration, timeline");
        return;
    }
    if (!scenario->spec.has_duration)
        scenario->spec.duration_ns = 24 * NS_PER_HOUR;
    load_manifest_files(&reader, scenario, spec);
    choose_pod_cidr(scenario);
    scenario_check(&reader, scenario, spec);
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

/* A scenario of @text (taken over), which came from @path. */
static Scenario *
load_text(const char *path, char *text, gsize length, const char *const *sets, Diag *diag)
{
    Scenario *scenario = scenario_new(path);
    g_autoptr(GPtrArray) documents = NULL;
    Value *main_document = NULL;
    SourcePos pos = {scenario->file, 1, 1};

    scenario->text = text;
    scenario->text_length = length;
    documents = value_read_yaml(scenario->text, scenario->text_length, scenario->file, diag);
    for (guint i = 0; documents != NULL && i < documents->len; i++) {
        Value *document = value_copy(g_ptr_array_index(documents, i));

        g_ptr_array_add(scenario->documents, document);
        if (document->type == VALUE_NULL)
            continue;
        if (!is_scenario(document))
            continue;
        if (main_document == NULL) {
            main_document = document;
        } else {
            SourcePos second = {scenario->file, document->line, document->column};
            diag_add(diag, DIAG_ERROR, second, "", "a second Scenario in one file; write it into a file of its own");
        }
    }
    for (guint i = 0; main_document != NULL && sets != NULL && sets[i] != NULL; i++)
        set_apply(main_document, sets[i], diag);
    for (guint i = 0; i < scenario->documents->len; i++) {
        Value *document = g_ptr_array_index(scenario->documents, i);

        if (document->type == VALUE_NULL || is_scenario(document))
            continue;
        manifest_check(scenario->file, document, document_profile(value_get(main_document, "spec")), diag);
        manifest_add(scenario, scenario->file, document);
    }
    if (main_document == NULL) {
        if (diag_count_errors(diag) == 0)
            diag_add(diag, DIAG_ERROR, pos, "", "no Scenario in this file; write apiVersion: desk8s/v1 and kind: Scenario");
        scenario_free(scenario);
        return NULL;
    }
    read_scenario(scenario, main_document, diag);
    return scenario;
}

/* NULL, and a mistake: it cannot be read. (owned) */
static char *
read_or_say(const char *path, gsize *out_length, Diag *diag)
{
    const char *why = NULL;
    char *text = read_file(path, out_length, &why);

    if (text == NULL)
        diag_add(diag, DIAG_ERROR, (SourcePos){str_intern(str_is(path, "-") ? "stdin" : path), 0, 0}, "", "%s", why);
    return text;
}

Scenario *
scenario_load(const char *path, const char *const *sets, Diag *diag)
{
    gsize length;
    char *text = read_or_say(path, &length, diag);

    return text != NULL ? load_text(path, text, length, sets, diag) : NULL;
}

void
scenario_check_file(const char *path, Diag *diag)
{
    const char *name = str_intern(str_is(path, "-") ? "stdin" : path);
    gsize length;
    g_autofree char *text = read_or_say(path, &length, diag);
    g_autoptr(GPtrArray) documents = NULL;
    gboolean has_scenario = FALSE;
    guint n_read = 0;

    if (text == NULL)
        return;
    documents = value_read_yaml(text, length, name, diag);
    for (guint i = 0; documents != NULL && i < documents->len; i++)
        has_scenario = has_scenario || is_scenario(g_ptr_array_index(documents, i));
    if (has_scenario) {
        g_autoptr(Diag) again = diag_new(); /* syntax was reported above */
        g_autoptr(Scenario) scenario = load_text(path, g_steal_pointer(&text), length, NULL, diag_count_errors(diag) > 0 ? again : diag);

        if (scenario != NULL && diag_count_errors(diag) == 0) {
            commands_check(scenario, diag);
            references_check(scenario, diag);
        }
        return;
    }
    for (guint i = 0; documents != NULL && i < documents->len; i++) {
        const Value *document = g_ptr_array_index(documents, i);
        if (document->type == VALUE_NULL)
            continue;
        n_read++;
        manifest_check(name, document, 34, diag);
        commands_check_document(name, document, NULL, diag);
        references_check_document(name, document, diag);
    }
    if (n_read == 0 && diag_count_errors(diag) == 0)
        diag_add(diag, DIAG_ERROR, (SourcePos){name, 0, 0}, "", "nothing in it; write a scenario or manifests");
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
