#include "controllers/disruption.h"
#include "api/profile.h"

/*
 * v1.34 pkg/controller/disruption: how many pods of each budget are healthy, and how
 * many may go. Beside budgets there are two sorts of keys, told by their beginning:
 * pods that cover several budgets, and pods whose announced disruption did not come.
 */

#define RECHECK_GAP_NS (5 * NS_PER_MS) /* the recheck goes through the rate limit */
#define KEY_STALE      "stale:"
#define KEY_SEVERAL    "several:"

/* --- what is there, what must be ------------------------------------------------------------------ */

typedef struct {
    gint32 expected, desired, healthy;
    StrMap disrupted;
    gint64 recheck_ns; /* calendar; 0: none */
} Count;

/* A text where a percentage should be: v1.34 apimachinery/pkg/util/intstr. */
static gboolean
scale_amount(const IntOrString *amount, gint32 total, gint32 *out_value, const char **out_error)
{
    if (amount->type == INT_OR_STRING_STRING && !g_str_has_suffix(amount->string, "%")) {
        *out_error = str_intern("invalid value for IntOrString: invalid type: string is not a "
                                "percentage");
        return FALSE;
    }
    *out_value = int_or_string_scale(amount, total, TRUE);
    return TRUE;
}

/* getExpectedPodCount */
static gboolean
count_expected(const Reconcile *r,
               const PdbSpec *spec,
               const GPtrArray *pods,
               Count *count,
               guint *out_unmanaged,
               const char **out_error)
{
    gint32 amount = 0;

    *out_unmanaged = 0;
    if (spec->max_unavailable.type != INT_OR_STRING_UNSET) {
        if (!disruption_expected_scale(r->view, pods, &count->expected, out_unmanaged, out_error) ||
            !scale_amount(&spec->max_unavailable, count->expected, &amount, out_error))
            return FALSE;
        count->desired = MAX(count->expected - amount, 0);
    } else if (spec->min_available.type == INT_OR_STRING_INT) {
        count->desired = spec->min_available.integer;
        count->expected = (gint32)pods->len;
    } else if (spec->min_available.type == INT_OR_STRING_STRING) {
        if (!disruption_expected_scale(r->view, pods, &count->expected, out_unmanaged, out_error) ||
            !scale_amount(&spec->min_available, count->expected, &count->desired, out_error))
            return FALSE;
    }
    return TRUE;
}

static gint64
disrupted_since(const StrMap *disrupted, const char *name)
{
    const char *text = str_map_get(disrupted, name);
    gint64 since = 0;

    if (text == NULL || !time_parse_rfc3339(text, &since))
        return -1;
    return since;
}

/* buildDisruptedPodMap: who is deleted by now is no promise any more, nor who has been late. */
static void
keep_disrupted(const Reconcile *r,
               Plan *plan,
               const ApiObject *pdb,
               const GPtrArray *pods,
               Count *count)
{
    const StrMap *before = &pdb_status(pdb)->disrupted_pods;

    for (guint i = 0; i < pods->len && before->count > 0; i++) {
        const ApiObject *pod = pods->pdata[i];
        gint64 since = disrupted_since(before, api_name(pod));
        gint64 due = since + PROFILE_NS(DISRUPTION_DELETION);

        if (api_is_deleting(pod) || since < 0)
            continue;
        if (due < r->wall_ns) {
            /* The namespace twice: so it is upstream. */
            plan_event(plan, pod, "Warning", "NotDeleted",
                       "Pod was expected by PDB %s/%s to be deleted but it wasn't",
                       api_namespace(pdb), api_namespace(pdb));
            plan_waited(plan, profile_timers[TIMER_DISRUPTION_DELETION].name, r->wall_ns - since);
            continue;
        }
        if (count->recheck_ns == 0 || due < count->recheck_ns)
            count->recheck_ns = due;
        str_map_set(&count->disrupted, api_name(pod), str_map_get(before, api_name(pod)));
    }
}

static gint32
count_healthy(const Reconcile *r, const GPtrArray *pods, const StrMap *disrupted)
{
    gint32 healthy = 0;

    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];
        gint64 since = disrupted_since(disrupted, api_name(pod));

        if (api_is_deleting(pod) || (since >= 0 && since + PROFILE_NS(DISRUPTION_DELETION) > r->wall_ns))
            continue;
        healthy += pod_is_ready(pod);
    }
    return healthy;
}

/* --- status ----------------------------------------------------------------------------------------- */

/* v1.34 component-helpers/apps/poddisruptionbudget, ConditionsAreUpToDate */
static gboolean
is_condition_current(const PdbStatus *status)
{
    const Condition *condition = condition_find(&status->conditions, "DisruptionAllowed");
    gboolean is_allowed = status->disruptions_allowed > 0;

    return condition != NULL && condition->observed_generation == status->observed_generation &&
           str_is(condition->status, is_allowed ? "True" : "False") &&
           str_is(condition->reason, is_allowed ? "SufficientPods" : "InsufficientPods");
}

