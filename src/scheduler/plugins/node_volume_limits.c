/*
 * NodeVolumeLimits: a node uses no more volumes of a CSI driver than its CSINode says (v1.34 plugins/nodevolumelimits).
 * There are no VolumeAttachments, so the volumes of a node are those of its pods.
 */
#include "scheduler/plugins/plugins.h"

#include "api/kinds/csi_node.h"
#include "api/kinds/network.h"
#include "api/kinds/storage.h"

/* --- volumes of pods ------------------------------------------------------------------------------------ */

/* A volume of a driver; the texts are interned. */
typedef struct {
    const char *driver, *handle;
} DriverVolume;
typedef API_LIST_OF(DriverVolume) DriverVolumes;

static gboolean
has_volume(const DriverVolumes *volumes, const DriverVolume *wanted)
{
    for (guint i = 0; i < volumes->count; i++)
        if (volumes->items[i].driver == wanted->driver && volumes->items[i].handle == wanted->handle)
            return TRUE;
    return FALSE;
}

static void
add_volume(DriverVolumes *volumes, const char *driver, const char *handle)
{
    DriverVolume volume;

    if (str_is_empty(driver) || str_is_empty(handle))
        return;
    volume = (DriverVolume){str_intern(driver), str_intern(handle)};
    if (!has_volume(volumes, &volume))
        *API_LIST_ADD(volumes) = volume;
}

/* In-tree plugins, and the CSI drivers that took their place (k8s.io/csi-translation-lib v0.34). */
static const char *const migrated[][2] = {
    {"kubernetes.io/aws-ebs", "ebs.csi.aws.com"},
    {"kubernetes.io/gce-pd", "pd.csi.storage.gke.io"},
    {"kubernetes.io/cinder", "cinder.csi.openstack.org"},
    {"kubernetes.io/azure-disk", "disk.csi.azure.com"},
    {"kubernetes.io/azure-file", "file.csi.azure.com"},
    {"kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"},
    {"kubernetes.io/portworx-volume", "pxd.portworx.com"},
};

static const char *
successor_of(const char *plugin)
{
    for (guint i = 0; i < G_N_ELEMENTS(migrated); i++)
        if (str_is(migrated[i][0], plugin))
            return migrated[i][1];
    return NULL;
}

/* isCSIMigrationOn: the node's kubelet says so. */
static gboolean
is_migrated(const ApiObject *csi_node, const char *plugin)
{
    const char *list = csi_node == NULL ? NULL : str_map_get(&csi_node->meta->annotations, CSI_NODE_MIGRATED);
    g_auto(GStrv) names = list == NULL ? NULL : g_strsplit(list, ",", -1);

    return names != NULL && g_strv_contains((const char *const *)names, plugin);
}

/* getCSIDriverInfoFromSC: a volume that is to be made. */
static void
add_of_class(const SchedCache *cache, const ApiObject *csi_node, const ApiObject *claim, DriverVolumes *volumes)
{
    const char *name = pvc_class_name(claim);
    const ApiObject *class_ = str_is_empty(name) ? NULL : sched_cache_get(cache, &storage_class_kind, NULL, name);
    const char *driver = class_ == NULL ? NULL : ((const StorageClassBody *)class_->body)->provisioner;
    const char *successor = successor_of(driver);

    if (successor != NULL)
        driver = is_migrated(csi_node, driver) ? successor : NULL;
    add_volume(volumes, driver, str_internf("to be made/%s", api_key(claim)));
}

/* getCSIDriverInfo */
static void
add_of_claim(const SchedCache *cache, const ApiObject *csi_node, const ApiObject *claim, DriverVolumes *volumes)
{
    const char *name = pvc_spec(claim)->volume_name;
    const ApiObject *volume = str_is_empty(name) ? NULL : sched_cache_get(cache, &persistent_volume_kind, NULL, name);

    if (volume == NULL)
        add_of_class(cache, csi_node, claim, volumes);
    else if (pv_spec(volume)->csi != NULL)
        add_volume(volumes, value_get_string(pv_spec(volume)->csi, "driver", NULL),
                   value_get_string(pv_spec(volume)->csi, "volumeHandle", NULL));
}

/* checkAttachableInlineVolume */
static void
add_inline(const ApiObject *csi_node, const Volume *volume, DriverVolumes *volumes)
{
    const char *plugin = volume->aws_disk != NULL   ? migrated[0][0]
                         : volume->gce_disk != NULL ? migrated[1][0]
                                                    : NULL;

    if (plugin == NULL || !is_migrated(csi_node, plugin))
        return;
    add_volume(volumes, successor_of(plugin),
               volume->aws_disk != NULL ? value_get_string(volume->aws_disk, "volumeID", NULL)
                                        : value_get_string(volume->gce_disk, "pdName", NULL));
}

