/* commands.c - see commands.h */

#include "scenario/commands.h"

#include "world/runtime.h"

typedef struct {
    const char *file;
    const Scenario *scenario; /* NULL: no applications */
    Diag *diag;
    GPtrArray *labels; /* of the pod: keys and values by turns, NULL at the end */
} Place;

/* The strings of a list; NULL if it is none. (owned array) */
static const char **
words_of(const Value *list)
{
    const char **words;

    if (list == NULL || list->type != VALUE_LIST)
        return NULL;
    words = g_new0(const char *, list->count + 1);
    for (guint i = 0; i < list->count; i++) {
        words[i] = list->items[i]->text;
        if (words[i] == NULL) {
            g_free(words);
            return NULL;
        }
    }
    return words;
}

static gboolean
is_described(const Place *place, const char *image)
{
    for (guint i = 0; place->scenario != NULL && i < place->scenario->n_app_rules; i++)
        if (app_rule_matches(&place->scenario->app_rules[i], image, (const char *const *)place->labels->pdata))
            return TRUE;
    return FALSE;
}

/* @at: where @command stands, or its arguments if they stand alone. */
static void
check_words(const Place *place, const char *image, const Value *command, const Value *args, const char *path)
{
    const Value *at = command != NULL ? command : args;
    g_autofree const char **command_words = words_of(command);
    g_autofree const char **args_words = words_of(args);
    g_autofree char *problem = NULL;

    if (at == NULL)
        return;
    problem = runtime_check_command(image, command_words, args_words);
    if (problem != NULL)
        diag_add(place->diag, DIAG_WARNING, (SourcePos){str_intern(place->file), at->line, at->column}, path,
                 "%s; write an entry in spec.applications that matches '%s' and says what it does", problem, image);
}

static void
check_container(const Place *place, const Value *container, const char *path)
{
    static const char *const execs[][2] = {
        {"livenessProbe", NULL}, {"readinessProbe", NULL}, {"startupProbe", NULL}, {"lifecycle", "postStart"}, {"lifecycle", "preStop"}};
    const char *image = value_get_string(container, "image", "");
    const Value *command = value_get(container, "command");
    g_autofree char *main_path = g_strdup_printf("%s.%s", path, command != NULL ? "command" : "args");

    if (is_described(place, image))
        return;
    check_words(place, image, command, value_get(container, "args"), main_path);
    for (guint i = 0; i < G_N_ELEMENTS(execs); i++) {
        const Value *at = value_get(container, execs[i][0]);
        g_autofree char *exec_path = g_strdup_printf("%s.%s%s%s.exec.command", path, execs[i][0], execs[i][1] != NULL ? "." : "", execs[i][1] != NULL ? execs[i][1] : "");

        if (at != NULL && execs[i][1] != NULL)
            at = value_get(at, execs[i][1]);
        if (at != NULL)
            check_words(place, image, value_get_path(at, "exec", "command", NULL), NULL, exec_path);
    }
}

static void
check_containers(const Place *place, const Value *spec, const char *prefix, const char *key)
{
    const Value *list = value_get(spec, key);

    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++) {
        g_autofree char *path = g_strdup_printf("%s.%s[%u]", prefix, key, i);

        check_container(place, list->items[i], path);
    }
}

/* Where a kind has its pod: the Pod itself, or a template. */
static const Value *
find_pod(const Value *document, const char **out_path)
{
    static const char *const paths[] = {"spec.jobTemplate.spec.template", "spec.template", "template"};

    if (str_is(value_get_string(document, "kind", NULL), "Pod")) {
        *out_path = "spec";
        return document;
    }
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_auto(GStrv) names = g_strsplit(paths[i], ".", -1);
        const Value *at = document;

        for (guint k = 0; at != NULL && names[k] != NULL; k++)
            at = value_get(at, names[k]);
        if (at != NULL) {
            *out_path = str_internf("%s.spec", paths[i]);
            return at;
        }
    }
    return NULL;
}

static GPtrArray *
labels_of(const Value *pod)
{
    const Value *labels = value_get_path(pod, "metadata", "labels", NULL);
    GPtrArray *words = g_ptr_array_new();

    for (guint i = 0; labels != NULL && labels->type == VALUE_MAP && i < labels->count; i++) {
        if (labels->items[i]->text == NULL)
            continue;
        g_ptr_array_add(words, (gpointer)labels->keys[i]);
        g_ptr_array_add(words, (gpointer)labels->items[i]->text);
    }
    g_ptr_array_add(words, NULL);
    return words;
}

void
commands_check_document(const char *file, const Value *document, const Scenario *scenario, Diag *diag)
{
    const Value *items = value_get(document, "items");
    const char *path = NULL;
    const Value *pod = find_pod(document, &path);
    g_autoptr(GPtrArray) labels = NULL;
    Place place = {file, scenario, diag, NULL};

    if (str_is(value_get_string(document, "kind", NULL), "List"))
        for (guint i = 0; items != NULL && items->type == VALUE_LIST && i < items->count; i++)
            commands_check_document(file, items->items[i], scenario, diag);
    if (pod == NULL || value_get(pod, "spec") == NULL)
        return;
    place.labels = labels = labels_of(pod);
    check_containers(&place, value_get(pod, "spec"), path, "initContainers");
    check_containers(&place, value_get(pod, "spec"), path, "containers");
}

static void
check_file(const Scenario *scenario, const char *path, const GString *text, Diag *diag)
{
    g_autofree char *full = str_is(scenario->directory, ".") ? g_strdup(path) : g_build_filename(scenario->directory, path, NULL);
    g_autoptr(Diag) unread = diag_new(); /* what is no manifest is for the command to refuse */
    g_autoptr(GPtrArray) documents = value_read_yaml(text->str, text->len, str_intern(full), unread);

    for (guint i = 0; documents != NULL && i < documents->len; i++)
        commands_check_document(full, documents->pdata[i], scenario, diag);
}

void
commands_check(const Scenario *scenario, Diag *diag)
{
    GHashTableIter iter;
    gpointer path, text;

    for (guint i = 0; i < scenario->manifests->len; i++) {
        const ScManifest *manifest = &g_array_index(scenario->manifests, ScManifest, i);

        commands_check_document(manifest->file, manifest->value, scenario, diag);
    }
    /* The order is the hash's; what is told is sorted by place and told once. */
    g_hash_table_iter_init(&iter, scenario->files);
    while (g_hash_table_iter_next(&iter, &path, &text))
        check_file(scenario, path, text, diag);
}
