/* help.c - see help.h */

#include "kubectl/help.h"

/* What stands behind each verb. */
static const struct {
    const char *verb, *words;
} usages[] = {
    {"annotate", "(-f FILENAME | TYPE NAME | TYPE/NAME) KEY=VALUE ... KEY-"},
    {"apply", "-f FILENAME"},
    {"attach", "(POD | TYPE/NAME) [-c CONTAINER]"},
    {"autoscale", "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS"},
    {"cordon", "NODE"},
    {"cp", "FILE-SPEC-SRC FILE-SPEC-DEST"},
    {"create", "-f FILENAME"},
    {"delete", "([-f FILENAME] | TYPE [(NAME | -l LABEL | --all)])"},
    {"describe", "(-f FILENAME | TYPE [NAME_PREFIX | -l LABEL] | TYPE/NAME)"},
    {"diff", "-f FILENAME"},
    {"drain", "NODE"},
    {"edit", "(RESOURCE/NAME | -f FILENAME)"},
    {"events", "[(-o|--output=)FORMAT] [--for TYPE/NAME] [--types=Normal,Warning]"},
    {"exec", "(POD | TYPE/NAME) [-c CONTAINER] -- COMMAND [ARGS...]"},
    {"explain", "TYPE[.FIELD...]"},
    {"expose", "(-f FILENAME | TYPE NAME) [--port=PORT] [--target-port=NUMBER_OR_NAME] [--name=NAME] [--type=TYPE]"},
    {"get", "[(-o|--output=)FORMAT] (TYPE[.GROUP] [NAME | -l LABEL] | TYPE/NAME ...)"},
    {"kustomize", "DIR"},
    {"label", "(-f FILENAME | TYPE NAME | TYPE/NAME) KEY=VALUE ... KEY-"},
    {"logs", "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]"},
    {"patch", "(-f FILENAME | TYPE NAME) [-p PATCH | --patch-file FILE]"},
    {"replace", "-f FILENAME"},
    {"rollout", "SUBCOMMAND (TYPE NAME | TYPE/NAME)"},
    {"run", "NAME --image=IMAGE [--env=\"KEY=VALUE\"] [--port=PORT] [-- COMMAND [ARGS...]]"},
    {"scale", "--replicas=COUNT (-f FILENAME | TYPE NAME | TYPE/NAME)"},
    {"set", "SUBCOMMAND (TYPE NAME | TYPE/NAME) NAME=VALUE ..."},
    {"taint", "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N"},
    {"top", "(node | pod) [NAME | -l LABEL]"},
    {"uncordon", "NODE"},
    {"wait", "(-f FILENAME | TYPE NAME | TYPE/NAME) --for=(delete|create|condition=C[=VALUE]|jsonpath='{PATH}'[=VALUE])"},
};

/* Verbs of the real kubectl that a cluster in virtual time cannot have, or not yet. */
static const struct {
    const char *verb, *why;
} left_out[] = {
    {"alpha", "commands in alpha are not modelled"},
    {"certificate", "there are no certificate signing requests here"},
    {"completion", "your shell completes desk8s, not this kubectl"},
    {"debug", "ephemeral containers are not modelled; use exec, logs and describe"},
    {"plugin", "there are no plugins here"},
    {"port-forward", "nothing on your machine reaches into virtual time; use exec in a pod, or traffic of the scenario"},
    {"proxy", "nothing on your machine reaches into virtual time; use get --raw"},
};

const char *
help_left_out(const char *verb)
{
    for (guint i = 0; i < G_N_ELEMENTS(left_out); i++)
        if (str_is(left_out[i].verb, verb))
            return left_out[i].why;
    return NULL;
}

/* In the order in which kubectl adds them, which is the order of its suggestions. */
static const char *const all_commands[] = {
    "create", "expose", "run", "set", "explain", "get", "edit", "delete", "rollout", "scale", "autoscale", "certificate",
    "cluster-info", "top", "cordon", "uncordon", "drain", "taint", "describe", "logs", "attach", "exec", "port-forward", "proxy",
    "cp", "auth", "debug", "events", "diff", "apply", "patch", "replace", "wait", "kustomize", "label", "annotate", "completion",
    "alpha", "config", "plugin", "version", "api-versions", "api-resources", "help"};

/* Levenshtein's distance. */
static guint
distance(const char *a, const char *b)
{
    gsize width = strlen(b) + 1;
    g_autofree guint *row = g_new(guint, width);

    for (gsize j = 0; j < width; j++)
        row[j] = (guint)j;
    for (gsize i = 1; a[i - 1] != '\0'; i++) {
        guint corner = row[0];

        row[0] = (guint)i;
        for (gsize j = 1; j < width; j++) {
            guint up = row[j];
            guint best = a[i - 1] == b[j - 1] ? corner : MIN(corner, MIN(up, row[j - 1])) + 1;

            corner = up;
            row[j] = best;
        }
    }
    return row[width - 1];
}