static void
write_status(const Reconcile *r, Plan *plan, const ApiObject *pdb, const Count *count)
{
    const PdbStatus *before = pdb_status(pdb);
    gint32 allowed = count->expected <= 0 ? 0 : MAX(count->healthy - count->desired, 0);
    ApiObject *changed;
    PdbStatus *status;

    if (before->current_healthy == count->healthy && before->desired_healthy == count->desired &&
        before->expected_pods == count->expected && before->disruptions_allowed == allowed &&
        str_map_equal(&before->disrupted_pods, &count->disrupted) &&
        before->observed_generation == pdb->meta->generation && is_condition_current(before))
        return;
    changed = api_object_copy(pdb);
    status = api_edit_status(changed);
    status->current_healthy = count->healthy;
    status->desired_healthy = count->desired;
    status->expected_pods = count->expected;
    status->disruptions_allowed = allowed;
    status->observed_generation = pdb->meta->generation;
    str_map_copy(&status->disrupted_pods, &count->disrupted);
    pdb_set_allowed_condition(status, r->wall_ns);
    plan_update_status(plan, changed, "because %d of %d pods are healthy and %d must be",
                       count->healthy, count->expected, count->desired);
}

/* failSafe: what cannot be counted may not be disrupted. */
static void
fail_safe(const Reconcile *r, Plan *plan, const ApiObject *pdb, const char *why)
{
    ApiObject *changed = api_object_copy(pdb);
    PdbStatus *status = api_edit_status(changed);
    Condition condition = {
        .type = str_intern("DisruptionAllowed"),
        .status = str_intern("False"),
        .reason = str_intern("SyncFailed"),
        .message = why,
        .observed_generation = status->observed_generation,
    };

    status->disruptions_allowed = 0;
    pdb_condition_put(status, &condition, r->wall_ns);
    plan_update_status(plan, changed, "because its pods cannot be counted");
}

