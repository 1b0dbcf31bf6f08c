/* shell_filters.c - see shell_internal.h: commands that change text on its way, as busybox has them */

#include "world/shell_internal.h"

#include <stdlib.h>

/* What a filter works on: the named files, or its input; NULL: one is missing (said so). (owned) */
static char *
input_of(Shell *shell, Frame *frame, guint argc, char **argv, guint first)
{
    GString *text = g_string_new(NULL);

    if (first >= argc && frame->io.input != NULL)
        g_string_append(text, frame->io.input->str);
    for (guint i = first; i < argc; i++) {
        g_autofree char *path = shell_path(shell, argv[i]);
        const FsNode *node = fs_get(&shell->container->files, path);

        if (strcmp(argv[i], "-") == 0) {
            g_string_append(text, frame->io.input != NULL ? frame->io.input->str : "");
        } else if (node == NULL || node->is_dir) {
            shell_complain(shell, frame, "%s: %s: No such file or directory", argv[0], argv[i]);
            g_string_free(text, TRUE);
            return NULL;
        } else {
            g_string_append(text, node->text->str);
        }
    }
    return g_string_free(text, FALSE);
}

/* A final newline makes no line. (owned) */
static char **
lines_of(const char *text)
{
    g_autofree char *copy = g_strdup(text);
    gsize length = strlen(copy);

    if (length > 0 && copy[length - 1] == '\n')
        copy[length - 1] = '\0';
    return length == 0 ? g_new0(char *, 1) : g_strsplit(copy, "\n", -1);
}

/* --- cut --------------------------------------------------------------------------------------- */

/* "2", "1,3", "2-", "-3", "2-4" */
static gboolean
list_has(const char *list, guint n)
{
    g_auto(GStrv) items = g_strsplit(list, ",", -1);

    for (guint i = 0; items[i] != NULL; i++) {
        const char *dash = strchr(items[i], '-');
        guint from = (guint)MAX(g_ascii_strtoll(items[i], NULL, 10), 1);
        guint to = dash == NULL ? from : dash[1] == '\0' ? G_MAXUINT : (guint)g_ascii_strtoll(dash + 1, NULL, 10);

        if (dash == items[i])
            from = 1;
        if (n >= from && n <= to)
            return TRUE;
    }
    return FALSE;
}

static void
cut_line(GString *out, const char *line, const char *delimiter, const char *fields, const char *chars)
{
    g_auto(GStrv) parts = fields != NULL ? g_strsplit(line, delimiter, -1) : NULL;
    guint n_out = 0;

    if (fields != NULL && strstr(line, delimiter) == NULL) {
        g_string_append(out, line);
    } else if (fields != NULL) {
        for (guint i = 0; parts[i] != NULL; i++)
            if (list_has(fields, i + 1))
                g_string_append_printf(out, "%s%s", n_out++ > 0 ? delimiter : "", parts[i]);
    } else {
        for (guint i = 0; line[i] != '\0'; i++)
            if (list_has(chars, i + 1))
                g_string_append_c(out, line[i]);
    }
    g_string_append_c(out, '\n');
}

static gint32
run_cut(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *delimiter = "\t", *fields = NULL, *chars = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint first = 1;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0'; first++) {
        char option = argv[first][1];
        const char *value = argv[first][2] != '\0' ? argv[first] + 2 : first + 1 < argc ? argv[++first] : "";

        if (option == 'd')
            delimiter = value[0] != '\0' ? value : delimiter;
        else if (option == 'f')
            fields = value;
        else
            chars = value;
    }
    if (fields == NULL && chars == NULL) {
        shell_complain(shell, frame, "cut: expected a list of bytes, characters, or fields");
        return 1;
    }
    text = input_of(shell, frame, argc, argv, first);
    if (text == NULL)
        return 1;
    lines = lines_of(text);
    for (guint i = 0; lines[i] != NULL; i++)
        cut_line(out, lines[i], delimiter, fields, chars);
    sink_write(shell, frame->io.out, out->str, out->len);
    return 0;
}

/* --- tr ------------------------------------------------------------------------------------------ */

