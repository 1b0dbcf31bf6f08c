/*
 * image.c - see runtime.h: images of a machine, and pulls over shared wires
 *
 * A pull takes a base time (registry round trips), the download, and unpacking.
 * Downloads share two things: the machine's link and the registry. Shares are
 * max-min fair: a machine's downloads split its link evenly, unless the registry
 * is short; then no download gets more than a common level.
 */

#include "world/rt.h"

#define DEFAULT_IMAGE_BYTES          (90 * G_GINT64_CONSTANT(1000000))
#define DEFAULT_REGISTRY_BYTES_PER_S G_GINT64_CONSTANT(1000000000)
#define DEFAULT_UNPACK_BYTES_PER_S   G_GINT64_CONSTANT(80000000)

/* unpacked = 2.5 x compressed */
#define UNPACKED(compressed) ((compressed) / 2 * 5)

typedef struct {
    RtCall *call;
    Runtime *runtime;
    __int128 left; /* 10^-9 bytes: rates in bytes/s times ns */
    gint64 rate_bytes_per_s;
    gint64 updated_ns;
    SimTimer timer;
} Download;

/* One per world. */
typedef struct {
    gint64 bytes_per_s;
    GPtrArray *downloads; /* Download*, in order of beginning */
    gboolean is_short;
} Registry;

typedef struct {
    const char *image;
    gint64 size_bytes; /* compressed; 0: nothing to load */
    gint64 started_ns;
    Download *download;
} Pull;

/* --- names -------------------------------------------------------------------------------- */

/* The tag's colon is behind the last slash. */
static gboolean
has_tag(const char *image)
{
    const char *slash = strrchr(image, '/');

    return strchr(slash != NULL ? slash : image, ':') != NULL || strchr(image, '@') != NULL;
}

/* "nginx" -> "docker.io/library/nginx:latest" (interned) */
static const char *
full_name(const char *image)
{
    const char *slash = strchr(image, '/');
    const char *tag = has_tag(image) ? "" : ":latest";
    gboolean has_host = FALSE;

    if (slash == NULL)
        return str_internf("docker.io/library/%s%s", image, tag);
    for (const char *at = image; at < slash; at++)
        has_host = has_host || *at == '.' || *at == ':';
    if (has_host || g_str_has_prefix(image, "localhost/"))
        return str_internf("%s%s", image, tag);
    return str_internf("docker.io/%s%s", image, tag);
}

gboolean
image_matches(const char *pattern, const char *image)
{
    const char *full = full_name(image);

    if (pattern == NULL || g_pattern_match_simple(pattern, image) ||
        g_pattern_match_simple(pattern, full))
        return TRUE;
    if (!has_tag(image)) {
        g_autofree char *tagged = g_strconcat(image, ":latest", NULL);

        if (g_pattern_match_simple(pattern, tagged))
            return TRUE;
    }
    if (g_str_has_prefix(full, "docker.io/library/"))
        return g_pattern_match_simple(pattern, full + strlen("docker.io/library/"));
    return g_str_has_prefix(full, "docker.io/") &&
           g_pattern_match_simple(pattern, full + strlen("docker.io/"));
}

const char *
image_short_name(const char *image)
{
    const char *slash = strrchr(image, '/');
    const char *name = slash != NULL ? slash + 1 : image;
    gsize length = strcspn(name, ":@");

    return str_intern_len(name, length);
}

static const ImageRule *
find_rule(const Runtime *runtime, const char *image)
{
    for (guint i = runtime->n_images; i > 0; i--) {
        if (image_matches(runtime->images[i - 1].match, image))
            return &runtime->images[i - 1];
    }
    return NULL;
}

static gint64
compressed_size(const Runtime *runtime, const char *image)
{
    const ImageRule *rule = find_rule(runtime, image);
    const WellKnown *known;

    if (rule != NULL && rule->size_bytes > 0)
        return rule->size_bytes;
    known = app_well_known(image);
    if (known != NULL && known->size_bytes > 0)
        return known->size_bytes;
    return DEFAULT_IMAGE_BYTES;
}

