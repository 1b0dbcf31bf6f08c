/* amounts.c - see amounts.h */

#include "scheduler/amounts.h"

#define NANO            G_GINT64_CONSTANT(1000000000)
#define NANO_PER_MILLI  G_GINT64_CONSTANT(1000000)
#define NON_ZERO_CPU    ((__int128)100 * NANO_PER_MILLI)
#define NON_ZERO_MEMORY ((__int128)209715200 * NANO)

/* --- sums of several resources, exact ------------------------------------------------------------ */

typedef struct {
    const char *name;
    __int128 nano;
} ExactAmount;
typedef API_LIST_OF(ExactAmount) ExactList;

static ExactAmount *
exact_get(ExactList *list, const char *name)
{
    for (guint i = 0; i < list->count; i++) {
        if (list->items[i].name == name)
            return &list->items[i];
    }
    return NULL;
}

static void
exact_add(ExactList *sum, const char *name, __int128 nano)
{
    ExactAmount *have = exact_get(sum, name);

    if (have == NULL) {
        have = API_LIST_ADD(sum);
        have->name = name;
    }
    have->nano += nano;
}

static void
exact_raise(ExactList *most, const char *name, __int128 nano)
{
    ExactAmount *have = exact_get(most, name);

    if (have == NULL) {
        have = API_LIST_ADD(most);
        have->name = name;
        have->nano = nano;
    } else if (nano > have->nano) {
        have->nano = nano;
    }
}

static void
exact_add_list(ExactList *sum, const ExactList *other)
{
    for (guint i = 0; i < other->count; i++)
        exact_add(sum, other->items[i].name, other->items[i].nano);
}

static void
exact_raise_list(ExactList *most, const ExactList *other)
{
    for (guint i = 0; i < other->count; i++)
        exact_raise(most, other->items[i].name, other->items[i].nano);
}

static void
exact_raise_map(ExactList *most, const QuantityMap *map)
{
    for (guint i = 0; i < map->count; i++)
        exact_raise(most, map->items[i].key, map->items[i].value.nano);
}

static void
exact_reset(ExactList *list)
{
    g_clear_pointer(&list->items, g_free);
    list->count = 0;
}

/* --- plain arithmetic ------------------------------------------------------------------------------ */

void
amounts_clear(Amounts *amounts)
{
    g_free(amounts->scalars);
    *amounts = (Amounts){0};
}

void
amounts_copy(Amounts *to, const Amounts *from)
{
    *to = *from;
    if (from->n_scalars > 0)
        to->scalars = g_memdup2(from->scalars, from->n_scalars * sizeof *from->scalars);
    else
        to->scalars = NULL;
}

static gint64 *
amounts_edit_scalar(Amounts *amounts, const char *name)
{
    for (guint i = 0; i < amounts->n_scalars; i++) {
        if (amounts->scalars[i].name == name)
            return &amounts->scalars[i].amount;
    }
    amounts->scalars = g_renew(ScalarAmount, amounts->scalars, amounts->n_scalars + 1);
    amounts->scalars[amounts->n_scalars] = (ScalarAmount){name, 0};
    return &amounts->scalars[amounts->n_scalars++].amount;
}

static void
amounts_shift(Amounts *amounts, const Amounts *other, gint64 sign)
{
    amounts->cpu_milli += sign * other->cpu_milli;
    amounts->memory_bytes += sign * other->memory_bytes;
    amounts->ephemeral_bytes += sign * other->ephemeral_bytes;
    for (guint i = 0; i < other->n_scalars; i++)
        *amounts_edit_scalar(amounts, other->scalars[i].name) += sign * other->scalars[i].amount;
}

void
amounts_add(Amounts *sum, const Amounts *other)
{
    amounts_shift(sum, other, 1);
}

void
amounts_subtract(Amounts *difference, const Amounts *other)
{
    amounts_shift(difference, other, -1);
}

gint64
amounts_scalar(const Amounts *amounts, const char *name)
{
    for (guint i = 0; i < amounts->n_scalars; i++) {
        if (amounts->scalars[i].name == name)
            return amounts->scalars[i].amount;
    }
    return 0;
}

