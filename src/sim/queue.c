/* queue.c - see queue.h */

#include "sim/queue.h"

#define BLOCK_CHUNKS 64

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

static void
list_init(Queue *queue, QueueList *list)
{
    list->head = list->tail = chunk_take(queue);
    list->head->next = NULL;
    list->head_index = list->tail_index = 0;
    list->min_ns = G_MAXUINT64;
}

static void
list_add_chunk(Queue *queue, QueueList *list)
{
    QueueChunk *chunk = chunk_take(queue);

    chunk->next = NULL;
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

/* Makes the list empty and gives the caller its old chain, of which the caller gets a copy. */
static void
list_detach(Queue *queue, QueueList *list, QueueList *out_chain)
{
    *out_chain = *list;
    list_init(queue, list);
}

static inline void
list_reset(QueueList *list)
{
    list->head_index = list->tail_index = 0;
    list->min_ns = G_MAXUINT64;
}

void
queue_init(Queue *queue)
{
    *queue = (Queue){0};
    queue->blocks = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < SIM_N_PHASES; i++)
        list_init(queue, &queue->phases[i]);
    for (guint i = 0; i < QUEUE_N_BUCKETS; i++)
        list_init(queue, &queue->buckets[i]);
}

void
queue_clear(Queue *queue)
{
    g_clear_pointer(&queue->blocks, g_ptr_array_unref);
    *queue = (Queue){0};
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
        guint bucket = 63 - (guint)__builtin_clzll(difference);
        list_append(queue, &queue->buckets[bucket], entry);
        queue->bucket_mask |= G_GUINT64_CONSTANT(1) << bucket;
    }
}

/* Places every entry of a chain again, in order, and gives its chunks back. */
static void
place_chain(Queue *queue, QueueList *chain)
{
    QueueChunk *chunk = chain->head;
    guint32 i = chain->head_index;

    while (chunk != NULL) {
        QueueChunk *next = chunk->next;
        guint32 end = next == NULL ? chain->tail_index : QUEUE_CHUNK_ENTRIES;

        for (; i < end; i++)
            place(queue, &chunk->entries[i]);
        chunk_give_back(queue, chunk);
        chunk = next;
        i = 0;
    }
}

/*
 * Someone inserts below the base: the last entry taken was a cancelled one
 * beyond the present. All that lies in the lists up to the highest bit in which
 * the bases differ belongs together in the bucket of that bit now; what lies
 * above stays.
 */
static void
lower_base(Queue *queue, guint64 base_ns)
{
    guint top = 63 - (guint)__builtin_clzll(queue->base_ns ^ base_ns);

    queue->base_ns = base_ns;
    for (guint phase = 0; phase < SIM_N_PHASES; phase++) {
        QueueList chain;
        if ((queue->phase_mask & (1u << phase)) == 0)
            continue;
        queue->phase_mask &= ~(1u << phase);
        list_detach(queue, &queue->phases[phase], &chain);
        place_chain(queue, &chain);
    }
    for (guint bucket = 0; bucket < top; bucket++) {
        guint64 bit = G_GUINT64_CONSTANT(1) << bucket;
        QueueList chain;
        if ((queue->bucket_mask & bit) == 0)
            continue;
        queue->bucket_mask &= ~bit;
        list_detach(queue, &queue->buckets[bucket], &chain);
        place_chain(queue, &chain);
    }
}

void
queue_insert(Queue *queue, guint64 time_ns, guint32 tag, guint32 generation)
{
    QueueEntry entry = {time_ns, generation, tag};

    if (G_UNLIKELY(time_ns < queue->base_ns))
        lower_base(queue, time_ns);
    place(queue, &entry);
    queue->count++;
}

guint64
queue_peek_ns(const Queue *queue)
{
    if (queue->phase_mask != 0)
        return queue->base_ns;
    if (queue->bucket_mask == 0)
        return G_MAXUINT64;
    return queue->buckets[__builtin_ctzll(queue->bucket_mask)].min_ns;
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
queue_take(Queue *queue, guint64 until_ns, QueueEntry *out_entry)
{
    if (queue->phase_mask == 0) {
        if (queue->bucket_mask == 0)
            return FALSE;

        guint bucket = (guint)__builtin_ctzll(queue->bucket_mask);
        QueueList *list = &queue->buckets[bucket];
        if (list->min_ns > until_ns)
            return FALSE;
        queue->bucket_mask &= queue->bucket_mask - 1;
        queue->base_ns = list->min_ns;

        if (list->head == list->tail) {
            /* The usual case: a handful of entries, moved out of the chunk the list keeps. */
            guint32 end = list->tail_index;
            const QueueEntry *entries = list->head->entries;
            list_reset(list);
            if (end == 1) {
                *out_entry = entries[0];
                queue->count--;
                return TRUE;
            }
            for (guint32 i = 0; i < end; i++)
                place(queue, &entries[i]);
        } else {
            QueueList chain;
            list_detach(queue, list, &chain);
            place_chain(queue, &chain);
        }
    } else if (queue->base_ns > until_ns) {
        return FALSE;
    }
    take_from_phases(queue, out_entry);
    queue->count--;
    return TRUE;
}

/* Throws out what is not live. Returns: whether the list still holds something. */
static gboolean
list_sweep(Queue *queue, QueueList *list, QueueIsLive is_live, gconstpointer user_data)
{
    QueueList chain;

    list_detach(queue, list, &chain);
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
sweep_bucket(Queue *queue, guint bucket, QueueIsLive is_live, gconstpointer user_data)
{
    guint64 bit = G_GUINT64_CONSTANT(1) << bucket;

    if ((queue->bucket_mask & bit) == 0)
        return;
    if (!list_sweep(queue, &queue->buckets[bucket], is_live, user_data))
        queue->bucket_mask &= ~bit;
}

void
queue_sweep(Queue *queue, QueueIsLive is_live, gconstpointer user_data)
{
    for (guint phase = 0; phase < SIM_N_PHASES; phase++)
        sweep_phase(queue, phase, is_live, user_data);
    for (guint bucket = 0; bucket < QUEUE_N_BUCKETS; bucket++)
        sweep_bucket(queue, bucket, is_live, user_data);
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
    while (queue->phase_mask != 0) {
        guint phase = (guint)__builtin_ctz(queue->phase_mask);
        if (min_is_live(&queue->phases[phase], queue->base_ns, is_live, user_data))
            return queue->base_ns;
        sweep_phase(queue, phase, is_live, user_data);
    }
    while (queue->bucket_mask != 0) {
        guint bucket = (guint)__builtin_ctzll(queue->bucket_mask);
        const QueueList *list = &queue->buckets[bucket];
        if (min_is_live(list, list->min_ns, is_live, user_data))
            return list->min_ns;
        sweep_bucket(queue, bucket, is_live, user_data);
    }
    return G_MAXUINT64;
}
