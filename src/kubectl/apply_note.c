/*
 * apply_note.c - see apply_note.h
 *
 * Models: k8s.io/kubectl pkg/cmd/apply/apply_view_last_applied.go, apply_set_last_applied.go v0.34.
 */

#include "kubectl/apply_note.h"

#include "kubectl/expand.h"
#include "kubectl/last_applied.h"

static const char *
note_of(const ApiObject *object)
{
    return str_map_get(&object->meta->annotations, LAST_APPLIED);
}

static void
fail_one(Command *command, const ApiResponse *response)
{
    command_server_error(command, response->status, NULL);
    command_next(command);
}

/* --- view ---------------------------------------------------------------------------------------- */

static void
on_viewed(Command *command, const ApiResponse *response)
{
    const char *note = api_response_ok(response) ? note_of(response->object) : NULL;
    g_autoptr(Value) value = note != NULL ? value_read_json(note, strlen(note), NULL) : NULL;
    g_autofree char *yaml = NULL;

    if (!api_response_ok(response)) {
        fail_one(command, response);
        return;
    }
    if (value == NULL) {
        command_error(command, "no last-applied-configuration annotation found on resource: %s",
                      api_name(response->object));
    } else if (str_is(flag_string(command, "output"), "json")) {
        g_autofree char *json = value_to_json(value, VALUE_SORTED | VALUE_INDENT4);
        g_auto(GStrv) lines = g_strsplit(json, "\n", -1);

        /* json.Indent with two blanks */
        for (guint i = 0; lines[i] != NULL; i++)
            command_print(command, "%*s%s\n", (int)strspn(lines[i], " ") / 2, "", lines[i] + strspn(lines[i], " "));
    } else {
        yaml = value_to_yaml(value);
        command_print(command, "%s", yaml);
    }
    command_next(command);
}

static void
view_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_viewed);
}

static void
view_all(Command *command)
{
    command_each(command, view_one, command_end_default);
}

/* --- set ----------------------------------------------------------------------------------------- */

static void
on_set(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response)) {
        fail_one(command, response);
        return;
    }
    print_changed(command, response->object, "configured");
    command_next(command);
}

static void
on_found(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);
    g_autoptr(Value) noted = last_applied_add(target->manifest);
    const Value *note = value_get_path(noted, "metadata", "annotations", LAST_APPLIED, NULL);
    ApiRequest *request;
    const char *old;

    if (!api_response_ok(response)) {
        fail_one(command, response);
        return;
    }
    old = note_of(response->object);
    if (old == NULL && !flag_bool(command, "create-annotation")) {
        command_error(command,
                      "no last-applied-configuration annotation found on resource: %s, to create the annotation, run "
                      "the command with --create-annotation",
                      target->name);
        command_next(command);
        return;
    }
    if (old != NULL && note != NULL && str_is(str_intern(old), note->text)) {
        command_print(command, "set-last-applied %s: no changes required.\n", target->name);
        command_next(command);
        return;
    }
    if (str_is(flag_string(command, "dry-run"), "client")) {
        print_changed(command, response->object, "configured");
        command_next(command);
        return;
    }
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_MERGE;
    request->body = value_new_map();
    value_set(request->body, "metadata", value_new_map());
    value_set(value_get(request->body, "metadata"), "annotations", value_new_map());
    value_set(value_get_path(request->body, "metadata", "annotations", NULL), LAST_APPLIED, value_copy(note));
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_set);
}

static void
set_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_found);
}

/* --- both ---------------------------------------------------------------------------------------- */

gboolean
apply_note_runs(Command *command)
{
    const char *word = command->args->len > 0 ? g_ptr_array_index(command->args, 0) : "";
    const char *output = flag_string(command, "output");

    if (str_is(word, "view-last-applied")) {
        if (!str_is_empty(output) && !str_is(output, "json") && !str_is(output, "yaml"))
            command_usage(command, "Unexpected -o output mode: %s, the flag 'output' must be one of yaml|json", output);
        else if (targets_from_files_or_args(command, 1) && (files_are_given(command) || targets_need_names(command)))
            targets_expand(command, view_all);
        return TRUE;
    }
    if (!str_is(word, "set-last-applied"))
        return FALSE;
    if (!files_are_given(command))
        targets_from_args(command, command->args->len); /* says what is missing */
    else if (print_output_is_known(command) && targets_from_files(command))
        command_each(command, set_one, command_end_default);
    return TRUE;
}
