/*
 * delete.c - kubectl delete; models k8s.io/kubectl pkg/cmd/delete v0.34
 *
 * Names what it deletes as each request is answered, then waits until the
 * objects are gone (--wait), as a watcher of each.
 */

#include "kubectl/expand.h"
#include "kubectl/internal.h"
#include "kubectl/versions.h"

#include "base/duration.h"

static void delete_run(Command *command);

static const FlagDef flags[] = {
    {"all", 0, FLAG_BOOL, NULL, NULL},
    {"cascade", 0, FLAG_STRING, "background", "background"},
    {"force", 0, FLAG_BOOL, NULL, NULL},
    {"grace-period", 0, FLAG_INT, "-1", NULL},
    {"ignore-not-found", 0, FLAG_BOOL, NULL, NULL},
    {"interactive", 'i', FLAG_BOOL, NULL, NULL},
    {"now", 0, FLAG_BOOL, NULL, NULL},
    {"timeout", 0, FLAG_DURATION, "0s", NULL},
    {"wait", 0, FLAG_BOOL, "true", NULL},
    {0},
};

const Verb delete_verb =
    {.name = "delete",
     .flags = flags,
     .run = delete_run,
     .doc = "Delete resources by file names, standard input, resources and names, or by selector."};

/* An object whose end is waited for. */
typedef struct {
    const ApiKind *kind;
    const char *namespace_, *name, *uid;
} Awaited;

typedef struct {
    GArray *awaited; /* of Awaited */
    guint next;
    gint64 deadline_ns; /* G_MAXINT64: none */
    gint64 grace_s;
    gboolean has_grace;
    gboolean has_warned; /* that -n says nothing about what has no namespace */
} DeleteState;

static void
state_free(gpointer data)
{
    DeleteState *state = data;

    g_array_unref(state->awaited);
    g_free(state);
}

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

/* v1.34: the namespace is named; the suffix of a dry run comes last. */
static void
say_deleted(Command *command, const Target *target)
{
    const DeleteState *state = command->state;
    gboolean is_forced = state->has_grace && state->grace_s == 0;
    const char *where = versions_where_deleted(command, target->namespace_);

    if (str_is(flag_string(command, "output"), "name"))
        command_print(command, "%s\n", target_label(target->kind, target->name));
    else
        command_print(command, "%s \"%s\" %sdeleted%s%s\n", api_kind_group_singular(target->kind),
                      target->name, is_forced ? "force " : "", where, dry_run_suffix(command));
}

/* --- waiting ----------------------------------------------------------------------------- */

static void wait_for_next(Command *command);

static void
on_looked(Command *command, const ApiResponse *response)
{
    DeleteState *state = command->state;
    const Awaited *awaited = &g_array_index(state->awaited, Awaited, state->next);

    if (response->code == 404 ||
        (api_response_ok(response) && !str_is(api_uid(response->object), awaited->uid))) {
        state->next++;
        wait_for_next(command);
        return;
    }
    if (sim_now_ns(client_sim(kubectl_client(command->kubectl))) >= state->deadline_ns) {
        command_error(command, "timed out waiting for the condition on %s/%s",
                      awaited->kind->plural, awaited->name);
        command_finish(command, 1);
        return;
    }
    /* The real one watches; looking again every 100 ms is seen the same way. */
    sim_timer_arm_after(&command->timer, 100 * NS_PER_MS);
}

static void
on_look_again(Sim *sim, gpointer self)
{
    (void)sim;
    wait_for_next(self);
}

static void
wait_for_next(Command *command)
{
    DeleteState *state = command->state;
    const Awaited *awaited;

    if (state->next >= state->awaited->len) {
        command_finish(command, command->has_failed ? 1 : 0);
        return;
    }
    awaited = &g_array_index(state->awaited, Awaited, state->next);
    command->timer.handler = on_look_again;
    command_send(command,
                 api_request_new(VERB_GET, awaited->kind, awaited->namespace_, awaited->name),
                 on_looked);
}

static void
all_asked(Command *command)
{
    DeleteState *state = command->state;
    gint64 timeout_ns = flag_duration_ns(command, "timeout", 0);

    if (!flag_bool(command, "wait") || state->awaited->len == 0 ||
        !str_is(flag_string(command, "dry-run"), "none")) {
        command_finish(command, command->has_failed ? 1 : 0);
        return;
    }
    state->deadline_ns = timeout_ns > 0
                             ? sim_now_ns(client_sim(kubectl_client(command->kubectl))) + timeout_ns
                             : G_MAXINT64;
    wait_for_next(command);
}