static char
tr_escaped(const char **at)
{
    char c = **at;

    (*at)++;
    if (c != '\\' || **at == '\0')
        return c;
    c = *(*at)++;
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

static void
tr_add_range(GString *set, char from, char to)
{
    for (int c = (guchar)from; c <= (guchar)to; c++)
        g_string_append_c(set, (char)c);
}

/* "a-z", "[:upper:]", "\n" */
static GString *
tr_set(const char *text)
{
    static const struct {
        const char *name, *ranges;
    } classes[] = {{"[:upper:]", "AZ"}, {"[:lower:]", "az"}, {"[:digit:]", "09"}, {"[:alpha:]", "AZaz"},
                   {"[:alnum:]", "09AZaz"}, {"[:space:]", "\t\r  "}};
    GString *set = g_string_new(NULL);

    for (const char *at = text; *at != '\0';) {
        const char *ranges = NULL;
        char c;

        for (guint i = 0; i < G_N_ELEMENTS(classes) && ranges == NULL; i++)
            if (g_str_has_prefix(at, classes[i].name)) {
                ranges = classes[i].ranges;
                at += strlen(classes[i].name);
            }
        for (; ranges != NULL && *ranges != '\0'; ranges += 2)
            tr_add_range(set, ranges[0], ranges[1]);
        if (ranges != NULL)
            continue;
        c = tr_escaped(&at);
        if (at[0] == '-' && at[1] != '\0') {
            at++;
            tr_add_range(set, c, tr_escaped(&at));
        } else {
            g_string_append_c(set, c);
        }
    }
    return set;
}

static gint32
run_tr(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean deletes = FALSE, squeezes = FALSE, others = FALSE;
    guint first = 1;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) from = NULL;
    g_autoptr(GString) to = NULL;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0'; first++) {
        deletes = deletes || strchr(argv[first], 'd') != NULL;
        squeezes = squeezes || strchr(argv[first], 's') != NULL;
        others = others || strpbrk(argv[first], "cC") != NULL;
    }
    from = tr_set(first < argc ? argv[first] : "");
    to = tr_set(first + 1 < argc ? argv[first + 1] : "");
    for (const char *at = frame->io.input != NULL ? frame->io.input->str : ""; *at != '\0'; at++) {
        const char *found = strchr(from->str, *at);
        gboolean is_in = (found != NULL) != others;
        gsize index = found != NULL && to->len > 0 ? MIN((gsize)(found - from->str), to->len - 1) : 0;
        char c = is_in && !deletes && to->len > 0 ? to->str[others ? to->len - 1 : index] : *at;

        if (is_in && deletes)
            continue;
        if (is_in && squeezes && out->len > 0 && out->str[out->len - 1] == c)
            continue;
        g_string_append_c(out, c);
    }
    sink_write(shell, frame->io.out, out->str, out->len);
    return 0;
}

/* --- sed ------------------------------------------------------------------------------------------- */

/* One command: s/RE/TEXT/[gpi], d, p, q; before it a line number, $ or /RE/. */
typedef struct {
    gint64 line; /* 0: any; -1: the last */
    GRegex *address, *pattern; /* (owned) or NULL */
    char *replacement;         /* (owned) as GRegex wants it */
    char verb;
    gboolean is_global, prints;
} SedCommand;

