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
    guint n_open; /* victims under way */
    gboolean is_holding, has_failed;
} Eviction;

typedef struct {
    Eviction *eviction;
    ApiObject *victim; /* (owned ref) */
} Victim;

static void
eviction_free(gpointer data)
{
    Eviction *eviction = data;

    api_object_unref(eviction->preemptor);
    g_ptr_array_free(eviction->victims, TRUE);
    g_ptr_array_free(eviction->lesser, TRUE);
    g_free(eviction);
}

static void
victim_free(gpointer data)
{
    Victim *victim = data;

    api_object_unref(victim->victim);
    g_free(victim);
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

    victim_free(victim);
    eviction->has_failed |= !is_ok;
    if (--eviction->n_open == 0)
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
victim_marked(gpointer user, const ApiResponse *response)
{
    Victim *victim = user;

    if (api_response_ok(response) || response->code == 404)
        victim_delete(victim);
    else
        victim_end(victim, FALSE);
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
            eviction->n_open = n - 1;
            for (guint i = 0; i + 1 < n; i++)
                victim_begin(eviction, eviction->victims->pdata[i]);
            return;
        }
        G_GNUC_FALLTHROUGH;
    case EVICT_LAST:
        eviction_release(eviction);
        eviction->stage = EVICT_END;
        eviction->n_open = 1;
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
    eviction->is_holding = TRUE;
    g_hash_table_add(scheduler->preempting, (gpointer)api_uid(preemptor));
    g_hash_table_add(scheduler->evictions, eviction);
    eviction_advance(eviction);
}

void
scheduler_evictions_reset(Scheduler *scheduler)
{
    GHashTableIter iter;
    gpointer eviction;

    g_hash_table_iter_init(&iter, scheduler->evictions);
    while (g_hash_table_iter_next(&iter, &eviction, NULL))
        eviction_free(eviction);
    g_hash_table_remove_all(scheduler->evictions);
    g_hash_table_remove_all(scheduler->preempting);
}
