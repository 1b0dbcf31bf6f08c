/*
 * exec.c - kubectl exec, attach, cp; models k8s.io/kubectl pkg/cmd/{exec,attach,cp} v0.34
 *
 * The pod is asked of the API server, the command goes through it to the kubelet
 * and into the container's little shell.
 * DEVIATES: what the command writes to stderr comes on stdout; there is no stdin and
 * no terminal. A scenario has no files of its own, so cp only tells what is wrong
 * with its arguments and its pod.
 */

#include "base/duration.h"
#include "kubectl/expand.h"
#include "kubectl/log_pods.h"

#define ATTACH_POLL_NS (200 * NS_PER_MS)

static void exec_run(Command *command);
static void attach_run(Command *command);
static void cp_run(Command *command);

/* clang-format off */
static const FlagDef flags[] = {
    {"container", 'c', FLAG_STRING, NULL, NULL},
    {"stdin", 'i', FLAG_BOOL, NULL, NULL},
    {"tty", 't', FLAG_BOOL, NULL, NULL},
    {"quiet", 'q', FLAG_BOOL, NULL, NULL},
    {"pod-running-timeout", 0, FLAG_DURATION, "1m", NULL},
    {"no-preserve", 0, FLAG_BOOL, NULL, NULL},
    {"retries", 0, FLAG_INT, "0", NULL},
    {0},
};
/* clang-format on */

const Verb exec_verb = {.name = "exec", .flags = flags, .run = exec_run, .doc = "Execute a command in a container."};
const Verb attach_verb = {.name = "attach", .flags = flags, .run = attach_run, .doc = "Attach to a running container."};
const Verb cp_verb = {.name = "cp", .flags = flags, .run = cp_run, .doc = "Copy files and directories to and from containers."};

typedef struct {
    Sim *sim;
    SimHandle handle; /* of the command: answers come to it */
    const char *container;
    const char *container_id;
    gsize shown; /* attach: bytes of the log */
    void (*go)(Command *command, const ApiObject *pod);
} ExecState;

static void
state_free(gpointer data)
{
    ExecState *state = data;

    sim_handle_drop(state->sim, state->handle);
    g_free(state);
}

static ExecState *
state_new(Command *command, void (*go)(Command *command, const ApiObject *pod))
{
    ExecState *state = g_new0(ExecState, 1);

    state->sim = client_sim(kubectl_client(command->kubectl));
    state->handle = sim_handle_new(state->sim, command);
    state->go = go;
    command->state = state;
    command->state_free = state_free;
    return state;
}

/* --- the pod ------------------------------------------------------------------------------ */

/* Which container; FALSE: message out, ended. */
static gboolean
choose_container(Command *command, const ApiObject *pod)
{
    ExecState *state = command->state;
    const PodSpec *spec = pod_spec(pod);

    state->container = flag_string(command, "container");
    if (str_is_empty(state->container)) {
        g_autofree char *names = log_container_names(pod);

        state->container = log_default_container(pod);
        if (spec->containers.count + spec->init_containers.count > 1 && !flag_bool(command, "quiet"))
            command_warn(command, "Defaulted container \"%s\" out of: %s", state->container, names);
    } else if (!log_has_container(pod, state->container)) {
        command_warn(command, "Error from server (BadRequest): container %s is not valid for pod %s",
                     state->container, api_name(pod));
        command_finish(command, 1);
        return FALSE;
    }
    if (str_is_empty(spec->node_name)) {
        command_warn(command, "Error from server (BadRequest): pod %s does not have a host assigned",
                     api_name(pod));
        command_finish(command, 1);
        return FALSE;
    }
    return TRUE;
}

static void
begin(Command *command, const ApiObject *pod)
{
    const char *phase = pod_status(pod)->phase;
    ExecState *state = command->state;

    if (str_is(phase, "Succeeded") || str_is(phase, "Failed")) {
        command_fail(command, "cannot %s a container in a completed pod; current phase is %s",
                     str_is(command->verb->name, "exec") ? "exec into" : "attach", phase);
        return;
    }
    if (choose_container(command, pod))
        state->go(command, pod);
}

static void
on_pods(Command *command, const ApiResponse *response)
{
    g_autoptr(GPtrArray) pods = NULL;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    pods = log_sort_pods(response->items);
    if (pods->len == 0)
        command_fail(command, "timed out waiting for the condition");
    else
        begin(command, g_ptr_array_index(pods, 0));
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const char *selector;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    if (response->object->kind == &pod_kind) {
        begin(command, response->object);
        return;
    }
    selector = log_selector(response->object);
    if (selector == NULL) {
        command_fail(command, "cannot attach to %s: selector is not set or kind not supported",
                     api_kind_group_singular(response->object->kind));
        return;
    }
    request = api_request_new(VERB_LIST, &pod_kind, api_namespace(response->object), NULL);
    request->label_selector = selector;
    command_send(command, request, on_pods);
}

