/*
 * HorizontalPodAutoscaler: one sync
 *
 * Models v1.34 pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler:
 * read the target's scale, read the metrics, compute, set the scale, write the
 * status. A key waits 15 s before each sync, whatever woke it.
 */
#include "api/selector.h"
#include "api/profile.h"
#include "base/duration.h"
#include "controllers/podautoscaler_sync.h"

#define SYNC_PERIOD_NS (15 * NS_PER_S)

static void
sync_free(gpointer data)
{
    HpaSync *sync = data;

    api_object_unref(sync->hpa);
    api_object_unref(sync->target);
    selector_free(sync->selector);
    for (guint i = 0; i < sync->statuses.count; i++)
        api_struct_clear(&metric_status_type, &sync->statuses.items[i]);
    g_free(sync->statuses.items);
    g_free(sync);
}

/* A continuation that takes the sync over from the plan that ended. */
static HpaSync *
sync_copy(const HpaSync *from)
{
    HpaSync *sync = g_new0(HpaSync, 1);

    *sync = *from;
    api_object_ref(sync->hpa);
    if (sync->target != NULL)
        api_object_ref(sync->target);
    sync->selector = NULL;
    sync->statuses = (MetricStatusList){0};
    for (guint i = 0; i < from->statuses.count; i++)
        api_struct_copy(&metric_status_type, API_LIST_ADD(&sync->statuses), &from->statuses.items[i]);
    return sync;
}

/* --- status --------------------------------------------------------------------------------------- */

static void
set_status(HpaSync *sync, const Reconcile *r, gint32 desired, gboolean was_rescaled)
{
    HpaStatus *status = api_edit_status(sync->hpa);

    status->current_replicas = sync->current;
    status->desired_replicas = desired;
    for (guint i = 0; i < status->current_metrics.count; i++)
        api_struct_clear(&metric_status_type, &status->current_metrics.items[i]);
    status->current_metrics.count = 0;
    for (guint i = 0; i < sync->statuses.count; i++)
        api_struct_copy(&metric_status_type, API_LIST_ADD(&status->current_metrics), &sync->statuses.items[i]);
    if (was_rescaled)
        status->last_scale_time = api_time_seconds(r->wall_ns);
}

/* updateStatusIfNeeded: @sync's copy against what the informer had. */
static void
write_status(HpaSync *sync, const Reconcile *r, Plan *plan)
{
    const ApiObject *old = view_get(r->view, &hpa_kind, api_namespace(sync->hpa), api_name(sync->hpa));
    PlanStep *step;

    if (old != NULL && api_struct_equal(&hpa_status_type, old->status, sync->hpa->status))
        return;
    step = plan_update_status(plan, api_object_ref(sync->hpa), "status");
    step->continue_on_error = TRUE;
    step->event_about = api_object_ref(sync->hpa);
    step->on_failure = (StepEvent){"Warning", "FailedUpdateStatus", "%s"};
}

/* --- after the scale was set -------------------------------------------------------------------------- */

static void
rescaled(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    HpaSync *sync = carry;
    const StepResult *result = &results[n_results - 1];
    ApiObject *hpa = api_object_copy(sync->hpa);

    api_object_unref(sync->hpa);
    sync->hpa = hpa;
    plan_requeue_after(plan, SYNC_PERIOD_NS);
    if (result->code < 200 || result->code >= 300) {
        const char *why = result->status != NULL ? result->status->message : "request failed";

        hpa_event(sync, plan, "Warning", "FailedRescale", "New size: %d; reason: %s; error: %s",
                   sync->desired, sync->reason, why);
        hpa_set_condition(sync, r,
                          hpa_verdict("AbleToScale", "False", "FailedUpdateScale",
                                      str_internf("the HPA controller was unable to update the target scale: %s", why)));
        set_status(sync, r, hpa_status(sync->hpa)->desired_replicas, FALSE);
        write_status(sync, r, plan);
        return;
    }
    hpa_set_condition(sync, r,
                      hpa_verdict("AbleToScale", "True", "SucceededRescale",
                                  str_internf("the HPA controller was able to update the target scale to %d", sync->desired)));
    hpa_event(sync, plan, "Normal", "SuccessfulRescale", "New size: %d; reason: %s", sync->desired, sync->reason);
    hpa_note_rescale(hpa_memory(r->state, r->key), hpa_spec(sync->hpa)->behavior, sync->current, sync->desired, r->now_ns);
    set_status(sync, r, sync->desired, TRUE);
    write_status(sync, r, plan);
}

