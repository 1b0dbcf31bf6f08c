/* autoscaler_down.c - core/scaledown: eligibility, unneeded nodes, actuation; simulator/drainability */

#include "scheduler/autoscaler_internal.h"

#include "api/profile.h"
#include "base/duration.h"

#define SAFE_TO_EVICT  "cluster-autoscaler.kubernetes.io/safe-to-evict"
#define SAFE_VOLUMES   "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
#define NOT_THIS_NODE  "cluster-autoscaler.kubernetes.io/scale-down-disabled"
#define RECHECK_NS     (5 * NS_PER_MIN) /* --unremovable-node-recheck-timeout */
#define DRAINS_MAX     1                /* --max-drain-parallelism */
#define MARKS_MAX      10               /* --max-bulk-soft-taint-count */
#define TAINT_DELAY_NS (5 * NS_PER_S)   /* --node-delete-delay-after-taint */
#define LONG_GOING_NS  (30 * NS_PER_S)  /* PodLongTerminatingExtraThreshold */

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

/* simulator/utilization/info.go */
Utilization
autoscaler_utilization(const ApiObject *node, const GPtrArray *pods)
{
    Amounts there = {0};
    gint64 cpu_milli = 0, memory_bytes = 0;
    Utilization used = {0, 0};

    amounts_set_map(&there, &node_status(node)->allocatable);
    for (guint i = 0; i < pods->len; i++) {
        Amounts one = {0};

        if (!pod_is_terminal(pods->pdata[i])) {
            amounts_of_pod(&one, pods->pdata[i], REQUEST_REAL);
            cpu_milli += one.cpu_milli;
            memory_bytes += one.memory_bytes;
        }
        amounts_clear(&one);
    }
    if (there.cpu_milli > 0)
        used.cpu = (double)cpu_milli / (double)there.cpu_milli;
    if (there.memory_bytes > 0)
        used.memory = (double)memory_bytes / (double)there.memory_bytes;
    amounts_clear(&there);
    return used;
}

/* The fewest digits that are still the same number. */
static const char *
shortest(double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    for (guint digits = 1; digits <= 17; digits++) {
        char format[] = "%.00g";

        format[2] = (char)('0' + digits / 10);
        format[3] = (char)('0' + digits % 10);
        g_ascii_formatd(text, sizeof text, format, number);
        if (g_ascii_strtod(text, NULL) == number)
            break;
    }
    return str_intern(text);
}

/* CPU, memory, GPU, DRA, which is the largest, and that. */
const char *
autoscaler_utilization_text(Utilization used)
{
    gboolean is_cpu = used.cpu > used.memory;

    return str_internf("{%s %s 0 0 %s %s}", shortest(used.cpu), shortest(used.memory),
                       is_cpu ? "cpu" : "memory", shortest(is_cpu ? used.cpu : used.memory));
}

/* --- which pods may be moved ----------------------------------------------------------------------- */

/* HasBlockingLocalStorage: an annotation names volumes that may be lost. */
static gboolean
has_local_storage(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const char *safe = str_map_get(&pod->meta->annotations, SAFE_VOLUMES);
    g_auto(GStrv) names = g_strsplit(safe == NULL ? "" : safe, ",", -1);

    for (guint i = 0; i < spec->volumes.count; i++) {
        const Volume *volume = &spec->volumes.items[i];

        if (!g_strv_contains((const char *const *)names, volume->name) &&
            (volume->host_path != NULL ||
             (volume->empty_dir != NULL && !str_is(volume->empty_dir->medium, "Memory"))))
            return TRUE;
    }
    return FALSE;
}

/*
 * Of the budgets that cover @pod: how many there are, and whether one allows nothing; @taken: what nodes before this one
 * will use up (its name in the namespace -> pods), or NULL. @adds: this pod will, too.
 */
