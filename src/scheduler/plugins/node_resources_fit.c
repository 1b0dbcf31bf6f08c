/* NodeResourcesFit: requests fit, the emptier the better (v1.34 plugins/noderesources/fit.go). */
#include "scheduler/plugins/plugins.h"

/* One resource: adds its reason if it does not fit; TRUE if no emptying of the node would help. */
static gboolean
check_one(gint64 wanted, gint64 used, gint64 allocatable, const char *text, Reasons *reasons)
{
    if (wanted <= 0 || wanted <= allocatable - used)
        return FALSE;
    reasons_add(reasons, text);
    return wanted > allocatable;
}

static Verdict
fit_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    const Amounts *wanted = &cycle->pod->shape->requests;
    const Amounts *used = &node->requested;
    const Amounts *all = &node->allocatable;
    guint n_before = reasons->texts->len;
    gboolean is_hopeless = FALSE;

    (void)state;
    if ((gint64)node->pods->len + 1 > all->pods)
        reasons_add(reasons, "Too many pods");
    is_hopeless |=
        check_one(wanted->cpu_milli, used->cpu_milli, all->cpu_milli, "Insufficient cpu", reasons);
    is_hopeless |= check_one(wanted->memory_bytes, used->memory_bytes, all->memory_bytes,
                             "Insufficient memory", reasons);
    is_hopeless |= check_one(wanted->ephemeral_bytes, used->ephemeral_bytes, all->ephemeral_bytes,
                             "Insufficient ephemeral-storage", reasons);
    for (guint i = 0; i < wanted->n_scalars; i++) {
        const ScalarAmount *scalar = &wanted->scalars[i];
        gint64 capacity = amounts_scalar(all, scalar->name);

        if (scalar->amount > capacity - amounts_scalar(used, scalar->name))
            is_hopeless |= check_one(scalar->amount, amounts_scalar(used, scalar->name), capacity,
                                     str_internf("Insufficient %s", scalar->name), reasons);
    }
    if (reasons->texts->len == n_before)
        return VERDICT_SUCCESS;
    return is_hopeless ? VERDICT_UNRESOLVABLE : VERDICT_UNSCHEDULABLE;
}

gint64
sched_fit_score(const PodShape *shape, const NodeInfo *node)
{
    ResourceShare shares[2] = {
        {shape->scored_cpu_milli + node->non_zero_cpu_milli, node->allocatable.cpu_milli, 1},
        {shape->scored_memory_bytes + node->non_zero_memory_bytes, node->allocatable.memory_bytes,
         1},
    };

    return sched_score_least_allocated(shares, 2);
}

static ScoreRow
fit_score(const Cycle *cycle, gpointer state, const Candidates *of, guint8 *out)
{
    (void)state;
    if (of->fit != NULL)
        return (ScoreRow){.each = of->fit};
    for (guint i = 0; i < of->n; i++)
        out[i] = (guint8)sched_fit_score(cycle->pod->shape, of->nodes[i]);
    return (ScoreRow){.each = out};
}

/* --- hints ------------------------------------------------------------------------------------------ */

static gboolean
deleted_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    (void)waiting;
    return !str_is_empty(pod_spec(event->old)->node_name) ||
           !str_is_empty(pod_status(event->old)->nominated_node_name);
}

/* Something that @wanted asks for is less in @now than in @before. */
static gboolean
is_less(const Amounts *wanted, const Amounts *before, const Amounts *now)
{
    if ((wanted->cpu_milli > 0 && now->cpu_milli < before->cpu_milli) ||
        (wanted->memory_bytes > 0 && now->memory_bytes < before->memory_bytes) ||
        (wanted->ephemeral_bytes > 0 && now->ephemeral_bytes < before->ephemeral_bytes))
        return TRUE;
    for (guint i = 0; i < wanted->n_scalars; i++) {
        const char *name = wanted->scalars[i].name;

        if (wanted->scalars[i].amount > 0 &&
            amounts_scalar(now, name) < amounts_scalar(before, name))
            return TRUE;
    }
    return FALSE;
}

static gboolean
scale_down_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    Amounts before;
    Amounts now;
    gboolean helps;

    (void)cache;
    if (sched_event_is_own(waiting, event))
        return TRUE;
    if (str_is_empty(pod_spec(event->object)->node_name))
        return FALSE;
    amounts_of_pod(&before, event->old, REQUEST_REAL);
    amounts_of_pod(&now, event->object, REQUEST_REAL);
    helps = is_less(&waiting->shape->requests, &before, &now);
    amounts_clear(&before);
    amounts_clear(&now);
    return helps;
}

static gboolean
fits_empty(const Amounts *wanted, const Amounts *all)
{
    if (all->pods < 1 || wanted->cpu_milli > all->cpu_milli ||
        wanted->memory_bytes > all->memory_bytes || wanted->ephemeral_bytes > all->ephemeral_bytes)
        return FALSE;
    for (guint i = 0; i < wanted->n_scalars; i++) {
        if (wanted->scalars[i].amount > amounts_scalar(all, wanted->scalars[i].name))
            return FALSE;
    }
    return TRUE;
}

static gboolean
node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const Amounts *wanted = &waiting->shape->requests;
    Amounts now = {0};
    Amounts before = {0};
    gboolean helps;

    (void)cache;
    amounts_set_map(&now, &node_status(event->object)->allocatable);
    helps = fits_empty(wanted, &now);
    if (helps && event->old != NULL) {
        amounts_set_map(&before, &node_status(event->old)->allocatable);
        helps = now.pods > before.pods || is_less(wanted, &now, &before);
    }
    amounts_clear(&now);
    amounts_clear(&before);
    return helps;
}

static const PluginEvents fit_events[] = {
    {EVENT_POD_DELETED, deleted_hint},
    {EVENT_POD_SCALE_DOWN, scale_down_hint},
    {EVENT_NODE_ADDED | EVENT_NODE_ALLOCATABLE, node_hint},
    {0},
};

const SchedPlugin node_resources_fit_plugin = {
    .name = "NodeResourcesFit",
    .weight = 1,
    .events = fit_events,
    .is_local = TRUE,
    .filter = fit_filter,
    .score = fit_score,
};
