/* kustomize.c - kubectl kustomize DIR: what apply -k would send, printed; models kustomize v5.7 commands/build */

#include "kubectl/kustomize.h"

static void kustomize_run(Command *command);

const Verb kustomize_verb = {.name = "kustomize",
                             .run = kustomize_run,
                             .doc = "Build a kustomization target from a directory or URL."};

static void
kustomize_run(Command *command)
{
    g_autofree char *message = NULL;
    g_autoptr(GPtrArray) documents = NULL;

    if (command->args->len > 1) {
        command_fail(command, "specify one path to kustomization.yaml");
        return;
    }
    documents = kustomize_build(kubectl_options(command->kubectl),
                                command->args->len > 0 ? g_ptr_array_index(command->args, 0) : ".", &message);
    if (documents == NULL) {
        command_fail(command, "%s", message);
        return;
    }
    for (guint i = 0; i < documents->len; i++) {
        g_autofree char *text = value_to_yaml(g_ptr_array_index(documents, i));

        command_print(command, "%s%s", i > 0 ? "---\n" : "", text);
    }
    command_finish(command, 0);
}