/* v1.34 pkg/scheduler/util: IsScalarResourceName */
gboolean
amounts_is_scalar(const char *name)
{
    if (g_str_has_prefix(name, "hugepages-") || g_str_has_prefix(name, "attachable-volumes-"))
        return TRUE;
    return strchr(name, '/') != NULL && !g_str_has_prefix(name, "requests.");
}

static void
amounts_set_one(Amounts *amounts, const char *name, __int128 nano)
{
    Quantity quantity = {.nano = nano};

    if (str_is(name, "cpu"))
        amounts->cpu_milli = quantity_value_milli(&quantity);
    else if (str_is(name, "memory"))
        amounts->memory_bytes = quantity_value(&quantity);
    else if (str_is(name, "ephemeral-storage"))
        amounts->ephemeral_bytes = quantity_value(&quantity);
    else if (str_is(name, "pods"))
        amounts->pods = quantity_value(&quantity);
    else if (amounts_is_scalar(name))
        *amounts_edit_scalar(amounts, name) = quantity_value(&quantity);
}

void
amounts_set_map(Amounts *amounts, const QuantityMap *map)
{
    amounts_clear(amounts);
    for (guint i = 0; i < map->count; i++)
        amounts_set_one(amounts, map->items[i].key, map->items[i].value.nano);
}

/* --- a pod's request ----------------------------------------------------------------------------------- */

typedef struct {
    const ApiObject *pod;
    gboolean is_infeasible; /* its resize cannot be done on the node */
    gboolean fill_cpu, fill_memory;
} RequestRules;

static const ContainerStatus *
find_status(const ContainerStatusList *list, const char *name)
{
    for (guint i = 0; i < list->count; i++) {
        if (str_is(list->items[i].name, name))
            return &list->items[i];
    }
    return NULL;
}

/* v1.34 component-helpers resource: determineContainerReqs */
static void
container_amounts(const RequestRules *rules,
                  const Container *container,
                  const ContainerStatusList *statuses,
                  ExactList *out)
{
    const ContainerStatus *status =
        statuses == NULL ? NULL : find_status(statuses, container->name);

    exact_reset(out);
    if (status == NULL || status->resources == NULL) {
        exact_raise_map(out, &container->resources.requests);
    } else {
        if (!rules->is_infeasible)
            exact_raise_map(out, &container->resources.requests);
        exact_raise_map(out, &status->resources->requests);
        exact_raise_map(out, &status->allocated_resources);
    }
    if (rules->fill_cpu && exact_get(out, str_intern("cpu")) == NULL)
        exact_add(out, str_intern("cpu"), NON_ZERO_CPU);
    if (rules->fill_memory && exact_get(out, str_intern("memory")) == NULL)
        exact_add(out, str_intern("memory"), NON_ZERO_MEMORY);
}

/* v1.34 component-helpers resource: AggregateContainerRequests */
static void
sum_containers(const RequestRules *rules, ExactList *sum)
{
    const PodSpec *spec = pod_spec(rules->pod);
    const PodStatus *status = pod_status(rules->pod);
    ExactList one = {0}, side = {0}, candidate = {0}, most = {0};

    for (guint i = 0; i < spec->containers.count; i++) {
        container_amounts(rules, &spec->containers.items[i],
                          status == NULL ? NULL : &status->container_statuses, &one);
        exact_add_list(sum, &one);
    }
    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];
        gboolean is_sidecar = container_is_sidecar(container);

        container_amounts(rules, container,
                          status == NULL || !is_sidecar ? NULL : &status->init_container_statuses,
                          &one);
        exact_reset(&candidate);
        if (is_sidecar) {
            exact_add_list(sum, &one);
            exact_add_list(&side, &one);
        } else {
            exact_add_list(&candidate, &one);
        }
        exact_add_list(&candidate, &side);
        exact_raise_list(&most, &candidate);
    }
    exact_raise_list(sum, &most);
    exact_reset(&one);
    exact_reset(&side);
    exact_reset(&candidate);
    exact_reset(&most);
}

