/* resources.c - see resources.h */

#include "node/resources.h"

#define SHARES_MIN   2
#define SHARES_MAX   262144
#define QUOTA_MIN_US 1000
#define OOM_CRITICAL (-997)
#define OOM_BEST     1000

gint64
cpu_shares_of_milli(gint64 milli)
{
    return CLAMP(milli * 1024 / 1000, SHARES_MIN, SHARES_MAX);
}

gint64
cpu_weight_of_shares(gint64 shares)
{
    return 1 + (shares - 2) * 9999 / 262142;
}

gint64
cpu_quota_us_of_milli(gint64 milli, gint64 period_us)
{
    if (milli == 0)
        return 0;
    return MAX(milli * period_us / 1000, QUOTA_MIN_US);
}

static gint64
quantity_of(const QuantityMap *map, const char *key, gboolean is_milli)
{
    const Quantity *quantity = quantity_map_get(map, str_intern(key));

    if (quantity == NULL)
        return 0;
    return is_milli ? quantity_value_milli(quantity) : quantity_value(quantity);
}

static gint64
memory_request(const Container *container)
{
    return quantity_of(&container->resources.requests, "memory", FALSE);
}

/* v1.34 qos/policy.go, remainingPodMemReqPerContainer: what the pod asks for beyond its containers is shared by all. */
static gint64
pod_request_share(const PodSpec *spec)
{
    PodSpec bare = *spec;
    QuantityMap sum = {0};
    const Quantity *memory;
    gint64 rest;
    gint64 count = (gint64)spec->containers.count + spec->init_containers.count;

    rest = spec->resources == NULL ? 0 : quantity_of(&spec->resources->requests, "memory", FALSE);
    if (rest == 0 || count == 0)
        return 0;
    bare.resources = NULL;
    bare.overhead = (QuantityMap){0};
    pod_requests(&bare, &sum);
    memory = quantity_map_get(&sum, str_intern("memory"));
    if (memory != NULL)
        rest -= quantity_value(memory);
    g_free(sum.items);
    return rest / count;
}

static gboolean
spec_has_sidecar(const PodSpec *spec, const Container *container)
{
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (&spec->init_containers.items[i] == container)
            return container_is_sidecar(container);
    return FALSE;
}

gint32
oom_score_adj(const PodSpec *spec, const Container *container, gint64 memory_capacity_bytes)
{
    const char *qos = pod_qos(spec);
    gint64 score;

    if (str_is(spec->priority_class_name, "system-node-critical") || str_is(qos, "Guaranteed"))
        return OOM_CRITICAL;
    if (str_is(qos, "BestEffort"))
        return OOM_BEST;
    score =
        1000 - 1000 * (memory_request(container) + pod_request_share(spec)) / memory_capacity_bytes;
    if (spec_has_sidecar(spec, container)) {
        gint64 least = G_MAXINT64;

        for (guint i = 0; i < spec->containers.count; i++)
            least = MIN(least, memory_request(&spec->containers.items[i]));
        if (least != G_MAXINT64)
            score = MIN(score, 1000 - 1000 * least / memory_capacity_bytes);
    }
    if (score < 1000 + OOM_CRITICAL)
        return 1000 + OOM_CRITICAL;
    return score == OOM_BEST ? OOM_BEST - 1 : (gint32)score;
}

gint64
threshold_bytes(const char *text, gint64 capacity_bytes)
{
    Quantity quantity;
    gint64 digits = 0, scale = 1;
    gboolean has_point = FALSE;

    if (str_is_empty(text))
        return 0;
    if (!g_str_has_suffix(text, "%"))
        return quantity_parse(text, &quantity) ? quantity_value(&quantity) : 0;
    for (const char *c = text; *c != '%'; c++) {
        if (*c == '.') {
            has_point = TRUE;
        } else if (g_ascii_isdigit(*c)) {
            digits = digits * 10 + (*c - '0');
            if (has_point)
                scale *= 10;
        }
    }
    /* The kubelet keeps the fraction as a 32-bit float and multiplies in 64 bits. */
    return (gint64)((double)capacity_bytes *
                    (double)((float)((double)digits / (double)scale) / 100.0F));
}

gint64
allocatable_of(gint64 capacity, gint64 reserved, gint64 threshold)
{
    return MAX(0, capacity - reserved - threshold);
}

void
container_resources_fill(const PodSpec *spec,
                         const Container *container,
                         gint64 memory_capacity_bytes,
                         RtContainerOptions *options)
{
    const ResourceRequirements *resources = &container->resources;

    options->cpu_milli_request = quantity_of(&resources->requests, "cpu", TRUE);
    options->cpu_milli_limit = quantity_of(&resources->limits, "cpu", TRUE);
    options->memory_request_bytes = quantity_of(&resources->requests, "memory", FALSE);
    options->memory_limit_bytes = quantity_of(&resources->limits, "memory", FALSE);
    if (quantity_map_get(&resources->requests, str_intern("cpu")) == NULL)
        options->cpu_milli_request = options->cpu_milli_limit;
    options->oom_score_adj = oom_score_adj(spec, container, memory_capacity_bytes);
}