/* --- asking ------------------------------------------------------------------------------ */

static void
on_deleted(Command *command, const ApiResponse *response)
{
    DeleteState *state = command->state;
    const Target *target = current(command);

    if (!api_response_ok(response)) {
        if (response->code != 404 || !flag_bool(command, "ignore-not-found")) {
            g_autofree char *prefix =
                target->file != NULL ? g_strdup_printf("error when deleting \"%s\": ", target->file)
                                     : NULL;
            command_server_error(command, response->status, prefix);
        }
        command_next(command);
        return;
    }
    say_deleted(command, target);
    {
        Awaited awaited = {target->kind, target->namespace_, target->name, NULL};

        if (response->object != NULL)
            awaited.uid = api_uid(response->object);
        else if (response->status != NULL)
            awaited.uid = response->status->uid;
        g_array_append_val(state->awaited, awaited);
    }
    command_next(command);
}

static const char *
propagation_of(const Command *command)
{
    const char *word = flag_string(command, "cascade");
    gboolean is_true = TRUE;

    if (str_is(word, "foreground"))
        return str_intern("Foreground");
    flag_parse_bool(word, &is_true);
    return str_intern(str_is(word, "orphan") || !is_true ? "Orphan" : "Background");
}

static void
delete_one(Command *command, Target *target)
{
    DeleteState *state = command->state;
    ApiRequest *request;

    if (flag_is_given(command, "namespace") && !target->kind->is_namespaced && !state->has_warned) {
        command_warn(command, "Warning: deleting cluster-scoped resources, not scoped to the provided namespace");
        state->has_warned = TRUE;
    }
    /* what is named is not looked at */
    if (str_is(flag_string(command, "dry-run"), "client")) {
        say_deleted(command, target);
        command_next(command);
        return;
    }
    request = command_request(command, VERB_DELETE, target);
    request->has_grace = state->has_grace;
    request->grace_s = state->grace_s;
    request->propagation = propagation_of(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_deleted);
}

/* -i: what is meant, and the first word of standard input. */
static gboolean
is_confirmed(Command *command)
{
    const char *input = command->input != NULL ? command->input : "";
    g_autofree char *word = NULL;

    command_print(command, "You are about to delete the following %u resource(s):\n", command->targets->len);
    for (guint i = 0; i < command->targets->len; i++) {
        const Target *target = &g_array_index(command->targets, Target, i);

        if (target->mapping_error == NULL)
            command_print(command, "%s\n", target_label(target->kind, target->name));
    }
    command_print(command, "Do you want to continue? (y/n): ");
    input += strspn(input, " \t\r\n");
    word = g_strndup(input, strcspn(input, " \t\r\n"));
    return g_ascii_strcasecmp(word, "y") == 0;
}

static void
begin_deleting(Command *command)
{
    if (flag_bool(command, "interactive") && !is_confirmed(command)) {
        command_print(command, "deletion is cancelled\n");
        command_finish(command, 0);
        return;
    }
    command_each(command, delete_one, all_asked);
}

/* pkg/cmd/delete Validate: said before anything is sent. FALSE: message out, ended. */
static gboolean
is_sensible(Command *command)
{
    const DeleteState *state = command->state;
    const char *output = flag_string(command, "output");

    if (!str_is_empty(output) && !str_is(output, "name")) {
        command_fail(command, "unexpected -o output mode: %s. We only support '-o name'", output);
        return FALSE;
    }
    if (flag_bool(command, "all") && !str_is_empty(flag_string(command, "selector"))) {
        command_fail(command, "setting 'all' parameter but found a non empty selector. ");
        return FALSE;
    }
    if (flag_bool(command, "all") && !str_is_empty(flag_string(command, "field-selector"))) {
        command_fail(command, "cannot set --all and --field-selector at the same time");
        return FALSE;
    }
    if (!flag_bool(command, "force"))
        return TRUE;
    if (state->has_grace && state->grace_s > 0) {
        command_fail(command, "--force and --grace-period greater than 0 cannot be specified together");
        return FALSE;
    }
    command_warn(command, "Warning: Immediate deletion does not wait for confirmation that the "
                              "running resource has been terminated. The resource may continue to "
                              "run on the cluster indefinitely.");
    return TRUE;
}

