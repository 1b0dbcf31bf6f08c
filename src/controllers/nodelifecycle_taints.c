#include "controllers/nodelifecycle.h"

#define TAINTS_MAX          8
#define TAINT_UNSCHEDULABLE "node.kubernetes.io/unschedulable"

gboolean
node_has_taint(const ApiObject *node, const char *key, const char *effect)
{
    const TaintList *taints = &node_spec(node)->taints;

    for (guint i = 0; i < taints->count; i++)
        if (str_is(taints->items[i].key, key) && str_is(taints->items[i].effect, effect))
            return TRUE;
    return FALSE;
}

/* --- patches ----------------------------------------------------------------------------------------- */

typedef struct {
    TaintName names[TAINTS_MAX];
    guint count;
    ApiTime time;
} TaintChange;

/* v1.34 pkg/util/taints, AddOrUpdateTaint: one of the same key and effect is replaced in its place. */
static gboolean
add_taints(ApiObject *node, gpointer data)
{
    const TaintChange *change = data;
    NodeSpec *spec = api_edit_spec(node);

    for (guint i = 0; i < change->count; i++) {
        Taint *taint = NULL;

        for (guint k = 0; k < spec->taints.count; k++)
            if (str_is(spec->taints.items[k].key, change->names[i].key) &&
                str_is(spec->taints.items[k].effect, change->names[i].effect))
                taint = &spec->taints.items[k];
        if (taint == NULL)
            taint = API_LIST_ADD(&spec->taints);
        *taint = (Taint){
            .key = str_intern(change->names[i].key),
            .effect = str_intern(change->names[i].effect),
            .time_added = change->time,
        };
    }
    return TRUE;
}

static gboolean
remove_taints(ApiObject *node, gpointer data)
{
    const TaintChange *change = data;
    NodeSpec *spec = api_edit_spec(node);
    guint kept = 0;

    for (guint k = 0; k < spec->taints.count; k++) {
        gboolean is_removed = FALSE;

        for (guint i = 0; i < change->count; i++)
            is_removed |= str_is(spec->taints.items[k].key, change->names[i].key) &&
                          str_is(spec->taints.items[k].effect, change->names[i].effect);
        if (!is_removed)
            spec->taints.items[kept++] = spec->taints.items[k];
    }
    if (kept == spec->taints.count)
        return FALSE;
    spec->taints.count = kept;
    return TRUE;
}

static const char *
names_text(const TaintChange *change)
{
    const char *text = str_intern("");

    for (guint i = 0; i < change->count; i++)
        text = str_internf("%s%s%s:%s", text, i == 0 ? "" : ", ", change->names[i].key,
                           change->names[i].effect);
    return text;
}

static void
plan_change(Plan *plan, const ApiObject *node, ApiMutate mutate, const TaintChange *change)
{
    const char *what = mutate == add_taints ? "add" : "remove";
    PlanStep *step;

    plan_read(plan, &node_kind, NULL, api_name(node),
              "because its taints are patched as they are now");
    step = plan_patch(plan, node, NULL, mutate, g_memdup2(change, sizeof *change), g_free,
                      "because of its conditions: %s %s", what, names_text(change));
    step->retries_on_conflict = 5;
}

void
plan_swap_taints(Plan *plan,
                 const ApiObject *node,
                 const TaintName *add,
                 guint n_add,
                 const TaintName *remove,
                 guint n_remove,
                 gint64 wall_ns)
{
    TaintChange added = {.time = api_time_seconds(wall_ns)};
    TaintChange removed = {0};

    for (guint i = 0; i < n_add && i < TAINTS_MAX; i++)
        added.names[added.count++] = add[i];
    for (guint i = 0; i < n_remove && i < TAINTS_MAX; i++)
        if (node_has_taint(node, remove[i].key, remove[i].effect))
            removed.names[removed.count++] = remove[i];
    if (added.count > 0)
        plan_change(plan, node, add_taints, &added);
    if (removed.count > 0)
        plan_change(plan, node, remove_taints, &removed);
}

void
plan_mark_reachable(const Reconcile *r, Plan *plan, const ApiObject *node)
{
    static const TaintName taints[] = {
        {TAINT_UNREACHABLE, "NoExecute"},
        {TAINT_NOT_READY, "NoExecute"},
    };
    Zone *zone = zone_of(r->state, node, controllers_config_of(r->config));

    for (guint i = 0; i < G_N_ELEMENTS(taints); i++)
        plan_swap_taints(plan, node, NULL, 0, &taints[i], 1, r->wall_ns);
    zone_queue_remove(zone, api_name(node));
}

