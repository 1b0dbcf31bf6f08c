/*
 * What counts against a quota.
 *
 * Models: v1.34 pkg/quota/v1/evaluator/core (pods, services, persistent volume
 * claims), apiserver/pkg/quota/v1/generic (everything by number).
 */
#include "api/kinds/quota.h"
#include "api/kinds.h"
#include "api/selector.h"
#include "base/duration.h"

static const char *const pod_names[] = {"cpu",
                                        "memory",
                                        "ephemeral-storage",
                                        "requests.cpu",
                                        "requests.memory",
                                        "requests.ephemeral-storage",
                                        "limits.cpu",
                                        "limits.memory",
                                        "limits.ephemeral-storage",
                                        "pods",
                                        NULL};
/* Without a request for these a pod is refused. */
static const char *const demanded_names[] = {"cpu",          "limits.cpu",   "limits.memory",
                                             "memory",       "requests.cpu", "requests.memory",
                                             NULL};
static const char *const service_names[] = {"services", "services.nodeports",
                                            "services.loadbalancers", NULL};
static const char *const claim_names[] = {"persistentvolumeclaims", "requests.storage", NULL};
/* Kinds that had a name of their own before there was count/. */
static const char *const aliases[] = {"configmaps", "resourcequotas", "replicationcontrollers",
                                      "secrets", NULL};
#define CLASS_SUFFIX ".storageclass.storage.k8s.io/"

/* --- sums --------------------------------------------------------------------------------------- */

void
quota_add(QuantityMap *sum, const QuantityMap *other)
{
    for (guint i = 0; i < other->count; i++) {
        const Quantity *have = quantity_map_get(sum, other->items[i].key);
        Quantity total = other->items[i].value;

        if (have != NULL) {
            total = *have;
            quantity_add(&total, &other->items[i].value);
        }
        quantity_map_set(sum, other->items[i].key, total);
    }
}

void
quota_mask(QuantityMap *map, const QuantityMap *names)
{
    for (guint i = map->count; i-- > 0;)
        if (quantity_map_get(names, map->items[i].key) == NULL)
            quantity_map_remove(map, map->items[i].key);
}

gboolean
quota_equal(const QuantityMap *a, const QuantityMap *b)
{
    if (a->count != b->count)
        return FALSE;
    for (guint i = 0; i < a->count; i++)
        if (!str_is(a->items[i].key, b->items[i].key) ||
            quantity_compare(&a->items[i].value, &b->items[i].value) != 0)
            return FALSE;
    return TRUE;
}

const char *
quota_print(const QuantityMap *map)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < map->count; i++)
        g_string_append_printf(text, "%s%s=%s", i > 0 ? "," : "", map->items[i].key,
                               quantity_format(&map->items[i].value));
    return str_intern(text->str);
}

void
quantity_map_copy(QuantityMap *to, const QuantityMap *from)
{
    g_clear_pointer(&to->items, g_free);
    to->count = 0;
    for (guint i = 0; i < from->count; i++)
        quantity_map_set(to, from->items[i].key, from->items[i].value);
}

static void
put_count(QuantityMap *usage, const char *name, gint64 count)
{
    QuantityPair pair = {str_intern(name), quantity_from_int(count, QUANTITY_DECIMAL_SI)};
    QuantityMap one = {.items = &pair, .count = 1};

    quota_add(usage, &one);
}

/* --- which resources ------------------------------------------------------------------------------ */

/* "count/pods", "count/deployments.apps" */
static const char *
count_name(const ApiKind *kind)
{
    return str_internf("count/%s", api_kind_group_resource(kind));
}

static gboolean
is_extended(const char *name)
{
    return strchr(name, '/') != NULL && strstr(name, "kubernetes.io/") == NULL &&
           !g_str_has_prefix(name, "requests.") && !g_str_has_prefix(name, "count/");
}

static gboolean
pod_tracks(const char *name)
{
    if (g_strv_contains(pod_names, name) || g_str_has_prefix(name, "hugepages-") ||
        g_str_has_prefix(name, "requests.hugepages-"))
        return TRUE;
    /* Extended resources only as "requests." and the name. */
    return g_str_has_prefix(name, "requests.") && is_extended(name + strlen("requests."));
}

gboolean
quota_tracks(const ApiKind *kind, const char *name)
{
    if (!kind->is_namespaced || kind == &event_kind)
        return FALSE;
    if (str_is(name, count_name(kind)))
        return TRUE;
    if (kind == &pod_kind)
        return pod_tracks(name);
    if (kind == &service_kind)
        return g_strv_contains(service_names, name);
    if (kind == &persistent_volume_claim_kind)
        return g_strv_contains(claim_names, name) ||
               g_str_has_suffix(name, CLASS_SUFFIX "requests.storage") ||
               g_str_has_suffix(name, CLASS_SUFFIX "persistentvolumeclaims");
    return kind->group[0] == '\0' && str_is(name, kind->plural) && g_strv_contains(aliases, name);
}

