/*
 * image_gc.c - what lies on the node's disk, and the images that may go
 *
 * Models: v1.34 pkg/kubelet/images/image_gc_manager.go: every 5 min, if 85 % (unless told otherwise) of the
 * disk are used, images that no container has are removed, longest unused first,
 * until 80 % are; none that was found less than 2 min ago. What is used when is looked
 * at every 5 min, too; those looks are not played, their outcome follows from when
 * images and containers came and went.
 *
 * The disk holds images, what containers wrote and logged, and emptyDirs; the
 * operating system takes nothing.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "node/pressure.h"

#define PERIOD_NS    (5 * NS_PER_MIN)
#define MIN_AGE_NS   (2 * NS_PER_MIN)

/* Of an image that came, or lost a container, since the kubelet started. */
typedef struct {
    gint64 found_ns; /* G_MININT64: it was there from the beginning */
    gint64 used_ns;  /* G_MININT64: never seen in use */
} ImageRecord;

typedef struct {
    const char *name;
    gint64 size_bytes;
    ImageRecord record;
} ImageCandidate;

/* --- the disk ---------------------------------------------------------------------------- */

static gint64
volumes_used(const Worker *w)
{
    const PodSpec *spec = pod_spec(w->pod);
    gint64 sum = 0;

    for (guint i = 0; i < spec->volumes.count && w->volumes != NULL; i++) { /* else they are gone */
        const EmptyDirVolumeSource *source = spec->volumes.items[i].empty_dir;

        if (source != NULL && !str_is(source->medium, "Memory"))
            sum += volumes_bytes(w, spec->volumes.items[i].name);
    }
    return sum;
}

gint64
disk_used_by(Worker *w)
{
    g_autoptr(GPtrArray) containers = runtime_list_containers(w->k->options.runtime);
    gint64 sum = volumes_used(w);

    for (guint i = 0; i < containers->len; i++)
        if (sandbox_pod_uid(rt_container_sandbox(containers->pdata[i])) == w->uid)
            sum += rt_container_disk_bytes(containers->pdata[i]);
    return sum;
}

gint64
disk_available(Kubelet *k)
{
    g_autoptr(GPtrArray) containers = runtime_list_containers(k->options.runtime);
    g_autoptr(GPtrArray) workers = kubelet_workers(k);
    g_autoptr(GArray) images = runtime_list_images(k->options.runtime);
    gint64 available = machine_disk_bytes(k->options.machine);

    for (guint i = 0; i < images->len; i++)
        available -= g_array_index(images, RtImage, i).size_bytes;
    for (guint i = 0; i < containers->len; i++)
        available -= rt_container_disk_bytes(containers->pdata[i]);
    for (guint i = 0; i < workers->len; i++)
        available -= volumes_used(workers->pdata[i]);
    return MAX(0, available);
}

/* --- who used what when ------------------------------------------------------------------ */

/* The last look at or before @time_ns. */
static gint64
look_before(const Kubelet *k, gint64 time_ns)
{
    return k->started_ns + (time_ns - k->started_ns) / PERIOD_NS * PERIOD_NS;
}

static ImageRecord *
record_of(Kubelet *k, const char *image)
{
    ImageRecord *record = g_hash_table_lookup(k->images.records, image);

    if (record == NULL) {
        record = g_new(ImageRecord, 1);
        *record = (ImageRecord){G_MININT64, G_MININT64};
        g_hash_table_insert(k->images.records, (gpointer)image, record);
    }
    return record;
}

void
image_gc_pulled(Kubelet *k, const char *image)
{
    record_of(k, str_intern(image))->found_ns = look_before(k, sim_now_ns(k->sim)) + PERIOD_NS;
}

void
image_gc_container_goes(Kubelet *k, const RtContainer *container)
{
    gint64 now_ns = sim_now_ns(k->sim);
    gint64 look_ns = look_before(k, now_ns);

    if (k->images.records != NULL && rt_container_started_wall_ns(container) <= kubelet_wall_ns(k) - now_ns + look_ns)
        record_of(k, str_intern(rt_container_image(container)))->used_ns = look_ns;
}

void
image_gc_sandbox_goes(Kubelet *k, const Sandbox *sandbox)
{
    g_autoptr(GPtrArray) containers = runtime_list_containers(k->options.runtime);

    for (guint i = 0; i < containers->len; i++)
        if (rt_container_sandbox(containers->pdata[i]) == sandbox)
            image_gc_container_goes(k, containers->pdata[i]);
}

/* --- removing ---------------------------------------------------------------------------- */

