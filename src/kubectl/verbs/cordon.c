/*
 * cordon.c - kubectl cordon and uncordon; models k8s.io/kubectl pkg/cmd/drain,
 * pkg/drain/cordon.go v0.34
 */

#include "api/patch.h"
#include "kubectl/cordon.h"
#include "kubectl/print.h"

static void cordon_run(Command *command);

static const FlagDef flags[] = {{0}};

const Verb cordon_verb = {.name = "cordon",
                          .flags = flags,
                          .run = cordon_run,
                          .doc = "Mark node as unschedulable."};
const Verb uncordon_verb = {.name = "uncordon",
                            .flags = flags,
                            .run = cordon_run,
                            .doc = "Mark node as schedulable."};

static const char *
word_of(const Command *command)
{
    return command->verb == &uncordon_verb ? "uncordon" : "cordon";
}

static void
say(Command *command, const char *already)
{
    command_print(command, "%s %s%sed%s\n", target_label(&node_kind, current_target(command)->name),
                  already, word_of(command), dry_run_suffix(command));
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_error(command, "unable to %s node \"%s\": %s", word_of(command),
                      current_target(command)->name, response->status->message);
    else
        say(command, "");
    command_next(command);
}

static void
on_read(Command *command, const ApiResponse *response)
{
    Target *target = current_target(command);

    if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else if (target->kind != &node_kind)
        command_error(command, "expected resource of type node, got \"%s/%s, Resource=%s\"", target->kind->group,
                      target->kind->version, target->kind->plural);
    else
        target->manifest = api_object_encode(response->object);
    if (command->has_failed)
        command_finish(command, 1);
    else
        command_next(command);
}

void
cordon_read(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_read);
}

void
cordon_one(Command *command, Target *target)
{
    gboolean wanted = command->verb != &uncordon_verb;
    g_autoptr(Value) after = NULL;
    ApiRequest *request;
    gboolean is_already = value_get_bool(value_get(target->manifest, "spec"), "unschedulable", FALSE) == wanted;

    if (is_already || is_client_dry_run(command)) {
        say(command, is_already ? "already " : "");
        command_next(command);
        return;
    }
    after = value_copy(target->manifest);
    if (value_get(after, "spec") == NULL)
        value_set(after, "spec", value_new_map());
    if (wanted)
        value_set(value_get(after, "spec"), "unschedulable", value_new_bool(TRUE));
    else
        value_remove(value_get(after, "spec"), "unschedulable");
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_STRATEGIC;
    request->body = patch_two_way(&node_kind, target->manifest, after);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

static void
all_read(Command *command)
{
    if (command->has_failed)
        command_finish(command, 1);
    else
        command_each(command, cordon_one, command_end_default);
}

static void
go(Command *command)
{
    command_each(command, cordon_read, all_read);
}

gboolean
cordon_targets(Command *command)
{
    gboolean by_selector = !str_is_empty(flag_string(command, "selector"));

    if (command->args->len == 0 && !by_selector) {
        command_usage(command, "USAGE: %s NODE [flags]", command->verb->name);
        return FALSE;
    }
    if (command->args->len > 0 && by_selector) {
        command_usage(command, "cannot specify both a node name and a --selector option");
        return FALSE;
    }
    if (by_selector) {
        Target all = {.kind = &node_kind};
        g_array_append_val(command->targets, all);
    }
    for (guint i = 0; i < command->args->len; i++) {
        const char *word = g_ptr_array_index(command->args, i);
        const char *slash = strchr(word, '/');
        g_autofree char *type = slash != NULL ? g_strndup(word, (gsize)(slash - word)) : g_strdup("nodes");
        Target target = {.kind = api_form_find_resource(type), .name = str_intern(slash != NULL ? slash + 1 : word)};

        if (target.kind == NULL) {
            command_fail(command, "the server doesn't have a resource type \"%s\"", type);
            return FALSE;
        }
        if (i > 0 && g_array_index(command->targets, Target, 0).kind != target.kind) {
            command_fail(command, "you may only specify a single resource type");
            return FALSE;
        }
        target.namespace_ = target.kind->is_namespaced ? command_namespace(command) : NULL;

        g_array_append_val(command->targets, target);
    }
    return TRUE;
}

static void
cordon_run(Command *command)
{
    if (cordon_targets(command))
        targets_expand(command, go);
}
