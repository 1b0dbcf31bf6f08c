/*
 * Warnings about the volumes of pods and templates that are accepted.
 *
 * Models: v1.34 pkg/api/pod/warnings.go: warningsForPodSpecAndMeta, warningsForOverlappingVirtualPaths;
 * pkg/api/persistentvolumeclaim/util.go: GetWarningsForPersistentVolumeClaimSpec.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#include <string.h>

static void
warn_ephemeral(const Value *source, const char *path, GPtrArray *warnings)
{
    const Value *template_ = value_get(source, "volumeClaimTemplate");
    const Value *tree = template_ == NULL ? NULL : value_get(template_, "spec");
    ApiDecodeResult result = {0};
    PvcSpec spec = {0};

    if (tree != NULL && api_struct_decode(&pvc_spec_type, &spec, tree, NULL, &result))
        warn_claim(&spec, str_internf("%s.ephemeral.volumeClaimTemplate.spec", path), warnings);
    api_decode_result_clear(&result);
    api_struct_clear(&pvc_spec_type, &spec);
}

static void
warn_plugins(const Volume *volume, const char *path, GPtrArray *warnings)
{
    static const char since_16[] = "deprecated in v1.11, non-functional in v1.16+";
    static const char since_22[] = "deprecated in v1.16, non-functional in v1.22+";
    static const char since_25[] = "deprecated in v1.22, non-functional in v1.25+";
    static const char since_26[] = "deprecated in v1.25, non-functional in v1.26+";
    static const char since_31[] = "deprecated in v1.28, non-functional in v1.31+";
    const struct {
        const char *name;
        const Value *source;
        const char *message;
    } plugins[] = {
        {"photonPersistentDisk", volume->photon_disk, since_16},
        {"gitRepo", volume->git_repo, "deprecated in v1.11, and disabled by default in v1.33+"},
        {"scaleIO", volume->scale_io, since_22},
        {"flocker", volume->flocker, since_25},
        {"storageOS", volume->storageos, since_25},
        {"quobyte", volume->quobyte, since_25},
        {"glusterfs", volume->glusterfs, since_26},
        {"ephemeral", volume->ephemeral, NULL},
        {"cephfs", volume->cephfs, since_31},
        {"rbd", volume->rbd, since_31},
    };

    for (guint i = 0; i < G_N_ELEMENTS(plugins); i++) {
        if (plugins[i].source != NULL && plugins[i].message != NULL)
            g_ptr_array_add(warnings, g_strdup_printf("%s.%s: %s", path, plugins[i].name, plugins[i].message));
        else if (plugins[i].source != NULL)
            warn_ephemeral(plugins[i].source, path, warnings);
    }
}

/* --- paths that hide each other ---------------------------------------------------------------- */

/* checkForOverlap: the one that @path collides with, "" if none. */
static const char *
find_overlap(const StrList *taken, const char *path)
{
    for (guint i = 0; i < taken->count; i++) {
        const char *item = taken->items[i];

        if (item[0] == '\0' || path[0] == '\0')
            return "";
        if (strcmp(item, path) == 0 || g_str_has_prefix(str_internf("%s/", item), path) ||
            g_str_has_prefix(str_internf("%s/", path), item))
            return item;
    }
    return "";
}

static void
warn_paths(const StrList *paths, const char *message, GPtrArray *warnings)
{
    StrList taken = {0};

    for (guint i = 0; i < paths->count; i++) {
        g_autofree char *trimmed = g_strdup(paths->items[i]);
        const char *collision;

        while (trimmed[0] != '\0' && g_str_has_suffix(trimmed, "/"))
            trimmed[strlen(trimmed) - 1] = '\0';
        collision = find_overlap(&taken, trimmed);
        if (collision[0] != '\0')
            g_ptr_array_add(warnings, g_strdup_printf("%s: \"%s\" with \"%s\"", message, trimmed, collision));
        if (!str_list_contains(&taken, trimmed))
            str_list_add(&taken, str_intern(trimmed));
    }
    g_free(taken.items);
}

#define ADD_PATHS(list, from)                                                                                             \
    do {                                                                                                                  \
        for (guint path_ = 0; path_ < (from)->items.count; path_++)                                                       \
            str_list_add((list), text_or_empty((from)->items.items[path_].path));                                         \
    } while (0)

