/* eviction.c - a preemption carried out, beside the loop; see internal.h */

#include "scheduler/internal.h"

typedef enum { EVICT_NOMINATIONS, EVICT_MOST, EVICT_LAST, EVICT_END } EvictionStage;

/* v1.34 framework/preemption: prepareCandidateAsync */
typedef struct {
    Scheduler *scheduler;
    ApiObject *preemptor; /* (owned ref) */
    GPtrArray *victims;   /* (owned) of ApiObject with refs */
    const char *node;
    GPtrArray *lesser; /* (owned) of ApiObject with refs: whose nomination is taken away */
    EvictionStage stage;
    guint n_cleared;
    GPtrArray *open; /* of Victim (owned): under way */
    gboolean is_holding, has_failed;
} Eviction;

typedef struct {
    Eviction *eviction;
    ApiObject *victim; /* (owned ref) */
    SimTimer timer;    /* until it is deleted */
    gboolean is_due;   /* the timer fired while the process was paused */
} Victim;

/* Recorded on one busy machine: 12 to 40 ms from the condition to the deletion. */
static const Dist quick_delay = {.type = DIST_LOGNORMAL, .a_ns = 14000000, .b_ns = 50000000};

static void
victim_free(gpointer data)
{
    Victim *victim = data;

    sim_timer_clear(&victim->timer);
    api_object_unref(victim->victim);
    g_free(victim);
}

static void
eviction_free(Eviction *eviction)
{
    api_object_unref(eviction->preemptor);
    g_ptr_array_free(eviction->victims, TRUE);
    g_ptr_array_free(eviction->lesser, TRUE);
    g_ptr_array_free(eviction->open, TRUE);
    g_free(eviction);
}

static void eviction_advance(Eviction *eviction);

static void
eviction_release(Eviction *eviction)
{
    if (eviction->is_holding)
        g_hash_table_remove(eviction->scheduler->preempting, api_uid(eviction->preemptor));
    eviction->is_holding = FALSE;
}

static void
eviction_finish(Eviction *eviction)
{
    Scheduler *scheduler = eviction->scheduler;

    eviction_release(eviction);
    if (eviction->has_failed)
        sched_queue_activate(scheduler->queue, api_key(eviction->preemptor),
                             scheduler_wall_ns(scheduler));
    g_hash_table_remove(scheduler->evictions, eviction);
    eviction_free(eviction);
    scheduler_pump(scheduler);
}

/* --- one victim ---------------------------------------------------------------------------------------- */

static void
victim_end(Victim *victim, gboolean is_ok)
{
    Eviction *eviction = victim->eviction;

    g_ptr_array_remove(eviction->open, victim);
    eviction->has_failed |= !is_ok;
    if (eviction->open->len == 0)
        eviction_advance(eviction);
}

static void
victim_deleted(gpointer user, const ApiResponse *response)
{
    Victim *victim = user;
    const Eviction *eviction = victim->eviction;
    gboolean is_ok = api_response_ok(response) || response->code == 404;

    if (is_ok)
        scheduler_record(eviction->scheduler, victim->victim, "Normal", "Preempted", "Preempting",
                         eviction->preemptor,
                         str_internf("Preempted by pod %s on node %s", api_uid(eviction->preemptor),
                                     eviction->node));
    victim_end(victim, is_ok);
}

static void
victim_delete(Victim *victim)
{
    const ApiObject *pod = victim->victim;
    ApiRequest *request =
        api_request_new(VERB_DELETE, &pod_kind, api_namespace(pod), api_name(pod));

    request->reason = str_internf("preempted by %s", api_key(victim->eviction->preemptor));
    client_send(component_client(victim->eviction->scheduler->component), request, victim_deleted,
                victim, NULL);
}

static void
victim_on_timer(Sim *sim, gpointer self)
{
    Victim *victim = self;

    (void)sim;
    victim->is_due = client_is_paused(component_client(victim->eviction->scheduler->component));
    if (!victim->is_due)
        victim_delete(victim);
}

