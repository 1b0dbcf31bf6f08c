/* workqueue.c - see workqueue.h */

#include "client/workqueue.h"
#include "api/profile.h"

#include "base/duration.h"
#include "base/pool.h"
#include "base/ptr_map.h"

enum {
    ITEM_DIRTY = 1 << 0,
    ITEM_PROCESSING = 1 << 1,
    ITEM_DELAYED = 1 << 2,
};

typedef struct {
    const char *key; /* interned */
    guint flags;
    guint failures;
    gint64 due_ns;     /* when delayed */
    guint64 sequence;  /* among items due at the same time */
    guint heap_index;  /* position in delayed */
    TraceId cause;     /* of what made it dirty */
    TraceId due_cause; /* of what delayed it */
} Item;

struct WorkQueue {
    Sim *sim;
    WorkQueueOptions options;
    void (*ready)(gpointer user);
    gpointer user;      /* borrowed */
    PtrMap items;       /* interned key -> Item (owned) */
    GQueue waiting;     /* of Item */
    GPtrArray *delayed; /* binary heap of Item by (due_ns, sequence) */
    guint64 sequence;
    gint64 bucket_tat_ns; /* when the bucket would be full again */
    SimTimer ready_timer;
    SimTimer delay_timer;
};

/* --- the heap of delayed items ---------------------------------------------------------------- */

static gboolean
item_before(const Item *a, const Item *b)
{
    if (a->due_ns != b->due_ns)
        return a->due_ns < b->due_ns;
    return a->sequence < b->sequence;
}

static void
heap_put(GPtrArray *heap, guint index, Item *item)
{
    heap->pdata[index] = item;
    item->heap_index = index;
}

static void
heap_up(GPtrArray *heap, guint index)
{
    Item *item = heap->pdata[index];

    while (index > 0) {
        guint parent = (index - 1) / 2;

        if (!item_before(item, heap->pdata[parent]))
            break;
        heap_put(heap, index, heap->pdata[parent]);
        index = parent;
    }
    heap_put(heap, index, item);
}

static void
heap_down(GPtrArray *heap, guint index)
{
    Item *item = heap->pdata[index];

    for (;;) {
        guint child = 2 * index + 1;

        if (child >= heap->len)
            break;
        if (child + 1 < heap->len && item_before(heap->pdata[child + 1], heap->pdata[child]))
            child++;
        if (!item_before(heap->pdata[child], item))
            break;
        heap_put(heap, index, heap->pdata[child]);
        index = child;
    }
    heap_put(heap, index, item);
}

static Item *
heap_take_first(GPtrArray *heap)
{
    Item *first = heap->pdata[0];
    Item *last = g_ptr_array_steal_index(heap, heap->len - 1);

    if (last != first) {
        heap_put(heap, 0, last);
        heap_down(heap, 0);
    }
    return first;
}

/* --- adding ----------------------------------------------------------------------------------- */

static Item *
workqueue_item(WorkQueue *queue, const char *key)
{
    const char *interned = str_intern(key);
    gpointer *place = ptr_map_place(&queue->items, interned);
    Item *item = *place;

    if (item == NULL) {
        item = POOL_NEW0(Item);
        item->key = interned;
        *place = item;
    }
    return item;
}

static void
item_free(gpointer key, gpointer item, gpointer user)
{
    (void)key;
    (void)user;
    POOL_FREE(Item, item);
}

/* workqueue_drop_idle: an item that nothing is known about needs no memory. */
static void
workqueue_drop_idle(WorkQueue *queue, Item *item)
{
    if (item->flags == 0 && item->failures == 0)
        POOL_FREE(Item, ptr_map_take(&queue->items, item->key));
}

static void
workqueue_push(WorkQueue *queue, Item *item)
{
    g_queue_push_tail(&queue->waiting, item);
    if (!queue->ready_timer.is_armed)
        sim_timer_arm_after(&queue->ready_timer, 0);
}

static void
workqueue_add_item(WorkQueue *queue, Item *item, TraceId cause)
{
    if (item->flags & ITEM_DIRTY)
        return;
    item->flags |= ITEM_DIRTY;
    item->cause = cause;
    if (!(item->flags & ITEM_PROCESSING))
        workqueue_push(queue, item);
}

static void
workqueue_arm_delay(WorkQueue *queue)
{
    const Item *first;

    if (queue->delayed->len == 0) {
        sim_timer_disarm(&queue->delay_timer);
        return;
    }
    first = queue->delayed->pdata[0];
    if (!queue->delay_timer.is_armed || queue->delay_timer.due_ns != first->due_ns)
        sim_timer_arm_at(&queue->delay_timer, first->due_ns);
}

static void
workqueue_on_delay(Sim *sim, gpointer self)
{
    WorkQueue *queue = self;

    while (queue->delayed->len > 0) {
        Item *item = queue->delayed->pdata[0];

        if (item->due_ns > sim_now_ns(sim))
            break;
        heap_take_first(queue->delayed);
        item->flags &= ~(guint)ITEM_DELAYED;
        workqueue_add_item(queue, item, item->due_cause);
    }
    workqueue_arm_delay(queue);
}

static void
workqueue_on_ready(Sim *sim, gpointer self)
{
    WorkQueue *queue = self;

    (void)sim;
    queue->ready(queue->user);
}

/* --- rate limits ------------------------------------------------------------------------------ */

/* v0.34 util/workqueue: ItemExponentialFailureRateLimiter: base * 2^failures, at most cap. */
static gint64
workqueue_backoff_ns(WorkQueue *queue, Item *item)
{
    gint64 delay_ns = queue->options.base_ns;
    guint i;

    for (i = 0; i < item->failures; i++) {
        if (delay_ns >= queue->options.cap_ns - delay_ns) {
            delay_ns = queue->options.cap_ns;
            break;
        }
        delay_ns *= 2;
    }
    item->failures++;
    return MIN(delay_ns, queue->options.cap_ns);
}