gboolean
quota_tracks_any(const ApiKind *kind, const QuantityMap *hard)
{
    for (guint i = 0; i < hard->count; i++)
        if (quota_tracks(kind, hard->items[i].key))
            return TRUE;
    return FALSE;
}

/* --- pods ------------------------------------------------------------------------------------------ */

gboolean
quota_pod_counts(const ApiObject *pod, gint64 wall_ns)
{
    const ObjectMeta *meta = pod->meta;

    if (pod_is_terminal(pod))
        return FALSE;
    return meta->deletion_time == 0 || !meta->deletion_grace_s.is_set ||
           wall_ns <= time_add(meta->deletion_time, duration_of_seconds(meta->deletion_grace_s.value));
}

static void
put_amount(QuantityMap *usage, const char *prefix, const char *name, Quantity amount)
{
    QuantityPair pair = {str_internf("%s%s", prefix, name), amount};
    QuantityMap one = {.items = &pair, .count = 1};

    quota_add(usage, &one);
}

/* podComputeUsageHelper */
static void
put_compute(QuantityMap *usage, const QuantityMap *requests, const QuantityMap *limits)
{
    static const char *const plain[] = {"cpu", "memory", "ephemeral-storage", NULL};

    put_count(usage, "pods", 1);
    for (guint i = 0; plain[i] != NULL; i++) {
        const Quantity *request = quantity_map_get(requests, plain[i]);
        const Quantity *limit = quantity_map_get(limits, plain[i]);

        if (request != NULL) {
            put_amount(usage, "", plain[i], *request);
            put_amount(usage, "requests.", plain[i], *request);
        }
        if (limit != NULL)
            put_amount(usage, "limits.", plain[i], *limit);
    }
    for (guint i = 0; i < requests->count; i++) {
        const QuantityPair *pair = &requests->items[i];

        if (g_str_has_prefix(pair->key, "hugepages-"))
            put_amount(usage, "", pair->key, pair->value);
        if (g_str_has_prefix(pair->key, "hugepages-") || is_extended(pair->key))
            put_amount(usage, "requests.", pair->key, pair->value);
    }
}

static void
pod_usage(const ApiObject *pod, gint64 wall_ns, QuantityMap *usage)
{
    QuantityMap requests = {0}, limits = {0};

    if (!quota_pod_counts(pod, wall_ns))
        return;
    pod_requests(pod_spec(pod), &requests);
    pod_limits(pod_spec(pod), &limits);
    put_compute(usage, &requests, &limits);
    g_free(requests.items);
    g_free(limits.items);
}

/* --- services and claims ------------------------------------------------------------------------------ */

static void
service_usage(const ApiObject *service, QuantityMap *usage)
{
    const ServiceSpec *spec = service->spec;
    gboolean balances = str_is(spec->type, "LoadBalancer");
    gint64 ports = 0;

    for (guint i = 0; i < spec->ports.count; i++)
        if (str_is(spec->type, "NodePort") ||
            (balances && (spec->allocate_load_balancer_node_ports != OPT_FALSE ||
                          spec->ports.items[i].node_port != 0)))
            ports++;
    put_count(usage, "services", 1);
    put_count(usage, "services.nodeports", ports);
    put_count(usage, "services.loadbalancers", balances ? 1 : 0);
}

/* getStorageUsage: whole bytes, upwards. */
static Quantity
whole_bytes(const Quantity *storage)
{
    Quantity whole = quantity_from_int(quantity_value(storage), QUANTITY_DECIMAL_SI);

    return quantity_compare(storage, &whole) == 0 ? *storage : whole;
}

static void
claim_usage(const ApiObject *claim, QuantityMap *usage)
{
    const PvcSpec *spec = pvc_spec(claim);
    const Quantity *storage = quantity_map_get(&spec->resources.requests, "storage");
    const char *class_name = spec->storage_class_name;

    put_count(usage, "persistentvolumeclaims", 1);
    if (!str_is_empty(class_name))
        put_count(usage, str_internf("%s" CLASS_SUFFIX "persistentvolumeclaims", class_name), 1);
    if (storage == NULL)
        return;
    put_amount(usage, "requests.", "storage", whole_bytes(storage));
    if (!str_is_empty(class_name))
        put_amount(usage, str_internf("%s" CLASS_SUFFIX, class_name), "requests.storage", whole_bytes(storage));
}

void
quota_usage(const ApiObject *object, gint64 wall_ns, QuantityMap *usage)
{
    const ApiKind *kind = object->kind;

    put_count(usage, count_name(kind), 1);
    if (kind == &pod_kind)
        pod_usage(object, wall_ns, usage);
    else if (kind == &service_kind)
        service_usage(object, usage);
    else if (kind == &persistent_volume_claim_kind)
        claim_usage(object, usage);
    else if (kind->group[0] == '\0' && g_strv_contains(aliases, kind->plural))
        put_count(usage, kind->plural, 1);
}

/* --- scopes --------------------------------------------------------------------------------------- */

static gboolean
affects_other_namespaces(const PodAffinityTerm *term)
{
    return term->namespaces.count > 0 || term->namespace_selector != NULL;
}

