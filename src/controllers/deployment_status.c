#include "controllers/deployment_sync.h"
#include "api/profile.h"

/* --- judging ---------------------------------------------------------------------------------- */

/* v1.34 pkg/controller/deployment/util, DeploymentComplete. */
gboolean
deployment_is_complete(const ApiObject *deployment, const DeploymentStatus *status)
{
    gint32 desired = replicas_of(deployment_spec(deployment)->replicas);

    return status->updated_replicas == desired && status->replicas == desired &&
           status->available_replicas == desired &&
           status->observed_generation >= deployment->meta->generation;
}

/* v1.34 pkg/controller/deployment/util, DeploymentProgressing. */
gboolean
deployment_has_progressed(const DeploymentStatus *old, const DeploymentStatus *new)
{
    return new->updated_replicas > old->updated_replicas ||
           new->replicas - new->updated_replicas < old->replicas - old->updated_replicas ||
           new->ready_replicas > old->ready_replicas ||
           new->available_replicas > old->available_replicas;
}

/* v1.34 pkg/controller/deployment/util, DeploymentTimedOut. */
gboolean
deployment_has_timed_out(const ApiObject *deployment,
                         const DeploymentStatus *status,
                         gint64 wall_ns)
{
    const Condition *condition = condition_find(&status->conditions, "Progressing");

    if (!deployment_has_deadline(deployment) || condition == NULL ||
        str_is(condition->reason, "NewReplicaSetAvailable"))
        return FALSE;
    if (str_is(condition->reason, "ProgressDeadlineExceeded"))
        return TRUE;
    return condition->last_update_time +
               deployment_spec(deployment)->progress_deadline_s.value * NS_PER_S <
           wall_ns;
}

/* v1.34 pkg/controller/deployment/progress.go, requeueStuckDeployment. */
gboolean
deployment_deadline_left(const ApiObject *deployment,
                         const DeploymentStatus *status,
                         gint64 wall_ns,
                         gint64 *out_left_ns)
{
    const Condition *condition =
        condition_find(&deployment_status(deployment)->conditions, "Progressing");

    if (!deployment_has_deadline(deployment) || condition == NULL ||
        deployment_is_complete(deployment, status) ||
        str_is(condition->reason, "ProgressDeadlineExceeded"))
        return FALSE;
    *out_left_ns = condition->last_update_time +
                   deployment_spec(deployment)->progress_deadline_s.value * NS_PER_S - wall_ns;
    return TRUE;
}

/* --- writing ------------------------------------------------------------------------------------ */

static Condition
condition_now(const DeploymentSync *sync,
              const char *type,
              const char *status,
              const char *reason,
              const char *message)
{
    ApiTime now = api_time_seconds(sync->r->wall_ns);

    return (Condition){
        .type = str_intern(type),
        .status = str_intern(status),
        .reason = str_intern(reason),
        .message = str_intern(message),
        .last_transition_time = now,
        .last_update_time = now,
    };
}

void
deployment_put_condition(DeploymentSync *sync,
                         const char *type,
                         const char *status,
                         const char *reason,
                         const char *message)
{
    DeploymentStatus *own = api_edit_status(sync->deployment);
    Condition condition = condition_now(sync, type, status, reason, message);

    condition_put(&own->conditions, &condition);
}

void
deployment_write_status(DeploymentSync *sync, const char *why)
{
    plan_update_status(sync->plan, api_object_copy(sync->deployment), "%s", why);
}

/* One that its controller has not seen yet has none. */
static OptInt32
terminating_of(const ApiObject *set)
{
    const ReplicaSetStatus *status = replica_set_status(set);

    return status->observed_generation == 0 && !status->terminating_replicas.is_set ? OPT_INT32(0)
                                                                                    : status->terminating_replicas;
}

/* GetTerminatingReplicaCountForReplicaSets: of one that does not tell, nothing is known of all. */
static OptInt32
sum_terminating(const DeploymentSync *sync)
{
    OptInt32 sum = OPT_INT32(0);

    for (guint i = 0; i <= sync->old_sets->len && sum.is_set; i++) {
        const ApiObject *set =
            i < sync->old_sets->len ? g_array_index(sync->old_sets, SetRef, i).object : sync->new_set.object;
        OptInt32 one = set == NULL ? OPT_INT32(0) : terminating_of(set);

        sum = one.is_set ? OPT_INT32(sum.value + one.value) : one;
    }
    return sum;
}

/* v1.34 pkg/controller/deployment/sync.go, calculateStatus. */
static void
calculate(DeploymentSync *sync, DeploymentStatus *out)
{
    const DeploymentStatus *old = deployment_status(sync->deployment);
    const SetRef *new_set = &sync->new_set;
    gint32 desired = replicas_of(deployment_spec(sync->deployment)->replicas);
    gint32 available = sets_available_replicas(sync->old_sets, new_set);
    Condition condition;

    api_struct_copy(&deployment_status_type, out, old);
    out->observed_generation = sync->deployment->meta->generation;
    out->replicas = sets_status_replicas(sync->old_sets, new_set);
    out->updated_replicas =
        new_set->object == NULL ? 0 : replica_set_status(new_set->object)->replicas;
    out->ready_replicas = sets_ready_replicas(sync->old_sets, new_set);
    out->available_replicas = available;
    out->unavailable_replicas = MAX(sets_spec_replicas(sync->old_sets, new_set) - available, 0);
    out->terminating_replicas = profile_has(FEATURE_TERMINATING_REPLICAS, sync->r->version_minor)
                                    ? sum_terminating(sync)
                                    : (OptInt32){0};
    if (available >= desired - deployment_max_unavailable(sync->deployment))
        condition = condition_now(sync, "Available", "True", "MinimumReplicasAvailable",
                                  "Deployment has minimum availability.");
    else
        condition = condition_now(sync, "Available", "False", "MinimumReplicasUnavailable",
                                  "Deployment does not have minimum availability.");
    condition_put(&out->conditions, &condition);
}

