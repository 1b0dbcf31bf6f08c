/*
 * endpointslice_zones.c - hints by the share of each zone in the cluster's cpu
 *
 * Models v1.34 staging/src/k8s.io/endpointslice/topologycache: for Services that
 * ask for it by annotation. Where the original goes by map order, zones are taken
 * by name.
 */
#include "controllers/endpointslice_sync.h"

#define DISABLED_NODES                                                                             \
    "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
#define DISABLED_FEW     "Insufficient number of endpoints"
#define DISABLED_MINIMUM                                                                           \
    "Unable to allocate minimum required endpoints to each zone without exceeding overload "      \
    "threshold"
#define DISABLED_NO_ZONE "One or more endpoints do not have a zone specified"
#define DISABLED_NONE    "No hints allocated for zones"

gboolean
service_wants_zones(const ApiObject *service)
{
    const StrMap *annotations = &service->meta->annotations;
    const char *value = str_map_get(annotations, "service.kubernetes.io/topology-aware-hints");

    if (value == NULL)
        value = str_map_get(annotations, "service.kubernetes.io/topology-mode");
    return str_is(value, "Auto") || str_is(value, "auto");
}

/* --- shares ------------------------------------------------------------------------------------------- */

static gint64 *
count_of(ZoneCountList *counts, const char *zone)
{
    ZoneCount *added;

    for (guint i = 0; i < counts->count; i++)
        if (counts->items[i].zone == zone)
            return &counts->items[i].count;
    added = API_LIST_ADD(counts);
    added->zone = zone;
    added->count = 0;
    return &added->count;
}

static gint64
count_in(const ZoneCountList *counts, const char *zone)
{
    for (guint i = 0; i < counts->count; i++)
        if (counts->items[i].zone == zone)
            return counts->items[i].count;
    return 0;
}

static gboolean
is_counted(const ApiObject *node)
{
    const StrMap *labels = &node->meta->labels;

    return str_map_get(labels, "node-role.kubernetes.io/control-plane") == NULL &&
           str_map_get(labels, "node-role.kubernetes.io/master") == NULL &&
           condition_is(&node_status(node)->conditions, "Ready", "True");
}

static int
compare_zones(const void *a, const void *b)
{
    return strcmp(((const ZoneShare *)a)->zone, ((const ZoneShare *)b)->zone);
}

/* v1.34 topologycache.go: SetNodes: one node that says too little spoils it for all. */
void
zone_shares_read(const GPtrArray *nodes, ZoneShareList *out)
{
    ZoneCountList cpus = {0};
    gboolean is_enough = TRUE;
    gint64 total = 0;

    for (guint i = 0; i < nodes->len && is_enough; i++) {
        const ApiObject *node = nodes->pdata[i];
        const char *zone = str_map_get(&node->meta->labels, LABEL_ZONE);
        const Quantity *cpu = quantity_map_get(&node_status(node)->allocatable, "cpu");
        gint64 milli = cpu == NULL ? 0 : quantity_value_milli(cpu);

        if (!is_counted(node))
            continue;
        is_enough = !str_is_empty(zone) && milli != 0;
        if (!is_enough)
            continue;
        *count_of(&cpus, zone) += milli;
        total += milli;
    }
    for (guint i = 0; is_enough && cpus.count >= 2 && i < cpus.count; i++) {
        ZoneShare *share = API_LIST_ADD(out);

        share->zone = cpus.items[i].zone;
        share->cpu_milli = cpus.items[i].count;
        share->all_milli = total;
    }
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_zones);
    g_free(cpus.items);
}

/*
 * v1.34 topologycache.go, overloadThreshold: an endpoint may be asked for 0.2 more than its
 * share, so a zone needs its share of @n endpoints divided by 1.2, rounded up. In whole
 * numbers: what is due to rounding within the processor is not a rule.
 */
static gint64
least_of(const ZoneShare *share, gint64 n)
{
    gint64 part = 6 * share->all_milli;

    return (5 * share->cpu_milli * n + part - 1) / part;
}

