/*
 * Validation of what says where a pod may run.
 *
 * Models: v1.34 pkg/apis/core/validation: validateAffinity, ValidateTolerations,
 * validateTopologySpreadConstraints.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/profile.h"

static const char *const taint_effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute", NULL};

void
check_taint_effect(ApiErrors *errors, const char *child, const char *effect)
{
    check_one_of(errors, child, effect, taint_effects);
}

/* All messages about a label value as one. */
static void
check_joined_label_value(ApiErrors *errors, const char *child, const char *text)
{
    StrList messages = {0};
    g_autoptr(GString) joined = g_string_new(NULL);

    name_check(NAME_LABEL_VALUE, str_or_empty(text), FALSE, &messages);
    for (guint i = 0; i < messages.count; i++)
        g_string_append_printf(joined, "%s%s", i == 0 ? "" : ";", messages.items[i]);
    if (messages.count > 0)
        field_invalid_string(errors, child, str_or_empty(text), str_intern(joined->str));
    g_free(messages.items);
}

static void
check_toleration(ApiErrors *errors, const Toleration *toleration)
{
    static const char *const operators[] = {"Equal", "Exists", NULL};
    const char *operator_ = str_or_empty(toleration->operator_);

    if (!str_is_empty(toleration->key))
        check_name(errors, "key", NAME_QUALIFIED, toleration->key);
    else if (!str_is(operator_, "Exists"))
        field_invalid_string(errors, "operator", operator_,
                             "operator must be Exists when `key` is empty, which means \"match "
                             "all values and all keys\"");
    if (toleration->toleration_s.is_set && !str_is(toleration->effect, "NoExecute"))
        field_invalid_string(errors, "effect", str_or_empty(toleration->effect),
                             "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (operator_[0] == '\0' || str_is(operator_, "Equal")) {
        check_joined_label_value(errors, "operator", toleration->value);
    } else if (str_is(operator_, "Exists")) {
        if (!str_is_empty(toleration->value))
            field_invalid_string(errors, "operator", toleration->value,
                                 "value must be empty when `operator` is 'Exists'");
    } else {
        field_not_supported(errors, "operator", operator_, operators);
    }
    if (!str_is_empty(toleration->effect))
        check_taint_effect(errors, "effect", toleration->effect);
}

