#include "controllers/controllers.h"
#include "api/profile.h"
#include "controllers/statefulset_sync.h"

#define BURST_REPLICAS 500

/* --- a sync and its memory ---------------------------------------------------------------------- */

static StatefulSync *
sync_new(const Reconcile *r, const ApiObject *set, Plan *plan)
{
    StatefulSync *sync = g_new0(StatefulSync, 1);

    sync->ref_count = 1;
    sync->r = r;
    sync->set = api_object_ref(set);
    sync->pods = g_ptr_array_new_with_free_func(api_object_unref);
    sync->revisions = g_ptr_array_new_with_free_func(api_object_unref);
    sync->replicas = g_array_new(FALSE, FALSE, sizeof(Slot));
    sync->condemned = g_array_new(FALSE, FALSE, sizeof(Slot));
    sync->create_steps = g_array_new(FALSE, FALSE, sizeof(CreateStep));
    sync->plan = plan;
    return sync;
}

static void
sync_free(gpointer data)
{
    StatefulSync *sync = data;

    if (--sync->ref_count > 0)
        return;
    api_object_unref(sync->set);
    api_object_unref(sync->current);
    api_object_unref(sync->update);
    g_ptr_array_unref(sync->pods);
    g_ptr_array_unref(sync->revisions);
    g_array_unref(sync->replicas);
    g_array_unref(sync->condemned);
    g_array_unref(sync->create_steps);
    g_free(sync);
}

static StatefulSync *
sync_ref(StatefulSync *sync)
{
    sync->ref_count++;
    return sync;
}

/* --- predicates ------------------------------------------------------------------------------------ */

static gboolean
is_running_and_ready(const ApiObject *pod)
{
    return str_is(pod_status(pod)->phase, "Running") && pod_is_ready(pod);
}

static gboolean
is_available(const StatefulSync *sync, const ApiObject *pod)
{
    return is_running_and_ready(pod) &&
           pod_is_available(pod, stateful_set_spec(sync->set)->min_ready_s, sync->r->wall_ns);
}

/* Of a pod that may hold the update up; before v1.34 it had to be ready, no longer. */
static gboolean
is_unavailable(const StatefulSync *sync, const ApiObject *pod)
{
    gboolean has_to_last = profile_has(FEATURE_STATEFUL_MIN_READY, sync->r->version_minor);

    return pod == NULL || !(has_to_last ? is_available(sync, pod) : is_running_and_ready(pod)) || api_is_deleting(pod);
}

static gboolean
is_monotonic(const StatefulSync *sync)
{
    return !str_is(stateful_set_spec(sync->set)->pod_management_policy, "Parallel");
}

/* --- slots --------------------------------------------------------------------------------------------- */

static gint
compare_descending(gconstpointer a, gconstpointer b)
{
    gint32 ordinal_a = ((const Slot *)a)->ordinal;
    gint32 ordinal_b = ((const Slot *)b)->ordinal;

    return ordinal_a == ordinal_b ? 0 : ordinal_a > ordinal_b ? -1 : 1;
}

static void
fill_slots(StatefulSync *sync)
{
    gint32 start = stateful_start(sync->set);
    gint32 count = replicas_of(stateful_set_spec(sync->set)->replicas);
    gboolean is_found = FALSE;

    for (gint32 i = 0; i < count; i++)
        g_array_append_val(sync->replicas, ((Slot){NULL, start + i}));
    for (guint i = 0; i < sync->pods->len; i++) {
        const ApiObject *pod = sync->pods->pdata[i];
        Slot slot = {pod, stateful_ordinal(sync->set, pod)};

        if (slot.ordinal >= start && slot.ordinal - start < count)
            g_array_index(sync->replicas, Slot, slot.ordinal - start) = slot;
        else
            g_array_append_val(sync->condemned, slot);
    }
    g_array_sort(sync->condemned, compare_descending);
    for (guint i = 0; i < sync->replicas->len && !is_found; i++) {
        sync->first_unhealthy = g_array_index(sync->replicas, Slot, i).pod;
        is_found = is_unavailable(sync, sync->first_unhealthy);
    }
    for (guint i = sync->condemned->len; i-- > 0 && !is_found;) {
        sync->first_unhealthy = g_array_index(sync->condemned, Slot, i).pod;
        is_found = is_unavailable(sync, sync->first_unhealthy);
    }
    if (!is_found)
        sync->first_unhealthy = NULL;
}

/* --- the pods that should be: processReplica ------------------------------------------------------------ */