gboolean
zone_counts_are_overloaded(const ZoneCountList *counts, const ZoneShareList *shares)
{
    gint64 total = 0;

    if (counts->count == 0)
        return FALSE;
    if (shares->count == 0)
        return TRUE;
    for (guint i = 0; i < counts->count; i++)
        total += counts->items[i].count;
    for (guint i = 0; i < shares->count; i++) {
        const ZoneShare *share = &shares->items[i];

        if (count_in(counts, share->zone) < least_of(share, total))
            return TRUE;
    }
    return FALSE;
}

/* --- what each zone should have ---------------------------------------------------------------------------- */

/* v1.34 topologycache.go: getAllocations. Returns: (interned) why it cannot be, or NULL. */
static const char *
find_targets(const ZoneShareList *shares, guint n_ready, ZoneTargetList *out)
{
    gint64 rest = n_ready;

    if (shares->count == 0)
        return str_intern(DISABLED_NODES);
    if (shares->count > n_ready)
        return str_internf(DISABLED_FEW " (%u endpoints, %u zones)", n_ready, shares->count);
    for (guint i = 0; i < shares->count; i++) {
        ZoneTarget *target = API_LIST_ADD(out);
        const ZoneShare *share = &shares->items[i];
        double desired = (double)share->cpu_milli / (double)share->all_milli * (double)n_ready;
        gint64 minimum = least_of(share, n_ready);

        target->zone = share->zone;
        target->maximum = minimum;
        target->desired = MAX(desired, (double)minimum);
        rest -= minimum;
    }
    if (rest < 0)
        return str_internf(DISABLED_MINIMUM " (%u endpoints, %u zones)", n_ready, shares->count);
    for (guint i = 0; i < out->count; i++)
        out->items[i].maximum += rest;
    return NULL;
}

static ZoneTarget *
target_of(ZoneTargetList *targets, const char *zone)
{
    for (guint i = 0; i < targets->count; i++)
        if (targets->items[i].zone == zone)
            return &targets->items[i];
    return NULL;
}

/* The zone with the most above (@sign 1) or below (-1) what it should have; NULL: none. */
static ZoneTarget *
find_most(const ZoneTargetList *targets, double sign)
{
    ZoneTarget *most = NULL;

    for (guint i = 0; i < targets->count; i++) {
        ZoneTarget *target = &targets->items[i];

        if (sign * target->off > 0 && (most == NULL || sign * target->off > sign * most->off))
            most = target;
    }
    return most;
}

/* v1.34 topologycache/utils.go: getGivingAndReceivingZones */
void
zone_targets_settle(ZoneTargetList *targets, const ZoneCountList *counts)
{
    for (guint i = 0; i < targets->count; i++) {
        ZoneTarget *target = &targets->items[i];

        target->off = (double)count_in(counts, target->zone) - target->desired;
        target->gives = 0;
    }
    for (;;) {
        ZoneTarget *giver = find_most(targets, 1);
        ZoneTarget *taker = find_most(targets, -1);

        if (giver == NULL || taker == NULL || (giver->off < 1 && -taker->off < 1) ||
            giver->off < 0.5 || -taker->off < 0.5)
            return;
        giver->off--;
        giver->gives++;
        taker->off++;
        taker->gives--;
    }
}

/* --- hints --------------------------------------------------------------------------------------------------- */

static void
hint_at(Endpoint *endpoint, const char *zone)
{
    endpoint_drop_hints(endpoint);
    endpoint->hints = g_new0(EndpointHints, 1);
    API_LIST_ADD(&endpoint->hints->for_zones)->name = zone;
}

static gboolean
is_ready(const Endpoint *endpoint)
{
    return endpoint->conditions.ready == OPT_TRUE;
}

static guint
count_ready(const GPtrArray *slices)
{
    guint count = 0;

    for (guint i = 0; i < slices->len; i++) {
        const EndpointSliceBody *body = endpoint_slice_body(slices->pdata[i]);

        for (guint k = 0; k < body->endpoints.count; k++)
            count += is_ready(&body->endpoints.items[k]);
    }
    return count;
}

