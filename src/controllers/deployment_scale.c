#include "controllers/deployment_sync.h"

/* --- one ReplicaSet -------------------------------------------------------------------------- */

gboolean
deployment_scale_set(DeploymentSync *sync, SetRef *ref, gint32 size, const char *why)
{
    gint32 desired = replicas_of(deployment_spec(sync->deployment)->replicas);
    gint32 max = deployment_max_replicas(sync->deployment);
    gint32 old_size = set_size(ref);
    ApiObject *changed = api_object_copy(set_current(ref));
    gboolean has_new_annotations = set_replicas_annotations(api_edit_meta(changed), desired, max);
    PlanStep *step;

    if (old_size == size && !has_new_annotations) {
        api_object_unref(changed);
        return FALSE;
    }
    if (old_size != size)
        ((ReplicaSetSpec *)api_edit_spec(changed))->replicas = OPT_INT32(size);
    step = plan_update(sync->plan, api_object_ref(changed), "%s", why);
    step->takes_revision_of = ref->step;
    if (old_size != size) {
        step->event_about = api_object_ref(sync->original);
        step->on_success.type = "Normal";
        step->on_success.reason = "ScalingReplicaSet";
        step->on_success.format =
            str_internf("Scaled %s replica set %s from %d to %d", size > old_size ? "up" : "down",
                        api_name(changed), old_size, size);
    }
    api_object_unref(ref->written);
    ref->written = changed;
    ref->step = (int)plan_count(sync->plan) - 1;
    return old_size != size;
}

gboolean
deployment_scale_set_if(DeploymentSync *sync, SetRef *ref, gint32 size, const char *why)
{
    if (set_size(ref) == size)
        return FALSE;
    return deployment_scale_set(sync, ref, size, why);
}

/* --- many -------------------------------------------------------------------------------------- */

/* Borrowed pointers to the active ones: the old in their order, the new last. */
static GPtrArray *
active_sets(DeploymentSync *sync)
{
    GPtrArray *active = g_ptr_array_new();

    for (guint i = 0; i < sync->old_sets->len; i++) {
        SetRef *ref = &g_array_index(sync->old_sets, SetRef, i);

        if (set_size(ref) > 0)
            g_ptr_array_add(active, ref);
    }
    if (sync->new_set.object != NULL && set_size(&sync->new_set) > 0)
        g_ptr_array_add(active, &sync->new_set);
    return active;
}

gboolean
deployment_is_scaling(DeploymentSync *sync)
{
    gint32 wanted = replicas_of(deployment_spec(sync->deployment)->replicas);
    g_autoptr(GPtrArray) active = active_sets(sync);

    for (guint i = 0; i < active->len; i++) {
        gint32 desired;

        if (set_annotation_int(((SetRef *)active->pdata[i])->object, DESIRED_ANNOTATION,
                               &desired) &&
            desired != wanted)
            return TRUE;
    }
    return FALSE;
}

static gint
compare_newest_first(gconstpointer a, gconstpointer b)
{
    return compare_creation(((const SetRef *)b)->object, ((const SetRef *)a)->object);
}

/* Half away from zero, as integer.RoundToInt32; both operands are not negative. */
static gint32
divide_round(gint64 dividend, gint64 divisor)
{
    return (gint32)((2 * dividend + divisor) / (2 * divisor));
}

/* v1.34 pkg/controller/deployment/util, getReplicaSetFraction. */
gint32
deployment_fraction(const ApiObject *deployment, const ApiObject *set)
{
    gint32 desired = replicas_of(deployment_spec(deployment)->replicas);
    gint32 size = replicas_of(replica_set_spec(set)->replicas);
    gint32 max_now = deployment_max_replicas(deployment);
    gint32 max_before = 0;

    if (desired == 0)
        return -size;
    if (!set_annotation_int(set, MAX_ANNOTATION, &max_before) || max_before <= 0)
        max_before = deployment_status(deployment)->replicas;
    if (max_before == 0)
        return 0;
    return divide_round((gint64)size * max_now, max_before) - size;
}

