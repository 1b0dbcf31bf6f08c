/*
 * describe.c - kubectl describe; models k8s.io/kubectl pkg/cmd/describe v0.34
 *
 * For each object: the object, what its description needs besides, its events.
 * A name that is not there is tried as the beginning of names.
 */

#include "kubectl/describe.h"
#include "kubectl/expand.h"

static void describe_run(Command *command);

static const FlagDef flags[] = {
    {"show-events", 0, FLAG_BOOL, "true", NULL},
    {"chunk-size", 0, FLAG_INT, "500", NULL},
    {0},
};

const Verb describe_verb = {.name = "describe",
                            .flags = flags,
                            .run = describe_run,
                            .doc = "Show details of a specific resource or group of resources."};

typedef struct {
    const Describer *describer;
    ApiObject *object;       /* (owned) under way */
    GPtrArray *events;       /* (owned) */
    GPtrArray *related;      /* (owned) */
    GPtrArray *others;       /* (owned) */
    ApiObject *lease;        /* (owned) */
    ApiStatus *lease_status; /* (owned) */
    GPtrArray *errors;       /* of char*: after everything else */
    guint written;
    gboolean by_prefix;
} DescribeState;

static void
forget_object(DescribeState *state)
{
    g_clear_pointer(&state->object, api_object_unref);
    g_clear_pointer(&state->events, g_ptr_array_unref);
    g_clear_pointer(&state->related, g_ptr_array_unref);
    g_clear_pointer(&state->others, g_ptr_array_unref);
    g_clear_pointer(&state->lease, api_object_unref);
    g_clear_pointer(&state->lease_status, api_status_unref);
}

static void
state_free(gpointer data)
{
    DescribeState *state = data;

    forget_object(state);
    g_ptr_array_unref(state->errors);
    g_free(state);
}

static void
write_object(Command *command)
{
    DescribeState *state = command->state;
    Description description = {
        .object = state->object,
        .events = state->events,
        .related = state->related,
        .others = state->others,
        .lease = state->lease,
        .lease_status = state->lease_status,
        .wall_ns = command_wall_ns(command),
    };
    GString *text = g_string_new(NULL);
    g_autofree char *aligned = NULL;

    state->describer->write(text, &description);
    aligned = describe_align(text->str);
    g_string_free(text, TRUE);
    command_print(command, "%s%s%s", state->written > 0 && !state->by_prefix ? "\n\n" : "", aligned,
                  state->by_prefix ? "\n" : "");
    state->written++;
    forget_object(state);
    command_next(command);
}

/* --- what else is needed ----------------------------------------------------------------- */

static GPtrArray *
take_items(const ApiResponse *response)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(api_object_unref);

    for (guint i = 0; response->items != NULL && i < response->items->len; i++)
        g_ptr_array_add(items, api_object_ref(g_ptr_array_index(response->items, i)));
    return items;
}

static void
on_events(Command *command, const ApiResponse *response)
{
    DescribeState *state = command->state;

    if (api_response_ok(response))
        state->events = take_items(response);
    write_object(command);
}

/* From 1.35 on several objects are described without their events, unless they are asked for. */
static gboolean
is_one_of_many(const Command *command)
{
    return kubectl_minor(command->kubectl) >= 35 && command->targets->len > 1 && !flag_is_given(command, "show-events");
}

/*
 * A pod's events are sought without its kind, a node's by its uid or by its name:
 * the kubelet does not know the uid.
 */
static void
ask_events(Command *command)
{
    DescribeState *state = command->state;
    const ApiObject *object = state->object;
    ApiRequest *request;
    g_autoptr(GString) selector = g_string_new(NULL);

    if (state->describer->has_no_events || !flag_bool(command, "show-events") || is_one_of_many(command)) {
        write_object(command);
        return;
    }
    request = api_request_new(VERB_LIST, &event_kind, api_namespace(object), NULL);
    g_string_printf(selector, "involvedObject.name=%s,involvedObject.namespace=%s",
                    api_name(object), text_or(api_namespace(object), ""));
    if (object->kind != &pod_kind)
        g_string_append_printf(selector, ",involvedObject.kind=%s", object->kind->kind);
    if (object->kind != &node_kind)
        g_string_append_printf(selector, ",involvedObject.uid=%s", text_or(api_uid(object), ""));
    request->field_selector = str_intern(selector->str);
    command_send(command, request, on_events);
}

static void
on_lease(Command *command, const ApiResponse *response)
{
    DescribeState *state = command->state;

    if (api_response_ok(response))
        state->lease = api_object_ref(response->object);
    else
        state->lease_status = api_status_ref(response->status);
    ask_events(command);
}

