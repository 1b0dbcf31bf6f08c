/* queue.c - see queue.h */

#include "sim/queue.h"

#include "base/fetch.h"

#include <string.h>

#define BLOCK_CHUNKS 64

/*
 * A list of up to so many chunks comes next, or before long, measured with the event benchmark at 10^6 pending: what an
 * entry stands for is two cache misses away, one after the other, so the first is asked for long before the second.
 */
#define NEXT_CHUNKS 4
#define NEAR_CHUNKS 32

static void
pool_grow(Queue *queue)
{
    QueueChunk *block = g_new(QueueChunk, BLOCK_CHUNKS);

    g_ptr_array_add(queue->blocks, block);
    for (guint i = 0; i < BLOCK_CHUNKS; i++) {
        block[i].next = queue->free_chunks;
        queue->free_chunks = &block[i];
    }
}

static QueueChunk *
chunk_take(Queue *queue)
{
    if (G_UNLIKELY(queue->free_chunks == NULL))
        pool_grow(queue);
    QueueChunk *chunk = queue->free_chunks;
    queue->free_chunks = chunk->next;
    return chunk;
}

static void
chunk_give_back(Queue *queue, QueueChunk *chunk)
{
    chunk->next = queue->free_chunks;
    queue->free_chunks = chunk;
}

static const QueueList empty_list = {
    .tail_index = QUEUE_CHUNK_ENTRIES,
    .min_ns = G_MAXUINT64,
};

static void
list_add_chunk(Queue *queue, QueueList *list)
{
    QueueChunk *chunk = chunk_take(queue);

    chunk->next = NULL;
    if (list->tail == NULL)
        list->head = chunk;
    else
        list->tail->next = chunk;
    list->tail = chunk;
    list->tail_index = 0;
}

static inline void
list_append(Queue *queue, QueueList *list, const QueueEntry *entry)
{
    if (G_UNLIKELY(list->tail_index == QUEUE_CHUNK_ENTRIES))
        list_add_chunk(queue, list);
    list->tail->entries[list->tail_index++] = *entry;
    if (entry->time_ns < list->min_ns)
        list->min_ns = entry->time_ns;
}

/* Makes the list empty and gives away its chain. */
static inline QueueList
list_detach(QueueList *list)
{
    QueueList chain = *list;

    *list = empty_list;
    return chain;
}

static inline void
list_reset(QueueList *list)
{
    list->head_index = list->tail_index = 0;
    list->min_ns = G_MAXUINT64;
}

void
queue_init(Queue *queue, QueueNear near, gconstpointer near_data)
{
    *queue = (Queue){.near = near, .near_data = near_data};
    queue->blocks = g_ptr_array_new_with_free_func(g_free);
    for (guint phase = 0; phase < SIM_N_PHASES; phase++)
        queue->phases[phase] = empty_list;
    for (guint level = 0; level < QUEUE_LEVELS; level++) {
        for (guint digit = 0; digit < QUEUE_DIGITS; digit++)
            queue->buckets[level][digit] = empty_list;
    }
}

void
queue_clear(Queue *queue)
{
    g_clear_pointer(&queue->blocks, g_ptr_array_unref);
    *queue = (Queue){0};
}

/* The highest digit in which two times differ. */
static inline guint
level_of(guint64 difference)
{
    return (63 - (guint)__builtin_clzll(difference)) / QUEUE_DIGIT_BITS;
}

/* Puts an entry where it belongs relative to the base. */
static inline void
place(Queue *queue, const QueueEntry *entry)
{
    guint64 difference = entry->time_ns ^ queue->base_ns;

    if (difference == 0) {
        guint phase = entry->tag & (SIM_N_PHASES - 1);
        list_append(queue, &queue->phases[phase], entry);
        queue->phase_mask |= 1u << phase;
    } else {
        guint level = level_of(difference);
        guint digit = (guint)(entry->time_ns >> (level * QUEUE_DIGIT_BITS)) & (QUEUE_DIGITS - 1);
        list_append(queue, &queue->buckets[level][digit], entry);
        queue->digit_masks[level] |= (guint16)(1u << digit);
        queue->level_mask |= 1u << level;
    }
}

