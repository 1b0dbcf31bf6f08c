/*
 * drain.c - kubectl drain NODE; models k8s.io/kubectl pkg/cmd/drain, pkg/drain v0.34
 *
 * Cordons every node, then empties one after the other: its pods are evicted side
 * by side, each refused one again after 5 s, and looked at once a second until it
 * is gone. One request is under way at a time; they take no longer for that than a
 * look.
 */

#include "base/duration.h"
#include "kubectl/cordon.h"
#include "kubectl/drain_filter.h"
#include "kubectl/print.h"

#define RETRY_NS (5 * NS_PER_S)
#define POLL_NS  (1 * NS_PER_S)

static void drain_run(Command *command);

static const FlagDef flags[] = {
    {"force", 0, FLAG_BOOL, NULL, NULL},
    {"ignore-daemonsets", 0, FLAG_BOOL, NULL, NULL},
    {"delete-emptydir-data", 0, FLAG_BOOL, NULL, NULL},
    {"grace-period", 0, FLAG_INT, "-1", NULL},
    {"timeout", 0, FLAG_DURATION, "0s", NULL},
    {"disable-eviction", 0, FLAG_BOOL, NULL, NULL},
    {"pod-selector", 0, FLAG_STRING, NULL, NULL},
    {"skip-wait-for-delete-timeout", 0, FLAG_INT, "0", NULL},
    {"chunk-size", 0, FLAG_INT, "500", NULL},
    {0},
};

const Verb drain_verb = {.name = "drain",
                         .flags = flags,
                         .run = drain_run,
                         .doc = "Drain node in preparation for maintenance."};

typedef struct {
    const char *namespace_, *name, *uid; /* interned */
    gboolean is_asked;                   /* evicted: now it is waited for */
    gboolean is_over;
    gint64 next_ns; /* when it is its turn */
} DrainPod;

typedef struct {
    GArray *pods;       /* of DrainPod, of the node under way */
    guint current;      /* whose request is under way */
    gint64 deadline_ns; /* G_MAXINT64: none */
    GPtrArray *errors;  /* of char*: of this node's pods */
    GPtrArray *pending; /* of const char*: nodes that could not be drained */
    GString *fatal;     /* what is told at the end */
} DrainState;

static void
state_free(gpointer data)
{
    DrainState *state = data;

    g_array_unref(state->pods);
    g_ptr_array_unref(state->errors);
    g_ptr_array_unref(state->pending);
    g_string_free(state->fatal, TRUE);
    g_free(state);
}

static gint64
now_ns(Command *command)
{
    return sim_now_ns(client_sim(kubectl_client(command->kubectl)));
}

/* --- the end of a node ------------------------------------------------------------------------ */

static void
node_failed(Command *command, const char *why)
{
    DrainState *state = command->state;
    const char *name = current_target(command)->name;

    command_warn(command,
                 "error: unable to drain node \"%s\" due to error: %s, continuing command...", name,
                 why);
    g_ptr_array_add(state->pending, (gpointer)name);
    g_string_append_printf(state->fatal, "%s\n", why);
    command_next(command);
}

static void
node_drained(Command *command)
{
    command_print(command, "%s drained%s\n",
                  target_label(&node_kind, current_target(command)->name), dry_run_suffix(command));
    command_next(command);
}

static void
pods_over(Command *command)
{
    DrainState *state = command->state;
    g_autoptr(GString) all = g_string_new(NULL);

    if (state->errors->len == 0) {
        node_drained(command);
        return;
    }
    for (guint i = 0; i < state->errors->len; i++)
        g_string_append_printf(all, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(state->errors, i));
    if (state->errors->len > 1) {
        g_string_prepend_c(all, '[');
        g_string_append_c(all, ']');
    }
    command_warn(command, "There are pending pods in node \"%s\" when an error occurred: %s",
                 current_target(command)->name, all->str);
    for (guint i = 0; i < state->pods->len; i++)
        command_warn(command, "pod/%s", g_array_index(state->pods, DrainPod, i).name);
    node_failed(command, all->str);
}