static void
sed_command_clear(SedCommand *command)
{
    g_clear_pointer(&command->address, g_regex_unref);
    g_clear_pointer(&command->pattern, g_regex_unref);
    g_clear_pointer(&command->replacement, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SedCommand, sed_command_clear)

/* Basic expressions escape what extended ones say plainly. */
static GRegex *
sed_regex(const char *text, gsize length, gboolean is_extended, gboolean ignores_case)
{
    g_autoptr(GString) pattern = g_string_new(NULL);

    for (gsize i = 0; i < length; i++) {
        gboolean is_mark = strchr("(){}+?|", text[i]) != NULL;

        if (text[i] == '\\' && i + 1 < length && strchr("(){}+?|", text[i + 1]) != NULL) {
            i++;
            g_string_append_printf(pattern, "%s%c", is_extended ? "\\" : "", text[i]);
        } else if (text[i] == '\\' && i + 1 < length) {
            g_string_append_c(pattern, text[i++]);
            g_string_append_c(pattern, text[i]);
        } else {
            g_string_append_printf(pattern, "%s%c", is_mark && !is_extended ? "\\" : "", text[i]);
        }
    }
    return g_regex_new(pattern->str, ignores_case ? G_REGEX_CASELESS : 0, 0, NULL);
}

/* The part up to @mark; NULL if there is no such mark. */
static const char *
sed_part(const char *at, char mark)
{
    for (; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        else if (*at == mark)
            return at;
    }
    return NULL;
}

/* "&" is all that matched; "\1" stays. */
static char *
sed_replacement(const char *text, gsize length, char mark)
{
    GString *out = g_string_new(NULL);

    for (gsize i = 0; i < length; i++) {
        if (text[i] == '&')
            g_string_append(out, "\\0");
        else if (text[i] == '\\' && i + 1 < length && (text[i + 1] == '&' || text[i + 1] == mark))
            g_string_append_c(out, text[++i]);
        else
            g_string_append_c(out, text[i]);
    }
    return g_string_free(out, FALSE);
}

static gboolean
sed_parse_address(const char **at, gboolean is_extended, SedCommand *out)
{
    const char *end;

    if (g_ascii_isdigit(**at)) {
        out->line = g_ascii_strtoll(*at, (char **)at, 10);
    } else if (**at == '$') {
        out->line = -1;
        (*at)++;
    } else if (**at == '/') {
        end = sed_part(*at + 1, '/');
        out->address = end != NULL ? sed_regex(*at + 1, (gsize)(end - *at - 1), is_extended, FALSE) : NULL;
        if (out->address == NULL)
            return FALSE;
        *at = end + 1;
    }
    return TRUE;
}

static gboolean
sed_parse(const char *text, gboolean is_extended, SedCommand *out)
{
    const char *at = text + strspn(text, " ");
    const char *middle, *end;

    *out = (SedCommand){0};
    if (!sed_parse_address(&at, is_extended, out))
        return FALSE;
    out->verb = *at;
    if (out->verb != 's')
        return out->verb != '\0' && strchr("dpq", out->verb) != NULL && at[1] == '\0';
    middle = at[1] != '\0' ? sed_part(at + 2, at[1]) : NULL;
    end = middle != NULL ? sed_part(middle + 1, at[1]) : NULL;
    if (end == NULL)
        return FALSE;
    out->is_global = strchr(end + 1, 'g') != NULL;
    out->prints = strchr(end + 1, 'p') != NULL;
    out->pattern = sed_regex(at + 2, (gsize)(middle - at - 2), is_extended, strpbrk(end + 1, "iI") != NULL);
    out->replacement = sed_replacement(middle + 1, (gsize)(end - middle - 1), at[1]);
    return out->pattern != NULL;
}

/* (owned), NULL: nothing matched */
static char *
sed_substitute(const SedCommand *command, const char *line)
{
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *rest = NULL;
    int from = 0, to = 0;

    if (!g_regex_match(command->pattern, line, 0, &match))
        return NULL;
    if (command->is_global)
        return g_regex_replace(command->pattern, line, -1, 0, command->replacement, 0, NULL);
    g_match_info_fetch_pos(match, 0, &from, &to);
    rest = g_match_info_expand_references(match, command->replacement, NULL);
    return g_strdup_printf("%.*s%s%s", from, line, rest != NULL ? rest : "", line + to);
}

static void
sed_run(const SedCommand *command, char **lines, gboolean is_quiet, GString *out)
{
    for (guint i = 0; lines[i] != NULL; i++) {
        gboolean is_meant = (command->line == 0 || command->line == i + 1 || (command->line < 0 && lines[i + 1] == NULL)) &&
                            (command->address == NULL || g_regex_match(command->address, lines[i], 0, NULL));
        g_autofree char *changed = is_meant && command->verb == 's' ? sed_substitute(command, lines[i]) : NULL;
        const char *line = changed != NULL ? changed : lines[i];

        if (is_meant && command->verb == 'd')
            continue;
        if ((is_meant && command->verb == 'p') || (changed != NULL && command->prints))
            g_string_append_printf(out, "%s\n", line);
        if (!is_quiet)
            g_string_append_printf(out, "%s\n", line);
        if (is_meant && command->verb == 'q')
            return;
    }
}

static gint32
run_sed(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean is_quiet = FALSE, in_place = FALSE, is_extended = FALSE;
    const char *script = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_auto(SedCommand) command = {0};
    guint first = 1;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0'; first++) {
        is_quiet = is_quiet || strchr(argv[first], 'n') != NULL;
        in_place = in_place || argv[first][1] == 'i';
        is_extended = is_extended || strpbrk(argv[first], "rE") != NULL;
        if (strcmp(argv[first], "-e") == 0 && first + 1 < argc)
            script = argv[++first];
    }
    if (script == NULL && first < argc)
        script = argv[first++];
    if (script == NULL || !sed_parse(script, is_extended, &command)) {
        shell_complain(shell, frame, "sed: unsupported command %s", script != NULL ? script : "");
        return 1;
    }
    text = input_of(shell, frame, argc, argv, first);
    if (text == NULL)
        return 1;
    lines = lines_of(text);
    sed_run(&command, lines, is_quiet, out);
    if (in_place && first < argc) {
        g_autofree char *path = shell_path(shell, argv[first]);

        return fs_write(&shell->container->files, path, out->str, out->len, FALSE, shell_now_ns(shell)) == NULL ? 0 : 1;
    }
    sink_write(shell, frame->io.out, out->str, out->len);
    return 0;
}

