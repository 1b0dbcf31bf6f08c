/* bare.c - see bare.h */

#include "bench/bare.h"

static inline guint
bucket_of(const BareHeap *heap, guint64 key)
{
    return key == heap->last ? 0 : 64 - (guint)__builtin_clzll(key ^ heap->last);
}

static inline void
push(BareHeap *heap, guint64 key, guint64 payload)
{
    BareBucket *bucket = &heap->buckets[bucket_of(heap, key)];

    if (G_UNLIKELY(bucket->count == bucket->capacity)) {
        bucket->capacity = bucket->capacity == 0 ? 16 : bucket->capacity * 2;
        bucket->entries = g_renew(BareEntry, bucket->entries, bucket->capacity);
    }
    bucket->entries[bucket->count++] = (BareEntry){key, payload};
}

void
bare_insert(BareHeap *heap, guint64 key, guint64 payload)
{
    push(heap, key, payload);
    heap->count++;
}

BareEntry
bare_take(BareHeap *heap)
{
    g_assert(heap->count > 0);
    if (heap->buckets[0].count == 0) {
        guint i = 1;
        while (heap->buckets[i].count == 0)
            i++;

        BareBucket *bucket = &heap->buckets[i];
        guint64 least = bucket->entries[0].key;
        for (gsize j = 1; j < bucket->count; j++)
            least = MIN(least, bucket->entries[j].key);
        heap->last = least;
        for (gsize j = 0; j < bucket->count; j++)
            push(heap, bucket->entries[j].key, bucket->entries[j].payload);
        bucket->count = 0;
    }
    heap->count--;
    return heap->buckets[0].entries[--heap->buckets[0].count];
}

void
bare_clear(BareHeap *heap)
{
    for (guint i = 0; i < G_N_ELEMENTS(heap->buckets); i++)
        g_free(heap->buckets[i].entries);
    *heap = (BareHeap){0};
}
