/*
 * said.h - what a scheduler says of its nodes in every cycle
 *
 * The same few texts are said of a node again and again: kept by node, they need not be put together and looked up among
 * all texts each time. Texts have no owner and stay true, so nothing is ever forgotten but with the process.
 */
#pragma once

#include "base/ptr_map.h"

typedef struct {
    PtrMap nodes; /* (interned) name -> what was said (owned) */
} Said;

void said_clear(Said *said);
/* said_bind: "bind to NODE". @node is interned. Returns: (interned) */
const char *said_bind(Said *said, const char *node);
/* said_best: "NODE: best of N feasible nodes of ALL". @node is interned. Returns: (interned) */
const char *said_best(Said *said, const char *node, guint n_feasible, guint n_all);
