#include "controllers/statefulset_sync.h"
#include "api/profile.h"

const char *
stateful_claim_name(const ApiObject *set, guint template_index, gint32 ordinal)
{
    return str_internf("%s-%s-%d",
                       stateful_set_spec(set)->claim_templates.items[template_index].metadata.name,
                       api_name(set), ordinal);
}

/* --- whose they are: v1.34 pkg/controller/statefulset/stateful_set_utils.go --------- */

/* By its name: one of an earlier set or pod of that name too. */
static gboolean
names_owner(const OwnerReference *reference, const ApiObject *owner)
{
    return str_is(reference->api_version, api_kind_api_version(owner->kind)) &&
           str_is(reference->kind, owner->kind->kind) && str_is(reference->name, api_name(owner));
}

static const OwnerReference *
find_by_uid(const ApiObject *claim, const char *uid)
{
    for (guint i = 0; i < claim->meta->owner_references.count; i++)
        if (str_is(claim->meta->owner_references.items[i].uid, uid))
            return &claim->meta->owner_references.items[i];
    return NULL;
}

/* It names @owner, but that one is another by now. */
static gboolean
has_stale_owner(const ApiObject *claim, const ApiObject *owner)
{
    for (guint i = 0; i < claim->meta->owner_references.count; i++)
        if (names_owner(&claim->meta->owner_references.items[i], owner))
            return !str_is(claim->meta->owner_references.items[i].uid, api_uid(owner));
    return FALSE;
}

static gboolean
is_policy(const ApiObject *set, gboolean of_scaling, const char *what)
{
    const ClaimRetentionPolicy *policy = stateful_set_spec(set)->claim_retention;
    const char *value = policy == NULL ? "Retain" : of_scaling ? policy->when_scaled : policy->when_deleted;

    return str_is(value, what);
}

/* hasUnexpectedController: somebody else has the say, so the policy has none. */
static gboolean
has_other_controller(const ApiObject *claim, const ApiObject *set, const ApiObject *pod)
{
    if (is_policy(set, TRUE, "Retain") && is_policy(set, FALSE, "Retain"))
        return FALSE;
    for (guint i = 0; i < claim->meta->owner_references.count; i++) {
        const OwnerReference *reference = &claim->meta->owner_references.items[i];
        const ApiObject *us = names_owner(reference, set) ? set : names_owner(reference, pod) ? pod : NULL;

        if (us != NULL ? !str_is(reference->uid, api_uid(us)) : reference->controller == OPT_TRUE)
            return TRUE;
    }
    return FALSE;
}

static void
remove_named(ObjectMeta *meta, const ApiObject *owner)
{
    guint kept = 0;

    for (guint i = 0; i < meta->owner_references.count; i++)
        if (!names_owner(&meta->owner_references.items[i], owner))
            meta->owner_references.items[kept++] = meta->owner_references.items[i];
    meta->owner_references.count = kept;
}

static void
wanted_owners(const StatefulSync *sync, gint32 ordinal, gboolean *out_set, gboolean *out_pod)
{
    gint32 start = stateful_start(sync->set);
    gboolean is_condemned =
        ordinal < start || ordinal >= start + replicas_of(stateful_set_spec(sync->set)->replicas);

    *out_pod = is_policy(sync->set, TRUE, "Delete") && is_condemned;
    *out_set = is_policy(sync->set, FALSE, "Delete") && !*out_pod;
}

static const ApiObject *
find_claim(const StatefulSync *sync, guint template_index, gint32 ordinal)
{
    return view_get(sync->r->view, &persistent_volume_claim_kind, api_namespace(sync->set),
                    stateful_claim_name(sync->set, template_index, ordinal));
}

/* isClaimOwnerUpToDate: what former owners or strangers left behind is not touched. */
static gboolean
is_owner_current(const StatefulSync *sync, const ApiObject *claim, const ApiObject *pod)
{
    const OwnerReference *set_reference = find_by_uid(claim, api_uid(sync->set));
    const OwnerReference *pod_reference = find_by_uid(claim, api_uid(pod));
    gboolean by_set;
    gboolean by_pod;

    if (has_stale_owner(claim, sync->set) || has_stale_owner(claim, pod))
        return TRUE;
    if (has_other_controller(claim, sync->set, pod))
        return set_reference == NULL && pod_reference == NULL;
    if ((set_reference != NULL && set_reference->controller != OPT_TRUE) ||
        (pod_reference != NULL && pod_reference->controller != OPT_TRUE))
        return FALSE;
    wanted_owners(sync, stateful_ordinal(sync->set, pod), &by_set, &by_pod);
    return (set_reference != NULL) == by_set && (pod_reference != NULL) == by_pod;
}

