/* Defaults of pods and templates that the tables cannot say. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

/* v1.34 pkg/apis/core/v1/defaults.go: quantities are rounded up to 1/1000 */
void
resource_map_set_defaults(QuantityMap *map)
{
    for (guint i = 0; i < map->count; i++)
        quantity_round_up_milli(&map->items[i].value);
}

static gboolean
is_image_path(const char *path)
{
    if (path[0] == '\0')
        return FALSE;
    for (const char *c = path; *c != '\0'; c++) {
        if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && strchr("._-/", *c) == NULL)
            return FALSE;
    }
    return g_ascii_isalnum(path[0]) && g_ascii_isalnum(path[strlen(path) - 1]);
}

/* The registry's part: before the first slash, if it has a dot, colon or capital letter. */
static const char *
skip_domain(const char *image)
{
    const char *slash = strchr(image, '/');

    if (slash == NULL)
        return image;
    for (const char *c = image; c < slash; c++) {
        if (g_ascii_isspace(*c))
            return image;
    }
    for (const char *c = image; c < slash; c++) {
        if (*c == '.' || *c == ':' || g_ascii_isupper(*c))
            return slash + 1;
    }
    return image;
}

/*
 * v1.34 pkg/util/parsers: ParseImageName. Text that is no image name has no
 * tag, and an image without tag and digest has the tag latest.
 */
static gboolean
image_is_latest(const char *image)
{
    const char *rest = skip_domain(image);
    const char *digest = strchr(rest, '@');
    const char *tag = strchr(rest, ':');
    g_autofree char *path = NULL;

    if (tag != NULL && digest != NULL && tag > digest)
        tag = NULL;
    path = g_strndup(rest, (gsize)(tag != NULL      ? tag - rest
                                   : digest != NULL ? digest - rest
                                                    : (gssize)strlen(rest)));
    if (!is_image_path(path))
        return FALSE;
    if (tag == NULL)
        return digest == NULL;
    if (digest != NULL)
        return digest - tag == (gssize)strlen(":latest") && g_str_has_prefix(tag, ":latest");
    return strcmp(tag, ":latest") == 0;
}

/*
 * v1.34 pkg/api/pod: dropDisabledFields. What a closed gate hides is dropped without a word: EnvFiles,
 * ContainerRestartRules, ContainerStopSignals.
 */
static void
container_drop_gated(Container *container)
{
    g_clear_pointer(&container->restart_rules, value_free);
    for (guint i = 0; i < container->env.count; i++)
        if (container->env.items[i].value_from != NULL)
            g_clear_pointer(&container->env.items[i].value_from->file_key_ref, value_free);
    if (container->lifecycle == NULL || container->lifecycle->stop_signal == NULL)
        return;
    container->lifecycle->stop_signal = NULL;
    if (container->lifecycle->post_start == NULL && container->lifecycle->pre_stop == NULL)
        api_struct_free(&lifecycle_type, g_steal_pointer(&container->lifecycle));
}

/* SetDefaults_Container */
static void
container_set_defaults(Container *container)
{
    container_drop_gated(container);
    if (str_is_empty(container->image_pull_policy)) {
        gboolean is_latest = container->image != NULL && image_is_latest(container->image);

        container->image_pull_policy = str_intern(is_latest ? "Always" : "IfNotPresent");
    }
    resource_map_set_defaults(&container->resources.limits);
    resource_map_set_defaults(&container->resources.requests);
}

void
tree_set_defaults(Value **tree, const ApiType *shape)
{
    ApiDecodeResult result = {0};
    gpointer data;

    if (*tree == NULL)
        return;
    data = api_struct_new(shape);
    api_struct_decode(shape, data, *tree, NULL, &result);
    api_struct_default(shape, data);
    value_free(*tree);
    *tree = api_struct_encode(shape, data);
    api_struct_free(shape, data);
    api_decode_result_clear(&result);
}

/* The metadata of a claim template is no pointer in Go: it is written though it is empty. */
static void
claim_set_metadata(Value *ephemeral)
{
    Value *claim = ephemeral == NULL ? NULL : value_get(ephemeral, "volumeClaimTemplate");

    if (claim != NULL && value_get(claim, "metadata") == NULL)
        value_set(claim, "metadata", value_new_map());
}

