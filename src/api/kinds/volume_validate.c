/*
 * Validation of volumes.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidateVolumes and below.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define FILE_MODE_MESSAGE "must be a number between 0 and 0777 (octal), both inclusive"

void
check_no_backsteps(ApiErrors *errors, const char *child, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        if (strcmp(parts[i], "..") == 0) {
            field_invalid_string(errors, child, path, "must not contain '..'");
            return;
        }
    }
}

void
check_local_path(ApiErrors *errors, const char *child, const char *path)
{
    if (path[0] == '/')
        field_invalid_string(errors, child, path, "must be a relative path");
    check_no_backsteps(errors, child, path);
}

/* ValidateLocalNonReservedPath */
static void
check_free_path(ApiErrors *errors, const char *child, const char *path)
{
    check_local_path(errors, child, path);
    if (g_str_has_prefix(path, "..") && !g_str_has_prefix(path, "../"))
        field_invalid_string(errors, child, path, "must not start with '..'");
}

static void
check_mode(ApiErrors *errors, const char *child, OptInt32 mode)
{
    if (mode.is_set && (mode.value < 0 || mode.value > 0777))
        field_invalid_int(errors, child, mode.value, FILE_MODE_MESSAGE);
}

void
check_host_path(ApiErrors *errors, const HostPathVolumeSource *source)
{
    static const char *const types[] =
        {"",     "BlockDevice",  "CharDevice", "Directory", "DirectoryOrCreate",
         "File", "FileOrCreate", "Socket",     NULL};

    if (str_is_empty(source->path)) {
        field_required(errors, "path", NULL);
        return;
    }
    check_no_backsteps(errors, "path", source->path);
    if (!str_is_empty(source->type))
        check_one_of(errors, "type", source->type, types);
}

static void
check_item(ApiErrors *errors, const KeyToPath *item)
{
    if (str_is_empty(item->key))
        field_required(errors, "key", NULL);
    if (str_is_empty(item->path))
        field_required(errors, "path", NULL);
    check_free_path(errors, "path", text_or_empty(item->path));
    check_mode(errors, "mode", item->mode);
}

