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
    check_free_path(errors, "path", str_or_empty(item->path));
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
    check_free_path(errors, "path", str_or_empty(file->path));
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
        field_invalid_string(errors, NULL, str_or_empty(blamed), "conflicting duplicate paths");
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
                      (source->downward_api != NULL) + (source->service_account_token != NULL);

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

/* Upstream has two names for some sources: @child where it is one too many, @inner where it is looked into. */
static void
check_tree_named(ApiErrors *errors, const char *child, const char *inner, const Value *source, guint *count, TreeCheck check)
{
    if (source == NULL)
        return;
    if (!enter_source(errors, *count > 0 ? child : inner, source, count))
        return;
    check(errors, source);
    api_errors_pop(errors);
}

static void
check_tree(ApiErrors *errors, const char *child, const Value *source, guint *count, TreeCheck check)
{
    check_tree_named(errors, child, child, source, count, check);
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

/* The portal and the volume's name go into a path with a narrow limit. */
static void
check_iscsi_name(ApiErrors *errors, const Volume *volume)
{
    const char *portal = value_get_string(volume->iscsi, "targetPortal", "");

    if (volume->iscsi != NULL && value_get_string(volume->iscsi, "initiatorName", NULL) != NULL &&
        strlen(str_or_empty(volume->name)) + 1 + strlen(portal) > 64)
        field_invalid_string(errors, "name", str_or_empty(volume->name),
                             "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
                             "iscsi.initiatorName is specified.");
}

/* validateVolumeSource, in upstream's order: the first half */
static void
check_first_sources(ApiErrors *errors, const Volume *volume, guint *count)
{
    if (enter_source(errors, "emptyDir", volume->empty_dir, count)) {
        check_empty_dir(errors, volume->empty_dir);
        api_errors_pop(errors);
    }
    if (enter_source(errors, "hostPath", volume->host_path, count)) {
        check_host_path(errors, volume->host_path);
        api_errors_pop(errors);
    }
    check_tree(errors, "gitRepo", volume->git_repo, count, check_git_repo);
    check_tree_named(errors, "gcePersistentDisk", "persistentDisk", volume->gce_disk, count, check_gce_disk);
    check_tree(errors, "awsElasticBlockStore", volume->aws_disk, count, check_aws_disk);
    if (enter_source(errors, "secret", volume->secret, count)) {
        check_secret(errors, volume->secret);
        api_errors_pop(errors);
    }
    check_tree(errors, "nfs", volume->nfs, count, check_nfs);
    check_tree(errors, "iscsi", volume->iscsi, count, check_iscsi);
    check_iscsi_name(errors, volume);
    check_tree(errors, "glusterfs", volume->glusterfs, count, check_glusterfs);
    check_tree(errors, "flocker", volume->flocker, count, check_flocker);
    if (enter_source(errors, "persistentVolumeClaim", volume->persistent_volume_claim, count)) {
        if (str_is_empty(volume->persistent_volume_claim->claim_name))
            field_required(errors, "claimName", NULL);
        api_errors_pop(errors);
    }
    check_tree(errors, "rbd", volume->rbd, count, check_rbd);
    check_tree(errors, "cinder", volume->cinder, count, check_cinder);
    check_tree_named(errors, "cephFS", "cephfs", volume->cephfs, count, check_cephfs);
    check_tree(errors, "quobyte", volume->quobyte, count, check_quobyte);
}

/* The claim of an ephemeral volume is called after its pod. */
static void
check_claim_name(ApiErrors *errors, const ApiObject *pod, const Volume *volume)
{
    const char *name;
    StrList messages = {0};

    if (pod == NULL || str_is_empty(api_name(pod)) || str_is_empty(volume->name))
        return;
    name = str_internf("%s-%s", api_name(pod), volume->name);
    name_check(NAME_DNS_SUBDOMAIN, name, FALSE, &messages);
    for (guint i = 0; i < messages.count; i++)
        field_invalid_string(errors, "name", volume->name,
                             str_internf("PVC name %s: %s", api_quote(name), messages.items[i]));
    g_free(messages.items);
}

static void
check_source(ApiErrors *errors, const ApiObject *pod, const Volume *volume)
{
    guint count = 0;
    gboolean is_alone;

    check_first_sources(errors, volume, &count);
    if (volume->downward_api != NULL && count > 0) {
        /* Upstream's own spelling of the path. */
        field_forbidden(errors, "downwarAPI", "may not specify more than 1 volume type");
    } else if (enter_source(errors, "downwardAPI", volume->downward_api, &count)) {
        check_downward(errors, volume->downward_api);
        api_errors_pop(errors);
    }
    check_tree(errors, "fc", volume->other, &count, check_fibre_channel);
    check_tree(errors, "flexVolume", volume->flex_volume, &count, check_flex_volume);
    if (enter_source(errors, "configMap", volume->config_map, &count)) {
        check_config_map(errors, volume->config_map);
        api_errors_pop(errors);
    }
    check_tree(errors, "azureFile", volume->azure_file, &count, check_azure_file);
    check_tree(errors, "vsphereVolume", volume->vsphere_volume, &count, check_vsphere_volume);
    check_tree(errors, "photonPersistentDisk", volume->photon_disk, &count, check_photon_disk);
    check_tree(errors, "portworxVolume", volume->portworx_volume, &count, check_portworx_volume);
    check_tree(errors, "azureDisk", volume->azure_disk, &count, check_azure_disk);
    check_tree(errors, "storageos", volume->storageos, &count, check_storageos);
    if (enter_source(errors, "projected", volume->projected, &count)) {
        check_projected(errors, volume->projected);
        api_errors_pop(errors);
    }
    check_tree(errors, "scaleIO", volume->scale_io, &count, check_scale_io);
    check_tree(errors, "csi", volume->csi, &count, check_inline_csi);
    is_alone = count == 0;
    check_tree(errors, "ephemeral", volume->ephemeral, &count, check_ephemeral);
    if (volume->ephemeral != NULL && is_alone)
        check_claim_name(errors, pod, volume);
    if (count == 0)
        field_required(errors, NULL, "must specify a volume type");
}

/* A claim that is made for an ephemeral volume of this pod cannot be named by another volume. */
static gboolean
names_made_claim(const ApiObject *pod, const PodSpec *spec, const Volume *volume)
{
    if (pod == NULL || str_is_empty(api_name(pod)) || volume->persistent_volume_claim == NULL)
        return FALSE;
    for (guint i = 0; i < spec->volumes.count; i++)
        if (spec->volumes.items[i].ephemeral != NULL &&
            str_is(volume->persistent_volume_claim->claim_name,
                   str_internf("%s-%s", api_name(pod), str_or_empty(spec->volumes.items[i].name))))
            return TRUE;
    return FALSE;
}

/* ValidateVolumes: @out_names gets those without a fault, which mounts may name. */
void
check_volumes(ApiErrors *errors, const ApiObject *pod, const PodSpec *spec, StrList *out_names)
{
    api_errors_push(errors, "volumes");
    for (guint i = 0; i < spec->volumes.count; i++) {
        const Volume *volume = &spec->volumes.items[i];
        guint before = errors->list.count;

        api_errors_push_index(errors, i);
        check_source(errors, pod, volume);
        if (str_is_empty(volume->name))
            field_required(errors, "name", NULL);
        else
            check_name(errors, "name", NAME_DNS_LABEL, volume->name);
        if (str_list_contains(out_names, str_or_empty(volume->name)))
            field_duplicate(errors, "name", api_quote(volume->name));
        if (errors->list.count == before)
            str_list_add(out_names, volume->name);
        if (names_made_claim(pod, spec, volume))
            field_invalid_string(errors, "persistentVolumeClaim.claimName", volume->persistent_volume_claim->claim_name,
                                 "must not reference a PVC that gets created for an ephemeral volume");
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}
