/* heap.c - see heap.h */

#include "scheduler/heap.h"

static guint *
place_of(const Heap *heap, gpointer item)
{
    return (guint *)((char *)item + heap->index_offset);
}

static void
put(Heap *heap, guint index, gpointer item)
{
    heap->items->pdata[index] = item;
    *place_of(heap, item) = index;
}

static void
sift_up(Heap *heap, guint index)
{
    gpointer item = heap->items->pdata[index];

    while (index > 0) {
        guint parent = (index - 1) / 2;

        if (heap->less(item, heap->items->pdata[parent]) >= 0)
            break;
        put(heap, index, heap->items->pdata[parent]);
        index = parent;
    }
    put(heap, index, item);
}

static void
sift_down(Heap *heap, guint index)
{
    gpointer item = heap->items->pdata[index];
    guint n = heap->items->len;

    for (;;) {
        guint child = 2 * index + 1;

        if (child >= n)
            break;
        if (child + 1 < n &&
            heap->less(heap->items->pdata[child + 1], heap->items->pdata[child]) < 0)
            child++;
        if (heap->less(heap->items->pdata[child], item) >= 0)
            break;
        put(heap, index, heap->items->pdata[child]);
        index = child;
    }
    put(heap, index, item);
}

void
heap_init(Heap *heap, GCompareFunc less, gsize index_offset)
{
    heap->items = g_ptr_array_new();
    heap->less = less;
    heap->index_offset = index_offset;
}

void
heap_clear(Heap *heap)
{
    g_ptr_array_free(heap->items, TRUE);
    heap->items = NULL;
}

void
heap_push(Heap *heap, gpointer item)
{
    g_ptr_array_add(heap->items, item);
    sift_up(heap, heap->items->len - 1);
}

gpointer
heap_peek(const Heap *heap)
{
    return heap->items->len == 0 ? NULL : heap->items->pdata[0];
}

void
heap_remove(Heap *heap, gpointer item)
{
    guint index = *place_of(heap, item);
    gpointer last = heap->items->pdata[heap->items->len - 1];

    g_assert(heap->items->pdata[index] == item);
    g_ptr_array_set_size(heap->items, (gint)heap->items->len - 1);
    if (item == last)
        return;
    put(heap, index, last);
    heap_fix(heap, last);
}

void
heap_fix(Heap *heap, gpointer item)
{
    sift_up(heap, *place_of(heap, item));
    sift_down(heap, *place_of(heap, item));
}