/* --- deciding --------------------------------------------------------------------------------------- */

/* What a step down had to wait for: the window, or what of it has passed since the last step. */
static gint64
down_wait_ns(const HpaSync *sync, const Reconcile *r)
{
    const HpaBehavior *behavior = hpa_spec(sync->hpa)->behavior;
    gint64 window_ns = controllers_config_of(r->config)->hpa_downscale_stabilization_ns;
    ApiTime last = hpa_status(sync->hpa)->last_scale_time;

    if (behavior != NULL && behavior->scale_down->stabilization_window_s.is_set)
        window_ns = behavior->scale_down->stabilization_window_s.value * NS_PER_S;
    return last == 0 ? window_ns : MIN(window_ns, api_time_seconds(r->wall_ns) - last);
}

static void
decide(HpaSync *sync, const Reconcile *r, Plan *plan, gint32 desired, const char *reason)
{
    PlanStep *step;

    plan_requeue_after(plan, SYNC_PERIOD_NS);
    if (desired == sync->current) {
        set_status(sync, r, sync->current, FALSE);
        write_status(sync, r, plan);
        return;
    }
    sync->desired = desired;
    if (desired < sync->current && sync->has_statuses)
        plan_waited(plan, profile_timers[TIMER_HPA_DOWNSCALE].name, down_wait_ns(sync, r));
    sync->reason = str_intern(reason);
    step = plan_scale(plan, sync->target, desired, "%s", reason);
    step->continue_on_error = TRUE;
    step->ignores_errors = TRUE;
    plan_continue(plan, rescaled, sync_copy(sync), sync_free);
}

static gint32
normalize(HpaSync *sync, const Reconcile *r, gint32 desired)
{
    const HpaSpec *spec = hpa_spec(sync->hpa);
    HpaLimits limits = {
        .memory = hpa_memory(r->state, r->key),
        .now_ns = r->now_ns,
        .behavior = spec->behavior,
        .downscale_stabilization_ns = controllers_config_of(r->config)->hpa_downscale_stabilization_ns,
        .min = spec->min_replicas.is_set ? spec->min_replicas.value : 1,
        .max = spec->max_replicas,
        .current = sync->current,
        .desired = desired,
    };
    HpaVerdict able, limited;
    gint32 out = hpa_normalize(&limits, &able, &limited);

    hpa_set_condition(sync, r, able);
    hpa_set_condition(sync, r, limited);
    return out;
}

static void
metrics_read(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    HpaSync *sync = carry;
    ApiObject *hpa = api_object_copy(sync->hpa);
    const char *metric, *error, *reason = "";
    gint32 proposed;

    (void)n_results;
    api_object_unref(sync->hpa);
    sync->hpa = hpa;
    sync->selector = selector_parse(sync->selector_text, NULL);
    proposed = hpa_compute_metrics(sync, r, results, plan, &metric, &error);
    if (proposed < 0) {
        set_status(sync, r, hpa_status(sync->hpa)->desired_replicas, FALSE);
        write_status(sync, r, plan);
        hpa_event(sync, plan, "Warning", "FailedComputeMetricsReplicas", "%s", error);
        plan_requeue_after(plan, SYNC_PERIOD_NS);
        return;
    }
    if (proposed > sync->current)
        reason = str_internf("%s above target", metric);
    else if (proposed < sync->current)
        reason = "All metrics below target";
    decide(sync, r, plan, normalize(sync, r, proposed), reason);
}

/* --- whose pods are these --------------------------------------------------------------------------- */

static int
compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean
matches_any(const GPtrArray *pods, const char *selector_text)
{
    g_autoptr(Selector) selector = selector_parse(selector_text, NULL);

    for (guint i = 0; selector != NULL && i < pods->len; i++)
        if (selector_matches(selector, &((const ApiObject *)g_ptr_array_index(pods, i))->meta->labels))
            return TRUE;
    return FALSE;
}

