/* queue.c - see queue.h */

#include "scheduler/queue.h"
#include "api/profile.h"

#include "base/duration.h"
#include "base/pool.h"
#include "base/ptr_map.h"
#include "scheduler/heap.h"

#define LEFTOVER_PERIOD_NS (30 * NS_PER_S)
#define LEFTOVER_AGE_NS    PROFILE_NS(UNSCHEDULABLE_LIMIT)

/* An event that a pod in flight has missed. */
typedef struct {
    guint type;
    ApiObject *old, *object; /* (owned refs) may be NULL */
} MissedEvent;

struct SchedQueue {
    SchedQueueOptions options;
    PtrMap pods; /* key -> QueuedPod (owned), all but the one in flight */
    Heap active, backoff, error_backoff;
    GQueue unschedulable;   /* of QueuedPod */
    guint *rejected_counts; /* (owned) per plugin: pods in unschedulable that it rejected */
    guint n_free;           /* of them: rejected by nobody, woken by anything */
    QueuedPod *in_flight;   /* (borrowed) */
    GArray *missed;         /* of MissedEvent */
    gint64 started_ns;
    gint64 leftover_ns; /* tick at which some leftover may be old enough; G_MAXINT64: none */
    guint64 order;
    TraceId cause;
    gint preemption_plugin;
};

/* --- order ----------------------------------------------------------------------------------------- */

