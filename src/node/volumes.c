/*
 * volumes.c - set-up of a pod's volumes, and what containers find in them
 *
 * v1.34 pkg/kubelet/volumemanager: the populator and the reconciler each look
 * every 100 ms, a pod's sync polls every 300 ms, at most 2 min 3 s, and then fails
 * without an event (until v1.26 it told FailedMount). A set-up that fails is repeated after 0.5 s, doubling to 2 min 2 s; nothing wakes it earlier.
 */

#include "node/env.h"
#include "api/profile.h"
#include "node/internal.h"

#define LOOP_NS      (100 * NS_PER_MS)
#define POLL_NS      (300 * NS_PER_MS)
#define LIMIT_NS     PROFILE_NS(VOLUME_LIMIT)
#define RETRY_MIN_NS (500 * NS_PER_MS)
#define RETRY_MAX_NS (122 * NS_PER_S)

static const Dist setup_dist = {.type = DIST_LOGNORMAL,
                                .a_ns = 50 * NS_PER_MS,
                                .b_ns = 600 * NS_PER_MS};

struct PodVolume {
    Worker *w;
    const char *name;
    guint index;    /* in spec.volumes */
    ApiObject *pod; /* (owned ref) */
    gboolean is_mounted, is_busy;
    gint64 retry_ns;  /* next wait after a failure */
    GPtrArray *files; /* (owned) of interned strings: name, text, ..., NULL */
    SimHandle handle;
    SimTimer timer;
};

void
pod_volume_free(gpointer self)
{
    PodVolume *volume = self;

    sim_handle_drop(volume->w->k->sim, volume->handle);
    kubelet_timer_clear(volume->w->k, &volume->timer);
    api_object_unref(volume->pod);
    g_ptr_array_unref(volume->files);
    g_free(volume);
}

static const char *
volume_id(const Worker *w, const char *name)
{
    return str_internf("%s/%s", w->uid, name);
}

gint64
volumes_bytes(const Worker *w, const char *name)
{
    return runtime_volume_bytes(w->k->options.runtime, volume_id(w, name));
}

static const Volume *
volume_spec(const PodVolume *volume)
{
    return &pod_spec(volume->pod)->volumes.items[volume->index];
}

const PodVolume *
volumes_find(const Worker *w, const char *name)
{
    for (guint i = 0; w->volumes != NULL && i < w->volumes->len; i++) {
        const PodVolume *volume = w->volumes->pdata[i];

        if (volume->name == name)
            return volume;
    }
    return NULL;
}

/* --- references ---------------------------------------------------------------------- */

/* One object that fills a volume: a whole ConfigMap or Secret, or chosen keys of it. */
typedef struct {
    FetchRef ref;
    gboolean is_optional;
    const KeyToPath *items;
    guint n_items;
} VolumeSource;

/* kube-root-ca.crt is in every namespace and never changes. */
static gboolean
is_root_ca(const char *name)
{
    return str_is(name, "kube-root-ca.crt");
}

static void
sources_add(GArray *sources,
            const ApiKind *kind,
            const char *name,
            OptBool optional,
            const KeyToPath *items,
            guint n_items)
{
    VolumeSource source = {{kind, name}, optional == OPT_TRUE, items, n_items};

    if (kind == &config_map_kind && is_root_ca(name))
        return;
    g_array_append_val(sources, source);
}

static GArray *
volume_sources(const Volume *volume)
{
    GArray *sources = g_array_new(FALSE, TRUE, sizeof(VolumeSource));

    if (volume->config_map != NULL)
        sources_add(sources, &config_map_kind, volume->config_map->name,
                    volume->config_map->optional, volume->config_map->items.items,
                    volume->config_map->items.count);
    if (volume->secret != NULL)
        sources_add(sources, &secret_kind, volume->secret->secret_name, volume->secret->optional,
                    volume->secret->items.items, volume->secret->items.count);
    for (guint i = 0; volume->projected != NULL && i < volume->projected->sources.count; i++) {
        const VolumeProjection *projection = &volume->projected->sources.items[i];

        if (projection->config_map != NULL)
            sources_add(sources, &config_map_kind, projection->config_map->name,
                        projection->config_map->optional, projection->config_map->items.items,
                        projection->config_map->items.count);
        if (projection->secret != NULL)
            sources_add(sources, &secret_kind, projection->secret->name,
                        projection->secret->optional, projection->secret->items.items,
                        projection->secret->items.count);
    }
    return sources;
}