/* OrderedReady ends the sync at the first that is not VERDICT_FINE, Parallel only at an error. */
typedef enum { VERDICT_FINE, VERDICT_STOP, VERDICT_ERROR } Verdict;

static gboolean
is_missing(const Slot *slot)
{
    return slot->pod == NULL || str_is_empty(pod_status(slot->pod)->phase);
}

static Verdict
process_replica(StatefulSync *sync, const Slot *slot, gboolean monotonic)
{
    const ApiObject *pod = slot->pod;

    if (is_missing(slot)) {
        /* DEVIATES: the original waits for the next event, of pod or set; we look again until the claim is gone. */
        if (stateful_claims_are_stale(sync, slot->ordinal)) {
            plan_fail(sync->plan, "pod %d waits for the claims of its predecessor to go", slot->ordinal);
            return VERDICT_STOP;
        }
        /* The claims come before the pod that needs them. */
        if (!stateful_plan_claims(sync, slot->ordinal, TRUE) || !stateful_plan_create(sync, slot->ordinal))
            return VERDICT_ERROR;
        return monotonic ? VERDICT_STOP : VERDICT_FINE;
    }
    if (pod_is_terminal(pod)) {
        if (!api_is_deleting(pod))
            stateful_plan_delete(sync, pod, "because it has ended");
        return VERDICT_STOP;
    }
    /* createMissingPersistentVolumeClaims */
    if (str_is(pod_status(pod)->phase, "Pending")) {
        if (!stateful_plan_claims(sync, slot->ordinal, FALSE))
            return VERDICT_ERROR;
        stateful_plan_retention(sync, pod);
    }
    if (monotonic && (api_is_deleting(pod) || !is_available(sync, pod)))
        return VERDICT_STOP;
    if (!stateful_identity_matches(sync->set, pod) || !stateful_storage_matches(sync->set, pod) ||
        !stateful_retention_matches(sync, pod))
        stateful_plan_repair(sync, pod);
    return VERDICT_FINE;
}

/* runForAll, slowStartBatch: an error of one does not keep those of its batch from being tried. */
static guint
batch_end(guint index)
{
    guint end = 1;

    for (guint size = 2; end <= index; size = MIN(2 * size, BURST_REPLICAS))
        end += size;
    return end;
}

/* TRUE: the sync ends here. */
static gboolean
process_replicas(StatefulSync *sync)
{
    gboolean monotonic = is_monotonic(sync);
    guint end = sync->replicas->len;
    gboolean is_fine = TRUE;

    if (!monotonic)
        plan_group_begin(sync->plan, GROUP_SLOW_START);
    for (guint i = 0; i < end; i++) {
        Verdict verdict;

        plan_group_item(sync->plan);
        verdict = process_replica(sync, &g_array_index(sync->replicas, Slot, i), monotonic);
        if (monotonic && verdict != VERDICT_FINE)
            return TRUE;
        if (verdict == VERDICT_ERROR)
            end = MIN(end, batch_end(i));
        is_fine &= verdict != VERDICT_ERROR;
    }
    if (!monotonic)
        plan_group_end(sync->plan);
    return !is_fine;
}

/* --- the pods that should not: processCondemned ------------------------------------------------------------ */

/* TRUE: the sync ends here; Parallel goes on to the update. */
static gboolean
process_condemned(StatefulSync *sync)
{
    gboolean monotonic = is_monotonic(sync);

    if (!monotonic)
        plan_group_begin(sync->plan, GROUP_SLOW_START); /* runForAll: slowStartBatch */
    for (guint i = 0; i < sync->condemned->len; i++) {
        const ApiObject *pod = g_array_index(sync->condemned, Slot, i).pod;

        plan_group_item(sync->plan);
        if (!stateful_retention_matches(sync, pod))
            stateful_plan_retention(sync, pod);
    }
    if (!monotonic) {
        plan_group_end(sync->plan);
        plan_group_begin(sync->plan, GROUP_SLOW_START);
    }
    for (guint i = 0; i < sync->condemned->len; i++) {
        const ApiObject *pod = g_array_index(sync->condemned, Slot, i).pod;

        plan_group_item(sync->plan);
        if (monotonic && (api_is_deleting(pod) ||
                          (!is_available(sync, pod) && pod != sync->first_unhealthy)))
            return TRUE;
        if (api_is_deleting(pod))
            continue;
        stateful_plan_delete(sync, pod, "because its ordinal is beyond the set's size");
        if (monotonic)
            return TRUE;
    }
    if (!monotonic)
        plan_group_end(sync->plan);
    return FALSE;
}