void
check_tolerations(ApiErrors *errors, const TolerationList *tolerations)
{
    api_errors_push(errors, "tolerations");
    for (guint i = 0; i < tolerations->count; i++) {
        api_errors_push_index(errors, i);
        check_toleration(errors, &tolerations->items[i]);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* --- node affinity ------------------------------------------------------------------------- */

static void
check_node_requirement(ApiErrors *errors,
                       const NodeSelectorRequirement *requirement,
                       gboolean checks_values)
{
    const char *operator_ = str_or_empty(requirement->operator_);

    if (str_is(operator_, "In") || str_is(operator_, "NotIn")) {
        if (requirement->values.count == 0)
            field_required(errors, "values",
                           "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (str_is(operator_, "Exists") || str_is(operator_, "DoesNotExist")) {
        if (requirement->values.count > 0)
            field_forbidden(errors, "values",
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else if (str_is(operator_, "Gt") || str_is(operator_, "Lt")) {
        if (requirement->values.count != 1)
            field_required(errors, "values",
                           "must be specified single value when `operator` is 'Lt' or 'Gt'");
    } else {
        field_invalid_string(errors, "operator", operator_, "not a valid selector operator");
    }
    check_name(errors, "key", NAME_QUALIFIED, requirement->key);
    for (guint i = 0; checks_values && i < requirement->values.count; i++)
        check_name(errors, str_internf("values[%u]", i), NAME_LABEL_VALUE,
                   requirement->values.items[i]);
}

static void
check_node_field(ApiErrors *errors, const NodeSelectorRequirement *requirement)
{
    const char *operator_ = str_or_empty(requirement->operator_);

    if (!str_is(operator_, "In") && !str_is(operator_, "NotIn"))
        field_invalid_string(errors, "operator", operator_, "not a valid selector operator");
    else if (requirement->values.count != 1)
        field_required(errors, "values",
                       "must be only one value when `operator` is 'In' or 'NotIn' for node field "
                       "selector");
    if (!str_is(requirement->key, "metadata.name")) {
        field_invalid_string(errors, "key", str_or_empty(requirement->key),
                             "not a valid field selector key");
        return;
    }
    for (guint i = 0; i < requirement->values.count; i++)
        check_name(errors, str_internf("values[%u]", i), NAME_DNS_SUBDOMAIN,
                   requirement->values.items[i]);
}

static void
check_node_term(ApiErrors *errors, const NodeSelectorTerm *term, gboolean checks_values)
{
    api_errors_push(errors, "matchExpressions");
    for (guint i = 0; i < term->match_expressions.count; i++) {
        api_errors_push_index(errors, i);
        check_node_requirement(errors, &term->match_expressions.items[i], checks_values);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    api_errors_push(errors, "matchFields");
    for (guint i = 0; i < term->match_fields.count; i++) {
        api_errors_push_index(errors, i);
        check_node_field(errors, &term->match_fields.items[i]);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

void
check_node_selector(ApiErrors *errors, const NodeSelector *selector)
{
    api_errors_push(errors, "nodeSelectorTerms");
    if (selector->terms.count == 0)
        field_required(errors, NULL, "must have at least one node selector term");
    for (guint i = 0; i < selector->terms.count; i++) {
        api_errors_push_index(errors, i);
        check_node_term(errors, &selector->terms.items[i], TRUE);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

static void
check_weight(ApiErrors *errors, gint32 weight)
{
    if (weight < 1 || weight > 100)
        field_invalid_int(errors, "weight", weight, "must be in the range 1-100");
}

static void
check_node_affinity(ApiErrors *errors, const NodeAffinity *affinity)
{
    if (affinity->required != NULL) {
        api_errors_push(errors, "requiredDuringSchedulingIgnoredDuringExecution");
        check_node_selector(errors, affinity->required);
        api_errors_pop(errors);
    }
    api_errors_push(errors, "preferredDuringSchedulingIgnoredDuringExecution");
    for (guint i = 0; i < affinity->preferred.count; i++) {
        api_errors_push_index(errors, i);
        check_weight(errors, affinity->preferred.items[i].weight);
        api_errors_push(errors, "preference");
        /* Values of a wish are not looked at. */
        check_node_term(errors, &affinity->preferred.items[i].preference, FALSE);
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* --- pod affinity -------------------------------------------------------------------------- */

static void
check_label_keys(ApiErrors *errors,
                 const char *child,
                 const StrList *keys,
                 const LabelSelector *selector)
{
    if (keys->count == 0)
        return;
    if (selector == NULL) {
        field_forbidden(errors, child, "must not be specified when labelSelector is not set");
        return;
    }
    for (guint i = 0; i < keys->count; i++)
        check_name(errors, str_internf("%s[%u]", child, i), NAME_QUALIFIED, keys->items[i]);
}

/*
 * validateMatchLabelKeysAndMismatchLabelKeys: the key's own requirement has been
 * merged into the selector already, so a second one is the user's.
 */
static void
check_merged_keys(ApiErrors *errors, const PodAffinityTerm *term)
{
    const LabelSelector *selector = term->label_selector;

    for (guint i = 0; selector != NULL && i < selector->match_expressions.count; i++) {
        const char *key = selector->match_expressions.items[i].key;
        gboolean is_second = str_map_get(&selector->match_labels, str_or_empty(key)) != NULL;

        for (guint j = 0; j < i && !is_second; j++)
            is_second = str_is(selector->match_expressions.items[j].key, key);
        for (guint j = 0; is_second && j < term->match_label_keys.count; j++) {
            if (!str_is(term->match_label_keys.items[j], key))
                continue;
            api_errors_push_index(errors, j);
            field_invalid_string(errors, NULL, key,
                                 "exists in both matchLabelKeys and labelSelector");
            api_errors_pop(errors);
        }
    }
}

/* validatePodAffinityTerm */
static void
check_pod_term(ApiErrors *errors, const PodAffinityTerm *term)
{
    check_label_selector(errors, "labelSelector", term->label_selector);
    check_label_selector(errors, "namespaceSelector", term->namespace_selector);
    for (guint i = 0; i < term->namespaces.count; i++)
        check_name(errors, "namespace", NAME_DNS_LABEL, term->namespaces.items[i]);
    check_label_keys(errors, "matchLabelKeys", &term->match_label_keys, term->label_selector);
    check_label_keys(errors, "mismatchLabelKeys", &term->mismatch_label_keys, term->label_selector);
    check_merged_keys(errors, term);
    for (guint i = 0; i < term->match_label_keys.count; i++) {
        const char *key = term->match_label_keys.items[i];

        if (str_list_contains(&term->mismatch_label_keys, key))
            field_invalid_string(errors, str_internf("matchLabelKeys[%u]", i), key,
                                 "exists in both matchLabelKeys and mismatchLabelKeys");
    }
    if (str_is_empty(term->topology_key))
        field_required(errors, "topologyKey", "can not be empty");
    check_name(errors, "topologyKey", NAME_QUALIFIED, term->topology_key);
}

static void
check_pod_affinity(ApiErrors *errors, const PodAffinity *affinity)
{
    api_errors_push(errors, "requiredDuringSchedulingIgnoredDuringExecution");
    for (guint i = 0; i < affinity->required.count; i++) {
        api_errors_push_index(errors, i);
        check_pod_term(errors, &affinity->required.items[i]);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    api_errors_push(errors, "preferredDuringSchedulingIgnoredDuringExecution");
    for (guint i = 0; i < affinity->preferred.count; i++) {
        api_errors_push_index(errors, i);
        check_weight(errors, affinity->preferred.items[i].weight);
        api_errors_push(errors, "podAffinityTerm");
        check_pod_term(errors, &affinity->preferred.items[i].term);
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

void
check_affinity(ApiErrors *errors, const Affinity *affinity)
{
    if (affinity == NULL)
        return;
    api_errors_push(errors, "affinity");
    if (affinity->node_affinity != NULL) {
        api_errors_push(errors, "nodeAffinity");
        check_node_affinity(errors, affinity->node_affinity);
        api_errors_pop(errors);
    }
    if (affinity->pod_affinity != NULL) {
        api_errors_push(errors, "podAffinity");
        check_pod_affinity(errors, affinity->pod_affinity);
        api_errors_pop(errors);
    }
    if (affinity->pod_anti_affinity != NULL) {
        api_errors_push(errors, "podAntiAffinity");
        check_pod_affinity(errors, affinity->pod_anti_affinity);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* --- topology spread ----------------------------------------------------------------------- */

static void
check_min_domains(ApiErrors *errors, const TopologySpreadConstraint *constraint)
{
    if (!constraint->min_domains.is_set)
        return;
    if (constraint->min_domains.value <= 0)
        field_invalid_int(errors, "minDomains", constraint->min_domains.value,
                          "must be greater than zero");
    if (!str_is(constraint->when_unsatisfiable, "DoNotSchedule"))
        field_invalid_int(errors, "minDomains", constraint->min_domains.value,
                          str_internf("can only use minDomains if whenUnsatisfiable=DoNotSchedule, "
                                      "not %s",
                                      str_or_empty(constraint->when_unsatisfiable)));
}

static gboolean
selector_has_key(const LabelSelector *selector, const char *key)
{
    if (str_map_get(&selector->match_labels, key) != NULL)
        return TRUE;
    for (guint i = 0; i < selector->match_expressions.count; i++) {
        if (str_is(selector->match_expressions.items[i].key, key))
            return TRUE;
    }
    return FALSE;
}

/* ValidateMatchLabelKeysInTopologySpread, before the keys went into the selector */
static void
check_spread_label_keys(ApiErrors *errors, const TopologySpreadConstraint *constraint)
{
    const LabelSelector *selector = constraint->label_selector;

    if (constraint->match_label_keys.count > 0 && selector == NULL)
        field_forbidden(errors, "matchLabelKeys",
                        "must not be specified when labelSelector is not set");
    for (guint i = 0; i < constraint->match_label_keys.count; i++) {
        const char *key = constraint->match_label_keys.items[i];
        const char *child = str_internf("matchLabelKeys[%u]", i);

        check_name(errors, child, NAME_QUALIFIED, key);
        if (selector != NULL && selector_has_key(selector, key))
            field_invalid_string(errors, child, key,
                                 "exists in both matchLabelKeys and labelSelector");
    }
}

/* A later constraint of the same kind is reported on the earlier one. */
static void
check_not_repeated(ApiErrors *errors, const PodSpec *spec, guint index)
{
    const TopologySpreadConstraint *constraint = &spec->topology_spread_constraints.items[index];

    for (guint i = index + 1; i < spec->topology_spread_constraints.count; i++) {
        const TopologySpreadConstraint *other = &spec->topology_spread_constraints.items[i];
        const char *key = str_or_empty(constraint->topology_key);
        const char *action = str_or_empty(constraint->when_unsatisfiable);

        if (str_is(key, str_or_empty(other->topology_key)) &&
            str_is(action, str_or_empty(other->when_unsatisfiable))) {
            field_duplicate(errors, "{topologyKey, whenUnsatisfiable}",
                            api_quote(str_internf("{%s, %s}", key, action)));
            return;
        }
    }
}

void
check_topology_spread(ApiErrors *errors, const PodSpec *spec)
{
    static const char *const actions[] = {"DoNotSchedule", "ScheduleAnyway", NULL};
    static const char *const policies[] = {"Honor", "Ignore", NULL};

    api_errors_push(errors, "topologySpreadConstraints");
    for (guint i = 0; i < spec->topology_spread_constraints.count; i++) {
        const TopologySpreadConstraint *constraint = &spec->topology_spread_constraints.items[i];

        api_errors_push_index(errors, i);
        if (constraint->max_skew <= 0)
            field_invalid_int(errors, "maxSkew", constraint->max_skew, "must be greater than zero");
        if (str_is_empty(constraint->topology_key))
            field_required(errors, "topologyKey", "can not be empty");
        if (str_is_empty(constraint->when_unsatisfiable))
            field_not_supported(errors, "whenUnsatisfiable", "", actions);
        else
            check_one_of(errors, "whenUnsatisfiable", constraint->when_unsatisfiable, actions);
        check_not_repeated(errors, spec, i);
        check_min_domains(errors, constraint);
        if (constraint->node_affinity_policy != NULL)
            check_one_of(errors, "nodeAffinityPolicy", constraint->node_affinity_policy, policies);
        if (constraint->node_taints_policy != NULL)
            check_one_of(errors, "nodeTaintsPolicy", constraint->node_taints_policy, policies);
        if (profile_has(FEATURE_SPREAD_SELECTOR_MERGE, errors->profile)) {
            const PodAffinityTerm term = {.label_selector = constraint->label_selector,
                                          .match_label_keys = constraint->match_label_keys};

            check_label_keys(errors, "matchLabelKeys", &term.match_label_keys, term.label_selector);
            check_merged_keys(errors, &term);
        } else {
            check_spread_label_keys(errors, constraint);
        }
        check_label_selector(errors, "labelSelector", constraint->label_selector);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}
