/* What can be read off a pod: is it ready, active; what it requests; its QoS class. */
#include "api/kinds/pod.h"

#include "base/caches.h"

/* ApiObject.facts of a pod. */
enum { POD_IS_KNOWN = 1, POD_IS_TERMINAL = 2, POD_IS_DELETING = 4, POD_IS_READY = 8, POD_TELLS_SIZES = 16 };

static gboolean
tells_sizes(const ContainerStatusList *list)
{
    for (guint i = 0; i < list->count; i++)
        if (list->items[i].resources != NULL)
            return TRUE;
    return FALSE;
}

static guint32
find_facts(const ApiObject *pod)
{
    const PodStatus *status = pod_status(pod);
    guint32 facts = POD_IS_KNOWN;

    if (str_is(status->phase, "Succeeded") || str_is(status->phase, "Failed"))
        facts |= POD_IS_TERMINAL;
    if (api_is_deleting(pod))
        facts |= POD_IS_DELETING;
    if (condition_is(&status->conditions, "Ready", "True"))
        facts |= POD_IS_READY;
    if (tells_sizes(&status->container_statuses) || tells_sizes(&status->init_container_statuses))
        facts |= POD_TELLS_SIZES;
    return facts;
}

static guint32
facts_of(const ApiObject *pod)
{
    guint32 facts = pod->facts;

    if (facts == 0) {
        facts = find_facts(pod);
        if (pod->ref_count > 1)
            ((ApiObject *)pod)->facts = facts & 0xff;
    } else if (caches_are_checked()) {
        g_assert(facts == find_facts(pod));
    }
    return facts;
}

gboolean
pod_is_terminal(const ApiObject *pod)
{
    return (facts_of(pod) & POD_IS_TERMINAL) != 0;
}

gboolean
pod_is_active(const ApiObject *pod)
{
    return (facts_of(pod) & (POD_IS_TERMINAL | POD_IS_DELETING)) == 0;
}

gboolean
pod_is_terminating(const ApiObject *pod)
{
    return (facts_of(pod) & (POD_IS_TERMINAL | POD_IS_DELETING)) == POD_IS_DELETING;
}

gboolean
pod_is_ready(const ApiObject *pod)
{
    return (facts_of(pod) & POD_IS_READY) != 0;
}

gboolean
pod_tells_sizes(const ApiObject *pod)
{
    return (facts_of(pod) & POD_TELLS_SIZES) != 0;
}

/* v1.34 pkg/api/v1/pod: IsPodAvailable */
gboolean
pod_is_available(const ApiObject *pod, gint32 min_ready_s, gint64 wall_ns)
{
    const Condition *ready;

    if (!pod_is_ready(pod))
        return FALSE;
    if (min_ready_s == 0)
        return TRUE;
    ready = condition_find(&pod_status(pod)->conditions, "Ready");
    return ready->last_transition_time != 0 &&
           ready->last_transition_time + (gint64)min_ready_s * G_GINT64_CONSTANT(1000000000) <=
               wall_ns;
}

gboolean
container_is_sidecar(const Container *init_container)
{
    return str_is(init_container->restart_policy, "Always");
}

static void
add_quantities(QuantityMap *sum, const QuantityMap *other)
{
    for (guint i = 0; i < other->count; i++) {
        const QuantityPair *pair = &other->items[i];
        const Quantity *have = quantity_map_get(sum, pair->key);
        Quantity total = have != NULL ? *have : (Quantity){.format = pair->value.format};

        quantity_add(&total, &pair->value);
        quantity_map_set(sum, pair->key, total);
    }
}

static void
raise_quantities(QuantityMap *most, const QuantityMap *other)
{
    for (guint i = 0; i < other->count; i++) {
        const QuantityPair *pair = &other->items[i];
        const Quantity *have = quantity_map_get(most, pair->key);

        if (have == NULL || quantity_compare(&pair->value, have) > 0)
            quantity_map_set(most, pair->key, pair->value);
    }
}

static void
copy_quantities(QuantityMap *to, const QuantityMap *from)
{
    g_clear_pointer(&to->items, g_free);
    to->count = 0;
    add_quantities(to, from);
}

/* v1.34 component-helpers resource: the resources that may be set for a whole pod */
gboolean
pod_level_allows(const char *key)
{
    return str_is(key, "cpu") || str_is(key, "memory") || g_str_has_prefix(key, "hugepages-");
}

static const QuantityMap *
amounts_of(const Container *container, gboolean limits)
{
    return limits ? &container->resources.limits : &container->resources.requests;
}

/* v1.34 component-helpers resource: AggregateContainerRequests, AggregateContainerLimits */
static void
container_amounts(const PodSpec *spec, gboolean limits, QuantityMap *sum)
{
    QuantityMap sidecars = {0};
    QuantityMap candidate = {0};
    QuantityMap init_most = {0};

    for (guint i = 0; i < spec->containers.count; i++)
        add_quantities(sum, amounts_of(&spec->containers.items[i], limits));
    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];

        if (container_is_sidecar(container)) {
            add_quantities(sum, amounts_of(container, limits));
            add_quantities(&sidecars, amounts_of(container, limits));
            copy_quantities(&candidate, &sidecars);
        } else {
            copy_quantities(&candidate, amounts_of(container, limits));
            add_quantities(&candidate, &sidecars);
        }
        raise_quantities(&init_most, &candidate);
    }
    raise_quantities(sum, &init_most);
    g_free(sidecars.items);
    g_free(candidate.items);
    g_free(init_most.items);
}