/* Something in it may change with the pod: labels, annotations. */
static gboolean
volume_follows_pod(const Volume *volume)
{
    if (volume->downward_api != NULL)
        return TRUE;
    for (guint i = 0; volume->projected != NULL && i < volume->projected->sources.count; i++)
        if (volume->projected->sources.items[i].downward_api != NULL)
            return TRUE;
    return FALSE;
}

gboolean
volumes_are_constant(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->volumes.count; i++) {
        g_autoptr(GArray) sources = volume_sources(&spec->volumes.items[i]);

        if (sources->len > 0)
            return FALSE;
    }
    return TRUE;
}

/* --- contents ------------------------------------------------------------------------ */

static void
files_add(GPtrArray *files, const char *name, const char *text)
{
    g_ptr_array_add(files, (gpointer)name);
    g_ptr_array_add(files, (gpointer)text);
}

/* NULL stays NULL. (interned) */
static const char *
decoded(const char *text)
{
    g_autofree guchar *bytes = NULL;
    gsize length;

    if (text == NULL)
        return NULL;
    bytes = g_base64_decode(text, &length);
    return str_intern_len((const char *)bytes, length);
}

const char *
object_data(const ApiObject *object, const char *key)
{
    if (object->kind == &config_map_kind)
        return str_map_get(&((const ConfigMapBody *)object->body)->data, key);
    return decoded(str_map_get(&((const SecretBody *)object->body)->data, key));
}

/* The same for a volume, where binaryData counts, too. */
static const char *
file_data(const ApiObject *object, const char *key)
{
    const char *text = object_data(object, key);

    if (text == NULL && object->kind == &config_map_kind)
        text = decoded(str_map_get(&((const ConfigMapBody *)object->body)->binary_data, key));
    return text;
}

/* NULL, or what is wrong. */
static const char *
files_add_object(GPtrArray *files, const VolumeSource *source, const ApiObject *object)
{
    gboolean is_config_map = object->kind == &config_map_kind;
    const StrMap *data = is_config_map ? &((const ConfigMapBody *)object->body)->data
                                       : &((const SecretBody *)object->body)->data;

    if (source->n_items == 0) {
        for (guint i = 0; i < data->count; i++)
            files_add(files, data->items[i].key, object_data(object, data->items[i].key));
        data = is_config_map ? &((const ConfigMapBody *)object->body)->binary_data : NULL;
        for (guint i = 0; data != NULL && i < data->count; i++)
            files_add(files, data->items[i].key, file_data(object, data->items[i].key));
        return NULL;
    }
    for (guint i = 0; i < source->n_items; i++) {
        const char *text = file_data(object, source->items[i].key);

        if (text != NULL)
            files_add(files, source->items[i].path, text);
        else if (!source->is_optional)
            return str_internf(is_config_map ? "configmap references non-existent config key: %s"
                                             : "references non-existent secret key: %s",
                               source->items[i].key);
    }
    return NULL;
}

static void
files_add_downward(PodVolume *volume, const DownwardApiFile *items, guint count)
{
    Worker *w = volume->w;

    for (guint i = 0; i < count; i++) {
        const char *text = NULL;

        if (items[i].resource_field_ref != NULL)
            text = env_resource(w->pod, NULL, items[i].resource_field_ref, kubelet_node(w->k));
        else if (items[i].field_ref != NULL)
            text = env_field(w->pod, items[i].field_ref->field_path, w->k->node_name,
                             str_intern(machine_ip(w->k->options.machine)),
                             w->status != NULL ? w->status->pod_ip : NULL);
        if (text != NULL)
            files_add(volume->files, items[i].path, text);
    }
}

static void
files_add_constant(PodVolume *volume)
{
    const Volume *spec = volume_spec(volume);

    if (spec->downward_api != NULL)
        files_add_downward(volume, spec->downward_api->items.items,
                           spec->downward_api->items.count);
    for (guint i = 0; spec->projected != NULL && i < spec->projected->sources.count; i++) {
        const VolumeProjection *projection = &spec->projected->sources.items[i];

        if (projection->downward_api != NULL)
            files_add_downward(volume, projection->downward_api->items.items,
                               projection->downward_api->items.count);
        if (projection->config_map != NULL && is_root_ca(projection->config_map->name))
            files_add(volume->files, str_intern("ca.crt"),
                      str_intern("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"));
        if (projection->service_account_token != NULL)
            files_add(volume->files, projection->service_account_token->path,
                      str_internf("token-of-%s", volume->w->uid));
    }
}