static gboolean
is_in_use(Kubelet *k, const char *image)
{
    g_autoptr(GPtrArray) containers = runtime_list_containers(k->options.runtime);

    for (guint i = 0; i < containers->len; i++)
        if (str_is(rt_container_image(containers->pdata[i]), image))
            return TRUE;
    return FALSE;
}

static int
compare_candidates(gconstpointer a, gconstpointer b)
{
    const ImageRecord *x = &((const ImageCandidate *)a)->record;
    const ImageRecord *y = &((const ImageCandidate *)b)->record;

    if (x->used_ns != y->used_ns)
        return x->used_ns < y->used_ns ? -1 : 1;
    return x->found_ns < y->found_ns ? -1 : x->found_ns > y->found_ns;
}

/* What was not found before is found now. (owned) of ImageCandidate */
static GArray *
candidates(Kubelet *k)
{
    g_autoptr(GArray) images = runtime_list_images(k->options.runtime);
    GArray *found = g_array_new(FALSE, FALSE, sizeof(ImageCandidate));
    gint64 now_ns = sim_now_ns(k->sim);

    for (guint i = 0; i < images->len; i++) {
        const RtImage *image = &g_array_index(images, RtImage, i);
        ImageRecord *record = record_of(k, str_intern(image->name));
        ImageCandidate candidate = {image->name, image->size_bytes, {0}};

        record->found_ns = MIN(record->found_ns, now_ns);
        candidate.record = *record;
        if (!is_in_use(k, image->name) && (record->found_ns == G_MININT64 || now_ns - record->found_ns >= MIN_AGE_NS))
            g_array_append_val(found, candidate);
    }
    g_array_sort(found, compare_candidates);
    return found;
}

gint64
image_gc_free_space(Kubelet *k, gint64 wanted_bytes)
{
    g_autoptr(GArray) found = candidates(k);
    gint64 freed = 0;

    for (guint i = 0; i < found->len && freed < wanted_bytes; i++) {
        const ImageCandidate *image = &g_array_index(found, ImageCandidate, i);

        sim_trace(k->sim, k->component, "remove-image", str_internf("node/%s", k->node_name), "ImageGC", "%s", image->name);
        runtime_remove_image(k->options.runtime, image->name);
        g_hash_table_remove(k->images.records, str_intern(image->name));
        freed += image->size_bytes;
    }
    if (freed > 0)
        node_status_touch(k);
    return freed;
}

/* --- every 5 min ------------------------------------------------------------------------- */

static gboolean
is_high(Kubelet *k, gint64 available)
{
    gint64 capacity = machine_disk_bytes(k->options.machine);

    return capacity > 0 && 100 - available * 100 / capacity >= k->options.image_gc_high_percent;
}

static void
image_gc_collect(Kubelet *k)
{
    gint64 capacity = machine_disk_bytes(k->options.machine);
    gint64 wanted = image_gc_bytes_to_free(capacity, disk_available(k), k->options.image_gc_high_percent, k->options.image_gc_low_percent);
    gint64 freed = wanted > 0 ? image_gc_free_space(k, wanted) : 0;
    const char *message;

    if (freed >= wanted) {
        k->images.has_failed = FALSE;
        return;
    }
    message = str_internf("Failed to garbage collect required amount of images. Attempted to free %" G_GINT64_FORMAT
                          " bytes, but only found %" G_GINT64_FORMAT " bytes eligible to free.",
                          wanted, freed);
    node_event(k, "Warning", "FreeDiskSpaceFailed", message);
    if (k->images.has_failed) /* once may be a matter of statistics that are not there yet */
        node_event(k, "Warning", "ImageGCFailed", message);
    k->images.has_failed = TRUE;
}

static void
image_gc_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;

    (void)sim;
    if (kubelet_holds(k, &k->images.timer))
        return;
    image_gc_collect(k);
    image_gc_look(k, disk_available(k));
}

void
image_gc_look(Kubelet *k, gint64 available)
{
    if (!is_high(k, available))
        k->images.has_failed = FALSE;
    else if (!k->images.timer.is_armed)
        sim_timer_arm_at(&k->images.timer, look_before(k, sim_now_ns(k->sim)) + PERIOD_NS);
}

void
image_gc_start(Kubelet *k)
{
    k->images = (ImageGc){.records = g_hash_table_new_full(NULL, NULL, NULL, g_free)};
    sim_timer_init(&k->images.timer, k->sim, SIM_CONTROL, image_gc_on_timer, k);
}

void
image_gc_stop(Kubelet *k)
{
    if (k->images.timer.sim != NULL)
        kubelet_timer_clear(k, &k->images.timer);
    g_clear_pointer(&k->images.records, g_hash_table_unref);
    k->images = (ImageGc){0};
}
