/*
 * admit.c - may a bound pod run here after all?
 *
 * v1.34 pkg/kubelet/lifecycle/predicate.go: resources, node affinity, name, host
 * ports, and NoExecute taints, with its reasons and messages. Pure.
 */

#include "node/internal.h"

static gint64
amount_of(const char *resource, const Quantity *quantity)
{
    return str_is(resource, "cpu") ? quantity_value_milli(quantity) : quantity_value(quantity);
}

static const char *
insufficient_message(const char *resource, gint64 requested, gint64 used, gint64 capacity)
{
    return str_internf("Node didn't have enough resource: %s, requested: %" G_GINT64_FORMAT
                       ", used: %" G_GINT64_FORMAT ", capacity: %" G_GINT64_FORMAT,
                       resource, requested, used, capacity);
}

/* Extended resources that the node does not know are somebody else's business. */
static gboolean
is_native(const char *resource)
{
    return strchr(resource, '/') == NULL || g_str_has_prefix(resource, "kubernetes.io/");
}

static Admission
admit_resources(const ApiObject *node,
                const ApiObject *const *others,
                guint n_others,
                const ApiObject *pod)
{
    const QuantityMap *capacity = &node_status(node)->allocatable;
    const Quantity *pods = quantity_map_get(capacity, str_intern("pods"));
    QuantityMap wanted = {0};
    Admission verdict = {0};

    if (pods != NULL && (gint64)n_others + 1 > quantity_value(pods)) {
        verdict.reason = str_intern("OutOfpods");
        verdict.message = insufficient_message("pods", 1, n_others, quantity_value(pods));
        return verdict;
    }
    pod_requests(pod_spec(pod), &wanted);
    for (guint i = 0; i < wanted.count && verdict.reason == NULL; i++) {
        const char *resource = wanted.items[i].key;
        const Quantity *have = quantity_map_get(capacity, resource);
        gint64 requested = amount_of(resource, &wanted.items[i].value);
        gint64 limit = have != NULL ? amount_of(resource, have) : 0;
        gint64 used = 0;

        if (requested == 0 ||
            (have == NULL && (!is_native(resource) || str_is(resource, "ephemeral-storage"))))
            continue;
        for (guint j = 0; j < n_others; j++) {
            QuantityMap taken = {0};
            const Quantity *other;

            pod_requests(pod_spec(others[j]), &taken);
            other = quantity_map_get(&taken, resource);
            if (other != NULL)
                used += amount_of(resource, other);
            g_free(taken.items);
        }
        if (used + requested <= limit)
            continue;
        verdict.reason = str_internf("OutOf%s", resource);
        verdict.message = insufficient_message(resource, requested, used, limit);
    }
    g_free(wanted.items);
    return verdict;
}

static gint64
parse_number(const char *text, gboolean *out_ok)
{
    gint64 number = 0;

    *out_ok =
        text != NULL && g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL);
    return number;
}

static gboolean
requirement_matches(const NodeSelectorRequirement *requirement, const char *value)
{
    const char *first = requirement->values.count > 0 ? requirement->values.items[0] : NULL;
    gboolean ok_value, ok_first;
    gint64 number, bound;

    if (str_is(requirement->operator_, "In"))
        return value != NULL && str_list_contains(&requirement->values, value);
    if (str_is(requirement->operator_, "NotIn"))
        return value == NULL || !str_list_contains(&requirement->values, value);
    if (str_is(requirement->operator_, "Exists"))
        return value != NULL;
    if (str_is(requirement->operator_, "DoesNotExist"))
        return value == NULL;
    number = parse_number(value, &ok_value);
    bound = parse_number(first, &ok_first);
    if (!ok_value || !ok_first)
        return FALSE;
    return str_is(requirement->operator_, "Gt") ? number > bound : number < bound;
}