/* --- the update ------------------------------------------------------------------------------------------------- */

static gboolean
is_outdated(const StatefulSync *sync, const ApiObject *pod)
{
    return pod != NULL && !str_is(str_map_get(&pod->meta->labels, STATEFUL_REVISION_LABEL),
                                  api_name(sync->update));
}

/*
 * One that is gone already is told of and counted, and is no error: with Parallel it is so for one that has ended, which
 * this very sync deletes for that.
 */
static void
replace_pod(StatefulSync *sync, const ApiObject *pod)
{
    PlanStep *step = stateful_plan_delete(sync, pod, "because it is not of the updated revision");

    step->ignore_codes[0] = 404;
    step->tells_ignored = TRUE;
    if (sync->current_less++ == 0)
        sync->first_replaced = plan_count(sync->plan) - 1;
}

/* updateStatefulSetAfterInvariantEstablished: one at a time, the highest ordinal first. */
static void
update_one(StatefulSync *sync, guint partition)
{
    for (guint i = sync->replicas->len; i-- > partition;) {
        const ApiObject *pod = g_array_index(sync->replicas, Slot, i).pod;

        if (is_outdated(sync, pod) && !api_is_deleting(pod)) {
            replace_pod(sync, pod);
            return;
        }
        if (is_unavailable(sync, pod))
            return;
    }
}

/* The same with the gate MaxUnavailableStatefulSet. */
static void
update_several(StatefulSync *sync, const RollingUpdateStatefulSet *rolling, guint partition)
{
    gint32 budget =
        rolling->max_unavailable.type == INT_OR_STRING_UNSET
            ? 1
            : MAX(1, int_or_string_scale(&rolling->max_unavailable, (gint32)sync->replicas->len,
                                         FALSE));

    for (guint i = 0; i < sync->replicas->len; i++)
        if (is_unavailable(sync, g_array_index(sync->replicas, Slot, i).pod))
            budget--;
    for (guint i = sync->replicas->len; i-- > partition && budget > 0;) {
        const ApiObject *pod = g_array_index(sync->replicas, Slot, i).pod;

        if (!is_outdated(sync, pod) || api_is_deleting(pod))
            continue;
        replace_pod(sync, pod);
        budget--;
    }
}

static void
update_pods(StatefulSync *sync)
{
    const StatefulSetUpdateStrategy *strategy = &stateful_set_spec(sync->set)->update_strategy;
    const RollingUpdateStatefulSet *rolling = strategy->rolling_update;
    guint partition = rolling == NULL ? 0 : (guint)MAX(rolling->partition.value, 0);

    if (!str_is(strategy->type, "RollingUpdate"))
        return;
    if (profile_has(FEATURE_STATEFUL_MAX_UNAVAILABLE, sync->r->version_minor) && rolling != NULL)
        update_several(sync, rolling, partition);
    else
        update_one(sync, partition);
}

/* --- status: the last part of a sync --------------------------------------------------------------------------- */

static void
after_status(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    const ApiObject *set = carry;
    gint32 min_ready_s = stateful_set_spec(set)->min_ready_s;

    (void)r;
    for (guint i = 0; i < n_results; i++)
        if (min_ready_s > 0 && step_succeeded(&results[i]) && results[i].object->kind == &stateful_set_kind &&
            stateful_set_status(results[i].object)->available_replicas != replicas_of(stateful_set_spec(set)->replicas))
            plan_requeue_after(plan, min_ready_s * NS_PER_S);
}

/*
 * v1.34 stateful_set_control.go, updateStatefulSetStatus, then truncateHistory. Of a sync that failed the status is
 * written, too, but stateful_set.go, syncStatefulSet, asks for no further look after minReadySeconds then.
 */
static void
plan_status(StatefulSync *sync)
{
    g_autoptr(ApiObject) changed = api_object_copy(sync->set);
    StatefulSetStatus *status = api_edit_status(changed);
    gint32 min_ready_s = plan_error(sync->plan) != NULL ? 0 : stateful_set_spec(sync->set)->min_ready_s;

    stateful_calculate_status(sync, status);
    if (api_struct_equal(&stateful_set_status_type, stateful_set_status(sync->set), status)) {
        if (min_ready_s > 0 &&
            status->available_replicas != replicas_of(stateful_set_spec(sync->set)->replicas))
            plan_requeue_after(sync->plan, min_ready_s * NS_PER_S);
        stateful_clean_history(sync);
        return;
    }
    plan_update_status(sync->plan, g_steal_pointer(&changed),
                       "because %d of %d pods exist, %d are ready", status->replicas,
                       replicas_of(stateful_set_spec(sync->set)->replicas), status->ready_replicas)
        ->retries_on_conflict = 5;
    stateful_clean_history(sync);
    if (min_ready_s > 0)
        plan_continue(sync->plan, after_status, api_object_ref(sync->set), api_object_unref);
}