static void
ask_lease(Command *command)
{
    const DescribeState *state = command->state;

    if (state->object->kind == &node_kind)
        command_send(command,
                     api_request_new(VERB_GET, &lease_kind, str_intern("kube-node-lease"),
                                     api_name(state->object)),
                     on_lease);
    else
        ask_events(command);
}

static void
on_others(Command *command, const ApiResponse *response)
{
    DescribeState *state = command->state;

    if (api_response_ok(response))
        state->others = take_items(response);
    ask_lease(command);
}

static void
on_related(Command *command, const ApiResponse *response)
{
    DescribeState *state = command->state;
    ApiRequest *request;

    if (api_response_ok(response))
        state->related = take_items(response);
    if (state->describer->other_kind == NULL) {
        ask_lease(command);
        return;
    }
    request = api_request_new(VERB_LIST, state->describer->other_kind,
                              api_namespace(state->object), NULL);
    state->describer->related(state->object, request);
    command_send(command, request, on_others);
}

static void
begin_object(Command *command, ApiObject *object)
{
    DescribeState *state = command->state;
    ApiRequest *request;

    state->object = object;
    state->describer = describer_find(object->kind);
    if (state->describer->related_kind == NULL) {
        ask_lease(command);
        return;
    }
    request =
        api_request_new(VERB_LIST, state->describer->related_kind, api_namespace(object), NULL);
    state->describer->related(object, request);
    command_send(command, request, on_related);
}

/* --- objects ----------------------------------------------------------------------------- */

static void
all_described(Command *command)
{
    DescribeState *state = command->state;

    for (guint i = 0; i < state->errors->len; i++)
        command_warn(command, "%s", (const char *)g_ptr_array_index(state->errors, i));
    if (state->written == 0 && state->errors->len == 0) {
        if (flag_bool(command, "all-namespaces"))
            command_warn(command, "No resources found");
        else
            command_warn(command, "No resources found in %s namespace.",
                         command_namespace(command));
    }
    command_finish(command, state->errors->len > 0 || command->has_failed ? 1 : 0);
}

static void describe_one(Command *command, Target *target);

/* Names that begin with what was asked for; none: the first answer stands. */
static void
on_candidates(Command *command, const ApiResponse *response)
{
    DescribeState *state = command->state;
    const Target asked = *current_target(command);
    guint index = command->next;

    for (guint i = 0; response->items != NULL && i < response->items->len; i++) {
        const ApiObject *object = g_ptr_array_index(response->items, i);
        Target target = {.kind = asked.kind,
                         .namespace_ = api_namespace(object),
                         .name = api_name(object)};

        if (!g_str_has_prefix(api_name(object), asked.name))
            continue;
        g_array_insert_val(command->targets, index, target);
        index++;
    }
    if (index > command->next) {
        g_ptr_array_set_size(state->errors, 0);
        state->by_prefix = TRUE;
    }
    command_next(command);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    DescribeState *state = command->state;
    const Target *target = current_target(command);

    if (api_response_ok(response)) {
        begin_object(command, api_object_ref(response->object));
        return;
    }
    g_ptr_array_add(state->errors, server_error_text(response->status, NULL));
    if (response->code == 404 && command->args->len == 2 && !state->by_prefix)
        command_send(command, api_request_new(VERB_LIST, target->kind, target->namespace_, NULL),
                     on_candidates);
    else
        command_next(command);
}

static void
describe_one(Command *command, Target *target)
{
    if (target->kind->stored != NULL) /* described in its newest form, whatever was asked for */
        target->kind = target->kind->stored;
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
describe_all(Command *command)
{
    command_each(command, describe_one, all_described);
}

/* Names go with neither -l nor -A. FALSE: message out, ended. */
static gboolean
names_fit(Command *command)
{
    gboolean has_name = FALSE;

    for (guint i = 0; i < command->targets->len && !files_are_given(command); i++)
        has_name = has_name || g_array_index(command->targets, Target, i).name != NULL;
    if (has_name && !str_is_empty(flag_string(command, "selector"))) {
        command_fail(command, "%s", name_beside_selector(command));
        return FALSE;
    }
    if (has_name && flag_bool(command, "all-namespaces")) {
        command_fail(command, "a resource cannot be retrieved by name across all namespaces");
        return FALSE;
    }
    return TRUE;
}

static void
describe_run(Command *command)
{
    DescribeState *state = g_new0(DescribeState, 1);

    state->errors = g_ptr_array_new_with_free_func(g_free);
    command->state = state;
    command->state_free = state_free;
    if (command->args->len == 0 && !files_are_given(command)) {
        command_fail(command, "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete "
                              "list of supported resources.");
        return;
    }
    if (targets_from_files_or_args(command, 0) && names_fit(command))
        targets_expand(command, describe_all);
}
