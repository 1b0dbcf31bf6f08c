/* check.c - what can be said of a command without running it; see kubectl.h */

#include "base/diag.h"
#include "kubectl/help.h"

/* v1.34 pkg/cmd: MarkFlagRequired, and what the verbs ask for at once. */
static const char *const required_flags[][2] = {{"scale", "replicas"}, {"run", "image"}, {"autoscale", "max"}};

/* Verbs that do nothing by themselves. */
static const char *const mere_groups[] = {"set", "rollout", "create", "top", "config", "auth", NULL};

/* Verbs whose first word is a type, TYPE/NAME or several of either. */
static const char *const typed_verbs[] = {"get", "describe", "delete", "scale", "label", "annotate", "edit",
                                          "patch", "wait", "autoscale", "expose", "explain", NULL};

static char *
unknown_verb(const char *word)
{
    const char *near = diag_nearest(word, kubectl_verbs());

    if (help_left_out(word) != NULL)
        return g_strdup_printf("kubectl %s is left out here; %s", word, help_left_out(word));
    return g_strdup_printf("unknown kubectl verb '%s'%s%s", word, near != NULL ? "; write " : "", near != NULL ? near : "");
}

static char *
wrong_subverb(const Command *command)
{
    const Verb *verb = command->verb;
    const char *word = command->args->len > 0 ? g_ptr_array_index(command->args, 0) : NULL;
    const char *inner = NULL;
    const char *meant = word;
    const char *near;

    if (word == NULL || verb->subverbs == NULL || !g_strv_contains(mere_groups, verb->name))
        return NULL;
    if (verb->subverb_of != NULL)
        meant = verb->subverb_of(word, &inner);
    if (meant != NULL && g_strv_contains(verb->subverbs, meant))
        return NULL;
    near = diag_nearest(word, verb->subverbs);
    return g_strdup_printf("kubectl %s knows no '%s'%s%s", verb->name, word, near != NULL ? "; write " : "", near != NULL ? near : "");
}

static char *
wrong_type(const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *near;

    if (str_is_empty(word) || str_is(word, "all") || api_form_find_resource(word) != NULL)
        return NULL;
    for (guint i = 0; api_kinds[i] != NULL; i++) {
        g_ptr_array_add(names, (gpointer)api_kinds[i]->singular);
        g_ptr_array_add(names, (gpointer)api_kinds[i]->plural);
    }
    g_ptr_array_add(names, NULL);
    near = diag_nearest(word, (const char *const *)names->pdata);
    return g_strdup_printf("the server doesn't have a resource type \"%s\"%s%s", word, near != NULL ? "; write " : "", near != NULL ? near : "");
}

static char *
wrong_types(const Command *command)
{
    if (!g_strv_contains(typed_verbs, command->verb->name) || files_are_given(command) || flag_is_given(command, "raw"))
        return NULL;
    for (guint i = 0; i < command->args->len; i++) {
        const char *word = g_ptr_array_index(command->args, i);
        gboolean is_pair = strchr(word, '/') != NULL && strchr(word, '=') == NULL && !g_str_has_suffix(word, "-"); /* no label */
        g_auto(GStrv) types = NULL;

        if (i > 0 && !is_pair)
            break; /* names */
        types = g_strsplit(word, is_pair ? "/" : ",", is_pair ? 2 : -1);
        for (guint k = 0; types[k] != NULL && (k == 0 || !is_pair); k++) {
            char *wrong;

            types[k][strcspn(types[k], ".")] = '\0'; /* of its group, or the path of a field */
            wrong = wrong_type(types[k]);
            if (wrong != NULL)
                return wrong;
        }
    }
    return NULL;
}

static char *
missing_flag(const Command *command)
{
    for (guint i = 0; i < G_N_ELEMENTS(required_flags); i++)
        if (str_is(required_flags[i][0], command->verb->name) && !flag_is_given(command, required_flags[i][1]))
            return g_strdup_printf("required flag(s) \"%s\" not set", required_flags[i][1]);
    return NULL;
}

static char *
wrong_words(Command *command, const char *const *words)
{
    char *text;

    if (!flags_parse(command, words)) {
        text = command->args->len > 0 ? wrong_subverb(command) : NULL; /* a word that is none has no flags either */
        return text != NULL ? text : g_strndup(command->err->str, strcspn(command->err->str, "\n"));
    }
    if (flag_bool(command, "help"))
        return NULL;
    text = wrong_subverb(command);
    if (text == NULL)
        text = missing_flag(command);
    return text != NULL ? text : wrong_types(command);
}

char *
kubectl_check(const char *const *argv)
{
    Command command = {0};
    guint first = 0;
    char *text;

    argv += command_skip_environment(argv, &command.editor);
    while (argv[first] != NULL && argv[first][0] == '-')
        first += argv[first + 1] != NULL && !command_stands_alone(argv[first]) ? 2 : 1;
    if (argv[first] == NULL)
        return g_strdup("no kubectl verb; write get pods, for example");
    command.verb = command_find_verb(argv[first]);
    if (command.verb == NULL)
        return unknown_verb(argv[first]);
    command.args = g_ptr_array_new();
    command.written = g_ptr_array_new();
    command.flags = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    command.out = g_string_new(NULL);
    command.err = g_string_new(NULL);
    text = wrong_words(&command, argv + first + 1);
    g_ptr_array_unref(command.args);
    g_ptr_array_unref(command.written);
    g_hash_table_unref(command.flags);
    if (command.after_dashes != NULL)
        g_ptr_array_unref(command.after_dashes);
    g_string_free(command.out, TRUE);
    g_string_free(command.err, TRUE);
    return text;
}