static void
all_drained(Command *command)
{
    const DrainState *state = command->state;

    if (state->pending->len > 0) {
        command_warn(command, "There are pending nodes to be drained:");
        for (guint i = 0; i < state->pending->len; i++)
            command_warn(command, " %s", (const char *)g_ptr_array_index(state->pending, i));
        g_string_append(command->err, state->fatal->str);
    }
    command_finish(command, state->pending->len > 0 || command->has_failed ? 1 : 0);
}

/* --- pods --------------------------------------------------------------------------- */

static void go_on(Command *command);

static DrainPod *
current_pod(DrainState *state)
{
    return &g_array_index(state->pods, DrainPod, state->current);
}

static gboolean
evicts(const Command *command)
{
    return !flag_bool(command, "disable-eviction");
}

static void pod_failed(Command *command, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
pod_failed(Command *command, const char *format, ...)
{
    DrainState *state = command->state;
    va_list args;

    va_start(args, format);
    g_ptr_array_add(state->errors, g_strdup_vprintf(format, args));
    va_end(args);
    current_pod(state)->is_over = TRUE;
}

static void
pod_gone(Command *command)
{
    DrainPod *pod = current_pod(command->state);

    pod->is_over = TRUE;
    command_print(command, "pod/%s %s%s\n", pod->name, evicts(command) ? "evicted" : "deleted",
                  dry_run_suffix(command));
}

static void
on_looked(Command *command, const ApiResponse *response)
{
    DrainPod *pod = current_pod(command->state);

    if (response->code == 404 ||
        (api_response_ok(response) && !str_is(api_uid(response->object), pod->uid)))
        pod_gone(command);
    else
        pod->next_ns = now_ns(command) + POLL_NS;
    go_on(command);
}

static void
on_asked(Command *command, const ApiResponse *response)
{
    DrainPod *pod = current_pod(command->state);

    if (api_response_ok(response)) {
        pod->is_asked = TRUE;
        pod->next_ns = now_ns(command);
        if (str_is(flag_string(command, "dry-run"), "server"))
            pod_gone(command);
    } else if (response->code == 404) {
        pod->is_over = TRUE;
    } else if (response->code == 429) {
        command_warn(command, "error when evicting pods/\"%s\" -n \"%s\" (will retry after 5s): %s",
                     pod->name, pod->namespace_, response->status->message);
        pod->next_ns = now_ns(command) + RETRY_NS;
    } else {
        pod_failed(command, "error when evicting pods/\"%s\" -n \"%s\": %s", pod->name,
                   pod->namespace_, response->status->message);
    }
    go_on(command);
}

static void
ask(Command *command, const DrainPod *pod)
{
    ApiRequest *request = api_request_new(evicts(command) ? VERB_CREATE : VERB_DELETE, &pod_kind,
                                          pod->namespace_, pod->name);
    gint64 grace = flag_int(command, "grace-period", -1);

    if (evicts(command))
        request->subresource = str_intern("eviction");
    if (grace >= 0) {
        request->has_grace = TRUE;
        request->grace_s = grace;
    }
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_asked);
}

/* The time is up for this pod. */
static void
pod_timed_out(Command *command)
{
    const DrainPod *pod = current_pod(command->state);
    g_autofree char *limit = duration_format_go(flag_duration_ns(command, "timeout", 0));

    if (pod->is_asked)
        pod_failed(command,
                   "error when waiting for pod \"%s\" in namespace \"%s\" to terminate: global "
                   "timeout reached: %s",
                   pod->name, pod->namespace_, limit);
    else
        pod_failed(command, "error when evicting pods/\"%s\" -n \"%s\": global timeout reached: %s",
                   pod->name, pod->namespace_, limit);
}

static void
on_timer(Sim *sim, gpointer self)
{
    (void)sim;
    go_on(self);
}

