/* kustomize_transform.c - what a kustomization changes in its resources; see kustomize.h */

#include "kubectl/kustomize_internal.h"

/* --- names and namespaces -------------------------------------------------------------------------- */

/* builtinpluginconsts/nameprefix.go: these keep their names. */
static gboolean
keeps_name(const KustomizeResource *resource)
{
    static const char *const kinds[] = {"Namespace", "CustomResourceDefinition", "APIService", NULL};

    return g_strv_contains(kinds, kustomize_kind(resource));
}

static void
set_names(const Value *kustomization, GPtrArray *resources)
{
    const char *prefix = value_get_string(kustomization, "namePrefix", "");
    const char *suffix = value_get_string(kustomization, "nameSuffix", "");

    for (guint i = 0; i < resources->len && (prefix[0] != '\0' || suffix[0] != '\0'); i++)
        if (!keeps_name(resources->pdata[i]))
            kustomize_rename(resources->pdata[i],
                             str_internf("%s%s%s", prefix, kustomize_name(resources->pdata[i]), suffix));
}

/* A kind that is not known here is taken to be in a namespace, as kustomize does. */
static gboolean
is_namespaced(const KustomizeResource *resource)
{
    static const char *const cluster[] =
        {"Namespace", "Node", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "APIService", NULL};
    const ApiKind *kind = api_form_find(value_get_string(resource->tree, "apiVersion", ""), kustomize_kind(resource));

    return kind != NULL ? kind->is_namespaced : !g_strv_contains(cluster, kustomize_kind(resource));
}

static void
set_namespaces(const Value *kustomization, GPtrArray *resources)
{
    const char *namespace_ = value_get_string(kustomization, "namespace", "");

    for (guint i = 0; i < resources->len && namespace_[0] != '\0'; i++) {
        KustomizeResource *resource = resources->pdata[i];

        if (is_namespaced(resource))
            value_set(kustomize_map(resource->tree, "metadata"), "namespace", value_new_string(namespace_));
    }
}

/* --- labels and annotations -------------------------------------------------------------------------- */

static void
set_pairs(Value *map, const Value *pairs)
{
    for (guint i = 0; i < pairs->count; i++)
        value_set(map, pairs->keys[i], value_copy(pairs->items[i]));
}

/* The pod template, of a CronJob that within the job's. NULL: none. */
static Value *
template_of(const KustomizeResource *resource)
{
    if (str_is(kustomize_kind(resource), "CronJob"))
        return value_get_path(resource->tree, "spec", "jobTemplate", "spec", "template", NULL);
    return value_get_path(resource->tree, "spec", "template", NULL);
}

/* commonlabels.go: selectors, those of workloads also where there is none. */
static void
label_selectors(KustomizeResource *resource, const Value *pairs)
{
    static const char *const plain[] = {"Service", "ReplicationController", NULL};
    static const char *const made[] = {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", NULL};
    static const char *const found[] = {"Job", "PodDisruptionBudget", NULL};
    const char *kind = kustomize_kind(resource);
    Value *spec = value_get(resource->tree, "spec");
    Value *labels;

    if (spec == NULL || spec->type != VALUE_MAP)
        return;
    if (g_strv_contains(plain, kind))
        set_pairs(kustomize_map(spec, "selector"), pairs);
    else if (g_strv_contains(made, kind))
        set_pairs(kustomize_map(kustomize_map(spec, "selector"), "matchLabels"), pairs);
    else if (g_strv_contains(found, kind) && (labels = value_get_path(spec, "selector", "matchLabels", NULL)) != NULL)
        set_pairs(labels, pairs);
    else if (str_is(kind, "NetworkPolicy") &&
             (labels = value_get_path(spec, "podSelector", "matchLabels", NULL)) != NULL)
        set_pairs(labels, pairs);
}

static void
add_labels(GPtrArray *resources, const Value *pairs, gboolean in_selectors, gboolean in_templates)
{
    for (guint i = 0; pairs != NULL && pairs->type == VALUE_MAP && i < resources->len; i++) {
        KustomizeResource *resource = resources->pdata[i];
        Value *template_ = template_of(resource);

        set_pairs(kustomize_map(kustomize_map(resource->tree, "metadata"), "labels"), pairs);
        if (in_selectors)
            label_selectors(resource, pairs);
        if (in_templates && template_ != NULL && template_->type == VALUE_MAP)
            set_pairs(kustomize_map(kustomize_map(template_, "metadata"), "labels"), pairs);
    }
}

static void
set_labels(const Value *kustomization, GPtrArray *resources)
{
    const Value *list = value_get(kustomization, "labels");

    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++) {
        gboolean in_selectors = value_get_bool(list->items[i], "includeSelectors", FALSE);

        add_labels(resources, value_get(list->items[i], "pairs"), in_selectors,
                   in_selectors || value_get_bool(list->items[i], "includeTemplates", FALSE));
    }
    add_labels(resources, value_get(kustomization, "commonLabels"), TRUE, TRUE);
}