static inline void
mark_empty(Queue *queue, guint level, guint digit)
{
    queue->digit_masks[level] &= (guint16) ~(1u << digit);
    if (queue->digit_masks[level] == 0)
        queue->level_mask &= ~(1u << level);
}

static void
tell_near(const Queue *queue, const QueueList *chain)
{
    guint n_chunks = 1;

    if (queue->near == NULL)
        return;
    for (const QueueChunk *chunk = chain->head; chunk->next != NULL; chunk = chunk->next) {
        if (++n_chunks > NEAR_CHUNKS)
            return;
    }
    for (const QueueChunk *chunk = chain->head; chunk != NULL; chunk = chunk->next) {
        guint32 end = chunk->next == NULL ? chain->tail_index : QUEUE_CHUNK_ENTRIES;
        queue->near(chunk->entries, end, n_chunks <= NEXT_CHUNKS, queue->near_data);
    }
}

/* Places every entry of a chain again, in order, and gives its chunks back. */
static void
place_chain(Queue *queue, const QueueList *chain)
{
    QueueChunk *chunk = chain->head;
    guint32 i = chain->head_index;

    while (chunk != NULL) {
        QueueChunk *next = chunk->next;
        guint32 end = next == NULL ? chain->tail_index : QUEUE_CHUNK_ENTRIES;

        for (; i < end; i++) {
            /* A long list is old and its chunks lie far apart: fetch the next one meanwhile. */
            if (next != NULL)
                fetch(&next->entries[i]);
            place(queue, &chunk->entries[i]);
        }
        chunk_give_back(queue, chunk);
        chunk = next;
        i = 0;
    }
}

/*
 * Someone inserts below the base: the last entry taken was a cancelled one
 * beyond the present. All that lies in the lists up to the highest digit in
 * which the bases differ belongs together in one bucket of that level now; what
 * lies above stays.
 */
static void
lower_base(Queue *queue, guint64 base_ns)
{
    guint top = level_of(queue->base_ns ^ base_ns);

    queue->base_ns = base_ns;
    for (guint phase = 0; phase < SIM_N_PHASES; phase++) {
        if ((queue->phase_mask & (1u << phase)) == 0)
            continue;
        queue->phase_mask &= ~(1u << phase);
        QueueList chain = list_detach(&queue->phases[phase]);
        place_chain(queue, &chain);
    }
    for (guint level = 0; level < top; level++) {
        for (guint digit = 0; digit < QUEUE_DIGITS; digit++) {
            if ((queue->digit_masks[level] & (1u << digit)) == 0)
                continue;
            mark_empty(queue, level, digit);
            QueueList chain = list_detach(&queue->buckets[level][digit]);
            place_chain(queue, &chain);
        }
    }
}

/* --- the run ----------------------------------------------------------------------- */

/* The order of entries, but for that of insertion. */
static inline gboolean
is_after(const QueueEntry *a, const QueueEntry *b)
{
    if (a->time_ns != b->time_ns)
        return a->time_ns > b->time_ns;
    return (a->tag & (SIM_N_PHASES - 1)) > (b->tag & (SIM_N_PHASES - 1));
}

/* Behind all that are not after it. The run has room. */
static inline void
run_insert(Queue *queue, QueueEntry entry)
{
    QueueEntry *place = &queue->run[queue->run_end++];

    for (; place > &queue->run[queue->run_at] && is_after(&place[-1], &entry); place--)
        *place = place[-1];
    *place = entry;
}

/* By itself, so that an insertion into the run needs no registers saved. */
static __attribute__((noinline)) void
insert_into_lists(Queue *queue, guint64 time_ns, guint32 tag, guint32 generation)
{
    QueueEntry entry = {time_ns, generation, tag};

    if (G_UNLIKELY(time_ns < queue->base_ns))
        lower_base(queue, time_ns);
    place(queue, &entry);
}

/*
 * Makes room in the run. Where so much happens within the run's time that it is full all the same, everything goes to
 * the lists, and there is no run until the lowest bucket is small again. Returns: whether there is a run still.
 */
