/*
 * queue.h - pending events: a monotone radix heap over (time, phase, sequence)
 *
 * Times are read as 16 hexadecimal digits. An entry lies in the bucket of the
 * highest digit in which its time differs from the base, the time of the last
 * entry taken, and of that digit's value; entries of the base's very time lie in
 * one list per phase. Taking an entry spreads the lowest bucket over lower ones,
 * so an entry moves at most 16 times in its life, three or four in practice.
 *
 * In front of all that lies the run: when the lowest bucket holds a handful, it
 * is sorted into one array, from which entries are taken one after the other;
 * what is inserted below the run's bound goes to its place there. An event costs
 * the queue a few instructions that way, and what comes next is known.
 *
 * Invariants:
 * - entries of equal time are always in the same list, in the order inserted:
 *   the sequence needs no field, the queue is stable by construction;
 * - each bucket knows the smallest time inside, so a peek moves nothing;
 * - the lists hold no time below the run's bound, the run none from there on;
 * - the base is never above a time in the lists. An insertion into them below the
 *   base lowers it again, which merges the lower buckets.
 *
 * Nothing is ever taken out of the middle. A cancelled entry stays until it is
 * taken (the owner knows it by its generation) or until queue_sweep.
 *
 * Buckets are lists of chunks from one pool that grows and never shrinks: no
 * allocation once the largest number of pending entries has been seen.
 */
#pragma once

#include "sim/sim.h"

/* Times are below 2^63; two lists never share an entry, so 16 bytes are all. */
typedef struct {
    guint64 time_ns;
    guint32 generation;
    guint32 tag; /* the owner's, but for the two lowest bits: the phase */
} QueueEntry;

#define QUEUE_DIGIT_BITS    4 /* 1, 2 and 3 were 30, 30 and 10 % slower in the hold model */
#define QUEUE_DIGITS        (1u << QUEUE_DIGIT_BITS)
#define QUEUE_LEVELS        (64 / QUEUE_DIGIT_BITS)
#define QUEUE_CHUNK_ENTRIES 63

typedef struct QueueChunk QueueChunk;
struct QueueChunk {
    QueueChunk *next;
    guint64 unused; /* keeps the entries on 16 bytes */
    QueueEntry entries[QUEUE_CHUNK_ENTRIES];
};

/* A list keeps a chunk when it is emptied. */
typedef struct {
    QueueChunk *head, *tail;        /* NULL: never used, or given away */
    guint32 head_index, tail_index; /* first entry in head, first free place in tail */
    guint64 min_ns;
} QueueList;

/* So many entries at most are sorted into the run; with those inserted it may be twice as long. */
#define QUEUE_RUN_FILL 12
#define QUEUE_RUN_MAX  (3 * QUEUE_RUN_FILL)

/*
 * QueueNear: told of entries that will be taken before long, so that what they stand for can be fetched into the cache
 * meanwhile: @is_next: within some dozens; otherwise within a thousand. A hint: an entry may be
 * told of never, or more than once.
 */
typedef void (*QueueNear)(const QueueEntry *entries, guint count, gboolean is_next, gconstpointer user_data);

typedef struct {
    guint32 run_at, run_end;   /* the part of the run that is there still */
    guint64 run_below_ns;      /* the run's bound; 0: nothing may go there */
    guint64 count;             /* of entries, in the run or in lists */
    QueueEntry run[QUEUE_RUN_MAX];
    guint64 base_ns;
    guint32 level_mask;                /* levels of which a bucket holds something */
    guint32 phase_mask;                /* phases that hold something at the base */
    guint16 digit_masks[QUEUE_LEVELS]; /* of a level, the buckets that hold something */
    QueueList phases[SIM_N_PHASES];
    QueueList buckets[QUEUE_LEVELS][QUEUE_DIGITS];
    QueueChunk *free_chunks;
    GPtrArray *blocks; /* (owned) what the chunks were cut from */
    QueueNear near;
    gconstpointer near_data; /* borrowed */
} Queue;

/* Whether an entry still means something. */
typedef gboolean (*QueueIsLive)(const QueueEntry *entry, gconstpointer user_data);

/* queue_init: @near may be NULL. */
void queue_init(Queue *queue, QueueNear near, gconstpointer near_data);
void queue_clear(Queue *queue);

void queue_insert(Queue *queue, guint64 time_ns, guint32 tag, guint32 generation);

/* queue_peek_ns: smallest time inside, cancelled entries included; G_MAXUINT64 if empty. */
guint64 queue_peek_ns(const Queue *queue);

/* queue_take_from_lists: queue_take when the run is empty. */
gboolean queue_take_from_lists(Queue *queue, guint64 until_ns, QueueEntry *out_entry);

/* queue_take: the first entry in order; FALSE if there is none up to @until_ns. */
static inline gboolean
queue_take(Queue *queue, guint64 until_ns, QueueEntry *out_entry)
{
    const QueueEntry *first = &queue->run[queue->run_at];

    if (queue->run_at == queue->run_end)
        return queue_take_from_lists(queue, until_ns, out_entry);
    if (first->time_ns > until_ns)
        return FALSE;
    *out_entry = *first;
    queue->run_at++;
    queue->count--;
    return TRUE;
}

/* queue_next: (nullable): the entry that will be taken next, if nothing is inserted before it and it is in the run. */
static inline const QueueEntry *
queue_next(const Queue *queue)
{
    return queue->run_at != queue->run_end ? &queue->run[queue->run_at] : NULL;
}

/*
 * queue_peek_live_ns: as queue_peek_ns, without the cancelled ones. Throws out
 * cancelled entries that stand in its way, moves nothing else.
 */
guint64 queue_peek_live_ns(Queue *queue, QueueIsLive is_live, gconstpointer user_data);

/* queue_sweep: throw out all entries that are not live, keeping the order of the others. */
void queue_sweep(Queue *queue, QueueIsLive is_live, gconstpointer user_data);
