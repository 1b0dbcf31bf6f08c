/*
 * room.h - scratch memory of an attempt
 *
 * An attempt writes several columns over the nodes. There is one attempt at a
 * time, so they are made once, for the most nodes there have been, and lent to
 * each; {0} is one that has no memory yet.
 */
#pragma once

#include "scheduler/columns.h"

#define SCHED_ROWS_MAX 20 /* plugins that may score */

/* A node that did not pass. */
typedef struct {
    guint32 place; /* in NodeColumns */
    guint32 kind;  /* how not, in the attempt's list */
} Rejection;

/* Columns of so many nodes, and a step more. */
typedef struct {
    guint n;
    NodeInfo **nodes;
    guint32 *slots, *places;
    Rejection *rejected;
    gint64 *wide;
    guint32 *sorts;
    gint16 *totals;
    guint8 *fit, *balanced;
    guint8 *rows[SCHED_ROWS_MAX]; /* scores */
    GPtrArray *reasons;           /* (owned) NULL: taken away */
    GPtrArray *found;             /* (owned) */
} AttemptRoom;

/* attempt_room_reserve: for at least @n nodes; what stood in a smaller one is lost, but for the reasons. */
void attempt_room_reserve(AttemptRoom *room, guint n);
void attempt_room_clear(AttemptRoom *room);