static guint
count_budgets(View *view,
              const ApiObject *pod,
              GHashTable *taken,
              gboolean adds,
              gboolean *out_is_spent)
{
    g_autoptr(GPtrArray) budgets = g_ptr_array_new();
    guint count = 0;

    *out_is_spent = FALSE;
    view_list(view, &pdb_kind, api_namespace(pod), budgets);
    for (guint i = 0; i < budgets->len; i++) {
        gint32 used = taken == NULL
                          ? 0
                          : GPOINTER_TO_INT(g_hash_table_lookup(taken, api_key(budgets->pdata[i])));

        if (!pdb_covers(budgets->pdata[i], pod))
            continue;
        count++;
        *out_is_spent =
            *out_is_spent || pdb_status(budgets->pdata[i])->disruptions_allowed - used < 1;
        if (adds)
            g_hash_table_insert(taken, (gpointer)api_key(budgets->pdata[i]),
                                GINT_TO_POINTER(used + 1));
    }
    return count;
}

/* drainability/rules: the first that has an opinion. */
const char *
autoscaler_blocks(View *view, const ApiObject *pod, GHashTable *taken)
{
    const char *safe = str_map_get(&pod->meta->annotations, SAFE_TO_EVICT), *name = api_name(pod);
    gboolean is_spent;
    guint n_budgets = count_budgets(view, pod, taken, FALSE, &is_spent);

    if (str_is(safe, "true"))
        return NULL;
    if (api_controller_of(pod) == NULL)
        return str_internf("%s/%s is not replicated", api_namespace(pod), name);
    if (str_is(api_namespace(pod), "kube-system") && n_budgets == 0)
        return str_internf(
            "non-daemonset, non-mirrored, non-pdb-assigned kube-system pod present: %s", name);
    if (str_is(safe, "false"))
        return str_internf("pod annotated as not safe to evict present: %s", name);
    if (has_local_storage(pod))
        return str_internf("pod with local storage present: %s", name);
    return is_spent ? str_internf("not enough pod disruption budget to move %s/%s",
                                  api_namespace(pod), name)
                    : NULL;
}

/* IsPodLongTerminating: its node's kubelet will not tell of its end any more. */
static gboolean
is_long_going(const Reconcile *r, const ApiObject *pod)
{
    OptInt64 grace_s = pod_spec(pod)->termination_grace_s;

    return api_is_deleting(pod) && pod->meta->deletion_time +
                                           (grace_s.is_set ? grace_s.value : 30) * NS_PER_S +
                                           LONG_GOING_NS <
                                       r->wall_ns;
}

GPtrArray *
autoscaler_movable(const Reconcile *r, const char *node)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    GPtrArray *out = g_ptr_array_new();

    view_list_on_node(r->view, node, all);
    for (guint i = 0; i < all->len; i++)
        if (!pod_is_terminal(all->pdata[i]) && !autoscaler_is_daemon(all->pdata[i]) &&
            !is_long_going(r, all->pdata[i]))
            g_ptr_array_add(out, all->pdata[i]);
    return out;
}

const char *
autoscaler_why_blocked(const Reconcile *r, const GPtrArray *pods, GHashTable *taken)
{
    const char *why = NULL;

    for (guint i = 0; i < pods->len && why == NULL; i++)
        why = autoscaler_blocks(r->view, pods->pdata[i], taken);
    return why;
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
    *API_LIST_ADD(&spec->taints) = (Taint){.key = str_intern(mark->key),
                                           .value = str_intern(mark->value),
                                           .effect = str_intern(mark->effect)};
    return TRUE;
}