/* As Go prints a *LabelSelector. */
static const char *
print_selector(const LabelSelector *selector)
{
    g_autoptr(GString) text = g_string_new("&LabelSelector{MatchLabels:map[string]string{");

    if (selector == NULL)
        return "nil";
    for (guint i = 0; i < selector->match_labels.count; i++)
        g_string_append_printf(text, "%s: %s,", selector->match_labels.items[i].key,
                               selector->match_labels.items[i].value);
    g_string_append(text, "},MatchExpressions:[]LabelSelectorRequirement{");
    for (guint i = 0; i < selector->match_expressions.count; i++) {
        const LabelSelectorRequirement *row = &selector->match_expressions.items[i];

        g_string_append_printf(text, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[",
                               row->key, row->operator_);
        for (guint k = 0; k < row->values.count; k++)
            g_string_append_printf(text, "%s%s", k > 0 ? " " : "", row->values.items[k]);
        g_string_append(text, "],},");
    }
    g_string_append(text, "},}");
    return str_intern(text->str);
}

static void
report_unmanaged(Plan *plan, const ApiObject *pdb)
{
    plan_event(plan, pdb, "Warning", "UnmanagedPods",
               "Pods selected by this PodDisruptionBudget (selector: %s) were found to be "
               "unmanaged. As a result, the status of the PDB cannot be calculated correctly, "
               "which may result in undefined behavior. To account for these pods please set "
               "\".spec.minAvailable\" field of the PDB to an integer value.",
               print_selector(pdb_spec(pdb)->selector));
}

/* trySync */
static void
reconcile_budget(const Reconcile *r, Plan *plan)
{
    const char *namespace_, *name;
    const ApiObject *pdb;
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    const char *why = NULL;
    Count count = {0};
    guint unmanaged;

    api_split_key(r->key, &namespace_, &name);
    pdb = view_get(r->view, &pdb_kind, namespace_, name);
    if (pdb == NULL)
        return;
    view_list(r->view, &pod_kind, namespace_, pods);
    for (guint i = pods->len; i-- > 0;)
        if (!pdb_covers(pdb, pods->pdata[i]))
            g_ptr_array_remove_index(pods, i);
    if (pods->len == 0)
        plan_event(plan, pdb, "Normal", "NoPods", "No matching pods found");
    if (!count_expected(r, pdb_spec(pdb), pods, &count, &unmanaged, &why)) {
        plan_event(plan, pdb, "Warning", "CalculateExpectedPodCountFailed",
                   "Failed to calculate the number of expected pods: %s", why);
        fail_safe(r, plan, pdb, why);
        return;
    }
    if (unmanaged > 0)
        report_unmanaged(plan, pdb);
    keep_disrupted(r, plan, pdb, pods, &count);
    count.healthy = count_healthy(r, pods, &count.disrupted);
    write_status(r, plan, pdb, &count);
    if (count.recheck_ns != 0)
        plan_requeue_after(plan, MAX(count.recheck_ns - r->wall_ns, 0) + RECHECK_GAP_NS);
    str_map_clear(&count.disrupted);
}

/* --- announced, and not gone ------------------------------------------------------------------------ */

/* nonTerminatingPodHasStaleDisruptionCondition; *out_due: calendar. */
static gboolean
has_stale_condition(const ApiObject *pod, gint64 *out_due)
{
    const Condition *condition = condition_find(&pod_status(pod)->conditions, "DisruptionTarget");

    if (api_is_deleting(pod) || condition == NULL || !str_is(condition->status, "True") ||
        str_is(condition->reason, "TerminationByKubelet") || pod_is_terminal(pod))
        return FALSE;
    *out_due = condition->last_transition_time + PROFILE_NS(DISRUPTION_STALE);
    return TRUE;
}

static void
reconcile_stale(const Reconcile *r, Plan *plan, const char *pod_key)
{
    const char *namespace_, *name;
    const ApiObject *pod;
    ApiObject *changed;
    Condition *condition;
    gint64 due = 0;

    api_split_key(pod_key, &namespace_, &name);
    pod = view_get(r->view, &pod_kind, namespace_, name);
    if (pod == NULL || !has_stale_condition(pod, &due))
        return;
    if (due > r->wall_ns) {
        plan_requeue_after(plan, due - r->wall_ns);
        return;
    }
    changed = api_object_copy(pod);
    condition = condition_edit(&((PodStatus *)api_edit_status(changed))->conditions,
                               str_intern("DisruptionTarget"));
    *condition = (Condition){
        .type = str_intern("DisruptionTarget"),
        .status = str_intern("False"),
        .last_transition_time = api_time_seconds(r->wall_ns),
        .observed_generation = pod->meta->generation,
    };
    plan_update_status(plan, changed, "because it was to be disrupted and has not been for long");
    plan_waited(plan, profile_timers[TIMER_DISRUPTION_STALE].name,
                r->wall_ns - due + PROFILE_NS(DISRUPTION_STALE));
}

/* --- several budgets ---------------------------------------------------------------------------------- */

static void
list_budgets(View *view, const ApiObject *pod, GPtrArray *out)
{
    view_list(view, &pdb_kind, api_namespace(pod), out);
    for (guint i = out->len; i-- > 0;)
        if (!pdb_covers(out->pdata[i], pod))
            g_ptr_array_remove_index(out, i);
}

static void
reconcile_several(const Reconcile *r, Plan *plan, const char *pod_key)
{
    g_autoptr(GPtrArray) budgets = g_ptr_array_new();
    const char *namespace_, *name;
    const ApiObject *pod;

    api_split_key(pod_key, &namespace_, &name);
    pod = view_get(r->view, &pod_kind, namespace_, name);
    if (pod == NULL)
        return;
    list_budgets(r->view, pod, budgets);
    if (budgets->len > 1)
        plan_event(plan, pod, "Warning", "MultiplePodDisruptionBudgets",
                   "Pod %s/%s matches multiple PodDisruptionBudgets.  Chose %s arbitrarily.",
                   api_quote(namespace_), api_quote(name),
                   api_quote(api_name(budgets->pdata[0])));
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    if (g_str_has_prefix(r->key, KEY_STALE))
        reconcile_stale(r, plan, r->key + strlen(KEY_STALE));
    else if (g_str_has_prefix(r->key, KEY_SEVERAL))
        reconcile_several(r, plan, r->key + strlen(KEY_SEVERAL));
    else
        reconcile_budget(r, plan);
}

/* --- what wakes it ------------------------------------------------------------------------------------ */

static void
on_budget(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object != NULL ? object : old);
}

/* Upstream wakes one of several budgets, by chance; here all of them are woken. */
static void
wake_budgets(Controller *controller, const ApiObject *pod, gboolean is_there)
{
    GPtrArray *budgets = view_scratch(controller_view(controller));

    list_budgets(controller_view(controller), pod, budgets);
    for (guint i = 0; i < budgets->len; i++)
        controller_enqueue_object(controller, budgets->pdata[i]);
    if (budgets->len > 1 && is_there)
        controller_enqueue(controller, str_internf(KEY_SEVERAL "%s", api_key(pod)));
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *pod = object != NULL ? object : old;
    gint64 due = 0;

    if (!view_is_empty(controller_view(controller), &pdb_kind))
        wake_budgets(controller, pod, object != NULL);
    if (object != NULL && has_stale_condition(object, &due))
        controller_enqueue_after(controller, str_internf(KEY_STALE "%s", api_key(pod)),
                                 MAX(due - controller_wall_ns(controller), 0));
}

static const char *
object_text(const char *key)
{
    if (g_str_has_prefix(key, KEY_STALE))
        return str_internf("pod/%s", key + strlen(KEY_STALE));
    if (g_str_has_prefix(key, KEY_SEVERAL))
        return str_internf("pod/%s", key + strlen(KEY_SEVERAL));
    return str_internf("poddisruptionbudget/%s", key);
}

static const ControllerSource sources[] = {
    {&pdb_kind, on_budget},       {&pod_kind, on_pod},           {&replica_set_kind, NULL},
    {&deployment_kind, NULL},     {&stateful_set_kind, NULL},    {&replication_controller_kind, NULL},
    {0},
};

const ControllerDef disruption_controller = {
    .name = "disruption",
    .component = "controllermanager",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
    .object_text = object_text,
};