/* ClusterTrustBundleProjection and PodCertificateRequest are off: the source stays, with nothing in it. */
static void
projected_drop_gated(ProjectedVolumeSource *projected)
{
    for (guint i = 0; projected != NULL && i < projected->sources.count; i++) {
        g_clear_pointer(&projected->sources.items[i].cluster_trust_bundle, value_free);
        g_clear_pointer(&projected->sources.items[i].pod_certificate, value_free);
    }
}

/* No pointer of the source is left out in Go: null is written. */
static void
scale_io_set_secret(Value *source)
{
    if (source != NULL && value_get(source, "secretRef") == NULL)
        value_set(source, "secretRef", value_new_null());
}

/* A volume of which no kind is said is an empty directory. */
static void
volume_set_defaults(Volume *volume)
{
    const Volume named = {.name = volume->name};

    if (api_struct_equal(&volume_type, volume, &named))
        volume->empty_dir = g_new0(EmptyDirVolumeSource, 1);
    projected_drop_gated(volume->projected);
    tree_set_defaults(&volume->iscsi, &iscsi_shape);
    tree_set_defaults(&volume->rbd, &rbd_shape);
    tree_set_defaults(&volume->azure_disk, &azure_disk_shape);
    tree_set_defaults(&volume->scale_io, &scale_io_shape);
    scale_io_set_secret(volume->scale_io);
    tree_set_defaults(&volume->ephemeral, &ephemeral_shape);
    claim_set_metadata(volume->ephemeral);
}

static void
drop_mounts(Container *container, const StrList *volumes)
{
    VolumeMount *mounts = container->volume_mounts.items;
    guint kept = 0;

    for (guint i = 0; i < container->volume_mounts.count; i++) {
        if (str_list_contains(volumes, str_or_empty(mounts[i].name)))
            api_struct_clear(&volume_mount_type, &mounts[i]);
        else
            mounts[kept++] = mounts[i];
    }
    container->volume_mounts.count = kept;
}

/* v1.34 pkg/api/pod, dropImageVolumes. ImageVolume is off: such volumes are gone, and so is every mount of one. */
static void
drop_image_volumes(PodSpec *spec)
{
    Volume *volumes = spec->volumes.items;
    StrList names = {0};
    guint kept = 0;

    for (guint i = 0; i < spec->volumes.count; i++) {
        if (volumes[i].image != NULL) {
            str_list_add(&names, str_or_empty(volumes[i].name));
            api_struct_clear(&volume_type, &volumes[i]);
        } else {
            volumes[kept++] = volumes[i];
        }
    }
    spec->volumes.count = kept;
    for (guint i = 0; names.count > 0 && i < spec->containers.count; i++)
        drop_mounts(&spec->containers.items[i], &names);
    for (guint i = 0; names.count > 0 && i < spec->init_containers.count; i++)
        drop_mounts(&spec->init_containers.items[i], &names);
    g_free(names.items);
}

/* SetDefaults_PodSpec and what lies below it */
void
pod_spec_set_defaults(PodSpec *spec)
{
    for (guint i = 0; i < spec->init_containers.count; i++) {
        Container *container = &spec->init_containers.items[i];

        /* Another value is hidden by a feature gate: it is dropped without a word. */
        if (container->restart_policy != NULL && !str_is(container->restart_policy, "Always"))
            container->restart_policy = NULL;
        container_set_defaults(container);
    }
    for (guint i = 0; i < spec->containers.count; i++) {
        spec->containers.items[i].restart_policy = NULL; /* ContainerRestartRules is off: the same */
        container_set_defaults(&spec->containers.items[i]);
    }
    drop_image_volumes(spec);
    for (guint i = 0; i < spec->volumes.count; i++)
        volume_set_defaults(&spec->volumes.items[i]);
    spec->hostname_override = NULL; /* HostnameOverride is off */
    if (spec->security_context == NULL)
        spec->security_context = value_new_map();
    resource_map_set_defaults(&spec->overhead);
    if (spec->resources != NULL) {
        resource_map_set_defaults(&spec->resources->limits);
        resource_map_set_defaults(&spec->resources->requests);
    }
    /* v1.34 pkg/apis/core/v1/conversion.go: the old name is an alias */
    if (str_is_empty(spec->service_account_name))
        spec->service_account_name = spec->deprecated_service_account;
    spec->deprecated_service_account = spec->service_account_name;
}