static void
victim_marked(gpointer user, const ApiResponse *response)
{
    Victim *victim = user;
    Scheduler *scheduler = victim->eviction->scheduler;

    if (!api_response_ok(response) && response->code != 404)
        victim_end(victim, FALSE);
    else if (scheduler->options.quick)
        sim_timer_arm_after(&victim->timer, dist_sample_ns(&quick_delay, scheduler->timing));
    else
        victim_delete(victim);
}

typedef struct {
    const char *message;
    gint64 wall_ns;
} Mark;

static gboolean
mark_target(ApiObject *pod, gpointer data)
{
    const Mark *mark = data;
    const Condition *have = condition_find(&pod_status(pod)->conditions, "DisruptionTarget");
    gboolean was_true = have != NULL && str_is(have->status, "True");
    ApiTime since = was_true ? have->last_transition_time : api_time_seconds(mark->wall_ns);
    Condition *condition =
        condition_edit(&((PodStatus *)api_edit_status(pod))->conditions, "DisruptionTarget");

    *condition = (Condition){
        .type = str_intern("DisruptionTarget"),
        .status = str_intern("True"),
        .reason = str_intern("PreemptionByScheduler"),
        .message = mark->message,
        .observed_generation = pod->meta->generation,
        .last_transition_time = since,
    };
    return TRUE;
}

static void
victim_begin(Eviction *eviction, ApiObject *pod)
{
    Victim *victim = g_new0(Victim, 1);
    Mark *mark = g_new0(Mark, 1);
    const char *scheduler_name = pod_spec(eviction->preemptor)->scheduler_name;

    victim->eviction = eviction;
    victim->victim = api_object_ref(pod);
    sim_timer_init(&victim->timer, eviction->scheduler->options.sim, SIM_CONTROL, victim_on_timer,
                   victim);
    g_ptr_array_add(eviction->open, victim);
    mark->wall_ns = scheduler_wall_ns(eviction->scheduler);
    mark->message =
        str_internf("%s: preempting to accommodate a higher priority pod",
                    str_is_empty(scheduler_name) ? "default-scheduler" : scheduler_name);
    scheduler_patch_status(eviction->scheduler, pod, mark_target, mark, g_free,
                           str_internf("preempted by %s", api_key(eviction->preemptor)),
                           victim_marked, victim);
}

/* --- the order of things --------------------------------------------------------------------------------- */

static gboolean
clear_nomination(ApiObject *pod, gpointer data)
{
    (void)data;
    if (str_is_empty(pod_status(pod)->nominated_node_name))
        return FALSE;
    ((PodStatus *)api_edit_status(pod))->nominated_node_name = NULL;
    return TRUE;
}

static void
nomination_cleared(gpointer user, const ApiResponse *response)
{
    (void)response;
    eviction_advance(user);
}

/* All but the last victim at once with the preemptor held out of the queue; then the last one. */
static void
eviction_advance(Eviction *eviction)
{
    guint n = eviction->victims->len;

    if (eviction->has_failed)
        eviction->stage = EVICT_END;
    switch (eviction->stage) {
    case EVICT_NOMINATIONS:
        if (eviction->n_cleared < eviction->lesser->len) {
            scheduler_patch_status(eviction->scheduler,
                                   eviction->lesser->pdata[eviction->n_cleared++], clear_nomination,
                                   NULL, NULL, "nomination taken away", nomination_cleared,
                                   eviction);
            return;
        }
        eviction->stage = EVICT_MOST;
        G_GNUC_FALLTHROUGH;
    case EVICT_MOST:
        eviction->stage = EVICT_LAST;
        if (n > 1) {
            for (guint i = 0; i + 1 < n; i++)
                victim_begin(eviction, eviction->victims->pdata[i]);
            return;
        }
        G_GNUC_FALLTHROUGH;
    case EVICT_LAST:
        eviction_release(eviction);
        eviction->stage = EVICT_END;
        victim_begin(eviction, eviction->victims->pdata[n - 1]);
        return;
    case EVICT_END:
        eviction_finish(eviction);
        return;
    }
}

