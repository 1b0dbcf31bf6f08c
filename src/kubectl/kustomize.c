/* kustomize.c - see kustomize.h: the files, one directory after the other */

#include "kubectl/kustomize_internal.h"

#define MAX_DEPTH 32

static const char *const file_names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};

/* In the order of kustomize's legacy sort; what is not here comes between. */
static const char *const first_kinds[] = {"Namespace",
                                          "ResourceQuota",
                                          "StorageClass",
                                          "CustomResourceDefinition",
                                          "ServiceAccount",
                                          "Role",
                                          "ClusterRole",
                                          "RoleBinding",
                                          "ClusterRoleBinding",
                                          "ConfigMap",
                                          "Secret",
                                          "Endpoints",
                                          "Service",
                                          "LimitRange",
                                          "PriorityClass",
                                          "PersistentVolume",
                                          "PersistentVolumeClaim",
                                          "Deployment",
                                          "StatefulSet",
                                          "CronJob",
                                          "PodDisruptionBudget",
                                          NULL};

/* What a kustomization may say that is not modelled. */
static const char *const left_out[] = {"components",
                                       "replacements",
                                       "vars",
                                       "helmCharts",
                                       "helmChartInflationGenerator",
                                       "generators",
                                       "transformers",
                                       "validators",
                                       "crds",
                                       "openapi",
                                       "configurations",
                                       NULL};

gboolean
kustomize_fail(Kustomize *build, const char *format, ...)
{
    va_list args;

    if (build->error != NULL)
        return FALSE;
    va_start(args, format);
    build->error = g_strdup_vprintf(format, args);
    va_end(args);
    return FALSE;
}

char *
kustomize_read(Kustomize *build, const char *directory, const char *file, gsize *out_length)
{
    g_autofree char *path = str_is(directory, ".") ? g_strdup(file) : g_build_filename(directory, file, NULL);

    *out_length = 0;
    return build->options->read_file != NULL ? build->options->read_file(build->options->self, path, out_length) : NULL;
}

KustomizeResource *
kustomize_resource_new(Value *tree)
{
    KustomizeResource *resource = g_new0(KustomizeResource, 1);

    resource->tree = tree;
    resource->names = g_ptr_array_new();
    g_ptr_array_add(resource->names, (gpointer)kustomize_name(resource));
    return resource;
}

void
kustomize_resource_free(gpointer data)
{
    KustomizeResource *self = data;

    value_free(self->tree);
    g_ptr_array_unref(self->names);
    g_free(self);
}

const char *
kustomize_name(const KustomizeResource *resource)
{
    return str_intern(value_get_string(value_get(resource->tree, "metadata"), "name", ""));
}

const char *
kustomize_kind(const KustomizeResource *resource)
{
    return str_intern(value_get_string(resource->tree, "kind", ""));
}

Value *
kustomize_map(Value *map, const char *key)
{
    if (value_get(map, key) == NULL || value_get(map, key)->type != VALUE_MAP)
        value_set(map, key, value_new_map());
    return value_get(map, key);
}

void
kustomize_rename(KustomizeResource *resource, const char *name)
{
    value_set(kustomize_map(resource->tree, "metadata"), "name", value_new_string(name));
    g_ptr_array_add(resource->names, (gpointer)kustomize_name(resource));
}

/* --- reading ------------------------------------------------------------------------------------ */

static GPtrArray *
parse(Kustomize *build, const char *text, gsize length, const char *file)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(text, length, file, diag);
    g_autofree char *mistakes = diag_format(diag);

    if (diag_count_errors(diag) == 0)
        return g_steal_pointer(&documents);
    kustomize_fail(build, "invalid Kustomization: error converting YAML to JSON: yaml: %.*s",
                   (int)strcspn(mistakes, "\n"), mistakes);
    return NULL;
}

static gboolean accumulate(Kustomize *build, const char *directory, GPtrArray *resources);

/* A file of manifests, or a directory with a kustomization of its own. */
static gboolean
add_resource(Kustomize *build, const char *directory, const char *path, GPtrArray *resources)
{
    gsize length;
    g_autofree char *text = kustomize_read(build, directory, path, &length);
    g_autofree char *below = str_is(directory, ".") ? g_strdup(path) : g_build_filename(directory, path, NULL);
    g_autoptr(GPtrArray) documents = NULL;

    if (text == NULL)
        return accumulate(build, below, resources);
    documents = parse(build, text, length, path);
    for (guint i = 0; documents != NULL && i < documents->len; i++) {
        const Value *document = documents->pdata[i];

        if (document->type != VALUE_MAP)
            continue;
        if (str_is_empty(value_get_string(document, "kind", NULL)))
            return kustomize_fail(build,
                                  "accumulating resources: accumulation err='accumulating resources from '%s': missing "
                                  "Resource metadata'",
                                  path);
        g_ptr_array_add(resources, kustomize_resource_new(value_copy(document)));
    }
    return documents != NULL;
}