static const char *
digest(const char *text)
{
    Rng rng;
    guint64 part[4];

    rng_seed(&rng, 0, text);
    for (guint i = 0; i < G_N_ELEMENTS(part); i++)
        part[i] = rng_next(&rng);
    return str_internf("sha256:%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER
                       "x%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                       part[0], part[1], part[2], part[3]);
}

const char *
image_id(Runtime *runtime, const char *image)
{
    const char *full = full_name(image);
    const Image *entry = g_hash_table_lookup(runtime->image_by_name, str_intern(image));
    const char *id = digest(full);
    gsize length;
    const char *slash;

    if (entry == NULL || !entry->was_pulled)
        return id;
    slash = strrchr(full, '/');
    length = (gsize)(slash - full) + strcspn(slash, ":@");
    return str_internf("%.*s@%s", (int)length, full, id);
}

/* --- what is on the machine ------------------------------------------------------------------ */

static Image *
add_image(Runtime *runtime, const char *name, gint64 compressed_bytes, gboolean was_pulled)
{
    Image *image = g_hash_table_lookup(runtime->image_by_name, str_intern(name));

    if (image == NULL) {
        image = g_new0(Image, 1);
        image->name = str_intern(name);
        image->was_pulled = was_pulled;
        g_ptr_array_add(runtime->image_list, image);
        g_hash_table_insert(runtime->image_by_name, (gpointer)image->name, image);
    }
    image->size_bytes = UNPACKED(compressed_bytes);
    image->is_removed = FALSE;
    return image;
}

void
image_init_runtime(Runtime *runtime)
{
    runtime->image_by_name = g_hash_table_new(NULL, NULL);
    runtime->image_list = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < runtime->n_images; i++) {
        const ImageRule *rule = &runtime->images[i];

        if (rule->is_present && strpbrk(rule->match, "*?") == NULL)
            add_image(runtime, rule->match, compressed_size(runtime, rule->match), FALSE);
    }
}

void
image_clear_runtime(Runtime *runtime)
{
    g_hash_table_destroy(runtime->image_by_name);
    g_ptr_array_free(runtime->image_list, TRUE);
}

gboolean
runtime_has_image(const Runtime *runtime, const char *image)
{
    const Image *entry = g_hash_table_lookup(runtime->image_by_name, str_intern(image));
    const ImageRule *rule;

    if (entry != NULL)
        return !entry->is_removed;
    rule = find_rule(runtime, image);
    if (rule == NULL || !rule->is_present)
        return FALSE;
    /* A glob says that it is there; from now on it is on the list. */
    add_image((Runtime *)runtime, image, compressed_size(runtime, image), FALSE);
    return TRUE;
}

static int
compare_images(gconstpointer a, gconstpointer b)
{
    const RtImage *first = a;
    const RtImage *second = b;

    if (first->size_bytes != second->size_bytes)
        return first->size_bytes > second->size_bytes ? -1 : 1;
    return strcmp(first->name, second->name);
}

GArray *
runtime_list_images(const Runtime *runtime)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(RtImage));

    for (guint i = 0; i < runtime->image_list->len; i++) {
        const Image *image = g_ptr_array_index(runtime->image_list, i);
        RtImage item = {.name = image->name, .size_bytes = image->size_bytes};

        if (!image->is_removed)
            g_array_append_val(list, item);
    }
    g_array_sort(list, compare_images);
    return list;
}

void
runtime_remove_image(Runtime *runtime, const char *image)
{
    Image *entry;

    if (!runtime_has_image(runtime, image))
        return;
    entry = g_hash_table_lookup(runtime->image_by_name, str_intern(image));
    entry->is_removed = TRUE;
}

/* --- downloads ----------------------------------------------------------------------------------- */

static Registry *
get_registry(Runtime *runtime)
{
    Registry *registry = runtime->world->registry;

    if (registry == NULL) {
        registry = g_new0(Registry, 1);
        registry->bytes_per_s = runtime->options.registry_bytes_per_s > 0
                                    ? runtime->options.registry_bytes_per_s
                                    : DEFAULT_REGISTRY_BYTES_PER_S;
        registry->downloads = g_ptr_array_new();
        runtime->world->registry = registry;
        runtime->world->registry_free = registry_free;
    }
    return registry;
}

