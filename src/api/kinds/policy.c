/* PodDisruptionBudget: tables, kind, validation. */
#include "api/kinds/policy.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/selector.h"

static const ApiField pdb_spec_fields[] = {
    {"minAvailable", API_INT_OR_STRING, AT(PdbSpec, min_available), .go_type = "intstr.IntOrString",
     .doc = "So many pods, or percent of them, must stay healthy."},
    {"selector", API_MESSAGE, AT(PdbSpec, selector), .message = &label_selector_type,
     .merge = API_MERGE_WHOLE, .doc = "The pods that the budget is about; empty: all of the namespace."},
    {"maxUnavailable", API_INT_OR_STRING, AT(PdbSpec, max_unavailable),
     .go_type = "intstr.IntOrString",
     .doc = "At most so many pods, or percent of them, may be unhealthy after an eviction."},
    {"unhealthyPodEvictionPolicy", API_STRING, AT(PdbSpec, unhealthy_pod_eviction_policy),
     API_POINTER, .go_type = "v1.UnhealthyPodEvictionPolicyType",
     .doc = "IfHealthyBudget or AlwaysAllow: when pods that are not ready may be evicted."},
    {0},
};
const ApiType pdb_spec_type =
    TYPE("PodDisruptionBudgetSpec", PdbSpec, pdb_spec_fields, "What is wanted.");

static const ApiField pdb_status_fields[] = {
    {"observedGeneration", API_INT64, AT(PdbStatus, observed_generation),
     .doc = "The metadata.generation that the status was computed for."},
    {"disruptedPods", API_STR_MAP, AT(PdbStatus, disrupted_pods), .go_type = "map[string]v1.Time",
     .doc = "Pods whose eviction was granted and has not been seen yet, and when it was granted."},
    {"disruptionsAllowed", API_INT32, AT(PdbStatus, disruptions_allowed), API_ALWAYS,
     .doc = "How many pods may be evicted now."},
    {"currentHealthy", API_INT32, AT(PdbStatus, current_healthy), API_ALWAYS,
     .doc = "How many pods are healthy."},
    {"desiredHealthy", API_INT32, AT(PdbStatus, desired_healthy), API_ALWAYS,
     .doc = "How many pods must be healthy at least."},
    {"expectedPods", API_INT32, AT(PdbStatus, expected_pods), API_ALWAYS,
     .doc = "How many pods the budget counts with."},
    {"conditions", API_MESSAGE_LIST, AT(PdbStatus, conditions), .message = &metav1_condition_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Aspects of the budget's state."},
    {0},
};
const ApiType pdb_status_type =
    TYPE("PodDisruptionBudgetStatus", PdbStatus, pdb_status_fields, "What is there.");

/* --- what the budget says ---------------------------------------------------------------------- */

gboolean
pdb_covers(const ApiObject *pdb, const ApiObject *pod)
{
    const LabelSelector *selector = pdb_spec(pdb)->selector;

    return selector != NULL && api_namespace(pdb) == api_namespace(pod) &&
           label_selector_matches(selector, &pod->meta->labels);
}

void
pdb_condition_put(PdbStatus *status, const Condition *condition, ApiTime now)
{
    const Condition *known = condition_find(&status->conditions, condition->type);
    gboolean is_same = known != NULL && str_is(known->status, condition->status);
    ApiTime since = is_same ? known->last_transition_time : api_time_seconds(now);
    Condition *place = condition_edit(&status->conditions, condition->type);

    *place = *condition;
    place->last_transition_time = since;
}

/* v1.34 component-helpers/apps/poddisruptionbudget, UpdateDisruptionAllowedCondition */
void
pdb_set_allowed_condition(PdbStatus *status, ApiTime now)
{
    gboolean is_allowed = status->disruptions_allowed > 0;
    Condition condition = {
        .type = str_intern("DisruptionAllowed"),
        .status = str_intern(is_allowed ? "True" : "False"),
        .reason = str_intern(is_allowed ? "SufficientPods" : "InsufficientPods"),
        .message = str_intern(""),
        .observed_generation = status->observed_generation,
    };

    pdb_condition_put(status, &condition, now);
}

/* --- validation: v1.34 pkg/apis/policy/validation ------------------------------------------------ */

/* The whole spec with the field names of the internal type. */
static const char *
print_spec(const PdbSpec *spec)
{
    const char *policy = spec->unhealthy_pod_eviction_policy;

    return str_internf("{\"MinAvailable\":%s,\"Selector\":%s,\"MaxUnavailable\":%s,"
                       "\"UnhealthyPodEvictionPolicy\":%s}",
                       print_int_or_string(&spec->min_available),
                       spec->selector == NULL ? "null"
                                              : print_struct(&label_selector_type, spec->selector),
                       print_int_or_string(&spec->max_unavailable),
                       policy == NULL ? "null" : api_quote(policy));
}

static void
check_amount(ApiErrors *errors, const char *child, const IntOrString *value)
{
    if (value->type == INT_OR_STRING_UNSET)
        return;
    check_int_or_percent(errors, child, value);
    check_at_most_all(errors, child, value);
}

static void
pdb_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const policies[] = {"AlwaysAllow", "IfHealthyBudget", NULL};
    const PdbSpec *spec = pdb_spec(object);
    const char *policy = spec->unhealthy_pod_eviction_policy;

    api_errors_push(errors, "spec");
    if (spec->min_available.type != INT_OR_STRING_UNSET &&
        spec->max_unavailable.type != INT_OR_STRING_UNSET)
        field_invalid_raw(errors, NULL, print_spec(spec),
                          "minAvailable and maxUnavailable cannot be both set");
    check_amount(errors, "minAvailable", &spec->min_available);
    check_amount(errors, "maxUnavailable", &spec->max_unavailable);
    if (spec->selector != NULL)
        check_label_selector(errors, "selector", spec->selector);
    if (policy != NULL && !str_is(policy, policies[0]) && !str_is(policy, policies[1]))
        field_not_supported(errors, "unhealthyPodEvictionPolicy", policy, policies);
    api_errors_pop(errors);
}

/* --- strategy ------------------------------------------------------------------------------------ */

static void
pdb_prepare_create(ApiObject *object)
{
    api_struct_clear(&pdb_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
pdb_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&pdb_spec_type, object->spec, old->spec));
}

static const char *const pdb_short_names[] = {"pdb", NULL};

const ApiKind pdb_kind = {
    .kind = "PodDisruptionBudget",
    .group = "policy",
    .version = "v1",
    .plural = "poddisruptionbudgets",
    .singular = "poddisruptionbudget",
    .short_names = pdb_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .spec = &pdb_spec_type,
    .status = &pdb_status_type,
    .doc = "Says how many of a set of pods may be evicted at a time.",
    .prepare_create = pdb_prepare_create,
    .prepare_update = pdb_prepare_update,
    .validate = pdb_validate,
    .validate_status = pdb_validate_status,
    .update_steps = "V",
    .name_rule = NAME_PATH_SEGMENT,
    .checks_meta_last = TRUE,
};
