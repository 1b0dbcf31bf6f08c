/* autoscaler_drain.c - core/scaledown/actuation: drain.go, group_deletion_scheduler.go, delete_in_batch.go */

#include "scheduler/autoscaler_internal.h"

#include "base/duration.h"

#define DS_EVICTION     "cluster-autoscaler.kubernetes.io/enable-ds-eviction"
#define RETRY_NS        (10 * NS_PER_S) /* between two tries to evict a pod */
#define EVICTION_MAX_NS (2 * NS_PER_MIN)
#define LOOK_NS         (5 * NS_PER_S)   /* between two looks whether the pods are gone */
#define GONE_MAX_NS     (630 * NS_PER_S) /* --max-graceful-termination-sec, and PodEvictionHeadroom */

/* --- the end -------------------------------------------------------------------------------------------- */

static void
give_up(const Reconcile *r, Plan *plan, const ApiObject *node, const char *why)
{
    AutoscalerState *state = r->state;
    const Deletion *deletion = g_hash_table_lookup(state->deleting, api_name(node));

    plan_event(plan, node, "Warning", "ScaleDownFailed", "failed to %s node: %s",
               deletion->is_empty ? "delete empty" : "drain and delete", why);
    autoscaler_mark(r, plan, node, AUTOSCALER_DELETE_TAINT, NULL,
                    "because its pods could not be evicted");
    g_hash_table_remove(state->deleting, api_name(node));
    state->last_failure_ns = r->now_ns;
    state->has_failed = TRUE;
}

static void
give_back(const Reconcile *r, Plan *plan, const ApiObject *node, Deletion *deletion)
{
    const AutoscalerConfig *config = r->config;
    const char *name = api_name(node);

    deletion->is_drained = TRUE;
    ((AutoscalerState *)r->state)->last_down_ns = r->now_ns;
    plan_call(plan, config->delete_node, config->user, name, 0,
              "the machine of node %s is given back", name);
    plan_event(plan, node, "Normal", "ScaleDown", "nodes removed by cluster autoscaler");
    if (deletion->is_empty)
        autoscaler_log(r, plan, "Normal", "ScaleDownEmpty", "Scale-down: empty node %s removed",
                       name);
    else
        autoscaler_log(r, plan, "Normal", "ScaleDown", "Scale-down: node %s removed with drain",
                       name);
}

/* --- evictions -------------------------------------------------------------------------------------------- */

typedef struct {
    const char *node;    /* interned */
    guint first, n_pods; /* steps that evict pods that must go */
} Round;

static void
evict(Plan *plan, const ApiObject *pod)
{
    PlanStep *step = plan_create(plan, api_object_ref(pod), "because its node is to be removed");

    step->subresource = str_intern("eviction");
    step->ignores_errors = TRUE; /* its budget: tried again */
}

/* All were taken: from now on it looks whether they are gone. */
static void
after_round(const Reconcile *r,
            gpointer carry,
            const StepResult *results,
            guint n_results,
            Plan *plan)
{
    const Round *round = carry;
    const AutoscalerState *state = r->state;
    Deletion *deletion = g_hash_table_lookup(state->deleting, round->node);
    gboolean are_taken = TRUE;

    if (deletion == NULL)
        return;
    for (guint i = 0; i < round->n_pods && round->first + i < n_results; i++) {
        const StepResult *result = &results[round->first + i];

        are_taken = are_taken && result->was_run && (result->code < 300 || result->code == 404);
    }
    if (are_taken)
        deletion->gone_since_ns = r->now_ns;
    plan_requeue_after(plan, are_taken ? LOOK_NS : RETRY_NS);
}

/* DaemonSetEvictionForOccupiedNodes: as well as may be. */
static void
evict_daemons(const Reconcile *r, Plan *plan, const char *node)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    view_list_on_node(r->view, node, all);
    for (guint i = 0; i < all->len; i++)
        if (autoscaler_is_daemon(all->pdata[i]) && !pod_is_terminal(all->pdata[i]) &&
            !api_is_deleting(all->pdata[i]) &&
            !str_is(str_map_get(&((const ApiObject *)all->pdata[i])->meta->annotations,
                                DS_EVICTION),
                    "false"))
            evict(plan, all->pdata[i]);
}