static gboolean
term_matches(const NodeSelectorTerm *term, const ApiObject *node)
{
    if (term->match_expressions.count + term->match_fields.count == 0)
        return FALSE;
    for (guint i = 0; i < term->match_expressions.count; i++) {
        const NodeSelectorRequirement *requirement = &term->match_expressions.items[i];

        if (!requirement_matches(requirement, str_map_get(&node->meta->labels, requirement->key)))
            return FALSE;
    }
    for (guint i = 0; i < term->match_fields.count; i++)
        if (!requirement_matches(&term->match_fields.items[i], api_name(node)))
            return FALSE;
    return TRUE;
}

static gboolean
affinity_matches(const PodSpec *spec, const ApiObject *node)
{
    const NodeSelector *required = NULL;

    if (!str_map_contains_all(&node->meta->labels, &spec->node_selector))
        return FALSE;
    if (spec->affinity != NULL && spec->affinity->node_affinity != NULL)
        required = spec->affinity->node_affinity->required;
    if (required == NULL)
        return TRUE;
    for (guint i = 0; i < required->terms.count; i++)
        if (term_matches(&required->terms.items[i], node))
            return TRUE;
    return FALSE;
}

static gboolean
ports_conflict(const ContainerPort *a, const ContainerPort *b)
{
    const char *protocol_a = a->protocol != NULL ? a->protocol : "TCP";
    const char *protocol_b = b->protocol != NULL ? b->protocol : "TCP";
    gboolean any_a = str_is_empty(a->host_ip) || str_is(a->host_ip, "0.0.0.0");
    gboolean any_b = str_is_empty(b->host_ip) || str_is(b->host_ip, "0.0.0.0");

    return a->host_port != 0 && a->host_port == b->host_port && str_is(protocol_a, protocol_b) &&
           (any_a || any_b || str_is(a->host_ip, b->host_ip));
}

static gboolean
pods_share_ports(const PodSpec *a, const PodSpec *b)
{
    for (guint i = 0; i < a->containers.count; i++)
        for (guint j = 0; j < a->containers.items[i].ports.count; j++)
            for (guint m = 0; m < b->containers.count; m++)
                for (guint n = 0; n < b->containers.items[m].ports.count; n++)
                    if (ports_conflict(&a->containers.items[i].ports.items[j],
                                       &b->containers.items[m].ports.items[n]))
                        return TRUE;
    return FALSE;
}

static Admission
predicate_failed(const char *name, const char *reason)
{
    return (Admission){str_intern(name), str_internf("Predicate %s failed: %s", name, reason)};
}

static gboolean
taint_is_tolerated(const PodSpec *spec, const Taint *taint)
{
    for (guint i = 0; i < spec->tolerations.count; i++)
        if (toleration_matches(&spec->tolerations.items[i], taint->key, taint->value,
                               taint->effect))
            return TRUE;
    return FALSE;
}

Admission
admit_pod(const ApiObject *node,
          const ApiObject *const *others,
          guint n_others,
          const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    Admission verdict = admit_resources(node, others, n_others, pod);

    if (verdict.reason != NULL)
        return verdict;
    if (!affinity_matches(spec, node))
        return predicate_failed("NodeAffinity",
                                "node(s) didn't match Pod's node affinity/selector");
    if (!str_is_empty(spec->node_name) && !str_is(spec->node_name, api_name(node)))
        return predicate_failed("NodeName", "node(s) didn't match the requested node name");
    for (guint i = 0; i < n_others; i++)
        if (pods_share_ports(spec, pod_spec(others[i])))
            return predicate_failed("NodePorts",
                                    "node(s) didn't have free ports for the requested pod ports");
    for (guint i = 0; i < node_spec(node)->taints.count; i++) {
        const Taint *taint = &node_spec(node)->taints.items[i];

        if (str_is(taint->effect, "NoExecute") && !taint_is_tolerated(spec, taint))
            return predicate_failed(
                "TaintToleration",
                str_internf("node(s) had taint {%s: %s}, that the pod didn't tolerate", taint->key,
                            taint->value != NULL ? taint->value : ""));
    }
    return (Admission){0};
}