gboolean
stateful_retention_matches(const StatefulSync *sync, const ApiObject *pod)
{
    gint32 ordinal = stateful_ordinal(sync->set, pod);

    for (guint i = 0; i < stateful_set_spec(sync->set)->claim_templates.count; i++) {
        const ApiObject *claim = find_claim(sync, i, ordinal);

        if (claim != NULL && !is_owner_current(sync, claim, pod))
            return FALSE;
    }
    return TRUE;
}

static void
tell_conflict(const StatefulSync *sync, const ApiObject *claim)
{
    plan_event(sync->plan, sync->set, "Warning", "ConflictingController",
               "PersistentVolumeClaim %s has a conflicting OwnerReference that acts as a manging controller, the "
               "retention policy is ignored for this claim",
               api_name(claim));
}

/* UpdatePodClaimForRetentionPolicy */
void
stateful_plan_retention(StatefulSync *sync, const ApiObject *pod)
{
    gint32 ordinal = stateful_ordinal(sync->set, pod);
    gboolean by_set;
    gboolean by_pod;

    wanted_owners(sync, ordinal, &by_set, &by_pod);
    for (guint i = 0; i < stateful_set_spec(sync->set)->claim_templates.count; i++) {
        const ApiObject *claim = find_claim(sync, i, ordinal);
        gboolean is_foreign = claim != NULL && has_other_controller(claim, sync->set, pod);
        ApiObject *changed;
        ObjectMeta *meta;

        if (is_foreign)
            tell_conflict(sync, claim);
        if (claim == NULL || is_owner_current(sync, claim, pod))
            continue;
        changed = api_object_copy(claim);
        meta = api_edit_meta(changed);
        remove_named(meta, sync->set);
        remove_named(meta, pod);
        if (by_set && !is_foreign)
            api_set_controller(meta, sync->set);
        if (by_pod && !is_foreign)
            api_set_controller(meta, pod);
        plan_update(sync->plan, changed, "because of the retention policy of its claims")->continue_on_error = TRUE;
    }
}

/* PodClaimIsStale */
gboolean
stateful_claims_are_stale(const StatefulSync *sync, gint32 ordinal)
{
    g_autoptr(ApiObject) pod = NULL;

    if (is_policy(sync->set, TRUE, "Retain"))
        return FALSE;
    pod = api_object_new(&pod_kind, api_namespace(sync->set), str_internf("%s-%d", api_name(sync->set), ordinal));
    for (guint i = 0; i < stateful_set_spec(sync->set)->claim_templates.count; i++) {
        const ApiObject *claim = find_claim(sync, i, ordinal);

        if (claim != NULL && has_stale_owner(claim, pod))
            return TRUE;
    }
    return FALSE;
}

/* --- making them ----------------------------------------------------------------------------------------- */

/* Whose it is, is seen to when the pod has been created. */
static ApiObject *
claim_new(const StatefulSync *sync, guint index, gint32 ordinal)
{
    const StatefulSetSpec *spec = stateful_set_spec(sync->set);
    const ClaimTemplate *template_ = &spec->claim_templates.items[index];
    const char *name = stateful_claim_name(sync->set, index, ordinal);
    ApiObject *claim =
        api_object_new(&persistent_volume_claim_kind, api_namespace(sync->set), name);
    ObjectMeta *meta = api_edit_meta(claim);

    str_map_copy(&meta->labels, &template_->metadata.labels);
    for (guint i = 0; spec->selector != NULL && i < spec->selector->match_labels.count; i++)
        str_map_set(&meta->labels, spec->selector->match_labels.items[i].key,
                    spec->selector->match_labels.items[i].value);
    str_map_copy(&meta->annotations, &template_->metadata.annotations);
    api_struct_copy(&pvc_spec_type, api_edit_spec(claim), &template_->spec);
    return claim;
}