/* cobra's SuggestionsFor: not more than two letters away, or a beginning. */
void
help_unknown(Command *command, const char *word)
{
    g_autofree char *lower = g_ascii_strdown(word, -1);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(all_commands); i++)
        if (distance(lower, all_commands[i]) <= 2 || g_str_has_prefix(all_commands[i], lower))
            g_string_append_printf(text, "\n\t%s", all_commands[i]);
    command_warn(command, "error: unknown command \"%s\" for \"kubectl\"%s%s", word,
                 text->len > 0 ? "\n\nDid you mean this?" : "", text->str);
}

static const char *
default_of(const FlagDef *flag)
{
    static const char *const of_types[] = {[FLAG_BOOL] = "false", [FLAG_STRING] = "''", [FLAG_INT] = "0", [FLAG_DURATION] = "0s", [FLAG_STRINGS] = "[]"};

    if (flag->def == NULL)
        return of_types[flag->type];
    return flag->type == FLAG_STRING ? str_internf("'%s'", flag->def) : flag->def;
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const FlagDef *const *)a)->name, (*(const FlagDef *const *)b)->name);
}

static void
append_flags(GString *out, const FlagDef *flags, gboolean only_global)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    for (; flags != NULL && flags->name != NULL; flags++)
        if (!str_is(flags->name, "help") && (!only_global || flag_is_global(flags->name)))
            g_ptr_array_add(sorted, (gpointer)flags);
    g_ptr_array_sort(sorted, by_name);
    for (guint i = 0; i < sorted->len; i++) {
        const FlagDef *flag = sorted->pdata[i];

        if (flag->letter != 0)
            g_string_append_printf(out, "    -%c, ", flag->letter);
        else
            g_string_append(out, "    ");
        g_string_append_printf(out, "--%s=%s\n", flag->name, default_of(flag));
    }
}

char *
help_of_verb(const Verb *verb, const char *subverb)
{
    GString *out = g_string_new(NULL);
    gboolean is_within = subverb != NULL && verb->subverbs != NULL && g_strv_contains(verb->subverbs, subverb);
    const char *words = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(usages); i++)
        if (str_is(usages[i].verb, verb->name))
            words = usages[i].words;
    g_string_append_printf(out, "%s\n", verb->doc);
    if (verb->subverbs != NULL && !is_within) {
        g_string_append(out, "\nAvailable Commands:\n");
        for (guint i = 0; verb->subverbs[i] != NULL; i++)
            g_string_append_printf(out, "  %s\n", verb->subverbs[i]);
    }
    if (verb->flags != NULL && verb->flags->name != NULL) {
        g_string_append(out, "\nOptions:\n");
        append_flags(out, verb->flags, FALSE);
    }
    g_string_append(out, "\nUsage:\n");
    if (is_within)
        g_string_append_printf(out, "  kubectl %s %s [options]\n", verb->name, subverb);
    else
        g_string_append_printf(out, "  kubectl %s%s%s [options]\n", verb->name, words != NULL ? " " : "", words != NULL ? words : "");
    if (verb->subverbs != NULL && !is_within)
        g_string_append_printf(out, "\nUse \"kubectl %s <command> --help\" for more information about a given command.\n", verb->name);
    g_string_append(out, "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n");
    return g_string_free(out, FALSE);
}

char *
help_of_kubectl(void)
{
    GString *out = g_string_new("kubectl controls the Kubernetes cluster manager.\n\nAvailable Commands:\n");

    for (guint i = 0; kubectl_verb_list[i] != NULL; i++)
        g_string_append_printf(out, "  %-14s %s\n", kubectl_verb_list[i]->name, kubectl_verb_list[i]->doc != NULL ? kubectl_verb_list[i]->doc : "");
    g_string_append(out, "\nLeft out here:\n");
    for (guint i = 0; i < G_N_ELEMENTS(left_out); i++)
        g_string_append_printf(out, "  %-14s %s\n", left_out[i].verb, left_out[i].why);
    g_string_append(out, "\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\n"
                         "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n");
    return g_string_free(out, FALSE);
}

char *
help_of_options(void)
{
    GString *out = g_string_new("The following options can be passed to any command:\n\n");

    append_flags(out, common_flags, TRUE);
    return g_string_free(out, FALSE);
}
