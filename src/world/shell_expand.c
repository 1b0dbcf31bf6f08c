/* shell_expand.c - see shell_internal.h: variables, words, arithmetic */

#include "world/shell_internal.h"

/* --- variables ---------------------------------------------------------------------------- */

static const char *
join_args(const Shell *shell)
{
    guint n = g_strv_length(shell->args);
    g_autofree char *text = n > 1 ? g_strjoinv(" ", shell->args + 1) : g_strdup("");

    return str_intern(text);
}

static const char *
get_special(Shell *shell, char name)
{
    guint n = g_strv_length(shell->args);

    switch (name) {
    case '?':
        return str_internf("%d", shell->status);
    case '$':
        return str_internf("%u", shell->pid);
    case '!':
        return shell->last_pid != 0 ? str_internf("%u", shell->last_pid) : NULL;
    case '#':
        return str_internf("%u", n > 0 ? n - 1 : 0);
    case '@':
    case '*':
        return join_args(shell);
    default:
        return (guint)(name - '0') < n ? str_intern(shell->args[name - '0']) : NULL;
    }
}

const char *
shell_get(Shell *shell, const char *name)
{
    if (name[0] != '\0' && name[1] == '\0' &&
        (g_ascii_isdigit(name[0]) || strchr("?$!#@*", name[0]) != NULL))
        return get_special(shell, name[0]);
    if (strcmp(name, "RANDOM") == 0)
        return str_internf("%u", (guint)rng_below(shell->container->runtime->rng_app, 32768));
    if (strcmp(name, "PWD") == 0)
        return str_intern(shell->cwd);
    return g_hash_table_lookup(shell->vars, str_intern(name));
}

void
shell_set(Shell *shell, const char *name, const char *value)
{
    g_hash_table_insert(shell->vars, (gpointer)str_intern(name), (gpointer)str_intern(value));
}

void
shell_unset(Shell *shell, const char *name)
{
    g_hash_table_remove(shell->vars, str_intern(name));
}

void
shell_export(Shell *shell, const char *name)
{
    const char *interned = str_intern(name);

    if (!g_ptr_array_find(shell->exported, interned, NULL))
        g_ptr_array_add(shell->exported, (gpointer)interned);
}

/* --- arithmetic ------------------------------------------------------------------------------ */

typedef struct {
    Shell *shell;
    const char *at;
    guint depth;
} Arith;

static gint64 arith_level(Arith *arith, guint level);

static gint64 arith_apply(const char *op, gint64 a, gint64 b);

static void
arith_skip(Arith *arith)
{
    while (g_ascii_isspace(*arith->at))
        arith->at++;
}

static gint64
arith_variable(Arith *arith)
{
    const char *begin = arith->at;
    const char *name;
    const char *value;

    while (g_ascii_isalnum(*arith->at) || *arith->at == '_')
        arith->at++;
    name = str_intern_len(begin, (gsize)(arith->at - begin));
    arith_skip(arith);
    if (arith->at[0] == '=' && arith->at[1] != '=') {
        gint64 result;

        arith->at++;
        result = arith_level(arith, 0);
        shell_set(arith->shell, name, str_internf("%" G_GINT64_FORMAT, result));
        return result;
    }
    value = shell_get(arith->shell, name);
    return value != NULL ? g_ascii_strtoll(value, NULL, 0) : 0;
}

static gint64
arith_primary(Arith *arith)
{
    gint64 value = 0;
    char *end;

    arith_skip(arith);
    if (arith->depth++ > 50)
        return 0;
    if (*arith->at == '(') {
        arith->at++;
        value = arith_level(arith, 0);
        arith_skip(arith);
        if (*arith->at == ')')
            arith->at++;
    } else if (*arith->at == '-') {
        arith->at++;
        value = arith_apply("-", 0, arith_primary(arith));
    } else if (*arith->at == '!') {
        arith->at++;
        value = !arith_primary(arith);
    } else if (*arith->at == '+') {
        arith->at++;
        value = arith_primary(arith);
    } else if (g_ascii_isdigit(*arith->at)) {
        value = g_ascii_strtoll(arith->at, &end, 0);
        arith->at = end;
    } else if (*arith->at == '$') {
        arith->at++;
        if (g_ascii_isdigit(*arith->at) || strchr("?#$!", *arith->at) != NULL) {
            char name[2] = {*arith->at, '\0'};
            const char *text = *arith->at != '\0' ? shell_get(arith->shell, name) : NULL;

            value = text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;
            arith->at += *arith->at != '\0';
        } else {
            gboolean is_braced = *arith->at == '{';

            arith->at += is_braced;
            value = arith_variable(arith);
            arith->at += is_braced && *arith->at == '}';
        }
    } else if (g_ascii_isalpha(*arith->at) || *arith->at == '_') {
        value = arith_variable(arith);
    } else if (*arith->at != '\0') {
        arith->at++;
    }
    arith->depth--;
    return value;
}