/* v1.34 plugins/queuesort: higher priority, then earlier; what is left by arrival. */
static gint
compare_sort(gconstpointer a, gconstpointer b)
{
    const QueuedPod *x = a;
    const QueuedPod *y = b;

    if (x->info->priority != y->info->priority)
        return x->info->priority > y->info->priority ? -1 : 1;
    if (x->timestamp_ns != y->timestamp_ns)
        return x->timestamp_ns < y->timestamp_ns ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static gint
compare_backoff(gconstpointer a, gconstpointer b)
{
    const QueuedPod *x = a;
    const QueuedPod *y = b;

    if (x->backoff_until_ns != y->backoff_until_ns)
        return x->backoff_until_ns < y->backoff_until_ns ? -1 : 1;
    return compare_sort(a, b);
}

/* --- backoff ---------------------------------------------------------------------------------------- */

gint64
sched_backoff_ns(guint count, gint64 initial_ns, gint64 max_ns)
{
    if (count == 0 || max_ns == 0)
        return 0;
    if (count - 1 >= 62 || initial_ns > max_ns >> (count - 1))
        return max_ns;
    return initial_ns << (count - 1);
}

static gint64
cut_to_second(gint64 ns)
{
    return ns - ns % NS_PER_S;
}

static gboolean
is_backing_off(const SchedQueue *queue, QueuedPod *pod, gint64 now_ns)
{
    guint count = pod->error_count > 0 ? pod->error_count : pod->unschedulable_count;

    if (count == 0 || queue->options.max_backoff_ns == 0)
        return FALSE;
    if (pod->backoff_until_ns == 0)
        pod->backoff_until_ns = cut_to_second(
            pod->timestamp_ns + sched_backoff_ns(count, queue->options.initial_backoff_ns,
                                                 queue->options.max_backoff_ns));
    return pod->backoff_until_ns >= cut_to_second(now_ns);
}

/* --- areas --------------------------------------------------------------------------------------------- */

static Heap *
heap_of(SchedQueue *queue, QueueArea area)
{
    switch (area) {
    case QUEUE_ACTIVE:
        return &queue->active;
    case QUEUE_BACKOFF:
        return &queue->backoff;
    case QUEUE_ERROR_BACKOFF:
        return &queue->error_backoff;
    case QUEUE_NONE:
    case QUEUE_UNSCHEDULABLE:
        return NULL;
    }
    return NULL;
}

static void
count_rejectors(SchedQueue *queue, const QueuedPod *pod, gint step)
{
    if (pod->rejectors == 0)
        queue->n_free += (guint)step;
    for (guint bits = pod->rejectors; bits != 0; bits &= bits - 1)
        queue->rejected_counts[__builtin_ctz(bits)] += (guint)step;
}

static void
leave(SchedQueue *queue, QueuedPod *pod)
{
    Heap *heap = heap_of(queue, pod->area);

    if (heap != NULL) {
        heap_remove(heap, pod);
    } else if (pod->area == QUEUE_UNSCHEDULABLE) {
        g_queue_unlink(&queue->unschedulable, &pod->link);
        count_rejectors(queue, pod, -1);
    }
    pod->area = QUEUE_NONE;
}

/* First tick of the 30 s clock at which the pod has waited for more than 5 min. */
static gint64
leftover_tick_ns(const SchedQueue *queue, const QueuedPod *pod)
{
    gint64 old_ns = pod->timestamp_ns + LEFTOVER_AGE_NS - queue->started_ns;

    return queue->started_ns + (old_ns / LEFTOVER_PERIOD_NS + 1) * LEFTOVER_PERIOD_NS;
}

static void
enter(SchedQueue *queue, QueuedPod *pod, QueueArea area)
{
    Heap *heap = heap_of(queue, area);

    leave(queue, pod);
    pod->area = area;
    pod->order = ++queue->order;
    pod->cause = queue->cause;
    if (heap != NULL) {
        heap_push(heap, pod);
    } else {
        queue->leftover_ns = MIN(queue->leftover_ns, leftover_tick_ns(queue, pod));
        g_queue_push_tail_link(&queue->unschedulable, &pod->link);
        count_rejectors(queue, pod, 1);
    }
}

/* --- gates ------------------------------------------------------------------------------------------------ */

/* v1.34: runPreEnqueuePlugins: FALSE if some plugin keeps the pod out. */
static gboolean
pass_gates(SchedQueue *queue, QueuedPod *pod)
{
    const ApiObject *object = pod->info->pod;

    pod->gated_by = -1;
    pod->gate_message = NULL;
    for (guint bits = sched_points()->pre_enqueue; bits != 0; bits &= bits - 1) {
        guint i = (guint)__builtin_ctz(bits);

        pod->gate_message = sched_plugins[i]->pre_enqueue(object);
        if (pod->gate_message != NULL) {
            pod->gated_by = (gint)i;
            break;
        }
    }
    if (pod->gated_by < 0 && queue->options.is_preempting != NULL &&
        queue->options.is_preempting(queue->options.user, api_uid(object))) {
        pod->gated_by = queue->preemption_plugin;
        pod->gate_message = "waiting for the preemption for this pod to be finished";
    }
    return pod->gated_by < 0;
}

/* To @area, unless gated. */
static void
move_to(SchedQueue *queue, QueuedPod *pod, QueueArea area)
{
    leave(queue, pod);
    if (!pass_gates(queue, pod)) {
        pod->rejectors |= 1u << pod->gated_by;
        area = QUEUE_UNSCHEDULABLE;
    }
    enter(queue, pod, area);
}

/* After a verdict "queue". */
static void
requeue(SchedQueue *queue, QueuedPod *pod, gint64 now_ns)
{
    move_to(queue, pod, is_backing_off(queue, pod, now_ns) ? QUEUE_BACKOFF : QUEUE_ACTIVE);
}

/* --- hints -------------------------------------------------------------------------------------------------- */

static gboolean
plugin_wants(SchedQueue *queue,
             const SchedPlugin *plugin,
             const PodInfo *pod,
             const ClusterEvent *event)
{
    for (const PluginEvents *row = plugin->events; row != NULL && row->events != 0; row++) {
        if ((row->events & event->type) == 0)
            continue;
        if (row->hint == NULL || row->hint(queue->options.cache, pod, event))
            return TRUE;
    }
    return FALSE;
}

static gboolean
plugin_listens(const SchedPlugin *plugin, guint events)
{
    for (const PluginEvents *row = plugin->events; row != NULL && row->events != 0; row++) {
        if ((row->events & events) != 0)
            return TRUE;
    }
    return FALSE;
}

/* v1.34: isPodWorthRequeuing */
static gboolean
is_worth_requeuing(SchedQueue *queue, const QueuedPod *pod, const ClusterEvent *event)
{
    if (pod->rejectors == 0 || (event->type & EVENT_WILDCARD) != 0)
        return TRUE;
    for (guint bits = pod->rejectors; bits != 0; bits &= bits - 1) {
        if (plugin_wants(queue, sched_plugins[__builtin_ctz(bits)], pod->info, event))
            return TRUE;
    }
    return FALSE;
}

/* Could anybody in unschedulable care? */
static gboolean
is_anybody_listening(const SchedQueue *queue, guint events)
{
    if (queue->n_free > 0 || (events & EVENT_WILDCARD) != 0)
        return TRUE;
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if (queue->rejected_counts[i] > 0 && plugin_listens(sched_plugins[i], events))
            return TRUE;
    }
    return FALSE;
}