/* filterAttachableVolumes */
static void
add_of_pod(const SchedCache *cache, const ApiObject *csi_node, const ApiObject *pod, DriverVolumes *volumes)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *name = pod_volume_claim(pod, i);
        const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cache, pod, name);

        if (claim != NULL)
            add_of_claim(cache, csi_node, claim, volumes);
        else if (name == NULL)
            add_inline(csi_node, &pod_spec(pod)->volumes.items[i], volumes);
    }
}

static gboolean
has_attachable(const ApiObject *pod)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const Volume *volume = &pod_spec(pod)->volumes.items[i];

        if (pod_volume_claim(pod, i) != NULL || volume->aws_disk != NULL || volume->gce_disk != NULL)
            return TRUE;
    }
    return FALSE;
}

/* --- filter ------------------------------------------------------------------------------------------------ */

static guint
count_of(const DriverVolumes *volumes, const char *driver)
{
    guint count = 0;

    for (guint i = 0; i < volumes->count; i++)
        count += volumes->items[i].driver == driver;
    return count;
}

static void
leave_out(DriverVolumes *volumes, const DriverVolumes *there)
{
    guint kept = 0;

    for (guint i = 0; i < volumes->count; i++)
        if (!has_volume(there, &volumes->items[i]))
            volumes->items[kept++] = volumes->items[i];
    volumes->count = kept;
}

/* getVolumeLimits: G_MAXUINT: there is none. */
static guint
limit_of(const CsiNodeSpec *spec, const char *driver)
{
    for (guint i = 0; i < spec->drivers.count; i++) {
        const CsiNodeDriver *one = &spec->drivers.items[i];

        if (str_is(one->name, driver) && one->allocatable != NULL && one->allocatable->count.is_set)
            return (guint)MAX(one->allocatable->count.value, 0);
    }
    return G_MAXUINT;
}

static Verdict
volume_limits_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    (void)state;
    (void)reasons;
    return has_attachable(cycle->pod->pod) ? VERDICT_SUCCESS : VERDICT_SKIP;
}

static Verdict
volume_limits_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    const ApiObject *csi_node = sched_cache_get(cycle->cache, &csi_node_kind, NULL, node->name);
    DriverVolumes wanted = {0};
    DriverVolumes there = {0};
    gboolean is_too_much = FALSE;

    (void)state;
    if (csi_node == NULL)
        return VERDICT_SUCCESS;
    add_of_pod(cycle->cache, csi_node, cycle->pod->pod, &wanted);
    for (guint i = 0; wanted.count > 0 && i < node->pods->len; i++)
        add_of_pod(cycle->cache, csi_node, ((const PodInfo *)node->pods->pdata[i])->pod, &there);
    /* What pods share is attached once. */
    leave_out(&wanted, &there);
    for (guint i = 0; i < wanted.count; i++) {
        const char *driver = wanted.items[i].driver;
        guint limit = limit_of(csi_node_spec(csi_node), driver);

        is_too_much |= limit != G_MAXUINT && count_of(&there, driver) + count_of(&wanted, driver) > limit;
    }
    g_free(wanted.items);
    g_free(there.items);
    if (!is_too_much)
        return VERDICT_SUCCESS;
    reasons_add(reasons, "node(s) exceed max volume count");
    return VERDICT_UNSCHEDULABLE;
}

/* --- hints ------------------------------------------------------------------------------------------------- */

static gboolean
deleted_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    (void)waiting;
    return has_attachable(event->old) && !str_is_empty(pod_spec(event->old)->node_name);
}

static gboolean
claim_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    return event->old == NULL && sched_claim_hint(cache, waiting, event);
}

/* A CSINode came, or has room for more. */
static gboolean
csi_node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const CsiNodeSpec *now = csi_node_spec(event->object);
    const CsiNodeSpec *before = event->old == NULL ? NULL : csi_node_spec(event->old);

    (void)cache;
    (void)waiting;
    if (before == NULL)
        return TRUE;
    for (guint i = 0; i < now->drivers.count; i++) {
        guint limit = limit_of(now, now->drivers.items[i].name);
        guint old = limit_of(before, now->drivers.items[i].name);

        if (limit != G_MAXUINT && limit > (old == G_MAXUINT ? 0 : old))
            return TRUE;
    }
    return FALSE;
}

static const PluginEvents volume_limits_events[] = {
    {EVENT_CSI_NODE, csi_node_hint},
    {EVENT_POD_DELETED, deleted_hint},
    {EVENT_CLAIM, claim_hint},
    {0},
};

const SchedPlugin node_volume_limits_plugin = {
    .name = "NodeVolumeLimits",
    .events = volume_limits_events,
    .pre_filter = volume_limits_pre_filter,
    .filter = volume_limits_filter,
};
