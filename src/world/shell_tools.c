/* shell_tools.c - see shell_internal.h: commands of the shell itself */

#include "world/shell_internal.h"

static gboolean
parse_number(const char *text, gint64 *out_value)
{
    return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, out_value, NULL);
}

static gint64
number_or(const char *text, gint64 fallback)
{
    gint64 value;

    return text != NULL && parse_number(text, &value) ? value : fallback;
}

static gint32
run_true(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)shell, (void)frame, (void)argc, (void)argv;
    return 0;
}

static gint32
run_false(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)shell, (void)frame, (void)argc, (void)argv;
    return 1;
}

static gint32
run_exit(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame;
    return shell_exit(shell, (gint32)(number_or(argc > 1 ? argv[1] : NULL, shell->status) & 255));
}

static gint32
run_return(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame;
    return shell_return(shell, (gint32)(number_or(argc > 1 ? argv[1] : NULL, shell->status) & 255));
}

static gint32
run_break(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 levels = number_or(argc > 1 ? argv[1] : NULL, 1);

    (void)frame;
    return shell_break(shell, (guint)CLAMP(levels, 1, 1000), strcmp(argv[0], "continue") == 0);
}

/* --- waiting ----------------------------------------------------------------------------------- */

/* "1.5", "2m", "infinity"; -1: forever; -2: no duration */
static gint64
parse_sleep(const char *text)
{
    gint64 ns = 0;
    gint64 unit_ns = NS_PER_S;
    const char *at = text;

    if (strcmp(text, "infinity") == 0 || strcmp(text, "inf") == 0)
        return -1;
    for (; g_ascii_isdigit(*at); at++) {
        ns = ns * 10 + (*at - '0') * NS_PER_S;
        if (ns > G_MAXINT64 / 200)
            return -1;
    }
    if (*at == '.') {
        gint64 digit_ns = NS_PER_S;

        for (at++; g_ascii_isdigit(*at); at++) {
            digit_ns /= 10;
            ns += (*at - '0') * digit_ns;
        }
    }
    if (at == text || (at[0] != '\0' && (at[1] != '\0' || strchr("smhd", at[0]) == NULL)))
        return -2;
    if (*at == 'm')
        unit_ns = NS_PER_MIN;
    else if (*at == 'h')
        unit_ns = NS_PER_HOUR;
    else if (*at == 'd')
        unit_ns = 24 * NS_PER_HOUR;
    if (ns > G_MAXINT64 / 4 / (unit_ns / NS_PER_S))
        return -1;
    return ns * (unit_ns / NS_PER_S);
}

static gint32
run_sleep(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 total_ns = 0;

    if (argc < 2) {
        shell_complain(shell, frame, "sleep: missing operand");
        return 1;
    }
    for (guint i = 1; i < argc; i++) {
        gint64 ns = parse_sleep(argv[i]);

        if (ns == -2) {
            shell_complain(shell, frame, "sleep: invalid number '%s'", argv[i]);
            return 1;
        }
        if (ns < 0 || total_ns > G_MAXINT64 / 4) {
            shell_block(shell, BLOCK_FOREVER);
            return RUN_BLOCKED;
        }
        total_ns += ns;
    }
    shell_block_sleep(shell, total_ns);
    return RUN_BLOCKED;
}

static gint32
run_wait(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame;
    shell->wait_pid = 0;
    if (argc > 1) {
        guint pid = (guint)number_or(argv[1][0] == '%' ? NULL : argv[1], shell->last_pid);

        for (guint i = 0; i < shell->ended->len; i++) {
            if (g_array_index(shell->ended, Ended, i).pid == pid)
                return g_array_index(shell->ended, Ended, i).status;
        }
        if (!g_ptr_array_find(shell->jobs, GUINT_TO_POINTER(pid), NULL))
            return 127;
        shell->wait_pid = pid;
    } else if (shell->jobs->len == 0) {
        return 0;
    }
    shell_block(shell, BLOCK_WAIT);
    return RUN_BLOCKED;
}

