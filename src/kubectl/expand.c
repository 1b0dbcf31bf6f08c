/* expand.c - see expand.h */

#include "kubectl/expand.h"

Target *
current_target(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

const char *
name_beside_selector(const Command *command)
{
    return command->has_pairs ? "selectors and the all flag cannot be used when passing "
                                "resource/name arguments"
                              : "name cannot be provided when a selector is specified";
}

gboolean
targets_need_names(Command *command)
{
    gboolean is_delete = str_is(command->verb->name, "delete"); /* SelectAllParam; the others' --all counts without names */
    gboolean has_selector = !str_is_empty(flag_string(command, "selector")) || !str_is_empty(flag_string(command, "field-selector"));

    if (has_selector || (flag_bool(command, "all") && is_delete)) {
        for (guint i = 0; i < command->targets->len; i++) {
            const Target *target = &g_array_index(command->targets, Target, i);

            if (target->name != NULL && target->file == NULL) {
                command_fail(command, "%s", name_beside_selector(command));
                return FALSE;
            }
        }
        return TRUE;
    }
    for (guint i = 0; i < command->targets->len && !flag_bool(command, "all"); i++) {
        const Target *target = &g_array_index(command->targets, Target, i);

        if (target->name == NULL && target->mapping_error == NULL) {
            command_fail(command, "resource(s) were provided, but no name was specified");
            return FALSE;
        }
    }
    return TRUE;
}

static void
on_listed(Command *command, const ApiResponse *response)
{
    const Target asked = *current_target(command);
    guint index = command->next - 1;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    g_array_remove_index(command->targets, index);
    for (guint i = 0; i < response->items->len; i++) {
        const ApiObject *object = g_ptr_array_index(response->items, i);
        Target target = {.kind = asked.kind,
                         .namespace_ = api_namespace(object),
                         .name = api_name(object)};

        g_array_insert_val(command->targets, index, target);
        index++;
    }
    command->next = index;
    command_next(command);
}

static void
expand_one(Command *command, Target *target)
{
    ApiRequest *request;

    if (target->name != NULL) {
        command_next(command);
        return;
    }
    request =
        api_request_new(VERB_LIST, target->kind,
                        flag_bool(command, "all-namespaces") ? NULL : target->namespace_, NULL);
    request->label_selector = flag_string(command, "selector");
    request->field_selector = flag_string(command, "field-selector");
    command_send(command, request, on_listed);
}

void
targets_expand(Command *command, void (*go)(Command *command))
{
    command_each(command, expand_one, go);
}
