/* kustomize_patch.c - patches of a kustomization, and the names that follow a rename; see kustomize.h */

#include "kubectl/kustomize_internal.h"

#include "api/selector.h"

/* --- what a patch means -------------------------------------------------------------------------- */

/* The fields of a selector are regular expressions over the whole text; absent: any. */
static gboolean
fits(const Value *target, const char *field, const char *text)
{
    const char *wanted = value_get_string(target, field, NULL);

    if (str_is_empty(wanted))
        return TRUE;
    return g_regex_match_simple(str_internf("^(?:%s)$", wanted), text == NULL ? "" : text, 0, 0);
}

static gboolean
fits_any_name(const Value *target, const KustomizeResource *resource)
{
    for (guint i = 0; i < resource->names->len; i++)
        if (fits(target, "name", resource->names->pdata[i]))
            return TRUE;
    return FALSE;
}

static gboolean
fits_labels(const Value *target, const char *field, const Value *labels)
{
    const char *text = value_get_string(target, field, NULL);
    StrMap map = {0};
    Selector *selector;
    g_autofree char *message = NULL;
    gboolean does;

    if (str_is_empty(text))
        return TRUE;
    for (guint i = 0; labels != NULL && labels->type == VALUE_MAP && i < labels->count; i++)
        str_map_set(&map, str_intern(labels->keys[i]), str_intern(labels->items[i]->text));
    selector = selector_parse(text, &message);
    does = selector != NULL && selector_matches(selector, &map);
    selector_free(selector);
    str_map_clear(&map);
    return does;
}

static gboolean
is_meant(const Value *target, const KustomizeResource *resource)
{
    const char *version = value_get_string(resource->tree, "apiVersion", "");
    const char *slash = strchr(version, '/');
    const Value *metadata = value_get(resource->tree, "metadata");

    return fits(target, "group", slash != NULL ? str_intern_len(version, (gsize)(slash - version)) : "") &&
           fits(target, "version", slash != NULL ? slash + 1 : version) &&
           fits(target, "kind", kustomize_kind(resource)) && fits_any_name(target, resource) &&
           fits(target, "namespace", value_get_string(metadata, "namespace", "")) &&
           fits_labels(target, "labelSelector", value_get(metadata, "labels")) &&
           fits_labels(target, "annotationSelector", value_get(metadata, "annotations"));
}

/* A strategic patch without a target says itself of whom it speaks. */
static gboolean
is_named(const Value *patch, const KustomizeResource *resource)
{
    const char *name = str_intern(value_get_string(value_get(patch, "metadata"), "name", ""));
    const char *namespace_ = value_get_string(value_get(patch, "metadata"), "namespace", NULL);

    if (!str_is(value_get_string(patch, "kind", ""), kustomize_kind(resource)) ||
        !str_is(value_get_string(patch, "apiVersion", ""), value_get_string(resource->tree, "apiVersion", "")))
        return FALSE;
    if (namespace_ != NULL &&
        !str_is(namespace_, value_get_string(value_get(resource->tree, "metadata"), "namespace", "default")))
        return FALSE;
    return g_ptr_array_find(resource->names, name, NULL);
}

/* FALSE: see build->error. *out_is_gone: `$patch: delete`. */
static gboolean
patch_one(Kustomize *build, const Value *patch, KustomizeResource *resource, gboolean *out_is_gone)
{
    const ApiKind *kind = api_form_find(value_get_string(resource->tree, "apiVersion", ""), kustomize_kind(resource));
    ApiStatus *status = NULL;
    g_autoptr(Value) mine = value_copy(patch);
    Value *patched, *metadata;

    *out_is_gone = str_is(value_get_string(patch, "$patch", ""), "delete");
    if (*out_is_gone)
        return TRUE;
    if (patch->type == VALUE_MAP) {
        /* who it speaks of is no change of who it is */
        metadata = value_get(mine, "metadata");
        value_remove(mine, "apiVersion");
        value_remove(mine, "kind");
        if (metadata != NULL && metadata->type == VALUE_MAP) {
            value_remove(metadata, "name");
            value_remove(metadata, "namespace");
        }
    }
    patched = patch_apply(patch->type == VALUE_LIST ? PATCH_JSON
                          : kind != NULL            ? PATCH_STRATEGIC
                                                    : PATCH_MERGE,
                          kind, resource->tree, mine, &status);
    if (patched == NULL) {
        kustomize_fail(build, "%s", status->message);
        api_status_unref(status);
        return FALSE;
    }
    value_free(resource->tree);
    resource->tree = patched;
    return TRUE;
}

