#include "controllers/controllers.h"
#include "api/profile.h"
#include "controllers/util.h"

/* v1.34 pkg/controller/podgc/gc_controller.go */

#define TAINT_OUT_OF_SERVICE "node.kubernetes.io/out-of-service"

/*
 * A pass over all pods is only made when an event since the last one, or what
 * that one left behind, can give it something to do.
 */
typedef struct {
    GHashTable *missing; /* names of missing nodes -> gint64 * (owned): since when */
    gboolean has_events; /* somebody tells us of changes; else every pass looks at all */
    gboolean is_suspicious;
    guint terminated; /* pods that are over, as told */
} GcState;

static gpointer
gc_state_new(void)
{
    GcState *state = g_new0(GcState, 1);

    state->missing = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return state;
}

static void
gc_state_free(gpointer data)
{
    GcState *state = data;

    g_hash_table_unref(state->missing);
    g_free(state);
}

/* --- one pod ------------------------------------------------------------------------------------------ */

typedef struct {
    const char *uid;
    gint64 generation;
    const char *reason, *message; /* of DisruptionTarget; NULL: no condition */
    ApiTime time;
} FailPatch;

static gboolean
fail_pod(ApiObject *pod, gpointer data)
{
    const FailPatch *patch = data;
    PodStatus *status;
    Condition *condition;

    if (!str_is(api_uid(pod), patch->uid))
        return FALSE;
    status = api_edit_status(pod);
    status->phase = str_intern("Failed");
    status->observed_generation = patch->generation;
    if (patch->reason == NULL)
        return TRUE;
    condition = condition_edit(&status->conditions, str_intern("DisruptionTarget"));
    if (!str_is(condition->status, "True"))
        condition->last_transition_time = patch->time;
    condition->status = str_intern("True");
    condition->reason = patch->reason;
    condition->message = patch->message;
    condition->observed_generation = patch->generation;
    return TRUE;
}

/* Marked Failed if it is not over yet, then deleted without grace. A failure of one pod is none of the others. */
static void
plan_removal(const Reconcile *r,
             Plan *plan,
             const ApiObject *pod,
             gboolean is_orphan,
             const char *why)
{
    PlanStep *step;

    if (!pod_is_terminal(pod)) {
        FailPatch *patch = g_new0(FailPatch, 1);

        patch->uid = api_uid(pod);
        patch->generation = pod->meta->generation;
        patch->time = api_time_seconds(r->wall_ns);
        if (is_orphan) {
            patch->reason = str_intern("DeletionByPodGC");
            patch->message = str_intern("PodGC: node no longer exists");
        }
        step = plan_patch(plan, pod, "status", fail_pod, patch, g_free, "%s", why);
        step->continue_on_error = TRUE;
        step->ignore_codes[0] = 404;
    }
    step = plan_delete(plan, pod, "%s", why);
    step->precondition_uid = api_uid(pod); /* a patch that missed its pod ends the matter upstream */
    step->has_grace = TRUE;
    step->continue_on_error = TRUE;
    step->ignore_codes[0] = 404;
}

/* --- the four sorts -------------------------------------------------------------------------------------- */

static gboolean
is_evicted(const ApiObject *pod)
{
    return str_is(pod_status(pod)->phase, "Failed") && str_is(pod_status(pod)->reason, "Evicted");
}

static gint
compare_terminated(gconstpointer a, gconstpointer b)
{
    const ApiObject *pod_a = *(ApiObject *const *)a;
    const ApiObject *pod_b = *(ApiObject *const *)b;

    if (is_evicted(pod_a) != is_evicted(pod_b))
        return is_evicted(pod_a) ? -1 : 1;
    return compare_creation(pod_a, pod_b);
}

static void
collect_terminated(const Reconcile *r, Plan *plan, const GPtrArray *pods)
{
    guint threshold = controllers_config_of(r->config)->terminated_pod_threshold;
    g_autoptr(GPtrArray) over = g_ptr_array_new();

    if (threshold == 0)
        return;
    for (guint i = 0; i < pods->len; i++)
        if (pod_is_terminal(pods->pdata[i]))
            g_ptr_array_add(over, pods->pdata[i]);
    if (over->len <= threshold)
        return;
    g_ptr_array_sort(over, compare_terminated);
    for (guint i = 0; i < over->len - threshold; i++)
        plan_removal(r, plan, over->pdata[i], FALSE,
                     str_internf("because more than %u terminated pods exist", threshold));
}

