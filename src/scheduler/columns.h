/*
 * columns.h - the nodes of a cache in their order, as columns
 *
 * What a cycle reads of every node it looks at lies side by side, so that
 * hundreds of nodes cost no walk through hundreds of NodeInfos. Columns in the
 * order of the nodes hold everything twice over: the nodes from any place on,
 * round the end, lie side by side too. A place is an index into that order.
 */
#pragma once

#include "scheduler/node_info.h"

/* Of so many changes it is known which nodes they were of. */
#define NODE_CHANGES 256
/* Loops over columns go in steps of so many, and columns have room for the last step. */
#define COLUMN_STEP  16
#define PLACE_NONE   G_MAXUINT32

/* Shared with the attempts that name some of them. */
typedef struct {
    guint ref_count;
    const char *items[]; /* interned, by place */
} NodeNames;

NodeNames *node_names_ref(NodeNames *names);
void node_names_unref(NodeNames *names); /* NULL is fine */

typedef struct {
    guint n;
    guint64 version;  /* of the order; 0: there was none yet */
    NodeInfo **nodes; /* (owned) twice over */
    guint32 *slots;   /* (owned) NodeInfo.slot, twice over */
    NodeNames *names; /* (owned ref) */
    guint32 *places;  /* (owned) by slot; PLACE_NONE: not in the order */
    guint n_places;
    guint64 generation;            /* of the latest change of any node */
    guint32 changed[NODE_CHANGES]; /* slot of the node that got generation g, at g % NODE_CHANGES */
} NodeColumns;

/* node_columns_set: @nodes is the order now; slots are below @n_slots. */
void node_columns_set(NodeColumns *columns, const GPtrArray *nodes, guint n_slots);
/* node_columns_reset: there is no node any more. */
void node_columns_reset(NodeColumns *columns);
void node_columns_clear(NodeColumns *columns);
/* node_columns_note: the node changed; gives it a generation. */
void node_columns_note(NodeColumns *columns, NodeInfo *node);

/* node_columns_place: of the node with that slot. */
static inline guint32
node_columns_place(const NodeColumns *columns, guint slot)
{
    return slot < columns->n_places ? columns->places[slot] : PLACE_NONE;
}

/* column_room: items of a column that holds @n nodes twice over. */
static inline gsize
column_room(guint n)
{
    return 2 * (gsize)n + COLUMN_STEP;
}

/* A step of a column, taken as one. */
typedef guint8 StepOfBytes __attribute__((vector_size(COLUMN_STEP), aligned(1), may_alias));
typedef gint16 StepOfShorts __attribute__((vector_size(2 * COLUMN_STEP), aligned(2), may_alias));
