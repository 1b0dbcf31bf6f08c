/* Which nodes a pod's node selector and required node affinity select. */
#include "api/kinds.h"

static gboolean
compare_numbers(const NodeSelectorRequirement *rule, const char *value, gboolean wants_greater)
{
    gint64 have;
    gint64 limit;

    if (value == NULL || rule->values.count != 1)
        return FALSE;
    if (!g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &have, NULL) ||
        !g_ascii_string_to_signed(rule->values.items[0], 10, G_MININT64, G_MAXINT64, &limit, NULL))
        return FALSE;
    return wants_greater ? have > limit : have < limit;
}

/* v1.34 apimachinery pkg/labels: Requirement.Matches */
static gboolean
requirement_matches(const NodeSelectorRequirement *rule, const char *value)
{
    const char *operator_ = rule->operator_;

    if (str_is(operator_, "In"))
        return value != NULL && str_list_contains(&rule->values, value);
    if (str_is(operator_, "NotIn"))
        return value == NULL || !str_list_contains(&rule->values, value);
    if (str_is(operator_, "Exists"))
        return value != NULL;
    if (str_is(operator_, "DoesNotExist"))
        return value == NULL;
    if (str_is(operator_, "Gt"))
        return compare_numbers(rule, value, TRUE);
    if (str_is(operator_, "Lt"))
        return compare_numbers(rule, value, FALSE);
    return FALSE;
}

/* v1.34 component-helpers scheduling/corev1/nodeaffinity: nodeSelectorTerm.match */
gboolean
node_term_matches(const NodeSelectorTerm *term, const ApiObject *node)
{
    if (term->match_expressions.count == 0 && term->match_fields.count == 0)
        return FALSE;
    for (guint i = 0; i < term->match_expressions.count; i++) {
        const NodeSelectorRequirement *rule = &term->match_expressions.items[i];

        if (!requirement_matches(rule, str_map_get(&node->meta->labels, rule->key)))
            return FALSE;
    }
    for (guint i = 0; i < term->match_fields.count; i++) {
        const NodeSelectorRequirement *rule = &term->match_fields.items[i];

        if (!str_is(rule->key, "metadata.name") || !requirement_matches(rule, api_name(node)))
            return FALSE;
    }
    return TRUE;
}

gboolean
node_matches_required(const PodSpec *spec, const ApiObject *node)
{
    const NodeSelector *required = NULL;

    if (spec->node_selector.count > 0 &&
        !str_map_contains_all(&node->meta->labels, &spec->node_selector))
        return FALSE;
    if (spec->affinity != NULL && spec->affinity->node_affinity != NULL)
        required = spec->affinity->node_affinity->required;
    if (required == NULL)
        return TRUE;
    for (guint i = 0; i < required->terms.count; i++) {
        if (node_term_matches(&required->terms.items[i], node))
            return TRUE;
    }
    return FALSE;
}
