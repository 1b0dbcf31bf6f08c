/* shell_text.c - see shell_internal.h: commands that print and pick text */

#include "world/shell_internal.h"

#include <stdlib.h>

static const char *
escape(const char *at, GString *out)
{
    static const char from[] = "ntr\\abfv0e";
    static const char to[] = "\n\t\r\\\a\b\f\v\0\033";
    const char *found = strchr(from, *at);

    if (*at == '\0' || found == NULL) {
        g_string_append_c(out, '\\');
        return at;
    }
    g_string_append_c(out, to[found - from]);
    return at + 1;
}

static gint32
run_echo(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean newline = TRUE;
    gboolean escapes = FALSE;
    guint i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0' &&
           strspn(argv[i] + 1, "neE") == strlen(argv[i] + 1);
         i++) {
        newline = newline && strchr(argv[i], 'n') == NULL;
        escapes = escapes || strchr(argv[i], 'e') != NULL;
    }
    for (guint first = i; i < argc; i++) {
        if (i > first)
            g_string_append_c(out, ' ');
        for (const char *at = argv[i]; *at != '\0';) {
            if (escapes && *at == '\\')
                at = escape(at + 1, out);
            else
                g_string_append_c(out, *at++);
        }
    }
    if (newline)
        g_string_append_c(out, '\n');
    sink_write(shell, frame->io.out, out->str, out->len);
    return 0;
}

/* %s %d %c %%, widths are passed over. */
static gint32
run_printf(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autoptr(GString) out = g_string_new(NULL);
    guint next = 2;

    for (const char *at = argc > 1 ? argv[1] : ""; *at != '\0';) {
        const char *word;

        if (*at == '\\') {
            at = escape(at + 1, out);
            continue;
        }
        if (*at != '%') {
            g_string_append_c(out, *at++);
            continue;
        }
        at++;
        if (*at == '%') {
            g_string_append_c(out, *at++);
            continue;
        }
        at += strspn(at, "-0123456789.");
        word = next < argc ? argv[next++] : "";
        if (*at == 'd' || *at == 'i' || *at == 'u')
            g_string_append_printf(out, "%" G_GINT64_FORMAT, g_ascii_strtoll(word, NULL, 10));
        else if (*at == 'c')
            g_string_append_printf(out, "%.1s", word);
        else
            g_string_append(out, word);
        at += *at != '\0';
    }
    sink_write(shell, frame->io.out, out->str, out->len);
    return 0;
}

/* --- input of filters ---------------------------------------------------------------------------- */

/* The text of the named files, or of the input; NULL: something is missing (said so). (owned) */
static char *
gather(Shell *shell, Frame *frame, const char *tool, guint n, char **names)
{
    GString *text = g_string_new(NULL);
    gboolean is_missing = FALSE;

    if (n == 0 && frame->io.input != NULL)
        g_string_append(text, frame->io.input->str);
    for (guint i = 0; i < n; i++) {
        g_autofree char *path = shell_path(shell, names[i]);
        const FsNode *node = fs_get(&shell->container->files, path);

        if (strcmp(names[i], "-") == 0 && frame->io.input != NULL) {
            g_string_append(text, frame->io.input->str);
        } else if (node == NULL || node->is_dir) {
            shell_complain(shell, frame, "%s: %s: No such file or directory", tool, names[i]);
            is_missing = TRUE;
        } else {
            g_string_append(text, node->text->str);
        }
    }
    return g_string_free(text, is_missing && text->len == 0);
}

/* Lines without their newlines; a final newline makes no line. (owned) */
static char **
split_lines(char *text)
{
    gsize length = strlen(text);

    if (length > 0 && text[length - 1] == '\n')
        text[length - 1] = '\0';
    return length == 0 ? g_new0(char *, 1) : g_strsplit(text, "\n", -1);
}

/* Plain words with ^ $ . and .*: what people grep for. */
static gboolean
grep_matches(const char *pattern, const char *line, gboolean ignores_case)
{
    g_autofree char *p = ignores_case ? g_ascii_strdown(pattern, -1) : g_strdup(pattern);
    g_autofree char *l = ignores_case ? g_ascii_strdown(line, -1) : g_strdup(line);
    g_autoptr(GString) glob = g_string_new(NULL);
    const char *at = p;

    if (*at == '^')
        at++;
    else
        g_string_append_c(glob, '*');
    for (; *at != '\0'; at++) {
        if (at[0] == '.' && at[1] == '*') {
            g_string_append_c(glob, '*');
            at++;
        } else if (*at == '.') {
            g_string_append_c(glob, '?');
        } else if (at[0] == '\\' && at[1] != '\0') {
            g_string_append_c(glob, *++at);
        } else if (at[0] == '$' && at[1] == '\0') {
            return shell_match(glob->str, l);
        } else {
            g_string_append_c(glob, *at);
        }
    }
    g_string_append_c(glob, '*');
    return shell_match(glob->str, l);
}

