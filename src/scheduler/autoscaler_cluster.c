/* autoscaler_cluster.c - see autoscaler_internal.h: how many nodes are there, on their way, or late */

#include "base/duration.h"
#include "scheduler/autoscaler_internal.h"

#define UNREADY_PERCENT 45                /* --max-total-unready-percentage */
#define UNREADY_COUNT   3                 /* --ok-total-unready-count */
#define STARTUP_NS      (15 * NS_PER_MIN) /* --max-node-startup-time */

gboolean
autoscaler_is_ready(const ApiObject *node)
{
    const ConditionList *conditions = &node_status(node)->conditions;

    return condition_is(conditions, "Ready", "True") &&
           !condition_is(conditions, "DiskPressure", "True") &&
           !condition_is(conditions, "NetworkUnavailable", "True") &&
           !autoscaler_has_taint(node, "node.kubernetes.io/not-ready") &&
           !autoscaler_has_taint(node, "node.kubernetes.io/disk-pressure") &&
           !autoscaler_has_taint(node, "node.kubernetes.io/network-unavailable");
}

static gboolean
is_young(const Reconcile *r, const ApiObject *node)
{
    return node->meta->creation_time + STARTUP_NS > r->wall_ns;
}

gboolean
autoscaler_is_starting(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;

    return !autoscaler_is_ready(node) && is_young(r, node) &&
           config->group_of(config->user, api_name(node)) != NULL;
}

/* --- how many ---------------------------------------------------------------------------------------- */

static void
count_node(const Reconcile *r, const ApiObject *node, Readiness *readiness)
{
    readiness->registered++;
    if (autoscaler_has_taint(node, AUTOSCALER_DELETE_TAINT))
        readiness->deleted++;
    else if (autoscaler_is_ready(node))
        readiness->ready++;
    else if (is_young(r, node))
        readiness->not_started++;
    else
        readiness->unready++;
}

/* Too many nodes are not ready; whatever is wrong, other sizes do not help. */
static gboolean
is_too_many(guint n_unready, guint n_nodes)
{
    return n_unready > UNREADY_COUNT && n_unready * 100 > n_nodes * UNREADY_PERCENT;
}

static void
count_nodes(const Reconcile *r, const GPtrArray *nodes)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;

    if (state->groups == NULL)
        state->groups = g_new0(GroupState, config->n_groups);
    state->total = (Readiness){0};
    for (guint i = 0; i < nodes->len; i++)
        count_node(r, nodes->pdata[i], &state->total);
    for (guint i = 0; i < config->n_groups; i++) {
        GroupState *group = &state->groups[i];
        guint there;

        group->nodes = (Readiness){0};
        group->target = config->target_size(config->user, config->groups[i].name);
        for (guint k = 0; k < nodes->len; k++)
            if (str_is(config->group_of(config->user, api_name(nodes->pdata[k])),
                       config->groups[i].name))
                count_node(r, nodes->pdata[k], &group->nodes);
        there = group->nodes.registered - group->nodes.deleted;
        group->nodes.unregistered = group->target > there ? group->target - there : 0;
        state->total.unregistered += group->nodes.unregistered;
    }
    state->is_healthy = !is_too_many(state->total.unready, nodes->len);
}

guint
autoscaler_upcoming(const Reconcile *r, guint group)
{
    const AutoscalerState *state = r->state;
    const GroupState *one = &state->groups[group];
    guint there = one->nodes.ready + one->nodes.unready;

    return one->target > there ? one->target - there : 0;
}

static gboolean
is_incomplete(const GroupState *group)
{
    return group->target > group->nodes.registered - group->nodes.not_started;
}

gboolean
autoscaler_group_is_growing(const Reconcile *r, guint group)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;

    return is_incomplete(&state->groups[group]) &&
           g_hash_table_contains(state->growing, config->groups[group].name);
}