static void
check_items(ApiErrors *errors, const KeyToPath *items, guint count)
{
    api_errors_push(errors, "items");
    for (guint i = 0; i < count; i++) {
        api_errors_push_index(errors, i);
        check_item(errors, &items[i]);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

static void
check_secret(ApiErrors *errors, const SecretVolumeSource *source)
{
    if (str_is_empty(source->secret_name))
        field_required(errors, "secretName", NULL);
    check_mode(errors, "defaultMode", source->default_mode);
    check_items(errors, source->items.items, source->items.count);
}

static void
check_config_map(ApiErrors *errors, const ConfigMapVolumeSource *source)
{
    if (str_is_empty(source->name))
        field_required(errors, "name", NULL);
    check_mode(errors, "defaultMode", source->default_mode);
    check_items(errors, source->items.items, source->items.count);
}

/* validateDownwardAPIVolumeFile: upstream puts all files on the volume's own path */
static void
check_downward_file(ApiErrors *errors, const DownwardApiFile *file)
{
    if (str_is_empty(file->path))
        field_required(errors, "path", NULL);
    check_free_path(errors, "path", text_or_empty(file->path));
    if (file->field_ref != NULL) {
        api_errors_push(errors, "fieldRef");
        check_key_selector_field(errors, file->field_ref, FALSE);
        api_errors_pop(errors);
        if (file->resource_field_ref != NULL)
            field_invalid_string(errors, NULL, "resource",
                                 "fieldRef and resourceFieldRef can not be specified "
                                 "simultaneously");
    } else if (file->resource_field_ref != NULL) {
        api_errors_push(errors, "resourceFieldRef");
        check_resource_field(errors, file->resource_field_ref, TRUE);
        api_errors_pop(errors);
    } else {
        field_required(errors, NULL, "one of fieldRef and resourceFieldRef is required");
    }
    check_mode(errors, "mode", file->mode);
}

static void
check_downward(ApiErrors *errors, const DownwardApiVolumeSource *source)
{
    check_mode(errors, "defaultMode", source->default_mode);
    for (guint i = 0; i < source->items.count; i++)
        check_downward_file(errors, &source->items.items[i]);
}

/* @paths: those that another source shows; the cursor stands on "projected". */
static void
take_path(ApiErrors *errors, StrList *paths, const char *path, const char *blamed)
{
    if (str_is_empty(path))
        return;
    if (str_list_contains(paths, path))
        field_invalid_string(errors, NULL, text_or_empty(blamed), "conflicting duplicate paths");
    else
        str_list_add(paths, path);
}

static void
check_named_projection(ApiErrors *errors,
                       const char *where,
                       const NamedProjection *source,
                       StrList *paths)
{
    if (str_is_empty(source->name))
        field_required(errors, str_internf("%s.name", where), NULL);
    for (guint i = 0; i < source->items.count; i++) {
        api_errors_push(errors, str_internf("%s.items", where));
        api_errors_push_index(errors, i);
        check_item(errors, &source->items.items[i]);
        api_errors_pop(errors);
        api_errors_pop(errors);
        take_path(errors, paths, source->items.items[i].path, source->name);
    }
}

static void
check_token(ApiErrors *errors, const char *where, const ServiceAccountTokenProjection *token)
{
    const char *field = str_internf("%s.expirationSeconds", where);

    if (token->expiration_s.value < 600)
        field_invalid_int(errors, field, token->expiration_s.value,
                          "may not specify a duration less than 10 minutes");
    if (token->expiration_s.value > (G_GINT64_CONSTANT(1) << 32))
        field_invalid_int(errors, field, token->expiration_s.value,
                          "may not specify a duration larger than 2^32 seconds");
    if (str_is_empty(token->path))
        field_required(errors, "path", NULL);
    else
        check_free_path(errors, "path", token->path);
}

static void
check_projected(ApiErrors *errors, const ProjectedVolumeSource *projected)
{
    StrList paths = {0};

    check_mode(errors, "defaultMode", projected->default_mode);
    for (guint i = 0; i < projected->sources.count; i++) {
        const VolumeProjection *source = &projected->sources.items[i];
        const char *where = str_internf("sources[%u]", i);
        guint count = (source->secret != NULL) + (source->config_map != NULL) +
                      (source->downward_api != NULL) + (source->service_account_token != NULL) +
                      (source->cluster_trust_bundle != NULL) + (source->pod_certificate != NULL);

        if (source->secret != NULL)
            check_named_projection(errors, str_internf("%s.secret", where), source->secret, &paths);
        if (source->config_map != NULL)
            check_named_projection(errors, str_internf("%s.configMap", where), source->config_map,
                                   &paths);
        for (guint j = 0; source->downward_api != NULL && j < source->downward_api->items.count;
             j++) {
            const DownwardApiFile *file = &source->downward_api->items.items[j];

            api_errors_push(errors, str_internf("%s.downwardAPI", where));
            check_downward_file(errors, file);
            api_errors_pop(errors);
            take_path(errors, &paths, file->path, file->path);
        }
        if (source->service_account_token != NULL)
            check_token(errors, str_internf("%s.serviceAccountToken", where),
                        source->service_account_token);
        if (count > 1)
            field_forbidden(errors, where, "may not specify more than 1 volume type per source");
    }
    g_free(paths.items);
}

void
check_nfs(ApiErrors *errors, const Value *nfs)
{
    const char *path = value_get_string(nfs, "path", "");

    if (str_is_empty(value_get_string(nfs, "server", "")))
        field_required(errors, "server", NULL);
    if (path[0] == '\0')
        field_required(errors, "path", NULL);
    if (path[0] != '/')
        field_invalid_string(errors, "path", path, "must be an absolute path");
}

/* As for handlers of probes: only the first source is looked into. */
static gboolean
enter_source(ApiErrors *errors, const char *child, gconstpointer source, guint *count)
{
    if (source == NULL)
        return FALSE;
    if (*count > 0) {
        field_forbidden(errors, child, "may not specify more than 1 volume type");
        return FALSE;
    }
    *count = 1;
    api_errors_push(errors, child);
    return TRUE;
}

typedef void (*TreeCheck)(ApiErrors *errors, const Value *source);

static void
check_tree(ApiErrors *errors, const char *child, const Value *source, guint *count, TreeCheck check)
{
    if (!enter_source(errors, child, source, count))
        return;
    check(errors, source);
    api_errors_pop(errors);
}

/* validateGitRepoVolumeSource */
static void
check_git_repo(ApiErrors *errors, const Value *source)
{
    if (value_get_string(source, "repository", "")[0] == '\0')
        field_required(errors, "repository", NULL);
    check_local_path(errors, "directory", value_get_string(source, "directory", ""));
}

static void
check_empty_dir(ApiErrors *errors, const EmptyDirVolumeSource *source)
{
    if (source->size_limit != NULL && quantity_sign(source->size_limit) < 0)
        field_forbidden(errors, "sizeLimit", "SizeLimit field must be a valid resource quantity");
}

/* validateVolumeSource, in upstream's order */
static void
check_source(ApiErrors *errors, const Volume *volume)
{
    guint count = 0;

    if (enter_source(errors, "emptyDir", volume->empty_dir, &count)) {
        check_empty_dir(errors, volume->empty_dir);
        api_errors_pop(errors);
    }
    if (enter_source(errors, "hostPath", volume->host_path, &count)) {
        check_host_path(errors, volume->host_path);
        api_errors_pop(errors);
    }
    check_tree(errors, "gitRepo", volume->git_repo, &count, check_git_repo);
    if (enter_source(errors, "secret", volume->secret, &count)) {
        check_secret(errors, volume->secret);
        api_errors_pop(errors);
    }
    check_tree(errors, "nfs", volume->nfs, &count, check_nfs);
    check_tree(errors, "iscsi", volume->iscsi, &count, check_iscsi);
    if (enter_source(errors, "persistentVolumeClaim", volume->persistent_volume_claim, &count)) {
        if (str_is_empty(volume->persistent_volume_claim->claim_name))
            field_required(errors, "claimName", NULL);
        api_errors_pop(errors);
    }
    if (volume->downward_api != NULL && count > 0) {
        /* Upstream's own spelling of the path. */
        field_forbidden(errors, "downwarAPI", "may not specify more than 1 volume type");
    } else if (enter_source(errors, "downwardAPI", volume->downward_api, &count)) {
        check_downward(errors, volume->downward_api);
        api_errors_pop(errors);
    }
    check_tree(errors, "fc", volume->other, &count, check_fibre_channel);
    if (enter_source(errors, "configMap", volume->config_map, &count)) {
        check_config_map(errors, volume->config_map);
        api_errors_pop(errors);
    }
    if (enter_source(errors, "projected", volume->projected, &count)) {
        check_projected(errors, volume->projected);
        api_errors_pop(errors);
    }
    check_tree(errors, "csi", volume->csi, &count, check_inline_csi);
    check_tree(errors, "ephemeral", volume->ephemeral, &count, check_ephemeral);
    if (count == 0)
        field_required(errors, NULL, "must specify a volume type");
}

/* ValidateVolumes: @out_names gets those without a fault, which mounts may name. */
void
check_volumes(ApiErrors *errors, const PodSpec *spec, StrList *out_names)
{
    api_errors_push(errors, "volumes");
    for (guint i = 0; i < spec->volumes.count; i++) {
        const Volume *volume = &spec->volumes.items[i];
        guint before = errors->list.count;

        api_errors_push_index(errors, i);
        check_source(errors, volume);
        if (str_is_empty(volume->name))
            field_required(errors, "name", NULL);
        else
            check_name(errors, "name", NAME_DNS_LABEL, volume->name);
        if (str_list_contains(out_names, text_or_empty(volume->name)))
            field_duplicate(errors, "name", api_quote(volume->name));
        if (errors->list.count == before)
            str_list_add(out_names, volume->name);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}