/* "[default/a default/b]" if more than one autoscaler's selector matches the target's pods; else NULL. */
static const char *
rivals(const HpaSync *sync, const Reconcile *r)
{
    const HpaState *state = r->state;
    g_autoptr(GPtrArray) all = g_ptr_array_new(), pods = g_ptr_array_new(), keys = g_ptr_array_new();
    g_autoptr(GString) out = g_string_new("[");
    GHashTableIter iter;
    gpointer key, value;

    view_list(r->view, &pod_kind, api_namespace(sync->hpa), all);
    for (guint i = 0; i < all->len; i++)
        if (selector_matches(sync->selector, &((const ApiObject *)g_ptr_array_index(all, i))->meta->labels))
            g_ptr_array_add(pods, g_ptr_array_index(all, i));
    g_hash_table_iter_init(&iter, state->by_key);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const HpaMemory *memory = value;

        if (memory->selector != NULL && str_is(memory->namespace_, api_namespace(sync->hpa)) &&
            matches_any(pods, memory->selector))
            g_ptr_array_add(keys, key);
    }
    if (keys->len < 2)
        return NULL;
    g_ptr_array_sort(keys, compare_text);
    for (guint i = 0; i < keys->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " " : "", (const char *)g_ptr_array_index(keys, i));
    g_string_append_c(out, ']');
    return str_intern(out->str);
}

/* validateAndParseSelector. FALSE: said why, status included. */
static gboolean
check_selector(HpaSync *sync, const Reconcile *r, Plan *plan)
{
    HpaMemory *memory = hpa_memory(r->state, r->key);
    const char *reason = NULL, *event = NULL, *message = NULL, *text = NULL;

    if (str_is_empty(sync->selector_text)) {
        reason = "InvalidSelector";
        event = "SelectorRequired";
        text = "selector is required";
        message = "the HPA target's scale is missing a selector";
    } else {
        const char *keys;

        memory->namespace_ = api_namespace(sync->hpa);
        memory->selector = sync->selector_text;
        keys = rivals(sync, r);
        if (keys == NULL)
            return TRUE;
        reason = event = "AmbiguousSelector";
        text = message =
            str_internf("pods by selector %s are controlled by multiple HPAs: %s", sync->selector_text, keys);
    }
    hpa_event(sync, plan, "Warning", event, "%s", text);
    hpa_set_condition(sync, r, hpa_verdict("ScalingActive", "False", reason, message));
    set_status(sync, r, hpa_status(sync->hpa)->desired_replicas, FALSE);
    write_status(sync, r, plan);
    hpa_event(sync, plan, "Warning", "FailedComputeMetricsReplicas", "%s", text);
    plan_requeue_after(plan, SYNC_PERIOD_NS);
    return FALSE;
}

/* --- scale ------------------------------------------------------------------------------------------ */

/* What the scale subresource of @target says. */
static void
read_scale(HpaSync *sync, const ApiObject *target)
{
    const LabelSelector *selector = NULL;
    LabelSelector of_map;
    OptInt32 replicas = OPT_INT32(1);

    if (target->kind == &deployment_kind) {
        replicas = deployment_spec(target)->replicas;
        selector = deployment_spec(target)->selector;
        sync->status_replicas = deployment_status(target)->replicas;
    } else if (target->kind == &replica_set_kind) {
        replicas = replica_set_spec(target)->replicas;
        selector = replica_set_spec(target)->selector;
        sync->status_replicas = replica_set_status(target)->replicas;
    } else if (target->kind == &replication_controller_kind) {
        of_map = replica_set_selector(target);
        replicas = replica_set_spec(target)->replicas;
        selector = &of_map;
        sync->status_replicas = replica_set_status(target)->replicas;
    } else if (target->kind == &stateful_set_kind) {
        replicas = stateful_set_spec(target)->replicas;
        selector = stateful_set_spec(target)->selector;
        sync->status_replicas = stateful_set_status(target)->replicas;
    }
    sync->current = replicas.is_set ? replicas.value : 1;
    sync->selector = selector_from_label_selector(selector);
    sync->selector_text = selector == NULL ? "" : selector_format(sync->selector);
}

static void
scale_failed(HpaSync *sync, const Reconcile *r, Plan *plan, const char *why)
{
    hpa_event(sync, plan, "Warning", "FailedGetScale", "%s", why);
    hpa_set_condition(sync, r,
                      hpa_verdict("AbleToScale", "False", "FailedGetScale",
                                  str_internf("the HPA controller was unable to get the target's current scale: %s", why)));
    write_status(sync, r, plan);
    plan_requeue_after(plan, SYNC_PERIOD_NS);
}

