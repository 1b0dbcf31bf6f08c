/* targets.c - what a command is about: TYPE NAME, TYPE/NAME, -f FILE; see internal.h */

#include "kubectl/kustomize.h"

#include "api/selector.h"
#include "kubectl/internal.h"
#include "kubectl/manifest.h"

static const char *
namespace_for(const Command *command, const ApiKind *kind)
{
    return kind->is_namespaced ? command_namespace(command) : NULL;
}

static void
add_target(Command *command, const ApiKind *kind, const char *name)
{
    Target target = {.kind = kind,
                     .namespace_ = namespace_for(command, kind),
                     .name = str_intern(name)};

    g_array_append_val(command->targets, target);
}

/* What a word means. */
static const ApiKind *
find_kind(const Command *command, const char *word)
{
    const ApiKind *kind = api_form_find_resource(word);

    if (kind != NULL && !kubectl_finds(command->kubectl, kind))
        return NULL;
    return kind;
}

static gboolean
unknown_type(Command *command, const char *word)
{
    /* mappingFor names the resource without its group */
    command_fail(command, "the server doesn't have a resource type \"%.*s\"", (int)strcspn(word, "."), word);
    return FALSE;
}

/*
 * "deployments,svc" or "all": kinds in the order written, `all` in discovery order. NULL:
 * message out.
 */
static GPtrArray *
kinds_of(Command *command, const char *word)
{
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();
    g_auto(GStrv) parts = g_strsplit(word, ",", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        const ApiKind *kind = find_kind(command, parts[i]);

        if (str_is(parts[i], "all")) {
            for (guint k = 0; api_kinds[k] != NULL; k++)
                if (api_kinds[k]->in_all)
                    g_ptr_array_add(kinds, (gpointer)api_kinds[k]);
        } else if (kind == NULL) {
            unknown_type(command, parts[i]);
            return NULL;
        } else {
            g_ptr_array_add(kinds, (gpointer)kind);
        }
    }
    return g_steal_pointer(&kinds);
}

/* Words with a slash and words without do not mix: FALSE, message out. */
static gboolean
slashes_agree(Command *command, guint first)
{
    guint with_slash = 0;

    for (guint i = first; i < command->args->len; i++)
        with_slash += strchr(g_ptr_array_index(command->args, i), '/') != NULL;
    if (with_slash == 0 || with_slash == command->args->len - first)
        return TRUE;
    command_fail(command, "there is no need to specify a resource type as a separate "
                          "argument when passing arguments in resource/name form (e.g. "
                          "'kubectl get resource/<resource_name>' instead of 'kubectl get "
                          "resource resource/<resource_name>'");
    return FALSE;
}

/* v1.34 cli-runtime pkg/resource, splitResourceTypeName. FALSE: message out. */
static gboolean
is_pair(Command *command, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, "/", -1);

    if (g_strv_length(parts) != 2) {
        command_fail(command, "arguments in resource/name form may not have more than one slash");
        return FALSE;
    }
    if (*parts[0] == '\0' || *parts[1] == '\0' || strchr(parts[0], ',') != NULL) {
        command_fail(command,
                     "arguments in resource/name form must have a single resource and name");
        return FALSE;
    }
    return TRUE;
}

/* "a,b c d" stands for a/c a/d b/c b/d (normalizeMultipleResourcesArgs). FALSE: message out. */
static gboolean
types_pair(Command *command, guint first)
{
    g_auto(GStrv) types = g_strsplit(g_ptr_array_index(command->args, first), ",", -1);

    for (guint k = 0; types[k] != NULL; k++)
        for (guint i = first + 1; i < command->args->len; i++) {
            g_autofree char *word = g_strdup_printf(
                "%s/%s", types[k], (const char *)g_ptr_array_index(command->args, i));

            if (!is_pair(command, word))
                return FALSE;
        }
    command->has_pairs = TRUE;
    return TRUE;
}