PlanStep *
autoscaler_mark(const Reconcile *r,
                Plan *plan,
                const ApiObject *node,
                const char *key,
                const char *effect,
                const char *why)
{
    Mark mark = {key,
                 effect == NULL ? NULL : str_internf("%" G_GINT64_FORMAT, r->wall_ns / NS_PER_S),
                 effect};
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

/* eligibility.go */
static gboolean
is_candidate(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    Utilization used;

    if (is_at_min(config, config->group_of(config->user, api_name(node))) ||
        g_hash_table_contains(state->deleting, api_name(node)) ||
        autoscaler_has_taint(node, AUTOSCALER_DELETE_TAINT) || autoscaler_is_starting(r, node) ||
        g_hash_table_contains(state->unremovable, api_name(node)) ||
        str_is(str_map_get(&node->meta->annotations, NOT_THIS_NODE), "true"))
        return FALSE;
    view_list_on_node(r->view, api_name(node), all);
    used = autoscaler_utilization(node, all);
    return MAX(used.cpu, used.memory) < config->utilization_permille / 1000.0;
}

/* unremovable/nodes.go: what could not be removed is not looked at for a while. */
static gboolean
is_past(gpointer name, gpointer until_ns, gpointer user)
{
    (void)name;
    return *(const gint64 *)until_ns <= ((const Reconcile *)user)->now_ns;
}

/* SimulateNodeRemoval. */
static gboolean
can_remove(const Reconcile *r, Simulation *sim, const ApiObject *node, GHashTable *taken)
{
    AutoscalerState *state = r->state;
    g_autoptr(GPtrArray) pods = autoscaler_movable(r, api_name(node));
    gboolean is_spent;
    gint64 *until_ns;

    if (autoscaler_why_blocked(r, pods, taken) == NULL && simulation_empty_node(sim, node, pods)) {
        for (guint i = 0; i < pods->len; i++)
            count_budgets(r->view, pods->pdata[i], taken, TRUE, &is_spent);
        return TRUE;
    }
    until_ns = g_new(gint64, 1);
    *until_ns = r->now_ns + RECHECK_NS;
    g_hash_table_insert(state->unremovable, (gpointer)api_name(node), until_ns);
    return FALSE;
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
            state->groups[i].candidates +=
                str_is(config->group_of(config->user, name), config->groups[i].name);
    }
}

/* Which nodes nobody needs now, and since when. */
static void
update_unneeded(const Reconcile *r, Simulation *sim, const GPtrArray *nodes)
{
    AutoscalerState *state = r->state;
    GHashTable *fresh = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);

    g_hash_table_foreach_remove(state->unremovable, is_past, (gpointer)r);
    for (guint i = 0; i < nodes->len; i++) {
        const ApiObject *node = nodes->pdata[i];
        const gint64 *since = g_hash_table_lookup(state->unneeded, api_name(node));
        gint64 *kept;

        if (!is_candidate(r, node) || !can_remove(r, sim, node, taken))
            continue;
        kept = g_new(gint64, 1);
        *kept = since != NULL ? *since : r->now_ns;
        g_hash_table_insert(fresh, (gpointer)api_name(node), kept);
    }
    g_hash_table_unref(state->unneeded);
    state->unneeded = fresh;
    note_candidates(r);
}

/* actuation/softtaint.go: first those that are needed again; so many in one loop. */
static void
mark_unneeded(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    const AutoscalerState *state = r->state;
    guint n_marks = 0;

    for (guint pass = 0; pass < 2; pass++)
        for (guint i = 0; i < nodes->len && n_marks < MARKS_MAX; i++) {
            const ApiObject *node = nodes->pdata[i];
            gboolean is_unneeded = g_hash_table_contains(state->unneeded, api_name(node));

            if (is_unneeded != (pass == 1) || autoscaler_has_taint(node, AUTOSCALER_DELETE_TAINT) ||
                autoscaler_has_taint(node, AUTOSCALER_SOFT_TAINT) == is_unneeded)
                continue;
            autoscaler_mark(r, plan, node, AUTOSCALER_SOFT_TAINT,
                            is_unneeded ? "PreferNoSchedule" : NULL,
                            is_unneeded ? "because nobody needs the node"
                                        : "because the node is needed again");
            n_marks++;
        }
}

/* --- deletion ------------------------------------------------------------------------------------------ */

static guint
count_drains(const Reconcile *r)
{
    const AutoscalerState *state = r->state;
    GHashTableIter iter;
    gpointer value;
    guint count = 0;

    g_hash_table_iter_init(&iter, state->deleting);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        count += !((const Deletion *)value)->is_drained && !((const Deletion *)value)->is_empty;
    return count;
}

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
        count += !((const Deletion *)value)->is_drained &&
                 (group == NULL || str_is(config->group_of(config->user, name), group));
    return count;
}

static gboolean
may_shrink(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;
    const char *group = config->group_of(config->user, api_name(node));

    for (guint i = 0; i < config->n_groups; i++)
        if (str_is(config->groups[i].name, group))
            return config->target_size(config->user, group) >
                   config->groups[i].min + count_deleting(r, group);
    return FALSE;
}