static const struct {
    const char *op;
    guint level;
} arith_ops[] = {
    {"||", 0}, {"&&", 1}, {"==", 2}, {"!=", 2}, {"<=", 3}, {">=", 3}, {"<", 3},
    {">", 3},  {"+", 4},  {"-", 4},  {"*", 5},  {"/", 5},  {"%", 5},
};

static gint64
arith_apply(const char *op, gint64 a, gint64 b)
{
    gint64 result = 0;

    switch (op[0]) {
    case '|':
        return a != 0 || b != 0;
    case '&':
        return a != 0 && b != 0;
    case '=':
        return a == b;
    case '!':
        return a != b;
    case '<':
        return op[1] == '=' ? a <= b : a < b;
    case '>':
        return op[1] == '=' ? a >= b : a > b;
    case '+':
        (void)__builtin_add_overflow(a, b, &result);
        return result;
    case '-':
        (void)__builtin_sub_overflow(a, b, &result);
        return result;
    case '*':
        (void)__builtin_mul_overflow(a, b, &result);
        return result;
    case '/':
        return b == 0 || b == -1 ? (b == 0 ? 0 : arith_apply("-", 0, a)) : a / b;
    default:
        return b == 0 || b == -1 ? 0 : a % b;
    }
}

static const char *
arith_operator(Arith *arith, guint level)
{
    arith_skip(arith);
    for (guint i = 0; i < G_N_ELEMENTS(arith_ops); i++) {
        if (arith_ops[i].level == level && g_str_has_prefix(arith->at, arith_ops[i].op))
            return arith_ops[i].op;
    }
    return NULL;
}

static gint64
arith_level(Arith *arith, guint level)
{
    gint64 value = level < 5 ? arith_level(arith, level + 1) : arith_primary(arith);
    const char *op = arith_operator(arith, level);

    while (op != NULL) {
        gint64 right;

        arith->at += strlen(op);
        right = level < 5 ? arith_level(arith, level + 1) : arith_primary(arith);
        value = arith_apply(op, value, right);
        op = arith_operator(arith, level);
    }
    return value;
}

gint64
shell_arithmetic(Shell *shell, const char *text)
{
    Arith arith = {.shell = shell, .at = text};

    return arith_level(&arith, 0);
}

/* --- patterns ----------------------------------------------------------------------------------- */

/* * and ? and [abc]; iterative, with one place to fall back to. */
gboolean
shell_match(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *resume = NULL;

    for (;;) {
        gboolean fits = FALSE;
        const char *next = pattern + 1;

        if (*pattern == '*') {
            star = pattern++;
            resume = text;
            continue;
        }
        if (*text == '\0' && *pattern == '\0')
            return TRUE;
        if (*text != '\0' && *pattern == '[' && strchr(pattern, ']') != NULL) {
            const char *end = strchr(pattern, ']');
            gboolean is_not = pattern[1] == '!';

            for (const char *c = pattern + 1 + is_not; c < end; c++) {
                if (c + 2 < end && c[1] == '-') {
                    fits = fits || (*text >= c[0] && *text <= c[2]);
                    c += 2;
                } else {
                    fits = fits || *c == *text;
                }
            }
            fits = fits != is_not;
            next = end + 1;
        } else if (*text != '\0') {
            fits = *pattern == '?' || (*pattern != '\0' && *pattern == *text);
        }
        if (fits) {
            pattern = next;
            text++;
        } else if (star != NULL && *resume != '\0') {
            pattern = star + 1;
            text = ++resume;
        } else {
            return FALSE;
        }
    }
}

/* --- words ----------------------------------------------------------------------------------------- */

void
shell_collect(const ShWord *word, GPtrArray *nodes)
{
    for (guint i = 0; i < word->parts->len; i++) {
        const ShPart *part = &g_array_index(word->parts, ShPart, i);

        if (part->command != NULL)
            g_ptr_array_add(nodes, part->command);
        if (part->word != NULL)
            shell_collect(part->word, nodes);
    }
}

/* ${NAME#PATTERN} and the like. (owned) */
static char *
trim(const char *value, const char *op, const char *pattern)
{
    gsize length = strlen(value);
    gboolean is_longest = op[1] != '\0';

    for (gsize i = 0; i <= length; i++) {
        gsize n = is_longest ? length - i : i;
        gboolean is_prefix = op[0] == '#';
        g_autofree char *part = is_prefix ? g_strndup(value, n) : g_strdup(value + length - n);

        if (shell_match(pattern, part))
            return is_prefix ? g_strdup(value + n) : g_strndup(value, length - n);
    }
    return g_strdup(value);
}

