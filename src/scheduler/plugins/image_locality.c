/* ImageLocality: nodes that have the images already (v1.34 plugins/imagelocality). */
#include "scheduler/plugins/plugins.h"

#define MIB           G_GINT64_CONSTANT(1048576)
#define THRESHOLD_MIN (23 * MIB)
#define THRESHOLD_MAX (1000 * MIB) /* per container */

/* One container's image that some node has. */
typedef struct {
    const ImageState *image; /* (borrowed) */
    gint64 score;            /* size, scaled by how widely it is spread */
} WantedImage;
typedef struct {
    API_LIST_OF(WantedImage) images;
    gint64 most;
} ImageWish;

static const ImageState *
find_image(const SchedCache *cache, const char *name)
{
    const char *colon;
    const char *slash;

    if (str_is_empty(name))
        return NULL;
    colon = strrchr(name, ':');
    slash = strrchr(name, '/');
    if (colon == NULL || (slash != NULL && colon <= slash))
        name = str_internf("%s:latest", name);
    return sched_cache_image(cache, str_intern(name));
}

static void
wish_add(const Cycle *cycle, ImageWish *wish, const Container *container, guint n_nodes)
{
    const ImageState *image = find_image(cycle->cache, container->image);
    WantedImage *wanted;
    double spread;

    wish->most += THRESHOLD_MAX;
    if (image == NULL)
        return;
    spread = (double)image->n_nodes / (double)n_nodes;
    wanted = API_LIST_ADD(&wish->images);
    wanted->image = image;
    wanted->score = (gint64)((double)image->size_bytes * spread);
}

static Verdict
image_pre_score(Cycle *cycle, gpointer *state, NodeInfo *const *nodes, guint n)
{
    const PodSpec *spec = pod_spec(cycle->pod->pod);
    ImageWish *wish = g_new0(ImageWish, 1);
    guint n_all;

    (void)nodes;
    (void)n;
    sched_cache_nodes(cycle->cache, &n_all);
    for (guint i = 0; i < spec->init_containers.count; i++)
        wish_add(cycle, wish, &spec->init_containers.items[i], n_all);
    for (guint i = 0; i < spec->containers.count; i++)
        wish_add(cycle, wish, &spec->containers.items[i], n_all);
    *state = wish;
    return VERDICT_SUCCESS;
}

static void
image_score(const Cycle *cycle, gpointer state, NodeInfo *const *nodes, guint n, gint64 *out)
{
    const ImageWish *wish = state;

    (void)cycle;
    for (guint i = 0; i < n; i++)
        out[i] = 0;
    for (guint k = 0; k < wish->images.count; k++) {
        const WantedImage *wanted = &wish->images.items[k];

        for (guint i = 0; i < n; i++) {
            if (image_state_is_on(wanted->image, nodes[i]))
                out[i] += wanted->score;
        }
    }
    for (guint i = 0; wish->images.count > 0 && i < n; i++) {
        gint64 sum = CLAMP(out[i], THRESHOLD_MIN, wish->most);

        out[i] = SCHED_SCORE_MAX * (sum - THRESHOLD_MIN) / (wish->most - THRESHOLD_MIN);
    }
}

static void
wish_free(gpointer state)
{
    ImageWish *wish = state;

    if (wish != NULL)
        g_free(wish->images.items);
    g_free(wish);
}

const SchedPlugin image_locality_plugin = {
    .name = "ImageLocality",
    .weight = 1,
    .pre_score = image_pre_score,
    .score = image_score,
    .free_score_state = wish_free,
};