/* --- events ---------------------------------------------------------------------------------------------------- */

static void
missed_clear(gpointer data)
{
    MissedEvent *missed = data;

    api_object_unref(missed->old);
    api_object_unref(missed->object);
}

static void
record_missed(SchedQueue *queue, const ClusterEvent *event)
{
    MissedEvent missed = {
        .type = event->type,
        .old = event->old == NULL ? NULL : api_object_ref(event->old),
        .object = event->object == NULL ? NULL : api_object_ref(event->object),
    };

    g_array_append_val(queue->missed, missed);
}

void
sched_queue_event(SchedQueue *queue,
                  const ClusterEvent *event,
                  gint32 max_priority,
                  const char *except_key,
                  gint64 now_ns)
{
    GList *link;
    GList *last;

    if (queue->in_flight != NULL)
        record_missed(queue, event);
    if (!is_anybody_listening(queue, event->type))
        return;
    link = queue->unschedulable.head;
    last = queue->unschedulable.tail; /* pods that gates send back come behind it */
    while (link != NULL) {
        QueuedPod *pod = link->data;
        GList *next = link == last ? NULL : link->next;
        gboolean is_deaf = pod->gated_by >= 0 && (event->type & EVENT_WILDCARD) == 0 &&
                           !plugin_listens(sched_plugins[pod->gated_by], event->type);

        if (!is_deaf && pod->info->priority <= max_priority && pod->info->key != except_key &&
            is_worth_requeuing(queue, pod, event))
            requeue(queue, pod, now_ns);
        link = next;
    }
}

/* --- pods come, change, go -------------------------------------------------------------------------------------- */

static QueuedPod *
queued_pod_new(SchedQueue *queue, const ApiObject *pod, gint64 now_ns)
{
    QueuedPod *queued = POOL_NEW0(QueuedPod);

    queued->info = pod_info_new(sched_cache_shapes(queue->options.cache), pod);
    queued->timestamp_ns = now_ns;
    queued->gated_by = -1;
    queued->link.data = queued;
    return queued;
}

void
queued_pod_free(QueuedPod *pod)
{
    if (pod == NULL)
        return;
    pod_info_free(pod->info);
    POOL_FREE(QueuedPod, pod);
}

void
sched_queue_add(SchedQueue *queue, const ApiObject *pod, gint64 now_ns)
{
    QueuedPod *queued = ptr_map_get(&queue->pods, api_key(pod));

    if (queued != NULL)
        return;
    queued = queued_pod_new(queue, pod, now_ns);
    ptr_map_set(&queue->pods, queued->info->key, queued);
    move_to(queue, queued, QUEUE_ACTIVE);
    if (queued->area == QUEUE_ACTIVE)
        nominator_add(sched_cache_nominator(queue->options.cache), pod, NULL);
}

void
sched_queue_update(SchedQueue *queue, const ApiObject *old, const ApiObject *pod, gint64 now_ns)
{
    QueuedPod *queued = ptr_map_get(&queue->pods, api_key(pod));
    ClusterEvent event = {cluster_events_of_pod(old, pod), old, pod};
    Heap *heap;

    if (queued == NULL) {
        if (queue->in_flight != NULL && queue->in_flight->info->key == api_key(pod)) {
            record_missed(queue, &event);
            return;
        }
        sched_queue_add(queue, pod, now_ns);
        return;
    }
    pod_info_set(queued->info, sched_cache_shapes(queue->options.cache), pod);
    nominator_update(sched_cache_nominator(queue->options.cache), old, pod);
    heap = heap_of(queue, queued->area);
    if (heap != NULL)
        heap_fix(heap, queued);
    else if (is_worth_requeuing(queue, queued, &event))
        requeue(queue, queued, now_ns);
}

void
sched_queue_delete(SchedQueue *queue, const char *key)
{
    QueuedPod *queued = ptr_map_get(&queue->pods, key);

    nominator_remove(sched_cache_nominator(queue->options.cache), key);
    if (queued == NULL)
        return;
    leave(queue, queued);
    ptr_map_take(&queue->pods, key);
    queued_pod_free(queued);
}

/* --- attempts ------------------------------------------------------------------------------------------------------- */

