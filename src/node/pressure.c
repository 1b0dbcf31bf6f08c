/* pressure.c - see pressure.h */

#include "node/pressure.h"

#include "node/resources.h"

#define CRITICAL_PRIORITY 2000000000

gboolean
threshold_is_met(const char *threshold, gint64 capacity_bytes, gint64 observed_bytes)
{
    return observed_bytes < threshold_bytes(threshold, capacity_bytes);
}

/* --- order of eviction --------------------------------------------------------------- */

static gint64
request_bytes(const PodSpec *spec, const char *resource)
{
    QuantityMap requests = {0};
    const Quantity *request;
    gint64 bytes;

    if (str_is(resource, "memory"))
        return pod_request_memory_bytes(spec);
    pod_requests(spec, &requests);
    request = quantity_map_get(&requests, str_intern(resource));
    bytes = request != NULL ? quantity_value(request) : 0;
    g_free(requests.items);
    return bytes;
}

static gint64
usage_above_request(const PodUsage *item, const char *resource)
{
    return item->usage_bytes - request_bytes(pod_spec(item->pod), resource);
}

static gint32
priority_of(const ApiObject *pod)
{
    const OptInt32 *priority = &pod_spec(pod)->priority;

    return priority->is_set ? priority->value : 0;
}

/* TRUE: @a goes before @b. */
static gboolean
evicts_before(const PodUsage *a, const PodUsage *b, const char *resource)
{
    gint64 above_a = usage_above_request(a, resource);
    gint64 above_b = usage_above_request(b, resource);

    if ((above_a > 0) != (above_b > 0))
        return above_a > 0;
    if (priority_of(a->pod) != priority_of(b->pod))
        return priority_of(a->pod) < priority_of(b->pod);
    return above_a > above_b;
}

static void
rank(PodUsage *pods, guint count, const char *resource)
{
    for (guint i = 1; i < count; i++) {
        PodUsage item = pods[i];
        guint j = i;

        for (; j > 0 && evicts_before(&item, &pods[j - 1], resource); j--)
            pods[j] = pods[j - 1];
        pods[j] = item;
    }
}

void
eviction_rank_memory(PodUsage *pods, guint count)
{
    rank(pods, count, "memory");
}

void
eviction_rank_disk(PodUsage *pods, guint count)
{
    rank(pods, count, "ephemeral-storage");
}

gboolean
eviction_is_exempt(const ApiObject *pod)
{
    return priority_of(pod) >= CRITICAL_PRIORITY ||
           str_map_get(&pod->meta->annotations, "kubernetes.io/config.mirror") != NULL;
}

/* v1.34 eviction/api: GetThresholdQuantity: a share of the capacity is given in bytes. */
static const char *
threshold_text(const char *threshold, gint64 capacity_bytes)
{
    Quantity quantity;

    if (g_str_has_suffix(threshold, "%") || !quantity_parse(threshold, &quantity))
        quantity = quantity_from_int(threshold_bytes(threshold, capacity_bytes), QUANTITY_BINARY_SI);
    return quantity_format(&quantity);
}

/* A container that uses more than it asked for; sidecars as well as app containers. */
static void
add_container(GString *text, const Container *container, const char *resource, gint64 usage_bytes)
{
    const Quantity *wanted = quantity_map_get(&container->resources.requests, str_intern(resource));
    Quantity request = wanted != NULL ? *wanted : (Quantity){0};
    Quantity usage = quantity_from_int(usage_bytes, QUANTITY_BINARY_SI);

    if (quantity_compare(&usage, &request) <= 0)
        return;
    g_string_append_printf(text,
                           "Container %s was using %s, request is %s, has larger consumption of "
                           "%s. ",
                           container->name, quantity_format(&usage), quantity_format(&request), resource);
}

const char *
eviction_message_for(const ApiObject *pod,
                     const char *resource,
                     const char *threshold,
                     gint64 capacity_bytes,
                     gint64 available_bytes,
                     gint64 (*usage_of)(gpointer user, const char *container),
                     gpointer user)
{
    const PodSpec *spec = pod_spec(pod);
    Quantity available = quantity_from_int(available_bytes, QUANTITY_BINARY_SI);
    GString *text = g_string_new(NULL);
    const char *interned;

    g_string_append_printf(text,
                           "The node was low on resource: %s. Threshold quantity: %s, "
                           "available: %s. ",
                           resource, threshold_text(threshold, capacity_bytes), quantity_format(&available));
    for (guint i = 0; i < spec->init_containers.count; i++)
        add_container(text, &spec->init_containers.items[i], resource,
                      usage_of(user, spec->init_containers.items[i].name));
    for (guint i = 0; i < spec->containers.count; i++)
        add_container(text, &spec->containers.items[i], resource,
                      usage_of(user, spec->containers.items[i].name));
    interned = str_intern(text->str);
    g_string_free(text, TRUE);
    return interned;
}

