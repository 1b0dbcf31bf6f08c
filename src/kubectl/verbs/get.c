/*
 * get.c - kubectl get; models k8s.io/kubectl pkg/cmd/get v0.34
 *
 * One request for each name, or for each kind; then everything is printed at
 * once, the errors after it. With --watch it then goes on with a row for each
 * event, until the watch or the cluster ends.
 */

#include "kubectl/print.h"

#include "base/duration.h"
#include "kubectl/expand.h"
#include "kubectl/printers.h"
#include "kubectl/discovery.h"
#include "kubectl/raw.h"
#include "kubectl/print_scale.h"

static void get_run(Command *command);

static const FlagDef flags[] = {
    {"watch", 'w', FLAG_BOOL, NULL, NULL},
    {"watch-only", 0, FLAG_BOOL, NULL, NULL},
    {"output-watch-events", 0, FLAG_BOOL, NULL, NULL},
    {"show-labels", 0, FLAG_BOOL, NULL, NULL},
    {"show-kind", 0, FLAG_BOOL, NULL, NULL},
    {"label-columns", 'L', FLAG_STRINGS, NULL, NULL},
    {"no-headers", 0, FLAG_BOOL, NULL, NULL},
    {"sort-by", 0, FLAG_STRING, NULL, NULL},
    {"ignore-not-found", 0, FLAG_BOOL, NULL, NULL},
    {"chunk-size", 0, FLAG_INT, "500", NULL},
    {"server-print", 0, FLAG_BOOL, "true", NULL},
    {"subresource", 0, FLAG_STRING, NULL, NULL},
    {"raw", 0, FLAG_STRING, NULL, NULL},
    {0},
};

const Verb get_verb = {.name = "get",
                       .flags = flags,
                       .run = get_run,
                       .doc = "Display one or many resources."};

typedef struct {
    GPtrArray
        *groups; /* of GPtrArray of ApiObject (ref): answers of neighbouring targets of one kind */
    GPtrArray *kinds;  /* of each group */
    GPtrArray *errors; /* of char* */
    guint64 revision;  /* of the last answer */
    PrintTable *table; /* of the watch */
    const ApiKind *raw_kind;
} GetState;

static void
state_free(gpointer data)
{
    GetState *state = data;

    g_ptr_array_unref(state->groups);
    g_ptr_array_unref(state->kinds);
    g_ptr_array_unref(state->errors);
    print_table_free(state->table);
    g_free(state);
}

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

static GPtrArray *
group_for(GetState *state, const ApiKind *kind)
{
    GPtrArray *group;

    if (state->kinds->len > 0 && g_ptr_array_index(state->kinds, state->kinds->len - 1) == kind)
        return g_ptr_array_index(state->groups, state->groups->len - 1);
    group = g_ptr_array_new_with_free_func(api_object_unref);
    g_ptr_array_add(state->groups, group);
    g_ptr_array_add(state->kinds, (gpointer)kind);
    return group;
}

/* --- watching ---------------------------------------------------------------------------- */

static void
print_event(Command *command, const char *type, const ApiObject *object)
{
    GetState *state = command->state;
    g_autoptr(Value) value = NULL;

    if (state->table != NULL) {
        print_table_add(state->table, object, type, command_wall_ns(command));
        return;
    }
    if (g_str_has_prefix(flag_string(command, "output"), "name")) {
        command_print(command, "%s\n", target_label(object->kind, api_name(object)));
        return;
    }
    value = print_encode(command, object);
    if (flag_bool(command, "output-watch-events")) {
        Value *event = value_new_map();

        value_set(event, "object", g_steal_pointer(&value));
        value_set(event, "type", value_new_string(type));
        value = event;
    }
    print_document(command, value);
}

static void
flush(Command *command)
{
    GetState *state = command->state;

    if (state->table != NULL)
        print_table_flush(state->table, command->out);
}

static void
on_event(gpointer user, WatchType type, const ApiObject *object)
{
    if (type != WATCH_ADDED && type != WATCH_MODIFIED && type != WATCH_DELETED)
        return;
    print_event(user, watch_type_name(type), object);
    flush(user);
}