static gboolean
is_due(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;
    const gint64 *since = g_hash_table_lookup(state->unneeded, api_name(node));
    gboolean is_ready = autoscaler_is_ready(node);

    return since != NULL &&
           r->now_ns - *since > (is_ready ? config->unneeded_ns : config->unready_ns);
}

/* The default goes by its name in the profile; what the scenario sets does not have that value. */
static const char *
waited_for(const Reconcile *r, const ApiObject *node)
{
    const AutoscalerConfig *config = r->config;

    if (!autoscaler_is_ready(node))
        return "scale-down-unready-time";
    return config->unneeded_ns == profile_timer_ns(TIMER_UNNEEDED, config->version_minor)
               ? profile_timers[TIMER_UNNEEDED].name
               : "unneededTime of the scenario";
}

/* actuator.go, deleteAsyncEmpty, deleteAsyncDrain; @pods: that must move. */
static void
tell_deletion(const Reconcile *r, Plan *plan, const ApiObject *node, const GPtrArray *pods)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(GString) names = g_string_new(NULL);

    if (pods->len == 0) {
        autoscaler_log(r, plan, "Normal", "ScaleDownEmpty",
                       "Scale-down: removing empty node \"%s\"", api_name(node));
        return;
    }
    view_list_on_node(r->view, api_name(node), all);
    for (guint i = 0; i < pods->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? "," : "", api_key(pods->pdata[i]));
    autoscaler_log(r, plan, "Normal", "ScaleDown",
                   "Scale-down: removing node %s, utilization: %s, pods to reschedule: %s",
                   api_name(node),
                   autoscaler_utilization_text(autoscaler_utilization(node, all)), names->str);
}

static void
begin_deletion(const Reconcile *r, Plan *plan, const ApiObject *node, const GPtrArray *pods)
{
    AutoscalerState *state = r->state;
    const gint64 *since = g_hash_table_lookup(state->unneeded, api_name(node));
    Deletion *deletion = g_new0(Deletion, 1);

    plan_waited(plan, waited_for(r, node), r->now_ns - *since);
    deletion->since_ns = r->now_ns;
    deletion->is_empty = pods->len == 0;
    g_hash_table_insert(state->deleting, (gpointer)api_name(node), deletion);
    g_hash_table_remove(state->unneeded, api_name(node));
    autoscaler_mark(r, plan, node, AUTOSCALER_DELETE_TAINT, "NoSchedule",
                    "because nobody has needed the node for long enough");
    plan_event(plan, node, "Normal", "ScaleDown", "marked the node as toBeDeleted/unschedulable");
    tell_deletion(r, plan, node, pods);
    plan_enqueue_after(plan, api_name(node), TAINT_DELAY_NS);
}

/* budgets.go CropNodes: the empty ones first. */
static guint
delete_due(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    const AutoscalerConfig *config = r->config;
    guint n_begun = 0;

    for (guint pass = 0; pass < 2; pass++)
        for (guint i = 0; i < nodes->len; i++) {
            g_autoptr(GPtrArray) pods = autoscaler_movable(r, api_name(nodes->pdata[i]));

            if ((pods->len > 0) != (pass == 1) || !is_due(r, nodes->pdata[i]) ||
                !may_shrink(r, nodes->pdata[i]) ||
                count_deleting(r, NULL) >= config->empty_bulk_max ||
                (pass == 1 && count_drains(r) >= DRAINS_MAX))
                continue;
            begin_deletion(r, plan, nodes->pdata[i], pods);
            n_begun++;
        }
    return n_begun;
}

void
autoscaler_scale_down(const Reconcile *r, Plan *plan, Simulation *sim, gboolean may_delete)
{
    const AutoscalerConfig *config = r->config;
    const AutoscalerState *state = r->state;
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    guint n_begun = 0;

    view_list(r->view, &node_kind, NULL, nodes);
    g_ptr_array_sort(nodes, compare_nodes);
    update_unneeded(r, sim, nodes);
    if (may_delete &&
        !(state->has_grown && r->now_ns - state->last_up_ns < config->delay_after_add_ns) &&
        !(state->has_failed && r->now_ns - state->last_failure_ns < config->delay_after_failure_ns))
        n_begun = delete_due(r, plan, nodes);
    if (n_begun == 0)
        mark_unneeded(r, plan, nodes);
}
