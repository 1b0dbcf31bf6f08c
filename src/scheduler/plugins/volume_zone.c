/* VolumeZone: a volume's zone and region labels, and the node's (v1.34 plugins/volumezone). */
#include "scheduler/plugins/plugins.h"

#include "api/kinds/storage.h"

static const char *const zone_labels[] = {
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
};

static const ApiObject *
volume_of(const Cycle *cycle, guint index)
{
    const ApiObject *pod = cycle->pod->pod;
    const char *name = sched_claim_of(pod, index);
    const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cycle->cache, pod, name);

    if (claim == NULL || str_is_empty(pvc_spec(claim)->volume_name))
        return NULL;
    return sched_cache_get(cycle->cache, &persistent_volume_kind, NULL, pvc_spec(claim)->volume_name);
}

static Verdict
volume_zone_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    (void)state;
    (void)reasons;
    for (guint i = 0; i < pod_spec(cycle->pod->pod)->volumes.count; i++) {
        const ApiObject *volume = volume_of(cycle, i);

        for (guint k = 0; volume != NULL && k < G_N_ELEMENTS(zone_labels); k++)
            if (str_map_get(&volume->meta->labels, zone_labels[k]) != NULL)
                return VERDICT_SUCCESS;
    }
    return VERDICT_SKIP;
}

/* "a__b": a volume that is in both. */
static gboolean
names_zone(const char *zones, const char *zone)
{
    g_auto(GStrv) words = g_strsplit(zones, "__", -1);

    return zone != NULL && g_strv_contains((const char *const *)words, zone);
}

/* The node's label, or the one that took the place of the volume's old one. */
static const char *
zone_of(const ApiObject *node, guint label)
{
    const char *zone = str_map_get(&node->meta->labels, zone_labels[label]);

    return zone != NULL || label >= 2 ? zone : str_map_get(&node->meta->labels, zone_labels[label + 2]);
}

static Verdict
volume_zone_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    gboolean has_zone = FALSE;

    (void)state;
    for (guint k = 0; k < G_N_ELEMENTS(zone_labels); k++)
        has_zone = has_zone || str_map_get(&node->node->meta->labels, zone_labels[k]) != NULL;
    for (guint i = 0; has_zone && i < pod_spec(cycle->pod->pod)->volumes.count; i++) {
        const ApiObject *volume = volume_of(cycle, i);

        for (guint k = 0; volume != NULL && k < G_N_ELEMENTS(zone_labels); k++) {
            const char *zones = str_map_get(&volume->meta->labels, zone_labels[k]);

            if (zones == NULL || names_zone(zones, zone_of(node->node, k)))
                continue;
            reasons_add(reasons, "node(s) had no available volume zone");
            return VERDICT_UNRESOLVABLE;
        }
    }
    return VERDICT_SUCCESS;
}

static const PluginEvents volume_zone_events[] = {
    {EVENT_CLAIM, sched_claim_hint},
    {EVENT_VOLUME, NULL},
    {EVENT_NODE_ADDED | EVENT_NODE_LABEL, NULL},
    {0},
};

const SchedPlugin volume_zone_plugin = {
    .name = "VolumeZone",
    .events = volume_zone_events,
    .pre_filter = volume_zone_pre_filter,
    .filter = volume_zone_filter,
};
