/* flags.c - kubectl's flags: --name=value, --name value, -n value, -nvalue */

#include "kubectl/internal.h"

#include "base/duration.h"
#include "kubectl/flag_owners.h"

const FlagDef common_flags[] = {
    {"namespace", 'n', FLAG_STRING, NULL, NULL},
    {"all-namespaces", 'A', FLAG_BOOL, NULL, NULL},
    {"selector", 'l', FLAG_STRING, NULL, NULL},
    {"field-selector", 0, FLAG_STRING, NULL, NULL},
    {"filename", 'f', FLAG_STRINGS, NULL, NULL},
    {"kustomize", 'k', FLAG_STRING, NULL, NULL},
    {"recursive", 'R', FLAG_BOOL, NULL, NULL},
    {"output", 'o', FLAG_STRING, NULL, NULL},
    {"dry-run", 0, FLAG_STRING, "none", "client"},
    {"context", 0, FLAG_STRING, NULL, NULL},
    {"cluster", 0, FLAG_STRING, NULL, NULL},
    {"user", 0, FLAG_STRING, NULL, NULL},
    {"as", 0, FLAG_STRING, NULL, NULL},
    {"as-group", 0, FLAG_STRINGS, NULL, NULL},
    {"kubeconfig", 0, FLAG_STRING, NULL, NULL},
    {"request-timeout", 0, FLAG_STRING, NULL, NULL},
    {"v", 'v', FLAG_STRING, NULL, NULL},
    {"show-managed-fields", 0, FLAG_BOOL, NULL, NULL},
    {"allow-missing-template-keys", 0, FLAG_BOOL, NULL, NULL},
    {"field-manager", 0, FLAG_STRING, NULL, NULL},
    {"template", 0, FLAG_STRING, NULL, NULL},
    {"help", 'h', FLAG_BOOL, NULL, NULL},
    {0},
};

/*
 * Which verbs have the common flags that are not the program's own: pkg/cmd/util, cli-runtime genericclioptions v0.34.
 * rollout's --dry-run is undo's, which is seen when all words are there.
 */
static const struct {
    const char *flag, *verbs;
} owners[] = {
    {"all-namespaces", " annotate auth delete describe events get label top wait "},
    {"selector", " annotate apply cordon create delete describe diff drain expose get label logs rollout scale set taint top uncordon wait "},
    {"field-selector", " annotate delete get label top wait "},
    {"filename", " annotate apply autoscale create delete describe diff edit exec expose get label patch replace rollout scale set wait "},
    {"kustomize", " annotate apply autoscale create delete describe diff edit expose get label patch replace rollout scale set wait "},
    {"recursive", " annotate apply autoscale create delete describe diff edit expose get label patch replace rollout scale set wait "},
    {"output", " annotate api-resources apply auth autoscale cluster-info config create delete edit events explain expose get kustomize label patch "
               "replace rollout run scale set taint version wait "},
    {"dry-run", " annotate apply autoscale cordon create delete drain expose label patch replace rollout run scale set taint uncordon "},
    {"show-managed-fields", " annotate apply autoscale cluster-info config create diff edit events expose get label patch replace rollout run scale set "
                            "taint wait "},
    {"template", " annotate apply autoscale cluster-info config create edit events expose get label patch replace rollout run scale set taint wait "},
    {"allow-missing-template-keys", " annotate apply autoscale cluster-info config create edit events expose get label patch replace rollout run scale "
                                    "set taint wait "},
    {"field-manager", " annotate apply autoscale create diff edit expose label patch replace rollout run set taint "},
};

gboolean
flag_is_global(const char *flag)
{
    for (guint i = 0; i < G_N_ELEMENTS(owners); i++)
        if (str_is(owners[i].flag, flag))
            return FALSE;
    return TRUE;
}

static gboolean
has_flag(const Verb *verb, const char *flag)
{
    g_autofree char *word = g_strdup_printf(" %s ", verb->name);

    for (guint i = 0; i < G_N_ELEMENTS(owners); i++)
        if (str_is(owners[i].flag, flag))
            return strstr(owners[i].verbs, word) != NULL;
    return TRUE;
}