/* One source of a projected volume; one without paths leaves what the one before it had, as upstream does. */
static void
list_projection(const char *volume, const VolumeProjection *source, StrList *paths, const char **message)
{
    const char *kind;
    const char *name = NULL;

    if (source->config_map != NULL && source->config_map->items.count > 0) {
        paths->count = 0;
        ADD_PATHS(paths, source->config_map);
        kind = "ConfigMap";
        name = source->config_map->name;
    } else if (source->secret != NULL && source->secret->items.count > 0) {
        paths->count = 0;
        ADD_PATHS(paths, source->secret);
        kind = "Secret";
        name = source->secret->name;
    } else if (source->downward_api != NULL && source->downward_api->items.count > 0) {
        paths->count = 0;
        ADD_PATHS(paths, source->downward_api);
        *message = str_internf("volume \"%s\" (Projected DownwardAPI): overlapping paths", volume);
        return;
    } else if (source->service_account_token != NULL) {
        paths->count = 0;
        str_list_add(paths, text_or_empty(source->service_account_token->path));
        *message = str_internf("volume \"%s\" (Projected ServiceAccountToken): overlapping paths", volume);
        return;
    } else if (source->cluster_trust_bundle != NULL) {
        paths->count = 0;
        str_list_add(paths, value_get_string(source->cluster_trust_bundle, "path", ""));
        kind = "ClusterTrustBundle";
        name = value_get_string(source->cluster_trust_bundle, "name",
                                value_get_string(source->cluster_trust_bundle, "signerName", ""));
    } else {
        return;
    }
    *message = str_internf("volume \"%s\" (Projected %s \"%s\"): overlapping paths", volume, kind, text_or_empty(name));
}

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
warn_projected(const char *name, const ProjectedVolumeSource *projected, GPtrArray *warnings)
{
    StrList paths = {0};
    StrList all = {0};
    const char *message = "";

    for (guint i = 0; i < projected->sources.count; i++) {
        const VolumeProjection *source = &projected->sources.items[i];
        StrList ordered = {0};

        if (source->config_map == NULL && source->secret == NULL && source->downward_api == NULL &&
            source->service_account_token == NULL && source->cluster_trust_bundle == NULL &&
            source->pod_certificate == NULL) {
            g_ptr_array_add(warnings, g_strdup_printf("volume \"%s\" (Projected) has no sources provided", name));
            continue;
        }
        list_projection(name, source, &paths, &message);
        if (paths.count == 0)
            continue;
        warn_paths(&paths, message, warnings);
        for (guint j = 0; j < paths.count; j++)
            if (!str_list_contains(&ordered, paths.items[j]))
                str_list_add(&ordered, paths.items[j]);
        for (guint j = 0; j < all.count; j++)
            str_list_add(&ordered, all.items[j]);
        qsort(ordered.items, ordered.count, sizeof *ordered.items, compare_texts);
        warn_paths(&ordered, message, warnings);
        for (guint j = 0; j < paths.count; j++)
            if (!str_list_contains(&all, paths.items[j]))
                str_list_add(&all, paths.items[j]);
        g_free(ordered.items);
    }
    g_free(paths.items);
    g_free(all.items);
}

static void
warn_overlaps(const Volume *volume, GPtrArray *warnings)
{
    const char *name = text_or_empty(volume->name);
    StrList paths = {0};

    if (volume->config_map != NULL) {
        ADD_PATHS(&paths, volume->config_map);
        warn_paths(&paths,
                   str_internf("volume \"%s\" (ConfigMap \"%s\"): overlapping paths", name,
                               text_or_empty(volume->config_map->name)),
                   warnings);
    }
    paths.count = 0;
    if (volume->secret != NULL) {
        ADD_PATHS(&paths, volume->secret);
        warn_paths(&paths,
                   str_internf("volume \"%s\" (Secret \"%s\"): overlapping paths", name,
                               text_or_empty(volume->secret->secret_name)),
                   warnings);
    }
    paths.count = 0;
    if (volume->downward_api != NULL) {
        ADD_PATHS(&paths, volume->downward_api);
        warn_paths(&paths, str_internf("volume \"%s\" (DownwardAPI): overlapping paths", name), warnings);
    }
    g_free(paths.items);
    if (volume->projected != NULL)
        warn_projected(name, volume->projected, warnings);
}

void
warn_volumes(const PodSpec *spec, const char *path, GPtrArray *warnings)
{
    for (guint i = 0; i < spec->volumes.count; i++)
        warn_plugins(&spec->volumes.items[i], str_internf("%s.volumes[%u]", path, i), warnings);
    for (guint i = 0; i < spec->volumes.count; i++)
        warn_overlaps(&spec->volumes.items[i], warnings);
}