static gint32
run_grep(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *pattern = NULL;
    gboolean is_quiet = FALSE, is_inverted = FALSE, ignores_case = FALSE, counts = FALSE;
    guint first = 1;
    guint n_found = 0;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0'; first++) {
        is_quiet = is_quiet || strchr(argv[first], 'q') != NULL;
        is_inverted = is_inverted || strchr(argv[first], 'v') != NULL;
        ignores_case = ignores_case || strchr(argv[first], 'i') != NULL;
        counts = counts || strchr(argv[first], 'c') != NULL;
    }
    if (first >= argc) {
        shell_complain(shell, frame, "grep: no pattern");
        return 2;
    }
    pattern = argv[first];
    text = gather(shell, frame, "grep", argc - first - 1, argv + first + 1);
    if (text == NULL)
        return 2;
    lines = split_lines(text);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (grep_matches(pattern, lines[i], ignores_case) == is_inverted)
            continue;
        n_found++;
        if (!is_quiet && !counts)
            shell_print(shell, frame, "%s\n", lines[i]);
    }
    if (counts && !is_quiet)
        shell_print(shell, frame, "%u\n", n_found);
    return n_found > 0 ? 0 : 1;
}

/* What has no end is longer than that in a pipe. */
#define ENDLESS_MAX ((1 << 20) - 1)

static gint32
run_head(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean is_tail = strcmp(argv[0], "tail") == 0;
    gboolean follows = FALSE;
    gint64 count = 10;
    gboolean counts_bytes = FALSE;
    guint first = 1;
    guint n_lines;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0'; first++) {
        const char *digits = argv[first] + strcspn(argv[first], "0123456789");

        follows = follows || strpbrk(argv[first], "fF") != NULL;
        if (argv[first][1] == 'c') {
            counts_bytes = TRUE;
            count = shell_size(argv[first][2] != '\0' ? argv[first] + 2 : first + 1 < argc ? argv[++first] : "0");
            continue;
        }
        if (*digits == '\0' && strchr(argv[first], 'n') != NULL && first + 1 < argc)
            digits = argv[++first];
        if (*digits != '\0')
            count = g_ascii_strtoll(digits, NULL, 10);
    }
    if (is_tail && follows && argc > first && strcmp(argv[first], "/dev/null") == 0) {
        shell_block(shell, BLOCK_FOREVER);
        return RUN_BLOCKED;
    }
    if (argc > first && shell_is_endless(argv[first]) && !is_tail) {
        g_autofree char *zeros = g_strnfill((gsize)CLAMP(counts_bytes ? count : 512, 0, ENDLESS_MAX), '0');

        sink_write(shell, frame->io.out, zeros, strlen(zeros));
        return 0;
    }
    /* It keeps what it reads until there is a line: what has none takes all the memory. */
    if (is_tail && ((argc > first && shell_is_endless(argv[first])) ||
                    (argc == first && frame->io.input != NULL && frame->io.input->len > ENDLESS_MAX))) {
        char *mem[] = {(char *)"mem", (char *)"1048576", NULL};

        return shell_find_tool("mem")->run(shell, frame, 2, mem);
    }
    text = gather(shell, frame, argv[0], argc - first, argv + first);
    if (text == NULL)
        return 1;
    if (counts_bytes) {
        gsize length = strlen(text);
        gsize wanted = MIN((gsize)count, length);

        sink_write(shell, frame->io.out, is_tail ? text + length - wanted : text, wanted);
        return 0;
    }
    lines = split_lines(text);
    n_lines = g_strv_length(lines);
    for (guint i = 0; i < n_lines; i++) {
        if (is_tail ? i + count >= n_lines : i < count)
            shell_print(shell, frame, "%s\n", lines[i]);
    }
    if (is_tail && follows) {
        shell_block(shell, BLOCK_FOREVER);
        return RUN_BLOCKED;
    }
    return 0;
}

