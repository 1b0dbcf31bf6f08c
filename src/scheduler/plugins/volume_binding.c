/*
 * VolumeBinding: claims and their volumes (v1.34 plugins/volumebinding). What asks for a class that nobody has
 * made, or for none in particular, is provisioned without the scheduler, wherever its pod goes.
 */
#include "scheduler/plugins/plugins.h"

#include "api/kinds/csi_driver.h"
#include "api/kinds/csi_node.h"
#include "api/kinds/network.h"
#include "api/kinds/storage.h"
#include "api/selector.h"

const char *
sched_claim_of(const ApiObject *pod, guint volume)
{
    const PvcVolumeSource *source = pod_spec(pod)->volumes.items[volume].persistent_volume_claim;

    return source == NULL ? NULL : source->claim_name;
}

const ApiObject *
sched_claim_get(const SchedCache *cache, const ApiObject *pod, const char *name)
{
    return sched_cache_get(cache, &persistent_volume_claim_kind, api_namespace(pod), name);
}

gboolean
sched_uses_claim(const ApiObject *pod, const char *name)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *claim = sched_claim_of(pod, i);

        if (claim != NULL && str_is(claim, name))
            return TRUE;
    }
    return FALSE;
}

gboolean
sched_claim_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const ApiObject *claim = event->object;

    (void)cache;
    return claim != NULL && api_namespace(claim) == api_namespace(waiting->pod) &&
           pod_uses_claim(waiting->pod, api_name(claim));
}

gboolean
sched_claim_is_bound(const ApiObject *claim)
{
    return !str_is_empty(pvc_spec(claim)->volume_name) &&
           str_map_get(&claim->meta->annotations, PVC_BIND_COMPLETED) != NULL;
}

typedef enum {
    CLAIM_BOUND,
    CLAIM_IMMEDIATE, /* somebody else binds it, and has not yet */
    CLAIM_DELAYED,   /* it is bound when its pod has a node */
    CLAIM_LOOSE,     /* provisioned beside the scheduler */
} ClaimState;

/* v1.34 volumebinding/binder.go: GetPodVolumeClaims */
static ClaimState
claim_state(const SchedCache *cache, const ApiObject *claim)
{
    const char *class_name = pvc_class_name(claim);
    const ApiObject *class_ =
        str_is_empty(class_name) ? NULL : sched_cache_get(cache, &storage_class_kind, NULL, class_name);

    if (sched_claim_is_bound(claim))
        return CLAIM_BOUND;
    if (!str_is_empty(pvc_spec(claim)->volume_name))
        return CLAIM_IMMEDIATE;
    if (class_ != NULL)
        return storage_class_waits(class_) ? CLAIM_DELAYED : CLAIM_IMMEDIATE;
    return pvc_spec(claim)->storage_class_name != NULL && str_is_empty(class_name) ? CLAIM_IMMEDIATE : CLAIM_LOOSE;
}

/* podHasPVCs: what is wrong with the volume's claim wherever the pod goes; NULL: nothing. (interned) */
static const char *
claim_problem(const ApiObject *pod, guint volume, const ApiObject *claim)
{
    gboolean is_ephemeral = pod_spec(pod)->volumes.items[volume].ephemeral != NULL;
    const char *name = pod_volume_claim(pod, volume);

    if (claim == NULL && is_ephemeral)
        return str_internf("waiting for ephemeral volume controller to create the persistentvolumeclaim \"%s\"", name);
    if (claim == NULL)
        return str_internf("persistentvolumeclaim \"%s\" not found", name);
    if (str_is(pvc_status(claim)->phase, "Lost"))
        return str_internf("persistentvolumeclaim \"%s\" bound to non-existent persistentvolume \"%s\"",
                           name, pvc_spec(claim)->volume_name == NULL ? "" : pvc_spec(claim)->volume_name);
    if (api_is_deleting(claim))
        return str_internf("persistentvolumeclaim \"%s\" is being deleted", name);
    return is_ephemeral && !pvc_is_of_pod(claim, pod) ? pvc_not_of_pod(claim, pod) : NULL;
}

static Verdict
volume_binding_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    const ApiObject *pod = cycle->pod->pod;
    gboolean has_claims = FALSE;
    gboolean waits = FALSE;

    (void)state;
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *name = pod_volume_claim(pod, i);
        const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cycle->cache, pod, name);
        const char *problem = name == NULL ? NULL : claim_problem(pod, i, claim);

        if (problem != NULL) {
            reasons_add(reasons, problem);
            return VERDICT_UNRESOLVABLE;
        }
        has_claims = has_claims || name != NULL;
        waits = waits || (name != NULL && claim_state(cycle->cache, claim) == CLAIM_IMMEDIATE);
    }
    if (!has_claims)
        return VERDICT_SKIP;
    if (!waits)
        return VERDICT_SUCCESS;
    reasons_add(reasons, "pod has unbound immediate PersistentVolumeClaims");
    return VERDICT_UNRESOLVABLE;
}

