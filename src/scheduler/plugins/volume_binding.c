/*
 * VolumeBinding: claims and their volumes (v1.34 plugins/volumebinding). There are no storage
 * classes: what asks for a class, or for none in particular, is provisioned without the
 * scheduler, wherever its pod goes; what asks for the class "" waits for a volume made by hand.
 */
#include "scheduler/plugins/plugins.h"

#include "api/kinds/storage.h"

#define BOUND_ANNOTATION "pv.kubernetes.io/bind-completed"

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
           sched_uses_claim(waiting->pod, api_name(claim));
}

static gboolean
is_bound(const ApiObject *claim)
{
    return !str_is_empty(pvc_spec(claim)->volume_name) &&
           str_map_get(&claim->meta->annotations, BOUND_ANNOTATION) != NULL;
}

static gboolean
is_provisioned(const ApiObject *claim)
{
    const char *class_name = pvc_spec(claim)->storage_class_name;

    return class_name == NULL || class_name[0] != '\0';
}

/* What is wrong with the claim wherever the pod goes; NULL: nothing. (interned) */
static const char *
claim_problem(const ApiObject *claim, const char *name)
{
    if (claim == NULL)
        return str_internf("persistentvolumeclaim \"%s\" not found", name);
    if (str_is(pvc_status(claim)->phase, "Lost"))
        return str_internf("persistentvolumeclaim \"%s\" bound to non-existent persistentvolume \"%s\"",
                           name, pvc_spec(claim)->volume_name == NULL ? "" : pvc_spec(claim)->volume_name);
    if (api_is_deleting(claim))
        return str_internf("persistentvolumeclaim \"%s\" is being deleted", name);
    return NULL;
}

static Verdict
volume_binding_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    const ApiObject *pod = cycle->pod->pod;
    gboolean has_claims = FALSE;
    gboolean waits = FALSE;

    (void)state;
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *name = sched_claim_of(pod, i);
        const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cycle->cache, pod, name);
        const char *problem = name == NULL ? NULL : claim_problem(claim, name);

        if (problem != NULL) {
            reasons_add(reasons, problem);
            return VERDICT_UNRESOLVABLE;
        }
        has_claims = has_claims || name != NULL;
        waits = waits || (name != NULL && !is_bound(claim) && !is_provisioned(claim));
    }
    if (!has_claims)
        return VERDICT_SKIP;
    if (!waits)
        return VERDICT_SUCCESS;
    reasons_add(reasons, "pod has unbound immediate PersistentVolumeClaims");
    return VERDICT_UNRESOLVABLE;
}

static Verdict
volume_binding_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    const ApiObject *pod = cycle->pod->pod;

    (void)state;
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *name = sched_claim_of(pod, i);
        const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cycle->cache, pod, name);
        const ApiObject *volume;

        if (claim == NULL || !is_bound(claim))
            continue;
        volume = sched_cache_get(cycle->cache, &persistent_volume_kind, NULL,
                                 pvc_spec(claim)->volume_name);
        if (volume == NULL) {
            reasons_add(reasons, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
            return VERDICT_UNRESOLVABLE;
        }
        if (!pv_reaches(volume, node->node)) {
            reasons_add(reasons, "node(s) didn't match PersistentVolume's node affinity");
            return VERDICT_UNRESOLVABLE;
        }
    }
    return VERDICT_SUCCESS;
}

static const PluginEvents volume_binding_events[] = {
    {EVENT_CLAIM, sched_claim_hint},
    {EVENT_VOLUME, NULL},
    {EVENT_NODE_ADDED | EVENT_NODE_LABEL, NULL},
    {0},
};

const SchedPlugin volume_binding_plugin = {
    .name = "VolumeBinding",
    .events = volume_binding_events,
    .pre_filter = volume_binding_pre_filter,
    .filter = volume_binding_filter,
};
