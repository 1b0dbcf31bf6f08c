/* autoscaler_down.c - core/scaledown: eligibility, unneeded nodes, actuation; simulator/drainability */

#include "scheduler/autoscaler_internal.h"

#include "api/profile.h"
#include "base/duration.h"

#define SAFE_TO_EVICT   "cluster-autoscaler.kubernetes.io/safe-to-evict"
#define NOT_THIS_NODE   "cluster-autoscaler.kubernetes.io/scale-down-disabled"
#define RETRY_NS        (10 * NS_PER_S) /* between two tries to evict a pod */
#define EVICTION_MAX_NS (2 * NS_PER_MIN)

gboolean
autoscaler_is_daemon(const ApiObject *pod)
{
    const OwnerReference *owner = api_controller_of(pod);

    return owner != NULL && str_is(owner->kind, "DaemonSet");
}

gboolean
autoscaler_has_taint(const ApiObject *node, const char *key)
{
    const TaintList *taints = &node_spec(node)->taints;

    for (guint i = 0; i < taints->count; i++)
        if (str_is(taints->items[i].key, key))
            return TRUE;
    return FALSE;
}

guint
autoscaler_utilization_permille(const ApiObject *node, const GPtrArray *pods)
{
    Amounts there = {0};
    gint64 cpu_milli = 0, memory_bytes = 0, cpu, memory;

    amounts_set_map(&there, &node_status(node)->allocatable);
    for (guint i = 0; i < pods->len; i++) {
        Amounts one = {0};

        if (!pod_is_terminal(pods->pdata[i])) {
            amounts_of_pod(&one, pods->pdata[i], FALSE);
            cpu_milli += one.cpu_milli;
            memory_bytes += one.memory_bytes;
        }
        amounts_clear(&one);
    }
    cpu = there.cpu_milli == 0 ? 0 : cpu_milli * 1000 / there.cpu_milli;
    memory = there.memory_bytes == 0 ? 0 : (gint64)((__int128)memory_bytes * 1000 / there.memory_bytes);
    amounts_clear(&there);
    return (guint)MAX(cpu, memory);
}

/* --- which pods may be moved ----------------------------------------------------------------------- */

static gboolean
has_local_storage(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->volumes.count; i++) {
        const Volume *volume = &spec->volumes.items[i];

        if (volume->host_path != NULL || (volume->empty_dir != NULL && !str_is(volume->empty_dir->medium, "Memory")))
            return TRUE;
    }
    return FALSE;
}

/* Of the budgets that cover @pod: how many there are, and whether one allows nothing. */
static guint
count_budgets(View *view, const ApiObject *pod, gboolean *out_is_spent)
{
    g_autoptr(GPtrArray) budgets = g_ptr_array_new();
    guint count = 0;

    *out_is_spent = FALSE;
    view_list(view, &pdb_kind, api_namespace(pod), budgets);
    for (guint i = 0; i < budgets->len; i++) {
        if (!pdb_covers(budgets->pdata[i], pod))
            continue;
        count++;
        *out_is_spent = *out_is_spent || pdb_status(budgets->pdata[i])->disruptions_allowed < 1;
    }
    return count;
}

const char *
autoscaler_blocks(View *view, const ApiObject *pod)
{
    const char *safe = str_map_get(&pod->meta->annotations, SAFE_TO_EVICT);
    gboolean is_spent;
    guint n_budgets = count_budgets(view, pod, &is_spent);

    if (is_spent)
        return "not enough pod disruption budget";
    if (str_is(safe, "true"))
        return NULL;
    if (str_is(safe, "false"))
        return "not safe to evict";
    if (api_controller_of(pod) == NULL)
        return "not replicated";
    if (str_is(api_namespace(pod), "kube-system") && n_budgets == 0)
        return "system pod without a disruption budget";
    return has_local_storage(pod) ? "local storage" : NULL;
}