static void
on_closed(gpointer user, const ApiStatus *status)
{
    Command *command = user;

    if (status != NULL && status->code != 0 && status->code != 410)
        command_server_error(command, status, NULL);
    command_finish(command, command->has_failed ? 1 : 0);
}

static void
on_request_timeout(Sim *sim, gpointer self)
{
    (void)sim;
    command_finish(self, 0);
}

static const ClientWatchHooks watch_hooks = {on_event, on_closed};

/* --sort-by beside --watch: what is there already. FALSE: message out, ended. */
static gboolean
sort_found(Command *command, GPtrArray *found)
{
    const char *path = flag_string(command, "sort-by");
    g_autofree char *message = NULL;

    if (str_is_empty(path))
        return TRUE;
    command_warn(command, "warning: --watch requested, --sort-by will be ignored for watch events received");
    if (print_sort(found, path, &message))
        return TRUE;
    command_fail(command, "%s", message);
    return FALSE;
}

static void
watch(Command *command)
{
    GetState *state = command->state;
    const Target *target = &g_array_index(command->targets, Target, 0);
    const GPtrArray *found = g_ptr_array_index(state->groups, 0);
    g_autoptr(ApiRequest) request = command_request(command, VERB_WATCH, target);
    gint64 timeout_ns = flag_duration_ns(command, "request-timeout", 0);

    if (!sort_found(command, g_ptr_array_index(state->groups, 0)))
        return;
    if (print_is_table(command)) {
        PrintTableOptions options = print_table_options(command, target->kind, FALSE);
        state->table = print_table_new(target->kind, &options);
    }
    for (guint i = 0; i < found->len && !flag_bool(command, "watch-only"); i++)
        print_event(command, "ADDED", g_ptr_array_index(found, i));
    flush(command);
    if (flag_bool(command, "all-namespaces"))
        request->namespace_ = NULL;
    request->name = NULL;
    request->label_selector = flag_string(command, "selector");
    request->field_selector = target->name != NULL ? str_internf("metadata.name=%s", target->name)
                                                   : flag_string(command, "field-selector");
    request->resource_version = state->revision;
    if (timeout_ns > 0) {
        command->timer.handler = on_request_timeout;
        sim_timer_arm_after(&command->timer, timeout_ns);
    }
    command->watch = client_watch(kubectl_client(command->kubectl), request, &watch_hooks, command);
}

/* --- the answers ------------------------------------------------------------------------- */

static guint
count_kinds(const GetState *state)
{
    guint count = 0;

    for (guint i = 0; i < state->kinds->len; i++) {
        guint before = 0;

        if (g_ptr_array_find(state->kinds, g_ptr_array_index(state->kinds, i), &before) &&
            before == i)
            count++;
    }
    return count;
}

static gboolean
is_single(const Command *command)
{
    return command->targets->len == 1 && g_array_index(command->targets, Target, 0).name != NULL;
}

/* Returns FALSE if the command has ended. */
static gboolean
print_found(Command *command)
{
    GetState *state = command->state;
    g_autofree PrintList *lists = g_new0(PrintList, state->groups->len + 1);
    gboolean show_kind = count_kinds(state) > 1;

    /* a list has no subresource */
    if (str_is(flag_string(command, "subresource"), "scale") && state->groups->len == 1 &&
        g_array_index(command->targets, Target, 0).name != NULL &&
        ((const GPtrArray *)g_ptr_array_index(state->groups, 0))->len > 0)
        return print_scales(command, g_ptr_array_index(state->groups, 0), !is_single(command));
    for (guint i = 0; i < state->groups->len; i++)
        lists[i] = (PrintList){.objects = g_ptr_array_index(state->groups, i),
                               .show_kind = show_kind,
                               .kind = g_ptr_array_index(state->kinds, i)};
    return print_list(command, lists, state->groups->len, !is_single(command));
}

