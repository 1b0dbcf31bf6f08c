/*
 * rollout_status.c - kubectl rollout status
 *
 * Models: k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go v0.34. The
 * object as it is, then one line for every later event of it, changed or not.
 */

#include "kubectl/rollout.h"

#include "kubectl/follow.h"
#include "kubectl/replica_sets.h"

static gboolean
is_late(const ApiObject *deployment)
{
    const Condition *progressing =
        condition_find(&deployment_status(deployment)->conditions, "Progressing");

    return progressing != NULL && str_is(progressing->reason, "ProgressDeadlineExceeded");
}

char *
rollout_status_text(const ApiObject *deployment,
                    gint64 revision,
                    gboolean *out_done,
                    char **out_error)
{
    const char *name = api_name(deployment);
    const DeploymentStatus *status = deployment_status(deployment);
    const OptInt32 *wanted = &deployment_spec(deployment)->replicas;

    *out_done = FALSE;
    if (revision > 0 && revision_of(deployment) != revision) {
        *out_error =
            g_strdup_printf("desired revision (%" G_GINT64_FORMAT
                            ") is different from the running revision (%" G_GINT64_FORMAT ")",
                            revision, revision_of(deployment));
        return NULL;
    }
    if (deployment->meta->generation > status->observed_generation)
        return g_strdup("Waiting for deployment spec update to be observed...\n");
    if (is_late(deployment)) {
        *out_error = g_strdup_printf("deployment \"%s\" exceeded its progress deadline", name);
        return NULL;
    }
    if (wanted->is_set && status->updated_replicas < wanted->value)
        return g_strdup_printf("Waiting for deployment \"%s\" rollout to finish: %d out of %d new "
                               "replicas have been updated...\n",
                               name, status->updated_replicas, wanted->value);
    if (status->replicas > status->updated_replicas)
        return g_strdup_printf("Waiting for deployment \"%s\" rollout to finish: %d old replicas "
                               "are pending termination...\n",
                               name, status->replicas - status->updated_replicas);
    if (status->available_replicas < status->updated_replicas)
        return g_strdup_printf("Waiting for deployment \"%s\" rollout to finish: %d of %d updated "
                               "replicas are available...\n",
                               name, status->available_replicas, status->updated_replicas);
    *out_done = TRUE;
    return g_strdup_printf("deployment \"%s\" successfully rolled out\n", name);
}

/* --- watching ---------------------------------------------------------------------------- */

/* TRUE: there will be no more of this object. */
static gboolean
seen(Command *command, WatchType type, const ApiObject *object)
{
    gboolean is_done = FALSE;
    g_autofree char *error = NULL;
    g_autofree char *text = NULL;

    if (type == WATCH_DELETED) {
        command_error(command, "object has been deleted");
        return TRUE;
    }
    if (object->kind == &daemon_set_kind)
        text = rollout_daemon_set_text(object, &is_done, &error);
    else if (object->kind == &stateful_set_kind)
        text = rollout_stateful_set_text(object, &is_done, &error);
    else
        text = rollout_status_text(object, flag_int(command, "revision", 0), &is_done, &error);
    if (text == NULL) {
        command_error(command, "%s", error);
        return TRUE;
    }
    command_print(command, "%s", text);
    return is_done || !flag_bool(command, "watch");
}

static void
over(Command *command, FollowEnd end)
{
    if (end == FOLLOW_TIMEOUT)
        command_error(command, "timed out waiting for the condition");
    else if (end == FOLLOW_ABSENT)
        command_error(command, "object has been deleted");
    else if (end == FOLLOW_CLOSED)
        command_error(command, "watch closed before UntilWithoutRetry timeout");
    command_next(command);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    Follow *follow = command->state;
    gint64 timeout_ns = flag_duration_ns(command, "timeout", 0);

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    if (current_target(command)->kind != &deployment_kind && current_target(command)->kind != &daemon_set_kind &&
        current_target(command)->kind != &stateful_set_kind) {
        command_error(command, "no status viewer has been implemented for %s",
                      api_kind_group_kind(current_target(command)->kind));
        command_next(command);
        return;
    }
    follow->deadline_ns =
        timeout_ns > 0 ? sim_now_ns(client_sim(kubectl_client(command->kubectl))) + timeout_ns : 0;
    follow_begin(command);
}

gboolean
rollout_status_begin(Command *command)
{
    gint64 revision = flag_int(command, "revision", 0);

    if (revision < 0) {
        command_fail(command, "revision must be a positive integer: %" G_GINT64_FORMAT, revision);
        return FALSE;
    }
    command->state = g_new0(Follow, 1);
    command->state_free = g_free;
    *(Follow *)command->state = (Follow){.seen = seen, .over = over};
    return TRUE;
}

void
rollout_status_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}
