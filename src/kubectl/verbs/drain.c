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

typedef enum { POD_TO_ASK, POD_TO_REFRESH, POD_TO_WATCH, POD_OVER } PodStage;

typedef struct {
    const char *namespace_, *name, *uid; /* interned */
    PodStage stage;
    gboolean is_busy; /* its request is under way */
    gint64 next_ns;   /* when it is its turn */
    gboolean is_deleting;
} DrainPod;

typedef struct {
    GArray *pods;       /* of DrainPod, of the node under way */
    guint deleting;     /* --disable-eviction: whose turn it is to be deleted */
    gint64 deadline_ns; /* G_MAXINT64: none */
    GPtrArray *errors;  /* of char*: of this node's pods */
    GPtrArray *pending; /* of const char*: nodes that could not be drained */
    GString *fatal;     /* what is told at the end */
    GPtrArray *daemon_sets; /* (owned) those that exist; NULL: no pod belongs to one */
    GPtrArray *listed;      /* (owned) pods of the node */
} DrainState;

static void
state_free(gpointer data)
{
    DrainState *state = data;

    g_array_unref(state->pods);
    g_ptr_array_unref(state->errors);
    g_ptr_array_unref(state->pending);
    g_string_free(state->fatal, TRUE);
    g_clear_pointer(&state->daemon_sets, g_ptr_array_unref);
    g_clear_pointer(&state->listed, g_ptr_array_unref);
    g_free(state);
}

static gint64
now_ns(Command *command)
{
    return sim_now_ns(client_sim(kubectl_client(command->kubectl)));
}

/* --- the end of a node ------------------------------------------------------------------------ */

/* @why is told at once; at the end each of @lines again, of several errors (NULL: @why itself). */
static void
node_failed(Command *command, const char *why, const GPtrArray *lines)
{
    DrainState *state = command->state;
    const char *name = current_target(command)->name;

    command_warn(command,
                 "error: unable to drain node \"%s\" due to error: %s, continuing command...", name,
                 why);
    g_ptr_array_add(state->pending, (gpointer)name);
    if (lines == NULL || lines->len == 0)
        g_string_append_printf(state->fatal, "%s\n", why);
    for (guint i = 0; lines != NULL && i < lines->len; i++)
        g_string_append_printf(state->fatal, "%s\n", (const char *)g_ptr_array_index(lines, i));
    command_next(command);
}

static void
node_drained(Command *command)
{
    command_print(command, "%s drained%s\n",
                  target_label(&node_kind, current_target(command)->name), dry_run_suffix(command));
    command_next(command);
}


static DrainOptions
drain_options(Command *command)
{
    return (DrainOptions){
        .force = flag_bool(command, "force"),
        .ignore_daemon_sets = flag_bool(command, "ignore-daemonsets"),
        .delete_empty_dir_data = flag_bool(command, "delete-emptydir-data"),
        .skip_wait_s = flag_int(command, "skip-wait-for-delete-timeout", 0),
        .wall_ns = command_wall_ns(command),
        .daemon_sets = ((DrainState *)command->state)->daemon_sets,
    };
}

static void list_pods(Command *command, CommandAnswer answer);

/* What is left on the node when something went wrong. */
static void
on_left(Command *command, const ApiResponse *response)
{
    DrainState *state = command->state;
    DrainOptions options = drain_options(command);
    g_autofree char *why = drain_join(state->errors);
    g_autoptr(GPtrArray) errors = NULL;
    gboolean is_first = TRUE;

    for (guint i = 0; response->items != NULL && i < response->items->len; i++) {
        const ApiObject *pod = g_ptr_array_index(response->items, i);

        if (!drain_judge(pod, &options).is_deleted)
            continue;
        if (is_first)
            command_warn(command, "There are pending pods in node \"%s\" when an error occurred: %s",
                         current_target(command)->name, why);
        is_first = FALSE;
        command_warn(command, "pod/%s", api_name(pod));
    }
    if (response->items != NULL)
        errors = drain_errors(response->items, &options);
    if (errors != NULL && errors->len > 0) {
        g_autofree char *joined = drain_join(errors);

        g_string_append_printf(command->err, "Following errors occurred while getting the list of pods to delete:\n%s", joined);
    }
    node_failed(command, why, state->errors->len > 1 ? state->errors : NULL);
}