static gboolean
slash_targets(Command *command, guint first)
{
    for (guint i = first; i < command->args->len; i++)
        if (!is_pair(command, g_ptr_array_index(command->args, i)))
            return FALSE;
    command->has_pairs = TRUE;
    for (guint i = first; i < command->args->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(command->args, i), "/", 2);
        const ApiKind *kind = find_kind(command, parts[0]);

        if (kind == NULL)
            return unknown_type(command, parts[0]);
        add_target(command, kind, parts[1]);
    }
    return TRUE;
}

gboolean
targets_from_args(Command *command, guint first)
{
    g_autoptr(GPtrArray) kinds = NULL;

    if (command->args->len <= first) {
        command_fail(command, "You must provide one or more resources by argument or filename.\n"
                              "Example resource specifications include:\n   '-f rsrc.yaml'\n   "
                              "'--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'");
        return FALSE;
    }
    if (command->args->len > first + 1 &&
        strchr(g_ptr_array_index(command->args, first), ',') != NULL) {
        if (!types_pair(command, first))
            return FALSE;
    } else if (!slashes_agree(command, first)) {
        return FALSE;
    }
    if (!command->has_pairs && strchr(g_ptr_array_index(command->args, first), '/') != NULL)
        return slash_targets(command, first);
    kinds = kinds_of(command, g_ptr_array_index(command->args, first));
    if (kinds == NULL)
        return FALSE;
    if (!command->has_pairs && kinds->len > 1 && command->args->len > first + 1) {
        command_fail(command, "you must specify only one resource");
        return FALSE;
    }
    for (guint k = 0; k < kinds->len; k++) {
        if (command->args->len == first + 1)
            add_target(command, g_ptr_array_index(kinds, k), NULL);
        for (guint i = first + 1; i < command->args->len; i++)
            add_target(command, g_ptr_array_index(kinds, k),
                       g_ptr_array_index(command->args, i));
    }
    return TRUE;
}

/* --- files ------------------------------------------------------------------------------- */

static void
add_error_target(Command *command, const char *file, const char *message)
{
    Target target = {.file = file, .mapping_error = message};

    g_array_append_val(command->targets, target);
}

/*
 * One document: what is wrong with its head is said as kubectl says it before it asks the
 * server.
 */
static void
add_document(Command *command, const char *file, const char *shown, const Value *document)
{
    const char *kind_word = value_get_string(document, "kind", NULL);
    const char *version = value_get_string(document, "apiVersion", NULL);
    const Value *metadata = value_get(document, "metadata");
    const char *name = value_get_string(metadata, "name", NULL);
    const char *namespace_ = value_get_string(metadata, "namespace", NULL);
    const ApiKind *kind;
    Target target = {0};

    if (str_is(kind_word, "List") && value_get(document, "items") != NULL) {
        const Value *items = value_get(document, "items");
        for (guint i = 0; i < items->count; i++)
            add_document(command, file, shown, items->items[i]);
        return;
    }
    if (str_is_empty(kind_word) || str_is_empty(version)) {
        const char *what = str_is_empty(kind_word) && str_is_empty(version)
                               ? "[apiVersion not set, kind not set]"
                           : str_is_empty(kind_word) ? "kind not set"
                                                     : "apiVersion not set";

        add_error_target(command, shown,
                         str_internf("error validating \"%s\": error validating data: %s; if you "
                                     "choose to ignore these errors, turn validation off with "
                                     "--validate=false",
                                     shown, what));
        return;
    }
    kind = api_form_find(version, kind_word);
    if (kind == NULL || !kubectl_finds(command->kubectl, kind)) {
        add_error_target(command, shown,
                         str_internf("resource mapping not found for name: \"%s\" namespace: "
                                     "\"%s\" from \"%s\": no matches for kind \"%s\" in version "
                                     "\"%s\"\nensure CRDs are installed first",
                                     name != NULL ? name : "", namespace_ != NULL ? namespace_ : "",
                                     shown, kind_word, version));
        return;
    }
    target.kind = kind;
    target.name = str_intern(name);
    target.namespace_ = !kind->is_namespaced       ? NULL
                        : str_is_empty(namespace_) ? command_namespace(command)
                                                   : str_intern(namespace_);
    /* RequireNamespace: -n and the manifest's own word must agree */
    if (flag_is_given(command, "namespace") && !str_is(target.namespace_, command_namespace(command)) &&
        kind->is_namespaced) {
        add_error_target(command, shown,
                         str_internf("the namespace from the provided object \"%s\" does not match the namespace "
                                     "\"%s\". You must pass '--namespace=%s' to perform this operation.",
                                     namespace_, command_namespace(command), namespace_));
        return;
    }
    target.file = shown;
    target.manifest = value_copy(document);
    if (kind->is_namespaced && target.manifest->type == VALUE_MAP && !flag_bool(command, "local")) {
        Value *own = value_get(target.manifest, "metadata");
        if (own != NULL && own->type == VALUE_MAP)
            value_set(own, "namespace", value_new_string(target.namespace_));
    }
    g_array_append_val(command->targets, target);
}