static gboolean
is_out_of_service(const ApiObject *node)
{
    const TaintList *taints = &node_spec(node)->taints;

    if (condition_is(&node_status(node)->conditions, "Ready", "True"))
        return FALSE;
    for (guint i = 0; i < taints->count; i++)
        if (str_is(taints->items[i].key, TAINT_OUT_OF_SERVICE))
            return TRUE;
    return FALSE;
}

static void
collect_out_of_service(const Reconcile *r, Plan *plan, const GPtrArray *pods)
{
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];
        const ApiObject *node;

        if (!api_is_deleting(pod) || str_is_empty(pod_spec(pod)->node_name))
            continue;
        node = view_get(r->view, &node_kind, NULL, pod_spec(pod)->node_name);
        if (node != NULL && is_out_of_service(node))
            plan_removal(r, plan, pod, FALSE, "because its node is out of service");
    }
}

static void
collect_unscheduled(const Reconcile *r, Plan *plan, const GPtrArray *pods)
{
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        if (api_is_deleting(pod) && str_is_empty(pod_spec(pod)->node_name))
            plan_removal(r, plan, pod, FALSE, "because it is deleted and was never scheduled");
    }
}

/* --- orphans ------------------------------------------------------------------------------------------------ */

typedef struct {
    GPtrArray *pods;  /* (owned) of owned refs */
    GPtrArray *nodes; /* (owned) names, in the order of the reads */
} Orphans;

static void
orphans_free(gpointer data)
{
    Orphans *orphans = data;

    g_ptr_array_unref(orphans->pods);
    g_ptr_array_unref(orphans->nodes);
    g_free(orphans);
}

