/* VolumeRestrictions: a claim that one pod alone may use (v1.34 plugins/volumerestrictions). */
#include "scheduler/plugins/plugins.h"

#include "api/kinds/storage.h"

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

static Verdict
volume_restrictions_pre_filter(Cycle *cycle, gpointer *state, Reasons *reasons)
{
    const ApiObject *pod = cycle->pod->pod;
    Restrictions *own = g_new0(Restrictions, 1);
    NodeInfo *const *nodes;
    guint n;

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
    if (own->claims.count == 0)
        return VERDICT_SKIP;
    nodes = sched_cache_nodes(cycle->cache, &n);
    for (guint i = 0; i < n; i++)
        for (guint k = 0; k < nodes[i]->pods->len; k++)
            own->n_conflicts += count_conflicts(cycle, own, ((const PodInfo *)nodes[i]->pods->pdata[k])->pod);
    return VERDICT_SUCCESS;
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

    (void)cycle;
    (void)node;
    if (own->n_conflicts <= 0)
        return VERDICT_SUCCESS;
    reasons_add(reasons, "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
                         "already in-use by another pod");
    return VERDICT_UNSCHEDULABLE;
}

/* The pod that went shared a claim. */
static gboolean
deleted_hint(SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    (void)cache;
    if (api_namespace(event->old) != api_namespace(waiting->pod))
        return FALSE;
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