static gboolean
is_resize_infeasible(const ApiObject *pod)
{
    const Condition *pending;

    if (pod_status(pod) == NULL)
        return FALSE;
    pending = condition_find(&pod_status(pod)->conditions, "PodResizePending");
    return pending != NULL && str_is(pending->status, "True") &&
           str_is(pending->reason, "Infeasible");
}

static gboolean
has_pod_level(const QuantityMap *whole)
{
    for (guint i = 0; whole != NULL && i < whole->count; i++)
        if (pod_level_allows(whole->items[i].key))
            return TRUE;
    return FALSE;
}

/* v1.34 component-helpers resource: PodRequests */
static void
sum_pod(const RequestRules *rules, const QuantityMap *whole, ExactList *sum)
{
    const PodSpec *spec = pod_spec(rules->pod);

    exact_reset(sum);
    sum_containers(rules, sum);
    for (guint i = 0; whole != NULL && i < whole->count; i++) {
        const QuantityPair *pair = &whole->items[i];
        ExactAmount *have = exact_get(sum, pair->key);

        if (!pod_level_allows(pair->key))
            continue;
        if (have != NULL)
            have->nano = 0;
        exact_add(sum, pair->key, pair->value.nano);
    }
    for (guint i = 0; i < spec->overhead.count; i++)
        exact_add(sum, spec->overhead.items[i].key, spec->overhead.items[i].value.nano);
}

void
amounts_of_pod(Amounts *out, const ApiObject *pod, RequestSort sort)
{
    const PodSpec *spec = pod_spec(pod);
    const QuantityMap *whole = spec->resources == NULL ? NULL : &spec->resources->requests;
    gboolean is_whole = sort == REQUEST_ON_NODE && has_pod_level(whole);
    RequestRules rules = {.pod = pod, .is_infeasible = is_resize_infeasible(pod)};
    ExactList sum = {0};

    rules.fill_cpu = rules.fill_memory = sort != REQUEST_REAL && !is_whole;
    sum_pod(&rules, whole, &sum);
    /* v1.34 framework/types.go: getNonMissingContainerRequests */
    if (is_whole) {
        rules.fill_cpu = exact_get(&sum, str_intern("cpu")) == NULL;
        rules.fill_memory = exact_get(&sum, str_intern("memory")) == NULL;
        sum_pod(&rules, whole, &sum);
    }
    *out = (Amounts){0};
    for (guint i = 0; i < sum.count; i++)
        amounts_set_one(out, sum.items[i].name, sum.items[i].nano);
    exact_reset(&sum);
}

static gboolean
maps_equal(const QuantityMap *a, const QuantityMap *b)
{
    if (a->count != b->count)
        return FALSE;
    for (guint i = 0; i < a->count; i++) {
        if (a->items[i].key != b->items[i].key || a->items[i].value.nano != b->items[i].value.nano)
            return FALSE;
    }
    return TRUE;
}

gboolean
amounts_pod_is_resizing(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const PodStatus *status = pod_status(pod);
    const ContainerStatusList *lists[2];

    if (status == NULL || !pod_tells_sizes(pod))
        return FALSE;
    lists[0] = &status->container_statuses;
    lists[1] = &status->init_container_statuses;
    for (guint l = 0; l < 2; l++) {
        guint n = l == 0 ? spec->containers.count : spec->init_containers.count;

        for (guint i = 0; i < n && lists[l]->count > 0; i++) {
            const Container *container =
                l == 0 ? &spec->containers.items[i] : &spec->init_containers.items[i];
            const ContainerStatus *seen = find_status(lists[l], container->name);

            if (seen == NULL || seen->resources == NULL)
                continue;
            if (!maps_equal(&seen->resources->requests, &container->resources.requests) ||
                (seen->allocated_resources.count > 0 &&
                 !maps_equal(&seen->allocated_resources, &container->resources.requests)))
                return TRUE;
        }
    }
    return FALSE;
}
