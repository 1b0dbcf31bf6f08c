/*
 * logs.c - kubectl logs; models k8s.io/kubectl pkg/cmd/logs v0.34, and what the
 * API server and the kubelet answer when there is no log
 *
 * DEVIATES: lines have no times of their own, so --timestamps, --since and
 * --since-time change nothing.
 */

#include "base/duration.h"
#include "kubectl/expand.h"
#include "kubectl/log_pods.h"

#define FOLLOW_POLL_NS (200 * NS_PER_MS)

static void logs_run(Command *command);

static const FlagDef flags[] = {
    {"container", 'c', FLAG_STRING, NULL, NULL},
    {"follow", 'f', FLAG_BOOL, NULL, NULL},
    {"previous", 'p', FLAG_BOOL, NULL, NULL},
    {"tail", 0, FLAG_INT, "-1", NULL},
    {"since", 0, FLAG_DURATION, NULL, NULL},
    {"since-time", 0, FLAG_STRING, NULL, NULL},
    {"timestamps", 0, FLAG_BOOL, NULL, NULL},
    {"prefix", 0, FLAG_BOOL, NULL, NULL},
    {"all-containers", 0, FLAG_BOOL, NULL, NULL},
    {"all-pods", 0, FLAG_BOOL, NULL, NULL},
    {"limit-bytes", 0, FLAG_INT, "0", NULL},
    {"max-log-requests", 0, FLAG_INT, "5", NULL},
    {"ignore-errors", 0, FLAG_BOOL, NULL, NULL},
    {"pod-running-timeout", 0, FLAG_DURATION, "20s", NULL},
    {"insecure-skip-tls-verify-backend", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb logs_verb = {.name = "logs",
                        .flags = flags,
                        .run = logs_run,
                        .doc = "Print the logs for a container in a pod."};

typedef struct {
    const char *container; /* second word or -c */
    gsize shown;           /* bytes of the followed log */
    const char *followed;
} LogsState;

/* --- one container ----------------------------------------------------------------------- */

/* The last @tail lines. */
static const char *
tail_of(const char *text, gint64 tail)
{
    gsize at = strlen(text);

    if (tail < 0)
        return text;
    if (at > 0 && text[at - 1] == '\n')
        at--;
    for (; at > 0 && tail > 0; at--)
        if (text[at - 1] == '\n' && --tail == 0)
            break;
    return tail == 0 && at == strlen(text) - 1 ? text + strlen(text) : text + at;
}

static gint64
tail_wanted(const Command *command)
{
    if (!flag_is_given(command, "tail") && !str_is_empty(flag_string(command, "selector")))
        return 10;
    return flag_int(command, "tail", -1);
}

static void
print_log(Command *command, const ApiObject *pod, const char *container, const char *text)
{
    g_autofree char *prefix = g_strdup_printf("[pod/%s/%s] ", api_name(pod), container);
    g_auto(GStrv) lines = NULL;

    if (!flag_bool(command, "prefix") && !flag_bool(command, "all-pods")) {
        command_print(command, "%s", text);
        return;
    }
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (lines[i + 1] != NULL || lines[i][0] != '\0')
            command_print(command, "%s%s\n", prefix, lines[i]);
}

static char *
read_log(Command *command, const ApiObject *pod, const char *container)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);

    if (options->pod_log == NULL)
        return NULL;
    return options->pod_log(options->self, api_namespace(pod), api_name(pod), container,
                            flag_bool(command, "previous"));
}

/* FALSE: there is none; said. */
static gboolean
log_container(Command *command, const ApiObject *pod, const char *container)
{
    LogsState *state = command->state;
    const char *container_id = NULL;
    g_autofree char *refusal =
        log_refusal(pod, container, flag_bool(command, "previous"), &container_id);
    g_autofree char *text = NULL;
    gint64 limit = flag_int(command, "limit-bytes", 0);
    const char *shown;

    if (refusal != NULL) {
        command_warn(command, "Error from server (BadRequest): %s", refusal);
        command->has_failed = TRUE;
        return FALSE;
    }
    text = read_log(command, pod, container);
    if (text == NULL) { /* the runtime has removed it */
        command_print(command, "unable to retrieve container logs for %s",
                      container_id != NULL ? container_id : "");
        return TRUE;
    }
    state->shown = strlen(text);
    shown = tail_of(text, tail_wanted(command));
    if (limit > 0 && (gint64)strlen(shown) > limit) {
        g_autofree char *cut = g_strndup(shown, (gsize)limit);
        print_log(command, pod, container, cut);
    } else {
        print_log(command, pod, container, shown);
    }
    return TRUE;
}

/* --- -f ---------------------------------------------------------------------------------- */

static void on_followed(Command *command, const ApiResponse *response);

static void
on_poll(Sim *sim, gpointer self)
{
    Command *command = self;

    (void)sim;
    command_send(command, command_request(command, VERB_GET, current_target(command)), on_followed);
}

static void
on_followed(Command *command, const ApiResponse *response)
{
    LogsState *state = command->state;
    g_autofree char *text = NULL;

    if (!api_response_ok(response)) {
        command_next(command);
        return;
    }
    text = read_log(command, response->object, state->followed);
    if (text != NULL && strlen(text) > state->shown) {
        print_log(command, response->object, state->followed, text + state->shown);
        state->shown = strlen(text);
    }
    if (text == NULL || !log_is_running(response->object, state->followed)) {
        command_next(command);
        return;
    }
    command->timer.handler = on_poll;
    sim_timer_arm_after(&command->timer, FOLLOW_POLL_NS);
}