/* --- awk: what people print of columns ----------------------------------------------------------------- */

/* A field, "text", NR, NF, $NF; FALSE: something else. */
static gboolean
awk_append(GString *out, const char *item, char **fields, guint n_line, const char *line)
{
    guint n_fields = g_strv_length(fields);
    gsize length = strlen(item);

    if (item[0] == '"' && length >= 2 && item[length - 1] == '"') {
        g_autofree char *inner = g_strndup(item + 1, length - 2);
        g_autofree char *plain = g_strcompress(inner);

        g_string_append(out, plain);
    } else if (strcmp(item, "NR") == 0) {
        g_string_append_printf(out, "%u", n_line);
    } else if (strcmp(item, "NF") == 0) {
        g_string_append_printf(out, "%u", n_fields);
    } else if (strcmp(item, "$0") == 0) {
        g_string_append(out, line);
    } else if (item[0] == '$' && (g_ascii_isdigit(item[1]) || strcmp(item, "$NF") == 0)) {
        guint n = strcmp(item, "$NF") == 0 ? n_fields : (guint)g_ascii_strtoull(item + 1, NULL, 10);

        if (n >= 1 && n <= n_fields)
            g_string_append(out, fields[n - 1]);
    } else {
        return FALSE;
    }
    return TRUE;
}

/* Items of "print A, B C": a comma is a blank between them. */
static gboolean
awk_print(GString *out, const char *items, char **fields, guint n_line, const char *line)
{
    const char *at = items + strspn(items, " \t");

    if (*at == '\0')
        g_string_append(out, line);
    while (*at != '\0') {
        gsize length = *at == '"' ? 1 + strcspn(at + 1, "\"") + 1 : strcspn(at, " ,\t\"");
        g_autofree char *item = g_strndup(at, length);

        if (length == 0 || !awk_append(out, item, fields, n_line, line))
            return FALSE;
        at += strnlen(at, length);
        at += strspn(at, " \t");
        if (*at == ',') {
            g_string_append_c(out, ' ');
            at++;
            at += strspn(at, " \t");
        }
    }
    g_string_append_c(out, '\n');
    return TRUE;
}

static char **
awk_fields(const char *line, const char *separator)
{
    g_autoptr(GStrvBuilder) builder = NULL;

    if (separator != NULL)
        return g_strsplit(line, separator, -1);
    builder = g_strv_builder_new();
    for (const char *at = line + strspn(line, " \t"); *at != '\0'; at += strspn(at, " \t")) {
        g_autofree char *word = g_strndup(at, strcspn(at, " \t"));

        g_strv_builder_add(builder, word);
        at += strlen(word);
    }
    return g_strv_builder_end(builder);
}

/* [/RE/ | NR==N] [{print ...}] */
typedef struct {
    GRegex *address; /* (owned) */
    guint line;      /* 0: all */
    char *items;     /* (owned) */
} AwkProgram;

