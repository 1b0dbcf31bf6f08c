/* shell_programs.c - see shell_internal.h: programs that take memory, CPU or a port */

#include "world/shell_internal.h"

/* `mem MB` and stress touch memory at 100 MB/s. */
#define MIB              G_GINT64_CONSTANT(1048576)
#define FILL_BYTES_PER_S (100 * MIB)

static gint64
number_or(const char *text, gint64 fallback)
{
    gint64 value;

    if (text == NULL || !g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &value, NULL))
        return fallback;
    return value;
}

static void
on_never(gpointer user)
{
    (void)user;
}

/* Touches so much memory, then holds it for ever. */
static void
hold_memory(Shell *shell, gint64 bytes)
{
    shell->memory_bytes += bytes;
    shell->memory_rate = FILL_BYTES_PER_S;
    memory_add_rate(shell->container, FILL_BYTES_PER_S);
    shell_block(shell, BLOCK_FILL);
    sim_timer_arm_after(&shell->timer, (gint64)((__int128)bytes * NS_PER_S / FILL_BYTES_PER_S));
    shell->filled_ns = shell_now_ns(shell);
}

void
shell_memory_full(Shell *shell)
{
    gint64 grown =
        (gint64)((__int128)FILL_BYTES_PER_S * (shell_now_ns(shell) - shell->filled_ns) / NS_PER_S);

    memory_add_rate(shell->container, -shell->memory_rate);
    memory_add(shell->container, shell->memory_bytes - grown);
    shell->memory_rate = 0;
    shell_block(shell, BLOCK_FOREVER);
}

void
shell_give_memory_back(Shell *shell)
{
    gint64 held = shell->memory_bytes;

    if (shell->memory_rate != 0)
        held = (gint64)((__int128)shell->memory_rate * (shell_now_ns(shell) - shell->filled_ns) /
                        NS_PER_S);
    memory_add_rate(shell->container, -shell->memory_rate);
    memory_add(shell->container, -held);
    shell->memory_bytes = 0;
    shell->memory_rate = 0;
}

static gint32
run_mem(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 megabytes = number_or(argc > 1 ? argv[1] : NULL, -1);

    if (megabytes < 0 || megabytes > (1 << 30)) {
        shell_complain(shell, frame, "mem: how many MB?");
        return 1;
    }
    hold_memory(shell, megabytes * MIB);
    return RUN_BLOCKED;
}

/* "250M", "1G" */
static gint64
parse_bytes(const char *text)
{
    char *end;
    gint64 value = g_ascii_strtoll(text, &end, 10);
    gint64 unit = *end == 'G' || *end == 'g'   ? 1024 * MIB
                  : *end == 'M' || *end == 'm' ? MIB
                  : *end == 'K' || *end == 'k' ? 1024
                                               : 1;

    return value < 0 || value > G_MAXINT64 / 2 / unit ? 0 : value * unit;
}

static void
burn(Shell *shell, gint64 cpus)
{
    shell->n_burners = (guint)CLAMP(cpus, 1, 256);
    shell->burners = g_new0(CpuJob, shell->n_burners);
    for (guint i = 0; i < shell->n_burners; i++)
        cpu_job_start(&shell->container->cpu, &shell->burners[i], G_MAXINT64, on_never, shell);
}

void
shell_stop_burning(Shell *shell)
{
    for (guint i = 0; i < shell->n_burners; i++)
        cpu_job_cancel(&shell->burners[i]);
    g_clear_pointer(&shell->burners, g_free);
    shell->n_burners = 0;
}

/* polinux/stress: --cpu N --vm N --vm-bytes B --timeout T; vish/stress: -cpus N -mem-total B. */
static gint32
run_stress(Shell *shell, Frame *frame, guint argc, char **argv)
{
    gint64 cpus = 0;
    gint64 workers = 1;
    gint64 bytes = 0;

    (void)frame;
    for (guint i = 1; i < argc; i++) {
        g_auto(GStrv) pair = g_strsplit(argv[i], "=", 2);
        gboolean is_empty = pair[0] == NULL; /* of an empty word there is not even one part */
        const char *option = is_empty ? "" : pair[0] + strspn(pair[0], "-");
        const char *value = !is_empty && pair[1] != NULL ? pair[1] : i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(option, "cpu") == 0 || strcmp(option, "c") == 0 || strcmp(option, "cpus") == 0)
            cpus = number_or(value, 1);
        else if (strcmp(option, "vm") == 0 || strcmp(option, "m") == 0)
            workers = number_or(value, 1);
        else if (strcmp(option, "vm-bytes") == 0 || strcmp(option, "mem-total") == 0)
            bytes = parse_bytes(value);
    }
    if (cpus > 0)
        burn(shell, cpus);
    if (bytes > 0)
        hold_memory(shell, bytes * CLAMP(workers, 1, 1024));
    else
        shell_block(shell, BLOCK_FOREVER);
    return RUN_BLOCKED;
}

/* Programs that compute for ever. */
static gint32
run_burn(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame, (void)argc, (void)argv;
    burn(shell, 1);
    shell_block(shell, BLOCK_FOREVER);
    return RUN_BLOCKED;
}

