/*
 * logs.c - kubectl logs; models k8s.io/kubectl pkg/cmd/logs v0.34, and what the
 * API server and the kubelet answer when there is no log
 */

#include "base/duration.h"
#include "kubectl/kubelet_url.h"
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
    const char *followed, *followed_id;
    char since[40]; /* lines whose time is before it are not shown; "": all */
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

/* Its kubelet cannot be asked: what the API server says. */
static void
refuse_dial(Command *command, const ApiObject *pod, const char *container, const char *dial)
{
    g_autofree char *query = kubelet_log_query(command, tail_wanted(command));

    command_warn(command,
                 "Error from server: Get \"https://%s:10250/containerLogs/%s/%s/%s%s\": dial tcp "
                 "%s:10250: %s",
                 pod_status(pod)->host_ip, api_namespace(pod), api_name(pod), container, query,
                 pod_status(pod)->host_ip, dial);
    command->has_failed = TRUE;
}

static char *
read_log(Command *command, const ApiObject *pod, const char *id, const char **out_dial)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);

    *out_dial = NULL;
    return options->pod_log != NULL ? options->pod_log(options->self, pod, id, out_dial) : NULL;
}

/*
 * What of @text is shown: each line stands there after its time. kubelet
 * pkg/kubelet/kuberuntime/logs: the tail is taken first, then what is too old is left out.
 */
static char *
wanted_lines(Command *command, const char *text)
{
    LogsState *state = command->state;
    GString *out = g_string_new(NULL);

    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        const char *words = strchr(line, ' ');
        const char *next = end != NULL ? end + 1 : line + strlen(line);

        if (state->since[0] == '\0' || strncmp(line, state->since, strlen(state->since)) >= 0) {
            const char *from = flag_bool(command, "timestamps") ? line : words + 1;
            g_string_append_len(out, from, next - from);
        }
        line = next;
    }
    return g_string_free(out, FALSE);
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
    const char *dial = NULL;
    g_autofree char *shown = NULL;

    if (refusal != NULL) {
        command_warn(command, "Error from server (BadRequest): %s", refusal);
        command->has_failed = TRUE;
        return FALSE;
    }
    text = read_log(command, pod, container_id, &dial);
    if (dial != NULL) {
        refuse_dial(command, pod, container, dial);
        return FALSE;
    }
    if (text == NULL) { /* the runtime has removed it */
        command_print(command, "unable to retrieve container logs for %s",
                      container_id != NULL ? container_id : "");
        return TRUE;
    }
    state->shown = strlen(text);
    state->followed_id = container_id;
    shown = wanted_lines(command, tail_of(text, tail_wanted(command)));
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
    const char *dial = NULL;
    g_autofree char *text = NULL;

    if (!api_response_ok(response)) {
        command_next(command);
        return;
    }
    text = read_log(command, response->object, state->followed_id, &dial);
    if (text != NULL && strlen(text) > state->shown) {
        g_autofree char *more = wanted_lines(command, text + state->shown);

        print_log(command, response->object, state->followed, more);
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

/* LogsOptions.Validate: looked at once the object is known. NULL: nothing is wrong. (interned) */
static const char *
wrong_flags(Command *command)
{
    const LogsState *state = command->state;
    gint64 since_ns = flag_duration_ns(command, "since", 0);

    if (!str_is_empty(flag_string(command, "since-time")) && since_ns != 0)
        return "at most one of `sinceTime` or `sinceSeconds` may be specified";
    if (flag_bool(command, "all-containers") && !str_is_empty(state->container))
        return str_internf("--all-containers=true should not be specified with container name %s", state->container);
    if (flag_int(command, "limit-bytes", 0) < 0)
        return "--limit-bytes must be greater than 0";
    if (since_ns < 0)
        return "--since must be greater than 0";
    if (flag_int(command, "tail", -1) < -1)
        return "--tail must be greater than or equal to -1";
    return NULL;
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
    if (wrong_flags(command) != NULL) {
        command_fail(command, "%s", wrong_flags(command));
        return;
    }
    if (response->object->kind == &pod_kind) {
        begin_pod(command, response->object);
        return;
    }
    selector = log_selector(response->object);
    if (selector == NULL) {
        const ApiKind *kind = response->object->kind;

        command_error(command, "cannot get the logs from *%s.%s: selector for *%s.%s not implemented", kind->version,
                      kind->kind, kind->version, kind->kind);
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

/* --since and --since-time as the beginning of a line's time. FALSE: message out, ended. */
static gboolean
read_since(Command *command)
{
    LogsState *state = command->state;
    const char *time = flag_string(command, "since-time");
    gint64 since_ns = flag_duration_ns(command, "since", 0);
    g_autofree char *text = NULL;
    gint64 at_ns = 0;

    if (!str_is_empty(time) && !time_parse_rfc3339(time, &at_ns)) {
        command_fail(command,
                     "parsing time \"%s\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"%s\" as "
                     "\"2006\"",
                     time, time);
        return FALSE;
    }
    if (str_is_empty(time) && since_ns == 0)
        return TRUE;
    /* the kubelet counts whole seconds back from its own clock */
    if (since_ns > 0)
        at_ns = command_wall_ns(command) - (since_ns + NS_PER_S - 1) / NS_PER_S * NS_PER_S;
    text = time_format_rfc3339(at_ns);
    text[strlen(text) - 1] = '\0'; /* the Z */
    g_snprintf(state->since, sizeof(state->since), "%s.%09dZ", text, (int)(at_ns % NS_PER_S));
    return TRUE;
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
    if (!read_since(command))
        return;
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
        command_fail(command, "only one of -c or an inline [CONTAINER] arg is allowed");
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