static void
pods_over(Command *command)
{
    const DrainState *state = command->state;

    if (state->errors->len == 0)
        node_drained(command);
    else
        list_pods(command, on_left);
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
pod_at(Command *command, gpointer about)
{
    DrainState *state = command->state;

    return &g_array_index(state->pods, DrainPod, GPOINTER_TO_UINT(about));
}

static gboolean
evicts(const Command *command)
{
    return !flag_bool(command, "disable-eviction");
}

static gboolean
is_server_dry_run(const Command *command)
{
    return str_is(flag_string(command, "dry-run"), "server");
}

static void pod_failed(Command *command, DrainPod *pod, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void
pod_failed(Command *command, DrainPod *pod, const char *format, ...)
{
    DrainState *state = command->state;
    va_list args;

    va_start(args, format);
    g_ptr_array_add(state->errors, g_strdup_vprintf(format, args));
    va_end(args);
    pod->stage = POD_OVER;
}

static void
wait_failed(Command *command, DrainPod *pod, const char *why)
{
    if (evicts(command))
        pod_failed(command, pod,
                   "error when waiting for pod \"%s\" in namespace \"%s\" to terminate: %s",
                   pod->name, pod->namespace_, why);
    else
        pod_failed(command, pod, "%s", why);
}

static void
tell_finished(Command *command, const DrainPod *pod, const char *what)
{
    command_print(command, "pod/%s %s%s\n", pod->name, what, dry_run_suffix(command));
}

static void
on_looked(Command *command, gpointer about, const ApiResponse *response)
{
    DrainPod *pod = pod_at(command, about);
    gint64 skip_s = flag_int(command, "skip-wait-for-delete-timeout", 0);

    pod->is_busy = FALSE;
    if (response->code == 404 ||
        (api_response_ok(response) && !str_is(api_uid(response->object), pod->uid))) {
        pod->stage = POD_OVER;
        tell_finished(command, pod, evicts(command) ? "evicted" : "deleted");
    } else if (!api_response_ok(response)) {
        tell_finished(command, pod, evicts(command) ? "eviction failed" : "deletion failed");
        wait_failed(command, pod, response->status->message);
    } else if (drain_is_skipped(response->object, skip_s, command_wall_ns(command))) {
        pod->stage = POD_OVER;
        command_print(command,
                      "pod \"%s\" has DeletionTimestamp older than %" G_GINT64_FORMAT
                      " seconds, skipping\n",
                      pod->name, skip_s);
    } else {
        pod->next_ns = now_ns(command) + POLL_NS;
    }
    go_on(command);
}

/* After a refusal: the pod may be another one by now. Errors are left to the eviction. */
static void
on_refreshed(Command *command, gpointer about, const ApiResponse *response)
{
    DrainPod *pod = pod_at(command, about);

    pod->is_busy = FALSE;
    pod->stage = POD_TO_ASK;
    if (api_response_ok(response)) {
        pod->uid = api_uid(response->object);
        pod->is_deleting = api_is_deleting(response->object);
    }
    go_on(command);
}

static gboolean
is_namespace_terminating(const ApiResponse *response)
{
    if (response->code != 403 || response->status == NULL)
        return FALSE;
    for (guint i = 0; i < response->status->causes.count; i++)
        if (str_is(response->status->causes.items[i].reason, "NamespaceTerminating"))
            return TRUE;
    return FALSE;
}

static void
on_asked(Command *command, gpointer about, const ApiResponse *response)
{
    DrainPod *pod = pod_at(command, about);
    const char *message = response->status == NULL ? "" : response->status->message;

    pod->is_busy = FALSE;
    pod->next_ns = now_ns(command);
    if (api_response_ok(response) || (is_namespace_terminating(response) && pod->is_deleting)) {
        pod->stage = is_server_dry_run(command) ? POD_OVER : POD_TO_WATCH;
    } else if (response->code == 404) {
        pod->stage = POD_OVER;
    } else if (response->code == 429 || is_namespace_terminating(response)) {
        if (response->code == 429)
            command_warn(command,
                         "error when evicting pods/\"%s\" -n \"%s\" (will retry after 5s): %s",
                         pod->name, pod->namespace_, message);
        else
            command_warn(command,
                         "error when evicting pod \"%s\" from terminating namespace \"%s\" (will "
                         "retry after 5s): %s",
                         pod->name, pod->namespace_, message);
        pod->stage = POD_TO_REFRESH;
        pod->next_ns += RETRY_NS;
    } else {
        pod_failed(command, pod, "error when evicting pods/\"%s\" -n \"%s\": %s", pod->name,
                   pod->namespace_, message);
    }
    go_on(command);
}

static ApiRequest *
removal(Command *command, const DrainPod *pod)
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
    request->dry_run = is_server_dry_run(command);
    return request;
}

static void
evict(Command *command, DrainPod *pod, guint index)
{
    g_autofree char *limit = duration_format_go(flag_duration_ns(command, "timeout", 0));

    command_print(command, "evicting pod %s/%s%s\n", pod->namespace_, pod->name,
                  dry_run_suffix(command));
    if (now_ns(command) >= ((DrainState *)command->state)->deadline_ns) {
        pod_failed(command, pod, "error when evicting pods/\"%s\" -n \"%s\": global timeout "
                                 "reached: %s",
                   pod->name, pod->namespace_, limit);
        return;
    }
    pod->is_busy = TRUE;
    command_ask(command, removal(command, pod), on_asked, GUINT_TO_POINTER(index));
}

/* What is to be done for this pod now. */
static void
take_turn(Command *command, DrainPod *pod, guint index)
{
    if (pod->stage == POD_TO_ASK) {
        evict(command, pod, index);
        return;
    }
    pod->is_busy = TRUE;
    command_ask(command, api_request_new(VERB_GET, &pod_kind, pod->namespace_, pod->name),
                pod->stage == POD_TO_WATCH ? on_looked : on_refreshed, GUINT_TO_POINTER(index));
}

static void
on_timer(Sim *sim, gpointer self)
{
    (void)sim;
    go_on(self);
}

/* The pods whose turn it is, side by side; then when the next is due. */
static void
go_on(Command *command)
{
    DrainState *state = command->state;
    gint64 next_ns = G_MAXINT64;
    gboolean is_any_left = FALSE;

    for (guint i = 0; i < state->pods->len; i++) {
        DrainPod *pod = &g_array_index(state->pods, DrainPod, i);
        /* Who waits for a pod's end stops at the time limit; who was refused sleeps on. */
        gboolean is_late = pod->stage == POD_TO_WATCH && now_ns(command) >= state->deadline_ns;

        if (pod->stage != POD_OVER && !pod->is_busy && is_late)
            wait_failed(command, pod, "context deadline exceeded");
        else if (pod->stage != POD_OVER && !pod->is_busy && pod->next_ns <= now_ns(command))
            take_turn(command, pod, i);
        if (pod->stage == POD_OVER)
            continue;
        is_any_left = TRUE;
        if (!pod->is_busy)
            next_ns = MIN(next_ns, pod->stage == POD_TO_WATCH
                                       ? MIN(pod->next_ns, state->deadline_ns)
                                       : pod->next_ns);
    }
    if (!is_any_left) {
        pods_over(command);
        return;
    }
    if (next_ns == G_MAXINT64)
        return;
    command->timer.handler = on_timer;
    sim_timer_arm_at(&command->timer, next_ns);
}

/* --disable-eviction: deleted one after the other, then waited for. */
static void delete_next(Command *command);

static void
on_deleted(Command *command, gpointer about, const ApiResponse *response)
{
    DrainState *state = command->state;
    DrainPod *pod = pod_at(command, about);

    if (!api_response_ok(response) && response->code != 404) {
        pod_failed(command, pod, "%s", response->status->message);
        pods_over(command);
        return;
    }
    state->deleting++;
    delete_next(command);
}

static void
delete_next(Command *command)
{
    DrainState *state = command->state;
    gint64 timeout_ns = flag_duration_ns(command, "timeout", 0);

    if (state->deleting < state->pods->len) {
        command_ask(command,
                    removal(command, &g_array_index(state->pods, DrainPod, state->deleting)),
                    on_deleted, GUINT_TO_POINTER(state->deleting));
        return;
    }
    for (guint i = 0; i < state->pods->len; i++)
        g_array_index(state->pods, DrainPod, i).stage =
            is_server_dry_run(command) ? POD_OVER : POD_TO_WATCH;
    state->deadline_ns = timeout_ns > 0 ? now_ns(command) + timeout_ns : G_MAXINT64;
    go_on(command);
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
        DrainPod pod = {
            .namespace_ = api_namespace(object),
            .name = api_name(object),
            .uid = api_uid(object),
            .is_deleting = api_is_deleting(object),
        };

        if (!drain_judge(object, options).is_deleted)
            continue;
        if (is_client_dry_run(command))
            command_print(command, "evicting pod %s/%s%s\n", pod.namespace_, pod.name,
                          dry_run_suffix(command));
        g_array_append_val(state->pods, pod);
    }
    if (is_client_dry_run(command)) {
        node_drained(command);
        return;
    }
    state->deadline_ns = timeout_ns > 0 ? now_ns(command) + timeout_ns : G_MAXINT64;
    state->deleting = 0;
    if (evicts(command))
        go_on(command);
    else
        delete_next(command);
}