static Value *
read_kustomization(Kustomize *build, const char *directory)
{
    for (guint i = 0; i < G_N_ELEMENTS(file_names); i++) {
        gsize length;
        g_autofree char *text = kustomize_read(build, directory, file_names[i], &length);
        g_autoptr(GPtrArray) documents = NULL;

        if (text == NULL)
            continue;
        documents = parse(build, text, length, file_names[i]);
        if (documents == NULL)
            return NULL;
        if (documents->len > 0 && ((Value *)documents->pdata[0])->type == VALUE_MAP)
            return value_copy(documents->pdata[0]);
        kustomize_fail(build, "kustomization.yaml is empty");
        return NULL;
    }
    kustomize_fail(build,
                   "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory "
                   "'%s'",
                   directory);
    return NULL;
}

static gboolean
add_all(Kustomize *build, const char *directory, const Value *list, GPtrArray *resources)
{
    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        if (list->items[i]->type == VALUE_STRING && !add_resource(build, directory, list->items[i]->text, resources))
            return FALSE;
    return TRUE;
}

static gboolean
accumulate(Kustomize *build, const char *directory, GPtrArray *resources)
{
    g_autoptr(Value) kustomization = NULL;
    g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(kustomize_resource_free);
    gboolean is_built;

    if (build->depth == MAX_DEPTH)
        return kustomize_fail(build, "accumulating resources: cycle detected: '%s' includes itself", directory);
    build->depth++;
    kustomization = read_kustomization(build, directory);
    for (guint i = 0; kustomization != NULL && left_out[i] != NULL; i++)
        if (value_get(kustomization, left_out[i]) != NULL)
            return kustomize_fail(build, "%s of a kustomization is left out here", left_out[i]);
    is_built = kustomization != NULL && add_all(build, directory, value_get(kustomization, "resources"), own) &&
               add_all(build, directory, value_get(kustomization, "bases"), own) &&
               kustomize_generate(build, directory, kustomization, own) &&
               kustomize_transform(build, directory, kustomization, own);
    build->depth--;
    if (!is_built)
        return FALSE;
    kustomize_fix_references(own);
    g_ptr_array_set_free_func(own, NULL);
    for (guint i = 0; i < own->len; i++)
        g_ptr_array_add(resources, own->pdata[i]);
    return TRUE;
}

static gboolean
is_directory_there(Kustomize *build, const char *path)
{
    for (guint i = 0; i < G_N_ELEMENTS(file_names); i++) {
        gsize length;
        g_autofree char *text = kustomize_read(build, path, file_names[i], &length);

        if (text != NULL)
            return TRUE;
    }
    return FALSE;
}

static guint
rank_of(const Value *document)
{
    const char *kind = value_get_string(document, "kind", "");

    for (guint i = 0; first_kinds[i] != NULL; i++)
        if (str_is(first_kinds[i], kind))
            return i;
    return G_N_ELEMENTS(first_kinds);
}

static int
by_rank(gconstpointer a, gconstpointer b)
{
    const Value *x = *(const Value *const *)a, *y = *(const Value *const *)b;
    guint i = rank_of(x), j = rank_of(y);
    int order;

    if (i != j)
        return i < j ? -1 : 1;
    order = strcmp(value_get_string(x, "kind", ""), value_get_string(y, "kind", ""));
    if (order == 0)
        order = strcmp(value_get_string(value_get(x, "metadata"), "namespace", ""),
                       value_get_string(value_get(y, "metadata"), "namespace", ""));
    return order != 0 ? order
                      : strcmp(value_get_string(value_get(x, "metadata"), "name", ""),
                               value_get_string(value_get(y, "metadata"), "name", ""));
}

GPtrArray *
kustomize_build(const KubectlOptions *options, const char *path, char **out_message)
{
    Kustomize build = {.options = options};
    g_autoptr(GPtrArray) resources = g_ptr_array_new_with_free_func(kustomize_resource_free);
    GPtrArray *documents;

    if (!is_directory_there(&build, path))
        kustomize_fail(&build,
                       "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in "
                       "directory '%s'",
                       path);
    if (build.error != NULL || !accumulate(&build, path, resources)) {
        *out_message = build.error;
        return NULL;
    }
    /* addHashesToNames comes last: a hash knows the whole name */
    for (guint i = 0; i < resources->len; i++) {
        KustomizeResource *resource = resources->pdata[i];
        g_autofree char *hash = resource->needs_hash ? kustomize_hash(resource->tree) : NULL;

        if (hash != NULL)
            kustomize_rename(resource, str_internf("%s-%s", kustomize_name(resource), hash));
    }
    kustomize_fix_references(resources);
    documents = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    for (guint i = 0; i < resources->len; i++)
        g_ptr_array_add(documents, g_steal_pointer(&((KustomizeResource *)resources->pdata[i])->tree));
    g_ptr_array_sort(documents, by_rank);
    return documents;
}