void
pod_container_requests(const PodSpec *spec, QuantityMap *out_sum)
{
    container_amounts(spec, FALSE, out_sum);
}

void
pod_container_limits(const PodSpec *spec, QuantityMap *out_sum)
{
    container_amounts(spec, TRUE, out_sum);
}

static void
set_pod_level(QuantityMap *sum, const QuantityMap *amounts)
{
    for (guint i = 0; i < amounts->count; i++)
        if (pod_level_allows(amounts->items[i].key))
            quantity_map_set(sum, amounts->items[i].key, amounts->items[i].value);
}

/* v1.34 component-helpers resource: PodRequests */
void
pod_requests(const PodSpec *spec, QuantityMap *out_requests)
{
    QuantityMap sum = {0};

    container_amounts(spec, FALSE, &sum);
    if (spec->resources != NULL)
        set_pod_level(&sum, &spec->resources->requests);
    add_quantities(&sum, &spec->overhead);
    *out_requests = sum;
}

/* PodLimits */
void
pod_limits(const PodSpec *spec, QuantityMap *out_limits)
{
    QuantityMap sum = {0};

    container_amounts(spec, TRUE, &sum);
    if (spec->resources != NULL)
        set_pod_level(&sum, &spec->resources->limits);
    for (guint i = 0; i < spec->overhead.count; i++) {
        const QuantityPair *pair = &spec->overhead.items[i];
        const Quantity *have = quantity_map_get(&sum, pair->key);

        if (have != NULL && quantity_sign(have) != 0) {
            Quantity total = *have;

            quantity_add(&total, &pair->value);
            quantity_map_set(&sum, pair->key, total);
        }
    }
    *out_limits = sum;
}

gint64
pod_request_cpu_milli(const PodSpec *spec)
{
    QuantityMap requests;
    const Quantity *cpu;
    gint64 milli;

    pod_requests(spec, &requests);
    cpu = quantity_map_get(&requests, "cpu");
    milli = cpu != NULL ? quantity_value_milli(cpu) : 0;
    g_free(requests.items);
    return milli;
}

gint64
pod_request_memory_bytes(const PodSpec *spec)
{
    QuantityMap requests;
    const Quantity *memory;
    gint64 bytes;

    pod_requests(spec, &requests);
    memory = quantity_map_get(&requests, "memory");
    bytes = memory != NULL ? quantity_value(memory) : 0;
    g_free(requests.items);
    return bytes;
}

typedef struct {
    Quantity cpu_request, memory_request, cpu_limit, memory_limit; /* sums */
    gboolean has_all_limits;
} QosSums;

static gboolean
add_positive(Quantity *sum, const QuantityMap *map, const char *key)
{
    const Quantity *quantity = quantity_map_get(map, key);

    if (quantity == NULL || quantity_sign(quantity) <= 0)
        return FALSE;
    quantity_add(sum, quantity);
    return TRUE;
}

static void
add_to_qos(QosSums *sums, const ResourceRequirements *resources)
{
    gboolean has_cpu_limit = add_positive(&sums->cpu_limit, &resources->limits, "cpu");
    gboolean has_memory_limit = add_positive(&sums->memory_limit, &resources->limits, "memory");

    add_positive(&sums->cpu_request, &resources->requests, "cpu");
    add_positive(&sums->memory_request, &resources->requests, "memory");
    if (!has_cpu_limit || !has_memory_limit)
        sums->has_all_limits = FALSE;
}

static gboolean
request_is_limit(const Quantity *request, const Quantity *limit)
{
    return quantity_sign(request) > 0 && quantity_compare(request, limit) == 0;
}

/* v1.34 pkg/apis/core/v1/helper/qos: ComputePodQOS */
const char *
pod_qos(const PodSpec *spec)
{
    QosSums sums = {.has_all_limits = TRUE};

    if (spec->resources != NULL &&
        (spec->resources->requests.count > 0 || spec->resources->limits.count > 0)) {
        add_to_qos(&sums, spec->resources);
    } else {
        for (guint i = 0; i < spec->containers.count; i++)
            add_to_qos(&sums, &spec->containers.items[i].resources);
        for (guint i = 0; i < spec->init_containers.count; i++)
            add_to_qos(&sums, &spec->init_containers.items[i].resources);
    }
    if (quantity_sign(&sums.cpu_request) == 0 && quantity_sign(&sums.memory_request) == 0 &&
        quantity_sign(&sums.cpu_limit) == 0 && quantity_sign(&sums.memory_limit) == 0)
        return str_intern("BestEffort");
    if (sums.has_all_limits && request_is_limit(&sums.cpu_request, &sums.cpu_limit) &&
        request_is_limit(&sums.memory_request, &sums.memory_limit))
        return str_intern("Guaranteed");
    return str_intern("Burstable");
}

/* v1.34 k8s.io/api/core/v1: Toleration.ToleratesTaint */
gboolean
toleration_matches(const Toleration *toleration,
                   const char *taint_key,
                   const char *taint_value,
                   const char *taint_effect)
{
    if (!str_is_empty(toleration->effect) && !str_is(toleration->effect, taint_effect))
        return FALSE;
    if (!str_is_empty(toleration->key) && !str_is(toleration->key, taint_key))
        return FALSE;
    if (str_is(toleration->operator_, "Exists"))
        return TRUE;
    if (!str_is_empty(toleration->operator_) && !str_is(toleration->operator_, "Equal"))
        return FALSE;
    if (str_is_empty(toleration->value) || str_is_empty(taint_value))
        return str_is_empty(toleration->value) && str_is_empty(taint_value);
    return str_is(toleration->value, taint_value);
}
