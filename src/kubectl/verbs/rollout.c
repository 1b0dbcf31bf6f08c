/*
 * rollout.c - kubectl rollout; models k8s.io/kubectl pkg/cmd/rollout v0.34
 *
 * The subcommands are in rollout_status.c, rollout_history.c, rollout_change.c.
 */

#include "kubectl/rollout.h"

static void rollout_run(Command *command);

static const char *const subverbs[] = {"history", "pause", "restart", "resume",
                                       "status",  "undo",  NULL};
static const FlagDef flags[] = {
    {"watch", 'w', FLAG_BOOL, "true", NULL},
    {"timeout", 0, FLAG_DURATION, "0s", NULL},
    {"revision", 0, FLAG_INT, "0", NULL},
    {"to-revision", 0, FLAG_INT, "0", NULL},
    {0},
};

const Verb rollout_verb = {.name = "rollout",
                           .subverbs = subverbs,
                           .flags = flags,
                           .run = rollout_run,
                           .doc = "Manage the rollout of one or many resources."};

static const struct {
    const char *name;
    gboolean (*begin)(Command *command);
    void (*one)(Command *command, Target *target);
    gboolean says_none; /* tells that a selector found nothing */
} subcommands[] = {
    {"history", rollout_history_begin, rollout_history_one, FALSE},
    {"pause", NULL, rollout_change_one, TRUE},
    {"restart", NULL, rollout_change_one, TRUE},
    {"resume", NULL, rollout_change_one, TRUE},
    {"status", rollout_status_begin, rollout_status_one, TRUE},
    {"undo", NULL, rollout_undo_one, FALSE},
};

const char *
rollout_word(const Command *command)
{
    return g_ptr_array_index(command->args, 0);
}

static guint
subcommand_index(const Command *command)
{
    for (guint i = 0; i < G_N_ELEMENTS(subcommands); i++)
        if (str_is(subcommands[i].name, rollout_word(command)))
            return i;
    return G_N_ELEMENTS(subcommands);
}

static void
go(Command *command)
{
    guint index = subcommand_index(command);

    if (command->targets->len == 0 && subcommands[index].says_none && !command->has_failed)
        command_warn(command, "No resources found in %s namespace.", command_namespace(command));
    command_each(command, subcommands[index].one, command_end_default);
}

static void
rollout_run(Command *command)
{
    guint index;

    if (command->args->len == 0) {
        command_unknown_subcommand(command, "kubectl rollout", 0);
        return;
    }
    index = subcommand_index(command);
    if (index == G_N_ELEMENTS(subcommands)) {
        command_unknown_subcommand(command, "kubectl rollout", 0);
        return;
    }
    if (command->args->len == 1 && !files_are_given(command)) {
        command_fail(command, "required resource not specified");
        return;
    }
    if (subcommands[index].begin != NULL && !subcommands[index].begin(command))
        return;
    if (targets_from_files_or_args(command, 1))
        targets_expand(command, go);
}