static const FlagDef *
find_in(const FlagDef *defs, const char *name, char letter)
{
    for (; defs != NULL && defs->name != NULL; defs++)
        if ((name != NULL && str_is(defs->name, name)) || (letter != 0 && defs->letter == letter))
            return defs;
    return NULL;
}

static const FlagDef *
find_flag(const Verb *verb, const char *name, char letter)
{
    const FlagDef *def = find_in(verb->flags, name, letter);

    return def != NULL ? def : find_in(common_flags, name, letter);
}

/* The same of what a user writes: flags that the verb has. */
static const FlagDef *
find_written(const Verb *verb, const char *name, char letter)
{
    const FlagDef *def = find_flag(verb, name, letter);

    return def != NULL && (find_in(verb->flags, name, letter) != NULL || has_flag(verb, def->name)) ? def : NULL;
}

static void
add_value(Command *command, const FlagDef *def, const char *value)
{
    GPtrArray *values = g_hash_table_lookup(command->flags, def->name);

    if (values == NULL) {
        values = g_ptr_array_new();
        g_hash_table_insert(command->flags, (gpointer)def->name, values);
    }
    if (def->type != FLAG_STRINGS)
        g_ptr_array_set_size(values, 0); /* the last one counts */
    g_ptr_array_add(values, (gpointer)str_intern(value));
}

const char *
command_path(const Command *command)
{
    const char *word = command->args->len > 0 ? g_ptr_array_index(command->args, 0) : NULL;
    const char *inner = command->args->len > 1 ? g_ptr_array_index(command->args, 1) : NULL;

    if (word != NULL && command->verb->subverb_of != NULL)
        word = command->verb->subverb_of(word, &inner);
    else
        inner = NULL;
    if (word == NULL || command->verb->subverbs == NULL || !g_strv_contains(command->verb->subverbs, word))
        return str_internf("kubectl %s", command->verb->name);
    return str_internf("kubectl %s %s%s%s", command->verb->name, word, inner != NULL ? " " : "", inner != NULL ? inner : "");
}

static void
unknown_flag(Command *command, const char *word)
{
    command_warn(command, "error: unknown flag: %s", word);
    command_warn(command, "See '%s --help' for usage.", command_path(command));
}

/* time.ParseDuration. (interned) */
static const char *
duration_mistake(const char *value)
{
    const char *sign = value + (value[0] == '-' || value[0] == '+');
    gsize digits = strspn(sign, "0123456789.");
    gsize unit = strcspn(sign + digits, "0123456789.");

    if (digits > 0 && sign[digits] == '\0')
        return str_internf("time: missing unit in duration \"%s\"", value);
    if (digits > 0)
        return str_internf("time: unknown unit \"%.*s\" in duration \"%s\"", (int)unit, sign + digits, value);
    return str_internf("time: invalid duration \"%s\"", value);
}

/* pflag's name of a flag in errors: "-w, --watch". (interned) */
static const char *
shown_name(const FlagDef *def)
{
    return def->letter != 0 ? str_internf("-%c, --%s", def->letter, def->name) : str_internf("--%s", def->name);
}

gboolean
flag_parse_bool(const char *text, gboolean *out_value)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True", NULL};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False", NULL};

    if (!g_strv_contains(yes, text) && !g_strv_contains(no, text))
        return FALSE;
    *out_value = g_strv_contains(yes, text);
    return TRUE;
}