static char *
expand_variable(Shell *shell, const ShPart *part, GPtrArray *results, guint *io_next)
{
    const char *value = shell_get(shell, part->text);
    gboolean is_unset = value == NULL || (part->op[0] == ':' && value[0] == '\0');
    g_autofree char *other =
        part->word != NULL ? shell_expand_text(shell, part->word, results, io_next) : NULL;
    char kind = part->op[0] == ':' ? part->op[1] : part->op[0];

    if (strcmp(part->op, "length") == 0)
        return g_strdup_printf("%u", value != NULL ? (guint)strlen(value) : 0);
    switch (other != NULL ? kind : '\0') {
    case '=':
        if (is_unset)
            shell_set(shell, part->text, other);
        return g_strdup(is_unset ? other : value);
    case '-':
    case '?':
        return g_strdup(is_unset ? other : value);
    case '+':
        return g_strdup(is_unset ? "" : other);
    case '#':
    case '%':
        return trim(value != NULL ? value : "", part->op, other);
    default:
        return g_strdup(value != NULL ? value : "");
    }
}

static char *
expand_part(Shell *shell, const ShPart *part, GPtrArray *results, guint *io_next)
{
    switch (part->type) {
    case SH_TEXT:
        return g_strdup(part->text);
    case SH_VAR:
        return expand_variable(shell, part, results, io_next);
    case SH_ARITH:
        return g_strdup_printf("%" G_GINT64_FORMAT, shell_arithmetic(shell, part->text));
    default: {
        char *text;
        gsize length;

        if (results == NULL || *io_next >= results->len)
            return g_strdup("");
        text = g_strdup(((GString *)g_ptr_array_index(results, (*io_next)++))->str);
        for (length = strlen(text); length > 0 && text[length - 1] == '\n'; length--)
            text[length - 1] = '\0';
        return text;
    }
    }
}

char *
shell_expand_text(Shell *shell, const ShWord *word, GPtrArray *results, guint *io_next)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < word->parts->len; i++) {
        g_autofree char *part =
            expand_part(shell, &g_array_index(word->parts, ShPart, i), results, io_next);

        g_string_append(text, part);
    }
    return g_string_free(text, FALSE);
}

/* Names that fit, for a pattern in the last component only; FALSE if none does. */
static gboolean
expand_glob(Shell *shell, const char *pattern, GPtrArray *fields)
{
    const char *slash = strrchr(pattern, '/');
    g_autofree char *dir =
        slash != NULL ? g_strndup(pattern, (gsize)(slash - pattern) + 1) : g_strdup("");
    const char *last = slash != NULL ? slash + 1 : pattern;
    g_autofree char *whole = shell_path(shell, dir[0] != '\0' ? dir : ".");
    g_autoptr(GPtrArray) names = NULL;
    gboolean found = FALSE;

    if (strpbrk(last, "*?[") == NULL)
        return FALSE;
    names = fs_list(&shell->container->files, whole);
    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if ((name[0] == '.') == (last[0] == '.') && shell_match(last, name)) {
            g_ptr_array_add(fields, g_strconcat(dir, name, NULL));
            found = TRUE;
        }
    }
    return found;
}

typedef struct {
    GString *text;
    gboolean exists;   /* even if the text is empty: something was quoted */
    gboolean has_glob; /* an unquoted * or ? */
} Field;

static void
field_end(Shell *shell, Field *field, GPtrArray *fields)
{
    if (field->exists || field->text->len > 0) {
        if (!field->has_glob || !expand_glob(shell, field->text->str, fields))
            g_ptr_array_add(fields, g_strdup(field->text->str));
    }
    g_string_truncate(field->text, 0);
    field->exists = FALSE;
    field->has_glob = FALSE;
}

static void
field_add_split(Shell *shell, Field *field, const char *text, GPtrArray *fields)
{
    for (; *text != '\0'; text++) {
        if (strchr(" \t\n", *text) != NULL)
            field_end(shell, field, fields);
        else
            g_string_append_c(field->text, *text);
    }
}

void
shell_expand_fields(Shell *shell,
                    const ShWord *word,
                    GPtrArray *results,
                    guint *io_next,
                    GPtrArray *fields)
{
    Field field = {.text = g_string_new(NULL)};

    for (guint i = 0; i < word->parts->len; i++) {
        const ShPart *part = &g_array_index(word->parts, ShPart, i);
        g_autofree char *text = NULL;

        if (part->type == SH_VAR && part->is_quoted && strcmp(part->text, "@") == 0) {
            for (guint j = 1; shell->args[0] != NULL && shell->args[j] != NULL; j++) {
                if (j > 1)
                    field_end(shell, &field, fields);
                g_string_append(field.text, shell->args[j]);
                field.exists = TRUE;
            }
            continue;
        }
        text = expand_part(shell, part, results, io_next);
        if (part->type == SH_TEXT && !part->is_quoted && strpbrk(text, "*?[") != NULL)
            field.has_glob = TRUE;
        if (part->is_quoted)
            field.exists = TRUE;
        if (part->is_quoted || part->type == SH_TEXT)
            g_string_append(field.text, text);
        else
            field_add_split(shell, &field, text, fields);
    }
    field_end(shell, &field, fields);
    g_string_free(field.text, TRUE);
}
