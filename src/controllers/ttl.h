/*
 * ttl.h - the annotation by which a kubelet knows how long it may keep what it has read
 *
 * The more nodes there are, the longer. A step is left only when the number of nodes
 * is well beyond it, so that one node coming and going does not rewrite all of them.
 */
#pragma once

#include "controllers/controllers.h"

typedef struct {
    guint count; /* nodes */
    guint step;
} TtlState;

/* ttl_note: a node has come, or (@is_gone) gone. */
void ttl_note(TtlState *state, gboolean is_gone);
/* ttl_seconds: what the nodes are to be told. */
guint ttl_seconds(const TtlState *state);