static gboolean
is_valid(Command *command, const FlagDef *def, const char *value)
{
    gint64 number;
    gboolean ignored;

    if (def->type == FLAG_BOOL && !flag_parse_bool(value, &ignored)) {
        command_warn(command,
                     "error: invalid argument \"%s\" for \"%s\" flag: strconv.ParseBool: parsing "
                     "\"%s\": invalid syntax",
                     value, shown_name(def), value);
        command_warn(command, "See '%s --help' for usage.", command_path(command));
        return FALSE;
    }
    if (def->type == FLAG_INT &&
        !g_ascii_string_to_signed(value, 10, G_MININT32, G_MAXINT64, &number, NULL)) {
        command_warn(command,
                     "error: invalid argument \"%s\" for \"%s\" flag: strconv.ParseInt: parsing "
                     "\"%s\": invalid syntax",
                     value, shown_name(def), value);
        command_warn(command, "See '%s --help' for usage.", command_path(command));
        return FALSE;
    }
    if (def->type == FLAG_DURATION && !duration_parse(value, &number) && !str_is(value, "0")) {
        command_warn(command, "error: invalid argument \"%s\" for \"%s\" flag: %s", value, shown_name(def), duration_mistake(value));
        command_warn(command, "See '%s --help' for usage.", command_path(command));
        return FALSE;
    }
    return TRUE;
}

/*
 * "-it" is "-i -t": a letter that needs no value may have others behind it (pflag parseSingleShortArg). Takes all but the
 * last; *letter stands there. NULL: message out.
 */
static const FlagDef *
take_letters(Command *command, const char **letter)
{
    for (;; ++*letter) {
        const FlagDef *def = find_written(command->verb, NULL, **letter);

        if (def == NULL) {
            command_warn(command, "error: unknown shorthand flag: '%c' in %s", **letter, str_internf("-%s", *letter));
            command_warn(command, "See '%s --help' for usage.", command_path(command));
            return NULL;
        }
        if (def->type != FLAG_BOOL || (*letter)[1] == '\0' || (*letter)[1] == '=')
            return def;
        add_value(command, def, "true");
    }
}

/*
 * Takes "--name[=value]" or "-x[value]" and perhaps the next word. Returns how many words it
 * used; 0: message out.
 */
static guint
take_flag(Command *command, const char *const *words)
{
    const char *word = words[0];
    const FlagDef *def;
    const char *value = NULL;
    const char *letter = NULL; /* of "-x" */
    guint used = 1;

    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        g_autofree char *name =
            equals != NULL ? g_strndup(word + 2, (gsize)(equals - word - 2)) : g_strdup(word + 2);

        def = find_written(command->verb, name, 0);
        if (def == NULL) {
            g_autofree char *shown = g_strdup_printf("--%s", name);
            unknown_flag(command, shown);
            return 0;
        }
        value = equals != NULL ? str_intern(equals + 1) : NULL;
    } else {
        letter = word + 1;
        def = take_letters(command, &letter);
        if (def == NULL)
            return 0;
        if (letter[1] != '\0')
            value = letter[1] == '=' ? letter + 2 : letter + 1;
    }
    if (value == NULL && def->type == FLAG_BOOL) {
        value = "true";
    } else if (value == NULL && def->bare != NULL) {
        value = def->bare;
    } else if (value == NULL) {
        if (words[1] == NULL) {
            command_warn(command, "error: flag needs an argument: %s",
                         letter == NULL ? word : str_internf("'%c' in -%s", *letter, letter));
            command_warn(command, "See '%s --help' for usage.", command_path(command));
            return 0;
        }
        value = words[1];
        used = 2;
    }
    if (!is_valid(command, def, value))
        return 0;
    add_value(command, def, value);
    g_ptr_array_add(command->written, (gpointer)def->name);
    g_ptr_array_add(command->written, (gpointer)str_intern(word));
    return used;
}

static gboolean
parse(Command *command, const char *const *words)
{
    for (guint i = 0; words[i] != NULL;) {
        guint used;

        if (str_is(words[i], "--")) {
            command->after_dashes = g_ptr_array_new();
            for (i++; words[i] != NULL; i++)
                g_ptr_array_add(command->after_dashes, (gpointer)str_intern(words[i]));
            return TRUE;
        }
        if (words[i][0] != '-' || words[i][1] == '\0') {
            g_ptr_array_add(command->args, (gpointer)str_intern(words[i]));
            i++;
            continue;
        }
        used = take_flag(command, words + i);
        if (used == 0)
            return FALSE;
        i += used;
    }
    return TRUE;
}