static gint
compare_size(gconstpointer a, gconstpointer b)
{
    gint32 size_a = set_size(*(SetRef *const *)a);
    gint32 size_b = set_size(*(SetRef *const *)b);

    return size_a == size_b ? 0 : size_a > size_b ? -1 : 1;
}

static gint
compare_size_newer(gconstpointer a, gconstpointer b)
{
    gint order = compare_size(a, b);

    return order != 0 ? order : compare_newest_first(*(SetRef *const *)a, *(SetRef *const *)b);
}

static gint
compare_size_older(gconstpointer a, gconstpointer b)
{
    gint order = compare_size(a, b);

    return order != 0 ? order : compare_newest_first(*(SetRef *const *)b, *(SetRef *const *)a);
}

/* v1.34 pkg/controller/deployment/util, GetReplicaSetProportion. */
static gint32
proportion(const DeploymentSync *sync, const ApiObject *set, gint32 to_add, gint32 added)
{
    gint32 fraction;

    if (replicas_of(replica_set_spec(set)->replicas) == 0 || to_add == 0 || to_add == added)
        return 0;
    fraction = deployment_fraction(sync->deployment, set);
    return to_add > 0 ? MIN(fraction, to_add - added) : MAX(fraction, to_add - added);
}

/* Each active one gets its share, the largest what rounding leaves. All are written. */
static void
scale_proportionally(DeploymentSync *sync, GPtrArray *active)
{
    gint32 desired = replicas_of(deployment_spec(sync->deployment)->replicas);
    gint32 allowed = desired > 0 ? deployment_max_replicas(sync->deployment) : 0;
    g_autofree gint32 *sizes = g_new(gint32, active->len);
    gint32 to_add = allowed;
    gint32 added = 0;

    for (guint i = 0; i < active->len; i++)
        to_add = int32_minus(to_add, set_size(active->pdata[i]));
    if (to_add > 0)
        g_ptr_array_sort(active, compare_size_newer);
    else if (to_add < 0)
        g_ptr_array_sort(active, compare_size_older);
    for (guint i = 0; i < active->len; i++) {
        const ApiObject *set = ((SetRef *)active->pdata[i])->object;
        gint32 share = proportion(sync, set, to_add, added);

        sizes[i] = replicas_of(replica_set_spec(set)->replicas) + share;
        added += share;
    }
    if (to_add != 0)
        sizes[0] = MAX(sizes[0] + to_add - added, 0);
    for (guint i = 0; i < active->len; i++)
        deployment_scale_set(sync, active->pdata[i], sizes[i],
                             "because the Deployment is scaled and each ReplicaSet gets its share");
}

static gboolean
is_saturated(const DeploymentSync *sync)
{
    gint32 wanted = replicas_of(deployment_spec(sync->deployment)->replicas);
    const ApiObject *set = sync->new_set.object;
    gint32 desired;

    return set != NULL && set_annotation_int(set, DESIRED_ANNOTATION, &desired) &&
           desired == wanted && replicas_of(replica_set_spec(set)->replicas) == wanted &&
           replica_set_status(set)->available_replicas == wanted;
}

/* v1.34 pkg/controller/deployment/sync.go, scale. */
void
deployment_scale(DeploymentSync *sync)
{
    gint32 desired = replicas_of(deployment_spec(sync->deployment)->replicas);
    g_autoptr(GPtrArray) active = NULL;

    if (sync->new_set.object == NULL && sync->old_sets->len == 0)
        return;
    g_array_sort(sync->old_sets, compare_newest_first);
    active = active_sets(sync);
    if (active->len <= 1) {
        SetRef *only = active->len == 1               ? active->pdata[0]
                       : sync->new_set.object != NULL ? &sync->new_set
                                                      : &g_array_index(sync->old_sets, SetRef, 0);

        deployment_scale_set_if(sync, only, desired, "because the Deployment is scaled");
        return;
    }
    if (is_saturated(sync)) {
        for (guint i = 0; i < active->len; i++)
            if (active->pdata[i] != &sync->new_set)
                deployment_scale_set_if(sync, active->pdata[i], 0,
                                        "because the new ReplicaSet has all its pods available");
        return;
    }
    if (deployment_is_rolling(sync->deployment))
        scale_proportionally(sync, active);
}
