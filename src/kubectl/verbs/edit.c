/*
 * edit.c - kubectl edit: a manifest through an editor, and what it changed as a patch
 *
 * Models: k8s.io/kubectl pkg/cmd/util/editor/editoptions.go v0.34.
 * DEVIATES: several objects are edited one after the other, not as one List; a file that the server refuses is
 * not opened again, as the editor would do the same to it.
 */

#include "kubectl/editor.h"
#include "kubectl/expand.h"
#include "kubectl/print.h"

static void edit_run(Command *command);

static const FlagDef flags[] = {
    {"validate", 0, FLAG_STRING, "strict", "strict"},   {"output-patch", 0, FLAG_BOOL, NULL, NULL},
    {"save-config", 0, FLAG_BOOL, NULL, NULL},          {"subresource", 0, FLAG_STRING, NULL, NULL},
    {"windows-line-endings", 0, FLAG_BOOL, NULL, NULL}, {0},
};

const Verb edit_verb = {.name = "edit",
                        .flags = flags,
                        .run = edit_run,
                        .doc = "Edit a resource from the default editor."};

static const char heading[] =
    "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"
    "# and an empty file will abort the edit. If an error occurs while saving this file will be\n"
    "# reopened with the relevant failures.\n"
    "#\n";

typedef struct {
    char *patch; /* (owned) as text */
} EditState;

static void
state_free(gpointer data)
{
    EditState *state = data;

    g_free(state->patch);
    g_free(state);
}

/* StripComments: without lines that begin with # and what is blank around the rest. (owned) */
static char *
without_comments(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);

    for (guint i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != '#')
            g_string_append_printf(out, "%s\n", lines[i]);
    return g_strstrip(g_string_free(out, FALSE));
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);
    const EditState *state = command->state;

    if (api_response_ok(response)) {
        if (flag_bool(command, "output-patch"))
            command_print(command, "Patch: %s\n", state->patch);
        print_changed(command, response->object, "edited");
        command_next(command);
        return;
    }
    /* addError: the file is opened again, and nothing valid comes of it */
    if (str_is(response->status->reason, "Invalid"))
        command_warn(command, "error: %s \"%s\" is invalid", api_kind_group_resource(target->kind), target->name);
    else if (response->code == 404)
        command_warn(command, "error: %s \"%s\" could not be found on the server",
                     api_kind_group_resource(target->kind), target->name);
    else
        command_warn(command, "error: %s \"%s\" could not be patched: %s", api_kind_group_resource(target->kind),
                     target->name, response->status->message);
    command_warn(command, "A copy of your changes has been stored to \"/tmp/kubectl-edit-%s.yaml\"",
                 str_intern(target->name));
    command_error(command, "Edit cancelled, no valid changes were saved.");
    command_next(command);
}

/* PreconditionFunc: what an edit may not touch. */
static gboolean
is_same_object(const Value *before, const Value *after)
{
    return str_is(value_get_string(before, "apiVersion", ""), value_get_string(after, "apiVersion", "")) &&
           str_is(value_get_string(before, "kind", ""), value_get_string(after, "kind", "")) &&
           str_is(value_get_string(value_get(before, "metadata"), "name", ""),
                  value_get_string(value_get(after, "metadata"), "name", ""));
}

static void
send(Command *command, const ApiObject *object, const Value *before, const Value *after)
{
    EditState *state = command->state;
    const char *validation = flag_string(command, "validate");
    ApiRequest *request;
    Value *patch;

    if (!is_same_object(before, after)) {
        command_error(command, "At least one of apiVersion, kind and name was changed");
        command_next(command);
        return;
    }
    if (value_equal(before, after)) {
        print_changed(command, object, "skipped");
        command_next(command);
        return;
    }
    patch = patch_two_way(current_target(command)->kind, before, after);
    g_free(state->patch);
    state->patch = value_to_json(patch, VALUE_SORTED);
    request = command_request(command, VERB_PATCH, current_target(command));
    request->patch_type = PATCH_STRATEGIC;
    request->body = patch;
    request->subresource = str_intern(flag_string(command, "subresource"));
    request->field_validation = str_is(validation, "ignore") || str_is(validation, "false") ? FIELD_VALIDATION_IGNORE
                                : str_is(validation, "warn")                                ? FIELD_VALIDATION_WARN
                                                                                            : FIELD_VALIDATION_STRICT;
    command_send(command, request, on_patched);
}

static void
edit(Command *command, const ApiObject *object)
{
    g_autoptr(Value) before = print_encode(command, object);
    g_autofree char *yaml = str_is(flag_string(command, "output"), "json")
                                ? value_to_json(before, VALUE_SORTED | VALUE_INDENT4)
                                : value_to_yaml(before);
    g_autofree char *original = g_strconcat(heading, yaml, NULL);
    g_autofree char *message = NULL;
    g_autofree char *edited = editor_run(kubectl_options(command->kubectl),
                                         command->editor != NULL ? command->editor : "vi", original, &message);
    g_autofree char *was = without_comments(original);
    g_autofree char *is = edited != NULL ? without_comments(edited) : NULL;
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = NULL;

    if (edited == NULL) {
        command_error(command, "%s", message);
        command_next(command);
        return;
    }
    if (str_is(str_intern(was), str_intern(is)) || is[0] == '\0') {
        command_warn(command, "Edit cancelled, %s", is[0] == '\0' ? "saved file was empty." : "no changes made.");
        command_next(command);
        return;
    }
    documents = value_read_yaml(is, strlen(is), "edit", diag);
    if (diag_count_errors(diag) > 0 || documents == NULL || documents->len == 0 ||
        ((Value *)documents->pdata[0])->type != VALUE_MAP) {
        command_warn(command, "A copy of your changes has been stored to \"/tmp/kubectl-edit-%s.yaml\"",
                     api_name(object));
        command_error(command, "Edit cancelled, no valid changes were saved.");
        command_next(command);
        return;
    }
    send(command, object, before, documents->pdata[0]);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    if (api_response_ok(response)) {
        edit(command, response->object);
        return;
    }
    command_server_error(command, response->status, NULL);
    command_next(command);
}

static void
edit_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
go(Command *command)
{
    command_each(command, edit_one, command_end_default);
}

static void
edit_run(Command *command)
{
    command->state = g_new0(EditState, 1);
    command->state_free = state_free;
    if (targets_from_files_or_args(command, 0))
        targets_expand(command, go);
}