static gboolean
run_make_room(Queue *queue)
{
    guint32 count = queue->run_end - queue->run_at;

    if (count < QUEUE_RUN_MAX) {
        memmove(queue->run, &queue->run[queue->run_at], count * sizeof *queue->run);
    } else {
        for (guint32 i = queue->run_at; i < queue->run_end; i++)
            insert_into_lists(queue, queue->run[i].time_ns, queue->run[i].tag, queue->run[i].generation);
        count = 0;
        queue->run_below_ns = 0;
    }
    queue->run_at = 0;
    queue->run_end = count;
    return queue->run_below_ns != 0;
}

static __attribute__((noinline)) void
insert_into_full_run(Queue *queue, guint64 time_ns, guint32 tag, guint32 generation)
{
    if (run_make_room(queue))
        run_insert(queue, (QueueEntry){time_ns, generation, tag});
    else
        insert_into_lists(queue, time_ns, tag, generation);
}

/* The lowest bucket's few entries become the run, which is empty. */
static void
run_fill(Queue *queue, QueueList *list, guint level)
{
    guint32 end = list->tail_index;
    guint64 mask = (G_GUINT64_CONSTANT(1) << (level * QUEUE_DIGIT_BITS)) - 1;

    queue->run_below_ns = (list->min_ns | mask) + 1;
    queue->run_at = queue->run_end = 0;
    for (guint32 i = list->head_index; i < end; i++)
        run_insert(queue, list->head->entries[i]);
    list_reset(list);
    if (queue->near != NULL)
        queue->near(queue->run, queue->run_end, TRUE, queue->near_data);
}

void
queue_insert(Queue *queue, guint64 time_ns, guint32 tag, guint32 generation)
{
    queue->count++;
    if (time_ns >= queue->run_below_ns)
        insert_into_lists(queue, time_ns, tag, generation);
    else if (G_UNLIKELY(queue->run_end == QUEUE_RUN_MAX))
        insert_into_full_run(queue, time_ns, tag, generation);
    else
        run_insert(queue, (QueueEntry){time_ns, generation, tag});
}

guint64
queue_peek_ns(const Queue *queue)
{
    if (queue->run_at < queue->run_end)
        return queue->run[queue->run_at].time_ns;
    if (queue->phase_mask != 0)
        return queue->base_ns;
    if (queue->level_mask == 0)
        return G_MAXUINT64;
    guint level = (guint)__builtin_ctz(queue->level_mask);
    return queue->buckets[level][__builtin_ctz(queue->digit_masks[level])].min_ns;
}

static inline void
take_from_phases(Queue *queue, QueueEntry *out_entry)
{
    guint phase = (guint)__builtin_ctz(queue->phase_mask);
    QueueList *list = &queue->phases[phase];

    *out_entry = list->head->entries[list->head_index++];
    if (list->head == list->tail) {
        if (list->head_index == list->tail_index) {
            list_reset(list);
            queue->phase_mask &= ~(1u << phase);
        }
    } else if (list->head_index == QUEUE_CHUNK_ENTRIES) {
        QueueChunk *empty = list->head;
        list->head = empty->next;
        list->head_index = 0;
        chunk_give_back(queue, empty);
    }
}

gboolean
queue_take_from_lists(Queue *queue, guint64 until_ns, QueueEntry *out_entry)
{
    if (queue->phase_mask == 0) {
        if (queue->level_mask == 0)
            return FALSE;

        guint level = (guint)__builtin_ctz(queue->level_mask);
        guint digit = (guint)__builtin_ctz(queue->digit_masks[level]);
        QueueList *list = &queue->buckets[level][digit];
        if (list->min_ns > until_ns)
            return FALSE;
        mark_empty(queue, level, digit);
        queue->base_ns = list->min_ns;

        if (list->head == list->tail && list->tail_index - list->head_index <= QUEUE_RUN_FILL) {
            run_fill(queue, list, level);
            return queue_take(queue, until_ns, out_entry);
        }
        QueueList chain = list_detach(list);
        tell_near(queue, &chain);
        place_chain(queue, &chain);
    } else if (queue->base_ns > until_ns) {
        return FALSE;
    }
    take_from_phases(queue, out_entry);
    queue->count--;
    return TRUE;
}

/* --- cancelled entries -------------------------------------------------------------- */

