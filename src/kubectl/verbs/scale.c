/* scale.c - kubectl scale TYPE/NAME --replicas=N; models k8s.io/kubectl pkg/cmd/scale v0.34 */

#include "kubectl/expand.h"
#include "kubectl/print.h"

static void scale_run(Command *command);

static const FlagDef flags[] = {
    {"replicas", 0, FLAG_INT, NULL, NULL},
    {"current-replicas", 0, FLAG_INT, "-1", NULL},
    {"resource-version", 0, FLAG_STRING, NULL, NULL},
    {"timeout", 0, FLAG_DURATION, NULL, NULL},
    {"all", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb scale_verb = {.name = "scale",
                         .flags = flags,
                         .run = scale_run,
                         .doc = "Set a new size for a deployment, replica set, or stateful set."};

/* The error that is left for the end, when nothing could be scaled at all. */
typedef struct {
    guint count; /* of what was found */
    char *error; /* (owned) the first that was not */
    ApiObject *object; /* (owned) the one under way, as it was before */
} ScaleState;

static void
state_free(gpointer data)
{
    ScaleState *state = data;

    api_object_unref(state->object);
    g_free(state->error);
    g_free(state);
}

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

static gint32
replicas_of(const ApiObject *object)
{
    if (object->kind == &deployment_kind)
        return deployment_spec(object)->replicas.value;
    if (object->kind == &replica_set_kind || object->kind == &replication_controller_kind)
        return replica_set_spec(object)->replicas.value;
    if (object->kind == &stateful_set_kind)
        return stateful_set_spec(object)->replicas.value;
    return 0;
}

/* -o shows it as it was found: scale.go has no other. */
static void
say_scaled(Command *command)
{
    const ScaleState *state = command->state;

    print_changed(command, state->object, "scaled");
}

/* The scaler's word comes after the object was found: only what has the subresource can be scaled. */
static gboolean
has_scale(const ApiKind *kind)
{
    return kind == &deployment_kind || kind == &replica_set_kind || kind == &replication_controller_kind ||
           kind == &stateful_set_kind;
}

static void
on_scaled(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else
        say_scaled(command);
    command_next(command);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    Target *target = current(command);
    ScaleState *state = command->state;
    gint64 expected = flag_int(command, "current-replicas", -1);
    const char *version = flag_string(command, "resource-version");
    ApiRequest *request;

    if (!api_response_ok(response)) {
        if (state->error == NULL)
            state->error = g_strdup(response->status->message);
        command->has_failed = TRUE;
        command_next(command);
        return;
    }
    state->count++;
    api_object_unref(g_steal_pointer(&state->object));
    state->object = api_object_ref(response->object);
    if (!has_scale(target->kind)) {
        command_warn(command, "Error from server (NotFound): the server could not find the requested resource");
        command->has_failed = TRUE;
        command_next(command);
        return;
    }
    if (expected >= 0 && replicas_of(response->object) != expected) {
        command_error(command, "Expected replicas to be %" G_GINT64_FORMAT ", was %d", expected,
                      replicas_of(response->object));
        command_next(command);
        return;
    }
    if (version != NULL && g_ascii_strtoull(version, NULL, 10) != response->object->resource_version) {
        command_error(command, "Expected resource version to be %s, was %" G_GUINT64_FORMAT, version,
                      response->object->resource_version);
        command_next(command);
        return;
    }
    if (is_client_dry_run(command)) {
        say_scaled(command);
        command_next(command);
        return;
    }
    request = command_request(command, VERB_UPDATE, target);
    request->subresource = str_intern("scale");
    request->scale_replicas = (gint32)flag_int(command, "replicas", 0);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_scaled);
}

static void
scale_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
end(Command *command)
{
    const ScaleState *state = command->state;

    if (state->error != NULL && state->count == 0)
        command_error(command, "no objects passed to scale %s", state->error);
    else if (state->error != NULL)
        command_warn(command, "Error from server (NotFound): %s", state->error);
    command_end_default(command);
}

static void
go(Command *command)
{
    if (command->targets->len == 0) {
        command_fail(command, "no objects passed to scale");
        return;
    }
    command_each(command, scale_one, end);
}

static void
scale_run(Command *command)
{
    if (!flag_is_given(command, "replicas")) {
        command_fail(command, "required flag(s) \"replicas\" not set");
        return;
    }
    if (flag_int(command, "replicas", 0) < 0) {
        command_fail(command, "The --replicas=COUNT flag is required, and COUNT must be greater "
                              "than or equal to 0");
        return;
    }
    command->state = g_new0(ScaleState, 1);
    command->state_free = state_free;
    if (targets_from_files_or_args(command, 0) && targets_need_names(command))
        targets_expand(command, go);
}
