/* gates.c - see gates.h */

#include "api/gates.h"

#include "api/kinds.h"
#include "api/profile.h"

/* --- MaxUnavailableStatefulSet ------------------------------------------------------------------------------ */

static gboolean
uses_max_unavailable(const ApiObject *set)
{
    const RollingUpdateStatefulSet *update = stateful_set_spec(set)->update_strategy.rolling_update;

    return update != NULL && update->max_unavailable.type != INT_OR_STRING_UNSET;
}

static void
drop_max_unavailable(ApiObject *set)
{
    StatefulSetSpec *spec = api_edit_spec(set);

    spec->update_strategy.rolling_update->max_unavailable = (IntOrString){0};
}

/* v1.34 pkg/apis/apps/v1/defaults.go: SetDefaults_StatefulSet */
static void
default_max_unavailable(ApiObject *set, const ApiObject *old)
{
    StatefulSetSpec *spec;

    (void)old;
    if (uses_max_unavailable(set) || stateful_set_spec(set)->update_strategy.rolling_update == NULL)
        return;
    spec = api_edit_spec(set);
    spec->update_strategy.rolling_update->max_unavailable = (IntOrString){.type = INT_OR_STRING_INT, .integer = 1};
}

/* --- HPAConfigurableTolerance ------------------------------------------------------------------------------- */

static gboolean
uses_tolerance(const ApiObject *hpa)
{
    const HpaBehavior *behavior = hpa_spec(hpa)->behavior;

    return behavior != NULL && ((behavior->scale_up != NULL && behavior->scale_up->tolerance != NULL) ||
                                (behavior->scale_down != NULL && behavior->scale_down->tolerance != NULL));
}

static void
drop_tolerance(ApiObject *hpa)
{
    HpaSpec *spec = api_edit_spec(hpa);

    if (spec->behavior->scale_up != NULL)
        g_clear_pointer(&spec->behavior->scale_up->tolerance, g_free);
    if (spec->behavior->scale_down != NULL)
        g_clear_pointer(&spec->behavior->scale_down->tolerance, g_free);
}

/* --- JobSuccessPolicy, JobManagedBy: v1.30 pkg/registry/batch/job/strategy.go, PrepareForCreate ---------------- */

static gboolean
uses_success_policy(const ApiObject *job)
{
    return job_spec(job)->success_policy != NULL;
}

static void
drop_success_policy(ApiObject *job)
{
    JobSpec *spec = api_edit_spec(job);

    api_struct_free(&success_policy_type, spec->success_policy);
    spec->success_policy = NULL;
}

static gboolean
uses_managed_by(const ApiObject *job)
{
    return job_spec(job)->managed_by != NULL;
}

static void
drop_managed_by(ApiObject *job)
{
    ((JobSpec *)api_edit_spec(job))->managed_by = NULL;
}

/* --- MatchLabelKeysInPodTopologySpreadSelectorMerge ------------------------------------------------------------ */

static gboolean
uses_spread_keys(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->topology_spread_constraints.count; i++)
        if (spec->topology_spread_constraints.items[i].match_label_keys.count > 0)
            return TRUE;
    return FALSE;
}

/* v1.34 pkg/registry/core/pod/strategy.go: mutateTopologySpreadConstraints */
static void
merge_spread_keys(ApiObject *pod, const ApiObject *old)
{
    PodSpec *spec;

    if (old != NULL || !uses_spread_keys(pod))
        return;
    spec = api_edit_spec(pod);
    for (guint i = 0; i < spec->topology_spread_constraints.count; i++) {
        TopologySpreadConstraint *constraint = &spec->topology_spread_constraints.items[i];

        if (constraint->label_selector != NULL)
            pod_merge_label_keys(constraint->label_selector, &constraint->match_label_keys, "In", &pod->meta->labels);
    }
}

/* --- all of them ---------------------------------------------------------------------------------------------- */

static const struct {
    const ApiKind *kind;
    FeatureId gate;
    gboolean (*uses)(const ApiObject *object);
    void (*drop)(ApiObject *object); /* NULL: nothing; so fill */
    void (*fill)(ApiObject *object, const ApiObject *old);
} gated[] = {
    {&stateful_set_kind, FEATURE_STATEFUL_MAX_UNAVAILABLE, uses_max_unavailable, drop_max_unavailable, default_max_unavailable},
    {&hpa_kind, FEATURE_HPA_TOLERANCE, uses_tolerance, drop_tolerance, NULL},
    {&job_kind, FEATURE_JOB_SUCCESS_POLICY, uses_success_policy, drop_success_policy, NULL},
    {&job_kind, FEATURE_JOB_MANAGED_BY, uses_managed_by, drop_managed_by, NULL},
    {&pod_kind, FEATURE_SPREAD_SELECTOR_MERGE, uses_spread_keys, NULL, merge_spread_keys},
};

void
api_apply_gates(ApiObject *object, const ApiObject *old, guint profile)
{
    for (guint i = 0; i < G_N_ELEMENTS(gated); i++) {
        if (object->kind != gated[i].kind)
            continue;
        if (!profile_has(gated[i].gate, profile)) {
            if (gated[i].drop != NULL && gated[i].uses(object) && (old == NULL || !gated[i].uses(old)))
                gated[i].drop(object);
        } else if (gated[i].fill != NULL) {
            gated[i].fill(object, old);
        }
    }
}

/* --- generations of pods ------------------------------------------------------------------------------------------ */

static gboolean
tells_observed(const PodStatus *status)
{
    gboolean tells = status->observed_generation != 0;

    for (guint i = 0; i < status->conditions.count; i++)
        tells |= status->conditions.items[i].observed_generation != 0;
    return tells;
}

/* v1.33 pkg/api/pod/util.go: dropDisabledPodStatusFields */
static void
drop_observed(ApiObject *pod)
{
    PodStatus *status = api_edit_status(pod);

    status->observed_generation = 0;
    for (guint i = 0; i < status->conditions.count; i++)
        status->conditions.items[i].observed_generation = 0;
}

/* v1.32 pkg/registry/core/pod/strategy.go, PrepareForCreate, knows of no generation; v1.33 does. */
void
api_apply_gates_after(ApiObject *object, guint profile)
{
    if (object->kind != &pod_kind)
        return;
    if (!profile_has(FEATURE_POD_GENERATION, profile) && object->meta->generation != 0)
        api_edit_meta(object)->generation = 0;
    if (!profile_has(FEATURE_POD_OBSERVED_GENERATION, profile) && tells_observed(object->status))
        drop_observed(object);
}