gboolean
stateful_plan_claims(StatefulSync *sync, gint32 ordinal, gboolean is_for_new)
{
    const char *pod_name = str_internf("%s-%d", api_name(sync->set), ordinal);
    char first = profile_has(FEATURE_CAPITAL_EVENTS, sync->r->version_minor) ? 'C' : 'c';

    for (guint i = 0; i < stateful_set_spec(sync->set)->claim_templates.count; i++) {
        const char *name = stateful_claim_name(sync->set, i, ordinal);
        const ApiObject *present = find_claim(sync, i, ordinal);
        PlanStep *step;

        if (present != NULL && api_is_deleting(present)) {
            if (is_for_new)
                plan_event(sync->plan, sync->set, "Warning", "FailedCreate",
                           "%create Pod %s in StatefulSet %s failed error: pvc %s is being deleted", first, pod_name,
                           api_name(sync->set), name);
            plan_fail(sync->plan, "pvc %s is being deleted", name);
            return FALSE;
        }
        if (present != NULL)
            continue;
        step = plan_create(sync->plan, claim_new(sync, i, ordinal), "because pod %s needs it",
                           pod_name);
        step->event_about = api_object_ref(sync->set);
        step->on_success = (StepEvent){"Normal", "SuccessfulCreate",
                                       str_internf("%create Claim %s Pod %s in StatefulSet %s "
                                                   "success",
                                                   first, name, pod_name, api_name(sync->set))};
        step->on_failure =
            (StepEvent){"Warning", "FailedCreate",
                        str_internf("%create Claim %s for Pod %s in StatefulSet %s failed error: "
                                    "%%s",
                                    first, name, pod_name, api_name(sync->set))};
        step->ignore_codes[0] = 409;
        if (is_for_new) {
            CreateStep noted = {plan_count(sync->plan) - 1, pod_name, name};

            g_array_append_val(sync->create_steps, noted);
        }
    }
    return TRUE;
}

/* CreateStatefulPod */
void
stateful_plan_after_creation(StatefulSync *sync, const StepResult *results)
{
    char first = profile_has(FEATURE_CAPITAL_EVENTS, sync->r->version_minor) ? 'C' : 'c';

    for (guint i = 0; i < sync->create_steps->len; i++) {
        const CreateStep *noted = &g_array_index(sync->create_steps, CreateStep, i);
        const StepResult *result = &results[noted->step];

        if (!result->was_run)
            continue;
        if (noted->claim_name == NULL && step_succeeded(result))
            stateful_plan_retention(sync, result->object);
        else if (noted->claim_name != NULL && !step_succeeded(result))
            plan_event(sync->plan, sync->set, "Warning", "FailedCreate",
                       "%create Pod %s in StatefulSet %s failed error: failed to create PVC %s: %s", first, noted->pod_name,
                       api_name(sync->set), noted->claim_name, step_error_text(result));
    }
}

/* --- in the pod ---------------------------------------------------------------------------------------------- */

static const Volume *
find_volume(const PodSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->volumes.count; i++)
        if (str_is(spec->volumes.items[i].name, name))
            return &spec->volumes.items[i];
    return NULL;
}

gboolean
stateful_storage_matches(const ApiObject *set, const ApiObject *pod)
{
    gint32 ordinal = stateful_ordinal(set, pod);
    const StatefulSetSpec *spec = stateful_set_spec(set);

    for (guint i = 0; i < spec->claim_templates.count; i++) {
        const Volume *volume =
            find_volume(pod_spec(pod), spec->claim_templates.items[i].metadata.name);

        if (volume == NULL || volume->persistent_volume_claim == NULL ||
            !str_is(volume->persistent_volume_claim->claim_name,
                    stateful_claim_name(set, i, ordinal)))
            return FALSE;
    }
    return TRUE;
}

/* updateStorage: the claims come first. */
void
stateful_claim_volumes(const ApiObject *set, gint32 ordinal, PodSpec *spec)
{
    const StatefulSetSpec *wanted = stateful_set_spec(set);

    for (guint i = wanted->claim_templates.count; i-- > 0;) {
        const char *name = wanted->claim_templates.items[i].metadata.name;
        Volume *volume = (Volume *)find_volume(spec, name);

        if (volume != NULL) {
            api_struct_clear(&volume_type, volume);
        } else {
            volume = api_list_insert((ApiList *)&spec->volumes, sizeof *volume, 0);
        }
        volume->name = name;
        volume->persistent_volume_claim = g_new0(PvcVolumeSource, 1);
        volume->persistent_volume_claim->claim_name = stateful_claim_name(set, i, ordinal);
    }
}
