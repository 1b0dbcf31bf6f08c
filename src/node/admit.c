/*
 * admit.c - may a bound pod run here after all?
 *
 * v1.34 pkg/kubelet/lifecycle/predicate.go: system, resources, node affinity, name,
 * host ports, and NoExecute taints, with its reasons and messages. Pure.
 */

#include "node/internal.h"

/* --- resources ------------------------------------------------------------------------- */

gint64
admit_amount_of(const char *resource, const Quantity *quantity)
{
    if (quantity == NULL)
        return 0;
    return str_is(resource, "cpu") ? quantity_value_milli(quantity) : quantity_value(quantity);
}

/* Extended resources that the node does not know are somebody else's business. */
static gboolean
is_native(const char *resource)
{
    return strchr(resource, '/') == NULL || g_str_has_prefix(resource, "kubernetes.io/");
}

static void
fail_predicate(GArray *failures, const char *predicate, const char *text)
{
    AdmitFailure failure = {.predicate = predicate, .text = text};

    g_array_append_val(failures, failure);
}

static void
check_resource(const ApiObject *node,
               const ApiObject *const *others,
               guint n_others,
               const char *resource,
               const Quantity *wanted,
               GArray *failures)
{
    const Quantity *have = quantity_map_get(&node_status(node)->allocatable, resource);
    AdmitFailure failure = {
        .resource = resource,
        .requested = admit_amount_of(resource, wanted),
        .capacity = admit_amount_of(resource, have),
    };

    if (failure.requested == 0 ||
        (have == NULL && (!is_native(resource) || str_is(resource, "ephemeral-storage"))))
        return;
    for (guint i = 0; i < n_others; i++) {
        QuantityMap taken = {0};

        pod_requests(pod_spec(others[i]), &taken);
        failure.used += admit_amount_of(resource, quantity_map_get(&taken, resource));
        g_free(taken.items);
    }
    if (failure.used + failure.requested > failure.capacity)
        g_array_append_val(failures, failure);
}

/* v1.34 noderesources/fit.go, fitsRequest: in this order, then what else is asked for. */
static void
check_resources(const ApiObject *node,
                const ApiObject *const *others,
                guint n_others,
                const ApiObject *pod,
                GArray *failures)
{
    static const char *const first[] = {"cpu", "memory", "ephemeral-storage"};
    const Quantity *pods = quantity_map_get(&node_status(node)->allocatable, str_intern("pods"));
    QuantityMap wanted = {0};

    if (pods != NULL && (gint64)n_others + 1 > quantity_value(pods)) {
        AdmitFailure failure = {str_intern("pods"), 1, n_others, quantity_value(pods), NULL, NULL};

        g_array_append_val(failures, failure);
    }
    pod_requests(pod_spec(pod), &wanted);
    for (guint k = 0; k < G_N_ELEMENTS(first); k++) {
        const char *resource = str_intern(first[k]);

        check_resource(node, others, n_others, resource, quantity_map_get(&wanted, resource),
                       failures);
    }
    for (guint i = 0; i < wanted.count; i++) {
        const char *resource = wanted.items[i].key;

        if (!str_is(resource, first[0]) && !str_is(resource, first[1]) &&
            !str_is(resource, first[2]))
            check_resource(node, others, n_others, resource, &wanted.items[i].value, failures);
    }
    g_free(wanted.items);
}

/* --- host ports ------------------------------------------------------------------------ */

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
containers_share_ports(const Container *a, const Container *b)
{
    for (guint i = 0; i < a->ports.count; i++)
        for (guint k = 0; k < b->ports.count; k++)
            if (ports_conflict(&a->ports.items[i], &b->ports.items[k]))
                return TRUE;
    return FALSE;
}

/* Those that run for the whole life of the pod: sidecars, then app containers. */
static const Container *
lasting_container(const PodSpec *spec, guint *index)
{
    while (*index < spec->init_containers.count) {
        const Container *container = &spec->init_containers.items[(*index)++];

        if (container_is_sidecar(container))
            return container;
    }
    if (*index - spec->init_containers.count < spec->containers.count)
        return &spec->containers.items[(*index)++ - spec->init_containers.count];
    return NULL;
}

static gboolean
pods_share_ports(const PodSpec *a, const PodSpec *b)
{
    const Container *one;
    guint i = 0;

    while ((one = lasting_container(a, &i)) != NULL) {
        const Container *other;
        guint k = 0;

        while ((other = lasting_container(b, &k)) != NULL)
            if (containers_share_ports(one, other))
                return TRUE;
    }
    return FALSE;
}

static gboolean
has_free_ports(const ApiObject *const *others, guint n_others, const ApiObject *pod)
{
    for (guint i = 0; i < n_others; i++)
        if (pods_share_ports(pod_spec(pod), pod_spec(others[i])))
            return FALSE;
    return TRUE;
}

/* --- the whole ---------------------------------------------------------------------------- */

static gboolean
tolerates_taints(const PodSpec *spec, const ApiObject *node)
{
    for (guint i = 0; i < node_spec(node)->taints.count; i++) {
        const Taint *taint = &node_spec(node)->taints.items[i];
        gboolean is_tolerated = !str_is(taint->effect, "NoExecute");

        for (guint k = 0; k < spec->tolerations.count && !is_tolerated; k++)
            is_tolerated = toleration_matches(&spec->tolerations.items[k], taint->key, taint->value,
                                              taint->effect);
        if (!is_tolerated)
            return FALSE;
    }
    return TRUE;
}

GArray *
admit_failures(const ApiObject *node,
               const ApiObject *const *others,
               guint n_others,
               const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    GArray *failures = g_array_new(FALSE, FALSE, sizeof(AdmitFailure));

    check_resources(node, others, n_others, pod, failures);
    if (!node_matches_required(spec, node))
        fail_predicate(failures, "NodeAffinity",
                       "node(s) didn't match Pod's node affinity/selector");
    if (!str_is_empty(spec->node_name) && !str_is(spec->node_name, api_name(node)))
        fail_predicate(failures, "NodeName", "node(s) didn't match the requested node name");
    if (!has_free_ports(others, n_others, pod))
        fail_predicate(failures, "NodePorts",
                       "node(s) didn't have free ports for the requested pod ports");
    if (!tolerates_taints(spec, node))
        fail_predicate(failures, "TaintToleration",
                       "node(s) had taints that the pod didn't tolerate");
    return failures;
}

Admission
admit_verdict(const AdmitFailure *failure)
{
    if (failure->resource == NULL)
        return (Admission){str_intern(failure->predicate),
                           str_internf("Predicate %s failed: %s", failure->predicate, failure->text)};
    return (Admission){
        str_internf("OutOf%s", failure->resource),
        str_internf("Node didn't have enough resource: %s, requested: %" G_GINT64_FORMAT
                    ", used: %" G_GINT64_FORMAT ", capacity: %" G_GINT64_FORMAT,
                    failure->resource, failure->requested, failure->used, failure->capacity)};
}

Admission
admit_system(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const char *label = str_map_get(&pod->meta->labels, "kubernetes.io/os");

    if (label != NULL && !str_is(label, "linux"))
        return (Admission){str_intern("PodOSSelectorNodeLabelDoesNotMatch"),
                           str_intern("Failed to admit pod as the `kubernetes.io/os` label doesn't "
                                      "match node label")};
    if (spec->os != NULL && !str_is(spec->os->name, "linux"))
        return (Admission){str_intern("PodOSNotSupported"),
                           str_intern("Failed to admit pod as the OS field doesn't match node OS")};
    return (Admission){0};
}
