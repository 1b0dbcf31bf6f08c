/* loop.c - scheduling cycles, one after the other; see internal.h */

#include "scheduler/internal.h"

#include "base/duration.h"
#include "base/pool.h"

/* How long a cycle takes: fixed part, per node filtered, per node scored; times a lognormal of sigma 0.3. */
#define CYCLE_NS        (600 * NS_PER_US)
#define CYCLE_FILTER_NS (2 * NS_PER_US)
#define CYCLE_SCORE_NS  (4 * NS_PER_US)
#define CYCLE_TERMS     4      /* times as long with required inter-pod terms */
#define P99_OF_P50      200955 /* exp(2.3263 * 0.3), in 1/100000 */

/*
 * Recorded with v1.34.4 on one busy machine: a pod alone is bound 8 ms (p50), 21 ms
 * (p90) after it was seen; of 2 to 6 at once 13 and 37 ms, of more 27 and 60. So
 * part of the time goes into the cycle, part (binding.c) passes beside it.
 */
static const Dist quick_cycle = {.type = DIST_LOGNORMAL, .a_ns = 2500000, .b_ns = 9000000};

/* What is kept in full for scheduler_explain; of older attempts only the outcome. */
#define EXPLAINED_BYTES_MAX ((gsize)2 << 20)

/* The latest attempt of a pod. */
typedef struct {
    Attempt *attempt;             /* (owned) NULL: there were too many since */
    const char *chosen, *message; /* interned; its outcome */
} Explained;

/* --- explanations --------------------------------------------------------------------------------- */

/* It goes next, and nobody has touched it since thousands of attempts. */
static void
fetch_oldest(const Scheduler *scheduler)
{
    const GList *link = scheduler->explained_order.head;
    const char *attempt;

    if (link == NULL)
        return;
    attempt = (const char *)link - offsetof(Attempt, link);
    fetch(link->data);
    fetch(link->next);
    for (gsize at = 0; at < offsetof(Attempt, link); at += 64)
        fetch(attempt + at);
}

static void
drop_attempt(Scheduler *scheduler, Explained *explained)
{
    Attempt *attempt = g_steal_pointer(&explained->attempt);

    g_queue_unlink(&scheduler->explained_order, &attempt->link);
    scheduler->explained_bytes -= attempt->size_bytes;
    attempt_free(attempt);
    fetch_oldest(scheduler);
}

static void
keep_attempt(Scheduler *scheduler, Attempt *attempt)
{
    Explained *explained = ptr_map_get(&scheduler->explained, attempt->key);

    if (explained == NULL) {
        explained = POOL_NEW0(Explained);
        ptr_map_set(&scheduler->explained, attempt->key, explained);
    } else if (explained->attempt != NULL) {
        drop_attempt(scheduler, explained);
    }
    *explained = (Explained){attempt, attempt->chosen, attempt->message};
    attempt->size_bytes = attempt_size_bytes(attempt);
    attempt->link.data = explained;
    g_queue_push_tail_link(&scheduler->explained_order, &attempt->link);
    scheduler->explained_bytes += attempt->size_bytes;
    while (scheduler->explained_bytes > EXPLAINED_BYTES_MAX && scheduler->explained_order.length > 1)
        drop_attempt(scheduler, scheduler->explained_order.head->data);
}

static void
free_explained(gpointer key, gpointer data, gpointer user)
{
    Explained *explained = data;

    (void)key;
    (void)user;
    attempt_free(explained->attempt);
    POOL_FREE(Explained, explained);
}

void
scheduler_forget_outline(Scheduler *scheduler, const char *key)
{
    Explained *explained = ptr_map_get(&scheduler->explained, key);

    if (explained == NULL || explained->attempt != NULL)
        return;
    ptr_map_take(&scheduler->explained, key);
    POOL_FREE(Explained, explained);
}

Value *
scheduler_explain(const Scheduler *scheduler, const char *namespace_, const char *name)
{
    const Explained *explained = ptr_map_get(&scheduler->explained, api_key_of(namespace_, name));

    if (explained == NULL)
        return NULL;
    return explained->attempt != NULL ? attempt_explain(explained->attempt)
                                      : attempt_outline(explained->chosen, explained->message);
}