gboolean
sched_queue_has_next(const SchedQueue *queue)
{
    return queue->active.items->len > 0 || queue->backoff.items->len > 0;
}

gboolean
sched_queue_is_deaf(const SchedQueue *queue)
{
    return queue->in_flight == NULL && queue->unschedulable.length == 0;
}

QueuedPod *
sched_queue_pop(SchedQueue *queue)
{
    QueuedPod *pod = heap_peek(&queue->active);

    g_assert(queue->in_flight == NULL);
    if (pod == NULL)
        pod = heap_peek(&queue->backoff);
    if (pod == NULL)
        return NULL;
    leave(queue, pod);
    ptr_map_take(&queue->pods, pod->info->key);
    pod->attempts++;
    pod->rejectors = 0;
    pod->backoff_until_ns = 0;
    queue->in_flight = pod;
    return pod;
}

static void
land(SchedQueue *queue, const QueuedPod *pod)
{
    if (queue->in_flight != pod)
        return;
    queue->in_flight = NULL;
    g_array_set_size(queue->missed, 0);
}

void
sched_queue_done(SchedQueue *queue, QueuedPod *pod, gboolean keep)
{
    land(queue, pod);
    if (!keep)
        queued_pod_free(pod);
}

/* Would one of the events missed in flight have helped? */
static gboolean
missed_help(SchedQueue *queue, const QueuedPod *pod)
{
    if (queue->in_flight != pod)
        return TRUE;
    for (guint i = 0; i < queue->missed->len; i++) {
        const MissedEvent *missed = &g_array_index(queue->missed, MissedEvent, i);
        ClusterEvent event = {missed->type, missed->old, missed->object};

        if (is_worth_requeuing(queue, pod, &event))
            return TRUE;
    }
    return FALSE;
}

/* v1.34: AddUnschedulableIfNotPresent */
void
sched_queue_return(SchedQueue *queue, QueuedPod *pod, gint64 now_ns)
{
    gboolean helps;

    if (ptr_map_has(&queue->pods, pod->info->key)) {
        sched_queue_done(queue, pod, FALSE);
        return;
    }
    pod->timestamp_ns = now_ns;
    pod->backoff_until_ns = 0;
    if (pod->rejectors == 0) {
        pod->error_count++;
    } else {
        pod->unschedulable_count++;
        pod->error_count = 0;
    }
    ptr_map_set(&queue->pods, pod->info->key, pod);
    if (pod->rejectors == 0) {
        gboolean waits = is_backing_off(queue, pod, now_ns);

        land(queue, pod);
        move_to(queue, pod, waits ? QUEUE_ERROR_BACKOFF : QUEUE_ACTIVE);
        return;
    }
    helps = missed_help(queue, pod);
    land(queue, pod);
    if (helps)
        requeue(queue, pod, now_ns);
    else
        enter(queue, pod, QUEUE_UNSCHEDULABLE);
}

void
sched_queue_activate(SchedQueue *queue, const char *key, gint64 now_ns)
{
    QueuedPod *pod = ptr_map_get(&queue->pods, key);
    ClusterEvent event = {.type = EVENT_WILDCARD};

    if (pod != NULL && pod->area != QUEUE_ACTIVE)
        move_to(queue, pod, QUEUE_ACTIVE);
    else if (pod == NULL && queue->in_flight != NULL && queue->in_flight->info->key == key)
        record_missed(queue, &event);
    (void)now_ns;
}

/* --- flushing ------------------------------------------------------------------------------------------------------------ */

static gint64
next_completion_ns(const Heap *heap)
{
    const QueuedPod *first = heap_peek(heap);

    return first == NULL ? G_MAXINT64 : first->backoff_until_ns + NS_PER_S;
}

gint64
sched_queue_next_flush_ns(const SchedQueue *queue)
{
    gint64 next_ns;

    if (queue->backoff.items->len == 0 && queue->error_backoff.items->len == 0)
        return queue->leftover_ns;
    next_ns = MIN(next_completion_ns(&queue->backoff), next_completion_ns(&queue->error_backoff));
    return MIN(next_ns, queue->leftover_ns);
}

static void
flush_heap(SchedQueue *queue, Heap *heap, gint64 now_ns)
{
    for (;;) {
        QueuedPod *first = heap_peek(heap);

        if (first == NULL || is_backing_off(queue, first, now_ns))
            return;
        if (queue->options.waited != NULL)
            queue->options.waited(queue->options.user, FALSE, now_ns - first->timestamp_ns);
        enter(queue, first, QUEUE_ACTIVE);
    }
}

