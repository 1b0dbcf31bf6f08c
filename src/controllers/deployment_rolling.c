#include "controllers/deployment_sync.h"

/* v1.34 pkg/controller/deployment/rolling.go, reconcileNewReplicaSet. */
gboolean
deployment_reconcile_new_set(DeploymentSync *sync)
{
    gint32 desired = replicas_of(deployment_spec(sync->deployment)->replicas);
    gint32 size = set_size(&sync->new_set);
    gint32 total;

    if (size == desired)
        return FALSE;
    if (size > desired)
        return deployment_scale_set_if(sync, &sync->new_set, desired,
                                       "because it is larger than the Deployment");
    total = sets_spec_replicas(sync->old_sets, &sync->new_set);
    return deployment_scale_set_if(sync, &sync->new_set,
                                   deployment_new_set_size(sync->deployment, total, size),
                                   str_internf("because %d of at most %d pods are asked for", total,
                                               deployment_max_replicas(sync->deployment)));
}

/*
 * A scale-down that is refused does not fail the sync: the ReplicaSet's own
 * change, which made it stale, wakes the next one.
 */
static void
forgive_refusals(DeploymentSync *sync)
{
    PlanStep *step = plan_get(sync->plan, plan_count(sync->plan) - 1);

    step->ignore_codes[0] = 409;
    step->ignore_codes[1] = 404;
    step->ignore_codes[2] = 500;
}

static gint
compare_oldest_first(gconstpointer a, gconstpointer b)
{
    return compare_creation(((const SetRef *)a)->object, ((const SetRef *)b)->object);
}

/*
 * Unhealthy ones go first, they cost no availability. FALSE if an old
 * ReplicaSet reports more available pods than it asks for: its status is behind,
 * and like the original we scale nothing down until it has caught up.
 */
static gboolean
clean_unhealthy(DeploymentSync *sync, gint32 budget, gint32 *out_done)
{
    *out_done = 0;
    g_array_sort(sync->old_sets, compare_oldest_first);
    for (guint i = 0; i < sync->old_sets->len && *out_done < budget; i++) {
        SetRef *ref = &g_array_index(sync->old_sets, SetRef, i);
        gint32 size = set_size(ref);
        gint32 available = replica_set_status(ref->object)->available_replicas;
        gint32 step = MIN(budget - *out_done, size - available);

        if (size == 0 || size == available)
            continue;
        if (step < 0)
            return FALSE;
        deployment_scale_set_if(sync, ref, size - step,
                                str_internf("because only %d of its %d pods are available",
                                            available, size));
        forgive_refusals(sync);
        *out_done += step;
    }
    return TRUE;
}

static gint32
scale_down_available(DeploymentSync *sync)
{
    gint32 desired = replicas_of(deployment_spec(sync->deployment)->replicas);
    gint32 min_available = desired - deployment_max_unavailable(sync->deployment);
    gint32 available = sets_available_replicas(sync->old_sets, &sync->new_set);
    gint32 budget = available - min_available;
    gint32 done = 0;

    g_array_sort(sync->old_sets, compare_oldest_first);
    for (guint i = 0; i < sync->old_sets->len && done < budget; i++) {
        SetRef *ref = &g_array_index(sync->old_sets, SetRef, i);
        gint32 size = set_size(ref);
        gint32 step = MIN(size, budget - done);

        if (size == 0)
            continue;
        deployment_scale_set_if(sync, ref, size - step,
                                str_internf("because %d pods are available and %d are enough",
                                            available, min_available));
        forgive_refusals(sync);
        done += step;
    }
    return done;
}

/* v1.34 pkg/controller/deployment/rolling.go, reconcileOldReplicaSets. */
gboolean
deployment_reconcile_old_sets(DeploymentSync *sync)
{
    const ApiObject *new_set = sync->new_set.object;
    gint32 desired = replicas_of(deployment_spec(sync->deployment)->replicas);
    gint32 min_available = desired - deployment_max_unavailable(sync->deployment);
    gint32 new_unavailable =
        set_size(&sync->new_set) - replica_set_status(new_set)->available_replicas;
    gint32 old_total = sets_spec_replicas(sync->old_sets, NULL);
    gint32 budget =
        sets_spec_replicas(sync->old_sets, &sync->new_set) - min_available - new_unavailable;
    gint32 cleaned;

    if (old_total == 0 || budget <= 0)
        return FALSE;
    if (!clean_unhealthy(sync, budget, &cleaned))
        return FALSE;
    return cleaned + scale_down_available(sync) > 0;
}

static void
roll_on(DeploymentSync *sync)
{
    if (!deployment_reconcile_new_set(sync) && !deployment_reconcile_old_sets(sync) &&
        deployment_is_complete(sync->deployment, deployment_status(sync->deployment)))
        deployment_clean_history(sync);
    deployment_sync_rollout_status(sync);
}

/* v1.34 pkg/controller/deployment/rolling.go, rolloutRolling. */
void
deployment_roll(DeploymentSync *sync)
{
    sync->then = roll_on;
    if (deployment_find_sets(sync, TRUE))
        roll_on(sync);
}
