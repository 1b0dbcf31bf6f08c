#include "controllers/replicaset_sync.h"
#include "api/profile.h"
#include "controllers/statefulset_sync.h"

#define POD_NAME_LABEL  "statefulset.kubernetes.io/pod-name"
#define POD_INDEX_LABEL "apps.kubernetes.io/pod-index"

/* --- identity ---------------------------------------------------------------------------------- */

gint32
stateful_ordinal(const ApiObject *set, const ApiObject *pod)
{
    gsize length = strlen(api_name(set));
    const char *digits;
    gint64 ordinal;

    if (strncmp(api_name(pod), api_name(set), length) != 0 || api_name(pod)[length] != '-')
        return -1;
    digits = api_name(pod) + length + 1;
    for (const char *at = digits; *at != '\0'; at++)
        if (!g_ascii_isdigit(*at))
            return -1;
    return text_to_int(digits, &ordinal) && ordinal <= G_MAXINT32 ? (gint32)ordinal : -1;
}

gint32
stateful_start(const ApiObject *set)
{
    const StatefulSetOrdinals *ordinals = stateful_set_spec(set)->ordinals;

    return ordinals == NULL ? 0 : ordinals->start;
}

gboolean
stateful_identity_matches(const ApiObject *set, const ApiObject *pod)
{
    return stateful_ordinal(set, pod) >= 0 &&
           str_is(str_map_get(&pod->meta->labels, POD_NAME_LABEL), api_name(pod));
}

static void
set_identity(ApiObject *pod, const char *name, gint32 ordinal)
{
    ObjectMeta *meta = api_edit_meta(pod);

    meta->name = name;
    str_map_set(&meta->labels, POD_NAME_LABEL, name);
    str_map_set(&meta->labels, POD_INDEX_LABEL, str_internf("%d", ordinal));
}

/* --- new pods ------------------------------------------------------------------------------------ */

/* newVersionedStatefulSetPod: low ordinals keep the current revision while an update waits above them. */
static const ApiObject *
needed_revision(const StatefulSync *sync, gint32 ordinal)
{
    const StatefulSetUpdateStrategy *strategy = &stateful_set_spec(sync->set)->update_strategy;
    gint32 below;

    if (!str_is(strategy->type, "RollingUpdate"))
        return sync->update;
    below = strategy->rolling_update == NULL ? stateful_set_status(sync->set)->current_replicas
                                             : strategy->rolling_update->partition.value;
    return ordinal < stateful_start(sync->set) + below ? sync->current : sync->update;
}

ApiObject *
stateful_pod_new(const StatefulSync *sync, gint32 ordinal)
{
    const ApiObject *revision = needed_revision(sync, ordinal);
    PodTemplateSpec template_ = {0};
    PodMaker maker;
    ApiObject *pod;
    PodSpec *spec;

    if (!revision_template(revision, &template_)) {
        api_struct_clear(&pod_template_spec_type, &template_);
        return NULL;
    }
    pod_maker_init(&maker, &template_, sync->set);
    pod = pod_maker_make(&maker);
    set_identity(pod, str_internf("%s-%d", api_name(sync->set), ordinal), ordinal);
    str_map_set(&api_edit_meta(pod)->labels, STATEFUL_REVISION_LABEL, api_name(revision));
    spec = api_edit_spec(pod);
    spec->hostname = api_name(pod);
    if (!str_is_empty(stateful_set_spec(sync->set)->service_name))
        spec->subdomain = stateful_set_spec(sync->set)->service_name;
    stateful_claim_volumes(sync->set, ordinal, spec);
    pod_maker_clear(&maker);
    api_struct_clear(&pod_template_spec_type, &template_);
    return pod;
}

/* --- steps ---------------------------------------------------------------------------------------- */

void
stateful_set_events(const StatefulSync *sync, PlanStep *step, const char *verb, const char *pod_name)
{
    char first = profile_has(FEATURE_CAPITAL_EVENTS, sync->r->version_minor) ? g_ascii_toupper(verb[0]) : verb[0];
    char upper = g_ascii_toupper(verb[0]);

    step->event_about = api_object_ref(sync->set);
    step->on_success = (StepEvent){
        "Normal", str_internf("Successful%c%s", upper, verb + 1),
        str_internf("%c%s Pod %s in StatefulSet %s successful", first, verb + 1, pod_name,
                    api_name(sync->set))};
    step->on_failure = (StepEvent){
        "Warning", str_internf("Failed%c%s", upper, verb + 1),
        str_internf("%c%s Pod %s in StatefulSet %s failed error: %%s", first, verb + 1, pod_name,
                    api_name(sync->set))};
}

gboolean
stateful_plan_create(StatefulSync *sync, gint32 ordinal)
{
    ApiObject *pod = stateful_pod_new(sync, ordinal);
    CreateStep noted;
    PlanStep *step;

    if (pod == NULL) {
        plan_fail(sync->plan, "revision %s has no template", api_name(sync->update));
        return FALSE;
    }
    step = plan_create(sync->plan, pod, "because the set has no pod %d", ordinal);
    stateful_set_events(sync, step, "create", api_name(pod));
    step->ignore_codes[0] = 409; /* the cache was behind: an error, but none to tell of */
    noted = (CreateStep){plan_count(sync->plan) - 1, api_name(pod), NULL};
    g_array_append_val(sync->create_steps, noted);
    return TRUE;
}

PlanStep *
stateful_plan_delete(StatefulSync *sync, const ApiObject *pod, const char *why)
{
    PlanStep *step = plan_delete(sync->plan, pod, "%s", why);

    stateful_set_events(sync, step, "delete", api_name(pod));
    return step;
}

/* UpdateStatefulPod: labels and claims as they should be. The pod is written and told of also if only its claims changed. */
void
stateful_plan_repair(StatefulSync *sync, const ApiObject *pod)
{
    gboolean is_kept_well = stateful_retention_matches(sync, pod);
    ApiObject *changed;
    PlanStep *step;

    if (!is_kept_well)
        stateful_plan_retention(sync, pod);
    if (!stateful_storage_matches(sync->set, pod))
        stateful_plan_claims(sync, stateful_ordinal(sync->set, pod), FALSE);
    if (stateful_identity_matches(sync->set, pod) && is_kept_well)
        return;
    changed = api_object_copy(pod);
    set_identity(changed, api_name(pod), stateful_ordinal(sync->set, pod));
    step = plan_update(sync->plan, changed,
                       is_kept_well ? "because its labels do not say which pod it is" : "because its claims changed");
    step->retries_on_conflict = 5;
    stateful_set_events(sync, step, "update", api_name(pod));
}