/* TRUE if there was something to write. */
static gboolean
write_if_changed(DeploymentSync *sync, DeploymentStatus *status, const char *why)
{
    DeploymentStatus *own;
    gboolean is_equal =
        api_struct_equal(&deployment_status_type, deployment_status(sync->deployment), status);

    if (is_equal) {
        api_struct_clear(&deployment_status_type, status);
        return FALSE;
    }
    own = api_edit_status(sync->deployment);
    api_struct_clear(&deployment_status_type, own);
    *own = *status;
    deployment_write_status(sync, why);
    return TRUE;
}

void
deployment_sync_status(DeploymentSync *sync)
{
    DeploymentStatus status = {0};

    calculate(sync, &status);
    write_if_changed(sync, &status, "because the status of its ReplicaSets changed");
}

/* --- progress ------------------------------------------------------------------------------------ */

static const char *
progress_message(const DeploymentSync *sync, const char *what)
{
    if (sync->new_set.object != NULL)
        return str_internf("ReplicaSet \"%s\" %s", api_name(sync->new_set.object), what);
    return str_internf("Deployment \"%s\" %s", api_name(sync->deployment), what);
}

static void
put_progressing(DeploymentSync *sync,
                DeploymentStatus *status,
                const char *truth,
                const char *reason,
                const char *what)
{
    Condition condition =
        condition_now(sync, "Progressing", truth, reason, progress_message(sync, what));

    condition_put(&status->conditions, &condition);
}

/* v1.34 pkg/controller/deployment/progress.go, syncRolloutStatus. */
static void
estimate_progress(DeploymentSync *sync, DeploymentStatus *status)
{
    const DeploymentStatus *old = deployment_status(sync->deployment);
    const Condition *present = condition_find(&old->conditions, "Progressing");

    if (deployment_is_complete(sync->deployment, status)) {
        put_progressing(sync, status, "True", "NewReplicaSetAvailable",
                        "has successfully progressed.");
    } else if (deployment_has_progressed(old, status)) {
        Condition condition = condition_now(sync, "Progressing", "True", "ReplicaSetUpdated",
                                            progress_message(sync, "is progressing."));

        /* A fresh update time each time; the transition time only if it was not True. */
        if (present != NULL && str_is(present->status, "True"))
            condition.last_transition_time = present->last_transition_time;
        condition_remove(&status->conditions, "Progressing");
        condition_put(&status->conditions, &condition);
    } else if (deployment_has_timed_out(sync->deployment, status, sync->r->wall_ns)) {
        if (present != NULL && !str_is(present->reason, "ProgressDeadlineExceeded"))
            plan_waited(sync->plan, profile_timers[TIMER_PROGRESS_DEADLINE].name,
                        sync->r->wall_ns - present->last_update_time);
        put_progressing(sync, status, "False", "ProgressDeadlineExceeded",
                        "has timed out progressing.");
    }
}

static const Condition *
find_failure(const DeploymentSync *sync)
{
    const Condition *found = NULL;

    if (sync->new_set.object != NULL)
        found =
            condition_find(&replica_set_status(sync->new_set.object)->conditions, "ReplicaFailure");
    for (guint i = 0; found == NULL && i < sync->old_sets->len; i++)
        found = condition_find(&replica_set_status(g_array_index(sync->old_sets, SetRef, i).object)
                                    ->conditions,
                               "ReplicaFailure");
    return found;
}

static void
copy_failure(const DeploymentSync *sync, DeploymentStatus *status)
{
    const Condition *failure = find_failure(sync);
    Condition copied;

    if (failure == NULL) {
        condition_remove(&status->conditions, "ReplicaFailure");
        return;
    }
    copied = *failure;
    copied.last_update_time = failure->last_transition_time;
    condition_put(&status->conditions, &copied);
}

/*
 * The clock of the deadline. The original asks again every 5 ms once less than
 * a second is left; we wait for the first of those that can see it expired. A
 * rollout that was finished before cannot expire.
 */
static void
requeue_stuck(DeploymentSync *sync)
{
    const gint64 step_ns = 5 * NS_PER_MS;
    const DeploymentStatus *status = deployment_status(sync->deployment);
    gint64 left_ns;

    if (!deployment_deadline_left(sync->deployment, status, sync->r->wall_ns, &left_ns))
        return;
    if (left_ns >= NS_PER_S)
        plan_requeue_after(sync->plan, left_ns + NS_PER_S);
    else if (!str_is(condition_find(&status->conditions, "Progressing")->reason,
                     "NewReplicaSetAvailable"))
        plan_requeue_after(sync->plan, (MAX(left_ns, 0) / step_ns + 1) * step_ns);
}

void
deployment_sync_rollout_status(DeploymentSync *sync)
{
    const DeploymentStatus *old = deployment_status(sync->deployment);
    const Condition *present = condition_find(&old->conditions, "Progressing");
    DeploymentStatus status = {0};
    gboolean is_at_rest;

    calculate(sync, &status);
    is_at_rest = status.replicas == status.updated_replicas && present != NULL &&
                 str_is(present->reason, "NewReplicaSetAvailable");
    if (!deployment_has_deadline(sync->deployment))
        condition_remove(&status.conditions, "Progressing");
    else if (!is_at_rest)
        estimate_progress(sync, &status);
    copy_failure(sync, &status);
    if (!write_if_changed(sync, &status, "because the status of its ReplicaSets changed"))
        requeue_stuck(sync);
}
