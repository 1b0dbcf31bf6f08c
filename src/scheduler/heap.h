/*
 * heap.h - binary heap of pointers whose elements know their place
 *
 * An element holds a guint at @index_offset: its place, kept up to date, so that
 * it can be taken out from the middle.
 */
#pragma once

#include <glib.h>

typedef struct {
    GPtrArray *items;  /* (borrowed) */
    GCompareFunc less; /* < 0: first argument comes first; never 0 */
    gsize index_offset;
} Heap;

void heap_init(Heap *heap, GCompareFunc less, gsize index_offset);
void heap_clear(Heap *heap);
void heap_push(Heap *heap, gpointer item);
gpointer heap_peek(const Heap *heap); /* NULL if empty */
void heap_remove(Heap *heap, gpointer item);
/* heap_fix: the order of @item may have changed. */
void heap_fix(Heap *heap, gpointer item);