/* --- claims that wait for the node ------------------------------------------------------------------- */

static gboolean
asks_for_less(const ApiObject *a, const ApiObject *b)
{
    static const Quantity zero = {0};
    const Quantity *x = pvc_request(a);
    const Quantity *y = pvc_request(b);

    return quantity_compare(x == NULL ? &zero : x, y == NULL ? &zero : y) < 0;
}

/* The pod's delayed claims, those that ask for the least first. */
static GPtrArray *
delayed_claims(const SchedCache *cache, const ApiObject *pod)
{
    GPtrArray *claims = g_ptr_array_new();

    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *name = pod_volume_claim(pod, i);
        const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cache, pod, name);
        guint at = claims->len;

        if (claim == NULL || claim_state(cache, claim) != CLAIM_DELAYED)
            continue;
        while (at > 0 && asks_for_less(claim, claims->pdata[at - 1]))
            at--;
        g_ptr_array_insert(claims, (gint)at, (gpointer)claim);
    }
    return claims;
}

static gboolean
is_chosen(const ClaimChoices *choices, const ApiObject *volume)
{
    for (guint i = 0; i < choices->count; i++)
        if (choices->items[i].volume == volume)
            return TRUE;
    return FALSE;
}

/* v1.34 component-helpers storage/volume: FindMatchingVolume: the smallest that the node reaches. */
static const ApiObject *
find_volume(const SchedCache *cache, const ApiObject *claim, const ApiObject *node, const ClaimChoices *choices)
{
    g_autoptr(GPtrArray) volumes = g_ptr_array_new();
    const ApiObject *best = NULL;

    sched_cache_list(cache, &persistent_volume_kind, NULL, volumes);
    for (guint i = 0; i < volumes->len; i++) {
        const ApiObject *volume = volumes->pdata[i];
        const char *taker = sched_cache_volume_taker(cache, api_name(volume));

        if (api_is_deleting(volume) || is_chosen(choices, volume) || !pv_suits(volume, claim) ||
            (taker != NULL && taker != api_key(claim)))
            continue;
        if (pv_is_for(volume, claim))
            return pv_reaches(volume, node) ? volume : NULL;
        if (pv_spec(volume)->claim_ref != NULL || !str_is(pv_status(volume)->phase, "Available") ||
            !pv_reaches(volume, node))
            continue;
        if (best == NULL || quantity_compare(quantity_map_get(&pv_spec(volume)->capacity, "storage"),
                                             quantity_map_get(&pv_spec(best)->capacity, "storage")) < 0)
            best = volume;
    }
    return best;
}

/* v1.34 binder.go: hasEnoughCapacity: the driver need not say where it has room; if it does, some of it must do. */
static gboolean
has_room(const SchedCache *cache, const ApiObject *claim, const ApiObject *class_, const ApiObject *node)
{
    const char *provisioner = ((const StorageClassBody *)class_->body)->provisioner;
    const ApiObject *driver = sched_cache_get(cache, &csi_driver_kind, NULL, provisioner);
    const Quantity *size = pvc_request(claim);
    g_autoptr(GPtrArray) rooms = g_ptr_array_new();

    if (size == NULL || driver == NULL || csi_driver_spec(driver)->storage_capacity != OPT_TRUE)
        return TRUE;
    sched_cache_list(cache, &csi_storage_capacity_kind, NULL, rooms);
    for (guint i = 0; i < rooms->len; i++) {
        const CsiStorageCapacityBody *room = csi_storage_capacity_body(rooms->pdata[i]);
        const Quantity *limit = csi_storage_limit(room);

        if (str_is(room->storage_class_name, api_name(class_)) && limit != NULL && quantity_compare(limit, size) >= 0 &&
            room->node_topology != NULL && label_selector_matches(room->node_topology, &node->meta->labels))
            return TRUE;
    }
    return FALSE;
}

#define NO_VOLUME "node(s) didn't find available persistent volumes to bind"