static void
flush_leftover(SchedQueue *queue, gint64 now_ns)
{
    GList *link = queue->unschedulable.head;
    GList *last = queue->unschedulable.tail;

    queue->leftover_ns = G_MAXINT64;
    while (link != NULL) {
        QueuedPod *pod = link->data;
        GList *next = link == last ? NULL : link->next;

        if (now_ns - pod->timestamp_ns > LEFTOVER_AGE_NS) {
            if (queue->options.waited != NULL)
                queue->options.waited(queue->options.user, TRUE, now_ns - pod->timestamp_ns);
            requeue(queue, pod, now_ns);
        } else {
            queue->leftover_ns = MIN(queue->leftover_ns, leftover_tick_ns(queue, pod));
        }
        link = next;
    }
}

void
sched_queue_flush(SchedQueue *queue, gint64 now_ns)
{
    flush_heap(queue, &queue->backoff, now_ns);
    flush_heap(queue, &queue->error_backoff, now_ns);
    if (now_ns >= queue->leftover_ns)
        flush_leftover(queue, now_ns);
}

/* --- life ---------------------------------------------------------------------------------------------------------------- */

static void
free_queued(gpointer key, gpointer pod, gpointer user)
{
    (void)key;
    (void)user;
    queued_pod_free(pod);
}

SchedQueue *
sched_queue_new(const SchedQueueOptions *options)
{
    SchedQueue *queue = g_new0(SchedQueue, 1);

    queue->options = *options;
    heap_init(&queue->active, compare_sort, offsetof(QueuedPod, heap_index));
    heap_init(&queue->backoff, compare_backoff, offsetof(QueuedPod, heap_index));
    heap_init(&queue->error_backoff, compare_backoff, offsetof(QueuedPod, heap_index));
    g_queue_init(&queue->unschedulable);
    queue->rejected_counts = g_new0(guint, SCHED_PLUGINS_MAX);
    queue->missed = g_array_new(FALSE, FALSE, sizeof(MissedEvent));
    g_array_set_clear_func(queue->missed, missed_clear);
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if (str_is(sched_plugins[i]->name, "DefaultPreemption"))
            queue->preemption_plugin = (gint)i;
    }
    queue->leftover_ns = G_MAXINT64;
    return queue;
}

void
sched_queue_reset(SchedQueue *queue, gint64 now_ns)
{
    g_ptr_array_set_size(queue->active.items, 0);
    g_ptr_array_set_size(queue->backoff.items, 0);
    g_ptr_array_set_size(queue->error_backoff.items, 0);
    g_queue_init(&queue->unschedulable);
    memset(queue->rejected_counts, 0, SCHED_PLUGINS_MAX * sizeof(guint));
    queue->n_free = 0;
    queue->in_flight = NULL;
    g_array_set_size(queue->missed, 0);
    ptr_map_foreach(&queue->pods, free_queued, NULL);
    ptr_map_clear(&queue->pods);
    queue->started_ns = now_ns;
    queue->leftover_ns = G_MAXINT64;
}

void
sched_queue_free(SchedQueue *queue)
{
    if (queue == NULL)
        return;
    sched_queue_reset(queue, 0);
    heap_clear(&queue->active);
    heap_clear(&queue->backoff);
    heap_clear(&queue->error_backoff);
    g_array_free(queue->missed, TRUE);
    g_free(queue->rejected_counts);
    g_free(queue);
}

void
sched_queue_set_cause(SchedQueue *queue, TraceId cause)
{
    queue->cause = cause;
}

const QueuedPod *
sched_queue_find(const SchedQueue *queue, const char *key)
{
    return ptr_map_get(&queue->pods, key);
}

guint
sched_queue_count(const SchedQueue *queue, QueueArea area)
{
    switch (area) {
    case QUEUE_ACTIVE:
        return queue->active.items->len;
    case QUEUE_BACKOFF:
        return queue->backoff.items->len;
    case QUEUE_ERROR_BACKOFF:
        return queue->error_backoff.items->len;
    case QUEUE_UNSCHEDULABLE:
        return queue->unschedulable.length;
    case QUEUE_NONE:
        return queue->in_flight != NULL;
    }
    return 0;
}
