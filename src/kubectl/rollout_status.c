/*
 * rollout_status.c - kubectl rollout status
 *
 * Models: k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go v0.34. The
 * object as it is, then one line for every later event of it, changed or not.
 */

#include "kubectl/rollout.h"

#include "kubectl/replica_sets.h"

static gboolean
is_late(const ApiObject *deployment)
{
    const Condition *progressing = condition_find(&deployment_status(deployment)->conditions, "Progressing");

    return progressing != NULL && str_is(progressing->reason, "ProgressDeadlineExceeded");
}

char *
rollout_status_text(const ApiObject *deployment, gint64 revision, gboolean *out_done, char **out_error)
{
    const char *name = api_name(deployment);
    const DeploymentStatus *status = deployment_status(deployment);
    const OptInt32 *wanted = &deployment_spec(deployment)->replicas;

    *out_done = FALSE;
    if (revision > 0 && revision_of(deployment) != revision) {
        *out_error = g_strdup_printf("desired revision (%" G_GINT64_FORMAT ") is different from the running revision (%" G_GINT64_FORMAT ")", revision, revision_of(deployment));
        return NULL;
    }
    if (deployment->meta->generation > status->observed_generation)
        return g_strdup("Waiting for deployment spec update to be observed...\n");
    if (is_late(deployment)) {
        *out_error = g_strdup_printf("deployment \"%s\" exceeded its progress deadline", name);
        return NULL;
    }
    if (wanted->is_set && status->updated_replicas < wanted->value)
        return g_strdup_printf("Waiting for deployment \"%s\" rollout to finish: %d out of %d new replicas have been updated...\n", name, status->updated_replicas, wanted->value);
    if (status->replicas > status->updated_replicas)
        return g_strdup_printf("Waiting for deployment \"%s\" rollout to finish: %d old replicas are pending termination...\n", name, status->replicas - status->updated_replicas);
    if (status->available_replicas < status->updated_replicas)
        return g_strdup_printf("Waiting for deployment \"%s\" rollout to finish: %d of %d updated replicas are available...\n", name, status->available_replicas, status->updated_replicas);
    *out_done = TRUE;
    return g_strdup_printf("deployment \"%s\" successfully rolled out\n", name);
}

/* --- watching ---------------------------------------------------------------------------- */

/* The object is finished with: the next one. */
static void
leave_object(Command *command)
{
    g_clear_pointer(&command->watch, client_watch_stop);
    sim_timer_disarm(&command->timer);
    command_next(command);
}

/* TRUE: there will be no more of this object. */
static gboolean
say(Command *command, const ApiObject *object)
{
    gboolean is_done = FALSE;
    g_autofree char *error = NULL;
    g_autofree char *text = rollout_status_text(object, flag_int(command, "revision", 0), &is_done, &error);

    if (text == NULL) {
        command_error(command, "%s", error);
        return TRUE;
    }
    command_print(command, "%s", text);
    return is_done || !flag_bool(command, "watch");
}

static void
on_left(Sim *sim, gpointer self)
{
    (void)sim;
    leave_object(self);
}

static void
on_timeout(Sim *sim, gpointer self)
{
    Command *command = self;

    (void)sim;
    command_error(command, "timed out waiting for the condition");
    leave_object(command);
}

/* A watch is not stopped from within its own callback. */
static void
leave_soon(Command *command)
{
    command->timer.handler = on_left;
    sim_timer_arm_after(&command->timer, 0);
}

static gboolean
is_leaving(const Command *command)
{
    return command->timer.is_armed && command->timer.handler == on_left;
}

static void
on_event(gpointer user, WatchType type, const ApiObject *object)
{
    Command *command = user;

    if (is_leaving(command))
        return;
    if (type == WATCH_DELETED) {
        command_error(command, "object has been deleted");
        leave_soon(command);
    } else if ((type == WATCH_ADDED || type == WATCH_MODIFIED) && say(command, object)) {
        leave_soon(command);
    }
}

static void
on_closed(gpointer user, const ApiStatus *status)
{
    Command *command = user;

    (void)status;
    if (!is_leaving(command)) {
        command_error(command, "watch closed before UntilWithoutRetry timeout");
        leave_soon(command);
    }
}

static const ClientWatchHooks hooks = {on_event, on_closed};

static void
on_listed(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);
    gint64 timeout_ns = flag_duration_ns(command, "timeout", 0);
    g_autoptr(ApiRequest) request = NULL;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    for (guint i = 0; i < response->items->len; i++)
        if (say(command, g_ptr_array_index(response->items, i))) {
            command_next(command);
            return;
        }
    request = command_request(command, VERB_WATCH, target);
    request->name = NULL;
    request->field_selector = str_internf("metadata.name=%s", target->name);
    request->resource_version = response->revision;
    if (timeout_ns > 0) {
        command->timer.handler = on_timeout;
        sim_timer_arm_after(&command->timer, timeout_ns);
    }
    command->watch = client_watch(kubectl_client(command->kubectl), request, &hooks, command);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    request = api_request_new(VERB_LIST, target->kind, target->namespace_, NULL);
    request->field_selector = str_internf("metadata.name=%s", target->name);
    command_send(command, request, on_listed);
}

gboolean
rollout_status_begin(Command *command)
{
    gint64 revision = flag_int(command, "revision", 0);

    if (revision < 0)
        command_fail(command, "revision must be a positive integer: %" G_GINT64_FORMAT, revision);
    return revision >= 0;
}

void
rollout_status_one(Command *command, Target *target)
{
    if (target->kind != &deployment_kind) {
        command_error(command, "no status viewer has been implemented for kind \"%s\"", target->kind->kind);
        command_next(command);
        return;
    }
    command_send(command, command_request(command, VERB_GET, target), on_got);
}
