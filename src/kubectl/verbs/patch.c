/* patch.c - kubectl patch TYPE/NAME -p PATCH; models k8s.io/kubectl pkg/cmd/patch v0.34 */

#include "api/patch.h"
#include "api/validate.h"
#include "kubectl/expand.h"
#include "kubectl/print.h"

static void patch_run(Command *command);

static const FlagDef flags[] = {
    {"patch", 'p', FLAG_STRING, NULL, NULL},
    {"patch-file", 0, FLAG_STRING, NULL, NULL},
    {"type", 0, FLAG_STRING, "strategic", NULL},
    {"subresource", 0, FLAG_STRING, NULL, NULL},
    {"local", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb patch_verb = {.name = "patch",
                         .flags = flags,
                         .run = patch_run,
                         .doc = "Update fields of a resource."};

typedef struct {
    PatchType type;
    char *text;        /* (owned) JSON */
    ApiObject *before; /* (owned) of the object under way */
} PatchState;

static void
state_free(gpointer data)
{
    PatchState *state = data;

    g_free(state->text);
    api_object_unref(state->before);
    g_free(state);
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    const PatchState *state = command->state;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
    } else {
        gboolean is_same = state->before->resource_version == response->object->resource_version &&
                           api_object_equal(state->before, response->object);
        gboolean is_scale = str_is(flag_string(command, "subresource"), "scale");

        /* The server's answer is a Scale, and goes by its own name. */
        if (is_scale && str_is_empty(flag_string(command, "output")))
            command_print(command, "scale.autoscaling/%s patched%s\n", api_name(response->object),
                          is_same ? " (no change)" : "");
        else
            print_changed(command, response->object, is_same ? "patched (no change)" : "patched");
    }
    command_next(command);
}

/* What was read from a file alone is shown as it was there, and what was changed. */
static void
show_patched(Command *command, const ApiObject *changed, const Value *patch)
{
    const PatchState *state = command->state;
    const Target *target = current_target(command);
    const char *done = api_object_equal(changed, state->before) ? "patched (no change)" : "patched";
    g_autoptr(ApiStatus) status = NULL;
    g_autoptr(Value) tree = NULL;

    if (flag_bool(command, "local"))
        tree = patch_apply(state->type, target->kind, target->manifest, patch, &status);
    if (tree != NULL)
        print_changed_tree(command, target, tree, done);
    else
        print_changed(command, changed, done);
}

/* --local and --dry-run=client: as the server would do it. */
static void
patch_here(Command *command, const Value *patch)
{
    const PatchState *state = command->state;
    g_autoptr(Value) before = api_object_encode(state->before);
    g_autoptr(ApiStatus) status = NULL;
    g_autoptr(Value) after = patch_apply(state->type, state->before->kind, before, patch, &status);
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) changed =
        after != NULL ? api_object_decode(state->before->kind, after, &result) : NULL;

    if (after == NULL)
        command_server_error(command, status, NULL);
    else if (changed == NULL)
        command_error(command, "%s", result.type_error);
    else
        show_patched(command, changed, patch);
    api_decode_result_clear(&result);
    command_next(command);
}

/* Of the object that is in state->before. */
static void
patch_it(Command *command)
{
    PatchState *state = command->state;
    const Target *target = current_target(command);
    g_autoptr(ApiStatus) status = NULL;
    g_autoptr(Value) patch = NULL;
    ApiRequest *request;

    patch = patch_read(state->type, state->text, strlen(state->text), &status);
    if (patch == NULL) { /* the server would say so */
        command_server_error(command, status, NULL);
        command_next(command);
        return;
    }
    if (flag_bool(command, "local") || is_client_dry_run(command)) {
        patch_here(command, patch);
        return;
    }
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = state->type;
    request->body = g_steal_pointer(&patch);
    request->subresource = str_intern(flag_string(command, "subresource"));
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    PatchState *state = command->state;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    api_object_unref(state->before);
    state->before = api_object_ref(response->object);
    patch_it(command);
}

static void
patch_one(Command *command, Target *target)
{
    PatchState *state = command->state;

    if (flag_bool(command, "local") && target->manifest != NULL) {
        ApiDecodeResult result = {0};

        api_object_unref(state->before);
        state->before = api_object_decode(target->kind, target->manifest, &result);
        api_decode_result_clear(&result);
        patch_it(command);
        return;
    }
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
go(Command *command)
{
    command_each(command, patch_one, command_end_default);
}

/*
 * JSON goes as it is, mistakes and all; anything else must be YAML. NULL: message out, ended.
 * (owned)
 */
static char *
patch_text(Command *command)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);
    const char *file = flag_string(command, "patch-file");
    g_autofree char *text = g_strdup(flag_string(command, "patch"));
    g_autofree char *problem = NULL;
    g_autoptr(Value) document = NULL;
    gsize length = 0;

    if (file != NULL && !str_is_empty(text)) {
        command_fail(command, "cannot specify --patch and --patch-file together");
        return NULL;
    }
    if (file != NULL) {
        g_free(text);
        text = options->read_file != NULL ? options->read_file(options->self, file, &length) : NULL;
        if (text == NULL) {
            command_fail(command, "unable to read patch file: open %s: no such file or directory",
                         file);
            return NULL;
        }
    }
    if (text == NULL || (file == NULL && text[0] == '\0')) {
        command_fail(command,
                     "must specify --patch or --patch-file containing the contents of the patch");
        return NULL;
    }
    if (text[strspn(text, " \t\r\n")] == '{')
        return g_steal_pointer(&text);
    document = value_read_yaml_as_go(text, strlen(text), &problem);
    if (problem != NULL) {
        command_fail(command, "unable to parse %s: %s", api_quote(text), problem);
        return NULL;
    }
    return document != NULL ? value_to_json(document, VALUE_COMPACT) : g_strdup("null");
}

static void
patch_run(Command *command)
{
    PatchState *state = g_new0(PatchState, 1);
    const char *type = flag_string(command, "type");
    g_autofree char *lower = g_ascii_strdown(type, -1);
    char *text;

    command->state = state;
    command->state_free = state_free;
    if (!str_is(lower, "json") && !str_is(lower, "merge") && !str_is(lower, "strategic")) {
        command_fail(command, "--type must be one of [json merge strategic], not \"%s\"", type);
        return;
    }
    state->type = str_is(lower, "json")    ? PATCH_JSON
                  : str_is(lower, "merge") ? PATCH_MERGE
                                           : PATCH_STRATEGIC;
    text = patch_text(command);
    if (text == NULL) /* said; the command and its state are gone */
        return;
    state->text = text;
    if (flag_bool(command, "local") && command->args->len > 0) {
        command_fail(command, "cannot specify --local and server resources");
        return;
    }
    if (targets_from_files_or_args(command, 0) && targets_need_names(command))
        targets_expand(command, go);
}