/* FilterByLabelSelector: -l beside -f or -k. FALSE: message out, ended. */
static gboolean
keep_selected(Command *command)
{
    const char *text = flag_string(command, "selector");
    g_autofree char *message = NULL;
    g_autoptr(Selector) selector = NULL;

    if (str_is_empty(text))
        return TRUE;
    selector = selector_parse(text, &message);
    if (selector == NULL) {
        command_fail(command, "%s", message);
        return FALSE;
    }
    for (guint i = command->targets->len; i-- > 0;) {
        const Target *target = &g_array_index(command->targets, Target, i);
        const Value *labels = target->manifest != NULL ? value_get_path(target->manifest, "metadata", "labels", NULL) : NULL;
        StrMap map = {0};

        for (guint k = 0; labels != NULL && labels->type == VALUE_MAP && k < labels->count; k++)
            str_map_set(&map, str_intern(labels->keys[k]), labels->items[k]->text);
        if (target->manifest != NULL && !selector_matches(selector, &map))
            g_array_remove_index(command->targets, i);
        str_map_clear(&map);
    }
    return TRUE;
}

static gboolean
is_manifest(const char *name)
{
    return g_str_has_suffix(name, ".json") || g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml");
}

static gboolean add_file(Command *command, const char *file);

/*
 * ExpandPathsToFileVisitors: the manifests of a directory in the order of their names, counted in *count; with -R also below.
 * FALSE: message out, ended.
 */
