/* VolumeRestrictions: disks that pods cannot share, a claim that one pod alone may use (v1.34 plugins/volumerestrictions). */
#include "scheduler/plugins/plugins.h"

#include "api/kinds/storage.h"

/* --- disks ------------------------------------------------------------------------------------------ */

static gboolean
has_same(const Value *a, const Value *b, const char *key, const char *without)
{
    return str_is(value_get_string(a, key, without), value_get_string(b, key, without));
}

/* Two may read; somebody who writes is alone. */
static gboolean
somebody_writes(const Value *a, const Value *b)
{
    return !value_get_bool(a, "readOnly", FALSE) || !value_get_bool(b, "readOnly", FALSE);
}

static gboolean
share_a_monitor(const Value *a, const Value *b)
{
    const Value *x = value_get(a, "monitors");
    const Value *y = value_get(b, "monitors");

    for (guint i = 0; x != NULL && y != NULL && i < x->count; i++)
        for (guint k = 0; k < y->count; k++)
            if (str_is(x->items[i]->text, y->items[k]->text))
                return TRUE;
    return FALSE;
}

/* v1.34 volume_restrictions.go: isVolumeConflict */
static gboolean
disks_conflict(const Volume *a, const Volume *b)
{
    if (a->gce_disk != NULL && b->gce_disk != NULL)
        return has_same(a->gce_disk, b->gce_disk, "pdName", "") && somebody_writes(a->gce_disk, b->gce_disk);
    if (a->aws_disk != NULL && b->aws_disk != NULL)
        return has_same(a->aws_disk, b->aws_disk, "volumeID", "");
    if (a->iscsi != NULL && b->iscsi != NULL)
        return has_same(a->iscsi, b->iscsi, "iqn", "") && somebody_writes(a->iscsi, b->iscsi);
    return a->rbd != NULL && b->rbd != NULL && share_a_monitor(a->rbd, b->rbd) && has_same(a->rbd, b->rbd, "pool", "rbd") &&
           has_same(a->rbd, b->rbd, "image", "") && somebody_writes(a->rbd, b->rbd);
}

static gboolean
has_disks(const ApiObject *pod)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const Volume *volume = &pod_spec(pod)->volumes.items[i];

        if (volume->gce_disk != NULL || volume->aws_disk != NULL || volume->iscsi != NULL || volume->rbd != NULL)
            return TRUE;
    }
    return FALSE;
}

static gboolean
pods_conflict(const ApiObject *pod, const ApiObject *other)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++)
        for (guint k = 0; k < pod_spec(other)->volumes.count; k++)
            if (disks_conflict(&pod_spec(pod)->volumes.items[i], &pod_spec(other)->volumes.items[k]))
                return TRUE;
    return FALSE;
}

/* --- claims ----------------------------------------------------------------------------------------- */

/* How many claims of other pods stand in the way. */
typedef struct {
    StrList claims; /* names of the ReadWriteOncePod ones */
    gint64 n_conflicts;
} Restrictions;

static gint64
count_conflicts(const Cycle *cycle, const Restrictions *own, const ApiObject *pod)
{
    gint64 count = 0;

    if (api_namespace(pod) != api_namespace(cycle->pod->pod))
        return 0;
    for (guint i = 0; i < own->claims.count; i++)
        count += sched_uses_claim(pod, own->claims.items[i]);
    return count;
}

static void
restrictions_free(gpointer state)
{
    Restrictions *own = state;

    if (own != NULL)
        g_free(own->claims.items);
    g_free(own);
}

static gboolean
has_claims(const ApiObject *pod)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        if (sched_claim_of(pod, i) != NULL)
            return TRUE;
    }
    return FALSE;
}

static Verdict
volume_restrictions_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    const ApiObject *pod = cycle->pod->pod;
    Restrictions *own;
    NodeInfo *const *nodes;
    guint n;

    if (!has_claims(pod) && !has_disks(pod))
        return VERDICT_SKIP;
    own = g_new0(Restrictions, 1);
    *state = own;
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        const char *name = sched_claim_of(pod, i);
        const ApiObject *claim = name == NULL ? NULL : sched_claim_get(cycle->cache, pod, name);

        if (name != NULL && claim == NULL) {
            reasons_add(reasons, str_internf("persistentvolumeclaim \"%s\" not found", name));
            return VERDICT_UNRESOLVABLE;
        }
        if (claim != NULL && str_list_contains(&pvc_spec(claim)->access_modes, str_intern("ReadWriteOncePod")))
            str_list_add(&own->claims, name);
    }
    nodes = sched_cache_nodes(cycle->cache, &n);
    for (guint i = 0; own->claims.count > 0 && i < n; i++)
        for (guint k = 0; k < nodes[i]->pods->len; k++)
            own->n_conflicts += count_conflicts(cycle, own, ((const PodInfo *)nodes[i]->pods->pdata[k])->pod);
    return own->n_conflicts == 0 && !has_disks(pod) ? VERDICT_SKIP : VERDICT_SUCCESS;
}

static void
volume_restrictions_add(const Cycle *cycle, gpointer state, const PodInfo *pod, const NodeInfo *node)
{
    Restrictions *own = state;

    (void)node;
    own->n_conflicts += count_conflicts(cycle, own, pod->pod);
}

static void
volume_restrictions_remove(const Cycle *cycle, gpointer state, const PodInfo *pod, const NodeInfo *node)
{
    Restrictions *own = state;

    (void)node;
    own->n_conflicts -= count_conflicts(cycle, own, pod->pod);
}

static Verdict
volume_restrictions_filter(const Cycle *cycle, gpointer state, const NodeInfo *node, Reasons *reasons)
{
    const Restrictions *own = state;

    for (guint i = 0; i < node->pods->len; i++) {
        if (pods_conflict(cycle->pod->pod, ((const PodInfo *)node->pods->pdata[i])->pod)) {
            reasons_add(reasons, "node(s) had no available disk");
            return VERDICT_UNSCHEDULABLE;
        }
    }
    if (own->n_conflicts <= 0)
        return VERDICT_SUCCESS;
    reasons_add(reasons, "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
                         "already in-use by another pod");
    return VERDICT_UNSCHEDULABLE;
}

/* The pod that went held a disk, or shared a claim. */
static gboolean
deleted_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    if (api_namespace(event->old) != api_namespace(waiting->pod))
        return FALSE;
    if (pods_conflict(waiting->pod, event->old))
        return TRUE;
    for (guint i = 0; i < pod_spec(waiting->pod)->volumes.count; i++) {
        const char *name = sched_claim_of(waiting->pod, i);

        if (name != NULL && sched_uses_claim(event->old, name))
            return TRUE;
    }
    return FALSE;
}

static const PluginEvents volume_restrictions_events[] = {
    {EVENT_POD_DELETED, deleted_hint},
    {EVENT_NODE_ADDED, NULL},
    {EVENT_CLAIM, sched_claim_hint},
    {0},
};

const SchedPlugin volume_restrictions_plugin = {
    .name = "VolumeRestrictions",
    .events = volume_restrictions_events,
    .pre_filter = volume_restrictions_pre_filter,
    .filter = volume_restrictions_filter,
    .add_pod = volume_restrictions_add,
    .remove_pod = volume_restrictions_remove,
    .free_filter_state = restrictions_free,
};
