#include "controllers/statefulset_sync.h"
#include "api/profile.h"

const char *
stateful_claim_name(const ApiObject *set, guint template_index, gint32 ordinal)
{
    return str_internf("%s-%s-%d",
                       stateful_set_spec(set)->claim_templates.items[template_index].metadata.name,
                       api_name(set), ordinal);
}

/* --- whose they are: v1.34 pkg/controller/statefulset/stateful_set_utils.go, claimOwnerMatchesSetAndPod --------- */

static gboolean
has_owner(const ApiObject *claim, const char *uid)
{
    for (guint i = 0; i < claim->meta->owner_references.count; i++)
        if (str_is(claim->meta->owner_references.items[i].uid, uid))
            return TRUE;
    return FALSE;
}

static void
remove_owner(ObjectMeta *meta, const char *uid)
{
    guint kept = 0;

    for (guint i = 0; i < meta->owner_references.count; i++)
        if (!str_is(meta->owner_references.items[i].uid, uid))
            meta->owner_references.items[kept++] = meta->owner_references.items[i];
    meta->owner_references.count = kept;
}

static void
wanted_owners(const StatefulSync *sync, gint32 ordinal, gboolean *out_set, gboolean *out_pod)
{
    const StatefulSetSpec *spec = stateful_set_spec(sync->set);
    const ClaimRetentionPolicy *policy = spec->claim_retention;
    gint32 start = stateful_start(sync->set);
    gboolean is_condemned = ordinal < start || ordinal >= start + replicas_of(spec->replicas);
    gboolean when_scaled = policy != NULL && str_is(policy->when_scaled, "Delete");

    *out_pod = when_scaled && is_condemned;
    *out_set = policy != NULL && str_is(policy->when_deleted, "Delete") && !*out_pod;
}

static const ApiObject *
find_claim(const StatefulSync *sync, guint template_index, gint32 ordinal)
{
    return view_get(sync->r->view, &persistent_volume_claim_kind, api_namespace(sync->set),
                    stateful_claim_name(sync->set, template_index, ordinal));
}

gboolean
stateful_retention_matches(const StatefulSync *sync, const ApiObject *pod)
{
    gint32 ordinal = stateful_ordinal(sync->set, pod);
    gboolean by_set;
    gboolean by_pod;

    wanted_owners(sync, ordinal, &by_set, &by_pod);
    for (guint i = 0; i < stateful_set_spec(sync->set)->claim_templates.count; i++) {
        const ApiObject *claim = find_claim(sync, i, ordinal);

        if (claim != NULL && (has_owner(claim, api_uid(sync->set)) != by_set ||
                              has_owner(claim, api_uid(pod)) != by_pod))
            return FALSE;
    }
    return TRUE;
}

static void
add_owner(ObjectMeta *meta, const ApiObject *owner, const char *api_version)
{
    OwnerReference *reference = API_LIST_ADD(&meta->owner_references);

    *reference = (OwnerReference){.api_version = str_intern(api_version),
                                  .kind = str_intern(owner->kind->kind),
                                  .name = api_name(owner),
                                  .uid = api_uid(owner)};
}

void
stateful_plan_retention(StatefulSync *sync, const ApiObject *pod)
{
    gint32 ordinal = stateful_ordinal(sync->set, pod);
    gboolean by_set;
    gboolean by_pod;

    wanted_owners(sync, ordinal, &by_set, &by_pod);
    for (guint i = 0; i < stateful_set_spec(sync->set)->claim_templates.count; i++) {
        const ApiObject *claim = find_claim(sync, i, ordinal);
        ApiObject *changed;
        ObjectMeta *meta;

        if (claim == NULL || (has_owner(claim, api_uid(sync->set)) == by_set &&
                              has_owner(claim, api_uid(pod)) == by_pod))
            continue;
        changed = api_object_copy(claim);
        meta = api_edit_meta(changed);
        remove_owner(meta, api_uid(sync->set));
        remove_owner(meta, api_uid(pod));
        if (by_set)
            add_owner(meta, sync->set, "apps/v1");
        if (by_pod)
            add_owner(meta, pod, "v1");
        plan_update(sync->plan, changed, "because of the retention policy of its claims");
    }
}

/* --- making them ----------------------------------------------------------------------------------------- */

static ApiObject *
claim_new(const StatefulSync *sync, guint index, gint32 ordinal)
{
    const StatefulSetSpec *spec = stateful_set_spec(sync->set);
    const ClaimTemplate *template_ = &spec->claim_templates.items[index];
    const char *name = stateful_claim_name(sync->set, index, ordinal);
    ApiObject *claim =
        api_object_new(&persistent_volume_claim_kind, api_namespace(sync->set), name);
    ObjectMeta *meta = api_edit_meta(claim);
    gboolean by_set;
    gboolean by_pod;

    str_map_copy(&meta->labels, &template_->metadata.labels);
    for (guint i = 0; spec->selector != NULL && i < spec->selector->match_labels.count; i++)
        str_map_set(&meta->labels, spec->selector->match_labels.items[i].key,
                    spec->selector->match_labels.items[i].value);
    str_map_copy(&meta->annotations, &template_->metadata.annotations);
    wanted_owners(sync, ordinal, &by_set, &by_pod);
    if (by_set)
        add_owner(meta, sync->set, "apps/v1");
    api_struct_copy(&pvc_spec_type, api_edit_spec(claim), &template_->spec);
    return claim;
}

gboolean
stateful_plan_claims(StatefulSync *sync, gint32 ordinal)
{
    const char *pod_name = str_internf("%s-%d", api_name(sync->set), ordinal);
    char first = profile_has(FEATURE_CAPITAL_EVENTS, sync->r->version_minor) ? 'C' : 'c';

    for (guint i = 0; i < stateful_set_spec(sync->set)->claim_templates.count; i++) {
        const char *name = stateful_claim_name(sync->set, i, ordinal);
        const ApiObject *present = find_claim(sync, i, ordinal);
        PlanStep *step;

        if (present != NULL && api_is_deleting(present)) {
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
    }
    return TRUE;
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
