/* editor.c - see editor.h */

#include "kubectl/editor.h"

typedef struct {
    enum { EVERYWHERE, LINE, LAST_LINE, PATTERN } where;
    guint line;
    GRegex *address;   /* (owned) */
    char command;      /* 's', 'd' */
    GRegex *pattern;   /* (owned) s */
    char *replacement; /* (owned) s: as GRegex takes it */
    gboolean is_global;
} Edit;

static void
edit_free(gpointer data)
{
    Edit *self = data;

    if (self->address != NULL)
        g_regex_unref(self->address);
    if (self->pattern != NULL)
        g_regex_unref(self->pattern);
    g_free(self->replacement);
    g_free(self);
}

/* A basic expression as an extended one: there \+ and +, \( and ( have changed places. (owned) */
static char *
extended(const char *basic)
{
    GString *out = g_string_new(NULL);

    for (const char *c = basic; *c != '\0'; c++) {
        if (c[0] == '\\' && c[1] != '\0' && strchr("(){}+?|", c[1]) != NULL) {
            g_string_append_c(out, *++c);
        } else if (c[0] == '\\' && c[1] != '\0') {
            g_string_append_c(out, *c++);
            g_string_append_c(out, *c);
        } else {
            if (strchr("(){}+?|", *c) != NULL)
                g_string_append_c(out, '\\');
            g_string_append_c(out, *c);
        }
    }
    return g_string_free(out, FALSE);
}

static GRegex *
compile(const char *text, gboolean is_extended, gboolean no_case)
{
    g_autofree char *pattern = is_extended ? g_strdup(text) : extended(text);

    return g_regex_new(pattern, no_case ? G_REGEX_CASELESS : 0, 0, NULL);
}

/* Up to @end, which a backslash may stand before; NULL: it does not come. (owned) */
static char *
take_until(const char **at, char end)
{
    GString *out = g_string_new(NULL);

    for (; **at != '\0' && **at != end; (*at)++) {
        if ((*at)[0] == '\\' && (*at)[1] == end) {
            (*at)++;
        } else if ((*at)[0] == '\\' && (*at)[1] != '\0') {
            g_string_append_c(out, **at);
            (*at)++;
        }
        g_string_append_c(out, **at);
    }
    if (**at != end) {
        g_string_free(out, TRUE);
        return NULL;
    }
    (*at)++;
    return g_string_free(out, FALSE);
}

/* sed's & and \1 in the words of GRegex. (owned) */
static char *
replacement_of(const char *text)
{
    GString *out = g_string_new(NULL);

    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '&')
            g_string_append(out, "\\0");
        else if (c[0] == '\\' && c[1] == '&')
            g_string_append_c(out, *++c);
        else if (c[0] == '\\' && c[1] != '\0') {
            g_string_append_c(out, *c++);
            g_string_append_c(out, *c);
        } else
            g_string_append_c(out, *c);
    }
    return g_string_free(out, FALSE);
}

static gboolean
read_address(Edit *edit, const char **at, gboolean is_extended)
{
    if (g_ascii_isdigit(**at)) {
        edit->where = LINE;
        edit->line = (guint)g_ascii_strtoull(*at, (char **)at, 10);
    } else if (**at == '$') {
        edit->where = LAST_LINE;
        (*at)++;
    } else if (**at == '/') {
        g_autofree char *text = NULL;

        (*at)++;
        text = take_until(at, '/');
        edit->where = PATTERN;
        edit->address = text != NULL ? compile(text, is_extended, FALSE) : NULL;
        return edit->address != NULL;
    }
    return TRUE;
}

static gboolean
read_substitution(Edit *edit, const char **at, gboolean is_extended)
{
    char end = **at;
    gboolean no_case = FALSE;
    g_autofree char *pattern = NULL;
    g_autofree char *replacement = NULL;

    if (end == '\0')
        return FALSE;
    (*at)++;
    pattern = take_until(at, end);
    replacement = pattern != NULL ? take_until(at, end) : NULL;
    if (replacement == NULL)
        return FALSE;
    for (; **at != '\0' && strchr("gIi", **at) != NULL; (*at)++) {
        edit->is_global |= **at == 'g';
        no_case |= **at != 'g';
    }
    edit->pattern = compile(pattern, is_extended, no_case);
    edit->replacement = replacement_of(replacement);
    return edit->pattern != NULL;
}

