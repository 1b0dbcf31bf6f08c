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

/* A path that a volume shows, and what of a projected volume shows it: NULL elsewhere. */
typedef struct {
    const char *path, *source;
} ShownPath;

static const char *
print_shown(const ShownPath *shown)
{
    return shown->source == NULL ? api_quote(shown->path) : str_internf("%s (%s)", api_quote(shown->path), shown->source);
}

/* checkForOverlap: equal, or one of them a directory above the other. An empty path overlaps nothing. */
static gboolean
overlaps(const char *a, const char *b)
{
    if (a[0] == '\0' || b[0] == '\0')
        return FALSE;
    return g_str_has_prefix(str_internf("%s/", a), str_internf("%s/", b)) ||
           g_str_has_prefix(str_internf("%s/", b), str_internf("%s/", a));
}

/* Each one among @taken that a new path collides with is told of. @what: "ConfigMap \"c\"", "Projected". */
static void
take_shown(GArray *taken, const char *volume, const char *what, const char *path, const char *source, GPtrArray *warnings)
{
    g_autofree char *trimmed = g_strdup(str_or_empty(path));
    ShownPath shown = {NULL, source};

    for (gsize length = strlen(trimmed); length > 0 && trimmed[length - 1] == '/'; length--)
        trimmed[length - 1] = '\0';
    shown.path = str_intern(trimmed);
    for (guint i = 0; i < taken->len; i++) {
        const ShownPath *other = &g_array_index(taken, ShownPath, i);

        if (overlaps(other->path, shown.path))
            g_ptr_array_add(warnings, g_strdup_printf("volume %s (%s): overlapping paths: %s with %s", api_quote(volume), what,
                                                      print_shown(&shown), print_shown(other)));
    }
    g_array_append_val(taken, shown);
}

static void
take_keys(GArray *taken, const char *volume, const char *what, const KeyToPath *items, guint count, const char *source,
          GPtrArray *warnings)
{
    for (guint i = 0; i < count; i++)
        take_shown(taken, volume, what, items[i].path, source, warnings);
}

static void
take_files(GArray *taken, const char *volume, const char *what, const DownwardApiFile *items, guint count, const char *source,
           GPtrArray *warnings)
{
    for (guint i = 0; i < count; i++)
        take_shown(taken, volume, what, items[i].path, source, warnings);
}

/* Of a source of several kinds the first that names paths counts. */
static void
take_projection(GArray *taken, const char *volume, const VolumeProjection *source, GPtrArray *warnings)
{
    const NamedProjection *map = source->config_map;
    const NamedProjection *secret = source->secret;

    if (map != NULL && map->items.count > 0)
        take_keys(taken, volume, "Projected", map->items.items, map->items.count,
                  str_internf("ConfigMap %s", api_quote(map->name)), warnings);
    else if (secret != NULL && secret->items.count > 0)
        take_keys(taken, volume, "Projected", secret->items.items, secret->items.count,
                  str_internf("Secret %s", api_quote(secret->name)), warnings);
    else if (source->downward_api != NULL && source->downward_api->items.count > 0)
        take_files(taken, volume, "Projected", source->downward_api->items.items, source->downward_api->items.count, "DownwardAPI",
                   warnings);
    else if (source->service_account_token != NULL)
        take_shown(taken, volume, "Projected", source->service_account_token->path, "ServiceAccountToken", warnings);
}

static void
warn_projected(const char *name, const ProjectedVolumeSource *projected, GPtrArray *warnings)
{
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(ShownPath));

    for (guint i = 0; i < projected->sources.count; i++) {
        const VolumeProjection *source = &projected->sources.items[i];

        if (source->config_map == NULL && source->secret == NULL && source->downward_api == NULL &&
            source->service_account_token == NULL)
            g_ptr_array_add(warnings, g_strdup_printf("volume %s (Projected) has no sources provided", api_quote(name)));
        else
            take_projection(taken, name, source, warnings);
    }
}

static void
warn_overlaps(const Volume *volume, GPtrArray *warnings)
{
    const char *name = str_or_empty(volume->name);
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(ShownPath));

    if (volume->config_map != NULL)
        take_keys(taken, name, str_internf("ConfigMap %s", api_quote(volume->config_map->name)),
                  volume->config_map->items.items, volume->config_map->items.count, NULL, warnings);
    g_array_set_size(taken, 0);
    if (volume->secret != NULL)
        take_keys(taken, name, str_internf("Secret %s", api_quote(volume->secret->secret_name)), volume->secret->items.items,
                  volume->secret->items.count, NULL, warnings);
    g_array_set_size(taken, 0);
    if (volume->downward_api != NULL)
        take_files(taken, name, "DownwardAPI", volume->downward_api->items.items, volume->downward_api->items.count, NULL, warnings);
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