void
registry_free(gpointer pointer)
{
    Registry *registry = pointer;

    g_ptr_array_free(registry->downloads, TRUE);
    g_free(registry);
}

/* What images can use of a card: 100 MB/s of 125. */
static gint64
link_bytes_per_s(const Runtime *runtime)
{
    return runtime->machine->nic_bytes_per_s / 5 * 4;
}

static void
download_set_rate(Download *download, gint64 rate_bytes_per_s)
{
    Sim *sim = download->runtime->sim;
    gint64 now_ns = sim_now_ns(sim);

    download->left -= (__int128)(now_ns - download->updated_ns) * download->rate_bytes_per_s;
    if (download->left < 0)
        download->left = 0;
    download->updated_ns = now_ns;
    download->rate_bytes_per_s = MAX(rate_bytes_per_s, 1);
    sim_timer_arm_after(&download->timer,
                        (gint64)((download->left + download->rate_bytes_per_s - 1) /
                                 download->rate_bytes_per_s));
}

typedef struct {
    Runtime *runtime;
    guint count;
    gint64 share;
} LinkUse;

static int
compare_uses(gconstpointer a, gconstpointer b)
{
    const LinkUse *first = a;
    const LinkUse *second = b;

    if (first->share != second->share)
        return first->share < second->share ? -1 : 1;
    return first->runtime->machine->index < second->runtime->machine->index ? -1 : 1;
}

/* The level above which nobody gets more because the registry is short. */
static gint64
registry_level(const Registry *registry, GArray *uses)
{
    gint64 left = registry->bytes_per_s;
    guint n_left = registry->downloads->len;

    g_array_sort(uses, compare_uses);
    for (guint i = 0; i < uses->len; i++) {
        const LinkUse *use = &g_array_index(uses, LinkUse, i);

        if (use->share > left / n_left)
            return left / n_left;
        left -= use->share * use->count;
        n_left -= use->count;
        if (n_left == 0)
            break;
    }
    return G_MAXINT64;
}

static GArray *
count_uses(const Registry *registry)
{
    GArray *uses = g_array_new(FALSE, FALSE, sizeof(LinkUse));
    g_autoptr(GHashTable) place = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < registry->downloads->len; i++) {
        Download *download = g_ptr_array_index(registry->downloads, i);
        guint index = GPOINTER_TO_UINT(g_hash_table_lookup(place, download->runtime));

        if (index == 0) {
            LinkUse use = {.runtime = download->runtime, .count = 1};

            g_array_append_val(uses, use);
            g_hash_table_insert(place, download->runtime, GUINT_TO_POINTER(uses->len));
        } else {
            g_array_index(uses, LinkUse, index - 1).count++;
        }
    }
    for (guint i = 0; i < uses->len; i++) {
        LinkUse *use = &g_array_index(uses, LinkUse, i);

        use->share = link_bytes_per_s(use->runtime) / use->count;
    }
    return uses;
}

static void
registry_share(Registry *registry)
{
    g_autoptr(GArray) uses = count_uses(registry);
    g_autoptr(GHashTable) share = g_hash_table_new(NULL, NULL);
    gint64 level = registry->downloads->len > 0 ? registry_level(registry, uses) : G_MAXINT64;

    for (guint i = 0; i < uses->len; i++) {
        LinkUse *use = &g_array_index(uses, LinkUse, i);

        g_hash_table_insert(share, use->runtime, use);
    }
    for (guint i = 0; i < registry->downloads->len; i++) {
        Download *download = g_ptr_array_index(registry->downloads, i);
        const LinkUse *use = g_hash_table_lookup(share, download->runtime);

        download_set_rate(download, MIN(use->share, level));
    }
}

static void
download_end(Download *download)
{
    Registry *registry = get_registry(download->runtime);

    g_ptr_array_remove(registry->downloads, download);
    sim_timer_clear(&download->timer);
    g_free(download);
    registry_share(registry);
}

/* --- pulls -------------------------------------------------------------------------------------------- */

static void
pull_drop(RtCall *call)
{
    Pull *pull = call->data;

    if (pull->download != NULL)
        download_end(pull->download);
    g_free(pull);
}