static void
say_nothing_found(Command *command)
{
    const GetState *state = command->state;
    gboolean is_namespaced = !flag_bool(command, "all-namespaces");

    if (flag_bool(command, "ignore-not-found"))
        return;
    for (guint i = 0; i < state->kinds->len; i++)
        is_namespaced =
            is_namespaced && ((const ApiKind *)g_ptr_array_index(state->kinds, i))->is_namespaced;
    if (is_namespaced)
        command_warn(command, "No resources found in %s namespace.", command_namespace(command));
    else
        command_warn(command, "No resources found");
}

static void
all_answered(Command *command)
{
    GetState *state = command->state;
    gboolean has_errors = state->errors->len > 0;

    if (flag_bool(command, "watch") || flag_bool(command, "watch-only")) {
        if (!has_errors && state->groups->len > 0) {
            watch(command);
            return;
        }
    } else if (state->groups->len > 0 && !print_found(command)) {
        return;
    }
    if (print_is_table(command) && command->out->len == 0 && !has_errors)
        say_nothing_found(command);
    for (guint i = 0; i < state->errors->len; i++)
        command_warn(command, "%s", (const char *)g_ptr_array_index(state->errors, i));
    command_finish(command, has_errors ? 1 : 0);
}

/* v1.34 staging cli-runtime resource.EnhanceListError: a refused list names what was asked for. */
static char *
list_error_text(const Command *command, const Target *target, const ApiStatus *status)
{
    const char *labels = flag_string(command, "selector");
    const char *fields = flag_string(command, "field-selector");
    g_autofree char *why = NULL;

    if (!str_is(status->reason, "BadRequest") && !str_is(status->reason, "NotFound"))
        return server_error_text(status, NULL);
    if (str_is_empty(labels) && str_is_empty(fields))
        return server_error_text(status, NULL);
    why = g_strdup_printf("Unable to find \"%s/%s, Resource=%s\" that match label selector \"%s\", "
                          "field selector \"%s\": ",
                          target->kind->group, target->kind->version, target->kind->plural,
                          labels != NULL ? labels : "", fields != NULL ? fields : "");
    return server_error_text(status, why);
}

static void
on_answer(Command *command, const ApiResponse *response)
{
    GetState *state = command->state;
    const Target *target = current(command);

    if (!api_response_ok(response)) {
        if (response->code == 404 && flag_bool(command, "ignore-not-found"))
            ;
        else if (target->name == NULL)
            g_ptr_array_add(state->errors, list_error_text(command, target, response->status));
        else
            g_ptr_array_add(state->errors, server_error_text(response->status, NULL));
        command_next(command);
        return;
    }
    if (target->name != NULL) {
        g_ptr_array_add(group_for(state, target->kind), api_object_ref(response->object));
        state->revision = response->object->resource_version;
    } else {
        GPtrArray *group = group_for(state, target->kind);

        for (guint i = 0; i < response->items->len; i++)
            g_ptr_array_add(group, api_object_ref(g_ptr_array_index(response->items, i)));
        state->revision = response->revision;
    }
    command_next(command);
}

static void
get_one(Command *command, Target *target)
{
    ApiRequest *request;

    request = command_request(command, target->name != NULL ? VERB_GET : VERB_LIST, target);
    if (target->name != NULL) {
        request->subresource = str_intern(flag_string(command, "subresource"));
    } else {
        if (flag_bool(command, "all-namespaces"))
            request->namespace_ = NULL;
        request->label_selector = flag_string(command, "selector");
        request->field_selector = flag_string(command, "field-selector");
    }
    command_send(command, request, on_answer);
}

static void
say_no_type(Command *command)
{
    command_warn(command, "You must specify the type of resource to get. Use \"kubectl "
                          "api-resources\" for a complete list of supported resources.\n");
    command_warn(command, "error: Required resource not specified.\nUse \"kubectl explain "
                          "<resource>\" for a detailed description of that resource (e.g. kubectl "
                          "explain pods).\nSee 'kubectl get -h' for help and examples");
    command_finish(command, 1);
}