/* A limit without a request is the request too: in pods, not in templates. */
static void
requests_from_limits(Container *container)
{
    QuantityMap *requests = &container->resources.requests;
    const QuantityMap *limits = &container->resources.limits;

    for (guint i = 0; i < limits->count; i++) {
        if (quantity_map_get(requests, limits->items[i].key) == NULL)
            quantity_map_set(requests, limits->items[i].key, limits->items[i].value);
    }
}

static gboolean
is_huge_page(const char *name)
{
    return g_str_has_prefix(name, "hugepages-");
}

/* defaultHugePagePodLimits: those of the containers, where the pod says nothing of these pages */
static void
default_huge_page_limits(PodSpec *spec)
{
    ResourceRequirements *resources = spec->resources;
    QuantityMap sums = {0};

    if (resources->limits.count + resources->requests.count == 0)
        return;
    pod_container_limits(spec, &sums);
    for (guint i = 0; i < sums.count; i++) {
        const char *key = sums.items[i].key;

        if (is_huge_page(key) && quantity_map_get(&resources->requests, key) == NULL &&
            quantity_map_get(&resources->limits, key) == NULL)
            quantity_map_set(&resources->limits, key, sums.items[i].value);
    }
    g_free(sums.items);
}

/* defaultPodRequests: of a pod with a limit; what the containers ask for, else that limit */
static void
default_pod_requests(PodSpec *spec)
{
    QuantityMap *requests = &spec->resources->requests;
    QuantityMap sums = {0};

    if (spec->resources->limits.count == 0)
        return;
    pod_container_requests(spec, &sums);
    for (guint i = 0; i < sums.count; i++) {
        const char *key = sums.items[i].key;

        if ((str_is(key, "cpu") || str_is(key, "memory")) && quantity_map_get(requests, key) == NULL)
            quantity_map_set(requests, key, sums.items[i].value);
    }
    g_free(sums.items);
    for (guint i = 0; i < spec->resources->limits.count; i++) {
        const QuantityPair *limit = &spec->resources->limits.items[i];

        if ((str_is(limit->key, "cpu") || str_is(limit->key, "memory") || is_huge_page(limit->key)) &&
            quantity_map_get(requests, limit->key) == NULL)
            quantity_map_set(requests, limit->key, limit->value);
    }
}

static void
default_host_ports(Container *container)
{
    for (guint i = 0; i < container->ports.count; i++) {
        if (container->ports.items[i].host_port == 0)
            container->ports.items[i].host_port = container->ports.items[i].container_port;
    }
}

/* SetDefaults_Pod */
void
pod_set_defaults(ApiObject *pod)
{
    PodSpec *spec = api_edit_spec(pod);

    pod_spec_set_defaults(spec);
    for (guint i = 0; i < spec->containers.count; i++)
        requests_from_limits(&spec->containers.items[i]);
    for (guint i = 0; i < spec->init_containers.count; i++)
        requests_from_limits(&spec->init_containers.items[i]);
    if (spec->resources != NULL) {
        default_huge_page_limits(spec);
        default_pod_requests(spec);
    }
    if (spec->enable_service_links == OPT_UNSET)
        spec->enable_service_links = OPT_TRUE;
    if (spec->host_network) {
        for (guint i = 0; i < spec->containers.count; i++)
            default_host_ports(&spec->containers.items[i]);
        for (guint i = 0; i < spec->init_containers.count; i++)
            default_host_ports(&spec->init_containers.items[i]);
    }
    /* v1.34 Convert_v1_Pod_To_core_Pod: a negative grace period is taken for 1 */
    if (spec->termination_grace_s.is_set && spec->termination_grace_s.value < 0)
        spec->termination_grace_s.value = 1;
}