static void
set_annotations(const Value *kustomization, GPtrArray *resources)
{
    const Value *pairs = value_get(kustomization, "commonAnnotations");

    for (guint i = 0; pairs != NULL && pairs->type == VALUE_MAP && i < resources->len; i++) {
        KustomizeResource *resource = resources->pdata[i];
        Value *template_ = template_of(resource);

        set_pairs(kustomize_map(kustomize_map(resource->tree, "metadata"), "annotations"), pairs);
        if (template_ != NULL && template_->type == VALUE_MAP)
            set_pairs(kustomize_map(kustomize_map(template_, "metadata"), "annotations"), pairs);
    }
}

/* --- images and replicas ------------------------------------------------------------------------------ */

/* image.Split: "host:5000/a/b:tag@sha256:x" without tag and digest. (owned) */
static char *
image_name(const char *image, const char **out_rest)
{
    const char *end = strchr(image, '@');
    const char *slash, *colon;

    if (end == NULL)
        end = image + strlen(image);
    slash = g_strrstr_len(image, end - image, "/");
    colon = g_strrstr_len(image, end - image, ":");
    if (colon != NULL && (slash == NULL || colon > slash))
        end = colon;
    *out_rest = end;
    return g_strndup(image, (gsize)(end - image));
}

static void
set_image(Value *container, const Value *change)
{
    const char *image = value_get_string(container, "image", NULL);
    const char *rest;
    g_autofree char *name = image != NULL ? image_name(image, &rest) : NULL;
    const char *digest = value_get_string(change, "digest", NULL);
    const Value *tag = value_get(change, "newTag");

    if (name == NULL || !str_is(str_intern(name), str_intern(value_get_string(change, "name", ""))))
        return;
    name = (g_free(name), g_strdup(value_get_string(change, "newName", value_get_string(change, "name", ""))));
    if (!str_is_empty(digest))
        value_set(container, "image", value_new_string(str_internf("%s@%s", name, digest)));
    else if (tag != NULL && tag->text != NULL)
        value_set(container, "image", value_new_string(str_internf("%s:%s", name, tag->text)));
    else
        value_set(container, "image", value_new_string(str_internf("%s%s", name, rest)));
}

static void
set_images_below(Value *value, const Value *change)
{
    static const char *const lists[] = {"containers", "initContainers", NULL};

    for (guint i = 0; (value->type == VALUE_MAP || value->type == VALUE_LIST) && i < value->count; i++) {
        Value *item = value->items[i];

        if (value->type == VALUE_MAP && g_strv_contains(lists, value->keys[i]) && item->type == VALUE_LIST)
            for (guint j = 0; j < item->count; j++)
                set_image(item->items[j], change);
        else
            set_images_below(item, change);
    }
}

static void
set_images(const Value *kustomization, GPtrArray *resources)
{
    const Value *list = value_get(kustomization, "images");

    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        for (guint j = 0; j < resources->len; j++)
            set_images_below(((KustomizeResource *)resources->pdata[j])->tree, list->items[i]);
}