/* v1.34 binder.go: FindPodVolumes: a volume that is there, else one that can be made for the node. */
const char *
sched_choose_volumes(const SchedCache *cache, const ApiObject *pod, const ApiObject *node, ClaimChoices *out)
{
    g_autoptr(GPtrArray) claims = delayed_claims(cache, pod);

    for (guint i = 0; i < claims->len; i++) {
        const ApiObject *claim = claims->pdata[i];
        const ApiObject *class_ = sched_cache_get(cache, &storage_class_kind, NULL, pvc_class_name(claim));
        const char *selected = str_map_get(&claim->meta->annotations, PVC_SELECTED_NODE);
        const ApiObject *volume;

        if (selected != NULL && !str_is(selected, api_name(node)))
            return NO_VOLUME;
        volume = selected != NULL ? NULL : find_volume(cache, claim, node, out);
        if (volume == NULL && (!storage_class_provisions(class_) || !storage_class_admits(class_, node)))
            return NO_VOLUME;
        if (volume == NULL && !has_room(cache, claim, class_, node))
            return "node(s) did not have enough free storage";
        *API_LIST_ADD(out) = (ClaimChoice){claim, volume};
    }
    return NULL;
}

/* --- filter --------------------------------------------------------------------------------------------- */

/* v1.34 binder.go: checkBoundClaims: what is wrong with the first volume that does not do. */
static const char *
bound_problem(const Cycle *cycle, const ApiObject *node)
{
    const ApiObject *pod = cycle->pod->pod;

    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *name = pod_volume_claim(pod, i);
        const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cycle->cache, pod, name);
        const ApiObject *volume;

        if (claim == NULL || !sched_claim_is_bound(claim))
            continue;
        volume = sched_cache_get(cycle->cache, &persistent_volume_kind, NULL, pvc_spec(claim)->volume_name);
        if (volume == NULL)
            return "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
        if (!pv_reaches(volume, node))
            return "node(s) didn't match PersistentVolume's node affinity";
    }
    return NULL;
}

static Verdict
volume_binding_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    const char *problem = bound_problem(cycle, node->node);
    ClaimChoices choices = {0};
    const char *no_volume = sched_choose_volumes(cycle->cache, cycle->pod->pod, node->node, &choices);

    (void)state;
    g_free(choices.items);
    if (problem != NULL)
        reasons_add(reasons, str_intern(problem));
    if (no_volume != NULL)
        reasons_add(reasons, str_intern(no_volume));
    return problem == NULL && no_volume == NULL ? VERDICT_SUCCESS : VERDICT_UNRESOLVABLE;
}

/* A class came, or lets volumes be elsewhere. */
static gboolean
class_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const StorageClassBody *old = event->old == NULL ? NULL : event->old->body;

    (void)cache;
    (void)waiting;
    return old == NULL ||
           !value_equal(old->allowed_topologies, ((const StorageClassBody *)event->object->body)->allowed_topologies);
}

/* isSchedulableAfterCSINodeChange: a CSINode came, or other in-tree plugins are served by drivers. */
static gboolean
csi_node_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    (void)waiting;
    return event->old == NULL || !str_is(str_map_get(&event->old->meta->annotations, CSI_NODE_MIGRATED),
                                         str_map_get(&event->object->meta->annotations, CSI_NODE_MIGRATED));
}

/* isSchedulableAfterCSIDriverChange: nobody looks for room any more. */
static gboolean
csi_driver_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    (void)waiting;
    return event->old != NULL && csi_driver_spec(event->old)->storage_capacity == OPT_TRUE &&
           csi_driver_spec(event->object)->storage_capacity != OPT_TRUE;
}

/* isSchedulableAfterCSIStorageCapacityChange: there is room, or more than before. */
static gboolean
csi_capacity_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    const Quantity *now = csi_storage_limit(csi_storage_capacity_body(event->object));
    const Quantity *before = event->old == NULL ? NULL : csi_storage_limit(csi_storage_capacity_body(event->old));

    (void)cache;
    (void)waiting;
    return event->old == NULL || (now != NULL && (before == NULL || quantity_compare(now, before) > 0));
}

static const PluginEvents volume_binding_events[] = {
    {EVENT_CLAIM, sched_claim_hint},
    {EVENT_VOLUME, NULL},
    {EVENT_CLASS, class_hint},
    {EVENT_CSI_NODE, csi_node_hint},
    {EVENT_CSI_DRIVER, csi_driver_hint},
    {EVENT_CSI_CAPACITY, csi_capacity_hint},
    {EVENT_NODE_ADDED | EVENT_NODE_LABEL, NULL},
    {0},
};

const SchedPlugin volume_binding_plugin = {
    .name = "VolumeBinding",
    .events = volume_binding_events,
    .pre_filter = volume_binding_pre_filter,
    .filter = volume_binding_filter,
};