static void
judge_pods(Command *command)
{
    const DrainState *state = command->state;
    DrainOptions options = drain_options(command);
    g_autoptr(GPtrArray) errors = drain_errors(state->listed, &options);
    g_autofree char *warnings = NULL;

    if (errors->len > 0) {
        g_autofree char *why = drain_join(errors);

        node_failed(command, why, errors);
        return;
    }
    warnings = drain_warnings(state->listed, &options);
    if (warnings != NULL)
        command_warn(command, "Warning: %s", warnings);
    begin_pods(command, state->listed, &options);
}

static GPtrArray *
take_items(const ApiResponse *response)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(api_object_unref);

    for (guint i = 0; response->items != NULL && i < response->items->len; i++)
        g_ptr_array_add(items, api_object_ref(g_ptr_array_index(response->items, i)));
    return items;
}

static void
on_daemon_sets(Command *command, const ApiResponse *response)
{
    DrainState *state = command->state;

    if (!api_response_ok(response)) {
        node_failed(command, response->status->message, NULL);
        return;
    }
    state->daemon_sets = take_items(response);
    judge_pods(command);
}

static void
on_listed(Command *command, const ApiResponse *response)
{
    DrainState *state = command->state;

    g_clear_pointer(&state->daemon_sets, g_ptr_array_unref);
    g_clear_pointer(&state->listed, g_ptr_array_unref);
    if (!api_response_ok(response)) {
        node_failed(command, response->status->message, NULL);
        return;
    }
    state->listed = take_items(response);
    if (drain_needs_daemon_sets(state->listed))
        command_send(command, api_request_new(VERB_LIST, &daemon_set_kind, NULL, NULL),
                     on_daemon_sets);
    else
        judge_pods(command);
}

static void
list_pods(Command *command, CommandAnswer answer)
{
    ApiRequest *request = api_request_new(VERB_LIST, &pod_kind, NULL, NULL);

    request->field_selector = str_internf("spec.nodeName=%s", current_target(command)->name);
    request->label_selector = flag_string(command, "pod-selector");
    command_send(command, request, answer);
}

static void
drain_one(Command *command, Target *target)
{
    (void)target;
    list_pods(command, on_listed);
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
all_read(Command *command)
{
    if (command->has_failed)
        command_finish(command, 1);
    else
        command_each(command, cordon_one, all_cordoned);
}

static void
go(Command *command)
{
    command_each(command, cordon_read, all_read);
}

static gboolean
is_selector(const char *text)
{
    g_autofree char *message = NULL;
    g_autoptr(Selector) selector = str_is_empty(text) ? NULL : selector_parse(text, &message);

    return str_is_empty(text) || selector != NULL;
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
    if (!cordon_targets(command))
        return;
    if (!is_selector(flag_string(command, "pod-selector"))) {
        command_fail(command, "--pod-selector=<pod_selector> must be a valid label selector");
        return;
    }
    targets_expand(command, go);
}