gboolean
kustomize_patch(Kustomize *build, const Value *patch, const Value *target, GPtrArray *resources)
{
    gboolean is_found = FALSE;

    if (patch->type == VALUE_LIST && target == NULL)
        return kustomize_fail(build, "must specify a target for JSON patch");
    for (guint i = 0; i < resources->len;) {
        KustomizeResource *resource = resources->pdata[i];
        gboolean is_gone = FALSE;

        if (target != NULL ? is_meant(target, resource) : is_named(patch, resource)) {
            is_found = TRUE;
            if (!patch_one(build, patch, resource, &is_gone))
                return FALSE;
        }
        if (is_gone)
            g_ptr_array_remove_index(resources, i);
        else
            i++;
    }
    if (!is_found && target == NULL)
        return kustomize_fail(build,
                              "no resource matches strategic merge patch \"%s.%s/%s.[noNs]\": no matches for Id "
                              "%s.%s/%s.[noNs]; failed to find "
                              "unique target for patch %s.%s/%s.[noNs]",
                              value_get_string(patch, "kind", ""), value_get_string(patch, "apiVersion", ""),
                              value_get_string(value_get(patch, "metadata"), "name", ""),
                              value_get_string(patch, "kind", ""), value_get_string(patch, "apiVersion", ""),
                              value_get_string(value_get(patch, "metadata"), "name", ""),
                              value_get_string(patch, "kind", ""), value_get_string(patch, "apiVersion", ""),
                              value_get_string(value_get(patch, "metadata"), "name", ""));
    return TRUE;
}

/* --- names that others use ------------------------------------------------------------------------ */

/* builtinpluginconsts/namereference.go, of the kinds that are here: a field and what it names, wherever it stands below. */
static const struct {
    const char *parent, *field, *kind;
} references[] = {
    {"configMap", "name", "ConfigMap"},
    {"configMapKeyRef", "name", "ConfigMap"},
    {"configMapRef", "name", "ConfigMap"},
    {"secret", "secretName", "Secret"},
    {"secret", "name", "Secret"},
    {"secretKeyRef", "name", "Secret"},
    {"secretRef", "name", "Secret"},
    {"imagePullSecrets", "name", "Secret"},
    {"tls", "secretName", "Secret"},
    {"spec", "serviceAccountName", "ServiceAccount"},
    {"spec", "serviceName", "Service"},
    {"service", "name", "Service"},
    {"persistentVolumeClaim", "claimName", "PersistentVolumeClaim"},
    {"spec", "priorityClassName", "PriorityClass"},
    {"spec", "storageClassName", "StorageClass"},
    {"spec", "volumeName", "PersistentVolume"},
};

static const char *
new_name(const GPtrArray *resources, const char *kind, const char *name)
{
    for (guint i = 0; i < resources->len; i++) {
        const KustomizeResource *resource = resources->pdata[i];

        if (str_is(kustomize_kind(resource), kind) && g_ptr_array_find(resource->names, name, NULL))
            return kustomize_name(resource);
    }
    return name;
}

static void
fix_below(const GPtrArray *resources, Value *value, const char *parent)
{
    if (value->type == VALUE_LIST) {
        for (guint i = 0; i < value->count; i++)
            fix_below(resources, value->items[i], parent);
        return;
    }
    if (value->type != VALUE_MAP)
        return;
    if (str_is(parent, "scaleTargetRef") && value_get(value, "name") != NULL)
        value_set(value, "name",
                  value_new_string(new_name(resources, value_get_string(value, "kind", ""),
                                            str_intern(value_get_string(value, "name", "")))));
    for (guint i = 0; i < G_N_ELEMENTS(references); i++) {
        const char *name =
            str_is(parent, references[i].parent) ? value_get_string(value, references[i].field, NULL) : NULL;

        if (name != NULL)
            value_set(value, references[i].field,
                      value_new_string(new_name(resources, references[i].kind, str_intern(name))));
    }
    for (guint i = 0; i < value->count; i++)
        if (parent != NULL || !str_is(value->keys[i], "metadata"))
            fix_below(resources, value->items[i], value->keys[i]);
}

void
kustomize_fix_references(GPtrArray *resources)
{
    for (guint i = 0; i < resources->len; i++)
        fix_below(resources, ((KustomizeResource *)resources->pdata[i])->tree, NULL);
}
