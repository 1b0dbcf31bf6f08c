/* spread_constraints.c - see spread.h */

#include "scheduler/plugins/spread.h"

#include "base/caches.h"

void
spread_clear(SpreadConstraints *constraints)
{
    for (guint i = 0; i < constraints->items.count; i++)
        pod_selector_clear(&constraints->items.items[i].selector);
    g_free(constraints->items.items);
    *constraints = (SpreadConstraints){0};
}

void
spread_read(SpreadConstraints *out, const ApiObject *pod, const char *action)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->topology_spread_constraints.count; i++) {
        const TopologySpreadConstraint *from = &spec->topology_spread_constraints.items[i];
        SpreadConstraint *to;

        if (!str_is(from->when_unsatisfiable, action))
            continue;
        to = API_LIST_ADD(&out->items);
        to->key = from->topology_key;
        to->max_skew = from->max_skew;
        to->min_domains = from->min_domains.is_set ? from->min_domains.value : 1;
        to->honors_affinity = !str_is(from->node_affinity_policy, "Ignore");
        to->honors_taints = str_is(from->node_taints_policy, "Honor");
        to->selector.namespace_ = api_namespace(pod);
        to->selector.has_selector = TRUE;
        to->selector.selector = from->label_selector;
        for (guint k = 0; k < from->match_label_keys.count; k++) {
            const char *key = from->match_label_keys.items[k];
            const char *value = str_map_get(&pod->meta->labels, key);

            if (value != NULL)
                str_map_set(&to->selector.pairs, key, value);
        }
    }
}

/* --- the system's defaults ------------------------------------------------------------------------ */

/* v1.34 plugins/podtopologyspread/plugin.go: systemDefaultConstraints: the skews by host and by zone. */
static const gint32 default_skews[] = {3, 5};

static void
merge_pairs(StrMap *to, const StrMap *from)
{
    for (guint i = 0; i < from->count; i++)
        str_map_set(to, from->items[i].key, from->items[i].value);
}

static void
add_services(StrMap *pairs, SchedCache *cache, const ApiObject *pod)
{
    GPtrArray *services = sched_cache_room(cache, 0)->found;

    g_ptr_array_set_size(services, 0);
    sched_cache_list(cache, &service_kind, api_namespace(pod), services);
    for (guint i = 0; i < services->len; i++) {
        const ServiceSpec *spec = service_spec(services->pdata[i]);

        if (spec->selector.count > 0 && str_map_contains_all(&pod->meta->labels, &spec->selector))
            merge_pairs(pairs, &spec->selector);
    }
}

/* Those that v1.34 plugins/helper/spread.go: DefaultSelector asks for; most pods have one of them. */
static const ApiKind *
owner_kind(const OwnerReference *reference)
{
    if (reference == NULL)
        return NULL;
    if (reference->kind == str_intern("ReplicaSet") && reference->api_version == str_intern("apps/v1") &&
        !caches_are_checked())
        return &replica_set_kind;
    if (!str_is(reference->kind, "ReplicaSet") && !str_is(reference->kind, "StatefulSet") &&
        !str_is(reference->kind, "ReplicationController"))
        return NULL;
    return api_kind_find(reference->api_version, reference->kind);
}

/* The selector of any kind of owner that has one: a LabelSelector, or a plain map as in ReplicationController. */
static void
add_owner(PodSelector *selector, const SchedCache *cache, const ApiObject *pod)
{
    const OwnerReference *reference = api_controller_of(pod);
    const ApiKind *kind = owner_kind(reference);
    const ApiObject *owner;
    const ApiField *field;

    if (kind == NULL || kind->spec == NULL)
        return;
    owner = sched_cache_get(cache, kind, api_namespace(pod), reference->name);
    field = owner == NULL ? NULL : api_type_field(kind->spec, "selector");
    if (field == NULL)
        return;
    if (field->type == API_MESSAGE) {
        selector->has_selector = TRUE;
        selector->selector = *(LabelSelector *const *)((const char *)owner->spec + field->offset);
    } else if (field->type == API_STR_MAP) {
        merge_pairs(&selector->pairs, (const StrMap *)((const char *)owner->spec + field->offset));
    }
}

/* v1.34 plugins/helper/spread.go: DefaultSelector */
void
spread_read_default(SpreadConstraints *out, SchedCache *cache, const ApiObject *pod)
{
    PodSelector selector = {.namespace_ = api_namespace(pod)};
    const char *const keys[] = {str_intern(SPREAD_HOSTNAME), str_intern("topology.kubernetes.io/zone")};

    out->is_default = TRUE;
    add_services(&selector.pairs, cache, pod);
    add_owner(&selector, cache, pod);
    for (guint i = 0; !pod_selector_is_empty(&selector) && i < G_N_ELEMENTS(default_skews);
         i++) {
        SpreadConstraint *constraint = API_LIST_ADD(&out->items);

        constraint->key = keys[i];
        constraint->max_skew = default_skews[i];
        constraint->min_domains = 1;
        constraint->honors_affinity = TRUE;
        constraint->selector = selector;
        constraint->selector.pairs = (StrMap){0};
        str_map_copy(&constraint->selector.pairs, &selector.pairs);
    }
    pod_selector_clear(&selector);
}

/* --- nodes --------------------------------------------------------------------------------------------- */

gboolean
spread_has_keys(const SpreadConstraints *constraints, const ApiObject *node)
{
    for (guint i = 0; i < constraints->items.count; i++) {
        if (str_map_get(&node->meta->labels, constraints->items.items[i].key) == NULL)
            return FALSE;
    }
    return TRUE;
}

gboolean
spread_includes(const SpreadConstraint *constraint, const ApiObject *pod, const ApiObject *node)
{
    const PodSpec *spec = pod_spec(pod);

    if (constraint->honors_affinity && (spec->node_selector.count > 0 || spec->affinity != NULL) &&
        !node_matches_required(spec, node))
        return FALSE;
    return !constraint->honors_taints || sched_untolerated_taint(node, &spec->tolerations) == NULL;
}