/* --- one set-up ---------------------------------------------------------------------- */

static void
volume_failed(PodVolume *volume, const char *error)
{
    worker_event(volume->w, "Warning", "FailedMount",
                 str_internf("MountVolume.SetUp failed for volume \"%s\" : %s", volume->name,
                             error));
    sim_timer_arm_after(&volume->timer, volume->retry_ns);
    volume->retry_ns = MIN(2 * volume->retry_ns, RETRY_MAX_NS);
}

/* v1.34 pkg/volume/projected, collectData: all that is wrong, as Go prints several errors. NULL: nothing is. */
static const char *
volume_add_objects(PodVolume *volume, const GArray *sources, ApiObject *const *objects)
{
    g_autoptr(GPtrArray) errors = g_ptr_array_new();
    g_autofree char *joined = NULL;

    for (guint i = 0; i < sources->len; i++) {
        const VolumeSource *source = &g_array_index(sources, VolumeSource, i);
        const char *error = NULL;

        if (objects[i] != NULL)
            error = files_add_object(volume->files, source, objects[i]);
        else if (!source->is_optional)
            error = str_internf("%s \"%s\" not found",
                                source->ref.kind == &config_map_kind ? "configmap" : "secret",
                                source->ref.name);
        if (error != NULL && !g_ptr_array_find(errors, error, NULL))
            g_ptr_array_add(errors, (gpointer)error);
    }
    if (errors->len < 2)
        return errors->len == 1 ? errors->pdata[0] : NULL;
    g_ptr_array_add(errors, NULL);
    joined = g_strjoinv(", ", (char **)errors->pdata);
    return str_internf("[%s]", joined);
}

static void
volume_on_fetched(gpointer user, ApiObject *const *objects, const char *error)
{
    PodVolume *volume = user;
    g_autoptr(GArray) sources = volume_sources(volume_spec(volume));

    const HostPathVolumeSource *host_path = volume_spec(volume)->host_path;

    volume->is_busy = FALSE;
    g_ptr_array_set_size(volume->files, 0);
    if (host_path != NULL && !str_is_empty(host_path->type))
        error = runtime_check_host_path(volume->w->k->options.runtime, host_path->path, host_path->type);
    if (error == NULL)
        error = volume_add_objects(volume, sources, objects);
    if (error != NULL) {
        if (!volume->is_mounted)
            volume_failed(volume, error);
        return;
    }
    files_add_constant(volume);
    g_ptr_array_add(volume->files, NULL);
    if (volume->is_mounted)
        runtime_write_volume(volume->w->k->options.runtime, volume_id(volume->w, volume->name),
                             (const char *const *)volume->files->pdata);
    volume->is_mounted = TRUE;
}

static void
volume_set_up(PodVolume *volume)
{
    g_autoptr(GArray) sources = volume_sources(volume_spec(volume));
    g_autofree FetchRef *refs = g_new0(FetchRef, sources->len + 1);

    for (guint i = 0; i < sources->len; i++)
        refs[i] = g_array_index(sources, VolumeSource, i).ref;
    volume->is_busy = TRUE;
    fetch_objects(volume->w, refs, sources->len, volume->handle, volume_on_fetched, volume);
}

static void
volume_on_timer(Sim *sim, gpointer self)
{
    PodVolume *volume = self;

    (void)sim;
    if (!kubelet_holds(volume->w->k, &volume->timer))
        volume_set_up(volume);
}

/* --- the pod's wait ------------------------------------------------------------------ */

static gboolean
volumes_are_mounted(const Worker *w)
{
    for (guint i = 0; i < w->volumes->len; i++)
        if (!((const PodVolume *)w->volumes->pdata[i])->is_mounted)
            return FALSE;
    return TRUE;
}