static void
after_pods(const Reconcile *r,
           gpointer carry,
           const StepResult *results,
           guint n_results,
           Plan *plan)
{
    StatefulSync *sync = carry;
    const char *error = NULL;

    for (guint i = 0; i < n_results; i++) {
        gboolean is_bad = !results[i].was_run || (results[i].code != 0 && results[i].code >= 300);

        if (!is_bad || (results[i].code == 404 && sync->current_less > 0 && i >= sync->first_replaced))
            continue;
        if (i < sync->n_prelude && results[i].code != 404)
            return; /* no revision, no status; the sync has failed already */
        if (error == NULL && results[i].was_run)
            error = step_error_text(&results[i]);
    }
    if (error != NULL)
        sync->current_less = 0;
    sync->r = r;
    sync->plan = plan;
    stateful_plan_after_creation(sync, results);
    if (error != NULL)
        plan_fail(plan, "%s", error);
    plan_status(sync);
}

/* --- the sync ---------------------------------------------------------------------------------------------------- */

/* v1.34 stateful_set_control.go, updateStatefulSet. */
static void
plan_pods(StatefulSync *sync)
{
    fill_slots(sync);
    if (api_is_deleting(sync->set))
        return;
    if (process_replicas(sync) || process_condemned(sync))
        return;
    update_pods(sync);
}

/* What follows when both revisions are known. */
static void
sync_pods(StatefulSync *sync)
{
    sync->n_prelude = plan_count(sync->plan);
    plan_pods(sync);
    if (plan_count(sync->plan) == 0)
        plan_status(sync);
    else
        plan_continue(sync->plan, after_pods, sync_ref(sync), sync_free);
}

/* --- the update revision is new: its name may be taken -------------------------------------------------------- */

static void after_revision(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan);

static void
after_namesake(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    StatefulSync *sync = carry;
    const Value *its;

    sync->r = r;
    sync->plan = plan;
    if (n_results == 0 || !step_succeeded(&results[0]))
        return;
    its = controller_revision_body(results[0].object)->data;
    if (its != NULL && value_equal(its, controller_revision_body(sync->update)->data)) {
        sync_pods(sync);
        return;
    }
    stateful_rename_update(sync);
    plan_continue(plan, after_revision, sync_ref(sync), sync_free);
}

static void
after_revision(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    StatefulSync *sync = carry;
    const StepResult *created = &results[n_results - 1];

    sync->r = r;
    sync->plan = plan;
    if (created->was_run && created->code == 409) {
        plan_read(plan, &controller_revision_kind, api_namespace(sync->update), api_name(sync->update),
                  "to see which revision has the name");
        plan_continue(plan, after_namesake, sync_ref(sync), sync_free);
    } else if (created->was_run && step_succeeded(created)) {
        sync_pods(sync);
    }
}

static void
keep_members(StatefulSync *sync, const GPtrArray *claimed)
{
    for (guint i = 0; i < claimed->len; i++)
        if (stateful_ordinal(sync->set, claimed->pdata[i]) >= 0)
            g_ptr_array_add(sync->pods, api_object_ref(claimed->pdata[i]));
}

static void
sync_claimed(const Reconcile *r,
             Plan *plan,
             const ApiObject *set,
             const Claims *pods,
             const Claims *revisions)
{
    StatefulSync *sync = sync_new(r, set, plan);

    claims_plan(revisions, set, plan);
    claims_plan(pods, set, plan);
    keep_members(sync, pods->claimed);
    for (guint i = 0; i < revisions->claimed->len; i++)
        g_ptr_array_add(sync->revisions, api_object_ref(revisions->claimed->pdata[i]));
    revisions_sort(sync->revisions);
    stateful_find_revisions(sync);
    if (sync->is_update_new)
        plan_continue(plan, after_revision, sync_ref(sync), sync_free);
    else
        sync_pods(sync);
    sync_free(sync);
}