const char *
eviction_message(const ApiObject *pod,
                 const char *threshold,
                 gint64 capacity_bytes,
                 gint64 available_bytes,
                 gint64 (*usage_of)(gpointer user, const char *container),
                 gpointer user)
{
    return eviction_message_for(pod, "memory", threshold, capacity_bytes, available_bytes, usage_of, user);
}

/* --- local storage --------------------------------------------------------------------- */

static const Quantity *
storage_limit(const Container *container)
{
    const Quantity *limit =
        quantity_map_get(&container->resources.limits, str_intern("ephemeral-storage"));

    return limit != NULL && quantity_value(limit) != 0 ? limit : NULL;
}

static const Quantity *
volume_limit(const Volume *volume)
{
    const EmptyDirVolumeSource *source = volume->empty_dir;

    return source != NULL && source->size_limit != NULL && quantity_sign(source->size_limit) > 0
               ? source->size_limit
               : NULL;
}

gboolean
storage_is_limited(const PodSpec *spec)
{
    for (guint i = 0; i < spec->volumes.count; i++)
        if (volume_limit(&spec->volumes.items[i]) != NULL)
            return TRUE;
    for (guint i = 0; i < spec->containers.count; i++)
        if (storage_limit(&spec->containers.items[i]) != NULL)
            return TRUE;
    return FALSE;
}

/* v1.34 emptyDirLimitEviction */
static const char *
volume_excess(const PodSpec *spec, StorageUse volume_bytes, gpointer user)
{
    for (guint i = 0; i < spec->volumes.count; i++) {
        const Quantity *limit = volume_limit(&spec->volumes.items[i]);
        const char *name = spec->volumes.items[i].name;

        if (limit != NULL && volume_bytes(user, name) > quantity_value(limit))
            return str_internf("Usage of EmptyDir volume \"%s\" exceeds the limit \"%s\". ", name,
                               quantity_format(limit));
    }
    return NULL;
}

/* v1.34 podEphemeralStorageLimitEviction: what is in memory is not on the disk. */
static const char *
pod_excess(const PodSpec *spec, StorageUse volume_bytes, StorageUse container_bytes, gpointer user)
{
    QuantityMap limits = {0};
    const Quantity *limit;
    const char *excess = NULL;
    gint64 used = 0;

    for (guint i = 0; i < spec->volumes.count; i++) {
        const EmptyDirVolumeSource *source = spec->volumes.items[i].empty_dir;

        if (source != NULL && !str_is(source->medium, "Memory"))
            used += volume_bytes(user, spec->volumes.items[i].name);
    }
    for (guint i = 0; i < spec->containers.count; i++)
        used += container_bytes(user, spec->containers.items[i].name);
    pod_limits(spec, &limits);
    limit = quantity_map_get(&limits, str_intern("ephemeral-storage"));
    if (limit != NULL && used > quantity_value(limit))
        excess = str_internf("Pod ephemeral local storage usage exceeds the total limit of "
                             "containers %s. ",
                             quantity_format(limit));
    g_free(limits.items);
    return excess;
}

/* v1.34 containerEphemeralStorageLimitEviction */
static const char *
container_excess(const PodSpec *spec, StorageUse container_bytes, gpointer user)
{
    for (guint i = 0; i < spec->containers.count; i++) {
        const Quantity *limit = storage_limit(&spec->containers.items[i]);
        const char *name = spec->containers.items[i].name;

        if (limit != NULL && container_bytes(user, name) > quantity_value(limit))
            return str_internf("Container %s exceeded its local ephemeral storage limit \"%s\". ", name,
                               quantity_format(limit));
    }
    return NULL;
}

const char *
storage_excess(const PodSpec *spec, StorageUse volume_bytes, StorageUse container_bytes, gpointer user)
{
    const char *excess = volume_excess(spec, volume_bytes, user);

    if (excess == NULL)
        excess = pod_excess(spec, volume_bytes, container_bytes, user);
    if (excess == NULL)
        excess = container_excess(spec, container_bytes, user);
    return excess;
}

/* --- images -------------------------------------------------------------------------- */

gint64
image_gc_bytes_to_free(gint64 capacity_bytes,
                       gint64 available_bytes,
                       gint32 high_percent,
                       gint32 low_percent)
{
    gint64 usage_percent;

    if (capacity_bytes <= 0)
        return 0;
    usage_percent = 100 - available_bytes * 100 / capacity_bytes;
    if (usage_percent < high_percent)
        return 0;
    return MAX(0, capacity_bytes * (100 - low_percent) / 100 - available_bytes);
}

/* --- shutdown ------------------------------------------------------------------------ */

void
shutdown_groups(gint64 grace_s, gint64 critical_s, ShutdownGroup out_groups[2])
{
    out_groups[0] = (ShutdownGroup){0, MAX(0, grace_s - critical_s)};
    out_groups[1] = (ShutdownGroup){CRITICAL_PRIORITY, critical_s};
}

guint
shutdown_group_of(const ShutdownGroup *groups, guint count, gint32 priority)
{
    guint found = 0;

    for (guint i = 0; i < count; i++)
        if (groups[i].priority <= priority)
            found = i;
    return found;
}
