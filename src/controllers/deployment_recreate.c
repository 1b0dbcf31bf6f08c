#include "controllers/deployment_sync.h"

static gboolean
scale_down_old(DeploymentSync *sync)
{
    gboolean has_scaled = FALSE;

    for (guint i = 0; i < sync->old_sets->len; i++)
        has_scaled |= deployment_scale_set_if(sync, &g_array_index(sync->old_sets, SetRef, i), 0,
                                              "because Recreate stops the old pods first");
    return has_scaled;
}

static gboolean
is_of_set(const ApiObject *pod, const ApiObject *set)
{
    return set != NULL && api_is_controlled_by(pod, set);
}

/*
 * v1.34 pkg/controller/deployment/recreate.go, oldPodsRunning: pods on their
 * way out count until they are gone.
 */
static gboolean
are_old_pods_running(DeploymentSync *sync)
{
    const LabelSelector *selector = deployment_spec(sync->deployment)->selector;
    g_autoptr(GPtrArray) pods = g_ptr_array_new();

    if (sets_status_replicas(sync->old_sets, NULL) > 0)
        return TRUE;
    for (guint i = 0; i < sync->sets->len; i++) {
        const ApiObject *set = g_array_index(sync->sets, SetRef, i).object;

        if (sync->new_set.object != NULL && str_is(api_uid(set), api_uid(sync->new_set.object)))
            continue;
        view_list_owned(sync->r->view, &pod_kind, api_uid(set), pods);
    }
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        if (!pod_is_terminal(pod) && !is_of_set(pod, sync->new_set.object) &&
            label_selector_matches(selector, &pod->meta->labels))
            return TRUE;
    }
    return FALSE;
}

static void
recreate_on(DeploymentSync *sync)
{
    deployment_scale_set_if(sync, &sync->new_set,
                            replicas_of(deployment_spec(sync->deployment)->replicas),
                            "because no old pod is left");
    if (deployment_is_complete(sync->deployment, deployment_status(sync->deployment)))
        deployment_clean_history(sync);
    deployment_sync_rollout_status(sync);
}

/* v1.34 pkg/controller/deployment/recreate.go, rolloutRecreate. */
void
deployment_recreate(DeploymentSync *sync)
{
    deployment_find_sets(sync, FALSE);
    if (scale_down_old(sync) || are_old_pods_running(sync)) {
        deployment_sync_rollout_status(sync);
        return;
    }
    sync->then = recreate_on;
    if (sync->new_set.object != NULL || deployment_find_sets(sync, TRUE))
        recreate_on(sync);
}