static gboolean
add_directory(Command *command, const char *path, char **entries, guint *count)
{
    g_autofree char *bare = g_strndup(path, strlen(path) - (g_str_has_suffix(path, "/") ? 1 : 0));

    for (guint i = 0; entries[i] != NULL; i++) {
        g_autofree char *below = g_build_filename(bare, entries[i], NULL);

        if (g_str_has_suffix(entries[i], "/") ? flag_bool(command, "recursive") : is_manifest(entries[i]))
        {
            ++*count;
            if (!add_file(command, str_intern(below)))
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean
add_file(Command *command, const char *file)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);
    gboolean is_stdin = str_is(file, "-");
    const char *shown = is_stdin ? str_intern("STDIN") : str_intern(file);
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autofree char *problem = NULL;
    g_autoptr(GPtrArray) documents = NULL;

    if (!is_stdin && options->list_files != NULL) {
        g_auto(GStrv) entries = options->list_files(options->self, file);
        guint count = 0;

        if (entries != NULL && !add_directory(command, file, entries, &count))
            return FALSE;
        if (entries != NULL && count == 0 && !g_str_has_suffix(file, "/")) {
            command_fail(command, "error reading [%s]: recognized file extensions are [.json .yaml .yml]", file);
            return FALSE;
        }
        if (entries != NULL)
            return TRUE;
    }
    if (is_stdin) {
        text = g_strdup(command->input != NULL ? command->input : "");
        length = strlen(text);
    } else if (options->read_file != NULL) {
        text = options->read_file(options->self, file, &length);
    }
    if (text == NULL) {
        command_fail(command, "the path \"%s\" does not exist", file);
        return FALSE;
    }
    documents = manifest_read(text, length, &problem);
    for (guint i = 0; i < documents->len; i++)
        add_document(command, file, shown, g_ptr_array_index(documents, i));
    if (problem != NULL)
        add_error_target(command, shown, str_internf("error parsing %s: %s", shown, problem));
    return TRUE;
}

/* -k: what its kustomization makes. FALSE: message out, ended. */
static gboolean
add_kustomization(Command *command, const char *path)
{
    g_autofree char *message = NULL;
    g_autoptr(GPtrArray) documents = kustomize_build(kubectl_options(command->kubectl), path, &message);

    if (documents == NULL) {
        command_fail(command, "%s", message);
        return FALSE;
    }
    for (guint i = 0; i < documents->len; i++)
        add_document(command, path, str_intern(path), g_ptr_array_index(documents, i));
    return TRUE;
}

gboolean
files_are_given(const Command *command)
{
    return flag_is_given(command, "filename") || flag_is_given(command, "kustomize");
}

/* Files without an object: what each verb says of nothing; some do what there is to do. FALSE: ended. */
static gboolean
says_of_nothing(Command *command)
{
    static const char *const silent[] = {"annotate", "describe", "diff", "get", "label", "replace", "set", NULL};
    const char *verb = command->verb->name;

    if (str_is(verb, "delete")) {
        command_print(command, "No resources found\n");
        command_finish(command, 0);
    } else if (g_strv_contains(silent, verb) && !flag_bool(command, "force")) {
        return TRUE;
    } else {
        command_fail(command, "no objects passed to %s", verb);
    }
    return FALSE;
}

gboolean
targets_from_files(Command *command)
{
    const GPtrArray *files = flag_strings(command, "filename");
    const char *kustomization = flag_string(command, "kustomize");

    if (kustomization != NULL && files != NULL) {
        command_fail(command, "only one of -f or -k can be specified");
        return FALSE;
    }
    if (kustomization != NULL && !add_kustomization(command, kustomization))
        return FALSE;

    for (guint i = 0; files != NULL && i < files->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(files, i), ",", -1);

        for (guint k = 0; parts[k] != NULL; k++)
            if (!add_file(command, parts[k]))
                return FALSE;
    }
    if (!keep_selected(command))
        return FALSE;
    return command->targets->len > 0 || says_of_nothing(command);
}

gboolean
targets_from_files_or_args(Command *command, guint first)
{
    if (!files_are_given(command))
        return targets_from_args(command, first);
    if (command->args->len > first) {
        command_fail(command, "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well");
        return FALSE;
    }
    return targets_from_files(command);
}

/* --- one after the other ----------------------------------------------------------------- */

void
command_each(Command *command,
             void (*step)(Command *command, Target *target),
             void (*end)(Command *command))
{
    command->step = step;
    command->end = end;
    command->next = 0;
    command_next(command);
}

void
command_next(Command *command)
{
    while (command->next < command->targets->len) {
        Target *target = &g_array_index(command->targets, Target, command->next++);

        if (target->mapping_error != NULL) {
            command_error(command, "%s", target->mapping_error);
            continue;
        }
        command->step(command, target);
        return;
    }
    command->end(command);
}

void
command_end_default(Command *command)
{
    command_finish(command, command->has_failed ? 1 : 0);
}

const char *
target_label(const ApiKind *kind, const char *name)
{
    return str_internf("%s/%s", api_kind_group_singular(kind), name);
}
