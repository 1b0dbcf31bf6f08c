/*
 * run_attach.c - see run_attach.h
 *
 * Models: k8s.io/kubectl pkg/cmd/run/run.go v0.34: handleAttachPod, waitForPod, removeCreatedObjects.
 */

#include "kubectl/run_attach.h"

#include "base/duration.h"
#include "kubectl/follow.h"
#include "kubectl/log_pods.h"
#include "kubectl/versions.h"

#define POLL_NS (200 * NS_PER_MS)

typedef struct {
    Follow follow;
    ApiObject *pod; /* (owned) as it was seen last */
    const char *container_id;
    gsize shown;       /* bytes of the log that are out, or were written before */
    const char *error; /* interned; NULL: none */
    int exit;
} RunState;

static void
state_free(gpointer data)
{
    RunState *state = data;

    api_object_unref(state->pod);
    g_free(state);
}

gboolean
run_attaches(const Command *command)
{
    return flag_is_given(command, "attach") ? flag_bool(command, "attach") : flag_bool(command, "stdin");
}

static gboolean
is_over(const ApiObject *pod)
{
    return str_is(pod_status(pod)->phase, "Succeeded") || str_is(pod_status(pod)->phase, "Failed");
}

static void
keep(Command *command, const ApiObject *pod)
{
    RunState *state = command->state;
    ApiObject *old = state->pod;

    state->pod = api_object_ref(pod);
    api_object_unref(old);
}

/* --- the end ----------------------------------------------------------------------------------- */

static void
finish(Command *command)
{
    const RunState *state = command->state;
    int exit = state->exit;

    if (state->error != NULL)
        command_warn(command, "%s", state->error);
    command_finish(command, exit);
}

static void
on_removed(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);

    if (api_response_ok(response) && !flag_bool(command, "quiet"))
        command_print(command, "%s \"%s\" deleted%s\n", api_kind_group_singular(target->kind), target->name,
                      versions_where_deleted(command, target->namespace_));
    if (command->next < command->targets->len)
        command->next++;
    else {
        finish(command);
        return;
    }
    command_send(command, command_request(command, VERB_DELETE, current_target(command)), on_removed);
}

/* What was created goes again, in the order in which it came. */
static void
wind_up(Command *command)
{
    if (!flag_bool(command, "rm")) {
        finish(command);
        return;
    }
    command->next = 1;
    command_send(command, command_request(command, VERB_DELETE, current_target(command)), on_removed);
}

static gboolean
has_ended(Command *command, WatchType type, const ApiObject *object)
{
    const char *restart = flag_string(command, "restart");

    keep(command, object);
    if (type == WATCH_DELETED)
        return TRUE;
    return str_is(restart, "OnFailure") ? str_is(pod_status(object)->phase, "Succeeded") : is_over(object);
}

static void
on_ended(Command *command, FollowEnd end)
{
    RunState *state = command->state;
    const PodStatus *status = pod_status(state->pod);
    const ContainerStatus *container =
        status->container_statuses.count > 0 ? &status->container_statuses.items[0] : NULL;

    if (end != FOLLOW_DONE) {
        state->error = "error: timed out waiting for the condition";
        state->exit = 1;
    } else if (str_is(status->phase, "Failed")) {
        const ContainerStateTerminated *ended = container != NULL ? container->state.terminated : NULL;

        state->exit = ended != NULL && ended->exit_code != 0 ? ended->exit_code : 1;
        state->error = ended == NULL || ended->exit_code == 0
                           ? str_internf("error: pod %s/%s failed with unknown exit code", api_namespace(state->pod),
                                         api_name(state->pod))
                           : str_internf("pod %s/%s terminated (%s)%s%s", api_namespace(state->pod),
                                         api_name(state->pod), ended->reason, str_is_empty(ended->message) ? "" : "\n",
                                         str_is_empty(ended->message) ? "" : ended->message);
    }
    wind_up(command);
}

static void
await_end(Command *command)
{
    RunState *state = command->state;

    if (str_is(flag_string(command, "restart"), "Always") || flag_bool(command, "leave-stdin-open")) {
        wind_up(command);
        return;
    }
    state->follow = (Follow){.seen = has_ended, .over = on_ended};
    follow_begin(command);
}

/* --- what it writes ----------------------------------------------------------------------------- */

/* FALSE: there is no such container any more. */
static gboolean
show_log(Command *command, gboolean is_shown)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);
    RunState *state = command->state;
    const char *dial = NULL;
    g_autofree char *text = options->pod_log != NULL && state->container_id != NULL
                                ? options->pod_log(options->self, state->pod, state->container_id, &dial)
                                : NULL;

    if (text == NULL)
        return FALSE;
    for (const char *line = text + MIN(state->shown, strlen(text)); *line != '\0';) {
        const char *words = strchr(line, ' ') + 1;
        gsize length = strcspn(words, "\n");

        if (is_shown)
            command_print(command, "%.*s\n", (int)length, words);
        line = words + length + (words[length] == '\n');
    }
    state->shown = strlen(text);
    return TRUE;
}

static void on_polled(Command *command, const ApiResponse *response);

static void
poll_again(Sim *sim, gpointer self)
{
    (void)sim;
    command_send(self, command_request(self, VERB_GET, current_target(self)), on_polled);
}

static void
on_polled(Command *command, const ApiResponse *response)
{
    RunState *state = command->state;

    if (api_response_ok(response))
        keep(command, response->object);
    if (!show_log(command, TRUE) || !api_response_ok(response) ||
        !log_is_running(state->pod, log_default_container(state->pod))) {
        await_end(command);
        return;
    }
    command->timer.handler = poll_again;
    sim_timer_arm_after(&command->timer, POLL_NS);
}

static gboolean
is_ready(Command *command, WatchType type, const ApiObject *object)
{
    keep(command, object);
    if (type == WATCH_DELETED || is_over(object))
        return TRUE;
    return str_is(pod_status(object)->phase, "Running") &&
           condition_is(&pod_status(object)->conditions, "Ready", "True");
}

static void
on_ready(Command *command, FollowEnd end)
{
    RunState *state = command->state;
    g_autofree char *refusal = NULL;

    if (end != FOLLOW_DONE) {
        if (end != FOLLOW_REFUSED)
            state->error = "error: timed out waiting for the condition";
        state->exit = 1;
        wind_up(command);
        return;
    }
    refusal = log_refusal(state->pod, log_default_container(state->pod), FALSE, &state->container_id);
    if (is_over(state->pod)) {
        show_log(command, TRUE);
        await_end(command);
        return;
    }
    if (flag_bool(command, "stdin") && flag_bool(command, "tty"))
        command_warn(command, "Unable to use a TTY - input is not a terminal or the right kind of file");
    if (flag_bool(command, "stdin") && !flag_bool(command, "quiet"))
        command_warn(command, "All commands and output from this session will be recorded in container logs, including "
                              "credentials and sensitive "
                              "information passed through the command prompt.\n"
                              "If you don't see a command prompt, try pressing enter.");
    show_log(command, FALSE); /* was written before */
    command->timer.handler = poll_again;
    sim_timer_arm_after(&command->timer, POLL_NS);
}

void
run_attach_begin(Command *command)
{
    RunState *state = g_new0(RunState, 1);
    gint64 patience_ns = flag_duration_ns(command, "pod-running-timeout", NS_PER_MIN);

    state->follow = (Follow){
        .seen = is_ready,
        .over = on_ready,
        .deadline_ns = sim_now_ns(client_sim(kubectl_client(command->kubectl))) + patience_ns,
    };
    command->state = state;
    command->state_free = state_free;
    follow_begin(command);
}