static gboolean
read_script(const char *script, gboolean is_extended, GPtrArray *edits)
{
    for (const char *at = script; *at != '\0';) {
        Edit *edit;

        if (strchr("; \n", *at) != NULL) {
            at++;
            continue;
        }
        edit = g_new0(Edit, 1);
        g_ptr_array_add(edits, edit);
        if (!read_address(edit, &at, is_extended))
            return FALSE;
        edit->command = *at;
        if (*at != 's' && *at != 'd')
            return FALSE;
        at++;
        if (edit->command == 's' && !read_substitution(edit, &at, is_extended))
            return FALSE;
        if (*at != '\0' && strchr("; \n", *at) == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean
is_meant(const Edit *edit, const char *line, guint number, gboolean is_last)
{
    return edit->where == EVERYWHERE || (edit->where == LINE && number == edit->line) ||
           (edit->where == LAST_LINE && is_last) ||
           (edit->where == PATTERN && g_regex_match(edit->address, line, 0, NULL));
}

/* s/a/b/: the first place, or all. (owned) */
static char *
substitute(const Edit *edit, const char *line)
{
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *put = NULL;
    int begin, end;

    if (edit->is_global)
        return g_regex_replace(edit->pattern, line, -1, 0, edit->replacement, 0, NULL);
    if (!g_regex_match(edit->pattern, line, 0, &match))
        return g_strdup(line);
    g_match_info_fetch_pos(match, 0, &begin, &end);
    put = g_match_info_expand_references(match, edit->replacement, NULL);
    return g_strdup_printf("%.*s%s%s", begin, line, put != NULL ? put : "", line + end);
}

static char *
apply(const GPtrArray *edits, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *out = g_string_new(NULL);
    guint n = g_strv_length(lines);

    if (n > 0 && lines[n - 1][0] == '\0')
        n--; /* behind the last newline */
    for (guint i = 0; i < n; i++) {
        g_autofree char *line = g_strdup(lines[i]);
        gboolean is_deleted = FALSE;

        for (guint e = 0; e < edits->len && !is_deleted; e++) {
            const Edit *edit = g_ptr_array_index(edits, e);
            char *changed;

            if (!is_meant(edit, line, i + 1, i + 1 == n))
                continue;
            is_deleted = edit->command == 'd';
            changed = is_deleted ? g_strdup(line) : substitute(edit, line);
            g_free(line);
            line = changed;
        }
        if (!is_deleted)
            g_string_append_printf(out, "%s\n", line);
    }
    return g_string_free(out, FALSE);
}

/* NULL: no such script. */
static char *
run_sed(char **words, const char *text)
{
    g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(edit_free);
    gboolean is_extended = FALSE, is_in_place = FALSE, has_script = FALSE;

    for (guint i = 1; words[i] != NULL; i++) {
        const char *word = words[i];

        if (str_is(word, "-E") || str_is(word, "-r"))
            is_extended = TRUE;
        else if (g_str_has_prefix(word, "-i") || str_is(word, "--in-place"))
            is_in_place = TRUE;
        else if (str_is(word, "-e") && words[i + 1] != NULL && read_script(words[++i], is_extended, edits))
            has_script = TRUE;
        else if (word[0] != '-' && !has_script && read_script(word, is_extended, edits))
            has_script = TRUE;
        else
            return NULL;
    }
    if (!has_script)
        return NULL;
    return is_in_place ? apply(edits, text) : g_strdup(text); /* else it goes to standard output */
}

char *
editor_run(const KubectlOptions *options, const char *line, const char *text, char **out_message)
{
    g_auto(GStrv) words = kubectl_split(line, out_message);
    char *changed = NULL;

    if (words == NULL)
        return NULL;
    if (str_is(words[0], "true") || str_is(words[0], ":") || str_is(words[0], "cat"))
        return g_strdup(text);
    if (str_is(words[0], "sed")) {
        changed = run_sed(words, text);
    } else if (str_is(words[0], "cp") && words[1] != NULL && words[2] == NULL && options->read_file != NULL) {
        gsize length;

        changed = options->read_file(options->self, words[1], &length);
    } else {
        *out_message = g_strdup_printf("unable to launch the editor \"%s\"", line);
        return NULL;
    }
    if (changed == NULL)
        *out_message = g_strdup_printf("there was a problem with the editor \"%s\"", line);
    return changed;
}