/* The reads are the last steps of the plan, in the order of the names. */
static void
after_reads(const Reconcile *r,
            gpointer carry,
            const StepResult *results,
            guint n_results,
            Plan *plan)
{
    const Orphans *orphans = carry;
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    guint first = n_results - orphans->nodes->len;

    for (guint i = 0; i < orphans->nodes->len; i++) {
        if (results[first + i].code != 404)
            continue;
        for (guint k = 0; k < orphans->pods->len; k++) {
            const ApiObject *pod = orphans->pods->pdata[k];

            if (pod_spec(pod)->node_name == orphans->nodes->pdata[i])
                plan_removal(r, plan, pod, TRUE, "because its node no longer exists");
        }
    }
    view_list(r->view, &pod_kind, NULL, pods);
    collect_unscheduled(r, plan, pods);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Quarantines that are over, by name; they are forgotten. */
static GPtrArray *
take_due(const Reconcile *r)
{
    GHashTable *quarantine = ((GcState *)r->state)->missing;
    gint64 wait_ns = controllers_config_of(r->config)->pod_gc_quarantine_ns;
    GPtrArray *due = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name, since;

    g_hash_table_iter_init(&iter, quarantine);
    while (g_hash_table_iter_next(&iter, &name, &since))
        if (r->now_ns >= *(gint64 *)since + wait_ns) {
            g_ptr_array_add(due, name);
            g_hash_table_iter_remove(&iter);
        }
    g_ptr_array_sort(due, compare_names);
    return due;
}

/*
 * gcOrphaned: a missing node waits from when it is first missed, also if it is back for a
 * while; when its time is over it is looked for once more.
 */
static void
list_missing(const Reconcile *r, const GPtrArray *pods, Orphans *orphans)
{
    GHashTable *quarantine = ((GcState *)r->state)->missing;
    g_autoptr(GPtrArray) due = NULL;

    for (guint i = 0; i < pods->len; i++) {
        const char *name = pod_spec(pods->pdata[i])->node_name;

        if (!str_is_empty(name) && view_get(r->view, &node_kind, NULL, name) == NULL &&
            !g_hash_table_contains(quarantine, name))
            g_hash_table_insert(quarantine, (gpointer)name,
                                g_memdup2(&r->now_ns, sizeof r->now_ns));
    }
    due = take_due(r);
    for (guint i = 0; i < due->len; i++)
        if (view_get(r->view, &node_kind, NULL, due->pdata[i]) == NULL)
            g_ptr_array_add(orphans->nodes, due->pdata[i]);
    for (guint i = 0; i < pods->len && orphans->nodes->len > 0; i++)
        if (g_ptr_array_find(orphans->nodes, (gpointer)pod_spec(pods->pdata[i])->node_name, NULL))
            g_ptr_array_add(orphans->pods, api_object_ref(pods->pdata[i]));
}

static gboolean
is_any_deleting(const GPtrArray *pods)
{
    for (guint i = 0; i < pods->len; i++)
        if (api_is_deleting(pods->pdata[i]))
            return TRUE;
    return FALSE;
}

static void
tick(const Reconcile *r, Plan *plan)
{
    GcState *state = r->state;
    guint threshold = controllers_config_of(r->config)->terminated_pod_threshold;
    g_autoptr(GPtrArray) pods = NULL;
    Orphans *orphans;

    if (state->has_events && !state->is_suspicious &&
        (threshold == 0 || state->terminated <= threshold))
        return;
    pods = g_ptr_array_new();
    orphans = g_new0(Orphans, 1);
    orphans->pods = g_ptr_array_new_with_free_func(api_object_unref);
    orphans->nodes = g_ptr_array_new();
    view_list(r->view, &pod_kind, NULL, pods);
    collect_terminated(r, plan, pods);
    collect_out_of_service(r, plan, pods);
    list_missing(r, pods, orphans);
    state->is_suspicious =
        is_any_deleting(pods) || orphans->nodes->len > 0 || g_hash_table_size(state->missing) > 0;
    if (orphans->nodes->len == 0) {
        collect_unscheduled(r, plan, pods);
        orphans_free(orphans);
        return;
    }
    for (guint i = 0; i < orphans->nodes->len; i++) {
        PlanStep *step =
            plan_read(plan, &node_kind, NULL, orphans->nodes->pdata[i],
                      "because pods are bound to it and it has been missing for %d s",
                      (int)(controllers_config_of(r->config)->pod_gc_quarantine_ns / NS_PER_S));

        step->ignore_codes[0] = 404;
        step->continue_on_error = TRUE;
        plan_waited(plan, profile_timers[TIMER_POD_GC_QUARANTINE].name, controllers_config_of(r->config)->pod_gc_quarantine_ns);
    }
    plan_continue(plan, after_reads, orphans, orphans_free);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    (void)r;
    (void)plan;
}

/* --- what may give the next pass something to do ---------------------------------------------- */

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    GcState *state = controller_state(controller);
    const char *node_name;

    state->has_events = TRUE;
    if (old != NULL && pod_is_terminal(old))
        state->terminated--;
    if (object == NULL)
        return;
    if (pod_is_terminal(object))
        state->terminated++;
    node_name = pod_spec(object)->node_name;
    /* Of a node that went since, on_node has told; the passes remember it as long as a pod is bound to it. */
    if (api_is_deleting(object) ||
        (!str_is_empty(node_name) && (old == NULL || pod_spec(old)->node_name != node_name) &&
         view_get(controller_view(controller), &node_kind, NULL, node_name) == NULL))
        state->is_suspicious = TRUE;
}

static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    GcState *state = controller_state(controller);

    (void)old;
    if (object == NULL)
        state->is_suspicious = TRUE;
}

static const ControllerSource sources[] = {
    {&pod_kind, on_pod},
    {&node_kind, on_node, .wants = WANTS_DELETED},
    {0},
};

const ControllerDef pod_gc_controller = {
    .name = "pod-garbage-collector",
    .component = "pod-garbage-collector",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
    .period_ns = 20 * NS_PER_S,
    .tick = tick,
    .new_state = gc_state_new,
    .free_state = gc_state_free,
};