/* v1.34 topologycache/utils.go: getHintsByZone. FALSE: the slice must be written anew. */
static gboolean
add_hints_of(const ApiObject *slice, ZoneTargetList *targets, ZoneCountList *counts)
{
    const EndpointSliceBody *body = endpoint_slice_body(slice);
    ZoneCountList own = {0};
    gboolean is_right = TRUE;

    for (guint i = 0; i < body->endpoints.count && is_right; i++) {
        const EndpointHints *hints = body->endpoints.items[i].hints;

        if (!is_ready(&body->endpoints.items[i]))
            continue;
        is_right = hints != NULL && hints->for_zones.count > 0;
        for (guint k = 0; is_right && k < hints->for_zones.count; k++) {
            const char *zone = hints->for_zones.items[k].name;

            is_right = target_of(targets, zone) != NULL;
            ++*count_of(&own, zone);
        }
    }
    for (guint i = 0; i < own.count && is_right; i++)
        is_right = own.items[i].count + count_in(counts, own.items[i].zone) <=
                   target_of(targets, own.items[i].zone)->maximum;
    for (guint i = 0; i < own.count && is_right; i++)
        *count_of(counts, own.items[i].zone) += own.items[i].count;
    g_free(own.items);
    return is_right;
}

static void
keep_right_slices(SlicePack *pack, ZoneTargetList *targets, ZoneCountList *counts)
{
    guint i = 0;

    while (i < pack->unchanged->len) {
        const ApiObject *slice = pack->unchanged->pdata[i];

        if (add_hints_of(slice, targets, counts)) {
            i++;
            continue;
        }
        g_ptr_array_add(pack->update, api_object_copy(slice));
        g_ptr_array_remove_index(pack->unchanged, i);
    }
}

/* Every ready endpoint is for its own zone. FALSE: one has none. */
static gboolean
hint_own_zones(GPtrArray *slices, ZoneCountList *counts)
{
    for (guint i = 0; i < slices->len; i++) {
        EndpointSliceBody *body = api_edit_body(slices->pdata[i]);

        for (guint k = 0; k < body->endpoints.count; k++) {
            Endpoint *endpoint = &body->endpoints.items[k];

            if (!is_ready(endpoint))
                continue;
            if (str_is_empty(endpoint->zone))
                return FALSE;
            ++*count_of(counts, endpoint->zone);
            hint_at(endpoint, endpoint->zone);
        }
    }
    return TRUE;
}

static ZoneTarget *
find_taker(const ZoneTargetList *targets)
{
    for (guint i = 0; i < targets->count; i++)
        if (targets->items[i].gives < 0)
            return &targets->items[i];
    return NULL;
}

/* v1.34 topologycache/utils.go: redistributeHints */
static void
hand_over(GPtrArray *slices, ZoneTargetList *targets, ZoneCountList *counts)
{
    for (guint i = 0; i < slices->len; i++) {
        EndpointSliceBody *body = api_edit_body(slices->pdata[i]);

        for (guint k = 0; k < body->endpoints.count; k++) {
            Endpoint *endpoint = &body->endpoints.items[k];
            ZoneTarget *giver = is_ready(endpoint) ? target_of(targets, endpoint->zone) : NULL;
            ZoneTarget *taker = giver == NULL || giver->gives <= 0 ? NULL : find_taker(targets);

            if (taker == NULL)
                continue;
            hint_at(endpoint, taker->zone);
            giver->gives--;
            taker->gives++;
            ++*count_of(counts, taker->zone);
            --*count_of(counts, giver->zone);
        }
    }
}

const char *
slice_pack_zones(SlicePack *pack, const ZoneShareList *shares, ZoneCountList *out_counts)
{
    guint n_ready = count_ready(pack->create) + count_ready(pack->update) + count_ready(pack->unchanged);
    ZoneTargetList targets = {0};
    const char *problem = find_targets(shares, n_ready, &targets);

    if (problem == NULL) {
        keep_right_slices(pack, &targets, out_counts);
        if (!hint_own_zones(pack->create, out_counts) || !hint_own_zones(pack->update, out_counts))
            problem = str_intern(DISABLED_NO_ZONE);
    }
    if (problem == NULL) {
        zone_targets_settle(&targets, out_counts);
        hand_over(pack->create, &targets, out_counts);
        hand_over(pack->update, &targets, out_counts);
        if (out_counts->count == 0)
            problem = str_intern(DISABLED_NONE);
    }
    g_free(targets.items);
    if (problem == NULL)
        return NULL;
    g_clear_pointer(&out_counts->items, g_free);
    out_counts->count = 0;
    slice_pack_hints(pack, FALSE);
    return problem;
}