gboolean
autoscaler_group_is_healthy(const Reconcile *r, guint group)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;
    const GroupState *one = &state->groups[group];
    const Growth *growth = g_hash_table_lookup(state->growing, config->groups[group].name);
    guint expected = one->target - MIN(one->target, growth != NULL ? growth->increase : 0);
    guint missing = expected > one->nodes.ready ? expected - one->nodes.ready : 0;

    if (one->nodes.registered + one->nodes.unregistered == 0)
        return expected == 0;
    return !is_too_many(missing, one->nodes.ready + one->nodes.unready + one->nodes.not_started);
}

/* --- groups that failed --------------------------------------------------------------------------- */

gboolean
autoscaler_is_backed_off(const Reconcile *r, const char *group)
{
    const AutoscalerState *state = r->state;
    const Backoff *backoff = g_hash_table_lookup(state->backoff, group);

    return backoff != NULL && backoff->until_ns > r->now_ns;
}

/* Twice as long as the last time, unless that is long ago. */
static void
back_off(const Reconcile *r, const char *group, const char *message)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;
    Backoff *backoff = g_hash_table_lookup(state->backoff, group);

    if (autoscaler_is_backed_off(r, group))
        return;
    if (backoff == NULL) {
        backoff = g_new0(Backoff, 1);
        g_hash_table_insert(state->backoff, (gpointer)group, backoff);
    }
    backoff->duration_ns = backoff->duration_ns == 0
                               ? config->backoff_ns
                               : MIN(backoff->duration_ns * 2, config->backoff_max_ns);
    backoff->until_ns = r->now_ns + backoff->duration_ns;
    backoff->message = message;
}

static gboolean
is_stale(gpointer group, gpointer value, gpointer user)
{
    const Reconcile *r = user;
    const AutoscalerConfig *config = r->config;

    (void)group;
    return r->now_ns - ((const Backoff *)value)->until_ns > config->backoff_reset_ns;
}

/* --- growths ------------------------------------------------------------------------------------------ */

void
autoscaler_note_growth(const Reconcile *r, const char *group, guint increase)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;
    Growth *growth = g_hash_table_lookup(state->growing, group);

    if (growth == NULL) {
        growth = g_new0(Growth, 1);
        g_hash_table_insert(state->growing, (gpointer)group, growth);
    }
    growth->asked_ns = r->now_ns;
    growth->increase += increase;
    for (guint i = 0; i < config->n_groups; i++)
        if (str_is(config->groups[i].name, group))
            state->groups[i].target += increase;
    state->last_up_ns = r->now_ns;
    state->has_grown = TRUE;
}

/* The machines did not come: the group is taken at its word no longer, for a while. */
static void
time_out(const Reconcile *r, Plan *plan, guint index, gint64 waited_ns)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;
    GroupState *group = &state->groups[index];
    const char *name = config->groups[index].name;
    guint there = group->nodes.registered - group->nodes.deleted;
    g_autofree char *waited = duration_format_go(waited_ns);

    autoscaler_log(r, plan, "Warning", "ScaleUpTimedOut",
                   "Nodes added to group %s failed to register within %s", name, waited);
    if (there < group->target)
        plan_call(plan, config->set_size, config->user, name, there,
                  "machines of node group %s did not come", name);
    state->total.unregistered -= group->nodes.unregistered;
    group->nodes.unregistered = 0;
    group->target = there;
    back_off(r, name, str_internf("Scale-up timed out for node group %s after %s", name, waited));
    g_hash_table_remove(state->growing, name);
}

void
autoscaler_observe(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;

    count_nodes(r, nodes);
    g_hash_table_foreach_remove(state->backoff, is_stale, (gpointer)r);
    for (guint i = 0; i < config->n_groups; i++) {
        const Growth *growth = g_hash_table_lookup(state->growing, config->groups[i].name);

        if (growth == NULL)
            continue;
        if (!is_incomplete(&state->groups[i]))
            g_hash_table_remove(state->growing, config->groups[i].name);
        else if (r->now_ns - growth->asked_ns > config->provision_limit_ns)
            time_out(r, plan, i, r->now_ns - growth->asked_ns);
    }
}