static gint32
run_wc(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint first = argc > 1 && argv[1][0] == '-' ? 2 : 1;
    const char *option = first == 2 ? argv[1] : "-lwc";
    g_autofree char *text = gather(shell, frame, "wc", argc - first, argv + first);
    guint n_lines = 0, n_words = 0, n_bytes;
    gboolean in_word = FALSE;

    if (text == NULL)
        return 1;
    n_bytes = (guint)strlen(text);
    for (const char *at = text; *at != '\0'; at++) {
        n_lines += *at == '\n';
        if (!g_ascii_isspace(*at) && !in_word)
            n_words++;
        in_word = !g_ascii_isspace(*at);
    }
    if (strcmp(option, "-l") == 0)
        shell_print(shell, frame, "%u\n", n_lines);
    else if (strcmp(option, "-w") == 0)
        shell_print(shell, frame, "%u\n", n_words);
    else if (strcmp(option, "-c") == 0)
        shell_print(shell, frame, "%u\n", n_bytes);
    else
        shell_print(shell, frame, "%9u %9u %9u\n", n_lines, n_words, n_bytes);
    return 0;
}

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gint32
run_sort(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint first = 1;
    gboolean is_reversed = FALSE, is_unique = strcmp(argv[0], "uniq") == 0;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint n;

    for (; first < argc && argv[first][0] == '-'; first++) {
        is_reversed = is_reversed || strchr(argv[first], 'r') != NULL;
        is_unique = is_unique || strchr(argv[first], 'u') != NULL;
    }
    text = gather(shell, frame, argv[0], argc - first, argv + first);
    if (text == NULL)
        return 1;
    lines = split_lines(text);
    n = g_strv_length(lines);
    if (strcmp(argv[0], "sort") == 0)
        qsort(lines, n, sizeof(char *), compare_lines);
    for (guint i = 0; i < n; i++) {
        const char *line = lines[is_reversed ? n - 1 - i : i];

        if (!is_unique || i == 0 || strcmp(line, lines[is_reversed ? n - i : i - 1]) != 0)
            shell_print(shell, frame, "%s\n", line);
    }
    return 0;
}

static gint32
run_seq(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 first = argc > 2 ? g_ascii_strtoll(argv[1], NULL, 10) : 1;
    gint64 step = argc > 3 ? g_ascii_strtoll(argv[2], NULL, 10) : 1;
    gint64 last = argc > 1 ? g_ascii_strtoll(argv[argc - 1], NULL, 10) : 0;
    guint n = 0;

    if (step == 0)
        return 1;
    for (gint64 i = first; (step > 0 ? i <= last : i >= last) && n < 100000; i += step, n++)
        shell_print(shell, frame, "%" G_GINT64_FORMAT "\n", i);
    return 0;
}

static gint32
run_expr(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autofree char *text = argc > 1 ? g_strjoinv(" ", argv + 1) : g_strdup("");
    gint64 value = shell_arithmetic(shell, text);

    shell_print(shell, frame, "%" G_GINT64_FORMAT "\n", value);
    return value == 0 ? 1 : 0;
}

static gint32
run_basename(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "";
    const char *slash = strrchr(path, '/');

    if (strcmp(argv[0], "basename") == 0)
        shell_print(shell, frame, "%s\n", slash != NULL ? slash + 1 : path);
    else
        shell_print(shell, frame, "%.*s\n", slash != NULL ? (int)MAX(slash - path, 1) : 1,
                    slash != NULL ? path : ".");
    return 0;
}

/* --- the machine ------------------------------------------------------------------------------------ */

static const char *const day_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void
append_date_field(GString *out, GDateTime *date, gint64 unix_ns, char field)
{
    switch (field) {
    case 'Y':
        g_string_append_printf(out, "%04d", g_date_time_get_year(date));
        break;
    case 'm':
        g_string_append_printf(out, "%02d", g_date_time_get_month(date));
        break;
    case 'd':
        g_string_append_printf(out, "%02d", g_date_time_get_day_of_month(date));
        break;
    case 'e':
        g_string_append_printf(out, "%2d", g_date_time_get_day_of_month(date));
        break;
    case 'H':
        g_string_append_printf(out, "%02d", g_date_time_get_hour(date));
        break;
    case 'M':
        g_string_append_printf(out, "%02d", g_date_time_get_minute(date));
        break;
    case 'S':
        g_string_append_printf(out, "%02d", g_date_time_get_second(date));
        break;
    case 'a':
        g_string_append(out, day_names[g_date_time_get_day_of_week(date) - 1]);
        break;
    case 'b':
    case 'h':
        g_string_append(out, month_names[g_date_time_get_month(date) - 1]);
        break;
    case 'j':
        g_string_append_printf(out, "%03d", g_date_time_get_day_of_year(date));
        break;
    case 's':
        g_string_append_printf(out, "%" G_GINT64_FORMAT, unix_ns / NS_PER_S);
        break;
    case 'N':
        g_string_append_printf(out, "%09" G_GINT64_FORMAT, unix_ns % NS_PER_S);
        break;
    case 'Z':
        g_string_append(out, "UTC");
        break;
    case 'z':
        g_string_append(out, "+0000");
        break;
    default:
        g_string_append_c(out, field);
        break;
    }
}