static void
run_sweep(Queue *queue, QueueIsLive is_live, gconstpointer user_data)
{
    guint32 kept = 0;

    for (guint32 i = queue->run_at; i < queue->run_end; i++)
        if (is_live(&queue->run[i], user_data))
            queue->run[kept++] = queue->run[i];
    queue->count -= queue->run_end - queue->run_at - kept;
    queue->run_at = 0;
    queue->run_end = kept;
}

/* Throws out what is not live. Returns: whether the list still holds something. */
static gboolean
list_sweep(Queue *queue, QueueList *list, QueueIsLive is_live, gconstpointer user_data)
{
    QueueList chain = list_detach(list);
    guint32 i = chain.head_index;
    for (QueueChunk *chunk = chain.head; chunk != NULL;) {
        QueueChunk *next = chunk->next;
        guint32 end = next == NULL ? chain.tail_index : QUEUE_CHUNK_ENTRIES;

        for (; i < end; i++) {
            if (is_live(&chunk->entries[i], user_data))
                list_append(queue, list, &chunk->entries[i]);
            else
                queue->count--;
        }
        chunk_give_back(queue, chunk);
        chunk = next;
        i = 0;
    }
    return list->min_ns != G_MAXUINT64;
}

static void
sweep_phase(Queue *queue, guint phase, QueueIsLive is_live, gconstpointer user_data)
{
    if ((queue->phase_mask & (1u << phase)) == 0)
        return;
    if (!list_sweep(queue, &queue->phases[phase], is_live, user_data))
        queue->phase_mask &= ~(1u << phase);
}

static void
sweep_bucket(Queue *queue, guint level, guint digit, QueueIsLive is_live, gconstpointer user_data)
{
    if ((queue->digit_masks[level] & (1u << digit)) == 0)
        return;
    if (!list_sweep(queue, &queue->buckets[level][digit], is_live, user_data))
        mark_empty(queue, level, digit);
}

void
queue_sweep(Queue *queue, QueueIsLive is_live, gconstpointer user_data)
{
    run_sweep(queue, is_live, user_data);
    for (guint phase = 0; phase < SIM_N_PHASES; phase++)
        sweep_phase(queue, phase, is_live, user_data);
    for (guint level = 0; level < QUEUE_LEVELS; level++) {
        for (guint digit = 0; digit < QUEUE_DIGITS; digit++)
            sweep_bucket(queue, level, digit, is_live, user_data);
    }
}

/* Whether some entry of the smallest time in the list is live. */
static gboolean
min_is_live(const QueueList *list, guint64 min_ns, QueueIsLive is_live, gconstpointer user_data)
{
    guint32 i = list->head_index;

    for (const QueueChunk *chunk = list->head; chunk != NULL; chunk = chunk->next, i = 0) {
        guint32 end = chunk->next == NULL ? list->tail_index : QUEUE_CHUNK_ENTRIES;
        for (; i < end; i++) {
            if (chunk->entries[i].time_ns == min_ns && is_live(&chunk->entries[i], user_data))
                return TRUE;
        }
    }
    return FALSE;
}

guint64
queue_peek_live_ns(Queue *queue, QueueIsLive is_live, gconstpointer user_data)
{
    for (; queue->run_at < queue->run_end; queue->run_at++, queue->count--)
        if (is_live(&queue->run[queue->run_at], user_data))
            return queue->run[queue->run_at].time_ns;
    while (queue->phase_mask != 0) {
        guint phase = (guint)__builtin_ctz(queue->phase_mask);
        if (min_is_live(&queue->phases[phase], queue->base_ns, is_live, user_data))
            return queue->base_ns;
        sweep_phase(queue, phase, is_live, user_data);
    }
    while (queue->level_mask != 0) {
        guint level = (guint)__builtin_ctz(queue->level_mask);
        guint digit = (guint)__builtin_ctz(queue->digit_masks[level]);
        const QueueList *list = &queue->buckets[level][digit];
        if (min_is_live(list, list->min_ns, is_live, user_data))
            return list->min_ns;
        sweep_bucket(queue, level, digit, is_live, user_data);
    }
    return G_MAXUINT64;
}
