/* match.c - taints, node selectors, inter-pod terms; see plugins.h */

#include "scheduler/plugins/plugins.h"

#include "api/selector.h"

gboolean
sched_taint_is_tolerated(const TolerationList *tolerations, const Taint *taint)
{
    for (guint i = 0; i < tolerations->count; i++) {
        if (toleration_matches(&tolerations->items[i], taint->key, taint->value, taint->effect))
            return TRUE;
    }
    return FALSE;
}

const Taint *
sched_untolerated_taint(const ApiObject *node, const TolerationList *tolerations)
{
    const NodeSpec *spec = node_spec(node);

    for (guint i = 0; i < spec->taints.count; i++) {
        const Taint *taint = &spec->taints.items[i];

        if (!str_is(taint->effect, "NoSchedule") && !str_is(taint->effect, "NoExecute"))
            continue;
        if (!sched_taint_is_tolerated(tolerations, taint))
            return taint;
    }
    return NULL;
}

/* --- node selectors -------------------------------------------------------------------------------- */

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
sched_term_matches(const NodeSelectorTerm *term, const ApiObject *node)
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
sched_node_matches_required(const PodSpec *spec, const ApiObject *node)
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
        if (sched_term_matches(&required->terms.items[i], node))
            return TRUE;
    }
    return FALSE;
}

/* --- inter-pod terms ---------------------------------------------------------------------------------- */

/* v1.34 pkg/scheduler/framework/types.go: AffinityTerm.Matches */
gboolean
sched_affinity_term_matches(const SchedCache *cache,
                            const PodAffinityTerm *term,
                            const char *owner_namespace,
                            const ApiObject *pod)
{
    const char *namespace_ = api_namespace(pod);
    gboolean is_meant;

    if (term->namespaces.count == 0 && term->namespace_selector == NULL)
        is_meant = str_is(namespace_, owner_namespace);
    else
        is_meant = str_list_contains(&term->namespaces, namespace_) ||
                   (term->namespace_selector != NULL &&
                    label_selector_matches(term->namespace_selector,
                                           sched_cache_namespace_labels(cache, namespace_)));
    return is_meant && label_selector_matches(term->label_selector, &pod->meta->labels);
}

gboolean
sched_affinity_all_match(const SchedCache *cache,
                         const PodTermList *terms,
                         const char *owner_namespace,
                         const ApiObject *pod)
{
    for (guint i = 0; i < terms->count; i++) {
        if (!sched_affinity_term_matches(cache, terms->items[i].term, owner_namespace, pod))
            return FALSE;
    }
    return terms->count > 0;
}

gboolean
sched_event_is_own(const PodInfo *waiting, const ClusterEvent *event)
{
    const ApiObject *object = event->object != NULL ? event->object : event->old;

    return object != NULL && object->kind == &pod_kind && api_key(object) == waiting->key;
}