/* --- public ------------------------------------------------------------------------------------------------ */

static GPtrArray *
lesser_nominated(const Scheduler *scheduler, const ApiObject *preemptor, const char *node)
{
    const GPtrArray *nominated = nominator_list(sched_cache_nominator(scheduler->cache), node);
    GPtrArray *lesser = g_ptr_array_new_with_free_func(api_object_unref);

    for (guint i = 0; nominated != NULL && i < nominated->len; i++) {
        const PodInfo *pod = nominated->pdata[i];

        if (pod->priority < pod_priority(preemptor))
            g_ptr_array_add(lesser, api_object_ref(pod->pod));
    }
    return lesser;
}

void
scheduler_evict(Scheduler *scheduler, const ApiObject *preemptor, const Candidate *candidate)
{
    Eviction *eviction = g_new0(Eviction, 1);

    eviction->scheduler = scheduler;
    eviction->preemptor = api_object_ref(preemptor);
    eviction->node = candidate->node;
    eviction->victims = g_ptr_array_new_with_free_func(api_object_unref);
    for (guint i = 0; i < candidate->victims->len; i++)
        g_ptr_array_add(eviction->victims, api_object_ref(candidate->victims->pdata[i]));
    eviction->lesser = lesser_nominated(scheduler, preemptor, candidate->node);
    eviction->open = g_ptr_array_new_with_free_func(victim_free);
    eviction->is_holding = TRUE;
    g_hash_table_add(scheduler->preempting, (gpointer)api_uid(preemptor));
    g_hash_table_add(scheduler->evictions, eviction);
    eviction_advance(eviction);
}

static gint
compare_preemptors(gconstpointer a, gconstpointer b)
{
    const Eviction *x = *(const Eviction *const *)a;
    const Eviction *y = *(const Eviction *const *)b;

    return strcmp(api_key(x->preemptor), api_key(y->preemptor));
}

static GPtrArray *
sorted_evictions(const Scheduler *scheduler)
{
    GPtrArray *evictions = g_ptr_array_new();
    GHashTableIter iter;
    gpointer eviction;

    g_hash_table_iter_init(&iter, scheduler->evictions);
    while (g_hash_table_iter_next(&iter, &eviction, NULL))
        g_ptr_array_add(evictions, eviction);
    g_ptr_array_sort(evictions, compare_preemptors);
    return evictions;
}

/* In order: the timers that they give back are used again, and which one gets which is part of the run. */
void
scheduler_evictions_reset(Scheduler *scheduler)
{
    g_autoptr(GPtrArray) evictions = sorted_evictions(scheduler);

    for (guint i = 0; i < evictions->len; i++)
        eviction_free(evictions->pdata[i]);
    g_hash_table_remove_all(scheduler->evictions);
    g_hash_table_remove_all(scheduler->preempting);
}

void
scheduler_evictions_resumed(Scheduler *scheduler)
{
    g_autoptr(GPtrArray) evictions = g_ptr_array_new();
    GHashTableIter iter;
    gpointer item;

    g_hash_table_iter_init(&iter, scheduler->evictions);
    while (g_hash_table_iter_next(&iter, &item, NULL))
        g_ptr_array_add(evictions, item);
    g_ptr_array_sort(evictions, compare_preemptors);
    for (guint i = 0; i < evictions->len; i++) {
        const Eviction *eviction = evictions->pdata[i];

        for (guint k = 0; k < eviction->open->len; k++) {
            Victim *victim = eviction->open->pdata[k];

            if (victim->is_due)
                sim_timer_arm_after(&victim->timer, 0);
            victim->is_due = FALSE;
        }
    }
}