static void
sort_claims(const Reconcile *r, const ApiObject *set, Claims *pods, Claims *revisions)
{
    const LabelSelector *selector = stateful_set_spec(set)->selector;
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    guint kept = 0;

    view_list_owned(r->view, &pod_kind, api_uid(set), candidates);
    view_list_orphans(r->view, &pod_kind, api_namespace(set), candidates);
    for (guint i = 0; i < candidates->len; i++)
        if (stateful_ordinal(set, candidates->pdata[i]) >= 0)
            candidates->pdata[kept++] = candidates->pdata[i];
    g_ptr_array_set_size(candidates, (gint)kept);
    claims_init(pods);
    claims_sort(pods, set, selector, candidates);
    g_ptr_array_set_size(candidates, 0);
    revisions_list(r->view, set, candidates);
    claims_init(revisions);
    claims_sort(revisions, set, selector, candidates);
}

static void
after_recheck(const Reconcile *r,
              gpointer carry,
              const StepResult *results,
              guint n_results,
              Plan *plan)
{
    const ApiObject *set = carry;
    Claims pods;
    Claims revisions;

    g_assert(n_results > 0);
    if (!claims_recheck(set, &results[0], plan))
        return;
    sort_claims(r, set, &pods, &revisions);
    sync_claimed(r, plan, set, &pods, &revisions);
    claims_clear(&pods);
    claims_clear(&revisions);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *set;
    Claims pods;
    Claims revisions;

    api_split_key(r->key, &namespace_, &name);
    set = view_get(r->view, &stateful_set_kind, namespace_, name);
    if (set == NULL)
        return;
    sort_claims(r, set, &pods, &revisions);
    if (pods.adopt->len > 0 || revisions.adopt->len > 0) {
        plan_read(plan, &stateful_set_kind, namespace_, name,
                  "because it must be alive to adopt something");
        plan_continue(plan, after_recheck, api_object_ref(set), api_object_unref);
    } else {
        sync_claimed(r, plan, set, &pods, &revisions);
    }
    claims_clear(&pods);
    claims_clear(&revisions);
}

/* --- what wakes it --------------------------------------------------------------------------------------------------- */

static void
on_stateful_set(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object != NULL ? object : old);
}

static void
enqueue_matching(Controller *controller, const ApiObject *pod)
{
    g_autoptr(GPtrArray) sets = NULL;

    if (pod->meta->labels.count == 0)
        return;
    sets = g_ptr_array_new();
    view_list(controller_view(controller), &stateful_set_kind, api_namespace(pod), sets);
    for (guint i = 0; i < sets->len; i++)
        if (label_selector_matches(stateful_set_spec(sets->pdata[i])->selector,
                                   &pod->meta->labels))
            controller_enqueue_object(controller, sets->pdata[i]);
}

static void
enqueue_owner(Controller *controller, const ApiObject *pod)
{
    const ApiObject *set = owner_in_view(controller_view(controller), &stateful_set_kind, pod);

    if (set != NULL)
        controller_enqueue_object(controller, set);
}

static void
on_pod_updated(Controller *controller, const ApiObject *old, const ApiObject *pod)
{
    gboolean has_new_owner = !has_same_controller(old, pod);
    const ApiObject *set;
    gint32 min_ready_s;

    if (has_new_owner)
        enqueue_owner(controller, old);
    if (api_controller_of(pod) == NULL) {
        if (has_new_owner || !str_map_equal(&old->meta->labels, &pod->meta->labels))
            enqueue_matching(controller, pod);
        return;
    }
    set = owner_in_view(controller_view(controller), &stateful_set_kind, pod);
    if (set == NULL)
        return;
    controller_enqueue_object(controller, set);
    min_ready_s = stateful_set_spec(set)->min_ready_s;
    if (min_ready_s > 0 && !pod_is_ready(old) && pod_is_ready(pod))
        controller_enqueue_after(controller, api_key(set), (min_ready_s + 1) * NS_PER_S);
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (object == NULL)
        enqueue_owner(controller, old);
    else if (old != NULL && old->resource_version != object->resource_version)
        on_pod_updated(controller, old, object);
    else if (old == NULL && api_controller_of(object) == NULL && !api_is_deleting(object))
        enqueue_matching(controller, object);
    else if (old == NULL)
        enqueue_owner(controller, object);
}

static const ControllerSource sources[] = {
    {&stateful_set_kind, on_stateful_set},
    {&pod_kind, on_pod, .owner_kind = &stateful_set_kind},
    {&controller_revision_kind, NULL},
    {&persistent_volume_claim_kind, NULL},
    {0},
};

const ControllerDef stateful_set_controller = {
    .name = "statefulset",
    .component = "statefulset-controller",
    .workers = 5,
    .sources = sources,
    .reconcile = reconcile,
};
