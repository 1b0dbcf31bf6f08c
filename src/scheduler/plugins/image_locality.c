/* ImageLocality: nodes that have the images already (v1.34 plugins/imagelocality). */
#include "scheduler/plugins/plugins.h"

#include "base/pool.h"

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
    return sched_cache_image(cache, name);
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
image_pre_score(Cycle *cycle, gpointer *state, const Candidates *of)
{
    const PodSpec *spec = pod_spec(cycle->pod->pod);
    ImageWish *wish = POOL_NEW0(ImageWish);
    guint n_all;

    (void)of;
    sched_cache_nodes(cycle->cache, &n_all);
    for (guint i = 0; i < spec->init_containers.count; i++)
        wish_add(cycle, wish, &spec->init_containers.items[i], n_all);
    for (guint i = 0; i < spec->containers.count; i++)
        wish_add(cycle, wish, &spec->containers.items[i], n_all);
    *state = wish;
    return VERDICT_SUCCESS;
}

static guint8
score_of(const ImageWish *wish, gint64 sum)
{
    return (guint8)(SCHED_SCORE_MAX * (CLAMP(sum, THRESHOLD_MIN, wish->most) - THRESHOLD_MIN) /
                    (wish->most - THRESHOLD_MIN));
}

/* With one image it is there or not, and often that is worth the same. */
static ScoreRow
score_one(const ImageWish *wish, const Candidates *of, guint8 *out)
{
    const WantedImage *wanted = &wish->images.items[0];
    guint8 there = score_of(wish, wanted->score);
    guint8 elsewhere = score_of(wish, 0);

    if (there == elsewhere)
        return (ScoreRow){.all = there};
    for (guint i = 0; i < of->n; i++)
        out[i] = image_state_has(wanted->image, of->slots[i]) ? there : elsewhere;
    return (ScoreRow){.each = out};
}

static ScoreRow
image_score(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out)
{
    const ImageWish *wish = state;
    gint64 *sums = of->room->wide;

    (void)cycle;
    if (wish->images.count == 0)
        return (ScoreRow){.all = 0};
    if (wish->images.count == 1)
        return score_one(wish, of, out);
    memset(sums, 0, of->n * sizeof *sums);
    for (guint k = 0; k < wish->images.count; k++) {
        const WantedImage *wanted = &wish->images.items[k];

        for (guint i = 0; i < of->n; i++) {
            if (image_state_has(wanted->image, of->slots[i]))
                sums[i] += wanted->score;
        }
    }
    for (guint i = 0; i < of->n; i++)
        out[i] = score_of(wish, sums[i]);
    return (ScoreRow){.each = out};
}

static void
wish_free(gpointer state)
{
    ImageWish *wish = state;

    if (wish == NULL)
        return;
    g_free(wish->images.items);
    POOL_FREE(ImageWish, wish);
}

const SchedPlugin image_locality_plugin = {
    .name = "ImageLocality",
    .weight = 1,
    .pre_score = image_pre_score,
    .score = image_score,
    .free_score_state = wish_free,
};