static void
awk_program_clear(AwkProgram *program)
{
    g_clear_pointer(&program->address, g_regex_unref);
    g_clear_pointer(&program->items, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AwkProgram, awk_program_clear)

static gboolean
awk_parse(const char *text, AwkProgram *out)
{
    g_autofree char *copy = g_strstrip(g_strdup(text));
    const char *at = copy;
    gsize length;

    if (*at == '/') {
        const char *end = sed_part(at + 1, '/');

        out->address = end != NULL ? sed_regex(at + 1, (gsize)(end - at - 1), TRUE, FALSE) : NULL;
        if (out->address == NULL)
            return FALSE;
        at = end + 1;
    } else if (g_str_has_prefix(at, "NR")) {
        at += 2 + strspn(at + 2, " ");
        if (!g_str_has_prefix(at, "=="))
            return FALSE;
        out->line = (guint)g_ascii_strtoull(at + 2, (char **)&at, 10);
    }
    at += strspn(at, " \t");
    if (*at == '\0') {
        out->items = g_strdup("");
        return out->address != NULL || out->line > 0;
    }
    length = strlen(at);
    if (*at != '{' || at[length - 1] != '}')
        return FALSE;
    out->items = g_strstrip(g_strndup(at + 1, length - 2));
    if (!g_str_has_prefix(out->items, "print") || (out->items[5] != '\0' && strchr(" \t\"$", out->items[5]) == NULL))
        return FALSE;
    memmove(out->items, out->items + 5, strlen(out->items + 5) + 1);
    return TRUE;
}

static gint32
run_awk(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *separator = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_auto(AwkProgram) program = {0};
    guint first = 1;

    for (; first < argc && g_str_has_prefix(argv[first], "-F"); first++)
        separator = argv[first][2] != '\0' ? argv[first] + 2 : first + 1 < argc ? argv[++first] : NULL;
    if (first >= argc || !awk_parse(argv[first], &program)) {
        shell_complain(shell, frame, "awk: only patterns and print are understood");
        return 2;
    }
    text = input_of(shell, frame, argc, argv, first + 1);
    if (text == NULL)
        return 2;
    lines = lines_of(text);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) fields = awk_fields(lines[i], separator);

        if ((program.line > 0 && program.line != i + 1) ||
            (program.address != NULL && !g_regex_match(program.address, lines[i], 0, NULL)))
            continue;
        if (!awk_print(out, program.items, fields, i + 1, lines[i])) {
            shell_complain(shell, frame, "awk: only patterns and print are understood");
            return 2;
        }
    }
    sink_write(shell, frame->io.out, out->str, out->len);
    return 0;
}

/* --- sums, and words for others ------------------------------------------------------------------------- */

static gint32
run_sum(Shell *shell, Frame *frame, guint argc, char **argv)
{
    GChecksumType type = g_str_has_prefix(argv[0], "md5") ? G_CHECKSUM_MD5
                         : g_str_has_prefix(argv[0], "sha1") ? G_CHECKSUM_SHA1
                                                             : G_CHECKSUM_SHA256;

    /* A sum of what has no end is a way to keep a core busy. */
    if (argc > 1 && (strcmp(argv[1], "/dev/zero") == 0 || strcmp(argv[1], "/dev/urandom") == 0))
        return shell_find_tool("yes")->run(shell, frame, argc, argv);
    for (guint i = argc > 1 ? 1 : argc - 1; i < MAX(argc, 2); i++) {
        g_autofree char *text = input_of(shell, frame, argc > 1 ? i + 1 : argc, argv, argc > 1 ? i : argc);
        g_autofree char *sum = text != NULL ? g_compute_checksum_for_string(type, text, -1) : NULL;

        if (sum == NULL)
            return 1;
        shell_print(shell, frame, "%s  %s\n", sum, argc > 1 ? argv[i] : "-");
        if (argc < 2)
            break;
    }
    return 0;
}

/* All words of the input behind the command's own. */
static gint32
run_xargs(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autofree char *input = g_strdelimit(g_strdup(frame->io.input != NULL ? frame->io.input->str : ""), "\n", ' ');
    g_auto(GStrv) words = awk_fields(input, NULL);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    guint first = 1;

    while (first < argc && argv[first][0] == '-') {
        gboolean takes_value = strcmp(argv[first], "-n") == 0 || strcmp(argv[first], "-P") == 0;

        first += takes_value && first + 1 < argc ? 2 : 1;
    }
    for (guint i = first; i < argc; i++)
        g_ptr_array_add(all, argv[i]);
    if (all->len == 0)
        g_ptr_array_add(all, (gpointer) "echo");
    for (guint i = 0; words[i] != NULL; i++)
        g_ptr_array_add(all, words[i]);
    g_ptr_array_add(all, NULL);
    return shell_run_argv(shell, frame, all->len - 1, (char **)all->pdata);
}

const ShellTool shell_filter_tools[] = {
    {"cut", run_cut, FALSE},
    {"tr", run_tr, FALSE},
    {"sed", run_sed, FALSE},
    {"awk", run_awk, FALSE},
    {"md5sum", run_sum, FALSE},
    {"sha1sum", run_sum, FALSE},
    {"sha256sum", run_sum, FALSE},
    {"xargs", run_xargs, TRUE},
    {NULL, NULL, FALSE},
};