static void
append_date(GString *out, GDateTime *date, gint64 unix_ns, const char *format)
{
    for (const char *at = format; *at != '\0'; at++) {
        if (at[0] != '%' || at[1] == '\0') {
            g_string_append_c(out, *at);
            continue;
        }
        at++;
        if (*at == 'T')
            append_date(out, date, unix_ns, "%H:%M:%S");
        else if (*at == 'F')
            append_date(out, date, unix_ns, "%Y-%m-%d");
        else if (*at == 'R')
            append_date(out, date, unix_ns, "%H:%M");
        else
            append_date_field(out, date, unix_ns, *at);
    }
}

static gint32
run_date(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 unix_ns = sim_wall_ns(shell->container->runtime->sim);
    GDateTime *date = g_date_time_new_from_unix_utc(unix_ns / NS_PER_S);
    g_autoptr(GString) out = g_string_new(NULL);
    const char *format = "%a %b %e %H:%M:%S UTC %Y";

    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '+')
            format = argv[i] + 1;
        else if (strcmp(argv[i], "-Iseconds") == 0 || strcmp(argv[i], "-Is") == 0)
            format = "%FT%T+00:00";
        else if (strcmp(argv[i], "-R") == 0)
            format = "%a, %d %b %Y %T +0000";
    }
    append_date(out, date, unix_ns, format);
    g_date_time_unref(date);
    shell_print(shell, frame, "%s\n", out->str);
    return 0;
}

static gint32
run_hostname(Shell *shell, Frame *frame, guint argc, char **argv)
{
    const Sandbox *sandbox = shell->container->sandbox;

    if (argc > 1 && g_ascii_strncasecmp(argv[1], "-i", 2) == 0)
        shell_print(shell, frame, "%s\n", sandbox->ip != NULL ? sandbox->ip : "");
    else
        shell_print(shell, frame, "%s\n",
                    sandbox->host_network ? sandbox->runtime->machine->name : sandbox->hostname);
    return 0;
}

static gint32
run_whoami(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)argc;
    if (strcmp(argv[0], "id") == 0)
        shell_print(shell, frame, "uid=0(root) gid=0(root) groups=0(root)\n");
    else if (strcmp(argv[0], "nproc") == 0)
        shell_print(shell, frame, "%" G_GINT64_FORMAT "\n",
                    MAX(shell->container->runtime->machine->cpu_milli / 1000, 1));
    else
        shell_print(shell, frame, "root\n");
    return 0;
}

static gint32
run_uname(Shell *shell, Frame *frame, guint argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-n") == 0)
        return run_hostname(shell, frame, 1, argv);
    shell_print(shell, frame, "Linux\n");
    return 0;
}

static gint32
run_sync(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)shell, (void)frame, (void)argc, (void)argv;
    return 0;
}

const ShellTool shell_text_tools[] = {
    {"echo", run_echo, TRUE},
    {"printf", run_printf, TRUE},
    {"grep", run_grep, FALSE},
    {"egrep", run_grep, FALSE},
    {"fgrep", run_grep, FALSE},
    {"head", run_head, FALSE},
    {"tail", run_head, FALSE},
    {"wc", run_wc, FALSE},
    {"sort", run_sort, FALSE},
    {"uniq", run_sort, FALSE},
    {"seq", run_seq, FALSE},
    {"expr", run_expr, FALSE},
    {"basename", run_basename, FALSE},
    {"dirname", run_basename, FALSE},
    {"date", run_date, FALSE},
    {"hostname", run_hostname, FALSE},
    {"whoami", run_whoami, FALSE},
    {"id", run_whoami, FALSE},
    {"nproc", run_whoami, FALSE},
    {"uname", run_uname, FALSE},
    {"sync", run_sync, FALSE},
    {"clear", run_sync, FALSE},
    {NULL, NULL, FALSE},
};