static gboolean
uses_cross_namespace_affinity(const PodSpec *spec)
{
    const PodAffinity *parts[2] = {NULL, NULL};

    if (spec->affinity == NULL)
        return FALSE;
    parts[0] = spec->affinity->pod_affinity;
    parts[1] = spec->affinity->pod_anti_affinity;
    for (guint i = 0; i < 2; i++) {
        if (parts[i] == NULL)
            continue;
        for (guint k = 0; k < parts[i]->required.count; k++)
            if (affects_other_namespaces(&parts[i]->required.items[k]))
                return TRUE;
        for (guint k = 0; k < parts[i]->preferred.count; k++)
            if (affects_other_namespaces(&parts[i]->preferred.items[k].term))
                return TRUE;
    }
    return FALSE;
}

static gboolean
matches_priority(const ScopeRequirement *row, const char *class_name)
{
    gboolean is_in = !str_is_empty(class_name) && str_list_contains(&row->values, class_name);

    if (str_is(row->operator_, "Exists"))
        return !str_is_empty(class_name);
    if (str_is(row->operator_, "DoesNotExist"))
        return str_is_empty(class_name);
    return str_is(row->operator_, "In") ? is_in : !is_in;
}

/* podMatchesScopeFunc */
static gboolean
matches_scope(const ScopeRequirement *row, const ApiObject *object)
{
    const PodSpec *spec = object->spec;
    gboolean ends, is_best_effort;

    if (object->kind != &pod_kind)
        return FALSE;
    ends = spec->active_deadline_s.is_set && spec->active_deadline_s.value >= 0;
    is_best_effort = str_is(pod_qos(spec), "BestEffort");
    if (str_is(row->scope_name, "Terminating"))
        return ends;
    if (str_is(row->scope_name, "NotTerminating"))
        return !ends;
    if (str_is(row->scope_name, "BestEffort"))
        return is_best_effort;
    if (str_is(row->scope_name, "NotBestEffort"))
        return !is_best_effort;
    if (str_is(row->scope_name, "PriorityClass"))
        return matches_priority(row, spec->priority_class_name);
    return str_is(row->scope_name, "CrossNamespacePodAffinity") &&
           uses_cross_namespace_affinity(spec);
}

gboolean
quota_has_scope(const QuotaSpec *spec, const ApiObject *object)
{
    for (guint i = 0; i < spec->scopes.count; i++) {
        ScopeRequirement row = {.scope_name = spec->scopes.items[i],
                                .operator_ = str_intern("Exists")};

        if (!matches_scope(&row, object))
            return FALSE;
    }
    for (guint i = 0; spec->scope_selector != NULL && i < spec->scope_selector->match_expressions.count;
         i++)
        if (!matches_scope(&spec->scope_selector->match_expressions.items[i], object))
            return FALSE;
    return TRUE;
}

/* --- what must be said ----------------------------------------------------------------------------- */

static gboolean
lacks(const Container *container, const char *name)
{
    QuantityMap usage = {0};
    gboolean is_missing;

    put_compute(&usage, &container->resources.requests, &container->resources.limits);
    is_missing = quantity_map_get(&usage, name) == NULL;
    g_free(usage.items);
    return is_missing;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "a,b": containers without it, once each, sorted; NULL: none. (owned) */
static char *
list_lacking(const PodSpec *spec, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < spec->containers.count; i++)
        if (lacks(&spec->containers.items[i], name))
            g_ptr_array_add(names, (gpointer)spec->containers.items[i].name);
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (lacks(&spec->init_containers.items[i], name))
            g_ptr_array_add(names, (gpointer)spec->init_containers.items[i].name);
    if (names->len == 0)
        return NULL;
    g_ptr_array_sort(names, compare_texts);
    g_ptr_array_add(names, NULL);
    return g_strjoinv(",", (char **)names->pdata);
}

static gboolean
sets_pod_level(const QuantityMap *map)
{
    for (guint i = 0; i < map->count; i++)
        if (pod_level_allows(map->items[i].key))
            return TRUE;
    return FALSE;
}

const char *
quota_missing(const QuantityMap *hard, const ApiObject *object)
{
    const PodSpec *spec = object->spec;
    g_autoptr(GString) text = g_string_new(NULL);

    if (object->kind != &pod_kind)
        return NULL;
    /* Who says it for the pod as a whole need not say it for each container. */
    if (spec->resources != NULL &&
        (sets_pod_level(&spec->resources->requests) || sets_pod_level(&spec->resources->limits)))
        return NULL;
    for (guint i = 0; demanded_names[i] != NULL; i++) {
        g_autofree char *lacking = NULL;

        if (quantity_map_get(hard, demanded_names[i]) == NULL)
            continue;
        lacking = list_lacking(spec, demanded_names[i]);
        if (lacking != NULL)
            g_string_append_printf(text, "%s%s for: %s", text->len > 0 ? "; " : "must specify ",
                                   demanded_names[i], lacking);
    }
    return text->len == 0 ? NULL : str_intern(text->str);
}