static void
pull_finished(RtCall *call)
{
    Pull *pull = call->data;
    Runtime *runtime = call->runtime;
    gint64 pull_ns = sim_now_ns(runtime->sim) - pull->started_ns;

    if (call->error == NULL)
        add_image(runtime, pull->image, compressed_size(runtime, pull->image), TRUE);
    sim_trace(runtime->sim, runtime->component, "pull", str_internf("image/%s", pull->image),
              call->error == NULL ? "Pulled" : "PullFailed", "%s",
              call->error == NULL ? "the image is on the machine" : call->error);
    if (rt_call_wants(call))
        call->done.pull(call->user, call->error, pull_ns, compressed_size(runtime, pull->image));
}

static void
pull_on_downloaded(Sim *sim, gpointer self)
{
    Download *download = self;
    RtCall *call = download->call;
    Pull *pull = call->data;
    gint64 unpack_rate = call->runtime->options.unpack_bytes_per_s;

    (void)sim;
    pull->download = NULL;
    download_end(download);
    if (unpack_rate <= 0)
        unpack_rate = DEFAULT_UNPACK_BYTES_PER_S;
    call->act = pull_finished;
    rt_call_after(call, (gint64)((__int128)UNPACKED(pull->size_bytes) * NS_PER_S / unpack_rate));
}

static void
pull_begin_download(RtCall *call)
{
    Pull *pull = call->data;
    Registry *registry = get_registry(call->runtime);
    Download *download = g_new0(Download, 1);

    download->call = call;
    download->runtime = call->runtime;
    download->left = (__int128)pull->size_bytes * NS_PER_S;
    download->updated_ns = sim_now_ns(call->runtime->sim);
    sim_timer_init(&download->timer, call->runtime->sim, SIM_WORLD, pull_on_downloaded, download);
    pull->download = download;
    rt_call_park(call);
    g_ptr_array_add(registry->downloads, download);
    registry_share(registry);
}

/* containerd 1.7: what its resolver says. */
static const char *
missing_error(const ImageRule *rule, const char *image)
{
    const char *full = full_name(image);
    const char *slash = strchr(full, '/');
    const char *tag = strrchr(slash, ':');

    if (rule->error != NULL)
        return str_intern(rule->error);
    if (rule->delay_ns > 0) {
        /* It took its time to fail: the registry's name could not be looked up. */
        return str_internf("failed to pull and unpack image \"%s\": failed to resolve reference "
                           "\"%s\": failed to do "
                           "request: Head \"https://%.*s/v2/%.*s/manifests/%s\": dial tcp: lookup "
                           "%.*s: Temporary "
                           "failure in name resolution",
                           full, full, (int)(slash - full), full,
                           (int)(tag != NULL ? tag - slash - 1 : (gssize)strlen(slash + 1)),
                           slash + 1, tag != NULL ? tag + 1 : "latest", (int)(slash - full), full);
    }
    return str_internf("rpc error: code = NotFound desc = failed to pull and unpack image \"%s\": "
                       "failed to resolve "
                       "reference \"%s\": %s: not found",
                       full, full, full);
}

void
runtime_pull(Runtime *runtime, const char *image, SimHandle owner, RtPullDone done, gpointer user)
{
    const ImageRule *rule = find_rule(runtime, image);
    RtCall *call = rt_call_new(runtime, owner, user, pull_finished);
    Pull *pull = g_new0(Pull, 1);
    gint64 delay_ns;

    pull->image = str_intern(image);
    pull->started_ns = sim_now_ns(runtime->sim);
    call->data = pull;
    call->drop = pull_drop;
    call->done.pull = done;
    if (rule != NULL && rule->is_missing) {
        call->error = missing_error(rule, image);
        delay_ns = rule->delay_ns > 0 ? rule->delay_ns
                                      : runtime_draw(runtime, &runtime->options.pull_base);
    } else if (runtime_has_image(runtime, image)) {
        delay_ns = runtime_draw(runtime, &runtime->options.pull_present);
    } else {
        pull->size_bytes = compressed_size(runtime, image);
        call->act = pull_begin_download;
        delay_ns = runtime_draw(runtime, &runtime->options.pull_base);
    }
    rt_call_after(call, delay_ns);
}