/* v0.34 util/workqueue: BucketRateLimiter: a reservation, so each asker waits for its own token. */
static gint64
workqueue_bucket_ns(WorkQueue *queue)
{
    gint64 interval_ns = NS_PER_S / queue->options.bucket_qps;
    gint64 now_ns = sim_now_ns(queue->sim);
    gint64 allowed_ns;

    if (queue->options.no_bucket)
        return 0;
    queue->bucket_tat_ns = MAX(queue->bucket_tat_ns, now_ns) + interval_ns;
    allowed_ns = queue->bucket_tat_ns - interval_ns * queue->options.bucket_burst;
    return MAX(0, allowed_ns - now_ns);
}

/* --- public ----------------------------------------------------------------------------------- */

WorkQueue *
workqueue_new(Sim *sim,
              const WorkQueueOptions *options,
              void (*ready)(gpointer user),
              gpointer user)
{
    WorkQueue *queue = g_new0(WorkQueue, 1);

    queue->sim = sim;
    if (options != NULL)
        queue->options = *options;
    if (queue->options.base_ns == 0)
        queue->options.base_ns = 5 * NS_PER_MS;
    if (queue->options.cap_ns == 0)
        queue->options.cap_ns = 1000 * NS_PER_S;
    if (queue->options.bucket_qps == 0)
        queue->options.bucket_qps = 10;
    if (queue->options.bucket_burst == 0)
        queue->options.bucket_burst = 100;
    queue->ready = ready;
    queue->user = user;
    queue->delayed = g_ptr_array_new();
    queue->bucket_tat_ns = G_MININT64;
    g_queue_init(&queue->waiting);
    sim_timer_init(&queue->ready_timer, sim, SIM_CONTROL, workqueue_on_ready, queue);
    sim_timer_init(&queue->delay_timer, sim, SIM_CONTROL, workqueue_on_delay, queue);
    return queue;
}

void
workqueue_clear(WorkQueue *queue)
{
    sim_timer_disarm(&queue->ready_timer);
    sim_timer_disarm(&queue->delay_timer);
    g_queue_clear(&queue->waiting);
    g_ptr_array_set_size(queue->delayed, 0);
    ptr_map_foreach(&queue->items, item_free, NULL);
    ptr_map_clear(&queue->items);
    queue->bucket_tat_ns = G_MININT64;
}

void
workqueue_free(WorkQueue *queue)
{
    if (queue == NULL)
        return;
    workqueue_clear(queue);
    sim_timer_clear(&queue->ready_timer);
    sim_timer_clear(&queue->delay_timer);
    g_ptr_array_free(queue->delayed, TRUE);
    g_free(queue);
}

void
workqueue_add(WorkQueue *queue, const char *key)
{
    workqueue_add_item(queue, workqueue_item(queue, key), sim_cause(queue->sim));
}

void
workqueue_add_after(WorkQueue *queue, const char *key, gint64 delay_ns)
{
    Item *item = workqueue_item(queue, key);
    gint64 due_ns;

    if (delay_ns <= 0) {
        workqueue_add_item(queue, item, sim_cause(queue->sim));
        return;
    }
    due_ns = sim_now_ns(queue->sim) + delay_ns;
    if (item->flags & ITEM_DELAYED) {
        if (due_ns >= item->due_ns)
            return;
        item->due_ns = due_ns;
        item->due_cause = sim_cause(queue->sim);
        heap_up(queue->delayed, item->heap_index);
    } else {
        item->flags |= ITEM_DELAYED;
        item->due_ns = due_ns;
        item->sequence = queue->sequence++;
        item->due_cause = sim_cause(queue->sim);
        g_ptr_array_add(queue->delayed, item);
        heap_up(queue->delayed, queue->delayed->len - 1);
    }
    workqueue_arm_delay(queue);
}

void
workqueue_add_rate_limited(WorkQueue *queue, const char *key)
{
    Item *item = workqueue_item(queue, key);
    gint64 backoff_ns = workqueue_backoff_ns(queue, item);
    gint64 bucket_ns = workqueue_bucket_ns(queue);

    sim_waited(queue->sim, profile_timers[TIMER_QUEUE_BACKOFF].name, MAX(backoff_ns, bucket_ns));
    workqueue_add_after(queue, item->key, MAX(backoff_ns, bucket_ns));
}

void
workqueue_forget(WorkQueue *queue, const char *key)
{
    Item *item = ptr_map_get(&queue->items, str_intern(key));

    if (item == NULL)
        return;
    item->failures = 0;
    workqueue_drop_idle(queue, item);
}

guint
workqueue_requeues(const WorkQueue *queue, const char *key)
{
    const Item *item = ptr_map_get(&queue->items, str_intern(key));

    return item == NULL ? 0 : item->failures;
}

const char *
workqueue_get(WorkQueue *queue)
{
    Item *item = g_queue_pop_head(&queue->waiting);

    if (item == NULL)
        return NULL;
    item->flags |= ITEM_PROCESSING;
    item->flags &= ~(guint)ITEM_DIRTY;
    sim_set_cause(queue->sim, item->cause);
    return item->key;
}

void
workqueue_done(WorkQueue *queue, const char *key)
{
    Item *item = ptr_map_get(&queue->items, str_intern(key));

    if (item == NULL)
        return;
    item->flags &= ~(guint)ITEM_PROCESSING;
    if (item->flags & ITEM_DIRTY)
        workqueue_push(queue, item);
    else
        workqueue_drop_idle(queue, item);
}

guint
workqueue_length(const WorkQueue *queue)
{
    return queue->waiting.length;
}