static void
volumes_begin(Worker *w, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    gint64 looked_ns =
        rng_between_ns(w->k->rng, 0, LOOP_NS) + rng_between_ns(w->k->rng, 0, LOOP_NS);

    w->volumes = g_ptr_array_new_with_free_func(pod_volume_free);
    for (guint i = 0; i < spec->volumes.count; i++) {
        PodVolume *volume = g_new0(PodVolume, 1);

        volume->w = w;
        volume->name = spec->volumes.items[i].name;
        volume->index = i;
        volume->pod = api_object_ref(pod);
        volume->retry_ns = RETRY_MIN_NS;
        volume->files = g_ptr_array_new();
        volume->handle = sim_handle_new(w->k->sim, volume);
        sim_timer_init(&volume->timer, w->k->sim, SIM_CONTROL, volume_on_timer, volume);
        sim_timer_arm_after(&volume->timer,
                            looked_ns + (volumes_are_constant(pod)
                                             ? dist_sample_ns(&setup_dist, w->k->rng)
                                             : 0));
        g_ptr_array_add(w->volumes, volume);
    }
}

static void
volumes_end(Worker *w, gboolean mounted)
{
    void (*done)(Worker *, gboolean) = w->volumes_done;

    w->volumes_done = NULL;
    done(w, mounted);
}

static void
volumes_poll(Worker *w)
{
    if (volumes_are_mounted(w)) {
        volumes_end(w, TRUE);
    } else if (sim_now_ns(w->k->sim) - w->sync.volumes_since_ns >= LIMIT_NS) {
        volumes_end(w, FALSE);
    } else {
        worker_after(w, POLL_NS, volumes_poll);
    }
}

static void
volumes_cancelled(Worker *w)
{
    volumes_end(w, FALSE);
}

void
volumes_cancel(Worker *w)
{
    for (guint i = 0; w->volumes != NULL && i < w->volumes->len; i++)
        kubelet_timer_disarm(w->k, &((PodVolume *)w->volumes->pdata[i])->timer);
    if (w->volumes_done != NULL)
        worker_after(w, 0, volumes_cancelled);
}

void
volumes_refresh(Worker *w, const ApiObject *pod)
{
    gboolean is_constant = volumes_are_constant(pod);

    for (guint i = 0; i < w->volumes->len; i++) {
        PodVolume *volume = w->volumes->pdata[i];

        if (volume->is_mounted && !volume->is_busy && (!is_constant || volume_follows_pod(volume_spec(volume))))
            volume_set_up(volume);
    }
}

void
volumes_await(Worker *w, const ApiObject *pod, void (*done)(Worker *w, gboolean mounted))
{
    if (w->volumes == NULL)
        volumes_begin(w, pod);
    else
        volumes_refresh(w, pod);
    w->volumes_done = done;
    w->sync.volumes_since_ns = sim_now_ns(w->k->sim);
    volumes_poll(w);
}

void
volumes_drop(Worker *w)
{
    for (guint i = 0; w->volumes != NULL && i < w->volumes->len; i++) {
        PodVolume *volume = w->volumes->pdata[i];

        if (volume_spec(volume)->host_path == NULL)
            runtime_drop_volume(w->k->options.runtime, volume_id(w, volume->name));
    }
    g_clear_pointer(&w->volumes, g_ptr_array_unref);
}

/* --- mounts -------------------------------------------------------------------------- */

GArray *
volumes_mounts(Worker *w, const ApiObject *pod, const Container *container)
{
    GArray *mounts = g_array_new(FALSE, TRUE, sizeof(RtMount));

    (void)pod;
    for (guint i = 0; i < container->volume_mounts.count; i++) {
        const VolumeMount *spec = &container->volume_mounts.items[i];
        const PodVolume *volume = volumes_find(w, spec->name);
        const Volume *source = volume != NULL ? volume_spec(volume) : NULL;
        RtMount mount = {
            .path = spec->mount_path,
            .volume_id = volume_id(w, spec->name),
            .sub_path = spec->sub_path,
            .read_only = spec->read_only,
        };

        if (source != NULL && source->host_path != NULL)
            mount.volume_id = str_internf("host:%s", source->host_path->path);
        if (source != NULL && source->empty_dir != NULL)
            mount.is_tmpfs = str_is(source->empty_dir->medium, "Memory");
        if (volume != NULL && volume->files->len > 1)
            mount.files = (const char *const *)volume->files->pdata;
        g_array_append_val(mounts, mount);
    }
    return mounts;
}