static void
find_pod(Command *command, const char *word)
{
    if (strchr(word, '/') == NULL) {
        Target target = {.kind = &pod_kind, .namespace_ = command_namespace(command), .name = str_intern(word)};

        g_array_append_val(command->targets, target);
    } else if (!targets_from_args(command, 0)) {
        return;
    }
    command_send(command, command_request(command, VERB_GET, &g_array_index(command->targets, Target, 0)), on_got);
}

/* --- exec ---------------------------------------------------------------------------------- */

static void
on_executed(gpointer user, gint32 exit, const char *output, const char *errors)
{
    Command *command = user;

    if (exit == KUBECTL_EXEC_REFUSED) {
        command_fail(command, "Internal error occurred: error executing command in container: %s", output);
        return;
    }
    command_print(command, "%s", output);
    g_string_append(command->err, errors);
    if (exit == 0) {
        command_finish(command, 0);
        return;
    }
    command_warn(command, "command terminated with exit code %d", exit);
    command_finish(command, exit);
}

static void
refuse_dial(Command *command, const ApiObject *pod, const char *dial)
{
    command_warn(command, "Error from server: error dialing backend: dial tcp %s:10250: %s",
                 pod_status(pod)->host_ip, dial);
    command_finish(command, 1);
}

static void
not_running(Command *command)
{
    const ExecState *state = command->state;

    command_fail(command, "Internal error occurred: unable to upgrade connection: container not found (\"%s\")",
                 state->container);
}

/* StreamOptions.SetupTTY: -it of who sits at no terminal. */
static void
say_no_terminal(Command *command)
{
    if (flag_bool(command, "stdin") && flag_bool(command, "tty"))
        command_warn(command, "Unable to use a TTY - input is not a terminal or the right kind of file");
}

static void
exec_go(Command *command, const ApiObject *pod)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);
    const ExecState *state = command->state;
    g_autoptr(GPtrArray) argv = g_ptr_array_copy(command->after_dashes, NULL, NULL);
    const char *dial = NULL;

    g_ptr_array_add(argv, NULL);
    say_no_terminal(command);
    if (options->pod_exec != NULL &&
        options->pod_exec(options->self, pod, state->container, (const char *const *)argv->pdata, &dial,
                          state->handle, on_executed, command))
        return;
    if (dial != NULL)
        refuse_dial(command, pod, dial);
    else
        not_running(command);
}

static void
exec_run(Command *command)
{
    if (command->args->len > 1) {
        command_usage(command, "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead");
        return;
    }
    if (command->args->len == 0) {
        command_fail(command, "pod, type/name or --filename must be specified");
        return;
    }
    if (command->after_dashes == NULL || command->after_dashes->len == 0) {
        command_fail(command, "you must specify at least one command for the container");
        return;
    }
    state_new(command, exec_go);
    find_pod(command, g_ptr_array_index(command->args, 0));
}

/* --- attach -------------------------------------------------------------------------------- */

static void attach_on_pod(Command *command, const ApiResponse *response);

static void
attach_on_poll(Sim *sim, gpointer self)
{
    Command *command = self;

    (void)sim;
    command_send(command, command_request(command, VERB_GET, &g_array_index(command->targets, Target, 0)),
                 attach_on_pod);
}

/* What the container has written since; without the times. NULL: it is gone. */
static char *
attach_more(Command *command, const ApiObject *pod, const char **out_dial)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);
    ExecState *state = command->state;
    g_autofree char *text = options->pod_log != NULL ? options->pod_log(options->self, pod, state->container_id, out_dial) : NULL;
    GString *out;

    if (text == NULL)
        return NULL;
    out = g_string_new(NULL);
    for (const char *line = text + MIN(state->shown, strlen(text)); *line != '\0';) {
        const char *words = strchr(line, ' ') + 1;
        gsize length = strcspn(words, "\n") + 1;

        g_string_append_len(out, words, (gssize)MIN(length, strlen(words)));
        line = words + MIN(length, strlen(words));
    }
    state->shown = strlen(text);
    return g_string_free(out, FALSE);
}

static void
attach_on_pod(Command *command, const ApiResponse *response)
{
    const ExecState *state = command->state;
    const char *dial = NULL;
    g_autofree char *more = api_response_ok(response) ? attach_more(command, response->object, &dial) : NULL;

    if (more != NULL)
        command_print(command, "%s", more);
    if (more == NULL || !log_is_running(response->object, state->container)) {
        command_finish(command, 0);
        return;
    }
    command->timer.handler = attach_on_poll;
    sim_timer_arm_after(&command->timer, ATTACH_POLL_NS);
}