static void
evict_round(const Reconcile *r,
            Plan *plan,
            const char *node,
            const GPtrArray *pods,
            gboolean is_first)
{
    Round *round = g_new0(Round, 1);

    for (guint i = 0; is_first && i < pods->len; i++)
        plan_event(plan, pods->pdata[i], "Normal", "ScaleDown", "deleting pod for node scale down");
    round->node = str_intern(node);
    round->first = plan_count(plan);
    for (guint i = 0; i < pods->len; i++)
        if (!api_is_deleting(pods->pdata[i]))
            evict(plan, pods->pdata[i]);
    round->n_pods = plan_count(plan) - round->first;
    if (is_first)
        evict_daemons(r, plan, node);
    plan_continue(plan, after_round, round, g_free);
}

/* The budgets said no for too long. */
static void
fail_evictions(const Reconcile *r, Plan *plan, const ApiObject *node, const GPtrArray *pods)
{
    g_autoptr(GString) errors = g_string_new(NULL);

    for (guint i = 0; i < pods->len; i++) {
        if (api_is_deleting(pods->pdata[i]))
            continue;
        plan_event(plan, pods->pdata[i], "Warning", "ScaleDownFailed",
                   "failed to delete pod for ScaleDown");
        g_string_append_printf(errors,
                               "%sfailed to evict pod %s within allowed timeout (last error: "
                               "Cannot evict pod as it "
                               "would violate the pod's disruption budget.)",
                               errors->len > 0 ? " " : "", api_key(pods->pdata[i]));
    }
    give_up(r, plan, node,
            str_internf("Failed to drain node /%s, due to following errors: [%s]", api_name(node),
                        errors->str));
}

static guint
count_staying(const GPtrArray *pods)
{
    guint count = 0;

    for (guint i = 0; i < pods->len; i++)
        count += !api_is_deleting(pods->pdata[i]);
    return count;
}

/* --- one node ----------------------------------------------------------------------------------------------- */

static void
drain(const Reconcile *r,
      Plan *plan,
      const ApiObject *node,
      Deletion *deletion,
      const GPtrArray *pods)
{
    const char *why = deletion->has_begun ? NULL : autoscaler_why_blocked(r, pods, NULL);
    gboolean is_first = !deletion->has_begun;

    if (why != NULL) {
        give_up(r, plan, node,
                str_internf("GetPodsToMove for \"%s\" returned error: %s", api_name(node), why));
        return;
    }
    if (is_first) {
        deletion->has_begun = TRUE;
        deletion->begun_ns = r->now_ns;
    }
    if (deletion->gone_since_ns > 0) {
        if (r->now_ns - deletion->gone_since_ns >= GONE_MAX_NS)
            give_up(r, plan, node,
                    str_internf("Failed to drain node /%s: pods remaining after timeout",
                                api_name(node)));
        else
            plan_requeue_after(plan, LOOK_NS);
    } else if (!is_first && count_staying(pods) > 0 &&
               r->now_ns - deletion->begun_ns >= EVICTION_MAX_NS) {
        fail_evictions(r, plan, node, pods);
    } else {
        evict_round(r, plan, api_name(node), pods, is_first);
    }
}

void
autoscaler_drain(const Reconcile *r, Plan *plan, const char *name)
{
    AutoscalerState *state = r->state;
    Deletion *deletion = g_hash_table_lookup(state->deleting, name);
    const ApiObject *node = view_get(r->view, &node_kind, NULL, name);
    g_autoptr(GPtrArray) pods = NULL;

    if (deletion == NULL || deletion->is_drained || node == NULL)
        return;
    pods = autoscaler_movable(r, name);
    if (deletion->is_empty && pods->len > 0)
        give_up(r, plan, node,
                str_internf("failed to delete empty node \"%s\", new pods scheduled", name));
    else if (pods->len == 0 && (deletion->is_empty || deletion->has_begun))
        give_back(r, plan, node, deletion);
    else
        drain(r, plan, node, deletion, pods);
}
