/* image_states.c - see image_states.h */

#include "scheduler/image_states.h"

static void
image_free(gpointer data)
{
    ImageState *state = data;

    g_free(state->has);
    g_free(state);
}

static void
count_image(GHashTable *images, const NodeInfo *node, const char *name, gint64 size_bytes)
{
    ImageState *state = g_hash_table_lookup(images, name);
    guint word = node->slot / 64;

    if (state == NULL) {
        state = g_new0(ImageState, 1);
        state->name = name;
        state->size_bytes = size_bytes;
        g_hash_table_insert(images, (gpointer)name, state);
    }
    if (word >= state->n_words) {
        state->has = g_renew(guint64, state->has, word + 1);
        while (state->n_words <= word)
            state->has[state->n_words++] = 0;
    }
    state->has[word] |= G_GUINT64_CONSTANT(1) << (node->slot % 64);
    state->n_nodes++;
}

static void
uncount_image(GHashTable *images, const NodeInfo *node, const char *name)
{
    ImageState *state = g_hash_table_lookup(images, name);

    if (state == NULL || !image_state_has(state, node->slot))
        return;
    state->has[node->slot / 64] &= ~(G_GUINT64_CONSTANT(1) << (node->slot % 64));
    if (--state->n_nodes == 0)
        g_hash_table_remove(images, name);
}

/* One node counts once for a name, however often it lists it. */
static gboolean
is_listed_before(const NodeStatus *status, guint image, guint name_index)
{
    const char *name = status->images.items[image].names.items[name_index];

    for (guint i = 0; i <= image; i++) {
        const StrList *names = &status->images.items[i].names;
        guint n = i == image ? name_index : names->count;

        for (guint k = 0; k < n; k++) {
            if (names->items[k] == name)
                return TRUE;
        }
    }
    return FALSE;
}

void
image_states_count(GHashTable *images, const NodeInfo *node, gboolean is_added)
{
    const NodeStatus *status = node_status(node->node);

    for (guint i = 0; i < status->images.count; i++) {
        const ContainerImage *image = &status->images.items[i];

        for (guint k = 0; k < image->names.count; k++) {
            if (is_listed_before(status, i, k))
                continue;
            if (is_added)
                count_image(images, node, image->names.items[k], image->size_bytes);
            else
                uncount_image(images, node, image->names.items[k]);
        }
    }
}

GHashTable *
image_states_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, image_free);
}