/* Those that must find another place. */
static GPtrArray *
movable(const Reconcile *r, const char *node)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    GPtrArray *out = g_ptr_array_new();

    view_list_on_node(r->view, node, all);
    for (guint i = 0; i < all->len; i++)
        if (!pod_is_terminal(all->pdata[i]) && !autoscaler_is_daemon(all->pdata[i]))
            g_ptr_array_add(out, all->pdata[i]);
    return out;
}

static gboolean
is_blocked(const Reconcile *r, const GPtrArray *pods)
{
    for (guint i = 0; i < pods->len; i++)
        if (autoscaler_blocks(r->view, pods->pdata[i]) != NULL)
            return TRUE;
    return FALSE;
}

/* --- marks --------------------------------------------------------------------------------------------- */

/* A taint to set (its value: when) or, with value NULL, to take away. */
typedef struct {
    const char *key, *value, *effect;
} Mark;

static gboolean
put_mark(ApiObject *node, gpointer data)
{
    const Mark *mark = data;
    NodeSpec *spec = api_edit_spec(node);

    for (guint i = spec->taints.count; i-- > 0;) {
        if (!str_is(spec->taints.items[i].key, mark->key))
            continue;
        if (mark->value != NULL)
            return FALSE;
        api_list_remove((ApiList *)&spec->taints, sizeof(Taint), i);
        return TRUE;
    }
    if (mark->value == NULL)
        return FALSE;
    *API_LIST_ADD(&spec->taints) =
        (Taint){.key = str_intern(mark->key), .value = str_intern(mark->value), .effect = str_intern(mark->effect)};
    return TRUE;
}

static PlanStep *
plan_mark(const Reconcile *r, Plan *plan, const ApiObject *node, const char *key, const char *effect, const char *why)
{
    Mark mark = {key, effect == NULL ? NULL : str_internf("%" G_GINT64_FORMAT, r->wall_ns / NS_PER_S), effect};
    PlanStep *step =
        plan_patch(plan, node, NULL, put_mark, g_memdup2(&mark, sizeof mark), g_free, "%s", why);

    step->continue_on_error = TRUE;
    step->retries_on_conflict = 3;
    return step;
}

/* --- unneeded ------------------------------------------------------------------------------------------ */

/* processors/nodes: in a group at its smallest no node is looked at. */
static gboolean
is_at_min(const AutoscalerConfig *config, const char *group)
{
    for (guint i = 0; i < config->n_groups; i++)
        if (str_is(config->groups[i].name, group))
            return config->target_size(config->user, group) <= config->groups[i].min;
    return TRUE;
}

static gboolean
is_candidate(const Reconcile *r, const ApiObject *node, const GPtrArray *pods)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    if (is_at_min(config, config->group_of(config->user, api_name(node))) ||
        g_hash_table_contains(state->deleting, api_name(node)) ||
        autoscaler_has_taint(node, AUTOSCALER_DELETE_TAINT) || autoscaler_is_starting(r, node) ||
        str_is(str_map_get(&node->meta->annotations, NOT_THIS_NODE), "true"))
        return FALSE;
    view_list_on_node(r->view, api_name(node), all);
    if (condition_is(&node_status(node)->conditions, "Ready", "True") &&
        autoscaler_utilization_permille(node, all) >= config->utilization_permille)
        return FALSE;
    return !is_blocked(r, pods);
}

static int
compare_nodes(gconstpointer a, gconstpointer b)
{
    return strcmp(api_name(*(ApiObject *const *)a), api_name(*(ApiObject *const *)b));
}

static void
note_candidates(const Reconcile *r)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;
    GHashTableIter iter;
    gpointer name;

    state->has_looked_down = TRUE;
    state->looked_down_wall_ns = r->wall_ns;
    for (guint i = 0; i < config->n_groups; i++) {
        state->groups[i].candidates = 0;
        g_hash_table_iter_init(&iter, state->unneeded);
        while (g_hash_table_iter_next(&iter, &name, NULL))
            state->groups[i].candidates += str_is(config->group_of(config->user, name), config->groups[i].name);
    }
}