/* The pod whose turn it is; none: when the next is due. */
static void
go_on(Command *command)
{
    DrainState *state = command->state;
    gint64 next_ns = G_MAXINT64;

    for (guint i = 0; i < state->pods->len; i++) {
        DrainPod *pod = &g_array_index(state->pods, DrainPod, i);

        if (pod->is_over)
            continue;
        state->current = i;
        if (now_ns(command) >= state->deadline_ns) {
            pod_timed_out(command);
            continue;
        }
        if (pod->next_ns <= now_ns(command)) {
            if (!pod->is_asked) {
                if (pod->next_ns > 0) /* again */
                    command_print(command, "evicting pod %s/%s%s\n", pod->namespace_, pod->name,
                                  dry_run_suffix(command));
                ask(command, pod);
            } else {
                command_send(command,
                             api_request_new(VERB_GET, &pod_kind, pod->namespace_, pod->name),
                             on_looked);
            }
            return;
        }
        next_ns = MIN(next_ns, pod->next_ns);
    }
    if (next_ns == G_MAXINT64) {
        pods_over(command);
        return;
    }
    command->timer.handler = on_timer;
    sim_timer_arm_at(&command->timer, MIN(next_ns, state->deadline_ns));
}

/* --- a node ------------------------------------------------------------------------- */

static void
begin_pods(Command *command, const GPtrArray *pods, const DrainOptions *options)
{
    DrainState *state = command->state;
    gint64 timeout_ns = flag_duration_ns(command, "timeout", 0);

    g_array_set_size(state->pods, 0);
    g_ptr_array_set_size(state->errors, 0);
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *object = g_ptr_array_index(pods, i);
        DrainPod pod = {api_namespace(object), api_name(object), api_uid(object), FALSE, FALSE, 0};

        if (!drain_judge(object, options).is_deleted)
            continue;
        if (evicts(command))
            command_print(command, "evicting pod %s/%s%s\n", pod.namespace_, pod.name,
                          dry_run_suffix(command));
        g_array_append_val(state->pods, pod);
    }
    if (is_client_dry_run(command)) {
        node_drained(command);
        return;
    }
    state->deadline_ns = timeout_ns > 0 ? now_ns(command) + timeout_ns : G_MAXINT64;
    go_on(command);
}

static void
on_listed(Command *command, const ApiResponse *response)
{
    DrainOptions options = {
        .force = flag_bool(command, "force"),
        .ignore_daemon_sets = flag_bool(command, "ignore-daemonsets"),
        .delete_empty_dir_data = flag_bool(command, "delete-emptydir-data"),
        .skip_wait_s = flag_int(command, "skip-wait-for-delete-timeout", 0),
        .wall_ns = command_wall_ns(command),
    };
    g_autofree char *errors = NULL;
    g_autofree char *warnings = NULL;

    if (!api_response_ok(response)) {
        node_failed(command, response->status->message);
        return;
    }
    errors = drain_errors(response->items, &options);
    if (errors != NULL) {
        node_failed(command, errors);
        return;
    }
    warnings = drain_warnings(response->items, &options);
    if (warnings != NULL)
        command_warn(command, "Warning: %s", warnings);
    begin_pods(command, response->items, &options);
}

static void
drain_one(Command *command, Target *target)
{
    ApiRequest *request = api_request_new(VERB_LIST, &pod_kind, NULL, NULL);

    request->field_selector = str_internf("spec.nodeName=%s", target->name);
    request->label_selector = flag_string(command, "pod-selector");
    command_send(command, request, on_listed);
}

static void
all_cordoned(Command *command)
{
    if (command->has_failed) {
        command_finish(command, 1);
        return;
    }
    command_each(command, drain_one, all_drained);
}

static void
go(Command *command)
{
    command_each(command, cordon_one, all_cordoned);
}

static void
drain_run(Command *command)
{
    DrainState *state = g_new0(DrainState, 1);

    state->pods = g_array_new(FALSE, TRUE, sizeof(DrainPod));
    state->errors = g_ptr_array_new_with_free_func(g_free);
    state->pending = g_ptr_array_new();
    state->fatal = g_string_new(NULL);
    command->state = state;
    command->state_free = state_free;
    if (cordon_targets(command))
        targets_expand(command, go);
}
