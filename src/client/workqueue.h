/*
 * workqueue.h - client-go util/workqueue: de-duplication, delays, rate limits
 *
 * Keys are interned strings. A key waiting is not added twice; one added while
 * being processed is re-added when that ends; AddAfter keeps the earlier time.
 */
#pragma once

#include "base/intern.h"
#include "sim/sim.h"

typedef struct WorkQueue WorkQueue;

typedef struct {
    gint64 base_ns, cap_ns;         /* per item exponential; 0: 5 ms, 1000 s */
    guint bucket_qps, bucket_burst; /* over all items; 0: 10, 100 */
    gboolean no_bucket;
} WorkQueueOptions;

/*
 * @ready is called when there may be something to get (phase CONTROL, never re-
 * entered from add).
 */
WorkQueue *workqueue_new(Sim *sim,
                         const WorkQueueOptions *options,
                         void (*ready)(gpointer user),
                         gpointer user);
void workqueue_free(WorkQueue *queue);
void workqueue_clear(WorkQueue *queue); /* the process died */
void workqueue_add(WorkQueue *queue, const char *key);
void workqueue_add_after(WorkQueue *queue, const char *key, gint64 delay_ns);
void workqueue_add_rate_limited(WorkQueue *queue, const char *key);
void workqueue_forget(WorkQueue *queue, const char *key);
guint workqueue_requeues(const WorkQueue *queue, const char *key);
const char *workqueue_get(WorkQueue *queue); /* NULL: nothing waits */
void workqueue_done(WorkQueue *queue, const char *key);
guint workqueue_length(const WorkQueue *queue);