/* In a pipe it ends when nobody reads on. */
static gint32
run_yes(Shell *shell, Frame *frame, guint argc, char **argv)
{
    if (frame->io.out->type != SINK_BUFFER || strcmp(argv[0], "yes") != 0)
        return run_burn(shell, frame, argc, argv);
    for (guint i = 0; i < 10000; i++)
        shell_print(shell, frame, "%s\n", argc > 1 ? argv[1] : "y");
    return 0;
}

static gint32
run_httpd(Shell *shell, Frame *frame, guint argc, char **argv)
{
    RtContainer *container = shell->container;
    gint64 port = 80;
    const char *root = shell->cwd;
    gboolean is_foreground = FALSE;
    g_autofree char *path = NULL;

    for (guint i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            continue;
        is_foreground = is_foreground || strchr(argv[i], 'f') != NULL;
        if (g_str_has_suffix(argv[i], "p") && i + 1 < argc) {
            const char *colon = strrchr(argv[i + 1], ':');

            port = number_or(colon != NULL ? colon + 1 : argv[i + 1], 0);
        }
        if (g_str_has_suffix(argv[i], "h") && i + 1 < argc)
            root = argv[i + 1];
    }
    path = shell_path(shell, root);
    if (port < 1 || port > 65535) {
        shell_complain(shell, frame, "httpd: bad port");
        return 1;
    }
    if (fs_get(&container->files, path) == NULL) {
        shell_complain(shell, frame,
                       "httpd: can't change directory to '%s': No such file or directory", root);
        return 1;
    }
    if (sandbox_find_listener(container->sandbox, (gint32)port) != NULL) {
        shell_complain(shell, frame, "httpd: bind: Address already in use");
        return 1;
    }
    if (!is_foreground) {
        /* It goes into the background by itself and lives as long as PID 1. */
        server_listen(container, (gint32)port, str_intern(path), container->pid1);
        return 0;
    }
    server_listen(container, (gint32)port, str_intern(path), shell);
    shell_block(shell, BLOCK_FOREVER);
    return RUN_BLOCKED;
}

/* nc -l -p PORT, and other things that listen or read for ever. */
static gint32
run_forever(Shell *shell, Frame *frame, guint argc, char **argv)
{
    (void)frame, (void)argc, (void)argv;
    shell_block(shell, BLOCK_FOREVER);
    return RUN_BLOCKED;
}

/* What a health check asks, and what is said to it; NULL: nothing. */
static const struct {
    const char *tool, *question, *answer;
} health_checks[] = {
    {"redis-cli", "ping", "PONG\n"},          {"mysqladmin", "ping", "mysqld is alive\n"},
    {"mysqladmin", "status", NULL},           {"mysql", "select 1", NULL},
    {"mariadb", "select 1", NULL},            {"psql", "select 1", NULL},
    {"mongo", "ping", NULL},                  {"mongosh", "ping", NULL},
    {"rabbitmq-diagnostics", "", NULL},       {"rabbitmqctl", "status", NULL},
    {"pg_isready", "", "/var/run/postgresql:5432 - accepting connections\n"},
};

/* FALSE: something else is asked, which would take data. */
static gboolean
answer_health(Shell *shell, Frame *frame, guint argc, char **argv)
{
    for (guint i = 0; i < G_N_ELEMENTS(health_checks); i++) {
        gboolean is_asked = health_checks[i].question[0] == '\0' || argc == 1;

        if (strcmp(health_checks[i].tool, argv[0]) != 0)
            continue;
        for (guint k = 1; !is_asked && k < argc; k++) {
            g_autofree char *word = g_ascii_strdown(argv[k], -1);

            is_asked = strstr(word, health_checks[i].question) != NULL;
        }
        if (is_asked && health_checks[i].answer != NULL)
            shell_print(shell, frame, "%s", health_checks[i].answer);
        if (is_asked)
            return TRUE;
    }
    return FALSE;
}

/* redis-cli ping, pg_isready ...: whether the server in this container answers. It holds no data, and says so. */
static gint32
run_health(Shell *shell, Frame *frame, guint argc, char **argv)
{
    RtContainer *container = shell->container;

    if (container->app.phase == APP_UP && program_is_ready(container) &&
        program_is_healthy(container)) {
        if (!answer_health(shell, frame, argc, argv))
            shell_complain(shell, frame, "%s: the server answers, but desk8s plays no data: nothing was asked, nothing changed", argv[0]);
        return 0;
    }
    shell_complain(shell, frame, "%s: could not connect to server: Connection refused", argv[0]);
    return 1;
}

const ShellTool shell_program_tools[] = {
    {"mem", run_mem, FALSE},
    {"stress", run_stress, FALSE},
    {"stress-ng", run_stress, FALSE},
    {"yes", run_yes, FALSE},
    {"httpd", run_httpd, FALSE},
    {"pause", run_forever, FALSE},
    {"redis-cli", run_health, FALSE},
    {"mysqladmin", run_health, FALSE},
    {"mysql", run_health, FALSE},
    {"mariadb", run_health, FALSE},
    {"pg_isready", run_health, FALSE},
    {"psql", run_health, FALSE},
    {"mongo", run_health, FALSE},
    {"mongosh", run_health, FALSE},
    {"rabbitmq-diagnostics", run_health, FALSE},
    {"rabbitmqctl", run_health, FALSE},
    {NULL, NULL, FALSE},
};
