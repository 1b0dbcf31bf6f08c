/* help.c - kubectl help [VERB], kubectl options */

#include "kubectl/help.h"

static void help_run(Command *command);

const Verb help_verb = {.name = "help", .run = help_run, .doc = "Help about any command."};
const Verb options_verb = {.name = "options", .run = help_run, .doc = "Print the list of flags inherited by all commands."};

static void
help_run(Command *command)
{
    const char *name = command->args->len > 0 ? g_ptr_array_index(command->args, 0) : NULL;
    const char *inner = command->args->len > 1 ? g_ptr_array_index(command->args, 1) : NULL;
    g_autofree char *text = NULL;

    if (command->verb == &options_verb)
        text = help_of_options();
    if (text == NULL && name != NULL)
        text = help_of_group(str_internf("kubectl %s%s%s", name, inner != NULL ? " " : "", inner != NULL ? inner : ""));
    for (guint i = 0; text == NULL && name != NULL && kubectl_verb_list[i] != NULL; i++)
        if (str_is(kubectl_verb_list[i]->name, name))
            text = help_of_verb(kubectl_verb_list[i], inner);
    if (text == NULL) {
        if (name != NULL && help_left_out(name) != NULL)
            command_print(command, "kubectl %s is left out here: %s\n\n", name, help_left_out(name));
        else if (name != NULL)
            command_print(command, "Unknown help topic [`%s`]\n", name);
        text = help_of_kubectl();
    }
    command_print(command, "%s", text);
    command_finish(command, 0);
}