/* What may not be combined. FALSE: message out, ended. */
static gboolean
flags_fit(Command *command)
{
    gboolean has_name = FALSE;

    for (guint i = 0; i < command->targets->len; i++)
        has_name = has_name || g_array_index(command->targets, Target, i).name != NULL;
    if (has_name && !files_are_given(command)) {
        if (!str_is_empty(flag_string(command, "selector")) ||
            !str_is_empty(flag_string(command, "field-selector"))) {
            command_fail(command, "%s", name_beside_selector(command));
            return FALSE;
        }
        if (flag_bool(command, "all-namespaces")) {
            command_fail(command, "a resource cannot be retrieved by name across all namespaces");
            return FALSE;
        }
    }
    if (!has_name && !str_is_empty(flag_string(command, "subresource"))) {
        command_fail(command, "subresource cannot be used when bulk resources are specified");
        return FALSE;
    }
    if ((flag_bool(command, "watch") || flag_bool(command, "watch-only")) &&
        command->targets->len != 1) {
        command_fail(command, "you may only specify a single resource type");
        return FALSE;
    }
    if (flag_bool(command, "output-watch-events") && !flag_bool(command, "watch") &&
        !flag_bool(command, "watch-only")) {
        command_usage(command,
                      "--output-watch-events option can only be used with --watch or --watch-only");
        return FALSE;
    }
    return TRUE;
}

static void
on_raw(Command *command, const ApiResponse *response)
{
    g_autofree char *text = discovery_text(command->kubectl, flag_string(command, "raw"));
    g_autoptr(Value) body = NULL;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    if (response->items != NULL)
        body = raw_list(((GetState *)command->state)->raw_kind, response);
    else if (response->object != NULL)
        body = raw_object(response->object);
    if (text != NULL) {
        command_print(command, "%s", text);
    } else {
        value_append_json(command->out, body, VALUE_COMPACT);
        g_string_append_c(command->out, '\n');
    }
    command_finish(command, 0);
}

/* --raw PATH: what the server answers, as it is: objects, and what it says of itself. */
static void
get_raw(Command *command)
{
    const char *path = flag_string(command, "raw");
    g_autofree char *text = discovery_text(command->kubectl, path);
    ApiRequest *request;

    if (command->args->len > 0) {
        command_fail(command, "arguments may not be passed when --raw is specified");
        return;
    }
    if (flag_bool(command, "watch") || flag_bool(command, "watch-only")) {
        command_fail(command, "--raw may not be specified with other flags that filter the server request or alter the output");
        return;
    }
    if (path[0] != '/') {
        command_fail(command, "--raw must be a valid URL path: parse \"%s\": invalid URI for request", path);
        return;
    }
    /* any small request tells whether it is there */
    request = text != NULL ? api_request_new(VERB_GET, &namespace_kind, NULL, str_intern("default")) : raw_request(path);
    if (request == NULL) {
        command_warn(command, "Error from server (NotFound): the server could not find the requested resource");
        command_finish(command, 1);
        return;
    }
    ((GetState *)command->state)->raw_kind = request->kind;
    command_send(command, request, on_raw);
}

static void
get_run(Command *command)
{
    GetState *state = g_new0(GetState, 1);

    state->groups = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    state->kinds = g_ptr_array_new();
    state->errors = g_ptr_array_new_with_free_func(g_free);
    command->state = state;
    command->state_free = state_free;
    if (!str_is_empty(flag_string(command, "raw"))) {
        get_raw(command);
        return;
    }
    if (flag_bool(command, "show-labels") && !str_is_empty(flag_string(command, "output")) &&
        !str_is(flag_string(command, "output"), "wide")) {
        command_fail(command, "--show-labels option cannot be used with %s printer", flag_string(command, "output"));
        return;
    }
    if (command->args->len == 0 && !files_are_given(command)) {
        say_no_type(command);
        return;
    }
    if (!print_output_is_known(command) || !targets_from_files_or_args(command, 0) ||
        !flags_fit(command))
        return;
    command_each(command, get_one, all_answered);
}
