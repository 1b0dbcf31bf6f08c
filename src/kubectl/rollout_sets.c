/*
 * rollout_sets.c - what kubectl rollout status says of daemon sets and stateful sets
 *
 * Models: k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go v0.34.
 */

#include "kubectl/rollout.h"

static char *
only_rolling(const char *type, char **out_error)
{
    if (str_is(type, "RollingUpdate"))
        return NULL;
    *out_error = g_strdup("rollout status is only available for RollingUpdate strategy type");
    return *out_error;
}

char *
rollout_daemon_set_text(const ApiObject *set, gboolean *out_done, char **out_error)
{
    const DaemonSetStatus *status = daemon_set_status(set);

    *out_done = FALSE;
    if (only_rolling(daemon_set_spec(set)->update_strategy.type, out_error) != NULL)
        return NULL;
    if (set->meta->generation > status->observed_generation)
        return g_strdup("Waiting for daemon set spec update to be observed...\n");
    if (status->updated_scheduled < status->desired_scheduled)
        return g_strdup_printf("Waiting for daemon set \"%s\" rollout to finish: %d out of %d new "
                               "pods have been updated...\n",
                               api_name(set), status->updated_scheduled, status->desired_scheduled);
    if (status->available < status->desired_scheduled)
        return g_strdup_printf("Waiting for daemon set \"%s\" rollout to finish: %d of %d updated "
                               "pods are available...\n",
                               api_name(set), status->available, status->desired_scheduled);
    *out_done = TRUE;
    return g_strdup_printf("daemon set \"%s\" successfully rolled out\n", api_name(set));
}

char *
rollout_stateful_set_text(const ApiObject *set, gboolean *out_done, char **out_error)
{
    const StatefulSetSpec *spec = stateful_set_spec(set);
    const StatefulSetStatus *status = stateful_set_status(set);
    const RollingUpdateStatefulSet *rolling = spec->update_strategy.rolling_update;
    gint32 wanted = spec->replicas.value;

    *out_done = FALSE;
    if (only_rolling(spec->update_strategy.type, out_error) != NULL)
        return NULL;
    if (status->observed_generation == 0 || set->meta->generation > status->observed_generation)
        return g_strdup("Waiting for statefulset spec update to be observed...\n");
    if (spec->replicas.is_set && status->ready_replicas < wanted)
        return g_strdup_printf("Waiting for %d pods to be ready...\n",
                               wanted - status->ready_replicas);
    if (rolling != NULL) {
        gint32 goal = wanted - rolling->partition.value;

        if (spec->replicas.is_set && rolling->partition.is_set && status->updated_replicas < goal)
            return g_strdup_printf("Waiting for partitioned roll out to finish: %d out of %d new "
                                   "pods have been updated...\n",
                                   status->updated_replicas, goal);
        *out_done = TRUE;
        return g_strdup_printf("partitioned roll out complete: %d new pods have been updated...\n",
                               status->updated_replicas);
    }
    if (!str_is(status->update_revision, status->current_revision))
        return g_strdup_printf("waiting for statefulset rolling update to complete %d pods at "
                               "revision %s...\n",
                               status->updated_replicas, status->update_revision);
    *out_done = TRUE;
    return g_strdup_printf("statefulset rolling update complete %d pods at revision %s...\n",
                           status->current_replicas, status->current_revision);
}