static void
attach_go(Command *command, const ApiObject *pod)
{
    ExecState *state = command->state;
    const char *dial = NULL;
    g_autofree char *refusal = log_refusal(pod, state->container, FALSE, &state->container_id);
    g_autofree char *before = NULL;
    Target *target = &g_array_index(command->targets, Target, 0);

    if (refusal != NULL || !log_is_running(pod, state->container)) {
        not_running(command);
        return;
    }
    before = attach_more(command, pod, &dial); /* was written before: not shown */
    if (dial != NULL) {
        refuse_dial(command, pod, dial);
        return;
    }
    say_no_terminal(command);
    if (flag_bool(command, "stdin") && !flag_bool(command, "quiet"))
        command_warn(command, "All commands and output from this session will be recorded in container logs, including credentials and sensitive "
                              "information passed through the command prompt.\n"
                              "If you don't see a command prompt, try pressing enter.");
    target->kind = &pod_kind;
    target->name = api_name(pod);
    command->timer.handler = attach_on_poll;
    sim_timer_arm_after(&command->timer, ATTACH_POLL_NS);
}

static void
attach_run(Command *command)
{
    if (command->args->len == 0) {
        command_fail(command, "at least 1 argument is required for attach");
        return;
    }
    if (command->args->len > 2) {
        g_autoptr(GString) words = g_string_new(NULL);

        for (guint i = 0; i < command->args->len; i++)
            g_string_append_printf(words, "%s%s", i > 0 ? " " : "", (const char *)g_ptr_array_index(command->args, i));
        command_fail(command, "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw %u: [%s]", command->args->len, words->str);
        return;
    }
    state_new(command, attach_go);
    find_pod(command, g_ptr_array_index(command->args, 0));
}

/* --- cp ------------------------------------------------------------------------------------ */

/* "[[ns/]pod:]path": the colon that ends the pod; NULL: a local file. */
static const char *
pod_colon(const char *spec)
{
    const char *colon = strchr(spec, ':');

    return colon != NULL && spec[0] != '.' && spec[0] != '/' ? colon : NULL;
}

/* v1.34 kubectl/pkg/cmd/cp, extractFileSpec: before the colon stands a pod, or a namespace and a pod. */
static gboolean
is_file_spec(const char *spec)
{
    const char *colon = pod_colon(spec);
    const char *slash = strchr(spec, '/');

    return colon == NULL || (colon > spec && (slash == NULL || slash > colon || memchr(slash + 1, '/', (gsize)(colon - slash - 1)) == NULL));
}

static void
cp_go(Command *command, const ApiObject *pod)
{
    (void)pod;
    command_fail(command, "desk8s cannot copy: a scenario has no local files");
}

static void
cp_run(Command *command)
{
    const char *from, *to, *spec;
    g_auto(GStrv) parts = NULL;
    Target target = {.kind = &pod_kind, .namespace_ = command_namespace(command)};

    if (command->args->len != 2) {
        command_fail(command, "source and destination are required");
        return;
    }
    from = g_ptr_array_index(command->args, 0);
    to = g_ptr_array_index(command->args, 1);
    if (!is_file_spec(from) || !is_file_spec(to)) {
        command_fail(command, "filespec must match the canonical format: [[namespace/]pod:]file/path");
        return;
    }
    if (pod_colon(from) != NULL && pod_colon(to) != NULL) {
        command_fail(command, "one of src or dest must be a local file specification");
        return;
    }
    if (pod_colon(from) == NULL && pod_colon(to) == NULL) {
        command_fail(command, "one of src or dest must be a remote file specification");
        return;
    }
    spec = pod_colon(from) != NULL ? from : to;
    if (from[0] == '\0' || to[0] == '\0' || pod_colon(spec)[1] == '\0') {
        command_fail(command, "filepath can not be empty");
        return;
    }
    if (spec == to) { /* the local file is looked at before the pod */
        command_fail(command, "%s doesn't exist in local filesystem", from);
        return;
    }
    parts = g_strsplit(str_intern_len(spec, (gsize)(pod_colon(spec) - spec)), "/", 2);
    if (parts[1] != NULL)
        target.namespace_ = str_intern(parts[0]);
    target.name = str_intern(parts[1] != NULL ? parts[1] : parts[0]);
    g_array_append_val(command->targets, target);
    state_new(command, cp_go);
    command_send(command, command_request(command, VERB_GET, &g_array_index(command->targets, Target, 0)), on_got);
}