/* --- a cycle ------------------------------------------------------------------------------------------ */

static gint64
cycle_duration_ns(Scheduler *scheduler, const QueuedPod *queued, const Attempt *attempt)
{
    gint64 filtered = attempt->n_feasible + attempt->n_rejected;
    gint64 scored = attempt->n_rows == 0 ? 0 : attempt->n_feasible;
    gint64 base_ns = CYCLE_NS + filtered * CYCLE_FILTER_NS + scored * CYCLE_SCORE_NS;
    const PodShape *shape = queued->info->shape;
    Dist dist;

    if (scheduler->options.quick)
        base_ns += dist_sample_ns(&quick_cycle, scheduler->timing) - CYCLE_NS;
    if (shape->required_affinity.count > 0 || shape->required_anti.count > 0)
        base_ns *= CYCLE_TERMS;
    dist = DIST_LOGN(base_ns, base_ns * P99_OF_P50 / 100000);
    return dist_sample_ns(&dist, scheduler->timing);
}

/* v1.34 schedule_one.go: skipPodSchedule */
static gboolean
skips(Scheduler *scheduler, const QueuedPod *queued)
{
    const ApiObject *pod = queued->info->pod;

    if (api_is_deleting(pod)) {
        scheduler_record(scheduler, pod, "Warning", "FailedScheduling", "Scheduling", NULL,
                         str_internf("skip schedule deleting pod: %s", queued->info->key));
        return TRUE;
    }
    return sched_cache_is_assumed(scheduler->cache, queued->info->key);
}

/* What the end of the cycle will look up. */
static void
fetch_for_end(const Scheduler *scheduler, const Attempt *attempt)
{
    const NodeInfo *node = attempt->chosen == NULL ? NULL : sched_cache_find_node(scheduler->cache, attempt->chosen);

    ptr_map_fetch(&scheduler->explained, attempt->key);
    sched_cache_fetch(scheduler->cache, attempt->key, node);
}

static void
begin_cycle(Scheduler *scheduler, QueuedPod *queued)
{
    AttemptOptions options = {
        .cache = scheduler->cache,
        .version_minor = scheduler->options.version_minor,
        .wall_ns = scheduler_wall_ns(scheduler),
        .tiebreak = scheduler->tiebreak,
        .preemption = scheduler->preemption,
        .next_start = &scheduler->next_start,
    };

    scheduler->current = queued;
    scheduler->attempt = attempt_run(&options, queued->info);
    fetch_for_end(scheduler, scheduler->attempt);
    sim_timer_arm_after(&scheduler->cycle_timer,
                        cycle_duration_ns(scheduler, queued, scheduler->attempt));
}

static void
succeed(Scheduler *scheduler, QueuedPod *queued, const Attempt *attempt)
{
    const ApiObject *pod = queued->info->pod;

    sim_trace(scheduler->options.sim, "kube-scheduler", "schedule", api_ref_text(pod), "Scheduled",
              "%s", said_best(&scheduler->said, attempt->chosen, attempt->n_feasible, attempt->n_all));
    nominator_remove(sched_cache_nominator(scheduler->cache), queued->info->key);
    sched_cache_assume(scheduler->cache, pod, attempt->chosen);
    sched_queue_done(scheduler->queue, queued, TRUE);
    scheduler_bind(scheduler, queued, attempt->chosen);
}

static void
give_up(Scheduler *scheduler, QueuedPod *queued, const Attempt *attempt)
{
    Failure failure = {
        .reason = "Unschedulable",
        .message = attempt->message,
        .sets_nomination = attempt->sets_nomination,
        .nominated = attempt->nominated,
        .blocks = TRUE,
    };

    sim_trace(scheduler->options.sim, "kube-scheduler", "schedule", api_ref_text(queued->info->pod),
              "FailedScheduling", "%s", attempt->message);
    if (attempt->preemption != NULL)
        scheduler_evict(scheduler, queued->info->pod, attempt->preemption);
    queued->rejectors = attempt->rejectors;
    scheduler_fail(scheduler, queued, &failure);
}