/* Which nodes nobody needs now, and since when. */
static void
update_unneeded(const Reconcile *r, Plan *plan, Simulation *sim, const GPtrArray *nodes)
{
    AutoscalerState *state = r->state;
    GHashTable *fresh = g_hash_table_new_full(NULL, NULL, NULL, g_free);

    for (guint i = 0; i < nodes->len; i++) {
        const ApiObject *node = nodes->pdata[i];
        g_autoptr(GPtrArray) pods = movable(r, api_name(node));
        const gint64 *since = g_hash_table_lookup(state->unneeded, api_name(node));
        gint64 *kept;

        if (!is_candidate(r, node, pods) || !simulation_empty_node(sim, node, pods)) {
            if (autoscaler_has_taint(node, AUTOSCALER_SOFT_TAINT))
                plan_mark(r, plan, node, AUTOSCALER_SOFT_TAINT, NULL, "because the node is needed again");
            continue;
        }
        kept = g_new(gint64, 1);
        *kept = since != NULL ? *since : r->now_ns;
        g_hash_table_insert(fresh, (gpointer)api_name(node), kept);
        if (!autoscaler_has_taint(node, AUTOSCALER_SOFT_TAINT))
            plan_mark(r, plan, node, AUTOSCALER_SOFT_TAINT, "PreferNoSchedule", "because nobody needs the node");
    }
    g_hash_table_unref(state->unneeded);
    state->unneeded = fresh;
    note_candidates(r);
}

/* --- deletion ------------------------------------------------------------------------------------------ */

static guint
count_deleting(const Reconcile *r, const char *group)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;
    GHashTableIter iter;
    gpointer name, value;
    guint count = 0;

    g_hash_table_iter_init(&iter, state->deleting);
    while (g_hash_table_iter_next(&iter, &name, &value))
        count += !((const Deletion *)value)->is_drained && (group == NULL || str_is(config->group_of(config->user, name), group));
    return count;
}

static gboolean
may_shrink(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;
    const char *group = config->group_of(config->user, api_name(node));

    for (guint i = 0; i < config->n_groups; i++)
        if (str_is(config->groups[i].name, group))
            return config->target_size(config->user, group) > config->groups[i].min + count_deleting(r, group);
    return FALSE;
}

static gboolean
is_due(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;
    const gint64 *since = g_hash_table_lookup(state->unneeded, api_name(node));
    gboolean is_ready = condition_is(&node_status(node)->conditions, "Ready", "True");

    return since != NULL && r->now_ns - *since >= (is_ready ? config->unneeded_ns : config->unready_ns);
}

/* The default goes by its name in the profile; what the scenario sets does not have that value. */
static const char *
waited_for(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;

    if (!condition_is(&node_status(node)->conditions, "Ready", "True"))
        return "scale-down-unready-time";
    return config->unneeded_ns == profile_timer_ns(TIMER_UNNEEDED, config->version_minor) ? profile_timers[TIMER_UNNEEDED].name
                                                                                           : "unneededTime of the scenario";
}

static void
begin_deletion(const Reconcile *r, Plan *plan, const ApiObject *node, gboolean is_empty)
{
    AutoscalerState *state = r->state;
    const gint64 *since = g_hash_table_lookup(state->unneeded, api_name(node));
    Deletion *deletion = g_new0(Deletion, 1);

    plan_waited(plan, waited_for(r, node), r->now_ns - *since);
    deletion->since_ns = r->now_ns;
    deletion->is_empty = is_empty;
    if (is_empty)
        autoscaler_log(r, plan, "Normal", "ScaleDownEmpty", "Scale-down: removing empty node \"%s\"", api_name(node));
    g_hash_table_insert(state->deleting, (gpointer)api_name(node), deletion);
    g_hash_table_remove(state->unneeded, api_name(node));
    plan_mark(r, plan, node, AUTOSCALER_DELETE_TAINT, "NoSchedule", "because nobody has needed the node for long enough");
    plan_event(plan, node, "Normal", "ScaleDown", "marked the node as toBeDeleted/unschedulable");
    plan_enqueue_after(plan, api_name(node), NS_PER_S);
}