static void
scale_read(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    HpaSync *sync = carry;
    const HpaSpec *spec = hpa_spec(sync->hpa);
    gint32 min = spec->min_replicas.is_set ? spec->min_replicas.value : 1;
    HpaMemory *memory = hpa_memory(r->state, r->key);
    ApiObject *hpa = api_object_copy(sync->hpa);

    (void)n_results;
    api_object_unref(sync->hpa);
    sync->hpa = hpa;
    spec = hpa_spec(sync->hpa);
    if (results[0].object == NULL) {
        scale_failed(sync, r, plan,
                     results[0].status != NULL ? results[0].status->message : "request failed");
        return;
    }
    sync->target = api_object_ref(results[0].object);
    read_scale(sync, sync->target);
    hpa_set_condition(sync, r,
                      hpa_verdict("AbleToScale", "True", "SucceededGetScale",
                                  "the HPA controller was able to get the target's current scale"));
    if (memory->recommendations->len == 0) {
        HpaSample sample = {.replicas = sync->current, .time_ns = r->now_ns};

        g_array_append_val(memory->recommendations, sample);
    }
    if (sync->current == 0 && min != 0) {
        hpa_set_condition(sync, r,
                          hpa_verdict("ScalingActive", "False", "ScalingDisabled",
                                      "scaling is disabled since the replica count of the target is zero"));
        decide(sync, r, plan, 0, "");
    } else if (sync->current > spec->max_replicas) {
        decide(sync, r, plan, spec->max_replicas, "Current number of replicas above Spec.MaxReplicas");
    } else if (sync->current < min) {
        decide(sync, r, plan, min, "Current number of replicas below Spec.MinReplicas");
    } else if (check_selector(sync, r, plan)) {
        hpa_ask_metrics(sync, plan);
        plan_continue(plan, metrics_read, sync_copy(sync), sync_free);
    }
}

/* By group and kind, as the REST mapper finds it; the version does not matter. */
static const ApiKind *
target_kind(const CrossVersionObjectReference *target)
{
    const char *slash = target->api_version == NULL ? NULL : strchr(target->api_version, '/');
    g_autofree char *group =
        slash == NULL ? g_strdup("") : g_strndup(target->api_version, (gsize)(slash - target->api_version));

    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (str_is(api_kinds[i]->kind, target->kind) && strcmp(api_kinds[i]->group, group) == 0)
            return api_kinds[i];
    return NULL;
}

static const char *
no_match_text(const CrossVersionObjectReference *target)
{
    const char *slash = target->api_version == NULL ? NULL : strchr(target->api_version, '/');

    if (slash == NULL)
        return str_internf("no matches for kind \"%s\" in group \"\"", target->kind);
    return str_internf("no matches for kind \"%s\" in group \"%.*s\"", target->kind,
                       (int)(slash - target->api_version), target->api_version);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_, *name;
    const ApiObject *hpa;
    const ApiKind *kind;
    HpaSync *sync;
    PlanStep *step;

    api_split_key(r->key, &namespace_, &name);
    hpa = view_get(r->view, &hpa_kind, namespace_, name);
    if (hpa == NULL) {
        HpaState *state = r->state;

        if (state->by_key != NULL)
            g_hash_table_remove(state->by_key, r->key);
        return;
    }
    sync = g_new0(HpaSync, 1);
    sync->hpa = api_object_copy(hpa);
    kind = target_kind(&hpa_spec(hpa)->scale_target);
    if (kind == NULL) {
        scale_failed(sync, r, plan, no_match_text(&hpa_spec(hpa)->scale_target));
        sync_free(sync);
        return;
    }
    step = plan_read(plan, kind, namespace_, hpa_spec(hpa)->scale_target.name, "read the scale of its target");
    step->subresource = str_intern("scale");
    step->continue_on_error = TRUE;
    step->ignores_errors = TRUE;
    plan_continue(plan, scale_read, sync, sync_free);
}

static void
on_hpa(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    HpaState *state = controller_state(controller);

    if (object != NULL)
        controller_enqueue_after(controller, api_key(object), SYNC_PERIOD_NS);
    else if (state->by_key != NULL && g_hash_table_contains(state->by_key, api_key(old)))
        hpa_memory(state, api_key(old))->selector = NULL;
}

static gpointer
new_state(void)
{
    return g_new0(HpaState, 1);
}

static void
free_state(gpointer data)
{
    HpaState *state = data;

    g_clear_pointer(&state->by_key, g_hash_table_unref);
    g_free(state);
}

static const ControllerSource sources[] = {
    {&hpa_kind, on_hpa},
    {&pod_kind, NULL},
    {0},
};

const ControllerDef horizontal_pod_autoscaler_controller = {
    .name = "horizontal-pod-autoscaler",
    .component = "horizontal-pod-autoscaler",
    .workers = 5,
    .queue = {.base_ns = SYNC_PERIOD_NS, .cap_ns = SYNC_PERIOD_NS, .no_bucket = TRUE},
    .sources = sources,
    .reconcile = reconcile,
    .new_state = new_state,
    .free_state = free_state,
};
