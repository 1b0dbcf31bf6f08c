/*
 * bare.h - the yardstick: a radix heap and nothing else
 *
 * The textbook form (Ahuja, Mehlhorn, Orlin, Tarjan 1990, two-way buckets) over
 * growing arrays: keys and 8 bytes of payload, no phases, no order among equal
 * keys, no peek without moving, no insertion below the last key taken.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint64 key, payload;
} BareEntry;

typedef struct {
    BareEntry *entries; /* (owned) */
    gsize count, capacity;
} BareBucket;

typedef struct {
    guint64 last;
    gsize count;
    BareBucket buckets[65];
} BareHeap;

/* Called as the queue and the kernel are called, also where the program is optimised across files: a yardstick keeps its length. */
#define BARE_CALLED __attribute__((noinline, noclone))

void bare_clear(BareHeap *heap);
BARE_CALLED void bare_insert(BareHeap *heap, guint64 key, guint64 payload);
/* bare_take: the heap must not be empty. */
BARE_CALLED BareEntry bare_take(BareHeap *heap);