/* --- NoSchedule -------------------------------------------------------------------------------------------- */

/* v1.34 node_lifecycle_controller.go, nodeConditionToTaintKeyStatusMap. */
static const struct {
    const char *type, *status, *key;
} condition_taints[] = {
    {"Ready", "False", TAINT_NOT_READY},
    {"Ready", "Unknown", TAINT_UNREACHABLE},
    {"MemoryPressure", "True", "node.kubernetes.io/memory-pressure"},
    {"DiskPressure", "True", "node.kubernetes.io/disk-pressure"},
    {"NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"},
    {"PIDPressure", "True", "node.kubernetes.io/pid-pressure"},
    {NULL, NULL, TAINT_UNSCHEDULABLE}, /* of spec.unschedulable */
};

static const char *
taint_of_condition(const Condition *condition)
{
    for (guint i = 0; i < G_N_ELEMENTS(condition_taints); i++)
        if (str_is(condition->type, condition_taints[i].type) &&
            str_is(condition->status, condition_taints[i].status))
            return condition_taints[i].key;
    return NULL;
}

static gboolean
is_named(const TaintName *names, guint count, const char *key)
{
    for (guint i = 0; i < count; i++)
        if (str_is(names[i].key, key))
            return TRUE;
    return FALSE;
}

/* Wanted in the order of the conditions, then of spec.unschedulable. */
void
node_reconcile_no_schedule(const Reconcile *r, Plan *plan, const ApiObject *node)
{
    const ConditionList *conditions = &node_status(node)->conditions;
    TaintName wanted[G_N_ELEMENTS(condition_taints)];
    TaintName add[G_N_ELEMENTS(condition_taints)];
    TaintName remove[G_N_ELEMENTS(condition_taints)];
    guint n_wanted = 0;
    guint n_add = 0;
    guint n_remove = 0;

    for (guint i = 0; i < conditions->count; i++) {
        const char *key = taint_of_condition(&conditions->items[i]);

        if (key != NULL && !is_named(wanted, n_wanted, key))
            wanted[n_wanted++] = (TaintName){key, "NoSchedule"};
    }
    if (node_spec(node)->unschedulable)
        wanted[n_wanted++] = (TaintName){TAINT_UNSCHEDULABLE, "NoSchedule"};
    for (guint i = 0; i < n_wanted; i++)
        if (!node_has_taint(node, wanted[i].key, "NoSchedule"))
            add[n_add++] = wanted[i];
    for (guint i = 0; i < G_N_ELEMENTS(condition_taints); i++)
        if (node_has_taint(node, condition_taints[i].key, "NoSchedule") &&
            !is_named(wanted, n_wanted, condition_taints[i].key))
            remove[n_remove++] = (TaintName){condition_taints[i].key, "NoSchedule"};
    plan_swap_taints(plan, node, add, n_add, remove, n_remove, r->wall_ns);
}

/* --- labels: reconcileNodeLabels -------------------------------------------------------------------------- */

static const struct {
    const char *primary, *secondary;
} label_pairs[] = {
    {"kubernetes.io/os", "beta.kubernetes.io/os"},
    {"kubernetes.io/arch", "beta.kubernetes.io/arch"},
};

static gboolean
has_stale_label(const ApiObject *node, guint pair)
{
    const char *primary =
        str_map_get(&node->meta->labels, str_intern(label_pairs[pair].primary));

    return primary != NULL &&
           !str_is(str_map_get(&node->meta->labels, str_intern(label_pairs[pair].secondary)),
                   primary);
}

static gboolean
mend_labels(ApiObject *node, gpointer data)
{
    gboolean is_changed = FALSE;

    (void)data;
    for (guint i = 0; i < G_N_ELEMENTS(label_pairs); i++) {
        if (!has_stale_label(node, i))
            continue;
        str_map_set(&api_edit_meta(node)->labels, str_intern(label_pairs[i].secondary),
                    str_map_get(&node->meta->labels, str_intern(label_pairs[i].primary)));
        is_changed = TRUE;
    }
    return is_changed;
}

void
node_reconcile_labels(Plan *plan, const ApiObject *node)
{
    for (guint i = 0; i < G_N_ELEMENTS(label_pairs); i++)
        if (has_stale_label(node, i)) {
            plan_read(plan, &node_kind, NULL, api_name(node),
                      "because its labels are patched as they are now");
            plan_patch(plan, node, NULL, mend_labels, NULL, NULL,
                       "because its old labels follow its new ones");
            return;
        }
}
