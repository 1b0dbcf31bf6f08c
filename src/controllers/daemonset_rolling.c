#include "controllers/daemonset_sync.h"

/* The old and the new pod of a node that are not on their way out. FALSE: several of a kind. */
static gboolean
find_pods(const DaemonView *view,
          const DaemonNode *node,
          const ApiObject **out_new,
          const ApiObject **out_old)
{
    *out_new = NULL;
    *out_old = NULL;
    for (guint i = 0; i < node->pods->len; i++) {
        const ApiObject *pod = node->pods->pdata[i];
        const ApiObject **place = daemon_pod_is_current(view->set, pod, view->hash) ? out_new : out_old;

        if (api_is_deleting(pod))
            continue;
        if (*place != NULL) {
            *out_new = NULL;
            *out_old = NULL;
            return FALSE;
        }
        *place = pod;
    }
    return TRUE;
}

static gboolean
is_available(const Reconcile *r, const DaemonView *view, const ApiObject *pod)
{
    return pod_is_available(pod, daemon_set_spec(view->set)->min_ready_s, r->wall_ns);
}

static gboolean
is_wanted(const DaemonView *view, const DaemonNode *node)
{
    gboolean should_continue;

    return node->node != NULL && daemon_node_should_run(view->set, node->node, &should_continue);
}

/* updatedDesiredNodeCounts: both round up; both 0 of some nodes: one may be missing. */
static void
scaled_counts(const DaemonView *view, guint *out_surge, guint *out_unavailable, guint *out_desired)
{
    const RollingUpdateDaemonSet *update =
        daemon_set_spec(view->set)->update_strategy.rolling_update;
    gint32 desired = 0;
    gint32 surge = 0;
    gint32 unavailable = 0;

    for (guint i = 0; i < view->nodes->len; i++) {
        if (is_wanted(view, view->nodes->pdata[i]))
            desired++;
    }
    if (update != NULL) {
        surge = int_or_string_scale(&update->max_surge, desired, TRUE);
        unavailable = int_or_string_scale(&update->max_unavailable, desired, TRUE);
    }
    if (desired > 0 && surge == 0 && unavailable == 0)
        unavailable = 1;
    *out_surge = (guint)MAX(surge, 0);
    *out_unavailable = (guint)MAX(unavailable, 0);
    *out_desired = (guint)desired;
}

static void
append_first(GPtrArray *to, const GPtrArray *from, gint64 count)
{
    for (guint i = 0; i < from->len && i < count; i++)
        g_ptr_array_add(to, from->pdata[i]);
}

/* Old pods go first, new ones come with the next sync. */
static void
plan_without_surge(const Reconcile *r, const DaemonView *view, guint max_unavailable, Plan *plan)
{
    g_autoptr(GPtrArray) victims = g_ptr_array_new();
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    guint unavailable = 0;

    for (guint i = 0; i < view->nodes->len; i++) {
        const DaemonNode *node = view->nodes->pdata[i];
        const ApiObject *new_pod;
        const ApiObject *old_pod;

        if (node->pods->len == 0 && !is_wanted(view, node))
            continue;
        if (!find_pods(view, node, &new_pod, &old_pod) || (new_pod == NULL) == (old_pod == NULL)) {
            unavailable++;
        } else if (new_pod != NULL) {
            unavailable += is_available(r, view, new_pod) ? 0 : 1;
        } else if (!is_available(r, view, old_pod)) {
            g_ptr_array_add(victims, (gpointer)old_pod);
            unavailable++;
        } else if (unavailable < max_unavailable) {
            g_ptr_array_add(candidates, (gpointer)old_pod);
        }
    }
    append_first(victims, candidates, (gint64)max_unavailable - unavailable);
    daemon_plan_pods(view->set, view->hash, NULL, victims, plan);
}

typedef struct {
    GPtrArray *victims, *unwanted; /* pods */
    GPtrArray *now, *candidates;   /* names of nodes */
    guint surge, available;
} SurgeTally;

static void
tally_surge(const Reconcile *r, const DaemonView *view, const DaemonNode *node, SurgeTally *tally)
{
    const ApiObject *new_pod;
    const ApiObject *old_pod;

    if (!find_pods(view, node, &new_pod, &old_pod)) {
        tally->surge++;
        return;
    }
    if (old_pod != NULL ? is_available(r, view, old_pod)
                        : new_pod != NULL && is_available(r, view, new_pod))
        tally->available++;
    if (old_pod == NULL)
        return;
    if (new_pod != NULL) {
        if (is_available(r, view, new_pod))
            g_ptr_array_add(tally->victims, (gpointer)old_pod);
        else
            tally->surge++;
    } else if (!is_wanted(view, node)) {
        /* Nobody misses one that is not available; the others stay until there are enough elsewhere. */
        g_ptr_array_add(is_available(r, view, old_pod) ? tally->unwanted : tally->victims, (gpointer)old_pod);
    } else {
        g_ptr_array_add(is_available(r, view, old_pod) ? tally->candidates : tally->now,
                        (gpointer)node->name);
    }
}

/* New pods come first; the old one goes once the new one is available. */
static void
plan_with_surge(const Reconcile *r,
                const DaemonView *view,
                guint max_surge,
                guint desired,
                Plan *plan)
{
    SurgeTally tally = {.victims = g_ptr_array_new(),
                        .unwanted = g_ptr_array_new(),
                        .now = g_ptr_array_new(),
                        .candidates = g_ptr_array_new()};

    for (guint i = 0; i < view->nodes->len; i++) {
        const DaemonNode *node = view->nodes->pdata[i];

        if (node->pods->len > 0)
            tally_surge(r, view, node, &tally);
    }
    append_first(tally.victims, tally.unwanted, (gint64)tally.available - desired);
    append_first(tally.now, tally.candidates, (gint64)max_surge - tally.surge);
    daemon_plan_pods(view->set, view->hash, tally.now, tally.victims, plan);
    g_ptr_array_unref(tally.victims);
    g_ptr_array_unref(tally.unwanted);
    g_ptr_array_unref(tally.now);
    g_ptr_array_unref(tally.candidates);
}

/* v1.34 pkg/controller/daemon/update.go, rollingUpdate. DEVIATES: nodes go by name; there they have no order. */
void
daemon_plan_rolling(const Reconcile *r, const DaemonView *view, Plan *plan)
{
    guint surge;
    guint unavailable;
    guint desired;

    scaled_counts(view, &surge, &unavailable, &desired);
    if (surge == 0)
        plan_without_surge(r, view, unavailable, plan);
    else
        plan_with_surge(r, view, surge, desired, plan);
}