/* --- signals ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    gint32 number;
} signal_names[] = {
    {"EXIT", 0},  {"HUP", 1},   {"INT", 2},   {"QUIT", 3},   {"ABRT", 6},  {"KILL", 9},
    {"USR1", 10}, {"SEGV", 11}, {"USR2", 12}, {"PIPE", 13},  {"ALRM", 14}, {"TERM", 15},
    {"CHLD", 17}, {"CONT", 18}, {"STOP", 19}, {"WINCH", 28},
};

static gint32
parse_signal(const char *text)
{
    gint64 number;

    if (parse_number(text, &number))
        return number >= 0 && number < 32 ? (gint32)number : -1;
    if (g_str_has_prefix(text, "SIG"))
        text += 3;
    for (guint i = 0; i < G_N_ELEMENTS(signal_names); i++) {
        if (g_ascii_strcasecmp(signal_names[i].name, text) == 0)
            return signal_names[i].number;
    }
    return -1;
}

static gint32
run_trap(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gboolean is_reset = argc == 2 || (argc > 1 && strcmp(argv[1], "-") == 0);

    for (guint i = argc == 2 ? 1 : 2; i < argc; i++) {
        gint32 signal = parse_signal(argv[i]);
        char *error = NULL;

        if (signal < 0) {
            shell_complain(shell, frame, "sh: trap: %s: invalid signal specification", argv[i]);
            return 1;
        }
        sh_script_unref(shell->traps[signal]);
        shell->traps[signal] = NULL;
        shell->ignored &= ~(1u << signal);
        if (is_reset)
            continue;
        if (argv[1][0] == '\0') {
            shell->ignored |= 1u << signal;
            continue;
        }
        shell->traps[signal] = sh_parse(argv[1], &error);
        if (error != NULL) {
            shell_complain(shell, frame, "sh: %s", error);
            g_free(error);
            return 2;
        }
    }
    return 0;
}

static gint32
signal_one(Shell *shell, Frame *frame, const char *target, gint32 signal)
{
    gint64 pid = target[0] == '%' ? (gint64)shell->last_pid : number_or(target, -1);
    Shell *process = pid > 0 ? container_find_shell(shell->container, (guint)pid) : NULL;

    if (process == NULL) {
        shell_complain(shell, frame, "sh: can't kill pid %s: No such process", target);
        return 1;
    }
    /* PID 1 is safe from signals out of its own namespace unless it handles them. */
    if (signal == 0 || (signal == 9 && process->is_pid1))
        return 0;
    shell_signal(process, signal);
    return 0;
}

static gint32
run_kill(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint32 signal = 15;
    gint32 status = argc > 1 ? 0 : 1;

    for (guint i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
            signal = parse_signal(argv[++i]);
        else if (argv[i][0] == '-' && i == 1)
            signal = parse_signal(argv[i] + 1);
        else
            status |= signal_one(shell, frame, argv[i], signal);
        if (signal < 0) {
            shell_complain(shell, frame, "sh: bad signal name '%s'", argv[i]);
            return 1;
        }
    }
    return status;
}

/* By name only the image's own program can be found. */
static gint32
run_killall(Shell *shell, Frame *frame, guint argc, char **argv)
{
    App *app = &shell->container->app;
    gint32 signal = 15;

    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            signal = parse_signal(argv[i] + 1);
    }
    if (app->phase == APP_NONE) {
        shell_complain(shell, frame, "%s: no process killed", argv[0]);
        return 1;
    }
    if (signal > 0)
        shell_signal(app->shell, signal);
    return 0;
}

/* --- variables ------------------------------------------------------------------------------------------ */

static gint32
run_export(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame;
    for (guint i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        const char *name = equals != NULL ? str_intern_len(argv[i], (gsize)(equals - argv[i]))
                                          : str_intern(argv[i]);

        if (equals != NULL)
            shell_set(shell, name, equals + 1);
        if (strcmp(argv[0], "export") == 0)
            shell_export(shell, name);
    }
    return 0;
}

static gint32
run_unset(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame;
    for (guint i = 1; i < argc; i++)
        shell_unset(shell, argv[i]);
    return 0;
}

static gint32
run_set(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame;
    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '-' && strchr(argv[i], 'e') != NULL)
            shell->stops_on_error = TRUE;
        else if (argv[i][0] == '+' && strchr(argv[i], 'e') != NULL)
            shell->stops_on_error = FALSE;
    }
    return 0;
}

static gint32
run_shift(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint n = g_strv_length(shell->args);

    (void)frame, (void)argc, (void)argv;
    if (n < 2)
        return 1;
    g_free(shell->args[1]);
    memmove(&shell->args[1], &shell->args[2], (n - 1) * sizeof(char *));
    return 0;
}

static gint32
run_read(Shell *shell, Frame *frame, guint argc, char **argv)
{
    GString *input = frame->io.input;
    g_autofree char *line = NULL;
    char *rest;
    gsize length;

    if (input == NULL || input->len == 0)
        return 1;
    length = strcspn(input->str, "\n");
    line = g_strndup(input->str, length);
    g_string_erase(input, 0, (gssize)MIN(length + 1, input->len));
    rest = g_strstrip(line);
    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        length = i + 1 < argc ? strcspn(rest, " \t") : strlen(rest);
        shell_set(shell, argv[i], str_intern_len(rest, length));
        rest += length;
        rest += strspn(rest, " \t");
    }
    return 0;
}

static gint32
run_env(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint i = 1;

    for (; i < argc && strchr(argv[i], '=') != NULL; i++) {
        g_autofree char *name = g_strndup(argv[i], strcspn(argv[i], "="));

        shell_set(shell, name, strchr(argv[i], '=') + 1);
        shell_export(shell, name);
    }
    if (i < argc)
        return shell_run_argv(shell, frame, argc - i, argv + i);
    for (guint j = 0; j < shell->exported->len; j++) {
        const char *name = g_ptr_array_index(shell->exported, j);
        const char *value = shell_get(shell, name);

        if (value != NULL)
            shell_print(shell, frame, "%s=%s\n", name, value);
    }
    return 0;
}

