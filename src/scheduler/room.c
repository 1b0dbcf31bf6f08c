/* room.c - see room.h */

#include "scheduler/room.h"

static void
room_free_columns(AttemptRoom *room)
{
    g_free(room->nodes);
    g_free(room->slots);
    g_free(room->places);
    g_free(room->rejected);
    g_free(room->wide);
    g_free(room->sorts);
    g_free(room->totals);
    g_free(room->fit);
    g_free(room->balanced);
    g_free(room->rows[0]);
}

void
attempt_room_clear(AttemptRoom *room)
{
    room_free_columns(room);
    g_clear_pointer(&room->reasons, g_ptr_array_unref);
    g_clear_pointer(&room->found, g_ptr_array_unref);
}

static void
room_grow(AttemptRoom *room, guint n)
{
    gsize size = n + COLUMN_STEP;

    room_free_columns(room);
    room->n = n;
    room->nodes = g_new(NodeInfo *, size);
    room->slots = g_new(guint32, size);
    room->places = g_new(guint32, size);
    room->rejected = g_new(Rejection, size);
    room->wide = g_new(gint64, size);
    room->sorts = g_new(guint32, size);
    room->totals = g_new(gint16, size);
    room->fit = g_new(guint8, size);
    room->balanced = g_new(guint8, size);
    room->rows[0] = g_new(guint8, SCHED_ROWS_MAX * size);
    for (guint i = 1; i < SCHED_ROWS_MAX; i++)
        room->rows[i] = room->rows[0] + i * size;
}

void
attempt_room_reserve(AttemptRoom *room, guint n)
{
    if (room->nodes == NULL || n > room->n)
        room_grow(room, n);
    if (room->reasons == NULL)
        room->reasons = g_ptr_array_new();
    if (room->found == NULL)
        room->found = g_ptr_array_new();
}
