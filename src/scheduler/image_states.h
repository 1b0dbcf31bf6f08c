/*
 * image_states.h - which nodes have which image
 *
 * Models: v1.34 pkg/scheduler/backend/cache, addNodeImageStates and
 * removeNodeImageStates: by name, as the Nodes' status lists them.
 */
#pragma once

#include "scheduler/node_info.h"

typedef struct {
    const char *name;
    gint64 size_bytes; /* as the first node said */
    guint n_nodes;
    guint n_words;
    guint64 *has; /* (owned) bit per slot of a node */
} ImageState;

/* image_state_has: the node with that slot has it. */
static inline gboolean
image_state_has(const ImageState *state, guint slot)
{
    guint word = slot / 64;

    return word < state->n_words && (state->has[word] >> (slot % 64) & 1) != 0;
}

/* image_states_new: (owned) interned name -> ImageState (owned); nobody walks through it. */
GHashTable *image_states_new(void);
/* image_states_count: all images of @node come, or go. */
void image_states_count(GHashTable *images, const NodeInfo *node, gboolean is_added);