/* Complete: --now, --grace-period and --force as one number. FALSE: message out, ended. */
static gboolean
read_grace(Command *command)
{
    static const char *const cascades[] = {"background", "foreground", "orphan", NULL};
    const char *cascade = flag_string(command, "cascade");
    gboolean is_true = FALSE;
    DeleteState *state = command->state;
    gint64 grace = flag_int(command, "grace-period", -1);
    gboolean is_forced = flag_bool(command, "force");

    if (flag_parse_bool(cascade, &is_true)) {
        command_warn(command, "warning: --cascade=%s is deprecated (boolean value) and can be replaced with --cascade=%s.",
                     cascade, is_true ? "background" : "orphan");
    } else if (!g_strv_contains(cascades, cascade)) {
        command_fail(command, "invalid cascade value (%s). Must be \"background\", \"foreground\", or \"orphan\"", cascade);
        return FALSE;
    }
    if (flag_bool(command, "now") && grace != -1) {
        command_fail(command, "--now and --grace-period cannot be specified together");
        return FALSE;
    }
    if (flag_bool(command, "now") || (grace == 0 && !is_forced))
        grace = 1; /* without --force, 0 means as soon as it can be confirmed */
    if (is_forced && grace < 0)
        grace = 0;
    state->has_grace = grace >= 0;
    state->grace_s = MAX(grace, 0);
    return TRUE;
}

/* --- -l and --all: which ones? ----------------------------------------------------------- */

static void
on_listed(Command *command, const ApiResponse *response)
{
    const Target *asked = current(command);
    const ApiKind *kind = asked->kind;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
    } else {
        GArray *found = command->state != NULL ? ((DeleteState *)command->state)->awaited : NULL;

        for (guint i = 0; i < response->items->len; i++) { /* kept where the awaited ones will be */
            const ApiObject *object = g_ptr_array_index(response->items, i);
            Awaited one = {kind, api_namespace(object), api_name(object), NULL};
            g_array_append_val(found, one);
        }
    }
    command_next(command);
}

static void
list_one(Command *command, Target *target)
{
    ApiRequest *request =
        api_request_new(VERB_LIST, target->kind,
                        flag_bool(command, "all-namespaces") ? NULL : target->namespace_, NULL);

    request->label_selector = flag_string(command, "selector");
    request->field_selector = flag_string(command, "field-selector");
    command_send(command, request, on_listed);
}

static void
all_listed(Command *command)
{
    DeleteState *state = command->state;

    if (command->has_failed) {
        command_finish(command, 1);
        return;
    }
    if (state->awaited->len == 0) {
        command_print(command, "No resources found\n");
        command_finish(command, 0);
        return;
    }
    g_array_set_size(command->targets, 0);
    for (guint i = 0; i < state->awaited->len; i++) {
        const Awaited *one = &g_array_index(state->awaited, Awaited, i);
        Target target = {.kind = one->kind, .namespace_ = one->namespace_, .name = one->name};
        g_array_append_val(command->targets, target);
    }
    g_array_set_size(state->awaited, 0);
    begin_deleting(command);
}

static void
delete_run(Command *command)
{
    DeleteState *state = g_new0(DeleteState, 1);
    gboolean by_selector = flag_is_given(command, "selector") ||
                           flag_is_given(command, "field-selector") || flag_bool(command, "all");

    state->awaited = g_array_new(FALSE, TRUE, sizeof(Awaited));
    command->state = state;
    command->state_free = state_free;
    if (!read_grace(command))
        return;
    if (by_selector && command->args->len == 0 && !files_are_given(command)) {
        command_fail(command, "at least one resource must be specified to use a selector");
        return;
    }
    if (!targets_from_files_or_args(command, 0))
        return;
    if (by_selector && !files_are_given(command)) {
        if (is_sensible(command) && targets_need_names(command))
            command_each(command, list_one, all_listed);
        return;
    }
    for (guint i = 0; i < command->targets->len; i++)
        if (g_array_index(command->targets, Target, i).name == NULL &&
            g_array_index(command->targets, Target, i).mapping_error == NULL) {
            command_fail(command, "resource(s) were provided, but no name was specified");
            return;
        }
    if (flag_bool(command, "all-namespaces") && !files_are_given(command))
        command_fail(command, "a resource cannot be retrieved by name across all namespaces");
    else if (is_sensible(command))
        begin_deleting(command);
}