/* GetDryRunStrategy: "true" and nothing at all are client, "false" is none. FALSE: message out. */
static gboolean
settle_dry_run(Command *command)
{
    static const char *const known[] = {"none", "client", "server", NULL};
    GPtrArray *values = g_hash_table_lookup(command->flags, "dry-run");
    const char *word = values == NULL ? "none" : g_ptr_array_index(values, 0);
    gboolean is_true = FALSE;

    if (g_strv_contains(known, word))
        return TRUE;
    if (flag_parse_bool(word, &is_true)) {
        values->pdata[0] = (gpointer)str_intern(is_true ? "client" : "none");
        return TRUE;
    }
    command_warn(command, "error: Invalid dry-run value (%s). Must be \"none\", \"server\", or \"client\".", word);
    return FALSE;
}

/* Once all words are there it is plain which command they mean: has it these flags? FALSE: message out. */
static gboolean
has_all_flags(Command *command)
{
    const char *path = command_path(command) + strlen("kubectl ");

    for (guint i = 0; i < command->written->len; i += 2) {
        const char *name = g_ptr_array_index(command->written, i), *word = g_ptr_array_index(command->written, i + 1);
        g_autofree char *bare = g_strndup(word, strcspn(word, "="));

        if (flag_owners_have(path, name))
            continue;
        if (word[1] == '-') {
            unknown_flag(command, bare);
        } else {
            command_warn(command, "error: unknown shorthand flag: '%c' in %s", word[1], word);
            command_warn(command, "See '%s --help' for usage.", command_path(command));
        }
        return FALSE;
    }
    return TRUE;
}

gboolean
flags_parse(Command *command, const char *const *words)
{
    return parse(command, words) && has_all_flags(command) && settle_dry_run(command);
}

const GPtrArray *
flag_strings(const Command *command, const char *name)
{
    return g_hash_table_lookup(command->flags, name);
}

gboolean
flag_is_given(const Command *command, const char *name)
{
    return flag_strings(command, name) != NULL;
}

const char *
flag_string(const Command *command, const char *name)
{
    const GPtrArray *values = flag_strings(command, name);
    const FlagDef *def;

    if (values != NULL && values->len > 0)
        return g_ptr_array_index(values, values->len - 1);
    def = find_flag(command->verb, name, 0);
    return def != NULL ? def->def : NULL;
}

gboolean
flag_bool(const Command *command, const char *name)
{
    const char *text = flag_string(command, name);
    gboolean is_true = FALSE;

    return text != NULL && flag_parse_bool(text, &is_true) && is_true;
}

gint64
flag_int(const Command *command, const char *name, gint64 fallback)
{
    const char *text = flag_string(command, name);
    gint64 number = fallback;

    if (text != NULL)
        g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL);
    return number;
}

gint64
flag_duration_ns(const Command *command, const char *name, gint64 fallback)
{
    const char *text = flag_string(command, name);
    gint64 ns = fallback;

    if (str_is(text, "0"))
        return 0;
    if (text != NULL)
        duration_parse(text, &ns);
    return ns;
}

/* k8s.io/kubectl pkg/cmd/util GetValidationDirective v0.34 */
FieldValidation
flag_validation(const Command *command)
{
    const char *word = flag_string(command, "validate");
    gboolean is_true = TRUE;

    if (str_is(word, "ignore") || (flag_parse_bool(word, &is_true) && !is_true))
        return FIELD_VALIDATION_IGNORE;
    return str_is(word, "warn") ? FIELD_VALIDATION_WARN : FIELD_VALIDATION_STRICT;
}

gboolean
flag_validation_is_known(Command *command)
{
    const char *word = flag_string(command, "validate");
    gboolean ignored;

    if (str_is(word, "strict") || str_is(word, "warn") || str_is(word, "ignore") || flag_parse_bool(word, &ignored))
        return TRUE;
    command_fail(command, "invalid - validate option \"%s\"; must be one of: strict (or true), warn, ignore (or false)", word);
    return FALSE;
}