static gint32
run_printenv(Shell *shell, Frame *frame, guint argc, char **argv)
{
    if (argc < 2)
        return run_env(shell, frame, 1, argv);
    for (guint i = 1; i < argc; i++) {
        const char *value = shell_get(shell, argv[i]);

        if (value == NULL)
            return 1;
        shell_print(shell, frame, "%s\n", value);
    }
    return 0;
}

/* --- running others --------------------------------------------------------------------------------------- */

static gint32
run_exec(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint rest;
    const char *text;

    if (argc < 2)
        return 0;
    text = shell_script_of((const char *const *)argv + 1, &rest);
    if (text != NULL) {
        static const char *const plain[] = {"sh", NULL};
        g_auto(GStrv) args =
            argv[1 + rest] != NULL ? g_strdupv(argv + 1 + rest) : g_strdupv((char **)plain);
        g_autofree char *copy = g_strdup(text);

        shell_replace(shell, copy, (const char *const *)args);
        return RUN_ENDED;
    }
    shell_become_program(shell);
    return shell_run_argv(shell, frame, argc - 1, argv + 1);
}

/* nohup, command, time, tini -- ...: what they run is what counts */
static gint32
run_prefix(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint i = 1;

    while (i < argc && argv[i][0] == '-')
        i++;
    return i < argc ? shell_run_argv(shell, frame, argc - i, argv + i) : 0;
}

static gint32
run_shell(Shell *shell, Frame *frame, guint argc, char **argv)
{
    guint rest = 1;
    const char *text = shell_script_of((const char *const *)argv, &rest);
    static const char *const plain[] = {"sh", NULL};
    const char *const *args = argv[rest] != NULL ? (const char *const *)argv + rest : plain;
    g_autofree char *path = NULL;
    const FsNode *node;

    if (text != NULL)
        return shell_push_text(shell, frame, text, args) ? RUN_ENDED : 2;
    while (rest < argc && argv[rest][0] == '-')
        rest++;
    if (rest >= argc)
        return frame->io.input == NULL || shell_push_text(shell, frame, frame->io.input->str, plain)
                   ? RUN_ENDED
                   : 2;
    path = shell_path(shell, argv[rest]);
    node = fs_get(&shell->container->files, path);
    if (node == NULL || node->is_dir) {
        shell_complain(shell, frame, "sh: can't open '%s': No such file or directory", argv[rest]);
        return 127;
    }
    return shell_push_text(shell, frame, node->text->str, (const char *const *)argv + rest)
               ? RUN_ENDED
               : 2;
}

static gint32
run_eval(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autofree char *text = argc > 1 ? g_strjoinv(" ", argv + 1) : g_strdup("");

    return shell_push_text(shell, frame, text, NULL) ? RUN_ENDED : 2;
}

static gint32
run_source(Shell *shell, Frame *frame, guint argc, char **argv)
{
    g_autofree char *path = shell_path(shell, argc > 1 ? argv[1] : "");
    const FsNode *node = fs_get(&shell->container->files, path);

    if (node == NULL || node->is_dir) {
        shell_complain(shell, frame, "sh: .: can't open '%s'", argc > 1 ? argv[1] : "");
        return 2;
    }
    return shell_push_text(shell, frame, node->text->str, NULL) ? RUN_ENDED : 2;
}

const ShellTool shell_core_tools[] = {
    {":", run_true, TRUE},         {"true", run_true, TRUE},
    {"false", run_false, TRUE},    {"exit", run_exit, TRUE},
    {"return", run_return, TRUE},  {"break", run_break, TRUE},
    {"continue", run_break, TRUE}, {"sleep", run_sleep, FALSE},
    {"wait", run_wait, TRUE},      {"trap", run_trap, TRUE},
    {"kill", run_kill, TRUE},      {"killall", run_killall, FALSE},
    {"pkill", run_killall, FALSE}, {"export", run_export, TRUE},
    {"local", run_export, TRUE},   {"readonly", run_export, TRUE},
    {"unset", run_unset, TRUE},    {"set", run_set, TRUE},
    {"shift", run_shift, TRUE},    {"read", run_read, TRUE},
    {"env", run_env, TRUE},        {"printenv", run_printenv, FALSE},
    {"exec", run_exec, TRUE},      {"nohup", run_prefix, TRUE},
    {"command", run_prefix, TRUE}, {"time", run_prefix, TRUE},
    {"tini", run_prefix, TRUE},    {"dumb-init", run_prefix, TRUE},
    {"sh", run_shell, TRUE},       {"ash", run_shell, TRUE},
    {"bash", run_shell, TRUE},     {"dash", run_shell, TRUE},
    {"eval", run_eval, TRUE},      {".", run_source, TRUE},
    {"source", run_source, TRUE},  {"umask", run_true, TRUE},
    {"ulimit", run_true, TRUE},    {NULL, NULL, FALSE},
};