void
autoscaler_scale_down(const Reconcile *r, Plan *plan, Simulation *sim, gboolean may_delete)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    guint n_begun = 0;

    view_list(r->view, &node_kind, NULL, nodes);
    g_ptr_array_sort(nodes, compare_nodes);
    update_unneeded(r, plan, sim, nodes);
    if (!may_delete || (state->has_grown && r->now_ns - state->last_up_ns < config->delay_after_add_ns) ||
        (state->has_failed && r->now_ns - state->last_failure_ns < config->delay_after_failure_ns))
        return;
    for (guint i = 0; i < nodes->len; i++) {
        g_autoptr(GPtrArray) pods = movable(r, api_name(nodes->pdata[i]));

        if (pods->len > 0 || !is_due(r, nodes->pdata[i]) || !may_shrink(r, nodes->pdata[i]) ||
            count_deleting(r, NULL) >= config->empty_bulk_max)
            continue;
        begin_deletion(r, plan, nodes->pdata[i], TRUE);
        n_begun++;
    }
    for (guint i = 0; n_begun == 0 && count_deleting(r, NULL) == 0 && i < nodes->len; i++) {
        if (!is_due(r, nodes->pdata[i]) || !may_shrink(r, nodes->pdata[i]))
            continue;
        begin_deletion(r, plan, nodes->pdata[i], FALSE);
        n_begun++;
    }
}

/* --- one node that goes ----------------------------------------------------------------------------------- */

static void
evict(Plan *plan, const ApiObject *pod)
{
    PlanStep *step = plan_create(plan, api_object_ref(pod), "because its node is to be removed");

    step->subresource = str_intern("eviction");
    step->continue_on_error = TRUE;
    step->ignore_codes[0] = 404;
    step->ignore_codes[1] = 429; /* its budget: tried again */
    step->event_about = api_object_ref(pod);
    step->on_success = (StepEvent){"Normal", "ScaleDown", "deleting pod for node scale down"};
}

static void
give_up(const Reconcile *r, Plan *plan, const ApiObject *node)
{
    AutoscalerState *state = r->state;

    plan_event(plan, node, "Warning", "ScaleDownFailed", "failed to drain the node, aborting ScaleDown");
    plan_mark(r, plan, node, AUTOSCALER_DELETE_TAINT, NULL, "because its pods could not be evicted");
    g_hash_table_remove(state->deleting, api_name(node));
    state->last_failure_ns = r->now_ns;
    state->has_failed = TRUE;
}

void
autoscaler_drain(const Reconcile *r, Plan *plan, const char *name)
{
    const AutoscalerConfig *config = r->config;
    AutoscalerState *state = r->state;
    Deletion *deletion = g_hash_table_lookup(state->deleting, name);
    const ApiObject *node = view_get(r->view, &node_kind, NULL, name);
    g_autoptr(GPtrArray) pods = NULL;

    if (deletion == NULL || deletion->is_drained || node == NULL)
        return;
    pods = movable(r, name);
    if (pods->len == 0) {
        deletion->is_drained = TRUE;
        state->last_down_ns = r->now_ns;
        plan_call(plan, config->delete_node, config->user, name, 0, "the machine of node %s is given back", name);
        plan_event(plan, node, "Normal", "ScaleDown", "nodes removed by cluster autoscaler");
        if (deletion->is_empty)
            autoscaler_log(r, plan, "Normal", "ScaleDownEmpty", "Scale-down: empty node %s removed", name);
        else
            autoscaler_log(r, plan, "Normal", "ScaleDown", "Scale-down: node %s removed with drain", name);
        return;
    }
    if (r->now_ns - deletion->since_ns > EVICTION_MAX_NS) {
        gboolean is_refused = FALSE;

        for (guint i = 0; i < pods->len; i++)
            is_refused = is_refused || !api_is_deleting(pods->pdata[i]);
        if (is_refused) {
            give_up(r, plan, node);
            return;
        }
    }
    for (guint i = 0; i < pods->len; i++)
        if (!api_is_deleting(pods->pdata[i]))
            evict(plan, pods->pdata[i]);
    plan_requeue_after(plan, RETRY_NS);
}