static gboolean
set_replicas(Kustomize *build, const Value *kustomization, GPtrArray *resources)
{
    static const char *const kinds[] = {"Deployment", "ReplicationController", "ReplicaSet", "StatefulSet", NULL};
    const Value *list = value_get(kustomization, "replicas");

    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++) {
        const char *name = str_intern(value_get_string(list->items[i], "name", ""));
        gboolean is_found = FALSE;

        for (guint j = 0; j < resources->len; j++) {
            KustomizeResource *resource = resources->pdata[j];

            if (!g_strv_contains(kinds, kustomize_kind(resource)) || !g_ptr_array_find(resource->names, name, NULL))
                continue;
            value_set(kustomize_map(resource->tree, "spec"), "replicas",
                      value_new_int(value_get_int(list->items[i], "count", 0)));
            is_found = TRUE;
        }
        if (!is_found)
            return kustomize_fail(
                build,
                "resource with name %s does not match a config with the following GVK [Deployment.[noVer].[noGrp] "
                "ReplicationController.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] StatefulSet.[noVer].[noGrp]]",
                name);
    }
    return TRUE;
}

/* --- patches --------------------------------------------------------------------------------------------- */

/* Each document of a text. */
static gboolean
patch_text(Kustomize *build, const char *text, gsize length, const Value *target, GPtrArray *resources)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(text, length, "patch", diag);

    if (diag_count_errors(diag) > 0)
        return kustomize_fail(build, "unable to parse SM or JSON patch from [%s]", text);
    for (guint i = 0; documents != NULL && i < documents->len; i++)
        if (((Value *)documents->pdata[i])->type != VALUE_NULL &&
            !kustomize_patch(build, documents->pdata[i], target, resources))
            return FALSE;
    return TRUE;
}

static gboolean
patch_file(Kustomize *build, const char *directory, const char *path, const Value *target, GPtrArray *resources)
{
    gsize length;
    g_autofree char *text = kustomize_read(build, directory, path, &length);

    if (text == NULL)
        return kustomize_fail(build,
                              "trouble configuring builtin PatchTransformer with config: `\npath: %s\n`: failed to get "
                              "the patch file from path(%s): "
                              "open %s: no such file or directory",
                              path, path, path);
    return patch_text(build, text, length, target, resources);
}

/* patchesStrategicMerge: a file, or the patch itself. */
static gboolean
patch_all(Kustomize *build, const char *directory, const Value *list, GPtrArray *resources)
{
    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++) {
        const Value *item = list->items[i];
        const char *inline_ = item->type == VALUE_MAP ? value_get_string(item, "patch", NULL) : item->text;
        const char *path = item->type == VALUE_MAP ? value_get_string(item, "path", NULL) : NULL;

        if (item->type == VALUE_STRING && strchr(item->text, '\n') == NULL && strchr(item->text, '{') == NULL) {
            path = item->text;
            inline_ = NULL;
        }
        if (inline_ != NULL ? !patch_text(build, inline_, strlen(inline_), value_get(item, "target"), resources)
                            : path != NULL && !patch_file(build, directory, path, value_get(item, "target"), resources))
            return FALSE;
    }
    return TRUE;
}

/* The order of configureBuiltinTransformers. */
gboolean
kustomize_transform(Kustomize *build, const char *directory, const Value *kustomization, GPtrArray *resources)
{
    if (!patch_all(build, directory, value_get(kustomization, "patchesStrategicMerge"), resources) ||
        !patch_all(build, directory, value_get(kustomization, "patches"), resources))
        return FALSE;
    set_namespaces(kustomization, resources);
    set_names(kustomization, resources);
    set_labels(kustomization, resources);
    set_annotations(kustomization, resources);
    if (!patch_all(build, directory, value_get(kustomization, "patchesJson6902"), resources) ||
        !set_replicas(build, kustomization, resources))
        return FALSE;
    set_images(kustomization, resources);
    return TRUE;
}