/* --- pods -------------------------------------------------------------------------------- */

/* All containers that are meant of one pod. FALSE: message out, goes on with the next. */
static gboolean
log_pod(Command *command, const ApiObject *pod)
{
    LogsState *state = command->state;
    const PodSpec *spec = pod_spec(pod);
    const char *chosen = state->container;

    if (flag_bool(command, "all-containers")) {
        for (guint i = 0; i < spec->init_containers.count; i++)
            if (!log_container(command, pod, spec->init_containers.items[i].name) &&
                !flag_bool(command, "ignore-errors"))
                return FALSE;
        for (guint i = 0; i < spec->containers.count; i++)
            if (!log_container(command, pod, spec->containers.items[i].name) &&
                !flag_bool(command, "ignore-errors"))
                return FALSE;
        return TRUE;
    }
    if (!str_is_empty(chosen) && !log_has_container(pod, chosen)) {
        command_error(command, "container %s is not valid for pod %s", chosen, api_name(pod));
        return FALSE;
    }
    if (str_is_empty(chosen)) {
        g_autofree char *names = log_container_names(pod);

        chosen = log_default_container(pod);
        if (spec->containers.count + spec->init_containers.count > 1)
            command_warn(command, "Defaulted container \"%s\" out of: %s", chosen, names);
    }
    state->followed = chosen;
    return log_container(command, pod, chosen);
}

static void
begin_pod(Command *command, const ApiObject *pod)
{
    const LogsState *state = command->state;

    if (log_pod(command, pod) && flag_bool(command, "follow") &&
        !flag_bool(command, "all-containers") && log_is_running(pod, state->followed)) {
        command->timer.handler = on_poll;
        sim_timer_arm_after(&command->timer, FOLLOW_POLL_NS);
        return;
    }
    command_next(command);
}

static void
refuse(Command *command, const ApiStatus *status)
{
    const Target *target = current_target(command);

    if (status->code == 404)
        command_error(command, "error from server (NotFound): %s in namespace \"%s\"",
                      status->message, target->namespace_ != NULL ? target->namespace_ : "");
    else
        command_server_error(command, status, NULL);
    command_next(command);
}

static void
on_pods(Command *command, const ApiResponse *response)
{
    g_autoptr(GPtrArray) pods = NULL;

    if (!api_response_ok(response)) {
        refuse(command, response->status);
        return;
    }
    pods = log_sort_pods(response->items);
    if (pods->len == 0) {
        command_error(command, "timed out waiting for the condition");
        command_next(command);
        return;
    }
    if (flag_bool(command, "all-pods")) {
        for (guint i = 0; i < pods->len; i++)
            log_pod(command, g_ptr_array_index(pods, i));
        command_next(command);
        return;
    }
    if (pods->len > 1)
        command_warn(command, "Found %u pods, using pod/%s", pods->len,
                     api_name(g_ptr_array_index(pods, 0)));
    begin_pod(command, g_ptr_array_index(pods, 0));
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const char *selector;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        refuse(command, response->status);
        return;
    }
    if (response->object->kind == &pod_kind) {
        begin_pod(command, response->object);
        return;
    }
    selector = log_selector(response->object);
    if (selector == NULL) {
        command_error(command, "cannot get the logs from %s",
                      api_kind_group_singular(response->object->kind));
        command_next(command);
        return;
    }
    request = api_request_new(VERB_LIST, &pod_kind, api_namespace(response->object), NULL);
    request->label_selector = selector;
    command_send(command, request, on_pods);
}

static void
logs_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
go(Command *command)
{
    if (command->targets->len == 0) {
        command_warn(command, "No resources found in %s namespace.", command_namespace(command));
        command_finish(command, 0);
        return;
    }
    command_each(command, logs_one, command_end_default);
}

static void
logs_run(Command *command)
{
    LogsState *state = g_new0(LogsState, 1);
    const char *selector = flag_string(command, "selector");
    guint count = command->args->len;

    command->state = state;
    command->state_free = g_free;
    state->container = flag_string(command, "container");
    if (count == 0 && str_is_empty(selector)) {
        command_usage(command, "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD "
                               "or TYPE/NAME is a required argument for the logs command");
        return;
    }
    if (count > 0 && !str_is_empty(selector)) {
        command_usage(command, "only a selector (-l) or a POD name is allowed");
        return;
    }
    if (count == 2 && !str_is_empty(state->container)) {
        command_usage(command, "only one of -c or an inline [CONTAINER] arg is allowed");
        return;
    }
    if (count > 2) {
        command_usage(command, "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD "
                               "or TYPE/NAME is a required argument for the logs command");
        return;
    }
    if (count == 2) {
        state->container = g_ptr_array_index(command->args, 1);
        g_ptr_array_set_size(command->args, 1);
    }
    if (count == 0 || strchr(g_ptr_array_index(command->args, 0), '/') == NULL) {
        Target target = {.kind = &pod_kind,
                         .namespace_ = command_namespace(command),
                         .name = count > 0 ? g_ptr_array_index(command->args, 0) : NULL};

        g_array_append_val(command->targets, target);
    } else if (!targets_from_args(command, 0)) {
        return;
    }
    targets_expand(command, go);
}