static void
end_cycle(Scheduler *scheduler)
{
    QueuedPod *queued = g_steal_pointer(&scheduler->current);
    Attempt *attempt = g_steal_pointer(&scheduler->attempt);

    keep_attempt(scheduler, attempt);
    if (attempt->chosen != NULL)
        succeed(scheduler, queued, attempt);
    else
        give_up(scheduler, queued, attempt);
    scheduler_pump(scheduler);
}

static void
scheduler_on_cycle(Sim *sim, gpointer self)
{
    Scheduler *scheduler = self;

    (void)sim;
    if (client_is_paused(component_client(scheduler->component)))
        return;
    end_cycle(scheduler);
}

/* --- the loop -------------------------------------------------------------------------------------------- */

static gboolean
may_begin(const Scheduler *scheduler)
{
    return scheduler->current == NULL && sched_queue_has_next(scheduler->queue) && scheduler->is_synced &&
           !scheduler->is_reporting &&
           (scheduler->leader == NULL || leader_is_leading(scheduler->leader)) &&
           !client_is_paused(component_client(scheduler->component));
}

static void
arm_flush(Scheduler *scheduler)
{
    gint64 next_ns = sched_queue_next_flush_ns(scheduler->queue);
    gint64 offset_ns;

    if (!scheduler->is_synced || next_ns == G_MAXINT64) {
        if (scheduler->flush_timer.is_armed)
            sim_timer_disarm(&scheduler->flush_timer);
        return;
    }
    offset_ns = scheduler_wall_ns(scheduler) - sim_now_ns(scheduler->options.sim);
    if (!scheduler->flush_timer.is_armed ||
             scheduler->flush_timer.due_ns != next_ns - offset_ns)
        sim_timer_arm_at(&scheduler->flush_timer,
                         MAX(next_ns - offset_ns, sim_now_ns(scheduler->options.sim)));
}

void
scheduler_pump(Scheduler *scheduler)
{
    while (may_begin(scheduler)) {
        QueuedPod *queued = sched_queue_pop(scheduler->queue);

        sim_set_cause(scheduler->options.sim, queued->cause);
        if (skips(scheduler, queued))
            sched_queue_done(scheduler->queue, queued, FALSE);
        else
            begin_cycle(scheduler, queued);
    }
    arm_flush(scheduler);
}

static void
scheduler_on_flush(Sim *sim, gpointer self)
{
    Scheduler *scheduler = self;

    if (client_is_paused(component_client(scheduler->component)))
        return;
    sched_queue_set_cause(scheduler->queue, sim_cause(sim));
    sched_queue_flush(scheduler->queue, scheduler_wall_ns(scheduler));
    scheduler_pump(scheduler);
}

void
scheduler_loop_init(Scheduler *scheduler)
{
    Sim *sim = scheduler->options.sim;

    sim_timer_init(&scheduler->cycle_timer, sim, SIM_CONTROL, scheduler_on_cycle, scheduler);
    sim_timer_init(&scheduler->flush_timer, sim, SIM_CONTROL, scheduler_on_flush, scheduler);
    g_queue_init(&scheduler->explained_order);
}

void
scheduler_loop_free(Scheduler *scheduler)
{
    sim_timer_clear(&scheduler->cycle_timer);
    sim_timer_clear(&scheduler->flush_timer);
    ptr_map_foreach(&scheduler->explained, free_explained, NULL);
    ptr_map_clear(&scheduler->explained);
}

void
scheduler_loop_reset(Scheduler *scheduler)
{
    sim_timer_disarm(&scheduler->cycle_timer);
    sim_timer_disarm(&scheduler->flush_timer);
    g_clear_pointer(&scheduler->attempt, attempt_free);
    g_clear_pointer(&scheduler->current, queued_pod_free);
    scheduler->is_reporting = FALSE;
    scheduler->next_start = 0;
}

void
scheduler_loop_resumed(Scheduler *scheduler)
{
    if (scheduler->current != NULL && !scheduler->cycle_timer.is_armed)
        sim_timer_arm_after(&scheduler->cycle_timer, 0);
    scheduler_pump(scheduler);
}
